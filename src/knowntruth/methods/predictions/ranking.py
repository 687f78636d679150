"""Ranking: how well predictions put units with an outcome before the others.

Only the order of predictions counts, not how high they are. `auc` and `average_precision` sum
it up, `compare` asks which of two orders is better, `precision_recall` follows one from the top
and `flag` says what is found when a share of the units is contacted.

Outcomes are 0 or 1, predictions between 0 and 1. Units with either missing are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from ..intervals import logit_interval, share_of, z_interval
from .outcomes import Array, known


@dataclass(frozen=True, kw_only=True)
class Flag:
    """What is found when the units with the highest predictions are contacted.

    Attributes:
        contacted: units.
        threshold: the lowest prediction among them.
        precision: share of events among them.
        recall: share of all events that are among them.
        reason: why these are None; empty when they are not.
    """

    contacted: int
    threshold: float | None = None
    precision: Estimate | None = None
    recall: Estimate | None = None
    reason: str = ""


class Ranked(NamedTuple):
    """Distinct predictions from the highest down, and what lies at or above each.

    Attributes:
        threshold: the predictions.
        events: units with the outcome; a sum of probabilities where those are known instead.
        units: all units.
    """

    threshold: Array
    events: Array
    units: Array

    @classmethod
    def of(cls, outcome: Array, predicted: Array) -> Ranked:
        """Return what lies at or above each prediction."""
        order = np.argsort(-predicted, kind="stable")
        threshold = predicted[order]
        last = np.flatnonzero(np.append(threshold[1:] != threshold[:-1], True))
        return cls(threshold[last], np.cumsum(outcome[order])[last], (last + 1).astype(float))

    def found(self, contacted: int) -> float:
        """Return the events among so many units, on average over the order of ties."""
        return float(np.interp(contacted, np.append(0, self.units), np.append(0, self.events)))

    @property
    def average_precision(self) -> float:
        """The precision at each event, averaged."""
        return float(np.diff(self.events, prepend=0) @ (self.events / self.units) / self.events[-1])


def auc(outcome: ArrayLike, predicted: ArrayLike, *, level: float) -> Estimate | None:
    """Return the chance that an event was given more than another unit, ties as halves.

    DeLong, DeLong & Clarke-Pearson (1988), logit interval: from 0 to 1 where the data hold no
    error. None without an event or without another unit.
    """
    check_share("level", level)
    y, p = known(outcome, predicted)
    if len(np.unique(y)) < 2:
        return None
    value, error = _mean_placement(y, _placements(y, p))
    return logit_interval(
        value, error, len(y), null=0.5, level=level, method="DeLong, logit interval"
    )


def compare(
    outcome: ArrayLike, first: ArrayLike, second: ArrayLike, *, level: float
) -> Estimate | None:
    """Return how much higher the AUC of `second` is than that of `first`, on the same units.

    DeLong, DeLong & Clarke-Pearson (1988), z-test. None as for `auc`; unbounded where the
    data hold no error, save that predictions in the same order differ by nothing.
    """
    check_share("level", level)
    y, a, b = known(outcome, first, second)
    if len(np.unique(y)) < 2:
        return None
    gaps = _placements(y, b) - _placements(y, a)
    found = z_interval(*_mean_placement(y, gaps), len(y), level=level, method="DeLong, z-test")
    if not gaps.any():
        return replace(found, low=0.0, high=0.0, p_value=1.0)
    return found


def average_precision(outcome: ArrayLike, predicted: ArrayLike, *, level: float) -> Estimate | None:
    """Return the precision at each event, averaged, with the error of units' influences on it.

    At each distinct prediction a unit there moves the average by its own precision if it is
    an event, and by changing the precision of all events at or below it. Logit interval; None
    as for `auc`.
    """
    check_share("level", level)
    y, p = known(outcome, predicted)
    if len(np.unique(y)) < 2:
        return None
    at, n = Ranked.of(y, p), len(y)
    value, total = at.average_precision, at.events[-1]
    events, units = np.diff(at.events, prepend=0), np.diff(at.units, prepend=0)
    precision = at.events / at.units
    raised = np.cumsum((events / at.units)[::-1])[::-1]
    lowered = np.cumsum((events * precision / at.units)[::-1])[::-1]
    by_other = -lowered
    by_event = precision + raised - lowered - value
    # Each in units of 1 / events, and centred by construction.
    squares = events @ by_event**2 + (units - events) @ by_other**2
    return logit_interval(
        value,
        math.sqrt(squares) / total,
        n,
        null=float(total) / n,
        level=level,
        method="average precision, logit interval",
    )


def precision_recall(
    outcome: ArrayLike, predicted: ArrayLike, *, points: int = 200
) -> pd.DataFrame:
    """Return the curve of precision over recall, from the highest predictions down.

    Columns `recall`, `precision`, `share` (of units contacted) and `threshold`: for each of
    `points` evenly spaced recalls, the fewest units that reach it. Empty without events.
    """
    check_at_least("the number of points", points, 2)
    y, p = known(outcome, predicted)
    columns = ["recall", "precision", "share", "threshold"]
    if not y.any():
        return pd.DataFrame(columns=columns, dtype=float)
    at = Ranked.of(y, p)
    total = at.events[-1]
    # The first event alone comes first: there is no precision before it.
    wanted = np.linspace(1, total, points)
    row = np.unique(np.searchsorted(at.events, wanted - 1e-9 * total))
    events, units = at.events[row], at.units[row]
    curve = events / total, events / units, units / len(y), at.threshold[row]
    return pd.DataFrame(dict(zip(columns, curve, strict=True)))


def flag(outcome: ArrayLike, predicted: ArrayLike, share: float, *, level: float) -> Flag:
    """Return precision and recall when a share of the units is contacted, the highest first.

    At least one unit is. Where the last of them ties with others, the events are those found
    on average. Intervals are Wilson's. That of the recall counts each event for more than one
    as far as so many contacts leave less to chance: of a few contacts among many events, all
    that can vary is which of them are events.
    """
    check_share("level", level)
    check_share("share", share)
    y, p = known(outcome, predicted)
    if not y.any():
        return Flag(contacted=0, reason="no unit has the outcome")
    at, contacted, events = Ranked.of(y, p), contacts(share, len(y)), int(y.sum())
    found = at.found(contacted)
    missed, elsewhere = events - found, max(len(y) - contacted, 1)
    # The delta method, of recall as the odds of two binomial counts.
    varies = 1 - (found / contacted * missed + missed / elsewhere * found) / events
    return Flag(
        contacted=contacted,
        threshold=float(at.threshold[np.searchsorted(at.units, contacted)]),
        precision=share_of(found, contacted, level=level),
        recall=share_of(found, events, level=level, weight=1 / max(varies, 1 / len(y))),
    )


def contacts(share: float, n: int) -> int:
    """Return how many of `n` units a share is: at least one."""
    return max(round(check_share("share", share) * n), 1)


def _placements(outcome: Array, predicted: Array) -> Array:
    """Return each event's share of other units given less, and each other's of events given more.

    By midranks, so that a tie is half (Sun & Xu 2014, eq. 5 to 8).
    """
    event = outcome == 1
    rank = rankdata(predicted)
    found = np.empty(len(outcome))
    found[event] = (rank[event] - rankdata(predicted[event])) / (~event).sum()
    found[~event] = 1 - (rank[~event] - rankdata(predicted[~event])) / event.sum()
    return found


def _mean_placement(outcome: Array, placements: Array) -> tuple[float, float]:
    """Return the mean of placements and its standard error; 0 where there is none."""
    events, others = placements[outcome == 1], placements[outcome == 0]
    variance = sum(x.var(ddof=1) / len(x) if len(x) > 1 else math.nan for x in (events, others))
    return float(events.mean()), math.sqrt(variance) if variance > 0 else 0.0
