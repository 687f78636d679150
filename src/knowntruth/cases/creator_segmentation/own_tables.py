"""Which tables somebody gave: of months or long, in which sheet or file, and with which header."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ...data.cells import Cells, fold
from ...data.months import are_serials, looks_like_month
from ...data.reading import heads, read, sheets
from ...errors import DataError, Problem, nearest
from .contract import MEASURES, SALES

TITLE = "This table cannot be used:"
_LONG = ("month", *MEASURES)


class Parameters(Protocol):
    """What the owner of the tables says about them."""

    @property
    def data(self) -> str:
        """File with both tables, with the transactions, or with one long table."""

    @property
    def gmv_data(self) -> str:
        """File with the GMV, where `data` does not hold it."""

    @property
    def transactions_sheet(self) -> str:
        """Sheet of the transactions, in a workbook."""

    @property
    def gmv_sheet(self) -> str:
        """Sheet of the GMV, in a workbook."""

    @property
    def columns(self) -> Mapping[str, str | list[str]]:
        """Contract name → the user's column."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Contract name → the user's words for it."""


@dataclass(frozen=True)
class Source:
    """A table that was found, before its cells are read.

    Attributes:
        path: its file.
        sheet: its sheet; empty outside of workbooks.
        header: the cells of its header, white space folded.
        is_wide: whether it has a column a month.
        measures: what it tells of a creator and month, of "transactions" and "gmv".
    """

    path: Path
    sheet: str
    header: tuple[str, ...]
    is_wide: bool
    measures: tuple[str, ...]

    @property
    def where(self) -> str:
        """The table as a problem names it."""
        return f"sheet {self.sheet!r}" if self.sheet else self.path.name

    @property
    def words(self) -> str:
        """The table as a sentence names it."""
        return self.sheet or self.path.name

    def read(self) -> Cells:
        """Return its cells."""
        return read(self.path, set(filter(None, self.header)), sheet=self.sheet)

    @property
    def numbers_days(self) -> bool:
        """Whether its months stand as the numbers that a spreadsheet gives to days."""
        return not any(map(looks_like_month, self.header))

    def is_month(self, heading: str) -> bool:
        """Whether a heading of it means a month."""
        if self.numbers_days:
            return _has_five_digits(heading)
        return looks_like_month(heading)


def find_sources(p: Parameters) -> list[Source]:
    """Return the tables that the parameters name: two, or one that holds both measures.

    Raises:
        DataError: where a file cannot be read, or does not hold what it should.
    """
    books = sheets(p.data)
    if p.gmv_data:
        return [
            _one_of_two(Path(p.data), books, p.transactions_sheet, "transactions", p.columns),
            _one_of_two(Path(p.gmv_data), sheets(p.gmv_data), p.gmv_sheet, "gmv", p.columns),
        ]
    path = Path(p.data)
    if not books:
        return [_alone(_source(path, "", MEASURES, p.columns))]
    named = {"transactions_sheet": p.transactions_sheet, "gmv_sheet": p.gmv_sheet}
    chosen_sheets = [_chosen(books, sheet) for sheet in named.values()]
    if all(chosen_sheets):
        if chosen_sheets[0] == chosen_sheets[1]:
            return [_alone(_source(path, chosen_sheets[0], MEASURES, p.columns))]
        pairs = zip(chosen_sheets, MEASURES, strict=True)
        return [_source(path, sheet, (measure,), p.columns) for sheet, measure in pairs]
    found = [_source_or_none(path, sheet, p.columns) for sheet in books]
    long = [one for one in found if one is not None and not one.is_wide]
    if long and not any(chosen_sheets):
        return long[:1]
    problems = [
        _no_sheet(path, sheet, books, parameter)
        for (parameter, sheet), chosen in zip(named.items(), chosen_sheets, strict=True)
        if not chosen
    ]
    raise DataError(TITLE, problems)


def _one_of_two(
    path: Path,
    names: Sequence[str],
    sheet: str,
    measure: str,
    columns: Mapping[str, str | list[str]],
) -> Source:
    """Return the table of one measure, in a file of its own."""
    # A workbook of one table need not call its sheet as one of two would.
    chosen = _chosen(names, sheet) or (names[0] if len(names) == 1 else "")
    if names and not chosen:
        raise DataError(TITLE, [_no_sheet(path, sheet, names, f"{measure}_sheet")])
    return _source(path, chosen, (measure,), columns)


def _source_or_none(
    path: Path, sheet: str, columns: Mapping[str, str | list[str]]
) -> Source | None:
    try:
        return _source(path, sheet, MEASURES, columns)
    except DataError:
        return None


def _alone(source: Source) -> Source:
    """Return a source that holds both measures; refuse a table of months, which holds one."""
    if not source.is_wide:
        return source
    what = "has one row a creator and one column a month, so it holds one of two tables"
    fix = (
        "Give the transactions as `data` and the GMV as `gmv_data`, or both as sheets of one "
        "workbook"
    )
    raise DataError(TITLE, [Problem(source.where, what, fix)])


def _source(
    path: Path, sheet: str, measures: tuple[str, ...], columns: Mapping[str, str | list[str]]
) -> Source:
    """Return a table with its header, which is found among the first rows.

    Raises:
        DataError: for a table without any months.
    """
    theirs = {fold(name) for value in columns.values() for name in _listed(value)}
    readings = [
        [tuple(fold(cell) for cell in row) for row in rows] for rows in heads(path, sheet=sheet)
    ]
    rows = [row for reading in readings for row in reading if any(row)]
    if not rows:
        what = "is empty"
        where = f"sheet {sheet!r}" if sheet else path.name
        raise DataError(TITLE, [Problem(where, what, "Save the table with its header")])
    fullest = max(rows, key=_filled)
    long = max(rows, key=lambda row: _names(row, theirs))
    long = long if _names(long, theirs) else fullest
    is_long = "month" in columns or any(cell.casefold() == "month" for cell in long)
    is_mapped = bool(set(_LONG) & set(columns))
    wide = max((_months_header(reading) for reading in readings), key=_filled)
    if wide and not is_mapped and not (is_long and _names(long, theirs) > 2):
        return Source(path, sheet, wide, True, measures)
    if is_long or is_mapped:
        return Source(path, sheet, long, False, measures)
    source = Source(path, sheet, long, False, measures)
    shown = ", ".join(repr(cell) for cell in fullest if cell)[:200]
    what = f"has neither two columns of months nor a column 'month' (it has {shown})"
    fix = (
        "Head the columns of months as 2019-06 or Jun'19; or map a long table, as in "
        "--map month=THEIR_COLUMN"
    )
    raise DataError(TITLE, [Problem(source.where, what, fix)])


def _months_header(rows: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the first row that mostly names months, or an empty one."""
    for row in rows:
        months = [cell for cell in row if looks_like_month(cell)]
        if len(set(months)) > 1 and 2 * len(months) >= _filled(row):
            return row
    for row in rows:
        days = [cell for cell in row if _has_five_digits(cell)]
        if are_serials(days) and 2 * len(days) >= _filled(row):
            return row
    return ()


def _has_five_digits(cell: str) -> bool:
    return len(cell.removesuffix(".0")) == 5 and cell.removesuffix(".0").isdigit()


def _filled(row: Sequence[str]) -> int:
    return sum(map(bool, row))


def _names(row: Sequence[str], theirs: Collection[str]) -> int:
    """Return how many columns of a long table a row names."""
    return len({cell for cell in row if cell in theirs or cell.casefold() in SALES.names})


def _chosen(names: Sequence[str], sheet: str) -> str:
    """Return the sheet that is meant, whatever its case and its spaces; empty without one."""
    if sheet in names:
        return sheet
    hits = [name for name in names if fold(name).casefold() == fold(sheet).casefold()]
    return hits[0] if len(hits) == 1 else ""


def _no_sheet(path: Path, sheet: str, names: Sequence[str], parameter: str) -> Problem:
    guess = nearest(sheet, names)
    has = ", ".join(map(repr, names))
    fix = f"Write -p {parameter}={(guess or names[0])!r}, for one. It has {has}"
    return Problem(path.name, f"has no sheet {sheet!r}", fix)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
