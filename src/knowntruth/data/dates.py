"""Dates: how those of a column are written, and which of them cannot be.

A date that can be read in two ways is refused: nothing is guessed about where it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from ..errors import Problem
from . import periods
from .cells import literal
from .columns import Column, wrong_cells
from .contract import EXAMPLES
from .times import DAY_FIRST, EARLIEST, LATEST, MONTH_FIRST, SPELLINGS, Spelling, stands_for_none

FIX = "Write dates as 2024-08-31"


def find_spelling(
    connection: duckdb.DuckDBPyConnection, column: Column
) -> tuple[Spelling | None, list[Problem]]:
    """Return the only spelling that reads all of a column of text, or None and why there is none.

    A column without any date has no spelling, and that is no problem here.
    """
    filled, text = column.is_filled, column.cell.trimmed
    spellings = periods.ALL if column.field.kind == "period" else SPELLINGS
    moments = {spelling: spelling.moment(text) for spelling in spellings}
    first = connection.execute(
        f"SELECT {', '.join(moments.values())} FROM cells WHERE {filled} LIMIT 1"
    ).fetchall()
    if not first:
        return None, []
    likely = [s for s, moment in zip(spellings, first[0], strict=True) if moment is not None]
    ((filled_rows, *read),) = connection.execute(
        f"SELECT {', '.join(['count(*)', *(f'count({moments[s]})' for s in likely)])} "
        f"FROM cells WHERE {filled}"
    ).fetchall()
    fitting = [s for s, rows in zip(likely, read, strict=True) if rows == filled_rows]
    if not fitting:
        return None, _unread(connection, column, moments)
    problems = _ambiguous(connection, column, moments) if len(fitting) > 1 else []
    return (None if problems else fitting[0]), problems


def is_unlikely(column: Column) -> str:
    """Return SQL of whether a date is too far away, or too round, to be any."""
    return stands_for_none(column.cell.moment)


def is_disordered(first: Column, second: Column) -> str:
    """Return SQL of whether `second` lies on a day before `first`."""
    days = [f"CAST({column.cell.moment} AS DATE)" for column in (first, second)]
    # A date that stands for none is wrong once, and is told by itself.
    return f"{days[1]} < {days[0]} AND NOT {is_unlikely(second)}"


def unlikely(connection: duckdb.DuckDBPyConnection, column: Column) -> list[Problem]:
    """Return what is wrong with dates that are too far away, or too round, to be any."""
    return wrong_cells(
        connection,
        column,
        is_unlikely(column),
        f"{{}} before {EARLIEST}, after {LATEST} or the first moment of 1970",
        "Such dates often stand for none: leave those cells blank",
    )


def disorder(connection: duckdb.DuckDBPyConnection, first: Column, second: Column) -> list[Problem]:
    """Return what is wrong with rows in which `second` lies on a day before `first`."""
    wrong = is_disordered(first, second)
    ((count,),) = connection.execute(f"SELECT count(*) FROM cells WHERE {wrong}").fetchall()
    if not count:
        return []
    examples = connection.execute(
        f'SELECT "row", {second.cell.shown}, {first.cell.shown} FROM numbered '
        f'WHERE {wrong} ORDER BY "row" LIMIT {EXAMPLES}'
    ).fetchall()
    shown = ", ".join(f"{late!r} before {early!r} in row {row:,}" for row, late, early in examples)
    words = f"{count:,} {'value is' if count == 1 else 'values are'}"
    more = ", …" if count > EXAMPLES else ""
    what = f"{words} earlier than {first.where} ({shown}{more})"
    return [Problem(second.where, what, "Correct them, or leave them blank")]


def _ambiguous(
    connection: duckdb.DuckDBPyConnection, column: Column, moments: Mapping[Spelling, str]
) -> list[Problem]:
    """Return a problem when the day and the month may be swapped, and it makes a difference."""
    day_first, month_first = moments[DAY_FIRST], moments[MONTH_FIRST]
    examples = connection.execute(
        f"SELECT \"row\", {column.cell.shown}, strftime({day_first}, '%-d %B'), "
        f"strftime({month_first}, '%-d %B') FROM numbered WHERE {day_first} <> {month_first} "
        'ORDER BY "row" LIMIT 1'
    ).fetchall()
    return [
        Problem(
            column.where,
            f"may have the day or the month first: {text!r} in row {row:,} is {one} or {other}",
            f"{FIX}, in all rows",
        )
        for row, text, one, other in examples
    ]


def _unread(
    connection: duckdb.DuckDBPyConnection, column: Column, moments: Mapping[Spelling, str]
) -> list[Problem]:
    """Return which cells are no dates, or which are written unlike the rest."""
    none = " AND ".join(f"{moment} IS NULL" for moment in moments.values())
    what, fix = "{} no date", FIX
    if column.field.kind == "period":
        what, fix = "{} no period whose place in time is clear", periods.fix(column.field)
    problems = wrong_cells(connection, column, f"{column.is_filled} AND {none}", what, fix)
    if problems:
        return problems
    counted = ", ".join(f"count({moment})" for moment in moments.values())
    (counts,) = connection.execute(f"SELECT {counted} FROM cells").fetchall()
    usual = max(zip(moments.values(), counts, strict=True), key=lambda pair: pair[1])[0]
    names = " ".join(f"WHEN {m} IS NOT NULL THEN {literal(s.name)}" for s, m in moments.items())
    ways = " + ".join(f"({moment} IS NOT NULL)::INT" for moment in moments.values())
    shown = [
        f"{text!r} in row {row:,} {name}"
        for condition in (f"{usual} IS NOT NULL", f"{column.is_filled} AND {usual} IS NULL")
        for row, text, name in connection.execute(
            f'SELECT "row", {column.cell.shown}, CASE {names} END FROM numbered '
            f'WHERE {condition} ORDER BY {ways}, "row" LIMIT 1'
        ).fetchall()
    ]
    what = f"has dates written in different ways: {', but '.join(shown)}"
    same = "Write them all in one way" if column.field.kind == "period" else f"{FIX}, in all rows"
    return [Problem(column.where, what, same)]
