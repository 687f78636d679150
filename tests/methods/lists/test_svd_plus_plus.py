"""SVD++ from arrays against Surprise's own predictions, one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from surprise import Dataset, Reader, SVDpp

from knowntruth.methods.lists.ratings import Ratings, ratings
from knowntruth.methods.lists.svd_plus_plus import SvdPlusPlus, fit

CUSTOMERS = [f"C{i}" for i in range(31)]  # nobody draws the last
PRODUCTS = [f"P{i}" for i in range(13)]
PRICES = np.exp(np.linspace(1, 5, 12))


def purchases(n: int = 500, *, seed: int = 1) -> pd.DataFrame:
    """Return purchases of few products by few customers, most pairs more than once."""
    rng = np.random.default_rng(seed)
    customer, product = rng.integers(30, size=n), rng.integers(12, size=n)
    power = rng.lognormal(0, 0.5, 30)
    return pd.DataFrame(
        {
            "customer": [CUSTOMERS[i] for i in customer],
            "product": [PRODUCTS[i] for i in product],
            "amount": PRICES[product] * power[customer] * rng.uniform(0.85, 1.15, n),
        }
    )


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return purchases()


@pytest.fixture(scope="module")
def rated(table: pd.DataFrame) -> Ratings:
    return ratings(table, CUSTOMERS, PRODUCTS)


@pytest.fixture(scope="module")
def model(rated: Ratings) -> SvdPlusPlus:
    return fit(rated, factors=6, epochs=15, rate=0.03, regularisation=0.05, seed=7)


@pytest.fixture(scope="module")
def theirs(table: pd.DataFrame) -> Any:
    """The same by Surprise alone, from the labels."""
    rows = table.assign(rating=np.log1p(table["amount"]))[["customer", "product", "rating"]]
    reader = Reader(rating_scale=(rows["rating"].min(), rows["rating"].max()))
    data = Dataset.load_from_df(rows, reader).build_full_trainset()
    return SVDpp(n_factors=6, n_epochs=15, lr_all=0.03, reg_all=0.05, random_state=7).fit(data)


@pytest.mark.parametrize("clip", [False, True])
def test_predictions_are_surprises_for_all_pairs_strangers_included(
    model: SvdPlusPlus, theirs: Any, clip: bool
) -> None:
    expected = [[theirs.predict(u, i, clip=clip).est for i in PRODUCTS] for u in CUSTOMERS]
    u, i = np.indices((31, 13)).reshape(2, -1)
    found = model.predict(u, i, clip=clip).reshape(31, 13)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    if not clip:
        np.testing.assert_allclose(model.scores(), expected, rtol=1e-12)


def test_some_prediction_here_lies_beyond_the_scale(model: SvdPlusPlus) -> None:
    beyond = (model.scores() > model.high) | (model.scores() < model.low)
    assert 0 < beyond.mean() < 0.5


def test_scores_of_some_customers_are_those_rows(model: SvdPlusPlus) -> None:
    np.testing.assert_array_equal(model.scores(np.array([30, 2])), model.scores()[[30, 2]])


def test_the_implicit_part_counts_a_product_as_often_as_it_was_rated(
    model: SvdPlusPlus, table: pd.DataFrame
) -> None:
    for u, rows in table.groupby("customer"):
        held = [model.implicit_factors[PRODUCTS.index(i)] for i in rows["product"]]
        np.testing.assert_allclose(
            model.implicit_part[CUSTOMERS.index(str(u))],
            np.sum(held, axis=0) / np.sqrt(len(rows)),
            rtol=1e-12,
        )


def test_a_customer_without_ratings_ranks_products_by_their_biases(model: SvdPlusPlus) -> None:
    np.testing.assert_array_equal(
        np.argsort(model.scores(np.array([30]))[0]), np.argsort(model.product_bias, kind="stable")
    )
    assert model.customer_bias[30] == 0
    assert model.product_bias[12] == 0


def test_scores_follow_the_price_where_amounts_do(model: SvdPlusPlus) -> None:
    """Amounts are prices times what a customer spends, within 15%: nobody likes anything more."""
    for scores in model.scores(slice(30)):
        assert np.corrcoef(scores[:12], np.log(PRICES))[0, 1] > 0.99


def legacy_state() -> Any:
    """Return the state of numpy's global generator."""
    return np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002


def test_a_seed_gives_one_model_another_seed_another_and_no_global_state_changes(
    rated: Ratings,
) -> None:
    before = legacy_state()
    quick = {"factors": 2, "epochs": 1}
    first, again, other = (fit(rated, **quick, seed=seed).scores() for seed in (1, 1, 2**63 - 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(legacy_state(), before)


def test_a_descent_that_runs_away_gives_a_reason(rated: Ratings) -> None:
    assert fit(rated, factors=2, epochs=1, seed=1).reason == ""
    assert "ran away" in fit(rated, factors=5, epochs=5, rate=5.0, seed=1).reason


@pytest.mark.parametrize(
    "wrong", [{"factors": 0}, {"epochs": 0}, {"rate": -0.1}, {"regularisation": -1.0}]
)
def test_wrong_arguments_are_refused(rated: Ratings, wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        fit(rated, seed=1, **wrong)


def test_nothing_is_learnt_from_no_ratings(rated: Ratings) -> None:
    none = replace(rated, customer=np.array([], int), product=np.array([], int), value=np.array([]))
    with pytest.raises(ValueError, match="number of ratings"):
        fit(none, seed=1)
