"""Markets of `engagement`: who lives where, who gets access whole, what markets share."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from knowntruth.errors import ParameterError
from knowntruth.parameters import check
from knowntruth.worlds.engagement.markets import market_days
from knowntruth.worlds.engagement.parameters import Parameters
from knowntruth.worlds.engagement.world import simulate

WHOLE = {"access": "by market", "markets": 12}


def world(**values):
    return simulate(check(Parameters, {"users": 6_000, **values}))


def by_market(access):
    return access.groupby("market")["cohort"].nunique()


class TestAccess:
    def test_one_market_is_the_world_without_markets(self):
        assert set(world().access["market"]) == {1}

    def test_users_are_dealt_evenly(self):
        counts = world(markets=12).access["market"].value_counts()
        assert stats.chisquare(counts.reindex(range(1, 13))).pvalue > 1e-4

    def test_a_market_gets_access_whole_or_not_at_all(self):
        access = world(**WHOLE, access_share=0.5).access
        assert (by_market(access) == 1).all()
        assert (access.groupby("market")["cohort"].first() > 0).sum() == 6

    def test_access_that_goes_by_user_is_found_in_every_market(self):
        assert (by_market(world(markets=12, access_share=0.5).access) == 2).all()

    @pytest.mark.parametrize(
        ("share", "treated"), [(0.01, 1), (0.99, 11), (0.0, 0), (1.0, 12), (0.3, 4)]
    )
    def test_some_markets_are_treated_and_some_not_unless_told(self, share, treated):
        made = world(**WHOLE, access_share=share)
        assert (made.access.groupby("market")["cohort"].first() > 0).sum() == treated
        assert made.truth.share_with_access == pytest.approx(treated / 12)

    def test_waves_take_markets_whole(self):
        access = world(**WHOLE, access_share=0.75, waves=[0, 7, 14]).access
        cohorts = access.groupby("market")["cohort"].first().value_counts()
        assert (by_market(access) == 1).all()
        assert cohorts.to_dict() == {0: 3, 1: 3, 2: 3, 3: 3}

    def test_another_seed_treats_other_markets(self):
        chosen = set()
        for seed in range(6):
            access = world(**WHOLE, access_share=0.5, seed=seed, users=600).access
            chosen.add(frozenset(access.loc[access["cohort"] > 0, "market"]))
        assert len(chosen) > 3

    def test_whole_markets_need_more_than_one(self):
        with pytest.raises(ParameterError, match="two `markets` or more"):
            check(Parameters, {"access": "by market"})


class TestDays:
    P = check(Parameters, {"markets": 400, "days_before": 100, "days_after": 100})

    def days(self, **values):
        return market_days(self.P.model_copy(update={"day_spread": 0.0, **values}))

    def test_days_of_markets_have_the_stated_spread_and_persistence(self):
        days = self.days(market_spread=0.04, market_persistence=0.7)
        assert days.std() == pytest.approx(0.04, rel=0.03)
        lag_one = np.corrcoef(days[:, 1:].ravel(), days[:, :-1].ravel())[0, 1]
        assert lag_one == pytest.approx(0.7, abs=0.02)

    def test_markets_share_nothing_but_everybodys_days(self):
        days = self.days(market_spread=0.04)
        between = np.corrcoef(days)[np.triu_indices(400, 1)]
        assert abs(between.mean()) < 0.005
        shared = self.days(day_spread=0.05)
        assert np.ptp(shared, axis=0).max() == 0

    def test_drifts_are_straight_with_the_stated_spread_and_nothing_on_launch_day(self):
        days = self.days(market_trend=0.05)
        assert np.allclose(days[:, 100], 0)
        assert np.allclose(np.diff(days, 2), 0)
        gained = 30 * (days[:, 101] - days[:, 100])
        assert gained.std() == pytest.approx(0.05, rel=4 / np.sqrt(2 * 400))


class TestTruth:
    def test_sessions_are_as_expected_where_markets_have_days_of_their_own(self):
        made = world(**WHOLE, access_share=0.5, market_spread=0.02, users=40_000)
        error = made.user_days["sessions"] - made.user_days["expected"]
        # Given the markets' days, sessions are independent draws.
        assert abs(error.mean() / (error.std() / np.sqrt(len(error)))) < 4

    def test_the_effect_is_the_same_as_by_user(self):
        assert world(**WHOLE, access_share=0.5).truth.effect_on_treated == pytest.approx(
            0.03,
            abs=1e-6,  # lengths below nothing are cut
        )
