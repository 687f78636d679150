"""Row dependence: do two columns of a table share their random numbers?

When a generator is seeded again for another column, both columns are made from the same
numbers, some rows apart. At a *lag* the second column is read so many rows further down than
the first; `scan` looks at every lag of every pair of columns. It counts *coincidences*: rows
where the first is 1 and, a lag later, the second is 1. If one of them has nothing to do with
the order of the rows, their number is hypergeometric, whatever the other is like: drawn from
the rows that both columns still have at that lag, with the ones that each has there. So the
test is exact for rare ones too, where a correlation is far from normal.

What else makes rows depend on each other is told apart by its shape. Columns that belong
together do so in the same row: lag 0 is left out. In sorted rows whole ranges of lags are
alike, and a unit with several rows comes back after as many rows in either direction. A *hit*
stands out from the lags beside it and from the same lag in the other direction. The test
itself takes a row to be a unit: where units come back many times, fewer things are independent
than there are rows, and chance hits are more frequent than it says.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import fft, stats

from ...story.estimates import Estimate
from ..checks import check_share

Array = NDArray[Any]
Pair = tuple[str, str]

BESIDE = 25  # lags on either side that a hit stands out from
STANDS_OUT = 2  # how many times as far from independence as any of them
PER_PAIR = 3  # hits that are kept of two columns
LEVEL_OF = " = "  # between a column and its level in the name of an indicator
CHUNK = 2_000_000  # numbers held at once, of two columns at many lags
KIND = np.float32  # counts exactly up to some ten million rows


@dataclass(frozen=True)
class Hit:
    """Two columns that are alike some rows apart.

    Attributes:
        first, second: names of the columns; the second is read `lag` rows further down.
        lag: above 0.
        correlation: Pearson's over the rows that both have at this lag, unit `number`. Its
            interval is Fisher's (1921); its p-value is that of the hypergeometric test times
            the number of tests.
        seen, expected: coincidences.
        rate: share of ones of the second where the first is 1, unit `share`.
        base_rate: share of ones of the second in all rows that both have.
    """

    first: str
    second: str
    lag: int
    correlation: Estimate
    seen: int
    expected: float
    rate: float
    base_rate: float


@dataclass(frozen=True)
class Scan:
    """A scan for shared random numbers.

    Attributes:
        rows: rows of the table.
        tests: pairs of columns times lags.
        threshold: the p-value that a lag has to reach, (1 - level) / tests (Bonferroni).
        smallest: a correlation of this size reaches it at every lag up to half the rows,
            where ones are not rare.
        hits: up to three of each pair of columns, the clearest first.
        found: hits before all but three of a pair were left out.
        reason: why there was nothing to scan; empty where there was.
    """

    rows: int
    tests: int
    threshold: float
    smallest: float
    hits: tuple[Hit, ...]
    found: int
    reason: str = ""

    @property
    def clearest(self) -> tuple[Hit, ...]:
        """The clearest hit of any two columns at each lag, whatever their levels."""
        by_columns: dict[tuple[str, str, int], Hit] = {}
        for hit in self.hits:
            by_columns.setdefault((_column_of(hit.first), _column_of(hit.second), hit.lag), hit)
        return tuple(by_columns.values())


def indicators(
    frame: pd.DataFrame, columns: Iterable[str] | None = None, *, least: int = 20, most: int = 20
) -> dict[str, Array]:
    """Return columns of zeros and ones for what a table's columns hold, in its row order.

    Zeros and ones stay as they are; other numbers become whether they lie above their
    median, `column > 3`; labels become one indicator a level, `column = level`, for the
    `most` common levels with at least `least` rows on and off. Dates and missing values make
    none.
    """
    found: dict[str, Array] = {}
    for name in frame.columns if columns is None else columns:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column):
            cut, ones = _halved(column.to_numpy(dtype=float, na_value=np.nan))
            found[f"{name}{cut}"] = ones
        elif not pd.api.types.is_datetime64_any_dtype(column):
            counts = column.value_counts().head(most)
            levels = counts.index[counts.between(least, len(frame) - least)]
            found |= {f"{name}{LEVEL_OF}{x}": (column == x).to_numpy(dtype=bool) for x in levels}
    return found


def scan(
    columns: Mapping[str, ArrayLike], *, level: float, pairs: Iterable[Pair] | None = None
) -> Scan:
    """Look for columns that share random numbers, at every lag of every pair.

    `columns` are numbers in one order of rows: zeros and ones, or others, which count as 1
    above their median; missing values count as 0. `pairs` are all by default, except two
    levels of one column (named as `indicators` does). With probability `level` or more
    there is no hit at all in a table without any such columns.

    Raises:
        ValueError: columns of different length, or that are no numbers; a pair without them.
    """
    check_share("level", level)
    ones = {name: _ones(np.asarray(values)) for name, values in columns.items()}
    lengths = {len(column) for column in ones.values()}
    if len(lengths) > 1:
        raise ValueError(f"columns of one table have one length, not {sorted(lengths)}")
    n = max(lengths, default=0)
    asked = list(combinations(ones, 2) if pairs is None else pairs)
    if unknown := set(chain(*asked)) - ones.keys():
        raise ValueError(f"no column is called {', '.join(sorted(unknown))}")
    prepared = {name: _prepare(x) for name, x in ones.items() if 0 < x.sum() < n}
    partners: dict[str, list[str]] = defaultdict(list)
    for first, second in asked:
        if pairs is None and _column_of(first) == _column_of(second):
            continue
        if {first, second} <= prepared.keys():
            partners[first].append(second)
    count = sum(map(len, partners.values()))
    if not count:
        return Scan(n, 0, math.nan, math.nan, (), 0, "no two columns vary")
    tests = count * 2 * (n - 1)
    threshold = (1 - level) / tests
    critical = float(stats.norm.isf(threshold / 2))
    hits: list[Hit] = []
    found = 0
    for first, second, z in _all_lags(prepared, partners):
        lags = _peaks(z, prepared[first], prepared[second], critical, threshold)
        found += len(lags)
        hits += [_hit(ones, first, second, lag, tests, level) for lag in lags[:PER_PAIR]]
    hits.sort(key=lambda hit: -abs(hit.correlation.value) * math.sqrt(hit.correlation.n))
    return Scan(n, tests, threshold, critical / math.sqrt(n / 2), tuple(hits), found)


@dataclass(frozen=True)
class _End:
    """The first rows of a column, or its last, by how many a lag leaves out.

    With A and B ones within m rows, coincidences have mean A B / m and variance
    A B (m - A) (m - B) / (m**2 (m - 1)). So a sum of products of centred columns becomes z
    after a product of gaps is taken away and the rest is multiplied with two scales.
    """

    ones: Array
    gaps: Array
    scales: Array


@dataclass(frozen=True)
class _Column:
    """A column as all lags need it: its transform, its first rows and its last."""

    transform: Array
    head: _End
    tail: _End


def _prepare(ones: Array) -> _Column:
    n = len(ones)
    centred = (ones - ones.mean()).astype(KIND)
    transform = fft.rfft(centred, fft.next_fast_len(2 * n, real=True))
    return _Column(transform, _end(ones), _end(ones[::-1]))


def _end(ones: Array) -> _End:
    m = np.arange(len(ones), 0, -1)
    count = np.cumsum(ones)[::-1]
    gaps = (count - m * ones.mean()) / np.sqrt(m)
    variance = count * (m - count) / (m * np.sqrt(np.maximum(m - 1, 1)))
    scales = np.divide(1, np.sqrt(variance), out=np.zeros(len(m)), where=variance > 0)
    return _End(count, gaps.astype(KIND), scales.astype(KIND))


def _all_lags(
    columns: Mapping[str, _Column], partners: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, str, Array]]:
    """Return z of each pair at lags from 1 - rows to rows - 1, where 0 stands in the middle."""
    for first, seconds in partners.items():
        x = columns[first]
        n = len(x.head.ones)
        size = fft.next_fast_len(2 * n, real=True)
        step = max(CHUNK // size, 1)
        for start in range(0, len(seconds), step):
            names = seconds[start : start + step]
            spectrum = x.transform.conj() * np.stack([columns[name].transform for name in names])
            sums = fft.irfft(spectrum, size)
            for name, products in zip(names, sums, strict=True):
                y = columns[name]
                later = _z(products[:n], x.head, y.tail)
                earlier = _z(np.r_[products[0], products[: size - n : -1]], x.tail, y.head)
                yield first, name, np.r_[earlier[:0:-1], later]


def _z(products: Array, first: _End, second: _End) -> Array:
    z: Array = (products - first.gaps * second.gaps) * first.scales * second.scales
    return z


def _peaks(z: Array, x: _Column, y: _Column, critical: float, threshold: float) -> list[int]:
    """Return the lags that chance alone does not make and that stand out, the clearest first."""
    far, middle = np.abs(z), len(z) // 2
    far[middle] = 0
    # A lack of coincidences can be less likely than a normal z of its size, by this factor.
    at = np.flatnonzero(far >= critical / math.sqrt(2))
    at = at[far[at] >= STANDS_OUT * far[2 * middle - at]]
    framed = np.pad(far, BESIDE)
    for step in range(1, BESIDE + 1):
        for beside in (framed[BESIDE - step :], framed[BESIDE + step :]):
            at = at[far[at] >= STANDS_OUT * beside[at]]
    if len(at):
        at = at[_p_values(z[at], at - middle, x, y) <= threshold]
    return [int(lag) for lag in (at - middle)[np.argsort(-far[at], kind="stable")]]


def _p_values(z: Array, lags: Array, x: _Column, y: _Column) -> Array:
    """Return exact p-values: z serves to tell the coincidences alone."""
    later, gone = lags > 0, np.abs(lags)
    first = np.where(later, x.head.ones[gone], x.tail.ones[gone])
    second = np.where(later, y.tail.ones[gone], y.head.ones[gone])
    scales = np.where(
        later, x.head.scales[gone] * y.tail.scales[gone], x.tail.scales[gone] * y.head.scales[gone]
    )
    m = len(x.head.ones) - gone
    return _hypergeometric(np.rint(z / scales + first * second / m), m, first, second)


def _hypergeometric(seen: ArrayLike, rows: ArrayLike, first: ArrayLike, second: ArrayLike) -> Array:
    """Return the two-sided p-value, twice the smaller tail, of so many coincidences."""
    few = stats.hypergeom.cdf(seen, rows, first, second)
    many = stats.hypergeom.sf(np.subtract(seen, 1), rows, first, second)
    return np.asarray(np.minimum(1, 2 * np.minimum(few, many)))


def _hit(
    ones: Mapping[str, Array], first: str, second: str, lag: int, tests: int, level: float
) -> Hit:
    if lag < 0:
        first, second, lag = second, first, -lag
    x, y = ones[first][:-lag], ones[second][lag:]
    m, a, b, seen = len(x), int(x.sum()), int(y.sum()), int((x & y).sum())
    r = (m * seen - a * b) / math.sqrt(a * (m - a) * b * (m - b))
    half = float(stats.norm.isf((1 - level) / 2)) / math.sqrt(max(m - 3, 1))
    with np.errstate(divide="ignore"):
        low, high = (float(np.tanh(np.arctanh(r) + side)) for side in (-half, half))
    return Hit(
        first,
        second,
        lag,
        Estimate(
            value=r,
            low=low,
            high=high,
            level=level,
            n=m,
            p_value=min(1.0, tests * float(_hypergeometric(seen, m, a, b))),
            method="hypergeometric test, Bonferroni",
        ),
        seen,
        expected=a * b / m,
        rate=seen / a,
        base_rate=b / m,
    )


def _column_of(name: str) -> str:
    return name.split(LEVEL_OF, 1)[0]


def _ones(values: Array) -> Array:
    """Return numbers as true and false.

    Raises:
        ValueError: for what is no number.
    """
    if values.dtype.kind not in "biuf":
        raise ValueError("columns are numbers; `indicators` makes them of labels")
    return _halved(values.astype(float))[1]


def _halved(values: Array) -> tuple[str, Array]:
    """Return numbers as true and false, and by what: nothing, or where they were cut."""
    known = values[~np.isnan(values)]
    if np.isin(known, (0, 1)).all():
        return "", values == 1
    middle = np.median(known)
    if (known > middle).any():
        return f" > {middle:g}", values > middle
    return f" >= {middle:g}", values >= middle
