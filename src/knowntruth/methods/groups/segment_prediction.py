"""What segments predict: how much of a later number is known once a unit's segment is.

Every prediction is made by units of other folds: the mean of the segment there (`by_segment`),
or a straight line in some numbers (`by_numbers`), against which segments can be held. A segment
that the other folds do not have gets the mean of all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import spearmanr

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..intervals import z_interval
from .clusters import Array, matrix


@dataclass(frozen=True, kw_only=True)
class Foretold:
    """What predictions by other folds are worth.

    Attributes:
        n: units with a known outcome.
        r2: share of the squared distance to the mean of the other folds that they save. Below
            zero they are worse than that mean. Its error is by the delta method.
        rank: Spearman's correlation within each fold, averaged over folds; predictions that are
            all alike have none, 0. Interval by Fisher's z with the error of Bonett & Wright
            (2000).
        reason: why both are None; empty when they are not.
    """

    n: int
    r2: Estimate | None = None
    rank: Estimate | None = None
    reason: str = ""


def by_segment(
    labels: ArrayLike, outcome: ArrayLike, *, seed: int, level: float, folds: int = 5
) -> Foretold:
    """Return what the mean of its segment says about a unit's outcome.

    Labels are of any kind; units whose outcome is missing are left out.

    Raises:
        ValueError: not one label an outcome, fewer than two folds, a level that is no share.
    """
    codes, names = pd.factorize(np.asarray(labels))
    if (codes < 0).any():
        raise ValueError("a unit has no label")
    width = len(names)

    def predict(known: Any, of: Any, y: Array) -> Array:
        counts = np.bincount(codes[known], minlength=width)
        sums = np.bincount(codes[known], weights=y, minlength=width)
        means = np.divide(sums, counts, out=np.full(width, y.mean()), where=counts > 0)
        return np.asarray(means[codes[of]])

    return _foretold(predict, outcome, len(codes), seed, level, folds)


def by_numbers(
    features: Any, outcome: ArrayLike, *, seed: int, level: float, folds: int = 5
) -> Foretold:
    """Return what a straight line in some numbers says about a unit's outcome.

    Raises:
        ValueError: as `by_segment`.
        DataError: features that are not finite numbers.
    """
    x = matrix(features)
    x = np.column_stack([np.ones(len(x)), x])

    def predict(known: Any, of: Any, y: Array) -> Array:
        return np.asarray(x[of] @ np.linalg.lstsq(x[known], y)[0])

    return _foretold(predict, outcome, len(x), seed, level, folds)


def _foretold(
    predict: Any, outcome: ArrayLike, n: int, seed: int, level: float, folds: int
) -> Foretold:
    check_share("level", level)
    check_at_least("the number of folds", folds, 2)
    y = np.asarray(outcome, dtype=float)
    if y.shape != (n,) or np.isinf(y).any():
        raise ValueError(f"{n} units have finite outcomes, or missing ones")
    rows = np.flatnonzero(~np.isnan(y))
    if len(rows) < 3 * folds:
        return Foretold(n=len(rows), reason=f"{len(rows)} units are too few for {folds} folds")
    rows = np.random.default_rng(seed).permutation(rows)
    own, mean, ranks = np.empty(n), np.empty(n), []
    for part in np.array_split(rows, folds):
        others = np.setdiff1d(rows, part)
        own[part] = predict(others, part, y[others])
        mean[part] = y[others].mean()
        varies = np.ptp(own[part]) > 0 and np.ptp(y[part]) > 0
        ranks.append(float(spearmanr(own[part], y[part])[0]) if varies else 0.0)
    rows = np.sort(rows)
    left, given = (y[rows] - own[rows]) ** 2, (y[rows] - mean[rows]) ** 2
    if not given.sum():
        return Foretold(n=len(rows), reason="all outcomes are the same")
    return Foretold(
        n=len(rows),
        r2=_saved(left, given, level),
        rank=_rank(float(np.mean(ranks)), len(rows), level),
    )


def _saved(left: Array, given: Array, level: float) -> Estimate:
    """Return one less the ratio of two sums, by the delta method."""
    n, ratio = len(left), float(left.sum() / given.sum())
    moved = (left - ratio * given) / given.mean()
    error = float(moved.std(ddof=1)) / math.sqrt(n)
    found = z_interval(
        1 - ratio, error, n, level=level, method="R² by other folds, z-test", unit="share"
    )
    return replace(found, high=min(found.high, 1.0))


def _rank(value: float, n: int, level: float) -> Estimate:
    error = math.sqrt((1 + value**2 / 2) / (n - 3))
    inside = min(max(value, -1 + 1e-12), 1 - 1e-12)
    found = z_interval(
        math.atanh(inside), error, n, level=level, method="Spearman's correlation by other folds"
    )
    low, high = math.tanh(found.low), math.tanh(found.high)
    return replace(found, value=value, low=min(low, value), high=max(high, value))
