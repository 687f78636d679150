"""Lorenz curves: which share of a total units make, counted from those that make least."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL
from ..saying import Sayable
from . import drawing
from .drawing import Known, Label, named, stated, text
from .lines import band
from .series import STYLES


@dataclass(frozen=True)
class Lorenz:
    """How a total is shared out.

    Attributes:
        label: what is totalled.
        units: shares of the units, counted from those that make least; ascending from 0 to 1.
        totals, lows, highs: shares of the total that these make, with the ends of intervals.
        top: a share of the units, and what those that make most make of the total.
    """

    label: Label
    units: Sequence[float]
    totals: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float]
    top: tuple[Fact, Known]

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this curve are made from."""
        yield named(self.label)
        yield from self.top


def lorenz(rows: Sequence[Lorenz], *, units: str) -> go.Figure:
    """Return the curves, the line of a total that is shared out evenly, and where the top begins.

    Args:
        rows: at most five curves.
        units: what the units are called.

    Raises:
        ValueError: without any curve, or with more than can be told apart.
    """
    if not 0 < len(rows) <= len(STYLES):
        raise ValueError(f"from one to {len(STYLES)} curves can be told apart, not {len(rows)}")
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", name="all alike",
        line={"color": CONTROL, "width": 1.2, "dash": "dot"}, hoverinfo="skip",
    )  # fmt: skip
    for row, look in zip(rows, STYLES, strict=False):
        x = [100 * share for share in row.units]
        band(figure, x, _percent(row.lows), _percent(row.highs), look.colour)
        figure.data[-1].showlegend = False
        figure.add_scatter(
            x=x, y=_percent(row.totals), mode="lines", name=text(row.label),
            line={"color": look.colour, "width": 2.5, "dash": look.dash},
            hovertext=[
                f"{text(row.label)}: the lowest {at:.0f}% make {100 * made:.2f}%"
                for at, made in zip(x, row.totals, strict=True)
            ],
            hovertemplate=drawing.HOVER,
        )  # fmt: skip
        share, made = row.top
        figure.add_scatter(
            x=[100 * (1 - share.value)], y=[100 * (1 - drawing.place_of(made))], mode="markers",
            marker={"color": look.colour, "symbol": look.symbol, "size": 10}, showlegend=False,
            hovertext=[f"{text(row.label)}: the top {share} make {stated(made)}"],
            hovertemplate=drawing.HOVER,
        )  # fmt: skip
    figure.update_xaxes(title=f"{units}, from the least (%)", range=[0, 101])
    figure.update_yaxes(title="share of the total (%)", range=[-1, 101])
    figure.update_layout(drawing.LEGEND, height=430, legend={"orientation": "h", "y": -0.22})
    return figure


def lorenz_in_words(rows: Sequence[Lorenz]) -> str:
    """Return what `lorenz` shows, for somebody who cannot see it."""
    lines = [f"{text(row.label)}: the top {row.top[0]} make {stated(row.top[1])}" for row in rows]
    return (
        "Lorenz curves, which hang below the diagonal of a total shared out evenly; "
        f"{'; '.join(lines)}."
    )


def _percent(shares: Sequence[float]) -> list[float]:
    return [100 * share for share in shares]
