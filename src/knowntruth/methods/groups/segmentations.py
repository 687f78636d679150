"""Segmentations: which of several ways to group the same units serves best, and for what.

A *segmentation* is a label for each unit, of any kind, and where it can be learnt again from
other rows, its learner (see `cluster_stability`). `compare` holds several against four things
that they could be good for; nothing says that the same one wins all:

- *stability*: whether other units would have led to the same segments;
- *truth*: agreement with true types, where these are known;
- *prediction*: how much of what comes later the segment tells (`segment_prediction`);
- *value*: how much of it is in view when as many units are looked after (`segment_value`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ...story.estimates import Estimate
from ..checks import check_share
from .cluster_stability import Stability, stability
from .clusters import adjusted_rand, agreement
from .k_means import Learner
from .segment_prediction import Foretold, by_segment
from .segment_value import Protected, protected


@dataclass(frozen=True)
class Segmentation:
    """A way to group units.

    Attributes:
        labels: of each unit, of any kind.
        learn: learns labels from rows; None where that makes no sense.
    """

    labels: Any
    learn: Learner | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What one segmentation is good for.

    Attributes:
        sizes: units by label, the largest segment first.
        stability: None where it cannot be learnt again.
        truth: agreement with true types; None where these are not known.
        prediction: of the outcome.
        value: of the value after.
    """

    sizes: Mapping[Hashable, int]
    stability: Stability | None
    truth: Estimate | None
    prediction: Foretold
    value: Protected

    @property
    def largest_share(self) -> float:
        """Share of units in the largest segment."""
        return max(self.sizes.values()) / sum(self.sizes.values())


def compare(
    segmentations: Mapping[str, Segmentation],
    *,
    before: ArrayLike,
    after: ArrayLike,
    outcome: ArrayLike | None = None,
    truth: ArrayLike | None = None,
    size: float,
    seed: int,
    level: float,
    folds: int = 5,
    resamples: int = 20,
) -> Mapping[str, Comparison]:
    """Return what each segmentation is good for.

    Segments are to be made from what was known before: `before` is each unit's value then,
    `after` its value later, `outcome` what is to be predicted, by default log(1 + after).
    `size` is the share of units that can be looked after, `resamples` the number of pairs of
    samples for stability.

    Raises:
        ValueError: labels or values that are not one a unit, values below zero, or a size or
            level that is no share.
    """
    check_share("level", level)
    later = np.asarray(after, dtype=float)
    target = np.log1p(np.clip(later, 0, None)) if outcome is None else outcome
    found = {}
    for name, one in segmentations.items():
        labels = np.asarray(one.labels)
        found[name] = Comparison(
            sizes=pd.Series(labels).value_counts().to_dict(),
            stability=stability(one.learn, len(labels), seed=seed, level=level, resamples=resamples)
            if one.learn
            else None,
            truth=None if truth is None else agreement(labels, truth, level=level),
            prediction=by_segment(labels, target, seed=seed, level=level, folds=folds),
            value=protected(labels, before, later, size=size, seed=seed, level=level),
        )
    return found


def agreements(segmentations: Mapping[str, Segmentation]) -> pd.DataFrame:
    """Return the adjusted Rand index of each two segmentations, names in rows and columns.

    Raises:
        ValueError: segmentations of different units.
    """
    names = list(segmentations)
    rows = [
        [adjusted_rand(segmentations[a].labels, segmentations[b].labels) for b in names]
        for a in names
    ]
    return pd.DataFrame(rows, index=names, columns=names, dtype=float)
