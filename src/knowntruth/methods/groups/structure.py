"""Is there structure at all: types of units, or one cloud that any method would cut somewhere?

Two questions, each with a test:

- *One normal cloud?* The *cluster index* is the share of all squared distances to the mean that
  is left when k-means makes two groups. It is compared with that of normal clouds with the same
  spread along each principal component (Liu, Hayes, Nobel & Marron 2008, "Statistical
  significance of clustering for high-dimension, low-sample-size data", JASA 103(483)). Skewness
  or a giant is enough to refuse: that is no type yet.
- *A valley?* See `valleys`: whether any two groups of k-means, with two to four groups, have a
  hollow between them. One p-value for all of these together, by Holm.

Units *have types* only where both say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from .clusters import Array, matrix, one_thread, sampled
from .k_means import fitted
from .valleys import FEWEST, Valley, together, valleys

KS = (2, 3, 4)


@dataclass(frozen=True, kw_only=True)
class Structure:
    """Whether there is more than one cloud.

    Attributes:
        n, used: units, and those that entered.
        index: cluster index of two groups, against those of normal clouds: `null` is their
            mean, the interval holds the share `level` of what clouds of this spread give,
            moved to lie around the index found.
        normal_p: chance of one as low in a normal cloud.
        valley: the clearest valley between two groups, or None where none are large enough.
        valley_p: chance of one as clear anywhere without types; 1 without any.
        has_types: both p-values are below one less the level.
        reason: why there is no answer, and so no index; empty otherwise.
    """

    n: int
    used: int
    index: Estimate | None = None
    normal_p: float | None = None
    valley: Valley | None = None
    valley_p: float | None = None
    has_types: bool = False
    reason: str = ""


def structure(
    values: Any,
    *,
    seed: int,
    level: float,
    references: int = 100,
    starts: int = 5,
    most: int = 1_000,
) -> Structure:
    """Return whether units have types.

    Raises:
        ValueError: fewer than nineteen references, or a level that is no share.
        DataError: values that are not finite numbers.
    """
    check_share("level", level)
    check_at_least("the number of references", references, 19)
    everything = matrix(values)
    x = everything[sampled(len(everything), most, seed)]
    n, used = len(everything), len(x)
    distinct = len(np.unique(x, axis=0))
    if used < 4 * FEWEST or distinct <= max(KS):
        needed = f"{4 * FEWEST} units or more, and {max(KS) + 1} that differ"
        return Structure(n=n, used=used, reason=f"a hollow needs {needed}")
    x = x - x.mean(axis=0)
    with one_thread():
        spread = np.linalg.svd(x, compute_uv=False) / np.sqrt(used - 1)
        own = _index(x, seed, starts)
        rng = np.random.default_rng(seed)
        clouds = [rng.normal(size=(used, len(spread))) * spread for _ in range(references)]
        drawn = np.array([_index(cloud - cloud.mean(axis=0), seed, starts) for cloud in clouds])
    found = together(one for k in KS for one in valleys(x, k, seed=seed, starts=starts))
    valley = min(found, key=lambda one: one.p_value, default=None)
    valley_p = valley.adjusted if valley else 1.0
    normal_p = float((1 + (drawn <= own).sum()) / (1 + references))
    mean = float(drawn.mean())
    low, high = np.quantile(drawn - mean, [(1 - level) / 2, (1 + level) / 2])
    return Structure(
        n=n,
        used=used,
        index=Estimate(
            value=own,
            low=own + min(float(low), 0.0),
            high=own + max(float(high), 0.0),
            level=level,
            n=used,
            unit="share",
            null=mean,
            p_value=normal_p,
            method="cluster index against normal clouds",
        ),
        normal_p=normal_p,
        valley=valley,
        valley_p=valley_p,
        has_types=normal_p < 1 - level and valley_p < 1 - level,
    )


def _index(centred: Array, seed: int, starts: int) -> float:
    return fitted(centred, 2, seed=seed, starts=starts)[2] / float(np.square(centred).sum())
