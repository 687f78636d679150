"""What segments hold: whose value they are, and how much of the coming value they keep in view.

*Labels* are of any kind, one a unit, and missing for none. *Value* is a total that cannot be
negative, such as GMV. Units are taken as drawn from many: intervals are percentiles over
samples of units with replacement, the labels that units have kept.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from ...story.estimates import Estimate
from ...story.numbers import Unit
from ..checks import check_at_least, check_share
from ..intervals import share_of
from ..predictions.ranking import auc
from .clusters import Array

RESAMPLES = 500


@dataclass(frozen=True, kw_only=True)
class Held:
    """What one segment holds.

    Attributes:
        units, share_of_units: how many, and of all.
        value: their total.
        share_of_value: of the total of all; None where that is zero.
    """

    units: int
    share_of_units: float
    value: float
    share_of_value: Estimate | None


@dataclass(frozen=True, kw_only=True)
class Protected:
    """How much of the coming value is in view if a share of the units is looked after.

    Attributes:
        size: that share; chance keeps as much of the value in view.
        order: segments, the first to be looked after first: by their mean value before.
        share: of the value after, when whole segments are taken in that order and of the last
            one as many as are left, by chance.
        by_total: the same when units with the largest own value before are taken.
        gain: share less by_total.
        reason: why these are None; empty when they are not.
    """

    size: float
    order: tuple[Hashable, ...] = ()
    share: Estimate | None = None
    by_total: Estimate | None = None
    gain: Estimate | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Told:
    """How far one total tells who is in a group.

    Attributes:
        auc: chance that a unit of the group has a larger total than another one; 0.5 where the
            total says nothing.
        overlap: share of the group that is among as many units with the largest totals; ties
            count by chance.
        by_chance: the overlap to expect of units drawn without regard to the total.
        reason: why these are None; empty when they are not.
    """

    auc: Estimate | None = None
    overlap: Estimate | None = None
    by_chance: float | None = None
    reason: str = ""


def held(
    labels: ArrayLike, value: ArrayLike, *, seed: int, level: float, resamples: int = RESAMPLES
) -> Mapping[Hashable, Held]:
    """Return what each segment holds, the one with the largest total first.

    Raises:
        ValueError: labels and values of different length, values below zero or not finite, or
            a level that is no share.
    """
    check_share("level", level)
    codes, names, v = _checked(labels, value)
    n, total = len(v), float(v.sum())
    counts, sums = np.bincount(codes), np.bincount(codes, weights=v)
    drawn = []
    if total:
        for weights in _resampled(n, resamples, seed):
            # A sample may hold nothing of value, and so no shares of it.
            if whole := float(weights @ v):
                drawn.append(np.bincount(codes, weights=weights * v) / whole)
    found = {}
    for at in np.argsort(-sums, kind="stable"):
        share = None
        if total:
            own = [one[at] for one in drawn]
            share = _percentiles(float(sums[at]) / total, own, n, level, "share")
        found[names[at]] = Held(
            units=int(counts[at]),
            share_of_units=float(counts[at] / n),
            value=float(sums[at]),
            share_of_value=share,
        )
    return found


def protected(
    labels: ArrayLike,
    before: ArrayLike,
    after: ArrayLike,
    *,
    size: float,
    seed: int,
    level: float,
    resamples: int = RESAMPLES,
) -> Protected:
    """Return how much of the value after is in view when segments are looked after by value before.

    Segments are put in order anew in each sample of units, so that intervals hold how uncertain
    the order is.

    Raises:
        ValueError: as `held`, or a size that is no share.
    """
    check_share("level", level)
    check_share("size", size)
    codes, names, b = _checked(labels, before)
    _, _, a = _checked(labels, after)
    n = len(a)
    if not a.sum():
        return Protected(size=size, reason="there is no value after")
    own = np.unique(b, return_inverse=True)[1]

    def both(weights: Array) -> tuple[float, float]:
        return _kept(codes, b, a, weights, size), _kept(own, b, a, weights, size)

    share, by_total = both(np.ones(n))
    drawn = np.array([both(weights) for weights in _resampled(n, resamples, seed)])
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    gains = drawn[:, 0] - drawn[:, 1]
    means = np.bincount(codes, weights=b) / np.bincount(codes)
    return Protected(
        size=size,
        order=tuple(names[at] for at in np.argsort(-means, kind="stable")),
        share=_percentiles(share, drawn[:, 0], n, level, "share"),
        by_total=_percentiles(by_total, drawn[:, 1], n, level, "share"),
        gain=_percentiles(share - by_total, gains, n, level, "points"),
    )


def told_by(group: ArrayLike, total: ArrayLike, *, level: float) -> Told:
    """Return how far a total tells who is in a group, given as true and false.

    Raises:
        ValueError: not one of each a unit, or totals that are not finite.
    """
    check_share("level", level)
    inside, x = np.asarray(group, dtype=bool), np.asarray(total, dtype=float)
    if inside.shape != x.shape or x.ndim != 1 or not np.isfinite(x).all():
        raise ValueError("each unit is in the group or not, and has a finite total")
    size = int(inside.sum())
    if size in {0, len(x)}:
        return Told(reason="all units are in the group" if size else "no unit is in the group")
    cut = np.sort(x)[-size]
    above, level_with = x > cut, x == cut
    left = (size - above.sum()) / level_with.sum()
    common = float((inside & above).sum() + left * (inside & level_with).sum())
    return Told(
        auc=auc(inside.astype(float), rankdata(x) / len(x), level=level),
        overlap=share_of(common, size, level=level),
        by_chance=size / len(x),
    )


def _kept(
    codes: NDArray[np.int64], before: Array, after: Array, weights: Array, size: float
) -> float:
    """Return the share of the value after in segments taken from the best before down."""
    counts = np.bincount(codes, weights=weights)
    worth = np.bincount(codes, weights=weights * before)
    coming = np.bincount(codes, weights=weights * after)
    if not coming.sum():
        return float("nan")
    order = np.argsort(-np.divide(worth, counts, out=np.zeros(len(worth)), where=counts > 0))
    counts, coming = counts[order], coming[order]
    room = size * weights.sum() - (np.cumsum(counts) - counts)
    taken = np.clip(np.divide(room, counts, out=np.zeros(len(room)), where=counts > 0), 0, 1)
    return float(taken @ coming / coming.sum())


def _checked(labels: ArrayLike, value: ArrayLike) -> tuple[NDArray[np.int64], list[Any], Array]:
    names, v = np.asarray(labels), np.asarray(value, dtype=float)
    if names.ndim != 1 or names.shape != v.shape or not len(v):
        raise ValueError("each unit has one label and one value")
    if not (np.isfinite(v).all() and (v >= 0).all()):
        raise ValueError("a value is a finite number that is not below zero")
    codes, distinct = pd.factorize(names)
    if (codes < 0).any():
        raise ValueError("a unit has no label")
    return codes.astype(np.int64), distinct.tolist(), v


def _resampled(n: int, resamples: int, seed: int) -> Iterator[Array]:
    """Return how often each unit is drawn in each sample with replacement."""
    check_at_least("resamples", resamples, 2)
    rng = np.random.default_rng(seed)
    for _ in range(resamples):
        yield np.bincount(rng.integers(0, n, n), minlength=n).astype(float)


def _percentiles(value: float, drawn: Any, n: int, level: float, unit: Unit) -> Estimate:
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(
        value=value,
        low=min(float(low), value),
        high=max(float(high), value),
        level=level,
        n=n,
        unit=unit,
        null=0.0 if unit == "points" else None,
        method="bootstrap of units, percentiles",
    )
