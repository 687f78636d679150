"""Users from before the launch by periods: what the panels of a simulated rollout are made of.

A *cell* is one user in one period. Days of a period before access, where it begins within one,
are left out of it, so that no period is half treated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...methods.panels.panel import Panel
from ...worlds.engagement.world import World
from ..active_days import ActiveDays, Array


@dataclass(frozen=True, eq=False)
class Cells:
    """What users did in periods.

    Attributes:
        users: by user, the world's number.
        start: by user, the period of access; NaN where there is none.
        cluster: by user, the market where there are several, else the user.
        affected: by user, whether the feature is where the user has the product.
        ever_exposed: by user, whether the feature was ever met.
        periods: counted from launch.
        days: users by periods, on how many days of it a user could be active; without days
            before access, where it begins within the period.
        active: users by periods, active days among these.
        sessions: users by periods, sessions on them.
    """

    users: Array
    start: Array
    cluster: Array
    affected: Array
    ever_exposed: Array
    periods: Array
    days: Array
    active: Array
    sessions: Array

    @classmethod
    def of(cls, world: World, length: int) -> Cells:
        """Return the cells of a world, in periods of `length` days."""
        rows = ActiveDays.of(world)
        early = rows.joined < rows.launch
        users = np.flatnonzero(early)
        periods = periods_of(rows.launch, rows.days - rows.launch, length)
        days = _days(rows, users, periods, length)
        starts = np.floor((rows.access - rows.launch) / length)
        period = (rows.day - rows.launch) // length
        splits = (period == starts[rows.user]) & (rows.day < rows.access[rows.user])
        of = early[rows.user] & ~splits & np.isin(period, periods)
        place = np.cumsum(early) - 1
        cell = place[rows.user[of]] * len(periods) + period[of] - periods[0]
        active, sessions, exposed = (
            np.bincount(cell, values, minlength=math.prod(days.shape)).reshape(days.shape)
            for values in (None, rows.sessions[of], rows.exposed[of])
        )
        return cls(
            users=users + 1,
            start=starts[users],
            cluster=rows.market[users] if world.parameters.markets > 1 else users,
            affected=rows.on_app[users],
            ever_exposed=np.asarray(exposed.any(axis=1)),
            periods=periods,
            days=days,
            active=active,
            sessions=sessions,
        )

    def table(self) -> pd.DataFrame:
        """Return one row a user and period since sign-up, whether the user was active or not.

        Columns: `unit`; `period`, counted from launch; `outcome`, sessions per active day,
        missing where there is none; `first_treated`, period of access, missing where there is
        none; `weight`, active days; `take_up`, 1 where the user has access and ever meets the
        feature; `placebo_1`, share of the period's days that are active; `affected`, 1 on the
        app; `cluster`, from 1.
        """
        user, period = np.nonzero(self.days > 0)
        cells = user, period
        start, active = self.start[user], self.active[cells].astype(float)
        has_access = self.periods[period] >= start
        with np.errstate(invalid="ignore"):
            ratio = self.sessions[cells] / active
        return pd.DataFrame(
            {
                "unit": self.users[user],
                "period": self.periods[period],
                "outcome": ratio,
                "first_treated": start,
                "weight": active,
                "take_up": (has_access & self.ever_exposed[user]).astype(float),
                "placebo_1": active / self.days[cells],
                "affected": self.affected[user].astype(float),
                "cluster": 1 + self.cluster[user],
            }
        )

    def ratios(self, of: Array) -> Panel:
        """Return the panel of some users' sessions per active day, weighted by active days."""
        ratio = self.sessions / np.maximum(self.active, 1)
        return self.panel(of[:, None] & (self.active > 0), ratio, self.active)

    def shares(self, of: Array) -> Panel:
        """Return the panel of some users' share of days that are active."""
        share = self.active / np.maximum(self.days, 1)
        return self.panel(of[:, None] & (self.days > 0), share, np.ones(self.days.shape))

    def panel(self, kept: Array, outcome: Array, weight: Array) -> Panel:
        """Return the panel of the kept cells; all three are users by periods."""
        users, periods = kept.any(axis=1), kept.any(axis=0)
        labels, start = self.periods[periods], self.start[users]
        unit, period = np.nonzero(kept[users][:, periods])
        first = np.where(np.isnan(start), len(labels), np.searchsorted(labels, start))
        _, cluster = np.unique(self.cluster[users], return_inverse=True)
        return Panel(
            unit=unit,
            period=period,
            outcome=outcome[kept],
            weight=weight[kept].astype(float),
            covariates=np.empty((len(unit), 0)),
            first=first,
            cluster=cluster,
            labels=tuple(map(str, self.users[users])),
            periods=tuple(labels.tolist()),
        )


def periods_of(before: int, after: int, length: int) -> Array:
    """Return the periods of a record, counted from launch.

    A first or last one with less than half of its days on record is left out, unless it is the
    only one on its side: it would say little, and say it loudly.
    """
    periods = np.arange(before // -length, (after - 1) // length + 1)
    on_record = np.minimum((periods + 1) * length, after) - np.maximum(periods * length, -before)
    kept: Array = periods[(2 * on_record >= length) | (periods == -1) | (periods == 0)]
    return kept


def _days(rows: ActiveDays, users: Array, periods: Array, length: int) -> Array:
    """Return on how many days of each period each of these users could be active."""
    begins = np.maximum(rows.launch + periods * length, 0)
    ends = np.minimum(rows.launch + (periods + 1) * length, rows.days)
    access = rows.access[users][:, None]
    splits = (access > begins) & (access < ends)
    begins = np.maximum(np.where(splits, access, begins), rows.joined[users][:, None])
    days: Array = np.maximum(ends - begins, 0)
    return days
