"""An opened user base: the same shape whether it was simulated or is somebody's own.

A chapter gets *units* (one row a user, with the contract's column names), the *factors* that
were known at sign-up, the *outcomes* that came after, and the truth where it is known. Groups
of a factor with few users stand together as one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import duckdb
import pandas as pd

from ...data.contract import Contract
from ...methods.tables import Table, quoted, relation
from ...methods.users import audit, row_dependence
from ...methods.users.cells import POOLED
from ...methods.users.marginal_effects import MarginalEffects
from ...story.estimates import Estimate
from ...story.facts import Reason
from ...story.findings import Finding
from ...story.names import Name
from ...worlds.edtech.truth import Truth
from ..labels import in_full
from ..opened import Column, Opened
from .contract import USERS
from .parameters import Parameters

SMALL = "(small groups)"
BLANK = "(blank)"
ONBOARDING, ACTIVITY = "onboarding", "activity"
MOST_ROWS = 50_000  # of those that are looked at for shared random numbers
RETENTION = {1: "day_1", 7: "day_7", 30: "day_30"}
OUTCOMES = (*RETENTION.values(), "converted", "churned")


@dataclass(frozen=True)
class Factor(Column):
    """Something known at sign-up.

    Attributes:
        levels: its values, most users first; the first is what others are held against.
        together: the values that have too few users to stand alone.
    """

    levels: tuple[str, ...] = ()
    together: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The value that most users have."""
        return self.levels[0]


@dataclass(frozen=True)
class Outcome(Column):
    """Something that a user did or did not do: a column of 0 and 1."""


