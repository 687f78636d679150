"""Lines: what the charts of lines share: their look by role, bands, gaps, names at their ends."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from typing import Literal, NamedTuple

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, FURTHER, TREATMENT, TRUTH
from . import drawing
from .drawing import Known, Label, bare, stated
from .moments import Moments

Role = Literal["treatment", "control", "all", "truth"]
Mean = Known | Fact

FEW = 12  # points that each get a marker
LETTER = 0.065  # height of a line of text, as a share of the axis
NAMED = 20  # letters of a name at the end of a curve, which has one line
FAINT = "rgba(120,125,134,0.35)"


class Look(NamedTuple):
    """How a line looks: its colour, and what tells it apart without the colour."""

    colour: str
    dash: str
    symbol: str
    sign: str


LOOKS: dict[Role, Look] = {
    "treatment": Look(TREATMENT, "solid", "circle", "●"),
    "control": Look(CONTROL, "solid", "circle-open", "○"),
    "all": Look(FURTHER[0], "solid", "square", "■"),
    "truth": Look(TRUTH, "dash", "diamond-open", "◇"),
}
SUPPOSED = Look(TREATMENT, "dot", "circle-open", "◌")


class End(NamedTuple):
    """The end of a line: how high it stands, whose it is and how that line looks."""

    height: float
    label: Label
    look: Look | None


def height_of(mean: Mean) -> float:
    """Return what a mean is drawn at, on an axis in its unit."""
    unit = mean.unit if isinstance(mean, Fact) else bare(mean).unit
    return drawing.scale_of(unit) * drawing.place_of(mean)


def written(mean: Mean) -> str:
    """Return a mean with its interval, or a fact as it is."""
    return str(mean) if isinstance(mean, Fact) else stated(mean)


def is_known(value: float | None) -> bool:
    """Whether there is a value to draw."""
    return value is not None and math.isfinite(value)


def line(
    figure: go.Figure,
    moments: Moments,
    places: Sequence[float],
    heights: Sequence[float],
    words: Sequence[str],
    look: Look,
    *,
    name: str,
    width: float = 2.5,
    opacity: float = 1.0,
) -> None:
    """Draw a line that stops at gaps; points get markers where they are few or stand alone."""
    order = sorted(range(len(places)), key=lambda at: places[at])
    ordered = [places[at] for at in order]
    x: list[float | None] = []
    y: list[float | None] = []
    text: list[str] = []
    sizes: list[float] = []
    for run in moments.runs(ordered):
        marked = len(run) == 1 or len(places) <= FEW
        for at in run:
            x.append(ordered[at])
            y.append(heights[order[at]])
            text.append(words[order[at]])
            sizes.append((8.0 if len(places) <= FEW else 5.0) if marked else 0.0)
        x.append(None)
        y.append(None)
        text.append("")
        sizes.append(0.0)
    figure.add_scatter(
        x=x[:-1],
        y=y[:-1],
        mode="lines+markers" if any(sizes) else "lines",
        line={"color": look.colour, "width": width, "dash": look.dash},
        marker={
            "color": look.colour,
            "symbol": look.symbol,
            "size": sizes[:-1],
            "opacity": 1,
            # Sizes of their own would bring an outline in white.
            "line": {"width": 2 if look.symbol.endswith("-open") else 0},
        },
        opacity=opacity,
        name=name,
        hovertext=text[:-1],
        hovertemplate=drawing.HOVER,
    )


def band(
    figure: go.Figure,
    places: Sequence[float],
    lows: Sequence[float],
    highs: Sequence[float],
    colour: str,
) -> None:
    """Draw the intervals of a line as a pale band behind it."""
    figure.add_scatter(
        x=[*places, *reversed(places)],
        y=[*highs, *reversed(lows)],
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=drawing.pale(colour, 0.14),
        hoverinfo="skip",
    )


def name_ends(figure: go.Figure, ends: Sequence[End], shown: tuple[float, float]) -> None:
    """Write the names of lines beside their ends.

    They stand on an axis of their own, because an axis makes itself as wide as its words.

    Args:
        figure: what is drawn on.
        ends: heights in units of the axis; a line without a look has no sign.
        shown: the ends of the other axis, which this one shares.
    """
    names = [
        "\N{NO-BREAK SPACE}"
        + (f'<span style="color:{end.look.colour}">{end.look.sign}</span> ' if end.look else "")
        + drawing.wrapped(end.label, NAMED, lines=1)
        for end in ends
    ]
    figure.update_layout(
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "range": list(shown),
            "tickvals": apart([end.height for end in ends], within=shown),
            "ticktext": names,
            "showgrid": False,
            "showline": False,
            "zeroline": False,
            "ticks": "",
        }
    )
    # Without a trace of its own an axis is not drawn.
    figure.add_scatter(x=figure.data[0].x[:1], y=[None], yaxis="y2", hoverinfo="skip")


def apart(
    wanted: Sequence[float], gap: float | None = None, *, within: tuple[float, float] | None = None
) -> list[float]:
    """Return places as near as possible to those wanted, in their order, `gap` apart.

    None lies below the axis, which starts at 0 or has the ends `within`; without a `gap` they are
    a line of text apart there.
    """
    low, high = within or (0.0, math.inf)
    gap = LETTER * (high - low) if gap is None else gap
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    # Places that would touch form a run, which moves as one (pool adjacent violators).
    pools: list[list[float]] = []
    for rank, at in enumerate(order):
        pools.append([wanted[at] - low - rank * gap])
        while len(pools) > 1 and statistics.fmean(pools[-2]) >= statistics.fmean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    starts = itertools.chain.from_iterable([statistics.fmean(pool)] * len(pool) for pool in pools)
    placed = [start + rank * gap for rank, start in enumerate(starts)]
    # From the top down none above the axis, then from the bottom up none below it.
    top = high - low - gap / 2
    for rank in reversed(range(len(placed))):
        placed[rank] = min(placed[rank], top)
        top = placed[rank] - gap
    raised = max(gap / 2 - placed[0], 0.0) if placed else 0.0
    by_place = dict(zip(order, placed, strict=True))
    return [low + by_place[at] + raised for at in range(len(wanted))]
