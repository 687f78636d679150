"""Wording of rollouts: each sentence is true for the numbers that it is given."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowntruth.story import Estimate, Fact, Finding, Name, PValue
from knowntruth.story import rollouts as telling
from knowntruth.story.parallel_trends import Words
from knowntruth.story.saying import check_traced, payloads_of

W = Words(Name("users"), Name("adopters"), Name("waiters"), Name("the tour"), Name("week"))
STATE = Name("state")


def effect(value, low, high, *, truth=None, p_value=None, unit="number"):
    estimate = Estimate(
        value=value, low=low, high=high, level=0.95, n=100, p_value=p_value, unit=unit
    )
    return Finding("effect", Name("sessions a day"), estimate, truth=truth, names=tuple(W))


def count(number):
    return Fact("number", number, "count")


HIGHER, LOWER = effect(0.03, 0.01, 0.05), effect(-0.03, -0.05, -0.01)
UNCLEAR = effect(0.01, -0.02, 0.04)
UNBOUNDED = effect(0.01, -math.inf, math.inf)


class TestWho:
    @pytest.mark.parametrize(
        ("starts", "said"),
        [
            ([], "Nobody is ever treated."),
            ([4], "Treatment starts in week 4."),
            ([0, 2], "Treatment starts in weeks 0 and 2."),
            ([dt.date(2024, 6, 1)], "Treatment starts in week 1 June 2024."),
        ],
    )
    def test_groups_are_counted_and_starts_are_named(self, starts, said):
        text = telling.sizes(count(1), count(26), [telling.moment(one) for one in starts], W)
        assert text == f"Adopters: 1; waiters: 26. {said}"

    @pytest.mark.parametrize(
        ("treated", "controls", "said"),
        [
            (1, 26, "only one state is treated"),
            (26, 1, "only one state is a control"),
            (1, 1, "only one state is treated"),
            (3, 26, "one side has 3"),
            (26, 4, "one side has 4"),
        ],
    )
    def test_errors_from_few_clusters_are_not_trusted(self, treated, controls, said):
        text = telling.few_clusters(count(treated), count(controls), cluster=STATE)
        assert said in text
        assert text.startswith("But this interval")

    @pytest.mark.parametrize(("treated", "controls"), [(5, 26), (5, 5), (0, 26), (26, 0)])
    def test_many_clusters_or_a_side_without_any_get_no_warning(self, treated, controls):
        assert telling.few_clusters(count(treated), count(controls), cluster=STATE) == ""

    def test_small_waves_are_named(self):
        waves = [telling.moment(2006), telling.moment(2010)]
        assert "from week 2006 or 2010 on" in telling.few_in_waves(waves, period=W.period)
        assert telling.few_in_waves([], period=W.period) == ""


class TestHurried:
    def test_groups_that_differed_before_are_said_to(self):
        said = telling.hurried(HIGHER, HIGHER, LOWER)
        assert "before it they already differed: by +0.030 (0.010 to 0.050)" in said
        assert said.endswith("adopters changed by −0.030 (−0.050 to −0.010).")

    def test_groups_that_may_have_been_alike_are_not(self):
        assert "they did not clearly differ: by" in telling.hurried(UNCLEAR, HIGHER, LOWER)

    def test_without_an_error_none_is_told(self):
        assert telling.hurried(HIGHER, HIGHER, UNBOUNDED).endswith("no error can be told.")


class TestWays:
    def test_ways_that_agree_are_said_to_and_why(self):
        facts = {"whole": count(27), "units": count(27), "agree": True}
        said = telling.ways([HIGHER, HIGHER], **facts, alike=True)
        assert said.endswith("digit: every one of the 27 users is seen in every week.")
        assert telling.ways([HIGHER], **facts, alike=False).endswith("the last digit.")

    @pytest.mark.parametrize(
        ("whole", "why"),
        [(12, "12 of 27 users are seen"), (0, "none of 27 users are"), (27, "rows do not all")],
    )
    def test_ways_that_do_not_agree_have_a_reason(self, whole, why):
        said = telling.ways(
            [HIGHER, UNCLEAR], whole=count(whole), units=count(27), agree=False, alike=False
        )
        assert why in said
        assert "from +0.010 to +0.030, and each lies within" in said

    def test_ways_outside_of_intervals_are_told(self):
        said = telling.ways(
            [HIGHER, LOWER], whole=count(1), units=count(27), agree=False, alike=False
        )
        assert "not all of them lie within" in said


class TestWidths:
    @pytest.mark.parametrize(
        ("ratio", "said"), [(1.02, "about as wide"), (0.8, "narrower than"), (1.7, "1.7 times as")]
    )
    def test_a_ratio_has_a_direction(self, ratio, said):
        assert said in telling.widths("the first", "the second", Fact("ratio", ratio))

    def test_it_is_that_of_both_intervals(self):
        found = telling.width_ratio("ratio", effect(0, -0.06, 0.06), UNCLEAR)
        assert found is not None
        assert found.value == pytest.approx(2)

    @pytest.mark.parametrize("other", [UNBOUNDED, effect(0.01, 0.01, 0.01)])
    def test_there_is_none_beside_an_interval_without_a_width(self, other):
        assert telling.width_ratio("ratio", HIGHER, other) is None


class TestHolding:
    RIGHT, WRONG = effect(0.03, 0.01, 0.05, truth=0.02), effect(0.03, 0.01, 0.05, truth=0.9)

    def test_each_interval_is_on_its_side(self):
        said = telling.holding([("one", self.RIGHT), ("two", self.WRONG), ("three", self.WRONG)])
        assert said == "The truth is held by “one”; it is left out by “two” and “three”."

    def test_an_interval_that_holds_no_effect_as_well_holds_the_truth(self):
        undecided = effect(0.01, -0.02, 0.04, truth=0.02)
        assert undecided.grade == "undecided"
        assert telling.holding([("one", undecided)]) == "It holds the truth."

    @pytest.mark.parametrize(
        ("found", "said"),
        [
            ([RIGHT, RIGHT], "All of these intervals hold"),
            ([WRONG, WRONG], "None of these intervals holds"),
            ([RIGHT], "It holds the truth."),
            ([WRONG], "It does not."),
        ],
    )
    def test_all_or_none_are_said_together(self, found, said):
        assert telling.holding([("label", one) for one in found]).startswith(said)

    @pytest.mark.parametrize(
        ("two", "mixed", "said"),
        [
            (0.1, 0.02, "the mixture comes closer"),
            (0.02, 0.1, "the differences come closer"),
            (0.1, 0.1, "Both are off by 0.1."),
        ],
    )
    def test_who_comes_closer_is_who_is_less_off(self, two, mixed, said):
        assert said in telling.off(Fact("two", two), Fact("mixed", mixed))


class TestPlacebos:
    @pytest.mark.parametrize(
        ("clear", "dates", "said"),
        [
            (0, 7, "none seems to have an effect"),
            (1, 7, "1 seems to have"),
            (3, 7, "3 seem to have"),
            (0, 1, "The one start that never was seems to have no clear effect."),
            (1, 1, "seems to have a clear effect."),
        ],
    )
    def test_starts_that_seem_to_have_an_effect_are_counted(self, clear, dates, said):
        text = telling.placebo_dates(count(clear), count(dates), Fact("by_chance", 0.4))
        assert said in text
        assert "too many for that" not in text

    def test_most_of_them_are_more_than_chance(self):
        text = telling.placebo_dates(count(6), count(7), Fact("by_chance", 0.4))
        assert "moved apart before anybody was treated, or the errors are too small" in text

    @pytest.mark.parametrize(("found", "said"), [(HIGHER, "or chance."), (UNCLEAR, "should be.")])
    def test_an_outcome_that_moves_is_a_warning(self, found, said):
        assert telling.placebo_outcome(found, Name("days"), W).endswith(said)


class TestTakeUp:
    STAGE = effect(0.6, 0.5, 0.7, unit="points")

    def test_the_offer_is_put_on_the_takers(self):
        said = telling.offered_and_taken(HIGHER, self.STAGE, effect(0.05, 0.02, 0.08))
        assert "Being offered raises take-up by 60.0 percentage points" in said
        assert said.endswith("the effect on the others is +0.050 (0.020 to 0.080).")

    def test_where_take_up_hardly_rises_anything_is_possible(self):
        said = telling.offered_and_taken(HIGHER, self.STAGE, UNBOUNDED)
        assert "may do anything to those who take it up" in said

    def test_where_it_cannot_be_told_that_is_said(self):
        said = telling.offered_and_taken(HIGHER, self.STAGE, None)
        assert said.endswith("So nothing can be said of those who take it up.")

    def test_where_nobody_takes_it_up_there_is_no_such_effect(self):
        nobody = effect(0.0, -math.inf, math.inf, unit="points")
        assert "Nobody took it up" in telling.offered_and_taken(HIGHER, nobody, None)

    def test_the_truth_about_never_takers_is_told_where_it_is_known(self):
        share, truth = Fact("share", 0.06, "share"), Fact("truth", 0.05, "share")
        assert telling.never_takers(share, None, W) == "Of adopters, 6% never took it up."
        assert "in truth 5% never would" in telling.never_takers(share, truth, W)


class TestMixture:
    FACTS = count(19), count(3)

    def test_an_interval_is_told_with_its_p_value(self):
        found = effect(0.03, -0.01, 0.07, p_value=0.1)
        said = telling.mixture(found, *self.FACTS, Fact("least", 0.05), exact=False)
        assert said.endswith("the effect is +0.030 (−0.010 to 0.070, p = 0.10).")

    @pytest.mark.parametrize(
        ("least", "exact", "said"),
        [
            (0.05, True, "no placebo can judge it"),
            (0.2, False, "cannot fall below 0.2"),
            (0.05, False, "fitted exactly"),
        ],
    )
    def test_without_an_interval_the_reason_is_told(self, least, exact, said):
        found = effect(0.03, -math.inf, math.inf, p_value=None if exact else 0.1)
        assert said in telling.mixture(found, *self.FACTS, Fact("least", least), exact=exact)


class TestWeights:
    def test_negative_weights_are_told_only_where_there_are_some(self):
        none, some = Fact("share", 0.0, "share"), Fact("share", 0.3, "share")
        total = Fact("total", -0.14)
        assert "30% of treated rows a negative weight" in telling.negative(some, total)
        assert "no effect enters" in telling.negative(none, total)
        assert "30%" in telling.negative_title(some)
        assert "negative" not in telling.negative_title(none)


class TestAnswer:
    NEVER = Fact("never", 0.06, "share")

    @pytest.mark.parametrize(("found", "way"), [(HIGHER, "raised"), (LOWER, "lowered")])
    def test_a_clear_effect_is_told_with_that_on_takers(self, found, way):
        said = telling.answer(found, taken=found, never=self.NEVER, apart=None)
        assert said.startswith(f"The tour {way} sessions a day by 0.030")
        assert said.endswith("for 6% of adopters never took it up.")

    def test_an_unclear_effect_is_not(self):
        said = telling.answer(UNCLEAR, taken=UNCLEAR, never=self.NEVER, apart=None)
        assert said.startswith("This table cannot tell whether the tour raised or lowered")
        assert "6%" not in said

    def test_an_unbounded_effect_on_takers_is_left_out(self):
        said = telling.answer(HIGHER, taken=UNBOUNDED, never=None, apart=None)
        assert "took it up" not in said

    def test_groups_that_moved_apart_before_are_part_of_it(self):
        said = telling.answer(HIGHER, taken=None, never=None, apart=PValue("p", 0.01))
        assert said.endswith("(p = 0.010), so some of this may be no work of the tour.")

    @given(st.floats(-0.9, 0.9), st.floats(1e-6, 0.5))
    def test_every_number_traces_to_its_findings(self, value, reach):
        found = effect(value, value - reach, value + reach)
        said = telling.answer(found, taken=found, never=self.NEVER, apart=None)
        check_traced(said, payloads_of([found, self.NEVER]))


def test_decimals_are_those_that_a_finding_is_written_in():
    assert telling.decimals(HIGHER) == 3
    assert telling.decimals(None) == 3
    assert telling.decimals(effect(12.0, 2.0, 22.0)) == 0


@pytest.mark.parametrize(("value", "text"), [(0.0053, "0.0053"), (0.1360, "0.14"), (12.3, "12")])
def test_two_digits_are_two_digits(value, text):
    assert str(telling.two_digits("number", value)) == text


def test_every_reason_of_the_score_card_has_both_its_halves():
    assert all(len(why) > 20 and len(assumes) > 20 for why, assumes in telling.SCORE.values())
