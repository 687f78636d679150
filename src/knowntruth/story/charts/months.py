"""Months: money by month, in all and by category, as lines from zero."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, TREATMENT
from ..names import Name
from ..saying import Sayable
from . import drawing, lines
from .drawing import Label, named, text
from .lines import End, Look
from .moments import Moments
from .points import LOOKS

TOTAL = Look(TREATMENT, "solid", "circle", "●")
DASHES = ("dash", "dot", "dashdot", "longdash", "longdashdot", "solid")


@dataclass(frozen=True)
class Months:
    """A sum by month.

    Attributes:
        label: what is summed up.
        months: first day of each, in order.
        values: the sum of each month.
    """

    label: Label
    months: Sequence[date]
    values: Sequence[Fact]

    def __post_init__(self) -> None:
        """Refuse what has no month, or not a value for each."""
        if not self.months or len(self.months) != len(self.values):
            raise ValueError("months need at least one, each with its value")

    def extremes(self) -> tuple[tuple[date, Fact], tuple[date, Fact]]:
        """Return the highest and the lowest month."""
        pairs = list(zip(self.months, self.values, strict=True))
        return (
            max(pairs, key=lambda pair: pair[1].value),
            min(pairs, key=lambda pair: pair[1].value),
        )

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on these months are made from."""
        yield named(self.label)
        for month, value in self.extremes():
            yield from (_month(month), value)


def months(total: Months, parts: Sequence[Months] = (), *, axis: str) -> go.Figure:
    """Return a line of the total, its highest month in a ring, and thinner lines of its parts.

    Args:
        total: drawn in full.
        parts: such as categories, over months of their own.
        axis: name of the sum.
    """
    every = [total, *parts]
    moments = Moments([month for one in every for month in one.months])
    values = [value.value for one in every for value in one.values]
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.08 * (high - low) or 1.0
    shown = (low - room if low < 0 else 0.0, high + room)
    figure = go.Figure()
    ends = []
    for at, one in enumerate(every):
        other = LOOKS[at % len(LOOKS)]
        dash = DASHES[(at - 1) % len(DASHES)]
        look = TOTAL if not at else Look(other.colour, dash, other.symbol, other.sign)
        lines.line(
            figure, moments, [moments.at(month) for month in one.months],
            [value.value for value in one.values],
            [f"{text(one.label)}, {_month(m)}<br>{v}"
             for m, v in zip(one.months, one.values, strict=True)],
            look, name=text(one.label), width=1.6 if at else 2.8,
        )  # fmt: skip
        ends.append(End(one.values[-1].value, one.label, look))
    peak, height = total.extremes()[0]
    figure.add_scatter(
        x=[moments.at(peak)], y=[height.value], mode="markers", hoverinfo="skip",
        marker={"color": TREATMENT, "symbol": "circle-open", "size": 15, "line": {"width": 2}},
    )  # fmt: skip
    figure.update_xaxes(**moments.axis("month"))
    figure.update_yaxes(title=drawing.titled(axis, "number"), range=shown)
    figure.update_layout(height=420)
    lines.name_ends(figure, ends, shown)
    if low < 0:
        figure.add_hline(y=0, line={"color": CONTROL, "width": 1})
    return figure


def months_in_words(total: Months, parts: Sequence[Months] = ()) -> str:
    """Return what `months` shows, for somebody who cannot see it."""
    told = []
    for one in (total, *parts):
        (high, most), (low, least) = one.extremes()
        told.append(
            f"{text(one.label)} highest at {most} in {_month(high)}, lowest at {least} in "
            f"{_month(low)}"
        )
    return f"Lines over the months: {'; '.join(told)}."


def _month(month: date) -> Name:
    return named(f"{month:%B %Y}")
