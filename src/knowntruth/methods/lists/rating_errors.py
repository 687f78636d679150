"""Errors of ratings: how far predictions lie from ratings that were held out.

- *RMSE*: the root of the mean squared error over test ratings, in units of the rating; of
  log(1 + amount), 0.1 is about a tenth of the amount.
- *Baselines* know next to nothing: the mean of all ratings; the mean of each product; the *biases*
  of customers and products, as Surprise's `BaselineOnly` has them (Koren 2010, ACM TKDD 4(1),
  section 2.1); a line in the logarithm of the price. A model that does no better than these has
  learnt nothing of what a customer likes.

Intervals resample customers with all their ratings. Differences are *paired*: the same resamples
for both, since the ratings that are hard for one model are hard for another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ...story.estimates import Estimate
from ..predictions.outcomes import Array
from ..resampling import Counts, resample
from .ratings import Ratings
from .svd_plus_plus import trainset

# The names of the baselines, in the order of what they know.
OVERALL_MEAN = "overall mean"
PRODUCT_MEAN = "product mean"
LOG_PRICE = "log of the price"
BIASES = "biases"


@dataclass(frozen=True, kw_only=True)
class RatingErrors:
    """RMSE of several predictions of the same ratings.

    Attributes:
        ratings: how many were foretold.
        customers: who gave them.
        rmse: by name; without names whose predictions are not all finite.
        against: the name that the others are compared with.
        differences: by name of the others, how much larger their RMSE is, paired.
        reason: why these are empty; "" when they are not.
    """

    ratings: int
    customers: int
    rmse: Mapping[str, Estimate] = field(default_factory=dict)
    against: str = ""
    differences: Mapping[str, Estimate] = field(default_factory=dict)
    reason: str = ""


def baselines(
    train: Ratings, test: Ratings, *, prices: pd.Series | None = None
) -> dict[str, Array]:
    """Return what the baselines learnt from `train` foretell of the test ratings, by name.

    Products and customers without ratings in train get the overall mean in place of what is not
    known. `prices` are by product; without them, or where a product of the test has none or all
    products of train cost the same, there is no line in their logarithm.

    Raises:
        ValueError: no ratings to learn from, ratings with other labels, or prices not above zero.
    """
    if not len(train):
        raise ValueError("there are no ratings to learn from")
    if not (train.customers.equals(test.customers) and train.products.equals(test.products)):
        raise ValueError("both have the same customers and products, in one order")
    mean = float(train.value.mean())
    times = np.bincount(train.product, minlength=len(train.products))
    totals = np.bincount(train.product, weights=train.value, minlength=len(train.products))
    product_means = np.where(times > 0, totals / np.maximum(times, 1), mean)
    found = {
        OVERALL_MEAN: np.full(len(test), mean),
        PRODUCT_MEAN: product_means[test.product],
    }
    line = None if prices is None else _line(train, test, prices)
    if line is not None:
        found[LOG_PRICE] = line
    return found | {BIASES: _biases(train, test)}


def errors(
    predictions: Mapping[str, ArrayLike],
    test: Ratings,
    *,
    level: float,
    seed: int,
    against: str = "",
    draws: int = 1_000,
) -> RatingErrors:
    """Return the RMSE of predictions of the test ratings, by name, and how they differ.

    `against` is the name that the others are compared with; the first where it is not given.

    Raises:
        ValueError: predictions that are not one a rating, or none at all, a name to compare with
            that is not there, or wrong level or draws.
    """
    names = list(predictions)
    against = against or next(iter(names), "")
    if against not in names:
        raise ValueError(f"there is no prediction {against!r} to compare with")
    foretold = np.array([np.asarray(predictions[name], dtype=float) for name in names])
    if foretold.shape[1:] != test.value.shape:
        raise ValueError("there is one prediction for each rating")
    customers, of = np.unique(test.customer, return_inverse=True)
    n = len(customers)
    if n < 2:
        return RatingErrors(
            ratings=len(test), customers=n, reason="fewer than two customers have test ratings"
        )
    squares = np.array([np.bincount(of, weights=(row - test.value) ** 2) for row in foretold])
    many = np.bincount(of).astype(float)
    reference = names.index(against)

    def statistic(counts: Counts) -> Array:
        rmse = np.sqrt(squares @ counts / (many @ counts))
        return np.concatenate([rmse, rmse - rmse[reference]])

    found = resample(statistic, n, level=level, draws=draws, seed=seed)
    rmse, differences = {}, {}
    for place, name in enumerate(names):
        one = found.estimate(place, bounds=(0.0, np.inf))
        difference = found.estimate(len(names) + place)
        if one is not None:
            rmse[name] = one
        if difference is not None and name != against:
            differences[name] = replace(difference, null=0.0)
    return RatingErrors(
        ratings=len(test), customers=n, rmse=rmse, against=against, differences=differences
    )


def _biases(train: Ratings, test: Ratings) -> Array:
    """Return mean + bias of the customer + bias of the product, by Surprise."""
    from surprise import BaselineOnly

    known = trainset(train)
    trained = BaselineOnly(verbose=False).fit(known)
    customer, product = np.zeros(len(train.customers)), np.zeros(len(train.products))
    customer[[known.to_raw_uid(inner) for inner in known.all_users()]] = trained.bu
    product[[known.to_raw_iid(inner) for inner in known.all_items()]] = trained.bi
    found: Array = known.global_mean + customer[test.customer] + product[test.product]
    return found


def _line(train: Ratings, test: Ratings, prices: pd.Series) -> Array | None:
    """Return a + b log(1 + price), by least squares over train; None where there is no line."""
    price = prices.reindex(train.products).to_numpy(dtype=float)
    if (price <= 0).any():
        raise ValueError("prices are above zero")
    x = np.log1p(price)
    at, y = x[train.product], train.value
    known = ~np.isnan(at)
    if np.isnan(x[test.product]).any() or known.sum() < 2 or np.ptp(at[known]) == 0:
        return None
    slope, start = np.polyfit(at[known], y[known], 1)
    found: Array = start + slope * x[test.product]
    return found
