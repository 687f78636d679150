"""Triple difference: what a treatment did, where trends differ, but alike in two subgroups.

Where the treated group has a trend of its own, a difference-in-differences is off by it. On some
units the treatment cannot act, whether they are in the treated group or not: these are not
*affected*. Their difference-in-differences shows the trend alone, and is taken away from that of
the affected. What is left is the effect on the treated who are affected, if without treatment the
two differences-in-differences had been the same. That is one assumption, not two: in neither
subgroup do trends have to be parallel (Olden & Møen 2022, "The triple difference estimator",
Econometrics Journal 25(3)).

It has a price. Errors are those of four groups, not of two. And what the treatment does to the
unaffected by a detour is taken away as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import DataError, Problem
from ...story.estimates import Estimate
from ..checks import check_share
from .did import Effect
from .panel import Array, Flags, Panel
from .regression import fit, t_estimate
from .two_by_two import four_means
from .unit_changes import FEWEST, Weighting, by_differences, changes


@dataclass(frozen=True, kw_only=True)
class TripleDifference:
    """A triple difference, and the two differences of which it is made.

    Attributes:
        affected: difference-in-differences of units that the treatment can act on.
        unaffected: that of units that it cannot act on: by how much trends differ.
        estimate: the first less the second; None where `reason` is not empty.
        units: that entered.
        clusters: that errors are told from.
        left_out: units not seen both before and after the start.
        reason: why there is no estimate, or "".
    """

    affected: Effect
    unaffected: Effect
    estimate: Estimate | None = None
    units: int = 0
    clusters: int = 0
    left_out: int = 0
    reason: str = ""


def triple_difference(
    panel: Panel, affected: Flags, *, level: float, weighting: Weighting = "units"
) -> TripleDifference:
    """Compare how the groups' changes differ among the affected, and among the others.

    Units count as in `unit_changes.by_differences`, by their own changes; covariates play no part.
    Where each unit is its own cluster, the four groups are independent: their squared errors add
    up, and the test is Welch's. Larger clusters can have units in several groups: then the changes
    are regressed on group, subgroup and their product, with clustered errors.

    Args:
        panel: with one start.
        affected: by unit, whether the treatment can act on it; `flags` reads it from a column.
        level: coverage of the intervals.
        weighting: how units count.

    Raises:
        ValueError: flags of another number of units, or a level or weighting that is none.
    """
    check_share("level", level)
    affected = np.asarray(affected, dtype=bool)
    if affected.shape != (panel.units,):
        raise ValueError(f"{panel.units} units need as many flags, not shape {affected.shape}")
    change, weight = changes(panel, weighting=weighting)
    known = weight > 0
    reason = four_means(panel).reason
    if reason:
        return TripleDifference(
            affected=Effect(reason=reason), unaffected=Effect(reason=reason), reason=reason
        )
    parts = [
        _difference(panel, side, level=level, weighting=weighting) for side in (affected, ~affected)
    ]
    found = TripleDifference(
        affected=parts[0],
        unaffected=parts[1],
        units=int(known.sum()),
        clusters=len(np.unique(panel.cluster[known])),
        left_out=int((~known).sum()),
    )
    for part, whom in zip(parts, ("can", "cannot"), strict=True):
        if part.reason:
            reason = f"among units that the treatment {whom} act on, {part.reason}"
            return replace(found, reason=reason)
    groups = panel.ever.astype(float), affected.astype(float)
    columns = {"constant": np.ones(panel.units), "treated": groups[0], "affected": groups[1]}
    columns[THIRD] = groups[0] * groups[1]
    if panel.clusters < panel.units:
        estimate = _clustered(panel, columns, change, weight, level=level)
    else:
        cells = [known & (panel.ever == a) & (affected == b) for a, b in _SIGNS]
        estimate = _independent(change, weight, cells, level=level)
    return replace(found, estimate=estimate)


def flags(panel: Panel, flag: Panel) -> Flags:
    """Return by unit of `panel` whether its outcome in `flag` is one.

    `flag` is a panel of the same units that was read with the column of flags as its outcome.

    Raises:
        DataError: a value that is neither 0 nor 1, a unit with both, or one without any.
    """
    odd = int((~np.isin(flag.outcome, (0.0, 1.0))).sum())
    rows, ones = np.bincount(flag.unit), flag.by_unit(flag.outcome)
    both = int(((ones != 0) & (ones != rows)).sum()) if not odd else 0
    by_label = dict(zip(flag.labels, ones > 0, strict=True))
    missing = sum(label not in by_label for label in panel.labels)
    found = [
        ("a value is neither 0 nor 1", "Use 1 where the treatment can act.", odd),
        (f"units with zeros and ones: {both:,}", "Give every row of a unit the same.", both),
        (f"units without a value: {missing:,}", "Give every unit one.", missing),
    ]
    problems = [Problem("the flags", what, fix) for what, fix, count in found if count]
    if problems:
        raise DataError("Units cannot be told apart by whom the treatment can act on", problems)
    return np.array([by_label[label] for label in panel.labels], dtype=bool)


THIRD = "treated and affected"

# Treated or not, affected or not: how a group's change enters.
_SIGNS = {(True, True): 1.0, (False, True): -1.0, (True, False): -1.0, (False, False): 1.0}


def _difference(panel: Panel, side: Flags, *, level: float, weighting: Weighting) -> Effect:
    """Return the difference-in-differences of some of the units."""
    if not side.any():
        return Effect(reason="there is none")
    part = _part(panel, side)
    found = by_differences(part, level=level, weighting=weighting)
    if found.reason or part.clusters == part.units:
        return found
    change, weight = changes(part, weighting=weighting)
    known = weight > 0
    counts = [len(np.unique(part.cluster[known & group])) for group in (~part.ever, part.ever)]
    clusters = len(np.unique(part.cluster[known]))
    sizes = replace(found, estimate=None, clusters=clusters, treated_clusters=counts[1])
    if min(counts) < FEWEST:
        few = "treated" if counts[1] < FEWEST else "control"
        return replace(sizes, reason=f"fewer than {FEWEST} clusters have {few} units")
    columns = {"constant": np.ones(part.units), THIRD: part.ever.astype(float)}
    return replace(sizes, estimate=_clustered(part, columns, change, weight, level=level))


def _part(panel: Panel, side: Flags) -> Panel:
    """Return the panel of some of the units."""
    rows = side[panel.unit]
    return replace(
        panel,
        unit=(np.cumsum(side) - 1)[panel.unit[rows]],
        period=panel.period[rows],
        outcome=panel.outcome[rows],
        weight=panel.weight[rows],
        covariates=panel.covariates[rows],
        first=panel.first[side],
        cluster=panel.cluster[side],
        labels=tuple(panel.labels[i] for i in np.flatnonzero(side)),
    )


def _independent(change: Array, weight: Array, cells: list[Flags], *, level: float) -> Estimate:
    """Return the signed sum of four independent means, in the order of `_SIGNS`."""
    means, errors, degrees = [], [], []
    for cell in cells:
        n, share = int(cell.sum()), weight[cell] / weight[cell].sum()
        mean = share @ change[cell]
        means.append(mean)
        errors.append(float(((share * (change[cell] - mean)) ** 2).sum()) * n / (n - 1))
        degrees.append(n - 1)
    total = sum(errors)
    shared = sum(e**2 / d for e, d in zip(errors, degrees, strict=True))
    return t_estimate(
        float(np.array(list(_SIGNS.values())) @ means),
        float(np.sqrt(total)),
        total**2 / shared if shared > 0 else 0.0,
        level=level,
        n=sum(degrees) + len(cells),
        method="Welch's t-test of changes",
    )


def _clustered(
    panel: Panel, columns: dict[str, Array], change: Array, weight: Array, *, level: float
) -> Estimate:
    """Return the last column's coefficient, with errors of the panel's clusters."""
    known = weight > 0
    found = fit(
        np.column_stack(list(columns.values()))[known],
        change[known],
        list(columns),
        weight=weight[known],
        cluster=panel.cluster[known],
    )
    return found.coefficient(
        list(columns)[-1],
        level=level,
        n=int(known.sum()),
        method="least squares of changes, clustered errors",
    )
