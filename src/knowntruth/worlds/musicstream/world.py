"""Simulating `musicstream`: its tables, and apart from them its truth."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from .events import events_of
from .parameters import Parameters
from .truth import Truth, truth_of
from .users import users_between


@dataclass(frozen=True)
class World:
    """One simulated world: tables that an analyst would get, and the truth they lack."""

    parameters: Parameters
    users: pd.DataFrame
    events: pd.DataFrame | None
    truth: Truth


def simulate(p: Parameters) -> World:
    """Return the world of these parameters.

    `users` has one row a logged user, ordered by `user_id`; `events` one row an event,
    ordered by time, or None with `event_log=False`.
    """
    full = users_between(p, 0, p.users)
    logged = ~full["lost"].to_numpy()
    truth = truth_of(
        p,
        machines=full.loc[full["machine"], "user_id"].to_numpy(),
        lost=full.loc[full["lost"], "user_id"].to_numpy(),
    )
    events = events_of(p, full, logged) if p.event_log else None
    return World(p, _visible(p, full), events, truth)


def users_of(p: Parameters) -> pd.DataFrame:
    """Return the users table alone, for callers that simulate many worlds and know the truth."""
    return _visible(p, users_between(p, 0, p.users))


def _visible(p: Parameters, full: pd.DataFrame) -> pd.DataFrame:
    """Return what an analyst sees of the users."""
    hidden = ["machine", "lost", "follow_up"] + ([] if p.pre_period else ["songs_before"])
    return full[~full["lost"]].drop(columns=hidden).reset_index(drop=True)
