"""Collapsing: a panel of few groups, each the mean of its units.

A *group* of units, such as a market or all treated units together, becomes one unit with its
weighted mean in each period. What a treatment did to the group can be told so only if all its
units are treated from the same period on.
"""

from __future__ import annotations

import numpy as np

from .panel import Codes, Panel


def collapse(panel: Panel, group: Codes) -> Panel | None:
    """Return the panel of groups; None where a group holds units with different starts.

    Args:
        panel: of units.
        group: number of each unit's group, from 0; not all need occur.

    The weight of a group in a period is the sum of its rows' weights. A group that all units
    of have a row missing in a period has none there. Covariates are left out.
    """
    names, code = np.unique(group, return_inverse=True)
    first = np.full(len(names), -1)
    first[code] = panel.first
    if (first[code] != panel.first).any():
        return None
    cells = code[panel.unit] * len(panel.periods) + panel.period
    size = len(names) * len(panel.periods)
    weight = np.bincount(cells, panel.weight, minlength=size).astype(float)
    total = np.bincount(cells, panel.weight * panel.outcome, minlength=size)
    kept = np.flatnonzero(weight > 0)
    unit, period = np.divmod(kept, len(panel.periods))
    return Panel(
        unit=unit,
        period=period,
        outcome=total[kept] / weight[kept],
        weight=weight[kept],
        covariates=np.empty((len(kept), 0)),
        first=first,
        cluster=np.arange(len(names)),
        labels=tuple(str(name) for name in names),
        periods=panel.periods,
        left_out=panel.left_out,
    )


def treated_as_one(panel: Panel) -> Panel | None:
    """Return the panel with all treated units as one group; None where starts differ.

    That group is the last unit. Controls stay as they are.
    """
    groups = np.where(panel.ever, panel.units, np.arange(panel.units))
    return collapse(panel, groups)
