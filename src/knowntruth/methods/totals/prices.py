"""Prices: what one sale brings, from counts of sales and the money that they made.

Three averages of the same table are three different things:

- *price of a sale*: all money over all sales; it is that of the units that sell most.
- *price of a unit*, on average: units count alike, however little they sell.
- *middle price*: half of the units are below.

A unit without a sale has no price: that is not a price of 0. Money without a sale is left out of
every price, and counted.

*Much for little*: units at the top by sales and not by money, see `top_sets`. Some unit always is
among them; the chance that periods drawn again leave it there says whether this is it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..groups.unit_periods import same_units_and_periods
from ..predictions.outcomes import Array
from ..resampling import Counts, Kind, period_counts, resample
from .top_sets import at_top

NAMES = ("sales", "money")

# Of so few periods with sales, drawing them again does not say how a price varies.
FEWEST_PERIODS = 3


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What a sale brings.

    Attributes:
        n: units with sales.
        sale: price of a sale.
        unit: price of a unit on average.
        middle: middle price.
        without_sales: units left out because they have none.
        money_without_sales: what those made all the same.
        reason: why there are no prices, or "".
    """

    n: int
    sale: Estimate | None = None
    unit: Estimate | None = None
    middle: Estimate | None = None
    without_sales: int = 0
    money_without_sales: float = 0.0
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class MuchForLittle:
    """Units that sell much and earn little.

    Attributes:
        table: one row a unit among them, the surest first: `sales`, `money`, `price`, `low` and
            `high` of the price (NaN of fewer than three periods with sales), `periods` (with
            sales), `sales_rank` and `money_rank` (1 is the most) and `chance`.
        chance: of every unit, the share of resamples that have it among them.
        sure: how many have a chance of `level` or more.
        low, high: how many a resample has among them, in all but 1 - `level` of cases.
        level: as asked.
        others: units that are not among them but are in more than half of the resamples.
    """

    table: pd.DataFrame
    chance: pd.Series[float] = field(repr=False)
    sure: int
    low: int
    high: int
    level: float
    others: tuple[object, ...]


