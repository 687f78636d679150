"""Parameters of the chapter on difference-in-differences: world, analysis, one's own panel."""

from __future__ import annotations

from typing import Self

import pydantic

from ... import parameters
from ...parameters import parameter
from .. import OwnData, engagement, refuse_mixture


class World(engagement.World):
    """The world, and how its days are put together to periods."""

    period_days: int = parameter(
        7, "days that make one period, counted from launch", unit="days", ge=1, le=100
    )

    @pydantic.model_validator(mode="after")
    def _periods_are_few(self) -> Self:
        if self.days > 80 * self.period_days:
            raise ValueError(
                "`period_days` makes more than 80 periods of these days. Give longer periods"
            )
        return self


class Analysis(parameters.Parameters):
    """How the effect is looked for, and what is asked of it."""

    alpha: float = parameter(0.05, "rate of false alarms that is accepted", ge=1e-6, le=0.5)
    wanted_power: float = parameter(
        0.8, "chance with which a drift should have been seen", ge=0.1, le=0.999
    )
    drift: float | None = parameter(
        None,
        "drift a period that the pre-test is asked about; none takes one that would feign "
        "the whole effect",
    )
    violations: list[float] = parameter(
        [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0],
        "how much further than before the groups may drift apart, in honest bounds",
    )
    bootstrap_draws: int = parameter(999, "draws of the wild bootstrap", ge=99, le=99_999)
    donors: int = parameter(
        15,
        "groups that controls are dealt into by lot, to mix a synthetic control from",
        ge=3,
        le=200,
    )
    replications: int = parameter(
        40, "worlds over which each method is scored; zero leaves that out", ge=0, le=100_000
    )
    workers: int = parameter(2, "processes that share that work", ge=1, le=64)

    @pydantic.model_validator(mode="after")
    def _violations_are_sizes(self) -> Self:
        given = self.violations
        if not given or given != sorted(set(given)) or given[0] < 0 or given[-1] > 1000:
            raise ValueError(
                "`violations` needs one size or more from 0 to 1000, each once, in order. "
                "Give such as [0.0, 0.5, 1.0]"
            )
        return self


class OwnPanel(OwnData):
    """What only the owner of a panel can say about it."""

    start: str = parameter(
        "", "first period of treatment in your table, where it has a treated group"
    )


class Parameters(OwnPanel, Analysis, World):
    """All parameters of the chapter."""

    @pydantic.model_validator(mode="after")
    def _own_data_and_world_do_not_mix(self) -> Self:
        refuse_mixture(self, world=World, own=OwnPanel)
        return self
