"""Bounds: what is left of an effect, by how far an assumption may be broken."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, NAIVE, TREATMENT, TRUTH, mark
from ..numbers import decimals_for
from ..saying import Sayable
from . import drawing
from .drawing import Known, bare, stated
from .lines import LOOKS, End, name_ends

CLEAR = {"color": TREATMENT, "symbol": "circle", "size": 9}
UNCLEAR = {"color": CONTROL, "symbol": "circle-open", "size": 9, "line": {"width": 2}}
ALLOWED = "violation allowed"
TICK = 0.14  # of the axis that the number of a size takes on a phone


@dataclass(frozen=True)
class Bound:
    """An effect with its interval if the assumption is broken by no more than `size`."""

    size: float
    effect: Known

    @property
    def said(self) -> Fact:
        """The size as words hold it."""
        return Fact("size", self.size)

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this bound are made from."""
        yield self.said
        yield self.effect


@dataclass(frozen=True)
class Sensitivity:
    """Bounds by size, the size at which no clear effect is left, and the truth.

    Attributes:
        bounds: in any order, of one unit.
        breakdown: the smallest size whose interval holds zero; infinite where none does, None
            where it is not known.
        truth: the true effect, where it is known.
    """

    bounds: Sequence[Bound]
    breakdown: float | None = None
    truth: float | None = None

    def __post_init__(self) -> None:
        """Refuse what holds no bound."""
        if not self.bounds:
            raise ValueError("a chart of bounds needs at least one bound")

    @property
    def ordered(self) -> list[Bound]:
        """The bounds by size."""
        return sorted(self.bounds, key=lambda one: one.size)

    @property
    def known_truth(self) -> float | None:
        """The truth as it was given, or as a finding has it."""
        return drawing.truth_of(self.ordered[0].effect, self.truth)

    @property
    def breaks(self) -> Fact | None:
        """The breakdown as words hold it, where there is one."""
        if self.breakdown is None or not math.isfinite(self.breakdown):
            return None
        return Fact("breakdown", self.breakdown, decimals=decimals_for(self.breakdown))

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on these bounds are made from."""
        for one in self.ordered:
            yield from one
        if self.breaks is not None:
            yield self.breaks
        if self.known_truth is not None:
            yield drawing.as_written("truth", self.ordered[0].effect, self.known_truth)


def bounds(sensitivity: Sensitivity, *, axis: str, sizes: str = ALLOWED) -> go.Figure:
    """Return an interval a size: filled dots where it leaves out zero, hollow where not.

    Args:
        sensitivity: the bounds.
        axis: name of the effect; its unit is added.
        sizes: what the sizes are.
    """
    ordered = sensitivity.ordered
    estimates = [bare(one.effect) for one in ordered]
    truth, breaks = sensitivity.known_truth, sensitivity.breaks
    shown = drawing.window(estimates, [0.0, *([] if truth is None else [truth])])
    scale = drawing.scale_of(estimates[0].unit)
    places = [one.size for one in ordered]
    room = 0.08 * (places[-1] - places[0]) or 1.0
    within = places[0] - room, places[-1] + room
    figure = go.Figure()
    figure.add_hline(y=0, line={"color": CONTROL, "width": 1})
    for name, marker, is_clear in (("clear", CLEAR, True), ("not clear", UNCLEAR, False)):
        drawn = [at for at, e in enumerate(estimates) if (e.direction != "unclear") == is_clear]
        drawing.dots(
            figure,
            [estimates[at] for at in drawn],
            [places[at] for at in drawn],
            shown,
            name=name,
            words=[f"{sizes}: {ordered[at].said}" for at in drawn],
            marker=marker,
            upright=True,
        )
    if breaks is not None and within[0] <= breaks.value <= within[1]:
        words = f"clear up to {breaks}"
        mark(figure, breaks.value, words, colour=NAIVE, dash="dot", top=True, within=within)
    if truth is not None:
        figure.add_hline(y=scale * truth, line={"color": TRUTH, "width": 2, "dash": "dash"})
    figure.update_xaxes(**_ticks(ordered, room=TICK * (within[1] - within[0])))
    figure.update_xaxes(title=drawing.titled(sizes, "number"), range=within, showgrid=False)
    figure.update_yaxes(
        title=drawing.titled(axis, estimates[0].unit), range=[scale * end for end in shown]
    )
    figure.update_layout(height=380)
    if truth is not None:
        ends = scale * shown[0], scale * shown[1]
        name_ends(figure, [End(scale * truth, "truth", LOOKS["truth"])], ends)
    return figure


def _ticks(ordered: Sequence[Bound], *, room: float) -> dict[str, object]:
    """Return ticks at sizes, of those that lie too close the first."""
    ticks: list[Bound] = []
    for one in ordered:
        if not ticks or one.size - ticks[-1].size >= room:
            ticks.append(one)
    return {
        "tickvals": [one.size for one in ticks],
        "ticktext": [str(one.said) for one in ticks],
        "tickangle": 0,
    }


def bounds_in_words(sensitivity: Sensitivity, *, sizes: str = ALLOWED) -> str:
    """Return what `bounds` shows, for somebody who cannot see it."""
    ordered = sensitivity.ordered
    aside = drawing.unit_aside(bare(ordered[0].effect).unit)
    lines = "; ".join(f"{stated(one.effect)} at {one.said}" for one in ordered)
    words = f"Intervals of the effect{aside and f', in{aside}'}, by {sizes}: {lines}."
    if sensitivity.breaks is not None:
        words += f" A dotted line marks {sensitivity.breaks}, from where on no effect is clear."
    if sensitivity.known_truth is not None:
        truth = bare(ordered[0].effect).write(sensitivity.known_truth)
        words += f" A dashed line marks the truth, {truth}."
    head, colon, rest = words.partition(":")
    return f"{head}{colon}{rest.replace(aside, '') if aside else rest}"
