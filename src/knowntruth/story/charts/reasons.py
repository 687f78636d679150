"""Reasons: what the scores on one customer's list are made of, a block of bars for each product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, FURTHER, TREATMENT
from ..saying import Sayable
from . import drawing
from .drawing import Label, named, text

REST = "everything else"
ROW = 26  # pixels
HEADING = 1.15  # rows that the name of a product takes


@dataclass(frozen=True)
class Reasoned:
    """A product on the list, and what its score is made of.

    Attributes:
        product: its name.
        score: the sum of all parts.
        parts: the largest of them: what they come from, and how much.
        rest: all other parts together; None where there are none.
    """

    product: Label
    score: Fact
    parts: Sequence[tuple[Label, Fact]]
    rest: Fact | None = None

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this product are made from."""
        yield from (named(self.product), self.score)
        for label, part in self.parts:
            yield from (named(label), part)
        if self.rest is not None:
            yield self.rest


def reasons(rows: Sequence[Reasoned], *, axis: str = "part of the score") -> go.Figure:
    """Return a block of bars for each product, its score in the heading.

    Args:
        rows: products in the order of the list.
        axis: name of what bars measure.

    Raises:
        ValueError: without any part.
    """
    if not any(row.parts for row in rows):
        raise ValueError("reasons need at least one part")
    figure = go.Figure()
    heights: list[float] = []
    labels: list[str] = []
    headings: list[tuple[float, str]] = []
    bars: list[tuple[Fact, str, str]] = []
    place = 0.0
    for row in rows:
        headings.append((place, f"<b>{drawing.wrapped(row.product, 30, lines=1)}</b> {row.score}"))
        place -= HEADING
        parts = [(label, part, False) for label, part in row.parts]
        parts += [] if row.rest is None else [(REST, row.rest, True)]
        for label, part, is_rest in parts:
            heights.append(place)
            labels.append(drawing.wrapped(label, lines=1))
            colour = CONTROL if is_rest else TREATMENT if part.value >= 0 else FURTHER[0]
            bars.append((part, colour, f"{text(row.product)}<br>{text(label)} {part}"))
            place -= 1
        place -= 0.35
    scale = drawing.scale_of(bars[0][0].unit)
    figure.add_bar(
        orientation="h", x=[scale * part.value for part, _, _ in bars], y=heights, width=0.7,
        marker={"color": [colour for _, colour, _ in bars]},
        text=[str(part) for part, _, _ in bars], textposition="outside", cliponaxis=False,
        hovertext=[words for _, _, words in bars], hovertemplate=drawing.HOVER,
    )  # fmt: skip
    values = [0.0, *(scale * part.value for part, _, _ in bars)]
    low, high = min(values), max(values)
    room = 0.22 * (high - low) or 1.0
    for height, heading in headings:
        figure.add_annotation(
            x=0, xref="paper", xanchor="left", y=height, yanchor="middle", text=heading,
            showarrow=False,
        )  # fmt: skip
    drawing.label_rows(figure, heights, labels)
    figure.update_yaxes(range=[place, 0.8])
    figure.update_xaxes(
        title=drawing.titled(axis, bars[0][0].unit),
        range=[low - (room if low < 0 else 0.0), high + (room if high > 0 else 0.0)],
    )
    figure.add_vline(x=0, line={"color": CONTROL, "width": 1})
    figure.update_layout(height=round(70 + ROW * (0.8 - place)))
    return figure


def reasons_in_words(rows: Sequence[Reasoned]) -> str:
    """Return what `reasons` shows, for somebody who cannot see it."""
    told = []
    for row in rows:
        parts = [f"{text(label)} {part}" for label, part in row.parts]
        parts += [] if row.rest is None else [f"{REST} {row.rest}"]
        told.append(f"{text(row.product)}, score {row.score}, from {', '.join(parts) or 'nothing'}")
    return f"Bars for the parts of each score: {'; '.join(told)}."
