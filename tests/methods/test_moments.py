"""Moments of a table against pandas, exact fractions, and the laws that they obey."""

from __future__ import annotations

import statistics
from fractions import Fraction
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowntruth.errors import DataError
from knowntruth.methods.moments import Moments, Sample, counts, summarise

METRIC = 'songs "played"; --'


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 4_000
    songs = rng.gamma(2, 10, n).astype(int)
    table = pd.DataFrame(
        {
            "arm": rng.choice(["Control", "Treatment"], n, p=[0.9, 0.1]),
            METRIC: songs,
            "minutes": songs * 3.5 + rng.normal(0, 4, n),
            "converted": rng.random(n) < 0.1,
        }
    )
    return table.assign(minutes=table.minutes.where(rng.random(n) < 0.8))


def test_moments_are_those_of_pandas(table: pd.DataFrame) -> None:
    columns = [METRIC, "minutes", "converted"]
    found = summarise(table, columns)
    assert list(found) == ["Control", "Treatment"]
    for arm, rows in table.astype({"converted": int}).groupby("arm"):
        moments = found[str(arm)]
        assert moments.rows == len(rows)
        for column in columns:
            sample = moments.samples[column]
            assert sample.count == rows[column].count()
            assert sample.mean == pytest.approx(rows[column].mean(), rel=1e-13)
            assert sample.variance == pytest.approx(rows[column].var(), rel=1e-12)


@pytest.mark.parametrize("other", ["minutes", "converted"])
def test_a_pair_is_over_the_rows_where_both_are_known(table: pd.DataFrame, other: str) -> None:
    found = summarise(table, [], pairs=[(METRIC, other)])["Treatment"]
    rows = table.astype({"converted": int}).query("arm == 'Treatment'")[[METRIC, other]].dropna()
    pair = found.pair(METRIC, other)
    assert pair.first.count == pair.second.count == len(rows)
    assert pair.covariance == pytest.approx(rows.cov().loc[METRIC, other], rel=1e-12)
    assert pair.first.variance == pytest.approx(rows[METRIC].var(), rel=1e-12)
    assert pair.second.mean == pytest.approx(rows[other].mean(), rel=1e-12)
    turned = found.pair(other, METRIC)
    assert (turned.first, turned.second) == (pair.second, pair.first)


def test_the_variance_survives_a_large_common_offset() -> None:
    values = np.random.default_rng(1).normal(0, 1, 5_000)
    moved = pd.DataFrame({"arm": "a", "x": 1e9 + values})
    exact = statistics.variance(map(Fraction, moved.x))
    assert summarise(moved, ["x"])["a"].samples["x"].variance == pytest.approx(
        float(exact), rel=1e-9
    )


def test_whole_numbers_are_summed_exactly() -> None:
    values = [10**9 + k**2 for k in range(200)]
    sample = summarise(pd.DataFrame({"arm": "a", "x": values}), ["x"])["a"].samples["x"]
    assert sample.mean == float(Fraction(sum(values), 200))
    assert sample.variance == float(statistics.variance(map(Fraction, values)))


def test_whole_numbers_too_large_to_square_are_taken_as_fractions() -> None:
    values = [4 * 10**18, 4 * 10**18 + 2**40, 2 * 10**18]
    sample = summarise(pd.DataFrame({"arm": "a", "x": values}), ["x"])["a"].samples["x"]
    assert sample.variance == pytest.approx(float(np.var(values, ddof=1, dtype=float)), rel=1e-12)


@settings(deadline=None, max_examples=25)
@given(
    values=st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=30),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_rows_does_not_matter_to_whole_numbers(
    values: list[int], order: object
) -> None:
    shuffled = sorted(values, key=lambda _: order.random())
    tables = (pd.DataFrame({"arm": "a", "x": rows, "y": rows}) for rows in (values, shuffled))
    first, second = (summarise(rows, ["x"], pairs=[("x", "y")]) for rows in tables)
    assert first == second


