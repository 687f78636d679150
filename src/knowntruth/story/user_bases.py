"""Wording of user bases: who stays, who leaves, who pays, and to what extent a factor matters.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
An outcome is named as a rate is: "day-30 retention", "conversion".
"""

from __future__ import annotations

from collections.abc import Sequence

from .experiments import capital
from .facts import Fact, PValue, Reason
from .findings import Finding
from .names import Name, listed

ESTIMATORS = {
    "mean": "mean",
    "median": "median",
    "trimmed mean": "trimmed mean",
    "huber": "Huber's location",
}


def matters(
    overall: Finding,
    clear: Sequence[Name],
    unclear: Sequence[Name],
    reason: Reason,
    scarce: Sequence[Name] = (),
) -> str:
    """Say how high a rate is, and by which factors it differs when all else is equal.

    `reason` says why that cannot be told; it is empty where it can. By `scarce` factors too
    few had the outcome, or did not have it, to compare their groups.
    """
    start = (
        f"**{overall.what:capital} is {overall:value}** "
        f"({overall:level} interval {overall:interval}). "
    )
    units = overall.names[0]
    if reason.text:
        return f"{start}By which factors it differs cannot be told: {reason}."
    parts = [_clearly(clear, unclear)] if clear or unclear else []
    if scarce:
        parts.append(f"Too few {units} have it, or do not, to compare groups by {listed(scarce)}.")
    if not parts:
        parts = [f"Nothing in the table divides these {units} into groups to be compared."]
    return start + " ".join(parts)


def _clearly(clear: Sequence[Name], unclear: Sequence[Name]) -> str:
    if not clear and len(unclear) == 1:
        return f"It does not clearly differ by {unclear[0]}."
    if not clear:
        return (
            "No factor makes a clear difference when the others are held equal; "
            f"{listed(unclear)} were looked at."
        )
    said = f"All else equal, it clearly differs by {listed(clear)}"
    if not unclear:
        return f"{said}."
    return f"{said}; by {listed(unclear, last='or')} it does not clearly differ."


def effect(found: Finding, level: Name, reference: Name) -> str:
    """Say what a level of a factor goes along with, against another, all else equal."""
    evidence = f"{found:level} interval {found:interval}, {found:p}"
    change = f"{found:change}"
    than = f"as among {reference}" if change == "the same" else f"than among {reference}"
    if found.is_clear or change == "the same":
        return f"Among {level}, {found.what} is {change} {than} ({evidence})."
    return (
        f"Among {level}, {found.what} is {change} {than}, which chance alone can make ({evidence})."
    )


def chose(crude: Finding, adjusted: Finding, assignment: str, *, onboarding: Name) -> str:
    """Say how those who took the onboarding differ, and what may and may not be concluded."""
    units = adjusted.names[0]
    said = (
        f"{capital(str(units))} with {onboarding} have {crude.what} {crude:change} "
        f"({crude:level} interval {crude:interval}); "
        f"among {units} who are alike in everything known, {adjusted:change} "
        f"({adjusted:interval}). "
    )
    if assignment == "randomised":
        return f"{said}A lot decided who took it, so the difference is what {onboarding} does."
    if assignment == "self-selected":
        return (
            f"{said}They chose it themselves, so the difference is who they are as well as what "
            f"{onboarding} does, and nothing in the table can tell the two apart."
        )
    return (
        f"{said}Whether they chose it or a lot decided is not said. If they chose it, the "
        f"difference is who they are as well as what {onboarding} does."
    )


def nothing_chosen(onboarding: Name | None) -> str:
    """Say that nothing can be told of an onboarding."""
    if onboarding is None:
        return "This table does not say who had an onboarding, so nothing can be said here."
    return (
        f"What goes along with {onboarding} cannot be told in this run: too few have an outcome, "
        "or nearly everybody has the same."
    )


def told_apart(adjusted: Finding, *, onboarding: Name) -> str:
    """Say, where the truth is known, how much of a difference the onboarding makes by itself."""
    if adjusted.truth is None:
        raise ValueError("nobody knows the truth")
    said = f"In truth {onboarding} by itself makes {_by_itself(adjusted)}. "
    if adjusted.estimate.covers(adjusted.truth):
        return f"{said}The interval holds that."
    return f"{said}The interval leaves that out: the rest is who chose it."


def _by_itself(found: Finding) -> str:
    truth = found.truth or 0.0
    if truth == 0:
        return "no difference"
    size = found.estimate.write(abs(truth))
    return f"a difference of {size} {'upwards' if truth > 0 else 'downwards'}"


def together(factor: Name, groups: Fact, fewest: Fact, *, unit: Name) -> str:
    """Say that small groups of a factor are shown as one."""
    return (
        f"{groups} groups of {factor} have fewer than {fewest} {unit} each "
        "and are shown together as “small groups”."
    )


def no_effects(outcome: Name, reason: Reason) -> str:
    """Say that effects on an outcome cannot be told apart, and why."""
    return f"What each factor does to {outcome} cannot be told in this run: {reason}."


def cannot_divide(factor: Name) -> str:
    """Say that a factor does not divide those whose outcome is known."""
    return f"By {factor} nothing can be said: too few groups have an outcome that varies."


