"""Features of customers against pandas, rows by hand, and customers made to a known rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from knowntruth.errors import DataError
from knowntruth.methods.shops.customer_features import MONTH, better, published

END = pd.Timestamp("2024-04-01")
SMALL = pd.DataFrame(
    [
        ("A", "tea", "2024-01-01 09:00", 4.0, 2, "drink"),
        ("A", "tea", "2024-01-01 23:59", 2.0, 1, "drink"),
        ("A", "cup", "2024-03-01 00:00", 8.0, 1, "thing"),
        ("B", "tea", "2024-03-31 12:00", 16.0, 4, "drink"),
    ],
    columns=["customer", "product", "date", "amount", "quantity", "category"],
).astype({"date": "datetime64[us]"})


def made(frequent: float, generous: float, *, prices: float = 1.0) -> pd.DataFrame:
    """Return purchases of 200 customers; the later half order and take more, at these factors."""
    random = np.random.default_rng(3)
    times = random.poisson(20 * np.where(np.arange(200) < 100, 1, frequent)) + 1
    customer = np.repeat(np.arange(200), times)
    m = len(customer)
    product = random.integers(0, 20, m)
    mean = np.where(customer < 100, 1.0, generous)
    quantity = 1 + random.poisson(mean)
    price = np.exp(prices * np.linspace(0, 5, 20))[product]
    return pd.DataFrame(
        {
            "customer": customer,
            "product": product,
            "date": pd.Timestamp("2023-01-01")
            + pd.to_timedelta(random.integers(0, 455 * 24, m), unit="h"),
            "quantity": quantity,
            "amount": price * quantity,
        }
    )


def test_the_published_features_are_those_by_hand() -> None:
    found = published(SMALL)
    assert found.to_dict("index") == {
        "A": {
            "total_spending": 14, "average_spending": pytest.approx(14 / 3), "total_quantity": 4,
            "shopping_days": 2, "spend_per_item": 3.5,
        },
        "B": {
            "total_spending": 16, "average_spending": 16, "total_quantity": 4,
            "shopping_days": 1, "spend_per_item": 4,
        },
    }  # fmt: skip


def test_the_published_features_are_those_of_pandas() -> None:
    sold = made(2, 2)
    grouped = sold.assign(day=sold["date"].dt.date).groupby("customer")
    found = published(sold)
    assert np.allclose(found["total_spending"], grouped["amount"].sum())
    assert np.allclose(found["average_spending"], grouped["amount"].mean())
    assert (found["total_quantity"] == grouped["quantity"].sum()).all()
    assert (found["shopping_days"] == grouped["day"].nunique()).all()


def test_the_better_features_are_those_by_hand() -> None:
    found = better(SMALL, end=END)
    # One repeat order in 90 and 0 days: the common rate is 1 / 90.
    rate = {"A": 2 / (90 + 90), "B": 1 / (0 + 90)}
    log = np.log
    expected = {
        # Tea costs 2, 2 and 4 a unit, so usually 2; B pays double.
        "A": [log(rate["A"] * MONTH), log(2) / 3, 0.0, np.log1p(30 * rate["A"])],
        "B": [log(rate["B"] * MONTH), log(4), log(2), 0.0],
    }
    for customer, row in expected.items():
        assert list(found.loc[customer]) == pytest.approx(row)
    # In its category the dearest thing stands alone, so it is usual there; among all it is not.
    of_all = better(SMALL.assign(shop=1), end=END, usual="shop")["relative_price"]
    middle = (log(2) + log(4)) / 2
    assert of_all["B"] == pytest.approx(log(4) - middle)


def test_what_a_customer_does_shows_and_prices_do_not() -> None:
    alike, often, many = made(1, 1), made(3, 1), made(1, 3)
    half = np.arange(200) < 100
    by_feature: dict[str, list[float]] = {"order_rate": [], "quantity": []}
    for sold in (alike, often, many):
        found = better(sold, end="2024-04-01")
        for name, gaps in by_feature.items():
            values = found[name].to_numpy()
            gaps.append(float(values[~half].mean() - values[half].mean()))
    # A hundred means of log rates of 20 orders, each with an error of 0.22: 0.03 of a difference.
    assert by_feature["order_rate"] == [
        pytest.approx(0, abs=0.12), pytest.approx(np.log(3), abs=0.15), pytest.approx(0, abs=0.12),
    ]  # fmt: skip
    assert by_feature["quantity"][2] > 0.4
    assert np.allclose(by_feature["quantity"][:2], 0, atol=0.05)
    dear = better(made(3, 1, prices=2), end="2024-04-01")
    assert np.allclose(dear, better(often, end="2024-04-01"))


def test_times_in_another_unit_or_amounts_in_another_currency_change_nothing() -> None:
    sold = made(2, 2)
    other = sold.assign(amount=sold["amount"] * 97, date=sold["date"].astype("datetime64[s]"))
    assert np.allclose(better(sold, end="2024-04-01"), better(other, end="2024-04-01"))


def test_customers_who_came_once_have_features() -> None:
    once = SMALL.drop_duplicates("customer")
    assert np.isfinite(better(once, end=END).to_numpy()).all()
    last_day = better(once.assign(date=pd.Timestamp("2024-03-31 23:00")), end=END)
    assert np.isfinite(last_day.to_numpy()).all()


def test_tables_that_cannot_be_used_are_refused() -> None:
    with pytest.raises(ValueError, match="last observed day"):
        better(SMALL, end="2024-03-31")
    with pytest.raises(DataError, match="column shelf"):
        better(SMALL, end=END, usual="shelf")
    with pytest.raises(DataError, match="column amount"):
        published(SMALL.drop(columns="amount"))
