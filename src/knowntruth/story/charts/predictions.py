"""Predictions: whether they come true, and how many of those picked by them are cases."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, FURTHER, NAIVE, TREATMENT, TRUTH
from ..saying import Sayable
from . import drawing
from .drawing import Known, Label, bare, stated, text

Role = Literal["sound", "further", "naive", "control", "truth"]

LINES: dict[Role, dict[str, object]] = {
    "sound": {"color": TREATMENT, "width": 2.5},
    "further": {"color": FURTHER[0], "width": 2.5, "dash": "dot"},
    "naive": {"color": NAIVE, "width": 2.5, "dash": "dashdot"},
    "control": {"color": CONTROL, "width": 1.5, "dash": "longdash"},
    "truth": {"color": TRUTH, "width": 2, "dash": "dash"},
}
READ_AT = (0.1, 0.5)  # recalls at which words read a curve
SETTLED = 0.02  # recall from which on a curve is more than its first few users
WIDE = 8  # ratio of predictions from which on they fit no even axis
BY_CHANCE = "picked at random"


@dataclass(frozen=True)
class Bin:
    """Users with about the same prediction.

    Attributes:
        predicted: its mean.
        observed: the share of them for whom it came true.
        truth: the share that the world was made with, where it is known.
    """

    predicted: float
    observed: Known
    truth: float | None = None

    @property
    def known_truth(self) -> float | None:
        """The truth as it was given, or as the finding has it."""
        return drawing.truth_of(self.observed, self.truth)

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this point are made from."""
        yield self.observed
        yield drawing.as_written("predicted", self.observed, self.predicted)
        if self.known_truth is not None:
            yield drawing.as_written("truth", self.observed, self.known_truth)


