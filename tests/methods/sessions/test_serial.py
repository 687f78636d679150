"""Series of days that go together, against statsmodels, scipy, closed forms and simulation."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from knowntruth.errors import DataError
from knowntruth.methods.sessions.serial import (
    Change,
    Stretches,
    cosine,
    dependence,
    newey_west,
    stretches,
    welch,
)
from knowntruth.story.estimates import Estimate

Array = NDArray[np.float64]

WAYS = [welch, newey_west, cosine]


def series(seed: int, *, r: float = 0.5, before: int = 55, after: int = 36) -> Stretches:
    """Return an AR(1) in its steady state, with variance one, and no change."""
    random = np.random.default_rng([17, seed])
    values = random.normal(size=before + after)
    for t in range(1, len(values)):
        values[t] = r * values[t - 1] + math.sqrt(1 - r**2) * values[t]
    return Stretches(before=values[:before], after=values[before:])


def estimate(found: Change) -> Estimate:
    assert found.reason == ""
    assert found.estimate is not None
    return found.estimate


@pytest.mark.parametrize("lags", [0, 3, 10])
def test_newey_west_is_the_regression_of_statsmodels(lags: int) -> None:
    """statsmodels: OLS(y, [1, after]).fit(cov_type="HAC", maxlags, use_correction, use_t)."""
    made = series(1)
    y = np.concatenate([made.before, made.after])
    X = np.column_stack([np.ones(91), np.arange(91) >= 55]).astype(float)
    fit = sm.OLS(y, X).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True
    )
    found = newey_west(made, level=0.95, lags=lags)
    assert estimate(found).value == pytest.approx(fit.params[1], rel=1e-9)
    assert found.error == pytest.approx(fit.bse[1], rel=1e-9)
    assert (estimate(found).low, estimate(found).high) == pytest.approx(tuple(fit.conf_int()[1]))
    assert estimate(found).p_value == pytest.approx(fit.pvalues[1], rel=1e-9)


def test_the_usual_lags_of_91_days_are_three() -> None:
    made = series(1)
    assert newey_west(made, level=0.95) == newey_west(made, level=0.95, lags=3)


def test_welch_is_that_of_scipy() -> None:
    made = series(2)
    expected = stats.ttest_ind(made.after, made.before, equal_var=False)
    found = welch(made, level=0.9)
    assert estimate(found).value / found.error == pytest.approx(expected.statistic, rel=1e-12)
    assert found.degrees == pytest.approx(expected.df, rel=1e-12)
    assert estimate(found).p_value == pytest.approx(expected.pvalue, rel=1e-12)
    assert estimate(found).low == pytest.approx(expected.confidence_interval(0.9).low)


def test_welch_is_that_of_scipy_where_a_daily_ratio_hardly_varies_beside_its_change() -> None:
    """Daily ratios such as 1.788 and 1.762 with a spread of 0.016 and 0.012, before less after."""
    random = np.random.default_rng(19)
    made = Stretches(before=random.normal(1.788, 0.016, 55), after=random.normal(1.762, 0.012, 36))
    expected = stats.ttest_ind(made.before, made.after, equal_var=False)
    found = welch(made, level=0.95)
    assert expected.pvalue < 1e-6
    assert -estimate(found).value / found.error == pytest.approx(expected.statistic, rel=1e-12)
    assert estimate(found).p_value == pytest.approx(expected.pvalue, rel=1e-10)


def test_all_cosine_waves_together_are_welch() -> None:
    """The waves are an orthonormal basis of what the mean leaves (Parseval)."""
    made = series(3)
    found = cosine(made, level=0.95, waves=1000)
    assert found.error == pytest.approx(welch(made, level=0.95).error, rel=1e-9)
    assert found.degrees == pytest.approx(welch(made, level=0.95).degrees, rel=1e-9)


def test_the_variance_by_waves_is_that_by_scipys_cosine_transform() -> None:
    from scipy import fft

    made = series(4)
    variance = 0.0
    for part, waves in ((made.before, 5), (made.after, 4)):
        power = fft.dct(part, type=2, norm="ortho")[1 : waves + 1] ** 2
        variance += power.mean() / len(part)
    assert cosine(made, level=0.95).error == pytest.approx(math.sqrt(variance), rel=1e-9)


def test_autocorrelation_is_that_of_statsmodels_within_a_stretch() -> None:
    made = series(5, r=0.8)
    both = Stretches(before=made.before, after=made.before + 7)
    found = dependence(both, level=0.95)
    r = float(sm.tsa.acf(made.before, nlags=1, fft=False)[1])
    assert found.autocorrelation is not None
    assert found.autocorrelation.value == pytest.approx(r, rel=1e-12)
    assert found.effective == pytest.approx(110 * (1 - r) / (1 + r))
    assert found.widening == pytest.approx(math.sqrt(110 / found.effective))


def test_the_effective_number_of_days_is_what_the_mean_of_a_long_series_shows() -> None:
    r, n, seeds = 0.6, 400, 800
    means = [series(seed, r=r, before=n, after=4).before.mean() for seed in range(seeds)]
    expected = n * (1 - r) / (1 + r)
    # The relative error of a variance is the root of 2 / seeds; the formula is for long series.
    assert 1 / np.var(means) == pytest.approx(expected, rel=4 * math.sqrt(2 / seeds))


def test_a_table_is_parted_at_the_start_whatever_its_order() -> None:
    day = [date(2024, 1, 1) + timedelta(days=i) for i in range(12)]
    data = pd.DataFrame({"day": day, "y": np.arange(12.0)})
    data.loc[3, "y"] = np.nan
    shuffled = data.sample(frac=1, random_state=2)
    found = stretches(shuffled, day="day", value="y", start="2024-01-08")
    assert found.before.tolist() == [0, 1, 2, 4, 5, 6]
    assert found.after.tolist() == [7, 8, 9, 10, 11]
    assert found.left_out == 1
    numbers = data.assign(day=range(12))
    assert len(stretches(numbers, day="day", value="y", start=7).after) == 5
    with pytest.raises(DataError, match="a day has two rows"):
        stretches(pd.concat([data, data]), day="day", value="y", start="2024-01-08")
    with pytest.raises(DataError, match="a value is infinite"):
        stretches(data.assign(y=np.inf), day="day", value="y", start="2024-01-08")
    with pytest.raises(DataError, match="no such column"):
        stretches(data, day="days", value="y", start="2024-01-08")


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    scale=st.sampled_from([-3.0, -1.0, 0.1]),
    shift=st.floats(-100, 100),
    way=st.sampled_from(WAYS),
)
def test_units_of_the_outcome_and_its_level_do_not_matter(
    seed: int, scale: float, shift: float, way: Callable[..., Change]
) -> None:
    made = series(seed)
    moved = Stretches(before=scale * made.before + shift, after=scale * made.after + shift)
    here, there = (estimate(way(each, level=0.9)) for each in (made, moved))
    ends = sorted((scale * here.low, scale * here.high))
    assert [there.low, there.high] == pytest.approx(ends, abs=1e-9)
    assert there.p_value == pytest.approx(here.p_value, abs=1e-9)


def test_time_may_run_backwards() -> None:
    made = series(6)
    back = Stretches(before=made.after[::-1], after=made.before[::-1])
    for way in WAYS:
        here, there = (estimate(way(each, level=0.9)) for each in (made, back))
        assert (there.low, there.high) == pytest.approx((-here.high, -here.low), rel=1e-9)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (3, 36, "a stretch has fewer than 4 days"),
        (55, 0, "a stretch has fewer than 4 days"),
    ],
)
def test_few_days_are_the_reason(before: int, after: int, reason: str) -> None:
    made = series(1, before=before, after=after)
    for way in WAYS:
        assert way(made, level=0.95).reason == reason
    assert dependence(made, level=0.95).reason == reason


def test_a_constant_stretch_is_the_reason() -> None:
    made = Stretches(before=np.ones(9), after=np.arange(9.0))
    for way in WAYS:
        assert way(made, level=0.95).reason == "the values of a stretch do not differ"


def test_wrong_arguments_are_named() -> None:
    made = series(1)
    for way in WAYS:
        with pytest.raises(ValueError, match="level lies between"):
            way(made, level=0)
    with pytest.raises(ValueError, match="lags is at least 0"):
        newey_west(made, level=0.95, lags=-1)
    with pytest.raises(ValueError, match="waves is at least 1"):
        cosine(made, level=0.95, waves=0)


SEEDS = 700


def alarms(r: float) -> dict[str, float]:
    """Return how often each way calls a difference at 5% where there is none."""
    made = [series(seed, r=r) for seed in range(SEEDS)]
    return {
        way.__name__: float(np.mean([not estimate(way(m, level=0.95)).covers(0) for m in made]))
        for way in WAYS
    }


BERTH = 4 * math.sqrt(0.05 * 0.95 / SEEDS)


def test_independent_days_raise_as_many_alarms_as_they_should() -> None:
    found = alarms(0.0)
    assert abs(found["welch"] - 0.05) < BERTH
    assert abs(found["cosine"] - 0.05) < BERTH
    assert abs(found["newey_west"] - 0.06) < BERTH + 0.01


def test_days_that_go_together_raise_far_too_many_alarms_for_welch() -> None:
    """The variance of a mean is 3 times as large at 0.5: 1.96 is then 1.13 errors, or 26%."""
    found = alarms(0.5)
    expected = 2 * stats.norm.sf(1.96 / math.sqrt(3))
    assert abs(found["welch"] - expected) < BERTH + 0.02
    assert 0.05 + BERTH < found["newey_west"] < found["welch"] / 1.5
    assert abs(found["cosine"] - 0.05) < BERTH + 0.02


def test_the_stickier_the_days_the_worse() -> None:
    mild, sticky = alarms(0.5), alarms(0.8)
    for name in mild:
        assert sticky[name] > mild[name]
    assert sticky["cosine"] < sticky["newey_west"] < sticky["welch"]
    assert sticky["welch"] > 0.4
