"""Contract of the table that `creators` makes."""

from __future__ import annotations

from ...data.contract import Contract, Field

SALES = Contract(
    name="sales",
    row="one creator in one month in which they sold something",
    key=("creator", "month"),
    fields=(
        Field(name="creator", kind="identifier", meaning="who sells"),
        Field(name="month", kind="time", meaning="first day of the month"),
        Field(
            name="transactions",
            kind="whole number",
            meaning="sales in the month",
            unit="transactions",
            low=1,
        ),
        Field(name="gmv", kind="number", meaning="what they brought", unit="money", low=0),
    ),
)
