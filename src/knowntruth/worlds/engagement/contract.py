"""Contracts of the tables that `engagement` makes."""

from __future__ import annotations

from ...data.contract import Contract, Field
from .parameters import PLATFORMS

_USER = Field(name="user_id", kind="whole number", meaning="the user", low=1)

USERS = Contract(
    name="users",
    row="one user who signed up",
    key=("user_id",),
    fields=(_USER, Field(name="signup_date", kind="time", meaning="day of sign-up")),
)

FEATURES = Contract(
    name="features",
    row="one feature",
    key=("feature",),
    fields=(
        Field(name="feature", kind="label", meaning="the feature"),
        Field(name="launch_date", kind="time", meaning="day on which the first users got it"),
    ),
)

EVENTS = Contract(
    name="events",
    row="one session of one user",
    fields=(
        _USER,
        Field(name="event_time", kind="time", meaning="when the session began"),
        Field(name="first_seen", kind="time", meaning="when the user's first session began"),
        Field(
            name="feature_exposed",
            kind="yes/no",
            meaning="whether the user met the feature in the session",
        ),
    ),
)

ACCESS = Contract(
    name="access",
    row="one user, as the feature was rolled out",
    key=("user_id",),
    fields=(
        _USER,
        Field(
            name="cohort",
            kind="whole number",
            meaning="wave of the rollout that gives the user access; 0 for none",
            low=0,
        ),
        Field(
            name="access_date",
            kind="time",
            meaning="day from which the user has access; empty for none",
            blanks="left out",
        ),
        Field(
            name="platform",
            kind="label",
            meaning="where the user has the product; on the web the feature is not there",
            choices=PLATFORMS,
        ),
        Field(
            name="market",
            kind="whole number",
            meaning="where the user lives, a number of the place",
            low=1,
        ),
    ),
)
