"""Diagrams: who acts on whom, as boxes and arrows.

A *node* is a quantity with a place on a grid and a role; an *edge* says that one acts on
another. `show_diagram` puts both into the page as one drawing (SVG) that takes the colours of
the page, light or dark, and stays readable on a phone; `alt_of` says the same in sentences.
"""

from __future__ import annotations

import html
import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from IPython.display import display

from . import figures
from .arrows import Arrow, Box, route
from .figures import CONTROL, FIGURE, TREATMENT
from .names import Name, lines_of, listed
from .saying import Sayable

SVG = "image/svg+xml"

Role = Literal["observed", "hidden", "outcome", "treatment"]
Edges = Sequence[tuple[str, str]]

KEY: dict[Role, str] = {
    "treatment": "can be changed",
    "hidden": "not in the data",
    "outcome": "outcome",
}

# A phone shows the drawing at about four fifths of its size: 14 become 11.
WIDTH = 400
TEXT = 14
LINE = 17
ROW = 68
MARGIN = 5
PADDING = 10
WRAPS = (16, 12, 9, 7)
CORNER = 4
HEAD = 8.0

# Colours of the page where it has them; else such as read on any ground.
INK = "var(--kt-ink, #22262b)"
SOFT = f"var(--kt-soft, {CONTROL})"
GROUND = "var(--kt-raised, #ffffff)"
HALO = "var(--kt-page, transparent)"
FONT = "var(--kt-sans, system-ui, sans-serif)"
OUTLINES: dict[Role, str] = {
    "observed": f"stroke: {CONTROL}; stroke-width: 1.2",
    "hidden": f"stroke: {CONTROL}; stroke-width: 1.6; stroke-dasharray: 5 4",
    "outcome": f"stroke: {INK}; stroke-width: 1.8",
    "treatment": f"stroke: {TREATMENT}; stroke-width: 2.4",
}


@dataclass(frozen=True)
class Node:
    """A quantity in a diagram.

    Attributes:
        key: what edges call it.
        label: what the reader calls it.
        x, y: column from the left and row from the top; fractions are welcome.
        role: what the reader needs to know about it.
    """

    key: str
    label: Name | str
    x: float
    y: float
    role: Role = "observed"

    @property
    def name(self) -> Name:
        """The label as the text it is, whether or not it came escaped."""
        return Name(html.unescape(str(self.label)))


def show_diagram(
    nodes: Sequence[Node],
    edges: Iterable[tuple[str, str]],
    *facts: Sayable | Iterable[Sayable],
    name: str,
    title: str,
    alt: str | None = None,
) -> None:
    """Show a diagram with its computed title and alternative text.

    Args:
        nodes: the boxes, no two in one place.
        edges: pairs of keys; the first acts on the second.
        facts: what the numbers in `title` and `alt` come from; the labels need none.
        name: a key for programs, unique within the chapter.
        title: what the diagram shows, as a short sentence.
        alt: the same for somebody who cannot see it; `alt_of` where it is left out.

    Raises:
        UntracedNumberError: when a number of `title` or `alt` traces to no fact.
        ValueError: for an edge without its node, or boxes that lie on each other.
    """
    edges = list(edges)
    words = figures.words(
        [*facts, [node.name for node in nodes]],
        name=name,
        title=title,
        alt=alt_of(nodes, edges) if alt is None else alt,
    )
    picture = drawing(nodes, edges, name=name, title=words["title"], alt=words["alt"])
    display(
        {SVG: picture, FIGURE: words, "text/plain": f"{words['title']}. {words['alt']}"}, raw=True
    )


def alt_of(nodes: Sequence[Node], edges: Iterable[tuple[str, str]]) -> str:
    """Return in sentences who acts on whom, each cause with all that it acts on."""
    edges = list(edges)
    of_key = _by_key(nodes, edges)
    sentences = []
    for node in nodes:
        reached = [f"{of_key[into].name}" for out, into in edges if out == node.key]
        aside = f" ({KEY['hidden']})" if node.role == "hidden" else ""
        if reached:
            lead = "An arrow leads" if len(reached) == 1 else "Arrows lead"
            sentences.append(f"{lead} from {node.name}{aside} to {listed(reached)}.")
        elif all(into != node.key for _, into in edges):
            sentences.append(f"No arrow leads from or to {node.name}{aside}.")
    return " ".join(["Boxes, with arrows from causes to effects.", *sentences])


