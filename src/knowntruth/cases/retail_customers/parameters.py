"""Parameters of the chapter on retail customers: the world, the analysis, one's own purchases."""

from __future__ import annotations

from typing import Self

import pydantic

from ... import parameters
from ...parameters import parameter
from .. import refuse_mixture
from ..purchases_parameters import OwnPurchasesData
from ..retail import World


class Analysis(parameters.Parameters):
    """How the shop is looked at, and what an offer to customers costs and brings."""

    alpha: float = parameter(0.05, "rate of false alarms that is accepted", ge=1e-6, le=0.5)
    customer: str = parameter(
        "", "customer whose card is shown; empty takes the one with the middle revenue"
    )
    clusters: int = parameter(4, "segments that are asserted, for k-means", ge=2, le=30)
    most_clusters: int = parameter(8, "most segments that are tried", ge=2, le=30)
    held_back: float = parameter(
        0.25, "last share of the days, held back to check what was foretold", ge=0.05, le=0.75
    )
    cared_for: float = parameter(0.2, "share of customers who can get the offer", gt=0, lt=1)
    offer_cost: float = parameter(3.0, "cost of the offer to one customer", unit="money", ge=0)
    offer_gain: float = parameter(
        0.1, "part by which the offer raises what a customer brings, as assumed", ge=0, le=10
    )
    draws: int = parameter(
        400, "draws of customers with which intervals and stability are told", ge=20, le=10_000
    )
    replications: int = parameter(
        40, "worlds over which each method is scored; zero leaves that out", ge=0, le=100_000
    )
    workers: int = parameter(2, "processes that share that work", ge=1, le=64)


class OwnPurchases(OwnPurchasesData):
    """What only the owner of a table of purchases can say about it."""

    horizon: int = parameter(90, "days ahead that are foretold", unit="days", ge=1, le=3_650)


class Parameters(OwnPurchases, Analysis, World):
    """All parameters of the chapter."""

    @pydantic.model_validator(mode="after")
    def _own_data_and_world_do_not_mix(self) -> Self:
        refuse_mixture(self, world=World, own=OwnPurchases)
        return self
