"""Checks of somebody's own creators: in what their tables disagree, and what is odd in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import duckdb

from ...data.statements import Statement
from ...errors import Problem
from ...story.facts import Fact
from ...story.names import Name, listed
from .own_parts import Part

SHOWN = 3


def no_common_creators(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> Problem:
    """Return what is wrong with tables that have no creators together, or none at all."""
    names = " and ".join(part.source.where for part in parts)
    if len(parts) == 1:
        return Problem(names, "names no creator", "Export it with one")
    examples = [
        connection.execute(f"SELECT creator FROM part_{i} ORDER BY row LIMIT 1").fetchall()
        for i in range(len(parts))
    ]
    shown = " and ".join(f"{one[0][0]!r}" if one else "nobody" for one in examples)
    what = f"have no creator in common: the first are {shown}"
    fix = "Write creators alike in both; or name their column, as in --map creator=THEIR_COLUMN"
    return Problem(names, what, fix)


def only_in_one(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> list[Statement]:
    """Tell of creators and months that only one of two tables has, and of what goes with them."""
    if len(parts) == 1:
        return []
    told = []
    for i, part in enumerate(parts):
        other, (measure,) = parts[1 - i], part.source.measures
        missing = connection.execute(
            f"SELECT creator, sum({measure}) FROM part_{i} WHERE creator NOT IN "
            f"(SELECT creator FROM part_{1 - i}) GROUP BY creator ORDER BY min(row)"
        ).fetchall()
        of = connection.execute(f"SELECT sum({measure}) FROM part_{i}").fetchall()[0][0] or 0
        words = (Name(part.source.words), Name(other.source.words))
        if missing:
            lost = sum(value or 0 for _, value in missing)
            names = [name for name, _ in missing]
            what = ("creator is", "creators are")
            told.append(_only(names, what, lost / of if of else 0, words))
            folded = _folded_twins(connection, i)
            if folded:
                told.append(_twins(folded, words))
        months = [name.text for month, name in part.months.items() if month not in other.months]
        if months:
            gone = ", ".join(
                f"DATE '{month}'" for month in part.months if month not in other.months
            )
            lost = connection.execute(
                f"SELECT sum({measure}) FROM part_{i} WHERE month IN ({gone})"
            ).fetchall()[0][0]
            what = ("month is", "months are")
            told.append(_only(months, what, (lost or 0) / of if of else 0, words))
    return told


def _only(
    missing: Sequence[str], what: tuple[str, str], share: float, words: tuple[Name, Name]
) -> Statement:
    here, there = words
    count, lost = Fact(f"only in {here.text}", len(missing), "count"), _share("left out", share)
    names = [Name(one) for one in missing[:SHOWN]]
    some = ", such as " if len(missing) > SHOWN else ": "
    one = len(missing) == 1
    text = (
        f"{count} {what[0] if one else what[1]} in {here} and not in {there}{some}"
        f"{listed(names)}. Only what both tables have is used, so {lost} of {here} "
        f"is left out with {'it' if one else 'them'}."
    )
    return Statement(text, (count, here, there, *names, lost))


def _folded_twins(connection: duckdb.DuckDBPyConnection, i: int) -> list[tuple[str, str]]:
    """Return creators of one part that the other writes with other capitals or marks."""
    key = "regexp_replace(lower(creator), '[^a-z0-9]', '', 'g')"
    return connection.execute(
        f"SELECT a.creator, b.creator FROM (SELECT creator, min(row) AS row FROM part_{i} "
        f"GROUP BY creator) a JOIN (SELECT DISTINCT creator FROM part_{1 - i}) b "
        f"ON {key.replace('creator', 'a.creator')} = {key.replace('creator', 'b.creator')} "
        f"AND a.creator <> b.creator AND a.creator NOT IN (SELECT creator FROM part_{1 - i}) "
        f"ORDER BY a.row LIMIT {SHOWN}"
    ).fetchall()


def _twins(pairs: Sequence[tuple[str, str]], words: tuple[Name, Name]) -> Statement:
    names = [(Name(one), Name(other)) for one, other in pairs]
    shown = listed([f"{one} and {other}" for one, other in names])
    text = (
        f"{words[0]} and {words[1]} may write one creator in two ways, such as {shown}: they count "
        f"as different creators."
    )
    return Statement(text, (*words, *(name for pair in names for name in pair)))


def size(
    rows: duckdb.DuckDBPyRelation, names: Mapping[str, Name], months: Mapping[date, Name]
) -> Statement:
    """Tell how many creators and months there are, and what they sold."""
    ((creators, sales, value),) = rows.aggregate(
        "count(DISTINCT creator), sum(transactions), sum(gmv)"
    ).fetchall()
    facts = (
        Fact("creators", creators, "count"), Fact("months", len(months), "count"),
        Fact("all transactions", sales), Fact("all GMV", value),
    )  # fmt: skip
    first, *_, last = months.values()
    text = (
        f"The tables have {facts[0]} {names['creators']} in {facts[1]} months, from {first} to "
        f"{last}, with {facts[2]} {names['transactions']} and a {names['gmv']} of {facts[3]}."
    )
    words = (names["creators"], names["transactions"], names["gmv"], first, last)
    return Statement(text, (*facts, *words))


def statements(
    rows: duckdb.DuckDBPyRelation, names: Mapping[str, Name], months: Mapping[date, Name]
) -> Iterator[Statement]:
    """Tell of months that are missing, and of rows in which sales and value do not fit."""
    yield from _gaps(months)
    sales, gmv, words = names["transactions"], names["gmv"], names["creators"]
    free = _odd(rows, "transactions > 0 AND gmv = 0", "transactions")
    if free:
        count, share, name, month = _odd_facts(free, months, "sales without value")
        text = (
            f"In {count} {_months(free[0])} of {words} there are {sales} and no {gmv}, such as of "
            f"{name} in {month}: they are kept as sales for nothing, and are {share} of all "
            f"{sales}."
        )
        yield Statement(text, (count, words, sales, gmv, name, month, share))
    unsold = _odd(rows, "gmv > 0 AND transactions = 0", "gmv")
    if unsold:
        count, share, name, month = _odd_facts(unsold, months, "value without sales")
        text = (
            f"In {count} {_months(unsold[0])} of {words} there is {gmv} and no {sales}, such as of "
            f"{name} in {month}: it is kept in all sums, counts for no price, and is {share} of "
            f"all {gmv}."
        )
        yield Statement(text, (count, words, sales, gmv, name, month, share))
    parts = _odd(rows, "transactions <> floor(transactions)", "transactions")
    if parts:
        count, share, name, month = _odd_facts(parts, months, "not whole")
        text = (
            f"In {count} {_months(parts[0])} of {words} the {sales} are no whole number, such as "
            f"of {name} in {month}: they are kept as written, though sales are counted."
        )
        yield Statement(text, (count, words, sales, name, month))
    ((swapped,),) = rows.aggregate("sum(gmv) < sum(transactions)").fetchall()
    if swapped:
        text = (
            f"All {gmv} is less than the number of {sales}: if it is not counted in a large unit, "
            f"the two tables may have been swapped."
        )
        yield Statement(text, (gmv, sales))
    idle = rows.filter("NOT is_active").aggregate("count(DISTINCT creator)").fetchall()[0][0]
    if idle:
        fact = Fact("never active", idle, "count")
        text = (
            f"{fact} of the {words} {'has' if idle == 1 else 'have'} neither {sales} nor {gmv} in "
            f"any month, and {'is' if idle == 1 else 'are'} left out."
        )
        yield Statement(text, (fact, words, sales, gmv))


def _gaps(months: Mapping[date, Name]) -> Iterator[Statement]:
    """Tell of months between the first and the last that the tables do not have."""
    numbers = [12 * month.year + month.month - 1 for month in months]
    absent = sorted(set(range(numbers[0], numbers[-1])) - set(numbers))
    if not absent:
        return
    count = Fact("months missing", len(absent), "count")
    names = [Name(f"{n // 12}-{n % 12 + 1:02}") for n in absent[:SHOWN]]
    some = ", such as " if len(absent) > SHOWN else ": "
    text = (
        f"{count} {'month lies' if len(absent) == 1 else 'months lie'} between the first and the "
        f"last and {'is' if len(absent) == 1 else 'are'} in no table{some}{listed(names)}. The "
        f"months before and after such a gap count as neighbours."
    )
    yield Statement(text, (count, *names))


def _odd(
    rows: duckdb.DuckDBPyRelation, rule: str, measure: str
) -> tuple[int, float, str, date] | None:
    """Return how many rows a rule holds in, their share of a measure, and the largest of them."""
    found = rows.filter(rule)
    ((count, value),) = found.aggregate(f"count(*), sum({measure})").fetchall()
    if not count:
        return None
    ((of,),) = rows.aggregate(f"sum({measure})").fetchall()
    top = found.order(f"{measure} DESC, creator, month").limit(1).project("creator, month")
    ((creator, month),) = top.fetchall()
    return int(count), value / of, creator, month


def _odd_facts(
    found: tuple[int, float, str, date], months: Mapping[date, Name], what: str
) -> tuple[Fact, Fact, Name, Name]:
    count, share, creator, month = found
    return Fact(what, count, "count"), _share(what, share), Name(creator), months[month]


def _months(count: int) -> str:
    return "month" if count == 1 else "months"


def _share(name: str, share: float) -> Fact:
    """Return a share with as many decimals as it takes to be no zero."""
    decimals = next((d for d in range(1, 8) if round(100 * share, d) > 0), 0) if share else 0
    return Fact(f"share of {name}", share, "share", decimals=decimals)
