"""The published report's specification, beside a run: its constants, and whether a run has them.

A run's tables are asked, not the parameters that it was made from, wherever tables show it. What
is drawn lies around what is published: it agrees within a band that a draw leaves once in a
thousand times. Classes of customers are in no table; only a simulated run knows them. Ranges of
the other prices, the Dirichlet parameter and the chances of quantities are not published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ...methods.intervals import z_interval
from ...methods.shops.purchases import quantities
from ..published_report import Constant, How
from ..shop import Shop
from .customers import Customers

Array = NDArray[np.float64]

CUSTOMERS, PRODUCTS, PURCHASES = 500, 50, 30_000
DAYS = (730, 731)  # two years, with or without a day in February
CATEGORIES = ("Electronics", "Clothing", "Home & Living", "Books", "Beauty")
SUBCATEGORIES = 5
ELECTRONICS = (100.0, 800.0)
POPULARITY = (0.1, 1.0)
POWERS: Mapping[str, float] = {"Low": 0.2, "Medium": 0.6, "High": 0.2}
FREQUENCIES: Mapping[str, float] = {"Rare": 0.3, "Regular": 0.5, "Frequent": 0.2}
FOLLOW = 0.3
FACTOR = (0.85, 1.15)
SEGMENTS = 4

BAND = 0.999  # share of draws that a band holds
CENT = 0.005  # by which amounts are rounded at most
UNSEEN = "–"


def specification(case: Customers) -> list[Constant]:
    """Return the constants of the report's sections on data and k-means, and what this run has."""
    return [
        *sizes(case),
        *_catalogue(case),
        *_people(case),
        *_purchases(case),
        exact("segments", "segments", "K-means", str(SEGMENTS), str(case.parameters.clusters)),
    ]


def exact(key: str, what: str, where: str, published: str, here: str) -> Constant:
    """Return a constant that a run has to the letter, or not."""
    return constant(key, what, where, published, here, "exact", published == here)


def sizes(case: Shop) -> list[Constant]:
    """Return how many customers, products and purchases there are, and over how long."""
    where = "Data: components"
    there = len(case.customers), len(case.products), len(case.purchases)
    return [
        exact("customers", "customers", where, f"{CUSTOMERS:,}", f"{there[0]:,}"),
        exact("products", "products", where, f"{PRODUCTS:,}", f"{there[1]:,}"),
        exact("purchases", "purchases", where, f"{PURCHASES:,}", f"{there[2]:,}"),
        constant(
            "days", "days", where, "two years", f"{case.days:,} days", "exact", case.days in DAYS
        ),
    ]


def _catalogue(case: Customers) -> list[Constant]:
    where, found = "Data: products", []
    table = case.products
    has = [
        name in table and bool(table[name].notna().all()) for name in ("category", "subcategory")
    ]
    names = sorted(set(table["category"])) if has[0] else []
    here = f"{len(names)} categories" if has[0] else UNSEEN
    is_so = names == sorted(CATEGORIES) if has[0] else None
    published = f"{len(CATEGORIES)} categories"
    found.append(constant("categories", "categories", where, published, here, "exact", is_so))
    here, is_so = UNSEEN, None
    if all(has):
        many = table.groupby("category")["subcategory"].nunique()
        low, high = int(many.min()), int(many.max())
        here, is_so = _span(low, high, "d"), low == high == SUBCATEGORIES
    found.append(
        constant(
            "subcategories",
            "subcategories of each",
            where,
            str(SUBCATEGORIES),
            here,
            "exact",
            is_so,
        )
    )
    here, is_so = UNSEEN, None
    if has[0] and "price" in table and CATEGORIES[0] in names:
        prices = table["price"][table["category"] == CATEGORIES[0]]
        low, high = prices.min(), prices.max()
        if np.isfinite([low, high]).all():
            here, is_so = _span(low, high, ".2f"), ELECTRONICS[0] <= low and high <= ELECTRONICS[1]
    published = _span(*ELECTRONICS, ".0f")
    found.append(
        constant("electronics", "prices of electronics", where, published, here, "exact", is_so)
    )
    here, is_so = UNSEEN, None
    if case.truth is not None:
        low, high = case.truth.popularity.min(), case.truth.popularity.max()
        here, is_so = _span(low, high, ".2f"), POPULARITY[0] <= low and high <= POPULARITY[1]
    published = _span(*POPULARITY, ".1f")
    found.append(
        constant("popularity", "popularity of products", where, published, here, "exact", is_so)
    )
    return found


