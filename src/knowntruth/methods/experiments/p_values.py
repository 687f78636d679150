"""p-values: what they can and cannot say about whether there is an effect.

A p-value is computed as if there were no effect; it is not the probability of that. What
the probability can be at least, and what it is under a stated alternative, follows from a
*prior*, the probability of no effect before the data, and from the *Bayes factor*, how much
likelier the data are with the effect than without it.
"""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.stats import norm

from ..checks import check_between, check_share


def largest_bayes_factor(p_value: float) -> float:
    """Return the most that a p-value can speak for an effect, as a Bayes factor.

    1 / (-e p ln p) for p below 1 / e, and 1 above (Sellke, Bayarri & Berger 2001, eq. 2).
    The bound is over all alternatives under which small p-values are likelier, in the sense
    of their section 3.2.
    """
    check_between("p_value", p_value, 0, math.nextafter(1, 2))
    if p_value >= 1 / math.e:
        return 1.0
    return 1 / (-math.e * p_value * math.log(p_value))


def least_probability_of_no_effect(p_value: float, *, prior: float) -> float:
    """Return how probable "no effect" remains at the least, given its probability before."""
    return probability_of_no_effect(largest_bayes_factor(p_value), prior=prior)


def probability_of_no_effect(bayes_factor: float, *, prior: float) -> float:
    """Return the probability of no effect after data with this Bayes factor for an effect."""
    odds = (1 - check_share("prior", prior)) / prior * bayes_factor
    return 1 / (1 + odds)


def bayes_factor(z: float, *, expected_z: float) -> float:
    """Return how much likelier |z| is with an effect than without one.

    With the effect z is normal about `expected_z`, on either side, with variance 1; without
    it about 0: exp(-expected_z**2 / 2) cosh(z expected_z).
    """
    # cosh written out, so that large z do not overflow before the product is taken.
    arms = (abs(z * expected_z) - expected_z**2 / 2, -abs(z * expected_z) - expected_z**2 / 2)
    return sum(math.exp(arm) for arm in arms) / 2


def z_of(p_value: float) -> float:
    """Return the size of z that has this two-sided p-value."""
    return float(norm.isf(check_between("p_value", p_value, 0, 1) / 2))


def expected_z(power: float, *, alpha: float) -> float:
    """Return the mean of z, above 0, at which a two-sided z-test has this power."""
    check_between("power", power, check_share("alpha", alpha), 1)
    critical = float(norm.isf(alpha / 2))

    def lacking(mean: float) -> float:
        return float(norm.sf(critical - mean) + norm.cdf(-critical - mean)) - power

    return float(brentq(lacking, 0, critical + float(norm.isf(1 - power)) + 10))
