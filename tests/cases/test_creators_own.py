"""Somebody's own tables of creators are read as they are, or told what is wrong with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from knowntruth.cases.creator_segmentation.own import OwnCreators, read_creators
from knowntruth.cases.creator_segmentation.parameters import OwnSales
from knowntruth.errors import DataError, ParameterError
from knowntruth.parameters import check
from knowntruth.story.saying import payloads_of, untraced

Rows = list[list[Any]]
HEADER = ["OrgId", "Jun'19", "Jul'19", "Aug'19", "Grand Total"]
DAYS = [dt.date(2019, month, 1) for month in (6, 7, 8)]
# Twenty creators: C1 sells 1 in the first month, C2 2, and so on; C20 sells in each month.
COUNTS = [[i, 0, i % 3] for i in range(1, 20)] + [[5, 6, 7]]
VALUES = [[10.5 * cell for cell in row] for row in COUNTS]


def table(cells: Sequence[Sequence[float]], *, blank: bool = False) -> Rows:
    rows: Rows = [list(HEADER)]
    for i, row in enumerate(cells, start=1):
        rows.append([f"C{i}", *(None if blank and not x else x for x in row), sum(row)])
    return rows


def sales() -> Rows:
    return table(COUNTS)


def value() -> Rows:
    return table(VALUES, blank=True)


def long() -> Rows:
    rows: Rows = [["creator", "month", "transactions", "gmv"]]
    for i, (counts, values) in enumerate(zip(COUNTS, VALUES, strict=True), start=1):
        for day, count, brought in zip(DAYS, counts, values, strict=True):
            if count:
                rows.append([f"C{i}", f"{day:%Y-%m}", count, brought])
    return rows


class Desk:
    """Where a test puts its files, and reads them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def book(self, sheets: Mapping[str, Rows], name: str = "book.xlsx") -> str:
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.worksheets[0])
        for title, rows in sheets.items():
            sheet = workbook.create_sheet(title)
            for row in rows:
                sheet.append(row)
        workbook.save(self.folder / name)
        return str(self.folder / name)

    def csv(self, rows: Rows, name: str = "table.csv", mark: str = ",") -> str:
        lines = (mark.join("" if cell is None else str(cell) for cell in row) for row in rows)
        (self.folder / name).write_text("\n".join(lines) + "\n")
        return str(self.folder / name)

    def parquet(self, rows: Rows, name: str) -> str:
        frame = pd.DataFrame(rows[1:], columns=rows[0])
        frame.to_parquet(self.folder / name)
        return str(self.folder / name)

    def read(self, data: str, **options: Any) -> OwnCreators:
        return read_creators(check(OwnSales, {"data": data, **options}))

    def read_two(self, first: Rows, second: Rows, **options: Any) -> OwnCreators:
        options = {"gmv_data": self.csv(second, "gmv.csv"), **options}
        return self.read(self.csv(first, "sales.csv"), **options)

    def refused(self, data: str, **options: Any) -> str:
        with pytest.raises(DataError) as error:
            self.read(data, **options)
        return str(error.value)

    def refused_two(self, first: Rows, second: Rows, **options: Any) -> str:
        with pytest.raises(DataError) as error:
            self.read_two(first, second, **options)
        return str(error.value)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def told(own: OwnCreators) -> str:
    for statement in own.statements:
        assert untraced(statement.text, payloads_of(statement.facts)) == []
        assert not set("<>`*_[]$'") & set(statement.text)
    return "\n".join(statement.text.replace("&#39;", "'") for statement in own.statements)


def matrix(own: OwnCreators, measure: str) -> np.ndarray[Any, Any]:
    frame = own.relation.df()
    order = pd.unique(frame["creator"])
    wide = frame.pivot(index="creator", columns="month", values=measure).loc[order]
    assert not wide.isna().any(axis=None)
    return wide.to_numpy()


def is_whole(own: OwnCreators) -> bool:
    names = [f"C{i}" for i in range(1, 21)]
    frame = own.relation.df()
    return (
        list(pd.unique(frame["creator"])) == names
        and list(own.months) == DAYS
        and np.array_equal(matrix(own, "transactions"), COUNTS)
        and np.allclose(matrix(own, "gmv"), VALUES, rtol=1e-12)
    )