def _people(case: Customers) -> list[Constant]:
    where = "Data: customers"
    who = case.hidden
    found = []
    for key, what, column, shares in (
        ("power", "spending power", "power", POWERS),
        ("frequency", "purchase frequency", "frequency", FREQUENCIES),
    ):
        here, is_so = UNSEEN, None
        if who is not None:
            seen = who[column].value_counts(normalize=True).reindex(list(shares), fill_value=0.0)
            here = _listed(seen.tolist())
            is_so = all(
                _within(share, float(value), len(who), tests=len(shares))
                for share, value in zip(shares.values(), seen, strict=True)
            )
        published = _listed(list(shares.values()))
        found.append(constant(key, what, where, published, here, "by chance", is_so))
    here = UNSEEN
    if case.truth is not None:
        here = f"parameter {case.parameters.evenness:g}"
    found.append(
        constant(
            "preferences", "liking of categories", where, "Dirichlet, parameter not given", here,
            "not published", None,
        )
    )  # fmt: skip
    return found


def _purchases(case: Customers) -> list[Constant]:
    where, rows = "Data: purchases", case.purchases
    here, is_so = UNSEEN, None
    if case.truth is not None:
        # In the record's own order: purchases of one order have one moment.
        kinds = case.products["category"]
        record = case.tables["transactions"]
        record = record.assign(category=record["product"].map(kinds))
        value, error = follow(record, case.truth.preferences)
        if np.isfinite([value, error]).all():
            band = z_interval(value, error, len(rows), null=FOLLOW, level=BAND, method="ratio")
            here, is_so = f"{value:.1%}", band.covers(FOLLOW)
    found = [
        constant(
            "follow", "purchases that follow the category before", where, f"{FOLLOW:.0%}", here,
            "by chance", is_so,
        )
    ]  # fmt: skip
    here, is_so = UNSEEN, None
    if case.has("price") and rows["price"].notna().all() and (rows["price"] > 0).all():
        usual = rows["price"].to_numpy(dtype=float) * quantities(rows)
        factor = rows["amount"].to_numpy(dtype=float) / usual
        here = _span(factor.min(), factor.max(), ".3f")
        is_so = fits(factor, CENT / usual)
    published = _span(*FACTOR, ".2f")
    found.append(
        constant("factor", "amount over price", where, published, here, "by chance", is_so)
    )
    here = UNSEEN
    if case.hidden is not None:
        units = pd.Series(quantities(rows)).groupby(
            rows["customer"].map(case.hidden["power"]).to_numpy()
        )
        here = ", ".join(f"{units.mean().get(power, np.nan):.2f}" for power in POWERS)
    found.append(
        constant(
            "quantity", "units a purchase, by spending power", where, "not given", here,
            "not published", None,
        )
    )  # fmt: skip
    return found


def follow(purchases: pd.DataFrame, preferences: pd.DataFrame) -> tuple[float, float]:
    """Return the share of purchases that keep to the category before, and its standard error.

    The purchases of a customer stand in the order in which they were made.
    Of those that do not, each has the category before by its customer's preference alone, which
    is known: what is more than that, over what could be more.
    """
    of = purchases["customer"]
    before = purchases["category"].groupby(of).shift()
    is_known = before.notna().to_numpy()
    if not is_known.any():
        return np.nan, np.nan
    same = (purchases["category"] == before).to_numpy()[is_known]
    rows = preferences.index.get_indexer(pd.Index(of[is_known]))
    columns = preferences.columns.get_indexer(pd.Index(before[is_known]))
    by_chance = preferences.to_numpy()[rows, columns]
    room = float((1 - by_chance).sum())
    if not room > 0:
        return np.nan, np.nan
    value = float((same - by_chance).sum()) / room
    left = same - by_chance - value * (1 - by_chance)
    return value, float(np.sqrt(np.square(left).sum())) / room


def fits(factor: Array, slack: Array) -> bool:
    """Return whether factors are even draws of the published range, but for rounding."""
    low, high = FACTOR
    inside = ((factor >= low - slack - 1e-9) & (factor <= high + slack + 1e-9)).all()
    return bool(inside and stats.kstest(factor, "uniform", (low, high - low)).pvalue > 1 - BAND)


def _within(share: float, seen: float, n: int, *, tests: int) -> bool:
    """Return whether a share of n draws lies in its band, of several looked at together."""
    low, high = stats.binom.interval(1 - (1 - BAND) / tests, n, share)
    return bool(low <= round(seen * n) <= high)


def constant(
    key: str, what: str, where: str, published: str, here: str, how: How, agrees: bool | None
) -> Constant:
    """Return a constant, its key first."""
    return Constant(
        id=key,
        what=what,
        where=where,
        published=published,
        here=here,
        how=how,
        agrees=None if agrees is None else bool(agrees),
    )


def _span(low: float, high: float, form: str) -> str:
    return f"{low:{form}}" if low == high else f"{low:{form}} to {high:{form}}"


def _listed(shares: Sequence[float]) -> str:
    return ", ".join(f"{share:.0%}" for share in shares)
