"""Errors of ratings against Surprise, statsmodels, closed forms and worlds of known noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from surprise import BaselineOnly, Dataset, Prediction, Reader, accuracy

from knowntruth.methods.lists.rating_errors import (
    BIASES,
    LOG_PRICE,
    OVERALL_MEAN,
    PRODUCT_MEAN,
    RatingErrors,
    baselines,
    errors,
)
from knowntruth.methods.lists.ratings import Ratings, train_and_test

PRICES = pd.Series({f"P{i}": 5.0 * 1.2**i for i in range(20)})
NOISE = 0.3


def world(n: int = 3_000, *, customers: int = 100, spread: float = 0.5, seed: int = 1) -> Any:
    """Return purchases whose logarithms are a customer's level, the price's, and normal noise."""
    rng = np.random.default_rng(seed)
    customer, product = rng.integers(customers, size=n), rng.integers(20, size=n)
    level = rng.normal(0, spread, customers)
    log = level[customer] + np.log1p(PRICES.to_numpy()[product]) + rng.normal(0, NOISE, n)
    return pd.DataFrame(
        {
            "customer": [f"C{i:03}" for i in customer],
            "product": [f"P{i}" for i in product],
            "date": pd.date_range("2023-01-01", periods=n, freq="h"),
            "amount": np.expm1(np.maximum(log, 0.01)),
        }
    )


@pytest.fixture(scope="module")
def parts() -> tuple[Ratings, Ratings]:
    return train_and_test(world(), seed=2)


@pytest.fixture(scope="module")
def foretold(parts: tuple[Ratings, Ratings]) -> dict[str, Any]:
    return baselines(*parts, prices=PRICES)


def judged(foretold: Any, test: Ratings, **changes: Any) -> RatingErrors:
    return errors(foretold, test, **({"level": 0.95, "seed": 3, "draws": 400} | changes))


def frame(rated: Ratings) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer": rated.customers[rated.customer],
            "product": rated.products[rated.product],
            "rating": rated.value,
        }
    )


def test_biases_are_those_of_surprise_from_labels(
    parts: tuple[Ratings, Ratings], foretold: dict[str, Any]
) -> None:
    train, test = parts
    reader = Reader(rating_scale=(0, 100))
    theirs = BaselineOnly(verbose=False)
    theirs.fit(Dataset.load_from_df(frame(train), reader).build_full_trainset())
    rows = frame(test).itertuples(index=False)
    expected = [theirs.predict(row.customer, row.product).est for row in rows]
    np.testing.assert_allclose(foretold[BIASES], expected, rtol=1e-12)


def test_means_and_the_line_are_those_of_pandas_and_statsmodels(
    parts: tuple[Ratings, Ratings], foretold: dict[str, Any]
) -> None:
    train, test = (frame(part) for part in parts)
    np.testing.assert_allclose(foretold[OVERALL_MEAN], train["rating"].mean())
    means = train.groupby("product")["rating"].mean()
    np.testing.assert_allclose(foretold[PRODUCT_MEAN], test["product"].map(means))
    known, asked = (
        sm.add_constant(np.log1p(part["product"].map(PRICES).to_numpy())) for part in (train, test)
    )
    expected = sm.OLS(train["rating"], known).fit().predict(asked)
    np.testing.assert_allclose(foretold[LOG_PRICE], expected, rtol=1e-10)


def test_rmse_is_that_of_surprise(parts: tuple[Ratings, Ratings], foretold: dict[str, Any]) -> None:
    test = parts[1]
    found = judged(foretold, test, draws=20).rmse
    for name, values in foretold.items():
        pairs = zip(test.value, values, strict=True)
        theirs = accuracy.rmse([Prediction("", "", r, est, {}) for r, est in pairs], verbose=False)
        assert found[name].value == pytest.approx(theirs, rel=1e-12)


def test_what_knows_customers_comes_near_the_noise_and_what_knows_prices_near_both() -> None:
    """Errors are sqrt(noise^2 + spread^2) by price alone; the noise where customers are known."""
    train, test = train_and_test(world(12_000, spread=0.5, seed=5), seed=6)
    found = judged(baselines(train, test, prices=PRICES), test)
    assert found.rmse[BIASES].value == pytest.approx(NOISE, rel=0.08)
    by_price = found.rmse[LOG_PRICE]
    assert by_price.covers(np.hypot(NOISE, 0.5))
    assert found.rmse[OVERALL_MEAN].value > 3 * found.rmse[BIASES].value


def test_a_difference_is_that_of_the_errors_and_paired(
    parts: tuple[Ratings, Ratings], foretold: dict[str, Any]
) -> None:
    found = judged(foretold, parts[1], against=LOG_PRICE)
    assert found.against == LOG_PRICE
    assert set(found.differences) == {OVERALL_MEAN, PRODUCT_MEAN, BIASES}
    gap = found.differences[PRODUCT_MEAN]
    assert gap.null == 0
    assert gap.value == pytest.approx(found.rmse[PRODUCT_MEAN].value - found.rmse[LOG_PRICE].value)
    # Both leave out what customers spend: their errors go together, customer by customer.
    assert gap.high - gap.low < (found.rmse[LOG_PRICE].high - found.rmse[LOG_PRICE].low) / 3
    assert found.differences[BIASES].direction == "lower"
    assert judged(foretold, parts[1], draws=20).against == OVERALL_MEAN


def test_intervals_resample_customers_and_hold_the_truth_as_often_as_they_say() -> None:
    """Customers differ by far more than noise: intervals over ratings would be half as wide."""
    truth, customers, each, worlds = 0.5**2 + NOISE**2, 60, 20, 150
    rng = np.random.default_rng(7)
    held = 0
    customer = np.repeat(np.arange(customers), each)
    labels = pd.Index([f"C{i}" for i in range(customers)])
    for seed in range(worlds):
        value = rng.normal(0, 0.5, customers)[customer] + rng.normal(0, NOISE, customers * each)
        test = Ratings(
            customers=labels,
            products=pd.Index(["P"]),
            customer=customer,
            product=np.zeros_like(customer),
            value=value,
        )
        found = errors({"zero": np.zeros(len(test))}, test, level=0.9, seed=seed, draws=100)
        held += found.rmse["zero"].covers(np.sqrt(truth))
    # Nine in ten, less a little for 60 customers, within three standard errors.
    assert held / worlds == pytest.approx(0.88, abs=3 * np.sqrt(0.9 * 0.1 / worlds))


def test_predictions_that_are_not_finite_have_no_error(parts: tuple[Ratings, Ratings]) -> None:
    test = parts[1]
    lost = np.full(len(test), np.nan)
    with np.errstate(invalid="ignore"):
        found = judged({"mean": np.zeros(len(test)), "lost": lost}, test, draws=20)
    assert list(found.rmse) == ["mean"]
    assert found.differences == {}


def test_strangers_get_the_overall_mean(parts: tuple[Ratings, Ratings]) -> None:
    train, test = parts
    kept = train.take((train.customer != 0) & (train.product != 0))
    strange = test.take((test.customer == 0) | (test.product == 0))
    found = baselines(kept, strange)
    both = (strange.customer == 0) & (strange.product == 0)
    new = strange.product == 0
    assert found[PRODUCT_MEAN][new] == pytest.approx(kept.value.mean())
    assert found[BIASES][both] == pytest.approx(kept.value.mean())
    assert LOG_PRICE not in found


def test_there_is_no_line_without_the_prices_of_the_test_or_with_one_price(
    parts: tuple[Ratings, Ratings],
) -> None:
    assert LOG_PRICE not in baselines(*parts, prices=PRICES.drop("P3"))
    assert LOG_PRICE not in baselines(*parts, prices=PRICES * 0 + 4)


def test_few_customers_give_a_reason(parts: tuple[Ratings, Ratings]) -> None:
    one = parts[1].take(parts[1].customer == 4)
    found = judged({"zero": np.zeros(len(one))}, one)
    assert found.reason == "fewer than two customers have test ratings"
    assert found.rmse == {}


def test_wrong_arguments_are_refused(parts: tuple[Ratings, Ratings]) -> None:
    train, test = parts
    with pytest.raises(ValueError, match="one prediction for each rating"):
        judged({"short": np.zeros(3)}, test)
    with pytest.raises(ValueError, match="no prediction 'x' to compare"):
        judged({"zero": np.zeros(len(test))}, test, against="x")
    with pytest.raises(ValueError, match="no prediction ''"):
        judged({}, test)
    with pytest.raises(ValueError, match="prices are above zero"):
        baselines(train, test, prices=PRICES * 0)
    with pytest.raises(ValueError, match="no ratings to learn from"):
        baselines(train.take(np.zeros(len(train), bool)), test)
    with pytest.raises(ValueError, match="same customers"):
        baselines(*train_and_test(world(seed=9).replace("C001", "D1"))[:1], test)
