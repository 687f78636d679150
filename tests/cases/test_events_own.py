"""Somebody's own sessions are read as they are, or told what is wrong with them, all at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from knowntruth.cases.executive_misread.own import OwnEvents, read_events
from knowntruth.cases.executive_misread.parameters import OwnEvents as OwnParameters
from knowntruth.errors import ParameterError
from knowntruth.parameters import check
from knowntruth.story.saying import payloads_of, untraced

Read = Callable[..., OwnEvents]
LAUNCH = "2025-03-03"
COLUMNS: dict[str, Any] = {"user": "who", "time": "at", "exposed": "saw", "signed_up": "joined"}
SESSIONS = """who,at,saw,joined
a,2025-03-01 08:00,no,2025-02-01
a,2025-03-01 09:30,no,2025-02-01
b,2025-03-02 23:59,no,2025-03-02
b,2025-03-03 00:00,yes,2025-03-02
a,2025-03-04 10:00,yes,2025-02-01
c,2025-03-04 11:00,no,2025-03-04
"""


def read_file(path: Path, columns: Any = None, **options: Any) -> OwnEvents:
    values = {"data": str(path), "columns": columns or {}, "launch": LAUNCH, **options}
    return read_events(check(OwnParameters, values))


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return a function that writes a text file and reads the sessions in it."""

    def write_and_read(text: str, columns: Any = None, **options: Any) -> OwnEvents:
        path = tmp_path / "sessions.csv"
        path.write_text(text)
        return read_file(path, columns, **options)

    return write_and_read


def told(events: OwnEvents) -> str:
    for statement in events.statements:
        assert untraced(statement.text, payloads_of(statement.facts)) == []
    return " ".join(statement.text for statement in events.statements)


def table(rows: str) -> str:
    """Return a table of users and times, such as `a 2025-03-01`, with the contract's names."""
    return "user,time\n" + "".join(
        f"{row.strip().replace(' ', ',', 1)}\n" for row in rows.split(";")
    )


PLAIN = "a 2025-03-01; a 2025-03-02; b 2025-03-03; a 2025-03-04"


def test_sessions_come_with_the_contracts_names_and_types(read: Read) -> None:
    events = read(SESSIONS, COLUMNS, labels={"users": "players", "exposed": "the hint"})
    assert dict(zip(events.relation.columns, map(str, events.relation.types), strict=True)) == {
        "user": "VARCHAR", "time": "TIMESTAMP", "exposed": "DOUBLE", "signed_up": "TIMESTAMP",
    }  # fmt: skip
    rows = events.relation.fetchall()
    assert len(rows) == 6
    assert rows[3] == ("b", dt.datetime(2025, 3, 3), 1, dt.datetime(2025, 3, 2))
    assert {key: name.text for key, name in events.names.items()} == {
        "users": "players", "sessions": "sessions", "feature": "the feature", "user": "who",
        "time": "at", "exposed": "the hint", "signed_up": "joined",
    }  # fmt: skip
    assert events.launch == pd.Timestamp(2025, 3, 3)
    assert events.statements == ()


def test_user_and_time_are_enough(read: Read) -> None:
    events = read(table(PLAIN))
    assert events.relation.columns == ["user", "time"]
    assert events.relation.aggregate("count(*)").fetchall() == [(4,)]


@pytest.mark.parametrize("days", [["2025-03-04", "2025-03-05"], ["2025-03-01", "2025-03-02"]])
def test_two_days_with_sessions_on_either_side_of_launch_are_enough(
    read: Read, refused: Callable[..., str], days: list[str]
) -> None:
    # The days on the other side of the launch.
    others = ["2025-03-01", "2025-03-02"] if days[0] > LAUNCH else ["2025-03-03", "2025-03-09"]
    text = "; ".join(f"a {day}" for day in [*days, *others])
    assert read(table(text)).relation.aggregate("count(*)").fetchall() == [(4,)]
    side = "from it on" if days[0] > LAUNCH else "before it"
    fewer = "; ".join(f"a {day}" for day in [days[0], *others])
    assert f"launch: 2025-03-03 leaves only one day with sessions {side}: column 'time' has" in (
        refused(table(fewer))
    )


