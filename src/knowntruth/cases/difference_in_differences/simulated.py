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
from ...worlds.engagement.users import dates as dates_of
from ...worlds.engagement.world import World, simulate
from ..engagement import world_parameters
from ..engagement_diagram import diagram
from ..labels import label_words
from ..opened import Known
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
    return {"panel": rows_of(world, p.period_days)}, told


def open_world(p: Parameters) -> Rollout:
    """Return the rollout of a simulated world."""
    world = simulate(world_parameters(p))
    rows = rows_of(world, p.period_days)
    words = label_words(p.labels, WORDS)
    return Rollout(
        parameters=p,
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


def rows_of(world: World, period_days: int) -> pd.DataFrame:
    """Return one row a user and period since sign-up, of users from before the launch.

    Days of a period before access, where it begins within one, are left out of it, so that no
    period is half treated. In a period without an active day the outcome is missing.

    Columns: `unit`; `period`, counted from launch; `outcome`, sessions per active day;
    `first_treated`, period of access, missing where there is none; `weight`, active days;
    `take_up`, 1 where the user has access and ever meets the feature; `placebo_1`, share of the
    period's days that are active; `affected`, 1 on the app, where not all are; `cluster`, the
    market, where there are several.
    """
    p = world.parameters
    launch = p.days_before
    signup = _days(world.users["signup_date"], world)
    access = _days(world.access["access_date"], world)
    early = (signup < launch).to_numpy()
    # Who signed up before the launch has access from the day of the wave on.
    users = pd.DataFrame(
        {
            "unit": world.users["user_id"],
            "joined": np.maximum(signup, 0),
            "access": access,
            "affected": (world.access["platform"] == "app").astype(float),
            "cluster": world.access["market"],
        }
    )[early]
    first, last = -((launch + period_days - 1) // period_days), (p.days_after - 1) // period_days
    periods = pd.DataFrame({"period": np.arange(first, last + 1)})
    periods["begins"] = np.maximum(launch + periods["period"] * period_days, 0)
    periods["ends"] = np.minimum(launch + (periods["period"] + 1) * period_days, p.days)
    rows = users.merge(periods, how="cross")
    split = (rows["access"] > rows["begins"]) & (rows["access"] < rows["ends"])
    rows["begins"] = rows["begins"].where(~split, rows["access"])
    rows["days"] = rows["ends"] - np.maximum(rows["begins"], rows["joined"])
    rows = rows[rows["days"] > 0]
    counts = _counts(world, users, period_days)
    rows = rows.merge(counts, on=["unit", "period"], how="left")
    rows["weight"] = rows["active_days"].fillna(0.0)
    rows["outcome"] = rows["sessions"] / rows["active_days"]
    rows["first_treated"] = np.floor((rows["access"] - launch) / period_days)
    has = rows["period"] >= rows["first_treated"]
    rows["take_up"] = (has & rows["unit"].isin(counts.loc[counts["exposed"] > 0, "unit"])) * 1.0
    rows["placebo_1"] = rows["weight"] / rows["days"]
    columns = ["unit", "period", "outcome", "first_treated", "weight", "take_up", "placebo_1"]
    columns += ["affected"] if p.web_share > 0 else []
    columns += ["cluster"] if p.markets > 1 else []
    return rows[columns].sort_values(["unit", "period"], ignore_index=True)


def _counts(world: World, users: pd.DataFrame, period_days: int) -> pd.DataFrame:
    """Return sessions, active days and exposed sessions by user and period."""
    launch = world.parameters.days_before
    days = world.user_days.merge(users, left_on="user_id", right_on="unit")
    days["period"] = (days["day"] - launch) // period_days
    starts = (days["access"] - launch) // period_days
    days = days[~((days["period"] == starts) & (days["day"] < days["access"]))]
    return days.groupby(["unit", "period"], as_index=False).agg(
        sessions=("sessions", "sum"),
        active_days=("sessions", "size"),
        exposed=("exposed_sessions", "sum"),
    )


def _days(dates: pd.Series, world: World) -> pd.Series:
    """Return dates as days of the record, its first being 0."""
    return (dates - dates_of(world.parameters)[0]).dt.days.astype(float)


def _mean(rows: pd.DataFrame) -> float:
    days = float(rows["active_users"].sum())
    return float(rows["added"].sum()) / days if days else float("nan")
