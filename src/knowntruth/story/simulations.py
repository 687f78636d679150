"""Wording of simulations: whether a table obeys the rules that made it, and keeps its own.

Every function takes facts and names and returns Markdown; none computes a statistic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .experiments import capital
from .facts import Fact, PValue, Reason
from .findings import Finding
from .names import Name, listed

# How a printed figure can be had again.
REPLAYS = {
    "exact": "exactly",
    "given": "exactly, given what was printed before",
    "band": "as one of many replays",
    "cannot": "not at all",
}
SEPARATOR = " · "
LONGEST, SHOWN = 80, 3  # letters that a cell holds, and numbers that stand for many
UNUSUAL = 0.01  # a rule that is obeyed is called into doubt once in a hundred


def acts(cause: Name, effects: Sequence[Name]) -> str:
    """Say on what something acts directly in this run."""
    return f"In this run {cause} acts directly on {listed(effects)}."


def drop_rule(how: str, share: Fact) -> str:
    """Say what was to happen to the youngest in late August."""
    if share.value == 0:
        return "in this run none of them was to stay away."
    if how == "as coded":
        return (
            f"{share} of them were to stay away. The rule takes that off their share of all, "
            "and on every day, so that more of them stay away than was meant."
        )
    return f"by the rule {share} of them stay away after it."


def obeyed(what: str, p: PValue) -> str:
    """Say whether data obey the rule they were made by, as far as a test can tell."""
    return f"{capital(what)}: table and rule are {_apart(p)} ({p})."


def _apart(p: PValue) -> str:
    if p.value >= UNUSUAL:
        return "no further apart than chance makes them"
    return "further apart than chance usually makes them"


def total(what: Name, seen: Fact, expected: Fact, p: PValue) -> str:
    """Say how many events the chances add up to, and how many there were."""
    comma = "," if "," in what.text else ""
    if expected.value == 0 and seen.value == 0:
        return (
            f"The rule leaves nobody a chance of {what}{comma} in this run, and the table has none."
        )
    return (
        f"The chances of {what}{comma} add up to {expected}; the table has {seen}, "
        f"{_apart(p)} ({p})."
    )


def takers(taken: Mapping[str, Finding], *, onboarding: Name) -> str:
    """Say how many of the keen and of the others took the onboarding."""
    parts = [f"{found:value} of the {who}" for who, found in taken.items()]
    return f"{onboarding:capital} was taken by {listed(parts)}."


def audited(broken: Sequence[tuple[Name, Fact]], rules: Fact, *, unit: Name) -> str:
    """Say which rules of a table are broken, by how many rows."""
    only = rules.value == 1
    if not broken:
        if only:
            return "The only rule that can be asked holds: no row breaks it."
        return f"All {rules} rules hold: no row breaks any of them."
    parts = [f"{meaning} ({rows} of the {unit})" for meaning, rows in broken]
    if only:
        return f"The only rule that can be asked is broken: {listed(parts)}."
    return f"Of {rules} rules some are broken: {listed(parts)}."


def cannot(what: str, reason: Reason) -> str:
    """Say that something cannot be told, and why."""
    return f"{capital(what)} cannot be told: {reason}."


def by_weekday(ratio: Finding, *, unit: Name) -> str:
    """Say how sign-ups on working days compare with those on weekends."""
    evidence = f"{ratio:level} interval {ratio:interval}"
    said = f"A working day has {ratio:value} times the sign-ups of a day of the weekend"
    if ratio.is_clear:
        side = "more" if ratio.direction == "higher" else "fewer"
        return f"{said} ({evidence}): clearly {side}."
    return f"{said} ({evidence}); whether {unit} prefer either cannot be told."


def weekday_title(ratio: Finding) -> str:
    """Say in a title how sign-ups on working days compare with those on weekends."""
    if ratio.is_clear:
        return f"A working day brings {ratio:value} times the sign-ups of a day of the weekend"
    return "Sign-ups by day; whether working days bring more of them cannot be told"


def dependence(hits: Fact, looks: Fact, *, may_be_sorted: bool = False) -> str:
    """Say whether columns share random numbers, or whatever else makes rows alike."""
    if not looks.value:
        return "There are too few columns that differ from row to row, or too few rows, to look."
    if not hits.value:
        return (
            f"In {looks} looks nothing stands out: no column is seen to tell anything about "
            "another one some rows further down. That is how it should be."
        )
    pairs = "pair of columns is" if hits.value == 1 else "pairs of columns are"
    return (
        f"In {looks} looks {hits} {pairs} alike some rows apart, further than that "
        "many looks allow: rows of this table are not independent of one another."
        + (" A table that is sorted by something looks like that, too." if may_be_sorted else "")
    )


def shared(first: Name, second: Name, lag: Fact, rate: Fact, base: Fact) -> str:
    """Say how much one column tells of another one some rows further down."""
    rows = "row" if lag.value == 1 else "rows"
    return (
        f"If a row has {first}, then the row that stands {lag} {rows} further down has {second} "
        f"with a chance of {rate}; of all rows {base} have it."
    )


def failing(failing: Fact, tried: Fact) -> str:
    """Say how many methods fail in many worlds."""
    if not failing.value:
        return f"None of the {tried} methods fails."
    fail = "fails: its bias is" if failing.value == 1 else "fail: their bias is"
    return (
        f"Of {tried} methods {failing} {fail} clearly more than a small part of the spread, "
        "or the interval holds the truth too rarely."
    )


def replayed(counts: Mapping[str, Fact]) -> str:
    """Say how many printed figures a replay gives again, and how."""
    return (
        f"Of {counts['all']} figures, {counts['exact']} follow from the code alone and "
        f"{counts['given']} from it and from what it printed before; {counts['same']} of these "
        f"come out the same to the last digit. {counts['band']} hang on numbers that were never "
        f"seeded, and {counts['inside']} of them lie where many replays do. "
        f"Figures that no replay can give: {counts['cannot']}. "
        "That the figures agree says that the arithmetic was right, not that the table makes sense."
    )


def shortened(numbers: str) -> str:
    """Return numbers that stand together, the first few of many."""
    parts = numbers.split(SEPARATOR)
    if len(numbers) <= LONGEST or len(parts) <= SHOWN:
        return numbers
    return SEPARATOR.join(parts[:SHOWN]) + f" … ({len(parts)} in all)"
