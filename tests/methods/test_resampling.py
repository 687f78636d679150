"""Intervals by resampling against scipy, and statistics whose interval is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from knowntruth.methods.resampling import Counts, Kind, counts_of, ends, period_counts, resample

Array = np.ndarray


def mean_of(x: Array) -> object:
    def statistic(counts: Counts) -> Array:
        return np.array([counts @ x / counts.sum()])

    return statistic


@pytest.mark.parametrize(("level", "tied"), [(0.8, False), (0.95, True)])
@pytest.mark.parametrize(("kind", "scipys"), [("bca", "BCa"), ("percentile", "percentile")])
def test_ends_of_the_same_draws_are_those_of_scipy(
    level: float, tied: bool, kind: Kind, scipys: str
) -> None:
    drawn = np.random.default_rng(1).lognormal(size=40)
    # Rounded, many resamples have the very value that was observed.
    x = drawn.round() if tied else drawn
    theirs = stats.bootstrap(
        (x,),
        np.mean,
        confidence_level=level,
        n_resamples=999,
        method=scipys,
        rng=np.random.default_rng(2),
    )
    left_out = np.array([np.mean(np.delete(x, i)) for i in range(len(x))])
    found = ends(
        float(np.mean(x)),
        theirs.bootstrap_distribution,
        left_out if kind == "bca" else None,
        level=level,
    )
    assert found == pytest.approx(tuple(theirs.confidence_interval), rel=1e-12)


@pytest.mark.parametrize("kind", ["bca", "percentile"])
def test_the_interval_of_a_mean_is_that_of_scipy_but_for_the_draws(kind: Kind) -> None:
    x = np.random.default_rng(3).exponential(size=60)
    theirs = stats.bootstrap(
        (x,),
        np.mean,
        n_resamples=20_000,
        method={"bca": "BCa", "percentile": "percentile"}[kind],
        rng=np.random.default_rng(4),
    )
    found = resample(mean_of(x), 60, level=0.95, draws=20_000, seed=5, kind=kind)
    # The error of a quantile near 2.5% of so many draws: 0.03 standard errors, twice.
    near = 4 * 0.04 * x.std() / math.sqrt(60)
    assert (found.low[0], found.high[0]) == pytest.approx(
        tuple(theirs.confidence_interval), abs=near
    )


def test_acceleration_from_groups_is_that_from_units() -> None:
    """Of 3,000 units in 1,000 groups, against scipy, which leaves out each."""
    x = np.random.default_rng(6).exponential(size=3_000)
    theirs = stats.bootstrap((x,), np.mean, n_resamples=4_000, method="BCa", batch=100, rng=7)
    found = resample(mean_of(x), 3_000, level=0.95, draws=4_000, seed=8)
    near = 4 * 0.1 * x.std() / math.sqrt(3_000)
    assert (found.low[0], found.high[0]) == pytest.approx(
        tuple(theirs.confidence_interval), abs=near
    )


def test_a_resample_has_as_many_units_as_there_are() -> None:
    random = np.random.default_rng(9)
    drawn = np.array([counts_of(random, 50) for _ in range(400)])
    assert (drawn.sum(axis=1) == 50).all()
    # Each count is binomial with mean 1 and variance 0.98.
    assert drawn.var() == pytest.approx(0.98, abs=0.05)


def test_a_resample_has_as_many_periods_as_there_are() -> None:
    drawn = period_counts(11, draws=2_000, seed=1)
    assert drawn.shape == (11, 2_000)
    assert (drawn.sum(axis=0) == 11).all()
    # A period is missing with chance (10 / 11)^11.
    near = 4 * math.sqrt(0.35 * 0.65 / drawn.size)
    assert np.mean(drawn == 0) == pytest.approx((10 / 11) ** 11, abs=near)
    with pytest.raises(ValueError, match="periods"):
        period_counts(1, draws=20, seed=1)
    with pytest.raises(ValueError, match="draws"):
        period_counts(5, draws=10, seed=1)


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    x = np.arange(30.0)
    first, again, other = (
        resample(mean_of(x), 30, level=0.95, draws=50, seed=seed).draws for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert not (first == other).all()


def test_where_all_resamples_agree_the_interval_reaches_to_the_bounds() -> None:
    found = resample(lambda counts: np.array([1.0]), 5, level=0.95, draws=20, seed=1)
    estimate = found.estimate(0, bounds=(0.0, 1.0))
    assert estimate is not None
    assert (estimate.low, estimate.high) == (0, 1)
    free = found.estimate(0)
    assert free is not None
    assert (free.low, free.high) == (-math.inf, math.inf)


def test_a_statistic_without_a_value_has_no_estimate() -> None:
    found = resample(lambda counts: np.array([math.nan]), 5, level=0.95, draws=20, seed=1)
    assert found.estimate(0) is None


def test_a_statistic_that_most_resamples_lack_has_no_ends() -> None:
    """The first of five units comes up three times or more with chance 0.06."""
    found = resample(
        lambda counts: np.array([counts[1] if counts[0] >= 3 or counts.max() == 1 else math.nan]),
        5,
        level=0.95,
        draws=300,
        seed=1,
    )
    estimate = found.estimate(0)
    assert estimate is not None
    assert estimate.high == math.inf


def test_a_value_beyond_all_draws_has_a_percentile_interval() -> None:
    draws = np.linspace(0, 1, 101)
    assert ends(2.0, draws, np.arange(9.0), level=0.9) == pytest.approx((0.05, 0.95))


@pytest.mark.parametrize(
    ("n", "draws", "level", "named"),
    [(1, 50, 0.95, "units"), (5, 19, 0.95, "draws"), (5, 50, 1.0, "level")],
)
def test_wrong_arguments_are_named(n: int, draws: int, level: float, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        resample(mean_of(np.arange(float(n))), n, level=level, draws=draws, seed=1)
