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
from ..names import lines_of
from ..saying import Sayable
from . import drawing, logs, placing
from .drawing import Label, named, text
from .keys import KEY, key
from .lines import Look
from .points import LOOKS, MOST

LARGEST = 34  # pixels across the largest bubble
SMALLEST = 4
CENTRE = 13  # of the sign of a centre
ROOMY = 60  # bubbles from which on they are drawn smaller, and thinner
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
        centres: middles of groups, written beside them; without any, the highest bubble, the
            largest and the one furthest right are named.
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
        """Return the highest bubble, the largest and the one furthest right, each once."""
        most = (
            max(self.rows, key=lambda row: row.y.value),
            max(self.rows, key=lambda row: row.size.value),
            max(self.rows, key=lambda row: row.x.value),
        )
        return [row for at, row in enumerate(most) if all(row is not one for one in most[:at])]

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
    scale = _scale(chart)
    groups = list(chart.counts())
    looks = {group: LOOKS[at % len(LOOKS)] for at, group in enumerate(groups)}
    for group in groups:
        own = [row for row in chart.rows if row.group == group]
        own = own[:: step if len(own) > MOST // 10 else 1]
        _draw(figure, chart, own, looks[group], text(group), scale)
    # Names stand above the bubbles of all groups.
    sizes = [CENTRE if chart.centres else _size(row, looks[row.group], scale) for row in shown]
    sides = _sides(chart, shown, sizes, is_logarithmic=is_logarithmic)
    for group in groups:
        beside = [(row, side) for row, side in zip(shown, sides, strict=True) if row.group == group]
        if beside:
            _name(figure, chart, beside, looks[group], text(group), scale)
    kinds: list[dict[str, object]] = [{}, {}]
    if is_logarithmic:
        kinds = [
            logs.axis(row.x.value for row in chart.rows),
            logs.axis(row.y.value for row in chart.rows),
        ]
    figure.update_xaxes(title=drawing.titled(text(chart.axes[0]), "number"), **kinds[0])
    figure.update_yaxes(title=drawing.titled(text(chart.axes[1]), "number"), **kinds[1])
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
    named_ones = "The highest, the largest and the one furthest right, each once"
    what = "Centres of the groups" if chart.centres else named_ones
    total = Fact("units", len(chart.rows), "count")
    return (
        f"Bubbles for {total} {text(chart.units)}, {across} to the right, {up} upwards, {area} as "
        f"area. Groups have their own colours and signs: {groups}. {what}: {told}."
    )


def _draw(
    figure: go.Figure, chart: Bubbles, own: Sequence[Bubble], look: Look, group: str, scale: float
) -> None:
    is_crowded = len(chart.rows) > ROOMY
    figure.add_scatter(
        x=[row.x.value for row in own],
        y=[row.y.value for row in own],
        mode="markers",
        name=group,
        legend=KEY,
        legendgroup=group,
        marker={
            # Pale, so that one shows through another, with edges that are not.
            "color": drawing.pale(look.colour, 0.3 if is_crowded else 0.5),
            "symbol": look.symbol,
            "opacity": 1,
            "line": {"width": 0.8 if is_crowded else 1.2, "color": look.colour},
            "size": [_size(row, look, scale) for row in own],
        },
        hovertext=[_told(chart, row) for row in own],
        hovertemplate=drawing.HOVER,
    )


def _name(
    figure: go.Figure,
    chart: Bubbles,
    beside: Sequence[tuple[Bubble, str]],
    look: Look,
    group: str,
    scale: float,
) -> None:
    """Write names in a trace of the group, so that they come and go with it."""
    rows = [row for row, _ in beside]
    centre = {"symbol": look.symbol, "size": CENTRE, "color": look.colour,
              "line": {"width": 2, "color": "white"}}  # fmt: skip
    # A sign that is not seen keeps a name as far away as its bubble is wide.
    unseen = {"size": [_size(row, look, scale) for row in rows], "opacity": 0}
    figure.add_scatter(
        x=[row.x.value for row in rows],
        y=[row.y.value for row in rows],
        mode="markers+text",
        text=[f"<b>{drawing.wrapped(row.label)}</b>" for row in rows],
        textposition=[side for _, side in beside],
        legend=KEY,
        legendgroup=group,
        showlegend=False,
        marker=centre if chart.centres else unseen,
        hovertext=[_told(chart, row) for row in rows],
        hovertemplate=drawing.HOVER,
    )


def _scale(chart: Bubbles) -> float:
    """Return the pixels across a bubble whose measure is 1."""
    most = max(row.size.value for row in chart.rows) or 1.0
    largest = LARGEST * min(1.0, math.sqrt(ROOMY / len(chart.rows)))
    return max(largest, 2 * SMALLEST) / math.sqrt(most)


def _size(row: Bubble, look: Look, scale: float) -> float:
    return max(scale * math.sqrt(row.size.value / AREAS[look.symbol]), SMALLEST)


def _sides(
    chart: Bubbles, shown: Sequence[Bubble], sizes: Sequence[float], *, is_logarithmic: bool
) -> list[str]:
    """Return on which side of each bubble its name stands."""

    def place(value: float, every: Sequence[float]) -> float:
        known = [v for v in (value, *every) if v > 0] if is_logarithmic else [value, *every]
        if is_logarithmic:
            known, value = [math.log(v) for v in known], math.log(max(value, min(known)))
        low, high = min(known), max(known)
        return 0.05 + 0.9 * (value - low) / ((high - low) or 1.0)

    across, up = [row.x.value for row in chart.rows], [row.y.value for row in chart.rows]
    return placing.sides(
        [(place(row.x.value, across), place(row.y.value, up)) for row in shown],
        [lines_of(row.label, drawing.WRAP) for row in shown],
        sizes,
        first="top center" if chart.centres else "middle left",
    )


def _told(chart: Bubbles, row: Bubble) -> str:
    measures = zip(chart.axes, (row.x, row.y, row.size), strict=True)
    lines = [f"{text(axis)} {value}" for axis, value in measures]
    return "<br>".join([f"{text(row.label)} ({text(row.group)})", *lines])
