"""Creators: what is said to be expected is the mean of what is drawn."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import integrate, stats

from knowntruth.worlds.creators.causes import HIDDEN, causes_of
from knowntruth.worlds.creators.parameters import Parameters
from knowntruth.worlds.creators.people import People, people_of
from knowntruth.worlds.creators.rules import Rules
from knowntruth.worlds.creators.sales import prices_of, shocks_of, transactions_of
from knowntruth.worlds.creators.truth import later_sales, truth_of
from knowntruth.worlds.creators.world import simulate

ERRORS = 4.5  # standard errors that a mean may lie off
COPIES = 20_000
# Milder tails than by default, so that means of draws come near what they estimate.
MILD = {"luck": 0.4, "price_luck": 0.5, "month_spread": 0.0, "leaving": 0.06, "rest": 0.3}


def copies(rules: Rules, number: int, *, count: int = COPIES) -> People:
    """One creator many times over, with a leaving of each one's own."""
    one = people_of(rules, number + 1).take(np.full(count, number))
    many = people_of(rules, count)
    # Stays that the world drew for others, made those of this one by their quantiles.
    stays = many.last - many.begins
    quantile = 1 - (1 - many.leaving) ** (stays + np.random.default_rng(4).random(count))
    own = np.floor(np.log1p(-quantile) / np.log1p(-one.leaving)).astype(np.int64)
    return dataclasses.replace(one, last=one.begins + own)


def assert_mean(values, expected):
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert abs(values.mean() - expected) < ERRORS * error + 1e-9


class TestSales:
    @pytest.mark.parametrize("number", [0, 3, 8])
    def test_expected_sales_are_the_mean_of_sales_in_each_month(self, number):
        rules = Rules(Parameters(**MILD, growth=0.1, month_factors=[1.0, 2.0, 0.5]))
        people = copies(rules, number)
        sales, expected = transactions_of(rules, people), truth_of(rules, people).expected
        for month in range(rules.p.months):
            assert_mean(sales[:, month], expected["transactions"][month] / COPIES)

    def test_expected_gmv_is_the_mean_of_gmv(self):
        rules = Rules(Parameters(**MILD))
        people = copies(rules, 5)
        gmv = transactions_of(rules, people) * prices_of(rules, people)
        assert_mean(
            gmv[:, : rules.p.months].sum(axis=1), truth_of(rules, people).totals["gmv"] / COPIES
        )

    def test_a_share_rests_but_nobody_in_the_first_month(self):
        rules = Rules(Parameters(**MILD | {"leaving": 0.0}, rest_by_size=0.0, rest_spread=0.0))
        people = people_of(rules, COPIES)
        people = dataclasses.replace(
            people, begins=np.zeros(COPIES, dtype=int), log_volume=np.full(COPIES, 9.0)
        )
        idle = (transactions_of(rules, people) == 0).mean(axis=0)
        assert idle[0] == 0
        assert idle[1:] == pytest.approx(0.3, abs=ERRORS * np.sqrt(0.21 / COPIES))

    def test_growth_slows_as_is_said(self):
        p = Parameters(growth=0.2, growth_spread=0.0, growth_months=5.0, month_factors=[1.0])
        rules = Rules(p)
        people = dataclasses.replace(people_of(rules, 1), begins=np.zeros(1, dtype=int))
        logs = np.log([rules.volume_in(people, month)[0] for month in range(11)])
        rates = [integrate.quad(lambda age: 0.2 * np.exp(-age / 5), 0, end)[0] for end in range(11)]
        assert logs - logs[0] == pytest.approx(rates)

    def test_shocks_of_months_have_mean_one(self):
        shocks = np.concatenate(
            [shocks_of(Rules(Parameters(seed=k, month_spread=0.3, months=200))) for k in range(30)]
        )
        assert_mean(shocks, 1.0)
        assert np.log(shocks).std() == pytest.approx(0.3, abs=0.02)


class TestPrices:
    @pytest.mark.parametrize("middle", [0.1, 1.0, 40.0])
    def test_expected_price_is_the_mean_of_a_lognormal_one_or_the_lowest(self, middle):
        rules = Rules(Parameters(price_luck=1.1, lowest_price=2.0, trials=0.2))
        law = stats.lognorm(1.1, scale=middle)
        above = integrate.quad(lambda x: x * law.pdf(x), 2, np.inf, limit=500)[0]
        found = rules.mean_price(np.log([middle]))[0]
        assert found == pytest.approx(0.2 * 2 + 0.8 * (2 * law.cdf(2) + above), rel=1e-5)

    def test_without_luck_the_price_is_always_the_same(self):
        rules = Rules(Parameters(price_luck=0.0, trials=0.0))
        people = people_of(rules, 50)
        prices = prices_of(rules, people)
        assert prices == pytest.approx(
            np.repeat(rules.mean_price(people.log_price)[:, None], 14, 1)
        )

    def test_a_share_of_months_is_for_trials_at_the_lowest_price(self):
        rules = Rules(Parameters(trials=0.25, lowest_price=0.01, price_tail=0.0))
        prices = prices_of(rules, people_of(rules, COPIES))
        at_lowest = (prices < 0.01 + 1e-12).mean(axis=0)
        assert at_lowest == pytest.approx(0.25, abs=ERRORS * np.sqrt(0.1875 / COPIES) + 0.002)


