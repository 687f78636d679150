"""Shares: parts of a total as a ring, and below it as bars with their intervals.

The ring says that the parts make a whole; the bars say how large they are and which of them
differ, since lengths from one line are read better than angles, and only bars have room for
an interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..figures import CONTROL
from ..saying import Sayable
from . import drawing
from .drawing import Known, Label, bare, stated, text
from .points import LOOKS

SLICES = 5  # of a ring that can be told apart
NARROW = 12  # letters beside a ring
RING, BAR, REST = 250, 34, 110  # pixels: a ring, a bar, and what stands around them


@dataclass(frozen=True)
class Share:
    """A part of a total.

    Attributes:
        label: the part.
        estimate: its share, of unit "share".
        truth: the share in the whole world, where it is known.
    """

    label: Label
    estimate: Known
    truth: float | None = None

    @property
    def known_truth(self) -> float | None:
        """The truth as it was given, or as the finding has it."""
        return drawing.truth_of(self.estimate, self.truth)

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this part are made from."""
        return drawing.facts_of(self.label, self.estimate, self.known_truth)


def shares(rows: Sequence[Share], *, axis: str) -> go.Figure:
    """Return a ring of at most five parts, and bars of the same shares in the same colours.

    More parts than a ring can show are drawn as bars alone.

    Args:
        rows: parts, in the order in which they are drawn.
        axis: name of the total, such as "share of revenue"; its unit is added.

    Raises:
        ValueError: without any part.
    """
    if not rows:
        raise ValueError("a chart of shares needs at least one part")
    has_ring = len(rows) <= SLICES
    below = REST + BAR * len(rows)
    height = below + (RING if has_ring else 0)
    ring = RING / (height - REST + 40)
    figure = _panels(ring) if has_ring else go.Figure()
    estimates = [bare(row.estimate) for row in rows]
    labels = [text(row.label) for row in rows]
    percent = [100 * one.value for one in estimates]
    colours = [LOOKS[at % len(LOOKS)].colour if has_ring else LOOKS[0].colour
               for at in range(len(rows))]  # fmt: skip
    words = [f"{label}<br>{stated(row.estimate)}" for label, row in zip(labels, rows, strict=True)]
    if has_ring:
        figure.add_pie(
            row=1, col=1, values=percent, labels=[*range(len(rows))], hole=0.55, sort=False,
            # The first part lies to the right, where its name has room.
            rotation=90 - 1.8 * percent[0],
            direction="clockwise", marker={"colors": colours}, opacity=0.85,
            # Beside a ring a phone has room for few letters; the exact share stands at the bar.
            text=[f"{drawing.wrapped(row.label, NARROW)}<br>{'<1' if p < 1 else f'{p:.0f}'}%"
                  for row, p in zip(rows, percent, strict=True)],
            textinfo="text", textposition="outside", showlegend=False,
            hovertext=words, hovertemplate=drawing.HOVER,
        )  # fmt: skip
        figure.data[0].domain.update(x=[0.28, 0.72], y=[1 - 0.95 * ring, 1 - 0.17 * ring])
    heights = [float(len(rows) - 1 - at) for at in range(len(rows))]
    ends = [drawing.ends_of(row.estimate) for row in rows]
    figure.add_bar(
        **({"row": 2, "col": 1} if has_ring else {}),
        orientation="h", x=percent, y=heights, width=0.62, showlegend=False,
        # Pale, so that intervals are seen on them, with edges that are not.
        marker={"color": [drawing.pale(colour, 0.5) for colour in colours],
                "line": {"color": colours, "width": 1.5}},
        error_x={
            **drawing.BARS,
            "array": [100 * high - p for p, (_, high) in zip(percent, ends, strict=True)],
            "arrayminus": [p - 100 * low for p, (low, _) in zip(percent, ends, strict=True)],
            "color": CONTROL, "thickness": 2.2, "width": 4,
        },
        hovertext=words, hovertemplate=drawing.HOVER,
    )  # fmt: skip
    truths = [row.known_truth for row in rows]
    drawing.diamonds(figure, truths, estimates, heights, words=labels)
    drawing.label_rows(figure, heights, [drawing.wrapped(row.label) for row in rows])
    figure.update_yaxes(range=[-0.6, len(rows) - 0.4])
    figure.update_xaxes(title=drawing.titled(axis, "share"), rangemode="tozero")
    figure.update_layout(height=height)
    if any(truth is not None for truth in truths):
        figure.update_layout(drawing.LEGEND)
    return figure


def shares_in_words(rows: Sequence[Share]) -> str:
    """Return what `shares` shows, for somebody who cannot see it."""
    lines = []
    for row in rows:
        truth = row.known_truth
        known = "" if truth is None else f", truth {bare(row.estimate).write(truth)}"
        lines.append(f"{text(row.label)} {stated(row.estimate)}{known}")
    ring = "A ring and bars of the same shares" if len(rows) <= SLICES else "Bars of shares"
    return f"{ring}, with their intervals: {'; '.join(lines)}."


def _panels(ring: float) -> go.Figure:
    return make_subplots(
        rows=2, cols=1, specs=[[{"type": "domain"}], [{"type": "xy"}]],
        row_heights=[ring, 1 - ring], vertical_spacing=0.1,
    )  # fmt: skip
