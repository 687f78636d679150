"""Take-up: what an offer did, and what taking it up did.

Offered is not taken. The effect of being in the treated group (*intention to treat*) is divided
by how much the group raises take-up (*first stage*), which gives the effect on those who take it
up, if the group does nothing else (Bloom 1984; Imbens & Angrist 1994; de Chaisemartin &
D'Haultfoeuille 2018, section 2.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from ..story.estimates import Estimate
from .checks import check_share
from .panel import Array, Panel
from .regression import t_estimate
from .unit_changes import (
    Weighting,
    by_differences,
    changes,
    check_weighting,
    covariance,
    welch_degrees,
)

NO_STAGE = 1e-12


@dataclass(frozen=True, kw_only=True)
class TakeUp:
    """What the offer did, and what taking it up did.

    Attributes:
        offered: the effect of being in the treated group (intention to treat).
        first_stage: by how much the group raised take-up.
        taken: the effect on those who take it up, with Fieller's interval (1954), which is
            unbounded where the first stage could be nothing.
        units, treated: that entered.
        reason: why one of them is missing, or "".
    """

    offered: Estimate | None = None
    first_stage: Estimate | None = None
    taken: Estimate | None = None
    units: int = 0
    treated: int = 0
    reason: str = ""


def taken_up(
    panel: Panel, take_up: Panel, *, level: float, weighting: Weighting = "units"
) -> TakeUp:
    """Return the effect of the offer, and of taking it up.

    `panel` holds the outcome and `take_up`, of the same rows, the treatment received: shares,
    or zeros and ones. Units count as in `by_differences`.

    Raises:
        ValueError: panels of other rows.
    """
    check_share("level", level)
    check_weighting(weighting)
    same = len(panel.unit) == len(take_up.unit) and panel.labels == take_up.labels
    if not (same and (panel.unit == take_up.unit).all() and (panel.period == take_up.period).all()):
        raise ValueError("outcome and take-up need the same units and periods")
    offered = by_differences(panel, level=level, weighting=weighting)
    if offered.estimate is None:
        return TakeUp(units=offered.units, treated=offered.treated, reason=offered.reason)
    sizes = TakeUp(offered=offered.estimate, units=offered.units, treated=offered.treated)
    y, weight = changes(panel, weighting=weighting)
    d, _ = changes(replace(panel, outcome=take_up.outcome), weighting=weighting)
    sides = [(weight > 0) & ~panel.ever, (weight > 0) & panel.ever]
    parts = [covariance(y[side], d[side], weight[side]) for side in sides]
    counts = [int(side.sum()) for side in sides]
    means = [float(np.average(d[side], weights=weight[side])) for side in sides]
    first = means[1] - means[0]
    errors = [part[1, 1] for part in parts]
    stage = t_estimate(
        first,
        math.sqrt(sum(errors)),
        welch_degrees(errors, counts) if sum(errors) > 0 else 0.0,
        level=level,
        n=offered.units,
        method="Welch's t-test of changes",
        unit="points",
    )
    if abs(first) < NO_STAGE:
        reason = "the treated group takes it up no more than the controls"
        return replace(sizes, first_stage=stage, reason=reason)
    # The degrees of freedom are those of the offer, so that both tests agree on nothing at all.
    taken = _fieller(offered.estimate, first, parts[0] + parts[1], counts, parts)
    return replace(sizes, first_stage=stage, taken=taken)


def _fieller(
    offered: Estimate, first: float, shared: Array, counts: list[int], parts: list[Array]
) -> Estimate:
    """Return offered / first with the x for which `offered - x * first` is not refused."""
    ratio = offered.value / first
    degrees = welch_degrees([part[0, 0] for part in parts], counts)
    quantile = float(stats.t.isf((1 - offered.level) / 2, degrees)) if degrees else math.nan
    square = first**2 - quantile**2 * shared[1, 1]
    low, high = -math.inf, math.inf
    # A first stage that could be nothing leaves every effect possible, or all but some between.
    if square > 0:
        linear = offered.value * first - quantile**2 * shared[0, 1]
        constant = offered.value**2 - quantile**2 * shared[0, 0]
        root = math.sqrt(max(linear**2 - square * constant, 0.0))
        low, high = (linear - root) / square, (linear + root) / square
    return Estimate(
        value=ratio,
        low=min(low, ratio),
        high=max(high, ratio),
        level=offered.level,
        n=offered.n,
        p_value=offered.p_value,
        method="Wald's ratio, Fieller's interval",
    )