class TestEveryWayToHandThemOver:
    def test_a_workbook_of_two_sheets(self, desk: Desk) -> None:
        own = desk.read(desk.book({"Notes": [["by Ann"]], "Transactions": sales(), "GMV": value()}))
        assert is_whole(own)
        assert own.relation.columns == ["creator", "month", "transactions", "gmv"]
        assert [str(t) for t in own.relation.types] == ["VARCHAR", "DATE", "DOUBLE", "DOUBLE"]
        assert [name.text for name in own.months.values()] == HEADER[1:-1]
        assert {key: name.text for key, name in own.names.items()} == {
            "creators": "creators", "creator": "OrgId", "month": "month",
            "transactions": "transactions", "gmv": "GMV",
        }  # fmt: skip
        assert told(own).split("\n") == [
            "The tables have 20 creators in 3 months, from Jun'19 to Aug'19, with 227 transactions "
            "and a GMV of 2,384.",
            "In Transactions, Grand Total is the sum of the months in all 20 rows; it is not used "
            "beyond this check.",
            "In GMV, Grand Total is the sum of the months in all 20 rows; it is not used beyond "
            "this check.",
            "In GMV, 25 of 60 cells are blank: a blank counts as zero.",
        ]

    def test_sheets_of_other_names_and_cases(self, desk: Desk) -> None:
        book = desk.book({"transactions ": sales(), "Money": value()})
        assert is_whole(desk.read(book, gmv_sheet="Money"))
        assert "has no sheet 'GMV'. Write -p gmv_sheet=" in desk.refused(book)
        assert "It has 'transactions ', 'Money'" in desk.refused(book)

    @pytest.mark.parametrize("mark", [",", ";", "\t"])
    def test_two_text_files(self, desk: Desk, mark: str) -> None:
        data, gmv = desk.csv(sales(), "a.csv", mark), desk.csv(value(), "b.csv", mark)
        assert is_whole(desk.read(data, gmv_data=gmv))

    def test_decimal_commas_between_semicolons(self, desk: Desk) -> None:
        def with_comma(cell: Any) -> Any:
            return str(cell).replace(".", ",") if isinstance(cell, float) else cell

        rows = [[with_comma(cell) for cell in row] for row in value()]
        data = desk.csv(sales(), "a.csv", ";")
        own = desk.read(data, gmv_data=desk.csv(rows, "b.csv", ";"))
        assert is_whole(own)

    def test_two_parquet_files_of_numbers(self, desk: Desk) -> None:
        own = desk.read(desk.parquet(sales(), "a.pq"), gmv_data=desk.parquet(value(), "b.pq"))
        assert is_whole(own)
        assert "25 of 60 cells are blank" in told(own)

    def test_two_workbooks_whatever_their_only_sheet_is_called(self, desk: Desk) -> None:
        first = desk.book({"Sheet1": sales()}, "a.xlsx")
        assert is_whole(desk.read(first, gmv_data=desk.book({"Tabelle": value()}, "b.xlsx")))

    def test_a_long_table_in_any_format(self, desk: Desk) -> None:
        assert is_whole(desk.read(desk.csv(long())))
        assert is_whole(desk.read(desk.book({"Sales": long()})))
        assert is_whole(desk.read(desk.parquet(long(), "long.parquet")))
        assert told(desk.read(desk.csv(long()))) == (
            "The tables have 20 creators in 3 months, from 2019-06 to 2019-08, with 227 "
            "transactions and a gmv of 2,384."
        )

    def test_a_long_table_of_other_headings_and_dates(self, desk: Desk) -> None:
        rows = [[a, f"{b}-17 08:30", c, d] for a, b, c, d in long()[1:]]
        path = desk.csv([["Seller", "sold on", "n", "INR"], *rows])
        columns = {"creator": "Seller", "month": "sold on", "transactions": "n", "gmv": "INR"}
        own = desk.read(path, columns=columns, labels={"creators": "teachers"})
        assert is_whole(own)
        assert own.names["gmv"].text == "INR"
        assert own.names["creators"].text == "teachers"
        frame = pd.DataFrame(rows, columns=["creator", "Month", "Transactions", "GMV"])
        frame["Month"] = pd.to_datetime(frame["Month"])
        frame.to_parquet(desk.folder / "long.parquet")
        assert is_whole(desk.read(str(desk.folder / "long.parquet")))

    def test_two_long_files(self, desk: Desk) -> None:
        first = desk.csv([row[:3] for row in long()], "a.csv")
        second = desk.csv([[*row[:2], row[3]] for row in long()], "b.csv")
        assert is_whole(desk.read(first, gmv_data=second))

    def test_files_are_left_as_they_were(self, desk: Desk) -> None:
        path = Path(desk.book({"Transactions": sales(), "GMV": value()}))
        before = path.read_bytes()
        desk.read(str(path))
        assert list(desk.folder.iterdir()) == [path]
        assert path.read_bytes() == before


