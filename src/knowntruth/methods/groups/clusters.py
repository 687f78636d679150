"""Clusters: which group each unit belongs to, and how far two groupings agree.

*Values* are a table of numbers: one row a unit, one column a feature. *Labels* are whole
numbers, one a unit: 0 is the largest group, 1 the next, and -1 is *noise*, in no group.

Agreement is the adjusted Rand index (Hubert & Arabie 1985): 1 where two groupings are the same
whatever their labels, 0 on average where one is drawn without regard to the other. Noise counts
as a group like others.

Where a method compares all pairs of units, it looks at a sample above a number of them; results
say in `used` how many entered.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ...errors import DataError, Problem
from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..intervals import z_interval

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

NOISE = -1


@dataclass(frozen=True, kw_only=True)
class Clusters:
    """Groups of units.

    Attributes:
        labels: of all units, in row order.
        used: units that the groups were found in; all others joined them afterwards.
        reason: why the groups are fewer than asked for; empty where they are not.
    """

    labels: Labels
    used: int
    reason: str = ""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of each group, from label 0 on."""
        return tuple(np.bincount(self.labels[self.labels >= 0]).tolist())

    @property
    def noise(self) -> int:
        """Units in no group."""
        return int((self.labels == NOISE).sum())

    @property
    def largest_share(self) -> float:
        """Share of all units that are in the largest group; 0 where there is none."""
        return max(self.sizes, default=0) / len(self.labels)


def matrix(values: Any) -> Array:
    """Return values as rows and columns of numbers.

    Raises:
        ValueError: no rows, no columns, or neither a table nor a matrix.
        DataError: text, or numbers that are missing or without bound.
    """
    frame = values if isinstance(values, pd.DataFrame) else pd.DataFrame(np.asarray(values))
    if frame.empty:
        raise ValueError("values are a table with rows and columns")
    problems = []
    for name, column in frame.items():
        where = f"column {name}"
        if not pd.api.types.is_numeric_dtype(column):
            problems.append(Problem(where, "it holds no numbers", "Leave it out or convert it."))
        elif not np.isfinite(column.to_numpy(dtype=float, na_value=np.nan)).all():
            what = "a value is missing or infinite"
            problems.append(Problem(where, what, "Fill it in or leave its row out."))
    if problems:
        raise DataError("A feature cannot be used", problems)
    # A layout of its own: the same numbers give the same bits wherever they come from.
    return np.array(frame.to_numpy(dtype=float), order="C")


def checked_labels(labels: ArrayLike, n: int) -> Labels:
    """Return labels of n units as whole numbers.

    Raises:
        ValueError: not one a unit, no whole numbers, or below -1.
    """
    found = np.asarray(labels)
    if found.shape != (n,):
        raise ValueError(f"{n} units have labels of shape {found.shape}")
    if found.dtype.kind not in "iub" or (n and found.min() < NOISE):
        raise ValueError("labels are whole numbers from 0 on, or -1 for noise")
    return found.astype(np.int64)


def numbered(labels: ArrayLike) -> Labels:
    """Return labels of any kind as 0 for the largest group, 1 for the next; -1 stays.

    Groups of one size are in the order in which they first appear.
    """
    codes, distinct = pd.factorize(np.asarray(labels))
    counts = np.bincount(codes, minlength=len(distinct)).astype(float)
    is_noise = np.array([label == NOISE for label in distinct], dtype=bool)
    counts[is_noise] = -1
    order = np.argsort(-counts, kind="stable")
    place = np.empty(len(distinct), dtype=np.int64)
    place[order] = np.arange(len(distinct))
    place[is_noise] = NOISE
    return np.asarray(place[codes], dtype=np.int64)


def sampled(n: int, most: int, seed: int) -> NDArray[np.int64]:
    """Return rows to look at: all of n, or `most` of them drawn with a seed, in their order."""
    check_at_least("most", most, 2)
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, most, replace=False))


def one_thread() -> Any:
    """Return a context in which scikit-learn sums in one order, so that bits are the same."""
    import sklearn.cluster  # noqa: F401 - its threads can be limited only once they are there
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)


def crossed_counts(first: ArrayLike, second: ArrayLike) -> Array:
    """Return how many units have each pair of labels, of any kind.

    Raises:
        ValueError: labels of different lengths.
    """
    a, b = np.asarray(first), np.asarray(second)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"two groupings of one set of units, not of {len(a)} and {len(b)}")
    rows, row_labels = pd.factorize(a)
    columns, column_labels = pd.factorize(b)
    if (rows < 0).any() or (columns < 0).any():
        raise ValueError("a unit has no label")
    width = len(column_labels)
    flat = np.bincount(rows * width + columns, minlength=len(row_labels) * width)
    return flat.reshape(len(row_labels), width).astype(float)


def adjusted_rand(first: ArrayLike, second: ArrayLike) -> float:
    """Return how far two groupings agree; 1 where both put all units together or all apart.

    Raises:
        ValueError: labels of different lengths.
    """
    return _adjusted_rand(crossed_counts(first, second))


def agreement(first: ArrayLike, second: ArrayLike, *, level: float) -> Estimate:
    """Return how far two groupings agree, as if their units were drawn from many.

    The error is that of the jackknife over units: both groupings are taken as given.

    Raises:
        ValueError: labels of different lengths, fewer than three units, or a level that is no
            share.
    """
    check_share("level", level)
    counts = crossed_counts(first, second)
    n = int(counts.sum())
    check_at_least("the number of units", n, 3)
    value = _adjusted_rand(counts)
    without, times = [], []
    for at in zip(*np.nonzero(counts), strict=True):
        fewer = counts.copy()
        fewer[at] -= 1
        without.append(_adjusted_rand(fewer))
        times.append(counts[at])
    moved = np.array(without) - np.average(without, weights=times)
    error = math.sqrt((n - 1) / n * float(np.array(times) @ moved**2))
    found = z_interval(value, error, n, level=level, method="adjusted Rand index, jackknife")
    high = value if value == 1 else min(found.high, 1.0)
    low = found.low if error else value
    return Estimate(
        value=value,
        low=low,
        high=high if error else value,
        level=level,
        n=n,
        null=None,
        method=found.method,
    )


def _adjusted_rand(counts: Array) -> float:
    together = _pairs(counts).sum()
    first, second = _pairs(counts.sum(axis=1)).sum(), _pairs(counts.sum(axis=0)).sum()
    expected = first * second / _pairs(counts.sum())
    most = (first + second) / 2
    return 1.0 if most == expected else float((together - expected) / (most - expected))


def _pairs(counts: Any) -> Any:
    return counts * (counts - 1) / 2