@pytest.mark.parametrize(
    ("launch", "said"),
    [
        ("", "launch: is missing. Write the first day of the feature, as in -p launch=2025-03-03. "
         "The table has 2025-03-01 to 2025-03-04"),
        ("3/3/2025", "launch: '3/3/2025' is no date. Write the first day of the feature"),
        ("2025-03-03 12:00", "launch: '2025-03-03 12:00' is no date"),
        ("2025-02-30", "launch: '2025-02-30' is no date"),
        ("2024-03-03", "launch: 2024-03-03 leaves no day before it: column 'time' has 2025-03-01 "
         "to 2025-03-04. Correct it, or export earlier sessions as well"),
        ("2025-03-01", "launch: 2025-03-01 leaves no day before it"),
        ("2025-03-05", "launch: 2025-03-05 leaves no day after it: column 'time' has 2025-03-01 "
         "to 2025-03-04. Correct it, or export later sessions as well"),
        ("2025-03-02", "launch: 2025-03-02 leaves only one day with sessions before it"),
        ("2025-03-04", "launch: 2025-03-04 leaves only one day with sessions from it on"),
    ],
)  # fmt: skip
def test_a_launch_without_days_on_both_sides_is_refused(
    refused: Callable[..., str], launch: str, said: str
) -> None:
    assert said in refused(table(PLAIN), launch=launch)


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        ("who,at\na,2025-03-01\n", {"user": "who"}, "time: has no column: when the session began"),
        ("who,at\na,2025-03-01\n", {"user": "who", "time": "att"},
         "column 'att': is not in the table. Did you mean 'at'? Write --map time=at"),
        ("user,time\na,2025-03-01\n", {"seen": "time"},
         "--map seen: is not a name in the contract"),
        ("user,time\na,08:15\nb,2025-03-01\n", {}, "1 value is no date ('08:15' in row 2)"),
        ("user,time\na,08:15\nb,09:00\n", {}, "2 values are no date"),
        ("user,time\na,03/04/2025\nb,05/06/2025\n", {},
         "may have the day or the month first: '03/04/2025' in row 2 is 3 April or 4 March"),
        ("user,time\na,2025-03-01 08:00\nb,2025-03-01 08:00+01:00\n", {},
         "has dates written in different ways"),
        ("user,time\na,1970-01-01\nb,2025-03-01\n", {}, "or the first moment of 1970"),
        ("user,time,exposed\na,2025-03-01,perhaps\n", {},
         "column 'exposed': 1 value is neither 0 nor 1 ('perhaps' in row 2)"),
        ("user,time\n,2025-03-01\n,2025-03-02\n", {}, "column 'user': is blank in all 2 rows"),
        ("user,time\na,\n,2025-03-02\n", {}, "are filled together in no row"),
        ("user,time,signed_up\na,2025-03-01,soon\n", {}, "'signed_up': 1 value is no date"),
        ("user,time\na,2025-03-01\n", {"time": "time", "signed_up": "time"},
         "is mapped to time and to signed_up, which cannot be the same"),
        ("user,time\n\n", {}, "sessions.csv: has no rows"),
        ("", {}, "sessions.csv: is empty"),
    ],
)  # fmt: skip
def test_a_table_that_is_wrong_is_told_so(
    refused: Callable[..., str], text: str, columns: Any, said: str
) -> None:
    assert said in refused(text, columns)


def test_everything_that_is_wrong_comes_at_once(refused: Callable[..., str]) -> None:
    text = refused(
        "who,at,saw\na,never,maybe\n", {"user": "who", "time": "at", "exposed": "saw"},
        launch="soon",
    )  # fmt: skip
    for words in ("'never' in row 2", "'maybe' in row 2", "launch: 'soon' is no date"):
        assert words in text


