"""What the chapter compares: ways to group the same creators, each learnt from a record alone.

A *record* is what was known when creators were grouped, and what came after. In a simulated world
that is all months on record, and those that the analyst has not seen; of somebody's own table the
last months are held back. A *feature* is one number a creator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...methods.groups import density, features, k_means, mixtures, rfm
from ...methods.groups.clusters import NOISE, Labels
from ...methods.groups.recency import Recency
from ...methods.groups.segmentations import Segmentation
from .creators import Creators
from .parameters import Parameters

Kind = Literal["published", "logs"]

# The original's rules: scores of recency, frequency and money, 1 the best.
RULES = (
    rfm.Rule(name="best", recency=(1, 1), frequency=(1, 1), money=(1, 1)),
    rfm.Rule(name="promising", recency=(1, 1), frequency=(1, 1), money=(2, 2)),
    rfm.Rule(name="promising", recency=(1, 1), frequency=(2, 2), money=(1, 2)),
    rfm.Rule(name="few dear sales", recency=(1, 1), frequency=(4, 4), money=(1, 2)),
    rfm.Rule(name="many cheap sales", recency=(1, 1), frequency=(1, 1), money=(3, 4)),
    rfm.Rule(name="churned best", recency=(4, 4), frequency=(1, 2), money=(1, 2)),
)
OTHERS = "everybody else"
# What the original calls each of them.
THEIR_NAMES = {
    "best": "B Creator",
    "promising": "P Creators",
    "few dear sales": "HSN Creator",
    "many cheap sales": "LSAL Creator",
    "churned best": "Cb Creator",
    OTHERS: "Others",
}
# Months up to which recency scores 1, 2 and 3.
RECENCY_CLASSES = (2.0, 4.0, 7.0)

# What stands for a group in which few creators lie near each other.
NO_GROUP = NOISE
FEWEST = 10  # units of a group that HDBSCAN calls one, at least
PART = 0.04  # of all units that such a group has, at least
MOST_HELD_BACK = 3
FAR = 0.4  # standard deviations from the mean of all, from where on a group is few or many


@dataclass(frozen=True, kw_only=True)
class Record:
    """What was known of creators, and what came after.

    Attributes:
        transactions, gmv: creators by months.
        after: GMV of each creator later.
        months_after: how many months that is.
        is_held_back: whether these are the last months of the record.
    """

    transactions: pd.DataFrame
    gmv: pd.DataFrame
    after: pd.Series[float]
    months_after: int
    is_held_back: bool

    @property
    def totals(self) -> pd.DataFrame:
        """Transactions and GMV of each creator over the months that were known."""
        return pd.DataFrame(
            {"transactions": self.transactions.sum(axis=1), "gmv": self.gmv.sum(axis=1)}
        )


def whole_record(case: Creators) -> Record:
    """Return all months on record, with nothing after them."""
    return Record(
        transactions=case.transactions,
        gmv=case.gmv,
        after=pd.Series(0.0, index=case.gmv.index),
        months_after=0,
        is_held_back=False,
    )


def record_of(case: Creators) -> Record:
    """Return what was known, and what came after: unseen months, or the last ones held back."""
    p = case.parameters
    if case.later is not None and p.ahead:
        return Record(
            transactions=case.transactions,
            gmv=case.gmv,
            after=case.later.reindex(case.gmv.index),
            months_after=p.ahead,
            is_held_back=False,
        )
    # A quarter of the months, as long as two are left.
    back = min(max(len(case.months) // 4, 1), MOST_HELD_BACK)
    sold = case.transactions.iloc[:, :-back]
    seen = sold.any(axis=1) | case.gmv.iloc[:, :-back].any(axis=1)
    return Record(
        transactions=sold[seen],
        gmv=case.gmv.iloc[:, :-back][seen],
        after=case.gmv.iloc[:, -back:].sum(axis=1)[seen],
        months_after=back,
        is_held_back=True,
    )


def values_of(record: Record, kind: Kind) -> pd.DataFrame:
    """Return the features of each creator, each with mean 0 and standard deviation 1.

    - *published*: every month's transactions, GMV and GMV by transaction, 0 where there were none.
    - *logs*: logarithms of the sales of all months and of the price of a sale.
    """
    if kind == "published":
        columns = features.side_by_side(features.by_period(record.transactions, record.gmv))
    else:
        columns = two_logs(record)
    return pd.DataFrame(
        features.standardised(columns), index=record.gmv.index, columns=list(columns.columns)
    )


def two_logs(record: Record) -> pd.DataFrame:
    """Return logarithms of sales and of price; who sold nothing has the price in the middle."""
    found = features.profile(record.transactions, record.gmv)[["log_volume", "log_price"]]
    middle = found["log_price"].median()
    return found.fillna({"log_volume": 0.0, "log_price": 0.0 if np.isnan(middle) else middle})


def names_of(labels: NDArray[Any], record: Record) -> dict[Any, str]:
    """Return a name for each group from what its creators are like, and for no group a name.

    A group is told by where its mean logarithms of sales and of price lie among all creators;
    groups of one name are told apart by their sales.
    """
    z = pd.DataFrame(features.standardised(two_logs(record)), columns=["sales", "price"])
    means = z.groupby(np.asarray(labels)).mean()
    found = {
        label: f"{_side(row['sales'], 'few', 'many', 'some')} sales, "
        f"{_side(row['price'], 'low', 'high', 'middling')} price"
        for label, row in means.iterrows()
        if label != NO_GROUP
    }
    sales = means["sales"].to_dict()
    for name in set(found.values()):
        alike = [label for label, own in found.items() if own == name]
        alike.sort(key=lambda label: -sales[label])
        if len(alike) > 1:
            for place, label in enumerate(alike):
                found[label] = f"{name} ({'abcdefghijklmnopqrstuvwxyz'[place % 26]})"
    return found | ({NO_GROUP: "no group"} if NO_GROUP in means.index else {})


def _side(mean: float, below: str, above: str, between: str) -> str:
    return below if mean < -FAR else above if mean > FAR else between


def scheme(recency: Literal["last month", "own pauses"]) -> rfm.Scheme:
    """Return the original's scores and rules; of recency by own pauses, scores by quartiles."""
    fixed = rfm.Scale(RECENCY_CLASSES, "low")
    return rfm.Scheme(rules=RULES, recency=fixed if recency == "last month" else 4, others=OTHERS)


