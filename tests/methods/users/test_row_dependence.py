"""The scan for shared random numbers: counts against brute force, alarms against their rate."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from knowntruth.methods.users import row_dependence
from knowntruth.methods.users.row_dependence import Hit, Scan, indicators, scan

LEVEL = 0.95
Columns = dict[str, Any]


def stream(seed: int, size: int) -> np.ndarray:
    return np.random.default_rng(seed).random(size)


def independent(rng: np.random.Generator, n: int, shares: tuple[float, ...]) -> Columns:
    return {f"c{i}": rng.random(n) < share for i, share in enumerate(shares)}


def shared(lag: int, *, n: int = 3_000, shares: tuple[float, float] = (0.1, 0.4)) -> Columns:
    """A column made of the numbers that another was made of `lag` rows before."""
    u = stream(1, n + lag)
    return {
        "early": u[lag:] < shares[0],
        "late": u[:n] < shares[1],
        "apart": stream(2, n) < 0.5,
    }


def lags(found: Scan) -> list[tuple[str, str, int]]:
    return [(hit.first, hit.second, hit.lag) for hit in found.hits]


@pytest.mark.parametrize("lag", [1, 18, 1_000, 2_500])
def test_shared_numbers_are_found_at_their_lag_and_nowhere_else(lag: int) -> None:
    columns = shared(lag)
    found = scan(columns, level=LEVEL)
    assert lags(found) == [("early", "late", lag)]
    assert found.found == 1
    # Whichever is named first.
    assert lags(scan(dict(reversed(columns.items())), level=LEVEL)) == [("early", "late", lag)]


def test_a_hit_says_what_can_be_counted_by_hand() -> None:
    """pandas, scipy 1.17.1: `pearsonr` with Fisher's interval, and Fisher's exact test."""
    lag, n = 40, 1_200
    columns = shared(lag, n=n, shares=(0.05, 0.2))
    (hit,) = scan(columns, level=LEVEL).hits
    early, late = columns["early"][:-lag], columns["late"][lag:]
    assert hit.seen == (early & late).sum()
    assert hit.expected == pytest.approx(early.sum() * late.sum() / (n - lag))
    assert hit.rate == pytest.approx(pd.Series(late)[early].mean())
    assert hit.base_rate == pytest.approx(late.mean())
    r = stats.pearsonr(early.astype(float), late.astype(float))
    interval = r.confidence_interval(LEVEL)
    assert hit.correlation.value == pytest.approx(r.statistic)
    assert (hit.correlation.low, hit.correlation.high) == pytest.approx(
        (interval.low, interval.high)
    )
    assert hit.correlation.n == n - lag
    exact = stats.fisher_exact(pd.crosstab(early, late), alternative="greater").pvalue
    tests = 3 * 2 * (n - 1)
    assert hit.correlation.p_value == pytest.approx(2 * exact * tests, rel=1e-9)


def test_the_same_column_some_rows_further_down_is_wholly_alike() -> None:
    for share in (0.3, 0.5, 0.011):
        u = stream(5, 3_006) < share
        (hit,) = scan({"early": u[6:], "late": u[:-6]}, level=LEVEL).hits
        assert (hit.lag, hit.rate) == (6, 1.0)
        assert (hit.correlation.value, hit.correlation.high) == (1.0, 1.0)


def test_the_scan_says_what_it_tried() -> None:
    found = scan(shared(5, n=500), level=0.9)
    assert found.rows == 500
    assert found.tests == 3 * 2 * 499
    assert found.threshold == pytest.approx(0.1 / found.tests)
    critical = stats.norm.isf(found.threshold / 2)
    assert found.smallest == pytest.approx(critical / np.sqrt(250))
    one = scan(shared(5, n=500), level=0.9, pairs=[("late", "early")])
    assert one.tests == 2 * 499
    assert lags(one) == [("early", "late", 5)]
    assert scan(shared(5, n=500), level=0.9, pairs=[("late", "apart")]).hits == ()


def p_values_by_hand(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The two-sided p-value at every lag from 1 - n to n - 1, counted one by one."""
    n, found = len(x), []
    for lag in range(1 - n, n):
        first, second = (x[: n - lag], y[lag:]) if lag >= 0 else (x[-lag:], y[: n + lag])
        law = stats.hypergeom(len(first), first.sum(), second.sum())
        both = (first & second).sum()
        found.append(min(1.0, 2 * min(law.cdf(both), law.sf(both - 1))))
    return np.array(found)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.integers(20, 60), st.floats(0.05, 0.9), st.floats(0.05, 0.9))
