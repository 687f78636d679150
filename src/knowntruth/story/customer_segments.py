"""Wording of customer segments: asserted, chosen, null, true; and names from their centres.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
*Kinds* are customers who differ in truth; *segments* are what a method makes.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import pandas as pd

from .facts import Fact, PValue
from .findings import Finding
from .names import Name, listed

# Levels of features in a word or two, so that a name fits beside a point on a phone.
WORDS: dict[str, dict[str, str]] = {
    "total_spending": {"low": "little spent", "high": "much spent"},
    "shopping_days": {"low": "rarely", "high": "often"},
    "spend_per_item": {"low": "cheap", "high": "dear"},
}
COLUMNS = {
    "total_spending": "total spending",
    "average_spending": "average spending",
    "total_quantity": "total quantity",
    "shopping_days": "shopping days",
    "spend_per_item": "spend per item",
    "order_rate": "orders a month",
    "quantity": "units a purchase",
    "relative_price": "price beside the usual one",
    "silence": "silence",
}
ALIKE = 0.1  # agreement below which two groupings have next to nothing in common


def short_names(levels: pd.DataFrame) -> dict[Hashable, str]:
    """Return a short name of each segment from the levels of its centre; no two are the same."""
    plain = {
        label: ", ".join(WORDS[name][row[name]] for name in WORDS if row[name] != "middle")
        or "middling"
        for label, row in levels.iterrows()
    }
    seen: dict[str, int] = {}
    found: dict[Hashable, str] = {}
    for label, name in plain.items():
        seen[name] = seen.get(name, 0) + 1
        several = list(plain.values()).count(name) > 1
        found[label] = f"{name} {seen[name]}" if several else name
    return found


# The answer first.


def answer(
    normal: PValue, hollow: PValue, k: Fact, *, has_types: bool, alpha: float, customers: Name
) -> str:
    """Say whether the features of the report show kinds of customers."""
    if has_types:
        return (
            f"**In the report's own features {customers} fall apart into groups**: one cloud would "
            f"not look so ({normal}), and a hollow lies between groups ({hollow}). Whether they "
            f"are the {k} that it asserts is another question."
        )
    return (
        f"**Nothing shows the {k} kinds of {customers} that the report names**: in its features "
        f"{_why_not(normal, hollow, alpha)}. Until they are shown, they are lines that somebody "
        "drew."
    )


def _why_not(normal: PValue, hollow: PValue, alpha: float) -> str:
    """Say which of the two tests shows nothing."""
    if normal.value < alpha:
        return (
            f"one normal cloud would not look so ({normal}), for which a long tail is enough, but "
            f"no hollow is shown between groups ({hollow})"
        )
    if hollow.value < alpha:
        return f"there is a hollow ({hollow}), but one cloud is cut as well by k-means ({normal})"
    return f"one cloud would look so ({normal}), and no hollow is shown in it ({hollow})"


def truth(kinds: Fact, k: Fact, *, customers: Name) -> str:
    """Say how many kinds there are in truth."""
    if kinds.value == 1:
        return f"In truth all {customers} are of one kind, and differ by degrees and by luck."
    said = f"In truth there are {kinds} kinds of {customers}"
    if kinds.value == k.value:
        return f"{said}, as many as asserted; whether they are the same is told below."
    return f"{said}, and not {k}."


# Features, and what they repeat.


def repeats(first: Name, second: Name, correlation: Fact) -> str:
    """Say which two features of the report are closest to each other."""
    said = f"Of its features {first} and {second} go together most, with correlation {correlation}."
    if abs(correlation.value) > 0.7:
        return f"{said} The two say much the same, so that one thing votes twice."
    return f"{said} Each of them has something to say of its own."


def descriptions(
    held: Mapping[str, Sequence[str]], *, customers: Name
) -> tuple[str, tuple[Name, ...]]:
    """Say which of the report's four descriptions fit a group; with the names of these groups."""
    fits = {name: groups for name, groups in held.items() if groups}
    rest = [f"“{name}”" for name, groups in held.items() if not groups]
    called = tuple(Name(group) for groups in fits.values() for group in groups)
    if not fits:
        return f"None of the four descriptions of the report fits a group of these {customers}.", ()
    told = [
        f"“{name}” fits {listed([f'“{Name(group)}”' for group in groups])}"
        for name, groups in fits.items()
    ]
    said = f"Of the report's descriptions {listed(told)}"
    if rest:
        verb = "fits" if len(rest) == 1 else "fit"
        return f"{said}; {listed(rest)} {verb} no group.", called
    return f"{said}. Each of them fits a group.", called


def segments_title(name: Name, size: Fact, share: Finding | None, *, customers: Name) -> str:
    """Say in a title what the segment with the most revenue is."""
    if share is None:
        return f"“{name}”: {size} {customers}"
    return f"“{name}”: {size} {customers} with {share:value} of revenue"


