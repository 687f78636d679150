"""Creators, drawn in the order of their numbers: who they are, most of it hidden."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from .. import streams
from .rules import AXES, Array, Rules

WORLD = "creators/"
FOREVER = 2**31  # a month that nobody sees


@dataclass(frozen=True)
class People:
    """Creators who begin to sell, on record or not.

    Attributes:
        type: their type, 0 for that of the smallest sellers.
        size: hidden size, which is in sales, rests and chances to leave.
        log_volume: logarithm of sales in a first month without rest.
        rate: by how much it grows in the first month.
        log_price: logarithm of their middling price.
        rest: chance to rest in a month.
        leaving: chance to leave after a month.
        begins: month in which they begin, counted from the first on record.
        last: last month in which they are there.
        giant: whether they are one of the giants.
    """

    type: Array
    size: Array
    log_volume: Array
    rate: Array
    log_price: Array
    rest: Array
    leaving: Array
    begins: Array
    last: Array
    giant: Array

    def __len__(self) -> int:
        return len(self.type)

    def take(self, rows: Array) -> People:
        """Return some of them."""
        return People(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def uniform(rules: Rules, name: str, count: int) -> Array:
    """Return a uniform number of each of the first `count` creators."""
    return streams.uniform(rules.p.seed, WORLD + name, stop=count)


def normal(rules: Rules, name: str, count: int) -> Array:
    """Return a standard normal number of each of the first `count` creators."""
    return streams.column(
        rules.p.seed,
        WORLD + name,
        lambda rng, rows: rng.standard_normal(rows.stop - rows.start),
        stop=count,
    )


def people_of(rules: Rules, count: int) -> People:
    """Return the first `count` creators who begin."""
    kind = np.searchsorted(np.cumsum(rules.shares)[:-1], uniform(rules, "type", count), "right")
    own = {axis: normal(rules, axis, count) for axis in AXES}
    rho = rules.link
    own["price"] = rho * own["size"] + np.sqrt(1 - rho**2) * own["price"]
    size, price, growth = (
        rules.centres[kind, k] + rules.within * own[axis] for k, axis in enumerate(AXES)
    )
    leaving = rules.leaving(size, normal(rules, "habit", count))
    begins = np.searchsorted(
        np.cumsum(rules.arrivals)[:-1], uniform(rules, "begins", count), "right"
    )
    with np.errstate(divide="ignore"):  # who never leaves stays for ever
        stays = np.log1p(-uniform(rules, "leaves", count)) / np.log1p(-leaving)
    return People(
        type=kind,
        size=size,
        log_volume=rules.log_volume(size),
        rate=rules.rate(growth),
        log_price=rules.log_price(price),
        rest=rules.rest(size, normal(rules, "rhythm", count)),
        leaving=leaving,
        begins=begins,
        last=begins + np.floor(np.minimum(stays, FOREVER)).astype(np.int64),
        giant=np.zeros(count, dtype=bool),
    )
