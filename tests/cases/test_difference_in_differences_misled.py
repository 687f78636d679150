"""Worlds of the rollout that mislead: trends, waves whose effects grow, luck that markets share."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from knowntruth.cases.difference_in_differences.parameters import Parameters
from knowntruth.cases.difference_in_differences.replicates import Reference
from knowntruth.cases.difference_in_differences.scored import score, worlds_of
from knowntruth.cases.difference_in_differences.scored_methods import methods_of

from .conftest import CHANCE, assert_covers, assert_right_on_average, by_key, held, rollouts

MARKETS = {
    "users": 1_000, "markets": 12, "access": "by market", "access_share": 0.5, "effect": 0.0,
    "market_spread": 0.15, "market_persistence": 0.9, "bootstrap_draws": 199,
}  # fmt: skip


@pytest.fixture(scope="module")
def markets():
    """Return many worlds in which few markets decide who has access, and nothing happens."""
    keys = "two_way_classical", "two_way_by_user", "precision", "two_way", "wild", "regression"
    return rollouts(Parameters(**MARKETS), 60, *keys)


class TestTrends:
    def test_who_meets_the_feature_is_sorted_by_what_is_measured(self):
        # Short days meet it seldom, so that many with access never do.
        p = Parameters(users=4_000, effect=0.0, exposure_first=0.05, exposure_later=0.15)
        table = rollouts(p, 25, "exposed_or_not")["exposed_or_not"]
        error = table[:, 0].std(ddof=1) / 5
        assert table[:, 0].mean() > 4 * error

    def test_a_trend_of_their_own_is_taken_for_the_feature_and_the_placebo_sees_it(self):
        p = Parameters(users=4_000, effect=0.0, trend_gap=0.15, access_share=0.6)
        scores = by_key(score(p, replications=8, workers=1))
        # From the middle of the days before to the middle of those after are 45 days.
        expected = 0.15 * (p.days_before + p.days_after) / 2 / 30
        two_way = scores["two_way"]
        assert two_way.fails
        assert two_way.bias.value == pytest.approx(expected, rel=0.25)
        placebo = scores["placebo_start"]
        assert placebo.truth is None
        assert placebo.alarms.value > 0.5
        assert not scores["placebo_outcome"].fails

    def test_the_web_shows_the_trend_that_is_not_the_features(self):
        p = Parameters(users=3_000, effect=0.1, trend_gap=0.2, access_share=0.6, web_share=0.5)
        tables = rollouts(p, 16, "triple", "two_way")
        truth = Reference.of(p).effect
        assert_right_on_average(tables["triple"], truth)
        assert_covers(tables["triple"], truth)
        assert not held(tables["two_way"], truth).any()


class TestStaggered:
    def test_growing_effects_of_waves_mislead_two_way_effects_only(self):
        p = Parameters(
            users=2_000, waves=[0, 14], effect=0.0, effect_later=0.5, effect_half_life=10,
            access_share=0.8,
        )  # fmt: skip
        scores = by_key(score(p, replications=20, workers=1))
        assert scores["two_way"].method.is_naive
        assert scores["two_way"].bias.high < -0.03
        assert scores["two_way"].fails
        for key in ("staggered_never", "staggered_not_yet"):
            error = scores[key].spread[0] / np.sqrt(20)
            assert abs(scores[key].bias.value) < 4 * error
            assert not scores[key].behaviour.covers_too_little


class TestMarkets:
    @pytest.mark.parametrize("key", ["two_way_classical", "two_way_by_user", "precision"])
    def test_errors_that_forget_markets_raise_far_too_many_alarms(self, markets, key):
        hits = held(markets[key], 0.0)
        assert stats.binomtest(int(hits.sum()), len(hits), 0.75, "less").pvalue < CHANCE

    @pytest.mark.parametrize("key", ["two_way", "wild", "regression"])
    def test_errors_by_market_do_not(self, markets, key):
        assert_right_on_average(markets[key], 0.0)
        # With six markets on each side clustered errors are a little small.
        assert_covers(markets[key], 0.0, 0.93)

    def test_they_are_told_apart_in_the_chapters_world(self):
        p = worlds_of(Parameters(users=400))["markets"]
        naive = {m.key: m.is_naive for m in methods_of(Reference.of(p))}
        errors = ("two_way_classical", "two_way_by_user", "two_way", "wild")
        assert [naive[key] for key in errors] == [True, True, False, False]
        assert naive["precision"]

    def test_where_one_market_stands_alone_others_must_tell_its_luck(self):
        p = Parameters(**MARKETS | {"markets": 20, "access_share": 0.05, "users": 1_500})
        tables = rollouts(p, 40, "two_way", "synthetic")
        naive = {m.key: m.is_naive for m in methods_of(Reference.of(p))}
        assert naive["two_way"]
        assert not naive["synthetic"]
        assert held(tables["two_way"], 0.0).mean() < 0.7
        assert_right_on_average(tables["synthetic"], 0.0)
        assert_covers(tables["synthetic"], 0.0)
