"""Chances that something is bought: closed forms, and futures drawn one by one by the rules."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from knowntruth.cases.recommendations.chances import Window
from knowntruth.cases.recommendations.opening import open_lists
from knowntruth.cases.recommendations.parameters import Parameters

START, END = pd.Timestamp("2024-06-01"), pd.Timestamp("2024-10-01")
SMALL = {"customers": 30, "products": 10, "transactions": 1_500, "launched": 0.0, "season": 0.0}
# Runs, orders and leaving all matter much.
RESTLESS = {**SMALL, "follow": 0.6, "joins": 0.5, "leaving": 0.6}
DRAWS = 4_000


def window_of(previous=True, **changes):
    """Return the window of a small shop."""
    case = open_lists(Parameters(**{**SMALL, **changes}))
    before = case.purchases[case.purchases["date"] < START]
    last = case.truth.last_category(before) if previous else None
    return Window(case.truth, START, END, last)


@pytest.fixture(scope="module")
def restless():
    """Return a window in a shop where purchases are far from independent."""
    return window_of(**RESTLESS)


@pytest.fixture(scope="module")
def drawn(restless):
    """Return who bought what in many futures of that window: futures × customers × products."""
    truth, previous = restless.truth, restless.previous
    rng = np.random.default_rng(3)
    table = truth.customers
    here = ~(table["leaves"] <= START).to_numpy()
    there = (END - table["arrives"].clip(lower=START)) / pd.Timedelta(days=1)
    hazard = -np.log1p(-table["leaving"].to_numpy()) / 365.25
    likes = truth.preferences.to_numpy()
    kind = truth.catalogue.category
    found = np.zeros((DRAWS, len(table), len(kind)), dtype=bool)
    for who in np.flatnonzero(here):
        stays = np.minimum(rng.exponential(1 / hazard[who], DRAWS), max(there[who], 0))
        orders = rng.poisson(0.5 * table["rate"][who] * stays)
        many = np.array([rng.geometric(0.5, size).sum() for size in orders])
        category = np.full(DRAWS, previous[who])
        for turn in range(many.max(initial=0)):
            keeps = (category >= 0) & (rng.random(DRAWS) < 0.6)
            category = np.where(keeps, category, rng.choice(5, DRAWS, p=likes[who]))
            chosen = np.zeros(DRAWS, dtype=int)
            for one in range(5):
                own = np.flatnonzero(kind == one)
                weight = truth.catalogue.popularity[own]
                rows = category == one
                chosen[rows] = rng.choice(own, rows.sum(), p=weight / weight.sum())
            bought = turn < many
            found[bought, who, chosen[bought]] = True
    return found


def scores(found, chance):
    """Return how many standard errors frequencies over futures lie from chances."""
    error = np.sqrt(np.maximum(chance * (1 - chance), 1 / DRAWS) / DRAWS)
    return (found.mean(axis=0) - chance) / error


class TestFutures:
    def test_each_product_is_bought_as_often_as_its_chance_says(self, restless, drawn):
        chance = restless.each()
        z = scores(drawn, chance)
        assert np.abs(z).max() < 4.5
        assert (z[chance > 0.01] ** 2).mean() == pytest.approx(1, abs=0.35)

    def test_of_any_set_something_is_bought_as_often_as_its_chance_says(self, restless, drawn):
        rng = np.random.default_rng(5)
        for share in (0.2, 0.5, 1.0):
            wanted = rng.random(restless.counts.shape) < share
            z = scores((drawn & wanted).any(axis=2), restless.any_of(wanted))
            assert np.abs(z).max() < 4

    def test_a_poisson_number_would_be_bought_too_surely(self, restless, drawn):
        poisson = -np.expm1(-restless.counts)
        assert (restless.each() <= poisson + 1e-9).all()
        assert (poisson.mean() - drawn.mean()) / drawn.mean() > 0.1


class TestClosedForms:
    def test_independent_purchases_are_poisson_numbers(self):
        independent = window_of(follow=0.0, joins=0.0, leaving=0.0, season=0.6)
        counts = independent.counts
        np.testing.assert_allclose(independent.each(), 1 - np.exp(-counts), atol=1e-9)
        everything = independent.any_of(np.ones(counts.shape, dtype=bool))
        np.testing.assert_allclose(everything, 1 - np.exp(-counts.sum(axis=1)), atol=1e-6)

    def test_anything_at_all_is_bought_where_an_order_begins(self):
        one = window_of(follow=0.6, joins=0.5, leaving=0.0)
        everything = one.any_of(np.ones(one.counts.shape, dtype=bool))
        orders = 0.5 * one.counts.sum(axis=1)
        np.testing.assert_allclose(everything, 1 - np.exp(-orders), atol=1e-6)

    @pytest.mark.parametrize("previous", [True, False])
    def test_a_set_of_one_product_has_the_chance_of_that_product(self, previous):
        one = window_of(previous, **RESTLESS)
        each = one.each()
        for product in (0, 7):
            wanted = np.zeros(each.shape, dtype=bool)
            wanted[:, product] = True
            np.testing.assert_allclose(one.any_of(wanted), each[:, product], atol=1e-6)

    def test_of_nothing_nothing_is_bought(self, restless):
        nothing = restless.any_of(np.zeros(restless.counts.shape, dtype=bool))
        np.testing.assert_allclose(nothing, 0, atol=1e-9)


class TestWhoIsThere:
    def test_who_has_left_buys_nothing(self, restless):
        gone = (restless.truth.customers["leaves"] <= START).to_numpy()
        late = (restless.truth.customers["arrives"] >= END).to_numpy()
        assert 0 < gone.sum() < len(gone)
        np.testing.assert_allclose(restless.each()[gone], 0, atol=1e-12)
        assert (restless.each()[~gone & ~late].sum(axis=1) > 0).all()

    def test_who_signs_up_after_the_window_buys_nothing(self):
        one = window_of(arriving=1.0)
        late = (one.truth.customers["arrives"] >= END).to_numpy()
        assert late.any()
        everything = one.any_of(np.ones(one.counts.shape, dtype=bool))
        for found in (one.each(), everything):
            np.testing.assert_allclose(found[late], 0, atol=1e-9)

    def test_no_time_is_no_purchase(self, restless):
        at_once = Window(restless.truth, START, START, restless.previous)
        np.testing.assert_allclose(at_once.each(), 0, atol=1e-12)

    def test_parts_of_customers_give_what_all_give(self, restless, monkeypatch):
        whole = restless.each()
        monkeypatch.setattr("knowntruth.cases.recommendations.chances.CELLS", 70)
        np.testing.assert_array_equal(restless.each(), whole)
