"""Daily: a value a day for one or several groups, a line at the launch, and means of stretches."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import plotly.graph_objects as go

from ..facts import Fact
from ..numbers import Unit, write
from ..saying import Sayable
from . import drawing, lines
from .drawing import Label, text
from .lines import LOOKS, End, Look, Mean, Role, height_of, is_known
from .moments import Moment, Moments, said

FADED = 0.45  # opacity of days behind the means of their stretches
STRETCH = 14  # letters of the name of a stretch


@dataclass(frozen=True)
class Stretch:
    """Days that one mean stands for.

    Attributes:
        label: what they are called, such as "before".
        first, last: of the days.
        mean: of the values of these days.
    """

    label: Label
    first: Moment
    last: Moment
    mean: Mean


@dataclass(frozen=True)
class Daily:
    """A group's value on each day.

    Attributes:
        label: the group.
        days: in any order; a day that is missing is a gap.
        values: by day; None or NaN is a gap as well.
        role: which group it is; a series of `all` that stands alone is grey before the launch and
            in the colour of the treatment from there on, one of `truth` is dashed.
        stretches: days with a mean of their own.
    """

    label: Label
    days: Sequence[Moment]
    values: Sequence[float | None]
    role: Role = "all"
    stretches: Sequence[Stretch] = ()

    def __post_init__(self) -> None:
        """Refuse values that are not one a day."""
        if len(self.days) != len(self.values):
            raise ValueError(f"{len(self.days)} days have {len(self.values)} values")

    def known(self) -> list[tuple[Moment, float]]:
        """Return the days with a value."""
        pairs = zip(self.days, self.values, strict=True)
        return [
            (day, float(value)) for day, value in pairs if value is not None and is_known(value)
        ]

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this series are made from."""
        yield drawing.named(self.label)
        for stretch in self.stretches:
            yield drawing.named(stretch.label)
            yield stretch.mean


def daily(
    series: Sequence[Daily],
    *,
    axis: str,
    launch: Moment | None = None,
    launch_label: Label = "launch",
    days: str = "day",
    unit: Unit = "number",
) -> go.Figure:
    """Return a line a group over the days, faded where means of stretches are drawn upon it.

    Args:
        series: groups; those without a value are left out.
        axis: name of the quantity; its unit is added.
        launch: first day of what is new; a line stands before it.
        launch_label: what the line means.
        days: name of the other axis.
        unit: of the values, which the means share.

    Raises:
        ValueError: without any value.
    """
    drawn = _drawn(series)
    moments = _moments(drawn, launch)
    scale = drawing.scale_of(unit)
    values = [scale * value for one in drawn for _, value in one.known()]
    means = [height_of(stretch.mean) for one in drawn for stretch in one.stretches]
    shown = drawing.window([], [*values, *means])
    digits = statistics.pstdev(values) / scale
    figure = go.Figure()
    ends: list[End] = []
    segments: list[_Segment] = []
    for one in drawn:
        looks = _looks(one, drawn, moments, launch)
        for look, points in _parts(one, looks):
            lines.line(
                figure,
                moments,
                [moments.at(day) for day, _ in points],
                [scale * value for _, value in points],
                [
                    f"{text(one.label)}, {said(day)}<br>{write(value, unit, resolution=digits)}"
                    for day, value in points
                ],
                look,
                name=text(one.label),
                width=1.5 if means else 2.5,
                opacity=FADED if one.stretches else 1.0,
            )
        last, value = max(one.known(), key=lambda point: moments.at(point[0]))
        ends.append(End(scale * value, one.label, looks(last)))
        segments += [
            _Segment(stretch, one.label, looks(stretch.first)) for stretch in one.stretches
        ]
    _draw_means(figure, segments, moments, shown)
    figure.update_xaxes(**moments.axis(days))
    figure.update_yaxes(title=drawing.titled(axis, unit), range=shown)
    figure.update_layout(height=400)
    lines.name_ends(figure, ends, shown)
    if launch is not None:
        moments.mark_start(figure, launch, launch_label)
    return figure


