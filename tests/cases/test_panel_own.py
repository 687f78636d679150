"""Somebody's own panel is read as it is, or told what is wrong with it, all at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowntruth.cases.difference_in_differences.own import OwnPanel, read_panel
from knowntruth.cases.difference_in_differences.parameters import OwnPanel as OwnParameters
from knowntruth.errors import ParameterError
from knowntruth.methods.panels import panel as panels
from knowntruth.parameters import check
from knowntruth.story.saying import payloads_of, untraced

Read = Callable[..., OwnPanel]
Refuse = Callable[..., str]


def read_file(path: Path, columns: Any = None, **options: Any) -> OwnPanel:
    return read_panel(
        check(OwnParameters, {"data": str(path), "columns": columns or {}, **options})
    )


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return a function that writes a text file and reads the panel in it."""

    def write_and_read(text: str, columns: Any = None, **options: Any) -> OwnPanel:
        path = tmp_path / "panel.csv"
        path.write_text(text)
        return read_file(path, columns, **options)

    return write_and_read


def told(panel: OwnPanel) -> list[str]:
    for statement in panel.statements:
        assert untraced(statement.text, payloads_of(statement.facts)) == []
    return [statement.text for statement in panel.statements]


LONG = """unit,period,outcome,first_treated
a,1,5,2
a,2,6,2
b,1,4,
b,2,4.5,
"""
GROUPED = """who,year,sales,group
a,2020,5,1
a,2021,6,1
a,2022,7,1
b,2020,4,0
b,2021,4,0
b,2022,5,0
"""
YEARS = {"unit": "who", "period": "year", "outcome": "sales", "treated": "group"}
WIDE = "who,y1,y2,y3,group\na,1,2,3,1\nb,2,3,4,0\n"
SPREAD: Any = {"unit": "who", "before": ["y1", "y2"], "after": "y3", "treated": "group"}


def test_columns_of_the_contracts_names_need_no_map(read: Read) -> None:
    panel = read(LONG)
    assert panel.relation.order("unit, period").fetchall() == [
        ("a", 1, 5, 2), ("a", 2, 6, 2), ("b", 1, 4, None), ("b", 2, 4.5, None)
    ]  # fmt: skip
    assert {key: name.text for key, name in panel.names.items()} == {
        "units": "units", "treated": "treated units", "controls": "controls",
        "treatment": "the treatment", "unit": "unit", "period": "period", "outcome": "outcome",
        "first_treated": "first_treated",
    }  # fmt: skip


def test_all_columns_come_in_the_contracts_order_and_types(read: Read) -> None:
    panel = read(
        "c2,c1,fake2,fake1,touched,took,region,n,y,t,u,since\n"
        "1,2,3,4,yes,0,north,10,5,2024-01-01,a,2024-02-01\n"
        "1,2,3,4,yes,0.5,north,10,5,2024-02-01,a,2024-02-01\n"
        "1,2,3,4,no,0,south,10,5,2024-01-01,b,\n1,2,3,4,no,0,south,10,5,2024-02-01,b,\n",
        {
            "unit": "u", "period": "t", "outcome": "y", "first_treated": "since", "weight": "n",
            "cluster": "region", "take_up": "took", "affected": "touched",
            "placebo": ["fake1", "fake2"], "covariate": ["c1", "c2"],
        },
        labels={"units": "shops", "controls": "other shops", "treatment": "the sign"},
    )  # fmt: skip
    assert dict(zip(panel.relation.columns, map(str, panel.relation.types), strict=True)) == {
        "unit": "VARCHAR", "period": "DATE", "outcome": "DOUBLE", "first_treated": "DATE",
        "weight": "DOUBLE", "cluster": "VARCHAR", "take_up": "DOUBLE", "placebo_1": "DOUBLE",
        "placebo_2": "DOUBLE", "affected": "DOUBLE", "covariate_1": "DOUBLE",
        "covariate_2": "DOUBLE",
    }  # fmt: skip
    assert panel.relation.order("unit, period").fetchall()[1] == (
        "a", dt.date(2024, 2, 1), 5, dt.date(2024, 2, 1), 10, "north", 0.5, 4, 3, 1, 2, 1
    )  # fmt: skip
    names = {key: panel.names[key].text for key in ("units", "controls", "treatment", "placebo_2")}
    assert list(names.values()) == ["shops", "other shops", "the sign", "fake2"]


