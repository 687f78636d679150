"""Parameters of the chapter on recommendations: the world, the analysis, one's own purchases."""

from __future__ import annotations

from typing import Self

import pydantic

from ... import parameters
from ...parameters import parameter
from .. import refuse_mixture
from ..purchases_parameters import OwnPurchasesData
from ..retail import World

MOST_COMBINATIONS = 200


class Analysis(parameters.Parameters):
    """Which lists are made, how they are judged, and what they are worth."""

    alpha: float = parameter(0.05, "rate of false alarms that is accepted", ge=1e-6, le=0.5)
    shown: int = parameter(5, "products on a list", unit="products", ge=1, le=100)
    held_back: float = parameter(
        0.2, "last share of the purchases, held back to judge lists", ge=0.05, le=0.75
    )
    customer: str = parameter(
        "", "customer whose list is explained; empty takes the one with the middle revenue"
    )
    factors: list[int] = parameter([5, 20], "numbers of factors that SVD++ tries")
    epochs: list[int] = parameter([10, 20], "numbers of passes over the data that it tries")
    rates: list[float] = parameter([0.005, 0.01], "learning rates that it tries")
    penalties: list[float] = parameter([0.02, 0.1], "penalties on large weights that it tries")
    neighbours: int = parameter(
        20, "products that count as neighbours of a product", unit="products", ge=1, le=1000
    )
    ease_penalty: float = parameter(100.0, "penalty on large weights in EASE", gt=0, le=1e9)
    rank: int = parameter(5, "factors of the factorisation of counts", ge=1, le=200)
    hit_value: float = parameter(
        10.0, "what a product that a list has sold is worth", unit="money", ge=0
    )
    hit_added: float = parameter(
        0.1, "share of hits that are bought only because of the list, as assumed", ge=0, le=1
    )
    model_cost: float = parameter(
        500.0, "what running a model costs beyond the list of bestsellers", unit="money", ge=0
    )
    draws: int = parameter(
        400, "draws of customers with which intervals are told", ge=20, le=10_000
    )
    replications: int = parameter(
        20, "worlds over which each method is scored; zero leaves that out", ge=0, le=100_000
    )
    workers: int = parameter(2, "processes that share that work", ge=1, le=64)

    @pydantic.field_validator("factors", "epochs")
    @classmethod
    def _counts_are_possible(cls, values: list[int]) -> list[int]:
        if not values or len(set(values)) < len(values) or not all(1 <= v <= 500 for v in values):
            raise ValueError("needs one whole number or more, all different, from 1 to 500")
        return values

    @pydantic.field_validator("rates", "penalties")
    @classmethod
    def _steps_are_possible(cls, values: list[float]) -> list[float]:
        if not values or len(set(values)) < len(values) or not all(0 < v <= 1 for v in values):
            raise ValueError("needs one number or more, all different, above 0 and up to 1")
        return values

    @pydantic.model_validator(mode="after")
    def _grid_ends(self) -> Self:
        size = len(self.factors) * len(self.epochs) * len(self.rates) * len(self.penalties)
        if size > MOST_COMBINATIONS:
            what = f"`factors`, `epochs`, `rates` and `penalties` make {size} combinations"
            raise ValueError(f"{what}. Try {MOST_COMBINATIONS} at most")
        return self


class Parameters(OwnPurchasesData, Analysis, World):
    """All parameters of the chapter."""

    @pydantic.model_validator(mode="after")
    def _own_data_and_world_do_not_mix(self) -> Self:
        refuse_mixture(self, world=World, own=OwnPurchasesData)
        return self
