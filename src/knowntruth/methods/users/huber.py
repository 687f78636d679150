"""Huber's location: the mean of values pulled in to 1.5 scales from it (Huber 1964, proposal 2).

The scale is found with the location, so that it adapts to how many values lie far out.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import norm

from ..moments import Sample
from .counted import Counted

REACH = 1.5
# Mean square of a standard normal value pulled in to REACH.
NORMAL_SQUARE = float(
    REACH**2 + (2 * norm.cdf(REACH) - 1) * (1 - REACH**2) - 2 * REACH * norm.pdf(REACH)
)
MOST_STEPS = 1_000
CONVERGED = 1e-10
SINGULAR = 1e12


def huber(found: Counted) -> Sample:
    """Return Huber's location with the variance of each value's influence on it.

    Location and scale solve two equations, so the influence on the location takes both: an
    error that takes the scale as known is wrong on a skewed column. Without a solution, where
    two thirds of the values are one, the location is the median and has no error.
    """
    n, counts = found.n, found.counts
    center, scale = found.median, math.sqrt(found.variance()) if n > 1 else 0.0
    for _ in range(MOST_STEPS):
        inside = np.clip(found.values, center - REACH * scale, center + REACH * scale)
        moved = float(counts @ inside) / n
        squares = float(counts @ (inside - center) ** 2) / (n - 1) if n > 1 else 0.0
        rescaled = math.sqrt(squares / NORMAL_SQUARE)
        step = max(abs(moved - center), abs(rescaled - scale))
        center, scale = moved, rescaled
        if step <= CONVERGED * scale:
            break
    else:
        return Sample(n, found.median, math.nan)
    if not scale > 0:
        return Sample(n, found.median, math.nan)
    r = (found.values - center) / scale
    pulled, is_inside = np.clip(r, -REACH, REACH), np.abs(r) < REACH
    scores = np.vstack([pulled, pulled**2 - NORMAL_SQUARE])
    inner, first, second = (float(counts @ (is_inside * r**k)) / n for k in (0, 1, 2))
    slopes = np.array([[inner, first], [2 * first, 2 * second]]) / scale
    moments = (scores * counts) @ scores.T / (n - 1)
    if not np.linalg.cond(slopes) < SINGULAR:
        return Sample(n, center, math.nan)
    inverse = np.linalg.inv(slopes)
    return Sample(n, center, float((inverse @ moments @ inverse.T)[0, 0]))
