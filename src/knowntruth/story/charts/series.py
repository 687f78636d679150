"""Series: a curve for each group, with its name at its end and its intervals as a band."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, FURTHER, NAIVE, TREATMENT
from ..saying import Sayable
from . import drawing
from .drawing import Known, Label, bare, stated, text

STYLES = (
    (TREATMENT, "solid", "circle", "●"),
    (FURTHER[0], "dash", "square", "■"),
    (NAIVE, "dot", "diamond", "◆"),
    (FURTHER[1], "dashdot", "triangle-up", "▲"),
    (CONTROL, "longdash", "circle-open", "○"),
)
FAINT = "rgba(120,125,134,0.35)"
FEW = 12  # points that each get a marker
LETTER = 0.065  # height of a line of text, as a share of the axis
NAMED = 20  # letters of a name at the end of a curve, which has one line


@dataclass(frozen=True)
class Series:
    """A group's estimates by day, in order."""

    label: Label
    points: Sequence[tuple[float, Known]]

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this curve are made from."""
        yield drawing.named(self.label)
        for day, estimate in (*self.points[:1], *self.points[-1:]):
            yield Fact("day", day)
            yield estimate


def curves(
    series: Sequence[Series],
    *,
    axis: str,
    days: str = "days since the start",
    highlight: Sequence[Label] | None = None,
) -> go.Figure:
    """Return a curve for each group, at most five of them in colour, the others grey.

    Args:
        series: groups with estimates of one unit; those without a point are left out.
        axis: name of the quantity; its unit is added.
        days: name of the other axis.
        highlight: labels of the groups in colour; the first five where it is left out.

    Raises:
        ValueError: without any point, or for too many groups in colour.
    """
    chosen, others = _split(series, highlight)
    drawn = [*chosen, *others]
    unit = bare(drawn[0].points[0][1]).unit
    scale = drawing.scale_of(unit)
    figure = go.Figure()
    for one in others:
        figure.add_scatter(**_line(one, scale), mode="lines", line={"color": FAINT, "width": 1.5})
    for one, (colour, dash, symbol, _) in zip(chosen, STYLES, strict=False):
        figure.add_scatter(**_band(one, scale, colour))
        figure.add_scatter(
            **_line(one, scale),
            mode="lines+markers" if len(one.points) <= FEW else "lines",
            line={"color": colour, "width": 2.5, "dash": dash},
            marker={"symbol": symbol, "size": 8},
        )
    top = 1.06 * max(scale * drawing.ends_of(e)[1] for one in drawn for _, e in one.points) or 1.0
    shown = sorted({day for one in drawn for day, _ in one.points})
    _name_ends(figure, chosen, others, scale, top)
    figure.add_scatter(x=shown[-1:], y=[None], yaxis="y2", hoverinfo="skip")
    room = 0.03 * (shown[-1] - shown[0]) or 1.0
    figure.update_xaxes(title=days, range=[shown[0] - room, shown[-1] + room])
    if len(shown) <= FEW:
        figure.update_xaxes(tickvals=shown, ticktext=[str(Fact("day", day)) for day in shown])
    figure.update_layout(height=400, yaxis={"title": drawing.titled(axis, unit), "range": [0, top]})
    return figure


def curves_in_words(series: Sequence[Series], *, highlight: Sequence[Label] | None = None) -> str:
    """Return what `curves` shows, for somebody who cannot see it."""
    chosen, others = _split(series, highlight)
    lines = []
    for one in chosen:
        (first, start), (last, end) = one.points[0], one.points[-1]
        way = f"{stated(start)} on day {Fact('day', first)}"
        if len(one.points) > 1:
            way = f"from {way} to {stated(end)} on day {Fact('day', last)}"
        lines.append(f"{text(one.label)} {way}")
    rest = " All other groups are thin grey curves." if others else ""
    return f"Curves over the days, with bands for their intervals: {'; '.join(lines)}.{rest}"


def apart(wanted: Sequence[float], gap: float) -> list[float]:
    """Return places as near as possible to those wanted, in their order, `gap` apart."""
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    # Places that would touch form a run, which moves as one (pool adjacent violators).
    runs: list[list[float]] = []
    for rank, at in enumerate(order):
        runs.append([wanted[at] - rank * gap])
        while len(runs) > 1 and statistics.fmean(runs[-2]) >= statistics.fmean(runs[-1]):
            last = runs.pop()
            runs[-1] += last
    starts = itertools.chain.from_iterable([statistics.fmean(run)] * len(run) for run in runs)
    placed = [start + rank * gap for rank, start in enumerate(starts)]
    # None below the axis.
    raised = max(gap / 2 - placed[0], 0.0)
    by_place = dict(zip(order, placed, strict=True))
    return [by_place[at] + raised for at in range(len(wanted))]


def _split(
    series: Sequence[Series], highlight: Sequence[Label] | None
) -> tuple[list[Series], list[Series]]:
    """Return the curves in colour and the others."""
    drawn = [one for one in series if one.points]
    if not drawn:
        raise ValueError("a chart of curves needs at least one curve with a point")
    if highlight is None:
        return drawn[: len(STYLES)], drawn[len(STYLES) :]
    wanted = {text(label) for label in highlight}
    chosen = [one for one in drawn if text(one.label) in wanted]
    if len(chosen) > len(STYLES):
        raise ValueError(f"at most {len(STYLES)} curves can be told apart, not {len(chosen)}")
    return chosen, [one for one in drawn if text(one.label) not in wanted]


def _line(series: Series, scale: float) -> dict[str, object]:
    label = text(series.label)
    return {
        "x": [day for day, _ in series.points],
        "y": [scale * bare(estimate).value for _, estimate in series.points],
        "name": label,
        "hovertext": [
            f"{label}, day {Fact('day', day)}<br>{stated(estimate)}"
            for day, estimate in series.points
        ],
        "hovertemplate": drawing.HOVER,
    }


def _band(series: Series, scale: float, colour: str) -> dict[str, object]:
    days = [day for day, _ in series.points]
    lows, highs = zip(*(drawing.ends_of(estimate) for _, estimate in series.points), strict=True)
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return {
        "x": [*days, *reversed(days)],
        "y": [scale * end for end in (*highs, *reversed(lows))],
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": f"rgba({red},{green},{blue},0.14)",
        "hoverinfo": "skip",
    }


def _name_ends(
    figure: go.Figure, chosen: Sequence[Series], others: Sequence[Series], scale: float, top: float
) -> None:
    """Write the names of curves beside their ends.

    They stand on an axis of their own, because an axis makes itself as wide as its words.
    """
    ends = [scale * bare(one.points[-1][1]).value for one in chosen]
    names = [
        f'\N{NO-BREAK SPACE}<span style="color:{colour}">{sign}</span> '
        f"{drawing.wrapped(one.label, NAMED, lines=1)}"
        for one, (colour, _, _, sign) in zip(chosen, STYLES, strict=False)
    ]
    if others:
        last = [scale * bare(one.points[-1][1]).value for one in others]
        ends, names = [*ends, statistics.fmean(last)], [*names, "\N{NO-BREAK SPACE}others"]
    figure.update_layout(
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "range": [0, top],
            "tickvals": apart(ends, LETTER * top),
            "ticktext": names,
            "showgrid": False,
            "showline": False,
            "ticks": "",
        }
    )
