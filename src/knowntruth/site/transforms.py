"""Transforms: what happens to a chapter's document between MyST-NB and the page.

`JoinOutputs` gives each drawing its words and marks said sentences, `FoldCode` lets every
code cell fold, `provenance_box` puts the origin of the run under the title, `without_thebe`
takes out what an unused part of Jupyter Book leaves on every page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from knowntruth.runs import boxes, figures
from knowntruth.runs.read import FIGURE, SAID

from .renderers import piece

LOG = logging.getLogger(__name__)
BEFORE_MIME_SELECTION = 3  # MyST-NB selects at 4
BEFORE_HIDING = 150  # and hides code at 199

# What the fold of a code cell is called, by the first of its tags that is named here.
FOLDS = {
    "solution": "Solution",
    "exercise-check": "Check of the exercise",
    "hide-input": "Code of this figure",
    "injected-parameters": "Parameters of this run",
    "parameters": "Parameters",
}
MARKDOWN = "text/markdown"
MARKS = ("### BEGIN SOLUTION", "### END SOLUTION")


class JoinOutputs(SphinxPostTransform):
    """Join what belongs together in one output: drawing and words, sentence and data."""

    default_priority = BEFORE_MIME_SELECTION
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Join every output of the document."""
        for bundle in _elements(self.document, _is_bundle):
            parts = {part["mime_type"]: part for part in bundle.children}
            words = _content(parts.get(FIGURE))
            if SAID in parts and MARKDOWN in parts:
                bundle.replace_self(
                    nodes.container("", *parts[MARKDOWN].children, classes=["kt-said"])
                )
            elif figures.PLOTLY in parts:
                self._join_plotly(bundle, parts[figures.PLOTLY], words)
            elif figures.SVG in parts and isinstance(parts[figures.SVG].children[0], piece):
                self._join_diagram(bundle, parts[figures.SVG], words)
            elif any(mime in parts for mime in figures.PICTURES):
                self._join_picture(bundle, words)

    def _join_plotly(self, bundle: Any, part: Any, words: Mapping[str, Any]) -> None:
        drawing: piece = part.children[0]
        alt = self._alt(words, bundle)
        page = figures.plotly(_content(part), alt, key=drawing["key"])
        bundle.replace_self(nodes.raw(text=page, format="html"))

    def _join_diagram(self, bundle: Any, part: Any, words: Mapping[str, Any]) -> None:
        drawing: piece = part.children[0]
        page = figures.diagram(
            json.loads(drawing["content"]), words.get("title", ""), key=drawing["key"]
        )
        bundle.replace_self(nodes.raw(text=page, format="html"))

    def _join_picture(self, bundle: Any, words: Mapping[str, Any]) -> None:
        image = next(iter(bundle.findall(nodes.image)))
        image["alt"] = self._alt(words, bundle)
        bundle.replace_self(
            [
                nodes.raw(text='<figure class="kt-figure kt-picture">', format="html"),
                image,
                nodes.raw(text="</figure>", format="html"),
            ]
        )

    def _alt(self, words: Mapping[str, Any], where: nodes.Node) -> str:
        alt = str(words.get("alt", ""))
        if not alt:
            LOG.warning("a figure has no alternative text", location=where)
        return alt


class FoldCode(SphinxPostTransform):
    """Fold the code of every cell, under a name that says what it is."""

    default_priority = BEFORE_HIDING
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Fold every code cell that shows its code."""
        for cell in _elements(self.document, _is_cell):
            tags = cell["cell_metadata"].get("tags", [])
            name = next((FOLDS[tag] for tag in FOLDS if tag in tags), "Code")
            cell["hide_mode"] = cell.get("hide_mode") or "input"
            cell["prompt_show"] = cell["prompt_hide"] = name
            if "solution" in tags:
                for code in list(cell.findall(nodes.literal_block)):
                    _strip_marks(code)


def provenance_box(
    document: nodes.document, record: Mapping[str, Any], *, notebook: str, links: str
) -> None:
    """Put the origin of a run right under the title of its page."""
    title = next(iter(document.findall(nodes.title)))
    page = boxes.provenance(record, notebook=notebook, links=links)
    section = title.parent
    section.insert(section.index(title) + 1, nodes.raw(text=page, format="html"))


def without_thebe(document: nodes.document) -> None:
    """Remove the settings of sphinx-thebe, which name a repository of somebody else's."""
    for node in list(document.findall(nodes.raw)):
        if "x-thebe-config" in node.astext() or "kernelName =" in node.astext():
            node.parent.remove(node)


def description(document: nodes.document) -> str:
    """Return the first sentences of a page, for previews of links to it."""
    text = next((p.astext() for p in document.findall(nodes.paragraph)), "")
    return " ".join(text.split())


def _elements(document: nodes.document, wanted: Callable[[nodes.Node], bool]) -> list[Any]:
    return list(document.findall(wanted))


def is_folded(node: nodes.Node) -> bool:
    """Return whether a node is a fold around code."""
    return isinstance(node, HideCodeCellNode)


def _is_bundle(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle"


def _is_cell(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _content(part: Any) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(part.children[0]["content"]) if part else {}
    return content


def _strip_marks(code: nodes.literal_block) -> None:
    lines = code.astext().splitlines()
    text = "\n".join(line for line in lines if line.strip() not in MARKS).strip("\n")
    code.rawsource = text
    code.children = []
    code.append(nodes.Text(text))
