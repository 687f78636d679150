"""Whether names by recency, frequency and money hold.

- *in a resample*: units are drawn again, edges set anew from them, and all units named by these
  edges. What a unit did stays; only whom it is compared with changes.
- *one period more*: units are named without the last periods and with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..intervals import share_of
from ..predictions.outcomes import Array
from ..resampling import counts_of
from .recency import Recency
from .rfm import MEASURES, Scheme, check_measures, measures, segment


@dataclass(frozen=True, kw_only=True)
class Steadiness:
    """How names hold when units are drawn again.

    Attributes:
        kept: share of units that keep their name in a resample, on average.
        worst: the share that is undercut in a resample of every twenty.
        adjusted_rand: agreement with the names as observed beyond chance, on average; names that
            swap places would not lower it.
        table: one row a name: `segment`, `units`, `kept` (of these, on average; NaN without
            units), `low` and `high` (units with that name, of as many drawn).
        chance: of each unit, the share of resamples that leave its name.
        draws: resamples.
    """

    kept: float
    worst: float
    adjusted_rand: float
    table: pd.DataFrame
    chance: pd.Series[float]
    draws: int


@dataclass(frozen=True, kw_only=True)
class OnePeriodMore:
    """How names hold when periods are added.

    Attributes:
        kept: share of units with a name before that have the same one after; Wilson's interval.
            None where nobody was active before.
        adjusted_rand: agreement of both beyond chance; None likewise.
        moves: names before (rows) by names after (columns), in units.
        new: units that were never active before.
        before, after: periods that enter.
        reason: why there is no share, or "".
    """

    kept: Estimate | None
    adjusted_rand: float | None
    moves: pd.DataFrame
    new: int
    before: int
    after: int
    reason: str = ""


def steadiness(
    of: pd.DataFrame, scheme: Scheme, *, level: float, seed: int, draws: int = 500
) -> Steadiness:
    """Return how names hold when units are drawn again; `of` as for `rfm.segment`.

    Scales that the scheme gives stay; edges by quantiles move.

    Raises:
        ValueError: a level that is no share, or fewer than 20 draws.
        DataError: as `rfm.segment`.
    """
    check_share("level", level)
    check_at_least("the number of draws", draws, 20)
    check_measures(of)
    names, n = scheme.names, len(of)
    random = np.random.default_rng(seed)
    columns = {name: of[name].to_numpy(dtype=float) for name in MEASURES}
    observed = _places(columns, columns, scheme)
    same, sizes = np.zeros(n), np.empty((draws, len(names)))
    kept, agreed = np.empty(draws), np.empty(draws)
    for draw in range(draws):
        counts = counts_of(random, n)
        drawn = {name: np.repeat(column, counts) for name, column in columns.items()}
        places = _places(columns, drawn, scheme)
        same += places == observed
        kept[draw] = np.mean(places == observed)
        agreed[draw] = _agreement(observed, places, len(names))
        sizes[draw] = np.bincount(places, weights=counts, minlength=len(names))
    low, high = np.quantile(sizes, [(1 - level) / 2, (1 + level) / 2], axis=0)
    units = np.bincount(observed, minlength=len(names))
    held = np.bincount(observed, weights=same / draws, minlength=len(names))
    return Steadiness(
        kept=float(kept.mean()),
        worst=float(np.quantile(kept, 0.05)),
        adjusted_rand=float(agreed.mean()),
        table=pd.DataFrame(
            {
                "segment": names,
                "units": units,
                "kept": np.divide(held, units, out=np.full(len(names), np.nan), where=units > 0),
                "low": low,
                "high": high,
            }
        ),
        chance=pd.Series(same / draws, index=of.index, name="chance"),
        draws=draws,
    )


def one_period_more(
    counts: pd.DataFrame,
    money: pd.DataFrame,
    scheme: Scheme,
    *,
    level: float,
    more: int = 1,
    kind: Recency = "last",
    frequency: Literal["total", "periods"] = "total",
) -> OnePeriodMore:
    """Return how names hold when the last `more` periods are added; else as `rfm.measures`.

    Before, only units that were active are named, so that they are whom edges come from.

    Raises:
        ValueError: a level that is no share, or not at least one period more and one before.
        DataError: as `rfm.measures`.
    """
    check_share("level", level)
    check_at_least("the number of periods more", more, 1)
    check_at_least("the number of periods before", counts.shape[1] - more, 1)
    after = segment(measures(counts, money, kind=kind, frequency=frequency), scheme).units
    first = counts.iloc[:, :-more]
    early = measures(first, money[first.columns], kind=kind, frequency=frequency)
    early = early[early["frequency"] > 0]
    names = list(scheme.names)
    new, shape = len(counts) - len(early), (counts.shape[1] - more, counts.shape[1])
    if early.empty:
        return OnePeriodMore(
            kept=None,
            adjusted_rand=None,
            moves=pd.DataFrame(0, index=names, columns=names),
            new=new,
            before=shape[0],
            after=shape[1],
            reason="nobody was active before",
        )
    was = segment(early, scheme).units["segment"]
    now = after["segment"].loc[was.index]
    moves = pd.crosstab(was, now).reindex(index=names, columns=names, fill_value=0)
    return OnePeriodMore(
        kept=share_of(float((was == now).sum()), len(was), level=level),
        adjusted_rand=_adjusted_rand(moves.to_numpy(dtype=float)),
        moves=moves.rename_axis(index="before", columns="after"),
        new=new,
        before=shape[0],
        after=shape[1],
    )


def _places(
    of: dict[str, Array], edges_from: dict[str, Array], scheme: Scheme
) -> NDArray[np.int64]:
    """Return the place of each unit's name, with edges by quantiles of other units."""
    scales = scheme.scales(edges_from)
    return scheme.places([scales[name].scores(of[name]) for name in MEASURES])


def _agreement(first: NDArray[np.int64], second: NDArray[np.int64], names: int) -> float:
    table = np.bincount(first * names + second, minlength=names**2).reshape(names, names)
    return _adjusted_rand(table.astype(float))


def _adjusted_rand(table: Array) -> float:
    """Return the agreement of two ways to name units, from how often names go together.

    Hubert & Arabie 1985, Journal of Classification 2; 1 where both name all units alike.
    """
    together, rows, columns, units = (
        float((x * (x - 1) / 2).sum())
        for x in (table, table.sum(axis=1), table.sum(axis=0), table.sum())
    )
    chance = rows * columns / units if units else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == chance else (together - chance) / (most - chance)
