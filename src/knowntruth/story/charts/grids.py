"""Grids: estimates by row and column, the darker the higher, each cell with its number."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..numbers import decimals_for, plain
from ..saying import Sayable
from . import drawing
from .drawing import Known, Label, bare, stated, text

ROOMY = 6  # columns whose cells have room for an interval on a phone
COLUMN = {True: 9, False: 5}  # letters of a label above a column, by whether there is room
# Pale enough at its darkest for the words of the page, in light and in the dark.
COLOURS = [[0, "rgba(47,128,193,0.04)"], [1, "rgba(47,128,193,0.62)"]]
BARE_AXIS = {"showgrid": False, "showline": False, "ticks": ""}


@dataclass(frozen=True)
class Grid:
    """Estimates by row and column; None where there is nothing to estimate from."""

    rows: Sequence[Label]
    columns: Sequence[Label]
    values: Sequence[Sequence[Known | None]]

    def __post_init__(self) -> None:
        """Refuse values that are no grid of these rows and columns, or hold nothing at all."""
        widths = {len(line) for line in self.values}
        if len(self.values) != len(self.rows) or widths - {len(self.columns)}:
            raise ValueError("a grid has one value, or None, for each of its rows and columns")
        if not self.known():
            raise ValueError("a grid needs at least one value")

    def known(self) -> list[tuple[Label, list[tuple[Label, Known]]]]:
        """Return the rows that hold a value, each with its columns and values."""
        lines = [
            (row, [(c, v) for c, v in zip(self.columns, line, strict=True) if v is not None])
            for row, line in zip(self.rows, self.values, strict=True)
        ]
        return [(row, line) for row, line in lines if line]

    def extremes(self) -> tuple[tuple[str, Known], tuple[str, Known]]:
        """Return the highest and the lowest value, each with its row and column."""
        cells = [
            (f"{text(row)}, {text(column)}", value)
            for row, line in self.known()
            for column, value in line
        ]
        high, low = (pick(cells, key=lambda cell: bare(cell[1]).value) for pick in (max, min))
        return high, low

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this grid are made from."""
        yield from map(drawing.named, (*self.rows, *self.columns))
        yield from (value for _, value in self.extremes())
        for _, line in self.known():
            yield from (line[0][1], line[-1][1])


def heat(grid: Grid, *, axis: str, row_axis: str = "", column_axis: str = "") -> go.Figure:
    """Return a grid of cells with a number in each, a dash where there is none.

    Up to six columns, half the width of its interval stands below each number; a phone has no
    room for more than about eight.

    Args:
        grid: estimates of one unit.
        axis: name of the quantity in the cells; its unit is added.
        row_axis: what the rows are.
        column_axis: what the columns are.
    """
    known = [bare(value) for _, line in grid.known() for _, value in line]
    unit = known[0].unit
    scale = drawing.scale_of(unit)
    # One number of decimals for all cells: the first in which the one in the middle is unsure.
    middle = statistics.median(estimate.resolution for estimate in known)
    decimals = decimals_for(middle, scale=scale, significant=1)
    is_roomy = len(grid.columns) <= ROOMY

    def written(value: Known | None) -> str:
        if value is None:
            return "–"
        number = plain(scale * bare(value).value, decimals)
        half = plain(scale * bare(value).resolution, decimals)
        return f'{number}<br><span style="font-size:11px">±{half}</span>' if is_roomy else number

    low, high = min(e.value for e in known), max(e.value for e in known)
    cells = [(x, y, v) for y, line in enumerate(grid.values) for x, v in enumerate(line)]
    figure = go.Figure(
        go.Heatmap(
            z=[[None if v is None else bare(v).value for v in line] for line in grid.values],
            zmin=low,
            zmax=high if high > low else low + 1,
            colorscale=COLOURS,
            showscale=False,
            xgap=3,
            ygap=3,
            hoverinfo="skip",
        )
    )
    figure.add_scatter(
        x=[x for x, _, _ in cells],
        y=[y for _, y, _ in cells],
        mode="text",
        text=[written(value) for _, _, value in cells],
        textfont={"size": 13 if is_roomy else 11},
        hovertext=[
            f"{text(grid.rows[y])}, {text(grid.columns[x])}<br>"
            + ("nothing to estimate from" if value is None else stated(value))
            for x, y, value in cells
        ],
        hovertemplate=drawing.HOVER,
    )
    figure.update_xaxes(
        title=drawing.titled(f"{axis} by {column_axis}" if column_axis else axis, unit),
        side="top",
        tickangle=0,
        tickvals=list(range(len(grid.columns))),
        ticktext=[drawing.wrapped(column, COLUMN[is_roomy]) for column in grid.columns],
        range=[-0.5, len(grid.columns) - 0.5],
        **BARE_AXIS,
    )
    figure.update_yaxes(
        title=row_axis or None,
        tickvals=list(range(len(grid.rows))),
        ticktext=[drawing.wrapped(row) for row in grid.rows],
        range=[len(grid.rows) - 0.5, -0.5],
        **BARE_AXIS,
    )
    figure.update_layout(height=110 + (46 if is_roomy else 34) * len(grid.rows))
    return figure


def heat_in_words(grid: Grid) -> str:
    """Return what `heat` shows, for somebody who cannot see it."""
    (high_at, high), (low_at, low) = grid.extremes()
    lines = []
    for row, cells in grid.known():
        (first, start), (last, end) = cells[0], cells[-1]
        way = f"{start:value} ({text(first)})"
        if len(cells) > 1:
            way = f"from {way} to {end:value} ({text(last)})"
        lines.append(f"{text(row)} {way}")
    return (
        f"A grid of cells. The highest holds {high:value} ({high_at}), "
        f"the lowest {low:value} ({low_at}). Row by row, first and last: {'; '.join(lines)}."
    )
