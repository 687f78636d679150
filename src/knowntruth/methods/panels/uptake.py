"""Take-up: what an offer did, and what taking it up did.

Offered is not taken. The effect of being in the treated group (*intention to treat*) is divided
by how much the group raises take-up (*first stage*), which gives the effect on those who take it
up, if the group does nothing else (Bloom 1984; Imbens & Angrist 1994; de Chaisemartin &
D'Haultfoeuille 2018, section 2.2).

Where each unit is its own cluster, the groups' mean changes are independent, with Welch's degrees
of freedom. Where clusters are larger, they can have units in both groups: then errors are those
of a regression of changes on the group, clustered (CR1, as in `regression`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from ...story.estimates import Estimate
from ...story.numbers import Unit
from ..checks import check_share
from .panel import Array, Codes, Flags, Panel
from .regression import clustered, t_estimate
from .unit_changes import (
    FEWEST,
    Weighting,
    by_differences,
    changes,
    check_weighting,
    covariance,
    welch_degrees,
)

NO_STAGE = 1e-12

UNITS: tuple[Unit, Unit] = ("number", "points")
METHODS = {
    False: "Welch's t-test of changes",
    True: "least squares of changes, clustered errors",
}


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


@dataclass(frozen=True, kw_only=True, eq=False)
class _Both:
    """By how much the treated group's mean changes exceed the controls': outcome, then take-up.

    Attributes:
        gaps: of the two.
        shared: squared errors of the two, and what they share.
        degrees: of freedom of each.
    """

    gaps: Array
    shared: Array
    degrees: tuple[float, float]


def taken_up(
    panel: Panel, take_up: Panel, *, level: float, weighting: Weighting = "units"
) -> TakeUp:
    """Return the effect of the offer, and of taking it up.

    `panel` holds the outcome and `take_up`, of the same rows, the treatment received: shares,
    or zeros and ones. Units count as in `by_differences`, and errors are told from the clusters
    of `panel`.

    Raises:
        ValueError: panels of other rows.
    """
    check_share("level", level)
    check_weighting(weighting)
    same = len(panel.unit) == len(take_up.unit) and panel.labels == take_up.labels
    if not (same and (panel.unit == take_up.unit).all() and (panel.period == take_up.period).all()):
        raise ValueError("outcome and take-up need the same units and periods")
    alone = by_differences(panel, level=level, weighting=weighting)
    sizes = TakeUp(units=alone.units, treated=alone.treated, reason=alone.reason)
    if alone.estimate is None:
        return sizes
    y, weight = changes(panel, weighting=weighting)
    d, _ = changes(replace(panel, outcome=take_up.outcome), weighting=weighting)
    known, moves = weight > 0, np.column_stack([y, d])
    sides = known & ~panel.ever, known & panel.ever
    is_clustered = panel.clusters < panel.units
    if is_clustered:
        for side, whom in zip(sides, ("control", "treated"), strict=True):
            if len(np.unique(panel.cluster[side])) < FEWEST:
                return replace(sizes, reason=f"fewer than {FEWEST} clusters have {whom} units")
        both = _by_cluster(moves, weight, sides, panel.cluster)
    else:
        both = _by_unit(moves, weight, sides)
    offered, stage = (
        t_estimate(
            float(both.gaps[i]),
            math.sqrt(both.shared[i, i]),
            both.degrees[i],
            level=level,
            n=alone.units,
            method=METHODS[is_clustered],
            unit=unit,
        )
        for i, unit in enumerate(UNITS)
    )
    sizes = replace(sizes, offered=offered, first_stage=stage)
    if abs(stage.value) < NO_STAGE:
        return replace(sizes, reason="the treated group takes it up no more than the controls")
    return replace(sizes, taken=_fieller(offered, both))


def _by_unit(moves: Array, weight: Array, sides: tuple[Flags, Flags]) -> _Both:
    """Return the gaps between groups of independent units."""
    means = [np.average(moves[side], axis=0, weights=weight[side]) for side in sides]
    parts = [covariance(moves[side, 0], moves[side, 1], weight[side]) for side in sides]
    counts = [int(side.sum()) for side in sides]
    degrees = [welch_degrees([part[i, i] for part in parts], counts) for i in (0, 1)]
    return _Both(
        gaps=means[1] - means[0], shared=parts[0] + parts[1], degrees=(degrees[0], degrees[1])
    )


def _by_cluster(moves: Array, weight: Array, sides: tuple[Flags, Flags], cluster: Codes) -> _Both:
    """Return the gaps between groups whose units go together within clusters."""
    gaps, influence = np.zeros(2), np.zeros_like(moves)
    for sign, side in zip((-1.0, 1.0), sides, strict=True):
        share = weight[side] / weight[side].sum()
        mean = share @ moves[side]
        gaps += sign * mean
        influence[side] = sign * share[:, None] * (moves[side] - mean)
    known = sides[0] | sides[1]
    sums = clustered(influence[known], cluster[known])
    groups, n = len(sums), int(known.sum())
    factor = groups / (groups - 1) * (n - 1) / (n - 2)
    return _Both(gaps=gaps, shared=factor * (sums.T @ sums), degrees=(groups - 1, groups - 1))


def _fieller(offered: Estimate, both: _Both) -> Estimate:
    """Return the ratio of the gaps with the x for which `offered - x * first` is not refused."""
    first, shared = float(both.gaps[1]), both.shared
    ratio = offered.value / first
    # The degrees of freedom are those of the offer, so that both tests agree on nothing at all.
    degrees = both.degrees[0]
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