@pytest.mark.parametrize(
    "months",
    [
        ["Jun-19", "Jul-19", "Aug-19"],
        [" June  2019 ", "July 2019", "August 2019"],
        ["2019-06", "2019-07", "2019-08"],
        ["06/2019", "07/2019", "08/2019"],
        ["2019-06-01", "2019-07-01", "2019-08-01"],
        ["01/06/2019", "01/07/2019", "01/08/2019"],
        [201906, 201907, 201908],
        [dt.datetime(2019, 6, 1), dt.datetime(2019, 7, 1), dt.datetime(2019, 8, 1)],
        [dt.datetime(2019, 6, 30), dt.datetime(2019, 7, 31), dt.datetime(2019, 8, 31)],
        [43617, 43647, 43678],
    ],
)  # fmt: skip
def test_months_are_read_in_any_spelling_and_order(desk: Desk, months: list[Any]) -> None:
    def backwards(rows: Rows) -> Rows:
        return [[row[0], row[3], row[2], row[1]] for row in [["who", *months, ""], *rows[1:]]]

    for reorder in (list, backwards):
        tables = [reorder([["who", *months], *(row[:4] for row in rows[1:])])
                  for rows in (sales(), value())]  # fmt: skip
        assert is_whole(desk.read(desk.book({"Transactions": tables[0], "GMV": tables[1]})))


@pytest.mark.parametrize(
    ("months", "said"),
    [
        (["03/04/2019", "05/06/2019", "07/08/2019"],
         "headings of sales.csv: '03/04/2019' may be April 2019 or March 2019"),
        (["Jun'45", "Jul'45", "Aug'45"], "may be of 1945 or of 2045"),
        (["Jun", "Jul", "Aug"], "'Jun' names no year. Write months as 2019-06"),
        (["Jun'19", "Jun'19", "Aug'19"], "\"Jun'19\" heads more than one column"),
        (["Jun'19", "2019-06", "Aug'19"], "June 2019 is there more than once"),
        (["a", "b", "c"], "sales.csv: has neither two columns of months nor a column 'month'"),
    ],
)  # fmt: skip
def test_months_that_are_not_clear_are_refused(desk: Desk, months: list[str], said: str) -> None:
    rows = [["OrgId", *months, "Grand Total"], *sales()[1:]]
    assert said in desk.refused_two(rows, value())


class TestWhatStandsAroundTheTable:
    def test_titles_spaces_and_empty_rows_do_no_harm(self, desk: Desk) -> None:
        first: Rows = [["Sales of Jun'19 to Aug'19"], [None, "as of 2020-05-01"], []]
        first += [[f" {cell} " if isinstance(cell, str) else cell for cell in r] for r in sales()]
        first[6:6] = [[None] * 5]
        own = desk.read(desk.book({"Transactions": first, "GMV": [[], *value()]}))
        assert is_whole(own)
        assert "In Transactions, 1 row was empty and left out." in told(own)

    def test_blanks_marks_of_nothing_and_dashes_are_zero(self, desk: Desk) -> None:
        rows = sales()
        for i, mark in enumerate(("", " ", "-", "\N{EN DASH}", "NA", "n/a", "nan"), start=1):
            rows[i][2] = mark  # where there is a zero
        own = desk.read_two(rows, value())
        assert is_whole(own)
        assert "In sales.csv, 7 of 60 cells are blank: a blank counts as zero." in told(own)

    def test_a_column_that_nobody_needs_is_told(self, desk: Desk) -> None:
        rows = [["", "City", *sales()[0]], *([i, "Pune", *r] for i, r in enumerate(sales()[1:]))]
        own = desk.read_two(rows, value())
        assert is_whole(own)
        assert "In sales.csv, 2 columns are not used: column 1 and City." in told(own)

    def test_the_creators_column_can_be_named(self, desk: Desk) -> None:
        rows = [["Id", "Who", *HEADER[1:]], *([900 + i, *r] for i, r in enumerate(sales()[1:]))]
        gmv = [["Id", "Who", *HEADER[1:]], *([900 + i, *r] for i, r in enumerate(value()[1:]))]
        assert is_whole(desk.read_two(rows, gmv, columns={"creator": "Who"}))
        own = desk.read_two(rows, gmv)
        assert own.relation.limit(1).fetchall()[0][0] == "900"
        assert "column 'Whom': is not in the table. Did you mean 'Who'" in desk.refused_two(
            rows, gmv, columns={"creator": "Whom"}
        )