def test_z_at_every_lag_tells_the_coincidences_exactly(
    seed: int, n: int, first: float, second: float
) -> None:
    x, y = stream(seed, n) < first, stream(seed + 1, n) < second
    if x.all() or y.all() or not x.any() or not y.any():
        return
    columns = {name: row_dependence._prepare(ones) for name, ones in (("x", x), ("y", y))}
    ((_, _, z),) = row_dependence._all_lags(columns, {"x": ["y"]})
    assert len(z) == 2 * n - 1
    every = np.arange(1 - n, n)
    known = z != 0
    found = row_dependence._p_values(z[known], every[known], columns["x"], columns["y"])
    assert found == pytest.approx(p_values_by_hand(x, y)[known], rel=1e-9)


# Ones that are rare, and ones that are not, in tables short and long.
WORLDS = [
    (300, (0.5, 0.4, 0.3, 0.2), 150),
    (300, (0.01, 0.02, 0.02, 0.05), 150),
    (1_500, (0.003, 0.003, 0.01, 0.01, 0.5), 60),
]


@pytest.mark.parametrize(("n", "shares", "tables"), WORLDS)
def test_independent_tables_raise_an_alarm_no_more_often_than_said(
    n: int, shares: tuple[float, ...], tables: int
) -> None:
    rng = np.random.default_rng(n)
    alarms = sum(scan(independent(rng, n, shares), level=LEVEL).found > 0 for _ in range(tables))
    # As many or more, were the rate 5%, in less than 1 of 1,000 such tests.
    assert alarms <= stats.binom.isf(0.001, tables, 1 - LEVEL)


def test_a_normal_approximation_would_raise_one_in_nearly_every_table_with_rare_ones() -> None:
    n, shares, _ = WORLDS[1]
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(20):
        columns = independent(rng, n, shares)
        prepared = {
            name: row_dependence._prepare(ones)
            for name, ones in columns.items()
            if 0 < ones.sum() < n
        }
        pairs = list(combinations(prepared, 2))
        critical = stats.norm.isf((1 - LEVEL) / (len(pairs) * 2 * (n - 1)) / 2)
        every = row_dependence._all_lags(prepared, {x: [y] for x, y in pairs})
        alarms += any(np.abs(z).max() > critical for *_, z in every)
    assert alarms >= 15


def test_too_few_coincidences_are_found_as_well_as_too_many() -> None:
    u = stream(3, 6_007)
    columns = {"low": u[7:] < 0.1, "high": u[:6_000] > 0.7}
    (hit,) = scan(columns, level=LEVEL).hits
    assert (hit.lag, hit.seen) == (7, 0)
    assert hit.rate == 0
    assert hit.correlation.direction == "lower"
    assert hit.correlation.value == pytest.approx(-np.sqrt(0.1 / 0.9 * 0.3 / 0.7), abs=0.03)


def test_a_complete_lack_is_surer_than_a_normal_approximation_says() -> None:
    """Of 21 coincidences that were to be expected none: 1 in a billion, but z is -4.75."""
    n, lag = 20_000, 7
    u = stream(0, n + lag)
    found = scan({"low": u[lag:] < 0.033, "high": u[:n] > 0.967}, level=LEVEL)
    (hit,) = found.hits
    assert (hit.lag, hit.seen) == (lag, 0)
    z = abs(hit.correlation.value) * np.sqrt(hit.correlation.n)
    assert z < stats.norm.isf(found.threshold / 2)


