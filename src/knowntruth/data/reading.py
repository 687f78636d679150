"""Reading: a path becomes cells, whatever kind of file it is.

Known are CSV (`.csv`, `.tsv`, `.txt`), Excel (`.xlsx`, `.xlsm`), Parquet (`.parquet`, `.pq`)
and directories of Parquet files. Nothing is written beside them, and they are never changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import duckdb

from ..errors import DataError, Problem, nearest
from .cells import Cells, connect, headings_of, pattern
from .excel import head_of_sheet, read_excel, sheets_of_book
from .text import heads_of_text, read_text

TEXT = frozenset({".csv", ".tsv", ".txt"})
EXCEL = frozenset({".xlsx", ".xlsm"})
PARQUET = frozenset({".parquet", ".pq"})
FORMATS = "Give a .csv, .tsv, .txt, .xlsx or .parquet file, or a folder of .parquet files"


def headings(path: Path | str, wanted: Collection[str] = ()) -> tuple[str, ...]:
    """Return the column names of a file; `wanted` names tell its header from titles above.

    Raises:
        DataError: when the file is missing, unreadable or of an unknown format.
    """
    cells = read(path, wanted, head_only=True)
    cells.connection.close()
    return cells.headings


def read(
    path: Path | str, wanted: Collection[str] = (), *, sheet: str = "", head_only: bool = False
) -> Cells:
    """Return the cells of a file; with `head_only`, its headings and types alone.

    `sheet` names that of a workbook which holds the table; without it, it is the one whose
    header has most of the `wanted` names.

    Raises:
        DataError: when the file is missing, unreadable or of an unknown format, or has no
            such sheet.
    """
    path = Path(path)
    with _told(path):
        kind = _kind(path)
        if kind == "folder":
            return _directory(path)
        if kind == "text":
            return read_text(path, wanted, head_only=head_only)
        if kind == "workbook":
            return read_excel(path, wanted, sheet=sheet, head_only=head_only)
        return _parquet(path, [path])


def heads(path: Path | str, *, sheet: str = "") -> list[list[tuple[object, ...]]]:
    """Return the first rows of a file as they stand, for who knows a header when they see it.

    There is a list of them for each way in which they can be read: by each delimiter of a text
    file, and in one way otherwise. Of Parquet there is one row, the header. `sheet` is that of
    a workbook; without it, it is the first.

    Raises:
        DataError: when the file is missing, unreadable or of an unknown format, or has no
            such sheet.
    """
    path = Path(path)
    with _told(path):
        kind = _kind(path)
        if kind == "text":
            return heads_of_text(path)
        if kind == "workbook":
            return [head_of_sheet(path, sheet)]
    return [[headings(path)]]


def sheets(path: Path | str) -> list[str]:
    """Return the names of a workbook's sheets, and none of any other file.

    Raises:
        DataError: when the file is missing, unreadable or of an unknown format.
    """
    path = Path(path)
    with _told(path):
        return sheets_of_book(path) if _kind(path) == "workbook" else []


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Tell what keeps the system from reading a file."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        problem = Problem(str(path), f"cannot be read: {reason}", "Check the file's permissions")
        raise DataError("This file cannot be used:", [problem]) from None


def _kind(path: Path) -> Literal["folder", "text", "workbook", "parquet"]:
    """Return what is at a path; DataError where that is nothing, or nothing known."""
    if not path.exists():
        raise DataError("This file cannot be used:", [_missing(path)])
    if path.is_dir():
        return "folder"
    suffix = path.suffix.lower()
    if suffix not in TEXT | EXCEL | PARQUET:
        what = f"has the unknown format {suffix or 'without ending'!r}"
        raise DataError("This file cannot be used:", [Problem(str(path), what, FORMATS)])
    if path.stat().st_size == 0:
        problem = Problem(str(path), "is empty", "Export the table again, with its header")
        raise DataError("This file cannot be used:", [problem])
    if suffix in TEXT:
        return "text"
    return "workbook" if suffix in EXCEL else "parquet"


def _missing(path: Path) -> Problem:
    neighbours = []
    if path.parent.is_dir():
        known = TEXT | EXCEL | PARQUET
        neighbours = [p.name for p in path.parent.iterdir() if p.suffix.lower() in known]
    guess = nearest(path.name, neighbours)
    fix = f"Did you mean {path.parent / guess}?" if guess else "Check the path"
    return Problem(str(path), "does not exist", fix)


def _directory(path: Path) -> Cells:
    files = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in PARQUET)
    if not files:
        raise DataError(
            "This folder cannot be used:",
            [Problem(str(path), "holds no Parquet files", FORMATS)],
        )
    return _parquet(path, files)


def _parquet(path: Path, files: list[Path]) -> Cells:
    connection = connect(sum(file.stat().st_size for file in files))
    source = f"read_parquet([{', '.join(map(pattern, files))}])"
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        names = headings_of(name for name, *_ in described)
        columns = ", ".join(f"c{i}" for i in range(len(names)))
        # A view: each question reads only the columns it needs, and the table is never loaded.
        connection.execute(f"CREATE VIEW cells AS SELECT * FROM {source} AS t({columns})")
    except duckdb.Error:
        problem = Problem(str(path), "is not Parquet, or is damaged", "Write the file again")
        raise DataError("This file cannot be read:", [problem]) from None
    connection.execute('CREATE VIEW numbered AS SELECT row_number() OVER () AS "row", * FROM cells')
    return Cells(connection, names, tuple(kind for _, kind, *_ in described), stays_in_place=True)
