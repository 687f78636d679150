"""Wording of a meeting that has five minutes: what it says of its numbers, and what it decides.

A *reading* is a finding that is taken for what the feature does; by the clear ones among them the
meeting decides. What is said stands in quotation marks, because none of it is a finding yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from .experiments import capital
from .facts import Fact
from .findings import Finding
from .launches import shows
from .names import Name, listed

Choice = Literal["roll it back", "keep it"]
ROLL_BACK: Choice = "roll it back"
KEEP: Choice = "keep it"
OPEN = "cannot be told"
WORDS = ("none", "one", "two", "three")


def decision(readings: Sequence[Finding]) -> Choice:
    """Return what a meeting decides by the majority of its clear readings."""
    return ROLL_BACK if _votes(readings) < 0 else KEEP


def _votes(readings: Sequence[Finding]) -> int:
    """Return how many more readings are clearly higher than clearly lower."""
    ways = [one.direction for one in readings]
    return ways.count("higher") - ways.count("lower")


def chosen(choice: Choice, *, feature: Name, was_held: bool) -> str:
    """Say what the meeting decides, or, where there was none, what a hurried one would decide."""
    does = "The meeting decides" if was_held else "A hurried meeting would decide"
    return f"{does} to {_to(choice, feature)}."


def decided(readings: Sequence[Finding], *, feature: Name, was_held: bool) -> str:
    """Say by which majority of its readings a meeting decides."""
    choice = decision(readings)
    does = "the meeting decides" if was_held else "a hurried meeting would decide"
    end = f"so {does} to {_to(choice, feature)}."
    down = sum(one.direction == "lower" for one in readings)
    up = sum(one.direction == "higher" for one in readings)
    if not readings:
        return f"There is no number that could be tested, {end}"
    if not down + up:
        return f"{_all_of(len(readings), 'no')} clearly anywhere, {end}"
    if max(down, up) == len(readings):
        return f"{_all_of(len(readings), 'all')} {'down' if down else 'up'}, {end}"
    parts = [
        f"{WORDS[n]} {'points' if n == 1 else 'point'} {way}"
        for n, way in ((down, "down"), (up, "up"))
        if n
    ]
    others = len(readings) - down - up
    if others:
        parts.append(f"{WORDS[others]} nowhere clearly")
    return f"Of {WORDS[len(readings)]} numbers {listed(parts)}, {end}"


def at_stake(choice: Choice, worth: Fact, days: Fact, *, sessions: Name, feature: Name) -> str:
    """Say what the meeting's decision costs; `worth` is what keeping the feature brings."""
    within = f"within {days} days"
    if worth.value == 0:
        return f"As {feature} brings nothing and takes nothing, either choice is as good."
    lost = f"{sessions} worth {worth:size} {within}"
    if choice == ROLL_BACK:
        if worth.value > 0:
            return f"Without {feature} the product loses {lost}."
        return f"That happens to be right, and saves {lost}."
    if worth.value > 0:
        return f"That happens to be right: {feature} brings {lost}."
    return f"With {feature} the product goes on losing {lost}."


def said_drop(before: Fact, after: Fact, gap: Fact) -> str:
    """Quote what the team says of the two means."""
    end = f"{_up(gap)} {gap:size}" if shows(gap.value, f"{gap:size}") else "no change"
    return f"“Before the launch {before}, since the launch {after}: {end}.”"


def said_cut(exposed: Fact, others: Fact, gap: Fact, *, feature: Name) -> str:
    """Quote what the team says of exposed sessions and others."""
    end = "That makes no difference."
    if shows(gap.value, f"{gap:size}"):
        end = f"Who meets it does {'more' if gap.value > 0 else 'less'}."
    return f"“{exposed} where {feature} is met, {others} where it is not. {end}”"


def said_tests(drop: Finding | None, cut: Finding | None) -> str:
    """Quote what the team says of its tests."""
    named = [(name, one) for name, one in (("change", drop), ("cut", cut)) if one is not None]
    if not named:
        return "“There is nothing to test.”"
    said = " ".join(f"The {name}: {one:p}." for name, one in named)
    clear = [name for name, one in named if one.is_clear]
    if not clear:
        return f"“{said} Nothing is significant.”"
    if len(clear) < len(named):
        return f"“{said} So the {clear[0]} is significant.”"
    return f"“{said} {'Both are' if len(clear) > 1 else 'That is'} significant, so it is real.”"


