"""Events of `musicstream`: the log of which the users table is the aggregation.

Counts are drawn first, with the users; here each count becomes that many events with times,
so that adding the log up again gives the users table exactly.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import streams
from .parameters import Parameters
from .truth import END
from .users import WORLD

SHORT_SECONDS = 40  # a play shorter than this counts as short
LONGEST_SECONDS = 400
SHORTEST_SECONDS = 5
KINDS = ("play", "playlist_add", "share", "paywall", "upgrade")
DAY = 86_400


def events_of(p: Parameters, users: pd.DataFrame, logged: streams.Values) -> pd.DataFrame:
    """Return the events of the `logged` users, ordered by time, then user.

    Columns: `user_id`; `time`; `kind`, one of `KINDS`; `seconds` heard, 0 unless a play.
    """
    # Seconds before the end of the test.
    joined = -users["follow_up"].to_numpy() * DAY
    active = users["days_observed"].to_numpy() * DAY
    upgraded = streams.uniform(p.seed, WORLD + "upgrade_time", stop=len(users))
    converted = users["converted"].to_numpy() == 1
    # Nobody is offered an upgrade after taking it.
    offered_until = np.where(converted, upgraded, 1.0)
    counts = {
        "play": users["songs_played"].to_numpy(),
        "playlist_add": users["playlist_adds"].to_numpy(),
        "share": users["shares"].to_numpy(),
        "paywall": users["paywall_views"].to_numpy(),
        "upgrade": users["converted"].to_numpy(),
    }
    parts = []
    for code, kind in enumerate(KINDS):
        count = counts[kind]
        owner = np.repeat(np.arange(len(users)), count)
        if kind == "upgrade":
            moment = upgraded[owner]
        else:
            moment = _spread(p.seed, f"{kind}_time", count)
            if kind == "paywall":
                moment *= offered_until[owner]
        second = joined[owner] + np.floor(moment * active[owner]).astype(np.int64)
        seconds = np.zeros(len(owner), dtype=np.int16)
        if kind == "play":
            seconds = _seconds(p.seed, count, users["short_plays"].to_numpy(), owner)
        keep = logged[owner]
        parts.append((owner[keep], second[keep], np.full(keep.sum(), code, np.int8), seconds[keep]))
    owner, second, kinds, seconds = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((kinds, owner, second))
    return pd.DataFrame(
        {
            "user_id": users["user_id"].to_numpy()[owner[order]],
            "time": END + second[order].astype("timedelta64[s]"),
            "kind": pd.Categorical.from_codes(kinds[order], pd.Index(KINDS)),
            "seconds": seconds[order],
        }
    )


def _spread(seed: int, name: str, count: streams.Values) -> streams.Values:
    """Return one uniform moment an event, in the order of users."""
    return streams.column(
        seed, WORLD + name, lambda rng, users: rng.random(int(count[users].sum())), stop=len(count)
    )


def _seconds(
    seed: int, plays: streams.Values, short: streams.Values, owner: streams.Values
) -> streams.Values:
    """Return the seconds of each play; each user's first `short` plays are the short ones."""
    starts = np.cumsum(plays) - plays
    is_short = np.arange(len(owner)) - starts[owner] < short[owner]
    draws = _spread(seed, "seconds", plays)
    low = np.where(is_short, SHORTEST_SECONDS, SHORT_SECONDS)
    high = np.where(is_short, SHORT_SECONDS, LONGEST_SECONDS)
    seconds: streams.Values = np.floor(low + draws * (high - low)).astype(np.int16)
    return seconds
