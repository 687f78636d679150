"""Concentration: how much of a total few units make, and how surely the data say so.

- *Lorenz curve*: the share of the total made by the share p of units with the least.
- *Gini*: twice the area between that curve and equality; 0 where all units make the same, near 1
  where one makes all. The form without the factor n / (n - 1).
- *top share*: the share of the total made by a share of units with the most. That is a whole
  number of units, rounded down, and at least one.
- *holders of a part*: the smallest share of units that makes such a part of the total.

Intervals resample units: they say how far another draw of such units could differ. They know of
no unit larger than those seen: of 150 lognormal units whose logarithms have a standard deviation
of 0.6, the 95% interval of Gini holds the truth nine times in ten; of 2.5, half of the time.
`power_laws` follows the largest units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..predictions.outcomes import Array
from ..resampling import Counts, Kind, resample

# Points of the Lorenz curve, from none of the units to all of them.
POINTS = 101


@dataclass(frozen=True, kw_only=True)
class Top:
    """What the units with the most make.

    Attributes:
        units: how many they are.
        least: what the last of them makes; others that make the same may stand outside.
        total: what they make together.
        share: the same as a share of the total of all; unit `share`.
    """

    units: int
    least: float
    total: float
    share: Estimate


@dataclass(frozen=True, kw_only=True)
class Concentration:
    """How unevenly a total is made.

    Attributes:
        n: units of which the value is known.
        total: the sum of their values.
        gini: Gini's coefficient; unit `number`.
        top: by share of units asked for, what the units with the most make.
        largest: the same by number of units asked for.
        holders: by part of the total, the smallest share of units that makes it; unit `share`.
        lorenz: the curve; columns `units` and `total` (shares), `low` and `high`, point by point.
        reason: why all of these are None or empty; "" when they are not.
    """

    n: int
    total: float
    gini: Estimate | None = None
    top: dict[float, Top] = field(default_factory=dict)
    largest: dict[int, Top] = field(default_factory=dict)
    holders: dict[float, Estimate] = field(default_factory=dict)
    lorenz: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["units", "total", "low", "high"], dtype=float)
    )
    reason: str = ""


def concentration(
    values: ArrayLike,
    *,
    level: float,
    seed: int,
    shares: Sequence[float] = (0.2, 0.1, 0.01),
    units: Sequence[int] = (),
    parts: Sequence[float] = (0.5, 0.8),
    draws: int = 2_000,
    kind: Kind = "bca",
) -> Concentration:
    """Return how unevenly a total is made by units; missing values are left out.

    Args:
        values: what each unit makes, none of them below zero.
        shares: the shares of units of which the top share is asked.
        units: the same as numbers of units; more than there are stand for all.
        parts: the parts of the total whose holders are asked.

    Raises:
        ValueError: values that are no column, a share, part or level that is none, numbers of
            units below one, or fewer than 20 draws.
    """
    x = known(values)
    for name, asked in (("share", shares), ("part", parts)):
        for one in asked:
            check_share(name, one)
    for count in units:
        check_at_least("the number of units", count, 1)
    n, total = len(x), float(x.sum())
    reason = unshareable(x)
    if reason:
        return Concentration(n=n, total=total, reason=reason)
    x = np.sort(x)
    asked_units = [*(top_units(share, n) for share in shares), *(min(k, n) for k in units)]
    at = 1 - np.array(asked_units, dtype=float) / n
    grid = np.linspace(0, 1, POINTS)
    from_top = 1 - np.array(parts, dtype=float)

    def statistic(counts: Counts) -> Array:
        p, made = lorenz(x, counts)
        # The area under the curve is a sum of trapezoids.
        gini = 1 - float(np.diff(p) @ (made[1:] + made[:-1]))
        tops = 1 - np.interp(at, p, made)
        holders = 1 - np.interp(from_top, made, p)
        return np.concatenate([[gini], tops, holders, np.interp(grid, p, made)])

    found = resample(statistic, n, level=level, draws=draws, seed=seed, kind=kind)
    rising = np.append(0.0, np.cumsum(x))

    def top(place: int) -> Top:
        k = asked_units[place]
        share = found.estimate(1 + place, unit="share", bounds=(0.0, 1.0))
        assert share is not None
        return Top(units=k, least=float(x[n - k]), total=total - float(rising[n - k]), share=share)

    after = 1 + len(asked_units)
    curve = slice(after + len(parts), None)
    holders = {
        part: found.estimate(after + i, unit="share", bounds=(0.0, 1.0))
        for i, part in enumerate(parts)
    }
    return Concentration(
        n=n,
        total=total,
        gini=found.estimate(0, bounds=(0.0, 1.0)),
        top={share: top(i) for i, share in enumerate(shares)},
        largest={k: top(len(shares) + i) for i, k in enumerate(units)},
        holders={part: one for part, one in holders.items() if one is not None},
        lorenz=pd.DataFrame(
            {
                "units": grid,
                "total": found.values[curve],
                "low": found.low[curve],
                "high": found.high[curve],
            }
        ),
    )


def lorenz(x: Array, counts: Counts | None = None) -> tuple[Array, Array]:
    """Return the corners of the Lorenz curve of sorted values: shares of units and of the total.

    `counts` is how often each value occurs; once where it is not given.
    """
    times = np.ones(len(x), dtype=np.int64) if counts is None else counts
    units = np.append(0, np.cumsum(times))
    made = np.append(0.0, np.cumsum(times * x))
    # A resample of units that make nothing has no curve.
    return units / units[-1], made / made[-1] if made[-1] > 0 else np.full(len(made), np.nan)


def top_units(share: float, n: int) -> int:
    """Return how many of n units a top share is: rounded down, at least one."""
    # 0.29 * 100 is a little below 29.
    return max(math.floor(check_share("share", share) * n + 1e-9), 1)


def top_by_period(table: pd.DataFrame, *, share: float) -> pd.Series[float]:
    """Return, for each period, the share of its total made by the units that make most in all.

    `table` has one row a unit and one column a period. The same units throughout, those with the
    largest sums; of units with one sum, later rows first. NaN in a period in which nobody makes
    anything.

    Raises:
        ValueError: a share that is none, or a table without rows.
    """
    check_at_least("the number of units", len(table), 1)
    order = np.argsort(table.sum(axis=1).to_numpy(dtype=float), kind="stable")
    top = table.iloc[order[-top_units(share, len(table)) :]]
    totals = table.sum()
    return (top.sum() / totals.where(totals > 0)).astype(float)


def known(values: ArrayLike) -> Array:
    """Return the values that are known.

    Raises:
        ValueError: no column of numbers, or an infinite one.
    """
    x = np.asarray(values, dtype=float)
    if x.ndim != 1 or np.isinf(x).any():
        raise ValueError("what units make is a column of finite numbers")
    kept: Array = x[~np.isnan(x)]
    return kept


def unshareable(x: Array) -> str:
    """Return why values make no shares of a total; "" where they do."""
    if len(x) < 2:
        return "fewer than two values are known"
    if x.min() < 0:
        return "values below zero make no share of a total"
    return "" if x.sum() > 0 else "all values are zero"
