"""Two-by-two table: the means of two groups, before and after one start.

Units of the *treated* group are treated from one *start* on, *controls* never. The treated
group's change less the controls' is the effect on the treated if, without treatment, both would
have changed alike (*parallel trends*), and if nothing happened before the start (*no
anticipation*). A table cannot show the first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .panel import Flags, Panel


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


def four_means(panel: Panel) -> FourMeans:
    """Return the means of both groups before and after the start.

    Rows count as they are: a unit with more rows counts more.
    """
    after, treated = after_start(panel), panel.ever[panel.unit]
    cells = [_cell(panel, (treated == group) & (after == when)) for group, when in _CELLS]
    empty = [name for name, cell in zip(_CELLS.values(), cells, strict=True) if not cell.rows]
    reason = no_single_start(panel) or (f"there is no row of {empty[0]}" if empty else "")
    before, later, treated_before, treated_later = cells
    return FourMeans(
        control_before=before,
        control_after=later,
        treated_before=treated_before,
        treated_after=treated_later,
        reason=reason,
    )


def no_single_start(panel: Panel) -> str:
    """Return why a panel has no one start that parts treated from controls, or ""."""
    if not panel.starts:
        return "no unit is ever treated"
    if panel.ever.all():
        return "every unit is treated: nothing is left to compare with"
    if len(panel.starts) > 1:
        return f"treatment starts in {len(panel.starts)} periods, not in one"
    return ""


def after_start(panel: Panel) -> Flags:
    """Return by row whether the start has come, for controls as well."""
    return panel.period >= (panel.starts[0] if panel.starts else len(panel.periods))


_CELLS = {
    (False, False): "controls before the start",
    (False, True): "controls after the start",
    (True, False): "the treated group before the start",
    (True, True): "the treated group after the start",
}


def _cell(panel: Panel, rows: Flags) -> Cell:
    weight = panel.weight[rows]
    mean = float(np.average(panel.outcome[rows], weights=weight)) if len(weight) else math.nan
    return Cell(rows=int(rows.sum()), units=len(np.unique(panel.unit[rows])), mean=mean)
