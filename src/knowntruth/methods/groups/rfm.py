"""RFM: names for units by recency, frequency and money.

- *measures*: for each unit how long ago it was seen (see `recency`), how often, and what it made.
- *score*: 1 is best. A *scale* has edges; a value on an edge belongs with the values below it. So
  on an edge a unit has the worse score where high is best, and the better where low is.
- *code*: the three scores in a row, as in 141.
- *rule*: a name for ranges of scores; of rules that fit, the first gives the name.

Scores by quantiles compare units with each other: when others change, a unit's name can change
though it did nothing. `rfm_stability` asks how much the names hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ...errors import DataError, Problem
from ..checks import check_between
from ..predictions.outcomes import Array
from .recency import Recency, recency
from .unit_periods import same_units_and_periods

Scores = NDArray[np.int64]
Best = Literal["high", "low"]
Range = tuple[int, int]

MEASURES = ("recency", "frequency", "money")
BEST: dict[str, Best] = {"recency": "low", "frequency": "high", "money": "high"}


class Scale(NamedTuple):
    """Edges between scores.

    Attributes:
        edges: from the lowest up; a value on an edge belongs below it.
        best: whether high or low values have score 1.
    """

    edges: tuple[float, ...]
    best: Best

    def scores(self, values: ArrayLike) -> Scores:
        """Return the score of each value, from 1 to one more than there are edges."""
        below = np.searchsorted(self.edges, np.asarray(values, dtype=float), side="left")
        return np.asarray(1 + (below if self.best == "low" else len(self.edges) - below))

    def on_edges(self, values: ArrayLike) -> int:
        """Return how many values lie on an edge: their score rests on where edges belong."""
        return int(np.isin(np.asarray(values, dtype=float), self.edges).sum())


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A name for the units whose scores lie in three ranges, ends included."""

    name: str
    recency: Range
    frequency: Range
    money: Range

    def __post_init__(self) -> None:
        """Refuse ranges that hold no score."""
        for low, high in (self.recency, self.frequency, self.money):
            if not 1 <= low <= high:
                raise ValueError(f"scores from {low} to {high} are no range of {self.name}")

    def fits(self, scores: Sequence[Scores]) -> NDArray[np.bool_]:
        """Return whether each unit's three scores lie in the ranges."""
        ranges = (self.recency, self.frequency, self.money)
        inside = [(low <= s) & (s <= high) for s, (low, high) in zip(scores, ranges, strict=True)]
        return np.asarray(np.logical_and.reduce(inside))


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """How units get names.

    Attributes:
        rules: tried in this order.
        recency, frequency, money: a scale, or into how many parts quantiles cut the units.
        others: the name of units that no rule fits.
    """

    rules: tuple[Rule, ...]
    recency: Scale | int = 4
    frequency: Scale | int = 4
    money: Scale | int = 4
    others: str = "others"

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in the order of the rules, `others` last."""
        return tuple(dict.fromkeys([*(rule.name for rule in self.rules), self.others]))

    def scales(self, measures: pd.DataFrame | dict[str, Array]) -> dict[str, Scale]:
        """Return the scale of each measure; quantiles are those of the units given."""
        found = {}
        for name in MEASURES:
            asked: Scale | int = getattr(self, name)
            if isinstance(asked, int):
                asked = quantile_scale(measures[name], parts=asked, best=BEST[name])
            found[name] = asked
        return found

    def places(self, scores: Sequence[Scores]) -> Scores:
        """Return the place of each unit's name among `names`."""
        place = {name: i for i, name in enumerate(self.names)}
        found = np.full(len(scores[0]), place[self.others])
        for rule in reversed(self.rules):
            found[rule.fits(scores)] = place[rule.name]
        return found


@dataclass(frozen=True, kw_only=True)
class Segments:
    """Units with their names.

    Attributes:
        units: one row a unit: the three measures, their scores (`recency_score` and so on),
            `code` and `segment`.
        table: one row a name, in the order of the rules: `segment`, `units`, `share_of_units`,
            `frequency` and `money` (sums), `share_of_money` (NaN where nobody made any),
            `recency` (median, NaN without units) and `codes` (how many different).
        scales: of each measure.
        on_edges: of each measure, how many units lie on an edge.
        empty: names that no unit has.
        contested: codes that units have and several rules fit, with those rules' names.
    """

    units: pd.DataFrame
    table: pd.DataFrame
    scales: dict[str, Scale]
    on_edges: dict[str, int]
    empty: tuple[str, ...]
    contested: dict[str, tuple[str, ...]]


