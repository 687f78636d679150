"""Active days of a world of `engagement` in plain arrays, for cases that read many worlds.

What the chapters read from tables of sessions is counted here from one row an active user-day:
the same numbers, in a small part of the time. *Users* are numbered from 0, *days* from the first
on record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..worlds.engagement.users import dates
from ..worlds.engagement.world import World

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class ActiveDays:
    """Users of a world, and the days on which they were active.

    Attributes:
        launch: day of the launch.
        days: how many are on record.
        joined: by user, the day of sign-up; below zero before the record.
        access: by user, the day from which the feature can be met; NaN where it never can.
        cohort: by user, the wave that gives access; 0 for none.
        on_app: by user, whether the feature is where the user has the product.
        market: by user, where the user lives, from 0.
        user, day: by active day, whose and when.
        sessions: by active day, how many.
        exposed: by active day, how many of them met the feature.
    """

    launch: int
    days: int
    joined: Array
    access: Array
    cohort: Array
    on_app: Array
    market: Array
    user: Array
    day: Array
    sessions: Array
    exposed: Array

    @classmethod
    def of(cls, world: World) -> ActiveDays:
        """Return the users and active days of a world."""
        p, access, rows = world.parameters, world.access, world.user_days
        first = dates(p)[0]
        return cls(
            launch=p.days_before,
            days=p.days,
            joined=_days(world.users["signup_date"], first).astype(np.int64),
            access=_days(access["access_date"], first),
            cohort=access["cohort"].to_numpy(),
            on_app=(access["platform"] == "app").to_numpy(),
            market=access["market"].to_numpy() - 1,
            user=rows["user_id"].to_numpy() - 1,
            day=rows["day"].to_numpy(),
            sessions=rows["sessions"].to_numpy().astype(np.int64),
            exposed=rows["exposed_sessions"].to_numpy(),
        )


def _days(when: pd.Series[Any], first: pd.Timestamp) -> Array:
    """Return dates as days of the record; NaN where there is none."""
    return (when - first).dt.days.to_numpy().astype(float)
