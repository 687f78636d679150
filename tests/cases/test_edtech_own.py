"""Somebody's own users are read as they are, or told what is wrong with them, all at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lifelines.datasets import load_rossi

from knowntruth.cases.edtech_simulation.own import OwnUsers, read_users
from knowntruth.cases.edtech_simulation.parameters import OwnUserBase
from knowntruth.errors import ParameterError
from knowntruth.parameters import check
from knowntruth.story.saying import payloads_of, untraced

Read = Callable[..., OwnUsers]
DATED = """who,joined,seen,land
1,2024-08-01,2024-09-20,DE
2,2024-08-01,2024-08-08,DE
3,2024-08-10,2024-08-11,US
4,2024-09-18,2024-09-20,
5,2024-08-02,,US
"""
DATES: dict[str, Any] = {"signed_up": "joined", "last_active": "seen"}


def read_file(path: Path, columns: Any = None, **options: Any) -> OwnUsers:
    return read_users(check(OwnUserBase, {"data": str(path), "columns": columns or {}, **options}))


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return a function that writes a text file and reads the users in it."""

    def write_and_read(text: str, columns: Any = None, **options: Any) -> OwnUsers:
        path = tmp_path / "users.csv"
        path.write_text(text)
        return read_file(path, columns, **options)

    return write_and_read


def told(users: OwnUsers) -> str:
    for statement in users.statements:
        assert untraced(statement.text, payloads_of(statement.facts)) == []
    return " ".join(statement.text for statement in users.statements)


def column(users: OwnUsers, name: str) -> list[Any]:
    return [row[0] for row in users.relation.project(name).fetchall()]


WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    "csv": lambda frame, path: frame.to_csv(path, index=False),
    "tsv": lambda frame, path: frame.to_csv(path, index=False, sep="\t"),
    "parquet": lambda frame, path: frame.to_parquet(path),
    "xlsx": lambda frame, path: frame.to_excel(path, index=False),
}


@pytest.mark.parametrize("suffix", WRITERS)
def test_the_rearrests_of_rossi_are_the_published_ones_in_every_format(
    tmp_path: Path, suffix: str
) -> None:
    # Rossi, Berk & Lenihan 1980: of 432 released prisoners 114 were arrested again within a
    # year, 48 of the 216 with financial aid and 66 of the 216 without.
    path = tmp_path / f"rossi.{suffix}"
    WRITERS[suffix](load_rossi(), path)
    columns = {"churned": "arrest", "onboarding": "fin", "factors": ["race", "mar"]}
    users = read_file(path, columns | {"activity": "prio"}, labels={"churned": "rearrest"})
    rows = users.relation.aggregate("onboarding, count(*), sum(churned)", "onboarding").fetchall()
    assert sorted(rows) == [(0, 216, 66), (1, 216, 48)]
    assert users.relation.columns == ["factor_1", "factor_2", "onboarding", "activity", "churned"]
    assert {key: name.text for key, name in users.names.items()} == {
        "users": "users", "factor_1": "race", "factor_2": "mar", "onboarding": "fin",
        "activity": "prio", "churned": "rearrest",
    }  # fmt: skip
    assert users.levels == {"factor_1": ("1", "0"), "factor_2": ("0", "1")}
    assert (users.statements, users.derived, users.observed_until) == ((), (), None)


def test_columns_come_in_the_contracts_order_and_types(read: Read) -> None:
    users = read(
        "converted,churned,activity,last_active,day_30,day_7,day_1,onboarding,b,a,signed_up,user\n"
        "1,no,2.5,2024-09-30,yes,true,1,0,x,y,2024-08-01,u1\n",
        {"factors": ["a", "b"]},
    )
    assert dict(zip(users.relation.columns, map(str, users.relation.types), strict=True)) == {
        "user": "VARCHAR", "signed_up": "DATE", "factor_1": "VARCHAR", "factor_2": "VARCHAR",
        "onboarding": "DOUBLE", "day_1": "DOUBLE", "day_7": "DOUBLE", "day_30": "DOUBLE",
        "last_active": "DATE", "activity": "DOUBLE", "churned": "DOUBLE", "converted": "DOUBLE",
    }  # fmt: skip
    assert users.relation.fetchall() == [
        ("u1", dt.date(2024, 8, 1), "y", "x", 0, 1, 1, 1, dt.date(2024, 9, 30), 2.5, 0, 1)
    ]


