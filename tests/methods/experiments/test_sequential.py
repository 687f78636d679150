"""Looks before the end, against published rates, exact probabilities and simulations."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from knowntruth.errors import DataError
from knowntruth.methods.experiments.experiments import welch
from knowntruth.methods.experiments.sequential import (
    confidence_sequence,
    daily,
    peeking_error,
    reach,
)
from knowntruth.methods.moments import summarise

DAYS, A_DAY = 20, 150


def test_the_error_of_repeated_looks_is_the_published_one() -> None:
    """Armitage, McPherson & Rowe 1969, table 2, at 5 %."""
    looks = [1, 2, 3, 4, 5, 10, 20, 50, 100, 1_000]
    published = [5.0, 8.3, 10.7, 12.6, 14.2, 19.3, 24.8, 32.0, 37.4, 53.0]
    found = peeking_error(looks, alpha=0.05)
    assert [round(100 * float(rate), 1) for rate in found] == published


@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.001])
def test_one_look_keeps_its_level_and_two_are_a_bivariate_normal(alpha: float) -> None:
    """The z-values of two looks correlate by the square root of one half (scipy 1.17.1)."""
    one, two = peeking_error([1, 2], alpha=alpha)
    assert one == pytest.approx(alpha, rel=1e-9)
    z = stats.norm.isf(alpha / 2)
    both = stats.multivariate_normal([0, 0], [[1, 0.5**0.5], [0.5**0.5, 1]])
    assert 1 - two == pytest.approx(both.cdf([z, z], lower_limit=[-z, -z]), abs=1e-9)


def test_the_error_has_the_shape_of_the_looks() -> None:
    found = peeking_error([[1, 5], [5, 2]], alpha=0.05)
    assert found.shape == (2, 2)
    assert found[0, 1] == found[1, 0]
    assert float(peeking_error(5, alpha=0.05)) == pytest.approx(found[0, 1], abs=1e-12)


@pytest.mark.parametrize("looks", [0, [3, -1], 2.5, math.nan, []])
def test_what_is_no_number_of_looks_is_refused(looks: object) -> None:
    with pytest.raises(ValueError, match="whole number, 1 or more"):
        peeking_error(looks, alpha=0.05)


@settings(deadline=None, max_examples=25)
@given(level=st.floats(0.5, 0.999), tightest_at=st.floats(10, 1e7))
def test_nothing_reaches_less_far_at_the_chosen_size(level: float, tightest_at: float) -> None:
    """The least of the formula over rho, found by scipy 1.17.1's `minimize_scalar`."""

    def formula(log_x: float) -> float:
        x = math.exp(log_x)
        return math.sqrt(2 * (x + 1) / x * math.log(math.sqrt(x + 1) / (1 - level)))

    least = optimize.minimize_scalar(formula, bounds=(-5, 10), method="bounded").fun
    assert float(reach(tightest_at, level=level, tightest_at=tightest_at)) == pytest.approx(
        least, rel=1e-7
    )
    others = reach(tightest_at * np.array([0.5, 2]), level=level, tightest_at=tightest_at)
    assert (others > least).all()
    assert least > stats.norm.isf((1 - level) / 2)


