"""An opened experiment: the same shape whether it was simulated or is somebody's own.

A chapter gets *units* (one row each, with the contract's column names), the *metrics* and
*segments* among them, the *words* for both arms, and the truth where it is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import duckdb
import numpy as np
import pandas as pd

from ...data.contract import TYPES
from ...data.statements import Statement
from ...errors import ParameterError, Problem, nearest
from ...story.estimates import Estimate
from ...story.findings import Finding
from ...story.names import Name
from ...worlds import streams
from ...worlds.musicstream.truth import Truth
from .contract import UNITS
from .parameters import Kind, Parameters

ARMS = ("control", "treatment")


class Known(Protocol):
    """Answers about what is true in a world, see `simulated`."""

    def answer(self, question: str, *about: object) -> float | None:
        """Return the answer to a question about something."""


class Compared(Protocol):
    """A comparison of two arms, as the methods return it."""

    @property
    def difference(self) -> Estimate:
        """Treatment minus control."""

    @property
    def lift(self) -> Estimate | None:
        """The difference relative to control, where it has a bounded interval."""


@dataclass(frozen=True)
class Metric:
    """A column of the units that is measured on each of them.

    The true relative and absolute difference between the arms are None where unknown.
    """

    column: str
    name: Name
    kind: Kind
    true_lift: float | None = None
    true_difference: float | None = None

    @property
    def level(self) -> str:
        """What is compared, in words: a mean or a rate."""
        return f"mean {self.name}" if self.kind == "mean" else f"the rate of {self.name}"


@dataclass(frozen=True)
class Segment:
    """A column of the units that was known before the experiment began."""

    column: str
    name: Name


@dataclass(frozen=True)
class Words:
    """What this run calls its units and its arms."""

    unit: Name
    control: Name
    treatment: Name

    def __iter__(self) -> Any:
        """Yield the names, so that a sentence can hand them all over."""
        return iter((self.unit, self.control, self.treatment))


@dataclass(frozen=True)
class Experiment:
    """An opened experiment.

    Attributes:
        parameters: the checked parameters.
        units: relation with the columns of the contract that are at hand; `arm` holds
            "control" or "treatment".
        primary, secondary: what was measured.
        segments: what was known before.
        words: names of units and arms.
        intended_share: planned share of treatment, or None where nobody said it.
        covariate: name of the pre-period column, or None.
        signals: counts that are hoped to tell of a later purchase.
        offers: name of the column of offers shown, or None.
        truth: the world's truth, or None with somebody's own table.
        known: answers about what else is true in that world, or None.
        users, events: the world's own tables, or None with somebody's own.
        notes: what was done to somebody's own table on reading it, a sentence each.
    """

    parameters: Parameters
    units: duckdb.DuckDBPyRelation
    primary: Metric
    secondary: tuple[Metric, ...]
    segments: tuple[Segment, ...]
    words: Words
    intended_share: float | None
    covariate: Name | None
    signals: tuple[Metric, ...] = ()
    offers: Name | None = None
    truth: Truth | None = None
    known: Known | None = None
    users: pd.DataFrame | None = None
    events: pd.DataFrame | None = None
    notes: tuple[Statement, ...] = ()

    @property
    def is_simulated(self) -> bool:
        """Whether the truth is known."""
        return self.truth is not None

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

    def has(self, column: str) -> bool:
        """Whether the units have this column."""
        return column in self.units.columns

    @property
    def share_name(self) -> Name:
        """The share of treatment, in words."""
        return Name(f"share in {self.words.treatment.text}")

    @property
    def true_share(self) -> float | None:
        """The share of treatment that is to be expected among logged units."""
        return None if self.truth is None else self.truth.logged_share

    def true(self, question: str, *about: object) -> float | None:
        """Return what is true about something, or None where nobody knows it."""
        return None if self.known is None else self.known.answer(question, *about)

    def dictionary(self) -> pd.DataFrame:
        """Return what each column of the units holds: contract name, words, meaning."""
        words: dict[str, Name] = {metric.column: metric.name for metric in self.metrics}
        words |= {metric.column: metric.name for metric in self.signals}
        words |= {segment.column: segment.name for segment in self.segments}
        words |= {"offers": self.offers} if self.offers else {}
        words |= {"covariate": self.covariate} if self.covariate else {}
        words |= {"arm": Name(f"{self.words.control.text} or {self.words.treatment.text}")}
        fields = UNITS.columns(
            {
                "secondary": len(self.secondary),
                "segments": len(self.segments),
                "signals": len(self.signals),
            }
        )
        fields |= {field.name: field for field in UNITS.fields if not field.several}
        return pd.DataFrame(
            [
                {
                    "Column": column,
                    "In this run": words.get(column, ""),
                    "Holds": TYPES[fields[column].kind],
                    "Range": fields[column].range,
                    "Meaning": fields[column].meaning,
                }
                for column in self.units.columns
            ]
        )

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

    def rng(self, purpose: str) -> np.random.Generator:
        """Return a generator for one purpose of the analysis, apart from the world's streams."""
        return streams.generator(self.parameters.seed, f"ab_test/{purpose}", 0)

    def query(self, sql: str) -> pd.DataFrame:
        """Return the rows of a query on `units`, and on `users` and `events` where simulated."""
        with duckdb.connect(config={"threads": 1}) as connection:
            for name, table in (("users", self.users), ("events", self.events)):
                if table is not None:
                    connection.register(name, table)
            if self.users is not None:
                connection.register("units", self.units.df())
            rows: pd.DataFrame = connection.sql(sql).df()
            return rows

    def sample(self, column: str, *, most: int, where: str = "true") -> np.ndarray:
        """Return the known values of a column: all, or `most` drawn evenly from them."""
        known = self.units.filter(f'"{column}" IS NOT NULL AND ({where})')
        values = known.project(f'"{column}"::DOUBLE AS value').fetchnumpy()["value"]
        if len(values) <= most:
            return np.asarray(values)
        keep = self.rng(f"sample {column}").choice(len(values), most, replace=False)
        return np.asarray(values)[np.sort(keep)]


def label_words(p: Parameters, known: Mapping[str, str]) -> dict[str, Name]:
    """Return a name for each key of `known`, from the parameter `labels` where it has one.

    Raises:
        ParameterError: for a label of something that is not there.
    """
    problems = []
    for key in p.labels:
        if key not in known:
            guess = nearest(key, known)
            fix = f"Did you mean {guess}?" if guess else f"There are {', '.join(known)}"
            problems.append(Problem(f"labels.{key}", "names nothing in this run", fix))
    if problems:
        raise ParameterError("These labels cannot be used:", problems)
    return {key: Name(p.labels.get(key, word)) for key, word in known.items()}