def test_hours_stay_hours_and_fractions_fractions(read: Read) -> None:
    hours = read(LONG.replace(",1,", ",2024-01-01 08:00,").replace(",2,", ",2024-01-01 09:00,")
                 .replace(",2\n", ",2024-01-01 09:00\n"))  # fmt: skip
    assert str(hours.relation.types[1]) == str(hours.relation.types[3]) == "TIMESTAMP"
    fractions = read(LONG.replace(",1,", ",1.5,"))
    assert list(fractions.periods) == [1.5, 2]
    assert str(fractions.relation.types[1]) == str(fractions.relation.types[3]) == "DOUBLE"


def test_a_group_and_a_start_make_first_treated_periods(read: Read) -> None:
    panel = read(GROUPED, YEARS, start="2021")
    assert panel.relation.columns == ["unit", "period", "outcome", "first_treated"]
    found = panel.relation.aggregate("unit, min(first_treated), count(first_treated)", "unit")
    assert sorted(found.fetchall()) == [("a", 2021, 3), ("b", None, 0)]


def test_a_wide_table_is_turned_and_keeps_what_it_says_of_units(read: Read) -> None:
    text = "who,y1,y2,y3,group,took,region,n\na,1,2,3,1,0.5,x,7\nb,2,,4,0,0,y,8\n"
    panel = read(text, SPREAD | {"take_up": "took", "cluster": "region", "weight": "n"})
    assert panel.relation.columns == [
        "unit", "period", "outcome", "first_treated", "weight", "cluster", "take_up"
    ]  # fmt: skip
    assert panel.relation.order("unit, period").fetchall() == [
        ("a", -2, 1, 0, 7, "x", 0), ("a", -1, 2, 0, 7, "x", 0), ("a", 0, 3, 0, 7, "x", 0.5),
        ("b", -2, 2, None, 8, "y", 0), ("b", -1, None, None, 8, "y", 0),
        ("b", 0, 4, None, 8, "y", 0),
    ]  # fmt: skip
    assert panel.names["period"].text == "period"
    assert panel.names["outcome"].text == "outcome"


class TestWhatIsMappedGoesBeforeWhatIsNamed:
    def test_a_column_called_after_beside_a_mapped_period(self, read: Read) -> None:
        text = GROUPED.replace("group\n", "group,before,after\n", 1)
        rows = text.replace(",1\n", ",1,then,now\n").replace(",0\n", ",0,then,now\n")
        panel = read(rows, YEARS, start="2021")
        assert panel.relation.aggregate("count(*)").fetchall() == [(6,)]
        assert "The column before is not used, because others tell the same." in told(panel)

    def test_a_column_called_treated_beside_first_treated(self, read: Read) -> None:
        text = LONG.replace("first_treated\n", "first_treated,treated\n")
        text = text.replace(",2\n", ",2,0\n").replace(",\n", ",,1\n")
        panel = read(text)
        assert "The column treated is not used, because others tell the same." in told(panel)
        assert panel.relation.columns == ["unit", "period", "outcome", "first_treated"]
        found = panel.relation.filter("first_treated = 2").project("unit").distinct().fetchall()
        assert found == [("a",)]

    def test_a_start_beside_columns_called_treated_and_first_treated(self, read: Read) -> None:
        text = LONG.replace("first_treated\n", "first_treated,treated\n")
        panel = read(text.replace(",2\n", ",1,0\n").replace(",\n", ",,1\n"), start="2")
        assert "The column first&#95;treated is not used" in " ".join(told(panel))
        found = panel.relation.filter("first_treated = 2").project("unit").distinct().fetchall()
        assert found == [("b",)]

    def test_a_mapped_group_beside_a_column_called_first_treated(self, read: Read) -> None:
        text = GROUPED.replace("group\n", "group,first_treated\n", 1)
        text = text.replace(",1\n", ",1,never\n").replace(",0\n", ",0,never\n")
        found = read(text, YEARS, start="2022").relation.aggregate("min(first_treated)").fetchall()
        assert found == [(2022,)]


