"""Readings of a rollout that lie beside its methods: hurried ones, and what a drift would do.

A *drift* is what the treated group gains on its controls from one period to the next, treatment
or not. *Time* is counted in periods from the start, 0 being the first treated one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...methods.panels import did, regression, two_by_two
from ...methods.panels.collapsing import collapse, treated_as_one
from ...methods.panels.event_study import EventStudy
from ...methods.panels.panel import Panel
from ...methods.panels.staggered import Staggered
from ...story.estimates import Estimate
from .rollout import Rollout
from .simulated import KnownRollout

Flags = NDArray[np.bool_]

BEFORE, AFTER, CHANGE = "before", "after", "change"


def time_of(panel: Panel) -> NDArray[np.intp]:
    """Return the time of each row, from the first start there is."""
    return panel.period - (panel.starts[0] if panel.starts else len(panel.periods))


def by_each_unit(panel: Panel) -> Panel:
    """Return the panel with each unit as its own cluster."""
    return replace(panel, cluster=np.arange(panel.units))


def hurried(panel: Panel, *, level: float) -> dict[str, Estimate]:
    """Return comparisons that leave one of the differences out; none without four means.

    `before` and `after`: the treated group less the controls, before and after the start.
    `change`: the treated group after the start less the same before.
    """
    if two_by_two.four_means(panel).reason:
        return {}
    treated, later = panel.ever[panel.unit], time_of(panel) >= 0
    return {
        BEFORE: _difference(panel, ~later, treated, level=level),
        AFTER: _difference(panel, later, treated, level=level),
        CHANGE: _difference(panel, treated, later, level=level),
    }


def _difference(panel: Panel, rows: Flags, higher: Flags, *, level: float) -> Estimate:
    """Return by how much the mean of `higher` rows exceeds that of the others, within `rows`."""
    found = regression.fit(
        np.column_stack([np.ones(rows.sum()), higher[rows]]).astype(float),
        panel.outcome[rows],
        ["mean", "difference"],
        weight=panel.weight[rows],
        cluster=panel.cluster_of_rows[rows],
    )
    units = len(np.unique(panel.unit[rows]))
    method = "difference of means, clustered errors"
    return found.coefficient("difference", level=level, n=units, method=method)


def means(panel: Panel, units: Flags, *, level: float) -> list[tuple[Any, Estimate]]:
    """Return the mean of these units in each period in which one of them is seen."""
    found = []
    for code, label in enumerate(panel.periods):
        rows = (panel.period == code) & units[panel.unit]
        if not rows.any():
            continue
        fitted = regression.fit(
            np.ones((int(rows.sum()), 1)),
            panel.outcome[rows],
            ["mean"],
            weight=panel.weight[rows],
            cluster=panel.cluster_of_rows[rows],
        )
        mean = fitted.coefficient("mean", level=level, n=int(rows.sum()), method="mean")
        found.append((label, replace(mean, null=None, p_value=None)))
    return found


def mean_after(study: EventStudy, of: Mapping[int, float], *, level: float) -> Estimate | None:
    """Return the mean effect from the start on, times weighed by `of`; None without effects."""
    if study.reason or not set(of) <= set(study.times) or not of:
        return None
    weights = np.array([of.get(time, 0.0) for time in study.times])
    return regression.t_estimate(
        float(weights @ study.values),
        math.sqrt(max(float(weights @ study.covariance @ weights), 0.0)),
        study.degrees,
        level=level,
        n=study.units,
        method="event study, clustered errors",
    )


def weight_of_times(panel: Panel) -> dict[int, float]:
    """Return the share of the treated group's weight by time, from the start on."""
    time = time_of(panel)[panel.after]
    sums = np.bincount(time, panel.weight[panel.after])
    return {t: float(total / sums.sum()) for t, total in enumerate(sums) if total > 0}


def moved_by_drift(panel: Panel) -> float | None:
    """Return what a drift of one a period adds to the effect by two-way fixed effects.

    None where that is not found.
    """
    drifting = replace(panel, outcome=time_of(panel) * panel.ever[panel.unit].astype(float))
    estimate = did.two_way(drifting, level=0.5, clustered=False).estimate
    return None if estimate is None or estimate.value == 0 else estimate.value


def as_one(panel: Panel, *, donors: int, most: int = 60) -> Panel | None:
    """Return the treated units as one, beside their controls; None where starts differ.

    More than `most` controls are dealt into `donors` groups, by their place in the table, which
    decides nothing else.
    """
    if len(panel.starts) != 1:
        return None
    controls = np.flatnonzero(~panel.ever)
    if len(controls) > most:
        place = np.cumsum(~panel.ever) - 1
        return collapse(panel, np.where(panel.ever, donors, place % donors))
    one = treated_as_one(panel)
    assert one is not None  # there is only one start
    return replace(one, labels=(*(panel.labels[i] for i in controls), "treated"))


def true_mean(case: Rollout, found: Staggered) -> float | None:
    """Return what `found.overall` estimates: the true mean over cells of groups by their size.

    None where nobody knows it.
    """
    panel, true = case.panel, _true_cells(case)
    if true is None:
        return None
    first_rows = panel.weight[np.searchsorted(panel.unit, np.arange(panel.units))]
    total = sums = 0.0
    for group, period in found.cells:
        if period >= group:
            size = float(first_rows[panel.first == panel.periods.index(group)].sum())
            total += size
            sums += size * true.get((group, period), math.nan)
    return sums / total if total else None


def true_of_group(case: Rollout, found: Staggered, group: float) -> float | None:
    """Return what `found.by_group` estimates of a group: its true mean over periods."""
    true = _true_cells(case)
    if true is None:
        return None
    later = [true.get(cell, math.nan) for cell in found.cells if cell[0] == group <= cell[1]]
    return float(np.mean(later)) if later else None


def _true_cells(case: Rollout) -> dict[tuple[float, float], float] | None:
    """Return the true effect by first treated period and period."""
    if not isinstance(case.known, KnownRollout):
        return None
    rows = case.known.eligible.groupby(["start", "period"])[["active_users", "added"]].sum()
    effects = rows["added"] / rows["active_users"]
    return dict(zip(effects.index.to_list(), effects.to_list(), strict=True))
