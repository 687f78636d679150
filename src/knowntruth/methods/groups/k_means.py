"""K-means: groups around centres, so that squared distances to the nearest centre sum to little.

The *inertia* is that sum. It falls with every centre more, so it cannot say how many there are:
`cluster_number` asks that.

Lloyd's algorithm of scikit-learn: centres from k-means++, at most 300 steps, the best of
`starts` beginnings. One thread; the same seed gives the same bits.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import check_at_least
from .clusters import Array, Clusters, Labels, matrix, numbered, one_thread

# Learns from some rows, which may repeat, and says to which group each of all rows belongs.
Learner = Callable[[NDArray[np.int64]], Labels]


@dataclass(frozen=True, kw_only=True)
class KMeans(Clusters):
    """Groups around centres.

    Attributes:
        centres: one row a group, from label 0 on, in the features' units.
        inertia: sum of squared distances to the own centre.
    """

    centres: Array
    inertia: float


def k_means(values: Any, k: int, *, seed: int, starts: int = 10) -> KMeans:
    """Return k groups around centres; fewer where fewer rows differ, and `reason` says so.

    Raises:
        ValueError: k or starts below 1.
        DataError: values that are not finite numbers.
    """
    x = matrix(values)
    with one_thread():
        labels, centres, inertia = fitted(x, k, seed=seed, starts=starts)
    new = numbered(labels)
    found = int(new.max()) + 1
    # Groups are in the order of their new labels.
    old = [labels[np.flatnonzero(new == label)[0]] for label in range(found)]
    return KMeans(
        labels=new,
        used=len(x),
        centres=centres[old],
        inertia=inertia,
        reason="" if found == k else f"only {found} of {k} groups: fewer rows differ",
    )


def learner(values: Any, k: int, *, seed: int, starts: int = 10) -> Learner:
    """Return k-means as something that learns from resampled rows, for `cluster_stability`."""
    x = matrix(values)

    def learn(rows: NDArray[np.int64]) -> Labels:
        _, centres, _ = fitted(x[rows], k, seed=seed, starts=starts)
        return nearest(x, centres)

    return learn


def nearest(x: Array, centres: Array) -> Labels:
    """Return which centre is nearest to each row."""
    # The squared length of a row moves no comparison.
    return np.asarray((np.square(centres).sum(axis=1) - 2 * x @ centres.T).argmin(axis=1))


def fitted(x: Array, k: int, *, seed: int, starts: int) -> tuple[Labels, Array, float]:
    """Return labels, centres and inertia as scikit-learn numbers them; for use in `one_thread`.

    Raises:
        ValueError: k or starts below 1.
    """
    from sklearn.cluster import KMeans as Model
    from sklearn.exceptions import ConvergenceWarning

    check_at_least("k", k, 1)
    check_at_least("starts", starts, 1)
    model = Model(min(k, len(x)), n_init=starts, random_state=seed)
    with warnings.catch_warnings():
        # It says that fewer rows differ than groups were asked for: labels show that.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x)
    return model.labels_.astype(np.int64), model.cluster_centers_, float(model.inertia_)
