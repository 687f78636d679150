"""Drawing: what the charts share, from the words of a label to dots with their intervals.

A *label* is somebody's word, escaped or not; a *window* is the part of an axis that is shown.
"""

from __future__ import annotations

import html
import math
import statistics
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

import plotly.graph_objects as go

from ..estimates import Estimate
from ..facts import Fact
from ..figures import TREATMENT, TRUTH, unit_words
from ..findings import Finding
from ..names import Name, escape, lines_of
from ..numbers import Unit

Label = Name | str
Known = Estimate | Finding

WRAP = 17  # letters of a label beside an axis, on a phone as on a screen
LONGEST_TITLE = 38  # of an axis, on a phone
SQUEEZE = 0.5  # of the axis that the ends of wide intervals may take on either side
HOVER = "%{hovertext}<extra></extra>"
DOT = {"color": TREATMENT, "symbol": "circle", "size": 9}
DIAMOND = {"symbol": "diamond-open", "size": 9, "color": TRUTH, "line": {"width": 2}}
LEGEND = {"showlegend": True, "legend": {"itemclick": False, "itemdoubleclick": False}}
BARS = {"type": "data", "symmetric": False, "width": 0}


def named(label: Label) -> Name:
    """Return a label as the text it is, whether or not it came escaped."""
    return Name(html.unescape(str(label)))


def text(label: Label) -> str:
    """Return a label escaped for a figure."""
    return str(named(label))


def wrapped(label: Label, longest: int = WRAP, *, lines: int = 2) -> str:
    """Return a label escaped, in few lines, cut where it is too long for them."""
    return "<br>".join(escape(line) for line in lines_of(label, longest, lines=lines))


def titled(axis: str, unit: Unit) -> str:
    """Return the title of an axis with its unit, in lines that a phone has room for."""
    title = f"{axis} ({unit_words(unit)})" if unit_words(unit) else axis
    return "<br>".join(textwrap.wrap(title, LONGEST_TITLE, break_long_words=False))


