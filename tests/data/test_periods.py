"""Periods are read in the order of time, or refused; rows without what they need are left out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from knowntruth.data import periods
from knowntruth.data.contract import Contract, Field
from knowntruth.data.tables import OwnTable, open_table
from knowntruth.errors import DataError

PANEL = Contract(
    name="panel",
    row="one unit in one period",
    key=("unit", "period"),
    fields=(
        Field(name="unit", kind="identifier", meaning="who", blanks="row left out"),
        Field(name="period", kind="period", meaning="when", blanks="row left out"),
        Field(name="first", kind="period", meaning="since when", required=False, blanks="never"),
        Field(name="outcome", kind="number", meaning="what", blanks="left out"),
    ),
)
Opened = Callable[..., OwnTable]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Return a function that writes one column of periods, of one unit, and opens it."""

    def write_and_open(*cells: Any, suffix: str = "csv") -> OwnTable:
        path = tmp_path / f"panel.{suffix}"
        frame = pd.DataFrame({"unit": "a", "period": list(cells), "outcome": 1.5})
        if suffix == "csv":
            frame.to_csv(path, index=False)
        else:
            frame.to_parquet(path)
        return open_table(path, PANEL)

    return write_and_open


@pytest.fixture
def refused(opened: Opened) -> Callable[..., str]:
    """Return a function that opens periods which are wrong, and gives the error's text."""

    def refuse(*cells: Any, **options: Any) -> str:
        with pytest.raises(DataError) as error:
            opened(*cells, **options)
        return str(error.value)

    return refuse


def found(table: OwnTable) -> list[Any]:
    return [period for (period,) in table.relation.project("period").fetchall()]


def on(*days: str) -> list[datetime]:
    return [datetime.fromisoformat(day) for day in days]


@pytest.mark.parametrize(
    ("cells", "days", "written"),
    [
        (["2010Q4", "2011Q1"], ["2010-10-01", "2011-01-01"], "2010Q4"),
        (["Q42010", "Q12011"], ["2010-10-01", "2011-01-01"], "2010Q4"),
        (["Q4 2010", "Q1 2011"], ["2010-10-01", "2011-01-01"], "2010Q4"),
        (["4q/2010", "1q/2011"], ["2010-10-01", "2011-01-01"], "2010Q4"),
        (["2010-q2", " 2010-q3 "], ["2010-04-01", "2010-07-01"], "2010Q2"),
        (["2010H2", "2011H1"], ["2010-07-01", "2011-01-01"], "2010H2"),
        (["2010-11", "2010-12"], ["2010-11-01", "2010-12-01"], "2010-11"),
        (["2010-9", "2010-10"], ["2010-09-01", "2010-10-01"], "2010-09"),
        (["11/2010", "02/2011"], ["2010-11-01", "2011-02-01"], "2010-11"),
        (["2010m11", "2011m2"], ["2010-11-01", "2011-02-01"], "2010-11"),
        (["Nov 2010", "Feb 2011"], ["2010-11-01", "2011-02-01"], "2010-11"),
        (["2010 November", "2011 February"], ["2010-11-01", "2011-02-01"], "2010-11"),
        # The first week of 2021 by ISO 8601 began on 4 January, the first of 2020 in 2019.
        (["2021-W01", "2021-W02"], ["2021-01-04", "2021-01-11"], "2021-W01"),
        (["2020W01", "2020W53"], ["2019-12-30", "2020-12-28"], "2020-W01"),
        (["2010-11-30", "2010-12-01"], ["2010-11-30", "2010-12-01"], "2010-11-30"),
        (["30/11/2010", "01/12/2010"], ["2010-11-30", "2010-12-01"], "2010-11-30"),
        (["1970-01-01", "1890-01-01"], ["1970-01-01", "1890-01-01"], "1970-01-01"),
        (["2010-11-30 13:00", "2010-11-30 14:00"], ["2010-11-30 13:00", "2010-11-30 14:00"],
         "2010-11-30 13:00:00"),
    ],
)  # fmt: skip
def test_a_part_of_a_year_is_the_day_on_which_it_begins(
    opened: Opened, cells: list[str], days: list[str], written: str
) -> None:
    table = opened(*cells)
    assert found(table) == on(*days)
    assert periods.written(found(table)[0], table.spellings["period"]) == written


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("cells", [[2010, 2011], [-2, 0], [1.5, 2.25], [201011, 201012]])
def test_numbers_stay_numbers(opened: Opened, cells: list[float], suffix: str) -> None:
    table = opened(*cells, suffix=suffix)
    assert found(table) == cells
    assert table.relation.types[1] == "DOUBLE"
    assert periods.written(found(table)[0], None) == str(cells[0])


