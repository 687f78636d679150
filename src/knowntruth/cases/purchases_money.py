"""Numbers and money as people export them: "£1,234.50", "12,50 €", "(3.20)", 12.5.

A *spelling* is one text that stands in a cell. It is read with a decimal point or with a decimal
comma, whichever reads the whole column; where both do and differ, nothing is guessed. What stands
beside the digits is the *currency*, and a table has one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from ..data.cells import literal
from ..data.contract import EXAMPLES
from ..data.values import is_number
from ..errors import Problem
from ..story.names import Name

# Texts that say that there is nothing here.
BLANKS = "('', 'na', 'n/a', '#n/a', 'nan', 'null', 'none', '<na>', 'nat', '-')"
_SAME = {"€": "EUR", "£": "GBP", "US$": "USD", "KR.": "KR"}
_ODD_SPACES = "chr(160) || chr(8239) || chr(8201) || chr(9)"

# A word or sign: what is no digit, no mark among digits and no other punctuation.
_CURRENCY = r"""([^0-9 .,;:'’"()+\-%#*/=_@!?&<>|~^\[\]{}\\]{0,4}\.?)"""
_SIGN = r" ?[-+]? ?"
_POINT = r"((?:[0-9]{1,3}(?:[, '’][0-9]{3})+|[0-9]+)(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+)"
_COMMA = r"((?:[0-9]{1,3}(?:[. '’][0-9]{3})+|[0-9]+)(?:,[0-9]*)?|,[0-9]+)"


@dataclass(frozen=True)
class Numbers:
    """How columns of numbers are read.

    Attributes:
        sql: for each column, SQL of its number: NULL where the cell is blank.
        currency: the currency that the cells name; empty where none does.
        unnamed: cells with a number and no currency, in columns where others name one.
        problems: what has no one reading.
    """

    sql: Mapping[str, str]
    currency: str
    unnamed: int
    problems: tuple[Problem, ...]


def is_blank(text: str) -> str:
    """Return SQL of whether a text says that there is nothing."""
    return f"lower({text}) IN {BLANKS}"


def tidy(cell: str) -> str:
    """Return SQL of a cell as text with plain spaces and dashes, and none around it."""
    return f"trim(translate({cell}::VARCHAR, {_ODD_SPACES} || '−–', '    --'))"


def read_numbers(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    columns: Mapping[str, Name],
    *,
    money: Sequence[str],
) -> Numbers:
    """Return how the number columns of the relation `source` are read.

    Args:
        connection: the DuckDB that holds `source`; gets a table `spellings_` of each column.
        source: name of the relation.
        columns: column → the user's name of it.
        money: those of the columns whose cells may name a currency.
    """
    kinds = types_of(connection, source)
    plain = {name: _number(name, kinds[name]) for name in columns if is_number(kinds[name])}
    texts = [name for name in columns if name not in plain]
    for name in texts:
        _spell(connection, source, name)
    marks, problems = _marks(connection, {name: columns[name] for name in texts})
    problems += [
        one for name in texts if name not in money for one in _named(connection, name, columns)
    ]
    priced = [name for name in texts if name in money]
    currency, unnamed, mixed = _currency(connection, {name: columns[name] for name in priced})
    read = {
        name: f"(SELECT {mark} FROM spellings_{name} s WHERE s.cell = {_quoted(name)})"
        for name, mark in marks.items()
    }
    return Numbers(plain | read, currency, unnamed, (*problems, *mixed))


def same_currency(written: str) -> str:
    """Return the one name of a currency that may be written in several ways."""
    folded = written.strip().upper()
    return _SAME.get(folded, folded.removesuffix("."))


def types_of(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    """Return the DuckDB type of each column of a relation."""
    described = connection.execute(f"DESCRIBE {source}").fetchall()
    return {name: kind for name, kind, *_ in described}


def _quoted(name: str) -> str:
    return f'"{name}"'


def _number(name: str, kind: str) -> str:
    column = _quoted(name)
    if kind in {"FLOAT", "DOUBLE"}:
        return f"(CASE WHEN isfinite({column}) THEN {column}::DOUBLE END)"
    return f"{column}::DOUBLE"


def _spell(connection: duckdb.DuckDBPyConnection, source: str, name: str) -> None:
    """Make the table of all that stands in a column, read in both ways: texts repeat."""
    point, comma = (
        f"^\\(?{_SIGN}{_CURRENCY}{_SIGN}{number} ?{_CURRENCY}{_SIGN}\\)?$"
        for number in (_POINT, _COMMA)
    )
    sign = r"(CASE WHEN regexp_matches(text, '^\(|^[^0-9]*-|-$') THEN -1 ELSE 1 END)"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE spellings_{name} AS WITH cells AS MATERIALIZED "
        f"(SELECT {_quoted(name)} AS cell, count(*) AS rows FROM {source} GROUP BY 1) "
        f"SELECT cell, text, rows, {sign} * TRY_CAST("
        f"regexp_replace(regexp_extract(text, {literal(point)}, 2), '[, ''’]', '', 'g') AS DOUBLE) "
        f"AS point, {sign} * TRY_CAST(replace(regexp_replace("
        f"regexp_extract(text, {literal(comma)}, 2), '[. ''’]', '', 'g'), ',', '.') AS DOUBLE) "
        f"AS comma, coalesce(nullif(regexp_extract(text, {literal(point)}, 1), ''), "
        f"nullif(regexp_extract(text, {literal(point)}, 3), ''), "
        f"nullif(regexp_extract(text, {literal(comma)}, 1), ''), "
        f"regexp_extract(text, {literal(comma)}, 3)) AS currency "
        f"FROM (SELECT cell, {tidy('cell')} AS text, rows FROM cells) "
        f"WHERE text IS NOT NULL AND NOT {is_blank('text')}"
    )


def _marks(
    connection: duckdb.DuckDBPyConnection, columns: Mapping[str, Name]
) -> tuple[dict[str, str], list[Problem]]:
    """Return for each column whether its decimals follow a point or a comma, or why neither."""
    found: dict[str, str] = {}
    unclear: list[str] = []
    problems: list[Problem] = []
    for name, heading in columns.items():
        ((points, commas, none, unlike, count),) = connection.execute(
            "SELECT count(point), count(comma), count_if(point IS NULL AND comma IS NULL), "
            f"count_if(point <> comma), count(*) FROM spellings_{name}"
        ).fetchall()
        where = f"column {heading.text!r}"
        if none:
            what = f"{_examples(connection, name, 'point IS NULL AND comma IS NULL')} no number"
            fix = "Write plain numbers, such as 1234.5, or with their currency, such as £1,234.50"
            problems.append(Problem(where, what, fix))
        elif points < count and commas < count:
            one, other = (
                connection.execute(
                    f"SELECT text FROM spellings_{name} WHERE {mark} IS NULL ORDER BY text LIMIT 1"
                ).fetchall()[0][0]
                for mark in ("comma", "point")
            )
            what = f"writes decimals in two ways: {one!r}, but {other!r}"
            problems.append(Problem(where, what, "Write them all in one way"))
        elif points < count or commas < count:
            found[name] = "point" if points == count else "comma"
        elif unlike:
            unclear.append(name)
        else:
            found[name] = "point"
    certain = {found[name] for name in found if _divides(connection, name)}
    for name in unclear:
        if len(certain) == 1:
            found[name] = next(iter(certain))
            continue
        ((text, point, comma),) = connection.execute(
            f"SELECT text, point, comma FROM spellings_{name} WHERE point <> comma "
            "ORDER BY text LIMIT 1"
        ).fetchall()
        what = f"may have a decimal point or a decimal comma: {text!r} is {point:g} or {comma:g}"
        fix = f"Write it without a mark for thousands, as {max(point, comma, key=abs):.2f}"
        problems.append(Problem(f"column {columns[name].text!r}", what, fix))
    return found, problems


def _divides(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Return whether a column can be read in one way only."""
    ((only,),) = connection.execute(
        f"SELECT count_if(point IS NULL OR comma IS NULL) > 0 FROM spellings_{name}"
    ).fetchall()
    return bool(only)


def _named(
    connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, Name]
) -> list[Problem]:
    """Refuse words beside numbers that are no money."""
    condition = "currency <> ''"
    ((count,),) = connection.execute(
        f"SELECT count(*) FROM spellings_{name} WHERE {condition}"
    ).fetchall()
    if not count:
        return []
    what = f"{_examples(connection, name, condition)} no plain number"
    return [Problem(f"column {columns[name].text!r}", what, "Write plain numbers, such as 12")]


def _currency(
    connection: duckdb.DuckDBPyConnection, columns: Mapping[str, Name]
) -> tuple[str, int, list[Problem]]:
    """Return the currency, the cells without it, and what is wrong if there are several."""
    rows: dict[str, int] = {}
    for name in columns:
        for written, count in connection.execute(
            f"SELECT coalesce(currency, ''), sum(rows) FROM spellings_{name} GROUP BY 1"
        ).fetchall():
            currency = same_currency(written)
            rows[currency] = rows.get(currency, 0) + int(count)
    unnamed = rows.pop("", 0)
    if len(rows) > 1:
        where = " and ".join(f"column {heading.text!r}" for heading in columns.values())
        return "", 0, [mixed(where, rows)]
    return next(iter(rows), ""), unnamed if rows else 0, []


def mixed(where: str, rows: Mapping[str, int]) -> Problem:
    """Return what is wrong with money of several currencies; `rows` are the cells of each."""
    most = sorted(rows, key=lambda currency: (-rows[currency], currency))
    shown = ", ".join(f"{currency!r} in {rows[currency]:,}" for currency in most[:EXAMPLES])
    what = f"holds {len(rows)} currencies ({shown}{', …' if len(rows) > EXAMPLES else ''})"
    return Problem(where, what, "Convert all money to one currency, or export one at a time")


def _examples(connection: duckdb.DuckDBPyConnection, name: str, condition: str) -> str:
    found = connection.execute(
        f"SELECT text, sum(rows) OVER () FROM spellings_{name} WHERE {condition} "
        f"ORDER BY rows DESC, text LIMIT {EXAMPLES}"
    ).fetchall()
    count = int(found[0][1])
    shown = ", ".join(repr(text) for text, _ in found)
    return f"holds {shown} ({count:,} {'cell' if count == 1 else 'cells'} in all), which is"
