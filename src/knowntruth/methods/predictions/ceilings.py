"""Ceilings: what predictions are worth on average where the true probabilities are known.

`expected_scores` averages over the outcomes that the probabilities can lead to. What it finds
for the probabilities themselves is the ceiling, which no other prediction exceeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .outcomes import Array, complete, inside
from .prediction import SHARES
from .ranking import Ranked, contacts


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What predictions are worth on average over outcomes drawn from true probabilities.

    Attributes: as those of `Scores`, as plain numbers.
    """

    n: int
    base_rate: float | None = None
    auc: float | None = None
    average_precision: float | None = None
    brier: float | None = None
    brier_skill: float | None = None
    log_loss: float | None = None
    capture: Mapping[float, float]
    reason: str = ""


def expected_scores(
    probabilities: ArrayLike,
    predicted: ArrayLike | None = None,
    *,
    shares: Sequence[float] = SHARES,
) -> Expected:
    """Return the scores to expect where each outcome is drawn from its unit's probability.

    Without `predicted` the probabilities themselves are the predictions. That is the ceiling:
    what somebody who knows the truth scores, and no other prediction exceeds on average.

    Brier score and log loss are exact. The others are ratios of what an event more changes
    above and below; their means are close where at least a few tens of events are expected.

    Raises:
        ValueError: as `score`.
    """
    truth = np.asarray(probabilities, dtype=float)
    p, f = complete(truth, truth if predicted is None else predicted)
    n, open_ = len(p), p * (1 - p)
    events, spread = float(p.sum()), float(open_.sum())
    if n < 2 or not spread:
        return Expected(n=n, capture={}, reason="fewer than two units, or no outcome is open")
    at, open_at, rate, sure = Ranked.of(p, f), Ranked.of(open_, f), events / n, inside(f)
    brier = float(np.mean(open_ + (p - f) ** 2))
    # What the Brier score of the rate is moved by, from one event more or less.
    by_event = (1 - 2 * rate) / n
    found = {share: contacts(share, n) for share in shares}
    return Expected(
        n=n,
        base_rate=rate,
        auc=_auc(at, spread),
        average_precision=_average_precision(at, p, f),
        brier=brier,
        brier_skill=1
        - _ratio(
            brier,
            rate * (1 - rate) - spread / n**2,
            by_event * float(open_ @ (1 - 2 * f)) / n,
            by_event**2 * spread,
        ),
        log_loss=-float(np.mean(p * np.log(sure) + (1 - p) * np.log1p(-sure))),
        capture={
            share: _ratio(at.found(k), events, open_at.found(k), spread)
            for share, k in found.items()
        },
    )


def _auc(at: Ranked, spread: float) -> float:
    """Return expected pairs in order over expected pairs, of an event and another unit."""
    events, units = np.diff(at.events, prepend=0), np.diff(at.units, prepend=0)
    others = units - events
    below = others.sum() - np.cumsum(others)
    # No unit makes a pair with itself, though it ties with itself.
    ordered = events @ (below + others / 2) - spread / 2
    return float(ordered / (events.sum() * others.sum() - spread))


def _average_precision(at: Ranked, probabilities: Array, predicted: Array) -> float:
    """Return the expected sum of precisions at events over the events expected.

    A unit that is an event adds its own precision and raises that of events at or below it.
    """
    of = np.searchsorted(-at.threshold, -predicted)
    own = (1 + at.events[of] - probabilities) / at.units[of]
    raised = np.cumsum((np.diff(at.events, prepend=0) / at.units)[::-1])[::-1]
    added = own + raised[of] - probabilities / at.units[of]
    open_ = probabilities * (1 - probabilities)
    top, bottom = float(probabilities @ own), float(at.events[-1])
    return _ratio(top, bottom, float(open_ @ added), float(open_.sum()))


def _ratio(top: float, bottom: float, covariance: float, variance: float) -> float:
    """Return the mean of a ratio from its parts' means, covariance and variance below."""
    return top / bottom - covariance / bottom**2 + top * variance / bottom**3