class TestRetentionFromDates:
    def test_it_says_who_was_active_then_or_later(self, read: Read) -> None:
        users = read(DATED, DATES)
        assert column(users, "day_1") == [1, 1, 1, 1, None]
        assert column(users, "day_7") == [1, 1, 0, None, None]
        assert column(users, "day_30") == [1, 0, 0, None, None]
        assert users.derived == ("day_1", "day_7", "day_30")
        assert users.names["day_30"].text == "day-30 retention"

    def test_it_ends_with_the_latest_date_unless_told_when(self, read: Read) -> None:
        latest = read(DATED, DATES)
        assert latest.observed_until == dt.date(2024, 9, 20)
        assert "as seen until 2024-09-20, the latest date of the table." in told(latest)
        later = read(DATED, DATES, observed_until="2024-09-25")
        assert later.observed_until == dt.date(2024, 9, 25)
        assert column(later, "day_7") == [1, 1, 0, 0, None]
        assert "as seen until 2024-09-25." in told(later)

    def test_who_signed_up_too_late_is_left_out_and_counted(self, read: Read) -> None:
        text = told(read(DATED, DATES))
        for day in (7, 30):
            assert (
                f"1 row signed up fewer than {day} days before 2024-09-20, too late for "
                f"day-{day} retention. It is left out of it."
            ) in text
        assert "too late for day-1" not in text

    def test_a_blank_last_day_is_unknown_unless_told_that_it_is_none(self, read: Read) -> None:
        unknown = read(DATED, DATES)
        assert "seen is blank in 1 row: it takes no part" in told(unknown)
        assert "name it in blank&#95;is&#95;zero" in told(unknown)
        never = read(DATED, DATES, blank_is_zero=["seen"])
        assert column(never, "day_1") == [1, 1, 1, 1, 0]
        assert "seen is blank in 1 row: a blank counts as the time of joined." in told(never)
        assert "name it in" not in told(never)

    def test_days_are_counted_by_the_calendar(self, read: Read) -> None:
        users = read(
            "signed_up,last_active\n2024-08-01 23:59,2024-08-02 00:01\n"
            "2024-08-01 00:01,2024-08-01 23:59\n2024-08-01 08:00,2024-10-01 08:00\n"
        )
        assert column(users, "day_1") == [1, 0, 1]

    def test_it_is_what_numpy_counts(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(4)
        start = np.datetime64("2024-08-01") + rng.integers(0, 60, 3000)
        stay = rng.geometric(0.1, 3000) - 1
        until = np.datetime64("2024-10-15")
        frame = pd.DataFrame({"signed_up": start, "last_active": np.minimum(start + stay, until)})
        frame.to_parquet(tmp_path / "u.parquet")
        users = read_file(tmp_path / "u.parquet", observed_until="2024-10-15")
        for day in (1, 7, 30):
            judged = start + day <= until
            active = (frame["last_active"].to_numpy() >= start + day) & judged
            found = users.relation.aggregate(f"count(day_{day}), sum(day_{day})").fetchall()
            assert found == [(judged.sum(), active.sum())]

    def test_flags_of_the_table_go_before_dates(self, read: Read) -> None:
        users = read(
            "signed_up,last_active,D7\n2024-08-01,2024-08-31,yes\n2024-08-01,2024-10-30,no\n",
            {"day_7": "D7"},
        )
        assert users.derived == ("day_1", "day_30")
        assert column(users, "day_7") == [1, 0]
        assert column(users, "day_30") == [1, 1]
        assert "In 1 row D7 says something else than signed&#95;up and last&#95;active" in told(
            users
        )


class TestTheTablesOwnFlags:
    TEXT = (
        "joined,seen,D7\n2024-08-01,2024-09-20,1\n2024-09-13,,0\n,,1\n"
        "2024-09-16,2024-09-16,0\n2024-09-17,,0\n2024-09-18,,1\n"
    )

    def test_late_sign_ups_are_left_out_when_the_end_is_given(self, read: Read) -> None:
        columns = {"signed_up": "joined", "day_7": "D7"}
        users = read(self.TEXT, columns, observed_until="2024-09-20")
        assert column(users, "day_7") == [1, 0, 1, None, None, None]
        assert "3 rows signed up fewer than 7 days before 2024-09-20, too late for D7." in told(
            users
        )

    def test_they_are_kept_and_told_when_the_end_is_only_guessed(self, read: Read) -> None:
        users = read(self.TEXT, DATES | {"day_7": "D7"})
        assert column(users, "day_7") == [1, 0, 1, 0, 0, 1]
        assert (
            "2 rows without D7 signed up fewer than 7 days before 2024-09-20, the latest date of "
            "the table. They are kept, unless observed&#95;until says when the table ends."
        ) in told(users)

    def test_a_later_day_without_an_earlier_one_is_kept_and_told(self, read: Read) -> None:
        users = read("day_1,day_7,day_30\n1,1,1\n0,1,1\n1,0,1\n1,,1\n0,0,0\n")
        assert column(users, "day_1") == [1, 0, 1, 1, 0]
        assert column(users, "day_7") == [1, 1, 0, None, 0]
        text = told(users)
        assert "In 1 row day&#95;7 is yes and day&#95;1 is no, though who is active" in text
        assert "In 1 row day&#95;30 is yes and day&#95;1 is no" in text
        assert "In 1 row day&#95;30 is yes and day&#95;7 is no" in text
        assert "kept as written" in text

    def test_nested_flags_are_not_remarked_upon(self, read: Read) -> None:
        assert read("day_1,day_7\n1,1\n1,0\n0,0\n").statements == ()


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        ("who,plan\n1,a\n", {"user": "who"}, "users: need at least one of churned, converted, "
         "day_1, day_7, day_30 or signed_up and last_active, and have none"),
        ("who,Churn\n1,0\n", {}, "Is it 'Churn'? Write --map churned=Churn"),
        ("signed_up\n2024-08-31\n", {}, "and have none. Write --map churned=THEIR_COLUMN"),
        ("who,gone\n1,0\n", {"churned": "gome"}, "Did you mean 'gone'?"),
        ("churned\nmaybe\n0\n", {}, "1 value is neither 0 nor 1 ('maybe' in row 2)"),
        ("churned,day_1\n0,2\n", {}, "column 'day_1': 1 value is neither 0 nor 1 ('2' in row 2)"),
        ("user,churned\na,0\nb,1\n a,1\n", {}, "1 value stands in 2 rows, such as a (2 rows)"),
        ("user,churned\n,0\nb,1\n", {}, "column 'user': 1 value is blank (row 2)"),
        ("churned,activity\n0,-3\n", {}, "column 'activity': 1 value is negative ('-3' in row 2)"),
        ("churned,activity\n0,many\n", {}, "1 value is no number ('many' in row 2)"),
        ("churned,signed_up\n0,03/04/2024\n", {}, "'03/04/2024' in row 2 is 3 April or 4 March"),
        ("churned,signed_up\n0,soon\n", {}, "1 value is no date ('soon' in row 2)"),
        ("churned\n\n\n", {}, "users.csv: has no rows"),
        ("", {}, "users.csv: is empty"),
        ("day_1,converted\n1,0\n", {"day_1": "day_1", "day_7": "day_1"}, "cannot be the same"),
        ("signed_up,last_active\n2024-08-03,2024-08-04\n2024-08-03,2024-08-01\n", {},
         "1 value is earlier than column 'signed_up' ('2024-08-01' before '2024-08-03' in row 3)"),
    ],
)  # fmt: skip
def test_a_table_that_is_wrong_is_told_so(
    refused: Callable[..., str], text: str, columns: Any, said: str
) -> None:
    assert said in refused(text, columns)


