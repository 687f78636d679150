"""Concentration against closed forms, published shares, scipy, and its own coverage."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from knowntruth.methods.totals.concentration import (
    Concentration,
    concentration,
    lorenz,
    top_by_period,
)
from knowntruth.story.estimates import Estimate

# The sales of 234 creators, as far as a published notebook prints them: the six largest, and the
# sums of the ranks 7 to 21, 22 to 23, 24 to 46, 47 to 63 and 64 to 234, here spread evenly.
LARGEST = [14865, 7640, 4466, 3695, 3411, 3314]
BLOCKS = {15: 21_822, 2: 1_255, 23: 8_517, 17: 1_948, 171: 2_826}
PUBLISHED = np.array([*LARGEST, *(total / k for k, total in BLOCKS.items() for _ in range(k))])


def quick(values: object, **changes: object) -> Concentration:
    return concentration(values, **({"level": 0.95, "seed": 1, "draws": 20} | changes))


def known(estimate: Estimate | None) -> Estimate:
    assert estimate is not None
    return estimate


def test_the_published_top_shares_come_out_to_the_last_printed_digit() -> None:
    assert (len(PUBLISHED), round(PUBLISHED.sum())) == (234, 73_759)
    top = quick(PUBLISHED, shares=[0.2, 0.1]).top
    assert [top[0.2].units, top[0.1].units] == [46, 23]
    assert top[0.2].share.value == pytest.approx(0.935275695169403, rel=1e-13)
    assert top[0.1].share.value == pytest.approx(0.819805040740791, rel=1e-13)
    assert quick(PUBLISHED[:21]).top[0.2].share.value == pytest.approx(
        0.5178930302467364, rel=1e-13
    )
    assert quick(PUBLISHED[21:]).top[0.2].share.value == pytest.approx(
        0.8057197855080435, rel=1e-13
    )


def test_four_units_of_the_published_table_make_two_fifths() -> None:
    largest = quick(PUBLISHED, units=[4]).largest[4]
    assert largest.total == pytest.approx(30_666)
    assert largest.least == 3_695
    assert largest.share.value == pytest.approx(30_666 / 73_759)


@pytest.mark.parametrize("sigma", [0.5, 1.5])
def test_a_lognormal_column_has_the_curve_of_the_lognormal(sigma: float) -> None:
    """Aitchison & Brown 1957: L(p) = Phi(Phi^-1(p) - sigma), Gini 2 Phi(sigma / sqrt 2) - 1."""
    p = (np.arange(40_000) + 0.5) / 40_000
    found = quick(np.exp(sigma * stats.norm.ppf(p)), shares=[0.2])
    near = 2e-3
    assert known(found.gini).value == pytest.approx(
        2 * stats.norm.cdf(sigma / math.sqrt(2)) - 1, abs=near
    )
    inner = found.lorenz.iloc[1:-1]
    expected = stats.norm.cdf(stats.norm.ppf(inner["units"]) - sigma)
    assert inner["total"].to_numpy() == pytest.approx(expected, abs=near)
    assert found.top[0.2].share.value == pytest.approx(
        1 - stats.norm.cdf(stats.norm.ppf(0.8) - sigma), abs=near
    )


def test_a_pareto_column_holds_what_its_exponent_says() -> None:
    """Survival x^-a: Gini 1 / (2a - 1), top share p^(1 - 1/a), and its inverse for holders."""
    a, p = 3.0, (np.arange(40_000) + 0.5) / 40_000
    found = quick((1 - p) ** (-1 / a), shares=[0.1], parts=[0.5])
    assert known(found.gini).value == pytest.approx(1 / (2 * a - 1), abs=1e-3)
    assert found.top[0.1].share.value == pytest.approx(0.1 ** (1 - 1 / a), abs=1e-3)
    assert found.holders[0.5].value == pytest.approx(0.5 ** (a / (a - 1)), abs=1e-3)


def test_gini_is_half_the_mean_difference_over_the_mean() -> None:
    x = np.random.default_rng(2).gamma(0.5, size=50)
    expected = np.abs(x[:, None] - x).mean() / (2 * x.mean())
    assert known(quick(x).gini).value == pytest.approx(expected, rel=1e-12)


def test_intervals_are_those_of_scipy_but_for_the_draws() -> None:
    x = np.random.default_rng(3).lognormal(sigma=1, size=80)

    def share(sample: np.ndarray, axis: int) -> np.ndarray:
        ordered = np.sort(sample, axis=axis)
        # Where scipy leaves one of eighty out, a fifth is still a fifth of the units.
        n = ordered.shape[axis]
        kept = np.clip(np.arange(1, n + 1) - 0.8 * n, 0, 1)
        return (ordered * kept).sum(axis=axis) / ordered.sum(axis=axis)

    theirs = stats.bootstrap((x,), share, n_resamples=8_000, method="BCa", rng=4)
    found = quick(x, shares=[0.2], draws=8_000).top[0.2].share
    low, high = theirs.confidence_interval
    # Quantiles of so many draws err by about 0.03 standard errors each; four of both.
    near = 4 * 0.03 * math.sqrt(2) * theirs.standard_error
    assert (found.low, found.high) == pytest.approx((low, high), abs=near)


@pytest.mark.parametrize(("sigma", "least", "most"), [(0.6, 0.88, 0.99), (2.5, 0.4, 0.87)])
def test_intervals_hold_the_truth_unless_totals_are_very_uneven(
    sigma: float, least: float, most: float
) -> None:
    """100 samples of 150 units: coverage errs by two or three points, and may by three times that.

    Where the logarithm has a standard deviation of 2.5, a few units make most of the total, and
    intervals with a level of 95% hold the truth clearly less often.
    """
    truth = 2 * stats.norm.cdf(sigma / math.sqrt(2)) - 1
    random = np.random.default_rng(5)
    held = [
        known(
            quick(random.lognormal(sigma=sigma, size=150), shares=[], parts=[], draws=200).gini
        ).covers(truth)
        for _ in range(100)
    ]
    assert least <= np.mean(held) <= most


def test_more_units_make_narrower_intervals() -> None:
    random = np.random.default_rng(6)
    few, many = (random.gamma(1.0, size=n) for n in (100, 1_600))
    widths = [
        known(quick(x, draws=300).gini).high - known(quick(x, draws=300).gini).low
        for x in (few, many)
    ]
    # Sixteen times the units: a quarter of the width.
    assert widths[0] / widths[1] == pytest.approx(4, rel=0.3)


def test_equal_units_have_no_concentration_and_the_data_cannot_say_more() -> None:
    found = quick(np.full(40, 3.0))
    gini = known(found.gini)
    assert gini.value == pytest.approx(0)
    assert found.top[0.1].share.value == pytest.approx(0.1)
    assert found.holders[0.5].value == pytest.approx(0.5)


def test_one_unit_that_makes_all_has_all_shares() -> None:
    found = quick([0.0] * 19 + [5.0])
    assert known(found.gini).value == pytest.approx(0.95)
    assert found.top[0.01].units == 1
    assert found.top[0.01].share.value == 1
    assert found.holders[0.8].value == pytest.approx(0.04)


def test_a_share_that_is_a_whole_number_of_units_is_not_cut_by_rounding() -> None:
    # In binary, 0.29 * 100 lies a little below 29.
    assert quick(np.arange(1.0, 101), shares=[0.29]).top[0.29].units == 29


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(0.01, 1e6), min_size=3, max_size=30),
    st.floats(0.01, 100),
)
def test_the_currency_does_not_matter(values: list[float], rate: float) -> None:
    first, second = quick(values), quick(np.array(values) * rate)
    assert known(first.gini).value == pytest.approx(known(second.gini).value, abs=1e-9)
    assert first.top[0.2].share.value == pytest.approx(second.top[0.2].share.value, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=3, max_size=30).filter(any))
def test_the_curve_rises_from_none_to_all_and_lies_below_equality(values: list[int]) -> None:
    p, made = lorenz(np.sort(np.array(values, dtype=float)))
    assert (p[0], made[0], p[-1], made[-1]) == (0, 0, 1, 1)
    assert (np.diff(made) >= 0).all()
    assert (made <= p + 1e-12).all()


def test_missing_values_are_left_out() -> None:
    with_gaps = quick([1.0, math.nan, 2, 5, math.nan])
    assert with_gaps.n == 3
    assert known(with_gaps.gini).value == known(quick([1.0, 2, 5]).gini).value


@pytest.mark.parametrize(
    ("values", "reason"),
    [([3.0], "fewer than two"), ([1.0, -2.0, 4.0], "below zero"), ([0.0, 0.0], "zero")],
)
def test_what_makes_no_shares_says_why(values: list[float], reason: str) -> None:
    found = quick(values)
    assert found.gini is None
    assert found.lorenz.empty
    assert reason in found.reason


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"shares": [1.0]}, "share"),
        ({"parts": [0]}, "part"),
        ({"units": [0]}, "units"),
        ({"level": 0}, "level"),
    ],
)
def test_wrong_arguments_are_named(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        quick([1.0, 2, 3], **changes)


def test_values_are_one_finite_column() -> None:
    for values in ([[1.0, 2], [3, 4]], [1.0, math.inf]):
        with pytest.raises(ValueError, match="column of finite"):
            quick(values)


def test_the_share_of_each_period_is_that_of_units_largest_in_all() -> None:
    table = pd.DataFrame({"Jun": [8.0, 2, 0, 0], "Jul": [0.0, 10, 5, 5], "Aug": [0.0, 0, 0, 0]})
    found = top_by_period(table, share=0.25)
    # The second row has twelve in all, the first eight.
    assert found[["Jun", "Jul"]].to_dict() == {"Jun": 0.2, "Jul": 0.5}
    assert math.isnan(found["Aug"])
