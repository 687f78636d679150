"""An opened experiment: the same shape whether it was simulated or is somebody's own.

A chapter gets *units* (one row each, with the contract's column names), the *metrics* and
*segments* among them, the *words* for both arms, and the truth where it is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import pandas as pd

from ...data.contract import Contract
from ...story.estimates import Estimate
from ...story.findings import Finding
from ...story.names import Name
from ...worlds.musicstream.truth import Truth
from ..opened import Column, Opened
from .contract import UNITS
from .parameters import Kind, Parameters

ARMS = ("control", "treatment")


class Compared(Protocol):
    """A comparison of two arms, as the methods return it."""

    @property
    def difference(self) -> Estimate:
        """Treatment minus control."""

    @property
    def lift(self) -> Estimate | None:
        """The difference relative to control, where it has a bounded interval."""


@dataclass(frozen=True)
class Metric(Column):
    """A column of the units that is measured on each of them.

    The true relative and absolute difference between the arms are None where unknown.
    """

    kind: Kind
    true_lift: float | None = None
    true_difference: float | None = None

    @property
    def level(self) -> str:
        """What is compared, in words: a mean or a rate."""
        return f"mean {self.name}" if self.kind == "mean" else f"the rate of {self.name}"


@dataclass(frozen=True)
class Segment(Column):
    """A column of the units that was known before the experiment began."""


@dataclass(frozen=True)
class Words:
    """What this run calls its units and its arms."""

    unit: Name
    control: Name
    treatment: Name

    def __iter__(self) -> Any:
        """Yield the names, so that a sentence can hand them all over."""
        return iter((self.unit, self.control, self.treatment))


@dataclass(frozen=True, kw_only=True)
class Experiment(Opened):
    """An opened experiment.

    Attributes:
        units: as in every case; `arm` holds "control" or "treatment".
        primary, secondary: what was measured.
        segments: what was known before.
        words: names of units and arms.
        intended_share: planned share of treatment, or None where nobody said it.
        covariate: name of the pre-period column, or None.
        signals: counts that are hoped to tell of a later purchase.
        offers: name of the column of offers shown, or None.
    """

    slug: ClassVar[str] = "ab_test"
    contract: ClassVar[Contract] = UNITS

    parameters: Parameters
    primary: Metric
    secondary: tuple[Metric, ...]
    segments: tuple[Segment, ...]
    words: Words
    intended_share: float | None
    covariate: Name | None
    signals: tuple[Metric, ...] = ()
    offers: Name | None = None
    truth: Truth | None = None

    @property
    def users(self) -> pd.DataFrame | None:
        """The world's own table of users, or None with somebody's own."""
        return self.tables.get("users")

    @property
    def events(self) -> pd.DataFrame | None:
        """The world's log of events, where it was asked for."""
        return self.tables.get("events")

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The primary metric, then the others."""
        return (self.primary, *self.secondary)

    @property
    def outlier_rule(self) -> str:
        """The rule of the parameters where this run's columns allow it, else none."""
        rule = self.parameters.outlier_rule
        return rule if rule in self.outlier_rules else "none"

    @cached_property
    def counts(self) -> dict[str, int]:
        """Units in each arm as assigned, before any filter."""
        rows = self.units.aggregate("arm, count(*)", "arm").fetchall()
        return {arm: dict(rows).get(arm, 0) for arm in ARMS}

    @property
    def treatment_share(self) -> float:
        """The planned share of treatment, or the one in the data where none was planned."""
        if self.intended_share is not None:
            return self.intended_share
        return self.counts["treatment"] / sum(self.counts.values())

    @property
    def share_name(self) -> Name:
        """The share of treatment, in words."""
        return Name(f"share in {self.words.treatment.text}")

    @property
    def true_share(self) -> float | None:
        """The share of treatment that is to be expected among logged units."""
        return None if self.truth is None else self.truth.logged_share

    @property
    def column_names(self) -> Mapping[str, Name]:
        """What this run calls the columns of its units."""
        named = (*self.metrics, *self.signals, *self.segments)
        names = {column.column: column.name for column in named}
        names |= {"offers": self.offers} if self.offers else {}
        names |= {"covariate": self.covariate} if self.covariate else {}
        return names | {"arm": Name(f"{self.words.control.text} or {self.words.treatment.text}")}

    @property
    def columns(self) -> list[str]:
        """The columns that an analysis needs moments of: metrics, then the covariate."""
        known = [metric.column for metric in self.metrics]
        return [*known, "covariate"] if self.covariate else known

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The pairs of columns of which it needs the covariance."""
        return [("primary", "covariate")] if self.covariate else []

    @property
    def outlier_rules(self) -> list[str]:
        """The cleaning rules that this run's columns allow; a yes or no has no tail to cut."""
        rules = ["none", "trim", "winsorise"] if self.primary.kind == "mean" else ["none"]
        return [*rules, "flagged"] if self.has("automated") else rules

    def effect(self, name: str, compared: Compared, metric: Metric) -> Finding:
        """Return the finding of a comparison: relative where that has an interval, else absolute.

        Its truth is the metric's, its names are those of the units and arms.
        """
        if compared.lift is not None:
            estimate, truth = compared.lift, metric.true_lift
        else:
            estimate, truth = compared.difference, metric.true_difference
        return Finding(name, metric.name, estimate, truth=truth, names=tuple(self.words))
