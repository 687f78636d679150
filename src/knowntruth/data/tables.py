"""Tables of somebody's own, opened: the contract's columns as a DuckDB relation.

`open_table` reads, maps, checks, and either tells everything that is wrong or gives an
`OwnTable`. Nothing is left out of it silently: each choice made on the way is a *statement*,
a sentence with the facts it was made from. Parquet stays where it is and is read anew by each
question; CSV and Excel are read once. No table is ever loaded into pandas.

A row without a value takes no part in what needs that value, and in everything else it does:
a blank in one metric costs nothing to another, nor to the check of the split.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from ..errors import DataError, Problem, nearest
from ..story.names import Name
from . import statements
from .cells import Cells, literal
from .checking import Checker
from .columns import Column, MetricKind
from .contract import Contract
from .mapping import find_columns, wanted
from .reading import read
from .statements import Statement
from .times import Spelling

ARMS = ("control", "treatment")
NO_GROUP = "(blank)"
# Below this, an arm has no spread, and nothing can be compared.
FEWEST = 2


@dataclass(frozen=True)
class OwnTable:
    """Somebody's own table under the contract's names.

    Attributes:
        path: the file or folder it came from.
        relation: one row a unit. Numbers and metrics are DOUBLE, yes/no 0 or 1 as DOUBLE,
            times TIMESTAMP (in UTC where they name a zone), periods DOUBLE or TIMESTAMP, labels
            text, `arm` holds "control" or "treatment"; NULL where nothing is known.
        names: the user's name of each column, and of both arms under "control" and
            "treatment".
        metric_kinds: for each column of a metric, whether it is a mean or a proportion.
        spellings: how the dates or periods of a column are written, where they are text.
        levels: the labels of each column of labels, most rows first.
        rows: rows in the relation.
        arms: rows of each arm; empty where the contract knows no arms.
        statements: what was done to the table on the way.
    """

    path: Path
    relation: duckdb.DuckDBPyRelation
    names: Mapping[str, Name]
    metric_kinds: Mapping[str, MetricKind]
    spellings: Mapping[str, Spelling]
    levels: Mapping[str, tuple[str, ...]]
    rows: int
    arms: Mapping[str, int]
    statements: tuple[Statement, ...]

    def has(self, column: str) -> bool:
        """Whether the table has this column of the contract."""
        return column in self.relation.columns


def open_table(
    path: Path | str,
    contract: Contract,
    columns: Mapping[str, str | list[str]] | None = None,
    *,
    control: str = "",
    treatment: str = "",
    metric_kinds: Mapping[str, str] | None = None,
    blank_is_zero: Collection[str] = (),
) -> OwnTable:
    """Open a table of somebody's own.

    Args:
        path: CSV, Excel or Parquet file, or a folder of Parquet files; never modified.
        contract: what the table must hold.
        columns: contract name → the user's column, or columns where the contract allows
            several. A column that has the contract's own name needs no entry.
        control, treatment: labels of the arms. The control is recognised where its label is
            usual; with more than two labels both must be named, and other rows are left out.
        metric_kinds: the user's column → "mean" or "proportion". Without it, a metric that
            holds only 0, 1, true, false, yes or no is a proportion.
        blank_is_zero: columns of numbers in which an empty cell means 0, by the user's name
            or the contract's; or a time that comes after another, in which it means that no
            time has passed since.

    Raises:
        DataError: with everything that is wrong, where, and what to do.
    """
    columns = columns or {}
    cells = read(path, wanted(contract, columns))
    found, problems = find_columns(contract, columns, cells.headings)
    checker = Checker(cells, contract, found)
    if not checker.rows:
        fix = "Export it with one row a unit below the header"
        raise DataError("This table cannot be used:", [Problem(str(path), "has no rows", fix)])
    checker.profile()
    checker.choose_kinds(metric_kinds or {})
    zeroed = _zeroed(checker, blank_is_zero)
    labels = checker.choose_arms(control, treatment)
    checker.refuse_labels()
    _settle_units(cells, checker, labels)
    checker.refuse_repeats("units")
    arms = _arms(checker, labels)
    kept = checker.count_kept()
    # A column that could not be found is told first: what follows may be its consequence.
    problems += checker.problems
    if problems:
        # One column may stand for two things, and is wrong only once.
        raise DataError("This table cannot be used:", dict.fromkeys(problems))
    names = {name: Name(column.heading) for name, column in checker.columns.items()}
    if labels:
        names |= dict(zip(ARMS, map(Name, labels), strict=True))
    return OwnTable(
        path=Path(path),
        relation=cells.connection.cursor().table("units"),
        names=names,
        metric_kinds={
            name: column.metric_kind
            for name, column in checker.columns.items()
            if column.metric_kind
        },
        spellings={
            name: column.cell.spelling
            for name, column in checker.columns.items()
            if column.cell.spelling
        },
        levels=_levels(checker),
        rows=sum(arms.values()) if arms else kept,
        arms=arms,
        statements=statements.tell(cells, checker, names, labels, zeroed),
    )


def _zeroed(checker: Checker, given: Collection[str]) -> set[str]:
    """Return the contract columns whose blanks are zeros, by declaration or by request."""
    zeroed = {
        name
        for name, column in checker.columns.items()
        if column.field.blanks == "zero" and column.is_numeric
    }
    since = {
        second: first
        for first, second in checker.contract.in_order
        if first in checker.columns and second in checker.columns
    }
    numeric = {
        c.heading: name for name, c in checker.columns.items() if c.is_numeric or name in since
    }
    for text in given:
        name = text if text in numeric.values() else numeric.get(" ".join(text.split()))
        if name is None:
            guess = nearest(text, numeric)
            fix = f"Did you mean {guess!r}?" if guess else f"Numbers are in {', '.join(numeric)}"
            checker.problems.append(
                Problem(f"blank_is_zero {text}", "is not one of the columns of numbers", fix)
            )
        else:
            zeroed.add(name)
    for name in zeroed:
        column = checker.columns[name]
        cell = replace(column.cell, blank_is_zero=column.is_numeric)
        checker.columns[name] = replace(column, cell=cell, since=since.get(name, ""))
    return zeroed


def _settle_units(cells: Cells, checker: Checker, labels: tuple[str, str] | None) -> None:
    """Make `units`: a view on Parquet, a table of what text files and workbooks held."""
    selected = [
        _expression(column, checker.columns, labels, stays=cells.stays_in_place)
        for column in checker.columns.values()
    ]
    arm = next((c for c in checker.columns.values() if c.field.kind == "arm"), None)
    rows = checker.is_kept
    if arm and labels:
        rows += f" AND ({' OR '.join(map(arm.cell.is_label, labels))})"
    made = "VIEW" if cells.stays_in_place else "TABLE"
    cells.connection.execute(
        f"CREATE {made} units AS SELECT {', '.join(selected) or '1'} FROM cells WHERE {rows}"
    )


def _expression(
    column: Column,
    columns: Mapping[str, Column],
    labels: tuple[str, str] | None,
    *,
    stays: bool,
) -> str:
    cell, kind = column.cell, column.field.kind
    value = cell.label
    if column.is_numeric:
        value = cell.number
    elif column.is_time:
        value = cell.moment
        if column.since:
            value = f"coalesce({value}, {columns[column.since].cell.moment})"
    elif kind == "identifier" and (stays or not cell.is_text):
        # Parquet comes from programs, which leave no stray spaces about; trimming is slow.
        value = cell.column
    elif kind == "arm" and labels:
        arms = zip(labels, ARMS, strict=True)
        cases = " ".join(f"WHEN {cell.is_label(label)} THEN '{arm}'" for label, arm in arms)
        value = f"CASE {cases} END"
    elif column.field.blanks == "own group":
        value = f"coalesce({cell.label}, {literal(NO_GROUP)})"
    return f'{value} AS "{column.name}"'


def _arms(checker: Checker, labels: tuple[str, str] | None) -> dict[str, int]:
    """Return the rows of each arm; refuse an arm with too few values of any metric."""
    if not labels:
        return {}
    refused = {problem.where for problem in checker.problems}
    metrics = [
        column
        for column in checker.columns.values()
        if column.field.kind == "metric" and column.where not in refused
    ]
    counted = ", ".join(["count(*)", *(f'count("{c.name}")' for c in metrics)])
    rows = checker.connection.execute(
        f'SELECT "arm", {counted} FROM units GROUP BY "arm"'
    ).fetchall()
    counts = {row[0]: row[1:] for row in rows}
    for label, arm in zip(labels, ARMS, strict=True):
        for i, column in enumerate(metrics, start=1):
            known = counts.get(arm, (0,) * (len(metrics) + 1))[i]
            if known < FEWEST:
                what = "has no value" if known == 0 else "has only one value"
                checker.problems.append(
                    Problem(
                        column.where,
                        f"{what} in the arm {label!r}",
                        "Both arms need at least two"
                        if column.field.required
                        else f"Both arms need at least two; or leave {column.field.name} out",
                    )
                )
    return {arm: int(counts[arm][0]) for arm in ARMS if arm in counts}


def _levels(checker: Checker) -> dict[str, tuple[str, ...]]:
    labelled: Sequence[str] = [n for n, c in checker.columns.items() if c.field.kind == "label"]
    return {
        name: tuple(
            label
            for (label,) in checker.connection.execute(
                f'SELECT "{name}" FROM units WHERE "{name}" IS NOT NULL GROUP BY 1 '
                f'ORDER BY count(*) DESC, "{name}"'
            ).fetchall()
        )
        for name in labelled
    }
