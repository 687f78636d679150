"""Marginal effects: to what extent each factor matters for a 0/1 outcome, others held as they are.

A *factor* is a column of labels, or of zeros and ones; its values are *levels*, and one of them
is the *reference*. The *effect* of a level is standardised: give every row that level, then give
every row the reference, and take the mean difference of what a logistic regression on all factors
predicts (the average marginal effect of a discrete change, or g-computation). The *crude* effect
is the difference of two rates, which leaves the other factors as they happen to go along.

The table is read once, as `cells`. Nothing but cells enters the regression (`logistic`), so that
a large table costs little more than reading it.

Errors are by the delta method (J. Pitblado, Stata FAQ "Compute standard errors with margins"),
with the factors of the rows taken as fixed. Crude and adjusted effects are made alike: with one
factor the adjusted effect is the crude one, and so is its error.

statsmodels' `get_margeff(dummy=True)` turns one dummy of a factor on and off and leaves the
factor's other dummies as they are. With more than two levels it so gives some rows two levels at
once. It is not used here.

What is assumed: factors add up in the log odds, and nothing unmeasured goes with a factor and
moves the outcome too. No table can show the second. Where factors multiply the rate instead of
the odds, an effect is missed by little: not at all where factors do not go along with each other,
else by a few hundredths of its size at a rate of a tenth, and less the rarer the outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from ...story.estimates import Estimate
from ...story.names import listed
from ...story.numbers import Unit
from ..checks import check_at_least, check_share
from ..experiments.crossed import BLANK
from ..tables import Table
from .cells import POOLED, Array, Cells, Labels, Levels, pool
from .logistic import Design, Fit, JointTest

ByLevel = Mapping[str, Estimate]


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
    read = Cells.of(table, outcome, factors)
    _check_references(read, factors, chosen)
    result = MarginalEffects(
        outcome=outcome, factors=tuple(factors), references={}, n=read.n, events=read.happened
    )
    if lack := read.lack(outcome, fewest_events):
        return replace(result, reason=lack)
    cells, pooled = pool(read, factors, fewest_events)
    result = replace(result, pooled=pooled)
    if lack := _lack_of_reference(cells, factors, chosen):
        return replace(result, reason=lack)
    design = Design.of(cells, factors, chosen)
    made = _ZTests(level=level, n=cells.n)
    result = replace(
        result,
        references=design.references,
        crude={name: _crude(design, name, made) for name in wanted},
    )
    if collinear := design.collinear():
        lack = f"{listed(collinear)} cannot be told apart: one follows from the rest"
        return replace(result, collinear=collinear, reason=lack)
    if apart := design.separating():
        lack = f"some combination of {listed(apart)} has only rows with {outcome} or only without"
        return replace(result, reason=f"{lack} (separation)")
    fit = Fit.of(design, robust=robust)
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


@dataclass(frozen=True, kw_only=True)
class _ZTests:
    """Makes the z-tests and intervals of all levels of a factor at once."""

    level: float
    n: int

    def effects(self, levels: Labels, values: Array, errors: Array, method: str) -> ByLevel:
        """Return differences of rates."""
        reach = self._quantile * errors
        ends = values - reach, values + reach
        p_values = (2 * ndtr(-np.abs(values) / errors)).tolist()
        return self._made(levels, values, ends, p_values, "points", f"{method}, z-test")

    def rates(self, levels: Labels, values: Array, errors: Array, method: str) -> ByLevel:
        """Return rates, their interval on the log odds."""
        reach = self._quantile * errors / (values * (1 - values))
        ends = expit(logit(values) - reach), expit(logit(values) + reach)
        untested = [None] * len(levels)
        return self._made(
            levels, values, ends, untested, "share", f"{method}, interval on the log odds"
        )

    def _made(
        self,
        levels: Labels,
        values: Array,
        ends: tuple[Array, Array],
        p_values: Sequence[float | None],
        unit: Unit,
        method: str,
    ) -> ByLevel:
        rows = zip(levels, values, *ends, p_values, strict=True)
        return {
            name: Estimate(
                value=float(value),
                low=float(low),
                high=float(high),
                level=self.level,
                n=self.n,
                unit=unit,
                p_value=p,
                null=None if p is None else 0.0,
                method=method,
            )
            for name, value, low, high, p in sorted(rows, key=_in_order)
        }

    @property
    def _quantile(self) -> float:
        return -float(ndtri((1 - self.level) / 2))


def _crude(design: Design, name: str, made: _ZTests) -> ByLevel:
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


def _standardised(design: Design, fit: Fit, name: str, made: _ZTests) -> tuple[ByLevel, ByLevel]:
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


def _in_order(row: tuple[object, ...]) -> tuple[bool, str]:
    return row[0] in (POOLED, BLANK), str(row[0])


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


def _check_references(cells: Cells, factors: Sequence[str], chosen: Mapping[str, str]) -> None:
    for name, reference in chosen.items():
        levels = cells.levels[factors.index(name)]
        # A table without rows has no levels at all, which is no fault of the argument.
        if cells.n and reference not in levels:
            raise ValueError(f"{name} has no level {reference}; it has {', '.join(levels)}")


def _lack_of_reference(cells: Cells, factors: Sequence[str], chosen: Mapping[str, str]) -> str:
    lost = [
        f"{reference}, the reference of {name},"
        for name, reference in chosen.items()
        if reference not in cells.levels[factors.index(name)]
        and len(cells.levels[factors.index(name)]) > 1
    ]
    return f"{lost[0]} has too few events or non-events" if lost else ""
