"""Users by period, as arrays and as a table: the same as counted from rows, one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from knowntruth.cases.difference_in_differences.cells import Cells, periods_of
from knowntruth.worlds.engagement.parameters import Parameters
from knowntruth.worlds.engagement.world import simulate

WORLDS = {
    "default": {},
    "waves within weeks": {"waves": [3, 12], "access_share": 0.6},
    "the web and markets": {"web_share": 0.4, "markets": 5, "access": "by market"},
    "nobody has access": {"access_share": 0.0},
}


def counted(world, length, periods):
    """Return the panel row by row: a loop over users and periods on the world's own tables."""
    p = world.parameters
    launch = world.features["launch_date"][0]
    first, last = (launch - pd.Timedelta(days=p.days_before), p.days_after)
    days = dict(iter(world.user_days.groupby("user_id")))
    none = world.user_days.iloc[:0]
    found = []
    for person, given in zip(world.users.itertuples(), world.access.itertuples(), strict=True):
        if person.signup_date >= launch:
            continue
        mine = days.get(person.user_id, none)
        mine = mine.assign(since=mine["day"] - p.days_before)
        joined = (max(person.signup_date, first) - launch).days
        has = not pd.isna(given.access_date)
        begins = (given.access_date - launch).days if has else None
        start = begins // length if has else np.nan
        kept = mine[mine["since"].floordiv(length).isin(periods)]
        met = bool((kept["exposed_sessions"] > 0).any())
        for period in periods:
            low, high = max(period * length, joined), min((period + 1) * length, last)
            if has and period == start:
                low = max(low, begins)
            if low >= high:
                continue
            rows = mine[(mine["since"] >= low) & (mine["since"] < high)]
            found.append(
                {
                    "unit": person.user_id,
                    "period": period,
                    "outcome": rows["sessions"].mean(),
                    "first_treated": start,
                    "weight": len(rows),
                    "take_up": float(has and period >= start and met),
                    "placebo_1": len(rows) / (high - low),
                    "affected": float(given.platform == "app"),
                }
            )
    return pd.DataFrame(found)


@pytest.mark.parametrize("values", WORLDS.values(), ids=WORLDS)
def test_cells_are_what_a_loop_over_users_counts(values):
    p = Parameters(users=250, **values)
    world = simulate(p)
    table = Cells.of(world, 7).table()
    expected = counted(world, 7, periods_of(p.days_before, p.days_after, 7))
    pd.testing.assert_frame_equal(
        table.drop(columns="cluster"), expected, check_dtype=False, rtol=1e-12
    )


def test_users_of_a_market_are_one_cluster():
    world = simulate(Parameters(users=300, markets=4))
    table = Cells.of(world, 7).table()
    markets = table["unit"].map(world.access.set_index("user_id")["market"])
    assert len(set(zip(markets, table["cluster"], strict=True))) == 4


@pytest.mark.parametrize(
    ("before", "after", "length", "periods"),
    [
        (55, 36, 7, range(-8, 5)),  # six of the first seven days, one of the last
        (14, 14, 7, range(-2, 2)),
        (3, 2, 7, (-1, 0)),  # short, and the only ones
        (10, 11, 7, (-1, 0, 1)),  # three days are less than half, four are not
        (5, 5, 1, range(-5, 5)),
    ],
)
def test_ends_with_less_than_half_of_their_days_are_left_out(before, after, length, periods):
    assert periods_of(before, after, length).tolist() == list(periods)
