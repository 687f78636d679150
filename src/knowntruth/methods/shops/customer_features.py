"""Customer features: numbers that describe what each customer bought, one row a customer.

`published` are the five features of a published report. All of its money follows the prices of
what is bought, so that two of them say much the same. `better` takes prices and shares of the
catalogue out, and leaves what a customer does: how often they order, how many units they take at
a time, whether they pay more than is usual for the same thing, and how long they have been silent
for somebody who orders as often. Words and columns of the table are those of `purchases`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..checks import check_at_least
from ..predictions.outcomes import Array
from .purchases import Codes, check_purchases, coded, days, orders, quantities, sums

MONTH = 365.25 / 12


def published(purchases: pd.DataFrame) -> pd.DataFrame:
    """Return the features of the published report.

    Columns: `total_spending` and `average_spending` (sum and mean of amounts), `total_quantity`
    (units), `shopping_days` (days with a purchase) and `spend_per_item` (spending per unit).

    Raises:
        DataError: a table that cannot be used; see `purchases`.
    """
    customer, labels, units = _read(purchases)
    n = len(labels)
    spending = sums(customer, purchases["amount"].to_numpy(dtype=float), n)
    of_order, _, _ = orders(customer, days(purchases))
    quantity = sums(customer, units, n)
    return pd.DataFrame(
        {
            "total_spending": spending,
            "average_spending": spending / np.bincount(customer, minlength=n),
            "total_quantity": quantity,
            "shopping_days": np.bincount(of_order, minlength=n),
            "spend_per_item": spending / quantity,
        },
        index=labels,
    )


def better(
    purchases: pd.DataFrame, *, end: pd.Timestamp | str, usual: str = "product"
) -> pd.DataFrame:
    """Return features that follow what a customer does.

    - `order_rate`: log of orders a month after the first order. One order at the rate of all
      customers is added to what is seen, so that who came last week is not the most frequent.
    - `quantity`: mean log of units per purchase.
    - `relative_price`: mean log of what is paid per unit over its median within the same `usual`
      column: of the same product, how dear it was bought; of the same category, how dear it is.
    - `silence`: log of 1 + time since the last order, in gaps as long as that rate makes them.

    Args:
        end: the midnight after the last observed day.
        usual: the column whose values have a usual price.

    Raises:
        DataError: a table that cannot be used; see `purchases`.
        ValueError: an end that is not after all purchases.
    """
    check_purchases(purchases, (usual,))
    customer, labels, units = _read(purchases)
    n = len(labels)
    of_order, day, _ = orders(customer, days(purchases))
    last_day = float((pd.Timestamp(end) - pd.Timedelta(1, "ns")).normalize().value // 86_400 / 1e9)
    check_at_least("the last observed day", last_day, float(day.max()))
    ends = np.cumsum(np.bincount(of_order, minlength=n))
    starts = np.append(0, ends[:-1])
    repeats, age = (ends - starts - 1).astype(float), last_day - day[starts]
    # Without any repeat order the rate cannot be known; then all have the same.
    common = max(repeats.sum(), 1.0) / max(age.sum(), 1.0)
    rate = (repeats + 1) / (age + 1 / common)
    price = np.log(purchases["amount"].to_numpy(dtype=float) / units)
    kind, kinds = coded(purchases[usual])
    medians = pd.Series(price).groupby(kind).median().reindex(range(len(kinds))).to_numpy()
    return pd.DataFrame(
        {
            "order_rate": np.log(rate * MONTH),
            "quantity": _means(customer, np.log(units), n),
            "relative_price": _means(customer, price - medians[kind], n),
            "silence": np.log1p((last_day - day[ends - 1]) * rate),
        },
        index=labels,
    )


def _read(purchases: pd.DataFrame) -> tuple[Codes, pd.Index, Array]:
    check_purchases(purchases, ("customer", "date", "amount"))
    customer, labels = coded(purchases["customer"])
    return customer, labels, quantities(purchases)


def _means(customer: Codes, values: Array, n: int) -> Array:
    return sums(customer, values, n) / np.bincount(customer, minlength=n)
