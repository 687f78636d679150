"""Engagement: sessions per active user, from a table with one row a session.

An *active user-day* is a user with one session or more on a day. *Sessions per active user* of a
day are its sessions over its active users: what those do who come, not how many come. The
*pooled* ratio of several days is all their sessions over all their active user-days; the mean of
daily ratios counts a quiet day as much as a busy one.

Where sessions are *exposed* (to a feature) or not, a user with both kinds on a day is active in
both subsets. Subsets then share user-days but not sessions, and the ratio of each may lie below
that of their union: `overlap` counts what they share. `two_by_two` is the table of exposed or not
by before or from a start on, whose empty cells no data can fill. `user_periods` is what a panel
is made of; `engagement_change` says how far the ratio changed, and by whom.

Every answer is one query, over the active user-days that `user_days` counts. Rows without a
user or a time are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import duckdb
import pandas as pd

from ...errors import DataError, Problem
from ..checks import check_at_least
from ..tables import Table
from .user_days import start_day, user_days

Subset = Literal["all", "exposed", "unexposed"]

SUBSETS: tuple[Subset, ...] = ("all", "unexposed", "exposed")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Days of one period, and sessions of one subset.

    Attributes:
        days: with such a session.
        ratio: mean over them of daily sessions per active user; NaN without a day.
    """

    days: int
    ratio: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """A subset of sessions before and from a start on.

    Attributes:
        before, after: its cells.
    """

    before: Cell
    after: Cell

    @property
    def weight_before(self) -> float:
        """Share of days before the start in the mean over all days; NaN without a day."""
        days = self.before.days + self.after.days
        return self.before.days / days if days else math.nan

    @property
    def mixed(self) -> Cell:
        """The cell of all days: a mean of the two, each weighing as much as it has days."""
        parts = [cell for cell in (self.before, self.after) if cell.days]
        days = sum(cell.days for cell in parts)
        total = sum(cell.days * cell.ratio for cell in parts)
        return Cell(days=days, ratio=total / days if days else math.nan)

    @property
    def change(self) -> float:
        """The ratio after less that before; NaN where one has no day."""
        return self.after.ratio - self.before.ratio


@dataclass(frozen=True, kw_only=True)
class TwoByTwo:
    """Mean daily ratios of exposed or not, by before or from the start on.

    Attributes:
        exposed, unexposed: the rows.
    """

    exposed: Row
    unexposed: Row

    @property
    def difference_in_differences(self) -> float:
        """Change of the exposed less that of the unexposed; NaN where a cell is empty."""
        return self.exposed.change - self.unexposed.change


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """What exposed and unexposed sessions share: active user-days, but no session.

    Attributes:
        only_exposed, only_unexposed, both: active user-days with such sessions.
        sessions_only_exposed, sessions_only_unexposed: sessions of the former two.
        exposed_in_both, unexposed_in_both: sessions of the last.
        unknown: sessions that are neither, and left out.
    """

    only_exposed: int
    only_unexposed: int
    both: int
    sessions_only_exposed: int
    sessions_only_unexposed: int
    exposed_in_both: int
    unexposed_in_both: int
    unknown: int = 0

    @property
    def user_days(self) -> int:
        """Active user-days of the union."""
        return self.only_exposed + self.only_unexposed + self.both

    @property
    def exposed(self) -> float:
        """Pooled ratio of exposed sessions; NaN without one, as the others."""
        sessions = self.sessions_only_exposed + self.exposed_in_both
        return _over(sessions, self.only_exposed + self.both)

    @property
    def unexposed(self) -> float:
        """Pooled ratio of unexposed sessions."""
        sessions = self.sessions_only_unexposed + self.unexposed_in_both
        return _over(sessions, self.only_unexposed + self.both)

    @property
    def union(self) -> float:
        """Pooled ratio of all sessions."""
        return _over(self._sessions, self.user_days)

    @property
    def counted_twice(self) -> float:
        """Share of the union's user-days that are active in both subsets."""
        return _over(self.both, self.user_days)

    @property
    def bounds(self) -> tuple[float, float]:
        """Where the union's ratio can lie, by sessions and active user-days of each subset alone.

        At the least, the subsets share no user-day, and the union is a weighted mean of them. At
        the most, the smaller one lies within the larger.
        """
        sizes = self.only_exposed + self.both, self.only_unexposed + self.both
        return _over(self._sessions, sum(sizes)), _over(self._sessions, max(sizes))

    @property
    def _sessions(self) -> int:
        alone = self.sessions_only_exposed + self.sessions_only_unexposed
        return alone + self.exposed_in_both + self.unexposed_in_both


def daily(
    events: Table, *, user: str, time: str, exposed: str | None = None, of: Subset = "all"
) -> pd.DataFrame:
    """Return sessions, active users and their ratio of each day that has such sessions.

    Args:
        events: one row a session.
        user, time: columns of users, and of days or times.
        exposed: column of zeros and ones; a session without either belongs to no subset but all.
        of: the sessions that count.

    Returns:
        Columns day, sessions, active_users and ratio, one row a day in their order.

    Raises:
        DataError: a missing column, times that are none, or `exposed` other than 0 and 1.
        ValueError: a subset that is unknown, or asked for without `exposed`.
    """
    if of not in SUBSETS:
        raise ValueError(f"of is all, exposed or unexposed, not {of}")
    if of != "all" and exposed is None:
        raise ValueError(f"the {of} sessions need the column that says so")
    return _subset(_days(events, user, time, exposed), of)


