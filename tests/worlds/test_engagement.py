"""Engagement: tables are what the parameters say, and every way of adding them up agrees."""

from __future__ import annotations

import itertools

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from knowntruth.errors import DataError, ParameterError
from knowntruth.parameters import check
from knowntruth.worlds import streams
from knowntruth.worlds.engagement import user_days
from knowntruth.worlds.engagement.contract import ACCESS, EVENTS, FEATURES, USERS
from knowntruth.worlds.engagement.daily import COUNTS, daily_between, daily_of, esau
from knowntruth.worlds.engagement.events import events_between
from knowntruth.worlds.engagement.markets import market_days
from knowntruth.worlds.engagement.parameters import MOST_SESSIONS, Parameters
from knowntruth.worlds.engagement.rules import Rules, further_sessions
from knowntruth.worlds.engagement.world import simulate

LAUNCH = pd.Timestamp("2025-03-03")
STAGGERED = {"waves": [0, 10, 20], "access_share": 0.9}
SHORT = {"days_before": 5, "days_after": 6}
ERRORS = 4.5  # standard errors that a count may lie off


@pytest.fixture(scope="module")
def default():
    return simulate(Parameters())


@pytest.fixture(scope="module")
def staggered():
    return simulate(Parameters(users=6000, **STAGGERED))


def assert_share(hits, of, share):
    assert abs(hits - of * share) < ERRORS * np.sqrt(of * share * (1 - share)) + 1e-9


def assert_same(found, expected):
    pd.testing.assert_frame_equal(found.reset_index(drop=True), expected.reset_index(drop=True))


def original_esau(events):
    """The original's function, word for word but for the names."""
    date = events["event_time"].dt.date
    return (events.groupby(date).size() / events.groupby(date)["user_id"].nunique()).to_numpy()


class TestTables:
    def test_tables_meet_their_contracts(self, default, staggered):
        for world in (default, staggered):
            assert USERS.validate(world.users) is world.users
            assert EVENTS.validate(world.events) is world.events
            assert ACCESS.validate(world.access) is world.access
            FEATURES.validate(world.features)

    def test_a_broken_table_does_not_meet_its_contract(self, default):
        with pytest.raises(DataError, match="feature_exposed"):
            EVENTS.validate(default.events.head(9).assign(feature_exposed=2))

    def test_columns_are_the_originals_and_hold_nothing_hidden(self, default):
        assert list(default.users) == ["user_id", "signup_date"]
        assert list(default.events) == ["user_id", "event_time", "first_seen", "feature_exposed"]
        assert "launch_date" in default.features
        assert default.features.loc[0, "launch_date"] == LAUNCH

    def test_there_are_55_days_before_launch_and_36_from_it_on(self, default):
        days = default.events["event_time"].dt.normalize().drop_duplicates()
        assert ((days < LAUNCH).sum(), (days >= LAUNCH).sum()) == (55, 36)

    def test_there_are_about_620_000_events(self, default):
        assert 600_000 < len(default.events) < 650_000

    def test_events_are_in_order_and_first_seen_is_the_first_of_the_user(self, default):
        events = default.events
        assert events["event_time"].is_monotonic_increasing
        first = events.groupby("user_id")["event_time"].transform("min")
        assert events["first_seen"].equals(first)

    def test_nobody_is_active_before_signing_up(self, default, staggered):
        for world in (default, staggered):
            joined = world.users.set_index("user_id")["signup_date"]
            assert (world.events["event_time"] >= world.events["user_id"].map(joined)).all()

    def test_nobody_is_exposed_before_access(self, default, staggered):
        for world in (default, staggered):
            from_day = world.access.set_index("user_id")["access_date"]
            exposed = world.events[world.events["feature_exposed"] == 1]
            assert (exposed["event_time"] >= exposed["user_id"].map(from_day)).all()

    def test_access_comes_with_the_wave_or_with_sign_up_after_it(self, staggered):
        access = staggered.access.merge(staggered.users, on="user_id")
        waves = access["cohort"].map({1: 0, 2: 10, 3: 20})
        wave = LAUNCH + pd.to_timedelta(waves, unit="D")
        expected = wave.where(wave > access["signup_date"], access["signup_date"])
        has = access["cohort"] > 0
        assert (access["access_date"] == expected)[has].all()
        assert access.loc[~has, "access_date"].isna().all()

    def test_times_spread_evenly_over_the_day(self, default):
        events = default.events["event_time"]
        share = (events - events.dt.normalize()).dt.total_seconds() / 86_400
        assert stats.kstest(share, "uniform").pvalue > 1e-4


