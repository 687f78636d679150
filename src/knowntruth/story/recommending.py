"""Wording of lists: what is foretold, by which models, how well, and what an error says of it.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
A *model* is known by a key of `MODELS`. A finding on a list is its *precision*: the share of what
is shown that is bought in the days held back; its *gain* is the difference of two precisions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .facts import Fact, Reason
from .findings import Finding
from .names import Name, listed

MODELS = {
    "best": "bestsellers",
    "category": "bestsellers by category",
    "neighbours": "neighbours",
    "ease": "EASE",
    "factors": "factors of counts",
    "svd": "SVD++",
    "price": "the price alone",
    "lot": "lists by lot",
    "oracle": "whoever knows all",
}
TASKS = {"new": "new products only", "again": "buying again allowed"}
SHORT = {"new": "new only", "again": "again too"}
# Below such a share of filled cells a table may be called sparse.
SPARSE = 0.05


def cannot(what: str, reason: Reason) -> str:
    """Say that something cannot be told, and why."""
    return f"Here {what} cannot be told: {str(reason)[:1].lower()}{str(reason)[1:].rstrip('.')}."


def only(task: str, products: Name) -> str:
    """Return which lists a sentence is about."""
    return (
        f"for {products} that are new to a customer"
        if task == "new"
        else f"for lists that may show {products} again"
    )


# The answer first.


def answer(
    task: str, used: str, own: Finding, base: Finding, gain: Finding | None, *, products: Name
) -> str:
    """Say which model is used, how good its lists are, and whether they beat bestsellers."""
    start = capital(only(task, products))
    if gain is None:
        return (
            f"**{start}, no model did better than bestsellers** on an earlier stretch of the "
            f"record. Of the bestsellers shown, {base:value} ({base:interval}) were bought in the "
            "days held back."
        )
    words = {
        "higher": f"{lists_of(used)} are better than bestsellers",
        "lower": f"{lists_of(used)}, the best on earlier days, are worse than bestsellers",
        "unclear": f"{lists_of(used)}, the best on earlier days, are not clearly better or worse "
        "than bestsellers",
    }[gain.direction]
    side = {
        "higher": f"{gain:size} more than of bestsellers",
        "lower": f"{gain:size} less than of bestsellers",
        "unclear": f"of bestsellers {base:value}",
    }[gain.direction]
    return (
        f"**{start}, {words}**: of what they show {own:value} was bought in the days held back, "
        f"{side} (difference {gain:interval})."
    )


def answer_truth(own: Finding, base: Finding | None, ceiling: Fact) -> str:
    """Say what was to be expected of these lists, and of those of whoever knows all."""
    others = "" if base is None else f", {base:truth} of bestsellers"
    return (
        f"What was to be expected: {own:truth} of these{others}, and {ceiling} of the lists of "
        "whoever knows every customer's chances."
    )


# What is foretold.


def held(counts: Mapping[str, Fact], *, customers: Name, products: Name) -> str:
    """Say how many purchases and pairs there are, and how full the table is."""
    density = counts["density"]
    start = (
        f"This run has {counts['rows']} purchases by {counts['customers']} {customers} of "
        f"{counts['products']} {products}. They make {counts['pairs']} different pairs, "
        f"{density} of all that there could be."
    )
    if density.value < SPARSE:
        return f"{start} Such a table may be called sparse."
    return (
        f"{start} The report that this chapter follows calls such data sparse; this table is not."
    )


def bought_again(again: Fact, *, customers: Name, products: Name) -> str:
    """Say how often what is bought was bought before."""
    return (
        f"Of all purchases {again} are of something that the same customer had bought before. "
        "A rule that leaves out whatever was bought before cannot foretell any of these."
    )


def leak(random: Finding, time: Finding) -> str:
    """Say how many test pairs are known from training, by the way to split."""
    return (
        f"Of the pairs in a test part drawn at random, {random:value} ({random:interval}) stand in "
        f"the training part as well; of the pairs bought after a moment, {time:value} "
        f"({time:interval}) were bought before it."
    )


def promised(
    random: Finding, time: Finding, who: Mapping[str, Fact], *, customers: Name, products: Name
) -> str:
    """Say what two splits promise for the same model, and what was to be expected."""
    start = (
        f"Split at random, the same model seems to hit {random:value} ({random:interval}); split "
        f"by time {time:value} ({time:interval}). The two ask different {customers}: at random "
        f"{who['random']}, who buy {who['random_pairs']} different {products} in it on average, by "
        f"time {who['time']}, who buy {who['time_pairs']}."
    )
    if time.truth is None:
        return f"{start} Only the second asks what a shop asks: what will be bought next?"
    return (
        f"{start} To be expected of the days held back were {time:truth}, which the interval of "
        f"the random split {_held(random, time.truth)} and that of the split by time "
        f"{_held(time, time.truth)}."
    )


def _held(one: Finding, truth: float) -> str:
    if one.estimate.covers(truth):
        return "holds"
    return f"misses by promising too {'much' if one.estimate.value > truth else 'little'}"


def promised_title(random: Finding, time: Finding) -> str:
    """Say in a title what two splits say of the same model."""
    return f"A random split says {random:value}, a split by time {time:value}"


# Ranking.


def quality_title(task: str, best: str, own: Finding, *, is_alone: bool) -> str:
    """Say in a title which model's lists are best, unless others are as good."""
    if not is_alone:
        return f"With {TASKS[task]}, several lists come first: precision {own:value}"
    return f"With {TASKS[task]}, {lists_of(best)} come first: precision {own:value}"


