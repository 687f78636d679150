"""What is told of somebody's own purchases: what they are, and what is odd in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..data.statements import Statement
from ..story.facts import Fact
from ..story.names import Name
from .purchases_facts import Telling, counted, in_rows, number, part_of
from .purchases_left_out import left_out


def statements(telling: Telling, at_hand: Collection[str], currency: str) -> Iterator[Statement]:
    """Tell what the purchases are, then what was left out of them, then what is odd in the rest.

    `at_hand` are the contract's columns that the table has; `currency` is what it says of it.
    """
    yield _size(telling, at_hand)
    yield from _money(telling, at_hand, currency)
    yield from left_out(telling)
    yield from _quantities(telling, at_hand)
    yield from _labels(telling)
    yield from _costs(telling, at_hand)
    yield from _orders(telling, at_hand)


def _size(telling: Telling, at_hand: Collection[str]) -> Statement:
    names = telling.names
    ((rows, customers, products, first, last),) = telling.connection.execute(
        "SELECT count(*), count(DISTINCT customer), count(DISTINCT product), "
        "min(date)::DATE, max(date)::DATE FROM purchases"
    ).fetchall()
    all_rows, kept = counted("rows", telling.counts["rows"]), counted("purchases", rows)
    who, start, end = counted("customers", customers), Name(str(first)), Name(str(last))
    facts: list[Fact | Name] = [all_rows, kept, who, names["customers"], start, end]
    text = f"Of {all_rows} rows, {kept} are purchases, by {who} {names['customers']}"
    if "product" in at_hand:
        what = counted("products", products)
        facts += [what, names["products"]]
        text += f" and of {what} {names['products']}"
    text += f", from {start} to {end}."
    if "product" not in at_hand:
        text += f" The table does not say which {names['products']} they were."
        facts.append(names["products"])
    return Statement(text, tuple(facts))


def _money(telling: Telling, at_hand: Collection[str], currency: str) -> Iterator[Statement]:
    """Tell the currency, and where amounts had to be made."""
    names = telling.names
    if currency:
        text = f"All money is in {names['currency']}."
        facts: tuple[Fact | Name, ...] = (names["currency"],)
        if telling.unnamed:
            count = counted("cells without a currency", telling.unnamed)
            text = (
                f"All money is in {names['currency']}; {count} "
                f"{'cell names' if telling.unnamed == 1 else 'cells name'} no currency and "
                f"{'counts' if telling.unnamed == 1 else 'count'} as that."
            )
            facts = (names["currency"], count)
        yield Statement(text, facts)
    if "price" not in at_hand:
        return
    times = (
        f"{names['price']} times {names['quantity']}"
        if "quantity" in at_hand
        else (f"{names['price']}, for one unit")
    )
    words = (names["price"], names["quantity"], names["amount"])
    if "amount" not in at_hand:
        yield Statement(f"The amount of a row is {times}.", words)
        return
    made = number(
        telling.connection,
        "count(*)",
        "sorted_rows WHERE written_amount IS NULL AND amount IS NOT NULL "
        "AND kind IN ('purchase', 'return')",
    )
    if made:
        count = counted("amounts made", made)
        text = f"{names['amount']} is blank in {in_rows(count)}: there it is {times}."
        yield Statement(text, (count, *words))


def _quantities(telling: Telling, at_hand: Collection[str]) -> Iterator[Statement]:
    """Tell where the number of units is not known, or not whole."""
    if "quantity" not in at_hand:
        return
    name, kept = telling.names["quantity"], "sorted_rows WHERE kind = 'purchase' AND "
    none = counted(
        "no quantity",
        number(telling.connection, "count(*)", f"{kept} coalesce(written_quantity, 0) = 0"),
    )
    if none.value:
        it = "it counts" if none.value == 1 else "they count"
        text = f"{name} is blank or zero in {in_rows(none)} with an amount: {it} as one unit."
        yield Statement(text, (name, none))
    parts = counted(
        "fractions", number(telling.connection, "count(*)", f"{kept} quantity <> floor(quantity)")
    )
    if parts.value:
        text = f"{name} is no whole number in {in_rows(parts)}: it is kept as written."
        yield Statement(text, (name, parts))


def _labels(telling: Telling) -> Iterator[Statement]:
    for label, several in telling.mixed_labels.items():
        if several:
            name, products = telling.names[label], telling.names["products"]
            count = counted(f"several of {label}", several)
            text = (
                f"{name} differs between the rows of {count} {products}: each gets that of most "
                f"of its rows."
            )
            yield Statement(text, (name, count, products))


def _costs(telling: Telling, at_hand: Collection[str]) -> Iterator[Statement]:
    """Tell where price or cost are not known, or cannot be right."""
    kept = "sorted_rows WHERE kind = 'purchase' AND "
    for column, wrong, word in (
        ("price", "price <= 0", "not above zero"),
        ("cost", "cost < 0", "negative"),
    ):
        if column not in at_hand:
            continue
        count = counted(f"wrong {column}", number(telling.connection, "count(*)", kept + wrong))
        if count.value:
            name, it = telling.names[column], "it counts" if count.value == 1 else "they count"
            text = f"{name} is {word} in {in_rows(count)}: there {it} as unknown."
            yield Statement(text, (name, count))
    if "cost" in at_hand:
        ((known, money),) = telling.connection.execute(
            "SELECT sum(amount) FILTER (cost IS NOT NULL), sum(amount) FROM purchases"
        ).fetchall()
        share = part_of("money with a cost", known or 0, money)
        if share.value < 1:
            name = telling.names["cost"]
            text = f"{name} is known for {share} of all money: a margin is that of this part."
            yield Statement(text, (name, share))


def _orders(telling: Telling, at_hand: Collection[str]) -> Iterator[Statement]:
    """Tell how orders by day compare with the table's own."""
    if "order" not in at_hand:
        return
    ((days, own),) = telling.connection.execute(
        'SELECT count(DISTINCT (customer, date::DATE)), count(DISTINCT "order") '
        "FROM sorted_rows LEFT JOIN taken USING (row) "
        "WHERE kind = 'purchase' AND coalesce(share, 0) < 1"
    ).fetchall()
    by_day, written, name = counted("orders", days), counted("written", own), telling.names["order"]
    text = (
        f"All that one of the {telling.names['customers']} buys on a day is one order: that makes "
        f"{by_day}, where {name} has {written} different values."
    )
    yield Statement(text, (telling.names["customers"], by_day, name, written))
