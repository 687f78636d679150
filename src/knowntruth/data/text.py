"""Text files: CSV and its relatives, in the encodings and delimiters that people export.

The encoding and the delimiter are found from the file itself; DuckDB then reads it as text,
so that what a cell means is decided later, once, for every kind of file.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb

from ..errors import DataError, Problem
from .cells import HEAD_ROWS, Cells, connect, header_row, headings_of, literal, pattern, settle

DELIMITERS = ",;\t"
_HEAD = 2**18
_CHUNK = 2**20
_LINE = re.compile(r"CSV Error on Line: (\d+)")


def read_text(path: Path, wanted: Collection[str], *, head_only: bool = False) -> Cells:
    """Return the cells of a delimited text file; with `head_only`, its headings alone.

    Raises:
        DataError: when the file is no text, is empty, or its rows do not fit its header.
    """
    encoding = encoding_of(path)
    delimiter, skipped, header = _header(_head(path, encoding), wanted)
    headings = headings_of(header)
    if not any(header):
        raise DataError("This file cannot be used:", [_empty(path)])
    connection = connect(path.stat().st_size)
    if head_only:
        return Cells(connection, headings, ("VARCHAR",) * len(headings))
    if encoding == "utf-8-sig":
        return _load(connection, path, path, delimiter, skipped, headings)
    # DuckDB reads UTF-8: any other encoding goes through a copy that lives as long as the load.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.csv"
        with (
            path.open(encoding=encoding, newline="") as source,
            copy.open("w", encoding="utf-8", newline="") as target,
        ):
            while chunk := source.read(_CHUNK):
                target.write(chunk)
        return _load(connection, path, copy, delimiter, skipped, headings)


def heads_of_text(path: Path) -> list[list[tuple[object, ...]]]:
    """Return the first rows of a text file, once for each delimiter that may divide them."""
    head = _head(path, encoding_of(path))
    return [[tuple(row) for row in rows] for _, rows in _readings(head)]


def encoding_of(path: Path) -> str:
    """Return the encoding of a text file: UTF-8, UTF-16 with its mark, else Windows' Latin-1."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, has_zero = "utf-8-sig", False
    with path.open("rb") as file:
        start = file.read(2)
        if start in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            return "utf-16"
        file.seek(0)
        try:
            for chunk in _chunks(file):
                has_zero = has_zero or b"\0" in chunk
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            # Windows leaves five bytes of its Latin-1 undefined; ISO's defines all.
            encoding = "cp1252"
            file.seek(0)
            try:
                for chunk in _chunks(file):
                    has_zero = has_zero or b"\0" in chunk
                    chunk.decode("cp1252")
            except UnicodeDecodeError:
                encoding = "latin-1"
    if has_zero:
        problem = Problem(str(path), "is not a text file", "Export the table as CSV")
        raise DataError("This file cannot be read:", [problem])
    return encoding


def _chunks(file: io.BufferedReader) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _head(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="") as file:
        return file.read(_HEAD)


def _header(head: str, wanted: Collection[str]) -> tuple[str, int, list[str]]:
    """Return the delimiter, the rows to skip and the header: the reading with most names."""
    best: tuple[tuple[int, int], str, int, list[str]] | None = None
    for delimiter, rows in _readings(head):
        position, names = header_row(rows, wanted)
        score = (names, len(rows[position]))
        if best is None or score > best[0]:
            best = score, delimiter, position + 1, rows[position]
    return (best[1], best[2], best[3]) if best else (",", 0, [])


def _readings(head: str) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield each delimiter and the first rows that it makes, where it makes any."""
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
        rows: list[list[str]] = []
        try:
            for row in reader:
                rows.append(row)
                if len(rows) == HEAD_ROWS:
                    break
        except csv.Error:
            continue
        if rows:
            yield delimiter, rows


def _load(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    readable: Path,
    delimiter: str,
    skipped: int,
    headings: tuple[str, ...],
) -> Cells:
    count = len(headings)
    # One column more than the header: a delimiter that closes each row lands there, and so
    # does a cell too many, which is then refused with its row.
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(count + 1))
    cells = ", ".join(f"c{i}" for i in range(count + 1))
    source = (
        f'(SELECT {skipped} + row_number() OVER () AS "row", {cells} FROM read_csv('
        f"{pattern(readable)}, auto_detect = false, header = false, skip = {skipped}, "
        f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', null_padding = true, "
        f"parallel = {{parallel}}, columns = {{{{{columns}}}}}))"
    )
    try:
        try:
            empty, totals = settle(connection, source.format(parallel="true"), count + 1)
        except duckdb.Error as error:
            if "quoted new lines" not in str(error):
                raise
            empty, totals = settle(connection, source.format(parallel="false"), count + 1)
    except duckdb.Error as error:
        raise DataError("This file cannot be read:", [_unreadable(path, error)]) from None
    long = connection.execute(
        f'SELECT "row" FROM numbered WHERE c{count} IS NOT NULL ORDER BY "row" LIMIT 1'
    ).fetchall()
    if long:
        problem = Problem(
            f"{path.name}, row {long[0][0]:,}",
            "has more cells than the header has names",
            'Put cells that contain the delimiter in double quotes: "1,234"',
        )
        raise DataError("This file cannot be read:", [problem])
    return Cells(
        connection,
        headings,
        ("VARCHAR",) * count,
        decimal_comma_possible=delimiter == ";",
        empty_rows=empty,
        totals_rows=tuple(totals),
    )


def _unreadable(path: Path, error: duckdb.Error) -> Problem:
    line = _LINE.search(str(error))
    where = f"{path.name}, line {line.group(1)}" if line else path.name
    if "unterminated quote" in str(error).lower():
        return Problem(where, "a quoted cell is never closed", 'Close it with "')
    if "Number of Columns" in str(error):
        return Problem(
            where,
            "has more cells than the header has names",
            'Put cells that contain the delimiter in double quotes: "1,234"',
        )
    return Problem(where, "is not laid out like a table", "Export the table as CSV again")


def _empty(path: Path) -> Problem:
    return Problem(str(path), "is empty", "Export the table with a header and one row a unit")
