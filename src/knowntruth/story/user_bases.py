"""Wording of user bases: who stays, who leaves, who pays, and to what extent a factor matters.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
An outcome is named as a rate is: "day-30 retention", "conversion".
"""

from __future__ import annotations

from collections.abc import Sequence

from .facts import Fact, PValue, Reason
from .findings import Finding
from .names import Name, listed

ESTIMATORS = {
    "mean": "mean",
    "median": "median",
    "trimmed mean": "trimmed mean",
    "huber": "Huber's location",
}
# What a case calls the small groups of a factor when it shows them as one.
SMALL = "(small groups)"
DO, LEAVE, OPEN = "do it", "leave it", "cannot be told"


def matters(
    overall: Finding,
    clear: Sequence[Name],
    unclear: Sequence[Name],
    reason: Reason,
    scarce: Sequence[Name] = (),
    *,
    alone: bool = False,
) -> str:
    """Say how high a rate is, and by which factors it differs when all else is equal.

    `reason` says why that cannot be told; it is empty where it can. By `scarce` factors too
    few had the outcome, or did not have it, to compare their groups. `alone` says that the only
    factor of the table is asked about by itself, elsewhere.
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
        why = f"Too few {units} have it, or too few have it not,"
        parts.append(f"{why} to compare groups by {listed(scarce)}.")
    if not parts and alone:
        return start.rstrip()
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


def chose(crude: Finding, adjusted: Finding, assignment: str, *, onboarding: Name) -> str:
    """Say how those who took the onboarding differ, and what may and may not be concluded."""
    unit = adjusted.names[0]
    said = (
        f"Among {unit} with {onboarding}, {crude.what} is {_against(crude, 'among others')} "
        f"({crude:level} interval {crude:interval}); "
        f"with all else known equal it is {_against(adjusted, 'among others')} "
        f"({adjusted:interval}). "
    )
    if assignment == "randomised":
        return (
            f"{said}A lot decided who took it, so nothing but chance lies between these "
            f"differences and what {onboarding} does."
        )
    mixed = (
        "the difference may be who they are as much as what "
        f"{onboarding} does, and nothing in the table can tell the two apart."
    )
    if assignment == "self-selected":
        return f"{said}{unit:capital} chose it themselves, so {mixed}"
    return f"{said}Whether they chose it or a lot decided is not said. If they chose it, {mixed}"


def _against(found: Finding, others: str) -> str:
    """Return how far a rate lies from that of others, and whether chance alone can make it so."""
    change = f"{found:change}"
    if change == "the same":
        return f"the same as {others}"
    doubt = "" if found.is_clear else ", which chance alone can make"
    return f"{change} than {others}{doubt}"


def nothing_chosen(onboarding: Name | None, outcome: Name | None, reason: Reason) -> str:
    """Say that what an onboarding does cannot be told, and why.

    Without a reason of another kind, too few with it or without have the outcome, or have it not.
    """
    if onboarding is None:
        return "This table does not say who had an onboarding, so nothing can be said here."
    if outcome is None:
        return f"This table holds nothing that {onboarding} could change, so nothing can be said."
    why = reason.text or (
        f"among those with it, or among those without it, too few have {outcome} or too few "
        "have it not"
    )
    return f"What {onboarding} does to {outcome} cannot be told in this run: {why}."


def told_apart(adjusted: Finding, assignment: str, *, onboarding: Name) -> str:
    """Say, where the truth is known, how much of a difference the onboarding makes by itself."""
    if adjusted.truth is None:
        raise ValueError("nobody knows the truth")
    said = f"In truth {onboarding} by itself {_does(adjusted)}. "
    if adjusted.estimate.covers(adjusted.truth):
        return f"{said}The interval holds that."
    if assignment == "randomised":
        return f"{said}The interval leaves that out, as it does by chance now and then."
    return f"{said}The interval leaves that out: the rest is who chose it, or chance."


def _does(found: Finding) -> str:
    truth = found.truth or 0.0
    if truth == 0:
        return f"does nothing to {found.what}"
    size = found.estimate.write(abs(truth))
    if not any(digit in size for digit in "123456789"):
        return f"hardly moves {found.what}"
    return f"{'raises' if truth > 0 else 'lowers'} {found.what} by {size}"


def together(factor: Name, groups: Fact, fewest: Fact, *, unit: Name) -> str:
    """Say that small groups of a factor are shown as one."""
    return (
        f"{groups} groups of {factor} have fewer than {fewest} {unit} each "
        "and are shown together as “small groups”."
    )


def no_effects(outcome: Name, reason: Reason) -> str:
    """Say that effects on an outcome cannot be told apart, and why."""
    return f"What each factor does to {outcome} cannot be told in this run: {reason}."


def no_groups(outcome: Name, factors: Sequence[Name], *, unit: Name) -> str:
    """Say that by no factor enough have an outcome, and enough have it not."""
    return (
        f"What each factor does to {outcome} cannot be told in this run: too few {unit} have it, "
        f"or too few have it not, to compare groups by {listed(factors)}."
    )


def pooled(outcome: Name, factors: Sequence[Name], *, unit: Name) -> str:
    """Say what a regression took together as "(other)"."""
    return (
        f"“(other)” stands for the groups of {listed(factors)} in which the fewest {unit} have "
        f"{outcome}, or the fewest have it not: too few for an effect of their own."
    )


def cannot_divide(factors: Sequence[Name], reason: Reason) -> str:
    """Say that factors do not divide those whose outcome is known, and why."""
    return f"By {listed(factors, last='or')} nothing can be said: {reason}."


def differs(
    factor: Name,
    p: PValue,
    higher: Sequence[Name],
    lower: Sequence[Name],
    *,
    alpha: float,
    groups: int,
) -> str:
    """Say whether a rate differs by a factor of so many groups, and which of them stand out."""
    if not higher and not lower:
        if p.value < alpha:
            return f"By {factor} the rates differ ({p}), but no single group stands out."
        return f"By {factor} no difference beyond chance is seen ({p})."
    if groups == 2 and higher and lower:
        return f"By {factor}: {_groups(higher)} {_lie(higher)} above {_groups(lower)}."
    parts = []
    if higher:
        parts.append(f"{_groups(higher)} {_lie(higher)} above all others together")
    if lower:
        parts.append(
            f"{_groups(lower)} {_lie(lower)} below{'' if higher else ' all others together'}"
        )
    return f"By {factor}: {', and '.join(parts)}."


def _groups(names: Sequence[Name]) -> str:
    """Return labels of groups set apart from the words around them: "higher" may be one."""
    return listed(["the small groups" if name.text == SMALL else f"*{name}*" for name in names])


def _lie(names: Sequence[Name]) -> str:
    alone = len(names) == 1 and names[0].text != SMALL
    return "lies" if alone else "lie"


def by_week(outcome: Name, p: PValue, *, alpha: float) -> str:
    """Say whether cohorts differ."""
    if p.value < alpha:
        return (
            f"The weeks differ in {outcome} by more than chance usually makes ({p}): "
            "something differs between them, be it the platform or who signed up."
        )
    return (
        f"The weeks differ in {outcome} no more than chance makes ({p}). "
        "That does not show that nothing changed: what is smaller than the intervals are wide "
        "would not be seen."
    )


def among_retained(gap: Finding, retained: Name, *, unit: Name) -> str:
    """Say how churn differs between those who were retained and those who were not."""
    return (
        f"Among {unit} with {retained}, {gap.what} is {_against(gap, f'among other {unit}')} "
        f"({gap:level} interval {gap:interval})."
    )


def held(right: Fact, graded: Fact, promised: Fact) -> str:
    """Say how many of many intervals held the truth."""
    intervals = "interval" if graded.value == 1 else "intervals"
    return (
        f"Of {graded} {intervals}, for all factors and outcomes but the onboarding, {right} "
        f"{'holds' if right.value == 1 else 'hold'} the true effect; "
        f"each was made to do so with a chance of {promised}."
    )


def reading_title(label: str, found: Finding, *, onboarding: Name) -> str:
    """Say in a title whether a reading takes the onboarding for what it is not."""
    if found.grade == "wrong":
        better = found.truth is not None and found.estimate.value > found.truth
        return f"“{label}” makes {onboarding} look {'better' if better else 'worse'} than it is"
    return f"“{label}” holds what {onboarding} does, as far as this run can tell"


def middles(found: Sequence[Finding], *, outliers: bool = True) -> str:
    """Say in a title which middles the outliers move."""
    what = found[0].what
    if found[0].truth is None:
        mean, median = found[0].estimate, found[1].estimate
        if mean.low > median.high:
            return f"The mean of {what} lies above the middle user's"
        if mean.high < median.low:
            return f"The mean of {what} lies below the middle user's"
        return f"The mean of {what} and the middle user's are close"
    if not outliers:
        return f"The middles of {what} where there are no outliers"
    moved = sum(one.grade == "wrong" for one in found)
    if not moved:
        return f"Outliers move no middle of {what} further than chance does"
    if moved == len(found):
        return f"Outliers move every middle of {what}, the robust ones too"
    return f"Outliers move some middles of {what} further than chance does"


def heaviest(share: Fact, of_total: Fact, activity: Name, *, unit: Name) -> str:
    """Say how much of an activity the most active make."""
    return f"The most active {share} of {unit} make {of_total} of all {activity}."


def stakes(value: Fact, reach: Fact, cost: Fact, *, unit: Name, onboarding: Name) -> str:
    """Say what was stated about money."""
    return (
        f"Stated for this run: one more of the {unit} retained is worth {value}, "
        f"{onboarding} would reach {reach} {unit} and cost {cost}."
    )


def advice(gain: Finding) -> str:
    """Return the advice that follows from a gain, by its whole interval."""
    if gain.direction == "unclear":
        return OPEN
    return DO if gain.direction == "higher" else LEAVE


def decided(gains: Sequence[tuple[str, Finding]]) -> str:
    """Say whether the readings lead to one decision, and which of them were right."""
    by_way: dict[str, list[str]] = {}
    for label, gain in gains:
        by_way.setdefault(advice(gain), []).append(f"“{label}”")
    first = gains[0][1]
    if len(by_way) > 1:
        said = "The readings lead to different advice, so it matters which of them is right."
    elif OPEN in by_way:
        said = "No reading can tell whether it pays."
    else:
        said = f"Every reading gives the same advice: {next(iter(by_way))}."
    if first.truth is None:
        if len(by_way) > 1:
            return f"{said} Nobody knows which of them is."
        if OPEN in by_way:
            return said
        return f"{said} Readings that agree can be wrong together."
    if first.truth == 0:
        return f"{said} In truth it brings what it costs, so either choice is right."
    right = DO if first.truth > 0 else LEAVE
    said = f"{said} In truth the gain is {first:truth}: the right choice is to {right}."
    if len(by_way) == 1 and OPEN in by_way:
        return said
    cost = first.estimate.write(abs(first.truth))
    ends = {
        LEAVE if right == DO else DO: ("chooses", "choose", f" wrongly, which costs {cost}"),
        right: ("chooses", "choose", " rightly"),
        OPEN: ("cannot", "cannot", " tell"),
    }
    if len(by_way) == 1:
        (one, _, end) = ends[next(iter(by_way))]
        return f"{said} Every reading {one}{end}."
    parts = [
        f"{listed(by_way[way])} {one if len(by_way[way]) == 1 else many}{end}"
        for way, (one, many, end) in ends.items()
        if way in by_way
    ]
    return f"{said} {'; '.join(parts)}."


def in_short(adjusted: Finding, assignment: str, *, onboarding: Name) -> str:
    """Say what is known of the onboarding, for an executive."""
    what, unit = adjusted.what, adjusted.names[0]
    if assignment == "randomised":
        if adjusted.is_clear:
            return (
                f"{onboarding:capital} changes {what}: it is {adjusted:change} with it than "
                f"without ({adjusted:interval})."
            )
        return f"What {onboarding} does to {what} may be anything {adjusted:range}."
    return (
        f"Among {unit} with {onboarding}, {what} is {_against(adjusted, 'among others')} "
        f"({adjusted:interval}), all else known equal; how much of that {onboarding} does is not "
        f"known, because {_because(assignment, unit=unit)}."
    )


def _because(assignment: str, *, unit: Name) -> str:
    if assignment == "self-selected":
        return f"{unit} chose it themselves"
    return "it is not said whether they chose it"
