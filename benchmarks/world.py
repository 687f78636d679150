"""World musicstream: a loop over users like a first draft's, against the package.

Both make the users table; with the events, both make one row an event. The loop draws the
same quantities from the same distributions, one user at a time. Times are the best of three.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from knowntruth.worlds.musicstream.parameters import Parameters
from knowntruth.worlds.musicstream.world import simulate

USERS = 40_000
REPEATS = 3


def loop_of_users(users: int, *, events: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return users and events drawn one user at a time."""
    rng = np.random.default_rng(42)
    machines = set(rng.choice(users, 50, replace=False).tolist())
    people: list[dict[str, Any]] = []
    log: list[tuple[int, float, str, int]] = []
    for user in range(users):
        treated = rng.random() < 0.1
        country = rng.choice(["US", "UK", "DE", "IN"], p=[0.4, 0.2, 0.2, 0.2])
        device = rng.choice(["iOS", "Android"])
        age = rng.choice(["18-24", "25-34", "35-44", "45+"], p=[0.35, 0.35, 0.2, 0.1])
        taste = rng.gamma(1.2, 1.0)
        songs = int((11.5 if treated else 10.0) * (taste + rng.gamma(0.8, 1.0)))
        before = int(10.0 * (taste + rng.gamma(0.8, 1.0)))
        chance = (0.05 + 0.002 * songs) * (1.2 if country == "US" else 1.0)
        converted = rng.random() < min(chance, 1.0)
        follow_up = int(rng.integers(1, 60))
        hazard = 0.012 * (0.4 if converted else 1.0) * (0.8 if treated else 1.0)
        left = rng.exponential(1 / hazard)
        if user in machines:
            songs = int(rng.integers(1000, 5000))
        short = songs if user in machines else int(rng.binomial(songs, 0.03))
        adds, shares = int(rng.binomial(songs, 0.06)), int(rng.binomial(songs, 0.02))
        offers = int(rng.poisson(0.05 * songs))
        people.append(
            {
                "user_id": user, "arm": "treatment" if treated else "control",
                "country": country, "device": device, "age_group": age,
                "songs_before": before, "songs_played": songs, "short_plays": short,
                "playlist_adds": adds, "shares": shares, "paywall_views": offers,
                "converted": int(converted), "days_observed": min(follow_up, int(left) + 1),
                "churned": int(left < follow_up),
            }
        )  # fmt: skip
        if events:
            kinds = {"play": songs, "playlist_add": adds, "share": shares, "paywall": offers}
            for kind, count in (kinds | {"upgrade": int(converted)}).items():
                for i in range(count):
                    seconds = int(rng.integers(5, 40) if i < short else rng.integers(40, 400))
                    log.append((user, rng.random() * follow_up, kind, seconds))
    table = pd.DataFrame(log, columns=["user_id", "time", "kind", "seconds"])
    return pd.DataFrame(people), table.sort_values("time", ignore_index=True)


def best(work: Callable[[], object], *, repeats: int) -> float:
    """Return the shortest time in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> pd.DataFrame:
    """Return both times and their ratio, without and with the event log."""
    rows = []
    for events in (False, True):
        p = Parameters(users=USERS, event_log=events)
        loop = best(lambda e=events: loop_of_users(USERS, events=e), repeats=1)
        ours = best(lambda p=p: simulate(p), repeats=REPEATS)
        rows.append(
            {
                "table": "users and events" if events else "users",
                "loop (s)": round(loop, 2),
                "knowntruth (s)": round(ours, 3),
                "ratio": round(loop / ours, 1),
            }
        )
    return pd.DataFrame(rows)
