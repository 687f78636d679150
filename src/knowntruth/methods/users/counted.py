"""Counted values: the distinct values of a column, and how often each occurs.

A million whole numbers cost as much as the few values that they take. Missing values and NaN are
left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, Problem
from ..experiments.crossed import BLANK
from ..tables import Table, check_columns, check_numbers, number, quoted, relation

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Counted:
    """Distinct values of a column, from the smallest up, and how often each occurs."""

    values: Array
    counts: Array

    @property
    def n(self) -> int:
        """How many values there are in all."""
        return int(self.counts.sum())

    @property
    def mean(self) -> float:
        """Their mean."""
        return float(np.average(self.values, weights=self.counts))

    def variance(self, low: float = -math.inf, high: float = math.inf) -> float:
        """Variance of the values pulled in to `low` and `high`, with divisor n - 1."""
        if self.n < 2:
            return math.nan
        inside = np.clip(self.values, low, high)
        squares = (inside - np.average(inside, weights=self.counts)) ** 2
        return float(self.counts @ squares) / (self.n - 1)

    def ranked(self, rank: int) -> float:
        """Return the value of a rank; the smallest has rank 1."""
        return float(self.values[np.searchsorted(np.cumsum(self.counts), rank)])

    @property
    def median(self) -> float:
        """The value in the middle, or halfway between both."""
        return (self.ranked((self.n + 1) // 2) + self.ranked(self.n // 2 + 1)) / 2

    def largest(self, k: int) -> float:
        """Return the sum of the k largest values."""
        above = np.cumsum(self.counts[::-1])[::-1] - self.counts
        return float(np.clip(k - above, 0, self.counts) @ self.values)


def counted(
    table: Table, value: str, group: str | None = None, labels: Sequence[str] = ("",)
) -> list[Counted | None]:
    """Return the known values of each group that is asked for, of all without a column of groups.

    One query; None for a group without a known value.
    """
    rows = relation(table)
    check_columns(rows, [value, *([] if group is None else [group])])
    check_numbers(rows, [value])
    x = number(value, whole=False)
    label = "''" if group is None else f"coalesce(CAST({quoted(group)} AS VARCHAR), '{BLANK}')"
    wanted = ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
    place = f"coalesce(list_position([{wanted}], {label}), 0)"
    found = rows.aggregate(f"{place} AS place, {x} AS x, count(*) AS n", f"{place}, {x}")
    numbers = {name: np.ma.filled(column, np.nan) for name, column in found.fetchnumpy().items()}
    columns = np.vstack([numbers[name].astype(float) for name in ("place", "x", "n")])
    columns = columns[:, ~np.isnan(columns[1])]
    place_of, values, counts = columns[:, np.argsort(columns[1])]
    if np.isinf(values).any():
        what, fix = "it holds an infinite value", "Remove or correct it."
        raise DataError("A metric must be finite", [Problem(f"column {value}", what, fix)])
    of = [place_of == i + 1 for i in range(len(labels))]
    return [Counted(values[one], counts[one]) if one.any() else None for one in of]
