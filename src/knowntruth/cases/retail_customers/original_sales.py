"""What the published report says of sales, beside a run: products, categories, purchases."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...methods import rank_correlation
from ...methods.intervals import z_interval
from ...methods.shops import key_figures
from ...methods.shops.purchases import margins
from ...story.estimates import Estimate
from ...story.facts import Fact
from ..published_report import OPEN, Claim, Statement, Verdict, settled, verdict_of
from .customers import Customers

APART = 8  # purchases between two of which neither follows the other

TOP = Claim("top_category", "One category brings the most revenue", "Sales: categories")
SELLER = Claim("best_seller", "One product sells the most units", "Sales: summary")
PROFITABLE = Claim(
    "most_profitable",
    "The product with the most revenue a unit is the most profitable",
    "Sales: summary",
)
PER_UNIT = Claim("per_unit", "Revenue a unit measures profitability", "Sales: profitability")
LIKES = Claim("likes", "Customers differ in the categories that they like", "Data: insights")
FOLLOWS = Claim("follows", "Purchases follow the category of the one before", "Data: insights")
WITHOUT_PRODUCTS = "This table does not say which products were bought."
WITHOUT_CATEGORIES = "This table has no two categories."
WITHOUT_COSTS = "Without costs nobody knows what is profitable."


def sales(case: Customers) -> list[Statement]:
    """Return what the report says of sales, and what this run says of that."""
    return [_top(case), _seller(case), *_profit(case), _likes(case), _follows(case)]


def _top(case: Customers) -> Statement:
    if not _has_several(case, "category"):
        return TOP.stands(OPEN, WITHOUT_CATEGORIES)
    first = key_figures.best(case.purchases, "category", measure="revenue", **_drawing(case))
    if first.reason:
        return TOP.stands(OPEN, f"{first.reason.capitalize()}.")
    rows = case.purchases["category"] == first.name
    amount = case.purchases["amount"]
    facts = (
        Fact("top_share", float(amount[rows].sum() / amount.sum()), "share", decimals=1),
        Fact("top_purchases", float(rows.mean()), "share", decimals=1),
        Fact("top_chance", first.chance, "share", decimals=0),
    )
    because = (
        f"It brings {facts[0]} of revenue with {facts[1]} of purchases, and is first in "
        f"{facts[2]} of draws of customers."
    )
    return TOP.stands(_surely(case, first.chance), because, *facts)


def _seller(case: Customers) -> Statement:
    if not _has_several(case, "product"):
        return SELLER.stands(OPEN, WITHOUT_PRODUCTS)
    first = key_figures.best(case.purchases, "product", measure="units", **_drawing(case))
    if first.reason:
        return SELLER.stands(OPEN, f"{first.reason.capitalize()}.")
    fact = Fact("seller_chance", first.chance, "share", decimals=0)
    because = f"The first is first in {fact} of draws of customers."
    return SELLER.stands(_surely(case, first.chance), because, fact)


def _profit(case: Customers) -> list[Statement]:
    if not _has_several(case, "product"):
        return [claim.stands(OPEN, WITHOUT_PRODUCTS) for claim in (PROFITABLE, PER_UNIT)]
    table = key_figures.by(
        case.purchases, "product", level=1 - case.parameters.alpha, **_drawing(case)
    )
    dear = table["revenue_per_unit"]
    prices = _with_prices(case, dear)
    told = f" With price it goes by the rank correlation {prices}." if prices else ""
    if not np.isfinite(margins(case.purchases)).all():
        return [
            PROFITABLE.stands(OPEN, WITHOUT_COSTS),
            PER_UNIT.stands(OPEN, WITHOUT_COSTS + told, *([prices] if prices else [])),
        ]
    margin = table["margin"].to_numpy()
    own = margin[int(np.argmax(dear.to_numpy()))]
    place = Fact("place", float(1 + (margin > own).sum()), "count")
    because = f"By the margin that it leaves in all it is number {place}."
    parts = rank_correlation.rank_correlation(
        dear.to_numpy(), table["margin_share"].to_numpy(), level=1 - case.parameters.alpha
    )
    facts = [one for one in (parts, prices) if one is not None]
    said = "It says nothing of what is left of a price." + told
    if parts is not None:
        said = (
            f"With the share of margin it goes by the rank correlation {parts} "
            f"({parts:interval}) over products.{told}"
        )
    return [
        PROFITABLE.stands(verdict_of(place.value == 1), because, place),
        PER_UNIT.stands(verdict_of(settled(parts)), said, *facts),
    ]


def _with_prices(case: Customers, dear: pd.Series) -> Estimate | None:
    """Return how far revenue a unit ranks products as prices do."""
    if not case.has("price"):
        return None
    price = case.products["price"].reindex(dear.index).to_numpy(dtype=float)
    known = np.isfinite(price)
    return rank_correlation.rank_correlation(
        dear.to_numpy()[known], price[known], level=1 - case.parameters.alpha
    )


def _likes(case: Customers) -> Statement:
    """Ask whether a customer's share of the most frequent category comes again."""
    if not _has_several(case, "category"):
        return LIKES.stands(OPEN, WITHOUT_CATEGORIES)
    of, times = case.purchases["customer"], case.purchases.groupby("customer")
    place, many = times.cumcount(), of.map(of.value_counts())
    is_top = case.purchases["category"] == case.purchases["category"].mode()[0]
    enough = many >= 4
    halves = is_top[enough].groupby([of[enough], 2 * place[enough] < many[enough]]).mean().unstack()
    found = None
    if len(halves):
        found = rank_correlation.rank_correlation(
            halves[True].to_numpy(), halves[False].to_numpy(), level=1 - case.parameters.alpha
        )
    if found is None:
        return LIKES.stands(OPEN, "Too few customers bought often enough.")
    because = (
        "The share of one category in the first half of a customer's purchases goes with that in "
        f"the second by the rank correlation {found} ({found:interval})."
    )
    return LIKES.stands(verdict_of(settled(found)), because, found)


def _follows(case: Customers) -> Statement:
    """Ask whether neighbouring purchases share a category more often than distant ones."""
    if not _has_several(case, "category"):
        return FOLLOWS.stands(OPEN, WITHOUT_CATEGORIES)
    of = case.purchases["customer"]
    kind = pd.Series(pd.factorize(case.purchases["category"])[0], index=of.index)
    next_to, far_from = (
        (kind == kind.groupby(of).shift(gap))
        .where(kind.groupby(of).shift(gap).notna())
        .astype(float)
        for gap in (1, APART)
    )
    each = (next_to.groupby(of).mean() - far_from.groupby(of).mean()).dropna().to_numpy()
    if len(each) < 3 or not each.std():
        return FOLLOWS.stands(OPEN, "Too few customers bought often enough.")
    found = z_interval(
        float(each.mean()),
        float(each.std(ddof=1) / np.sqrt(len(each))),
        len(each),
        level=1 - case.parameters.alpha,
        method="mean over customers",
    )
    because = (
        "The chance to share a category is higher for neighbouring purchases of a customer than "
        f"for distant ones by {found} ({found:interval}) on average."
    )
    return FOLLOWS.stands(verdict_of(settled(found)), because, found)


def _surely(case: Customers, chance: float) -> Verdict:
    return verdict_of(True if chance >= 1 - case.parameters.alpha else None)


def _has_several(case: Customers, column: str) -> bool:
    return case.has(column) and case.purchases[column].nunique() > 1


def _drawing(case: Customers) -> dict[str, int]:
    return {"seed": int(case.parameters.seed % 2**31), "draws": case.parameters.draws}
