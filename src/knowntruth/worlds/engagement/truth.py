"""Truth of `engagement`: what is to be expected with the feature, and without it.

Everything is summed over the rules: who signs up when, is how active, gets access when, uses the
feature. What single days add is taken as its mean, zero. The *treated* are users of the feature
on active days since their access; the *eligible* all in the app who have access by then, users
of the feature or not. Whoever is on the web has no feature, and is neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from .parameters import MOST_SESSIONS, Parameters
from .rules import DENSITY, GRID, HABIT, HABIT_SHARE, Array, Rules, further_sessions

KEYS = ["day", "cohort", "since", "takes_up", "joined_before", "on_web"]
SUMS = (
    "active_users",
    "sessions",
    "sessions_without",
    "exposed_users",
    "exposed_sessions",
    "unexposed_users",
)


@dataclass(frozen=True)
class Truth:
    """What is to be expected of a world with these parameters.

    Attributes:
        launch: the launch day.
        never_take_up: share of users in the app, with access, who never use the feature.
        share_with_access: share of users who ever get access, in the app as on the web.
        expected: expected counts, one row for each combination of `KEYS`: `day`, `cohort` (0:
            never access), `since` (days since access, below zero before it, 0 for cohort 0),
            `takes_up` (uses the feature, or will), `joined_before` (signed up before launch) and
            `on_web`. Columns are `SUMS`; `sessions_without` is what the same users would have on
            the same days without the feature, and `exposed_users` and `unexposed_users` have a
            session of the kind on the day.
    """

    launch: int
    never_take_up: float
    share_with_access: float
    expected: pd.DataFrame

    @property
    def effect_on_treated(self) -> float:
        """What the feature adds to a treated user's active day, on average."""
        return self.effect()

    @property
    def effect_on_eligible(self) -> float:
        """What it adds to an eligible user's active day: the intention to treat."""
        return self.effect(eligible=True)

    def effect(self, *, eligible: bool = False, **where: object) -> float:
        """Return what the feature adds to an active day of the treated, or of all eligible.

        `where` narrows it down, as in `effect(cohort=1, joined_before=True)`, by any of `KEYS`.
        NaN where there is no such day.
        """
        e = self.expected
        rows = (e["cohort"] > 0) & (e["since"] >= 0) & (e["takes_up"] | eligible) & ~e["on_web"]
        for key, value in where.items():
            rows &= e[key] == value
        sums = e.loc[rows, list(SUMS)].sum()
        if not sums["active_users"]:
            return float("nan")
        return float((sums["sessions"] - sums["sessions_without"]) / sums["active_users"])

    def effects(self, *by: str) -> pd.Series:
        """Return what the feature adds to an active day of its users by some of `KEYS`.

        Days before access are among them, where only anticipation can add something.
        """
        users = self.expected[self.expected["takes_up"]]
        sums = users.groupby(list(by))[list(SUMS)].sum()
        added = (sums["sessions"] - sums["sessions_without"]) / sums["active_users"]
        return added.rename("effect")

    @cached_property
    def daily(self) -> pd.DataFrame:
        """Expected counts by day and cohort."""
        return self.expected.groupby(["day", "cohort"])[list(SUMS)].sum()

    @property
    def added_sessions(self) -> float:
        """Sessions on record that are there because of the feature."""
        return float((self.expected["sessions"] - self.expected["sessions_without"]).sum())

    @cached_property
    def naive(self) -> Mapping[str, float]:
        """The original's figures as expected: means over days of daily ratios.

        `before`, `after`, `exposed`, `not_exposed` (all days), `not_exposed_after`; and
        `after_without`, what `after` would be without the feature. NaN where there is no day.
        """
        days = self.expected.groupby("day")[list(SUMS)].sum()
        after = days.index >= self.launch
        plain = days["sessions"] / days["active_users"]
        exposed = days["exposed_sessions"] / days["exposed_users"].where(days["exposed_users"] > 0)
        rest = (days["sessions"] - days["exposed_sessions"]) / days["unexposed_users"]
        without = days["sessions_without"] / days["active_users"]
        return {
            "before": float(plain[~after].mean()),
            "after": float(plain[after].mean()),
            "exposed": float(exposed.mean()),
            "not_exposed": float(rest.mean()),
            "not_exposed_after": float(rest[after].mean()),
            "after_without": float(without[after].mean()),
        }


def truth_of(p: Parameters) -> Truth:
    """Return the truth of these parameters."""
    rules = Rules(p)
    return Truth(rules.launch, 1 - p.take_up, float(rules.access_share), _expected(rules))


