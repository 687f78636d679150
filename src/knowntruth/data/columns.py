"""Columns: those of the contract that a table has, and what is wrong in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import duckdb

from ..errors import Problem
from .contract import EXAMPLES, NUMERIC, Field, Kind
from .values import Cell

MetricKind = Literal["mean", "proportion"]


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
        period_reading: for a period, whether it is read as a number or as a time.
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
    period_reading: Literal["number", "time"] | None = None

    @property
    def where(self) -> str:
        """The column as a problem names it."""
        return f"column {self.heading!r}"

    @property
    def is_numeric(self) -> bool:
        """Whether it holds numbers or yes/no."""
        return self._read_as in NUMERIC

    @property
    def is_time(self) -> bool:
        """Whether it holds dates, with or without a time of the day."""
        return self._read_as == "time"

    @property
    def _read_as(self) -> Kind:
        return self.period_reading or self.field.kind

    @property
    def is_filled(self) -> str:
        """SQL of whether a cell of it holds anything."""
        return self.cell.is_filled if self.is_numeric or self.is_time else self.cell.has_label

    @property
    def drops_rows(self) -> bool:
        """Whether a blank in it leaves its row out of everything."""
        return self.field.blanks == "row left out"

    @property
    def blank(self) -> str:
        """SQL of whether a cell of it is blank."""
        return f"NOT {self.is_filled}"


def wrong_cells(
    connection: duckdb.DuckDBPyConnection, column: Column, wrong: str, what: str, fix: str
) -> list[Problem]:
    """Return a problem when the SQL condition `wrong` holds in any row, else none.

    `what` says it of `{}`, which becomes "3 values are" or the like.
    """
    ((count,),) = connection.execute(f"SELECT count(*) FROM cells WHERE {wrong}").fetchall()
    if not count:
        return []
    examples = connection.execute(
        f'SELECT "row", {column.cell.shown} FROM numbered WHERE {wrong} '
        f'ORDER BY "row" LIMIT {EXAMPLES}'
    ).fetchall()
    words = f"{count:,} {'value is' if count == 1 else 'values are'}"
    shown = ", ".join(
        f"{value!r} in row {row:,}" if value else f"row {row:,}" for row, value in examples
    )
    more = ", …" if count > EXAMPLES else ""
    return [Problem(column.where, f"{what.format(words)} ({shown}{more})", fix)]
