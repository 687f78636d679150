"""Model files: a fitted model saved, and loaded where it can be trusted.

A pickle runs code when it is opened, and says neither what made it nor from which data. A model
file is a `.npz` of numpy with arrays and a *header* in JSON: the version of its format and of this
package, the *kind* of model, its parameters, labels of customers and products, and a *fingerprint*
of the purchases that it was fitted to. It is opened with `allow_pickle=False`.

Whoever serves a model to customers whose purchases it has not seen can tell: `load` compares
fingerprints where one is expected. The same model makes the same bytes.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ... import __version__
from ...errors import DataError, Problem
from ..shops.purchases import check_purchases, coded
from .model_fields import Arrays, kind_of, put_together, taken_apart

FORMAT = 1
HEADER = "header"
REPAIR = "Fit the model again and save it."


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a file says of its model.

    Attributes:
        format: the version of the format.
        package: the version of this package that wrote it.
        kind: the model's class, as in `methods.lists.ease.Ease`.
        fingerprint: of the purchases that the model was fitted to; "" where none was given.
        parameters: its fields that are numbers or texts, by name.
    """

    format: int
    package: str
    kind: str
    fingerprint: str
    parameters: Mapping[str, Any]


def fingerprint(purchases: pd.DataFrame) -> str:
    """Return what tells purchases from others: 32 digits from who bought what for how much.

    The order of the rows does not matter, nor do other columns.

    Raises:
        DataError: columns `customer`, `product` or `amount` that are missing or have gaps.
    """
    check_purchases(purchases, ["customer", "product", "amount"])
    customer, customers = coded(purchases["customer"])
    product, products = coded(purchases["product"])
    amount = purchases["amount"].to_numpy(dtype="<f8")
    order = np.lexsort((amount, product, customer))
    labels = [list(map(str, customers)), list(map(str, products))]
    found = blake2b(json.dumps(labels).encode(), digest_size=16)
    for column in (customer.astype("<i8"), product.astype("<i8"), amount):
        found.update(column[order].tobytes())
    return found.hexdigest()


def save(model: Any, path: Path | str, *, fingerprint: str = "", replace: bool = False) -> Path:
    """Write a model to a file, all of it or nothing; return where.

    Raises:
        ValueError: a model that is no frozen dataclass of this package, or with fields that are
            not kept.
        DataError: there is a file already, unless it may be replaced.
    """
    target = Path(path)
    if target.exists() and not replace:
        problem = Problem(str(target), "it is there already", "Say replace=True, or another name.")
        raise DataError("The model was not saved", [problem])
    kind = kind_of(model)
    arrays: Arrays = []
    tree = taken_apart(model, arrays)
    header = {
        "format": FORMAT,
        "package": __version__,
        "kind": kind,
        "fingerprint": fingerprint,
        "model": tree,
    }
    text = json.dumps(header, ensure_ascii=False, allow_nan=False)
    written = io.BytesIO()
    held = {f"array_{place}": array for place, array in enumerate(arrays)}
    np.savez(written, allow_pickle=False, **{HEADER: np.frombuffer(text.encode(), "u1")}, **held)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        temporary.write_bytes(written.getvalue())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def read_header(path: Path | str) -> Header:
    """Return what a file says of its model, without making it.

    Raises:
        DataError: as `load`.
    """
    header, _ = _read(Path(path))
    fields = header["model"]["fields"]
    plain = {name: one for name, one in fields.items() if isinstance(one, bool | int | float | str)}
    names = ("format", "package", "kind", "fingerprint")
    return Header(**{name: header[name] for name in names}, parameters=plain)


def load(path: Path | str, *, expect: str = "") -> Any:
    """Return the model of a file.

    `expect` is the fingerprint of the purchases that it must have been fitted to.

    Raises:
        DataError: a file that is missing, no model file, damaged, of a newer format, with
            pickled objects, or fitted to other purchases.
    """
    where = Path(path)
    header, arrays = _read(where)
    if expect and header["fingerprint"] != expect:
        what = "its model was fitted to other purchases"
        raise _unusable(where, what, "Fit the model to these purchases, or use those.")
    try:
        return put_together(header["model"], arrays)
    except Exception as error:
        raise _unusable(where, f"it is damaged ({error})", REPAIR) from error


def _read(path: Path) -> tuple[dict[str, Any], Arrays]:
    """Return the header and the arrays of a file."""
    if not path.is_file():
        raise _unusable(path, "there is no such file", "Look for its name.")
    if not zipfile.is_zipfile(path):
        if _looks_pickled(path):
            what = "it is a pickle, which runs what it holds when it is opened"
            raise _unusable(path, what, "Save the model with model_files.save instead.")
        raise _unusable(path, "it is no model file, or it is cut off", REPAIR)
    try:
        # Opened here: over a damaged archive numpy would leave it open.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if HEADER not in file.files:
                raise _unusable(path, "it was not written by model_files.save", REPAIR)
            header = json.loads(file[HEADER].tobytes())
            if header["format"] > FORMAT:
                what = f"its format is newer than {FORMAT}, the newest that is known here"
                raise _unusable(path, what, f"Update the package, to {header['package']} or later.")
            _check_header(header)
            arrays = [file[f"array_{place}"] for place in range(len(file.files) - 1)]
    except DataError:
        raise
    # zipfile, zlib, numpy and json have a dozen ways to fail over a damaged file.
    except Exception as error:
        if "allow_pickle" in str(error):
            what = "it holds pickled objects, which run code when they are opened"
            raise _unusable(path, what, "Do not open it elsewhere either.") from error
        raise _unusable(path, f"it is damaged ({error})", REPAIR) from error
    return header, arrays


def _check_header(header: Mapping[str, Any]) -> None:
    texts = ("package", "kind", "fingerprint")
    model = header["model"]
    if not all(isinstance(header[name], str) for name in texts) or not isinstance(model, dict):
        raise ValueError("its header is none")
    if model.get("class") != header["kind"] or not isinstance(model.get("fields"), dict):
        raise ValueError("its header names another model than it holds")


def _looks_pickled(path: Path) -> bool:
    """Whether a file is a pickle by its first operation, or by that of its protocol."""
    with path.open("rb") as file:
        first = file.read(2)
    return len(first) == 2 and first[:1] == pickle.PROTO and first[1] <= pickle.HIGHEST_PROTOCOL


def _unusable(path: Path, what: str, fix: str) -> DataError:
    return DataError("The model cannot be used", [Problem(str(path), what, fix)])
