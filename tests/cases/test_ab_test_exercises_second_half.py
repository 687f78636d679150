"""Exercises on groups, funnels and staying: right answers pass and wrong ones get their hint."""

from __future__ import annotations

import gc
import math

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from knowntruth.cases import ab_test
from knowntruth.cases.ab_test.exercises import (
    check_allowed,
    check_holm,
    check_leaks,
    check_mean_days,
)
from knowntruth.cases.exercises import NotYetError
from knowntruth.methods.experiments import power as planning

from .exercising import solved

SEEDS = range(20)


@pytest.fixture(scope="module", params=SEEDS)
def case(request):
    # Small and uneven worlds are where a check with a baked-in number would break.
    return ab_test.start(
        {"seed": request.param, "users": 4000 + 100 * request.param, "event_log": False,
         "pre_period": request.param % 3 != 0}
    )  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Let statsmodels adjust without a full collection of garbage each time: that is slow."""
    monkeypatch.setattr(gc, "collect", lambda *_: 0)


def holm(p_values):
    adjusted = {}
    left, highest = len(p_values), 0.0
    for place, p in sorted(enumerate(p_values), key=lambda pair: pair[1]):
        highest = max(highest, min(left * p, 1.0))
        adjusted[place] = highest
        left -= 1
    return [adjusted[place] for place in range(len(p_values))]


def holm_by_closed_testing(p_values):
    """Return the largest Bonferroni p-value of any set of tests that a test belongs to."""
    p = np.array(p_values)
    sets = [
        s
        for k in range(1, 2 ** len(p))
        if (s := np.array([k >> i & 1 for i in range(len(p))])).any()
    ]
    table = np.array(sets, dtype=bool)
    smallest = np.where(table, p, np.inf).min(axis=1) * table.sum(axis=1)
    return np.array([min(smallest[table[:, i]].max(), 1) for i in range(len(p))])


def bonferroni(p_values):
    return [min(len(p_values) * p, 1.0) for p in p_values]


def may_fall_again(p_values):
    ranks = stats.rankdata(p_values, method="ordinal")
    return [min((len(p_values) + 1 - r) * p, 1.0) for r, p in zip(ranks, p_values, strict=True)]


class TestHolm:
    @pytest.mark.parametrize("answer", [holm, holm_by_closed_testing])
    def test_his_adjustment_is_right(self, case, answer):
        check_holm(answer, case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (bonferroni, "Bonferroni"),
            (stats.false_discovery_control, "Benjamini"),
            (may_fall_again, "must not fall"),
            (lambda p: sorted(holm(p)), "sorted"),
            (lambda p: p, "others"),
            (lambda p: [1.0] * len(p), "others"),
            (lambda p: [math.nan] * len(p), "others"),
            (lambda p: holm(p)[:-1], "4 numbers are asked for, not 3"),
            (lambda _: None, "Not yet"),
            (lambda p: [f"p{x}" for x in p], "not numbers"),
        ],
    )
    def test_other_numbers_are_refused_with_a_hint(self, case, answer, hint):
        with pytest.raises(NotYetError, match=hint):
            check_holm(answer, case)


# What a sealed envelope could have held before the first song was heard.
KNOWN_BEFORE = {"segment_1", "segment_2", "segment_3", "covariate", "day"}


def from_its_meaning(case):
    """Read the allowed columns off the dictionary that the reader sees."""
    table = case.dictionary()
    told = table["Meaning"].str.contains("before", case=False) | table["Column"].eq("day")
    return set(table.loc[told, "Column"]) - {"arm", "unit"}


class TestAllowed:
    def test_what_was_known_before_is_allowed_in_any_order(self, case):
        columns = [c for c in reversed(case.units.columns) if c in KNOWN_BEFORE]
        check_allowed(columns, case)
        check_allowed(set(columns), case)
        check_allowed(iter(columns), case)

    def test_it_is_what_the_reader_is_told_was_known_before(self, case):
        check_allowed(from_its_meaning(case), case)

    def test_a_column_that_the_treatment_can_move_is_named(self, case):
        known = KNOWN_BEFORE & set(case.units.columns)
        late = set(case.units.columns) - KNOWN_BEFORE - {"arm", "unit"}
        assert {"primary", "secondary_1", "signal_1", "offers", "duration", "event"} <= late
        for column in late:
            with pytest.raises(NotYetError, match=rf"can move {column}"):
                check_allowed({*known, column}, case)

    def test_a_missing_column_is_counted_and_not_told(self, case):
        known = sorted(KNOWN_BEFORE & set(case.units.columns))
        with pytest.raises(NotYetError, match="1 more") as caught:
            check_allowed(known[1:], case)
        assert known[0] not in str(caught.value)
        with pytest.raises(NotYetError, match=f"{len(known)} more"):
            check_allowed([], case)

    def test_the_arm_the_unit_and_what_is_no_column_are_refused(self, case):
        known = KNOWN_BEFORE & set(case.units.columns)
        for column, hint in (("arm", "arm"), ("unit", "unit"), ("age", "age is no column")):
            with pytest.raises(NotYetError, match=hint):
                check_allowed({*known, column}, case)


WAYS = ("used_paid", "used_unpaid", "unused_paid", "unused_unpaid")


def leaks_by_hand(units):
    found = dict.fromkeys(WAYS, 0)
    for uses, paid in zip(units.primary, units.paid, strict=True):
        found[("used_" if uses > 0 else "unused_") + ("paid" if paid else "unpaid")] += 1
    return found


def leaks_by_query(units):
    rows = duckdb.sql(
        "SELECT (CASE WHEN primary_ > 0 THEN 'used_' ELSE 'unused_' END) || "
        "(CASE WHEN paid = 1 THEN 'paid' ELSE 'unpaid' END), count(*) FROM renamed GROUP BY 1",
        connection=_with(units.rename(columns={"primary": "primary_"})),
    )
    return dict(rows.fetchall())


def _with(renamed):
    connection = duckdb.connect(config={"threads": 1})
    connection.register("renamed", renamed)
    return connection


def payers_forgotten(units):
    active, premium = int((units.primary > 0).sum()), int(units.paid.sum())
    return dict(zip(WAYS, (premium, active - premium, 0, len(units) - active), strict=True))


def shares(units):
    return {way: number / len(units) for way, number in leaks_by_hand(units).items()}


def swapped(units):
    found = leaks_by_hand(units)
    return found | {"used_paid": found["unused_paid"], "unused_paid": found["used_paid"]}


class TestLeaks:
    @pytest.mark.parametrize("answer", [leaks_by_hand, leaks_by_query])
    def test_four_ways_that_add_up_are_right(self, case, answer):
        check_leaks(answer, case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (payers_forgotten, "without having used anything"),
            (shares, "others"),
            (swapped, "others"),
            (lambda units: list(leaks_by_hand(units).values()), "dictionary"),
            (lambda units: pd.Series(leaks_by_hand(units)), "dictionary"),
            (lambda units: {"used_paid": int(units.paid.sum())}, "dictionary"),
            (lambda units: leaks_by_hand(units) | {"all": len(units)}, "dictionary"),
            (lambda _: dict.fromkeys(WAYS, "many"), "not numbers"),
            (lambda _: None, "dictionary"),
        ],
    )
    def test_other_numbers_are_refused_with_a_hint(self, case, answer, hint):
        with pytest.raises(NotYetError, match=hint):
            check_leaks(answer, case)

    def test_an_answer_that_spoils_its_table_is_judged_by_its_numbers(self, case):
        def spoils(units):
            found = leaks_by_hand(units)
            units[:] = 0
            return found

        check_leaks(spoils, case)


def level_at(times, survival, day):
    return ([1.0] + [s for t, s in zip(times, survival, strict=True) if t <= day])[-1]


def mean_days(times, survival, until):
    area, level, since = 0.0, 1.0, 0.0
    for time, next_level in zip(times, survival, strict=True):
        if time >= until:
            break
        area += level * (time - since)
        level, since = next_level, time
    return area + level * (until - since)


def mean_days_by_half_days(times, survival, until):
    # Times are whole and `until` falls on a half: the level is constant in between.
    return sum(level_at(times, survival, k / 2) / 2 for k in range(round(2 * until)))


def straight_lines(times, survival, until):
    within = [(t, s) for t, s in zip(times, survival, strict=True) if t < until]
    days = [0.0, *(t for t, _ in within), until]
    levels = [1.0, *(s for _, s in within)]
    return float(integrate.trapezoid([*levels, levels[-1]], days))


def step_too_early(times, survival, until):
    edges = [0.0, *(t for t in times if t < until), until]
    levels = [1.0, *(s for t, s in zip(times, survival, strict=True) if t < until)]
    levels = [*levels[1:], levels[-1]]
    return sum(s * (b - a) for s, a, b in zip(levels, edges, edges[1:], strict=False))


def to_the_last_time(times, survival, _until):
    return mean_days(times, survival, times[-1])


def from_the_first_time(times, survival, until):
    return mean_days(times, survival, until) - min(times[0], until)


class TestMeanDays:
    @pytest.mark.parametrize("answer", [mean_days, mean_days_by_half_days])
    def test_the_area_below_the_staircase_is_right(self, case, answer):
        check_mean_days(answer, case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (straight_lines, "staircase"),
            (step_too_early, "begins at its time"),
            (to_the_last_time, "stop at `until`"),
            (from_the_first_time, "first stretch"),
            (lambda times, survival, until: mean_days(times, survival, until) / until, "another"),
            (level_at, "another"),
            (lambda *_: None, "not a number"),
            (lambda *_: math.inf, "not a number"),
        ],
    )
    def test_other_areas_are_refused_with_a_hint(self, case, answer, hint):
        with pytest.raises(NotYetError, match=hint):
            check_mean_days(answer, case)


def test_the_solutions_in_the_chapter_pass_their_own_checks(case):
    space = solved("ab_test", case=case, planning=planning)
    check_holm(space["holm"], case)
    check_allowed(space["allowed"], case)
    check_leaks(space["leaks"], case)
    check_mean_days(space["mean_days"], case)
