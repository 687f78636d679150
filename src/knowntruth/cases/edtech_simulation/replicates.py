"""One of many worlds: what the chapter's methods answer in it, and what is true in all.

Worlds here differ by their seed alone. The *reference* is what they share: parameters and
truth. A *pair* is two levels of a factor, of which the second is what the first is held against.
Answers are the chapter's own numbers, made from codes and counts instead of text and queries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from ...methods.experiments import experiments
from ...methods.rates import Tally
from ...methods.users import marginal_effects as margins
from ...methods.users import robust
from ...story.estimates import Estimate
from ...worlds.edtech.truth import Truth, truth_of
from ...worlds.edtech.users import day_weights, draw
from ..many_worlds import NOTHING, Answer
from .middles import middles_of
from .parameters import Parameters
from .user_base import ONBOARDING, SMALL

FACTORS = ("age_group", "instrument", "country", "income_band", "skill_level")
DAY_1, DAY_30, CONVERTED = "day_1_retention", "day_30_retention", "premium_conversion"
LESSONS, KEEN = "lessons_completed", "keen"
FEWEST_EVENTS = 5  # with fewer, or fewer non-events, a group has no effect of its own
# Of a group in a pair, so that hardly a world has too few of its events or of its users.
EVENTS_EXPECTED, TIMES_FEWEST = 20, 2

Rows = NDArray[np.bool_]


class Pair(NamedTuple):
    """A level of a factor, and the level that it is held against."""

    level: str
    against: str


WITH_AND_WITHOUT = Pair("1", "0")


@dataclass(frozen=True)
class Reference:
    """What worlds that differ by their seed alone have in common.

    Attributes:
        p: their parameters.
        truth: what is true in them.
        middles: what each estimator of a middle would find without outliers, and without chance.
    """

    p: Parameters
    truth: Truth
    middles: Mapping[str, float]

    @classmethod
    def of(cls, p: Parameters) -> Reference:
        """Return what worlds of these parameters share, the weights of days included."""
        # Drawn anew with each seed they would move the truth, by little.
        p = p.model_copy(update={"daily_weights": day_weights(p).tolist(), "late_august": 1.0})
        return cls(p, truth_of(p), middles_of(p.model_copy(update={"outliers": []})))

    @property
    def is_chosen(self) -> bool:
        """Whether users choose the onboarding."""
        return self.p.onboarding_assignment == "self-selected"

    @property
    def has_rare(self) -> bool:
        """Whether anybody is from a rare country."""
        return self.p.has("rare_country") and self.p.rare_share > 0

    @cached_property
    def instruments(self) -> Pair | None:
        """The instrument whose players differ by other than its own doing, and the usual one."""
        return self._farthest(DAY_1, "instrument", list(self.p.instruments))

    @cached_property
    def countries(self) -> Pair | None:
        """The usual country whose users differ by other than its own doing, and the usual one."""
        return self._farthest(CONVERTED, "country", list(self.p.countries))

    def effect(self, outcome: str, factor: str, pair: Pair) -> float:
        """Return what the level of a pair does by itself."""
        return self.truth.effect(outcome, factor, *pair)

    def above_others(self, outcome: str, factor: str, level: str) -> float:
        """Return the expected rate of a group less that of all others together."""
        share, rate = self.truth.shares[factor][level], self.truth.rates[outcome][factor][level]
        return (rate - self.truth.overall[outcome]) / (1 - share)

    def usual_conversion(self) -> float:
        """Return the expected conversion of those from usual countries."""
        shares, rates = self.truth.shares["country"], self.truth.rates[CONVERTED]["country"]
        usual = list(self.p.countries)
        return float(np.average([rates[c] for c in usual], weights=[shares[c] for c in usual]))

    def _farthest(self, outcome: str, factor: str, levels: Sequence[str]) -> Pair | None:
        """Return the level whose difference from the largest is farthest from its effect."""
        largest = max(levels, key=lambda level: self.truth.shares[factor][level])
        enough = [level for level in levels if self._has_enough(outcome, factor, level)]
        pairs = [Pair(level, largest) for level in enough if level != largest]
        if largest not in enough or not pairs:
            return None
        truth = self.truth
        return max(
            pairs,
            key=lambda pair: abs(
                truth.difference(outcome, factor, *pair) - truth.effect(outcome, factor, *pair)
            ),
        )

    def _has_enough(self, outcome: str, factor: str, level: str) -> bool:
        users = self.p.users * self.truth.shares[factor][level]
        events = users * self.truth.rates[outcome][factor][level]
        return (
            users >= TIMES_FEWEST * self.p.fewest_in_group
            and min(events, users - events) >= EVENTS_EXPECTED
        )


class Replicate:
    """One world, its users by groups as the chapter shows them."""

    def __init__(self, reference: Reference, seed: int) -> None:
        """Draw the users; the same with the onboarding dealt by lot only when asked for."""
        self.reference = reference
        self.p = reference.p.model_copy(update={"seed": seed})
        self.level = 1 - self.p.alpha
        drawn = draw(self.p)
        outcomes = [DAY_1, DAY_30, CONVERTED, LESSONS]
        groups = {factor: _small_together(drawn.users[factor], self.p) for factor in FACTORS}
        self.users = drawn.users[outcomes].assign(
            **groups, onboarding=_taken(drawn.users[ONBOARDING]), keen=drawn.people.keen
        )
        self.is_usual: Rows = drawn.people.country < len(self.p.countries)

    @cached_property
    def dealt(self) -> pd.DataFrame:
        """The same users, but that a lot decided who took the onboarding."""
        by_lot = self.p.model_copy(update={"onboarding_assignment": "randomised"})
        users = draw(by_lot).users
        return users[[DAY_30]].assign(onboarding=_taken(users[ONBOARDING]))

    def rate(self, outcome: str) -> Answer:
        """Return the rate of an outcome among all users."""
        return self._rate(outcome, np.ones(len(self.users), dtype=bool))

    def rate_of_usual(self, outcome: str) -> Answer:
        """Return the rate of an outcome among users from usual countries."""
        return self._rate(outcome, self.is_usual)

    def crude(self, outcome: str, factor: str, pair: Pair) -> Answer:
        """Return how users with a level differ as they come."""
        return _crude(self.users, outcome, factor, pair, level=self.level)

    def by_lot(self, outcome: str) -> Answer:
        """Return how users with the onboarding differ as they come, had a lot decided."""
        return _crude(self.dealt, outcome, ONBOARDING, WITH_AND_WITHOUT, level=self.level)

    def adjusted(
        self, outcome: str, factor: str, pair: Pair, *, without: str = "", told: bool = False
    ) -> Answer:
        """Return what a level does, all known factors equal but for the one left out.

        `told` adds the hidden keenness to what is known.
        """
        if not set(pair) <= set(self.users[factor].unique()):
            return NOTHING
        known = [cause for cause in (*FACTORS, ONBOARDING) if cause != without]
        found = margins.marginal_effects(
            self.users,
            outcome,
            [*known, KEEN] if told else known,
            level=self.level,
            references={factor: pair.against},
            fewest_events=FEWEST_EVENTS,
            of=[factor],
        )
        estimate = found.effects.get(factor, {}).get(pair.level)
        return NOTHING if estimate is None else _ends(estimate)

    @cached_property
    def centres(self) -> dict[robust.Kind, Estimate]:
        """Where lessons lie, by each estimator."""
        return robust.location(self.users[[LESSONS]], LESSONS, level=self.level)

    def centre(self, kind: robust.Kind) -> Answer:
        """Return where lessons lie, by one estimator."""
        return _ends(self.centres[kind])

    @cached_property
    def best(self) -> tuple[str, Tally] | None:
        """The usual country that pays most often, and who pays there; None without a payer."""
        groups, paid = self.users["country"], self.users[CONVERTED].to_numpy()
        names, codes = groups.cat.categories, groups.cat.codes
        counts = [np.bincount(codes, each, minlength=len(names)) for each in (paid, None)]
        tallies = {
            name: Tally(int(payers), int(users))
            for name, payers, users in zip(names, *counts, strict=True)
            if name in self.p.countries and payers
        }
        if not tallies:
            return None
        best = max(tallies, key=lambda name: tallies[name].rate)
        return best, tallies[best]

    def best_against_others(self) -> Answer:
        """Return by how much the country that pays most often exceeds all others together."""
        if self.best is None:
            return NOTHING
        _, best = self.best
        paid = int(self.users[CONVERTED].sum())
        others = Tally(paid - best.successes, len(self.users) - best.trials)
        if not others.trials:
            return NOTHING
        return _ends(experiments.proportions(others, best, level=self.level).difference)

    def true_best_against_others(self) -> float:
        """Return by how much that country should exceed all others."""
        if self.best is None:
            return np.nan
        return self.reference.above_others(CONVERTED, "country", self.best[0])

    def _rate(self, outcome: str, rows: Rows) -> Answer:
        tally = _tally(self.users, outcome, rows)
        return _ends(experiments.rate(tally, level=self.level)) if tally.trials else NOTHING


def _small_together(labels: pd.Series[Any], p: Parameters) -> pd.Series[Any]:
    """Return groups with those that have few users as one, if they are several."""
    codes, names = labels.cat.codes.to_numpy(), labels.cat.categories
    users = np.bincount(codes, minlength=len(names))
    small = (users > 0) & (users < p.fewest_in_group)
    if small.sum() < 2:
        return labels
    places = np.where(small, np.sum(~small), np.cumsum(~small) - 1)
    together = pd.Categorical.from_codes(places[codes], pd.Index([*names[~small], SMALL]))
    return pd.Series(together, index=labels.index)


def _taken(onboarding: pd.Series[Any]) -> pd.Categorical[str]:
    return pd.Categorical.from_codes(onboarding.to_numpy(), pd.Index(["0", "1"]))


def _tally(users: pd.DataFrame, outcome: str, rows: Rows) -> Tally:
    return Tally(int(users[outcome].to_numpy()[rows].sum()), int(rows.sum()))


def _crude(users: pd.DataFrame, outcome: str, factor: str, pair: Pair, *, level: float) -> Answer:
    """Return a difference of two rates as `marginal_effects` does, with Wald's interval."""
    of, against = (_tally(users, outcome, (users[factor] == one).to_numpy()) for one in pair)
    if min(min(n, of_all - n) for n, of_all in (of, against)) < FEWEST_EVENTS:
        return NOTHING
    value = of.rate - against.rate
    error = np.sqrt(sum(one.rate * (1 - one.rate) / one.trials for one in (of, against)))
    reach = -float(ndtri((1 - level) / 2) * error)
    return value, value - reach, value + reach


def _ends(estimate: Estimate) -> Answer:
    return estimate.value, estimate.low, estimate.high
