"""One of many worlds: what the chapter's methods answer in it, and what is true there.

Worlds here differ by their seed alone. The *reference* is what they share. Ways to group are the
chapter's own, with fewer draws, starts and references: what varies from world to world is far
more than what these leave to chance. A *claim* is a number without any doubt: its interval has
no width. *Called* is who is at the top by sales and not by value, see `methods.totals.prices`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ...methods.groups import (
    cluster_number,
    clusters,
    density,
    k_means,
    mixtures,
    segment_value,
    structure,
)
from ...methods.groups.cluster_number import Choice
from ...methods.groups.clusters import Labels
from ...methods.groups.mixtures import Mixtures
from ...methods.groups.segment_value import Protected
from ...methods.totals import concentration, prices, top_sets
from ...methods.totals.concentration import Concentration
from ...methods.totals.prices import MuchForLittle
from ...story.estimates import Estimate
from ...worlds.creators.truth import Truth
from ...worlds.creators.world import simulate
from ..many_worlds import NOTHING, Answer
from . import segmentations
from .parameters import Parameters
from .segmentations import MOST_HELD_BACK, Kind, Record
from .simulated import world_parameters

Array = NDArray[np.float64]
Rule = Literal["silhouette", "gap", "stability", "bic", "icl"]
Grouping = Literal["RFM", "k-means", "normal clouds", "DBSCAN"]

MOST_SEED = 2**31  # scikit-learn takes no larger one
# What a replicate spends; the chapter spends several times as much.
EFFORT: dict[str, Any] = {"starts": 2, "references": 4, "resamples": 3, "most": 300}
DRAWS = 200
MOST_CLOUDS = 5
FEWEST_REFERENCES, MOST_REFERENCES = 19, 100


@dataclass(frozen=True)
class Reference:
    """What worlds that differ by their seed alone have in common.

    Attributes:
        p: their parameters.
        types: how many types there are; 1 where all creators are one continuum.
    """

    p: Parameters
    types: int

    @classmethod
    def of(cls, p: Parameters) -> Reference:
        """Return what worlds of these parameters share."""
        return cls(p=p, types=p.types if p.distinctness > 0 else 1)


class Replicate:
    """One world, its record, and the answers of methods that get nothing else."""

    def __init__(self, p: Parameters) -> None:
        """Simulate the world of these parameters."""
        world = simulate(world_parameters(p))
        names = world.hidden["creator"].to_list()
        sales, gmv = (
            pd.DataFrame(table.iloc[:, 1:-1].to_numpy(float), index=names, columns=world.months)
            for table in (world.transactions, world.gmv.fillna(0.0))
        )
        after = world.later.groupby("creator")["gmv"].sum().reindex(names, fill_value=0.0)
        self.p = p
        self.truth: Truth = world.truth
        self.record = Record(
            transactions=sales, gmv=gmv, after=after, months_after=p.ahead, is_held_back=False
        )
        self.past: Array = gmv.sum(axis=1).to_numpy()
        self.level = 1 - p.alpha
        self.number = p.seed % MOST_SEED
        self._features: dict[Kind, pd.DataFrame] = {}
        self._found: dict[tuple[Grouping, Kind], Labels] = {}

    # How concentrated it is.

    def top(self, share: float) -> Answer:
        """Return the share of GMV that the top creators made."""
        return _ends(self._shared.top[share].share if self._shared.top else None)

    def true_top(self, share: float) -> float:
        """Return the share that the top creators were to make, by what was to be expected."""
        return self.truth.top_share("gmv", share)

    def gini(self) -> Answer:
        """Return Gini's coefficient of GMV."""
        return _ends(self._shared.gini)

    def true_gini(self) -> float:
        """Return Gini's coefficient of the GMV that was to be expected."""
        expected = np.sort(self.truth.by_creator["gmv"].to_numpy())
        units, made = concentration.lorenz(expected)
        return 1 - float(np.diff(units) @ (made[1:] + made[:-1]))

    @cached_property
    def _shared(self) -> Concentration:
        return concentration.concentration(
            self.past, level=self.level, seed=self.number, draws=DRAWS, parts=(),
            shares=sorted({self.p.top_share, self.p.cared_for}),
        )  # fmt: skip

    # What comes.

    def true_coming(self) -> float:
        """Return which part of the coming GMV is to be expected of those with the most so far."""
        later = self.truth.creators["expected_later"].to_numpy()
        top = np.argsort(-self.past, kind="stable")
        top = top[: concentration.top_units(self.p.cared_for, len(top))]
        total = float(later.sum())
        return float(later[top].sum()) / total if total > 0 else math.nan

    def held_back(self) -> Answer:
        """Return which part of the last months' GMV those with the most before them made."""
        gmv = self.record.gmv.to_numpy()
        back = min(max(gmv.shape[1] // 4, 1), MOST_HELD_BACK)
        before, after = gmv[:, :-back].sum(axis=1), gmv[:, -back:].sum(axis=1)
        # Who begins in the late months could not be chosen, nor does what comes count such.
        seen = before > 0
        if not seen.any():
            return NOTHING
        alike = [0] * int(seen.sum())  # only totals are asked for
        return _ends(self._kept(alike, before[seen], after[seen]).by_total)

    def in_view(self, grouping: Grouping) -> Answer:
        """Return how much more of the coming GMV segments keep in view than totals do."""
        after = np.asarray(self.record.after, dtype=float)
        return _ends(self._kept(self._labels(grouping), self.past, after).gain)

    def _kept(self, labels: Any, before: Array, after: Array) -> Protected:
        return segment_value.protected(
            labels, before, after,
            size=self.p.cared_for, seed=self.number, level=self.level, resamples=DRAWS,
        )  # fmt: skip

    # How many types there are.

    def number_of_types(self, rule: Rule) -> Answer:
        """Return how many types a rule claims."""
        if rule in ("bic", "icl"):
            return _claim(getattr(self._clouds, f"by_{rule}").k)
        return _claim(getattr(self._choice, f"by_{rule}"))

    def has_types(self) -> Answer:
        """Return whether there are types, 1 or 0; what finds none does not say there are none."""
        # With fewer references no p-value would be below what is asked.
        enough = math.ceil(1 / self.p.alpha)
        found = structure.structure(
            self._values(self.p.features), seed=self.number, level=self.level, starts=1,
            references=min(max(enough, FEWEST_REFERENCES), MOST_REFERENCES),
        )  # fmt: skip
        if found.reason:
            return NOTHING
        return (1.0, 1.0, 1.0) if found.has_types else (0.0, 0.0, 1.0)

    @cached_property
    def _choice(self) -> Choice:
        values = self._values(self.p.features)
        most = min(self.p.most_clusters, max(len(values) // 4, 2))
        return cluster_number.choose(
            values, range(1, most + 1), seed=self.number, level=self.level, **EFFORT
        )

    @cached_property
    def _clouds(self) -> Mixtures:
        return mixtures.mixtures(
            self._values(self.p.features), range(1, MOST_CLOUDS + 1), seed=self.number,
            starts=1, most=EFFORT["most"],
        )  # fmt: skip

    # Who belongs together.

    def like_types(self, grouping: Grouping, features: Kind | None = None) -> Answer:
        """Return how far groups agree with true types."""
        types = self.truth.creators["type"].to_numpy()
        labels = self._labels(grouping, features)
        return _ends(clusters.agreement(labels, types, level=self.level))

    @property
    def groups(self) -> int:
        """Number of groups that k-means makes, chosen as in the chapter."""
        asked = self.p.clusters, self._choice.by_gap, self._choice.by_silhouette
        return next((k for k in asked if k and k > 1), 2)

    def _labels(self, grouping: Grouping, features: Kind | None = None) -> Labels:
        key = grouping, features or self.p.features
        if key not in self._found:
            self._found[key] = self._grouped(*key)
        return self._found[key]

    def _grouped(self, grouping: Grouping, features: Kind) -> Labels:
        p, values = self.p, self._values(features)
        if grouping == "RFM":
            return clusters.numbered(segmentations.rfm_labels(self.record, p).labels)
        if grouping == "k-means":
            return k_means.k_means(values, self.groups, seed=self.number, starts=3).labels
        if grouping == "normal clouds":
            return self._clouds.by_bic.labels
        asked = min(p.neighbours, len(values) - 1)
        curve = density.distance_curve(values, asked, seed=self.number)
        eps = p.eps or segmentations.eps_of(curve)
        return density.dbscan(values, eps=eps, neighbours=p.neighbours, seed=self.number).labels

    def _values(self, kind: Kind) -> pd.DataFrame:
        if kind not in self._features:
            self._features[kind] = segmentations.values_of(self.record, kind)
        return self._features[kind]

    # Who sells much and earns little.

    def called(self, *, surely: bool = False) -> Answer:
        """Return which share of those called sell much and earn little by the rules.

        `surely`: called are only those whom nearly all draws of months leave there. The interval
        has an upper end alone: that of Clopper and Pearson (1934).
        """
        found = self._much_for_little
        names = found.chance.index[found.chance >= self.level] if surely else found.table.index
        if not len(names):
            return NOTHING
        right = self._truly[names]
        share = stats.binomtest(int(right.sum()), len(right), alternative="less")
        return float(right.mean()), 0.0, float(share.proportion_ci(self.level).high)

    @cached_property
    def _much_for_little(self) -> MuchForLittle:
        return prices.much_for_little(
            self.record.transactions, self.record.gmv, share=self.p.top_share,
            level=self.level, seed=self.number, draws=DRAWS,
        )  # fmt: skip

    @cached_property
    def _truly(self) -> pd.Series[bool]:
        expected = self.truth.by_creator
        sell, earn = (
            top_sets.at_top(expected[name].to_numpy(), self.p.top_share)
            for name in ("transactions", "gmv")
        )
        return pd.Series(sell & ~earn, index=self.record.gmv.index)


def _claim(value: float | None) -> Answer:
    return NOTHING if value is None else (float(value),) * 3


def _ends(estimate: Estimate | None) -> Answer:
    return NOTHING if estimate is None else (estimate.value, estimate.low, estimate.high)
