"""Scores of predictions against scikit-learn, brute force, and worlds whose chances are known."""

from __future__ import annotations

import itertools
import math
from dataclasses import asdict
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from knowntruth.errors import DataError
from knowntruth.methods.prediction import (
    Model,
    auc,
    calibration,
    compare,
    cross_validated,
    expected_scores,
    flag,
    lack,
    precision_recall,
    score,
)
from knowntruth.methods.rates import wilson

Array = np.ndarray[Any, np.dtype[np.float64]]


def chances(n: int, base: float, spread: float, seed: int) -> Array:
    """Return probabilities whose logits are normal."""
    return 1 / (1 + np.exp(-np.random.default_rng(seed).normal(base, spread, n)))


def drawn(probabilities: Array, seed: int) -> Array:
    """Return outcomes drawn from probabilities."""
    rng = np.random.default_rng(seed)
    return (rng.random(len(probabilities)) < probabilities).astype(float)


def blurred(probabilities: Array, seed: int, decimals: int = 2) -> Array:
    """Return worse predictions, with ties."""
    noise = np.random.default_rng(seed).normal(0, 0.8, len(probabilities))
    logits = 0.2 + 0.8 * np.log(probabilities / (1 - probabilities)) + noise
    return np.round(1 / (1 + np.exp(-logits)), decimals)


@pytest.fixture(scope="module")
def truth() -> Array:
    return chances(900, -1.5, 1.2, 1)


@pytest.fixture(scope="module")
def outcome(truth: Array) -> Array:
    return drawn(truth, 2)


@pytest.fixture(scope="module")
def given_(truth: Array) -> Array:
    return blurred(truth, 3)


@pytest.fixture(scope="module")
def features() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = 2_000
    return pd.DataFrame(
        {
            "age": rng.choice(["Under 18", "18-34", "35-54", "55+"], n),
            "country": rng.choice([f"C{i}" for i in range(30)], n, p=[0.71, *[0.01] * 29]),
            "lessons": rng.poisson(4, n).astype(float),
            "onboarding": rng.random(n) < 0.5,
        }
    )


def rule(features: pd.DataFrame, base: float) -> Array:
    """Return probabilities that follow from the features alone."""
    logits = base + 0.8 * (features.age == "35-54") + 0.15 * features.lessons
    return np.asarray(1 / (1 + np.exp(-logits)), dtype=float)


# Scores


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


def test_predictions_that_part_all_events_from_others_have_no_slope() -> None:
    found = score([0, 0, 0, 1, 1], [0.1, 0.2, 0.3, 0.6, 0.7], level=0.9)
    assert found.auc is not None
    assert (found.auc.value, found.auc.low, found.auc.high) == (1, 0, 1)
    assert found.calibration_slope is None
    assert "part all" in found.reason


def test_a_lone_event_has_a_rank_without_an_error() -> None:
    found = auc([0, 1, 0, 0], [0.1, 0.3, 0.4, 0.2], level=0.9)
    assert found is not None
    assert (found.value, found.low, found.high) == (pytest.approx(2 / 3), 0, 1)


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


# Curves


def test_bins_are_those_of_scikit_learn(outcome: Array, truth: Array) -> None:
    """scikit-learn 1.9.1, `calibration_curve(strategy="quantile")`."""
    found = calibration(outcome, truth, bins=7, level=0.9)
    observed, predicted = calibration_curve(outcome, truth, n_bins=7, strategy="quantile")
    assert [one.observed.value for one in found] == pytest.approx(list(observed))
    assert [one.predicted for one in found] == pytest.approx(list(predicted))
    assert sum(one.n for one in found) == 900
    first = found[0]
    interval = wilson((round(first.observed.value * first.n), first.n), level=0.9)
    assert (first.observed.low, first.observed.high) == pytest.approx(interval)


def test_equal_predictions_share_a_bin(outcome: Array) -> None:
    predicted = np.where(np.arange(900) < 800, 0.1, 0.6)
    found = calibration(outcome, predicted, bins=10, level=0.9)
    assert [(one.low, one.high, one.n) for one in found] == [(0.1, 0.1, 800), (0.6, 0.6, 100)]
    (same,) = calibration(outcome, np.full(900, 0.3), level=0.9)
    assert same.n == 900
    assert calibration([], [], level=0.9) == ()


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


# What to expect where the chances are known


