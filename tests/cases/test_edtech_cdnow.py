"""The customers of CDNOW keep coming back as often as its published analyses say.

The purchases are read from the files of the package lifetimes, which is not imported: it was
made for older libraries.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from knowntruth.cases.edtech_simulation.own import OwnUsers, read_users
from knowntruth.cases.edtech_simulation.parameters import OwnUserBase
from knowntruth.parameters import check

UNTIL = "1997-09-30"


def files() -> Path:
    spec = find_spec("lifetimes")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "datasets"


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    """Return the first and the last day of purchase in the calibration period, as written."""
    names = ["master", "customer", "day", "discs", "spent"]
    log = pd.read_fwf(files() / "CDNOW_sample.txt", header=None, names=names, dtype=str)
    early = log[log["day"] <= UNTIL.replace("-", "")]
    return early.groupby("customer")["day"].agg(first="min", last="max").reset_index()


def read(path: Path) -> OwnUsers:
    columns = {"user": "customer", "signed_up": "first", "last_active": "last"}
    values = {"data": str(path), "columns": columns, "observed_until": UNTIL}
    return read_users(check(OwnUserBase, values))


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_as_many_come_back_as_was_published(
    tmp_path: Path, customers: pd.DataFrame, suffix: str
) -> None:
    # Fader, Hardie & Lee 2005: 2,357 customers, 1,411 of them without a repeat purchase in
    # weeks 1 to 39. Days later than that are counted in their own summary of the customers.
    path = tmp_path / f"cdnow.{suffix}"
    if suffix == "csv":
        customers.to_csv(path, index=False)
    elif suffix == "xlsx":
        dated = {name: pd.to_datetime(customers[name]) for name in ("first", "last")}
        customers.assign(**dated).to_excel(path, index=False)
    else:
        whole = {name: customers[name].astype(int) for name in ("first", "last")}
        customers.assign(**whole).to_parquet(path)
    summary = pd.read_csv(files() / "cdnow_customers_summary.csv")
    weeks = summary["recency"]
    found = read(path).relation.aggregate("count(*), sum(day_1), sum(day_7), sum(day_30)")
    assert found.fetchall() == [
        (2357, 2357 - 1411, (weeks >= 1).sum(), (weeks >= round(30 / 7, 2)).sum())
    ]
