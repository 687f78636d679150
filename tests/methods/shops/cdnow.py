"""The customers of CDNOW, from the files of the package lifetimes, which is not imported."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pandas as pd


def _files() -> Path:
    spec = find_spec("lifetimes")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "datasets"


@cache
def purchases() -> pd.DataFrame:
    """Return the purchases of a tenth of the customers, those that cost nothing left out."""
    names = ["master", "customer", "day", "quantity", "amount"]
    log = pd.read_fwf(_files() / "CDNOW_sample.txt", header=None, names=names, dtype=str)
    log = log.astype({"quantity": float, "amount": float})
    log["date"] = pd.to_datetime(log["day"], format="%Y%m%d")
    log["customer"] = log["customer"].astype(int)
    return log.assign(product="discs")[log["amount"] > 0].sort_values("date", kind="stable")


@cache
def histories() -> pd.DataFrame:
    """Return the authors' own histories of weeks 1 to 39."""
    found = pd.read_csv(_files() / "cdnow_customers_summary_with_transactions.csv")
    names = {"ID": "customer", "x": "frequency", "t_x": "recency", "T": "age", "zbar": "value"}
    found = found.rename(columns=names).set_index("customer")
    return found.assign(value=found["value"].where(found["frequency"] > 0))
