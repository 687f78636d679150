"""Lessons of `edtech`: how many a user completes, drawn, and as a distribution.

A count is a rounded normal draw, by skill and by how long the user stayed; power users add
some, idle users have next to none, extremes and some rare countries have more or fewer.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from .parameters import STAGES
from .rules import Array, People, Rules

TAIL_SDS = 9  # a normal draw beyond this many standard deviations has no weight in a double


def apply_kinds(
    rules: Rules, people: People, lessons: Array, extra: dict[str, Array], high: Array
) -> Array:
    """Return lessons after what outliers add or lack; `extra` holds a draw for each kind.

    `high` says for each person whether an extreme would be a high one.
    """
    lessons = np.where(people.kind("power"), lessons + extra["power"], lessons)
    lessons = np.where(people.kind("idle"), extra["idle"], lessons)
    more = rules.is_rare(people, "rare_high_activity")
    fewer = rules.is_rare(people, "rare_low_activity")
    lessons = lessons + np.where(more, extra["more"], 0) - np.where(fewer, extra["fewer"], 0)
    extreme = np.asarray(people.kind("instrument_extreme")) > 0
    change = np.where(high, extra["high"], -extra["low"])
    return np.asarray(np.maximum(np.maximum(lessons, 0) + np.where(extreme, change, 0), 0))


class Distribution:
    """The distribution of lessons for each skill, stage and kind of person."""

    def __init__(self, rules: Rules) -> None:
        """Lay out the counts that can occur."""
        self.rules = rules
        p = rules.p
        top = float((rules.lessons_mean + TAIL_SDS * rules.lessons_sd[:, None]).max())
        most = [p.power_lessons[1], p.idle_lessons[1], p.rare_more_lessons[1], p.extreme_high[1]]
        self.counts = np.arange(int(np.ceil(top)) + sum(most) + 2)
        # (skills, stages, counts): people of no kind.
        self.usual = np.array(
            [
                [
                    _rounded_normal(self.counts, rules.lessons_mean[skill, stage], sd)
                    for stage in range(len(STAGES))
                ]
                for skill, sd in enumerate(rules.lessons_sd)
            ]
        )

    def mixed(self, *, power: float, idle: float, extreme: float, activity: int) -> Array:
        """Return the distribution by skill and stage, an array of (skills, stages, counts).

        `power`, `idle` and `extreme` are shares; `activity` is 1 in a rare country with more
        lessons, -1 in one with fewer, else 0.
        """
        p, usual = self.rules.p, self.usual
        idle_only = np.broadcast_to(_uniform(self.counts, p.idle_lessons), usual.shape)
        mix = (1 - power - idle) * usual + idle * idle_only
        if power:
            mix = mix + power * self._moved(usual, p.power_lessons, 1)
        if activity > 0:
            mix = self._moved(mix, p.rare_more_lessons, 1)
        elif activity < 0:
            mix = self._moved(mix, p.rare_fewer_lessons, -1)
        if extreme:
            high = self._moved(mix, p.extreme_high, 1)
            low = self._moved(mix, p.extreme_low, -1)
            mix = (1 - extreme) * mix + extreme * (high + low) / 2
        return mix

    def _moved(self, share: Array, ends: list[int], way: int) -> Array:
        """Return the distribution after a whole number between `ends` is added or taken away."""
        steps = range(ends[0], ends[1] + 1)
        moved = np.zeros_like(share)
        for step in steps:
            if way > 0:
                moved[..., step:] += share[..., : share.shape[-1] - step]
            else:
                moved[..., : share.shape[-1] - step] += share[..., step:]
                moved[..., 0] += share[..., :step].sum(axis=-1)
        return moved / len(steps)


def _rounded_normal(counts: Array, mean: float, sd: float) -> Array:
    """Return the chance of each count when a normal draw is rounded and is at least zero."""
    if sd == 0:
        return np.asarray(counts == max(np.round(mean), 0), dtype=float)
    at_most = stats.norm.cdf(counts + 0.5, mean, sd)
    share: Array = np.diff(at_most, prepend=0.0)
    return share


def _uniform(counts: Array, ends: list[int]) -> Array:
    inside = (counts >= ends[0]) & (counts <= ends[1])
    return np.asarray(inside / inside.sum())