class TestTotals:
    def test_a_total_that_is_wrong_is_told_and_not_used(self, desk: Desk) -> None:
        rows = sales()
        rows[2][4], rows[3][4] = 5, 80
        own = desk.read_two(rows, value())
        assert is_whole(own)
        assert (
            "In sales.csv, Grand Total is not the sum of the months in 2 of 20 rows, such as C2 (5 "
            "instead of 4) and C3 (80 instead of 3). The months are used, and the totals are not."
        ) in told(own)

    def test_a_total_that_was_rounded_is_right(self, desk: Desk) -> None:
        rows = value()
        for row in rows[1:]:
            row[4] = round(row[4])
        own = desk.read_two(sales(), rows)
        assert "In gmv.csv, Grand Total is the sum of the months in all 20 rows" in told(own)

    def test_a_total_without_its_name_is_known_by_its_sums(self, desk: Desk) -> None:
        rows = sales()
        rows[0][4] = None
        own = desk.read_two(rows, value())
        assert "In sales.csv, column 5 is the sum of the months in all 20 rows" in told(own)

    @pytest.mark.parametrize("label", ["Grand Total", "TOTAL", "Sum", None])
    @pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
    def test_a_row_of_totals_is_found_and_checked(
        self, desk: Desk, label: str | None, kind: str
    ) -> None:
        first, second = ([*rows, [label, *np.nansum(np.array([r[1:] for r in rows[1:]], float), 0)]]
                         for rows in (sales(), value()))  # fmt: skip
        if kind == "xlsx":
            own = desk.read(desk.book({"Transactions": first, "GMV": second}))
        else:
            write = getattr(desk, kind)
            own = desk.read(write(first, f"a.{kind}"), gmv_data=write(second, f"b.{kind}"))
        assert is_whole(own)
        assert told(own).count("holds the sum of the creators in all 3 columns") == 2

    def test_a_row_of_totals_that_is_wrong_is_told(self, desk: Desk) -> None:
        own = desk.read_two([*sales(), ["Total", 195, 6, 99, 300]], value())
        assert is_whole(own)
        assert (
            "the row Total is not the sum of the creators in 1 of 3 columns, such as Aug'19 (99 "
            "instead of 26). The creators are used, and the totals are not."
        ) in told(own)

    def test_a_row_of_totals_of_a_long_table(self, desk: Desk) -> None:
        own = desk.read(desk.csv([*long(), ["Total", None, 227, 2000]]))
        assert is_whole(own)
        assert (
            "the row Total is not the sum of the creators in 1 of 2 columns, such as gmv (2,000.00 "
            "instead of 2,383.50)"
        ) in told(own)


