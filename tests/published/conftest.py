"""The original A/B-test notebook's data set, re-drawn once for the tests of this folder."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from knowntruth.cases.ab_test import original


@pytest.fixture(scope="session")
def published() -> dict[str, dict[str, Any]]:
    """The original's lines of output and of code, and what a run of its code gives beyond."""
    return tomllib.loads((Path(__file__).parent / "ab_test.toml").read_text("utf-8"))


@pytest.fixture(scope="session")
def derived(published: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Results that an exact run of its code gives and that it does not print."""
    return published["derived"]


@pytest.fixture(scope="session")
def replayed() -> original.Replay:
    """Its A/A tests and its users."""
    return original.replay()
