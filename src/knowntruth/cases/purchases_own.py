"""Opening somebody's own purchases: their export, as the table that all methods take.

Real exports hold more than purchases: returns, cancelled orders, rows of nobody, rows twice,
money written as text. Each is counted, treated by one rule, and told in a statement. Nothing of
the user's is changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import duckdb

from ..data.cells import SMALL, connect
from ..data.contract import NUMERIC, Contract
from ..data.statements import Statement
from ..data.tables import OwnTable, open_table
from ..errors import DataError, Problem
from ..story.names import Name
from . import purchases_kept, purchases_rows, purchases_told
from .labels import label_words
from .purchases_contract import PURCHASES
from .purchases_facts import Telling, number
from .purchases_money import mixed, read_numbers, same_currency
from .purchases_rows import LABELS, Pile

TITLE = "This table cannot be used:"
WORDS = {
    "customers": "customers",
    "products": "products",
    "categories": "categories",
    "currency": "money",
    "product": "product",
    "amount": "amount",
    "quantity": "quantity",
}
# As in the world: with fewer there is nobody to compare, and nothing to choose from.
FEWEST_CUSTOMERS, FEWEST_PRODUCTS = 20, 5
# A larger table is read by all threads.
MANY_ROWS = 500_000


class Parameters(Protocol):
    """What the owner of a table says about it."""

    @property
    def data(self) -> str:
        """File or folder with the table."""

    @property
    def columns(self) -> Mapping[str, str | list[str]]:
        """Contract name → the user's column."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Contract name → the user's words for it."""

    @property
    def returns(self) -> Literal["match", "drop"]:
        """Whether returned units are taken off their purchase, or only left out."""

    @property
    def duplicates(self) -> Literal["keep", "drop"]:
        """Whether rows that repeat another in everything count."""

    @property
    def cancelled_prefix(self) -> str:
        """Letters before the digits of a cancelled order's number; empty knows none."""


@dataclass(frozen=True)
class OwnPurchases:
    """Somebody's own purchases.

    Attributes:
        relation: one row a purchase, in the order of time and then of the table: `customer`,
            `product` (VARCHAR), `date` (TIMESTAMP), `amount` (DOUBLE, above 0); and where the
            table has them `quantity` (DOUBLE, above 0), `category`, `subcategory` (VARCHAR, one
            a product), `price`, `cost` (DOUBLE, a unit; NULL where unknown). Returned units
            are off.
        names: this run's word for each of the table's columns, for `WORDS`, and for the
            currency, which is "money" where the table names none.
        has_products: whether the table says what was bought; without it, all is one product.
        counts: rows of the table by kind, as `purchases_rows` names them; `rows` in all,
            `repeats` that say what another says, `unmatched` returns of which nothing found a
            purchase, and `returned` purchases of which nothing is left.
        statements: what was done to the table, and what it holds that should be known.
    """

    relation: duckdb.DuckDBPyRelation
    names: Mapping[str, Name]
    has_products: bool
    counts: Mapping[str, int]
    statements: tuple[Statement, ...]


