"""Parameters of the chapter on creators: the world, the analysis, and somebody's own tables."""

from __future__ import annotations

from typing import Literal, Self

import pydantic

from ... import parameters
from ...parameters import parameter
from ...worlds.creators.parameters import Parameters as WorldParameters
from .. import OwnData, refuse_mixture


class World(WorldParameters):
    """The world, with no more creators than a chapter can look at one by one."""

    creators: int = parameter(234, "creators on record", unit="creators", ge=20, le=20_000)
    months: int = parameter(11, "months on record", unit="months", ge=3, le=60)


class Analysis(parameters.Parameters):
    """How creators are grouped."""

    alpha: float = parameter(0.05, "rate of false alarms that is accepted", ge=1e-6, le=0.5)
    top_share: float = parameter(0.2, "share of creators that a top set holds", ge=0.001, le=0.5)
    recency: Literal["last month", "own pauses"] = parameter(
        "last month",
        "whether recency counts months since the last sale, or weighs a creator's own pauses",
    )
    features: Literal["published", "logs"] = parameter(
        "logs",
        "what groups are looked for in: every month's counts, values and ratios, or a few logs",
    )
    clusters: int | None = parameter(
        None, "groups that k-means makes; none chooses a number", ge=1, le=30
    )
    most_clusters: int = parameter(10, "most groups that are tried", ge=2, le=30)
    eps: float | None = parameter(
        None, "how near a neighbour is, for DBSCAN; none reads it off the distances", gt=0, le=1e6
    )
    neighbours: int = parameter(
        5,
        "creators within that distance, itself among them, that make a dense place",
        ge=2,
        le=1000,
    )
    draws: int = parameter(
        200, "draws of creators with which stability and intervals are told", ge=20, le=10_000
    )
    cared_for: float = parameter(
        0.1, "share of creators whom the team has time to look after", gt=0, lt=1
    )
    replications: int = parameter(
        40, "worlds over which each grouping is scored; zero leaves that out", ge=0, le=100_000
    )
    workers: int = parameter(2, "processes that share that work", ge=1, le=64)


class OwnSales(OwnData):
    """What only the owner of tables of sales can say about them."""

    gmv_data: str = parameter("", "second file, with the value, where `data` holds the sales")
    transactions_sheet: str = parameter("Transactions", "sheet of a workbook with the sales")
    gmv_sheet: str = parameter("GMV", "sheet of a workbook with their value")


class Parameters(OwnSales, Analysis, World):
    """All parameters of the chapter."""

    @pydantic.model_validator(mode="after")
    def _own_data_and_world_do_not_mix(self) -> Self:
        refuse_mixture(self, world=World, own=OwnSales)
        return self
