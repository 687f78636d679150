"""Opened shops: what both chapters on world `retail` get, simulated or somebody's own.

A shop has *units*, one row a purchase, of *customers* and *products*; and, where it is simulated,
the purchases that came *later*, and the truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, TypeVar

import duckdb
import numpy as np
import pandas as pd

from ..data.contract import Contract
from ..errors import ParameterError, Problem, nearest
from ..story.estimates import Estimate
from ..story.findings import Finding
from ..story.names import Name
from ..worlds.retail.truth import Truth
from ..worlds.retail.world import World as Simulated
from ..worlds.retail.world import simulate
from .labels import label_words
from .opened import Known, Opened
from .purchases_contract import PURCHASES
from .retail import world_parameters

# What a product is, beside what was bought of it.
PRODUCT_COLUMNS = ("category", "subcategory", "price", "cost")

WORDS = {
    "customers": "customers",
    "products": "products",
    "categories": "categories",
    "currency": "money",
    "customer": "customer",
    "product": "product",
    "date": "date",
    "amount": "amount",
    "quantity": "quantity",
    "category": "category",
    "subcategory": "subcategory",
    "price": "price",
    "cost": "cost",
}


@dataclass(frozen=True)
class KnownShop(Known):
    """Answers about what is true in a world; each case adds its own."""

    world: Simulated

    @property
    def truth(self) -> Truth:
        """The world's truth."""
        return self.world.truth


@dataclass(frozen=True, kw_only=True)
class Shop(Opened):
    """An opened shop.

    Attributes:
        start: midnight at which the record begins.
        end: midnight at which it ends.
        customers: everybody who may buy, whether or not they did.
        products: one row a product, by its name; none where products are unknown. It has those
            of `PRODUCT_COLUMNS` that are at hand, and in simulated shops `name` and `launched`.
        words: what this run calls things: one name for each of `WORDS`.
        later: purchases after the record; None where nobody has seen them.
    """

    contract: ClassVar[Contract] = PURCHASES

    parameters: Any
    truth: Truth | None = None
    start: pd.Timestamp
    end: pd.Timestamp
    customers: pd.Index
    products: pd.DataFrame
    words: Mapping[str, Name]
    later: pd.DataFrame | None = None

    @property
    def column_names(self) -> Mapping[str, Name]:
        """What this run calls the columns of its units."""
        return {column: self.words[column] for column in self.units.columns if column in self.words}

    @cached_property
    def purchases(self) -> pd.DataFrame:
        """The units as a table, in the order of time."""
        rows: pd.DataFrame = self.units.df()
        # A world knows which of one moment came first; in a file the order of rows says nothing.
        ties = () if self.is_simulated else ("customer", "product", "amount")
        order = ["date", *(name for name in ties if self.has(name))]
        return rows.sort_values(order, kind="stable", ignore_index=True)

    @property
    def days(self) -> int:
        """Days on record."""
        return (self.end - self.start).days

    @property
    def shown(self) -> str:
        """The customer of the card: the one asked for, or the one with the middle revenue.

        Raises:
            ParameterError: for a customer who is not in the table.
        """
        revenue = self.purchases.groupby("customer")["amount"].sum().sort_values(kind="stable")
        names = [str(name) for name in revenue.index]
        asked: str = self.parameters.customer
        if not asked:
            return names[len(names) // 2]
        if asked in names:
            return asked
        guess = nearest(asked, names)
        fix = f"Did you mean {guess}?" if guess else f"Name another, such as {names[-1]}"
        what = f"{asked} has no purchase on record"
        raise ParameterError("This customer is not there:", [Problem("customer", what, fix)])

    def finding(
        self, name: str, what: Name, estimate: Estimate, truth: float | None = None
    ) -> Finding:
        """Return what an estimate says about something of this shop."""
        return Finding(name, what, estimate, truth=truth, names=(self.words["customers"],))


S = TypeVar("S", bound=Shop)


def open_world(shop: type[S], p: Any, known: type[KnownShop] = KnownShop) -> S:
    """Return the shop of a simulated world."""
    world = simulate(world_parameters(p))
    first = pd.Timestamp(world.parameters.first_day)
    return shop(
        parameters=p,
        reopen=lambda other: open_world(shop, other, known),
        units=_relation(world.purchases()),
        truth=world.truth,
        known=known(world),
        tables=_tables(world),
        start=first,
        end=first + pd.Timedelta(days=world.parameters.days),
        customers=pd.Index(world.customers["customer"], name="customer"),
        products=world.products.set_index("product"),
        words=label_words(p.labels, WORDS),
        later=world.purchases("later"),
    )


def open_own(shop: type[S], p: Any) -> S:
    """Return the shop that somebody's own purchases describe.

    Raises:
        DataError: for a table that does not meet the contract.
        ParameterError: for a label of something that is not there.
    """
    from .purchases_own import read_purchases  # only a run on own data reads files

    own = read_purchases(p, shop.contract)
    names = {key: Name(word) for key, word in WORDS.items()} | dict(own.names)
    rows = own.relation.df()
    at = pd.to_datetime(rows["date"])
    return shop(
        parameters=p,
        units=own.relation,
        start=at.min().normalize(),
        end=at.max().normalize() + pd.Timedelta(days=1),
        customers=pd.Index(np.sort(rows["customer"].unique()), name="customer"),
        products=_products_of(rows),
        words=names,
        notes=own.statements,
    )


def tables_of(p: Any) -> tuple[Mapping[str, pd.DataFrame], Mapping[str, Any]]:
    """Return the world's tables, and its truth as plain data."""
    world = simulate(world_parameters(p))
    told = {
        "expected": {
            "purchases": world.truth.expected.purchases,
            "orders": world.truth.expected.orders,
            "products": world.truth.expected.by_product.to_dict("list"),
        },
        "customers": world.truth.customers.to_dict("list"),
    }
    return _tables(world), told


def _tables(world: Simulated) -> Mapping[str, pd.DataFrame]:
    return {
        "transactions": world.transactions,
        "products": world.products,
        "customers": world.customers,
    }


def _relation(rows: pd.DataFrame) -> duckdb.DuckDBPyRelation:
    columns = [field for field in PURCHASES.names if field in rows]
    return duckdb.connect(config={"threads": 1}).from_df(rows[columns])


def _products_of(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a product; where its rows disagree, what most of them or the middle say."""
    if "product" not in rows:
        return pd.DataFrame(index=pd.Index([], name="product"))
    columns = [column for column in PRODUCT_COLUMNS if column in rows]
    found = pd.DataFrame(index=pd.Index(np.sort(rows["product"].unique()), name="product"))
    for column in columns:
        by = rows.groupby("product", sort=False)[column]
        numbers = pd.api.types.is_numeric_dtype(rows[column])
        found[column] = by.median() if numbers else by.agg(_commonest)
    return found


def _commonest(values: pd.Series) -> Any:
    """Return the value that stands there most often, the first in order among equals."""
    modes = values.mode()
    return modes.iloc[0] if len(modes) else None
