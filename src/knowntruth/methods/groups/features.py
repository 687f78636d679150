"""Features of units by period: two tables and their ratio, and what is left of their repetition.

*Volume* and *value* are tables of one shape, one row a unit and one column a period, without
missing numbers and none below zero: sales and what they brought in. *Price* is value by volume.

- `by_period` gives the three, `side_by_side` puts them in one table: many columns that say much
  the same (see `repetition`).
- `profile` says what a unit is like in a few columns that repeat less.
- `logs` takes logarithms, so that a giant is some steps ahead and not a world of its own;
  `standardised` gives columns one spread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ...errors import DataError, Problem
from .clusters import Array, matrix


def by_period(volume: Any, value: Any, *, price_of_none: float = 0.0) -> dict[str, pd.DataFrame]:
    """Return volume, value and price by period, by these names.

    Without volume there is no price: `price_of_none` stands in its place, as 0 does in many
    analyses, which makes "no sale" the lowest price.

    Raises:
        ValueError: tables of different shapes.
        DataError: numbers that are missing, infinite or below zero.
    """
    v, m, periods = _checked(volume, value)
    price = np.divide(m, v, out=np.full(v.shape, float(price_of_none)), where=v > 0)
    tables = {"volume": v, "value": m, "price": price}
    return {name: pd.DataFrame(table, columns=periods) for name, table in tables.items()}


def side_by_side(tables: Mapping[str, Any]) -> pd.DataFrame:
    """Return tables as one, columns named after table and period."""
    frames = [pd.DataFrame(table).reset_index(drop=True) for table in tables.values()]
    named = [
        frame.set_axis([f"{name} {period}" for period in frame.columns], axis=1)
        for name, frame in zip(tables, frames, strict=True)
    ]
    return pd.concat(named, axis=1)


def logs(values: Any) -> Any:
    """Return log(1 + values), in the shape and with the names that came in.

    Raises:
        ValueError: a value below zero.
    """
    if (np.asarray(values, dtype=float) < 0).any():
        raise ValueError("a logarithm is taken of values that are not below zero")
    return np.log1p(values)


def standardised(values: Any) -> Array:
    """Return columns with mean 0 and standard deviation 1; those that do not vary are 0.

    Raises:
        DataError: values that are not finite numbers.
    """
    x = matrix(values)
    varies = np.ptp(x, axis=0) > 0
    centred = np.where(varies, x - x.mean(axis=0), 0.0)
    return np.asarray(centred / np.where(varies, x.std(axis=0), 1.0))


def profile(volume: Any, value: Any) -> pd.DataFrame:
    """Return what each unit is like, one row a unit; missing where a unit has no volume at all.

    Columns: `log_volume`, log(1 + volume of all periods); `log_price`, log(1 + value by volume
    of all periods); `active`, share of periods with volume from the first such to the last
    period; `quiet`, periods since the last with volume; `late`, share of volume that came in
    the second half of periods (of an odd number, the middle one counts as early).

    Raises:
        ValueError, DataError: as `by_period`.
    """
    v, m, _ = _checked(volume, value)
    periods = v.shape[1]
    active, total = v > 0, v.sum(axis=1)
    first, last = active.argmax(axis=1), periods - 1 - active[:, ::-1].argmax(axis=1)
    some = np.where(total > 0, total, np.nan)
    return pd.DataFrame(
        {
            "log_volume": np.log1p(some),
            "log_price": np.log1p(m.sum(axis=1) / some),
            "active": np.where(total > 0, active.sum(axis=1) / (periods - first), np.nan),
            "quiet": np.where(total > 0, periods - 1.0 - last, np.nan),
            "late": v[:, (periods + 1) // 2 :].sum(axis=1) / some,
        }
    )


def _checked(volume: Any, value: Any) -> tuple[Array, Array, list[Any]]:
    v, m = matrix(volume), matrix(value)
    if v.shape != m.shape:
        raise ValueError(f"volume is {v.shape} and value {m.shape}: not of one shape")
    problems = [
        Problem(f"the table of {name}", "a number is below zero", "Correct it or leave it out.")
        for name, table in (("volume", v), ("value", m))
        if (table < 0).any()
    ]
    if problems:
        raise DataError("A table cannot be used", problems)
    frame = volume if isinstance(volume, pd.DataFrame) else pd.DataFrame(v)
    return v, m, list(frame.columns)
