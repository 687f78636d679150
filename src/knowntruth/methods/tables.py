"""Tables: what a method reads its rows from.

A *table* is a pandas DataFrame or a DuckDB relation. Everything that touches rows is one
aggregate query in DuckDB, so a relation over files may be larger than memory.

A DataFrame is read by one thread, in its row order: the same table gives the same bits.
A relation runs on its own connection: with one thread (`SET threads = 1`) it gives the
same bits too; with several, sums of fractions may differ in their last digits from run to
run, while sums of whole numbers stay exact.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import duckdb
import pandas as pd

from ..errors import DataError, Problem, nearest

Table = pd.DataFrame | duckdb.DuckDBPyRelation

WHOLE = {
    *("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER"),
}
FRACTIONAL = {"FLOAT", "DOUBLE", "HUGEINT", "UHUGEINT", "UBIGINT"}


def relation(table: Table) -> duckdb.DuckDBPyRelation:
    """Return `table` as a relation; a DataFrame is not copied."""
    if isinstance(table, duckdb.DuckDBPyRelation):
        return table
    return _one_thread().cursor().from_df(table)


def quoted(name: str) -> str:
    """Return a column's name as SQL, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'


def check_columns(rows: duckdb.DuckDBPyRelation, columns: Iterable[str]) -> None:
    """Refuse columns that the table does not have.

    Raises:
        DataError: one problem a missing column, with the nearest name.
    """
    problems = []
    for column in columns:
        if column not in rows.columns:
            near = nearest(column, rows.columns)
            fix = f"Did you mean {near}?" if near else f"It has: {', '.join(rows.columns)}."
            problems.append(Problem(f"column {column}", "the table has no such column", fix))
    if problems:
        raise DataError("The table lacks a column", problems)


def kind(rows: duckdb.DuckDBPyRelation, column: str) -> str:
    """Return DuckDB's name of the column's type without its arguments, such as `DECIMAL`."""
    return str(rows.types[rows.columns.index(column)]).split("(")[0]


def is_whole(rows: duckdb.DuckDBPyRelation, column: str) -> bool:
    """Whether the column holds whole numbers, or true and false."""
    return kind(rows, column) in WHOLE


def check_numbers(rows: duckdb.DuckDBPyRelation, columns: Iterable[str]) -> None:
    """Refuse columns that hold no numbers.

    Raises:
        DataError: one problem a column of text, dates or lists.
    """
    problems = [
        Problem(
            f"column {column}",
            f"it holds {kind(rows, column)}, not numbers",
            "Convert it to numbers first.",
        )
        for column in columns
        if kind(rows, column) not in WHOLE | FRACTIONAL | {"DECIMAL"}
    ]
    if problems:
        raise DataError("A metric must be a number", problems)


def number(column: str, *, whole: bool) -> str:
    """Return the column's value as SQL: 64 bits whole or fractional, NaN as missing."""
    if whole:
        return f"CAST({quoted(column)} AS BIGINT)"
    value = f"CAST({quoted(column)} AS DOUBLE)"
    return f"CASE WHEN NOT isnan({value}) THEN {value} END"


@cache
def _one_thread() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})
