"""Prediction: how well units with an outcome can be told from the others.

An *event* is a unit whose outcome is 1. A *prediction* is the probability of it that a model
gave to a unit, before it was known. `cross_validated` makes predictions, each by a model that
never saw the unit; `score`, `compare`, `calibration`, `precision_recall` and `flag` ask what
predictions are worth; `expected_scores` says what they are worth where the true probabilities
are known, and so what nobody can exceed.

The units are a sample and the predictions given: the intervals say how far the scores can be
trusted for other units predicted alike, not for models fitted anew.

Outcomes are 0 or 1, predictions between 0 and 1. Units with either missing are left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from scipy.stats import norm, rankdata
from statsmodels.stats.proportion import proportion_confint

from ..errors import DataError, Problem
from ..story.estimates import Estimate
from .checks import check_at_least, check_share
from .means import Level, mean, unbounded
from .moments import Sample

Array = NDArray[np.float64]

Model = Literal["simple", "boosted"]
MODELS: tuple[Model, ...] = get_args(Model)

SHARES = (0.01, 0.05, 0.10)

# Values of a category with fewer units are one value to the models.
FEWEST_OF_A_VALUE = 20
MOST_VALUES = 250
PENALTY = 10.0
TREES = 100

MOST_STEPS = 50
ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What predictions are worth.

    Attributes:
        n, events: units, and those with the outcome.
        base_rate: share of events (Wilson's interval).
        auc: chance that an event was given more than another unit; 0.5 is a blind guess.
        average_precision: mean, over the events, of the share of events among all units that
            were given as much or more; a blind guess has the base rate.
        brier: mean squared distance of prediction and outcome.
        brier_skill: share of the base rate's own Brier score that the predictions save.
        log_loss: mean negative log-likelihood.
        calibration_in_the_large: what to add to every prediction's logit so that they expect
            as many events as there were; 0 is right, below it they expect too many.
        calibration_slope: what to multiply the logits by; 1 is right, below it predictions
            lie too far apart, as those of an overfitted model do.
        capture: by share of units contacted, highest predictions first, the share of events
            among them (recall).
        reason: why all or some of these are None; empty when none is.
    """

    n: int
    events: int
    base_rate: Estimate | None = None
    auc: Estimate | None = None
    average_precision: Estimate | None = None
    brier: Estimate | None = None
    brier_skill: Estimate | None = None
    log_loss: Estimate | None = None
    calibration_in_the_large: Estimate | None = None
    calibration_slope: Estimate | None = None
    capture: Mapping[float, Estimate]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What predictions are worth on average over outcomes drawn from true probabilities.

    Attributes: as those of `Scores`, as plain numbers.
    """

    n: int
    base_rate: float | None = None
    auc: float | None = None
    average_precision: float | None = None
    brier: float | None = None
    brier_skill: float | None = None
    log_loss: float | None = None
    capture: Mapping[float, float]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Units that were given about the same.

    Attributes:
        low, high: the smallest and the largest prediction among them.
        predicted: the mean prediction.
        observed: share of events (Wilson's interval).
        n: units.
    """

    low: float
    high: float
    predicted: float
    observed: Estimate
    n: int


@dataclass(frozen=True, kw_only=True)
class Flag:
    """What is found when the units with the highest predictions are contacted.

    Attributes:
        contacted: units.
        threshold: the lowest prediction among them.
        precision: share of events among them.
        recall: share of all events that are among them.
        reason: why these are None; empty when they are not.
    """

    contacted: int
    threshold: float | None = None
    precision: Estimate | None = None
    recall: Estimate | None = None
    reason: str = ""


class Ranked(NamedTuple):
    """Distinct predictions from the highest down, and what lies at or above each.

    Attributes:
        threshold: the predictions.
        events: units with the outcome; a sum of probabilities where those are known instead.
        units: all units.
    """

    threshold: Array
    events: Array
    units: Array

    @classmethod
    def of(cls, outcome: Array, predicted: Array) -> Ranked:
        """Return what lies at or above each prediction."""
        order = np.argsort(-predicted, kind="stable")
        threshold = predicted[order]
        last = np.flatnonzero(np.append(threshold[1:] != threshold[:-1], True))
        return cls(threshold[last], np.cumsum(outcome[order])[last], (last + 1).astype(float))

    def found(self, contacted: int) -> float:
        """Return the events among so many units, on average over the order of ties."""
        return float(np.interp(contacted, np.append(0, self.units), np.append(0, self.events)))

    @property
    def average_precision(self) -> float:
        """The precision at each event, averaged."""
        return float(np.diff(self.events, prepend=0) @ (self.events / self.units) / self.events[-1])


