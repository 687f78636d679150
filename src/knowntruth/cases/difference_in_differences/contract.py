"""Contract of a panel: units seen in several periods, some of them treated from some period on.

A *long* table has one row a unit and period. A *wide* table has one row a unit, and its outcome
in several columns: those before the treatment, and those after it.
"""

from __future__ import annotations

from dataclasses import replace

from ...data.contract import Contract, Field

PANEL = Contract(
    name="panel",
    row="one unit in one period",
    key=("unit", "period"),
    fields=(
        Field(
            name="unit",
            kind="identifier",
            meaning="who or what is seen again and again, such as a user or a state",
            blanks="row left out",
        ),
        Field(
            name="period",
            kind="period",
            meaning="when the row was measured",
            required=False,
            blanks="row left out",
        ),
        Field(
            name="outcome",
            kind="number",
            meaning="what the treatment may change",
            required=False,
            blanks="left out",
        ),
        Field(
            name="first_treated",
            kind="period",
            meaning="first period of the unit's treatment, in each of its rows; blank for never",
            required=False,
            blanks="never",
        ),
        Field(
            name="treated",
            kind="yes/no",
            meaning="whether the unit is treated from `start` on, the same in each of its rows",
            required=False,
            blanks="row left out",
        ),
        Field(
            name="before",
            kind="number",
            meaning="wide table: the outcome in the periods before treatment, in order of time",
            required=False,
            several=True,
            blanks="left out",
        ),
        Field(
            name="after",
            kind="number",
            meaning="wide table: the outcome in the periods of treatment, in order of time",
            required=False,
            several=True,
            blanks="left out",
        ),
        Field(
            name="weight",
            kind="number",
            meaning="how much the row counts, such as the people it stands for",
            low=0,
            required=False,
            blanks="left out",
        ),
        Field(
            name="cluster",
            kind="label",
            meaning="groups of units that share luck, such as the region; by default each unit",
            required=False,
            blanks="left out",
        ),
        Field(
            name="take_up",
            kind="number",
            meaning="share of the treatment that was really received in the row",
            low=0,
            high=1,
            required=False,
            blanks="left out",
        ),
        Field(
            name="placebo",
            kind="number",
            meaning="outcomes that the treatment cannot change",
            required=False,
            several=True,
            blanks="left out",
        ),
        Field(
            name="affected",
            kind="yes/no",
            meaning="whether the treatment can change anything for the unit, if it is treated",
            required=False,
            blanks="left out",
        ),
        Field(
            name="covariate",
            kind="number",
            meaning="what else changes the outcome, and is not changed by the treatment",
            required=False,
            several=True,
            blanks="left out",
        ),
    ),
    one_of=(("period", "outcome"), ("before", "after")),
)

LONG = ("period", "outcome")
WIDE = ("before", "after")
TREATMENT = ("first_treated", "treated")


def long_table(without: str = "") -> Contract:
    """Return the contract of a long table; `without` is a field that it does not look for."""
    return replace(PANEL, fields=_but(*WIDE, without), one_of=(LONG,))


def wide_table() -> Contract:
    """Return the contract of a wide table, whose treatment begins between before and after."""
    fields = _but(*LONG, "first_treated", "placebo")
    return replace(PANEL, row="one unit", key=("unit",), fields=fields, one_of=(WIDE,))


def _but(*names: str) -> tuple[Field, ...]:
    return tuple(field for field in PANEL.fields if field.name not in names)
