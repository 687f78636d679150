"""Parameters of the A/B-test chapter: the world, the analysis, and somebody's own table."""

from __future__ import annotations

from typing import Literal, Self

import pydantic

from ... import parameters
from ...parameters import parameter
from ...worlds.musicstream.parameters import Parameters as WorldParameters
from .. import Blanks, OwnData, refuse_mixture

Kind = Literal["mean", "proportion"]


class Analysis(parameters.Parameters):
    """How the experiment is planned and read."""

    alpha: float = parameter(0.05, "rate of false alarms that is accepted", ge=1e-6, le=0.5)
    power: float = parameter(0.80, "chance to see the planned effect", ge=0.05, le=0.999)
    effect_size: float = parameter(
        0.05, "planned effect, as Cohen's d", unit="standard deviations", ge=0.001, le=5
    )
    split_alpha: float = parameter(
        0.01, "the split is called broken below this p-value", ge=1e-12, le=0.2
    )
    outlier_rule: Literal["flagged", "none", "winsorise", "trim"] = parameter(
        "flagged", "what is done about extreme units"
    )
    outlier_quantile: float = parameter(
        0.99, "quantile at which `winsorise` and `trim` cut", ge=0.5, le=0.9999
    )
    aa_tests: int = parameter(1000, "A/A tests that check the pipeline", ge=100, le=20_000)
    heavy_quantile: float = parameter(
        0.75, "quantile from which a unit counts as a power user", ge=0.05, le=0.99
    )
    payer_value: float = parameter(60.0, "what one more payer is worth", unit="money", ge=0, le=1e9)
    launch_reach: int = parameter(
        500_000, "units that a launch would reach", unit="units", ge=1, le=10**10
    )
    launch_cost: float = parameter(100_000.0, "cost of a launch", unit="money", ge=0, le=1e12)
    extension: int = parameter(
        40_000, "units by which the test could be extended", unit="units", ge=2, le=10**9
    )
    extension_cost: float = parameter(
        20_000.0, "cost of that extension", unit="money", ge=0, le=1e12
    )
    replications: int = parameter(
        500, "worlds over which each method is scored; zero leaves that out", ge=0, le=100_000
    )
    workers: int = parameter(2, "processes that share that work", ge=1, le=64)
    prior: float = parameter(
        0.5, "chance, before the test, that there is no effect", ge=0.01, le=0.99
    )


class Arms(parameters.Parameters):
    """What only the owner of a table can say about its arms."""

    control: str = parameter("", "label of the control arm, where it is not a usual one")
    treatment: str = parameter("", "label of the treatment arm, where there are more than two")
    intended_share: float | None = parameter(
        None, "share that was meant to be treated; without it the split is not checked", gt=0, lt=1
    )


class OwnExperiment(Blanks, Arms, OwnData):
    """What only the owner of a table can say about it."""

    metric_kinds: dict[str, Kind] = parameter(
        {}, 'your column → "mean" or "proportion", where the guess is wrong'
    )


class Parameters(OwnExperiment, Analysis, WorldParameters):
    """All parameters of the chapter."""

    @pydantic.model_validator(mode="after")
    def _own_data_and_world_do_not_mix(self) -> Self:
        refuse_mixture(self, world=WorldParameters, own=OwnExperiment)
        return self