@pytest.mark.parametrize("decimals", [2, 12])
@pytest.mark.parametrize("is_oracle", [False, True])
def test_expected_scores_are_the_mean_over_drawn_outcomes(decimals: int, is_oracle: bool) -> None:
    """Each draw scored from all pairs of units."""
    chance = chances(250, -2.0, 1.2, 9)
    p = np.clip(np.round(chance, decimals), 0.01, 0.99)
    f = p if is_oracle else np.clip(blurred(chance, 10, decimals), 0.01, 0.99)
    y = (np.random.default_rng(11).random((4_000, 250)) < p).astype(float)
    events = y.sum(axis=1)
    above, level = f[:, None] > f, f[:, None] == f
    pairs = ((y @ (above + level / 2)) * (1 - y)).sum(axis=1)
    precision = (y @ (above | level)) / (above | level).sum(axis=0)
    squares = ((y - f) ** 2).mean(axis=1)
    highest = np.argsort(-f - np.arange(250) * 1e-9)[:25]
    drawn_scores = {
        "base_rate": y.mean(axis=1),
        "auc": pairs / events / (250 - events),
        "average_precision": (y * precision).sum(axis=1) / events,
        "brier": squares,
        "brier_skill": 1 - squares / y.var(axis=1),
        "log_loss": -np.log(np.where(y == 1, f, 1 - f)).mean(axis=1),
        "capture": y[:, highest].sum(axis=1) / events,
    }
    expected = expected_scores(p, None if is_oracle else f)
    found = asdict(expected) | {"capture": expected.capture[0.1]}
    if decimals == 2:
        # One order of ties among many, which `flag` averages over.
        del drawn_scores["capture"]
    for name, values in drawn_scores.items():
        assert found[name] == pytest.approx(values.mean(), abs=4 * stats.sem(values)), name


def test_the_expected_auc_counts_each_pair_by_its_chance() -> None:
    p, f = np.array([0.1, 0.4, 0.4, 0.9, 0.6]), np.array([0.2, 0.3, 0.5, 0.5, 0.3])
    top = bottom = 0.0
    for i, j in itertools.permutations(range(5), 2):
        weight = p[i] * (1 - p[j])
        bottom += weight
        top += weight * (1.0 if f[i] > f[j] else 0.5 if f[i] == f[j] else 0)
    assert expected_scores(p, f).auc == pytest.approx(top / bottom)


@settings(max_examples=80, deadline=None)
@given(
    hnp.arrays(float, 40, elements=st.floats(0.001, 0.999)),
    hnp.arrays(float, 40, elements=st.floats(0.001, 0.999)),
)
def test_nobody_is_expected_to_beat_who_knows_the_chances(p: Array, other: Array) -> None:
    best, found = expected_scores(p), expected_scores(p, other)
    slack = 1e-9
    assert best.auc is not None
    assert found.auc is not None
    assert found.auc <= best.auc + slack
    assert found.brier is not None
    assert best.brier is not None
    assert found.brier >= best.brier - slack
    assert found.log_loss is not None
    assert best.log_loss is not None
    assert found.log_loss >= best.log_loss - slack


def test_chances_that_are_all_the_same_cannot_be_told_apart() -> None:
    found = expected_scores(np.full(1_000, 0.05), shares=[0.2])
    assert found.auc == pytest.approx(0.5)
    assert found.average_precision == pytest.approx(0.05, rel=0.01)
    assert found.brier == pytest.approx(0.05 * 0.95)
    # The rate that came fits itself better than the chance does, by one unit's variance.
    assert found.brier_skill == pytest.approx(-1 / 1_000, rel=0.05)
    assert found.capture == pytest.approx({0.2: 0.2})


def test_outcomes_that_are_certain_leave_nothing_to_expect() -> None:
    assert expected_scores([0.0, 1.0, 1.0]).reason
    assert expected_scores([0.5]).reason
    assert expected_scores([]).reason


# Predictions


