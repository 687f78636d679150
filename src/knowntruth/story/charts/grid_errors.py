"""Grid errors: the error of every combination of a grid search, a panel for each parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..facts import Fact
from ..figures import CONTROL, NAIVE, TREATMENT
from ..saying import Sayable
from . import drawing
from .drawing import Known, Label, bare, named, stated, text
from .keys import KEY, key

ACROSS = 2  # panels side by side, as many as a phone has room for
SPREAD = 0.28  # of the distance of two values over which their trials are spread


@dataclass(frozen=True)
class Trial:
    """One combination of a grid.

    Attributes:
        parameters: by name, its values; the same names in all trials.
        error: over the folds, with their spread.
    """

    parameters: Mapping[str, Fact]
    error: Known


@dataclass(frozen=True)
class Search:
    """All combinations of a grid.

    Attributes:
        trials: in any order.
        baseline: the error of something simple, where it is to be drawn.
        baseline_label: what that is.
    """

    trials: Sequence[Trial]
    baseline: Known | Fact | None = None
    baseline_label: Label = "without the model"

    def __post_init__(self) -> None:
        """Refuse what has no trial, or trials of different parameters."""
        if not self.trials or not self.trials[0].parameters:
            raise ValueError("a search needs at least one trial with a parameter")
        if any(list(one.parameters) != self.names for one in self.trials):
            raise ValueError("all trials of a search have the same parameters")

    @property
    def names(self) -> list[str]:
        """The names of the parameters."""
        return list(self.trials[0].parameters)

    @property
    def best(self) -> Trial:
        """The trial with the least error."""
        return min(self.trials, key=lambda one: bare(one.error).value)

    @property
    def worst(self) -> Trial:
        """The trial with the largest error."""
        return max(self.trials, key=lambda one: bare(one.error).value)

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this search are made from."""
        yield Fact("trials", len(self.trials), "count")
        yield from map(named, self.names)
        for one in (self.best, self.worst):
            yield from (one.error, *one.parameters.values())
        if self.baseline is not None:
            yield from (named(self.baseline_label), self.baseline)


def grid_errors(search: Search, *, axis: str = "RMSE") -> go.Figure:
    """Return all errors by each parameter, with the best of each value and of all marked.

    A line joins the least error at each value; the best of all is in a ring with the spread of
    its folds.

    Args:
        search: what is drawn.
        axis: name of the error.
    """
    names = search.names
    down, across = -(-len(names) // ACROSS), min(len(names), ACROSS)
    figure = make_subplots(
        rows=down, cols=across, shared_yaxes="all", horizontal_spacing=0.06,
        vertical_spacing=0.26 / down, subplot_titles=[text(name) for name in names],
    )  # fmt: skip
    errors = [bare(one.error).value for one in search.trials]
    lines = [] if search.baseline is None else [drawing.place_of(search.baseline)]
    shown = drawing.window([bare(search.best.error)], [*errors, *lines])
    for number, name in enumerate(names):
        place = {"row": number // across + 1, "col": number % across + 1}
        _draw(figure, search, name, place, shown)
        figure.update_yaxes(**place, range=shown, nticks=5)
        if place["col"] == 1:
            figure.update_yaxes(**place, title=axis)
    for line in lines:
        figure.add_hline(y=line, line={"color": CONTROL, "width": 1})
        figure.add_scatter(
            x=[None], y=[None], mode="lines", line={"color": CONTROL, "width": 1},
            name=text(search.baseline_label), legend=KEY, showlegend=True,
        )  # fmt: skip
    figure.update_layout(height=130 + 230 * down)
    key(figure, lift=22)
    return figure


def grid_errors_in_words(search: Search) -> str:
    """Return what `grid_errors` shows, for somebody who cannot see it."""

    def told(one: Trial) -> str:
        values = ", ".join(f"{text(name)} {value}" for name, value in one.parameters.items())
        return f"{stated(one.error)} with {values}"

    line = ""
    if search.baseline is not None:
        line = f" A thin line marks {text(search.baseline_label)}, {search.baseline}."
    count = Fact("trials", len(search.trials), "count")
    return (
        f"Dots for {count} combinations, a panel for each parameter. The least error is "
        f"{told(search.best)}; the largest {told(search.worst)}.{line}"
    )


def _draw(
    figure: go.Figure,
    search: Search,
    name: str,
    place: Mapping[str, int],
    shown: tuple[float, float],
) -> None:
    values = sorted({one.parameters[name].value for one in search.trials})
    at = {value: float(rank) for rank, value in enumerate(values)}
    words = {one.parameters[name].value: str(one.parameters[name]) for one in search.trials}
    best = {
        value: min(
            bare(one.error).value for one in search.trials if one.parameters[name].value == value
        )
        for value in values
    }
    n, is_first = len(search.trials), place == {"row": 1, "col": 1}
    figure.add_scatter(
        **place,
        # Trials of one value lie beside each other, not on each other.
        x=[at[one.parameters[name].value] + SPREAD * ((rank * 0.618) % 1 - 0.5) * (n > 1)
           for rank, one in enumerate(search.trials)],
        y=[bare(one.error).value for one in search.trials], mode="markers",
        marker={"color": CONTROL, "size": 5, "opacity": 0.55},
        hovertext=["<br>".join([*(f"{text(k)} {v}" for k, v in one.parameters.items()),
                                stated(one.error)]) for one in search.trials],
        hovertemplate=drawing.HOVER, name="a combination", legend=KEY, showlegend=is_first,
    )  # fmt: skip
    figure.add_scatter(
        **place, x=list(at.values()), y=[best[value] for value in values], mode="lines+markers",
        line={"color": TREATMENT, "width": 2}, marker={"color": TREATMENT, "size": 7},
        hoverinfo="skip", name="least at a value", legend=KEY, showlegend=is_first,
    )  # fmt: skip
    winner = search.best
    low, high = drawing.ends_of(winner.error)
    value = bare(winner.error).value
    figure.add_scatter(
        **place, x=[at[winner.parameters[name].value]], y=[value], mode="markers",
        marker={"color": NAIVE, "symbol": "circle-open", "size": 15, "line": {"width": 2}},
        error_y={**drawing.BARS, "color": TREATMENT, "thickness": 1.6,
                 "array": [min(high, shown[1]) - value],
                 "arrayminus": [value - max(low, shown[0])]},
        hovertext=f"least error {stated(winner.error)}", hovertemplate=drawing.HOVER,
        name="least of all, with its interval", legend=KEY, showlegend=is_first,
    )  # fmt: skip
    figure.update_xaxes(
        **place, tickvals=list(at.values()), ticktext=[words[value] for value in values],
        range=[-0.5, len(values) - 0.5],
    )  # fmt: skip
