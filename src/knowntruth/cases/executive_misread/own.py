"""Opening somebody's own sessions: their table, under the contract's names.

Sessions are counted by day, and the launch parts the days: the table has to hold some on either
side. Whatever the table says that cannot quite be, such as a session that met the feature before
there was one, is kept as it is written, and told in a statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple, Protocol

import duckdb
import pandas as pd

from ...data.statements import Statement
from ...data.tables import OwnTable, open_table
from ...errors import DataError, Problem
from ...story.facts import Fact
from ...story.names import Name
from ..labels import label_words
from .contract import EVENTS

# Words for what no column of the table names.
WORDS = {"users": "users", "sessions": "sessions", "feature": "the feature"}
# With fewer days before or after launch, there is nothing that days could differ by.
FEWEST_DAYS = 2
_HOW = "Write the first day of the feature, as in -p launch=2025-03-03"


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
    def launch(self) -> str:
        """The first day of the feature, as 2025-03-03."""


@dataclass(frozen=True)
class OwnEvents:
    """Somebody's own sessions.

    Attributes:
        relation: one row a session: `user`, `time` (TIMESTAMP, in UTC where the table names a
            zone), and where the table has them `exposed` (0/1 as DOUBLE) and `signed_up`
            (TIMESTAMP, no two of one user); NULL where nothing is known.
        names: this run's word for each column, and for "users", "sessions" and "feature".
        launch: midnight of the first day of the feature.
        statements: what was done to the table, and what it holds that should not be.
    """

    relation: duckdb.DuckDBPyRelation
    names: Mapping[str, Name]
    launch: pd.Timestamp
    statements: tuple[Statement, ...]


class _Day(NamedTuple):
    day: date
    sessions: int
    exposed: int
    with_clock: int


def read_events(p: Parameters) -> OwnEvents:
    """Return the sessions in the table that `p.data` names.

    Raises:
        DataError: for a table that does not meet the contract, and for a launch that is missing,
            no date, or without days on both sides.
        ParameterError: for a label of something that the table does not have.
    """
    launch, problems = _launch(p.launch)
    try:
        table = open_table(p.data, EVENTS, p.columns)
    except DataError as error:
        raise DataError(error.title, [*error.problems, *problems]) from None
    days = _days(table.relation)
    problems += _around(launch, days, table.names["time"]) if launch else []
    if launch is None:
        found = f"The table has {days[0].day} to {days[-1].day}"
        problems = [Problem(x.where, x.what, f"{x.fix}. {found}") for x in problems]
    if problems or launch is None:
        raise DataError("This table cannot be used:", problems)
    names = label_words(p.labels, WORDS | {key: name.text for key, name in table.names.items()})
    rows, told = _with_one_sign_up(table, names)
    return OwnEvents(
        relation=rows,
        names=names,
        launch=pd.Timestamp(launch),
        statements=(
            *table.statements,
            *_gaps(days),
            *_repeats(rows, days, names),
            *_exposure(days, launch, names),
            *told,
        ),
    )


def _launch(text: str) -> tuple[date | None, list[Problem]]:
    if not text.strip():
        return None, [Problem("launch", "is missing", _HOW)]
    try:
        return date.fromisoformat(text.strip()), []
    except ValueError:
        return None, [Problem("launch", f"{text!r} is no date", _HOW)]


def _days(rows: duckdb.DuckDBPyRelation) -> list[_Day]:
    """Return every day that has sessions, in order: how many, and how many were exposed."""
    met = "count(*) FILTER (exposed = 1)" if "exposed" in rows.columns else "0"
    by_day = rows.aggregate(
        f'CAST("time" AS DATE) AS day, count(*) AS sessions, {met} AS exposed, '
        'count(*) FILTER ("time" <> date_trunc(\'day\', "time")) AS with_clock',
        "day",
    )
    return [_Day(*row) for row in by_day.order("day").fetchall()]


def _around(launch: date, days: Sequence[_Day], time: Name) -> list[Problem]:
    """Return what is wrong with a launch in the face of the table's days."""
    first, last = days[0].day, days[-1].day
    spans = f"column {time.text!r} has {first} to {last}"
    if launch <= first:
        what = f"{launch} leaves no day before it: {spans}"
        return [Problem("launch", what, "Correct it, or export earlier sessions as well")]
    if launch > last:
        what = f"{launch} leaves no day after it: {spans}"
        return [Problem("launch", what, "Correct it, or export later sessions as well")]
    before = sum(one.day < launch for one in days)
    counts = {"before it": before, "from it on": len(days) - before}
    return [
        Problem(
            "launch",
            f"{launch} leaves only one day with sessions {side}: {spans}",
            f"Correct it, or export more: it needs at least {FEWEST_DAYS} on either side",
        )
        for side, count in counts.items()
        if count < FEWEST_DAYS
    ]


