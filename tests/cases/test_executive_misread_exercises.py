"""Checks of exercises: right answers pass, typical wrong ones get their hint, in any world."""

from __future__ import annotations

import functools
import math

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import linalg, stats

from knowntruth.cases import executive_misread
from knowntruth.cases.executive_misread import exercises

from .exercising import refuses, solved, told, under_seeds

# Worlds in which a check with a baked-in number would break, or divide by none.
WORLDS = {
    "small": {"users": 300},
    "nobody meets the feature": {"users": 300, "take_up": 0.0},
    "everything is exposed": {
        "users": 300, "access_share": 1.0, "take_up": 1.0, "exposure_first": 1.0,
        "exposure_later": 1.0, "exposure_by_activity": 0.0,
    },
    "few days": {"users": 300, "days_before": 2, "days_after": 2},
    "another alpha": {"users": 300, "alpha": 0.2},
}  # fmt: skip
SEEDS = range(3)


@pytest.fixture(scope="module")
def opened():
    """Return a function that opens a world once."""
    return functools.cache(lambda world: executive_misread.start(WORLDS[world] | {"seed": 41}))


@pytest.fixture(params=WORLDS)
def world(request, opened):
    return opened(request.param)


@pytest.fixture
def draws(opened):
    return under_seeds(opened("small"), SEEDS)


def ratio(events):
    return duckdb.sql(
        "SELECT avg(r) FROM (SELECT count(*) / count(DISTINCT user) AS r FROM events "
        "GROUP BY time::DATE)"
    ).fetchall()[0][0]


def by_day(events):
    days = events["time"].dt.date
    return [events[days == day] for day in days.unique()]


class TestSessionsPerActiveUser:
    def test_the_mean_over_days_is_right(self, draws):
        for case in draws:
            exercises.check_sessions_per_active_user(ratio, case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (
                lambda e: len(e) / sum(day["user"].nunique() for day in by_day(e)),
                "pooled ratio",
            ),
            (
                lambda e: np.mean([len(day) / e["user"].nunique() for day in by_day(e)]),
                "divides by all users",
            ),
            (
                lambda e: np.mean([len(r) / r["user"].nunique() for _, r in e.groupby("time")]),
                "many times",
            ),
            (lambda e: np.mean([len(day) for day in by_day(e)]), "number of sessions a day"),
            (lambda e: ratio(e) + 0.01, "another one"),
            (lambda _: None, "not a number"),
        ],
    )
    def test_other_numbers_are_refused_with_a_hint(self, draws, answer, hint):
        refuses(exercises.check_sessions_per_active_user, answer, draws, hint)

    def test_the_number_of_the_run_itself_is_said(self, world):
        own = ratio(world.units.df())
        said = told(exercises.check_sessions_per_active_user, ratio, world)
        assert f"are {own:.3f}." in said


def twice(events):
    return duckdb.sql(
        "SELECT avg((lo < hi)::INT) FROM (SELECT min(exposed) AS lo, max(exposed) AS hi "
        "FROM events GROUP BY user, time::DATE)"
    ).fetchall()[0][0]


def user_days(events):
    return events.groupby(["user", events["time"].dt.date])["exposed"]


class TestCountedTwice:
    def test_the_share_of_user_days_with_both_kinds_is_right(self, draws):
        for case in draws:
            exercises.check_counted_twice(twice, case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (lambda e: round(twice(e) * user_days(e).ngroups), "return their share"),
            (lambda e: (e.groupby("user")["exposed"].nunique() == 2).mean(), "users over all days"),
            (lambda e: user_days(e).max().mean(), "with an exposed session"),
            (lambda e: e["exposed"].mean(), "share of exposed sessions"),
            (lambda e: twice(e) + 0.001, "another one"),
        ],
    )
    def test_other_numbers_are_refused_with_a_hint(self, draws, answer, hint):
        refuses(exercises.check_counted_twice, answer, draws, hint)

    def test_the_share_of_the_run_itself_is_said(self, world):
        said = told(exercises.check_counted_twice, twice, world)
        assert f"{100 * twice(world.units.df()):.1f}% of all" in said


def share(whole, before, since):
    # The weights of a mixture solve two equations.
    return np.linalg.solve([[before, since], [1, 1]], [whole, 1])[0]


