"""Treatment in somebody's own panel: since when each unit is treated, and what may be wrong.

A unit's first treated period stands in its own column, or is the `start` of the treated group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

import duckdb

from ...data.cells import literal
from ...data.periods import PARTS
from ...data.tables import OwnTable
from ...data.times import ISO
from ...errors import Problem
from ...story.names import Name

Period = int | float | date | datetime
SHOWN = 8


def first_treated(
    rows: duckdb.DuckDBPyRelation,
    table: OwnTable,
    periods: Mapping[Period, Name],
    start: str,
    *,
    is_wide: bool,
) -> tuple[duckdb.DuckDBPyRelation, list[Problem]]:
    """Return the rows with `first_treated` instead of a group, or what is wrong with it.

    `rows` have their final type of period; in a wide table treatment starts in period zero.
    """
    if "first_treated" in rows.columns:
        problems = _unlike(rows, table) or _zeros(rows, table, periods)
        return rows, problems or _varying(rows, table, "first_treated")
    began: Period | None = 0
    problems = []
    if not is_wide:
        began, problems = _start(start, rows, table, periods)
    problems += _varying(rows, table, "treated")
    if problems or began is None:
        return rows, problems
    kind = rows.types[rows.columns.index("period")]
    kept = ", ".join(f'"{name}"' for name in rows.columns if name != "treated")
    value = f"CASE WHEN treated = 1 THEN CAST({literal(began)} AS {kind}) END"
    return rows.project(f"{kept}, {value} AS first_treated"), problems


def shown(periods: Iterable[object]) -> str:
    """Return periods in a list, cut where it is long."""
    words = [name.text if isinstance(name, Name) else str(name) for name in periods]
    return ", ".join(words[:SHOWN]) + (", …" if len(words) > SHOWN else "")


def _start(
    text: str, rows: duckdb.DuckDBPyRelation, table: OwnTable, periods: Mapping[Period, Name]
) -> tuple[Period | None, list[Problem]]:
    """Return the period that `start` names, or what is wrong with it."""
    column, known = table.names["period"].text, shown(periods.values())
    pick = list(periods.values())[min(1, len(periods) - 1)].text
    fix = f"Write the first period of treatment, as in -p start={literal(pick)}"
    fix = fix.replace("'", "") if " " not in pick else fix
    if not text.strip():
        what = f"is missing: nobody knows when the group is treated. Column {column!r} has {known}"
        return None, [Problem("start", what, fix)]
    meant = _period(text.strip(), rows, table)
    hits = [period for period in periods if period == meant]
    if not hits:
        what = f"{text.strip()!r} is no period of column {column!r}, which has {known}"
        return None, [Problem("start", what, fix)]
    if hits[0] == next(iter(periods)):
        what = f"{text.strip()!r} is the first period of column {column!r}, so there is no before"
        return None, [Problem("start", what, "Correct it, or export earlier periods as well")]
    return hits[0], []


def _period(text: str, rows: duckdb.DuckDBPyRelation, table: OwnTable) -> Period | None:
    """Return the period that a text means, read as the table's are, or as an ISO date."""
    kind = str(rows.types[rows.columns.index("period")])
    if kind in {"BIGINT", "DOUBLE"}:
        moments = [f"TRY_CAST({literal(text)} AS DOUBLE)"]
    else:
        spellings = [table.spellings[c] for c in ("period",) if c in table.spellings]
        moments = [spelling.moment(literal(text)) for spelling in (*spellings, ISO)]
        if kind == "DATE":
            moments = [f"CAST({moment} AS DATE)" for moment in moments]
    with duckdb.connect() as connection:
        row = connection.execute(f"SELECT coalesce({', '.join(moments)})").fetchall()[0]
    found: Period | None = row[0]
    return found


def _unlike(rows: duckdb.DuckDBPyRelation, table: OwnTable) -> list[Problem]:
    """Return what is wrong with first treated periods that are no periods of the same kind."""
    kinds = [rows.types[rows.columns.index(name)] for name in ("first_treated", "period")]
    ways = [table.spellings.get(name) for name in ("first_treated", "period")]
    if kinds[0] == kinds[1] and (ways[0] == ways[1] or not set(ways) & set(PARTS)):
        return []
    first, period = table.names["first_treated"].text, table.names["period"].text
    what = f"is written in another way than column {period!r}, so neither comes first"
    fix = "Write both alike; leave units that are never treated blank"
    return [Problem(f"column {first!r}", what, fix)]


def _zeros(
    rows: duckdb.DuckDBPyRelation, table: OwnTable, periods: Mapping[Period, Name]
) -> list[Problem]:
    """Return what is wrong with zeros that stand for never, as no period is that early."""
    earliest = next(iter(periods))
    if isinstance(earliest, date) or earliest <= 0:
        return []
    ((count,),) = rows.filter("first_treated = 0").aggregate("count(*)").fetchall()
    if not count:
        return []
    column, name = table.names["first_treated"].text, next(iter(periods.values()))
    what = (
        f"is 0 in {count:,} {'row' if count == 1 else 'rows'}, before the first period, {name.text}"
    )
    return [Problem(f"column {column!r}", what, "Leave it blank for never")]


def _varying(rows: duckdb.DuckDBPyRelation, table: OwnTable, column: str) -> list[Problem]:
    """Return what is wrong with units that are treated otherwise in one row than in another."""
    partly = f"count({column}) BETWEEN 1 AND count(*) - 1"
    units = rows.aggregate(
        f"unit, count(DISTINCT {column}) > 1 OR {partly} AS varies", "unit"
    ).filter("varies")
    ((count,),) = units.aggregate("count(*)").fetchall()
    if not count:
        return []
    examples = ", ".join(str(unit) for unit, _ in units.order("unit").limit(3).fetchall())
    words = f"{count:,} {'unit' if count == 1 else 'units'}, such as {examples}"
    where = f"column {table.names[column].text!r}"
    if column == "treated":
        what = f"is not the same in all rows of {words}"
        fix = (
            "Write 1 in all rows of a unit that is ever treated, before its treatment as well; "
            "or map its first treated period to first_treated"
        )
        return [Problem(where, what, fix)]
    fix = "Write the same in all rows of a unit, its first treated period; blank for never"
    return [Problem(where, f"is not the same in all rows of {words}", fix)]
