"""Worlds with known chances and predictions of what came of them; the people on the Titanic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from knowntruth.methods.users.marginal_effects import MarginalEffects, marginal_effects
from knowntruth.story.estimates import Estimate

Array = np.ndarray[Any, np.dtype[np.float64]]
Counts = Mapping[tuple[str, ...], tuple[int, int]]


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


def table(counts: Counts, names: str) -> pd.DataFrame:
    """Return a row for each of so many non-events and events of a combination of levels."""
    rows = [
        (*levels, y)
        for levels, (without, with_) in counts.items()
        for y, times in ((0.0, without), (1.0, with_))
        for _ in range(times)
    ]
    return pd.DataFrame(rows, columns=[*names.split(), "y"])


def effects(result: MarginalEffects) -> dict[tuple[str, str], Estimate]:
    assert result.reason == ""
    return {(f, level): e for f, found in result.effects.items() for level, e in found.items()}


def error(estimate: Estimate) -> float:
    return (estimate.high - estimate.low) / (2 * stats.norm.isf((1 - estimate.level) / 2))


# Dawson 1995, Journal of Statistics Education 3(3): the 2201 people on the Titanic, by class,
# sex and age; dead and survived. It is `Titanic` of R's package datasets.
DAWSON: Counts = {
    ("1st", "Male", "Child"): (0, 5),
    ("2nd", "Male", "Child"): (0, 11),
    ("3rd", "Male", "Child"): (35, 13),
    ("1st", "Female", "Child"): (0, 1),
    ("2nd", "Female", "Child"): (0, 13),
    ("3rd", "Female", "Child"): (17, 14),
    ("1st", "Male", "Adult"): (118, 57),
    ("2nd", "Male", "Adult"): (154, 14),
    ("3rd", "Male", "Adult"): (387, 75),
    ("Crew", "Male", "Adult"): (670, 192),
    ("1st", "Female", "Adult"): (4, 140),
    ("2nd", "Female", "Adult"): (13, 80),
    ("3rd", "Female", "Adult"): (89, 76),
    ("Crew", "Female", "Adult"): (3, 20),
}
FACTORS = ["Class", "Sex", "Age"]
TITANIC = table(DAWSON, "Class Sex Age")


def titanic(*, robust: bool = True, level: float = 0.95) -> MarginalEffects:
    """Males, adults and the first class are the references."""
    references = {"Class": "1st"}
    return marginal_effects(
        TITANIC, "y", FACTORS, level=level, references=references, robust=robust
    )
