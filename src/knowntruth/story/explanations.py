"""Wording of what lies behind an average: segments, survival, revenue, signals, looks.

Like `experiments`, every function takes findings, facts and names and returns Markdown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from .experiments import capital
from .facts import Fact, PValue
from .findings import Finding
from .names import Name, listed

Reason = Literal[
    "not flat", "fell", "no gain", "free ride", "wrong segment", "several", "power", "cannot tell"
]


def segment_differs(level: str, segment: Name, p: PValue, low: Finding, high: Finding) -> str:
    """Say that an interaction test supports a difference between the values of a segment."""
    return (
        f"**The change in {level} differs by {segment}** ({p} after adjustment): "
        f"it is {low:change} in {low.names[0]} ({low:interval}) "
        f"and {high:change} in {high.names[0]} ({high:interval})."
    )


def no_segment_differs(level: str, p: PValue, largest: Finding, tried: Fact) -> str:
    """Say that no interaction test supports a difference, and what that leaves open."""
    return (
        f"No interaction test supports a difference in {level} between segments "
        f"(the smallest adjusted one has {p}). "
        f"Of {tried} groups, {largest.names[0]} has the largest estimate "
        f"({largest:signed}): some group must, and that alone makes it no winner."
    )


def segments_untested(level: str) -> str:
    """Say that no interaction could be tested."""
    return f"Whether the change in {level} differs between segments cannot be tested here."


def found_by_chance(raw: Fact, holm: Fact, tried: Fact, alpha: Fact) -> str:
    """Say how many tests in segments fall below the threshold, before and after adjustment."""
    return (
        f"Of {tried} tests in single groups, the number below {alpha} is {raw} as they stand, "
        f"and {holm} after Holm's adjustment."
    )


def family(found: Finding, tried: Fact, alpha: Fact) -> str:
    """Say how often a family of tests finds something where nothing is."""
    return (
        f"With nothing to find, at least one of {tried} such tests at {alpha} each "
        f"would still find something in {found:value} of all experiments "
        f"(interval {found:interval})."
    )


def log_rank(
    p: PValue | None, chi2: Fact, direction: str, *, control: Name, treatment: Name
) -> str:
    """Say what the log-rank test says of two survival curves."""
    if p is None:
        return "Nobody left while observed, so there is nothing to test."
    found = f"chi-square {chi2}, {p}"
    if direction == "lower":
        return (
            f"The log-rank test finds that {treatment} leaves more slowly than {control} ({found})."
        )
    if direction == "higher":
        return f"The log-rank test finds that {treatment} leaves faster than {control} ({found})."
    return (
        f"The log-rank test finds no clear difference between {treatment} and {control} ({found})."
    )


def medians(halves: Mapping[str, Finding | None], *, control: Name, treatment: Name) -> str:
    """Say when half of each arm has left, as far as the data reach."""
    parts = []
    for arm, name in (("control", control), ("treatment", treatment)):
        half = halves[arm]
        if half is None:
            parts.append(f"of {name} more than half are still there at the end")
        else:
            parts.append(f"half of {name} have left by day {half:value} ({half:interval})")
    return f"{capital(parts[0])}; {parts[1]}."


def days_gained(found: Finding, until: Fact, *, unit: Name, treatment: Name, control: Name) -> str:
    """Say how many more days units stay, up to a horizon."""
    way = "longer" if found.estimate.value >= 0 else "shorter"
    start = (
        f"Counted up to day {until}, {unit} stay {found:size} days {way} on average in "
        f"{treatment} than in {control} ({found:level} interval {found:interval}, {found:p})"
    )
    if found.is_clear:
        return f"{start}. The difference is clear."
    return f"{start}. The difference is not clear."


def why_flat(
    outcome: Finding,
    primary: Finding,
    direct: Finding | None,
    gaps: Sequence[Finding],
    *,
    power: float | None,
    planned: float,
) -> Reason:
    """Return the explanation of a flat outcome that the findings support, if one of them is.

    Args:
        outcome: effect on the outcome.
        primary: effect on the primary metric, through which the outcome was to rise.
        direct: effect on the outcome other than through the primary metric.
        gaps: for each segment, the lift where the outcome happens less the overall lift;
            intervals already allow for their number.
        power: chance to see the effect that the primary metric leads one to expect.
        planned: chance that the test was planned for.
    """
    if outcome.direction == "higher":
        return "not flat"
    free_ride = direct is not None and direct.direction == "lower"
    wrong_segment = any(gap.direction == "lower" for gap in gaps)
    if free_ride and wrong_segment:
        return "several"
    if free_ride:
        return "free ride"
    if wrong_segment:
        return "wrong segment"
    if outcome.direction == "lower":
        return "fell"
    if primary.direction != "higher":
        return "no gain"
    if power is not None and power < planned:
        return "power"
    return "cannot tell"


EXPLANATIONS: Mapping[Reason, str] = {
    "not flat": "**It is not flat.** It rose clearly: there is nothing to explain.",
    "fell": (
        "**It is not flat: it fell.** That is clear, and none of the three explanations for a "
        "flat outcome finds clear support."
    ),
    "no gain": (
        "**No gain is established that could turn into money.** The primary metric did not "
        "clearly rise, so no gain is at hand that the outcome could follow."
    ),
    "free ride": (
        "**Free ride.** At the same use, treatment pays less than control: "
        "what it gives for free takes the place of what was for sale."
    ),
    "wrong segment": (
        "**Wrong segment.** The primary metric rose where few pay, and less where the payers are."
    ),
    "several": (
        "**More than one explanation is supported.** At the same use treatment pays less, "
        "and the primary metric rose where few pay. These data do not tell their shares."
    ),
    "power": (
        "**Too little power.** Neither of the other explanations finds support, "
        "and a test of this size would probably miss the effect that is to be expected."
    ),
    "cannot tell": (
        "**The data do not tell.** No explanation finds support, "
        "and the test was large enough to see the effect that is to be expected."
    ),
}

TRUE_REASONS: Mapping[str, str] = {
    "free ride": "In truth it is a free ride: treatment itself makes people pay less.",
    "wrong segment": "In truth it is the wrong segment: the lift is not where the payers are.",
    "several": "In truth it is both a free ride and the wrong segment.",
    "power": "In truth nothing stands between use and money: more use makes more payers.",
    "no gain": "In truth treatment does nothing that could raise paying.",
}


def true_reason(actual: str, said: Reason) -> str:
    """Say what is true about the money, and whether the data of this run show it."""
    is_found = said == actual or (actual == "power" and said == "not flat")
    ending = "The chapter says so." if is_found else "The data of this run do not show that."
    return f"{TRUE_REASONS[actual]} {ending}"


def money_gap(gap: Finding) -> str:
    """Say how the lift where the payers are compares with the lift of all, for one segment."""
    if math.isinf(gap.estimate.low):
        return f"By {gap.names[0]}, where the payers are cannot be told apart here."
    change = f"{gap:change}"
    than = "as" if change == "the same" else "than"
    return (
        f"By {gap.names[0]}, the lift where the payers are is {change} {than} the lift of all "
        f"({gap:interval})."
    )


def proxy(signal: Finding, predicted: Finding, observed: Finding, gap: Finding, level: str) -> str:
    """Say what an early signal predicts for an outcome, and whether the outcome contradicts it."""
    start = (
        f"The signal {signal.what} was {signal:change} ({signal:interval}). "
        f"By the link between the two in control, that predicts {level} to be "
        f"{predicted:change}; it was {observed:change} ({observed:interval}). "
    )
    if gap.is_clear:
        return f"{start}**The signal misleads**: the gap of {gap:signed} is too large for chance."
    return (
        f"{start}The gap of {gap:signed} ({gap:interval}) is no larger than chance makes; "
        "this does not show that the signal can be trusted."
    )


def chosen_afterwards(
    control: Fact, treatment: Fact, members: Finding, *, names: tuple[Name, Name]
) -> str:
    """Say whether a subgroup holds more of one arm, which proves that treatment chose it."""
    shares = f"{control} of {names[0]} and {treatment} of {names[1]} are in it"
    if members.is_clear:
        return (
            f"{capital(shares)} ({members:p}): treatment itself decides who belongs, "
            "so the two arms of this group are not alike."
        )
    return f"{capital(shares)} ({members:p}): no clear sign that treatment decides who belongs."


def compares_like_with_like(members: Finding, *, unit: Name) -> str:
    """Say what is compared in a subgroup that was chosen after treatment."""
    if members.is_clear:
        return f"This compares two different kinds of {unit}."
    return f"Whether this compares the same kind of {unit} is not known."


def offers(per_unit: Finding, per_use: Finding, *, use: Name) -> str:
    """Say whether offers became rarer, for each unit and for each use."""
    start = (
        f"{capital(str(per_unit.what))} for each unit: {per_unit:change} ({per_unit:interval}). "
        f"For each of the {use}: {per_use:change} ({per_use:interval}). "
    )
    if per_use.direction == "lower":
        return f"{start}At the same use, treatment shows clearly fewer."
    if per_use.direction == "higher":
        return f"{start}At the same use, treatment shows clearly more."
    return f"{start}At the same use, no clear difference; {per_use:range} remains possible."


def peeked(first: Fact | None, days: Fact, crossed: Fact | None) -> str:
    """Say when the daily interval first left out zero, and when the always-valid one did."""
    if first is None:
        start = f"Looked at on each of {days} days, the usual interval never leaves out zero."
    else:
        start = f"The usual interval first leaves out zero on day {first} of {days}."
    if crossed is None:
        return f"{start} The always-valid one never does, and one could have looked every day."
    return (
        f"{start} The always-valid one does so from day {crossed} on, and may be looked at daily."
    )


def sequence_title(crossed: Fact | None, days: Fact) -> str:
    """Say, as a title, when the always-valid band first left out zero."""
    if crossed is None:
        return f"In {days} days the always-valid band, the outer one, never leaves out zero"
    return f"The always-valid band, the outer one, first leaves out zero on day {crossed} of {days}"


def heard_of_chance(rates: Mapping[str, Fact], alpha: Fact) -> str:
    """Say what repeated looks do to a rate of false alarms."""
    parts = [f"{rate} with {looks} looks" for looks, rate in rates.items()]
    return (
        f"A test at {alpha} that is looked at again and again, and stopped at the first "
        f"“significant” look, raises a false alarm in {listed(parts)}."
    )
