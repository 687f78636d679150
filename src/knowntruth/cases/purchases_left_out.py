"""What is told of rows that are no purchases, or perhaps none: how many, and by which rule."""

from __future__ import annotations

from collections.abc import Iterator

from ..data.statements import Statement
from ..story.facts import Fact
from ..story.names import Name
from .purchases_facts import Telling, counted, in_rows, part_of


def left_out(telling: Telling) -> Iterator[Statement]:
    """Tell of each kind of row that is no purchase, in the order in which they are sorted."""
    yield from _repeats(telling)
    for kind, column in (
        ("nobody's", "customer"), ("undated", "date"), ("of no product", "product"),
    ):  # fmt: skip
        yield from _blank(telling, kind, column)
    yield from _returns(telling)
    yield from _cancelled(telling)
    yield from _unpriced(telling)
    yield from _free(telling)


def _repeats(telling: Telling) -> Iterator[Statement]:
    """Tell how many rows repeat another, and what they would change."""
    repeats = telling.counts["repeats"]
    if not repeats:
        return
    ((amount,),) = telling.connection.execute(
        "SELECT coalesce(sum(abs(amount)), 0) FROM sorted_rows "
        "WHERE repeats AND kind IN ('repeat', 'purchase')"
    ).fetchall()
    dropped = telling.rules.duplicates == "drop"
    whole = telling.money + (amount if dropped else 0)
    count, share = counted("repeats", repeats), part_of("repeated money", amount, whole)
    way = Name("duplicates=keep" if dropped else "duplicates=drop")
    one = repeats == 1
    them = "it" if one else "them"
    text = (
        f"{count} {'row repeats' if one else 'rows repeat'} another in all that is read, with "
        f"{share} of all money: "
    )
    if dropped:
        text += f"{'it is' if one else 'they are'} left out, as asked; {way} counts {them}."
    else:
        text += (
            f"{'it counts' if one else 'they count'}, because nothing tells a row that was "
            f"exported twice from a thing that was bought twice; {way} leaves {them} out."
        )
    yield Statement(text, (count, share, way))


def _blank(telling: Telling, kind: str, column: str) -> Iterator[Statement]:
    """Tell of rows of which nobody knows whose, when or what."""
    pile = telling.piles[kind]
    if not pile.rows:
        return
    name, count = telling.names[column], counted(kind, pile.rows)
    share = part_of(f"money {kind}", pile.amount, telling.money)
    they = "it is" if pile.rows == 1 else "they are"
    text = f"{name} is blank in {in_rows(count)}, with {share} of all money: {they} left out."
    yield Statement(text, (name, count, share))


def _returns(telling: Telling) -> Iterator[Statement]:
    """Tell what came back, and which purchases it was taken off."""
    pile, done = telling.piles["return"], telling.returned
    if not pile.rows:
        return
    names, count, one = telling.names, counted("returns", pile.rows), pile.rows == 1
    what = "a quantity or an amount below zero"
    text = f"{in_rows(count)} {'is a return' if one else 'are returns'}, with {what}"
    facts: list[Fact | Name] = [count]
    if telling.rules.returns == "drop":
        way = Name("returns=match")
        text += (
            f": {'it is' if one else 'they are'} left out, and no purchase is changed, as asked; "
            f"{way} takes {'it off its purchase' if one else 'them off their purchases'}."
        )
        yield Statement(text, (*facts, way))
        return
    ((taken, before),) = telling.connection.execute(
        "SELECT coalesce(sum(amount * share), 0), coalesce(sum(amount), 0) FROM sorted_rows "
        "LEFT JOIN taken USING (row) WHERE kind = 'purchase'"
    ).fetchall()
    touched, gone = counted("purchases returned from", done.touched), counted("gone", done.gone)
    share = part_of("money returned", taken, before)
    unit = "units" if done.by_units else "money"
    text += (
        f". Their {unit} {'come' if done.by_units else 'comes'} off the latest earlier purchase "
        f"by the same {names['customer']} of the same {names['product']} that has any left"
    )
    facts += [names["customer"], names["product"]]
    if done.touched:
        text += (
            f": {touched} {'purchase is' if done.touched == 1 else 'purchases are'} smaller for "
            f"that, of which {gone} {'is' if done.gone == 1 else 'are'} gone, and {share} of what "
            "was bought is off."
        )
        facts += [touched, gone, share]
    else:
        text += "."
    yield Statement(text, tuple(facts))
    if done.unmatched or done.partly:
        none, partly = counted("unmatched", done.unmatched), counted("partly", done.partly)
        facts = [none]
        text = f"{none} {'return' if done.unmatched == 1 else 'returns'} found no such purchase"
        if done.partly:
            text += f", and {partly} one that was smaller"
            facts.append(partly)
        text += ": what found none is left out."
        yield Statement(text, tuple(facts))


def _cancelled(telling: Telling) -> Iterator[Statement]:
    pile = telling.piles["cancelled"]
    if not pile.rows:
        return
    prefix, order = Name(telling.rules.cancelled_prefix), telling.names["order"]
    count = counted("cancelled", pile.rows)
    way = Name("cancelled_prefix=''")
    one = pile.rows == 1
    them = "it" if one else "them"
    text = (
        f"{in_rows(count)} {'is' if one else 'are'} of a cancelled order, whose {order} begins "
        f"with {prefix}: {'it is' if one else 'they are'} left out; {way} keeps {them}."
    )
    yield Statement(text, (count, order, prefix, way))


def _unpriced(telling: Telling) -> Iterator[Statement]:
    pile = telling.piles["unpriced"]
    if pile.rows:
        count, amount = counted("unpriced", pile.rows), telling.names["amount"]
        they = "it is" if pile.rows == 1 else "they are"
        text = f"In {in_rows(count)} neither {amount} nor a price is known: {they} left out."
        yield Statement(text, (count, amount))


def _free(telling: Telling) -> Iterator[Statement]:
    pile = telling.piles["free"]
    if pile.rows:
        count, they = counted("free", pile.rows), "it is" if pile.rows == 1 else "they are"
        text = f"In {in_rows(count)} nothing was paid: {they} left out, as no purchase."
        yield Statement(text, (count,))
