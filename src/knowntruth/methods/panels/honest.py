"""Honest bounds: what is left of an effect if trends were not parallel after all.

An *event study*'s effects hold what the treatment did and by how much trends differed. How much
they may have differed after the start is bounded by what was seen before it (Rambachan & Roth
2023, "A more credible approach to parallel trends", Review of Economic Studies 90(5)):

- *relative*: from one period to the next the groups drift apart after the start by no more than
  `size` times the most that they did before it. Size 0 is parallel trends.
- *smooth*: their drift changes from one period to the next by no more than `size`, in units of
  the outcome. Size 0 is a drift in a straight line, which is taken away.

The *identified set* holds the effects that would be possible if the estimates had no error. The
interval holds the effect with the wanted chance at least. For relative bounds it is the union of
t intervals over each of the steps that may have been the largest, and either sign: simple, valid,
and somewhat wider than the conditional tests of that paper. For smooth bounds it is their shortest
interval of fixed length, found by convex optimisation: any weights of the times before the start
would do, so what the search leaves costs length, never coverage. Its normal quantiles are
stretched to those of t.

The *breakdown* is the size at which the interval no longer leaves out "no effect".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import linalg, optimize, stats
from scipy.special import ndtr, ndtri

from ...story.estimates import Estimate
from ..checks import check_at_least, check_share
from .event_study import EventStudy
from .panel import Array
from .regression import t_estimate

Kind = Literal["relative", "smooth"]

# A breakdown beyond so many errors of the effect, or largest steps before it, is infinite.
LARGEST = 1e4


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """An effect under bounded differences of trends.

    Attributes:
        kind: of the bound, `relative` or `smooth`.
        size: of the bound.
        estimate: the effect with the interval, or None where `reason` is not empty.
        identified: ends of the identified set; None where even the estimates before the start
            break the bound, and where there is no estimate.
        reason: why there is no estimate, or "".
    """

    kind: Kind
    size: float
    estimate: Estimate | None = None
    identified: tuple[float, float] | None = None
    reason: str = ""


def bounds(
    study: EventStudy,
    kind: Kind,
    size: float,
    *,
    level: float,
    of: Mapping[int, float] | None = None,
) -> Bounds:
    """Return the effect under a bound.

    `of` weighs effects by time from the start on, by default their mean.

    Raises:
        ValueError: an unknown kind, a negative size, a level that is no share, or weights of
            times without an effect.
    """
    check_share("level", level)
    check_at_least("size", size, 0)
    if kind not in {"relative", "smooth"}:
        raise ValueError(f"kind is relative or smooth, not {kind}")
    reason = _unfit(study)
    if reason:
        return Bounds(kind=kind, size=size, reason=reason)
    weights = _weights(study, of)
    found = _relative if kind == "relative" else _smooth
    return found(study, weights, size, level)


def breakdown(
    study: EventStudy, kind: Kind, *, level: float, of: Mapping[int, float] | None = None
) -> float | None:
    """Return the smallest size whose interval holds "no effect": 0 where the plain one does.

    It is infinite where no size does, and None where there are no bounds.

    Raises:
        ValueError: as `bounds`.
    """

    def holds(size: float) -> bool:
        estimate = bounds(study, kind, size, level=level, of=of).estimate
        return estimate is None or estimate.covers(0.0)

    if bounds(study, kind, 0.0, level=level, of=of).estimate is None:
        return None
    if holds(0.0):
        return 0.0
    scale = 1.0
    if kind == "smooth":
        scale = math.sqrt(float(np.diag(study.covariance).max()))
    low, high = 0.0, scale
    while not holds(high):
        low, high = high, 2 * high
        if high > LARGEST * scale:
            return math.inf
    return float(optimize.bisect(lambda x: 0.5 - holds(x), low, high, xtol=1e-4 * scale))


def _unfit(study: EventStudy) -> str:
    if study.reason:
        return study.reason
    if study.reference != -1:
        return "the reference is not the last period before the start"
    if study.pre_test is None or min(study.times) >= 0:
        return "no effect before the start tells how far trends may differ"
    if study.after is None:
        return "no effect is known from the start on"
    times = sorted([*study.times, study.reference])
    if times != list(range(times[0], times[-1] + 1)):
        return "a period between the first and the last has no effect"
    return ""


def _weights(study: EventStudy, of: Mapping[int, float] | None) -> Array:
    """Return a weight for each time, 0 before the start."""
    later = [time for time in study.times if time >= 0]
    chosen = dict.fromkeys(later, 1 / len(later)) if of is None else of
    unknown = sorted(set(chosen) - set(later))
    if unknown or not any(chosen.values()):
        raise ValueError(f"of weighs times from {later[0]} to {later[-1]}, not {unknown}")
    return np.array([chosen.get(time, 0.0) for time in study.times])


def _relative(study: EventStudy, weights: Array, size: float, level: float) -> Bounds:
    values = study.values
    times = np.array(study.times)
    # One row a step from a time before the start to the next; the reference is nothing.
    before = times < 0
    steps = np.zeros((int(before.sum()), len(times)))
    for i in range(len(steps)):
        steps[i, i] = -1.0
        if i + 1 < len(steps):
            steps[i, i + 1] = 1.0
    # A step after the start moves all effects from then on.
    reach = size * float(np.abs(np.cumsum(weights[~before][::-1])).sum())
    value, most = float(weights @ values), float(np.abs(steps @ values).max())
    ends = [
        t_estimate(
            float(of @ values),
            math.sqrt(float(of @ study.covariance @ of)),
            study.degrees,
            level=level,
            n=study.units,
            method="",
        )
        for step in steps
        for of in (weights + reach * step, weights - reach * step)
    ]
    return Bounds(
        kind="relative",
        size=size,
        estimate=_estimate(
            study,
            value,
            min(end.low for end in ends),
            max(end.high for end in ends),
            level,
            "relative bounds, union of t intervals",
        ),
        identified=(value - reach * most, value + reach * most),
    )


def _smooth(study: EventStudy, weights: Array, size: float, level: float) -> Bounds:
    times, values = np.array(study.times), study.values
    drift, bends, where = _bends(times)
    chosen = _shortest(study.covariance, weights, drift, bends, size, level)
    error = math.sqrt(float(chosen @ study.covariance @ chosen))
    bias = size * float(np.abs(bends @ chosen).sum())
    stretch = float(stats.t.isf((1 - level) / 2, study.degrees) / stats.norm.isf((1 - level) / 2))
    value = float(chosen @ values)
    reach = stretch * error * _quantile(bias / error, level)
    # Before the start the drift is what was seen; after it, each bend is free within the bound.
    seen = dict(zip(study.times, values, strict=True)) | {study.reference: 0.0}
    bent = [seen[s + 1] - 2 * seen[s] + seen[s - 1] for s in where if s < -1]
    straight = float(weights @ (values + drift * seen[-2]))
    free = size * float(np.abs(bends[where >= -1] @ weights).sum())
    possible = all(abs(bend) <= size for bend in bent)
    return Bounds(
        kind="smooth",
        size=size,
        estimate=_estimate(
            study, value, value - reach, value + reach, level, "smooth bounds, fixed length"
        ),
        identified=(straight - free, straight + free) if possible else None,
    )


def _bends(times: Array) -> tuple[Array, Array, Array]:
    """Return what a unit of slope, and of each bend, adds to the effect at each time.

    The slope is that into the reference; the bend at s is by how much the next step exceeds the
    last. Rows of the second are bends, whose times are the third.
    """
    where = np.arange(min(times.min(), -1) + 1, times.max())
    rows = [np.maximum(times - s, 0) if s >= -1 else np.maximum(s - times, 0) for s in where]
    table = np.array(rows, dtype=float).reshape(len(where), len(times))
    return (times + 1).astype(float), table, where


def _shortest(
    covariance: Array, weights: Array, drift: Array, bends: Array, size: float, level: float
) -> Array:
    """Return weights of all times, of which those after the start are given.

    No slope may bias them. Length grows with bias and error and is convex in both.
    """
    before = np.flatnonzero(drift < 0)
    free = np.zeros((len(drift), len(before)))
    free[before, np.arange(len(before))] = 1.0
    # The last time before the reference takes the slope away alone; directions without slope
    # are added to that.
    start = weights.copy()
    start[before[-1]] = -float(weights @ drift) / drift[before[-1]]
    directions = free @ linalg.null_space(drift[before][None, :])
    if not directions.shape[1]:
        return np.asarray(start)
    gram = directions.T @ covariance @ directions
    start = start - directions @ np.linalg.solve(gram, directions.T @ covariance @ start)
    if size == 0:
        return np.asarray(start)
    scale = math.sqrt(float(start @ covariance @ start))
    k, m = directions.shape[1], len(bends)
    along = bends @ directions
    ahead = bends @ start

    def length(x: Array) -> tuple[float, Array]:
        chosen = start + directions @ x[:k]
        error = math.sqrt(float(chosen @ covariance @ chosen)) / scale
        bias = size * float(x[k:].sum()) / scale
        quantile = _quantile(bias / error, level)
        slope = _steepness(bias / error, quantile)
        by_error = directions.T @ covariance @ chosen / (error * scale**2)
        gradient = np.concatenate(
            [(quantile - bias / error * slope) * by_error, np.full(m, slope * size / scale)]
        )
        return error * quantile, gradient

    # The last m numbers are at least as large as the bends' shares of the bias.
    limits = {
        "type": "ineq",
        "fun": lambda x: np.concatenate(
            [x[k:] - (ahead + along @ x[:k]), x[k:] + (ahead + along @ x[:k])]
        ),
        "jac": lambda x: np.block([[-along, np.eye(m)], [along, np.eye(m)]]),
    }
    first = np.concatenate([np.zeros(k), np.abs(ahead)])
    found = optimize.minimize(
        length,
        first,
        jac=True,
        method="SLSQP",
        constraints=[limits],
        options={"maxiter": 500, "ftol": 1e-12},
    )
    candidates = [np.zeros(k), found.x[:k]]
    best = min(candidates, key=lambda x: length(np.concatenate([x, np.abs(ahead + along @ x)]))[0])
    return np.asarray(start + directions @ best)


def _quantile(bias: float, level: float) -> float:
    """Return the quantile of the size of a normal draw about `bias`."""
    far = float(-ndtri((1 - level) / 2))

    def missing(x: float) -> float:
        return float(ndtr(x - bias) - ndtr(-x - bias)) - level

    return float(optimize.brentq(missing, 0.0, bias + far + 1, xtol=1e-13))


def _steepness(bias: float, quantile: float) -> float:
    """Return by how much that quantile grows with the bias."""
    # The ratio of the density there to that at the other end.
    ratio = math.exp(-2 * quantile * bias)
    return (1 - ratio) / (1 + ratio)


def _estimate(
    study: EventStudy, value: float, low: float, high: float, level: float, method: str
) -> Estimate:
    return Estimate(value=value, low=low, high=high, level=level, n=study.units, method=method)
