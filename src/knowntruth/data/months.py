"""Months: what the headings or the cells of a table of months mean, however they are written.

A month may stand as Jun'19, June 2019, 2019-06, 06/2019, 201906, or as any date in it. What a
text means is read from its *shape*, such as a name and two digits, and in an *order* of its
parts. One order holds for all texts of a shape, so that 13/06/2019 tells what 01/06/2019 is.
Where more than one order is left, and it makes a difference, the months are refused: nothing is
guessed. Of two digits for a year, 00 to 39 are of this century and 70 to 99 of the last.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ..errors import Problem
from .times import EARLIEST, LATEST

FIX = "Write months as 2019-06"
NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_OF_NAME = {name: i for i, name in enumerate(NAMES, start=1)}
_OF_NAME |= {name[:3]: i for name, i in _OF_NAME.items()} | {"sept": 9}
_ORDERS: Mapping[str, tuple[str, ...]] = {
    # Digits are numbered by their count, A is the name of a month.
    "4 2": ("ym",), "2 4": ("my",), "4 2 2": ("ymd",), "2 2 4": ("dmy", "mdy"),
    "A 4": ("my",), "4 A": ("ym",), "A 2": ("my",),
    "2 A 4": ("dmy",), "A 2 4": ("mdy",), "4 A 2": ("ymd",), "2 A 2": ("dmy",), "A 2 2": ("mdy",),
    "2 2": ("my", "ym"), "2 2 2": ("dmy", "mdy", "ymd"), "2 A": ("ym",),
}  # fmt: skip
WORDS = {
    "dmy": "with the day first",
    "mdy": "with the month first",
    "ymd": "with the year first",
    "my": "with the month first",
    "ym": "with the year first",
    "serial": "as the numbers that a spreadsheet gives to days",
}
_CLOCK = re.compile(
    r"(?<=\d)[ T,]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?"
    r"(?: ?(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?$"
)
_MARKS = r"[-_/., '’‘`´:]*"
_MONTH_MARK = re.compile(r"(?<=\d{4})[-_ ]*[Mm](?=\d{1,2}$)")
_TEXT = re.compile(rf"{_MARKS}(?:(?:[A-Za-z]+|\d+){_MARKS}){{1,3}}")
_PART = re.compile(r"[A-Za-z]+|\d+")
_DAY_ZERO = date(1899, 12, 30)  # day 0 of spreadsheets, since their 1900 has a day too many
_SERIALS = range(20_000, 80_000)  # the days of 1954 to 2119
# Which century two digits mean: from 40 to 69 nobody can tell.
_THIS_CENTURY, _LAST_CENTURY = 39, 70


@dataclass(frozen=True)
class Months:
    """Months as they were read.

    Attributes:
        found: the first day of the month that each text means.
        told: how texts were read that could have been read in another way, in words such as
            "with the day first"; empty where there was no choice.
        problems: what is wrong with texts that are no month, or could be two.
    """

    found: Mapping[str, date]
    told: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class _Shaped:
    """A text taken apart: its shape, and the day that it means in each order that reads it."""

    text: str
    shape: str
    days: Mapping[str, date]
    what: str = ""


def looks_like_month(text: object) -> bool:
    """Return whether somebody who wrote this meant a month, though perhaps not clearly."""
    shaped = _shaped(str(text))
    return shaped.shape not in {"", "5"} and (bool(shaped.days) or bool(shaped.what))


def are_serials(texts: Collection[object]) -> bool:
    """Return whether texts are days as spreadsheets number them, each the first of a month."""
    days = [_shaped(str(text)).days.get("serial") for text in texts]
    return len(days) > 1 and all(day is not None and day.day == 1 for day in days)


def read_months(texts: Iterable[str], where: str, *, unique: bool = False) -> Months:
    """Return the months that texts mean.

    Args:
        texts: what stands there, each once.
        where: what a problem calls the place where they stand.
        unique: whether no two of them may mean the same month, as among the headings of a
            table; this tells an order where another one would repeat a month.
    """
    shapes: dict[str, list[_Shaped]] = {}
    problems, none = [], []
    for text in texts:
        shaped = _shaped(text)
        if shaped.days:
            shapes.setdefault(shaped.shape, []).append(shaped)
        elif shaped.what:
            problems.append(Problem(where, f"{text!r} {shaped.what}", FIX))
        else:
            none.append(text)
    if none:
        shown = ", ".join(map(repr, none[:3])) + (", …" if len(none) > 3 else "")
        words = f"{len(none):,} {'text is' if len(none) == 1 else 'texts are'} no month ({shown})"
        problems.append(Problem(where, words, FIX))
    found: dict[str, date] = {}
    told: list[str] = []
    for shape, alike in shapes.items():
        order, problem = _order(alike, where, unique=unique)
        if problem is not None:
            problems.append(problem)
            continue
        found |= {one.text: one.days[order].replace(day=1) for one in alike}
        if len(_ORDERS.get(shape, ())) > 1:
            told.append(WORDS[order])
    if unique and not problems:
        problems += _repeated(found, where)
    return Months(found, " and ".join(dict.fromkeys(told)), tuple(problems))


def _order(alike: Sequence[_Shaped], where: str, *, unique: bool) -> tuple[str, Problem | None]:
    """Return the only order that reads texts of one shape, or why there is none."""
    orders = dict.fromkeys(order for one in alike for order in one.days)
    left = [order for order in orders if all(order in one.days for one in alike)]
    if not left:
        first = alike[0]
        other = next(one for one in alike if not set(one.days) & set(first.days))
        words = [f"{one.text!r} {WORDS[next(iter(one.days))]}" for one in (first, other)]
        what = f"has months written in different ways: {words[0]}, but {words[1]}"
        return "", Problem(where, what, FIX)
    months = {o: [one.days[o].replace(day=1) for one in alike] for o in left}
    if unique and len(left) > 1:
        # Two columns are not the same month: an order that says so is none.
        left = [o for o in left if len(set(months[o])) == len(alike)] or left
    if len(left) > 1 and len(alike) > 1:
        left = [o for o in left if _at_one_end(one.days[o] for one in alike)] or left
    if all(months[o] == months[left[0]] for o in left):
        return left[0], _two_digits(alike, where)
    one = next(one for one in alike if len({one.days[o].replace(day=1) for o in left}) > 1)
    means = " or ".join(dict.fromkeys(f"{one.days[o]:%B %Y}" for o in left))
    return "", Problem(where, f"{one.text!r} may be {means}", FIX)


def _at_one_end(days: Iterable[date]) -> bool:
    """Whether all days are the first of their months, or all the last."""
    listed = list(days)
    return {day.day for day in listed} == {1} or {
        (day + timedelta(days=1)).day for day in listed
    } == {1}


def _two_digits(alike: Sequence[_Shaped], where: str) -> Problem | None:
    """Return what is wrong where a name and two digits look like the days of a month or two."""
    if alike[0].shape != "A 2":
        return None
    days = [one.days["my"] for one in alike]
    if len({day.month for day in days}) < 3 <= len({day.year for day in days}):
        what = f"{alike[0].text!r} may be a day without a year"
        return Problem(where, what, FIX)
    return None


def _repeated(found: Mapping[str, date], where: str) -> list[Problem]:
    texts: dict[date, list[str]] = {}
    for text, month in found.items():
        texts.setdefault(month, []).append(text)
    return [
        Problem(
            where,
            f"{month:%B %Y} is there more than once, as {' and '.join(map(repr, alike))}",
            "Delete what stands there twice, or add the columns of a month up",
        )
        for month, alike in texts.items()
        if len(alike) > 1
    ]


def _shaped(text: str) -> _Shaped:
    """Return a text taken apart; its shape is empty where it is nothing like a month."""
    plain = _CLOCK.sub("", " ".join(text.split()))
    if plain.endswith(".0") and plain[:-2].isdigit():
        plain = plain[:-2]  # a whole number that passed through a program
    plain = _MONTH_MARK.sub("-", plain)
    if not _TEXT.fullmatch(plain):
        return _Shaped(text, "", {})
    parts = _split(_PART.findall(plain))
    shape = " ".join(_kind(part) for part in parts)
    if shape == "A":
        return _Shaped(text, shape, {}, "names no year")
    if shape == "5":
        number = int(parts[0])
        serial = {"serial": _DAY_ZERO + timedelta(days=number)} if number in _SERIALS else {}
        return _Shaped(text, shape, serial)
    if shape not in _ORDERS or re.fullmatch(r"\d{1,2}\.\d{1,2}", plain):
        return _Shaped(text, "", {})  # 12.5 is a number
    if re.fullmatch(r"\d{4}\.1", plain):
        what = "may be January, or October without its zero"
        return _Shaped(text, shape, {}, what)
    if shape == "2 A" and int(parts[0]) <= 31:
        return _Shaped(text, shape, {}, "may be a day without a year")
    if shape == "A 2" and len(parts[1]) == 1:
        return _Shaped(text, shape, {}, "names no year")
    days = {order: _day(order, parts) for order in _ORDERS[shape]}
    known = {order: day for order, day in days.items() if day is not None}
    return _Shaped(text, shape, known, "" if known else _unclear(shape, parts))


def _split(parts: list[str]) -> list[str]:
    """Return the parts of a text, digits without any mark between them taken apart."""
    if len(parts) == 1 and parts[0].isdigit() and len(parts[0]) in {6, 8}:
        digits = parts[0]
        if EARLIEST <= int(digits[:4]) <= LATEST:
            return [digits[:4], digits[4:6], *([digits[6:]] if len(digits) == 8 else [])]
        return [digits[:-4][i : i + 2] for i in range(0, len(digits) - 4, 2)] + [digits[-4:]]
    return parts


def _kind(part: str) -> str:
    if part.isdigit():
        return "2" if len(part) <= 2 else str(len(part))
    return "A" if part.casefold() in _OF_NAME else "?"


def _day(order: str, parts: Sequence[str]) -> date | None:
    """Return the day that parts mean in an order, the first of the month without one."""
    by = dict(zip(order, parts, strict=True))
    year, month = _year(by["y"]), _OF_NAME.get(by["m"].casefold())
    number = month or (int(by["m"]) if by["m"].isdigit() else 0)
    if year is None:
        return None
    try:
        return datetime(year, number, int(by.get("d", "1"))).date()
    except ValueError:
        return None


def _year(text: str) -> int | None:
    number = int(text)
    if len(text) == 4:
        return number if EARLIEST <= number <= LATEST else None
    if len(text) != 2:
        return None
    if number <= _THIS_CENTURY:
        return 2000 + number
    return 1900 + number if number >= _LAST_CENTURY else None


def _unclear(shape: str, parts: Sequence[str]) -> str:
    """Return what is unclear where a month's name stands with a year that nobody can tell."""
    year = parts[-1] if shape in {"A 2", "2 A 2", "A 2 2"} else parts[0]
    if "A" in shape and len(year) == 2 and _year(year) is None:
        return f"may be of 19{year} or of 20{year}"
    return ""