def daily_in_words(series: Sequence[Daily], *, launch: Moment | None = None) -> str:
    """Return what `daily` shows, for somebody who cannot see it."""
    parts = []
    for one in _drawn(series):
        means = [f"{text(s.label)} {lines.written(s.mean)}" for s in one.stretches]
        dashed = " (dashed)" if one.role == "truth" else ""
        parts.append(f"{text(one.label)}{dashed}{', mean ' if means else ''}{', '.join(means)}")
    line = "" if launch is None else " A vertical line marks the launch."
    return f"Lines of daily values: {'; '.join(parts)}.{line}"


class _Segment(NamedTuple):
    """A stretch as it is drawn."""

    stretch: Stretch
    label: Label
    look: Look


def _drawn(series: Sequence[Daily]) -> list[Daily]:
    drawn = [one for one in series if one.known()]
    if not drawn:
        raise ValueError("a chart of days needs at least one value")
    return drawn


def _moments(drawn: Sequence[Daily], launch: Moment | None) -> Moments:
    found = [day for one in drawn for day, _ in one.known()]
    found += [day for one in drawn for s in one.stretches for day in (s.first, s.last)]
    return Moments([*found, *([] if launch is None else [launch])])


def _looks(
    one: Daily, drawn: Sequence[Daily], moments: Moments, launch: Moment | None
) -> Callable[[Moment], Look]:
    """Return how a series looks on a day."""
    alone = sum(other.role != "truth" for other in drawn) == 1
    if launch is None or one.role != "all" or not alone:
        return lambda _: LOOKS[one.role]
    start = moments.at(launch)
    return lambda day: LOOKS["treatment" if moments.at(day) >= start else "control"]


def _parts(
    one: Daily, looks: Callable[[Moment], Look]
) -> list[tuple[Look, list[tuple[Moment, float]]]]:
    """Return the points of a series, together as they look alike."""
    parts: dict[Look, list[tuple[Moment, float]]] = {}
    for day, value in one.known():
        parts.setdefault(looks(day), []).append((day, value))
    return list(parts.items())


def _draw_means(
    figure: go.Figure,
    segments: Sequence[_Segment],
    moments: Moments,
    shown: tuple[float, float],
) -> None:
    """Draw the means of stretches with their names, which keep off each other above one place."""
    for stretch, label, look in segments:
        height = height_of(stretch.mean)
        half = moments.step / 2
        figure.add_scatter(
            x=[moments.at(stretch.first) - half, moments.at(stretch.last) + half],
            y=[height, height],
            mode="lines",
            line={"color": look.colour, "width": 3.5, "dash": look.dash},
            name=text(stretch.label),
            hovertext=[f"{text(label)}, {text(stretch.label)}<br>{lines.written(stretch.mean)}"]
            * 2,
            hovertemplate=drawing.HOVER,
        )
    places: dict[float, list[_Segment]] = {}
    for segment in segments:
        middle = (moments.at(segment.stretch.first) + moments.at(segment.stretch.last)) / 2
        places.setdefault(middle, []).append(segment)
    for middle, here in places.items():
        raised = lines.LETTER * 0.6 * (shown[1] - shown[0])
        wanted = [height_of(one.stretch.mean) + raised for one in here]
        for one, height in zip(here, lines.apart(wanted, within=shown), strict=True):
            mean = one.stretch.mean
            value = str(mean) if isinstance(mean, Fact) else f"{mean:value}"
            # The name at the end of the line need not be said again.
            is_named = text(one.stretch.label) == text(one.label)
            name = "" if is_named else drawing.wrapped(one.stretch.label, STRETCH, lines=1)
            figure.add_annotation(
                x=middle,
                y=height,
                text=f"{name} {value}".strip(),
                showarrow=False,
                font={"color": one.look.colour, "size": 12, "weight": 600},
            )
