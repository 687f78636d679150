"""Provenance: what a run was, written into its notebook's metadata.

The record holds the chapter's slug, title and question, the package's version, every
parameter with its default, value and meaning, and the one command that repeats the run.
Pages and readers take it from the notebook; they never need the case itself.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import knowntruth
from knowntruth import parameters

if TYPE_CHECKING:
    from knowntruth.cases import Case


def record(case: Case, values: Mapping[str, object]) -> dict[str, Any]:
    """Return the record of one run of `case` with `values`."""
    checked = parameters.check(case.parameters, values)
    changed = parameters.changed(checked)
    rows = parameters.describe(case.parameters, checked).to_dict("records")
    return {
        "case": case.slug,
        "title": case.title,
        "question": case.question,
        "version": knowntruth.__version__,
        "parameters": [row | {"changed": row["name"] in changed} for row in rows],
        "command": command(case.slug, changed),
    }


def command(slug: str, changed: Mapping[str, object]) -> str:
    """Return the command line that repeats a run with these parameters.

    A table of one's own is named without its folder, which is nobody else's business.
    """
    rest = dict(changed)
    words = ["knowntruth", "run", slug]
    if data := rest.pop("data", ""):
        words += ["--data", PurePath(str(data)).name]
    for name, columns in _mapping(rest.pop("columns", {})):
        for column in columns if isinstance(columns, list) else [columns]:
            words += ["--map", f"{name}={column}"]
    for name, label in _mapping(rest.pop("labels", {})):
        words += ["--label", f"{name}={label}"]
    for name, value in rest.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        words += ["-p", f"{name}={text}"]
    return shlex.join(words)


def _mapping(value: object) -> list[tuple[str, object]]:
    return list(value.items()) if isinstance(value, Mapping) else []
