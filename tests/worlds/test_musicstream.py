"""Musicstream: the world is what its parameters say, and its truth is what its tables show."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from scipy import stats

from knowntruth.errors import DataError, ParameterError
from knowntruth.parameters import check
from knowntruth.worlds import streams
from knowntruth.worlds.musicstream.contract import EVENTS, USERS
from knowntruth.worlds.musicstream.groups import heavy_before, mean_days_left, would_be_heavy
from knowntruth.worlds.musicstream.parameters import Parameters
from knowntruth.worlds.musicstream.truth import FOLLOW_UP, hazard_for
from knowntruth.worlds.musicstream.users import users_between
from knowntruth.worlds.musicstream.world import simulate

SEEDS = range(100, 130)


def people(world):
    return world.users[~world.users["user_id"].isin(world.truth.machines)]


@pytest.fixture(scope="module")
def default():
    return simulate(Parameters())


@pytest.fixture(scope="module")
def replicates():
    """Return thirty worlds of 20,000 users at an even split, without events."""
    return [
        simulate(Parameters(seed=s, users=20_000, treatment_share=0.5, event_log=False))
        for s in SEEDS
    ]


def mean_and_error(values):
    return np.mean(values), np.std(values, ddof=1) / np.sqrt(len(values))


class TestTables:
    def test_tables_meet_their_contracts(self, default):
        assert USERS.validate(default.users) is default.users
        assert EVENTS.validate(default.events) is default.events

    def test_a_broken_table_does_not_meet_its_contract(self, default):
        broken = default.users.assign(songs_played=-1)
        with pytest.raises(DataError, match="songs_played"):
            USERS.validate(broken)

    def test_the_users_table_is_the_aggregation_of_the_events(self, default):
        events, users = default.events, default.users
        counts = (
            events.groupby(["user_id", "kind"], observed=False)
            .size()
            .unstack()
            .reindex(users["user_id"], fill_value=0)
        )
        plays = events[events["kind"] == "play"]
        short = plays[plays["seconds"] < 40].groupby("user_id").size()
        found = pd.DataFrame(
            {
                "songs_played": counts["play"],
                "short_plays": short.reindex(users["user_id"], fill_value=0),
                "playlist_adds": counts["playlist_add"],
                "shares": counts["share"],
                "paywall_views": counts["paywall"],
                "converted": counts["upgrade"],
            }
        ).reset_index(drop=True)
        pd.testing.assert_frame_equal(
            found, users[found.columns], check_dtype=False, check_names=False
        )

    def test_nothing_that_only_the_simulator_knows_is_in_a_table(self, default):
        visible = {*default.users.columns, *default.events.columns}
        assert not visible & {"machine", "lost", "propensity", "chance", "follow_up", "lift"}

    def test_events_are_ordered_and_lie_within_the_test(self, default):
        times = default.events["time"]
        assert times.is_monotonic_increasing
        assert times.min() >= pd.Timestamp("2025-01-01")
        assert times.max() < pd.Timestamp("2025-03-01")

    def test_nobody_is_offered_an_upgrade_after_taking_it(self, default):
        events = default.events
        taken = events[events["kind"] == "upgrade"].set_index("user_id")["time"]
        offers = events[events["kind"] == "paywall"]
        when = offers["user_id"].map(taken)
        assert (offers["time"] <= when)[when.notna()].all()

    def test_switches_remove_only_what_they_name(self, default):
        without = simulate(Parameters(event_log=False, pre_period=False))
        assert without.events is None
        pd.testing.assert_frame_equal(without.users, default.users.drop(columns="songs_before"))


class TestRandomness:
    def test_the_same_parameters_give_the_same_world(self, default):
        again = simulate(Parameters())
        pd.testing.assert_frame_equal(again.users, default.users)
        pd.testing.assert_frame_equal(again.events, default.events)

    @settings(max_examples=20, deadline=None)
    @given(cut=st.integers(1, 1399))
    def test_cutting_the_users_into_parts_changes_nothing(self, cut):
        p = Parameters(users=1400)
        # The law holds for blocks of any size; small ones try more cuts in less time.
        with mock.patch.object(streams, "BLOCK", 500):
            whole = users_between(p, 0, p.users)
            parts = [users_between(p, 0, cut), users_between(p, cut, p.users)]
        pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), whole)

    def test_the_first_users_of_a_bigger_world_are_the_users_of_the_smaller(self):
        small = simulate(Parameters(users=5_000, outliers=0)).users
        big = simulate(Parameters(users=70_000, outliers=0, event_log=False)).users
        pd.testing.assert_frame_equal(big.head(5_000), small)

    def test_a_changed_effect_leaves_the_other_columns_alone(self, default):
        other = simulate(Parameters(churn_if_treated=0.2, paywall_effect=1.0)).users
        same = ["arm", "country", "songs_before", "songs_played", "converted"]
        pd.testing.assert_frame_equal(other[same], default.users[same])


class TestCalibration:
    """The default world looks like the original's; bounds are four standard errors."""

    def test_listening_before_and_during_correlates_as_asked(self, default):
        r = people(default)[["songs_before", "songs_played"]].corr().iloc[0, 1]
        # Rounding down costs a little of the 0.6.
        assert r == pytest.approx(0.6, abs=0.02)

    @pytest.mark.parametrize(("arm", "scale"), [("control", 10), ("treatment", 11.5)])
    def test_songs_follow_the_original_gamma_rounded_down(self, default, arm, scale):
        users = people(default)
        songs = users.loc[users["arm"] == arm, "songs_played"]
        edges = np.array([0, 5, 10, 15, 20, 30, 45, 70, np.inf])
        expected = np.diff(stats.gamma.cdf(edges, 2, scale=scale)) * len(songs)
        observed, _ = np.histogram(songs, edges)
        assert stats.chisquare(observed, expected).pvalue > 1e-4

    def test_churned_shares_match_the_original(self, replicates):
        for arm, original in (("control", 0.277), ("treatment", 0.235)):
            shares = [w.users.loc[w.users["arm"] == arm, "churned"].mean() for w in replicates]
            # The printed shares are one draw, with standard errors of 0.0024 and 0.0067.
            error = {"control": 0.0024, "treatment": 0.0067}[arm]
            assert np.mean(shares) == pytest.approx(original, abs=4 * error)

    def test_exactly_the_asked_number_of_users_are_machines(self):
        world = simulate(Parameters(outliers=37, event_log=False))
        assert len(world.truth.machines) == 37
        songs = world.users.set_index("user_id")["songs_played"]
        assert songs[world.truth.machines].between(1000, 4999).all()
        assert songs.drop(world.truth.machines).max() < 1000


