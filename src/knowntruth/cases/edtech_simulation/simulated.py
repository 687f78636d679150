"""Opening a simulated user base: the world's table under the contract's names, and its truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...story.diagrams import Node
from ...story.names import Name
from ...worlds.edtech.contract import USERS
from ...worlds.edtech.rules import Array, Rules
from ...worlds.edtech.truth import Truth
from ...worlds.edtech.world import World, simulate
from ..labels import label_words
from ..opened import Known
from .diagram import diagram
from .middles import middles_of
from .parameters import Parameters
from .user_base import Factor, Outcome, UserBase, stand_together

# Contract's column → the world's.
FACTORS = {
    "factor_1": "age_group",
    "factor_2": "instrument",
    "factor_3": "country",
    "factor_4": "income_band",
    "factor_5": "skill_level",
}
OUTCOMES = {
    "day_1": "day_1_retention",
    "day_7": "day_7_retention",
    "day_30": "day_30_retention",
    "converted": "premium_conversion",
    "churned": "churn",
}
COLUMNS = {
    "user": "user_id",
    "signed_up": "start_date",
    **FACTORS,
    "onboarding": "onboarding",
    **OUTCOMES,
    "last_active": "last_active",
    "activity": "lessons_completed",
}
WORDS = {
    "users": "users",
    "factor_1": "age group",
    "factor_2": "instrument",
    "factor_3": "country",
    "factor_4": "income",
    "factor_5": "skill",
    "onboarding": "onboarding",
    "day_1": "day-1 retention",
    "day_7": "day-7 retention",
    "day_30": "day-30 retention",
    "converted": "conversion",
    "churned": "churn",
    "activity": "lessons",
}


# Kind of outlier: in words, and what its users do.
KINDS = {
    "churn_spike": ("churn spikes", "leave far more often than their group"),
    "retention_spike": ("retention spikes", "come back on day 1 far more often"),
    "retention_drop": ("retention drops", "come back on day 1 less often"),
    "always_retained": ("always retained", "come back on all three days, whatever their group"),
    "power": ("power users", "take many more lessons"),
    "idle": ("idle users", "take next to no lessons"),
    "rare_country": ("rare countries", "come from countries where some rates are far off"),
    "instrument_extreme": ("instrument extremes", "take far more or far fewer lessons"),
}


@dataclass(frozen=True)
class Outliers:
    """A kind of outlier: its parameter, its words, how many users are of it, and its share."""

    kind: str
    words: str
    does: str
    users: int
    share: float


@dataclass(frozen=True)
class KnownUsers(Known):
    """Answers about what is true in a world; columns and levels are the chapter's."""

    world: World
    factors: Mapping[str, Factor]

    @property
    def truth(self) -> Truth:
        """The world's truth."""
        return self.world.truth

    @property
    def chances(self) -> pd.DataFrame:
        """The chances by which each user's outcomes were drawn."""
        return self.world.chances

    @property
    def hidden(self) -> pd.DataFrame:
        """Who is keen, and who is which kind of outlier."""
        return self.world.hidden

    @property
    def expected(self) -> pd.DataFrame:
        """What was to be expected of each user at sign-up."""
        return self.world.expected

    @cached_property
    def rules(self) -> Rules:
        """The rules that made the users."""
        return Rules(self.world.parameters)

    @property
    def countries(self) -> list[str]:
        """All countries, the rare ones behind."""
        return self.rules.countries

    @property
    def onboarding_chances(self) -> Array:
        """Each user's chance to take the onboarding."""
        return self.rules.takes_onboarding(self.world.drawn.people)

    def kinds(self) -> list[Outliers]:
        """Return the kinds of outliers that are switched on, and how many users are of each."""
        people = self.world.drawn.people
        shares = {
            **self.rules.kind_shares(),
            "rare_country": self.world.parameters.rare_share,
            "instrument_extreme": float(self.rules.extreme_share(people).mean()),
        }
        rare = people.country >= len(self.rules.usual)
        counts = {kind: int(np.sum(flags)) for kind, flags in people.kinds.items()}
        counts["rare_country"] = int(rare.sum())
        return [
            Outliers(kind, *KINDS[kind], counts[kind], shares[kind])
            for kind in KINDS
            if kind in self.world.parameters.outliers
        ]

    @property
    def age_shares(self) -> tuple[Array, Array]:
        """Shares of the age groups until 15 August, and after it."""
        return self.rules.age_shares(late=False), self.rules.age_shares(late=True)

    @property
    def instrument_shares(self) -> Array:
        """Shares of the instruments within each age group."""
        return self.rules.instrument_shares

    @property
    def income_shares(self) -> Array:
        """Shares of the income bands within each country."""
        return self.rules.income_shares

    def diagram(self) -> tuple[list[Node], list[tuple[str, str]]]:
        """Return boxes and arrows of what acts on what in this world."""
        names = {COLUMNS[column]: factor.name for column, factor in self.factors.items()}
        return diagram(self.world.parameters, names)

    def middles(self) -> dict[str, float]:
        """Return the mean of activity and its robust locations, were users without number."""
        return middles_of(self.world.parameters)

    def drawn(self) -> list[tuple[str, str, str, NDArray[np.bool_]]]:
        """Return what was drawn by chance: in words, its column, its chance, and from whom.

        Only where an anomaly does not set day 30 is it drawn from its chance.
        """
        users, people = self.world.users, self.world.drawn.people
        came = users["day_1_retention"] == 1, users["day_7_retention"] == 1
        free = ~np.asarray(people.kind("always_retained"), dtype=bool)
        usual = free & (people.country < len(self.rules.usual))
        everybody = np.ones(len(users), dtype=bool)
        return [
            ("day 1", "day_1_retention", "day_1", usual),
            ("day 7, among those back on day 1", "day_7_retention", "day_7", usual & came[0]),
            ("day 30, among those back on day 7", "day_30_retention", "day_30", usual & came[1]),
            ("paying", "premium_conversion", "premium_conversion", everybody),
            ("leaving", "churn", "churn", everybody),
        ]

    def overall(self, outcome: str) -> float:
        """Return the expected rate of an outcome, or the mean of activity."""
        return self.truth.overall[COLUMNS[outcome]]

    def rate(self, outcome: str, factor: str, level: str) -> float:
        """Return the expected rate among those who have a level of a factor."""
        return self._mean(self.truth.rates, outcome, factor, level)

    def difference(self, outcome: str, factor: str, level: str, reference: str) -> float:
        """Return the difference of two expected rates: what groups differ by."""
        return self.rate(outcome, factor, level) - self.rate(outcome, factor, reference)

    def effect(self, outcome: str, factor: str, level: str, reference: str) -> float:
        """Return what a level does by itself, against another: the marginal effect."""
        level_rate = self._mean(self.truth.standardised, outcome, factor, level)
        return level_rate - self._mean(self.truth.standardised, outcome, factor, reference)

    def rest(self, outcome: str, factor: str, level: str) -> float:
        """Return the expected rate among those who do not have a level, less those who do."""
        share = self._share(factor, level)
        others = (self.overall(outcome) - share * self.rate(outcome, factor, level)) / (1 - share)
        return self.rate(outcome, factor, level) - others

    def _share(self, factor: str, level: str) -> float:
        shares = self.truth.shares[COLUMNS[factor]]
        return sum(shares[one] for one in self._levels(factor, level))

    def _levels(self, factor: str, level: str) -> tuple[str, ...]:
        """Return the world's levels that a level of the chapter stands for."""
        known = self.truth.shares[COLUMNS[factor]]
        return (level,) if level in known else self.factors[factor].together

    def _mean(
        self,
        by_level: Mapping[str, Mapping[str, Mapping[str, float]]],
        outcome: str,
        factor: str,
        level: str,
    ) -> float:
        values = by_level[COLUMNS[outcome]][COLUMNS[factor]]
        levels = self._levels(factor, level)
        weights = [self.truth.shares[COLUMNS[factor]][one] for one in levels]
        return float(np.average([values[one] for one in levels], weights=weights))


