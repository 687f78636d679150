"""Expectations of `edtech`: the rules added up, without a single random draw.

For people, or for kinds of people with their outliers as shares, `Expectations.of` returns the
expected value of each outcome before anything has happened. Sums over stages and lessons are
exact; the spread of churn is integrated numerically (Gauss and Legendre's rule).
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from .lessons import Distribution
from .parameters import STAGES
from .rules import Array, People, Rules, clipped_shift_mean

OUTCOMES = (
    "day_1_retention",
    "day_7_retention",
    "day_30_retention",
    "premium_conversion",
    "churn",
    "lessons_completed",
)
NODES, TAIL_SDS = 40, 7  # of the rule: nodes, and standard deviations to either side


class Expectations:
    """Expected outcomes under the rules of one world."""

    def __init__(self, rules: Rules) -> None:
        """Lay out the distribution of lessons."""
        self.rules, self.lessons = rules, Distribution(rules)
        self._mixes: dict[tuple[float, float, float, int], Array] = {}

    def of(self, people: People) -> dict[str, Array]:
        """Return the expected value of each outcome, one entry a person."""
        day_1 = self.day_1(people)
        stages, day_30 = self.stages(people, day_1)
        paying, lessons = self._paying_and_lessons(people, stages, day_1)
        return {
            "day_1_retention": 1 - stages[:, 0],
            "day_7_retention": stages[:, 2:].sum(axis=1),
            "day_30_retention": day_30,
            "premium_conversion": self.rules.rare_paying(people, paying),
            "churn": self._churn(people, day_30),
            "lessons_completed": lessons,
        }

    def day_1(self, people: People) -> Array:
        """Return the chance of day 1, spikes and drops by their shares."""
        p, chance = self.rules.p, self.rules.day_1(people)
        ends = (p.day_1_floor, 1.0)
        rises, falls = people.kind("retention_spike"), people.kind("retention_drop")
        down = [-size for size in reversed(p.retention_drop_size)]
        return np.asarray(
            (1 - rises - falls) * np.clip(chance, *ends)
            + rises * clipped_shift_mean(chance, p.retention_spike_size, *ends)
            + falls * clipped_shift_mean(chance, down, *ends)
        )

    def stages(self, people: People, day_1: Array) -> tuple[Array, Array]:
        """Return the chance of each last day come back, (people, stages), and that of day 30.

        The two differ only where an anomaly sets day 30 without the days before it.
        """
        p, rules = self.rules.p, self.rules
        day_7, last = rules.day_7(people), rules.day_30(people)
        always = people.kind("always_retained")
        stages = np.column_stack(
            [1 - day_1, day_1 * (1 - day_7), day_1 * day_7 * (1 - last), day_1 * day_7 * last]
        )
        stages *= np.reshape(1 - np.asarray(always), (-1, 1))
        stages[:, 3] += always
        high = rules.is_rare(people, "rare_high_retention")
        low = rules.is_rare(people, "rare_low_retention")
        outright = low & (p.rare_anomalies == "as coded")
        day_30 = np.where(low & ~outright, p.rare_low_day_30 * stages[:, 3], stages[:, 3])
        day_30 = np.where(outright, p.rare_low_day_30, day_30)
        day_30 = np.where(high, p.rare_high_day_30, day_30)
        if p.retention_nested:
            thinned = low & ~outright
            stages[thinned, 2] += (1 - p.rare_low_day_30) * stages[thinned, 3]
            stages[thinned, 3] *= p.rare_low_day_30
            for rows, chance in ((high, p.rare_high_day_30), (outright, p.rare_low_day_30)):
                stages[rows, 2] += stages[rows, 3]
                stages[rows, 3] = 0.0
                stages[rows] *= 1 - chance
                stages[rows, 3] = chance
        return stages, day_30

    def _paying_and_lessons(
        self, people: People, stages: Array, day_1: Array
    ) -> tuple[Array, Array]:
        """Return the chance to pay before the anomalies of rare countries, and mean lessons."""
        p, rules = self.rules.p, self.rules
        keen = np.array([1.0, p.keen_conversion])[people.keen.astype(int)]
        appeals, of_person = np.unique(rules.appeal(people) * keen, return_inverse=True)
        rates = np.array([p.conversion_by_stage[name] for name in STAGES])
        counts = self.lessons.counts
        # (stages, appeals, counts)
        chances = np.minimum(
            rates[:, None, None] * appeals[None, :, None] * rules.lesson_factor(counts), 1.0
        )
        paying, lessons = np.zeros(len(people)), np.zeros(len(people))
        mixes, of_mix = self._mixes_of(people)
        for number, mix in enumerate(mixes):
            rows = np.flatnonzero(of_mix == number)
            skill = people.skill_level[rows]
            pays = np.einsum("ksc,sac->ksa", mix, chances, optimize=True)
            mean = mix @ counts
            for stage in range(len(STAGES)):
                weight = stages[rows, stage]
                paying[rows] += weight * pays[skill, stage, of_person[rows]]
                lessons[rows] += weight * mean[skill, stage]
        if p.conversion_follows == "chances":
            paying = rules.pays_by_chances(people, day_1)
        return paying, lessons

    def lesson_shares(self, people: People, weight: Array) -> Array:
        """Return the share of each number of lessons, from none up, among weighted people."""
        stages, _ = self.stages(people, self.day_1(people))
        mixes, of_mix = self._mixes_of(people)
        shares = np.zeros(len(self.lessons.counts))
        for number, mix in enumerate(mixes):
            rows = of_mix == number
            for skill in range(len(mix)):
                chosen = rows & (people.skill_level == skill)
                shares += (weight[chosen] @ stages[chosen]) @ mix[skill]
        return shares

    def _mixes_of(self, people: People) -> tuple[list[Array], Array]:
        """Return the distributions of lessons that occur, and which of them each person has."""
        rules, n = self.rules, len(people)
        extreme = people.kinds.get("instrument_extreme")
        activity = rules.is_rare(people, "rare_high_activity").astype(int)
        activity -= rules.is_rare(people, "rare_low_activity")
        columns = np.column_stack(
            [
                np.broadcast_to(people.kind("power"), n),
                np.broadcast_to(people.kind("idle"), n),
                rules.extreme_share(people) if extreme is None else extreme,
                activity,
            ]
        )
        found, of_person = np.unique(columns, axis=0, return_inverse=True)
        mixes = []
        for power, idle, share, way in found:
            key = (float(power), float(idle), float(share), int(way))
            if key not in self._mixes:
                self._mixes[key] = self.lessons.mixed(
                    power=key[0], idle=key[1], extreme=key[2], activity=key[3]
                )
            mixes.append(self._mixes[key])
        return mixes, np.ravel(of_person)

    def _churn(self, people: People, day_30: Array) -> Array:
        p = self.rules.p
        parts, of_person = np.unique(
            np.column_stack(self.rules.churn_parts(people)), axis=0, return_inverse=True
        )
        of_person = np.ravel(of_person)
        first, of_first = clipped_normal(parts[:, 0], p.churn_age_sd)
        second, of_second = clipped_normal(parts[:, 1], p.churn_instrument_sd)
        weights = of_first[:, :, None] * of_second[:, None, :]
        spike = people.kind("churn_spike")
        total = np.zeros(len(people))
        for retained, weight in ((False, 1 - day_30), (True, day_30)):
            factor = parts[:, 2] * (p.churn_if_retained if retained else 1.0)
            chance = first[:, :, None] * second[:, None, :] * factor[:, None, None]
            jumped = clipped_shift_mean(chance, p.churn_spike_size, 0.0, 1.0)
            usual, jumped = (
                (weights * values).sum(axis=(1, 2))[of_person]
                for values in (np.minimum(chance, 1.0), jumped)
            )
            total += weight * ((1 - spike) * usual + spike * jumped)
        return total


def clipped_normal(mean: Array, sd: float) -> tuple[Array, Array]:
    """Return values, and their weights, of normal variables that are clipped to 0 and 1.

    Both are arrays of (means, values). The ends carry the weight of what was clipped to them.
    """
    if sd == 0:
        return np.clip(mean, 0, 1)[:, None], np.ones((len(mean), 1))
    nodes, lengths = np.polynomial.legendre.leggauss(NODES)
    low, high = (np.clip(mean + way * TAIL_SDS * sd, 0, 1)[:, None] for way in (-1, 1))
    inside = low + (high - low) * (1 + nodes) / 2
    density = stats.norm.pdf(inside, mean[:, None], sd) * (high - low) * lengths / 2
    values = np.column_stack([np.zeros_like(mean), inside, np.ones_like(mean)])
    weights = np.column_stack([stats.norm.cdf(0, mean, sd), density, stats.norm.sf(1, mean, sd)])
    return values, weights / weights.sum(axis=1, keepdims=True)
