"""Exercises under test: what their checks say of answers, and the solutions in the chapters."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterable
from typing import Any

import jupytext
import pytest

from knowntruth import cases
from knowntruth.cases.exercises import NotYetError

Check = Callable[[Any, Any], None]


def under_seeds(case: Any, seeds: Iterable[int]) -> list[Any]:
    """Return the same tables under several seeds: what an exercise draws is drawn anew."""
    return [
        dataclasses.replace(case, parameters=case.parameters.model_copy(update={"seed": seed}))
        for seed in seeds
    ]


def refuses(check: Check, answer: object, draws: Iterable[Any], hint: str) -> None:
    """Ask that a check refuses an answer, with its hint, under every seed."""
    for case in draws:
        with pytest.raises(NotYetError, match=hint):
            check(answer, case)


def told(check: Check, answer: object, case: Any) -> str:
    """Return what a check says of a right answer."""
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        module = sys.modules[check.__module__]
        patch.setattr(module, "say", lambda text, *_: said.append(text))
        check(answer, case)
    [text] = said
    return text


def solved(slug: str, *, checks: int = 0, **names: object) -> dict[str, Any]:
    """Return what a chapter's solutions define, beside the names that they are given.

    With `checks`, the chapter has so many cells that check them, and those run too.
    """
    cells = jupytext.read(cases.get(slug).notebook, fmt="md:myst").cells
    tags = [set(cell.metadata.get("tags", [])) for cell in cells]
    wanted = {"solution"}
    if checks:
        wanted.add("exercise-check")
        assert sum("exercise-check" in tag for tag in tags) == checks
    for cell, tag in zip(cells, tags, strict=True):
        if wanted & tag:
            exec(cell.source, names)
    return names