@dataclass(frozen=True)
class Curve:
    """Precision by recall, both shares, in order of recall.

    Attributes:
        label: who picks.
        recall: the share of all cases that are among those picked so far.
        precision: the share of those picked so far who are cases.
        role: the kind of method; `truth` knows every user's chance.
        area: the area under the curve, where it is to be read out.
    """

    label: Label
    recall: Sequence[float]
    precision: Sequence[float]
    role: Role = "sound"
    area: Known | None = None

    def read(self, recall: float) -> Fact:
        """Return the precision where the curve first reaches a recall."""
        points = list(zip(self.recall, self.precision, strict=True))
        reached = next((p for r, p in points if r >= recall), points[-1][1])
        return Fact("precision", float(reached), "share", decimals=1)

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this curve are made from."""
        yield drawing.named(self.label)
        for recall in READ_AT:
            yield from (Fact("recall", recall, "share"), self.read(recall))
        if self.area is not None:
            yield self.area


def calibration(
    bins: Sequence[Bin],
    *,
    predicted: str = "predicted",
    observed: str = "observed",
    log: bool | None = None,
) -> go.Figure:
    """Return what came true by what was predicted, with a diagonal where both agree.

    Args:
        bins: users with about the same prediction, the lowest first.
        predicted: name of the prediction; its unit is added.
        observed: name of what came true; its unit is added.
        log: whether the axes go by powers of ten, on which a triangle at the edge stands for
            "none"; where it is left out, the predictions decide.

    Raises:
        ValueError: without any bin.
    """
    if not bins:
        raise ValueError("a chart of calibration needs at least one bin")
    estimates = [bare(one.observed) for one in bins]
    scale = drawing.scale_of(estimates[0].unit)
    xs = [scale * one.predicted for one in bins]
    ys = [scale * estimate.value for estimate in estimates]
    truths = [None if one.known_truth is None else scale * one.known_truth for one in bins]
    ends = [[scale * end for end in drawing.ends_of(estimate)] for estimate in estimates]
    points = [*xs, *ys, *(truth for truth in truths if truth is not None)]
    wide = min(xs) > 0 and max(xs) > WIDE * min(xs)
    log = min(xs) > 0 and (wide if log is None else log)
    high = (1.35 if log else 1.06) * max(*points, *(end for _, end in ends)) or 1.0
    low = min(point for point in points if point > 0) / 1.8 if log else -0.02 * high
    figure = go.Figure()
    diagonal = [low if log else 0.0, high]
    figure.add_scatter(
        x=diagonal,
        y=diagonal,
        mode="lines",
        line={"color": CONTROL, "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )
    for name, symbol, is_none in (
        ("observed", "circle", False),
        ("none observed", "triangle-down-open", True),
    ):
        drawn = [at for at, y in enumerate(ys) if (log and y <= 0) == is_none]
        if not drawn:
            continue
        # On a logarithmic axis zero lies nowhere: it stands at the edge.
        places = [low if is_none else ys[at] for at in drawn]
        figure.add_scatter(
            x=[xs[at] for at in drawn],
            y=places,
            mode="markers",
            name=name,
            marker=drawing.DOT | {"symbol": symbol},
            cliponaxis=False,
            error_y={
                **drawing.BARS,
                "array": [ends[at][1] - y for at, y in zip(drawn, places, strict=True)],
                "arrayminus": [
                    y - max(ends[at][0], low) for at, y in zip(drawn, places, strict=True)
                ],
                "color": TREATMENT,
                "thickness": 2,
            },
            hovertext=[
                f"predicted {estimates[at].write(bins[at].predicted)}"
                f"<br>observed {stated(estimates[at])}"
                for at in drawn
            ],
            hovertemplate=drawing.HOVER,
        )
        if is_none:
            figure.update_layout(drawing.LEGEND)
    if any(truth is not None for truth in truths):
        figure.add_scatter(
            x=xs,
            y=truths,
            mode="markers",
            name="truth",
            marker=drawing.DIAMOND,
            hovertext=[
                "" if one.known_truth is None else f"truth {estimate.write(one.known_truth)}"
                for one, estimate in zip(bins, estimates, strict=True)
            ],
            hovertemplate=drawing.HOVER,
        )
        figure.update_layout(drawing.LEGEND)
    axis = _logarithmic(low, high) if log else {"range": [low, high]}
    figure.add_annotation(
        x=axis["range"][1],
        y=axis["range"][1],
        text="as predicted",
        showarrow=False,
        xanchor="right",
        yanchor="top",
        xshift=-26,
        font={"color": CONTROL, "size": 12},
    )
    figure.update_xaxes(title=drawing.titled(predicted, estimates[0].unit), **axis)
    figure.update_yaxes(title=drawing.titled(observed, estimates[0].unit), **axis)
    figure.update_layout(height=420)
    return figure


def calibration_in_words(bins: Sequence[Bin]) -> str:
    """Return what `calibration` shows, for somebody who cannot see it."""
    lines = []
    for one in bins:
        write, truth = bare(one.observed).write, one.known_truth
        known = "" if truth is None else f", truth {write(truth)}"
        lines.append(f"predicted {write(one.predicted)}, observed {stated(one.observed)}{known}")
    return (
        "Dots with their intervals beside a diagonal on which predictions come true, "
        f"from left to right: {'; '.join(lines)}."
    )


def precision_recall(
    curves: Sequence[Curve],
    *,
    base_rate: Known | Fact | None = None,
    base_label: str = BY_CHANCE,
    recall: str = "recall: cases that are picked",
    precision: str = "precision: picked who are cases",
) -> go.Figure:
    """Return precision by recall for each curve; that of the truth is dashed.

    Args:
        curves: from the first user picked to the last.
        base_rate: precision of a blind choice, drawn as a thin line.
        base_label: what that line means.
        recall: name of the axis across; its unit is added.
        precision: name of the axis upwards; its unit is added.

    Raises:
        ValueError: without any curve.
    """
    if not curves:
        raise ValueError("a chart of precision and recall needs at least one curve")
    figure = go.Figure()
    settled = [] if base_rate is None else [drawing.place_of(base_rate)]
    for curve in curves:
        label = text(curve.label)
        figure.add_scatter(
            x=[100 * float(share) for share in curve.recall],
            y=[100 * float(share) for share in curve.precision],
            mode="lines",
            name=label,
            line=LINES[curve.role],
            hovertemplate=f"{label}<br>precision %{{y:.1f}}% at a recall of %{{x:.1f}}%"
            "<extra></extra>",
        )
        points = zip(curve.recall, curve.precision, strict=True)
        settled += [float(share) for reached, share in points if reached >= SETTLED]
    if base_rate is not None:
        at = 100 * drawing.place_of(base_rate)
        figure.add_hline(y=at, line={"color": CONTROL, "width": 1})
        figure.add_annotation(
            x=0,
            xref="paper",
            y=at,
            text=base_label,
            showarrow=False,
            xanchor="left",
            yanchor="bottom",
            xshift=4,
            font={"color": CONTROL, "size": 12},
        )
    top = min(115 * max(settled, default=0.0) or 100.0, 102.0)
    figure.update_xaxes(title=drawing.titled(recall, "share"), range=[0, 100])
    figure.update_yaxes(title=drawing.titled(precision, "share"), range=[0, top])
    figure.update_layout(height=400, **drawing.LEGEND)
    return figure


def precision_recall_in_words(
    curves: Sequence[Curve],
    *,
    base_rate: Known | Fact | None = None,
    base_label: str = BY_CHANCE,
) -> str:
    """Return what `precision_recall` shows, for somebody who cannot see it."""
    lines = []
    for curve in curves:
        read = " and ".join(
            f"{curve.read(recall)} at a recall of {Fact('recall', recall, 'share')}"
            for recall in READ_AT
        )
        area = "" if curve.area is None else f", area under the curve {stated(curve.area)}"
        lines.append(f"{text(curve.label)} has a precision of {read}{area}")
    line = "" if base_rate is None else f" A thin line marks {base_label}, {base_rate}."
    return f"Curves of precision by recall: {'; '.join(lines)}.{line}"


def _logarithmic(low: float, high: float) -> dict[str, list[float] | list[str] | str]:
    """Return an axis by powers of ten, with ticks at 1, 2 and 5 times each of them."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [step * 10.0**power for power in powers for step in (1, 2, 5)]
    ticks = [tick for tick in ticks if low <= tick <= high]
    return {
        "type": "log",
        "range": [math.log10(low), math.log10(high)],
        "tickvals": ticks,
        "ticktext": [f"{tick:,.10g}" for tick in ticks],
    }
