"""The likelihood of BG/NBD, its slope and its curvature, in the logs of r, alpha, a and b.

Equations are numbered as in the paper that `bg_nbd` names.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import digamma, expit, gammaln

from ..predictions.outcomes import Array
from .order_histories import COLUMNS, check_histories
from .purchases import Codes

NAMES = ("r", "alpha", "a", "b")
# What is sought: the logs of r, of the mean rate r / alpha, of the odds to leave a / b, and of b;
# what they are made of to give the logs of the parameters.
SOUGHT = ("r", "rate", "odds", "b")
LOGS = np.array([[1, 0, 0, 0], [1, -1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]])


class Data(NamedTuple):
    """Histories made ready: terms of the number of orders alone are needed of each once.

    Attributes:
        x, seen, age, weight: one a customer.
        numbers, place: the different numbers of orders, and which of them each customer has.
    """

    x: Array
    seen: Array
    age: Array
    weight: Array
    numbers: Array
    place: Codes


def ready(histories: pd.DataFrame, weights: ArrayLike | None = None) -> Data:
    """Return histories made ready, with how often each customer counts."""
    x, seen, age = columns_of(histories)
    weight = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    if weight.shape != x.shape:
        raise ValueError("weights are one a customer")
    numbers, place = np.unique(x, return_inverse=True)
    return Data(x, seen, age, weight, numbers, place)


def columns_of(histories: pd.DataFrame) -> tuple[Array, Array, Array]:
    """Return repeat orders, recency and age of each customer."""
    check_histories(histories)
    x, seen, age = (histories[name].to_numpy(dtype=float) for name in COLUMNS)
    return x, seen, age


def log_likelihood(at: Array, data: Data) -> tuple[float, Array]:
    """Return the log-likelihood (eq. 6) and its slope in the logs of r, alpha, a and b."""
    each, slopes = scores(at, data)
    return float(data.weight @ each), data.weight @ slopes


def scores(at: Array, data: Data) -> tuple[Array, Array]:
    """Return the log-likelihood of each customer, and its slope, one column a parameter."""
    r, alpha, a, b = np.exp(at)
    x, seen, age, _, numbers, place = data
    counts = gammaln(r + numbers) - gammaln(r) + r * np.log(alpha)
    counts += gammaln(a + b) + gammaln(b + numbers) - gammaln(b) - gammaln(a + b + numbers)
    log_age, log_seen, after = np.log(alpha + age), np.log(alpha + seen), b + np.maximum(x, 1) - 1
    there = -(r + x) * log_age
    left = np.where(x > 0, np.log(a) - np.log(after) - (r + x) * log_seen, -np.inf)
    gone = expit(left - there)
    of_rate = digamma(r + numbers) - digamma(r) + np.log(alpha)
    both = digamma(a + b) - digamma(a + b + numbers)
    slopes = [
        of_rate[place] - (1 - gone) * log_age - gone * log_seen,
        r / alpha - (r + x) * ((1 - gone) / (alpha + age) + gone / (alpha + seen)),
        both[place] + gone / a,
        (both + digamma(b + numbers) - digamma(b))[place] - gone / after,
    ]
    each = counts[place] + np.logaddexp(there, left)
    return each, np.column_stack(slopes) * np.exp(at)


def covariance(at: Array, edges: tuple[str, ...], data: Data) -> Array:
    """Return the covariance of the logs of r, alpha, a and b, given what is at an edge.

    From the curvature of the likelihood; NaN where it is flat.
    """
    step = 1e-4
    curvature = np.empty((4, 4))
    for i in range(4):
        move = step * LOGS[:, i]
        up, down = log_likelihood(at + move, data)[1], log_likelihood(at - move, data)[1]
        curvature[i] = (down - up) @ LOGS / (2 * step)
    # Where nobody leaves, b means nothing.
    free = [name not in edges and (name != "b" or "odds" not in edges) for name in SOUGHT]
    inner = np.ix_(free, free)
    among = (curvature[inner] + curvature[inner].T) / 2
    found = np.zeros((4, 4))
    if np.linalg.eigvalsh(among).min(initial=1) <= 0:
        return np.full((4, 4), np.nan)
    found[inner] = np.linalg.inv(among)
    return np.asarray(LOGS @ found @ LOGS.T)
