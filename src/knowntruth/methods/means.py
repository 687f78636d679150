"""Means: what a t-test says of two of them, and of their ratio.

A *level* is the mean of an arm, possibly adjusted, with its squared standard error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from ..story.estimates import Estimate
from ..story.numbers import Unit
from .moments import Sample


@dataclass(frozen=True)
class Level:
    """The mean of an arm.

    Attributes:
        sample: the arm's values; their mean and variance are what the t-test compares.
        error: squared standard error of the mean. It exceeds variance / count where the
            values were adjusted by something estimated from both arms.
        shared: covariance of the mean with what both arms were adjusted by.
    """

    sample: Sample
    error: float
    shared: float = 0.0

    @classmethod
    def of(cls, sample: Sample) -> Level:
        """Return the level of values as they are."""
        return cls(sample, sample.variance / max(sample.count, 1))


def compare_means(
    control: Level, treatment: Level, *, level: float, method: str
) -> tuple[Estimate, Estimate | None]:
    """Return difference (unit `number`) and lift (unit `relative`) with Welch's t-test.

    Without a standard error the difference is unbounded and untested, and there is no lift;
    nor is there where Fieller's interval is unbounded or the control mean not above zero.
    """
    c, t = control.sample, treatment.sample
    gap, n = t.mean - c.mean, c.count + t.count
    errors = c.variance / c.count, t.variance / t.count
    error = sum(errors)
    # A lone value has variance NaN, which fails the comparison as well.
    if not error > 0:
        return unbounded(gap, n, level=level, method=method, null=0.0), None
    parts = [part / error for part in errors]
    df = 1 / (parts[0] ** 2 / (c.count - 1) + parts[1] ** 2 / (t.count - 1))
    quantile = float(stats.t.isf((1 - level) / 2, df))
    reach = quantile * math.sqrt(error)
    difference = Estimate(
        value=gap,
        low=gap - reach,
        high=gap + reach,
        level=level,
        n=n,
        p_value=2 * float(stats.t.sf(abs(gap) / math.sqrt(error), df)),
        method=method,
    )
    covariance = treatment.shared - control.shared - errors[0]
    return difference, _lift(difference, control, covariance, quantile)


def mean(arm: Level, *, level: float) -> Estimate:
    """Return the arm's mean with its t interval; unbounded where no value differs."""
    sample = arm.sample
    if not sample.variance > 0:
        return unbounded(sample.mean, sample.count, level=level, method="t interval", null=None)
    reach = float(stats.t.isf((1 - level) / 2, sample.count - 1)) * math.sqrt(arm.error)
    return Estimate(
        value=sample.mean,
        low=sample.mean - reach,
        high=sample.mean + reach,
        level=level,
        n=sample.count,
        null=None,
        method="t interval",
    )


def unbounded(
    value: float,
    n: int,
    *,
    level: float,
    method: str,
    null: float | None,
    unit: Unit = "number",
) -> Estimate:
    """Return an estimate of which the data say nothing beyond its value."""
    return Estimate(
        value=value,
        low=-math.inf,
        high=math.inf,
        level=level,
        n=n,
        unit=unit,
        null=null,
        method=method,
    )


def _lift(
    difference: Estimate, control: Level, covariance: float, quantile: float
) -> Estimate | None:
    """Return the difference relative to the control mean (Fieller 1954).

    The interval holds each lift x that the t-test of `difference - x * mean` does not refuse:
    the x with square * x**2 - 2 * linear * x + constant <= 0. `covariance` is that of the
    difference with the control mean.
    """
    average = control.sample.mean
    square = average**2 - quantile**2 * control.error
    if average <= 0 or square <= 0:
        return None
    linear = difference.value * average - quantile**2 * covariance
    # The product of the difference's ends, so that both intervals agree on zero exactly.
    constant = difference.low * difference.high
    root = math.sqrt(max(linear**2 - square * constant, 0.0))
    far = linear + math.copysign(root, linear)
    low, high = sorted((far / square, constant / far if far else 0.0))
    return Estimate(
        value=difference.value / average,
        low=low,
        high=high,
        level=difference.level,
        n=difference.n,
        unit="relative",
        p_value=difference.p_value,
        method=f"{difference.method}, Fieller's interval",
    )
