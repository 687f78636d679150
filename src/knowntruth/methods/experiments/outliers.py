"""Outliers: rules for a heavy tail, applied to a table before its arms are compared.

- `none`: keep every value.
- `trim`: drop rows whose value reaches a quantile of all values, whatever their arm.
- `winsorise`: lower values beyond that quantile to it.
- `flagged`: drop rows that a column flags, such as a rule on how automated users behave.

A rule that looks at an outcome after assignment removes more of the arm that raised it:
trimming and winsorising bend the comparison, a flag that treatment does not move does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import duckdb

from ..checks import check_share
from ..tables import Table, check_columns, check_numbers, is_whole, number, quoted, relation

Rule = Literal["none", "trim", "winsorise", "flagged"]
RULES: tuple[Rule, ...] = get_args(Rule)


@dataclass(frozen=True)
class Cleaned:
    """A table after a rule.

    Attributes:
        table: the rows that are left, with the columns that it had.
        rule: the rule.
        threshold: the quantile that was applied, in the column's unit; None without one.
        removed: rows dropped, by arm.
        changed: values lowered, by arm.
    """

    table: duckdb.DuckDBPyRelation
    rule: Rule
    threshold: float | None
    removed: dict[str, int]
    changed: dict[str, int]


def apply(
    table: Table,
    column: str,
    rule: Rule,
    *,
    quantile: float = 0.99,
    flag: str = "automated",
    by: str = "arm",
) -> Cleaned:
    """Return `table` after `rule` for the values of `column`.

    The quantile interpolates linearly, as pandas' does. Missing values are neither dropped
    nor lowered; a missing flag is no flag. The table that comes back is a query, which runs
    again for each use.

    Raises:
        ValueError: an unknown rule, or a quantile that is not between 0 and 1.
        DataError: a missing column, or values that are not numbers.
    """
    if rule not in RULES:
        raise ValueError(f"there is no rule {rule!r}; there is {', '.join(RULES)}")
    check_share("quantile", quantile)
    rows = relation(table)
    check_columns(rows, [column, by, *([flag] if rule == "flagged" else [])])
    check_numbers(rows, [column])
    value = number(column, whole=is_whole(rows, column))
    threshold = _quantile(rows, value, quantile) if rule in {"trim", "winsorise"} else None
    hit = "false"
    if rule == "flagged":
        hit = f"coalesce(CAST({quoted(flag)} AS BOOLEAN), false)"
    elif threshold is not None:
        hit = f"coalesce({value} {'>=' if rule == 'trim' else '>'} {_literal(threshold)}, false)"
    hits = _count(rows, hit, by)
    none = dict.fromkeys(hits, 0)
    if rule == "winsorise":
        if threshold is not None:
            lowered = f"CASE WHEN {hit} THEN {_literal(threshold)} ELSE {quoted(column)} END"
            rows = rows.project(f"* REPLACE ({lowered} AS {quoted(column)})")
        return Cleaned(rows, rule, threshold, removed=none, changed=hits)
    return Cleaned(rows.filter(f"NOT {hit}"), rule, threshold, removed=hits, changed=none)


def _quantile(rows: duckdb.DuckDBPyRelation, value: str, quantile: float) -> float | None:
    ((found,),) = rows.aggregate(f"quantile_cont({value}, {quantile!r})").fetchall()
    return None if found is None else float(found)


def _literal(threshold: float) -> str:
    """Return the threshold as SQL; a whole one keeps a column of whole numbers whole."""
    return str(int(threshold)) if threshold.is_integer() else f"CAST({threshold!r} AS DOUBLE)"


def _count(rows: duckdb.DuckDBPyRelation, hit: str, by: str) -> dict[str, int]:
    arm = f"CAST({quoted(by)} AS VARCHAR)"
    known = rows.filter(f"{quoted(by)} IS NOT NULL")
    found = known.aggregate(f"{arm}, count(*) FILTER ({hit})", arm).fetchall()
    return dict(sorted((str(key), int(count)) for key, count in found))
