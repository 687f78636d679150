"""Beliefs: normal distributions of what is not known, and what it is worth to know it.

A *belief* has a mean and a standard deviation. `belief` makes one of an estimate and a
*prior*, what was believed before; `preview` is what is believed now about the mean that more
data will leave. Closed forms for the normal: Raiffa & Schlaifer 1961, chapters 5 and 11.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import norm

from ...story.estimates import Estimate
from ..checks import check_at_least, check_between


@dataclass(frozen=True)
class Belief:
    """A normal belief about an effect: its mean and its standard deviation, which may be 0."""

    mean: float
    sd: float

    def __post_init__(self) -> None:
        """Refuse what is no belief."""
        check_between("the mean of a belief", self.mean, -math.inf, math.inf)
        check_at_least("the standard deviation of a belief", self.sd, 0)
        check_between("the standard deviation of a belief", self.sd, -1, math.inf)

    def updated(self, other: Belief) -> Belief:
        """Return the belief that follows from this and an independent source."""
        if not self.sd:
            return self
        weight = other.sd**2 / (self.sd**2 + other.sd**2)
        mean = weight * self.mean + (1 - weight) * other.mean
        return Belief(mean, self.sd * math.sqrt(weight))

    def preview(self, sd: float) -> Belief:
        """Return what is believed now about the mean that a source with this error will leave.

        The preposterior distribution (Raiffa & Schlaifer 1961, chapter 5).
        """
        if not self.sd:
            return self
        return Belief(self.mean, self.sd**2 / math.hypot(self.sd, sd))

    def scaled(self, factor: float, shift: float = 0.0) -> Belief:
        """Return the belief about `factor` times the effect, plus `shift`."""
        return Belief(factor * self.mean + shift, abs(factor) * self.sd)

    @property
    def chance_below_zero(self) -> float:
        """Probability of less than nothing."""
        if not self.sd:
            return float(self.mean < 0)
        return upper_tail(self.mean / self.sd)

    @property
    def expected_above_zero(self) -> float:
        """E[max(0, x)]: the mean of what is above zero, with nothing for what is below."""
        if not self.sd:
            return max(self.mean, 0.0)
        return self.sd * unit_normal_loss(-self.mean / self.sd)

    @property
    def expected_below_zero(self) -> float:
        """E[max(0, -x)]."""
        return self.scaled(-1).expected_above_zero

    @property
    def information(self) -> float:
        """What it is worth to learn x before choosing between x and nothing."""
        return min(self.expected_above_zero, self.expected_below_zero)

    @property
    def chance_of_other_sign(self) -> float:
        """Probability that x and its mean lie on different sides of zero."""
        return upper_tail(abs(self.mean) / self.sd) if self.sd else 0.0


def unit_normal_loss(z: float) -> float:
    """Return E[max(0, x - z)] of a standard normal x: the unit normal loss integral.

    Raiffa & Schlaifer 1961, chapter 11.
    """
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return max(density - z * upper_tail(z), 0.0)


def belief(estimate: Estimate, *, prior: Belief | None = None) -> Belief:
    """Return the belief after an estimate; without a prior, a flat one.

    The estimate is taken as normal with a standard error that gives its interval's width.

    Raises:
        ValueError: a relative effect, which has no value per user; or an unbounded interval
            without a prior.
    """
    if estimate.unit == "relative":
        raise ValueError("a decision needs a difference, not one that is relative to control")
    error = standard_error(estimate)
    if math.isinf(error):
        if prior is None:
            raise ValueError("the data set no bound to the effect: state a prior")
        return prior
    found = Belief(estimate.value, error)
    return found if prior is None else prior.updated(found)


def standard_error(estimate: Estimate) -> float:
    """Return the standard error of a normal with an interval as wide as the estimate's."""
    return (estimate.high - estimate.low) / 2 / float(norm.isf((1 - estimate.level) / 2))


def upper_tail(z: float) -> float:
    """Return the probability that a standard normal exceeds z."""
    return math.erfc(z / math.sqrt(2)) / 2
