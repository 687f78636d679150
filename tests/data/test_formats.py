"""The same table means the same in every format, encoding and delimiter that people export."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from knowntruth.data.contract import Contract
from knowntruth.data.reading import headings
from knowntruth.data.tables import OwnTable, open_table
from knowntruth.errors import DataError

Opened = Callable[..., OwnTable]

ROWS = [("control", 1.5), ("treatment", 2.0), ("control", 3.0), ("treatment", 4.25)]
TEXT = "arm,primary\nöld,1.5\nnew,2\nöld,3\nnew,4.25\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_encodings_delimiters_and_line_ends_are_found(
    opened: Opened, encoding: str, delimiter: str, newline: str
) -> None:
    text = TEXT.replace(",", delimiter).replace("\n", newline)
    table = opened(text.encode(encoding), control="öld")
    assert table.relation.fetchall() == ROWS
    assert table.names["control"].text == "öld"


def test_signs_that_only_windows_latin_1_has_are_read(opened: Opened) -> None:
    text = "arm,€ “net”\nA,1\nB,2\nA,3\nB,4\n".encode("cp1252")
    assert opened(text, {"primary": "€ “net”"}).rows == 4


def test_bytes_that_windows_leaves_undefined_are_read_as_latin_1(opened: Opened) -> None:
    assert opened(b"arm,primary\nA\x81,1\nB\xe9,2\nA\x81,3\nB\xe9,4\n", control="B\xe9").rows == 4


def test_a_decimal_comma_is_read_where_semicolons_divide(opened: Opened) -> None:
    table = opened("arm;primary\na;1,5\nb;2\na;3\nb;4,25\n")
    assert table.relation.fetchall() == ROWS


def test_a_dot_beside_decimal_commas_is_refused_and_not_read_as_a_decimal(
    refused: Callable[..., str],
) -> None:
    text = refused("arm;primary\na;1.500\nb;2,5\na;3\nb;4\n")
    assert "'1.500' in row 2" in text
    assert "1234,5" in text


def test_title_rows_and_stray_spaces_above_and_in_the_header_do_no_harm(opened: Opened) -> None:
    text = 'Sales report,,\n"as of\nMay",,\n,,\n  Version  , Net   revenue ,x\n'
    text += "a,1.5,\n b ,2,\na,3,\nb,4.25,\n"
    table = opened(text, {"arm": "Version", "primary": "Net revenue"})
    assert table.relation.fetchall() == ROWS
    assert table.names["primary"].text == "Net revenue"


def test_cells_may_hold_delimiters_quotes_and_line_breaks(opened: Opened) -> None:
    text = 'arm,primary,segments\na,1,"x, ""y""\nz"\nb,2,p\na,3,p\nb,4,p\n'
    assert opened(text).levels["segment_1"] == ("p", 'x, "y"\nz')


def test_a_delimiter_that_closes_each_row_is_no_column(opened: Opened) -> None:
    assert opened("arm,primary\na,1.5,\nb,2,\na,3,\nb,4.25,\n").relation.fetchall() == ROWS


def test_excel_with_titles_empty_rows_and_totals_is_read_as_its_table(
    tmp_path: Path, units: Contract
) -> None:
    path = tmp_path / "report.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["notes only"])
    sheet = book.create_sheet("Data")
    for row in (
        ["Quarterly report"], [], ["  Version", "Net revenue ", "Paid", "Total"],
        ["a", 1.5, True, 1], ["b", 2, False, 2], [], ["a", 3, True, 3], ["b", 4.25, True, 4],
        ["Grand total", 10.75, None, 10],
    ):  # fmt: skip
        sheet.append(row)
    book.save(path)
    columns = {"arm": "Version", "primary": "Net revenue", "secondary": "Paid"}
    table = open_table(path, units, columns)
    assert table.relation.fetchall() == [
        (arm, value, paid) for (arm, value), paid in zip(ROWS, (1, 0, 1, 1), strict=True)
    ]
    assert table.metric_kinds == {"primary": "mean", "secondary_1": "proportion"}
    told = " ".join(statement.text for statement in table.statements)
    assert "1 row was empty" in told
    assert "1 row was left out as totals" in told
    assert "The column Total, which looks like a total, is not used." in told


def test_a_row_of_excel_is_told_by_its_number_on_the_sheet(tmp_path: Path, units: Contract) -> None:
    path = tmp_path / "t.xlsx"
    frame = pd.DataFrame([["a", "b", "a", "b"], [1, 2, "n/a?", 4]]).T
    with pd.ExcelWriter(path) as writer:
        frame.to_excel(writer, startrow=3, index=False, header=["arm", "primary"])
    with pytest.raises(DataError, match="'n/a\\?' in row 7"):
        open_table(path, units)


def test_totals_are_looked_for_only_at_the_end(opened: Opened) -> None:
    table = opened("unit,arm,primary\ntotal,a,1\n1,b,2\n2,a,3\n3,b,4\n4,a,5\nTOTAL:,,15\n")
    assert table.rows == 5


def test_parquet_keeps_its_types_and_may_be_a_folder(tmp_path: Path, units: Contract) -> None:
    frame = pd.DataFrame(
        {
            "unit": [2**60, 2**60 + 1, 3, 4, 5],
            "arm": [False, True, False, True, True],
            "primary": [1.5, 2.0, 3.0, 4.25, 5.0],
            "secondary": pd.array([True, None, False, True, True], dtype="boolean"),
            "segments": pd.Categorical(["x", "y", None, "y", "y"]),
        }
    )
    folder = tmp_path / "parts" / "day=1"
    folder.mkdir(parents=True)
    frame.to_parquet(tmp_path / "one.parquet")
    frame[:2].to_parquet(folder / "a[1].parquet")
    frame[2:].to_parquet(folder / "b.parquet")
    (tmp_path / "parts" / "_SUCCESS").touch()
    one = open_table(tmp_path / "one.parquet", units)
    assert one.relation.fetchall() == open_table(tmp_path / "parts", units).relation.fetchall()
    assert one.relation.fetchall()[:2] == [
        (2**60, "control", 1.5, 1.0, "x"), (2**60 + 1, "treatment", 2.0, None, "y"),
    ]  # fmt: skip
    assert [one.names[arm].text for arm in ("control", "treatment")] == ["false", "true"]


def test_labels_that_a_blank_turned_into_floats_are_whole_again(
    tmp_path: Path, units: Contract
) -> None:
    frame = pd.DataFrame({"arm": [0.0, 1.0, 0.0, 1.0, None], "primary": [1.0, 2, 3, 4, 5]})
    frame.to_parquet(tmp_path / "t.parquet")
    table = open_table(tmp_path / "t.parquet", units, control="0", treatment="1")
    assert table.names["treatment"].text == "1"


def test_all_formats_give_the_same_table(tmp_path: Path, units: Contract) -> None:
    frame = pd.DataFrame(
        {
            "unit": range(40),
            "arm": ["a", "b"] * 20,
            "primary": [i / 8 for i in range(40)],
            "event": [i % 2 for i in range(40)],
            "duration": [0.5 * i for i in range(40)],
        }
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_csv(tmp_path / "t.tsv", index=False, sep="\t")
    frame.to_excel(tmp_path / "t.xlsx", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    read = [
        open_table(tmp_path / f"t.{suffix}", units).relation.project(
            "* REPLACE (unit::INT AS unit)"
        )
        for suffix in ("csv", "tsv", "xlsx", "parquet")
    ]
    rows = [relation.fetchall() for relation in read]
    assert all(other == rows[0] for other in rows[1:])


def test_files_are_left_as_they_were(tmp_path: Path, opened: Opened) -> None:
    opened(TEXT.encode("latin-1"), control="öld")
    path = tmp_path / "table.csv"
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == TEXT.encode("latin-1")


def test_headings_are_all_there_and_all_different(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(",x,x, a  b \n1,2,3,4\n")
    assert headings(path) == ("column 1", "x", "x (2)", "a b")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.csv", None, "missing.csv: does not exist"),
        ("t.json", b"{}", "unknown format '.json'"),
        ("t", b"a,b", "unknown format 'without ending'"),
        ("t.csv", b"", "t.csv: is empty"),
        ("t.csv", b"\n\n", "t.csv: is empty"),
        ("t.csv", b"arm,primary\n", "t.csv: has no rows"),
        ("t.csv", b"\x00\x01\x02\xff", "is not a text file"),
        ("t.csv", b'arm,primary\na,"1\nb,2\n', "a quoted cell is never closed"),
        ("t.csv", b"arm,primary\na,1,2\nb,2,3\n", "row 2: has more cells than the header"),
        ("t.csv", b"arm,primary\na,1,2,3\nb,2,3,4\n", "has more cells than the header"),
        ("t.parquet", b"PAR1 no", "is not Parquet"),
        ("t.xlsx", b"PK no", "is not a workbook"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_what_it_is(
    tmp_path: Path, units: Contract, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as error:
        open_table(tmp_path / name, units)
    assert said in str(error.value)


def test_a_missing_file_is_answered_with_its_neighbour(tmp_path: Path, units: Contract) -> None:
    (tmp_path / "experiment.csv").write_text(TEXT)
    with pytest.raises(DataError, match=r"Did you mean .*experiment\.csv\?"):
        open_table(tmp_path / "experimant.csv", units)


def test_a_folder_without_parquet_and_an_empty_workbook_are_refused(
    tmp_path: Path, units: Contract
) -> None:
    with pytest.raises(DataError, match="holds no Parquet files"):
        open_table(tmp_path, units)
    openpyxl.Workbook().save(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match=r"t\.xlsx: is empty"):
        open_table(tmp_path / "t.xlsx", units)


def test_a_file_that_may_not_be_read_says_so(
    tmp_path: Path, units: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TEXT)

    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(DataError, match="cannot be read: permission denied"):
        open_table(path, units)
