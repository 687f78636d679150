"""Somebody's own purchases are read by stated rules, or told what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from knowntruth.cases.purchases_contract import PURCHASES, PURCHASES_OF_PRODUCTS
from knowntruth.cases.purchases_own import OwnPurchases, read_purchases
from knowntruth.cases.purchases_parameters import OwnPurchasesData
from knowntruth.data.contract import Contract
from knowntruth.errors import DataError, ParameterError
from knowntruth.parameters import check
from knowntruth.story.saying import payloads_of, untraced

Read = Callable[..., OwnPurchases]
INVOICES = {
    "customer": "Customer ID", "product": "StockCode", "date": "InvoiceDate",
    "quantity": "Quantity", "price": "Price", "order": "Invoice",
}  # fmt: skip
HEADER = "Invoice,StockCode,Quantity,InvoiceDate,Price,Customer ID\n"


def read_file(
    path: Path, columns: Any = None, *, contract: Contract = PURCHASES, **options: Any
) -> OwnPurchases:
    values = {"data": str(path), "columns": columns or {}, **options}
    return read_purchases(check(OwnPurchasesData, values), contract)


def others(line: str) -> str:
    """Return a row for each of twenty customers whom no test is about."""
    return "".join(line.format(i=i) + "\n" for i in range(20))


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return a function that reads rows of invoices beside those of twenty other customers."""

    def write_and_read(*rows: str, **options: Any) -> OwnPurchases:
        path = tmp_path / "invoices.csv"
        text = HEADER + others("{i:05},Z{i},1,2010-12-31 12:00,10.00,z{i}")
        path.write_text(text + "".join(f"{row}\n" for row in rows))
        return read_file(path, INVOICES, **options)

    return write_and_read


@pytest.fixture
def amounts(tmp_path: Path) -> Callable[..., OwnPurchases]:
    """Return a function that reads texts as the amounts of as many customers."""

    def write_and_read(*texts: str | None, like: str = "7", **more: Any) -> OwnPurchases:
        rows = [*texts, *[like] * 20]
        frame = pd.DataFrame({"amount": rows, "date": "2024-05-17", "product": "p"} | more)
        frame["customer"] = [f"c{i}" for i in range(len(rows))]
        path = tmp_path / "amounts.csv"
        frame.to_csv(path, index=False)
        return read_file(path)

    return write_and_read


def told(own: OwnPurchases) -> str:
    for statement in own.statements:
        assert untraced(statement.text, payloads_of(statement.facts)) == []
    return " ".join(statement.text for statement in own.statements)


def bought(own: OwnPurchases) -> list[tuple[Any, ...]]:
    """Return customer, product, quantity and amount of the customers whom a test is about."""
    rows = own.relation.filter("customer NOT LIKE 'z%'")
    return rows.project("customer, product, quantity, amount").fetchall()


