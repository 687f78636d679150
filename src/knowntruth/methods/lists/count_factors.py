"""Count factors: a table of purchases, seen through the few directions that hold most of it.

A truncated singular value decomposition of the weights: each product is a point in as many
dimensions as the *rank*, each customer the sum of what they have bought, and a score is how far
the customer reaches in the product's direction (Cremonesi, Koren & Turrin 2010, PureSVD, RecSys).
No column is centred: the first direction is close to popularity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from ..checks import check_at_least
from ..predictions.outcomes import Array
from .interactions import Interactions, Weight, weighted
from .list_models import Linear

# Smaller squares of singular values, beside the largest, are rounding.
LEAST = 1e-12


@dataclass(frozen=True, kw_only=True, eq=False)
class CountFactors(Linear):
    """A model of factors.

    Attributes:
        factors: directions, rank by products, each of length one, the strongest first.
        strength: the singular value of each.
    """

    factors: Array
    strength: Array

    @property
    def rank(self) -> int:
        """How many directions there are."""
        return len(self.factors)


def fit(train: Interactions, *, rank: int = 5, weight: Weight = "log") -> CountFactors:
    """Return a model of factors; fewer than `rank` where the table does not hold as many.

    Raises:
        ValueError: a rank below one, or a weight that does not exist.
    """
    check_at_least("the rank", rank, 1)
    x = weighted(train.counts, weight)
    products = x.shape[1]
    factors, strength = np.zeros((0, products)), np.zeros(0)
    if x.nnz:
        # Directions are eigenvectors of products by products: no start, no sign, no iteration.
        first = max(products - rank, 0)
        gram = np.asarray((x.T @ x).toarray(), dtype=float)
        values, vectors = linalg.eigh(gram, subset_by_index=[first, products - 1])
        values, vectors = values[::-1], vectors[:, ::-1]
        real = values > LEAST * values[0]
        factors, strength = np.ascontiguousarray(vectors[:, real].T), np.sqrt(values[real])
    return CountFactors(
        train=train,
        weight=weight,
        influence=factors.T @ factors,
        factors=factors,
        strength=strength,
    )
