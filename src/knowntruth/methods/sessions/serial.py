"""Serial dependence: what days that are not independent do to a comparison of two stretches.

A *series* has one value a day; its *stretches* are the days before and from a start on. If a
good day follows a good day, n days say less than n independent ones: about n * (1 - r) / (1 + r)
of them, if what days share falls off like r, r**2, r**3 (the *effective number* of days).

Three comparisons of the stretches' means: `welch` takes days for independent, and calls
differences far too often where they are not. `newey_west` adds to the variance what neighbouring
days share, weighed down to nothing beyond so many lags (Newey & West 1987, Econometrica 55(3)),
which mends part of it. `cosine` takes the variance of each mean from how the stretch moves along
its first few cosine waves, each an independent reading, and so with t of as many degrees of
freedom (Lazarus, Lewis, Stock & Watson 2018, Journal of Business & Economic Statistics 36(4),
p. 541-559): wider, and right far longer. None of them knows a trend from a difference.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ...errors import DataError, Problem
from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..panels.panel import Array
from ..panels.regression import t_estimate
from ..tables import Table, check_columns, check_numbers, number, quoted, relation

FEWEST = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Stretches:
    """Two stretches of a daily series, in the order of days.

    Attributes:
        before, after: their values.
        left_out: days without a value; their neighbours count as neighbours.
    """

    before: Array
    after: Array
    left_out: int = 0

    @property
    def days(self) -> int:
        """How many days there are."""
        return len(self.before) + len(self.after)

    @property
    def change(self) -> float:
        """The mean after less that before."""
        return float(self.after.mean() - self.before.mean())

    @property
    def residuals(self) -> tuple[Array, Array]:
        """Each stretch about its own mean."""
        return self.before - self.before.mean(), self.after - self.after.mean()


@dataclass(frozen=True, kw_only=True)
class Change:
    """A comparison of two stretches.

    Attributes:
        estimate: mean after less mean before, or None where `reason` is not empty.
        error: its standard error.
        degrees: of freedom of t.
        reason: why there is no estimate, or "".
    """

    estimate: Estimate | None = None
    error: float = math.nan
    degrees: float = math.nan
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Dependence:
    """How far days go along with the day before.

    Attributes:
        autocorrelation: of lag one, within stretches; its interval and p-value are those about
            independence (Bartlett 1946). In n days it is too small by about (1 + 4 r) / n. None
            where `reason` is not empty.
        days: of both stretches.
        effective: independent days that would say as much.
        widening: by how much errors that take days for independent are too small.
        reason: why there is none, or "".
    """

    autocorrelation: Estimate | None = None
    days: int = 0
    effective: float = math.nan
    widening: float = math.nan
    reason: str = ""


def stretches(table: Table, *, day: str, value: str, start: object) -> Stretches:
    """Read a series of one row a day, and part it at `start`, the first day of the second.

    Raises:
        DataError: a missing column, one without numbers, an infinite value or a day twice.
    """
    rows = relation(table)
    check_columns(rows, [day, value])
    check_numbers(rows, [value])
    worth = number(value, whole=False)
    known = rows.filter(f"{quoted(day)} IS NOT NULL AND {worth} IS NOT NULL")
    kind = rows.types[rows.columns.index(day)]
    text = str(start).replace("'", "''")
    later = f"{quoted(day)} >= CAST('{text}' AS {kind})"
    ((count, days, infinite),) = known.aggregate(
        f"count(*), count(DISTINCT {quoted(day)}), count(*) FILTER (isinf({worth}))"
    ).fetchall()
    found = [
        (f"column {day}", "a day has two rows", "Aggregate to one row a day.", count - days),
        (f"column {value}", "a value is infinite", "Remove or correct it.", infinite),
    ]
    problems = [Problem(where, what, fix) for where, what, fix, times in found if times]
    if problems:
        raise DataError("This is no daily series", problems)
    ((total,),) = rows.aggregate("count(*)").fetchall()
    ordered = known.project(f"{quoted(day)} AS day, {worth} AS worth, {later} AS later")
    columns = ordered.order("day").fetchnumpy()
    values = np.asarray(columns["worth"], dtype=float)
    after = np.asarray(columns["later"], dtype=bool)
    return Stretches(before=values[~after], after=values[after], left_out=total - count)


def dependence(series: Stretches, *, level: float) -> Dependence:
    """Return lag-one autocorrelation, and what it leaves of the number of days."""
    check_share("level", level)
    reason = _unfit(series)
    if reason:
        return Dependence(days=series.days, reason=reason)
    parts = series.residuals
    together = sum(float(part[1:] @ part[:-1]) for part in parts)
    r = together / sum(float(part @ part) for part in parts)
    n = series.days
    reach = float(stats.norm.isf((1 - level) / 2)) / math.sqrt(n)
    return Dependence(
        autocorrelation=Estimate(
            value=r,
            low=r - reach,
            high=r + reach,
            level=level,
            n=n,
            p_value=2 * float(stats.norm.sf(abs(r) * math.sqrt(n))),
            method="lag-one autocorrelation",
        ),
        days=n,
        effective=n * (1 - r) / (1 + r),
        widening=math.sqrt((1 + r) / (1 - r)),
    )


def welch(series: Stretches, *, level: float) -> Change:
    """Compare as if days were independent."""
    check_share("level", level)
    reason = _unfit(series)
    if reason:
        return Change(reason=reason)
    parts = [float(part @ part) / (len(part) - 1) / len(part) for part in series.residuals]
    return _two(
        series, parts, [len(part) - 1 for part in series.residuals], level, "Welch's t-test"
    )


def newey_west(series: Stretches, *, level: float, lags: int | None = None) -> Change:
    """Compare with what days share over `lags` days added, and n / (n - 2) as in least squares.

    By default lags are 4 * (n / 100) ** (2 / 9), rounded down, the usual choice.

    Raises:
        ValueError: a level that is no share, or negative lags.
    """
    check_share("level", level)
    if lags is not None:
        check_at_least("lags", lags, 0)
    reason = _unfit(series)
    if reason:
        return Change(reason=reason)
    n = series.days
    most = math.floor(4 * (n / 100) ** (2 / 9)) if lags is None else min(lags, n - 1)
    before, after = series.residuals
    # What each day adds to the difference of means.
    scores = np.concatenate([-before / len(before), after / len(after)])
    variance = float(scores @ scores)
    for lag in range(1, most + 1):
        variance += 2 * (1 - lag / (most + 1)) * float(scores[lag:] @ scores[:-lag])
    error = math.sqrt(variance * n / (n - 2))
    method = f"Newey-West, {most} lags"
    return Change(
        estimate=t_estimate(series.change, error, n - 2, level=level, n=n, method=method),
        error=error,
        degrees=n - 2,
    )


def cosine(series: Stretches, *, level: float, waves: int | None = None) -> Change:
    """Compare with the variance of each mean taken from its stretch's first cosine waves.

    By default waves are 0.4 * n ** (2 / 3) for a stretch of n days, rounded down, as its authors
    advise; at most n - 1.

    Raises:
        ValueError: a level that is no share, or fewer than one wave.
    """
    check_share("level", level)
    if waves is not None:
        check_at_least("waves", waves, 1)
    reason = _unfit(series)
    if reason:
        return Change(reason=reason)
    variances, degrees = [], []
    for part in series.residuals:
        n = len(part)
        count = max(math.floor(0.4 * n ** (2 / 3)), 1) if waves is None else min(waves, n - 1)
        middle = (np.arange(n) + 0.5) / n
        wave = math.sqrt(2 / n) * np.cos(np.pi * np.outer(np.arange(1, count + 1), middle))
        variances.append(float(((wave @ part) ** 2).mean()) / n)
        degrees.append(count)
    return _two(series, variances, degrees, level, "cosine waves")


def _unfit(series: Stretches) -> str:
    shortest = min(len(series.before), len(series.after))
    if shortest < FEWEST:
        return f"a stretch has fewer than {FEWEST} days"
    if not all(float(part @ part) > 0 for part in series.residuals):
        return "the values of a stretch do not differ"
    return ""


def _two(
    series: Stretches, variances: list[float], degrees: list[int], level: float, method: str
) -> Change:
    """Return the comparison of two means, with Satterthwaite's degrees of freedom."""
    total = sum(variances)
    free = total**2 / sum(v**2 / d for v, d in zip(variances, degrees, strict=True))
    error = math.sqrt(total)
    estimate = t_estimate(series.change, error, free, level=level, n=series.days, method=method)
    return Change(estimate=estimate, error=error, degrees=free)
