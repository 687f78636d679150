"""Lists against a plain sort of each row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowntruth.methods.lists import top_lists
from knowntruth.methods.lists.top_lists import ranks, top


def by_sorting(scores: np.ndarray, k: int, allowed: np.ndarray) -> list[list[int]]:
    found = []
    for row, may in zip(scores, allowed, strict=True):
        order = sorted((p for p in range(len(row)) if may[p]), key=lambda p: (-row[p], p))[:k]
        found.append(order + [-1] * (k - len(order)))
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 8), st.integers(1, 6), st.integers(0, 10_000), st.integers(1, 9))
def test_lists_are_those_of_sorting_each_row(n: int, products: int, seed: int, k: int) -> None:
    random = np.random.default_rng(seed)
    # Few different scores: ties at the edge of the list are the rule.
    scores = random.integers(-2, 2, size=(n, products)).astype(float)
    allowed = random.random((n, products)) < 0.6
    assert top(scores, k, allowed).tolist() == by_sorting(scores, k, allowed)
    assert top(scores, k).tolist() == by_sorting(scores, k, np.ones_like(allowed))


def test_blocks_of_customers_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(1).normal(size=(50, 7))
    whole = top(scores, 3)
    monkeypatch.setattr(top_lists, "CELLS", 20)
    assert (top(scores, 3) == whole).all()


def test_what_has_no_score_is_never_shown() -> None:
    scores = np.array([[np.nan, 1.0, -np.inf, np.inf]])
    assert top(scores, 4).tolist() == [[3, 1, -1, -1]]
    assert top(np.empty((2, 0)), 2).tolist() == [[-1, -1]] * 2
    assert top(np.empty((0, 3)), 2).shape == (0, 2)


def test_a_rank_is_the_place_in_the_whole_list() -> None:
    random = np.random.default_rng(2)
    scores = random.integers(0, 4, size=(40, 9)).astype(float)
    allowed = random.random((40, 9)) < 0.7
    allowed[:, 4] = True
    lists = top(scores, 9, allowed)
    expected = [row.index(4) + 1 for row in lists.tolist()]
    assert ranks(scores, np.full(40, 4), allowed).tolist() == expected


def test_wrong_arguments_are_named() -> None:
    scores = np.zeros((2, 3))
    with pytest.raises(ValueError, match="length"):
        top(scores, 0)
    with pytest.raises(ValueError, match="customers by products"):
        top(scores, 1, np.ones((3, 3), dtype=bool))
    with pytest.raises(ValueError, match="one product"):
        ranks(scores, np.array([0]))
