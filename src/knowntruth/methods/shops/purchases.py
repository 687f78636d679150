"""Purchases: the table of what customers bought, and the columns that follow from it.

- A *purchase* is a row: one product bought by one customer at one time. Columns `customer`,
  `product`, `date` (with time of day) and `amount` (money for the row, above zero); where known
  `quantity` (*units*; 1 if missing), `category`, `subcategory`, `price` and `cost` (per unit).
- An *order* is all that a customer buys on one day.
- *Revenue* is the sum of amounts; *margin* is amount minus cost times quantity.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import DataError, Problem
from ..predictions.outcomes import Array

Codes = NDArray[np.int64]

NEEDED = ("customer", "product", "date", "amount")
DAY = 86_400_000_000_000  # nanoseconds


def check_purchases(purchases: pd.DataFrame, columns: Sequence[str] = NEEDED) -> None:
    """Check that a table has columns, none of them with gaps, and amounts above zero.

    Raises:
        DataError: otherwise.
    """
    problems = []
    for name in columns:
        if name not in purchases:
            problems.append(Problem(f"column {name}", "it is missing", "Add it."))
        elif purchases[name].isna().any():
            fix = "Fill them, or leave the rows out."
            problems.append(Problem(f"column {name}", "some purchases have none", fix))
        elif name == "amount" and not (purchases[name] > 0).all():
            fix = "Take returns off before, and leave out what cost nothing."
            problems.append(Problem("column amount", "some are not above zero", fix))
    if problems:
        raise DataError("Purchases cannot be used", problems)


def quantities(purchases: pd.DataFrame) -> Array:
    """Return the units of each purchase; 1 where no quantity is known."""
    if "quantity" not in purchases:
        return np.ones(len(purchases))
    return purchases["quantity"].fillna(1).to_numpy(dtype=float)


def margins(purchases: pd.DataFrame) -> Array:
    """Return the margin of each purchase; NaN where the cost is not known."""
    if "cost" not in purchases:
        return np.full(len(purchases), np.nan)
    cost = purchases["cost"].to_numpy(dtype=float)
    return purchases["amount"].to_numpy(dtype=float) - cost * quantities(purchases)


def days(purchases: pd.DataFrame) -> Codes:
    """Return the day of each purchase, in days since 1970."""
    return purchases["date"].to_numpy().astype("datetime64[ns]").astype(np.int64) // DAY


def coded(values: pd.Series) -> tuple[Codes, pd.Index]:
    """Return the place of each value among the distinct ones, and these in their order."""
    codes, labels = pd.factorize(values, sort=True)
    return codes.astype(np.int64), pd.Index(labels, name=values.name)


def orders(customer: Codes, day: Codes) -> tuple[Codes, Codes, Codes]:
    """Return customer and day of each order, and to which order each purchase belongs.

    Orders come by customer, then by day.
    """
    first = int(day.min()) if len(day) else 0
    span = int(day.max()) - first + 1 if len(day) else 1
    keys, of = np.unique(customer * span + (day - first), return_inverse=True)
    return keys // span, keys % span + first, of


def sums(codes: Codes, values: Array, groups: int) -> Array:
    """Return the sum of values of each of so many groups."""
    return np.asarray(np.bincount(codes, weights=values, minlength=groups), dtype=float)
