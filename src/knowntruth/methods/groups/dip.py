"""The dip: how far a column of numbers lies from any distribution with a single peak.

Hartigan & Hartigan 1985, "The dip test of unimodality", Annals of Statistics 13(1). The p-value
is against the uniform distribution, which of all single hills makes valleys most easily: for
others the test is cautious.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from ..checks import check_at_least
from .clusters import Array

# Quantiles of the dip times the root of n, of n uniform numbers: columns are tails, rows are
# sizes. From 20,000 draws (12,000, 8,000 and 6,000 of the largest three) of numpy's default
# generator with seed 1; errors below a hundredth.
TAILS = (1, 0.9, 0.5, 0.25, 0.1, 0.05, 0.01, 0.001)
LOG_SIZES = tuple(math.log(n) for n in (20, 50, 100, 200, 500, 1_000, 2_000))
QUANTILES = (
    (0.170, 0.254, 0.328, 0.382, 0.436, 0.473, 0.544, 0.623),
    (0.169, 0.266, 0.345, 0.400, 0.457, 0.496, 0.569, 0.655),
    (0.167, 0.274, 0.355, 0.411, 0.471, 0.508, 0.586, 0.688),
    (0.186, 0.280, 0.362, 0.419, 0.480, 0.520, 0.596, 0.697),
    (0.193, 0.285, 0.368, 0.427, 0.488, 0.531, 0.614, 0.703),
    (0.197, 0.288, 0.370, 0.431, 0.493, 0.532, 0.621, 0.726),
    (0.214, 0.289, 0.375, 0.437, 0.504, 0.545, 0.625, 0.732),
)


def dip(values: ArrayLike) -> float:
    """Return how far the distribution of values lies from the nearest with one peak.

    Between 1 / (2 n) and 1/4. Algorithm AS 217 (Hartigan 1985) as corrected by Maechler.

    Raises:
        ValueError: no column of finite numbers.
    """
    x = np.sort(np.asarray(values, dtype=float))
    if x.ndim != 1 or not len(x) or not np.isfinite(x).all():
        raise ValueError("the dip is that of a column of finite numbers")
    n = len(x)
    if x[0] == x[-1] or n < 4:
        return 1 / (2 * n)
    return _dip(x) / (2 * n)


def dip_p_value(value: float, n: int) -> float:
    """Return the chance that n uniform numbers have a dip as large.

    Interpolated between simulated tails, whose logarithms lie close to a line; beyond the
    thousandth that line goes on, which is cautious.
    """
    check_at_least("n", n, 1)
    size = float(np.clip(math.log(n), LOG_SIZES[0], LOG_SIZES[-1]))
    quantiles = [float(np.interp(size, LOG_SIZES, at)) for at in zip(*QUANTILES, strict=True)]
    scaled = value * math.sqrt(n)
    log_p = float(np.interp(scaled, quantiles, np.log(TAILS)))
    slope = math.log(TAILS[-1] / TAILS[-2]) / (quantiles[-1] - quantiles[-2])
    return math.exp(log_p + slope * max(scaled - quantiles[-1], 0.0))


def _dip(x: Array) -> float:
    """Return twice the dip times the count of sorted values."""
    below, above = _hulls(x)
    low, high, found = 0, len(x) - 1, 1.0
    while True:
        convex = _chain(below, high, low)
        concave = _chain(above, low, high)
        gap, at_convex, at_concave = _widest(x, convex, concave)
        if gap < found:
            return found
        left = [
            _bulge(x, end, start, sign=1)
            for end, start in zip(convex[at_convex:], convex[at_convex + 1 :], strict=False)
        ]
        right = [
            _bulge(x, end, start, sign=-1)
            for start, end in zip(concave[at_concave:], concave[at_concave + 1 :], strict=False)
        ]
        found = max(found, *left, *right, 0.0)
        if (low, high) == (convex[at_convex], concave[at_concave]):
            return found
        low, high = convex[at_convex], concave[at_concave]


def _hulls(x: Array) -> tuple[list[int], list[int]]:
    """Return each value's predecessor on the convex hull below, and successor on that above."""
    places, n = x.tolist(), len(x)
    below, above = [0] * n, [n - 1] * n
    for j in range(1, n):
        i = j - 1
        while i and _turns(places, j, i, below[i]):
            i = below[i]
        below[j] = i
    for j in range(n - 2, -1, -1):
        i = j + 1
        while i != n - 1 and _turns(places, j, i, above[i]):
            i = above[i]
        above[j] = i
    return below, above


def _turns(x: list[float], new: int, last: int, before: int) -> bool:
    """Whether the hull must leave out `last`."""
    return (x[new] - x[last]) * (last - before) >= (x[last] - x[before]) * (new - last)


def _chain(step: list[int], start: int, end: int) -> list[int]:
    chain = [start]
    while chain[-1] != end:
        chain.append(step[chain[-1]])
    return chain


def _widest(x: Array, convex: list[int], concave: list[int]) -> tuple[float, int, int]:
    """Return the largest distance of both hulls and its places in their chains.

    `convex` runs from the highest value down, `concave` from the lowest up.
    """
    last_convex, last_concave = len(convex) - 1, len(concave) - 1
    if last_convex == last_concave == 1:
        return 1.0, last_convex, last_concave
    gap, at_convex, at_concave = 0.0, last_convex, last_concave
    i, j = last_convex - 1, 1
    while True:
        lower, upper = convex[i], concave[j]
        if lower > upper:
            start = convex[i + 1]
            slope = (lower - start) / (x[lower] - x[start])
            distance = upper - start + 1 - (x[upper] - x[start]) * slope
            j += 1
            if distance >= gap:
                gap, at_convex, at_concave = distance, i + 1, j - 1
        else:
            start = concave[j - 1]
            slope = (upper - start) / (x[upper] - x[start])
            distance = (x[lower] - x[start]) * slope - (lower - start - 1)
            i -= 1
            if distance >= gap:
                gap, at_convex, at_concave = distance, i + 1, j
        i, j = max(i, 0), min(j, last_concave)
        if convex[i] == concave[j]:
            return float(gap), at_convex, at_concave


def _bulge(x: Array, end: int, start: int, *, sign: int) -> float:
    """Return how far the steps between two points of a hull lie from their chord, at least 1."""
    if end - start <= 1 or x[end] == x[start]:
        return 1.0
    chord = (x[start : end + 1] - x[start]) * (end - start) / (x[end] - x[start])
    return max(1.0, float((sign * (np.arange(end - start + 1) - chord) + 1).max()))
