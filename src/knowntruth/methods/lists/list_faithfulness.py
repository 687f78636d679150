"""Faithfulness: whether a model hangs on the reasons that are named for its lists.

Reasons (`list_reasons`) are *faithful* if, with the named purchases taken out of the history, the
product falls further down than with as many others taken out (comprehensiveness: DeYoung et al.
2020, ERASER, ACL). The model itself is kept; only the history changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..predictions.outcomes import Array
from ..resampled_ratios import ratios
from .interactions import weighted
from .list_models import HistoryModel
from .top_lists import NOTHING, Lists, ranks, top

# Cells of a block of customers: 16 MB.
CELLS = 2_000_000


@dataclass(frozen=True, kw_only=True)
class Faithfulness:
    """How much the first product of lists hangs on the reasons named for it.

    Attributes:
        customers: those with reasons, and with as many other bought products.
        left_out: those without.
        named_fall: places that the product falls without the named purchases, on average.
        other_fall: places that it falls without as many others drawn at random.
        fall: how much further it falls without those named; paired, unit `number` (places).
        drop: how much more of its score it loses without those named; paired, unit `points`.
        reason: why there are no estimates, or "".
    """

    customers: int
    left_out: int
    named_fall: float | None = None
    other_fall: float | None = None
    fall: Estimate | None = None
    drop: Estimate | None = None
    reason: str = ""


def faithfulness(
    model: HistoryModel,
    lists: Lists,
    *,
    allowed: NDArray[np.bool_] | None = None,
    most: int = 3,
    level: float,
    seed: int,
    draws: int = 1_000,
) -> Faithfulness:
    """Return how much the first product of each list hangs on the reasons named for it.

    Args:
        lists: customers of the training data by k.
        allowed: what each customer may be shown, among which a product falls; all if not given.
        most: reasons named for a product.

    Raises:
        ValueError: tables that do not fit, or wrong level, draws or number of reasons.
    """
    check_share("level", level)
    check_at_least("the number of draws", draws, 20)
    check_at_least("the number of reasons", most, 1)
    counts = model.train.counts
    if lists.ndim != 2 or len(lists) != counts.shape[0] or lists.shape[1] == 0:
        raise ValueError("there is a list for each customer of the training data")
    if allowed is not None and allowed.shape != counts.shape:
        raise ValueError("what is allowed is a table of customers by products")
    random = np.random.default_rng(seed)
    block = max(CELLS // max(counts.shape[1], 1), 1)
    found = [
        _falls(model, rows[lists[rows, 0] != NOTHING], lists[:, 0], allowed, most, random)
        for rows in np.array_split(np.arange(len(lists)), max(-(-len(lists) // block), 1))
    ]
    falls = np.concatenate(found)
    left_out = len(lists) - len(falls)
    if len(falls) < 2:
        return Faithfulness(
            customers=len(falls),
            left_out=left_out,
            reason="Fewer than two customers have reasons and as many other purchases.",
        )
    named, other, lost = falls.T
    gaps = np.column_stack([named - other, lost])
    means = ratios(gaps, np.ones((len(gaps), 1)), level=level, draws=draws, seed=seed)
    return Faithfulness(
        customers=len(falls),
        left_out=left_out,
        named_fall=float(named.mean()),
        other_fall=float(other.mean()),
        fall=_against_none(means.estimate(0)),
        drop=_against_none(means.estimate(1, unit="points")),
    )


def _falls(
    model: HistoryModel,
    rows: NDArray[np.int64],
    products: NDArray[np.int64],
    allowed: NDArray[np.bool_] | None,
    most: int,
    random: np.random.Generator,
) -> Array:
    """Return for each customer how far a product falls without named and without other purchases.

    Three columns: places without those named, places without others, and how much more of the
    score is lost without those named. Only customers with reasons, a score above zero and as many
    other products.
    """
    histories, shown = model.train.counts[rows], products[rows]
    times = weighted(histories, "counts").toarray()
    parts = model.parts(histories, shown)
    named = _marked(top(parts, most, parts > 0), times.shape)
    size = named.sum(axis=1)
    others = top(random.random(times.shape), most, (times > 0) & ~named)
    # As many others as are named.
    others[np.arange(most)[None, :] >= size[:, None]] = NOTHING
    other = _marked(others, times.shape)
    scores = model.scores_from(histories)
    place = np.arange(len(rows))
    kept = (size > 0) & (other.sum(axis=1) == size) & (scores[place, shown] > 0)
    may = None if allowed is None else allowed[rows][kept]
    shown, before = shown[kept], scores[kept]
    place = np.arange(len(shown))
    start = ranks(before, shown, may)
    falls, left = [], []
    for taken in (named, other):
        after = model.scores_from(sparse.csr_array(np.where(taken, 0.0, times)[kept]))
        falls.append(ranks(after, shown, may) - start)
        left.append(after[place, shown] / before[place, shown])
    return np.column_stack([*falls, left[1] - left[0]]).astype(float)


def _marked(lists: Lists, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return a table that is true where a list names a product."""
    found = np.zeros(shape, dtype=bool)
    rows, places = np.nonzero(lists != NOTHING)
    found[rows, lists[rows, places]] = True
    return found


def _against_none(estimate: Estimate | None) -> Estimate:
    """Return a difference, tested against none."""
    assert estimate is not None
    return replace(estimate, null=0.0)
