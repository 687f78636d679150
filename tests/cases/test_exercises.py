"""Judging: a right answer passes, a typical mistake earns its hint, anything else is told so."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowntruth.cases.exercises import NotYetError, judge, judge_all

MISTAKES = {"That is the square.": 9.0, "That is the half.": 1.5, "Never.": math.nan}
LISTS = {"They are sorted.": [1.0, 2.0, 3.0], "They are doubled.": np.array([6.0, 2.0, 4.0])}


class TestOneNumber:
    @given(st.floats(-1e9, 1e9).filter(lambda x: abs(x) > 1e-9))
    def test_the_right_number_passes_however_it_was_rounded(self, right):
        judge(right, right, {})
        judge(right * (1 + 1e-12), right, {})
        judge(np.float64(right), right, {})

    def test_a_whole_number_is_a_number(self):
        judge(3, 3.0, MISTAKES)

    @pytest.mark.parametrize(("answer", "hint"), [(9, "square"), (1.5 + 1e-11, "half")])
    def test_a_typical_mistake_earns_its_hint(self, answer, hint):
        with pytest.raises(NotYetError, match=f"^Not yet. That is the {hint}.$"):
            judge(answer, 3.0, MISTAKES)

    def test_any_other_number_earns_none(self):
        with pytest.raises(NotYetError, match="the number is another one"):
            judge(3.001, 3.0, MISTAKES)

    def test_a_right_answer_passes_even_where_a_mistake_leads_to_it(self):
        judge(9.0, 9.0, MISTAKES)

    def test_an_approximation_is_accepted_as_far_as_the_tolerance_goes(self):
        judge(102, 100, {}, tolerance=0.02)
        with pytest.raises(NotYetError):
            judge(103, 100, {}, tolerance=0.02)

    @pytest.mark.parametrize("answer", [None, "3", [3.0], math.nan, math.inf])
    def test_what_is_no_number_is_told_as_it_is(self, answer):
        with pytest.raises(NotYetError) as caught:
            judge(answer, 3.0, MISTAKES)
        assert f"returns {answer!r}, not a number" in str(caught.value)


class TestSeveralNumbers:
    @pytest.mark.parametrize("answer", [[3, 1, 2], (3.0, 1.0, 2.0), np.array([3, 1, 2])])
    def test_any_sequence_of_the_right_numbers_passes(self, answer):
        judge_all(answer, [3.0, 1.0, 2.0], LISTS)

    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            ([1, 2, 3], "They are sorted."),
            ([6, 2, 4], "They are doubled."),
            ([3, 1, 2.1], "the numbers are others"),
            ([3, 1], "3 numbers are asked for, not 2"),
            (["three", 1, 2], "are not numbers"),
            (None, "3 numbers are asked for, not 1"),
        ],
    )
    def test_others_are_told_what_is_wrong(self, answer, said):
        with pytest.raises(NotYetError, match=said):
            judge_all(answer, [3.0, 1.0, 2.0], LISTS)


def test_a_notebook_shows_the_message_alone():
    assert NotYetError("Not yet. Look again.")._render_traceback_() == ["Not yet. Look again."]
