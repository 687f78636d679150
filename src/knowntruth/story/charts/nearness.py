"""Nearness: how far units are from their neighbours, in order, and what a distance calls near."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, NAIVE, TREATMENT
from ..saying import Sayable
from . import drawing


@dataclass(frozen=True)
class Nearness:
    """How far units are from a neighbour.

    Attributes:
        distances: of all units, in ascending order.
        eps: the distance that is called near.
        near: share of the units whose neighbour is as near.
        neighbour: which neighbour is looked at, the unit itself being the first.
    """

    distances: Sequence[float]
    eps: Fact
    near: Fact
    neighbour: Fact

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this curve are made from."""
        yield from (self.eps, self.near, self.neighbour)


def nearness(row: Nearness, *, units: str) -> go.Figure:
    """Return the distances in order, and a line at the one that is called near.

    Raises:
        ValueError: without any distance.
    """
    n = len(row.distances)
    if not n:
        raise ValueError("a curve of distances needs at least one")
    step = max(n // 1000, 1)
    kept = [*range(0, n - 1, step), n - 1]
    figure = go.Figure()
    figure.add_scatter(
        x=[100 * (at + 1) / n for at in kept],
        y=[row.distances[at] for at in kept],
        mode="lines",
        line={"color": TREATMENT, "width": 2.5},
        hovertext=[f"{100 * (at + 1) / n:.0f}%: {row.distances[at]:.3f}" for at in kept],
        hovertemplate=drawing.HOVER,
    )
    figure.add_hline(y=row.eps.value, line={"color": NAIVE, "width": 1.5, "dash": "dash"})
    figure.add_annotation(
        x=0, xref="paper", xanchor="left", y=row.eps.value, yanchor="bottom",
        text=f"eps {row.eps}", showarrow=False, font={"color": NAIVE, "size": 12},
    )  # fmt: skip
    figure.add_vline(x=100 * row.near.value, line={"color": CONTROL, "width": 1, "dash": "dot"})
    figure.update_xaxes(title=f"{units}, the nearest first (%)", range=[0, 101])
    figure.update_yaxes(title="distance to that neighbour", rangemode="tozero")
    figure.update_layout(height=360)
    return figure


def nearness_in_words(row: Nearness) -> str:
    """Return what `nearness` shows, for somebody who cannot see it."""
    return (
        f"A rising curve of distances to neighbour {row.neighbour}, the unit itself counted; a "
        f"dashed line at {row.eps}, below which lie {row.near} of the units."
    )
