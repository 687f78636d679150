"""Contracts: one declaration of a table, from which its checks and its documentation come.

A *field* is a column with a meaning: its kind, unit, range, and what an empty cell means.
A *contract* is the fields of one table and its key. A field with `several` stands for any
number of columns, called `stem_1`, `stem_2`, …

`Contract.validate` judges a whole table, such as a world makes. `Contract.schema` gives the
pandera schema for the columns at hand, with which somebody's own table is judged as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..errors import DataError, Problem

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

Kind = Literal[
    "identifier", "label", "arm", "metric", "number", "whole number", "yes/no", "days", "time",
    "period",
]  # fmt: skip
Blanks = Literal["refused", "left out", "row left out", "zero", "own group", "never"]

NUMERIC: tuple[Kind, ...] = ("metric", "number", "whole number", "yes/no", "days")
TYPES: Mapping[Kind, str] = {
    "identifier": "whole number or text",
    "label": "text",
    "arm": "one of two labels",
    "metric": "number, or yes/no (a proportion)",
    "number": "number",
    "whole number": "whole number",
    "yes/no": "yes/no (0 or 1)",
    "days": "number of days",
    "time": "date and time",
    "period": "number, date, or part of a year such as 2010Q4",
}
EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class Field:
    """A column of a table.

    Attributes:
        name: the contract's name of it, as in `--map name=their_column`.
        kind: what a cell holds, one of `TYPES`.
        meaning: one line for the data dictionary.
        unit: unit of a number, or empty.
        low, high: ends of the range that a number must keep, both allowed; None is no end.
        choices: the labels allowed; empty allows any.
        required: whether the table is of no use without it.
        several: whether it may stand for several columns.
        stem: first part of the names of several columns; the name itself when empty.
        blanks: what an empty cell means. `refused`: the table is wrong; `left out`: the row
            takes no part in what uses this column; `row left out`: it takes part in nothing;
            `zero`: 0; `own group`: a label of its own; `never`: what has no time has not happened.
        most: how many different labels make sense; 0 is any number.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    required: bool = True
    several: bool = False
    stem: str = ""
    blanks: Blanks = "refused"
    most: int = 0

    def __post_init__(self) -> None:
        """Give days and yes/no the range that their kind implies."""
        if self.kind in {"days", "yes/no"} and self.low is None:
            object.__setattr__(self, "low", 0.0)
        if self.kind == "yes/no" and self.high is None:
            object.__setattr__(self, "high", 1.0)

    @property
    def range(self) -> str:
        """The range or the choices in words, empty where anything goes."""
        if self.choices:
            return ", ".join(self.choices)
        if self.kind == "yes/no":
            return "0 or 1"
        low = f"{self.low:g} ≤ " if self.low is not None else ""
        high = f" ≤ {self.high:g}" if self.high is not None else ""
        if low or high:
            return f"{low}x{high}"
        return f"at most {self.most} different" if self.most else ""

    def columns(self, count: int = 1) -> list[str]:
        """Return the names of this field's columns when it stands for `count` of them."""
        if not self.several:
            return [self.name][:count]
        return [f"{self.stem or self.name}_{i}" for i in range(1, count + 1)]


@dataclass(frozen=True)
class Contract:
    """A table: what a row is, its fields and its key.

    Attributes:
        name: what the table is called.
        row: what one row is, as in "one user of the experiment".
        fields: the columns, in the order in which people should read them.
        key: the names of the fields that no two rows share; empty for none.
        together: groups of optional fields that are of use only all at once.
        one_of: groups of optional fields; a table needs at least one group, all of it.
        in_order: pairs of times; in no row may the second lie on a day before the first.
    """

    name: str
    row: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    in_order: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse a contract that contradicts itself."""
        names = self.names
        if len(set(names)) < len(names):
            raise ValueError(f"the contract {self.name!r} declares a field twice")
        groups = (self.key, *self.together, *self.one_of, *self.in_order)
        unknown = {name for group in groups for name in group} - set(names)
        if unknown:
            raise ValueError(f"the contract {self.name!r} has no field {sorted(unknown)}")
        untimed = {name for pair in self.in_order for name in pair if self[name].kind != "time"}
        if untimed:
            raise ValueError(f"the contract {self.name!r} has no times in {sorted(untimed)}")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields."""
        return tuple(field.name for field in self.fields)

    def __getitem__(self, name: str) -> Field:
        """Return the field of that name; KeyError when there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def columns(self, counts: Mapping[str, int]) -> dict[str, Field]:
        """Return each column's field, for so many columns a field (0 leaves it out)."""
        return {
            column: field
            for field in self.fields
            for column in field.columns(counts.get(field.name, 0))
        }

    def schema(self, columns: Iterable[str] | None = None) -> pa.DataFrameSchema:
        """Return the pandera schema of the table.

        `columns` are the columns at hand, as `columns()` names them; without them the schema
        is that of the whole table, where the optional columns may be absent.
        """
        import pandera.pandas as pa

        from .judging import column_of

        fields = {field.name: field for field in self.fields}
        at_hand = fields if columns is None else {name: self._field_of(name) for name in columns}
        return pa.DataFrameSchema(
            {
                name: column_of(field, required=field.required or columns is not None)
                for name, field in at_hand.items()
            },
            unique=list(self.key) if self.key and set(self.key) <= set(at_hand) else None,
            strict=True,
            name=self.name,
        )

    def validate(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return `frame` when it meets the contract: columns, types, ranges, key.

        Raises:
            DataError: with a problem for each column and rule that is broken.
        """
        problems = self.problems(frame)
        if problems:
            raise DataError(f"The table {self.name!r} breaks its contract:", problems)
        return frame

    def problems(
        self, frame: pd.DataFrame, columns: Iterable[str] | None = None
    ) -> Sequence[Problem]:
        """Return what is wrong with `frame`, a problem for each column and rule."""
        from .judging import judge, judge_together

        broken = judge(self.schema(columns), frame)
        return broken if columns is not None else (*broken, *judge_together(self, frame))

    @property
    def choice(self) -> str:
        """The groups of `one_of` in words, empty where the contract has none."""
        *first, last = (" and ".join(group) for group in self.one_of or ((),))
        return f"{', '.join(first)} or {last}" if first else last

    def describe(self) -> pd.DataFrame:
        """Return the data dictionary: one row a field.

        Columns: name, required, several, type, range, unit, meaning.
        """
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "name": field.name,
                    "required": "yes" if field.required else "no",
                    "several": "yes" if field.several else "no",
                    "type": TYPES[field.kind],
                    "range": field.range,
                    "unit": field.unit,
                    "meaning": field.meaning,
                }
                for field in self.fields
            ],
            columns=["name", "required", "several", "type", "range", "unit", "meaning"],
        )

    def _field_of(self, column: str) -> Field:
        stem, _, number = column.rpartition("_")
        for field in self.fields:
            if field.name == column and not field.several:
                return field
            if field.several and (field.stem or field.name) == stem and number.isdigit():
                return field
        raise KeyError(column)
