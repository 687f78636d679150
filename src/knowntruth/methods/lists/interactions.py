"""Interactions: who bought what, how often, and how the record is cut to judge lists.

- *purchase*: one row of a table, one product bought by one customer at one time.
- *pair*: a customer and a product that this customer has bought, however often.
- *density*: pairs as a share of all that there could be.
- A purchase *repeats* if the customer has bought the product before.
- *before* and *after*: a table cut in two. By time, lists made before are judged by what was
  bought after; at random, purchases of one day lie on both sides, and the pair that is to be
  foretold is often known already: `repeated` says how often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from ...story.estimates import Estimate
from ..checks import check_share
from ..predictions.outcomes import Array
from ..resampled_ratios import ratios

Weight = Literal["log", "counts", "bought"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Interactions:
    """Who bought what.

    Attributes:
        customers, products: labels of rows and columns, each once.
        counts: purchases, customers by products.
        left_out: purchases of customers or products that are not among the labels.
    """

    customers: pd.Index
    products: pd.Index
    counts: sparse.csr_array
    left_out: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """How many customers and products there are."""
        return len(self.customers), len(self.products)

    @property
    def purchases(self) -> int:
        """How many purchases there are."""
        return int(self.counts.sum())

    @property
    def pairs(self) -> int:
        """How many pairs of a customer and a product were bought at least once."""
        return int(self.counts.nnz)

    @property
    def density(self) -> float:
        """Pairs as a share of customers times products; 0 without either."""
        cells = len(self.customers) * len(self.products)
        return self.pairs / cells if cells else 0.0

    @property
    def bought(self) -> NDArray[np.bool_]:
        """Which products each customer has bought, customers by products."""
        held = np.zeros(self.shape, dtype=bool)
        held[_rows(self.counts), self.counts.indices] = True
        return held

    @property
    def popularity(self) -> Array:
        """How often each product was bought."""
        return np.asarray(self.counts.sum(axis=0), dtype=float)

    @property
    def purchases_of(self) -> Array:
        """How many purchases each customer made."""
        return np.asarray(self.counts.sum(axis=1), dtype=float)


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """A table of purchases cut in two.

    Attributes:
        before, after: its rows, in their order.
        at: midnight from which rows are after; None where they were drawn at random.
    """

    before: pd.DataFrame
    after: pd.DataFrame
    at: pd.Timestamp | None = None


def interactions(
    purchases: pd.DataFrame,
    customers: Sequence[str] | pd.Index | None = None,
    products: Sequence[str] | pd.Index | None = None,
) -> Interactions:
    """Return who bought what; labels in order of the alphabet where they are not given.

    Purchases of customers or products beyond the labels are left out and counted. A label without
    purchases is a row or a column of zeros.

    Raises:
        ValueError: a label that is given twice.
    """
    row_labels = _labels(purchases["customer"], customers, "customer")
    column_labels = _labels(purchases["product"], products, "product")
    rows = row_labels.get_indexer(pd.Index(purchases["customer"]))
    columns = column_labels.get_indexer(pd.Index(purchases["product"]))
    known = (rows >= 0) & (columns >= 0)
    cells = (np.ones(int(known.sum())), (rows[known], columns[known]))
    counts = sparse.csr_array(cells, shape=(len(row_labels), len(column_labels)))
    return Interactions(
        customers=row_labels,
        products=column_labels,
        counts=counts,
        left_out=int(len(purchases) - known.sum()),
    )


def weighted(counts: sparse.csr_array, weight: Weight) -> sparse.csr_array:
    """Return what a model takes purchases for: log(1 + count), the count, or 1 where bought.

    Raises:
        ValueError: a weight that is none of these.
    """
    if weight not in ("log", "counts", "bought"):
        raise ValueError(f"a weight is log, counts or bought, not {weight!r}")
    found = counts.astype(float)
    if weight == "log":
        found.data = np.log1p(found.data)
    elif weight == "bought":
        found.data = (found.data > 0).astype(float)
    return found


def split_by_time(
    purchases: pd.DataFrame, share: float = 0.2, *, at: pd.Timestamp | None = None
) -> Split:
    """Return purchases before and from a midnight on.

    Without `at`, the last midnight from which at least `share` of the purchases follow: a day is
    never cut, so no order is. All purchases of one day are after.

    Raises:
        ValueError: a share that is none.
    """
    check_share("share", share)
    dates = purchases["date"]
    if at is None:
        if dates.empty:
            return Split(before=purchases, after=purchases)
        # A product of shares is a little off whole numbers.
        last = int(np.ceil(share * len(dates) - 1e-9))
        at = pd.Timestamp(dates.sort_values().iloc[len(dates) - last]).normalize()
    is_after = dates >= at
    return Split(before=purchases[~is_after], after=purchases[is_after], at=at)


def split_at_random(purchases: pd.DataFrame, share: float = 0.2, *, seed: int) -> Split:
    """Return purchases with such a share of them, drawn without regard to time, as after.

    Raises:
        ValueError: a share that is none.
    """
    check_share("share", share)
    n = len(purchases)
    chosen = np.random.default_rng(seed).permutation(n)[: round(share * n)]
    is_after = np.zeros(n, dtype=bool)
    is_after[chosen] = True
    return Split(before=purchases[~is_after], after=purchases[is_after])


def repeated(
    before: Interactions,
    after: Interactions,
    *,
    level: float,
    seed: int,
    draws: int = 1_000,
    of: Literal["pairs", "purchases"] = "pairs",
) -> Estimate | None:
    """Return the share of later pairs, or of later purchases, whose pair was there before.

    Interval by resampling customers; None where nothing is bought after, or by one customer.

    Raises:
        ValueError: tables with other labels, or wrong level or draws.
    """
    _check_same(before, after)
    later = weighted(after.counts, "bought" if of == "pairs" else "counts")
    known = later.multiply(weighted(before.counts, "bought"))
    totals = np.asarray(later.sum(axis=1), dtype=float)
    buyers = totals > 0
    if buyers.sum() < 2:
        return None
    again = np.asarray(known.sum(axis=1), dtype=float)
    found = ratios(again[buyers, None], totals[buyers, None], level=level, draws=draws, seed=seed)
    return found.estimate(0, unit="share", bounds=(0.0, 1.0))


def only_new(after: Interactions, before: Interactions) -> sparse.csr_array:
    """Return the later purchases of products that are new to the customer.

    Raises:
        ValueError: tables with other labels.
    """
    _check_same(before, after)
    found = after.counts.copy()
    found.data = np.where(before.bought[_rows(found), found.indices], 0.0, found.data)
    found.eliminate_zeros()
    return found


def _rows(counts: sparse.csr_array) -> NDArray[np.int64]:
    """Return the row of each number of a sparse table."""
    return np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))


def _labels(found: pd.Series, given: Sequence[str] | pd.Index | None, name: str) -> pd.Index:
    labels = pd.Index(sorted(found.unique()) if given is None else given)
    if not labels.is_unique:
        raise ValueError(f"a {name} is given twice: {labels[labels.duplicated()][0]}")
    return labels


def _check_same(before: Interactions, after: Interactions) -> None:
    if not (before.customers.equals(after.customers) and before.products.equals(after.products)):
        raise ValueError("both tables have the same customers and products, in one order")
