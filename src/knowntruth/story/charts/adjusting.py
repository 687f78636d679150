"""Adjusting: what each level of a factor changes, crude and with all else equal, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from ..figures import NAIVE, mark
from ..saying import Sayable
from . import drawing
from .drawing import Known, Label, bare, named, stated, text

CROSS = {"color": NAIVE, "symbol": "x-open", "size": 9}
SHIFT = 0.17  # of the two estimates of a row, up and down
HEADING = 21  # letters of the name of a factor


@dataclass(frozen=True)
class Effect:
    """What one level of a factor changes.

    Attributes:
        factor: what divides users into levels.
        level: one of them.
        crude: the difference as it is.
        adjusted: the difference with the other factors equal.
        truth: the difference that the world was made with, where it is known.
    """

    factor: Label
    level: Label
    crude: Known | None = None
    adjusted: Known | None = None
    truth: float | None = None

    @property
    def estimates(self) -> list[Known]:
        """The adjusted and the crude estimate, as far as there are any."""
        return [e for e in (self.adjusted, self.crude) if e is not None]

    @property
    def known_truth(self) -> float | None:
        """The truth as it was given, or as one of the findings has it."""
        known = (drawing.truth_of(estimate, self.truth) for estimate in self.estimates)
        return next((truth for truth in known if truth is not None), None)

    def __iter__(self) -> Iterator[Sayable]:
        """Yield what the words on this row are made from."""
        yield drawing.named(self.factor)
        yield drawing.named(self.level)
        for estimate in self.estimates:
            yield from drawing.facts_of(self.level, estimate, self.known_truth)


def effects(
    rows: Sequence[Effect],
    *,
    axis: str,
    references: Mapping[str, Label] | None = None,
    crude: str = "crude",
    adjusted: str = "adjusted",
    reference_label: str = "no difference",
) -> go.Figure:
    """Return two estimates a row under the name of their factor: a cross and, below it, a dot.

    Args:
        rows: levels with estimates of one unit; those of a factor are put together.
        axis: name of the quantity; its unit is added.
        references: for each factor the level that the others are compared with.
        crude: what the crude estimates are called.
        adjusted: what the adjusted ones are called.
        reference_label: what the line at zero means.

    Raises:
        ValueError: without any estimate.
    """
    factors = _by_factor(rows)
    known = [bare(estimate) for row in rows for estimate in row.estimates]
    truths = [row.known_truth for row in rows if row.known_truth is not None]
    shown = drawing.window(known, [0.0, *truths])
    scale = drawing.scale_of(known[0].unit)
    figure = go.Figure()
    placed, ticks, bottom = _placed(factors, references or {})
    for name, key, shift, marker in (
        (crude, "crude", SHIFT, CROSS),
        (adjusted, "adjusted", -SHIFT, drawing.DOT),
    ):
        drawn = [(row, at) for row, at in placed if getattr(row, key) is not None]
        drawing.dots(
            figure,
            [bare(getattr(row, key)) for row, _ in drawn],
            [at + shift for _, at in drawn],
            shown,
            name=name,
            marker=marker,
            words=[f"{_words(row)}, {name}" for row, _ in drawn],
        )
    drawn = [(row, at) for row, at in placed if row.estimates]
    drawing.diamonds(
        figure,
        [row.known_truth for row, _ in drawn],
        [bare(row.estimates[0]) for row, _ in drawn],
        [at for _, at in drawn],
        words=[_words(row) for row, _ in drawn],
    )
    drawing.label_rows(figure, [at for at, _ in ticks], [words for _, words in ticks])
    mark(figure, 0.0, reference_label, within=shown)
    figure.update_yaxes(range=[bottom, 0.6])
    figure.update_xaxes(
        title=drawing.titled(axis, known[0].unit), range=[scale * end for end in shown]
    )
    figure.update_layout(height=round(110 + 34 * (0.6 - bottom)), **drawing.LEGEND)
    return figure


def effects_in_words(
    rows: Sequence[Effect], *, crude: str = "crude", adjusted: str = "adjusted"
) -> str:
    """Return what `effects` shows, for somebody who cannot see it."""
    factors = _by_factor(rows)
    # Said once, the unit need not be said in every row.
    unit = next(bare(estimate).unit for row in rows for estimate in row.estimates)
    words = drawing.unit_aside(unit)
    parts = []
    for factor, levels in factors.items():
        lines = []
        for row in levels:
            both = ((crude, row.crude), (adjusted, row.adjusted))
            said = [f"{name} {stated(estimate)}" for name, estimate in both if estimate is not None]
            if row.estimates and row.known_truth is not None:
                said.append(f"truth {bare(row.estimates[0]).write(row.known_truth)}")
            lines.append(f"{text(row.level)} {', '.join(said) or 'without an estimate'}")
        parts.append(f"{factor}: {'; '.join(lines).replace(words, '')}.")
    return (
        f"Crosses for {crude} and dots for {adjusted} estimates, with their intervals"
        f"{words and f', in{words}'}. {' '.join(parts)}"
    )


def _by_factor(rows: Sequence[Effect]) -> dict[str, list[Effect]]:
    if not any(row.estimates for row in rows):
        raise ValueError("a chart of effects needs at least one estimate")
    factors: dict[str, list[Effect]] = {}
    for row in rows:
        factors.setdefault(text(row.factor), []).append(row)
    return factors


def _placed(
    factors: Mapping[str, Sequence[Effect]], references: Mapping[str, Label]
) -> tuple[list[tuple[Effect, float]], list[tuple[float, str]], float]:
    """Return the height of every row, all words beside the axis, and where the picture ends."""
    against = {text(factor): level for factor, level in references.items()}
    placed: list[tuple[Effect, float]] = []
    ticks: list[tuple[float, str]] = []
    height = 0.0
    for factor, levels in factors.items():
        heading = f"<b>{drawing.wrapped(factor, HEADING)}</b>"
        if factor in against:
            heading += f"<br>{drawing.wrapped(f'against {named(against[factor]).text}', HEADING)}"
        ticks.append((height, heading))
        height -= 0.15
        for row in levels:
            height -= 1.0
            placed.append((row, height))
            ticks.append((height, drawing.wrapped(row.level)))
        height -= 1.3
    return placed, ticks, placed[-1][1] - 1.1


def _words(row: Effect) -> str:
    return f"{text(row.factor)}: {text(row.level)}"