class TestTruth:
    def test_songs_and_conversion_and_churn_match_long_simulations(self, replicates):
        truth = replicates[0].truth
        for arm in ("control", "treatment"):
            expected = getattr(truth, arm)
            for column, value in (
                ("songs_played", expected.songs),
                ("converted", expected.conversion),
                ("churned", expected.churn),
            ):
                means = [
                    people(w).loc[lambda u, a=arm: u["arm"] == a, column].mean() for w in replicates
                ]
                mean, error = mean_and_error(means)
                assert abs(mean - value) < 4 * error, (arm, column)

    def test_the_true_lift_is_that_of_a_rounded_gamma(self):
        # Closed form: the mean of a gamma(2, s) rounded down is the sum of P(X >= k).
        def mean(s):
            k = np.arange(1, 2000)
            return ((1 + k / s) * np.exp(-k / s)).sum()

        truth = simulate(Parameters(event_log=False)).truth
        assert truth.lift == pytest.approx(mean(11.5) / mean(10) - 1, rel=1e-9)

    def test_a_lift_in_one_segment_is_true_there_and_nowhere_else(self):
        p = Parameters(lift=0.0, segment_lift={"iOS": 0.4}, users=20_000, event_log=False)
        truth = simulate(p).truth
        assert truth.lift_by_segment["device"]["Android"] == 0
        assert truth.lift_by_segment["device"]["iOS"] > 0.4
        half = truth.lift_by_segment["device"]["iOS"] / 2
        assert truth.lift == pytest.approx(half)
        assert truth.lift_by_segment["country"]["UK"] == pytest.approx(half)

    def test_an_overflowing_chance_to_pay_is_cut_at_certainty(self):
        p = Parameters(conversion_per_song=0.2, users=20_000, event_log=False)
        world = simulate(p)
        observed = people(world).loc[lambda u: u["arm"] == "control", "converted"]
        error = observed.std() / np.sqrt(len(observed))
        assert abs(observed.mean() - world.truth.control.conversion) < 4 * error

    def test_no_effect_anywhere_is_exactly_no_effect(self):
        truth = simulate(Parameters(lift=0.0, churn_if_treated=0.0, event_log=False)).truth
        assert truth.lift == truth.conversion_difference == truth.churn_difference == 0
        assert truth.conversion_lift == 0

    def test_a_lossy_log_breaks_the_split_and_the_truth_says_so(self):
        world = simulate(Parameters(lost_share=0.5, event_log=False))
        assert world.truth.split_is_broken
        assert world.truth.logged_share == pytest.approx(0.075 / 0.975)
        assert not world.users["user_id"].isin(world.truth.lost).any()
        assert len(world.users) + len(world.truth.lost) == 40_000
        share = (world.users["arm"] == "treatment").mean()
        assert share == pytest.approx(world.truth.logged_share, abs=4 * 0.0014)

    def test_the_hazard_gives_the_asked_share_of_leavers(self):
        for share in (0.05, 0.3, 0.9):
            hazard = hazard_for(share, FOLLOW_UP)
            days = np.arange(1, FOLLOW_UP + 1)
            assert np.mean(1 - np.exp(-hazard * days)) == pytest.approx(share, abs=1e-9)

    def test_leaving_at_a_hazard_depends_on_time_and_the_originals_does_not(self):
        def late_share(timing):
            users = simulate(Parameters(churn_timing=timing, event_log=False)).users
            left = users[users["churned"] == 1]
            return (left["days_observed"] > FOLLOW_UP / 2).mean()

        # Drawn apart, leavers' days are uniform on 1..59; at a hazard most leave early.
        assert late_share("independent") == pytest.approx(30 / 59, abs=0.02)
        assert late_share("hazard") < 0.35