def lack(outcome: ArrayLike, *, folds: int = 5) -> str:
    """Return why `cross_validated` cannot predict an outcome; empty where it can."""
    known = _outcome(outcome)
    known = known[~np.isnan(known)]
    events = int(known.sum())
    for count, what in ((events, "have the outcome"), (len(known) - events, "do not have it")):
        if count < folds:
            return f"of {len(known)} units {count} {what}, too few for {folds} folds"
    return ""


def cross_validated(
    features: pd.DataFrame, outcome: ArrayLike, *, model: Model, folds: int = 5, seed: int
) -> Array:
    """Return the prediction of each unit by a model fitted to the other folds.

    `simple` is a logistic regression with a light penalty on squared coefficients: numbers
    standardised, one coefficient for each value of a category. `boosted` is a hundred small
    trees, each correcting those before it, which find thresholds and combinations by
    themselves; so small because events are rare. Every fold has the same share of events.

    Numbers and booleans enter as numbers, all else as categories; a missing category is a
    value of its own, a missing number the mean to `simple` and a branch of its own to
    `boosted`. Columns that do not vary are left out; where none does, the prediction is the
    base rate.

    One thread; the same seed gives the same bits. Predictions are missing where the outcome
    is, and everywhere where `lack` says why.

    Raises:
        ValueError: an unknown model, fewer than two folds, outcomes that are neither 0 nor 1
            or not as many as rows.
        DataError: a feature that holds dates, or a number without bound.
    """
    if model not in MODELS:
        raise ValueError(f"there is no model {model!r}; there is {', '.join(MODELS)}")
    check_at_least("the number of folds", folds, 2)
    y = _outcome(outcome)
    if len(y) != len(features):
        raise ValueError(f"{len(features)} rows of features have {len(y)} outcomes")
    found = np.full(len(y), np.nan)
    known = ~np.isnan(y)
    if lack(y, folds=folds):
        return found
    y = y[known]
    columns, categories = _encoded(features.loc[known])
    if not columns.shape[1]:
        found[known] = y.mean()
        return found
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    make = _simple if model == "simple" else _boosted
    with threadpool_limits(limits=1):
        found[known] = cross_val_predict(
            make(categories, seed),
            columns,
            y,
            cv=StratifiedKFold(folds, shuffle=True, random_state=seed),
            method="predict_proba",
        )[:, 1]
    return found


def score(
    outcome: ArrayLike, predicted: ArrayLike, *, level: float, shares: Sequence[float] = SHARES
) -> Scores:
    """Return what predictions are worth, each score with its interval.

    Intervals of AUC and average precision are symmetric on the logit scale, which keeps them
    between 0 and 1. The error of the AUC is DeLong's (1988, by midranks after Sun & Xu 2014);
    that of average precision comes from each unit's influence on it, which covers better than
    a bootstrap where events are few. Shares have Wilson's intervals. Both figures of
    calibration are Cox's (1958), with Wald intervals.

    Raises:
        ValueError: outcomes that are neither 0 nor 1, predictions that are no probabilities,
            or a level or share that is none.
    """
    check_share("level", level)
    y, p = _known(outcome, predicted)
    n, events = len(y), int(y.sum())
    if not n:
        return Scores(n=0, events=0, capture={}, reason="no unit has outcome and prediction")
    base_rate = _rate(events, n, level=level)
    if events in {0, n}:
        reason = f"all of {n} units have the outcome" if events else f"none of {n} units has it"
        return Scores(n=n, events=events, base_rate=base_rate, capture={}, reason=reason)
    squares = (p - y) ** 2
    flags = {share: flag(y, p, share, level=level).recall for share in shares}
    large, slope, reason = _calibrated(y, p, level)
    return Scores(
        n=n,
        events=events,
        base_rate=base_rate,
        auc=auc(y, p, level=level),
        average_precision=_average_precision(y, p, level),
        brier=_mean(squares, level),
        brier_skill=_skill(y, squares, level),
        log_loss=_mean(-np.log(np.where(y == 1, _inside(p), 1 - _inside(p))), level),
        calibration_in_the_large=large,
        calibration_slope=slope,
        capture={share: recall for share, recall in flags.items() if recall is not None},
        reason=reason,
    )


