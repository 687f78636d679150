"""Scores of predictions against scikit-learn, brute force, and worlds whose chances are known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from sklearn import metrics

from knowntruth.methods.predictions.ceilings import expected_scores
from knowntruth.methods.predictions.prediction import score
from knowntruth.methods.predictions.ranking import compare

from ..conftest import Array, chances, drawn


def test_scores_are_those_of_scikit_learn(outcome: Array, given_: Array) -> None:
    """scikit-learn 1.9.1; ties are among them, and what was sure and did not come true."""
    predicted = given_.copy()
    predicted[np.flatnonzero(outcome == 1)[0]] = 0
    predicted[np.flatnonzero(outcome == 0)[0]] = 1
    found = score(outcome, predicted, level=0.9)
    expected = {
        "auc": metrics.roc_auc_score(outcome, predicted),
        "average_precision": metrics.average_precision_score(outcome, predicted),
        "brier": metrics.brier_score_loss(outcome, predicted),
        "brier_skill": metrics.d2_brier_score(outcome, predicted),
        "log_loss": metrics.log_loss(outcome, predicted),
        "base_rate": outcome.mean(),
    }
    assert {name: getattr(found, name).value for name in expected} == pytest.approx(expected)
    assert (found.n, found.events, found.reason) == (900, outcome.sum(), "")


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(float, st.shared(st.integers(2, 30), key="n"), elements=st.sampled_from([0, 1])),
    hnp.arrays(
        float, st.shared(st.integers(2, 30), key="n"), elements=st.sampled_from([0, 0.3, 0.5, 1])
    ),
)
def test_ranks_with_many_ties_score_as_in_scikit_learn(y: Array, p: Array) -> None:
    found = score(y, p, level=0.9)
    if y.min() == y.max():
        assert found.reason
        assert found.auc is None
        return
    assert found.auc is not None
    assert found.average_precision is not None
    assert found.auc.value == pytest.approx(metrics.roc_auc_score(y, p))
    assert found.average_precision.value == pytest.approx(metrics.average_precision_score(y, p))


def jackknife(y: Array, p: Array, statistic: Any) -> float:
    """Return the standard error from leaving out each unit in turn."""
    kept = np.arange(len(y))
    values = np.array([statistic(y[kept != i], p[kept != i]) for i in kept])
    return math.sqrt((len(y) - 1) * np.mean((values - values.mean()) ** 2))


def test_errors_are_those_of_leaving_out_each_unit_in_turn(outcome: Array, given_: Array) -> None:
    y, p = outcome[:250], given_[:250]
    found = score(y, p, level=0.95)
    z = stats.norm.ppf(0.975)
    assert found.brier_skill is not None
    assert found.brier_skill.resolution / z == pytest.approx(
        jackknife(y, p, metrics.d2_brier_score), rel=0.02
    )
    precision = found.average_precision
    assert precision is not None
    ends = np.log([precision.low / (1 - precision.low), precision.high / (1 - precision.high)])
    error = np.ptp(ends) / 2 / z * precision.value * (1 - precision.value)
    assert error == pytest.approx(jackknife(y, p, metrics.average_precision_score), rel=0.05)


def test_intervals_hold_the_scores_of_the_population() -> None:
    """True probabilities, so that slope and level are 1 and 0; 250 samples at 0.9."""
    population = chances(400_000, -3.0, 1.0, 5)
    expected = expected_scores(population)
    rng, replications = np.random.default_rng(6), 250
    names = ["auc", "average_precision", "brier", "brier_skill", "log_loss"]
    targets = {name: getattr(expected, name) for name in names}
    targets |= {"calibration_in_the_large": 0.0, "calibration_slope": 1.0}
    held = dict.fromkeys([*targets, "capture"], 0)
    slopes = []
    for seed in range(replications):
        p = rng.choice(population, 3_000)
        found = score(drawn(p, seed), p, level=0.9)
        for name, target in targets.items():
            held[name] += getattr(found, name).covers(target)
        held["capture"] += found.capture[0.1].covers(expected.capture[0.1])
        assert found.calibration_slope is not None
        slopes.append(found.calibration_slope.value)
    # Four standard errors of a share of 0.9 among 250.
    assert {name: count / replications for name, count in held.items()} == pytest.approx(
        dict.fromkeys(held, 0.9), abs=4 * math.sqrt(0.9 * 0.1 / replications)
    )
    # The true chances need no stretching.
    assert np.mean(slopes) == pytest.approx(1, abs=4 * np.std(slopes) / math.sqrt(replications))


@pytest.mark.parametrize(
    ("y", "p", "words"),
    [
        ([], [], "no unit has"),
        ([np.nan, 1], [0.5, np.nan], "no unit has"),
        ([0, 0, 0], [0.1, 0.2, 0.3], "none of 3"),
        ([1, 1], [0.1, 0.2], "all of 2"),
    ],
)
def test_what_cannot_be_scored_says_why(y: list[float], p: list[float], words: str) -> None:
    found = score(y, p, level=0.9)
    assert words in found.reason
    assert found.auc is None
    assert found.capture == {}
    assert compare(y, p, p, level=0.9) is None


def test_a_constant_prediction_tells_nobody_apart(outcome: Array) -> None:
    found = score(outcome, np.full(len(outcome), outcome.mean()), level=0.9)
    assert found.auc is not None
    assert found.average_precision is not None
    assert found.brier_skill is not None
    assert (found.auc.value, found.auc.low, found.auc.high) == (0.5, 0, 1)
    assert found.average_precision.value == pytest.approx(outcome.mean())
    assert found.brier_skill.value == pytest.approx(0, abs=1e-12)
    assert found.capture[0.1].value == pytest.approx(0.1)
    assert found.calibration_slope is None
    assert found.reason == "all units have the same prediction"


def test_units_without_outcome_or_prediction_are_left_out(outcome: Array, given_: Array) -> None:
    y, p = outcome.copy(), given_.copy()
    y[:50], p[50:80] = np.nan, np.nan
    assert score(y, p, level=0.9) == score(outcome[80:], given_[80:], level=0.9)


@pytest.mark.parametrize(
    ("y", "p"), [([0, 2], [0.1, 0.2]), ([0, 1], [0.1, 1.2]), ([0, 1], [0.1]), ([[0], [1]], [0, 1])]
)
def test_what_is_no_outcome_or_probability_is_refused(y: list[Any], p: list[float]) -> None:
    with pytest.raises(ValueError, match=r"outcomes are|probability|one prediction"):
        score(y, p, level=0.9)
