"""Wording of which segmentation to use: what each is good for, in which worlds, and at what stake.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
A *method* is a way to group creators, by its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .facts import Fact
from .findings import Finding
from .names import Name, listed

# Why a claim is right or wrong, and what it takes for granted.
SCORE = {
    "top": (
        "Resamples who is there; knows nobody larger than those who are.",
        "Other creators would be like these.",
    ),
    "silhouette": (
        "Is not defined for one group, so it always finds two or more.",
        "There are types, and they are round.",
    ),
    "gap": (
        "Compares with an even box; a cloud that is denser in its middle is no box.",
        "Without types creators would fill a box evenly.",
    ),
    "stability": (
        "Says that the cut is the same every time, which holds for a cloud cut in halves, too.",
        "What is cut the same way twice is a type.",
    ),
    "bic": (
        "Counts normal clouds; one skewed cloud takes several.",
        "Each type is a normal cloud.",
    ),
    "icl": (
        "Counts normal clouds that can be told apart.",
        "Each type is a normal cloud, apart from the others.",
    ),
    "valley": (
        "Claims types only where a hollow lies between them; is silent where they overlap.",
        "Types have fewer creators between them than on either side.",
    ),
    "past": (
        "Takes the past share for the coming one; luck of the past does not come again.",
        "Who was at the top stays there.",
    ),
    "ahead": (
        "Chosen on early months and held against later ones, which did not choose them.",
        "The months to come are like those held back.",
    ),
}


# The comparison.


def no_winner(winners: Mapping[str, str]) -> str:
    """Say which method is best at what."""
    by_method: dict[str, list[str]] = {}
    for what, method in winners.items():
        by_method.setdefault(method, []).append(what)
    if len(by_method) == 1 and len(winners) > 1:
        return f"In this run “{next(iter(by_method))}” comes first in everything that was asked."
    parts = [f"in {listed(whats)} “{method}”" for method, whats in by_method.items()]
    if not parts:
        return "Nothing can be told of which is best."
    return f"Who comes first: {'; '.join(parts)}. No segmentation wins everything."


def one_number(
    gains: Sequence[tuple[str, Finding]], own: Finding, size: Fact, *, creators: Name
) -> str:
    """Say whether any segmentation keeps more in view than the ranking by value itself."""
    better = [name for name, one in gains if one.direction == "higher"]
    said = (
        f"If {size} of {creators} can be looked after, those with the largest value so far bring "
        f"{own:value} ({own:interval}) of what comes."
    )
    if better:
        return f"{said} More than that keeps {listed([f'“{name}”' for name in better])} in view."
    if all(one.direction == "lower" for _, one in gains):
        return f"{said} Every segmentation keeps less in view than that ranking does."
    return f"{said} No segmentation clearly keeps more in view than that ranking does."


def found_types(best: tuple[str, Finding] | None, types: Fact) -> str:
    """Say which method comes nearest to the true types."""
    if types.value == 1 or best is None:
        return (
            "There are no true types in this world, so there is nothing to agree with: every "
            "segmentation cuts a continuum somewhere."
        )
    name, found = best
    said = f"Nearest to the {types} true types comes “{name}”, with {found:value} "
    said += f"({found:interval}) where one is full agreement."
    if found.estimate.value < 0.5:
        return f"{said} Groups of a data set and types of a world are two things."
    return said


def elsewhere(worlds: Mapping[str, tuple[bool, int]]) -> str:
    """Say in which worlds the search for a hollow finds types; by world, whether, and the truth."""
    wrong = [name for name, (found, types) in worlds.items() if found and types == 1]
    right = [name for name, (found, types) in worlds.items() if found and types > 1]
    missed = [name for name, (found, types) in worlds.items() if not found and types > 1]
    said = "K-means makes its groups in each of these worlds, types or not."
    if right:
        said += f" The search for a hollow finds types in {_worlds(right)}, where there are some."
    if wrong:
        said += f" It finds some in {_worlds(wrong)} as well, by chance, where there are none."
    elif not right:
        said += " The search for a hollow finds types in none of them."
    if missed:
        said += (
            f" It misses those in {_worlds(missed)}: creators are too few there, or overlap too "
            "much."
        )
    return said


def claims_without_types(claims: Sequence[tuple[str, Finding]], worlds: Fact) -> str:
    """Say how often each rule claims more than one type where there is but one continuum."""
    parts = [f"“{label}” in {one:value}" for label, one in claims]
    return (
        f"Of {worlds} worlds without types, more than one type is claimed by {listed(parts)} of "
        "them."
    )


def _worlds(names: Sequence[str]) -> str:
    return listed([f"“{name}”" for name in names])


def against(pair: Sequence[tuple[str, Finding]]) -> str:
    """Say which of two segmentations foretells more."""
    (one, first), (other, second) = pair
    said = (
        f"Of what comes, as logarithms, {one} foretells {first:value} ({first:interval}) and "
        f"{other} {second:value} ({second:interval})."
    )
    if first.estimate.low > second.estimate.high:
        return f"{said} {one} foretells more."
    if second.estimate.low > first.estimate.high:
        return f"{said} {other[:1].upper()}{other[1:]} foretells more."
    return f"{said} The intervals meet, so which is ahead is not settled here."


# Monday.


def at_stake(top: tuple[Name, Finding, Fact], *, creators: Name, value: Name) -> str:
    """Say which segment holds the most value."""
    name, share, count = top
    return (
        f"The most is at stake in “{name}”: {count} of the {creators} with {share:value} "
        f"({share:interval}) of {value}."
    )
