"""Logistic: a logistic regression of cells on their factors, and where there is none.

A `Design` has a column for each level but one of every factor, the *reference*. It says which
factors follow from each other (`collinear`), and which tell events from non-events without fail
(`separating`), so that no coefficient is finite. `Fit` has coefficients and their covariance.

Errors rest by default on the sandwich of White (1982, Econometrica 50, p. 1-25), HC0 over rows,
which holds where the logistic curve is not the right one.

statsmodels' GLM is not used: it decomposes the whole design at each step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from scipy.special import chdtrc, expit, logit

from .cells import POOLED, Array, Cells, Codes, Levels

Sparse = Any  # scipy has no types

# Relative size of an eigenvalue, and of its vector's elements, that are zero but for rounding.
NOTHING = 1e-9

MOST_STEPS = 100


@dataclass(frozen=True, kw_only=True)
class JointTest:
    """Wald's test that no level of a factor differs from another.

    Attributes:
        chi2: the statistic.
        degrees: of freedom, levels but one.
        p_value: of the statistic.
    """

    chi2: float
    degrees: int
    p_value: float


@dataclass(frozen=True, eq=False)
class Design:
    """Dummies of every level but the references, with an intercept.

    Attributes:
        cells: what they are made from.
        factors: their names.
        references: by factor.
        X: cells by columns; sparse, since BLAS would share such small products among threads.
        at: of each factor and level, its column; the reference's is one past the last.
    """

    cells: Cells
    factors: Levels
    references: Mapping[str, str]
    X: Sparse
    at: Sequence[Codes]

    @classmethod
    def of(cls, cells: Cells, factors: Sequence[str], chosen: Mapping[str, str]) -> Design:
        """Return the design with the chosen references, or the most frequent levels."""
        columns = 1 + sum(len(levels) - 1 for levels in cells.levels)
        references, at, first = {}, [], 1
        for i, (name, levels) in enumerate(zip(factors, cells.levels, strict=True)):
            frequent = np.where(levels == POOLED, 0, cells.by_level(i)[0])
            most = levels[frequent.argmax()]
            # What was chosen is no level where all of them are pooled.
            references[name] = chosen.get(name, most) if len(levels) > 1 else most
            places = np.full(len(levels), columns)
            places[levels != references[name]] = range(first, first + len(levels) - 1)
            first += len(levels) - 1
            at.append(places)
        ones = [np.zeros(len(cells.trials), int)]
        ones += [places[cells.codes[:, i]] for i, places in enumerate(at)]
        where = np.column_stack(ones)
        ends = np.arange(0, where.size + 1, where.shape[1])
        X = sparse.csr_array((np.ones(where.size), where.ravel(), ends))[:, :columns]
        return cls(cells, tuple(factors), references, X, at)

    def dummies(self, factor: int) -> Codes:
        """Return the columns of a factor."""
        places = self.at[factor]
        return np.asarray(places[places < self.X.shape[1]])

    def collinear(self) -> Levels:
        """Return the factors whose dummies depend on each other."""
        loose = _null_space(self.X)
        return self._involved((loose**2).sum(axis=1))

    def separating(self) -> Levels:
        """Return the factors of a combination that tells events from non-events, or nothing.

        There is one if some `b` other than 0 has `X @ b` nowhere below 0 where there are events,
        and nowhere above where there are non-events (Albert & Anderson 1984, Biometrika 71,
        p. 1-10). A linear program finds it (Konis 2007, thesis, University of Oxford).
        """
        trials, events = self.cells.trials, self.cells.events
        mixed = (events > 0) & (events < trials)
        # Where both happen `X @ b` is 0, which seldom leaves anything to search.
        loose = _null_space(self.X[mixed])
        if not loose.shape[1]:
            return ()
        side = np.where(events[~mixed] > 0, 1.0, -1.0)[:, None] * (self.X[~mixed] @ loose)
        found = linprog(-side.sum(axis=0), A_ub=-side, b_ub=np.zeros(len(side)), bounds=(-1, 1))
        return self._involved((loose @ found.x) ** 2)

    def _involved(self, weights: Array) -> Levels:
        return tuple(
            name
            for i, name in enumerate(self.factors)
            if (weights[self.dummies(i)] > NOTHING).any()
        )


@dataclass(frozen=True, eq=False)
class Fit:
    """A logistic regression: coefficients and their covariance."""

    coefficients: Array
    covariance: Array

    @classmethod
    def of(cls, design: Design, *, robust: bool) -> Fit | None:
        """Return the fit, or nothing where it does not converge.

        It is Newton's method with the damped step for functions such as this one, by which it
        cannot overshoot (Sun & Tran-Dinh 2019, Mathematical Programming 178, p. 145-213).
        """
        X, trials, events = design.X, design.cells.trials, design.cells.events
        b = np.zeros(X.shape[1])
        b[0] = logit(events.sum() / trials.sum())
        for _ in range(MOST_STEPS):
            p = expit(X @ b)
            information = _gram(X, trials * p * (1 - p))
            step = np.linalg.solve(information, X.T @ (events - trials * p))
            far = float(np.abs(X @ step).max())
            if far < NOTHING:
                break
            b += step * np.log1p(far) / far
        else:
            return None
        covariance = np.linalg.inv(information)
        if robust:
            # Each row's score is its residual, 1 - p or -p, times its x.
            scores = events * (1 - p) ** 2 + (trials - events) * p**2
            covariance = covariance @ _gram(X, scores) @ covariance
        return cls(b, np.asarray(covariance))

    def joint_test(self, design: Design, name: str) -> JointTest:
        """Return Wald's test that all coefficients of a factor are 0."""
        columns = design.dummies(design.factors.index(name))
        b = self.coefficients[columns]
        statistic = float(b @ np.linalg.solve(self.covariance[np.ix_(columns, columns)], b))
        return JointTest(
            chi2=statistic,
            degrees=len(columns),
            p_value=float(chdtrc(len(columns), statistic)),
        )


def _gram(X: Sparse, weights: Array) -> Array:
    return np.asarray((X.T @ X.multiply(weights[:, None])).toarray())


def _null_space(X: Sparse) -> Array:
    """Return vectors that `X` takes to 0, as columns."""
    values, vectors = np.linalg.eigh(_gram(X, np.ones(X.shape[0])))
    return np.asarray(vectors[:, values <= NOTHING * max(values[-1], 1.0)])
