"""Power: how many units a test needs, and how small an effect it can see.

An *effect size* is Cohen's d: a difference of means in standard deviations. A *lift* is
relative to the control. Tests are two-sided; `treatment_share` is the share of all units
that get the treatment. Numbers of units are not rounded: round each arm up.

Tests of means are Student's t-test, with the noncentral t distribution (Cohen 1988, section
2.3). Tests of rates are the pooled z-test: its variance is pooled under "no difference" and
is not under the difference to be seen (Fleiss, Levin & Paik 2003, section 4.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, elementwise
from scipy.stats import norm
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import (
    power_proportions_2indep,
    samplesize_proportions_2indep_onetail,
)

from ..checks import check_at_least, check_between, check_share

Array = NDArray[np.float64]

FEWEST = 2.001  # a t-test has a degree of freedom only beyond two units


@dataclass(frozen=True)
class Design:
    """Units that a test needs; not rounded."""

    control: float
    treatment: float

    @property
    def total(self) -> float:
        """Units in both arms."""
        return self.control + self.treatment


def sample_size(
    effect_size: float, *, alpha: float, power: float, treatment_share: float
) -> Design:
    """Return the units that the t-test needs to see `effect_size` with `power`."""
    total = total_units(effect_size, alpha=alpha, power=power, treatment_shares=treatment_share)
    return Design(float(total) * (1 - treatment_share), float(total) * treatment_share)


def total_units(
    effect_size: float, *, alpha: float, power: float, treatment_shares: ArrayLike
) -> Array:
    """Return the units in both arms that the t-test needs, for each share of treatment.

    The result has the shape of `treatment_shares`; all of them are solved at once.

    Raises:
        ValueError: no effect, or a share, alpha or power outside of 0 to 1.
    """
    effect = check_between("the size of the effect", abs(effect_size), 0, math.inf)
    shares = _shares(treatment_shares)
    _check_test(alpha, power)

    def lacking(total: Array, share: Array) -> Array:
        seen = TTestIndPower().power(effect, total * share, alpha, ratio=(1 - share) / share)
        return np.asarray(seen - power, dtype=float)

    z_test = _noncentrality(alpha, power) ** 2 / effect**2 / (shares * (1 - shares))
    # The t-test needs a little more than the z-test, but for a handful of units.
    bracket = (np.maximum(z_test / 2, FEWEST), 2 * z_test + 100)
    found = elementwise.find_root(lacking, bracket, args=(shares,))
    if not np.all(found.success):
        raise ValueError(f"an effect of {effect:g} is seen with fewer units than a t-test takes")
    return np.asarray(found.x, dtype=float)


def smallest_effect(n_control: int, n_treatment: int, *, alpha: float, power: float) -> float:
    """Return the smallest effect size that the t-test sees with `power`.

    Infinite where so few units could hardly see any.
    """
    check_at_least("the number of units in control", n_control, 1)
    check_at_least("the number of units in treatment", n_treatment, 1)
    check_at_least("the number of units", n_control + n_treatment, 3)
    _check_test(alpha, power)

    def lacking(effect: float) -> float:
        options = {"nobs1": n_control, "ratio": n_treatment / n_control}
        seen = TTestIndPower().power(effect, alpha=alpha, **options)
        if np.isnan(seen):  # the tail on the wrong side, too thin for scipy to compute
            seen = TTestIndPower().power(effect, alpha=alpha / 2, alternative="larger", **options)
        return float(seen) - power

    # The z-test's answer is too small.
    effect = _noncentrality(alpha, power) * math.sqrt(1 / n_control + 1 / n_treatment)
    for _ in range(10):
        if lacking(effect) > 0:
            return float(brentq(lacking, 0, effect, xtol=1e-12))
        effect *= 1.4
    return math.inf


def smallest_lift(
    n_control: int, n_treatment: int, *, mean: float, sd: float, alpha: float, power: float
) -> float:
    """Return the smallest lift of a mean that the t-test sees with `power`.

    `mean` and `sd` are those of the control.
    """
    check_between("the mean", mean, 0, math.inf)
    return smallest_effect(n_control, n_treatment, alpha=alpha, power=power) * sd / mean


def power_of_proportions(
    p_control: float, p_treatment: float, n_control: int, n_treatment: int, *, alpha: float
) -> float:
    """Return the probability that the z-test of two rates comes out below `alpha`."""
    check_share("p_control", p_control)
    check_share("p_treatment", p_treatment)
    check_share("alpha", alpha)
    return float(
        power_proportions_2indep(
            p_treatment - p_control,
            p_control,
            n_treatment,
            ratio=n_control / n_treatment,
            alpha=alpha,
            return_results=False,
        )
    )


def sample_size_of_proportions(
    p_control: float, p_treatment: float, *, alpha: float, power: float, treatment_share: float
) -> Design:
    """Return the units that the z-test of two rates needs to tell them apart with `power`."""
    total = float(
        total_units_of_proportions(
            p_control, p_treatment, alpha=alpha, power=power, treatment_shares=treatment_share
        )
    )
    return Design(total * (1 - treatment_share), total * treatment_share)


def total_units_of_proportions(
    p_control: float,
    p_treatment: float,
    *,
    alpha: float,
    power: float,
    treatment_shares: ArrayLike,
) -> Array:
    """Return the units in both arms that the z-test needs, for each share of treatment.

    The result has the shape of `treatment_shares`.

    Raises:
        ValueError: equal rates, or a rate, share, alpha or power outside of 0 to 1.
    """
    check_share("p_control", p_control)
    check_share("p_treatment", p_treatment)
    check_between("the size of the difference", abs(p_treatment - p_control), 0, 1)
    _check_test(alpha, power)
    shares = _shares(treatment_shares)
    treated = samplesize_proportions_2indep_onetail(
        p_treatment - p_control, p_control, power, ratio=(1 - shares) / shares, alpha=alpha
    )
    return np.asarray(treated / shares, dtype=float)


def smallest_lift_of_proportions(
    p_control: float, n_control: int, n_treatment: int, *, alpha: float, power: float
) -> float | None:
    """Return the smallest positive lift of a rate that the z-test sees with `power`.

    None where the test would miss even a rate of nearly one, or control has reached one.
    """
    if p_control == 1:
        return None
    check_share("p_control", p_control)
    _check_test(alpha, power)

    def lacking(p_treatment: float) -> float:
        seen = power_of_proportions(p_control, p_treatment, n_control, n_treatment, alpha=alpha)
        return seen - power

    highest = 1 - 1e-9 * (1 - p_control)
    if lacking(highest) < 0:
        return None
    lowest = p_control * (1 + 1e-9)
    return float(brentq(lacking, lowest, highest, xtol=1e-15)) / p_control - 1


def _noncentrality(alpha: float, power: float) -> float:
    """Return the mean of z at which a two-sided z-test has this power, nearly."""
    return float(norm.isf(alpha / 2) + norm.ppf(power))


def _check_test(alpha: float, power: float) -> None:
    check_share("alpha", alpha)
    check_between("power", power, alpha, 1)


def _shares(treatment_shares: ArrayLike) -> Array:
    shares = np.asarray(treatment_shares, dtype=float)
    for share in shares.flat:
        check_share("a share of treatment", float(share))
    return shares
