"""Goodness of fit: whether data obey a rule that is known.

`fit` holds counts against the shares that a rule gives them; `total` holds the number of
events against the chances of every single one. Both ask whether data and rule are further
apart than chance makes them; a small p-value says that the rule is not the one that made them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


@dataclass(frozen=True)
class Fit:
    """Counts against a rule.

    Attributes:
        chi2: Pearson's statistic.
        degrees: its degrees of freedom.
        p_value: of so large a statistic when the rule holds; None where nothing can differ.
    """

    chi2: float
    degrees: int
    p_value: float | None


@dataclass(frozen=True)
class Total:
    """A number of events against the chances of each.

    Attributes:
        seen, expected: events, and the sum of their chances.
        z: their difference in standard deviations; 0 where nothing can differ.
        p_value: two-sided, of so large a difference when the chances are right.
    """

    seen: int
    expected: float
    z: float
    p_value: float


def fit(counts: Sequence[ArrayLike], shares: Sequence[ArrayLike]) -> Fit:
    """Hold counts against shares (Pearson 1900), several groups at once.

    `counts` and `shares` have one row a group; shares of a row sum to one, and what a rule
    gives no share must have no count. Groups without a unit say nothing.

    Raises:
        ValueError: for counts where the rule allows none, or rows of another length.
    """
    chi2, degrees = 0.0, 0
    for row, share in zip(counts, shares, strict=True):
        seen, rule = np.asarray(row, dtype=float), np.asarray(share, dtype=float)
        if seen.shape != rule.shape or not math.isclose(rule.sum(), 1, abs_tol=1e-9):
            raise ValueError("each row of counts needs as many shares, which sum to one")
        if (seen[rule == 0] > 0).any():
            raise ValueError("there is a count where the rule allows none")
        if not seen.sum():
            continue
        expected = seen.sum() * rule[rule > 0]
        chi2 += float(((seen[rule > 0] - expected) ** 2 / expected).sum())
        degrees += len(expected) - 1
    p_value = float(stats.chi2.sf(chi2, degrees)) if degrees else None
    return Fit(chi2, degrees, p_value)


def total(happened: ArrayLike, chances: ArrayLike) -> Total:
    """Hold the number of events against their chances, which may all differ.

    The sum of independent events of unequal chances has the variance of the sum of
    chance x (1 - chance) (Poisson's binomial distribution), and is nearly normal.

    Raises:
        ValueError: for arrays of another length, or chances that are none.
    """
    events, chance = np.asarray(happened, dtype=float), np.asarray(chances, dtype=float)
    if events.shape != chance.shape:
        raise ValueError("each event needs its chance")
    if ((chance < 0) | (chance > 1)).any():
        raise ValueError("a chance lies between 0 and 1")
    expected, variance = float(chance.sum()), float((chance * (1 - chance)).sum())
    seen = int(events.sum())
    if variance == 0:
        return Total(seen, expected, 0.0, 1.0 if math.isclose(seen, expected) else 0.0)
    z = (seen - expected) / math.sqrt(variance)
    return Total(seen, expected, z, 2 * float(stats.norm.sf(abs(z))))
