"""Rates: shares of successes, with intervals that are inverted score tests.

The interval of one rate is Wilson's. The intervals of a difference and of a ratio of two
rates hold exactly the values that the score test does not refuse (Mee 1984 for the
difference, Koopman 1984 for the ratio; no continuity or n/(n - 1) correction). At "no
difference" both tests are the pooled z-test, so intervals and p-value agree.

statsmodels 0.15 has the ratio's interval except for arms with no or only successes; its
interval of a difference rests on a wrong restricted rate (its issue 10269).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from scipy.optimize import brentq
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from .checks import check_at_least, check_share

Interval = tuple[float, float]


class Tally(NamedTuple):
    """Successes among trials."""

    successes: int
    trials: int

    @property
    def rate(self) -> float:
        """Share of successes."""
        return self.successes / self.trials


def tally(counts: tuple[int, int]) -> Tally:
    """Return successes and trials, checked.

    Raises:
        ValueError: without trials, or with more successes than trials.
    """
    result = Tally(*counts)
    check_at_least("the number of trials", result.trials, 1)
    check_at_least("the number of successes", result.successes, 0)
    check_at_least("the number of trials", result.trials, result.successes)
    return result


def wilson(counts: tuple[int, int], *, level: float) -> Interval:
    """Return Wilson's interval of a rate (Wilson 1927): the score test inverted."""
    return weighted_wilson(*tally(counts), level=level)


def weighted_wilson(
    successes: float, trials: int, *, level: float, weight: float = 1.0
) -> Interval:
    """Return Wilson's interval where each trial tells as much as `weight` of them.

    Successes may be an average, as over an order that is left to chance.
    """
    alpha, rate = 1 - check_share("level", level), successes / trials
    low, high = proportion_confint(
        successes * weight, trials * weight, alpha=alpha, method="wilson"
    )
    # Rounding must not push an end past the rate itself.
    return min(float(low), rate), max(float(high), rate)


def pooled_z_test(control: tuple[int, int], treatment: tuple[int, int]) -> float:
    """Return the two-sided p-value of the pooled z-test; 1 when no rate varies at all."""
    c, t = tally(control), tally(treatment)
    pooled = (c.successes + t.successes) / (c.trials + t.trials)
    variance = pooled * (1 - pooled) * (1 / c.trials + 1 / t.trials)
    if variance == 0:
        return 1.0
    return 2 * float(norm.sf(abs(t.rate - c.rate) / math.sqrt(variance)))


def score_interval_of_difference(
    control: tuple[int, int], treatment: tuple[int, int], *, level: float
) -> Interval:
    """Return the interval of treatment rate minus control rate (Mee 1984)."""
    c, t = tally(control), tally(treatment)
    z = _quantile(level)
    estimate = t.rate - c.rate

    def excess(difference: float) -> float:
        p = _control_rate_at_difference(c, t, difference)
        q = p + difference
        variance = q * (1 - q) / t.trials + p * (1 - p) / c.trials
        return (estimate - difference) ** 2 - z**2 * variance

    step = _first_step(c, t, z)
    low = _root(excess, max(estimate - step, -1), -1)
    high = _root(excess, min(estimate + step, 1), 1)
    return low, high


def score_interval_of_ratio(
    control: tuple[int, int], treatment: tuple[int, int], *, level: float
) -> Interval:
    """Return the interval of treatment rate over control rate (Koopman 1984).

    Raises:
        ValueError: without a success in control, where the ratio has no value.
    """
    c, t = tally(control), tally(treatment)
    check_at_least("the number of successes in control", c.successes, 1)
    z = _quantile(level)

    def excess(ratio: float) -> float:
        p = _control_rate_at_ratio(c, t, ratio)
        q = min(p * ratio, 1.0)
        variance = q * (1 - q) / t.trials + ratio**2 * p * (1 - p) / c.trials
        return (t.rate - ratio * c.rate) ** 2 - z**2 * variance

    estimate = t.rate / c.rate
    step = _first_step(c, t, z)
    low = 0.0
    if t.successes:
        outer = estimate / 2
        while excess(outer) <= 0:
            outer /= 2
        low = _root(excess, estimate * (1 - step), outer)
    outer = max(2 * estimate, 1 / c.trials)
    while excess(outer) <= 0:
        outer *= 2
    return low, _root(excess, max(estimate * (1 + step), step / t.trials), outer)


def _quantile(level: float) -> float:
    return float(norm.isf((1 - check_share("level", level)) / 2))


def _first_step(c: Tally, t: Tally, z: float) -> float:
    """Return a step from the estimate that is well inside every interval.

    At the estimate itself the variance is 0 when neither rate varies, so that the search
    for an end must start beside it.
    """
    return 1e-3 * z**2 / (max(c.trials, t.trials) + z**2)


def _root(excess: Callable[[float], float], inner: float, outer: float) -> float:
    """Return where `excess` turns positive between a point inside and one outside."""
    if excess(outer) <= 0:
        return outer
    if excess(inner) >= 0:
        return inner
    return float(brentq(excess, inner, outer, xtol=1e-18, rtol=1e-14))


def _control_rate_at_difference(c: Tally, t: Tally, difference: float) -> float:
    """Return the control rate most likely when treatment's is `difference` higher."""
    low, high = max(0.0, -difference), min(1.0, 1.0 - difference)
    if difference == 0:
        return (c.successes + t.successes) / (c.trials + t.trials)

    def slope(p: float) -> float:
        """Return the log-likelihood's derivative, times denominators so that it is finite."""
        q = p + difference
        terms = [
            (c.successes, p),
            (c.successes - c.trials, 1 - p),
            (t.successes, q),
            (t.successes - t.trials, 1 - q),
        ]
        numerator, denominator = 0.0, 1.0
        for count, place in terms:
            if count:
                numerator, denominator = (
                    numerator * place + count * denominator,
                    denominator * place,
                )
        return numerator

    if slope(low) <= 0:
        return low
    if slope(high) >= 0:
        return high
    return float(brentq(slope, low, high, xtol=1e-18, rtol=1e-14))


def _control_rate_at_ratio(c: Tally, t: Tally, ratio: float) -> float:
    """Return the control rate most likely when treatment's is `ratio` times as high."""
    successes = c.successes + t.successes
    square = (c.trials + t.trials) * ratio
    linear = (t.trials + c.successes) * ratio + c.trials + t.successes
    root = math.sqrt(max(linear**2 - 4 * square * successes, 0.0))
    return min(2 * successes / (linear + root), 1.0, 1 / ratio)
