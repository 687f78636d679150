"""Engagement: causes are what changes a chance when it alone is set by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from knowntruth.worlds.engagement.causes import HIDDEN, causes_of
from knowntruth.worlds.engagement.markets import market_days
from knowntruth.worlds.engagement.parameters import Parameters
from knowntruth.worlds.engagement.rules import Rules
from knowntruth.worlds.engagement.user_days import user_days_of
from knowntruth.worlds.engagement.users import people_of

USERS = 300
# Worlds in which some causes are switched off, or on.
SWITCHED = {
    "default": {},
    "randomised": {"access": "randomised"},
    "no slope": {"access_slope": 0.0},
    "nobody has access": {"access_share": 0.0, "trend_gap": 0.1},
    "everybody has access": {"access_share": 1.0, "trend_gap": 0.1},
    "everybody in waves": {"access_share": 1.0, "waves": [0, 9]},
    "nobody takes it up": {"take_up": 0.0},
    "on the web": {"web_share": 0.4},
    "all on the web": {"web_share": 1.0},
    "the web without the feature": {"web_share": 0.4, "take_up": 0.0},
    "no effect": {"effect": 0.0},
    "an effect that comes later": {"effect": 0.0, "effect_later": 0.1},
    "waiting alone": {"effect": 0.0, "anticipation": 0.1},
    "waiting no day": {"effect": 0.0, "anticipation": 0.1, "anticipation_days": 0},
    "cohorts differ": {"waves": [0, 9], "effect_by_wave": [1.0, 2.0]},
    "cohorts are alike": {"waves": [0, 9], "effect_by_wave": [2.0, 2.0]},
    "cohorts could differ": {"waves": [0, 9], "effect": 0.0, "effect_by_wave": [1.0, 2.0]},
    "cohorts wait alike": {
        "waves": [0, 9], "effect": 0.0, "anticipation": 0.1, "effect_by_wave": [1.0, 2.0]
    },
    "only the second cohort": {"waves": [0, 9], "effect_by_wave": [0.0, 1.0]},
    "a trend of those with access": {"trend_gap": 0.1, "day_spread": 0.0},
    "a trend by activity": {
        "trend_by_activity": 0.1, "sessions_by_activity": 0.0, "day_spread": 0.0
    },
    "markets": {"markets": 9, "access": "by market", "market_spread": 0.1, "day_spread": 0.0},
    "markets with waves": {
        "markets": 9, "access": "by market", "waves": [0, 9], "access_share": 1.0,
        "effect_by_wave": [1.0, 2.0],
    },
    "one market with access, of the last wave": {
        "markets": 9, "access": "by market", "waves": [0, 9], "access_share": 0.1,
        "wave_shares": [0.1, 0.9], "effect_by_wave": [1.0, 0.0],
    },
    "markets that all have access": {"markets": 2, "access": "by market", "access_share": 1.0},
    "markets that drift": {"markets": 9, "market_trend": 0.1, "day_spread": 0.0},
    "one market that drifts": {"market_trend": 0.1, "day_spread": 0.0},
    "days are alike": {"day_spread": 0.0},
    "no season": {"season": 0.0},
    "a season before the record": {"season_start": -60},
    "a season from the second day": {"season_start": -54},
    "a season from the first day": {"season_start": -55},
    "a season after the record": {"season_start": 36},
    "no burst": {"burst": 0.0},
    "a burst like others": {"burst_active": 1.0, "burst_sessions": 0.0},
    "nobody comes later": {"users_at_start": 1.0, "burst": 0.0},
    "nobody comes after the burst": {"signup_change": -1.0},
    "activity keeps out of days": {"active_link": 0.0},
    "all are equally active": {"active_spread": 0.0},
    "activity does nothing": {
        "active_link": 0.0, "sessions_by_activity": 0.0, "access_slope": 0.0,
        "exposure_by_activity": 0.0,
    },
    "only first sessions are exposed": {"exposure_later": 0.0},
    "only later sessions are exposed": {"exposure_first": 0.0, "exposure_by_activity": 0.0},
    "the feature is never met": {
        "exposure_first": 0.0, "exposure_by_activity": 0.0, "exposure_later": 0.0
    },
}  # fmt: skip


def parameters(name):
    return Parameters(users=USERS, **SWITCHED[name])


def differ(outputs):
    return any(not np.array_equal(a, b) for a, b in combinations(outputs, 2))


def days_of(p, people, *, shocks=None):
    """Return the active days of these people, as the world draws them."""
    shocks = market_days(p) if shocks is None else shocks
    (days,) = user_days_of(Rules(p), shocks, people, 0)
    return days


def lengths(p, people):
    """Return the expected further sessions of users by day, where all are active every day."""
    whole = replace(people, signup=np.zeros_like(people.signup), active_chance=np.full(USERS, 2.0))
    return days_of(p, whole).length.reshape(USERS, p.days)


def states(people):
    """Return since when people use the feature, NaN where never, by cohort, platform, sign-up."""
    since = np.where(people.takes_up, people.access_day, np.nan)
    found = {}
    for key, value in zip(
        zip(people.cohort, people.on_web, people.signup, strict=True), since, strict=True
    ):
        assert np.array_equal(found.setdefault(key, value), value, equal_nan=True)
    return found


def of_feature(p):
    """Return what acts on the feature; all who may take it up do, so that nothing is luck."""
    sure = p.model_copy(update={"take_up": float(p.take_up > 0)})
    people = people_of(Rules(sure), 0, USERS)
    # Earliest and latest sign-ups are enough, and each is to be seen in every cohort.
    found = set()
    if people.takes_up.any():
        found.add("date")
    for (one, first), (two, second) in combinations(states(people).items(), 2):
        apart = [name for name, a, b in zip(CELL, one, two, strict=True) if a != b]
        if len(apart) == 1 and not np.array_equal(first, second, equal_nan=True):
            found.add(apart[0])
    return found


CELL = ("cohort", "platform", "signup_date")


def of_cohort(p, people):
    if p.access == "by market":
        by_market = [set(people.cohort[people.market == m]) for m in range(p.markets)]
        assert all(len(cohorts) == 1 for cohorts in by_market)
        return {"market"} if len(set.union(*by_market)) > 1 else set()
    return {"activity"} if differ(Rules(p).access_chance(np.array([-1, 1]))) else set()


def of_sessions(p, people):
    users = np.ones(USERS, dtype=np.int64)
    cohorts = [c for c in np.unique(people.cohort) if c]
    idle = replace(people, takes_up=np.zeros(USERS, dtype=bool))
    found = set()
    if differ([lengths(p, replace(idle, activity=x * users)) for x in (-0.5, 0.5)]):
        found.add("activity")
    if differ([lengths(p, replace(idle, burst=users == x)) for x in set(people.burst)]):
        found.add("burst")
    if differ([lengths(p, replace(idle, cohort=x * users)) for x in np.unique(people.cohort)]):
        found.add("cohort")
    if differ([lengths(p, replace(idle, on_web=users == x)) for x in set(people.on_web)]):
        found.add("platform")
    if differ([lengths(p, replace(idle, market=x * users)) for x in range(p.markets)]):
        found.add("market")
    even = lengths(p.model_copy(update={"season": 0.0}), idle)
    if not np.allclose(even, even[:, :1]):
        found.add("date")
    added = (lengths(p, idle) - even).any(axis=0)
    if added.any() and not added.all():
        found.add("season")
    if people.takes_up.any():
        waves = Rules(p).wave_days
        uses = replace(people, takes_up=users > 0)
        with_it = [
            [lengths(p, replace(who, cohort=c * users, access_day=waves[c] * users))
             for who in (idle, uses)]
            for c in cohorts
        ]  # fmt: skip
        if any(differ(pair) for pair in with_it):
            found.add("feature")
        since = [
            lengths(p, replace(uses, cohort=c * users, access_day=60 * users)) for c in cohorts
        ]
        if differ(since):
            found.add("cohort")
    return found


def of_exposed(p, people):
    if not people.takes_up.any():
        return set()
    rules, users = Rules(p), np.ones(USERS, dtype=np.int64)
    uses = replace(people, takes_up=users > 0, cohort=users, access_day=55 * users)
    found = set()
    if differ([rules.exposure(np.array([x])) for x in (-0.5, 0.5)]):
        found.add("activity")
    if days_of(p, uses).exposed.any():
        found.add("feature")
    if differ(
        [days_of(p, uses, shocks=np.full((p.markets, p.days), x)).exposed for x in (-9.0, 9.0)]
    ):
        found.add("sessions")
    return found


def of_active(p, people):
    rules = Rules(p)
    none = np.zeros(1)
    found = set()
    if differ([rules.active_chance(none + x, none, none > 0) for x in (-0.5, 0.5)]):
        found.add("activity")
    if differ([rules.active_chance(none, none, none == x) for x in set(people.burst)]):
        found.add("burst")
    ends = people.signup.min(), people.signup.max()
    days = [days_of(p, replace(people, signup=np.full(USERS, end))).day for end in ends]
    if differ(days):
        found.add("signup_date")
    if len(np.unique(days[1])) < p.days:
        found.add("date")
    return found


def found_by_interventions(p):
    """Return (cause, effect) for whatever changes a chance when it alone is set by hand."""
    rules = Rules(p)
    people = people_of(rules, 0, USERS)
    season = Rules(p.model_copy(update={"trend_gap": 0.0})).by_day()[0]
    came = [set(people.signup[people.burst == x]) for x in set(people.burst)]
    by_effect = {
        "season": {"date"} if len(set(season)) > 1 else set(),
        "signup_date": {"burst"} if len(came) > 1 and came[0] != came[1] else set(),
        "cohort": of_cohort(p, people),
        "feature": of_feature(p),
        "active": of_active(p, people),
        "sessions": of_sessions(p, people),
        "exposed": of_exposed(p, people),
    }
    return {(cause, effect) for effect, causes in by_effect.items() for cause in causes}


@pytest.mark.parametrize("world", SWITCHED)
def test_causes_are_what_changes_a_chance_when_set_by_hand(world):
    p = parameters(world)
    listed = {(cause, effect) for effect, causes in causes_of(p).items() for cause in causes}
    assert listed == found_by_interventions(p)


def test_activity_stands_behind_access_and_sessions_unless_access_is_a_lot():
    both = {"cohort", "sessions"}
    for access, confounds in (("by activity", both), ("randomised", {"sessions"})):
        causes = causes_of(Parameters(access=access))
        assert {name for name in both if "activity" in causes[name]} == confounds


def test_sessions_act_on_exposure_and_never_the_other_way_round():
    for name in SWITCHED:
        assert "exposed" not in {
            c for causes in causes_of(parameters(name)).values() for c in causes
        }
    assert "sessions" in causes_of(Parameters())["exposed"]


def test_no_cause_stands_behind_its_effect():
    for name in SWITCHED:
        before = set()
        for effect, causes in causes_of(parameters(name)).items():
            assert before.issuperset(causes)
            before.add(effect)
        assert before >= HIDDEN
