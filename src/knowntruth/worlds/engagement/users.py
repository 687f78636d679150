"""Users of `engagement`, drawn block by block: who they are and what they may use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .. import streams
from .markets import WORLD, ranks
from .parameters import Parameters
from .rules import Array, Rules

LAUNCH = pd.Timestamp("2025-03-03")
RECRUITED = 90  # days before the record over which those who are there at its start signed up


@dataclass(frozen=True)
class People:
    """Users of one block, most of it hidden from the analyst.

    Attributes:
        signup: day of sign-up, below zero before the record.
        burst: whether they came in the burst.
        activity: hidden activity, a standard normal number.
        active_chance: chance of each day since sign-up to be active.
        cohort: which wave gives them access, 0 for never.
        access_day: the day on which they get it; 0 for cohort 0.
        on_web: whether they are on the web, where the feature is not.
        takes_up: whether they use the feature once they have access.
        market: where they live.
    """

    signup: Array
    burst: Array
    activity: Array
    active_chance: Array
    cohort: Array
    access_day: Array
    on_web: Array
    takes_up: Array
    market: Array


def people_of(rules: Rules, block: int, count: int) -> People:
    """Return the first `count` users of a block."""
    p = rules.p

    def uniform(name: str) -> Array:
        return streams.generator(p.seed, WORLD + name, block).random(count)

    def normal(name: str) -> Array:
        return streams.generator(p.seed, WORLD + name, block).standard_normal(count)

    slot = np.searchsorted(np.cumsum(rules.arrivals)[:-1], uniform("signup"), side="right")
    burst = slot == p.days + 1
    signup = np.where(burst, rules.launch, slot - 1)
    recruited = -1 - np.floor(uniform("recruited") * RECRUITED).astype(np.int64)
    signup = np.where(slot == 0, recruited, signup)
    activity = normal("activity")
    wave = 1 + np.searchsorted(np.cumsum(rules.cohorts)[:-1], uniform("wave"), side="right")
    market = np.floor(uniform("market") * p.markets).astype(np.int64)
    if p.access == "by market":
        cohort = rules.cohort_of_rank[ranks(p)[market]]
        has_access = cohort > 0
    else:
        has_access = uniform("access") < rules.access_chance(activity)
        cohort = np.where(has_access, wave, 0)
    on_web = uniform("platform") < p.web_share
    return People(
        signup=signup,
        burst=burst,
        activity=activity,
        active_chance=rules.active_chance(activity, normal("habit"), burst),
        cohort=cohort,
        access_day=np.where(has_access, np.maximum(rules.wave_days[cohort], signup), 0),
        on_web=on_web,
        takes_up=has_access & (uniform("take_up") < p.take_up) & ~on_web,
        market=market,
    )


def whole_blocks(start: int, stop: int) -> Iterator[tuple[int, slice]]:
    """Return the blocks of users `start` to `stop - 1`.

    Raises:
        ValueError: when `start` is not the first user of a block.
    """
    if start % streams.BLOCK:
        raise ValueError(f"start must be a multiple of {streams.BLOCK}")
    return streams.blocks(start, stop)


def dates(p: Parameters) -> pd.DatetimeIndex:
    """Return the days on record."""
    first = LAUNCH - pd.Timedelta(days=p.days_before)
    return pd.date_range(first, periods=p.days, unit="us")
