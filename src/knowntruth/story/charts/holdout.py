"""Holdout: what was predicted for a later period and what came, by what customers did before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, FURTHER, NAIVE, TREATMENT, TRUTH
from ..saying import Sayable
from . import drawing
from .drawing import Known, Label, bare, named, stated, text
from .keys import KEY, key
from .lines import Look
from .predictions import Role

LOOKS: dict[Role, Look] = {
    "sound": Look(TREATMENT, "solid", "circle", "●"),
    "further": Look(FURTHER[0], "dashdot", "square", "■"),
    "naive": Look(NAIVE, "dot", "x", "✕"),
    "control": Look(CONTROL, "longdash", "circle-open", "○"),
    "truth": Look(TRUTH, "dash", "diamond-open", "◇"),
}
ACTUAL = Look(CONTROL, "solid", "circle-open", "○")


@dataclass(frozen=True)
class Later:
    """What came later of customers who did as much before.

    Attributes:
        label: what they did before, such as "2 orders".
        customers: how many they are.
        actual: mean of what came.
    """

    label: Label
    customers: Fact
    actual: Known

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on these customers are made from."""
        yield from (named(self.label), self.customers, self.actual)


@dataclass(frozen=True)
class Forecast:
    """What somebody predicted.

    Attributes:
        label: who.
        values: mean of the predictions for each group of customers, in their order.
        role: the kind of method.
    """

    label: Label
    values: Sequence[Fact]
    role: Role = "sound"

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this prediction are made from."""
        yield named(self.label)
        yield from self.values


def holdout(
    rows: Sequence[Later],
    forecasts: Sequence[Forecast],
    *,
    axis: str = "orders later, a customer",
    before: str = "orders before",
) -> go.Figure:
    """Return what came as dots with intervals, and a line for each who predicted it.

    Args:
        rows: customers by what they did before, in order.
        forecasts: predictions for the same customers.
        axis: name of what came.
        before: name of what customers did before.

    Raises:
        ValueError: without a group of customers, or for a forecast of other groups.
    """
    _check(rows, forecasts)
    places = [float(at) for at in range(len(rows))]
    estimates = [bare(row.actual) for row in rows]
    others = [value.value for one in forecasts for value in one.values]
    shown = drawing.window(estimates, [*others, 0.0])
    figure = go.Figure()
    for one in forecasts:
        look = LOOKS[one.role]
        figure.add_scatter(
            x=places, y=[value.value for value in one.values], mode="lines+markers",
            name=text(one.label), legend=KEY,
            line={"color": look.colour, "dash": look.dash, "width": 2.2},
            marker={"symbol": look.symbol, "size": 8, "color": look.colour},
            hovertext=[f"{text(one.label)}, {text(row.label)}<br>{value}"
                       for row, value in zip(rows, one.values, strict=True)],
            hovertemplate=drawing.HOVER,
        )  # fmt: skip
    words = [f"came, {text(row.label)}<br>{row.customers} customers" for row in rows]
    marker = {"color": ACTUAL.colour, "symbol": "circle-open", "size": 11, "line": {"width": 2.5}}
    drawing.dots(
        figure, estimates, places, shown, name="what came", words=words, marker=marker, upright=True
    )
    for trace in figure.data[len(forecasts) :]:
        trace.legend = KEY
    step = max(-(-len(rows) // 8), 1)
    figure.update_xaxes(
        title=before, tickvals=places[::step], range=[-0.4, len(rows) - 0.6],
        ticktext=[drawing.wrapped(row.label, 7) for row in rows][::step], tickangle=0,
    )  # fmt: skip
    low = min(shown[0], 0.0) if min(others, default=0.0) < 0 else 0.0
    figure.update_yaxes(title=drawing.titled(axis, estimates[0].unit), range=[low, shown[1]])
    figure.update_layout(height=420)
    key(figure)
    return figure


def holdout_in_words(rows: Sequence[Later], forecasts: Sequence[Forecast]) -> str:
    """Return what `holdout` shows, for somebody who cannot see it."""
    _check(rows, forecasts)
    told = []
    for at, row in enumerate(rows):
        said = ", ".join(f"{text(one.label)} {one.values[at]}" for one in forecasts)
        predicted = f", predicted: {said}" if said else ""
        told.append(
            f"{text(row.label)} ({row.customers} customers) {stated(row.actual)}{predicted}"
        )
    return (
        "Dots for what came later, by what customers did before, and a line for each prediction: "
        f"{'; '.join(told)}."
    )


def _check(rows: Sequence[Later], forecasts: Sequence[Forecast]) -> None:
    if not rows:
        raise ValueError("a holdout needs at least one group of customers")
    if any(len(one.values) != len(rows) for one in forecasts):
        raise ValueError("a forecast has one value for each group of customers")
