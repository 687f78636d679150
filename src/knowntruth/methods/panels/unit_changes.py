"""Units' own changes: what a treatment did, each unit compared with itself.

A unit's *change* is its mean after the start less its mean before. Under parallel trends the
treated units' mean change less the controls' is the effect on the treated; see `two_by_two`.
Changes of a unit are one number, so that its rows need not be independent of each other.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from ..checks import check_share
from .did import Effect
from .panel import Array, Panel
from .regression import t_estimate
from .two_by_two import after_start, no_single_start

Weighting = Literal["units", "precision"]

FEWEST = 2


def by_differences(panel: Panel, *, level: float, weighting: Weighting = "units") -> Effect:
    """Compare the groups' changes, each unit against itself.

    A unit's change is its mean after the start less its mean before; units not seen on both
    sides are left out. With `weighting` "units" each counts alike (or by its weight in its first
    row), and the test is Welch's. With "precision" a unit counts by 1 / (1 / before + 1 / after),
    the number of its rows on both sides, which is what a regression with an effect of each unit
    does; its error is then the sandwich, times g / (g - 1) for the g units of a side. Clusters
    larger than units need `by_regression` or `two_way`.
    """
    check_share("level", level)
    check_weighting(weighting)
    reason = no_single_start(panel)
    if reason:
        return Effect(reason=reason)
    change, weight = changes(panel, weighting=weighting)
    known = weight > 0
    left_out = int((~known).sum())
    sides = [known & ~panel.ever, known & panel.ever]
    counts = [int(side.sum()) for side in sides]
    units, treated = sum(counts), counts[1]
    if min(counts) < FEWEST:
        few = "treated" if counts[1] < FEWEST else "control"
        reason = f"fewer than {FEWEST} {few} units are seen both before and after"
        return Effect(units=units, treated=treated, left_out=left_out, reason=reason)
    means, errors = zip(*(_mean(change[side], weight[side]) for side in sides), strict=True)
    estimate = t_estimate(
        means[1] - means[0],
        math.sqrt(sum(errors)),
        welch_degrees(errors, counts),
        level=level,
        n=units,
        method="Welch's t-test of changes",
    )
    return Effect(
        estimate=estimate,
        units=units,
        treated=treated,
        clusters=units,
        treated_clusters=treated,
        left_out=left_out,
    )


def changes(panel: Panel, *, weighting: Weighting = "units") -> tuple[Array, Array]:
    """Return each unit's change over the start and its weight, 0 where it has none."""
    after = after_start(panel)
    sides = [panel.by_unit(panel.weight, rows) for rows in (~after, after)]
    sums = [panel.by_unit(panel.weight * panel.outcome, rows) for rows in (~after, after)]
    known = (sides[0] > 0) & (sides[1] > 0)
    safe = [np.where(known, side, 1.0) for side in sides]
    change = np.where(known, sums[1] / safe[1] - sums[0] / safe[0], 0.0)
    if weighting == "precision":
        return change, np.where(known, 1 / (1 / safe[0] + 1 / safe[1]), 0.0)
    starts = np.searchsorted(panel.unit, np.arange(panel.units))
    return change, np.where(known, panel.weight[starts], 0.0)


def check_weighting(weighting: str) -> None:
    """Raise ValueError for a weighting that is none."""
    if weighting not in {"units", "precision"}:
        raise ValueError(f"weighting is units or precision, not {weighting}")


def _mean(values: Array, weight: Array) -> tuple[float, float]:
    """Return the weighted mean and its squared error."""
    mean = float(np.average(values, weights=weight))
    return mean, float(covariance(values, values, weight)[0, 0])


def covariance(first: Array, second: Array, weight: Array) -> Array:
    """Return the squared errors of two weighted means and what they share."""
    share = weight / weight.sum()
    off = [share * (values - share @ values) for values in (first, second)]
    n = len(weight)
    return np.array([[a @ b for b in off] for a in off]) * n / (n - 1)


def welch_degrees(errors: tuple[float, ...] | list[float], counts: list[int]) -> float:
    """Return Satterthwaite's degrees of freedom."""
    total = sum(errors)
    if not total > 0:
        return 0.0
    return total**2 / sum(e**2 / (n - 1) for e, n in zip(errors, counts, strict=True))
