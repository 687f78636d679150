"""Wording of parallel trends: each sentence is true for the numbers that it is given."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowntruth.story import Estimate, Fact, Finding, Name, PValue
from knowntruth.story import parallel_trends as wording
from knowntruth.story.facts import Reason
from knowntruth.story.saying import check_traced, payloads_of

W = wording.Words(Name("users"), Name("adopters"), Name("waiters"), Name("the tour"), Name("week"))
SESSIONS = Name("sessions a day")
NO_REASON = Reason("why", "")


def effect(value, low, high, *, truth=None):
    estimate = Estimate(value=value, low=low, high=high, level=0.95, n=100)
    return Finding("effect", SESSIONS, estimate, truth=truth, names=tuple(W))


HIGHER, LOWER = effect(0.03, 0.01, 0.05), effect(-0.03, -0.05, -0.01)
UNCLEAR = effect(0.01, -0.02, 0.04)
UNBOUNDED = effect(0.01, -math.inf, math.inf)


@st.composite
def findings(draw):
    """Draw effects, with and without ends and a truth."""
    value = draw(st.floats(-0.9, 0.9))
    below, above = draw(st.floats(1e-6, 0.5)), draw(st.floats(1e-6, 0.5))
    low = -math.inf if draw(st.booleans()) else value - below
    high = math.inf if draw(st.booleans()) else value + above
    truth = draw(st.none() | st.just(0.0) | st.floats(-0.9, 0.9))
    return effect(value, low, high, truth=truth)


class TestEffect:
    @pytest.mark.parametrize(("found", "way"), [(HIGHER, "raises"), (LOWER, "lowers")])
    def test_a_clear_effect_has_a_direction_and_a_proviso(self, found, way):
        said = wording.effect(found)
        assert said.startswith(f"**The tour {way} sessions a day by 0.030**")
        assert said.endswith("provided that adopters would have changed as waiters did.")

    def test_an_effect_that_may_be_nothing_is_not_told(self):
        said = wording.effect(UNCLEAR)
        assert "cannot be told" in said
        assert "from 0.020 lower to 0.040 higher than without" in said

    def test_an_effect_without_an_error_has_no_direction(self):
        said = wording.effect(UNBOUNDED)
        assert "raises" not in said
        assert "nothing is left from which to tell its error" in said

    def test_why_there_is_none_is_said(self):
        said = wording.no_effect(Reason("why", "nobody is treated"), W)
        assert said == "**What the tour did cannot be told in this run**: nobody is treated."

    @given(findings())
    def test_every_number_traces_to_the_finding(self, found):
        check_traced(wording.effect(found), payloads_of([found]))
        if found.truth is not None:
            check_traced(wording.right(found), payloads_of([found]))


class TestTruth:
    @pytest.mark.parametrize(
        ("found", "said"),
        [
            (effect(0.03, 0.01, 0.05, truth=0.02), "is 0.020; the interval holds that."),
            (effect(0.03, 0.01, 0.05, truth=0.0), "there is no effect; the interval leaves that"),
            (effect(0.01, -0.02, 0.04, truth=0.02), "and it holds no effect as well."),
            (effect(0.01, -0.02, 0.04, truth=0.0), "there is no effect; the interval holds that."),
            (effect(0.03, 0.01, 0.05, truth=0.00001), "close to nothing; the interval leaves"),
        ],
    )
    def test_it_is_held_or_left_out_as_the_interval_has_it(self, found, said):
        assert said in wording.right(found)

    def test_nobody_says_it_who_does_not_know_it(self):
        with pytest.raises(ValueError, match="nobody knows"):
            wording.right(HIGHER)


class TestTrust:
    @pytest.mark.parametrize(
        ("size", "said"),
        [
            (0.0, "not clear even if there is no such difference"),
            (0.5, "from one week to the next, by no more than 0.50 times"),
            (math.inf, "however far"),
        ],
    )
    def test_it_ends_where_the_bounds_do(self, size, said):
        fact = Fact("size", size, decimals=2)
        assert said in wording.trusted(HIGHER, fact, NO_REASON)

    def test_without_bounds_their_reason_is_given(self):
        said = wording.trusted(LOWER, None, Reason("why", "one week is there"))
        assert said.endswith("cannot be told: one week is there.")

    def test_what_is_not_clear_stays_clear_under_no_drift(self):
        said = wording.trusted(UNCLEAR, Fact("size", 0.5), NO_REASON)
        assert "stays clear" not in said

    @pytest.mark.parametrize(
        ("size", "said"),
        [(0.0, "No clear effect"), (0.5, "up to a size of 0.5"), (math.inf, "at every size")],
    )
    def test_the_title_of_the_bounds_says_the_same(self, size, said):
        assert said in wording.bounds_title(Fact("size", size))


class TestDrift:
    SLOPE, MOVES = Fact("slope", 0.005), Fact("moves", 0.02)

    def test_a_drift_that_makes_a_clear_effect_makes_all_of_it(self):
        said = wording.feigned(self.SLOPE, HIGHER, moves=self.MOVES)
        assert said.endswith("that alone would have made the whole estimate.")

    def test_a_drift_beside_an_unclear_effect_hides_or_feigns_one(self):
        said = wording.feigned(self.SLOPE, UNCLEAR, moves=self.MOVES)
        assert said.endswith("its interval, 0.02: enough to hide an effect, or to feign one.")

    @pytest.mark.parametrize("found", [HIGHER, UNCLEAR])
    def test_a_stated_drift_moves_the_estimate_by_so_much(self, found):
        said = wording.feigned(self.SLOPE, found, moves=self.MOVES, stated=True)
        assert "the stated 0.005 a week" in said
        assert said.endswith("moved the estimate by 0.02.")

    @pytest.mark.parametrize(
        ("bias", "left", "said"),
        [(0.02, 0.03, "more"), (-0.02, -0.03, "more"), (0.03, 0.02, "less"), (0.02, 0.02, "much")],
    )
    def test_the_bias_of_tables_that_pass_is_compared_by_size(self, bias, left, said):
        text = wording.passed(Fact("bias", bias), Fact("left", left))
        assert text.endswith(f"{said}.")

    @pytest.mark.parametrize(
        ("drift", "said"), [(0.0, "no drift was built in"), (0.01, "gain"), (-0.01, "lose 0.01 a")]
    )
    def test_the_true_drift_has_a_direction(self, drift, said):
        assert said in wording.true_drift(Fact("drift", drift), W)

    def test_a_drift_to_be_seen_has_no_sign(self):
        said = wording.smallest_seen(Fact("drift", -0.01), Fact("wanted", 0.8, "share"), W)
        assert said.endswith("a drift must be 0.01 a week.")


class TestPreTest:
    def test_a_test_that_passes_is_no_proof(self):
        said = wording.pre_tested(PValue("p", 0.2), alpha=0.05)
        assert said.endswith("That is no proof that they moved alike.")

    def test_a_test_that_refuses_says_what_follows(self):
        said = wording.pre_tested(PValue("p", 0.2), alpha=0.3, there=True)
        assert said.startswith("There the test finds that the groups did not move alike")

    @pytest.mark.parametrize(
        ("power", "silent", "said"),
        [
            (0.2, True, "its silence means little"),
            (0.8, True, "its silence means something"),
            (0.9, False, "it did find the groups apart"),
        ],
    )
    def test_silence_is_worth_the_chance_to_notice(self, power, silent, said):
        facts = Fact("power", power, "share"), Fact("wanted", 0.8, "share")
        assert said in wording.noticed(*facts, silent=silent)
        assert silent or "silence" not in wording.noticed(*facts, silent=silent)


class TestEventStudy:
    @pytest.mark.parametrize(
        ("clear", "times", "said"),
        [
            (0, 7, "Of 7 weeks before the start and beside the reference, none stands clear"),
            (1, 1, "Of 1 week before the start and beside the reference, 1 stands clear"),
            (2, 7, "2 stand clear"),
            (0, 0, "There is no week before the start"),
        ],
    )
    def test_what_stands_clear_before_the_start_is_counted(self, clear, times, said):
        facts = Fact("clear", clear, "count"), Fact("times", times, "count"), Fact("by_chance", 0.3)
        assert said in wording.event_mean(HIGHER, *facts)

    @pytest.mark.parametrize(("ratio", "speaks"), [(0.9, False), (1.0, False), (1.7, True)])
    def test_its_width_is_spoken_of_only_where_it_costs(self, ratio, speaks):
        assert bool(wording.one_reference(Fact("ratio", ratio), W)) == speaks


class TestWhereTrendsDiffer:
    WRONG, FINE = effect(0.1, 0.08, 0.12, truth=0.03), effect(0.1, 0.02, 0.18, truth=0.03)

    @pytest.mark.parametrize(
        ("size", "said"),
        [
            (None, "so do the bounds of every size"),
            (0.0, "wide enough to hold it"),
            (0.25, "from a size of 0.25 on hold it"),
        ],
    )
    def test_bounds_hold_the_truth_from_some_size_on(self, size, said):
        fact = None if size is None else Fact("size", size)
        text = wording.held_from(self.WRONG, fact)
        assert "leaves the truth out (0.030)" in text
        assert said in text

    def test_an_interval_that_holds_the_truth_is_not_called_wrong(self):
        assert "holds the truth" in wording.held_from(self.FINE, None)