class TestAdditivity:
    @pytest.mark.parametrize("name", ["default", "staggered"])
    def test_events_add_up_to_the_daily_counts_in_sql(self, name, request):
        world = request.getfixturevalue(name)
        events, access = world.events, world.access
        expected = duckdb.sql(
            """
            with user_day as (
                select date_trunc('day', event_time)::timestamp as date, cohort, user_id,
                       count(*) as n, sum(feature_exposed) as e
                from events join access using (user_id) group by all)
            select date, cohort, count(*) as active_users, sum(n) as sessions,
                   sum(n * n) as sessions_squared, count_if(e > 0) as exposed_users,
                   sum(e) as exposed_sessions, count_if(n > e) as unexposed_users
            from user_day group by all order by date, cohort
            """
        ).df()
        found = world.daily[["date", "cohort", *COUNTS]]
        assert len(events) == found["sessions"].sum()
        assert access["cohort"].nunique() == found["cohort"].nunique()
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)

    def test_signed_up_counts_the_users_there_are_by_then(self, staggered):
        users = staggered.users.merge(staggered.access, on="user_id")
        counts = staggered.daily.set_index(["day", "cohort"])
        for day, cohort in ((0, 0), (55, 1), (90, 3)):
            row = counts.loc[(day, cohort)]
            there = (users["signup_date"] <= row["date"]) & (users["cohort"] == cohort)
            assert row["signed_up"] == there.sum()

    def test_user_days_add_up_to_the_daily_counts(self, staggered):
        days = staggered.user_days.merge(staggered.access, on="user_id")
        sums = days.groupby(["day", "cohort"])[["sessions", "exposed_sessions"]].sum()
        found = staggered.daily.set_index(["day", "cohort"])
        assert sums["sessions"].equals(found["sessions"].loc[sums.index].rename("sessions"))
        assert (sums["exposed_sessions"] == found["exposed_sessions"].loc[sums.index]).all()

    def test_sessions_per_active_user_are_the_originals(self, default):
        events = default.events
        exposed = events["feature_exposed"] == 1
        for of, rows in (("all", exposed | True), ("exposed", exposed), ("unexposed", ~exposed)):
            found = esau(default.daily, of=of)
            np.testing.assert_allclose(found, original_esau(events[rows]), rtol=1e-13)

    def test_counts_of_blocks_add_up_to_the_whole_with_any_number_of_threads(self):
        p = Parameters(users=2 * streams.BLOCK + 777, **SHORT)
        edges = [0, streams.BLOCK, 2 * streams.BLOCK, p.users]
        parts = [daily_between(p, a, b) for a, b in itertools.pairwise(edges)]
        names = ["signed_up", *COUNTS]
        whole = daily_of(p)
        assert (sum(part[names] for part in parts) == whole[names]).all(axis=None)
        assert_same(daily_of(p, threads=3), whole)

    def test_events_of_blocks_are_the_events_of_the_whole(self):
        p = Parameters(users=streams.BLOCK + 500, **SHORT)
        parts = [events_between(p, a, b) for a, b in ((0, streams.BLOCK), (streams.BLOCK, p.users))]
        whole = simulate(p).events
        together = pd.concat(parts).sort_values(["event_time", "user_id"], kind="stable")
        assert_same(together, whole.sort_values(["event_time", "user_id"], kind="stable"))

    def test_drawing_fewer_users_at_a_time_changes_no_number(self, monkeypatch):
        p = Parameters(users=3000, **STAGGERED)
        whole = simulate(p)
        expected = whole.events, whole.daily, whole.user_days
        monkeypatch.setattr(user_days, "BATCH", 333)
        again = simulate(p)
        found = again.events, again.daily, again.user_days
        for pair in zip(found, expected, strict=True):
            assert_same(*pair)

    @pytest.mark.parametrize("between", [daily_between, events_between])
    def test_a_range_begins_with_a_block(self, between):
        with pytest.raises(ValueError, match="multiple"):
            between(Parameters(), 5, 100)


