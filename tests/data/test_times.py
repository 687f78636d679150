"""Dates mean one day, however they are written, or are refused: nothing about them is guessed."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowntruth.data.contract import Contract, Field
from knowntruth.data.tables import OwnTable, open_table
from knowntruth.errors import DataError
from knowntruth.story.saying import payloads_of, untraced

VISITS = Contract(
    name="visits",
    row="one visit",
    fields=(
        Field(name="start", kind="time", meaning="when it began", blanks="left out"),
        Field(name="end", kind="time", meaning="when it ended", required=False, blanks="left out"),
        Field(name="paid", kind="yes/no", meaning="paid", required=False, blanks="left out"),
        Field(name="liked", kind="yes/no", meaning="liked", required=False, blanks="left out"),
    ),
    in_order=(("start", "end"),),
)
Told = Callable[..., str]


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., OwnTable]:
    """Return a function that writes rows, as in "cell|cell", below a header and opens them."""

    def write_and_open(*rows: str, header: str = "start", **options: Any) -> OwnTable:
        path = tmp_path / "visits.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(row.split("|") for row in (header, *rows))
        return open_table(path, VISITS, **options)

    return write_and_open


@pytest.fixture
def refused(opened: Callable[..., OwnTable]) -> Told:
    """Return a function that opens dates which are wrong, and gives the error's text."""

    def refuse(*rows: str, **options: Any) -> str:
        with pytest.raises(DataError) as error:
            opened(*rows, **options)
        return str(error.value)

    return refuse


def starts(table: OwnTable) -> list[Any]:
    return [row[0] for row in table.relation.project('"start"').fetchall()]


def told(table: OwnTable) -> str:
    return " ".join(statement.text for statement in table.statements)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("2024-08-31", (0, 0)),
        ("2024-8-31", (0, 0)),
        ("2024/08/31", (0, 0)),
        ("2024.8.31", (0, 0)),
        ("20240831", (0, 0)),
        ("20240831.0", (0, 0)),
        ("2024-08-31T17:05", (17, 5)),
        ("2024-08-31 17:05:09", (17, 5, 9)),
        ("2024-08-31 17:05:09.25", (17, 5, 9, 250000)),
        ("2024/08/31 17:05", (17, 5)),
        ("31/08/2024", (0, 0)),
        ("31.8.2024", (0, 0)),
        ("31-08-2024 17:05:09", (17, 5, 9)),
        ("31.08.2024, 17:05", (17, 5)),
        ("8/31/2024", (0, 0)),
        ("08/31/2024 5:05 PM", (17, 5)),
        ("8/31/2024, 12:05:09am", (0, 5, 9)),
        ("31 Aug 2024", (0, 0)),
        ("31-AUG-2024", (0, 0)),
        ("31. August 2024", (0, 0)),
        ("Aug 31, 2024", (0, 0)),
        ("August 31 2024 17:05", (17, 5)),
        ("Aug 31, 2024 5:05:09 PM", (17, 5, 9)),
        ("  2024-08-31  ", (0, 0)),
    ],
)
def test_the_last_of_august_is_read_in_every_usual_spelling(
    opened: Callable[..., OwnTable], text: str, clock: tuple[int, ...]
) -> None:
    assert starts(opened(text)) == [dt.datetime(2024, 8, 31, *clock)]


SPELLINGS = [
    "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m-%d-%Y",
    "%d %b %Y", "%d-%B-%Y", "%b %d, %Y", "%B %d %Y",
]  # fmt: skip


@hypothesis.settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
@given(
    days=st.lists(st.dates(dt.date(1971, 1, 1), dt.date(2100, 12, 31)), min_size=1, max_size=8),
    spelling=st.sampled_from(SPELLINGS),
    clock=st.sampled_from(["", " %H:%M", " %H:%M:%S"]),
    second=st.integers(0, 86_399),
)
def test_what_python_writes_is_read_as_it_was(
    opened: Callable[..., OwnTable],
    days: list[dt.date],
    spelling: str,
    clock: str,
    second: int,
) -> None:
    # One day that no month has tells the day from the month.
    moments = [
        dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=second)
        for day in [dt.date(2024, 8, 31), *days]
    ]
    form = spelling + ("" if spelling == "%Y%m%d" else clock)
    kept = [dt.datetime.strptime(moment.strftime(form), form) for moment in moments]
    assert starts(opened(*(moment.strftime(form) for moment in moments))) == kept


