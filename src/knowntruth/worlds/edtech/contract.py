"""Contract of the table that `edtech` makes."""

from __future__ import annotations

from ...data.contract import Contract, Field
from .parameters import INCOMES

_CAME_BACK = "whether the user was active on day {} after sign-up or later"

USERS = Contract(
    name="users",
    row="one user who signed up",
    key=("user_id",),
    fields=(
        Field(name="user_id", kind="identifier", meaning="the user"),
        Field(name="start_date", kind="time", meaning="day of sign-up"),
        Field(name="age_group", kind="label", meaning="age group, given at sign-up"),
        Field(name="skill_level", kind="label", meaning="skill, given at sign-up"),
        Field(name="instrument", kind="label", meaning="instrument to be learned"),
        Field(name="country", kind="label", meaning="country of the account"),
        Field(name="income_band", kind="label", meaning="income, from a survey", choices=INCOMES),
        Field(name="onboarding", kind="yes/no", meaning="whether the user took the guided lesson"),
        Field(name="day_1_retention", kind="yes/no", meaning=_CAME_BACK.format(1)),
        Field(name="day_7_retention", kind="yes/no", meaning=_CAME_BACK.format(7)),
        Field(name="day_30_retention", kind="yes/no", meaning=_CAME_BACK.format(30)),
        Field(name="last_active", kind="time", meaning="last day of activity"),
        Field(
            name="lessons_completed",
            kind="whole number",
            meaning="lessons completed in the first thirty days",
            unit="lessons",
            low=0,
        ),
        Field(
            name="premium_conversion",
            kind="yes/no",
            meaning="whether the user took the paid plan within sixty days",
        ),
        Field(
            name="churn", kind="yes/no", meaning="whether the account was closed within ninety days"
        ),
    ),
)
