"""Parameters: one strict model a case, from which everything about them is made.

A *field* has a default, a range, a unit and a one-line meaning.
`check` turns plain values into a model or raises every problem at once;
`parse` reads values typed on a command line; `describe` makes the table that people see.
"""

from __future__ import annotations

import json
import math
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import pydantic

from .errors import ParameterError, Problem, nearest

if typing.TYPE_CHECKING:
    import pandas as pd


class Parameters(pydantic.BaseModel):
    """Base of every parameter model: strict, frozen, and closed to unknown names."""

    model_config = pydantic.ConfigDict(
        strict=True, frozen=True, extra="forbid", allow_inf_nan=False
    )


def parameter(default: Any, meaning: str, *, unit: str = "", **limits: Any) -> Any:
    """Declare a parameter with its default, meaning, unit and pydantic limits (`ge`, `lt`, …)."""
    return pydantic.Field(
        default=default,
        description=meaning,
        json_schema_extra={"unit": unit},
        validate_default=True,
        **limits,
    )


Model = TypeVar("Model", bound=Parameters)


def check(model: type[Model], values: Mapping[str, object]) -> Model:
    """Return `values` as a model.

    Raises:
        ParameterError: with every problem at once; an unknown name suggests the nearest one.
    """
    try:
        return model(**values)
    except pydantic.ValidationError as error:
        problems = [_problem(model, detail) for detail in error.errors()]
        raise ParameterError("These parameters cannot be used:", problems) from None


def parse(model: type[Parameters], assignments: Iterable[str]) -> dict[str, object]:
    """Read `name=value` texts, each value by the type of its field.

    Values are JSON where the field takes more than text (`users=600`, `event_log=false`,
    `segment_lift={"iOS": 0.3}`); whatever JSON does not read stays text for `check` to judge.

    Raises:
        ParameterError: for a text without `=`, or a name given twice.
    """
    values: dict[str, object] = {}
    problems = []
    for text in assignments:
        name, equals, raw = text.partition("=")
        name = name.strip()
        if not equals or not name:
            problems.append(Problem(text, "has no value", "Write name=value, as in users=600"))
        elif name in values:
            problems.append(Problem(name, "is given more than once", "Give it once"))
        else:
            values[name] = _read(model, name, raw.strip())
    if problems:
        raise ParameterError("These parameters cannot be read:", problems)
    return values


def describe(
    model: type[Parameters], values: Mapping[str, object] | Parameters | None = None
) -> pd.DataFrame:
    """Return one row a parameter: name, default, value, range, unit and meaning."""
    import pandas as pd  # the command line starts without pandas

    given = values.model_dump() if isinstance(values, Parameters) else dict(values or {})
    rows = [
        {
            "name": name,
            "default": show(field.default),
            "value": show(given.get(name, field.default)),
            "range": range_of(model, name),
            "unit": unit_of(model, name),
            "meaning": field.description or "",
        }
        for name, field in model.model_fields.items()
    ]
    return pd.DataFrame(rows)


def changed(parameters: Parameters) -> dict[str, object]:
    """Return the values that differ from their defaults, by name."""
    fields = type(parameters).model_fields
    return {k: v for k, v in parameters.model_dump().items() if v != fields[k].default}


def unit_of(model: type[Parameters], name: str) -> str:
    """Return the unit of a field, or an empty text."""
    extra = model.model_fields[name].json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def range_of(model: type[Parameters], name: str) -> str:
    """Return what a field accepts, in words: `0 < x < 1`, a list of choices, or a type."""
    field = model.model_fields[name]
    choices = _choices(field.annotation)
    if choices:
        return ", ".join(choices)
    low = high = ""
    for limit in field.metadata:
        for attribute, sign in (("ge", "≤"), ("gt", "<")):
            if hasattr(limit, attribute):
                low = f"{show(getattr(limit, attribute))} {sign} "
        for attribute, sign in (("le", "≤"), ("lt", "<")):
            if hasattr(limit, attribute):
                high = f" {sign} {show(getattr(limit, attribute))}"
    return f"{low}x{high}" if low or high else _type_name(field.annotation)


def show(value: object) -> str:
    """Return a value as it is written in a `parameters` cell or on the command line."""
    return json.dumps(value, ensure_ascii=False) if value is not None else "none"


def _choices(annotation: Any) -> list[str]:
    if typing.get_origin(annotation) is typing.Literal:
        return [str(choice) for choice in typing.get_args(annotation)]
    return []


def _type_name(annotation: Any) -> str:
    names = {int: "whole number", float: "number", bool: "true or false", str: "text"}
    if annotation in names:
        return names[annotation]
    origin = typing.get_origin(annotation)
    if origin is types.UnionType:
        parts = [a for a in typing.get_args(annotation) if a is not type(None)]
        return f"{' or '.join(_type_name(part) for part in parts)}, or none"
    if origin is dict:
        return "names and values"
    return "list"


def _takes_text(annotation: Any) -> bool:
    return annotation is str or bool(_choices(annotation))


def _read(model: type[Parameters], name: str, raw: str) -> object:
    field = model.model_fields.get(name)
    if field is None or _takes_text(field.annotation):
        return raw
    if raw.casefold() in {"none", "null"}:
        return None
    lowered = raw.casefold() if raw.casefold() in {"true", "false"} else raw
    try:
        value = json.loads(lowered)
    except json.JSONDecodeError:
        return raw
    # 1e3 is how people write a thousand; JSON reads it as a float.
    if field.annotation is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _problem(model: type[Parameters], detail: Any) -> Problem:
    location, kind, value = detail["loc"], detail["type"], detail["input"]
    if not location:
        text = str(detail["msg"]).removeprefix("Value error, ")
        what, _, fix = text.partition(". ")
        return Problem("together", what, fix)
    name = ".".join(str(part) for part in location)
    if kind == "extra_forbidden":
        guess = nearest(name, model.model_fields)
        fix = f"Did you mean {guess}?" if guess else "`knowntruth show CASE` lists the names"
        return Problem(name, "is not a parameter of this case", fix)
    field = model.model_fields[str(location[0])]
    accepted = range_of(model, str(location[0]))
    default = f"the default is {show(field.default)}"
    if kind == "value_error":
        text = str(detail["msg"]).removeprefix("Value error, ")
        what, _, fix = text.partition(". ")
        return Problem(name, what, fix or f"Accepted is {accepted}; {default}")
    given = "nan or infinite" if isinstance(value, float) and not math.isfinite(value) else None
    shown = given or (repr(value) if not isinstance(value, str) else f"the text {value!r}")
    return Problem(name, f"cannot be {shown}", f"Accepted is {accepted}; {default}")
