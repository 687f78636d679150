"""Orders of predictions against scikit-learn, scipy and all pairs."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from knowntruth.methods.predictions.ceilings import expected_scores
from knowntruth.methods.predictions.ranking import auc, compare, flag, precision_recall
from knowntruth.methods.rates import wilson

from ..conftest import Array, chances, drawn


def delong(y: Array, *predictions: Array) -> tuple[Array, Array]:
    """Return AUCs and their covariance from all pairs (DeLong et al. 1988, eq. 5 to 7)."""
    kernels = [
        (p[y == 1][:, None] > p[y == 0]) + 0.5 * (p[y == 1][:, None] == p[y == 0])
        for p in predictions
    ]
    by_event, by_other = (np.array([k.mean(axis) for k in kernels]) for axis in (1, 0))
    covariance = np.cov(by_event) / by_event.shape[1] + np.cov(by_other) / by_other.shape[1]
    return np.array([k.mean() for k in kernels]), np.atleast_2d(covariance)


def test_the_error_of_the_auc_is_delongs(outcome: Array, given_: Array) -> None:
    (value,), ((variance,),) = delong(outcome, given_)
    reach = stats.norm.ppf(0.975) * math.sqrt(variance) / (value * (1 - value))
    center = math.log(value / (1 - value))
    found = auc(outcome, given_, level=0.95)
    assert found is not None
    assert (found.low, found.high) == pytest.approx(
        (1 / (1 + math.exp(reach - center)), 1 / (1 + math.exp(-reach - center)))
    )


def test_the_error_of_the_auc_is_that_of_brunner_and_munzel(outcome: Array, given_: Array) -> None:
    """scipy 1.17.1: their test divides the same difference by the same error."""
    z, _ = stats.brunnermunzel(given_[outcome == 0], given_[outcome == 1], distribution="normal")
    found = auc(outcome, given_, level=0.95)
    assert found is not None
    ends = np.log([found.low / (1 - found.low), found.high / (1 - found.high)])
    error = np.ptp(ends) / 2 / stats.norm.ppf(0.975) * found.value * (1 - found.value)
    assert (found.value - 0.5) / error == pytest.approx(-z if z < 0 else z)


@pytest.mark.parametrize("level", [0.8, 0.99])
def test_two_aucs_differ_as_delong_says(
    outcome: Array, truth: Array, given_: Array, level: float
) -> None:
    values, covariance = delong(outcome, given_, truth)
    error = math.sqrt(np.array([-1, 1]) @ covariance @ [-1, 1])
    gap = values[1] - values[0]
    found = compare(outcome, given_, truth, level=level)
    assert found is not None
    reach = stats.norm.ppf((1 + level) / 2) * error
    assert (found.value, found.low, found.high) == pytest.approx((gap, gap - reach, gap + reach))
    assert found.p_value == pytest.approx(2 * stats.norm.sf(gap / error))
    turned = compare(outcome, truth, given_, level=level)
    assert turned is not None
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def test_predictions_in_the_same_order_differ_by_nothing(outcome: Array, truth: Array) -> None:
    found = compare(outcome, truth, truth**2, level=0.9)
    assert found is not None
    assert (found.value, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_a_lone_event_has_a_rank_without_an_error() -> None:
    found = auc([0, 1, 0, 0], [0.1, 0.3, 0.4, 0.2], level=0.9)
    assert found is not None
    assert (found.value, found.low, found.high) == (pytest.approx(2 / 3), 0, 1)


def test_points_of_the_curve_lie_on_that_of_scikit_learn(outcome: Array, given_: Array) -> None:
    precision, recall, threshold = metrics.precision_recall_curve(outcome, given_)
    curve = {t: (r, p) for r, p, t in zip(recall, precision, threshold, strict=False)}
    found = precision_recall(outcome, given_, points=20)
    assert len(found) <= 20
    for point in found.itertuples():
        assert (point.recall, point.precision) == pytest.approx(curve[point.threshold])
        assert point.share == pytest.approx((given_ >= point.threshold).mean())
    assert found.recall.is_monotonic_increasing
    assert found.recall.iloc[-1] == 1
    assert precision_recall([0, 0], [0.1, 0.2]).empty


def test_a_curve_with_a_point_an_event_holds_each_event() -> None:
    found = precision_recall([1, 0, 1, 0, 0, 1], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4], points=3)
    assert found.precision.tolist() == pytest.approx([1, 2 / 3, 1 / 2])
    assert found.recall.tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert found.share.tolist() == pytest.approx([1 / 6, 1 / 2, 1])


def test_the_highest_predictions_are_contacted() -> None:
    y = np.array([1, 1, 0, 1, 0, 0, 0, 1, 0, 0], dtype=float)
    p = np.linspace(0.9, 0.1, 10)
    found = flag(y, p, 0.4, level=0.9)
    assert found.contacted == 4
    assert found.threshold == p[3]
    assert found.precision is not None
    assert found.recall is not None
    assert (found.precision.value, found.recall.value) == (0.75, 0.75)
    assert (found.precision.low, found.precision.high) == pytest.approx(wilson((3, 4), level=0.9))
    assert flag(y, p, 0.01, level=0.9).contacted == 1
    assert flag(np.zeros(10), p, 0.4, level=0.9).reason


def test_of_units_that_tie_as_many_are_found_as_on_average() -> None:
    y = np.array([1, 0, 1, 0, 0, 0, 1, 0], dtype=float)
    p = np.array([0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.1])
    tied = itertools.combinations(y[1:7], 3)
    expected = np.mean([1 + sum(chosen) for chosen in tied])
    found = flag(y, p, 0.5, level=0.9)
    assert found.precision is not None
    assert found.precision.value * 4 == pytest.approx(expected)


@pytest.mark.parametrize("base", [-4.0, 0.0])
def test_the_interval_of_the_recall_holds_it_as_often_where_events_are_common(base: float) -> None:
    population = chances(300_000, base, 1.5, 7)
    expected = expected_scores(population).capture[0.05]
    rng, replications = np.random.default_rng(8), 400
    held = 0
    for seed in range(replications):
        p = rng.choice(population, 2_000)
        found = flag(drawn(p, seed), p, 0.05, level=0.9).recall
        assert found is not None
        held += found.covers(expected)
    assert held / replications == pytest.approx(0.9, abs=4 * math.sqrt(0.09 / replications))
