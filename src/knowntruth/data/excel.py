"""Excel workbooks: the sheet and the header row that hold the table, read as text."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException

from ..errors import DataError, Problem, nearest
from .cells import HEAD_ROWS, Cells, connect, header_row, headings_of, settle


def read_excel(
    path: Path, wanted: Collection[str], *, sheet: str = "", head_only: bool = False
) -> Cells:
    """Return the cells of a sheet; without its name, that whose header has most wanted names.

    Raises:
        DataError: when the file is no workbook, has no such sheet, or none that holds anything.
    """
    with _opened(path) as book:
        return _read(path, book, wanted, sheet, head_only=head_only)


def head_of_sheet(path: Path, sheet: str) -> list[tuple[object, ...]]:
    """Return the first rows of a sheet, in which its header stands.

    Raises:
        DataError: when the file is no workbook, or has no such sheet.
    """
    with _opened(path) as book:
        return _first_rows(_named(path, book, sheet)[0])


def sheets_of_book(path: Path) -> list[str]:
    """Return the names of a workbook's sheets, in its order.

    Raises:
        DataError: when the file is no workbook.
    """
    with _opened(path) as book:
        return [sheet.title for sheet in book.worksheets]


@contextmanager
def _opened(path: Path) -> Iterator[openpyxl.Workbook]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError, ValueError):
        problem = Problem(
            str(path), "is not a workbook that can be read", "Save it as .xlsx without a password"
        )
        raise DataError("This file cannot be read:", [problem]) from None
    try:
        yield book
    finally:
        book.close()


def _named(path: Path, book: openpyxl.Workbook, sheet: str) -> list[Any]:
    """Return the sheet of that name in a list, or all sheets without a name."""
    found = [one for one in book.worksheets if not sheet or one.title == sheet]
    if not found:
        names = [one.title for one in book.worksheets]
        guess = nearest(sheet, names)
        fix = f"Did you mean {guess!r}?" if guess else f"It has {', '.join(map(repr, names))}"
        raise DataError(
            "This file cannot be used:", [Problem(str(path), f"has no sheet {sheet!r}", fix)]
        )
    return found


def _first_rows(sheet: Any) -> list[tuple[object, ...]]:
    # Some programs write a wrong size into the file, which would cut the sheet short.
    sheet.reset_dimensions()
    return list(islice(sheet.iter_rows(values_only=True), HEAD_ROWS))


def _read(
    path: Path, book: openpyxl.Workbook, wanted: Collection[str], name: str, *, head_only: bool
) -> Cells:
    best = None
    for sheet in _named(path, book, name):
        rows = _first_rows(sheet)
        if not any(cell is not None for row in rows for cell in row):
            continue
        position, names = header_row(rows, wanted)
        if best is None or names > best[0]:
            best = names, sheet, position, rows[position]
    if best is None:
        problem = Problem(str(path), "is empty", "Save the table with a header and one row a unit")
        raise DataError("This file cannot be used:", [problem])
    _, sheet, position, header = best
    count = max(i for i, cell in enumerate(header, start=1) if cell is not None)
    headings = headings_of(header[:count])
    connection = connect(path.stat().st_size)
    if head_only:
        return Cells(connection, headings, ("VARCHAR",) * count)
    columns: list[list[str | None]] = [[] for _ in range(count)]
    for row in sheet.iter_rows(min_row=position + 2, values_only=True):
        for i, column in enumerate(columns):
            column.append(_text(row[i]) if i < len(row) else None)
    first = position + 2
    sheet_rows = pa.table(
        {"row": pa.array(range(first, first + len(columns[0])), pa.int64())}
        | {f"c{i}": pa.array(column, pa.string()) for i, column in enumerate(columns)}
    )
    connection.register("sheet_rows", sheet_rows)
    empty, totals = settle(connection, "sheet_rows", count)
    connection.unregister("sheet_rows")
    return Cells(
        connection,
        headings,
        ("VARCHAR",) * count,
        empty_rows=empty,
        totals_rows=tuple(totals),
    )


def _text(cell: object) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime | datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)