class TestParameters:
    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"countries": {"US": 0.5}}, "do not make a whole"),
            ({"segment_lift": {"iOS": 0.1, "US": 0.1}}, "one kind of segment"),
            ({"lost_device": "Windows"}, "iOS, Android"),
            ({"outliers": 600, "users": 1000}, "more than half"),
            ({"outlier_low": 10, "outlier_high": 5}, "not below"),
            ({"conversion_factor": {"FR": 2.0}}, "FR"),
            ({"treatment_share": 0.0}, "0 < x < 1"),
            ({"treatment_share": 1.0}, "0 < x < 1"),
        ],
    )
    def test_impossible_worlds_are_refused_with_what_to_do(self, values, words):
        with pytest.raises(ParameterError, match=words):
            check(Parameters, values)


@pytest.fixture(scope="module")
def many_users():
    """Return the parameters and the users of a large world without machines."""
    p = Parameters(users=400_000, treatment_share=0.5, event_log=False, outliers=0, seed=11)
    return p, simulate(p).users


class TestGroups:
    """Groups that an analyst forms afterwards: exact expectations against a long simulation."""

    def test_heavy_listeners_before_the_test_pay_as_expected(self, many_users):
        p, table = many_users
        expected = heavy_before(p, 27)
        heavy = table[table["songs_before"] >= 27]
        for arm in ("control", "treatment"):
            paid = heavy.loc[heavy["arm"] == arm, "converted"]
            share = getattr(expected, arm)
            assert abs(paid.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(paid))

    def test_would_be_heavy_listeners_are_those_of_control(self, many_users):
        p, table = many_users
        expected = would_be_heavy(p, 27)
        heavy = table[(table["songs_played"] >= 27) & (table["arm"] == "control")]
        error = np.sqrt(expected.control * (1 - expected.control) / len(heavy))
        assert abs(heavy["converted"].mean() - expected.control) < 4 * error
        # The effect on would-be power users of the original's design: 9.15 %, by simulation.
        assert expected.lift == pytest.approx(0.0915, abs=0.003)

    def test_days_before_leaving_match_kaplan_meier(self, many_users):
        p, table = many_users
        for arm, treated in (("control", False), ("treatment", True)):
            rows = table[table["arm"] == arm]
            km = KaplanMeierFitter().fit(rows["days_observed"], rows["churned"])
            curve = km.survival_function_["KM_estimate"].reindex(range(59)).ffill()
            truth = simulate(Parameters(event_log=False)).truth
            expected = mean_days_left(
                p, conversion=getattr(truth, arm).conversion, treated=treated, until=59
            )
            # Standard error of the restricted mean of 200,000 such users: about 0.05 days.
            assert curve.sum() == pytest.approx(expected, abs=0.2)

    def test_a_world_that_leaves_at_drawn_times_has_no_expected_days(self):
        p = Parameters(churn_timing="independent")
        assert mean_days_left(p, conversion=0.1, treated=True, until=30) is None

    @pytest.mark.parametrize("correlation", [0.0, 1.0])
    def test_extreme_correlations_are_no_special_case(self, correlation):
        p = Parameters(pre_correlation=correlation)
        found = heavy_before(p, 20)
        if correlation == 0:
            truth = simulate(Parameters(event_log=False)).truth
            assert found.control == pytest.approx(truth.control.conversion, rel=1e-6)
        else:
            same = would_be_heavy(p, 20)
            assert found.control == pytest.approx(same.control, rel=2e-2)
