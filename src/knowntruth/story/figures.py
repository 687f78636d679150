"""Figures: one theme, one meaning a colour, a title and words for those who cannot see it.

`show` puts a Plotly figure into the page. Its title and its alternative text are said like
any sentence: every number in them must trace to a fact that is handed over.
`forest` draws estimates with their intervals, the figure that chapters need most.
"""

from __future__ import annotations

import html
import json
import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go
import plotly.io
from IPython.display import display

from .estimates import Estimate
from .findings import Finding
from .names import escape, lines_of
from .numbers import Unit, plain
from .saying import Sayable, check_traced, payloads_of

CONTROL = "#787D86"
TREATMENT = "#2F80C1"
TRUTH = "#008F68"
NAIVE = "#D55E00"
FURTHER = ("#AA5CA8", "#8A7A00")

FIGURE = "application/vnd.knowntruth.figure+json"
PLOTLY = "application/vnd.plotly.v1+json"

LONGEST_LABEL, LONGEST_TITLE = 17, 34  # letters of a line beside and below a forest, on a phone
FAR = 0.6  # of an axis, from where on a label has no room to the right on a phone

Role = Literal["sound", "naive", "control"]

MARKERS: dict[Role, dict[str, object]] = {
    "sound": {"color": TREATMENT, "symbol": "circle", "size": 11},
    "naive": {"color": NAIVE, "symbol": "x", "size": 10},
    "control": {
        "color": "rgba(0,0,0,0)",
        "symbol": "circle",
        "size": 11,
        "line": {"color": CONTROL, "width": 2},
    },
}

# Text and grid colours are left to the page, which knows whether it is light or dark.
THEME = go.layout.Template(
    layout={
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": [TREATMENT, CONTROL, NAIVE, *FURTHER],
        "margin": {"l": 56, "r": 24, "t": 48, "b": 48},
        "showlegend": False,
        "hovermode": "closest",
        "xaxis": {"automargin": True, "zeroline": False, "title": {"standoff": 12}},
        "yaxis": {"automargin": True, "zeroline": False, "title": {"standoff": 12}},
        "title": {"x": 0, "xanchor": "left", "font": {"size": 16}},
    }
)


@dataclass(frozen=True)
class Row:
    """One line of a forest: a label, its estimate, and what kind of method made it."""

    label: str
    estimate: Estimate | Finding
    role: Role = "sound"


def show(
    figure: go.Figure,
    *facts: Sayable | Iterable[Sayable],
    name: str,
    title: str,
    alt: str,
) -> None:
    """Show a figure with its computed title and alternative text.

    Args:
        figure: a Plotly figure; its template and title are set here.
        facts: what the numbers in `title` and `alt` come from.
        name: a key for programs, unique within the chapter.
        title: what the figure shows in this run, as a short sentence.
        alt: the same for somebody who cannot see it: what is drawn, and what stands out.
            Names stand in both as in any sentence, escaped by their format.

    Raises:
        UntracedNumberError: when a number of `title` or `alt` traces to no fact.
    """
    said = words(facts, name=name, title=title, alt=alt)
    figure.update_layout(template=THEME, title={"text": title})
    figure.update_layout(meta={"knowntruth": True})
    drawing = json.loads(plotly.io.to_json(figure, engine="json"))
    drawing["config"] = {"displayModeBar": False, "responsive": True}
    display(
        {PLOTLY: drawing, FIGURE: said, "text/plain": f"{said['title']}. {said['alt']}"}, raw=True
    )


def words(
    facts: Iterable[Sayable | Iterable[Sayable]], *, name: str, title: str, alt: str
) -> dict[str, Any]:
    """Return the words of a figure as the page takes them, beside what they were made from.

    Raises:
        UntracedNumberError: when a number of `title` or `alt` traces to no fact.
    """
    payloads = payloads_of(facts)
    check_traced(title, payloads)
    check_traced(alt, payloads)
    title, alt = html.unescape(title), html.unescape(alt)
    return {"name": name, "title": title, "alt": alt, "facts": payloads}


