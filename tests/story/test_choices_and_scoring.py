"""Choices, scores and the wording of experiments: each follows from its numbers alone."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from knowntruth.cases.ab_test.parameters import Parameters
from knowntruth.story import Estimate, Fact, Finding, Name, choices, scoring
from knowntruth.story import experiments as wording
from knowntruth.story.findings import grade
from knowntruth.story.saying import check_traced, payloads_of

MARKDOWN = MarkdownIt()
MINUS = "\N{MINUS SIGN}"
RULES = {"none", "trim", "winsorise", "flagged"}
NAMES = st.sampled_from(["users", "re78", "<b>x</b>", "a*b_c", "25%", "[a](b)"]).map(Name)


def facts(unit, low=0.0, high=1e6):
    numbers = st.integers(int(low), int(high)) if unit == "count" else st.floats(low, high)
    return st.builds(Fact, st.just("fact"), numbers, st.just(unit))


@st.composite
def findings(draw, unit="relative", null=0.0, truths=None, lowest=-10.0, highest=10.0):
    value = draw(st.floats(lowest, highest))
    low, high = value - draw(st.floats(1e-6, 5)), value + draw(st.floats(1e-6, 5))
    clear = low > null or high < null
    p = draw(st.floats(0, 0.0499) if clear else st.floats(0.05, 1))
    estimate = Estimate(
        value=value, low=low, high=high, level=0.95, n=draw(st.integers(2, 10**7)), unit=unit,
        p_value=p, null=null,
    )  # fmt: skip
    truth = draw(truths) if truths is not None else None
    return Finding("effect", draw(NAMES), estimate, truth=truth, names=(draw(NAMES),))


def check_text(text, *given_facts):
    check_traced(text, payloads_of(given_facts))
    assert not re.search(r"\b(nan|None|inf)\b", text)
    assert "  " not in text
    assert "<" not in re.sub(r"</?(p|strong|em|code)>", "", MARKDOWN.render(text))


class TestChoices:
    @given(*[facts("count")] * 5, NAMES)
    def test_what_was_stated_is_repeated_as_it_was(self, value, reach, cost, more, price, unit):
        text = choices.stakes(value, reach, cost, more, price, unit=unit)
        check_text(text, value, reach, cost, more, price, unit)
        assert f"worth {value}; a launch reaches {reach} {unit} and costs {cost}" in text

    @given(findings("number"), facts("share", 0, 1), *[facts("count")] * 3)
    def test_gain_or_loss_is_the_sign_of_the_expectation(self, gain, losing, launch, hold, sample):
        told = {"losing": losing, "launch": launch, "hold": hold, "sample": sample}
        text = choices.weighed(gain, told)
        check_text(text, gain, told.values())
        assert ("net gain" in text) == (gain.estimate.value >= 0)
        assert ("net loss" in text) == (gain.estimate.value < 0)
        assert f"net gain of {MINUS}" not in text
        assert f"net loss of {MINUS}" not in text

    @pytest.mark.parametrize("choice", ["launch", "hold", "extend"])
    @given(
        st.dictionaries(
            st.tuples(
                st.sampled_from(["value", "cost", "effect"]), st.sampled_from(["low", "high"])
            ),
            facts("count"),
        )
    )
    def test_every_end_of_a_choice_is_told_and_none_is_made_up(self, choice, ends):
        text = choices.would_change(choice, ends)
        check_text(text, ends.values())
        assert f"**{choices.CHOICES[choice]}**" in text
        assert ("No single value" in text) == (not ends)
        assert text.count("less than") == sum(side == "low" for _, side in ends)
        assert text.count("more than") == sum(side == "high" for _, side in ends)

    @pytest.mark.parametrize("choice", ["launch", "hold", "extend"])
    @given(facts("share", 0, 1))
    def test_advice_is_the_choice_and_names_its_risk(self, choice, losing):
        text = choices.advice(choice, losing)
        check_text(text, losing)
        assert text.startswith(f"Under what was stated, {choice}")
        assert str(losing) in text

    def test_another_choice_is_no_choice(self):
        with pytest.raises(KeyError):
            choices.advice("wait", Fact("p", 0.1, "share"))


ALARMS = Estimate(value=0.05, low=0.03, high=0.07, level=0.95, n=500, unit="share")


@dataclass(frozen=True)
class Score:
    bias: Estimate | None = None
    spread: tuple[float, float] = (0.0132, 0.0004)
    coverage: Estimate | None = None
    alarms: Estimate = ALARMS
    fails: bool = False
    label: str = "Welch, trim"
    quantity: str = "songs"
    unit: str = "relative"
    why: str = "Drops the users whom the treatment moved."


def monte_carlo(value, half, unit="points"):
    return Estimate(value=value, low=value - half, high=value + half, level=0.95, n=500, unit=unit)


class TestScoring:
    def test_a_row_is_the_published_one(self):
        row = scoring.behaviour_row(
            Score(bias=monte_carlo(-0.0257, 0.0006), coverage=monte_carlo(0.4, 0.043, "share"))
        )
        # Trimming in 600 simulations with the generator of the original.
        assert row["Bias"] == f"{MINUS}2.57 ± 0.06"
        assert row["Spread"] == "1.32 ± 0.08"
        assert row["Coverage (%)"] == "40.0 ± 4.3"
        assert row["Alarms (%)"] == "5.0 ± 2.0"

    def test_what_is_no_share_stays_in_its_own_unit(self):
        days = Score(bias=monte_carlo(-0.4, 0.05, "number"), spread=(0.6, 0.01), unit="number")
        row = scoring.behaviour_row(days)
        assert row["Bias"] == f"{MINUS}0.40 ± 0.05"
        assert row["Spread"].startswith("0.60 ± ")

    def test_what_has_no_truth_has_a_dash(self):
        row = scoring.behaviour_row(Score())
        assert row["Bias"] == row["Coverage (%)"] == "–"

    @pytest.mark.parametrize(("fails", "verdict"), [(True, "✗ fails"), (False, "✓ holds")])
    def test_the_verdict_is_the_scores(self, fails, verdict):
        assert scoring.behaviour_row(Score(fails=fails))["Verdict"] == verdict

    @given(st.floats(-3, 3), st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.2))
    def test_cells_hold_numbers_that_are_near_what_they_round(self, bias, half, spread, error):
        row = scoring.behaviour_row(Score(bias=monte_carlo(bias, half), spread=(spread, error)))
        expected = {
            "Bias": (100 * bias, 100 * half),
            "Spread": (100 * spread, 196 * error),
        }
        for column, numbers in expected.items():
            cell = row[column]
            assert not re.search(r"nan|None|inf", cell)
            written = [float(x.replace(MINUS, "-").replace(",", "")) for x in cell.split(" ± ")]
            # At least one decimal, and never fewer than the error's first digit.
            assert written == pytest.approx(numbers, abs=0.051)
            assert f"{MINUS}0.0 " not in cell

    def test_every_cleaning_rule_has_its_words(self):
        offered = set(Parameters.model_fields["outlier_rule"].annotation.__args__)
        assert offered == RULES
        for words in (scoring.WHY_RULE, scoring.ASSUMES_RULE, wording.RULES):
            assert set(words) == RULES

    def test_every_method_has_why_and_what_it_assumes(self):
        for why, assumes in scoring.SCORE.values():
            for words in (why, assumes):
                check_text(words)
                assert words.endswith(".")


class TestSplit:
    @given(findings("share", null=0.5, lowest=0, highest=1), NAMES, NAMES)
    def test_a_clear_gap_forbids_the_rest_and_an_unclear_one_proves_nothing(
        self, found, treatment, unit
    ):
        intended = Fact("intended_share", 0.5, "share")
        text = wording.split(found, intended, treatment=treatment, unit=unit)
        check_text(text, found, intended, treatment, unit)
        assert ("broken" in text) == found.is_clear
        assert ("cannot prove that there is none" in text) == (not found.is_clear)
        assert f"{intended} were planned" in text
        assert bool(wording.caution(found)) == found.is_clear

    def test_without_a_check_there_is_no_caution(self):
        assert wording.caution(None) == ""

    @given(NAMES)
    def test_an_unknown_plan_is_asked_for(self, unit):
        text = wording.split_unchecked(unit)
        check_text(text, unit)
        assert "`intended_share`" in text

    @given(findings("share", null=0.5, truths=st.sampled_from([0.5, 0.46])))
    def test_the_reason_of_the_check_is_the_truth_about_the_split(self, found):
        text = wording.why_split(found)
        lost = found.truth != 0.5
        assert ("were lost" in text) == lost
        assert ("noticed" in text) == (lost and found.is_clear)
        assert ("false alarm" in text) == (not lost and found.is_clear)
        assert ("finds no fault" in text) == (not lost and not found.is_clear)

    @given(findings("share", null=0.5), findings("share", null=0.5))
    def test_the_check_after_trimming_is_set_beside_the_one_before(self, before, after):
        text = wording.split_after(before, after)
        check_text(text, before, after)
        assert ("instead of" in text) == (f"{before:p}" != f"{after:p}")

    @given(NAMES)
    def test_surviving_a_broken_split_is_called_luck(self, unit):
        text = wording.survived(unit)
        check_text(text, unit)
        assert "Nobody could have known" in text


class TestReach:
    POWER = Fact("power", 0.8, "share")

    @given(facts("relative", 1e-4, 2), st.floats(-2, 2).filter(lambda x: abs(x) > 1e-4))
    def test_a_true_change_is_held_against_the_smallest_that_is_seen(self, smallest, change):
        truth = Fact("truth", change, "relative")
        text = wording.reach(smallest, truth, "mean songs", power=self.POWER)
        check_text(text, smallest, truth, self.POWER)
        size = abs(change)
        assert ("within its reach" in text) == (size >= smallest.value)
        assert ("likely to miss" in text) == (size < smallest.value / 2)
        assert ("may well miss" in text) == (smallest.value / 2 <= size < smallest.value)

    @given(facts("relative", 1e-4, 2))
    def test_without_a_change_every_alarm_is_false(self, smallest):
        nothing = Fact("truth", 0.0, "relative")
        assert "would be a false one" in wording.reach(
            smallest, nothing, "mean songs", power=self.POWER
        )

    @given(facts("relative", 1e-4, 2))
    def test_without_a_truth_only_the_reach_is_told(self, smallest):
        text = wording.reach(smallest, None, "mean songs", power=self.POWER)
        check_text(text, smallest, self.POWER)
        assert "true" not in text.lower()

    @given(facts("count", 1, 10**6), st.floats(1, 5), NAMES)
    def test_an_uneven_split_is_dearer_only_when_it_needs_more(self, even, times, unit):
        uneven, share = Fact("uneven", times * even.value, "count"), Fact("share", 0.1, "share")
        text = wording.arms_per_unit(even, uneven, share, unit=unit)
        check_text(text, even, uneven, share, unit)
        assert ("sets the pace" in text) == (uneven.value > 1.05 * even.value)


class TestPipeline:
    @given(findings("share", null=0.05, lowest=0, highest=1))
    def test_false_alarms_are_held_against_what_was_agreed(self, found):
        nominal = Fact("alpha", 0.05, "share")
        text = wording.false_alarms(found, nominal)
        check_text(text, found, nominal)
        assert ("more than" in text) == (found.direction == "higher")
        assert ("fewer than" in text) == (found.direction == "lower")
        assert ("in line with" in text) == (not found.is_clear)

    @given(st.floats(-1, 1), NAMES)
    def test_a_covariate_is_worth_what_it_leaves_of_the_variance(self, r, unit):
        left = Fact("left", 1 - r**2, "share", decimals=0)
        equivalent = Fact("equivalent", 1 / max(1 - r**2, 1e-6), "number", decimals=2)
        correlation = Fact("correlation", r, "number", decimals=2)
        text = wording.narrower(left, equivalent, correlation, unit=unit)
        check_text(text, left, equivalent, correlation, unit)
        assert ("hardly helps" in text) == (r**2 < 0.02)

    def test_two_methods_agree_or_not_by_their_directions(self):
        up, down, open_ = (
            Estimate(value=v, low=v - 1, high=v + 1, level=0.95, n=9) for v in (2.0, -2.0, 0.5)
        )
        assert "the same" in wording.agreement(up, up)
        assert "the same" in wording.agreement(open_, open_)
        assert "contradict" in wording.agreement(up, down)
        for pair in ((up, open_), (open_, down)):
            assert "not: the evidence lies near" in wording.agreement(*pair)

    @pytest.mark.parametrize("agree", [True, False])
    def test_two_programs_agree_or_not(self, agree):
        assert ("find out why" in wording.same_numbers(agree)) == (not agree)

    @given(NAMES)
    def test_a_yes_or_no_has_no_tail(self, name):
        text = wording.no_tail(f"the rate of {name}")
        check_text(text, name)
        assert "no tail" in text

    @given(facts("count", 1, 1000))
    def test_what_is_lacking_is_named(self, needed):
        check_text(wording.lacks_payers(needed), needed)


class TestRules:
    @given(st.lists(findings(), min_size=1, max_size=4))
    def test_the_title_names_the_lowest_and_the_highest_estimate(self, found):
        text = wording.rules_differ(found)
        check_text(text, found)
        ends = [f(found, key=lambda x: x.estimate.value) for f in (min, max)]
        assert text.index(f"{ends[0]:value}") <= text.rindex(f"{ends[1]:value}")
        assert ("the same answer" in text) == (f"{ends[0]:value}" == f"{ends[1]:value}")

    @given(findings(), findings())
    def test_a_rule_pulls_down_or_pushes_up_by_the_sign_of_its_gap(self, found, reference):
        text = wording.outlier_effect(found, reference)
        gap = found.estimate.value - reference.estimate.value
        assert text.startswith("pulls") <= (gap < 0)
        assert text.startswith("pushes") <= (gap > 0)
        if abs(gap) > found.estimate.high - found.estimate.low:
            assert "hardly" not in text

    @pytest.mark.parametrize("rule", sorted(RULES))
    @pytest.mark.parametrize("has_flag", [True, False])
    def test_every_rule_says_what_it_costs(self, rule, has_flag):
        text = wording.rule_choice(rule, has_flag=has_flag)
        check_text(text)
        assert ("No column tells machines" in text) == (rule == "none" and not has_flag)
        assert ("bend" in text) == (rule == "trim")

    @given(findings(truths=st.sampled_from([0.0, 0.1, -0.3])))
    def test_a_claim_of_no_change_is_right_only_where_nothing_changed(self, found):
        claim = wording.nothing_changed(found)
        assert (claim.grade == "right") == (found.truth == 0)
        assert claim.grade != "undecided"
        assert claim.name != found.name
        assert (claim.what, claim.names) == (found.what, found.names)
        assert found.estimate.p_value is not None

    @given(st.lists(findings(truths=st.none() | st.floats(-1, 1)), min_size=1, max_size=3))
    def test_what_is_revealed_is_truth_and_grade_of_what_has_a_truth(self, found):
        text = wording.revealed(found)
        check_text(text, found)
        known = [x for x in found if x.truth is not None]
        assert text.count("so the estimate is") == len(known)
        for effect in known:
            right = grade(effect.estimate, effect.truth) == "right"
            assert right <= ("✓ right" in text)

    def test_an_unbounded_interval_is_written_in_words(self):
        estimate = Estimate(value=0.1, low=-math.inf, high=0.4, level=0.95, n=9, unit="relative")
        found = Finding("effect", Name("songs"), estimate)
        assert wording.not_ruled_out(found).startswith("That is not evidence of no effect")
        assert "any amount lower" in wording.not_ruled_out(found)
