"""Links: how an outcome goes with another column, within the arms of an experiment.

*Linked moments* are those of the outcome, the other column, their product and the other
column's square, over the rows where both are known: what a slope takes, and its error where
the outcome does not vary equally at every level of the other column.

A *link* is what the linked moments of two arms say: the *slope* of the outcome on the other
column in control, the difference *expected* from how far treatment moved that column, and
the difference *observed*, with the covariance of their errors.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, Problem
from ...story.estimates import Estimate
from ...story.numbers import Unit
from ..intervals import z_interval
from ..moments import Moments, Pair, summarise
from ..tables import Table, check_columns, check_numbers, is_whole, number, quoted, relation
from .experiments import ROUNDING

Array = NDArray[np.float64]

ARMS = ("control", "treatment")
BLANK = "(blank)"
CELL = "arm and value"


@dataclass(frozen=True)
class Link:
    """What the linked moments of two arms say.

    Attributes:
        observed: difference of the outcome, treatment minus control.
        expected: slope times the difference of the other column.
        slope: of the outcome on the other column in control.
        covariance: of the errors of the three, in this order, as a 3 by 3 array.
        n: units of both arms.
    """

    observed: float
    expected: float
    slope: float
    covariance: Array
    n: int

    @property
    def parts(self) -> tuple[float, float, float]:
        """Observed, expected and direct difference."""
        return self.observed, self.expected, self.observed - self.expected

    @property
    def variances(self) -> tuple[float, float, float]:
        """Of the same."""
        observed, expected, between = self.covariance[[0, 1, 0], [0, 1, 1]].tolist()
        direct = observed + expected - 2 * between
        # What is left of two equal errors is rounding.
        return observed, expected, direct if direct > ROUNDING * observed else 0.0


@dataclass(frozen=True, kw_only=True)
class ZTest:
    """The z-test of estimates that share a level, a number of units and a unit."""

    level: float
    n: int
    unit: Unit

    def estimate(self, value: float, variance: float, method: str) -> Estimate:
        """Return a value with its z interval; unbounded where nothing varies."""
        is_tested = variance > 0
        return z_interval(
            value,
            math.sqrt(variance) if is_tested else 0.0,
            self.n,
            level=self.level,
            method=f"{method}, z-test" if is_tested else method,
            unit=self.unit,
        )


def linked(table: Table, outcome: str, mediator: str, *, by: str = "arm") -> dict[str, Moments]:
    """Return the linked moments of each value of `by`, in one query.

    Rows where outcome or mediator is not known are left out.

    Raises:
        DataError: a missing column, one without numbers, or values too large to square.
    """
    rows = relation(table)
    check_columns(rows, [by, outcome, mediator])
    check_numbers(rows, [outcome, mediator])
    y, m = (number(name, whole=is_whole(rows, name)) for name in (outcome, mediator))
    product, square = _products(outcome, mediator)
    known = rows.filter(f"({y}) IS NOT NULL AND ({m}) IS NOT NULL").project(
        f"{quoted(by)}, {quoted(outcome)}, {quoted(mediator)}, "
        f"({y}) * ({m}) AS {quoted(product)}, ({m}) * ({m}) AS {quoted(square)}"
    )
    names = [outcome, mediator, product, square]
    pairs = list(itertools.combinations(names, 2))
    return summarise(known, [outcome, mediator], by=by, pairs=pairs)


def linked_within(
    table: Table, outcome: str, mediator: str, *, across: str
) -> dict[str, dict[str, Moments]]:
    """Return the linked moments by value of `across` and arm, in one query.

    The arms are "control" and "treatment"; rows of others are left out. Values come back as
    text and in its order, a missing one as "(blank)". An arm that has no row with a value is
    absent from it.

    Raises:
        DataError: as `linked`.
    """
    rows = relation(table)
    check_columns(rows, ["arm", across, outcome, mediator])
    arm, value = (f"CAST({quoted(name)} AS VARCHAR)" for name in ("arm", across))
    # An arm's name holds no colon, so the first one ends it whatever the value holds.
    cell = f"{arm} || ':' || coalesce({value}, '{BLANK}') AS {quoted(CELL)}"
    used = ", ".join([cell, quoted(outcome), quoted(mediator)])
    known = rows.filter(f"{arm} IN {ARMS}").project(used)
    found: dict[str, dict[str, Moments]] = {}
    for key, moments in linked(known, outcome, mediator, by=CELL).items():
        name, _, of = key.partition(":")
        found.setdefault(of, {})[name] = moments
    return dict(sorted(found.items()))


def missing_arm(arms: Mapping[str, Moments]) -> str:
    """Return which arm is absent, in words, or nothing."""
    absent = [f"{arm} has no unit" for arm in ARMS if arm not in arms]
    return absent[0] if absent else ""


def link_of(control: Moments, treatment: Moments, outcome: str, mediator: str) -> Link:
    """Return observed and expected difference and slope, with their covariance.

    Each is moved by a unit in proportion to that unit's distance from its arm's mean in four
    columns: outcome, mediator, their product, and the mediator's square. So the covariance
    of those columns is all that is needed.
    """
    c, t = control.pair(outcome, mediator), treatment.pair(outcome, mediator)
    if problems := _lacks_of_link(mediator, c, t):
        raise DataError("Nothing can be explained", problems)
    slope = c.covariance / c.second.variance
    change = t.second.mean - c.second.mean
    y, m = c.first.mean, c.second.mean
    by_slope = np.array([-m, 2 * slope * m - y, 1, -slope]) / c.second.variance
    by_control = np.array([[-1, 0, 0, 0], change * by_slope - [0, slope, 0, 0], by_slope])
    by_treatment = np.array([[1, 0, 0, 0], [0, slope, 0, 0], [0, 0, 0, 0]])
    columns = [outcome, mediator, *_products(outcome, mediator)]
    covariance = sum(
        by @ _covariances(arm, columns) @ by.T / pair.first.count
        for by, arm, pair in ((by_control, control, c), (by_treatment, treatment, t))
    )
    return Link(
        observed=t.first.mean - y,
        expected=slope * change,
        slope=slope,
        covariance=np.asarray(covariance),
        n=c.first.count + t.first.count,
    )


def _covariances(arm: Moments, columns: Sequence[str]) -> Array:
    """Return the covariance matrix of columns whose pairs the moments hold."""
    found = np.empty((len(columns), len(columns)))
    for (i, first), (j, second) in itertools.combinations(enumerate(columns), 2):
        pair = arm.pair(first, second)
        found[i, i], found[j, j] = pair.first.variance, pair.second.variance
        found[i, j] = found[j, i] = pair.covariance
    return found


def _products(outcome: str, mediator: str) -> tuple[str, str]:
    """Return the names of the two columns that linked moments add."""
    return f"{outcome} × {mediator}", f"{mediator} × {mediator}"


def _lacks_of_link(mediator: str, control: Pair, treatment: Pair) -> list[Problem]:
    problems = [
        Problem(f"the {arm} arm", f"{arm} has fewer than two known units", "Check its rows.")
        for arm, pair in zip(ARMS, (control, treatment), strict=True)
        if pair.first.count < 2
    ]
    if not problems and not control.second.variance > 0:
        what = f"{mediator} does not vary in control"
        problems.append(Problem(f"column {mediator}", what, "Choose another mediator."))
    return problems
