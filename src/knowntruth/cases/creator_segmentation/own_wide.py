"""Reading a table of months: one row a creator, one column a month, and perhaps totals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

import duckdb

from ...data.cells import CLOSING, TOTAL, Cells, fold, literal
from ...data.contract import Contract
from ...data.mapping import find_columns
from ...data.months import read_months
from ...data.statements import Statement
from ...data.values import Cell, is_number
from ...errors import DataError, Problem
from ...story.facts import Fact
from ...story.names import Name, listed
from . import own_parts, own_totals
from .contract import SALES
from .own_parts import Part
from .own_tables import TITLE, Source

# Headings under which people keep who sells, without marks and in small letters.
_CREATORS = ("creator", "creatorid", "orgid", "org", "sellerid", "seller", "id")
_SECOND = re.compile(r" \(\d+\)$")
_NAMELESS = re.compile(r"column \d+|unnamed.*|index", re.IGNORECASE)
CREATORS = Contract(name="creators", row="one creator", fields=(SALES["creator"],))


def read_wide(source: Source, columns: Mapping[str, str | list[str]]) -> Part:
    """Return what a table of months tells of one measure.

    Raises:
        DataError: for headings that are no clear months, cells that are no numbers or are
            negative, and a table without creators.
    """
    cells = source.read()
    connection, table = cells.connection, Name(source.words)
    months, told_months, problems = _months(source, cells, table)
    creator, more = _creator(source, cells, set(months), columns)
    problems += more
    if problems:
        raise DataError(TITLE, problems)
    comma = _lay_out(cells, creator, list(months))
    problems = _wrong(connection, source, list(months), comma=comma)
    if problems:
        raise DataError(TITLE, problems)
    told = [*own_parts.empty_rows(cells, table), *told_months]
    told += _rows_of_totals(connection, list(months), table)
    connection.execute(
        "ALTER TABLE wide DROP COLUMN texts; ALTER TABLE wide ADD COLUMN known DOUBLE; "
        "UPDATE wide SET known = coalesce(list_sum(cells), 0)"
    )
    ((lost, value),) = connection.execute(
        "SELECT count(*), coalesce(sum(known), 0) FROM wide WHERE creator IS NULL"
    ).fetchall()
    told += own_parts.nameless(int(lost), value, table, Name(creator))
    connection.execute("DELETE FROM wide WHERE creator IS NULL")
    used = {creator, *months}
    others = [heading for heading in cells.headings if heading not in used]
    checks, totals = own_totals.by_row(connection, cells, others, table)
    told += [*checks, *_unused([h for h in others if h not in totals], cells, table)]
    told += _repeats(connection, table)
    ((blank, of),) = connection.execute(
        "SELECT coalesce(sum(len(list_filter(cells, lambda x: x IS NULL))), 0), "
        "coalesce(sum(len(cells)), 0) FROM wide"
    ).fetchall()
    told += own_parts.blanks(int(blank), int(of), table)
    days = ", ".join(f"DATE '{month}'" for month in months.values())
    (measure,) = source.measures
    # A row that is there twice to the last cell was exported twice; others are parts of a whole.
    rows = connection.sql(
        f"SELECT creator, min(first) AS row, month, sum(cell) AS {measure} FROM (SELECT creator, "
        f"first, unnest([{days}]) AS month, unnest(cells) AS cell FROM (SELECT creator, cells, "
        f"min(row) AS first FROM wide GROUP BY creator, cells)) GROUP BY creator, month"
    ).to_arrow_table()
    connection.close()
    written = {month: Name(_plain(text, month)) for text, month in months.items()}
    return Part(source, rows, Name(creator), {}, dict(sorted(written.items())), tuple(told))


def _months(
    source: Source, cells: Cells, table: Name
) -> tuple[dict[str, date], list[Statement], list[Problem]]:
    """Return the month of each heading that means one, and how they were read."""
    where = f"headings of {source.where}"
    headings, problems = [], []
    for heading in cells.headings:
        first = _SECOND.sub("", heading)
        if not source.is_month(first):
            continue
        if first != heading and first in cells.headings:
            what = f"{first!r} heads more than one column"
            problems.append(Problem(where, what, "Delete one of them, or add them up"))
            continue
        headings.append(heading)
    read = read_months(headings, where, unique=True)
    told = []
    if read.told:
        text = f"The months of {table} are read {read.told}, as no other reading fits."
        told.append(Statement(text, (table,)))
    return dict(read.found), told, [*problems, *read.problems]


def _plain(text: str, month: date) -> str:
    """Return a month as its heading writes it, or as 2019-06 where that is a whole date."""
    return text if re.search("[A-Za-z]{3}", text) else f"{month:%Y-%m}"


def _creator(
    source: Source, cells: Cells, months: set[str], columns: Mapping[str, str | list[str]]
) -> tuple[str, list[Problem]]:
    """Return the heading of the column that names creators, or what is wrong with it."""
    if columns:
        found, problems = find_columns(CREATORS, columns, cells.headings)
        return found.get("creator", ""), problems
    left = [h for h in cells.headings if h not in months and not own_totals.is_total(h)]
    folded = {re.sub(r"[^a-z]", "", heading.casefold()): heading for heading in reversed(left)}
    known = [folded[name] for name in _CREATORS if name in folded]
    named = [heading for heading in left if not _NAMELESS.fullmatch(heading)]
    for heading in (*known, *named, *left):
        # The first column in which something stands, and that is not the same in all rows.
        label = Cell(cells.column(heading), cells.type_of(heading)).label
        ((rows, different),) = cells.connection.execute(
            f"SELECT count(*), count(DISTINCT {label}) FROM cells"
        ).fetchall()
        if 2 * different > rows:
            return heading, []
    what = "has no column that names each creator beside those of the months"
    fix = "Write --map creator=THEIR_COLUMN"
    ((rows,),) = cells.connection.execute("SELECT count(*) FROM cells").fetchall()
    if not rows:
        what, fix = "has no rows", "Export it with one row a creator below the header"
    return "", [Problem(source.where, what, fix)]


def _lay_out(cells: Cells, creator: str, headings: Sequence[str]) -> bool:
    """Make `wide` and, of rows of totals, `summed`; return whether decimals have commas.

    Columns: `row`, `creator`, `texts` of the months (NULL where the file holds numbers) and
    `cells`, the same as numbers, NULL where blank or no number.
    """
    connection = cells.connection
    who = Cell(cells.column(creator), cells.type_of(creator))
    columns = [cells.column(heading) for heading in headings]
    comma = False
    if all(is_number(cells.type_of(heading)) for heading in headings):
        texts = "NULL::VARCHAR[]"
        given = f"[{', '.join(f'{c}::DOUBLE' for c in columns)}]"
        number = "CASE WHEN NOT isnan(x) THEN x END"
    else:
        texts = given = f"[{', '.join(f'{c}::VARCHAR' for c in columns)}]"
        comma = own_parts.has_decimal_commas(cells, headings)
        number = own_parts.text_number("x", comma=comma)
    # One rule for a list of all months: as many rules as months would take long to plan.
    laid = (
        f'SELECT "row", {who.label} AS creator, {texts} AS texts, '
        f"list_transform({given}, lambda x: {number}) AS cells FROM"
    )
    connection.execute(f"CREATE TABLE wide AS {laid} numbered")
    totals = "numbered WHERE FALSE" if cells.stays_in_place else "totals"
    connection.execute(f"CREATE TABLE summed AS {laid} {totals}")
    return comma


def _wrong(
    connection: duckdb.DuckDBPyConnection, source: Source, headings: Sequence[str], *, comma: bool
) -> list[Problem]:
    """Return what is wrong with the cells of the months, all columns at once."""
    places = ", ".join(literal(heading) for heading in headings)
    # Looked at one by one are only the rows in which something may be wrong.
    connection.execute(
        f"CREATE TEMP TABLE suspects AS SELECT *, "
        f"CASE WHEN text IS NULL THEN number IS NOT NULL ELSE {own_parts.is_text_filled('text')} "
        f"END AS is_filled FROM (SELECT row, unnest([{places}]) AS place, "
        f"unnest(coalesce(texts, cells::VARCHAR[])) AS text, unnest(cells) AS number FROM wide "
        f"WHERE list_min(cells) < 0 OR isinf(list_max(cells)) OR "
        f"list_count(texts) > list_count(cells))"
    )
    return own_parts.wrong_numbers(connection, "suspects", source.where, comma=comma)


def _rows_of_totals(
    connection: duckdb.DuckDBPyConnection, headings: Sequence[str], table: Name
) -> list[Statement]:
    """Find the rows of totals, take them out of `wide`, and check them against the sums."""
    closing = connection.execute(
        "SELECT row, creator FROM wide ORDER BY row DESC LIMIT ?", [CLOSING]
    ).fetchall()
    # A closing row without a name is one of totals where it holds the sums.
    for row, name in closing:
        says = name is not None and TOTAL.fullmatch(fold(name).casefold())
        if says or (name is None and not _differing(connection, f"wide WHERE row = {row}", row)[0]):
            connection.execute(f"INSERT INTO summed SELECT * FROM wide WHERE row = {row}")
            connection.execute(f"DELETE FROM wide WHERE row = {row}")
    told = []
    for row, name in connection.execute("SELECT row, creator FROM summed ORDER BY row").fetchall():
        found, checked = _differing(connection, f"summed WHERE row = {row}", row)
        wrong = [(headings[i - 1], total, known) for i, total, known in found]
        told.append(own_totals.by_column(wrong, checked, table, Name(name or f"row {row:,}")))
    return told


def _differing(
    connection: duckdb.DuckDBPyConnection, source: str, row: int
) -> tuple[list[tuple[int, float, float]], int]:
    """Return the columns in which a row is not the sum of all others, and how many it fills."""
    wrong = own_totals.differs("total", "known", "total = floor(total)")
    numbered = "SELECT generate_subscripts(cells, 1) AS i, unnest(cells)"
    rows = connection.execute(
        f"WITH terms AS ({numbered} AS cell FROM wide WHERE row <> {row}), "
        f"sums AS (SELECT i, coalesce(sum(cell), 0) AS known FROM terms GROUP BY i), "
        f"given AS ({numbered} AS total FROM {source}) "
        f"SELECT i, total, known, {wrong} FROM given JOIN sums USING (i) "
        f"WHERE total IS NOT NULL ORDER BY i"
    ).fetchall()
    return [(i, total, known) for i, total, known, is_wrong in rows if is_wrong], len(rows)


def _unused(headings: Sequence[str], cells: Cells, table: Name) -> list[Statement]:
    """Tell of columns that are neither creators, nor months, nor totals, and hold something."""
    filled = [
        heading
        for heading in headings
        if cells.connection.execute(
            f"SELECT count(*) FROM cells WHERE "
            f"{Cell(cells.column(heading), cells.type_of(heading)).has_label}"
        ).fetchall()
        != [(0,)]
    ]
    if not filled:
        return []
    names = [Name(heading) for heading in filled[:5]]
    count = Fact("columns not used", len(filled), "count")
    one = len(filled) == 1
    more = ", such as " if len(filled) > len(names) else ": " if not one else ", "
    text = (
        f"In {table}, {count} {'column is' if one else 'columns are'} not used{more}"
        f"{listed(names)}."
    )
    return [Statement(text, (table, count, *names))]


def _repeats(connection: duckdb.DuckDBPyConnection, table: Name) -> list[Statement]:
    """Tell of creators with more than one row, and what was done about it."""
    ((same, copies),) = connection.execute(
        "SELECT count(DISTINCT creator), coalesce(sum(n - 1), 0) FROM (SELECT creator, count(*) "
        "AS n FROM wide GROUP BY creator, cells HAVING n > 1)"
    ).fetchall()
    parted = connection.execute(
        "SELECT creator FROM wide GROUP BY creator HAVING count(DISTINCT cells) > 1 "
        "ORDER BY min(row)"
    ).fetchall()
    told = []
    if same:
        creators, rows = Fact("repeated", same, "count"), Fact("copies", copies, "count")
        text = (
            f"In {table}, {creators} {'creator has' if same == 1 else 'creators have'} the very "
            f"same row more than once: it counts once, and {own_parts.rows_were(rows)} left out."
        )
        told.append(Statement(text, (table, creators, rows)))
    if parted:
        creators = Fact("in parts", len(parted), "count")
        names = [Name(name) for (name,) in parted[: own_totals.SHOWN]]
        text = (
            f"In {table}, {creators} {'creator has' if len(parted) == 1 else 'creators have'} "
            f"rows that differ, such as {listed(names)}: the rows of a creator are added up."
        )
        told.append(Statement(text, (table, creators, *names)))
    return told
