"""List quality: how well lists name what customers buy later, and what else they show.

Metrics are those of `list_metrics`: precision, recall, NDCG and average precision as means over
customers to whom something is relevant, coverage and novelty over all lists.

Intervals are over customers, by resampling them or, for coverage, by leaving one out, and keep the
model: they say how far results could differ for other such customers, not for a model made from
other purchases.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.special import ndtri

from ...story.estimates import Estimate
from ...story.numbers import Unit
from ..checks import check_at_least, check_share
from ..predictions.outcomes import Array
from ..resampled_ratios import ratios
from .list_metrics import ACCURACY, accuracy, novelty
from .top_lists import NOTHING, Lists

__all__ = ["METRICS", "Quality", "accuracy", "difference", "judge"]

METRICS = (*ACCURACY, "coverage", "novelty")


@dataclass(frozen=True, kw_only=True, eq=False)
class Quality:
    """How good lists are.

    Attributes:
        k: products on a list.
        customers: customers with a list.
        judged: those to whom something is relevant.
        precision, recall, ndcg, average_precision: means over those; unit `share` for the first
            two, `number` for the others. None where fewer than two are judged.
        coverage: unit `share`; novelty: unit `number`, bits. None without two lists.
        by_customer: by name of a metric (no coverage), its value for each customer; NaN where
            nothing is relevant or shown.
        lists, products: the lists, and how many products there are.
        reason: why estimates are None, or "".
    """

    k: int
    customers: int
    judged: int
    precision: Estimate | None = None
    recall: Estimate | None = None
    ndcg: Estimate | None = None
    average_precision: Estimate | None = None
    coverage: Estimate | None = None
    novelty: Estimate | None = None
    by_customer: Mapping[str, Array] = field(default_factory=dict)
    lists: Lists = field(default_factory=lambda: np.empty((0, 0), dtype=np.int64))
    products: int = 0
    reason: str = ""

    def metric(self, name: str) -> Estimate | None:
        """Return the estimate of a metric by its name.

        Raises:
            ValueError: a name that is none of `METRICS`.
        """
        if name not in METRICS:
            raise ValueError(f"a metric is one of {', '.join(METRICS)}, not {name!r}")
        found: Estimate | None = getattr(self, name)
        return found


def judge(
    lists: Lists,
    later: sparse.csr_array,
    popularity: ArrayLike,
    *,
    level: float,
    seed: int,
    draws: int = 1_000,
) -> Quality:
    """Return how good lists are.

    Args:
        lists: customers by k, as `top_lists.top` makes them.
        later: what was bought later, customers by products; above zero is relevant. Where only
            new products may be shown, only those (`interactions.only_new`).
        popularity: how often each product was bought before.

    Raises:
        ValueError: tables that do not fit, a wrong level, or too few draws.
    """
    check_share("level", level)
    check_at_least("the number of draws", draws, 20)
    n, products = later.shape
    bought = np.asarray(popularity, dtype=float)
    if lists.ndim != 2 or len(lists) != n or bought.shape != (products,):
        raise ValueError("there is a list for each customer, and a popularity for each product")
    values = {**accuracy(lists, later), "novelty": novelty(lists, bought)}
    judged = int(np.isfinite(values["recall"]).sum())
    estimates: dict[str, Estimate] = {}
    for names in (ACCURACY, ("novelty",)):
        columns = {name: values[name] for name in names}
        estimates |= _means(columns, level=level, seed=seed, draws=draws)
    return Quality(
        k=lists.shape[1],
        customers=int(np.isfinite(values["novelty"]).sum()),
        judged=judged,
        by_customer=values,
        lists=lists,
        products=products,
        coverage=_coverage(_shown(lists, products), level=level),
        reason="" if judged >= 2 else "Fewer than two customers bought something relevant later.",
        **estimates,
    )


def difference(
    first: Quality,
    second: Quality,
    metric: str = "ndcg",
    *,
    level: float,
    seed: int,
    draws: int = 1_000,
) -> Estimate | None:
    """Return how much higher a metric is for the first lists than for the second.

    Paired: resamples draw the same customers for both. Unit `points` for shares. None where fewer
    than two customers have both.

    Raises:
        ValueError: lists for other customers or products, or a metric, level or draws that are
            wrong.
    """
    first.metric(metric)
    if len(first.lists) != len(second.lists) or first.products != second.products:
        raise ValueError("both lists are for the same customers and products")
    if metric == "coverage":
        shown = [_shown(of.lists, of.products) for of in (first, second)]
        return _coverage(*shown, level=level)
    gaps = {metric: first.by_customer[metric] - second.by_customer[metric]}
    found = _means(gaps, level=level, seed=seed, draws=draws).get(metric)
    if found is None:
        return None
    unit: Unit = "points" if found.unit == "share" else found.unit
    if not gaps[metric][np.isfinite(gaps[metric])].any():
        return replace(found, unit=unit, null=0.0, low=0.0, high=0.0)
    return replace(found, unit=unit, null=0.0)


def _shown(lists: Lists, products: int) -> sparse.csr_array:
    """Return which products stand on each list, lists by products."""
    rows, places = np.nonzero(lists != NOTHING)
    ones = np.ones(len(rows))
    return sparse.csr_array((ones, (rows, lists[rows, places])), shape=(len(lists), products))


def _means(
    columns: Mapping[str, Array], *, level: float, seed: int, draws: int
) -> dict[str, Estimate]:
    """Return means over the customers with a value, the same for all columns.

    Nothing for fewer than two customers. Where all have one value, resamples do not say how far
    off it is; only for novelty it is exact, because it hangs on the lists alone.
    """
    table = np.column_stack(list(columns.values()))
    table = table[np.isfinite(table).all(axis=1)]
    if len(table) < 2:
        return {}
    found = ratios(table, np.ones((len(table), 1)), level=level, draws=draws, seed=seed)
    means: dict[str, Estimate] = {}
    for place, name in enumerate(columns):
        value = float(found.values[place])
        bounds = (value, value) if name == "novelty" else (0.0, 1.0)
        unit: Unit = "share" if name in ("precision", "recall") else "number"
        one = found.estimate(place, unit=unit, bounds=bounds)
        assert one is not None
        means[name] = one
    return means


def _coverage(
    first: sparse.csr_array, second: sparse.csr_array | None = None, *, level: float
) -> Estimate | None:
    """Return the share of products on at least one list, or how much higher it is for the first.

    The error is the jackknife's, from the products that are on one list only (it is never too
    small on average: Efron & Stein 1981). Resamples would lack a third of the customers, and so
    products. No width where no product hangs on one list.
    """
    n, products = first.shape
    if n < 2 or products == 0 or first.nnz == 0:
        return None
    value, alone = 0.0, np.zeros(n)
    for sign, shown in ((1, first), (-1, second)):
        if shown is not None:
            times = np.asarray(shown.sum(axis=0))
            value += sign * float((times > 0).mean())
            alone += sign * np.asarray(shown @ (times == 1)) / products
    error = math.sqrt((n - 1) / n * float(((alone - alone.mean()) ** 2).sum()))
    reach = float(ndtri((1 + level) / 2)) * error
    least, most = (0.0, 1.0) if second is None else (-1.0, 1.0)
    return Estimate(
        value=value,
        low=max(value - reach, least),
        high=min(value + reach, most),
        level=level,
        n=n,
        unit="share" if second is None else "points",
        null=None if second is None else 0.0,
        method="jackknife",
    )
