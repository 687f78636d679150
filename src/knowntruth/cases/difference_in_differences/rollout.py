"""An opened rollout: the same shape whether it was simulated or is somebody's own.

A chapter gets *units* (one row a unit and period), from which *panels* are made, and the truth
where it is known. In a simulated rollout a unit is a user from before the launch, a period a
week counted from launch, and treatment is access to the feature, whether it is used or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

from ...data.contract import Contract
from ...methods.panels import panel as panels
from ...methods.panels.collapsing import collapse
from ...methods.panels.panel import Panel
from ...story.estimates import Estimate
from ...story.findings import Finding
from ...story.named_moments import named
from ...story.names import Name
from ...worlds.engagement.truth import Truth
from ..opened import Opened
from .contract import PANEL
from .parameters import Parameters


@dataclass(frozen=True, kw_only=True)
class Rollout(Opened):
    """An opened rollout.

    Attributes:
        words: what this run calls its units.
        outcome: what it calls the outcome.
        treated: what it calls the units that are treated at some time.
        controls: what it calls those that never are.
        treatment: what it calls the treatment.
        period: what it calls a period.
        theirs: what it calls each column of its units.
        written: what it calls periods that it does not write as numbers or dates.
    """

    slug: ClassVar[str] = "difference_in_differences"
    contract: ClassVar[Contract] = PANEL

    parameters: Parameters
    truth: Truth | None = None
    words: Name
    outcome: Name
    treated: Name
    controls: Name
    treatment: Name
    period: Name
    theirs: Mapping[str, Name]
    written: Mapping[Any, Name] = field(default_factory=dict)

    @property
    def column_names(self) -> Mapping[str, Name]:
        """What this run calls the columns of its units."""
        return self.theirs

    @cached_property
    def panel(self) -> Panel:
        """The units on whom the treatment can act, with the outcome."""
        return self.panel_of("outcome")

    @cached_property
    def whole_panel(self) -> Panel:
        """All units, those on whom the treatment cannot act among them."""
        return self.panel_of("outcome", affected_only=False)

    @property
    def placebos(self) -> list[str]:
        """Columns of outcomes that the treatment cannot move."""
        return [column for column in self.units.columns if column.startswith("placebo")]

    @property
    def covariates(self) -> list[str]:
        """Columns of covariates."""
        return [column for column in self.units.columns if column.startswith("covariate")]

    def panel_of(self, column: str, *, affected_only: bool = True, weighted: bool = True) -> Panel:
        """Return the panel of a column of the units, in the place of the outcome."""
        rows = self.units
        if affected_only and self.has("affected"):
            rows = rows.filter("affected = 1")
        panel = panels.read(
            rows,
            unit="unit",
            period="period",
            outcome=column,
            first_treated="first_treated",
            weight="weight" if weighted and self.has("weight") else None,
            cluster="cluster" if self.has("cluster") else None,
            covariates=self.covariates if column == "outcome" else (),
        )
        called = ((one, self.written.get(one)) for one in panel.periods)
        return replace(
            panel, periods=tuple(one if name is None else named(one, name) for one, name in called)
        )

    @cached_property
    def affected(self) -> Mapping[str, bool]:
        """Whether the treatment can act on a unit, by its label; empty where all are alike."""
        if not self.has("affected"):
            return {}
        rows = self.units.aggregate("CAST(unit AS VARCHAR) AS unit, max(affected) AS a", "unit")
        return {unit: bool(a) for unit, a in rows.fetchall()}

    @cached_property
    def by_cluster(self) -> Panel | None:
        """The clusters as units, each with its mean in every period.

        None where the table has no clusters, or they are not treated whole and at once.
        """
        return collapse(self.panel, self.panel.cluster) if self.has("cluster") else None

    @property
    def is_staggered(self) -> bool:
        """Whether treatment starts in more than one period."""
        return len(self.panel.starts) > 1

    def finding(self, name: str, estimate: Estimate, truth: float | None = None) -> Finding:
        """Return what an estimate says about the outcome."""
        words = (self.words, self.treated, self.controls, self.treatment, self.period)
        return Finding(name, self.outcome, estimate, truth=truth, names=words)
