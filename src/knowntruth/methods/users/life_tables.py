"""Life tables: how many units left, and how many were last seen, after how long.

A unit's *duration* is how long it was under observation; its *event* is whether it left at
the end of that time (1) or was still there, so that its leaving is *censored* (0). Units are
*at risk* until their duration has passed, those that leave or are censored at that very
time included. A life table is all that `survival` needs to know, however many units it
counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ...errors import DataError, Problem
from ..checks import check_at_least
from ..tables import Table, check_columns, check_numbers, quoted, relation

Array = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LifeTable:
    """Units of one arm by their duration.

    Attributes:
        times: the distinct durations, increasing.
        events: units that left, by time.
        censored: units still there when their observation ended, by time.
    """

    times: Array
    events: Counts
    censored: Counts

    @property
    def units(self) -> int:
        """Number of units."""
        return int(self.events.sum() + self.censored.sum())

    @property
    def left(self) -> tuple[int, int]:
        """Units that left, and units: a rate, as `experiments.proportions` takes it."""
        return int(self.events.sum()), self.units

    @property
    def at_risk(self) -> Counts:
        """Units under observation just before each time."""
        leaving = self.events + self.censored
        return np.asarray(leaving[::-1].cumsum()[::-1])

    @property
    def known_until(self) -> float:
        """Time up to which the curve is known; infinite when the last units under it left."""
        return float(self.times[-1]) if self.censored[-1] else math.inf

    def at_risk_at(self, times: ArrayLike) -> Counts:
        """Return the units under observation just before other times, in their shape."""
        after = np.append(self.at_risk, 0)
        return np.asarray(after[np.searchsorted(self.times, np.asarray(times, dtype=float))])

    @property
    def survival(self) -> Array:
        """Share that stays beyond each time: the product of what each leaves of those at risk."""
        return np.asarray(np.cumprod((self.at_risk - self.events) / self.at_risk))

    def events_at(self, times: Array) -> Counts:
        """Return the events at other times."""
        at = np.minimum(np.searchsorted(self.times, times), len(self.times) - 1)
        return np.where(self.times[at] == times, self.events[at], 0)

    def check_known(self, name: str, time: float) -> None:
        """Refuse a time of which the table says nothing.

        Raises:
            ValueError: naming the argument, below zero or beyond `known_until`.
        """
        check_at_least(name, time, 0)
        if time > self.known_until:
            raise ValueError(
                f"{name} is {time:g}, but the longest observation ends at {self.known_until:g}: "
                "what comes after it is not known"
            )


def life_table(
    table: Table, *, duration: str = "duration", event: str = "event", by: str = "arm"
) -> dict[str, LifeTable]:
    """Return the life table of each value of `by`, as text and in its order, in one query.

    Rows without `by`, duration or event are left out. A duration of 0 is a unit that left,
    or was last seen, at once.

    Raises:
        DataError: a missing column, durations that are negative, infinite or no numbers, or
            events other than 0 and 1.
    """
    rows = relation(table)
    check_columns(rows, [duration, event, by])
    check_numbers(rows, [duration, event])
    # -0.0 and 0.0 are one time, and NaN is missing.
    time, left = (f"CAST({quoted(name)} AS DOUBLE) + 0.0" for name in (duration, event))
    arm = f"CAST({quoted(by)} AS VARCHAR)"
    named = rows.project(f"{arm} AS arm, {time} AS t, {left} AS e")
    known = named.filter("arm IS NOT NULL AND NOT isnan(t) AND NOT isnan(e)")
    counts = known.aggregate(
        "arm, t, count(*) FILTER (e = 1) AS events, count(*) FILTER (e = 0) AS censored, "
        "count(*) FILTER (e NOT IN (0, 1)) AS neither",
        "arm, t",
    )
    found = counts.order("arm, t").df()
    _check_found(found, duration, event)
    return {
        str(arm): LifeTable(*(part[name].to_numpy() for name in ("t", "events", "censored")))
        for arm, part in found.groupby("arm")
    }


def _check_found(found: pd.DataFrame, duration: str, event: str) -> None:
    """Refuse times and events that are none."""
    problems = []
    if not found["t"].between(0, math.inf, inclusive="left").all():
        what = "a time is negative or infinite"
        problems.append(Problem(f"column {duration}", what, "Remove or correct such rows."))
    if found["neither"].any():
        what = "a value is neither 0 nor 1"
        problems.append(Problem(f"column {event}", what, "Write 1 for leaving, 0 for staying."))
    if problems:
        raise DataError("A duration must be a time, and an event yes or no", problems)
