"""Flows of a funnel: whatever the table holds, the parts add up to the whole."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowntruth.methods.experiments import comparing

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["control", "treatment"]),
        st.none() | st.integers(-2, 5) | st.floats(-1, 1, allow_nan=False),
        st.none() | st.integers(0, 1),
    ),
    min_size=1,
    max_size=60,
)


def frame(rows):
    table = pd.DataFrame(rows, columns=["arm", "songs", "paid"])
    return table.astype({"songs": "Float64", "paid": "Int64"})


def counted(rows, arm):
    """Count by hand, without a query."""
    known = [(x, y) for a, x, y in rows if a == arm and x is not None and y is not None]
    ways = {(used, paid): 0 for used in (True, False) for paid in (True, False)}
    for songs, paid in known:
        ways[songs > 0, paid == 1] += 1
    return ways, len(known)


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_the_parts_add_up_to_the_whole(rows):
    for flow in comparing.flows(frame(rows), "songs", "paid").values():
        assert flow.active + flow.inactive == flow.all
        assert flow.active_paid + flow.active_unpaid == flow.active
        assert flow.inactive_paid + flow.inactive_unpaid == flow.inactive
        assert flow.active_paid + flow.inactive_paid == flow.paid
        assert min(flow) >= 0


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_each_way_holds_the_units_that_one_counts_by_hand(rows):
    found = comparing.flows(frame(rows), "songs", "paid")
    for arm in ("control", "treatment"):
        ways, everybody = counted(rows, arm)
        if everybody == 0:
            assert arm not in found
            continue
        flow = found[arm]
        assert flow.active_paid == ways[True, True]
        assert flow.active_unpaid == ways[True, False]
        assert flow.inactive_paid == ways[False, True]
        assert flow.inactive_unpaid == ways[False, False]
        assert flow.all == everybody


def test_a_payer_without_a_song_is_paid_and_not_active():
    # The original took "premium" off "active" and so had one free user too few.
    table = frame(
        [("treatment", 0, 1)] + [("treatment", 12, 1)] * 3 + [("treatment", 4, 0)] * 5
        + [("treatment", 0, 0)] * 2
    )  # fmt: skip
    flow = comparing.flows(table, "songs", "paid")["treatment"]
    assert (flow.paid, flow.active, flow.active_paid, flow.inactive_paid) == (4, 8, 3, 1)
    assert flow.active_unpaid == 5
    assert flow.active - flow.paid != flow.active_unpaid


@pytest.mark.parametrize("kind", ["float", "Int64", "object"])
def test_units_of_which_one_side_is_unknown_take_no_part(kind):
    songs = pd.Series([1, 2, None, 0], dtype=kind)
    paid = pd.Series([1, None, 1, 0], dtype=kind)
    table = pd.DataFrame({"arm": ["control"] * 4, "songs": songs, "paid": paid})
    flow = comparing.flows(table, "songs", "paid")["control"]
    assert (flow.all, flow.active_paid, flow.inactive_unpaid) == (2, 1, 1)


def test_true_and_false_are_ones_and_zeros():
    table = pd.DataFrame({"arm": ["control"] * 3, "songs": [1, 1, 0], "paid": [True, False, True]})
    flow = comparing.flows(table, "songs", "paid")["control"]
    assert (flow.active_paid, flow.active_unpaid, flow.inactive_paid) == (1, 1, 1)


def test_a_relation_gives_what_its_table_gives():
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "arm": rng.choice(["control", "treatment"], 500),
            'so"ngs': rng.poisson(1.0, 500),
            "paid": rng.integers(0, 2, 500),
        }
    )
    relation = duckdb.connect(config={"threads": 1}).from_df(table)
    found = comparing.flows(relation, 'so"ngs', "paid")
    assert found == comparing.flows(table, 'so"ngs', "paid")
    expected = pd.crosstab(table.arm, [table['so"ngs'] > 0, table.paid])
    assert found["control"].active_paid == expected.loc["control", (True, 1)]
    assert found["treatment"].inactive_unpaid == expected.loc["treatment", (False, 0)]