class TestStreams:
    def test_the_same_seed_gives_the_same_world_and_another_seed_another(self):
        p = Parameters(users=1000)
        assert_same(simulate(p).events, simulate(p).events)
        other = simulate(p.model_copy(update={"seed": p.seed + 1}))
        assert len(other.events) != len(simulate(p).events)
        assert not other.users["signup_date"].equals(simulate(p).users["signup_date"])

    @pytest.mark.parametrize("fewer", [700, streams.BLOCK + 400])
    def test_the_first_users_of_a_bigger_world_are_the_users_of_a_smaller_one(self, fewer):
        bigger = simulate(Parameters(users=streams.BLOCK + 900, **SHORT))
        smaller = simulate(Parameters(users=fewer, **SHORT))
        assert_same(smaller.users, bigger.users.head(fewer))
        assert_same(smaller.access, bigger.access.head(fewer))
        assert_same(smaller.events, bigger.events[bigger.events["user_id"] <= fewer])

    @pytest.mark.parametrize(
        ("change", "moves"),
        [
            ({"effect": -0.3}, {"sessions", "exposed_sessions"}),
            ({"season": 0.2}, {"sessions", "exposed_sessions"}),
            ({"exposure_later": 0.1}, {"exposed_sessions"}),
            ({"take_up": 0.2}, {"sessions", "exposed_sessions"}),
            ({"web_share": 0.4}, {"sessions", "exposed_sessions"}),
            ({"trend_by_activity": 0.2}, {"sessions", "exposed_sessions"}),
        ],
    )
    def test_a_cause_moves_its_effects_and_no_other_random_number(self, change, moves):
        days = [simulate(Parameters(users=2000, **v)).user_days for v in ({}, change)]
        for name in ("user_id", "day", "sessions", "exposed_sessions"):
            assert days[0][name].equals(days[1][name]) == (name not in moves)

    def test_platforms_move_nobody_else(self):
        worlds = [simulate(Parameters(users=2000, web_share=share)) for share in (0.0, 0.4)]
        assert (worlds[0].access["platform"] == "app").all()
        assert worlds[0].users.equals(worlds[1].users)
        shared = ["user_id", "cohort", "access_date"]
        assert worlds[0].access[shared].equals(worlds[1].access[shared])
        app = (worlds[1].access["platform"] == "app").to_numpy()
        assert worlds[0].hidden[app].equals(worlds[1].hidden[app])
        days = [world.user_days for world in worlds]
        there = app[days[0]["user_id"] - 1]
        assert_same(days[0][there], days[1][there])

    def test_the_default_world_has_the_counts_that_it_had_before_there_was_a_web(self, default):
        daily = default.daily
        assert len(default.events) == 622_424
        assert default.events["feature_exposed"].sum() == 160_678
        assert daily["active_users"].sum() == 351_319
        assert daily["sessions_squared"].sum() == 1_309_664

    def test_sessions_without_the_feature_are_those_of_a_world_without_it(self):
        values = {"users": 2000, "waves": [0, 9], "anticipation": 0.1, "trend_gap": 0.1}
        days = simulate(Parameters(effect=0.4, **values)).user_days
        off = {**values, "effect": 0.0, "anticipation": 0.0}
        without = simulate(Parameters(**off)).user_days["sessions"]
        assert (days["sessions"] != without).any()
        np.testing.assert_array_equal(days["sessions_without"], without)

    def test_users_of_two_blocks_share_no_random_numbers(self):
        hidden = simulate(Parameters(users=2 * streams.BLOCK, **SHORT)).hidden
        first, second = hidden["activity"].to_numpy().reshape(2, -1)
        assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(streams.BLOCK)