def test_dates_of_programs_stay_dates(opened: Opened) -> None:
    table = opened(pd.Timestamp("2010-11-30"), pd.Timestamp("2010-12-31"), suffix="parquet")
    assert found(table) == on("2010-11-30", "2010-12-31")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["wave one", "wave two"],
         "2 values are no period whose place in time is clear ('wave one' in row"),
        (["2010Q4", "2010Q5"], "1 value is no period whose place in time is clear ('2010Q5'"),
        (["2010Q4", "later"], "or number them in the order of time in a column of its own"),
        (["2010-11", "2010-13"], "1 value is no period whose place in time is clear ('2010-13'"),
        (["Quarter 2010", "Nov 2010"], "('Quarter 2010'"),
        (["2010Q4", "2010-11"], "has dates written in different ways: '2010Q4' in row"),
        (["1", "2", "three"], "1 value is no number ('three' in row"),
        (["03/04/2010", "05/06/2010"], "may have the day or the month first"),
        (["1", "2", "inf"], "1 value is infinite"),
        (["2010Q4", "2010Q4"], "1 value stands in 2 rows, such as a 2010Q4 (2 rows)"),
        (["7", "7.0"], "1 value stands in 2 rows, such as a 7 (2 rows)"),
        (["1", "", "  "][1:], "is blank in all 2 rows"),
    ],
)  # fmt: skip
def test_periods_without_a_clear_order_are_refused(
    refused: Callable[..., str], cells: list[str], said: str, suffix: str
) -> None:
    assert said in refused(*cells, suffix=suffix)


def told(table: OwnTable) -> list[str]:
    return [statement.text for statement in table.statements]


def test_how_parts_of_a_year_are_read_is_told(opened: Opened) -> None:
    assert told(opened("2010-11", "2010-12")) == [
        "The periods of period are read as a year and a month."
    ]
    assert told(opened("2010", "2011")) == []


def test_rows_without_what_they_need_are_left_out_and_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    path.write_text("unit,period,outcome,first\na,1,,\n,2,5,\nb,,6,\nb,3,7,2\nc,4,8,\n")
    table = open_table(path, PANEL)
    assert table.rows == 3
    assert table.relation.project("unit, outcome").fetchall() == [
        ("a", None), ("b", 7), ("c", 8)
    ]  # fmt: skip
    assert told(table) == [
        "unit is blank in 1 row: it is left out.",
        "period is blank in 1 row: it is left out.",
        "first is blank in 2 rows: a blank counts as never.",
        "outcome is blank in 1 row: it takes no part in what needs outcome, and in everything "
        "else it does.",
    ]


def test_a_table_of_which_no_row_is_left_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    path.write_text("unit,period,outcome\na,,1\n,2,5\n")
    with pytest.raises(DataError, match="'unit' and column 'period': are filled together in no"):
        open_table(path, PANEL)


def test_a_period_in_a_frame_is_a_number_or_a_time() -> None:
    frame = pd.DataFrame({"unit": ["a", "b"], "period": [1, 2], "outcome": [0.5, 1.5]})
    PANEL.validate(frame)
    PANEL.validate(frame.assign(period=pd.Timestamp("2024-01-01")))
    with pytest.raises(DataError, match="period: is not number, date"):
        PANEL.validate(frame.assign(period="early"))


def test_one_column_cannot_be_two_periods(tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    path.write_text("unit,period,outcome\na,1,1\na,2,5\n")
    with pytest.raises(DataError, match="which cannot be the same"):
        open_table(path, PANEL, {"period": "period", "first": "period"})
