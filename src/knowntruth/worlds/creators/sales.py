"""Sales of creators, month by month: how many, and at what price.

Each month has streams of its own. Luck is a factor with mean 1, on everybody's sales in a month
and on each creator's: what is to be expected is in the rules.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from .. import streams
from .people import WORLD, People, normal, uniform
from .rules import Array, Rules


def shocks_of(rules: Rules) -> Array:
    """Return the factor that luck puts on everybody's sales in each month, later ones included."""
    spread = rules.p.month_spread
    drawn = normal(rules, "month", rules.p.months + rules.p.ahead)
    return np.asarray(np.exp(spread * drawn - spread**2 / 2))


def transactions_of(rules: Rules, people: People) -> Array:
    """Return sales (creators × months on record and later) of the world's first creators."""
    shocks = shocks_of(rules)
    return np.stack(
        [
            _counts(rules, f"sales/{month}", means_of(rules, people, month) * shock)
            for month, shock in enumerate(shocks)
        ],
        axis=1,
    )


def added_by_giants(rules: Rules, plain: People, raised: People) -> Array:
    """Return the sales that giants make beyond those that they would make as plain creators."""
    shocks = shocks_of(rules)
    return np.stack(
        [
            _counts(
                rules,
                f"giants/{month}",
                (means_of(rules, raised, month) - means_of(rules, plain, month)) * shock,
            )
            for month, shock in enumerate(shocks)
        ],
        axis=1,
    )


def means_of(rules: Rules, people: People, month: int) -> Array:
    """Return the sales to be expected in a month, given who rests and each creator's luck.

    Nobody rests in the month in which they begin.
    """
    p, count = rules.p, len(people)
    here = (people.begins <= month) & (month <= people.last)
    works = (uniform(rules, f"rest/{month}", count) >= people.rest) | (people.begins == month)
    luck = np.exp(p.luck * normal(rules, f"luck/{month}", count) - p.luck**2 / 2)
    return np.asarray(here * works * luck * rules.volume_in(people, month))


def prices_of(rules: Rules, people: People) -> Array:
    """Return the price of a sale of each creator in each month on record and later."""
    return np.stack(
        [_prices(rules, people, month) for month in range(rules.p.months + rules.p.ahead)], axis=1
    )


def _prices(rules: Rules, people: People, month: int) -> Array:
    p, count = rules.p, len(people)
    log_price = people.log_price + p.price_luck * normal(rules, f"paid/{month}", count)
    lowest = math.log(p.lowest_price)
    is_trial = uniform(rules, f"trial/{month}", count) < p.trials
    log_price = np.where(is_trial, lowest, np.maximum(log_price, lowest))
    return np.asarray(np.exp(log_price))


def _counts(rules: Rules, name: str, means: Array) -> Array:
    def draw(rng: Generator, rows: slice) -> Array:
        return np.asarray(rng.poisson(means[rows]))

    return streams.column(rules.p.seed, WORLD + name, draw, stop=len(means))