def test_a_misspelt_outcome_is_told_once(refused: Callable[..., str]) -> None:
    text = refused("who,gone\n1,0\n", {"churned": "gome"})
    assert "column 'gome': is not in the table" in text
    assert "need at least one" not in text


def test_a_factor_with_too_many_values_is_refused(refused: Callable[..., str]) -> None:
    text = "city,churned\n" + "".join(f"c{i},0\n" for i in range(61))
    assert "has 61 different values" in refused(text, {"factors": "city"})


@pytest.mark.parametrize(
    ("until", "columns", "said"),
    [
        ("30/9/2024", DATES, "observed_until: '30/9/2024' is no date. Write it as 2024-09-30"),
        ("2024-09-19", DATES, "column 'seen': 2 dates are after observed_until, 2024-09-19 "
         "(the latest is 2024-09-20). Correct them, or observe until 2024-09-20"),
        ("2024-09-17", DATES, "column 'joined': 1 date is after observed_until"),
        ("2024-09-30", {"churned": "who"}, "observed_until: means nothing without signed_up"),
    ],
)  # fmt: skip
def test_an_end_of_observation_that_cannot_be_is_refused(
    refused: Callable[..., str], until: str, columns: Any, said: str
) -> None:
    text = DATED if "churned" not in columns else "who\n1\n0\n"
    assert said in refused(text, columns, observed_until=until)


