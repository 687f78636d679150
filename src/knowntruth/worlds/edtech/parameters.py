"""Parameters of `edtech`; the defaults are the original simulation's, or what it meant."""

from __future__ import annotations

from typing import Literal, Self, get_args

import pydantic

from ... import parameters
from ...errors import nearest
from ...parameters import parameter

Numbers = dict[str, float]
Kind = Literal[
    "churn_spike",
    "retention_spike",
    "retention_drop",
    "always_retained",
    "power",
    "idle",
    "rare_country",
    "instrument_extreme",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

INCOMES = ("lower", "middle", "higher")
STAGES = ("never", "day 1", "day 7", "day 30")  # the last of these days that a user came back
# Factors of the table and the parameters that list their values.
FACTORS = {
    "age_group": "age_groups",
    "skill_level": "skill_levels",
    "instrument": "instruments",
    "country": "countries",
}
LARGEST = 1000.0


def _factors(default: Numbers, meaning: str) -> Numbers:
    """Declare multipliers by name."""
    declared: Numbers = parameter(default, meaning)
    return declared


class Parameters(parameters.Parameters):
    """Everything about the world that can be chosen."""

    seed: int = parameter(301, "number from which all randomness follows", ge=0, le=2**63 - 1)
    users: int = parameter(30_848, "users who sign up", unit="users", ge=200, le=2_000_000)

    weekday_weights: list[float] = parameter([0.5, 1.2], "lowest and highest weight of a weekday")
    weekend_weights: list[float] = parameter([0.3, 0.8], "the same for a day of the weekend")
    daily_weights: list[float] = parameter(
        [], "weight of each of the 31 days of August; empty draws them from the ranges above"
    )
    late_august: float = parameter(0.9, "factor on the weights after 15 August", gt=0, le=10)

    age_groups: Numbers = parameter(
        {"Under 18": 0.12, "18-34": 0.57, "35-54": 0.43, "55+": 0.06}, "age groups, by weight"
    )
    back_to_school_drop: float = parameter(
        0.10, "share of the youngest group that stays away after 15 August", ge=0, le=1
    )
    back_to_school: Literal["late August", "as coded"] = parameter(
        "late August",
        "as meant, or taken off the youngest group's share on every day as in the original",
    )
    skill_levels: Numbers = parameter(
        {"Beginner": 0.69, "Intermediate": 0.22, "Advanced": 0.14}, "skill levels, by weight"
    )
    instruments: Numbers = parameter(
        {"Guitar": 0.58, "Piano": 0.27, "Ukulele": 0.18, "Bass": 0.11, "Voice": 0.11},
        "instruments, by weight",
    )
    instrument_by_age: dict[str, Numbers] = parameter(
        {
            "Under 18": {"Ukulele": 1.6, "Voice": 1.5, "Piano": 0.8},
            "18-34": {"Guitar": 1.1, "Bass": 1.2, "Piano": 0.8},
            "35-54": {"Piano": 1.2, "Voice": 0.8},
            "55+": {"Piano": 1.8, "Guitar": 0.8, "Bass": 0.5},
        },
        "factor on the weight of an instrument within an age group",
    )
    countries: Numbers = parameter(
        {
            "United States": 13.65, "United Kingdom": 8.0, "Germany": 9.36, "Finland": 5.25,
            "France": 6.0, "Sweden": 5.0, "Norway": 5.95, "Brazil": 3.72, "Australia": 6.15,
            "Netherlands": 6.25, "Canada": 5.65, "Italy": 3.3, "Spain": 3.54, "Ireland": 3.6,
            "Argentina": 2.34, "South Africa": 2.38, "New Zealand": 5.3, "Mexico": 1.21,
        },
        "countries, by weight",
    )  # fmt: skip
    economies: Numbers = parameter(
        {
            "United States": 0.65, "United Kingdom": 0.5, "Germany": 0.55, "Finland": 0.5,
            "France": 0.48, "Sweden": 0.55, "Norway": 0.65, "Brazil": 0.25, "Australia": 0.55,
            "Netherlands": 0.55, "Canada": 0.5, "Italy": 0.42, "Spain": 0.4, "Ireland": 0.55,
            "Argentina": 0.28, "South Africa": 0.2, "New Zealand": 0.45, "Mexico": 0.22,
        },
        "strength s of a country's economy, 0.5 where none is given: incomes are lower, middle "
        "and higher with chances (1 - s)², 2s(1 - s) and s²",
    )  # fmt: skip

    keen_share: float = parameter(
        0.3, "share of users who are keen, which no column tells", ge=0, lt=1
    )
    keen_retention: float = parameter(
        1.5, "how many times as likely to come back the keen are", ge=0.05, le=20
    )
    keen_conversion: float = parameter(
        1.5, "how many times as likely to pay the keen are", ge=0.05, le=20
    )
    onboarding_assignment: Literal["self-selected", "randomised"] = parameter(
        "self-selected", "whether users choose the guided first lesson, or a lot does"
    )
    onboarding_share: float = parameter(0.5, "share that takes it when a lot decides", gt=0, lt=1)
    onboarding_if_keen: float = parameter(
        0.8, "share of the keen aged 18-34 that chooses it", gt=0, lt=1
    )
    onboarding_if_not: float = parameter(0.35, "the same share of the others", gt=0, lt=1)
    onboarding_by_age: Numbers = parameter(
        {"Under 18": 0.7, "35-54": 1.3, "55+": 1.6}, "factor on the odds of choosing it, by age"
    )
    onboarding_day_1: float = parameter(
        0.15, "relative change of day-1 retention by it", ge=-0.95, le=5
    )
    onboarding_day_30: float = parameter(
        0.10, "relative change of day-30 retention, given day 7, by it", ge=-0.95, le=5
    )

    day_1_base: float = parameter(0.57, "chance of day 1, before it is scaled", gt=0, le=1)
    day_7_base: float = parameter(0.624, "chance of day 7 given day 1, likewise", gt=0, le=1)
    day_30_base: float = parameter(0.4361, "chance of day 30 given day 7, likewise", gt=0, le=1)
    scaling: float = parameter(
        1.2, "the best combination of factors has the base divided by this", ge=1, le=10
    )
    day_1_floor: float = parameter(0.05, "least chance of day 1", ge=0, le=1)
    retention_by_age: Numbers = _factors(
        {"Under 18": 0.8, "18-34": 1.0, "35-54": 1.5, "55+": 1.2}, "factor on retention by age"
    )
    retention_by_instrument: Numbers = _factors(
        {"Guitar": 1.2, "Piano": 1.1, "Ukulele": 1.0, "Bass": 0.9, "Voice": 0.8},
        "factor on retention by instrument",
    )
    retention_by_income: Numbers = _factors(
        {"lower": 0.35, "middle": 0.9, "higher": 2.0}, "factor on retention by income"
    )
    retention_by_country: Numbers = _factors(
        {}, "factor on retention by country, beyond its incomes"
    )

    lessons_mean: Numbers = _factors(
        {"Beginner": 5.0, "Intermediate": 7.0, "Advanced": 10.0}, "mean lessons by skill"
    )
    lessons_sd: Numbers = _factors(
        {"Beginner": 2.0, "Intermediate": 3.0, "Advanced": 4.0}, "their standard deviation"
    )
    lessons_if_retained: float = parameter(
        0.10, "relative change of lessons for each of the three days come back", ge=0, le=2
    )

    conversion_follows: Literal["behaviour", "chances"] = parameter(
        "behaviour",
        "paying follows what users do, or only their chances of retention as in the original",
    )
    conversion_by_stage: Numbers = _factors(
        {"never": 0.0015, "day 1": 0.008, "day 7": 0.02, "day 30": 0.05},
        "chance to pay by the last day come back, before other factors",
    )
    conversion_per_lesson: float = parameter(
        0.03, "relative change of it for a lesson more, compounding", ge=-0.2, le=0.2
    )
    conversion_by_age: Numbers = _factors(
        {"Under 18": 0.8, "18-34": 1.0, "35-54": 1.2, "55+": 1.1}, "factor on paying by age"
    )
    conversion_by_instrument: Numbers = _factors(
        {"Guitar": 1.2, "Piano": 1.1, "Ukulele": 1.0, "Bass": 0.9, "Voice": 0.8},
        "factor on paying by instrument",
    )
    conversion_by_income: Numbers = _factors(
        {"lower": 0.5, "middle": 1.0, "higher": 1.6}, "factor on paying by income"
    )
    conversion_by_country: Numbers = _factors({}, "factor on paying by country, beyond its incomes")

    churn_by_age: Numbers = _factors(
        {"Under 18": 0.6, "18-34": 0.5, "35-54": 0.4, "55+": 0.3}, "first part of churn, by age"
    )
    churn_age_sd: float = parameter(0.1, "its spread between users", ge=0, le=0.5)
    churn_by_instrument: Numbers = _factors(
        {"Guitar": 0.2, "Piano": 0.25, "Ukulele": 0.3, "Bass": 0.35, "Voice": 0.4},
        "second part of churn, by instrument; the parts multiply",
    )
    churn_instrument_sd: float = parameter(0.05, "its spread between users", ge=0, le=0.5)
    churn_by_pair: dict[str, Numbers] = parameter(
        {
            "18-34": {"Guitar": 0.7},
            "Under 18": {"Voice": 1.3},
            "35-54": {"Piano": 1.1, "Ukulele": 1.1},
        },
        "factor on churn of an instrument within an age group",
    )
    churn_by_income: Numbers = _factors(
        {"lower": 1.25, "middle": 1.0, "higher": 0.8}, "factor on churn by income"
    )
    churn_by_country: Numbers = _factors({}, "factor on churn by country, beyond its incomes")
    churn_if_retained: float = parameter(
        0.4, "factor on churn of those still active on day 30", ge=0, le=5
    )

    outliers: list[Kind] = parameter(list(KINDS), "kinds of outliers that are switched on")
    churn_spike_share: float = parameter(0.05, "users whose churn jumps", ge=0, le=1)
    churn_spike_size: list[float] = parameter([0.4, 0.6], "by how much: least and most")
    retention_spike_share: float = parameter(0.02, "users whose day 1 jumps", ge=0, le=1)
    retention_spike_size: list[float] = parameter([0.2, 0.4], "by how much: least and most")
    retention_drop_share: float = parameter(0.01, "users whose day 1 falls", ge=0, le=1)
    retention_drop_size: list[float] = parameter([0.05, 0.1], "by how much: least and most")
    always_retained_share: float = parameter(0.015, "users who always come back", ge=0, le=1)
    power_share: float = parameter(0.01, "power users", ge=0, le=1)
    power_lessons: list[int] = parameter([10, 49], "lessons they add: least and most")
    idle_share: float = parameter(0.15, "idle users", ge=0, le=1)
    idle_lessons: list[int] = parameter([0, 3], "all their lessons: least and most")
    instrument_extremes: Numbers = parameter(
        {"Guitar": 0.01, "Piano": 0.01, "Ukulele": 0.005, "Bass": 0.005, "Voice": 0.003},
        "share of an instrument's users with extreme lessons, half of them high",
    )
    extreme_high: list[int] = parameter([15, 39], "lessons that the high ones add")
    extreme_low: list[int] = parameter([5, 14], "lessons that the low ones lack")

    rare_share: float = parameter(0.03, "users from rare countries", ge=0, le=0.5)
    rare_countries: list[str] = parameter(
        [
            "Maldives", "Bhutan", "Timor-Leste", "Tuvalu", "Nauru", "Palau",
            "San Marino", "Liechtenstein", "Monaco", "Seychelles", "Djibouti", "Eswatini",
            "Guyana", "Suriname", "Paraguay", "Belize", "Barbados", "Saint Kitts and Nevis",
        ],
        "rare countries, all as likely",
    )  # fmt: skip
    rare_high_retention: list[str] = parameter(
        ["Maldives", "Bhutan", "San Marino", "Liechtenstein", "Seychelles"],
        "rare countries with unusually high day-30 retention",
    )
    rare_low_retention: list[str] = parameter(
        ["Tuvalu", "Nauru", "Timor-Leste", "Djibouti", "Eswatini"], "with unusually low"
    )
    rare_high_conversion: list[str] = parameter(
        ["Monaco", "Palau", "Barbados", "San Marino"], "with unusually high conversion"
    )
    rare_low_conversion: list[str] = parameter(
        ["Tuvalu", "Djibouti", "Timor-Leste", "Eswatini"], "with unusually low conversion"
    )
    rare_high_activity: list[str] = parameter(
        ["Bhutan", "Seychelles", "Monaco", "Liechtenstein"], "with many more lessons"
    )
    rare_low_activity: list[str] = parameter(
        ["Tuvalu", "Guyana", "Paraguay", "Eswatini"], "with fewer lessons"
    )
    rare_anomalies: Literal["as meant", "as coded"] = parameter(
        "as meant",
        "the low ones as factors on what is usual, or as chances outright as in the original",
    )
    rare_high_day_30: float = parameter(0.9, "chance of day 30 in the high ones", ge=0, le=1)
    rare_low_day_30: float = parameter(0.3, "the low ones: factor on it, or chance", ge=0, le=1)
    rare_high_paying: float = parameter(0.8, "chance to pay in the high ones", ge=0, le=1)
    rare_low_paying: float = parameter(0.2, "the low ones: factor on it, or chance", ge=0, le=1)
    rare_more_lessons: list[int] = parameter([10, 49], "lessons added: least and most")
    rare_fewer_lessons: list[int] = parameter([1, 9], "lessons taken away: least and most")
    retention_nested: bool = parameter(
        True, "whether day 30 implies day 7 and day 1 also where an anomaly sets day 30"
    )

    @pydantic.field_validator("age_groups", "skill_levels", "instruments", "countries")
    @classmethod
    def _weights_are_positive(cls, weights: Numbers) -> Numbers:
        if len(weights) < 2 or not all(0 < weight <= LARGEST for weight in weights.values()):
            raise ValueError("needs two or more names, each with a positive weight")
        return weights

    @pydantic.field_validator(
        "weekday_weights", "weekend_weights", "churn_spike_size", "retention_spike_size",
        "retention_drop_size", "power_lessons", "idle_lessons", "extreme_high", "extreme_low",
        "rare_more_lessons", "rare_fewer_lessons",
    )  # fmt: skip
    @classmethod
    def _ends_are_in_order(cls, ends: list[float]) -> list[float]:
        if len(ends) != 2 or not 0 <= ends[0] <= ends[1] <= LARGEST:
            raise ValueError("needs two ends, the lower first. Write [least, most]")
        return ends

    @pydantic.field_validator("daily_weights")
    @classmethod
    def _every_day_has_a_weight(cls, weights: list[float]) -> list[float]:
        if weights and (len(weights) != 31 or min(weights) < 0 or sum(weights) <= 0):
            raise ValueError("needs none or 31 weights, none below zero and one above")
        return weights

    @pydantic.model_validator(mode="after")
    def _names_fit_together(self) -> Self:
        levels = {name: list(getattr(self, name)) for name in FACTORS.values()}
        levels["incomes"], levels["stages"] = list(INCOMES), list(STAGES)
        problems = [
            *self._missing(levels),
            *self._unknown(levels),
            *self._out_of_range(),
        ]
        rare = set(self.rare_countries)
        for name in Parameters.model_fields:
            if name.startswith(("rare_high_", "rare_low_")) and isinstance(
                getattr(self, name), list
            ):
                stray = sorted(set(getattr(self, name)) - rare)
                problems += [f"`{name}` names {s!r}, which is no rare country" for s in stray]
        if len(rare) < len(self.rare_countries):
            problems.append("`rare_countries` names a country twice")
        if rare & set(self.countries):
            problems.append("a country is both usual and rare")
        if "rare_country" in self.outliers and self.rare_share > 0 and not rare:
            problems.append("`rare_share` is above zero without `rare_countries`")
        for first, second in (
            ("rare_high_retention", "rare_low_retention"),
            ("rare_high_conversion", "rare_low_conversion"),
            ("rare_high_activity", "rare_low_activity"),
        ):
            if set(getattr(self, first)) & set(getattr(self, second)):
                problems.append(f"a country is in `{first}` and in `{second}`")
        if self.power_share + self.idle_share > 1:
            problems.append("`power_share` and `idle_share` are more than all users")
        if self.retention_spike_share + self.retention_drop_share > 1:
            problems.append("`retention_spike_share` and `retention_drop_share` are more than all")
        if not self.daily_weights and self.weekday_weights[1] + self.weekend_weights[1] == 0:
            problems.append("`weekday_weights` and `weekend_weights` leave no day to sign up on")
        problems += [
            f"`instrument_by_age` leaves no instrument to {age!r}"
            for age, factors in self.instrument_by_age.items()
            if all(factors.get(instrument, 1.0) == 0 for instrument in self.instruments)
        ]
        if problems:
            raise ValueError("; ".join(problems) + ". Give names and values that fit together")
        return self

    def _missing(self, levels: dict[str, list[str]]) -> list[str]:
        """Return what lacks a value for one of the names that need one."""
        needed = {
            "lessons_mean": "skill_levels",
            "lessons_sd": "skill_levels",
            "churn_by_age": "age_groups",
            "churn_by_instrument": "instruments",
            "conversion_by_stage": "stages",
        }
        return [
            f"`{name}` lacks {level!r}"
            for name, kind in needed.items()
            for level in levels[kind]
            if level not in getattr(self, name)
        ]

    def _unknown(self, levels: dict[str, list[str]]) -> list[str]:
        """Return the names that an altered parameter uses and no list has."""
        kinds = {"age": "age_groups", "instrument": "instruments", "country": "countries"}
        kinds |= {"income": "incomes", "stage": "stages"}
        problems = []
        fields = Parameters.model_fields
        for name, field in fields.items():
            value = getattr(self, name)
            # A default may name what another list no longer has; it then has no effect.
            if not isinstance(value, dict) or value == field.default:
                continue
            kind = kinds.get(name.rpartition("_by_")[2]) if "_by_" in name else None
            kind = {"economies": "countries", "lessons_mean": "skill_levels"}.get(name, kind)
            kind = {"lessons_sd": "skill_levels", "instrument_extremes": "instruments"}.get(
                name, kind
            )
            pairs = {"instrument_by_age", "churn_by_pair"}
            kind = "age_groups" if name in pairs else kind
            known = levels[kind] if kind else list(value)
            names = [(name, level, known) for level in value]
            if name in pairs:
                names += [(name, i, levels["instruments"]) for row in value.values() for i in row]
            for where, level, choices in names:
                if level not in choices:
                    guess = nearest(level, choices)
                    hint = f", perhaps {guess!r}" if guess else ""
                    problems.append(f"`{where}` names {level!r}, which is not there{hint}")
        return problems

    def _out_of_range(self) -> list[str]:
        """Return the values that are no factor, share or chance."""
        problems = []
        for name in Parameters.model_fields:
            value = getattr(self, name)
            if not isinstance(value, dict) or name in FACTORS.values():
                continue
            most = (
                1.0
                if name in {"economies", "conversion_by_stage", "instrument_extremes"}
                else LARGEST
            )
            if name in {"churn_by_age", "churn_by_instrument"}:
                most = 1.0
            rows = value.values() if name in {"instrument_by_age", "churn_by_pair"} else [value]
            if any(not 0 <= number <= most for row in rows for number in row.values()):
                problems.append(f"`{name}` has a value outside 0 to {most:g}")
        return problems

    def has(self, kind: Kind) -> bool:
        """Whether a kind of outlier is switched on."""
        return kind in self.outliers
