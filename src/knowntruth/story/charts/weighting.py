"""Weights: with what weight effects enter a mean of them, by time from their start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, NAIVE, TREATMENT
from ..saying import Sayable
from . import drawing
from .drawing import Label, named, text
from .moments import Moments


@dataclass(frozen=True)
class Weight:
    """The weight of one effect.

    Attributes:
        group: whose effect it is, such as those treated first in one month.
        time: since that group's start.
        weight: a share; all of a mean sum to 1, but single ones may be negative.
    """

    group: Label
    time: int
    weight: float


@dataclass(frozen=True)
class Weights:
    """All weights of a mean."""

    cells: Sequence[Weight]

    def __post_init__(self) -> None:
        """Refuse what holds no weight."""
        if not self.cells:
            raise ValueError("a chart of weights needs at least one weight")

    @property
    def ends(self) -> tuple[Weight, Weight]:
        """The highest and the lowest weight."""
        ordered = sorted(self.cells, key=lambda cell: cell.weight)
        return ordered[-1], ordered[0]

    @property
    def counts(self) -> tuple[Fact, Fact, Fact]:
        """How many are negative, what they sum to, and how many there are."""
        negative = [cell.weight for cell in self.cells if cell.weight < 0]
        return (
            Fact("negative", len(negative), "count"),
            Fact("total_negative", sum(negative), "share", decimals=1),
            Fact("weights", len(self.cells), "count"),
        )

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on these weights are made from."""
        for cell in self.ends:
            yield named(cell.group)
            yield Fact("time", cell.time)
            yield _share(cell)
        yield from self.counts


def weights(
    found: Weights, *, axis: str = "weight", times: str = "periods since access"
) -> go.Figure:
    """Return a bar a time, with a piece for each group; negative weights hang, hatched.

    Args:
        found: the weights.
        axis: name of the weights; their unit is added.
        times: name of the other axis.
    """
    moments = Moments(float(cell.time) for cell in found.cells)
    figure = go.Figure()
    for name, colour, shape, is_negative in (
        ("counts for", TREATMENT, "", False),
        ("counts against", NAIVE, "/", True),
    ):
        cells = [cell for cell in found.cells if (cell.weight < 0) == is_negative]
        if not cells:
            continue
        figure.add_bar(
            x=[cell.time for cell in cells],
            y=[100 * cell.weight for cell in cells],
            name=name,
            marker={
                "color": colour,
                "line": {"color": CONTROL, "width": 1},
                "pattern": {"shape": shape, "size": 6, "fillmode": "replace"},
            },
            hovertext=[
                f"{text(cell.group)}, time {Fact('time', cell.time)}<br>{_share(cell)}"
                for cell in cells
            ],
            hovertemplate=drawing.HOVER,
        )
    figure.add_hline(y=0, line={"color": CONTROL, "width": 1})
    low, high = moments.shown
    figure.update_xaxes(**moments.axis(times), showgrid=False)
    figure.update_xaxes(range=[low - 0.6, high + 0.6])
    figure.update_yaxes(title=drawing.titled(axis, "share"))
    figure.update_layout(height=360, barmode="relative", bargap=0.25)
    if found.counts[0].value:
        figure.update_layout(drawing.LEGEND)
    return figure


def weights_in_words(found: Weights) -> str:
    """Return what `weights` shows, for somebody who cannot see it."""
    high, low = (
        f"{_share(cell)} ({text(cell.group)}, time {Fact('time', cell.time)})"
        for cell in found.ends
    )
    negative, total, count = found.counts
    words = f"Bars of {count} weights by time from the start, the highest {high}, the lowest {low}."
    if not negative.value:
        return f"{words} None is negative."
    return f"{words} Negative are {negative} of them, {total} together, hatched."


def _share(cell: Weight) -> Fact:
    return Fact("weight", cell.weight, "share", decimals=1)
