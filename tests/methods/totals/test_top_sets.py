"""Top sets against published counts, counting by hand, scipy, and worlds with a known overlap."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from knowntruth.errors import DataError
from knowntruth.methods.totals.top_sets import TopSets, at_top, top_chances, top_sets


def series(values: object) -> pd.Series:
    x = np.asarray(values, dtype=float)
    return pd.Series(x, index=[f"u{i}" for i in range(len(x))])


def quick(first: pd.Series, second: pd.Series, **changes: object) -> TopSets:
    return top_sets(
        first, second, **({"share": 0.2, "level": 0.95, "seed": 1, "draws": 20} | changes)
    )


def overlapping(n: int, at: int, both: int) -> tuple[pd.Series, pd.Series]:
    """Two measures without ties whose tops of `at` units have so many in common."""
    first = np.arange(n, 0, -1.0)
    second = first.copy()
    lone = at - both
    # Those below change places with the last of the top.
    second[at - lone : at], second[at : at + lone] = first[at : at + lone], first[at - lone : at]
    return series(first), series(second)


@pytest.mark.parametrize(("share", "at", "both", "either"), [(0.2, 47, 35, 59), (0.09, 21, 12, 30)])
def test_published_sets_have_the_printed_sizes(
    share: float, at: int, both: int, either: int
) -> None:
    """A published notebook of 234 units: 47 at the top by each, 35 by both; 21, and 12 by both."""
    found = quick(*overlapping(234, at, both), share=share)
    assert (len(found.first), len(found.second), len(found.both)) == (at, at, both)
    assert len(found.only_first) == len(found.only_second) == at - both
    assert len({*found.first, *found.second}) == either
    assert found.overlap is not None
    assert found.overlap.value == pytest.approx(both / at)


def test_chance_is_counted_as_ways_to_choose() -> None:
    found = quick(*overlapping(234, 47, 35))
    ways = math.comb(234, 47)
    exact = [math.comb(47, k) * math.comb(187, 47 - k) / ways for k in range(48)]
    assert found.p_value == pytest.approx(sum(exact[35:]), rel=1e-6, abs=0)
    assert found.by_chance == pytest.approx(sum(k * p for k, p in enumerate(exact)))
    low, high = found.chance_low, found.chance_high
    assert low is not None
    assert high is not None
    # The shortest such ends: no more than 2.5% below, and above.
    assert sum(exact[:low]) <= 0.025 < sum(exact[: low + 1])
    assert sum(exact[high + 1 :]) <= 0.025 < sum(exact[high:])


def test_sets_of_different_sizes_by_ties_keep_the_direction() -> None:
    first = series([9, 8, 7, 7, 7, 1, 1, 1, 1, 1])
    second = series([1, 9, 8, 1, 1, 1, 1, 1, 1, 2])
    found = quick(first, second, share=0.3)
    # The quantile of 0.7 lies at the seventh: all sevens are in.
    assert found.first == ("u0", "u1", "u2", "u3", "u4")
    assert found.second == ("u1", "u2", "u9")
    assert (found.both, found.only_second) == (("u1", "u2"), ("u9",))
    assert found.only_first == ("u0", "u3", "u4")
    assert found.thresholds == (7, pytest.approx(1.3))
    assert found.overlap is not None
    assert found.overlap.value == pytest.approx(0.4)


def test_a_quantile_on_a_value_lets_it_in() -> None:
    # In binary, 1 - 0.7 lies above 0.3, and position 3 of ten steps above the fourth value.
    assert at_top(np.arange(11.0), 0.7).tolist() == [False] * 3 + [True] * 8


def test_the_interval_of_the_overlap_is_that_of_scipy_but_for_the_draws() -> None:
    random = np.random.default_rng(2)
    x = random.normal(size=120)
    y = x + random.normal(size=120)

    def overlap(a: np.ndarray, b: np.ndarray) -> float:
        tops = [v >= np.quantile(v, 0.8) for v in (a, b)]
        return float((tops[0] & tops[1]).sum() / tops[0].sum())

    theirs = stats.bootstrap(
        (x, y), overlap, paired=True, vectorized=False, n_resamples=2_500, method="BCa", rng=3
    )
    found = quick(series(x), series(y), draws=2_500).overlap
    assert found is not None
    # The overlap of two dozen units comes in steps of a twenty-fourth.
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval), abs=0.05)


def test_the_interval_holds_the_overlap_of_the_population() -> None:
    """Of two normals with correlation 0.8: by scipy's bivariate normal, far out."""
    cut = stats.norm.ppf(0.8)
    joint = stats.multivariate_normal(cov=[[1, 0.8], [0.8, 1]])
    truth = (1 - 2 * 0.8 + joint.cdf([cut, cut])) / 0.2
    random, held = np.random.default_rng(4), []
    for _ in range(50):
        x, z = random.normal(size=(2, 100))
        found = quick(series(x), series(0.8 * x + 0.6 * z), draws=120).overlap
        assert found is not None
        held.append(found.covers(truth))
    # The error of 50 is 3 points; three of them.
    assert np.mean(held) >= 0.95 - 0.09


