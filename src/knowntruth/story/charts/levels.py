"""Levels: how high something is in each group, as a dot with its interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import mark
from ..saying import Sayable
from . import drawing
from .drawing import Known, Label, bare, stated, text

EVERYBODY = "all together"


@dataclass(frozen=True)
class Level:
    """How high something is in one group.

    Attributes:
        label: the group.
        estimate: its rate, mean or other level.
        truth: the same in the whole world, where it is known.
    """

    label: Label
    estimate: Known
    truth: float | None = None

    @property
    def known_truth(self) -> float | None:
        """The truth as it was given, or as the finding has it."""
        return drawing.truth_of(self.estimate, self.truth)

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this row are made from."""
        return drawing.facts_of(self.label, self.estimate, self.known_truth)


def rates(
    rows: Sequence[Level],
    *,
    axis: str,
    overall: Known | Fact | None = None,
    overall_label: str = EVERYBODY,
    ranked: bool = True,
) -> go.Figure:
    """Return one row a group: a dot with its interval, and a diamond where the truth is known.

    An interval that would squeeze all others is cut off, with an arrow at the cut.

    Args:
        rows: groups with estimates of one unit.
        axis: name of the quantity; its unit is added.
        overall: drawn as a thin line, such as the rate of all users.
        overall_label: what that line means.
        ranked: whether the highest stands on top; otherwise the order is that of `rows`.

    Raises:
        ValueError: without any row.
    """
    rows = _ordered(rows, ranked=ranked)
    estimates = [bare(row.estimate) for row in rows]
    truths = [row.known_truth for row in rows]
    labels = [text(row.label) for row in rows]
    heights = [float(len(rows) - 1 - at) for at in range(len(rows))]
    lines = [] if overall is None else [drawing.place_of(overall)]
    shown = drawing.window(estimates, [*lines, *(t for t in truths if t is not None)])
    scale = drawing.scale_of(estimates[0].unit)
    figure = go.Figure()
    drawing.dots(figure, estimates, heights, shown, name="estimate", words=labels)
    drawing.diamonds(figure, truths, estimates, heights, words=labels)
    drawing.label_rows(figure, heights, [drawing.wrapped(row.label) for row in rows])
    for line in lines:
        ends = scale * shown[0], scale * shown[1]
        mark(figure, scale * line, overall_label, within=ends)
    # Below the last row there is room for the name of the line.
    figure.update_yaxes(range=[-0.6 - 0.6 * len(lines), len(rows) - 0.4])
    figure.update_xaxes(
        title=drawing.titled(axis, estimates[0].unit), range=[scale * end for end in shown]
    )
    is_tall = any("<br>" in drawing.wrapped(row.label) for row in rows)
    figure.update_layout(height=100 + (38 if is_tall else 30) * (len(rows) + 1))
    if any(truth is not None for truth in truths):
        figure.update_layout(drawing.LEGEND)
    return figure


def rates_in_words(
    rows: Sequence[Level],
    *,
    overall: Known | Fact | None = None,
    overall_label: str = EVERYBODY,
    ranked: bool = True,
) -> str:
    """Return what `rates` shows, for somebody who cannot see it."""
    lines = []
    for row in _ordered(rows, ranked=ranked):
        truth = row.known_truth
        known = "" if truth is None else f", truth {bare(row.estimate).write(truth)}"
        lines.append(f"{text(row.label)} at {stated(row.estimate)}{known}")
    line = "" if overall is None else f" A thin line marks {overall_label}, {overall}."
    return f"Dots with their intervals, from top to bottom: {'; '.join(lines)}.{line}"


def _ordered(rows: Sequence[Level], *, ranked: bool) -> list[Level]:
    if not rows:
        raise ValueError("a chart of rates needs at least one row")
    return sorted(rows, key=lambda row: -bare(row.estimate).value) if ranked else list(rows)