def test_rows_without_user_or_time_are_left_out_and_counted(read: Read) -> None:
    events = read(SESSIONS + ",2025-03-04,no,\nd,,yes,2025-03-01\n,,,\n", COLUMNS)
    assert events.relation.aggregate("count(*)").fetchall() == [(6,)]
    assert told(events) == (
        "1 row was empty and left out. who is blank in 1 row: it is left out. "
        "at is blank in 1 row: it is left out."
    )


def test_a_blank_exposure_costs_only_what_needs_it(read: Read) -> None:
    events = read(SESSIONS.replace("c,2025-03-04 11:00,no", "c,2025-03-04 11:00,"), COLUMNS)
    counts = events.relation.aggregate("count(*), count(exposed), sum(exposed)")
    assert counts.fetchall() == [(6, 5, 2)]
    assert "saw is blank in 1 row: it takes no part in what needs saw" in told(events)


def test_days_without_sessions_are_told(read: Read) -> None:
    text = told(read(table("a 2025-03-01; a 2025-03-02; b 2025-03-04; a 2025-03-09")))
    assert text == (
        "5 days between 2025-03-01 and 2025-03-09 have no row at all, first 2025-03-03: they are "
        "no part of what is counted by day."
    )
    one = told(read(table("a 2025-03-01; a 2025-03-02; b 2025-03-04; a 2025-03-05")))
    assert one.startswith("1 day between 2025-03-01 and 2025-03-05 has no row at all, 2025-03-03:")


def test_exposure_before_launch_is_told_and_kept(read: Read) -> None:
    events = read(SESSIONS.replace("08:00,no", "08:00,yes"), COLUMNS)
    assert told(events) == (
        "In 1 row saw is yes before the launch on 2025-03-03: it is kept as written."
    )
    assert events.relation.filter("exposed = 1").aggregate("count(*)").fetchall() == [(3,)]


def test_a_feature_that_nobody_met_is_told(read: Read) -> None:
    assert told(read(SESSIONS.replace("yes", "no"), COLUMNS)) == (
        "saw is yes in no row from the launch on 2025-03-03 on."
    )


def test_users_seen_before_they_signed_up_are_told(read: Read) -> None:
    events = read(SESSIONS.replace("2025-02-01", "2025-03-02"), COLUMNS)
    assert told(events) == (
        "1 of the users has a first row on a day before joined: it is kept as written."
    )
    on_the_day = read(SESSIONS.replace("2025-02-01", "2025-03-01 23:00"), COLUMNS)
    assert told(on_the_day) == ""


def test_a_user_has_one_sign_up_the_earliest(read: Read) -> None:
    text = SESSIONS.replace("10:00,yes,2025-02-01", "10:00,yes,2025-01-05")
    events = read(text.replace("00:00,yes,2025-03-02", "00:00,yes,"), COLUMNS)
    found = events.relation.aggregate(
        '"user", min(signed_up), max(signed_up), count(signed_up), count(*)', '"user"'
    )
    jan, march = dt.datetime(2025, 1, 5), dt.datetime(2025, 3, 2)
    assert sorted(found.fetchall())[:2] == [("a", jan, jan, 3, 3), ("b", march, march, 1, 2)]
    assert events.relation.columns == ["user", "time", "exposed", "signed_up"]
    assert "1 of the users has more than one joined: the earliest counts." in told(events)


def test_repeated_moments_are_told_but_not_repeated_days(read: Read) -> None:
    events = read(SESSIONS + "a,2025-03-01 08:00,no,2025-02-01\n" * 2, COLUMNS)
    assert told(events) == "2 rows repeat who and at of another: they count all the same."
    assert events.relation.aggregate("count(*)").fetchall() == [(8,)]
    assert told(read(table(f"{PLAIN}; {PLAIN}"))) == ""


