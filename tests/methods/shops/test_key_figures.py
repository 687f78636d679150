"""Key figures against sums by hand, pandas, the delta method and a closed form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from knowntruth.errors import DataError
from knowntruth.methods.shops.key_figures import KeyFigures, best, by, key_figures
from knowntruth.story.estimates import Estimate

# Two customers, three orders: A buys twice on one day, and again in the next month.
SMALL = pd.DataFrame(
    [
        ("A", "tea", "2024-01-31 09:00", 10.0, 2, "drink", 3.0),
        ("A", "cup", "2024-01-31 23:59", 20.0, 1, "thing", 12.0),
        ("A", "tea", "2024-02-01 00:00", 6.0, 1, "drink", 3.0),
        ("B", "pot", "2024-02-01 12:00", 44.0, 1, "thing", np.nan),
    ],
    columns=["customer", "product", "date", "amount", "quantity", "category", "cost"],
).astype({"date": "datetime64[us]"})


def shop(customers: int, purchases: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    weight = random.gamma(2, 1, customers)
    product = random.integers(0, 12, purchases)
    price, quantity = random.lognormal(2, 1, 12)[product], 1 + random.poisson(1, purchases)
    seconds = np.sort(random.integers(0, 400 * 86_400, purchases))
    return pd.DataFrame(
        {
            "customer": random.choice(customers, purchases, p=weight / weight.sum()).astype(str),
            "product": product.astype(str),
            "date": pd.Timestamp("2023-03-05") + pd.to_timedelta(seconds, unit="s"),
            "amount": price * quantity * random.uniform(0.85, 1.15, purchases),
            "quantity": quantity,
            "cost": price * 0.6,
            "category": np.array(["a", "b", "c"])[product % 3],
        }
    )


@pytest.fixture(scope="module")
def sold() -> pd.DataFrame:
    return shop(300, 6_000, 1)


def figures(
    purchases: pd.DataFrame, *, level: float = 0.95, seed: int = 1, draws: int = 1_000
) -> KeyFigures:
    return key_figures(purchases, level=level, seed=seed, draws=draws)


def known(estimate: Estimate | None) -> Estimate:
    assert estimate is not None
    return estimate


def test_sums_and_ratios_are_those_by_hand() -> None:
    found = figures(SMALL, draws=20)
    assert [found.purchases, found.orders, found.customers, found.products] == [4, 3, 2, 3]
    assert found.units == 5
    assert found.revenue == 80
    # The pot's cost is not known: 4 + 8 + 3 of 36.
    assert found.margin == pytest.approx(15)
    assert found.costed == pytest.approx(36 / 80)
    ratios = {
        "average_order_value": 80 / 3, "revenue_per_unit": 16, "units_per_order": 5 / 3,
        "purchases_per_order": 4 / 3, "orders_per_customer": 1.5, "revenue_per_customer": 40,
        "margin_share": 15 / 36,
    }  # fmt: skip
    for name, expected in ratios.items():
        assert known(getattr(found, name)).value == pytest.approx(expected), name


def test_intervals_are_those_of_the_delta_method_over_customers(sold: pd.DataFrame) -> None:
    day = sold["date"].dt.floor("D")
    grouped = sold.assign(day=day).groupby("customer")
    of = pd.DataFrame(
        {
            "revenue": grouped["amount"].sum(),
            "orders": grouped["day"].nunique(),
            "units": grouped["quantity"].sum(),
        }
    )
    found, n = figures(sold), len(of)
    for name, bottom in {"average_order_value": "orders", "revenue_per_unit": "units"}.items():
        ratio = of["revenue"].sum() / of[bottom].sum()
        error = (of["revenue"] - ratio * of[bottom]).std() / np.sqrt(n) / of[bottom].mean()
        estimate = known(getattr(found, name))
        assert estimate.value == pytest.approx(ratio)
        # 1,000 resamples know an interval's end to about 5% of its distance.
        assert estimate.high - estimate.low == pytest.approx(2 * 1.96 * error, rel=0.12)


def test_without_costs_or_with_one_customer_there_is_nothing_to_say(sold: pd.DataFrame) -> None:
    without = figures(sold.drop(columns="cost"), draws=20)
    assert (without.margin, without.margin_share, without.costed) == (None, None, 0)
    assert without.reason == ""
    one = figures(sold[sold["customer"] == sold["customer"].iloc[0]], draws=20)
    assert one.reason == "fewer than two customers bought"
    assert one.average_order_value is None
    assert one.revenue > 0


def test_a_missing_quantity_is_one_unit() -> None:
    assert figures(SMALL.drop(columns="quantity"), draws=20).units == 4
    assert figures(SMALL.assign(quantity=[np.nan, 2, np.nan, 1]), draws=20).units == 5


@pytest.mark.parametrize("column", ["category", "product", "month"])
def test_sales_by_group_are_those_of_pandas(sold: pd.DataFrame, column: str) -> None:
    month = sold["date"].dt.strftime("%Y-%m-01").astype("datetime64[s]")
    made = sold["amount"] - sold["cost"] * sold["quantity"]
    expected = sold.assign(month=month, margin=made).groupby(column)
    found = by(sold, column, level=0.95, seed=1, draws=20)
    columns = {"units": "quantity", "revenue": "amount", "margin": "margin"}
    for name, of in columns.items():
        totals = expected[of].sum().reindex(found.index)
        assert np.allclose(found[name], totals)
        assert np.allclose(found[f"share_of_{name}"], totals / totals.sum())
    assert (found["purchases"] == expected.size().reindex(found.index)).all()
    assert (found["customers"] == expected["customer"].nunique().reindex(found.index)).all()
    assert np.allclose(found["revenue_per_unit"], found["revenue"] / found["units"])
    assert np.allclose(found["margin_share"], found["margin"] / found["revenue"])
    if column == "month":
        assert found.index.is_monotonic_increasing
    else:
        assert found["revenue"].is_monotonic_decreasing


@pytest.mark.parametrize("customers", [300, 3_000])
def test_shares_vary_as_the_delta_method_says_also_in_blocks(customers: int) -> None:
    sold = shop(customers, 9_000, 2)
    found = by(sold, "category", level=0.95, seed=1, draws=600)
    cells = sold.pivot_table("amount", "customer", "category", "sum", fill_value=0.0)
    whole = cells.sum(axis=1)
    for name, row in found.iterrows():
        share = cells[name].sum() / whole.sum()
        error = (cells[name] - share * whole).std() / np.sqrt(len(whole)) / whole.mean()
        width = row["share_of_revenue_high"] - row["share_of_revenue_low"]
        assert row["share_of_revenue"] == pytest.approx(share)
        assert width == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_the_chance_to_be_first_is_that_of_the_difference() -> None:
    """Each of 400 customers buys a and b: resampled, the difference of sums is normal."""
    random = np.random.default_rng(4)
    a, b = random.gamma(4, 1, 400), random.gamma(4, 1, 400)
    b += a.mean() - b.mean() - 0.1
    sold = pd.DataFrame(
        {
            "customer": np.tile(np.arange(400).astype(str), 2),
            "product": np.repeat(["a", "b"], 400),
            "date": pd.Timestamp("2024-01-01"),
            "amount": np.concatenate([a, b]),
        }
    )
    found = best(sold, "product", measure="revenue", seed=1, draws=2_000)
    z = (a - b).mean() / ((a - b).std() / np.sqrt(400))
    assert (found.name, found.second) == ("a", "b")
    assert found.value == pytest.approx(a.sum())
    # Standard error of a share of 2,000 resamples: below 0.012.
    assert found.chance == pytest.approx(stats.norm.cdf(z), abs=0.035)
    assert found.chances.sum() == pytest.approx(1)
    assert found.chances["a"] == found.chance


def test_the_first_by_units_need_not_be_the_first_by_revenue() -> None:
    names = {
        measure: best(SMALL, "product", measure=measure, seed=1, draws=20).name
        for measure in ("units", "revenue", "revenue_per_unit", "margin")
    }
    # The margin of the pot is not known.
    expected = {"units": "tea", "revenue": "pot", "revenue_per_unit": "pot", "margin": "cup"}
    assert names == expected
    without = best(SMALL.drop(columns="cost"), "product", measure="margin", seed=1, draws=20)
    assert without.reason == "no group has a margin"


def test_the_same_seed_gives_the_same_figures(sold: pd.DataFrame) -> None:
    assert figures(sold, draws=50) == figures(sold, draws=50)
    assert figures(sold, draws=50) != figures(sold, draws=50, seed=2)


def test_tables_and_arguments_that_cannot_be_used_are_named(sold: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="column amount"):
        figures(sold.assign(amount=0.0))
    with pytest.raises(DataError, match="column customer"):
        figures(sold.assign(customer=None))
    with pytest.raises(DataError, match="column shelf"):
        by(sold, "shelf", level=0.95, seed=1)
    with pytest.raises(ValueError, match="level"):
        figures(sold, level=1.0)
    with pytest.raises(ValueError, match="profit"):
        best(sold, "product", measure="profit", seed=1)  # type: ignore[arg-type]
