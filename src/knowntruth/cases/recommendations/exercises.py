"""Checks of the chapter's exercises.

Each check works its own answer out from the run at hand, so it holds under any seed. It
accepts a right answer, and tells the typical wrong ones apart to say where they went astray.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...methods.lists.interactions import interactions, split_by_time
from ...story.facts import Fact
from ...story.saying import say
from ..exercises import judge, judge_all, judge_reasons
from .lists import Lists

Array = NDArray[np.float64]
Products = list[str]

# What is a reason to show a model's lists, and what is none, with why.
REASONS = {
    "later": "Lists that were made before and hit what came after do what a shop asks of them.",
    "lot": "Whoever is shown a list by lot differs from the others in nothing but the list.",
}
NO_REASONS = {
    "error": "What customers pay is what things cost; a list needs what they want.",
    "random": "What was bought in between is known from what was bought before and after.",
    "same days": "The best of many on some days is partly the luckiest on those days.",
    "reasons": "A sentence can be written beside any list.",
}


def check_density(answer: Callable[[pd.DataFrame], float], case: Lists) -> None:
    """Accept the share of pairs that were bought.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    right = 0.0
    for rows in (_few(), case.purchases[["customer", "product"]]):
        held = interactions(rows)
        right, cells = held.density, len(held.customers) * len(held.products)
        mistakes = {
            "That counts a pair as often as it was bought; count it once.": len(rows) / cells,
            "That is the number of pairs; divide by how many there could be.": float(held.pairs),
            "That is the share of purchases that are the first of their pair.": held.pairs
            / len(rows),
            "That is the share of gaps.": 1 - right,
        }
        judge(answer(rows.copy()), right, mistakes)
    found = Fact("bought_pairs", right, "share", decimals=1)
    say(f"Right: in this run {found} of the pairs were bought.", found)


