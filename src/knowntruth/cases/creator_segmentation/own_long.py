"""Reading a long table: one row a creator and month, or several that are added up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import duckdb
import pyarrow as pa

from ...data.cells import Cells, fold, literal
from ...data.mapping import find_columns
from ...data.months import read_months
from ...data.statements import Statement
from ...data.values import Cell
from ...errors import DataError, Problem
from ...story.facts import Fact
from ...story.names import Name
from . import own_parts, own_totals
from .contract import MEASURES, SALES
from .own_parts import Part
from .own_tables import TITLE, Source

_CLOCK = r"[ T]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?( ?(Z|UTC|GMT|[+-]\d{2}(:?\d{2})?))?$"


def read_long(source: Source, columns: Mapping[str, str | list[str]]) -> Part:
    """Return what a long table tells of its measures.

    Raises:
        DataError: for columns that are missing, months that are not clear, cells that are no
            numbers or are negative, and a table without rows.
    """
    cells = source.read()
    connection, table = cells.connection, Name(source.words)
    found, problems = _columns(source, cells, columns)
    if problems:
        raise DataError(TITLE, problems)
    comma = own_parts.has_decimal_commas(cells, [found[m] for m in source.measures])
    numbers = {m: own_parts.number_cell(cells, found[m], comma=comma) for m in source.measures}
    _lay_out(cells, found, numbers)
    where = f"column {found['month']!r} of {source.where}"
    months, told, problems = _months(connection, Name(found["month"]), where, table)
    for measure in numbers:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE suspects AS SELECT row, {literal(found[measure])} AS "
            f"place, {measure}_text AS text, {measure} AS number, {measure} IS NOT NULL OR "
            f"{own_parts.is_text_filled(f'{measure}_text')} AS is_filled FROM laid WHERE "
            f"{measure} < 0 OR isinf({measure}) OR ({measure} IS NULL AND {measure}_text NOT NULL)"
        )
        problems += own_parts.wrong_numbers(connection, "suspects", source.where, comma=comma)
    ((count,),) = connection.execute("SELECT count(*) FROM cells").fetchall()
    if not count:
        fix = "Export it with one row a creator and month below the header"
        problems.insert(0, Problem(source.where, "has no rows", fix))
    if problems:
        raise DataError(TITLE, problems)
    connection.execute(
        f"CREATE TEMP VIEW long AS SELECT row, creator, month, {', '.join(numbers)} "
        f"FROM laid LEFT JOIN months USING (key)"
    )
    told = [*own_parts.empty_rows(cells, table), *told]
    told += _row_of_totals(cells, numbers, found, table)
    sums = " + ".join(f"coalesce({m}, 0)" for m in numbers)
    blank = ", ".join(f"count(*) FILTER ({m} IS NULL)" for m in numbers)
    kept = "creator IS NOT NULL AND month IS NOT NULL"
    for column in ("creator", "month"):
        ((lost, value),) = connection.execute(
            f"SELECT count(*), coalesce(sum({sums}), 0) FROM long WHERE {column} IS NULL"
            + (" AND creator IS NOT NULL" if column == "month" else "")
        ).fetchall()
        told += own_parts.nameless(int(lost), value, table, Name(found[column]))
    ((rows, *blanks),) = connection.execute(
        f"SELECT count(*), {blank} FROM long WHERE {kept}"
    ).fetchall()
    for measure, number_blank in zip(numbers, blanks, strict=True):
        told += own_parts.blanks(int(number_blank), int(rows), Name(found[measure]))
    summed = ", ".join(f"sum({m}) AS {m}" for m in numbers)
    connection.execute(
        f"CREATE TEMP TABLE grouped AS SELECT creator, min(row) AS row, month, {summed}, "
        f"count(*) AS n FROM long WHERE {kept} GROUP BY creator, month"
    )
    ((repeated, of),) = connection.execute(
        "SELECT count(*), coalesce(sum(n), 0) FROM grouped WHERE n > 1"
    ).fetchall()
    if repeated:
        pairs, parts = Fact("pairs", repeated, "count"), Fact("rows of pairs", of, "count")
        months_have = (
            "month of a creator that has" if repeated == 1 else "months of creators, which have"
        )
        text = (
            f"In {table}, {parts} rows stand for {pairs} {months_have} more than one row each: "
            f"they are added up."
        )
        told.append(Statement(text, (table, parts, pairs)))
    result = connection.sql("SELECT * EXCLUDE (n) FROM grouped").to_arrow_table()
    connection.close()
    return Part(
        source,
        result,
        Name(found["creator"]),
        {"month": Name(found["month"])} | {m: Name(found[m]) for m in numbers},
        {month: Name(f"{month:%Y-%m}") for month in sorted(months)},
        tuple(told),
    )


def _columns(
    source: Source, cells: Cells, columns: Mapping[str, str | list[str]]
) -> tuple[dict[str, str], list[Problem]]:
    """Return contract name → heading, whatever the case of a name that nobody mapped."""
    names = ("creator", "month", *source.measures)
    fields = tuple(replace(SALES[name], required=True) for name in names)
    contract = replace(SALES, fields=fields)
    given = {
        name: heading
        for name, heading in columns.items()
        if name in names or name not in MEASURES  # the other measure is in the other file
    }
    for name in names:
        alike = [heading for heading in cells.headings if heading.casefold() == name]
        if name not in given and len(alike) == 1:
            given[name] = alike[0]
    return find_columns(contract, given, cells.headings)


def _lay_out(cells: Cells, found: Mapping[str, str], numbers: Mapping[str, Cell]) -> None:
    """Make `laid`: `row`, `creator`, `key` (text of the month), each measure and its text."""
    who = Cell(cells.column(found["creator"]), cells.type_of(found["creator"]))
    listed = ", ".join(
        f"{own_parts.quick_number(cells, found[m], number)} AS {m}, "
        f"{cells.column(found[m])}::VARCHAR AS {m}_text"
        for m, number in numbers.items()
    )
    # Parquet may be larger than memory, and is read anew by each question.
    made = "VIEW" if cells.stays_in_place else "TABLE"
    cells.connection.execute(
        f'CREATE TEMP {made} laid AS SELECT "row", {who.label} AS creator, '
        f"{_key(cells, found['month'])} AS key, {listed} FROM numbered"
    )


def _key(cells: Cells, heading: str) -> str:
    """Return SQL of a month's text, without the time of the day; NULL where it is blank."""
    cell = Cell(cells.column(heading), cells.type_of(heading))
    if cell.is_moment:
        return f"strftime({cell.moment}, '%Y-%m')"
    clock = f"regexp_replace({cell.label}, {literal(_CLOCK)}, '')"
    text = f"CASE WHEN contains({cell.label}, ':') THEN {clock} ELSE {cell.label} END"
    return f"(CASE WHEN {cell.is_filled} THEN {text} END)"


