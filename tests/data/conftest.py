"""A contract like an experiment's, and a way to open a table that a test writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowntruth.data.contract import Contract, Field
from knowntruth.data.tables import OwnTable, open_table
from knowntruth.errors import DataError

UNITS = Contract(
    name="units",
    row="one user",
    key=("unit",),
    fields=(
        Field(name="unit", kind="identifier", meaning="who", required=False),
        Field(name="arm", kind="arm", meaning="arm"),
        Field(name="primary", kind="metric", meaning="main metric", blanks="left out"),
        Field(
            name="secondary", kind="metric", meaning="others",
            required=False, several=True, blanks="left out",
        ),
        Field(
            name="covariate", kind="number", meaning="before", required=False, blanks="left out"
        ),
        Field(
            name="segments", kind="label", meaning="groups", required=False, several=True,
            stem="segment", blanks="own group", most=5,
        ),
        Field(
            name="duration", kind="days", meaning="time", required=False, blanks="left out"
        ),
        Field(name="event", kind="yes/no", meaning="left", required=False, blanks="left out"),
        Field(name="visits", kind="whole number", meaning="visits", required=False, high=99),
        Field(
            name="plan", kind="label", meaning="plan", required=False, choices=("free", "paid")
        ),
        Field(name="flagged", kind="yes/no", meaning="machine", required=False, blanks="zero"),
    ),
    together=(("duration", "event"),),
)  # fmt: skip


@pytest.fixture
def units() -> Contract:
    return UNITS


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., OwnTable]:
    """Return a function that writes a text file and opens it."""

    def write_and_open(
        text: str | bytes, columns: Any = None, name: str = "table.csv", **options: Any
    ) -> OwnTable:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return open_table(path, UNITS, columns, **options)

    return write_and_open


@pytest.fixture
def refused(opened: Callable[..., OwnTable]) -> Callable[..., str]:
    """Return a function that opens a table which is wrong, and gives the error's text."""

    def refuse(*args: Any, **options: Any) -> str:
        with pytest.raises(DataError) as error:
            opened(*args, **options)
        return str(error.value)

    return refuse
