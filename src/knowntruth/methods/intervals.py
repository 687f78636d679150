"""Intervals: of a number from its standard error, and of a share from its count."""

from __future__ import annotations

from scipy.special import expit, logit
from scipy.stats import norm

from ..story.estimates import Estimate
from ..story.numbers import Unit
from .means import unbounded
from .rates import weighted_wilson


def share_of(found: float, of: int, *, level: float, weight: float = 1.0) -> Estimate:
    """Return a share with Wilson's interval, see `weighted_wilson`; unit `share`."""
    low, high = weighted_wilson(found, of, level=level, weight=weight)
    return Estimate(
        value=found / of,
        low=low,
        high=high,
        level=level,
        n=of,
        unit="share",
        null=None,
        method="Wilson interval",
    )


def z_interval(
    value: float,
    error: float,
    n: int,
    *,
    null: float = 0.0,
    level: float,
    method: str,
    unit: Unit = "number",
) -> Estimate:
    """Return a number with its z interval and z-test; unbounded where nothing varies."""
    if not error > 0:
        return unbounded(value, n, level=level, method=method, null=null, unit=unit)
    reach = float(norm.isf((1 - level) / 2)) * error
    return Estimate(
        value=value,
        low=value - reach,
        high=value + reach,
        level=level,
        n=n,
        unit=unit,
        null=null,
        p_value=2 * float(norm.sf(abs(value - null) / error)),
        method=method,
    )


def logit_interval(
    value: float, error: float, n: int, *, null: float, level: float, method: str
) -> Estimate:
    """Return a number between 0 and 1, its interval symmetric on the logit scale.

    From 0 to 1 and untested where nothing varies, or at either end.
    """
    low, high, p_value = 0.0, 1.0, None
    if error > 0 and 0 < value < 1:
        center, spread = float(logit(value)), error / (value * (1 - value))
        reach = float(norm.isf((1 - level) / 2)) * spread
        low, high = float(expit(center - reach)), float(expit(center + reach))
        p_value = 2 * float(norm.sf(abs(center - logit(null)) / spread))
    return Estimate(
        value=value,
        low=low,
        high=high,
        level=level,
        n=n,
        null=null,
        p_value=p_value,
        method=method,
    )
