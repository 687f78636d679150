"""Trials of lists: made from what was bought before a moment, judged by what was bought after.

- *task*: what may stand on a list. `NEW`: products that the customer has not bought before;
  `AGAIN`: any product, so that buying again counts.
- *catalogue*: the products that were there at that moment. What came later cannot be on a list.
- A customer is *known* if they have bought something of the catalogue before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from ...methods.lists.interactions import Interactions, Split, interactions, only_new
from ...methods.lists.list_quality import Quality, judge
from ...methods.lists.top_lists import NOTHING, top
from ...methods.lists.top_lists import Lists as Shown
from .lists import KnownLists, Lists

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Task = Literal["new", "again"]

NEW: Task = "new"
AGAIN: Task = "again"
TASKS: tuple[Task, Task] = (NEW, AGAIN)


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """A record cut in two, and what lists are made from and judged by.

    Attributes:
        split: the purchases before and after.
        end: midnight at which what came after ends.
        train, later: who bought what of the catalogue, before and after.
    """

    split: Split
    end: pd.Timestamp
    train: Interactions
    later: Interactions

    @property
    def customers(self) -> pd.Index:
        """All customers."""
        return self.train.customers

    @property
    def products(self) -> pd.Index:
        """The catalogue."""
        return self.train.products

    @cached_property
    def known(self) -> NDArray[np.int64]:
        """The places of known customers."""
        return np.flatnonzero(self.train.purchases_of > 0)

    @cached_property
    def newcomers(self) -> NDArray[np.int64]:
        """The places of customers who are not known, and buy of the catalogue later."""
        return np.flatnonzero((self.train.purchases_of == 0) & (self.later.purchases_of > 0))

    def allowed(self, task: Task) -> Mask:
        """Return what each customer may be shown: customers by products."""
        if task == AGAIN:
            return np.ones(self.train.shape, dtype=bool)
        return ~self.train.bought

    def relevant(self, task: Task) -> sparse.csr_array:
        """Return what each customer bought later that counts in this task."""
        return self.later.counts if task == AGAIN else only_new(self.later, self.train)

    def lists(self, scores: Array, task: Task, k: int) -> Shown:
        """Return the list of each customer: customers by k."""
        return top(scores, k, self.allowed(task))

    def judge(
        self,
        lists: Shown,
        task: Task,
        *,
        level: float,
        seed: int,
        draws: int = 400,
        rows: NDArray[np.int64] | None = None,
    ) -> Quality:
        """Return how good the lists of some customers are; of all known ones if not given."""
        at = self.known if rows is None else rows
        return judge(
            lists[at],
            sparse.csr_array(self.relevant(task)[at]),
            self.train.popularity,
            level=level,
            seed=seed,
            draws=draws,
        )


def trial(case: Lists, split: Split, *, end: pd.Timestamp | None = None) -> Trial:
    """Return the trial of a shop whose purchases are cut in two.

    The catalogue has every product that was launched, or bought, before the cut. A cut at random
    has no moment: then it has all that are in the earlier part.
    """
    catalogue = _catalogue(case, split)
    return Trial(
        split=split,
        end=case.end if end is None else end,
        train=interactions(split.before, case.customers, catalogue),
        later=interactions(split.after, case.customers, catalogue),
    )


def _catalogue(case: Lists, split: Split) -> pd.Index:
    products = case.products
    bought = np.asarray(products.index.isin(split.before["product"].unique()))
    if "launched" in products and split.at is not None:
        bought |= (pd.to_datetime(products["launched"]) < split.at).to_numpy()
    return products.index[bought]


@dataclass(frozen=True, kw_only=True, eq=False)
class Foreseen:
    """What was to be expected of the known customers of a trial, in a simulated world.

    Attributes:
        trial: the trial.
        chances: of each product of the catalogue to be bought after the cut, for all customers.
        judged: by task, the chance of each customer that anything counts.
    """

    trial: Trial
    chances: Array
    judged: Mapping[Task, Array]

    def hits(self, lists: Shown, task: Task) -> float:
        """Return the hits to be expected of all lists together."""
        may = np.where(self.trial.allowed(task), self.chances, 0.0)
        found = np.take_along_axis(may, np.maximum(lists, 0), axis=1)
        return float(np.where(lists == NOTHING, 0.0, found)[self.trial.known].sum())

    def precision(self, lists: Shown, task: Task) -> float:
        """Return the precision to be expected, over customers to whom something is relevant."""
        most = lists.shape[1] * float(self.judged[task][self.trial.known].sum())
        return self.hits(lists, task) / most if most else 0.0


def foreseen(case: Lists, trial: Trial) -> Foreseen | None:
    """Return what was to be expected of a trial; None with somebody's own purchases."""
    if not isinstance(case.known, KnownLists) or trial.split.at is None:
        return None
    window = case.known.window(trial.split.at, trial.end, trial.split.before)
    places = case.products.index.get_indexer(trial.products)
    judged: dict[Task, Array] = {}
    for task in TASKS:
        counts = np.zeros((len(trial.customers), len(case.products)), dtype=bool)
        counts[:, places] = trial.allowed(task)
        judged[task] = window.any_of(counts)
    return Foreseen(trial=trial, chances=window.each()[:, places], judged=judged)


def prices(case: Lists, products: pd.Index) -> pd.Series | None:
    """Return the price of each product; None where one is not known, or not above zero."""
    if "price" not in case.products:
        return None
    found = case.products["price"].reindex(products).astype(float)
    return found if (found > 0).all() else None


def whole(purchases: pd.DataFrame, end: pd.Timestamp) -> Split:
    """Return a record that is not cut: all of it is before, and nothing after."""
    return Split(before=purchases, after=purchases.iloc[:0], at=end)


def best(judged: Mapping[str, Quality], metric: str = "precision") -> str:
    """Return the model with the highest value, the first of equals; the first if none has one."""
    found = {key: one.metric(metric) for key, one in judged.items()}
    known = {key: one.value for key, one in found.items() if one is not None}
    return max(known, key=known.__getitem__) if known else next(iter(judged))


def first_seen(case: Lists, trial: Trial) -> pd.Series:
    """Return since when each product of the catalogue has been there: launched, or first bought."""
    if "launched" in case.products:
        return pd.to_datetime(case.products["launched"].reindex(trial.products))
    bought = trial.split.before.groupby("product")["date"].min()
    return pd.to_datetime(bought.reindex(trial.products))
