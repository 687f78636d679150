"""What the rules let one expect of customers day by day, and from that of categories and products.

All is given who the customers are. *Foreseen* is what is to be expected at a moment, given who is
there then: leaving is averaged over, and signing up on the known days. *Looking back* it is given,
besides, when each has left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .catalogue import KINDS, Catalogue
from .people import People, weights_of
from .rules import Array, Rules


@dataclass(frozen=True)
class Days:
    """Pieces of days between two times, midnight to midnight but for the first and the last.

    Attributes:
        day: the day of each piece.
        start, end: times.
        season: factor of the day.
    """

    day: Array
    start: Array
    end: Array
    season: Array


def days_between(rules: Rules, start: float, end: float) -> Days:
    """Return the pieces of days between two times of record or later.

    Raises:
        ValueError: where the times are not in order, or outside.
    """
    whole = len(rules.season)
    if not 0 <= start <= end <= whole:
        raise ValueError(f"times {start:g} to {end:g} are not in order within 0 to {whole}")
    edges = np.unique(np.concatenate([[start], np.arange(np.ceil(start), end), [end]]))
    day = np.floor(edges[:-1]).astype(np.int64)
    return Days(day, edges[:-1], edges[1:], rules.season[day])


@dataclass(frozen=True)
class Foreseen:
    """What is to be expected of each customer in each day (customers × days), foreseen.

    Attributes:
        purchases: their number.
        orders: chance of any, so the number of orders, all of one day being one.
        kept: sum over purchases of the chance that all up to this one, counted from the first of
            them, have kept to the category of the one before.
    """

    purchases: Array
    orders: Array
    kept: Array


def foreseen(rules: Rules, people: People, rate: float, days: Days) -> Foreseen:
    """Return what is to be expected, given who is there when the first day begins."""
    p = rules.p
    start = days.start[0] if len(days.start) else 0.0
    stays = (people.leaves > start)[:, None]
    hazard = people.hazard[:, None]
    since = np.maximum(people.signed_up, start)[:, None]
    length = np.clip(days.end - np.maximum(days.start, since), 0, None)
    there = stays * np.exp(-hazard * np.maximum(days.start - since, 0))
    buying = rate * people.weight[:, None] * days.season  # purchases a day, while there
    # An order begins with rate (1 - joins) × that. Those who leave do so at an exponential time,
    # and what is first of two such times does not depend on when it comes.
    begins = (1 - p.joins) * buying
    purchases = there * buying * _mean_length(hazard, length)
    orders = there * begins * _mean_length(hazard + begins, length)
    # The mean of follow^N for N purchases: sizes of orders are geometric, so it is exp(-fading)
    # with this rate of fading, while they are there.
    fading = begins * (1 - p.follow) / (1 - p.joins * p.follow)
    faded = np.cumsum(fading * length, axis=1) - fading * length
    kept = (
        p.follow / (1 - p.follow)
        * there * np.exp(-faded) * fading * _mean_length(hazard + fading, length)
    )  # fmt: skip
    return Foreseen(purchases, orders, kept)


def looking_back(rules: Rules, people: People, rate: float, days: Days) -> Array:
    """Return the purchases to be expected in each day (customers × days), looking back."""
    start = np.maximum(days.start, people.signed_up[:, None])
    end = np.minimum(days.end, people.leaves[:, None])
    return np.asarray(rate * people.weight[:, None] * days.season * np.clip(end - start, 0, None))


def by_category(people: People, purchases: Array, kept: Array, previous: Array | None) -> Array:
    """Return expected purchases of each category (categories × customers × days).

    Args:
        people: the customers.
        purchases, kept: as in `Foreseen`.
        previous: code of the category of the last purchase of each before the days, -1 where
            there is none; None averages over what it may be.
    """
    preferences = people.preferences.T[:, :, None]
    if previous is None:
        return np.asarray(preferences * purchases)
    known = np.asarray(previous) >= 0
    kept = np.where(known[:, None], kept, 0.0)
    is_last = (np.asarray(previous) == np.arange(KINDS)[:, None])[:, :, None]
    return np.asarray(preferences * (purchases - kept) + is_last * kept)


def by_product(
    rules: Rules, catalogue: Catalogue, people: People, categories: Array, days: Days
) -> Array:
    """Return expected purchases of each product (customers × products) in all the days.

    A product's share of its category changes on the days on which another is launched.
    """
    counts = np.zeros((categories.shape[1], len(catalogue)))
    for kind, purchases in enumerate(categories):
        weights = weights_of(rules, catalogue, people, kind)
        on_sale = catalogue.on_sale(kind, days.day)
        total = np.cumsum(weights, axis=1)[:, on_sale - 1]
        # What is left of the category's purchases from each day on, by weight.
        left = np.cumsum((purchases / total)[:, ::-1], axis=1)[:, ::-1]
        left = np.concatenate([left, np.zeros((len(left), 1))], axis=1)
        ranks = catalogue.ranks[kind]
        first = np.searchsorted(days.day, catalogue.launched[ranks])
        counts[:, ranks] = weights * left[:, first]
    return counts


def prices(rules: Rules, catalogue: Catalogue, people: People, kind: int, days: Days) -> Array:
    """Return the price to be expected of a unit of a category (customers × days).

    The array has a single row where nobody has a taste of their own.
    """
    weights = weights_of(rules, catalogue, people, kind)
    worth = weights * catalogue.price[catalogue.ranks[kind]]
    last = catalogue.on_sale(kind, days.day) - 1
    return np.asarray(np.cumsum(worth, axis=1)[:, last] / np.cumsum(weights, axis=1)[:, last])


def shares(rules: Rules, catalogue: Catalogue, people: People, day: int) -> Array:
    """Return the share of each product in its category on a day (customers × products).

    The array has a single row where nobody has a taste of their own.
    """
    rows = len(people) if rules.p.taste > 0 else 1
    result = np.zeros((rows, len(catalogue)))
    for kind in range(KINDS):
        count = int(catalogue.on_sale(kind, day))
        weights = weights_of(rules, catalogue, people, kind)[:, :count]
        result[:, catalogue.ranks[kind][:count]] = weights / weights.sum(axis=1, keepdims=True)
    return result


def _mean_length(hazard: Array, length: Array) -> Array:
    """Return how much of a length passes on average before an event of this hazard, or its end."""
    risk = hazard * length
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(risk > 1e-12, -np.expm1(-risk) / risk, 1.0)
    return np.asarray(length * part)
