"""Judging: a contract's fields as pandera columns, and pandera's failures as problems.

Every check is about one cell alone and holds on an interval, apart from types, choices and
the key. So a column of numbers keeps its range exactly when its smallest and largest do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandas.api import types

from ..errors import Problem
from .contract import EXAMPLES, TYPES, Contract, Field, Kind

_DTYPES: dict[Kind, Callable[[pd.Series], bool]] = {
    "label": lambda s: types.is_string_dtype(s) or isinstance(s.dtype, pd.CategoricalDtype),
    "arm": lambda s: types.is_string_dtype(s) or isinstance(s.dtype, pd.CategoricalDtype),
    "metric": types.is_numeric_dtype,
    "number": types.is_numeric_dtype,
    "whole number": types.is_integer_dtype,
    "yes/no": types.is_numeric_dtype,
    "days": types.is_numeric_dtype,
    "time": types.is_datetime64_any_dtype,
    "period": lambda s: types.is_numeric_dtype(s) or types.is_datetime64_any_dtype(s),
}


def column_of(field: Field, *, required: bool) -> pa.Column:
    """Return the pandera column that checks a field's kind, range and choices."""
    checks = []
    if field.kind in _DTYPES:
        has_type = _DTYPES[field.kind]
        checks.append(pa.Check(has_type, error=f"is not {TYPES[field.kind]}"))
    if field.kind in {"metric", "number", "days", "period"}:
        checks.append(pa.Check(_finite, error="is infinite", ignore_na=True))
    if field.low is not None:
        checks.append(pa.Check.ge(field.low, error=f"is below {field.low:g}"))
    if field.high is not None:
        checks.append(pa.Check.le(field.high, error=f"is above {field.high:g}"))
    if field.kind == "yes/no":
        checks.append(pa.Check.isin([0, 1], error="is neither 0 nor 1"))
    if field.choices:
        allowed = ", ".join(field.choices)
        checks.append(pa.Check.isin(field.choices, error=f"is none of {allowed}"))
    return pa.Column(
        dtype=None, checks=checks, nullable=field.blanks != "refused", required=required
    )


def judge(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> Sequence[Problem]:
    """Return one problem for each column and rule that `frame` breaks, with first examples."""
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        failures = error.failure_cases
    else:
        return ()
    mistyped = {row.column for row in failures.itertuples() if row.check in _TYPE_ERRORS}
    groups: dict[tuple[str, str], list[tuple[object, object]]] = {}
    seen: set[tuple[object, object]] = set()
    for row in failures.itertuples():
        check = str(row.check)
        if row.schema_context == "DataFrameSchema" and check.startswith("column_in"):
            groups.setdefault((str(row.failure_case), check), [])
        elif row.column not in mistyped or check in _TYPE_ERRORS:
            # A rule about numbers says nothing of use about a column of text, and a cell
            # that breaks several rules is one mistake.
            if (row.column, row.index) in seen and check not in _TYPE_ERRORS:
                continue
            seen.add((row.column, row.index))
            examples = groups.setdefault((str(row.column), check), [])
            examples.append((row.failure_case, row.index))
    return [_problem(column, check, found) for (column, check), found in groups.items()]


def judge_together(contract: Contract, frame: pd.DataFrame) -> Sequence[Problem]:
    """Return what is wrong with the columns of a whole table beside each other."""
    problems = []
    if contract.one_of and not any(set(group) <= set(frame) for group in contract.one_of):
        fix = f"Add at least one: {contract.choice}"
        problems.append(Problem(contract.name, "has nothing to look at", fix))
    for first, second in contract.in_order:
        pair = [frame[name] for name in (first, second) if name in frame]
        if len(pair) < 2 or not all(types.is_datetime64_any_dtype(column) for column in pair):
            continue
        early = frame.index[frame[second].dt.normalize() < frame[first].dt.normalize()]
        if len(early):
            rows = _rows([(None, index) for index in early])
            problems.append(Problem(second, f"is before {first} ({rows})", "Correct them"))
    return problems


_TYPE_ERRORS = frozenset(f"is not {words}" for words in TYPES.values())
_WHOLE_TABLE = {
    "column_in_schema": ("is not in the contract", "Leave it out, or declare it"),
    "column_in_dataframe": ("is missing", "Add the column, or declare it optional"),
}


def _finite(values: pd.Series) -> pd.Series:
    if not types.is_numeric_dtype(values):
        return pd.Series(True, index=values.index)
    return pd.Series(~np.isinf(values.to_numpy(dtype=float, na_value=np.nan)), index=values.index)


def _problem(column: str, check: str, found: list[tuple[object, object]]) -> Problem:
    if check in _WHOLE_TABLE:
        return Problem(column, *_WHOLE_TABLE[check])
    if check in _TYPE_ERRORS:
        return Problem(column, check, "Give the column that type")
    count = f"{len(found):,} {'value' if len(found) == 1 else 'values'}"
    if check == "multiple_fields_uniqueness":
        examples = ", ".join(dict.fromkeys(str(value) for value, _ in found[: 2 * EXAMPLES]))
        return Problem(column, f"{count} are not unique: {examples}", "Keep one row each")
    if check == "not_nullable":
        return Problem(column, f"{count} missing ({_rows(found)})", "Fill them in")
    examples = ", ".join(str(value) for value, _ in found[:EXAMPLES])
    return Problem(
        column, f"{count} {_many(check, found)}: {examples} ({_rows(found)})", "Correct them"
    )


def _many(check: str, found: list[tuple[object, object]]) -> str:
    return check if len(found) == 1 else f"{check.replace('is ', 'are ', 1)}"


def _rows(found: list[tuple[object, object]]) -> str:
    rows = ", ".join(str(index) for _, index in found[:EXAMPLES])
    more = ", …" if len(found) > EXAMPLES else ""
    return f"{'row' if len(found) == 1 else 'rows'} {rows}{more}"
