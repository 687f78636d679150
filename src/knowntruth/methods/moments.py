"""Moments: all that a comparison of means needs to know of a table.

A *sample* is count, mean and variance of one column; a *pair* adds the covariance of two
columns over the rows where both are known. *Moments* are the samples and pairs of one arm.
Moments of two parts of a table add up to the moments of the whole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import duckdb

from ..errors import DataError, Problem
from .tables import Table, check_columns, check_numbers, is_whole, number, quoted, relation


@dataclass(frozen=True)
class Sample:
    """Count, mean and variance of known values.

    Attributes:
        count: known values.
        mean: their mean; NaN when there is none.
        variance: their variance with divisor `count - 1`; NaN below two values.
    """

    count: int
    mean: float
    variance: float

    @property
    def squares(self) -> float:
        """Sum of squared distances from the mean."""
        return (self.count - 1) * self.variance if self.count > 1 else 0.0

    @property
    def tally(self) -> tuple[int, int]:
        """Successes and trials of a column of zeros and ones.

        Raises:
            DataError: where a value is neither 0 nor 1.
        """
        total = self.mean * self.count if self.count else 0.0
        squares = self.squares + total * self.mean if self.count else 0.0
        # No whole number is its own square but 0 and 1.
        if not math.isclose(total, squares, rel_tol=1e-9, abs_tol=1e-9):
            problem = Problem("a rate", "a value is neither 0 nor 1", "Compare means instead.")
            raise DataError("A rate needs zeros and ones", [problem])
        return round(total), self.count

    def __add__(self, other: Sample) -> Sample:
        """Return the sample of both (Chan, Golub & LeVeque 1983, eq. 2.1)."""
        if not self.count or not other.count:
            return self if self.count else other
        count = self.count + other.count
        gap = other.mean - self.mean
        squares = self.squares + other.squares + gap**2 * self.count * other.count / count
        return Sample(count, self.mean + gap * other.count / count, squares / (count - 1))


@dataclass(frozen=True)
class Pair:
    """Two columns over the rows where both are known, and their covariance (n - 1)."""

    first: Sample
    second: Sample
    covariance: float

    @property
    def products(self) -> float:
        """Sum of products of distances from the means."""
        return (self.first.count - 1) * self.covariance if self.first.count > 1 else 0.0

    def __add__(self, other: Pair) -> Pair:
        """Return the pair over the rows of both."""
        mine, theirs = self.first.count, other.first.count
        if not mine or not theirs:
            return self if mine else other
        count = mine + theirs
        gaps = (other.first.mean - self.first.mean) * (other.second.mean - self.second.mean)
        products = self.products + other.products + gaps * mine * theirs / count
        return Pair(self.first + other.first, self.second + other.second, products / (count - 1))

    def turned(self) -> Pair:
        """Return the same pair with its columns exchanged."""
        return Pair(self.second, self.first, self.covariance)


@dataclass(frozen=True)
class Moments:
    """The moments of one arm.

    Attributes:
        rows: rows of the arm, known values or not.
        samples: by column.
        pairs: by two columns.
    """

    rows: int
    samples: Mapping[str, Sample]
    pairs: Mapping[tuple[str, str], Pair] = field(default_factory=dict)

    def pair(self, first: str, second: str) -> Pair:
        """Return the pair of two columns, in this order.

        Raises:
            KeyError: when `summarise` was not asked for it.
        """
        if (first, second) in self.pairs:
            return self.pairs[first, second]
        return self.pairs[second, first].turned()

    def __add__(self, other: Moments) -> Moments:
        """Return the moments of the rows of both."""
        return Moments(
            self.rows + other.rows,
            {name: sample + other.samples[name] for name, sample in self.samples.items()},
            {names: pair + other.pairs[names] for names, pair in self.pairs.items()},
        )


def summarise(
    table: Table,
    columns: Sequence[str],
    *,
    by: str = "arm",
    pairs: Sequence[tuple[str, str]] = (),
) -> dict[str, Moments]:
    """Return the moments of `columns` for each value of `by`, in one query.

    Values of `by` come back as text, in its order; rows without one are left out. Missing
    values and NaN are left out by column, and by row for pairs. Columns of whole numbers
    are summed exactly, others with running means, so that neither a large common offset nor
    the size of the table costs digits.

    Raises:
        DataError: a missing column, one without numbers, or an infinite value.
    """
    rows = relation(table)
    used = list(dict.fromkeys(chain(columns, *pairs)))
    check_columns(rows, [by, *used])
    check_numbers(rows, used)
    whole = frozenset(name for name in used if is_whole(rows, name))
    # The second try is for whole numbers whose square leaves 64 bits.
    for exact in (whole, frozenset[str]()):
        try:
            return _summarise(rows, list(columns), list(pairs), by, exact)
        except (duckdb.OutOfRangeException, OverflowError):
            continue
    problem = Problem(
        f"columns {', '.join(used)}",
        "one of them holds an infinite value, or one too large to square",
        "Remove or correct such values.",
    )
    raise DataError("A metric must be finite", [problem])


def counts(table: Table, by: str = "arm") -> dict[str, int]:
    """Return the number of rows for each value of `by`, as text and in its order."""
    rows = relation(table)
    check_columns(rows, [by])
    return {key: count for key, (count,) in _grouped(rows, ["count(*)"], by).items()}


def _summarise(
    rows: duckdb.DuckDBPyRelation,
    columns: list[str],
    pairs: list[tuple[str, str]],
    by: str,
    whole: frozenset[str],
) -> dict[str, Moments]:
    value = {name: number(name, whole=name in whole) for name in chain(columns, *pairs)}
    asked = ["count(*)"]
    for name in columns:
        asked += _column_sums(value[name], exact=name in whole)
    for first, second in pairs:
        asked += _pair_sums(value[first], value[second], exact={first, second} <= whole)
    found = {}
    for key, values in _grouped(rows, asked, by).items():
        left = iter(values)
        found[key] = Moments(
            next(left),
            {name: _sample(*islice(left, 3), exact=name in whole) for name in columns},
            {names: _pair(*islice(left, 6), exact=set(names) <= whole) for names in pairs},
        )
    return found


def _grouped(
    rows: duckdb.DuckDBPyRelation, asked: list[str], by: str
) -> dict[str, tuple[Any, ...]]:
    key = f"CAST({quoted(by)} AS VARCHAR)"
    known = rows.filter(f"{quoted(by)} IS NOT NULL")
    found = known.aggregate(", ".join([key, *asked]), key).fetchall()
    return {name: tuple(values) for name, *values in sorted(found, key=lambda row: str(row[0]))}


def _column_sums(x: str, *, exact: bool) -> list[str]:
    if exact:
        return [f"count({x})", f"sum({x})", f"sum({x} * {x})"]
    return [f"count({x})", f"favg({x})", f"var_samp({x})"]


def _pair_sums(x: str, y: str, *, exact: bool) -> list[str]:
    both = f"FILTER (({x}) IS NOT NULL AND ({y}) IS NOT NULL)"
    _, first_x, second_x = _column_sums(x, exact=exact)
    _, first_y, second_y = _column_sums(y, exact=exact)
    together = f"sum({x} * {y})" if exact else f"covar_samp({x}, {y})"
    sums = ("count(*)", first_x, first_y, second_x, second_y, together)
    return [f"{total} {both}" for total in sums]


def _sample(count: int, first: Any, second: Any, *, exact: bool) -> Sample:
    if not count:
        return Sample(0, math.nan, math.nan)
    if exact:
        return Sample(count, first / count, _exact(count, first, first, second))
    # DuckDB 2 returns what DuckDB 1 refused as out of range.
    if not math.isfinite(first) or (count > 1 and not math.isfinite(second)):
        raise OverflowError
    return Sample(count, first, second if count > 1 else math.nan)


def _pair(count: int, x: Any, y: Any, xx: Any, yy: Any, xy: Any, *, exact: bool) -> Pair:
    covariance = xy if count > 1 else math.nan
    if exact:
        covariance = _exact(count, x, y, xy)
    return Pair(_sample(count, x, xx, exact=exact), _sample(count, y, yy, exact=exact), covariance)


def _exact(count: int, x: int, y: int, xy: int) -> float:
    """Return the covariance from exact sums; Python's integers do not overflow."""
    if count <= 1:
        return math.nan
    return (count * xy - x * y) / (count * (count - 1))
