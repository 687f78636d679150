"""Robust locations against scipy, statsmodels, published numbers and enumerated resamples."""

from __future__ import annotations

import itertools
import math
from typing import Any, get_args

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.robust.scale import Huber

from knowntruth.errors import DataError
from knowntruth.methods.users.influence import influence
from knowntruth.methods.users.robust import Kind, difference, location
from knowntruth.story.estimates import Estimate

Array = np.ndarray[Any, np.dtype[np.float64]]

# Copper in wholemeal flour, parts per million (Analytical Methods Committee 1989).
COPPER = [
    *(2.20, 2.20, 2.4, 2.4, 2.5, 2.7, 2.8, 2.9, 3.03, 3.03, 3.10, 3.37),
    *(3.4, 3.4, 3.4, 3.5, 3.6, 3.7, 3.7, 3.7, 3.7, 3.77, 5.28, 28.95),
]


def column(values: Any) -> pd.DataFrame:
    return pd.DataFrame({"x": np.asarray(values)})


def ends(estimate: Estimate) -> tuple[float, float]:
    return estimate.low, estimate.high


@pytest.fixture(scope="module")
def groups() -> pd.DataFrame:
    """Skewed whole numbers with ties, of two groups that differ in size and spread."""
    rng = np.random.default_rng(1)
    sizes = {"it's old": 301, "new": 180}
    parts = [
        rng.poisson(rng.gamma(2, mean, n)) for n, mean in zip(sizes.values(), (2, 4), strict=True)
    ]
    return pd.DataFrame(
        {"x": np.concatenate(parts), "group": np.repeat(list(sizes), list(sizes.values()))}
    )


def values(groups: pd.DataFrame, group: str) -> Array:
    return groups.x[groups.group == group].to_numpy(dtype=float)


def between(groups: pd.DataFrame, *, level: float = 0.9, **options: Any) -> dict[Kind, Estimate]:
    return difference(groups, "x", "group", first="it's old", second="new", level=level, **options)


# One column


def test_locations_of_copper_in_flour_are_the_published_ones() -> None:
    """Venables & Ripley 2002, Modern Applied Statistics with S, section 5.5; 10% at each end."""
    found = location(column(COPPER), "x", level=0.95)
    assert {kind: round(one.value, 4) for kind, one in found.items()} == {
        "mean": 4.2804,
        "median": 3.385,
        "trimmed mean": 3.205,
        "huber": 3.2055,
    }
    assert list(found) == list(get_args(Kind))
    # One value makes the mean uncertain, and no other.
    assert found["mean"].resolution > 3 * max(
        found[kind].resolution for kind in found if kind != "mean"
    )


def test_the_mean_has_its_t_interval(groups: pd.DataFrame) -> None:
    """scipy 1.17.1."""
    x = values(groups, "new")
    expected = stats.ttest_1samp(x, 0).confidence_interval(0.9)
    found = location(column(x), "x", level=0.9)["mean"]
    assert (found.value, *ends(found)) == pytest.approx((x.mean(), expected.low, expected.high))
    assert (found.n, found.p_value, found.null) == (180, None, None)


@pytest.mark.parametrize("trim", [0.0, 0.1, 0.2, 0.37])
def test_the_trimmed_mean_is_that_of_scipy_with_yuens_error(
    groups: pd.DataFrame, trim: float
) -> None:
    """scipy 1.17.1: `trim_mean`, and the winsorised variance of `mstats`."""
    x = values(groups, "new")
    dropped = int(trim * len(x))
    left = len(x) - 2 * dropped
    pulled = np.asarray(stats.mstats.winsorize(x, (dropped / len(x), dropped / len(x))))
    error = math.sqrt((len(x) - 1) * pulled.var(ddof=1) / (left * (left - 1)))
    reach = stats.t.ppf(0.95, left - 1) * error
    found = location(column(x), "x", level=0.9, trim=trim)["trimmed mean"]
    middle = stats.trim_mean(x, trim)
    assert (found.value, *ends(found)) == pytest.approx((middle, middle - reach, middle + reach))
    assert found.n == 180


