"""Opening somebody's own creators: their tables of sales and of value, joined into one.

The tables may be two sheets, two files, or one long table. What they say differently of
creators or months is told, and done by a rule that is told with it: only who and what stands
in both is used, blanks and missing rows count as zero, and who never sold anything is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from ...data.statements import Statement
from ...errors import DataError, Problem
from ...story.names import Name
from ..labels import label_words
from . import own_checks
from .contract import MEASURES, SALES
from .own_long import read_long
from .own_parts import Part
from .own_tables import TITLE, Parameters, find_sources
from .own_wide import read_wide

WORDS = {"creators": "creators", "month": "month", "transactions": "transactions", "gmv": "GMV"}
# As in the world: with fewer there is nothing to group, or no time over which to compare.
FEWEST_CREATORS, FEWEST_MONTHS = 20, 3


@dataclass(frozen=True)
class OwnCreators:
    """Somebody's own creators.

    Attributes:
        relation: one row a creator and month, zeros included, in the order of the table and of
            time: `creator` (VARCHAR), `month` (DATE, its first day), `transactions` (DOUBLE),
            `gmv` (DOUBLE).
        names: this run's word for each column, and for "creators".
        months: each month in order, and how the table writes it.
        statements: what was done to the tables, and what they hold that should be known.
    """

    relation: duckdb.DuckDBPyRelation
    names: Mapping[str, Name]
    months: Mapping[date, Name]
    statements: tuple[Statement, ...]


def read_creators(p: Parameters) -> OwnCreators:
    """Return the creators in the tables that `p.data`, and perhaps `p.gmv_data`, name.

    Raises:
        DataError: for tables that cannot be read without guessing, and for two that have no
            creators or no months in common.
        ParameterError: for a label of something that is not there.
    """
    parts = _parts(p)
    connection = duckdb.connect(config={"threads": 1})
    for i, part in enumerate(parts):
        connection.register(f"read_{i}", part.rows)
        connection.execute(f"CREATE TABLE part_{i} AS SELECT * FROM read_{i}")
        connection.unregister(f"read_{i}")
    told = [statement for part in parts for statement in part.statements]
    told += own_checks.only_in_one(connection, parts)
    months = _common_months(parts)
    problems = _join(connection, parts, months)
    if problems:
        raise DataError(TITLE, problems)
    headings = {"creator": parts[0].creator.text} | {
        key: name.text for part in parts for key, name in part.headings.items()
    }
    names = label_words(p.labels, WORDS | headings)
    rows = connection.table("units")
    active = rows.filter("is_active")
    told += own_checks.statements(rows, names, months)
    told.insert(0, own_checks.size(active, names, months))
    return OwnCreators(
        relation=active.project(", ".join(SALES.names)),
        names=names,
        months=months,
        statements=tuple(told),
    )


def _parts(p: Parameters) -> list[Part]:
    """Return the parts of all tables; refuse them with all that is wrong in any of them."""
    parts: list[Part] = []
    problems: list[Problem] = []
    for source in find_sources(p):
        try:
            parts.append((read_wide if source.is_wide else read_long)(source, p.columns))
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(TITLE, dict.fromkeys(problems))
    return parts


def _common_months(parts: list[Part]) -> dict[date, Name]:
    """Return the months that all parts have, as the first of them writes them."""
    return {
        month: name
        for month, name in sorted(parts[0].months.items())
        if all(month in part.months for part in parts)
    }


def _join(
    connection: duckdb.DuckDBPyConnection, parts: list[Part], months: Mapping[date, Name]
) -> list[Problem]:
    """Make `units`, with a row for each creator and month of all parts, or return why not."""
    others = " AND ".join(
        f"creator IN (SELECT creator FROM part_{i})" for i in range(1, len(parts))
    )
    connection.execute(
        f"CREATE TEMP TABLE who AS SELECT creator, min(row) AS place FROM part_0 "
        f"WHERE {others or 'TRUE'} GROUP BY creator"
    )
    ((count,),) = connection.execute("SELECT count(*) FROM who").fetchall()
    both = " and ".join(part.source.where for part in parts)
    problems: list[Problem] = []
    if not count:
        problems.append(own_checks.no_common_creators(connection, parts))
    if len(months) < FEWEST_MONTHS:
        found = ", ".join(name.text for name in months.values()) or "none"
        what = f"{'have' if len(parts) > 1 else 'has'} fewer than {FEWEST_MONTHS} months"
        what += f"{' in common' if len(parts) > 1 else ''} ({found})"
        problems.append(Problem(both, what, "Export more months"))
    if problems:
        return problems
    part_of = {m: i for i, part in enumerate(parts) for m in part.source.measures}
    joins = " ".join(
        f"LEFT JOIN part_{i} ON part_{i}.creator = who.creator AND part_{i}.month = months.month"
        for i in range(len(parts))
    )
    values = ", ".join(f"coalesce(part_{part_of[m]}.{m}, 0) AS {m}" for m in MEASURES)
    days = ", ".join(f"DATE '{month}'" for month in months)
    connection.execute(
        f"CREATE TABLE units AS SELECT who.creator, months.month, {values}, "
        f"sum(transactions + gmv) OVER (PARTITION BY who.creator) > 0 AS is_active "
        f"FROM who CROSS JOIN (SELECT unnest([{days}]) AS month) months {joins} "
        f"ORDER BY who.place, who.creator, months.month"
    )
    ((active,),) = connection.execute(
        "SELECT count(DISTINCT creator) FROM units WHERE is_active"
    ).fetchall()
    if active < FEWEST_CREATORS:
        what = f"{'have' if len(parts) > 1 else 'has'} {active:,} creators with a sale"
        what += f"{' in common' if len(parts) > 1 else ''}, and {FEWEST_CREATORS} are needed"
        return [Problem(both, what, "Export more creators")]
    return []
