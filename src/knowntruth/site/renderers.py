"""Renderers: what MyST-NB puts into a page for each output of a chapter.

A figure arrives in two entries of one output, its drawing and its words; a said sentence
arrives with its data. All are kept as *pieces* until `transforms` joins them, because
MyST-NB hands over one entry at a time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import ClassVar

from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer

from knowntruth.runs import figures, tables
from knowntruth.runs.figures import PLOTLY
from knowntruth.runs.read import FIGURE, SAID


class piece(nodes.Element):  # noqa: N801 - docutils names its nodes in lower case
    """A drawing, its words, or a sentence's data: `mime` says which, `content` is its JSON."""


class Figures:
    """The outputs that this book adds to those that every notebook has: a MyST-NB plugin."""

    mime_priority_overrides: ClassVar[Sequence[tuple[str, str, int | None]]] = [
        ("html", PLOTLY, 1),
    ]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        """Return nodes for our kinds of output, None for all others."""
        if inline:
            return None
        is_diagram = data.mime_type == figures.SVG and figures.is_diagram(data.string)
        if is_diagram or data.mime_type in {FIGURE, PLOTLY, SAID}:
            key = f"figure-{data.cell_index}-{data.output_index}"
            return [piece(mime=data.mime_type, content=json.dumps(data.content), key=key)]
        if data.mime_type == "text/html" and 'class="kt-' in data.string[:40]:
            # The class that MyST-NB gives to HTML makes the theme paint a light box behind it.
            page = tables.dressed(data.string)
            return [nodes.raw(text=page, format="html", classes=["kt-output"])]
        return None
