"""Parts: what one table says of creators and months, and what was done to it on the way.

A *part* has one row a creator and month with what the table tells of them. A blank stays a
blank here; that it counts as zero is said, and done where the parts are joined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from ...data.cells import Cells
from ...data.contract import EXAMPLES
from ...data.statements import Statement
from ...data.values import Cell
from ...errors import Problem
from ...story.facts import Fact
from ...story.names import Name
from .own_tables import Source

_SPACE = "' ' || chr(9) || chr(160)"
# Accountants write a dash for nothing.
_DASHES = "('-', '\N{EN DASH}', '\N{EM DASH}', '\N{MINUS SIGN}')"


@dataclass(frozen=True)
class Part:
    """One table as it was read.

    Attributes:
        source: where it came from.
        rows: one row a creator and month: `creator` (text), `row` (its first in the file),
            `month` (DATE) and a DOUBLE for each measure, NULL where the cell is blank.
        creator: the user's name of the creators' column.
        headings: the user's name of each measure's column, in a long table.
        months: each month and how the table writes it.
        statements: what was done to it.
    """

    source: Source
    rows: pa.Table
    creator: Name
    headings: Mapping[str, Name]
    months: Mapping[date, Name]
    statements: tuple[Statement, ...]


def number_cell(cells: Cells, heading: str, *, comma: bool) -> Cell:
    """Return how the cells of a column of numbers are read."""
    column, kind = cells.column(heading), cells.type_of(heading)
    if kind == "VARCHAR":
        column = _undashed(column)
    return Cell(column, kind, comma=comma)


def text_number(text: str, *, comma: bool) -> str:
    """Return SQL of the number that a text means, quick where it is written plainly."""
    careful = Cell(_undashed(text), "VARCHAR", comma=comma).number
    if comma:
        return careful
    plain = f"TRY_CAST({text} AS DOUBLE)"
    # Only what is no plain number is read with more care; nan is a blank there.
    return f"coalesce(CASE WHEN NOT isnan({plain}) THEN {plain} END, {careful})"


def quick_number(cells: Cells, heading: str, cell: Cell) -> str:
    """Return SQL of the number in a column, whose cells are read as `number_cell` says."""
    if cells.type_of(heading) != "VARCHAR":
        return cell.number
    return text_number(cells.column(heading), comma=cell.comma)


def _undashed(text: str) -> str:
    return f"(CASE WHEN trim({text}, {_SPACE}) NOT IN {_DASHES} THEN {text} END)"


def is_text_filled(text: str) -> str:
    """Return SQL of whether a text holds anything, among numbers."""
    return Cell(_undashed(text), "VARCHAR").is_filled


def has_decimal_commas(cells: Cells, headings: Sequence[str]) -> bool:
    """Return whether decimals are written with a comma."""
    if not cells.decimal_comma_possible or not headings:
        return False
    tests = " OR ".join(
        Cell(cells.column(heading), cells.type_of(heading)).has_comma for heading in headings
    )
    ((found,),) = cells.connection.execute(
        f"SELECT coalesce(bool_or({tests}), FALSE) FROM cells"
    ).fetchall()
    return bool(found)


def wrong_numbers(
    connection: duckdb.DuckDBPyConnection, relation: str, where: str, *, comma: bool
) -> list[Problem]:
    """Return what is wrong with the numbers of a table.

    `relation` has a row a cell: `row`, `place` (the words for its column), `text`, `number`
    (NULL where the text is none), `is_filled`.
    """
    example = "1234,5" if comma else "1234.5"
    rules = (
        ("is_filled AND number IS NULL", "no number",
         f"Write plain numbers, such as {example}, without units or marks for thousands"),
        ("isinf(number)", "infinite", "Leave such cells blank"),
        ("isfinite(number) AND number < 0", "negative",
         "Take what was paid back off the month in which it was sold, or leave the cells blank"),
    )  # fmt: skip
    counts = connection.execute(
        f"SELECT {', '.join(f'count_if({rule})' for rule, *_ in rules)} FROM {relation}"
    ).fetchall()[0]
    problems = []
    for count, (rule, what, fix) in zip(counts, rules, strict=True):
        if not count:
            continue
        shown = ", ".join(
            f"{text!r} in row {row:,}, {place}"
            for row, place, text in connection.execute(
                f'SELECT "row", place, text FROM {relation} WHERE {rule} '
                f'ORDER BY "row", place LIMIT {EXAMPLES}'
            ).fetchall()
        )
        more = "; …" if count > EXAMPLES else ""
        words = f"{count:,} {'cell is' if count == 1 else 'cells are'} {what} ({shown}{more})"
        problems.append(Problem(where, words, fix))
    return problems


def empty_rows(cells: Cells, table: Name) -> list[Statement]:
    """Tell of rows without any content."""
    if not cells.empty_rows:
        return []
    count = Fact("empty rows", cells.empty_rows, "count")
    return [Statement(f"In {table}, {rows_were(count)} empty and left out.", (table, count))]


def blanks(count: int, of: int, table: Name) -> list[Statement]:
    """Tell of blank cells, which count as zero."""
    if not count:
        return []
    blank, cells = Fact("blank cells", count, "count"), Fact("cells", of, "count")
    text = (
        f"In {table}, {blank} of {cells} cells {'is' if count == 1 else 'are'} blank: a blank "
        f"counts as zero."
    )
    return [Statement(text, (table, blank, cells))]


def nameless(count: int, value: float, table: Name, creator: Name) -> list[Statement]:
    """Tell of rows that name no creator or no month, and of what goes with them."""
    if not count:
        return []
    rows, lost = Fact("rows without a name", count, "count"), Fact("left out with them", value)
    text = (
        f"In {table}, {rows_were(rows)} left out, because {creator} is blank there; with "
        f"{'it' if count == 1 else 'them'} goes a sum of {lost}."
    )
    return [Statement(text, (table, rows, creator, lost))]


def rows_were(count: Fact) -> str:
    """Return so many rows with their verb."""
    return f"{count} row was" if count.value == 1 else f"{count} rows were"
