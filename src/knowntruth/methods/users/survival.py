"""Survival: how long units stay, when some are still there at the end.

`kaplan_meier` is the share that stays, over time; `restricted_mean` the mean time that a
unit stays, up to a limit; `logrank` asks whether two arms leave at different rates. All of
them are made from life tables, see `life_tables`, and take as long for many units as for
few.

They agree with lifelines 0.30, but for two things that it does not do: its bands have no
width where nobody or everybody has left, and it has no standard error of a restricted mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from ...story.estimates import Estimate
from ..checks import check_at_least, check_between, check_share
from ..intervals import z_interval
from ..means import unbounded
from .life_tables import Array, Counts, LifeTable

RESTRICTED_MEAN = "restricted mean, Greenwood's error"

# A ratio of hazards is looked for between exp(-FARTHEST) and exp(FARTHEST).
FARTHEST = 50.0


@dataclass(frozen=True, eq=False)
class Curve:
    """Kaplan and Meier's curve of one arm: the share that stays beyond each time.

    Attributes:
        times: 0, and the times of the life table after it.
        survival: share that stays beyond each.
        lower, upper: its pointwise band, by the log-log transformation of Greenwood's error.
        at_risk: units under observation just before each.
        level: coverage that the band is made for.
        life: the life table.
    """

    times: Array
    survival: Array
    lower: Array
    upper: Array
    at_risk: Counts
    level: float
    life: LifeTable

    def at(self, time: float) -> Estimate:
        """Return the share that stays beyond a time; unit `share`.

        Raises:
            ValueError: a time below zero, or beyond what is known.
        """
        self.life.check_known("the time", time)
        i = int(np.searchsorted(self.times, time, side="right")) - 1
        return Estimate(
            value=float(self.survival[i]),
            low=float(self.lower[i]),
            high=float(self.upper[i]),
            level=self.level,
            n=self.life.units,
            unit="share",
            null=None,
            method="Kaplan-Meier, log-log interval",
        )

    def median(self) -> Estimate | None:
        """Return the first time beyond which at most half stay; None where more stay.

        Its interval holds the times at which the band does not leave out one half
        (Brookmeyer & Crowley 1982, with the log-log transformation).
        """
        value, low, high = (
            float(self.times[below[0]]) if len(below) else math.inf
            for below in (
                np.flatnonzero(ends <= 0.5) for ends in (self.survival, self.lower, self.upper)
            )
        )
        if math.isinf(value):
            return None
        return Estimate(
            value=value,
            low=low,
            high=high,
            level=self.level,
            n=self.life.units,
            null=None,
            method="Kaplan-Meier, median",
        )


@dataclass(frozen=True, kw_only=True)
class LogRank:
    """Two arms' rates of leaving, compared over all times.

    Attributes:
        chi2: the statistic; 0 where nothing can be tested.
        p_value: against equal hazards; None where no event fell when both arms were at risk.
        observed, expected: treatment's events while both arms were at risk, and those it would
            have had with equal hazards.
        hazard: treatment's rate of leaving relative to control's, unit `relative`, from the
            same test: Cox's hazard ratio less 1, with the ratios that the test does not
            refuse. None as above, and where none of the events was in control.
    """

    chi2: float
    p_value: float | None
    observed: int
    expected: float
    hazard: Estimate | None


def kaplan_meier(life: LifeTable, *, level: float) -> Curve:
    """Return the Kaplan-Meier curve with its pointwise band (Kalbfleisch & Prentice 1980).

    The log-log transformation has no width where the curve is at 1 or at 0. At 1 the lower
    end is the least share of which the units still at risk would all have stayed with
    probability (1 - level) / 2 (Clopper & Pearson 1934); at 0 the upper end stays what it
    was before.
    """
    tail = (1 - check_share("level", level)) / 2
    survival, at_risk = life.survival, life.at_risk
    staying = at_risk - life.events
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(life.events / at_risk / staying)
        reach = float(stats.norm.isf(tail)) * np.sqrt(greenwood) / -np.log(survival)
        lower, upper = survival ** np.exp(reach), survival ** np.exp(-reach)
    nobody_left = survival == 1
    lower[nobody_left], upper[nobody_left] = tail ** (1 / staying[nobody_left]), 1.0
    if survival[-1] == 0:
        lower[-1], upper[-1] = 0.0, upper[-2] if len(upper) > 1 else 1.0
    columns: list[Any] = [life.times, survival, lower, upper, at_risk]
    if life.times[0] > 0:
        start = (0.0, 1.0, tail ** (1 / life.units), 1.0, life.units)
        columns = [np.insert(column, 0, at) for column, at in zip(columns, start, strict=True)]
    times, survival, lower, upper, at_risk = columns
    return Curve(times, survival, lower, upper, at_risk, level, life)


def logrank(control: LifeTable, treatment: LifeTable, *, level: float) -> LogRank:
    """Compare the hazards of two arms with the log-rank test (Mantel 1966).

    The variance is the hypergeometric one, so ties are counted as they are. Sums are of
    shares, which do not overflow however many units there are.
    """
    check_share("level", level)
    times = np.union1d(control.times[control.events > 0], treatment.times[treatment.events > 0])
    n_c, n_t = (life.at_risk_at(times).astype(float) for life in (control, treatment))
    both = (n_c > 0) & (n_t > 0)
    times, n_c, n_t = times[both], n_c[both], n_t[both]
    left, n = treatment.events_at(times), n_c + n_t
    d = control.events_at(times) + left
    observed = int(left.sum())
    ties = (n - d) / (n - 1)

    def moments(log_ratio: float) -> tuple[float, float]:
        """Return mean and variance of treatment's events when hazards have this ratio."""
        odds = n_t / n_c * math.exp(log_ratio)
        share = odds / (1 + odds)
        return float((d * share).sum()), float((d * share * (1 - share) * ties).sum())

    expected, variance = moments(0.0)
    if not variance > 0:
        return LogRank(chi2=0.0, p_value=None, observed=observed, expected=expected, hazard=None)
    z = (observed - expected) / math.sqrt(variance)
    p = 2 * float(stats.norm.sf(abs(z)))
    hazard = None
    if observed < d.sum():
        value, low, high = _hazard_ratio(observed, moments, level=level)
        hazard = Estimate(
            value=value - 1,
            low=low - 1,
            high=high - 1,
            level=level,
            n=control.units + treatment.units,
            unit="relative",
            p_value=p,
            method="log-rank test",
        )
    return LogRank(chi2=z**2, p_value=p, observed=observed, expected=expected, hazard=hazard)