def auc(outcome: ArrayLike, predicted: ArrayLike, *, level: float) -> Estimate | None:
    """Return the chance that an event was given more than another unit, ties as halves.

    DeLong, DeLong & Clarke-Pearson (1988), logit interval: from 0 to 1 where the data hold no
    error. None without an event or without another unit.
    """
    check_share("level", level)
    y, p = _known(outcome, predicted)
    if len(np.unique(y)) < 2:
        return None
    value, error = _mean_placement(y, _placements(y, p))
    return _logit_interval(value, error, len(y), null=0.5, level=level, method="DeLong")


def compare(
    outcome: ArrayLike, first: ArrayLike, second: ArrayLike, *, level: float
) -> Estimate | None:
    """Return how much higher the AUC of `second` is than that of `first`, on the same units.

    DeLong, DeLong & Clarke-Pearson (1988), z-test. None as for `auc`; unbounded where the
    data hold no error, save that predictions in the same order differ by nothing.
    """
    check_share("level", level)
    y, a, b = _known(outcome, first, second)
    if len(np.unique(y)) < 2:
        return None
    gaps = _placements(y, b) - _placements(y, a)
    found = _z_interval(*_mean_placement(y, gaps), len(y), level=level, method="DeLong")
    if not gaps.any():
        return replace(found, low=0.0, high=0.0, p_value=1.0)
    return found


def calibration(
    outcome: ArrayLike, predicted: ArrayLike, *, bins: int = 10, level: float
) -> tuple[Bin, ...]:
    """Return predicted and observed rate of units in bins of about equal size.

    Predictions that are equal share a bin, so that there may be fewer; none without units.
    """
    check_share("level", level)
    check_at_least("the number of bins", bins, 1)
    y, p = _known(outcome, predicted)
    if not len(y):
        return ()
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1]))
    of = np.searchsorted(edges, p)
    groups = [(y[of == at], p[of == at]) for at in np.unique(of)]
    return tuple(
        Bin(
            low=float(given.min()),
            high=float(given.max()),
            predicted=float(given.mean()),
            observed=_rate(float(came.sum()), len(came), level=level),
            n=len(came),
        )
        for came, given in groups
    )


def precision_recall(
    outcome: ArrayLike, predicted: ArrayLike, *, points: int = 200
) -> pd.DataFrame:
    """Return the curve of precision over recall, from the highest predictions down.

    Columns `recall`, `precision`, `share` (of units contacted) and `threshold`: for each of
    `points` evenly spaced recalls, the fewest units that reach it. Empty without events.
    """
    check_at_least("the number of points", points, 2)
    y, p = _known(outcome, predicted)
    columns = ["recall", "precision", "share", "threshold"]
    if not y.any():
        return pd.DataFrame(columns=columns, dtype=float)
    at = Ranked.of(y, p)
    total = at.events[-1]
    # The first event alone comes first: there is no precision before it.
    wanted = np.linspace(1, total, points)
    row = np.unique(np.searchsorted(at.events, wanted - 1e-9 * total))
    events, units = at.events[row], at.units[row]
    curve = events / total, events / units, units / len(y), at.threshold[row]
    return pd.DataFrame(dict(zip(columns, curve, strict=True)))


def flag(outcome: ArrayLike, predicted: ArrayLike, share: float, *, level: float) -> Flag:
    """Return precision and recall when a share of the units is contacted, the highest first.

    At least one unit is. Where the last of them ties with others, the events are those found
    on average. Intervals are Wilson's. That of the recall counts each event for more than one
    as far as so many contacts leave less to chance: of a few contacts among many events, all
    that can vary is which of them are events.
    """
    check_share("level", level)
    check_share("share", share)
    y, p = _known(outcome, predicted)
    if not y.any():
        return Flag(contacted=0, reason="no unit has the outcome")
    at, contacted, events = Ranked.of(y, p), _contacted(share, len(y)), int(y.sum())
    found = at.found(contacted)
    missed, elsewhere = events - found, max(len(y) - contacted, 1)
    # The delta method, of recall as the odds of two binomial counts.
    varies = 1 - (found / contacted * missed + missed / elsewhere * found) / events
    return Flag(
        contacted=contacted,
        threshold=float(at.threshold[np.searchsorted(at.units, contacted)]),
        precision=_rate(found, contacted, level=level),
        recall=_rate(found, events, level=level, counts=1 / max(varies, 1 / len(y))),
    )


