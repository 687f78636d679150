"""One of many worlds: what the chapter's methods say of lists in it, and what is true there.

Worlds here differ by their seed alone. Models are made from what was bought before the part held
back, as in the chapter, but SVD++ with the first combination of the grid only. What is *true* of
lists is what was to be expected, in the days held back, of these very lists for these customers.
A *claim* is a number without any doubt: its interval has no width.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...methods.lists import (
    count_factors,
    ease,
    item_neighbours,
    popularity,
    rating_errors,
    svd_plus_plus,
)
from ...methods.lists.interactions import repeated, split_at_random, split_by_time
from ...methods.lists.list_models import ListModel
from ...methods.lists.list_quality import Quality, difference
from ...methods.lists.ratings import Ratings, ratings, train_and_test
from ...methods.lists.svd_plus_plus import SvdPlusPlus
from ...methods.lists.top_lists import Lists as Shown
from ...story.estimates import Estimate
from ..many_worlds import NOTHING, Answer
from .opening import open_lists
from .parameters import Parameters
from .trials import NEW, Foreseen, Task, Trial, best, foreseen, trial

Array = NDArray[np.float64]
Counting = Literal["best", "category", "neighbours", "ease", "factors"]
Model = Literal[Counting, "svd", "oracle"]
Way = Literal["time", "random"]

FITTED: tuple[Model, ...] = ("best", "category", "neighbours", "ease", "factors", "svd")
SVD = "SVD++"
DRAWS = 200
MOST_SEED = 2**31


@dataclass(frozen=True)
class Reference:
    """What worlds that differ by their seed alone have in common: their parameters."""

    p: Parameters


class Replicate:
    """One world, its record cut in two, and the answers of methods."""

    def __init__(self, p: Parameters) -> None:
        """Open the shop of these parameters."""
        self.p = p
        self.case = open_lists(p)
        self.main = trial(self.case, split_by_time(self.case.purchases, p.held_back))
        found = foreseen(self.case, self.main)
        assert found is not None  # its world is simulated
        self.foreseen: Foreseen = found
        self.number = p.seed % MOST_SEED
        self._told: dict[str, Any] = {
            "level": 1 - p.alpha, "seed": self.number, "draws": DRAWS,
        }  # fmt: skip
        self._shown: dict[tuple[Model, Task], Shown | None] = {}
        self._used: dict[Task, Counting] = {}

    # What the days held back say.

    def precision(self, model: Model, task: Task) -> Answer:
        """Return how much of what a model shows was bought in the days held back."""
        found = self._quality(model, task)
        return NOTHING if found is None else _ends(found.precision)

    def true_precision(self, model: Model, task: Task) -> float:
        """Return how much of it was to be expected."""
        lists = self._lists(model, task)
        return math.nan if lists is None else self.foreseen.precision(lists, task)

    def gain(self, model: Model, task: Task) -> Answer:
        """Return how much more of it was bought than of bestsellers by the same customers."""
        own, base = self._quality(model, task), self._quality("best", task)
        if own is None or base is None:
            return NOTHING
        return _ends(difference(own, base, "precision", **self._told))

    def true_gain(self, model: Model, task: Task) -> float:
        """Return how much more was to be expected."""
        return self.true_precision(model, task) - self.true_precision("best", task)

    def gain_of_used(self, task: Task) -> Answer:
        """Return `gain` of the model that is used."""
        return self.gain(self.used(task), task)

    def true_gain_of_used(self, task: Task) -> float:
        """Return `true_gain` of the model that is used."""
        return self.true_gain(self.used(task), task)

    def used(self, task: Task) -> Counting:
        """Return the model whose lists did best on the last days before those held back."""
        if task in self._used:
            return self._used[task]
        cut = self.main.split
        earlier = trial(self.case, split_by_time(cut.before, self.p.held_back), end=cut.at)
        models = self._counting(earlier)
        tried: dict[str, Quality] = {
            key: earlier.judge(
                earlier.lists(model.scores(), task, self.p.shown), task, **self._told
            )
            for key, model in models.items()
        }
        name = best(tried)
        self._used[task] = next(key for key in models if key == name)
        return self._used[task]

    # What a split at random says.

    def promised(self, model: Counting, task: Task) -> Answer:
        """Return how much of what a model shows was bought, where what is held back is drawn."""
        scores = self._counting(self._at_random)[model].scores()
        lists = self._at_random.lists(scores, task, self.p.shown)
        return _ends(self._at_random.judge(lists, task, **self._told).precision)

    def known(self, way: Way) -> Answer:
        """Return which share of the pairs held back is known from the other part."""
        cut = self.main if way == "time" else self._at_random
        return _ends(repeated(cut.train, cut.later, **self._told))

    def true_known(self) -> float:
        """Return which share of the pairs in the days held back was to be known before."""
        chances, bought = self.foreseen.chances, self.main.train.bought
        return float(chances[bought].sum() / chances.sum()) if chances.any() else math.nan

    # What an error says.

    def behind(self) -> float:
        """Return how much more precise the lists of whoever has the least error were to be.

        More precise than those of the best model, so never above 0. Errors are of ratings drawn
        at random; lists are of new products.
        """
        if not len(self._before):
            return math.nan
        scores = self._foretold(self._before, self.least_error)
        lists = self.main.lists(scores, NEW, self.p.shown)
        true = [self.true_precision(model, NEW) for model in FITTED]
        return self.foreseen.precision(lists, NEW) - float(np.nanmax(true))

    def claimed(self) -> Answer:
        """Claim that whoever has the least error makes the best lists."""
        return (0.0, 0.0, 0.0)

    @cached_property
    def least_error(self) -> str:
        """The way to foretell amounts that has the least error, by the names of `rating_errors`."""
        learnt, tested = train_and_test(self._paid, self.p.held_back, seed=self.number)
        predicted = rating_errors.baselines(learnt, tested, prices=self._prices)
        model = self._svd_of(learnt)
        if not model.reason:
            predicted[SVD] = model.predict(tested.customer, tested.product)
        error = {name: np.mean((found - tested.value) ** 2) for name, found in predicted.items()}
        return min(error, key=error.__getitem__)

    def _foretold(self, train: Ratings, way: str) -> Array:
        """Return what a way to foretell amounts says of all products (customers × products)."""
        n, m = len(train.customers), len(train.products)
        if way == SVD:
            return self._svd.scores()
        # No baseline orders products otherwise for one customer than for another.
        nobody, every = np.zeros(m, dtype=np.int64), np.arange(m)
        asked = replace(train, customer=nobody, product=every, value=np.zeros(m))
        return np.tile(rating_errors.baselines(train, asked, prices=self._prices)[way], (n, 1))

    # Models and their lists.

    def _quality(self, model: Model, task: Task) -> Quality | None:
        lists = self._lists(model, task)
        return None if lists is None else self.main.judge(lists, task, **self._told)

    def _lists(self, model: Model, task: Task) -> Shown | None:
        if (model, task) not in self._shown:
            scores = self._scores(model)
            lists = None if scores is None else self.main.lists(scores, task, self.p.shown)
            self._shown[model, task] = lists
        return self._shown[model, task]

    def _scores(self, model: Model) -> Array | None:
        """Return a model's scores; None where SVD++ ran away, or has nothing to learn from."""
        if model == "oracle":
            return self.foreseen.chances
        if model == "svd":
            return None if not len(self._before) or self._svd.reason else self._svd.scores()
        return self._models[model].scores()

    @cached_property
    def _models(self) -> Mapping[Counting, ListModel]:
        return self._counting(self.main)

    def _counting(self, of: Trial) -> Mapping[Counting, ListModel]:
        """Return the models that are made from counts of purchases."""
        p, train = self.p, of.train
        categories = self.case.products["category"]
        return {
            "best": popularity.fit(train),
            "category": popularity.fit_within_category(train, categories=categories),
            "neighbours": item_neighbours.fit(train, neighbours=p.neighbours, own=True),
            "ease": ease.fit(train, penalty=p.ease_penalty),
            "factors": count_factors.fit(train, rank=p.rank),
        }

    @cached_property
    def _svd(self) -> SvdPlusPlus:
        return self._svd_of(self._before)

    def _svd_of(self, train: Ratings) -> SvdPlusPlus:
        p = self.p
        return svd_plus_plus.fit(
            train, factors=p.factors[0], epochs=p.epochs[0], rate=p.rates[0],
            regularisation=p.penalties[0], seed=self.number,
        )  # fmt: skip

    @cached_property
    def _before(self) -> Ratings:
        paid = self._paid[self._paid["date"] < self.main.split.at]
        return ratings(paid, self.main.customers, self.main.products)

    @cached_property
    def _at_random(self) -> Trial:
        cut = split_at_random(self.case.purchases, self.p.held_back, seed=self.number)
        return trial(self.case, cut)

    @property
    def _paid(self) -> pd.DataFrame:
        return self.case.purchases[self.case.purchases["amount"] > 0]

    @property
    def _prices(self) -> pd.Series:
        prices: pd.Series = self.case.products["price"]
        return prices


def _ends(estimate: Estimate | None) -> Answer:
    return NOTHING if estimate is None else (estimate.value, estimate.low, estimate.high)