def restricted_mean(life: LifeTable, *, until: float, level: float) -> Estimate:
    """Return the mean time that a unit stays, counted up to `until`, in units of duration.

    The area under the Kaplan-Meier curve, with Greenwood's error (Klein & Moeschberger 2003,
    section 4.5); the interval is normal, cut to 0 and `until`. Without an event before
    `until`, or with a single unit, there is no error and the interval is unbounded.

    Raises:
        ValueError: `until` is not above zero, or lies beyond what is known.
    """
    check_share("level", level)
    mean, variance = _area(life, until)
    if not variance > 0:
        return unbounded(mean, life.units, level=level, method=RESTRICTED_MEAN, null=None)
    reach = float(stats.norm.isf((1 - level) / 2)) * math.sqrt(variance)
    return Estimate(
        value=mean,
        low=max(mean - reach, 0.0),
        high=min(mean + reach, until),
        level=level,
        n=life.units,
        null=None,
        method=RESTRICTED_MEAN,
    )


def restricted_mean_difference(
    control: LifeTable, treatment: LifeTable, *, until: float, level: float
) -> Estimate:
    """Return treatment's restricted mean minus control's, with the z-test of the two.

    Where an arm has no error (see `restricted_mean`) the interval is unbounded and nothing
    is tested.

    Raises:
        ValueError: `until` is not above zero, or lies beyond what is known of an arm.
    """
    check_share("level", level)
    (mean_c, variance_c), (mean_t, variance_t) = _area(control, until), _area(treatment, until)
    gap, n = mean_t - mean_c, control.units + treatment.units
    method = f"{RESTRICTED_MEAN}, z-test"
    is_known = min(variance_c, variance_t) > 0
    error = math.sqrt(variance_c + variance_t) if is_known else 0.0
    return z_interval(gap, error, n, level=level, method=method)


def curve_of_independent_tenure(share: float, days: int) -> Array:
    """Return the curve to which a tenure leads that has nothing to do with leaving.

    When durations are uniform on 1 to `days` and a share leaves whatever its duration, then
    share / (days + 1 - t) of those at risk leave on day t: the product of what is left falls
    although nobody ever left sooner or later than another.

    Returns:
        The share that stays beyond days 0 to `days`, shape (days + 1,).
    """
    check_between("share", share, 0, math.nextafter(1, 2))
    check_at_least("days", days, 1)
    return np.append(1.0, np.cumprod(1 - share / np.arange(days, 0, -1)))


def _hazard_ratio(
    observed: int, moments: Callable[[float], tuple[float, float]], *, level: float
) -> tuple[float, float, float]:
    """Return the ratio at which `observed` is expected, and the ends of what is not refused."""
    z = float(stats.norm.isf((1 - level) / 2))

    def ratio(quantile: float) -> float:
        """Return the ratio at which `observed` lies so many standard errors above its mean."""

        def excess(log_ratio: float) -> float:
            mean, variance = moments(log_ratio)
            return observed - mean - quantile * math.sqrt(variance)

        if excess(-FARTHEST) <= 0:
            return 0.0
        return math.exp(brentq(excess, -FARTHEST, FARTHEST, xtol=1e-14))

    return ratio(0.0), ratio(z), ratio(-z)


def _area(life: LifeTable, until: float) -> tuple[float, float]:
    """Return the area under the curve up to `until`, and the variance of that."""
    check_between("until", until, 0, math.inf)
    life.check_known("until", until)
    before = life.times < until
    times, survival = life.times[before], life.survival[before]
    widths = np.diff(times, prepend=0.0, append=until)
    areas = np.append(1.0, survival) * widths
    # What lies beyond each time, which an event at it takes away in proportion.
    beyond = areas[:0:-1].cumsum()[::-1]
    at_risk, events = life.at_risk[before], life.events[before]
    left = np.maximum(at_risk - events, 1)  # where nobody is left, nothing lies beyond
    return float(areas.sum()), float((beyond**2 * events / at_risk / left).sum())
