"""Wording of experiments: sentences that depend on one or several findings.

Every function takes findings and names and returns Markdown; none computes a statistic.
`level` is what is compared, such as "mean songs played" or "the rate of conversion".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .estimates import Estimate
from .facts import Fact
from .findings import Finding
from .names import Name


def capital(text: str) -> str:
    """Return `text` with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def compared(found: Finding, level: str, *, control: Name, treatment: Name) -> str:
    """Say how treatment differs from control, with the interval and the p-value."""
    evidence = f"{found:level} interval {found:interval}, {found:p}"
    if found.estimate.p_value is None:
        evidence = f"{found:level} interval {found:interval}"
    change = f"{found:change}"
    than = f"in {treatment} as in" if change == "the same" else f"in {treatment} than in"
    if found.is_clear or change == "the same":
        return f"{capital(level)} was {change} {than} {control} ({evidence})."
    easily = 0.2
    if found.estimate.p_value is not None and found.estimate.p_value < easily:
        doubt = "a difference that falls short of the evidence agreed on"
    else:
        doubt = "a difference that chance alone makes easily"
    return f"{capital(level)} was {change} {than} {control}, {doubt} ({evidence})."


def answer(found: Finding, level: str, *, treatment: Name) -> str:
    """Answer "did it change?" in one sentence, without more certainty than the interval has."""
    if found.direction == "higher":
        return f"**Yes: {treatment} raised {level}.**"
    if found.direction == "lower":
        return f"**{capital(str(treatment))} lowered {level}.**"
    return f"**Whether {treatment} changed {level} cannot be told from these data.**"


def not_ruled_out(found: Finding) -> str:
    """Say which effects a finding leaves possible."""
    if found.is_clear:
        return f"What the data leave possible runs {found:range}."
    return (
        f"That is not evidence of no effect: anything {found:range} remains possible, "
        "and the data cannot tell these apart."
    )


def split(found: Finding, intended: Fact, *, treatment: Name, unit: Name) -> str:
    """Say whether the arms have the sizes that were planned."""
    measured = f"{found:value} of {found:n} {unit} are in {treatment}, {intended} were planned"
    if found.is_clear:
        return (
            f"**The split is broken.** {capital(measured)} ({found:p}). "
            f"Chance hardly makes such a gap: {unit} are missing from one arm, and nobody knows "
            "what the missing ones would have done. "
            "Until the cause is found, nothing below can be trusted, whatever it says."
        )
    return (
        f"{capital(measured)} ({found:p}). "
        "The check finds no fault with the split. "
        "It cannot prove that there is none: a small loss, or one that is equal in both arms, "
        "passes."
    )


def split_unchecked(unit: Name) -> str:
    """Say that nobody said how the split was planned."""
    return (
        f"The planned share of treatment was not given, so whether {unit} are missing from one "
        "arm cannot be checked. Give it as `intended_share`. "
        "Until then every result below rests on the assumption that none are."
    )


def caution(found: Finding | None) -> str:
    """Return the words that precede a conclusion when the split is broken, else nothing."""
    if found is not None and found.is_clear:
        return "**As computed, with a broken split that forbids the conclusion:** "
    return ""


def reach(smallest: Fact, truth: Fact | None, level: str, *, power: Fact) -> str:
    """Say what a test can see of a metric, and whether the truth lies within its reach."""
    sees = (
        f"For {level}, this test sees a relative change of {smallest:size} with a chance of {power}"
    )
    if truth is None:
        return f"{sees}; what is smaller will often be missed."
    if truth.value == 0:
        return f"{sees}. In truth there is no change, so every alarm would be a false one."
    size = f"The true change is {truth}"
    if abs(truth.value) >= smallest.value:
        return f"{sees}. {size}, within its reach."
    if abs(truth.value) < smallest.value / 2:
        return f"{sees}. {size}, less than half of that: the test is likely to miss it."
    return f"{sees}. {size}, a little less than that: the test may well miss it."


def arms_per_unit(even: Fact, uneven: Fact, share: Fact, *, unit: Name) -> str:
    """Say what an uneven split costs."""
    if uneven.value > 1.05 * even.value:
        return (
            f"At a share of {share}, {uneven} {unit} are needed; "
            f"an even split needs {even} for the same power. "
            "The smaller arm sets the pace."
        )
    return f"At a share of {share}, {uneven} {unit} are needed, as for an even split."


def false_alarms(found: Finding, nominal: Fact) -> str:
    """Say whether a rate of false alarms is the nominal one."""
    measured = f"{found:value} false alarms (interval {found:interval})"
    if found.direction == "higher":
        return f"{measured}: more than the {nominal} that were agreed to."
    if found.direction == "lower":
        return f"{measured}: fewer than the {nominal} that were agreed to."
    return f"{measured}: in line with the {nominal} that were agreed to."


