"""Robust locations: where a column lies, by middles that outliers move much, little or not.

- `mean`: every value counts by its size; one far enough away moves it anywhere.
- `median`: the value in the middle.
- `trimmed mean`: the mean without a share of the smallest and as many of the largest values.
- `huber`: the mean of values pulled in to 1.5 scales from it, where the scale is found with
  it (Huber 1964, proposal 2); it adapts to how many values lie far out.

On a skewed column these are four different things, not four estimates of one: only the mean
times the count is the total. `location` finds each, `difference` compares two groups by each.
Both work on `counted` values, with `medians` and `huber` beneath.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from ...story.estimates import Estimate
from ..checks import check_between, check_share
from ..means import Level, compare_means, mean
from ..moments import Sample
from ..tables import Table
from . import medians
from .counted import Counted, counted
from .huber import huber

Kind = Literal["mean", "median", "trimmed mean", "huber"]

METHODS: dict[Kind, str] = {
    "mean": "t interval",
    "median": medians.METHOD,
    "trimmed mean": "t interval of the trimmed mean",
    "huber": "t interval of Huber's location",
}
TESTS: dict[Kind, str] = {
    "mean": "Welch's t-test",
    "median": medians.TEST,
    "trimmed mean": "Yuen's t-test of trimmed means",
    "huber": "Welch's t-test of Huber's locations",
}


def location(table: Table, value: str, *, level: float, trim: float = 0.1) -> dict[Kind, Estimate]:
    """Return where a column lies, by each kind; empty without a known value.

    The mean has its t interval. So has the trimmed mean, with the standard error of the values
    pulled in to the outermost left (Tukey & McLaughlin 1963) and Yuen's divisors (1974). The
    interval of the median ends at two of the values, whatever their distribution; ties make it
    hold more often than its level says. That of Huber's location is a t interval with the error
    of location and scale together, so that skewness does not matter.

    `trim` is the share of values dropped at each end. Intervals are unbounded where values
    are too few, or too many of them one and the same, for an error.

    Raises:
        ValueError: a level that is no share, or a trim that leaves nothing.
        DataError: a missing column, or values that are not finite numbers.
    """
    _check(level, trim)
    (found,) = counted(table, value)
    if found is None:
        return {}
    estimates: dict[Kind, Estimate] = {
        kind: replace(mean(one, level=level), n=found.n, method=METHODS[kind])
        for kind, one in _levels(found, trim).items()
    }
    return _ordered(estimates, medians.median(found, level))


def difference(
    table: Table,
    value: str,
    group: str,
    *,
    first: str,
    second: str,
    level: float,
    trim: float = 0.1,
) -> dict[Kind, Estimate]:
    """Return how much higher a column lies in group `second` than in `first`, by each kind.

    Welch's t-test for the mean; for the trimmed mean the same of values pulled in (Yuen 1974),
    and for Huber's location of its error. The median has the percentile interval of the
    bootstrap, which stands ties (Wilcox 2006), without drawing: the bootstrap's distribution
    of a median is known (Maritz & Jarrett 1978). Its test counts "equal" on both sides, so
    that ties make it cautious.

    Groups are text, a missing label "(blank)"; empty where either group has no known value.

    Raises:
        ValueError, DataError: as `location`.
    """
    _check(level, trim)
    a, b = counted(table, value, group, [first, second])
    if a is None or b is None:
        return {}
    levels = _levels(a, trim), _levels(b, trim)
    estimates: dict[Kind, Estimate] = {}
    for kind in levels[0]:
        gap, _ = compare_means(levels[0][kind], levels[1][kind], level=level, method=TESTS[kind])
        estimates[kind] = replace(gap, n=a.n + b.n)
    return _ordered(estimates, medians.median_difference(a, b, level))


def _check(level: float, trim: float) -> None:
    check_share("level", level)
    if trim:
        check_between("trim", trim, 0, 0.5)


def _ordered(estimates: dict[Kind, Estimate], median: Estimate) -> dict[Kind, Estimate]:
    return {kind: median if kind == "median" else estimates[kind] for kind in METHODS}


def _levels(found: Counted, trim: float) -> dict[Kind, Level]:
    """Return the kinds that have a standard error, each as a mean with that error."""
    plain = Sample(found.n, found.mean, found.variance())
    return {
        "mean": Level.of(plain),
        "trimmed mean": Level.of(_trimmed(found, trim)),
        "huber": Level.of(huber(found)),
    }


def _trimmed(found: Counted, trim: float) -> Sample:
    """Return the trimmed mean, as of the values left, with the variance that errs as it does."""
    n, dropped = found.n, int(trim * found.n)
    left = n - 2 * dropped
    # The trimmed mean drops from both ends; the sum of what is left is a difference of sums.
    total = found.largest(n - dropped) - found.largest(dropped)
    variance = found.variance(found.ranked(dropped + 1), found.ranked(n - dropped))
    return Sample(left, total / left, (n - 1) * variance / (left - 1) if left > 1 else math.nan)
