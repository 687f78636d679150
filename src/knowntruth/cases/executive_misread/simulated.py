"""Opening a simulated launch: the world's tables under the contract's names, and its truth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from ...story.diagrams import Node
from ...worlds.engagement import contract
from ...worlds.engagement.truth import Truth, truth_of
from ...worlds.engagement.users import LAUNCH
from ...worlds.engagement.world import World, simulate
from ..engagement import world_parameters
from ..engagement_diagram import diagram
from ..labels import label_words
from ..opened import Known
from .launch import Launch
from .parameters import Parameters

# Contract's column → the world's.
COLUMNS = {
    "user": "user_id",
    "time": "event_time",
    "exposed": "feature_exposed",
}
WORDS = {
    "users": "users",
    "feature": "the feature",
    "sessions": "sessions",
    "user": "user",
    "time": "time",
    "exposed": "exposed",
}


@dataclass(frozen=True)
class KnownLaunch(Known):
    """Answers about what is true in a world."""

    world: World

    @property
    def truth(self) -> Truth:
        """The world's truth."""
        return self.world.truth

    def diagram(self) -> tuple[list[Node], list[tuple[str, str]]]:
        """Return boxes and arrows of what acts on what in this world."""
        return diagram(self.world.parameters, {})

    def effect(self) -> float | None:
        """Return what the feature adds to an active day of those with access, if there are any."""
        return _known(self.truth.effect_on_eligible)

    def effect_on_first(self) -> float | None:
        """Return the same for users from before the launch who have had access since its day."""
        return _known(self.truth.effect(eligible=True, cohort=1, joined_before=True))

    def naive(self, figure: str) -> float:
        """Return what is to be expected of one of the original's figures."""
        return self.truth.naive[figure]

    def drop(self) -> float:
        """Return the change to be expected of the daily ratio, the feature included."""
        return self.truth.naive["after"] - self.truth.naive["before"]

    def drop_without(self) -> float:
        """Return the change to be expected if the feature had never been launched."""
        return self.truth.naive["after_without"] - self.truth.naive["before"]

    def causes(self) -> dict[str, float]:
        """Return what each cause adds to the change to be expected; they add up to `drop`.

        Causes are taken away one after the other: "the feature", "the season", "the burst" of
        users who sign up at the launch, and "all else".
        """
        changes = [self.drop(), self.drop_without()]
        p = self.world.parameters
        for without in ({"season": 0.0}, {"season": 0.0, "burst": 0.0}):
            naive = truth_of(p.model_copy(update=without)).naive
            changes.append(naive["after_without"] - naive["before"])
        names = ("the feature", "the season", "the burst", "all else")
        adds = np.diff([*changes, 0.0])
        # What is left of sums that cancel is nothing.
        return {name: round(-float(one), 9) for name, one in zip(names, adds, strict=True)}


def tables_of(p: Any) -> tuple[Mapping[str, pd.DataFrame], Mapping[str, Any]]:
    """Return the world's tables by name, and its truth as plain data."""
    world = simulate(world_parameters(p))
    truth = world.truth
    told = {
        "launch": LAUNCH.date().isoformat(),
        "effect_on_treated": truth.effect_on_treated,
        "effect_on_eligible": truth.effect_on_eligible,
        "never_take_up": truth.never_take_up,
        "share_with_access": truth.share_with_access,
        "added_sessions": truth.added_sessions,
        "expected": dict(truth.naive),
    }
    return _tables(world), told


def open_world(p: Parameters) -> Launch:
    """Return the launch of a simulated world."""
    world = simulate(world_parameters(p))
    tables = _tables(world)
    units = tables["events"][list(COLUMNS.values())].set_axis(list(COLUMNS), axis=1)
    units["exposed"] = units["exposed"].astype(float)
    words = label_words(p.labels, WORDS)
    return Launch(
        parameters=p,
        reopen=open_world,
        units=duckdb.connect(config={"threads": 1}).from_df(units),
        truth=world.truth,
        known=KnownLaunch(world),
        tables=tables,
        launch=LAUNCH,
        words=words["users"],
        feature=words["feature"],
        sessions=words["sessions"],
        access=_access(world),
        theirs={column: words[column] for column in COLUMNS},
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _access(world: World) -> pd.DataFrame | None:
    """Return who had access on the launch day, and who never gets it; later waves are left out."""
    if world.parameters.waves[0] > 0:
        return None
    access = world.access
    rows = access[(access["cohort"] < 2) & (access["platform"] == "app")]
    first = pd.Series(0.0, index=rows.index).where(rows["cohort"] == 1)
    return pd.DataFrame({"user": rows["user_id"], "first": first})


def _tables(world: World) -> dict[str, pd.DataFrame]:
    return {
        "users": contract.USERS.validate(world.users),
        "features": contract.FEATURES.validate(world.features),
        "events": contract.EVENTS.validate(world.events),
        "access": contract.ACCESS.validate(world.access),
    }
