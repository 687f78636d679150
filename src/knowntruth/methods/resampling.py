"""Resampling: intervals of any statistic, by drawing the units again with replacement.

A *resample* has as many units as there are, each drawn 0, 1 or several times; a statistic is told
how often (Efron & Tibshirani 1993, chapter 13). The interval is the *percentile* interval, from
the quantiles of the statistic over resamples, or *BCa*: the same with quantiles shifted for the
statistic's bias and for an error that changes with its value (Efron 1987, Journal of the American
Statistical Association 82(397)).

Neither knows of units larger than any that were seen. Where one unit is a large part of a total,
intervals hold the truth less often than their level says.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from ..story.estimates import Estimate
from ..story.numbers import Unit
from .checks import check_at_least, check_share
from .predictions.outcomes import Array

Counts = NDArray[np.int64]
Statistic = Callable[[Counts], Array]
Kind = Literal["bca", "percentile"]

# Above so many units the jackknife leaves out groups of them: acceleration needs no more.
MOST_LEFT_OUT = 1_000


@dataclass(frozen=True, kw_only=True)
class Resampled:
    """A statistic of k numbers, with the ends of their intervals.

    Attributes:
        values: as observed, k numbers; NaN where a statistic has no value.
        low, high: ends of their intervals; NaN where fewer than half of the resamples, or the
            observed units, have a value.
        draws: the values of each resample, one row a resample.
        n: units.
        level, kind: as asked.
    """

    values: Array
    low: Array
    high: Array
    draws: Array
    n: int
    level: float
    kind: Kind

    def estimate(
        self,
        place: int,
        *,
        unit: Unit = "number",
        bounds: tuple[float, float] = (-math.inf, math.inf),
    ) -> Estimate | None:
        """Return one of the numbers as an estimate; None where it has no value.

        The interval reaches to both `bounds` where it has no ends, or where all resamples agree:
        then they do not say how far off they are.
        """
        value, low, high = (float(of[place]) for of in (self.values, self.low, self.high))
        if not math.isfinite(value):
            return None
        if not low < high:
            low, high = bounds
        name = {"bca": "BCa bootstrap", "percentile": "percentile bootstrap"}[self.kind]
        return Estimate(
            value=value,
            low=low,
            high=high,
            level=self.level,
            n=self.n,
            unit=unit,
            null=None,
            method=name,
        )


def resample(
    statistic: Statistic, n: int, *, level: float, draws: int, seed: int, kind: Kind = "bca"
) -> Resampled:
    """Return a statistic of n units with intervals by resampling the units.

    `statistic` takes how often each unit occurs, n whole numbers, and returns k numbers.

    Raises:
        ValueError: fewer than two units, fewer than 20 draws, or a level that is no share.
    """
    check_share("level", level)
    check_at_least("the number of units", n, 2)
    check_at_least("the number of draws", draws, 20)
    random = np.random.default_rng(seed)
    values = statistic(np.ones(n, dtype=np.int64))
    drawn = np.array([statistic(counts_of(random, n)) for _ in range(draws)])
    left_out = _left_out(statistic, n, random) if kind == "bca" else None
    low, high = np.full((2, len(values)), np.nan)
    for k, value in enumerate(values):
        known = drawn[np.isfinite(drawn[:, k]), k]
        if math.isfinite(value) and len(known) >= draws / 2:
            without = None if left_out is None else left_out[:, k]
            low[k], high[k] = ends(float(value), known, without, level=level)
    return Resampled(values=values, low=low, high=high, draws=drawn, n=n, level=level, kind=kind)


def counts_of(random: np.random.Generator, n: int) -> Counts:
    """Return how often each of n units occurs in one resample of them."""
    return np.bincount(random.integers(n, size=n), minlength=n)


def period_counts(periods: int, *, draws: int, seed: int) -> Counts:
    """Return how often each period occurs in each of so many resamples: periods by draws.

    Periods stand in for others like them: of a table that grows, resamples say how much totals
    hang on single periods, and nothing about the next one.

    Raises:
        ValueError: fewer than two periods, or fewer than 20 draws.
    """
    check_at_least("the number of periods", periods, 2)
    check_at_least("the number of draws", draws, 20)
    random = np.random.default_rng(seed)
    return random.multinomial(periods, np.full(periods, 1 / periods), size=draws).T


def ends(
    value: float, draws: Array, left_out: Array | None, *, level: float
) -> tuple[float, float]:
    """Return the ends of an interval: BCa's with values that leave units out, else percentiles.

    Percentiles as well where BCa has none: where the value lies beyond all draws, or where
    leaving units out has no value or changes nothing.
    """
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    if left_out is not None:
        bias = float(ndtri((np.mean(draws < value) + np.mean(draws <= value)) / 2))
        gaps = left_out.mean() - left_out
        spread = float(gaps @ gaps) ** 1.5
        if math.isfinite(bias) and spread > 0:
            z = bias + ndtri(tails)
            # Efron 1987, eq. 2.3, with the acceleration of eq. 7.3.
            tails = ndtr(bias + z / (1 - float(np.sum(gaps**3)) / (6 * spread) * z))
    low, high = np.quantile(draws, tails)
    return float(low), float(high)


def _left_out(statistic: Statistic, n: int, random: np.random.Generator) -> Array:
    """Return the statistic without each unit, or without each of many groups of units.

    A group's skewness is smaller than a unit's and there are fewer of them: the acceleration
    comes to the same, on average over how units fall into groups.
    """
    group = np.arange(n)
    if n > MOST_LEFT_OUT:
        group = random.permutation(n) % MOST_LEFT_OUT
    return np.array([statistic((group != g).astype(np.int64)) for g in range(group.max() + 1)])
