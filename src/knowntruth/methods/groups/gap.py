"""The gap statistic: whether k groups lie closer together than slices of an even cloud would.

The *gap* at k is how much lower the logarithm of the inertia of k-means is than its mean over
reference tables without groups: uniform in a box along the principal components (Tibshirani,
Walther & Hastie 2001, "Estimating the number of clusters in a data set via the gap statistic",
Journal of the Royal Statistical Society B 63(2), method b).

Their rule takes the smallest k whose gap is no more than one standard error of the simulation
below that of k + 1. It can take 1: one cloud.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..checks import check_at_least
from .clusters import Array, matrix, one_thread
from .k_means import fitted


@dataclass(frozen=True)
class Gap:
    """The gap at one number of groups.

    Attributes:
        k: groups.
        log_inertia: natural logarithm of the inertia.
        expected: its mean over the references.
        error: standard deviation over the references times the root of 1 + 1 / references.
    """

    k: int
    log_inertia: float
    expected: float
    error: float

    @property
    def gap(self) -> float:
        """Expected less found."""
        return self.expected - self.log_inertia


def gaps(
    values: Any, ks: Sequence[int], *, seed: int, references: int = 20, starts: int = 5
) -> tuple[Gap, ...]:
    """Return the gap at each k; those at which rows and groups are as many are left out.

    Raises:
        ValueError: a k or starts below 1, or fewer than two references.
        DataError: values that are not finite numbers.
    """
    check_at_least("the number of references", references, 2)
    centred = matrix(values)
    centred -= centred.mean(axis=0)
    with one_thread():
        # Distances do not change as axes turn, so everything stays along the components.
        x = centred @ np.linalg.svd(centred, full_matrices=False)[2].T
        distinct = len(np.unique(x, axis=0))
        ks = [k for k in ks if k < distinct]
        found = _log_inertias(x, ks, seed=seed, starts=starts)
        rng = np.random.default_rng(seed)
        low, high = x.min(axis=0), x.max(axis=0)
        drawn = np.array(
            [
                _log_inertias(rng.uniform(low, high, x.shape), ks, seed=seed, starts=starts)
                for _ in range(references)
            ]
        )
    errors = drawn.std(axis=0) * math.sqrt(1 + 1 / references)
    columns = zip(ks, found, drawn.mean(axis=0), errors, strict=True)
    return tuple(Gap(k, float(own), float(mean), float(error)) for k, own, mean, error in columns)


def first_sufficient(found: Sequence[Gap]) -> int | None:
    """Return the k that the rule of Tibshirani, Walther & Hastie takes.

    None where the gap still grows at the largest k, or there are fewer than two.
    """
    ordered = sorted(found, key=lambda one: one.k)
    for one, following in pairwise(ordered):
        if one.gap >= following.gap - following.error:
            return one.k
    return None


def _log_inertias(x: Array, ks: Sequence[int], *, seed: int, starts: int) -> list[float]:
    return [math.log(fitted(x, k, seed=seed, starts=starts)[2]) for k in ks]
