"""Chances that a customer of world `retail` buys something at least once between two moments.

Purchases of a product are no Poisson numbers. They come in orders, whose sizes are geometric; a
purchase may keep to the category of the one before, so that categories come in runs; and a
customer may leave. Each makes it likelier that somebody buys a thing often, or never. This is
exact for these rules but for two things: a product's share of its category is its average over
the days, and customers leave at the times of a grid.

With A the chances of the category of a purchase, given that of the one before, and D, diagonal,
the chance of a purchase of each category to be none of what is asked for, N purchases leave it
out with chance s (AD)^N 1, where s says in what category the last one was. Its mean over N is the
same function of the eigenvalues of AD as that of one number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...worlds.retail.truth import Date, Truth

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]

STEPS = 12  # pieces of time at whose ends customers leave
CELLS = 1_000_000  # customers × products worked on at once
LEAST = 1e-9  # shares in a division are no smaller


@dataclass(frozen=True, eq=False)
class Window:
    """The time between two moments, foreseen at the first of them.

    Attributes:
        truth: of n customers and m products.
        start, end: the moments.
        previous: code of the category of each customer's last purchase before, -1 where there is
            none; None averages over what it may be.
    """

    truth: Truth
    start: Date
    end: Date
    previous: Codes | None = None

    @cached_property
    def counts(self) -> Array:
        """Purchases of each product to be expected, n × m."""
        found: Array = self.truth.expected_counts(self.start, self.end, self.previous)
        return found

    def each(self) -> Array:
        """Return the chance of each product to be bought, n × m."""
        found = np.zeros_like(self.counts)
        step = max(CELLS // max(found.shape[1], 1), 1)
        for first in range(0, len(found), step):
            rows = slice(first, first + step)
            found[rows] = 1 - self._none_of_one(rows)
        return found

    def any_of(self, products: Mask) -> Array:
        """Return the chance of each customer to buy one or more of these, given as n × m."""
        follow = self._follow
        of_these = self._by_category(np.where(products, self.counts, 0.0))
        spared = np.clip(1 - _ratio(of_these, self._of_category), LEAST, 1.0)
        # AD is symmetric in these units.
        unit = np.sqrt(np.maximum(self._likes, LEAST) * spared)
        symmetric = (1 - follow) * unit[:, :, None] * unit[:, None, :]
        symmetric += follow * spared[:, :, None] * np.eye(len(spared.T))
        values, vectors = np.linalg.eigh(symmetric)
        first = np.einsum("nc,ncv->nv", self._last / unit, vectors)
        last = np.einsum("nc,ncv->nv", unit, vectors)
        none = np.sum(first * self._mean_power(values, slice(None)) * last, axis=1)
        found: Array = np.clip(1 - none, 0.0, 1.0)
        return found

    def _none_of_one(self, rows: slice) -> Array:
        """Return the chance of each product not to be bought; all other categories are one."""
        follow, kind = self._follow, self.truth.catalogue.category
        share = _ratio(self.counts[rows], self._of_category[rows][:, kind])
        likes = self._likes[rows][:, kind]
        stays = follow + (1 - follow) * likes  # in the category
        hit_at_once = share * (follow * self._last[rows][:, kind] + (1 - follow) * likes)
        trace, determinant = 1 + follow - share * stays, follow * (1 - share)
        root = np.sqrt(np.maximum(trace**2 - 4 * determinant, 0.0))
        high, low = (trace + root) / 2, (trace - root) / 2
        of_high, of_low = self._mean_power(high, rows), self._mean_power(low, rows)
        # Any function of a matrix of two states is a line in it (Cayley and Hamilton).
        slope = (of_high - of_low) / np.maximum(root, LEAST)
        none: Array = of_high + slope * (1 - hit_at_once - high)
        return np.clip(none, 0.0, 1.0)

    def _mean_power(self, values: Array, rows: slice) -> Array:
        """Return the mean of x^N for each value x of some customers, N their purchases."""
        joins = self.truth.rules.p.joins
        risk = (1 - values) / (1 - joins * values)  # of an order
        found = np.zeros_like(values)
        for weight, orders in zip(*self._stays, strict=True):
            found += weight[rows, None] * np.exp(-orders[rows, None] * risk)
        return found

    @cached_property
    def _stays(self) -> tuple[Array, Array]:
        """Chances to stay until each time of the grid, and orders to be expected until then.

        Of those who stay; whoever has left before has no counts to share out.
        """
        truth, rules, people = self.truth, self.truth.rules, self.truth.people
        start, end = rules.time_of(self.start), rules.time_of(self.end)
        times = np.linspace(start, end, STEPS + 1)[:, None]
        since = np.maximum(people.signed_up, start)
        stays = np.exp(-people.hazard * np.maximum(times - since, 0.0))
        # Who leaves within a piece of time leaves at its beginning or its end.
        leaves = -np.diff(stays, axis=0) / 2
        chance = np.concatenate([leaves, stays[-1:]])
        chance[1:] += leaves
        passed = rules.weighed(np.maximum(times, since)) - rules.weighed(since)
        orders = (1 - rules.p.joins) * truth.rate * people.weight * passed
        return chance, orders

    @cached_property
    def _of_category(self) -> Array:
        return self._by_category(self.counts)

    def _by_category(self, counts: Array) -> Array:
        kinds = np.eye(len(self.truth.categories))[self.truth.catalogue.category]
        return np.asarray(counts @ kinds)

    @property
    def _follow(self) -> float:
        return self.truth.rules.p.follow

    @property
    def _likes(self) -> Array:
        return self.truth.people.preferences

    @cached_property
    def _last(self) -> Array:
        """Chance of each category to be that of the last purchase before, n × categories.

        Where that is not known, or there is none, the next purchase has it by preference, as it
        has after a category by preference.
        """
        if self.previous is None:
            return self._likes
        known = np.asarray(self.previous)[:, None]
        kinds = np.arange(self._likes.shape[1])
        return np.where(known < 0, self._likes, (known == kinds).astype(float))


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
