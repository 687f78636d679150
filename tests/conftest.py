"""How tests are shared out between workers (`pytest -n 2 --dist loadgroup`)."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests on one worker, and all of tests/site on one: they share a built site."""
    site = Path(__file__).parent / "site"
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            group = "site" if item.path.is_relative_to(site) else str(item.path)
            item.add_marker(pytest.mark.xdist_group(group))
