"""Difference-in-differences: what a treatment did, where levels differ but trends would not.

Units of the *treated* group are treated from one *start* on, *controls* never. The treated
group's change from before to after, less the controls' change, is the effect on the treated if,
without treatment, both would have changed alike (*parallel trends*), and if nothing happened
before the start (*no anticipation*). A table cannot show the first.

Four ways lead to it: `four_means` by hand; `by_differences`, each unit's own change, with Welch's
t-test; `by_regression` on group, time and their product; `two_way`, a regression with effects of
units and of periods. On a balanced panel without weights they agree (Wooldridge 2021, "Two-way
fixed effects, the two-way Mundlak regression, and difference-in-differences estimators"). With
holes they weigh units differently, and where units come and go only the second and the last
compare each unit with itself.

Rows of a unit are not independent, so errors are clustered. `clustered=False` gives the classical
ones, which take each row for news.

Offered is not taken: with `taken_up`, the effect of being in the treated group (*intention to
treat*) is divided by how much the group raises take-up, which gives the effect on those who take
it up, if the group does nothing else (Bloom 1984; Imbens & Angrist 1994; de Chaisemartin &
D'Haultfoeuille 2018, section 2.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import stats

from ..story.estimates import Estimate
from .checks import check_share
from .panel import Array, Flags, Panel
from .regression import Fit, fit, t_estimate

Weighting = Literal["units", "precision"]

FEWEST = 2


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One group before or after the start.

    Attributes:
        rows, units: how many are in it.
        mean: weighted mean of its rows; NaN in an empty cell.
    """

    rows: int
    units: int
    mean: float


@dataclass(frozen=True, kw_only=True)
class FourMeans:
    """The two-by-two table.

    Attributes:
        control_before, control_after, treated_before, treated_after: its cells.
        reason: why there is no difference of differences, or "".
    """

    control_before: Cell
    control_after: Cell
    treated_before: Cell
    treated_after: Cell
    reason: str = ""

    @property
    def control_change(self) -> float:
        """How the controls' mean changed."""
        return self.control_after.mean - self.control_before.mean

    @property
    def treated_change(self) -> float:
        """How the treated group's mean changed."""
        return self.treated_after.mean - self.treated_before.mean

    @property
    def difference(self) -> float:
        """The treated group's change less the controls'."""
        return self.treated_change - self.control_change


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


def four_means(panel: Panel) -> FourMeans:
    """Return the means of both groups before and after the start.

    Rows count as they are: a unit with more rows counts more.
    """
    after, treated = _after(panel), panel.ever[panel.unit]
    cells = [_cell(panel, (treated == group) & (after == when)) for group, when in _CELLS]
    empty = [name for name, cell in zip(_CELLS.values(), cells, strict=True) if not cell.rows]
    reason = _no_single_start(panel) or (f"there is no row of {empty[0]}" if empty else "")
    before, later, treated_before, treated_later = cells
    return FourMeans(
        control_before=before,
        control_after=later,
        treated_before=treated_before,
        treated_after=treated_later,
        reason=reason,
    )


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
    _check_weighting(weighting)
    reason = _no_single_start(panel)
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
        _welch(errors, counts),
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
    return _changes(panel, panel.outcome, weighting)


