"""Top sets: who is at the top by one measure, by another, and by both.

- *top set* of a share: the units at or above the quantile that leaves this share above itself
  (numpy's `linear`). Units that tie there are all in it, so ties make it larger.
- *overlap*: of the top set by the first measure, the share that is in the second's too.
- *chance*: the overlap of sets of these sizes, drawn at random: hypergeometric.

Being at the top is being there in these periods. `top_chances` draws the periods again, and says
who would be there in other ones like them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import hypergeom

from ...errors import DataError, Problem
from ...story.estimates import Estimate
from ..checks import check_share
from ..groups.unit_periods import unit_periods
from ..predictions.outcomes import Array
from ..rank_correlation import rank_correlation
from ..resampling import Counts, period_counts, resample


@dataclass(frozen=True, kw_only=True)
class TopSets:
    """Two top sets and what they have in common.

    Attributes:
        n: units that have both measures.
        thresholds: quantiles from which on a unit is at the top, by each measure.
        first, second: units at the top by each, those with the most first.
        both, only_first, only_second: in the order of `first`, `second` for the last.
        overlap: share of `first` that is in `second`; BCa interval of units drawn again.
        by_chance: units expected in both if the measures had nothing to do with each other.
        chance_low, chance_high: ends that hold this number by chance, with `level` at least.
        p_value: chance that so many or more would be in both.
        ranks: Spearman's correlation of the measures, with Bonett & Wright's interval (2000,
            Psychometrika 65); None of fewer than four units or where a measure never differs.
        reason: why there is no overlap, or "".
    """

    n: int
    thresholds: tuple[float, float] | None = None
    first: tuple[object, ...] = ()
    second: tuple[object, ...] = ()
    both: tuple[object, ...] = ()
    only_first: tuple[object, ...] = ()
    only_second: tuple[object, ...] = ()
    overlap: Estimate | None = None
    by_chance: float | None = None
    chance_low: int | None = None
    chance_high: int | None = None
    p_value: float | None = None
    ranks: Estimate | None = None
    reason: str = ""


def top_sets(
    first: pd.Series[float],
    second: pd.Series[float],
    *,
    share: float,
    level: float,
    seed: int,
    draws: int = 2_000,
) -> TopSets:
    """Return who is at the top by two measures of the same units, and what chance would give.

    Units are matched by their names; those without a number in either are left out.

    Raises:
        ValueError: a share or level that is none, or fewer than 20 draws.
        DataError: a unit that stands twice, or infinite values.
    """
    check_share("share", share)
    check_share("level", level)
    table = _matched(first, second)
    n = len(table)
    if n < 2:
        return TopSets(n=n, reason="fewer than two units have both measures")
    x, y = table["first"].to_numpy(dtype=float), table["second"].to_numpy(dtype=float)
    top_x, top_y = at_top(x, share), at_top(y, share)
    names = [table.index[top][np.argsort(-v[top], kind="stable")] for v, top in (
        (x, top_x), (y, top_y),
    )]  # fmt: skip
    tops = [set(one) for one in names]
    in_both = len(tops[0] & tops[1])

    columns = _Sorted(x, share), _Sorted(y, share)

    def statistic(counts: Counts) -> Array:
        in_first, in_second = (one.at_top(counts) for one in columns)
        return np.array([counts @ (in_first & in_second) / (counts @ in_first)])

    found = resample(statistic, n, level=level, draws=draws, seed=seed)
    chance = hypergeom(n, len(names[0]), len(names[1]))
    low, high = chance.ppf([(1 - level) / 2, (1 + level) / 2])
    return TopSets(
        n=n,
        thresholds=(_threshold(x, share), _threshold(y, share)),
        first=tuple(names[0]),
        second=tuple(names[1]),
        both=tuple(name for name in names[0] if name in tops[1]),
        only_first=tuple(name for name in names[0] if name not in tops[1]),
        only_second=tuple(name for name in names[1] if name not in tops[0]),
        overlap=found.estimate(0, unit="share", bounds=(0.0, 1.0)),
        by_chance=len(names[0]) * len(names[1]) / n,
        chance_low=int(low),
        chance_high=int(high),
        p_value=float(chance.sf(in_both - 1)),
        ranks=rank_correlation(x, y, level=level),
    )


def top_chances(
    table: pd.DataFrame, *, share: float, level: float, seed: int, draws: int = 500
) -> pd.DataFrame:
    """Return how surely each unit is at the top, when periods are drawn again.

    `table` holds units by period, see `unit_periods`. All units get the same periods, so that what
    they have in common stays; see `resampling.period_counts` for what this cannot say.

    Returns:
        One row a unit, the largest total first: `total`, `rank` (1 is the most; ties share the
        better), `low` and `high` (ranks that hold with `level`), `top` (whether it is at the top)
        and `chance` (the share of resamples in which it is).

    Raises:
        ValueError: a share or level that is none, or fewer than two periods or 20 draws.
        DataError: see `unit_periods`.
    """
    check_share("share", share)
    check_share("level", level)
    found = unit_periods(table, "of units by period")
    # One row a resample: what runs along units then runs along memory.
    drawn = period_counts(len(found.periods), draws=draws, seed=seed).T @ found.values.T
    ranks = np.array([_ranks(one) for one in drawn])
    # Ranks are whole, and so are the ends.
    low, high = np.quantile(ranks, [(1 - level) / 2, (1 + level) / 2], axis=0, method="nearest")
    return pd.DataFrame(
        {
            "total": found.totals,
            "rank": _ranks(found.totals),
            "low": low.astype(int),
            "high": high.astype(int),
            "top": at_top(found.totals, share),
            "chance": at_top(drawn, share).mean(axis=0),
        },
        index=found.units,
    ).sort_values("rank", kind="stable")


def at_top(values: Array, share: float) -> NDArray[np.bool_]:
    """Return which values are at the top; of a matrix, in each row."""
    place = _place(values.shape[-1], share)
    # Above a quantile lie the values from the next one up: those are what a partition finds.
    return np.asarray(values >= np.partition(values, place, axis=-1)[..., [place]])


def _ranks(values: Array) -> NDArray[np.int64]:
    """Return the rank of each value, 1 for the most; ties share the better."""
    # scipy's `rankdata` takes five times as long for many rows.
    return np.asarray(1 + len(values) - np.searchsorted(np.sort(values), values, side="right"))


def _place(n: int, share: float) -> int:
    """Return the place, from 0 for the smallest, of the least value at the top of n."""
    # 1 - 0.7 is a little above 0.3, and a place may not move up by that.
    return math.ceil((1 - share) * (n - 1) - 1e-9)


def _threshold(values: Array, share: float) -> float:
    return float(np.quantile(values, round(1 - share, 12)))


class _Sorted:
    """A column sorted once, so that the top of any resample of it is found by counting."""

    def __init__(self, values: Array, share: float) -> None:
        self.values, self.share = values, share
        self.order = np.argsort(values, kind="stable")

    def at_top(self, counts: Counts) -> NDArray[np.bool_]:
        """Return which units are at the top, where each occurs so often."""
        reached = np.cumsum(counts[self.order])
        place = np.searchsorted(reached, _place(int(reached[-1]), self.share), side="right")
        return np.asarray(self.values >= self.values[self.order[place]])


def _matched(first: pd.Series[float], second: pd.Series[float]) -> pd.DataFrame:
    problems = []
    for name, one in (("first", first), ("second", second)):
        if not one.index.is_unique:
            twice = one.index[one.index.duplicated()][0]
            problems.append(Problem(f"{name} measure", f"unit {twice} stands twice", "Keep one."))
        if np.isinf(one.to_numpy(dtype=float)).any():
            problems.append(
                Problem(f"{name} measure", "it has an infinite value", "Correct it, or leave out.")
            )
    if problems:
        raise DataError("Two measures cannot be compared", problems)
    return pd.concat({"first": first, "second": second}, axis=1, join="inner").dropna()
