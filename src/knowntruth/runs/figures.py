"""Figures as HTML: what a page holds for each figure of an executed notebook.

A *Plotly* figure goes into the page as its own JSON, which the page script draws when the
reader comes near; its title becomes a caption that wraps on a phone. A *diagram* of this
package is an SVG that stands in the page itself and takes its colours. Any other *picture*
(SVG or PNG) goes in as it is. All carry their alternative text as text, for whoever does not
see the drawing: screen readers, printers without the script, search engines.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any

PLOTLY = "application/vnd.plotly.v1+json"
SVG = "image/svg+xml"
PICTURES = (SVG, "image/png")
DIAGRAM = '<svg class="kt-diagram"'
HEIGHT = 420

# What Plotly reads as markup in a text, kept; everything else is only text.
MARKUP = re.compile(r"(</?(?:b|i|sub|sup)>|<br ?/?>|&[a-z]+;|&#\d+;)")


def plotly(figure: Mapping[str, Any], alt: str, *, key: str) -> str:
    """Return a Plotly figure as HTML; `key` names it once on its page."""
    layout = dict(figure.get("layout", {}))
    title = _take_title(layout)
    height = int(layout.get("height") or HEIGHT)
    data = json.dumps(
        {"data": figure.get("data", []), "layout": layout}, separators=(",", ":"),
        ensure_ascii=False, sort_keys=True,
    )  # fmt: skip
    # The browser ends a script at the first "</", wherever that stands.
    data = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return (
        f"{_head(title, alt, key)}"
        f'<div class="kt-plot" aria-hidden="true" style="height:{height}px"></div>\n'
        f'<script type="application/json" class="kt-plot-data">{data}</script>\n'
        "</figure>\n"
    )


def is_diagram(content: str) -> bool:
    """Return whether an SVG is a diagram of this package, which may stand in the page itself."""
    return content.startswith(DIAGRAM)


def diagram(content: str, title: str, *, key: str) -> str:
    """Return a diagram as HTML; its own text names and describes it."""
    name = html.escape(key)
    caption = f'<figcaption id="{name}-title">{html.escape(title)}</figcaption>\n' if title else ""
    label = f' aria-labelledby="{name}-title"' if title else ""
    return f'<figure class="kt-figure" id="{name}"{label}>\n{caption}{content}</figure>\n'


def picture(mime: str, content: str, alt: str, *, key: str) -> str:
    """Return an SVG or PNG figure as HTML."""
    if mime == SVG:
        import base64

        content = base64.b64encode(content.encode()).decode()
    source = f"data:{mime};base64,{''.join(content.split())}"
    return (
        f'<figure class="kt-figure kt-picture" id="{html.escape(key)}">\n'
        f'<img src="{source}" alt="{html.escape(alt)}">\n</figure>\n'
    )


def _head(title: str, alt: str, key: str) -> str:
    name = html.escape(key)
    caption = f'<figcaption id="{name}-title">{title}</figcaption>\n' if title else ""
    label = f"{name}-title {name}-alt" if title else f"{name}-alt"
    return (
        f'<figure class="kt-figure" id="{name}" aria-labelledby="{label}">\n{caption}'
        f'<p class="kt-alt" id="{name}-alt">{html.escape(alt)}</p>\n'
    )


def _take_title(layout: dict[str, Any]) -> str:
    title = layout.pop("title", None)
    text = title.get("text", "") if isinstance(title, Mapping) else title
    return caption(str(text or ""))


def caption(text: str) -> str:
    """Return a Plotly text as HTML: its few tags and entities stay, all else is escaped."""
    parts = MARKUP.split(text)
    kept = (part if index % 2 else html.escape(part) for index, part in enumerate(parts))
    return re.sub(r"<br ?/?>", " ", "".join(kept)).strip()
