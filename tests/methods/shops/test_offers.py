"""Offers: who gets them, and what they gain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from knowntruth.methods.shops.offers import highest, offers

SETTING = {"share": 0.2, "cost": 3.0, "raises": 0.1, "level": 0.95, "seed": 3, "draws": 200}


@pytest.fixture(scope="module")
def money():
    return np.random.default_rng(8).lognormal(4.0, 1.0, 400)


def test_the_share_with_the_highest_scores_is_chosen_and_never_nobody():
    assert highest([1.0, 5.0, 3.0, 4.0, 2.0], 0.4).tolist() == [False, True, False, True, False]
    assert highest([1.0, 5.0, 3.0], 0.1).tolist() == [False, True, False]
    assert highest([2.0, 2.0, 2.0, 2.0], 0.5).tolist() == [True, True, False, False]
    # A product that rounding makes fall short of a whole number counts as that number.
    assert highest(np.arange(100.0), 0.29).sum() == 29


@given(arrays(float, st.integers(2, 30), elements=st.floats(-1e6, 1e6)), st.floats(0.01, 0.99))
def test_nobody_who_is_left_out_has_a_higher_score_than_one_who_is_chosen(score, share):
    chosen = highest(score, share)
    assert chosen.sum() == max(int(share * len(score) + 1e-9), 1)
    assert score[chosen].min() >= score[~chosen].max(initial=-np.inf)


def test_the_gain_is_what_the_offer_adds_less_what_it_costs(money):
    rules = {"money": money, "the other way round": -money}
    found = offers(rules, money, **SETTING)
    best = np.sort(money)[-80:]
    assert found["money"].customers == 80
    assert found["money"].gain.value == pytest.approx(0.1 * best.sum() - 80 * 3.0)
    assert found["money"].in_view.value == pytest.approx(best.sum() / money.sum())
    least = np.sort(money)[:80]
    lost = 0.1 * (least.sum() - best.sum())
    assert found["the other way round"].more.value == pytest.approx(lost)
    assert found["money"].more is None


def test_intervals_are_those_of_a_sum_over_drawn_customers(money):
    found = offers({"money": money}, money, **SETTING | {"draws": 2_000})["money"]
    each = found.chosen * (0.1 * money - 3.0)
    # The error of a sum over independent draws, and a normal interval.
    reach = 1.96 * each.std() * np.sqrt(len(money))
    assert found.gain.high - found.gain.value == pytest.approx(reach, rel=0.12)
    assert found.gain.value - found.gain.low == pytest.approx(reach, rel=0.12)


def test_a_rule_gains_nothing_over_itself(money):
    found = offers({"a": money, "b": 2 * money}, money, **SETTING)
    more = found["b"].more
    assert (more.value, more.low, more.high) == (0.0, 0.0, 0.0)
    assert more.direction == "unclear"


def test_without_money_nothing_is_in_view_and_the_offer_costs_what_it_costs():
    found = offers({"lot": np.arange(10.0)}, np.zeros(10), **SETTING)["lot"]
    assert found.in_view is None
    assert found.gain.value == -6.0


@pytest.mark.parametrize(
    ("scores", "money", "changes"),
    [
        ({}, np.ones(4), {}),
        ({"a": np.ones(3)}, np.ones(4), {}),
        ({"a": np.ones(4)}, np.array([1, 1, 1, np.nan]), {}),
        ({"a": np.array([1, 1, np.inf, 1])}, np.ones(4), {}),
        ({"a": np.ones(4)}, np.ones(4), {"share": 1.5}),
        ({"a": np.ones(4)}, np.ones(4), {"cost": -1.0}),
    ],
)
def test_what_makes_no_offer_is_refused(scores, money, changes):
    with pytest.raises(ValueError, match=r"."):
        offers(scores, money, **SETTING | changes)
