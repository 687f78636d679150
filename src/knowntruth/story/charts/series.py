"""Series: a curve for each group, with its name at its end and its intervals as a band."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, FURTHER, NAIVE, TREATMENT
from ..saying import Sayable
from . import drawing
from .drawing import Known, Label, bare, stated, text
from .lines import FAINT, FEW, End, Look, band, name_ends

STYLES = (
    Look(TREATMENT, "solid", "circle", "●"),
    Look(FURTHER[0], "dash", "square", "■"),
    Look(NAIVE, "dot", "diamond", "◆"),
    Look(FURTHER[1], "dashdot", "triangle-up", "▲"),
    Look(CONTROL, "longdash", "circle-open", "○"),
)
OTHERS = "others"


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
        places = [day for day, _ in one.points]
        lows, highs = zip(*(drawing.ends_of(e) for _, e in one.points), strict=True)
        band(figure, places, [scale * e for e in lows], [scale * e for e in highs], colour)
        figure.add_scatter(
            **_line(one, scale),
            mode="lines+markers" if len(one.points) <= FEW else "lines",
            line={"color": colour, "width": 2.5, "dash": dash},
            marker={"symbol": symbol, "size": 8},
        )
    top = 1.06 * max(scale * drawing.ends_of(e)[1] for one in drawn for _, e in one.points) or 1.0
    shown = sorted({day for one in drawn for day, _ in one.points})
    name_ends(figure, _ends(chosen, others, scale), (0.0, top))
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


def _ends(chosen: Sequence[Series], others: Sequence[Series], scale: float) -> list[End]:
    """Return the ends of the curves in colour, and of all others together."""
    ends = [
        End(scale * bare(one.points[-1][1]).value, one.label, look)
        for one, look in zip(chosen, STYLES, strict=False)
    ]
    if others:
        last = [scale * bare(one.points[-1][1]).value for one in others]
        ends.append(End(statistics.fmean(last), OTHERS, None))
    return ends
