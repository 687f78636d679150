"""Many worlds of the launch: naive readings reject whatever the feature does, careful ones not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from knowntruth.cases import executive_misread
from knowntruth.cases.executive_misread.original import replay
from knowntruth.cases.executive_misread.parameters import Parameters
from knowntruth.cases.executive_misread.replicates import Reference, Replicate
from knowntruth.cases.executive_misread.scored import (
    EFFECT,
    methods_of,
    null_of,
    replicate,
    score,
    worlds_of,
)
from knowntruth.cases.executive_misread.simulated import open_world
from knowntruth.methods.panels import unit_changes
from knowntruth.methods.sessions import serial

from .conftest import LEVEL, assert_covers, assert_right_on_average, by_key, held

CLAIMS = ("drop", "exposed_all_days", "exposed_same_days", "regression", "access_after")
CHANGES = ("change_welch", "change_newey_west", "change_cosine")

# Days that go together far more than the luck of so few users hides.
RESTLESS = {"users": 600, "day_spread": 0.2, "day_persistence": 0.7}


def found(p, count):
    """Return the answers to so many worlds of these parameters."""
    return replicate(Reference.of(p), replications=count, workers=1)


@pytest.fixture(scope="module")
def null():
    """Return many worlds in which nothing happens, with the users of the default."""
    return found(null_of(Parameters()), 8)


@pytest.fixture(scope="module")
def small():
    """Return very many worlds of few users, in which the feature does much."""
    return found(Parameters(users=1_500, effect=0.2), 60)


@pytest.fixture(
    scope="module",
    params=[{}, {"waves": [0, 9], "web_share": 0.3}],
    ids=["one wave", "two waves and the web"],
)
def both(request):
    """Return a replicate of the parameters' own seed, and the chapter's launch."""
    p = Parameters(users=2_000, **request.param)
    return Replicate(p), open_world(p)


class TestReplicates:
    def test_a_replicate_depends_on_its_number_alone(self):
        p = Reference.of(Parameters(users=400))
        alone = replicate(p, replications=5, workers=1)
        divided = replicate(p, replications=5, workers=2)
        fewer = replicate(p, replications=3, workers=1)
        for key, table in alone.items():
            np.testing.assert_array_equal(table, divided[key])
            np.testing.assert_array_equal(table[:3], fewer[key])
        assert len(np.unique(alone["drop"][:, 0])) == 5

    def test_another_seed_gives_other_worlds(self):
        one, two = (found(Parameters(users=400, seed=seed), 2) for seed in (1, 2))
        assert not np.isin(one["drop"], two["drop"][:, :3]).any()

    def test_every_interval_holds_its_value(self, small):
        for key, table in small.items():
            value, low, high, _ = table.T
            assert ((low <= value) & (value <= high)).all(), key

    def test_the_cases_scores_hold_intervals_against_their_level(self):
        p = Parameters(users=400, alpha=0.2)
        for one in executive_misread.score(p, replications=2, workers=1):
            assert one.coverage.null == pytest.approx(0.8)
            assert one.alarms.null == pytest.approx(0.2)

    def test_the_chapters_worlds_are_this_one_and_one_where_nothing_happens(self):
        p = Parameters(effect=0.1, effect_later=0.3, users=500)
        worlds = worlds_of(p)
        assert list(worlds) == ["this world", "nothing happens"]
        assert worlds["this world"] is p
        null = Reference.of(worlds["nothing happens"])
        assert null.effect == null.effect_on_first == 0
        assert null.change == pytest.approx(open_world(p).known.drop_without(), rel=1e-9)
        assert executive_misread.null_of(p) == worlds["nothing happens"]
        waits = Parameters(anticipation=0.2, users=500)
        assert Reference.of(null_of(waits)) == Reference.of(null_of(Parameters(users=500)))


class TestOneReplicate:
    """The world of the parameters' own seed, read as the chapter reads it."""

    @pytest.mark.parametrize("of", ["all", "exposed", "unexposed"])
    def test_daily_ratios_are_the_chapters(self, both, of):
        one, case = both
        series = one.everybody if of == "all" else getattr(one, of)
        expected = case.daily(of).set_index("day")["ratio"]
        days = (expected.index - case.launch).days + one.rows.launch
        np.testing.assert_allclose(series[days], expected, rtol=1e-12)
        assert np.isfinite(series).sum() == len(expected)

    @pytest.mark.parametrize("compare", [serial.welch, serial.newey_west, serial.cosine])
    def test_the_change_is_the_chapters(self, both, compare):
        one, case = both
        e = compare(case.stretches(), level=LEVEL).estimate
        assert one.change(compare) == pytest.approx((e.value, e.low, e.high), rel=1e-9)

    def test_exposed_and_others_differ_as_in_the_originals_steps(self, both):
        one, case = both
        played = replay(case.tables)
        exposed, others = played.exposed, played.not_exposed
        for same_days, rest in ((False, others), (True, played.not_exposed_after)):
            test = stats.ttest_ind(exposed, rest, equal_var=False)
            interval = test.confidence_interval(LEVEL)
            expected = exposed.mean() - rest.mean(), interval.low, interval.high
            found = one.exposed_less_not(same_days=same_days)
            assert found == pytest.approx(expected, rel=1e-9)

    def test_the_coefficient_is_that_of_the_originals_regression(self, both):
        one, case = both
        rows = replay(case.tables).regression.rows
        for term in ("treated", "treated:post"):
            row = rows[term]
            expected = row.value, row.low, row.high
            assert one.treated_coefficient() == pytest.approx(expected, rel=1e-7)

    def test_users_with_access_are_told_from_those_without_day_by_day(self, both):
        one, case = both
        tables = case.tables
        events = tables["events"].merge(tables["access"], on="user_id")
        events["day"] = events["event_time"].dt.normalize()
        events = events[(events["day"] >= case.launch) & (events["platform"] == "app")]
        events["has"] = events["day"] >= events["access_date"]
        days = events.groupby(["has", "day"])["user_id"].agg(["size", "nunique"])
        ratios = days["size"] / days["nunique"]
        test = stats.ttest_ind(ratios[True], ratios[False], equal_var=False)
        interval = test.confidence_interval(LEVEL)
        expected = ratios[True].mean() - ratios[False].mean(), interval.low, interval.high
        assert one.access_after() == pytest.approx(expected, rel=1e-9)

    def test_users_own_changes_are_the_chapters(self, both):
        one, case = both
        e = unit_changes.by_differences(case.panel, level=LEVEL, weighting="precision").estimate
        assert one.own_changes() == pytest.approx((e.value, e.low, e.high), rel=1e-9)


