"""Points: units on a plane, in the looks of their groups; several planes stand side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..facts import Fact
from ..figures import CONTROL, FURTHER, NAIVE, TREATMENT
from ..saying import Sayable
from . import drawing
from .drawing import Label, named, text
from .lines import Look

LOOKS = (
    Look(TREATMENT, "solid", "circle", "●"),
    Look(NAIVE, "solid", "diamond", "◆"),
    Look(FURTHER[0], "solid", "square", "■"),
    Look(FURTHER[1], "solid", "triangle-up", "▲"),
    Look("#5B6B9E", "solid", "cross", "✚"),
    Look("#A0522D", "solid", "triangle-down", "▼"),
    Look("#3A9A9A", "solid", "star", "★"),
)
REST = Look(CONTROL, "solid", "circle-open", "○")
PANEL = 24  # letters of a line of a panel's name, on a phone
MOST = 1_500  # points that a page draws of one plane


@dataclass(frozen=True)
class Group:
    """A group of the units of a plane.

    Attributes:
        label: its name.
        count: how many units it has.
        is_rest: whether it stands for no group.
    """

    label: Label
    count: Fact
    is_rest: bool = False

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this group are made from."""
        yield from (named(self.label), self.count)


@dataclass(frozen=True)
class Plane:
    """Units on a plane.

    Attributes:
        label: what the plane is.
        x, y: places of the units.
        groups: place of each unit's group among those of the chart.
        lines_x, lines_y: places of thin lines.
    """

    label: Label
    x: Any
    y: Any
    groups: Any
    lines_x: Sequence[float] = ()
    lines_y: Sequence[float] = ()


def points(
    planes: Sequence[Plane],
    groups: Sequence[Group],
    *,
    axes: tuple[str, str] = ("", ""),
    is_logarithmic: bool = False,
) -> go.Figure:
    """Return planes side by side, two in a row, with the same looks for the same groups.

    Above some points only every so many are drawn.

    Args:
        planes: what is drawn.
        groups: names of the groups, in the order in which planes number them.
        axes: names of both axes; without them, axes have no numbers either.
        is_logarithmic: whether both axes are.

    Raises:
        ValueError: without planes or groups.
    """
    if not planes or not groups:
        raise ValueError("a chart of points needs a plane and a group")
    across = min(len(planes), 2)
    down = -(-len(planes) // across)
    titles = [drawing.wrapped(plane.label, PANEL) for plane in planes] if len(planes) > 1 else None
    figure = make_subplots(
        rows=down, cols=across, subplot_titles=titles,
        horizontal_spacing=0.06, vertical_spacing=0.1,
    )  # fmt: skip
    looks = _looks(groups)
    for number, plane in enumerate(planes):
        place = {"row": number // across + 1, "col": number % across + 1}
        _draw(figure, plane, groups, looks, place, is_first=number == 0)
    kind = {"type": "log", "dtick": 1} if is_logarithmic else {}
    shown = {} if any(axes) else {"showticklabels": False, "ticks": "", "showgrid": False}
    figure.update_xaxes(title=axes[0] or None, **kind, **shown)
    figure.update_yaxes(title=axes[1] or None, **kind, **shown)
    figure.update_layout(
        drawing.LEGEND,
        height=90 + (400 if down == across == 1 else 270 * down),
        legend={
            "orientation": "h",
            **({"y": -0.18} if any(axes) else {"y": -10 / (270 * down), "yanchor": "top"}),
        },
    )
    return figure


def points_in_words(planes: Sequence[Plane], groups: Sequence[Group]) -> str:
    """Return what `points` shows, for somebody who cannot see it."""
    named_planes = "; ".join(text(plane.label) for plane in planes)
    sizes = "; ".join(f"{text(group.label)}: {group.count}" for group in groups)
    what = "Points on a plane" if len(planes) == 1 else "Planes side by side, units as points"
    return f"{what} ({named_planes}). Groups have their own colours and signs: {sizes}."


def _looks(groups: Sequence[Group]) -> list[Look]:
    given = iter(LOOKS * (1 + len(groups) // len(LOOKS)))
    return [REST if group.is_rest else next(given) for group in groups]


def _draw(
    figure: go.Figure,
    plane: Plane,
    groups: Sequence[Group],
    looks: Sequence[Look],
    place: dict[str, int],
    *,
    is_first: bool,
) -> None:
    x, y, of = np.asarray(plane.x), np.asarray(plane.y), np.asarray(plane.groups)
    step = max(len(x) // MOST, 1)
    for at, (group, look) in enumerate(zip(groups, looks, strict=True)):
        # Small groups are drawn whole, so that none is lost.
        own = np.flatnonzero(of == at)
        own = own[:: step if len(own) > MOST // 10 else 1]
        figure.add_scatter(
            **place,
            x=x[own],
            y=y[own],
            mode="markers",
            name=text(group.label),
            legendgroup=str(at),
            showlegend=is_first,
            marker={"color": look.colour, "symbol": look.symbol, "size": 6, "opacity": 0.75},
            hovertemplate=f"{text(group.label)}<extra></extra>",
        )
    for value in plane.lines_x:
        figure.add_vline(x=value, line={"color": CONTROL, "width": 1, "dash": "dot"})
    for value in plane.lines_y:
        figure.add_hline(y=value, line={"color": CONTROL, "width": 1, "dash": "dot"})
