"""What a p-value can bear, against the paper's table, closed forms and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.power import NormalIndPower

from knowntruth.methods.experiments.p_values import (
    bayes_factor,
    expected_z,
    largest_bayes_factor,
    least_probability_of_no_effect,
    probability_of_no_effect,
    z_of,
)


@pytest.mark.parametrize(
    ("p", "bound", "probability"),
    [(0.1, 0.6259, 0.385), (0.05, 0.4072, 0.289), (0.01, 0.1252, 0.111), (0.001, 0.0188, 0.0184)],
)
def test_the_bound_is_that_of_the_papers_table(p: float, bound: float, probability: float) -> None:
    """Sellke, Bayarri & Berger 2001, table 1: -e p ln p, and its probability at even odds."""
    assert 1 / largest_bayes_factor(p) == pytest.approx(bound, abs=6e-5)
    assert least_probability_of_no_effect(p, prior=0.5) == pytest.approx(probability, abs=6e-4)


def test_at_a_p_of_six_percent_no_effect_keeps_a_chance_of_thirty_one_percent() -> None:
    assert least_probability_of_no_effect(0.06, prior=0.5) == pytest.approx(0.31, abs=0.005)


def test_a_large_p_value_speaks_for_no_effect_at_all() -> None:
    assert largest_bayes_factor(0.5) == largest_bayes_factor(1.0) == 1
    assert largest_bayes_factor(1 / math.e) == pytest.approx(1)
    assert least_probability_of_no_effect(0.4, prior=0.7) == pytest.approx(0.7)


@given(st.floats(1e-9, 0.36))
def test_the_bound_is_the_largest_factor_over_its_alternatives(p: float) -> None:
    """Section 3.2 of the paper: p has density x p**(x - 1), 0 < x <= 1, under the effect."""
    found = optimize.minimize_scalar(
        lambda x: -(math.log(x) + (x - 1) * math.log(p)), bounds=(1e-6, 1), method="bounded"
    )
    assert largest_bayes_factor(p) == pytest.approx(math.exp(-found.fun), rel=1e-6)


@pytest.mark.parametrize(("z", "shift"), [(1.88, 1.26), (0.0, 2.0), (3.0, -2.8), (40.0, 3.0)])
def test_the_bayes_factor_is_the_ratio_of_densities(z: float, shift: float) -> None:
    densities = stats.norm.logpdf([z - shift, z + shift]) - stats.norm.logpdf(z)
    assert bayes_factor(z, expected_z=shift) == pytest.approx(np.exp(densities).mean(), rel=1e-9)


def test_the_bayes_factor_with_the_tests_own_power_is_the_one_computed_before() -> None:
    """p = .06, z mean 1.26: factor 2.4; effect 71% at even odds, 38% at one in five."""
    factor = bayes_factor(z_of(0.06), expected_z=1.26)
    assert factor == pytest.approx(2.4, abs=0.05)
    assert 1 - probability_of_no_effect(factor, prior=0.5) == pytest.approx(0.71, abs=0.005)
    assert 1 - probability_of_no_effect(factor, prior=0.8) == pytest.approx(0.38, abs=0.005)


def test_probabilities_are_those_found_by_counting() -> None:
    """Simulated: of tests with z near 1.88, the share in which there was no effect."""
    rng = np.random.default_rng(3)
    draws = 2_000_000
    nothing = rng.random(draws) < 0.6
    z = np.abs(rng.normal(np.where(nothing, 0.0, 1.5), 1))
    near = np.abs(z - 1.88) < 0.05
    expected = probability_of_no_effect(bayes_factor(1.88, expected_z=1.5), prior=0.6)
    error = math.sqrt(expected * (1 - expected) / near.sum())
    assert nothing[near].mean() == pytest.approx(expected, abs=4 * error)


@pytest.mark.parametrize("power", [0.06, 0.25, 0.8, 0.999])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_the_expected_z_has_the_power_asked_for(power: float, alpha: float) -> None:
    """statsmodels 0.15.0, `NormalIndPower.power` with one unit of information."""
    shift = expected_z(power, alpha=alpha)
    assert NormalIndPower().power(shift, 2, alpha, ratio=1) == pytest.approx(power, rel=1e-9)


def test_z_of_a_p_value_is_the_quantile() -> None:
    assert z_of(0.05) == pytest.approx(1.959963984540054, rel=1e-12)


@pytest.mark.parametrize("p", [0, -1, 1.5, math.nan])
def test_impossible_p_values_are_refused(p: float) -> None:
    with pytest.raises(ValueError, match="p_value lies between"):
        largest_bayes_factor(p)
    with pytest.raises(ValueError, match="power lies between"):
        expected_z(0.01, alpha=0.05)
