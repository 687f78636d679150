"""What follows from the numbers that the original printed, without its data.

Shares printed to the last digit tell whole numbers of transactions, and so does a mean times its
creators. A percentile lies between two creators, and tells the pairs of totals that give it.
A *place* is that of a creator in the order of totals, 0 for the least.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

CLOSE = 1e-9  # that a percentile may lie off, for the rounding where it is taken


def common_totals(shares: Sequence[float], *, most: int) -> list[int]:
    """Return every whole number up to `most` of which all the shares are whole parts.

    A share has all the digits of a float: a fraction gives them, or does not.
    """
    totals = np.arange(1, most + 1, dtype=float)
    fits = np.ones(len(totals), dtype=bool)
    for share in shares:
        fits &= np.rint(share * totals) / totals == share
    return [int(total) for total in totals[fits]]


def part(share: float, total: int) -> int:
    """Return which whole part of a total has a share.

    Raises:
        ValueError: none has exactly this share.
    """
    found = round(share * total)
    if found / total != share:
        raise ValueError(f"no whole part of {total} is {share} of it")
    return found


def whole_parts(low: float, high: float, total: int) -> list[int]:
    """Return the whole numbers that are between two multiples of a total, both included."""
    return list(range(math.ceil(low * total), math.floor(high * total) + 1))


def place_of(percent: float, creators: int) -> tuple[int, float]:
    """Return the place just below a percentile, and how far it is to the next one."""
    exact = (creators - 1) * percent / 100
    below = math.floor(exact + CLOSE)
    return below, max(exact - below, 0.0)


def neighbours(value: float, percent: float, creators: int) -> list[tuple[int, int]]:
    """Return the pairs of whole totals between which a percentile lies, nearest first.

    Where it falls on a creator there is one pair, of that total twice.
    """
    _, way = place_of(percent, creators)
    if way < CLOSE:
        return [(round(value), round(value))]
    pairs = []
    for low in range(math.floor(value), -1, -1):
        high = round(low + (value - low) / way)
        if abs(low + way * (high - low) - value) < CLOSE:
            pairs.append((low, high))
    return pairs


def bounds_of_total(percentiles: Mapping[float, float], creators: int) -> tuple[float, float]:
    """Return the least and the most that all totals can add up to, from percentiles 0 to 100.

    A creator has at least every percentile at or below their place, at most those at or above.
    """
    places = {percent: (creators - 1) * percent / 100 for percent in percentiles}
    low = high = 0.0
    for creator in range(creators):
        low += max(percentiles[p] for p, place in places.items() if place <= creator + CLOSE)
        high += min(percentiles[p] for p, place in places.items() if place >= creator - CLOSE)
    return low, high