# Ranks between which the median lies at 95%, from the binomial table.
RANKS = {6: (1, 6), 8: (1, 8), 9: (2, 8), 10: (2, 9), 15: (4, 12), 20: (6, 15), 50: (18, 33)}


@pytest.mark.parametrize("n", RANKS)
def test_the_interval_of_the_median_ends_at_the_tabled_ranks(n: int) -> None:
    rng = np.random.default_rng(n)
    found = location(column(rng.permutation(np.arange(1.0, n + 1))), "x", level=0.95)["median"]
    assert found.value == (n + 1) / 2
    assert ends(found) == RANKS[n]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-5, 5), min_size=8, max_size=60), st.sampled_from([0.8, 0.95]))
def test_the_interval_of_the_median_is_that_of_scipy(x: list[int], level: float) -> None:
    """scipy 1.17.1, `quantile_test`."""
    expected = stats.quantile_test(x, p=0.5).confidence_interval(level)
    found = location(column(x), "x", level=level)["median"]
    assert ends(found) == (expected.low, expected.high)
    assert found.value == np.median(x)


def test_five_values_do_not_bound_a_median_at_95_percent() -> None:
    found = location(column([1.0, 2, 3, 4, 5]), "x", level=0.95)["median"]
    assert (found.value, *ends(found)) == (3, -math.inf, math.inf)


@pytest.mark.parametrize("group", ["it's old", "new"])
def test_hubers_location_is_that_of_statsmodels(groups: pd.DataFrame, group: str) -> None:
    """statsmodels 0.15.0, `Huber`: proposal 2 with reach 1.5."""
    x = values(groups, group)
    expected, _ = Huber(tol=1e-12, maxiter=500)(x)
    assert location(column(x), "x", level=0.9)["huber"].value == pytest.approx(float(expected))


def test_the_error_of_hubers_location_is_that_of_leaving_out_each_value(
    groups: pd.DataFrame,
) -> None:
    """On a skewed column, where taking the scale as known gives another error."""
    x = values(groups, "it's old")
    huber, kept = Huber(tol=1e-10, maxiter=500), np.arange(len(x))
    left = np.array([float(huber(x[kept != i])[0]) for i in kept])
    error = math.sqrt((len(x) - 1) * np.mean((left - left.mean()) ** 2))
    found = location(column(x), "x", level=0.9)["huber"]
    assert found.resolution / stats.t.ppf(0.95, len(x) - 1) == pytest.approx(error, rel=0.02)
    _, scale = huber(x)
    r = (x - found.value) / scale
    known = scale * np.sqrt(np.mean(np.clip(r, -1.5, 1.5) ** 2) / len(x)) / np.mean(abs(r) < 1.5)
    assert abs(known / error - 1) > 0.05


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(-50, 50), min_size=12, max_size=40, unique=True),
    st.sampled_from([-3.0, 0.5, 8.0]),
    st.integers(-1_000, 1_000),
)
def test_another_unit_changes_every_location_alike(
    x: list[int], factor: float, offset: int
) -> None:
    plain, moved = (location(column(y), "x", level=0.9) for y in (x, factor * np.array(x) + offset))
    for kind, one in plain.items():
        low, high = sorted(factor * end + offset for end in ends(one))
        assert moved[kind].value == pytest.approx(factor * one.value + offset, abs=1e-6)
        assert ends(moved[kind]) == pytest.approx((low, high), abs=1e-6)


def test_a_single_value_moves_the_mean_anywhere_and_the_others_hardly(
    groups: pd.DataFrame,
) -> None:
    x = values(groups, "new")
    before = location(column(x), "x", level=0.9)
    x[0] = 1e9
    after = location(column(x), "x", level=0.9)
    assert after["mean"].value > 1e6
    for kind in ("median", "trimmed mean", "huber"):
        assert before[kind].covers(after[kind].value)


