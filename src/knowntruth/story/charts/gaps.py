"""Placebos: the gap of a treated unit beside those of units that nothing happened to."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL
from ..numbers import Unit, decimals_for, write
from ..saying import Sayable
from . import drawing, lines
from .drawing import Label, text
from .lines import FAINT, LOOKS, End, Look
from .moments import Moment, Moments, said

DONORS = "other units"
SQUEEZE = 3.0  # times a usual gap, or the treated one, from where on a donor is far off


@dataclass(frozen=True)
class Gap:
    """A unit's distance from its mixture of others, by period; None and NaN are gaps."""

    label: Label
    points: Sequence[tuple[Moment, float | None]]

    def known(self) -> list[tuple[Moment, float]]:
        """Return the periods with a distance."""
        return [(p, float(v)) for p, v in self.points if v is not None and lines.is_known(v)]


@dataclass(frozen=True)
class Placebos:
    """The gaps of a treated unit and of donors.

    Attributes:
        treated: the unit.
        donors: units that are never treated.
        start: first period of the treatment.
        unit: of the gaps.
    """

    treated: Gap
    donors: Sequence[Gap]
    start: Moment
    unit: Unit = "number"

    def __post_init__(self) -> None:
        """Refuse a treated unit that is never seen."""
        if not self.treated.known():
            raise ValueError("a chart of placebos needs at least one gap of the treated unit")

    @cached_property
    def moments(self) -> Moments:
        """All periods."""
        found = [p for gap in (self.treated, *self.donors) for p, _ in gap.known()]
        return Moments([*found, self.start])

    def means(self, gap: Gap) -> tuple[float | None, float | None]:
        """Return a unit's mean distance from nothing before the start, and mean gap from it on."""
        moments = self.moments
        start = moments.at(self.start)
        before = [abs(v) for p, v in gap.known() if moments.at(p) < start]
        after = [v for p, v in gap.known() if moments.at(p) >= start]
        return (
            statistics.fmean(before) if before else None,
            statistics.fmean(after) if after else None,
        )

    def facts(self) -> dict[str, Fact]:
        """Return what words tell, as far as it is known."""
        before, after = self.means(self.treated)
        found = {"donors": Fact("donors", len(self.donors), "count")}
        for name, value in (("before", before), ("after", after)):
            if value is not None:
                scale = drawing.scale_of(self.unit)
                decimals = decimals_for(value, scale=scale)
                found[name] = Fact(name, value, self.unit, decimals=decimals)
        if after is not None:
            afters = [a for a in (self.means(donor)[1] for donor in self.donors) if a is not None]
            farther = sum(abs(a) >= abs(after) for a in afters)
            found["farther"] = Fact("farther", farther, "count")
        return found

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on these gaps are made from."""
        yield drawing.named(self.treated.label)
        yield from self.facts().values()


def placebos(
    found: Placebos,
    *,
    axis: str,
    start_label: Label = "start",
    periods: str = "period",
    donors: Label = DONORS,
) -> go.Figure:
    """Return a line a unit: the treated one in colour, donors thin and grey.

    Donors so far off that they would squeeze all others run out of the picture.

    Args:
        found: the gaps.
        axis: name of a gap; its unit is added.
        start_label: what the line at the start means.
        periods: name of the other axis.
        donors: what the donors are called.
    """
    moments, scale = found.moments, drawing.scale_of(found.unit)
    treated = [(moments.at(p), scale * v) for p, v in found.treated.known()]
    shown = _window(found, scale)
    figure = go.Figure()
    figure.add_hline(y=0, line={"color": CONTROL, "width": 1})
    for gap in (*found.donors, found.treated):
        known = gap.known()
        if not known:
            continue
        is_treated = gap is found.treated
        digits = statistics.pstdev(v for _, v in known)
        lines.line(
            figure,
            moments,
            [moments.at(p) for p, _ in known],
            [scale * v for _, v in known],
            [
                f"{text(gap.label)}, {said(p)}<br>{write(v, found.unit, resolution=digits)}"
                for p, v in known
            ],
            LOOKS["treatment"] if is_treated else Look(FAINT, "solid", "circle", "—"),
            name=text(gap.label),
            width=3 if is_treated else 1.2,
        )
    figure.update_xaxes(**moments.axis(periods))
    figure.update_yaxes(title=drawing.titled(axis, found.unit), range=shown)
    figure.update_layout(height=400)
    ends = [End(max(treated)[1], found.treated.label, LOOKS["treatment"])]
    last = [gap.known()[-1][1] for gap in found.donors if gap.known()]
    if last:
        ends.append(End(scale * statistics.median(last), donors, None))
    lines.name_ends(figure, ends, shown)
    moments.mark_start(figure, found.start, start_label)
    return figure


def placebos_in_words(found: Placebos) -> str:
    """Return what `placebos` shows, for somebody who cannot see it."""
    facts = found.facts()
    words = (
        f"A line in colour for {text(found.treated.label)} and {facts['donors']} thin grey lines "
        "for units that were not treated, each the gap to its mixture of others; a vertical line "
        "marks the start."
    )
    if "before" in facts:
        words += f" Before it the treated unit lies {facts['before']} off on average."
    if "after" in facts:
        words += (
            f" From it on its mean gap is {facts['after']}; {facts['farther']} of the others lie "
            "as far or farther."
        )
    return words


def _window(found: Placebos, scale: float) -> tuple[float, float]:
    """Return the ends of the axis, without donors that are far off all others."""
    treated = [scale * v for _, v in found.treated.known()]
    donors = [[scale * v for _, v in gap.known()] for gap in found.donors if gap.known()]
    sizes = [max(map(abs, values)) for values in donors]
    most = SQUEEZE * max(*map(abs, treated), statistics.median(sizes) if sizes else 0.0)
    near = [v for values, size in zip(donors, sizes, strict=True) if size <= most for v in values]
    return drawing.window([], [0.0, *treated, *near])
