"""How tests are shared out between workers (`pytest -n 2`), and what garbage is looked through."""

from __future__ import annotations

import gc

import pytest
from xdist.scheduler import LoadScopeScheduling


class ByFile(LoadScopeScheduling):
    """A file's tests go to one worker, and all of tests/site to one: they share what they build."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/site" if nodeid.startswith("tests/site/") else nodeid.partition("::")[0]


# Not `--dist loadgroup`: pytest-xdist 3.8 with pytest 9.2 no longer sees the groups.
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    """Share out by file."""
    return ByFile(config, log)


def pytest_collection_finish() -> None:
    """Leave out of each collection of garbage what will never be any: modules and tests."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Let what was left out be collected, or libraries complain of leaks at the end."""
    gc.unfreeze()
