"""A contract judges tables and documents them from one declaration."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowntruth.data.contract import TYPES, Contract, Field
from knowntruth.errors import DataError

USERS = Contract(
    name="users",
    row="one user",
    key=("user_id",),
    fields=(
        Field(name="user_id", kind="identifier", meaning="who"),
        Field(name="device", kind="label", meaning="what on", choices=("iOS", "Android")),
        Field(name="songs", kind="whole number", meaning="songs played", unit="songs", low=0),
        Field(name="spent", kind="number", meaning="money", high=100, blanks="left out"),
        Field(name="joined", kind="time", meaning="when", required=False),
        Field(name="churned", kind="yes/no", meaning="left"),
    ),
)


def users(**columns: object) -> pd.DataFrame:
    base = {
        "user_id": [1, 2, 3],
        "device": ["iOS", "Android", "iOS"],
        "songs": [0, 5, 2],
        "spent": [1.5, math.nan, 100.0],
        "churned": [0, 1, 1],
    }
    return pd.DataFrame(base | columns)


def complaints(frame: pd.DataFrame) -> str:
    with pytest.raises(DataError) as error:
        USERS.validate(frame)
    return str(error.value)


def test_a_table_that_keeps_the_contract_is_returned_unchanged() -> None:
    frame = users(joined=pd.Timestamp("2025-01-01"))
    pd.testing.assert_frame_equal(USERS.validate(frame), users(joined=pd.Timestamp("2025-01-01")))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"user_id": [1, 1, 2]}, "user_id: 2 values are not unique: 1"),
        ({"device": ["iOS", "Nokia", "iOS"]}, "device: 1 value is none of iOS, Android: Nokia"),
        ({"device": ["iOS", None, "iOS"]}, "device: 1 value missing (row 1)"),
        ({"songs": [0, -1, -2]}, "songs: 2 values are below 0: -1, -2 (rows 1, 2)"),
        ({"songs": [0.5, 1, 2]}, "songs: is not whole number"),
        ({"spent": [101.0, 1, 2]}, "spent: 1 value is above 100: 101.0 (row 0)"),
        ({"spent": [math.inf, 1, 2]}, "spent: 1 value is infinite: inf (row 0)"),
        ({"spent": ["a", "b", "c"]}, "spent: is not number"),
        ({"joined": ["a", "b", "c"]}, "joined: is not date and time"),
        ({"churned": [0, 1, 2]}, "churned: 1 value is above 1: 2 (row 2)"),
        ({"churned": [0, 0.5, 1]}, "churned: 1 value is neither 0 nor 1: 0.5 (row 1)"),
        ({"secret_probability": 0.5}, "secret_probability: is not in the contract"),
    ],
)
def test_each_broken_rule_is_told_with_its_column_and_rows(
    change: dict[str, object], said: str
) -> None:
    assert said in complaints(users(**change))


def test_a_missing_column_is_told_and_an_optional_one_may_be_absent() -> None:
    assert "songs: is missing" in complaints(users().drop(columns="songs"))
    assert "joined" not in users()


def test_all_broken_rules_come_at_once_and_a_cell_only_once() -> None:
    text = complaints(users(device="x", songs=[-1, 1, 1], spent=[math.inf, 1, 1]))
    assert all(column in text for column in ("device", "songs", "spent"))
    assert "above 100" not in text


def test_text_in_a_column_of_numbers_is_told_once() -> None:
    assert complaints(users(songs=["a", "b", "c"])).count("songs") == 1


def test_the_dictionary_has_a_row_a_field_with_what_the_field_says() -> None:
    table = USERS.describe()
    columns = ["name", "required", "several", "type", "range", "unit", "meaning"]
    assert list(table) == columns
    assert list(table["name"]) == [field.name for field in USERS.fields]
    songs = table.set_index("name").loc["songs"]
    assert songs.to_dict() == {
        "required": "yes", "several": "no", "type": TYPES["whole number"], "range": "0 ≤ x",
        "unit": "songs", "meaning": "songs played",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({"kind": "number", "low": 0, "high": 1}, "0 ≤ x ≤ 1"),
        ({"kind": "number", "high": 1}, "x ≤ 1"),
        ({"kind": "days"}, "0 ≤ x"),
        ({"kind": "yes/no"}, "0 or 1"),
        ({"kind": "label", "choices": ("a", "b")}, "a, b"),
        ({"kind": "label", "most": 9}, "at most 9 different"),
        ({"kind": "label"}, ""),
    ],
)
def test_the_range_of_a_field_is_said_in_words(field: dict[str, object], said: str) -> None:
    assert Field(name="x", meaning="x", **field).range == said


def test_several_columns_of_a_field_are_numbered_from_one(units: Contract) -> None:
    columns = units.columns({"arm": 1, "segments": 2, "secondary": 0})
    assert list(columns) == ["arm", "segment_1", "segment_2"]
    assert columns["segment_2"].name == "segments"


def test_a_contract_that_contradicts_itself_is_refused() -> None:
    field = Field(name="x", kind="number", meaning="x")
    with pytest.raises(ValueError, match="twice"):
        Contract("t", "row", (field, field))
    with pytest.raises(ValueError, match="no field"):
        Contract("t", "row", (field,), key=("y",))
    with pytest.raises(ValueError, match="no field"):
        Contract("t", "row", (field,), one_of=(("x", "y"),))
    with pytest.raises(ValueError, match=r"no times in \['x'\]"):
        Contract("t", "row", (field,), in_order=(("x", "x"),))


VISITS = Contract(
    "visits",
    "one visit",
    (
        Field(name="start", kind="time", meaning="start", required=False, blanks="left out"),
        Field(name="end", kind="time", meaning="end", required=False, blanks="left out"),
        Field(name="paid", kind="yes/no", meaning="paid", required=False),
    ),
    one_of=(("paid",), ("start", "end")),
    in_order=(("start", "end"),),
)


def test_the_groups_of_which_one_is_needed_are_said_in_words() -> None:
    assert VISITS.choice == "paid or start and end"
    assert USERS.choice == ""


@pytest.mark.parametrize(
    ("columns", "enough"),
    [("paid", True), ("start end", True), ("start end paid", True), ("start", False)],
)
def test_a_table_needs_one_group_of_columns_and_all_of_it(columns: str, enough: bool) -> None:
    cells = {"start": pd.Timestamp("2025-01-01"), "end": pd.Timestamp("2025-01-02"), "paid": 1}
    problems = VISITS.problems(pd.DataFrame([{name: cells[name] for name in columns.split()}]))
    said = "visits: has nothing to look at. Add at least one: paid or start and end"
    assert [str(problem) for problem in problems] == ([] if enough else [said])


def test_an_end_before_its_start_is_told_with_its_rows() -> None:
    start = pd.to_datetime(["2025-01-01 10:00"] * 4)
    end = pd.to_datetime(["2025-01-01 09:00", "2024-12-31 10:00", None, "2025-01-02 00:00"])
    problems = VISITS.problems(pd.DataFrame({"start": start, "end": end}))
    assert [str(problem) for problem in problems] == ["end: is before start (row 1). Correct them"]


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=20))
def test_a_column_keeps_its_range_exactly_when_its_extremes_do(values: list[float]) -> None:
    column = pd.Series(np.array(values))
    extremes = pd.Series([column.min(), column.max()])
    one = Contract("t", "row", (Field(name="x", kind="number", meaning="x", low=-5, high=5),))
    whole = one.problems(pd.DataFrame({"x": column}))
    assert bool(whole) == bool(one.problems(pd.DataFrame({"x": extremes})))
    assert bool(whole) == any(not -5 <= value <= 5 for value in values)
