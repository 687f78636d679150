"""The draws of the notebook that this chapter began as, a function a cell.

The original seeds numpy's legacy generator anew at the top of every cell, so each *stage*
here begins with the same stream. It also draws from Python's own generator, which it never
seeds: where it printed what came of that, the print is put in (weights of the instruments
and of the days, countries of the first users); the countries of all others and the spread
of the first lessons are drawn from a generator of ours. `original` joins the stages.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Rows = NDArray[np.bool_]

SEED = 301
USERS = 30_848
DAYS = pd.date_range("2024-08-01", "2024-08-31")
LATE_AUGUST = pd.Timestamp("2024-08-15")
LATE_AUGUST_DECAY = np.where(DAYS > LATE_AUGUST, 0.9, 1)
BACK_TO_SCHOOL_DROP = 0.1
AGES = ("Under 18", "18-34", "35-54", "55+")

TEXTS: Mapping[str, Any] = tomllib.loads(
    files(__package__).joinpath("original.toml").read_text("utf-8")
)


@dataclass(frozen=True)
class Weights:
    """How common the levels of a factor are.

    Attributes:
        drawn: a weight by level, as it was drawn or printed.
        shares: the same, scaled to a sum of 1.
    """

    drawn: dict[str, float]
    shares: dict[str, float]


@dataclass(frozen=True)
class Factor:
    """A factor of every user: its levels, and the number of each user's."""

    levels: tuple[str, ...]
    codes: Codes

    @property
    def labels(self) -> NDArray[Any]:
        """The level of each user."""
        return np.array(self.levels, dtype=object)[self.codes]

    def mapped(self, numbers: Mapping[str, float]) -> Array:
        """Return a number for each user, by their level."""
        return np.array([numbers[level] for level in self.levels])[self.codes]

    def among(self, *levels: str) -> Rows:
        """Return who has one of these levels."""
        return np.isin(self.codes, [self.levels.index(level) for level in levels])


Factors = Mapping[str, Factor]


@dataclass(frozen=True)
class Churn:
    """Probabilities of churn, who churned, and whose probability was raised."""

    probabilities: Array
    flags: Codes
    spike: Rows


@dataclass(frozen=True)
class Retention:
    """Retention on day 1, 7 and 30.

    Attributes:
        bases: what the three probabilities start from before any factor, as drawn.
        noisy_bases: the same after noise that is one for all users.
        by_country: a factor for each country.
        probabilities: of day 1, of day 7 given day 1, of day 30 given day 7.
        flags: who was retained, shape (users, 3).
        spike, drop: whose probability of day 1 was raised or lowered.
        forced: who was set to retained on all three days, whatever was drawn.
    """

    bases: tuple[float, ...]
    noisy_bases: tuple[float, ...]
    by_country: dict[str, float]
    probabilities: tuple[Array, Array, Array]
    flags: Codes
    spike: Rows
    drop: Rows
    forced: Rows


@dataclass(frozen=True)
class Premium:
    """A factor for each country, probabilities of premium, and who converted."""

    by_country: dict[str, float]
    probabilities: Array
    flags: Codes


@dataclass(frozen=True)
class Lessons:
    """Lessons of every user, and who was given more or few."""

    counts: Codes
    power: Rows
    idle: Rows


def stream() -> np.random.RandomState:
    """Return the stream that every cell of the original begins with."""
    return np.random.RandomState(SEED)


def printed_numbers(figure: str) -> list[float]:
    """Return the numbers that the original printed for a figure of `original.toml`."""
    (entry,) = (entry for entry in TEXTS["figure"] if entry["id"] == figure)
    return [float(text) for text in entry["printed"]]


def draw_weights(rng: np.random.RandomState) -> dict[str, Weights]:
    """Return the weights of each factor (cell 5)."""
    ranges = TEXTS["weights"]
    drawn = {
        factor: {level: _rounded(rng, *ends) for level, ends in ranges[factor].items()}
        for factor in ("age_group", "skill_level")
    }
    instruments = printed_numbers("instrument_distribution_no_scale")
    drawn["instrument"] = dict(zip(TEXTS["extremes"], instruments, strict=True))
    seeded = ranges["instrument"]
    rng.uniform(size=len(instruments) - len(seeded))
    drawn["instrument"] |= {level: _rounded(rng, *ends) for level, ends in seeded.items()}
    drawn["country"] = {
        country: weight * _rounded(rng, 1, 1.25) for country, weight in ranges["country"].items()
    }
    return {factor: _scaled(weights) for factor, weights in drawn.items()}


def count_days() -> tuple[Array, Codes]:
    """Return the weight of each day after the decay of late August, and its users (cell 7)."""
    weights = np.array(printed_numbers("daily_weights")) * LATE_AUGUST_DECAY
    counts = np.round(weights / weights.sum() * USERS).astype(int)
    counts[-1] += USERS - counts.sum()
    return weights, counts


