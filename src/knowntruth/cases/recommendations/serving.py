"""Files that a shop must not serve lists from, and what loading them says."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import DataError
from ...methods.lists import model_files


def refusals(path: Path, model: Any, purchases: pd.DataFrame) -> dict[str, str]:
    """Return what was tried with a model file and with copies of it, and what that said.

    Copies are written beside the file, which stays as it is.

    Raises:
        AssertionError: for anything of this that was not refused.
    """
    folder, whole = path.parent, path.read_bytes()
    damaged, cut, pickled = (
        folder / name for name in ("damaged.npz", "cut_off.npz", "pickled.npz")
    )
    at = _last_of_first(path)
    damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
    cut.write_bytes(whole[: len(whole) // 2])
    pickled.write_bytes(pickle.dumps(model))
    other = model_files.fingerprint(purchases.iloc[:-1])
    tries: dict[str, Callable[[], Any]] = {
        "a file with one byte changed": lambda: model_files.load(damaged),
        "a file that was cut off": lambda: model_files.load(cut),
        "a pickle": lambda: model_files.load(pickled),
        "a model of other purchases": lambda: model_files.load(path, expect=other),
        "saving over a file that is there": lambda: model_files.save(model, path),
    }
    return {tried: _said(attempt) for tried, attempt in tries.items()}


def _last_of_first(path: Path) -> int:
    """Return where the last byte of the first array stands, which says something of the model."""
    with zipfile.ZipFile(path) as archive:
        first, second = sorted(info.header_offset for info in archive.infolist())[:2]
        assert first < second
    return second - 1


def _said(attempt: Callable[[], Any]) -> str:
    try:
        attempt()
    except DataError as error:
        return f"{error.title}: {error.problems[0].what}. {error.problems[0].fix}"
    raise AssertionError("this had to be refused")
