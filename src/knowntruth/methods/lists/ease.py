"""EASE: each product foretold by the others that a customer has bought, all at once.

Ridge regression of each column of the table of weights on all other columns, in closed form
(Steck 2019, Embarrassingly shallow autoencoders for sparse data, WWW). No product foretells
itself: what a customer has bought scores by what goes with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from ..checks import check_between
from .interactions import Interactions, Weight, weighted
from .list_models import Linear


@dataclass(frozen=True, kw_only=True, eq=False)
class Ease(Linear):
    """EASE's model.

    Attributes:
        penalty: the ridge penalty, in units of squared weights; Steck's lambda.
    """

    penalty: float


def fit(train: Interactions, *, penalty: float = 100.0, weight: Weight = "log") -> Ease:
    """Return EASE's model. Takes the cube of the number of products.

    Raises:
        ValueError: a penalty that is not above zero, or a weight that does not exist.
    """
    check_between("penalty", penalty, 0, np.inf)
    x = weighted(train.counts, weight)
    gram = np.asarray((x.T @ x).toarray(), dtype=float)
    gram[np.diag_indices_from(gram)] += penalty
    precision = linalg.inv(gram, overwrite_a=True, check_finite=False)
    influence = -precision / np.diag(precision)
    np.fill_diagonal(influence, 0.0)
    return Ease(train=train, weight=weight, influence=influence, penalty=float(penalty))
