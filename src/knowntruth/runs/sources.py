"""Sources: a chapter's MyST text, read as a notebook.

The text is the only source; the notebook exists in memory alone.
"""

from __future__ import annotations

from pathlib import Path

import jupytext
import nbformat

KERNELSPEC = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


def notebook(path: Path) -> nbformat.NotebookNode:
    """Return the notebook that a MyST file describes, ready for papermill."""
    book = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
    book.metadata["kernelspec"] = dict(KERNELSPEC)
    book.metadata.pop("jupytext", None)
    return book