def summary(
    name: Name, size: Fact, money: Fact, days: Fact, share: Finding | None, *, customers: Name
) -> str:
    """Say of one segment how many it has, what they spend, how often, and of how much."""
    who = f"{size} {customers}" if size.value != 1 else f"{size} customer"
    said = f"**{name:capital}**: {who}, on average with {money} on {days} shopping days"
    if share is None:
        return f"{said}."
    return f"{said}; they bring {share:value} of revenue ({share:interval})."


# How many.


def votes_title(votes: Mapping[str, Fact], k: Fact) -> str:
    """Say in a title which numbers of segments are chosen."""
    if not votes:
        return "No measure chooses a number of segments"
    told = [f"{name} {vote}" for name, vote in votes.items()]
    return f"How many? By {listed(told)}; asserted {k}"


def votes(chosen: Mapping[str, Fact], k: Fact) -> str:
    """Say which measures choose the number that the report asserts."""
    if not chosen:
        return "None of the measures names a number, so nothing speaks for the asserted one."
    agree = [name for name, vote in chosen.items() if vote.value == k.value]
    if not agree:
        return f"None of the measures chooses {k}, the number that is asserted."
    if len(agree) == len(chosen) > 1:
        return (
            f"All of the measures choose {k}, as asserted. None of them asks whether there are any."
        )
    if len(chosen) == 1:
        return f"The one measure that names a number, {agree[0]}, chooses {k}, as asserted."
    others = [f"{name} {vote}" for name, vote in chosen.items() if name not in agree]
    verb = "chooses" if len(agree) == 1 else "choose"
    return f"{listed(agree).capitalize()} {verb} {k}, as asserted; {listed(others)}."


def beside_null(own: Fact, low: Fact, high: Fact, k: Fact, *, customers: Name) -> str:
    """Say whether the silhouette of the segments is what one shapeless cloud gives."""
    said = (
        f"With {k} groups the silhouette of these {customers} is {own}. One normal cloud with the "
        f"same spread and correlations, cut the same way, gives {low} to {high}."
    )
    if own.value > high.value:
        return (
            f"{said} Theirs is higher. That can be groups, or a cloud that is not normal: a long "
            "tail of spending is enough."
        )
    if own.value < low.value:
        return f"{said} Theirs is even lower: nothing at all speaks for groups."
    return f"{said} So it says nothing of groups: a cloud without any gives as much."


def hollows(normal: PValue, hollow: PValue, *, has_types: bool, alpha: float, features: str) -> str:
    """Say whether groups have a hollow between them in some features."""
    if has_types:
        return (
            f"In {features} there are groups with a hollow between them ({hollow}), and no single "
            f"normal cloud looks so ({normal})."
        )
    return f"In {features} no groups are shown: {_why_not(normal, hollow, alpha)}."


def silence(everything: bool, habits: bool) -> str:
    """Say what is left of groups when the time since the last order is left out."""
    if everything and habits:
        return "Without silence, that is from habits alone, groups are shown as well."
    if everything:
        return (
            "Without silence nothing is shown. So what the hollow parts is who may have left from "
            "who is still there, and having left is no kind of customer."
        )
    if habits:
        return "Without silence, that is from habits alone, groups are shown."
    return "Without silence, that is from habits alone, none are shown either."


# Agreement with the truth.


def agrees(best: Name, found: Finding, better: Finding) -> str:
    """Say how far the report's segments and those by better features agree with a true class."""
    said = f"With {best} the report's segments agree by {found:value} ({found:interval})"
    if found.estimate.high < ALIKE:
        said += ", which is next to nothing"
    said += f"; groups by better features by {better:value} ({better:interval})."
    if better.estimate.low > found.estimate.high:
        return f"{said} Those see more of it."
    if better.estimate.high < found.estimate.low:
        return f"{said} Those see less of it."
    return f"{said} Which of the two sees more is not settled."


def one_kind(
    own: tuple[Fact, PValue], other: tuple[Fact, PValue], k: Fact, *, customers: Name
) -> str:
    """Say what the same pipeline finds in a world of one kind: silhouettes and hollows."""
    said = (
        f"Where all {customers} are of one kind, the same steps make {k} segments as well, with "
        f"silhouette {other[0]} there and {own[0]} here (hollow {other[1]} there, {own[1]} here)."
    )
    if abs(own[0].value - other[0].value) < 0.05:
        return f"{said} By the silhouette one could not tell which world is which."
    return f"{said} The silhouettes differ, but neither of them says what for."


def one_kind_title(k: Fact) -> str:
    """Say in a title what the two planes show."""
    return f"Both cut into {k}: these customers, and a cloud without any groups"


def same(agreement: Finding) -> str:
    """Say how far segments by the report's and by better features are the same."""
    said = f"With the report's segments those by these features agree by {agreement:value} "
    said += f"({agreement:interval})"
    if agreement.estimate.high < ALIKE:
        return f"{said}: which features are taken decides who belongs together."
    if agreement.estimate.low > 0.8:
        return f"{said}: they are nearly the same."
    return f"{said}, where one would be the same segments: features decide who belongs together."
