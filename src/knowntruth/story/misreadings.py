"""Wording of a drop that is misread: what each number of a hurried meeting can and cannot say.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .estimates import Estimate
from .experiments import capital
from .facts import Fact, Reason
from .findings import Finding
from .launches import moved, shows
from .meetings import WORDS
from .names import Name, listed

# How a printed figure can be had again.
REPLAYS = {
    "exact": "from the steps alone",
    "identity": "from other figures",
    "band": "as one of many worlds",
}
# Readings that are taken for the feature's effect, by the keys of the score card over many worlds.
CLAIMS = ("drop", "exposed_all_days", "exposed_same_days", "regression", "access_after")
# Why a reading is right or wrong, and what it takes for granted.
SCORE = {
    "drop": (
        "Takes whatever began on that day for the feature, and days for independent.",
        "Nothing but the feature changed at the launch or since, and days are independent.",
    ),
    "cut": (
        "Sets parts of days since the launch against a mixture of whole days and parts.",
        "Sessions are exposed by lot, and parts of days are as long as whole ones.",
    ),
    "same_days": (
        "Long days have more chances to be exposed, so exposure follows from what it explains.",
        "Sessions are exposed by lot, whatever else happens on that day.",
    ),
    "treated": (
        "Half of a contrast that two columns share; its error is half of one, too.",
        "Some sessions were exposed before the launch. None could be.",
    ),
    "row": (
        "Sets parts of days since the launch against whole days from before it.",
        "What is not exposed since the launch is like everything before it.",
    ),
    "by_access": (
        "Sets each user against the same user, and those with access against those without.",
        "Without the feature both groups would have changed alike.",
    ),
    "access_after": (
        "Takes who gets access for what access does.",
        "Access was given by lot, and days are independent.",
    ),
    "change_welch": (
        "Counts each day as an independent draw; too sure where days go together.",
        "Days are independent.",
    ),
    "change_cosine": (
        "Lets days go together, and pays for that with width.",
        "Days go together in the same way throughout.",
    ),
}


def drop_can(change: Finding, hurried: Finding) -> str:
    """Say what the comparison of two stretches of days tells, and what it does not."""
    if hurried.is_clear and not change.is_clear:
        start = (
            f"As if days were independent, the change is clear ({hurried:interval}); for days that "
            f"may go together it is not ({change:interval})."
        )
    elif change.is_clear:
        start = f"That {change.what} {moved(change)} is clear ({change:interval})."
    else:
        start = f"Whether {change.what} changed at all is not clear ({change:interval})."
    return (
        f"{start} *Why* is not among the things that two means can say: whatever began on the day "
        "of the launch, or since, is in the second of them."
    )


def below(twice: Fact, exposed: Fact, others: Fact, union: Fact, *, sessions: Name) -> str:
    """Say where two subsets lie against their union, and why."""
    if not twice.value:
        return (
            f"On no day since the launch did anybody have {sessions} of both kinds, so the subsets "
            f"share no user-day, and their union, {union}, lies between {exposed} and {others}."
        )
    under = [
        f"{value} ({name})"
        for name, value in (("exposed", exposed), ("not exposed", others))
        if value.value < union.value and str(value) != str(union)
    ]
    start = (
        f"On {twice} of the active user-days since the launch somebody had {sessions} of both "
        f"kinds. Such a day is one user-day of the union, and one of *each* subset: {sessions} are "
        "shared out, user-days are counted twice."
    )
    lie = "both lie" if len(under) > 1 else "lies"
    if not under:
        return f"{start} Here neither of them shows it: neither lies below the union, {union}."
    return f"{start} So {listed(under)} {lie} below the union, {union}."


def overlap_title(twice: Fact) -> str:
    """Say in a title how many user-days are part of both subsets."""
    if not twice.value:
        return "No user-day is part of both subsets"
    return f"{twice} of the user-days are exposed and not exposed at once"


def mixed(whole: Fact, before: Fact, after: Fact, days_before: Fact, days_after: Fact) -> str:
    """Say which two periods the mean of sessions that are not exposed mixes."""
    return (
        f"Not exposed, at {whole}, is the mean of {days_before} days before the launch at {before} "
        f"and of {days_after} days since at {after}."
    )


def flips(over_all: Fact, same_days: Fact, *, sessions: Name, feature: Name) -> str:
    """Say whether the sign of the difference turns when both sides have the same days."""
    start = (
        f"Against that mixture exposed {sessions} lie {_side(over_all)}; against the others of the "
        f"*same* days they lie {_side(same_days)}."
    )
    if over_all.value * same_days.value < 0:
        return f"{start} The sign turns, and neither number is what {feature} does."
    return f"{start} The sign is the same, and still neither number is what {feature} does."


def acts_on(effect: str, causes: Sequence[Name]) -> str:
    """Say which boxes of a diagram have arrows to another one in this run."""
    if not causes:
        return f"In this run no arrow leads to {effect}."
    names = listed([f"“{cause}”" for cause in causes])
    arrows = "an arrow leads" if len(causes) == 1 else "arrows lead"
    return f"In this run {arrows} to {effect} from {names}."


def rejects(clear: int, tried: int, *, feature: Name) -> str:
    """Say in how many of up to three worlds, with other effects, the same test rejects."""
    if clear == tried:
        return (
            f"The test rejects in all {WORDS[tried]} worlds, whatever {feature} does in them. "
            "What always happens tells nothing."
        )
    if not clear:
        return f"The test rejects in none of the {WORDS[tried]} worlds, whatever {feature} does."
    return f"The test rejects in {WORDS[clear]} of the {WORDS[tried]} worlds."


def shifts(low: Fact, high: Fact, between: Fact, sessions: Name) -> str:
    """Say how little the cut moves while the effect moves a lot."""
    return (
        f"From an effect of {low} to one of {high} {sessions} the difference that it shows moves "
        f"by {between:size}."
    )


def stick(found: Finding, days: Fact, effective: Fact, widening: Fact) -> str:
    """Say whether days go along with the day before, and what that leaves of their number."""
    size = f"autocorrelation {found:value}, {found:p}"
    if not found.is_clear:
        return (
            f"Whether days go along with the day before is not clear from these {days} "
            f"({size}; {found:level} interval {found:interval})."
        )
    if found.direction == "lower":
        return f"Days turn against the day before ({size}), so a mean of them varies less."
    return (
        f"A day goes along with the day before ({size}). So these {days} days say as much as "
        f"{effective} independent ones, and errors that take them for independent are too small "
        f"by a factor of {widening}."
    )


def tests_of_days(found: Mapping[str, Finding]) -> str:
    """Say which of several tests call the same change clear."""
    parts = [f"{name} {one:p}" for name, one in found.items()]
    clear = [name for name, one in found.items() if one.is_clear]
    said = f"{capital(listed(parts))}."
    if len(clear) == len(found):
        return f"{said} All of them call the change clear."
    if not clear:
        return f"{said} None of them calls the change clear."
    verb = "calls" if len(clear) == 1 else "call"
    return f"{said} Only {listed(clear)} {verb} the change clear."


def alarms(rate: Finding, best: Finding, autocorrelation: Fact, promised: Fact) -> str:
    """Say how often two tests call a change where there is none and days stick."""
    return (
        f"Where nothing changes and days go along by {autocorrelation}, Welch's test calls a "
        f"change in {rate:value} of all records, cosine waves in {best:value}; "
        f"both promise {promised}."
    )


def alarms_title(hurried: Finding) -> str:
    """Say in a title how often Welch's test is wrong where days stick."""
    return (
        "Where days stick most, Welch's test calls a change in "
        f"{hurried:value} of records without one"
    )


