"""Key figures of a shop: what was sold, and per order, unit and customer.

Words and columns of the table are those of `purchases`. Sums are facts: nothing is uncertain about
what was sold. What comes per order, per unit or per customer speaks of such a shop's customers in
general; its interval resamples customers, so that all purchases of one stay together.

`by` and `best` ask the same of groups of purchases, see `sales_by_group`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...story.estimates import Estimate
from ...story.numbers import Unit
from ..checks import check_at_least, check_share
from ..predictions.outcomes import Array
from ..resampling import Counts, resample
from .purchases import check_purchases, coded, days, margins, orders, quantities, sums
from .sales_by_group import best, by, over

__all__ = ["KeyFigures", "best", "by", "key_figures"]


@dataclass(frozen=True, kw_only=True)
class KeyFigures:
    """What a shop sold.

    Attributes:
        purchases, orders, customers, products: how many.
        units, revenue: sums.
        margin: sum over purchases of known cost; None where no cost is known.
        costed: share of revenue whose cost is known.
        average_order_value: revenue per order.
        revenue_per_unit: revenue over units.
        units_per_order, purchases_per_order: the same per order.
        orders_per_customer, revenue_per_customer: means over customers who bought.
        margin_share: margin over the revenue of known cost; None where margin is.
        reason: why the figures per order, unit and customer are None; "" when they are not.
    """

    purchases: int
    orders: int
    customers: int
    products: int
    units: float
    revenue: float
    margin: float | None
    costed: float
    average_order_value: Estimate | None = None
    revenue_per_unit: Estimate | None = None
    units_per_order: Estimate | None = None
    purchases_per_order: Estimate | None = None
    orders_per_customer: Estimate | None = None
    revenue_per_customer: Estimate | None = None
    margin_share: Estimate | None = None
    reason: str = ""


def key_figures(
    purchases: pd.DataFrame, *, level: float, seed: int, draws: int = 2_000
) -> KeyFigures:
    """Return the key figures of a table of purchases.

    Raises:
        DataError: a table that cannot be used; see `purchases`.
        ValueError: a level that is no share, or fewer than 20 draws.
    """
    check_share("level", level)
    check_at_least("the number of draws", draws, 20)
    check_purchases(purchases)
    customer, labels = coded(purchases["customer"])
    n = len(labels)
    amount, margin = purchases["amount"].to_numpy(dtype=float), margins(purchases)
    known = np.isfinite(margin)
    of_order, _, _ = orders(customer, days(purchases))
    columns = [
        np.ones(n),
        np.bincount(of_order, minlength=n),
        np.bincount(customer, minlength=n),
        sums(customer, quantities(purchases), n),
        sums(customer, amount, n),
        sums(customer, np.where(known, margin, 0), n),
        sums(customer, np.where(known, amount, 0), n),
    ]
    table = np.column_stack(columns)
    _, number, rows, units, revenue, earned, costed = table.sum(axis=0)
    facts = KeyFigures(
        purchases=int(rows),
        orders=int(number),
        customers=n,
        products=int(purchases["product"].nunique()),
        units=float(units),
        revenue=float(revenue),
        margin=float(earned) if known.any() else None,
        costed=float(costed / revenue) if revenue else 0.0,
        reason="" if n > 1 else "fewer than two customers bought",
    )
    if facts.reason:
        return facts
    # Place of numerator and denominator among the columns.
    ratios = {
        "average_order_value": (4, 1),
        "revenue_per_unit": (4, 3),
        "units_per_order": (3, 1),
        "purchases_per_order": (2, 1),
        "orders_per_customer": (1, 0),
        "revenue_per_customer": (4, 0),
        "margin_share": (5, 6),
    }
    top, bottom = (np.array(places) for places in zip(*ratios.values(), strict=True))

    def statistic(counts: Counts) -> Array:
        total = counts @ table
        return over(total[top], total[bottom])

    found = resample(statistic, n, level=level, draws=draws, seed=seed)
    units_of: dict[str, Unit] = {"margin_share": "share"}
    estimates = {
        name: found.estimate(place, unit=units_of.get(name, "number"))
        for place, name in enumerate(ratios)
    }
    return KeyFigures(**{**facts.__dict__, **estimates})
