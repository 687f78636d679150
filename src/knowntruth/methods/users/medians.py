"""Medians: the value in the middle, between ranks, and the difference of two.

The interval of one median ends at two of the values, whatever their distribution; ties make it
hold more often than its level says. The difference of two has the percentile interval of the
bootstrap, which stands ties (Wilcox 2006), without drawing: the bootstrap's distribution of a
median is known (Maritz & Jarrett 1978). Its test counts "equal" on both sides, so that ties make
it cautious.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import betainc
from scipy.stats import binom

from ...story.estimates import Estimate
from ..means import unbounded
from .counted import Counted

METHOD = "order statistics"
TEST = "percentile bootstrap of medians"

NEVER = 1e-12


def median(found: Counted, level: float) -> Estimate:
    """Return the median between the closest pair of ranks that holds it often enough."""
    n, method = found.n, METHOD
    below = int(binom.ppf((1 - level) / 2, n, 0.5))
    if binom.cdf(below, n, 0.5) > (1 - level) / 2:
        below -= 1
    if below < 0:
        return unbounded(found.median, n, level=level, method=method, null=None)
    return Estimate(
        value=found.median,
        low=found.ranked(below + 1),
        high=found.ranked(n - below),
        level=level,
        n=n,
        null=None,
        method=method,
    )


def median_difference(first: Counted, second: Counted, level: float) -> Estimate:
    """Return how much higher the median of `second` is, by the bootstrap of both."""
    n, method = first.n + second.n, TEST
    value = second.median - first.median
    # Where no interval of one median is bounded, the bootstrap's is too short.
    if any(math.isinf(median(one, level).low) for one in (first, second)):
        return unbounded(value, n, level=level, method=method, null=0.0)
    a, b = _bootstrapped(first), _bootstrapped(second)
    low, high = _quantile(a, b, (1 - level) / 2), 0.0 - _quantile(b, a, (1 - level) / 2)
    return Estimate(
        value=value,
        low=min(low, value),
        high=max(high, value),
        level=level,
        n=n,
        p_value=min(2 * min(_at_most(a, b, 0.0), _at_most(b, a, 0.0)), 1.0),
        method=method,
    )


def _bootstrapped(found: Counted) -> Counted:
    """Return the values that the bootstrap's median takes, and how often, in shares.

    It is at most x when more than half of n draws are, and so with the chance that a beta
    variable with both parameters (n + 1) / 2 is at most the share of values up to x. That is
    exact for odd n and lies between its neighbours for even n.
    """
    half = (found.n + 1) / 2
    up_to = betainc(half, half, np.cumsum(found.counts) / found.n)
    share = np.diff(up_to, prepend=0)
    # Nearly all lie close to the middle: of a million values a few thousand.
    does = (up_to > NEVER) & (up_to - share < 1 - NEVER)
    return Counted(found.values[does], share[does])


def _at_most(first: Counted, second: Counted, gap: float) -> float:
    """Return the chance that a value of `second` exceeds one of `first` by `gap` at most."""
    up_to = np.append(0, np.cumsum(second.counts))
    return float(first.counts @ up_to[np.searchsorted(second.values, first.values + gap, "right")])


def _quantile(first: Counted, second: Counted, share: float) -> float:
    """Return the smallest gap that a value of `second` over one of `first` exceeds so rarely.

    Found by halving, then taken to the next gap that occurs, so that whole values have whole
    gaps.
    """
    low = float(second.values[0] - first.values[-1])
    high = float(second.values[-1] - first.values[0])
    if _at_most(first, second, low) >= share:
        return low
    while low < (middle := (low + high) / 2) < high:
        if _at_most(first, second, middle) >= share:
            high = middle
        else:
            low = middle
    place = np.searchsorted(second.values, first.values + low, "right")
    has_next = place < len(second.values)
    return float((second.values[place[has_next]] - first.values[has_next]).min())
