"""Ratios: a total over another total in each arm, such as upgrade offers per song.

The *ratio* of an arm is mean numerator over mean denominator: what happens per song, not the
average over users of each user's own ratio. Units are what was assigned to an arm (users),
so the ratio's error comes from how both columns vary over units, not over songs.
"""

from __future__ import annotations

from ...errors import DataError, Problem
from ..checks import check_share
from ..means import Level, compare_means, mean
from ..moments import Moments, Pair, Sample
from .experiments import ROUNDING, Comparison


def ratio_of_means(
    control: Moments, treatment: Moments, numerator: str, denominator: str, *, level: float
) -> Comparison:
    """Compare mean numerator over mean denominator between arms; unit `number`.

    The delta method (Deng, Knoblich & Lu 2018, section 3.1): a ratio varies as the mean of
    (numerator - ratio * denominator) / mean denominator does. Of these values difference,
    lift and p-value are those of `experiments.welch`. The moments must hold the pair of
    numerator and denominator; units without either are left out.

    Raises:
        DataError: an arm without a unit for which both are known, or whose mean
            denominator is not above zero.
    """
    check_share("level", level)
    pairs = {"control": control, "treatment": treatment}
    known = {arm: moments.pair(numerator, denominator) for arm, moments in pairs.items()}
    _check_denominators(denominator, known)
    c, t = (Level.of(_linear(pair)) for pair in known.values())
    difference, lift = compare_means(c, t, level=level, method="delta method, Welch's t-test")
    return Comparison(
        difference=difference,
        lift=lift,
        control=mean(c, level=level),
        treatment=mean(t, level=level),
    )


def _linear(pair: Pair) -> Sample:
    """Return a sample with the ratio as its mean, and the variance of its linear part."""
    top, bottom = pair.first, pair.second
    ratio = top.mean / bottom.mean
    variance = top.variance - 2 * ratio * pair.covariance + ratio**2 * bottom.variance
    if variance < ROUNDING * top.variance:
        variance = 0.0
    return Sample(top.count, ratio, variance / bottom.mean**2)


def _check_denominators(denominator: str, arms: dict[str, Pair]) -> None:
    problems = [
        Problem(
            f"column {denominator}",
            f"its mean is not above zero in {arm}"
            if pair.first.count
            else f"no unit of {arm} has both columns",
            "Choose another denominator, or check the arm's rows.",
        )
        for arm, pair in arms.items()
        # An arm without values has the mean NaN, which fails the comparison as well.
        if not pair.second.mean > 0
    ]
    if problems:
        raise DataError("A ratio has no value", problems)
