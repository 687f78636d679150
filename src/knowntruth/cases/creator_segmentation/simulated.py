"""Opening simulated creators: the world's sales under the contract's names, and its truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pandas as pd

from ...worlds.creators.parameters import Parameters as WorldParameters
from ...worlds.creators.truth import Truth
from ...worlds.creators.world import World, simulate
from ..labels import label_words
from ..opened import Known
from .creators import Creators
from .parameters import Parameters

WORDS = {
    "creators": "creators",
    "transactions": "transactions",
    "gmv": "GMV",
    "creator": "creator",
    "month": "month",
}


@dataclass(frozen=True)
class KnownCreators(Known):
    """Answers about what is true in a world."""

    world: World

    @property
    def truth(self) -> Truth:
        """The world's truth."""
        return self.world.truth

    def top_share(self, measure: str, share: float) -> float:
        """Return the share of all that is to be expected that the top creators are to sell."""
        return self.truth.top_share(measure, share)

    def types(self) -> float:
        """Return how many types of creators there are."""
        return self.truth.types


def tables_of(p: Any) -> tuple[Mapping[str, pd.DataFrame], Mapping[str, Any]]:
    """Return the world's two tables, and its truth as plain data."""
    world = simulate(world_parameters(p))
    told = {
        "types": world.truth.types,
        "expected": world.truth.totals,
        "creators": world.truth.creators.to_dict("list"),
    }
    return {"transactions": world.transactions, "gmv": world.gmv}, told


def open_world(p: Parameters) -> Creators:
    """Return the creators of a simulated world."""
    world = simulate(world_parameters(p))
    words = label_words(p.labels, WORDS)
    every = pd.MultiIndex.from_product(
        [world.hidden["creator"], world.months], names=["creator", "month"]
    )
    sold = world.sales.set_index(["creator", "month"])
    units = sold.reindex(every, fill_value=0).astype(float).reset_index()
    later = world.later.groupby("creator")["gmv"].sum()
    return Creators(
        parameters=p,
        reopen=open_world,
        units=duckdb.connect(config={"threads": 1}).from_df(units),
        truth=world.truth,
        known=KnownCreators(world),
        tables={"transactions": world.transactions, "gmv": world.gmv},
        months=world.months,
        words=words["creators"],
        sales=words["transactions"],
        value=words["gmv"],
        later=later.reindex(world.hidden["creator"], fill_value=0.0),
        theirs={column: words[column] for column in units.columns},
    )


def world_parameters(p: Any) -> WorldParameters:
    """Return the part of the case's parameters that is the world's."""
    return WorldParameters(**{name: getattr(p, name) for name in WorldParameters.model_fields})
