"""Gamma-gamma: what a customer's orders are worth on average, when few of them were seen.

The amounts of a customer's orders follow a gamma distribution of shape p, and its rate follows a
gamma distribution over customers (shape q, rate v). Of a customer with few orders the expected
value lies near that of all, of one with many near what they paid. Fader & Hardie 2013, The
Gamma-Gamma Model of Monetary Value (note 025); equations are numbered as there.

The model takes what an order is worth to have nothing to do with how many there are;
`rank_correlation` says how far that is so. Amounts may be in any currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, ndtri

from ...errors import DataError, Problem
from ...story.estimates import Estimate
from ..checks import check_share
from ..predictions.outcomes import Array
from ..rank_correlation import rank_correlation

Data = tuple[Array, Array, Array]
Flags = NDArray[np.bool_]

NAMES = ("p", "q", "v")
# Logarithms are sought between these, v's over the mean value. Where all customers pay alike, or
# all orders of a customer cost the same, the likelihood rises towards an edge for ever.
LOW, HIGH = np.log([1e-3, 1e-3, 1e-6]), np.log([1e5, 1e5, 1e6])
NEAR = 1e-3
STEEP = 1e-4


@dataclass(frozen=True, kw_only=True)
class GammaGamma:
    """A fitted model.

    Attributes:
        p, q, v: the parameters; NaN where there are none.
        log_likelihood: of all customers with repeat orders.
        n: how many these are.
        parameters: estimates; intervals are normal in the log. Those at an edge are left out.
        mean: the value of an order, the mean over customers, p v / (q - 1).
        rank_correlation: of the number of orders with their mean value (see
            `rank_correlation`); None where it has none, or with weights.
        at_edge: parameters that ran away as far as they were let: their size says nothing.
        reason: why there is no model; "" when there is one.
    """

    p: float = float("nan")
    q: float = float("nan")
    v: float = float("nan")
    log_likelihood: float = float("nan")
    n: int
    parameters: Mapping[str, Estimate] = field(default_factory=dict)
    mean: float = float("nan")
    rank_correlation: Estimate | None = None
    at_edge: tuple[str, ...] = ()
    reason: str = ""

    def expected(self, histories: pd.DataFrame) -> pd.Series:
        """Return the expected value of each customer's orders (eq. 5).

        Of a customer without repeat orders it is the mean.

        Raises:
            DataError: histories that cannot be used.
        """
        x, value = _columns(histories)
        spent = np.where(x > 0, x * np.nan_to_num(value), 0.0)
        if self.reason:
            expected = np.full(len(x), np.nan)
        else:
            expected = self.p * (self.v + spent) / (self.p * x + self.q - 1)
        return pd.Series(expected, index=histories.index, name="value")


def fit(
    histories: pd.DataFrame, *, level: float = 0.95, weights: ArrayLike | None = None
) -> GammaGamma:
    """Return the model of largest likelihood, of customers with repeat orders.

    Args:
        histories: with columns `frequency` and `value`, see `order_histories`.
        weights: how often each customer counts, as in a resample; once each by default.

    Raises:
        DataError: histories that cannot be used.
        ValueError: weights that are not one a customer, or a level that is no share.
    """
    check_share("level", level)
    x, value = _columns(histories)
    weight = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=float)
    if weight.shape != x.shape:
        raise ValueError("weights are one a customer")
    used = (x > 0) & (weight > 0)
    x, value, weight = x[used], value[used], weight[used]
    n = int(weight.sum())
    if len(x) < 2:
        return GammaGamma(n=n, reason="fewer than two customers ordered again")
    if np.ptp(value) < 1e-9 * value.max():
        return GammaGamma(n=n, reason="all customers pay the same")
    shift = np.array([0, 0, np.log(weight @ value / n)])
    found = minimize(
        lambda at: tuple(-part / n for part in log_likelihood(at + shift, x, value, weight)),
        np.log([2, 3, 1]),
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(LOW, HIGH, strict=True)),
        options={"maxiter": 2_000, "ftol": 1e-14, "gtol": 1e-7},
    )
    free = (found.x > LOW + NEAR) & (found.x < HIGH - NEAR)
    if not np.isfinite(found.fun) or np.abs(found.jac[free]).max(initial=0) > STEEP:
        return GammaGamma(n=n, reason="no parameters fit best")
    at = found.x + shift
    p, q, v = (float(of) for of in np.exp(at))
    if q <= 1:
        return GammaGamma(n=n, reason="the mean over customers is infinite")
    return GammaGamma(
        p=p,
        q=q,
        v=v,
        log_likelihood=-float(found.fun) * n,
        n=n,
        parameters=_parameters(at, free, (x, value, weight), level, n),
        mean=p * v / (q - 1),
        rank_correlation=rank_correlation(x, value, level=level) if weights is None else None,
        at_edge=tuple(name for name, is_free in zip(NAMES, free, strict=True) if not is_free),
    )


def influence(model: GammaGamma, histories: pd.DataFrame) -> Array:
    """Return how far the logs of p, q and v would move if a customer counted once more.

    One row a customer, zero without repeat orders and for parameters at an edge; NaN where the
    likelihood is flat. See `bg_nbd.influence`.
    """
    x, value = _columns(histories)
    again, moved = x > 0, np.zeros((len(x), 3))
    data = x[again], value[again], np.ones(int(again.sum()))
    at = np.log([model.p, model.q, model.v])
    free = np.array([name not in model.at_edge for name in NAMES])
    moved[again] = _scores(at, *data[:2])[1] @ _covariance(at, free, data)
    return moved


def log_likelihood(at: Array, x: Array, value: Array, weight: Array) -> tuple[float, Array]:
    """Return the log-likelihood (eq. 1a) and its slope in the logs of p, q and v."""
    each, slopes = _scores(at, x, value)
    return float(weight @ each), weight @ slopes


def _scores(at: Array, x: Array, value: Array) -> tuple[Array, Array]:
    """Return the log-likelihood of each customer, and its slope, one column a parameter."""
    p, q, v = np.exp(at)
    spent = x * value
    log_all = np.log(v + spent)
    orders, both = p * x, p * x + q
    terms = gammaln(both) - gammaln(orders) - gammaln(q) + q * np.log(v)
    terms += orders * np.log(spent) - np.log(value) - both * log_all
    slopes = [
        x * (digamma(both) - digamma(orders) + np.log(spent) - log_all),
        digamma(both) - digamma(q) + np.log(v) - log_all,
        q / v - both / (v + spent),
    ]
    return terms, np.column_stack(slopes) * np.exp(at)


def _columns(histories: pd.DataFrame) -> tuple[Array, Array]:
    problems = [
        Problem(f"column {name}", "it is missing", "Add it.")
        for name in ("frequency", "value")
        if name not in histories
    ]
    if not problems:
        x = histories["frequency"].to_numpy(dtype=float)
        value = histories["value"].to_numpy(dtype=float)
        if (x > 0).any() and not (np.isfinite(value) & (value > 0))[x > 0].all():
            what = "a customer with repeat orders has none above zero"
            problems.append(Problem("column value", what, "Correct it, or leave it out."))
    if problems:
        raise DataError("Values of orders cannot be used", problems)
    return x, value


def _parameters(at: Array, free: Flags, data: Data, level: float, n: int) -> dict[str, Estimate]:
    """Return estimates from the curvature; none where it is flat."""
    errors = np.sqrt(np.diag(_covariance(at, free, data)))
    reach = float(ndtri((1 + level) / 2)) * errors
    with np.errstate(over="ignore"):  # an end beyond all numbers is no bound
        ends = np.exp(at - reach), np.exp(at + reach)
    return {
        name: Estimate(
            value=float(np.exp(of)),
            low=float(low),
            high=float(high),
            level=level,
            n=n,
            null=None,
            method="gamma-gamma",
        )
        for name, of, r, low, high in zip(NAMES, at, reach, *ends, strict=True)
        if r > 0
    }


def _covariance(at: Array, free: Flags, data: Data) -> Array:
    """Return the covariance of the logs from the curvature; zero at edges, NaN where it is flat."""
    step, curvature = 1e-4, np.empty((3, 3))
    for i in range(3):
        move = step * np.eye(3)[i]
        up, down = log_likelihood(at + move, *data)[1], log_likelihood(at - move, *data)[1]
        curvature[i] = (down - up) / (2 * step)
    inner = np.ix_(free, free)
    among, found = (curvature[inner] + curvature[inner].T) / 2, np.zeros((3, 3))
    if np.linalg.eigvalsh(among).min(initial=1) <= 0:
        return np.full((3, 3), np.nan)
    found[inner] = np.linalg.inv(among)
    return found
