"""Files that a shop must not serve lists from, and what loading them says."""

from __future__ import annotations

import pickle
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
    middle = len(whole) // 2
    damaged.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
    cut.write_bytes(whole[:middle])
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


def _said(attempt: Callable[[], Any]) -> str:
    try:
        attempt()
    except DataError as error:
        return f"{error.title}: {error.problems[0].what}. {error.problems[0].fix}"
    raise AssertionError("this had to be refused")
