"""Wording of what a shop sells: key figures, products, categories, months, one customer.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
A product's or category's *chance* is the share of draws of customers in which it is the first.
"""

from __future__ import annotations

from collections.abc import Sequence

from .facts import Fact, Reason
from .findings import Finding
from .names import Name, listed

# From which chance on the first of a list is surely first, and below which it is not.
SURE, DOUBTFUL = 0.95, 0.6


def cannot(what: str, reason: Reason) -> str:
    """Say that something cannot be told, and why."""
    return f"{what[:1].upper()}{what[1:]} cannot be told: {str(reason).rstrip('.')}."


def money(name: str, value: float) -> Fact:
    """Return an amount as a fact, without cents where it is large."""
    return Fact(name, float(value), decimals=0 if abs(value) >= 1_000 else 2)


# The answer first.


def sells(first: Name, share: Finding, earner: Name | None, parts: tuple[Fact, Fact] | None) -> str:
    """Say which category brings the most revenue, and whether it leaves the most margin.

    `parts` are the shares of margin of the earner and of the first.
    """
    said = f"**{first:capital} sells the most**: {share:value} of revenue ({share:interval})."
    if earner is None or parts is None:
        return f"{said} What that leaves beyond cost this table does not say."
    if earner == first:
        return f"{said} It also leaves the most margin, {parts[0]} of it."
    return (
        f"{said} The most margin is left by {earner}, {parts[0]} of it, where {first} leaves "
        f"{parts[1]}."
    )


# What the table holds.


def held(counts: Sequence[Fact], days: tuple[Name, Name], *, words: Sequence[Name]) -> str:
    """Say how many purchases, orders, customers and products there are, and from when to when."""
    purchases, orders, buyers, sold, units = counts
    customers, products = words
    # A table that does not say what was bought has one product.
    what = f", of {sold} {products}" if sold.value > 1 else ""
    return (
        f"From {days[0]} to {days[1]} there are {purchases} purchases of {units} units, by "
        f"{buyers} {customers} in {orders} orders{what}."
    )


def silent(count: Fact, *, customers: Name) -> str:
    """Say how many customers are there and bought nothing."""
    if not count.value:
        return f"All {customers} who signed up have bought something."
    return (
        f"{count} more signed up and have no purchase on record, so no figure of {customers} "
        "counts them."
    )


# Key figures.


def averages(order: Finding, purchase: Fact) -> str:
    """Say what an order and a purchase bring, which are not the same."""
    said = f"An order brings {order:value} ({order:interval}), a purchase {purchase}."
    if order.estimate.value > 1.005 * purchase.value:
        return f"{said} Whoever divides revenue by rows and calls that an order is off by the rest."
    return f"{said} In this run hardly any order has more than one row, so the two are alike."


def gap(order: Finding) -> str:
    """Say what an order was to bring, and whether the interval holds it."""
    holds = "holds" if order.estimate.covers(order.truth or 0.0) else "does not hold"
    return f"To be expected of an order was {order:truth}, which the interval {holds}."


def surely(first: Name, what: str, chance: Fact, second: Name | None, *, customers: Name) -> str:
    """Say which product is first by something, and how surely."""
    said = f"By {what} the first is {first}"
    if second is None:
        return f"{said}, and there is no other."
    if chance.value >= SURE:
        return f"{said}; were the {customers} drawn again, it would be so in {chance} of draws."
    if chance.value >= DOUBTFUL:
        return f"{said}, but only in {chance} of draws of the {customers}; next comes {second}."
    return (
        f"{said}, and that is far from sure: it is so in {chance} of draws of the {customers} "
        f"only. Next comes {second}."
    )


# Products.


def price_list(first: Name, ranks: Fact | None, *, is_dearest: bool, products: Name) -> str:
    """Say whether the ranking by revenue a unit is one by price."""
    said = f"By revenue a unit the first is {first}"
    if is_dearest:
        said += ", and it has the highest price of all"
    if ranks is None:
        return f"{said}. How that goes together with prices cannot be told here."
    said += f". Over all {products} revenue a unit and price have the rank correlation {ranks}."
    if ranks.value > 0.95:
        return f"{said} That ranking is the price list, and a price list is no profit."
    if ranks.value > 0.5:
        return f"{said} So that ranking says mostly what things cost."
    return f"{said} So here that ranking is more than a price list."


def profit(
    dear: Name, place: Fact, first: Name, part: Fact, first_part: Fact, *, products: Name
) -> str:
    """Say how much margin the product with the highest revenue a unit leaves, and which the most.

    `part` and `first_part` are shares of all margin of the two.
    """
    if place.value == 1:
        return f"With costs at hand it also leaves the most margin of all {products}, {part} of it."
    return (
        f"With costs at hand it is number {place} by the margin that it leaves, {part} of all. The "
        f"most is left by {first}, {first_part} of all."
    )


