"""Placebos in time: a start that nobody had, where an effect can be chance alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .panel import Panel


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
