"""Events of `engagement`: each session with its time, adding up to the daily counts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import streams
from .markets import WORLD, market_days
from .parameters import Parameters
from .rules import Array, Rules
from .user_days import user_days_of
from .users import dates, people_of, whole_blocks

SECONDS = 86_400


def events_of(p: Parameters) -> pd.DataFrame:
    """Return the events of all users, as `events_between` does."""
    return events_between(p, 0, p.users)


def events_between(p: Parameters, start: int, stop: int) -> pd.DataFrame:
    """Return one row a session of users `start` to `stop - 1`, ordered by time, then user.

    `start` is the first user of a block.

    Columns: `user_id`, from 1; `event_time`; `first_seen`, the time of the user's first event;
    `feature_exposed`, 0 or 1.
    """
    rules, shocks = Rules(p), market_days(p)
    parts = [_block(rules, shocks, *block) for block in whole_blocks(start, stop)]
    user, second, exposed = (np.concatenate(column) for column in zip(*parts, strict=True))
    # Each user's events stand together, in the order of time.
    first = second[np.flatnonzero(np.diff(user, prepend=-1))]
    first_seen = np.repeat(first, np.unique(user, return_counts=True)[1])
    order = np.lexsort((user, second))
    midnight = np.datetime64(dates(p)[0], "us")
    return pd.DataFrame(
        {
            "user_id": user[order] + 1,
            "event_time": midnight + second[order].astype("timedelta64[s]"),
            "first_seen": midnight + first_seen[order].astype("timedelta64[s]"),
            "feature_exposed": exposed[order].astype(np.int8),
        }
    )


def _block(rules: Rules, shocks: Array, block: int, users: slice) -> tuple[Array, Array, Array]:
    """Return user, second since the first day began, and exposure of a block's sessions."""
    people = people_of(rules, block, users.stop - users.start)
    times = streams.generator(rules.p.seed, WORLD + "time", block)
    parts = []
    for days in user_days_of(rules, shocks, people, block):
        count = days.sessions.astype(np.int64)
        cell = np.repeat(np.arange(len(count)), count)
        second = np.floor(times.random(len(cell)) * SECONDS).astype(np.int64)
        second = second[np.lexsort((second, cell))]
        nth = np.arange(len(cell)) - np.repeat(np.cumsum(count) - count, count)
        parts.append(
            (
                users.start + days.user[cell],
                days.day[cell] * SECONDS + second,
                days.exposed[cell, nth],
            )
        )
    user, second, exposed = (np.concatenate(column) for column in zip(*parts, strict=True))
    return user, second, exposed
