"""Robust locations: where a column lies, by middles that outliers move much, little or not.

- `mean`: every value counts by its size; one far enough away moves it anywhere.
- `median`: the value in the middle.
- `trimmed mean`: the mean without a share of the smallest and as many of the largest values.
- `huber`: the mean of values pulled in to 1.5 scales from it, where the scale is found with
  it (Huber 1964, proposal 2); it adapts to how many values lie far out.

On a skewed column these are four different things, not four estimates of one: only the mean
times the count is the total. `location` finds each, `difference` compares two groups by each,
`influence` says how much of the mean the largest values make.

All work on distinct values and their counts: a million whole numbers cost as much as the few
values that they take. Missing values and NaN are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc
from scipy.stats import binom, norm

from ..errors import DataError, Problem
from ..story.estimates import Estimate
from .checks import check_between, check_share
from .crossed import BLANK
from .means import Level, compare_means, mean, unbounded
from .moments import Sample
from .tables import Table, check_columns, check_numbers, number, quoted, relation

Array = NDArray[np.float64]

Kind = Literal["mean", "median", "trimmed mean", "huber"]

REACH = 1.5
# Mean square of a standard normal value pulled in to REACH.
NORMAL_SQUARE = float(
    REACH**2 + (2 * norm.cdf(REACH) - 1) * (1 - REACH**2) - 2 * REACH * norm.pdf(REACH)
)
MOST_STEPS = 1_000
CONVERGED = 1e-10
SINGULAR = 1e12
NEVER = 1e-12


@dataclass(frozen=True)
class Counted:
    """Distinct values of a column, from the smallest up, and how often each occurs."""

    values: Array
    counts: Array

    @property
    def n(self) -> int:
        """How many values there are in all."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float:
        """Their mean."""
        return float(np.average(self.values, weights=self.counts))

    def variance(self, low: float = -math.inf, high: float = math.inf) -> float:
        """Variance of the values pulled in to `low` and `high`, with divisor n - 1."""
        if self.n < 2:
            return math.nan
        inside = np.clip(self.values, low, high)
        squares = (inside - np.average(inside, weights=self.counts)) ** 2
        return float(self.counts @ squares) / (self.n - 1)

    def ranked(self, rank: int) -> float:
        """Return the value of a rank; the smallest has rank 1."""
        return float(self.values[np.searchsorted(np.cumsum(self.counts), rank)])

    @property
    def median(self) -> float:
        """The value in the middle, or halfway between both."""
        return (self.ranked((self.n + 1) // 2) + self.ranked(self.n // 2 + 1)) / 2

    def largest(self, k: int) -> float:
        """Return the sum of the k largest values."""
        above = np.cumsum(self.counts[::-1])[::-1] - self.counts
        return float(np.clip(k - above, 0, self.counts) @ self.values)


@dataclass(frozen=True, kw_only=True)
class Influence:
    """How much the largest values make.

    Attributes:
        n, largest: all values, and how many of them are the largest that are looked at.
        threshold: the smallest of those.
        mean: of all values.
        mean_without: of all others.
        share_of_total: what those make of the total, and so of the mean; None where the total
            is not above zero or some values are below it.
        reason: why these are None; empty when none is.
    """

    n: int
    largest: int
    threshold: float | None = None
    mean: float | None = None
    mean_without: float | None = None
    share_of_total: float | None = None
    reason: str = ""


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
    (found,) = _counted(table, value)
    if found is None:
        return {}
    estimates: dict[Kind, Estimate] = {
        kind: replace(mean(one, level=level), n=found.n, method=METHODS[kind])
        for kind, one in _levels(found, trim).items()
    }
    return _ordered(estimates, _median(found, level))


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
    a, b = _counted(table, value, group, [first, second])
    if a is None or b is None:
        return {}
    levels = _levels(a, trim), _levels(b, trim)
    estimates: dict[Kind, Estimate] = {}
    for kind in levels[0]:
        gap, _ = compare_means(levels[0][kind], levels[1][kind], level=level, method=TESTS[kind])
        estimates[kind] = replace(gap, n=a.n + b.n)
    return _ordered(estimates, _median_difference(a, b, level))


def influence(table: Table, value: str, *, top: float = 0.01) -> Influence:
    """Return how much of the mean and of the total the share `top` of largest values makes.

    Raises:
        ValueError: a top that is no share.
        DataError: as `location`.
    """
    check_share("top", top)
    (found,) = _counted(table, value)
    if found is None or found.n < 2:
        n = found.n if found else 0
        return Influence(n=n, largest=0, reason="fewer than two values are known")
    n, k = found.n, min(max(round(top * found.n), 1), found.n - 1)
    total, made = found.largest(n), found.largest(k)
    of_one = total > 0 and found.values[0] >= 0
    return Influence(
        n=n,
        largest=k,
        threshold=found.ranked(n - k + 1),
        mean=total / n,
        mean_without=(total - made) / (n - k),
        share_of_total=made / total if of_one else None,
        reason="" if of_one else "values below zero, or nothing else, make no share of a total",
    )


METHODS: dict[Kind, str] = {
    "mean": "t interval",
    "median": "order statistics",
    "trimmed mean": "t interval of the trimmed mean",
    "huber": "t interval of Huber's location",
}
TESTS: dict[Kind, str] = {
    "mean": "Welch's t-test",
    "median": "percentile bootstrap of medians",
    "trimmed mean": "Yuen's t-test of trimmed means",
    "huber": "Welch's t-test of Huber's locations",
}


def _check(level: float, trim: float) -> None:
    check_share("level", level)
    if trim:
        check_between("trim", trim, 0, 0.5)


def _ordered(estimates: dict[Kind, Estimate], median: Estimate) -> dict[Kind, Estimate]:
    return {kind: median if kind == "median" else estimates[kind] for kind in METHODS}


def _counted(
    table: Table, value: str, group: str | None = None, labels: Sequence[str] = ("",)
) -> list[Counted | None]:
    """Return the known values of each group that is asked for, of all without a column of groups.

    One query; None for a group without a known value.
    """
    rows = relation(table)
    check_columns(rows, [value, *([] if group is None else [group])])
    check_numbers(rows, [value])
    x = number(value, whole=False)
    label = "''" if group is None else f"coalesce(CAST({quoted(group)} AS VARCHAR), '{BLANK}')"
    wanted = ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
    place = f"coalesce(list_position([{wanted}], {label}), 0)"
    found = rows.aggregate(f"{place} AS place, {x} AS x, count(*) AS n", f"{place}, {x}")
    numbers = {name: np.ma.filled(column, np.nan) for name, column in found.fetchnumpy().items()}
    columns = np.vstack([numbers[name].astype(float) for name in ("place", "x", "n")])
    columns = columns[:, ~np.isnan(columns[1])]
    place_of, values, counts = columns[:, np.argsort(columns[1])]
    if np.isinf(values).any():
        what, fix = "it holds an infinite value", "Remove or correct it."
        raise DataError("A metric must be finite", [Problem(f"column {value}", what, fix)])
    of = [place_of == i + 1 for i in range(len(labels))]
    return [Counted(values[one], counts[one]) if one.any() else None for one in of]


def _levels(found: Counted, trim: float) -> dict[Kind, Level]:
    """Return the kinds that have a standard error, each as a mean with that error."""
    plain = Sample(found.n, found.mean, found.variance())
    return {
        "mean": Level.of(plain),
        "trimmed mean": Level.of(_trimmed(found, trim)),
        "huber": Level.of(_huber(found)),
    }


def _trimmed(found: Counted, trim: float) -> Sample:
    """Return the trimmed mean, as of the values left, with the variance that errs as it does."""
    n, dropped = found.n, int(trim * found.n)
    left = n - 2 * dropped
    # The trimmed mean drops from both ends; the sum of what is left is a difference of sums.
    total = found.largest(n - dropped) - found.largest(dropped)
    variance = found.variance(found.ranked(dropped + 1), found.ranked(n - dropped))
    return Sample(left, total / left, (n - 1) * variance / (left - 1) if left > 1 else math.nan)


def _huber(found: Counted) -> Sample:
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


def _median(found: Counted, level: float) -> Estimate:
    """Return the median between the closest pair of ranks that holds it often enough."""
    n, method = found.n, METHODS["median"]
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


def _median_difference(first: Counted, second: Counted, level: float) -> Estimate:
    n, method = first.n + second.n, TESTS["median"]
    value = second.median - first.median
    # Where no interval of one median is bounded, the bootstrap's is too short.
    if any(math.isinf(_median(one, level).low) for one in (first, second)):
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
