"""Order histories: what an analysis of repeat buying needs to know of each customer.

An *order* is all that a customer buys on one day. Of each customer (Fader, Hardie & Lee 2005,
Marketing Science 24(2), 275-284):

- `frequency`: *repeat orders*, that is orders without the first;
- `recency`: when the last order was, as time after the first; 0 without repeat orders;
- `age`: time from the first order to the last observed day;
- `value`: mean amount of the repeat orders; NaN without any. The first is left out, as it may
  differ from those that follow.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from ...errors import DataError, Problem
from .purchases import check_purchases, coded, days, orders, sums

TimeUnit = Literal["D", "W"]
DAYS: dict[TimeUnit, int] = {"D": 1, "W": 7}
COLUMNS = ("frequency", "recency", "age")


def histories(
    purchases: pd.DataFrame,
    *,
    start: pd.Timestamp | str | None = None,
    end: pd.Timestamp | str,
    unit: TimeUnit = "D",
) -> pd.DataFrame:
    """Return the history of each customer who bought, one row a customer.

    Columns: `frequency`, `recency`, `age` and `value`, and `first`, the day of the first order.

    Args:
        start: purchases before it do not count.
        end: the midnight after the last observed day; purchases from then on do not count.
        unit: of recency and age, days or weeks.

    Raises:
        DataError: a table that cannot be used, or without a purchase between start and end.
        ValueError: a unit that is not known.
    """
    if unit not in DAYS:
        raise ValueError(f"time is told in {' or '.join(DAYS)}, not in {unit}")
    check_purchases(purchases, ("customer", "date", "amount"))
    until = pd.Timestamp(end)
    inside = (purchases["date"] < until).to_numpy()
    if start is not None:
        inside = inside & (purchases["date"] >= pd.Timestamp(start)).to_numpy()
    if not inside.any():
        problem = Problem("column date", "no purchase lies in the period", "Choose another.")
        raise DataError("There are no orders", [problem])
    used = purchases[["customer", "date", "amount"]][inside]
    customer, labels = coded(used["customer"])
    n = len(labels)
    of_order, day, order = orders(customer, days(used))
    amount = sums(order, used["amount"].to_numpy(dtype=float), len(day))
    ends = np.cumsum(np.bincount(of_order, minlength=n))
    starts = np.append(0, ends[:-1])
    frequency = ends - starts - 1
    repeated = sums(of_order, amount, n) - amount[starts]
    last_day = (until - pd.Timedelta(1, "ns")).normalize()
    observed = (last_day - pd.Timestamp(0)).days
    value = np.full(n, np.nan)
    np.divide(repeated, frequency, out=value, where=frequency > 0)
    return pd.DataFrame(
        {
            "frequency": frequency,
            "recency": (day[ends - 1] - day[starts]) / DAYS[unit],
            "age": (observed - day[starts]) / DAYS[unit],
            "value": value,
            "first": day[starts].astype("datetime64[D]").astype("datetime64[s]"),
        },
        index=labels,
    )


def check_histories(histories: pd.DataFrame) -> None:
    """Check that histories have columns that go together.

    Raises:
        DataError: otherwise.
    """
    problems = [
        Problem(f"column {name}", "a customer has no finite number there", "Correct it.")
        for name in COLUMNS
        if name not in histories or not np.isfinite(histories[name].to_numpy(dtype=float)).all()
    ]
    if not problems:
        x, seen, age = (histories[name].to_numpy(dtype=float) for name in COLUMNS)
        if not ((x >= 0) & (x == np.floor(x))).all():
            problems.append(
                Problem("column frequency", "some are no whole numbers from 0", "Count orders.")
            )
        if not ((seen >= 0) & (seen <= age) & ((seen > 0) == (x > 0))).all():
            what = "it is not between 0 and age, or not 0 exactly where frequency is"
            problems.append(Problem("column recency", what, "Measure it from the first order."))
    if not len(histories):
        problems.append(Problem("histories", "there are no customers", "Give at least one."))
    if problems:
        raise DataError("Order histories cannot be used", problems)
