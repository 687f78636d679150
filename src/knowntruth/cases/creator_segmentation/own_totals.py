"""Totals in somebody's table of months: found by name or by content, and checked against the sum.

The rule is the same for all: the months are used, and a total is not. Where they disagree,
nobody can tell from the table which of them is wrong, so that is told and not mended.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from ...data.cells import TOTAL, Cells, fold
from ...data.statements import Statement
from ...story.facts import Fact
from ...story.names import Name, listed
from .own_parts import number_cell

SHOWN = 3


def is_total(heading: str) -> bool:
    """Whether a heading says that its column is a total."""
    return TOTAL.fullmatch(fold(heading).casefold()) is not None


def differs(total: str, known: str, digits: str) -> str:
    """Return SQL of whether a total is not the known sum, but for what rounding does.

    A total may be rounded to whole numbers where all of its kind are (`digits`), and else to
    hundredths, as may each of its terms.
    """
    rounding = f"(CASE WHEN {digits} THEN 0.51 ELSE 0.1 END)"
    scale = f"greatest(abs({total}), abs({known}))"
    # A hundredth is much where all is small: then the total must be right to six digits.
    return f"abs({total} - {known}) > greatest(1e-6 * {scale}, least({rounding}, 0.05 * {scale}))"


def is_wrong(connection: duckdb.DuckDBPyConnection, total: float, known: float) -> bool:
    """Return whether a total is not the known sum, but for what rounding does."""
    rule = differs("total", "known", "total = floor(total)")
    ((found,),) = connection.execute(
        f"SELECT {rule} FROM (SELECT ?::DOUBLE AS total, ?::DOUBLE AS known)", [total, known]
    ).fetchall()
    return bool(found)


def by_row(
    connection: duckdb.DuckDBPyConnection, cells: Cells, others: Sequence[str], table: Name
) -> tuple[list[Statement], list[str]]:
    """Check the columns that may be totals against the sums of the rows.

    `cells` have been laid out as `wide`: `row`, `creator`, `known` (the sum of the months).
    `others` are the headings of columns that are neither creators nor months.
    Returns what there is to tell, and the headings of columns that are totals.
    """
    told, totals = [], []
    for heading in others:
        number = number_cell(cells, heading, comma=False)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE checked AS SELECT w.row, w.creator, w.known, "
            f't.total, t.is_filled FROM wide w JOIN (SELECT "row", {number.number} AS total, '
            f'{number.is_filled} AS is_filled FROM numbered) t USING ("row")'
        )
        ((filled, known, whole),) = connection.execute(
            "SELECT count_if(is_filled), count(total), "
            "coalesce(bool_and(total = floor(total)), FALSE) FROM checked"
        ).fetchall()
        wrong = differs("total", "known", "TRUE" if whole else "FALSE")
        found = connection.execute(
            f"SELECT creator, total, known FROM checked WHERE {wrong} ORDER BY row"
        ).fetchall()
        named = is_total(heading)
        if not named and (known < 2 or known < filled or 20 * len(found) > known):
            continue
        totals.append(heading)
        told.append(_checked_rows(table, Name(heading), int(known), found))
    return told, totals


def _checked_rows(
    table: Name, column: Name, known: int, found: Sequence[tuple[str, float, float]]
) -> Statement:
    rows = Fact("rows with a total", known, "count")
    if not known:
        text = f"In {table}, the column of totals {column} holds no number, and is not used."
        return Statement(text, (table, column))
    if not found:
        text = (
            f"In {table}, {column} is the sum of the months in all {rows} rows; it is not used "
            f"beyond this check."
        )
        return Statement(text, (table, column, rows))
    wrong = Fact("rows whose total is not their sum", len(found), "count")
    facts: list[Fact | Name] = [table, column, rows, wrong]
    text = (
        f"In {table}, {column} is not the sum of the months in {wrong} of {rows} rows, such as "
        f"{_examples(found, facts)}. The months are used, and the totals are not."
    )
    return Statement(text, tuple(facts))


def by_column(
    found: Sequence[tuple[str, float, float]], checked: int, table: Name, what: Name
) -> Statement:
    """Tell whether a row of totals holds the sums of its columns.

    `found` are the columns in which it does not: name, total and sum, of `checked` in all.
    """
    count = Fact("columns with a total", checked, "count")
    if not found:
        text = (
            f"In {table}, the row {what} holds the sum of the creators in all {count} columns "
            f"of numbers; it is not used beyond this check."
        )
        return Statement(text, (table, what, count))
    wrong = Fact("columns whose total is not their sum", len(found), "count")
    facts: list[Fact | Name] = [table, what, count, wrong]
    text = (
        f"In {table}, the row {what} is not the sum of the creators in {wrong} of {count} "
        f"columns, such as {_examples(found, facts)}. The creators are used, and the totals are "
        f"not."
    )
    return Statement(text, tuple(facts))


def _examples(found: Sequence[tuple[str, float, float]], facts: list[Fact | Name]) -> str:
    """Return the first of those that differ in words, and add what they are made of."""
    words = []
    for label, total, known in found[:SHOWN]:
        name = Name(label)
        # Both with all that sets them apart.
        decimals = 0 if total == int(total) and known == int(known) else 2
        written = Fact(f"total of {label}", total, decimals=decimals)
        summed = Fact(f"sum of {label}", known, decimals=decimals)
        facts += [name, written, summed]
        words.append(f"{name} ({written} instead of {summed})")
    return listed(words)
