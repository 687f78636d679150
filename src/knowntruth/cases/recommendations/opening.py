"""Opening the shop of the chapter on recommendations: simulated, or one's own purchases."""

from __future__ import annotations

from ...errors import DataError, Problem
from ...methods.lists.interactions import split_by_time
from ..shop import open_own, open_world
from .lists import KnownLists, Lists
from .parameters import Parameters

# Scores are tables of customers by products, and some models know each two products.
MOST_PRODUCTS = 2_000
MOST_CUSTOMERS = 20_000


def open_lists(p: Parameters) -> Lists:
    """Return the shop that these parameters describe.

    Raises:
        DataError: for a table of one's own that does not meet the contract, or that has more
            customers or products than lists can be made for at once, or too few purchases.
        ParameterError: for a customer, or a label of something, that is not there.
    """
    case = open_own(Lists, p) if p.data else open_world(Lists, p, KnownLists)
    if p.data:
        _check_size(case, p.data)
        _check_cuts(case, p.data)
    _ = case.shown  # a customer who is not there is refused before anything runs
    return case


def _check_size(case: Lists, where: str) -> None:
    found = (
        ("products", len(case.products), MOST_PRODUCTS, "map a coarser column, such as a category"),
        ("customers", len(case.customers), MOST_CUSTOMERS, "draw some of them by lot"),
    )
    problems = [
        Problem(
            where, f"has {count:,} {what}; lists are made for {most:,} at most", f"Try to {fix}"
        )
        for what, count, most, fix in found
        if count > most
    ]
    if problems:
        raise DataError("This table is too large for lists:", problems)


def _check_cuts(case: Lists, where: str) -> None:
    """Refuse purchases that cannot be cut twice: into earlier, later and last days."""
    share = case.parameters.held_back
    before = split_by_time(case.purchases, share).before
    if split_by_time(before, share).before.empty:
        what = "has nearly all of its purchases on a day or two"
        fix = "Lists are made from some days and judged by later ones. Bring a longer record"
        raise DataError("This table is too short for lists:", [Problem(where, what, fix)])
