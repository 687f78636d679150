"""Prices against printed ones, scipy, and chances that can be counted."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from knowntruth.errors import DataError
from knowntruth.methods.totals.prices import much_for_little, price_change, prices, prices_by_period
from knowntruth.story.estimates import Estimate

# A published notebook prints the mean sales and money of 234 units by month, June to November.
MEAN_SALES = [2.508547, 7.75641, 14.512821, 15.277778, 12.713675, 24.504274]
MEAN_MONEY = [2427.360278, 10092.58, 13524.957187, 19168.77, 16819.34, 12715.312491]
# Of one of its units it prints sales, money and "watch per video", June to January.
UNIT_SALES = [0, 0, 0, 1, 0, 0, 4, 1]
UNIT_MONEY = [0, 0, 0, 1.0, 0, 0, 402.000011, 399.000011]
UNIT_PRICES = [None, None, None, 1.0, None, None, 100.500003, 399.000011]


def known(estimate: Estimate | None) -> Estimate:
    assert estimate is not None
    return estimate


def tables(sales: object, money: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    found = [pd.DataFrame(np.asarray(one, dtype=float)) for one in (sales, money)]
    return found[0], found[1]


def test_the_printed_prices_of_a_unit_come_out_and_no_sale_has_no_price() -> None:
    sales, money = tables([UNIT_SALES, [0] * 8], [UNIT_MONEY, [0] * 8])
    found = prices_by_period(sales, money, level=0.95, seed=1, draws=20)["price"]
    for price, printed in zip(found, UNIT_PRICES, strict=True):
        if printed is None:
            assert math.isnan(price)
        else:
            assert price == pytest.approx(printed, abs=1e-6)


def test_the_printed_months_say_that_a_sale_did_not_become_cheaper_until_november() -> None:
    """Ratios of the printed means, to the whole rupee; the notebook says that they fall."""
    parts = np.array([[0.25], [0.75]])
    sales, money = tables(
        parts * 234 * np.array(MEAN_SALES), parts[::-1] * 234 * np.array(MEAN_MONEY)
    )
    found = prices_by_period(sales, money, level=0.95, seed=1, draws=20)
    assert found["price"].round().tolist() == [968, 1301, 932, 1255, 1323, 519]
    assert found["units"].tolist() == [2] * 6
    early = sum(MEAN_MONEY[:3]) / sum(MEAN_SALES[:3])
    late = sum(MEAN_MONEY[3:]) / sum(MEAN_SALES[3:])
    change = known(price_change(sales, money, level=0.95, seed=1, draws=20))
    assert change.value == pytest.approx(late / early - 1)
    assert (change.unit, change.null) == ("relative", 0)


def test_three_averages_of_four_units_differ() -> None:
    found = prices([1, 1, 1, 97], [100, 300, 200, 97], level=0.95, seed=1, draws=20)
    assert known(found.sale).value == pytest.approx(6.97)
    assert known(found.unit).value == pytest.approx((100 + 300 + 200 + 1) / 4)
    assert known(found.middle).value == 150


@pytest.fixture(scope="module")
def shop() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    sales = random.poisson(random.gamma(1, 10, 90)) + 1.0
    return sales, sales * random.lognormal(4, 0.7, 90)


@pytest.mark.parametrize(
    ("place", "of"),
    [
        ("sale", lambda x, y: y.sum() / x.sum()),
        ("unit", lambda x, y: (y / x).mean()),
        ("middle", lambda x, y: np.median(y / x)),
    ],
)
def test_intervals_are_those_of_scipy_but_for_the_draws(
    shop: tuple[np.ndarray, np.ndarray], place: str, of: object
) -> None:
    theirs = stats.bootstrap(
        shop, of, paired=True, vectorized=False, n_resamples=4_000, method="BCa", rng=2
    )
    found = known(getattr(prices(*shop, level=0.95, seed=3, draws=4_000), place))
    near = 4 * 0.05 * math.sqrt(2) * theirs.standard_error
    assert (found.low, found.high) == pytest.approx(tuple(theirs.confidence_interval), abs=near)


def test_the_error_of_a_months_price_is_that_of_the_delta_method() -> None:
    random = np.random.default_rng(4)
    sales = random.poisson(20, (300, 2)) + 1.0
    money = sales * random.normal(50, 10, (300, 2)).clip(1)
    frame = prices_by_period(*tables(sales, money), level=0.95, seed=5, kind="percentile")
    for i in range(2):
        x, y = sales[:, i], money[:, i]
        error = (y - y.sum() / x.sum() * x).std() / math.sqrt(300) / x.mean()
        half = (frame["high"] - frame["low"]).iloc[i] / 2
        assert half == pytest.approx(stats.norm.ppf(0.975) * error, rel=0.12)
        assert frame["middle"].iloc[i] == pytest.approx(np.median(y / x))


def test_units_without_sales_have_no_price_and_are_counted() -> None:
    found = prices([0, 2, 4, 0], [7, 4, 8, 0], level=0.95, seed=1, draws=20)
    assert (found.n, found.without_sales, found.money_without_sales) == (2, 2, 7)
    assert known(found.sale).value == 2
    sales, money = tables([[0, 2], [1, 1]], [[7, 4], [3, 3]])
    by_period = prices_by_period(sales, money, level=0.95, seed=1, draws=20)
    assert by_period["money"].tolist() == [3, 7]
    assert by_period["units"].tolist() == [1, 2]


def test_of_one_unit_with_sales_the_reason_is_said() -> None:
    found = prices([3, 0], [5, 0], level=0.95, seed=1)
    assert (found.sale, found.reason) == (None, "fewer than two units have sales")
    assert found.without_sales == 1


def test_a_change_is_of_halves_and_the_period_between_belongs_to_neither() -> None:
    sales, money = tables(np.ones((4, 5)), [[1, 1, 999, 2, 2]] * 2 + [[3, 3, 999, 3, 3]] * 2)
    found = known(price_change(sales, money, level=0.95, seed=1, draws=200))
    assert found.value == pytest.approx(0.25)


def test_without_an_earlier_price_there_is_no_change() -> None:
    sales, money = tables([[0, 1], [0, 2]], [[0, 1], [0, 2]])
    assert price_change(sales, money, level=0.95, seed=1, draws=20) is None


def test_an_interval_of_the_change_holds_none_where_there_is_none() -> None:
    random, held = np.random.default_rng(6), []
    for _ in range(60):
        sales = random.poisson(8, (60, 6)) + 1.0
        money = sales * random.lognormal(3, 0.8, (60, 6))
        found = known(price_change(*tables(sales, money), level=0.9, seed=1, draws=200))
        held.append(found.covers(0))
    # The error of 60 is 3.9 points.
    assert np.mean(held) == pytest.approx(0.9, abs=0.117)


def seller_tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ten units, five periods; the top fifth by sales is `cheap` and `dear`."""
    sales = np.ones((10, 5))
    sales[0], sales[1] = 50, 40
    money = 10 * sales
    # Sells most and makes least.
    money[0] = 0.1 * np.array([1, 2, 3, 4, 5])
    # Makes the second most, but for one period.
    money[9] = [0, 0, 0, 0, 1_000]
    names = ["cheap", "dear", *"cdefghi", "once"]
    return tuple(pd.DataFrame(one, index=names) for one in (sales, money))  # type: ignore[return-value]


