"""What was to be expected of a whole record, looking back: money, orders, shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import expectations
from .catalogue import Catalogue, product_names
from .people import People
from .rules import NAMES, Rules

CELLS = 400_000  # customers × days, or customers × products, worked on at once


@dataclass(frozen=True)
class Expected:
    """Totals of a record, given who is there when; what sums to a total, in tables.

    Attributes:
        purchases: as many as there are.
        orders: days with a purchase, of all customers.
        by_product: `product`, `category`, `purchases`, `units`, `revenue`, `margin`.
        by_month: `month`, its first day, `purchases` and `revenue`.
    """

    purchases: float
    orders: float
    by_product: pd.DataFrame
    by_month: pd.DataFrame

    @property
    def units(self) -> float:
        """Units sold."""
        return float(self.by_product["units"].sum())

    @property
    def revenue(self) -> float:
        """Money that they bring."""
        return float(self.by_product["revenue"].sum())

    @property
    def margin(self) -> float:
        """Revenue beyond cost."""
        return float(self.by_product["margin"].sum())

    @property
    def amount(self) -> float:
        """Amount of a purchase."""
        return self.revenue / self.purchases

    @property
    def order_value(self) -> float:
        """Revenue an order."""
        return self.revenue / self.orders

    @property
    def unit_revenue(self) -> float:
        """Revenue a unit."""
        return self.revenue / self.units

    @property
    def by_category(self) -> pd.DataFrame:
        """`category`, sums as in `by_product`, and `purchase_share` and `revenue_share`."""
        sums = self.by_product.drop(columns="product").groupby("category", sort=False).sum()
        sums = sums.reindex(list(NAMES))
        sums["purchase_share"] = sums["purchases"] / self.purchases
        sums["revenue_share"] = sums["revenue"] / self.revenue
        return sums.reset_index()


def expected_of(rules: Rules, catalogue: Catalogue, people: People, rate: float) -> Expected:
    """Return what was to be expected of the record of these customers."""
    p = rules.p
    days = expectations.days_between(rules, 0, p.days)
    months = rules.dates(days.day).astype("datetime64[M]")
    starts, month = np.unique(months, return_inverse=True)
    purchases, units = np.zeros(len(catalogue)), np.zeros(len(catalogue))
    monthly, revenue = np.zeros(len(starts)), np.zeros(len(starts))
    orders = 0.0
    step = max(CELLS // max(p.days, len(catalogue)), 1)
    for start in range(0, len(people), step):
        some = people.take(slice(start, start + step))
        bought = expectations.looking_back(rules, some, rate, days)
        # Orders are as good as Poisson: their total is fixed but for the lot of who joins.
        orders += float(-np.expm1(-(1 - p.joins) * bought).sum())
        monthly += np.bincount(month, bought.sum(axis=0), len(starts))
        quantity = rules.quantity[some.power][:, None]
        kinds = expectations.by_category(some, bought, bought, None)
        sold = kinds * quantity
        if p.taste == 0:  # nobody differs within a category: sum over customers first
            kinds, sold = (x.sum(axis=1)[:, None] for x in (kinds, sold))
        purchases += expectations.by_product(rules, catalogue, some, kinds, days).sum(axis=0)
        units += expectations.by_product(rules, catalogue, some, sold, days).sum(axis=0)
        for kind, of_kind in enumerate(sold):
            price = expectations.prices(rules, catalogue, some, kind, days)
            revenue += np.bincount(month, (of_kind * price).sum(axis=0), len(starts))
    by_product = pd.DataFrame(
        {
            "product": product_names(len(catalogue)),
            "category": np.array(NAMES, dtype=object)[catalogue.category],
            "purchases": purchases,
            "units": units,
            "revenue": units * catalogue.price,
            "margin": units * (catalogue.price - catalogue.cost),
        }
    )
    by_month = pd.DataFrame(
        {"month": starts.astype("datetime64[us]"), "purchases": monthly, "revenue": revenue}
    )
    return Expected(float(monthly.sum()), orders, by_product, by_month)
