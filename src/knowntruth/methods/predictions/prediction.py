"""Prediction: how well units with an outcome can be told from the others.

A *prediction* is the probability of the outcome that a unit was given before it was known;
`predictors` makes some. `score` says what they are worth: by their order, as `ranking` has it,
by how often they come true, as `calibration` has it, and by both at once. `ceilings` says what
they could be worth.

The units are a sample and the predictions given: the intervals say how far the scores can be
trusted for other units predicted alike, not for models fitted anew.

Outcomes are 0 or 1, predictions between 0 and 1. Units with either missing are left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...story.estimates import Estimate
from ..checks import check_share
from ..intervals import share_of, z_interval
from ..means import Level, mean
from ..moments import Sample
from .calibration import recalibration
from .outcomes import Array, inside, known
from .ranking import auc, average_precision, flag

SHARES = (0.01, 0.05, 0.10)


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
    y, p = known(outcome, predicted)
    n, events = len(y), int(y.sum())
    if not n:
        return Scores(n=0, events=0, capture={}, reason="no unit has outcome and prediction")
    base_rate = share_of(events, n, level=level)
    if events in {0, n}:
        reason = f"all of {n} units have the outcome" if events else f"none of {n} units has it"
        return Scores(n=n, events=events, base_rate=base_rate, capture={}, reason=reason)
    squares = (p - y) ** 2
    flags = {share: flag(y, p, share, level=level).recall for share in shares}
    large, slope, reason = recalibration(y, p, level=level)
    return Scores(
        n=n,
        events=events,
        base_rate=base_rate,
        auc=auc(y, p, level=level),
        average_precision=average_precision(y, p, level=level),
        brier=_mean(squares, level),
        brier_skill=_skill(y, squares, level),
        log_loss=_mean(-np.log(np.where(y == 1, inside(p), 1 - inside(p))), level),
        calibration_in_the_large=large,
        calibration_slope=slope,
        capture={share: recall for share, recall in flags.items() if recall is not None},
        reason=reason,
    )


def _skill(outcome: Array, squares: Array, level: float) -> Estimate:
    """Return one less the ratio of both Brier scores, by the delta method."""
    rate, n = outcome.mean(), len(outcome)
    reference = rate * (1 - rate)
    ratio = squares.mean() / reference
    moved = squares - squares.mean() - ratio * (1 - 2 * rate) * (outcome - rate)
    error = float(moved.std(ddof=1) / reference) / math.sqrt(n)
    return z_interval(
        1 - float(ratio), error, n, level=level, method="Brier skill, z-test", unit="share"
    )


def _mean(values: Array, level: float) -> Estimate:
    variance = float(values.var(ddof=1)) if len(values) > 1 else math.nan
    return mean(Level.of(Sample(len(values), float(values.mean()), variance)), level=level)