def pale(colour: str, opacity: float) -> str:
    """Return a colour such as `#2F80C1` that lets through what lies behind it."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def bare(estimate: Known) -> Estimate:
    """Return the estimate of a finding, or an estimate as it is."""
    return estimate.estimate if isinstance(estimate, Finding) else estimate


def stated(estimate: Known) -> str:
    """Return an estimate with its interval."""
    return f"{estimate:value} ({estimate:interval})"


def unit_aside(unit: Unit) -> str:
    """Return the unit as it stands behind a number, where words had better say it only once."""
    return f" {unit_words(unit)}" if unit == "points" else ""


def scale_of(unit: Unit) -> float:
    """Return what an axis multiplies values by: it shows shares in hundredths."""
    return 1.0 if unit in {"number", "count"} else 100.0


def place_of(level: Known | Fact) -> float:
    """Return the value of an estimate or a fact."""
    return level.value if isinstance(level, Fact) else bare(level).value


def ends_of(estimate: Known) -> tuple[float, float]:
    """Return the ends of an interval; where it has none, the estimate itself."""
    one = bare(estimate)
    low, high = (end if math.isfinite(end) else one.value for end in (one.low, one.high))
    return low, high


def truth_of(estimate: Known, given: float | None) -> float | None:
    """Return the truth as it was given, or as the finding has it."""
    return estimate.truth if given is None and isinstance(estimate, Finding) else given


def facts_of(label: Label, estimate: Known, truth: float | None) -> Iterator[Name | Known | Fact]:
    """Yield what the words on a labelled estimate are made from."""
    yield named(label)
    yield estimate
    if truth is not None:
        yield as_written("truth", estimate, truth)


def as_written(name: str, estimate: Known, value: float) -> Fact:
    """Return a value as a fact that reads as the estimate would write it."""
    one = bare(estimate)
    decimals = sum(c.isdigit() for c in one.write(value).partition(".")[2])
    return Fact(name, value, one.unit, decimals=decimals)


def window(estimates: Sequence[Estimate], others: Iterable[float]) -> tuple[float, float]:
    """Return the ends of an axis: all intervals, but for those that would squeeze the rest."""
    values = [*(e.value for e in estimates), *others]
    ends = [end for e in estimates for end in (e.low, e.high) if math.isfinite(end)]
    usual = 3 * statistics.median(e.resolution for e in estimates) if estimates else 0.0
    low, high = min([*values, *ends]), max([*values, *ends])
    core = (max(low, min(values) - usual), min(high, max(values) + usual))
    most = SQUEEZE * (core[1] - core[0])
    low = low if core[0] - low <= most else core[0]
    high = high if high - core[1] <= most else core[1]
    room = 0.03 * (high - low) or 0.05 * abs(high) or 1.0
    return low - room, high + room


def dots(
    figure: go.Figure,
    estimates: Sequence[Estimate],
    heights: Sequence[float],
    shown: tuple[float, float],
    *,
    name: str,
    words: Sequence[str],
    marker: Mapping[str, object] = DOT,
    upright: bool = False,
) -> None:
    """Draw estimates with their intervals, each at its height; arrows where the window ends.

    Args:
        figure: what is drawn on.
        estimates: of one unit.
        heights: where each stands on the other axis.
        shown: the window.
        name: what the legend calls them.
        words: what each is called where a reader points at it.
        marker: colour and sign.
        upright: whether the estimates go up and the others to the right, not the reverse.
    """
    if not estimates:
        return
    along, across = ("y", "x") if upright else ("x", "y")
    scale = scale_of(estimates[0].unit)
    low, high = shown
    rows = list(zip(estimates, heights, strict=True))
    figure.add_scatter(
        **{along: [scale * e.value for e in estimates], across: list(heights)},
        mode="markers",
        name=name,
        marker=marker,
        **{
            f"error_{along}": {
                **BARS,
                "array": [scale * (min(e.high, high) - e.value) for e in estimates],
                "arrayminus": [scale * (e.value - max(e.low, low)) for e in estimates],
                "color": marker["color"],
                "thickness": 2.2,
            }
        },
        hovertext=[f"{w}<br>{stated(e)}" for w, e in zip(words, estimates, strict=True)],
        hovertemplate=HOVER,
    )
    towards = ("down", "up") if upright else ("left", "right")
    cuts = [(low, at, f"triangle-{towards[0]}") for e, at in rows if e.low < low]
    cuts += [(high, at, f"triangle-{towards[1]}") for e, at in rows if e.high > high]
    if cuts:
        figure.add_scatter(
            **{along: [scale * edge for edge, _, _ in cuts], across: [at for _, at, _ in cuts]},
            mode="markers",
            marker={"symbol": [s for _, _, s in cuts], "color": marker["color"], "size": 9},
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        )


def diamonds(
    figure: go.Figure,
    truths: Sequence[float | None],
    estimates: Sequence[Estimate],
    heights: Sequence[float],
    *,
    words: Sequence[str],
) -> None:
    """Draw the truths that are known, each at the height of its estimate."""
    known = [
        (estimate, truth, height, word)
        for estimate, truth, height, word in zip(estimates, truths, heights, words, strict=True)
        if truth is not None
    ]
    if known:
        figure.add_scatter(
            x=[scale_of(estimate.unit) * truth for estimate, truth, _, _ in known],
            y=[height for _, _, height, _ in known],
            mode="markers",
            name="truth",
            marker=DIAMOND,
            hovertext=[f"{word}<br>truth {e.write(truth)}" for e, truth, _, word in known],
            hovertemplate=HOVER,
        )


def label_rows(figure: go.Figure, heights: Sequence[float], texts: Sequence[str]) -> None:
    """Write a text beside each height.

    Places and texts instead of categories: two groups may have one name, and a name such as
    "5" or "2024-08-01" would make Plotly take the axis for one of numbers or dates.
    """
    figure.update_yaxes(tickvals=list(heights), ticktext=list(texts), showgrid=False, ticks="")
