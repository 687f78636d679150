"""Contract of purchases: one row for one product that one customer bought at one time.

`PURCHASES` serves whoever asks about customers: products may be unknown in it.
`PURCHASES_OF_PRODUCTS` serves whoever asks which product comes next.
"""

from __future__ import annotations

from dataclasses import replace

from ..data.contract import Contract, Field

PURCHASES = Contract(
    name="purchases",
    row="one product bought by one customer at one time",
    fields=(
        Field(
            name="customer",
            kind="identifier",
            meaning="who bought",
            blanks="row left out",
        ),
        Field(
            name="product",
            kind="identifier",
            meaning="what was bought",
            required=False,
            blanks="row left out",
        ),
        Field(
            name="date",
            kind="time",
            meaning="when it was bought; all that a customer buys on one day is one order",
            blanks="row left out",
        ),
        Field(
            name="amount",
            kind="number",
            meaning="what the row brought in all; without it, price times quantity",
            unit="money",
            required=False,
            blanks="row left out",
        ),
        Field(
            name="quantity",
            kind="number",
            meaning="units in the row, negative where they were returned; without it, one",
            unit="units",
            required=False,
            blanks="left out",
        ),
        Field(
            name="category",
            kind="label",
            meaning="group of products",
            required=False,
            blanks="own group",
        ),
        Field(
            name="subcategory",
            kind="label",
            meaning="group of products within a category",
            required=False,
            blanks="own group",
        ),
        Field(
            name="price",
            kind="number",
            meaning="price of a unit",
            unit="money a unit",
            required=False,
            blanks="left out",
        ),
        Field(
            name="cost",
            kind="number",
            meaning="what a unit costs the shop; without it, there is no margin",
            unit="money a unit",
            required=False,
            blanks="left out",
        ),
        Field(
            name="order",
            kind="identifier",
            meaning="number of the order or invoice, which may tell that it was cancelled",
            required=False,
            blanks="left out",
        ),
        Field(
            name="currency",
            kind="label",
            meaning="currency of the row's money, the same in all rows",
            required=False,
            blanks="left out",
        ),
    ),
    one_of=(("amount",), ("price",)),
)

PURCHASES_OF_PRODUCTS = replace(
    PURCHASES,
    fields=tuple(
        replace(field, required=True) if field.name == "product" else field
        for field in PURCHASES.fields
    ),
)
