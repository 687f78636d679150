"""Power and sample sizes against statsmodels, simulation, and the original's design."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from knowntruth.methods.experiments.power import (
    power_of_proportions,
    sample_size,
    sample_size_of_proportions,
    smallest_effect,
    smallest_lift,
    smallest_lift_of_proportions,
    total_units,
    total_units_of_proportions,
)

USUAL = {"alpha": 0.05, "power": 0.8}


def test_the_designs_of_the_original_come_out() -> None:
    """Printed: 31,397, 3,488 and 34,885 at 90/10; 12,560 in all at 50/50."""
    ramp = sample_size(0.05, **USUAL, treatment_share=0.1)
    assert (int(ramp.control), int(ramp.treatment), int(ramp.total)) == (31_397, 3_488, 34_885)
    assert int(sample_size(0.05, **USUAL, treatment_share=0.5).total) == 12_560


@pytest.mark.parametrize("effect", [0.01, 0.05, 0.197, 1.0, 2.0])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.8])
def test_sample_sizes_are_those_of_statsmodels(effect: float, share: float) -> None:
    """statsmodels 0.15.0, `TTestIndPower.solve_power`."""
    expected = TTestIndPower().solve_power(effect_size=effect, **USUAL, ratio=share / (1 - share))
    assert sample_size(-effect, **USUAL, treatment_share=share).control == pytest.approx(
        expected, rel=1e-6
    )


def test_a_curve_over_splits_is_lowest_in_the_middle_and_the_same_from_both_sides() -> None:
    shares = np.linspace(0.02, 0.98, 97).reshape(97, 1)
    curve = total_units(0.05, **USUAL, treatment_shares=shares)
    assert curve.shape == shares.shape
    assert curve == pytest.approx(curve[::-1], rel=1e-6)
    assert shares[curve.argmin(), 0] == pytest.approx(0.5)
    rates = total_units_of_proportions(0.1, 0.11, **USUAL, treatment_shares=shares)
    assert rates.shape == shares.shape
    assert rates == pytest.approx(0.1 * 0.9 / (0.01**2) * 7.85 / (shares * (1 - shares)), rel=0.12)


@pytest.mark.parametrize("sizes", [(35_992, 4_008), (200, 50), (6, 5)])
def test_the_smallest_effect_is_that_of_statsmodels(sizes: tuple[int, int]) -> None:
    """statsmodels 0.15.0, `TTestIndPower.solve_power`."""
    expected = TTestIndPower().solve_power(nobs1=sizes[0], ratio=sizes[1] / sizes[0], **USUAL)
    assert smallest_effect(*sizes, **USUAL) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("sizes", [(2, 1), (2, 2), (1, 400)])
def test_the_smallest_effect_of_a_handful_is_seen_as_often_as_asked(
    sizes: tuple[int, int],
) -> None:
    rng = np.random.default_rng(2)
    draws, df = 200_000, sum(sizes) - 2
    shift = smallest_effect(*sizes, **USUAL) / math.sqrt(1 / sizes[0] + 1 / sizes[1])
    t = (rng.normal(shift, 1, draws)) / np.sqrt(rng.chisquare(df, draws) / df)
    assert (abs(t) > stats.t.ppf(0.975, df)).mean() == pytest.approx(0.8, abs=0.004)


def test_of_very_many_units_the_smallest_effect_is_the_z_tests() -> None:
    expected = (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * math.sqrt(2 / 5e7)
    assert smallest_effect(50_000_000, 50_000_000, **USUAL) == pytest.approx(expected, rel=1e-4)


def test_so_few_units_may_see_no_effect_at_all() -> None:
    assert smallest_effect(1, 2, alpha=0.001, power=0.8) == math.inf
    assert smallest_lift_of_proportions(0.9, 20, 20, **USUAL) is None
    assert smallest_lift_of_proportions(1.0, 20_000, 20_000, **USUAL) is None


def test_the_smallest_lift_is_the_smallest_effect_in_units_of_the_mean() -> None:
    found = smallest_lift(36_000, 4_000, mean=19.0, sd=14.0, **USUAL)
    assert found == pytest.approx(smallest_effect(36_000, 4_000, **USUAL) * 14 / 19)


@settings(deadline=None, max_examples=25)
@given(st.floats(0.02, 1.5), st.floats(0.05, 0.95), st.floats(0.3, 0.99))
def test_the_smallest_effect_of_a_design_is_the_one_it_was_made_for(
    effect: float, share: float, power: float
) -> None:
    design = sample_size(effect, alpha=0.05, power=power, treatment_share=share)
    sizes = math.ceil(design.control), math.ceil(design.treatment)
    # Whole units can only see as much or more.
    if min(sizes) > 20:
        assert smallest_effect(*sizes, alpha=0.05, power=power) == pytest.approx(effect, rel=0.03)


def simulated_power(sizes: tuple[int, int], rates: tuple[float, float], draws: int) -> float:
    rng = np.random.default_rng(4)
    (c, t) = (rng.binomial(n, p, draws) for n, p in zip(sizes, rates, strict=True))
    pooled = (c + t) / sum(sizes)
    error = np.sqrt(pooled * (1 - pooled) * (1 / sizes[0] + 1 / sizes[1]))
    z = (t / sizes[1] - c / sizes[0]) / error
    return float((abs(z) > stats.norm.ppf(0.975)).mean())


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_designs_for_rates_have_the_power_that_they_were_made_for(share: float) -> None:
    """Simulated, because textbook formulas differ by 1% where the split is not even."""
    design = sample_size_of_proportions(0.0961, 0.1026, **USUAL, treatment_share=share)
    sizes = math.ceil(design.control), math.ceil(design.treatment)
    found = simulated_power(sizes, (0.0961, 0.1026), 400_000)
    assert found == pytest.approx(0.8, abs=0.0035)


def test_the_originals_test_of_conversion_was_likely_to_see_nothing() -> None:
    """9.61% against 10.26%: power near a quarter; a lift of about 14% was needed."""
    sizes = 36_000, 4_000
    power = power_of_proportions(0.0961, 0.1026, *sizes, alpha=0.05)
    assert power == pytest.approx(simulated_power(sizes, (0.0961, 0.1026), 400_000), abs=0.003)
    assert power == pytest.approx(0.25, abs=0.02)
    lift = smallest_lift_of_proportions(0.0961, *sizes, **USUAL)
    assert lift == pytest.approx(0.14, abs=0.01)
    assert power_of_proportions(0.0961, 0.0961 * (1 + (lift or 0)), *sizes, alpha=0.05) == (
        pytest.approx(0.8, abs=1e-9)
    )
    designs = [
        sample_size_of_proportions(0.0961, 0.1026, **USUAL, treatment_share=share).total
        for share in (0.1, 0.5)
    ]
    assert designs == pytest.approx([186_000, 67_000], rel=0.02)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"effect_size": 0}, "size of the effect"),
        ({"effect_size": math.nan}, "size of the effect"),
        ({"effect_size": 60}, "fewer units than a t-test takes"),
        ({"treatment_share": 0}, "share of treatment"),
        ({"treatment_share": 1}, "share of treatment"),
        ({"alpha": 0}, "alpha"),
        ({"power": 0.01}, "power lies between 0.05 and 1"),
        ({"power": 1}, "power"),
    ],
)
def test_an_impossible_design_is_refused_by_name(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sample_size(**({"effect_size": 0.05, **USUAL, "treatment_share": 0.1} | options))


def test_impossible_rates_and_sizes_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="size of the difference"):
        sample_size_of_proportions(0.1, 0.1, **USUAL, treatment_share=0.5)
    with pytest.raises(ValueError, match="p_treatment"):
        power_of_proportions(0.1, 1.0, 10, 10, alpha=0.05)
    with pytest.raises(ValueError, match="units is at least 3"):
        smallest_effect(1, 1, **USUAL)
    with pytest.raises(ValueError, match="the mean"):
        smallest_lift(10, 10, mean=0, sd=1, **USUAL)
