"""Returns, taken off the purchases that they belong to.

A return is of one customer and one product. It belongs to the latest purchase of both that came
no later than the return and of which something is *left*: units where the table counts them, and
money where it does not. What is still to be given back goes to the purchase before that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

# Below this, what is left of a purchase is the rounding of what was taken off it.
NOTHING = 1e-9


class Movement(NamedTuple):
    """A purchase or a return: how much of one product went to or came from one customer."""

    customer: str
    product: str
    date: datetime
    row: int
    is_return: bool
    size: float


@dataclass(frozen=True)
class Matched:
    """What returns took.

    Attributes:
        taken: row of a purchase → the share of it that came back, above 0 and at most 1.
        unmatched: row of a return → the share of it that found no purchase, likewise.
    """

    taken: Mapping[int, float]
    unmatched: Mapping[int, float]


def match(movements: Iterable[Movement]) -> Matched:
    """Return what returns take of which purchases; `movements` come in any order."""
    taken: dict[int, float] = {}
    unmatched: dict[int, float] = {}
    # A purchase and a return of the same moment belong together, whichever was written first.
    ordered = sorted(movements, key=lambda m: (m.customer, m.product, m.date, m.is_return, m.row))
    for _, group in groupby(ordered, key=lambda m: (m.customer, m.product)):
        open_purchases: list[tuple[Movement, float]] = []
        for movement in group:
            if not movement.is_return:
                open_purchases.append((movement, movement.size))
                continue
            wanted = movement.size
            while wanted > NOTHING * movement.size and open_purchases:
                purchase, left = open_purchases.pop()
                took = min(wanted, left)
                wanted -= took
                left -= took
                if left > NOTHING * purchase.size:
                    open_purchases.append((purchase, left))
                else:
                    left = 0.0
                taken[purchase.row] = 1 - left / purchase.size
            if wanted > NOTHING * movement.size:
                unmatched[movement.row] = wanted / movement.size
    return Matched(taken, unmatched)
