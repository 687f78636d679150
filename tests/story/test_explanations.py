"""Explanations: no sentence says more than its findings do, whatever the numbers are."""

from __future__ import annotations

import html
import math
import re
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from knowntruth.story import Estimate, Fact, Finding, Name
from knowntruth.story import experiments as wording
from knowntruth.story import explanations as explaining
from knowntruth.story.facts import PValue
from knowntruth.story.saying import check_traced, payloads_of

SIZES = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-9)
NAMES = st.sampled_from(
    ["songs played", "re78", "<b>x</b>", "a*b_c", "25%", "`rm -rf`", "[a](http://b.c)", "$x^2$",
     "![i](x)", "{abs}`x`", "<script>alert(1)</script>", "Größe & Maß"]
).map(Name)  # fmt: skip
P_VALUES = st.builds(PValue, st.just("p"), st.floats(0, 1))
COUNTS = st.builds(Fact, st.just("count"), st.integers(0, 10**7), st.just("count"))
RATES = st.builds(Fact, st.just("rate"), st.floats(0, 1), st.just("share"), st.integers(0, 2))

NO_EFFECT = re.compile(
    r"no effect|nothing|no difference\b|did not change|unchanged|\bequal\b|has no\b|proves", re.I
)
MARKDOWN = MarkdownIt()
DIRECTIONS = ("higher", "lower", "unclear")


@st.composite
def estimates(draw, unit=None, null=0.0, unbounded=True, decided=True):
    """Draw an estimate whose interval, p-value and level agree with one another."""
    value = draw(SIZES)
    least = 1e-9 if decided else abs(value) + 1e-9
    low, high = (value + sign * (least + draw(st.floats(0, 1e6))) for sign in (-1, 1))
    if unbounded and draw(st.booleans()):
        low = -math.inf
    level = draw(st.sampled_from([0.8, 0.9, 0.95, 0.99]))
    clear = low > (null or 0) or high < (null or 0)
    p = draw(st.floats(0, 1 - level, exclude_max=True) if clear else st.floats(1 - level, 1))
    return Estimate(
        value=value, low=low, high=high, level=level, n=draw(st.integers(2, 10**8)),
        unit=unit or draw(st.sampled_from(["relative", "share", "points", "number"])),
        p_value=draw(st.none() | st.just(p)), null=null,
    )  # fmt: skip


@st.composite
def findings(draw, **options):
    names = (draw(NAMES), draw(NAMES))
    return Finding("effect", draw(NAMES), draw(estimates(**options)), names=names)


def finding(direction, *, unit="relative"):
    value, half = {"higher": (0.1, 0.05), "lower": (-0.1, 0.05), "unclear": (0.02, 0.05)}[direction]
    estimate = Estimate(
        value=value, low=value - half, high=value + half, level=0.95, n=100, unit=unit,
        p_value=0.5 if direction == "unclear" else 0.001,
    )  # fmt: skip
    return Finding("effect", Name("paying"), estimate, names=(Name("device"),))


def check_text(text, *facts):
    """Refuse a sentence with a stray number, a stray value, or markup of somebody's name."""
    check_traced(text, payloads_of(facts))
    assert not re.search(r"\b(nan|None|inf)\b|unbounded", text)
    assert "  " not in text
    assert text == text.strip()
    rendered = re.sub(r"</?(p|strong|em)>", "", MARKDOWN.render(text))
    assert "<" not in rendered
    shown = html.unescape(rendered)
    for payload in payloads_of(facts):
        name = payload["name"]
        if payload["kind"] == "name" and name not in {"25%", "re78"}:
            assert name in shown or f"{name[:1].upper()}{name[1:]}" in shown