def tables_of(p: Parameters) -> tuple[Mapping[str, pd.DataFrame], Mapping[str, Any]]:
    """Return the world's tables by name, and its truth as plain data."""
    world = simulate(p)
    return {"users": world.users}, asdict(world.truth)


def open_world(p: Parameters) -> UserBase:
    """Return the user base of a simulated world."""
    world = simulate(p)
    table = USERS.validate(world.users)
    units = pd.DataFrame({name: table[source] for name, source in COLUMNS.items()})
    for column in FACTORS:
        units[column] = units[column].astype(str)
    words = label_words(p.labels, WORDS)
    source = duckdb.connect(config={"threads": 1}).from_df(units)
    names = {column: words[column] for column in FACTORS}
    rows, factors = stand_together(source, names, fewest=p.fewest_in_group)
    return UserBase(
        parameters=p,
        reopen=open_world,
        units=rows,
        ungrouped=source,
        truth=world.truth,
        known=KnownUsers(world, {factor.column: factor for factor in factors}),
        tables={"users": table},
        factors=factors,
        outcomes={column: Outcome(column, words[column]) for column in OUTCOMES},
        onboarding=words["onboarding"],
        activity=words["activity"],
        words=Name(words["users"].text),
        onboarding_was=p.onboarding_assignment,
    )
