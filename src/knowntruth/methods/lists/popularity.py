"""Popularity: what is bought most, by all, and by all within the categories that a customer buys.

- *popularity*: a product's share of all purchases; every customer gets the same scores.
- *popularity within category*: the customer's share of purchases in the category, times the
  product's share of the category's purchases. If customers differ only in the categories that
  they like, this is the chance that a purchase is that product.

Few purchases say little: a customer's shares are drawn towards those of all customers by as many
*prior purchases*, and a category's purchases are increased by some of each of its products.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from ..checks import check_at_least
from ..predictions.outcomes import Array
from .interactions import Interactions, weighted
from .list_models import Rows, chosen, shares


@dataclass(frozen=True, kw_only=True, eq=False)
class Popularity:
    """What is bought most, the same for all.

    Attributes:
        train: what the model was made from.
        share: each product's share of all purchases.
    """

    train: Interactions
    share: Array

    @property
    def cold(self) -> str:
        """What the model does for customers and products without history."""
        return (
            "A customer without history gets what all get. A product that nobody has bought "
            "comes last."
        )

    def scores(self, rows: Rows = None) -> Array:
        """Return the scores of all products for customers of the training data."""
        return self.scores_from(chosen(self.train.counts, rows))

    def scores_from(self, histories: sparse.csr_array) -> Array:
        """Return the scores of all products for such histories, one row each."""
        return np.tile(self.share, (histories.shape[0], 1))

    def parts(self, histories: sparse.csr_array, products: NDArray[np.int64]) -> Array:
        """Return zeros: nothing that a customer has bought adds to a score."""
        return np.zeros((len(products), histories.shape[1]))


@dataclass(frozen=True, kw_only=True, eq=False)
class PopularityWithinCategory:
    """What is bought most within the categories that a customer buys.

    Attributes:
        train: what the model was made from.
        categories: names of the categories, in order of the alphabet, a missing one last.
        category: the category of each product, as a place in `categories`.
        category_share: each category's share of all purchases.
        share_within: each product's share of its category.
        prior_purchases: how many purchases the shares of all count for, beside a customer's own.
    """

    train: Interactions
    categories: tuple[str, ...]
    category: NDArray[np.int64]
    category_share: Array
    share_within: Array
    prior_purchases: float

    @property
    def cold(self) -> str:
        """What the model does for customers and products without history."""
        return (
            "A customer without history gets the shares of all customers, close to popularity. A "
            "product that nobody has bought gets a small share of its category, and is shown "
            "where that category is liked."
        )

    def scores(self, rows: Rows = None) -> Array:
        """Return the chance of all products for customers of the training data."""
        return self.scores_from(chosen(self.train.counts, rows))

    def scores_from(self, histories: sparse.csr_array) -> Array:
        """Return the chance of all products for such histories, one row each."""
        return self.category_shares(histories)[:, self.category] * self.share_within

    def category_shares(self, histories: sparse.csr_array) -> Array:
        """Return the share of each category that such histories lead to expect."""
        in_category = np.asarray((histories @ self._member).toarray(), dtype=float)
        bought = in_category.sum(axis=1, keepdims=True)
        prior = self.prior_purchases * self.category_share
        total = bought + self.prior_purchases
        with np.errstate(invalid="ignore"):
            found = (in_category + prior) / total
        expected: Array = np.where(total > 0, found, self.category_share)
        return expected

    def parts(self, histories: sparse.csr_array, products: NDArray[np.int64]) -> Array:
        """Return what each bought product (column) adds to the score of one product a history.

        A purchase adds by being in the same category; the rest of the score is due to the prior
        purchases.
        """
        counts = weighted(histories, "counts").toarray()
        total = counts.sum(axis=1, keepdims=True) + self.prior_purchases
        same = self.category[None, :] == self.category[products][:, None]
        found = counts * same * self.share_within[products][:, None]
        parts: Array = np.divide(found, total, out=np.zeros_like(found), where=total > 0)
        return parts

    @property
    def _member(self) -> sparse.csr_array:
        """Products by categories, 1 where a product is in the category."""
        n = len(self.category)
        return sparse.csr_array(
            (np.ones(n), (np.arange(n), self.category)), shape=(n, len(self.categories))
        )


def fit(train: Interactions) -> Popularity:
    """Return the popularity of each product; equal shares where nothing was bought."""
    return Popularity(train=train, share=shares(train.popularity))


def fit_within_category(
    train: Interactions,
    *,
    categories: pd.Series,
    prior_purchases: float = 5.0,
    product_prior: float = 1.0,
) -> PopularityWithinCategory:
    """Return popularity within the categories that each customer buys.

    Args:
        categories: the category of each product, by product; products with a missing one form
            a category of their own.
        prior_purchases: how many purchases the category shares of all customers count for.
        product_prior: purchases added to those of each product within its category.

    Raises:
        ValueError: a product that `categories` does not name, or a prior below zero.
    """
    check_at_least("prior_purchases", prior_purchases, 0)
    check_at_least("product_prior", product_prior, 0)
    unknown = train.products.difference(categories.index)
    if len(unknown):
        raise ValueError(f"no category is given for the product {unknown[0]}")
    named = categories.reindex(train.products).astype(object)
    places, names = pd.factorize(named.where(named.notna(), None), sort=True, use_na_sentinel=False)
    category = places.astype(np.int64)
    bought = train.popularity
    of_category: Array = np.bincount(category, weights=bought, minlength=len(names)).astype(float)
    within = bought + product_prior
    of_all = np.bincount(category, weights=within, minlength=len(names))[category]
    sizes = np.bincount(category, minlength=len(names))[category]
    return PopularityWithinCategory(
        train=train,
        categories=tuple("" if pd.isna(name) else str(name) for name in names),
        category=category,
        category_share=shares(of_category),
        share_within=np.divide(within, of_all, out=1 / sizes, where=of_all > 0),
        prior_purchases=float(prior_purchases),
    )
