"""Scores, segments and clusters of the original: its rules and settings, on creators by months.

Its scores run from 1, the best, to 4: of *recency*, months since the last sale with the last
month as 1, in fixed classes; of *frequency*, transactions in all, and of *money*, GMV in all, by
quartiles, whose upper edge belongs to them. A *code* is the three scores in a row.

It tries its numbers of clusters in a call whose end the scan cuts off; here they are fitted with
the settings of its last one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

RECENCY_EDGES = (2, 4, 7)  # months up to which recency scores 1, 2, 3
SEGMENTS: Mapping[str, tuple[str, ...]] = {
    "B Creator": ("111",),
    "P Creators": ("112", "121", "122"),
    "HSN Creator": ("141", "142"),
    "LSAL Creator": ("113", "114"),
    "Cb Creator": ("411", "412", "421", "422"),
}
OTHERS = "Others"
GRID = (2, 5, 10, 30)
CHOSEN = 5
SEED = 42
EPS, MIN_SAMPLES = 0.445, 2
NOISE = -1
SILHOUETTE_CREATORS = 5_000  # that a silhouette is taken of; its work grows with their square


@dataclass(frozen=True, kw_only=True, eq=False)
class KMeansFit:
    """One K-means of the original.

    Attributes:
        inertia: sum of squared distances to the centres; NaN where too few creators differ.
        silhouette: mean over the creators, or over a drawn part of very many of them; NaN where
            each creator is a cluster of its own.
        labels: cluster of each creator; None where too few of them differ.
    """

    inertia: float
    silhouette: float
    labels: Labels | None


def scores(transactions: pd.DataFrame, gmv: pd.DataFrame) -> pd.DataFrame:
    """Return the original's scores, codes and segments, a row a creator, under its own names."""
    total, money = (table.iloc[:, -1].to_numpy() for table in (transactions, gmv))
    recency = last_update(transactions.iloc[:, :-1].to_numpy())
    table = pd.DataFrame(
        {
            "Id": transactions.index,
            "Last Update": recency,
            "Total Videos": total,
            "GMV": money,
            "F_Score": quartile_score(total),
            "M_Score": quartile_score(money),
            "R_Score": 1 + np.searchsorted(RECENCY_EDGES, recency, side="left"),
        }
    )
    ranks = ["R_Score", "F_Score", "M_Score"]
    table[ranks] = table[ranks].astype(str)
    table["RFM"] = table["R_Score"] + table["F_Score"] + table["M_Score"]
    names = {code: name for name, codes in SEGMENTS.items() for code in codes}
    return table.assign(**{"RFM Segment": table["RFM"].map(names).fillna(OTHERS)})


def last_update(months: Array) -> Labels:
    """Return months since the last that is not zero, the last month as 1; first where none is."""
    active = months != 0
    since = active[:, ::-1].argmax(axis=1).astype(np.int64) + 1
    return np.asarray(np.where(active.any(axis=1), since, months.shape[1]), dtype=np.int64)


def quartile_score(values: Array) -> Labels:
    """Return 4 for what is in the lowest quarter, 1 for what is in the highest."""
    edges = np.percentile(values, [25, 50, 75])
    return 4 - np.searchsorted(edges, values, side="left").astype(np.int64)


def features(transactions: pd.DataFrame, gmv: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    """Return the months of all three, side by side; a missing price is 0."""
    parts = {"transactions": transactions, "gmv": gmv, "price": prices.fillna(0)}
    return pd.concat({name: table.iloc[:, :-1] for name, table in parts.items()}, axis=1)


def standardised(columns: pd.DataFrame) -> Array:
    """Return columns with mean 0 and standard deviation 1, or all 0 where nothing varies."""
    from sklearn.preprocessing import StandardScaler

    return np.asarray(StandardScaler().fit_transform(columns.to_numpy()))


def k_means(data: Array, number: int) -> KMeansFit:
    """Return one of the original's fits, with its seed."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    if number > len(np.unique(data, axis=0)):
        return KMeansFit(inertia=float("nan"), silhouette=float("nan"), labels=None)
    fit = KMeans(
        n_clusters=number, init="k-means++", max_iter=300, n_init=10, random_state=SEED
    ).fit(data)
    silhouette = float("nan")
    if number < len(data):
        size = SILHOUETTE_CREATORS if len(data) > SILHOUETTE_CREATORS else None
        silhouette = silhouette_score(data, fit.labels_, sample_size=size, random_state=SEED)
    return KMeansFit(
        inertia=float(fit.inertia_),
        silhouette=float(silhouette),
        labels=fit.labels_.astype(np.int64),
    )


def dbscan(data: Array) -> Labels:
    """Return the original's clusters by density, -1 for what it calls noise."""
    from sklearn.cluster import DBSCAN

    return np.asarray(DBSCAN(eps=EPS, min_samples=MIN_SAMPLES).fit(data).labels_, dtype=np.int64)


def final_table(
    scored: pd.DataFrame, fits: Mapping[int, KMeansFit], density: Labels
) -> pd.DataFrame:
    """Return `scores` with both clusterings and its last column, noise 1, main cluster 2, else 3.

    A cluster that could not be had is missing.
    """
    chosen = fits[CHOSEN].labels if CHOSEN in fits else None
    missing = [pd.NA] * len(scored)
    table = scored.copy()
    table["K_means Clusters"] = pd.array(missing if chosen is None else chosen, dtype="Int64")
    table["DB Clusters"] = density
    table["DB_Segmentation"] = np.select([density == NOISE, density == 0], [1, 2], 3)
    return table


def by_size(labels: pd.Series) -> list[int]:
    """Return the clusters, without noise, largest first; of two as large the lower label."""
    sizes = labels[labels != NOISE].value_counts()
    return sorted((int(label) for label in sizes.index), key=lambda label: (-sizes[label], label))


def sizes(labels: pd.Series) -> list[int]:
    """Return how many creators the clusters of `by_size` have."""
    return [int((labels == label).sum()) for label in by_size(labels)]


def segment_counts(final: pd.DataFrame, column: str, label: int) -> pd.Series:
    """Return how many of a cluster's creators are in each segment, all of them named."""
    inside = final.loc[final[column] == label, "RFM Segment"]
    return inside.value_counts().reindex([OTHERS, *SEGMENTS], fill_value=0)
