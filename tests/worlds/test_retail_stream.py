"""Retail: what is written to files is what a world in memory holds."""

from __future__ import annotations

import pandas as pd
import pytest

from knowntruth.worlds.retail import stream
from knowntruth.worlds.retail.parameters import Parameters
from knowntruth.worlds.retail.world import simulate

SMALL = Parameters(customers=20_000, products=60, transactions=40_000, ahead=30)


def test_files_hold_what_a_world_in_memory_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "A_SLICE", 7_000)  # several slices, as of a large world
    steps = []
    stream.write(
        SMALL, tmp_path / "new" / "shop", progress=lambda done, of: steps.append((done, of))
    )
    world = simulate(SMALL)
    tables = {
        "transactions": world.transactions,
        "later": world.later,
        "products": world.products,
        "customers": world.customers,
        "truth": world.truth.customers,
    }
    folder = tmp_path / "new" / "shop"
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{x}.parquet" for x in tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(pd.read_parquet(folder / f"{name}.parquet"), table)
    # Three blocks of customers, six slices of the record and one of the days ahead.
    assert steps == [(done, 10) for done in range(1, 11)]


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path):
    with pytest.raises(FileExistsError, match="is there already"):
        stream.write(SMALL, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_when_writing_fails(tmp_path):
    def fail(done, of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stream.write(SMALL, tmp_path / "shop", progress=fail)
    assert list(tmp_path.iterdir()) == []


def test_no_days_ahead_make_an_empty_table(tmp_path):
    p = Parameters(customers=20, transactions=100, ahead=0)
    stream.write(p, tmp_path / "shop")
    assert len(pd.read_parquet(tmp_path / "shop" / "later.parquet")) == 0
    assert len(pd.read_parquet(tmp_path / "shop" / "transactions.parquet")) == 100