class TestLeaving:
    def test_each_leaves_with_their_chance_after_every_month(self):
        rules = Rules(Parameters(leaving=0.1, leaving_spread=1.0))
        people = people_of(rules, COPIES)
        stayed = people.last - people.begins
        for month in range(6):
            there = stayed >= month
            left, chance = stayed[there] == month, people.leaving[there]
            error = np.sqrt((chance * (1 - chance)).sum())
            assert abs(left.sum() - chance.sum()) < ERRORS * error

    def test_who_is_gone_sells_nothing_later(self):
        world = simulate(Parameters(creators=2000, leaving=0.1))
        hidden = world.hidden.set_index("creator")
        gone = hidden.index[hidden["is_gone"]]
        assert len(gone) > 100
        assert (hidden.loc[gone, "expected_later"] == 0).all()
        assert not set(gone) & set(world.later["creator"])
        last = world.sales[world.sales["month"] == world.months[-1]]
        assert not set(gone) & set(last["creator"])

    @pytest.mark.parametrize("leaving", [0.0, 0.15])
    def test_later_sales_are_as_expected_of_those_on_record(self, leaving):
        p = Parameters(
            creators=20_000, **MILD | {"leaving": leaving}, volume_tail=0.0, volume_spread=1.0,
            price_spread=0.5, price_tail=0.0,
        )  # fmt: skip
        world = simulate(p)
        hidden = world.hidden.set_index("creator")
        sums = world.later.groupby("creator")[["transactions", "gmv"]].sum()
        sums = sums.reindex(hidden.index, fill_value=0)
        assert_mean(sums["transactions"] - hidden["later_transactions"], 0)
        assert_mean(sums["gmv"] - hidden["expected_later"], 0)

    def test_nothing_is_expected_of_no_months(self):
        rules = Rules(Parameters(ahead=0))
        assert (later_sales(rules, people_of(rules, 20)) == 0).all()


class TestTruth:
    def test_averages_add_up_to_the_totals(self):
        truth = simulate(Parameters()).truth
        for measure in ("transactions", "gmv"):
            assert truth.by_creator[measure].sum() == pytest.approx(truth.totals[measure])
            assert truth.expected[measure].sum() == pytest.approx(truth.totals[measure])

    def test_top_shares_are_those_of_the_creators_expected_to_sell_most(self):
        truth = simulate(Parameters()).truth
        values = truth.by_creator["gmv"].nlargest(23)
        share = values.sum() / truth.by_creator["gmv"].sum()
        assert truth.top_share("gmv", 0.1) == pytest.approx(share)
        assert truth.top_share("gmv", 1.0) == pytest.approx(1)
        assert truth.top_share("gmv", 0.0001) == pytest.approx(values.max() / values.sum() * share)

    @pytest.mark.parametrize(
        ("changes", "types"),
        [({"types": 1}, 1), ({"types": 4, "distinctness": 0.0}, 1), ({"types": 4}, 4)],
    )
    def test_types_that_do_not_differ_are_one_continuum(self, changes, types):
        truth = simulate(Parameters(**changes)).truth
        assert truth.types == types
        assert truth.creators["type"].nunique() == types
        assert truth.is_continuum == (types == 1)

    def test_one_row_a_creator_in_the_order_of_the_record(self):
        world = simulate(Parameters())
        assert list(world.hidden["creator"]) == list(world.transactions["OrgId"])
        first = world.sales.groupby("creator")["month"].min()
        begins = world.hidden.set_index("creator")["begins"]
        assert (world.months[begins[first.index]] <= first).all()


class TestCauses:
    def test_everything_follows_from_the_type_by_default(self):
        causes = causes_of(Parameters())
        assert causes["size"] == ("type",)
        assert set(causes["price_level"]) == {"type", "size"}
        assert set(causes["gmv"]) == {"transactions", "price_level"}
        assert set(causes) > HIDDEN

    @pytest.mark.parametrize("changes", [{"types": 1}, {"distinctness": 0.0}])
    def test_in_a_continuum_nothing_follows_from_a_type(self, changes):
        assert not any("type" in acting for acting in causes_of(Parameters(**changes)).values())

    def test_what_is_switched_off_causes_nothing(self):
        off = {
            "growth": 0.0, "growth_spread": 0.0, "rest": 0.0, "leaving": 0.0, "month_spread": 0.0,
            "month_factors": [1.0], "volume_spread": 0.0, "price_spread": 0.0,
        }  # fmt: skip
        causes = causes_of(Parameters(**off))
        assert causes["transactions"] == ("there",)
        assert causes["gmv"] == ("transactions",)
        assert causes["there"] == ("begins", "month")
        assert causes["rests"] == ()

    def test_no_growth_makes_all_months_without_a_factor_alike(self):
        rules = Rules(Parameters(growth=0.0, growth_spread=0.0, month_factors=[1.0]))
        people = people_of(rules, 40)
        assert (rules.volume_in(people, 10) == rules.volume_in(people, 0)).all()
