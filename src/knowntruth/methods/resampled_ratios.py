"""Ratios of sums over units, with intervals by drawing the units again: many at once.

A *ratio* is the sum of a numerator over units divided by the sum of a denominator over them; a
mean is the ratio whose denominator is one for each unit that counts and zero for the others. What
`resampling.resample` does one statistic and one resample after the other is here one product of
matrices: how often each unit is drawn, times what it adds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from .checks import check_at_least, check_share
from .predictions.outcomes import Array
from .resampling import Resampled, ends

# Cells of a block of resamples: 16 MB.
CELLS = 2_000_000


def ratios(
    numerators: Array, denominators: Array, *, level: float, draws: int, seed: int
) -> Resampled:
    """Return k ratios of sums over n units, with BCa intervals.

    Args:
        numerators, denominators: units by ratios; one column of denominators stands for all.

    Raises:
        ValueError: arrays that do not fit, numbers that are not finite, fewer than two units,
            fewer than 20 draws, or a level that is no share.
    """
    above, below = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    if above.ndim != 2 or below.ndim != 2 or len(above) != len(below):
        raise ValueError("numerators and denominators are tables with one row a unit")
    if not (np.isfinite(above).all() and np.isfinite(below).all()):
        raise ValueError("numerators and denominators are finite")
    check_share("level", level)
    n, k = above.shape
    below = np.broadcast_to(below, above.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = np.concatenate(
            [(times @ above) / (times @ below) for times in resamples(n, draws=draws, seed=seed)]
        )
        all_above, all_below = above.sum(axis=0), below.sum(axis=0)
        values = all_above / all_below
        without = (all_above - above) / (all_below - below)
    # A sum in another order differs by rounding, which is no spread.
    drawn = np.where(np.isclose(drawn, values, rtol=1e-12, atol=1e-15), values, drawn)
    low, high = np.full((2, k), np.nan)
    for place in range(k):
        known = drawn[np.isfinite(drawn[:, place]), place]
        if np.isfinite(values[place]) and len(known) >= draws / 2:
            left_out = without[:, place]
            whole = bool(np.isfinite(left_out).all())
            low[place], high[place] = ends(
                float(values[place]), known, left_out if whole else None, level=level
            )
    return Resampled(values=values, low=low, high=high, draws=drawn, n=n, level=level, kind="bca")


def resamples(n: int, *, draws: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield how often each of n units occurs in each resample, in blocks of resamples by units.

    Raises:
        ValueError: fewer than two units or fewer than 20 draws.
    """
    check_at_least("the number of units", n, 2)
    check_at_least("the number of draws", draws, 20)
    random = np.random.default_rng(seed)
    block = max(CELLS // n, 1)
    for start in range(0, draws, block):
        rows = min(block, draws - start)
        # Each resample counts in a range of its own, so that one count serves the block.
        drawn = random.integers(n, size=(rows, n)) + n * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(float)
