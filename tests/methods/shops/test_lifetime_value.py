"""Lifetime value against CDNOW's customers, fitting again by resampling, and its own sums."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from knowntruth.errors import DataError
from knowntruth.methods.shops import bg_nbd, gamma_gamma
from knowntruth.methods.shops.lifetime_value import LifetimeValue, discounted, lifetime_value
from knowntruth.story.estimates import Estimate

from . import cdnow


@pytest.fixture(scope="module")
def value() -> LifetimeValue:
    return lifetime_value(cdnow.histories(), horizon=39, level=0.95)


def known(estimate: Estimate | None) -> Estimate:
    assert estimate is not None
    return estimate


def test_money_is_orders_times_value_times_margin(value: LifetimeValue) -> None:
    histories = cdnow.histories()
    orders = bg_nbd.fit(histories).expected(histories, 39)
    worth = gamma_gamma.fit(histories).expected(histories)
    assert np.allclose(value.customers["money"], orders * worth)
    assert known(value.orders).value == pytest.approx(orders.sum())
    assert known(value.money).value == pytest.approx((orders * worth).sum())
    assert known(value.per_customer).value == pytest.approx((orders * worth).mean())
    margin = pd.Series(np.where(histories.index % 2, 0.3, 0.5), index=histories.index)
    kept = lifetime_value(histories, horizon=39, margin=margin.head(2_000), level=0.95)
    expected = margin.where(margin.index.isin(margin.head(2_000).index), margin.head(2_000).mean())
    assert np.allclose(kept.customers["money"], orders * worth * expected)
    assert value.of_new == pytest.approx(bg_nbd.fit(histories).of_new(39) * value.spending.mean)


def test_cdnow_buys_in_the_later_half_as_expected(value: LifetimeValue) -> None:
    """The authors of the sample bought 1,882 orders in weeks 40 to 78, by its own log."""
    log = cdnow.purchases()
    later = log[log["date"] >= "1997-10-01"]
    orders = len(later.drop_duplicates(["customer", "date"]))
    assert known(value.orders).covers(orders)
    assert known(value.money).covers(later["amount"].sum())


def test_intervals_are_those_of_fitting_again_to_resampled_customers() -> None:
    some = cdnow.histories().head(600)
    found = lifetime_value(some, horizon=39, level=0.95)
    random, drawn = np.random.default_rng(1), []
    for _ in range(80):
        counts = np.bincount(random.integers(600, size=600), minlength=600)
        orders = bg_nbd.fit(some, weights=counts).expected(some, 39)
        worth = gamma_gamma.fit(some, weights=counts).expected(some)
        drawn.append((counts @ orders, counts @ (orders * worth)))
    errors = np.log(drawn).std(axis=0)
    for estimate, error in zip((found.orders, found.money), errors, strict=True):
        half = np.log(known(estimate).high / known(estimate).low) / (2 * 1.96)
        # A spread of 80 draws is known to 8%; the jackknife is linear.
        assert half == pytest.approx(error, rel=0.25)


def test_a_discount_is_that_of_many_short_times() -> None:
    histories = cdnow.histories().head(200)
    model = bg_nbd.fit(histories)
    found, rate = discounted(model, histories, 39, 0.02).to_numpy(), np.log(1.02)
    edges = np.linspace(0, 39, 60)
    until = np.array([model.expected(histories, time) for time in edges])
    middle = (edges[1:] + edges[:-1]) / 2
    assert np.allclose(found, np.exp(-rate * middle) @ np.diff(until, axis=0), rtol=1e-3)
    assert np.allclose(discounted(model, histories, 39, 0), until[-1])


def test_margin_and_currency_scale_money_and_its_interval(value: LifetimeValue) -> None:
    other = cdnow.histories().assign(value=cdnow.histories()["value"] * 8)
    found = known(lifetime_value(other, horizon=39, margin=0.25, level=0.95).money)
    for name in ("value", "low", "high"):
        assert getattr(found, name) == pytest.approx(2 * getattr(value.money, name), rel=1e-3)


def test_without_repeat_orders_there_is_no_value() -> None:
    once = pd.DataFrame({"frequency": [0, 0], "recency": [0, 0], "age": [3, 9], "value": np.nan})
    found = lifetime_value(once, horizon=10, level=0.95)
    assert found.reason == "nobody ordered again"
    assert found.money is None
    assert found.customers["money"].isna().all()


def test_wrong_arguments_are_named() -> None:
    some = cdnow.histories().head(50)
    with pytest.raises(ValueError, match="horizon"):
        lifetime_value(some, horizon=-1, level=0.95)
    with pytest.raises(ValueError, match="discount"):
        lifetime_value(some, horizon=1, discount=1.5, level=0.95)
    with pytest.raises(ValueError, match="no customer has a margin"):
        lifetime_value(some, horizon=1, margin=pd.Series(dtype=float), level=0.95)
    with pytest.raises(DataError, match="column value"):
        lifetime_value(some.drop(columns="value"), horizon=1, level=0.95)
