"""A sheet is found by its name, and the first rows of a file come as they stand."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from knowntruth.data.reading import heads, read, sheets
from knowntruth.errors import DataError


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Return a workbook of two sheets with the same header."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "One"
    for row in (["A title"], ["who", "n"], ["a", 1], ["Total", 1]):
        sheet.append(row)
    second = workbook.create_sheet("Two ")
    for row in (["who", "n"], ["b", 2.5]):
        second.append(row)
    path = tmp_path / "book.xlsx"
    workbook.save(path)
    return path


def test_a_named_sheet_is_read_and_no_other(book: Path) -> None:
    for name, rows in (("One", [("a", "1")]), ("Two ", [("b", "2.5")])):
        cells = read(book, {"who", "n"}, sheet=name)
        assert cells.connection.execute("SELECT c0, c1 FROM cells").fetchall() == rows
    assert sheets(book) == ["One", "Two "]


def test_a_sheet_that_is_not_there_is_told(book: Path) -> None:
    with pytest.raises(DataError, match=r"has no sheet 'Twoo'\. Did you mean 'Two '"):
        read(book, sheet="Twoo")
    with pytest.raises(DataError, match=r"has no sheet 'three'\. It has 'One', 'Two '"):
        heads(book, sheet="three")


def test_closing_rows_of_totals_stand_apart(book: Path, tmp_path: Path) -> None:
    text = tmp_path / "table.csv"
    text.write_text("who,n\na,1\nTotal,7\n")
    for path, row, total in ((book, 4, "1"), (text, 2, "7")):
        cells = read(path, {"who", "n"}, sheet="One" if path == book else "")
        found = cells.connection.execute('SELECT "row", c0, c1 FROM totals').fetchall()
        assert [one[1:] for one in found] == [("Total", total)]
        assert cells.connection.execute("SELECT count(*) FROM cells").fetchall() == [(1,)]
        assert len(cells.totals_rows) == 1
        assert found[0][0] == cells.totals_rows[0] >= row


def test_first_rows_come_as_they_stand_and_text_in_each_delimiter(
    book: Path, tmp_path: Path
) -> None:
    assert heads(book, sheet="One")[0][:2] == [("A title",), ("who", "n")]
    text = tmp_path / "table.csv"
    text.write_text("a;b,c\n1;2,5\n")
    assert heads(text) == [
        [("a;b", "c"), ("1;2", "5")], [("a", "b,c"), ("1", "2,5")], [("a;b,c",), ("1;2,5",)]
    ]  # fmt: skip
    pd.DataFrame({"x": [1], "y": [2]}).to_parquet(tmp_path / "table.parquet")
    assert heads(tmp_path / "table.parquet") == [[("x", "y")]]
    assert sheets(text) == sheets(tmp_path / "table.parquet") == []


def test_what_cannot_be_read_is_told_of_heads_and_sheets_too(tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_text("x")
    (tmp_path / "b.csv").write_text("")
    for look in (heads, sheets):
        with pytest.raises(DataError, match="does not exist"):
            look(tmp_path / "none.xlsx")
        with pytest.raises(DataError, match=r"unknown format '\.doc'"):
            look(tmp_path / "a.doc")
        with pytest.raises(DataError, match="is empty"):
            look(tmp_path / "b.csv")
