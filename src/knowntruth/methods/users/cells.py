"""Cells: a 0/1 outcome by every combination of labels, read from a table once.

A *factor* is a column of labels, or of numbers that stand for some; its values are *levels*. A
*cell* is a combination of one level of each: how many rows have it, and how many of them have
the outcome (*events*). `pool` puts levels together that have too few of either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import DataError, Problem
from ..experiments.crossed import BLANK
from ..tables import (
    FRACTIONAL,
    WHOLE,
    Table,
    check_columns,
    check_numbers,
    is_whole,
    kind,
    number,
    quoted,
    relation,
)

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Labels = NDArray[np.object_]
Levels = tuple[str, ...]

POOLED = "(other)"


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows and events of each combination of levels.

    Attributes:
        levels: of each factor, in the order of their text.
        codes: of each cell and factor, the position of its level.
        trials, events: of each cell.
    """

    levels: Sequence[Labels]
    codes: Codes
    trials: Array
    events: Array

    @classmethod
    def of(cls, table: Table, outcome: str, factors: Sequence[str]) -> Cells:
        """Return the cells of a table, in one query."""
        rows = relation(table)
        check_columns(rows, [outcome, *factors])
        check_numbers(rows, [outcome])
        columns = [outcome, *factors]
        numeric = [kind(rows, name) in WHOLE | FRACTIONAL | {"DECIMAL"} for name in columns]
        values = [
            number(name, whole=is_whole(rows, name)) if counts else quoted(name)
            for name, counts in zip(columns, numeric, strict=True)
        ]
        known = [f"({v}) IS NOT NULL" for v, counts in zip(values, numeric, strict=True) if counts]
        labels = [
            f"regexp_replace(CAST({value} AS VARCHAR), '\\.0$', '')"
            if counts
            else f"coalesce(CAST({value} AS VARCHAR), '{BLANK}')"
            for value, counts in zip(values[1:], numeric[1:], strict=True)
        ]
        y = values[0]
        asked = [*labels, "count(*)", f"sum({y})", f"count(*) FILTER (({y}) NOT IN (0, 1))"]
        found = (
            rows.filter(" AND ".join(known))
            .aggregate(", ".join(asked), ", ".join(values[1:]))
            .fetchnumpy()
        )
        *texts, trials, events, strange = found.values()
        if strange.any():
            problem = Problem(
                f"column {outcome}", "a value is neither 0 nor 1", "Choose a 0/1 column."
            )
            raise DataError("The outcome must be 0 or 1", [problem])
        return cls.made(texts, np.asarray(trials, float), np.asarray(events, float))

    @classmethod
    def made(cls, texts: Sequence[Labels], trials: Array, events: Array) -> Cells:
        """Return cells from the label of each factor, in one order and each once."""
        # Sorting makes the same sums of the same rows, however many threads read them.
        pairs = [pd.factorize(text, sort=True) for text in texts]
        codes = np.column_stack([code for code, _ in pairs])
        order = np.lexsort(codes.T)
        codes = codes[order]
        starts = np.flatnonzero(np.r_[True, (codes[1:] != codes[:-1]).any(axis=1)][: len(codes)])
        return cls(
            levels=[np.asarray(levels, object) for _, levels in pairs],
            codes=codes[starts],
            trials=np.add.reduceat(trials[order], starts) if len(starts) else trials,
            events=np.add.reduceat(events[order], starts) if len(starts) else events,
        )

    @property
    def n(self) -> int:
        """Rows."""
        return round(float(self.trials.sum()))

    @property
    def happened(self) -> int:
        """Rows with the outcome."""
        return round(float(self.events.sum()))

    def by_level(self, factor: int) -> tuple[Array, Array]:
        """Return rows and events of each level of a factor."""
        codes, count = self.codes[:, factor], len(self.levels[factor])
        trials, events = (
            np.bincount(codes, each, minlength=count).astype(float)
            for each in (self.trials, self.events)
        )
        return trials, events

    def lack(self, outcome: str, fewest: int) -> str:
        """Return what there is too little of, in words, or nothing."""
        if not self.n:
            return f"no row has {outcome} and all factors"
        if self.happened < fewest:
            return f"fewer than {fewest} rows have {outcome}"
        return f"fewer than {fewest} rows lack {outcome}" if self.n - self.happened < fewest else ""


def pool(cells: Cells, factors: Sequence[str], fewest: int) -> tuple[Cells, dict[str, Levels]]:
    """Pool levels that are short of events or non-events, with more of them where they must be.

    No row is left out: who has a level with few events would be missing by outcome.
    """
    pooled: dict[str, Levels] = {}
    texts = []
    for i, name in enumerate(factors):
        levels, codes = cells.levels[i], cells.codes[:, i]
        trials, events = cells.by_level(i)
        scarce = np.minimum(events, trials - events)
        together = scarce < fewest
        while together.any() and not together.all():
            few = events[together].sum(), (trials - events)[together].sum()
            if min(few) >= fewest:
                break
            alone = np.flatnonzero(~together)
            together[alone[np.argmin(scarce[alone])]] = True
        if together.any():
            pooled[name] = tuple(sorted(levels[together]))
            levels = np.where(together, POOLED, levels)
        texts.append(levels[codes])
    return (Cells.made(texts, cells.trials, cells.events) if pooled else cells), pooled
