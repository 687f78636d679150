"""Lognormals cut off from below: what the largest units follow if all follow a lognormal.

Above a cut at `start`, y = log(x / start) has a density as exp(-slope y - curve y²) for y from 0
up, with curve 1 / (2 spread²): a straight line is a power law, so a power law is the lognormal of
infinite spread. In these two the likelihood has one peak; in center and spread it has a ridge.
Whole numbers have the probability of rounding to them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import erfcx
from scipy.stats import chi2

from ..predictions.outcomes import Array

# Curvature below this, where the mean of y is 1, is none.
STRAIGHT = 1e-7


@dataclass(frozen=True)
class Lognormal:
    """A lognormal of the units that make `least` or more.

    Attributes:
        start: where it is cut off; half below `least` where values are whole numbers.
        whole: whether they are.
        low, high: y at the ends of what each unit was rounded to its value from.
        slope, curve: of the density of y. A curve of 0 is a power law.
        p_value: of a power law against any curve above 0, by the likelihood ratio.
    """

    start: float
    whole: bool
    low: Array
    high: Array
    slope: float
    curve: float
    p_value: float

    @classmethod
    def of(cls, x: Array, least: float, *, whole: bool) -> Lognormal:
        """Return the likeliest of values from `least` up, two of which differ."""
        half = 0.5 if whole else 0.0
        start = least - half
        low, high = np.log((x - half) / start), np.log((x + half) / start)
        scale = float((low + high).mean()) / 2

        def loss(at: Array) -> float:
            slope, curve = at[0] / scale, max(at[1], STRAIGHT / 10) / scale**2
            # Further up the hidden side, erfcx leaves floats.
            if slope < -40 * math.sqrt(curve):
                return math.inf
            return -float(_log_likelihood(low, high, slope, curve).sum())

        middle, variance = scale, float(((low + high) / 2).var()) / scale**2 + 1e-3
        starts = [(1.0, 0.01), (-1 / variance, 0.5 / variance)]
        fits = [
            minimize(
                loss, s, method="Nelder-Mead", bounds=[(-1e4, 1e4), (0, 1e6)],
                options={"xatol": 1e-9, "fatol": 1e-9, "maxiter": 2_000},
            )
            for s in starts if loss(np.array(s)) < math.inf
        ]  # fmt: skip
        best = min(fits, key=lambda fit: float(fit.fun))
        line = minimize(lambda a: loss(np.array([a[0], 0.0])), [1.0], method="Nelder-Mead")
        gain = 2 * max(float(line.fun - best.fun), 0.0)
        # Under a power law half of all tails would curve up if they could: none of these do.
        p = 0.5 * float(chi2.sf(gain, 1)) if best.x[1] > STRAIGHT else 1.0
        curve = float(best.x[1]) if best.x[1] > STRAIGHT else 0.0
        return cls(start, whole, low, high, best.x[0] / middle, curve / middle**2, p)

    @property
    def spread(self) -> float | None:
        """Standard deviation of logarithms before the cut; None of a power law."""
        return math.sqrt(0.5 / self.curve) if self.curve else None

    @property
    def center(self) -> float | None:
        """Mean of logarithms before the cut; None of a power law."""
        return math.log(self.start) - self.slope / (2 * self.curve) if self.curve else None

    def log_likelihoods(self) -> Array:
        """Return the logarithm of each unit's density, of y, or probability."""
        return _log_likelihood(self.low, self.high, self.slope, self.curve)

    def draw(self, shape: tuple[int, int], random: np.random.Generator) -> Array:
        """Return units drawn from it."""
        y = np.linspace(0, 1, 4_001) ** 2 * 300
        curve = max(self.curve, STRAIGHT**2)
        survival = -_log_survival(y, self.slope, curve)
        drawn = self.start * np.exp(np.interp(random.exponential(size=shape), survival, y))
        return np.floor(drawn + 0.5) if self.whole else drawn


def _log_survival(y: Array, slope: float, curve: float) -> Array:
    root = math.sqrt(curve)
    tails = erfcx(slope / (2 * root) + root * y), erfcx(slope / (2 * root))
    return np.asarray(-slope * y - curve * y**2 + np.log(tails[0]) - np.log(tails[1]))


def _log_likelihood(low: Array, high: Array, slope: float, curve: float) -> Array:
    root = math.sqrt(curve)
    if (low == high).all():
        mass = math.sqrt(math.pi) / (2 * root) * erfcx(slope / (2 * root))
        return np.asarray(-slope * low - curve * low**2 - math.log(mass))
    above, beyond = (_log_survival(y, slope, curve) for y in (low, high))
    return np.asarray(above + np.log(-np.expm1(np.minimum(beyond - above, -1e-300))))
