"""Card: one customer's figures, each by how many of all customers have less.

Figures in many units share one scale: the share of all customers below.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, mark
from ..saying import Sayable
from . import drawing
from .drawing import Label, named, text


@dataclass(frozen=True)
class Trait:
    """One figure of a customer.

    Attributes:
        label: what it is, with its unit.
        value: the customer's.
        usual: of the customer in the middle of all.
        below: share of all customers below the customer, those who tie counted half.
        segment: shares of all customers below the first quarter, the middle and the third
            quarter of the customer's segment.
        usual_there: of the customer in the middle of the segment.
    """

    label: Label
    value: Fact
    usual: Fact
    below: Fact
    segment: tuple[float, float, float] | None = None
    usual_there: Fact | None = None

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this figure are made from."""
        yield from (named(self.label), self.value, self.usual, self.below)
        if self.usual_there is not None:
            yield self.usual_there


def card(rows: Sequence[Trait], *, customer: Label, segment: Label = "their segment") -> go.Figure:
    """Return a row a figure: the customer as a dot, the middle half of the segment as a bar.

    Args:
        rows: figures.
        customer: who it is.
        segment: what the customer's segment is called.

    Raises:
        ValueError: without any figure.
    """
    if not rows:
        raise ValueError("a card needs at least one figure")
    figure = go.Figure()
    heights = [float(len(rows) - 1 - at) for at in range(len(rows))]
    spans = [
        (row.segment, height)
        for row, height in zip(rows, heights, strict=True)
        if row.segment is not None
    ]
    words = [_told(row, segment) for row in rows]
    if spans:
        _draw_segment(figure, spans, f"middle half of {text(segment)}")
    figure.add_scatter(
        x=[100 * row.below.value for row in rows], y=heights, mode="markers",
        name=text(customer), marker=drawing.DOT | {"size": 12}, cliponaxis=False,
        hovertext=words, hovertemplate=drawing.HOVER,
    )  # fmt: skip
    drawing.label_rows(
        figure,
        heights,
        [f"{drawing.wrapped(row.label)}<br><b>{row.value}</b>" for row in rows],
    )
    mark(figure, 50, "middle customer", within=(0, 100))
    figure.update_yaxes(range=[-1.1, len(rows) - 0.5])
    figure.update_xaxes(
        title="customers with less (%)", range=[-2, 102], tickvals=[0, 25, 50, 75, 100]
    )
    figure.update_layout(drawing.LEGEND, height=130 + 56 * len(rows))
    return figure


def card_in_words(
    rows: Sequence[Trait], *, customer: Label, segment: Label = "their segment"
) -> str:
    """Return what `card` shows, for somebody who cannot see it."""
    lines = []
    for row in rows:
        there = "" if row.usual_there is None else f", {row.usual_there} in {text(segment)}"
        lines.append(
            f"{text(row.label)} {row.value}, above {row.below} of all customers (in the middle "
            f"{row.usual}{there})"
        )
    return f"Figures of {text(customer)} on one scale: {'; '.join(lines)}."


def _draw_segment(
    figure: go.Figure, spans: Sequence[tuple[tuple[float, float, float], float]], name: str
) -> None:
    x: list[float | None] = []
    y: list[float | None] = []
    for (low, _, high), height in spans:
        x += [100 * low, 100 * high, None]
        y += [height, height, None]
    figure.add_scatter(
        x=x, y=y, mode="lines", name=name, hoverinfo="skip",
        line={"color": "rgba(120,125,134,0.4)", "width": 14},
    )  # fmt: skip
    figure.add_scatter(
        x=[100 * middle for (_, middle, _), _ in spans], y=[height for _, height in spans],
        mode="markers", hoverinfo="skip", showlegend=False,
        marker={"symbol": "line-ns", "size": 14, "line": {"width": 2.5, "color": CONTROL}},
    )  # fmt: skip


def _told(row: Trait, segment: Label) -> str:
    lines = [f"{text(row.label)} {row.value}", f"above {row.below} of all customers"]
    lines.append(f"in the middle of all {row.usual}")
    if row.usual_there is not None:
        lines.append(f"in the middle of {text(segment)} {row.usual_there}")
    return "<br>".join(lines)
