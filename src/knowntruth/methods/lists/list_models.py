"""What a model is that makes lists, and the models that add up what a customer has bought.

- *history*: how often a customer has bought each product, a row of counts.
- *score*: one number for each customer and product; only its order within a customer counts.
- *part*: what one bought product adds to a score.
- *cold*: a customer or product without history.

A *linear* model scores a history by a weighted sum: its weights times one column of *influences*
for each product. Its parts are exact: they add up to the score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..predictions.outcomes import Array
from .interactions import Interactions, Weight, weighted

Rows = NDArray[np.int64] | slice | None


class ListModel(Protocol):
    """A model that scores products for customers."""

    @property
    def train(self) -> Interactions:
        """What the model was made from."""

    @property
    def cold(self) -> str:
        """What the model does for customers and products without history, in words."""

    def scores(self, rows: Rows = None) -> Array:
        """Return the scores of all products for customers of the training data."""


class HistoryModel(ListModel, Protocol):
    """A model that scores any history, and says what each bought product adds."""

    def scores_from(self, histories: sparse.csr_array) -> Array:
        """Return the scores of all products for such histories."""

    def parts(self, histories: sparse.csr_array, products: NDArray[np.int64]) -> Array:
        """Return what each bought product adds to the score of one product a history."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Linear:
    """A model that adds up what a customer has bought.

    Attributes:
        train: what the model was made from.
        weight: what a count of purchases is taken for.
        influence: what a bought product (row) adds to the score of a product (column), for a
            weight of one.
    """

    train: Interactions
    weight: Weight
    influence: Array

    @property
    def cold(self) -> str:
        """What the model does for customers and products without history."""
        return (
            "A customer whose history has no influence on any product gets the products that are "
            "bought most. A product that nobody has bought scores 0, above products whose score "
            "is negative."
        )

    def scores(self, rows: Rows = None) -> Array:
        """Return the scores of all products for customers of the training data."""
        return self.scores_from(chosen(self.train.counts, rows))

    def scores_from(self, histories: sparse.csr_array) -> Array:
        """Return the scores of all products for such histories, one row each."""
        found: Array = np.asarray(weighted(histories, self.weight) @ self.influence)
        says_nothing = ~found.any(axis=1)
        if says_nothing.any():
            found[says_nothing] = shares(self.train.popularity)
        return found

    def parts(self, histories: sparse.csr_array, products: NDArray[np.int64]) -> Array:
        """Return what each bought product (column) adds to the score of one product a history."""
        found: Array = weighted(histories, self.weight).toarray() * self.influence[:, products].T
        return found


def chosen(counts: sparse.csr_array, rows: Rows) -> sparse.csr_array:
    """Return some rows of a sparse table, or all."""
    return counts if rows is None else counts[rows]


def shares(totals: Array) -> Array:
    """Return each number as a share of their sum; equal shares where the sum is zero."""
    whole = totals.sum()
    return totals / whole if whole > 0 else np.full(len(totals), 1 / max(len(totals), 1))