def check_known_share(answer: Callable[[pd.DataFrame, pd.DataFrame], float], case: Lists) -> None:
    """Accept the share of different later pairs that were there before.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    right = 0.0
    made_up = _few()
    cut = split_by_time(case.purchases, case.parameters.held_back)
    here = [part[["customer", "product"]] for part in (cut.before, cut.after)]
    for before, after in ((made_up.iloc[:9], made_up.iloc[9:]), here):
        if before.empty or after.empty:
            continue
        known, pairs = set(_pairs(before)), _pairs(after)
        both, buyers = len(set(pairs) & known), set(before["customer"])
        right = both / len(set(pairs))
        mistakes = {
            "That counts a pair as often as it is bought later; count it once.": float(
                np.mean([pair in known for pair in pairs])
            ),
            "That is a share of the pairs before; divide by those after.": both / len(known),
            "That is the share of customers who were there before.": float(
                np.mean([name in buyers for name in set(after["customer"])])
            ),
            "That is the share of pairs that are new.": 1 - right,
        }
        judge(answer(before.copy(), after.copy()), right, mistakes)
    found = Fact("known", right, "share", decimals=1)
    say(f"Right: in this run {found} of the later pairs were there before.", found)


def check_new_list(answer: Callable[[Array, NDArray[np.bool_], int], Any], case: Lists) -> None:
    """Accept the places of the best products that are new to a customer.

    Raises:
        NotYetError: for other places, with a hint where the mistake is a typical one.
    """
    k = 3
    for scores, bought in _scored(case):
        order = np.argsort(-scores)
        right = [place for place in order if not bought[place]][:k]
        left = np.flatnonzero(~bought)
        inner = np.argsort(-scores[left])[:k]
        mistakes: dict[str, Any] = {
            "Some of these the customer has bought before.": order[:k],
            "Those are the lowest scores; the best stand first.": order[::-1][~bought[order[::-1]]][
                :k
            ],
            "Those are places among the new products; places count all products.": inner,
            "The best stands first.": right[::-1],
            "Those are scores; return places.": scores[right],
            "Take the new products first, and cut to length then.": [
                place for place in order[:k] if not bought[place]
            ],
        }
        fitting: dict[str, Any] = {
            hint: one for hint, one in mistakes.items() if len(one) == len(right)
        }
        judge_all(answer(scores.copy(), bought.copy(), k), right, fitting)
    count = Fact("k", k, "count")
    say(f"Right: these {count} are new, and the best stands first.", count)


def check_precision_and_recall(
    answer: Callable[[Products, Products], tuple[float, float]], case: Lists
) -> None:
    """Accept both shares of hits.

    Raises:
        NotYetError: for any other numbers, with a hint where the mistake is a typical one.
    """
    for shown, bought in _lists(case):
        hits = len(set(shown) & set(bought))
        right = [hits / len(shown), hits / len(bought)]
        either = len(set(shown) | set(bought))
        mistakes: dict[str, Any] = {
            "Those are the right numbers in the wrong order.": right[::-1],
            "Those are numbers of hits; divide.": [hits, hits],
            "That divides by all that was shown or bought.": [hits / either, hits / either],
        }
        judge_all(answer(list(shown), list(bought)), right, mistakes)
    say("Right: one share has the list below the line, the other what was bought.")


def check_ndcg(answer: Callable[[Products, Products], float], case: Lists) -> None:
    """Accept the discounted gain of a list as a share of the most.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    right = 0.0
    for shown, bought in _lists(case):
        gains = 1 / np.log2(np.arange(len(shown)) + 2)
        hits = np.array([product in bought for product in shown])
        most = float(gains[: len(bought)].sum())
        natural = 1 / np.log(np.arange(len(shown)) + np.e)
        right = float(gains[hits].sum() / most)
        mistakes = {
            "That is the sum; divide by the most that it could be.": float(gains[hits].sum()),
            "The most is reached when what was bought stands first; a list can be longer than "
            "that.": float(gains[hits].sum() / gains.sum()),
            "That counts every place alike.": float(hits.mean()),
            "Take binary logarithms.": float(natural[hits].sum() / natural[: len(bought)].sum()),
        }
        judge(
            answer(list(shown), list(bought)),
            right,
            {hint: one for hint, one in mistakes.items() if not np.isclose(one, right)},
        )
    found = Fact("ndcg", right, decimals=3)
    say(f"Right: the last of these lists has {found}.", found)


def check_speaks_for_a_list(answer: Collection[str], case: Lists) -> None:
    """Accept what is a reason to show a model's lists.

    Raises:
        NotYetError: for anything else, with the reason about one that is missing or too many.
    """
    judge_reasons(answer, REASONS, NO_REASONS, missing="What would a bad list not do?")
    count = Fact("reasons", len(REASONS), "count")
    say(f"Right: these {count} speak for a list, and the second says what it adds.", count)


def _few() -> pd.DataFrame:
    """Return a few made-up purchases: pairs that come again, and customers who come later."""
    text = "aX aY aX bX bZ cY cY cZ aX aX bX bY dZ aZ cY aX cX aX"
    return pd.DataFrame([tuple(pair) for pair in text.split()], columns=["customer", "product"])


def _pairs(rows: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(rows["customer"], rows["product"], strict=True))


def _scored(case: Lists) -> Iterator[tuple[Array, NDArray[np.bool_]]]:
    """Yield made-up scores, no two alike, and which products were bought; the best one was."""
    random = case.rng("exercise scores")
    for size in (9, 14):
        scores = random.permutation(size).astype(float)
        bought: NDArray[np.bool_] = np.zeros(size, dtype=bool)
        bought[np.argsort(-scores)[[0, 2]]] = True
        yield scores, bought


def _lists(case: Lists) -> Iterator[tuple[Products, Products]]:
    """Yield made-up lists and what was bought: more than was shown, and less."""
    names = [f"P{number}" for number in range(1, 13)]
    order: Sequence[str] = [names[place] for place in case.rng("exercise lists").permutation(12)]
    yield list(order[:5]), [order[1], order[4], *order[7:12]]
    yield list(order[:4]), [order[2], order[9]]
