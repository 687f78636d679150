"""Marginal effects: to what extent each factor matters for a 0/1 outcome, others held as they are.

A *factor* is a column of labels, or of zeros and ones; its values are *levels*, and one of them
is the *reference*. The *effect* of a level is standardised: give every row that level, then give
every row the reference, and take the mean difference of what a logistic regression on all factors
predicts (the average marginal effect of a discrete change, or g-computation). The *crude* effect
is the difference of two rates, which leaves the other factors as they happen to go along.

The table is read once, as *cells*: rows and events of each combination of levels. Nothing but
cells enters the regression, so that a large table costs little more than reading it.

Errors are by the delta method (J. Pitblado, Stata FAQ "Compute standard errors with margins"),
with the factors of the rows taken as fixed. By default they rest on the sandwich of White (1982,
Econometrica 50, p. 1-25), HC0 over rows, which holds where the logistic curve is not the right
one. Crude and adjusted effects are made alike: with one factor the adjusted effect is the crude
one, and so is its error.

statsmodels' `get_margeff(dummy=True)` turns one dummy of a factor on and off and leaves the
factor's other dummies as they are. With more than two levels it so gives some rows two levels at
once. It is not used here; neither is its GLM, which decomposes the whole design at each step.

What is assumed: factors add up in the log odds, and nothing unmeasured goes with a factor and
moves the outcome too. No table can show the second. Where factors multiply the rate instead of
the odds, an effect is missed by little: not at all where factors do not go along with each other,
else by a few hundredths of its size at a rate of a tenth, and less the rarer the outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog
from scipy.special import chdtrc, expit, logit, ndtr, ndtri

from ..errors import DataError, Problem
from ..story.estimates import Estimate
from .checks import check_at_least, check_share
from .crossed import BLANK
from .tables import (
    FRACTIONAL,
    WHOLE,
    Table,
    check_columns,
    check_numbers,
    is_whole,
    kind,
    number,
    quoted,
    relation,
)

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Labels = NDArray[np.object_]
Sparse = Any  # scipy has no types
Levels = tuple[str, ...]
ByLevel = Mapping[str, Estimate]

POOLED = "(other)"

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


@dataclass(frozen=True, kw_only=True)
class MarginalEffects:
    """What each level of each factor does to the rate of an outcome.

    Levels are in the order of their text, with "(other)" and "(blank)" behind. A factor of which
    one level is left has no effects and no joint test.

    Attributes:
        outcome: its column.
        factors: columns that are adjusted for.
        references: by factor, the level that others are compared with.
        effects: by factor and level but the reference, unit `points`; empty where `reason` is not.
        crude: the same without adjustment, over the same rows.
        rates: by factor and level, the rate if every row had that level, unit `share`, its
            interval made on the log odds; empty where `reason` is not.
        joint: by factor, whether it matters at all; empty where `reason` is not.
        n: rows that entered.
        events: those of them with the outcome.
        pooled: by factor, levels that are "(other)": those with too few events or non-events,
            and where they are too few together as well, the next scarcest; factors without any
            are absent. Of a factor all of whose levels are pooled nothing is left to compare.
        collinear: factors that cannot be told apart.
        reason: why there are no effects, or "".
    """

    outcome: str
    factors: Levels
    references: Mapping[str, str]
    effects: Mapping[str, ByLevel] = field(default_factory=dict)
    crude: Mapping[str, ByLevel] = field(default_factory=dict)
    rates: Mapping[str, ByLevel] = field(default_factory=dict)
    joint: Mapping[str, JointTest] = field(default_factory=dict)
    n: int
    events: int
    pooled: Mapping[str, Levels] = field(default_factory=dict)
    collinear: Levels = ()
    reason: str = ""


def marginal_effects(
    table: Table,
    outcome: str,
    factors: Sequence[str],
    *,
    level: float,
    references: Mapping[str, str] | None = None,
    fewest_events: int = 5,
    of: Sequence[str] | None = None,
    robust: bool = True,
) -> MarginalEffects:
    """Return the standardised effect of every level of `factors` on a 0/1 outcome.

    Rows without the outcome, or without a factor of numbers, take no part; a missing label is
    the level "(blank)". Numbers come back as text, 1.0 and true as "1". The reference of a factor
    is its most frequent level, of the same many the first by its text, never "(other)" where
    there is another; `references` sets it by factor. `of` limits the factors whose effects are
    returned, not those adjusted for. `robust=False` takes the errors that hold where the
    logistic regression is right.

    Levels with fewer than `fewest_events` events or non-events are pooled. No row is left out for
    that: rows chosen by their outcomes would bend every effect.

    Raises:
        DataError: a missing column, or an outcome that is not 0/1.
        ValueError: an argument out of its range, a factor named twice, or a reference that is
            none of the factor's levels.
    """
    check_share("level", level)
    check_at_least("fewest_events", fewest_events, 1)
    chosen = dict(references or {})
    wanted = _check_factors(outcome, factors, factors if of is None else of, chosen)
    read = _Cells.of(table, outcome, factors)
    _check_references(read, factors, chosen)
    result = MarginalEffects(
        outcome=outcome, factors=tuple(factors), references={}, n=read.n, events=read.happened
    )
    if lack := read.lack(outcome, fewest_events):
        return replace(result, reason=lack)
    cells, pooled = _pool(read, factors, fewest_events)
    result = replace(result, pooled=pooled)
    if lack := _lack_of_reference(cells, factors, chosen):
        return replace(result, reason=lack)
    design = _Design.of(cells, factors, chosen)
    made = _ZTests(level=level, n=cells.n)
    result = replace(
        result,
        references=design.references,
        crude={name: _crude(design, name, made) for name in wanted},
    )
    if collinear := design.collinear():
        lack = f"{_listed(collinear)} cannot be told apart: one follows from the rest"
        return replace(result, collinear=collinear, reason=lack)
    if apart := design.separating():
        lack = f"some combination of {_listed(apart)} has only rows with {outcome} or only without"
        return replace(result, reason=f"{lack} (separation)")
    fit = _Fit.of(design, robust=robust)
    if fit is None:
        return replace(result, reason="the logistic regression did not converge")
    found = {name: _standardised(design, fit, name, made) for name in wanted}
    return replace(
        result,
        effects={name: effects for name, (effects, _) in found.items()},
        rates={name: rates for name, (_, rates) in found.items()},
        joint={
            name: fit.joint_test(design, name) for name, (effects, _) in found.items() if effects
        },
    )


def crude(
    table: Table,
    outcome: str,
    factor: str,
    *,
    level: float,
    reference: str | None = None,
    fewest_events: int = 5,
) -> MarginalEffects:
    """Return the effects of one factor alone: differences of two rates, with Wald's interval.

    The interval is that of the delta method, as an adjusted effect's is, not that of a score
    test. Rows that lack another factor take part, so that `MarginalEffects.crude` of several
    factors is the one to lay beside their adjusted effects.

    Raises:
        DataError, ValueError: as `marginal_effects`.
    """
    references = {} if reference is None else {factor: reference}
    return marginal_effects(
        table, outcome, [factor], level=level, references=references, fewest_events=fewest_events
    )


@dataclass(frozen=True, eq=False)
class _Cells:
    """Rows and events of each combination of levels.

    Attributes:
        levels: of each factor, in the order of their text.
        codes: of each cell and factor, the position of its level.
        trials, events: of each cell.
    """

    levels: Sequence[Labels]
    codes: Codes
    trials: Array
    events: Array

    @classmethod
    def of(cls, table: Table, outcome: str, factors: Sequence[str]) -> _Cells:
        """Return the cells of a table, in one query."""
        rows = relation(table)
        check_columns(rows, [outcome, *factors])
        check_numbers(rows, [outcome])
        columns = [outcome, *factors]
        numeric = [kind(rows, name) in WHOLE | FRACTIONAL | {"DECIMAL"} for name in columns]
        values = [
            number(name, whole=is_whole(rows, name)) if counts else quoted(name)
            for name, counts in zip(columns, numeric, strict=True)
        ]
        known = [f"({v}) IS NOT NULL" for v, counts in zip(values, numeric, strict=True) if counts]
        labels = [
            f"regexp_replace(CAST({value} AS VARCHAR), '\\.0$', '')"
            if counts
            else f"coalesce(CAST({value} AS VARCHAR), '{BLANK}')"
            for value, counts in zip(values[1:], numeric[1:], strict=True)
        ]
        y = values[0]
        asked = [*labels, "count(*)", f"sum({y})", f"count(*) FILTER (({y}) NOT IN (0, 1))"]
        found = (
            rows.filter(" AND ".join(known))
            .aggregate(", ".join(asked), ", ".join(values[1:]))
            .fetchnumpy()
        )
        *texts, trials, events, strange = found.values()
        if strange.any():
            problem = Problem(
                f"column {outcome}", "a value is neither 0 nor 1", "Choose a 0/1 column."
            )
            raise DataError("The outcome must be 0 or 1", [problem])
        return cls.made(texts, np.asarray(trials, float), np.asarray(events, float))

    @classmethod
    def made(cls, texts: Sequence[Labels], trials: Array, events: Array) -> _Cells:
        """Return cells from the label of each factor, in one order and each once."""
        # Sorting makes the same sums of the same rows, however many threads read them.
        pairs = [pd.factorize(text, sort=True) for text in texts]
        codes = np.column_stack([code for code, _ in pairs])
        order = np.lexsort(codes.T)
        codes = codes[order]
        starts = np.flatnonzero(np.r_[True, (codes[1:] != codes[:-1]).any(axis=1)][: len(codes)])
        return cls(
            levels=[np.asarray(levels, object) for _, levels in pairs],
            codes=codes[starts],
            trials=np.add.reduceat(trials[order], starts) if len(starts) else trials,
            events=np.add.reduceat(events[order], starts) if len(starts) else events,
        )

    @property
    def n(self) -> int:
        """Rows."""
        return round(float(self.trials.sum()))

    @property
    def happened(self) -> int:
        """Rows with the outcome."""
        return round(float(self.events.sum()))

    def by_level(self, factor: int) -> tuple[Array, Array]:
        """Return rows and events of each level of a factor."""
        codes, count = self.codes[:, factor], len(self.levels[factor])
        trials, events = (
            np.bincount(codes, each, minlength=count).astype(float)
            for each in (self.trials, self.events)
        )
        return trials, events

    def lack(self, outcome: str, fewest: int) -> str:
        """Return what there is too little of, in words, or nothing."""
        if not self.n:
            return f"no row has {outcome} and all factors"
        if self.happened < fewest:
            return f"fewer than {fewest} rows have {outcome}"
        return f"fewer than {fewest} rows lack {outcome}" if self.n - self.happened < fewest else ""


def _pool(cells: _Cells, factors: Sequence[str], fewest: int) -> tuple[_Cells, dict[str, Levels]]:
    """Pool levels that are short of events or non-events, with more of them where they must be.

    No row is left out: who has a level with few events would be missing by outcome.
    """
    pooled: dict[str, Levels] = {}
    texts = []
    for i, name in enumerate(factors):
        levels, codes = cells.levels[i], cells.codes[:, i]
        trials, events = cells.by_level(i)
        scarce = np.minimum(events, trials - events)
        together = scarce < fewest
        while together.any() and not together.all():
            few = events[together].sum(), (trials - events)[together].sum()
            if min(few) >= fewest:
                break
            alone = np.flatnonzero(~together)
            together[alone[np.argmin(scarce[alone])]] = True
        if together.any():
            pooled[name] = tuple(sorted(levels[together]))
            levels = np.where(together, POOLED, levels)
        texts.append(levels[codes])
    return (_Cells.made(texts, cells.trials, cells.events) if pooled else cells), pooled


@dataclass(frozen=True, eq=False)
class _Design:
    """Dummies of every level but the references, with an intercept.

    Attributes:
        cells: what they are made from.
        factors: their names.
        references: by factor.
        X: cells by columns; sparse, since BLAS would share such small products among threads.
        at: of each factor and level, its column; the reference's is one past the last.
    """

    cells: _Cells
    factors: Levels
    references: Mapping[str, str]
    X: Sparse
    at: Sequence[Codes]

    @classmethod
    def of(cls, cells: _Cells, factors: Sequence[str], chosen: Mapping[str, str]) -> _Design:
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
class _Fit:
    """A logistic regression: coefficients and their covariance."""

    coefficients: Array
    covariance: Array

    @classmethod
    def of(cls, design: _Design, *, robust: bool) -> _Fit | None:
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

    def joint_test(self, design: _Design, name: str) -> JointTest:
        """Return Wald's test that all coefficients of a factor are 0."""
        columns = design.dummies(design.factors.index(name))
        b = self.coefficients[columns]
        statistic = float(b @ np.linalg.solve(self.covariance[np.ix_(columns, columns)], b))
        return JointTest(
            chi2=statistic,
            degrees=len(columns),
            p_value=float(chdtrc(len(columns), statistic)),
        )


