"""List metrics: how much of what a customer buys later a list names, and what else it shows.

A product is *relevant* to a customer who bought it in the later part. Of a list of k products:

- *precision*: its relevant products as a share of k.
- *recall*: its relevant products as a share of all that are relevant.
- *NDCG*: each relevant product counts 1 / log2(place + 1), as a share of the most that a list of
  k could have (Järvelin & Kekäläinen 2002, with gains of one).
- *average precision*: the share of relevant products down to each relevant product's place,
  summed, over the smaller of k and the number of relevant products. Its mean over customers is
  known as MAP.

These are means over customers to whom something is relevant. Of all lists, good or bad:

- *coverage*: products that stand on at least one list, as a share of all products.
- *novelty*: -log2 of a shown product's share of all purchases before, in bits, averaged over
  places and then over customers (Vargas & Castells 2011). A product that nobody has bought counts
  as bought once.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from ..predictions.outcomes import Array
from .top_lists import NOTHING, Lists

ACCURACY = ("precision", "recall", "ndcg", "average_precision")


def accuracy(lists: Lists, later: sparse.csr_array) -> dict[str, Array]:
    """Return the values of `ACCURACY` for each customer; NaN where nothing is relevant.

    Raises:
        ValueError: lists for another number of customers, or of products that do not exist.
    """
    n, products = later.shape
    if lists.ndim != 2 or len(lists) != n or (lists.size and lists.max() >= products):
        raise ValueError("there is a list of known products for each customer")
    k = lists.shape[1]
    hits = _hits(lists, later)
    relevant = np.asarray((later > 0).sum(axis=1), dtype=float)
    relevant[relevant == 0] = np.nan
    best = np.minimum(relevant, k)
    places = np.arange(1, k + 1)
    gains = 1 / np.log2(places + 1)
    ideal = np.append(0.0, np.cumsum(gains))[np.nan_to_num(best).astype(int)]
    precision_at = np.cumsum(hits, axis=1) / places
    some = ~np.isnan(relevant)
    return {
        "precision": np.where(some, hits.mean(axis=1), np.nan),
        "recall": hits.sum(axis=1) / relevant,
        "ndcg": np.divide(hits @ gains, ideal, out=np.full(n, np.nan), where=some),
        "average_precision": (precision_at * hits).sum(axis=1) / best,
    }


def novelty(lists: Lists, popularity: Array) -> Array:
    """Return the mean of -log2 of a shown product's share of purchases; NaN for no list."""
    total = max(popularity.sum(), 1.0)
    bits = -np.log2(np.maximum(popularity, 1.0) / total)
    shown = lists != NOTHING
    length = shown.sum(axis=1)
    summed = np.where(shown, bits[lists], 0.0).sum(axis=1)
    found: Array = np.divide(summed, length, out=np.full(len(lists), np.nan), where=length > 0)
    return found


def _hits(lists: Lists, later: sparse.csr_array) -> Array:
    """Return 1 where a place of a list holds a relevant product, 0 elsewhere."""
    rows, columns = (later > 0).nonzero()
    products = later.shape[1]
    # One number a cell: the relevant ones are looked up among those of the lists.
    relevant = rows.astype(np.int64) * products + columns
    cells = np.arange(len(lists))[:, None] * products + lists
    found: Array = (np.isin(cells, relevant) & (lists != NOTHING)).astype(float)
    return found