def test_everything_that_is_wrong_comes_at_once(refused: Callable[..., str]) -> None:
    text = refused(
        "who,joined,seen,gone,n\n1,1/2/2024,2024-08-01,maybe,-1\n1,2/1/2024,never,1,1\n",
        {"user": "who", **DATES, "churned": "gone", "activity": "n", "convertd": "n"},
        observed_until="soon",
    )
    for words in (
        "convertd", "may have the day or the month first", "'never' in row 3", "'maybe' in row 2",
        "'-1' in row 2", "1 value stands in 2 rows", "observed_until: 'soon' is no date",
    ):  # fmt: skip
        assert words in text


def test_a_label_of_something_that_is_not_there_is_refused(read: Read) -> None:
    with pytest.raises(ParameterError, match="Did you mean churned"):
        read("churned\n0\n1\n", labels={"churnd": "leaving"})
    assert read("churned\n0\n1\n", labels={"users": "people"}).names["users"].text == "people"


def test_stray_spaces_title_rows_and_other_delimiters_change_nothing(read: Read) -> None:
    plain = read(DATED, DATES | {"user": "who", "factors": "land"})
    rows = "\n".join(";".join(f" {c}  " for c in row.split(",")) for row in DATED.splitlines())
    messy = read(f"Export of May;;;\n;;;\n{rows}\n", DATES | {"user": "who", "factors": "land"})
    assert messy.relation.fetchall() == plain.relation.fetchall()
    assert messy.levels == plain.levels == {"factor_1": ("DE", "US", "(blank)")}


def test_all_formats_give_the_same_users(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    n = 50
    joined = pd.Timestamp("2024-08-01") + pd.to_timedelta(rng.integers(0, 30, n), "D")
    frame = pd.DataFrame(
        {
            "user": [f"u{i}" for i in range(n)],
            "signed_up": joined,
            "last_active": joined + pd.to_timedelta(rng.integers(0, 90, n), "D"),
            "factors": rng.choice(["a", "b", None], n),
            "converted": rng.integers(0, 2, n),
            "activity": np.where(rng.random(n) < 0.2, np.nan, rng.integers(0, 9, n)),
        }
    )
    frame.loc[3, "last_active"] = pd.NaT
    found = []
    for suffix, write in WRITERS.items():
        write(frame, tmp_path / f"u.{suffix}")
        users = read_file(tmp_path / f"u.{suffix}")
        found.append((users.relation.fetchall(), users.levels, told(users)))
    assert all(one == found[0] for one in found[1:])


def test_markup_in_names_and_labels_comes_out_as_text(read: Read) -> None:
    users = read(
        '"<i>joined</i>","[seen](x)",`plan`,**left**\n'
        "2024-08-01,2024-09-20,<b>gold</b>,yes\n2024-09-19,2024-09-20,_x_,no\n2024-08-02,,,yes\n",
        {
            "signed_up": "<i>joined</i>", "last_active": "[seen](x)", "factors": "`plan`",
            "churned": "**left**",
        },
        labels={"day_7": "<u>week</u>", "factor_1": "$x_1$"},
    )  # fmt: skip
    assert users.levels["factor_1"] == ("(blank)", "<b>gold</b>", "_x_")
    assert users.names["day_7"].text == "<u>week</u>"
    assert len(users.statements) > 4
    for statement in users.statements:
        assert not set("<>`*_[]$") & set(statement.text)
    assert "too late for &#60;u&#62;week" in told(users)


def test_files_are_left_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "u.parquet"
    pd.DataFrame({"churned": [0, 1]}).to_parquet(path)
    before = path.read_bytes()
    assert read_file(path).relation.fetchall() == [(0,), (1,)]
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == before
