"""Opening somebody's own users: their table, under the contract's names.

Retention is taken from the table's own flags, and where these are missing from the days of
sign-up and of last activity. Whoever signed up too late to be judged for a day is left out of
it. All that was done or noticed on the way is a statement.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import duckdb

from ...data.statements import Statement
from ...data.tables import OwnTable, open_table
from ...errors import DataError, Problem
from ...methods.users import retention
from ...story.experiments import capital
from ...story.facts import Fact
from ...story.names import Name, listed
from ..labels import label_words
from .contract import DAYS, USERS

DATES = ("signed_up", "last_active")


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
    def blank_is_zero(self) -> list[str]:
        """Columns in which an empty cell means zero; for `last_active`, never active again."""

    @property
    def observed_until(self) -> str:
        """The last day on which activity could be seen, as 2024-09-30; empty if unknown."""


@dataclass(frozen=True)
class OwnUsers:
    """Somebody's own users.

    Attributes:
        relation: the contract's columns that are at hand or follow from others, in its order.
            Dates are DATE, yes/no and numbers DOUBLE, factors text; NULL where nothing is known.
        names: this run's word for each column, and for a row under "users".
        levels: the labels of each factor, most rows first.
        derived: the columns that were made from dates.
        observed_until: the last day on which activity could be seen, as given or else the
            latest day of the table; None where it was not given and dates are missing.
        statements: what was done to the table, and what it holds that should not be.
    """

    relation: duckdb.DuckDBPyRelation
    names: Mapping[str, Name]
    levels: Mapping[str, tuple[str, ...]]
    derived: tuple[str, ...]
    observed_until: date | None
    statements: tuple[Statement, ...]


def read_users(p: Parameters) -> OwnUsers:
    """Return the users in the table that `p.data` names.

    Raises:
        DataError: for a table that does not meet the contract, or dates after the end of
            observation.
        ParameterError: for a label of something that the table does not have.
    """
    given, problems = _end(p.observed_until)
    try:
        table = open_table(p.data, USERS, p.columns, blank_is_zero=p.blank_is_zero)
    except DataError as error:
        raise DataError(error.title, [*error.problems, *problems]) from None
    rows = _in_days(table.relation)
    problems += _beyond(rows, table, given)
    if problems:
        raise DataError("This table cannot be used:", problems)
    dated = set(DATES) <= set(rows.columns)
    derived = tuple(c for c in DAYS.values() if dated and c not in rows.columns)
    names = label_words(p.labels, _known_words(table, derived))
    end = given or (_latest(rows) if dated else None)
    told = [*table.statements, *_disagreements(rows, names)]
    if end and derived:
        told += _derivation(rows, names, derived, end, latest=given is None)
    told += _too_late(rows, names, derived, end, given=given is not None)
    if given:
        rows = _judged(rows, given)
    if derived:
        days = [day for day, column in DAYS.items() if column in derived]
        rows = retention.flags(
            rows, signed_up="signed_up", last_active="last_active", days=days, observed_until=end
        )
    told += _unnested(rows, names)
    order = USERS.columns(dict.fromkeys(USERS.names, len(rows.columns)))
    return OwnUsers(
        relation=rows.project(", ".join(f'"{name}"' for name in order if name in rows.columns)),
        names=names,
        levels=table.levels,
        derived=derived,
        observed_until=end,
        statements=tuple(told),
    )


def _end(text: str) -> tuple[date | None, list[Problem]]:
    try:
        return (date.fromisoformat(text.strip()) if text.strip() else None), []
    except ValueError:
        fix = "Write it as 2024-09-30"
        return None, [Problem("observed_until", f"{text!r} is no date", fix)]


def _in_days(rows: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    return rows.project(
        ", ".join(
            f"CAST({name} AS DATE) AS {name}" if name in DATES else f'"{name}"'
            for name in rows.columns
        )
    )


def _latest(rows: duckdb.DuckDBPyRelation) -> date | None:
    latest: date | None
    ((latest,),) = rows.aggregate("greatest(max(signed_up), max(last_active))").fetchall()
    return latest


def _beyond(rows: duckdb.DuckDBPyRelation, table: OwnTable, end: date | None) -> list[Problem]:
    """Return what is wrong with the end of observation in the face of the table."""
    if end is None:
        return []
    if "signed_up" not in rows.columns:
        fix = "Write --map signed_up=THEIR_COLUMN, or leave it out"
        return [Problem("observed_until", "means nothing without signed_up", fix)]
    problems = []
    for name in DATES:
        if name not in rows.columns:
            continue
        ((count, latest),) = (
            rows.filter(f"{name} > DATE '{end}'").aggregate(f"count(*), max({name})").fetchall()
        )
        if count:
            what = f"{count:,} {'date is' if count == 1 else 'dates are'} after observed_until, "
            what += f"{end} (the latest is {latest})"
            where = f"column {table.names[name].text!r}"
            problems.append(Problem(where, what, f"Correct them, or observe until {latest}"))
    return problems


def _known_words(table: OwnTable, derived: Collection[str]) -> Mapping[str, str]:
    words = {"users": "users"} | {key: name.text for key, name in table.names.items()}
    days = {column: day for day, column in DAYS.items()}
    return words | {column: f"day-{days[column]} retention" for column in derived}


def _judged(rows: duckdb.DuckDBPyRelation, end: date) -> duckdb.DuckDBPyRelation:
    """Leave users who signed up too late out of the table's own flags."""
    days = {column: day for day, column in DAYS.items()}
    return rows.project(
        ", ".join(
            f"CASE WHEN signed_up + {days[name]} > DATE '{end}' THEN NULL ELSE {name} END AS {name}"
            if name in days
            else f'"{name}"'
            for name in rows.columns
        )
    )


