"""Worlds with known chances, and predictions of what came of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

Array = np.ndarray[Any, np.dtype[np.float64]]


def chances(n: int, base: float, spread: float, seed: int) -> Array:
    """Return probabilities whose logits are normal."""
    return 1 / (1 + np.exp(-np.random.default_rng(seed).normal(base, spread, n)))


def drawn(probabilities: Array, seed: int) -> Array:
    """Return outcomes drawn from probabilities."""
    rng = np.random.default_rng(seed)
    return (rng.random(len(probabilities)) < probabilities).astype(float)


def blurred(probabilities: Array, seed: int, decimals: int = 2) -> Array:
    """Return worse predictions, with ties."""
    noise = np.random.default_rng(seed).normal(0, 0.8, len(probabilities))
    logits = 0.2 + 0.8 * np.log(probabilities / (1 - probabilities)) + noise
    return np.round(1 / (1 + np.exp(-logits)), decimals)


@pytest.fixture(scope="module")
def truth() -> Array:
    return chances(900, -1.5, 1.2, 1)


@pytest.fixture(scope="module")
def outcome(truth: Array) -> Array:
    return drawn(truth, 2)


@pytest.fixture(scope="module")
def given_(truth: Array) -> Array:
    return blurred(truth, 3)
