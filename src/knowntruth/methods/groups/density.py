"""Density: groups where units lie thick, and noise where they lie thin.

- *DBSCAN* (Ester, Kriegel, Sander & Xu 1996): a unit is a *core* if at least `neighbours` units,
  itself among them, lie within `eps` of it. Cores within `eps` of each other are one group, with
  every unit within `eps` of a core. All others are noise.
- *HDBSCAN* (Campello, Moulavi & Sander 2013): the same for all eps at once; groups are those
  that last longest as eps shrinks and have at least `smallest` units.

Noise means that few others lie near, no more. Where a few units make most of a total they lie
far from everybody and from each other, so noise is the business: see `segmentations.told_by`.

Both look at all pairs of units, so above `most` units a sample drawn with the seed enters, with
`neighbours` and `smallest` made smaller in proportion. The others join the nearest core within
eps (DBSCAN) or the nearest unit of the sample (HDBSCAN).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import check_at_least, check_between
from .clusters import NOISE, Array, Clusters, Labels, matrix, numbered, one_thread, sampled
from .k_means import Learner

MOST = 3_000


@dataclass(frozen=True, kw_only=True)
class Curve:
    """How far each unit is from its neighbours.

    Attributes:
        neighbours: which neighbour is looked at, the unit itself being the first.
        distances: to that neighbour, in ascending order.
        elbow: the distance at which the curve lies deepest below the line from its first to its
            last point, both axes from 0 to 1 (Satopaa et al. 2011); a common choice of eps.
        n: all units.
    """

    neighbours: int
    distances: Array
    elbow: float
    n: int

    def cores(self, eps: float) -> float:
        """Return the share of units that are cores at eps."""
        return float(np.searchsorted(self.distances, eps, side="right") / len(self.distances))


def distance_curve(values: Any, neighbours: int, *, seed: int, most: int = MOST) -> Curve:
    """Return how far units are from their neighbours; 0 where rows repeat often enough.

    Raises:
        ValueError: fewer than two neighbours, or no more units than that.
        DataError: values that are not finite numbers.
    """
    from sklearn.neighbors import NearestNeighbors

    check_at_least("neighbours", neighbours, 2)
    everything = matrix(values)
    x = everything[sampled(len(everything), most, seed)]
    asked = _scaled(neighbours, len(x), len(everything))
    check_at_least("the number of units", len(x), asked + 1)
    with one_thread():
        model = NearestNeighbors(n_neighbors=asked).fit(x)
        distances = np.sort(model.kneighbors(x)[0][:, -1])
    low, high = distances[0], distances[-1]
    depth = np.linspace(0, 1, len(distances)) - (distances - low) / max(high - low, 1e-300)
    return Curve(
        neighbours=asked,
        distances=distances,
        elbow=float(distances[depth.argmax()]),
        n=len(everything),
    )


def dbscan(values: Any, *, eps: float, neighbours: int, seed: int, most: int = MOST) -> Clusters:
    """Return groups by DBSCAN.

    Raises:
        ValueError: an eps that is not above 0, or neighbours below 1.
        DataError: values that are not finite numbers.
    """
    check_between("eps", eps, 0, np.inf)
    check_at_least("neighbours", neighbours, 1)
    x = matrix(values)
    rows = sampled(len(x), most, seed)
    with one_thread():
        labels = _dbscan(x, rows, eps, neighbours)
    return _clusters(labels, rows)


def hdbscan(
    values: Any,
    *,
    smallest: int,
    neighbours: int | None = None,
    allow_one: bool = True,
    seed: int,
    most: int = MOST,
) -> Clusters:
    """Return groups by HDBSCAN; `neighbours` are as many as `smallest` unless given.

    With `allow_one` the answer can be a single group. Fewer units than `smallest` or
    `neighbours` are all noise.

    Raises:
        ValueError: a smallest below 2, or neighbours below 1.
        DataError: values that are not finite numbers.
    """
    check_at_least("smallest", smallest, 2)
    asked = smallest if neighbours is None else neighbours
    check_at_least("neighbours", asked, 1)
    x = matrix(values)
    rows = sampled(len(x), most, seed)
    with one_thread():
        labels = _hdbscan(x, rows, smallest, asked, allow_one)
    return _clusters(labels, rows)


def dbscan_learner(values: Any, *, eps: float, neighbours: int) -> Learner:
    """Return DBSCAN as something that learns from rows; a row that repeats counts once."""
    x = matrix(values)

    def learn(rows: NDArray[np.int64]) -> Labels:
        return _dbscan(x, np.unique(rows), eps, neighbours)

    return learn


def hdbscan_learner(values: Any, *, smallest: int, allow_one: bool = True) -> Learner:
    """Return HDBSCAN as something that learns from rows; a row that repeats counts once."""
    x = matrix(values)

    def learn(rows: NDArray[np.int64]) -> Labels:
        return _hdbscan(x, np.unique(rows), smallest, smallest, allow_one)

    return learn


def _clusters(labels: Labels, rows: NDArray[np.int64]) -> Clusters:
    found = numbered(labels)
    return Clusters(
        labels=found,
        used=len(rows),
        reason="" if found.max() >= 0 else "no unit has enough neighbours: all are noise",
    )


def _dbscan(x: Array, rows: NDArray[np.int64], eps: float, neighbours: int) -> Labels:
    from sklearn.cluster import DBSCAN
    from sklearn.neighbors import NearestNeighbors

    model = DBSCAN(eps=eps, min_samples=_scaled(neighbours, len(rows), len(x))).fit(x[rows])
    labels = np.full(len(x), NOISE, dtype=np.int64)
    labels[rows] = model.labels_
    others = np.setdiff1d(np.arange(len(x)), rows)
    cores = model.core_sample_indices_
    if len(others) and len(cores):
        nearest = NearestNeighbors(n_neighbors=1).fit(x[rows][cores])
        distance, at = nearest.kneighbors(x[others])
        joined = model.labels_[cores][at[:, 0]]
        labels[others] = np.where(distance[:, 0] <= eps, joined, NOISE)
    return labels


def _hdbscan(
    x: Array, rows: NDArray[np.int64], smallest: int, neighbours: int, allow_one: bool
) -> Labels:
    from sklearn.cluster import HDBSCAN
    from sklearn.neighbors import NearestNeighbors

    size = max(_scaled(smallest, len(rows), len(x)), 2)
    asked = _scaled(neighbours, len(rows), len(x))
    labels = np.full(len(x), NOISE, dtype=np.int64)
    if len(rows) <= max(size, asked):
        return labels
    model = HDBSCAN(
        min_cluster_size=size, min_samples=asked, allow_single_cluster=allow_one, copy=True
    ).fit(x[rows])
    labels[rows] = model.labels_
    others = np.setdiff1d(np.arange(len(x)), rows)
    if len(others):
        at = NearestNeighbors(n_neighbors=1).fit(x[rows]).kneighbors(x[others])[1]
        labels[others] = model.labels_[at[:, 0]]
    return labels


def _scaled(count: int, used: int, n: int) -> int:
    """Return a count of units as one of those that are used, at least 2 unless it is 1."""
    return min(count, max(2, round(count * used / n)))
