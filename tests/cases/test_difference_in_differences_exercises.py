"""Checks of exercises: right answers pass, typical wrong ones get their hint, under any seed."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from knowntruth.cases import difference_in_differences
from knowntruth.cases.difference_in_differences import exercises

from .exercising import refuses, solved, under_seeds

SLUG = "difference_in_differences"
SEEDS = range(4)


@pytest.fixture(scope="module")
def draws():
    return under_seeds(difference_in_differences.start({"users": 200, "seed": 41}), SEEDS)


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("by_hand", exercises.check_by_hand),
        ("coefficient", exercises.check_two_way),
        ("effect_at", exercises.check_event_effect),
        ("placebo", exercises.check_placebo),
        ("on_takers", exercises.check_on_takers),
        ("wrong_way", exercises.check_negative),
    ],
)
def test_the_solutions_of_the_chapter_are_right(draws, name, check):
    answer = solved(SLUG, np=np)[name]
    for case in draws:
        check(answer, case)
    refuses(check, lambda *_: math.nan, draws, "not a number")
    refuses(check, lambda *_: 123.4, draws, "another one")


def means(table, weight):
    rows = table.assign(total=table["outcome"] * weight, weight=weight)
    sums = rows.groupby(["treated", "after"])[["total", "weight"]].sum()
    return sums["total"] / sums["weight"]


class TestByHand:
    def test_a_weighted_regression_on_the_product_gives_it_too(self, draws):
        def answer(table):
            fitted = smf.wls("outcome ~ treated * after", table, weights=table["weight"]).fit()
            return fitted.params["treated:after"]

        for case in draws:
            exercises.check_by_hand(answer, case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (lambda m, _: m[1, 1] - m[0, 1], "differed before"),
            (lambda m, _: m[1, 1] - m[1, 0], "controls changed as well"),
            (lambda m, _: m[1, 1] - m[1, 0] + m[0, 1] - m[0, 0], "are added"),
            (lambda m, _: m[0, 1] - m[0, 0] - m[1, 1] + m[1, 0], "turned round"),
            (lambda _, plain: plain[1, 1] - plain[1, 0] - plain[0, 1] + plain[0, 0], "weight"),
        ],
    )
    def test_other_differences_get_their_hint(self, draws, answer, hint):
        def given(table):
            return answer(means(table, table["weight"]), means(table, 1.0))

        refuses(exercises.check_by_hand, given, draws, hint)


def left(table, *, units=True, periods=True, once=True):
    out = table.astype(float)
    if units:
        out = out - table.mean(axis=1, keepdims=True)
    if periods:
        out = out - table.mean(axis=0)
    return out + table.mean() if units and periods and once else out


def slope(y, x):
    return float((x * y).sum() / (x * x).sum())


class TestTwoWay:
    def test_a_regression_on_indicators_gives_it_too(self, draws):
        def answer(outcome, treated):
            units, periods = outcome.shape
            long = pd.DataFrame(
                {
                    "y": outcome.ravel(), "d": treated.ravel(),
                    "unit": np.repeat(np.arange(units), periods),
                    "period": np.tile(np.arange(periods), units),
                }
            )  # fmt: skip
            return smf.ols("y ~ d + C(unit) + C(period)", long).fit().params["d"]

        for case in draws[:2]:
            exercises.check_two_way(answer, case)

    @pytest.mark.parametrize(
        ("some", "hint"),
        [
            ({"periods": False}, "Periods have means"),
            ({"units": False}, "Units have means"),
            ({"once": False}, "taken away twice"),
        ],
    )
    def test_means_that_are_forgotten_are_named(self, draws, some, hint):
        def answer(outcome, treated):
            return slope(left(outcome, **some), left(treated, **some))

        refuses(exercises.check_two_way, answer, draws, hint)

    def test_being_treated_has_means_too(self, draws):
        refuses(exercises.check_two_way, lambda y, d: slope(left(y), d), draws, "Being treated has")


class TestEventEffect:
    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (lambda gap, by, t: gap[t], "had one before"),
            (lambda gap, by, t: gap[t] - gap[0] if t else gap[t] - gap[-1] + 1, "not the start"),
            (lambda gap, by, t: gap[t] - gap[gap.index < 0].mean(), "not all of them"),
            (lambda gap, by, t: by[1, t] - by[1, -1], "treated group alone"),
            (lambda gap, by, t: gap[-1] - gap[t], "turned round"),
        ],
    )
    def test_other_distances_get_their_hint(self, draws, answer, hint):
        def given(table, time):
            by = table.set_index(["treated", "time"])["mean"]
            return answer(by[1] - by[0], by, time)

        refuses(exercises.check_event_effect, given, draws, hint)


class TestPlacebo:
    @pytest.mark.parametrize(
        ("kept", "later", "hint"),
        [
            (lambda t, when: t["period"] >= 0, lambda t, when: t["period"] >= when, "leave them"),
            (
                lambda t, when: t["period"] < t["start"],
                lambda t, when: t["period"] > when, "itself after it",
            ),
            (
                lambda t, when: t["period"] < t["start"] - 1,
                lambda t, when: t["period"] >= when, "belongs to the time before",
            ),
        ],
    )  # fmt: skip
    def test_other_rows_get_their_hint(self, draws, kept, later, hint):
        def answer(table, when):
            rows = table.assign(after=later(table, when).astype(int))[kept(table, when)]
            m = means(rows, 1.0)
            return m[1, 1] - m[1, 0] - m[0, 1] + m[0, 0]

        refuses(exercises.check_placebo, answer, draws, hint)


class TestOnTakers:
    def test_two_stage_least_squares_gives_it_too(self, draws):
        def answer(table):
            offer = sm.add_constant(table["offered"].astype(float))
            fitted = sm.OLS(table["took"], offer).fit().fittedvalues
            return sm.OLS(table["change"], sm.add_constant(fitted)).fit().params.iloc[1]

        for case in draws:
            exercises.check_on_takers(answer, case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (lambda effect, raised, with_offer: effect, "effect of the offer"),
            (lambda effect, raised, with_offer: effect / with_offer, "without an offer"),
            (lambda effect, raised, with_offer: effect * raised, "Multiplied"),
        ],
    )
    def test_other_ratios_get_their_hint(self, draws, answer, hint):
        def given(table):
            by = table.groupby("offered")[["change", "took"]].mean()
            raised = by["took"][1] - by["took"][0]
            return answer(by["change"][1] - by["change"][0], raised, by["took"][1])

        refuses(exercises.check_on_takers, given, draws, hint)

    def test_takers_are_not_to_be_held_against_others(self, draws):
        def by_uptake(table):
            by = table.groupby("took")["change"].mean()
            return by[1] - by[0]

        def among_offered(table):
            return by_uptake(table[table["offered"] == 1])

        refuses(exercises.check_on_takers, by_uptake, draws, "compare by the offer")
        refuses(exercises.check_on_takers, among_offered, draws, "Among the offered")


class TestNegative:
    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (lambda below, d: below.mean(), "leave them out"),
            (lambda below, d: (below & d).mean(), "Of the treated rows"),
            (lambda below, d: float((below & d).sum()), "That is their number"),
            (lambda below, d: 1 - below[d].mean(), "above zero"),
        ],
    )
    def test_other_shares_get_their_hint(self, draws, answer, hint):
        def given(treated):
            return answer(left(treated) < -1e-12, treated == 1)

        refuses(exercises.check_negative, given, draws, hint)
