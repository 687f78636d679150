"""Keep each chapter's two files in step: `slug.md`, the source, and `slug.ipynb`, made from it.

The notebook is there for whoever opens the chapter in Jupyter, and for ruff, which reads code
cells in notebooks and not in Markdown. It has no outputs, and the same source gives the same bytes.

    python tools/pairs.py write    write every .ipynb from its .md
    python tools/pairs.py check    exit with 1 and a list when a pair is out of step
    python tools/pairs.py adopt    take code cells formatted in the .ipynb back into the .md
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from pathlib import Path

import jupytext
import nbformat

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def convert(source: str) -> str:
    """The text of the .ipynb that belongs to a MyST source."""
    notebook = jupytext.reads(source, fmt="md:myst")
    notebook.metadata["kernelspec"] = KERNEL
    # Not jupytext's own version: it would change every notebook at each release.
    notebook.metadata["jupytext"] = {"formats": "ipynb,md:myst"}
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        text = f"{cell.cell_type}\n{cell.source}"
        seen[text] += 1
        # From the cell's text, so that a new cell changes no other cell's id.
        cell.id = hashlib.sha256(f"{seen[text]}\n{text}".encode()).hexdigest()[:8]
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    written: str = nbformat.writes(notebook)
    return written.rstrip("\n") + "\n"


def adopt(source: str, notebook: str) -> str:
    """The MyST source with its code cells as they stand in the notebook.

    Raises:
        ValueError: the notebook has other cells or words, or a cell's place is not plain.
    """
    before = jupytext.reads(source, fmt="md:myst").cells
    after = nbformat.reads(notebook, as_version=4).cells
    if [cell.cell_type for cell in before] != [cell.cell_type for cell in after]:
        raise ValueError("its .ipynb has other cells: edit the .md, then run `make pair`")
    for old, new in zip(before, after, strict=True):
        if old.source == new.source:
            continue
        if old.cell_type != "code":
            raise ValueError("its .ipynb has other words: edit the .md, then run `make pair`")
        if source.count(old.source) != 1:
            raise ValueError(f"cannot tell where this cell stands:\n{old.source}")
        source = source.replace(old.source, new.source)
    return source


def main(verb: str, folder: Path = NOTEBOOKS) -> int:
    """Do one verb for every pair; returns the exit status."""
    sources = sorted(folder.glob("*.md"))
    orphans = sorted(
        {path.stem for path in folder.glob("*.ipynb")} - {path.stem for path in sources}
    )
    wrong = [f"{name}.ipynb has no {name}.md" for name in orphans]
    for path in sources:
        pair = path.with_suffix(".ipynb")
        if verb == "adopt":
            try:
                path.write_text(adopt(path.read_text("utf-8"), pair.read_text("utf-8")), "utf-8")
            except ValueError as error:
                wrong.append(f"{path.name}: {error}")
                continue
        text = convert(path.read_text("utf-8"))
        if pair.is_file() and pair.read_text("utf-8") == text:
            continue
        if verb == "check":
            wrong.append(f"{pair.name} is not what {path.name} says: run `make pair`")
        else:
            pair.write_text(text, "utf-8")
            print(f"wrote {pair.name}")
    print("\n".join(wrong) or f"{len(sources)} pairs in step")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in {"write", "check", "adopt"}:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
