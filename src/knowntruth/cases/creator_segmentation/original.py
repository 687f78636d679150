"""The notebook that this chapter began as: its steps, taken one by one on given tables.

A *transaction* is a sale, which the original calls a video; *GMV* is what the sales brought, its
"video sell". A creator's *total* is over all months. What is wrong with a step is wrong here too,
but for its prints of maps, boxes and bars, which have no numbers. `original_segments` has the
scores and the clusters, `original_figures` puts what comes out beside what the original printed,
and `original_arithmetic` has what follows from its printed numbers alone.

The only copy of it is a scan. `original.toml` says how its damaged lines are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import DataError, Problem
from .original_segments import (
    GRID,
    KMeansFit,
    dbscan,
    features,
    final_table,
    k_means,
    scores,
    standardised,
)

CREATOR, TOTAL = "OrgId", "Grand Total"
PERCENTS = (*range(0, 90, 10), *range(90, 101))
FIFTH, TENTH = 0.2, 0.1
TOP_20, TOP_9 = 80, 91  # percentiles that its sets called top 20 and top 10 begin at


@dataclass(frozen=True, kw_only=True, eq=False)
class Tables:
    """Both tables, a row a creator in the same order; blanks are zeros.

    Attributes:
        transactions, gmv: a column a month, of the same names, then `Grand Total`.
    """

    transactions: pd.DataFrame
    gmv: pd.DataFrame

    @property
    def months(self) -> list[str]:
        """Names of the months, in order."""
        return list(self.transactions.columns[:-1])


@dataclass(frozen=True, kw_only=True, eq=False)
class Measure:
    """What the original asks of one table.

    The *rest* is below the 91st percentile of totals, the *giants* are not.

    Attributes:
        monthly: rows of pandas' `describe` and `sum`, by month.
        percentiles: of totals, by percent.
        fifth, tenth: shares of each month and of the total that the largest fifth and tenth of
            the creators have, counted down to whole creators.
        rest: the same of the largest fifth of the rest, in what the rest has.
        giants: the same of the largest fifth of the giants.
        top_20, top_9: creators from the 80th and from the 91st percentile on.
    """

    monthly: pd.DataFrame
    percentiles: pd.Series
    fifth: pd.Series
    tenth: pd.Series
    rest: pd.Series
    giants: pd.Series
    top_20: frozenset[str]
    top_9: frozenset[str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Replay:
    """What the original's steps give, in their order.

    Attributes:
        tables: what they are taken on.
        transactions, gmv: what it asks of each.
        mismatches: by month, creators with transactions less creators with GMV.
        prices: GMV by transactions, its "watch per video"; NaN where nothing was sold.
        features: its table of creators by months of transactions, of GMV and of prices.
        k_means: its fits, by number of clusters.
        final: its last table, with its own names: scores, segments and both clusterings.
    """

    tables: Tables
    transactions: Measure
    gmv: Measure
    mismatches: pd.Series
    prices: pd.DataFrame
    features: pd.DataFrame
    k_means: Mapping[int, KMeansFit]
    final: pd.DataFrame


def replay(transactions: pd.DataFrame, gmv: pd.DataFrame, *, grid: Sequence[int] = GRID) -> Replay:
    """Return what the original's steps give on two tables, a row a creator.

    Both have `OrgId`, the months and perhaps `Grand Total`, which is taken as it stands; `gmv` has
    the same creators, and its months may be called otherwise. The clusters of the final table
    need 5 in `grid`, the numbers of clusters to try.

    Raises:
        DataError: the tables do not fit together, or something is paid where nothing was sold.
    """
    tables = read(transactions, gmv)
    prices = price_table(tables)
    columns = features(tables.transactions, tables.gmv, prices)
    data = standardised(columns)
    fits = {number: k_means(data, number) for number in grid}
    scored = scores(tables.transactions, tables.gmv)
    return Replay(
        tables=tables,
        transactions=measure(tables.transactions),
        gmv=measure(tables.gmv),
        mismatches=_active(tables.transactions) - _active(tables.gmv),
        prices=prices,
        features=columns,
        k_means=fits,
        final=final_table(scored, fits, dbscan(data)),
    )


def read(transactions: pd.DataFrame, gmv: pd.DataFrame) -> Tables:
    """Return both tables with their totals, GMV in the order and with the months of the other."""
    first, second = _with_total(transactions), _with_total(gmv)
    problems = []
    if sorted(first.index) != sorted(second.index) or not first.index.is_unique:
        problems.append(
            Problem(CREATOR, "both tables need the same creators, each once", "Add or drop rows.")
        )
    if first.shape[1] != second.shape[1] or first.shape[1] == 1:
        problems.append(
            Problem("months", "both tables need the same months", "Add or drop columns.")
        )
    if problems:
        raise DataError("The two tables do not fit together.", problems)
    return Tables(
        transactions=first, gmv=second.reindex(first.index).set_axis(first.columns, axis=1)
    )


def measure(table: pd.DataFrame) -> Measure:
    """Return what the original asks of a table of `Tables`."""
    months, totals = table[table.columns[:-1]], table[TOTAL]
    ordered = table.sort_values(TOTAL)
    edge_20, edge_9 = np.percentile(totals, [TOP_20, TOP_9])
    return Measure(
        monthly=pd.concat([months.describe(), months.sum().rename("sum").to_frame().T]),
        percentiles=pd.Series(np.percentile(totals, PERCENTS), index=PERCENTS),
        fifth=top_share(ordered, FIFTH),
        tenth=top_share(ordered, TENTH),
        rest=top_share(ordered[ordered[TOTAL] < edge_9], FIFTH),
        giants=top_share(ordered[ordered[TOTAL] >= edge_9], FIFTH),
        top_20=frozenset(table.index[totals >= edge_20]),
        top_9=frozenset(table.index[totals >= edge_9]),
    )


def top_share(ordered: pd.DataFrame, share: float) -> pd.Series:
    """Return what its last rows have of every column; all of it where they are less than one."""
    return ordered[-int(len(ordered) * share) :].sum() / ordered.sum()


def price_table(tables: Tables) -> pd.DataFrame:
    """Return GMV by transactions of every month and of the totals, a row a creator.

    Raises:
        DataError: GMV without a transaction, for which the original has an infinite price.
    """
    if ((tables.gmv != 0) & (tables.transactions == 0)).to_numpy().any():
        raise DataError(
            "The original's steps cannot be taken on these tables.",
            [Problem("gmv", "something was paid where nothing was sold", "Mend these months.")],
        )
    return tables.gmv / tables.transactions.where(tables.transactions != 0)


def _with_total(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table by creator, its total last."""
    filled = table.set_index(CREATOR).fillna(0).astype(float)
    months = filled.drop(columns=TOTAL, errors="ignore")
    return months.assign(**{TOTAL: filled[TOTAL] if TOTAL in filled else months.sum(axis=1)})


def _active(table: pd.DataFrame) -> pd.Series:
    """Return by month how many creators have something."""
    return (table.drop(columns=TOTAL) != 0).sum()