@dataclass(frozen=True, kw_only=True)
class UserBase(Opened):
    """An opened user base.

    Attributes:
        ungrouped: the units with every group of a factor by itself, however small.
        factors: what was known at sign-up and divides users into two groups or more.
        outcomes: what is at hand of retention, conversion and churn, by column.
        onboarding: name of the onboarding, or None.
        activity: name of the activity that is counted, or None.
        words: what this run calls its users.
        onboarding_was: whether users chose the onboarding, or a lot did, if that is known.
        theirs: what the owner of the table calls each of its columns; empty where simulated.
    """

    slug: ClassVar[str] = "edtech_simulation"
    contract: ClassVar[Contract] = USERS

    parameters: Parameters
    ungrouped: duckdb.DuckDBPyRelation
    truth: Truth | None = None
    factors: tuple[Factor, ...] = ()
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    onboarding: Name | None = None
    activity: Name | None = None
    words: Name
    onboarding_was: str = "not said"
    theirs: Mapping[str, Name] = field(default_factory=dict)

    @property
    def column_names(self) -> Mapping[str, Name]:
        """What this run calls the columns of its units."""
        names = {one.column: one.name for one in (*self.factors, *self.outcomes.values())}
        names |= {ONBOARDING: self.onboarding} if self.onboarding else {}
        return names | ({ACTIVITY: self.activity} if self.activity else {})

    @property
    def retention(self) -> dict[int, Outcome]:
        """The outcomes of retention at hand, by day."""
        return {day: self.outcomes[c] for day, c in RETENTION.items() if c in self.outcomes}

    @property
    def last_retention(self) -> Outcome | None:
        """Retention on the last day at hand, or None."""
        return list(self.retention.values())[-1] if self.retention else None

    @property
    def causes(self) -> list[str]:
        """The columns of everything known at sign-up, onboarding included."""
        columns = [factor.column for factor in self.factors]
        return [*columns, ONBOARDING] if self.onboarding else columns

    @cached_property
    def references(self) -> dict[str, str]:
        """The level that others are held against, where it is not the most frequent one."""
        if not self.onboarding:
            return {}
        ((least, most),) = self.units.aggregate(f"min({ONBOARDING}), max({ONBOARDING})").fetchall()
        return {ONBOARDING: "0"} if least == 0 and most == 1 else {}

    @property
    def divided(self) -> tuple[Factor, ...]:
        """All factors, with the onboarding as one of two levels."""
        if not self.onboarding:
            return self.factors
        return (*self.factors, Factor(ONBOARDING, self.onboarding, ("0", "1")))

    @cached_property
    def count(self) -> int:
        """Number of users."""
        return len(self.units)

    @property
    def others(self) -> tuple[Outcome, ...]:
        """Conversion and churn, as far as they are at hand."""
        return tuple(self.outcomes[c] for c in ("converted", "churned") if c in self.outcomes)

    def factor(self, column: str) -> Factor:
        """Return a factor by its column; KeyError when there is none."""
        for factor in self.factors:
            if factor.column == column:
                return factor
        raise KeyError(column)

    def named(self, column: str) -> Factor | None:
        """Return the factor that a simulated world calls so, or None."""
        found = self.true_columns().get(column)
        return self.factor(found) if found and self.is_simulated else None

    def true_columns(self) -> dict[str, str]:
        """Return the column of each of the world's factors; empty with somebody's own table."""
        if self.truth is None:
            return {}
        from .simulated import FACTORS

        at_hand = {factor.column for factor in self.factors}
        return {name: column for column, name in FACTORS.items() if column in at_hand}

    def rules(self) -> list[audit.Rule]:
        """Return what must hold of this table, as far as its columns allow to ask."""
        rules = [audit.unique("user", meaning="a user who stands there twice")]
        days = list(RETENTION.values())
        names = {c: name.text for c, name in self.column_names.items()}
        for later, earlier in ((b, a) for i, a in enumerate(days) for b in days[i + 1 :]):
            meaning = f"{names.get(later)} without {names.get(earlier)}"
            rules.append(audit.nested(later, earlier, meaning=meaning))
        rules.append(
            audit.not_before("last_active", "signed_up", meaning="last seen before sign-up")
        )
        rules.append(audit.within(ACTIVITY, 0, meaning=f"less than no {names.get(ACTIVITY)}"))
        return [rule for rule in rules if all(self.has(column) for column in rule.columns)]

    def dictionary(self) -> pd.DataFrame:
        """Return what each column of the units holds: contract name, words, meaning."""
        rows = super().dictionary()
        words = {**self.theirs, **self.column_names}
        rows["In this run"] = pd.Series([words.get(c, "") for c in rows["Column"]], dtype=object)
        return rows

    def dependence(self, *, level: float) -> row_dependence.Scan:
        """Look for columns that share random numbers, among the first rows of the table."""
        columns = [c for c in (*self.causes, *self.outcomes) if self.has(c)]
        rows = self.units.limit(MOST_ROWS).project(", ".join(map(quoted, columns)) or "1").df()
        return row_dependence.scan(row_dependence.indicators(rows), level=level)

    def finding(
        self, name: str, outcome: Column, estimate: Estimate, truth: float | None = None
    ) -> Finding:
        """Return what an estimate says about an outcome."""
        return Finding(name, outcome.name, estimate, truth=truth, names=(self.words,))

    def called(self, factor: str, level: str, *, alone: bool = True) -> Name:
        """Return what sentences call those who have a level of a factor.

        Not `alone`, beside levels of other factors, the factor's name stands in front.
        """
        if factor == ONBOARDING and self.onboarding:
            known = {"0": "without {}", "1": "with {}"}.get(level, "{} not known")
            return Name(known.format(self.onboarding.text))
        name = self.column_names[factor].text
        return Name(in_full(level, name) if alone else f"{name}: {level}")

    def reason(self, name: str, text: str) -> Reason:
        """Return why something cannot be told, with this run's words for the columns."""
        for column, word in self.column_names.items():
            text = re.sub(rf"\b{column}\b", str(word), text)
        return Reason(name, text)

    def adjusted(self, found: MarginalEffects, factor: str, level: str) -> Finding:
        """Return what a level does to an outcome, against the reference, all else equal."""
        estimate, truth = found.effects[factor][level], self._effect(found, factor, level)
        key = f"effect_{found.outcome}_{factor}_{level}"
        return self.finding(key, self.outcomes[found.outcome], estimate, truth)

    def crude(self, found: MarginalEffects, factor: str, level: str) -> Finding:
        """Return how users with a level differ as they come, held against what it does."""
        estimate, truth = found.crude[factor][level], self._effect(found, factor, level)
        key = f"crude_{found.outcome}_{factor}_{level}"
        return self.finding(key, self.outcomes[found.outcome], estimate, truth)

    def _effect(self, found: MarginalEffects, factor: str, level: str) -> float | None:
        # Levels that the regression took together stand for no one level of the world.
        if level == POOLED:
            return None
        return self.true("effect", found.outcome, factor, level, found.references[factor])


def stand_together(
    table: Table, columns: Mapping[str, Name], *, fewest: int
) -> tuple[duckdb.DuckDBPyRelation, tuple[Factor, ...]]:
    """Return the table with small groups of each factor as one, and the factors.

    A factor in which everybody is alike divides nobody and is left out.
    """
    rows = relation(table)
    shown, factors = [], {}
    for column, name in columns.items():
        label = f"coalesce(CAST({quoted(column)} AS VARCHAR), '{BLANK}')"
        counted = rows.aggregate(f"{label} AS label, count(*) AS users", label)
        counts = dict(counted.order("users DESC, label").fetchall())
        small = tuple(sorted(label for label, users in counts.items() if users < fewest))
        # One small group by itself is better called by its name.
        small = small if len(small) > 1 else ()
        levels = [label for label in counts if label not in small]
        levels += [SMALL] if small else []
        factors[column] = Factor(column, name, tuple(levels), small)
        if small:
            listed = ", ".join("'" + value.replace("'", "''") + "'" for value in small)
            label = f"CASE WHEN {label} IN ({listed}) THEN '{SMALL}' ELSE {label} END"
        shown.append(f"{label} AS {quoted(column)}")
    kept = [column for column, factor in factors.items() if len(factor.levels) > 1]
    by_column = dict(zip(factors, shown, strict=True))
    others = [quoted(c) for c in rows.columns if c not in columns]
    project = ", ".join([*others, *(by_column[c] for c in kept)])
    return rows.project(project), tuple(factors[c] for c in kept)
