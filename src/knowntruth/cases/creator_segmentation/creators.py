"""Opened creators: the same shape whether they were simulated or are somebody's own.

A chapter gets *units* (one row a creator and month, months without a sale among them), the same
as tables of creators by months, and the truth where it is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from ...data.contract import Contract
from ...story.estimates import Estimate
from ...story.findings import Finding
from ...story.names import Name
from ...worlds.creators.truth import Truth
from ..opened import Opened
from .contract import SALES
from .parameters import Parameters

Measure = Literal["transactions", "gmv"]


@dataclass(frozen=True, kw_only=True)
class Creators(Opened):
    """Opened creators.

    Attributes:
        months: first days of the months on record, in order.
        words: what this run calls its creators.
        sales: what it calls their transactions.
        value: what it calls what these brought.
        later: value that each creator made after the record, by creator; None where nobody knows.
        theirs: what this run calls each column of its units.
    """

    slug: ClassVar[str] = "creator_segmentation"
    contract: ClassVar[Contract] = SALES

    parameters: Parameters
    truth: Truth | None = None
    months: pd.DatetimeIndex
    words: Name
    sales: Name
    value: Name
    later: pd.Series | None = None
    theirs: Mapping[str, Name]

    @property
    def column_names(self) -> Mapping[str, Name]:
        """What this run calls the columns of its units."""
        return self.theirs

    @cached_property
    def transactions(self) -> pd.DataFrame:
        """Transactions, creators by months."""
        return self._table("transactions")

    @cached_property
    def gmv(self) -> pd.DataFrame:
        """Value, creators by months."""
        return self._table("gmv")

    @property
    def count(self) -> int:
        """Number of creators."""
        return len(self.transactions)

    @cached_property
    def totals(self) -> pd.DataFrame:
        """Transactions and value of each creator over all months."""
        return pd.DataFrame(
            {"transactions": self.transactions.sum(axis=1), "gmv": self.gmv.sum(axis=1)}
        )

    @property
    def types(self) -> pd.Series | None:
        """The true type of each creator, or None where nobody knows it."""
        if self.truth is None:
            return None
        return self.truth.creators.set_index("creator")["type"].loc[self.transactions.index]

    def finding(
        self, name: str, what: Name, estimate: Estimate, truth: float | None = None
    ) -> Finding:
        """Return what an estimate says about something of these creators."""
        return Finding(name, what, estimate, truth=truth, names=(self.words,))

    def _table(self, measure: Measure) -> pd.DataFrame:
        rows = self.units.project(f"creator, month, {measure}").df()
        # In the order of the table, and not of letters: C2 stands before C10.
        order = pd.unique(rows["creator"])
        wide = rows.pivot_table(index="creator", columns="month", values=measure, aggfunc="sum")
        table: pd.DataFrame = wide.reindex(index=order, columns=self.months).fillna(0.0)
        return table.astype(np.float64)
