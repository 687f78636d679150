"""Identification: whether a regression can answer at all, which its table does not say.

The columns of a *design* are *confounded* where some of them add up to others in every row: the
data are then the same for endless sets of coefficients, and its *rank* is below the number of
columns. A *contrast*, a sum of so many times each coefficient, is *estimable* if all these sets
agree on it, which is so if it lies in the row space of the design (Searle 1971, Linear Models,
section 5.4). A coefficient that is not estimable is no answer, however small its error is.

Software that solves by a pseudo-inverse, as statsmodels does by default (new versions with a
warning), prints coefficients all the same: of all sets that fit best, the one of least length. It
splits what can be estimated among the columns that are confounded, by their sizes alone, with an
error as small as its share. `identify` fits by statsmodels, and says beside each coefficient
whether it means anything.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import DataError, Problem
from ...story.estimates import Estimate
from ..checks import check_share
from ..panels.regression import t_estimate
from ..tables import Table, check_columns, check_numbers, number, relation

Array = NDArray[np.float64]

INTERCEPT = "Intercept"

# What is left of a column, relative to it, when others explain it.
NOTHING = 1e-7

# What is zero beside the numbers that it is a sum of.
ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Coefficient:
    """A coefficient as printed.

    Attributes:
        name: of its column.
        estimate: with t interval and test.
        error, t: its standard error, and the estimate over it; NaN without an error.
        is_estimable: whether the data say anything of it alone.
    """

    name: str
    estimate: Estimate
    error: float
    t: float
    is_estimable: bool


@dataclass(frozen=True, kw_only=True)
class Confounded:
    """Columns that add up to nothing in every row.

    Attributes:
        weights: how often to count each, such as 1 for `treated` and -1 for `treated:post`.
        words: the same as an equation, `treated = treated:post`.
    """

    weights: Mapping[str, float]
    words: str


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """A sum of so many times each coefficient.

    Attributes:
        estimate: with its t interval and test; None where `reason` is not empty.
        error: its standard error.
        t: the estimate over it.
        reason: why it cannot be estimated, or "".
    """

    estimate: Estimate | None = None
    error: float = math.nan
    t: float = math.nan
    reason: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Identification:
    """What a regression prints, and what of it the data can bear.

    Attributes:
        coefficients: by column, in their order.
        rank: independent columns.
        confounded: what makes the rank fall below the number of columns; none of the equations
            follows from the others.
        degrees: of freedom of t, rows less rank.
        n: rows.
        left_out: rows without the outcome or a column.
    """

    coefficients: tuple[Coefficient, ...]
    rank: int
    confounded: tuple[Confounded, ...]
    degrees: int
    n: int
    left_out: int
    design: Array = field(repr=False)
    covariance: Array = field(repr=False)

    @property
    def columns(self) -> int:
        """How many columns the design has."""
        return len(self.coefficients)

    @property
    def is_identified(self) -> bool:
        """Whether each coefficient is estimable."""
        return self.rank == self.columns

    def __getitem__(self, name: str) -> Coefficient:
        """Return the coefficient of a column."""
        return {found.name: found for found in self.coefficients}[name]

    def contrast(self, weights: Mapping[str, float], *, level: float) -> Contrast:
        """Return the sum of `weights` times the coefficients, if the data can tell it.

        Raises:
            ValueError: a column that the design does not have, or a level that is no share.
        """
        check_share("level", level)
        names = [found.name for found in self.coefficients]
        if unknown := [name for name in weights if name not in names]:
            raise ValueError(f"the design has {', '.join(names)}, not {', '.join(unknown)}")
        of = np.array([float(weights.get(name, 0.0)) for name in names])
        if not estimable(self.design, of):
            return Contrast(reason="the design is the same for every value of it")
        value = float(of @ [found.estimate.value for found in self.coefficients])
        error = math.sqrt(max(float(of @ self.covariance @ of), 0.0))
        return Contrast(
            estimate=_estimate(value, error, self.degrees, level, self.n),
            error=error,
            t=_t(value, error),
        )


def identify(
    table: Table, *, columns: Sequence[str], outcome: str, level: float, intercept: bool = True
) -> Identification:
    """Regress `outcome` on `columns` of a table, and say which coefficients are estimable.

    A name such as `treated:post` that is no column of the table is the product of its parts.

    Args:
        table: one row an observation; those that miss a number are left out.
        columns: of the design, in the order in which they are printed.
        outcome: column of numbers.
        level: of the intervals.
        intercept: whether a column of ones comes first.

    Raises:
        DataError: a missing column, one without numbers, an infinite number, or no complete row.
        ValueError: no column, one twice, or a level that is no share.
    """
    rows = relation(table)
    factors = {name: [name] if name in rows.columns else name.split(":") for name in columns}
    needed = list(dict.fromkeys([outcome, *(one for parts in factors.values() for one in parts)]))
    check_columns(rows, needed)
    check_numbers(rows, needed)
    asked = ", ".join(f"{number(name, whole=False)} AS value_{i}" for i, name in enumerate(needed))
    read = rows.project(asked).fetchnumpy()
    values: dict[str, Array] = {
        name: np.ma.filled(np.ma.asarray(read[f"value_{i}"], dtype=float), np.nan)
        for i, name in enumerate(needed)
    }
    products = [np.prod([values[one] for one in parts], axis=0) for parts in factors.values()]
    ones = [np.ones(len(values[outcome]))] if intercept else []
    names = [*([INTERCEPT] if intercept else []), *columns]
    return identify_arrays(
        np.column_stack([np.empty((len(values[outcome]), 0)), *ones, *products]),
        values[outcome],
        names,
        level=level,
    )


def identify_arrays(
    design: ArrayLike, outcome: ArrayLike, names: Sequence[str], *, level: float
) -> Identification:
    """Do as `identify`, with a design of rows by columns and an outcome by row; NaN is missing."""
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import SingularMatrixWarning

    check_share("level", level)
    X, y = np.asarray(design, dtype=float), np.asarray(outcome, dtype=float)
    if X.ndim != 2 or X.shape != (len(y), len(names)):
        raise ValueError(f"a design of {X.shape} for {len(y)} rows and {len(names)} names")
    if not names or len(set(names)) < len(names):
        raise ValueError(f"columns have one name each, unlike {list(names)}")
    known = ~(np.isnan(X).any(axis=1) | np.isnan(y))
    _check(X[known], y[known])
    X, left_out, y = X[known], int((~known).sum()), y[known]
    rank = len(names) - len(null_space(X))
    degrees = len(y) - rank
    with warnings.catch_warnings():
        # Whether the design is singular is what the result says.
        warnings.simplefilter("ignore", SingularMatrixWarning)
        fit: Any = sm.OLS(y, X).fit()
    # With nothing left to tell it from, statsmodels would divide by no degrees of freedom.
    covariance = (
        np.asarray(fit.cov_params(), dtype=float)
        if degrees > 0
        else np.full((len(names), len(names)), np.nan)
    )
    errors = np.sqrt(np.diag(covariance))
    coefficients = tuple(
        Coefficient(
            name=name,
            estimate=_estimate(float(value), float(error), degrees, level, len(y)),
            error=float(error),
            t=_t(float(value), float(error)),
            is_estimable=estimable(X, unit),
        )
        for name, value, error, unit in zip(
            names, fit.params, errors, np.eye(len(names)), strict=True
        )
    )
    return Identification(
        coefficients=coefficients,
        rank=rank,
        confounded=tuple(_in_words(weights, names) for weights in null_space(X)),
        degrees=degrees,
        n=len(y),
        left_out=left_out,
        design=X,
        covariance=covariance,
    )


def estimable(design: ArrayLike, contrast: ArrayLike) -> bool:
    """Whether the row space of the design, rows by columns, holds the contrast, by column.

    Raises:
        ValueError: a contrast of another length than the design has columns.
    """
    X, of = np.asarray(design, dtype=float), np.asarray(contrast, dtype=float)
    if X.ndim != 2 or of.shape != X.shape[1:]:
        raise ValueError(f"a contrast of {of.shape} for a design of {X.shape}")
    basis = null_space(X)
    # Each product is judged beside the largest of what it adds up.
    terms = basis * of
    size = np.abs(terms).max(axis=1, initial=0.0)
    return bool((np.abs(terms.sum(axis=1)) <= ROUNDING * np.maximum(size, 1e-300)).all())


def null_space(design: ArrayLike) -> Array:
    """Return weights of columns, one row an equation, that add up to nothing in every row.

    Each equation says how one column follows from independent ones before it, so it names few.
    """
    X = np.asarray(design, dtype=float)
    length = np.linalg.norm(X, axis=0)
    scale = np.where(length > 0, length, 1.0)
    scaled = X / scale
    kept: list[int] = []
    found = []
    for i in range(X.shape[1]):
        weights, *_ = np.linalg.lstsq(scaled[:, kept], scaled[:, i], rcond=None)
        left = scaled[:, i] - scaled[:, kept] @ weights
        if np.linalg.norm(left) > NOTHING:
            kept.append(i)
            continue
        equation = np.zeros(X.shape[1])
        equation[kept], equation[i] = weights, -1.0
        equation[np.abs(equation) < ROUNDING] = 0.0
        found.append(equation / scale * scale[i])
    return np.array(found).reshape(len(found), X.shape[1])


def _in_words(weights: Array, names: Sequence[str]) -> Confounded:
    """Return the equation with the first column on its left, and no minus sign where it can be."""
    sign = math.copysign(1, weights[np.flatnonzero(weights)[0]])
    signed = {
        name: sign * float(weight) for name, weight in zip(names, weights, strict=True) if weight
    }

    def side(which: int) -> str:
        sizes = {name: which * weight for name, weight in signed.items() if which * weight > 0}
        terms = [
            name if f"{size:g}" == "1" else f"{size:g} × {name}" for name, size in sizes.items()
        ]
        return " + ".join(terms) or "0"

    return Confounded(weights=signed, words=f"{side(1)} = {side(-1)}")


def _check(X: Array, y: Array) -> None:
    if not len(y):
        problem = Problem("the table", "no row is complete", "See which column is empty.")
        raise DataError("There is nothing to fit", [problem])
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        problem = Problem("the table", "a number is infinite", "Remove or correct it.")
        raise DataError("There is nothing to fit", [problem])


def _estimate(value: float, error: float, degrees: int, level: float, n: int) -> Estimate:
    method = "least squares by pseudo-inverse"
    return t_estimate(value, error, degrees, level=level, n=n, method=method)


def _t(value: float, error: float) -> float:
    return value / error if error > 0 else math.nan
