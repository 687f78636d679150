"""Checking: what is wrong with somebody's table, all of it at once.

DuckDB counts in one pass what each column holds, so that a table larger than memory is
never loaded. The contract's own pandera schema then judges ranges, on the smallest and the
largest value of each column alone: its rules hold on an interval, so a column keeps them
exactly when these two do. Only what is refused is looked at again, for its examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from ..errors import Problem, nearest
from . import arms, dates, periods
from .cells import Cells
from .columns import Column, MetricKind, wrong_cells
from .contract import EXAMPLES, Contract
from .values import Cell, is_whole

MOST_LABELS = 1000
# Whole numbers are dense when they leave out at most so many for each that they use.
DENSE = 20
LONGEST_BITSTRING = 10**9


class Checker:
    """Reads a table's columns and gathers `problems` on the way."""

    def __init__(self, cells: Cells, contract: Contract, found: Mapping[str, str]) -> None:
        """Take the cells, and which contract column has which heading."""
        self.connection = cells.connection
        self.contract = contract
        self.problems: list[Problem] = []
        self.rows = int(self._row("SELECT count(*) FROM cells")[0])
        fields = contract.columns({field.name: len(found) for field in contract.fields})
        self.columns = {
            name: Column(
                name, heading, fields[name], Cell(cells.column(heading), cells.type_of(heading))
            )
            for name, heading in found.items()
        }
        for name, column in self.columns.items():
            if column.field.kind == "period":
                reading = periods.reading(self.connection, column.cell)
                self.columns[name] = replace(column, period_reading=reading)
        if cells.decimal_comma_possible:
            self._find_decimal_commas()

    def profile(self) -> None:
        """Count what each column holds; refuse text among numbers and columns without any."""
        self._find_spellings()
        rows = self._row(
            "SELECT "
            + ", ".join(
                [
                    f"count(*) FILTER ({c.cell.is_filled}), count({c.cell.number}), "
                    f"count(*) FILTER ({c.cell.is_word}), "
                    f"count(*) FILTER ({c.cell.number} IN (0, 1)), "
                    f"min({c.cell.number}), max({c.cell.number})"
                    if c.is_numeric
                    else f"count(*) FILTER ({c.is_filled}), 0, 0, 0, NULL, NULL"
                    for c in self.columns.values()
                ]
                or ["0"]
            )
            + " FROM cells"
        )
        for i, column in enumerate(list(self.columns.values())):
            filled, numbers, words, binary, low, high = rows[6 * i : 6 * i + 6]
            cell = column.cell
            if words and binary == numbers:
                # Yes and no stand for 1 and 0 where nothing but 0 and 1 stands beside them.
                cell = replace(cell, words=True)
                numbers, binary, low, high = numbers + words, binary + words, 0.0, 1.0
            kind: MetricKind | None = None
            if column.field.kind == "metric":
                kind = "proportion" if numbers and numbers == binary else "mean"
            self.columns[column.name] = replace(
                column, cell=cell, filled=int(filled), low=low, high=high, metric_kind=kind
            )
            right = binary if column.field.kind == "yes/no" else numbers
            if column.is_numeric and filled > right:
                self._refuse_text(self.columns[column.name])
            self._refuse_blanks(self.columns[column.name])
        self._refuse_out_of_range()
        self._refuse_wrong_times()

    def choose_kinds(self, kinds: Mapping[str, str]) -> None:
        """Take the user's word on which metrics are means and which are proportions."""
        metrics = {c.heading: c for c in self.columns.values() if c.field.kind == "metric"}
        for given, kind in kinds.items():
            heading = self.columns[given].heading if given in self.columns else given
            where = f"metric_kinds {given}"
            if heading not in metrics:
                guess = nearest(heading, metrics)
                fix = f"Did you mean {guess!r}?" if guess else f"Metrics are {', '.join(metrics)}"
                self.problems.append(Problem(where, "is not one of the metrics", fix))
            elif kind not in {"mean", "proportion"}:
                fix = "Write mean or proportion"
                self.problems.append(Problem(where, f"cannot be {kind!r}", fix))
            else:
                column = metrics[heading]
                chosen: MetricKind = "proportion" if kind == "proportion" else "mean"
                self.columns[column.name] = replace(column, metric_kind=chosen)
                if chosen == "proportion" and column.metric_kind == "mean" and column.filled:
                    self._refuse(
                        column,
                        f"{column.cell.number} NOT IN (0, 1)",
                        "{} neither 0 nor 1, and a proportion has only these",
                        "Leave `metric_kinds` out for it, or map a yes/no column",
                    )

    def choose_arms(self, control: str, treatment: str) -> tuple[str, str] | None:
        """Return the labels of control and treatment, or None after telling what is wrong."""
        column = next((c for c in self.columns.values() if c.field.kind == "arm"), None)
        if column is None or not column.filled:
            return None
        label = column.cell.label
        counts = self.connection.execute(
            f"SELECT {label} AS label, sum(n) FROM (SELECT {column.cell.column}, count(*) AS n "
            f"FROM cells GROUP BY ALL) WHERE {column.cell.has_label} "
            f"GROUP BY label ORDER BY sum(n) DESC, label LIMIT {MOST_LABELS}"
        ).fetchall()
        rows = {label: int(count) for label, count in counts}
        chosen, problems = arms.choose(column.heading, rows, control, treatment)
        self.problems += problems
        if not (control and treatment):
            # Who names both arms has said what to do with all other rows.
            self._refuse(
                column,
                column.blank,
                "{} blank, so nobody knows which arm these rows were in",
                "Fill them in, or name both arms, as in -p control=A -p treatment=B, "
                "to leave those rows out",
            )
        return chosen

    def refuse_labels(self) -> None:
        """Refuse labels that make too many groups, or are none of the contract's choices."""
        for column in self.columns.values():
            field, label = column.field, column.cell.label
            if field.kind == "label" and field.most:
                count = int(self._row(f"SELECT count(DISTINCT {label}) FROM cells")[0])
                if count > field.most:
                    examples = self.connection.execute(
                        f"SELECT DISTINCT {label} AS x FROM cells WHERE x IS NOT NULL "
                        f"ORDER BY x LIMIT {EXAMPLES}"
                    ).fetchall()
                    shown = ", ".join(repr(text) for (text,) in examples)
                    self.problems.append(
                        Problem(
                            column.where,
                            f"has {count:,} different values, such as {shown}; "
                            f"{field.name} takes at most {field.most}",
                            "Group them into fewer, such as bands of age, or leave it out",
                        )
                    )
            if field.choices:
                allowed = ", ".join(f"'{choice}'" for choice in field.choices)
                self._refuse(
                    column,
                    f"{label} NOT IN ({allowed})",
                    "{} none of " + ", ".join(field.choices),
                    "Use these labels",
                )

    @property
    def is_kept(self) -> str:
        """SQL of whether a row has all without which it is left out of everything."""
        return " AND ".join(c.is_filled for c in self.columns.values() if c.drops_rows) or "TRUE"

    def count_kept(self) -> int:
        """Return how many rows are kept; refuse a table of which none is."""
        dropping = [column for column in self.columns.values() if column.drops_rows]
        if not any(column.filled < self.rows for column in dropping):
            return self.rows
        (rows,) = self._row(f"SELECT count(*) FROM cells WHERE {self.is_kept}")
        if not rows and all(column.filled for column in dropping):
            where = " and ".join(column.where for column in dropping)
            fix = "Export them again: each row needs all of them"
            self.problems.append(Problem(where, "are filled together in no row", fix))
        return int(rows)

    def refuse_repeats(self, source: str) -> None:
        """Refuse rows of the relation `source` that share the contract's key."""
        key = [f'"{name}"' for name in self.contract.key if name in self.columns]
        if not key or len(key) < len(self.contract.key):
            return
        listed = ", ".join(key)
        known = " AND ".join(f"{name} IS NOT NULL" for name in key)
        if self._are_distinct(source, key, known):
            return
        repeated = self._row(
            f"SELECT count(*), sum(n) FROM (SELECT count(*) AS n FROM {source} WHERE {known} "
            f"GROUP BY {listed} HAVING n > 1)"
        )
        examples = self.connection.execute(
            f"SELECT {listed}, count(*) FROM {source} WHERE {known} GROUP BY {listed} "
            f"HAVING count(*) > 1 ORDER BY count(*) DESC, {listed} LIMIT {EXAMPLES}"
        ).fetchall()
        spellings = [self.columns[name].cell.spelling for name in self.contract.key]
        shown = ", ".join(
            f"{' '.join(map(periods.written, row, spellings))} ({row[-1]} rows)" for row in examples
        )
        headings = " and ".join(self.columns[name].where for name in self.contract.key)
        count, total = int(repeated[0]), int(repeated[1])
        self.problems.append(
            Problem(
                headings,
                f"is not unique: {count:,} {'value stands' if count == 1 else 'values stand'} "
                f"in {total:,} rows, such as {shown}",
                f"Add each one's rows up to {self.contract.row}, and export that",
            )
        )

    def _are_distinct(self, source: str, key: list[str], known: str) -> bool:
        """Return whether no two rows of `source` share the key, in the cheapest exact way."""
        cells = [self.columns[name].cell for name in self.contract.key]
        if len(key) == 1 and is_whole(cells[0].kind):
            rows, low, high = self._row(
                f"SELECT count({key[0]}), min({key[0]}), max({key[0]}) FROM {source}"
            )
            if rows and high - low < min(DENSE * rows, LONGEST_BITSTRING):
                # One bit for each possible value: a tenth of the time and memory of a set.
                (different,) = self._row(
                    f"SELECT bit_count(bitstring_agg({key[0]}, {low}, {high})) FROM {source}"
                )
                return bool(rows == different)
        distinct = key[0] if len(key) == 1 else f"({', '.join(key)})"
        rows, different = self._row(
            f"SELECT count(*), count(DISTINCT {distinct}) FROM {source} WHERE {known}"
        )
        return bool(rows == different)

    def _find_decimal_commas(self) -> None:
        numeric = [c for c in self.columns.values() if c.is_numeric]
        if not numeric:
            return
        tests = ", ".join(f"count(*) FILTER ({c.cell.has_comma})" for c in numeric)
        if any(self._row(f"SELECT {tests} FROM cells")):
            for column in numeric:
                cell = replace(column.cell, comma=True)
                self.columns[column.name] = replace(column, cell=cell)

    def _find_spellings(self) -> None:
        """Find how the dates of each column are written; refuse what has no one reading."""
        for column in self.columns.values():
            if column.is_time and not column.cell.is_moment:
                spelling, problems = dates.find_spelling(self.connection, column)
                self.problems += problems
                cell = replace(column.cell, spelling=spelling)
                self.columns[column.name] = replace(column, cell=cell)

    def _refuse_blanks(self, column: Column) -> None:
        if not self.rows:
            return
        if not column.filled:
            self.problems.append(
                Problem(
                    column.where,
                    f"is blank in all {self.rows:,} rows",
                    "Export it again"
                    if column.field.required
                    else f"Export it again, or leave {column.field.name} out",
                )
            )
        elif column.field.blanks == "refused" and column.field.kind != "arm":
            self._refuse(column, column.blank, "{} blank", "Fill them in")

    def _refuse_text(self, column: Column) -> None:
        number, filled = column.cell.number, column.cell.is_filled
        if column.field.kind == "yes/no":
            wrong = f"{filled} AND coalesce({number} NOT IN (0, 1), TRUE)"
            self._refuse(column, wrong, "{} neither 0 nor 1", "Write 0 and 1, or yes and no")
            return
        example = "1234,5" if column.cell.comma else "1234.5"
        fix = f"Write plain numbers, such as {example}, without units or marks for thousands"
        if column.field.kind == "period":
            fix = periods.fix(column.field)
        self._refuse(column, f"{filled} AND {number} IS NULL", "{} no number", fix)

    def _refuse_out_of_range(self) -> None:
        """Let the contract's schema judge the smallest and the largest number of each column."""
        extremes: dict[str, pd.Series[Any]] = {
            column.name: pd.Series([column.low, column.high], dtype=float)
            for column in self.columns.values()
            if column.is_numeric and column.field.kind != "yes/no" and column.low is not None
        }
        for name in list(extremes):
            column = self.columns[name]
            if column.field.kind == "whole number":
                number = column.cell.number
                fraction = f"isfinite({number}) AND {number} != floor({number})"
                self._refuse(column, fraction, "{} no whole number", "Correct them")
                if all(extremes[name].map(float.is_integer)):
                    extremes[name] = extremes[name].astype(int)
        if extremes:
            broken = self.contract.problems(pd.DataFrame(extremes), extremes)
            for name in dict.fromkeys(problem.where for problem in broken):
                self._count_out_of_range(self.columns[name])

    def _refuse_wrong_times(self) -> None:
        """Refuse dates that stand for none, and those on the wrong side of another."""
        times = [column for column in self.columns.values() if column.field.kind == "time"]
        pairs = [
            (self.columns[first], self.columns[second])
            for first, second in self.contract.in_order
            if first in self.columns and second in self.columns
        ]
        # Dates of text are slow to read: all is counted in one pass, and seldom is anything wrong.
        wrong = [dates.is_unlikely(column) for column in times]
        wrong += [dates.is_disordered(*pair) for pair in pairs]
        if not wrong or not any(
            self._row(f"SELECT {', '.join(f'count_if({one})' for one in wrong)} FROM cells")
        ):
            return
        for column in times:
            self.problems += dates.unlikely(self.connection, column)
        for pair in pairs:
            self.problems += dates.disorder(self.connection, *pair)

    def _count_out_of_range(self, column: Column) -> None:
        field, number = column.field, column.cell.number
        infinite = "Infinity often comes from a division by zero: leave such cells blank"
        if field.kind == "period":
            infinite = "Leave such cells blank"
        self._refuse(column, f"isinf({number})", "{} infinite", infinite)
        finite = f"isfinite({number}) AND {number}"
        if field.low is not None:
            below = "negative" if field.low == 0 else f"below {field.low:g}"
            self._refuse(column, f"{finite} < {field.low}", f"{{}} {below}", "Correct them")
        if field.high is not None:
            above = f"{{}} above {field.high:g}"
            self._refuse(column, f"{finite} > {field.high}", above, "Correct them")

    def _refuse(self, column: Column, wrong: str, what: str, fix: str) -> None:
        """Add a problem when the SQL condition `wrong` holds in any row."""
        self.problems += wrong_cells(self.connection, column, wrong, what, fix)

    def _row(self, sql: str) -> tuple[Any, ...]:
        (row,) = self.connection.execute(sql).fetchall()
        return tuple(row)