@pytest.mark.parametrize(
    ("text", "columns", "options", "said"),
    [
        # The treatment, and how it is told.
        ("unit,period,outcome\na,1,2\n", {}, {}, "panel: does not tell which units are treated. "
         "Write --map treated=THEIR_COLUMN (1 for units that are treated, 0 for the others) with "
         "-p start=THEIR_FIRST_PERIOD; or --map first_treated=THEIR_COLUMN"),
        (WIDE, {k: v for k, v in SPREAD.items() if k != "treated"}, {},
         "panel: does not tell which units are treated. Write --map treated=THEIR_COLUMN"),
        (GROUPED, YEARS | {"first_treated": "group"}, {}, "--map treated: is mapped beside first"),
        (LONG, {}, {"start": "2"}, "start: means nothing with first_treated, which tells it"),
        (WIDE, SPREAD, {"start": "2"}, "start: means nothing with before and after"),
        (WIDE, SPREAD | {"first_treated": "y1"}, {},
         "--map first_treated: means nothing with before and after"),
        (WIDE, SPREAD | {"placebo": "y1"}, {}, "--map placebo: means nothing with before and"),
        (WIDE, SPREAD | {"period": "y1"}, {}, "--map period: means nothing with before and after, "
         "which tell of a table of one row a unit. Map either this, or before and after"),
        (GROUPED, YEARS, {}, "start: is missing: nobody knows when the group is treated. Column "
         "'year' has 2020, 2021, 2022. Write the first period of treatment, as in -p start=2021"),
        (GROUPED, YEARS, {"start": "2023"}, "start: '2023' is no period of column 'year', which "
         "has 2020, 2021, 2022"),
        (GROUPED, YEARS, {"start": "soon"}, "start: 'soon' is no period of column 'year'"),
        (GROUPED, YEARS, {"start": "2020"}, "start: '2020' is the first period of column 'year', "
         "so there is no before. Correct it, or export earlier periods as well"),
        (GROUPED.replace("2022,7,1", "2022,7,0"), YEARS, {"start": "2021"},
         "column 'group': is not the same in all rows of 1 unit, such as a. Write 1 in all rows"),
        (LONG.replace("a,1,5,2", "a,1,5,1"), {}, {},
         "column 'first_treated': is not the same in all rows of 1 unit, such as a"),
        (LONG.replace("a,1,5,2", "a,1,5,"), {}, {},
         "column 'first_treated': is not the same in all rows of 1 unit, such as a"),
        (LONG.replace("b,1,4,", "b,1,4,0").replace("b,2,4.5,", "b,2,4.5,0"), {}, {},
         "column 'first_treated': is 0 in 2 rows, before the first period, 1. Leave it blank for "
         "never"),
        (LONG.replace(",2\n", ",never\n"), {}, {}, "2 values are no period whose place in time is "
         "clear ('never' in row 2, 'never' in row 3). Write dates, or periods as 2010Q4 or "
         "2010-11; or number them in the order of time in a column of its own, and map that; "
         "leave it blank for never"),
        (LONG.replace(",2\n", ",2010Q4\n"), {}, {}, "column 'first_treated': is written in "
         "another way than column 'period', so neither comes first. Write both alike; leave units "
         "that are never treated blank"),
        (LONG.replace(",2\n", ",inf\n"), {}, {}, "2 values are infinite ('inf' in row 2, 'inf' in "
         "row 3). Leave such cells blank"),
        # Nobody to look at, or to compare with.
        (GROUPED.replace(",1\n", ",0\n"), YEARS, {"start": "2021"},
         "column 'group': is 0 in all rows, so no unit is treated"),
        (GROUPED.replace(",0\n", ",1\n"), YEARS, {"start": "2021"},
         "column 'group': has no unit that is not treated, so there is nothing to compare with"),
        (LONG.replace(",2\n", ",3\n"), {}, {},
         "column 'first_treated': has no unit that is treated by the last period, 2"),
        (LONG.replace(",2\n", ",1\n"), {}, {},
         "column 'first_treated': has only units that are treated from the first period on"),
        (LONG.replace(",2\n", ",\n"), {}, {}, "column 'first_treated': is blank in all 4 rows"),
        (LONG.replace("a,2,6,2\n", "").replace("b,2,4.5,\n", ""), {}, {},
         "column 'period': has fewer than two periods with an outcome"),
        (WIDE.replace("a,1,2,3,1\n", ""), SPREAD, {}, "column 'group': is 0 in all rows"),
        # No panel.
        (LONG + "a,1,5,2\n", {}, {}, "column 'unit' and column 'period': is not unique: 1 value "
         "stands in 2 rows, such as a 1 (2 rows). Add each one's rows up to one unit in one "
         "period, and export that"),
        (WIDE + "a,1,2,3,1\n", SPREAD, {}, "column 'who': is not unique: 1 value stands in 2 rows, "
         "such as a (2 rows). Add each one's rows up to one unit, and export that"),
        (GROUPED, YEARS | {"cluster": "sales"}, {"start": "2021"},
         "column 'sales': is not the same in all rows of 2 units, such as a, b. Choose clusters "
         "that hold units whole"),
        (GROUPED.replace("5,1", "1,1").replace("6,1", "0,1").replace("7,1", "1,1"),
         YEARS | {"outcome": "year", "affected": "sales", "period": "year"}, {"start": "2021"},
         "column 'sales': 3 values are neither 0 nor 1"),
        # Columns and cells.
        ("who,year,n\na,1,2\n", {"unit": "who", "outcome": "n"}, {},
         "panel: need at least one of period and outcome, and have none"),
        (WIDE, {k: v for k, v in SPREAD.items() if k != "after"}, {},
         "panel: need at least one of before and after, and have none. Write --map"),
        (GROUPED, YEARS | {"unit": "whom"}, {"start": "2021"}, "Did you mean 'who'?"),
        (GROUPED, YEARS | {"untreated": "group"}, {"start": "2021"},
         "--map untreated: is not a name in the contract"),
        (GROUPED, YEARS | {"weight": "group", "outcome": "who"}, {"start": "2021"}, "is mapped to"),
        (GROUPED.replace("a,2020,5", "a,2020,-5"), YEARS | {"weight": "sales", "outcome": "year"},
         {"start": "2021"}, "column 'sales': 1 value is negative ('-5' in row 2)"),
        (GROUPED, YEARS | {"outcome": "year", "take_up": "sales"}, {"start": "2021"},
         "column 'sales': 6 values are above 1"),
        (GROUPED.replace("a,2020,5", "a,2020,many"), YEARS, {"start": "2021"},
         "column 'sales': 1 value is no number ('many' in row 2)"),
        (GROUPED.replace("2020,5,1", "2020,5,maybe"), YEARS, {"start": "2021"},
         "column 'group': 1 value is neither 0 nor 1 ('maybe' in row 2)"),
        (GROUPED.replace("a,2020", "a,wave one"), YEARS, {"start": "2021"},
         "column 'year': 1 value is no number ('wave one' in row 2)"),
        (LONG.replace("a,1", "a,wave 1").replace("a,2", "a,wave 2").replace("b,1", "b,wave 1")
         .replace("b,2", "b,wave 2"), {}, {}, "or number them in the order of time in a column of "
         "its own, and map that"),
        (LONG.replace(",1,", ",1/2/2024,").replace(",2,", ",3/4/2024,"), {}, {},
         "may have the day or the month first"),
        ("unit,period,outcome,treated\n", {}, {"start": "2"}, "panel.csv: has no rows"),
        ("", {}, {}, "panel.csv: is empty"),
    ],
)  # fmt: skip
def test_a_panel_that_is_wrong_is_told_so(
    refused: Refuse, text: str, columns: Any, options: Any, said: str
) -> None:
    assert said in refused(text, columns, **options)


