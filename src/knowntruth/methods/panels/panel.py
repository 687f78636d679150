"""Panels: units that are seen in several periods, some of them treated from some period on.

A *panel* has one row a unit and period. A unit's *first* treated period splits its rows into
*before* and *after*; a unit without one in the data is *never* treated, one treated from the
first period on is *always* treated. Units belong to *clusters*: by default each is its own.

The table is read once, in DuckDB; methods work on the panel. Units, periods and clusters are
numbers from 0 there, in the order of their labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ...errors import DataError, Problem
from ..tables import Table, check_columns, check_numbers, kind, number, quoted, relation

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]
Sparse = Any  # scipy has no types


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """Rows of a panel, ordered by unit and period.

    Attributes:
        unit, period: by row.
        outcome, weight: by row; weights are above zero.
        covariates: by row, one column a name in `names`.
        names: of the covariates.
        first: by unit, its first treated period; `len(periods)` where never treated.
        cluster: by unit.
        labels: by unit, as text.
        periods: labels of the periods.
        left_out: rows of the table without unit, period, outcome, weight or a covariate.
    """

    unit: Codes
    period: Codes
    outcome: Array
    weight: Array
    covariates: Array
    first: Codes
    cluster: Codes
    labels: tuple[str, ...]
    periods: tuple[Any, ...]
    names: tuple[str, ...] = ()
    left_out: int = 0

    @property
    def units(self) -> int:
        """How many units there are."""
        return len(self.first)

    @cached_property
    def clusters(self) -> int:
        """How many clusters there are."""
        return len(np.unique(self.cluster))

    @cached_property
    def ever(self) -> Flags:
        """By unit, whether it is treated in some period of the data."""
        return self.first < len(self.periods)

    @cached_property
    def after(self) -> Flags:
        """By row, whether the unit is treated by then."""
        return self.period >= self.first[self.unit]

    @cached_property
    def cluster_of_rows(self) -> Codes:
        """By row, the unit's cluster."""
        return self.cluster[self.unit]

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Periods in which units are treated for the first time."""
        return tuple(int(start) for start in np.unique(self.first[self.ever]))

    @property
    def is_balanced(self) -> bool:
        """Whether every unit has a row in every period."""
        return len(self.unit) == self.units * len(self.periods)

    def wide(self) -> Array:
        """Return outcomes as units by periods, NaN where there is no row."""
        table = np.full((self.units, len(self.periods)), np.nan)
        table[self.unit, self.period] = self.outcome
        return table

    def by_unit(self, values: Array, rows: Flags | None = None) -> Array:
        """Return the sum of `values` in each unit, over `rows` if given."""
        kept = values if rows is None else np.where(rows, values, 0.0)
        return np.bincount(self.unit, kept, minlength=self.units).astype(float)

    def within(self, columns: Array) -> Array:
        """Return columns with what units and periods explain taken away.

        That is the residual of the weighted regression on indicators of units and periods. Units
        are taken out by their means; what is left is a system as large as there are periods,
        solved directly, so that no tolerance stands between this and the regression itself.
        """
        units, crossed, inverse = self._normal
        table = columns.reshape(len(self.unit), -1)
        by_unit, by_period = self._sums
        sums, totals = by_unit @ table, by_period @ table
        means = sums / units[:, None]
        gamma = inverse @ (totals - crossed.T @ means)
        alpha = means - (crossed @ gamma) / units[:, None]
        left: Array = table - alpha[self.unit] - gamma[self.period]
        return left.reshape(columns.shape)

    @cached_property
    def _sums(self) -> tuple[Sparse, Sparse]:
        """Return what adds rows up to units and to periods, by weight."""
        rows, n = np.arange(len(self.unit)), len(self.unit)
        counts = (self.unit, self.units), (self.period, len(self.periods))
        by_unit, by_period = (
            sparse.csr_array((self.weight, (code, rows)), shape=(count, n))
            for code, count in counts
        )
        return by_unit, by_period

    @property
    def left_inverse(self) -> Array:
        """Inverse of the periods' indicators' products, once units are taken away."""
        return self._normal[2]

    @cached_property
    def _normal(self) -> tuple[Array, Sparse, Array]:
        """Return weights of units, of units by periods, and the inverse that `within` needs."""
        crossed = sparse.csr_array(
            (self.weight, (self.unit, self.period)), shape=(self.units, len(self.periods))
        )
        units = crossed.sum(axis=1)
        scaled = crossed.multiply(1 / units[:, None]).tocsr()
        left = np.diag(crossed.sum(axis=0)) - (crossed.T @ scaled).toarray()
        # Units' and periods' indicators have the same sum, so one direction is always free.
        return units, crossed, np.linalg.pinv(left, rcond=1e-12, hermitian=True)

    @cached_property
    def parts(self) -> int:
        """Parts of the panel that share neither a unit nor a period with each other."""
        _, crossed, _ = self._normal
        return int(sparse.csgraph.connected_components(_bipartite(crossed), directed=False)[0])


def read(
    table: Table,
    *,
    unit: str,
    period: str,
    outcome: str,
    first_treated: str | None = None,
    group: str | None = None,
    start: object = None,
    weight: str | None = None,
    cluster: str | None = None,
    covariates: Sequence[str] = (),
) -> Panel:
    """Read a panel: treatment is given by `first_treated`, or by `group` and `start`.

    Args:
        table: one row a unit and period.
        unit, period, outcome: columns. Periods are numbers or dates, or text in sorted order.
        first_treated: column of the period in which the unit is treated for the first time;
            missing, NaN or infinite where it never is.
        group: column of zeros and ones, 1 for units that are treated from `start` on.
        start: the first period of treatment of that group, in the form of the column `period`.
        weight: column of weights; rows of weight 0 are left out.
        cluster: column of clusters, in which units lie whole.
        covariates: columns of numbers.

    Raises:
        DataError: a missing column, one without numbers, two rows of a unit in one period, a
            unit of two groups or clusters, a negative weight, or no complete row.
        ValueError: neither or both ways to give the treatment.
    """
    if (first_treated is None) == (group is None) or (group is None) != (start is None):
        raise ValueError("treatment is given by first_treated, or by group and start")
    rows = relation(table)
    numbers = [outcome, *covariates, *(name for name in (weight, group) if name)]
    others = [name for name in (first_treated, cluster) if name]
    check_columns(rows, [unit, period, *numbers, *others])
    check_numbers(rows, numbers)
    began = _first(rows, period, first_treated, group, start)
    values = [number(name, whole=False) for name in (outcome, *covariates)]
    asked = [
        f"CAST({quoted(unit)} AS VARCHAR) AS unit",
        f"{_finite(rows, period)} AS period",
        f"{began} AS began",
        f"CAST({quoted(cluster or unit)} AS VARCHAR) AS cluster",
        f"{number(weight, whole=False) if weight else '1.0'} AS weight",
        *(f"{value} AS value_{i}" for i, value in enumerate(values)),
    ]
    whole = rows.project(", ".join(asked))
    wanted = ["unit", "period", "cluster", "weight", *(f"value_{i}" for i in range(len(values)))]
    known = whole.filter(" AND ".join(f"{name} IS NOT NULL" for name in wanted) + " AND weight<>0")
    _check(known, [outcome, *covariates], unit, period)
    periods = tuple(label for (label,) in known.project("period").distinct().fetchall())
    periods = tuple(sorted(periods))
    by_unit = known.aggregate("unit, any_value(cluster) AS cluster, any_value(began) AS began")
    coded = by_unit.project(
        "unit, dense_rank() OVER (ORDER BY cluster) - 1 AS cluster, began"
    ).order("unit")
    labels, cluster_codes, first = [], [], []
    # Few periods begin treatment, so each is looked up once.
    places: dict[Any, int] = {None: len(periods)}
    for label, code, when in coded.fetchall():
        if when not in places:
            places[when] = sum(other < when for other in periods)
        labels.append(label)
        cluster_codes.append(code)
        first.append(places[when])
    found = known.project(
        "dense_rank() OVER (ORDER BY unit) - 1 AS unit_code, "
        "dense_rank() OVER (ORDER BY period) - 1 AS period_code, weight, "
        + ", ".join(f"value_{i}" for i in range(len(values)))
    )
    columns = found.order("unit_code, period_code").fetchnumpy()
    given = [np.asarray(columns[f"value_{i}"], dtype=float) for i in range(len(values))]
    return Panel(
        unit=np.asarray(columns["unit_code"], dtype=np.intp),
        period=np.asarray(columns["period_code"], dtype=np.intp),
        outcome=given[0],
        weight=np.asarray(columns["weight"], dtype=float),
        covariates=np.column_stack([np.empty((len(given[0]), 0)), *given[1:]]),
        names=tuple(covariates),
        first=np.array(first, dtype=np.intp),
        cluster=np.array(cluster_codes, dtype=np.intp),
        labels=tuple(labels),
        periods=periods,
        left_out=_count(rows) - len(given[0]),
    )


def balanced(outcome: Array, first: Codes) -> Panel:
    """Return the panel of outcomes, units by periods, and of each unit's first treated period.

    Units and periods are named by their numbers; `first` is the number of periods for units that
    are never treated.
    """
    units, periods = outcome.shape
    return Panel(
        unit=np.repeat(np.arange(units), periods),
        period=np.tile(np.arange(periods), units),
        outcome=outcome.ravel(),
        weight=np.ones(outcome.size),
        covariates=np.empty((outcome.size, 0)),
        first=first,
        cluster=np.arange(units),
        labels=tuple(map(str, range(units))),
        periods=tuple(range(periods)),
    )


def _first(
    rows: duckdb.DuckDBPyRelation,
    period: str,
    first_treated: str | None,
    group: str | None,
    start: object,
) -> str:
    """Return the first treated period as SQL, NULL where there is none."""
    whole_type = rows.types[rows.columns.index(period)]
    if first_treated is not None:
        return f"CAST({_finite(rows, first_treated)} AS {whole_type})"
    value = number(str(group), whole=False)
    ((odd,),) = rows.aggregate(f"count(*) FILTER ({value} NOT IN (0, 1))").fetchall()
    if odd:
        problem = Problem(f"column {group}", "a value is neither 0 nor 1", "Use 1 for treated.")
        raise DataError("A group must be 0 or 1", [problem])
    text = str(start).replace("'", "''")
    return f"CASE WHEN {value} = 1 THEN CAST('{text}' AS {whole_type}) END"


def _finite(rows: duckdb.DuckDBPyRelation, column: str) -> str:
    name = quoted(column)
    if kind(rows, column) not in {"FLOAT", "DOUBLE"}:
        return name
    return f"CASE WHEN isfinite({name}) THEN {name} END"


def _check(known: duckdb.DuckDBPyRelation, numbers: Sequence[str], unit: str, period: str) -> None:
    infinite = [f"count(*) FILTER (isinf(value_{i}))" for i in range(len(numbers))]
    ((rows, below, *counts),) = known.aggregate(
        ", ".join(["count(*)", "count(*) FILTER (weight < 0 OR isinf(weight))", *infinite])
    ).fetchall()
    if not rows:
        problem = Problem("the table", "no row is complete", "See which column is empty.")
        raise DataError("There is no panel", [problem])
    by_unit = known.aggregate(
        "count(*) - count(DISTINCT period) AS twice, count(DISTINCT cluster) AS clusters, "
        "count(DISTINCT began) + CAST(count(began) BETWEEN 1 AND count(*) - 1 AS INT) AS began",
        "unit",
    )
    ((twice, clusters, began),) = by_unit.aggregate(
        "count(*) FILTER (twice > 0), count(*) FILTER (clusters > 1), count(*) FILTER (began > 1)"
    ).fetchall()
    found = [
        (f"column {name}", "a value is infinite", "Remove or correct it.", count)
        for name, count in zip(numbers, counts, strict=True)
    ]
    found += [
        ("the weights", "one is negative or infinite", "Remove or correct it.", below),
        (
            f"columns {unit} and {period}",
            f"units with two rows in a period: {twice:,}",
            "Aggregate to one row a unit and period.",
            twice,
        ),
        (
            f"column {unit}",
            f"units in more than one cluster: {clusters:,}",
            "Choose clusters that hold units whole.",
            clusters,
        ),
        (
            f"column {unit}",
            f"units with more than one group or first treated period: {began:,}",
            "Give every row of a unit the same.",
            began,
        ),
    ]
    problems = [Problem(where, what, fix) for where, what, fix, count in found if count]
    if problems:
        raise DataError("This is no panel", problems)


def _count(rows: duckdb.DuckDBPyRelation) -> int:
    ((count,),) = rows.aggregate("count(*)").fetchall()
    return int(count)


def _bipartite(crossed: Sparse) -> Sparse:
    return sparse.block_array([[None, crossed], [crossed.T, None]])