def _expected(rules: Rules) -> pd.DataFrame:
    p = rules.p
    has, by_day = rules.access_chance(GRID), rules.by_day()
    by_activity = rules.by_activity()
    parts: list[dict[str, Array]] = []
    for burst, share, signup in _arrivals(rules):
        active = rules.active_chance(GRID[:, None], HABIT, np.full(1, burst)) @ HABIT_SHARE
        density = p.users * DENSITY * active
        length = rules.length(GRID, np.full(1, burst))
        joined = bool(signup[0] < rules.launch)
        for cohort, takes_up, on_web, kind in _kinds(rules):
            access = has * rules.cohorts[cohort - 1] if cohort else 1 - has
            for day in range(int(signup[0]), p.days):
                since, here = _since(rules, cohort, day, share, signup)
                weight = here[:, None] * density * access * kind
                bare = length + by_day[int(cohort > 0), day] + by_activity[day] * GRID
                bare = np.broadcast_to(bare, weight.shape)
                effect = rules.effects[cohort, since + p.days] if takes_up else 0.0 * since
                whole = np.clip(bare + effect[:, None], 0, MOST_SESSIONS - 1)
                values = {
                    "active_users": np.ones(weight.shape),
                    "sessions": 1 + whole,
                    "sessions_without": 1 + np.clip(bare, 0, MOST_SESSIONS - 1),
                    **_exposure(rules, whole, met=(since >= 0) & takes_up),
                }
                sums = {name: (weight * value).sum(axis=1) for name, value in values.items()}
                where = dict(zip(KEYS, (day, cohort, since, takes_up, joined, on_web), strict=True))
                row = {**where, **sums}
                parts.append(
                    {k: np.broadcast_to(np.asarray(v), since.shape) for k, v in row.items()}
                )
    table = pd.DataFrame(
        {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    )
    table = table.groupby(KEYS, as_index=False)[list(SUMS)].sum()
    return table[table["active_users"] > 0].reset_index(drop=True)


def _kinds(rules: Rules) -> list[tuple[int, bool, bool, float]]:
    """Return cohort, whether they use the feature, are on the web, and their share of it."""
    take_up, web = rules.p.take_up, rules.p.web_share
    app = 1 - web
    kinds = [(0, False, False, app), (0, False, True, web)]
    for cohort in range(1, 1 + len(rules.cohorts)):
        kinds.append((cohort, False, False, app * (1 - take_up)))
        kinds.append((cohort, True, False, app * take_up))
        kinds.append((cohort, False, True, web))
    return [kind for kind in kinds if kind[-1] > 0]


def _arrivals(rules: Rules) -> list[tuple[bool, Array, Array]]:
    """Return who signs up before launch, from launch on, and in the burst.

    Each with whether it is the burst, shares of all users, and days; before the record is day 0.
    """
    share = rules.arrivals[1:-1].copy()
    share[0] += rules.arrivals[0]
    launch, days = rules.launch, np.arange(rules.p.days)
    return [
        (False, share[:launch], days[:launch]),
        (False, share[launch:], days[launch:]),
        (True, rules.arrivals[-1:], days[launch : launch + 1]),
    ]


def _since(rules: Rules, cohort: int, day: int, share: Array, signup: Array) -> tuple[Array, Array]:
    """Return days since access that occur on a day, and the share of users who have them."""
    here = signup <= day
    access_day = np.maximum(rules.wave_days[cohort], signup[here])
    since = day - access_day if cohort else np.zeros(here.sum(), dtype=np.int64)
    values, which = np.unique(since, return_inverse=True)
    return values, np.bincount(which, share[here])


def _exposure(rules: Rules, length: Array, *, met: Array) -> dict[str, Array]:
    """Return exposed sessions and the chances of one exposed or not, given an active day.

    `met` says, by row, whether the feature can be met.
    """
    p = rules.p
    if not met.any():
        nothing = np.zeros(length.shape)
        return {
            "exposed_users": nothing,
            "exposed_sessions": nothing,
            "unexposed_users": 1 + nothing,
        }
    first = rules.exposure(GRID)
    below = further_sessions(length)
    chances = np.diff(np.stack([np.zeros(length.shape), *below, np.ones(length.shape)]), axis=0)
    further = np.arange(MOST_SESSIONS)[:, None, None]
    none = (1 - first) * (chances * (1 - p.exposure_later) ** further).sum(axis=0)
    every = first * (chances * p.exposure_later**further).sum(axis=0)
    seen = met[:, None]
    return {
        "exposed_users": seen * (1 - none),
        "exposed_sessions": seen * (first + p.exposure_later * length),
        "unexposed_users": np.where(seen, 1 - every, 1.0),
    }
