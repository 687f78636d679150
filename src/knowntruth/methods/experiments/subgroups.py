"""Subgroups: comparing the arms among units above a threshold, such as power users.

Where the column is from before the experiment, the units above are alike in both arms, and
the comparison says what treatment did to them. Where treatment can move the column, it also
moves who is above: the arms then hold different units, and the comparison is biased even
though the arms were assigned at random (Rosenbaum 1984). `membership` shows that it happened.
"""

from __future__ import annotations

import duckdb

from ...errors import DataError, Problem
from ..checks import check_share
from ..moments import Moments, summarise
from ..tables import Table, check_columns, check_numbers, is_whole, number, quoted, relation
from .comparing import Kind, compare
from .experiments import Comparison

ARMS = ("control", "treatment")
ABOVE = "at or above the threshold"


def top_share(table: Table, column: str, quantile: float) -> float:
    """Return the value that the top 1 - `quantile` of all units reach, whatever their arm.

    The quantile interpolates linearly, as pandas' does; missing values are left out.

    Raises:
        DataError: a missing column, one without numbers, or one without a known value.
    """
    check_share("quantile", quantile)
    rows = relation(table)
    value = _value(rows, column)
    ((found,),) = rows.aggregate(f"quantile_cont({value}, {quantile!r})").fetchall()
    if found is None:
        problem = Problem(f"column {column}", "no value is known", "Choose another column.")
        raise DataError("There is no threshold", [problem])
    return float(found)


def effect_above(
    table: Table,
    outcome: str,
    by_column: str,
    threshold: float,
    *,
    kind: Kind,
    level: float,
    by: str = "arm",
) -> Comparison:
    """Compare the arms, `control` and `treatment`, among units at or above a threshold.

    `kind` is the outcome's. Only a `by_column` that treatment cannot move makes this the
    effect on those units.

    Raises:
        DataError: a missing column, one without numbers, or an arm without a known outcome
            at or above the threshold.
    """
    check_share("level", level)
    rows = relation(table)
    above = rows.filter(f"coalesce({_value(rows, by_column)} >= {_literal(threshold)}, false)")
    return compare(
        _arms(above, outcome, by, f"at or above {threshold:g}"), outcome, kind=kind, level=level
    )


def membership(
    table: Table, by_column: str, threshold: float, *, level: float, by: str = "arm"
) -> Comparison:
    """Compare the share of each arm, `control` and `treatment`, at or above a threshold.

    Assignment at random makes the shares alike but for chance, so a clear difference proves
    that the subgroup was chosen after treatment. No difference proves nothing: equal shares
    may be of different units. Units where the column is not known are left out.

    Raises:
        DataError: a missing column, one without numbers, or an arm without a known value.
    """
    check_share("level", level)
    rows = relation(table)
    above = f"{_value(rows, by_column)} >= {_literal(threshold)} AS {quoted(ABOVE)}"
    check_columns(rows, [by])
    members = rows.project(f"{quoted(by)}, {above}")
    return compare(_arms(members, ABOVE, by, "known"), ABOVE, kind="proportion", level=level)


def _value(rows: duckdb.DuckDBPyRelation, column: str) -> str:
    check_columns(rows, [column])
    check_numbers(rows, [column])
    return number(column, whole=is_whole(rows, column))


def _literal(threshold: float) -> str:
    return f"CAST({float(threshold)!r} AS DOUBLE)"


def _arms(rows: duckdb.DuckDBPyRelation, column: str, by: str, which: str) -> dict[str, Moments]:
    found = summarise(rows, [column], by=by)
    problems = [
        Problem(f"the {arm} arm", f"it has no unit {which}", "Choose another threshold.")
        for arm in ARMS
        if arm not in found or not found[arm].samples[column].count
    ]
    if problems:
        raise DataError("A subgroup is empty", problems)
    return found
