"""Months are read however people write them, and refused where they could be two."""

from __future__ import annotations

from datetime import date

import pytest

from knowntruth.data.months import are_serials, looks_like_month, read_months

JUNE_TO_AUGUST = [date(2019, 6, 1), date(2019, 7, 1), date(2019, 8, 1)]


@pytest.mark.parametrize(
    "texts",
    [
        ["Jun'19", "Jul'19", "Aug'19"],
        ["Jun\N{RIGHT SINGLE QUOTATION MARK}19", "Jul\N{RIGHT SINGLE QUOTATION MARK}19",
         "Aug\N{RIGHT SINGLE QUOTATION MARK}19"],
        ["  JUN ' 19 ", "jul '19", "Aug'19"],
        ["Jun-19", "Jul-19", "Aug-19"],
        ["Jun 19", "Jul 19", "Aug 19"],
        ["Jun19", "Jul19", "Aug19"],
        ["June 2019", "July 2019", "August 2019"],
        ["June, 2019", "Jul. 2019", "Aug_2019"],
        ["2019 Jun", "2019-Jul", "2019/August"],
        ["2019-06", "2019-07", "2019-08"],
        ["2019/6", "2019/7", "2019/8"],
        ["2019.06", "2019.07", "2019.08"],
        ["2019m6", "2019M07", "2019-M08"],
        ["06/2019", "07/2019", "08/2019"],
        ["6-2019", "7-2019", "8-2019"],
        ["201906", "201907", "201908"],
        ["201906.0", "201907.0", "201908.0"],
        ["062019", "072019", "082019"],
        ["2019-06-01", "2019-07-01", "2019-08-01"],
        ["2019-06-01 00:00:00", "2019-07-01T00:00:00", "2019-08-01 00:00:00+00:00"],
        ["2019/06/30", "2019/07/31", "2019/08/31"],
        ["20190601", "20190701", "20190801"],
        ["1 June 2019", "2-Jul-2019", "3/Aug/2019"],
        ["Jun 1, 2019", "July 2, 2019", "Aug 3, 2019"],
        ["01-Jun-19", "01-Jul-19", "01-Aug-19"],
        # Spreadsheets count the days of their calendar: the first of June 2019 is 43617.
        ["43617", "43647", "43678"],
        # One of them tells what the others mean.
        ["13/06/2019", "01/07/2019", "02/08/2019"],
        ["06/13/2019", "07/01/2019", "08/02/2019"],
        ["01.06.19", "01.07.19", "01.08.19"],
        ["06/19", "07/19", "08/19"],
        ["Jun'19", "2019-07", "08/2019"],
    ],
)  # fmt: skip
def test_usual_spellings_are_read(texts: list[str]) -> None:
    for unique in (True, False):
        months = read_months(texts, "here", unique=unique)
        assert months.problems == ()
        assert [months.found[text] for text in texts] == JUNE_TO_AUGUST


def test_headings_are_no_month_twice_which_tells_the_day() -> None:
    texts = ["02/06/2019", "02/07/2019", "02/08/2019"]
    months = read_months(texts, "here", unique=True)
    assert list(months.found.values()) == JUNE_TO_AUGUST
    assert months.told == "with the day first"
    assert "'02/06/2019' may be June 2019 or February 2019" in str(
        read_months(texts, "here").problems[0]
    )


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["01/06/2019", "01/07/2019", "01/08/2019"], "with the day first"),
        (["6/1/2019", "7/1/2019", "8/1/2019"], "with the month first"),
        (["30/6/2019", "31/7/2019", "31/8/2019"], "with the day first"),
        (["2019-06", "2019-07", "2019-08"], ""),
    ],
)
def test_the_first_days_of_months_tell_what_is_the_day(texts: list[str], told: str) -> None:
    months = read_months(texts, "here")
    assert list(months.found.values()) == JUNE_TO_AUGUST
    assert months.told == told


@pytest.mark.parametrize(
    ("text", "year"), [("Jun'00", 2000), ("Jun'39", 2039), ("Jun'70", 1970), ("Jun'99", 1999)]
)
def test_two_digits_are_a_year_where_the_century_can_be_told(text: str, year: int) -> None:
    assert read_months([text], "here").found == {text: date(year, 6, 1)}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["03/04/2019", "05/07/2019"], "here: '03/04/2019' may be April 2019 or March 2019. "
         "Write months as 2019-06"),
        (["13/04/2019", "04/13/2019"], "has months written in different ways: '13/04/2019' with "
         "the day first, but '04/13/2019' with the month first"),
        (["06/07", "07/08"], "'06/07' may be June 2007 or July 2006"),
        (["01/10", "02/10"], "'01/10' may be January 2010 or October 2001"),
        (["01-02-03", "02-02-03"], "'01-02-03' may be February 2003 or January 2003 or February "
         "2001"),
        (["13.06.19", "31.07.19"], "'13.06.19' may be June 2019 or June 2013"),
        (["06.19"], "1 text is no month ('06.19')"),
        (["Jun'45", "Jul'45"], "\"Jun'45\" may be of 1945 or of 2045"),
        (["1-Jun-55"], "'1-Jun-55' may be of 1955 or of 2055"),
        (["Jun", "Jul"], "'Jun' names no year"),
        (["Jun 1", "Jul 1"], "'Jun 1' names no year"),
        (["19-Jun", "19-Jul"], "'19-Jun' may be a day without a year"),
        (["Jun-11", "Jun-12", "Jun-13", "Jul-14"], "'Jun-11' may be a day without a year"),
        (["2019.1", "2019.2"], "'2019.1' may be January, or October without its zero"),
        (["2019-13", "2019-06"], "1 text is no month ('2019-13')"),
        (["2019-02-30"], "1 text is no month"),
        (["Q2 2019", "wave one", "2019", "12"], "4 texts are no month ('Q2 2019', 'wave one', "
         "'2019', …)"),
        (["0219-06"], "1 text is no month"),
    ],
)  # fmt: skip
def test_months_that_could_be_two_or_none_are_refused(texts: list[str], said: str) -> None:
    (problem, *_) = read_months(texts, "here").problems
    assert said in str(problem)


def test_a_month_in_two_headings_is_refused() -> None:
    texts = ["Jun'19", "2019-06", "Jul'19"]
    (problem,) = read_months(texts, "here", unique=True).problems
    assert "June 2019 is there more than once, as \"Jun'19\" and '2019-06'" in str(problem)
    assert read_months(texts, "here").problems == ()


def test_what_looks_like_a_month() -> None:
    for text in ("Jun'19", "2019-06-01 00:00:00", "03/04/2019", "Jun", "May'50", "201906"):
        assert looks_like_month(text)
    for text in (
        "OrgId",
        "Seller",
        "C19",
        "Grand Total",
        "",
        None,
        "2019",
        "43617",
        12.5,
        "999999",
        "1,234",
    ):
        assert not looks_like_month(text)
    assert are_serials(["43617", 43647])
    assert not are_serials(["43618", "43647"])
    assert not are_serials(["43617"])