class TestSegments:
    @given(P_VALUES, findings(), findings(), NAMES, NAMES)
    def test_a_difference_names_both_groups_and_their_changes(self, p, low, high, segment, metric):
        text = explaining.segment_differs(f"mean {metric}", segment, p, low, high)
        named = [high.names[0], segment, metric, low.names[0]]
        check_traced(text, payloads_of([p, low, high, named]))
        for found in (low, high):
            assert f"{found:change} in {found.names[0]} ({found:interval})" in text

    @given(P_VALUES, findings(), COUNTS, NAMES)
    def test_the_largest_of_many_is_never_called_a_winner(self, p, largest, tried, metric):
        text = explaining.no_segment_differs(f"mean {metric}", p, largest, tried)
        check_traced(text, payloads_of([p, largest, tried, metric]))
        assert "no winner" in text
        assert "**" not in text
        assert str(p) in text

    @given(COUNTS, COUNTS, COUNTS, RATES)
    def test_raw_and_adjusted_counts_keep_their_places(self, raw, holm, tried, alpha):
        text = explaining.found_by_chance(raw, holm, tried, alpha)
        check_text(text, raw, holm, tried, alpha)
        assert re.search(rf"Of {tried} tests.* is {raw} as they.*and {holm} after Holm", text)

    @given(findings(unit="share", unbounded=False), COUNTS, RATES)
    def test_a_family_finds_something_as_often_as_was_computed(self, found, tried, alpha):
        text = explaining.family(found, tried, alpha)
        check_traced(text, payloads_of([found, tried, alpha]))
        assert f"in {found:value} of all experiments" in text

    @given(NAMES)
    def test_what_was_not_tested_is_not_decided(self, metric):
        text = explaining.segments_untested(f"mean {metric}")
        check_text(text, metric)
        assert "cannot be tested" in text


class TestStaying:
    @pytest.mark.parametrize("direction", DIRECTIONS)
    @given(p=P_VALUES, control=NAMES, treatment=NAMES)
    def test_a_lower_hazard_is_leaving_more_slowly(self, direction, p, control, treatment):
        chi2 = Fact("chi2", 3.84, decimals=2)
        text = explaining.log_rank(p, chi2, direction, control=control, treatment=treatment)
        check_text(text, p, chi2, control, treatment)
        assert ("more slowly" in text) == (direction == "lower")
        assert ("faster" in text) == (direction == "higher")
        assert ("no clear difference" in text) == (direction == "unclear")
        assert f"chi-square 3.84, {p}" in text

    def test_without_leavers_there_is_no_test(self):
        text = explaining.log_rank(
            None, Fact("chi2", 0.0), "unclear", control=Name("a"), treatment=Name("b")
        )
        assert "Nobody left" in text
        assert "difference" not in text

    @given(*[st.none() | findings(unit="number", null=None, unbounded=False)] * 2, NAMES, NAMES)
    def test_a_median_is_told_where_half_have_left(self, old, new, control, treatment):
        halves = {"control": old, "treatment": new}
        text = explaining.medians(halves, control=control, treatment=treatment)
        found = [half for half in (old, new) if half is not None]
        check_traced(text, payloads_of([found, control, treatment]))
        assert text.count("more than half are still there") == 2 - len(found)
        for half in found:
            assert f"by day {half:value} ({half:interval})" in text

    @given(findings(unit="number", unbounded=False), COUNTS, NAMES, NAMES, NAMES)
    def test_days_are_more_or_fewer_by_their_sign(self, found, until, unit, treatment, control):
        text = explaining.days_gained(found, until, unit=unit, treatment=treatment, control=control)
        check_traced(text, payloads_of([found, until, unit, treatment, control]))
        assert ("days longer" in text) == (found.estimate.value >= 0)
        assert ("days shorter" in text) == (found.estimate.value < 0)
        assert ("The difference is clear." in text) == found.is_clear
        assert ("The difference is not clear." in text) == (not found.is_clear)


