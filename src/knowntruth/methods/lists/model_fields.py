"""Model fields: a fitted model as a tree of plain values and a list of arrays, and back.

Models are frozen dataclasses. Their fields are arrays, sparse tables, indexes, columns, numbers,
texts, moments, None, mappings, tuples and lists of these, and frozen dataclasses again. In the
*tree*, which JSON can hold, each of these that is not plain is a mapping of one key, its *tag*; an
array stands there as its place in the list.

Nothing here runs what it reads: a tree names classes, and only dataclasses of this package's
methods and estimates are made from one.
"""

from __future__ import annotations

import dataclasses
import importlib
import math
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

Arrays: TypeAlias = list[NDArray[Any]]
Tree: TypeAlias = bool | int | float | str | dict[str, Any] | None

# A class of methods or of story, by module and name: `methods.lists.ease.Ease`.
CLASS = re.compile(r"(?:methods|story)(?:\.[a-z][a-z0-9_]*)+\.[A-Za-z][A-Za-z0-9]*")
PACKAGE = __name__.partition(".")[0]


def kind_of(model: object) -> str:
    """Return the name of a model's class: `methods.lists.ease.Ease`.

    Raises:
        ValueError: something that is no frozen dataclass of this package.
    """
    cls = type(model)
    name = f"{cls.__module__}.{cls.__qualname__}".removeprefix(f"{PACKAGE}.")
    if class_of(name) is not cls:
        raise ValueError(f"only frozen dataclasses of {PACKAGE} are kept, not {cls.__name__}")
    return name


def class_of(kind: str) -> type[Any] | None:
    """Return the frozen dataclass of a name; None where there is none."""
    if not CLASS.fullmatch(kind):
        return None
    module, _, name = kind.rpartition(".")
    try:
        cls = getattr(importlib.import_module(f"{PACKAGE}.{module}"), name, None)
    except ImportError:
        return None
    if not (isinstance(cls, type) and dataclasses.is_dataclass(cls)):
        return None
    is_ours = cls.__module__ == f"{PACKAGE}.{module}"
    # By name, because the types of the standard library do not know this attribute.
    return cls if is_ours and getattr(cls, "__dataclass_params__").frozen else None  # noqa: B009


def taken_apart(value: Any, arrays: Arrays) -> Tree:
    """Return a value as a tree; its arrays are appended to the list.

    Raises:
        ValueError: a value of a kind that is not kept, or an array of objects.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64 | np.timedelta64):
        return taken_apart(value.item(), arrays)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, pd.Timestamp):
        return {"moment": value.isoformat(), "of": value.unit}
    if isinstance(value, np.ndarray):
        return {"array": _added(value, arrays)}
    if isinstance(value, sparse.csr_array):
        parts = [_added(each, arrays) for each in (value.data, value.indices, value.indptr)]
        return {"sparse": parts, "shape": list(value.shape)}
    if isinstance(value, pd.Index):
        return {"index": _labels(value, arrays), "name": value.name}
    if isinstance(value, pd.Series):
        labels, index = _labels(pd.Index(value), arrays), taken_apart(value.index, arrays)
        return {"column": [labels, index], "name": value.name}
    if isinstance(value, Mapping):
        pairs = [[taken_apart(one, arrays) for one in pair] for pair in value.items()]
        return {"mapping": pairs}
    if isinstance(value, tuple | list):
        tag = "tuple" if isinstance(value, tuple) else "list"
        return {tag: [taken_apart(one, arrays) for one in value]}
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value) if field.init]
        fields = {name: taken_apart(getattr(value, name), arrays) for name in names}
        return {"class": kind_of(value), "fields": fields}
    raise ValueError(f"a {type(value).__name__} is not kept in a file")


def put_together(tree: Any, arrays: Arrays) -> Any:
    """Return the value of a tree.

    Raises:
        ValueError, TypeError, KeyError, IndexError: a tree that `taken_apart` does not make.
    """
    if not isinstance(tree, dict):
        if isinstance(tree, list):
            raise ValueError("a list without a tag")
        return tree
    tag: str
    held: Any
    tag, held = next(iter(tree.items()), ("", None))
    if tag == "float":
        return float(held)
    if tag == "moment":
        return pd.Timestamp(held).as_unit(tree["of"])
    if tag == "array":
        return arrays[held]
    if tag == "sparse":
        data, indices, indptr = (arrays[place] for place in held)
        found = sparse.csr_array((data, indices, indptr), shape=tuple(tree["shape"]))
        found.check_format(full_check=True)
        return found
    if tag == "index":
        return _index(held, arrays).rename(tree["name"])
    if tag == "column":
        values, index = held
        return pd.Series(_index(values, arrays), put_together(index, arrays), name=tree["name"])
    if tag == "mapping":
        return {put_together(key, arrays): put_together(one, arrays) for key, one in held}
    if tag in ("tuple", "list"):
        found = [put_together(one, arrays) for one in held]
        return tuple(found) if tag == "tuple" else found
    if tag == "class":
        cls = class_of(held)
        if cls is None:
            raise ValueError(f"there is no model {held}")
        return cls(**{name: put_together(one, arrays) for name, one in tree["fields"].items()})
    raise ValueError(f"an unknown tag {tag}")


def _added(array: NDArray[Any], arrays: Arrays) -> int:
    """Append an array; return its place."""
    if array.dtype.hasobject:
        raise ValueError("an array of objects is not kept in a file: it could run code when opened")
    # Row by row and with the small end first: the same bytes everywhere.
    arrays.append(np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C"))
    return len(arrays) - 1


def _labels(index: pd.Index, arrays: Arrays) -> dict[str, Any]:
    """Return labels: texts as they are, all else as an array."""
    if isinstance(index, pd.RangeIndex):
        return {"range": [index.start, index.stop, index.step]}
    if index.dtype.kind in "iufbmM" and isinstance(index.dtype, np.dtype):
        return {"array": _added(index.to_numpy(), arrays)}
    texts = list(index)
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("labels are numbers, moments or texts, without gaps")
    return {"texts": texts, "of": "object" if index.dtype == object else "str"}


def _index(held: dict[str, Any], arrays: Arrays) -> pd.Index:
    found: pd.Index
    if "range" in held:
        found = pd.RangeIndex(*held["range"])
    elif "array" in held:
        found = pd.Index(arrays[held["array"]])
    else:
        found = pd.Index(held["texts"], dtype=held["of"])
    return found
