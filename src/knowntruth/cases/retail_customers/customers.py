"""The opened shop of the chapter on customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ...worlds.retail.parameters import FREQUENCIES
from ..shop import KnownShop, Shop
from .parameters import Parameters


@dataclass(frozen=True)
class KnownCustomers(KnownShop):
    """Answers about what is true of a shop's sales and customers."""

    @property
    def kinds(self) -> Mapping[str, pd.Series]:
        """Classes of customers, by name, that differ in what they do; none of one class.

        `spending power` decides how many units they take, `frequency` how often they buy; where
        both differ, `both` is the two together.
        """
        who = self.truth.customers.set_index("customer")
        factors = dict(zip(FREQUENCIES, self.world.parameters.frequency_factors, strict=True))
        # Classes that do the same are one.
        found = {"spending power": who["quantity"], "frequency": who["frequency"].map(factors)}
        found = {name: values for name, values in found.items() if values.nunique() > 1}
        if len(found) > 1:
            found["both"] = pd.Series(
                found["spending power"].map(str) + " " + found["frequency"].map(str),
                index=who.index,
            )
        return found

    def segments(self) -> float:
        """Return how many kinds of customers there are who differ in what they do."""
        return float(max((one.nunique() for one in self.kinds.values()), default=1))

    def total(self, what: str) -> float:
        """Return expected `revenue`, `margin` or `orders` of the record."""
        return float(getattr(self.truth.expected, what))

    def order_value(self) -> float:
        """Return the expected revenue of an order."""
        return self.truth.expected.order_value

    def unit_revenue(self) -> float:
        """Return the expected revenue of a unit."""
        return self.truth.expected.unit_revenue

    def margin_share(self) -> float:
        """Return the expected margin over the expected revenue."""
        return self.truth.expected.margin / self.truth.expected.revenue

    def revenue_share(self, category: str) -> float:
        """Return the expected share of a category in the revenue."""
        shares = self.truth.expected.by_category.set_index("category")["revenue_share"]
        return float(shares[category])

    def rank(self, product: str, measure: str) -> float:
        """Return the place of a product by an expected measure, 1 the highest."""
        of = self.truth.expected.by_product.set_index("product")[measure]
        return float(1 + (of > of[product]).sum())

    def later(self, column: str, customers: pd.Index) -> float:
        """Return the sum over some customers of what is to be expected of them."""
        who = self.truth.customers.set_index("customer")[column]
        return float(who.reindex(customers).sum())

    def staying(self, customers: pd.Index) -> float:
        """Return the share of some customers who are there still at the end of the record."""
        gone = self.truth.customers.set_index("customer")["is_gone"].reindex(customers)
        return float(1 - np.mean(gone.to_numpy(dtype=float)))


@dataclass(frozen=True, kw_only=True)
class Customers(Shop):
    """A shop, seen by its customers."""

    slug: ClassVar[str] = "retail_customers"

    parameters: Parameters

    @property
    def hidden(self) -> pd.DataFrame | None:
        """What is true of each customer, by name, or None where nobody knows it."""
        return None if self.truth is None else self.truth.customers.set_index("customer")

    @property
    def kinds(self) -> Mapping[str, pd.Series]:
        """Classes of customers that differ in truth, see `KnownCustomers`; none where unknown."""
        return self.known.kinds if isinstance(self.known, KnownCustomers) else {}

    @property
    def horizon(self) -> int:
        """Days ahead that are foretold."""
        p = self.parameters
        return p.ahead if self.is_simulated else p.horizon

    @property
    def split(self) -> pd.Timestamp:
        """The midnight from which on days are held back."""
        back = max(round(self.parameters.held_back * self.days), 1)
        return self.end - pd.Timedelta(days=back)