def test_purchases_come_with_the_contracts_names_and_types_in_the_order_of_time(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sales.csv"
    days = [f"2024-02-{28 - i} 08:00" for i in range(20)]
    frame = pd.DataFrame({"who": [f"n{i}" for i in range(20)], "sku": "a", "at": days})
    frame = frame.assign(paid=range(1, 21), units=2, group="g", each=4.5, makes=1.25)
    frame.to_csv(path, index=False)
    before = path.read_bytes()
    columns = {"customer": "who", "product": "sku", "date": "at", "amount": "paid"}
    columns |= {"quantity": "units", "category": "group", "price": "each", "cost": "makes"}
    own = read_file(path, columns, labels={"customers": "patients", "amount": "fees"})
    assert dict(zip(own.relation.columns, map(str, own.relation.types), strict=True)) == {
        "customer": "VARCHAR", "product": "VARCHAR", "date": "TIMESTAMP", "amount": "DOUBLE",
        "quantity": "DOUBLE", "category": "VARCHAR", "price": "DOUBLE", "cost": "DOUBLE",
    }  # fmt: skip
    rows = own.relation.fetchall()
    assert [row[3] for row in rows] == list(range(20, 0, -1))
    assert rows[0][4:] == (2, "g", 4.5, 1.25)
    words = {key: name.text for key, name in own.names.items()}
    assert words == {
        "customers": "patients", "products": "products", "categories": "categories",
        "currency": "money", "customer": "who", "product": "sku", "date": "at", "amount": "fees",
        "quantity": "units", "category": "group", "price": "each", "cost": "makes",
    }  # fmt: skip
    assert "Of 20 rows, 20 are purchases, by 20 patients and of 1 products" in told(own)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("£1,234.50", 1234.5),
        ("1234.5", 1234.5),
        ("GBP 12", 12),
        ("12.00 gbp", 12),
        ("£ .50", 0.5),
        ("1'234.50", 1234.5),
        ("1\u00a0234.50 £", 1234.5),
        ("1.5e+03", 1500),
    ],
)
def test_money_is_read_as_people_write_it(
    amounts: Callable[..., OwnPurchases], text: str, number: float
) -> None:
    own = amounts(text, like="£2.75")
    assert own.relation.filter("customer = 'c0'").project("amount").fetchall() == [(number,)]
    assert own.names["currency"].text == "GBP"
    assert "All money is in GBP" in told(own)


@pytest.mark.parametrize("text", ["1.234,50 €", "€ 1234,5", "1 234,50 EUR", "EUR 1.234,50"])
def test_decimal_commas_are_read_where_the_column_has_them(
    amounts: Callable[..., OwnPurchases], text: str
) -> None:
    own = amounts(text, like="2,75 €")
    found = own.relation.filter("customer = 'c0'").project("amount").fetchall()
    assert found == [(1234.5,)]
    assert own.names["currency"].text == "EUR"


def test_numbers_that_could_be_read_in_two_ways_follow_the_columns_that_cannot(
    amounts: Callable[..., OwnPurchases],
) -> None:
    own = amounts(like="2,75", quantity="1.000")
    assert own.relation.aggregate("min(quantity), max(quantity)").fetchall() == [(1000, 1000)]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (
            ("1,250", "2,500"),
            "may have a decimal point or a decimal comma: '1,250' is 1250 or 1.25",
        ),
        (("12.50", "12,50"), "writes decimals in two ways: '12.50', but '12,50'"),
        (("£5", "5 €", "6 €"), "holds 2 currencies ('EUR' in 2, 'GBP' in 1)"),
        (("12%", "about 5"), "holds '12%', 'about 5' (2 cells in all), which is no number"),
        (("1,2,3",), "holds '1,2,3' (1 cell in all), which is no number"),
    ],
)
def test_money_of_which_one_would_have_to_guess_is_refused(
    amounts: Callable[..., OwnPurchases], texts: tuple[str, ...], said: str
) -> None:
    with pytest.raises(DataError) as error:
        amounts(*texts)
    assert said in str(error.value)


def test_a_column_of_currencies_must_name_one_and_fit_the_money(
    amounts: Callable[..., OwnPurchases],
) -> None:
    assert amounts(currency="usd").names["currency"].text == "USD"
    with pytest.raises(DataError, match=r"holds 2 currencies \('EUR' in 19, 'CHF' in 1\)"):
        amounts(currency=["chf", *["eur"] * 19])
    with pytest.raises(DataError, match="says 'USD', and the money itself 'GBP'"):
        amounts(like="£7", currency="usd")


def test_cells_without_a_currency_count_as_that_of_the_others(
    amounts: Callable[..., OwnPurchases],
) -> None:
    assert "2 cells name no currency and count as that" in told(amounts("5", "6", like="£7"))


