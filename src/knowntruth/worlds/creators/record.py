"""The record: which creators have sold enough to be on it, and all that they sold."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import ParameterError, Problem
from .people import People, people_of, uniform
from .rules import Array, Rules
from .sales import added_by_giants, prices_of, transactions_of

MOST_TRIED = 400  # creators who begin, for each on record, before the search is given up
ENOUGH = 2_000  # tried at least before that


@dataclass(frozen=True)
class Record:
    """Creators on record, in the order in which the world drew them.

    Attributes:
        people: who they are.
        transactions: sales (creators × months on record and later).
        gmv: what they brought, in hundredths exactly.
        began: creators who began to sell for the record to have as many as it has.
    """

    people: People
    transactions: Array
    gmv: Array
    began: int


def record_of(rules: Rules) -> Record:
    """Return the first creators of the world who have sold enough.

    Raises:
        ParameterError: when hardly anybody sells so much.
    """
    p = rules.p
    count = 2 * p.creators
    while True:
        people = people_of(rules, count)
        sales = transactions_of(rules, people)
        rows = np.flatnonzero(sales[:, : p.months].sum(axis=1) >= p.at_least)[: p.creators]
        if len(rows) == p.creators:
            break
        if count >= max(MOST_TRIED * p.creators, ENOUGH):
            raise ParameterError(
                "No such record can be made:",
                [
                    Problem(
                        "at_least",
                        f"of {count:,} creators who begin {len(rows):,} sell so much",
                        "Lower `at_least`, or raise `volume`",
                    )
                ],
            )
        count *= 2
    if p.giants:
        raised = _raised(rules, people, rows)
        sales = sales + added_by_giants(rules, people, raised)
        people = raised
    prices = prices_of(rules, people)[rows]
    return Record(
        people.take(rows), sales[rows], np.round(sales[rows] * prices, 2), int(rows[-1]) + 1
    )


def _raised(rules: Rules, people: People, rows: Array) -> People:
    """Return creators among whom some of `rows` have been made giants, by lot."""
    p = rules.p
    lot = uniform(rules, "giant", len(people))[rows]
    giants = rows[np.argsort(lot, kind="stable")[: p.giants]]
    others = np.setdiff1d(rows, giants)
    log_volume, giant = people.log_volume.copy(), people.giant.copy()
    largest = people.log_volume[others].max() + np.log(p.giant_factor)
    log_volume[giants] = np.maximum(log_volume[giants], largest)
    giant[giants] = True
    return replace(people, log_volume=log_volume, giant=giant)
