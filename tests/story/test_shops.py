"""Wording of shops, segments and offers: each sentence is true for the numbers it is given."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowntruth.story import Estimate, Fact, Finding, Name, PValue
from knowntruth.story import customer_segments as naming
from knowntruth.story import lifetime_values as worth
from knowntruth.story import shops as wording
from knowntruth.story.facts import Reason
from knowntruth.story.saying import check_traced, payloads_of

FEW = settings(max_examples=30, deadline=None)
NUMBERS = st.floats(-50, 50)
CUSTOMERS, PRODUCTS, A, B = Name("clients"), Name("goods"), Name("Audio"), Name("Books")
NAMES = [CUSTOMERS, PRODUCTS, A, B]


def finding(value, low, high, *, truth=None, unit="number", null=None, name="found"):
    estimate = Estimate(value=value, low=low, high=high, level=0.95, n=91, unit=unit, null=null)
    return Finding(name, Name("a number"), estimate, truth=truth)


def count(value, name="count"):
    return Fact(name, float(value), "count")


def share(value, name="share"):
    return Fact(name, value, "share", decimals=1)


def traced(text, *facts):
    """Return a sentence after a check that each number of it comes from its facts."""
    check_traced(text, payloads_of([*facts, NAMES]))
    assert text.lstrip("*“")[:1].upper() == text.lstrip("*“")[:1]
    assert not re.search(
        r"  |\bnan\b|\binf\b|\bNone\b(?! of)|\.\.|\b1 (?:days|clients|goods)\b", text
    )
    return text


@st.composite
def findings(draw, within=NUMBERS, **given_):
    low, value, high = sorted(draw(st.tuples(within, within, within)))
    return finding(value, low, high, **given_)


SHARES = st.floats(0, 1).map(share)
COUNTS = st.integers(0, 300).map(count)
PS = st.floats(0, 1).map(lambda p: PValue("p", p))


class TestSales:
    def test_the_category_with_the_most_margin_is_named_only_where_it_is_another(self):
        top = finding(0.5, 0.4, 0.6, unit="share")
        parts = share(0.4), share(0.3)
        other = traced(wording.sells(A, top, B, parts), top, parts)
        assert "The most margin is left by Books, 40.0% of it, where Audio leaves 30.0%" in other
        assert "It also leaves the most margin, 40.0%" in wording.sells(A, top, A, parts)
        assert "does not say" in traced(wording.sells(A, top, None, None), top)

    @FEW
    @given(findings(st.floats(1, 900), truth=300.0), st.floats(1, 900))
    def test_rows_and_orders_are_alike_only_where_they_bring_as_much(self, order, row):
        purchase = wording.money("purchase", row)
        said = traced(wording.averages(order, purchase), order, purchase)
        assert ("alike" in said) == (order.estimate.value <= 1.005 * row)
        held = traced(wording.gap(order), order)
        assert ("does not hold" in held) == (not order.estimate.covers(300.0))

    @FEW
    @given(SHARES)
    def test_being_first_is_as_sure_as_its_chance(self, chance):
        said = traced(wording.surely(A, "units", chance, B, customers=CUSTOMERS), chance)
        assert ("far from sure" in said) == (chance.value < 0.6)
        assert ("but only" in said) == (0.6 <= chance.value < 0.95)
        alone = traced(wording.surely(A, "units", chance, None, customers=CUSTOMERS), chance)
        assert "there is no other" in alone

    @FEW
    @given(st.floats(-1, 1), st.booleans())
    def test_a_ranking_is_a_price_list_only_if_it_goes_with_prices(self, rank, dearest):
        ranks = Fact("ranks", rank, decimals=3)
        said = traced(wording.price_list(A, ranks, is_dearest=dearest, products=PRODUCTS), ranks)
        assert ("is the price list" in said) == (rank > 0.95)
        assert ("more than a price list" in said) == (rank <= 0.5)
        assert ("highest price" in said) == dearest
        assert "cannot be told" in wording.price_list(A, None, is_dearest=False, products=PRODUCTS)

    @FEW
    @given(st.integers(1, 50), COUNTS)
    def test_the_most_profitable_is_another_unless_it_is_first_by_margin(self, place, losing):
        facts = count(place), share(0.1), share(0.2)
        said = traced(wording.profit(A, facts[0], B, *facts[1:], products=PRODUCTS), facts)
        assert ("Books" in said) == (place > 1)
        assert "its cost is not known" in traced(wording.unknown_cost(A))
        lost = traced(wording.loss(losing, products=PRODUCTS), losing)
        assert ("None of the" in lost) == (losing.value == 0)

    def test_two_shares_differ_only_where_intervals_do_not_meet(self):
        assert "not settled" in traced(wording.apart(A, B, overlap=True))
        assert "larger beyond chance" in traced(wording.apart(A, B, overlap=False))
        assert "nothing but Audio" in traced(wording.apart(A, None, overlap=False))

    @FEW
    @given(findings(st.floats(-1, 1), null=0.0))
    def test_a_season_needs_months_that_go_alike(self, alike):
        said = traced(wording.season(alike, count(11)), alike, count(11))
        assert ("A season does that" in said) == (alike.direction == "higher")
        assert ("not settled" in said) == (alike.direction == "unclear")
        assert "too few months twice" in traced(wording.season(None, count(0)))

    @FEW
    @given(SHARES, SHARES, st.integers(1, 60).map(count))
    def test_a_liking_is_said_where_the_share_is_far_above_the_usual(self, own, usual, bought):
        said = traced(wording.habit(A, B, own, usual, bought), own, usual, bought)
        assert ("is a liking" in said) == (own.value > 1.5 * usual.value)
        assert ("from 1 purchase," in said) == (bought.value == 1)

    def test_who_left_is_not_still_there(self):
        left = Name("3 May 2024")
        assert "left on 3 May 2024" in traced(wording.true_customer(A, B, left, None), left)
        alive = share(0.9)
        said = traced(wording.true_customer(A, B, None, alive), alive)
        assert "is still there" in said
        assert "put at 90.0%" in said

    @FEW
    @given(COUNTS, COUNTS, COUNTS)
    def test_statements_and_numbers_of_the_report_are_counted(self, a, b, c):
        traced(wording.statements(a, b, c), a, b, c)
        said = traced(wording.constants(a, b, c), a, b, c)
        assert ("differs in none" in said) == (b.value == 0)

    def test_a_table_of_one_product_does_not_count_it(self):
        counts = [count(n, f"c{n}") for n in (9, 7, 3, 1, 8)]
        days = Name("1 May"), Name("2 May")
        one = traced(wording.held(counts, days, words=(CUSTOMERS, PRODUCTS)), counts, days)
        assert "goods" not in one
        counts[3] = count(4)
        assert "of 4 goods" in wording.held(counts, days, words=(CUSTOMERS, PRODUCTS))

    def test_what_cannot_be_told_is_told_with_its_reason(self):
        reason = Reason("r", "nobody ordered again")
        assert traced(wording.cannot("who buys", reason), reason) == (
            "Who buys cannot be told: nobody ordered again."
        )


LEVELS = st.sampled_from(["low", "middle", "high"])


class TestSegments:
    @FEW
    @given(st.lists(st.tuples(LEVELS, LEVELS, LEVELS), min_size=1, max_size=9))
    def test_names_say_the_levels_of_their_centres_and_no_two_are_the_same(self, rows):
        levels = pd.DataFrame(rows, columns=list(naming.WORDS))
        names = naming.short_names(levels)
        assert len(set(names.values())) == len(rows)
        for label, row in enumerate(rows):
            said = names[label]
            assert ("much spent" in said) == (row[0] == "high")
            assert ("rarely" in said) == (row[1] == "low")
            assert ("middling" in said) == (set(row) == {"middle"})

    @FEW
    @given(PS, PS, st.integers(2, 9).map(count))
    def test_kinds_are_shown_only_if_both_tests_show_them(self, normal, hollow, k):
        has = normal.value < 0.05 and hollow.value < 0.05
        given_ = {"has_types": has, "alpha": 0.05}
        said = traced(
            naming.answer(normal, hollow, k, customers=CUSTOMERS, **given_), normal, hollow, k
        )
        assert ("Nothing shows" in said) == (not has)
        in_features = traced(
            naming.hollows(normal, hollow, features="these features", **given_), normal, hollow
        )
        assert ("no groups are shown" in in_features) == (not has)
        assert ("would not look so" in said) == (normal.value < 0.05)

    @pytest.mark.parametrize(("kinds", "said"), [(1, "of one kind"), (4, "as many"), (9, "not 4")])
    def test_the_number_of_true_kinds_is_held_against_the_asserted_one(self, kinds, said):
        facts = count(kinds), count(4)
        assert said in traced(naming.truth(*facts, customers=CUSTOMERS), facts)

    def test_measures_that_choose_the_asserted_number_are_named(self):
        votes = {"gap": count(1), "stability": count(4), "silhouette": count(2)}
        said = traced(naming.votes(votes, count(4)), votes.values(), count(4))
        assert said.startswith("Stability chooses 4")
        assert "None of the measures chooses 7" in naming.votes(votes, count(7))
        assert "names a number" in naming.votes({}, count(4))
        both = {"gap": count(4), "stability": count(4)}
        assert "All of the measures choose 4" in naming.votes(both, count(4))
        assert "The one measure" in naming.votes({"gap": count(4)}, count(4))
        traced(naming.votes_title(votes, count(4)), votes.values(), count(4))
        traced(naming.votes_title({}, count(4)))

    @FEW
    @given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1))
    def test_a_silhouette_says_something_only_outside_of_what_clouds_give(self, own, a, b):
        low, high = sorted((a, b))
        facts = [Fact(n, v, decimals=2) for n, v in (("o", own), ("l", low), ("h", high))]
        said = traced(naming.beside_null(*facts, count(4), customers=CUSTOMERS), facts, count(4))
        assert ("a cloud without any gives as much" in said) == (low <= own <= high)

    def test_descriptions_are_those_that_fit(self):
        said, called = naming.descriptions(
            {"Value Seekers": ["rarely"], "High Spenders": []}, customers=CUSTOMERS
        )
        assert "“Value Seekers” fits “rarely”; “High Spenders” fits no group" in traced(
            said, called
        )
        assert "None of the four" in naming.descriptions({"A": []}, customers=CUSTOMERS)[0]
        assert "Each of them" in naming.descriptions({"A": ["x"]}, customers=CUSTOMERS)[0]

    @FEW
    @given(findings(st.floats(-0.2, 1)), findings(st.floats(-0.2, 1)))
    def test_features_see_more_only_where_intervals_part(self, one, other):
        said = traced(naming.agrees(A, one, other), one, other)
        assert ("see more" in said and "not settled" not in said) == (
            other.estimate.low > one.estimate.high
        )
        assert ("next to nothing" in said) == (one.estimate.high < 0.1)
        traced(naming.same(one), one)

    def test_a_hollow_that_silence_makes_is_no_kind(self):
        assert "no kind of customer" in naming.silence(True, False)
        assert "as well" in naming.silence(True, True)
        assert "none are shown either" in naming.silence(False, False)
        assert "habits alone, groups are shown." in naming.silence(False, True)

    @FEW
    @given(st.floats(0, 1), st.floats(0, 1))
    def test_worlds_are_alike_where_silhouettes_are(self, here, there):
        pairs = [(Fact("s", v, decimals=2), PValue("p", 0.3)) for v in (here, there)]
        said = traced(naming.one_kind(*pairs, count(4), customers=CUSTOMERS), pairs, count(4))
        assert ("could not tell" in said) == (abs(here - there) < 0.05)

    @FEW
    @given(st.floats(-1, 1))
    def test_features_vote_twice_only_where_they_go_together(self, correlation):
        fact = Fact("c", correlation, decimals=2)
        assert ("votes twice" in traced(naming.repeats(A, B, fact), fact)) == (
            abs(correlation) > 0.7
        )

    @FEW
    @given(st.integers(1, 40).map(count), st.booleans())
    def test_a_segment_is_told_with_its_share_where_there_is_one(self, size, has_share):
        of_all = finding(0.3, 0.2, 0.4, unit="share") if has_share else None
        facts = size, Fact("money", 30.0), Fact("days", 2.5, decimals=1)
        said = traced(naming.summary(A, *facts, of_all, customers=CUSTOMERS), facts, of_all or ())
        assert ("of revenue" in said) == has_share
        title = naming.segments_title(A, size, of_all, customers=CUSTOMERS)
        assert ("of revenue" in title) == has_share


class TestValue:
    @FEW
    @given(findings(truth=5.0), findings(truth=5.0), st.integers(1, 90).map(count))
    def test_intervals_hold_the_truth_only_if_they_do(self, orders, money, days):
        said = traced(worth.coming(orders, money, days, customers=CUSTOMERS), orders, money, days)
        assert ("next 1 day " in said) == (days.value == 1)
        inside = sum(one.estimate.covers(5.0) for one in (orders, money))
        came = traced(worth.came(orders, money), orders, money)
        words = {2: "both intervals hold", 1: "the other not", 0: "neither interval"}
        assert words[inside] in came

    @FEW
    @given(findings(), COUNTS, SHARES)
    def test_an_offer_is_made_only_if_it_gained_and_somebody_gets_it(self, gain, n, raises):
        said = traced(worth.advice("value", n, gain, raises, customers=CUSTOMERS), gain, n, raises)
        made = gain.direction == "higher" and n.value > 0
        assert ("**The offer goes to" in said) == made
        assert ("not settled" in said) == (gain.direction == "unclear" and n.value > 0)

    @FEW
    @given(findings(st.floats(0, 9)), st.lists(findings(null=0.0), min_size=3, max_size=3))
    def test_ways_are_worse_only_where_that_is_clear(self, model, others):
        more = dict(zip(("last period", "mean", "rate"), others, strict=True))
        said = traced(worth.judged(model, more, customers=CUSTOMERS), model, others)
        sides = {one.direction for one in others}
        assert ("clearly less than" in said) == ("higher" in sides)
        assert (", clearly more than" in said or "; clearly more than" in said) == (
            "lower" in sides
        )
        assert ("not clearly more or less" in said) == ("unclear" in sides)

    @FEW
    @given(findings())
    def test_a_bias_is_told_on_its_side(self, off):
        said = traced(worth.bias(off), off)
        assert ("too high, by" in said) == (off.direction == "higher")
        assert ("too low, by" in said) == (off.direction == "lower")

    @FEW
    @given(findings(st.floats(-1, 1), null=0.0))
    def test_orders_and_their_worth_are_independent_only_within_a_narrow_interval(self, ranks):
        said = traced(worth.independent(ranks), ranks)
        near = max(abs(ranks.estimate.low), abs(ranks.estimate.high)) < 0.25
        assert ("little enough" in said) == near
        assert ("too much for granted" in said) == (not near and ranks.is_clear)
        assert "cannot be told" in traced(worth.independent(None))

    def test_nobody_checks_who_is_there_where_nobody_knows(self):
        mean, true, auc = share(0.7), share(0.6), finding(0.9, 0.8, 0.95)
        assert "Nobody tells a shop" in traced(worth.alive(mean, None, None, customers=A), mean)
        assert "0.90" in traced(worth.alive(mean, true, auc, customers=A), mean, true, auc)
        traced(worth.alive(mean, true, None, customers=A), mean, true)

    @FEW
    @given(st.integers(0, 50), st.integers(1, 50), st.integers(1, 3).map(count))
    def test_of_whom_enough_is_expected(self, some, all_, days):
        facts = count(min(some, all_)), count(all_)
        said = traced(worth.above(*facts, customers=CUSTOMERS), facts)
        assert ("Of all" in said) == (some >= all_)
        assert ("of nobody" in said) == (some == 0)
        least = Fact("least", 30.0, decimals=2)
        traced(worth.break_even(least, days, money=A, customers=CUSTOMERS), least, days)
        assert "raises nothing" in worth.break_even(None, days, money=A, customers=CUSTOMERS)

    @FEW
    @given(findings(), findings(null=0.0), findings(null=0.0))
    def test_rules_are_better_only_where_that_is_clear(self, base, one, other):
        gains = {"spending": base, "value": one, "lot": other}
        more = {"value": one, "lot": other}
        said = traced(worth.chosen(gains, more, base="spending"), gains.values())
        for word, side in (("Clearly more", "higher"), ("Clearly less", "lower")):
            assert (word in said) == (side in {f.direction for f in more.values()})
        assert ("No rule gains" in traced(worth.offer_title("lot", base), base)) == (
            base.estimate.value <= 0
        )

    @FEW
    @given(COUNTS)
    def test_new_customers_are_counted(self, new):
        said = traced(worth.newcomers(new, customers=CUSTOMERS), new)
        assert ("No new" in said) == (new.value == 0)

    def test_what_is_taken_for_granted_is_said(self):
        raises, cost = share(0.1), Fact("cost", 3.0)
        assert "drawn by lot" in traced(worth.assumption(raises, cost), raises, cost)
        gains = {"value": count(5), "truth": count(8)}
        assert "would gain 8" in traced(worth.in_truth(gains), gains.values())
