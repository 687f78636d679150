"""Intervals of rates against published tables, other libraries, and the tests they invert."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportions_ztest,
    score_test_proportions_2indep,
)

from knowntruth.methods.rates import (
    pooled_z_test,
    score_interval_of_difference,
    score_interval_of_ratio,
    wilson,
)

Counts = tuple[int, int]


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    trials = draw(st.integers(1, 400) | st.just(10**6))
    return draw(st.integers(0, trials)), trials


# Newcombe 1998, Statistics in Medicine 17, 873-890, table II: method 5 (Mee), 95 %.
NEWCOMBE = [
    ((56, 70), (48, 80), 0.0533, 0.3377),
    ((9, 10), (3, 10), 0.1821, 0.8370),
    ((6, 7), (2, 7), 0.0544, 0.8478),
    ((5, 56), (0, 29), -0.0313, 0.1926),
    ((0, 10), (0, 20), -0.1611, 0.2775),
    ((0, 10), (0, 10), -0.2775, 0.2775),
]


@pytest.mark.parametrize(("treatment", "control", "low", "high"), NEWCOMBE)
def test_the_interval_of_a_difference_is_the_published_one(
    treatment: Counts, control: Counts, low: float, high: float
) -> None:
    found = score_interval_of_difference(control, treatment, level=0.95)
    assert found == pytest.approx((low, high), abs=5.1e-5)


@pytest.mark.parametrize("n", [1, 10, 10**6])
def test_arms_that_differ_in_every_unit_have_the_interval_of_the_closed_form(n: int) -> None:
    """With all against none of n the likeliest rates are (1 + d) / 2 and (1 - d) / 2."""
    edge = stats.norm.ppf(0.975) ** 2 / (2 * n)
    expected = pytest.approx(((1 - edge) / (1 + edge), 1.0), rel=1e-9)
    assert score_interval_of_difference((0, n), (n, n), level=0.95) == expected


def log_likelihood(counts: Counts, rate: float) -> float:
    successes, trials = counts
    failures = trials - successes
    return (successes * math.log(rate) if successes else 0) + (
        failures * math.log1p(-rate) if failures else 0
    )


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize(
    ("control", "treatment"), [((3448, 35637), (406, 3944)), ((9, 30), (2, 70)), ((90, 97), (5, 9))]
)
def test_an_end_of_the_difference_is_refused_just_so_at_the_likeliest_rates(
    control: Counts, treatment: Counts, end: int
) -> None:
    """statsmodels 0.15 cannot serve here: its restricted rate of a difference is wrong."""
    value = score_interval_of_difference(control, treatment, level=0.9)[end]
    bounds = max(0.0, -value) + 1e-12, min(1.0, 1 - value) - 1e-12
    likeliest = optimize.minimize_scalar(
        lambda p: -log_likelihood(control, p) - log_likelihood(treatment, p + value),
        bounds=bounds,
        method="bounded",
        options={"xatol": 1e-10},
    ).x
    rates = likeliest, likeliest + value
    variance = sum(p * (1 - p) / n for p, n in zip(rates, (control[1], treatment[1]), strict=True))
    gap = treatment[0] / treatment[1] - control[0] / control[1] - value
    assert 2 * stats.norm.sf(abs(gap) / math.sqrt(variance)) == pytest.approx(0.1, rel=1e-6)


@pytest.mark.parametrize(
    ("control", "treatment"),
    [
        ((3448, 35637), (406, 3944)),
        ((17489, 145274), (17264, 145310)),
        ((3, 10), (10, 12)),
        ((40, 50), (3, 60)),
        ((10_003_000, 10**8), (10_000_000, 10**8)),
    ],
)
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_the_interval_of_a_ratio_is_that_of_statsmodels(
    control: Counts, treatment: Counts, level: float
) -> None:
    """statsmodels 0.15.0, `confint_proportions_2indep(compare="ratio", method="score")`."""
    expected = confint_proportions_2indep(
        *treatment, *control, compare="ratio", method="score", correction=False, alpha=1 - level
    )
    found = score_interval_of_ratio(control, treatment, level=level)
    assert found == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("control", "treatment"), [((5, 40), (0, 60)), ((12, 40), (60, 60)), ((40, 40), (3, 60))]
)
def test_an_end_of_a_ratio_at_the_edge_is_refused_just_so(
    control: Counts, treatment: Counts
) -> None:
    """statsmodels 0.15.0, `score_test_proportions_2indep(compare="ratio")`."""
    for end in score_interval_of_ratio(control, treatment, level=0.9):
        if end > 0:
            tested = score_test_proportions_2indep(
                *treatment, *control, value=end, compare="ratio", correction=False
            )
            assert tested.pvalue == pytest.approx(0.1, rel=1e-6)


def test_a_ratio_without_successes_in_treatment_may_be_anything_small() -> None:
    low, high = score_interval_of_ratio((5, 40), (0, 60), level=0.95)
    assert low == 0
    assert 0 < high < math.inf


def test_a_ratio_to_nothing_has_no_interval() -> None:
    with pytest.raises(ValueError, match="successes in control is at least 1"):
        score_interval_of_ratio((0, 40), (3, 60), level=0.95)


@settings(deadline=None)
@given(counts(), counts())
def test_the_p_value_is_that_of_the_pooled_z_test(control: Counts, treatment: Counts) -> None:
    """statsmodels 0.15.0, `proportions_ztest`."""
    successes, trials = control[0] + treatment[0], control[1] + treatment[1]
    p = pooled_z_test(control, treatment)
    if successes in {0, trials}:
        assert p == 1
    else:
        expected = proportions_ztest([treatment[0], control[0]], [treatment[1], control[1]])[1]
        assert p == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_the_p_value_of_the_page_test_is_the_published_one() -> None:
    """Udacity's page test: z = 1.3109, p = 0.18988."""
    p = pooled_z_test((17489, 145274), (17264, 145310))
    assert p == pytest.approx(0.18988, abs=5e-6)
    assert stats.norm.isf(p / 2) == pytest.approx(1.3109, abs=5e-5)