def lower_the_youngest(shares: Mapping[str, float]) -> dict[str, float]:
    """Return the shares of the age groups after the back-to-school drop (cell 9)."""
    youngest = AGES[0]
    lowered = dict(shares) | {youngest: max(shares[youngest] - BACK_TO_SCHOOL_DROP, 0)}
    total = np.sum(list(lowered.values()))
    return {group: float(share / total) for group, share in lowered.items()}


def draw_factors(
    rng: np.random.RandomState, shares: Mapping[str, Mapping[str, float]], ours: np.random.Generator
) -> dict[str, Factor]:
    """Return the factors of every user, whose countries come from `ours` (cell 9)."""
    factors = {
        name: Factor(tuple(by_level), rng.choice(len(by_level), USERS, p=list(by_level.values())))
        for name, by_level in shares.items()
        if name != "country"
    }
    countries = tuple(shares["country"])
    codes = ours.choice(len(countries), USERS, p=list(shares["country"].values()))
    first = [countries.index(country) for country in TEXTS["inputs"]["first_countries"]]
    codes[: len(first)] = first
    return factors | {"country": Factor(countries, codes)}


def draw_churn(rng: np.random.RandomState, factors: Factors) -> Churn:
    """Return who churned (cell 11)."""
    age, instrument = factors["age_group"], factors["instrument"]
    effects = TEXTS["factors"]["churn"]
    rng.normal(0, 0.15, USERS)  # drawn and never used
    by_age = age.mapped(effects["age_group"]) + rng.normal(0, 0.1, USERS)
    by_instrument = instrument.mapped(effects["instrument"]) + rng.normal(0, 0.05, USERS)
    together = np.select(
        [
            age.among("18-34") & instrument.among("Guitar"),
            age.among("Under 18") & instrument.among("Voice"),
            age.among("35-54") & instrument.among("Piano", "Ukulele"),
        ],
        [0.7, 1.3, 1.1],
        1.0,
    )
    weights = TEXTS["weights"]["country"]
    low, high = min(weights.values()), max(weights.values())
    by_country = {name: 0.5 + (weight - low) / (high - low) for name, weight in weights.items()}
    p = np.clip(by_age, 0, 1) * np.clip(by_instrument, 0, 1)
    p *= together * factors["country"].mapped(by_country)
    spike = _picked(rng, 0.1)
    p[spike] = np.clip(p[spike] + rng.uniform(0.4, 0.6, len(spike)), 0, 1)
    return Churn(p, rng.binomial(1, p), _flagged(spike))


def draw_retention(
    rng: np.random.RandomState, factors: Factors, country_shares: Mapping[str, float]
) -> Retention:
    """Return who was retained (cell 13)."""
    by_country = _by_country(rng, country_shares, 1, 1.5)
    bases = tuple(_rounded(rng, *ends) for ends in ((0.3, 0.4), (0.5, 0.6), (0.4, 0.5)))
    noisy = tuple(min(base * _rounded(rng, 0.5, 1.5), 1) for base in bases)
    effect = _effect(factors, "retention", by_country, margin=1.2)
    day_1, day_7, day_30 = (np.clip(base * effect, 0, 1) for base in noisy)
    spike = _picked(rng, 0.02)
    day_1[spike] = np.clip(day_1[spike] + rng.uniform(0.2, 0.4, len(spike)), 0, 1)
    drop = _picked(rng, 0.01)
    day_1[drop] -= rng.uniform(0.05, 0.1, len(drop))
    probabilities = (np.clip(day_1, 0.05, 1), day_7, day_30)
    flags = np.cumprod(np.column_stack([rng.binomial(1, p) for p in probabilities]), axis=1)
    forced = _picked(rng, 0.015)
    flags[forced] = 1
    return Retention(
        bases,
        noisy,
        by_country,
        probabilities,
        flags,
        spike=_flagged(spike),
        drop=_flagged(drop),
        forced=_flagged(forced),
    )


def draw_premium(
    rng: np.random.RandomState,
    factors: Factors,
    country_shares: Mapping[str, float],
    retention: Retention,
) -> Premium:
    """Return who converted (cell 15): from probabilities of retention, whatever was drawn."""
    by_country = _by_country(rng, country_shares, 0.8, 1.2)
    day_1, day_7, day_30 = retention.probabilities
    p = day_1 * day_7 * day_30 * _effect(factors, "premium", by_country)
    p = np.clip(p, 0, 1)
    return Premium(by_country, p, rng.binomial(1, p))


