"""Calibration: whether an outcome comes as often as predictions say.

`reliability` lays predicted and observed rates side by side; `recalibration` says how far the
predictions would have to be shifted and stretched.

Outcomes are 0 or 1, predictions between 0 and 1. Units with either missing are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..intervals import share_of, z_interval
from .outcomes import Array, inside, known

MOST_STEPS = 50
ROUNDING = 1e-12


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


def reliability(
    outcome: ArrayLike, predicted: ArrayLike, *, bins: int = 10, level: float
) -> tuple[Bin, ...]:
    """Return predicted and observed rate of units in bins of about equal size.

    Predictions that are equal share a bin, so that there may be fewer; none without units.
    """
    check_share("level", level)
    check_at_least("the number of bins", bins, 1)
    y, p = known(outcome, predicted)
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
            observed=share_of(float(came.sum()), len(came), level=level),
            n=len(came),
        )
        for came, given in groups
    )


def recalibration(
    outcome: ArrayLike, predicted: ArrayLike, *, level: float
) -> tuple[Estimate | None, Estimate | None, str]:
    """Return calibration in the large and slope (Cox 1958), or why one of them is missing.

    The first is what to add to every logit, the second what to multiply them by; both with
    Wald intervals. There are events and others.
    """
    check_share("level", level)
    y, p = known(outcome, predicted)
    logits, n = logit(inside(p)), len(y)
    ones = np.ones((n, 1))
    large = _fitted(y, ones, logits)
    slope = None
    reason = "all units have the same prediction"
    if np.ptp(logits) > 0:
        slope = _fitted(y, np.column_stack([ones, logits]), np.zeros(n))
        reason = "" if slope else "the predictions part all events from all others, or are alike"
    found = [
        fit and z_interval(*fit, n, null=null, level=level, method="logistic recalibration, z-test")
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
