"""Contract of a product's sessions: one row a session, whose it was and when."""

from __future__ import annotations

from ...data.contract import Contract, Field

EVENTS = Contract(
    name="sessions",
    row="one session of one user",
    fields=(
        Field(
            name="user",
            kind="identifier",
            meaning="whose session it was; a user has many",
            blanks="row left out",
        ),
        Field(
            name="time",
            kind="time",
            meaning="when the session began, or on which day it was",
            blanks="row left out",
        ),
        Field(
            name="exposed",
            kind="yes/no",
            meaning="whether the user met the feature in the session",
            required=False,
            blanks="left out",
        ),
        Field(
            name="signed_up",
            kind="time",
            meaning="when the user signed up, the same in each of the user's rows",
            required=False,
            blanks="left out",
        ),
    ),
)