def expected_scores(
    probabilities: ArrayLike,
    predicted: ArrayLike | None = None,
    *,
    shares: Sequence[float] = SHARES,
) -> Expected:
    """Return the scores to expect where each outcome is drawn from its unit's probability.

    Without `predicted` the probabilities themselves are the predictions. That is the ceiling:
    what somebody who knows the truth scores, and no other prediction exceeds on average.

    Brier score and log loss are exact. The others are ratios of what an event more changes
    above and below; their means are close where at least a few tens of events are expected.

    Raises:
        ValueError: as `score`.
    """
    truth = np.asarray(probabilities, dtype=float)
    p, f = _complete(truth, truth if predicted is None else predicted)
    n, open_ = len(p), p * (1 - p)
    events, spread = float(p.sum()), float(open_.sum())
    if n < 2 or not spread:
        return Expected(n=n, capture={}, reason="fewer than two units, or no outcome is open")
    at, open_at, rate, sure = Ranked.of(p, f), Ranked.of(open_, f), events / n, _inside(f)
    brier = float(np.mean(open_ + (p - f) ** 2))
    # What the Brier score of the rate is moved by, from one event more or less.
    by_event = (1 - 2 * rate) / n
    found = {share: _contacted(share, n) for share in shares}
    return Expected(
        n=n,
        base_rate=rate,
        auc=_expected_auc(at, spread),
        average_precision=_expected_average_precision(at, p, f),
        brier=brier,
        brier_skill=1
        - _expected_ratio(
            brier,
            rate * (1 - rate) - spread / n**2,
            by_event * float(open_ @ (1 - 2 * f)) / n,
            by_event**2 * spread,
        ),
        log_loss=-float(np.mean(p * np.log(sure) + (1 - p) * np.log1p(-sure))),
        capture={
            share: _expected_ratio(at.found(k), events, open_at.found(k), spread)
            for share, k in found.items()
        },
    )


def _outcome(outcome: ArrayLike) -> Array:
    y = np.asarray(outcome, dtype=float)
    if y.ndim != 1 or not np.all((y == 0) | (y == 1) | np.isnan(y)):
        raise ValueError("outcomes are a column of 0 and 1")
    return y


def _known(outcome: ArrayLike, *predicted: ArrayLike) -> tuple[Array, ...]:
    """Return outcome and predictions of the units that have all of them."""
    return _complete(_outcome(outcome), *predicted)


def _complete(*columns: ArrayLike) -> tuple[Array, ...]:
    """Return columns of numbers between 0 and 1 over the rows where all are known."""
    arrays = [np.asarray(column, dtype=float) for column in columns]
    if len({array.shape for array in arrays}) > 1 or arrays[0].ndim != 1:
        raise ValueError("there is one prediction for each outcome")
    table = np.vstack(arrays)
    table = table[:, ~np.isnan(table).any(axis=0)]
    if not np.all((table >= 0) & (table <= 1)):
        raise ValueError("a prediction is a probability, between 0 and 1")
    return tuple(table)


def _encoded(features: pd.DataFrame) -> tuple[Array, list[bool]]:
    """Return features as numbers, categories as codes, and which of them are categories."""
    columns, categories, problems = [], [], []
    for name, column in features.items():
        if pd.api.types.is_datetime64_any_dtype(column):
            what, fix = "it holds dates", "Make a number or a category of them."
            problems.append(Problem(f"column {name}", what, fix))
        elif column.nunique(dropna=False) > 1:
            is_category = not pd.api.types.is_numeric_dtype(column)
            if is_category:
                # Sorted, so that the order of rows gives no value another code.
                codes, _ = pd.factorize(column.astype("string").fillna(""), sort=True)
                values = codes.astype(float)
            else:
                values = column.to_numpy(dtype=float, na_value=np.nan)
            if np.isinf(values).any():
                what, fix = "it holds an infinite value", "Remove or correct it."
                problems.append(Problem(f"column {name}", what, fix))
            columns.append(values)
            categories.append(is_category)
    if problems:
        raise DataError("A feature cannot be used", problems)
    return np.column_stack([np.empty((len(features), 0)), *columns]), categories


def _simple(categories: list[bool], seed: int) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    is_category = np.array(categories)
    values = OneHotEncoder(min_frequency=FEWEST_OF_A_VALUE, handle_unknown="infrequent_if_exist")
    numbers = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
    return make_pipeline(
        make_column_transformer(
            (values, np.flatnonzero(is_category)),
            (numbers, np.flatnonzero(~is_category)),
            sparse_threshold=1,
        ),
        LogisticRegression(C=1 / PENALTY, solver="newton-cholesky", tol=1e-6),
    )