def read_purchases(p: Parameters, contract: Contract = PURCHASES) -> OwnPurchases:
    """Return the purchases in the table that `p.data` names.

    `contract` is `PURCHASES`, or `PURCHASES_OF_PRODUCTS` where products must be known.

    Raises:
        DataError: for a table that does not meet the contract, holds several currencies, or has
            too few purchases to say anything.
        ParameterError: for a label of something that is not there.
    """
    table = open_table(p.data, _as_written(contract), p.columns)
    names = dict(table.names)
    connection = connect(SMALL if table.rows > MANY_ROWS else 0)
    connection.register("own_units", table.relation.to_arrow_reader())
    connection.execute("CREATE TEMP TABLE written AS SELECT * FROM own_units")
    connection.unregister("own_units")
    numbers = read_numbers(
        connection,
        "written",
        {field.name: names[field.name] for field in contract.fields
         if field.kind in NUMERIC and field.name in names},
        money=("amount", "price", "cost"),
    )  # fmt: skip
    currency, problems = _currency(connection, table, numbers.currency)
    problems = [*numbers.problems, *problems]
    if "order" not in names and p.cancelled_prefix not in {"", "C"}:
        fix = "Write --map order=THEIR_COLUMN, or leave it out"
        problems.append(Problem("cancelled_prefix", "means nothing without order", fix))
    if problems:
        raise DataError(TITLE, problems)
    purchases_rows.classify(
        connection,
        numbers.sql,
        table.relation.columns,
        drop_repeats=p.duplicates == "drop",
        cancelled_prefix=p.cancelled_prefix,
    )
    found = purchases_rows.piles(connection)
    if "order" in names:
        problems += purchases_rows.too_many_cancelled(found, names, p.cancelled_prefix)
    if problems:
        raise DataError(TITLE, problems)
    matched = purchases_kept.take_returns(
        connection, by_units="quantity" in names, match=p.returns == "match"
    )
    mixed_labels = {
        label: purchases_kept.settle_label(connection, label) for label in LABELS if label in names
    }
    rows = purchases_kept.purchases(connection, set(names))
    problems = _too_few(connection, table, found, contract["product"].required)
    if problems:
        raise DataError(TITLE, problems)
    headings = {key: name.text for key, name in names.items() if key != "currency"}
    known = WORDS | headings | ({"currency": currency} if currency else {})
    words = label_words(p.labels, known)
    counts = {"rows": table.rows, **{kind: pile.rows for kind, pile in found.items()}}
    counts["repeats"] = number(connection, "count_if(repeats)", "sorted_rows")
    counts["unmatched"] = matched.unmatched
    counts["returned"] = matched.gone
    telling = Telling(connection, words, found, counts, matched, mixed_labels, numbers.unnamed, p)
    return OwnPurchases(
        relation=rows,
        names=words,
        has_products="product" in names,
        counts=counts,
        statements=(
            *_of_the_table(table),
            *purchases_told.statements(telling, set(names), currency),
        ),
    )


def _as_written(contract: Contract) -> Contract:
    """Return the contract for reading: numbers as they stand, and no row left out yet."""
    return replace(
        contract,
        fields=tuple(
            replace(
                field,
                kind="identifier" if field.kind in NUMERIC else field.kind,
                blanks=field.blanks if field.blanks == "own group" else "left out",
            )
            for field in contract.fields
        ),
    )


def _currency(
    connection: duckdb.DuckDBPyConnection, table: OwnTable, written: str
) -> tuple[str, list[Problem]]:
    """Return the currency of the table, from its own column or from beside the numbers."""
    if "currency" not in table.names:
        return written, []
    rows: dict[str, int] = {}
    for label, count in connection.execute(
        "SELECT currency, count(*) FROM written WHERE currency IS NOT NULL GROUP BY 1"
    ).fetchall():
        rows[same_currency(label)] = rows.get(same_currency(label), 0) + int(count)
    where = f"column {table.names['currency'].text!r}"
    if len(rows) > 1:
        return "", [mixed(where, rows)]
    (named,) = rows
    if written and written != named:
        what = f"says {named!r}, and the money itself {written!r}"
        return "", [Problem(where, what, "Correct one of them, or leave currency out")]
    return named, []


def _too_few(
    connection: duckdb.DuckDBPyConnection,
    table: OwnTable,
    found: Mapping[str, Pile],
    needs_products: bool,
) -> list[Problem]:
    """Return why what is left of the table is too little."""
    counted = {
        what: number(connection, f"count(DISTINCT {what})", "purchases")
        for what in ("customer", "product")
    }
    shown = ", ".join(
        f"{pile.rows:,} {kind if kind != 'return' else 'returned'}"
        for kind, pile in found.items()
        if pile.rows and kind != "purchase"
    )
    others = f" (other rows: {shown})" if shown else ""
    least = {"customer": FEWEST_CUSTOMERS, "product": FEWEST_PRODUCTS if needs_products else 0}
    return [
        Problem(
            table.path.name,
            f"has purchases of {counted[what]:,} {what}s, and {fewest} are needed{others}",
            f"Export more {what}s",
        )
        for what, fewest in least.items()
        if counted[what] < fewest
    ]


def _of_the_table(table: OwnTable) -> Sequence[Statement]:
    """Return what reading told, but for blanks that are told here with what they cost."""
    ours = {
        f"blanks in {name.text}" for column, name in table.names.items() if column not in LABELS
    }
    return [
        statement
        for statement in table.statements
        if not any(getattr(fact, "name", "") in ours for fact in statement.facts)
    ]