def ranked(task: str, found: Sequence[tuple[str, Finding]], *, products: Name) -> str:
    """Say how models come out, best first."""
    parts = [f"{MODELS[key]} {one:value}" for key, one in found]
    return f"Precision {only(task, products)}, highest first: {', '.join(parts)}."


def against_lot(task: str, gaps: Mapping[str, Finding]) -> str:
    """Say which models' lists are no better than lists drawn by lot."""
    by = {
        side: [MODELS[key] for key, one in gaps.items() if one.direction == side]
        for side in ("higher", "unclear", "lower")
    }
    words = {
        "higher": "clearly better than lists drawn by lot",
        "unclear": "neither clearly better nor worse",
        "lower": "clearly worse",
    }
    if not by["higher"]:
        words["unclear"] += " than lists drawn by lot"
        words["lower"] += "" if by["unclear"] else " than lists drawn by lot"
    parts = [f"{words[side]}: {listed(names)}" for side, names in by.items() if names]
    return f"With {TASKS[task]}, {'; '.join(parts)}." if parts else ""


def ceiling(task: str, own: Finding, most: Fact) -> str:
    """Say how near the used model comes to what can be had at all."""
    return (
        f"With {TASKS[task]}, no more than {most} was to be expected even of whoever knows every "
        f"chance, because what people buy next is partly luck; of the used model, {own:truth}."
    )


def errors_and_lists(least: str, first: str, better: Fact, models: Fact) -> str:
    """Say how the lists of the model with the least error do."""
    if not better.value:
        return (
            f"Of {models} models that foretell amounts, the one with the least error is {least}, "
            "and in this run its lists come first, too."
        )
    return (
        f"Of {models} models that foretell amounts, the one with the least error is {least}. Lists "
        f"better than its own, by estimate: {better}; the best are those of {first}."
    )


def least_and_best(least: str, first: str) -> str:
    """Say in a title which model has the least error, and which the best lists."""
    if least == first:
        return f"{capital(least)} has the least error, and here the best lists"
    return f"Least error: {least}. Best lists: {first}"


def price_title(together: Mapping[str, Fact]) -> str:
    """Say in a title how scores follow prices."""
    parts = [f"{MODELS[key]} {fact}" for key, fact in together.items()]
    return f"Rank correlation of score and price: {', '.join(parts)}"


def follows_price(by_model: Mapping[str, Fact]) -> str:
    """Say how scores and prices go together."""
    parts = [f"{MODELS[key]} {fact}" for key, fact in by_model.items()]
    return (
        f"Rank correlation of score and price within a customer's products, on average: "
        f"{listed(parts)}. At one, a list shows what is dearest."
    )


def lists_of(key: str) -> str:
    """Return the lists of a model, as a sentence names them."""
    return MODELS[key] if key == "lot" else f"lists of {MODELS[key]}"


def capital(text: str) -> str:
    """Return a text with its first letter as a capital."""
    return text[:1].upper() + text[1:]
