"""Offers: to which customers an offer goes under a rule, and what it gains.

An *offer* costs the same for each customer who gets it and raises what they bring by a part of it.
A *rule* gives each customer a score; those with the highest scores get the offer. The *gain* is
what the offer adds less what it costs. By how much an offer raises anything is assumed here: only
an experiment tells. Rules are given, and customers are taken as drawn from many: intervals
resample them, with whether they were chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..predictions.outcomes import Array
from ..resampling import Counts, resample


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What comes of an offer under one rule.

    Attributes:
        chosen: whether each customer gets it.
        in_view: share of all money that the chosen ones bring; None where there is no money.
        gain: money that the offer adds, less its cost.
        more: the gain less that of the first rule; None of the first.
    """

    chosen: NDArray[np.bool_]
    in_view: Estimate | None
    gain: Estimate
    more: Estimate | None

    @property
    def customers(self) -> int:
        """How many get it."""
        return int(self.chosen.sum())


def highest(score: ArrayLike, share: float) -> NDArray[np.bool_]:
    """Return who is among the share of customers with the highest scores.

    Their number is rounded down, and is at least one; of equal scores the first come first.

    Raises:
        ValueError: no customers, scores that are not finite, or a share that is none.
    """
    check_share("share", share)
    x = np.asarray(score, dtype=float)
    if x.ndim != 1 or not len(x) or not np.isfinite(x).all():
        raise ValueError("each customer has one finite score")
    chosen = np.zeros(len(x), dtype=bool)
    chosen[np.argsort(-x, kind="stable")[: max(int(share * len(x) + 1e-9), 1)]] = True
    return chosen


def offers(
    scores: Mapping[str, ArrayLike],
    money: ArrayLike,
    *,
    share: float,
    cost: float,
    raises: float,
    level: float,
    seed: int,
    draws: int = 1_000,
) -> Mapping[str, Offer]:
    """Return what comes of an offer under each rule.

    Args:
        scores: of each rule, a number a customer.
        money: what each customer brings without the offer.
        share: of the customers who get it.
        cost: of the offer to one customer.
        raises: the part by which it raises what a customer brings.

    Raises:
        ValueError: no rule, fewer than two customers, scores or money that are not one finite
            number each, or wrong arguments of resampling.
    """
    check_at_least("the number of rules", len(scores), 1)
    check_at_least("the cost", cost, 0)
    m = np.asarray(money, dtype=float)
    picked = {name: highest(score, share) for name, score in scores.items()}
    if not np.isfinite(m).all() or any(one.shape != m.shape for one in picked.values()):
        raise ValueError("each customer brings a finite amount, and has a score by each rule")
    inside = np.column_stack(list(picked.values())).astype(float)
    brought, gained = inside * m[:, None], inside * (raises * m - cost)[:, None]
    k = len(picked)

    def statistic(counts: Counts) -> Array:
        whole = float(counts @ m)
        gains = counts @ gained
        shares = counts @ brought / whole if whole > 0 else np.full(k, np.nan)
        return np.concatenate([shares, gains, gains - gains[0]])

    found = resample(statistic, len(m), level=level, draws=draws, seed=seed, kind="percentile")
    made = {}
    for at, (name, chosen) in enumerate(picked.items()):
        gain = found.estimate(k + at)
        assert gain is not None  # sums of finite numbers
        more = None
        if at:
            apart = found.estimate(2 * k + at, bounds=(0.0, 0.0))
            assert apart is not None
            more = Estimate(
                value=apart.value, low=apart.low, high=apart.high, level=level, n=len(m),
                null=0.0, method=apart.method,
            )  # fmt: skip
        made[name] = Offer(
            chosen=chosen, in_view=found.estimate(at, unit="share"), gain=gain, more=more
        )
    return made
