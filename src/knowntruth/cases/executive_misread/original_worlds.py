"""The original's steps over many worlds, from their daily counts, without their events.

From here the bands of `original.toml` are.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ...worlds.engagement.daily import COUNTS, daily_of
from ...worlds.engagement.parameters import Parameters
from ...worlds.engagement.users import LAUNCH
from .original import KEYS, Replay, take_steps
from .original_figures import entries, numbers

MIDDLE = 0.99  # share of the worlds that a band holds


def replay_counts(daily: pd.DataFrame, launch: pd.Timestamp) -> Replay:
    """Return what `original.replay` would, from a world's daily counts.

    `daily` is as in `worlds.engagement.daily`: any number of rows a day, whose counts add up.
    """
    days = daily.groupby("date")[list(COUNTS)].sum()
    counts = pd.DataFrame(
        {
            "sessions": [*(days["sessions"] - days["exposed_sessions"]), *days["exposed_sessions"]],
            "active_users": [*days["unexposed_users"], *days["exposed_users"]],
            "date": [*days.index] * 2,
            "treated": np.repeat([0, 1], len(days)),
        }
    )
    counts["post"] = (counts["date"] >= launch).astype(int)
    counts = counts[counts["active_users"] > 0].sort_values(KEYS, ignore_index=True)
    groups = counts[[*KEYS, "sessions", "active_users"]].assign(
        esau=counts["sessions"] / counts["active_users"]
    )
    by_group = {group: rows.set_index("date")["esau"] for group, rows in groups.groupby("treated")}
    nothing = pd.Series(dtype=float, index=days.index[:0], name="esau")
    everyone = (days["sessions"] / days["active_users"])[days["active_users"] > 0]
    return take_steps(
        launch,
        everyone=everyone.rename("esau"),
        exposed=by_group.get(1, nothing),
        not_exposed=by_group.get(0, nothing),
        groups=groups,
    )


def draw(p: Parameters, seeds: Iterable[int]) -> pd.DataFrame:
    """Return every figure as a number, a row a world that has one of the seeds, by id.

    A world of the default size takes about a third of a second.
    """
    rows = {}
    for seed in seeds:
        daily = daily_of(p.model_copy(update={"seed": seed}))
        rows[seed] = numbers(replay_counts(daily, LAUNCH))
    return pd.DataFrame.from_dict(rows, orient="index")


def bands(worlds: pd.DataFrame) -> pd.DataFrame:
    """Return `low`, `high`, `mean`, `sd` of every figure that varies, one row a figure, by id.

    Mean and standard deviation of p-values are those of their decimal logarithm.
    """
    rows = {}
    tail = (1 - MIDDLE) / 2
    for entry in entries():
        if "band" not in entry:
            continue
        values = worlds[entry["id"]].to_numpy()
        scaled = np.log10(values) if entry.get("logarithm") else values
        low, high = np.quantile(values, [tail, 1 - tail])
        rows[entry["id"]] = {
            "low": low,
            "high": high,
            "mean": scaled.mean(),
            "sd": scaled.std(ddof=1),
        }
    return pd.DataFrame.from_dict(rows, orient="index")
