"""Ratings: purchases read as if customers had rated products with what they paid.

The original does so: the *rating* of a purchase is log(1 + amount), and there is one *rating a
purchase*, so that a customer who buys a product again rates it again. Nobody has rated anything:
an amount is a price times a quantity, and says what a product costs before it says who likes it.

A *test* part is held out of the *train* part, at random or by time, with the same customers and
products in both. A test rating is *seen* if its customer has bought its product in train.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from ..predictions.outcomes import Array
from ..shops.purchases import Codes, check_purchases
from .interactions import Interactions, split_at_random, split_by_time


@dataclass(frozen=True, kw_only=True, eq=False)
class Ratings:
    """Ratings of products by customers, one a purchase, in the order of the table.

    Attributes:
        customers, products: labels, each once; some may have no rating.
        customer, product: the places of each rating's customer and product among the labels.
        value: the ratings.
        left_out: purchases of customers or products that are not among the labels.
    """

    customers: pd.Index
    products: pd.Index
    customer: Codes
    product: Codes
    value: Array
    left_out: int = 0

    def __len__(self) -> int:
        """Return how many ratings there are."""
        return len(self.value)

    @property
    def pair(self) -> Codes:
        """One number for each rating's pair of customer and product."""
        return self.customer * len(self.products) + self.product

    @property
    def pairs(self) -> int:
        """How many pairs of a customer and a product have a rating."""
        return len(np.unique(self.pair))

    @property
    def interactions(self) -> Interactions:
        """How often each customer has rated each product."""
        cells = (np.ones(len(self)), (self.customer, self.product))
        shape = (len(self.customers), len(self.products))
        counts = sparse.csr_array(cells, shape=shape)
        counts.sum_duplicates()
        return Interactions(
            customers=self.customers,
            products=self.products,
            counts=counts,
            left_out=self.left_out,
        )

    def take(self, rows: NDArray[np.bool_] | Codes) -> Ratings:
        """Return some of the ratings: those where a mask is true, or at such places."""
        return replace(
            self, customer=self.customer[rows], product=self.product[rows], value=self.value[rows]
        )

    def seen_in(self, train: Ratings) -> NDArray[np.bool_]:
        """Return for each rating whether `train` has one of the same customer and product.

        Raises:
            ValueError: ratings with other labels.
        """
        if not (self.customers.equals(train.customers) and self.products.equals(train.products)):
            raise ValueError("both have the same customers and products, in one order")
        return np.isin(self.pair, train.pair)


def ratings(
    purchases: pd.DataFrame,
    customers: Sequence[str] | pd.Index | None = None,
    products: Sequence[str] | pd.Index | None = None,
) -> Ratings:
    """Return log(1 + amount) of each purchase; labels in order of the alphabet if not given.

    Purchases of customers or products beyond the labels are left out and counted.

    Raises:
        ValueError: a label that is given twice.
        DataError: columns `customer`, `product` or `amount` that are missing or have gaps, or
            amounts that are not above zero.
    """
    check_purchases(purchases, ["customer", "product", "amount"])
    rows = _labels(purchases["customer"], customers, "customer")
    columns = _labels(purchases["product"], products, "product")
    customer = rows.get_indexer(pd.Index(purchases["customer"])).astype(np.int64)
    product = columns.get_indexer(pd.Index(purchases["product"])).astype(np.int64)
    known = (customer >= 0) & (product >= 0)
    return Ratings(
        customers=rows,
        products=columns,
        customer=customer[known],
        product=product[known],
        value=np.log1p(purchases["amount"].to_numpy(dtype=float)[known]),
        left_out=int((~known).sum()),
    )


def train_and_test(
    purchases: pd.DataFrame,
    share: float = 0.2,
    *,
    by: Literal["random", "time"] = "random",
    seed: int = 0,
) -> tuple[Ratings, Ratings]:
    """Return the ratings to learn from, and such a share of them to test with.

    By time, the test is what was bought from a midnight on, as `interactions.split_by_time`
    says; the seed is for splits at random alone.

    Raises:
        ValueError: a share that is none, or another way to split.
        DataError: as `ratings`.
    """
    if by not in ("random", "time"):
        raise ValueError(f"ratings are split by random or by time, not by {by!r}")
    check_purchases(purchases)
    split = (
        split_at_random(purchases, share, seed=seed)
        if by == "random"
        else split_by_time(purchases, share)
    )
    customers = _labels(purchases["customer"], None, "customer")
    products = _labels(purchases["product"], None, "product")
    train, test = (ratings(part, customers, products) for part in (split.before, split.after))
    return train, test


def _labels(found: pd.Series, given: Sequence[str] | pd.Index | None, name: str) -> pd.Index:
    labels = pd.Index(sorted(found.unique()) if given is None else given)
    if not labels.is_unique:
        raise ValueError(f"a {name} is given twice: {labels[labels.duplicated()][0]}")
    return labels
