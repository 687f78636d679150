"""Wording of who carries a platform: concentration, volume against value, prices.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
*Creators*, *sales* (transactions) and *value* (GMV) are what this run calls them. A *share of
what all make* is a finding; the *truth* of it is what was to be expected without luck.
"""

from __future__ import annotations

from collections.abc import Sequence

from .facts import Fact, PValue, Reason
from .findings import Finding
from .names import Name

# From which share of everything on it is called so.
NEARLY_ALL, MOST = 0.9, 0.5


# The answer first.


def carried(top: Finding, share: Fact, count: Fact, *, creators: Name, value: Name) -> str:
    """Say what the creators with the most make of everything."""
    made = top.estimate.value
    who = f"the top {share} of {creators}, {count} of them,"
    end = f"{who} make {top:value} ({top:level} interval {top:interval})."
    if made <= MOST:
        return f"**{value:capital} is not made by few alone**: {end}"
    return f"**{'Nearly all' if made >= NEARLY_ALL else 'Most'} of {value} is made by few**: {end}"


def carried_truth(top: Finding) -> str:
    """Say which share of the top was to be expected, and whether the interval holds it."""
    if top.truth is None:
        return ""
    held = "holds" if top.estimate.covers(top.truth) else "does not hold"
    return (
        f"Without luck {top:truth} was to be expected of the top in this world, which the interval "
        f"{held}."
    )


# What the tables hold.


def held(counts: Sequence[Fact], *, creators: Name, sales: Name, value: Name) -> str:
    """Say how many creators, months, sales and how much value there are."""
    who, months, sold, made, silent = counts
    return (
        f"This run has {who} {creators} over {months} months, with {sold} {sales} and {made} of "
        f"{value}. Of all pairs of a creator and a month, {silent} have no sale at all."
    )


def months_title(total: Fact, middle: Fact, *, sales: Name) -> str:
    """Say in a title how total and median of a month lie."""
    if not middle.value:
        return f"In the last month {total} {sales}, and a median creator with none"
    return f"In the last month {total} {sales}, and a median creator with {middle}"


def mean_and_median(mean: Fact, median: Fact, spread: Fact, *, sales: Name) -> str:
    """Say what mean, median and spread of a month have to do with each other."""
    start = (
        f"In the last month a creator had {mean} {sales} on average, half of them had {median} or "
        f"less, and the standard deviation is {spread}."
    )
    if mean.value > 2 * median.value:
        return (
            f"{start} When the mean lies so far above the median, it describes nobody: it is "
            "pulled up by a few."
        )
    return f"{start} Mean and median are not far apart, so a mean describes many."


# Concentration.


def lorenz_title(top: Finding, share: Fact, *, value: Name) -> str:
    """Say in a title what the top makes."""
    return f"The top {share} make {top:value} of {value}"


def uneven(gini: Finding, other: Finding, *, value: Name, sales: Name) -> str:
    """Say how uneven value and sales are, and which of them is more so."""
    said = (
        f"Gini's coefficient, which is zero where all make the same and near one where one makes "
        f"all, is {gini:value} ({gini:interval}) for {value} and {other:value} "
        f"({other:interval}) for {sales}."
    )
    if gini.estimate.low > other.estimate.high:
        return f"{said} Value is the more uneven of the two."
    if gini.estimate.high < other.estimate.low:
        return f"{said} {sales:capital} are the more uneven of the two."
    return f"{said} The intervals meet."


def unknown_giants(one: Finding, few: Fact, *, creators: Name) -> str:
    """Say how far the share of the very few hangs on who happens to be there."""
    width = one.estimate.high - one.estimate.low
    if width > 0.1:
        return (
            f"What the top {few} make is the least certain: {one:interval}. Resampling draws the "
            f"same {creators} again, and so knows nobody larger than those who are there. Where "
            "few make so much, even this interval is on the narrow side."
        )
    return (
        f"What the top {few} make is told within a narrow range, {one:interval}, as far as "
        f"{creators} who are not there would be no larger."
    )


def tail_title(fits: bool | None) -> str:
    """Say in a title whether the largest follow a power law."""
    if fits is None:
        return "Too few are large to say which law they follow"
    return "The largest lie near a power law" if fits else "The largest leave the power law"


def power_law(
    exponent: Finding, fit: PValue, count: Fact, least: Fact, *, creators: Name, alpha: float
) -> str:
    """Say what power law lies closest to the largest, and whether they follow it."""
    start = (
        f"From {least} on lie the {count} largest {creators}. The closest power law there has the "
        f"exponent {exponent:value} ({exponent:interval})."
    )
    if fit.value < alpha:
        return f"{start} Tails drawn from it hardly ever lie as far off ({fit}): it is not one."
    return f"{start} Tails drawn from it lie as far off often enough ({fit}): it may be one."


def against_lognormal(curvature: PValue | None, *, alpha: float) -> str:
    """Say whether the tail bends, as a lognormal does and a power law does not."""
    if curvature is None or curvature.value >= alpha:
        end = "" if curvature is None else f" ({curvature})"
        return f"A lognormal, which bends where a power law is straight, does no better{end}."
    return f"A lognormal, which bends where a power law is straight, does better ({curvature})."


