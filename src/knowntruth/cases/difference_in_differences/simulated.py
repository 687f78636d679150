"""Opening a simulated rollout: users by week, and the world's truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from ...story.diagrams import Node
from ...worlds.engagement.truth import Truth
from ...worlds.engagement.world import World, simulate
from ..engagement import world_parameters
from ..engagement_diagram import diagram
from ..labels import label_words
from ..opened import Known
from .cells import Cells, periods_of
from .parameters import Parameters
from .rollout import Rollout

WORDS = {
    "units": "users",
    "outcome": "sessions per active day",
    "treated": "users with access",
    "controls": "users without access",
    "treatment": "access to the feature",
    "period": "week",
    "unit": "user",
    "first_treated": "week of access",
    "weight": "active days",
    "take_up": "met the feature",
    "placebo_1": "share of days that are active",
    "affected": "uses the app",
    "cluster": "market",
}


@dataclass(frozen=True)
class KnownRollout(Known):
    """Answers about what is true in a world, for users from before the launch."""

    world: World
    period_days: int

    @property
    def truth(self) -> Truth:
        """The world's truth."""
        return self.world.truth

    @cached_property
    def eligible(self) -> pd.DataFrame:
        """Expected active days and added sessions of those who have access by then.

        One row by `cohort`, `start` (period of access), `period`, `time` (periods since access)
        and `takes_up`.
        """
        e = self.truth.expected
        p = self.world.parameters
        rows = e[(e["cohort"] > 0) & (e["since"] >= 0) & e["joined_before"] & ~e["on_web"]].copy()
        waves = np.array([0, *p.waves])
        rows["start"] = waves[rows["cohort"]] // self.period_days
        rows["period"] = (rows["day"] - self.truth.launch) // self.period_days
        rows["time"] = rows["period"] - rows["start"]
        kept = periods_of(p.days_before, p.days_after, self.period_days)
        rows = rows[rows["period"].isin(kept)]
        rows["added"] = rows["sessions"] - rows["sessions_without"]
        keys = ["cohort", "start", "period", "time", "takes_up"]
        return rows.groupby(keys, as_index=False)[["active_users", "added"]].sum()

    def diagram(self) -> tuple[list[Node], list[tuple[str, str]]]:
        """Return boxes and arrows of what acts on what in this world."""
        return diagram(self.world.parameters, {})

    def effect(self) -> float:
        """Return what access adds to an active day: the intention to treat."""
        return _mean(self.eligible)

    def effect_on_treated(self) -> float:
        """Return what the feature adds to an active day of its users."""
        return _mean(self.eligible[self.eligible["takes_up"]])

    def effect_at(self, time: int) -> float:
        """Return what access adds so many periods after it began; nothing before."""
        rows = self.eligible[self.eligible["time"] == time]
        return _mean(rows) if len(rows) else 0.0

    def effect_of_start(self, start: int) -> float:
        """Return what access adds to those who got it in a period."""
        return _mean(self.eligible[self.eligible["start"] == start])

    def naive(self, figure: str) -> float:
        """Return what is to be expected of one of the original's figures."""
        return self.truth.naive[figure]


def tables_of(p: Any) -> tuple[Mapping[str, pd.DataFrame], Mapping[str, Any]]:
    """Return the panel that the chapter reads, and its truth as plain data."""
    world = simulate(world_parameters(p))
    known = KnownRollout(world, p.period_days)
    times = sorted(known.eligible["time"].unique())
    told = {
        "effect": known.effect(),
        "effect_on_treated": known.effect_on_treated(),
        "effect_at": {int(time): known.effect_at(time) for time in times},
    }
    return {"panel": rows_of(p, world)}, told


def open_world(p: Parameters) -> Rollout:
    """Return the rollout of a simulated world."""
    world = simulate(world_parameters(p))
    rows = rows_of(p, world)
    words = label_words(p.labels, WORDS)
    return Rollout(
        parameters=p,
        reopen=open_world,
        units=duckdb.connect(config={"threads": 1}).from_df(rows),
        truth=world.truth,
        known=KnownRollout(world, p.period_days),
        tables={"panel": rows},
        words=words["units"],
        outcome=words["outcome"],
        treated=words["treated"],
        controls=words["controls"],
        treatment=words["treatment"],
        period=words["period"],
        theirs={c: words[c] for c in rows.columns if c in words},
    )


def rows_of(p: Parameters, world: World) -> pd.DataFrame:
    """Return the panel of a world, see `cells.Cells.table`.

    Without web users all are affected, and with one market there are no clusters: then these
    columns are left out.
    """
    rows = Cells.of(world, p.period_days).table()
    same = [*(["affected"] if p.web_share == 0 else []), *(["cluster"] if p.markets == 1 else [])]
    return rows.drop(columns=same)


def _mean(rows: pd.DataFrame) -> float:
    days = float(rows["active_users"].sum())
    return float(rows["added"].sum()) / days if days else float("nan")
