"""Rules of `engagement`: the chance of everything, as functions of who somebody is.

*Activity* and *habit* are hidden standard normal numbers of a user. *Days* are counted from the
first day on record; *since* is days since access, below zero before it. *Length* is what a user
has on an active day beyond the first session: the expected number of further ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from .parameters import MOST_SESSIONS, Parameters

Array = NDArray[Any]

MORE = MOST_SESSIONS - 1  # sessions beyond the first that a day can have
GRID = np.linspace(-8, 8, 801)  # activity, for sums over users
DENSITY = np.exp(-(GRID**2) / 2) / np.exp(-(GRID**2) / 2).sum()
_ROOTS, _WEIGHTS = np.polynomial.hermite_e.hermegauss(48)
HABIT, HABIT_SHARE = _ROOTS, _WEIGHTS / _WEIGHTS.sum()


class Rules:
    """What follows from the parameters before anything is drawn.

    Attributes:
        launch: the launch day.
        arrivals: share of users who sign up before the record (first), on each day of it, and
            in the burst (last).
        cohorts: share of the cohorts 1, 2, … in those who get access.
        cohort_of_rank: cohort of a market of each rank, where whole markets get access.
        access_share: share of users who ever get access, of markets where these get it whole.
        wave_days: day on which a cohort gets access, by cohort; 0 for cohort 0, which never does.
        effects: what the feature adds, by cohort and by `since + days`, for those who use it.
    """

    def __init__(self, p: Parameters) -> None:
        self.p = p
        self.launch = p.days_before
        self.arrivals = self._arrivals()
        waves = len(p.waves)
        self.cohorts = np.array(p.wave_shares or [1 / waves] * waves)
        self.access_share = p.access_share
        self.cohort_of_rank = self._by_market()
        if p.access == "by market":
            counts = np.bincount(self.cohort_of_rank, minlength=waves + 1)
            self.access_share = 1 - counts[0] / p.markets
            self.cohorts = counts[1:] / max(counts[1:].sum(), 1)
        self.wave_days = np.array([0, *(self.launch + day for day in p.waves)])
        self.effects = self._effects()
        self._access_level = self._solve_access()

    def _arrivals(self) -> Array:
        p = self.p
        daily = np.ones(p.days)
        daily[self.launch :] += p.signup_change
        daily *= (1 - p.users_at_start - p.burst) / daily.sum()
        return np.concatenate([[p.users_at_start], daily, [p.burst]])

    def _by_market(self) -> Array:
        """Return the cohort of a market of each rank: some have access, and some do not."""
        share, markets = self.p.access_share, self.p.markets
        treated = round(share * markets)
        if 0 < share < 1 and markets > 1:
            treated = min(max(treated, 1), markets - 1)
        rank = np.arange(markets)
        ends = np.cumsum(self.cohorts)[:-1]
        wave = 1 + np.searchsorted(ends, (rank + 0.5) / max(treated, 1), side="right")
        cohorts: Array = np.where(rank < treated, wave, 0)
        return cohorts

    def _effects(self) -> Array:
        p = self.p
        since = np.arange(-p.days, p.days + 1)
        later = p.effect if p.effect_later is None else p.effect_later
        with_it = later + (p.effect - later) * 0.5 ** (np.maximum(since, 0) / p.effect_half_life)
        factors = np.array([0.0, *(p.effect_by_wave or [1.0] * len(p.waves))])
        waits = (since < 0) & (since >= -p.anticipation_days)
        some = (np.arange(len(factors)) > 0)[:, None]
        effects: Array = np.where(since >= 0, factors[:, None] * with_it, 0.0)
        return effects + np.where(waits & some, p.anticipation, 0.0)

    def _solve_access(self) -> float:
        """Return the log odds of access at middling activity that give the stated share."""
        share, slope = self.access_share, self._slope
        if share in {0, 1}:
            return np.inf if share else -np.inf
        return float(
            brentq(lambda level: DENSITY @ expit(level + slope * GRID) - share, -60, 60, xtol=1e-13)
        )

    @property
    def _slope(self) -> float:
        return self.p.access_slope if self.p.access == "by activity" else 0.0

    def access_chance(self, activity: Array) -> Array:
        """Return the chance to get access, ever."""
        return np.asarray(expit(self._access_level + self._slope * activity))

    def active_chance(self, activity: Array, habit: Array, burst: Array) -> Array:
        """Return the chance of a day, once signed up, to be an active one."""
        p = self.p
        mixed = p.active_link * activity + np.sqrt(1 - p.active_link**2) * habit
        chance = expit(p.active_level + p.active_spread * mixed)
        return np.asarray(chance * np.where(burst, p.burst_active, 1.0))

    def length(self, activity: Array, burst: Array) -> Array:
        """Return the length of an active day, but for what the day and the feature add."""
        p = self.p
        own = p.sessions - 1 + p.sessions_by_activity * activity
        return np.asarray(own + np.where(burst, p.burst_sessions, 0.0))

    def by_day(self) -> Array:
        """Return what a day adds to the length of never and of ever getting access, two rows."""
        p, day = self.p, np.arange(self.p.days)
        season = np.where(day >= self.launch + p.season_start, p.season, 0.0)
        gained = p.trend_gap * (day - self.launch) / 30
        return np.stack([season, season + gained])

    def by_activity(self) -> Array:
        """Return what a day adds to the length by one standard deviation of activity."""
        p = self.p
        return np.asarray(p.trend_by_activity * (np.arange(p.days) - self.launch) / 30)

    def exposure(self, activity: Array) -> Array:
        """Return the chance that the first session of a day is exposed, for those who can be."""
        p = self.p
        return np.asarray(np.clip(p.exposure_first + p.exposure_by_activity * activity, 0, 1))


def further_sessions(length: Array) -> Array:
    """Return the chances of no, at most one and at most two further sessions, three rows.

    Further sessions are binomial: three chances, each of a third of the length. A length below
    zero counts as zero, one above three as three.
    """
    hit = np.clip(length, 0, MORE) / MORE
    miss = 1 - hit
    return np.stack([miss**3, miss * miss * (1 + 2 * hit), 1 - hit**3])
