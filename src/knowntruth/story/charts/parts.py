"""Parts: how several totals fall into the same segments, a bar for each total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..facts import Fact
from ..saying import Sayable
from . import drawing
from .drawing import Label, named, text
from .points import LOOKS

ROOM = 7.0  # per cent of a bar that has room for its number


@dataclass(frozen=True)
class Part:
    """One segment.

    Attributes:
        label: its name.
        shares: by total, its share of it, as a fact of unit "share".
    """

    label: Label
    shares: Mapping[str, Fact]

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this segment are made from."""
        yield named(self.label)
        yield from self.shares.values()


def parts(rows: Sequence[Part]) -> go.Figure:
    """Return a bar for each total, cut into segments in their order.

    Raises:
        ValueError: without segments, or where they do not have the same totals.
    """
    totals = _totals(rows)
    figure = go.Figure()
    for at, row in enumerate(rows):
        look = LOOKS[at % len(LOOKS)]
        percent = [100 * row.shares[total].value for total in totals]
        figure.add_bar(
            orientation="h",
            y=totals,
            x=percent,
            name=text(row.label),
            marker={"color": look.colour, "opacity": 0.85},
            text=[
                str(row.shares[total]) if share >= ROOM else ""
                for total, share in zip(totals, percent, strict=True)
            ],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            hovertext=[f"{text(row.label)}: {row.shares[total]} of {total}" for total in totals],
            hovertemplate=drawing.HOVER,
        )
    figure.update_xaxes(title="share (%)", range=[0, 100])
    figure.update_yaxes(categoryorder="array", categoryarray=totals[::-1])
    figure.update_layout(
        drawing.LEGEND,
        barmode="stack",
        height=170 + 60 * len(totals),
        legend={"orientation": "h", "y": -0.35, "traceorder": "normal"},
    )
    return figure


def parts_in_words(rows: Sequence[Part]) -> str:
    """Return what `parts` shows, for somebody who cannot see it."""
    totals = _totals(rows)
    lines = [
        f"{text(row.label)} with "
        + " and ".join(f"{row.shares[total]} of {total}" for total in totals)
        for row in rows
    ]
    return f"Bars cut into segments, one bar for each total: {'; '.join(lines)}."


def _totals(rows: Sequence[Part]) -> list[str]:
    if not rows:
        raise ValueError("a bar needs at least one segment")
    totals = list(rows[0].shares)
    if any(list(row.shares) != totals for row in rows):
        raise ValueError("every segment has a share of the same totals")
    return totals
