"""Truth about groups of `musicstream` that an analyst forms afterwards.

*Heavy before* are people who listened at least so much before the test.
*Would-be heavy* are people who would listen at least so much in control: nobody can see who
they are, but their true effect is what a group chosen after treatment is mistaken for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

from .parameters import Parameters
from .truth import cells, hazard_for, lift_in, risk

GRID = 400  # points of equal probability that stand for a continuous quantity
FINE = 20_000
TAIL = 1e-12


@dataclass(frozen=True)
class Rates:
    """Expected share that pays in each arm of a group."""

    control: float
    treatment: float

    @property
    def lift(self) -> float | None:
        """Relative difference, or None where nobody pays in control."""
        return self.treatment / self.control - 1 if self.control > 0 else None


def heavy_before(p: Parameters, at_least: float) -> Rates:
    """Return the shares that pay among people with `at_least` songs before the test.

    Listening before and during share one gamma part; given that part they are independent,
    so the expectation is an average over its distribution.
    """
    shared_shape = p.songs_shape * p.pre_correlation
    own_shape = p.songs_shape - shared_shape
    points = (np.arange(GRID) + 0.5) / GRID
    shared = stats.gamma.ppf(points, shared_shape) if shared_shape > 0 else np.zeros(1)
    needed = np.ceil(at_least) / p.songs_scale - shared
    is_in = stats.gamma.sf(needed, own_shape) if own_shape > 0 else (needed <= 0).astype(float)
    rates = []
    for treated in (False, True):
        pays = np.zeros_like(shared)
        for weight, scale, factor in _cells(p, treated=treated):
            last = int(np.ceil(scale * stats.gamma.isf(TAIL, p.songs_shape)))
            counts = np.arange(last + 2)
            beyond = counts[None, :] / scale - shared[:, None]
            if own_shape > 0:
                at_least_count = stats.gamma.sf(beyond, own_shape)
            else:
                at_least_count = (beyond <= 0).astype(float)
            chance = np.minimum(factor * (p.conversion_base + p.conversion_per_song * counts), 1)
            shares = at_least_count[:, :-1] - at_least_count[:, 1:]
            pays += weight * (shares @ chance[:-1])
        rates.append(float(is_in @ pays / is_in.sum()))
    return Rates(*rates)


def would_be_heavy(p: Parameters, at_least: float) -> Rates:
    """Return the shares that pay among people who in control would hear `at_least` songs."""
    start = stats.gamma.cdf(np.ceil(at_least) / p.songs_scale, p.songs_shape)
    points = start + (1 - start) * (np.arange(FINE) + 0.5) / FINE
    taste = stats.gamma.ppf(points, p.songs_shape)
    rates = []
    for treated in (False, True):
        pays = 0.0
        for weight, scale, factor in _cells(p, treated=treated):
            songs = np.floor(scale * taste)
            chance = np.minimum(factor * (p.conversion_base + p.conversion_per_song * songs), 1)
            pays += weight * float(chance.mean())
        rates.append(pays)
    return Rates(*rates)


def mean_days_left(p: Parameters, *, conversion: float, treated: bool, until: int) -> float | None:
    """Return the expected days before leaving, counted up to day `until`.

    None where leaving does not depend on time, because then there is no such thing.
    """
    if p.churn_timing != "hazard":
        return None
    days = np.arange(until)
    total = 0.0
    for converted, share in ((True, conversion), (False, 1 - conversion)):
        hazard = hazard_for(risk(p, converted=converted, treated=treated))
        total += share * float(np.exp(-hazard * days).sum())
    return total


def _cells(p: Parameters, *, treated: bool) -> Iterator[tuple[float, float, float]]:
    """Yield share, scale of listening and factor on paying of each distinct kind of user."""
    kinds: dict[tuple[float, float], float] = {}
    for weight, cell in cells(p, {}):
        scale = p.songs_scale * (1 + lift_in(p, cell) if treated else 1.0)
        factor = p.conversion_factor.get(cell["country"], 1.0)
        factor *= 1 + p.conversion_effect if treated else 1.0
        kinds[scale, factor] = kinds.get((scale, factor), 0.0) + weight
    for (scale, factor), weight in kinds.items():
        yield weight, scale, factor
