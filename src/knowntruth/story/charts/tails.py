"""Tails: how many units make so much or more, on logarithmic axes, beside laws for the largest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, FURTHER, NAIVE, TREATMENT
from ..saying import Sayable
from . import drawing
from .drawing import Label, named, text

DASHES = (("dash", NAIVE), ("dot", FURTHER[0]))


@dataclass(frozen=True)
class Tail:
    """How large units are.

    Attributes:
        label: what is totalled.
        values: of each unit, those above zero.
        least: where the tail begins.
        count: how many units are in it.
        laws: by name, points of a law for the tail: value, share of all units at it or above.
    """

    label: Label
    values: Sequence[float]
    least: Fact
    count: Fact
    laws: Mapping[str, Sequence[tuple[float, float]]]

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this tail are made from."""
        yield from (named(self.label), self.least, self.count)


def tail(row: Tail, *, units: str) -> go.Figure:
    """Return the share of units that make so much or more, on two logarithmic axes.

    Args:
        row: the units; a power law is a straight line there.
        units: what they are called.

    Raises:
        ValueError: without any value above zero.
    """
    values = sorted(value for value in row.values if value > 0)
    if not values:
        raise ValueError("a tail needs at least one value above zero")
    n = len(row.values)
    shares = [(len(values) - at) / n for at in range(len(values))]
    # Thousands of dots say no more than some hundreds: all of the tail, and every so many below.
    step = max(len(values) // 600, 1)
    kept = [at for at in range(len(values)) if at % step == 0 or len(values) - at <= 200]
    figure = go.Figure()
    figure.add_scatter(
        x=[values[at] for at in kept],
        y=[100 * shares[at] for at in kept],
        mode="markers",
        name=text(row.label),
        marker={
            "color": [TREATMENT if values[at] >= row.least.value else CONTROL for at in kept],
            "size": 6,
        },
        hovertext=[f"{values[at]:,.0f} or more: {100 * shares[at]:.2f}%" for at in kept],
        hovertemplate=drawing.HOVER,
    )
    for (name, points), (dash, colour) in zip(row.laws.items(), DASHES, strict=False):
        figure.add_scatter(
            x=[x for x, _ in points],
            y=[100 * share for _, share in points],
            mode="lines",
            name=name,
            line={"color": colour, "width": 2.2, "dash": dash},
            hoverinfo="skip",
        )
    figure.update_xaxes(title=text(row.label), type="log", dtick=1)
    figure.update_yaxes(title=f"{units} with so much or more (%)", type="log", dtick=1)
    figure.update_layout(drawing.LEGEND, height=420, legend={"orientation": "h", "y": -0.24})
    return figure


def tail_in_words(row: Tail) -> str:
    """Return what `tail` shows, for somebody who cannot see it."""
    laws = " and ".join(row.laws)
    return (
        f"Dots on two logarithmic axes, how many have so much {text(row.label)} or more. From "
        f"{row.least} on lie the {row.count} largest, with lines of the {laws} beside them."
    )
