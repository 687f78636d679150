"""Moments: days, dates or periods on the horizontal axis of a chart, and where they stand.

A *moment* is a number, a date or, where neither will do, a text that sorts; one that has a name is
written by that. A *start* stands half a step before the first moment that it changes, so that no
point lies on its line.
"""

from __future__ import annotations

import html
import statistics
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

import plotly.graph_objects as go

from ..facts import Fact
from ..figures import CONTROL, mark
from ..named_moments import name_of
from ..names import Name
from ..numbers import MINUS
from . import drawing
from .drawing import Label

Moment = float | date | str

FEW = 12  # numbers that each get a tick, if a phone has room
ROW = 24  # letters of all ticks together, on a phone
TICK = 10  # letters of a line of one tick
APART = 1.5  # usual steps from which on two moments have a gap between them
GROUPED = 1000  # numbers from which on a period is a year, and has no comma
STARTS = 24  # letters of the name of a start
ROOM = 0.03  # of the axis that is left free on either side


def said(moment: Moment) -> Name | Fact:
    """Return a moment as a sentence holds it: by its name, if any; years without a comma."""
    name = name_of(moment)
    if name is not None:
        return name
    if isinstance(moment, str):
        return Name(moment)
    if isinstance(moment, date):
        return Name(f"{moment.day} {moment:%B %Y}")
    if abs(moment) >= GROUPED and float(moment).is_integer():
        return Name(f"{moment:.0f}".replace("-", MINUS))
    return Fact("moment", float(moment))


class Moments:
    """All moments of a chart, in order, each with its place on the axis."""

    def __init__(self, moments: Iterable[Moment]) -> None:
        """Take moments of one kind, in any order, some of them more than once.

        Raises:
            ValueError: for moments of different kinds, or none at all.
        """
        found = list(moments)
        kinds = {_kind(one) for one in found}
        if not kinds:
            raise ValueError("a chart over time needs at least one moment")
        if len(kinds) > 1:
            raise ValueError(f"moments are of one kind, not {' and '.join(sorted(kinds))}")
        [self.kind] = kinds
        self._ranks = {one: at for at, one in enumerate(sorted(set(map(str, found))))}
        self._places = sorted({self.at(one) for one in found})
        self._labels = {self.at(one): str(said(one)) for one in found}
        self._has_names = any(name_of(one) is not None for one in found)
        steps = [b - a for a, b in zip(self._places, self._places[1:], strict=False)]
        self.step = statistics.median_low(steps) if steps else 1.0

    def at(self, moment: Moment) -> float:
        """Return the place of a moment; a date's is in milliseconds, as Plotly counts."""
        if isinstance(moment, str):
            return float(self._ranks[moment])
        if isinstance(moment, datetime):
            return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000
        if isinstance(moment, date):
            return self.at(datetime(moment.year, moment.month, moment.day, tzinfo=UTC))
        return float(moment)

    def before(self, start: Moment) -> float:
        """Return the place halfway between a start and the moment before it."""
        place = self.at(start)
        earlier = [one for one in self._places if one < place]
        return (place + earlier[-1]) / 2 if earlier else place - self.step / 2

    def runs(self, places: Sequence[float]) -> list[list[int]]:
        """Return the positions of ordered places, a run for each stretch without a gap."""
        runs: list[list[int]] = []
        for at, place in enumerate(places):
            if not at or place - places[at - 1] > APART * self.step:
                runs.append([])
            runs[-1].append(at)
        return runs

    @property
    def shown(self) -> tuple[float, float]:
        """The ends of the axis."""
        low, high = self._places[0], self._places[-1]
        room = ROOM * (high - low) or self.step
        return low - room, high + room

    def axis(self, title: str) -> dict[str, object]:
        """Return Plotly's settings for the axis."""
        axis: dict[str, object] = {"title": drawing.titled(title, "number"), "range": self.shown}
        if self.kind == "number" and len(self._places) > FEW and not self._has_names:
            # Plotly would write a year with a comma or in thousands.
            return axis | ({"tickformat": "d"} if self._are_whole() else {})
        ticks, words = self._ticks()
        return (
            axis
            | {"tickvals": ticks, "ticktext": words, "tickangle": 0}
            | ({"type": "date"} if self.kind == "date" else {})
        )

    def mark_start(self, figure: go.Figure, start: Moment, label: Label) -> None:
        """Draw a line before a start, with its name above it."""
        name = drawing.wrapped(label, STARTS, lines=1)
        place = self.before(start)
        mark(figure, place, name, colour=CONTROL, top=True, within=self.shown)

    def _are_whole(self) -> bool:
        return all(place.is_integer() for place in self._places)

    def _ticks(self) -> tuple[list[float], list[str]]:
        """Return places and words of ticks, as many as a phone has room for."""
        is_calendar = self.kind == "date" and not self._has_names
        labels = self._dates() if is_calendar else self._labels
        words = [drawing.wrapped(labels[place], TICK) for place in self._places]
        longest = max(len(line) for word in words for line in html.unescape(word).split("<br>"))
        stride = -(-len(words) // max(ROW // (longest + 1), 2))
        ticks, words = self._places[::stride], words[::stride]
        if is_calendar:
            years = [_date(place).year for place in ticks]
            is_new = [not at or year != years[at - 1] for at, year in enumerate(years)]
            words = [
                f"{word}<br>{year}" if new and word != str(year) else word
                for word, year, new in zip(words, years, is_new, strict=True)
            ]
        return ticks, words

    def _dates(self) -> dict[float, str]:
        """Return dates without their year: days, months where all are their first day, years."""
        dates = {place: _date(place) for place in self._places}
        if all((day.month, day.day) == (1, 1) for day in dates.values()):
            return {place: str(day.year) for place, day in dates.items()}
        if all(day.day == 1 for day in dates.values()):
            return {place: f"{day:%b}" for place, day in dates.items()}
        return {place: f"{day.day} {day:%b}" for place, day in dates.items()}


def _date(place: float) -> datetime:
    return datetime.fromtimestamp(place / 1000, UTC)


def _kind(moment: Moment) -> str:
    if isinstance(moment, str):
        return "text"
    return "date" if isinstance(moment, date) else "number"
