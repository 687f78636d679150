"""Retention: who is still active so many days after signing up.

*Retained on day k* means: active on day k after sign-up or on any later day ("unbounded"
retention). It needs nothing but the first and the last day of a user. `flags` writes it as
columns, `curve` and `cohorts` give its rates, by group and by time of sign-up, and `nesting`
checks that who is retained on a later day is so on an earlier one. `daily` makes life tables
of the same days, for `survival.kaplan_meier`.

It is not *exact-day* retention, the share active on day k itself. That one needs a log of
activity, is lower, follows the days of the week, and may rise again; this one can only fall.
In exchange, this one looks ahead: who signed up long ago has had more days to come back on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from typing import Literal

import duckdb

from ...errors import DataError, Problem
from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..experiments.experiments import rate
from ..rates import Tally
from ..tables import Table, check_columns, is_whole, kind, number, quoted, relation
from .life_tables import LifeTable, life_table
from .rates_by_group import KEY, label, tallies

Period = Literal["day", "week", "month"]

DAYS = {"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}


@dataclass(frozen=True)
class Cohort:
    """Users who signed up in the same period.

    Attributes:
        start: first day of the period; of a week, its Monday.
        users: who signed up in it.
        rates: by outcome, the share of those who have it among those judged, unit `share`;
            None where nobody is judged yet. Its `n` is how many are.
    """

    start: date
    users: int
    rates: Mapping[str, Estimate | None]


@dataclass(frozen=True)
class Nesting:
    """Whether the later of two flags implies the earlier.

    Attributes:
        earlier, later: the columns.
        users: rows where both are known.
        broken: rows that have the later without the earlier.
    """

    earlier: str
    later: str
    users: int
    broken: int


def flags(
    table: Table,
    *,
    signed_up: str,
    last_active: str,
    days: Sequence[int] = (1, 7, 30),
    observed_until: date | None = None,
    grace: int = 0,
) -> duckdb.DuckDBPyRelation:
    """Return the table with columns such as `day_7`: 1 where a user was active then or later.

    A user is judged for day k only if the day `grace` days after it was still observed, and is
    NULL otherwise, or where a date is missing. Without grace, those who can only just be
    judged have had a single day to be active on, and look less loyal than those before them.

    Args:
        table: one row a user.
        signed_up: column of the day of sign-up, which is day 0. Times of day are dropped.
        last_active: column of the last day with activity; of who never came back, day 0.
        days: days after sign-up, from 1.
        observed_until: last day on which activity could be seen; by default the latest day in
            either column.
        grace: days that must have been observed after day k.

    Raises:
        DataError: a missing column, one without dates, a flag that the table has already, or
            dates after `observed_until` or in the wrong order.
        ValueError: days that are not whole, distinct and from 1, or a negative grace.
    """
    check_at_least("grace", grace, 0)
    if not days or len(set(days)) < len(days) or any(day != int(day) or day < 1 for day in days):
        raise ValueError(f"days are distinct whole numbers from 1, unlike {list(days)}")
    rows = relation(table)
    end = _end_of_observation(rows, signed_up, last_active, observed_until)
    taken = {name.lower() for name in rows.columns} & {f"day_{day}" for day in days}
    if taken:
        problems = [
            Problem(
                f"column {name}", "the table has it already", "Rename it, or leave out the day."
            )
            for name in sorted(taken)
        ]
        raise DataError("A flag would hide a column", problems)
    first, last = _day(signed_up), _day(last_active)
    columns = [
        f"CASE WHEN {first} + {int(day + grace)} <= {end} "
        f"THEN CAST({last} >= {first} + {int(day)} AS DOUBLE) END AS day_{int(day)}"
        for day in days
    ]
    return rows.project(", ".join(["*", *columns]))


def curve(
    table: Table, outcomes: Mapping[int, str], *, by: str | None = None, level: float
) -> dict[str, list[tuple[int, Estimate]]]:
    """Return the rate of each flag by day, for each group of `by` or for "everybody".

    `outcomes` names the flag of each day: {1: "day_1", 7: "day_7"}. A day for which nobody is
    judged is left out. Each rate is of the users judged for its day, and the latest sign-ups
    are not judged for late days: so a day's rate can exceed an earlier one's. Groups are text
    and in its order, a missing label "(blank)".

    Raises:
        DataError: a missing column, or flags other than 0 and 1.
    """
    check_share("level", level)
    return {
        group: [
            (day, rate(found.tallies[outcomes[day]], level=level))
            for day in sorted(outcomes)
            if found.tallies[outcomes[day]].trials
        ]
        for group, found in tallies(table, list(outcomes.values()), by=by).items()
    }


def daily(
    table: Table,
    *,
    signed_up: str,
    last_active: str,
    by: str | None = None,
    observed_until: date | None = None,
    grace: int = 30,
) -> dict[str, LifeTable]:
    """Return the life table of days from sign-up to last activity, for each group of `by`.

    Who has been silent for no more than `grace` days when observation ends may come back, so
    leaving is seen only where the last activity is on or before the *cutoff*, `grace` + 1 days
    before the end. All others count as still there, and are censored at the cutoff: not at
    their last activity, because after the cutoff they could not be seen to leave. Sign-ups
    after the cutoff tell nothing and are left out, as are rows with a missing date. `grace`
    should exceed the pauses that users make.

    A user's day of leaving is the last day with activity: the share retained on day k is what
    survives beyond day k - 1. Groups are text and in its order, a missing label "(blank)";
    without `by` there is one, "everybody".

    Raises:
        DataError: a missing column, one without dates, or dates after `observed_until` or in
            the wrong order.
        ValueError: a negative grace.
    """
    check_at_least("grace", grace, 0)
    rows = relation(table)
    end = _end_of_observation(rows, signed_up, last_active, observed_until)
    if by is not None:
        check_columns(rows, [by])
    first, last, cutoff = _day(signed_up), _day(last_active), f"({end} - {int(grace + 1)})"
    lives = rows.filter(f"{first} <= {cutoff} AND {last} IS NOT NULL").project(
        f"{label(by)} AS {quoted(KEY)}, least({last}, {cutoff}) - {first} AS duration, "
        f"CAST({last} <= {cutoff} AS INTEGER) AS event"
    )
    return life_table(lives, by=KEY)


def cohorts(
    table: Table,
    *,
    signed_up: str,
    outcomes: Sequence[str],
    level: float,
    period: Period = "week",
) -> tuple[Cohort, ...]:
    """Return users and the rate of each outcome by the period of sign-up, earliest first.

    A period without sign-ups is absent, and so are rows without the day of sign-up.

    Raises:
        DataError: a missing column, a sign-up that is no date, or outcomes other than 0 and 1.
        ValueError: an unknown period.
    """
    check_share("level", level)
    if period not in {"day", "week", "month"}:
        raise ValueError(f"period is day, week or month, not {period}")
    rows = relation(table)
    check_columns(rows, [signed_up, *outcomes])
    _check_days(rows, [signed_up])
    start = f"CAST(date_trunc('{period}', {_day(signed_up)}) AS DATE) AS {quoted(KEY)}"
    columns = ", ".join([start, *(quoted(name) for name in dict.fromkeys(outcomes))])
    dated = rows.filter(f"{quoted(signed_up)} IS NOT NULL").project(columns)
    return tuple(
        Cohort(date.fromisoformat(day), found.users, _shares(found.tallies, level))
        for day, found in tallies(dated, outcomes, by=KEY).items()
    )


def nesting(table: Table, columns: Sequence[str]) -> tuple[Nesting, ...]:
    """Return, for each two of `columns`, how many rows have the later without the earlier.

    `columns` are flags of zeros and ones, earliest first; rows where one of the two is missing
    take no part in their pair.

    Raises:
        DataError: a missing column, or flags other than 0 and 1.
    """
    rows = relation(table)
    tallies(rows, columns)
    value = {name: f"({number(name, whole=is_whole(rows, name))})" for name in columns}
    pairs = list(combinations(columns, 2))
    asked = [
        count
        for earlier, later in pairs
        for count in (
            f"count({value[earlier]} + {value[later]})",
            f"count(*) FILTER ({value[earlier]} = 0 AND {value[later]} = 1)",
        )
    ]
    counts = rows.aggregate(", ".join(asked)).fetchall()[0] if pairs else ()
    return tuple(
        Nesting(*pair, users, broken)
        for pair, users, broken in zip(pairs, counts[::2], counts[1::2], strict=True)
    )


def _shares(found: Mapping[str, Tally], level: float) -> dict[str, Estimate | None]:
    return {
        name: rate(tally, level=level) if tally.trials else None for name, tally in found.items()
    }


def _day(column: str) -> str:
    return f"CAST({quoted(column)} AS DATE)"


def _check_days(rows: duckdb.DuckDBPyRelation, columns: Sequence[str]) -> None:
    """Refuse columns that hold no days."""
    problems = [
        Problem(
            f"column {column}", f"it holds {kind(rows, column)}, not dates", "Convert it to dates."
        )
        for column in columns
        if kind(rows, column) not in DAYS
    ]
    if problems:
        raise DataError("Retention needs dates", problems)


def _end_of_observation(
    rows: duckdb.DuckDBPyRelation, signed_up: str, last_active: str, until: date | None
) -> str:
    """Return the last day of observation as SQL, and refuse dates that cannot be."""
    check_columns(rows, [signed_up, last_active])
    _check_days(rows, [signed_up, last_active])
    first, last = _day(signed_up), _day(last_active)
    ((latest, reversed_),) = rows.aggregate(
        f"greatest(max({first}), max({last})), count(*) FILTER ({last} < {first})"
    ).fetchall()
    end = until.date() if isinstance(until, datetime) else until or latest
    problems = []
    if reversed_:
        what = f"it lies before {signed_up}; rows: {reversed_:,}"
        problems.append(Problem(f"column {last_active}", what, "Correct or remove them."))
    if latest and end < latest:
        where = f"columns {signed_up} and {last_active}"
        what = f"the latest date is {latest}, after the end of observation, {end}"
        problems.append(Problem(where, what, "Correct the dates, or observe until later."))
    if problems:
        raise DataError("These dates cannot be", problems)
    return f"CAST('{end}' AS DATE)" if end else "CAST(NULL AS DATE)"
