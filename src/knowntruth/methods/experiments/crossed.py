"""Crossed: the moments of both arms within each value of another column, in one query.

The arms are called "control" and "treatment", as in `comparing`; rows of others are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..moments import Moments, summarise
from ..tables import Table, check_columns, quoted, relation

ARMS = ("control", "treatment")
BLANK = "(blank)"
KEY = "arm and value"


def summarise_within(
    table: Table, columns: Sequence[str], *, across: str, by: str = "arm"
) -> dict[str, dict[str, Moments]]:
    """Return the moments of `columns` by value of `across` and arm.

    Values come back as text and in its order, a missing one as "(blank)". An arm that has no
    row with a value is absent from it.

    Raises:
        DataError: a missing column, or values that are not finite numbers.
    """
    rows = relation(table)
    check_columns(rows, [by, across, *columns])
    arm, value = (f"CAST({quoted(name)} AS VARCHAR)" for name in (by, across))
    # An arm's name holds no colon, so the first one ends it whatever the value holds.
    key = f"{arm} || ':' || coalesce({value}, '{BLANK}') AS {quoted(KEY)}"
    used = [quoted(name) for name in dict.fromkeys(columns)]
    known = rows.filter(f"{arm} IN {ARMS}").project(", ".join([key, *used]))
    found: dict[str, dict[str, Moments]] = {}
    for name, moments in summarise(known, columns, by=KEY).items():
        arm_name, _, of = name.partition(":")
        found.setdefault(of, {})[arm_name] = moments
    return dict(sorted(found.items()))
