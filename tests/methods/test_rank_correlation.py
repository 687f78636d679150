"""Spearman's correlation against ranks by hand, and the coverage of its interval."""

from __future__ import annotations

import numpy as np
import pytest

from knowntruth.methods.rank_correlation import rank_correlation


def test_it_is_the_correlation_of_ranks() -> None:
    # Ranks 1, 2.5, 2.5, 4 and 2, 1, 3, 4.
    found = rank_correlation(np.array([1.0, 5, 5, 90]), np.array([3.0, 2, 4, 8]), level=0.95)
    assert found is not None
    ranks = np.corrcoef([1, 2.5, 2.5, 4], [2, 1, 3, 4])[0, 1]
    assert found.value == pytest.approx(ranks)
    same = rank_correlation(np.arange(9.0), np.arange(9.0) ** 3, level=0.95)
    assert same is not None
    assert same.value == pytest.approx(1)


def test_the_interval_holds_the_true_correlation_as_often_as_it_says() -> None:
    """Of normal measures with correlation r it is 6 / pi * arcsin(r / 2)."""
    random, r, held, draws = np.random.default_rng(1), 0.6, 0, 600
    truth = 6 / np.pi * np.arcsin(r / 2)
    for _ in range(draws):
        x, noise = random.normal(size=(2, 40))
        found = rank_correlation(x, r * x + np.sqrt(1 - r**2) * noise, level=0.9)
        assert found is not None
        held += found.covers(truth)
    # Three errors of a share of 600.
    assert held / draws == pytest.approx(0.9, abs=3 * np.sqrt(0.09 / draws))


def test_without_variation_there_is_none() -> None:
    assert rank_correlation(np.ones(9), np.arange(9.0), level=0.95) is None
    assert rank_correlation(np.arange(3.0), np.arange(3.0), level=0.95) is None
    with pytest.raises(ValueError, match="level"):
        rank_correlation(np.arange(9.0), np.arange(9.0), level=2)