def matters(law: tuple[Fact, Fact, Fact], other: tuple[Fact, Fact, Fact], top: Fact) -> str:
    """Say whether the two laws differ in what they imply for the top; middle, low and high."""
    said = (
        f"Does it matter? Were the largest drawn again from the power law, the top {top} would "
        f"make {law[0]} in the middle of such worlds ({law[1]} to {law[2]}); from the lognormal "
        f"{other[0]} ({other[1]} to {other[2]})."
    )
    if law[1].value <= other[0].value <= law[2].value:
        return (
            f"{said} For what the team decides next week both say the same. They differ in how "
            "large a newcomer could be, and of that no table of this size tells."
        )
    return f"{said} Here the choice of the law does matter."


# Volume and value.


def overlap(
    found: Finding, facts: Sequence[Fact], p: PValue, *, creators: Name, sales: Name, value: Name
) -> str:
    """Say how many at the top by sales are so by value, and what chance would give."""
    first, second, both, chance, low, high = facts
    said = (
        f"By {sales} {first} {creators} are at the top, by {value} {second}, and {both} by both: "
        f"{found:value} of the first ({found:interval}). Were the two lists drawn at random, "
        f"{chance} would be on both, and {low} to {high} as chance goes ({p})."
    )
    if both.value > high.value:
        same = "" if both.value >= max(first.value, second.value) else ", and they are not the same"
        return f"{said} So the lists go together better than chance makes them{same}."
    if both.value < low.value:
        return f"{said} So being on one list speaks against being on the other."
    return f"{said} Chance alone can make that, so whether the lists go together is not settled."


def ranks(found: Finding | None, *, sales: Name, value: Name) -> str:
    """Say how the ranks of all creators by sales and by value go together."""
    if found is None:
        return f"The ranks by {sales} and by {value} cannot be held against each other."
    return f"Over all ranks the correlation is {found:value} ({found:interval})."


def three_prices(sale: Finding, unit: Finding, middle: Finding, *, creators: Name) -> str:
    """Say what a sale brings, by three averages that differ."""
    return (
        f"A sale brings {sale:value} ({sale:interval}). The mean price over {creators}, each "
        f"counted once, is {unit:value} ({unit:interval}), and half of them sell at "
        f"{middle:value} ({middle:interval}) or less. Three averages, three questions: the first "
        "is about sales, the others are about people."
    )


def little_for_much(
    count: Fact, sure: Fact, level: Fact, low: Fact, high: Fact, *, creators: Name
) -> str:
    """Say how many sell much and earn little, and of how many that can be said."""
    if not count.value:
        return f"In this run nobody of the {creators} sells much and earns little."
    sells = "sells much and earns little" if count.value == 1 else "sell much and earn little"
    said = (
        f"In this record {count} {sells}. Were the months drawn again, it would be {low} to {high}."
    )
    if not sure.value:
        return f"{said} Of none of them can it be said with {level} certainty."
    which = "each of them" if sure.value == count.value else f"{sure} of them"
    return f"{said} With {level} certainty it can be said of {which}."


def surest(who: Name, chance: Fact) -> str:
    """Say who of those is the surest one."""
    return f"The surest is {who}, on the list in {chance} of the draws."


def cannot(what: str, reason: Reason) -> str:
    """Say that something cannot be told, and why."""
    return f"{what[:1].upper()}{what[1:]} cannot be told: {reason}."


def replayed(counts: dict[str, Fact], inside: Fact, everything: Fact) -> str:
    """Say how many figures of the original can be had again, and how."""
    which = "all of them" if inside.value == counts["band"].value else f"{inside} of them"
    return (
        f"Of {everything} figures {counts['exact']} follow from the steps alone and "
        f"{counts['identity']} from other figures, whatever the tables hold. {counts['band']} hang "
        f"on a workbook that was never given, and {which} lie where worlds like this one, with "
        f"the default parameters and other seeds, put them. {counts['cannot']} name creators of "
        "that workbook, and cannot be had at all."
    )


def list_edge(listed_: Fact, safe: Fact, doubtful: Fact, *, creators: Name) -> str:
    """Say how many of a top list would be on it after other months, and how many may be."""
    said = f"Of {listed_} {creators} at the top by value, {safe} would be there nearly always"
    if not doubtful.value:
        return f"{said}, and nobody else's place is in doubt."
    return (
        f"{said}; {doubtful} {creators}, some on the list and some beside it, would be on it now "
        "and then."
    )


def held_back(months: Fact, *, is_held_back: bool, value: Name) -> str:
    """Say which months segments were held against."""
    one = months.value == 1
    if is_held_back:
        which, it = ("month", "it") if one else (f"{months} months", "them")
        return (
            f"The last {which} of the record {'was' if one else 'were'} held back: segments were "
            f"learnt without {it}, and foretell the {value} in {it} (as logarithms, by other "
            "folds)."
        )
    count = f"{months} month" if one else f"{months} months"
    return (
        f"Segments were learnt from the record; what they foretell is the {value} of the {count} "
        "after it, which the team has not seen (as logarithms, by other folds)."
    )
