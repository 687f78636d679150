"""Wording of a launch: how far a number moved since, by whom, and what a feature did to it.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
The *ratio* is what is measured, such as "sessions per active user".
"""

from __future__ import annotations

from collections.abc import Mapping

from .facts import Fact, Reason
from .findings import Finding
from .names import Name, listed


def changed(change: Finding, before: Fact, after: Fact) -> str:
    """Say how far the ratio moved since the launch, and whether days alone can do that."""
    doubt = "" if change.is_clear else "; days that differ can do as much by themselves"
    return (
        f"**Since the launch {change.what} {moved(change)}**, from {before} to {after} "
        f"({change:level} interval of the change {change:interval}, for days that may go "
        f"together){doubt}."
    )


def moved(change: Finding) -> str:
    """Say in which direction the ratio moved, and how far."""
    if not shows(change.estimate.value, f"{change:size}"):
        return "hardly moved"
    return f"{'rose' if change.estimate.value > 0 else 'fell'} by {change:size}"


def unmeasured(ratio: Name, before: Fact, after: Fact, reason: Reason) -> str:
    """Say what the ratio was before and after where no method can compare the days."""
    return (
        f"**Since the launch {ratio} come to {after}, before it they came to {before}**. "
        f"What that change is worth cannot be told: {reason}."
    )


def really(adds: Fact | None, without: Fact, *, feature: Name, ratio: Name, sessions: Name) -> str:
    """Say what the feature does in truth, and what would have happened without it.

    `adds` is None where nobody can meet the feature.
    """
    rest = f"without it, {ratio} could be expected to {_move(without)}."
    if adds is None:
        return f"In truth nobody can meet {feature}, so it does nothing; {rest}"
    if not shows(adds.value, f"{adds:size}"):
        return f"In truth {feature} does nothing; with or {rest}"
    side = "adds {} to" if adds.value > 0 else "takes {} from"
    does = side.format(f"{adds:size} {sessions}")
    return f"In truth {feature} {does} an active day of those who can meet it; {rest}"


def untold(*, feature: Name) -> str:
    """Say that a table of sessions does not tell what a feature does."""
    return (
        f"Whether {feature} has to do with that cannot be told from this table, "
        f"because nobody knows what would have happened without {feature}."
    )


PARTS = {"stayed": "those who stayed", "left": "that some left", "came": "that others came"}


def by_whom(parts: Mapping[str, Finding]) -> str:
    """Say which part of the change is the largest: those who stayed, left or came."""
    total, largest = parts["total"], _largest(parts)
    one = parts[largest]
    said = (
        f"Pooled, {total.what} changed by {total:signed} ({total:level} interval "
        f"{total:interval}). The largest of the three parts is {PARTS[largest]}: {one:signed} "
        f"({one:interval})"
    )
    return f"{said}." if one.is_clear else f"{said}, which chance alone can make."


def parts_title(parts: Mapping[str, Finding]) -> str:
    """Say in a title which part of the change is the largest."""
    largest = _largest(parts)
    if not parts[largest].is_clear:
        return "No part of the change is clear"
    return f"What moved the number most: {PARTS[largest]}"


def _largest(parts: Mapping[str, Finding]) -> str:
    return max(PARTS, key=lambda key: abs(parts[key].estimate.value))


def access_title(found: Finding) -> str:
    """Say in a title how those with access changed against those without."""
    if not found.is_clear:
        return "With access and without: no clear difference in how they changed"
    side = "rose more, or fell less," if found.direction == "higher" else "fell more, or rose less,"
    return f"With access the number {side} than without"


def nobody_else(*, has_access: bool) -> str:
    """Say that there is but one group, those with access or those without."""
    if has_access:
        return "In this run everybody has access, so nobody is left to compare with."
    return "In this run nobody has access, so the whole change is that of users without it."


def without_access(change: Finding, *, feature: Name) -> str:
    """Say how those changed who cannot meet the feature."""
    doubt = "" if change.is_clear else ", which chance alone can make"
    return (
        f"Among {change.names[0]} who never had access {change.what} {moved(change)} "
        f"({change:interval}){doubt}. That much {feature} cannot have done: they never met it."
    )


def by_access(found: Finding) -> str:
    """Say by how much more those with access changed, and whether that holds the truth."""
    users, feature = found.names
    way = "gained {} on" if found.estimate.value >= 0 else "lost {} against"
    said = (
        f"Since the launch, and against their own past, {users} with access "
        f"{way.format(f'{found:size}')} those without ({found:level} interval {found:interval})"
    )
    said += "." if found.is_clear else ", which chance alone can make."
    if found.truth is None:
        return f"{said} If both would have changed alike without {feature}, that is what it does."
    held = "holds" if found.estimate.covers(found.truth) else "leaves out, as happens by chance"
    does = f"adds {found.estimate.write(abs(found.truth))}"
    if found.truth < 0:
        does = f"takes {found.estimate.write(abs(found.truth))}"
    if found.truth == 0:
        does = "does nothing"
    return f"{said} In truth {feature} {does} for them, which the interval {held}."


def made_of(parts: Mapping[str, Fact], *, ratio: Name) -> str:
    """Say what each cause adds to the change that is to be expected."""
    acting = {name: fact for name, fact in parts.items() if shows(fact.value, f"{fact:size}")}
    still = [name for name in parts if name not in acting]
    if not acting:
        return f"In this run nothing acts on {ratio}, so none of it can be expected to change."
    does = [
        f"{name} {'adds' if fact.value > 0 else 'takes'} {fact:size}"
        for name, fact in acting.items()
    ]
    said = f"To be expected: {listed(does)}."
    return f"{said} Nothing comes from {listed(still, last='or')}." if still else said


def made_title(feature: Fact, rest: Fact, *, ratio: Name, name: Name) -> str:
    """Say in a title what the feature and everything else did."""
    ours, others = (shows(fact.value, f"{fact:size}") for fact in (feature, rest))
    if not ours:
        end = f"what moved {ratio} is something else" if others else "and neither did anything else"
        return f"{name:capital} did nothing{';' if others else ','} {end}"
    way = "raised" if feature.value > 0 else "lowered"
    if not others:
        return f"{name:capital} {way} {ratio}, and nothing else moved it"
    other = "raised" if rest.value > 0 else "lowered"
    if way == other:
        return f"{name:capital} {way} {ratio}, and so did everything else"
    more = "more" if abs(rest.value) > abs(feature.value) else "less"
    return f"{name:capital} {way} {ratio}; everything else {other} it by {more}"


def shows(value: float, written: str) -> bool:
    """Whether a number that is written in few digits is seen to be none."""
    return value != 0 and any(digit in written for digit in "123456789")


def _move(fact: Fact) -> str:
    if not shows(fact.value, f"{fact:size}"):
        return "stay where it was"
    return f"{'rise' if fact.value > 0 else 'fall'} by {fact:size}"
