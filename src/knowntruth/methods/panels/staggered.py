"""Staggered treatment: units that are treated for the first time in different periods.

A *group* is all units with the same first treated period. Its effect in a period is its change
since the last period before its start, less that of the *comparison*: units never treated, or
all not yet treated by then (Callaway & Sant'Anna 2021, Journal of Econometrics 225(2),
p. 200-230, without covariates). These effects are averaged: all of them from the start on, by
time from the start, or by group, with groups weighed by their size. Errors come from the
influence of each unit, added up by cluster and squared, times g / (g - 1) for g clusters, with t
of g - 1 degrees of freedom; that the sizes of groups are chance too is part of them. That serves
few clusters, though groups of a handful still have intervals a little too narrow. A group of a
single unit or cluster has no spread to tell its error from, so that its own intervals are far too
narrow.

Two-way fixed effects compare late groups with early ones as well, whose effect may still be
growing: `two_way_weights` shows with what weight each effect enters, and how many enter with a
negative one (de Chaisemartin & D'Haultfoeuille 2020, AER 110(9), theorem 1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from .event_study import EventStudy, pre_test
from .panel import Array, Flags, Panel
from .regression import clustered, t_estimate

Comparison = Literal["never", "not yet"]

METHOD = "group-time effects"


@dataclass(frozen=True, kw_only=True, eq=False)
class Staggered:
    """Effects of a treatment that starts in different periods.

    Attributes:
        cells: effect by group (its first treated period) and period, those before the start
            included; the period that others are compared with has none.
        overall: mean effect from the start on, over units and periods.
        by_time: mean effects by time from the start, with their covariance.
        by_group: mean effect of each group from its start on.
        across_groups: mean of these, groups weighed by their size.
        units, treated, clusters: that entered.
        left_out: units treated from the first period on, which have no before.
        skipped: why a group has no effect.
        reason: why there are no effects, or "".
    """

    cells: Mapping[tuple[Any, Any], Estimate] = field(default_factory=dict)
    overall: Estimate | None = None
    by_time: EventStudy = field(default_factory=lambda: EventStudy(reference=-1))
    by_group: Mapping[Any, Estimate] = field(default_factory=dict)
    across_groups: Estimate | None = None
    units: int = 0
    treated: int = 0
    clusters: int = 0
    left_out: int = 0
    skipped: Mapping[Any, str] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class TwoWayWeights:
    """How two-way fixed effects weigh the effects that they average.

    Attributes:
        cells: weight by group and period from its start on; they sum to one.
        negative: share of treated rows whose effect enters with a negative weight.
        total_negative: sum of the negative weights.
        reason: why there are none, or "".
    """

    cells: Mapping[tuple[Any, Any], float] = field(default_factory=dict)
    negative: float = 0.0
    total_negative: float = 0.0
    reason: str = ""


@dataclass(frozen=True, eq=False)
class _Cell:
    """An effect, the influence of each unit on it, and where it stands."""

    group: int
    period: int
    value: float
    influence: Array

    @property
    def time(self) -> int:
        return self.period - self.group


def staggered(
    panel: Panel, *, level: float, comparison: Comparison = "not yet", anticipation: int = 0
) -> Staggered:
    """Return effects by group and period, and their means.

    A unit's outcome must be known in the two periods that are compared, and its weight is that
    of its first row.

    Args:
        panel: with any number of starts.
        level: of the intervals, each alone.
        comparison: units "never" treated, or those "not yet" treated in the period.
        anticipation: periods before the start in which units may react already; what they are
            compared with lies before them.

    Raises:
        ValueError: a level that is no share, an unknown comparison or negative anticipation.
    """
    check_share("level", level)
    check_at_least("anticipation", anticipation, 0)
    if comparison not in {"never", "not yet"}:
        raise ValueError(f"comparison is never or not yet, not {comparison}")
    if not panel.starts:
        return Staggered(reason="no unit is ever treated")
    if comparison == "never" and panel.ever.all():
        return Staggered(reason="no unit is never treated")
    # Units that are treated from the first period on have no before, and compare with no one.
    used = panel.first > 0
    size = np.where(used, panel.weight[np.searchsorted(panel.unit, np.arange(panel.units))], 0.0)
    size = size * used.sum() / max(float(size.sum()), 1e-300)
    cells, skipped = _cells(panel, size, comparison, anticipation)
    counts: dict[str, Any] = {
        "units": int(used.sum()),
        "treated": int((used & panel.ever).sum()),
        "clusters": len(np.unique(panel.cluster[used])),
        "left_out": int((~used).sum()),
        "skipped": {panel.periods[group]: why for group, why in skipped.items()},
    }
    later = [cell for cell in cells if cell.time >= 0]
    if not later:
        return Staggered(reason="no group can be compared", **counts)
    means = _Means(panel, size, used, counts["units"], counts["clusters"], level)
    groups = sorted({cell.group for cell in later})
    own = {group: [cell for cell in later if cell.group == group] for group in groups}
    # Within a group periods count alike, so a group's own mean has no sizes to estimate.
    whole = [
        _Cell(
            group,
            group,
            float(np.mean([cell.value for cell in own[group]])),
            np.mean([cell.influence for cell in own[group]], axis=0),
        )
        for group in groups
    ]
    return Staggered(
        cells={
            (panel.periods[cell.group], panel.periods[cell.period]): means.estimate([cell])
            for cell in cells
        },
        overall=means.estimate(later),
        by_time=_by_time(means, cells, anticipation),
        by_group={panel.periods[cell.group]: means.estimate([cell]) for cell in whole},
        across_groups=means.estimate(whole),
        **counts,
    )


def two_way_weights(panel: Panel) -> TwoWayWeights:
    """Return the weight of each effect in `did.two_way` without covariates.

    If trends are parallel, what that finds is the sum of weights times effects.
    """
    treated = panel.after.astype(float)
    left = panel.weight * panel.within(treated)
    total = float(left[panel.after].sum())
    if not total > 1e-10 * max(float(panel.weight.sum()), 1e-300):
        return TwoWayWeights(reason="being treated goes along with units and periods exactly")
    weights = left[panel.after] / total
    first, period = panel.first[panel.unit][panel.after], panel.period[panel.after]
    cells: dict[tuple[Any, Any], float] = {}
    for group in panel.starts:
        for when in range(group, len(panel.periods)):
            here = (first == group) & (period == when)
            if here.any():
                cells[panel.periods[group], panel.periods[when]] = float(weights[here].sum())
    below = weights < -1e-12
    return TwoWayWeights(
        cells=cells, negative=float(below.mean()), total_negative=float(weights[below].sum())
    )


def _cells(
    panel: Panel, size: Array, comparison: Comparison, anticipation: int
) -> tuple[list[_Cell], dict[int, str]]:
    table, cells, skipped = panel.wide(), [], {}
    for group in panel.starts:
        base = group - 1 - anticipation
        if base < 0:
            skipped[group] = "no period lies before it"
            continue
        found = []
        for period in range(len(panel.periods)):
            if period == base:
                continue
            change = table[:, period] - table[:, base]
            seen = np.isfinite(change) & (size > 0)
            others = ~panel.ever
            if comparison == "not yet":
                others = others | (panel.first > max(period, base) + anticipation)
            sides = [seen & (panel.first == group), seen & others & (panel.first != group)]
            if not all(side.any() for side in sides):
                continue
            found.append(_cell(group, period, change, size, sides))
        if not any(cell.time >= 0 for cell in found):
            skipped[group] = "no unit is left to compare it with"
            continue
        cells += found
    return cells, skipped


def _cell(group: int, period: int, change: Array, size: Array, sides: list[Flags]) -> _Cell:
    means, influence = [], np.zeros(len(change))
    for sign, side in zip((1.0, -1.0), sides, strict=True):
        share = size[side] / size[side].sum()
        mean = float(share @ change[side])
        means.append(mean)
        influence[side] = sign * share * (change[side] - mean)
    return _Cell(group, period, means[0] - means[1], influence)


@dataclass(frozen=True, eq=False)
class _Means:
    """Means of effects, groups weighed by their size."""

    panel: Panel
    size: Array
    used: Flags
    units: int
    clusters: int
    level: float

    def influence(self, cells: list[_Cell]) -> tuple[float, Array]:
        """Return a mean, and the influence of each unit on it, sizes of groups included."""
        member = [self.panel.first == cell.group for cell in cells]
        sizes = np.array([self.size[own].sum() for own in member])
        share = sizes / sizes.sum()
        value = float(share @ [cell.value for cell in cells])
        total = np.zeros(len(self.size))
        for weight, cell, own in zip(share, cells, member, strict=True):
            total += weight * cell.influence
            total[own] += self.size[own] * (cell.value - value) / sizes.sum()
        return value, total

    def estimate(self, cells: list[_Cell]) -> Estimate:
        """Return a mean with its t interval."""
        value, influence = self.influence(cells)
        error = math.sqrt(float(self.covariance(influence[:, None])[0, 0]))
        return self.of(value, error)

    def of(self, value: float, error: float) -> Estimate:
        return t_estimate(
            value, error, self.clusters - 1, level=self.level, n=self.units, method=METHOD
        )

    def covariance(self, influence: Array) -> Array:
        """Return the covariance of means from the influence of each unit on each."""
        sums = clustered(influence, self.panel.cluster)
        # Without it, few clusters seem to differ less than they do: as in `regression`.
        correction = self.clusters / max(self.clusters - 1, 1)
        return np.asarray(correction * (sums.T @ sums))


def _by_time(means: _Means, cells: list[_Cell], anticipation: int) -> EventStudy:
    reference = -1 - anticipation
    times = sorted({cell.time for cell in cells})
    found = [means.influence([cell for cell in cells if cell.time == t]) for t in times]
    values = np.array([value for value, _ in found])
    covariance = means.covariance(np.column_stack([influence for _, influence in found]))
    errors = np.sqrt(np.diag(covariance))
    later = np.array([float(t >= 0) for t in times])
    share = later / later.sum()
    degrees = means.clusters - 1
    treated = means.used & means.panel.ever
    return EventStudy(
        reference=reference,
        effects={
            t: means.of(float(value), float(error))
            for t, value, error in zip(times, values, errors, strict=True)
        },
        times=tuple(times),
        covariance=covariance,
        degrees=degrees,
        after=means.of(float(share @ values), math.sqrt(float(share @ covariance @ share))),
        pre_test=pre_test(times, values, covariance, degrees),
        units=means.units,
        treated=int(treated.sum()),
        clusters=means.clusters,
        treated_clusters=len(np.unique(means.panel.cluster[treated])),
    )
