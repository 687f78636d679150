"""Wording of reasons for a list, of what is new, of serving it, and of what it is worth.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .facts import Fact
from .findings import Finding
from .names import Name, listed
from .recommending import capital, lists_of, only

# Why a claim is right or wrong, and what it takes for granted.
SCORE = {
    "time": (
        "Judges lists by what was bought after they were made.",
        "The days to come are like those held back.",
    ),
    "paired": (
        "Asks both lists of the same customers, so what differs between customers drops out.",
        "The days to come are like those held back.",
    ),
    "random": (
        "Judges lists by purchases from among those that they were made from.",
        "What was bought in between is as hard to foretell as what comes next.",
    ),
    "money": (
        "Counts hits and multiplies by what was stated; the share that a list adds is assumed.",
        "The stated share of hits is bought only because it was shown.",
    ),
}
COLD_CUSTOMERS = {
    "best": "shows what is bought most",
    "category": "shows the best of the categories that are bought most",
    "neighbours": "has no neighbours to go by, and shows what is bought most",
    "ease": "has nothing to add up, and shows what is bought most",
    "factors": "has nothing to add up, and shows what is bought most",
    "svd": "shows what has the highest bias: what people pay most for",
    "lot": "draws lots",
}


def cold_customer(key: str) -> str:
    """Say what a model does for customers without history."""
    return COLD_CUSTOMERS[key]


# Reasons.


def reasons_title(who: Name, product: Name) -> str:
    """Say in a title whose list is explained, and what stands first on it."""
    return f"Why {who} would be shown {product} first"


def faithful(fall: Finding, drop: Finding, facts: Sequence[Fact], *, customers: Name) -> str:
    """Say whether products fall further without the named purchases than without others."""
    count, named, other = facts
    start = (
        f"For {count} {customers} the first product falls {named} places on average without the "
        f"purchases that are named, and {other} without as many others: {fall:size} places "
        f"{'further' if fall.estimate.value >= 0 else 'less far'} ({fall:interval})."
    )
    return (
        start
        + {
            "higher": " The list hangs on its reasons.",
            "lower": " The list hangs on other purchases more than on those named.",
            "unclear": " Whether the list hangs on its reasons is not clear here.",
        }[fall.direction]
    )


def popular(count: Fact, share: Fact, *, products: Name) -> str:
    """Say what share of purchases the most popular products make."""
    return f"The first {count} {products} make {share} of all purchases."


# New customers and products.


def newcomers(count: Fact, best: Finding, lot: Finding, *, customers: Name) -> str:
    """Say how good lists are for those who had bought nothing before."""
    return (
        f"In the days held back {count} {customers} bought for the first time. Of bestsellers "
        f"shown to them, {best:value} ({best:interval}) were bought, of products drawn by lot "
        f"{lot:value} ({lot:interval})."
    )


def no_newcomers(count: Fact, *, customers: Name) -> str:
    """Say that too few were new to judge their lists."""
    if not count.value:
        return f"In the days held back none of the {customers} bought for the first time."
    return (
        f"Of the {customers} only {count} bought for the first time in the days held back: too few "
        "to judge lists by."
    )


def young(count: Fact, wanted: Fact, places: Mapping[str, Fact], *, products: Name) -> str:
    """Say how many places on lists young products get, and how much of them was bought."""
    parts = [f"{lists_of(key)} {fact}" for key, fact in places.items()]
    return (
        f"Young {products} in this run: {count}. Of what customers bought for the first time in "
        f"the days held back they make {wanted}. Of the places on lists they have: {listed(parts)}."
    )


def no_young(count: Fact, *, products: Name) -> str:
    """Say that no product is young."""
    if count.value:
        return f"Young {products} in this run: {count}, but no list has a place to show them in."
    return f"None of the {products} is young in this run."


def came_after(came: Fact, missed: Fact, *, products: Name) -> str:
    """Say what came to the shop after lists were made."""
    if not came.value:
        return f"None of the {products} came to the shop after the lists were made."
    return (
        f"After the lists were made {came} of the {products} came to the shop. No list could show "
        f"them, and they make {missed} of the purchases held back."
    )


# Serving.


def served(count: Fact, length: Fact, *, is_same: bool, customers: Name, products: Name) -> str:
    """Say whether a model that was saved and loaded makes the same lists."""
    start = (
        f"Each of the {count} {customers} has a list with places for {products}: {length}. The "
        "lists of the loaded model"
    )
    if is_same:
        return f"{start} are those of the model that was saved, place for place."
    return f"{start} are not those of the model that was saved."


def refusals(count: Fact) -> str:
    """Say that wrong files are refused."""
    return f"All {count} attempts were refused before anything was run or written over."


# The decision.


def stakes(stated: Mapping[str, Fact]) -> str:
    """Say what was stated about money."""
    return (
        f"Stated for this run: a product that a list has sold is worth {stated['value']}; of all "
        f"hits {stated['added']} are bought only because of the list; a model costs "
        f"{stated['cost']} more than bestsellers over the days held back ({stated['days']})."
    )


def decision(
    task: str, model: str, gain: Finding, even: Fact | None, added: Fact, *, products: Name
) -> str:
    """Say whether a model pays, and how much its lists would have to add."""
    advice = {
        "higher": f"{model} pay under what was stated",
        "lower": f"{model} do not pay under what was stated",
        "unclear": f"whether {model} pay under what was stated is open",
    }[gain.direction]
    way = "gain" if gain.estimate.value >= 0 else "loss"
    start = (
        f"**{capital(only(task, products))}, {advice}**: a {way} of {gain:size} ({gain:level} "
        f"interval {gain:interval})."
    )
    if even is None:
        return f"{start} They have no more hits than bestsellers, so no share that is added pays."
    if even.value > 1:
        return f"{start} Not even if every hit were added would they pay."
    return f"{start} They break even where {even} of hits are added; {added} is assumed."


def stay(task: str, *, products: Name, is_judged: bool) -> str:
    """Say that bestsellers stay, because no model is better or because nothing can be judged."""
    if not is_judged:
        return f"{capital(only(task, products))}, nothing can be weighed, so bestsellers stay."
    return (
        f"{capital(only(task, products))}, no model did better on the earlier stretch, so "
        "bestsellers stay, and cost nothing more."
    )
