"""Daily counts of `engagement`, exact for any number of users, in little memory.

A user lives in one block, so a day's active users and sessions are sums over blocks. The events
of the same users add up to the same counts; nothing of an event but its count is drawn here.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pandas as pd

from .markets import market_days
from .parameters import MOST_SESSIONS, Parameters
from .rules import Array, Rules
from .user_days import UserDays, user_days_of
from .users import dates, people_of, whole_blocks

COUNTS = (
    "active_users",
    "sessions",
    "sessions_squared",
    "exposed_users",
    "exposed_sessions",
    "unexposed_users",
)


def daily_of(p: Parameters, *, threads: int = 1) -> pd.DataFrame:
    """Return one row a day and cohort, as `daily_between` does, for all users."""
    return daily_between(p, 0, p.users, threads=threads)


def daily_between(p: Parameters, start: int, stop: int, *, threads: int = 1) -> pd.DataFrame:
    """Return the counts of users `start` to `stop - 1`: one row a day and cohort.

    Counts of ranges add up to the counts of the whole. `start` is the first user of a block.

    Columns: `date`; `day`, counted from the first on record; `cohort`, 0 for users who never get
    access; `signed_up`, users by the end of the day; `active_users`, with a session that day;
    `sessions`; `sessions_squared`, the sum of squares of users' sessions; `exposed_users`, with
    an exposed session; `exposed_sessions`; `unexposed_users`, with one that is not exposed.
    """
    rules, shocks = Rules(p), market_days(p)
    one = partial(_block, rules, shocks)
    groups = len(rules.wave_days)
    total = np.zeros((1 + len(COUNTS), p.days * groups), dtype=np.int64)
    with ThreadPoolExecutor(threads) as pool:
        for part in pool.map(one, whole_blocks(start, stop)):
            total += part
    day, cohort = np.divmod(np.arange(p.days * groups), groups)
    counts = dict(zip(("signed_up", *COUNTS), total, strict=True))
    return pd.DataFrame({"date": dates(p)[day], "day": day, "cohort": cohort, **counts})


def esau(daily: pd.DataFrame, *, of: str = "all") -> pd.Series:
    """Return sessions per active user by day: of all, "exposed" or "unexposed" sessions.

    The exposed and the unexposed count a user who has both among the active of both, as the
    original does. Days without such sessions are left out.
    """
    days = daily.groupby("date")[list(COUNTS)].sum()
    exposed = days["exposed_sessions"]
    sessions, users = {
        "all": (days["sessions"], days["active_users"]),
        "exposed": (exposed, days["exposed_users"]),
        "unexposed": (days["sessions"] - exposed, days["unexposed_users"]),
    }[of]
    return (sessions / users)[users > 0].rename("esau")


def _block(rules: Rules, shocks: Array, block: tuple[int, slice]) -> Array:
    number, users = block
    people = people_of(rules, number, users.stop - users.start)
    groups = len(rules.wave_days)
    cells = rules.p.days * groups
    total = np.zeros((1 + len(COUNTS), cells), dtype=np.int64)
    cohort = people.cohort.astype(np.int64)
    joined = np.bincount(np.maximum(people.signup, 0) * groups + cohort, minlength=cells)
    total[0] = np.cumsum(joined.reshape(-1, groups), axis=0).ravel()
    for part in user_days_of(rules, shocks, people, number):
        total[1:] += _counts(part, part.day * groups + cohort[part.user], cells)
    return total


def _counts(days: UserDays, cell: Array, cells: int) -> Array:
    """Return the counts of some active days by cell."""
    # Few sessions are possible: one count by cell and sessions gives all of their sums.
    kinds = MOST_SESSIONS + 1
    by_sessions = np.bincount(cell * kinds + days.sessions, minlength=cells * kinds)
    by_sessions = by_sessions.reshape(-1, kinds)
    active = by_sessions.sum(axis=1)
    exposed = days.exposed.view(np.int8) @ np.ones(MOST_SESSIONS, dtype=np.int8)
    some = np.flatnonzero(exposed)
    where, exposed = cell[some], exposed[some]
    only = where[exposed == days.sessions[some]]
    return np.stack(
        [
            active,
            by_sessions @ np.arange(kinds),
            by_sessions @ np.arange(kinds) ** 2,
            np.bincount(where, minlength=cells),
            np.bincount(where, exposed, minlength=cells).astype(np.int64),
            active - np.bincount(only, minlength=cells),
        ]
    )