def differs(
    factor: Name, p: PValue, higher: Sequence[Name], lower: Sequence[Name], *, alpha: float
) -> str:
    """Say whether a rate differs by a factor, and which groups stand out."""
    if not higher and not lower:
        if p.value < alpha:
            return f"By {factor} the rates differ ({p}), but no single group stands out."
        return f"By {factor} no difference beyond chance is seen ({p})."
    parts = []
    if higher:
        parts.append(f"{listed(higher)} {_lie(higher)} above all others together")
    if lower:
        parts.append(
            f"{listed(lower)} {_lie(lower)} below{'' if higher else ' all others together'}"
        )
    return f"By {factor}: {', and '.join(parts)}."


def _lie(names: Sequence[Name]) -> str:
    return "lies" if len(names) == 1 else "lie"


def by_week(outcome: Name, p: PValue, *, alpha: float) -> str:
    """Say whether cohorts differ."""
    if p.value < alpha:
        return (
            f"The weeks differ in {outcome} by more than chance usually makes ({p}): "
            "something differs between them, be it the platform or who signed up."
        )
    return (
        f"The weeks differ in {outcome} no more than chance makes ({p}). "
        "That does not show that nothing changed, only that nothing large did."
    )


def among_retained(gap: Finding, retained: Name, *, unit: Name) -> str:
    """Say how churn differs between those who were retained and those who were not."""
    change = f"{gap:change}"
    than = f"as among other {unit}" if change == "the same" else f"than among other {unit}"
    doubt = "" if gap.is_clear or change == "the same" else ", which chance alone can make"
    return (
        f"Among {unit} with {retained}, {gap.what} is {change} {than}{doubt} "
        f"({gap:level} interval {gap:interval})."
    )


def held(right: Fact, graded: Fact, promised: Fact) -> str:
    """Say how many of many intervals held the truth."""
    return (
        f"Of {graded} intervals, all factors and outcomes but the onboarding, {right} hold the "
        f"true effect; each was made to do so with a chance of {promised}."
    )


def readings_title(found: Sequence[Finding], *, onboarding: Name) -> str:
    """Say in a title whether choosing makes the onboarding look other than it is."""
    first = found[0]
    if first.grade == "wrong":
        way = "more" if first.truth is not None and first.estimate.value > first.truth else "less"
        return f"Chosen, the {onboarding} seems to do {way} than it does"
    return f"Chosen or dealt by lot, the {onboarding} seems to do about the same here"


def middles(found: Sequence[Finding]) -> str:
    """Say in a title which middles the outliers move."""
    what = found[0].what
    if found[0].truth is None:
        mean, median = found[0].estimate, found[1].estimate
        if mean.low > median.high:
            return f"The mean of {what} lies above the middle user's"
        if mean.high < median.low:
            return f"The mean of {what} lies below the middle user's"
        return f"The mean of {what} and the middle user's are close"
    moved = sum(one.grade == "wrong" for one in found)
    if not moved:
        return f"Outliers move no middle of {what} further than chance does"
    if moved == len(found):
        return f"Outliers move every middle of {what}, the robust ones too"
    return f"Outliers move some middles of {what}, and others not"


def heaviest(share: Fact, of_total: Fact, activity: Name, *, unit: Name) -> str:
    """Say how much of an activity the most active make."""
    return f"The most active {share} of {unit} make {of_total} of all {activity}."


def stakes(value: Fact, reach: Fact, cost: Fact, *, unit: Name, onboarding: Name) -> str:
    """Say what was stated about money."""
    return (
        f"Stated for this run: one more retained user is worth {value}, "
        f"{onboarding} would reach {reach} {unit} and cost {cost}."
    )


def advice(gain: Finding) -> str:
    """Return the advice that follows from a gain, by its whole interval."""
    if gain.direction == "unclear":
        return "cannot be told"
    return "do it" if gain.direction == "higher" else "leave it"


def decided(gains: Sequence[Finding]) -> str:
    """Say whether the readings lead to one decision, and whether it was right."""
    ways = {advice(gain) for gain in gains}
    truth = gains[0].truth
    said = "All readings lead to the same advice."
    if len(ways) > 1:
        said = "The readings lead to different advice, so it matters which of them is right."
        said += " Nobody knows which of them is." if truth is None else ""
    if truth is None:
        return said
    right = "do it" if truth > 0 else "leave it"
    first = advice(gains[0])
    cost = f"{gains[0].estimate.write(abs(truth))}"
    if first == "cannot be told":
        return f"{said} In truth the gain is {gains[0]:truth}: the right choice is to {right}."
    if first == right:
        return f"{said} In truth the gain is {gains[0]:truth}, and the first reading chose right."
    return (
        f"{said} In truth the gain is {gains[0]:truth}: who follows the first reading chooses "
        f"wrongly, and that costs {cost}."
    )


def in_short(adjusted: Finding, assignment: str, *, onboarding: Name) -> str:
    """Say what is known of the onboarding, for an executive."""
    if assignment == "randomised":
        if adjusted.is_clear:
            return (
                f"The {onboarding} changes {adjusted.what}: it is {adjusted:change} with it "
                f"({adjusted:interval})."
            )
        return f"What the {onboarding} does to {adjusted.what} may be anything {adjusted:range}."
    return (
        f"{capital(str(adjusted.names[0]))} with {onboarding} have {adjusted.what} "
        f"{adjusted:change} ({adjusted:interval}), all else known equal; how much of it the "
        f"{onboarding} does is not known, because {_because(assignment)}."
    )


def _because(assignment: str) -> str:
    if assignment == "self-selected":
        return "they chose it themselves"
    return "it is not said whether they chose it"
