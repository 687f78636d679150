"""Recency: how long ago a unit was last seen, from a table of units by period.

A unit is *active* in a period in which its count is above zero. Four readings, each larger the
longer ago:

- `last`: periods since the unit was last active; 1 is the last period of the table. In a table
  of months most units that live are at 1: it tells few of them apart.
- `rhythm`: the same over the unit's own usual gap between active periods. A unit that is active
  every period is at 1 when it was active in the last; above 1 it is overdue. The usual gap is the
  mean of its own and of one more that is as long as all units' gaps on average, so that a unit
  seen once has one.
- `age`: how many periods ago the mean of what it did was done.
- `quiet`: the share of periods since the unit was first seen in which it was not active. A period
  counts half as much as the one two later, and one more period, half active, counts as the last
  does: so a unit seen once is not taken for one that never pauses.

A unit never active counts as active in the period before the table, and is wholly quiet.
`compare_recencies` asks of each reading how many units it leaves tied, and how well it says who
will be silent next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..predictions.outcomes import Array
from ..predictions.ranking import auc
from .unit_periods import unit_periods

Recency = Literal["last", "rhythm", "age", "quiet"]

# Periods in which what was done counts half as much.
HALF_LIFE = 2


@dataclass(frozen=True, kw_only=True)
class RecencyCheck:
    """What one reading of recency tells apart.

    Attributes:
        kind: the reading.
        units: units that it was asked of.
        distinct: how many different values they have.
        commonest: the share of units with the commonest value.
        tied: the share of pairs of units that it does not tell apart; None of fewer than two.
        auc: chance that a unit that falls silent was longer ago than one that does not, known
            before; None where `reason` is not empty.
        silent: how many of the units that were active before fell silent.
        followed: how many units were active before.
        reason: why there is no `auc`, or "".
    """

    kind: Recency
    units: int
    distinct: int
    commonest: float
    tied: float | None
    auc: Estimate | None
    silent: int
    followed: int
    reason: str = ""


def recency(counts: pd.DataFrame, *, kind: Recency = "last") -> pd.Series[float]:
    """Return how long ago each unit was seen, by one reading.

    Raises:
        ValueError: a kind that is none.
        DataError: see `unit_periods`.
    """
    if kind not in get_args(Recency):
        raise ValueError(f"recency is {', '.join(get_args(Recency))}, not {kind}")
    table = unit_periods(counts, "counts")
    return pd.Series(_recency(table.values, kind), index=table.units, name=kind)


def compare_recencies(
    counts: pd.DataFrame, *, level: float, ahead: int = 1
) -> dict[Recency, RecencyCheck]:
    """Return what each reading of recency tells apart.

    Ties are of the whole table. For the AUC the last `ahead` periods are hidden: of the units
    active before, who is active in none of them? It is DeLong's, see `ranking.auc`.

    Raises:
        ValueError: a level that is no share, or not at least one period ahead and one before.
        DataError: see `unit_periods`.
    """
    check_share("level", level)
    check_at_least("the number of periods ahead", ahead, 1)
    table = unit_periods(counts, "counts")
    check_at_least("the number of periods before", len(table.periods) - ahead, 1)
    before, after = np.split(table.values, [len(table.periods) - ahead], axis=1)
    seen = before.any(axis=1)
    silent = ~after[seen].any(axis=1)
    found: dict[Recency, RecencyCheck] = {}
    for kind in get_args(Recency):
        values = _recency(table.values, kind)
        # Rounding alone tells nobody apart.
        _, times = np.unique(values.round(9), return_counts=True)
        n, shown = len(values), None
        if seen.any():
            known = _recency(before[seen], kind)
            shown = auc(silent, rankdata(known.round(9)) / len(known), level=level)
        found[kind] = RecencyCheck(
            kind=kind,
            units=n,
            distinct=len(times),
            commonest=float(times.max()) / n,
            tied=float(times @ (times - 1)) / (n * (n - 1)) if n > 1 else None,
            auc=shown,
            silent=int(silent.sum()),
            followed=int(seen.sum()),
            reason="" if shown else "nobody or everybody fell silent",
        )
    return found


def _recency(counts: Array, kind: Recency) -> Array:
    active = counts > 0
    periods = active.shape[1]
    ever = active.any(axis=1)
    since = np.where(ever, np.argmax(active[:, ::-1], axis=1), periods) + 1.0
    if kind == "last":
        return np.asarray(since)
    ago = np.arange(periods, 0, -1.0)
    if kind == "quiet":
        counted = 0.5 ** ((ago - 1) / HALF_LIFE)
        followed = np.maximum.accumulate(active, axis=1) @ counted
        return np.asarray(np.where(ever, 1 - (active @ counted + 0.5) / (followed + 1), 1.0))
    if kind == "age":
        totals = counts.sum(axis=1)
        never = np.full(len(totals), periods + 1.0)
        return np.asarray(np.divide(counts @ ago, totals, out=never, where=ever))
    gaps = np.maximum(active.sum(axis=1) - 1, 0)
    spans = np.where(ever, periods - since - np.argmax(active, axis=1), 0)
    usual = spans.sum() / gaps.sum() if gaps.any() else 1.0
    return np.asarray(since * (gaps + 1) / (spans + usual))