def forest(
    rows: Sequence[Row],
    *,
    axis: str,
    truth: float | None = None,
    reference: float | None = 0.0,
    reference_label: str = "no difference",
) -> go.Figure:
    """Return estimates as dots with their intervals, one row each, the first on top.

    Args:
        rows: estimates of one unit.
        axis: name of the quantity; its unit is added.
        truth: drawn as a dashed line with its name.
        reference: drawn as a thin line, such as no difference; None leaves it out.
        reference_label: what that line means.
    """
    estimates = [_bare(row.estimate) for row in rows]
    unit = estimates[0].unit
    scale = 1.0 if unit in {"number", "count"} else 100.0
    labels = [row.label for row in rows]
    figure = go.Figure()
    for row, estimate in zip(rows, estimates, strict=True):
        ends = [e if math.isfinite(e) else estimate.value for e in (estimate.low, estimate.high)]
        colour = {"sound": TREATMENT, "naive": NAIVE, "control": CONTROL}[row.role]
        figure.add_trace(
            go.Scatter(
                x=[scale * estimate.value],
                y=[row.label],
                mode="markers",
                marker=MARKERS[row.role],
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [scale * (ends[1] - estimate.value)],
                    "arrayminus": [scale * (estimate.value - ends[0])],
                    "color": colour,
                    "thickness": 2.5,
                    "width": 0,
                },
                hovertemplate=f"{row.label}<br>{estimate:value} ({estimate:interval})"
                "<extra></extra>",
            )
        )
    figure.update_yaxes(
        categoryorder="array",
        categoryarray=labels[::-1],
        range=[-0.5, len(rows) - 0.5],
        showgrid=False,
        tickvals=labels,
        ticktext=["<br>".join(map(escape, lines_of(x, LONGEST_LABEL, lines=3))) for x in labels],
    )
    title = f"{axis} ({unit_words(unit)})" if unit_words(unit) else axis
    figure.update_xaxes(
        title="<br>".join(textwrap.wrap(title, LONGEST_TITLE, break_long_words=False))
    )
    figure.update_layout(height=110 + 46 * len(rows))
    if reference is not None:
        shown = [reference, *(e for one in estimates for e in (one.low, one.high, one.value))]
        shown = [scale * end for end in shown if math.isfinite(end)]
        within = min(shown), max(shown)
        mark(figure, scale * reference, reference_label, within=within)
    if truth is not None:
        mark(figure, scale * truth, "truth", colour=TRUTH, dash="dash", top=True)
        figure.add_trace(
            go.Scatter(
                x=[scale * truth] * len(rows),
                y=labels,
                mode="markers",
                marker={"symbol": "diamond-open", "size": 7, "color": TRUTH},
                hovertemplate=f"truth {estimates[0].write(truth)}<extra></extra>",
            )
        )
    return figure


class Stretched:
    """An axis on which a heavy tail fits: even near zero, by powers of ten far from it.

    Unlike a logarithm it has room for zero and for negative values (inverse hyperbolic sine).
    """

    def __init__(self, usual: float) -> None:
        """Stretch around a usual distance between values, such as an interquartile range."""
        self.step = 10.0 ** math.floor(math.log10(usual)) / 2 if usual > 0 else 1.0

    def __call__(self, value: float) -> float:
        """Return where a value lies on the axis."""
        return math.asinh(value / self.step)

    def ticks(self, low: float, high: float) -> dict[str, object]:
        """Return Plotly's settings for ticks at zero and at powers of ten from `low` to `high`."""
        values = [0.0] if low <= 0 <= high else []
        power = 2 * self.step
        while power <= max(abs(low), abs(high)):
            values += [v for v in (-power, power) if low <= v <= high]
            power *= 10
        values.sort()
        return {
            "tickvals": [self(value) for value in values],
            "ticktext": [
                plain(value, 0 if abs(value) >= 1 or not value else 2) for value in values
            ],
        }


def forest_in_words(rows: Sequence[Row]) -> str:
    """Return what a forest shows, for somebody who cannot see it."""
    lines = "; ".join(f"{r.label} at {r.estimate:value} ({r.estimate:interval})" for r in rows)
    known = [r.estimate for r in rows if isinstance(r.estimate, Finding)]
    truth = f" A dashed line marks the truth, {known[0]:truth}." if _truth(known) else ""
    return f"Dots with their intervals, from top to bottom: {lines}.{truth}"


def mark(
    figure: go.Figure,
    at: float,
    label: str,
    *,
    colour: str = CONTROL,
    dash: str = "solid",
    top: bool = False,
    within: tuple[float, float] | None = None,
) -> None:
    """Draw a vertical line through the figure with its label at the top or the bottom.

    The label stands right of the line, or left of it in the right part of the axis' ends `within`.
    """
    is_far = within is not None and at - within[0] > FAR * (within[1] - within[0])
    figure.add_vline(x=at, line={"color": colour, "width": 2 if top else 1, "dash": dash})
    figure.add_annotation(
        x=at,
        y=1 if top else 0,
        yref="paper",
        yanchor="bottom",
        xanchor="right" if is_far else "left",
        xshift=-4 if is_far else 4,
        text=label,
        showarrow=False,
        font={"color": colour, "size": 12},
    )


def unit_words(unit: Unit) -> str:
    """Return the unit as an axis names it."""
    return {"relative": "%", "share": "%", "points": "percentage points"}.get(unit, "")


def _truth(found: Sequence[Finding]) -> bool:
    return bool(found) and found[0].truth is not None


def _bare(estimate: Estimate | Finding) -> Estimate:
    return estimate.estimate if isinstance(estimate, Finding) else estimate
