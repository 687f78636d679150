"""Executed chapters, each run once a session and shared by the tests of its file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import nbformat
import pytest
from jupyter_client.provisioning import local_provisioner

from knowntruth import cases
from knowntruth.runs import execute

from .warm import Nursery

pytest.register_assert_rewrite("tests.book.every_report", "tests.book.every_world")

SAID = "application/vnd.knowntruth.said+json"
FIGURE = "application/vnd.knowntruth.figure+json"


class Executed:
    """An executed chapter, with what it said and showed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notebook = nbformat.read(path, as_version=4)

    @property
    def outputs(self):
        """Return every output of every cell."""
        return [o for cell in self.notebook.cells for o in cell.get("outputs", [])]

    def payloads(self, mime: str):
        """Return the payload of that kind from each output that has one."""
        return [o["data"][mime] for o in self.outputs if mime in o.get("data", {})]

    @property
    def sentences(self):
        """Return what was said, in order, without the score card's empty sentence."""
        return [said["sentence"] for said in self.payloads(SAID) if said["sentence"]]

    @property
    def text(self) -> str:
        """Return everything that was said as one text."""
        return "\n".join(self.sentences)

    @property
    def facts(self):
        """Return every fact and finding that was said or drawn."""
        payloads = [*self.payloads(SAID), *self.payloads(FIGURE)]
        return [fact for payload in payloads for fact in payload["facts"]]

    def finding(self, name: str):
        """Return the first finding of that name."""
        return next(f for f in self.facts if f["kind"] == "finding" and f["name"] == name)


# Sentences do not depend on how many worlds a score card is made from; time does.
FEW = {"replications": 2, "workers": 1}


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Return where kernels are forked that need not import anything."""
    found = Nursery()
    yield found
    found.close()


@pytest.fixture(scope="session")
def chapter(nursery, tmp_path_factory) -> Callable[..., Executed]:
    """Return a function that executes a chapter, once for the same values."""
    done: dict[str, Executed] = {}

    def of(slug: str, values: Mapping[str, object]) -> Executed:
        values = FEW | dict(values)
        key = f"{slug} {sorted(values.items(), key=str)}"
        if key not in done:
            target = tmp_path_factory.mktemp("runs") / f"{slug}.ipynb"
            with pytest.MonkeyPatch.context() as patch:
                if sys.platform == "linux":
                    # The chapters as they are by default run in kernels of their own for the site.
                    patch.setattr(local_provisioner, "launch_kernel", nursery.launch)
                done[key] = Executed(execute.run(cases.get(slug), values, target))
        return done[key]

    return of
