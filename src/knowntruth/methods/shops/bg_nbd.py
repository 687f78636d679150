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
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import expit, ndtri

from ...story.estimates import Estimate
from ...story.numbers import Unit
from ..checks import check_at_least, check_share
from ..predictions.outcomes import Array
from .beta_quadrature import beta_quadrature
from .bg_nbd_likelihood import (
    LOGS,
    NAMES,
    SOUGHT,
    columns_of,
    covariance,
    log_likelihood,
    ready,
    scores,
)

# What is sought can run away: r and b where all customers are alike, the odds where nobody leaves.
LOW, HIGH = np.log([1e-4, 1e-4, 1e-6, 1e-3]), np.log([1e4, 1e4, 1e6, 1e4])
EDGES = {"r": ("r", "alpha"), "rate": ("alpha",), "odds": ("a", "b"), "b": ("a", "b")}
NEAR = 1e-3
STEEP = 1e-4  # the slope per customer above which a search has not arrived
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
        edges: of `SOUGHT`, what ran away as far as it was let: the likelihood rises for ever where
            all customers order at one rate (r), nobody leaves (odds) or all leave alike (b).
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
    edges: tuple[str, ...] = ()
    reason: str = ""

    @property
    def at_edge(self) -> tuple[str, ...]:
        """Parameters whose size says nothing, since they ran away."""
        away = {name for edge in self.edges for name in EDGES[edge]}
        return tuple(name for name in NAMES if name in away)

    def alive(self, histories: pd.DataFrame) -> pd.Series:
        """Return each customer's chance to be there still at the end of their history.

        Raises:
            DataError: histories that cannot be used.
        """
        x, seen, age = columns_of(histories)
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
        x, _, age = columns_of(histories)
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


def fit(histories: pd.DataFrame, *, level: float = 0.95, weights: ArrayLike | None = None) -> BgNbd:
    """Return the model of largest likelihood.

    Args:
        weights: how often each customer counts, as in a resample; once each by default.

    Raises:
        DataError: histories that cannot be used.
        ValueError: weights that are not one a customer, or a level that is no share.
    """
    check_share("level", level)
    data = ready(histories, weights)
    x, age, weight = data.x, data.age, data.weight
    n, repeated = int(weight.sum()), int(weight[x > 0].sum())
    if not repeated:
        return BgNbd(n=n, repeated=0, reason="nobody ordered again")
    gap = float(weight @ age / (weight @ x))
    shift = np.array([0, np.log(gap), 0, 0])

    def badness(sought: Array) -> tuple[float, Array]:
        value, slope = log_likelihood(LOGS @ sought + shift, data)
        return -value / n, -slope @ LOGS / n

    found = minimize(
        badness,
        # Rates that differ much between customers, and about one order in six the last.
        np.log([1, 1, 0.2, 5]),
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(LOW, HIGH, strict=True)),
        options={"maxiter": 1_000, "ftol": 1e-13, "gtol": 1e-7},
    )
    free = (found.x > LOW + NEAR) & (found.x < HIGH - NEAR)
    if not np.isfinite(found.fun) or np.abs(found.jac[free]).max(initial=0) > STEEP:
        return BgNbd(n=n, repeated=repeated, reason="no parameters fit best")
    edges = tuple(name for name, is_free in zip(SOUGHT, free, strict=True) if not is_free)
    at = LOGS @ found.x + shift
    r, alpha, a, b = (float(value) for value in np.exp(at))
    errors = covariance(at, edges, data)
    z = float(ndtri((1 + level) / 2))

    def estimate(log_or_logit: Array, value: float, unit: Unit, *, logit: bool = False) -> Estimate:
        centre = log_or_logit @ at
        reach = z * float(np.sqrt(log_or_logit @ errors @ log_or_logit))
        with np.errstate(over="ignore"):  # an end beyond all numbers is no bound
            ends = (expit if logit else np.exp)(np.array([centre - reach, centre + reach]))
        return Estimate(
            value=value, low=float(ends[0]), high=float(ends[1]), level=level, n=n, unit=unit,
            null=None, method="BG/NBD",
        )  # fmt: skip

    known = bool(np.isfinite(errors).all())
    sizes = dict(zip(NAMES, (r, alpha, a, b), strict=True))
    model = BgNbd(
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        log_likelihood=-float(found.fun) * n,
        n=n,
        repeated=repeated,
        edges=edges,
    )
    if not known:
        return model
    names = [name for name in NAMES if name not in model.at_edge]
    one = np.eye(4)
    return replace(
        model,
        parameters={
            name: estimate(one[NAMES.index(name)], sizes[name], "number") for name in names
        },
        rate=None if "rate" in edges else estimate(one[0] - one[1], r / alpha, "number"),
        leaving=None
        if "odds" in edges
        else estimate(one[2] - one[3], a / (a + b), "share", logit=True),
    )


def influence(model: BgNbd, histories: pd.DataFrame) -> Array:
    """Return how far the logs of r, alpha, a and b would move if a customer counted once more.

    One row a customer; what is at an edge stays there; NaN where the likelihood is flat. Divided
    into the customers it is the empirical influence of Efron & Tibshirani 1993, section 21.3.
    """
    data = ready(histories)
    at = np.log([model.r, model.alpha, model.a, model.b])
    return np.asarray(scores(at, data)[1] @ covariance(at, model.edges, data))