def prices(
    sales: ArrayLike,
    money: ArrayLike,
    *,
    level: float,
    seed: int,
    draws: int = 2_000,
    kind: Kind = "bca",
) -> Prices:
    """Return what a sale brings, over units; intervals draw units again.

    Raises:
        ValueError: columns of different lengths, values that are missing, infinite or below zero,
            a level that is no share, or fewer than 20 draws.
    """
    check_share("level", level)
    x, y = np.asarray(sales, dtype=float), np.asarray(money, dtype=float)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError("there is one amount of money for each unit's sales")
    if not (np.isfinite(x) & np.isfinite(y) & (x >= 0) & (y >= 0)).all():
        raise ValueError("sales and money are finite numbers from zero up")
    sold = x > 0
    left_out = int((~sold).sum()), float(y[~sold].sum())
    x, y = x[sold], y[sold]
    nothing = Prices(n=len(x), without_sales=left_out[0], money_without_sales=left_out[1])
    if len(x) < 2:
        return Prices(**{**vars(nothing), "reason": "fewer than two units have sales"})
    order = np.argsort(y / x, kind="stable")
    x, y = x[order], y[order]
    each = y / x

    def statistic(counts: Counts) -> Array:
        reached = np.cumsum(counts)
        n = reached[-1]
        middle = np.searchsorted(reached, [(n - 1) // 2, n // 2], side="right")
        return np.array([counts @ y / (counts @ x), counts @ each / n, each[middle].mean()])

    found = resample(statistic, len(x), level=level, draws=draws, seed=seed, kind=kind)
    sale, unit, middle = (found.estimate(i, bounds=(0.0, np.inf)) for i in range(3))
    return Prices(**{**vars(nothing), "sale": sale, "unit": unit, "middle": middle})


def prices_by_period(
    sales: pd.DataFrame,
    money: pd.DataFrame,
    *,
    level: float,
    seed: int,
    draws: int = 1_000,
    kind: Kind = "bca",
) -> pd.DataFrame:
    """Return the price of a sale in each period, from two tables of units by period.

    Returns:
        One row a period: `units` (with sales), `sales`, `money` (of those), `price`, `low` and
        `high` (NaN in a period without sales; of units drawn again, the same in all periods) and
        `middle` (of units' prices).

    Raises:
        ValueError: fewer than two units, a level that is no share, or fewer than 20 draws.
        DataError: see `unit_periods`.
    """
    often, made = same_units_and_periods(sales, money, NAMES)
    check_at_least("the number of units", len(often.units), 2)
    x = often.values
    y = np.where(x > 0, made.values, 0.0)

    def statistic(counts: Counts) -> Array:
        # Products of whole numbers and others are slow.
        times = counts.astype(float)
        return _ratio(times @ y, times @ x)

    found = resample(statistic, len(x), level=level, draws=draws, seed=seed, kind=kind)
    middle = [float(np.median(_ratio(b[a > 0], a[a > 0]))) if a.any() else np.nan
              for a, b in zip(x.T, y.T, strict=True)]  # fmt: skip
    return pd.DataFrame(
        {
            "units": (x > 0).sum(axis=0),
            "sales": x.sum(axis=0),
            "money": y.sum(axis=0),
            "price": found.values,
            "low": found.low,
            "high": found.high,
            "middle": middle,
        },
        index=often.periods,
    )


def price_change(
    sales: pd.DataFrame,
    money: pd.DataFrame,
    *,
    level: float,
    seed: int,
    draws: int = 2_000,
    kind: Kind = "bca",
) -> Estimate | None:
    """Return how much higher the price of a sale is in the later half of the periods.

    Unit `relative`, against no change; intervals draw units again. A period in the middle belongs
    to neither half. None where the earlier half has no price, or the later no sales.

    Raises:
        ValueError: fewer than two units or periods, a level that is no share, or too few draws.
        DataError: see `unit_periods`.
    """
    often, made = same_units_and_periods(sales, money, NAMES)
    check_at_least("the number of units", len(often.units), 2)
    check_at_least("the number of periods", len(often.periods), 2)
    half = len(often.periods) // 2
    money_of = np.where(often.values > 0, made.values, 0.0)
    sums = np.column_stack(
        [part.sum(axis=1) for table in (money_of, often.values)
         for part in (table[:, :half], table[:, -half:])]
    )  # fmt: skip

    def statistic(counts: Counts) -> Array:
        early_money, late_money, early_sales, late_sales = counts @ sums
        early, late = _ratio(
            np.array([early_money, late_money]), np.array([early_sales, late_sales])
        )
        return _ratio(np.array([late]), np.array([early])) - 1

    found = resample(statistic, len(sums), level=level, draws=draws, seed=seed, kind=kind)
    change = found.estimate(0, unit="relative", bounds=(-1.0, np.inf))
    if change is None:
        return None
    return Estimate(**{**vars(change), "null": 0.0})


def much_for_little(
    sales: pd.DataFrame,
    money: pd.DataFrame,
    *,
    share: float,
    level: float,
    seed: int,
    draws: int = 1_000,
) -> MuchForLittle:
    """Return who is at the top by sales and not by money, and how surely.

    All units get the same periods in a resample; see `resampling.period_counts` for what this
    cannot say.

    Raises:
        ValueError: a share or level that is none, or fewer than two periods or 20 draws.
        DataError: see `unit_periods`.
    """
    check_share("share", share)
    check_share("level", level)
    often, made = same_units_and_periods(sales, money, NAMES)
    counts = period_counts(len(often.periods), draws=draws, seed=seed)
    # One row a resample: what runs along units then runs along memory.
    x, y = counts.T @ often.values.T, counts.T @ made.values.T
    among = at_top(x, share) & ~at_top(y, share)
    chance = pd.Series(among.mean(axis=0), index=often.units, name="chance")
    is_one = at_top(often.totals, share) & ~at_top(made.totals, share)
    periods = (often.values > 0).sum(axis=1)
    of = np.flatnonzero(is_one)
    low, high = np.full((2, len(of)), np.nan)
    for i, unit in enumerate(of):
        if periods[unit] >= FEWEST_PERIODS:
            drawn = _ratio(y[:, unit], x[:, unit])
            low[i], high[i] = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    ranks = {
        name: pd.Series(-totals).rank(method="min").to_numpy(dtype=int)[of]
        for name, totals in (("sales_rank", often.totals), ("money_rank", made.totals))
    }
    table = pd.DataFrame(
        {
            "sales": often.totals[of],
            "money": made.totals[of],
            "price": _ratio(made.totals[of], often.totals[of]),
            "low": low,
            "high": high,
            "periods": periods[of],
            **ranks,
            "chance": chance.to_numpy()[of],
        },
        index=often.units[of],
    ).sort_values("chance", ascending=False, kind="stable")
    sizes = np.quantile(among.sum(axis=1), [(1 - level) / 2, (1 + level) / 2], method="nearest")
    return MuchForLittle(
        table=table,
        chance=chance,
        sure=int((chance >= level).sum()),
        low=int(sizes[0]),
        high=int(sizes[1]),
        level=level,
        others=tuple(often.units[(chance.to_numpy() > 0.5) & ~is_one]),
    )


def _ratio(money: NDArray[Any], sales: NDArray[Any]) -> Array:
    """Return money over sales; NaN where there are none."""
    none = np.full(np.shape(sales), np.nan)
    return np.asarray(np.divide(money, sales, out=none, where=sales > 0))
