"""Intervals against scipy, and at the ends where there is none."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from knowntruth.methods.intervals import logit_interval, share_of, z_interval


def test_a_z_interval_and_its_p_value_are_those_of_the_normal_distribution() -> None:
    """scipy 1.17.1, `norm.interval` and twice the smaller tail."""
    found = z_interval(1.3, 0.4, 50, null=1.0, level=0.9, method="slope", unit="points")
    assert (found.low, found.high) == pytest.approx(stats.norm(1.3, 0.4).interval(0.9))
    assert found.p_value == pytest.approx(2 * stats.norm(1.0, 0.4).sf(1.3))
    assert (found.unit, found.null, found.n, found.method) == ("points", 1.0, 50, "slope")


@pytest.mark.parametrize("error", [0.0, math.nan])
def test_without_an_error_a_number_has_no_bounds_and_no_test(error: float) -> None:
    found = z_interval(1.3, error, 50, level=0.9, method="slope", unit="points")
    assert (found.value, found.low, found.high) == (1.3, -math.inf, math.inf)
    assert (found.p_value, found.unit) == (None, "points")


def test_a_logit_interval_is_symmetric_in_odds_and_stays_between_0_and_1() -> None:
    found = logit_interval(0.9, 0.08, 20, null=0.5, level=0.99, method="AUC")
    odds = [x / (1 - x) for x in (found.low, found.value, found.high)]
    assert odds[1] / odds[0] == pytest.approx(odds[2] / odds[1])
    reach = stats.norm.ppf(0.995) * 0.08 / (0.9 * 0.1)
    assert odds[2] == pytest.approx(9 * math.exp(reach))
    sure = logit_interval(1.0, 0.0, 20, null=0.5, level=0.99, method="AUC")
    assert (sure.low, sure.high, sure.p_value) == (0, 1, None)


@pytest.mark.parametrize("weight", [1, 3])
def test_a_share_whose_units_count_for_more_has_the_interval_of_so_many(weight: int) -> None:
    """scipy 1.17.1, `binomtest(...).proportion_ci(method="wilson")`."""
    found = share_of(4, 30, level=0.9, weight=weight)
    expected = stats.binomtest(4 * weight, 30 * weight).proportion_ci(0.9, method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert (found.value, found.n, found.unit, found.null) == (4 / 30, 30, "share", None)
