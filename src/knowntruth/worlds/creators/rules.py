"""Rules of `creators`: the chance of everything, as functions of who somebody is.

*Size*, *price* and *growth* are hidden numbers of a creator with mean 0 and standard deviation 1
over all who begin, whatever the types. *Age* is months since a creator began, 0 in that month.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr

from .parameters import Parameters

if TYPE_CHECKING:
    from .people import People

Array = NDArray[Any]

AXES = ("size", "price", "growth")
MOST = 1e7  # sales that are to be expected of a creator in a month, at most
MOST_PRICE = 1e9  # of a creator's middling prices
LEAST_LINK = -0.3  # that price may have with size within a type, against that of types' centres


class Rules:
    """What follows from the parameters before anything is drawn.

    Attributes:
        shares: share of each type in those who begin.
        centres: centres of types (types × axes), in standard deviations of all who begin.
        within: standard deviation within a type, in the same unit.
        link: correlation of price with size within a type.
        arrivals: share of creators who begin in each month on record.
        factors: factor on everybody's sales in each month on record and later.
    """

    def __init__(self, p: Parameters) -> None:
        self.p = p
        weights = np.array(p.type_shares or [1 / (number + 1) for number in range(p.types)])
        self.shares = weights / weights.sum()
        distinct = p.distinctness if p.types > 1 else 0.0
        self.within = 1 / math.sqrt(1 + distinct**2)
        sizes, growths = (_standard(_order(p.types, base), self.shares) for base in (0, 2))
        sign = math.copysign(1.0, p.price_by_size)
        self.centres = distinct * self.within * np.stack([sizes, sign * sizes, growths], axis=1)
        # Centres of types lie on a line in size and price: what they do not do, types do within.
        between = 1 - self.within**2
        wanted = (abs(p.price_by_size) - between) / self.within**2
        self.link = sign * min(max(wanted, LEAST_LINK), 1.0)
        mean = sum(p.arrivals) / len(p.arrivals)
        arrivals = _lengthened(p.arrivals, p.months, mean)
        self.arrivals = arrivals / arrivals.sum()
        self.factors = _lengthened(p.month_factors, p.months + p.ahead, p.month_factors[-1])

    def log_volume(self, size: Array) -> Array:
        """Return the logarithm of sales in a first month without rest."""
        p = self.p
        return np.asarray(math.log(p.volume) + p.volume_spread * bent(size, p.volume_tail))

    def log_price(self, price: Array) -> Array:
        """Return the logarithm of a creator's middling price."""
        p = self.p
        log_price = math.log(p.price) + p.price_spread * bent(price, p.price_tail)
        return np.asarray(np.minimum(log_price, math.log(MOST_PRICE)))

    def rate(self, growth: Array) -> Array:
        """Return by how much the logarithm of sales grows in the first month."""
        return np.asarray(self.p.growth + self.p.growth_spread * growth)

    def volume_in(self, people: People, month: int) -> Array:
        """Return the sales to be expected in a month of those who are there and do not rest."""
        months = self.p.growth_months
        age = np.maximum(month - people.begins, 0)
        grown = people.rate * months * -np.expm1(-age / months)
        volume = np.exp(np.minimum(people.log_volume + grown, math.log(MOST)))
        return np.asarray(self.factors[month] * volume)

    def rest(self, size: Array, rhythm: Array) -> Array:
        """Return the chance to rest in a month."""
        p = self.p
        return _shifted(p.rest, p.rest_by_size * size + p.rest_spread * rhythm)

    def leaving(self, size: Array, habit: Array) -> Array:
        """Return the chance to leave after a month."""
        p = self.p
        return _shifted(p.leaving, p.leaving_by_size * size + p.leaving_spread * habit)

    def mean_price(self, log_price: Array) -> Array:
        """Return the price to be expected in a month: a lognormal one, or the lowest."""
        p = self.p
        above = np.asarray(log_price) - math.log(p.lowest_price)
        if p.price_luck == 0:
            times = np.exp(np.maximum(above, 0))
        else:
            at_lowest = ndtr(-above / p.price_luck)
            more = np.exp(above + p.price_luck**2 / 2) * ndtr(above / p.price_luck + p.price_luck)
            times = at_lowest + more
        return np.asarray(p.lowest_price * (p.trials + (1 - p.trials) * times))


def bent(normal: Array, tail: float) -> Array:
    """Return numbers whose upper tail is longer than that of `normal`, median 0 as before.

    They are (exp(tail·z) − 1) / tail over what makes their standard deviation 1 for a standard
    normal z: a shifted lognormal distribution, a normal one where `tail` is 0. Below 0 the lower
    tail is the longer one.
    """
    if tail == 0:
        return np.asarray(normal)
    scale = math.copysign(math.sqrt(math.expm1(tail**2)) * math.exp(tail**2 / 2), tail)
    return np.asarray(np.expm1(tail * np.asarray(normal)) / scale)


def _shifted(chance: float, log_odds: Array) -> Array:
    """Return a chance whose log odds are moved; none stays none."""
    return np.asarray(expit(logit(chance) + log_odds)) if chance > 0 else np.zeros(len(log_odds))


def _order(types: int, base: int) -> Array:
    """Return the rank of each type along an axis.

    By van der Corput's sequence in a base, so that types which are neighbours along one axis
    are apart along another; base 0 is the order of types itself.
    """
    if base == 0:
        return np.arange(types)
    values = []
    for number in range(types):
        value, unit, left = 0.0, 1.0, number
        while left:
            unit /= base
            left, digit = divmod(left, base)
            value += digit * unit
        values.append(value)
    return np.argsort(np.argsort(values))


def _standard(ranks: Array, shares: Array) -> Array:
    """Return ranks moved and stretched to mean 0 and standard deviation 1 over all who begin."""
    if len(ranks) == 1:
        return np.zeros(1)
    moved = ranks - ranks @ shares
    return np.asarray(moved / math.sqrt(moved**2 @ shares))


def _lengthened(numbers: list[float], length: int, filler: float) -> Array:
    return np.array((list(numbers) + [filler] * length)[:length], dtype=float)
