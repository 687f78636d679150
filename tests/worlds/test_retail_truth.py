"""Retail: what is said to be expected is the mean of what is drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from knowntruth.worlds.retail.parameters import CATEGORIES, ORIGINAL, Parameters
from knowntruth.worlds.retail.world import simulate

ERRORS = 4.5  # standard errors that a mean may lie off
END = pd.Timestamp("2024-12-31")  # of the record, by default
DAY = pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def world():
    """Many customers, whose purchases keep to a category, join, fall off and rise by season."""
    p = Parameters(
        customers=12_000, products=30, transactions=120_000, follow=0.6, season=0.5, leaving=0.5
    )
    return simulate(p)


def tally(world, rows):
    """Return customers × products, how often each bought each."""
    counts = np.zeros((world.parameters.customers, world.parameters.products))
    who, what = (rows[name].str[1:].astype(int).to_numpy() - 1 for name in ("customer", "product"))
    np.add.at(counts, (who, what), 1)
    return counts


def sums(world, rows, values):
    who = rows["customer"].str[1:].astype(int).to_numpy() - 1
    return np.bincount(who, values, minlength=world.parameters.customers)


def assert_no_bias(seen, expected):
    """Assert that customers, who do not know of each other, are off by luck alone."""
    off = seen - expected
    error = np.sqrt((off**2).sum())
    assert abs(off.sum()) < ERRORS * error + 1e-9


class TestLater:
    @pytest.mark.parametrize("by", ["frequency", "power", "is_gone", "leaving"])
    def test_expected_purchases_orders_and_money_are_those_that_come(self, world, by):
        rows, hidden = world.purchases("later"), world.truth.customers
        orders = rows.assign(day=rows["date"].dt.normalize()).drop_duplicates(["customer", "day"])
        seen = {
            "later_purchases": sums(world, rows, None),
            "later_orders": sums(world, orders, None),
            "later_amount": sums(world, rows, rows["amount"]),
            "later_margin": sums(world, rows, rows["amount"] - rows["cost"] * rows["quantity"]),
        }
        groups = pd.qcut(hidden[by], 3) if by == "leaving" else hidden[by]
        for column, values in seen.items():
            for _, index in hidden.groupby(groups, observed=True).groups.items():
                assert_no_bias(values[index], hidden[column].to_numpy()[index])

    def test_who_has_left_is_not_expected_again(self, world):
        hidden = world.truth.customers
        gone = hidden["is_gone"]
        assert 0.2 < gone.mean() < 0.8
        assert (hidden.loc[gone, "later_purchases"] == 0).all()
        assert (hidden.loc[~gone, "later_orders"] > 0).all()

    def test_without_season_and_leaving_numbers_are_those_of_poisson_orders(self):
        hidden = simulate(Parameters(season=0.0, leaving=0.0, ahead=60)).truth.customers
        rate = hidden["rate"]
        assert hidden["later_purchases"].to_numpy() == pytest.approx(60 * rate)
        # A day has an order unless none of the (1 - joins) × rate begins.
        assert hidden["later_orders"].to_numpy() == pytest.approx(60 * -np.expm1(-0.7 * rate))

    def test_leaving_is_averaged_over(self):
        hidden = simulate(Parameters(season=0.0, ahead=100)).truth.customers
        here = hidden[~hidden["is_gone"]].iloc[:5]
        for rate, leaving, later in here[["rate", "leaving", "later_purchases"]].to_numpy():
            daily = (1 - leaving) ** (1 / 365.25)
            days, _ = integrate.quad(lambda day, daily=daily: daily**day, 0, 100)
            assert later == pytest.approx(rate * days)


class TestCounts:
    @pytest.mark.parametrize(("start", "days"), [(END, 7), (END, 90), (END - 300 * DAY, 40.5)])
    def test_expected_counts_are_those_that_come_also_in_the_category_of_the_last(
        self, world, start, days
    ):
        truth, end = world.truth, start + days * DAY
        rows = pd.concat([world.purchases(), world.purchases("later")])
        previous = truth.last_category(rows[rows["date"] < start])
        counts = truth.expected_counts(start, end, previous)
        seen = tally(world, rows[(rows["date"] >= start) & (rows["date"] < end)])
        category = np.arange(30) % 5
        assert_no_bias(seen.sum(axis=1), counts.sum(axis=1))
        for product in range(30):
            assert_no_bias(seen[:, product], counts[:, product])
        for kind in range(5):
            was = previous == kind
            same = category == kind
            assert_no_bias(seen[was][:, same].sum(axis=1), counts[was][:, same].sum(axis=1))
        # What came last makes a difference that is larger than luck, at least within a week.
        blind = truth.expected_counts(start, end)
        assert blind.sum(axis=1) == pytest.approx(counts.sum(axis=1))
        hits = np.take_along_axis(counts, np.maximum(previous, 0)[:, None], axis=1).sum()
        assert hits > np.take_along_axis(blind, np.maximum(previous, 0)[:, None], axis=1).sum()

    def test_two_spells_add_up_to_one_for_who_never_leaves(self):
        truth = simulate(Parameters(leaving=0.0, launched=0.6)).truth
        parts = ["2023-01-10", "2023-08-01 12:00", "2024-05-05"]
        whole = truth.expected_counts(parts[0], parts[2])
        halves = truth.expected_counts(*parts[:2]) + truth.expected_counts(*parts[1:])
        assert whole == pytest.approx(halves)

    def test_they_are_rates_times_probabilities_where_nothing_else_happens(self):
        truth = simulate(Parameters(**ORIGINAL, taste_factors=3)).truth
        counts = truth.expected_counts("2024-12-31", "2025-01-30")
        rate = truth.customers["rate"].to_numpy()[:, None]
        assert counts == pytest.approx(30 * rate * truth.probabilities())

    def test_what_came_last_fades_with_each_purchase_that_comes(self):
        flat = {"season": 0.0, "leaving": 0.0, "launched": 0.0}
        p = Parameters(**flat, customers=30, transactions=3_000, products=5, follow=0.6, joins=0.5)
        truth = simulate(p).truth
        days, sizes, orders = 5, np.arange(1, 200), np.arange(200)
        # The mean of follow^S over the size S of an order, by summing over sizes.
        of_size = (0.5**sizes * 0.6**sizes).sum()
        counts = truth.expected_counts(END, END + days * DAY, np.full(30, 2))
        for rate, own, got in zip(
            truth.customers["rate"], truth.preferences.to_numpy(), counts, strict=True
        ):
            chance = stats.poisson(0.5 * rate * days).pmf(orders)
            kept = 0.6 / 0.4 * (1 - (chance * of_size**orders).sum())
            expected = own * (rate * days - kept) + kept * (np.arange(5) == 2)
            assert got == pytest.approx(expected)

    def test_rows_are_the_same_customers(self):
        world = simulate(Parameters(transactions=2_000, taste=0.5))
        truth, some = world.truth, slice(100, 140)
        last = truth.last_category(world.purchases())
        counts = truth.expected_counts(END, END + 9 * DAY, last)
        part = truth.expected_counts(END, END + 9 * DAY, last[some], rows=some)
        assert part == pytest.approx(counts[some])
        chances = truth.probabilities(END, last[some], rows=some)
        assert chances == pytest.approx(truth.probabilities(END, last)[some])

    def test_moments_outside_record_and_days_ahead_are_refused(self):
        truth = simulate(Parameters(transactions=100)).truth
        for start, end in (
            ("2022-12-31", "2023-02-01"),
            ("2024-12-31", "2025-04-02"),
            ("2024-03-01", "2024-02-01"),
        ):
            with pytest.raises(ValueError, match="not in order within"):
                truth.expected_counts(start, end)


class TestProbabilities:
    def test_the_next_purchase_is_of_each_product_as_often_as_said(self, world):
        truth, rows = world.truth, world.purchases("later")
        first = rows.drop_duplicates("customer")
        who = first["customer"].str[1:].astype(int).to_numpy() - 1
        previous = truth.last_category(world.purchases())
        chances = truth.probabilities(previous=previous)[who]
        assert chances.sum(axis=1) == pytest.approx(1)
        seen = tally(world, first)[who]
        error = np.sqrt((chances * (1 - chances)).sum(axis=0))
        assert np.all(np.abs((seen - chances).sum(axis=0)) < ERRORS * error)
        # The same of products in the category of the purchase before.
        again = (np.arange(30) % 5 == previous[who][:, None]) & (previous[who][:, None] >= 0)
        chance = (chances * again).sum(axis=1)
        error = np.sqrt((chance * (1 - chance)).sum())
        assert abs((seen * again).sum() - chance.sum()) < ERRORS * error

    def test_a_product_is_not_chosen_before_its_launch(self):
        world = simulate(Parameters(launched=0.5))
        launched = world.products["launched"]
        new = int(launched.argmax())
        eve = world.truth.probabilities(launched[new] - DAY)
        day = world.truth.probabilities(launched[new])
        assert (eve[:, new] == 0).all()
        assert (day[:, new] > 0).all()
        assert eve.sum(axis=1) == pytest.approx(1)

    def test_the_last_category_is_that_of_the_last_purchase(self):
        rows = pd.DataFrame(
            {"customer": ["C2", "C1", "C2"], "category": ["Books", "Beauty", "Clothing"]}
        )
        truth = simulate(Parameters(customers=3, transactions=20)).truth
        last = [list(CATEGORIES)[code] if code >= 0 else "" for code in truth.last_category(rows)]
        assert last == ["Beauty", "Clothing", ""]


class TestExpected:
    @pytest.mark.parametrize("values", [{}, {"taste": 1.0, "products": 20, "launched": 0.8}])
    def test_totals_are_the_means_of_worlds(self, values):
        ratios = []
        for seed in range(16):
            p = Parameters(**values, seed=seed, customers=150, transactions=3_000, ahead=0)
            world = simulate(p)
            expected, rows = world.truth.expected, world.purchases()
            assert expected.purchases == pytest.approx(3_000)
            assert expected.by_product["purchases"].sum() == pytest.approx(3_000)
            assert expected.by_month["revenue"].sum() == pytest.approx(expected.revenue)
            orders = len(rows.assign(d=rows["date"].dt.date).drop_duplicates(["customer", "d"]))
            cost = (rows["cost"] * rows["quantity"]).sum()
            by_month = rows.groupby(rows["date"].dt.month)["amount"].sum()
            said = expected.by_month["revenue"].groupby(expected.by_month["month"].dt.month).sum()
            ratios.append(
                [
                    orders / expected.orders,
                    rows["quantity"].sum() / expected.units,
                    rows["amount"].sum() / expected.revenue,
                    (rows["amount"].sum() - cost) / expected.margin,
                    rows["amount"].mean() / expected.amount,
                    rows["amount"].sum() / orders / expected.order_value,
                    by_month[12] / said[12],
                    by_month[6] / said[6],
                ]
            )
        mean, error = np.mean(ratios, axis=0), np.std(ratios, axis=0, ddof=1) / 4
        # With 15 degrees of freedom 6 standard errors are as unlikely as 4.5 of many.
        assert np.all(np.abs(mean - 1) < 6 * error)

    def test_products_that_come_late_sell_as_much_less_as_is_said(self):
        p = Parameters(customers=5_000, products=40, transactions=100_000, launched=0.6, ahead=0)
        world = simulate(p)
        seen = tally(world, world.transactions).sum(axis=0)
        expected = world.truth.expected.by_product["purchases"].to_numpy()
        # Runs of a category stretch the error by (1 + follow) / (1 - follow) at most.
        assert np.all(np.abs(seen - expected) < ERRORS * np.sqrt(expected * 1.3 / 0.7))

    def test_shares_sum_to_one(self):
        by_category = simulate(Parameters(transactions=500)).truth.expected.by_category
        assert by_category["category"].tolist() == list(CATEGORIES)
        for column in ("purchase_share", "revenue_share"):
            assert by_category[column].sum() == pytest.approx(1)