class TestTablesThatDisagree:
    def test_creators_of_one_table_only(self, desk: Desk) -> None:
        more = [["X1", 100, 0, 0, 100], ["c20", 73, 0, 0, 73]]
        own = desk.read_two([*sales(), *more], [*value(), ["Y", 1, 0, 0, 1]])
        assert is_whole(own)
        assert (
            "2 creators are in sales.csv and not in gmv.csv: X1 and c20. Only what both tables "
            "have is used, so 43.2% of sales.csv is left out with them."
        ) in told(own).replace("&#95;", "_")
        assert "sales.csv and gmv.csv may write one creator in two ways, such as c20 and C20" in (
            told(own)
        )
        assert "1 creator is in gmv.csv and not in sales.csv: Y. Only" in told(own)

    def test_months_of_one_table_only(self, desk: Desk) -> None:
        rows = [
            [*row[:4], extra] for row, extra in zip(sales(), ["Sep'19", *[1] * 20], strict=True)
        ]
        own = desk.read_two(rows, value())
        assert is_whole(own)
        assert "1 month is in sales.csv and not in gmv.csv: Sep'19. Only what both" in told(own)
        assert "so 8.1% of sales.csv is left out with it." in told(own)

    def test_nothing_in_common_is_refused(self, desk: Desk) -> None:
        others = [value()[0], *([f"D{i}", *row[1:]] for i, row in enumerate(value()[1:]))]
        text = desk.refused_two(sales(), others)
        assert (
            "sales.csv and gmv.csv: have no creator in common: the first are 'C1' and 'D0'" in text
        )
        later = [["OrgId", "Jun'20", "Jul'20", "Aug'19", ""], *value()[1:]]
        assert "have fewer than 3 months in common (Aug'19)" in desk.refused_two(sales(), later)

    def test_a_month_that_lies_between_and_is_nowhere(self, desk: Desk) -> None:
        first, second = sales(), value()
        first[0][3] = second[0][3] = "Oct'19"
        assert (
            "2 months lie between the first and the last and are in no table: 2019-08 and 2019-09. "
            "The months before and after such a gap count as neighbours."
        ) in told(desk.read_two(first, second))

    def test_sales_without_value_and_value_without_sales(self, desk: Desk) -> None:
        rows = value()
        rows[20][3], rows[4][2] = None, 238.35
        text = told(desk.read_two(sales(), rows))
        assert (
            "In 1 month of creators there are transactions and no GMV, such as of C20 in Aug'19: "
            "they are kept as sales for nothing, and are 3.1% of all transactions."
        ) in text
        assert (
            "In 1 month of creators there is GMV and no transactions, such as of C4 in Jul'19: it "
            "is kept in all sums, counts for no price, and is 9.4% of all GMV."
        ) in text

    def test_a_creator_in_parts_is_added_up_and_one_that_is_copied_counts_once(
        self, desk: Desk
    ) -> None:
        rows = [*sales(), ["C3", 3, 0, 0, 3], ["C3", 3, 0, 0, 3], ["C1", 1, 0, 1, 2]]
        own = desk.read_two(rows, value())
        assert matrix(own, "transactions")[2].tolist() == [3, 0, 0]
        assert matrix(own, "transactions")[0].tolist() == [1, 0, 1]
        parts = desk.read_two([*sales(), ["C3", 1, 2, 3, 6]], value())
        assert matrix(parts, "transactions")[2].tolist() == [4, 2, 3]
        assert (
            "In sales.csv, 1 creator has rows that differ, such as C3: the rows of a creator are "
            "added up."
        ) in told(parts)
        assert (
            "In sales.csv, 2 creators have the very same row more than once: it counts once, and "
            "3 rows were left out."
        ) in told(own)

    def test_rows_of_one_month_are_added_up(self, desk: Desk) -> None:
        rows = [*long(), ["C20", "2019-07", 4, 1], ["C20", "Jul'19", 0, None]]
        own = desk.read(desk.csv(rows))
        assert matrix(own, "transactions")[19].tolist() == [5, 10, 7]
        assert "3 rows stand for 1 month of a creator that has more than one row" in told(own)
        assert "In gmv, 1 of 37 cells is blank: a blank counts as zero." in told(own)

    def test_rows_that_name_nobody_are_left_out_with_what_goes_with_them(self, desk: Desk) -> None:
        own = desk.read_two([*sales(), [None, 1, 2, 3, 6]], value())
        assert is_whole(own)
        assert (
            "In sales.csv, 1 row was left out, because OrgId is blank there; with it goes a sum "
            "of 6."
        ) in told(own)

    def test_creators_who_never_sold_are_left_out(self, desk: Desk) -> None:
        idle = ["C21", 0, 0, 0, 0]
        own = desk.read_two([*sales(), idle], [*value(), idle])
        assert is_whole(own)
        assert (
            "1 of the creators has neither transactions nor GMV in any month, and is left out."
        ) in told(own)

    def test_what_was_swapped_or_is_no_count_is_told(self, desk: Desk) -> None:
        text = told(desk.read_two(value(), sales()))
        assert "All GMV is less than the number of transactions: if it is not counted" in text
        assert "the transactions are no whole number, such as of C19 in Jun'19: they are" in text


