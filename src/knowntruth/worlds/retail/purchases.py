"""Purchases of a block of customers: when, of which product, how many units, for how much."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from .catalogue import KINDS, Catalogue
from .people import People, weights_of
from .plan import Plan
from .rules import SECONDS, Array, Rules

TASTES_AT_ONCE = 4_000_000  # weights of customers' own that are held in memory


@dataclass(frozen=True)
class Purchases:
    """Purchases, each customer's together and in the order in which they were made.

    Attributes:
        customer: number of the customer, from 0 for the first of the block.
        category, product: codes.
        second: seconds since the first midnight on record.
        quantity: units.
        amount: money.
    """

    customer: Array
    category: Array
    product: Array
    second: Array
    quantity: Array
    amount: Array

    def take(self, rows: Array) -> Purchases:
        """Return some of them."""
        return Purchases(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def recorded(
    rules: Rules, catalogue: Catalogue, people: People, plan: Plan, block: int
) -> Purchases:
    """Return the purchases of a block's customers on record."""
    orders, purchases = int(plan.orders[block]), int(plan.purchases[block])
    exposure = people.exposure(rules, 0, rules.p.days)
    counts = rules.generator("orders", block).multinomial(orders, exposure / exposure.sum())
    begins = np.zeros(purchases, dtype=bool)
    if orders:
        begins[0] = True
        chosen = rules.generator("joins", block).permutation(purchases - 1)[: orders - 1]
        begins[1 + chosen] = True
    sizes = np.diff(np.flatnonzero(begins), append=purchases)
    previous = np.full(len(people), -1)
    return _drawn(rules, catalogue, people, block, "", (0, rules.p.days), counts, sizes, previous)


def drawn_on(
    rules: Rules, catalogue: Catalogue, people: People, plan: Plan, block: int, record: Purchases
) -> Purchases:
    """Return the purchases of a block's customers after the record, given those on record."""
    p = rules.p
    end = p.days + p.ahead
    exposure = people.exposure(rules, p.days, end)
    counts = rules.generator("later/orders", block).poisson(plan.rate * (1 - p.joins) * exposure)
    sizes = rules.generator("later/joins", block).geometric(1 - p.joins, counts.sum())
    previous = last_categories(record.customer, record.category, len(people))
    return _drawn(rules, catalogue, people, block, "later/", (p.days, end), counts, sizes, previous)


def last_categories(customer: Array, category: Array, customers: int) -> Array:
    """Return the category of the last purchase of each customer, -1 where there is none.

    Purchases of a customer stand in the order in which they were made.
    """
    last = np.full(customers, -1)
    last[customer] = category  # the last assignment to a customer stays
    return last


def _drawn(
    rules: Rules,
    catalogue: Catalogue,
    people: People,
    block: int,
    part: str,
    window: tuple[int, int],
    counts: Array,
    sizes: Array,
    previous: Array,
) -> Purchases:
    """Return purchases of customers with so many orders each, of such sizes, in a window."""
    p = rules.p
    buyer = np.repeat(np.arange(len(people)), counts)
    # Sorts the moments of each customer without mixing customers.
    moment = np.sort(buyer + rules.generator(f"{part}time", block).random(len(buyer))) - buyer
    first, last = people.window(rules, *window)
    time = rules.time_at(first[buyer] + moment * (last - first)[buyer])
    customer = np.repeat(buyer, sizes)
    second = np.repeat(np.floor(time * SECONDS).astype(np.int64), sizes)
    category = _categories(rules, people, block, part, customer, previous)
    choice = rules.generator(f"{part}product", block).random(len(customer))
    product = _products(rules, catalogue, people, customer, category, second // SECONDS, choice)
    extra = np.array(p.extra_units)[people.power[customer]]
    quantity = 1 + rules.generator(f"{part}quantity", block).poisson(extra)
    factor = rules.generator(f"{part}amount", block).uniform(
        1 - p.variability, 1 + p.variability, len(customer)
    )
    amount = np.round(catalogue.price[product] * quantity * factor, 2)
    return Purchases(customer, category, product, second, quantity, amount)


def _categories(
    rules: Rules, people: People, block: int, part: str, customer: Array, previous: Array
) -> Array:
    """Return the category of each purchase: by preference, or that of the purchase before."""
    count = len(customer)
    edges = np.cumsum(people.preferences, axis=1)[:, :-1]
    draws = rules.generator(f"{part}category", block).random(count)
    category = np.zeros(count, dtype=np.int64)
    for kind in range(KINDS - 1):
        category += draws >= edges[customer, kind]
    follows = rules.generator(f"{part}follow", block).random(count) < rules.p.follow
    is_first = np.diff(customer, prepend=-1) != 0
    resumes = is_first & follows & (previous[customer] >= 0)
    category[resumes] = previous[customer[resumes]]
    own = np.where(follows & ~is_first, 0, np.arange(count))
    return np.asarray(category[np.maximum.accumulate(own)])


def _products(
    rules: Rules,
    catalogue: Catalogue,
    people: People,
    customer: Array,
    category: Array,
    day: Array,
    choice: Array,
) -> Array:
    """Return the product of each purchase, by weight among those of the category on sale."""
    product = np.empty(len(customer), dtype=np.int64)
    for kind in range(KINDS):
        rows = np.flatnonzero(category == kind)
        count = catalogue.on_sale(kind, day[rows])
        if rules.p.taste == 0:
            total = np.cumsum(weights_of(rules, catalogue, people, kind)[0])
            rank = np.searchsorted(total, choice[rows] * total[count - 1], side="right")
        else:
            rank = _by_taste(rules, catalogue, people, kind, customer[rows], count, choice[rows])
        product[rows] = catalogue.ranks[kind][np.minimum(rank, count - 1)]
    return product


def _by_taste(
    rules: Rules,
    catalogue: Catalogue,
    people: People,
    kind: int,
    customer: Array,
    count: Array,
    choice: Array,
) -> Array:
    """Return the ranks that customers, in ascending order, choose by weights of their own."""
    width = len(catalogue.ranks[kind])
    step = max(TASTES_AT_ONCE // width, 1)
    ranks = np.empty(len(customer), dtype=np.int64)
    for start in range(0, len(people), step):
        rows = slice(*np.searchsorted(customer, [start, start + step]))
        own = people.take(slice(start, start + step))
        total = np.cumsum(weights_of(rules, catalogue, own, kind), axis=1)
        who = customer[rows] - start
        wanted = choice[rows] * total[who, count[rows] - 1]
        # Each customer's sums fill an interval of their own, so that one search serves all.
        edges = (total / total[:, -1:] + np.arange(len(own))[:, None]).ravel()
        found = np.searchsorted(edges, who + wanted / total[who, -1], side="right")
        ranks[rows] = found - who * width
    return ranks


def joined(parts: list[Purchases], firsts: list[int]) -> Purchases:
    """Return the purchases of several blocks, customers numbered from the first of each block."""
    columns = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(Purchases)
    }
    shift = np.repeat(firsts, [len(part.customer) for part in parts])
    return Purchases(**columns | {"customer": columns["customer"] + shift})
