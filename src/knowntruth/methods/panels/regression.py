"""Regression: weighted least squares whose errors may go together within clusters.

A column that the columns before it explain is *dropped*, as it has no coefficient of its own.
Errors are either *clustered* (CR1: the sandwich of Liang & Zeger 1986, times
g / (g - 1) * (n - 1) / (n - k) for g clusters, n rows and k columns) with t of g - 1 degrees of
freedom, or *classical* (equal, independent errors). Fixed effects that lie within clusters do
not count as columns in the former, as in reghdfe and fixest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

from ...story.estimates import Estimate
from ...story.numbers import Unit

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

# What is left of a column, relative to it, when others explain it.
NOTHING = 1e-7


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """A regression.

    Attributes:
        names: of the columns that were kept.
        dropped: names of those that others explain.
        coefficients: by kept column.
        covariance: of the coefficients; NaN where nothing is left to tell it from.
        degrees: of freedom of t.
        design, residuals, weight: by row, the kept columns and what they leave.
        n: rows.
    """

    names: tuple[str, ...]
    dropped: tuple[str, ...]
    coefficients: Array
    covariance: Array
    degrees: int
    design: Array = field(repr=False)
    residuals: Array = field(repr=False)
    weight: Array = field(repr=False)
    n: int = 0

    def combination(
        self, of: Array, *, level: float, n: int, method: str, unit: Unit = "number"
    ) -> Estimate:
        """Return the sum of `of` times the coefficients, with its t interval and test.

        Without an error the interval is unbounded, and nothing is tested.
        """
        return t_estimate(
            float(of @ self.coefficients),
            math.sqrt(max(float(of @ self.covariance @ of), 0.0)),
            self.degrees,
            level=level,
            n=n,
            method=method,
            unit=unit,
        )

    def coefficient(
        self, name: str, *, level: float, n: int, method: str, unit: Unit = "number"
    ) -> Estimate:
        """Return one coefficient, with its t interval and test."""
        chosen = np.array([float(kept == name) for kept in self.names])
        return self.combination(chosen, level=level, n=n, method=method, unit=unit)


def fit(
    design: Array,
    outcome: Array,
    names: Sequence[str],
    *,
    weight: Array,
    cluster: Codes | None,
    absorbed: int = 0,
    nested: int = 0,
    size: Array | None = None,
) -> Fit:
    """Fit by weighted least squares; `cluster` None means classical errors.

    Args:
        design: rows by columns.
        outcome, weight: by row.
        names: of the columns.
        cluster: by row, or None.
        absorbed: parameters that were taken out of design and outcome before.
        nested: those of them that lie within clusters.
        size: length of each column before anything was taken out, to tell what is nothing.
    """
    root = np.sqrt(weight)
    scaled, y = design * root[:, None], outcome * root
    kept = _independent(scaled, np.linalg.norm(scaled, axis=0) if size is None else size)
    X = scaled[:, kept]
    inverse = np.linalg.inv(X.T @ X) if kept else np.empty((0, 0))
    coefficients = inverse @ (X.T @ y)
    residuals = outcome - design[:, kept] @ coefficients
    n, k = len(y), len(kept) + absorbed
    if cluster is None:
        degrees = n - k
        factor = float((weight * residuals**2).sum()) / degrees if degrees > 0 else math.nan
        covariance = np.asarray(inverse * factor, dtype=float)
    else:
        groups = len(np.unique(cluster))
        degrees, left = groups - 1, n - (k - nested)
        scores = clustered(X * (root * residuals)[:, None], cluster)
        enough = degrees > 0 and left > 0
        factor = groups / degrees * (n - 1) / left if enough else math.nan
        covariance = np.asarray(factor * (inverse @ (scores.T @ scores) @ inverse), dtype=float)
    return Fit(
        names=tuple(names[i] for i in kept),
        dropped=tuple(name for i, name in enumerate(names) if i not in kept),
        coefficients=coefficients,
        covariance=covariance,
        degrees=degrees,
        design=design[:, kept],
        residuals=residuals,
        weight=weight,
        n=n,
    )


def clustered(rows: Array, cluster: Codes) -> Array:
    """Return sums of rows by cluster, clusters numbered from 0."""
    _, code = np.unique(cluster, return_inverse=True)
    count = int(code.max()) + 1
    n = len(rows)
    member = sparse.csr_array((np.ones(n), (code, np.arange(n))), shape=(count, n))
    return np.asarray(member @ rows)


def t_estimate(
    value: float,
    error: float,
    degrees: float,
    *,
    level: float,
    n: int,
    method: str,
    unit: Unit = "number",
) -> Estimate:
    """Return a value with its t interval and test; unbounded and untested without an error."""
    if not (error > 0 and degrees > 0):
        return Estimate(
            value=value, low=-math.inf, high=math.inf, level=level, n=n, unit=unit, method=method
        )
    reach = float(stats.t.isf((1 - level) / 2, degrees)) * error
    return Estimate(
        value=value,
        low=value - reach,
        high=value + reach,
        level=level,
        n=n,
        unit=unit,
        p_value=2 * float(stats.t.sf(abs(value) / error, degrees)),
        method=method,
    )


def _independent(columns: Array, size: Array) -> list[int]:
    """Return the columns that those before them do not explain (Gram and Schmidt, twice).

    The triangle of QR has the same angles as the columns, and is far smaller.
    """
    triangle = np.asarray(np.linalg.qr(columns, mode="r"))
    basis = np.empty((len(triangle), 0))
    kept = []
    for i, column in enumerate(triangle.T):
        left = column
        for _ in range(2):
            left = left - basis @ (basis.T @ left)
        length = float(np.linalg.norm(left))
        if length > NOTHING * max(float(size[i]), 1e-300):
            basis = np.column_stack([basis, left / length])
            kept.append(i)
    return kept
