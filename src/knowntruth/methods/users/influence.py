"""Influence: how much of a mean the largest values make."""

from __future__ import annotations

from dataclasses import dataclass

from ..checks import check_share
from ..tables import Table
from .counted import counted


@dataclass(frozen=True, kw_only=True)
class Influence:
    """How much the largest values make.

    Attributes:
        n, largest: all values, and how many of them are the largest that are looked at.
        threshold: the smallest of those.
        mean: of all values.
        mean_without: of all others.
        share_of_total: what those make of the total, and so of the mean; None where the total
            is not above zero or some values are below it.
        reason: why these are None; empty when none is.
    """

    n: int
    largest: int
    threshold: float | None = None
    mean: float | None = None
    mean_without: float | None = None
    share_of_total: float | None = None
    reason: str = ""


def influence(table: Table, value: str, *, top: float = 0.01) -> Influence:
    """Return how much of the mean and of the total the share `top` of largest values makes.

    Raises:
        ValueError: a top that is no share.
        DataError: a missing column, or values that are not finite numbers.
    """
    check_share("top", top)
    (found,) = counted(table, value)
    if found is None or found.n < 2:
        n = found.n if found else 0
        return Influence(n=n, largest=0, reason="fewer than two values are known")
    n, k = found.n, min(max(round(top * found.n), 1), found.n - 1)
    total, made = found.largest(n), found.largest(k)
    of_one = total > 0 and found.values[0] >= 0
    return Influence(
        n=n,
        largest=k,
        threshold=found.ranked(n - k + 1),
        mean=total / n,
        mean_without=(total - made) / (n - k),
        share_of_total=made / total if of_one else None,
        reason="" if of_one else "values below zero, or nothing else, make no share of a total",
    )
