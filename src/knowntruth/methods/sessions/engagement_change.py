"""How far sessions per active user changed from a start on, and by whom.

The *pooled* ratio of a period is all its sessions over all its active user-days. Users fall into
those who *stayed* (seen before the start and from it on), *left* (only before) and *came* (only
from it on). The change is then, exactly, the sum of three parts:

- *stayed*: the ratio after less the ratio before, of those who stayed;
- *left*: what it did that some left, the ratio before of those who stayed less that of all;
- *came*: what it did that some came, the ratio after of all less that of those who stayed.

It says who moved the ratio, not why. Who stayed is known only afterwards, and counts for more on
the side where they have more active days.

A user's days go together, so the user is the unit: each ratio varies as the sum over users of
(sessions - ratio * active days) / all active days does, its influence function (the delta method;
Deng, Knoblich & Lu 2018, KDD, section 3.1), and a difference of ratios as that of theirs. Users
count as drawn independently; what a day does to all of them at once is in no such interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ...story.estimates import Estimate
from ..checks import check_share
from ..panels.regression import t_estimate
from ..tables import Table
from .user_days import start_day, user_days

METHOD = "delta method over users"

# Of each user: sessions and active days before, and from the start on.
SUMS = ("sb", "db", "sa", "da")
GROUPS = ("stayed", "left", "came")


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Sessions of some users in one period.

    Attributes:
        users: who were active in it.
        sessions, active_days: theirs.
    """

    users: int
    sessions: int
    active_days: int

    @property
    def ratio(self) -> float:
        """Sessions per active user-day; NaN without one."""
        return self.sessions / self.active_days if self.active_days else math.nan


@dataclass(frozen=True, kw_only=True)
class Change:
    """The change of the pooled ratio, and its parts, which add up to it; unit `number`.

    Attributes:
        before, after: all users.
        stayed_before, stayed_after: those who are seen in both.
        left_before, came_after: those who are seen in one.
        total: ratio after less ratio before; None without a session in one of the periods.
        stayed, left, came: its parts; None where nobody stayed. A part that nobody can have
            made is 0 without doubt.
        errors: standard errors by name of the four.
        reason: why there is no total, or no parts; or "".
    """

    before: Pool
    after: Pool
    stayed_before: Pool
    stayed_after: Pool
    left_before: Pool
    came_after: Pool
    total: Estimate | None = None
    stayed: Estimate | None = None
    left: Estimate | None = None
    came: Estimate | None = None
    errors: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Users of one group: how many, sums of `SUMS`, and sums of their products."""

    users: int
    sums: Mapping[str, int]
    products: Mapping[tuple[str, str], int]


# A linear function of a user's sums: by group, the weight of each.
_Linear = dict[str, dict[str, Fraction]]


def change(events: Table, *, user: str, time: str, start: object, level: float) -> Change:
    """Compare days from `start` on with those before, with t of as many degrees as users less one.

    Args:
        events: one row a session.
        user, time: columns of users, and of days or times.
        start: the first day of the second period.
        level: of the intervals.

    Raises:
        DataError: a missing column, or times that are none.
        ValueError: a start with a time of day, or a level that is no share.
    """
    check_share("level", level)
    groups = _groups(events, user, time, start)
    everybody = sum(group.users for group in groups.values())
    pools = {
        "before": _pool(groups, ("stayed", "left"), "b"),
        "after": _pool(groups, ("stayed", "came"), "a"),
        "stayed_before": _pool(groups, ("stayed",), "b"),
        "stayed_after": _pool(groups, ("stayed",), "a"),
    }
    counted = Change(
        before=pools["before"],
        after=pools["after"],
        stayed_before=pools["stayed_before"],
        stayed_after=pools["stayed_after"],
        left_before=_pool(groups, ("left",), "b"),
        came_after=_pool(groups, ("came",), "a"),
    )
    if not (counted.before.users and counted.after.users):
        side = "after" if counted.before.users else "before"
        return replace(counted, reason=f"there is no session {side} the start")
    asked = {"total": ("before", "after")}
    reason = "nobody is seen both before and after the start"
    if groups["stayed"].users:
        reason = ""
        asked |= {
            "stayed": ("stayed_before", "stayed_after"),
            "left": ("before", "stayed_before"),
            "came": ("stayed_after", "after"),
        }
    found: dict[str, Estimate] = {}
    errors: dict[str, float] = {}
    for name, (first, second) in asked.items():
        linear = _less(_influence(pools, second), _influence(pools, first))
        value = float(_ratio(pools[second]) - _ratio(pools[first]))
        errors[name] = _error(linear, groups, everybody)
        found[name] = t_estimate(
            value, errors[name], everybody - 1, level=level, n=everybody, method=METHOD
        )
        if name in GROUPS and not groups[name].users:
            found[name] = replace(found[name], low=0.0, high=0.0)
    return replace(
        counted,
        total=found["total"],
        stayed=found.get("stayed"),
        left=found.get("left"),
        came=found.get("came"),
        errors=errors,
        reason=reason,
    )


def _groups(events: Table, user: str, time: str, start: object) -> dict[str, _Group]:
    """Return the three groups' sums, of whole numbers and so exact, from one query."""
    later = f"day >= DATE '{start_day(start)}'"
    each = user_days(events, user=user, time=time).aggregate(
        f"CAST(coalesce(sum(sessions) FILTER (NOT {later}), 0) AS BIGINT) AS sb, "
        f"count(*) FILTER (NOT {later}) AS db, "
        f"CAST(coalesce(sum(sessions) FILTER ({later}), 0) AS BIGINT) AS sa, "
        f"count(*) FILTER ({later}) AS da",
        '"user"',
    )
    pairs = [(one, two) for i, one in enumerate(SUMS) for two in SUMS[i:]]
    which = "CASE WHEN da = 0 THEN 'left' WHEN db = 0 THEN 'came' ELSE 'stayed' END"
    asked = [f"sum({name})" for name in SUMS] + [f"sum({one} * {two})" for one, two in pairs]
    found = each.aggregate(f"{which}, count(*), {', '.join(asked)}", which).fetchall()
    nothing = _Group(users=0, sums=dict.fromkeys(SUMS, 0), products=dict.fromkeys(pairs, 0))
    return dict.fromkeys(GROUPS, nothing) | {
        name: _Group(
            users=users,
            sums=dict(zip(SUMS, map(int, values[:4]), strict=True)),
            products=dict(zip(pairs, map(int, values[4:]), strict=True)),
        )
        for name, users, *values in found
    }


