"""Outcomes and what was predicted of them: columns of numbers, checked.

An *outcome* is 0 or 1; an *event* is a unit whose outcome is 1. A *prediction* is a probability,
between 0 and 1. Units with either missing are left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def checked(outcome: ArrayLike) -> Array:
    """Return outcomes as numbers, missing ones among them.

    Raises:
        ValueError: an outcome that is neither 0 nor 1.
    """
    y = np.asarray(outcome, dtype=float)
    if y.ndim != 1 or not np.all((y == 0) | (y == 1) | np.isnan(y)):
        raise ValueError("outcomes are a column of 0 and 1")
    return y


def known(outcome: ArrayLike, *predicted: ArrayLike) -> tuple[Array, ...]:
    """Return outcome and predictions of the units that have all of them.

    Raises:
        ValueError: as `checked` and `complete`.
    """
    return complete(checked(outcome), *predicted)


def complete(*columns: ArrayLike) -> tuple[Array, ...]:
    """Return columns of numbers between 0 and 1 over the rows where all are known.

    Raises:
        ValueError: columns of different lengths, or a number beyond.
    """
    arrays = [np.asarray(column, dtype=float) for column in columns]
    if len({array.shape for array in arrays}) > 1 or arrays[0].ndim != 1:
        raise ValueError("there is one prediction for each outcome")
    table = np.vstack(arrays)
    table = table[:, ~np.isnan(table).any(axis=0)]
    if not np.all((table >= 0) & (table <= 1)):
        raise ValueError("a prediction is a probability, between 0 and 1")
    return tuple(table)


def inside(predicted: Array) -> Array:
    """Return predictions as near to 0 and 1 as has a finite logarithm on both sides."""
    least = np.finfo(float).eps
    return np.clip(predicted, least, 1 - least)
