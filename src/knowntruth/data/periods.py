"""Periods: what a panel is counted in, which may be numbers, dates, or parts of a year.

A column of periods is read in one way, in which all its cells stand in the order of time: as
numbers, as dates, or as parts of a year such as 2010Q4, which become the day on which they
begin. Whatever has no such order, such as "wave one", is refused: the alphabet is not time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Literal

import duckdb

from .cells import literal
from .contract import Field
from .times import SPELLINGS, Spelling
from .values import Cell, is_number

_FIX = (
    "Write dates, or periods as 2010Q4 or 2010-11; or number them in the order of time in a "
    "column of its own, and map that"
)
_MARK = "[-_:. /]*"
_YEAR = r"(\d{4})"


def _beginning(month_of_part: int) -> Callable[[str], str]:
    """Return how to read a year and the number of a part of it, so many months long."""

    def read(text: str) -> str:
        # The year stands at one end, right beside the number of the part in Q42010.
        year = f"TRY_CAST(regexp_extract({text}, '^\\d{{4}}|\\d{{4}}$') AS BIGINT)"
        part = f"regexp_replace({text}, '^\\d{{4}}|\\d{{4}}$', '')"
        part = f"TRY_CAST(regexp_extract({part}, '\\d{{1,2}}') AS BIGINT)"
        month = f"({month_of_part} * ({part} - 1) + 1)"
        known = f"{month} BETWEEN 1 AND 12"
        return f"CASE WHEN {known} THEN make_timestamp({year}, {month}, 1, 0, 0, 0) END"

    return read


def _named_month(text: str) -> str:
    tidy = f"regexp_replace({text}, '[-_:. /,]+', ' ', 'g')"
    shapes = ", ".join(map(literal, ("%b %Y", "%B %Y", "%Y %b", "%Y %B")))
    return f"try_strptime({tidy}, [{shapes}])"


def _week(text: str) -> str:
    tidy = f"upper(regexp_replace({text}, '[-_ ]', '', 'g'))"
    return f"try_strptime({tidy} || '-1', '%GW%V-%u')"


QUARTER = Spelling(
    "as a year and a quarter",
    rf"(?:{_YEAR}{_MARK}[Qq][1-4]|[Qq]{_MARK}[1-4]{_MARK}{_YEAR}|[1-4]{_MARK}[Qq]{_MARK}{_YEAR})",
    (), "", _beginning(3),
)  # fmt: skip
HALF = Spelling(
    "as a year and a half",
    rf"(?:{_YEAR}{_MARK}[HhSs][12]|[HhSs]{_MARK}[12]{_MARK}{_YEAR})", (), "", _beginning(6),
)  # fmt: skip
MONTH = Spelling(
    "as a year and a month", rf"(?:{_YEAR}[-/ Mm]\d{{1,2}}|\d{{1,2}}[-/]{_YEAR})", (), "",
    _beginning(1),
)  # fmt: skip
NAMED_MONTH = Spelling(
    "as a month's name and a year",
    rf"(?:[A-Za-z]{{3,9}}[-. /,]+{_YEAR}|{_YEAR}[-. /,]+[A-Za-z]{{3,9}})", (), "", _named_month,
)  # fmt: skip
WEEK = Spelling("as a year and a week", rf"{_YEAR}[-_ ]?[Ww]\d{{2}}", (), "", _week)
PARTS = (QUARTER, HALF, MONTH, NAMED_MONTH, WEEK)
ALL = (*SPELLINGS, *PARTS)


def fix(field: Field) -> str:
    """Return what to do about cells that are no periods."""
    return f"{_FIX}; leave it blank for never" if field.blanks == "never" else _FIX


def reading(connection: duckdb.DuckDBPyConnection, cell: Cell) -> Literal["number", "time"]:
    """Return whether a column of periods holds numbers, or dates and parts of a year."""
    if is_number(cell.kind):
        return "number"
    if cell.is_moment:
        return "time"
    # Text that is mostly numbers is numbers with a mistake, which is then told as one.
    ((filled, numbers),) = connection.execute(
        f"SELECT count(*) FILTER ({cell.is_filled}), count({cell.number}) FROM cells"
    ).fetchall()
    return "number" if 2 * numbers > filled else "time"


def written(period: object, spelling: Spelling | None) -> str:
    """Return a period as people write it: `2010Q4` for the first of October in a quarter.

    `spelling` is that of the column it came from; None for numbers, and for dates of programs.
    """
    if isinstance(period, float) and period.is_integer():
        return str(int(period))
    if isinstance(period, date) and not isinstance(period, datetime):
        period = datetime.combine(period, time())
    if not isinstance(period, datetime):
        return str(period)
    if spelling is QUARTER:
        return f"{period.year}Q{(period.month + 2) // 3}"
    if spelling is HALF:
        return f"{period.year}H{(period.month + 5) // 6}"
    if spelling is MONTH or spelling is NAMED_MONTH:
        return f"{period:%Y-%m}"
    if spelling is WEEK:
        return f"{period:%G-W%V}"
    return str(period if period.time() > time() else period.date())
