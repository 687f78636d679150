"""Parameters of the chapter on a misread drop: the world, the analysis, and one's own events."""

from __future__ import annotations

from typing import Self

import pydantic

from ... import parameters
from ...parameters import parameter
from .. import OwnData, refuse_mixture
from ..engagement import World


class Analysis(parameters.Parameters):
    """How the drop is read, and what a decision is worth."""

    alpha: float = parameter(0.05, "rate of false alarms that is accepted", ge=1e-6, le=0.5)
    session_value: float = parameter(
        0.02, "what one more session is worth", unit="money", ge=0, le=1e9
    )
    daily_users: int = parameter(
        1_000_000, "active users a day whom the decision reaches", unit="users", ge=1, le=10**10
    )
    horizon: int = parameter(90, "days for which the decision holds", unit="days", ge=1, le=10_000)
    replications: int = parameter(
        100, "worlds over which each reading is scored; zero leaves that out", ge=0, le=100_000
    )
    workers: int = parameter(2, "processes that share that work", ge=1, le=64)


class OwnEvents(OwnData):
    """What only the owner of a table of sessions can say about it."""

    launch: str = parameter(
        "", "first day of the feature in your table, as 2025-03-03; needed with `data`"
    )


class Parameters(OwnEvents, Analysis, World):
    """All parameters of the chapter."""

    @pydantic.model_validator(mode="after")
    def _own_data_and_world_do_not_mix(self) -> Self:
        refuse_mixture(self, world=World, own=OwnEvents)
        return self
