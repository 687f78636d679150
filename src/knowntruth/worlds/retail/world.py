"""Simulating `retail`: its tables, and apart from them its truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from . import purchases as drawing
from .catalogue import Catalogue, catalogue_of, product_names, table_of
from .parameters import Parameters
from .people import People, customers_table, people_in, together
from .plan import Plan, plan_of
from .rules import BLOCK, Rules
from .truth import Truth


@dataclass(frozen=True)
class World:
    """One simulated world: tables that an analyst would get, and the truth they lack.

    `later` and `truth` are the simulator's.
    """

    parameters: Parameters

    @cached_property
    def transactions(self) -> pd.DataFrame:
        """One row a purchase on record, in the order of time.

        `transaction`, from 1; `customer`; `product`; `date`, with the time of day; `quantity`,
        units; `amount`, money.
        """
        return self._table(self._record)

    @cached_property
    def later(self) -> pd.DataFrame:
        """The same of the days after the record, drawn on by the same rules."""
        return self._table(self._later, first=len(self.transactions) + 1)

    @cached_property
    def products(self) -> pd.DataFrame:
        """One row a product.

        `product`, `name`, `category`, `subcategory`, `price` and `cost` of a unit, `launched`,
        the first day on which it was sold.
        """
        return table_of(self._rules, self._catalogue)

    @cached_property
    def customers(self) -> pd.DataFrame:
        """One row a customer: `customer`, and `signed_up`, the day on which they did."""
        return customers_table(self._rules, self._people)

    def purchases(self, which: Literal["record", "later"] = "record") -> pd.DataFrame:
        """Return transactions with `category`, `subcategory`, `price` and `cost` of the product."""
        table = self.transactions if which == "record" else self.later
        drawn = self._record if which == "record" else self._later
        columns = ["category", "subcategory", "price", "cost"]
        of_product = self.products[columns].take(drawn.product).reset_index(drop=True)
        return pd.concat([table, of_product], axis=1)

    @cached_property
    def truth(self) -> Truth:
        """What is true of customers and products."""
        return Truth(self._rules, self._catalogue, self._people, self._plan.rate)

    @cached_property
    def _rules(self) -> Rules:
        return Rules(self.parameters)

    @cached_property
    def _catalogue(self) -> Catalogue:
        return catalogue_of(self._rules)

    @cached_property
    def _plan(self) -> Plan:
        return plan_of(self._rules)

    @cached_property
    def _blocks(self) -> list[People]:
        return [people_in(self._rules, block) for block in range(self._rules.blocks)]

    @cached_property
    def _people(self) -> People:
        return together(self._blocks)

    @cached_property
    def _drawn(self) -> list[drawing.Purchases]:
        return [
            drawing.recorded(self._rules, self._catalogue, people, self._plan, block)
            for block, people in enumerate(self._blocks)
        ]

    @cached_property
    def _record(self) -> drawing.Purchases:
        return _in_order(self._drawn)

    @cached_property
    def _later(self) -> drawing.Purchases:
        return _in_order(
            [
                drawing.drawn_on(
                    self._rules, self._catalogue, people, self._plan, block, self._drawn[block]
                )
                for block, people in enumerate(self._blocks)
            ]
        )

    def _table(self, drawn: drawing.Purchases, *, first: int = 1) -> pd.DataFrame:
        customers = self.customers["customer"]
        products = pd.Series(product_names(len(self._catalogue)))
        return pd.DataFrame(
            {
                "transaction": np.arange(first, first + len(drawn.second)),
                "customer": customers.take(drawn.customer).array,
                "product": products.take(drawn.product).array,
                "date": self._rules.first + drawn.second.astype("timedelta64[s]"),
                "quantity": drawn.quantity,
                "amount": drawn.amount,
            }
        )


def simulate(p: Parameters) -> World:
    """Return the world of these parameters."""
    return World(p)


def _in_order(parts: list[drawing.Purchases]) -> drawing.Purchases:
    """Return the purchases of all blocks in the order of time, then of customers."""
    every = drawing.joined(parts, [BLOCK * block for block in range(len(parts))])
    return every.take(np.argsort(every.second, kind="stable"))