@settings(deadline=None, max_examples=200)
@given(counts(), counts(), st.sampled_from([0.8, 0.95, 0.99]))
def test_intervals_leave_out_no_difference_exactly_when_the_z_test_refuses_it(
    control: Counts, treatment: Counts, level: float
) -> None:
    p = pooled_z_test(control, treatment)
    low, high = score_interval_of_difference(control, treatment, level=level)
    assert (low > 1e-12 or high < -1e-12) == (p < 1 - level)
    if control[0]:
        low, high = score_interval_of_ratio(control, treatment, level=level)
        assert (low > 1 + 1e-12 or high < 1 - 1e-12) == (p < 1 - level)


@settings(deadline=None, max_examples=80)
@given(counts(), counts(), st.sampled_from([0.8, 0.99]))
def test_relabelling_arms_or_outcomes_mirrors_the_intervals(
    control: Counts, treatment: Counts, level: float
) -> None:
    low, high = score_interval_of_difference(control, treatment, level=level)
    assert low <= treatment[0] / treatment[1] - control[0] / control[1] <= high
    mirrored = pytest.approx((-high, -low), rel=1e-9, abs=1e-13)
    assert score_interval_of_difference(treatment, control, level=level) == mirrored
    missed = [(trials - successes, trials) for successes, trials in (control, treatment)]
    assert score_interval_of_difference(missed[0], missed[1], level=level) == mirrored
    if control[0] and treatment[0]:
        low, high = score_interval_of_ratio(control, treatment, level=level)
        inverse = score_interval_of_ratio(treatment, control, level=level)
        assert inverse == pytest.approx((1 / high, 1 / low), rel=1e-7)


@given(counts(), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilsons_interval_is_that_of_scipy(rate: Counts, level: float) -> None:
    """scipy 1.17.1, `binomtest(...).proportion_ci(method="wilson")`."""
    interval = stats.binomtest(*rate).proportion_ci(level, method="wilson")
    low, high = wilson(rate, level=level)
    assert (low, high) == pytest.approx((interval.low, interval.high), rel=1e-9, abs=1e-14)
    assert 0 <= low <= rate[0] / rate[1] <= high <= 1


@pytest.mark.parametrize("shares", [(0.1, 0.1), (0.1, 0.16), (0.02, 0.03)])
def test_intervals_of_two_rates_cover_the_truth_as_often_as_they_say(
    shares: tuple[float, float],
) -> None:
    """Every outcome weighted by its exact probability; 0.9 to within what discreteness costs."""
    trials = (150, 90)
    inside = {"difference": 0.0, "ratio": 0.0}
    outcomes = [
        np.arange(int(stats.binom.isf(1e-5, n, p)) + 1) for n, p in zip(trials, shares, strict=True)
    ]
    for c in outcomes[0]:
        for t in outcomes[1]:
            weight = stats.binom.pmf(c, trials[0], shares[0]) * stats.binom.pmf(
                t, trials[1], shares[1]
            )
            if weight < 1e-6:
                continue
            arms = (int(c), trials[0]), (int(t), trials[1])
            low, high = score_interval_of_difference(*arms, level=0.9)
            inside["difference"] += weight * (low <= shares[1] - shares[0] <= high)
            if c:
                low, high = score_interval_of_ratio(*arms, level=0.9)
                inside["ratio"] += weight * (low <= shares[1] / shares[0] <= high)
            else:
                inside["ratio"] += weight
    assert inside["difference"] == pytest.approx(0.9, abs=0.02)
    assert inside["ratio"] == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("counts", [(3, 0), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(counts: Counts) -> None:
    with pytest.raises(ValueError, match="the number of"):
        wilson(counts, level=0.95)
    with pytest.raises(ValueError, match="the number of"):
        pooled_z_test(counts, (1, 2))


@pytest.mark.parametrize("level", [0, 1, 95])
def test_an_impossible_level_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level lies between 0 and 1"):
        score_interval_of_difference((1, 4), (2, 4), level=level)
