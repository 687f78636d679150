"""BG/NBD: how often customers will order again, when nobody tells that they left.

While they are there, customers order at random times, at rates that follow a gamma distribution
(shape r, rate alpha). After each order but the first a customer leaves for good with a chance that
follows a beta distribution over customers (a, b). Fader, Hardie & Lee 2005, "Counting your
customers" the easy way, Marketing Science 24(2), 275-284; equations are numbered as there.

The model knows no season and no trend, and a customer without repeat orders cannot have left.
Time is in the unit of the order histories (see `order_histories`); fits in days and in weeks say
the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.linalg import eigh_tridiagonal
from scipy.optimize import minimize
from scipy.special import digamma, expit, gammaln, ndtri

from ..story.estimates import Estimate
from ..story.numbers import Unit
from .checks import check_at_least, check_share
from .order_histories import COLUMNS, check_histories
from .outcomes import Array
from .purchases import Codes

NAMES = ("r", "alpha", "a", "b")
# Logarithms of the parameters, alpha's over the mean time between orders, are sought between
# these. Where nobody leaves or all leave alike, the likelihood rises towards an edge for ever.
LOW, HIGH = np.log([1e-4, 1e-4, 1e-4, 1e-3]), np.log([1e4, 1e4, 1e3, 1e4])
NEAR = 1e-3
STEEP = 1e-4  # the slope per customer above which a search has not arrived
NODES = 128
BLOCK = 20_000


@dataclass(frozen=True, kw_only=True)
class BgNbd:
    """A fitted model.

    Attributes:
        r, alpha, a, b: the parameters; NaN where there are none.
        log_likelihood: of all histories.
        n, repeated: customers, and those with repeat orders.
        parameters: of those that are not at an edge, estimates; intervals are normal in the log.
        rate: mean rate of orders while customers are there, r / alpha.
        leaving: mean chance to leave after an order, a / (a + b); unit `share`.
        at_edge: parameters that ran away as far as they were let: their size says nothing.
        reason: why there is no model; "" when there is one.
    """

    r: float = float("nan")
    alpha: float = float("nan")
    a: float = float("nan")
    b: float = float("nan")
    log_likelihood: float = float("nan")
    n: int
    repeated: int
    parameters: Mapping[str, Estimate] = field(default_factory=dict)
    rate: Estimate | None = None
    leaving: Estimate | None = None
    at_edge: tuple[str, ...] = ()
    reason: str = ""

    def alive(self, histories: pd.DataFrame) -> pd.Series:
        """Return each customer's chance to be there still at the end of their history.

        Raises:
            DataError: histories that cannot be used.
        """
        x, seen, age = _columns(histories)
        with np.errstate(divide="ignore"):
            odds = np.log(self.a) - np.log(self.b + np.maximum(x, 1) - 1)
        odds = odds + (self.r + x) * np.log((self.alpha + age) / (self.alpha + seen))
        alive = np.where(x > 0, expit(-odds), 1.0 if not self.reason else np.nan)
        return pd.Series(alive, index=histories.index, name="alive")

    def expected(self, histories: pd.DataFrame, horizon: float) -> pd.Series:
        """Return the orders to be expected of each customer in the time that follows (eq. 10).

        Raises:
            DataError: histories that cannot be used.
            ValueError: a horizon below zero.
        """
        check_at_least("the horizon", horizon, 0)
        x, _, age = _columns(histories)
        later = self._if_alive(x, age, horizon) * self.alive(histories).to_numpy()
        return pd.Series(later, index=histories.index, name="expected")

    def of_new(self, horizon: float) -> float:
        """Return the repeat orders to be expected of a customer after the first (eq. 9).

        Raises:
            ValueError: a horizon below zero.
        """
        check_at_least("the horizon", horizon, 0)
        return float(self._if_alive(np.zeros(1), np.zeros(1), horizon)[0])

    def _if_alive(self, x: Array, age: Array, horizon: float) -> Array:
        """Return expected orders of customers who are there still.

        Of such a customer the rate is gamma (r + x, alpha + age) and the chance to leave p is beta
        (a, b + x). Given p they make (1 - (1 + p t / (alpha + age)) ** -(r + x)) / p orders on
        average; the mean over p is a weighted sum. It comes to the hypergeometric form of the
        paper, which loses all digits where b or x is large.
        """
        if self.reason:
            return np.full(len(x), np.nan)
        p, weight = self._nodes
        found = []
        for i in range(0, len(x), BLOCK):
            k, t = x[i : i + BLOCK, None], age[i : i + BLOCK, None]
            posterior = weight * (1 - p) ** k
            orders = -np.expm1(-(self.r + k) * np.log1p(p * horizon / (self.alpha + t))) / p
            found.append((posterior * orders).sum(axis=1) / posterior.sum(axis=1))
        return np.concatenate(found)

    @cached_property
    def _nodes(self) -> tuple[Array, Array]:
        return beta_quadrature(self.a, self.b)


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


def fit(histories: pd.DataFrame, *, level: float = 0.95, weights: ArrayLike | None = None) -> BgNbd:
    """Return the model of largest likelihood.

    Args:
        weights: how often each customer counts, as in a resample; once each by default.

    Raises:
        DataError: histories that cannot be used.
        ValueError: weights that are not one a customer, or a level that is no share.
    """
    check_share("level", level)
    data = _data(histories, weights)
    x, age, weight = data.x, data.age, data.weight
    n, repeated = int(weight.sum()), int(weight[x > 0].sum())
    if not repeated:
        return BgNbd(n=n, repeated=0, reason="nobody ordered again")
    gap = float(weight @ age / (weight @ x))
    shift = np.array([0, np.log(gap), 0, 0])
    found = minimize(
        lambda at: tuple(-part / n for part in log_likelihood(at + shift, data)),
        # Rates and chances to leave that differ much, about one order in six the last.
        np.log([1, 1, 1, 5]),
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(LOW, HIGH, strict=True)),
        options={"maxiter": 1_000, "ftol": 1e-13, "gtol": 1e-7},
    )
    free = (found.x > LOW + NEAR) & (found.x < HIGH - NEAR)
    if not np.isfinite(found.fun) or np.abs(found.jac[free]).max(initial=0) > STEEP:
        return BgNbd(n=n, repeated=repeated, reason="no parameters fit best")
    at = found.x + shift
    r, alpha, a, b = (float(value) for value in np.exp(at))
    errors = _covariance(at, free, data)
    z = float(ndtri((1 + level) / 2))

    def estimate(log_or_logit: Array, value: float, unit: Unit, *, logit: bool = False) -> Estimate:
        centre = log_or_logit @ at
        reach = z * float(np.sqrt(log_or_logit @ errors @ log_or_logit))
        ends = (expit if logit else np.exp)(np.array([centre - reach, centre + reach]))
        return Estimate(
            value=value, low=float(ends[0]), high=float(ends[1]), level=level, n=n, unit=unit,
            null=None, method="BG/NBD",
        )  # fmt: skip

    one = np.eye(4)
    known = bool(np.isfinite(errors).all())
    sizes = dict(zip(NAMES, (r, alpha, a, b), strict=True))
    names = [name for name, is_free in zip(NAMES, free, strict=True) if is_free and known]
    return BgNbd(
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        log_likelihood=-float(found.fun) * n,
        n=n,
        repeated=repeated,
        parameters={
            name: estimate(one[NAMES.index(name)], sizes[name], "number") for name in names
        },
        # Of two that run away together the ratio is known where the first of them is.
        rate=estimate(one[0] - one[1], r / alpha, "number") if "alpha" in names else None,
        leaving=estimate(one[2] - one[3], a / (a + b), "share", logit=True)
        if "a" in names
        else None,
        at_edge=tuple(name for name, is_free in zip(NAMES, free, strict=True) if not is_free),
    )


def influence(model: BgNbd, histories: pd.DataFrame) -> Array:
    """Return how far the logs of r, alpha, a and b would move if a customer counted once more.

    One row a customer; zero for parameters at an edge, NaN where the likelihood is flat. Divided
    into the customers it is the empirical influence of Efron & Tibshirani 1993, section 21.3.
    """
    data = _data(histories)
    at = np.log([model.r, model.alpha, model.a, model.b])
    free = np.array([name not in model.at_edge for name in NAMES])
    return np.asarray(_scores(at, data)[1] @ _covariance(at, free, data))


def log_likelihood(at: Array, data: Data) -> tuple[float, Array]:
    """Return the log-likelihood (eq. 6) and its slope in the logs of r, alpha, a and b."""
    each, slopes = _scores(at, data)
    return float(data.weight @ each), data.weight @ slopes


def _scores(at: Array, data: Data) -> tuple[Array, Array]:
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


def beta_quadrature(a: float, b: float, nodes: int = NODES) -> tuple[Array, Array]:
    """Return points and weights: the weighted sum of f is its mean over a beta (a, b).

    Golub & Welsch 1969 for Jacobi polynomials, moved to 0 to 1.
    """
    k = np.arange(1, nodes)
    s = a + b - 2 + 2 * k
    middle = np.append((a - b) / (a + b), (a - b) * (a + b - 2) / (s * (s + 2)))
    beside = 4 * k * (k + a - 1) * (k + b - 1) / (s**2 * (s + 1))
    # The first factor of the rest is 0 / 0 where a + b = 1.
    beside[1:] *= (k[1:] + a + b - 2) / (s[1:] - 1)
    points, vectors = eigh_tridiagonal(middle, np.sqrt(beside))
    # Rounding may put the first point below zero, where it must not be.
    return np.clip((1 + points) / 2, 1e-12, 1), vectors[0] ** 2


def _data(histories: pd.DataFrame, weights: ArrayLike | None = None) -> Data:
    x, seen, age = _columns(histories)
    weight = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    if weight.shape != x.shape:
        raise ValueError("weights are one a customer")
    numbers, place = np.unique(x, return_inverse=True)
    return Data(x, seen, age, weight, numbers, place)


def _columns(histories: pd.DataFrame) -> tuple[Array, Array, Array]:
    check_histories(histories)
    x, seen, age = (histories[name].to_numpy(dtype=float) for name in COLUMNS)
    return x, seen, age


def _covariance(at: Array, free: np.ndarray[tuple[int], np.dtype[np.bool_]], data: Data) -> Array:
    """Return the covariance of the logs from the curvature; zero at edges, NaN where it is flat."""
    step = 1e-4
    curvature = np.empty((4, 4))
    for i in range(4):
        move = step * np.eye(4)[i]
        up, down = log_likelihood(at + move, data)[1], log_likelihood(at - move, data)[1]
        curvature[i] = (down - up) / (2 * step)
    inner = np.ix_(free, free)
    among = (curvature[inner] + curvature[inner].T) / 2
    found = np.zeros((4, 4))
    if np.linalg.eigvalsh(among).min(initial=1) <= 0:
        return np.full((4, 4), np.nan)
    found[inner] = np.linalg.inv(among)
    return found