@dataclass(frozen=True, kw_only=True)
class _ZTests:
    """Makes the z-tests and intervals of all levels of a factor at once."""

    level: float
    n: int

    def effects(self, levels: Labels, values: Array, errors: Array, method: str) -> ByLevel:
        """Return differences of rates."""
        reach = self._quantile * errors
        p_values = 2 * ndtr(-np.abs(values) / errors)
        ends = zip(levels, values, values - reach, values + reach, p_values, strict=True)
        return {
            name: Estimate(
                value=float(value),
                low=float(low),
                high=float(high),
                level=self.level,
                n=self.n,
                unit="points",
                p_value=float(p),
                method=f"{method}, z-test",
            )
            for name, value, low, high, p in sorted(ends, key=_in_order)
        }

    def rates(self, levels: Labels, values: Array, errors: Array, method: str) -> ByLevel:
        """Return rates, their interval on the log odds."""
        reach = self._quantile * errors / (values * (1 - values))
        low, high = expit(logit(values) - reach), expit(logit(values) + reach)
        return {
            name: Estimate(
                value=float(value),
                low=float(low),
                high=float(high),
                level=self.level,
                n=self.n,
                unit="share",
                null=None,
                method=f"{method}, interval on the log odds",
            )
            for name, value, low, high in sorted(
                zip(levels, values, low, high, strict=True), key=_in_order
            )
        }

    @property
    def _quantile(self) -> float:
        return -float(ndtri((1 - self.level) / 2))


