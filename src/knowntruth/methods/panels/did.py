"""Difference-in-differences: what a treatment did, where levels differ but trends would not.

Units of the *treated* group are treated from one *start* on, *controls* never. The treated
group's change from before to after, less the controls' change, is the effect on the treated if,
without treatment, both would have changed alike (*parallel trends*), and if nothing happened
before the start (*no anticipation*). A table cannot show the first.

Four ways lead to it: `two_by_two.four_means` by hand; `unit_changes.by_differences`, each unit's
own change, with Welch's t-test; and two regressions, here: `by_regression` on group, time and
their product, and `two_way` with effects of units and of periods. On a balanced panel without
weights they agree (Wooldridge 2021, "Two-way fixed effects, the two-way Mundlak regression, and
difference-in-differences estimators"). With holes they weigh units differently, and where units
come and go only the second and the last compare each unit with itself.

Rows of a unit are not independent, so errors are clustered. `clustered=False` gives the classical
ones, which take each row for news.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...story.estimates import Estimate
from ..checks import check_share
from .panel import Array, Panel
from .regression import Fit, fit
from .two_by_two import after_start, four_means

EFFECT = "treated by then"


@dataclass(frozen=True, kw_only=True)
class Effect:
    """An effect found by one method.

    Attributes:
        estimate: the effect, or None where `reason` is not empty.
        units: that entered, treated and control.
        treated: those of them in the treated group.
        clusters, treated_clusters: that errors are told from, and those with treated units.
        left_out: units that tell nothing, such as those not seen both before and after.
        dropped: covariates that other columns explain.
        reason: why there is no estimate, or "".
    """

    estimate: Estimate | None = None
    units: int = 0
    treated: int = 0
    clusters: int = 0
    treated_clusters: int = 0
    left_out: int = 0
    dropped: tuple[str, ...] = ()
    reason: str = ""


def by_regression(panel: Panel, *, level: float, clustered: bool = True) -> Effect:
    """Regress on group, time and their product, which is the difference of differences."""
    check_share("level", level)
    reason = four_means(panel).reason
    if reason:
        return Effect(reason=reason)
    after, treated = after_start(panel).astype(float), panel.ever[panel.unit].astype(float)
    design = np.column_stack([np.ones_like(after), treated, after, treated * after])
    names = ["constant", "treated", "after", EFFECT]
    found = fit(
        np.column_stack([design, panel.covariates]),
        panel.outcome,
        [*names, *panel.names],
        weight=panel.weight,
        cluster=panel.cluster_of_rows if clustered else None,
    )
    return _effect(panel, found, level, "least squares", clustered=clustered)


def two_way(panel: Panel, *, level: float, clustered: bool = True) -> Effect:
    """Regress on being treated by then, with effects of units and of periods.

    With several starts this mixes comparisons that no one would make (see `staggered`). Errors
    are those of fixest and reghdfe: effects of units do not count as parameters, as they lie
    within clusters; classical errors count them. Clustered errors need several treated clusters:
    with one, its residuals sum to nothing, and its part of the uncertainty is not seen.
    """
    check_share("level", level)
    found = two_way_fit(panel, panel.after.astype(float), [EFFECT], clustered=clustered)
    if EFFECT in found.dropped:
        return Effect(reason="being treated goes along with units and periods exactly")
    return _effect(panel, found, level, "two-way fixed effects", clustered=clustered)


def two_way_fit(panel: Panel, columns: Array, names: list[str], *, clustered: bool = True) -> Fit:
    """Regress on columns and the panel's covariates, with effects of units and of periods."""
    whole = np.column_stack([columns, panel.covariates])
    together = panel.within(np.column_stack([whole, panel.outcome]))
    effects = panel.units + len(panel.periods) - panel.parts
    return fit(
        together[:, :-1],
        together[:, -1],
        [*names, *panel.names],
        weight=panel.weight,
        cluster=panel.cluster_of_rows if clustered else None,
        absorbed=effects,
        nested=panel.units - 1,
        size=np.linalg.norm(whole * np.sqrt(panel.weight)[:, None], axis=0),
    )


def _effect(panel: Panel, found: Fit, level: float, method: str, *, clustered: bool) -> Effect:
    errors = "clustered errors" if clustered else "classical errors"
    return Effect(
        estimate=found.coefficient(
            EFFECT, level=level, n=panel.units, method=f"{method}, {errors}"
        ),
        units=panel.units,
        treated=int(panel.ever.sum()),
        clusters=panel.clusters,
        treated_clusters=len(np.unique(panel.cluster[panel.ever])),
        dropped=found.dropped,
    )
