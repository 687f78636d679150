"""Wording of rollouts: who was treated and when, what several ways to an effect say, and for whom.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .charts import moments
from .facts import Fact, PValue, Reason
from .findings import Finding
from .names import Name, listed
from .numbers import decimals_for
from .parallel_trends import Words, words_of

FEW = 5  # clusters of a group from which on its errors are not called too small
SAME = 0.05  # by how much widths differ that are called the same


def moment(when: moments.Moment) -> Name | Fact:
    """Return a period as a sentence holds it."""
    return moments.said(when)


def decimals(found: Finding | None) -> int:
    """Return the decimals in which a finding is written; three where there is none."""
    return 3 if found is None else sum(c.isdigit() for c in f"{found:value}".partition(".")[2])


def two_digits(name: str, value: float) -> Fact:
    """Return a number with two significant digits."""
    return Fact(name, value, decimals=decimals_for(value))


def sizes(treated: Fact, controls: Fact, starts: Sequence[Name | Fact], w: Words) -> str:
    """Say how many units there are of each kind, and when treatment starts."""
    said = f"{w.treated:capital}: {treated}; {w.controls}: {controls}."
    if not starts:
        return f"{said} Nobody is ever treated."
    if len(starts) == 1:
        return f"{said} Treatment starts in {w.period} {starts[0]}."
    return f"{said} Treatment starts in {w.period}s {listed(starts)}."


def few_clusters(treated: Fact, controls: Fact, *, cluster: Name) -> str:
    """Say how far errors can be trusted that are told from few clusters; "" from many."""
    if 1 in (treated.value, controls.value):
        side = "is treated" if treated.value == 1 else "is a control"
        return (
            f"But this interval cannot be trusted, because only one {cluster} {side}. Nothing "
            "tells how far it would have strayed by itself, so the clustered error is far too "
            "small, and with it every interval, *p*-value and bound that rests on it."
        )
    fewest = min(treated, controls, key=lambda fact: fact.value)
    if 0 < fewest.value < FEW:
        return (
            "But this interval is too narrow: clustered errors need many clusters on both sides, "
            f"and one side has {fewest}. So is every other that rests on them."
        )
    return ""


def few_in_waves(waves: Sequence[Name | Fact], *, period: Name) -> str:
    """Say which waves have too few clusters for an interval of their own; "" for none."""
    if not waves:
        return ""
    return (
        f"Of those treated from {period} {listed(waves, last='or')} on there are too few to tell "
        "their luck, so their own intervals are far too narrow."
    )


def is_bounded(found: Finding) -> bool:
    """Whether an interval has two ends."""
    return math.isfinite(found.estimate.low) and math.isfinite(found.estimate.high)


def width_ratio(name: str, wide: Finding, narrow: Finding) -> Fact | None:
    """Return how many times as wide one interval is as another; None where that is no number."""
    if not (is_bounded(wide) and is_bounded(narrow) and narrow.estimate.resolution):
        return None
    ends = [found.estimate.high - found.estimate.low for found in (wide, narrow)]
    return Fact(name, ends[0] / ends[1], decimals=1)


def _stated(found: Finding) -> str:
    """Return an effect with its interval, where it has one."""
    if not is_bounded(found):
        return f"{found:signed}, of which no error can be told"
    return f"{found:signed} ({found:interval})"


def hurried(before: Finding, after: Finding, change: Finding) -> str:
    """Say what two comparisons find that leave one of the differences out."""
    w = words_of(after)
    already = "already differed" if before.is_clear else "did not clearly differ"
    return (
        f"After the start, {w.treated} differ from {w.controls} by {_stated(after)}; before it "
        f"they {already}: by {_stated(before)}. From before to after, {w.treated} changed by "
        f"{_stated(change)}."
    )


def ways(found: Sequence[Finding], *, whole: Fact, units: Fact, agree: bool, alike: bool) -> str:
    """Say whether the ways to the effect agree, and why they do not."""
    w = words_of(found[0])
    if agree:
        why = f": every one of the {units} {w.units} is seen in every {w.period}" if alike else ""
        return f"All ways agree to the last digit{why}."
    low, high = (pick(found, key=lambda f: f.estimate.value) for pick in (min, max))
    why = f"{whole if whole.value else 'none'} of {units} {w.units} are seen in every {w.period}"
    if whole.value == units.value:
        why = "rows do not all count alike"
    said = f"The ways do not agree to the last digit, because {why}: "
    inside = all(one.estimate.covers(other.estimate.value) for one in found for other in found)
    said += f"they go from {low:signed} to {high:signed}"
    if inside:
        return f"{said}, and each lies within the intervals of all others."
    return f"{said}, and not all of them lie within the intervals of the others."


def alone(unit: Name, cluster: Name) -> str:
    """Say that some of the ways take units for independent, although they lie in clusters."""
    return (
        f"The errors of the changes take each {unit} for independent of the others; those of the "
        f"regressions allow each {cluster} to go together."
    )


def widths(narrow: str, wide: str, ratio: Fact) -> str:
    """Say how much wider one interval is than another."""
    if abs(ratio.value - 1) < SAME:
        return f"The interval of {wide} is about as wide as that of {narrow} ({ratio} times)."
    if ratio.value < 1:
        return f"The interval of {wide} is narrower than that of {narrow} ({ratio} times as wide)."
    return f"The interval of {wide} is {ratio} times as wide as that of {narrow}."


def holding(rows: Sequence[tuple[str, Finding]]) -> str:
    """Say which intervals hold the truth and which leave it out."""
    sides = {
        good: [f"“{label}”" for label, found in rows if (found.grade != "wrong") == good]
        for good in (True, False)
    }
    if not sides[False]:
        return "All of these intervals hold the truth." if len(rows) > 1 else "It holds the truth."
    if not sides[True]:
        return "None of these intervals holds the truth." if len(rows) > 1 else "It does not."
    return f"The truth is held by {listed(sides[True])}; it is left out by {listed(sides[False])}."


def placebo_dates(clear: Fact, dates: Fact, expected: Fact) -> str:
    """Say how many starts that never were seem to have an effect."""
    if dates.value == 1:
        what = "a clear effect" if clear.value else "no clear effect"
        return f"The one start that never was seems to have {what}."
    some = {0: "none seems", 1: f"{clear} seems"}.get(int(clear.value), f"{clear} seem")
    said = (
        f"Of {dates} starts that never were, {some} to have an effect. Where nothing goes on, "
        f"chance alone makes about {expected}, and often several at once, because such starts "
        "share most of their rows."
    )
    if clear.value > dates.value / 2 and clear.value > expected.value:
        return (
            f"{said} So many are too many for that: the groups moved apart before anybody was "
            "treated, or the errors are too small."
        )
    return said


def placebo_outcome(found: Finding, outcome: Name, w: Words) -> str:
    """Say whether an effect is found on something that the treatment cannot move."""
    said = (
        f"On {outcome}, which {w.treatment} cannot move, the same analysis finds {found:signed} "
        f"({found:interval})"
    )
    if found.is_clear:
        return f"{said}: something moves the groups apart that is not {w.treatment}, or chance."
    return f"{said}: no clear effect, as it should be."


def offered_and_taken(offered: Finding, stage: Finding, taken: Finding | None) -> str:
    """Say what the offer does and what taking it up does."""
    w = words_of(offered)
    said = (
        f"For everybody who could have it, taken up or not, the effect is {offered:signed} "
        f"({offered:interval})."
    )
    if not stage.estimate.value:
        return f"{said} Nobody took it up for being offered it, so there is no effect on such."
    said += f" Being offered raises take-up by {stage:value} ({stage:interval})."
    if taken is None:
        return f"{said} So nothing can be said of those who take it up."
    if not is_bounded(taken):
        return (
            f"{said} Take-up rises by so little that {w.treatment} may do anything to those who "
            "take it up."
        )
    return (
        f"{said} If {w.treatment} does nothing to whoever never takes it up, the effect on the "
        f"others is {taken:signed} ({taken:interval})."
    )


def never_takers(share: Fact, truth: Fact | None, w: Words) -> str:
    """Say how many of those who could have it never took it up."""
    known = "" if truth is None else f"; in truth {truth} never would, however long one waited"
    return f"Of {w.treated}, {share} never took it up{known}."


def mixture(found: Finding, donors: Fact, used: Fact, smallest: Fact, *, exact: bool) -> str:
    """Say what a synthetic control finds and how its placebos judge it.

    `exact` says that nothing is left of the misfit before the start.
    """
    said = f"Beside a mixture of {used} of {donors} donors the effect is {found:signed}"
    if exact:
        return (
            f"{said}. The mixture fits exactly before the start, as with so few periods it could "
            "fit any unit, so no placebo can judge it."
        )
    if is_bounded(found):
        return f"{said} ({found:interval}, {found:p})."
    if smallest.value > 1 - found.estimate.level:
        return (
            f"{said} ({found:p}). Among so few donors a p-value cannot fall below {smallest}, so "
            "there is no interval at this level."
        )
    return (
        f"{said} ({found:p}). Some donors are fitted exactly before the start, and beside their "
        "gaps none is large, so there is no interval."
    )


def negative(share: Fact, total: Fact) -> str:
    """Say how two-way fixed effects weigh the effects."""
    if not share.value:
        return "Here no effect enters two-way fixed effects with a negative weight."
    return (
        f"Two-way fixed effects give {share} of treated rows a negative weight; these weights sum "
        f"to {total}. What happens there is taken away from the estimate."
    )


def negative_title(share: Fact) -> str:
    """Say in a title how many effects enter with a negative weight."""
    if not share.value:
        return "Every effect enters with a weight above nothing"
    return f"The effects of {share} of treated rows enter with a negative weight"


def off(two: Fact, mixed: Fact) -> str:
    """Say how far the differences and the mixture are off the truth."""
    if f"{two}" == f"{mixed}":
        return f"Both are off by {two}."
    closer = "the differences come" if two.value < mixed.value else "the mixture comes"
    return f"The two differences are off by {two} and the mixture by {mixed}: {closer} closer."


def not_here(what: str, why: Reason | str) -> str:
    """Say that a section has nothing to compute, and why."""
    return f"{what} cannot be had here: {why}."


def answer(
    found: Finding, *, taken: Finding | None, never: Fact | None, apart: PValue | None
) -> str:
    """Say what the treatment did, in the first sentences of an answer.

    `apart` is the p-value of the test of the time before, where it found the groups apart.
    """
    w = words_of(found)
    if found.is_clear:
        way = "raised" if found.direction == "higher" else "lowered"
        said = f"{w.treatment:capital} {way} {found.what} by {found:size} ({found:interval})"
    else:
        said = (
            f"This table cannot tell whether {w.treatment} raised or lowered {found.what}: the "
            f"effect lies anywhere {found:range}"
        )
    if found.is_clear and taken is not None and is_bounded(taken):
        share = "" if never is None else f", for {never} of {w.treated} never took it up"
        said += f"; on those who took it up its effect is {taken:signed}{share}"
    if apart is None:
        return f"{said}."
    return (
        f"{said}. But the groups had moved apart before the start already ({apart}), so some of "
        f"this may be no work of {w.treatment}."
    )


# Why a method is right or wrong where the truth is known, and what it assumes where it is not.
SCORE = {
    "after": (
        "Takes for the effect how the groups differed all along.",
        "The groups would be alike without the treatment.",
    ),
    "change": (
        "Takes for the effect what happened to everybody.",
        "Nothing else changed at the start.",
    ),
    "classical": (
        "The right comparison; its error takes each row for news.",
        "Parallel trends, and rows that tell nothing of one another.",
    ),
    "two-way": (
        "Takes away what groups always differ by and what happens to everybody.",
        "Parallel trends, no anticipation, one start, many clusters.",
    ),
    "units": (
        "The same from each unit's own change, units alike.",
        "Parallel trends, and that who is seen on both sides is like the others.",
    ),
    "event": (
        "Holds every period against the last before the start, and shares its luck.",
        "Parallel trends from the last period before the start on.",
    ),
    "staggered": (
        "Compares each group with those not treated by then, and never with those who are.",
        "Parallel trends of all groups, and no anticipation.",
    ),
    "mixed": (
        "Compares late groups with early ones too, whose effect may still be moving.",
        "The effect is the same in every period and group.",
    ),
    "taken": (
        "Spreads the effect over those who take it up.",
        "The offer does nothing to whoever never takes it up.",
    ),
    "bounds": (
        "Allows for a drift no larger than the largest step before the start.",
        "Groups drift apart by no more than they did before.",
    ),
    "mixture": (
        "Sets the treated beside the mixture of others that went with it before.",
        "The mixture would have gone with the treated after the start as well.",
    ),
    "third": (
        "Takes away the drift that shows on those whom the treatment cannot reach.",
        "Both kinds of units would have drifted alike.",
    ),
}