def alarms_alt(found: Mapping[str, Sequence[tuple[float, Estimate]]]) -> str:
    """Say what the figure of false alarms shows, for somebody who cannot see it."""
    parts = [
        f"{name} {rates[0][1]:value} where days are independent, {rates[-1][1]:value} where they "
        "stick most"
        for name, rates in found.items()
    ]
    return f"Curves of changes called where there is none: {'; '.join(parts)}."


def gap(before: Fact, exposed: Fact, *, sessions: Name) -> str:
    """Say what the cell of exposed sessions before the launch holds, and why."""
    start = f"Before the launch there are {before} {sessions}, and {exposed} of them are exposed"
    if exposed.value:
        return (
            f"{start}, although nobody can meet what has not been launched: either the day of the "
            "launch or the column is wrong."
        )
    return (
        f"{start}. No better record would fill that cell: nobody could meet what had not been "
        "launched. It is not a missing value, which somebody forgot to write down, "
        "but a group that does not exist."
    )


def cannot_answer(columns: Fact, rank: Fact) -> str:
    """Say that a regression has more coefficients than its data can tell apart."""
    if rank.value == columns.value:
        return (
            f"The regression has {columns} coefficients, and its data can tell all of them apart."
        )
    return f"The regression asks for {columns} coefficients; its data can tell {rank} apart."


def halves(first: Fact, second: Fact, whole: Fact, *, sessions: Name) -> str:
    """Say how one contrast came to stand in two rows."""
    return (
        "“exposed” and “exposed × after” are the same column, so nothing can tell them apart. "
        f"The library gives each of them half of the one contrast that the data do have, {first} "
        f"and {second} of {whole}: exposed {sessions} less the others on the days since the launch."
    )


def every_null(alarms: Sequence[tuple[str, Finding]], worlds: Fact) -> str:
    """Say how often naive readings call an effect where the feature does nothing."""
    names = listed([f"“{label}”" for label, _ in alarms])
    if all(rate.estimate.value == 1 for _, rate in alarms):
        every = "every naive reading calls" if len(alarms) > 1 else "the naive reading calls"
        return (
            f"In each of {worlds} worlds in which the feature does nothing, {every} an effect: "
            f"{names}."
        )
    parts = listed([f"“{label}” in {rate:value}" for label, rate in alarms])
    return f"Of {worlds} worlds in which the feature does nothing, an effect is called by {parts}."


def cannot(what: str, reason: Reason) -> str:
    """Say that something cannot be told, and why."""
    return f"{capital(what)} cannot be told: {reason}."


def replayed(counts: Mapping[str, Fact], inside: Fact, everything: Fact) -> str:
    """Say how many printed figures can be had again, and how."""
    which = "all of them" if inside.value == counts["band"].value else f"{inside} of them"
    return (
        f"Of {everything} figures {counts['exact']} follow from the steps alone and "
        f"{counts['identity']} from other figures, whatever the data are. {counts['band']} hang on "
        f"tables that were never given, and {which} lie where worlds like this one, with the "
        "default parameters and other seeds, put them."
    )


def renamed(found: Finding, what: Name) -> Finding:
    """Return a finding about the same number under another name."""
    return replace(found, what=what)


def _side(fact: Fact) -> str:
    if not shows(fact.value, f"{fact:size}"):
        return "as high"
    return f"{fact:size} {'above' if fact.value > 0 else 'below'}"