def structured(kind: str, n: int = 12_000) -> Columns:
    """Rows that depend on each other for reasons of their own."""
    rng = np.random.default_rng(11)
    moods = {
        "sorted": lambda: np.sort(rng.normal(size=n)),
        "a trend": lambda: np.linspace(-2, 2, n),
        "days": lambda: np.repeat(rng.normal(size=60), n // 60),
        "four rows a user": lambda: np.repeat(rng.normal(size=n // 4), 4),
        "two rows a user": lambda: np.repeat(rng.normal(size=n // 2), 2),
        "written twice": lambda: np.tile(rng.normal(size=n // 2), 2),
        "every second": lambda: np.where(np.arange(n) % 2, 1.0, -1.0),
        "weeks": lambda: np.where(np.arange(n) % 7 < 5, 1.0, -1.0),
    }
    mood = moods[kind]()
    cuts = {"a": 0.0, "b": 1.0, "c": 2.0}
    return {name: mood + rng.normal(size=n) > cut for name, cut in cuts.items()}


@pytest.mark.parametrize(
    "kind",
    [
        *("sorted", "a trend", "days", "four rows a user"),
        *("two rows a user", "written twice", "every second", "weeks"),
    ],
)
def test_rows_that_are_alike_for_other_reasons_raise_no_hit(kind: str) -> None:
    columns = structured(kind)
    # They are alike: as many coincidences a row further down are next to impossible.
    early, late = columns["a"][:-1], columns["b"][1:]
    if kind != "written twice":
        assert stats.chi2_contingency(pd.crosstab(early, late)).pvalue < 1e-6
    assert scan(columns, level=LEVEL).hits == ()


def test_shared_numbers_are_found_in_sorted_rows_too() -> None:
    n, lag = 12_000, 30
    rng = np.random.default_rng(12)
    u = rng.random(n + lag)
    trend = np.linspace(0, 0.4, n)
    columns = {"early": u[lag:] < 0.1 + trend, "late": u[:n] < 0.3 + trend}
    found = scan(columns, level=LEVEL)
    assert lags(found) == [("early", "late", lag)]


def test_shared_numbers_are_found_next_to_what_belongs_together() -> None:
    n, lag = 6_000, 18
    u = stream(13, n + lag)
    same_row = stream(14, n) < 0.6
    early = u[lag:] < 0.1
    columns = {"early": early, "late": np.where(same_row, early, u[:n] < 0.3)}
    assert lags(scan(columns, level=LEVEL)) == [("early", "late", lag)]


def test_columns_that_belong_together_do_so_in_their_own_row() -> None:
    u = stream(4, 4_000)
    assert scan({"a": u < 0.2, "b": u < 0.5}, level=LEVEL).hits == ()


def test_of_many_hits_of_two_columns_the_three_clearest_are_kept_and_all_are_counted() -> None:
    n, shifts = 40_000, (100, 200, 300, 400)
    sources = [stream(20 + shift, n + shift) < 0.4 for shift in shifts]
    # The earlier column is all four, one row after another; the later follows them unequally.
    turn = np.arange(n) % 4
    follows = np.random.default_rng(1).choice(4, n, p=[0.16, 0.22, 0.34, 0.28])
    early = np.choose(turn, [bits[shift:] for shift, bits in zip(shifts, sources, strict=True)])
    late = np.choose(follows, [bits[:n] for bits in sources])
    found = scan({"early": early, "late": late}, level=LEVEL)
    assert found.found == 4
    assert [hit.lag for hit in found.hits] == [300, 400, 200]


def test_the_clearest_hit_of_two_columns_stands_for_their_levels() -> None:
    lag, n = 12, 8_000
    u = stream(6, n + lag)
    frame = pd.DataFrame(
        {
            "plan": pd.cut(u[:n], [0, 0.2, 0.5, 1], labels=["free", "basic", "plus"]),
            "paid": (u[lag:] < 0.1).astype(int),
        }
    )
    found = scan(indicators(frame), level=LEVEL)
    assert len(found.hits) == 3
    (hit,) = found.clearest
    assert isinstance(hit, Hit)
    assert (hit.first, hit.second, hit.lag) == ("paid", "plan = free", lag)
    assert hit == found.hits[0]


def test_indicators_of_every_kind_of_column() -> None:
    n = 100
    frame = pd.DataFrame(
        {
            "user": [f"u{i}" for i in range(n)],
            "paid": [0, 1] * 50,
            "flag": [True, None] * 50,
            "lessons": list(range(n)),
            "levels": [1, 2, 2, 3] * 25,
            "mostly nine": [1] * 30 + [9] * 70,
            "nearly all": ["x"] * 85 + ["y"] * 15,
            "plan": pd.Categorical(["a"] * 60 + ["b"] * 30 + ["c"] * 10),
            "known": ["yes"] * 40 + [None] * 60,
            "day": pd.date_range("2024-01-01", periods=n),
            "nothing": [np.nan] * n,
        }
    )
    frame["flag"] = frame["flag"].astype("boolean")
    found = indicators(frame)
    assert {name: int(ones.sum()) for name, ones in found.items()} == {
        "paid": 50,
        "flag": 50,
        "lessons > 49.5": 50,
        "levels > 2": 25,
        "mostly nine >= 9": 70,
        "plan = a": 60,
        "plan = b": 30,
        "known = yes": 40,
        "nothing": 0,
    }
    assert all(ones.dtype == bool for ones in found.values())
    assert list(indicators(frame, ["plan"], least=5)) == ["plan = a", "plan = b", "plan = c"]
    assert list(indicators(frame, ["plan"], least=5, most=1)) == ["plan = a"]


def test_levels_of_one_column_are_not_compared_unless_asked() -> None:
    frame = pd.DataFrame({"plan": ["a", "b", "c", "a"] * 50})
    columns = indicators(frame)
    assert scan(columns, level=LEVEL).tests == 0
    assert scan(columns, level=LEVEL, pairs=[("plan = a", "plan = b")]).tests == 2 * 199
    assert scan(columns | {"planet": stream(1, 200) < 0.5}, level=LEVEL).tests == 3 * 2 * 199


def test_other_numbers_count_from_their_median_and_missing_ones_not() -> None:
    n, lag = 3_000, 9
    u = stream(8, n + lag)
    late = np.where(stream(9, n) < 0.1, np.nan, -np.log(u[:n]))
    found = scan({"early": u[lag:] * 7, "late": late}, level=LEVEL)
    assert lags(found) == [("early", "late", lag)]
    assert found.hits[0].seen == 0
    assert found.hits[0].base_rate == pytest.approx(0.45, abs=0.02)


def test_nothing_to_scan_is_said() -> None:
    flat = {"a": np.ones(9), "b": np.zeros(9), "c": [0, 1] * 4 + [0]}
    for columns in ({}, {"a": [0, 1]}, flat):
        found = scan(columns, level=LEVEL)
        assert (found.tests, found.hits, found.found) == (0, (), 0)
        assert found.reason
    assert scan(shared(3), level=LEVEL).reason == ""


def test_a_table_of_a_few_rows_is_scanned_and_gives_no_hit() -> None:
    assert scan({"a": [0, 1], "b": [1, 0]}, level=LEVEL).hits == ()
    assert scan({"a": [0, 1, 0], "b": [1, 0, 0]}, level=LEVEL).hits == ()


def test_what_cannot_be_scanned_is_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        scan({"a": [0, 1], "b": [0, 1, 1]}, level=LEVEL)
    with pytest.raises(ValueError, match="`indicators` makes them"):
        scan({"a": ["x", "y"], "b": [0, 1]}, level=LEVEL)
    with pytest.raises(ValueError, match="no column is called d"):
        scan({"a": [0, 1], "b": [0, 1]}, level=LEVEL, pairs=[("a", "d")])
    with pytest.raises(ValueError, match="level"):
        scan({"a": [0, 1], "b": [0, 1]}, level=1.0)
