"""A chapter that takes a second: everything that runs do, without the work of a real one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import psutil
import pytest

from knowntruth.parameters import Parameters, parameter

HEAD = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A tiny chapter

```{code-cell} ipython3
:tags: [parameters]

seed = 1
users = 100
word = "plain"
data = ""
```

"""


class TinyParameters(Parameters):
    seed: int = parameter(1, "seed of every draw", ge=0)
    users: int = parameter(100, "users in the experiment", ge=50, le=2000, unit="users")
    word: str = parameter("plain", "any word")
    data: str = parameter("", "somebody's own table")


@dataclass(frozen=True)
class TinyCase:
    notebook: Path
    slug: str = "tiny"
    title: str = "A tiny chapter"
    question: str = "Does it run?"
    parameters: type[Parameters] = TinyParameters


def code(source: str, *tags: str) -> str:
    """A code cell of a MyST notebook."""
    head = f":tags: [{', '.join(tags)}]\n\n" if tags else ""
    return f"```{{code-cell}} ipython3\n{head}{dedent(source).strip()}\n```\n\n"


@pytest.fixture
def chapter(tmp_path: Path) -> Callable[..., TinyCase]:
    """Makes a case from pieces of MyST text."""

    def make(*pieces: str) -> TinyCase:
        path = tmp_path / "tiny.md"
        path.write_text(HEAD + "\n".join(pieces), encoding="utf-8")
        return TinyCase(path)

    return make


@pytest.fixture
def kernels_left() -> Callable[[], list[str]]:
    """Lists the kernels among the children of a process, this one where none is given."""

    def left(pid: int | None = None) -> list[str]:
        found = []
        for child in psutil.Process(pid).children(recursive=True):
            try:
                command = " ".join(child.cmdline())
            except psutil.Error:
                continue
            if "ipykernel_launcher" in command:
                found.append(command)
        return found

    return left
