"""What lists are worth beyond those of bestsellers, as far as money was stated.

A *hit* is a shown product that is bought later. A share of hits is *added*: bought only because
it was shown. That share is assumed; no record of purchases can tell it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ...methods.lists.list_metrics import accuracy
from ...methods.lists.top_lists import Lists as Shown
from ...methods.resampled_ratios import ratios
from ...story.estimates import Estimate


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What lists are worth.

    Attributes:
        hits: of all lists.
        extra: hits beyond those of the other lists; None for fewer than two customers.
        gain: money from these, less the cost; None where `extra` is.
    """

    hits: float
    extra: Estimate | None = None
    gain: Estimate | None = None


def gain(
    lists: Shown,
    others: Shown,
    later: sparse.csr_array,
    *,
    value: float,
    added: float,
    cost: float,
    level: float,
    seed: int,
    draws: int = 400,
) -> Worth:
    """Return what lists are worth beyond others for the same customers.

    Args:
        lists, others: customers by k.
        later: what was bought later, customers by products.
        value: of a hit that was added.
        added: the share of hits that are.
        cost: of making these lists and not the others.
    """
    own, other = _hits(lists, later), _hits(others, later)
    n = len(own)
    if n < 2:
        return Worth(hits=float(own.sum()))
    found = ratios((own - other)[:, None], np.ones((n, 1)), level=level, draws=draws, seed=seed)
    mean = found.estimate(0)
    if mean is None:
        return Worth(hits=float(own.sum()))
    if not (own - other).any():
        # The same hits for everybody: nothing varies between customers.
        mean = replace(mean, low=0.0, high=0.0)
    return Worth(
        hits=float(own.sum()),
        extra=_moved(mean, times=n, less=0.0),
        gain=_moved(mean, times=n * value * added, less=cost),
    )


def _hits(lists: Shown, later: sparse.csr_array) -> NDArray[np.float64]:
    """Return the hits of each customer; none where nothing was bought."""
    found = accuracy(lists, later)["precision"] * lists.shape[1]
    return np.asarray(np.nan_to_num(found, nan=0.0))


def _moved(mean: Estimate, *, times: float, less: float) -> Estimate:
    ends = (times * end - less for end in (mean.value, mean.low, mean.high))
    value, low, high = ends
    return replace(mean, value=value, low=low, high=high, null=0.0)