def _boosted(categories: list[bool], seed: int) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    is_category = np.array(categories)
    codes = OrdinalEncoder(
        min_frequency=FEWEST_OF_A_VALUE,
        max_categories=MOST_VALUES,
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
    )
    return make_pipeline(
        make_column_transformer((codes, np.flatnonzero(is_category)), remainder="passthrough"),
        HistGradientBoostingClassifier(
            learning_rate=0.03,
            max_iter=TREES,
            max_leaf_nodes=4,
            min_samples_leaf=100,
            max_features=0.5,
            categorical_features=range(is_category.sum()),
            early_stopping=False,
            random_state=seed,
        ),
    )


def _placements(outcome: Array, predicted: Array) -> Array:
    """Return each event's share of other units given less, and each other's of events given more.

    By midranks, so that a tie is half (Sun & Xu 2014, eq. 5 to 8).
    """
    event = outcome == 1
    rank = rankdata(predicted)
    found = np.empty(len(outcome))
    found[event] = (rank[event] - rankdata(predicted[event])) / (~event).sum()
    found[~event] = 1 - (rank[~event] - rankdata(predicted[~event])) / event.sum()
    return found


def _mean_placement(outcome: Array, placements: Array) -> tuple[float, float]:
    """Return the mean of placements and its standard error; 0 where there is none."""
    events, others = placements[outcome == 1], placements[outcome == 0]
    variance = sum(x.var(ddof=1) / len(x) if len(x) > 1 else math.nan for x in (events, others))
    return float(events.mean()), math.sqrt(variance) if variance > 0 else 0.0


def _average_precision(outcome: Array, predicted: Array, level: float) -> Estimate:
    """Return average precision with the error that units' influences on it have.

    At each distinct prediction a unit there moves the average by its own precision if it is
    an event, and by changing the precision of all events at or below it.
    """
    at, n = Ranked.of(outcome, predicted), len(outcome)
    value, total = at.average_precision, at.events[-1]
    events, units = np.diff(at.events, prepend=0), np.diff(at.units, prepend=0)
    precision = at.events / at.units
    raised = np.cumsum((events / at.units)[::-1])[::-1]
    lowered = np.cumsum((events * precision / at.units)[::-1])[::-1]
    by_other = -lowered
    by_event = precision + raised - lowered - value
    # Each in units of 1 / events, and centred by construction.
    squares = events @ by_event**2 + (units - events) @ by_other**2
    return _logit_interval(
        value,
        math.sqrt(squares) / total,
        n,
        null=float(total) / n,
        level=level,
        method="average precision",
    )


def _skill(outcome: Array, squares: Array, level: float) -> Estimate:
    """Return one less the ratio of both Brier scores, by the delta method."""
    rate, n = outcome.mean(), len(outcome)
    reference = rate * (1 - rate)
    ratio = squares.mean() / reference
    moved = squares - squares.mean() - ratio * (1 - 2 * rate) * (outcome - rate)
    error = float(moved.std(ddof=1) / reference) / math.sqrt(n)
    found = _z_interval(1 - float(ratio), error, n, level=level, method="Brier skill")
    return replace(found, unit="share")


def _calibrated(
    outcome: Array, predicted: Array, level: float
) -> tuple[Estimate | None, Estimate | None, str]:
    """Return calibration in the large and slope, or why one of them is missing."""
    logits, n = logit(_inside(predicted)), len(outcome)
    ones = np.ones((n, 1))
    large = _fitted(outcome, ones, logits)
    slope = None
    reason = "all units have the same prediction"
    if np.ptp(logits) > 0:
        slope = _fitted(outcome, np.column_stack([ones, logits]), np.zeros(n))
        reason = "" if slope else "the predictions part all events from all others, or are alike"
    found = [
        fit and _z_interval(*fit, n, null=null, level=level, method="logistic recalibration")
        for fit, null in ((large, 0.0), (slope, 1.0))
    ]
    return found[0], found[1], reason


