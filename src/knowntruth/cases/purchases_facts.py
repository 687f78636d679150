"""What sentences about somebody's own purchases are made from: counts, shares, names, rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import duckdb

from ..story.facts import Fact
from ..story.names import Name
from .purchases_rows import Pile


class Rules(Protocol):
    """The owner's rules, as far as sentences name them."""

    @property
    def returns(self) -> Literal["match", "drop"]:
        """Whether returned units are taken off their purchase, or only left out."""

    @property
    def duplicates(self) -> Literal["keep", "drop"]:
        """Whether rows that repeat another in everything count."""

    @property
    def cancelled_prefix(self) -> str:
        """Letters before the digits of a cancelled order's number."""


@dataclass(frozen=True)
class Returned:
    """What returns did: purchases they touched and took whole; returns without a purchase.

    `unmatched` found none at all, `partly` one that was smaller; `by_units` says whether units
    were taken off, or money.
    """

    touched: int
    gone: int
    unmatched: int
    partly: int
    by_units: bool


@dataclass(frozen=True)
class Telling:
    """All that sentences are made from.

    Attributes:
        connection: holds `sorted_rows`, `taken`, `unmatched` and `purchases`.
        names: this run's words.
        piles: rows of each kind, and their money.
        counts: the counts of `OwnPurchases`.
        returned: what returns did.
        mixed_labels: for "category" and "subcategory", products whose rows had several.
        unnamed: cells of money without a currency, where others name one.
        rules: the owner's rules.
    """

    connection: duckdb.DuckDBPyConnection
    names: Mapping[str, Name]
    piles: Mapping[str, Pile]
    counts: Mapping[str, int]
    returned: Returned
    mixed_labels: Mapping[str, int]
    unnamed: int
    rules: Rules

    @property
    def money(self) -> float:
        """The money of all rows that stand for something sold, kept or not."""
        outside = {"repeat", "return", "cancelled"}
        return sum(pile.amount for kind, pile in self.piles.items() if kind not in outside)


def number(connection: duckdb.DuckDBPyConnection, what: str, source: str) -> int:
    """Return one whole number of a relation."""
    ((found,),) = connection.execute(f"SELECT {what} FROM {source}").fetchall()
    return int(found or 0)


def counted(name: str, value: int) -> Fact:
    """Return a number of things."""
    """Return a number of things as a fact."""
    return Fact(name, value, "count")


def in_rows(count: Fact) -> str:
    """Return so many rows in words."""
    """Return so many rows in words."""
    return f"{count} row" if count.value == 1 else f"{count} rows"


def part_of(name: str, part: float, whole: float) -> Fact:
    """Return a share with as many decimals as it takes to be no zero."""
    share = part / whole if whole else 0.0
    decimals = next((d for d in range(1, 8) if round(100 * share, d) > 0), 0) if share else 0
    return Fact(f"share of {name}", share, "share", decimals=decimals)
