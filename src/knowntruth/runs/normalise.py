"""Normalising: an executed notebook, freed of everything that differs between two runs.

What stays: cells, tags, outputs, the parameters, and what the run was (`provenance`).
What goes: random ids, times, durations, paths, memory addresses, the number of pieces in
which a stream happened to arrive.
"""

from __future__ import annotations

import re
from typing import Any

import nbformat

ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{4,}")
NOISE = ("papermill", "execution", "collapsed", "ExecuteTime")
LANGUAGE = {
    "name": "python",
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "pygments_lexer": "ipython3",
}


def normalise(book: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return `book`, changed in place, so that equal runs give equal bytes."""
    parameters = book.metadata.get("papermill", {}).get("parameters", {})
    book.metadata["papermill"] = {"parameters": parameters}
    book.metadata["language_info"] = dict(LANGUAGE)
    book["nbformat"], book["nbformat_minor"] = 4, 5
    for number, cell in enumerate(book.cells, start=1):
        cell["id"] = f"cell-{number:03d}"
        for key in NOISE:
            cell.metadata.pop(key, None)
        if cell.cell_type == "code":
            cell["outputs"] = [_clean(output) for output in _joined(cell.outputs)]
    return book


def _joined(outputs: list[Any]) -> list[Any]:
    joined: list[Any] = []
    for output in outputs:
        if joined and _same_stream(joined[-1], output):
            joined[-1]["text"] += output.text
        else:
            joined.append(output)
    return joined


def _same_stream(one: Any, other: Any) -> bool:
    streams = one.output_type == other.output_type == "stream"
    return streams and bool(one.name == other.name)


def _clean(output: Any) -> Any:
    if output.output_type == "stream":
        output["text"] = ADDRESS.sub("", output.text)
    text = output.get("data", {}).get("text/plain")
    if isinstance(text, str):
        output["data"]["text/plain"] = ADDRESS.sub("", text)
    return output
