"""Maps: units as points on a plane, and how far two maps of the same units agree.

- *PCA*: the plane along which units spread most. The same for everybody, and distances on it
  are never longer than in the features.
- *t-SNE* (van der Maaten & Hinton 2008): a plane on which neighbours stay neighbours as far as
  they can. Where groups lie on it, how far apart and how large, depends on where it started
  (the seed) and on how many neighbours count (the perplexity). Even a cloud without any groups
  falls into islands. A picture, no evidence.

`alike` says what two maps have in common, or a map and the features it was made of.

Above `most` units a sample is drawn with `sample`: maps with the same one show the same units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from ..checks import check_at_least
from .clusters import Array, matrix, one_thread, sampled

Kind = Literal["pca", "t-sne"]
Start = Literal["random", "pca"]

MOST = 500


@dataclass(frozen=True, kw_only=True)
class Map:
    """Units as points.

    Attributes:
        kind: how it was made.
        places: one row a unit shown, two columns; without a unit of measure for t-SNE.
        rows: which units are shown, in their order.
        n: all units.
        explained: for PCA, the share of the spread that the plane shows; None for t-SNE.
        perplexity: for t-SNE, neighbours that count; None for PCA.
    """

    kind: Kind
    places: Array
    rows: NDArray[np.int64]
    n: int
    explained: float | None = None
    perplexity: float | None = None


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """What two maps of the same units have in common.

    Attributes:
        n: units shown on both.
        distances: Spearman's correlation of distances over all pairs of units.
        neighbours: how many nearest ones are looked at.
        kept: share of a unit's nearest ones on the first map that are so on the second.
        kept_by_chance: the same of units put anywhere.
        trustworthiness: 1 where nobody is near on the second map who is not on the first, less
            for every stranger the farther away he was there (Venna & Kaski 2001); about a half
            by chance.
        reason: why these are None; empty otherwise.
    """

    n: int
    distances: float | None = None
    neighbours: int = 0
    kept: float | None = None
    kept_by_chance: float | None = None
    trustworthiness: float | None = None
    reason: str = ""


def pca_map(values: Any, *, sample: int = 0, most: int = MOST) -> Map:
    """Return units along their first two principal components.

    The components are those of all units, each turned so that its largest weight is positive.

    Raises:
        ValueError: fewer than two units.
        DataError: values that are not finite numbers.
    """
    x = matrix(values)
    check_at_least("the number of units", len(x), 2)
    rows = sampled(len(x), most, sample)
    x = x - x.mean(axis=0)
    with one_thread():
        spread, turn = np.linalg.eigh(x.T @ x)
        first = turn[:, ::-1][:, :2]
        first = first * np.sign(first[np.abs(first).argmax(axis=0), range(first.shape[1])])
        places = x[rows] @ first
    total = float(spread.sum())
    return Map(
        kind="pca",
        places=np.pad(places, ((0, 0), (0, 2 - places.shape[1]))),
        rows=rows,
        n=len(x),
        explained=float(spread[::-1][:2].sum()) / total if total > 0 else 1.0,
    )


def tsne_map(
    values: Any,
    *,
    seed: int,
    perplexity: float = 30.0,
    start: Start = "random",
    sample: int = 0,
    most: int = MOST,
) -> Map:
    """Return units where t-SNE puts them.

    `start` is where they begin: at random places drawn with the seed, or along the principal
    components. With fewer than three units for each neighbour the perplexity is a third of the
    units. One thread; the same seed gives the same bits.

    Raises:
        ValueError: fewer than four units, a perplexity below 1 or an unknown start.
        DataError: values that are not finite numbers.
    """
    from sklearn.manifold import TSNE

    if start not in {"random", "pca"}:
        raise ValueError(f"a map starts at random or along pca, not at {start!r}")
    check_at_least("perplexity", perplexity, 1)
    everything = matrix(values)
    check_at_least("the number of units", len(everything), 4)
    rows = sampled(len(everything), most, sample)
    x = everything[rows]
    used = min(float(perplexity), (len(x) - 1) / 3)
    if start == "pca" and np.ptp(x, axis=0).max() == 0:
        start = "random"
    with one_thread():
        model = TSNE(
            2,
            perplexity=used,
            init=start if x.shape[1] > 1 else "random",
            learning_rate="auto",
            random_state=seed,
            n_jobs=1,
        )
        places = np.asarray(model.fit_transform(x), dtype=float)
    return Map(kind="t-sne", places=places, rows=rows, n=len(everything), perplexity=used)


def alike(first: Any, second: Any, *, neighbours: int = 15) -> Likeness:
    """Return what two maps, or features and a map, have in common: one row a unit in both.

    Maps are given as they are, features as a table of the rows that the map shows. Neighbours
    are at most a third of the units.

    Raises:
        ValueError: different units, or fewer than one neighbour.
        DataError: values that are not finite numbers.
    """
    check_at_least("neighbours", neighbours, 1)
    if (
        isinstance(first, Map)
        and isinstance(second, Map)
        and first.rows.tolist() != (second.rows.tolist())
    ):
        raise ValueError("two maps show different units")
    a, b = (matrix(one.places if isinstance(one, Map) else one) for one in (first, second))
    if len(a) != len(b):
        raise ValueError(f"two maps show {len(a)} and {len(b)} units")
    n = len(a)
    if n < 4:
        return Likeness(n=n, reason=f"there are only {n} units")
    if not (np.ptp(a, axis=0).any() and np.ptp(b, axis=0).any()):
        return Likeness(n=n, reason="all units are at one place")
    from sklearn.manifold import trustworthiness
    from sklearn.neighbors import NearestNeighbors

    k = max(min(neighbours, n // 3), 1)
    with one_thread():
        near = [NearestNeighbors(n_neighbors=k).fit(one).kneighbors()[1] for one in (a, b)]
        trust = float(trustworthiness(a, b, n_neighbors=k))
    common = [len(set(i) & set(j)) for i, j in zip(near[0].tolist(), near[1].tolist(), strict=True)]
    between = pdist(a), pdist(b)
    vary = min(np.ptp(one) for one in between) > 0
    return Likeness(
        n=n,
        distances=float(spearmanr(*between)[0]) if vary else None,
        neighbours=k,
        kept=sum(common) / (n * k),
        kept_by_chance=k / (n - 1),
        trustworthiness=trust,
    )