def test_whole_numbers_repeated_a_million_times_cost_nothing_in_precision() -> None:
    """A relation of four values, each a quarter of a million times, on a large offset."""
    rows = duckdb.sql("SELECT 1000000000 + (i % 4) ** 2 AS x FROM range(1000000) AS r(i)")
    found = location(rows, "x", level=0.95)
    assert found["mean"].value - 1e9 == pytest.approx(3.5, abs=1e-6)
    assert found["mean"].resolution == pytest.approx(
        stats.norm.ppf(0.975) * math.sqrt(12.25 / 1e6), rel=1e-4
    )
    assert found["median"].value - 1e9 == 2.5
    # A tenth at each end leaves 15% and 25% and 25% and 15% of 80%.
    assert found["trimmed mean"].value - 1e9 == pytest.approx((0.25 + 1 + 0.15 * 9) / 0.8)


def test_missing_values_are_left_out(groups: pd.DataFrame) -> None:
    known = groups[["x"]].astype(float)
    holes = pd.concat([known, pd.DataFrame({"x": [np.nan, np.nan]})])
    assert location(holes, "x", level=0.9) == location(known, "x", level=0.9)
    whole = groups[["x"]].astype("Int64").reindex(range(len(groups) + 5))
    assert location(whole, "x", level=0.9) == location(known, "x", level=0.9)


def test_what_has_no_error_is_unbounded() -> None:
    assert location(column([np.nan]), "x", level=0.9) == {}
    for values, middle in ([7.0], 7), ([2.0] * 30, 2), ([0.0] * 90 + [1.0, 2, 3, 4, 5] * 2, 0):
        found = location(column(values), "x", level=0.9)
        assert found["huber"].value == middle
        assert ends(found["huber"]) == (-math.inf, math.inf)
        assert ends(found["trimmed mean"]) == (-math.inf, math.inf)
    # The median needs no error: it is among its values.
    assert ends(found["median"]) == (0, 0)


@pytest.mark.parametrize(
    ("distribution", "n"), [(stats.lognorm(1.0), 200), (stats.nbinom(1.2, 0.17), 300)]
)
def test_intervals_hold_the_locations_of_a_skewed_population(distribution: Any, n: int) -> None:
    grid = distribution.ppf((np.arange(100_000) + 0.5) / 100_000)
    normal = stats.norm.expect(lambda z: np.clip(z, -1.5, 1.5) ** 2)

    def equations(at: Array) -> list[float]:
        pulled = np.clip((grid - at[0]) / at[1], -1.5, 1.5)
        return [pulled.mean(), np.mean(pulled**2) - normal]

    truth: dict[Kind, float] = {
        "median": distribution.median(),
        "trimmed mean": grid[10_000:90_000].mean(),
        "huber": optimize.fsolve(equations, [np.median(grid), grid.std()])[0],
    }
    rng, replications = np.random.default_rng(2), 200
    held = dict.fromkeys(truth, 0)
    for _ in range(replications):
        found = location(column(distribution.rvs(n, random_state=rng)), "x", level=0.9)
        for kind, target in truth.items():
            held[kind] += found[kind].covers(target)
    slack = 4 * math.sqrt(0.09 / replications)
    assert held["trimmed mean"] / replications == pytest.approx(0.9, abs=slack)
    assert held["huber"] / replications == pytest.approx(0.9, abs=slack)
    # Ends at whole ranks, and ties, make it hold more often.
    assert held["median"] / replications > 0.9 - slack


# Two groups


def test_means_differ_as_welch_says(groups: pd.DataFrame) -> None:
    test = stats.ttest_ind(values(groups, "new"), values(groups, "it's old"), equal_var=False)
    found, expected = between(groups)["mean"], test.confidence_interval(0.9)
    assert ends(found) == pytest.approx((expected.low, expected.high))
    assert found.p_value == pytest.approx(test.pvalue)
    assert (found.n, found.null) == (481, 0)


@pytest.mark.parametrize("trim", [0.05, 0.2])
def test_trimmed_means_differ_as_yuen_says(groups: pd.DataFrame, trim: float) -> None:
    """scipy 1.17.1, `ttest_ind(trim=..., equal_var=False)`."""
    test = stats.ttest_ind(
        values(groups, "new"), values(groups, "it's old"), equal_var=False, trim=trim
    )
    found, expected = between(groups, trim=trim)["trimmed mean"], test.confidence_interval(0.9)
    assert ends(found) == pytest.approx((expected.low, expected.high))
    assert found.p_value == pytest.approx(test.pvalue)