def draw_first_lessons(
    rng: np.random.RandomState, skill: Factor, day_30: Codes, ours: np.random.Generator
) -> Lessons:
    """Return the lessons that were printed (cell 17), their spread drawn from `ours`."""
    mean, sd = (
        {
            level: float(ours.integers(low, high, endpoint=True))
            for level, (low, high) in ranges.items()
        }
        for ranges in (TEXTS["lessons"]["first_mean"], TEXTS["lessons"]["first_sd"])
    )
    counts = _whole(rng.normal(skill.mapped(mean) * (1 + 0.1 * day_30), skill.mapped(sd)))
    power = _picked(rng, 0.01)
    counts[power] += rng.randint(10, 50, len(power))
    return Lessons(counts, _flagged(power), idle=np.zeros(USERS, dtype=bool))


def draw_lessons(rng: np.random.RandomState, skill: Factor) -> Lessons:
    """Return the lessons that replaced the first (cell 19)."""
    counts = _whole(rng.normal(*(skill.mapped(TEXTS["lessons"][name]) for name in ("mean", "sd"))))
    power, idle = _picked(rng, 0.01), _picked(rng, 0.15)
    counts[power] += rng.randint(10, 50, len(power))
    counts[idle] = rng.randint(0, 4, len(idle))
    return Lessons(counts, _flagged(power), _flagged(idle))


def move_to_rare_countries(
    rng: np.random.RandomState, users: pd.DataFrame
) -> tuple[pd.DataFrame, Rows]:
    """Return `users` after some moved and what they did was overwritten, and who (cell 21)."""
    countries = TEXTS["rare_countries"]
    users = users.copy()
    moved = _picked(rng, 0.03)
    users.loc[moved, "country"] = rng.choice(countries["all"], size=len(moved))
    for group, column, p in (
        ("high_retention", "day_30_retention", 0.9),
        ("low_retention", "day_30_retention", 0.3),
        ("high_conversion", "premium_conversion", 0.8),
        ("low_conversion", "premium_conversion", 0.2),
    ):
        there = users["country"].isin(countries[group])
        users.loc[there, column] = rng.binomial(1, p, there.sum())
    high, low = (users["country"].isin(countries[f"{kind}_activity"]) for kind in ("high", "low"))
    users.loc[high, "lessons_completed"] += rng.randint(10, 50, high.sum())
    users.loc[low, "lessons_completed"] -= rng.randint(1, 10, low.sum())
    return users.assign(lessons_completed=users["lessons_completed"].clip(0)), _flagged(moved)


def draw_extremes(rng: np.random.RandomState, users: pd.DataFrame) -> tuple[pd.DataFrame, Rows]:
    """Return `users` with more lessons or fewer for some of them, and for whom (cell 23)."""
    shares = {
        instrument: max(0, share + rng.uniform(-0.002, 0.002))
        for instrument, share in TEXTS["extremes"].items()
    }
    lessons = users["lessons_completed"].to_numpy(copy=True)
    picked: list[int] = []
    for instrument, share in shares.items():
        players = np.flatnonzero(users["instrument"] == instrument)
        # The original lets pandas pick them with a seed of its own, which draws them so.
        order = np.random.RandomState(42)
        size = round(share * len(players))
        for user in players[order.choice(len(players), size=size, replace=False)]:
            lessons[user] += rng.randint(15, 40) if rng.rand() > 0.5 else -rng.randint(5, 15)
            picked.append(user)
    return users.assign(lessons_completed=np.clip(lessons, 0, None)), _flagged(np.array(picked))


def _rounded(rng: np.random.RandomState, low: float, high: float) -> float:
    return round(rng.uniform(low, high), 2)


def _scaled(drawn: dict[str, float]) -> Weights:
    # Rounded once, as `sum` of Python 3.12 does and that of Python 3.11 does not.
    total = math.fsum(drawn.values())
    return Weights(drawn, {level: weight / total for level, weight in drawn.items()})


def _by_country(
    rng: np.random.RandomState, shares: Mapping[str, float], low: float, high: float
) -> dict[str, float]:
    """Return a factor for each country: the more users, the larger."""
    return {
        country: round(share * 100 / 10 * _rounded(rng, low, high), 2)
        for country, share in shares.items()
    }


def _effect(
    factors: Factors, kind: str, by_country: Mapping[str, float], *, margin: float = 1
) -> Array:
    """Return the product of each user's factors, as a share of `margin` times the largest."""
    effects = TEXTS["factors"][kind]
    by_age, by_instrument = (factors[name].mapped(effects[name]) for name in effects)
    product = by_age * by_instrument * factors["country"].mapped(by_country)
    return product / (np.max(product) * margin)


def _picked(rng: np.random.RandomState, share: float) -> Codes:
    """Return the numbers of so many users, in the order in which they were picked."""
    return rng.choice(USERS, size=int(USERS * share), replace=False)


def _flagged(picked: Codes) -> Rows:
    flags = np.zeros(USERS, dtype=bool)
    flags[picked] = True
    return flags


def _whole(lessons: Array) -> Codes:
    return np.clip(np.round(lessons), 0, None).astype(int)