def _pool(groups: Mapping[str, _Group], names: tuple[str, ...], side: str) -> Pool:
    chosen = [groups[name] for name in names]
    return Pool(
        users=sum(group.users for group in chosen),
        sessions=sum(group.sums[f"s{side}"] for group in chosen),
        active_days=sum(group.sums[f"d{side}"] for group in chosen),
    )


def _ratio(pool: Pool) -> Fraction:
    return Fraction(pool.sessions, pool.active_days)


def _influence(pools: Mapping[str, Pool], name: str) -> _Linear:
    """Return a ratio's influence function: what each user adds to its error."""
    side = "b" if name.endswith("before") else "a"
    other = "left" if side == "b" else "came"
    pool = pools[name]
    weights = {
        f"s{side}": Fraction(1, pool.active_days),
        f"d{side}": -_ratio(pool) / pool.active_days,
    }
    return dict.fromkeys(("stayed",) if name.startswith("stayed") else ("stayed", other), weights)


def _less(one: _Linear, two: _Linear) -> _Linear:
    return {
        group: {
            name: one.get(group, {}).get(name, Fraction(0))
            - two.get(group, {}).get(name, Fraction(0))
            for name in SUMS
        }
        for group in GROUPS
    }


def _error(linear: _Linear, groups: Mapping[str, _Group], everybody: int) -> float:
    """Return the standard error: influences have the mean zero, so only squares count.

    Fractions are exact, so that no variance is left over by rounding where there is none.
    """
    squares = Fraction(0)
    for name, group in groups.items():
        weights = linear[name]
        for (one, two), total in group.products.items():
            squares += (1 if one == two else 2) * weights[one] * weights[two] * total
    # As in a sample variance; one user alone says nothing.
    return math.sqrt(squares * Fraction(everybody, everybody - 1)) if everybody > 1 else math.nan
