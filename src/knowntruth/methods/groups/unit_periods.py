"""Units by period: what each unit did in each period, as a table of numbers.

One row a unit and one column a period, in the order of time. Nothing done is 0; a missing value is
refused, for whether it means nothing or unknown only who made the table knows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from ...errors import DataError, Problem
from ..predictions.outcomes import Array


class UnitPeriods(NamedTuple):
    """What each unit did in each period.

    Attributes:
        values: numbers from zero up, units by periods.
        units: names of the rows.
        periods: names of the columns.
    """

    values: Array
    units: pd.Index
    periods: pd.Index

    @property
    def totals(self) -> Array:
        """The sum of each unit."""
        return np.asarray(self.values.sum(axis=1))


def unit_periods(table: pd.DataFrame, name: str) -> UnitPeriods:
    """Return a table of units by period, checked; `name` is what problems call it.

    Raises:
        DataError: no units or periods, units or periods named twice, or values that are missing,
            infinite, below zero or no numbers.
    """
    problems = []
    where = f"table {name}"
    if not table.size:
        problems.append(Problem(where, "it has no units or no periods", "Give at least one each."))
    for axis, names in (("unit", table.index), ("period", table.columns)):
        if not names.is_unique:
            twice = names[names.duplicated()][0]
            problems.append(
                Problem(where, f"{axis} {twice} stands twice", "Keep one, or add both up.")
            )
    numbers = table.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    for is_bad, what, fix in (
        (~np.isfinite(numbers), "has values that are no finite number", "Write 0 for nothing."),
        (numbers < 0, "has values below zero", "Correct them, or take them out."),
    ):
        # Which columns: they are few, and whole columns often share one cause.
        bad = table.columns[is_bad.any(axis=0)] if table.size else []
        problems += [Problem(f"{where}, period {period}", f"it {what}", fix) for period in bad]
    if problems:
        raise DataError("A table of units by period cannot be used", problems)
    return UnitPeriods(numbers, table.index, table.columns)


def same_units_and_periods(
    first: pd.DataFrame, second: pd.DataFrame, names: tuple[str, str]
) -> tuple[UnitPeriods, UnitPeriods]:
    """Return two tables of the same units and periods, checked; rows and columns as the first's.

    Raises:
        DataError: as `unit_periods`, or units or periods that only one of them has.
    """
    one, other = (unit_periods(t, n) for t, n in zip((first, second), names, strict=True))
    problems = [
        Problem(
            f"tables {names[0]} and {names[1]}",
            f"{axis} {lone[0]} stands in one of them only, as do {len(lone) - 1} others",
            "Give both tables the same rows and columns.",
        )
        for axis, lone in (
            ("unit", one.units.symmetric_difference(other.units, sort=False)),
            ("period", one.periods.symmetric_difference(other.periods, sort=False)),
        )
        if len(lone)
    ]
    if problems:
        raise DataError("Two tables do not go together", problems)
    rows, columns = other.units.get_indexer(one.units), other.periods.get_indexer(one.periods)
    return one, UnitPeriods(other.values[np.ix_(rows, columns)], one.units, one.periods)
