"""What follows from the numbers that the original printed, without its data.

From two means and their mixture follows how many days each is of; from t and p the degrees of
freedom of Welch's test, and from those the spread of both sides over days; from two ratios of
parts the ratio of the whole, if a coin parted it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats
from scipy.optimize import brentq

MOST_DEGREES = 1e6


@dataclass(frozen=True, kw_only=True)
class Spreads:
    """Standard deviations over days of the original's ratios, as far as its prints tell.

    Attributes:
        before, after: of all sessions.
        exposed: of exposed sessions.
        not_exposed_after: of the others, from launch on.
    """

    before: float
    after: float
    exposed: float
    not_exposed_after: float


@dataclass(frozen=True, kw_only=True)
class Coin:
    """Sessions of a user and day that a coin parts into exposed and not, each Poisson.

    Attributes:
        exposed, not_exposed: how many of each a user has on a day, on average.
    """

    exposed: float
    not_exposed: float

    @property
    def share(self) -> float:
        """Chance that a session is exposed."""
        return self.exposed / (self.exposed + self.not_exposed)

    @property
    def together(self) -> float:
        """Sessions per active user of exposed and others together."""
        return ratio_of(self.exposed + self.not_exposed)


def ratio_of(rate: float) -> float:
    """Return sessions per active user where sessions are Poisson with this rate."""
    return rate / -math.expm1(-rate)


def coin(exposed: float, not_exposed: float) -> Coin:
    """Return the coin under which parts of the sessions have these ratios, each above one."""

    def rate(ratio: float) -> float:
        return float(brentq(lambda it: ratio_of(it) - ratio, 1e-12, 2 * ratio, xtol=1e-14))

    return Coin(exposed=rate(exposed), not_exposed=rate(not_exposed))


def share_of_days(mixture: float, first: float, second: float) -> float:
    """Return which share of the days the first of two means has in the mean of all of them."""
    return (mixture - second) / (first - second)


def degrees_of(t: float, p: float) -> float:
    """Return the degrees of freedom with which this t has this two-sided p."""
    return float(brentq(lambda it: 2 * stats.t.sf(abs(t), it) - p, 1, MOST_DEGREES, xtol=1e-10))


def welch_spreads(
    difference: float, t: float, p: float, n: int, m: int
) -> list[tuple[float, float]]:
    """Return the standard deviations of both sides of a Welch test of n and of m values.

    t gives the sum of both means' variances, the degrees of freedom how it is divided. That is a
    quadratic equation: there are up to two answers, the smaller first deviation first, and none
    where no division gives these degrees.
    """
    variance, degrees = (difference / t) ** 2, degrees_of(t, p)
    # With x the first side's part: x^2 / (n - 1) + (1 - x)^2 / (m - 1) = 1 / degrees.
    a, b, c = 1 / (n - 1) + 1 / (m - 1), -2 / (m - 1), 1 / (m - 1) - 1 / degrees
    inside = b * b - 4 * a * c
    if inside < 0:
        return []
    parts = [(-b + sign * math.sqrt(inside)) / (2 * a) for sign in (-1, 1)]
    return [
        (math.sqrt(variance * part * n), math.sqrt(variance * (1 - part) * m))
        for part in parts
        if 0 <= part <= 1
    ]


def spreads(printed: dict[str, float], *, days_before: int, days_after: int) -> list[Spreads]:
    """Return the spreads that the original's tests imply, with this many days.

    `printed` has the numbers of `original.toml` by id. What is not exposed has all days: its
    variance is that between its two stretches and that within each, and the stretch before
    launch is `before` itself. Two answers where the test of before and after has two.
    """
    n, m = days_before, days_after
    before, control = printed["before"], printed["after_control"]
    between = n * m / (n + m) * (before - control) ** 2
    drop = (before - printed["after"], printed["drop_t"], printed["drop_p"])
    exposure = (
        printed["exposed"] - printed["not_exposed"],
        printed["exposure_t"],
        printed["exposure_p"],
    )
    found = []
    for exposed, everything in welch_spreads(*exposure, m, n + m):
        for first, second in welch_spreads(*drop, n, m):
            within = (n + m - 1) * everything**2 - between - (n - 1) * first**2
            if within >= 0:
                last = math.sqrt(within / (m - 1))
                found.append(
                    Spreads(before=first, after=second, exposed=exposed, not_exposed_after=last)
                )
    return found