class TestWhyFlat:
    """Which explanation is named, over every combination of what the findings can say."""

    @pytest.mark.parametrize("outcome", DIRECTIONS)
    @pytest.mark.parametrize("primary", DIRECTIONS)
    @pytest.mark.parametrize("direct", [*DIRECTIONS, None])
    @pytest.mark.parametrize("gaps", [(), *((g,) for g in DIRECTIONS), ("higher", "lower")])
    @pytest.mark.parametrize("power", [None, 0.3, 0.8, 0.95])
    def test_an_explanation_is_named_only_with_its_support(
        self, outcome, primary, direct, gaps, power
    ):
        reason = explaining.why_flat(
            finding(outcome),
            finding(primary),
            None if direct is None else finding(direct),
            [finding(gap) for gap in gaps],
            power=power,
            planned=0.8,
        )
        free_ride, wrong_segment = direct == "lower", "lower" in gaps
        supported = {
            "not flat": outcome == "higher",
            "free ride": free_ride and not wrong_segment,
            "wrong segment": wrong_segment and not free_ride,
            "several": free_ride and wrong_segment,
            "fell": outcome == "lower" and not free_ride and not wrong_segment,
            "no gain": primary != "higher",
            "power": primary == "higher" and power is not None and power < 0.8,
            "cannot tell": primary == "higher" and (power is None or power >= 0.8),
        }
        assert supported[reason]
        # Nothing is explained that needs no explanation, and the general yields to the special.
        assert (reason == "not flat") == (outcome == "higher")
        if outcome != "higher" and (free_ride or wrong_segment):
            assert reason in {"free ride", "wrong segment", "several"}

    def test_every_reason_has_its_words(self):
        reasons = set(get_args(explaining.Reason))
        assert set(explaining.EXPLANATIONS) == reasons
        assert set(explaining.TRUE_REASONS) == reasons - {"not flat", "fell", "cannot tell"}

    @pytest.mark.parametrize("reason", get_args(explaining.Reason))
    def test_an_explanation_has_no_number_and_claims_no_absence_of_effect(self, reason):
        text = explaining.EXPLANATIONS[reason]
        check_text(text)
        if reason != "not flat":
            assert not NO_EFFECT.search(text)

    @pytest.mark.parametrize("actual", explaining.TRUE_REASONS)
    @pytest.mark.parametrize("said", get_args(explaining.Reason))
    def test_the_truth_is_told_and_a_right_answer_is_called_right(self, actual, said):
        text = explaining.true_reason(actual, said)
        check_text(text)
        assert text.startswith(explaining.TRUE_REASONS[actual])
        right, missed = "The chapter says so." in text, "do not show that" in text
        assert right != missed
        if said == actual:
            assert right
        if said in {"free ride", "wrong segment", "several", "power"} and said != actual:
            assert missed

    @given(findings())
    def test_where_the_payers_are_is_said_by_the_sign_of_the_gap(self, gap):
        text = explaining.money_gap(gap)
        check_traced(text, payloads_of([gap]))
        assert ("cannot be told apart" in text) == math.isinf(gap.estimate.low)
        if math.isfinite(gap.estimate.low):
            said = text.removeprefix(f"By {gap.names[0]}").split("(")[0]
            if "the same as" not in said:
                assert ("higher than" in said) == (gap.estimate.value > 0)
                assert ("lower than" in said) == (gap.estimate.value < 0)


class TestSignals:
    @given(findings(), findings(), findings(), findings(), NAMES)
    def test_a_signal_misleads_exactly_when_the_gap_is_clear(
        self, signal, predicted, observed, gap, metric
    ):
        text = explaining.proxy(signal, predicted, observed, gap, f"the rate of {metric}")
        check_traced(text, payloads_of([signal, predicted, observed, gap, metric]))
        assert ("misleads" in text) == gap.is_clear
        # A signal that was not caught is not trusted for that.
        assert ("does not show that the signal can be trusted" in text) == (not gap.is_clear)
        assert f"predicts the rate of {metric} to be {predicted:change}" in text
        assert f"it was {observed:change}" in text

    @given(findings(), findings(), NAMES)
    def test_offers_are_judged_at_the_same_use(self, per_unit, per_use, use):
        text = explaining.offers(per_unit, per_use, use=use)
        check_traced(text, payloads_of([per_unit, per_use, use]))
        assert ("clearly fewer" in text) == (per_use.direction == "lower")
        assert ("clearly more" in text) == (per_use.direction == "higher")
        assert ("remains possible" in text) == (not per_use.is_clear)

    @given(RATES, RATES, findings(unit="points"), NAMES, NAMES)
    def test_a_group_is_called_chosen_only_when_its_size_differs_clearly(
        self, control, treatment, members, old, new
    ):
        text = explaining.chosen_afterwards(control, treatment, members, names=(old, new))
        check_traced(text, payloads_of([control, treatment, members, old, new]))
        assert text.startswith(f"{control} of {old} and {treatment} of {new} are in it")
        assert ("treatment itself decides" in text) == members.is_clear
        assert ("no clear sign" in text) == (not members.is_clear)


