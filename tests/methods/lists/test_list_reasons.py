"""Reasons by hand and by plain loops; faithfulness tells reasons from names drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import sparse

from knowntruth.methods.lists import (
    count_factors,
    ease,
    item_neighbours,
    list_faithfulness,
    popularity,
)
from knowntruth.methods.lists.interactions import Interactions
from knowntruth.methods.lists.list_faithfulness import Faithfulness, faithfulness
from knowntruth.methods.lists.list_models import HistoryModel, Linear
from knowntruth.methods.lists.list_reasons import reasons
from knowntruth.methods.lists.top_lists import top
from knowntruth.methods.predictions.outcomes import Array
from knowntruth.story.estimates import Estimate

CATEGORY = np.repeat(np.arange(3), 4)
CATEGORIES = pd.Series([f"category {c}" for c in CATEGORY], index=[f"P{p}" for p in range(12)])


def who(counts: np.ndarray) -> Interactions:
    rows, columns = counts.shape
    return Interactions(
        customers=pd.Index([f"C{i}" for i in range(rows)]),
        products=pd.Index([f"P{i}" for i in range(columns)]),
        counts=sparse.csr_array(counts.astype(float)),
    )


@pytest.fixture(scope="module")
def train() -> Interactions:
    """Customers who like some of three categories of four products; the first bought nothing."""
    random = np.random.default_rng(1)
    likes = random.dirichlet(np.full(3, 0.7), size=150)
    counts = random.poisson(3 * likes[:, CATEGORY])
    counts[0] = 0
    return who(counts)


def within(train: Interactions) -> HistoryModel:
    return popularity.fit_within_category(train, categories=CATEGORIES)


FITS: list[Callable[[Interactions], HistoryModel]] = [
    ease.fit,
    item_neighbours.fit,
    count_factors.fit,
    within,
]


def known(estimate: Estimate | None) -> Estimate:
    assert estimate is not None
    return estimate


def quick(model: HistoryModel, *, seed: int = 1, **changes: int) -> Faithfulness:
    allowed = ~model.train.bought
    lists = top(model.scores(), 3, allowed)
    how = {"draws": 200} | changes
    return faithfulness(model, lists, allowed=allowed, level=0.95, seed=seed, **how)


def test_reasons_are_the_bought_products_that_add_most() -> None:
    # Cosines of the columns: (1,1,0), (1,0,1), (1,1,1) with the last, (0,1,1).
    counts = np.array([[1, 1, 1, 0], [1, 0, 1, 1], [0, 1, 1, 1]])
    model = item_neighbours.fit(who(counts), weight="bought")
    found = reasons(model, "C0", "P3", most=2)
    assert [one.product for one in found.bought] == ["P2", "P0"]
    assert [one.part for one in found.bought] == pytest.approx([2 / np.sqrt(6), 1 / 2])
    assert found.rest == pytest.approx(1 / 2)
    assert found.score == pytest.approx(2 / np.sqrt(6) + 1)
    assert [one.times for one in found.bought] == [1, 1]
    assert found.reason == ""


@pytest.mark.parametrize("fit", FITS)
def test_parts_and_rest_make_the_score(
    train: Interactions, fit: Callable[[Interactions], HistoryModel]
) -> None:
    model = fit(train)
    for row in range(1, 30):
        found = reasons(model, f"C{row}", f"P{row % 12}", most=2)
        assert found.score == pytest.approx(model.scores()[row, row % 12])
        assert sum(one.part for one in found.bought) + found.rest == pytest.approx(found.score)
        assert len(found.bought) <= 2
        parts = [one.part for one in found.bought]
        assert parts == sorted(parts, reverse=True)
        assert all(part > 0 for part in parts)
        counts = train.counts.toarray()[row]
        assert all(one.times == counts[int(one.product[1:])] > 0 for one in found.bought)


def test_popularity_within_category_gives_its_two_shares(train: Interactions) -> None:
    found = reasons(within(train), "C5", "P2")
    mine, theirs = found.factors
    assert (mine.label, theirs.label) == ("category 0", "P2")
    assert mine.value * theirs.value == pytest.approx(found.score)
    counts = train.counts.toarray()
    share_of_all = counts[:, :4].sum() / counts.sum()
    assert mine.value == pytest.approx(
        (counts[5, :4].sum() + 5 * share_of_all) / (counts[5].sum() + 5)
    )
    assert {one.product for one in found.bought} <= {"P0", "P1", "P2", "P3"}


def test_popularity_has_no_reason_of_the_customer(train: Interactions) -> None:
    found = reasons(popularity.fit(train), "C5", "P2")
    assert found.bought == ()
    assert "the same products" in found.reason
    assert found.factors[0].value == found.score == found.rest
    nothing = quick(popularity.fit(train))
    assert nothing.fall is None
    assert nothing.left_out == 150
    assert "reasons" in nothing.reason


def test_a_customer_without_history_is_told_so(train: Interactions) -> None:
    found = reasons(ease.fit(train), "C0", "P2")
    assert found.bought == ()
    assert "nothing yet" in found.reason
    far = reasons(item_neighbours.fit(who(np.eye(3)), own=True), "C0", "P2")
    assert "adds to the score" in far.reason


@pytest.mark.parametrize("fit", FITS)
def test_the_named_purchases_matter_more_than_others(
    train: Interactions, fit: Callable[[Interactions], HistoryModel]
) -> None:
    found = quick(fit(train))
    assert found.customers + found.left_out == 150
    assert known(found.fall).direction == "higher"
    assert known(found.drop).direction == "higher"
    assert found.named_fall is not None
    assert found.other_fall is not None
    assert known(found.fall).value == pytest.approx(found.named_fall - found.other_fall)


@dataclass(frozen=True, kw_only=True, eq=False)
class Guesser(Linear):
    """A model that names bought products at random."""

    seed: int

    def parts(self, histories: sparse.csr_array, products: NDArray[np.int64]) -> Array:
        drawn = np.random.default_rng([self.seed, 1]).random((len(products), 12))
        return np.where(histories.toarray() > 0, drawn, 0.0)


def test_names_drawn_at_random_are_not_faithful(train: Interactions) -> None:
    honest = count_factors.fit(train)
    falls = []
    for seed in range(20):
        guesser = Guesser(train=train, weight="log", influence=honest.influence, seed=seed)
        falls.append(known(quick(guesser, seed=seed).fall))
    # Of twenty intervals of 95%, four or more miss once in sixty times.
    assert sum(fall.covers(0) for fall in falls) >= 17
    assert max(fall.value for fall in falls) < known(quick(honest).fall).low


def test_a_score_of_zero_or_less_has_no_share_to_lose(train: Interactions) -> None:
    found = quick(Guesser(train=train, weight="log", influence=-np.ones((12, 12)), seed=1))
    assert (found.customers, found.left_out) == (0, 150)


def test_falls_are_those_of_plain_loops(
    train: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ease.fit(train)
    allowed = ~train.bought
    x = np.log1p(train.counts.toarray())
    found = quick(model, most=1)
    falls, losses = [], []
    for row in range(150):
        may = [p for p in range(12) if allowed[row, p]]
        if not may:
            continue
        scores = x[row] @ model.influence
        best = max(may, key=lambda p: scores[p])
        parts = x[row] * model.influence[:, best]
        if scores[best] <= 0 or parts.max() <= 0 or (x[row] > 0).sum() < 2:
            continue
        without = np.where(np.arange(12) == parts.argmax(), 0, x[row]) @ model.influence
        falls.append(sum(without[p] > without[best] for p in may))
        losses.append(parts.max() / scores[best])
    assert found.customers == len(falls)
    assert found.named_fall == pytest.approx(np.mean(falls))
    # Blocks of customers draw the same named purchases, and others of their own.
    monkeypatch.setattr(list_faithfulness, "CELLS", 12 * 40)
    assert quick(model, most=1).named_fall == pytest.approx(np.mean(falls))


def test_the_loss_of_score_is_the_larger_part_less_the_smaller() -> None:
    """Customers who bought two products: one is the reason that is named, the other is not."""
    random = np.random.default_rng(2)
    counts = np.array([random.permutation([1, 2, 0, 0, 0, 0]) for _ in range(40)])
    model = item_neighbours.fit(who(counts))
    lists = top(model.scores(), 1, counts == 0)
    found = faithfulness(model, lists, most=1, level=0.95, seed=1, draws=50)
    parts = np.sort(model.parts(sparse.csr_array(counts.astype(float)), lists[:, 0]), axis=1)
    expected = (parts[:, -1] - parts[:, -2]) / parts.sum(axis=1)
    assert found.customers == 40
    assert known(found.drop).value == pytest.approx(expected.mean())


def test_wrong_arguments_are_named(train: Interactions) -> None:
    model = ease.fit(train)
    with pytest.raises(ValueError, match="no customer 'X'"):
        reasons(model, "X", "P1")
    with pytest.raises(ValueError, match="no product 'X'"):
        reasons(model, "C1", "X")
    with pytest.raises(ValueError, match="reasons"):
        reasons(model, "C1", "P1", most=0)
    with pytest.raises(ValueError, match="list for each customer"):
        faithfulness(model, np.zeros((2, 1), dtype=int), level=0.95, seed=1)
    with pytest.raises(ValueError, match="allowed"):
        faithfulness(
            model,
            np.zeros((150, 1), dtype=int),
            allowed=np.ones((1, 12), dtype=bool),
            level=0.95,
            seed=1,
        )
