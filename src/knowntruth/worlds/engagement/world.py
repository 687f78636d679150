"""Simulating `engagement`: its tables, and apart from them its truth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from .. import streams
from .daily import daily_of
from .events import events_of
from .markets import market_days
from .parameters import PLATFORMS, Parameters
from .rules import Rules
from .truth import Truth, truth_of
from .user_days import user_days_of
from .users import LAUNCH, People, dates, people_of


@dataclass(frozen=True)
class World:
    """One simulated world: tables that an analyst would get, and the truth they lack.

    Each table is made when it is first asked for. `users`, `features` and `events` are the
    original's; `access` is what an analyst could ask for, `daily` what a warehouse could add up.
    `hidden`, `user_days` and `truth` are the simulator's.
    """

    parameters: Parameters

    @cached_property
    def users(self) -> pd.DataFrame:
        """One row a user, active or not: `user_id`, `signup_date`."""
        return pd.DataFrame({"user_id": self._ids, "signup_date": self._date("signup")})

    @property
    def features(self) -> pd.DataFrame:
        """The feature and its launch: `feature`, `launch_date`."""
        launch = pd.Series([LAUNCH]).astype("datetime64[us]")
        return pd.DataFrame({"feature": ["the feature"], "launch_date": launch})

    @cached_property
    def events(self) -> pd.DataFrame:
        """One row a session, see `events.events_of`."""
        return events_of(self.parameters)

    @cached_property
    def access(self) -> pd.DataFrame:
        """Who could be exposed from when: `user_id`, `cohort`, `access_date`, `platform`, `market`.

        On the web, where the feature is not, access is what the user would have in the app.
        """
        cohort = self._column("cohort")
        access = pd.Series(self._date("access_day")).where(cohort > 0)
        app, web = PLATFORMS
        return pd.DataFrame(
            {
                "user_id": self._ids,
                "cohort": cohort,
                "access_date": access,
                "platform": np.where(self._column("on_web"), web, app),
                "market": 1 + self._column("market"),
            }
        )

    @cached_property
    def daily(self) -> pd.DataFrame:
        """Counts by day and cohort, see `daily.daily_between`."""
        return daily_of(self.parameters)

    @cached_property
    def hidden(self) -> pd.DataFrame:
        """What nobody sees of users: `burst`, `activity`, `active_chance`, `takes_up`."""
        names = ("burst", "activity", "active_chance", "takes_up")
        return pd.DataFrame({"user_id": self._ids, **{name: self._column(name) for name in names}})

    @cached_property
    def user_days(self) -> pd.DataFrame:
        """One row an active user-day, as only the simulator knows it.

        Columns: `user_id`; `day`; `sessions`; `sessions_without`, those without the feature;
        `expected` sessions of this user on this day; `effect`, how many of those expected are
        there because of the feature; `exposed_sessions`.
        """
        rules, shocks = Rules(self.parameters), market_days(self.parameters)
        parts = [
            pd.DataFrame(
                {
                    "user_id": number * streams.BLOCK + 1 + days.user,
                    "day": days.day,
                    "sessions": days.sessions,
                    "sessions_without": days.sessions_without,
                    "expected": 1 + days.length,
                    "effect": days.effect,
                    "exposed_sessions": days.exposed.sum(axis=1),
                }
            )
            for number, people in enumerate(self._people)
            for days in user_days_of(rules, shocks, people, number)
        ]
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def truth(self) -> Truth:
        """What is to be expected, worked out from the parameters alone."""
        return truth_of(self.parameters)

    @cached_property
    def _people(self) -> list[People]:
        rules = Rules(self.parameters)
        blocks = streams.blocks(0, self.parameters.users)
        return [people_of(rules, block, users.stop - users.start) for block, users in blocks]

    @property
    def _ids(self) -> streams.Values:
        return np.arange(1, self.parameters.users + 1)

    def _column(self, name: str) -> streams.Values:
        return np.concatenate([getattr(people, name) for people in self._people])

    def _date(self, name: str) -> streams.Values:
        first = np.datetime64(dates(self.parameters)[0], "us")
        dated: streams.Values = first + self._column(name).astype("timedelta64[D]")
        return dated


def simulate(p: Parameters) -> World:
    """Return the world of these parameters."""
    return World(p)