def daily_cells(
    events: Table, *, user: str, time: str, exposed: str, start: object
) -> pd.DataFrame:
    """Return daily figures of exposed and unexposed sessions, as `daily`, one above the other.

    Columns exposed and after (0 or 1) come first. A start with a time of day is refused.
    """
    first = pd.Timestamp(start_day(start))
    days = _days(events, user, time, exposed)
    parts = [_subset(days, of).assign(exposed=code) for code, of in enumerate(SUBSETS[1:])]
    table = pd.concat(parts, ignore_index=True)
    table["after"] = (table["day"] >= first).astype(int)
    return table[["exposed", "after", "day", "sessions", "active_users", "ratio"]]


def two_by_two(events: Table, *, user: str, time: str, exposed: str, start: object) -> TwoByTwo:
    """Return mean daily ratios by exposed or not, before or from the day `start` on."""
    table = daily_cells(events, user=user, time=time, exposed=exposed, start=start)

    def cell(code: int, after: int) -> Cell:
        ratios = table.loc[(table["exposed"] == code) & (table["after"] == after), "ratio"]
        return Cell(days=len(ratios), ratio=float(ratios.mean()))

    rows = [Row(before=cell(code, 0), after=cell(code, 1)) for code in (0, 1)]
    return TwoByTwo(unexposed=rows[0], exposed=rows[1])


def overlap(
    events: Table, *, user: str, time: str, exposed: str, start: object | None = None
) -> Overlap:
    """Count what exposed and unexposed sessions share, on days from `start` on if given."""
    found = user_days(events, user=user, time=time, exposed=exposed)
    if start is not None:
        found = found.filter(f"day >= DATE '{start_day(start)}'")
    both = "exposed > 0 AND unexposed > 0"
    (counts,) = found.aggregate(
        "count(*) FILTER (exposed > 0 AND unexposed = 0), "
        "count(*) FILTER (unexposed > 0 AND exposed = 0), "
        f"count(*) FILTER ({both}), sum(exposed) FILTER (unexposed = 0), "
        f"sum(unexposed) FILTER (exposed = 0), sum(exposed) FILTER ({both}), "
        f"sum(unexposed) FILTER ({both}), sum(sessions - exposed - unexposed), sum(odd)"
    ).fetchall()
    *known, odd = (int(count or 0) for count in counts)
    _refuse_odd(exposed, odd)
    return Overlap(**dict(zip(Overlap.__dataclass_fields__, known, strict=True)))


def user_periods(
    events: Table, *, user: str, time: str, start: object, days: int, exposed: str | None = None
) -> duckdb.DuckDBPyRelation:
    """Return one row a user and period in which the user was active.

    Columns: user, period (counted in `days` from `start`, so that -1 is the last before it),
    sessions, active_days, ratio; with `exposed` also exposed_days, the active days with an
    exposed session. The first and the last period of the data may be short.

    The relation is worked out each time it is read: what is read often is better written down.

    Raises:
        DataError: a missing column, or times that are none.
        ValueError: a start with a time of day, or less than one day.
    """
    check_at_least("days", days, 1)
    found = user_days(events, user=user, time=time, exposed=exposed)
    period = f"CAST(floor((day - DATE '{start_day(start)}') / {int(days)}) AS BIGINT)"
    more = ", count(*) FILTER (exposed > 0) AS exposed_days" if exposed else ""
    return found.aggregate(
        f'"user", {period} AS period, CAST(sum(sessions) AS BIGINT) AS sessions, '
        f"count(*) AS active_days, sum(sessions) / count(*) AS ratio{more}",
        f'"user", {period}',
    )


def _days(events: Table, user: str, time: str, exposed: str | None) -> pd.DataFrame:
    """Return sessions and active users of each subset by day, in order of days."""
    counts = {"all": "sessions", "unexposed": "unexposed", "exposed": "exposed"}
    asked = [
        f"CAST(sum({count}) AS BIGINT) AS {of}_sessions, "
        f"count(*) FILTER ({count} > 0) AS {of}_users"
        for of, count in counts.items()
    ]
    found = user_days(events, user=user, time=time, exposed=exposed).aggregate(
        f"CAST(day AS TIMESTAMP) AS day, {', '.join(asked)}, CAST(sum(odd) AS BIGINT) AS odd",
        "day",
    )
    days: pd.DataFrame = found.order("day").df()
    _refuse_odd(exposed, int(days["odd"].sum()))
    return days


def _subset(days: pd.DataFrame, of: Subset) -> pd.DataFrame:
    """Return the days with such sessions, as `daily` does."""
    names = {f"{of}_sessions": "sessions", f"{of}_users": "active_users"}
    table = days.rename(columns=names)[["day", *names.values()]]
    table = table[table["sessions"] > 0].reset_index(drop=True)
    return table.assign(ratio=table["sessions"] / table["active_users"])


def _over(sessions: int, user_days: int) -> float:
    return sessions / user_days if user_days else math.nan


def _refuse_odd(exposed: str | None, count: int) -> None:
    if count:
        what = f"user-days with a value that is neither 0 nor 1: {count:,}"
        problem = Problem(f"column {exposed}", what, "Use 1 for exposed.")
        raise DataError("Exposure must be 0 or 1", [problem])