def test_times_with_a_zone_are_days_in_utc(read: Read) -> None:
    events = read(table(
        "a 2025-03-01T08:00:00Z; a 2025-03-02T08:00:00Z; b 2025-03-04T00:30:00+01:00; "
        "a 2025-03-04T08:00:00-05:00"
    ))  # fmt: skip
    assert events.relation.project('"time"').fetchall()[2] == (dt.datetime(2025, 3, 3, 23, 30),)
    assert "The times of time name a time zone: their days are days in UTC." in told(events)


def test_a_label_of_something_that_is_not_there_is_refused(read: Read) -> None:
    with pytest.raises(ParameterError, match="Did you mean feature"):
        read(table(PLAIN), labels={"feture": "people"})


def test_hostile_names_are_written_as_text(read: Read) -> None:
    names = {"who": "<b>who", "at": "[at](x)", "saw": "`saw`", "joined": "$j$"}
    rows = SESSIONS.partition("\n")[2].replace("no,2025-03-02", ",2025-03-09")
    rows += "a,2025-03-01 09:30,yes,2025-02-01\n,2025-03-04,no,\n"
    text = ",".join(names.values()) + "\n" + rows
    events = read(text, {key: names[heading] for key, heading in COLUMNS.items()})
    assert len(events.statements) == 5
    for statement in events.statements:
        assert not set("<>`*_[]$") & set(statement.text)
    told(events)


def log() -> Path:
    """Return the file of all CDNOW transactions that the package lifetimes holds.

    It is not imported: it was made for older libraries.
    """
    spec = find_spec("lifetimes")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "datasets" / "CDNOW_master.txt"


@pytest.fixture(scope="module")
def purchases() -> pd.DataFrame:
    names = ["customer", "day", "discs", "spent"]
    return pd.read_csv(log(), sep=r"\s+", header=None, skiprows=1, names=names, dtype=str)


@pytest.mark.parametrize("form", ["csv", "parquet", "folder"])
def test_the_purchases_of_cdnow_are_the_published_ones_in_every_format(
    tmp_path: Path, purchases: pd.DataFrame, form: str
) -> None:
    # Fader & Hardie 2001: 23,570 customers made 69,659 purchases from January 1997 to June 1998,
    # and each of them the first in the first quarter of 1997.
    path = tmp_path / ("cdnow" if form == "folder" else f"cdnow.{form}")
    if form == "csv":
        purchases.to_csv(path, index=False)
    elif form == "parquet":
        purchases.to_parquet(path)
    else:
        for part, half in enumerate(np.array_split(np.arange(len(purchases)), 2)):
            (path / f"part={part}").mkdir(parents=True)
            purchases.iloc[half].to_parquet(path / f"part={part}" / "rows.parquet")
    events = read_file(path, {"user": "customer", "time": "day"}, launch="1997-04-01")
    found = events.relation.aggregate(
        'count(*), count(DISTINCT "user"), min("time"), max("time"), '
        'count(DISTINCT "user") FILTER ("time" < \'1997-04-01\')'
    )
    first, last = dt.datetime(1997, 1, 1), dt.datetime(1998, 6, 30)
    assert found.fetchall() == [(69659, 23570, first, last, 23570)]
    assert events.statements == ()


def test_parquet_stays_in_its_file(tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    duckdb.sql(
        "SELECT i % 70_000 AS \"user\", TIMESTAMP '2025-02-20' + INTERVAL (i) SECOND "
        'AS "time", i % 7 = 0 AS exposed FROM range(2_000_000) t(i)'
    ).write_parquet(str(path))
    events = read_file(path)
    found = events.relation.aggregate('count(*), count(DISTINCT "user"), sum(exposed)')
    assert found.fetchall() == [(2_000_000, 70_000, 285_715)]
    assert str(events.relation.types[0]) == "BIGINT"
    assert "PARQUET" in events.relation.explain()


def test_files_are_left_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text(SESSIONS)
    before = path.read_bytes()
    read_file(path, COLUMNS)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == before