def _crude(design: _Design, name: str, made: _ZTests) -> ByLevel:
    i = design.factors.index(name)
    levels = design.cells.levels[i]
    trials, events = design.cells.by_level(i)
    rates = events / trials
    variances = rates * (1 - rates) / trials
    against = levels == design.references[name]
    gaps, errors = rates - rates[against], np.sqrt(variances + variances[against])
    return made.effects(
        levels[~against], gaps[~against], errors[~against], "difference of two rates"
    )


def _standardised(design: _Design, fit: _Fit, name: str, made: _ZTests) -> tuple[ByLevel, ByLevel]:
    """Return effects and rates of a factor's levels, each given to every row."""
    i = design.factors.index(name)
    levels, places = design.cells.levels[i], design.at[i]
    # One element more, for the reference.
    coefficients = np.append(fit.coefficients, 0.0)
    covariance = np.pad(fit.covariance, (0, 1))
    own = coefficients[places]
    others = design.X @ fit.coefficients - own[design.cells.codes[:, i]]
    p = expit(others[:, None] + own)
    weights = design.cells.trials / design.cells.trials.sum()
    rates = weights @ p
    slopes = weights[:, None] * p * (1 - p)
    gradients = np.zeros((len(levels), len(coefficients)))
    gradients[:, :-1] = (design.X.T @ slopes).T
    gradients[:, places] = 0
    gradients[range(len(levels)), places] = slopes.sum(axis=0)
    against = levels == design.references[name]
    method = "average marginal effect of a logistic regression"
    effects = made.effects(
        levels[~against],
        (rates - rates[against])[~against],
        _errors((gradients - gradients[against])[~against], covariance),
        method,
    )
    return effects, made.rates(levels, rates, _errors(gradients, covariance), "standardised rate")


