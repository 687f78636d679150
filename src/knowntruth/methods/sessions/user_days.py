"""User-days: the days on which users were active, from a table with one row a session.

An *active user-day* is a user with one session or more on a day. A day is that of the time as it
stands, without time zone. Rows without a user or a time are left out.

What counts users by day begins here: grouping by user and day before anything is counted lets
DuckDB spill to disk what does not fit into memory, unlike a count of distinct users a day.
"""

from __future__ import annotations

from datetime import date

import duckdb
import pandas as pd

from ...errors import DataError, Problem
from ..tables import Table, check_columns, check_numbers, kind, number, quoted, relation

DAYS = {"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}


def user_days(
    events: Table, *, user: str, time: str, exposed: str | None = None
) -> duckdb.DuckDBPyRelation:
    """Return one row an active user-day: user, day, sessions, exposed, unexposed and odd.

    The latter three count sessions whose `exposed` is 1, 0, or another number. A session without
    a value is none of them.

    Raises:
        DataError: a missing column, times that are none, or `exposed` without numbers.
    """
    rows = relation(events)
    check_columns(rows, [user, time, *([exposed] if exposed else [])])
    if kind(rows, time) not in DAYS:
        what = f"it holds {kind(rows, time)}, not dates or times without time zone"
        raise DataError("Sessions need times", [Problem(f"column {time}", what, "Convert it.")])
    # NaN is a number to DuckDB, and no user.
    who = number(user, whole=False) if kind(rows, user) in {"FLOAT", "DOUBLE"} else quoted(user)
    flag = "CAST(NULL AS DOUBLE)"
    if exposed:
        check_numbers(rows, [exposed])
        flag = number(exposed, whole=False)
    asked = rows.project(f"{who} AS user, CAST({quoted(time)} AS DATE) AS day, {flag} AS flag")
    return asked.filter('"user" IS NOT NULL AND day IS NOT NULL').aggregate(
        '"user", day, count(*) AS sessions, count(*) FILTER (flag = 1) AS exposed, '
        "count(*) FILTER (flag = 0) AS unexposed, count(*) FILTER (flag NOT IN (0, 1)) AS odd",
        '"user", day',
    )


def start_day(start: object) -> date:
    """Return the first day of the second period.

    Raises:
        ValueError: no date, or one with a time of day, which would cut a day in two.
    """
    first = pd.Timestamp(str(start))
    # What is no time at all does not equal itself.
    whole = first == first.floor("D")
    if not whole or first.tzinfo is not None:
        raise ValueError(f"a start is a day without time of day or time zone, unlike {start}")
    return first.date()
