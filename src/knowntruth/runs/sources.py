"""Sources: a chapter's MyST text, read as a notebook.

The text is the only source; the notebook exists in memory alone. Cells tagged `simulated`
belong to runs of the simulated world alone, cells tagged `own-data` to runs on somebody's
table alone; all others belong to both.
"""

from __future__ import annotations

from pathlib import Path

import jupytext
import nbformat

SIMULATED, OWN_DATA = "simulated", "own-data"
KERNELSPEC = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


def notebook(path: Path, *, own_data: bool = False) -> nbformat.NotebookNode:
    """Return the notebook that a MyST file describes, for one kind of run."""
    book: nbformat.NotebookNode = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
    book.metadata["kernelspec"] = dict(KERNELSPEC)
    book.metadata.pop("jupytext", None)
    unwanted = SIMULATED if own_data else OWN_DATA
    book.cells = [cell for cell in book.cells if unwanted not in cell.metadata.get("tags", [])]
    return book
