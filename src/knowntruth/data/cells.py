"""Cells: what a file holds before anybody knows what it means.

*Headings* are a file's column names, white space folded. *Cells* are its table in DuckDB:
columns `c0`, `c1`, … in the file's order, and a view `numbered` that adds `row`, the row as
a spreadsheet counts it. Cells of text files and spreadsheets are text; Parquet keeps its types.
Closing rows of totals of text files and spreadsheets are no part of it, but stand in `totals`.
"""

from __future__ import annotations

import re
import tempfile
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

# Title rows and empty rows that may stand above the header.
HEAD_ROWS = 25


@dataclass(frozen=True)
class Cells:
    """A file's table: `cells` (and `numbered`) in `connection`.

    Attributes:
        connection: the DuckDB that holds the views.
        headings: the column names in the file's order; column i is called `c{i}`.
        types: DuckDB's types, in the same order.
        stays_in_place: whether the views read the files anew, instead of a copy of the cells.
        decimal_comma_possible: whether the file's delimiter leaves commas free for decimals.
        empty_rows: rows without any content, which are no part of the table.
        totals_rows: numbers of the closing rows of totals, which are no part of it either.
    """

    connection: duckdb.DuckDBPyConnection
    headings: tuple[str, ...]
    types: tuple[str, ...]
    stays_in_place: bool = False
    decimal_comma_possible: bool = False
    empty_rows: int = 0
    totals_rows: tuple[int, ...] = ()

    def column(self, heading: str) -> str:
        """Return the column of a heading."""
        return f"c{self.headings.index(heading)}"

    def type_of(self, heading: str) -> str:
        """Return the DuckDB type of a heading's column."""
        return self.types[self.headings.index(heading)]


def connect(size: int) -> duckdb.DuckDBPyConnection:
    """Return a private in-memory DuckDB for a file of `size` bytes.

    It spills to the system's temporary folder and fetches no extension. Small tables are
    read by one thread, so that the same table gives the same last digit every time.
    """
    connection = duckdb.connect()
    spill = Path(tempfile.gettempdir()) / f"knowntruth-{uuid.uuid4().hex}"
    connection.execute("SET temp_directory = ?", [str(spill)])
    connection.execute("SET autoinstall_known_extensions = false")
    if size < SMALL:
        connection.execute("SET threads = 1")
    return connection


SMALL = 32 * 2**20


def fold(cell: object) -> str:
    """Return a heading as people read it: white space folded."""
    return " ".join(str(cell).split()) if cell is not None else ""


def headings_of(cells: Iterable[object]) -> tuple[str, ...]:
    """Return headings that are all there and all different.

    A column without a name is called `column 3`; a name's second column is `name (2)`.
    """
    names = [fold(cell) or f"column {i}" for i, cell in enumerate(cells, start=1)]
    seen: Counter[str] = Counter()
    headings = []
    for name in names:
        seen[name] += 1
        headings.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(headings)


def header_row(rows: Sequence[Sequence[object]], wanted: Collection[str]) -> tuple[int, int]:
    """Return the position of the header among the first rows, and how many names it has.

    The header is the first row with most of the wanted names; where no row has any, it is
    the first row that is nearly as full as the fullest.
    """
    found = [len({fold(cell) for cell in row} & set(wanted)) for row in rows]
    most = max(found, default=0)
    if most:
        return found.index(most), most
    filled = [sum(1 for cell in row if fold(cell)) for row in rows]
    full = max(filled, default=0)
    enough = full - 1 if full > 2 else full
    return next((i for i, count in enumerate(filled) if count >= enough), 0), 0


def settle(connection: duckdb.DuckDBPyConnection, source: str, count: int) -> tuple[int, list[int]]:
    """Make `cells` and `numbered` from the relation `source`, `row` and `c0` … of it all text.

    Leaves out the rows without content and the closing rows of totals, which `totals` keeps.
    Returns how many rows were empty, and the numbers of the rows of totals.
    """
    first = ", ".join(f"nullif(trim(c{i}), '')" for i in range(count))
    connection.execute(
        f"CREATE TABLE numbered AS SELECT *, coalesce({first}) AS first_cell FROM {source}"
    )
    ((empty,),) = connection.execute(
        "SELECT count(*) FROM numbered WHERE first_cell IS NULL"
    ).fetchall()
    connection.execute("DELETE FROM numbered WHERE first_cell IS NULL")
    last = connection.execute(
        'SELECT "row", first_cell FROM numbered ORDER BY "row" DESC LIMIT ?', [CLOSING]
    ).fetchall()
    totals = sorted(row for row, cell in last if TOTAL.fullmatch(fold(cell).casefold()))
    connection.execute(
        'CREATE TABLE totals AS SELECT * FROM numbered WHERE "row" IN (SELECT unnest(?::BIGINT[]))',
        [totals],
    )
    if totals:
        connection.execute('DELETE FROM numbered WHERE "row" IN (SELECT unnest(?))', [totals])
    connection.execute("CREATE VIEW cells AS SELECT * FROM numbered")
    return int(empty), totals


# A row of totals is one of the last rows and says so in its first filled cell.
CLOSING = 3
TOTAL = re.compile(r"((grand|overall|sub) ?-?)?totals?( .{0,20})?:?|sums?:?|overall:?")


def literal(text: object) -> str:
    """Return a text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def pattern(path: Path) -> str:
    """Return a path as an SQL literal that DuckDB does not read as a pattern of names."""
    return literal(re.sub(r"([*?\[])", r"[\1]", str(path)))