def resampled(x: list[float]) -> Array:
    """Return the median of every resample."""
    return np.array([np.median(drawn) for drawn in itertools.product(x, repeat=len(x))])


@pytest.mark.parametrize(
    ("a", "b"),
    [([1.0, 2, 4, 7, 11], [3.0, 3, 5, 9, 12]), ([0.0, 0, 0, 1, 2], [0.0, 1, 1, 1, 5])],
)
def test_medians_differ_as_over_all_resamples(a: list[float], b: list[float]) -> None:
    """All 3,125 by 3,125 pairs of resamples."""
    gaps = np.subtract.outer(resampled(b), resampled(a)).ravel()
    table = pd.DataFrame({"x": [*a, *b], "group": ["it's old"] * 5 + ["new"] * 5})
    found = between(table, level=0.75)["median"]
    expected = np.quantile(gaps, [0.125, 0.875], method="inverted_cdf")
    assert found.value == np.median(b) - np.median(a)
    assert ends(found) == pytest.approx(tuple(expected))
    one_sided = min((gaps <= 0).mean(), (gaps >= 0).mean())
    assert found.p_value == pytest.approx(min(2 * one_sided, 1))


def test_the_interval_of_two_medians_is_that_of_drawn_resamples() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.lognormal(0, 1, 200), rng.lognormal(0.3, 1, 151)
    table = pd.DataFrame({"x": [*a, *b], "group": ["it's old"] * 200 + ["new"] * 151})
    found = between(table, level=0.9)["median"]
    drawn = [np.median(rng.choice(x, (20_000, len(x))), axis=1) for x in (a, b)]
    expected = np.quantile(drawn[1] - drawn[0], [0.05, 0.95])
    assert ends(found) == pytest.approx(tuple(expected), abs=0.01)


def test_hubers_locations_differ_by_an_error_of_both(groups: pd.DataFrame) -> None:
    found = between(groups)["huber"]
    one, other = (
        location(column(values(groups, group)), "x", level=0.9)["huber"]
        for group in ("it's old", "new")
    )
    errors = [x.resolution / stats.t.ppf(0.95, x.n - 1) for x in (one, other)]
    assert found.value == pytest.approx(other.value - one.value)
    df = sum(e**2 for e in errors) ** 2 / (errors[0] ** 4 / 300 + errors[1] ** 4 / 179)
    assert found.resolution == pytest.approx(stats.t.ppf(0.95, df) * math.hypot(*errors))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=6, max_size=30),
    st.lists(st.integers(0, 9), min_size=6, max_size=30),
    st.integers(-5, 5),
)
def test_exchanging_groups_turns_the_sign(a: list[int], b: list[int], shift: int) -> None:
    table = pd.DataFrame({"x": [*a, *(x + shift for x in b)], "g": [0] * len(a) + [1] * len(b)})
    found, turned = (
        difference(table, "x", "g", first=first, second=second, level=0.8)
        for first, second in (("0", "1"), ("1", "0"))
    )
    for kind, one in found.items():
        other = turned[kind]
        assert (other.value, *ends(other)) == pytest.approx((-one.value, -one.high, -one.low))
        assert other.p_value == pytest.approx(one.p_value)
        # Interval and test say the same.
        if one.p_value is not None:
            assert (one.p_value < 1 - 0.8) == (one.direction != "unclear")