def test_the_rank_correlation_is_that_of_scipy_with_bonett_and_wrights_error() -> None:
    random = np.random.default_rng(5)
    x = random.poisson(3, 60).astype(float)
    y = x + random.poisson(3, 60)
    found = quick(series(x), series(y)).ranks
    expected = stats.spearmanr(x, y).statistic
    assert found is not None
    assert found.value == pytest.approx(expected, rel=1e-12)
    # On Fisher's scale the interval is even, with error sqrt((1 + r^2 / 2) / (n - 3)).
    reach = stats.norm.ppf(0.975) * math.sqrt((1 + expected**2 / 2) / 57)
    ends = np.arctanh([found.low, found.high])
    assert ends == pytest.approx(np.arctanh(expected) + reach * np.array([-1, 1]))


def test_the_same_measure_twice_overlaps_wholly() -> None:
    x = series(np.arange(50))
    found = quick(x, x)
    assert found.overlap is not None
    assert (found.overlap.value, found.only_first, found.only_second) == (1, (), ())
    # No resample differs: how far off this is, they cannot say.
    assert (found.overlap.low, found.overlap.high) == (0, 1)
    assert found.ranks is not None
    assert found.ranks.value == pytest.approx(1)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=5, max_size=30), st.sampled_from([0.1, 0.2, 0.5]))
def test_a_top_holds_its_share_of_units_and_more_with_ties(values: list[int], share: float) -> None:
    top = at_top(np.array(values, dtype=float), share)
    assert top.sum() >= share * (len(values) - 1)
    x = np.array(values)
    assert x[top].min() > x[~top].max() if (~top).any() else True


def test_units_are_matched_by_name_and_those_without_a_number_left_out() -> None:
    first, second = series(np.arange(10)), series(np.arange(10))[::-1]
    second["u9"] = np.nan
    found = quick(first, second.drop("u0"), share=0.2)
    assert found.n == 8
    assert found.both == ("u8", "u7")


def test_of_one_unit_there_is_no_overlap() -> None:
    found = quick(series([1]), series([2]))
    assert (found.overlap, found.reason) == (None, "fewer than two units have both measures")


def test_a_unit_that_stands_twice_is_refused() -> None:
    twice = pd.Series([1.0, 2], index=["a", "a"])
    with pytest.raises(DataError, match="unit a stands twice"):
        quick(twice, twice)
    with pytest.raises(DataError, match="infinite"):
        quick(series([1, math.inf]), series([1, 2]))


def test_wrong_arguments_are_named() -> None:
    x = series([1, 2, 3])
    with pytest.raises(ValueError, match="share"):
        quick(x, x, share=1)
    with pytest.raises(ValueError, match="level"):
        quick(x, x, level=0)
    with pytest.raises(ValueError, match="share"):
        top_chances(pd.DataFrame([[1, 2]]), share=0, level=0.9, seed=1)


def test_who_hangs_on_one_period_is_at_the_top_as_often_as_it_is_drawn() -> None:
    """Of two units the second is ahead by one period alone; it is drawn with 1 - (3/4)^4."""
    table = pd.DataFrame([[3, 3, 3, 3], [0, 0, 0, 100]], index=["steady", "once"])
    found = top_chances(table, share=0.5, level=0.9, seed=1, draws=2_000)
    missing = (3 / 4) ** 4
    near = 4 * math.sqrt(missing * (1 - missing) / 2_000)
    assert found["chance"]["once"] == pytest.approx(1 - missing, abs=near)
    assert found["chance"]["steady"] == pytest.approx(missing, abs=near)
    assert list(found.index) == ["once", "steady"]
    assert found.loc["once", ["rank", "low", "high"]].tolist() == [1, 1, 2]
    assert found["top"].tolist() == [True, False]


def test_units_that_sell_alike_each_period_keep_their_ranks() -> None:
    table = pd.DataFrame(np.outer([5, 4, 4, 1], [1, 7, 2, 9, 3]), index=list("abcd"))
    found = top_chances(table, share=0.25, level=0.95, seed=1, draws=50)
    assert found["rank"].tolist() == [1, 2, 2, 4]
    assert (found["low"] == found["rank"]).all()
    assert (found["high"] == found["rank"]).all()
    assert found["chance"].tolist() == [1, 0, 0, 0]