def test_contradictions_do_not_hide_behind_names_that_are_not_looked_for(refused: Refuse) -> None:
    text = refused(WIDE, SPREAD | {"period": "y1"})
    assert "is not a name in the contract" not in text


def test_everything_that_is_wrong_comes_at_once(refused: Refuse) -> None:
    text = refused(
        GROUPED.replace("a,2020,5", "a,2020,many").replace("b,2022,5", "b,2022,-5"),
        {"unit": "who", "period": "yeer", "outcome": "sales", "weight": "who"},
    )
    for words in ("which units are treated", "Did you mean 'year'?", "'many' in row 2"):
        assert words in text


def test_what_a_start_lacks_comes_with_what_units_lack(refused: Refuse) -> None:
    text = refused(
        GROUPED.replace("a,2022,7,1", "a,2022,7,0"), YEARS | {"cluster": "sales"}, start="1999"
    )
    for words in ("start: '1999'", "column 'group': is not the same", "column 'sales': is not the"):
        assert words in text


def test_moments_are_too_many_periods(refused: Refuse) -> None:
    rows = "".join(f"{u},{i},{i},\n" for u in "ab" for i in range(1001))
    text = refused("unit,period,outcome,first_treated\n" + rows + "c,1,1,5\n")
    assert "column 'period': has more than 1,000 different periods. Aggregate to longer" in text


