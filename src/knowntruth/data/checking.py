"""Checking: what is wrong with somebody's table, all of it at once.

DuckDB counts in one pass what each column holds, so that a table larger than memory is
never loaded. The contract's own pandera schema then judges ranges, on the smallest and the
largest value of each column alone: its rules hold on an interval, so a column keeps them
exactly when these two do. Only what is refused is looked at again, for its examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from ..errors import Problem, nearest
from . import arms
from .cells import Cells, literal
from .contract import EXAMPLES, NUMERIC, Contract, Field
from .times import DAY_FIRST, EARLIEST, LATEST, MONTH_FIRST, SPELLINGS, Spelling, stands_for_none
from .values import Cell, is_whole

MetricKind = Literal["mean", "proportion"]
MOST_LABELS = 1000
# Whole numbers are dense when they leave out at most so many for each that they use.
DENSE = 20
LONGEST_BITSTRING = 10**9
DATE_FIX = "Write dates as 2024-08-31"


@dataclass(frozen=True)
class Column:
    """A column of the contract that the table has.

    Attributes:
        name: the contract's name of it.
        heading: the user's name of it.
        field: its declaration.
        cell: how its cells are read.
        filled: rows in which it holds something.
        low, high: smallest and largest number; None for labels, or without any.
        metric_kind: for a metric, whether it is a mean or a proportion.
        since: for a time in which a blank means that none has passed, the column it passes
            from; empty for all others.
    """

    name: str
    heading: str
    field: Field
    cell: Cell
    filled: int = 0
    low: float | None = None
    high: float | None = None
    metric_kind: MetricKind | None = None
    since: str = ""

    @property
    def where(self) -> str:
        """The column as a problem names it."""
        return f"column {self.heading!r}"

    @property
    def is_numeric(self) -> bool:
        """Whether it holds numbers or yes/no."""
        return self.field.kind in NUMERIC

    @property
    def is_time(self) -> bool:
        """Whether it holds dates, with or without a time of the day."""
        return self.field.kind == "time"

    @property
    def is_filled(self) -> str:
        """SQL of whether a cell of it holds anything."""
        return self.cell.is_filled if self.is_numeric or self.is_time else self.cell.has_label

    @property
    def blank(self) -> str:
        """SQL of whether a cell of it is blank."""
        return f"NOT {self.is_filled}"


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
        self._refuse_far_times()
        self._refuse_disorder()

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
        shown = ", ".join(f"{' '.join(map(str, row[:-1]))} ({row[-1]} rows)" for row in examples)
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
                spelling = self._spelling_of(column)
                cell = replace(column.cell, spelling=spelling)
                self.columns[column.name] = replace(column, cell=cell)

    def _spelling_of(self, column: Column) -> Spelling | None:
        """Return the only spelling that reads all of a column, or None after telling why not."""
        filled, text = column.is_filled, column.cell.trimmed
        moments = {spelling: spelling.moment(text) for spelling in SPELLINGS}
        first = self.connection.execute(
            f"SELECT {', '.join(moments.values())} FROM cells WHERE {filled} LIMIT 1"
        ).fetchall()
        if not first:
            return None
        likely = [s for s, value in zip(SPELLINGS, first[0], strict=True) if value is not None]
        unread = self._row(
            f"SELECT {', '.join(f'count(*) - count({moments[s]})' for s in likely) or 'NULL'} "
            f"FROM cells WHERE {filled}"
        )
        fitting = [s for s, count in zip(likely, unread, strict=False) if count == 0]
        if not fitting:
            self._refuse_unread(column, moments)
        elif len(fitting) > 1 and self._is_ambiguous(column, moments):
            return None
        return fitting[0] if fitting else None

    def _is_ambiguous(self, column: Column, moments: Mapping[Spelling, str]) -> bool:
        """Return whether the day and the month may be swapped, after telling so."""
        day_first, month_first = moments[DAY_FIRST], moments[MONTH_FIRST]
        examples = self.connection.execute(
            f"SELECT \"row\", {column.cell.shown}, strftime({day_first}, '%-d %B'), "
            f"strftime({month_first}, '%-d %B') FROM numbered WHERE {day_first} <> {month_first} "
            'ORDER BY "row" LIMIT 1'
        ).fetchall()
        if not examples:
            return False
        row, text, one, other = examples[0]
        what = f"may have the day or the month first: {text!r} in row {row:,} is {one} or {other}"
        self.problems.append(Problem(column.where, what, f"{DATE_FIX}, in all rows"))
        return True

    def _refuse_unread(self, column: Column, moments: Mapping[Spelling, str]) -> None:
        """Tell which cells are no dates, or which are written unlike the rest."""
        filled, none = column.is_filled, " AND ".join(f"{m} IS NULL" for m in moments.values())
        before = len(self.problems)
        self._refuse(column, f"{filled} AND {none}", "{} no date", DATE_FIX)
        if len(self.problems) > before:
            return
        counts = self._row(
            f"SELECT {', '.join(f'count({m})' for m in moments.values())} FROM cells"
        )
        usual = max(moments, key=dict(zip(moments, counts, strict=True)).__getitem__)
        odd = f"{filled} AND {moments[usual]} IS NULL"
        reading = " ".join(
            f"WHEN {m} IS NOT NULL THEN {literal(s.name)}" for s, m in moments.items()
        )
        ways = " + ".join(f"({m} IS NOT NULL)::INT" for m in moments.values())
        shown = [
            f"{text!r} in row {row:,} {way}"
            for condition in (f"{moments[usual]} IS NOT NULL", odd)
            for row, text, way in self.connection.execute(
                f'SELECT "row", {column.cell.shown}, CASE {reading} END FROM numbered '
                f'WHERE {condition} ORDER BY {ways}, "row" LIMIT 1'
            ).fetchall()
        ]
        what = f"has dates written in different ways: {', but '.join(shown)}"
        self.problems.append(Problem(column.where, what, f"{DATE_FIX}, in all rows"))

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

    def _refuse_far_times(self) -> None:
        for column in self.columns.values():
            if column.is_time:
                self._refuse(
                    column,
                    stands_for_none(column.cell.moment),
                    f"{{}} before {EARLIEST}, after {LATEST} or the first moment of 1970",
                    "Such dates often stand for none: leave those cells blank",
                )

    def _refuse_disorder(self) -> None:
        """Refuse rows in which a time lies on a day before the one that comes first."""
        for pair in self.contract.in_order:
            if not all(name in self.columns for name in pair):
                continue
            first, second = (self.columns[name] for name in pair)
            days = [f"CAST({column.cell.moment} AS DATE)" for column in (first, second)]
            # A date that stands for none is wrong once, and has been told.
            wrong = f"{days[1]} < {days[0]} AND NOT {stands_for_none(second.cell.moment)}"
            count = int(self._row(f"SELECT count(*) FROM cells WHERE {wrong}")[0])
            if not count:
                continue
            examples = self.connection.execute(
                f'SELECT "row", {second.cell.shown}, {first.cell.shown} FROM numbered '
                f'WHERE {wrong} ORDER BY "row" LIMIT {EXAMPLES}'
            ).fetchall()
            shown = ", ".join(
                f"{late!r} before {early!r} in row {row:,}" for row, late, early in examples
            )
            more = ", …" if count > EXAMPLES else ""
            self.problems.append(
                Problem(
                    second.where,
                    f"{count:,} {'value is' if count == 1 else 'values are'} earlier than "
                    f"{first.where} ({shown}{more})",
                    "Correct them, or leave them blank",
                )
            )

    def _count_out_of_range(self, column: Column) -> None:
        field, number = column.field, column.cell.number
        infinite = "Infinity often comes from a division by zero: leave such cells blank"
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
        count = int(self._row(f"SELECT count(*) FROM cells WHERE {wrong}")[0])
        if not count:
            return
        examples = self.connection.execute(
            f'SELECT "row", {column.cell.shown} FROM numbered WHERE {wrong} '
            f'ORDER BY "row" LIMIT {EXAMPLES}'
        ).fetchall()
        words = f"{count:,} {'value is' if count == 1 else 'values are'}"
        shown = ", ".join(
            f"{value!r} in row {row:,}" if value else f"row {row:,}" for row, value in examples
        )
        more = ", …" if count > EXAMPLES else ""
        self.problems.append(Problem(column.where, f"{what.format(words)} ({shown}{more})", fix))

    def _row(self, sql: str) -> tuple[Any, ...]:
        (row,) = self.connection.execute(sql).fetchall()
        return tuple(row)