def _derivation(
    rows: duckdb.DuckDBPyRelation,
    names: Mapping[str, Name],
    derived: Collection[str],
    end: date,
    *,
    latest: bool,
) -> Iterator[Statement]:
    """Tell that retention was made from dates, until when, and what a blank may mean."""
    first, last, until = names["signed_up"], names["last_active"], Name(str(end))
    made = [names[column] for column in derived]
    text = (
        f"{capital(listed(made))} {'is' if len(made) == 1 else 'are'} made from the days "
        f"of {first} and {last}: active on that day after {first} or later, as seen until {until}"
    )
    text += ", the latest date of the table." if latest else "."
    yield Statement(text, (*made, first, last, until))
    if _count(rows, "signed_up IS NOT NULL AND last_active IS NULL", "never seen").value:
        way = Name("blank_is_zero")
        text = f"If a blank {last} means never active again, name it in {way}."
        yield Statement(text, (last, way))


def _too_late(
    rows: duckdb.DuckDBPyRelation,
    names: Mapping[str, Name],
    derived: Collection[str],
    end: date | None,
    *,
    given: bool,
) -> Iterator[Statement]:
    """Tell how many users signed up too late to be judged for a day."""
    if end is None:
        return
    for day, column in DAYS.items():
        if column not in names:
            continue
        known = "last_active IS NOT NULL" if column in derived else f"{column} IS NOT NULL"
        if not given and column not in derived:
            known = f"{column} = 0"
        count = _count(rows, f"signed_up + {day} > DATE '{end}' AND {known}", f"late for {column}")
        if not count.value:
            continue
        days, until = Fact("days", day, "count"), Name(str(end))
        facts: tuple[Fact | Name, ...] = (count, days, names[column], until)
        late = f"signed up fewer than {days} {'day' if day == 1 else 'days'} before {until}"
        if given or column in derived:
            they = "It is" if count.value == 1 else "They are"
            text = f"{_rows(count)} {late}, too late for {names[column]}. {they} left out of it."
        else:
            way = Name("observed_until")
            they = "It is" if count.value == 1 else "They are"
            text = (
                f"{_rows(count)} without {names[column]} {late}, the latest date of the table. "
                f"{they} kept, unless {way} says when the table ends."
            )
            facts = (*facts, way)
        yield Statement(text, facts)


def _disagreements(rows: duckdb.DuckDBPyRelation, names: Mapping[str, Name]) -> Iterator[Statement]:
    """Tell where the table's own flags and its dates say different things."""
    if not set(DATES) <= set(rows.columns):
        return
    for day, column in DAYS.items():
        if column not in rows.columns:
            continue
        wrong = f"({column} = 1) <> (last_active >= signed_up + {day})"
        count = _count(rows, wrong, f"{column} unlike the dates")
        if count.value:
            dates = [names[name] for name in DATES]
            text = (
                f"In {_rows(count)} {names[column]} says something else than {dates[0]} and "
                f"{dates[1]}, read as active on that day or later: it is used as it is."
            )
            yield Statement(text, (count, names[column], *dates))


def _unnested(rows: duckdb.DuckDBPyRelation, names: Mapping[str, Name]) -> Iterator[Statement]:
    """Tell where somebody was active later without being active after an earlier day."""
    flags = [column for column in DAYS.values() if column in rows.columns]
    for pair in retention.nesting(rows, flags) if len(flags) > 1 else ():
        if pair.broken:
            count = Fact(f"{pair.later} without {pair.earlier}", pair.broken, "count")
            earlier, later = names[pair.earlier], names[pair.later]
            text = (
                f"In {_rows(count)} {later} is yes and {earlier} is no, though who is active "
                f"later is active after the earlier day as well: "
                f"{'it is' if count.value == 1 else 'they are'} kept as written."
            )
            yield Statement(text, (count, earlier, later))


def _count(rows: duckdb.DuckDBPyRelation, condition: str, name: str) -> Fact:
    ((count,),) = rows.filter(condition).aggregate("count(*)").fetchall()
    return Fact(name, count, "count")


def _rows(count: Fact) -> str:
    return f"{count} row" if count.value == 1 else f"{count} rows"
