"""Markets of `engagement`: places whose users share what single days add, and a drift.

A market may get access as a whole. Which markets do is drawn by lot: each has a *rank*, and those
of the lowest ranks get it, the first wave first.
"""

from __future__ import annotations

import numpy as np

from .. import streams
from .parameters import Parameters
from .rules import Array

WORLD = "engagement/"  # two worlds with one seed share no random numbers


def ranks(p: Parameters) -> Array:
    """Return the rank of each market, from 0."""
    order: Array = np.argsort(_normal(p, "market rank", p.markets), kind="stable").argsort()
    return order


def market_days(p: Parameters) -> Array:
    """Return what each day adds to everybody's length in each market: markets by days.

    An AR(1) series of everybody, one of each market, and each market's own straight drift, which
    is nothing on the launch day.
    """
    everybody = _persistent(_normal(p, "day", p.days), p.day_spread, p.day_persistence)
    own = _normal(p, "market day", p.markets * p.days).reshape(p.markets, p.days)
    own = _persistent(own, p.market_spread, p.market_persistence)
    drift = p.market_trend * _normal(p, "market trend", p.markets)
    since = (np.arange(p.days) - p.days_before) / 30
    days: Array = everybody + own + drift[:, None] * since
    return days


def _normal(p: Parameters, name: str, count: int) -> Array:
    drawn: Array = streams.column(
        p.seed,
        WORLD + name,
        lambda rng, rows: rng.standard_normal(rows.stop - rows.start),
        stop=count,
    )
    return drawn


def _persistent(shocks: Array, spread: float, persistence: float) -> Array:
    """Return AR(1) series along the last axis with this standard deviation."""
    effects = spread * shocks
    fresh = np.sqrt(1 - persistence**2)
    for day in range(1, effects.shape[-1]):
        effects[..., day] = persistence * effects[..., day - 1] + fresh * effects[..., day]
    return effects
