"""Rules for a heavy tail against pandas, and what they do to a comparison."""

from __future__ import annotations

from typing import get_args

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowntruth.errors import DataError
from knowntruth.methods.experiments.outliers import Rule, apply
from knowntruth.methods.moments import summarise


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    n = 3_000
    table = pd.DataFrame(
        {
            "arm": rng.choice(["Control", "Treatment"], n, p=[0.8, 0.2]),
            'so"ngs': rng.gamma(2, 10, n).astype(int),
            "automated": rng.random(n) < 0.01,
        }
    )
    table.loc[table.automated, 'so"ngs'] = 2_000
    return table


def test_trimming_drops_what_the_original_dropped(table: pd.DataFrame) -> None:
    """The original: `df[df.x < df.x.quantile(0.99)]`."""
    found = apply(table, 'so"ngs', "trim", quantile=0.99)
    threshold = table['so"ngs'].quantile(0.99)
    expected = table[table['so"ngs'] < threshold]
    assert found.threshold == threshold
    pd.testing.assert_frame_equal(
        found.table.df(), expected.reset_index(drop=True), check_dtype=False
    )
    dropped = table[table['so"ngs'] >= threshold].arm.value_counts()
    assert found.removed == dropped.to_dict()
    assert found.changed == {"Control": 0, "Treatment": 0}


def test_winsorising_lowers_to_the_quantile_and_drops_nothing(table: pd.DataFrame) -> None:
    found = apply(table, 'so"ngs', "winsorise", quantile=0.95)
    threshold = table['so"ngs'].quantile(0.95)
    expected = table.assign(**{'so"ngs': table['so"ngs'].clip(upper=threshold)})
    pd.testing.assert_frame_equal(found.table.df(), expected, check_dtype=False)
    lowered = table[table['so"ngs'] > threshold].arm.value_counts()
    assert found.changed == lowered.to_dict()
    assert found.removed == {"Control": 0, "Treatment": 0}


def test_flagged_rows_are_dropped_and_a_missing_flag_is_none(table: pd.DataFrame) -> None:
    flagged = table.assign(automated=table.automated.astype("boolean").where(table.index > 20))
    found = apply(flagged, 'so"ngs', "flagged")
    drops = flagged.automated.fillna(False).astype(bool)
    assert len(found.table.df()) == len(table) - drops.sum()
    assert found.removed == flagged[drops].arm.value_counts().to_dict()
    assert found.threshold is None


def test_no_rule_keeps_every_row(table: pd.DataFrame) -> None:
    found = apply(table, 'so"ngs', "none")
    pd.testing.assert_frame_equal(found.table.df(), table, check_dtype=False)
    assert found.removed == found.changed == {"Control": 0, "Treatment": 0}


@pytest.mark.parametrize("rule", get_args(Rule))
def test_missing_values_are_neither_dropped_nor_changed(rule: Rule) -> None:
    rows = pd.DataFrame(
        {"arm": "a", "x": [1.0, 2.0, None, np.nan, 90.0], "automated": [False] * 4 + [True]}
    )
    for source in (
        rows,
        duckdb.from_df(rows.astype({"x": object})).project("* REPLACE (x::DOUBLE AS x)"),
    ):
        left = apply(source, "x", rule, quantile=0.9).table.df().x
        assert left.isna().sum() == 2
        assert list(left.dropna())[:2] == [1.0, 2.0]


def test_not_a_number_is_a_missing_value() -> None:
    rows = duckdb.connect().sql("SELECT 'a' AS arm, unnest(['nan'::DOUBLE, 1, 2, 3]) AS x")
    found = apply(rows, "x", "trim", quantile=0.5)
    assert found.threshold == 2
    assert found.removed == {"a": 2}
    assert len(found.table.fetchall()) == 2


def test_a_column_without_a_known_value_is_left_alone() -> None:
    rows = pd.DataFrame({"arm": ["a", "b"], "x": [np.nan, np.nan]})
    for rule in ("trim", "winsorise"):
        found = apply(rows, "x", rule)
        assert found.threshold is None
        assert len(found.table.df()) == 2


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.floats(-1e6, 1e6) | st.integers(-5, 5).map(float), min_size=1, max_size=40),
    st.floats(0.01, 0.99),
)
def test_the_quantile_is_that_of_pandas(values: list[float], quantile: float) -> None:
    """pandas 3.1.1, `Series.quantile` with its linear interpolation."""
    found = apply(pd.DataFrame({"arm": "a", "x": values}), "x", "trim", quantile=quantile)
    assert found.threshold == pytest.approx(
        pd.Series(values).quantile(quantile), rel=1e-12, abs=1e-9
    )


def test_winsorised_whole_numbers_stay_whole_when_the_quantile_is() -> None:
    rows = pd.DataFrame({"arm": "a", "x": [1, 2, 3, 4, 50]})
    assert apply(rows, "x", "winsorise", quantile=0.75).table.df().x.tolist() == [1, 2, 3, 4, 4]
    kept = apply(rows, "x", "winsorise", quantile=0.75).table
    assert str(kept.types[1]) == "BIGINT"
    assert apply(rows, "x", "winsorise", quantile=0.6).threshold == pytest.approx(3.4)


def test_a_cleaned_table_can_be_summarised_after_its_source_is_gone() -> None:
    def clean() -> duckdb.DuckDBPyRelation:
        rows = pd.DataFrame({"arm": ["a", "b"] * 50, "x": range(100)})
        return apply(rows, "x", "trim", quantile=0.5).table

    found = summarise(clean(), ["x"])
    assert [found[arm].samples["x"].mean for arm in "ab"] == [24.0, 25.0]


def test_trimming_after_assignment_biases_the_lift_and_a_behavioural_flag_does_not() -> None:
    """Truth is a lift of 15%; trimming at the pooled 99th percentile loses 2 to 3 points."""
    rng = np.random.default_rng(12)
    n, worlds = 20_000, 60
    lifts: dict[str, list[float]] = {"trim": [], "winsorise": [], "flagged": []}
    for _ in range(worlds):
        treated = rng.random(n) < 0.5
        songs = rng.gamma(2, np.where(treated, 11.5, 10.0))
        automated = rng.random(n) < 0.00125
        songs[automated] = rng.uniform(1_000, 5_000, automated.sum())
        rows = pd.DataFrame({"arm": treated, "songs": songs, "automated": automated})
        for rule, found in lifts.items():
            means = summarise(apply(rows, "songs", rule).table, ["songs"])
            control, treatment = (means[arm].samples["songs"].mean for arm in ("false", "true"))
            found.append(treatment / control - 1)
    mean = {rule: np.mean(found) for rule, found in lifts.items()}
    error = {rule: np.std(found) / np.sqrt(worlds) for rule, found in lifts.items()}
    assert mean["flagged"] == pytest.approx(0.15, abs=4 * error["flagged"])
    assert mean["trim"] < 0.15 - 0.015
    assert mean["trim"] < mean["winsorise"] < 0.15 - 4 * error["winsorise"]


def test_unknown_rules_and_columns_are_refused(table: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="no rule 'cut'; there is none, trim"):
        apply(table, 'so"ngs', "cut")
    with pytest.raises(ValueError, match="quantile lies between 0 and 1"):
        apply(table, 'so"ngs', "trim", quantile=1)
    with pytest.raises(DataError, match="column automatic"):
        apply(table, 'so"ngs', "flagged", flag="automatic")
