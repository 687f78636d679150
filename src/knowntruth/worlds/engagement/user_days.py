"""Active days of users: on which days each is active, with how many sessions, how exposed.

A block's days are drawn user by user in its own streams, a batch of users at a time, so that
memory stays small. Sessions come from one uniform number each, by quantile: the same number
gives the sessions that there would have been without the feature.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .. import streams
from .markets import WORLD
from .parameters import MOST_SESSIONS
from .rules import Array, Rules, further_sessions
from .users import People

BATCH = 2_048  # users drawn at a time; changes no number


@dataclass(frozen=True)
class UserDays:
    """Active days, in the order of users and, for each, of days.

    Attributes:
        user: position in the block.
        day: the day.
        sessions: how many, one to four.
        exposed: for each of four possible sessions whether it is an exposed one, a row a day.
        length: expected further sessions.
        length_without: the same without the feature.
        quantile: the uniform number from which sessions follow.
    """

    user: Array
    day: Array
    sessions: Array
    exposed: Array
    length: Array
    length_without: Array
    quantile: Array

    @property
    def effect(self) -> Array:
        """Sessions that are to be expected because of the feature."""
        return np.asarray(self.length - self.length_without)

    @property
    def sessions_without(self) -> Array:
        """Sessions that there would have been without the feature."""
        return _sessions(self.length_without, self.quantile)


def user_days_of(rules: Rules, shocks: Array, people: People, block: int) -> Iterator[UserDays]:
    """Yield the active days of a block's users, a batch of users at a time.

    `shocks` is what each day adds in each market, from `markets.market_days`.
    """
    p = rules.p
    active, sessions, exposure = (
        streams.generator(p.seed, WORLD + name, block)
        for name in ("active", "sessions", "exposure")
    )
    by_day, by_activity = rules.by_day() + shocks[:, None], rules.by_activity()
    length = rules.length(people.activity, people.burst)
    first = rules.exposure(people.activity)
    days = np.arange(p.days)
    for start in range(0, len(people.signup), BATCH):
        rows = slice(start, start + BATCH)
        chance = people.active_chance[rows, None].astype(np.float32)
        drawn = active.random((len(chance), p.days), dtype=np.float32)
        is_active = (drawn < chance) & (days >= people.signup[rows, None])
        user, day = np.nonzero(is_active)
        user += start
        cohort = people.cohort[user]
        since = day - people.access_day[user]
        uses = people.takes_up[user]
        bare = length[user] + by_day[people.market[user], (cohort > 0).astype(np.int64), day]
        bare += people.activity[user] * by_activity[day]
        whole = bare + np.where(uses, rules.effects[cohort, since + p.days], 0.0)
        whole, bare = np.clip(whole, 0, MOST_SESSIONS - 1), np.clip(bare, 0, MOST_SESSIONS - 1)
        quantile = sessions.random(len(user), dtype=np.float32)
        count = _sessions(whole, quantile)
        exposed = np.zeros((len(user), MOST_SESSIONS), dtype=bool)
        # Drawn for every day from launch on, used or not: then other designs draw the same.
        after = np.flatnonzero(day >= rules.launch)
        luck = exposure.random((len(after), MOST_SESSIONS), dtype=np.float32)
        can = uses[after] & (since[after] >= 0)
        after, luck = after[can], luck[can]
        exposed[after, 0] = luck[:, 0] < first[user[after]]
        exposed[after, 1:] = (luck[:, 1:] < p.exposure_later) & (
            np.arange(1, MOST_SESSIONS) < count[after, None]
        )
        yield UserDays(user, day, count, exposed, whole, bare, quantile)


def _sessions(length: Array, quantile: Array) -> Array:
    none, one, two = further_sessions(length)
    count = 1 + (quantile >= none).astype(np.int8) + (quantile >= one) + (quantile >= two)
    return np.asarray(count, dtype=np.int8)
