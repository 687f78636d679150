"""Contracts of the tables that `musicstream` makes."""

from __future__ import annotations

from ...data.contract import Contract, Field
from .events import KINDS
from .truth import FOLLOW_UP

USERS = Contract(
    name="users",
    row="one user of the experiment",
    key=("user_id",),
    fields=(
        Field(name="user_id", kind="whole number", meaning="the user", low=0),
        Field(name="joined", kind="time", meaning="day on which the user entered the test"),
        Field(name="arm", kind="label", meaning="assigned arm", choices=("control", "treatment")),
        Field(name="country", kind="label", meaning="country of the account"),
        Field(name="device", kind="label", meaning="device at sign-up"),
        Field(name="age_group", kind="label", meaning="age group"),
        Field(
            name="songs_before",
            kind="whole number",
            meaning="songs in the weeks before the test",
            unit="songs",
            low=0,
            required=False,
        ),
        Field(name="songs_played", kind="whole number", meaning="songs", unit="songs", low=0),
        Field(
            name="short_plays",
            kind="whole number",
            meaning="plays under 40 seconds",
            unit="songs",
            low=0,
        ),
        Field(name="playlist_adds", kind="whole number", meaning="songs kept in a list", low=0),
        Field(name="shares", kind="whole number", meaning="songs shared", low=0),
        Field(name="paywall_views", kind="whole number", meaning="upgrade offers shown", low=0),
        Field(name="converted", kind="yes/no", meaning="whether the user took the paid plan"),
        Field(
            name="days_observed",
            kind="days",
            meaning="days from joining to leaving or to the end of the test",
            unit="days",
            low=1,
            high=FOLLOW_UP,
        ),
        Field(name="churned", kind="yes/no", meaning="whether the user left while observed"),
    ),
)

EVENTS = Contract(
    name="events",
    row="one event of one user",
    fields=(
        Field(name="user_id", kind="whole number", meaning="the user", low=0),
        Field(name="time", kind="time", meaning="when it happened, UTC"),
        Field(name="kind", kind="label", meaning="what happened", choices=KINDS),
        Field(
            name="seconds",
            kind="whole number",
            meaning="seconds heard, 0 unless a play",
            unit="seconds",
            low=0,
        ),
    ),
)
