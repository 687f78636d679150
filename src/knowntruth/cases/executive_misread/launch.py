"""An opened launch: the same shape whether it was simulated or is somebody's own.

A chapter gets *units* (one row a session: who, when, and whether the feature was met in it), the
day of the *launch*, and the truth where it is known. *Access*, who could meet the feature from
when, stands in no table of sessions: only a world can be asked for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import pandas as pd

from ...data.contract import Contract
from ...methods.panels import panel
from ...methods.sessions import engagement, serial
from ...story.estimates import Estimate
from ...story.findings import Finding
from ...story.names import Name
from ...worlds.engagement.truth import Truth
from ..opened import Opened
from .contract import EVENTS
from .parameters import Parameters

EVER = 100_000  # days: longer than any record, so that before and after are one period each


@dataclass(frozen=True, kw_only=True)
class Launch(Opened):
    """An opened launch.

    Attributes:
        launch: midnight of the first day on which the feature could be met.
        words: what this run calls its users.
        feature: what it calls the feature.
        sessions: what it calls a row of its table.
        access: users who could meet the feature from launch on (`first` is 0) or never can
            (missing), by `user`. None where nobody knows.
        theirs: what this run calls each column of its units.
    """

    slug: ClassVar[str] = "executive_misread"
    contract: ClassVar[Contract] = EVENTS

    parameters: Parameters
    truth: Truth | None = None
    launch: pd.Timestamp
    words: Name
    feature: Name
    sessions: Name
    access: pd.DataFrame | None = None
    theirs: Mapping[str, Name]

    @property
    def column_names(self) -> Mapping[str, Name]:
        """What this run calls the columns of its units."""
        return self.theirs

    @property
    def ratio(self) -> Name:
        """What is measured: sessions per active user."""
        return Name(f"{self.sessions.text} per active user")

    @property
    def has_exposure(self) -> bool:
        """Whether the table tells in which sessions the feature was met."""
        return self.has("exposed")

    def daily(self, of: engagement.Subset = "all") -> pd.DataFrame:
        """Return sessions per active user by day: of all, "exposed" or "unexposed" sessions."""
        exposed = "exposed" if self.has_exposure else None
        return engagement.daily(self.units, user="user", time="time", exposed=exposed, of=of)

    def stretches(self, of: engagement.Subset = "all") -> serial.Stretches:
        """Return the daily series, parted at the launch."""
        return serial.stretches(self.daily(of), day="day", value="ratio", start=self.launch)

    @cached_property
    def panel(self) -> panel.Panel | None:
        """Each user before and after launch, by access; None where access is not known.

        The outcome is sessions per active day, the weight how many of these there were.
        """
        if self.access is None:
            return None
        rows = engagement.user_periods(
            self.units, user="user", time="time", start=self.launch, days=EVER
        )
        joined = rows.df().merge(self.access, on="user")
        joined["outcome"] = joined["sessions"] / joined["active_days"]
        return panel.read(
            joined,
            unit="user",
            period="period",
            outcome="outcome",
            first_treated="first",
            weight="active_days",
        )

    def finding(self, name: str, estimate: Estimate, truth: float | None = None) -> Finding:
        """Return what an estimate says about sessions per active user."""
        return Finding(name, self.ratio, estimate, truth=truth, names=(self.words, self.feature))
