"""Bubbles: units on a plane with a third measure as area, in the looks of their groups.

A click on a name in the key shows its group alone. A *centre* is the middle of a group.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..facts import Fact
from ..saying import Sayable
from . import drawing
from .drawing import Label, named, text
from .keys import KEY, key
from .lines import Look
from .points import LOOKS, MOST

LARGEST = 34  # pixels across the largest bubble
SMALLEST = 4
# Area of each sign beside that of a circle of the same size, so that equal values look equal.
AREAS = {
    "circle": 1.0, "diamond": 1.08, "square": 1.27, "triangle-up": 0.55, "cross": 1.02,
    "triangle-down": 0.55, "star": 0.7,
}  # fmt: skip
CLICK = "Click a name to see it alone"


@dataclass(frozen=True)
class Bubble:
    """A unit with three measures.

    Attributes:
        label: the unit.
        x, y: its place.
        size: what its area stands for; not negative.
        group: the group that it belongs to.
    """

    label: Label
    x: Fact
    y: Fact
    size: Fact
    group: Label

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this bubble are made from."""
        yield from (named(self.label), self.x, self.y, self.size)


@dataclass(frozen=True)
class Bubbles:
    """All bubbles of a chart.

    Attributes:
        rows: units.
        axes: what goes across, what goes up, and what the area stands for.
        units: what the rows are.
        centres: middles of groups, written beside them; without any, the highest and the
            largest bubble are named.
    """

    rows: Sequence[Bubble]
    axes: tuple[Label, Label, Label]
    units: Label = "products"
    centres: Sequence[Bubble] = ()

    def __post_init__(self) -> None:
        """Refuse what has no bubble, or an area below zero."""
        if not self.rows:
            raise ValueError("a chart of bubbles needs at least one")
        if any(row.size.value < 0 for row in self.rows):
            raise ValueError("an area is at least zero")

    def counts(self) -> dict[Label, Fact]:
        """Return how many units each group has, in order of their first."""
        found = Counter(row.group for row in self.rows)
        return {group: Fact("units", n, "count") for group, n in found.items()}

    def extremes(self) -> list[Bubble]:
        """Return the highest and the largest bubble, once where they are one."""
        highest = max(self.rows, key=lambda row: row.y.value)
        largest = max(self.rows, key=lambda row: row.size.value)
        return [highest] if highest is largest else [highest, largest]

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this chart are made from."""
        yield from (*map(named, self.axes), named(self.units))
        yield Fact("units", len(self.rows), "count")
        for group, count in self.counts().items():
            yield from (named(group), count)
        for row in (*self.extremes(), *self.centres):
            yield from row


def bubbles(chart: Bubbles, *, is_logarithmic: bool = False) -> go.Figure:
    """Return the bubbles; above some number only every so many are drawn.

    Args:
        chart: what is drawn.
        is_logarithmic: whether both axes are; bubbles at or below zero are then left out.
    """
    figure = go.Figure()
    step = max(len(chart.rows) // MOST, 1)
    shown = chart.centres or chart.extremes()
    most = max(row.size.value for row in chart.rows) or 1.0
    groups = list(chart.counts())
    for at, group in enumerate(groups):
        own = [row for row in chart.rows if row.group == group]
        own = own[:: step if len(own) > MOST // 10 else 1]
        look = LOOKS[at % len(LOOKS)]
        _draw(figure, chart, own, look, text(group), most)
        beside = [row for row in shown if row.group == group]
        if beside:
            _name(figure, chart, beside, look, text(group))
    kind = {"type": "log", "dtick": "D2"} if is_logarithmic else {}
    figure.update_xaxes(title=drawing.titled(text(chart.axes[0]), "number"), **kind)
    figure.update_yaxes(title=drawing.titled(text(chart.axes[1]), "number"), **kind)
    # On a phone each name in the key may need a line.
    figure.update_layout(height=440 + 10 * len(groups))
    if len(groups) > 1:
        key(figure, title=f"Area: {text(chart.axes[2])}<br>{CLICK}", click="alone")
    return figure


def bubbles_in_words(chart: Bubbles) -> str:
    """Return what `bubbles` shows, for somebody who cannot see it."""
    across, up, area = map(text, chart.axes)
    groups = "; ".join(f"{text(group)}: {count}" for group, count in chart.counts().items())
    told = "; ".join(
        f"{text(row.label)} with {up} {row.y}, {across} {row.x}, {area} {row.size}"
        for row in chart.centres or chart.extremes()
    )
    what = "Centres of the groups" if chart.centres else "The highest and the largest"
    total = Fact("units", len(chart.rows), "count")
    return (
        f"Bubbles for {total} {text(chart.units)}, {across} to the right, {up} upwards, {area} as "
        f"area. Groups have their own colours and signs: {groups}. {what}: {told}."
    )


def _draw(
    figure: go.Figure, chart: Bubbles, own: Sequence[Bubble], look: Look, group: str, most: float
) -> None:
    scale = LARGEST / math.sqrt(most)
    figure.add_scatter(
        x=[row.x.value for row in own],
        y=[row.y.value for row in own],
        mode="markers",
        name=group,
        legend=KEY,
        legendgroup=group,
        marker={
            "color": look.colour,
            "symbol": look.symbol,
            "opacity": 0.6,
            "line": {"width": 1, "color": look.colour},
            "size": [
                max(scale * math.sqrt(row.size.value / AREAS[look.symbol]), SMALLEST) for row in own
            ],
        },
        hovertext=[_told(chart, row) for row in own],
        hovertemplate=drawing.HOVER,
    )


def _name(
    figure: go.Figure, chart: Bubbles, beside: Sequence[Bubble], look: Look, group: str
) -> None:
    """Write names in a trace of the group, so that they come and go with it."""
    figure.add_scatter(
        x=[row.x.value for row in beside],
        y=[row.y.value for row in beside],
        mode="markers+text" if chart.centres else "text",
        text=[f"<b>{drawing.wrapped(row.label)}</b>" for row in beside],
        textposition="top center" if chart.centres else "middle left",
        legend=KEY,
        legendgroup=group,
        showlegend=False,
        marker={"symbol": "x-thin", "size": 13, "line": {"width": 3, "color": look.colour}},
        hovertext=[_told(chart, row) for row in beside],
        hovertemplate=drawing.HOVER,
    )


def _told(chart: Bubbles, row: Bubble) -> str:
    measures = zip(chart.axes, (row.x, row.y, row.size), strict=True)
    lines = [f"{text(axis)} {value}" for axis, value in measures]
    return "<br>".join([f"{text(row.label)} ({text(row.group)})", *lines])
