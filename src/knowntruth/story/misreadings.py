"""Wording of a drop that is misread: what a meeting says of its numbers, and what these can say.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
The *ratio* is what is measured, such as "sessions per active user". A *reading* is a finding that
is taken for what the feature does; by the clear ones among them the meeting decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from .estimates import Estimate
from .facts import Fact, Reason
from .findings import Finding
from .names import Name, listed

Choice = Literal["roll it back", "keep it"]

ROLL_BACK: Choice = "roll it back"
KEEP: Choice = "keep it"
OPEN = "cannot be told"
WORDS = ("none", "one", "two", "three")

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


# The answer first.


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
    if not _shows(change.estimate.value, f"{change:size}"):
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
    if not _shows(adds.value, f"{adds:size}"):
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


# The meeting.


def said_drop(before: Fact, after: Fact, gap: Fact) -> str:
    """Quote what the team says of the two means."""
    end = f"{_up(gap)} {gap:size}" if _shows(gap.value, f"{gap:size}") else "no change"
    return f"“Before the launch {before}, since the launch {after}: {end}.”"


def said_cut(exposed: Fact, others: Fact, gap: Fact, *, feature: Name) -> str:
    """Quote what the team says of exposed sessions and others."""
    end = "That makes no difference."
    if _shows(gap.value, f"{gap:size}"):
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
        cells = "One of the four cells is" if empty == 1 else f"{_capital(WORDS[empty])} cells are"
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
    if not _shows(gap.value, f"{gap:size}"):
        return f"{ratio:capital} are as high since the launch as before"
    side = "higher" if gap.value > 0 else "lower"
    return f"{ratio:capital} are {gap:size} {side} since the launch"


def cells_title(empty: int) -> str:
    """Say in a title whether cells of the two-by-two table are empty."""
    if not empty:
        return "Four cells, and all of them have sessions"
    return f"Four cells, and {WORDS[empty]} of them {'is' if empty == 1 else 'are'} empty"


# With open eyes.


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
    said = f"{_capital(listed(parts))}."
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


# What a careful analyst asks.


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
    acting = {name: fact for name, fact in parts.items() if _shows(fact.value, f"{fact:size}")}
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
    ours, others = (_shows(fact.value, f"{fact:size}") for fact in (feature, rest))
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


# The cost.


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
    return f"{_capital(what)} cannot be told: {reason}."


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


def _to(choice: Choice, feature: Name) -> str:
    return f"roll {feature} back" if choice == ROLL_BACK else f"keep {feature}"


def _all_of(count: int, which: Literal["all", "no"]) -> str:
    """Return the start of a sentence about all of a few numbers, or none of them."""
    if count == 1:
        return "The one number points" if which == "all" else "The one number does not point"
    if which == "no":
        return f"None of the {WORDS[count]} numbers points"
    return f"{'Both' if count == len(WORDS) - 2 else f'All {WORDS[count]}'} numbers point"


def _shows(value: float, written: str) -> bool:
    """Whether a number that is written in few digits is seen to be none."""
    return value != 0 and any(digit in written for digit in "123456789")


def _move(fact: Fact) -> str:
    if not _shows(fact.value, f"{fact:size}"):
        return "stay where it was"
    return f"{'rise' if fact.value > 0 else 'fall'} by {fact:size}"


def _up(fact: Fact) -> str:
    return "up" if fact.value > 0 else "down"


def _side(fact: Fact) -> str:
    if not _shows(fact.value, f"{fact:size}"):
        return "as high"
    return f"{fact:size} {'above' if fact.value > 0 else 'below'}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
