"""Calibration against scikit-learn and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.calibration import calibration_curve

from knowntruth.methods.predictions.calibration import reliability
from knowntruth.methods.predictions.prediction import score
from knowntruth.methods.rates import wilson

from ..conftest import Array


def test_bins_are_those_of_scikit_learn(outcome: Array, truth: Array) -> None:
    """scikit-learn 1.9.1, `calibration_curve(strategy="quantile")`."""
    found = reliability(outcome, truth, bins=7, level=0.9)
    observed, predicted = calibration_curve(outcome, truth, n_bins=7, strategy="quantile")
    assert [one.observed.value for one in found] == pytest.approx(list(observed))
    assert [one.predicted for one in found] == pytest.approx(list(predicted))
    assert sum(one.n for one in found) == 900
    first = found[0]
    interval = wilson((round(first.observed.value * first.n), first.n), level=0.9)
    assert (first.observed.low, first.observed.high) == pytest.approx(interval)


def test_equal_predictions_share_a_bin(outcome: Array) -> None:
    predicted = np.where(np.arange(900) < 800, 0.1, 0.6)
    found = reliability(outcome, predicted, bins=10, level=0.9)
    assert [(one.low, one.high, one.n) for one in found] == [(0.1, 0.1, 800), (0.6, 0.6, 100)]
    (same,) = reliability(outcome, np.full(900, 0.3), level=0.9)
    assert same.n == 900
    assert reliability([], [], level=0.9) == ()


def test_calibration_is_a_logistic_regression_on_the_logits(outcome: Array, given_: Array) -> None:
    """statsmodels 0.15.0, `Logit` for the slope and `GLM` with an offset for the level."""
    inside = (given_ > 0) & (given_ < 1)
    y, logits = outcome[inside], np.log(given_[inside] / (1 - given_[inside]))
    slope = sm.Logit(y, sm.add_constant(logits)).fit(disp=0)
    large = sm.GLM(y, np.ones(len(y)), family=sm.families.Binomial(), offset=logits).fit()
    found = score(y, given_[inside], level=0.9)
    for estimate, fit, place in (
        (found.calibration_slope, slope, 1),
        (found.calibration_in_the_large, large, 0),
    ):
        assert estimate is not None
        assert estimate.value == pytest.approx(fit.params[place], rel=1e-5)
        assert (estimate.low, estimate.high) == pytest.approx(
            tuple(fit.conf_int(0.1)[place]), rel=1e-4
        )
    assert found.calibration_slope is not None
    assert found.calibration_slope.null == 1


def test_predictions_twice_as_far_apart_have_half_the_slope(outcome: Array, truth: Array) -> None:
    logits = np.log(truth / (1 - truth))
    once, twice = (
        score(outcome, 1 / (1 + np.exp(-k * logits)), level=0.9).calibration_slope for k in (1, 2)
    )
    assert once is not None
    assert twice is not None
    assert twice.value == pytest.approx(once.value / 2)


def test_predictions_that_part_all_events_from_others_have_no_slope() -> None:
    found = score([0, 0, 0, 1, 1], [0.1, 0.2, 0.3, 0.6, 0.7], level=0.9)
    assert found.auc is not None
    assert (found.auc.value, found.auc.low, found.auc.high) == (1, 0, 1)
    assert found.calibration_slope is None
    assert "part all" in found.reason