def test_who_always_sells_much_for_little_surely_does() -> None:
    found = much_for_little(*seller_tables(), share=0.2, level=0.95, seed=1, draws=400)
    assert list(found.table.index) == ["cheap"]
    row = found.table.loc["cheap"]
    assert (row["chance"], row["sales_rank"], row["money_rank"], row["periods"]) == (1, 1, 10, 5)
    assert row["price"] == pytest.approx(1.5 / 250)
    assert row["low"] < row["price"] < row["high"]
    assert (found.sure, found.others) == (1, ())
    assert (found.low, found.high) == (1, 1)


def test_the_chance_is_that_of_drawing_the_periods_that_decide() -> None:
    """Two tie for the second place by sales, and one period alone has one of them earn less."""
    sales, money = seller_tables()
    # Without the last period `once` makes nothing; then `dear` alone earns like the top.
    money.loc["dear"] = [1.0, 1, 1, 1, 1]
    money.loc["c"] = [60.0, 60, 60, 60, 60]
    found = much_for_little(sales, money, share=0.2, level=0.95, seed=2, draws=2_000)
    assert found.chance["dear"] == 1
    # With the last period drawn `once` takes the second place by money from `d`, never `c`.
    money.loc["dear"] = [70.0, 70, 70, 70, 70]
    money.loc["d"] = [80.0, 80, 80, 80, 80]
    money.loc["c"] = 1.0
    found = much_for_little(sales, money, share=0.2, level=0.95, seed=2, draws=2_000)
    drawn = 1 - (4 / 5) ** 5
    near = 4 * math.sqrt(drawn * (1 - drawn) / 2_000)
    assert found.chance["dear"] == pytest.approx(drawn, abs=near)
    assert found.table["chance"].to_dict() == {"cheap": 1, "dear": found.chance["dear"]}
    assert (found.low, found.high, found.sure) == (1, 2, 1)


def test_a_unit_that_only_resamples_put_there_is_among_the_others() -> None:
    """It sells and earns the most, until any of three periods is drawn twice: 1 - 3! / 3^3."""
    names = ["dear", *"abcdefghi"]
    sales = pd.DataFrame(np.ones((10, 3)), index=names)
    sales.loc["dear"] = 9.0
    money = pd.DataFrame(np.ones((10, 3)), index=names)
    money.loc["dear"] = 34.0
    money.loc[["a", "b", "c"]] = 100 * np.eye(3)
    found = much_for_little(sales, money, share=0.1, level=0.95, seed=3, draws=2_000)
    assert found.table.empty
    near = 4 * math.sqrt(7 / 9 * 2 / 9 / 2_000)
    assert found.chance["dear"] == pytest.approx(7 / 9, abs=near)
    assert found.others == ("dear",)
    assert (found.sure, found.low, found.high) == (0, 0, 1)


def test_of_two_periods_with_sales_a_price_has_no_interval() -> None:
    sales, money = seller_tables()
    sales.loc["cheap"] = [0.0, 0, 0, 200, 200]
    found = much_for_little(sales, money, share=0.2, level=0.95, seed=1, draws=100)
    assert found.table.loc["cheap", ["low", "high"]].isna().all()
    assert found.table.loc["cheap", "periods"] == 2


def test_wrong_arguments_and_tables_are_named() -> None:
    sales, money = seller_tables()
    with pytest.raises(ValueError, match="one amount"):
        prices([1, 2], [1], level=0.95, seed=1)
    with pytest.raises(ValueError, match="from zero up"):
        prices([1, -2], [1, 2], level=0.95, seed=1)
    with pytest.raises(ValueError, match="share"):
        much_for_little(sales, money, share=0, level=0.95, seed=1)
    with pytest.raises(ValueError, match="units"):
        prices_by_period(sales.iloc[:1], money.iloc[:1], level=0.95, seed=1)
    with pytest.raises(DataError, match="stands in one of them only"):
        prices_by_period(sales, money.iloc[:5], level=0.95, seed=1)
