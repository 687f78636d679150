"""Choosing: measures of how many groups there are, a panel for each, over numbers of groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..facts import Fact
from ..figures import NAIVE, TREATMENT
from ..saying import Sayable
from . import drawing
from .drawing import Label, named, text


@dataclass(frozen=True)
class Measure:
    """A measure over numbers of groups.

    Attributes:
        label: its name.
        points: number of groups, value, and the ends of an interval where it has one.
        chosen: the number of groups that it takes; None where it takes none.
    """

    label: Label
    points: Sequence[tuple[int, float, float | None, float | None]]
    chosen: Fact | None

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this measure are made from."""
        yield named(self.label)
        if self.chosen is not None:
            yield self.chosen


def choosing(rows: Sequence[Measure], *, axis: str = "number of groups") -> go.Figure:
    """Return a panel for each measure, one above the other, with its choice marked.

    Raises:
        ValueError: without a measure that has a point.
    """
    drawn = [row for row in rows if row.points]
    if not drawn:
        raise ValueError("a choice needs at least one measure with a point")
    figure = make_subplots(
        rows=len(drawn), cols=1, shared_xaxes=True, vertical_spacing=0.09,
        subplot_titles=[text(row.label) for row in drawn],
    )  # fmt: skip
    for at, row in enumerate(drawn, 1):
        ks, values = [k for k, *_ in row.points], [value for _, value, *_ in row.points]
        bars = [(low, high) for *_, low, high in row.points if low is not None and high is not None]
        error = {}
        if len(bars) == len(values):
            error = {
                "error_y": {
                    **drawing.BARS,
                    "array": [high - v for v, (_, high) in zip(values, bars, strict=True)],
                    "arrayminus": [v - low for v, (low, _) in zip(values, bars, strict=True)],
                    "color": TREATMENT,
                    "thickness": 1.4,
                }
            }
        figure.add_scatter(
            row=at, col=1, x=ks, y=values, mode="lines+markers",
            line={"color": TREATMENT, "width": 2}, marker={"color": TREATMENT, "size": 7},
            hovertext=[f"{k} groups: {v:.3f}" for k, v in zip(ks, values, strict=True)],
            hovertemplate=drawing.HOVER, **error,
        )  # fmt: skip
        if row.chosen is not None:
            k = round(row.chosen.value)
            height = dict(zip(ks, values, strict=True)).get(k)
            figure.add_scatter(
                row=at, col=1, x=[k], y=[height], mode="markers",
                marker={"color": NAIVE, "symbol": "circle-open", "size": 16, "line": {"width": 2}},
                hoverinfo="skip",
            )  # fmt: skip
    figure.update_xaxes(dtick=1)
    figure.update_xaxes(title=axis, row=len(drawn), col=1)
    figure.update_layout(height=80 + 165 * len(drawn))
    return figure


def choosing_in_words(rows: Sequence[Measure]) -> str:
    """Return what `choosing` shows, for somebody who cannot see it."""
    lines = [
        f"{text(row.label)}: "
        + ("no choice" if row.chosen is None else f"highest claim at {row.chosen}")
        for row in rows
        if row.points
    ]
    return (
        "Curves over the number of groups, a panel for each measure, its choice in a ring: "
        f"{'; '.join(lines)}."
    )
