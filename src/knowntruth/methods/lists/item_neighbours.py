"""Item neighbours: products that the same customers buy.

The *similarity* of two products is the cosine of their columns of weights; a product's
*neighbours* are the k most similar ones. A score is the sum of a customer's weights of bought
products times their similarity, over products of which the scored one is a neighbour (Deshpande &
Karypis 2004, Item-based top-N recommendation algorithms, ACM TOIS 22(1)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..checks import check_at_least
from ..predictions.outcomes import Array
from .interactions import Interactions, Weight, weighted
from .list_models import Linear
from .top_lists import NOTHING, top


@dataclass(frozen=True, kw_only=True, eq=False)
class ItemNeighbours(Linear):
    """A model of neighbours.

    Attributes:
        neighbours: the most that a product has; products of no similarity are none.
        own: whether a product counts as similar to itself, as suits lists that may show what was
            bought before.
    """

    neighbours: int
    own: bool


def fit(
    train: Interactions, *, neighbours: int = 10, own: bool = False, weight: Weight = "log"
) -> ItemNeighbours:
    """Return a model of neighbours; of equally similar products the first are neighbours.

    Raises:
        ValueError: fewer than one neighbour, or a weight that does not exist.
    """
    check_at_least("the number of neighbours", neighbours, 1)
    alike = similarity(train, weight=weight)
    np.fill_diagonal(alike, 0.0)
    nearest = top(alike, neighbours, alike > 0)
    influence = np.zeros_like(alike)
    rows, places = np.nonzero(nearest != NOTHING)
    columns = nearest[rows, places]
    influence[rows, columns] = alike[rows, columns]
    if own:
        np.fill_diagonal(influence, (train.popularity > 0).astype(float))
    return ItemNeighbours(
        train=train, weight=weight, influence=influence, neighbours=neighbours, own=own
    )


def similarity(train: Interactions, *, weight: Weight = "log") -> Array:
    """Return the cosine of each two products' weights; 0 for a product that nobody has bought."""
    x = weighted(train.counts, weight)
    gram = np.asarray((x.T @ x).toarray(), dtype=float)
    length = np.sqrt(np.diag(gram))
    length[length == 0] = 1.0
    found: Array = gram / length[:, None] / length
    return found
