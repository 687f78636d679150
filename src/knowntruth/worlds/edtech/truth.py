"""Truth of `edtech`: expected outcomes of every kind of person there can be.

The *population* is every combination of factors with its share of sign-ups. A *rate* is what
is to be expected of those who have a value of a factor; a *standardised* rate what would be
expected if everybody had that value and all else were as it is. Differences of standardised
rates are average marginal effects: what a factor does by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .expectations import OUTCOMES, Expectations
from .parameters import Parameters
from .rules import Array, People, Rules, shares_of
from .users import LATE, day_weights

FACTORS = ("age_group", "skill_level", "instrument", "country", "income_band", "onboarding")
AXES = (*FACTORS[:5], "keen", "onboarding")  # of the population, in this order
ByLevel = Mapping[str, float]


@dataclass(frozen=True)
class Truth:
    """What is to be expected, and what each factor does.

    Attributes:
        overall: expected value of each outcome.
        rates: outcome → factor → level → expected value among those who have the level.
        standardised: the same if everybody had the level and all else were as it is.
        shares: factor → level → share of sign-ups that have it.
    """

    overall: Mapping[str, float]
    rates: Mapping[str, Mapping[str, ByLevel]]
    standardised: Mapping[str, Mapping[str, ByLevel]]
    shares: Mapping[str, ByLevel]

    def difference(self, outcome: str, factor: str, level: str, reference: str) -> float:
        """Return the difference of two expected rates: what a comparison of groups estimates."""
        rates = self.rates[outcome][factor]
        return rates[level] - rates[reference]

    def effect(self, outcome: str, factor: str, level: str, reference: str) -> float:
        """Return the average marginal effect of a level against another."""
        rates = self.standardised[outcome][factor]
        return rates[level] - rates[reference]


def population(rules: Rules, late: float) -> tuple[People, Array]:
    """Return every kind of person, and its share of sign-ups when `late` of them are late."""
    p = rules.p
    ages = (1 - late) * rules.age_shares(late=False) + late * rules.age_shares(late=True)
    skills = shares_of(p.skill_levels.values())
    sizes = (len(ages), len(skills), len(rules.instruments), len(rules.countries), 3, 2, 2)
    codes = [axis.ravel() for axis in np.indices(sizes)]
    age, skill, instrument, country, income, keen, onboarding = codes
    people = People(
        age, skill, instrument, country, income, keen, onboarding, kinds=rules.kind_shares()
    )
    takes = rules.takes_onboarding(people)
    weight = (
        ages[age]
        * skills[skill]
        * rules.instrument_shares[age, instrument]
        * rules.country_shares[country]
        * rules.income_shares[country, income]
        * np.where(keen == 1, p.keen_share, 1 - p.keen_share)
        * np.where(onboarding == 1, takes, 1 - takes)
    )
    return people, weight


def lesson_shares(p: Parameters) -> Array:
    """Return the share of sign-ups with each number of lessons, from none up."""
    rules = Rules(p)
    people, weight = population(rules, _late(p))
    return Expectations(rules).lesson_shares(people, weight)


def _late(p: Parameters) -> float:
    """Return the share of sign-ups after 15 August."""
    return float(day_weights(p)[LATE].sum())


def truth_of(p: Parameters) -> Truth:
    """Return the truth of these parameters."""
    rules = Rules(p)
    people, weight = population(rules, _late(p))
    plain = Expectations(rules).of(people)
    sizes = tuple(getattr(people, axis).max() + 1 for axis in AXES)
    weights = weight.reshape(sizes)
    rates: dict[str, dict[str, dict[str, float]]] = {o: {} for o in OUTCOMES}
    standardised: dict[str, dict[str, dict[str, float]]] = {o: {} for o in OUTCOMES}
    shares: dict[str, dict[str, float]] = {}
    for factor in FACTORS:
        levels, axis = rules.levels(factor), AXES.index(factor)
        # Shares of everything else, whatever the factor is.
        others = weights.sum(axis=axis, keepdims=True)
        rest = tuple(k for k in range(len(sizes)) if k != axis)
        shares[factor] = dict(zip(levels, weights.sum(axis=rest).tolist(), strict=True))
        for outcome in OUTCOMES:
            expected = plain[outcome].reshape(sizes)
            with np.errstate(invalid="ignore"):
                within = (weights * expected).sum(axis=rest) / weights.sum(axis=rest)
            everybody = (others * expected).sum(axis=rest)
            rates[outcome][factor] = dict(zip(levels, within.tolist(), strict=True))
            standardised[outcome][factor] = dict(zip(levels, everybody.tolist(), strict=True))
    return Truth(
        overall={outcome: float(weight @ plain[outcome]) for outcome in OUTCOMES},
        rates=rates,
        standardised=standardised,
        shares=shares,
    )