def test_whole_numbers_give_the_same_bits_with_any_number_of_threads(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    duckdb.connect().sql(
        "SELECT 'a' AS arm, (hash(i) % 1000)::INTEGER AS x FROM range(400000) t(i)"
    ).write_parquet(str(path))
    found = [
        summarise(duckdb.connect(config={"threads": threads}).read_parquet(str(path)), ["x"])
        for threads in (1, 2, 4)
    ]
    assert found[0] == found[1] == found[2]


finite = st.floats(-1e6, 1e6, allow_subnormal=False)


@settings(deadline=None, max_examples=25)
@given(
    first=st.lists(st.tuples(finite, finite), max_size=12),
    second=st.lists(st.tuples(finite, finite), min_size=2, max_size=12),
)
def test_moments_of_two_parts_add_up_to_those_of_the_whole(
    first: list[tuple[float, float]], second: list[tuple[float, float]]
) -> None:
    rows = pd.DataFrame([*first, *second], columns=["x", "y"], dtype=float).assign(arm="a")

    def moments(part: pd.DataFrame) -> Moments:
        return summarise(part, ["x"], pairs=[("x", "y")])["a"]

    whole = moments(rows)
    parts = [rows.iloc[: len(first)], rows.iloc[len(first) :]]
    added = [moments(part) for part in parts if len(part)]
    total = added[0] + added[1] if len(added) > 1 else added[0]
    scale = 1 + float(np.square(rows[["x", "y"]].to_numpy()).max())
    assert total.rows == whole.rows
    assert total.samples["x"].count == whole.samples["x"].count
    assert total.samples["x"].mean == pytest.approx(whole.samples["x"].mean, abs=1e-12 * scale)
    for part, expected in [
        (total.samples["x"].variance, whole.samples["x"].variance),
        (total.pair("x", "y").covariance, whole.pair("x", "y").covariance),
        (total.pair("x", "y").second.variance, whole.pair("x", "y").second.variance),
    ]:
        assert part == pytest.approx(expected, abs=1e-11 * scale)


def test_an_empty_part_adds_nothing() -> None:
    nothing = summarise(
        pd.DataFrame({"arm": ["a"], "x": [np.nan], "y": [1.0]}), ["x"], pairs=[("x", "y")]
    )["a"]
    something = summarise(
        pd.DataFrame({"arm": "a", "x": [1.0, 3.0], "y": [1.0, 0.0]}), ["x"], pairs=[("x", "y")]
    )["a"]
    for total in (nothing + something, something + nothing):
        assert total.rows == 3
        assert total.samples == something.samples
        assert total.pairs == something.pairs


def test_one_value_has_no_variance_and_none_has_no_mean() -> None:
    rows = pd.DataFrame({"arm": ["a", "b"], "x": [2.0, np.nan], "y": [1, 1]})
    found = summarise(rows, ["x", "y"])
    assert (found["a"].samples["x"].count, found["a"].samples["x"].mean) == (1, 2.0)
    assert np.isnan(found["a"].samples["x"].variance)
    assert np.isnan(found["a"].samples["y"].variance)
    assert found["b"].samples["x"].count == 0
    assert np.isnan(found["b"].samples["x"].mean)
    assert (found["a"] + found["b"]).samples["y"] == Sample(2, 1.0, 0.0)


def test_not_a_number_in_a_relation_is_missing() -> None:
    rows = duckdb.connect().sql(
        "SELECT 'a' AS arm, unnest(['nan'::DOUBLE, 1, 3]) AS x, unnest([5.0, 1, 3]) AS y"
    )
    found = summarise(rows, ["x"], pairs=[("x", "y")])["a"]
    assert found.samples["x"] == found.pair("x", "y").first == Sample(2, 2.0, 2.0)


def test_arms_come_back_as_text_in_order_and_rows_without_one_are_left_out() -> None:
    rows = pd.DataFrame({"arm": [1, 0, 1, None], "x": [1, 2, 3, 4]}, dtype="Int64")
    assert {arm: found.rows for arm, found in summarise(rows, ["x"]).items()} == {"0": 1, "1": 2}
    assert list(counts(rows).items()) == [("0", 1), ("1", 2)]
    assert counts(rows.assign(late=rows.x > 1), by="late") == {"false": 1, "true": 3}


def test_decimals_are_numbers() -> None:
    rows = duckdb.connect().sql("SELECT 'a' AS arm, unnest([1.25::DECIMAL(9, 2), 1.75]) AS x")
    assert summarise(rows, ["x"])["a"].samples["x"] == Sample(2, 1.5, 0.125)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e200])
def test_values_that_have_no_variance_are_refused(value: float) -> None:
    rows = pd.DataFrame({"arm": "a", "x": [1.0, value, 3.0]})
    with pytest.raises(DataError, match="infinite value, or one too large"):
        summarise(rows, ["x"])


def test_a_missing_column_is_named_with_the_nearest_one(table: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="Did you mean minutes"):
        summarise(table, ["minuts"])
    with pytest.raises(DataError, match="It has: arm, "):
        counts(table, by="quite another")


def test_text_is_no_metric() -> None:
    with pytest.raises(DataError, match="VARCHAR, not numbers"):
        summarise(pd.DataFrame({"arm": ["a"], "x": ["ten"]}), ["x"])


def test_a_column_of_zeros_and_ones_has_a_tally() -> None:
    rows = pd.DataFrame(
        {
            "arm": ["a", "a", "a", "b"],
            "flag": [True, False, True, True],
            "share": [1.0, np.nan, 0.0, 0.0],
            "none": [np.nan, np.nan, np.nan, 1.0],
        }
    )
    found = summarise(rows, ["flag", "share", "none"])
    assert [found["a"].samples[name].tally for name in ("flag", "share", "none")] == [
        (2, 3),
        (1, 2),
        (0, 0),
    ]
    assert found["b"].samples["flag"].tally == (1, 1)


@pytest.mark.parametrize("values", [[0, 1, 2], [0.5, 0.5], [-1, 1], [3]])
def test_other_numbers_have_no_tally(values: list[float]) -> None:
    sample = summarise(pd.DataFrame({"arm": "a", "x": values}), ["x"])["a"].samples["x"]
    with pytest.raises(DataError, match="neither 0 nor 1"):
        _ = sample.tally
