"""One of many worlds: what the meeting's readings answer in it, and what is true in all.

Worlds here differ by their seed alone. The *reference* is what they share: parameters and truth.
Readings are the chapter's own, from counts by day and by user instead of sessions. A *ratio* is
sessions per active user of one day; a *series* has one a day, of the days that have some.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...methods.panels import unit_changes
from ...methods.panels.panel import Panel
from ...methods.panels.regression import t_estimate
from ...methods.sessions import serial
from ...methods.sessions.serial import Stretches
from ...story.estimates import Estimate
from ...worlds.engagement.truth import truth_of
from ...worlds.engagement.world import simulate
from ..active_days import ActiveDays, Array
from ..engagement import world_parameters
from ..many_worlds import NOTHING, Answer
from .parameters import Parameters

Compare = Callable[..., serial.Change]


@dataclass(frozen=True)
class Reference:
    """What worlds that differ by their seed alone have in common.

    Attributes:
        p: their parameters.
        effect: what the feature adds to an active day of those who have access; NaN where
            nobody has.
        effect_on_first: the same for users from before the launch with access since its day.
        change: how far the mean daily ratio is to be expected to move over the launch.
    """

    p: Parameters
    effect: float
    effect_on_first: float
    change: float

    @classmethod
    def of(cls, p: Parameters) -> Reference:
        """Return what worlds of these parameters share."""
        truth = truth_of(world_parameters(p))
        return cls(
            p=p,
            effect=truth.effect_on_eligible,
            effect_on_first=truth.effect(eligible=True, cohort=1, joined_before=True),
            change=truth.naive["after"] - truth.naive["before"],
        )


class Replicate:
    """One world, its active days counted as the meeting counts them, and as it should."""

    def __init__(self, p: Parameters) -> None:
        """Simulate the world of these parameters."""
        self.rows = ActiveDays.of(simulate(world_parameters(p)))
        self.level = 1 - p.alpha

    def change(self, compare: Compare = serial.welch) -> Answer:
        """Return the mean ratio after launch less that before it."""
        return self._compare(self._before(self.everybody), self._after(self.everybody), compare)

    def exposed_less_not(self, *, same_days: bool = False) -> Answer:
        """Return the mean ratio of exposed sessions less that of the others.

        Of all days, as in the meeting, or of the `same_days`, from launch on.
        """
        others = self._after(self.unexposed) if same_days else self.unexposed
        return self._compare(others, self._after(self.exposed))

    def treated_coefficient(self) -> Answer:
        """Return the coefficient of `treated` in the meeting's regression.

        Exposed sessions have no days before launch, so `treated` and `treated:post` are one
        column twice. Of all that fits as well, least squares takes the smallest coefficients:
        each gets half of the one contrast that the days do tell.
        """
        cells = self._before(self.unexposed), self._after(self.unexposed), self._after(self.exposed)
        counts = [int(np.isfinite(cell).sum()) for cell in cells]
        degrees = sum(counts) - len(cells)
        if not min(counts) or degrees < 1:
            return NOTHING
        squares = sum(count * float(np.nanvar(c)) for count, c in zip(counts, cells, strict=True))
        error = math.sqrt(squares / degrees * (1 / counts[1] + 1 / counts[2]))
        contrast = float(np.nanmean(cells[2]) - np.nanmean(cells[1]))
        found = t_estimate(
            contrast / 2,
            error / 2,
            degrees,
            level=self.level,
            n=sum(counts),
            method="least squares",
        )
        return _ends(found)

    def access_after(self) -> Answer:
        """Return the mean ratio of users with access less that of those without, from launch on."""
        rows = self.rows
        has = rows.day >= rows.access[rows.user]
        here = rows.on_app[rows.user] & (rows.day >= rows.launch)
        with_it, without = (
            self._series(rows.sessions[of], rows.day[of]) for of in (here & has, here & ~has)
        )
        return self._compare(without, with_it)

    def own_changes(self) -> Answer:
        """Return the change of users with access less that of those without, each user's own."""
        found = unit_changes.by_differences(self.panel, level=self.level, weighting="precision")
        return _ends(found.estimate)

    @cached_property
    def everybody(self) -> Array:
        """Ratio of all sessions by day; NaN where there is none."""
        return self._series(self.rows.sessions, self.rows.day)

    @cached_property
    def exposed(self) -> Array:
        """Ratio of exposed sessions by day, over users who have such."""
        return self._series(self.rows.exposed, self.rows.day)

    @cached_property
    def unexposed(self) -> Array:
        """Ratio of sessions that are not exposed by day, over users who have such."""
        return self._series(self.rows.sessions - self.rows.exposed, self.rows.day)

    @cached_property
    def panel(self) -> Panel:
        """Users before (0) and from launch on (1), those with access on its day and those without.

        As the chapter's: later waves and the web are left out.
        """
        rows = self.rows
        of = (rows.on_app & (rows.cohort < 2))[rows.user]
        cell = 2 * rows.user[of] + (rows.day[of] >= rows.launch)
        days = np.bincount(cell, minlength=2 * len(rows.joined))
        sessions = np.bincount(cell, rows.sessions[of], minlength=len(days))
        seen = np.flatnonzero(days)
        is_new = np.diff(seen // 2, prepend=-1) > 0
        users, unit = seen[is_new] // 2, np.cumsum(is_new) - 1
        return Panel(
            unit=unit,
            period=seen % 2,
            outcome=sessions[seen] / days[seen],
            weight=days[seen].astype(float),
            covariates=np.empty((len(seen), 0)),
            first=np.where(rows.cohort[users] > 0, 1, 2),
            cluster=np.arange(len(users)),
            labels=tuple(map(str, users)),
            periods=(0, 1),
        )

    def _series(self, sessions: Array, day: Array) -> Array:
        """Return sessions over users who have some by day; NaN where nobody has."""
        totals = np.bincount(day, sessions, minlength=self.rows.days)
        users = np.bincount(day, sessions > 0, minlength=self.rows.days)
        return np.where(users > 0, totals / np.maximum(users, 1), np.nan)

    def _before(self, series: Array) -> Array:
        return series[: self.rows.launch]

    def _after(self, series: Array) -> Array:
        return series[self.rows.launch :]

    def _compare(self, one: Array, two: Array, compare: Compare = serial.welch) -> Answer:
        """Return the second mean less the first."""
        found = compare(
            Stretches(before=one[np.isfinite(one)], after=two[np.isfinite(two)]), level=self.level
        )
        return _ends(found.estimate)


def _ends(estimate: Estimate | None) -> Answer:
    return NOTHING if estimate is None else (estimate.value, estimate.low, estimate.high)
