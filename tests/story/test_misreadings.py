"""Wording of a drop that is misread: each sentence is true for the numbers that it is given."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowntruth.story import Estimate, Fact, Finding, Name, launches, meetings
from knowntruth.story import misreadings as wording
from knowntruth.story.facts import Reason
from knowntruth.story.saying import check_traced, payloads_of

RATIO, USERS = Name("sessions per active user"), Name("users")
FEATURE, SESSIONS = Name("the feature"), Name("sessions")
NAMES = {"feature": FEATURE, "sessions": SESSIONS}


def finding(value, low, high, *, truth=None, p=None, name="reading"):
    """Return a finding about the ratio."""
    estimate = Estimate(value=value, low=low, high=high, level=0.95, n=91, p_value=p)
    return Finding(name, RATIO, estimate, truth=truth, names=(USERS, FEATURE))


DOWN = finding(-0.027, -0.034, -0.021, p=1e-13)
UP = finding(0.13, 0.12, 0.14, p=1e-20)
UNCLEAR = finding(0.003, -0.005, 0.011, p=0.4)
UNCLEAR_DOWN = finding(-0.003, -0.011, 0.005, p=0.4)


@st.composite
def findings(draw, truth=None):
    """Draw findings, some of them without bounds."""
    value = draw(st.floats(-0.9, 0.9))
    below, above = draw(st.floats(1e-6, 0.5)), draw(st.floats(1e-6, 0.5))
    low = -math.inf if draw(st.booleans()) else value - below
    known = draw(st.none() | st.just(0.0) | st.floats(-0.9, 0.9)) if truth is None else truth
    return finding(value, low, value + above, truth=known, p=draw(st.floats(0, 1)))


def fact(name, value, decimals=3):
    return Fact(name, value, decimals=decimals)


FACTS = st.floats(-2, 2).map(lambda value: fact("fact", value))


def traced(text, *facts):
    """Return a sentence after a check that each number of it comes from its facts."""
    check_traced(text, payloads_of(facts))
    assert text[:1].upper() == text[:1]
    assert not re.search(r"  |\bnan\b|\binf\b|\bNone\b(?! of)|\.\.", text), text
    return text


class TestTheChange:
    @given(findings(), FACTS, FACTS)
    def test_it_falls_where_it_is_negative_and_every_number_traces(self, change, before, after):
        said = traced(launches.changed(change, before, after), change, before, after)
        shows = any(digit in f"{change:size}" for digit in "123456789")
        assert ("fell by" in said) == (change.estimate.value < 0 and shows)
        assert ("rose by" in said) == (change.estimate.value > 0 and shows)
        assert ("by themselves" in said) == (not change.is_clear)

    def test_without_a_method_only_the_two_means_are_given(self):
        why = Reason("why", "a stretch has fewer than 4 days")
        facts = fact("before", 1.85), fact("after", 1.88)
        said = traced(launches.unmeasured(RATIO, *facts, why), *facts, why, RATIO)
        assert "cannot be told: a stretch has fewer than 4 days" in said

    @given(st.none() | FACTS, FACTS)
    def test_the_truth_is_told_with_its_sign(self, adds, without):
        said = traced(
            launches.really(adds, without, ratio=RATIO, **NAMES), adds or (), without, RATIO
        )
        if adds is None:
            assert "nobody can meet" in said
        elif round(adds.value, 3) == 0:
            assert "does nothing" in said
        else:
            assert ("adds" in said, "takes" in said) == (adds.value > 0, adds.value < 0)
        way = "stay where it was" if round(without.value, 3) == 0 else "fall by"
        assert (way if without.value <= 0 or round(without.value, 3) == 0 else "rise by") in said


class TestTheDecision:
    @pytest.mark.parametrize(
        ("readings", "choice", "said"),
        [
            ([DOWN] * 3, meetings.ROLL_BACK, "All three numbers point down, so"),
            ([UP] * 3, meetings.KEEP, "All three numbers point up, so"),
            ([DOWN, DOWN], meetings.ROLL_BACK, "Both numbers point down, so"),
            ([DOWN], meetings.ROLL_BACK, "The one number points down, so"),
            ([UNCLEAR], meetings.KEEP, "The one number does not point clearly anywhere, so"),
            ([UNCLEAR] * 3, meetings.KEEP, "None of the three numbers points clearly anywhere, so"),
            ([UP, DOWN, DOWN], meetings.ROLL_BACK,
             "Of three numbers two point down and one points up, so"),
            ([UNCLEAR, DOWN, DOWN], meetings.ROLL_BACK,
             "Of three numbers two point down and one nowhere clearly, so"),
            ([UP, DOWN, UNCLEAR], meetings.KEEP,
             "Of three numbers one points down, one points up and one nowhere clearly, so"),
            ([UP, UP, DOWN], meetings.KEEP,
             "Of three numbers one points down and two point up, so"),
            ([], meetings.KEEP, "There is no number that could be tested, so"),
        ],
    )  # fmt: skip
    def test_it_follows_the_majority_of_clear_readings(self, readings, choice, said):
        assert meetings.decision(readings) == choice
        for was_held, who in ((True, "the meeting decides"), (False, "a hurried meeting would")):
            sentence = traced(
                meetings.decided(readings, feature=FEATURE, was_held=was_held), FEATURE
            )
            assert sentence.startswith(f"{said} {who}")
            end = "roll the feature back." if choice == meetings.ROLL_BACK else "keep the feature."
            assert sentence.endswith(end)

    @given(st.lists(st.sampled_from([UP, DOWN, UNCLEAR]), max_size=3))
    def test_the_last_word_is_the_decision(self, readings):
        said = meetings.summed_up(readings, feature=FEATURE)
        rolls_back = meetings.decision(readings) == meetings.ROLL_BACK
        assert ("back this week" in said) == rolls_back
        if "the numbers agree" in said:
            assert len({one.direction for one in readings}) == 1

    @pytest.mark.parametrize("choice", [meetings.ROLL_BACK, meetings.KEEP])
    @pytest.mark.parametrize("worth", [51_300.0, 0.0, -85_500.0])
    def test_what_it_costs_has_the_sign_of_the_truth(self, choice, worth):
        facts = Fact("worth", worth, "count"), Fact("days", 90, "count")
        said = traced(meetings.at_stake(choice, *facts, **NAMES), *facts, *NAMES.values())
        right = (worth > 0) == (choice == meetings.KEEP)
        assert ("either choice" in said) == (worth == 0)
        if worth:
            assert ("happens to be right" in said) == right
            assert ("loses" in said or "losing" in said) == (not right)

    def test_where_no_meeting_was_held_none_is_said_to_decide(self):
        said = meetings.chosen(meetings.KEEP, feature=FEATURE, was_held=False)
        assert said == "A hurried meeting would decide to keep the feature."


class TestTheMeeting:
    @given(FACTS, FACTS)
    def test_quotes_have_the_direction_of_their_numbers(self, one, other):
        gap = fact("gap", one.value - other.value)
        same = round(gap.value, 3) == 0
        dropped = traced(meetings.said_drop(other, one, gap), one, other, gap)
        assert ("no change" in dropped) == same
        assert ("up" in dropped, "down" in dropped) == (
            gap.value > 0 and not same, gap.value < 0 and not same,
        )  # fmt: skip
        cut = traced(meetings.said_cut(one, other, gap, feature=FEATURE), one, other, gap, FEATURE)
        assert ("does more" in cut) == (gap.value > 0 and not same)
        assert ("does less" in cut) == (gap.value < 0 and not same)

    @pytest.mark.parametrize(
        ("drop", "cut", "said"),
        [
            (DOWN, DOWN, "Both are significant, so it is real"),
            (DOWN, None, "That is significant, so it is real"),
            (DOWN, UNCLEAR, "So the change is significant"),
            (UNCLEAR, UP, "So the cut is significant"),
            (UNCLEAR, UNCLEAR, "Nothing is significant"),
            (None, None, "nothing to test"),
        ],
    )
    def test_only_clear_tests_are_called_significant(self, drop, cut, said):
        assert said in traced(meetings.said_tests(drop, cut), drop or (), cut or ())

    def test_empty_cells_are_counted(self):
        assert "One of the four cells is empty" in meetings.said_cells(None, 1)
        assert "Two cells are empty" in meetings.said_cells(None, 2)
        number = fact("by_hand", 0.745)
        assert "is 0.745" in traced(meetings.said_cells(number, 0), number)
        titles = [meetings.cells_title(empty) for empty in (0, 1, 2)]
        assert titles[0].endswith("all of them have sessions")
        assert titles[1].endswith("one of them is empty")
        assert titles[2].endswith("two of them are empty")

    def test_the_row_of_the_launch_is_read_with_its_sign_and_only_if_clear(self):
        assert "it says −0.027" in traced(meetings.said_regression(DOWN, UP), DOWN, UP)
        assert "nothing clear" in meetings.said_regression(UNCLEAR, UP)
        assert "Every row" not in meetings.said_regression(DOWN, UNCLEAR)

    @given(FACTS)
    def test_the_title_of_days_has_the_direction_of_the_change(self, gap):
        title = traced(meetings.daily_title(gap, ratio=RATIO), gap)
        same = round(gap.value, 3) == 0
        assert ("higher" in title, "lower" in title) == (
            gap.value > 0 and not same, gap.value < 0 and not same,
        )  # fmt: skip


class TestOpenEyes:
    def test_a_change_that_only_hurry_calls_clear_is_said_to_be_so(self):
        assert "As if days were independent" in traced(
            wording.drop_can(UNCLEAR_DOWN, DOWN), UNCLEAR_DOWN, DOWN
        )
        assert "is clear" in wording.drop_can(DOWN, DOWN)
        assert "not clear" in wording.drop_can(UNCLEAR, UNCLEAR)

    @pytest.mark.parametrize(
        ("twice", "exposed", "others", "union", "said"),
        [
            (0.317, 1.416, 1.284, 1.761, "So 1.416 (exposed) and 1.284 (not exposed) both lie"),
            (0.05, 1.9, 1.0, 1.8, "So 1.000 (not exposed) lies below the union, 1.800"),
            (0.05, 1.9, 1.85, 1.8, "neither lies below the union"),
            (0.005, 1.7621, 1.0, 1.7622, "So 1.000 (not exposed) lies below"),
            (0.0, 1.4, 1.2, 1.3, "lies between 1.400 and 1.200"),
        ],
    )
    def test_only_what_lies_below_the_union_is_said_to(self, twice, exposed, others, union, said):
        share = Fact("twice", twice, "share", decimals=1)
        facts = [fact(f"ratio_{i}", one) for i, one in enumerate((exposed, others, union))]
        text = traced(wording.below(share, *facts, sessions=SESSIONS), share, facts, SESSIONS)
        assert said in text
        assert ("No user-day" in wording.overlap_title(share)) == (twice == 0)

    @given(FACTS, FACTS)
    def test_the_sign_turns_where_it_does(self, over, same):
        said = traced(wording.flips(over, same, **NAMES), over, same, *NAMES.values())
        assert ("The sign turns" in said) == (over.value * same.value < 0)

    @pytest.mark.parametrize(
        ("clear", "said"),
        [(3, "all three worlds"), (1, "one of the three"), (0, "none of the three")],
    )
    def test_worlds_in_which_a_test_rejects_are_counted(self, clear, said):
        text = wording.rejects(clear, 3, feature=FEATURE)
        assert said in text
        assert ("tells nothing" in text) == (clear == 3)

    @pytest.mark.parametrize(
        ("found", "said"),
        [
            (finding(0.4, 0.2, 0.6, p=1e-4), "say as much as 38 independent ones"),
            (finding(0.1, -0.1, 0.3, p=0.3), "is not clear from these 91"),
            (finding(-0.4, -0.6, -0.2, p=1e-4), "Days turn against the day before"),
        ],
    )
    def test_days_stick_only_where_that_is_clear(self, found, said):
        facts = (
            Fact("n", 91, "count"), Fact("effective", 38.2, "count"),
            Fact("widening", 1.547, decimals=2),
        )  # fmt: skip
        assert said in traced(wording.stick(found, *facts), found, facts)

    def test_tests_that_call_the_change_clear_are_named(self):
        tests = {"Welch's test": DOWN, "cosine waves": UNCLEAR_DOWN}
        text = traced(wording.tests_of_days(tests), *tests.values())
        assert text.endswith("Only Welch's test calls the change clear.")
        assert wording.tests_of_days({"a": DOWN, "b": UP}).endswith("All of them call the change "
                                                                    "clear.")  # fmt: skip
        assert "None of them" in wording.tests_of_days({"a": UNCLEAR})

    def test_exposure_before_the_launch_is_a_fault_and_none_is_a_gap_in_the_world(self):
        before = Fact("before", 251_993, "count")
        for exposed, said in ((0, "a group that does not exist"), (66, "the column is wrong")):
            facts = before, Fact("exposed", exposed, "count")
            assert said in traced(wording.gap(*facts, sessions=SESSIONS), facts, SESSIONS)

    def test_arrows_are_counted(self):
        boxes = [Name("activity"), Name("uses the feature")]
        assert wording.acts_on("exposed sessions", boxes) == (
            "In this run arrows lead to exposed sessions from “activity” and “uses the feature”."
        )
        assert "an arrow leads to x from “activity”" in wording.acts_on("x", boxes[:1])
        assert "no arrow leads" in wording.acts_on("x", [])

    def test_a_regression_of_full_rank_is_not_said_to_lack_anything(self):
        columns = Fact("columns", 4, "count")
        for rank, said in ((4, "all of them apart"), (3, "can tell 3 apart")):
            facts = columns, Fact("rank", rank, "count")
            assert said in traced(wording.cannot_answer(*facts), facts)


PARTS = {
    "total": finding(-0.025, -0.031, -0.020), "stayed": finding(0.003, -0.003, 0.009),
    "left": finding(0.0001, 0.00003, 0.0002), "came": finding(-0.029, -0.031, -0.026),
}  # fmt: skip


class TestCarefulReadings:
    def test_the_largest_part_is_named_however_small_others_are_clear(self):
        said = traced(launches.by_whom(PARTS), *PARTS.values())
        assert "The largest of the three parts is that others came: −0.0290" in said
        assert launches.parts_title(PARTS) == "What moved the number most: that others came"

    def test_a_part_that_chance_can_make_moves_nothing(self):
        parts = PARTS | {"stayed": finding(-0.5, -1.2, 0.2)}
        assert "chance alone" in launches.by_whom(parts)
        assert launches.parts_title(parts) == "No part of the change is clear"

    @given(findings())
    def test_access_gains_or_loses_and_the_interval_holds_the_truth_or_not(self, found):
        said = traced(launches.by_access(found), found, *found.names, RATIO)
        assert ("gained" in said) == (found.estimate.value >= 0)
        if found.truth is not None:
            assert ("holds" in said) == found.estimate.covers(found.truth)
            assert ("does nothing" in said) == (found.truth == 0)
        else:
            assert "If both would have changed alike" in said

    @given(FACTS, FACTS)
    def test_the_title_of_causes_has_the_signs_of_both(self, feature, rest):
        title = traced(launches.made_title(feature, rest, ratio=RATIO, name=FEATURE), feature, rest)
        ours, others = round(feature.value, 3), round(rest.value, 3)
        assert ("raised" in title.partition(RATIO.text)[0]) == (ours > 0)
        assert ("did nothing" in title) == (ours == 0)
        assert ("and so did" in title) == (ours * others > 0)

    def test_causes_that_add_nothing_are_named_as_such(self):
        parts = {"the feature": fact("a", 0.025), "the season": fact("b", -0.026),
                 "the burst": fact("c", 0.0)}  # fmt: skip
        said = traced(launches.made_of(parts, ratio=RATIO), parts.values())
        assert said == (
            "To be expected: the feature adds 0.025 and the season takes 0.026. "
            "Nothing comes from the burst."
        )
        nothing = {name: fact(name, 0.0) for name in parts}
        assert "nothing acts" in launches.made_of(nothing, ratio=RATIO)


def gains(*values, truth):
    """Return labelled gains, each clear unless it is zero."""
    found = []
    for number, value in enumerate(values):
        wide = 10.0 if value else 100.0
        estimate = Estimate(value=value, low=value - wide, high=value + wide, level=0.95, n=9)
        one = Finding(f"gain_{number}", Name("net gain"), estimate, truth, (USERS, FEATURE))
        found.append((f"reading {'abcd'[number]}", one))
    return found


class TestTheCost:
    @pytest.mark.parametrize(
        ("values", "truth", "said"),
        [
            ((-50, 50), 51.0, "to keep it: “reading b” says so; “reading a” says the contrary."),
            ((-50, -60), -51.0, "to roll it back: “reading a” and “reading b” say so."),
            ((0, -60), 51.0, "to keep it: “reading b” says the contrary; “reading a” cannot tell."),
            ((50, 60), 0.0, "either choice is as good"),
            ((-50, -60), None, "that readings agree is no proof"),
        ],
    )
    def test_readings_are_held_against_the_truth(self, values, truth, said):
        found = gains(*values, truth=truth)
        text = traced(meetings.weighed(found, feature=FEATURE), [one for _, one in found], FEATURE)
        assert said in text

    def test_advice_needs_the_whole_interval(self):
        [(_, gain)] = gains(0, truth=None)
        assert meetings.advice(gain) == meetings.OPEN

    def test_readings_that_always_call_an_effect_are_said_to(self):
        def share(value):
            estimate = Estimate(
                value=value, low=0.8, high=1.0, level=0.95, n=200, unit="share", null=None
            )
            return Finding("alarms", RATIO, estimate)

        worlds = Fact("worlds", 200, "count")
        always = [("a", share(1.0)), ("b", share(1.0))]
        said = traced(wording.every_null(always, worlds), worlds, [one for _, one in always])
        assert said.startswith("In each of 200 worlds")
        mixed = [("a", share(1.0)), ("b", share(0.9))]
        said = traced(wording.every_null(mixed, worlds), worlds, [one for _, one in mixed])
        assert "“b” in 90.0%" in said
        assert "each of" not in said


def test_every_reading_of_a_score_card_has_a_reason_and_an_assumption():
    for why, assumes in wording.SCORE.values():
        assert why.endswith(".")
        assert assumes.endswith(".")