def test_an_amount_that_is_not_there_is_price_times_quantity(tmp_path: Path, read: Read) -> None:
    own = read("1,A,3,2011-01-01 09:00,2.50,a")
    assert bought(own) == [("a", "A", 3, 7.5)]
    assert "The amount of a row is Price times Quantity." in told(own)
    path = tmp_path / "some.csv"
    rows = "customer,product,date,amount,quantity,price\n"
    rows += "a,A,2011-01-01,,3,2.5\n" + others("z{i},Z,2011-01-01,9,1,4")
    path.write_text(rows)
    partly = read_file(path)
    assert bought(partly) == [("a", "A", 3, 7.5)]
    assert "amount is blank in 1 row: there it is price times quantity." in told(partly)
    assert partly.relation.filter("customer = 'z1'").project("amount").fetchall() == [(9,)]


def test_a_return_comes_off_the_latest_earlier_purchase_that_has_any_left(read: Read) -> None:
    own = read(
        "1,A,5,2011-01-01 09:00,2.00,a",
        "2,A,2,2011-01-05 09:00,3.00,a",
        "3,A,9,2011-02-01 09:00,2.00,a",
        "4,A,4,2011-01-04 09:00,2.00,b",
        "5,B,4,2011-01-04 09:00,2.00,a",
        "C6,A,-3,2011-01-09 09:00,2.00,a",
    )
    # Two came back of the second purchase and one of the first, of which 4/5 of 10.00 stay.
    assert sorted(bought(own)) == [
        ("a", "A", 4, 8), ("a", "A", 9, 18), ("a", "B", 4, 8), ("b", "A", 4, 8),
    ]  # fmt: skip
    assert own.counts["return"] == own.counts["returned"] == 1
    assert (
        "1 row is a return, with a quantity or an amount below zero. Their units come off the "
        "latest earlier purchase by the same Customer ID of the same StockCode that has any left: "
        "2 purchases are smaller for that, of which 1 is gone"
    ) in told(own)


def test_returns_without_a_purchase_are_left_out_and_counted(read: Read) -> None:
    own = read(
        "1,A,2,2011-01-05 09:00,2.00,a",
        "2,A,-1,2011-01-04 09:00,2.00,a",
        "3,B,-1,2011-01-09 09:00,2.00,a",
        "4,A,-5,2011-01-09 09:00,2.00,a",
        "5,C,1,2011-01-09 09:00,2.00,a",
    )
    assert bought(own) == [("a", "C", 1, 2)]
    assert own.counts["unmatched"] == 2
    said = "2 returns found no such purchase, and 1 one that was smaller: what found none is left"
    assert said in told(own)


def test_money_comes_off_where_a_table_counts_no_units(tmp_path: Path) -> None:
    path = tmp_path / "money.csv"
    rows = "customer,product,date,amount\n" + others("z{i},Z,2011-01-01,9")
    path.write_text(
        rows + "a,A,2011-01-01,30\na,A,2011-01-02,(12)\nb,A,2011-01-01,5\nb,A,2011-01-01,-5\n"
    )
    own = read_file(path)
    found = own.relation.filter("customer IN ('a', 'b')").project("customer, amount").fetchall()
    assert found == [("a", pytest.approx(18))]
    assert "Their money comes off the latest earlier purchase" in told(own)


def test_returns_can_be_left_out_without_touching_purchases(read: Read) -> None:
    rows = ("1,A,5,2011-01-01 09:00,2.00,a", "2,A,-3,2011-01-09 09:00,2.00,a")
    own = read(*rows, returns="drop")
    assert bought(own) == [("a", "A", 5, 10)]
    assert "1 row is a return" in told(own)
    assert "no purchase is changed, as asked" in told(own)


