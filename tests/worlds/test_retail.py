"""Retail: tables are as their parameters say, and as the rules give chances."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from knowntruth.errors import ParameterError
from knowntruth.parameters import check
from knowntruth.worlds.retail import contract
from knowntruth.worlds.retail.catalogue import catalogue_of
from knowntruth.worlds.retail.causes import HIDDEN, causes_of
from knowntruth.worlds.retail.parameters import CATEGORIES, ORIGINAL, Parameters
from knowntruth.worlds.retail.people import weights_of
from knowntruth.worlds.retail.plan import plan_of
from knowntruth.worlds.retail.rules import Rules
from knowntruth.worlds.retail.world import simulate

ERRORS = 4.5  # standard errors that a share or a mean may lie off
UNLIKELY = 1e-5  # chance of a test statistic, below which it is no accident
MANY = {"customers": 20_000, "transactions": 120_000, "ahead": 0}


@pytest.fixture(scope="module")
def many():
    """Many customers, with everything that the world has switched on."""
    return simulate(Parameters(**MANY, launched=0.5, follow=0.4))


@pytest.fixture(scope="module")
def hidden(many):
    return many.truth.customers


@pytest.fixture(scope="module")
def original():
    return simulate(Parameters(**ORIGINAL, ahead=0))


def assert_share(hits, expected):
    """Assert that hits come with these chances."""
    expected = np.broadcast_to(expected, len(hits))
    error = np.sqrt((expected * (1 - expected)).sum())
    assert abs(np.sum(hits) - expected.sum()) < ERRORS * error + 1e-9


def of_customers(world):
    return world.transactions["customer"].str[1:].astype(int).to_numpy() - 1


def consecutive(world):
    """Purchases by customer, in the order of the log, and whether each has one before."""
    rows = world.purchases().sort_values("customer", kind="stable").reset_index(drop=True)
    return rows, (rows["customer"] == rows["customer"].shift()).to_numpy()


class TestTables:
    @pytest.mark.parametrize(
        "values",
        [
            {},
            {"customers": 2, "transactions": 11, "products": 5},
            {"customers": 9_000, "transactions": 1_000},
            {"transactions": 999, "joins": 0.95, "leaving": 0.99, "arriving": 1.0},
            {"transactions": 3_000, "taste": 2.0, "launched": 1.0},
            {"transactions": 3_000, **ORIGINAL},
        ],
    )
    def test_there_are_exactly_as_many_purchases_as_asked_for(self, values):
        p = Parameters(**values)
        world = simulate(p)
        rows = world.transactions
        assert len(rows) == p.transactions
        assert rows["transaction"].tolist() == list(range(1, p.transactions + 1))
        assert rows["date"].is_monotonic_increasing
        assert rows["date"].min() >= pd.Timestamp(p.first_day)
        end = pd.Timestamp(p.first_day) + pd.Timedelta(days=p.days)
        assert rows["date"].max() < end
        later = world.later["date"]
        assert ((later >= end) & (later < end + pd.Timedelta(days=p.ahead))).all()

    def test_tables_keep_their_contracts(self):
        world = simulate(Parameters(transactions=2_000))
        contract.TRANSACTIONS.validate(world.transactions)
        contract.TRANSACTIONS.validate(world.later)
        contract.PRODUCTS.validate(world.products)
        contract.CUSTOMERS.validate(world.customers)

    def test_the_same_seed_gives_the_same_tables_and_another_seed_others(self):
        first, again, other = (
            simulate(Parameters(transactions=2_000, seed=seed)) for seed in (3, 3, 4)
        )
        pd.testing.assert_frame_equal(first.transactions, again.transactions)
        pd.testing.assert_frame_equal(first.later, again.later)
        assert not first.transactions["amount"].equals(other.transactions["amount"])

    def test_what_is_later_does_not_change_the_record(self):
        long, none = (simulate(Parameters(transactions=2_000, ahead=days)) for days in (300, 0))
        pd.testing.assert_frame_equal(long.transactions, none.transactions)
        assert len(none.later) == 0
        assert (none.truth.customers["later_purchases"] == 0).all()

    def test_the_first_customers_are_alike_in_a_larger_world(self):
        small, large = (simulate(Parameters(customers=count)) for count in (300, 9_000))
        pd.testing.assert_frame_equal(small.customers, large.customers.head(300))
        pd.testing.assert_frame_equal(small.truth.preferences, large.truth.preferences.head(300))

    def test_purchases_have_what_the_catalogue_says_of_their_product(self):
        world = simulate(Parameters(transactions=2_000))
        for which, table in (("record", world.transactions), ("later", world.later)):
            expected = table.merge(world.products, on="product", how="left")
            pd.testing.assert_frame_equal(
                world.purchases(which), expected.drop(columns=["name", "launched"])
            )


class TestProducts:
    def test_the_first_products_are_alike_in_a_larger_catalogue(self):
        small, large = (simulate(Parameters(products=count)).products for count in (50, 333))
        pd.testing.assert_frame_equal(small, large.head(50))
        assert large["name"].is_unique
        assert large["product"].tolist() == [f"P{number}" for number in range(1, 334)]

    def test_fifty_products_are_two_of_each_subcategory_of_the_original(self):
        products = simulate(Parameters()).products
        counts = products.groupby(["category", "subcategory"]).size()
        assert (counts == 2).all()
        assert {(c, s) for c, kinds in CATEGORIES.items() for s in kinds} == set(counts.index)

    def test_prices_and_popularity_are_uniform_and_margins_are_about_those_asked_for(self):
        p = Parameters(products=20_000)
        catalogue = catalogue_of(Rules(p))
        for kind, name in enumerate(CATEGORIES):
            rows = catalogue.category == kind
            low, high = p.price_low[name], p.price_high[name]
            price, cost = catalogue.price[rows], catalogue.cost[rows]
            assert stats.kstest(price, stats.uniform(low, high - low).cdf).pvalue > UNLIKELY
            assert_share(1 - cost / price > p.margins[name], 0.5)
            assert (cost <= price).all()
        popularity = stats.uniform(0.1, 0.9).cdf
        assert stats.kstest(catalogue.popularity, popularity).pvalue > UNLIKELY

    def test_a_share_is_launched_within_the_record_but_not_the_first_of_a_category(self):
        catalogue = catalogue_of(Rules(Parameters(products=20_000, launched=0.3)))
        assert (catalogue.launched[:5] < 0).all()
        assert_share(catalogue.launched[5:] >= 0, 0.3)
        every = catalogue_of(Rules(Parameters(launched=1.0)))
        assert (every.launched[5:] >= 0).all()
        none = catalogue_of(Rules(Parameters(launched=0.0)))
        assert (none.launched < 0).all()


class TestCustomers:
    def test_classes_come_in_the_published_shares_and_independently(self, hidden):
        for column, shares in (
            ("power", {"Low": 0.2, "Medium": 0.6, "High": 0.2}),
            ("frequency", {"Rare": 0.3, "Regular": 0.5, "Frequent": 0.2}),
        ):
            for label, share in shares.items():
                assert_share(hidden[column] == label, share)
        table = pd.crosstab(hidden["power"], hidden["frequency"])
        assert stats.chi2_contingency(table).pvalue > UNLIKELY

    @pytest.mark.parametrize("evenness", [0.3, 1.0, 20.0])
    def test_preferences_have_the_moments_of_a_dirichlet_distribution(self, evenness):
        p = Parameters(customers=20_000, transactions=10, evenness=evenness)
        preferences = simulate(p).truth.preferences.to_numpy()
        moments = stats.dirichlet([evenness] * 5)
        error = np.sqrt(moments.var() / len(preferences))
        assert np.all(np.abs(preferences.mean(axis=0) - moments.mean()) < ERRORS * error)
        assert preferences.var(axis=0) == pytest.approx(moments.var(), rel=0.06)

    def test_rates_differ_by_class_and_by_the_spread_within_it(self, hidden):
        logs = np.log(hidden["rate"]).groupby(hidden["frequency"])
        means, spreads = logs.mean(), logs.std()
        assert means["Frequent"] - means["Regular"] == pytest.approx(np.log(2.2), abs=0.02)
        assert means["Rare"] - means["Regular"] == pytest.approx(np.log(0.4), abs=0.02)
        assert spreads.to_numpy() == pytest.approx(0.25, rel=0.04)

    def test_a_share_arrives_within_the_record_at_any_time(self, many):
        days = (many.customers["signed_up"] - pd.Timestamp("2023-01-01")).dt.days
        assert_share(days >= 0, 0.3)
        assert stats.kstest(days[days >= 0] + 0.5, stats.uniform(0, 730).cdf).pvalue > UNLIKELY

    def test_the_chance_to_leave_within_a_year_is_that_of_those_who_do(self):
        world = simulate(Parameters(**MANY | {"transactions": 10}, days=400, arriving=0.0))
        hidden = world.truth.customers
        within = hidden["leaves"] < pd.Timestamp("2023-01-01") + pd.Timedelta(days=365.25)
        assert_share(within, hidden["leaving"].to_numpy())
        log_odds = np.log(hidden["leaving"] / (1 - hidden["leaving"]))
        assert log_odds.std() == pytest.approx(0.5, rel=0.04)
        assert_share(hidden["leaving"] > 0.25, 0.5)


class TestPurchases:
    def test_nobody_buys_before_they_sign_up_or_once_they_have_left(self, many, hidden):
        dates = many.transactions["date"].to_numpy()
        who = of_customers(many)
        assert (dates >= hidden["arrives"].to_numpy()[who]).all()
        leaves = hidden["leaves"].fillna(pd.Timestamp("2100-01-01")).to_numpy()
        assert (dates <= leaves[who]).all()
        assert hidden["is_gone"].equals(hidden["leaves"] < pd.Timestamp("2024-12-31"))

    def test_nothing_is_sold_before_it_is_launched(self, many):
        rows = many.transactions.merge(many.products, on="product")
        assert (rows["date"] >= rows["launched"]).all()
        assert (rows["launched"] > pd.Timestamp("2023-01-01")).mean() > 0.2

    def test_purchases_go_to_customers_by_rate_and_days_there(self, many, hidden):
        counts = np.bincount(of_customers(many), minlength=len(hidden))
        start, end = pd.Timestamp("2023-01-01"), pd.Timestamp("2024-12-31")
        days = hidden["leaves"].fillna(end).clip(upper=end) - hidden["arrives"].clip(lower=start)
        flat = simulate(Parameters(**MANY, launched=0.5, follow=0.4, season=0.0))
        expected = flat.truth.customers["rate"] * (days / pd.Timedelta(days=1))
        assert expected.sum() == pytest.approx(120_000, rel=1e-6)
        counts = np.bincount(of_customers(flat), minlength=len(hidden))
        # An order of the size S has the mean of S² twice and more that of S: sizes are geometric.
        spread = np.sqrt(expected * (1 + 0.3) / (1 - 0.3))
        for _, rows in hidden.groupby("segment").groups.items():
            off = (counts - expected)[rows].sum()
            assert abs(off) < ERRORS * np.sqrt((spread[rows] ** 2).sum())

    def test_a_purchase_keeps_to_the_category_before_as_often_as_the_rules_say(self, many):
        rows, has_previous = consecutive(many)
        same = (rows["category"] == rows["category"].shift()).to_numpy()[has_previous]
        customer = rows["customer"].str[1:].astype(int).to_numpy()[has_previous] - 1
        category = rows["category"].shift()[has_previous]
        preferences = many.truth.preferences
        of_previous = preferences.to_numpy()[customer, preferences.columns.get_indexer(category)]
        assert_share(same, 0.4 + 0.6 * of_previous)

    def test_categories_come_by_preference_whatever_keeps_to_the_one_before(self, many):
        category = many.purchases()["category"].to_numpy()
        chance = many.truth.preferences.to_numpy()[of_customers(many)]
        for kind, name in enumerate(CATEGORIES):
            expected = chance[:, kind]
            # Runs of a category stretch the error by (1 + follow) / (1 - follow) at most.
            error = np.sqrt((expected * (1 - expected)).sum() * 1.4 / 0.6)
            assert abs((category == name).sum() - expected.sum()) < ERRORS * error

    @pytest.mark.parametrize("joins", [0.0, 0.3, 0.8])
    def test_a_share_of_purchases_joins_the_order_before(self, joins):
        world = simulate(Parameters(transactions=20_000, joins=joins))
        moments = world.transactions[["customer", "date"]].drop_duplicates()
        # Two orders of a customer hardly ever come at one second.
        assert_share(np.arange(20_000) < 20_000 - len(moments), joins + 2e-5)

    def test_purchases_that_join_go_to_blocks_of_customers_as_orders_of_geometric_size_give(self):
        squares = []
        for seed in range(24):
            p = Parameters(seed=seed, customers=12_000, transactions=2_000, joins=0.9)
            plan = plan_of(Rules(p))
            orders, joining = plan.orders.sum(), (plan.purchases - plan.orders).sum()
            # Sums of geometric sizes, given their total, follow scipy's beta-binomial law.
            law = stats.betabinom(joining, plan.orders[0], plan.orders[1])
            off = plan.purchases[0] - plan.orders[0] - law.mean()
            squares.append(off**2 / law.var())
            assert orders + joining == 2_000
        low, high = stats.chi2(24).interval(1 - UNLIKELY)
        assert low < sum(squares) < high

    def test_units_beyond_the_first_are_poisson_by_spending_power(self, many, hidden):
        extra = many.transactions["quantity"].to_numpy() - 1
        power = hidden["power"].to_numpy()[of_customers(many)]
        for label, mean in {"Low": 0.2, "Medium": 0.7, "High": 1.6}.items():
            seen = np.bincount(np.minimum(extra[power == label], 4), minlength=5)
            chances = np.append(stats.poisson(mean).pmf(range(4)), stats.poisson(mean).sf(3))
            assert stats.chisquare(seen, seen.sum() * chances).pvalue > UNLIKELY

    def test_amounts_are_the_price_times_units_times_a_uniform_factor(self, many):
        rows = many.purchases()
        factor = rows["amount"] / (rows["price"] * rows["quantity"])
        clear = rows["price"] > 100  # where rounding to cents is nothing
        assert stats.kstest(factor[clear], stats.uniform(0.85, 0.3).cdf).pvalue > UNLIKELY
        assert (rows["amount"] > 0).all()

    def test_without_arrivals_departures_and_season_orders_come_at_any_time(self, original):
        days = (original.transactions["date"] - pd.Timestamp("2023-01-01")) / pd.Timedelta(days=1)
        assert stats.kstest(days, stats.uniform(0, 730).cdf).pvalue > UNLIKELY

    def test_most_is_bought_about_the_first_of_december(self):
        p = Parameters(**ORIGINAL | {"season": 0.5}, transactions=40_000, days=1461, ahead=0)
        dates = simulate(p).transactions["date"]
        months = dates.dt.month.value_counts()
        assert set(months.nlargest(2).index) <= {11, 12}
        # The mean of the cosine over draws from 1 + a·cos is a / 2.
        angle = 2 * np.pi * (dates - pd.Timestamp("2022-12-01")) / pd.Timedelta(days=365.25)
        assert np.cos(angle).mean() == pytest.approx(0.25, abs=ERRORS * np.sqrt(0.5 / 40_000))


class TestTaste:
    def test_the_log_of_tastes_has_the_spread_asked_for(self):
        world = simulate(Parameters(customers=3_000, products=500, taste=0.8, taste_factors=40))
        rules, catalogue, people = world.truth.rules, world.truth.catalogue, world.truth.people
        weights = weights_of(rules, catalogue, people, 2)
        logs = np.log(weights / catalogue.popularity[catalogue.ranks[2]])
        assert logs.std() == pytest.approx(0.8, rel=0.05)

    def test_products_are_chosen_by_the_tastes_of_each_customer(self):
        p = Parameters(customers=60, products=40, transactions=60_000, taste=1.5, launched=0.0)
        world = simulate(p)
        rows = world.purchases()
        chances = world.truth.probabilities()
        category = np.arange(40) % 5
        for name, kind in (("Books", 3), ("Electronics", 0)):
            picked = (rows["category"] == name).to_numpy()
            who = of_customers(world)[picked]
            what = rows["product"].str[1:].astype(int).to_numpy()[picked] - 1
            share = chances * (category == kind)
            share /= share.sum(axis=1, keepdims=True)
            expected = np.bincount(who, minlength=60)[:, None] * share
            seen = np.zeros((60, 40))
            np.add.at(seen, (who, what), 1)
            enough = expected > 5
            squares = ((seen - expected)[enough] ** 2 / expected[enough]).sum()
            # Fewer degrees of freedom than cells: the test errs on the side of passing too low.
            assert squares < stats.chi2(enough.sum()).isf(UNLIKELY)

    def test_customers_agree_about_products_without_it(self, original):
        share = original.truth.probabilities()[:, ::5]
        share /= share.sum(axis=1, keepdims=True)
        assert np.ptp(share, axis=0).max() < 1e-12


class TestOriginal:
    def test_shopping_days_are_those_of_customers_who_buy_alike(self, original):
        days = original.transactions["date"].dt.normalize()
        counts = days.groupby(original.transactions["customer"]).nunique()
        # Published of the specification: 57.6 ± 7.2.
        assert counts.mean() == pytest.approx(57.6, abs=ERRORS * 0.05)
        assert counts.std() == pytest.approx(7.2, rel=ERRORS / np.sqrt(2 * 500))
        assert original.truth.customers["rate"].nunique() == 1

    def test_half_of_all_pairs_are_bought_as_in_the_prototype(self):
        densities = [
            len(simulate(Parameters(**ORIGINAL, seed=seed)).transactions
                .drop_duplicates(["customer", "product"])) / 25_000
            for seed in range(4)
        ]  # fmt: skip
        assert np.mean(densities) == pytest.approx(0.5236, abs=0.03)

    def test_electronics_sell_a_fifth_of_purchases_for_half_of_revenue(self, original):
        by_category = original.truth.expected.by_category.set_index("category")
        assert by_category.loc["Electronics", "purchase_share"] == pytest.approx(0.2, abs=0.02)
        assert by_category.loc["Electronics", "revenue_share"] == pytest.approx(0.52, abs=0.08)


class TestCauses:
    def test_every_cause_is_a_quantity_and_switches_take_them_away(self):
        on, off = causes_of(Parameters(taste=1.0)), causes_of(Parameters(**ORIGINAL, follow=0.0))
        for causes in (on, off):
            assert HIDDEN | {x for acting in causes.values() for x in acting} <= set(causes)
        assert set(on["buys"]) == {"frequency", "there", "season"}
        assert on["there"] == ("signed_up", "day")
        assert "taste" in on["product"]
        assert off["buys"] == off["there"] == off["previous"] == off["season"] == ()
        assert off["category"] == ("preferences",)
        assert off["product"] == ("category", "popularity")


class TestParameters:
    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"power_shares": [0.5, 0.5, 0.5]}, "three shares"),
            ({"frequency_factors": [1.0, 0.0, 1.0]}, "three numbers"),
            ({"extra_units": [1.0]}, "three numbers"),
            ({"first_day": "2023-1-1"}, "is no day"),
            ({"first_day": "soon"}, "is no day"),
            ({"price_low": {"Books": 10}}, "each category"),
            ({"price_low": dict.fromkeys(CATEGORIES, 0.0)}, "prices from"),
            ({"price_low": dict.fromkeys(CATEGORIES, 5000.0)}, "above its `price_high`"),
            ({"margins": dict.fromkeys(CATEGORIES, 1.0)}, "between 0 and 1"),
            ({"popularity_low": 2.0}, "above `popularity_high`"),
            ({"taste": 1.0, "customers": 50_000, "products": 1_001}, "`taste` is for"),
        ],
    )
    def test_what_does_not_fit_is_refused_in_words(self, values, said):
        with pytest.raises(ParameterError, match=said):
            check(Parameters, values)