def unknown_cost(dear: Name) -> str:
    """Say that nobody knows what the dearest product leaves."""
    return f"What is left of {dear} cannot be told: its cost is not known."


def loss(count: Fact, *, products: Name) -> str:
    """Say how many products are sold below cost."""
    if not count.value:
        return f"None of the {products} is sold below its cost."
    verb = "is" if count.value == 1 else "are"
    return f"Of all {products}, {count} {verb} sold below cost: more units of that lose more money."


def products_title(first: Name, chance: Fact) -> str:
    """Say in a title what sells the most units."""
    return f"Most units: {first}, first in {chance} of draws"


# Categories and months.


def categories_title(first: Name, share: Finding) -> str:
    """Say in a title what the largest share is."""
    return f"{first:capital} brings {share:value} of revenue"


def apart(first: Name, second: Name | None, *, overlap: bool) -> str:
    """Say whether the intervals of the two largest shares meet."""
    if second is None:
        return f"There is nothing but {first}."
    if overlap:
        return (
            f"The intervals of {first} and {second} meet, so which of them is larger is not "
            "settled."
        )
    return f"The intervals of {first} and {second} do not meet: {first} is larger beyond chance."


def months_title(peak: Name, most: Fact) -> str:
    """Say in a title which month brought the most."""
    return f"The most revenue came in {peak}: {most}"


def partial(left_out: Sequence[Name]) -> str:
    """Say which months are not whole, and why that matters."""
    which = "It is" if len(left_out) == 1 else "They are"
    return (
        f"Not the whole of {listed(left_out)} is on record. {which} left out of the figure: less "
        "in fewer days is no fall."
    )


def season(alike: Finding | None, months: Fact) -> str:
    """Say whether the months of one year went like the same months of the year before."""
    if alike is None:
        return (
            "A season is what comes again each year, and this record has too few months twice: "
            "what looks like a season here may be a trend."
        )
    said = (
        f"Of {months} months that two years have in common, revenue a day has the rank correlation "
        f"{alike:value} ({alike:interval}) from one year to the next."
    )
    if alike.direction == "higher":
        return f"{said} A season does that, and so does a rise or a fall within each of the years."
    if alike.direction == "lower":
        return f"{said} What was high in one year was low in the other, which no season does."
    return f"{said} Whether there is a season is not settled by that."


def true_season(strength: Fact) -> str:
    """Say what the world's season is."""
    if not strength.value:
        return (
            "In this world there is no season: what goes up and down is chance, the length of "
            "months, and who comes and goes."
        )
    return (
        f"In this world the season is at its height at the beginning of December, with {strength} "
        "more than on average; the rest is chance, the length of months, and who comes and goes."
    )


# One customer.


def card_title(customer: Name, share: Fact, *, customers: Name) -> str:
    """Say in a title where one customer stands by spending."""
    return f"{customer} spends more than {share} of {customers} do"


def habit(customer: Name, favourite: Name, share: Fact, usual: Fact, bought: Fact) -> str:
    """Say what a customer's money goes to, beside everybody's."""
    said = f"Of what {customer} spends, {share} goes to {favourite}; of all revenue it is {usual}."
    purchases = f"{bought} purchases" if bought.value != 1 else f"{bought} purchase"
    if share.value > 1.5 * usual.value:
        return f"{said} As far as can be told from {purchases}, that is a liking."
    return (
        f"{said} As far as can be told from {purchases}, that is not far from what everybody does."
    )


def true_customer(customer: Name, kind: Name, left: Name | None, alive: Fact | None) -> str:
    """Say who a customer is in truth, and whether they are there still."""
    said = f"In truth {customer} is of the kind {kind}, and "
    said += "is still there at the end of the record." if left is None else f"left on {left}."
    if alive is not None:
        said += f" From the record alone the chance to be there still is put at {alive}."
    return said


# The published report.


def constants(same: Fact, other: Fact, unseen: Fact) -> str:
    """Say how many of the numbers with which the report's shop was made this run has as well."""
    differs = f"differs in {other}" if other.value else "differs in none"
    return (
        f"Of the numbers with which that shop was made, this run agrees in {same} and {differs}; "
        f"{unseen} cannot be seen."
    )


def statements(holding: Fact, failing: Fact, open_: Fact) -> str:
    """Say how many of the report's statements hold."""
    hold = "holds" if holding.value == 1 else "hold"
    fail = "does" if failing.value == 1 else "do"
    return (
        f"Of its statements {holding} {hold} in this run, {failing} {fail} not, and {open_} cannot "
        "be said."
    )
