"""What tests of cases share: asking many worlds, and reading tables that are wrong.

Answers of many worlds are arrays of value, low, high and truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from knowntruth.cases import many_worlds
from knowntruth.cases.difference_in_differences.parameters import Parameters
from knowntruth.cases.difference_in_differences.replicates import Reference, Replicate
from knowntruth.cases.difference_in_differences.scored_methods import methods_of
from knowntruth.cases.many_worlds import Score
from knowntruth.errors import DataError

CHANCE = 1e-3  # a sound method may fail a test so often
LEVEL = 0.95

Table = NDArray[Any]


def by_key(scores: Iterable[Score]) -> dict[str, Score]:
    """Return scores by the key of their method."""
    return {one.method.key: one for one in scores}


def held(table: Table, truth: float) -> Table:
    """Return of each world whether the interval holds the truth."""
    inside: Table = (table[:, 1] <= truth) & (truth <= table[:, 2])
    return inside


def assert_right_on_average(table: Table, truth: float) -> None:
    """Ask that the mean value is the truth, but for the luck of so few worlds."""
    values = table[:, 0]
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert abs(values.mean() - truth) < 4 * error


def assert_covers(table: Table, truth: float, level: float = LEVEL) -> None:
    """Ask that intervals hold the truth as often as they promise."""
    hits = held(table, truth)
    assert stats.binomtest(int(hits.sum()), len(hits), level).pvalue > CHANCE


def rollouts(p: Parameters, count: int, *keys: str) -> dict[str, Table]:
    """Return the answers of some methods to so many rollouts of these parameters, or of all."""
    shared = Reference.of(p)
    methods = [m for m in methods_of(shared) if not keys or m.key in keys]
    replicas = (Replicate(p.model_copy(update={"seed": seed})) for seed in range(count))
    tables = many_worlds.answers(methods, replicas).transpose(1, 0, 2)
    return {method.key: table for method, table in zip(methods, tables, strict=True)}


@pytest.fixture
def refused(read: Callable[..., object]) -> Callable[..., str]:
    """Return a function that reads a table that is wrong, and gives the error's text."""

    def refuse(*args: Any, **options: Any) -> str:
        with pytest.raises(DataError) as error:
            read(*args, **options)
        return str(error.value)

    return refuse
