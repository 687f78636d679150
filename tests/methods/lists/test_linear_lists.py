"""Models that add up a history, against ridge regression, cosines and SVD of other libraries."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import cosine_similarity

from knowntruth.methods.lists import count_factors, ease, item_neighbours, popularity
from knowntruth.methods.lists.interactions import Interactions, Weight
from knowntruth.methods.lists.list_models import Linear

Fit = Callable[[Interactions], Linear]
FITS: list[Fit] = [ease.fit, item_neighbours.fit, count_factors.fit]


def who(counts: np.ndarray) -> Interactions:
    rows, columns = counts.shape
    return Interactions(
        customers=pd.Index([f"C{i}" for i in range(rows)]),
        products=pd.Index([f"P{i}" for i in range(columns)]),
        counts=sparse.csr_array(counts.astype(float)),
    )


@pytest.fixture(scope="module")
def train() -> Interactions:
    """Purchases of 60 customers; the first has none, the last product was never bought."""
    counts = np.random.default_rng(1).poisson(1.0, size=(60, 9))
    counts[0] = 0
    counts[:, -1] = 0
    return who(counts)


@pytest.mark.parametrize("weight", ["log", "counts", "bought"])
def test_ease_is_a_ridge_regression_of_each_product_on_the_others(
    train: Interactions, weight: Weight
) -> None:
    x = {
        "log": np.log1p(train.counts.toarray()),
        "counts": train.counts.toarray(),
        "bought": (train.counts.toarray() > 0).astype(float),
    }[weight]
    found = ease.fit(train, penalty=3.0, weight=weight)
    for j in range(9):
        others = np.delete(np.arange(9), j)
        ridge = Ridge(alpha=3.0, fit_intercept=False).fit(x[:, others], x[:, j])
        assert found.influence[others, j] == pytest.approx(ridge.coef_, abs=1e-9)
    assert not np.diag(found.influence).any()
    assert found.scores(np.array([3]))[0] == pytest.approx(x[3] @ found.influence)


def test_neighbours_are_the_most_similar_by_cosine(train: Interactions) -> None:
    x = np.log1p(train.counts.toarray())
    cosine = cosine_similarity(x.T)
    np.fill_diagonal(cosine, 0)
    found = item_neighbours.fit(train, neighbours=3)
    for i in range(9):
        nearest = np.argsort(-cosine[i], kind="stable")[:3]
        expected = np.zeros(9)
        expected[nearest] = cosine[i, nearest]
        assert found.influence[i] == pytest.approx(expected, abs=1e-12)
    whole = item_neighbours.fit(train, neighbours=20)
    assert whole.scores()[1:] == pytest.approx(x[1:] @ cosine)


def test_a_product_may_count_as_similar_to_itself(train: Interactions) -> None:
    found = item_neighbours.fit(train, neighbours=2, own=True)
    assert np.diag(found.influence).tolist() == [1.0] * 8 + [0.0]
    other = item_neighbours.fit(train, neighbours=2).influence
    assert (found.influence - np.diag(np.diag(found.influence)) == other).all()


@pytest.mark.parametrize("rank", [1, 4])
def test_factors_are_those_of_scikit_learn(train: Interactions, rank: int) -> None:
    x = np.log1p(train.counts.toarray())
    theirs = TruncatedSVD(rank, algorithm="arpack", random_state=0).fit(x)
    found = count_factors.fit(train, rank=rank)
    assert found.rank == rank
    assert found.strength == pytest.approx(theirs.singular_values_)
    expected = theirs.inverse_transform(theirs.transform(x))
    assert found.scores()[1:] == pytest.approx(expected[1:], abs=1e-9)


def test_factors_never_outnumber_what_the_table_holds() -> None:
    assert count_factors.fit(who(np.eye(3)), rank=50).rank == 3
    assert count_factors.fit(who(np.ones((4, 5))), rank=3).rank == 1
    one = count_factors.fit(who(np.array([[2], [1]])))
    assert one.strength == pytest.approx(np.hypot(np.log(3), np.log(2)))
    assert count_factors.fit(who(np.zeros((4, 5)))).rank == 0


@pytest.mark.parametrize("fit", FITS)
def test_parts_add_up_to_the_score(train: Interactions, fit: Fit) -> None:
    model = fit(train)
    products = np.arange(60) % 9
    parts = model.parts(train.counts, products)
    scores = model.scores()[np.arange(60), products]
    assert parts[1:].sum(axis=1) == pytest.approx(scores[1:], abs=1e-12)
    assert not parts[~train.bought].any()
    assert not parts[0].any()


@pytest.mark.parametrize("fit", FITS)
def test_without_history_a_customer_gets_what_is_popular(train: Interactions, fit: Fit) -> None:
    model = fit(train)
    assert model.scores()[0] == pytest.approx(popularity.fit(train).scores()[0])
    assert (model.scores()[1:, -1] == 0).all()
    assert "bought most" in model.cold


@pytest.mark.parametrize("fit", FITS)
def test_rows_and_other_histories_are_scored_alike(train: Interactions, fit: Fit) -> None:
    model, rows = fit(train), np.array([5, 2, 0])
    whole = model.scores()
    assert model.scores(rows) == pytest.approx(whole[rows], rel=1e-12)
    assert model.scores(slice(4, 9)) == pytest.approx(whole[4:9], rel=1e-12)
    assert model.scores_from(train.counts[rows]) == pytest.approx(whole[rows], rel=1e-12)


@pytest.mark.parametrize("fit", FITS)
def test_nothing_bought_at_all_leaves_all_products_alike(fit: Fit) -> None:
    assert fit(who(np.zeros((3, 4)))).scores() == pytest.approx(np.full((3, 4), 0.25))


@pytest.mark.parametrize("fit", FITS)
def test_products_bought_by_the_same_customers_are_recommended(fit: Fit) -> None:
    """Two groups that each buy their own half of the products, one purchase left out."""
    counts = np.kron(np.eye(2), np.ones((20, 4)))
    counts[0, 3] = 0
    scores = fit(who(counts)).scores()[0]
    assert scores[3] > scores[4:].max()


def test_wrong_arguments_are_named(train: Interactions) -> None:
    with pytest.raises(ValueError, match="penalty"):
        ease.fit(train, penalty=0)
    with pytest.raises(ValueError, match="neighbours"):
        item_neighbours.fit(train, neighbours=0)
    with pytest.raises(ValueError, match="rank"):
        count_factors.fit(train, rank=0)
    with pytest.raises(ValueError, match="weight"):
        ease.fit(train, weight="money")  # type: ignore[arg-type]
