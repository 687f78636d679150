"""Checks of somebody's own panel: what keeps it from being one, and what should be known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb

from ...data.cells import literal
from ...data.statements import Statement
from ...data.tables import OwnTable
from ...errors import Problem
from ...story.facts import Fact
from ...story.names import Name
from .own_treatment import Period

# An effect of each period is estimated with all others: with more, that takes minutes.
MOST_PERIODS = 1000


def too_few_or_many(table: OwnTable, periods: Mapping[Period, Name]) -> list[Problem]:
    """Return what is wrong with the number of periods that have an outcome."""
    where = f"column {table.names['period'].text!r}" if "period" in table.names else "periods"
    if len(periods) > MOST_PERIODS:
        what = f"has more than {MOST_PERIODS:,} different periods"
        fix = "Aggregate to longer ones, such as weeks or months, and map those"
        return [Problem(where, what, fix)]
    if len(periods) < 2:
        what = "has fewer than two periods with an outcome, so there is no before and after"
        return [Problem(where, what, "Export more periods")]
    return []


def cut_units(rows: duckdb.DuckDBPyRelation, table: OwnTable) -> list[Problem]:
    """Return what is wrong with columns that should say the same of a unit in all its rows."""
    return [
        *_cut(rows, table, "cluster", "Choose clusters that hold units whole"),
        *_cut(rows, table, "affected", "Write the same in all rows of a unit"),
    ]


def one_sided(
    rows: duckdb.DuckDBPyRelation, table: OwnTable, periods: Mapping[Period, Name]
) -> list[Problem]:
    """Return why there is nobody to look at, or nobody to compare with."""
    seen = _units(rows, periods).filter("known > 0")
    ((treated, later, never, starts),) = seen.aggregate(
        "count(*) FILTER (start < periods), count(*) FILTER (start BETWEEN 1 AND periods - 1), "
        "count(*) FILTER (start = periods), count(DISTINCT start) FILTER (start < periods)"
    ).fetchall()
    column = "treated" if "treated" in table.names else "first_treated"
    where = f"column {table.names[column].text!r}"
    last = list(periods.values())[-1].text
    if not treated:
        what = f"has no unit that is treated by the last period, {last}"
        if column == "treated":
            what = "is 0 in all rows, so no unit is treated"
        return [Problem(where, what, "Export treated units as well, or map another column")]
    if not later:
        what = "has only units that are treated from the first period on, so there is no before"
        return [Problem(where, what, "Export earlier periods as well")]
    if not never and starts == 1:
        what = "has no unit that is not treated, so there is nothing to compare with"
        return [Problem(where, what, "Export units that are never treated as well")]
    return []


def statements(
    rows: duckdb.DuckDBPyRelation, names: Mapping[str, Name], periods: Mapping[Period, Name]
) -> Iterator[Statement]:
    """Tell how large the panel is, who is treated since when, and what it lacks."""
    units = _units(rows, periods)
    ((count, treated, always, late, between, holes, short, seen),) = units.aggregate(
        "count(*), count(*) FILTER (start < periods), count(*) FILTER (start = 0), "
        "count(*) FILTER (start = periods AND first IS NOT NULL), "
        "count(*) FILTER (start < periods AND NOT is_period), count(*) FILTER (known < span), "
        "count(*) FILTER (known < periods), CAST(sum(known) AS BIGINT)"
    ).fetchall()
    starts = [
        start for (start,) in units.filter("start < periods").project("start").distinct().fetchall()
    ]
    yield _size(count, treated, seen, sorted(starts), names, periods)
    words = names["units"]
    if not count - treated:
        text = f"All {words} are treated in the end: until then, those treated later are compared."
        yield Statement(text, (words,))
    for number, what in (
        (always, "treated from the first period on, and never seen before it"),
        (late, "treated only after the last period: here, that is never"),
        (between, "first treated in what is no period of the table: the next one counts"),
    ):
        if number:
            fact = Fact(what, number, "count")
            text = f"{fact} of the {words} {'is' if number == 1 else 'are'} {what}."
            yield Statement(text, (fact, words))
    if short:
        yield _unbalanced(short, holes, count * len(periods) - seen, names)
    yield from _odd_rows(rows, names)


def _size(
    count: int,
    treated: int,
    seen: int,
    starts: list[int],
    names: Mapping[str, Name],
    periods: Mapping[Period, Name],
) -> Statement:
    how_many, spans = Fact("units", count, "count"), Fact("periods", len(periods), "count")
    rows = Fact("rows with an outcome", seen, "count")
    ever, never = Fact("ever treated", treated, "count"), Fact("never", count - treated, "count")
    labels = list(periods.values())
    first, last = labels[starts[0]], labels[starts[-1]]
    facts: list[Fact | Name] = [how_many, names["units"], spans, rows, ever, never, first]
    since = f"from {first} on"
    if len(starts) > 1:
        kinds = Fact("starts", len(starts), "count")
        since = f"from {kinds} different periods on, the first {first} and the last {last}"
        facts += [kinds, last]
    text = (
        f"The panel has {how_many} {names['units']} in {spans} periods, and {rows} rows with an "
        f"outcome: {ever} {'is' if treated == 1 else 'are'} treated, {since}, and {never} never."
    )
    return Statement(text, tuple(facts))


def _unbalanced(short: int, holes: int, missing: int, names: Mapping[str, Name]) -> Statement:
    lacking, rows = Fact("units not always seen", short, "count"), Fact("gaps", missing, "count")
    within, words = Fact("units with holes", holes, "count"), names["units"]
    text = (
        f"{lacking} of the {words} {'is' if short == 1 else 'are'} not seen in every period, which "
        f"leaves {rows} {'gap' if missing == 1 else 'gaps'}; {within} of them "
        f"{'has' if holes == 1 else 'have'} a gap between periods in which they are seen."
    )
    return Statement(text, (lacking, words, rows, within))


def _odd_rows(rows: duckdb.DuckDBPyRelation, names: Mapping[str, Name]) -> Iterator[Statement]:
    """Tell of rows that count nothing, and of treatment received before it began."""
    if "weight" in rows.columns:
        count = _count(rows, "weight = 0", "rows of no weight")
        if count.value:
            text = f"In {_rows(count)} {names['weight']} is zero: {_they(count)} left out."
            yield Statement(text, (count, names["weight"]))
    if "take_up" in rows.columns:
        untreated = "take_up > 0 AND (first_treated IS NULL OR period < first_treated)"
        count = _count(rows, untreated, "taken up without treatment")
        if count.value:
            text = (
                f"In {_rows(count)} {names['take_up']} is above zero, though the treatment has "
                f"not begun there: {_they(count)} kept as written."
            )
            yield Statement(text, (count, names["take_up"]))


def _units(
    rows: duckdb.DuckDBPyRelation, periods: Mapping[Period, Name]
) -> duckdb.DuckDBPyRelation:
    """Return one row a unit, with the numbers of its periods counted from 0.

    Columns: `first`, its first treated period; `start`, the number of the first period from that
    on, `periods` without one; `is_period`, whether the two are the same; `known`, its rows with an
    outcome; `span`, how many periods lie between the first and the last of them, both included.
    """
    kind = rows.types[rows.columns.index("period")]
    order = f"[{', '.join(literal(period) for period in periods)}]::{kind}[]"
    seen = "FILTER (outcome IS NOT NULL)"
    units = rows.aggregate(
        f"unit, min(first_treated) AS first, count(outcome) AS known, min(period) {seen} AS a, "
        f"max(period) {seen} AS z",
        "unit",
    )
    return units.project(
        f"unit, first, known, {len(periods)} AS periods, "
        f"CASE WHEN first IS NULL THEN {len(periods)} "
        f"ELSE len(list_filter({order}, lambda x: x < first)) END AS start, "
        f"list_contains({order}, first) AS is_period, "
        f"coalesce(list_position({order}, z) - list_position({order}, a) + 1, 0) AS span"
    )


def _cut(rows: duckdb.DuckDBPyRelation, table: OwnTable, name: str, fix: str) -> list[Problem]:
    if name not in rows.columns:
        return []
    units = rows.aggregate(f"unit, count(DISTINCT {name}) AS kinds", "unit").filter("kinds > 1")
    ((count,),) = units.aggregate("count(*)").fetchall()
    if not count:
        return []
    examples = ", ".join(str(unit) for unit, _ in units.order("unit").limit(3).fetchall())
    words = f"{count:,} {'unit' if count == 1 else 'units'}, such as {examples}"
    where = f"column {table.names[name].text!r}"
    return [Problem(where, f"is not the same in all rows of {words}", fix)]


def _count(rows: duckdb.DuckDBPyRelation, condition: str, name: str) -> Fact:
    ((count,),) = rows.filter(condition).aggregate("count(*)").fetchall()
    return Fact(name, count, "count")


def _rows(count: Fact) -> str:
    return f"{count} row" if count.value == 1 else f"{count} rows"


def _they(count: Fact) -> str:
    return "it is" if count.value == 1 else "they are"
