"""Levels as they are read, and put together where they are scarce."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from knowntruth.methods.users.marginal_effects import marginal_effects

from ..conftest import TITANIC, table


def test_a_missing_label_is_a_level_and_a_missing_number_leaves_the_row_out() -> None:
    data = TITANIC.assign(Age=TITANIC["Age"].replace("Child", None), flag=1.0)
    data.loc[::3, "flag"] = 0.0
    data = pd.concat([data, TITANIC.head(40).assign(y=math.nan, flag=1.0)])
    data = pd.concat([data, TITANIC.head(40).assign(flag=math.nan)])
    result = marginal_effects(data, "y", ["Class", "Age", "flag"], level=0.95)
    assert result.n == 2201
    assert list(result.effects["Age"]) == ["(blank)"]
    assert list(result.rates["Age"]) == ["Adult", "(blank)"]
    assert list(result.effects["flag"]) == ["0"]


def test_levels_with_few_events_or_non_events_are_pooled() -> None:
    counts = {
        ("much",): (500, 100),
        ("some",): (200, 50),
        ("few",): (100, 4),
        ("full",): (3, 90),
        ("none",): (20, 0),
    }
    result = marginal_effects(table(counts, "F"), "y", ["F"], level=0.95)
    assert result.pooled == {"F": ("few", "full", "none")}
    assert list(result.effects["F"]) == ["some", "(other)"]
    assert result.effects["F"]["(other)"].value == pytest.approx(94 / 217 - 100 / 600, abs=1e-9)
    assert result.n == 1067


@pytest.mark.parametrize("turned", [False, True])
def test_a_level_that_is_short_even_when_pooled_takes_the_next_scarcest_along(
    turned: bool,
) -> None:
    counts = {("much",): (500, 100), ("some",): (200, 50), ("few",): (100, 2), ("none",): (9, 2)}
    data = table(counts, "F")
    if turned:
        data["y"] = 1 - data["y"]
    result = marginal_effects(data, "y", ["F"], level=0.95)
    assert result.pooled == {"F": ("few", "none", "some")}
    assert (result.n, result.events) == (963, 809 if turned else 154)
    assert result.references == {"F": "much"}
    sign = -1 if turned else 1
    gap = 54 / 363 - 100 / 600
    assert result.effects["F"]["(other)"].value == pytest.approx(sign * gap, abs=1e-9)


def test_no_row_is_left_out_for_want_of_events() -> None:
    """A crude difference over chosen rows would not be that of the table."""
    counts = {
        ("a", "x"): (50, 20),
        ("b", "x"): (50, 30),
        ("a", "z"): (50, 2),
        ("c", "z"): (50, 1),
        ("b", "y"): (50, 8),
    }
    result = marginal_effects(table(counts, "F G"), "y", ["F", "G"], level=0.95)
    assert (result.n, result.events) == (311, 61)
    assert result.pooled == {"F": ("a", "c"), "G": ("y", "z")}
    assert result.crude["G"]["(other)"].value == pytest.approx(11 / 161 - 50 / 150, abs=1e-9)


def test_a_factor_of_which_all_is_pooled_has_no_effects_and_stops_no_other() -> None:
    counts = {("a", "0"): (90, 40), ("b", "0"): (90, 20), ("b", "1"): (30, 2)}
    result = marginal_effects(
        table(counts, "F G"), "y", ["F", "G"], level=0.95, references={"G": "0"}
    )
    assert result.reason == ""
    assert result.pooled == {"G": ("0", "1")}
    assert result.effects["G"] == {}
    assert result.effects["F"]["a"].value == pytest.approx(40 / 130 - 22 / 142, abs=1e-9)


def test_the_pooled_level_is_the_reference_only_where_there_is_no_other() -> None:
    counts = {("b",): (90, 9), ("c",): (900, 4), ("d",): (900, 4)}
    assert marginal_effects(table(counts, "F"), "y", ["F"], level=0.95).references == {"F": "b"}
    result = marginal_effects(table({**counts, ("b",): (90, 4)}, "F"), "y", ["F"], level=0.95)
    assert (result.references, result.effects) == ({"F": "(other)"}, {"F": {}})


def test_a_reference_that_was_pooled_is_the_reason() -> None:
    counts = {("b",): (90, 9), ("c",): (90, 4), ("d",): (90, 4)}
    data = table(counts, "F")
    result = marginal_effects(data, "y", ["F"], level=0.95, references={"F": "c"})
    assert result.reason == "c, the reference of F, has too few events or non-events"
    assert result.pooled == {"F": ("c", "d")}
