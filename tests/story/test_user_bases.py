"""Wording of user bases: each sentence is true for the numbers that it is given."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from knowntruth.cases.edtech_simulation import user_base
from knowntruth.story import Estimate, Fact, Finding, Name, PValue
from knowntruth.story import user_bases as wording
from knowntruth.story.facts import Reason
from knowntruth.story.saying import check_traced, payloads_of

ONBOARDING, UNIT, DAY_30 = Name("onboarding"), Name("users"), Name("day-30 retention")
AGE, SKILL, COUNTRY = Name("age group"), Name("skill"), Name("country")
SOME, NOTHING = Reason("why", "fewer than 5 rows lack it"), Reason("why", "")
ASSIGNMENTS = ("self-selected", "randomised", "not said")


def points(value, low, high, *, truth=None, unit="points"):
    """Return a finding about retention."""
    estimate = Estimate(value=value, low=low, high=high, level=0.95, n=1000, unit=unit)
    return Finding("effect", DAY_30, estimate, truth=truth, names=(UNIT,))


def rate(value, low, high):
    estimate = Estimate(
        value=value, low=low, high=high, level=0.95, n=1000, unit="share", null=None
    )
    return Finding("rate", DAY_30, estimate, names=(UNIT,))


HIGHER = points(0.014, 0.010, 0.018)
LOWER = points(-0.014, -0.018, -0.010)
UNCLEAR_UP = points(0.003, -0.005, 0.011)
UNCLEAR_DOWN = points(-0.003, -0.011, 0.005)
SAME = points(0.0, -0.008, 0.008)
UNBOUNDED = points(0.01, -math.inf, math.inf)
FOUND = [HIGHER, LOWER, UNCLEAR_UP, UNCLEAR_DOWN, SAME, UNBOUNDED]


@st.composite
def findings(draw):
    """Draw differences in points, with and without a truth."""
    value = draw(st.floats(-0.9, 0.9))
    below, above = draw(st.floats(1e-6, 0.5)), draw(st.floats(1e-6, 0.5))
    low = -math.inf if draw(st.booleans()) else value - below
    truth = draw(st.none() | st.just(0.0) | st.floats(-0.9, 0.9))
    return points(value, low, value + above, truth=truth)


class TestLists:
    @pytest.mark.parametrize(
        ("words", "text"),
        [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
    )
    def test_a_list_reads_as_one(self, words, text):
        assert wording.listed(words) == text

    def test_the_last_word_may_be_another(self):
        assert wording.listed(["a", "b"], last="or") == "a or b"


class TestMatters:
    RATE = rate(0.0378, 0.0357, 0.0400)

    def said(self, clear=(), unclear=(), scarce=(), reason=NOTHING):
        return wording.matters(self.RATE, clear, unclear, reason, scarce)

    def test_the_rate_is_told_with_its_interval(self):
        start = "**Day-30 retention is 3.78%** (95% interval 3.57% to 4.00%). "
        assert self.said().startswith(start)

    def test_clear_and_unclear_factors_are_told_apart(self):
        said = self.said([AGE, COUNTRY], [SKILL])
        assert said.endswith(
            "All else equal, it clearly differs by age group and country; "
            "by skill it does not clearly differ."
        )
        assert "does not" not in self.said([AGE, COUNTRY])

    def test_without_a_clear_factor_none_is_called_clear(self):
        assert "clearly differs by" not in self.said([], [AGE, SKILL])
        assert "age group and skill were looked at" in self.said([], [AGE, SKILL])
        assert self.said([], [SKILL]).endswith("It does not clearly differ by skill.")

    def test_factors_that_could_not_be_compared_are_named(self):
        for said in (self.said([AGE], [], [SKILL]), self.said([], [AGE], [SKILL])):
            assert "too few have it not, to compare groups by skill" in said
        assert "clear" not in self.said([], [], [AGE, SKILL])

    def test_without_factors_nothing_divides_and_with_them_that_is_not_said(self):
        assert "Nothing in the table divides these users" in self.said()
        assert "Nothing in the table" not in self.said(scarce=[AGE])

    def test_a_factor_that_is_asked_about_by_itself_is_not_called_missing(self):
        said = wording.matters(self.RATE, [], [], NOTHING, alone=True)
        assert said.endswith("3.57% to 4.00%).")

    def test_a_reason_is_given_and_nothing_else(self):
        said = self.said([AGE], [SKILL], reason=SOME)
        assert said.endswith("cannot be told: fewer than 5 rows lack it.")
        assert "age group" not in said


class TestChose:
    @pytest.mark.parametrize("assignment", ASSIGNMENTS)
    @pytest.mark.parametrize("found", FOUND)
    def test_the_side_of_the_difference_is_that_of_its_value(self, found, assignment):
        said = wording.chose(found, found, assignment, onboarding=ONBOARDING)
        first = said.split(";")[0]
        value = found.estimate.value
        assert (" higher than among others" in first) == (value > 0)
        assert (" lower than among others" in first) == (value < 0)
        assert ("the same as among others" in first) == (value == 0)

    @pytest.mark.parametrize("found", FOUND)
    def test_what_chance_alone_can_make_is_called_so(self, found):
        said = wording.chose(found, found, "randomised", onboarding=ONBOARDING)
        doubted = said.count("which chance alone can make")
        assert doubted == (0 if found.is_clear or found is SAME else 2)

    def test_a_lot_and_a_choice_are_told_as_what_they_are(self):
        chosen, by_lot, unsaid = (
            wording.chose(HIGHER, HIGHER, how, onboarding=ONBOARDING) for how in ASSIGNMENTS
        )
        assert "A lot decided" in by_lot
        assert "chose it" not in by_lot
        assert "Users chose it themselves" in chosen
        assert "lot decided" not in chosen
        assert "is not said" in unsaid
        assert "If they chose it" in unsaid

    def test_a_choice_is_never_said_to_show_what_the_onboarding_does(self):
        said = wording.chose(HIGHER, HIGHER, "self-selected", onboarding=ONBOARDING)
        assert "may be who they are as much as what onboarding does" in said

    def test_a_difference_by_lot_is_not_said_to_be_free_of_chance(self):
        said = wording.chose(UNCLEAR_UP, UNCLEAR_UP, "randomised", onboarding=ONBOARDING)
        assert "nothing but chance lies between these differences and what onboarding" in said

    def test_without_a_column_an_outcome_or_events_the_right_lack_is_named(self):
        assert "who had an onboarding" in wording.nothing_chosen(None, DAY_30, NOTHING)
        assert "holds nothing that onboarding" in wording.nothing_chosen(ONBOARDING, None, NOTHING)
        few = wording.nothing_chosen(ONBOARDING, DAY_30, NOTHING)
        assert "too few have day-30 retention or too few have it not" in few
        given_ = wording.nothing_chosen(ONBOARDING, DAY_30, SOME)
        assert given_.endswith("cannot be told in this run: fewer than 5 rows lack it.")


class TestToldApart:
    @pytest.mark.parametrize("assignment", ASSIGNMENTS)
    @given(findings())
    def test_the_truth_is_told_and_whether_the_interval_holds_it(self, assignment, found):
        if found.truth is None:
            with pytest.raises(ValueError, match="nobody knows"):
                wording.told_apart(found, assignment, onboarding=ONBOARDING)
            return
        said = wording.told_apart(found, assignment, onboarding=ONBOARDING)
        holds = found.estimate.low <= found.truth <= found.estimate.high
        assert ("The interval holds that." in said) == holds
        if "raises" in said:
            assert found.truth > 0
        if "lowers" in said:
            assert found.truth < 0
        if found.truth == 0:
            assert "does nothing to day-30 retention" in said

    def test_a_truth_too_small_for_the_digits_is_no_nought(self):
        said = wording.told_apart(
            points(0.01, -0.02, 0.04, truth=0.0001), "randomised", onboarding=ONBOARDING
        )
        assert "hardly moves" in said
        assert "0.0" not in said

    def test_what_a_lot_misses_is_not_blamed_on_who_chose(self):
        missed = points(0.02, 0.01, 0.03, truth=0.05)
        assert "chose" not in wording.told_apart(missed, "randomised", onboarding=ONBOARDING)
        chosen = wording.told_apart(missed, "self-selected", onboarding=ONBOARDING)
        assert "the rest is who chose it, or chance" in chosen


class TestGroups:
    ALIKE, APART = PValue("p", 0.3), PValue("p", 0.0001)

    def said(self, higher=(), lower=(), p=ALIKE, groups=4):
        return wording.differs(AGE, p, higher, lower, alpha=0.05, groups=groups)

    def test_without_a_group_that_stands_out_none_is_named(self):
        assert self.said() == "By age group no difference beyond chance is seen (p = 0.30)."
        assert self.said(p=self.APART) == (
            "By age group the rates differ (p < 0.001), but no single group stands out."
        )

    def test_groups_above_and_below_are_named_on_their_side(self):
        said = self.said([Name("a")], [Name("b"), Name("c")])
        assert (
            said == "By age group: *a* lies above all others together, and *b* and *c* lie below."
        )
        assert self.said(lower=[Name("b")]) == "By age group: *b* lies below all others together."
        assert self.said([Name("a"), Name("b")]).endswith(
            "*a* and *b* lie above all others together."
        )

    def test_two_groups_are_held_against_each_other(self):
        assert self.said([Name("a")], [Name("b")], groups=2) == "By age group: *a* lies above *b*."
        assert "all others" in self.said([Name("a")], [Name("b")], groups=3)

    def test_small_groups_are_several(self):
        assert wording.SMALL == user_base.SMALL
        said = self.said([Name(user_base.SMALL)])
        assert said == "By age group: the small groups lie above all others together."

    def test_markup_in_a_label_stays_text_between_the_words(self):
        hostile = [Name("<b>x</b> *y*"), Name("[a](b)"), Name("$p$"), Name("_u_")]
        page = MarkdownIt().render(self.said(hostile, [Name("`z`")]))
        assert page.count("<em>") == len(hostile) + 1
        assert "<b>" not in page
        assert "<a " not in page
        assert "&lt;b&gt;x&lt;/b&gt; *y*" in page

    def test_factors_that_divide_nobody_are_told_with_the_reason(self):
        reason = Reason("why", "nobody has the outcome")
        said = wording.cannot_divide([AGE, SKILL], reason)
        assert said == "By age group or skill nothing can be said: nobody has the outcome."

    def test_small_groups_are_announced(self):
        said = wording.together(
            COUNTRY, Fact("groups", 18, "count"), Fact("fewest", 100, "count"), unit=UNIT
        )
        assert said.startswith("18 groups of country have fewer than 100 users each")


class TestEffects:
    def test_a_reason_is_given(self):
        said = wording.no_effects(DAY_30, SOME)
        assert said.endswith("cannot be told in this run: fewer than 5 rows lack it.")

    def test_too_few_events_are_told_of_all_factors(self):
        said = wording.no_groups(DAY_30, [AGE, SKILL], unit=UNIT)
        assert "too few users have it, or too few have it not" in said
        assert said.endswith("by age group and skill.")

    def test_what_stands_together_is_explained(self):
        said = wording.pooled(DAY_30, [AGE], unit=UNIT)
        assert said.startswith("“(other)” stands for the groups of age group")

    @pytest.mark.parametrize(
        ("right", "graded", "said"),
        [(90, 95, "Of 95 intervals,"), (1, 1, "Of 1 interval,"), (0, 3, "Of 3 intervals,")],
    )
    def test_intervals_that_held_are_counted(self, right, graded, said):
        facts = Fact("r", right, "count"), Fact("g", graded, "count"), Fact("p", 0.95, "share")
        text = wording.held(*facts)
        assert text.startswith(said)
        assert f"{right} {'holds' if right == 1 else 'hold'} the true effect" in text
        assert text.endswith("with a chance of 95%.")


class TestWeeks:
    def test_weeks_differ_only_below_alpha(self):
        apart = wording.by_week(DAY_30, PValue("p", 0.04), alpha=0.05)
        alike = wording.by_week(DAY_30, PValue("p", 0.06), alpha=0.05)
        assert "more than chance usually makes (p = 0.040)" in apart
        assert "no more than chance makes (p = 0.060)" in alike

    def test_no_difference_is_never_called_no_change(self):
        assert "does not show that nothing changed" in wording.by_week(
            DAY_30, PValue("p", 0.9), alpha=0.05
        )

    @pytest.mark.parametrize("found", FOUND)
    def test_churn_among_the_retained_lies_on_the_side_of_its_value(self, found):
        said = wording.among_retained(found, DAY_30, unit=UNIT)
        assert said.startswith("Among users with day-30 retention, ")
        assert ("higher than among other users" in said) == (found.estimate.value > 0)
        assert ("lower than among other users" in said) == (found.estimate.value < 0)
        assert ("chance alone" in said) == (not found.is_clear and found is not SAME)


class TestTitles:
    def test_a_reading_that_misses_looks_better_or_worse_than_the_truth(self):
        def title(found):
            return wording.reading_title("as they come", found, onboarding=ONBOARDING)

        assert title(points(0.02, 0.01, 0.03, truth=0.0)) == (
            "“as they come” makes onboarding look better than it is"
        )
        assert "look worse than" in title(points(-0.02, -0.03, -0.01, truth=0.0))
        # It harms, and by choice seems to harm less.
        assert "look better than" in title(points(-0.02, -0.03, -0.01, truth=-0.05))
        for held in (points(0.01, -0.01, 0.03, truth=0.0), points(0.01, -0.01, 0.03, truth=0.02)):
            assert "holds what onboarding does" in title(held)

    def middles(self, grades, *, outliers=True):
        truths = {"right": 6.0, "wrong": 9.0}
        found = [points(6.0, 5.5, 6.5, truth=truths[grade], unit="number") for grade in grades]
        return wording.middles(found, outliers=outliers)

    def test_outliers_move_as_many_middles_as_miss(self):
        assert "move no middle" in self.middles(["right", "right"])
        assert "move some middles" in self.middles(["wrong", "right"])
        assert "move every middle" in self.middles(["wrong", "wrong"])

    def test_without_outliers_none_is_said_to_move_anything(self):
        for grades in (["right", "right"], ["wrong", "right"]):
            assert "move" not in self.middles(grades, outliers=False)

    @pytest.mark.parametrize(
        ("mean", "median", "said"),
        [
            ((5, 6), (3, 4), "lies above"),
            ((1, 2), (3, 4), "lies below"),
            ((3, 5), (4, 6), "are close"),
        ],
    )
    def test_with_own_data_the_mean_is_held_against_the_median(self, mean, median, said):
        found = [points(sum(ends) / 2, *ends, unit="number") for ends in (mean, median)]
        assert said in wording.middles(found)


def gain(low, high, truth=None):
    return points((low + high) / 2, low, high, truth=truth, unit="number")


class TestDecision:
    @given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
    def test_the_advice_follows_from_the_whole_interval(self, low, width):
        said = wording.advice(gain(low, low + width))
        assert (said == "do it") == (low > 0)
        assert (said == "leave it") == (low + width < 0)
        assert said in {"do it", "leave it", "cannot be told"}

    UP, DOWN, OPEN = (10, 20), (-20, -10), (-10, 10)

    def said(self, *ends, truth=None):
        return wording.decided([(f"way {i}", gain(*e, truth)) for i, e in enumerate(ends)])

    def test_own_data_know_no_right_reading(self):
        assert self.said(self.UP, self.DOWN).endswith("Nobody knows which of them is.")
        assert self.said(self.UP, self.UP) == (
            "Every reading gives the same advice: do it. Readings that agree can be wrong together."
        )
        assert self.said(self.OPEN, self.OPEN) == "No reading can tell whether it pays."

    @pytest.mark.parametrize("truth", [15, -15])
    def test_every_reading_is_judged_by_the_truth(self, truth):
        said = self.said(self.UP, self.DOWN, self.OPEN, truth=truth)
        right, wrong = ("way 0", "way 1") if truth > 0 else ("way 1", "way 0")
        assert f"“{right}” chooses rightly" in said
        assert f"“{wrong}” chooses wrongly, which costs 15" in said
        assert "“way 2” cannot tell" in said
        assert f"the right choice is to {'do it' if truth > 0 else 'leave it'}" in said
        assert "different advice" in said

    def test_readings_that_agree_are_right_or_wrong_together(self):
        assert self.said(self.UP, self.UP, truth=15).endswith("Every reading chooses rightly.")
        wrong = self.said(self.UP, self.UP, truth=-15)
        assert wrong.endswith("Every reading chooses wrongly, which costs 15.0.")
        unable = self.said(self.OPEN, self.OPEN, truth=15)
        assert "chooses" not in unable
        assert "the right choice is to do it" in unable

    def test_several_wrong_readings_are_plural(self):
        said = self.said(self.UP, self.UP, self.OPEN, truth=-15)
        assert "“way 0” and “way 1” choose wrongly" in said

    def test_where_the_gain_is_nothing_either_choice_is_right(self):
        said = self.said(self.UP, self.DOWN, truth=0)
        assert "either choice is right" in said
        assert "wrongly" not in said

    def test_the_stakes_are_told(self):
        facts = Fact("v", 20.0), Fact("r", 100_000, "count"), Fact("c", 15_000, "count")
        said = wording.stakes(*facts, unit=UNIT, onboarding=ONBOARDING)
        assert "is worth 20, onboarding would reach 100,000 users and cost 15,000." in said


class TestInShort:
    @pytest.mark.parametrize("found", FOUND)
    def test_only_a_lot_says_what_the_onboarding_changes(self, found):
        by_lot = wording.in_short(found, "randomised", onboarding=ONBOARDING)
        assert ("Onboarding changes" in by_lot) == found.is_clear
        assert ("may be anything from" in by_lot) == (not found.is_clear)
        chosen = wording.in_short(found, "self-selected", onboarding=ONBOARDING)
        assert "is not known, because users chose it themselves" in chosen
        unsaid = wording.in_short(found, "not said", onboarding=ONBOARDING)
        assert "because it is not said whether they chose it" in unsaid

    def test_the_most_active_are_told_with_their_share(self):
        said = wording.heaviest(
            Fact("top", 0.01, "share"), Fact("of", 0.0741, "share", 1), Name("lessons"), unit=UNIT
        )
        assert said == "The most active 1% of users make 7.4% of all lessons."


@given(findings(), st.sampled_from(ASSIGNMENTS))
def test_every_sentence_traces_and_none_reads_like_a_program(found, assignment):
    said = [
        wording.chose(found, found, assignment, onboarding=ONBOARDING),
        wording.in_short(found, assignment, onboarding=ONBOARDING),
        wording.among_retained(found, Name("day-7 retention"), unit=UNIT),
        wording.decided([("one way", found), ("another", found)]),
        wording.reading_title("one way", found, onboarding=ONBOARDING),
    ]
    if found.truth is not None:
        said.append(wording.told_apart(found, assignment, onboarding=ONBOARDING))
    truth = Fact("truth", abs(found.truth or 0), "points")
    written = found.estimate.write(abs(found.truth or 0))
    payloads = payloads_of([found, ONBOARDING, Name("day-7 retention"), Name(written), truth])
    for sentence in said:
        check_traced(sentence, payloads)
        assert not re.search(r"\bnan\b|\binf\b|None|  |\(\)", sentence), sentence
