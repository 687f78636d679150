"""Truth of `creators`: what was and is to be expected of each, by the rules.

*Luck* is what no rule tells: rests, leaving, and the factors with mean 1 on sales and prices.
What is *to be expected* is the mean over luck, given who a creator is. Of a month on record it is
given that the creator is there; of a later one, what they were in the last month on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from .people import People
from .rules import Array, Rules


@dataclass(frozen=True)
class Truth:
    """What is true of the creators on record.

    Attributes:
        types: how many types there are; types whose centres are all the same are one.
        creators: one row a creator on record, in its order: `creator`; `type`, 0 for that of the
            smallest sellers; `size`, hidden; `price`, to be expected of a sale; `growth`, of the
            logarithm of sales in the first month; `resting`, chance to rest in a month; `leaving`,
            chance to leave after one; `begins`, month on record, from 0; `expected_transactions`
            and `expected_gmv`, a month, over the months on record in which they are there;
            `is_gone`, whether they left before the last month on record; `expected_later`, GMV of
            all later months; `later_transactions`, the same of sales; `is_giant`.
        expected: transactions and GMV to be expected in each month on record (`month`,
            `transactions`, `gmv`), of the creators who are there.
    """

    types: int
    creators: pd.DataFrame
    expected: pd.DataFrame

    @property
    def is_continuum(self) -> bool:
        """Whether there are no types that differ, and so none to find."""
        return self.types == 1

    @cached_property
    def totals(self) -> dict[str, float]:
        """Transactions and GMV to be expected of the whole record."""
        return {name: float(self.expected[name].sum()) for name in ("transactions", "gmv")}

    def top_share(self, measure: str, share: float) -> float:
        """Return the share of the total to be expected that the top creators are to sell.

        Args:
            measure: "transactions" or "gmv".
            share: of creators who are the top, by what is to be expected of them; at least one.
        """
        values = np.sort(self.by_creator[measure].to_numpy())[::-1]
        top = max(int(len(values) * share), 1)
        return float(values[:top].sum() / values.sum())

    @property
    def by_creator(self) -> pd.DataFrame:
        """What is to be expected of each creator over the record: `transactions`, `gmv`."""
        rows = self.creators
        return pd.DataFrame(
            {
                name: rows[f"expected_{name}"] * rows["months_there"]
                for name in ("transactions", "gmv")
            }
        )


def truth_of(rules: Rules, people: People) -> Truth:
    """Return the truth about these creators."""
    p = rules.p
    months = np.arange(p.months)
    works = np.where(people.begins[:, None] == months, 1.0, 1 - people.rest[:, None])
    volume = np.stack([rules.volume_in(people, month) for month in range(p.months)], axis=1)
    here = (people.begins[:, None] <= months) & (months <= people.last[:, None])
    sales = here * works * volume
    price = rules.mean_price(people.log_price)
    months_there = here.sum(axis=1)
    average = sales.sum(axis=1) / months_there
    later = later_sales(rules, people)
    types = p.types if p.distinctness > 0 else 1
    creators = pd.DataFrame(
        {
            "creator": names(len(people)),
            "type": people.type if types > 1 else 0,
            "size": people.size,
            "price": price,
            "growth": people.rate,
            "resting": people.rest,
            "leaving": people.leaving,
            "begins": people.begins,
            "months_there": months_there,
            "expected_transactions": average,
            "expected_gmv": average * price,
            "is_gone": people.last < p.months - 1,
            "later_transactions": later,
            "expected_later": later * price,
            "is_giant": people.giant,
        }
    )
    expected = pd.DataFrame(
        {
            "month": month_starts(rules)[: p.months],
            "transactions": sales.sum(axis=0),
            "gmv": price @ sales,
        }
    )
    return Truth(types, creators, expected)


def later_sales(rules: Rules, people: People) -> Array:
    """Return the sales to be expected of each creator in all later months together."""
    p = rules.p
    stays = np.where(people.last >= p.months - 1, 1 - people.leaving, 0.0)
    expected = np.zeros(len(people))
    for ahead in range(1, p.ahead + 1):
        volume = rules.volume_in(people, p.months - 1 + ahead)
        expected += stays**ahead * (1 - people.rest) * volume
    return expected


def names(count: int) -> list[str]:
    """Return the names of creators on record."""
    return [f"C{number}" for number in range(1, count + 1)]


def month_starts(rules: Rules) -> pd.DatetimeIndex:
    """Return the first days of the months on record and later."""
    p = rules.p
    return pd.date_range(f"{p.first_month}-01", periods=p.months + p.ahead, freq="MS", unit="us")
