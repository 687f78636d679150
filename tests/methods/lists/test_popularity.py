"""Popularity by hand, and within category against a world of categories whose chances are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from knowntruth.methods.lists import popularity
from knowntruth.methods.lists.interactions import Interactions, interactions

CATEGORIES = pd.Series({"pen": "paper", "ink": "paper", "cup": "home", "jug": "home"})
PRODUCTS = list(CATEGORIES.index)


def who(counts: list[list[int]], products: list[str] = PRODUCTS) -> Interactions:
    return Interactions(
        customers=pd.Index([f"C{i}" for i in range(len(counts))]),
        products=pd.Index(products),
        counts=sparse.csr_array(np.array(counts, dtype=float)),
    )


THREE = who([[3, 1, 0, 0], [0, 0, 4, 0], [0, 0, 0, 0]])


def test_popularity_is_the_share_of_all_purchases_for_everybody() -> None:
    found = popularity.fit(THREE)
    assert found.scores().tolist() == [[0.375, 0.125, 0.5, 0]] * 3
    assert found.scores(np.array([1])).shape == (1, 4)
    assert not found.parts(THREE.counts, np.array([0, 1, 2])).any()


def test_without_purchases_all_products_are_equally_popular() -> None:
    nothing = who([[0, 0, 0, 0]])
    assert popularity.fit(nothing).scores().tolist() == [[0.25] * 4]
    within = popularity.fit_within_category(
        nothing, categories=CATEGORIES, prior_purchases=0, product_prior=0
    )
    assert within.scores().tolist() == [[0.25] * 4]


def test_within_category_is_share_of_category_times_share_in_it() -> None:
    found = popularity.fit_within_category(
        THREE, categories=CATEGORIES, prior_purchases=4, product_prior=1
    )
    assert found.categories == ("home", "paper")
    # Half of all purchases are paper: (4 + 2) / 8 of the first customer's, 2 / 8 of the second's.
    assert found.category_shares(THREE.counts)[:, 1].tolist() == [0.75, 0.25, 0.5]
    # Pens: three of four, with one more of each product four of six.
    assert found.scores()[:, 0] == pytest.approx([0.75 * 4 / 6, 0.25 * 4 / 6, 0.5 * 4 / 6])
    assert found.scores()[:, 3] == pytest.approx([0.25 / 6, 0.75 / 6, 0.5 / 6])


def test_scores_within_category_are_chances() -> None:
    random = np.random.default_rng(1)
    train = who(random.poisson(0.6, size=(40, 4)).tolist())
    found = popularity.fit_within_category(train, categories=CATEGORIES).scores()
    assert found.sum(axis=1) == pytest.approx(np.ones(40))


def test_within_category_learns_the_chances_of_a_world_of_categories() -> None:
    """Customers with chances of their own for categories, one share of products in each."""
    random = np.random.default_rng(2)
    likes = random.dirichlet([1.0, 1.0], size=300)
    within = np.array([0.7, 0.3, 0.2, 0.8])
    truth = likes[:, [0, 0, 1, 1]] * within
    counts = np.array([random.multinomial(400, row) for row in truth])
    found = popularity.fit_within_category(who(counts.tolist()), categories=CATEGORIES).scores()
    # A share of 400 purchases errs by at most 0.025; the prior of 5 moves it by 5 / 405 at most.
    errors = found - truth
    assert np.sqrt((errors**2).mean()) < 0.025
    assert abs(errors.mean(axis=0)).max() < 4 * 0.025 / np.sqrt(300) + 0.001


def test_parts_within_category_and_prior_make_the_score() -> None:
    found = popularity.fit_within_category(
        THREE, categories=CATEGORIES, prior_purchases=4, product_prior=1
    )
    parts = found.parts(THREE.counts, np.array([0, 0, 0]))
    # Pens and ink add in proportion to purchases; a cup says nothing about a pen.
    assert parts == pytest.approx(np.array([[3, 1, 0, 0], [0] * 4, [0] * 4]) / 8 * 4 / 6)
    prior = 4 * 0.5 / np.array([8, 8, 4]) * 4 / 6
    assert parts.sum(axis=1) + prior == pytest.approx(found.scores()[:, 0])


def test_a_customer_without_history_gets_popularity_and_a_new_product_a_small_share() -> None:
    found = popularity.fit_within_category(THREE, categories=CATEGORIES, product_prior=0)
    assert found.scores()[2] == pytest.approx(popularity.fit(THREE).scores()[2])
    smoothed = popularity.fit_within_category(THREE, categories=CATEGORIES)
    assert 0 < smoothed.scores()[1, 3] < smoothed.scores()[1, 2]


def test_products_without_a_category_share_one() -> None:
    found = popularity.fit_within_category(
        THREE, categories=pd.Series({"pen": None, "ink": "paper", "cup": np.nan, "jug": "home"})
    )
    assert found.categories == ("home", "paper", "")
    assert found.category.tolist() == [2, 1, 2, 0]


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="product cup"):
        popularity.fit_within_category(THREE, categories=CATEGORIES.drop("cup"))
    for name in ("prior_purchases", "product_prior"):
        with pytest.raises(ValueError, match=name):
            popularity.fit_within_category(THREE, categories=CATEGORIES, **{name: -1.0})


def test_labels_of_a_table_reach_the_model() -> None:
    table = pd.DataFrame({"customer": ["A", "A", "B"], "product": ["pen", "pen", "cup"]})
    found = popularity.fit(interactions(table, products=PRODUCTS))
    assert found.share == pytest.approx([2 / 3, 0, 1 / 3, 0])