def simulated(gap: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Difference, its error and units of 2,000 skewed experiments, at the end of each day."""
    rng = np.random.default_rng(12)
    sums = []
    for share, mean in ((0.8, 2.0), (0.2, 2.0 + gap)):
        n = round(A_DAY * share)
        x = rng.gamma(2, mean / 2, (2_000, DAYS, n))
        counts = n * np.arange(1, DAYS + 1)
        average = x.sum(axis=2).cumsum(axis=1) / counts
        squares = np.square(x).sum(axis=2).cumsum(axis=1) / counts
        sums.append((average, (squares - average**2) / (counts - 1), counts))
    (c, error_c, n_c), (t, error_t, n_t) = sums
    return t - c, np.sqrt(error_c + error_t), n_c + n_t


def test_daily_looks_err_often_and_the_sequence_does_not() -> None:
    """Nothing is there; 2,000 experiments, 20 daily looks, 4 Monte Carlo errors."""
    gap, error, n = simulated(0.0)
    alpha = 0.1
    z = np.abs(gap / error)
    naive = (z > stats.norm.isf(alpha / 2)).any(axis=1).mean()
    expected = float(peeking_error(DAYS, alpha=alpha))
    tolerance = 4 * math.sqrt(expected * (1 - expected) / len(z))
    assert naive == pytest.approx(expected, abs=tolerance)
    for tightest_at in (n[0], n[-1] // 4, n[-1]):
        limits = reach(n, level=1 - alpha, tightest_at=float(tightest_at))
        always = (z > limits).any(axis=1).mean()
        assert always <= alpha + 4 * math.sqrt(alpha * (1 - alpha) / len(z))
        assert always < naive / 3


def test_all_intervals_together_hold_a_true_difference() -> None:
    gap, error, n = simulated(0.3)
    limits = reach(n, level=0.9, tightest_at=1_500)
    held = (np.abs(gap - 0.3) <= limits * error).all(axis=1).mean()
    assert held >= 0.9 - 4 * math.sqrt(0.09 / len(gap))
    # And they find it in the end.
    assert (gap[:, -1] > limits[-1] * error[:, -1]).mean() > 0.5


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    n = 3_000
    arm = rng.choice(["control", "treatment", "other"], n, p=[0.6, 0.3, 0.1])
    day = pd.array(rng.integers(1, 13, n), dtype="Int64")
    rows = pd.DataFrame({"arm": arm, "day": day, "x": rng.gamma(2, 10, n)})
    rows.loc[rows.arm == "treatment", "x"] += 3
    rows.loc[rng.random(n) < 0.02, "day"] = pd.NA
    return rows


def test_each_day_has_the_moments_of_all_days_up_to_it(table: pd.DataFrame) -> None:
    found = daily(table, "x", day="day")
    assert found.days == tuple(range(1, 13))
    for day, *arms in zip(found.days, found.control, found.treatment, strict=True):
        expected = summarise(table[(table.day <= day).fillna(False)], ["x"])
        for name, ours in zip(("control", "treatment"), arms, strict=True):
            theirs = expected[name].samples["x"]
            assert ours.rows == expected[name].rows
            assert ours.samples["x"].mean == pytest.approx(theirs.mean, rel=1e-12)
            assert ours.samples["x"].variance == pytest.approx(theirs.variance, rel=1e-12)


def test_a_look_is_welchs_test_and_the_formula_of_the_paper(table: pd.DataFrame) -> None:
    """Waudby-Smith et al. 2021, written out with the variance of a unit."""
    found = daily(table, "x", day="day")
    level, size = 0.95, 2_000
    looks = confidence_sequence(found, level=level, tightest_at=size)
    assert [look.day for look in looks] == list(found.days)
    alpha = 1 - level
    # rho is what makes the formula least after `size` units.
    rho = optimize.brentq(
        lambda r: r**2 * size - math.log(r**2 * size + 1) + 2 * math.log(alpha), 1e-3, 10
    )
    for look, control, treatment in zip(looks, found.control, found.treatment, strict=True):
        fixed = welch(control, treatment, "x", level=level).difference
        assert look.fixed == fixed
        n = fixed.n
        sd = math.sqrt(n * sum(a.samples["x"].variance / a.rows for a in (control, treatment)))
        inner = 2 * (n * rho**2 + 1) / (n**2 * rho**2)
        half = sd * math.sqrt(inner * math.log(math.sqrt(n * rho**2 + 1) / alpha))
        assert look.always.value == fixed.value
        assert look.always.high - look.always.value == pytest.approx(half, rel=1e-7)
        assert look.always.value - look.always.low == pytest.approx(half, rel=1e-7)
        assert look.always.low < fixed.low < fixed.high < look.always.high
        assert look.always.p_value is not None
        assert (look.always.p_value < alpha) == (look.always.direction != "unclear")
    assert looks[-1].always.direction == "higher"
    # The p-value is the alpha at which the interval, with the same rho, ends at 0.
    last = looks[-1].always
    z = last.value / (last.high - last.value) * float(reach(last.n, level=level, tightest_at=size))
    x = last.n * rho**2
    assert last.p_value is not None
    assert z**2 == pytest.approx(2 * (x + 1) / x * math.log(math.sqrt(x + 1) / last.p_value))


def test_days_may_be_dates_and_looks_begin_when_both_arms_are_known() -> None:
    first = dt.date(2024, 1, 9)
    rows = pd.DataFrame(
        {
            "arm": ["control", "control", "treatment", "treatment", "control", "third"],
            "came": [first + dt.timedelta(days=k) for k in (0, 1, 1, 2, 2, 5)],
            "x": [1.0, 2.0, 7.0, 9.0, 3.0, 0.0],
        }
    )
    found = daily(rows, "x", day="came")
    assert [str(day)[:10] for day in found.days] == ["2024-01-09", "2024-01-10", "2024-01-11"]
    looks = confidence_sequence(found, level=0.9, tightest_at=6)
    assert [look.fixed.n for look in looks] == [3, 5]
    # One treated unit has no variance.
    assert (looks[0].always.p_value, looks[0].always.high) == (None, math.inf)
    assert looks[0].always.value == 5.5
    assert looks[1].always.p_value is not None
    assert looks[1].always.high < math.inf
    with pytest.raises(DataError, match="Did you mean came"):
        daily(rows, "x", day="cane")


def test_days_are_in_the_order_of_their_type() -> None:
    rows = pd.DataFrame({"arm": ["control", "treatment"] * 2, "day": [10, 2, 9, 10], "x": 1.0})
    assert daily(rows, "x", day="day").days == (2, 9, 10)
    text = rows.assign(day=rows.day.astype(str))
    assert daily(text, "x", day="day").days == ("10", "2", "9")


def test_the_level_and_the_size_are_checked() -> None:
    with pytest.raises(ValueError, match="tightest_at is at least 1"):
        reach(10, level=0.95, tightest_at=0)
    with pytest.raises(ValueError, match="level lies between 0 and 1"):
        reach(10, level=1.0, tightest_at=10)
