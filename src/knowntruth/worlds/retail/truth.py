"""Truth of `retail`: who customers are, what they like, and what is to be expected of them.

Money is to be expected of prices: what amounts vary by is luck with mean 1. Where nothing else is
said, `later` is foreseen at the end of the record: given who is there then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from . import expectations
from .catalogue import KINDS, Catalogue, product_names
from .expected import Expected, expected_of
from .parameters import FREQUENCIES, POWERS
from .people import People, customer_names
from .purchases import last_categories
from .rules import NAMES, Array, Rules

CELLS = 2_000_000  # customers × days, or customers × products, worked on at once

Date = str | pd.Timestamp | np.datetime64


@dataclass(frozen=True)
class Truth:
    """What is true of a world's customers and products.

    Rows of arrays are customers in their order, C1 first; columns are products, P1 first.

    Attributes:
        rules: the world's.
        catalogue: its products.
        people: its customers, or those of one block.
        rate: purchases to be expected for each unit of exposure.
        first: number of the first of these customers, from 0.
    """

    rules: Rules
    catalogue: Catalogue
    people: People
    rate: float
    first: int = 0

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of categories, in the order of their codes."""
        return NAMES

    @cached_property
    def customers(self) -> pd.DataFrame:
        """One row a customer.

        `customer`; `power`, `frequency`, their classes, and `segment`, both; `rate`, purchases a
        day while there, season apart; `arrives`, day of signing up; `leaves`, the moment, missing
        where it is not within the record or the days ahead; `is_gone`, whether they left before
        the end of the record; `leaving`, chance to leave within a year; `quantity`, units to be
        expected in a purchase; `amount` and `margin`, money to be expected of one after the
        record; `later_purchases`, `later_orders`, `later_amount`, `later_margin`, to be expected
        in the days ahead.
        """
        rules, people, p = self.rules, self.people, self.rules.p
        power = np.array(POWERS, dtype=object)[people.power]
        frequency = np.array(FREQUENCIES, dtype=object)[people.frequency]
        quantity = rules.quantity[people.power]
        amount, margin, purchases, orders = self._later
        end = p.days + p.ahead
        leaves = rules.dates(np.minimum(people.leaves, end))
        return pd.DataFrame(
            {
                "customer": self._names,
                "power": power,
                "frequency": frequency,
                "segment": power + " · " + frequency,
                "rate": self.rate * people.weight,
                "arrives": rules.dates(people.signed_up),
                "leaves": np.where(people.leaves < end, leaves, np.datetime64("NaT")),
                "is_gone": people.leaves < p.days,
                "leaving": people.leaving,
                "quantity": quantity,
                "amount": amount,
                "margin": margin,
                "later_purchases": purchases,
                "later_orders": orders,
                "later_amount": purchases * amount,
                "later_margin": purchases * margin,
            }
        )

    @property
    def preferences(self) -> pd.DataFrame:
        """Chance of each category in a purchase that does not keep to the one before."""
        return pd.DataFrame(self.people.preferences, index=self._names, columns=list(NAMES))

    @property
    def popularity(self) -> pd.Series:
        """Weight of each product among those of its category, tastes apart."""
        return pd.Series(
            self.catalogue.popularity, index=product_names(len(self.catalogue)), name="popularity"
        )

    @cached_property
    def expected(self) -> Expected:
        """What was to be expected of the record, looking back."""
        return expected_of(self.rules, self.catalogue, self.people, self.rate)

    def probabilities(
        self,
        date: Date | None = None,
        previous: Array | None = None,
        *,
        rows: slice | None = None,
    ) -> Array:
        """Return the chance of each product to be a customer's next purchase.

        Args:
            date: day of that purchase, which says what is on sale; None is the end of the record.
            previous: code of the category of each customer's last purchase, -1 where there is
                none; None averages over what it may be.
            rows: the customers wanted, all if None; `previous` has as many.

        Returns:
            customers × products; each row sums to 1, also where a customer has left.
        """
        rules, people = self.rules, self._some(rows)
        time = float(rules.p.days) if date is None else rules.time_of(date)
        ones = np.ones((len(people), 1))
        kept = rules.p.follow * ones
        chances = expectations.by_category(people, ones, kept, previous)[:, :, 0].T
        share = expectations.shares(rules, self.catalogue, people, int(np.floor(time)))
        return np.asarray(chances[:, self.catalogue.category] * share)

    def expected_counts(
        self,
        start: Date,
        end: Date,
        previous: Array | None = None,
        *,
        rows: slice | None = None,
    ) -> Array:
        """Return the purchases of each product to be expected between two moments.

        Foreseen at `start`. Arguments and result are those of `probabilities`.

        Raises:
            ValueError: where the moments are not in order, within record and days ahead.
        """
        rules, catalogue = self.rules, self.catalogue
        days = expectations.days_between(rules, rules.time_of(start), rules.time_of(end))
        everybody = self._some(rows)
        counts = np.zeros((len(everybody), len(catalogue)))
        for part in self._parts(len(everybody), max(KINDS * len(days.day), 1)):
            people = everybody.take(part)
            seen = expectations.foreseen(rules, people, self.rate, days)
            own = None if previous is None else np.asarray(previous)[part]
            purchases = expectations.by_category(people, seen.purchases, seen.kept, own)
            counts[part] = expectations.by_product(rules, catalogue, people, purchases, days)
        return counts

    def last_category(self, purchases: pd.DataFrame) -> Array:
        """Return the code of the category of each customer's last purchase, -1 without any.

        Args:
            purchases: `customer` and `category`, in the order of time.
        """
        customer = purchases["customer"].str[1:].to_numpy().astype(np.int64) - 1
        codes = pd.Index(NAMES).get_indexer(pd.Index(purchases["category"]))
        return last_categories(customer, codes, len(self.people))

    @cached_property
    def _later(self) -> tuple[Array, Array, Array, Array]:
        """Amount and margin of a later purchase, and numbers of later purchases and orders."""
        rules, p = self.rules, self.rules.p
        end = p.days + p.ahead
        days = expectations.days_between(rules, p.days, end)
        quantity = rules.quantity[self.people.power]
        width = len(self.catalogue) if p.taste > 0 else 1
        parts = []
        for part in self._parts(len(self.people), max(p.ahead, width)):
            people = self.people.take(part)
            money = quantity[part, None] * self._gains(people)
            seen = expectations.foreseen(rules, people, self.rate, days)
            numbers = [seen.purchases.sum(axis=1), seen.orders.sum(axis=1)]
            parts.append(np.stack([money[:, 0], money[:, 1], *numbers]))
        amount, margin, purchases, orders = np.concatenate(parts, axis=1)
        return amount, margin, purchases, orders

    def _gains(self, people: People) -> Array:
        """Return price and margin to be expected of a unit after the record (customers × both)."""
        catalogue = self.catalogue
        share = expectations.shares(self.rules, catalogue, people, self.rules.p.days)
        gains = []
        for gain in (catalogue.price, catalogue.price - catalogue.cost):
            of_kind = [
                (share * gain)[:, catalogue.category == kind].sum(axis=1) for kind in range(KINDS)
            ]
            gains.append((people.preferences * np.stack(of_kind, axis=1)).sum(axis=1))
        return np.stack(gains, axis=1)

    @property
    def _names(self) -> list[str]:
        return customer_names(self.first, self.first + len(self.people))

    def _some(self, rows: slice | None) -> People:
        return self.people if rows is None else self.people.take(rows)

    @staticmethod
    def _parts(count: int, width: int) -> Iterator[slice]:
        step = max(CELLS // width, 1)
        for start in range(0, count, step):
            yield slice(start, min(start + step, count))