def _errors(gradients: Array, covariance: Array) -> Array:
    return np.asarray(np.sqrt(((gradients @ covariance) * gradients).sum(axis=1)))


def _gram(X: Sparse, weights: Array) -> Array:
    return np.asarray((X.T @ X.multiply(weights[:, None])).toarray())


def _null_space(X: Sparse) -> Array:
    """Return vectors that `X` takes to 0, as columns."""
    values, vectors = np.linalg.eigh(_gram(X, np.ones(X.shape[0])))
    return np.asarray(vectors[:, values <= NOTHING * max(values[-1], 1.0)])


def _in_order(row: tuple[object, ...]) -> tuple[bool, str]:
    return row[0] in (POOLED, BLANK), str(row[0])


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _check_factors(
    outcome: str, factors: Sequence[str], of: Sequence[str], chosen: Mapping[str, str]
) -> list[str]:
    """Return the factors whose effects are wanted, in the order of `factors`."""
    if not factors or len({outcome, *factors}) != len(factors) + 1:
        raise ValueError("factors are one column or more, each once and none of them the outcome")
    for argument, names in (("of", of), ("references", chosen)):
        if unknown := [name for name in names if name not in factors]:
            raise ValueError(f"{argument} names {', '.join(unknown)}, which is not in factors")
    return [name for name in factors if name in of]


def _check_references(cells: _Cells, factors: Sequence[str], chosen: Mapping[str, str]) -> None:
    for name, reference in chosen.items():
        levels = cells.levels[factors.index(name)]
        # A table without rows has no levels at all, which is no fault of the argument.
        if cells.n and reference not in levels:
            raise ValueError(f"{name} has no level {reference}; it has {', '.join(levels)}")


def _lack_of_reference(cells: _Cells, factors: Sequence[str], chosen: Mapping[str, str]) -> str:
    lost = [
        f"{reference}, the reference of {name},"
        for name, reference in chosen.items()
        if reference not in cells.levels[factors.index(name)]
        and len(cells.levels[factors.index(name)]) > 1
    ]
    return f"{lost[0]} has too few events or non-events" if lost else ""
