"""Sales by group: what was sold by category, product or month, and which group is surely first.

Words and columns of the table are those of `purchases`. Intervals resample customers: they say how
far shares would differ with other customers of this kind. The *chance* of a group to be the first
is the share of resamples in which it is; near 1, no few customers made it so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse

from ..checks import check_at_least, check_share
from ..predictions.outcomes import Array
from ..resampling import Counts, Resampled, resample
from .purchases import Codes, check_purchases, coded, margins, quantities, sums

Measure = Literal["purchases", "units", "revenue", "revenue_per_unit", "margin", "margin_share"]
MEASURES: tuple[Measure, ...] = (
    "purchases", "units", "revenue", "revenue_per_unit", "margin", "margin_share",
)  # fmt: skip

# Sums of each group, in this order: `costed` is the revenue of known cost.
SUMS = ("purchases", "units", "revenue", "margin", "costed")

# More customers are resampled in so many random blocks: sums vary as much.
MOST_BLOCKS = 1_000


@dataclass(frozen=True, kw_only=True)
class Best:
    """The first of the groups by a measure, and how surely it is the first.

    Attributes:
        name, value: of the first; of groups that tie, the one that sorts first.
        second, second_value: of the next; None where there is no other.
        chance: share of resamples of customers in which it is the first.
        chances: the same of every group, the highest first.
        measure: as asked.
        reason: why there is none; "" when there is one.
    """

    name: object = None
    value: float = float("nan")
    second: object = None
    second_value: float | None = None
    chance: float = float("nan")
    chances: pd.Series
    measure: Measure
    reason: str = ""


def by(
    purchases: pd.DataFrame, column: str, *, level: float, seed: int, draws: int = 1_000
) -> pd.DataFrame:
    """Return what was sold by category, product, `month` or any other column.

    One row a group, the most revenue first; months in their order, as the first day of each.
    Columns: `purchases`, `customers`, `units`, `revenue`, `revenue_per_unit`, `margin` and
    `margin_share` (NaN without costs), `share_of_purchases`, `share_of_units`,
    `share_of_revenue`, `share_of_margin`, and the ends of intervals by resampling customers:
    `share_of_revenue_low`, `share_of_revenue_high`, `revenue_per_unit_low`,
    `revenue_per_unit_high` (NaN for a single customer).

    Raises:
        DataError: a table that cannot be used, or one without the column.
        ValueError: a level that is no share, or fewer than 20 draws.
    """
    groups = _Groups.of(purchases, column)
    table = pd.DataFrame({name: groups.measure(name) for name in MEASURES}, index=groups.names)
    table = table.astype({"purchases": int})
    table.insert(1, "customers", groups.buyers)
    for name in ("purchases", "units", "revenue", "margin"):
        whole = table[name].sum(min_count=1)
        table[f"share_of_{name}"] = table[name] / whole if whole else np.nan
    shown, k = ("share_of_revenue", "revenue_per_unit"), len(table)

    def statistic(totals: dict[str, Array]) -> Array:
        revenue, units = totals["revenue"], totals["units"]
        return np.concatenate([revenue / revenue.sum(), over(revenue, units)])

    drawn = groups.resampled(("revenue", "units"), statistic, level=level, seed=seed, draws=draws)
    for i, name in enumerate(shown):
        for end in ("low", "high"):
            ends = np.nan if drawn is None else getattr(drawn, end)[i * k : (i + 1) * k]
            table[f"{name}_{end}"] = ends
    if column == "month":
        return table
    return table.sort_values("revenue", ascending=False, kind="stable")


def best(
    purchases: pd.DataFrame,
    column: str,
    *,
    measure: Measure = "units",
    seed: int,
    draws: int = 1_000,
) -> Best:
    """Return the first group by a measure, and in how many resamples of customers it is first.

    Raises:
        DataError: a table that cannot be used, or one without the column.
        ValueError: a measure that is not known, or fewer than 20 draws.
    """
    if measure not in MEASURES:
        raise ValueError(f"a group has no {measure}; it has {', '.join(MEASURES)}")
    groups = _Groups.of(purchases, column)
    nothing = pd.Series(dtype=float)
    observed = np.nan_to_num(groups.measure(measure), nan=-np.inf)
    order = np.argsort(-observed, kind="stable")[: int(np.isfinite(observed).sum())]
    if not len(order):
        reason = f"no group has a {measure.replace('_', ' ')}"
        return Best(chances=nothing, measure=measure, reason=reason)

    def first(totals: dict[str, Array]) -> Array:
        found = np.nan_to_num(_measure(totals, measure), nan=-np.inf)
        is_first = np.arange(len(found)) == np.argmax(found)
        return np.asarray(is_first, dtype=float)

    drawn = groups.resampled(NEEDED[measure], first, level=0.5, seed=seed, draws=draws)
    if drawn is None:
        return Best(chances=nothing, measure=measure, reason="fewer than two customers bought")
    chances = pd.Series(drawn.draws.mean(axis=0), index=groups.names, name="chance")
    second = order[1] if len(order) > 1 else None
    return Best(
        name=groups.names[order[0]],
        value=float(observed[order[0]]),
        second=None if second is None else groups.names[second],
        second_value=None if second is None else float(observed[second]),
        chance=float(chances.iloc[order[0]]),
        chances=chances.sort_values(ascending=False, kind="stable"),
        measure=measure,
    )


def over(top: Array, bottom: Array) -> Array:
    """Return ratios; NaN where there is nothing below."""
    ratios = np.full(len(top), np.nan)
    np.divide(top, bottom, out=ratios, where=bottom > 0)
    return ratios


# The sums that a measure is made of.
NEEDED: dict[Measure, tuple[str, ...]] = {
    "purchases": ("purchases",),
    "units": ("units",),
    "revenue": ("revenue",),
    "revenue_per_unit": ("revenue", "units"),
    "margin": ("margin", "costed"),
    "margin_share": ("margin", "costed"),
}


def _measure(totals: dict[str, Array], measure: Measure) -> Array:
    if measure == "revenue_per_unit":
        return over(totals["revenue"], totals["units"])
    if measure == "margin_share":
        return over(totals["margin"], totals["costed"])
    if measure == "margin":
        return np.where(totals["costed"] > 0, totals["margin"], np.nan)
    return totals[measure]


@dataclass(frozen=True)
class _Groups:
    """Sums by customer and group: of each such cell its customer, its group and its sums."""

    names: pd.Index
    customers: int
    who: Codes
    what: Codes
    sums: dict[str, Array]

    @classmethod
    def of(cls, purchases: pd.DataFrame, column: str) -> _Groups:
        if column == "month" and column not in purchases:
            month = purchases["date"].to_numpy().astype("datetime64[M]").astype("datetime64[s]")
            purchases = purchases.assign(month=month)
        check_purchases(purchases, ("customer", "date", "amount", column))
        customer, labels = coded(purchases["customer"])
        group, names = coded(purchases[column])
        amount, margin = purchases["amount"].to_numpy(dtype=float), margins(purchases)
        known, units = np.isfinite(margin), quantities(purchases)
        zeros = np.zeros(len(purchases))
        ones = np.ones(len(purchases))
        costed = np.where(known, amount, zeros)
        values = (ones, units, amount, np.where(known, margin, zeros), costed)
        cells, of = np.unique(customer * len(names) + group, return_inverse=True)
        found = [sums(of, value, len(cells)) for value in values]
        who, what = np.divmod(cells, max(len(names), 1))
        return cls(names, len(labels), who, what, dict(zip(SUMS, found, strict=True)))

    @property
    def buyers(self) -> Counts:
        """Return how many customers each group has."""
        return np.bincount(self.what, minlength=len(self.names))

    def measure(self, measure: Measure) -> Array:
        """Return a measure of each group."""
        k = len(self.names)
        return _measure({name: sums(self.what, v, k) for name, v in self.sums.items()}, measure)

    def resampled(
        self,
        names: tuple[str, ...],
        statistic: Callable[[dict[str, Array]], Array],
        *,
        level: float,
        seed: int,
        draws: int,
    ) -> Resampled | None:
        """Return a statistic of the sums over resamples; None of a single customer."""
        check_share("level", level)
        check_at_least("the number of draws", draws, 20)
        n, k = self.customers, len(self.names)
        if n < 2:
            return None
        block = np.arange(n)
        if n > MOST_BLOCKS:
            block = np.random.default_rng(seed).permutation(n) % MOST_BLOCKS
            n = MOST_BLOCKS
        rows = np.concatenate([self.what + i * k for i in range(len(names))])
        columns = np.tile(block[self.who], len(names))
        data = np.concatenate([self.sums[name] for name in names])
        # Cells of one block and group are added up.
        matrix = sparse.coo_array((data, (rows, columns)), shape=(len(names) * k, n)).tocsr()

        def drawn(counts: Counts) -> Array:
            totals = np.asarray(matrix @ counts.astype(float)).reshape(len(names), k)
            return statistic(dict(zip(names, totals, strict=True)))

        return resample(drawn, n, level=level, draws=draws, seed=seed, kind="percentile")