def test_cancelled_orders_are_left_out_by_the_mark_of_their_number(read: Read) -> None:
    rows = ("1,A,5,2011-01-01 09:00,2.00,a", "C2,A,3,2011-01-09 09:00,2.00,a")
    own = read(*rows)
    assert bought(own) == [("a", "A", 5, 10)]
    assert "1 row is of a cancelled order, whose Invoice begins with C" in told(own)
    # Letters that go on are a name, and no mark.
    assert len(bought(read(rows[0], "CASH,A,3,2011-01-09 09:00,2.00,a"))) == 2
    assert len(bought(read(*rows, cancelled_prefix=""))) == 2
    assert len(bought(read(*rows, cancelled_prefix="X"))) == 2


def test_a_mark_that_too_many_orders_bear_is_refused(read: Read) -> None:
    rows = [f"C{i},A,1,2011-01-09 09:00,2.00,a" for i in range(6)]
    with pytest.raises(DataError, match=r"column 'Invoice': begins with 'C' in 6 of 26 rows"):
        read(*rows)
    assert len(bought(read(*rows, cancelled_prefix=""))) == 6


def test_rows_of_nobody_and_without_a_day_or_a_product_are_left_out_with_their_money(
    read: Read,
) -> None:
    own = read(
        "1,A,5,2011-01-01 09:00,2.00,a",
        "2,A,5,2011-01-01 09:00,8.00,",
        "3,A,5,2011-01-01 09:00,2.00,nan",
        "4,,5,2011-01-01 09:00,2.00,a",
        "5,A,5,,2.00,a",
    )
    assert bought(own) == [("a", "A", 5, 10)]
    # All that was sold, with the twenty others: 200 + 10 + 40 + 10 + 10 + 10.
    share = f"{100 * 50 / 280:.1f}%"
    assert f"Customer ID is blank in 2 rows, with {share} of all money: they are left" in told(own)
    assert "StockCode is blank in 1 row, with 3.6% of all money: it is left out." in told(own)
    assert "InvoiceDate is blank in 1 row, with 3.6% of all money: it is left out." in told(own)


def test_rows_without_a_price_are_no_purchases(read: Read) -> None:
    own = read(
        "1,A,5,2011-01-01 09:00,0.00,a",
        "2,A,5,2011-01-01 09:00,,a",
        "3,A,5,2011-01-01 09:00,2.00,a",
    )
    assert bought(own) == [("a", "A", 5, 10)]
    assert (own.counts["free"], own.counts["unpriced"]) == (1, 1)
    assert "In 1 row nothing was paid: it is left out, as no purchase." in told(own)
    assert "In 1 row neither amount nor a price is known: it is left out." in told(own)


def test_rows_that_say_the_same_count_unless_they_are_to_be_dropped(read: Read) -> None:
    row = "1,A,5,2011-01-01 09:00,2.00,a"
    kept = read(row, row, row)
    assert bought(kept) == [("a", "A", 5, 10)] * 3
    share = f"{100 * 20 / 230:.1f}%"
    assert f"2 rows repeat another in all that is read, with {share} of all money" in told(kept)
    dropped = read(row, row, row, duplicates="drop")
    assert bought(dropped) == [("a", "A", 5, 10)]
    assert kept.counts["repeats"] == dropped.counts["repeats"] == dropped.counts["repeat"] == 2
    assert f"with {share} of all money: they are left out, as asked" in told(dropped)


def test_units_that_are_not_known_are_one_and_fractions_stay(read: Read) -> None:
    own = read(
        "1,A,,2011-01-01 09:00,2.00,a",
        "2,A,0,2011-01-02 09:00,2.00,a",
        "3,A,0.25,2011-01-03 09:00,2.00,a",
    )
    assert bought(own) == [("a", "A", 1, 2), ("a", "A", 1, 2), ("a", "A", 0.25, 0.5)]
    assert "Quantity is blank or zero in 2 rows with an amount: they count as one" in told(own)
    assert "Quantity is no whole number in 1 row" in told(own)


