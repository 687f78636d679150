"""Repetition: how much the columns of several tables of units by period say the same.

Correlations of tables in the same period and of periods within a table, and the *effective
dimension*: how many columns that do not correlate would spread as widely as these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from ...story.estimates import Estimate
from ...story.numbers import Unit
from ..checks import check_at_least, check_share
from .clusters import Array, matrix, sampled


@dataclass(frozen=True, kw_only=True)
class Repetition:
    """How much columns say the same.

    Attributes:
        columns: columns that vary.
        used: units that entered.
        dimension: the participation ratio of the eigenvalues of their correlations, the square
            of the sum by the sum of squares: `columns` where none correlate, 1 where all say
            the same. Squared correlations count less what chance adds to them.
        first: share of the spread along the first principal component.
        shares: of the spread along each component, in descending order.
        together: mean correlation of two tables in the same period, by their names; over the
            periods in which both vary.
        from_period_to_period: mean correlation of two periods, by table.
        reason: why there is nothing; empty otherwise.
    """

    columns: int
    used: int
    dimension: Estimate | None = None
    first: Estimate | None = None
    shares: tuple[float, ...] = ()
    together: Mapping[tuple[str, str], Estimate]
    from_period_to_period: Mapping[str, Estimate]
    reason: str = ""


def repetition(
    tables: Mapping[str, Any],
    *,
    seed: int,
    level: float,
    resamples: int = 100,
    most: int = 2_000,
) -> Repetition:
    """Return how much the columns of tables of one shape say the same.

    Intervals are those of samples of units with replacement, moved to lie around the estimate.

    Raises:
        ValueError: tables of different shapes, or a level that is no share.
        DataError: values that are not finite numbers.
    """
    check_share("level", level)
    check_at_least("resamples", resamples, 2)
    checked = {name: matrix(table) for name, table in tables.items()}
    if len({table.shape for table in checked.values()}) != 1:
        raise ValueError("tables have one shape: units by periods")
    x = np.column_stack(list(checked.values()))
    x = x[sampled(len(x), most, seed)]
    n = len(x)
    varies = np.ptp(x, axis=0) > 0
    # Which table and which period each column is of.
    width = x.shape[1] // len(checked)
    of = np.arange(x.shape[1])[varies]
    table, period = of // width, of % width
    if n < 4 or len(of) < 2:
        return Repetition(
            columns=len(of),
            used=n,
            together={},
            from_period_to_period={},
            reason=f"{len(of)} columns vary over {n} units",
        )
    x = x[:, varies]
    names = list(checked)
    pairs = {
        (names[a], names[b]): (period[:, None] == period) & (table[:, None] == a) & (table == b)
        for a, b in combinations(range(len(names)), 2)
    }
    own = {
        name: np.triu((table[:, None] == at) & (table == at), 1) for at, name in enumerate(names)
    }
    masks = [mask for mask in (*pairs.values(), *own.values()) if mask.any()]

    def figures(rows: Array) -> list[float]:
        found = _correlations(rows)
        first = float(np.linalg.eigvalsh(found)[-1]) / len(found)
        return [_dimension(found, n), first, *(float(found[mask].mean()) for mask in masks)]

    values = figures(x)
    rng = np.random.default_rng(seed)
    drawn = np.array([figures(x[rng.integers(0, n, n)]) for _ in range(resamples)])
    # A correlation lies between -1 and 1, a share between 0 and 1, a dimension from 1 up.
    limits = [(1.0, float(len(of))), (0.0, 1.0), *[(-1.0, 1.0)] * len(masks)]
    units: list[Unit] = ["number"] * (2 + len(masks))
    units[1] = "share"
    found = [
        _around(value, drawn[:, at], n, level, units[at], limits[at])
        for at, value in enumerate(values)
    ]
    of_masks = iter(found[2:])
    spread = np.linalg.eigvalsh(_correlations(x))[::-1] / len(of)
    return Repetition(
        columns=len(of),
        used=n,
        dimension=found[0],
        first=found[1],
        shares=tuple(np.clip(spread, 0, 1).tolist()),
        together={pair: next(of_masks) for pair, mask in pairs.items() if mask.any()},
        from_period_to_period={name: next(of_masks) for name, mask in own.items() if mask.any()},
    )


def _correlations(x: Array) -> Array:
    """Return correlations of columns; those that do not vary correlate with themselves alone."""
    z = x - x.mean(axis=0)
    length = np.sqrt(np.square(z).sum(axis=0))
    z /= np.where(np.ptp(x, axis=0) > 0, length, np.inf)
    found = z.T @ z
    np.fill_diagonal(found, 1.0)
    return np.asarray(np.clip(found, -1, 1))


def _dimension(correlations: Array, n: int) -> float:
    """Return the participation ratio, less what chance adds to squared correlations."""
    p = len(correlations)
    squares = correlations**2
    squares -= (1 - squares) / (n - 2)
    total = float(squares.sum() - np.trace(squares)) + p
    return min(p**2 / total, float(p)) if total > 0 else float(p)


def _around(
    value: float, drawn: Array, n: int, level: float, unit: Unit, limits: tuple[float, float]
) -> Estimate:
    moved = np.quantile(drawn - drawn.mean(), [(1 - level) / 2, (1 + level) / 2])
    return Estimate(
        value=value,
        low=min(max(value + float(moved[0]), limits[0]), value),
        high=max(min(value + float(moved[1]), limits[1]), value),
        level=level,
        n=n,
        unit=unit,
        null=None,
        method="bootstrap of units, percentiles around the estimate",
    )