@pytest.mark.parametrize("model", get_args(Model))
def test_the_same_seed_predicts_the_same_bits(features: pd.DataFrame, model: Model) -> None:
    y = drawn(rule(features, -2.5), 11)
    first, again = (cross_validated(features, y, model=model, seed=5) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert np.all((first > 0) & (first < 1))
    other = cross_validated(features, y, model=model, seed=6)
    assert first.tobytes() != other.tobytes()


@pytest.mark.parametrize("model", get_args(Model))
def test_no_model_beats_who_knows_the_chances(features: pd.DataFrame, model: Model) -> None:
    """Eight worlds; a luckier draw may, the mean may not."""
    p = rule(features, -3.0)
    gaps, skills = [], []
    for seed in range(8):
        y = drawn(p, seed)
        found = cross_validated(features, y, model=model, folds=2, seed=seed)
        gap, skill = compare(y, p, found, level=0.9), score(y, found, level=0.9).auc
        assert gap is not None
        assert skill is not None
        gaps.append(gap.value)
        skills.append(skill.value)
    # The models learn something, and less than there is to know.
    assert np.mean(skills) > 0.55
    assert np.mean(gaps) < 0
    assert np.mean(gaps) + 4 * stats.sem(gaps) < 0.02


@pytest.mark.parametrize("model", get_args(Model))
def test_a_model_does_not_see_the_units_that_it_predicts(
    features: pd.DataFrame, model: Model
) -> None:
    """Fitted and scored on the same units both models would find something in nothing."""
    values = []
    for seed in range(8):
        y = drawn(np.full(len(features), 0.2), seed)
        found = auc(y, cross_validated(features, y, model=model, folds=2, seed=seed), level=0.9)
        assert found is not None
        values.append(found.value)
    assert np.mean(values) < 0.5 + 4 * stats.sem(values)


def test_simple_is_a_logistic_regression_fitted_to_the_other_folds(
    features: pd.DataFrame,
) -> None:
    """By hand for one fold, with one coefficient a group and standardised numbers."""
    y = drawn(rule(features, -2.0), 12)
    used = features[["age", "lessons"]]
    found = cross_validated(used, y, model="simple", folds=4, seed=3)
    train, test = next(StratifiedKFold(4, shuffle=True, random_state=3).split(used, y))
    numbers = used.lessons.to_numpy()
    scaled = (numbers - numbers[train].mean()) / numbers[train].std()
    design = np.column_stack([pd.get_dummies(used.age).to_numpy(), scaled]).astype(float)
    fit = LogisticRegression(C=0.1, tol=1e-10, max_iter=1_000).fit(design[train], y[train])
    assert found[test] == pytest.approx(fit.predict_proba(design[test])[:, 1], rel=1e-4)


def test_boosted_finds_a_combination_that_simple_cannot() -> None:
    rng = np.random.default_rng(13)
    sides = pd.DataFrame({"a": rng.choice(["l", "r"], 4_000), "b": rng.normal(size=4_000)})
    p = np.where((sides.a == "l") == (sides.b > 0), 0.3, 0.05)
    y = drawn(p, 14)
    simple, boosted = (cross_validated(sides, y, model=m, seed=1) for m in ("simple", "boosted"))
    gap, rest = compare(y, simple, boosted, level=0.99), compare(y, boosted, p, level=0.99)
    assert gap is not None
    assert rest is not None
    assert gap.direction == "higher"
    assert rest.value < 0.05


def test_predictions_are_calibrated(features: pd.DataFrame) -> None:
    y = drawn(rule(features, -2.0), 15)
    found = score(y, cross_validated(features, y, model="simple", seed=1), level=0.99)
    assert found.calibration_in_the_large is not None
    assert found.calibration_in_the_large.covers(0)


@pytest.mark.parametrize("model", get_args(Model))
def test_what_is_missing_does_not_stop_a_model(features: pd.DataFrame, model: Model) -> None:
    y = drawn(rule(features, -2.0), 16)
    holes = features.astype({"lessons": "Float64", "onboarding": "boolean"})
    for i, column in enumerate(holes):
        holes.loc[holes.index % 7 == i, column] = pd.NA
    holes["nothing"], holes["one"] = np.nan, "x"
    y[::10] = np.nan
    found = cross_validated(holes, y, model=model, seed=1)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(y))
    rank = auc(y, found, level=0.9)
    assert rank is not None
    assert rank.low > 0.5
    # Columns that do not vary change nothing.
    bare = cross_validated(holes.drop(columns=["nothing", "one"]), y, model=model, seed=1)
    np.testing.assert_array_equal(found, bare)


@pytest.mark.parametrize("model", get_args(Model))
@pytest.mark.parametrize("rows_a_value", [60, 2])
def test_a_category_of_many_values_does_not_stop_a_model(model: Model, rows_a_value: int) -> None:
    n = 300 * rows_a_value
    crowded = pd.DataFrame({"town": [f"T{i % 300}" for i in range(n)], "x": np.arange(n) % 7})
    y = drawn(np.where(crowded.x > 3, 0.4, 0.1), 17)
    found = cross_validated(crowded, y, model=model, folds=2, seed=1)
    assert np.all((found > 0) & (found < 1))


def test_without_a_feature_that_varies_the_prediction_is_the_base_rate() -> None:
    y = np.array([0.0, 1.0, np.nan] * 10)
    found = cross_validated(pd.DataFrame({"x": ["a"] * 30}), y, model="simple", seed=1)
    np.testing.assert_array_equal(found, np.where(np.isnan(y), np.nan, 0.5))


def test_fewer_events_than_folds_are_not_predicted(features: pd.DataFrame) -> None:
    y = np.zeros(len(features))
    y[:4] = 1
    assert lack(y) == "of 2000 units 4 have the outcome, too few for 5 folds"
    assert lack(1 - y) == "of 2000 units 4 do not have it, too few for 5 folds"
    assert lack(y, folds=4) == ""
    assert np.isnan(cross_validated(features, y, model="simple", seed=1)).all()


def test_what_a_model_cannot_take_is_refused(features: pd.DataFrame) -> None:
    y = drawn(rule(features, -2.0), 18)
    with pytest.raises(ValueError, match="there is no model"):
        cross_validated(features, y, model="oracle", seed=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="folds"):
        cross_validated(features, y, model="simple", folds=1, seed=1)
    with pytest.raises(ValueError, match="2000 rows of features have 10"):
        cross_validated(features, y[:10], model="simple", seed=1)
    dated = features.assign(
        day=pd.Timestamp("2024-08-01") + pd.to_timedelta(features.lessons, "D"),
        lessons=features.lessons.where(features.index > 0, np.inf),
    )
    with pytest.raises(DataError) as caught:
        cross_validated(dated, y, model="simple", seed=1)
    assert {problem.where for problem in caught.value.problems} == {"column day", "column lessons"}