def test_intervals_hold_the_differences_of_skewed_populations() -> None:
    first, second = stats.lognorm(1.0), stats.lognorm(1.0, scale=1.4)
    grid = (np.arange(100_000) + 0.5) / 100_000
    truth: dict[Kind, float] = {
        "median": 0.4,
        "trimmed mean": 0.4 * first.ppf(grid)[10_000:90_000].mean(),
    }
    rng, replications = np.random.default_rng(4), 200
    held = dict.fromkeys(truth, 0)
    for _ in range(replications):
        x = [first.rvs(150, random_state=rng), second.rvs(100, random_state=rng)]
        table = pd.DataFrame({"x": np.concatenate(x), "g": ["a"] * 150 + ["b"] * 100})
        found = difference(table, "x", "g", first="a", second="b", level=0.9)
        for kind, target in truth.items():
            held[kind] += found[kind].covers(target)
    assert {kind: count / replications for kind, count in held.items()} == pytest.approx(
        dict.fromkeys(truth, 0.9), abs=4 * math.sqrt(0.09 / replications)
    )


def test_a_missing_label_is_a_group_and_others_are_left_out() -> None:
    x = np.arange(60.0)
    table = pd.DataFrame({"x": x, "g": np.array(["a", None, "c"], dtype=object)[np.arange(60) % 3]})
    found = difference(table, "x", "g", first="a", second="(blank)", level=0.9)
    assert found["mean"].value == pytest.approx(1)
    assert found["mean"].n == 40
    relation = duckdb.from_df(table)
    assert difference(relation, "x", "g", first="a", second="(blank)", level=0.9) == found


def test_a_group_without_a_known_value_has_no_difference(groups: pd.DataFrame) -> None:
    assert difference(groups, "x", "group", first="new", second="none", level=0.9) == {}


def test_groups_too_small_for_a_median_leave_its_difference_unbounded() -> None:
    table = pd.DataFrame({"x": np.arange(25.0), "g": ["a"] * 5 + ["b"] * 20})
    found = difference(table, "x", "g", first="a", second="b", level=0.95)["median"]
    assert (found.value, *ends(found)) == (12.5, -math.inf, math.inf)


# What the largest make


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=2, max_size=80), st.sampled_from([0.01, 0.1, 0.6]))
def test_the_largest_make_what_they_make_in_pandas(x: list[int], top: float) -> None:
    series = pd.Series(x)
    k = min(max(round(top * len(x)), 1), len(x) - 1)
    largest = series.nlargest(k, keep="first")
    found = influence(column(x), "x", top=top)
    assert (found.n, found.largest, found.threshold) == (len(x), k, largest.min())
    assert found.mean == pytest.approx(series.mean())
    assert found.mean_without == pytest.approx(series.drop(largest.index).mean())
    if sum(x):
        assert found.share_of_total == pytest.approx(largest.sum() / series.sum())
        assert found.reason == ""
    else:
        assert found.share_of_total is None
        assert found.reason


def test_where_nobody_stands_out_the_top_makes_its_share() -> None:
    found = influence(column(np.full(200, 3.0)), "x", top=0.05)
    assert found.share_of_total == pytest.approx(0.05)
    assert found.mean_without == found.mean == 3


def test_values_below_zero_make_no_share_of_a_total() -> None:
    found = influence(column([-1.0, 2.0, 5.0]), "x")
    assert found.share_of_total is None
    assert "below zero" in found.reason
    assert (found.mean, found.mean_without) == (2, 0.5)
    assert influence(column([1.0]), "x").reason == "fewer than two values are known"
    assert influence(column([np.nan]), "x").n == 0


# What is refused


def test_wrong_arguments_are_refused(groups: pd.DataFrame) -> None:
    for trim in (-0.1, 0.5):
        with pytest.raises(ValueError, match="trim"):
            location(groups, "x", level=0.9, trim=trim)
    with pytest.raises(ValueError, match="level"):
        between(groups, level=1.0)
    with pytest.raises(ValueError, match="top"):
        influence(groups, "x", top=1)


def test_columns_that_cannot_be_used_are_refused(groups: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="no such column"):
        location(groups, "y", level=0.9)
    with pytest.raises(DataError, match="not numbers"):
        location(groups, "group", level=0.9)
    with pytest.raises(DataError, match="no such column"):
        difference(groups, "x", "arm", first="a", second="b", level=0.9)
    with pytest.raises(DataError, match="infinite"):
        location(column([1.0, math.inf]), "x", level=0.9)
