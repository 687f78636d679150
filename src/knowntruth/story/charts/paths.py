"""Groups: means by period of a treated group and its controls, and where it would have been."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import plotly.graph_objects as go

from ..facts import Fact
from ..numbers import Unit
from ..saying import Sayable
from . import drawing, lines
from .drawing import Label, bare, text
from .lines import LOOKS, SUPPOSED, End, Mean, Role, height_of, is_known, written
from .moments import Moment, Moments, said

ALONE = 0.4  # of a step that the band of a single point takes


@dataclass(frozen=True)
class Path:
    """A group's means by period.

    Attributes:
        label: the group.
        points: its means, in order; None and periods that are missing are gaps.
        role: which group it is.
    """

    label: Label
    points: Sequence[tuple[Moment, Mean | None]]
    role: Role

    def known(self) -> list[tuple[Moment, Mean]]:
        """Return the periods with a mean."""
        return [
            (period, mean)
            for period, mean in self.points
            if mean is not None and is_known(drawing.place_of(mean))
        ]

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this path are made from."""
        yield drawing.named(self.label)
        yield from (mean for _, mean in self.known())


def groups(
    paths: Sequence[Path],
    *,
    axis: str,
    start: Moment | None = None,
    start_label: Label = "start",
    periods: str = "period",
    counterfactual: Label | None = None,
    bands: bool = True,
) -> go.Figure:
    """Return a line a group over the periods, with its intervals as a band.

    Args:
        paths: groups with means of one unit; those without a mean are left out.
        axis: name of the quantity; its unit is added.
        start: first period of the treatment; a line stands before it.
        start_label: what the line means.
        periods: name of the other axis.
        counterfactual: name of a dotted line on which the treated group changes, from its level
            before the start, as the controls do; None leaves it out.
        bands: whether intervals are drawn.

    Raises:
        ValueError: without any mean.
    """
    drawn = _drawn(paths)
    found = [period for one in drawn for period, _ in one.known()]
    moments = Moments([*found, *([] if start is None else [start])])
    supposed: list[tuple[float, float]] = []
    if counterfactual is not None and start is not None:
        supposed = _supposed(drawn, moments, start)
    means = [mean for one in drawn for _, mean in one.known()]
    unit = _unit(means[0])
    scale = drawing.scale_of(unit)
    estimates = [bare(m) for m in means if bands and not isinstance(m, Fact)]
    heights = [height_of(m) / scale for m in means] + [height / scale for _, height in supposed]
    low, high = (scale * end for end in drawing.window(estimates, heights))
    figure = go.Figure()
    for one in drawn if bands else ():
        _bands(figure, one, moments, (low, high))
    ends: list[End] = []
    for one in drawn:
        name, known = text(one.label), one.known()
        lines.line(
            figure,
            moments,
            [moments.at(period) for period, _ in known],
            [height_of(mean) for _, mean in known],
            [f"{name}, {said(period)}<br>{written(mean)}" for period, mean in known],
            LOOKS[one.role],
            name=name,
        )
        _, last = max(known, key=lambda point: moments.at(point[0]))
        ends.append(End(height_of(last), one.label, LOOKS[one.role]))
    if supposed and counterfactual is not None:
        places, dotted = zip(*supposed, strict=True)
        name = text(counterfactual)
        words = [f"{name}<br>{_like(means[0], height / scale)}" for height in dotted]
        lines.line(figure, moments, places, dotted, words, SUPPOSED, name=name)
        ends.append(End(dotted[-1], counterfactual, SUPPOSED))
    figure.update_xaxes(**moments.axis(periods))
    figure.update_yaxes(title=drawing.titled(axis, unit), range=[low, high])
    figure.update_layout(height=400)
    lines.name_ends(figure, ends, (low, high))
    if start is not None:
        moments.mark_start(figure, start, start_label)
    return figure


def groups_in_words(
    paths: Sequence[Path], *, start: Moment | None = None, counterfactual: Label | None = None
) -> str:
    """Return what `groups` shows, for somebody who cannot see it."""
    drawn = _drawn(paths)
    found = [period for one in drawn for period, _ in one.known()]
    moments = Moments([*found, *([] if start is None else [start])])
    parts = []
    for one in drawn:
        known = sorted(one.known(), key=lambda point: moments.at(point[0]))
        way = f"{written(known[0][1])} at first"
        earlier = [m for p, m in known if start is not None and moments.at(p) < moments.at(start)]
        if len(earlier) > 1:
            way += f", {written(earlier[-1])} in the last period before the start"
        if len(known) > 1:
            way += f", {written(known[-1][1])} at last"
        dashed = " (dashed)" if one.role == "truth" else ""
        parts.append(f"{text(one.label)}{dashed} {way}")
    line = "" if start is None else " A vertical line marks the start."
    if counterfactual is not None and start is not None and _supposed(drawn, moments, start):
        line += " A dotted line shows the treated group if it had changed as the controls did."
    return f"Lines over the periods: {'; '.join(parts)}.{line}"


def _drawn(paths: Sequence[Path]) -> list[Path]:
    drawn = [one for one in paths if one.known()]
    if not drawn:
        raise ValueError("a chart of groups needs at least one mean")
    return drawn


def _supposed(drawn: Sequence[Path], moments: Moments, start: Moment) -> list[tuple[float, float]]:
    """Return the controls from the last period before the start on, at the treated's level."""
    by_role = {
        role: {
            moments.at(period): height_of(m)
            for one in drawn
            if one.role == role
            for period, m in one.known()
        }
        for role in ("treatment", "control")
    }
    treated, controls = by_role["treatment"], by_role["control"]
    both = [p for p in treated if p in controls and p < moments.at(start)]
    later = [p for p in controls if p >= moments.at(start)]
    if not both or not later:
        return []
    apart = statistics.fmean(treated[p] - controls[p] for p in both)
    return [(p, controls[p] + apart) for p in sorted([max(both), *later])]


def _bands(figure: go.Figure, one: Path, moments: Moments, shown: tuple[float, float]) -> None:
    """Draw the intervals of a path as a band, in pieces where it has gaps."""
    known = [
        (moments.at(period), mean) for period, mean in one.known() if not isinstance(mean, Fact)
    ]
    known.sort(key=lambda point: point[0])
    for run in moments.runs([place for place, _ in known]):
        here = [known[at] for at in run]
        scale = drawing.scale_of(bare(here[0][1]).unit)
        # An end that is not known runs out of the picture.
        lows = [max(scale * bare(mean).low, shown[0]) for _, mean in here]
        highs = [min(scale * bare(mean).high, shown[1]) for _, mean in here]
        places = [place for place, _ in here]
        if len(here) == 1:
            # A point that stands alone has a band as well.
            half = ALONE * moments.step / 2
            places, lows, highs = [places[0] - half, places[0] + half], lows * 2, highs * 2
        lines.band(figure, places, lows, highs, LOOKS[one.role].colour)


def _like(mean: Mean, value: float) -> str:
    """Return a value as the mean of another one is written."""
    return str(replace(mean, value=value)) if isinstance(mean, Fact) else bare(mean).write(value)


def _unit(mean: Mean) -> Unit:
    return mean.unit if isinstance(mean, Fact) else bare(mean).unit
