"""Many worlds of the rollout: sound methods keep promises, naive ones fail as theory says."""

from __future__ import annotations

import numpy as np
import pytest

from knowntruth.cases import difference_in_differences
from knowntruth.cases.difference_in_differences.parameters import Parameters
from knowntruth.cases.difference_in_differences.readings import true_mean
from knowntruth.cases.difference_in_differences.replicates import Reference
from knowntruth.cases.difference_in_differences.scored import (
    null_of,
    replicate,
    score,
    worlds_of,
)
from knowntruth.cases.difference_in_differences.scored_methods import EFFECT, methods_of
from knowntruth.cases.difference_in_differences.simulated import open_world
from knowntruth.methods.panels import staggered

from .conftest import LEVEL, assert_covers, assert_right_on_average, by_key, held, rollouts

ONE_START = {
    "after_only", "change_only", "exposed_or_not", "regression", "units", "precision",
    "two_way_classical", "two_way", "mean_after", "staggered_never", "taken_up",
    "placebo_start", "placebo_outcome",
}  # fmt: skip
SOUND = ("regression", "units", "precision", "two_way", "mean_after", "staggered_never")
SEVERAL_STARTS = {
    "two_way_classical", "two_way", "staggered_never", "staggered_not_yet", "placebo_outcome",
}  # fmt: skip


@pytest.fixture(scope="module")
def small():
    """Return many worlds of few users, in which the feature does much."""
    return rollouts(Parameters(users=800, effect=0.2, access_share=0.6), 40)


@pytest.fixture(scope="module")
def null():
    """Return as many in which it does nothing."""
    return rollouts(null_of(Parameters(users=800, access_share=0.6)), 40)


class TestReplicates:
    def test_a_replicate_depends_on_its_number_alone(self):
        shared = Reference.of(Parameters(users=300))
        alone = replicate(shared, replications=5, workers=1)
        divided = replicate(shared, replications=5, workers=2)
        fewer = replicate(shared, replications=3, workers=1)
        for key, table in alone.items():
            np.testing.assert_array_equal(table, divided[key])
            np.testing.assert_array_equal(table[:3], fewer[key])
        assert len(np.unique(alone["precision"][:, 0])) == 5

    def test_every_interval_holds_its_value(self, small, null):
        for tables in (small, null):
            for key, table in tables.items():
                value, low, high, _ = table.T
                assert ((low <= value) & (value <= high)).all(), key

    def test_the_cases_scores_hold_intervals_against_their_level(self):
        p = Parameters(users=300, alpha=0.2)
        scores = difference_in_differences.score(p, replications=2, workers=1)
        assert set(by_key(scores)) == ONE_START
        for one in scores:
            assert one.coverage.null == pytest.approx(0.8)
            assert one.alarms.null == pytest.approx(0.2)

    def test_in_the_chapters_other_worlds_nothing_happens(self):
        p = Parameters(effect=0.1, effect_later=0.3, anticipation=0.1, trend_gap=0.2, users=500)
        worlds = worlds_of(p)
        assert worlds["this world"] is p
        assert difference_in_differences.null_of(p) == worlds["nothing happens"]
        for name in ("nothing happens", "markets"):
            shared = Reference.of(worlds[name])
            assert shared.effect == shared.effect_on_treated == shared.mean_over_periods == 0
        # They are worlds that could be asked for as well.
        for q in worlds.values():
            assert Parameters(**q.model_dump()) == q
        assert Reference.of(worlds["markets"]).treated_markets == 6


class TestReference:
    def test_with_one_start_periods_count_alike(self):
        p = Parameters(users=300, effect=0.0, effect_later=0.3, period_days=6)
        known = open_world(p).known
        # The last of the six periods is as long as the others.
        expected = np.mean([known.effect_at(time) for time in range(6)])
        assert Reference.of(p).mean_over_periods == pytest.approx(expected, rel=1e-12)
        assert Reference.of(p).starts == (0,)

    @pytest.mark.parametrize("share", [0.8, 1.0])
    def test_groups_count_by_their_size(self, share):
        p = Parameters(
            users=20_000, waves=[0, 9, 21], wave_shares=[0.2, 0.5, 0.3], access_share=share,
            effect=0.0, effect_later=0.4, effect_by_wave=[1.0, 2.0, 0.5],
        )  # fmt: skip
        case = open_world(p)
        shared = Reference.of(p)
        assert shared.starts == (0, 1, 3)
        expected = true_mean(case, staggered.staggered(case.panel, level=LEVEL))
        assert shared.mean_over_periods == pytest.approx(expected, rel=0.01)
        assert shared.effect != pytest.approx(expected, rel=0.01)

    def test_one_market_stands_alone_whether_it_has_access_or_lacks_it(self):
        p = Parameters(markets=12, access="by market")
        lone = {
            share: Reference.of(p.model_copy(update={"access_share": share})).has_lone_market
            for share in (0.01, 0.5, 0.99)
        }
        assert lone == {0.01: True, 0.5: False, 0.99: True}
        assert not Reference.of(Parameters(users=300)).has_lone_market