def test_a_day_that_no_month_has_tells_how_all_others_are_read(
    opened: Callable[..., OwnTable],
) -> None:
    day_first = opened("01/02/2024", "13/02/2024")
    assert starts(day_first) == [dt.datetime(2024, 2, 1), dt.datetime(2024, 2, 13)]
    assert told(day_first) == "The dates of start are read with the day first, which fits them all."
    month_first = opened("01/02/2024", "02/13/2024")
    assert starts(month_first) == [dt.datetime(2024, 1, 2), dt.datetime(2024, 2, 13)]
    assert "with the month first" in told(month_first)


def test_dates_that_may_have_either_first_are_refused_with_both_readings(refused: Told) -> None:
    text = refused("05/05/2024", "03/04/2024", "11/12/2024")
    assert (
        "column 'start': may have the day or the month first: "
        "'03/04/2024' in row 3 is 3 April or 4 March. Write dates as 2024-08-31, in all rows"
    ) in text


def test_dates_that_mean_the_same_either_way_are_read(opened: Callable[..., OwnTable]) -> None:
    assert starts(opened("05/05/2024", "1/1/2024")) == [
        dt.datetime(2024, 5, 5), dt.datetime(2024, 1, 1),
    ]  # fmt: skip


def test_a_column_does_not_tell_how_another_is_read(refused: Told) -> None:
    assert "may have the day or the month first" in refused(
        "01/02/2024|31/12/2024", header="start|end"
    )


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("31/08/2024", "08/31/2024"),
         "'31/08/2024' in row 2 with the day first, but '08/31/2024' in row 3 with the month"),
        (("2024-08-01", "31/08/2024", "2024-08-02"),
         "'2024-08-01' in row 2 with the year first and dashes, but '31/08/2024' in row 3"),
        (("1/2/2024", "31/08/2024", "08/31/2024"),
         "'31/08/2024' in row 3 with the day first, but '08/31/2024' in row 4 with the month"),
        (("31/08/2024", "1/2/2024", "2024-08-01"), "but '2024-08-01' in row 4 with the year"),
        (("2024-08-01 10:00", "2024-08-01 10:00Z"), "'2024-08-01 10:00Z' in row 3 with a time"),
        (("31 Aug 2024", "Aug 31, 2024"), "a day and a month's name"),
    ],
)  # fmt: skip
def test_dates_written_in_different_ways_are_refused_with_an_example_of_each(
    refused: Told, rows: tuple[str, ...], said: str
) -> None:
    text = refused(*rows)
    assert "has dates written in different ways" in text
    assert said in text


@pytest.mark.parametrize(
    "text",
    ["soon", "31/08/24", "24-08-31", "2024-02-30", "2024-13-01", "31/02/2024", "1725062400",
     "45535", "2024-08", "10:15", "0000-00-00", "infinity", "epoch", "2024-08-31 25:00",
     "Sep 31, 2024", "31 Brumaire 2024", "8/31/2024 17:05 PM", "2024-08-31Z", "true"],
)  # fmt: skip
def test_what_is_no_date_is_refused_with_its_row(refused: Told, text: str) -> None:
    found = refused("2024-08-31", text, "2024-08-30")
    assert f"column 'start': 1 value is no date ('{text}' in row 3). Write dates as" in found


def test_only_the_first_wrong_dates_are_shown_and_all_are_counted(refused: Told) -> None:
    assert "5 values are no date ('a' in row 2, 'b' in row 3, 'c' in row 4, …)" in refused(*"abcde")


