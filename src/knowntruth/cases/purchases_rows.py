"""What each row of somebody's own purchases is, by a rule that goes from top to bottom.

A row is the first of these that fits: a *repeat* of another row, where these are to be dropped;
*nobody's*, *undated* or *of no product*, where that is blank; a *return*, where its quantity or
its amount is negative; *cancelled*, where its order says so; *unpriced*, where neither an amount
nor a price is known; *free*, where the amount is zero; and else a *purchase*.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import duckdb

from ..data.cells import literal
from ..data.values import is_number
from ..errors import Problem
from ..story.names import Name
from .purchases_money import is_blank, types_of

KEYS = ("customer", "product", "order")
LABELS = ("category", "subcategory")
# With more cancelled orders than this among all, their mark is likely no mark.
MOST_CANCELLED = 0.2

KINDS = (
    "repeat", "nobody's", "undated", "of no product", "return", "cancelled", "unpriced", "free",
    "purchase",
)  # fmt: skip


class Pile(NamedTuple):
    """All rows of one kind: how many, and the sum of their amounts without signs."""

    rows: int
    amount: float


def classify(
    connection: duckdb.DuckDBPyConnection,
    numbers: Mapping[str, str],
    columns: Iterable[str],
    *,
    drop_repeats: bool,
    cancelled_prefix: str,
) -> None:
    """Make the table `sorted_rows` from `written`: the contract's columns, `row` and `kind`.

    `numbers` are the SQL of the columns of numbers; `columns` all that are at hand. Beside
    them stand `written_amount` and `written_quantity`, NULL where the cell is blank, and
    `repeats`: whether an earlier row says the same in all columns.
    """
    at_hand = list(columns)
    kinds = types_of(connection, "written")
    read = [
        *(f'{_key(connection, name, kinds[name])} AS "{name}"' for name in KEYS if name in at_hand),
        '"date"',
        *(f'"{name}"' for name in LABELS if name in at_hand),
        *(f'{sql} AS "{name}"' for name, sql in numbers.items()),
    ]
    made = {"amount": "NULL::DOUBLE", "quantity": "NULL::DOUBLE", "price": "NULL::DOUBLE"}
    made |= {"product": "'all products'", "order": "NULL::VARCHAR"}
    missing = [f'{sql} AS "{name}"' for name, sql in made.items() if name not in at_hand]
    everything = ", ".join(f'"{name}"' for name in at_hand if name != "currency")
    connection.execute(
        f"CREATE TEMP TABLE read_rows AS SELECT row_number() OVER () AS row, "
        f"{', '.join([*read, *missing])} FROM written"
    )
    # Text without blanks around is compared as it was read: one pass, not one a row.
    connection.execute(
        f"CREATE TEMP TABLE repeated AS SELECT unnest(list_sort(list(row))[2:]) AS row "
        f"FROM read_rows GROUP BY {everything} HAVING count(*) > 1"
    )
    cancelled = "FALSE"
    if cancelled_prefix:
        rest = f'substr("order", {len(cancelled_prefix) + 1})'
        begins = f'starts_with("order", {literal(cancelled_prefix)})'
        cancelled = f"coalesce({begins} AND regexp_matches({rest}, '^[-_ #]?[0-9]'), FALSE)"
    repeat = "repeats" if drop_repeats else "FALSE"
    connection.execute(
        "CREATE TEMP TABLE sorted_rows AS SELECT *, CASE "
        f"WHEN {repeat} THEN 'repeat' WHEN customer IS NULL THEN 'nobody''s' "
        "WHEN date IS NULL THEN 'undated' WHEN product IS NULL THEN 'of no product' "
        "WHEN coalesce(amount < 0, FALSE) OR coalesce(written_quantity < 0, FALSE) THEN 'return' "
        f"WHEN {cancelled} THEN 'cancelled' WHEN amount IS NULL THEN 'unpriced' "
        "WHEN amount = 0 THEN 'free' ELSE 'purchase' END AS kind "
        "FROM (SELECT * REPLACE (coalesce(amount, price * coalesce(nullif(quantity, 0), 1)) "
        "AS amount, coalesce(nullif(abs(quantity), 0), 1) AS quantity), "
        "amount AS written_amount, quantity AS written_quantity, "
        "row IN (SELECT row FROM repeated) AS repeats FROM read_rows)"
    )


def piles(connection: duckdb.DuckDBPyConnection, where: str = "TRUE") -> dict[str, Pile]:
    """Return how many rows of each kind there are, under a condition, and their money."""
    found = connection.execute(
        "SELECT kind, count(*), coalesce(sum(abs(amount)), 0) FROM sorted_rows "
        f"WHERE {where} GROUP BY kind"
    ).fetchall()
    counted = {kind: Pile(int(rows), float(amount)) for kind, rows, amount in found}
    return {kind: counted.get(kind, Pile(0, 0.0)) for kind in KINDS}


def too_many_cancelled(
    found: Mapping[str, Pile], names: Mapping[str, Name], prefix: str
) -> list[Problem]:
    """Refuse a mark of cancelled orders that so many bear that it may mean something else."""
    cancelled = found["cancelled"].rows
    others = cancelled + sum(found[kind].rows for kind in ("unpriced", "free", "purchase"))
    if cancelled <= MOST_CANCELLED * others:
        return []
    what = (
        f"begins with {prefix!r} in {cancelled:,} of {others:,} rows that are no returns, and "
        "that is taken for the mark of a cancelled order"
    )
    fix = "If it marks something else, write -p cancelled_prefix=''; else correct the export"
    return [Problem(f"column {names['order'].text!r}", what, fix)]


def _key(connection: duckdb.DuckDBPyConnection, name: str, kind: str) -> str:
    """Return SQL of who, what or which order, as text: NULL where it is blank."""
    column = f'"{name}"'
    if kind in {"FLOAT", "DOUBLE"}:
        # A whole number with a blank beside it is a float in many a file.
        whole = f"{column} = floor({column}) AND abs({column}) < 1e15"
        return (
            f"(CASE WHEN isnan({column}) THEN NULL WHEN {whole} "
            f"THEN {column}::BIGINT::VARCHAR ELSE {column}::VARCHAR END)"
        )
    if is_number(kind):
        return f"{column}::VARCHAR"
    # What is longer than any mark of a blank is none, and need not be folded to be told from it.
    key = f"(CASE WHEN length({column}) < 6 AND {is_blank(f'trim({column})')} THEN NULL "
    key += f"ELSE {column} END)"
    ((floats,),) = connection.execute(
        f"SELECT bool_and(ends_with(k, '.0') AND regexp_full_match(k, '[0-9]+[.]0')) "
        f"FROM (SELECT {key} AS k FROM written)"
    ).fetchall()
    return f"regexp_replace({key}, '[.]0$', '')" if floats else key
