"""Creators: tables are what the parameters say, and the same draws give the same world."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import logit

from knowntruth.errors import ParameterError
from knowntruth.parameters import check
from knowntruth.worlds.creators.contract import SALES
from knowntruth.worlds.creators.parameters import Parameters
from knowntruth.worlds.creators.people import people_of
from knowntruth.worlds.creators.rules import AXES, Rules, bent
from knowntruth.worlds.creators.world import NAME, TOTAL, simulate

MONTHS = [
    "Jun'19", "Jul'19", "Aug'19", "Sep'19", "Oct'19", "Nov'19", "Dec'19", "Jan'20", "Feb'20",
    "Mar'20", "Apr'20",
]  # fmt: skip
ERRORS = 4.5  # standard errors that a number may lie off
MANY = 40_000
# Ways to make hidden numbers, which all are to have mean 0 and standard deviation 1.
MIXES = {
    "one continuum": {"types": 1},
    "default": {},
    "no distance": {"types": 4, "distinctness": 0.0},
    "three clear types": {"types": 3, "distinctness": 4.0},
    "five types, most small": {
        "types": 5, "distinctness": 2.0, "type_shares": [0.6, 0.1, 0.1, 0.1, 0.1]
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def default():
    return simulate(Parameters())


def hidden_numbers(rules: Rules, count: int) -> pd.DataFrame:
    """Size, price and growth of those who begin, solved back from what is drawn of them."""
    people, p = people_of(rules, count), rules.p
    return pd.DataFrame(
        {
            "type": people.type,
            "size": people.size,
            "growth": (people.rate - p.growth) / p.growth_spread,
            "log_price": people.log_price,
        }
    )


def assert_same(one, other):
    pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True))


class TestTables:
    def test_sales_meet_their_contract(self, default):
        assert SALES.validate(default.sales) is default.sales
        assert SALES.validate(default.later) is default.later

    def test_wide_tables_are_those_of_the_original_workbook(self, default):
        for table in (default.transactions, default.gmv):
            assert list(table.columns) == [NAME, *MONTHS, TOTAL]
            assert list(table[NAME]) == [f"C{number}" for number in range(1, 235)]

    @pytest.mark.parametrize("measure", ["transactions", "gmv"])
    def test_long_and_wide_tables_hold_the_same(self, default, measure):
        wide = getattr(default, measure).set_index(NAME)
        sums = default.sales.groupby("creator")[measure].sum()
        assert wide[TOTAL].to_numpy() == pytest.approx(sums[wide.index].to_numpy(), abs=0.006)
        months = default.sales["month"].dt.strftime("%b'%y")
        again = default.sales.pivot_table(index="creator", columns=months, values=measure)
        again = again.reindex(index=wide.index, columns=MONTHS)
        assert np.array_equal(again.fillna(0), wide[MONTHS].fillna(0))

    def test_gmv_is_blank_exactly_where_nothing_was_sold(self, default):
        sold = default.transactions[MONTHS].to_numpy() > 0
        assert np.array_equal(default.gmv[MONTHS].notna(), sold)

    def test_nobody_on_record_has_sold_less_than_is_needed(self):
        for least in (1, 3, 30):
            table = simulate(Parameters(at_least=least)).transactions
            assert table[TOTAL].min() >= least
            assert len(table) == 234

    def test_a_higher_threshold_keeps_the_creators_who_pass_it(self):
        low, high = (simulate(Parameters(creators=60, at_least=k)) for k in (1, 20))
        busy = low.transactions[low.transactions[TOTAL] >= 20].drop(columns=NAME)
        kept = high.transactions.drop(columns=NAME).iloc[: len(busy)]
        assert_same(busy, kept)

    def test_no_price_is_below_the_lowest(self, default):
        for world, lowest in ((default, 1.0), (simulate(Parameters(lowest_price=200.0)), 200.0)):
            price = world.sales["gmv"] / world.sales["transactions"]
            assert price.min() >= lowest - 0.005

    def test_later_months_follow_the_record(self, default):
        assert [month.strftime("%Y-%m") for month in default.later_months] == [
            "2020-05", "2020-06", "2020-07"
        ]  # fmt: skip
        assert set(default.later["month"]) == set(default.later_months)
        assert set(default.later["creator"]) <= set(default.sales["creator"])


class TestDraws:
    def test_a_seed_gives_one_world(self, default):
        assert_same(simulate(Parameters()).sales, default.sales)
        assert not simulate(Parameters(seed=9)).sales.equals(default.sales)

    def test_fewer_creators_are_the_first_of_more(self, default):
        few = simulate(Parameters(creators=50))
        assert_same(few.gmv, default.gmv.head(50))

    def test_months_ahead_change_nothing_on_record(self, default):
        for ahead in (0, 6):
            world = simulate(Parameters(ahead=ahead))
            assert_same(world.sales, default.sales)
            assert world.later["month"].nunique() == ahead

    def test_how_many_are_tried_changes_nothing(self):
        # Hardly anybody passes, so that many more are tried than at first.
        p = Parameters(creators=25, at_least=400)
        world = simulate(p)
        assert world.began > 100
        assert_same(simulate(p.model_copy(update={"creators": 20})).gmv, world.gmv.head(20))

    def test_a_record_that_nobody_gets_on_is_refused(self):
        with pytest.raises(ParameterError, match="at_least"):
            _ = simulate(Parameters(creators=20, at_least=1000, volume=0.0001)).sales

    def test_twenty_thousand_creators_and_sixty_months_can_be_had(self):
        world = simulate(Parameters(creators=20_000, months=60))
        assert world.transactions.shape == (20_000, 62)
        assert world.hidden["expected_later"].notna().all()


class TestPeople:
    @pytest.mark.parametrize("changes", MIXES.values(), ids=MIXES)
    def test_types_change_neither_mean_nor_spread(self, changes):
        found = hidden_numbers(Rules(Parameters(price_tail=0.0, **changes)), MANY)
        p = Parameters()
        found["price"] = (found["log_price"] - np.log(p.price)) / p.price_spread
        for axis in AXES:
            # The fourth moment of a mixture is at most that of a normal one, but for rare types.
            assert abs(found[axis].mean()) < ERRORS / np.sqrt(MANY)
            kurtosis = stats.kurtosis(found[axis], fisher=False)
            assert found[axis].std() == pytest.approx(
                1, abs=ERRORS * np.sqrt((kurtosis - 1) / 4 / MANY)
            )

    def test_distinctness_is_how_far_centres_spread(self):
        for distinctness in (0.0, 0.7, 3.0):
            p = Parameters(types=3, distinctness=distinctness)
            found = hidden_numbers(Rules(p), MANY).groupby("type")["size"]
            spread = np.sqrt(np.average(found.var(), weights=found.size()))
            centres = found.mean() - np.average(found.mean(), weights=found.size())
            apart = np.sqrt(np.average(centres**2, weights=found.size()))
            assert apart / spread == pytest.approx(distinctness, abs=0.03)

    def test_types_are_numbered_by_size(self):
        found = hidden_numbers(Rules(Parameters(types=6, distinctness=2.0)), MANY)
        assert found.groupby("type")["size"].mean().is_monotonic_increasing

    def test_type_shares_are_kept(self):
        shares = [0.5, 0.2, 0.3]
        found = people_of(Rules(Parameters(type_shares=shares)), MANY).type
        counts = np.bincount(found)
        assert stats.chisquare(counts, np.array(shares) * MANY).pvalue > 1e-4

    def test_without_shares_types_are_a_half_and_a_third_as_many(self):
        assert Rules(Parameters(types=3)).shares == pytest.approx(np.array([6, 3, 2]) / 11)

    def test_begins_follow_the_arrivals(self):
        p = Parameters(arrivals=[3.0, 1.0], months=4)
        counts = np.bincount(people_of(Rules(p), MANY).begins)
        # Where the list is too short, its mean: 2 and 2.
        assert stats.chisquare(counts, np.array([3, 1, 2, 2]) / 8 * MANY).pvalue > 1e-4

    @pytest.mark.parametrize("wanted", [-0.8, -0.5, 0.0, 0.5, 0.9])
    @pytest.mark.parametrize("changes", [{"types": 1}, {"distinctness": 0.5}])
    def test_price_goes_with_size_as_much_as_is_said(self, changes, wanted):
        found = hidden_numbers(
            Rules(Parameters(price_by_size=wanted, price_tail=0.0, **changes)), MANY
        )
        # Types of which the centres are half a standard deviation apart do 0.2 of it at least,
        # less what at most goes against it within them.
        least = 0.0 if changes == {"types": 1} else 0.2 - 0.3 * 0.8
        expected = wanted if abs(wanted) >= least else least
        assert found["log_price"].corr(found["size"]) == pytest.approx(expected, abs=0.02)

    def test_types_far_apart_make_price_go_with_size(self):
        p = Parameters(distinctness=4.0, price_by_size=0.2, price_tail=0.0)
        found = hidden_numbers(Rules(p), MANY)
        within = found.groupby("type")[["log_price", "size"]].corr().iloc[::2, 1]
        assert within.to_numpy() == pytest.approx([-0.3] * 3, abs=0.05)
        assert found["log_price"].corr(found["size"]) == pytest.approx((16 - 0.3) / 17, abs=0.01)

    @pytest.mark.parametrize("habit", ["rest", "leaving"])
    def test_log_odds_of_resting_and_leaving_follow_size_and_spread(self, habit):
        changes = {habit: 0.1, f"{habit}_by_size": -0.6, f"{habit}_spread": 0.4}
        people = people_of(Rules(Parameters(**changes)), MANY)
        log_odds = logit(getattr(people, habit))
        line = stats.linregress(people.size, log_odds)
        assert line.slope == pytest.approx(-0.6, abs=ERRORS * line.stderr)
        assert line.intercept == pytest.approx(logit(0.1), abs=ERRORS * line.intercept_stderr)
        spread = np.std(log_odds - line.intercept - line.slope * people.size)
        assert spread == pytest.approx(0.4, abs=ERRORS * 0.4 / np.sqrt(2 * MANY))

    def test_who_never_leaves_stays_for_ever(self):
        people = people_of(Rules(Parameters(leaving=0.0)), 1000)
        assert (people.last > 10**6).all()

    def test_giants_outsell_all_others(self):
        world = simulate(Parameters(giants=2, giant_factor=30.0, leaving=0.0, luck=0.3))
        hidden = world.hidden
        assert hidden["is_giant"].sum() == 2
        there = hidden["months_there"] > 0
        giants = hidden[hidden["is_giant"]]["later_transactions"].min()
        assert giants > 3 * hidden[there & ~hidden["is_giant"]]["later_transactions"].max()
        sold = world.later.groupby("creator")["transactions"].sum()
        top = sold.nlargest(2).index
        assert set(top) == set(hidden.loc[hidden["is_giant"], "creator"])

    def test_giants_leave_the_others_as_they_were(self, default):
        world = simulate(Parameters(giants=1))
        others = ~world.hidden["is_giant"].to_numpy()
        assert_same(world.gmv[others], default.gmv[others])


class TestBent:
    @pytest.mark.parametrize("tail", [-0.8, -0.1, 0.0, 0.3, 1.2])
    def test_it_is_a_shifted_lognormal_of_spread_one(self, tail):
        quantiles = np.array([0.01, 0.3, 0.5, 0.9, 0.999])
        found = bent(stats.norm.ppf(quantiles), tail)
        if tail == 0:
            expected = stats.norm.ppf(quantiles)
        elif tail > 0:
            law = stats.lognorm(tail)
            expected = (law.ppf(quantiles) - law.median()) / law.std()
        else:
            law = stats.lognorm(-tail)
            expected = -(law.ppf(1 - quantiles) - law.median()) / law.std()
        assert found == pytest.approx(expected)


class TestParameters:
    @pytest.mark.parametrize(
        ("values", "problem"),
        [
            ({"first_month": "2019-13"}, "first_month"),
            ({"first_month": "June 2019"}, "first_month"),
            ({"type_shares": [0.5, 0.5]}, "type_shares"),
            ({"types": 2, "type_shares": [0.5, 0.6]}, "type_shares"),
            ({"types": 0}, "types"),
            ({"arrivals": []}, "arrivals"),
            ({"month_factors": [1.0, 0.0]}, "month_factors"),
            ({"creators": 20, "giants": 20}, "giants"),
            ({"price_by_size": 1.1}, "price_by_size"),
        ],
    )
    def test_what_cannot_be_is_refused(self, values, problem):
        with pytest.raises(ParameterError, match=problem):
            check(Parameters, values)
