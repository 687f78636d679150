"""Contract of an experiment: one row a unit, its arm, and what was measured on it."""

from __future__ import annotations

from ...data.contract import Contract, Field

UNITS = Contract(
    name="units",
    row="one unit of the experiment, such as a user",
    key=("unit",),
    fields=(
        Field(
            name="unit",
            kind="identifier",
            meaning="what was assigned, each once; without it, each row is a unit",
            required=False,
        ),
        Field(name="arm", kind="arm", meaning="the arm it was assigned to, one of two labels"),
        Field(
            name="primary",
            kind="metric",
            meaning="the metric that the experiment was made for",
            blanks="left out",
        ),
        Field(
            name="secondary",
            kind="metric",
            meaning="further metrics, such as whether a user paid",
            required=False,
            several=True,
            blanks="left out",
        ),
        Field(
            name="covariate",
            kind="number",
            meaning="the same metric, or one like it, before the experiment began",
            required=False,
            blanks="left out",
        ),
        Field(
            name="signals",
            kind="number",
            meaning="counts that are hoped to tell of a later purchase, such as shares",
            required=False,
            several=True,
            stem="signal",
            blanks="left out",
        ),
        Field(
            name="offers",
            kind="number",
            meaning="how often an offer to pay was shown",
            low=0,
            required=False,
            blanks="left out",
        ),
        Field(
            name="segments",
            kind="label",
            meaning="groups known before the experiment began, such as the country",
            required=False,
            several=True,
            stem="segment",
            blanks="own group",
            most=50,
        ),
        Field(
            name="day",
            kind="days",
            meaning="day of the experiment on which it entered, counted from any start",
            unit="days",
            required=False,
            blanks="left out",
        ),
        Field(
            name="duration",
            kind="days",
            meaning="time under observation",
            unit="days",
            required=False,
            blanks="left out",
        ),
        Field(
            name="event",
            kind="yes/no",
            meaning="whether it left at the end of that time (1) or was still there (0)",
            required=False,
            blanks="left out",
        ),
        Field(
            name="automated",
            kind="yes/no",
            meaning="whether it is a machine, by a rule that looks at how it acts, not how much",
            required=False,
            blanks="zero",
        ),
    ),
    together=(("duration", "event"),),
)
