"""Holdout: whether the orders and the money that were expected of customers came.

Models are fitted to what was bought before a moment and held against what the same customers
bought after it, beside *naive ways* to expect it:

- `last period`: as much as in a time of the same length just before;
- `mean`: for each the mean of that over all customers;
- `rate`: orders at each one's own rate since the first order, as if nobody left. Those who began on
  the last day have the mean rate.

Money is expected as orders times `gamma_gamma`'s value of an order by BG/NBD; by rate as orders
times the mean amount of each one's orders. The *error* is the root of the mean square: of all ways
the expectation itself has the least. Intervals resample customers and do not fit again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..predictions.outcomes import Array
from ..rank_correlation import rank_correlation
from ..resampling import Counts, resample
from . import bg_nbd, gamma_gamma
from .bg_nbd import BgNbd
from .gamma_gamma import GammaGamma
from .order_histories import DAYS, TimeUnit, histories
from .purchases import Codes, days, orders, sums

MODEL = "BG/NBD"
WAYS = (MODEL, "last period", "mean", "rate")


@dataclass(frozen=True, kw_only=True)
class Way:
    """How one way to expect what comes did.

    Attributes:
        total: what it expected of all.
        bias: mean of expected minus actual.
        error: root of the mean squared difference.
        more_error: that error minus the model's; None of the model itself.
        ranks: rank correlation of expected with actual; None where one is constant.
    """

    total: float
    bias: Estimate
    error: Estimate
    more_error: Estimate | None
    ranks: Estimate | None


@dataclass(frozen=True, kw_only=True)
class Holdout:
    """What was expected beside what came.

    Attributes:
        customers: one row a customer who bought before: `frequency`, actual `orders` and `amount`
            after, and what each way expected, as `orders: BG/NBD`, `amount: rate` and so on.
        groups: one row a group by repeat orders before: `from`, `to`, `label`, `customers`, the
            mean `actual` orders with the ends `low` and `high` of its interval, and the mean that
            each way expected, in the name of the way.
        orders, amounts: each way by name; amounts are empty where values have no model.
        actual_orders, actual_amount: totals after.
        new_customers: who bought only after; nobody expected them.
        purchasing, spending: the fitted models.
        reason: why there is nothing; "" when there is.
    """

    customers: pd.DataFrame
    groups: pd.DataFrame
    orders: Mapping[str, Way]
    amounts: Mapping[str, Way]
    actual_orders: int
    actual_amount: float
    new_customers: int
    purchasing: BgNbd
    spending: GammaGamma
    reason: str = ""


def check(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    at: pd.Timestamp | str,
    end: pd.Timestamp | str,
    start: pd.Timestamp | str | None = None,
    unit: TimeUnit = "D",
    groups: int = 8,
    level: float,
    seed: int,
    draws: int = 1_000,
) -> Holdout:
    """Return what was expected of customers beside what they bought.

    Args:
        before, after: purchases; those from `start` until `at` and from `at` until `end` count.
        at, end: midnights, each after the last day of a part.
        groups: of how many repeat orders before to make a row; more are put together so that
            groups have about as many customers.

    Raises:
        DataError: tables that cannot be used.
        ValueError: an end that is not after `at`, fewer than two groups, or wrong arguments of
            resampling.
    """
    check_share("level", level)
    check_at_least("the number of groups", groups, 2)
    check_at_least("the number of draws", draws, 20)
    split, until = pd.Timestamp(at), pd.Timestamp(end)
    ahead = (until - split) / pd.Timedelta(1, "D")
    check_at_least("the days after", ahead, 1)
    known = histories(before, start=start, end=split, unit=unit)
    purchasing, spending = bg_nbd.fit(known, level=level), gamma_gamma.fit(known, level=level)
    later = after[(after["date"] >= split) & (after["date"] < until)]
    actual, amount = _bought(later, known.index)
    table = pd.DataFrame(
        {"frequency": known["frequency"], "orders": actual, "amount": amount}, index=known.index
    )
    expected = _expected(before, known, purchasing, spending, split, ahead, DAYS[unit])
    for name, values in expected.items():
        table[name] = values
    found = Holdout(
        customers=table,
        groups=pd.DataFrame(),
        orders={},
        amounts={},
        actual_orders=int(actual.sum()),
        actual_amount=float(amount.sum()),
        new_customers=int((~later["customer"].drop_duplicates().isin(known.index)).sum()),
        purchasing=purchasing,
        spending=spending,
        reason=purchasing.reason or ("" if len(known) > 1 else "fewer than two customers bought"),
    )
    if found.reason:
        return found
    ways = {
        kind: _judged(table, kind, level=level, seed=seed, draws=draws)
        for kind in ("orders", "amount")
        if kind == "orders" or not spending.reason
    }
    return Holdout(
        **{
            **found.__dict__,
            "orders": ways["orders"],
            "amounts": ways.get("amount", {}),
            "groups": _grouped(table, groups, level=level, seed=seed, draws=draws),
        }
    )


def _bought(purchases: pd.DataFrame, customers: pd.Index) -> tuple[Codes, Array]:
    """Return orders and money of each customer; those of others are left out."""
    place = customers.get_indexer(pd.Index(purchases["customer"]))
    known, n = place >= 0, len(customers)
    who = place[known].astype(np.int64)
    amount = purchases["amount"].to_numpy(dtype=float)[known]
    of_order, _, _ = orders(who, days(purchases)[known])
    return np.bincount(of_order, minlength=n), sums(who, amount, n)


def _expected(
    before: pd.DataFrame,
    known: pd.DataFrame,
    purchasing: BgNbd,
    spending: GammaGamma,
    split: pd.Timestamp,
    ahead: float,
    days_in_unit: int,
) -> dict[str, Array]:
    """Return what each way expects of each customer."""
    first = known["first"].min()
    length = min(ahead, (split - first) / pd.Timedelta(1, "D"))
    recent = before[
        (before["date"] >= split - pd.Timedelta(length, "D")) & (before["date"] < split)
    ]
    last = [ahead / length * values for values in _bought(recent, known.index)]
    x, age = known["frequency"].to_numpy(dtype=float), known["age"].to_numpy(dtype=float)
    horizon = ahead / days_in_unit
    common = x.sum() / max(age.sum(), 1e-9)
    rate = np.divide(x, age, out=np.full(len(x), common), where=age > 0) * horizon
    by_model = purchasing.expected(known, horizon).to_numpy()
    value = spending.expected(known).to_numpy()
    counted = before[(before["date"] >= first) & (before["date"] < split)]
    number, money = _bought(counted, known.index)
    found = {
        "orders": (by_model, last[0], np.full(len(x), last[0].mean()), rate),
        "amount": (by_model * value, last[1], np.full(len(x), last[1].mean()),
                   rate * money / number),
    }  # fmt: skip
    return {
        f"{kind}: {way}": values
        for kind, all_ways in found.items()
        for way, values in zip(WAYS, all_ways, strict=True)
    }


def _judged(
    table: pd.DataFrame, kind: str, *, level: float, seed: int, draws: int
) -> dict[str, Way]:
    actual = table[kind].to_numpy(dtype=float)
    expected = np.column_stack([table[f"{kind}: {way}"] for way in WAYS])
    gap = expected - actual[:, None]
    both, k = np.hstack([gap, gap**2]), len(WAYS)

    def statistic(counts: Counts) -> Array:
        means = counts @ both / counts.sum()
        error = np.sqrt(means[k:])
        return np.concatenate([means[:k], error, error - error[0]])

    found = resample(statistic, len(actual), level=level, draws=draws, seed=seed)
    ways = {}
    for i, way in enumerate(WAYS):
        bias, error, more = (found.estimate(i + j * k) for j in range(3))
        assert bias is not None
        assert error is not None
        ways[way] = Way(
            total=float(expected[:, i].sum()),
            bias=bias,
            error=error,
            more_error=more if i else None,
            ranks=rank_correlation(expected[:, i], actual, level=level),
        )
    return ways


def _grouped(
    table: pd.DataFrame, groups: int, *, level: float, seed: int, draws: int
) -> pd.DataFrame:
    """Return means of groups by repeat orders; of few different numbers each is a group."""
    frequency = table["frequency"].to_numpy()
    lowest = np.array(_starts(*np.unique(frequency, return_counts=True), groups))
    place = np.searchsorted(lowest, frequency, side="right") - 1
    k, size = len(lowest), np.bincount(place)
    actual = table["orders"].to_numpy(dtype=float)

    def statistic(counts: Counts) -> Array:
        number = np.bincount(place, weights=counts, minlength=k)
        total = np.bincount(place, weights=counts * actual, minlength=k)
        means = np.full(k, np.nan)
        np.divide(total, number, out=means, where=number > 0)
        return means

    found = resample(statistic, len(actual), level=level, draws=draws, seed=seed, kind="percentile")
    highest = np.array([frequency[place == i].max() for i in range(k)])
    rows = pd.DataFrame({"from": lowest, "to": highest, "customers": size, "actual": found.values})
    labels = [f"{a}" if a == b else f"{a} to {b}" for a, b in zip(lowest, highest, strict=True)]
    rows.insert(2, "label", labels)
    rows["low"], rows["high"] = found.low, found.high
    for way in WAYS:
        rows[way] = sums(place, table[f"orders: {way}"].to_numpy(dtype=float), k) / size
    return rows


def _starts(numbers: Codes, customers: Codes, groups: int) -> list[int]:
    """Return the lowest number of each group.

    From the lowest up, a group takes numbers until it has its share of the customers left, so that
    many customers with one number do not use up the groups of the others.
    """
    if len(numbers) <= groups:
        return [int(number) for number in numbers]
    starts, left, inside = [int(numbers[0])], int(customers.sum()), 0
    for number, count in zip(numbers, customers, strict=True):
        to_make = groups - len(starts) + 1
        if inside >= left / to_make and to_make > 1:
            starts.append(int(number))
            left, inside = left - inside, 0
        inside += int(count)
    return starts
