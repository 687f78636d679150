"""Checks of exercises: right answers pass and typical wrong ones do not, under any seed."""

from __future__ import annotations

import math

import pytest
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

from knowntruth.cases import ab_test
from knowntruth.cases.ab_test.exercises import (
    check_capped_lift,
    check_users_needed,
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
         "alpha": 0.05 if request.param % 2 else 0.01}
    )  # fmt: skip


def capped(units, quantile):
    cap = units.primary.quantile(quantile)
    means = units.primary.clip(upper=cap).groupby(units.arm).mean()
    return means.treatment / means.control - 1


def capped_by_hand(units, quantile):
    values = sorted(units.primary)
    at = quantile * (len(values) - 1)
    low = math.floor(at)
    cap = values[low] + (at - low) * (values[min(low + 1, len(values) - 1)] - values[low])
    sums = {"control": [0, 0], "treatment": [0, 0]}
    for arm, value in zip(units.arm, units.primary, strict=True):
        sums[arm][0] += min(value, cap)
        sums[arm][1] += 1
    return (sums["treatment"][0] / sums["treatment"][1]) / (
        sums["control"][0] / sums["control"][1]
    ) - 1


def cap_in_each_arm(units, quantile):
    caps = units.groupby("arm").primary.transform(lambda x: x.quantile(quantile))
    means = units.primary.clip(upper=caps).groupby(units.arm).mean()
    return means.treatment / means.control - 1


def trimmed(units, quantile):
    kept = units[units.primary < units.primary.quantile(quantile)]
    means = kept.groupby("arm").primary.mean()
    return means.treatment / means.control - 1


def untouched(units, _quantile):
    means = units.groupby("arm").primary.mean()
    return means.treatment / means.control - 1


def in_percent(units, quantile):
    return 100 * capped(units, quantile)


def other_way_round(units, quantile):
    return 1 / (1 + capped(units, quantile)) - 1


@pytest.mark.parametrize("answer", [capped, capped_by_hand])
def test_a_cap_on_all_units_together_is_right(case, answer):
    check_capped_lift(answer, case)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (cap_in_each_arm, "each arm"),
        (trimmed, "dropped"),
        (untouched, "No value is capped"),
        (in_percent, "Not yet"),
        (other_way_round, "Not yet"),
        (lambda *_: None, "not a number"),
    ],
)
def test_other_lifts_are_refused_with_a_hint(case, answer, hint):
    with pytest.raises(NotYetError, match=hint):
        check_capped_lift(answer, case)


def by_effect_size(rate, change, alpha, power):
    size = proportion_effectsize(rate * (1 + change), rate)
    return 2 * NormalIndPower().solve_power(abs(size), alpha=alpha, power=power)


def one_arm(*design):
    return by_effect_size(*design) / 2


def one_sided(rate, change, alpha, power):
    return by_effect_size(rate, change, 2 * alpha, power)


def absolute_change(rate, change, alpha, power):
    return by_effect_size(rate, change / rate, alpha, power)


def without_power(rate, change, alpha, _power):
    return by_effect_size(rate, change, alpha, 0.5)


def test_another_textbook_formula_for_the_users_is_right(case):
    check_users_needed(by_effect_size, case)


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (one_arm, "one arm"),
        (one_sided, "one-sided"),
        (absolute_change, "relative"),
        (without_power, "Not yet"),
        (lambda *_: float("nan"), "not a number"),
    ],
)
def test_other_numbers_of_users_are_refused_with_a_hint(case, answer, hint):
    with pytest.raises(NotYetError, match=hint):
        check_users_needed(answer, case)


def test_the_solutions_in_the_chapter_pass_their_own_checks(case):
    space = solved("ab_test", case=case, planning=planning)
    check_capped_lift(space["capped_lift"], case)
    check_users_needed(space["users_needed"], case)
