"""Integrity audit: what cannot be true of a table, whatever made it.

A *rule* is a SQL predicate that holds for a row that is *broken*. `nested`, `within`,
`unique`, `not_before` and `known` make rules of general use; `audit` checks any number of
them in one query. A missing value, or a NaN, breaks no rule but `known`: where the predicate
has no answer the row is not *judged*.

`weekdays` asks whether rows are spread over the week as days are.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ...errors import DataError, Problem
from ...story.estimates import Estimate
from ..checks import check_share
from ..tables import Table, check_columns, kind, number, quoted, relation

EXAMPLES = 3
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKEND = 5  # the number of Saturday

Array = NDArray[Any]
Bound = float | dt.date


@dataclass(frozen=True)
class Rule:
    """What must not be.

    Attributes:
        name: a short name for the rule.
        meaning: what is wrong with a row that breaks it, in words.
        broken: a SQL predicate over the table's columns, true where a row breaks it.
        columns: the columns that it reads; those that a table lacks are refused.
    """

    name: str
    meaning: str
    broken: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """A rule after the audit of a table.

    Attributes:
        rule: the rule.
        broken: rows that break it.
        judged: rows of which it can be told.
        examples: keys of up to three of the broken rows, the smallest; empty without a key.
        reason: why nothing was judged; empty where something was.
    """

    rule: Rule
    broken: int
    judged: int
    examples: tuple[str, ...] = ()
    reason: str = ""

    @property
    def share(self) -> float:
        """Broken rows among those judged; 0 where none was."""
        return self.broken / self.judged if self.judged else 0.0

    @property
    def holds(self) -> bool:
        """Whether no row breaks the rule."""
        return not self.broken


@dataclass(frozen=True)
class Weekday:
    """A day of the week: its rows, how often it lies in the range, and rows if all were alike."""

    name: str
    rows: int
    days: int
    expected: float


@dataclass(frozen=True)
class Weekdays:
    """Rows over the days of the week.

    Attributes:
        days: Monday to Sunday.
        first, last: the range of dates; None where no row has one.
        chi_square, df, p_value: Pearson's test of "every day alike"; NaN, 0 and None where
            the range holds fewer than two days of the week. It also refuses days that differ
            for reasons other than the weekday.
        dispersion: how much more the same weekday varies from week to week than rows that
            come on their own would, as a ratio of variances; 1 in a range of one week.
        ratio: rows on a day from Monday to Friday, relative to a day of the weekend; unit
            `number`, null 1; None where `reason` says so. Its interval and p-value are
            widened by the dispersion.
        reason: why there is no ratio; empty where there is.
    """

    days: tuple[Weekday, ...]
    first: dt.date | None
    last: dt.date | None
    chi_square: float
    df: int
    p_value: float | None
    dispersion: float
    ratio: Estimate | None
    reason: str = ""


def nested(later: str, earlier: str, *, meaning: str = "") -> Rule:
    """Return the rule that nobody has `later` without `earlier`, both 0/1."""
    broken = f"CAST({quoted(later)} AS BOOLEAN) AND NOT CAST({quoted(earlier)} AS BOOLEAN)"
    words = meaning or f"{later} without {earlier}"
    return Rule(f"{later} within {earlier}", words, broken, (later, earlier))


def within(
    column: str, low: Bound = -math.inf, high: Bound = math.inf, *, meaning: str = ""
) -> Rule:
    """Return the rule that `column` lies from `low` to `high`, both allowed.

    A date is meant as the whole day, so that no hour of the last day is too late.

    Raises:
        ValueError: without a bound, or where `low` lies above `high`.
    """
    ends: list[tuple[str, Any]] = [
        (side, end) for side, end in (("<", low), (">", high)) if not _is_infinite(end)
    ]
    if not ends:
        raise ValueError(f"a range of {column} needs a bound")
    if ends[0][1] > ends[-1][1]:
        raise ValueError(f"nothing lies from {low} to {high}")
    sides = [f"{_compared(column, end)} {side} {_literal(end)}" for side, end in ends]
    words = [f"{'below' if side == '<' else 'above'} {end}" for side, end in ends]
    what = meaning or f"{column} {' or '.join(words)}"
    return Rule(f"{column} in range", what, " OR ".join(sides), (column,))


def unique(column: str, *, meaning: str = "") -> Rule:
    """Return the rule that no two rows share a value of `column`; all that do break it."""
    name = quoted(column)
    broken = f"CASE WHEN {name} IS NOT NULL THEN count(*) OVER (PARTITION BY {name}) > 1 END"
    words = meaning or f"{column} that another row has too"
    return Rule(f"{column} unique", words, broken, (column,))


def not_before(later: str, earlier: str, *, meaning: str = "") -> Rule:
    """Return the rule that the day of `later` is not before the day of `earlier`."""
    broken = f"{_day(later)} < {_day(earlier)}"
    words = meaning or f"{later} before {earlier}"
    return Rule(f"{later} from {earlier} on", words, broken, (later, earlier))


def known(column: str, *, meaning: str = "") -> Rule:
    """Return the rule that `column` has a value."""
    words = meaning or f"{column} missing"
    return Rule(f"{column} known", words, f"{quoted(column)} IS NULL", (column,))


def audit(table: Table, rules: Sequence[Rule], *, key: str | None = None) -> tuple[Checked, ...]:
    """Check every rule on every row, in one query.

    `key` names the column that examples are taken from; a row without one is no example.

    Raises:
        DataError: a missing column, or one that holds what a rule cannot read.
    """
    if not rules:
        return ()
    rows = relation(table)
    check_columns(
        rows, dict.fromkeys(chain(*(rule.columns for rule in rules), [key] if key else []))
    )
    rows = _without_nan(rows)
    answers = [f"CAST(({rule.broken}) AS BOOLEAN) AS {_flag(i)}" for i, rule in enumerate(rules)]
    asked = []
    for flag in map(_flag, range(len(rules))):
        examples = f"min(key, {EXAMPLES}) FILTER ({flag})" if key else "NULL"
        asked += [f"count({flag})", f"count(*) FILTER ({flag})", examples]
    try:
        answered = rows.project(", ".join([*answers, f"{quoted(key)} AS key" if key else "NULL"]))
        (found,) = answered.aggregate(", ".join(asked)).fetchall()
    except duckdb.Error as error:
        problem = Problem(
            f"rules {', '.join(rule.name for rule in rules)}",
            str(error).splitlines()[0],
            "Give the columns the type that the rule needs, or change the rule.",
        )
        raise DataError("A rule cannot be read on this table", [problem]) from error
    return tuple(
        Checked(
            rule,
            broken,
            judged,
            tuple(dict.fromkeys(str(key) for key in keys or ())),
            reason="" if judged else "no row has the values that it needs",
        )
        for rule, judged, broken, keys in zip(
            rules, found[::3], found[1::3], found[2::3], strict=True
        )
    )


def weekdays(table: Table, date: str, *, level: float) -> Weekdays:
    """Count the rows of each weekday against how often it lies in the range of dates.

    The range runs from the first date to the last, days without a row included. The ratio
    is that of rates, with the interval of a quasi-Poisson model (McCullagh & Nelder 1989,
    section 6.2): log ratio ± t sqrt(dispersion (1 / rows + 1 / rows)), and t has as many
    degrees of freedom as days beyond the first of each weekday.

    Raises:
        DataError: a missing column, or one that holds no dates.
    """
    check_share("level", level)
    rows = relation(table)
    check_columns(rows, [date])
    if not kind(rows, date).startswith(("DATE", "TIMESTAMP")):
        problem = Problem(
            f"column {date}", f"it holds {kind(rows, date)}, not dates", "Convert it first."
        )
        raise DataError("A date must be a date", [problem])
    day = _day(date)
    found = dict(rows.filter(f"{day} IS NOT NULL").aggregate(f"{day}, count(*)", day).fetchall())
    if not found:
        nothing = tuple(Weekday(name, 0, 0, 0.0) for name in WEEKDAYS)
        return Weekdays(nothing, None, None, math.nan, 0, None, 1.0, None, "no row has a date")
    first, last = min(found), max(found)
    start, end = first.toordinal(), last.toordinal()
    counts = np.zeros(end - start + 1)
    counts[[day.toordinal() - start for day in found]] = list(found.values())
    # Day 1 of the calendar is a Monday.
    numbers = (np.arange(start, end + 1) - 1) % 7
    days = np.bincount(numbers, minlength=7)
    by_weekday = np.bincount(numbers, weights=counts, minlength=7)
    expected = counts.sum() * days / len(counts)
    here = days > 0
    statistic = float((((by_weekday - expected)[here]) ** 2 / expected[here]).sum())
    df = int(here.sum()) - 1
    dispersion, spare = _dispersion(counts, numbers, by_weekday, days)
    ratio, reason = _ratio(by_weekday, days, dispersion=dispersion, spare=spare, level=level)
    return Weekdays(
        tuple(
            Weekday(name, int(n), int(d), float(e))
            for name, n, d, e in zip(WEEKDAYS, by_weekday, days, expected, strict=True)
        ),
        first,
        last,
        chi_square=statistic if df else math.nan,
        df=df,
        p_value=float(stats.chi2.sf(statistic, df)) if df else None,
        dispersion=dispersion,
        ratio=ratio,
        reason=reason,
    )


def _dispersion(counts: Array, numbers: Array, by_weekday: Array, days: Array) -> tuple[float, int]:
    """Return Pearson's dispersion within weekdays, never below 1, and its degrees of freedom."""
    means = (by_weekday / np.maximum(days, 1))[numbers]
    rated = means > 0
    spare = int(rated.sum() - ((days > 0) & (by_weekday > 0)).sum())
    if not spare:
        return 1.0, 0
    squares = float(((counts - means)[rated] ** 2 / means[rated]).sum())
    return max(squares / spare, 1.0), spare