def drawing(nodes: Sequence[Node], edges: Edges, *, name: str, title: str, alt: str) -> str:
    """Return the diagram as SVG, the same bytes for the same diagram."""
    of_key = _by_key(nodes, edges)
    texts, boxes = _laid_out(nodes)
    height = max(box.y + box.height / 2 for box in boxes.values()) + MARGIN
    arrows = route(boxes, edges, width=WIDTH, height=height)
    key, height = _key([node.role for node in nodes], top=height + 12)
    name = f"kt-{re.sub(r'[^A-Za-z0-9]+', '-', name)}"
    parts = [
        f'<svg class="kt-diagram" xmlns="http://www.w3.org/2000/svg" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" viewBox="0 0 {WIDTH} {_n(height)}" '
        f'width="{WIDTH}" height="{_n(height)}" style="font-family: {FONT}">',
        f'<title id="{name}-title">{html.escape(title)}</title>',
        f'<desc id="{name}-desc">{html.escape(alt)}</desc>',
    ]
    roles = [of_key[out].role for out, _ in edges]
    # Those that matter most are drawn last, over the others.
    for at in sorted(range(len(edges)), key=lambda i: (roles[i] == "treatment", i)):
        parts.append(_drawn_arrow(arrows[at], roles[at]))
    for node in nodes:
        parts.append(_drawn_box(boxes[node.key], node.role))
        parts.append(_drawn_text(boxes[node.key], texts[node.key], node.role))
    return "\n".join([*parts, *key, "</svg>\n"])


def _by_key(nodes: Sequence[Node], edges: Iterable[tuple[str, str]]) -> Mapping[str, Node]:
    if not nodes:
        raise ValueError("a diagram needs at least one node")
    of_key = {node.key: node for node in nodes}
    if len(of_key) < len(nodes):
        raise ValueError("two nodes of a diagram have the same key")
    for edge in edges:
        missing = [key for key in edge if key not in of_key]
        if missing:
            raise ValueError(f"the edge {edge} has no node {missing[0]!r}")
        if edge[0] == edge[1]:
            raise ValueError(f"{edge[0]!r} cannot act on itself")
    return of_key


def _laid_out(nodes: Sequence[Node]) -> tuple[dict[str, list[str]], dict[str, Box]]:
    """Return the lines of text and the box of every node, wrapped until all have room."""
    for wrap in WRAPS:
        texts = {node.key: lines_of(node.label, wrap) for node in nodes}
        boxes = _boxes(nodes, texts)
        pairs = itertools.combinations(nodes, 2)
        clashes = [(a, b) for a, b in pairs if boxes[a.key].overlaps(boxes[b.key], gap=4)]
        if not clashes:
            return texts, boxes
    one, other = clashes[0]
    raise ValueError(f"the boxes of {one.key!r} and {other.key!r} lie on each other: move one")


