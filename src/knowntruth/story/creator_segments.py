"""Wording of segments by recency, frequency and money: names, advice, and how far names hold.

Every function takes findings, facts and names and returns Markdown; none computes a statistic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .facts import Fact
from .findings import Finding
from .names import Name, listed

# What to do with each segment of the rules.
ADVICE = {
    "best": "Look after in person; ask now what would make them leave.",
    "promising": "Ask what holds them back; help with the next launch.",
    "few dear sales": "Learn what they sell; a single sale more or less shows.",
    "many cheap sales": "Look at their prices together before anything else.",
    "churned best": "Call them; somebody who sold that well stopped for a reason.",
    "everybody else": "Serve well without a person of their own; look again next quarter.",
}
# What to do with a group, by its sales and its price.
BY_SALES = {
    "many": "Look after in person",
    "some": "Help to sell more often",
    "few": "Serve well without a person of their own",
}
BY_PRICE = {
    "high": "ask what their buyers come for",
    "middling": "see how the next months go",
    "low": "look at their prices together",
}


def advice(segment: str) -> str:
    """Return what to do with a segment of the rules, or with a group by its name."""
    if segment in ADVICE:
        return ADVICE[segment]
    sales, _, rest = segment.partition(" sales, ")
    price = rest.partition(" price")[0]
    if sales in BY_SALES and price in BY_PRICE:
        return f"{BY_SALES[sales]}; {BY_PRICE[price]}."
    return "Look at them one by one; they are like nobody else."


def ties(score: Fact, share: Fact, *, creators: Name) -> str:
    """Say how many creators have the best score of recency."""
    if share.value > 0.5:
        return (
            f"{share} of {creators} have score {score} for recency: in a table of months nearly "
            "everybody who sells at all has sold last month, so this score parts few."
        )
    return f"{share} of {creators} have score {score} for recency, so it does part them."


def segments_title(largest: Name, share: Fact, money: Fact, *, creators: Name, value: Name) -> str:
    """Say in a title how large the segment with the most value is."""
    return f"“{largest}”: {share} of {creators}, {money} of {value}"


def which_segments(
    found: Sequence[tuple[Name, Fact]], empty: Sequence[Name], *, creators: Name
) -> str:
    """Say which names the rules give, and which nobody has."""
    said = f"The rules name {listed([f'“{name}” ({count})' for name, count in found])}."
    if not empty:
        return f"{said} Every name has somebody."
    return (
        f"{said} Nobody of the {creators} is {listed([f'“{name}”' for name in empty], last='or')}."
    )


def left_over(share: Fact, money: Fact, *, creators: Name, value: Name) -> str:
    """Say how many no rule names."""
    if not share.value:
        return f"Every one of the {creators} has a name."
    return f"No rule names {share} of {creators}, who make {money} of {value}."


def steady(kept: Fact, worst: Fact, shaky: tuple[Name, Fact] | None, *, creators: Name) -> str:
    """Say how many keep their name when creators are drawn again."""
    said = (
        f"When {creators} are drawn again and the edges with them, {kept} keep their name on "
        f"average, and {worst} or fewer in one draw of twenty."
    )
    if shaky is None:
        return said
    return f"{said} The shakiest name is “{shaky[0]}”: of those who have it, {shaky[1]} keep it."


def one_month_more(kept: Finding, new: Fact, *, creators: Name) -> str:
    """Say how many keep their name when a month is added."""
    said = f"One month more leaves {kept:value} ({kept:interval}) with the name they had"
    if not new.value:
        return f"{said}; nobody is new."
    were = "one was" if new.value == 1 else f"{new} {creators} were"
    return f"{said}; {were} not there before."


def recencies(last: Fact, other: Fact) -> str:
    """Say how many pairs two readings of recency leave tied."""
    said = (
        f"Counted in months since the last sale, {last} of all pairs have the same recency; held "
        f"against how each creator pauses, {other}."
    )
    if other.value < last.value:
        return f"{said} The second tells more of them apart."
    return f"{said} Here the second tells no more of them apart."


def foretells(
    checks: Mapping[str, Finding], silent: Fact, followed: Fact, *, creators: Name
) -> str:
    """Say which readings of recency foretell who falls silent."""
    start = f"Of {followed} {creators} active before the last month, {silent} were silent in it."
    clear = [name for name, one in checks.items() if one.direction == "higher"]
    listing = listed([f"{name} {one:value} ({one:interval})" for name, one in checks.items()])
    said = f"{start} How often somebody who fell silent had the worse recency: {listing}."
    if not clear:
        return f"{said} None of them clearly beats a coin."
    if len(clear) == len(checks):
        return f"{said} Each of them beats a coin."
    return f"{said} Clearly better than a coin: {listed(clear)}."