class TestShareBefore:
    def test_the_weight_of_the_mixture_is_right(self, draws):
        for case in draws:
            exercises.check_share_before(share, case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (lambda *means: 1 - share(*means), "days since the launch"),
            (lambda *means: share(*means) / (1 - share(*means)), "share of all"),
            (lambda *means: 1 / share(*means), "wrong way round"),
            (lambda *_: 0.5, "by halves"),
            (lambda *_: math.nan, "not a number"),
        ],
    )
    def test_other_shares_are_refused_with_a_hint(self, draws, answer, hint):
        refuses(exercises.check_share_before, answer, draws, hint)


def estimable(design):
    # A coefficient can be told if no direction without consequences changes it.
    nothing = linalg.null_space(design)
    return [bool(np.allclose(row, 0)) for row in nothing]


class TestCanBeTold:
    def test_what_no_null_direction_changes_can_be_told(self, draws):
        for case in draws:
            exercises.check_can_be_told(estimable, case)
            exercises.check_can_be_told(lambda X: np.array(estimable(X)), case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (lambda X: [np.linalg.matrix_rank(X) == 4] * 4, "all columns alike"),
            (lambda X: [not one for one in estimable(X)], "reverse"),
            (
                lambda X: [
                    np.linalg.matrix_rank(X[:, : i + 1]) == np.linalg.matrix_rank(X[:, :i]) + 1
                    if i else True
                    for i in range(4)
                ],
                "against all others",
            ),
            (lambda X: estimable(X)[:3], "4 numbers are asked for"),
            (lambda X: [True, False, True, True], "others"),
            (lambda X: "yes", "not numbers"),
        ],
    )  # fmt: skip
    def test_other_answers_are_refused_with_a_hint(self, draws, answer, hint):
        refuses(exercises.check_can_be_told, answer, draws, hint)

    def test_of_the_meetings_coefficients_half_can_be_told(self, world):
        assert "can tell 2." in told(exercises.check_can_be_told, estimable, world)


def alarms(records, before, alpha):
    called = [
        stats.ttest_ind(one[:before], one[before:], equal_var=False).pvalue < alpha
        for one in records
    ]
    return sum(called) / len(called)


def alarms_at_once(records, before, alpha):
    found = stats.ttest_ind(records[:, :before], records[:, before:], axis=1, equal_var=False)
    return (found.pvalue < alpha).mean()


class TestAlarmRate:
    def test_welchs_test_a_record_is_right(self, draws):
        exercises.check_alarm_rate(alarms, draws[0])

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (
                lambda r, n, a: (stats.ttest_ind(r[:, :n], r[:, n:], axis=1).pvalue < a).mean(),
                "Student's",
            ),
            (lambda *given: 1 - alarms(*given), "stays silent"),
            (lambda r, n, a: alarms(r, n, a) * len(r), "number of records"),
            (lambda r, n, a: alarms(r.T, n, a), "wrong way round"),
            (lambda r, n, a: alarms(r, n - 1, a), "another one"),
        ],
    )
    def test_other_rates_are_refused_with_a_hint(self, draws, answer, hint):
        refuses(exercises.check_alarm_rate, answer, draws[1:2], hint)

    def test_it_says_that_sticky_days_break_the_promise(self, world):
        promised = world.parameters.alpha
        said = told(exercises.check_alarm_rate, alarms_at_once, world)
        rate = float(said.partition("change in ")[2].partition("%")[0])
        assert rate > 2 * 100 * promised
        assert f"promises {100 * promised:.0f}%" in said


class TestAskedFor:
    RIGHT = ("access", "unaffected", "newcomers", "calendar")

    def test_questions_that_could_change_what_is_known_are_right_in_any_order(self, world):
        for answer in (self.RIGHT, set(self.RIGHT), list(reversed(self.RIGHT))):
            assert "Right" in told(exercises.check_asked_for, answer, world)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            ((*RIGHT, "digits"), "more digits"),
            ((*RIGHT, "export"), "no export can fill it"),
            ((*RIGHT, "rerun"), "order of rows"),
            (RIGHT[1:], "something is missing. Who could meet"),
            (RIGHT[:3], "something is missing. What began"),
            (("acess",), "no question acess"),
            ("access", "list of names"),
            ([1], "list of names"),
        ],
    )
    def test_other_lists_are_refused_with_the_reason(self, draws, answer, hint):
        refuses(exercises.check_asked_for, answer, draws[:1], hint)


def test_the_solutions_in_the_chapter_are_accepted_in_every_world(world):
    checks = [name for name in dir(exercises) if name.startswith("check_")]
    solved("executive_misread", checks=len(checks), case=world, np=np, pd=pd)