def _boxes(nodes: Sequence[Node], texts: Mapping[str, list[str]]) -> dict[str, Box]:
    widths = {
        key: max(text_width(line, TEXT) for line in lines) + 2 * PADDING
        for key, lines in texts.items()
    }
    spread = [
        (WIDTH - 2 * MARGIN - (widths[a.key] + widths[b.key]) / 2) / (b.x - a.x)
        for a, b in itertools.permutations(nodes, 2)
        if b.x > a.x
    ]
    column = min(spread, default=0.0)
    left = max(MARGIN + widths[n.key] / 2 - column * n.x for n in nodes)
    right = min(WIDTH - MARGIN - widths[n.key] / 2 - column * n.x for n in nodes)
    top = min(node.y for node in nodes)
    heights = {key: 14 + LINE * len(lines) for key, lines in texts.items()}
    first = MARGIN + max(heights[n.key] for n in nodes if n.y == top) / 2
    return {
        n.key: Box(
            (left + right) / 2 + column * n.x, first + ROW * (n.y - top), widths[n.key],
            heights[n.key], heights[n.key] / 2 if n.role == "outcome" else CORNER,
        )
        for n in nodes
    }  # fmt: skip


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is: no font is at hand to measure it."""

    def wide(c: str) -> float:
        if unicodedata.east_asian_width(c) in "WF":
            return 1.0
        if c in "mwMW@%…":
            return 0.88
        if c in "ijltfrI.,:;|!'()[] ":
            return 0.34
        return 0.68 if c.isupper() else 0.59

    return size * sum(map(wide, text))


def _drawn_arrow(arrow: Arrow, role: Role) -> str:
    colour, width = (TREATMENT, 2.4) if role == "treatment" else (CONTROL, 1.4)
    dash = "; stroke-dasharray: 5 4" if role == "hidden" else ""
    (x, y), (px, py) = arrow.tip, arrow.second
    length = max(((x - px) ** 2 + (y - py) ** 2) ** 0.5, 1e-9)
    dx, dy = (x - px) / length, (y - py) / length
    # The line ends inside its head: a tip as thin as the line would look blunt.
    end = (x - dx * HEAD * 0.7, y - dy * HEAD * 0.7)
    half = HEAD * (0.42 if width < 2 else 0.5)
    corners = [
        (x, y),
        (x - dx * HEAD - dy * half, y - dy * HEAD + dx * half),
        (x - dx * HEAD + dy * half, y - dy * HEAD - dx * half),
    ]
    line = f"M{_at(arrow.start)} C{_at(arrow.first)} {_at(arrow.second)} {_at(end)}"
    head = f"M{_at(corners[0])} L{_at(corners[1])} L{_at(corners[2])} Z"
    return (
        f'<path d="{line}" fill="none" style="stroke: {HALO}; stroke-width: {_n(width + 4)}"/>'
        f'<path d="{line}" fill="none" style="stroke: {colour}; stroke-width: {_n(width)}{dash}"/>'
        f'<path d="{head}" style="fill: {colour}"/>'
    )


def _drawn_box(box: Box, role: Role) -> str:
    return (
        f'<rect x="{_n(box.x - box.width / 2)}" y="{_n(box.y - box.height / 2)}" '
        f'width="{_n(box.width)}" height="{_n(box.height)}" rx="{_n(box.corner)}" '
        f'style="fill: {GROUND}; {OUTLINES[role]}"/>'
    )


def _drawn_text(box: Box, lines: Sequence[str], role: Role) -> str:
    top = box.y - LINE * (len(lines) - 1) / 2 + TEXT * 0.35
    slope = "; font-style: italic" if role == "hidden" else ""
    spans = "".join(
        f'<tspan x="{_n(box.x)}" y="{_n(top + LINE * at)}">{html.escape(line)}</tspan>'
        for at, line in enumerate(lines)
    )
    return (
        f'<text text-anchor="middle" style="fill: {INK}; font-size: {TEXT}px; '
        f'font-weight: 500{slope}">{spans}</text>'
    )


def _key(roles: Sequence[Role], *, top: float) -> tuple[list[str], float]:
    """Return what the outlines mean, as far as they occur, and where the picture ends."""
    parts, x, y, swatch = [], float(MARGIN), top + LINE / 2, 22
    shown = [role for role in KEY if role in roles]
    if not shown:
        return [], top - 12
    for role in shown:
        width = swatch + 6 + text_width(KEY[role], TEXT)
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, y = float(MARGIN), y + LINE + 4
        parts.append(
            _drawn_box(
                Box(x + swatch / 2, y, swatch, 13, 6.5 if role == "outcome" else CORNER), role
            )
        )
        parts.append(
            f'<text x="{_n(x + swatch + 6)}" y="{_n(y + TEXT * 0.35)}" '
            f'style="fill: {SOFT}; font-size: {TEXT}px">{KEY[role]}</text>'
        )
        x += width + 16
    return parts, y + LINE / 2 + MARGIN


def _at(point: tuple[float, float]) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _n(value: float) -> str:
    """Return a coordinate in as few digits as the eye can tell."""
    return f"{value:.1f}".rstrip("0").rstrip(".")