def by_regression(panel: Panel, *, level: float, clustered: bool = True) -> Effect:
    """Regress on group, time and their product, which is the difference of differences."""
    check_share("level", level)
    reason = four_means(panel).reason
    if reason:
        return Effect(reason=reason)
    after, treated = _after(panel).astype(float), panel.ever[panel.unit].astype(float)
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
    _check_weighting(weighting)
    same = len(panel.unit) == len(take_up.unit) and panel.labels == take_up.labels
    if not (same and (panel.unit == take_up.unit).all() and (panel.period == take_up.period).all()):
        raise ValueError("outcome and take-up need the same units and periods")
    offered = by_differences(panel, level=level, weighting=weighting)
    if offered.estimate is None:
        return TakeUp(units=offered.units, treated=offered.treated, reason=offered.reason)
    sizes = TakeUp(offered=offered.estimate, units=offered.units, treated=offered.treated)
    y, weight = _changes(panel, panel.outcome, weighting)
    d, _ = _changes(panel, take_up.outcome, weighting)
    sides = [(weight > 0) & ~panel.ever, (weight > 0) & panel.ever]
    parts = [_covariance(y[side], d[side], weight[side]) for side in sides]
    counts = [int(side.sum()) for side in sides]
    means = [float(np.average(d[side], weights=weight[side])) for side in sides]
    first = means[1] - means[0]
    errors = [part[1, 1] for part in parts]
    stage = t_estimate(
        first,
        math.sqrt(sum(errors)),
        _welch(errors, counts) if sum(errors) > 0 else 0.0,
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


def placebo(panel: Panel, start: object) -> Panel:
    """Return the rows before the start, as if the treated group had been treated from `start` on.

    Any method finds an effect of this panel by chance alone, if trends were parallel before.

    Raises:
        ValueError: a panel without exactly one start, or a `start` that is not one of its periods
            between the first and the true start.
    """
    if len(panel.starts) != 1:
        raise ValueError(f"a placebo needs a panel with one start, not {len(panel.starts)}")
    (true,) = panel.starts
    if start not in panel.periods[1:true]:
        raise ValueError(f"{start} is no period between the first and the true start")
    rows = panel.period < true
    units, unit = np.unique(panel.unit[rows], return_inverse=True)
    return replace(
        panel,
        unit=unit,
        period=panel.period[rows],
        outcome=panel.outcome[rows],
        weight=panel.weight[rows],
        covariates=panel.covariates[rows],
        first=np.where(panel.ever[units], panel.periods.index(start), true),
        cluster=panel.cluster[units],
        labels=tuple(panel.labels[i] for i in units),
        periods=panel.periods[:true],
    )


EFFECT = "treated by then"
NO_STAGE = 1e-12

_CELLS = {
    (False, False): "controls before the start",
    (False, True): "controls after the start",
    (True, False): "the treated group before the start",
    (True, True): "the treated group after the start",
}


def _check_weighting(weighting: str) -> None:
    if weighting not in {"units", "precision"}:
        raise ValueError(f"weighting is units or precision, not {weighting}")


def _no_single_start(panel: Panel) -> str:
    if not panel.starts:
        return "no unit is ever treated"
    if panel.ever.all():
        return "every unit is treated: nothing is left to compare with"
    if len(panel.starts) > 1:
        return f"treatment starts in {len(panel.starts)} periods, not in one"
    return ""


def _after(panel: Panel) -> Flags:
    """Return by row whether the start has come, for controls as well."""
    return panel.period >= (panel.starts[0] if panel.starts else len(panel.periods))


def _cell(panel: Panel, rows: Flags) -> Cell:
    weight = panel.weight[rows]
    mean = float(np.average(panel.outcome[rows], weights=weight)) if len(weight) else math.nan
    return Cell(rows=int(rows.sum()), units=len(np.unique(panel.unit[rows])), mean=mean)


def _changes(panel: Panel, outcome: Array, weighting: Weighting) -> tuple[Array, Array]:
    after = _after(panel)
    sides = [panel.by_unit(panel.weight, rows) for rows in (~after, after)]
    sums = [panel.by_unit(panel.weight * outcome, rows) for rows in (~after, after)]
    known = (sides[0] > 0) & (sides[1] > 0)
    safe = [np.where(known, side, 1.0) for side in sides]
    change = np.where(known, sums[1] / safe[1] - sums[0] / safe[0], 0.0)
    if weighting == "precision":
        return change, np.where(known, 1 / (1 / safe[0] + 1 / safe[1]), 0.0)
    starts = np.searchsorted(panel.unit, np.arange(panel.units))
    return change, np.where(known, panel.weight[starts], 0.0)


def _mean(values: Array, weight: Array) -> tuple[float, float]:
    """Return the weighted mean and its squared error."""
    mean = float(np.average(values, weights=weight))
    return mean, float(_covariance(values, values, weight)[0, 0])


def _covariance(first: Array, second: Array, weight: Array) -> Array:
    """Return the squared errors of two weighted means and what they share."""
    share = weight / weight.sum()
    off = [share * (values - share @ values) for values in (first, second)]
    n = len(weight)
    return np.array([[a @ b for b in off] for a in off]) * n / (n - 1)


def _welch(errors: tuple[float, ...] | list[float], counts: list[int]) -> float:
    """Return Satterthwaite's degrees of freedom."""
    total = sum(errors)
    if not total > 0:
        return 0.0
    return total**2 / sum(e**2 / (n - 1) for e, n in zip(errors, counts, strict=True))


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


def _fieller(
    offered: Estimate, first: float, shared: Array, counts: list[int], parts: list[Array]
) -> Estimate:
    """Return offered / first with the x for which `offered - x * first` is not refused."""
    ratio = offered.value / first
    degrees = _welch([part[0, 0] for part in parts], counts)
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
