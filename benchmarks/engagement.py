"""Engagement: daily figures of 1e8 events by simulation, against DuckDB over their Parquet.

Both give, for each day, sessions, active users, exposed sessions, and users with and without an
exposed session: exact numbers, that are compared. Ours simulates the users and adds them up block
by block; DuckDB reads the same events, written before, and groups them by day and user. So ours
makes the events as well, in the time in which the other only reads them. Each side runs in
a process of its own with all cores, in turn; the figures are the best of `REPEATS`, without the
time that Python needs to import.

Run with `python -m benchmarks engagement`, or with fewer blocks of users as in
`python benchmarks/engagement.py 4`. Writing the events takes longest.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pandas as pd

from knowntruth.worlds import streams
from knowntruth.worlds.engagement.daily import daily_of
from knowntruth.worlds.engagement.events import events_between
from knowntruth.worlds.engagement.parameters import Parameters

BLOCKS = 37  # of users: 1e8 events
REPEATS = 2
MEGABYTE = 2**20
COUNTS = ["sessions", "active_users", "exposed_sessions", "exposed_users", "unexposed_users"]
QUERY = """
    with user_day as (
        select event_time::date as date, user_id, count(*) as n, sum(feature_exposed) as e
        from read_parquet(?) group by all
    )
    select sum(n)::bigint as sessions, count(*) as active_users, sum(e)::bigint as exposed_sessions,
        count_if(e > 0)::bigint as exposed_users, count_if(n > e)::bigint as unexposed_users
    from user_day group by date order by date
"""


def write_events(folder: Path, blocks: int) -> None:
    """Write the events, one file a block of users."""
    p = Parameters(users=blocks * streams.BLOCK)
    for block in range(blocks):
        start = block * streams.BLOCK
        events = events_between(p, start, start + streams.BLOCK)
        events = events[["user_id", "event_time", "feature_exposed"]]
        events.to_parquet(folder / f"{block:03}.parquet", index=False)


def ours(folder: Path) -> pd.DataFrame:
    """Return the daily figures by simulating them."""
    blocks = len(list(folder.glob("*.parquet")))
    p = Parameters(users=blocks * streams.BLOCK)
    daily = daily_of(p, threads=os.cpu_count() or 1)
    return daily.groupby("date")[COUNTS].sum()


def duckdb_over_parquet(folder: Path) -> pd.DataFrame:
    """Return the daily figures by reading the events."""
    with duckdb.connect() as connection:
        return connection.execute(QUERY, [str(folder / "*.parquet")]).df()


SIDES = {"knowntruth": ours, "DuckDB over Parquet": duckdb_over_parquet}


def apart(*arguments: str) -> str:
    """Run this file in a process of its own; return what it prints."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    return done.stdout


def main(blocks: int = BLOCKS) -> pd.DataFrame:
    """Return time and peak memory of both sides, and the ratio between them."""
    with tempfile.TemporaryDirectory() as name:
        # Apart as well: a process starts with the peak memory of the one that starts it.
        apart("write", name, str(blocks))
        runs: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
        for _ in range(REPEATS):
            for side, done in runs.items():
                done.append(json.loads(apart(side, name)))
    first, second = (done[0] for done in runs.values())
    if first["figures"] != second["figures"]:
        raise AssertionError("the two sides differ in a daily figure")
    table = pd.DataFrame(
        {
            side: {
                "seconds": min(run["seconds"] for run in done),
                "processor seconds": min(run["processor seconds"] for run in done),
                "million events a second": first["events"] / 1e6 / min(r["seconds"] for r in done),
                "peak memory, MB": min(run["megabytes"] for run in done),
            }
            for side, done in runs.items()
        }
    )
    table["ratio"] = table["DuckDB over Parquet"] / table["knowntruth"]
    table.columns.name = f"{first['events'] / 1e6:.1f} million events"
    return table.round(2)


def one_side(side: str, folder: Path) -> dict[str, object]:
    """Return what one side found, and what it took."""
    start, worked = time.perf_counter(), time.process_time()
    found = SIDES[side](folder)
    seconds, processor = time.perf_counter() - start, time.process_time() - worked
    unit = 1 if sys.platform == "darwin" else 1024  # Linux counts in kilobytes, macOS in bytes
    return {
        "figures": found.to_numpy().tolist(),
        "events": int(found["sessions"].sum()),
        "seconds": seconds,
        "processor seconds": processor,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE,
    }


if __name__ == "__main__":
    if len(sys.argv) > 3:
        write_events(Path(sys.argv[2]), int(sys.argv[3]))
    elif len(sys.argv) > 2:
        print(json.dumps(one_side(sys.argv[1], Path(sys.argv[2]))))
    else:
        print(main(*map(int, sys.argv[1:])).to_string())