def narrower(left: Fact, equivalent: Fact, correlation: Fact, *, unit: Name) -> str:
    """Say what a covariate was worth."""
    small = 0.98
    if left.value > small:
        return (
            f"The covariate correlates with the metric at {correlation} "
            f"and leaves {left} of the variance: it hardly helps here."
        )
    return (
        f"The covariate correlates with the metric at {correlation} and leaves {left} of the "
        f"variance, as if the test had had {equivalent} times as many {unit}."
    )


def agreement(first: Estimate, second: Estimate) -> str:
    """Say whether two methods point the same way."""
    if first.direction == second.direction:
        return "Both say the same."
    if "unclear" in {first.direction, second.direction}:
        return (
            "One of them is clear and the other is not: the evidence lies near what was agreed on."
        )
    return "They contradict each other, which should not happen: look at the data."


def outlier_effect(found: Finding, reference: Finding) -> str:
    """Say how a cleaning rule moved the estimate away from a reference rule's."""
    gap = found.estimate.value - reference.estimate.value
    half = found.estimate.resolution
    if abs(gap) < half / 10:
        return "moves the estimate hardly at all"
    return "pulls the estimate down" if gap < 0 else "pushes the estimate up"


def revealed(found: Iterable[Finding]) -> str:
    """Say what was true of each finding, for a world whose truth is known."""
    parts = [
        f"{effect.what} differs by {effect:truth}, so the estimate is {effect:grade}"
        for effect in found
        if effect.truth is not None
    ]
    return f"What is true, and only this book knows: {'; '.join(parts)}."


def rules_differ(found: Sequence[Finding]) -> str:
    """Say, as a title, how far apart the cleaning rules bring the estimate."""
    low = min(found, key=lambda effect: effect.estimate.value)
    high = max(found, key=lambda effect: effect.estimate.value)
    if f"{low:value}" == f"{high:value}":
        return f"Every cleaning rule gives the same answer: {low:value}"
    return f"One experiment, {low:value} or {high:value}: the cleaning rule decides"


def rule_choice(rule: str, *, has_flag: bool) -> str:
    """Say why a run uses the cleaning rule it uses, and what that costs."""
    if rule == "flagged":
        return "It looks at how an account acts, which the treatment does not change."
    if rule == "none" and not has_flag:
        return (
            "No column tells machines from people, so nobody is left out. "
            "Machines, if there are any, dilute the lift and widen its interval."
        )
    return {
        "none": "Nobody is left out; machines, if there are any, dilute the lift.",
        "winsorise": "Nobody is left out. The cap takes a little of the effect away.",
        "trim": "It looks at what the treatment moves, so it can bend the answer.",
    }[rule]


def no_tail(level: str) -> str:
    """Say why there is nothing to cap or to cut in a yes or no."""
    return (
        f"{capital(level)} comes from a yes or no. No single value can be extreme, "
        "so there is no tail to cut or to cap."
    )


def lacks_payers(needed: Fact) -> str:
    """Say that too few reached the outcome for a section that is about it."""
    return (
        "This section needs a primary metric that counts something, and a yes or no that at "
        f"least {needed} in each arm reach. This run lacks that, so it has nothing to say."
    )


def why_split(found: Finding) -> str:
    """Say why the check of the split came out as it did, where the truth is known."""
    is_broken = found.truth != found.estimate.null
    if is_broken and found.is_clear:
        return "Units were lost in one arm, and the check noticed."
    if is_broken:
        return "Units were lost in one arm; too few for the check to notice."
    if found.is_clear:
        return "The split is sound: a false alarm, as the agreed rate allows now and then."
    return "The split is sound, and the check finds no fault."


def nothing_changed(effect: Finding) -> Finding:
    """Return the claim that is made when "not significant" is read as "no effect"."""
    claim = replace(effect.estimate, value=0.0, low=0.0, high=0.0, p_value=None, method="claim")
    return replace(effect, name=f"{effect.name}_nothing_changed", estimate=claim)


def same_numbers(agree: bool) -> str:
    """Say whether two implementations of the same test agree."""
    if agree:
        return "Differences, their intervals and *p*-values agree to the digits shown."
    return "The two do not agree to the digits shown: find out why before using either."


def split_after(before: Finding, after: Finding) -> str:
    """Say what the check of the split would have read after trimming."""
    if f"{before:p}" == f"{after:p}":
        return f"The same check after trimming reads {after:p} too."
    return f"The same check after trimming would have read {after:p} instead of {before:p}."


def survived(unit: Name) -> str:
    """Say why estimates can be right in a simulated world although the split is broken."""
    return (
        f"The split of this world is broken, and the estimates above may be right all the same: "
        f"its {unit} are lost by device, which here has nothing to do with what they do. "
        "Nobody could have known that from the tables."
    )


RULES = {
    "none": "keep everybody",
    "trim": "trim",
    "winsorise": "winsorise",
    "flagged": "leave out machines",
}
