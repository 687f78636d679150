"""Contract of sales by creator and month: what was sold, and what it brought.

A *long* table has these columns, and one row a creator and month. Two tables *of months* hold
the same: one row a creator and one column a month, the sales in one of them and their value in
the other.
"""

from __future__ import annotations

from ...data.contract import Contract, Field

SALES = Contract(
    name="sales",
    row="one creator in one month",
    key=("creator", "month"),
    fields=(
        Field(
            name="creator",
            kind="identifier",
            meaning="who sells; the only column of these in tables of one column a month",
            blanks="row left out",
        ),
        Field(
            name="month",
            kind="period",
            meaning="month of the sales, by any day in it",
            required=False,
            blanks="row left out",
        ),
        Field(
            name="transactions",
            kind="number",
            meaning="sales in that month",
            low=0,
            required=False,
            blanks="zero",
        ),
        Field(
            name="gmv",
            kind="number",
            meaning="what they brought (gross merchandise value)",
            unit="money",
            low=0,
            required=False,
            blanks="zero",
        ),
    ),
)

MEASURES = ("transactions", "gmv")
