"""Rules of `retail`: what follows from the parameters before anything is drawn.

*Time* is days since the first midnight on record, with a fraction; *day* is a whole number of
them. A day's *season* is a factor on everybody's purchases, 1 on average over a year.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import expit, logit

from .. import streams
from .parameters import CATEGORIES, Parameters

Array = NDArray[Any]

WORLD = "retail/"
BLOCK = 8_192  # customers whose purchases are drawn together
YEAR = 365.25
SECONDS = 86_400
PEAK = np.datetime64("2000-12-01", "D")  # a day on which most is bought
NAMES = tuple(CATEGORIES)


class Rules:
    """What follows from the parameters.

    Attributes:
        first: the first midnight on record.
        season: factor of each day on record and later.
        passed: days since the first midnight, weighed by season, at each midnight.
        quantity: units to be expected in a purchase, by spending power.
    """

    def __init__(self, p: Parameters) -> None:
        self.p = p
        self.first = np.datetime64(p.first_day, "us")
        days = self.first.astype("datetime64[D]") + np.arange(p.days + p.ahead)
        since_peak = (days - PEAK).astype(np.int64)
        self.season = 1 + p.season * np.cos(2 * np.pi * since_peak / YEAR)
        self.passed = np.concatenate([[0.0], np.cumsum(self.season)])
        self.quantity = 1 + np.array(p.extra_units)

    @property
    def blocks(self) -> int:
        """How many blocks of customers there are."""
        return -(-self.p.customers // BLOCK)

    def customers_in(self, block: int) -> slice:
        """Return the customers of a block, counted from 0."""
        return slice(block * BLOCK, min((block + 1) * BLOCK, self.p.customers))

    def generator(self, column: str, block: int = 0) -> Generator:
        """Return the generator of one block of one column."""
        return streams.generator(self.p.seed, WORLD + column, block)

    def weighed(self, time: Array | float) -> Array:
        """Return the days that have passed at some time of record or later, by season."""
        return np.asarray(np.interp(time, np.arange(len(self.passed)), self.passed))

    def time_at(self, weighed: Array) -> Array:
        """Return the time at which so many days, by season, have passed."""
        return np.asarray(np.interp(weighed, self.passed, np.arange(len(self.passed))))

    def hazard(self, habit: Array) -> tuple[Array, Array]:
        """Return the chance to leave within a year, and the rate of leaving a day."""
        p = self.p
        if p.leaving == 0:
            return np.zeros(len(habit)), np.zeros(len(habit))
        log_odds = logit(p.leaving) + p.leaving_spread * habit
        # log(1 - chance) from the log odds, exact where the chance is near 1.
        return np.asarray(expit(log_odds)), np.asarray(np.logaddexp(0, log_odds) / YEAR)

    def dates(self, time: Array) -> Array:
        """Return the moments at some times, to the second."""
        seconds = np.floor(np.asarray(time, dtype=float) * SECONDS)
        moments: Array = self.first + seconds.astype(np.int64).astype("timedelta64[s]")
        return moments

    def time_of(self, date: object) -> float:
        """Return the time of a moment."""
        since = np.datetime64(date, "us") - self.first  # type: ignore[call-overload]
        return float(since / np.timedelta64(1, "D"))
