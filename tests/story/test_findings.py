"""Findings: the wording agrees with the numbers, whatever the numbers are."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from knowntruth.story import Estimate, Fact, Finding, Name
from knowntruth.story import experiments as wording
from knowntruth.story.findings import grade
from knowntruth.story.saying import UntracedNumberError, check_traced, payloads_of

UNITS = st.sampled_from(["relative", "share", "points", "number"])
SIZES = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-9)


@st.composite
def estimates(draw):
    """Draw an estimate whose interval, p-value and level agree with one another."""
    value = draw(SIZES)
    below, above = draw(st.floats(1e-9, 1e6)), draw(st.floats(1e-9, 1e6))
    low, high = value - below, value + above
    if draw(st.booleans()):
        low = -math.inf
    level = draw(st.sampled_from([0.8, 0.9, 0.95, 0.99]))
    clear = low > 0 or high < 0
    p = draw(st.floats(0, 1 - level, exclude_max=True) if clear else st.floats(1 - level, 1))
    return Estimate(
        value=value, low=low, high=high, level=level, n=draw(st.integers(2, 10**8)),
        unit=draw(UNITS), p_value=p,
    )  # fmt: skip


@st.composite
def findings(draw):
    return Finding(
        "effect",
        Name(draw(st.sampled_from(["songs played", "re78", "<b>x</b>", "a*b_c", "25%"]))),
        draw(estimates()),
        truth=draw(st.none() | SIZES),
        names=(Name("users"), Name("old"), Name("new 2")),
    )


@given(findings())
def test_every_form_is_text_without_nan_or_negative_zero(found):
    for text in found.payload()["forms"].values():
        assert text
        assert "nan" not in text
        assert not text.startswith("\N{MINUS SIGN}0%")


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (-0.6, 0.01, "−60 to 1 percentage points"),
        (0.01, 0.8, "1 to 80 percentage points"),
        (-math.inf, 0.2, "no lower bound to 20 percentage points"),
        (0.05, math.inf, "5.0 percentage points to no upper bound"),
    ],
)
def test_a_range_of_percentage_points_names_its_unit_once(low, high, text):
    value = 0.0 if math.isinf(low) else low
    found = Estimate(value=value, low=low, high=high, level=0.95, n=50, unit="points")
    assert f"{found:interval}" == text


@given(findings())
def test_a_direction_is_claimed_exactly_when_the_interval_leaves_zero_out(found):
    low, high = found.estimate.low, found.estimate.high
    assert (found.direction == "higher") == (low > 0)
    assert (found.direction == "lower") == (high < 0)
    answer = wording.answer(found, "mean songs", treatment=Name("new"))
    assert ("raised" in answer) == (low > 0)
    assert ("lowered" in answer) == (high < 0)
    assert ("cannot be told" in answer) == (low <= 0 <= high)


@given(findings())
def test_a_comparison_names_the_side_on_which_the_value_lies(found):
    sentence = wording.compared(found, "mean x", control=Name("old"), treatment=Name("new"))
    first = sentence.split("(")[0]
    if "the same" not in first:
        assert ("higher" in first) == (found.estimate.value > 0)
        assert ("lower" in first) == (found.estimate.value < 0)
        doubted = "chance alone" in sentence or "falls short" in sentence
        assert doubted == (not found.is_clear)


@given(findings())
def test_an_unclear_finding_is_never_reported_as_no_effect(found):
    assume(not found.is_clear)
    for sentence in (f"{found:verdict}", wording.not_ruled_out(found)):
        assert "possible" in sentence or "fits these data" in sentence
        assert "no effect." not in sentence


@given(findings())
def test_the_grade_follows_from_interval_and_truth(found):
    assume(found.truth is not None)
    low, high = found.estimate.low, found.estimate.high
    if not low <= found.truth <= high:
        assert found.grade == "wrong"
    elif low <= 0 <= high and found.truth != 0:
        assert found.grade == "undecided"
    else:
        assert found.grade == "right"


@given(findings())
def test_every_number_of_every_sentence_traces_to_its_finding(found):
    control, treatment, unit = Name("old"), Name("new 2"), Name("users")
    level = f"mean {found.what}"
    sentences = [
        wording.answer(found, level, treatment=treatment),
        wording.compared(found, level, control=control, treatment=treatment),
        wording.not_ruled_out(found),
        f"{found:verdict}",
        f"{found:change} {found:interval} {found:range} {found:p} {found:n} {found:truth}",
    ]
    payloads = payloads_of([found, unit])
    for sentence in sentences:
        check_traced(sentence, payloads)


def test_a_number_from_nowhere_is_refused():
    fact = Fact("share", 0.1, "share")
    check_traced("The share is 10%.", payloads_of([fact]))
    with pytest.raises(UntracedNumberError, match="11"):
        check_traced("The share is 11%.", payloads_of([fact]))


def test_a_digit_inside_a_name_needs_no_fact():
    check_traced(f"Mean {Name('re78')} rose.", payloads_of([Name("re78")]))
    with pytest.raises(UntracedNumberError):
        check_traced("Mean re78 rose.", [])


def test_an_estimate_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="finite"):
        Estimate(value=math.nan, low=0, high=1, level=0.95, n=2)
    with pytest.raises(ValueError, match="interval"):
        Estimate(value=0, low=1, high=-1, level=0.95, n=2)
    with pytest.raises(ValueError, match="level"):
        Estimate(value=0, low=-1, high=1, level=95, n=2)


@pytest.mark.parametrize(
    ("low", "high", "truth", "expected"),
    [
        (0.1, 0.2, 0.15, "right"),
        (0.1, 0.2, 0.3, "wrong"),
        (-0.1, 0.2, 0.15, "undecided"),
        (-0.1, 0.2, 0.0, "right"),
        (0.1, 0.2, 0.0, "wrong"),
        (0.0, 0.0, 0.0, "right"),
        (0.0, 0.0, 0.1, "wrong"),
    ],
)
def test_grades_of_plain_cases(low, high, truth, expected):
    value = (low + high) / 2
    estimate = Estimate(value=value, low=low, high=high, level=0.95, n=10, unit="relative")
    assert grade(estimate, truth) == expected
