"""SVD++: ratings from biases, factors, and the products that a customer has rated at all.

The rating of customer u for product i is foretold as

    mean + b_u + b_i + q_i · (p_u + |I_u|^(-1/2) · sum of y_j over j in I_u)

(Koren 2008, KDD, equation 15), with I_u the products that u has rated. It is fitted by Surprise
(Hug 2020, Journal of Open Source Software 5(52)), by stochastic gradient descent. Here and there
a product that was rated twice stands in I_u twice; its part is the *implicit part*.

What Surprise foretells one by one comes here from arrays, for all customers and products at once.
`predict` cuts ratings off at the lowest and highest that were learnt from, as Surprise does;
`scores`, which rank, are not cut off, since all beyond the highest would tie.

A customer without ratings has bias and factors 0, so the order of products is that of their
biases; a product without ratings has bias 0, as one that is rated like the mean. Time to fit grows
with the square of the ratings that a customer has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..checks import check_at_least
from ..predictions.outcomes import Array
from .interactions import Interactions
from .list_models import Rows
from .ratings import Ratings

# Surprise takes seeds of 32 bits.
SEEDS = 2**32


@dataclass(frozen=True, kw_only=True, eq=False)
class SvdPlusPlus:
    """A fitted model.

    Attributes:
        train: what was rated how often, by n customers of m products.
        mean: of the ratings learnt from.
        low, high: the lowest and highest of them.
        customer_bias, product_bias: b, n and m numbers.
        customer_factors: p, n by the number of factors.
        product_factors: q, m by the number of factors.
        implicit_factors: y, m by the number of factors.
        implicit_part: for each customer the sum of y over ratings by the root of their number.
        factors, epochs, rate, regularisation, seed: as asked.
        reason: why there is no model, when descent ran away and numbers are NaN; else "".
    """

    train: Interactions
    mean: float
    low: float
    high: float
    customer_bias: Array
    product_bias: Array
    customer_factors: Array
    product_factors: Array
    implicit_factors: Array
    implicit_part: Array
    factors: int
    epochs: int
    rate: float
    regularisation: float
    seed: int
    reason: str = ""

    @property
    def cold(self) -> str:
        """What the model does for customers and products without history."""
        return (
            "A customer without history gets what has the largest amounts everywhere. A product "
            "that nobody has bought is taken for one with the mean amount."
        )

    def scores(self, rows: Rows = None) -> Array:
        """Return the ratings of all products, not cut off, for customers of the training data."""
        at = slice(None) if rows is None else rows
        tastes = self.customer_factors[at] + self.implicit_part[at]
        biases = self.mean + self.customer_bias[at, None] + self.product_bias
        found: Array = biases + tastes @ self.product_factors.T
        return found

    def predict(self, customer: ArrayLike, product: ArrayLike, *, clip: bool = True) -> Array:
        """Return the ratings of pairs, given by the places of customers and products."""
        u, i = np.asarray(customer), np.asarray(product)
        tastes = self.customer_factors[u] + self.implicit_part[u]
        found: Array = (
            self.mean
            + self.customer_bias[u]
            + self.product_bias[i]
            + np.einsum("nf,nf->n", tastes, self.product_factors[i])
        )
        return np.clip(found, self.low, self.high) if clip else found


def fit(
    ratings: Ratings,
    *,
    factors: int = 20,
    epochs: int = 20,
    rate: float = 0.007,
    regularisation: float = 0.02,
    seed: int,
) -> SvdPlusPlus:
    """Return the model of some ratings; Surprise's own defaults.

    Args:
        factors: numbers that describe a product.
        epochs: passes over the ratings.
        rate: how far one rating moves what it touches.
        regularisation: how strongly everything is drawn to 0.
        seed: draws the factors to start from, and nothing else is random.

    Raises:
        ValueError: no ratings, factors or epochs, or a rate or regularisation below zero.
    """
    check_at_least("the number of ratings", len(ratings), 1)
    check_at_least("the number of factors", factors, 1)
    check_at_least("the number of epochs", epochs, 1)
    check_at_least("the rate", rate, 0)
    check_at_least("the regularisation", regularisation, 0)
    from surprise import SVDpp

    trained = SVDpp(
        n_factors=factors,
        n_epochs=epochs,
        lr_all=rate,
        reg_all=regularisation,
        random_state=seed % SEEDS,
        # The same numbers, a little sooner.
        cache_ratings=True,
    )
    known = trainset(ratings)
    trained.fit(known)
    u = np.array([known.to_raw_uid(inner) for inner in known.all_users()], dtype=np.int64)
    i = np.array([known.to_raw_iid(inner) for inner in known.all_items()], dtype=np.int64)
    train = ratings.interactions
    n, m = train.shape
    y = _placed(trained.yj, i, m)
    is_finite = all(np.isfinite(a).all() for a in (trained.bu, trained.bi, trained.qi, y))
    return SvdPlusPlus(
        train=train,
        mean=float(known.global_mean),
        low=float(ratings.value.min()),
        high=float(ratings.value.max()),
        customer_bias=_placed(trained.bu, u, n),
        product_bias=_placed(trained.bi, i, m),
        customer_factors=_placed(trained.pu, u, n),
        product_factors=_placed(trained.qi, i, m),
        implicit_factors=y,
        implicit_part=_implicit_part(train, y),
        factors=factors,
        epochs=epochs,
        rate=rate,
        regularisation=regularisation,
        seed=seed,
        reason="" if is_finite else f"descent by steps of {rate:g} ran away",
    )


def trainset(ratings: Ratings) -> Any:
    """Return ratings as Surprise's `Trainset`, places of customers and products as its names."""
    from surprise import Dataset, Reader

    table = pd.DataFrame({"u": ratings.customer, "i": ratings.product, "r": ratings.value})
    reader = Reader(rating_scale=(float(ratings.value.min()), float(ratings.value.max())))
    return Dataset.load_from_df(table, reader).build_full_trainset()


def _placed(found: Array, places: NDArray[np.int64], n: int) -> Array:
    """Return rows in the places of their labels; 0 for labels without ratings."""
    rows = np.zeros((n, *found.shape[1:]))
    rows[places] = found
    return rows


def _implicit_part(train: Interactions, y: Array) -> Array:
    """Return the sum of y over each customer's ratings, by the root of their number."""
    found: Array = (train.counts @ y) / np.sqrt(np.maximum(train.purchases_of, 1))[:, None]
    return found