def test_rows_without_unit_period_or_group_are_left_out(read: Read) -> None:
    panel = read(GROUPED + ",2020,1,1\nc,,1,0\nd,2020,1,\n", YEARS, start="2021")
    assert panel.relation.aggregate("count(*)").fetchall() == [(6,)]
    assert told(panel)[:3] == [
        "who is blank in 1 row: it is left out.",
        "year is blank in 1 row: it is left out.",
        "group is blank in 1 row: it is left out.",
    ]


def test_units_that_are_not_always_seen_are_told(read: Read) -> None:
    # a lacks its second period, b its outcome in the third; c is whole and never treated.
    text = GROUPED.replace("a,2021,6,1\n", "").replace("b,2022,5,0", "b,2022,,0")
    panel = read(text + "c,2020,1,0\nc,2021,1,0\nc,2022,1,0\n", YEARS, start="2022")
    assert told(panel)[-2:] == [
        "The panel has 3 units in 3 periods, and 7 rows with an outcome: 1 is treated, from 2022 "
        "on, and 2 never.",
        "2 of the units are not seen in every period, which leaves 2 gaps; 1 of them has a gap "
        "between periods in which they are seen.",
    ]


def test_units_treated_from_the_first_period_on_are_told(read: Read) -> None:
    text = told(read(LONG + "c,1,1,1\nc,2,1,1\nd,1,1,0\nd,2,1,0\n".replace(",0\n", ",-7\n")))
    assert "2 of the units are treated from the first period on, and never seen before it." in text


def test_units_treated_after_the_last_period_are_told(read: Read) -> None:
    text = told(read(LONG + "c,1,1,9999\nc,2,1,9999\n"))
    assert "1 of the units is treated only after the last period: here, that is never." in text
    assert "1 is treated, from 2 on, and 2 never." in text[-2]