def quantile_scale(values: ArrayLike, *, parts: int, best: Best) -> Scale:
    """Return the scale whose edges cut values into so many parts of equal size, but for ties.

    Quantiles lie between two values where they fall between them (numpy's `linear`). With many
    ties edges can coincide: then nobody has the score between them.

    Raises:
        ValueError: fewer than two parts, or more than nine, whose scores need two digits.
    """
    check_between("the number of parts", parts, 1, 10)
    x = np.asarray(values, dtype=float)
    return Scale(tuple(np.percentile(x, 100 * np.arange(1, parts) / parts).tolist()), best)


def measures(
    counts: pd.DataFrame,
    money: pd.DataFrame,
    *,
    kind: Recency = "last",
    frequency: Literal["total", "periods"] = "total",
) -> pd.DataFrame:
    """Return recency, frequency and money of each unit, from two tables of units by period.

    Args:
        counts: how often each unit did it in each period.
        money: what that made.
        kind: the reading of recency, see there.
        frequency: all that was counted, or in how many periods there was any.

    Raises:
        DataError: tables that cannot be used, or do not go together; see `unit_periods`.
    """
    often, made = same_units_and_periods(counts, money, ("counts", "money"))
    times = often.totals if frequency == "total" else (often.values > 0).sum(axis=1)
    return pd.DataFrame(
        {
            "recency": recency(counts, kind=kind).to_numpy(),
            "frequency": times.astype(float),
            "money": made.totals,
        },
        index=often.units,
    )


def segment(of: pd.DataFrame, scheme: Scheme) -> Segments:
    """Return units with their names; `of` has one row a unit and the three measures.

    Raises:
        DataError: no units, or measures that are missing or not finite.
    """
    check_measures(of)
    scales = scheme.scales(of)
    scores = [scales[name].scores(of[name]) for name in MEASURES]
    names = np.array(scheme.names, dtype=object)
    units = of[list(MEASURES)].copy()
    for name, score in zip(MEASURES, scores, strict=True):
        units[f"{name}_score"] = score
    units["code"] = ["".join(map(str, code)) for code in zip(*scores, strict=True)]
    units["segment"] = names[scheme.places(scores)]
    table = _table(units, scheme.names)
    return Segments(
        units=units,
        table=table,
        scales=scales,
        on_edges={name: scales[name].on_edges(of[name]) for name in MEASURES},
        empty=tuple(table["segment"][table["units"] == 0]),
        contested=_contested(units, scheme, scales),
    )


def check_measures(of: pd.DataFrame) -> None:
    """Check that a table has units and the three measures of each.

    Raises:
        DataError: otherwise.
    """
    problems = [
        Problem(
            f"column {name}", "a unit has no finite number there", "Correct it, or leave it out."
        )
        for name in MEASURES
        if name not in of or not np.isfinite(of[name].to_numpy(dtype=float)).all()
    ]
    if not len(of):
        problems.append(Problem("measures", "there are no units", "Give at least one."))
    if problems:
        raise DataError("Units cannot be scored", problems)


def _table(units: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    groups = units.groupby("segment", observed=True)
    table = pd.DataFrame(
        {
            "units": groups.size(),
            "frequency": groups["frequency"].sum(),
            "money": groups["money"].sum(),
            "recency": groups["recency"].median(),
            "codes": groups["code"].nunique(),
        }
    ).reindex(list(names))
    whole = ["units", "codes"]
    table[[*whole, "frequency", "money"]] = table[[*whole, "frequency", "money"]].fillna(0.0)
    table[whole] = table[whole].astype(int)
    total: float = units["money"].sum()
    table["share_of_units"] = table["units"] / len(units)
    table["share_of_money"] = table["money"] / total if total > 0 else np.nan
    order = ["units", "share_of_units", "frequency", "money", "share_of_money", "recency", "codes"]
    return table[order].rename_axis("segment").reset_index()


def _contested(
    units: pd.DataFrame, scheme: Scheme, scales: dict[str, Scale]
) -> dict[str, tuple[str, ...]]:
    present, found = set(units["code"]), {}
    scores = [range(1, len(scales[name].edges) + 2) for name in MEASURES]
    for code in product(*scores):
        alone = [np.array([score], dtype=np.int64) for score in code]
        fitting = tuple(rule.name for rule in scheme.rules if rule.fits(alone)[0])
        name = "".join(map(str, code))
        if len(fitting) > 1 and name in present:
            found[name] = fitting
    return found
