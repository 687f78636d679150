"""Pre-tests: how likely a test of the time before notices that two groups drift apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, TREATMENT, mark
from ..numbers import Unit
from ..saying import Sayable
from . import drawing
from .drawing import Label, named, text
from .moments import STARTS


@dataclass(frozen=True)
class Noticed:
    """The chance that a test notices a drift.

    Attributes:
        drift: by how much the groups drift apart in a period.
        power: the chance, from 0 to 1.
        unit: of the drift.
    """

    drift: float
    power: float
    unit: Unit = "number"

    @property
    def said(self) -> tuple[Fact, Fact]:
        """The drift and the chance as words hold them."""
        return Fact("drift", self.drift, self.unit), Fact("power", self.power, "share", decimals=0)

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this drift are made from."""
        yield from self.said


@dataclass(frozen=True)
class PreTestPower:
    """What a test of the time before can see.

    Attributes:
        curve: drifts in order.
        stated: one that is of interest.
        label: what that one is.
    """

    curve: Sequence[Noticed]
    stated: Noticed | None = None
    label: Label = "stated drift"

    def __post_init__(self) -> None:
        """Refuse a curve without a drift."""
        if not self.curve:
            raise ValueError("a chart of power needs at least one drift")

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this test are made from."""
        yield named(self.label)
        for one in (self.curve[0], self.curve[-1], *([self.stated] if self.stated else [])):
            yield from one


def pre_test_power(
    test: PreTestPower,
    *,
    drifts: str = "drift a period",
    axis: str = "chance that the test notices",
) -> go.Figure:
    """Return the chance to notice a drift, by its size, with the stated drift marked.

    Args:
        test: the curve.
        drifts: what the drifts are; their unit is added.
        axis: name of the chance.
    """
    unit = test.curve[0].unit
    scale = drawing.scale_of(unit)
    points = [*test.curve, *([test.stated] if test.stated else [])]
    places = [scale * one.drift for one in points]
    room = 0.03 * (max(places) - min(places)) or 1.0
    within = min(places) - room, max(places) + room
    figure = go.Figure()
    if test.stated is not None:
        name = drawing.wrapped(test.label, STARTS, lines=1)
        mark(figure, scale * test.stated.drift, name, colour=CONTROL, top=True, within=within)
    figure.add_scatter(
        x=[scale * one.drift for one in test.curve],
        y=[100 * one.power for one in test.curve],
        mode="lines" if len(test.curve) > 1 else "markers",
        name="power",
        line={"color": TREATMENT, "width": 2.5},
        hovertext=["noticed {1}<br>at a drift of {0}".format(*one.said) for one in test.curve],
        hovertemplate=drawing.HOVER,
    )
    if test.stated is not None:
        drift, power = test.stated.said
        is_far = places[-1] - within[0] > 0.6 * (within[1] - within[0])
        figure.add_scatter(
            x=places[-1:],
            y=[100 * test.stated.power],
            mode="markers",
            name="stated",
            marker=drawing.DOT | {"size": 11},
            hovertext=[f"{text(test.label)}: {drift}<br>noticed {power}"],
            hovertemplate=drawing.HOVER,
        )
        figure.add_annotation(
            x=places[-1],
            y=100 * test.stated.power,
            text=str(power),
            showarrow=False,
            xanchor="right" if is_far else "left",
            xshift=-10 if is_far else 10,
            yanchor="top" if test.stated.power > 0.5 else "bottom",
            font={"color": TREATMENT, "size": 14, "weight": 600},
        )
    figure.update_xaxes(title=drawing.titled(drifts, unit), range=within)
    figure.update_yaxes(
        title=drawing.titled(axis, "share"), range=[0, 104], tickvals=[0, 20, 40, 60, 80, 100]
    )
    figure.update_layout(height=360)
    return figure


def pre_test_power_in_words(test: PreTestPower) -> str:
    """Return what `pre_test_power` shows, for somebody who cannot see it."""
    (first, low), (last, high) = test.curve[0].said, test.curve[-1].said
    words = (
        f"A curve of the chance that the test notices a drift, from {low} at {first} "
        f"to {high} at {last}."
    )
    if test.stated is not None:
        drift, power = test.stated.said
        words += (
            f" A dot marks {text(test.label)}: {drift}, which it notices with a chance of {power}."
        )
    return words