class TestSound:
    @pytest.mark.parametrize("key", SOUND)
    def test_sound_methods_find_the_effect(self, small, key):
        shared = Reference.of(Parameters(users=800, effect=0.2, access_share=0.6))
        truth = {m.key: m.truth for m in methods_of(shared)}[key](shared)
        assert truth == pytest.approx(0.2 * 0.95, abs=0.003)
        assert_right_on_average(small[key], truth)
        assert_covers(small[key], truth)

    def test_the_effect_on_those_who_take_it_up_is_larger(self):
        p = Parameters(users=1_500, effect=0.2, access_share=0.6, take_up=0.5)
        table = rollouts(p, 40, "taken_up")["taken_up"]
        assert Reference.of(p).effect_on_treated == pytest.approx(0.2, abs=0.003)
        assert Reference.of(p).effect == pytest.approx(0.1, abs=0.003)
        assert_right_on_average(table, 0.2)
        assert_covers(table, 0.2)

    @pytest.mark.parametrize("key", [*SOUND, "taken_up", "placebo_start", "placebo_outcome"])
    def test_where_nothing_happens_they_seldom_say_otherwise(self, null, key):
        assert_right_on_average(null[key], 0.0)
        assert_covers(null[key], 0.0)

    def test_one_period_to_hold_against_tells_less_than_all(self, small):
        spread = {key: small[key][:, 0].std(ddof=1) for key in SOUND}
        for key in ("mean_after", "staggered_never"):
            assert spread[key] > 1.4 * spread["two_way"]


class TestLeftOut:
    """What means nothing in a world is left out of its score card."""

    @pytest.mark.parametrize(
        ("changes", "kept"),
        [
            ({}, ONE_START),
            ({"take_up": 0.0}, ONE_START - {"exposed_or_not", "taken_up"}),
            ({"access_share": 0.0}, set()),
            ({"web_share": 1.0}, set()),
            ({"access_share": 1.0}, {"exposed_or_not"}),
            ({"waves": [3, 5]}, ONE_START),
            ({"waves": [3, 9]}, SEVERAL_STARTS),
            ({"waves": [3, 9], "access_share": 1.0}, SEVERAL_STARTS - {"staggered_never"}),
            ({"web_share": 0.3}, ONE_START | {"triple"}),
            ({"days_before": 2, "days_after": 2}, ONE_START - {"placebo_start"}),
            ({"markets": 3}, ONE_START | {"two_way_by_user"}),
        ],
        ids=["nothing", "nobody takes it up", "no access", "all on the web", "all have access",
             "waves of one week", "waves", "waves for all", "some on the web", "four days",
             "markets"],
    )  # fmt: skip
    def test_methods_without_meaning_are_left_out(self, changes, kept):
        p = Parameters(**{"users": 300, "days_before": 20, "days_after": 21} | changes)
        assert set(by_key(score(p, replications=3, workers=1))) == kept

    def test_a_world_in_which_nobody_is_seen_before_the_launch_has_no_answers(self):
        p = Parameters(users=200, users_at_start=0.0, burst=0.99, active_level=-6, days_before=2)
        assert score(p, replications=3, workers=1) == []

    def test_every_method_of_the_effect_aims_at_it(self):
        shared = Reference.of(Parameters(users=300))
        for method in methods_of(shared):
            if method.quantity == EFFECT:
                assert method.truth(shared) == pytest.approx(shared.effect, rel=0.01), method.key


class TestNaive:
    def test_users_with_access_differ_before_it_as_well(self, small, null):
        for tables, truth in ((small, 0.19), (null, 0.0)):
            assert tables["after_only"][:, 0].mean() > truth + 0.05
            assert held(tables["after_only"], truth).mean() < 0.5

    def test_the_season_is_taken_for_the_feature(self, null):
        season = Parameters().season
        assert_right_on_average(null["change_only"], season)
