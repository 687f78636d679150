"""Rules of `edtech`: the chance of everything, from what a user is and has done so far.

The same rules draw the users and, added up without drawing, say what is true.
*People* are arrays of codes, one entry a person (or a kind of person); a *kind* of outlier is
0 or 1 for a person, and a share for a kind of person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .parameters import INCOMES, STAGES, Numbers, Parameters

Array = NDArray[Any]
LARGEST_EXPONENT = 500.0  # makes any chance certain, and overflows in no product of factors


@dataclass(frozen=True)
class People:
    """Who people are, as codes in the order of the parameters.

    `country` goes on with the rare ones behind the usual ones.
    """

    age_group: Array
    skill_level: Array
    instrument: Array
    country: Array
    income_band: Array
    keen: Array
    onboarding: Array
    kinds: Mapping[str, Array | float] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.age_group)

    def kind(self, name: str) -> Array | float:
        """Return whether, or with what share, people are of a kind of outlier."""
        return self.kinds.get(name, 0.0)

    def put(self, factor: str, code: int) -> People:
        """Return the same people, but for one factor, in which all are alike."""
        return replace(self, **{factor: np.full_like(getattr(self, factor), code)})


class Rules:
    """The chances that the parameters imply."""

    def __init__(self, p: Parameters) -> None:
        """Look every factor up once."""
        self.p = p
        self.ages, self.skills = list(p.age_groups), list(p.skill_levels)
        self.instruments = list(p.instruments)
        self.usual = list(p.countries)
        self.countries = self.usual + (p.rare_countries if p.has("rare_country") else [])

    def levels(self, factor: str) -> list[str]:
        """Return the values of a factor in the order of their codes."""
        return {
            "age_group": self.ages,
            "skill_level": self.skills,
            "instrument": self.instruments,
            "country": self.countries,
            "income_band": list(INCOMES),
            "onboarding": ["0", "1"],
        }[factor]

    # Who people are.

    def age_shares(self, *, late: bool) -> Array:
        """Return the share of each age group among sign-ups before or after 15 August."""
        shares = shares_of(self.p.age_groups.values())
        drop = self.p.back_to_school_drop
        if self.p.back_to_school == "as coded":
            shares[0] = max(shares[0] - drop, 0.0)
        elif late:
            shares[0] *= 1 - drop
        return np.asarray(shares / shares.sum())

    @cached_property
    def instrument_shares(self) -> Array:
        """Shares of instruments within each age group: an array of (ages, instruments)."""
        weights = shares_of(self.p.instruments.values()) * _pairs(
            self.p.instrument_by_age, self.ages, self.instruments
        )
        shares: Array = weights / weights.sum(axis=1, keepdims=True)
        return shares

    @cached_property
    def country_shares(self) -> Array:
        """Shares of all countries, the rare ones behind."""
        rare = self.p.rare_share if self.p.has("rare_country") else 0.0
        usual = (1 - rare) * shares_of(self.p.countries.values())
        extra = len(self.countries) - len(usual)
        return np.concatenate([usual, np.full(extra, rare / max(extra, 1))])

    @cached_property
    def income_shares(self) -> Array:
        """Shares of income bands within each country: an array of (countries, bands)."""
        s = np.array([self.p.economies.get(c, 0.5) for c in self.countries])
        return np.column_stack([(1 - s) ** 2, 2 * s * (1 - s), s**2])

    def takes_onboarding(self, people: People) -> Array:
        """Return the chance to take the guided first lesson."""
        p = self.p
        if p.onboarding_assignment == "randomised":
            return np.full(len(people), p.onboarding_share)
        odds = np.array([c / (1 - c) for c in (p.onboarding_if_not, p.onboarding_if_keen)])
        odds = odds[people.keen.astype(int)]
        odds = odds * _factor(p.onboarding_by_age, self.ages)[people.age_group]
        return np.asarray(odds / (1 + odds))

    def kind_shares(self) -> dict[str, float]:
        """Return how many people are of each kind, but for rare countries and extremes."""
        p = self.p
        shares = {
            "churn_spike": p.churn_spike_share,
            "retention_spike": p.retention_spike_share,
            "retention_drop": p.retention_drop_share,
            "always_retained": p.always_retained_share,
            "power": p.power_share,
            "idle": p.idle_share,
        }
        return {kind: share if kind in p.outliers else 0.0 for kind, share in shares.items()}

    def extreme_share(self, people: People) -> Array:
        """Return the share with extreme lessons among players of each instrument."""
        if not self.p.has("instrument_extreme"):
            return np.zeros(len(people))
        shares = [self.p.instrument_extremes.get(i, 0.0) for i in self.instruments]
        return np.array(shares)[people.instrument]

    def is_rare(self, people: People, which: str) -> Array:
        """Return who is from the rare countries that a parameter lists."""
        listed = set(getattr(self.p, which)) if self.p.has("rare_country") else set()
        return np.array([c in listed for c in self.countries])[people.country]

    # Whether they stay.

    @cached_property
    def _age_retention(self) -> Array:
        return _factor(self.p.retention_by_age, self.ages)

    @cached_property
    def _instrument_retention(self) -> Array:
        return _factor(self.p.retention_by_instrument, self.instruments)

    @cached_property
    def _income_retention(self) -> Array:
        return _factor(self.p.retention_by_income, INCOMES)

    @cached_property
    def _country_retention(self) -> Array:
        return _factor(self.p.retention_by_country, self.countries)

    def taste(self, people: People) -> Array:
        """Return the common factor of the three retention chances.

        The best combination of factors has 1 / `scaling`; the keen are set above and the
        others below it so that the mean stays.
        """
        p = self.p
        best = self._best(
            self._age_retention,
            self._instrument_retention,
            self._income_retention,
            self._country_retention,
        )
        mean = 1 - p.keen_share + p.keen_share * p.keen_retention
        keen = np.array([1.0, p.keen_retention])[people.keen.astype(int)] / mean
        return np.asarray(
            self._age_retention[people.age_group]
            * self._instrument_retention[people.instrument]
            * self._income_retention[people.income_band]
            * self._country_retention[people.country]
            * keen
            / (best * p.scaling)
        )

    def _best(self, age: Array, instrument: Array, income: Array, country: Array) -> float:
        """Return the highest product of factors outside rare countries, 1 when all are zero."""
        usual = country[: len(self.usual)]
        return float(age.max() * instrument.max() * income.max() * usual.max()) or 1.0

    def day_1(self, people: People) -> Array:
        """Return the chance of day 1, before spikes, drops and the floor."""
        return np.minimum(
            self.p.day_1_base
            * self.taste(people)
            * (1 + self.p.onboarding_day_1 * people.onboarding),
            1.0,
        )

    def day_7(self, people: People) -> Array:
        """Return the chance of day 7 given day 1."""
        return np.minimum(self.p.day_7_base * self.taste(people), 1.0)

    def day_30(self, people: People) -> Array:
        """Return the chance of day 30 given day 7."""
        return np.minimum(
            self.p.day_30_base
            * self.taste(people)
            * (1 + self.p.onboarding_day_30 * people.onboarding),
            1.0,
        )

    # What they do.

    @cached_property
    def lessons_mean(self) -> Array:
        """Mean lessons before rounding: an array of (skills, stages)."""
        means = np.array([self.p.lessons_mean[skill] for skill in self.skills])
        stages = 1 + self.p.lessons_if_retained * np.arange(len(STAGES))
        return np.asarray(means[:, None] * stages)

    @cached_property
    def lessons_sd(self) -> Array:
        """Standard deviation of lessons before rounding, by skill."""
        return np.array([self.p.lessons_sd[skill] for skill in self.skills])

    # Whether they pay.

    @cached_property
    def _paying(self) -> tuple[Array, Array, Array, Array]:
        p = self.p
        return (
            _factor(p.conversion_by_age, self.ages),
            _factor(p.conversion_by_instrument, self.instruments),
            _factor(p.conversion_by_income, INCOMES),
            _factor(p.conversion_by_country, self.countries),
        )

    def appeal(self, people: People) -> Array:
        """Return the factor on paying of who people are."""
        age, instrument, income, country = self._paying
        return np.asarray(
            age[people.age_group]
            * instrument[people.instrument]
            * income[people.income_band]
            * country[people.country]
        )

    def pays_by_chances(self, people: People, day_1: Array) -> Array:
        """Return the chance to pay that ignores what users do, as in the original."""
        chance = day_1 * self.day_7(people) * self.day_30(people)
        appeal = self.appeal(people) / self._best(*self._paying)
        return np.asarray(np.minimum(chance * appeal, 1.0))

    def pays_by_behaviour(self, people: People, stage: Array, lessons: Array) -> Array:
        """Return the chance to pay, given how long users stayed and their lessons."""
        p = self.p
        rates = np.array([p.conversion_by_stage[name] for name in STAGES])
        keen = np.array([1.0, p.keen_conversion])[people.keen.astype(int)]
        chance = rates[stage] * self.appeal(people) * keen * self.lesson_factor(lessons)
        return np.asarray(np.minimum(chance, 1.0))

    def lesson_factor(self, lessons: Array) -> Array:
        """Return the factor on paying of so many lessons, 1 at the mean of the least skilled."""
        start = min(self.p.lessons_mean[skill] for skill in self.skills)
        exponent = self.p.conversion_per_lesson * (lessons - start)
        return np.asarray(np.exp(np.minimum(exponent, LARGEST_EXPONENT)))

    def rare_paying(self, people: People, chance: Array) -> Array:
        """Return the chance to pay with the anomalies of rare countries put in."""
        p = self.p
        low = p.rare_low_paying * (chance if p.rare_anomalies == "as meant" else 1.0)
        chance = np.where(self.is_rare(people, "rare_low_conversion"), low, chance)
        high = self.is_rare(people, "rare_high_conversion")
        return np.where(high, p.rare_high_paying, chance)

    # Whether they leave.

    @cached_property
    def churn_pairs(self) -> Array:
        """Factor on churn of an instrument within an age group: an array of (ages, instruments)."""
        return _pairs(self.p.churn_by_pair, self.ages, self.instruments)

    def churn_parts(self, people: People) -> tuple[Array, Array, Array]:
        """Return the two parts of churn before they spread, and the factor on their product."""
        p = self.p
        first = np.array([p.churn_by_age[age] for age in self.ages])[people.age_group]
        second = np.array([p.churn_by_instrument[i] for i in self.instruments])
        factor = (
            self.churn_pairs[people.age_group, people.instrument]
            * _factor(p.churn_by_income, INCOMES)[people.income_band]
            * _factor(p.churn_by_country, self.countries)[people.country]
        )
        return first, second[people.instrument], factor


def clipped_shift_mean(value: Array, shift: Iterable[float], low: float, high: float) -> Array:
    """Return the mean of `value` plus a uniform shift, clipped to `low` and `high`."""
    least, most = shift
    if least == most:
        return np.clip(value + least, low, high)
    area = _clip_area(value + most, low, high) - _clip_area(value + least, low, high)
    return np.asarray(area / (most - least))


def _clip_area(at: Array, low: float, high: float) -> Array:
    """Return the antiderivative of clipping."""
    inside = np.clip(at, low, high)
    below, above = np.minimum(at - low, 0.0), np.maximum(at - high, 0.0)
    return np.asarray(low * below + (inside**2 - low**2) / 2 + high * above)


def shares_of(weights: Iterable[float]) -> Array:
    """Return weights as shares of a whole."""
    values = np.array(list(weights), dtype=float)
    return np.asarray(values / values.sum())


def _factor(factors: Numbers, levels: Iterable[str]) -> Array:
    """Return the factor of each level, 1 where none is given."""
    return np.array([factors.get(level, 1.0) for level in levels])


def _pairs(factors: Mapping[str, Numbers], rows: list[str], columns: list[str]) -> Array:
    return np.array([[factors.get(r, {}).get(c, 1.0) for c in columns] for r in rows])
