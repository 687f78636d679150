"""Users of `edtech`, drawn: who they are, whether they stay, what they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .. import streams
from .lessons import apply_kinds
from .parameters import INCOMES, Parameters
from .rules import Array, People, Rules, shares_of

WORLD = "edtech/"  # two worlds with one seed share no random numbers
DAYS = pd.date_range("2024-08-01", "2024-08-31", unit="us")
LATE = DAYS.day > 15
WORKING = DAYS.day_of_week < 5
FOLLOW_UP = 90  # days from sign-up after which nothing more is recorded
STAGE_DAYS = ((0, 0), (1, 6), (7, 29), (30, FOLLOW_UP))  # last active day, by stage


@dataclass(frozen=True)
class Drawn:
    """Users as an analyst sees them, and what nobody sees.

    Attributes:
        users: the table.
        people: who they are, with their kinds of outliers.
        chances: the chance by which each thing was drawn: of day 1; of day 7 given day 1; of
            day 30 given day 7; to pay and to churn given all that came before.
    """

    users: pd.DataFrame
    people: People
    chances: pd.DataFrame


def day_weights(p: Parameters) -> Array:
    """Return the weight of each day of August among sign-ups, summing to 1."""
    if p.daily_weights:
        weights = np.array(p.daily_weights)
    else:
        draws = streams.uniform(p.seed, WORLD + "day_weight", stop=len(DAYS))
        low, high = (
            np.where(WORKING, p.weekday_weights[end], p.weekend_weights[end]) for end in (0, 1)
        )
        weights = low + draws * (high - low)
    weights = weights * np.where(LATE, p.late_august, 1.0)
    shares: Array = weights / weights.sum()
    return shares


class _Draws:
    """Columns of random numbers, each from its own stream."""

    def __init__(self, p: Parameters) -> None:
        self.seed, self.n = p.seed, p.users

    def uniform(self, name: str) -> Array:
        return streams.uniform(self.seed, WORLD + name, stop=self.n)

    def normal(self, name: str) -> Array:
        return streams.column(
            self.seed,
            WORLD + name,
            lambda rng, users: rng.standard_normal(users.stop - users.start),
            stop=self.n,
        )

    def whole(self, name: str, ends: list[int]) -> Array:
        """Return whole numbers between two ends, both possible."""
        draws = self.uniform(name)
        return np.asarray(ends[0] + np.floor(draws * (ends[1] - ends[0] + 1)), dtype=np.int64)

    def between(self, name: str, ends: list[float]) -> Array:
        return np.asarray(ends[0] + self.uniform(name) * (ends[1] - ends[0]))

    def pick(self, name: str, shares: Array, of_user: Array | None = None) -> Array:
        """Return codes by shares, or by the row of shares that each user has."""
        draws = self.uniform(name)
        edges = np.cumsum(np.atleast_2d(shares), axis=1)[:, :-1]
        if of_user is None:
            return np.searchsorted(edges[0], draws, side="right").astype(np.int16)
        return np.asarray((draws[:, None] >= edges[of_user]).sum(axis=1), dtype=np.int16)


def draw(p: Parameters) -> Drawn:
    """Return the users of these parameters, in the order of their ids."""
    rules, draws = Rules(p), _Draws(p)
    day = draws.pick("start_date", day_weights(p))
    people = _people(p, rules, draws, day)
    day_1 = _day_1(p, rules, draws, people)
    stage, day_30 = _stay(p, rules, draws, people, day_1)
    lessons = _lessons(p, rules, draws, people, stage)
    if p.conversion_follows == "behaviour":
        pays = rules.pays_by_behaviour(people, stage, lessons)
    else:
        pays = rules.pays_by_chances(people, day_1)
    pays = rules.rare_paying(people, pays)
    leaves = _churn_chance(p, rules, draws, people, day_30)
    last = np.where(day_30, 3, np.minimum(stage, 2))
    low, high = np.array(STAGE_DAYS)[last].T
    silent = low + np.floor(draws.uniform("last_active") * (high - low + 1))
    columns: dict[str, object] = {
        "user_id": [f"AUG{number:05d}" for number in range(1, p.users + 1)],
        "start_date": DAYS[day],
        "age_group": pd.Categorical.from_codes(people.age_group, pd.Index(rules.ages)),
        "skill_level": pd.Categorical.from_codes(people.skill_level, pd.Index(rules.skills)),
        "instrument": pd.Categorical.from_codes(people.instrument, pd.Index(rules.instruments)),
        "country": pd.Categorical.from_codes(people.country, pd.Index(rules.countries)),
        "income_band": pd.Categorical.from_codes(people.income_band, pd.Index(INCOMES)),
        "onboarding": people.onboarding,
        "day_1_retention": (stage >= 1).astype(np.int64),
        "day_7_retention": (stage >= 2).astype(np.int64),
        "day_30_retention": day_30.astype(np.int64),
        "last_active": DAYS[day] + pd.to_timedelta(silent, unit="D"),
        "lessons_completed": lessons.astype(np.int64),
        "premium_conversion": (draws.uniform("premium_conversion") < pays).astype(np.int64),
        "churn": (draws.uniform("churn") < leaves).astype(np.int64),
    }
    chances = pd.DataFrame(
        {
            "day_1": day_1,
            "day_7": rules.day_7(people),
            "day_30": rules.day_30(people),
            "premium_conversion": pays,
            "churn": leaves,
        }
    )
    return Drawn(pd.DataFrame(columns), people, chances)


def _people(p: Parameters, rules: Rules, draws: _Draws, day: Array) -> People:
    shares = np.array([rules.age_shares(late=late) for late in (False, True)])
    age = draws.pick("age_group", shares, LATE[day].astype(int))
    country = draws.pick("country", shares_of(p.countries.values()))
    if p.has("rare_country") and rules.p.rare_countries:
        rare = draws.uniform("rare_country") < p.rare_share
        which = draws.whole("which_rare", [0, len(p.rare_countries) - 1])
        country = np.where(rare, len(rules.usual) + which, country).astype(np.int16)
    keen = (draws.uniform("keen") < p.keen_share).astype(np.int64)
    people = People(
        age_group=age,
        skill_level=draws.pick("skill_level", shares_of(p.skill_levels.values())),
        instrument=draws.pick("instrument", rules.instrument_shares, age),
        country=country,
        income_band=draws.pick("income_band", rules.income_shares, country),
        keen=keen,
        onboarding=np.zeros(p.users, dtype=np.int64),
    )
    takes = draws.uniform("onboarding") < rules.takes_onboarding(people)
    kind_shares = rules.kind_shares()
    jump, activity = draws.uniform("retention_kind"), draws.uniform("activity_kind")
    # Kinds that exclude each other stand at the two ends of one draw: either can be switched
    # off without moving the other.
    kinds = {
        "churn_spike": draws.uniform("churn_spike") < kind_shares["churn_spike"],
        "retention_spike": jump < kind_shares["retention_spike"],
        "retention_drop": jump >= 1 - kind_shares["retention_drop"],
        "always_retained": draws.uniform("always_retained") < kind_shares["always_retained"],
        "power": activity < kind_shares["power"],
        "idle": activity >= 1 - kind_shares["idle"],
        "instrument_extreme": draws.uniform("instrument_extreme") < rules.extreme_share(people),
    }
    return People(
        **{
            factor: getattr(people, factor)
            for factor in (
                "age_group", "skill_level", "instrument", "country", "income_band", "keen"
            )
        },
        onboarding=takes.astype(np.int64),
        kinds={kind: is_one.astype(np.int64) for kind, is_one in kinds.items()},
    )  # fmt: skip


def _day_1(p: Parameters, rules: Rules, draws: _Draws, people: People) -> Array:
    chance = rules.day_1(people)
    rise = draws.between("retention_spike_size", p.retention_spike_size)
    fall = draws.between("retention_drop_size", p.retention_drop_size)
    chance = chance + people.kind("retention_spike") * rise - people.kind("retention_drop") * fall
    return np.asarray(np.clip(chance, p.day_1_floor, 1.0))


def _stay(
    p: Parameters, rules: Rules, draws: _Draws, people: People, day_1: Array
) -> tuple[Array, Array]:
    """Return the last of days 1, 7 and 30 that users came back, as a stage, and day 30."""
    first = draws.uniform("day_1_retention") < day_1
    second = first & (draws.uniform("day_7_retention") < rules.day_7(people))
    third = second & (draws.uniform("day_30_retention") < rules.day_30(people))
    stage = first.astype(np.int64) + second + third
    stage = np.where(people.kind("always_retained"), 3, stage)
    day_30 = stage == 3
    anomaly = draws.uniform("rare_retention")
    low = rules.is_rare(people, "rare_low_retention")
    kept = anomaly < p.rare_low_day_30
    day_30 = np.where(low, kept & (day_30 | (p.rare_anomalies == "as coded")), day_30)
    high = rules.is_rare(people, "rare_high_retention")
    day_30 = np.where(high, anomaly < p.rare_high_day_30, day_30)
    if p.retention_nested:
        stage = np.where(low | high, np.where(day_30, 3, np.minimum(stage, 2)), stage)
    return stage, day_30


def _lessons(p: Parameters, rules: Rules, draws: _Draws, people: People, stage: Array) -> Array:
    skill = people.skill_level
    usual = rules.lessons_mean[skill, stage] + rules.lessons_sd[skill] * draws.normal("lessons")
    extra = {
        "power": draws.whole("power_lessons", p.power_lessons),
        "idle": draws.whole("idle_lessons", p.idle_lessons),
        "more": draws.whole("rare_more_lessons", p.rare_more_lessons),
        "fewer": draws.whole("rare_fewer_lessons", p.rare_fewer_lessons),
        "high": draws.whole("extreme_high", p.extreme_high),
        "low": draws.whole("extreme_low", p.extreme_low),
    }
    goes_up = draws.uniform("extreme_way") < 0.5
    return apply_kinds(rules, people, np.maximum(np.round(usual), 0), extra, goes_up)


def _churn_chance(
    p: Parameters, rules: Rules, draws: _Draws, people: People, day_30: Array
) -> Array:
    first, second, factor = rules.churn_parts(people)
    first = np.clip(first + p.churn_age_sd * draws.normal("churn_age"), 0, 1)
    second = np.clip(second + p.churn_instrument_sd * draws.normal("churn_instrument"), 0, 1)
    chance = first * second * factor * np.where(day_30, p.churn_if_retained, 1.0)
    jump = draws.between("churn_spike_size", p.churn_spike_size)
    return np.asarray(np.clip(chance + people.kind("churn_spike") * jump, 0, 1))
