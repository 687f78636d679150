"""Whatever is wrong with a table is told: where, what, and what to do; all of it at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from knowntruth.data.contract import Contract
from knowntruth.data.tables import open_table
from knowntruth.errors import DataError

Refused = Callable[..., str]
GOOD = [("a", "1"), ("b", "2"), ("a", "3"), ("b", "4")]


def with_column(name: str, *cells: str) -> str:
    rows = [f"{arm},{value},{cell}" for (arm, value), cell in zip(GOOD, cells, strict=True)]
    return "\n".join([f"arm,primary,{name}", *rows, ""])


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        ("vers,primary\na,1\n", {"arm": "version"}, "--map arm=vers"),
        ("a,b\na,1\n", {"arm": "zzzz"}, "The table has a, b"),
        ("arm,primary\na,1\n", {"primry": "primary"}, "Did you mean primary?"),
        ("arm,primary\na,1\n", {"segment": "arm"}, "Did you mean segments?"),
        ("arm,primary\na,1\n", {"xyz": "arm"}, "It has unit, arm, primary"),
        ("arm,x,y\na,1,2\n", {"primary": ["x", "y"]}, "takes one column, not 2"),
        ("arm,x\na,1\n", {"primary": []}, "names no column"),
        ("Arm,primary\na,1\n", {}, "Is it 'Arm'? Write --map arm=Arm"),
        ("group,primary\na,1\n", {}, "arm: has no column: arm (one of two labels)"),
        ("arm,x\na,1\n", {"primary": "x", "secondary": "x"}, "primary and to secondary"),
        ("arm,x\na,1\n", {"primary": "x", "covariate": "x"}, "which cannot be the same"),
        ("arm,x\na,1\n", {"primary": "x", "segments": "x"}, "which cannot be the same"),
        ("arm,x\na,1\n", {"primary": "x", "unit": "x"}, "which cannot be the same"),
        ("arm,x\na,1\n", {"primary": "x", "segments": "arm"}, "is mapped to segments, so arm has"),
        ("arm,x,y\na,1,1\n", {"primary": "x", "secondary": ["y", "y"]}, "Map it once"),
        ("arm,x,x\na,1,2\n", {"primary": "x"}, "column 'x': is there more than once"),
        ("arm,primary,d\na,1,2\n", {"duration": "d"}, "event: has no column"),
        ("arm,primary,Net Rev\na,1,2\n", {"secondary": "net rev"}, "'secondary=Net Rev'"),
    ],
)
def test_a_wrong_mapping_is_told_with_the_map_to_write(
    refused: Refused, text: str, columns: Any, said: str
) -> None:
    assert said in refused(text, columns)


def test_one_column_may_be_two_things_where_that_makes_sense(
    opened: Callable[..., Any],
) -> None:
    text = "arm,primary,left,days\na,1,0,3\nb,2,1,4\na,3,1,5\nb,4,0,6\n"
    columns = {"secondary": "left", "event": "left", "duration": "days", "segments": "left"}
    columns.pop("segments")
    table = opened(text, columns)
    assert table.has("secondary_1")
    assert table.has("event")


@pytest.mark.parametrize(
    ("name", "cells", "said"),
    [
        ("secondary", ("5", "x", "$3", "y"), "3 values are no number ('x' in row 3, '$3' in row 4"),
        ("secondary", ("1", "yes", "2", "0"), "1 value is no number ('yes' in row 3)"),
        ("secondary", ("1", "inf", "2", "0"), "1 value is infinite ('inf' in row 3)"),
        ("secondary", ("", "NA", "n/a", "NaN"), "is blank in all 4 rows"),
        ("secondary", ("1", "", "2", ""), "column 'secondary': has no value in the arm 'b'"),
        ("secondary", ("1", "", "2", "3"), "has only one value in the arm 'b'"),
        ("unit", ("7", "7", "7", "8"), "1 value stands in 3 rows, such as 7 (3 rows)"),
        ("unit", ("7", " 7", "8", "8 "), "2 values stand in 4 rows"),
        ("unit", ("1", "", "3", "4"), "1 value is blank (row 3)"),
        ("visits", ("1", "2.5", "3", "4"), "1 value is no whole number ('2.5' in row 3)"),
        ("visits", ("1", "100", "3", "4"), "1 value is above 99 ('100' in row 3)"),
        ("visits", ("1", "", "3", "4"), "1 value is blank (row 3)"),
        ("plan", ("free", "paid", "gold", "free"), "none of free, paid ('gold' in row 4)"),
        ("flagged", ("0", "1", "2", "0"), "1 value is neither 0 nor 1 ('2' in row 4)"),
        ("flagged", ("0", "maybe", "1", "0"), "1 value is neither 0 nor 1 ('maybe' in row 3)"),
    ],
)
def test_wrong_values_are_counted_and_the_first_shown_with_their_rows(
    refused: Refused, name: str, cells: tuple[str, ...], said: str
) -> None:
    assert said in refused(with_column(name, *cells))


def test_a_segment_with_too_many_values_says_how_many_and_which(refused: Refused) -> None:
    rows = "".join(f"{'ab'[i % 2]},{i},city {i}\n" for i in range(8))
    text = refused("arm,primary,segments\n" + rows)
    assert "has 8 different values, such as 'city 0', 'city 1', 'city 2'" in text
    assert "at most 5" in text


def test_durations_and_events_out_of_range_are_told(refused: Refused) -> None:
    text = refused("arm,primary,duration,event\na,1,-1,0\nb,2,2,2\na,3,inf,1\nb,4,5,1\n")
    assert "column 'duration': 1 value is negative ('-1' in row 2)" in text
    assert "column 'duration': 1 value is infinite ('inf' in row 4)" in text
    assert "column 'event': 1 value is neither 0 nor 1 ('2' in row 3)" in text


@pytest.mark.parametrize(
    ("labels", "options", "said"),
    [
        ("ababC", {}, "Choose two, as in -p control=a -p treatment=b"),
        ("xyzxy", {"control": "z"}, "Choose two, as in -p control=z -p treatment=x"),
        ("aaaaa", {}, "has only one arm, 'a'"),
        ("xyxyx", {}, "Write -p control=x or -p control=y"),
        ("acaca", {}, "does not say which arm is the control"),
        ("ababa", {"control": "z"}, "has no control 'z'"),
        ("ababa", {"control": "a", "treatment": "A"}, "are the same label"),
        ("ab ab", {}, "1 value is blank, so nobody knows which arm these rows were in (row 4)"),
        ("     ", {}, "is blank in all 5 rows"),
    ],
)
def test_arms_that_cannot_be_told_apart_are_refused(
    refused: Refused, labels: str, options: dict[str, str], said: str
) -> None:
    rows = "".join(f"{label.strip()},{i}\n" for i, label in enumerate(labels))
    assert said in refused("arm,primary\n" + rows, **options)


def test_a_column_of_ids_as_arm_does_not_flood_the_message(refused: Refused) -> None:
    text = refused("arm,primary\n" + "".join(f"u{i},{i}\n" for i in range(300)))
    assert "has 300 arms" in text
    assert len(text) < 600


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"metric_kinds": {"primary": "proportion"}}, "2 values are neither 0 nor 1"),
        ({"metric_kinds": {"primry": "mean"}}, "Did you mean 'primary'?"),
        ({"metric_kinds": {"primary": "median"}}, "cannot be 'median'"),
        ({"blank_is_zero": ["primry"]}, "Did you mean 'primary'?"),
    ],
)
def test_choices_about_columns_that_make_no_sense_are_refused(
    refused: Refused, options: dict[str, Any], said: str
) -> None:
    assert said in refused("arm,primary\na,1\nb,2\na,0\nb,4\n", **options)


def test_everything_that_is_wrong_comes_at_once(refused: Refused) -> None:
    text = refused(
        "unit,arm,x,segments,duration,event\n1,p,1,s,-1,0\n1,q,abc,s,1,7\n2,r,inf,s,1,1\n",
        {"primary": "x", "secondry": "x", "covariate": "befor"},
        metric_kinds={"y": "mean"},
    )
    for words in (
        "secondry", "befor", "'abc' in row 3", "infinite", "negative", "neither 0 nor 1",
        "has 3 arms", "is not unique", "metric_kinds y",
    ):  # fmt: skip
        assert words in text


def test_infinity_and_duplicates_in_parquet_are_told_by_row(
    tmp_path: Path, units: Contract
) -> None:
    frame = pd.DataFrame({"unit": [1, 1, 2, 3], "arm": list("abab"), "primary": [1, 2, 3, 4.0]})
    frame.loc[2, "primary"] = -float("inf")
    frame.to_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError) as error:
        open_table(tmp_path / "t.parquet", units)
    assert "1 value is infinite ('-inf' in row 3)" in str(error.value)
    assert "such as 1 (2 rows)" in str(error.value)


@pytest.mark.parametrize(
    ("ids", "repeated"),
    [
        ([7, 8, 9, 10], False),
        ([7, 8, 8, 10], True),
        ([-(2**40), 5, 2**40, 6], False),
        ([-(2**40), 5, 2**40, 5], True),
        (["x", "y", "z", "w"], False),
        (["x", "y", "x", "w"], True),
        ([0.5, 1.5, 0.5, 3.5], True),
    ],
)
def test_units_of_every_type_must_differ(
    tmp_path: Path, units: Contract, ids: list[Any], repeated: bool
) -> None:
    frame = pd.DataFrame({"unit": ids, "arm": list("abab"), "primary": [1, 2, 3, 4]})
    frame.to_parquet(tmp_path / "t.parquet")
    if not repeated:
        assert open_table(tmp_path / "t.parquet", units).rows == 4
        return
    with pytest.raises(DataError, match="is not unique: 1 value stands in 2 rows"):
        open_table(tmp_path / "t.parquet", units)