def _gaps(days: Sequence[_Day]) -> Iterator[Statement]:
    """Tell of days without any session between the first and the last."""
    seen = {one.day for one in days}
    first, last = days[0].day, days[-1].day
    span = (last - first).days + 1
    missing = Fact("days without sessions", span - len(seen), "count")
    if missing.value:
        gap = next(d for i in range(span) if (d := first + timedelta(i)) not in seen)
        example, start, end = Name(str(gap)), Name(str(first)), Name(str(last))
        which = "has" if missing.value == 1 else "have"
        text = (
            f"{missing} {'day' if missing.value == 1 else 'days'} between {start} and {end} "
            f"{which} no row at all, {'' if missing.value == 1 else 'first '}{example}: "
            f"{'it is' if missing.value == 1 else 'they are'} no part of what is counted by day."
        )
        yield Statement(text, (missing, start, end, example))


def _repeats(
    rows: duckdb.DuckDBPyRelation, days: Sequence[_Day], names: Mapping[str, Name]
) -> Iterator[Statement]:
    """Tell of rows of one user at one moment, where moments are known to the time of the day."""
    if not any(one.with_clock for one in days):
        return
    ((count,),) = rows.aggregate('count(*) - count(DISTINCT ("user", "time"))').fetchall()
    repeated = Fact("repeated rows", count, "count")
    if count:
        user, time = names["user"], names["time"]
        text = (
            f"{_rows(repeated)} {'repeats' if count == 1 else 'repeat'} {user} and {time} of "
            f"another: {'it counts' if count == 1 else 'they count'} all the same."
        )
        yield Statement(text, (repeated, user, time))


def _exposure(days: Sequence[_Day], launch: date, names: Mapping[str, Name]) -> Iterator[Statement]:
    """Tell of exposure before there was anything to be exposed to, and of none at all."""
    if "exposed" not in names:
        return
    exposed, begun = names["exposed"], Name(str(launch))
    early = Fact(
        "exposed before launch", sum(one.exposed for one in days if one.day < launch), "count"
    )
    if early.value:
        text = (
            f"In {_rows(early)} {exposed} is yes before the launch on {begun}: "
            f"{'it is' if early.value == 1 else 'they are'} kept as written."
        )
        yield Statement(text, (early, exposed, begun))
    if not any(one.exposed for one in days if one.day >= launch):
        text = f"{exposed} is yes in no row from the launch on {begun} on."
        yield Statement(text, (exposed, begun))


def _with_one_sign_up(
    table: OwnTable, names: Mapping[str, Name]
) -> tuple[duckdb.DuckDBPyRelation, list[Statement]]:
    """Return the sessions with no more than one sign-up a user, and what was odd in it."""
    rows = table.relation
    if "signed_up" not in rows.columns:
        return rows, []
    users = rows.aggregate(
        '"user" AS who, min(signed_up) AS joined, max(signed_up) AS latest, min("time") AS seen',
        '"user"',
    )
    ((several, early),) = users.aggregate(
        "count(*) FILTER (latest > joined), "
        "count(*) FILTER (CAST(seen AS DATE) < CAST(joined AS DATE))"
    ).fetchall()
    told, joined = [], names["signed_up"]
    if several:
        count = Fact("users with several sign-ups", several, "count")
        text = f"{_of_users(count, names)} more than one {joined}: the earliest counts."
        told.append(Statement(text, (count, names["users"], joined)))
    if early:
        count = Fact("users seen before they signed up", early, "count")
        text = (
            f"{_of_users(count, names)} a first row on a day before {joined}: "
            f"{'it is' if early == 1 else 'they are'} kept as written."
        )
        told.append(Statement(text, (count, names["users"], joined)))
    if several:
        kept = [f'sessions."{c}"' for c in rows.columns if c != "signed_up"]
        matched = rows.set_alias("sessions").join(
            users.set_alias("people"), 'sessions."user" = people.who'
        )
        first = "CASE WHEN sessions.signed_up IS NOT NULL THEN people.joined END AS signed_up"
        rows = matched.project(", ".join([*kept, first]))
    return rows, told


def _of_users(count: Fact, names: Mapping[str, Name]) -> str:
    return f"{count} of the {names['users']} {'has' if count.value == 1 else 'have'}"


def _rows(count: Fact) -> str:
    return f"{count} row" if count.value == 1 else f"{count} rows"