@pytest.mark.parametrize(
    "text", ["1899-12-31", "2101-01-01", "9999-12-31", "0001-01-01", "1970-01-01"]
)
def test_dates_that_stand_for_none_are_refused(refused: Told, text: str) -> None:
    found = refused("2024-08-31", text)
    assert f"1 value is before 1900, after 2100 or the first moment of 1970 ('{text}'" in found
    assert "leave those cells blank" in found


def test_a_real_day_of_1970_is_a_date(opened: Callable[..., OwnTable]) -> None:
    assert len(starts(opened("1970-01-02", "1970-01-01 09:00", "1900-01-01", "2100-12-31"))) == 4


@pytest.mark.parametrize("blank", ["", "NA", "NaT", "null", "  "])
def test_marks_of_nothing_are_blank_dates(opened: Callable[..., OwnTable], blank: str) -> None:
    table = opened(f"{blank}|1", "2024-08-31|0", header="start|paid")
    assert starts(table) == [None, dt.datetime(2024, 8, 31)]
    assert "start is blank in 1 row" in told(table)


def test_a_column_without_any_date_is_refused(refused: Told) -> None:
    assert "column 'start': is blank in all 2 rows" in refused("|1", "NA|0", header="start|paid")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-08-31T23:30:00-05:00", dt.datetime(2024, 9, 1, 4, 30)),
        ("2024-08-31 23:30:00 +0530", dt.datetime(2024, 8, 31, 18)),
        ("2024-08-31 23:30:00+02", dt.datetime(2024, 8, 31, 21, 30)),
        ("2024-08-31T23:30:00.500Z", dt.datetime(2024, 8, 31, 23, 30, 0, 500000)),
        ("2024-08-31 23:30:00 UTC", dt.datetime(2024, 8, 31, 23, 30)),
    ],
)
def test_times_with_a_zone_are_read_in_utc_and_that_is_told(
    opened: Callable[..., OwnTable], text: str, utc: dt.datetime
) -> None:
    table = opened(text)
    assert starts(table) == [utc]
    assert told(table) == "The times of start name a time zone: their days are days in UTC."