def said_cells(difference: Fact | None, empty: int) -> str:
    """Quote what the team says of the two-by-two table, of which so many cells are empty."""
    if difference is None:
        cells = "One of the four cells is" if empty == 1 else f"{capital(WORDS[empty])} cells are"
        return f"“{cells} empty, so the difference in differences is no number.”"
    return f"“The difference in differences is {difference}.”"


def said_regression(after: Finding, exposed: Finding | None) -> str:
    """Quote what the team reads in the regression."""
    more = ""
    if exposed is not None and exposed.is_clear:
        more = " Every row has a small p-value, so we can trust it."
        more = "" if not after.is_clear else more
    says = "nothing clear" if not after.is_clear else f"{after:signed}, {after:p}"
    return f"“The regression prints. In the row of the launch it says {says}.{more}”"


def summed_up(readings: Sequence[Finding], *, feature: Name) -> str:
    """Quote how the chief executive ends the meeting."""
    ways = {one.direction for one in readings}
    start = "Then the numbers agree." if len(ways) == 1 else "Then most numbers say the same."
    if not ways - {"unclear"}:
        start = "Then there is no case against it."
    elif {"lower", "higher"} <= ways and _votes(readings) == 0:
        start = "Then the numbers are at odds, and we wait."
    if decision(readings) == ROLL_BACK:
        return f"“{start} We roll {feature} back this week.”"
    return f"“{start} {feature:capital} stays.”"


def daily_title(gap: Fact, *, ratio: Name) -> str:
    """Say in a title how the mean since the launch lies against the one before."""
    if not shows(gap.value, f"{gap:size}"):
        return f"{ratio:capital} are as high since the launch as before"
    side = "higher" if gap.value > 0 else "lower"
    return f"{ratio:capital} are {gap:size} {side} since the launch"


def cells_title(empty: int) -> str:
    """Say in a title whether cells of the two-by-two table are empty."""
    if not empty:
        return "Four cells, and all of them have sessions"
    return f"Four cells, and {WORDS[empty]} of them {'is' if empty == 1 else 'are'} empty"


def stakes(value: Fact, users: Fact, days: Fact, *, sessions: Name) -> str:
    """Say what was stated about money."""
    return (
        f"Stated for this run: one more of the {sessions} is worth {value}, and the decision holds "
        f"for {days} days and {users} active users a day."
    )


def advice(gain: Finding) -> str:
    """Return the advice that follows from what keeping the feature brings."""
    if gain.direction == "unclear":
        return OPEN
    return KEEP if gain.direction == "higher" else ROLL_BACK


def weighed(gains: Sequence[tuple[str, Finding]], *, feature: Name) -> str:
    """Say whether the readings lead to one decision, and which of them are right."""
    by_way: dict[str, list[str]] = {}
    for label, gain in gains:
        by_way.setdefault(advice(gain), []).append(f"“{label}”")
    if len(by_way) > 1:
        said = "The readings give different advice."
    elif OPEN in by_way:
        said = "No reading can tell what to do."
    else:
        said = f"Every reading says: {next(iter(by_way))}."
    first = gains[0][1]
    if first.truth is None:
        return f"{said} Nobody knows which decision is right, and that readings agree is no proof."
    if first.truth == 0:
        return f"{said} In truth {feature} brings nothing, so either choice is as good."
    right = KEEP if first.truth > 0 else ROLL_BACK
    ends = {right: "so", ROLL_BACK if right == KEEP else KEEP: "the contrary", OPEN: ""}
    parts = []
    for way, end in ends.items():
        if way in by_way:
            one = len(by_way[way]) == 1
            verb = "cannot tell" if way == OPEN else f"{'says' if one else 'say'} {end}"
            parts.append(f"{listed(by_way[way])} {verb}")
    return f"{said} In truth the right choice is to {right}: {'; '.join(parts)}."


def _to(choice: Choice, feature: Name) -> str:
    return f"roll {feature} back" if choice == ROLL_BACK else f"keep {feature}"


def _all_of(count: int, which: Literal["all", "no"]) -> str:
    """Return the start of a sentence about all of a few numbers, or none of them."""
    if count == 1:
        return "The one number points" if which == "all" else "The one number does not point"
    if which == "no":
        return f"None of the {WORDS[count]} numbers points"
    return f"{'Both' if count == len(WORDS) - 2 else f'All {WORDS[count]}'} numbers point"


def _up(fact: Fact) -> str:
    return "up" if fact.value > 0 else "down"
