"""Contracts of the tables that `retail` makes."""

from __future__ import annotations

from ...data.contract import Contract, Field

TRANSACTIONS = Contract(
    name="transactions",
    row="one product bought by one customer at one time",
    key=("transaction",),
    fields=(
        Field(
            name="transaction",
            kind="identifier",
            meaning="number of the purchase, in the order of time",
        ),
        Field(name="customer", kind="identifier", meaning="who buys"),
        Field(name="product", kind="identifier", meaning="what is bought"),
        Field(name="date", kind="time", meaning="when, with the time of day"),
        Field(
            name="quantity",
            kind="whole number",
            meaning="how many units",
            unit="units",
            low=1,
        ),
        Field(name="amount", kind="number", meaning="paid for all the units", unit="money", low=0),
    ),
)

PRODUCTS = Contract(
    name="products",
    row="one product",
    key=("product",),
    fields=(
        Field(name="product", kind="identifier", meaning="what may be bought"),
        Field(name="name", kind="label", meaning="what it is called"),
        Field(name="category", kind="label", meaning="what kind of product it is"),
        Field(name="subcategory", kind="label", meaning="what kind within the category"),
        Field(name="price", kind="number", meaning="list price of a unit", unit="money", low=0),
        Field(
            name="cost", kind="number", meaning="what a unit costs the shop", unit="money", low=0
        ),
        Field(name="launched", kind="time", meaning="first day on which it was sold"),
    ),
)

CUSTOMERS = Contract(
    name="customers",
    row="one customer",
    key=("customer",),
    fields=(
        Field(name="customer", kind="identifier", meaning="who may buy"),
        Field(name="signed_up", kind="time", meaning="day on which they signed up"),
    ),
)
