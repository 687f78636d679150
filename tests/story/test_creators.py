"""Wording of creators: each sentence is true for the numbers that it is given."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowntruth.story import Estimate, Fact, Finding, Name, PValue
from knowntruth.story import creator_choice as choice
from knowntruth.story import creator_clusters as grouping
from knowntruth.story import creator_segments as naming
from knowntruth.story import creators as wording
from knowntruth.story.facts import Reason
from knowntruth.story.saying import check_traced, payloads_of

CREATORS, SALES, VALUE = Name("creators"), Name("transactions"), Name("GMV")
WORDS = {"creators": CREATORS, "sales": SALES, "value": VALUE}
NAMES = list(WORDS.values())


def finding(value, low, high, *, truth=None, unit="share", null=None, name="found"):
    estimate = Estimate(value=value, low=low, high=high, level=0.95, n=91, unit=unit, null=null)
    return Finding(name, Name("a share"), estimate, truth=truth, names=(CREATORS,))


def count(value, name="count"):
    return Fact(name, value, "count")


def share(value, name="share"):
    return Fact(name, value, "share", decimals=1)


def traced(text, *facts):
    """Return a sentence after a check that each number of it comes from its facts."""
    check_traced(text, payloads_of(facts))
    assert text.lstrip("*“")[:1].upper() == text.lstrip("*“")[:1]
    assert not re.search(r"  |\bnan\b|\binf\b|\bNone\b(?! of)|\.\.", text), text
    return text


@st.composite
def shares(draw, truth=None, null=None):
    value = draw(st.floats(0, 1))
    low, high = draw(st.floats(0, value)), draw(st.floats(value, 1))
    return finding(value, low, high, truth=truth, null=null)


COUNTS = st.integers(0, 10_000).map(count)
SHARES = st.floats(0, 1).map(share)
PS = st.floats(0, 1).map(lambda p: PValue("p", p))


class TestConcentration:
    @given(shares(), COUNTS)
    def test_most_is_said_only_of_more_than_half(self, top, n):
        said = traced(
            wording.carried(top, share(0.1), n, creators=CREATORS, value=VALUE),
            top, share(0.1), n, NAMES,
        )  # fmt: skip
        value = top.estimate.value
        assert ("Nearly all" in said) == (value >= 0.9)
        assert ("Most of" in said) == (0.5 < value < 0.9)
        assert ("is not made by few" in said) == (value <= 0.5)

    @given(shares(), st.floats(0, 1))
    def test_the_interval_is_said_to_hold_the_truth_only_if_it_does(self, top, truth):
        known = finding(top.estimate.value, top.estimate.low, top.estimate.high, truth=truth)
        said = traced(wording.carried_truth(known), known)
        assert ("does not hold" in said) == (not known.estimate.covers(truth))
        assert wording.carried_truth(top) == ""

    @given(shares(), shares())
    def test_value_is_more_uneven_only_where_intervals_part(self, one, other):
        said = traced(wording.uneven(one, other, value=VALUE, sales=SALES), one, other, NAMES)
        assert ("Value is the more" in said) == (one.estimate.low > other.estimate.high)
        assert ("The intervals meet" in said) == (
            one.estimate.low <= other.estimate.high and one.estimate.high >= other.estimate.low
        )

    @given(st.floats(0.1, 500), st.floats(0, 500), st.floats(0, 900))
    def test_a_mean_describes_nobody_only_far_above_the_median(self, mean, median, spread):
        facts = [
            Fact("mean", mean, decimals=1),
            Fact("median", median),
            Fact("spread", spread, decimals=1),
        ]
        said = traced(wording.mean_and_median(*facts, sales=SALES), facts, NAMES)
        assert ("describes nobody" in said) == (mean > 2 * median)

    @given(PS)
    def test_a_law_is_refused_where_tails_of_it_hardly_lie_as_far_off(self, fit):
        exponent, facts = finding(2.0, 1.5, 2.5, unit="number"), (count(30), Fact("least", 5000))
        said = traced(
            wording.power_law(exponent, fit, *facts, creators=CREATORS, alpha=0.05),
            exponent, fit, facts,
        )  # fmt: skip
        assert ("it is not one" in said) == (fit.value < 0.05)

    def test_the_lognormal_does_better_only_where_the_tail_bends(self):
        assert "does better" in wording.against_lognormal(PValue("p", 0.01), alpha=0.05)
        assert "no better" in wording.against_lognormal(PValue("p", 0.2), alpha=0.05)
        assert wording.against_lognormal(None, alpha=0.05).endswith("no better.")

    @given(SHARES, SHARES)
    def test_the_law_matters_where_one_leaves_out_the_middle_of_the_other(self, one, other):
        law = one, share(max(one.value - 0.1, 0)), share(min(one.value + 0.1, 1))
        rival = other, other, other
        said = traced(wording.matters(law, rival, share(0.1)), law, rival, share(0.1))
        assert ("does matter" in said) == (not law[1].value <= other.value <= law[2].value)


class TestLists:
    @given(shares(), st.integers(0, 50), st.integers(0, 25), st.integers(25, 50), PS)
    def test_lists_go_together_only_beyond_what_chance_gives(self, found, both, low, high, p):
        facts = [
            count(47),
            count(47),
            count(both),
            Fact("chance", 9.4, decimals=1),
            count(low),
            count(high),
        ]
        said = traced(wording.overlap(found, facts, p, **WORDS), found, facts, p, NAMES)
        assert ("better than chance makes them" in said) == (both > high)
        assert ("speaks against" in said) == (both < low)
        assert ("is not settled" in said) == (low <= both <= high)

    @given(st.integers(0, 40), st.integers(0, 40), COUNTS, COUNTS)
    def test_nobody_is_called_cheap_with_certainty_who_is_not(self, n, sure, low, high):
        sure = min(n, sure)
        facts = count(n), count(sure), Fact("level", 0.95, "share"), low, high
        said = traced(wording.little_for_much(*facts, creators=CREATORS), facts)
        assert ("nobody of the" in said) == (n == 0)
        assert ("Of none of them" in said) == (n > 0 and sure == 0)
        assert ("each of them" in said) == (n > 0 and sure == n)

    def test_a_list_without_a_doubtful_place_says_so(self):
        facts = count(9), count(9), count(0)
        assert "nobody else's place" in traced(wording.list_edge(*facts, creators=CREATORS), facts)

    def test_months_held_back_are_told_from_months_unseen(self):
        one = wording.held_back(count(1), is_held_back=True, value=VALUE)
        three = wording.held_back(count(3), is_held_back=False, value=VALUE)
        assert "last month of the record was held back" in one
        assert "the 3 months after it" in three

    def test_what_cannot_be_told_says_why(self):
        assert (
            wording.cannot("who carries it", Reason("r", "all values are zero"))
            == "Who carries it cannot be told: all values are zero."
        )


class TestNames:
    @pytest.mark.parametrize("segment", naming.ADVICE)
    def test_each_name_of_the_rules_has_an_advice_of_its_own(self, segment):
        assert naming.advice(segment) == naming.ADVICE[segment]
        assert len(set(naming.ADVICE.values())) == len(naming.ADVICE)

    @pytest.mark.parametrize("sales", naming.BY_SALES)
    @pytest.mark.parametrize("price", naming.BY_PRICE)
    def test_each_name_of_a_group_has_one_too(self, sales, price):
        for name in (f"{sales} sales, {price} price", f"{sales} sales, {price} price (b)"):
            said = naming.advice(name)
            assert naming.BY_SALES[sales] in said
            assert naming.BY_PRICE[price] in said

    def test_somebody_in_no_group_is_looked_at_alone(self):
        assert "one by one" in naming.advice("no group")

    @given(SHARES)
    def test_a_score_that_most_have_parts_few(self, tied):
        said = traced(naming.ties(count(1), tied, creators=CREATORS), count(1), tied)
        assert ("parts few" in said) == (tied.value > 0.5)

    @given(SHARES, SHARES)
    def test_the_second_recency_tells_more_only_with_fewer_ties(self, last, other):
        said = traced(naming.recencies(last, other), last, other)
        assert ("tells more of them apart" in said) == (other.value < last.value)

    @given(st.lists(shares(null=0.5), min_size=1, max_size=4))
    def test_a_reading_beats_a_coin_only_where_its_interval_lies_above(self, found):
        checks = {f"reading {'abcd'[at]}": one for at, one in enumerate(found)}
        facts = count(8), count(90)
        said = traced(naming.foretells(checks, *facts, creators=CREATORS), found, facts)
        clear = sum(one.estimate.low > 0.5 for one in found)
        assert ("None of them clearly" in said) == (clear == 0)
        assert ("Each of them beats" in said) == (clear == len(found))


class TestGroups:
    @given(PS, PS, st.booleans(), st.integers(1, 8))
    def test_types_are_claimed_only_where_they_are_found(self, hollow, normal, has_types, types):
        said = traced(
            grouping.types_answer(hollow, normal, has_types=has_types, creators=CREATORS),
            hollow, normal,
        )  # fmt: skip
        assert ("There are kinds" in said) == has_types
        n = count(types)
        truth = traced(grouping.types_truth(n, has_types=has_types), n)
        assert ("is wrong" in truth) == (types == 1 and has_types)
        assert ("one continuum" in truth) == (types == 1)
        assert ("overlap" in truth) == (types > 1 and not has_types)

    @given(
        st.dictionaries(st.sampled_from(["silhouette", "gap", "stability"]), st.integers(1, 9)),
        st.none() | st.integers(1, 8),
    )
    def test_a_number_of_groups_is_right_only_if_it_is_that_of_types(self, votes, types):
        facts = {name: count(k, name) for name, k in votes.items()}
        silent = [name for name in ("silhouette", "gap", "stability") if name not in votes]
        truth = None if types is None else count(types)
        said = traced(grouping.ks(facts, silent, truth), facts.values(), truth or ())
        right = [name for name, k in votes.items() if k == types]
        if types is None:
            assert "None of them says" in said
        else:
            assert ("which none of them says" in said) == (not right)
            assert ("the number is right" in said) == (0 < len(right) == len(votes))
        title = traced(grouping.ks_title(facts), facts.values())
        if len(set(votes.values())) > 1:
            assert title.count("asks for") == len(votes)

    @given(st.floats(0.2, 1), st.integers(1, 9), st.floats(-1, 1))
    def test_the_next_giants_take_the_place_only_where_the_number_stays(self, high, n, rest):
        facts = Fact("two", high, decimals=2), count(n), Fact("rest", rest, decimals=2)
        said = traced(grouping.giant(*facts, creators=CREATORS), facts)
        assert ("take their place" in said) == (rest > 0.8 * high)

    @given(shares(), COUNTS, st.none() | shares(null=0.5))
    def test_noise_is_the_business_only_where_it_makes_more_than_half(self, worth, n, auc):
        said = traced(
            grouping.noise(worth, n, auc, creators=CREATORS, value=VALUE),
            worth,
            n,
            auc or (),
            NAMES,
        )
        assert ("is the business" in said) == (worth.estimate.value > 0.5)
        assert ("under another name" in said) == (auc is not None and auc.direction == "higher")

    @given(st.integers(1, 6), st.integers(1, 6))
    def test_clouds_are_counted_in_the_number_that_they_have(self, bic, icl):
        facts = count(bic), count(icl)
        said = traced(grouping.clouds((facts[0], "full"), (facts[1], "diag")), facts)
        assert ("clouds fit best" in said) == (bic > 1)
        assert ("only make a shape fit" in said) == (bic > icl)

    @given(shares())
    def test_groups_are_the_same_ones_only_where_samples_agree(self, alike):
        said = traced(grouping.same_cut(alike, creators=CREATORS), alike)
        assert ("nearly the same" in said) == (alike.estimate.value >= 0.8)

    def test_maps_whose_distances_change_are_not_said_to_tell_them(self):
        facts = Fact("far", 0.5, decimals=2), share(0.6)
        said = traced(
            grouping.maps_agree([("another seed", *facts)], share(0.06)), facts, share(0.06)
        )
        assert "they do not" in said
        assert "do tell" in said
        stays = Fact("far", 0.99, decimals=2), share(0.06)
        said = grouping.maps_agree([("another seed", *stays)], share(0.06))
        assert "do tell" not in said
        assert "even distances survive" in said


class TestLeft:
    @pytest.mark.parametrize(
        ("low", "high", "claim"),
        [
            (0.3, 0.6, "So the second repeats a part of the first."),
            (-0.15, 0.55, "cannot be told from that."),
            (-0.2, 0.3, "so the two say different things."),
        ],
    )
    def test_a_correlation_that_may_be_nothing_is_not_called_a_repetition(self, low, high, claim):
        going = Estimate(value=(low + high) / 2, low=low, high=high, level=0.95, n=30)
        assert grouping.left(Finding("r", Name("ranks"), going)).endswith(claim)


class TestChoice:
    def test_one_winner_of_everything_is_said_to_be_one(self):
        assert "first in everything" in choice.no_winner({"a": "RFM", "b": "RFM"})
        assert "No segmentation wins everything" in choice.no_winner({"a": "RFM", "b": "k-means"})
        assert choice.no_winner({}) == "Nothing can be told of which is best."

    @given(st.lists(st.sampled_from([(-0.3, -0.1), (-0.1, 0.1), (0.1, 0.3)]), min_size=1))
    def test_a_segmentation_beats_the_ranking_only_where_its_gain_is_clear(self, ends):
        gains = [
            (f"way {'abcdefghij'[at % 10]}",
             finding((low + high) / 2, low, high, unit="points", null=0.0))
            for at, (low, high) in enumerate(ends)
        ]  # fmt: skip
        own, size = finding(0.7, 0.5, 0.9), share(0.1)
        said = traced(choice.one_number(gains, own, size, creators=CREATORS), own, size)
        assert ("More than that keeps" in said) == any(low > 0 for low, _ in ends)
        assert ("Every segmentation keeps less" in said) == all(high < 0 for _, high in ends)

    @given(shares(), st.integers(1, 8))
    def test_without_types_there_is_nothing_to_agree_with(self, found, types):
        n = count(types)
        said = traced(choice.found_types(("k-means", found), n), found, n)
        assert ("nothing to agree with" in said) == (types == 1)
        assert ("two things" in said) == (types > 1 and found.estimate.value < 0.5)

    @given(
        st.dictionaries(
            st.sampled_from(["this run", "one continuum", "types far apart"]),
            st.tuples(st.booleans(), st.integers(1, 3)),
            min_size=1,
        )
    )
    def test_what_is_found_by_chance_is_told_from_what_is_there(self, worlds):
        said = traced(choice.elsewhere(worlds))
        assert ("where there are some" in said) == any(f and t > 1 for f, t in worlds.values())
        assert ("where there are none" in said) == any(f and t == 1 for f, t in worlds.values())
        assert ("It misses" in said) == any(not f and t > 1 for f, t in worlds.values())

    @given(shares(), shares())
    def test_one_foretells_more_only_where_intervals_part(self, one, other):
        said = traced(choice.against([("RFM", one), ("k-means", other)]), one, other)
        parted = one.estimate.low > other.estimate.high or other.estimate.low > one.estimate.high
        assert ("The intervals meet" in said) == (not parted)

    def test_each_reason_of_the_score_card_has_two_halves(self):
        assert all(why.endswith(".") and rests.endswith(".") for why, rests in
                   choice.SCORE.values())  # fmt: skip


def test_an_endless_interval_is_said_without_a_number():
    endless = finding(1.0, 1.0, math.inf, unit="count")
    assert f"{endless:interval}" == "1 to no upper bound"