class TestLooks:
    DAYS = st.none() | st.builds(Fact, st.just("day"), st.integers(1, 400), st.just("count"))

    @given(DAYS, COUNTS, DAYS)
    def test_days_of_crossing_are_told_as_they_were(self, first, days, crossed):
        text = explaining.peeked(first, days, crossed)
        check_text(text, days, [fact for fact in (first, crossed) if fact is not None])
        assert ("usual interval never" in text) == (first is None)
        assert ("always-valid one never does" in text) == (crossed is None)
        assert first is None or f"on day {first} of {days}" in text
        assert crossed is None or f"from day {crossed} on" in text

    @given(DAYS, COUNTS)
    def test_the_title_says_whether_the_band_left_out_zero(self, crossed, days):
        text = explaining.sequence_title(crossed, days)
        check_text(text, days, [] if crossed is None else crossed)
        assert ("never leaves out zero" in text) == (crossed is None)
        assert crossed is None or f"on day {crossed} of {days}" in text

    @given(st.lists(RATES, min_size=2, max_size=6), RATES)
    def test_every_number_of_looks_has_its_rate(self, rates, alpha):
        looks = [Fact("looks", 2 + k, "count") for k in range(len(rates))]
        text = explaining.heard_of_chance(dict(zip(looks, rates, strict=True)), alpha)
        check_text(text, looks, rates, alpha)
        for number, rate in zip(looks, rates, strict=True):
            assert f"{rate} with {number} looks" in text


class TestAllOfThem:
    """Sentences from one drawn set of findings, held to the same manners."""

    @staticmethod
    def sentences(found, other, control, treatment):
        p = PValue("p", 0.2)
        level = f"mean {found.what}"
        three, rate = Fact("three", 3, "count"), Fact("rate", 0.05, "share")
        shares = {"control": control, "treatment": treatment}
        return {
            "differs": explaining.segment_differs(level, control, p, found, other),
            "none": explaining.no_segment_differs(level, p, found, three),
            "log-rank": explaining.log_rank(p, three, found.direction, **shares),
            "days": explaining.days_gained(found, three, unit=Name("users"), **shares),
            "gap": explaining.money_gap(found),
            "proxy": explaining.proxy(found, other, found, other, level),
            "chosen": explaining.chosen_afterwards(rate, rate, found, names=(control, treatment)),
            "offers": explaining.offers(other, found, use=control),
            "answer": wording.answer(found, level, treatment=treatment),
            "compared": wording.compared(found, level, **shares),
        }, [found, other, p, three, rate, control, treatment]

    @given(findings(), findings(), NAMES, NAMES)
    @settings(max_examples=50)
    def test_they_trace_and_carry_no_markup_of_a_name(self, found, other, control, treatment):
        # An estimate with a null of its own is all that these sentences are made for.
        texts, facts = self.sentences(found, other, control, treatment)
        for text in texts.values():
            check_traced(text, payloads_of(facts))
            assert not re.search(r"\b(nan|None|inf)\b", text)
            assert "  " not in text
            rendered = MARKDOWN.render(text)
            assert "<" not in re.sub(r"</?(p|strong|em)>", "", rendered)
            assert rendered.count("<em>") == 0

    @given(findings(decided=False), findings(decided=False), NAMES, NAMES)
    @settings(max_examples=50)
    def test_none_reads_an_unclear_finding_as_no_effect(self, found, other, control, treatment):
        assert not found.is_clear
        texts, _ = self.sentences(found, other, control, treatment)
        for key, text in texts.items():
            if key in {"differs", "none"}:  # their evidence is a test of their own
                continue
            assert not NO_EFFECT.search(text), text


@given(findings(), NAMES)
def test_two_kinds_are_claimed_only_where_treatment_clearly_chose_them(members, unit):
    text = explaining.compares_like_with_like(members, unit=unit)
    assert ("two different kinds" in text) == members.is_clear
    check_traced(text, payloads_of([unit]))
