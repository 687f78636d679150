"""Spreads: total, mean, spread and middle of several measures over periods, a panel for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..facts import Fact
from ..figures import Stretched
from ..saying import Sayable
from . import drawing
from .drawing import Label, named, text
from .series import STYLES

TICK = 7  # letters of a line of one tick, six of which stand side by side on a phone


@dataclass(frozen=True)
class Spread:
    """A measure over periods.

    Attributes:
        label: its name.
        periods: their names, in order.
        lines: by name, a value for each period.
        first, last: the totals of the first and the last period.
    """

    label: Label
    periods: Sequence[str]
    lines: Mapping[str, Sequence[float]]
    first: Fact
    last: Fact

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this measure are made from."""
        yield from (named(self.label), self.first, self.last)
        yield from (named(period) for period in (self.periods[0], self.periods[-1]))


def spreads(rows: Sequence[Spread]) -> go.Figure:
    """Return a panel for each measure, with its lines on an axis that has room for zero.

    The axis is even near zero and goes by powers of ten far from it, so that a total and a
    median fit on one page.

    Raises:
        ValueError: without any measure.
    """
    if not rows:
        raise ValueError("a chart of spreads needs at least one measure")
    figure = make_subplots(
        rows=len(rows), cols=1, shared_xaxes=True, vertical_spacing=0.1,
        subplot_titles=[text(row.label) for row in rows],
    )  # fmt: skip
    for at, row in enumerate(rows, 1):
        stretched = Stretched(2.0)
        places = list(range(len(row.periods)))
        for (name, values), look in zip(row.lines.items(), STYLES, strict=False):
            figure.add_scatter(
                row=at, col=1, x=places, y=[stretched(value) for value in values],
                mode="lines+markers", name=name, legendgroup=name, showlegend=at == 1,
                line={"color": look.colour, "width": 2.2, "dash": look.dash},
                marker={"symbol": look.symbol, "size": 6},
                hovertext=[
                    f"{period}, {name}: {value:,.0f}"
                    for period, value in zip(row.periods, values, strict=True)
                ],
                hovertemplate=drawing.HOVER,
            )  # fmt: skip
        most = max(max(values) for values in row.lines.values())
        figure.update_yaxes(row=at, col=1, **_ticks(stretched, most))
        step = max(-(-len(places) // 6), 1)
        figure.update_xaxes(
            row=at, col=1, tickvals=places[::step], tickangle=0,
            ticktext=[drawing.wrapped(period, TICK) for period in list(row.periods)[::step]],
        )  # fmt: skip
    figure.update_layout(
        drawing.LEGEND, height=120 + 250 * len(rows), legend={"orientation": "h", "y": -0.12}
    )
    return figure


def spreads_in_words(rows: Sequence[Spread]) -> str:
    """Return what `spreads` shows, for somebody who cannot see it."""
    lines = [
        f"{text(row.label)}, in all {row.first} in {named(row.periods[0])} and {row.last} in "
        f"{named(row.periods[-1])}"
        for row in rows
    ]
    names = ", ".join(rows[0].lines) if rows else ""
    return f"Lines over the months ({names}), a panel for each measure: {'; '.join(lines)}."


def _ticks(stretched: Stretched, most: float) -> dict[str, object]:
    """Return ticks at zero and at every power of ten, or at every other where they are many."""
    found = stretched.ticks(0.0, max(most, 1.0))
    values, texts = found["tickvals"], found["ticktext"]
    assert isinstance(values, list)
    assert isinstance(texts, list)
    step = 1 if len(values) <= 6 else 2
    return {"tickvals": values[::step], "ticktext": texts[::step]}
