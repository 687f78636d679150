"""Opened cases: what each of them shares, whether it was simulated or is somebody's own.

An *opened case* has *units* (one row each, with the contract's column names), *columns* that
this run has names for, random numbers for its analysis, and the truth where it is known.
A case derives from `Opened`, and from `Known` for what its truth has answers to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, Self

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data.contract import TYPES, Contract
from ..data.statements import Statement
from ..parameters import check
from ..story.names import Name
from ..worlds import streams


class Seeded(Protocol):
    """Parameters with a seed, as every case has them."""

    @property
    def seed(self) -> int:
        """The one number from which all random numbers of a run come."""


class Known:
    """Answers about what is true in a world, beyond its table of truth.

    A question is the name of a method; a chapter asks through `Opened.true`.
    """

    def answer(self, question: str, *about: object) -> float | None:
        """Return the answer to a question about something."""
        answered: float | None = getattr(self, question)(*about)
        return answered


@dataclass(frozen=True)
class Column:
    """A column of the units, and what this run calls it."""

    column: str
    name: Name


@dataclass(frozen=True, kw_only=True)
class Opened:
    """An opened case.

    Attributes:
        slug: name of the case; random streams of its analysis begin with it.
        contract: what the columns of its units mean.
        parameters: the checked parameters.
        units: relation with the columns of the contract that are at hand.
        truth: the world's truth, or None with somebody's own table.
        known: answers about what else is true in that world, or None.
        tables: the world's own tables by name; none with somebody's own.
        notes: what was done to somebody's own table on reading it, a sentence each.
        reopen: opens the same case with other parameters of its world; None with somebody's own
            table.
    """

    slug: ClassVar[str]
    contract: ClassVar[Contract]

    parameters: Seeded
    units: duckdb.DuckDBPyRelation
    truth: object | None = None
    known: Known | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: tuple[Statement, ...] = ()
    reopen: Callable[[Any], Any] | None = None

    @property
    def is_simulated(self) -> bool:
        """Whether the truth is known."""
        return self.truth is not None

    @property
    def column_names(self) -> Mapping[str, Name]:
        """What this run calls the columns of its units, as far as it has words for them."""
        return {}

    def has(self, column: str) -> bool:
        """Whether the units have this column."""
        return column in self.units.columns

    def true(self, question: str, *about: object) -> float | None:
        """Return what is true about something, or None where nobody knows it."""
        return None if self.known is None else self.known.answer(question, *about)

    def elsewhere(self, **changes: Any) -> Self:
        """Return the case in the same world with some of its parameters changed.

        Raises:
            ParameterError: for changes that are no parameters or out of range.
            ValueError: with somebody's own table, which knows no other world.
        """
        if self.reopen is None:
            raise ValueError("somebody's own table has no other world")
        p: Any = self.parameters
        opened: Self = self.reopen(check(type(p), p.model_dump() | changes))
        return opened

    def rng(self, purpose: str) -> np.random.Generator:
        """Return a generator for one purpose of the analysis, apart from the world's streams."""
        return streams.generator(self.parameters.seed, f"{self.slug}/{purpose}", 0)

    def query(self, sql: str) -> pd.DataFrame:
        """Return the rows of a query on `units`, and on the world's tables where simulated."""
        rows: pd.DataFrame
        if not self.tables:
            found = self.units.query("units", sql)  # not copied: it may be large
            assert found is not None  # as it is for statements that are no queries
            rows = found.df()
            return rows
        with duckdb.connect(config={"threads": 1}) as connection:
            for name, table in (*self.tables.items(), ("units", self.units.df())):
                connection.register(name, table)
            rows = connection.sql(sql).df()
            return rows

    def sample(self, column: str, *, most: int, where: str = "true") -> NDArray[Any]:
        """Return the known values of a column: all, or `most` drawn evenly from them."""
        known = self.units.filter(f'"{column}" IS NOT NULL AND ({where})')
        values = np.asarray(known.project(f'"{column}"::DOUBLE AS value').fetchnumpy()["value"])
        if len(values) <= most:
            return values
        keep = self.rng(f"sample {column}").choice(len(values), most, replace=False)
        return values[np.sort(keep)]

    def dictionary(self) -> pd.DataFrame:
        """Return what each column of the units holds: contract name, words, meaning."""
        columns, names = self.units.columns, self.column_names
        # A field of several columns has no more of them than there are columns in all.
        fields = self.contract.columns(dict.fromkeys(self.contract.names, len(columns)))
        return pd.DataFrame(
            [
                {
                    "Column": column,
                    "In this run": names.get(column, ""),
                    "Holds": TYPES[fields[column].kind],
                    "Range": fields[column].range,
                    "Meaning": fields[column].meaning,
                }
                for column in columns
            ]
        )
