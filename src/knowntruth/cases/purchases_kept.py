"""What is left of somebody's own purchases: without returns, one label a product, by time."""

from __future__ import annotations

import duckdb
import pandas as pd

from ..data.tables import NO_GROUP
from . import purchases_returns
from .purchases_facts import Returned, number
from .purchases_rows import LABELS


def take_returns(connection: duckdb.DuckDBPyConnection, *, by_units: bool, match: bool) -> Returned:
    """Make the table `taken` of what came back of each purchase, and return its figures."""
    size = "abs(coalesce(written_quantity, 1))" if by_units else "coalesce(abs(amount), 0)"
    size = f"CASE WHEN {size} = 0 THEN 1 ELSE {size} END"
    found = purchases_returns.Matched({}, {})
    rows = connection.execute(
        f"SELECT customer, product, date, row, kind = 'return', {size} FROM sorted_rows "
        "WHERE kind = 'return' OR (kind = 'purchase' AND (customer, product) IN "
        "(SELECT (customer, product) FROM sorted_rows WHERE kind = 'return'))"
        if match
        else "SELECT customer, product, date, row, TRUE, 1 FROM sorted_rows WHERE FALSE"
    ).fetchall()
    found = purchases_returns.match(purchases_returns.Movement(*row) for row in rows)
    for name, shares in (("taken", found.taken), ("unmatched", found.unmatched)):
        frame = pd.DataFrame({"row": list(shares), "share": list(shares.values())})
        frame = frame.astype({"row": "int64", "share": "float64"})
        connection.register("shares", frame)
        connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM shares")
        connection.unregister("shares")
    return Returned(
        touched=len(found.taken),
        gone=sum(share == 1 for share in found.taken.values()),
        unmatched=sum(share == 1 for share in found.unmatched.values()),
        partly=sum(share < 1 for share in found.unmatched.values()),
        by_units=by_units,
    )


def settle_label(connection: duckdb.DuckDBPyConnection, label: str) -> int:
    """Give each product one label, that of most of its rows; return how many had several."""
    several = number(
        connection,
        "count(*)",
        f"(SELECT product FROM sorted_rows WHERE kind = 'purchase' GROUP BY product "
        f'HAVING count(DISTINCT "{label}") > 1)',
    )
    if several:
        connection.execute(
            f'CREATE TEMP TABLE one_{label} AS SELECT product, "{label}" FROM (SELECT product, '
            f'"{label}", count(*) AS n, min(row) AS first FROM sorted_rows WHERE kind = '
            f"'purchase' GROUP BY ALL) QUALIFY row_number() OVER (PARTITION BY product ORDER BY "
            f"\"{label}\" = '{NO_GROUP}', n DESC, first) = 1"
        )
        connection.execute(
            f'UPDATE sorted_rows SET "{label}" = o."{label}" FROM one_{label} o '
            f"WHERE sorted_rows.product = o.product AND kind = 'purchase'"
        )
    return several


def purchases(connection: duckdb.DuckDBPyConnection, at_hand: set[str]) -> duckdb.DuckDBPyRelation:
    """Make and return the purchases that are left, in the order of time."""
    left = "(1 - coalesce(share, 0))"
    sql = {
        "amount": f"amount * {left}",
        # Money that came back leaves units where it finds them, if the table counts none.
        "quantity": f"quantity * {left}",
        "price": "CASE WHEN price > 0 THEN price END",
        "cost": "CASE WHEN cost >= 0 THEN cost END",
    }
    always = ("customer", "product", "date", "amount")
    columns = [
        f'{sql.get(name, name)} AS "{name}"'
        for name in (*always, "quantity", *LABELS, "price", "cost")
        if name in always or name in at_hand
    ]
    connection.execute(
        f"CREATE TABLE purchases AS SELECT {', '.join(columns)} FROM sorted_rows "
        "LEFT JOIN taken USING (row) WHERE kind = 'purchase' AND coalesce(share, 0) < 1 "
        "ORDER BY date, row"
    )
    # Another cursor sees this table, and none of the temporary ones.
    return connection.cursor().table("purchases")
