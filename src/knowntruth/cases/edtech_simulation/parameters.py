"""Parameters of the EdTech chapter: the world, the analysis, and somebody's own table."""

from __future__ import annotations

from typing import Literal, Self

import pydantic

from ... import parameters
from ...parameters import parameter
from ...worlds.edtech.parameters import Parameters as WorldParameters
from .. import Blanks, OwnData, refuse_mixture


class Analysis(parameters.Parameters):
    """How the users are analysed."""

    alpha: float = parameter(0.05, "rate of false alarms that is accepted", ge=1e-6, le=0.5)
    fewest_in_group: int = parameter(
        100, "groups with fewer users are shown together", unit="users", ge=2, le=10**6
    )
    folds: int = parameter(5, "parts into which users are dealt for prediction", ge=2, le=20)
    contact_share: float = parameter(0.05, "share of users whom an offer would reach", gt=0, lt=1)
    retained_value: float = parameter(
        20.0, "what one more user retained on the last day is worth", unit="money", ge=0, le=1e9
    )
    reach: int = parameter(100_000, "users who would be onboarded", unit="users", ge=1, le=10**10)
    onboarding_cost: float = parameter(
        15_000.0, "cost of onboarding them", unit="money", ge=0, le=1e12
    )
    replications: int = parameter(
        100, "worlds over which each method is scored; zero leaves that out", ge=0, le=100_000
    )
    workers: int = parameter(2, "processes that share that work", ge=1, le=64)


class OwnUserBase(Blanks, OwnData):
    """What only the owner of a table can say about it."""

    observed_until: str = parameter(
        "", "last day that the table knows of, as 2024-11-30; empty takes its latest date"
    )
    onboarding_was: Literal["not said", "self-selected", "randomised"] = parameter(
        "not said", "whether users chose the onboarding of your table, or a lot did"
    )


class Parameters(OwnUserBase, Analysis, WorldParameters):
    """All parameters of the chapter."""

    @pydantic.model_validator(mode="after")
    def _own_data_and_world_do_not_mix(self) -> Self:
        refuse_mixture(self, world=WorldParameters, own=OwnUserBase)
        return self
