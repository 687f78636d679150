"""Reading: an executed notebook, turned back into data.

`findings` gives a table with one row a finding, `said` the sentences with the facts that
they were made from, `parameters` what the run was given, `provenance` its whole record.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

if TYPE_CHECKING:
    import pandas as pd

KEY = "knowntruth"
SAID = "application/vnd.knowntruth.said+json"
FIGURE = "application/vnd.knowntruth.figure+json"
COLUMNS = (
    "name", "what", "value", "low", "high", "level", "n", "p_value", "null", "unit", "method",
    "direction", "truth", "grade", "sentence",
)  # fmt: skip


def notebook(path: Path) -> nbformat.NotebookNode:
    """Return the executed notebook of a run."""
    book: nbformat.NotebookNode = nbformat.read(path, as_version=4)
    return book


def findings(path: Path) -> pd.DataFrame:
    """Return one row a finding, in the order in which the chapter says them.

    `sentence` is the first sentence that the finding stands in, or an empty text where only
    a figure shows it. Intervals without an end have an empty `low` or `high`.
    """
    import pandas as pd

    rows: dict[str, dict[str, Any]] = {}
    for sentence, facts in _spoken(notebook(path)):
        for fact in facts:
            if fact.get("kind") != "finding":
                continue
            row = rows.setdefault(fact["name"], fact | {"sentence": sentence})
            row["sentence"] = row["sentence"] or sentence
    return pd.DataFrame(list(rows.values())).reindex(columns=list(COLUMNS))


def said(path: Path) -> list[dict[str, Any]]:
    """Return every said sentence with the facts beside it, and the number of its cell."""
    return [
        {"cell": number, "sentence": data[SAID]["sentence"], "facts": data[SAID]["facts"]}
        for number, data in bundles(notebook(path))
        if data.get(SAID, {}).get("sentence")
    ]


def parameters(path: Path) -> dict[str, Any]:
    """Return the parameters that the run was given; the others had their defaults."""
    return dict(notebook(path).metadata.get("papermill", {}).get("parameters", {}))


def provenance(path: Path) -> dict[str, Any]:
    """Return what the run was: case, version, all parameters, the command that repeats it."""
    return dict(notebook(path).metadata.get(KEY, {}))


def bundles(book: nbformat.NotebookNode) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number of the cell and the data of every display or result of a notebook."""
    for number, cell in enumerate(book.cells, start=1):
        for output in cell.get("outputs", []):
            if "data" in output:
                yield number, output["data"]


def _spoken(book: nbformat.NotebookNode) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for _, data in bundles(book):
        if SAID in data:
            yield data[SAID]["sentence"], data[SAID]["facts"]
        elif FIGURE in data:
            yield "", data[FIGURE].get("facts", [])