def test_every_format_gives_the_same_dates(tmp_path: Path) -> None:
    moments = pd.Series(
        pd.to_datetime(["2024-08-31 23:30", "2024-02-29 00:00", None, "1999-12-31 12:00"])
    )
    frame = pd.DataFrame({"start": moments, "paid": [0, 1, 1, 0]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_excel(tmp_path / "t.xlsx", index=False)
    for unit in ("s", "ms", "us", "ns"):
        typed = pa.table({"start": pa.array(moments, pa.timestamp(unit)), "paid": frame["paid"]})
        pq.write_table(typed, tmp_path / f"{unit}.parquet")
    frame.assign(start=moments.astype(str).astype("category")).to_parquet(tmp_path / "c.parquet")
    expected = [None if pd.isna(moment) else moment.to_pydatetime() for moment in moments]
    for path in sorted(tmp_path.iterdir()):
        assert starts(open_table(path, VISITS)) == expected, path.name


def test_days_are_the_same_as_dates_as_numbers_and_as_dates_of_excel(tmp_path: Path) -> None:
    days = [dt.date(2024, 8, 31), dt.date(2024, 2, 29), None]
    whole = [20240831, 20240229, None]
    for name, cells in (
        ("date", pa.array(days, pa.date32())),
        ("int", pa.array(whole, pa.int64())),
        ("float", pa.array(whole, pa.float64())),
        ("text", pa.array(["2024-08-31 ", "2024-02-29", None])),
    ):
        pq.write_table(pa.table({"start": cells, "paid": [0, 1, 1]}), tmp_path / f"{name}.parquet")
    book = openpyxl.Workbook()
    for row in (["start", "paid"], *zip(days, (0, 1, 1), strict=True)):
        book.active.append(list(row))
    book.save(tmp_path / "t.xlsx")
    for path in sorted(tmp_path.iterdir()):
        read = starts(open_table(path, VISITS))
        assert [moment and moment.date() for moment in read] == days, path.name


def test_zoned_times_are_the_same_in_parquet_and_in_text(tmp_path: Path) -> None:
    moments = pd.to_datetime(["2024-08-31 23:30", "2024-12-31 22:00"]).tz_localize("America/Lima")
    frame = pd.DataFrame({"start": moments})
    frame.to_parquet(tmp_path / "t.parquet")
    frame.to_csv(tmp_path / "t.csv", index=False)
    # Lima is five hours behind, all the year.
    expected = [dt.datetime(2024, 9, 1, 4, 30), dt.datetime(2025, 1, 1, 3)]
    for name in ("t.parquet", "t.csv"):
        table = open_table(tmp_path / name, VISITS)
        assert starts(table) == expected
        assert "days in UTC" in told(table)


def test_a_date_of_excel_beside_text_that_excel_did_not_know_is_refused(tmp_path: Path) -> None:
    # An American Excel takes 01/08/2024 for January and leaves 31/08/2024 as text.
    book = openpyxl.Workbook()
    for cell in ("start", dt.datetime(2024, 1, 8), "31/08/2024"):
        book.active.append([cell])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match="written in different ways"):
        open_table(tmp_path / "t.xlsx", VISITS)


def test_an_end_on_a_day_before_its_start_is_refused_with_its_row(refused: Told) -> None:
    text = refused(
        "2024-08-03|2024-08-04", "2024-08-03|2024-08-01", "2024-08-09|", header="start|end"
    )
    assert (
        "column 'end': 1 value is earlier than column 'start' "
        "('2024-08-01' before '2024-08-03' in row 3)"
    ) in text


def test_an_end_that_stands_for_none_is_not_called_early_as_well(refused: Told) -> None:
    text = refused("2024-08-03|1970-01-01", header="start|end")
    assert "the first moment of 1970" in text
    assert "earlier than" not in text


def test_an_end_without_a_time_of_the_day_may_be_on_the_day_of_the_start(
    opened: Callable[..., OwnTable],
) -> None:
    assert opened("2024-08-03 10:00|2024-08-03", header="start|end").rows == 1


def test_a_blank_end_is_the_start_only_where_somebody_said_so(
    opened: Callable[..., OwnTable],
) -> None:
    rows = ("2024-08-03|2024-08-09", "2024-08-04|", "|")
    columns = {"end": "last seen"}
    table = opened(*rows, header="start|last seen", columns=columns, blank_is_zero=["last  seen"])
    ends = [row[0] for row in table.relation.project('"end"').fetchall()]
    assert ends == [dt.datetime(2024, 8, 9), dt.datetime(2024, 8, 4)]
    assert "last seen is blank in 1 row: a blank counts as the time of start." in told(table)
    without = opened(*rows, header="start|last seen", columns=columns)
    assert without.relation.fetchall()[1][1] is None
    with pytest.raises(DataError, match="blank_is_zero start: is not one of the columns"):
        opened(*rows, header="start|last seen", columns=columns, blank_is_zero=["start"])


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"start": "a", "end": "a"}, "start and to end, which cannot be the same"),
        ({"start": "a", "paid": "b", "liked": "b"}, "paid and to liked, which cannot be the same"),
    ],
)
def test_one_column_cannot_be_two_times_or_two_answers(
    refused: Told, columns: dict[str, str], said: str
) -> None:
    assert said in refused("2024-08-31|1", header="a|b", columns=columns)


def test_every_statement_about_dates_traces(opened: Callable[..., OwnTable]) -> None:
    table = opened(
        "31/08/2024|2024-08-31 10:00Z", "1/7/2024|", "|2024-08-31 10:00Z",
        header="**x** 7|<b>y</b>", columns={"start": "**x** 7", "end": "<b>y</b>"},
    )  # fmt: skip
    assert len(table.statements) == 4
    for statement in table.statements:
        assert untraced(statement.text, payloads_of(statement.facts)) == []
        assert not set("<>*") & set(statement.text)


def test_nothing_is_taken_for_an_arm_where_a_contract_has_none(
    opened: Callable[..., OwnTable],
) -> None:
    table = opened("2024-08-31|1", header="start|paid")
    assert table.arms == {}
    assert table.rows == 1
    assert "control" not in table.names