@pytest.mark.parametrize(
    ("row", "column", "cell", "said"),
    [
        (3, 1, -2, "sales.csv: 1 cell is negative ('-2' in row 4, Jun'19). Take what was paid "
         "back off the month in which it was sold"),
        (3, 2, "many", "sales.csv: 1 cell is no number ('many' in row 4, Jul'19). Write plain "
         "numbers, such as 1234.5, without units or marks for thousands"),
        (3, 2, '"1,234"', "1 cell is no number ('1,234' in row 4, Jul'19)"),
        (3, 3, "inf", "1 cell is infinite ('inf' in row 4, Aug'19)"),
    ],
)  # fmt: skip
def test_cells_that_cannot_be_are_refused(
    desk: Desk, row: int, column: int, cell: Any, said: str
) -> None:
    rows = sales()
    rows[row][column] = cell
    assert said in desk.refused_two(rows, value())
    flat = long()
    flat[row][2] = cell
    told_first = said.removeprefix("sales.csv: ").partition(" (")[0]
    assert f"table.csv: {told_first} (" in desk.refused(desk.csv(flat))


def test_all_that_is_wrong_in_both_tables_is_told_at_once(desk: Desk) -> None:
    first, second = sales(), value()
    first[1][1], second[2][1], second[3][1] = -1, "x", -3
    text = desk.refused(desk.book({"Transactions": first, "GMV": second}))
    assert "sheet 'Transactions': 1 cell is negative" in text
    assert "sheet 'GMV': 1 cell is no number" in text
    assert "sheet 'GMV': 1 cell is negative" in text


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        (sales(), {}, "table.csv: has one row a creator and one column a month, so it holds one of "
         "two tables. Give the transactions as `data` and the GMV as `gmv_data`"),
        (long(), {"columns": {"gmv": "gnv"}}, "column 'gnv': is not in the table. Did you mean"),
        (long(), {"columns": {"price": "gmv"}}, "--map price: is not a name in the contract"),
        ([row[:3] for row in long()], {}, "gmv: has no column"),
        (long()[:1], {}, "table.csv: has no rows"),
        ([long()[0], *long()[20:]], {}, "table.csv: has 9 creators with a sale, and 20 are "
         "needed. Export more creators"),
        (long()[:10], {}, "has fewer than 3 months (2019-06, 2019-08). Export more months"),
        ([[a, b.replace("2019-06", "soon"), c, d] for a, b, c, d in long()], {},
         "column 'month' of table.csv: 1 text is no month ('soon')"),
        ([[]], {}, "is empty"),
    ],
)  # fmt: skip
def test_a_table_that_is_wrong_is_told_so(desk: Desk, rows: Rows, options: Any, said: str) -> None:
    assert said in desk.refused(desk.csv(rows), **options)


def test_files_that_are_not_there_are_told(desk: Desk) -> None:
    data = desk.csv(sales(), "sales.csv")
    assert "gmv.csv: does not exist" in desk.refused(data, gmv_data=str(desk.folder / "gmv.csv"))
    assert "nothing.csv: does not exist" in desk.refused(str(desk.folder / "nothing.csv"))


def test_a_label_of_nothing_is_refused(desk: Desk) -> None:
    with pytest.raises(ParameterError, match=r"labels\.shop: names nothing in this run"):
        desk.read_two(sales(), value(), labels={"shop": "x"})


def test_names_that_mean_something_elsewhere_do_no_harm(desk: Desk) -> None:
    first, second = sales(), value()
    for rows in (first, second):
        rows[1][0], rows[0][0] = "<b>*C_1*</b> [x](y) $", "`id`"
    rows = [*first, ["only *here*", 1, 1, 1, 4]]
    own = desk.read(desk.book({"Transactions": rows, "GMV": second}))
    told(own)
    assert own.relation.limit(1).fetchall()[0][0] == "<b>*C_1*</b> [x](y) $"


def test_many_creators_and_months_are_read_in_seconds(desk: Desk) -> None:
    months = [f"{day:%b'%y}" for day in pd.date_range("2015-01-01", periods=60, freq="MS")]
    counts = np.random.default_rng(1).poisson(1.0, (5000, 60))
    frame = pd.DataFrame(counts, columns=months)
    frame.insert(0, "OrgId", [f"C{i}" for i in range(5000)])
    frame.to_csv(desk.folder / "a.csv", index=False)
    own = desk.read(str(desk.folder / "a.csv"), gmv_data=str(desk.folder / "a.csv"))
    assert np.array_equal(matrix(own, "gmv"), counts)