def test_first_treated_periods_between_periods_are_told(read: Read) -> None:
    panel = read(LONG.replace(",2\n", ",1.5\n"))
    text = "1 of the units is first treated in what is no period of the table: the next one counts."
    assert text in told(panel)
    made = panels.read(
        panel.relation, unit="unit", period="period", outcome="outcome",
        first_treated="first_treated",
    )  # fmt: skip
    assert made.starts == (1,)


def test_zero_is_a_first_period_where_periods_are_that_early(read: Read) -> None:
    panel = read(LONG.replace(",1,", ",-1,").replace(",2,", ",0,").replace(",2\n", ",0\n"))
    assert panel.relation.aggregate("max(first_treated)").fetchall() == [(0,)]


def test_a_unit_may_be_treated_since_the_first_period_zero(read: Read) -> None:
    panel = read(LONG.replace(",1,", ",0,") + "c,0,1,0\nc,2,1,0\n")
    assert "1 of the units is treated from the first period on, and never seen before it." in told(
        panel
    )


def test_dates_of_treatment_are_not_compared_with_quarters(read: Read, refused: Refuse) -> None:
    quarters = LONG.replace(",1,", ",2010Q3,").replace(",2,", ",2010Q4,")
    text = refused(quarters.replace(",2\n", ",2010-11-30\n"))
    assert "column 'first_treated': is written in another way than column 'period'" in text
    panel = read(quarters.replace(",2\n", ",2010Q4\n"))
    assert panel.relation.aggregate("max(first_treated)").fetchall() == [(dt.date(2010, 10, 1),)]
    days = LONG.replace(",1,", ",2010-11-29,").replace(",2,", ",2010-11-30,")
    mixed = read(days.replace(",2\n", ",30.11.2010\n"))
    assert mixed.relation.aggregate("max(first_treated)").fetchall() == [(dt.date(2010, 11, 30),)]


def test_a_panel_in_which_all_are_treated_in_the_end_is_read_and_told(read: Read) -> None:
    panel = read(
        "unit,period,outcome,first_treated\n"
        + "".join(f"{u},{t},1,{s}\n" for u, s in (("a", 2), ("b", 3)) for t in (1, 2, 3))
    )
    assert told(panel) == [
        "The panel has 2 units in 3 periods, and 6 rows with an outcome: 2 are treated, from 2 "
        "different periods on, the first 2 and the last 3, and 0 never.",
        "All units are treated in the end: until then, those treated later are compared.",
    ]


def test_weights_of_zero_and_early_take_up_are_told(read: Read) -> None:
    text = GROUPED.replace("group\n", "group,n,took\n", 1).replace(",1\n", ",1,1,1\n")
    panel = read(
        text.replace(",0\n", ",0,0,0.5\n"), YEARS | {"weight": "n", "take_up": "took"}, start="2022"
    )
    assert told(panel)[-2:] == [
        "In 3 rows n is zero: they are left out.",
        "In 5 rows took is above zero, though the treatment has not begun there: they are kept as "
        "written.",
    ]


def test_a_label_of_something_that_is_not_there_is_refused(read: Read) -> None:
    with pytest.raises(ParameterError, match="Did you mean controls"):
        read(LONG, labels={"control": "the others"})


def test_hostile_names_are_written_as_text(read: Read) -> None:
    text = WIDE.replace("y1", "<b>1</b>").replace("y2", "[y](2)").replace("y3", "`y_3`")
    columns = SPREAD | {"before": ["<b>1</b>", "[y](2)"], "after": "`y_3`"}
    panel = read(text, columns, labels={"units": "$u$"})
    assert len(told(panel)) == 2
    for statement in panel.statements:
        assert not set("<>`*_[]$") & set(statement.text)


def test_files_are_left_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "panel.csv"
    path.write_text(LONG)
    before = path.read_bytes()
    read_file(path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == before