def _fitted(outcome: Array, design: Array, offset: Array) -> tuple[float, float] | None:
    """Return the last coefficient of a logistic regression and its standard error.

    Newton's method, each step halved until the likelihood grows; None where it has no end.
    """

    def loss(at: Array) -> float:
        logits = offset + design @ at
        return float(np.sum(np.logaddexp(0, logits) - outcome * logits))

    at = np.zeros(design.shape[1])
    now = loss(at)
    for _ in range(MOST_STEPS):
        fitted = expit(offset + design @ at)
        information = (design * (fitted * (1 - fitted))[:, None]).T @ design
        if not np.linalg.cond(information) < 1 / ROUNDING:
            return None
        step = np.linalg.solve(information, design.T @ (outcome - fitted))
        if np.abs(step).max() < 1e-9 * (1 + np.abs(at).max()):
            return float(at[-1]), math.sqrt(np.linalg.inv(information)[-1, -1])
        while (then := loss(at + step)) > now + ROUNDING * abs(now):
            step /= 2
        at, now = at + step, then
    return None


def _expected_auc(at: Ranked, spread: float) -> float:
    """Return expected pairs in order over expected pairs, of an event and another unit."""
    events, units = np.diff(at.events, prepend=0), np.diff(at.units, prepend=0)
    others = units - events
    below = others.sum() - np.cumsum(others)
    # No unit makes a pair with itself, though it ties with itself.
    ordered = events @ (below + others / 2) - spread / 2
    return float(ordered / (events.sum() * others.sum() - spread))


def _expected_average_precision(at: Ranked, probabilities: Array, predicted: Array) -> float:
    """Return the expected sum of precisions at events over the events expected.

    A unit that is an event adds its own precision and raises that of events at or below it.
    """
    of = np.searchsorted(-at.threshold, -predicted)
    own = (1 + at.events[of] - probabilities) / at.units[of]
    raised = np.cumsum((np.diff(at.events, prepend=0) / at.units)[::-1])[::-1]
    added = own + raised[of] - probabilities / at.units[of]
    open_ = probabilities * (1 - probabilities)
    top, bottom = float(probabilities @ own), float(at.events[-1])
    return _expected_ratio(top, bottom, float(open_ @ added), float(open_.sum()))


def _expected_ratio(top: float, bottom: float, covariance: float, variance: float) -> float:
    """Return the mean of a ratio from its parts' means, covariance and variance below."""
    return top / bottom - covariance / bottom**2 + top * variance / bottom**3


def _contacted(share: float, n: int) -> int:
    return max(round(check_share("share", share) * n), 1)


def _inside(predicted: Array) -> Array:
    """Return predictions as near to 0 and 1 as has a finite logarithm on both sides."""
    least = np.finfo(float).eps
    return np.clip(predicted, least, 1 - least)


def _mean(values: Array, level: float) -> Estimate:
    variance = float(values.var(ddof=1)) if len(values) > 1 else math.nan
    return mean(Level.of(Sample(len(values), float(values.mean()), variance)), level=level)


def _rate(found: float, of: int, *, level: float, counts: float = 1.0) -> Estimate:
    """Return a share with Wilson's interval, as if each unit were so many.

    What is found may be an average over ties.
    """
    value = found / of
    low, high = proportion_confint(found * counts, of * counts, alpha=1 - level, method="wilson")
    return Estimate(
        value=value,
        # Rounding must not push an end past the rate itself.
        low=min(float(low), value),
        high=max(float(high), value),
        level=level,
        n=of,
        unit="share",
        null=None,
        method="Wilson interval",
    )


def _logit_interval(
    value: float, error: float, n: int, *, null: float, level: float, method: str
) -> Estimate:
    """Return a number between 0 and 1, its interval symmetric on the logit scale."""
    low, high, p_value = 0.0, 1.0, None
    if error > 0 and 0 < value < 1:
        center, spread = float(logit(value)), error / (value * (1 - value))
        reach = float(norm.isf((1 - level) / 2)) * spread
        low, high = float(expit(center - reach)), float(expit(center + reach))
        p_value = 2 * float(norm.sf(abs(center - logit(null)) / spread))
    return Estimate(
        value=value,
        low=low,
        high=high,
        level=level,
        n=n,
        null=null,
        p_value=p_value,
        method=f"{method}, logit interval",
    )


def _z_interval(
    value: float, error: float, n: int, *, null: float = 0.0, level: float, method: str
) -> Estimate:
    """Return a number with its z interval; unbounded where nothing varies."""
    if not error > 0:
        return unbounded(value, n, level=level, method=f"{method}, z-test", null=null)
    reach = float(norm.isf((1 - level) / 2)) * error
    return Estimate(
        value=value,
        low=value - reach,
        high=value + reach,
        level=level,
        n=n,
        null=null,
        p_value=2 * float(norm.sf(abs(value - null) / error)),
        method=f"{method}, z-test",
    )
