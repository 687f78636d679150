"""The notebook that this chapter began as: its table, drawn again.

The table exists twice: *printed* is what the original's prints describe, *final* is what it
leaves behind, after three more cells overwrite lessons, retention and premium.
`original_draws` has the draws cell by cell, `original_figures` what it printed beside what
comes out here, `original_flaws` what is wrong with its table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import original_draws as draws
from .original_draws import DAYS, USERS, Array, Codes, Premium, Retention, Weights

FLAGS = ("day_1_retention", "day_7_retention", "day_30_retention")


@dataclass(frozen=True)
class Replay:
    """The original's data, drawn again; every table has a row a user, in the same order.

    Attributes:
        weights: by factor: `age_group`, `skill_level`, `instrument`, `country`.
        age_shares: shares of the age groups that its users were drawn from.
        day_weights: weight of each day of August after its decay.
        day_counts: users who start on each of them.
        retention, premium: what they were drawn from and, as `flags`, what was drawn.
        probabilities: columns `churn`, `day_1`, `day_7`, `day_30`, `premium`; those of day 7
            and of day 30 are given the day before.
        injected: who was picked at random to be unlike the others, a column a reason.
        printed: the table that its prints describe.
        second_lessons: the lessons that replaced those, before the rare countries.
        final: the table that it leaves behind.
    """

    weights: Mapping[str, Weights]
    age_shares: Mapping[str, float]
    day_weights: Array
    day_counts: Codes
    retention: Retention
    premium: Premium
    probabilities: pd.DataFrame
    injected: pd.DataFrame
    printed: pd.DataFrame
    second_lessons: Codes
    final: pd.DataFrame


def replay(seed: int) -> Replay:
    """Return the original's table, and what went into it.

    `seed` is for what the original never seeded and did not print: the countries of all
    but its first users, and the spread of its first lessons.
    """
    ours = np.random.default_rng(seed)
    weights = draws.draw_weights(draws.stream())
    day_weights, day_counts = draws.count_days()
    shares = {factor: weight.shares for factor, weight in weights.items()}
    shares["age_group"] = draws.lower_the_youngest(shares["age_group"])
    factors = draws.draw_factors(draws.stream(), shares, ours)
    churn = draws.draw_churn(draws.stream(), factors)
    retention = draws.draw_retention(draws.stream(), factors, shares["country"])
    premium = draws.draw_premium(draws.stream(), factors, shares["country"], retention)
    skill = factors["skill_level"]
    first = draws.draw_first_lessons(draws.stream(), skill, retention.flags[:, 2], ours)
    printed = pd.DataFrame(
        {
            "user_id": [f"AUG{i:05}" for i in range(1, USERS + 1)],
            "start_date": np.repeat(DAYS, day_counts),
            "age_group": factors["age_group"].labels,
            "instrument": factors["instrument"].labels,
            "country": factors["country"].labels,
            "skill_level": skill.labels,
            "churn": churn.flags,
            **dict(zip(FLAGS, retention.flags.T, strict=True)),
            "premium_conversion": premium.flags,
            "lessons_completed": first.counts,
        }
    )
    second = draws.draw_lessons(draws.stream(), skill)
    final = printed.assign(lessons_completed=second.counts)
    final, rare = draws.move_to_rare_countries(draws.stream(), final)
    final, extreme = draws.draw_extremes(draws.stream(), final)
    day_1, day_7, day_30 = retention.probabilities
    return Replay(
        weights,
        shares["age_group"],
        day_weights,
        day_counts,
        retention,
        premium,
        pd.DataFrame(
            {
                "churn": churn.probabilities,
                "day_1": day_1,
                "day_7": day_7,
                "day_30": day_30,
                "premium": premium.probabilities,
            }
        ),
        pd.DataFrame(
            {
                "churn_spike": churn.spike,
                "retention_spike": retention.spike,
                "retention_drop": retention.drop,
                "forced": retention.forced,
                "first_power": first.power,
                "power": second.power,
                "idle": second.idle,
                "rare": rare,
                "extreme": extreme,
            }
        ),
        printed,
        second.counts,
        final,
    )
