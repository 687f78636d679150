"""Wording of lists: each sentence is true for the numbers that it is given."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowntruth.story import Estimate, Fact, Finding, Name, Reason
from knowntruth.story import foretold_ratings as rated_as
from knowntruth.story import list_choice as choice
from knowntruth.story import recommending as wording
from knowntruth.story.saying import check_traced, payloads_of

CUSTOMERS, PRODUCTS = Name("customers"), Name("products")


def finding(value, low, high, *, truth=None, unit="share", null=None, name="found"):
    estimate = Estimate(value=value, low=low, high=high, level=0.95, n=91, unit=unit, null=null)
    return Finding(name, Name("a share"), estimate, truth=truth)


def count(value, name="count"):
    return Fact(name, value, "count")


def for_some(*strategies):
    """Ask a test with a few draws: a sentence has few branches."""
    return lambda test: settings(max_examples=25)(given(*strategies)(test))


def share(value, name="share"):
    return Fact(name, value, "share", decimals=1)


def traced(text, *facts):
    """Return a sentence after a check that each number of it comes from its facts."""
    check_traced(text, payloads_of([*facts, CUSTOMERS, PRODUCTS]))
    assert text.lstrip("*")[:1].upper() == text.lstrip("*")[:1]
    assert not re.search(r"  |\bnan\b|\binf\b|\bNone\b(?! of)|\.\.|\( | ,", text), text
    return text


@st.composite
def levels(draw, truth=None):
    value = draw(st.floats(0, 1))
    return finding(value, draw(st.floats(0, value)), draw(st.floats(value, 1)), truth=truth)


@st.composite
def gaps(draw, unit="points"):
    value = draw(st.floats(-1, 1))
    low, high = value - draw(st.floats(0, 0.5)), value + draw(st.floats(0, 0.5))
    return finding(value, low, high, unit=unit, null=0.0)


TASKS = st.sampled_from(["new", "again"])
KEYS = st.sampled_from(sorted(set(wording.MODELS) - {"best", "lot", "oracle"}))
SHARES = st.floats(0, 1).map(share)
COUNTS = st.integers(0, 10_000).map(count)
BETTER, WORSE = (
    finding(0.1, 0.05, 0.2, unit="points", null=0.0),
    finding(-0.1, -0.2, -0.05, unit="points", null=0.0),
)
OPEN = finding(0.01, -0.02, 0.04, unit="points", null=0.0)


class TestTheAnswer:
    @for_some(TASKS, KEYS, levels(), levels(), gaps())
    def test_lists_are_better_only_where_the_whole_interval_says_so(
        self, task, key, own, base, gap
    ):
        said = traced(wording.answer(task, key, own, base, gap, products=PRODUCTS), own, base, gap)
        assert ("are better than bestsellers**" in said) == (gap.direction == "higher")
        assert ("are worse than bestsellers**" in said) == (gap.direction == "lower")
        assert ("not clearly" in said) == (gap.direction == "unclear")
        assert ("new to a customer" in said) == (task == "new")

    @for_some(TASKS, levels())
    def test_where_bestsellers_are_used_no_model_is_named(self, task, base):
        said = traced(wording.answer(task, "best", base, base, None, products=PRODUCTS), base)
        assert "no model did better" in said
        assert "lists of" not in said

    def test_what_was_to_be_expected_is_said_once_where_bestsellers_are_used(self):
        own, base = finding(0.3, 0.2, 0.4, truth=0.31), finding(0.2, 0.1, 0.3, truth=0.19)
        most = share(0.4)
        assert "19.0% of bestsellers" in traced(
            wording.answer_truth(own, base, most), own, base, most
        )
        assert "bestsellers" not in traced(wording.answer_truth(own, None, most), own, most)

    @for_some(gaps("number"), gaps())
    def test_an_error_is_reproached_only_if_it_is_small_and_its_lists_are_no_better(
        self, behind, by_lot
    ):
        rmse, simple = (finding(v, v - 0.01, v + 0.01, unit="number") for v in (0.45, 0.49))
        facts = rmse, simple, behind, by_lot
        said = traced(rated_as.error_answer(*facts, products=PRODUCTS), *facts)
        is_reproached = behind.direction == "higher" and by_lot.direction != "higher"
        assert ("did not say so" in said) == is_reproached
        assert ("are better than lists drawn by lot" in said) == (by_lot.direction == "higher")


class TestWhatIsForetold:
    @for_some(st.floats(0, 1))
    def test_a_table_is_sparse_below_its_threshold_only(self, density):
        facts = {name: count(20, name) for name in ("rows", "customers", "products", "pairs")}
        facts["density"] = share(density)
        said = traced(wording.held(facts, customers=CUSTOMERS, products=PRODUCTS), *facts.values())
        assert ("may be called sparse" in said) == (density < wording.SPARSE)

    def test_a_random_split_misses_on_the_side_on_which_it_lies(self):
        time = finding(0.58, 0.55, 0.61, truth=0.57)
        who = {key: count(9, key) for key in ("random", "random_pairs", "time", "time_pairs")}
        for value, words in ((0.4, "promising too little"), (0.7, "promising too much")):
            random = finding(value, value - 0.02, value + 0.02)
            said = wording.promised(random, time, who, customers=CUSTOMERS, products=PRODUCTS)
            traced(said, random, time, *who.values())
            assert words in said
            assert said.endswith("that of the split by time holds.")
        unknown = finding(0.58, 0.55, 0.61)
        said = wording.promised(unknown, unknown, who, customers=CUSTOMERS, products=PRODUCTS)
        assert "expected" not in said

    def test_a_test_part_without_new_pairs_says_nothing_of_them(self):
        seen, all_of = Fact("seen", 0.4, decimals=3), share(1.0)
        said = traced(rated_as.seen_and_new(seen, None, all_of, products=PRODUCTS), seen, all_of)
        assert "says nothing of products" in said


class TestErrors:
    @for_some(st.lists(gaps("number"), min_size=1, max_size=4))
    def test_every_baseline_stands_on_its_side_once(self, found):
        known = dict(zip(rated_as.RATINGS, found, strict=False))
        said = traced(rated_as.beside(known), *found)
        for side, words in (("higher", "clearly smaller"), ("lower", "clearly larger")):
            assert (f"is {words}" in said or f"; {words}" in said) == any(
                one.direction == side for one in found
            )
        assert ("neither clearly smaller" in said) == any(
            one.direction == "unclear" for one in found
        )

    def test_a_single_combination_has_no_worst(self):
        best, worst = (finding(v, v - 0.01, v + 0.01, unit="number") for v in (0.45, 0.47))
        assert "worst" not in rated_as.grid_title(count(1), best, best)
        many = count(16)
        assert "16 combinations" in traced(
            rated_as.grid_title(many, best, worst), many, best, worst
        )

    def test_settings_are_told_and_biases_beside_them(self):
        best = finding(0.45, 0.44, 0.46, unit="number")
        settings = {"factors": Fact("factors", 5), "rate": Fact("rate", 0.005)}
        same, more = Fact("biases", 0.45, decimals=3), Fact("biases", 0.47, decimals=3)
        said = traced(rated_as.tuned(best, same, settings), best, same, *settings.values())
        assert "factors 5 and rate 0.005" in said
        assert said.endswith("as much.")
        assert not rated_as.tuned(best, more, settings).endswith("as much.")

    def test_without_svd_the_title_is_of_biases_alone(self):
        one = finding(0.45, 0.44, 0.46, unit="number")
        assert "SVD++" not in rated_as.errors_title(None, one)
        assert "SVD++" in rated_as.errors_title(one, one)


class TestRanking:
    @for_some(TASKS, st.dictionaries(KEYS, st.sampled_from([BETTER, WORSE, OPEN])))
    def test_models_stand_on_their_side_of_the_lot(self, task, found):
        said = wording.against_lot(task, found)
        if not found:
            assert said == ""
            return
        traced(said, *found.values())
        assert "drawn by lot" in said
        for direction, words in (("higher", "clearly better than"), ("lower", "clearly worse")):
            assert (words in said) == any(one.direction == direction for one in found.values())

    def test_the_least_error_comes_first_only_where_no_list_is_better(self):
        models = count(3, "models")
        none, some = count(0, "better"), count(4, "better")
        assert "come first, too" in traced(
            wording.errors_and_lists("SVD++", "SVD++", none, models), none, models
        )
        said = traced(wording.errors_and_lists("SVD++", "EASE", some, models), some, models)
        assert "by estimate: 4; the best are those of EASE" in said
        assert "here the best lists" in wording.least_and_best("EASE", "EASE")
        assert wording.least_and_best("SVD++", "EASE").endswith("Best lists: EASE")

    def test_lists_that_tie_do_not_come_first_alone(self):
        own = finding(0.2, 0.1, 0.3)
        assert "lists of EASE" in wording.quality_title("new", "ease", own, is_alone=True)
        assert "several lists" in wording.quality_title("new", "ease", own, is_alone=False)

    def test_lists_by_lot_are_not_lists_of_lists(self):
        assert wording.lists_of("lot") == "lists by lot"
        assert wording.lists_of("ease") == "lists of EASE"


class TestReasons:
    @for_some(gaps("number"), gaps())
    def test_a_list_hangs_on_its_reasons_only_where_it_clearly_falls(self, fall, drop):
        facts = [count(90), Fact("named", 4.2, decimals=1), Fact("other", 0.3, decimals=1)]
        said = traced(choice.faithful(fall, drop, facts, customers=CUSTOMERS), fall, drop, *facts)
        assert said.endswith("The list hangs on its reasons.") == (fall.direction == "higher")
        assert ("not clear here" in said) == (fall.direction == "unclear")

    def test_every_model_has_words_for_who_is_new(self):
        for key in set(wording.MODELS) - {"oracle", "price"}:
            assert choice.cold_customer(key)


class TestWhatIsNew:
    def test_no_and_few_newcomers_are_told_apart(self):
        none, one = count(0), count(1)
        assert "none of the customers" in choice.no_newcomers(none, customers=CUSTOMERS)
        assert "too few" in traced(choice.no_newcomers(one, customers=CUSTOMERS), one)

    @for_some(COUNTS, SHARES)
    def test_what_came_after_is_missed_only_if_something_came(self, came, missed):
        said = traced(choice.came_after(came, missed, products=PRODUCTS), came, missed)
        assert ("No list could show" in said) == (came.value > 0)

    def test_places_of_young_products_are_told_by_model(self):
        places = {"best": share(0.0, "a"), "lot": share(0.1, "b")}
        n, wanted = count(3), share(0.05, "wanted")
        said = traced(
            choice.young(n, wanted, places, products=PRODUCTS), n, wanted, *places.values()
        )
        assert "lists of bestsellers 0.0% and lists by lot 10.0%" in said


class TestTheDecision:
    @for_some(TASKS, gaps("number"), st.none() | st.floats(0, 3).map(share), SHARES)
    def test_what_pays_is_said_of_the_whole_interval(self, task, gain, even, added):
        said = choice.decision(task, "lists of EASE", gain, even, added, products=PRODUCTS)
        traced(said, gain, even or (), added)
        assert (", lists of EASE pay under" in said) == (gain.direction == "higher")
        assert ("do not pay under" in said) == (gain.direction == "lower")
        assert ("is open" in said) == (gain.direction == "unclear")
        assert ("break even" in said) == (even is not None and even.value <= 1)
        assert ("loss" in said) == (gain.estimate.value < 0)

    def test_more_hits_than_there_are_cannot_break_even(self):
        even, added = share(1.2), share(0.1)
        said = choice.decision("new", "lists of EASE", WORSE, even, added, products=PRODUCTS)
        assert traced(said, WORSE, added).endswith("would they pay.")

    @pytest.mark.parametrize("is_judged", [True, False])
    def test_bestsellers_stay_for_a_reason_that_is_said(self, is_judged):
        said = traced(choice.stay("new", products=PRODUCTS, is_judged=is_judged))
        assert ("nothing can be weighed" in said) != is_judged

    def test_lists_of_a_loaded_model_are_compared(self):
        facts = count(500), count(5)
        words = {"customers": CUSTOMERS, "products": PRODUCTS}
        assert "are those of" in traced(choice.served(*facts, is_same=True, **words), *facts)
        assert "are not those" in choice.served(*facts, is_same=False, **words)


def test_a_reason_is_told_in_the_middle_of_a_sentence():
    reason = Reason("no", "Fewer than two customers bought something.")
    assert wording.cannot("how good lists are", reason) == (
        "Here how good lists are cannot be told: fewer than two customers bought something."
    )
