"""Simulating `creators`: its tables, and apart from them its truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from .parameters import Parameters
from .record import Record, record_of
from .rules import Array, Rules
from .truth import Truth, month_starts, names, truth_of

TOTAL = "Grand Total"
NAME = "OrgId"


@dataclass(frozen=True)
class World:
    """One simulated world: tables that an analyst would get, and the truth they lack.

    `sales` is the record in long form; `transactions` and `gmv` are the original's two tables.
    `later`, `hidden` and `truth` are the simulator's.
    """

    parameters: Parameters

    @cached_property
    def sales(self) -> pd.DataFrame:
        """One row a creator and month with a sale: `creator`, `month`, `transactions`, `gmv`."""
        return self._long(slice(0, self.parameters.months))

    @cached_property
    def later(self) -> pd.DataFrame:
        """The same for the months after the record."""
        return self._long(slice(self.parameters.months, None))

    @property
    def transactions(self) -> pd.DataFrame:
        """One row a creator, one column a month and a total: sales, 0 where there were none."""
        return self._wide(self._record.transactions, empty=0)

    @property
    def gmv(self) -> pd.DataFrame:
        """The same of what they brought, blank where nothing was sold."""
        return self._wide(self._record.gmv, empty=np.nan)

    @property
    def months(self) -> pd.DatetimeIndex:
        """First days of the months on record."""
        return month_starts(self._rules)[: self.parameters.months]

    @property
    def later_months(self) -> pd.DatetimeIndex:
        """First days of the months after it."""
        return month_starts(self._rules)[self.parameters.months :]

    @property
    def began(self) -> int:
        """Creators who began to sell, those who are not on record among them."""
        return self._record.began

    @property
    def hidden(self) -> pd.DataFrame:
        """What is true of each creator, see `truth.Truth`."""
        return self.truth.creators

    @cached_property
    def truth(self) -> Truth:
        """What was and is to be expected."""
        return truth_of(self._rules, self._record.people)

    @cached_property
    def _rules(self) -> Rules:
        return Rules(self.parameters)

    @cached_property
    def _record(self) -> Record:
        return record_of(self._rules)

    def _long(self, columns: slice) -> pd.DataFrame:
        sales, gmv = self._record.transactions[:, columns], self._record.gmv[:, columns]
        row, month = np.nonzero(sales)
        labels = np.array(names(len(sales)), dtype=object)
        return pd.DataFrame(
            {
                "creator": labels[row],
                "month": month_starts(self._rules)[columns][month],
                "transactions": sales[row, month],
                "gmv": gmv[row, month],
            }
        )

    def _wide(self, values: Array, *, empty: float) -> pd.DataFrame:
        kept = values[:, : self.parameters.months]
        table = pd.DataFrame(kept, columns=[month.strftime("%b'%y") for month in self.months])
        table = table.where(kept > 0) if np.isnan(empty) else table
        table.insert(0, NAME, names(len(kept)))
        table[TOTAL] = np.round(kept.sum(axis=1), 2)
        return table


def simulate(p: Parameters) -> World:
    """Return the world of these parameters."""
    return World(p)
