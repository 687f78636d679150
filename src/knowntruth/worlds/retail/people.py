"""Customers, drawn in blocks: who they are, when they are there, what they like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from .catalogue import KINDS, Catalogue
from .rules import YEAR, Array, Rules

NEVER = 1e9  # a time that nobody sees
OLDEST = round(2 * YEAR)  # days before the record in which the others signed up


@dataclass(frozen=True)
class People:
    """Some customers.

    Attributes:
        power, frequency: codes of their classes.
        weight: how often they buy, relative to others, while they are there.
        leaving: chance to leave within a year.
        hazard: rate of leaving a day.
        signed_up: day on which they did, below 0 before the record.
        leaves: time at which they leave, counted like days; may be long after all that is seen.
        preferences: chance of each category (customers × categories).
        taste: weights on hidden traits of products (customers × traits).
    """

    power: Array
    frequency: Array
    weight: Array
    leaving: Array
    hazard: Array
    signed_up: Array
    leaves: Array
    preferences: Array
    taste: Array

    def __len__(self) -> int:
        return len(self.weight)

    def take(self, rows: Array | slice) -> People:
        """Return some of them."""
        return People(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def window(self, rules: Rules, start: float, end: float) -> tuple[Array, Array]:
        """Return the days passed, by season, when each is first and last there between times.

        The two are the same for those who are not there at all.
        """
        first = rules.weighed(np.clip(self.signed_up, start, end))
        last = rules.weighed(np.clip(self.leaves, start, end))
        return first, np.maximum(first, last)

    def exposure(self, rules: Rules, start: float, end: float) -> Array:
        """Return the exposure of each between two times."""
        first, last = self.window(rules, start, end)
        return np.asarray(self.weight * (last - first))


def people_in(rules: Rules, block: int) -> People:
    """Return the customers of a block."""
    p = rules.p
    users = rules.customers_in(block)
    count = users.stop - users.start

    def uniform(name: str) -> Array:
        return np.asarray(rules.generator(name, block).random(count))

    def normal(name: str) -> Array:
        return np.asarray(rules.generator(name, block).standard_normal(count))

    def classes(name: str, shares: list[float]) -> Array:
        return np.searchsorted(np.cumsum(shares)[:-1], uniform(name), side="right")

    frequency = classes("frequency", p.frequency_shares)
    own = np.exp(p.frequency_spread * normal("weight"))
    leaving, hazard = rules.hazard(normal("habit"))
    signed_up = np.where(
        uniform("is_new") < p.arriving,
        np.floor(p.days * uniform("arrives")),
        np.floor(-OLDEST * uniform("was_there")),
    ).astype(np.int64)
    stays = rules.generator("leaves", block).standard_exponential(count)
    with np.errstate(divide="ignore"):  # who never leaves stays for ever
        stays = np.minimum(stays / hazard, NEVER)
    liking = rules.generator("preferences", block).standard_gamma(p.evenness, (count, KINDS))
    return People(
        power=classes("power", p.power_shares),
        frequency=frequency,
        weight=np.array(p.frequency_factors)[frequency] * own,
        leaving=leaving,
        hazard=hazard,
        signed_up=signed_up,
        # All who signed up before the record are still there at its start.
        leaves=np.maximum(signed_up, 0) + stays,
        preferences=liking / liking.sum(axis=1, keepdims=True),
        taste=rules.generator("taste", block).standard_normal((count, p.taste_factors)),
    )


def together(parts: Sequence[People]) -> People:
    """Return the customers of several blocks as one."""
    return People(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(People)
        }
    )


def customer_names(start: int, stop: int) -> list[str]:
    """Return the identifiers of customers `start` to `stop - 1`, counted from 0."""
    return [f"C{number}" for number in range(start + 1, stop + 1)]


def customers_table(rules: Rules, people: People, first: int = 0) -> pd.DataFrame:
    """Return one row a customer, as `world.World.customers` says."""
    return pd.DataFrame(
        {
            "customer": customer_names(first, first + len(people)),
            "signed_up": rules.dates(people.signed_up),
        }
    )


def weights_of(rules: Rules, catalogue: Catalogue, people: People, category: int) -> Array:
    """Return the weight of each product of a category in its choice, in the order of `ranks`.

    The array has a row for each customer, or a single one where none has a taste of their own.
    """
    ranks = catalogue.ranks[category]
    popularity = catalogue.popularity[None, ranks]
    if rules.p.taste == 0:
        return np.asarray(popularity)
    liking = people.taste @ catalogue.traits[ranks].T / np.sqrt(rules.p.taste_factors)
    return np.asarray(popularity * np.exp(rules.p.taste * liking))
