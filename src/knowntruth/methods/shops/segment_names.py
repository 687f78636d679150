"""Segment names: what a group of customers is called follows from its centre and nothing else.

- The *centre* of a group is the mean of each feature over its customers.
- A *level* says where the centre lies among all customers: `low` in the lowest third, `high` in the
  highest, else `middle`. A value on an edge is `middle`.
- A *description* asks for levels of features, as "low spending and low shopping frequency" does.
  `matches_published` says which groups, if any, the four descriptions of a published report fit.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

LEVELS = ("low", "middle", "high")

# What a published report says of its four segments, as levels of spending and of frequency.
PUBLISHED: dict[str, tuple[str, str]] = {
    "Value Seekers": ("low", "low"),
    "Frequent Shoppers": ("middle", "high"),
    "Occasional Buyers": ("middle", "low"),
    "High Spenders": ("high", "high"),
}


@dataclass(frozen=True, kw_only=True)
class Named:
    """Groups with their names.

    Attributes:
        names: of each group; no two are the same.
        levels: one row a group, one column a feature: `low`, `middle` or `high`.
        centres: the same with the means.
        edges: one row a feature: `low` and `high`, the terciles of customers.
        sizes: customers of each group.
    """

    names: Mapping[Hashable, str]
    levels: pd.DataFrame
    centres: pd.DataFrame
    edges: pd.DataFrame
    sizes: Mapping[Hashable, int]


def name_segments(
    features: pd.DataFrame, labels: ArrayLike, *, words: Mapping[str, str] | None = None
) -> Named:
    """Return names of groups of customers.

    A name lists the features that are not in the middle, as in "high spending, low quantity".
    Groups with the same levels are numbered by the first feature, the highest first.

    Args:
        features: one row a customer.
        labels: the group of each customer.
        words: how features are called in names; else as their columns, without underscores.

    Raises:
        ValueError: no customers or features, values that are not finite, or labels that are not
            one a customer.
    """
    of = np.asarray(labels)
    if of.shape != (len(features),) or not features.size:
        raise ValueError("labels are one a customer, of at least one customer and feature")
    if not np.isfinite(features.to_numpy(dtype=float)).all():
        raise ValueError("a customer has a feature that is not finite")
    edges = features.quantile([1 / 3, 2 / 3]).T.set_axis(["low", "high"], axis=1)
    groups = features.groupby(of)
    centres = groups.mean().rename_axis("segment")
    place = 1 + (centres > edges["high"]).astype(int) - (centres < edges["low"]).astype(int)
    levels = place.map(lambda level: LEVELS[level])
    called = [(words or {}).get(str(name), str(name).replace("_", " ")) for name in features]
    said = [_in_words(row, called) for row in levels.to_numpy().tolist()]
    plain = pd.Series(said, index=levels.index)
    return Named(
        names=_numbered(plain, centres.iloc[:, 0]),
        levels=levels,
        centres=centres,
        edges=edges,
        sizes=groups.size().to_dict(),
    )


def matches_published(
    levels: pd.DataFrame, *, spending: str = "total_spending", frequency: str = "shopping_days"
) -> dict[str, tuple[Hashable, ...]]:
    """Return of each published description the groups that it fits, often none.

    The report asserts: Value Seekers with low spending and frequency, Frequent Shoppers with high
    frequency and moderate spending, Occasional Buyers with average spending and low frequency,
    High Spenders with both high.

    Raises:
        ValueError: levels without one of the two features.
    """
    for name in (spending, frequency):
        if name not in levels:
            raise ValueError(f"there are no levels of {name}")
    return {
        name: tuple(levels.index[(levels[spending] == money) & (levels[frequency] == often)])
        for name, (money, often) in PUBLISHED.items()
    }


def _in_words(levels: Sequence[str], called: Sequence[str]) -> str:
    both = zip(levels, called, strict=True)
    said = [f"{level} {feature}" for level, feature in both if level != "middle"]
    return ", ".join(said) or "middle in everything"


def _numbered(plain: pd.Series, first: pd.Series) -> dict[Hashable, str]:
    rank = first.groupby(plain).rank(ascending=False, method="first").astype(int)
    several = plain.duplicated(keep=False)
    return {
        label: f"{plain[label]} ({rank[label]})" if several[label] else plain[label]
        for label in plain.index
    }