def kind_of(recency: Literal["last month", "own pauses"]) -> Recency:
    """Return which reading of recency a parameter asks for."""
    return "last" if recency == "last month" else "quiet"


def rfm_labels(record: Record, p: Parameters) -> Segmentation:
    """Return the original's names as a segmentation, with edges learnt from rows."""
    of = rfm.measures(record.transactions, record.gmv, kind=kind_of(p.recency))
    rules = scheme(p.recency)
    names = np.array(rules.names, dtype=object)
    columns = {name: of[name].to_numpy(dtype=float) for name in rfm.MEASURES}

    def learn(rows: NDArray[np.int64]) -> Labels:
        scales = rules.scales({name: column[rows] for name, column in columns.items()})
        found = rules.places([scales[name].scores(columns[name]) for name in rfm.MEASURES])
        return np.asarray(found, dtype=np.int64)

    return Segmentation(names[learn(np.arange(len(of)))], learn)


def quarters(record: Record) -> Segmentation:
    """Return four equal classes of GMV: what one number does without any method."""
    made = record.gmv.sum(axis=1).to_numpy(dtype=float)

    def learn(rows: NDArray[np.int64]) -> Labels:
        edges = np.quantile(made[rows], [0.25, 0.5, 0.75])
        return np.asarray(3 - np.searchsorted(edges, made, side="left"), dtype=np.int64)

    return Segmentation(learn(np.arange(len(made))), learn)


def eps_of(curve: density.Curve) -> float:
    """Return what a curve of distances calls near: its elbow, or the least distance above zero."""
    above = curve.distances[curve.distances > 0]
    return curve.elbow if curve.elbow > 0 else float(above[0]) if len(above) else 1.0


def smallest_group(n: int) -> int:
    """Return how many units a group has at least that HDBSCAN calls one."""
    return max(FEWEST, round(PART * n))


def groupings(
    record: Record, p: Parameters, *, k: int, eps: float, mixture: mixtures.Mixture | None = None
) -> Mapping[str, Segmentation]:
    """Return every way of the chapter to group the creators of a record.

    Args:
        record: what was known.
        p: which features and which recency.
        k: groups that k-means makes.
        eps: how near a neighbour is, for DBSCAN.
        mixture: normal clouds already fitted to the same features; fitted anew if left out.
    """
    values = values_of(record, p.features)
    smallest = smallest_group(len(values))
    found = mixture or mixtures.mixtures(values, seed=p.seed, most=1_000).by_icl
    return {
        "RFM": rfm_labels(record, p),
        "quarters of GMV": quarters(record),
        "k-means": Segmentation(
            k_means.k_means(values, k, seed=p.seed).labels,
            k_means.learner(values, k, seed=p.seed, starts=3),
        ),
        "DBSCAN": Segmentation(
            density.dbscan(values, eps=eps, neighbours=p.neighbours, seed=p.seed).labels,
            density.dbscan_learner(values, eps=eps, neighbours=p.neighbours),
        ),
        "HDBSCAN": Segmentation(
            density.hdbscan(values, smallest=smallest, seed=p.seed).labels,
            density.hdbscan_learner(values, smallest=smallest),
        ),
        "normal clouds": Segmentation(found.labels),
    }
