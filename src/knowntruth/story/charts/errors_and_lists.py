"""Errors and lists: how far off a model's predictions are, against how good its lists are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..saying import Sayable
from . import drawing
from .drawing import Known, Label, bare, named, stated, text
from .keys import KEY, key
from .lines import FAINT, Look
from .points import LOOKS

STRIP = 0.2  # of the axis of errors, right of it, for models that predict no ratings
NO_RATINGS = "no ratings"


@dataclass(frozen=True)
class Judged:
    """A model judged twice.

    Attributes:
        model: its name.
        quality: of its lists.
        error: of its predictions; None where it makes none.
    """

    model: Label
    quality: Known
    error: Known | None

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this model are made from."""
        yield from (named(self.model), self.quality)
        if self.error is not None:
            yield self.error


def errors_and_lists(
    rows: Sequence[Judged], *, error: str = "RMSE of ratings", quality: str = "NDCG of lists"
) -> go.Figure:
    """Return a dot a model with both intervals; rings mark the least error and the best lists.

    Args:
        rows: models; those without an error stand in a strip of their own.
        error: name of the error, which goes across.
        quality: name of the quality of lists, which goes up.

    Raises:
        ValueError: where no model has an error.
    """
    least, best = _winners(rows)
    errors = [bare(row.error) for row in rows if row.error is not None]
    low, high = drawing.window(errors, [])
    bottom, top = drawing.window([bare(row.quality) for row in rows], [])
    has_strip = len(errors) < len(rows)
    # Models in the strip stand beside each other, not on each other.
    without = sum(row.error is None for row in rows)
    strip = iter(high + STRIP * (high - low) * (at + 1) / (without + 1) for at in range(without))
    figure = go.Figure()
    scale = drawing.scale_of(bare(rows[0].quality).unit)
    for at, row in enumerate(rows):
        look = _look(at)
        place = next(strip) if row.error is None else bare(row.error).value
        said = "predicts no ratings" if row.error is None else f"{text(error)} {stated(row.error)}"
        bars = {}
        if row.error is not None:
            left, right = drawing.ends_of(row.error)
            bars["error_x"] = _bar(place, max(left, low), min(right, high), look.colour)
        value = bare(row.quality).value
        down, up = (max(min(end, top), bottom) for end in drawing.ends_of(row.quality))
        bars["error_y"] = _bar(scale * value, scale * down, scale * up, look.colour)
        figure.add_scatter(
            x=[place], y=[scale * value], mode="markers", name=text(row.model), legend=KEY,
            marker={"color": look.colour, "symbol": look.symbol, "size": 10},
            hovertext=f"{text(row.model)}<br>{said}<br>{text(quality)} {stated(row.quality)}",
            hovertemplate=drawing.HOVER, **bars,
        )  # fmt: skip
        if row is least or row is best:
            figure.add_scatter(
                x=[place], y=[scale * value], mode="markers", hoverinfo="skip", showlegend=False,
                marker={"symbol": "circle-open", "size": 20, "color": look.colour,
                        "line": {"width": 2}},
            )  # fmt: skip
    room = STRIP * (high - low) if has_strip else 0.0
    if has_strip:
        figure.add_vline(x=high, line={"color": FAINT, "width": 1, "dash": "dot"})
        figure.add_annotation(
            x=high + room, xanchor="right", y=1, yref="paper", yanchor="bottom",
            text=NO_RATINGS, showarrow=False, font={"size": 11},
        )  # fmt: skip
    figure.update_xaxes(
        title=drawing.titled(error, errors[0].unit), range=[low, high + room], nticks=6
    )
    shown = scale * bottom, scale * top
    figure.update_yaxes(title=drawing.titled(quality, bare(rows[0].quality).unit), range=shown)
    # On a phone each name in the key may need a line.
    figure.update_layout(height=400 + 16 * len(rows))
    key(figure, lift=18 if has_strip else 0)
    return figure


def errors_and_lists_in_words(
    rows: Sequence[Judged], *, error: str = "RMSE of ratings", quality: str = "NDCG of lists"
) -> str:
    """Return what `errors_and_lists` shows, for somebody who cannot see it."""
    least, best = _winners(rows)
    told = []
    for row in rows:
        made = "no ratings" if row.error is None else f"{text(error)} {stated(row.error)}"
        told.append(f"{text(row.model)} with {made} and {text(quality)} {stated(row.quality)}")
    both = (
        f"{text(least.model)} has both the least error and the best lists"
        if least is best
        else f"{text(least.model)} has the least error, {text(best.model)} the best lists"
    )
    return f"A dot for each model: {'; '.join(told)}. {both}, by estimate."


def _winners(rows: Sequence[Judged]) -> tuple[Judged, Judged]:
    """Return the model with the least error and the one with the best lists."""
    rated = [(bare(row.error).value, at) for at, row in enumerate(rows) if row.error is not None]
    if not rated:
        raise ValueError("a chart of errors and lists needs at least one model with an error")
    return rows[min(rated)[1]], max(rows, key=lambda row: bare(row.quality).value)


def _look(at: int) -> Look:
    """Return a look; more models than there are looks have theirs once more, hollow."""
    look = LOOKS[at % len(LOOKS)]
    return look._replace(symbol=f"{look.symbol}-open") if at >= len(LOOKS) else look


def _bar(value: float, low: float, high: float, colour: str) -> dict[str, object]:
    return {
        **drawing.BARS,
        "array": [max(high - value, 0.0)],
        "arrayminus": [max(value - low, 0.0)],
        "color": colour,
        "thickness": 1.8,
    }
