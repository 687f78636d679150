"""How many groups k-means should make: three answers over a full range of k.

- *Silhouette* (Rousseeuw 1987): by how much a unit is nearer to its own group than to the next
  one, between -1 and 1; the mean over units. It is not defined for one group, so it never says
  that there is only one, and a single giant far from everybody raises it close to 1: look at
  the sizes.
- *Gap*: see `gap`. It can say 1.
- *Stability*: see `cluster_stability`. Not defined for one group either.

Of more than `most` units a sample drawn with the seed enters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checks import check_at_least, check_share
from .cluster_stability import Stability, stability
from .clusters import Array, matrix, numbered, one_thread, sampled
from .gap import Gap, first_sufficient, gaps
from .k_means import fitted, learner

KS = range(1, 11)


@dataclass(frozen=True, kw_only=True)
class Option:
    """What speaks for one number of groups.

    Attributes:
        k: groups.
        sizes: units of each, the largest first.
        inertia: sum of squared distances to the own centre.
        silhouette: mean over units; None for one group.
        gap: None where rows that differ are no more than groups.
        stability: None for one group.
    """

    k: int
    sizes: tuple[int, ...]
    inertia: float
    silhouette: float | None
    gap: Gap | None
    stability: Stability | None

    @property
    def largest_share(self) -> float:
        """Share of units in the largest group."""
        return self.sizes[0] / sum(self.sizes)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How many groups, by three measures.

    Attributes:
        options: by ascending k.
        by_silhouette: k with the highest silhouette.
        by_gap: k that the rule of the gap takes; None where the gap grows to the largest k.
        by_stability: k with the highest agreement of samples.
        n, used: units, and those that entered.
        reason: why answers are None, or larger k were left out; empty otherwise.
    """

    options: tuple[Option, ...]
    by_silhouette: int | None = None
    by_gap: int | None = None
    by_stability: int | None = None
    n: int
    used: int
    reason: str = ""

    def option(self, k: int) -> Option:
        """Return what speaks for k groups; KeyError where they were not tried."""
        return {option.k: option for option in self.options}[k]


def choose(
    values: Any,
    ks: Iterable[int] = KS,
    *,
    seed: int,
    level: float,
    starts: int = 3,
    references: int = 10,
    resamples: int = 10,
    most: int = 1_000,
) -> Choice:
    """Return what three measures say about each number of groups.

    `references` is the number of reference tables of the gap, `resamples` that of pairs of
    bootstrap samples: time grows with both, and with the `starts` of every k-means. Ties go to
    the smaller k. Every k that rows cannot fill is left out.

    Raises:
        ValueError: no k, a k below 1, or a level that is no share.
        DataError: values that are not finite numbers.
    """
    check_share("level", level)
    asked = sorted(set(ks))
    check_at_least("the number of ks", len(asked), 1)
    check_at_least("k", asked[0], 1)
    everything = matrix(values)
    x = everything[sampled(len(everything), most, seed)]
    distinct = len(np.unique(x, axis=0))
    tried = [k for k in asked if k < distinct]
    reason = "" if tried == asked else f"only {distinct} rows differ"
    gap_at = {one.k: one for one in gaps(x, tried, seed=seed, references=references, starts=starts)}
    with one_thread():
        between = _distances(x)
        options = []
        for k in tried:
            labels, _, inertia = fitted(x, k, seed=seed, starts=starts)
            learn = learner(x, k, seed=seed, starts=starts)
            options.append(
                Option(
                    k=k,
                    sizes=tuple(np.bincount(numbered(labels)).tolist()),
                    inertia=inertia,
                    silhouette=_silhouette(between, labels) if k > 1 else None,
                    gap=gap_at.get(k),
                    stability=stability(learn, len(x), seed=seed, level=level, resamples=resamples)
                    if k > 1
                    else None,
                )
            )
    several = [option for option in options if option.k > 1]
    if not several and not reason:
        reason = "no k above 1 was asked for"
    return Choice(
        options=tuple(options),
        by_silhouette=max(several, key=lambda one: one.silhouette or -1).k if several else None,
        by_gap=first_sufficient(list(gap_at.values())),
        by_stability=max(several, key=_agreement).k if several else None,
        n=len(everything),
        used=len(x),
        reason=reason,
    )


def silhouettes(values: Any, labels: Any) -> Array:
    """Return the silhouette of each unit; noise counts as a group.

    All pairs of units are compared: for a few thousand.

    Raises:
        ValueError: fewer than two groups, or as many as units.
    """
    from sklearn.metrics import silhouette_samples

    with one_thread():
        found = silhouette_samples(_distances(matrix(values)), labels, metric="precomputed")
    return np.asarray(found, dtype=float)


def _distances(x: Array) -> Array:
    from sklearn.metrics import pairwise_distances

    between = np.asarray(pairwise_distances(x), dtype=float)
    np.fill_diagonal(between, 0)
    return between


def _silhouette(between: Array, labels: Any) -> float:
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(between, labels, metric="precomputed"))


def _agreement(option: Option) -> float:
    return option.stability.agreement.value if option.stability else -1.0
