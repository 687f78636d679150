"""Streams: a table depends on its parameters and seed alone, never on how it was cut up."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import Generator, Philox, SeedSequence

from knowntruth.worlds import streams


def gamma(rng: np.random.Generator, users: slice) -> np.ndarray:
    return rng.standard_gamma(1.2, users.stop - users.start)


def test_a_block_draws_from_philox_spawned_by_column_and_block():
    users = 100
    key = streams.key("world/column")
    expected = Generator(Philox(SeedSequence(7, spawn_key=(key, 1)))).random(users)
    drawn = streams.uniform(7, "world/column", stop=streams.BLOCK + users)
    np.testing.assert_array_equal(drawn[streams.BLOCK :], expected)


def test_the_key_of_a_column_never_changes():
    # The first four bytes of BLAKE2b with a 4-byte digest, as `b2sum -l 32` prints them.
    assert streams.key("songs") == int("6d9e556e", 16)


@settings(max_examples=10, deadline=None)
@given(cuts=st.lists(st.integers(0, 2 * streams.BLOCK + 999), max_size=4))
def test_cutting_a_column_into_parts_changes_nothing(cuts):
    stop = 2 * streams.BLOCK + 999
    whole = streams.column(3, "column", gamma, stop=stop)
    edges = sorted({0, *cuts, stop})
    parts = [
        streams.column(3, "column", gamma, start=a, stop=b) for a, b in itertools.pairwise(edges)
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@settings(max_examples=10, deadline=None)
@given(fewer=st.integers(1, streams.BLOCK + 500))
def test_the_first_users_of_a_longer_column_are_the_users_of_a_shorter_one(fewer):
    longer = streams.column(3, "column", gamma, stop=streams.BLOCK + 500)
    np.testing.assert_array_equal(streams.column(3, "column", gamma, stop=fewer), longer[:fewer])


def test_columns_and_seeds_share_no_random_numbers():
    n = 20_000
    draws = [streams.uniform(seed, name, stop=n) for seed in (1, 2) for name in ("a", "b", "songs")]
    correlations = np.corrcoef(draws)[np.triu_indices(len(draws), 1)]
    # 15 correlations, each with standard error 1 / sqrt(n).
    assert np.abs(correlations).max() < 4 / np.sqrt(n)