class TestCauses:
    def test_sign_ups_follow_their_shares(self):
        p = Parameters(users=60_000, signup_change=0.5)
        signup = simulate(p).users["signup_date"]
        start = LAUNCH - pd.Timedelta(days=55)
        rest = 1 - 0.12 - 0.12
        ordinary = rest / (55 + 36 * 1.5)
        assert_share((signup < start).sum(), p.users, 0.12)
        assert_share((signup == LAUNCH).sum(), p.users, 0.12 + 1.5 * ordinary)
        assert_share(((signup >= start) & (signup < LAUNCH)).sum(), p.users, 55 * ordinary)

    def test_access_has_its_share_whatever_its_slope_and_grows_with_activity(self):
        for values in ({}, {"access": "randomised"}, {"access_slope": -2.0}):
            world = simulate(Parameters(users=40_000, access_share=0.6, **values))
            has, activity = world.access["cohort"] > 0, world.hidden["activity"]
            assert_share(has.sum(), 40_000, 0.6)
            slope = activity[has].mean() - activity[~has].mean()
            expected = {"randomised": 0}.get(values.get("access"), values.get("access_slope", 1))
            if expected:
                assert np.sign(slope) == np.sign(expected)
                assert abs(slope) > 0.3
            else:
                assert abs(slope) < ERRORS / np.sqrt(40_000 * 0.6 * 0.4)

    def test_cohorts_have_their_shares(self):
        shares = [0.5, 0.2, 0.3]
        world = simulate(Parameters(users=40_000, waves=[0, 5, 9], wave_shares=shares))
        counts = world.access["cohort"].value_counts().sort_index()
        for count, share in zip(counts[1:], shares, strict=True):
            assert_share(count, counts[1:].sum(), share)

    @pytest.mark.parametrize("share", [0.0, 1.0])
    def test_nobody_or_everybody_can_have_access(self, share):
        world = simulate(Parameters(users=2000, access_share=share))
        assert (world.access["cohort"] > 0).mean() == share
        assert world.events["feature_exposed"].any() == bool(share)

    def test_who_never_takes_up_is_never_exposed_and_has_no_effect(self, default):
        days = default.user_days.merge(default.hidden, on="user_id")
        idle = days[~days["takes_up"]]
        assert not idle["exposed_sessions"].any()
        assert not idle["effect"].any()
        has = default.access["cohort"] > 0
        assert_share(default.hidden.loc[has, "takes_up"].sum(), has.sum(), 0.95)

    def test_every_active_day_of_the_treated_has_the_effect_and_no_other_day(self, staggered):
        days = staggered.user_days.merge(staggered.access, on="user_id")
        days = days.merge(staggered.hidden, on="user_id")
        date = LAUNCH + pd.to_timedelta(days["day"] - 55, unit="D")
        treated = days["takes_up"] & (date >= days["access_date"])
        np.testing.assert_allclose(days["effect"], np.where(treated, 0.03, 0.0), atol=1e-12)

    def test_the_web_has_its_share_whoever_has_access(self):
        world = simulate(Parameters(users=40_000, web_share=0.3, access_share=0.6))
        web = world.access["platform"] == "web"
        has = world.access["cohort"] > 0
        assert set(world.access["platform"]) == {"app", "web"}
        assert_share(web.sum(), 40_000, 0.3)
        assert_share((web & has).sum(), has.sum(), 0.3)
        assert abs(world.hidden["activity"][web].mean()) < ERRORS / np.sqrt(web.sum())
        assert world.access["access_date"].notna().equals(has)
        taken = world.hidden["takes_up"]
        assert not taken[web].any()
        assert_share(taken[has & ~web].sum(), (has & ~web).sum(), 0.95)

    def test_on_the_web_nobody_is_exposed_and_nothing_is_added_nor_awaited(self):
        values = {"users": 4000, "waves": [0, 9], "anticipation": 0.2, "effect": 0.4}
        world = simulate(Parameters(web_share=0.5, **values))
        days = world.user_days.merge(world.access, on="user_id")
        web = days["platform"] == "web"
        assert not days.loc[web, ["effect", "exposed_sessions"]].any(axis=None)
        assert days.loc[~web, "effect"].any()
        assert days["sessions"][web].equals(days["sessions_without"][web])

    def test_a_pre_trend_drifts_those_on_the_web_as_well(self):
        values = {"users": 3000, "web_share": 0.5, "season": 0.0, "day_spread": 0.0}
        drifts, rests = (
            simulate(Parameters(trend_gap=gap, **values)).user_days for gap in (0.3, 0.0)
        )
        days = drifts.assign(gained=drifts["expected"] - drifts["effect"])
        days["gained"] -= rests["expected"] - rests["effect"]
        access = simulate(Parameters(**values)).access
        days = days.merge(access[access["platform"] == "web"], on="user_id")
        has = days["cohort"] > 0
        assert not days["gained"][~has].any()
        # The least active have no length to lose before launch.
        later = has & (days["day"] >= 55)
        expected = 0.3 * (days["day"] - 55) / 30
        np.testing.assert_allclose(days["gained"][later], expected[later], atol=1e-9)

    def test_activity_gains_what_it_is_told_every_thirty_days(self):
        values = {"users": 3000, "season": 0.0, "effect": 0.0, "burst": 0.0, "day_spread": 0.0}
        world = simulate(Parameters(trend_by_activity=0.06, sessions_by_activity=0.1, **values))
        days = world.user_days.merge(world.hidden, on="user_id")
        slope = 0.1 + 0.06 * (days["day"] - 55) / 30
        expected = 1 + np.clip(0.74 + slope * days["activity"], 0, 3)
        np.testing.assert_allclose(days["expected"], expected, atol=1e-12)

    def test_burst_users_come_at_launch_and_are_less_active_and_shorter(self, default):
        hidden = default.hidden.merge(default.users, on="user_id")
        burst = hidden[hidden["burst"]]
        assert (burst["signup_date"] == LAUNCH).all()
        assert_share(len(burst), len(hidden), 0.12)
        other = hidden[~hidden["burst"]]["active_chance"]
        assert burst["active_chance"].mean() / other.mean() == pytest.approx(0.8, abs=0.04)
        days = default.user_days.merge(hidden, on="user_id").query("day >= 55")
        means = days.groupby("burst")["sessions"].mean()
        assert means[True] - means[False] == pytest.approx(-0.22, abs=0.04)

    def test_an_effect_that_fades_halves_in_its_half_life(self):
        effects = Rules(Parameters(effect=0.08, effect_later=0.0, effect_half_life=5.0)).effects[1]
        since = effects[91:]
        assert since[[0, 5, 10]] == pytest.approx([0.08, 0.04, 0.02])
        assert not effects[:91].any()

    def test_cohorts_and_waiting_have_their_own_effects(self):
        p = Parameters(
            waves=[0, 9], effect=0.1, effect_by_wave=[1.0, -2.0],
            anticipation=0.02, anticipation_days=3,
        )  # fmt: skip
        effects = Rules(p).effects
        assert not effects[0].any()
        assert effects[1, 91 - 4 : 91 + 2] == pytest.approx([0, 0.02, 0.02, 0.02, 0.1, 0.1])
        assert effects[2, 91 - 4 : 91 + 2] == pytest.approx([0, 0.02, 0.02, 0.02, -0.2, -0.2])

    def test_a_pre_trend_drifts_those_with_access_only(self):
        never, ever = Rules(Parameters(season=0.0, trend_gap=0.3)).by_day()
        assert not never.any()
        assert ever[[25, 55, 85]] == pytest.approx([-0.3, 0, 0.3])

    def test_the_season_starts_where_it_is_told(self):
        never, ever = Rules(Parameters(season=-0.1, season_start=-10)).by_day()
        np.testing.assert_allclose(never, np.where(np.arange(91) >= 45, -0.1, 0))
        np.testing.assert_array_equal(never, ever)

    def test_days_add_an_autocorrelated_series(self):
        p = Parameters(days_before=400, days_after=400, day_spread=0.2, day_persistence=0.8)
        added = np.array([market_days(p.model_copy(update={"seed": s}))[0] for s in range(40)])
        # 32,000 days, about a ninth of them independent at this persistence.
        assert added.std() == pytest.approx(0.2, rel=4 * np.sqrt(9 / 32_000))
        pairs = np.corrcoef(added[:, :-1].ravel(), added[:, 1:].ravel())[0, 1]
        assert pairs == pytest.approx(0.8, abs=4 * 0.6 / np.sqrt(32_000))
        assert not market_days(p.model_copy(update={"day_spread": 0.0})).any()

    def test_further_sessions_are_binomial(self):
        length = np.array([-1.0, 0.0, 0.4, 0.9, 2.5, 3.0, 7.0])
        hit = np.clip(length, 0, 3) / 3
        expected = [stats.binom.cdf(k, 3, hit) for k in range(3)]
        np.testing.assert_allclose(further_sessions(length), expected, atol=1e-15)
        assert MOST_SESSIONS == 4

    def test_every_cause_can_be_off(self):
        off = {
            "users_at_start": 1.0, "burst": 0.0, "active_spread": 0.0,
            "sessions_by_activity": 0.0, "season": 0.0, "day_spread": 0.0, "effect": 0.0,
            "access_slope": 0.0, "exposure_by_activity": 0.0,
        }  # fmt: skip
        days = simulate(Parameters(users=3000, **off)).user_days
        assert days["expected"].unique() == pytest.approx([1.74])
        assert_share(len(days), 3000 * 91, 1 / (1 + np.exp(0.18)))


class TestParameters:
    @pytest.mark.parametrize(
        ("values", "name"),
        [
            ({"waves": [5, 5]}, "waves"),
            ({"waves": [-1, 5]}, "waves"),
            ({"waves": []}, "waves"),
            ({"waves": [36]}, "waves"),
            ({"waves": [0, 3], "wave_shares": [1.0]}, "wave_shares"),
            ({"waves": [0, 3], "wave_shares": [0.7, 0.7]}, "wave_shares"),
            ({"effect_by_wave": [1.0, 2.0]}, "effect_by_wave"),
            ({"effect_by_wave": [1e6]}, "effect_by_wave"),
            ({"users_at_start": 0.9, "burst": 0.2}, "users_at_start"),
        ],
    )
    def test_values_that_do_not_fit_together_are_refused_by_name(self, values, name):
        with pytest.raises(ParameterError, match=f"`{name}`"):
            check(Parameters, values)
