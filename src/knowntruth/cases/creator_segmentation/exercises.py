"""Checks of the chapter's exercises.

Each check works its own answer out from the run at hand, so it holds under any seed. It
accepts a right answer, and tells the typical wrong ones apart to say where they went astray.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...methods.totals.concentration import top_units
from ...story.facts import Fact
from ...story.saying import say
from ..exercises import judge, judge_all, judge_reasons
from .creators import Creators

Array = NDArray[np.float64]

# What is a reason to believe in types, and what is none, with why.
REASONS = {
    "hollow": "A hollow in creators that the groups were not made from is what types would leave.",
    "elsewhere": "What is found again in another year was not made by this year's cut.",
    "asked": "Kinds that were told before anybody looked at sales cannot follow from sales.",
}
NO_REASONS = {
    "islands": "t-SNE makes islands of a cloud without groups, too.",
    "silhouette": "One creator far from all others is enough for that.",
    "stable": "A cloud without groups can be cut in the same place every time.",
    "bic": "One skewed cloud takes several normal ones.",
}


def check_top_share(answer: Callable[[Array, float], float], case: Creators) -> None:
    """Accept the part of a total that a share of the units with the most make.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    share, right = 0.1, 0.0
    for values in (_drawn(case), case.totals["gmv"].to_numpy(dtype=float)):
        up = np.sort(values)
        top = top_units(share, len(up))
        total = float(up.sum())
        right = float(up[-top:].sum()) / total
        mistakes = {
            "Those are the creators with the least; sort the other way.": float(up[:top].sum())
            / total,
            "That is what they make; divide by the total.": float(up[-top:].sum()),
            "That is the mean of the top over the mean of all.": float(up[-top:].mean())
            / float(up.mean()),
            "The number of creators is rounded down.": float(up[-top - 1 :].sum()) / total,
        }
        judge(answer(values.copy(), share), right, mistakes)
    found, of = Fact("top_share", right, "share", decimals=1), Fact("of", share, "share")
    say(f"Right: in this run the top {of} make {found}.", found, of)


def check_both_by_chance(answer: Callable[[int, int, int], float], case: Creators) -> None:
    """Accept the expected number of units on two random lists.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    rng = case.rng("exercise lists")
    right, n = 0.0, case.count
    for _ in range(3):
        first, second = (int(size) for size in rng.integers(3, max(n // 3, 5), 2))
        right = first * second / n
        mistakes = {
            "That is a share of all creators; return a number.": first * second / n**2,
            "That is the shorter list: as if one lay inside the other.": float(min(first, second)),
            "That is the chance for one creator of the first list to be on the second; "
            "there are several.": second / n,
            "That adds the lists; multiply the chances.": (first + second) / n,
        }
        judge(answer(n, first, second), right, mistakes)
    facts = [
        Fact("expected", right, decimals=1),
        Fact("first", first, "count"),
        Fact("second", second, "count"),
    ]
    say(
        f"Right: of lists with {facts[1]} and {facts[2]} creators, {facts[0]} are to be expected "
        "on both.",
        facts,
    )


def check_price_of_a_sale(answer: Callable[[pd.DataFrame], float], case: Creators) -> None:
    """Accept the value of all sales over their number.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    table = case.units.project("creator, month, transactions, gmv").df()
    sold = table[table["transactions"] > 0]
    by_creator = table.groupby("creator")[["transactions", "gmv"]].sum()
    by_creator = by_creator[by_creator["transactions"] > 0]
    right = float(table["gmv"].sum() / table["transactions"].sum())
    rows = float((sold["gmv"] / sold["transactions"]).mean())
    each = float((by_creator["gmv"] / by_creator["transactions"]).mean())
    mistakes = {
        "That is a mean of ratios by month; a month with many sales counts for more.": rows,
        "That is the mean price over creators; a creator with many sales counts for more.": each,
        "That is what a creator brings in a month; ask about a sale.": float(table["gmv"].mean()),
        "That divides the wrong way round.": 1 / right if right else 0.0,
    }
    judge(answer(table.copy()), right, mistakes)
    found = Fact("price", right, decimals=2)
    say(f"Right: a sale in this run brings {found}.", found)


def check_scores(answer: Callable[[Array], Sequence[int]], case: Creators) -> None:
    """Accept quartile scores, the best 1, with values on an edge below it.

    Raises:
        NotYetError: for any other numbers, with a hint where the mistake is a typical one.
    """
    ties = np.array([3.0, 1, 1, 2, 5, 4, 9, 9, 2, 7, 3, 1])
    right = np.array([])
    for values in (ties, case.totals["transactions"].to_numpy(dtype=float)):
        edges = np.percentile(values, [25, 50, 75])
        below = np.searchsorted(edges, values, side="left")
        right = 4 - below
        mistakes = {
            "That calls the lowest quarter the best; the best score is for the highest.": 1 + below,
            "A number on an edge belongs with those below it.": 4
            - np.searchsorted(edges, values, side="right"),
            "That counts from zero; the best score is one.": 3 - below,
        }
        judge_all(answer(values.copy()), right, mistakes)
    best = Fact("best", int((right == 1).sum()), "count")
    say(f"Right: {best} creators of this run have the best score of frequency.", best)


def check_in_view(answer: Callable[[Array, Array, float], float], case: Creators) -> None:
    """Accept the part of what comes that those with the most before make.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    share, right = case.parameters.cared_for, 0.0
    half = len(case.months) // 2
    here = case.gmv.iloc[:, :half].sum(axis=1), case.gmv.iloc[:, half:].sum(axis=1)
    for before, after in (
        (_drawn(case), _drawn(case, "after")),
        (here[0].to_numpy(dtype=float), here[1].to_numpy(dtype=float)),
    ):
        top = top_units(share, len(before))
        chosen = np.argsort(-before, kind="stable")[:top]
        best = np.argsort(-after, kind="stable")[:top]
        right = float(after[chosen].sum() / after.sum())
        mistakes = {
            "That chooses by what comes after, which the team does not know yet.": float(
                after[best].sum() / after.sum()
            ),
            "That is what the chosen ones made before.": float(before[chosen].sum() / before.sum()),
            "That is a sum; divide by all that comes after.": float(after[chosen].sum()),
        }
        judge(answer(before.copy(), after.copy(), share), right, mistakes)
    found = Fact("in_view", right, "share", decimals=1)
    say(f"Right: of the later half of the months, {found} was in view.", found)


def check_speaks_for_types(answer: Collection[str], case: Creators) -> None:
    """Accept the observations that are a reason to believe in types.

    Raises:
        NotYetError: for anything else, with the reason about one that is missing or too many.
    """
    judge_reasons(answer, REASONS, NO_REASONS, missing="What would only types leave behind?")
    count = Fact("reasons", len(REASONS), "count")
    say(f"Right: these {count} would be reasons. The others a continuum gives as well.", count)


def _drawn(case: Creators, name: str = "before") -> Array:
    """Return what some made-up creators make, no two alike."""
    return np.asarray(case.rng(f"exercise {name}").lognormal(3.0, 1.5, 47))
