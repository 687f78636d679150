"""Times: the ways in which people write dates, as SQL over text.

A *spelling* is one such way, and a column is written in one of them: where a date could have
its day or its month first, only the other dates of the column tell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .cells import literal

# Outside of these years, and at the start of computers' own calendar, a date stands for none.
EARLIEST, LATEST = 1900, 2100


def is_time(kind: str) -> bool:
    """Return whether a DuckDB type is a date's, with or without a time of the day."""
    return kind == "DATE" or kind.startswith("TIMESTAMP")


def is_zoned(kind: str) -> bool:
    """Return whether a DuckDB type is a moment's, the same in every time zone."""
    return kind.startswith("TIMESTAMP WITH TIME ZONE")


def stands_for_none(moment: str) -> str:
    """Return SQL of whether a TIMESTAMP is so far away, or so round, that it means no date."""
    return (
        f"({moment} < TIMESTAMP '{EARLIEST}-01-01' OR {moment} >= TIMESTAMP '{LATEST + 1}-01-01' "
        f"OR {moment} = TIMESTAMP '1970-01-01')"
    )


@dataclass(frozen=True)
class Spelling:
    """A way to write a date, and a time of the day behind it if there is one.

    Attributes:
        name: what sets it apart, as in "with the day first".
        date: regular expression of the date, with a group for each of its three parts.
        order: the groups of year, month and day; empty for an ISO date, which needs no order.
        rest: regular expression of what may stand behind the date.
        read: SQL of the TIMESTAMP for SQL of a text whose parts are in order.
    """

    name: str
    date: str
    order: tuple[int, ...]
    rest: str
    read: Callable[[str], str]

    def moment(self, text: str) -> str:
        """Return SQL of the TIMESTAMP that a text means; NULL when it is not written like this."""
        fits = f"regexp_full_match({text}, {literal(self.date + self.rest)})"
        return f"(CASE WHEN {fits} THEN {self.moment_of_fitting(text)} END)"

    def moment_of_fitting(self, text: str) -> str:
        """Return SQL of the TIMESTAMP of a text that is known to be blank or written like this."""
        if not self.order:
            return f"({self.read(text)})"
        parts = "-".join(f"\\{group}" for group in self.order)
        ordered = (
            f"trim(regexp_replace({text}, {literal(f'^{self.date}[ ,T]*(.*)$')}, '{parts} \\4'))"
        )
        return f"({self.read(ordered)})"


def _cast(text: str) -> str:
    return f"TRY_CAST({text} AS TIMESTAMP)"


def _cast_to_utc(text: str) -> str:
    tidy = f"regexp_replace({text}, ' ?(Z|UTC|GMT)$', '+00')"
    tidy = f"regexp_replace({tidy}, ' ([+-]\\d{{2}}(?::?\\d{{2}})?)$', '\\1')"
    return f"make_timestamp(epoch_us(TRY_CAST({tidy} AS TIMESTAMPTZ)))"


def _parse_numbered(text: str) -> str:
    halves = _formats(["%Y-%m-%d"], [" %I:%M %p", " %I:%M:%S %p"])
    return f"CASE WHEN {_is_halved(text)} THEN {halves(text)} ELSE {_cast(text)} END"


def _parse_named(text: str) -> str:
    days = ["%Y-%b-%d", "%Y-%B-%d"]
    halves = _formats(days, [" %I:%M %p", " %I:%M:%S %p"])
    clocks = _formats(days, ["", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f"])
    return f"CASE WHEN {_is_halved(text)} THEN {halves(text)} ELSE {clocks(text)} END"


def _is_halved(text: str) -> str:
    return f"regexp_matches({text}, '[AaPp][Mm]$')"


def _formats(days: list[str], clocks: list[str]) -> Callable[[str], str]:
    listed = ", ".join(literal(day + clock) for clock in clocks for day in days)

    def parse(text: str) -> str:
        return f"try_strptime(regexp_replace({text}, ' ?([AaPp][Mm])$', ' \\1'), [{listed}])"

    return parse


_CLOCK = r"[ ,T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
_PLAIN = f"(?:{_CLOCK})?"
_HALVED = f"(?:{_CLOCK} ?(?:[AaPp][Mm])?)?"
_ISO = r"\d{4}-\d{1,2}-\d{1,2}"
_NUMBERS = r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})"
_ZONE = r" ?(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)"
_NAME = r"([A-Za-z]{3,9})"

ISO = Spelling("with the year first and dashes", _ISO, (), _PLAIN, _cast)
ZONED = Spelling("with a time zone", _ISO, (), _CLOCK + _ZONE, _cast_to_utc)
YEAR_FIRST = Spelling(
    "with the year first and other marks",
    r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})", (1, 2, 3), _PLAIN, _cast,
)  # fmt: skip
EIGHT_DIGITS = Spelling(
    "as eight digits", r"(\d{4})(\d{2})(\d{2})(?:\.0)?", (1, 2, 3), "", _cast
)  # fmt: skip
DAY_FIRST = Spelling("with the day first", _NUMBERS, (3, 2, 1), _HALVED, _parse_numbered)
MONTH_FIRST = Spelling("with the month first", _NUMBERS, (3, 1, 2), _HALVED, _parse_numbered)
DAY_AND_NAME = Spelling(
    "as a day and a month's name",
    rf"(\d{{1,2}})[-. /]+{_NAME}[-,. /]+(\d{{4}})", (3, 2, 1), _HALVED, _parse_named,
)  # fmt: skip
NAME_AND_DAY = Spelling(
    "as a month's name and a day",
    rf"{_NAME}[-. /]+(\d{{1,2}})[-,. /]+(\d{{4}})", (3, 1, 2), _HALVED, _parse_named,
)  # fmt: skip
SPELLINGS = (
    *(ISO, ZONED, YEAR_FIRST, EIGHT_DIGITS, DAY_FIRST, MONTH_FIRST),
    *(DAY_AND_NAME, NAME_AND_DAY),
)