class TestNothingHappens:
    @pytest.mark.parametrize("key", CLAIMS)
    def test_every_naive_reading_rejects_in_every_world(self, null, key):
        assert not held(null[key], 0.0).any()

    def test_some_say_that_it_harms_and_some_that_it_helps(self, null):
        signs = {key: set(np.sign(null[key][:, 0])) for key in CLAIMS}
        down, up = {-1.0}, {1.0}
        assert signs == {
            "drop": down,
            "exposed_all_days": down,
            "exposed_same_days": up,
            "regression": up,
            "access_after": up,
        }

    def test_they_find_what_the_rules_say_that_they_find(self, null):
        naive = open_world(null_of(Parameters(users=200))).truth.naive
        expected = {
            "drop": naive["after"] - naive["before"],
            "exposed_all_days": naive["exposed"] - naive["not_exposed"],
            "exposed_same_days": naive["exposed"] - naive["not_exposed_after"],
            "regression": (naive["exposed"] - naive["not_exposed_after"]) / 2,
        }
        for key, value in expected.items():
            assert_right_on_average(null[key], value)

    def test_the_score_card_says_so(self):
        scores = by_key(score(null_of(Parameters(users=4_000)), replications=4, workers=1))
        claims = [one for one in scores.values() if one.quantity == EFFECT]
        assert {one.method.key for one in claims} == set(CLAIMS)
        assert all(one.truth == one.null == 0 and one.method.is_naive for one in claims)
        assert scores["drop"].alarms.value == scores["exposed_same_days"].alarms.value == 1
        assert not scores["own_changes"].method.is_naive


class TestCareful:
    def test_users_own_changes_find_the_effect(self, small):
        truth = Reference.of(Parameters(users=1_500, effect=0.2)).effect_on_first
        # Of those with access 95 of 100 take it up.
        assert truth == pytest.approx(0.2 * 0.95, abs=0.003)
        assert_right_on_average(small["own_changes"], truth)
        assert_covers(small["own_changes"], truth)

    def test_the_change_over_the_launch_is_found_but_is_not_the_effect(self, small):
        shared = Reference.of(Parameters(users=1_500, effect=0.2))
        assert_right_on_average(small["change_cosine"], shared.change)
        assert_covers(small["change_welch"], shared.change)
        assert abs(shared.change - shared.effect) > 0.05

    def test_where_days_go_together_only_the_cosine_error_is_wide_enough(self):
        p = Parameters(**RESTLESS)
        tables, truth = found(p, 100), Reference.of(p).change
        assert_right_on_average(tables["change_welch"], truth)
        covers = {key: held(tables[key], truth).mean() for key in CHANGES}
        assert covers["change_welch"] < 0.7
        assert covers["change_welch"] < covers["change_newey_west"] < 0.9
        assert_covers(tables["change_cosine"], truth)

    def test_an_alarm_about_the_change_is_one_that_is_not_true(self):
        scores = by_key(score(Parameters(users=400), replications=3, workers=1))
        for key in CHANGES:
            one = scores[key]
            assert one.truth == one.null != 0
            assert one.alarms.value == pytest.approx(1 - one.coverage.value)

    def test_where_a_lot_gives_access_those_with_it_differ_by_what_it_does(self):
        p = Parameters(users=1_500, effect=0.3, access="randomised", access_share=0.5)
        assert_right_on_average(found(p, 40)["access_after"], Reference.of(p).effect)


class TestLeftOut:
    """What means nothing in a world is left out of its score card."""

    @pytest.mark.parametrize(
        ("changes", "missing"),
        [
            ({}, set()),
            ({"take_up": 0.0}, {"exposed_all_days", "exposed_same_days", "regression"}),
            ({"access_share": 0.0}, {*CLAIMS, "own_changes"}),
            ({"web_share": 1.0}, {*CLAIMS, "own_changes"}),
            ({"access_share": 1.0}, {"access_after", "own_changes"}),
            ({"waves": [3, 20]}, {"own_changes"}),
            (
                {"days_before": 2, "days_after": 2},
                {*CLAIMS, *CHANGES} - {"regression"},
            ),
        ],
        ids=["nothing", "nobody takes it up", "no access", "all on the web", "all have access",
             "later waves", "four days"],
    )  # fmt: skip
    def test_readings_without_meaning_are_left_out(self, changes, missing):
        p = Parameters(users=200, **changes)
        assert set(by_key(score(p, replications=3, workers=1))) == (
            {*CLAIMS, *CHANGES, "own_changes"} - missing
        )

    def test_what_a_lot_decides_is_not_said_to_be_chosen(self):
        p = Parameters(users=200, access="randomised")
        why = {m.key: m.why for m in methods_of(Reference.of(p))}
        assert "lot" in why["access_after"]
