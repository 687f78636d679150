"""Ratings against their definition, and what a split leaves known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from knowntruth.errors import DataError
from knowntruth.methods.lists.interactions import interactions
from knowntruth.methods.lists.ratings import Ratings, ratings, train_and_test


def bought(rows: list[tuple[str, str, float]]) -> pd.DataFrame:
    """Return purchases a day apart."""
    table = pd.DataFrame(rows, columns=["customer", "product", "amount"])
    return table.assign(date=pd.date_range("2023-01-01", periods=len(rows), freq="D"))


def at_random(n: int, *, customers: int, products: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = zip(
        (f"C{i}" for i in rng.integers(customers, size=n)),
        (f"P{i}" for i in rng.integers(products, size=n)),
        rng.lognormal(3, 1, n),
        strict=True,
    )
    return bought([*rows])


FOUR = bought([("b", "tea", 9.0), ("a", "tea", math.e - 1), ("b", "tea", 99.0), ("b", "jam", 1.0)])


def pairs(found: Ratings) -> list[tuple[str, str]]:
    return [*zip(found.customers[found.customer], found.products[found.product], strict=True)]


def test_each_purchase_is_a_rating_of_log_one_plus_amount() -> None:
    found = ratings(FOUR)
    assert pairs(found) == [("b", "tea"), ("a", "tea"), ("b", "tea"), ("b", "jam")]
    assert found.value == pytest.approx([math.log(10), 1, math.log(100), math.log(2)])
    assert (len(found), found.pairs, found.left_out) == (4, 3, 0)


def test_interactions_of_ratings_are_those_of_the_purchases() -> None:
    table = at_random(300, customers=20, products=10, seed=8)
    found, expected = ratings(table).interactions, interactions(table)
    assert found.customers.equals(expected.customers)
    assert found.products.equals(expected.products)
    assert (found.counts != expected.counts).nnz == 0


def test_purchases_beyond_the_labels_are_left_out_and_counted() -> None:
    found = ratings(FOUR, customers=["z", "b"], products=["tea"])
    assert pairs(found) == [("b", "tea"), ("b", "tea")]
    assert list(found.customers) == ["z", "b"]
    assert found.left_out == 2


def test_a_pair_is_seen_if_train_has_the_same_customer_and_product() -> None:
    found = ratings(FOUR)
    rows = np.array([False, True, True, True])
    assert found.take(~rows).seen_in(found.take(rows)).tolist() == [True]
    assert found.take(np.array([1, 3])).seen_in(found.take(np.array([0, 2]))).tolist() == [
        False,
        False,
    ]
    with pytest.raises(ValueError, match="same customers and products"):
        found.seen_in(ratings(FOUR, customers=["b", "a"]))


def test_a_split_at_random_sees_pairs_as_often_as_independent_draws_make_likely() -> None:
    """Of uniform purchases a cell has Poisson many in train: it has some by 1 - exp(-mean)."""
    train, test = train_and_test(at_random(8_000, customers=100, products=40, seed=1), seed=2)
    assert (len(train), len(test)) == (6_400, 1_600)
    share = 1 - math.exp(-6_400 / 4_000)
    error = math.sqrt(share * (1 - share) / 1_600)
    assert test.seen_in(train).mean() == pytest.approx(share, abs=4 * error)


def test_train_and_test_together_are_all_ratings_and_their_labels_the_same() -> None:
    table = at_random(500, customers=60, products=30, seed=3)
    whole = ratings(table)
    for by in ("random", "time"):
        train, test = train_and_test(table, 0.3, by=by, seed=4)
        both = np.concatenate([train.value, test.value])
        assert np.sort(both) == pytest.approx(np.sort(whole.value))
        assert train.customers.equals(test.customers)
        assert test.customers.equals(whole.customers)
        assert test.products.equals(whole.products)


def test_a_split_by_time_tests_with_what_came_last_whatever_the_seed() -> None:
    for seed in (1, 2):
        train, test = train_and_test(FOUR, 0.25, by="time", seed=seed)
        assert pairs(test) == [("b", "jam")]
        assert len(train) == 3


def test_a_seed_gives_one_split_and_another_seed_another() -> None:
    table = at_random(200, customers=20, products=10, seed=5)
    first, again, other = (train_and_test(table, seed=seed)[1].value for seed in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"share": 1.0}, "share"), ({"by": "alphabet"}, "by random or by time")],
)
def test_another_way_to_split_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        train_and_test(FOUR, **arguments)


def test_wrong_tables_and_labels_are_refused() -> None:
    with pytest.raises(DataError, match="column amount: it is missing"):
        ratings(FOUR.drop(columns="amount"))
    with pytest.raises(DataError, match="not above zero"):
        ratings(FOUR.assign(amount=0.0))
    with pytest.raises(ValueError, match="product is given twice: tea"):
        ratings(FOUR, products=["tea", "tea"])
