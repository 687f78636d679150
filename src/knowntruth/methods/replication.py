"""Replication: how a method behaves over many worlds in which the truth is the same.

Each replicate gives a value with its interval. Over replicates follow *bias* (the mean error),
*spread* (the standard deviation of the values), *coverage* (how often the interval holds the
truth) and the *alarm rate* (how often it leaves out "no difference": power where there is a
difference, the rate of false alarms where there is none). Each comes with its Monte Carlo
error, as an interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from ..story.estimates import Estimate
from ..story.numbers import Unit
from .checks import check_share

FEWEST = 2


@dataclass(frozen=True)
class Behaviour:
    """What a method did over many worlds.

    Attributes:
        bias: mean of value minus truth; None where there is no truth to aim at.
        spread: standard deviation of the values, in the unit of the method.
        spread_error: its Monte Carlo standard error.
        coverage: share of intervals that hold the truth, against the level; None without truth.
        alarms: share of replicates that call a difference.
        replications: replicates that gave an answer.
    """

    bias: Estimate | None
    spread: float
    spread_error: float
    coverage: Estimate | None
    alarms: Estimate
    replications: int

    @property
    def is_biased(self) -> bool:
        """Whether the bias is clearly larger than a tenth of the spread.

        Its whole Monte Carlo interval has to be: a bias that is clear but small harms nobody,
        and of sound methods one in twenty would be called biased by chance.
        """
        if self.bias is None or not self.spread:
            return False
        small = self.spread / 10
        return self.bias.low > small or self.bias.high < -small

    @property
    def covers_too_little(self) -> bool:
        """Whether intervals clearly hold the truth less often than their level says."""
        return self.coverage is not None and self.coverage.direction == "lower"


def behaviour(
    values: ArrayLike,
    lows: ArrayLike,
    highs: ArrayLike,
    *,
    truth: ArrayLike | None,
    level: float,
    unit: Unit,
    null: float = 0.0,
) -> Behaviour:
    """Return how values and intervals, one a replicate, behave about `truth`.

    `truth` may be one number, or one a replicate, such as the effect in that very sample. The
    spread is that of the errors then, so it tells of the method and not of the worlds.
    Replicates without an answer are NaN and left out. Monte Carlo intervals are at 0.95: a
    t interval for the bias, Clopper and Pearson's for rates (1934).

    Raises:
        ValueError: with fewer than two answers, a level that is no share, or another number of
            truths than of values.
    """
    check_share("level", level)
    truths = np.asarray(np.nan if truth is None else truth, dtype=float)
    given = [np.asarray(x, dtype=float) for x in (values, lows, highs)]
    table = np.column_stack([*given, truths] if truths.ndim else given)
    table = table[~np.isnan(table).any(axis=1)]
    if len(table) < FEWEST:
        raise ValueError(f"behaviour needs at least {FEWEST} answers, got {len(table)}")
    value, low, high, *own = table.T
    true = own[0] if own else truths
    aim = float(true.mean())
    if own:
        value = value - (true - aim)
    n, spread = len(table), float(value.std(ddof=1))
    bias = coverage = None
    if truth is not None:
        error = spread / math.sqrt(n)
        reach = float(stats.t.ppf(0.975, n - 1)) * error
        mean = float(value.mean()) - aim
        bias = Estimate(
            value=mean,
            low=mean - reach,
            high=mean + reach,
            level=0.95,
            n=n,
            unit="points" if unit in {"relative", "share", "points"} else unit,
            method="Monte Carlo mean",
        )
        coverage = rate((low <= true) & (true <= high), null=level)
    return Behaviour(
        bias=bias,
        spread=spread,
        # The kurtosis matters: values with a heavy tail have a less certain spread.
        spread_error=_spread_error(value, spread),
        coverage=coverage,
        alarms=rate((low > null) | (high < null), null=1 - level),
        replications=n,
    )


def rate(hits: ArrayLike, *, null: float) -> Estimate:
    """Return the share of replicates in which something happened, against `null`."""
    happened = np.asarray(hits, dtype=bool)
    found, n = int(happened.sum()), len(happened)
    interval = stats.binomtest(found, n).proportion_ci(0.95, method="exact")
    return Estimate(
        value=found / n,
        low=float(interval.low),
        high=float(interval.high),
        level=0.95,
        n=n,
        unit="share",
        null=null,
        method="Clopper-Pearson interval",
    )


def _spread_error(values: NDArray[np.float64], spread: float) -> float:
    if spread == 0:
        return 0.0
    kurtosis = float(stats.kurtosis(values, fisher=False))
    return spread * math.sqrt(max(kurtosis - 1, 0.0) / (4 * len(values)))
