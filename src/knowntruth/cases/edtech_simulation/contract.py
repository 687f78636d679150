"""Contract of the users of a product: one row a user, when they came, whether they stayed."""

from __future__ import annotations

from ...data.contract import Contract, Field

USERS = Contract(
    name="users",
    row="one user who signed up",
    key=("user",),
    fields=(
        Field(
            name="user",
            kind="identifier",
            meaning="who signed up, each once; without it, each row is a user",
            required=False,
        ),
        Field(
            name="signed_up",
            kind="time",
            meaning="when the user signed up",
            required=False,
            blanks="left out",
        ),
        Field(
            name="factors",
            kind="label",
            meaning="groups known from the start, such as the country",
            required=False,
            several=True,
            stem="factor",
            blanks="own group",
            most=60,
        ),
        Field(
            name="onboarding",
            kind="yes/no",
            meaning="whether the user took the guided start",
            required=False,
            blanks="left out",
        ),
        *(
            Field(
                name=f"day_{day}",
                kind="yes/no",
                meaning=f"whether the user was active on day {day} after sign-up or later",
                required=False,
                blanks="left out",
            )
            for day in (1, 7, 30)
        ),
        Field(
            name="last_active",
            kind="time",
            meaning="when the user was last seen; with signed_up it tells days that are not there",
            required=False,
            blanks="left out",
        ),
        Field(
            name="activity",
            kind="number",
            meaning="how much the user did, such as lessons completed",
            low=0,
            required=False,
            blanks="left out",
        ),
        Field(
            name="churned",
            kind="yes/no",
            meaning="whether the user left for good",
            required=False,
            blanks="left out",
        ),
        Field(
            name="converted",
            kind="yes/no",
            meaning="whether the user began to pay",
            required=False,
            blanks="left out",
        ),
    ),
    one_of=(
        ("churned",),
        ("converted",),
        ("day_1",),
        ("day_7",),
        ("day_30",),
        ("signed_up", "last_active"),
    ),
    in_order=(("signed_up", "last_active"),),
)

# The days after sign-up on which retention is judged, and the contract's columns of them.
DAYS = {1: "day_1", 7: "day_7", 30: "day_30"}
