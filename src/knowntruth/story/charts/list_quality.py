"""List quality: models by several measures of their lists, a panel for each measure.

The *floor* is what lists at random reach, the *ceiling* what somebody reaches who knows every
customer's chances; a *task* is what may stand on a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..figures import CONTROL, FURTHER, TREATMENT, TRUTH, unit_words
from ..saying import Sayable
from . import drawing
from .drawing import Known, Label, bare, named, stated, text
from .keys import KEY, key

Role = Literal["model", "floor", "ceiling"]

TASKS = (("circle", TREATMENT), ("square", FURTHER[0]))
ROLES: dict[Role, tuple[str, str]] = {"floor": ("-open", CONTROL), "ceiling": ("-open", TRUTH)}
ACROSS = 2  # panels side by side, as many as a phone has room for
ROW = 36  # pixels
LABEL = 13  # letters of a label, which takes its room from both panels
STEP = 0.34  # of a row between two tasks
EDGE = 0.05  # of an axis that is left free on either side, so that no sign is cut in half


@dataclass(frozen=True)
class Listing:
    """How good the lists of a model are in one task.

    Attributes:
        model: who makes them.
        task: what may stand on them, such as "new products only".
        measures: by name, an estimate, or None where there is nothing to measure.
        role: whether it is a model, the floor or the ceiling.
    """

    model: Label
    task: Label
    measures: Mapping[str, Known | None]
    role: Role = "model"

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on these lists are made from."""
        yield from (named(self.model), named(self.task))
        for name, value in self.measures.items():
            yield named(name)
            if value is not None:
                yield value


def list_quality(rows: Sequence[Listing]) -> go.Figure:
    """Return a panel for each measure, a row for each model, a sign for each of two tasks.

    Panels have axes of their own; models keep their order from top to bottom.

    Raises:
        ValueError: without a measure, or for more tasks than there are signs.
    """
    tasks, models, measures = _laid_out(rows)
    down = -(-len(measures) // ACROSS)
    height = 90 + down * (ROW * len(models) + 62)
    figure = make_subplots(
        rows=down, cols=ACROSS, shared_yaxes=True, horizontal_spacing=0.05,
        vertical_spacing=62 / (height - 90),
        subplot_titles=[_heading(name, rows) for name in measures],
    )  # fmt: skip
    for number, measure in enumerate(measures):
        place = {"row": number // ACROSS + 1, "col": number % ACROSS + 1}
        values = [one for row in rows if (one := row.measures.get(measure)) is not None]
        shown = drawing.window([bare(one) for one in values], []) if values else (0.0, 1.0)
        for row in rows:
            value = row.measures.get(measure)
            if value is not None:
                line = len(models) - 1 - models.index(text(row.model))
                at = tasks.index(text(row.task))
                high = line + STEP * ((len(tasks) - 1) / 2 - at)
                _draw(figure, row, value, high, place, at=at, shown=shown)
        scale = drawing.scale_of(bare(values[0]).unit) if values else 1.0
        room = EDGE * (shown[1] - shown[0])
        figure.update_xaxes(
            **place, range=[scale * (shown[0] - room), scale * (shown[1] + room)], nticks=4,
            tickangle=0,
        )  # fmt: skip
        figure.update_yaxes(
            **place, range=[-0.6, len(models) - 0.4], showgrid=False, ticks="",
            tickvals=list(range(len(models))),
            ticktext=[drawing.wrapped(model, LABEL) for model in models[::-1]],
        )  # fmt: skip
    for at, task in enumerate(tasks):
        symbol, colour = TASKS[at]
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=task, legend=KEY, showlegend=True,
            marker={"symbol": symbol, "color": colour, "size": 9},
        )  # fmt: skip
    figure.update_layout(height=height)
    key(figure, lift=22)
    return figure


def list_quality_in_words(rows: Sequence[Listing]) -> str:
    """Return what `list_quality` shows, for somebody who cannot see it."""
    tasks, _, measures = _laid_out(rows)
    lines = []
    for task in tasks:
        for measure in measures:
            known = [
                (row, value)
                for row in rows
                if text(row.task) == task and (value := row.measures.get(measure)) is not None
            ]
            ranked = sorted(known, key=lambda pair: -bare(pair[1]).value)
            models = [pair for pair in ranked if pair[0].role == "model"]
            told = [pair for pair in ranked if pair[0].role != "model" or pair in models[:1]]
            words = ", ".join(f"{text(row.model)} {stated(value)}" for row, value in told)
            if told:
                lines.append(f"{text(measure)}, {task}: {words}")
    return (
        "Dots with their intervals, a panel for each measure; told are the highest model, and "
        f"the floor and the ceiling where there are any. {'. '.join(lines)}."
    )


def _heading(measure: str, rows: Sequence[Listing]) -> str:
    """Return the name of a panel, with the unit where the numbers below it have one."""
    values = [one for row in rows if (one := row.measures.get(measure)) is not None]
    unit = unit_words(bare(values[0]).unit) if values else ""
    return text(f"{measure} ({unit})" if unit else measure)


def _laid_out(rows: Sequence[Listing]) -> tuple[list[str], list[str], list[str]]:
    """Return tasks, models and measures, each once and in order."""
    tasks = list(dict.fromkeys(text(row.task) for row in rows))
    measures = list(dict.fromkeys(name for row in rows for name in row.measures))
    if not measures:
        raise ValueError("a chart of lists needs at least one measure")
    if len(tasks) > len(TASKS):
        raise ValueError(f"at most {len(TASKS)} tasks can be told apart, not {len(tasks)}")
    return tasks, list(dict.fromkeys(text(row.model) for row in rows)), measures


def _draw(
    figure: go.Figure,
    row: Listing,
    value: Known,
    height: float,
    place: Mapping[str, int],
    *,
    at: int,
    shown: tuple[float, float],
) -> None:
    one = bare(value)
    scale = drawing.scale_of(one.unit)
    symbol, colour = TASKS[at]
    opened, own = ROLES.get(row.role, ("", colour))
    low, high = drawing.ends_of(value)
    figure.add_scatter(
        **place, x=[scale * one.value], y=[height], mode="markers", showlegend=False,
        marker={"symbol": symbol + opened, "color": own, "size": 8,
                "line": {"width": 2, "color": own}},
        error_x={
            **drawing.BARS, "color": own, "thickness": 2,
            "array": [scale * (min(high, shown[1]) - one.value)],
            "arrayminus": [scale * (one.value - max(low, shown[0]))],
        },
        hovertext=f"{text(row.model)}, {text(row.task)}<br>{stated(value)}",
        hovertemplate=drawing.HOVER,
    )  # fmt: skip