def _ratio(
    by_weekday: Array, days: Array, *, dispersion: float, spare: int, level: float
) -> tuple[Estimate | None, str]:
    work, rest = slice(None, WEEKEND), slice(WEEKEND, None)
    rows = [by_weekday[part].sum() for part in (work, rest)]
    exposure = [days[part].sum() for part in (work, rest)]
    for n, e, name in zip(rows, exposure, ("from Monday to Friday", "on a weekend"), strict=True):
        if not n:
            return None, f"no {'row' if e else 'day of the range'} falls {name}"
    value = math.log(rows[0] / exposure[0] / (rows[1] / exposure[1]))
    error = math.sqrt(dispersion * (1 / rows[0] + 1 / rows[1]))
    law = stats.t(spare) if spare else stats.norm
    half = float(law.isf((1 - level) / 2)) * error
    return Estimate(
        value=math.exp(value),
        low=math.exp(value - half),
        high=math.exp(value + half),
        level=level,
        n=int(sum(rows)),
        p_value=2 * float(law.sf(abs(value) / error)),
        null=1.0,
        method="quasi-Poisson ratio of rates",
    ), ""


def _without_nan(rows: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Return the rows with NaN as missing: DuckDB orders it above every number."""
    names = [name for name in rows.columns if kind(rows, name) in {"FLOAT", "DOUBLE"}]
    if not names:
        return rows
    values = (f"{number(name, whole=False)} AS {quoted(name)}" for name in names)
    return rows.project(f"* REPLACE ({', '.join(values)})")


def _flag(number: int) -> str:
    return f"broken_{number}"


def _day(column: str) -> str:
    return f"CAST({quoted(column)} AS DATE)"


def _is_infinite(bound: Bound) -> bool:
    return not isinstance(bound, dt.date) and math.isinf(bound)


def _compared(column: str, bound: Bound) -> str:
    """Return the column as it is compared with a bound: by day with a date."""
    by_day = isinstance(bound, dt.date) and not isinstance(bound, dt.datetime)
    return _day(column) if by_day else quoted(column)


def _literal(bound: Bound) -> str:
    if isinstance(bound, dt.datetime):
        return f"TIMESTAMP '{bound}'"
    return f"DATE '{bound}'" if isinstance(bound, dt.date) else repr(bound)
