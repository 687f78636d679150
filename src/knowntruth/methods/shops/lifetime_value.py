"""Lifetime value: what customers are expected to bring in a time that follows.

Money is expected orders (`bg_nbd`) times the expected value of an order (`gamma_gamma`) times the
margin share, discounted where asked. Only repeat orders count: of a customer who has ordered once,
the orders after that.

Intervals of totals say how far other customers of this kind, with models fitted to them, would
differ: what resampling customers and fitting again comes to, without fitting again. Each customer
moves the total by their own money and, through the parameters, that of all others; the variance
is the sum of these squares (the infinitesimal jackknife, Efron & Tibshirani 1993, section 21.3).
`holdout` asks whether expectations came true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pandas as pd
from scipy.special import ndtri

from ...story.estimates import Estimate
from ..checks import check_at_least, check_between, check_share
from ..predictions.outcomes import Array
from . import bg_nbd, gamma_gamma
from .bg_nbd import BgNbd
from .bg_nbd_likelihood import NAMES
from .gamma_gamma import GammaGamma
from .holdout import Holdout, check

__all__ = ["Holdout", "LifetimeValue", "check", "discounted", "lifetime_value"]

Model = TypeVar("Model", BgNbd, GammaGamma)

STEP = 1e-5  # of a parameter's logarithm


@dataclass(frozen=True, kw_only=True)
class LifetimeValue:
    """What customers are expected to bring.

    Attributes:
        customers: one row a customer: `alive` (chance to be there still), `orders` (expected,
            discounted where asked), `value` (expected of an order), `margin` (share) and `money`.
        orders, money: the totals of all; None where there is no model.
        per_customer: the mean of money.
        of_new: money of a new customer over the horizon, after the first order; NaN without.
        purchasing, spending: the fitted models.
        reason: why there is no value; "" when there is one.
    """

    customers: pd.DataFrame
    orders: Estimate | None = None
    money: Estimate | None = None
    per_customer: Estimate | None = None
    of_new: float = float("nan")
    purchasing: BgNbd
    spending: GammaGamma
    reason: str = ""


def lifetime_value(
    histories: pd.DataFrame,
    *,
    horizon: float,
    margin: float | pd.Series = 1.0,
    discount: float = 0.0,
    level: float,
) -> LifetimeValue:
    """Return the money expected of customers over a horizon.

    Args:
        histories: see `order_histories`; the horizon is in their unit of time.
        margin: the share of an amount that is kept: one for all, or by customer; customers whom it
            does not name have the mean of the others.
        discount: what money loses a unit of time: 0.01 makes 100 then worth 100 / 1.01 now.

    Raises:
        DataError: histories that cannot be used.
        ValueError: a horizon below zero, a discount that is not from 0 to 1, or a level that is
            no share.
    """
    check_share("level", level)
    check_at_least("the horizon", horizon, 0)
    check_between("the discount", discount, -1e-12, 1)
    purchasing = bg_nbd.fit(histories, level=level)
    spending = gamma_gamma.fit(histories, level=level)
    kept = _margins(margin, histories.index)
    orders, value = (
        discounted(purchasing, histories, horizon, discount),
        spending.expected(histories),
    )
    customers = pd.DataFrame(
        {
            "alive": purchasing.alive(histories),
            "orders": orders,
            "value": value,
            "margin": kept,
            "money": orders * value * kept,
        }
    )
    reason = purchasing.reason or spending.reason
    found = LifetimeValue(
        customers=customers, purchasing=purchasing, spending=spending, reason=reason
    )
    if reason:
        return found
    money = customers["money"].to_numpy()
    moves = _Moves.of(found, histories, kept, horizon, discount)
    total = moves.total(money, moves.money, level)
    n, mean_margin = len(money), float(kept.mean())
    new = _over_time(lambda time: np.array([purchasing.of_new(time)]), horizon, discount)
    return replace(
        found,
        orders=moves.total(orders.to_numpy(), moves.orders, level),
        money=total,
        per_customer=replace(total, value=total.value / n, low=total.low / n, high=total.high / n),
        of_new=float(new[0]) * spending.mean * mean_margin,
    )


def discounted(model: BgNbd, histories: pd.DataFrame, horizon: float, discount: float) -> pd.Series:
    """Return expected orders over a horizon, each at what money is worth at its time."""
    orders = _over_time(lambda time: model.expected(histories, time).to_numpy(), horizon, discount)
    return pd.Series(orders, index=histories.index, name="orders")


def _over_time(expected: Callable[[float], Array], horizon: float, discount: float) -> Array:
    """Return discounted expected orders, from the orders expected until any time.

    Partial integration: what is lost at the end, and the mean over time of what was lost before.
    Until any time the orders rise smoothly, so that few points do.
    """
    rate = np.log1p(discount)
    found: Array = expected(horizon) * np.exp(-rate * horizon)
    if not discount or not horizon:
        return found
    points, weights = np.polynomial.legendre.leggauss(4)
    for point, weight in zip(points, weights, strict=True):
        time = float(horizon * (1 + point) / 2)
        found = found + rate * horizon / 2 * weight * np.exp(-rate * time) * expected(time)
    return found


def _margins(margin: float | pd.Series, customers: pd.Index) -> Array:
    if isinstance(margin, pd.Series):
        of = margin.reindex(customers).astype(float)
        if of.isna().all():
            raise ValueError("no customer has a margin")
        return np.asarray(of.fillna(of.mean()))
    return np.full(len(customers), float(margin))


@dataclass(frozen=True)
class _Moves:
    """How far each customer moves the totals through the parameters."""

    orders: Array
    money: Array

    @classmethod
    def of(
        cls,
        found: LifetimeValue,
        histories: pd.DataFrame,
        kept: Array,
        horizon: float,
        discount: float,
    ) -> _Moves:
        orders, value = (found.customers[name].to_numpy() for name in ("orders", "value"))
        of_orders, of_money = [], []
        for name in NAMES:
            moved = _moved(found.purchasing, name)
            change = discounted(moved, histories, horizon, discount).to_numpy() - orders
            of_orders.append(change.sum() / STEP)
            of_money.append(change @ (value * kept) / STEP)
        of_value = []
        for name in gamma_gamma.NAMES:
            change = _moved(found.spending, name).expected(histories).to_numpy() - value
            of_value.append(change @ (orders * kept) / STEP)
        often = bg_nbd.influence(found.purchasing, histories)
        much = gamma_gamma.influence(found.spending, histories)
        return cls(
            orders=often @ np.array(of_orders),
            money=often @ np.array(of_money) + much @ np.array(of_value),
        )

    @staticmethod
    def total(each: Array, moved: Array, level: float) -> Estimate:
        """Return a total with its interval, which is normal in the log."""
        value = float(each.sum())
        error = float(np.sqrt(np.sum((each - each.mean() + moved) ** 2)))
        reach = float(ndtri((1 + level) / 2)) * error / value if value else np.nan
        # A flat likelihood does not say how far off it is.
        low, high = (0.0, np.inf) if np.isnan(reach) else value * np.exp([-reach, reach])
        return Estimate(
            value=value,
            low=float(low),
            high=float(high),
            level=level,
            n=len(each),
            null=None,
            method="infinitesimal jackknife",
        )


def _moved(model: Model, name: str) -> Model:
    return replace(model, **{name: getattr(model, name) * np.exp(STEP)})
