"""Event times: effects by time from the start of a treatment, those before it in grey."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, TREATMENT, TRUTH
from ..saying import Sayable
from . import drawing
from .drawing import Known, Label, bare
from .lines import LOOKS, End, name_ends
from .moments import FEW, ROOM, Moments

CROWD = 30  # times from which on the dots are small


@dataclass(frozen=True)
class EventTimes:
    """Effects by time from the start, 0 being the first treated period.

    Attributes:
        effects: by time, of one unit.
        reference: the time whose effect is set to zero; None where there is none.
        truths: true effect by time, as far as it is known.
    """

    effects: Mapping[int, Known]
    reference: int | None = -1
    truths: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what holds no effect."""
        if not self.effects:
            raise ValueError("a chart of event times needs at least one effect")

    @property
    def parts(self) -> tuple[list[int], list[int]]:
        """The times before the start and those from it on, in order."""
        times = sorted(self.effects)
        return [t for t in times if t < 0], [t for t in times if t >= 0]

    def truth(self, time: int) -> float | None:
        """Return the true effect at a time, as it was given or as the finding has it."""
        known = self.effects.get(time)
        return (
            self.truths.get(time)
            if known is None
            else drawing.truth_of(known, self.truths.get(time))
        )

    def told(self) -> list[list[int]]:
        """Return the times that words tell of: before and from the start, ends only of many."""
        few = len(self.effects) <= FEW
        return [part if few or len(part) <= 2 else [part[0], part[-1]] for part in self.parts]

    def clear(self) -> tuple[Fact, Fact]:
        """Return how many effects before the start, and from it on, are clear of zero."""
        before, after = (
            sum(bare(self.effects[time]).direction != "unclear" for time in part)
            for part in self.parts
        )
        return Fact("clear_before", before, "count"), Fact("clear_after", after, "count")

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on these effects are made from."""
        yield from self.clear()
        for part in self.parts:
            yield Fact("times", len(part), "count")
        if self.reference is not None:
            yield Fact("time", self.reference)
        for time in [time for part in self.told() for time in part]:
            yield Fact("time", time)
            yield from drawing.facts_of("effect", self.effects[time], self.truth(time))


def event_times(
    effects: EventTimes,
    *,
    axis: str,
    start_label: Label = "start",
    times: str = "periods since the start",
) -> go.Figure:
    """Return a dot a time with its interval: grey before the start, in colour from it on.

    The reference is a hollow dot at zero, the truth a dashed step where it is known.

    Args:
        effects: by time from the start.
        axis: name of the effect; its unit is added.
        start_label: what the line at the start means.
        times: name of the other axis.
    """
    before, after = effects.parts
    known = {time: bare(effect) for time, effect in effects.effects.items()}
    reference = [] if effects.reference is None else [effects.reference]
    truths = {
        t: truth for t in [*known, *effects.truths] if (truth := effects.truth(t)) is not None
    }
    moments = Moments([*map(float, [*known, *reference, *truths]), -1.0, 0.0])
    shown = drawing.window(list(known.values()), [0.0, *truths.values()])
    unit = next(iter(known.values())).unit
    scale = drawing.scale_of(unit)
    size = 9 if len(known) <= CROWD else 5
    figure = go.Figure()
    figure.add_hline(y=0, line={"color": CONTROL, "width": 1})
    _steps(figure, truths, next(iter(known.values())).write, scale)
    for name, part, colour in (("before", before, CONTROL), ("after", after, TREATMENT)):
        drawing.dots(
            figure,
            [known[time] for time in part],
            part,
            shown,
            name=name,
            words=[f"time {Fact('time', time)}" for time in part],
            marker={**drawing.DOT, "color": colour, "size": size},
            upright=True,
        )
    figure.add_scatter(
        x=reference,
        y=[0.0] * len(reference),
        mode="markers",
        name="reference",
        marker={"color": CONTROL, "symbol": "circle-open", "size": size + 2, "line": {"width": 2}},
        hovertext=[f"time {Fact('time', time)}<br>reference" for time in reference],
        hovertemplate=drawing.HOVER,
    )
    first, last = moments.shown
    figure.update_xaxes(**moments.axis(times), showgrid=False)
    figure.update_xaxes(range=[first - 0.5 + ROOM, last + 0.5 - ROOM])
    figure.update_yaxes(title=drawing.titled(axis, unit), range=[scale * end for end in shown])
    figure.update_layout(height=400)
    moments.mark_start(figure, 0.0, start_label)
    if truths:
        ends = scale * shown[0], scale * shown[1]
        name_ends(figure, [End(scale * truths[max(truths)], "truth", LOOKS["truth"])], ends)
    return figure


def event_times_in_words(effects: EventTimes) -> str:
    """Return what `event_times` shows, for somebody who cannot see it."""
    aside = drawing.unit_aside(bare(next(iter(effects.effects.values()))).unit)
    parts = []
    names = ("Before the start", "From the start on")
    for name, part, told, clear in zip(
        names, effects.parts, effects.told(), effects.clear(), strict=True
    ):
        if not part:
            continue
        lines = [_told(effects, time) for time in told]
        way = "; ".join(lines) if len(told) == len(part) else f"from {' to '.join(lines)}"
        count = Fact("times", len(part), "count")
        parts.append(f"{name}: {way.replace(aside, '') if aside else way}.")
        parts.append(f"Clear of zero: {clear} of {count}.")
    reference = ""
    if effects.reference is not None:
        reference = f" Time {Fact('time', effects.reference)} is the reference, set to zero."
    return (
        f"Effects by time from the start, with their intervals{aside and f', in{aside}'}. "
        f"{' '.join(parts)}{reference}"
    )


def _told(effects: EventTimes, time: int) -> str:
    estimate, truth = effects.effects[time], effects.truth(time)
    known = "" if truth is None else f"; truth {bare(estimate).write(truth)}"
    return f"{estimate:value} ({estimate:interval}{known}) at time {Fact('time', time)}"


def _steps(
    figure: go.Figure, truths: Mapping[int, float], write: Callable[[float], str], scale: float
) -> None:
    """Draw the truth as dashed steps, one a time."""
    if not truths:
        return
    times = sorted(truths)
    x = [edge for time in times for edge in (time - 0.5, time, time + 0.5)]
    y = [scale * truths[time] for time in times for _ in range(3)]
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        name="truth",
        line={"color": TRUTH, "width": 2, "dash": "dash"},
        hovertext=[f"truth {write(truths[time])}" for time in times for _ in range(3)],
        hovertemplate=drawing.HOVER,
    )