def test_each_product_has_the_category_of_most_of_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "kinds.csv"
    rows = "customer,product,date,amount,category,cost\n" + others("z{i},Z,2011-01-01,9,toys,")
    path.write_text(
        rows
        + "a,A,2011-01-01,1,x,3\na,A,2011-01-01,2,y,-1\na,A,2011-01-02,3,y,0\na,A,2011-01-03,4,,2\n"
    )
    own = read_file(path)
    found = own.relation.filter("customer = 'a'").project("category, cost").fetchall()
    assert found == [("y", 3), ("y", None), ("y", 0), ("y", 2)]
    assert "category differs between the rows of 1 products" in told(own)
    assert "cost is negative in 1 row: there it counts as unknown." in told(own)
    assert f"cost is known for {100 * 8 / 190:.1f}% of all money" in told(own)


def test_orders_by_day_are_told_beside_the_tables_own(read: Read) -> None:
    row = "{},A,1,2011-01-0{} 1{}:00,2.00,a"
    own = read(row.format(1, 1, 0), row.format(2, 1, 5), row.format(3, 2, 0))
    said = "All that one of the customers buys on a day is one order: that makes 22, where Invoice"
    assert f"{said} has 23 different values." in told(own)


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_customers_are_the_same_however_a_file_writes_their_numbers(
    tmp_path: Path, suffix: str
) -> None:
    ids = [*map(float, range(17850, 17870)), np.nan]
    frame = pd.DataFrame({"customer": ids, "product": 5, "amount": 2.5})
    frame["date"] = pd.Timestamp("2011-01-01 10:00")
    path = tmp_path / f"numbers.{suffix}"
    if suffix == "csv":
        frame.to_csv(path, index=False)
    elif suffix == "xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_parquet(path)
    own = read_file(path)
    found = own.relation.project("customer, product, amount").order("customer").fetchall()
    assert found == [(str(i), "5", 2.5) for i in range(17850, 17870)]
    assert own.counts["nobody's"] == 1


def test_products_may_be_unknown_only_where_nothing_is_asked_of_them(tmp_path: Path) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("customer,date,amount\n" + others("z{i},2011-01-01,9"))
    own = read_file(path)
    assert not own.has_products
    assert own.relation.aggregate("product", "product").fetchall() == [("all products",)]
    assert "The table does not say which products they were." in told(own)
    with pytest.raises(DataError, match="product: has no column"):
        read_file(path, contract=PURCHASES_OF_PRODUCTS)


@pytest.mark.parametrize(
    ("line", "contract", "said"),
    [
        ("z,Z,2011-01-{i:02},9", PURCHASES, "has purchases of 1 customers, and 20 are needed"),
        ("z{i},Z,2011-01-01,9", PURCHASES_OF_PRODUCTS, "purchases of 1 products, and 5 are needed"),
        (
            "z{i},Z,2011-01-01,-9",
            PURCHASES,
            "of 0 customers, and 20 are needed (other rows: 20 ret",
        ),
    ],
)
def test_too_little_is_refused(tmp_path: Path, line: str, contract: Contract, said: str) -> None:
    path = tmp_path / "small.csv"
    lines = others(line).replace("2011-01-00", "2011-01-20")
    path.write_text("customer,product,date,amount\n" + lines)
    with pytest.raises(DataError) as error:
        read_file(path, contract=contract)
    assert said in str(error.value)


def test_what_means_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text("customer,product,date,amount\n" + others("z{i},Z,2011-01-01,9"))
    with pytest.raises(DataError, match="cancelled_prefix: means nothing without order"):
        read_file(path, cancelled_prefix="X")
    with pytest.raises(ParameterError, match="names nothing in this run"):
        read_file(path, labels={"shops": "branches"})


def test_the_table_can_be_asked_by_query_after_reading(read: Read) -> None:
    rows = read("1,A,5,2011-01-01 09:00,2.00,a").relation
    assert isinstance(rows, duckdb.DuckDBPyRelation)
    assert rows.query("units", "SELECT sum(amount) FROM units").fetchall() == [(210,)]
