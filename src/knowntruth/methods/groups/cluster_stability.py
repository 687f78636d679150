"""Stability: whether other units of the same kind would have led to the same groups.

A *learner* is given some rows, learns groups from them and says to which of these each of all
units belongs. `stability` hands it samples with replacement of all rows:

- *agreement*: two samples, two groupings of all units, their adjusted Rand index; the mean over
  such pairs (Fang & Wang 2012, "Selection of the number of clusters via the bootstrap method",
  Computational Statistics & Data Analysis 56(3), who count pairs of units instead).
- *kept*: for each group of all units, the largest share of it and a sample's group together
  that both hold, averaged over samples (Hennig 2007, "Cluster-wise assessment of cluster
  stability", ibid. 52(1)). Above 0.85 a group is highly stable to him, below 0.6 it is not to
  be trusted.

Stable groups need not be types: an even cloud that is longer than wide is cut in halves the
same way each time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from .clusters import Labels, adjusted_rand, checked_labels, numbered, one_thread
from .k_means import Learner


@dataclass(frozen=True, kw_only=True)
class Stability:
    """How alike groups are from sample to sample.

    Attributes:
        agreement: mean adjusted Rand index of pairs of samples. The interval holds the share
            `level` of pairs, so it says how far two samples' groups differ, not how precise
            the mean is; `n` is the number of pairs.
        kept: by label of all units' groups, the mean of Hennig's similarity; noise left out.
    """

    agreement: Estimate
    kept: tuple[float, ...]


def stability(learn: Learner, n: int, *, seed: int, level: float, resamples: int = 20) -> Stability:
    """Return how alike the groups are that are learnt from pairs of samples of n units.

    `resamples` is the number of pairs. `kept` follows the order of labels by size.

    Raises:
        ValueError: fewer than two units or resamples, or a level that is no share.
    """
    check_share("level", level)
    check_at_least("the number of units", n, 2)
    check_at_least("resamples", resamples, 2)
    rng = np.random.default_rng(seed)
    found, similar = [], []
    with one_thread():
        whole = numbered(checked_labels(learn(np.arange(n)), n))
        for _ in range(resamples):
            first, second = (_learnt(learn, rng.integers(0, n, n)) for _ in range(2))
            found.append(adjusted_rand(first, second))
            similar += [_similarity(whole, first), _similarity(whole, second)]
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    mean = float(np.mean(found))
    return Stability(
        agreement=Estimate(
            value=mean,
            low=min(float(low), mean),
            high=max(float(high), mean),
            level=level,
            n=resamples,
            null=None,
            method="adjusted Rand index of pairs of bootstrap samples, percentiles",
        ),
        kept=tuple(np.mean(similar, axis=0).tolist()),
    )


def _learnt(learn: Learner, rows: NDArray[np.int64]) -> Labels:
    return checked_labels(learn(rows), len(rows))


def _similarity(whole: Labels, other: Labels) -> NDArray[np.float64]:
    """Return each group's largest Jaccard coefficient with a group of another grouping."""
    names = np.arange(whole.max() + 1)
    best = np.zeros(len(names))
    for name in names:
        inside = whole == name
        for candidate in np.unique(other[inside]):
            if candidate < 0:
                continue
            there = other == candidate
            best[name] = max(best[name], (inside & there).sum() / (inside | there).sum())
    return best
