"""Four cells: a two-by-two table as a picture, with what cannot exist marked as such."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, NAIVE, TREATMENT, unit_words
from ..numbers import Unit
from ..saying import Sayable
from . import drawing
from .drawing import Label, bare, named, text
from .lines import Mean, written

EMPTY = "empty: it cannot exist"
HALF = 0.47  # of a cell, so that cells stand apart
SIDE = 12  # letters of a line beside a row
LINE = 15  # letters of a line in a cell, on a phone
FILLS = ("rgba(120,125,134,0.14)", "rgba(47,128,193,0.20)")


@dataclass(frozen=True)
class FourCells:
    """A table of two rows and two columns.

    Attributes:
        rows: controls, then treated.
        columns: before, then after.
        cells: by row and column, of one unit; None where the cell is empty.
        empty: what stands in such a cell.
    """

    rows: tuple[Label, Label]
    columns: tuple[Label, Label]
    cells: tuple[tuple[Mean | None, Mean | None], tuple[Mean | None, Mean | None]]
    empty: Label = EMPTY

    def __post_init__(self) -> None:
        """Refuse what is no table of two by two, or holds nothing."""
        sizes = [len(self.rows), len(self.columns), len(self.cells), *map(len, self.cells)]
        if set(sizes) != {2}:
            raise ValueError("a table of four cells has two rows and two columns")
        if not self.known:
            raise ValueError("a table of four cells needs at least one value")

    @property
    def known(self) -> list[Mean]:
        """The values that there are."""
        return [value for row in self.cells for value in row if value is not None]

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this table are made from."""
        yield from map(named, (*self.rows, *self.columns, self.empty))
        yield from self.known


def four_cells(table: FourCells, *, axis: str) -> go.Figure:
    """Return the four cells with their values; an empty one has a dashed edge and says so.

    Args:
        table: the cells.
        axis: name of the quantity; its unit is added.
    """
    figure = go.Figure()
    places = [(x, y) for y in range(2) for x in range(2)]
    for x, y in places:
        value = table.cells[y][x]
        figure.add_shape(
            type="rect",
            x0=x - HALF,
            x1=x + HALF,
            y0=y - HALF,
            y1=y + HALF,
            layer="below",
            line={
                "color": NAIVE if value is None else (CONTROL, TREATMENT)[y],
                "width": 2.0 if value is None else 1.2,
                "dash": "dash" if value is None else "solid",
            },
            fillcolor="rgba(0,0,0,0)" if value is None else FILLS[y],
        )
        figure.add_annotation(
            x=x,
            y=y,
            text=_in_cell(table, value),
            showarrow=False,
            font={"size": 13, "color": NAIVE} if value is None else {"size": 13},
        )
    figure.add_scatter(
        x=[x for x, _ in places],
        y=[y for _, y in places],
        mode="markers",
        marker={"size": 60, "opacity": 0},
        hovertext=[
            f"{text(table.rows[y])}, {text(table.columns[x])}<br>"
            + (text(table.empty) if (v := table.cells[y][x]) is None else written(v))
            for x, y in places
        ],
        hovertemplate=drawing.HOVER,
    )
    unit = _unit(table)
    bare_axis = {"showgrid": False, "showline": False, "ticks": "", "tickvals": [0, 1]}
    figure.update_xaxes(
        title=drawing.titled(axis, unit),
        side="top",
        ticktext=[drawing.wrapped(column, LINE) for column in table.columns],
        range=[-0.5, 1.5],
        **bare_axis,
    )
    figure.update_yaxes(
        ticktext=[drawing.wrapped(row, SIDE, lines=4) for row in table.rows],
        range=[1.5, -0.5],
        **bare_axis,
    )
    figure.update_layout(height=290)
    return figure


def four_cells_in_words(table: FourCells) -> str:
    """Return what `four_cells` shows, for somebody who cannot see it."""
    parts = []
    for row, values in zip(table.rows, table.cells, strict=True):
        cells = [
            f"{text(column)} {text(table.empty) if value is None else written(value)}"
            for column, value in zip(table.columns, values, strict=True)
        ]
        parts.append(f"{text(row)}: {', '.join(cells)}")
    aside = drawing.unit_aside(_unit(table))
    told = "; ".join(parts)
    told = told.replace(aside, "") if aside else told
    return f"A table of two by two{aside and f', in{aside}'}. {told}."


def _unit(table: FourCells) -> Unit:
    first = table.known[0]
    return first.unit if isinstance(first, Fact) else bare(first).unit


def _in_cell(table: FourCells, value: Mean | None) -> str:
    if value is None:
        return drawing.wrapped(table.empty, LINE, lines=3)
    number = str(value) if isinstance(value, Fact) else f"{value:value}"
    # The axis names the unit; here its words would not fit.
    number = number.removesuffix(f" {unit_words('points')}")
    interval = "" if isinstance(value, Fact) else f"{value:interval}"
    interval = interval.removesuffix(f" {unit_words('points')}")
    small = f'<br><span style="font-size:11px">{interval}</span>' if interval else ""
    return f'<span style="font-size:20px"><b>{number}</b></span>{small}'