def _months(
    connection: duckdb.DuckDBPyConnection, name: Name, where: str, table: Name
) -> tuple[set[date], list[Statement], list[Problem]]:
    """Make `months`, from text to month, and return the months and how they were read."""
    found = connection.execute(
        "SELECT key FROM laid WHERE key IS NOT NULL GROUP BY key ORDER BY min(row)"
    ).fetchall()
    texts = [text for (text,) in found]
    read = read_months(texts, where)
    table_of = {"key": pa.array(list(read.found), pa.string()),
                "month": pa.array(list(read.found.values()), pa.date32())}  # fmt: skip
    connection.register("months_read", pa.table(table_of))
    connection.execute("CREATE TEMP TABLE months AS SELECT * FROM months_read")
    connection.unregister("months_read")
    problems = list(read.problems)
    if not texts:
        problems.append(Problem(where, "is blank in all rows", "Export it again"))
    told = []
    if read.told:
        text = f"In {table}, the months of {name} are read {read.told}, which fits them all."
        told.append(Statement(text, (table, name)))
    return set(read.found.values()), told, problems


def _row_of_totals(
    cells: Cells, numbers: Mapping[str, Cell], found: Mapping[str, str], table: Name
) -> list[Statement]:
    """Check closing rows of totals against the sums of the measures."""
    if cells.stays_in_place:
        return []
    listed = ", ".join(f"{number.number}" for number in numbers.values())
    rows = cells.connection.execute(f"SELECT first_cell, {listed} FROM totals").fetchall()
    if not rows:
        return []
    sums = cells.connection.execute(
        f"SELECT {', '.join(f'coalesce(sum({m}), 0)' for m in numbers)} FROM long"
    ).fetchall()[0]
    told = []
    for name, *totals in rows:
        pairs = [
            (found[m], total, known)
            for m, total, known in zip(numbers, totals, sums, strict=True)
            if total is not None
        ]
        wrong = [
            (label, total, known)
            for label, total, known in pairs
            if own_totals.is_wrong(cells.connection, total, known)
        ]
        text = re.sub(r"\s+", " ", fold(name))
        told.append(own_totals.by_column(wrong, len(pairs), table, Name(text)))
    return told
