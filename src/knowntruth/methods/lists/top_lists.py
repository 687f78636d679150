"""Lists: the k products with the highest scores that a customer may be shown.

A list is a row of places of products, best first, filled up with -1 where nothing is left. Of
products with one score, those that come first in order of products are shown first. A score that
is missing is never shown.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..checks import check_at_least
from ..predictions.outcomes import Array

Lists = NDArray[np.int64]

NOTHING = -1
# Scores of a block of customers: 32 MB.
CELLS = 4_000_000


def top(scores: Array, k: int, allowed: NDArray[np.bool_] | None = None) -> Lists:
    """Return the list of each customer: customers by k.

    Args:
        scores: customers by products.
        allowed: which products each customer may be shown, in the same shape; all if not given.

    Raises:
        ValueError: a list of no products, or tables that do not fit.
    """
    check_at_least("the length of a list", k, 1)
    if scores.ndim != 2 or (allowed is not None and allowed.shape != scores.shape):
        raise ValueError("scores and what is allowed are tables of customers by products")
    n, products = scores.shape
    found = np.full((n, k), NOTHING, dtype=np.int64)
    length = min(k, products)
    if length == 0:
        return found
    block = max(CELLS // products, 1)
    for start in range(0, n, block):
        rows = slice(start, start + block)
        shown = np.isfinite(scores[rows]) | (scores[rows] == np.inf)
        if allowed is not None:
            shown &= allowed[rows]
        found[rows, :length] = _best(np.where(shown, scores[rows], -np.inf), length)
    return found


def _best(scores: Array, k: int) -> Lists:
    """Return the k best places of each row, -1 for those whose score is minus infinity."""
    n = len(scores)
    # The k-th best score: all above it are in, and of its equals the first that still fit.
    edge = -np.partition(-scores, k - 1, axis=1)[:, k - 1 : k]
    above, equal = scores > edge, scores == edge
    room = k - above.sum(axis=1, keepdims=True)
    chosen = above | (equal & (np.cumsum(equal, axis=1) <= room))
    places = np.nonzero(chosen)[1].reshape(n, k)
    values = np.take_along_axis(scores, places, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    places = np.take_along_axis(places, order, axis=1)
    values = np.take_along_axis(values, order, axis=1)
    return np.where(values == -np.inf, NOTHING, places)


def ranks(
    scores: Array, products: Lists, allowed: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """Return the place of one product a customer among those allowed, 1 for the best.

    Products with the same score count as before it if they come first in order of products.

    Raises:
        ValueError: tables that do not fit.
    """
    if scores.shape[0] != len(products) or (allowed is not None and allowed.shape != scores.shape):
        raise ValueError("there is one product for each row of scores")
    own = np.take_along_axis(scores, products[:, None], axis=1)
    earlier = np.arange(scores.shape[1])[None, :] < products[:, None]
    ahead = (scores > own) | ((scores == own) & earlier)
    if allowed is not None:
        ahead &= allowed
    return 1 + np.asarray(ahead.sum(axis=1), dtype=np.int64)
