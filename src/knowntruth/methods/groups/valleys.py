"""Valleys: whether groups have a hollow between them, or are slices of one hill.

Centres of k groups are learnt by k-means from half of the units, and the other half is looked
at; then the halves change places. For each two centres, those units count that have no third
centre nearer, at their places along the line through both. If all units come from one hill
without hollows (any distribution whose density is log-concave, such as a normal one, however
long or skewed), these places have a single peak; types that lie apart show two. `dip` tests
that. Looking at units that the centres were not learnt from keeps the test honest: along a line
that is fitted to many features, any cloud seems to part.

A few giants make no valley: they are too few to be a type. A pile at a limit, such as many units
at the lowest price there is, does make one: it is a second peak, whatever it means.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from ..checks import check_at_least
from ..experiments.segments import adjusted
from .clusters import Array, matrix, one_thread, sampled
from .dip import dip, dip_p_value
from .k_means import fitted

FEWEST = 10


@dataclass(frozen=True, kw_only=True)
class Valley:
    """What lies between two centres.

    Attributes:
        k: centres that were learnt.
        places: of units along the line, sorted: 0 is at one centre and 1 at the other.
        dip: of the places.
        p_value: chance of one as large in a single hill.
        adjusted: the same of all valleys looked at together, by Holm.
    """

    k: int
    places: Array
    dip: float
    p_value: float
    adjusted: float


def valleys(
    values: Any,
    k: int,
    *,
    seed: int,
    starts: int = 5,
    fewest: int = FEWEST,
    most: int = 2_000,
) -> tuple[Valley, ...]:
    """Return what lies between each two of k centres with `fewest` units on either side.

    Of more than `most` units a sample enters; it and the halves are drawn with `seed`. Units with
    one and the same value of a feature are spread over the room up to the next values, so that
    whole numbers, or their logarithms, make no valleys.

    Raises:
        ValueError: k below 2.
        DataError: values that are not finite numbers.
    """
    check_at_least("k", k, 2)
    check_at_least("fewest", fewest, 2)
    x = matrix(values)
    x = x[sampled(len(x), most, seed)]
    if len(x) < 2 * k:
        return ()
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(x))
    x = np.column_stack([_untied(column, rng) for column in x.T])
    halves = x[order[: len(x) // 2]], x[order[len(x) // 2 :]]
    with one_thread():
        found = [
            valley
            for own, other in (halves, halves[::-1])
            for valley in _between(fitted(own, k, seed=seed, starts=starts)[1], other, fewest)
        ]
    return together(found)


def together(found: Iterable[Valley]) -> tuple[Valley, ...]:
    """Return valleys with p-values adjusted for all of them."""
    every = tuple(found)
    holm = adjusted({at: one.p_value for at, one in enumerate(every)})
    return tuple(replace(one, adjusted=holm[at].holm) for at, one in enumerate(every))


def _between(centres: Array, x: Array, fewest: int) -> list[Valley]:
    distances = np.square(x[:, None, :] - centres).sum(axis=2)
    found = []
    for first, second in combinations(range(len(centres)), 2):
        others = np.delete(distances, [first, second], axis=1)
        # This region is convex, so that a hill stays one in it.
        near = distances[:, [first, second]].max(axis=1) <= others.min(axis=1, initial=np.inf)
        step = centres[second] - centres[first]
        length = float(step @ step)
        if not length:
            continue
        places = np.sort((x[near] - centres[first]) @ step / length)
        if min((places < 0.5).sum(), (places >= 0.5).sum()) < fewest:
            continue
        value = dip(places)
        p = dip_p_value(value, len(places))
        found.append(Valley(k=len(centres), places=places, dip=value, p_value=p, adjusted=p))
    return found


def _untied(column: Array, rng: np.random.Generator) -> Array:
    """Return a column, values alike spread evenly and by chance up to halfway to the next ones."""
    distinct, at, counts = np.unique(column, return_inverse=True, return_counts=True)
    if len(distinct) in {1, len(column)}:
        return column
    middle = (distinct[1:] + distinct[:-1]) / 2
    low = np.append(2 * distinct[0] - middle[0], middle)
    high = np.append(middle, 2 * distinct[-1] - middle[-1])
    within = np.empty(len(column))
    order = np.lexsort((rng.random(len(column)), at))
    within[order] = np.arange(len(column)) - np.repeat(np.cumsum(counts) - counts, counts)
    places = low[at] + (within + 0.5) / counts[at] * (high - low)[at]
    return np.where(counts[at] > 1, places, column)
