"""Parameters of `engagement`; with the defaults the naive figures are the published ones."""

from __future__ import annotations

from typing import Literal, Self

import pydantic

from ... import parameters
from ...parameters import parameter

MOST_SESSIONS = 4  # of one user on one day
PLATFORMS = ("app", "web")


class Parameters(parameters.Parameters):
    """Everything about the world that can be chosen."""

    seed: int = parameter(317, "number from which all randomness follows", ge=0, le=2**63 - 1)
    users: int = parameter(
        15_000, "users who sign up by the end", unit="users", ge=200, le=10_000_000
    )
    days_before: int = parameter(55, "days on record before launch", unit="days", ge=2, le=400)
    days_after: int = parameter(36, "days on record from launch on", unit="days", ge=2, le=400)

    users_at_start: float = parameter(
        0.12, "share of users who signed up before the first day on record", ge=0, le=1
    )
    burst: float = parameter(0.12, "share who sign up in a burst on the launch day", ge=0, lt=1)
    signup_change: float = parameter(
        -0.185, "relative change of the other daily sign-ups from launch on", ge=-1, le=10
    )

    active_level: float = parameter(
        -0.18, "log odds of an active day for a user of middling activity", ge=-6, le=6
    )
    active_spread: float = parameter(
        0.95, "standard deviation of those log odds between users", ge=0, le=4
    )
    active_link: float = parameter(
        0.8, "correlation of those log odds with hidden activity", ge=-1, le=1
    )
    burst_active: float = parameter(
        0.8, "factor on the chance of an active day for burst users", ge=0.01, le=1
    )

    sessions: float = parameter(
        1.74,
        "sessions on an active day of a user of middling activity, before launch",
        unit="sessions per active day",
        ge=1,
        le=MOST_SESSIONS,
    )
    sessions_by_activity: float = parameter(
        0.14, "added to them by one standard deviation of hidden activity", ge=-1, le=1
    )
    burst_sessions: float = parameter(-0.22, "added to them for burst users", ge=-2, le=2)
    season: float = parameter(-0.0259, "added to everybody's by the season", ge=-2, le=2)
    season_start: int = parameter(
        0, "first day of the season, counted from launch", unit="days", ge=-400, le=400
    )
    day_spread: float = parameter(
        0.003, "standard deviation of what single days add to everybody's", ge=0, le=0.5
    )
    day_persistence: float = parameter(
        0.5, "autocorrelation of what successive days add", ge=-0.99, le=0.99
    )

    access: Literal["by activity", "randomised", "by market"] = parameter(
        "by activity",
        "whether active users are likelier to get access, a lot decides, or whole markets get it",
    )
    access_share: float = parameter(0.85, "share of users who ever get access", ge=0, le=1)
    access_slope: float = parameter(
        0.8, "log odds of access by one standard deviation of activity", ge=-4, le=4
    )
    waves: list[int] = parameter(
        [0], "days from launch on which the cohorts get access, the first first", unit="days"
    )
    wave_shares: list[float] = parameter(
        [], "share of each cohort in those who get access; empty makes them equal"
    )
    take_up: float = parameter(
        0.95, "share of those with access, in the app, who ever use the feature", ge=0, le=1
    )
    web_share: float = parameter(
        0.0, "share of users who are on the web, where the feature does nothing", ge=0, le=1
    )

    effect: float = parameter(
        0.03,
        "what the feature adds on the first day of access, for those who use it",
        unit="sessions per active day",
        ge=-2,
        le=2,
    )
    effect_later: float | None = parameter(
        None, "what that grows or fades to; none keeps it as it is", ge=-2, le=2
    )
    effect_half_life: float = parameter(
        7.0, "days in which half of the way there is gone", unit="days", gt=0, le=1000
    )
    effect_by_wave: list[float] = parameter(
        [], "factor on the effect for each cohort; empty is 1 for all"
    )
    anticipation: float = parameter(
        0.0,
        "what waiting for the feature adds in the days before access",
        unit="sessions per active day",
        ge=-2,
        le=2,
    )
    anticipation_days: int = parameter(7, "how many days those are", unit="days", ge=0, le=100)
    trend_gap: float = parameter(
        0.0,
        "what those who ever get access gain on the others every thirty days, feature or not",
        unit="sessions per active day",
        ge=-2,
        le=2,
    )
    trend_by_activity: float = parameter(
        0.0,
        "what one standard deviation of hidden activity gains every thirty days, feature or not",
        unit="sessions per active day",
        ge=-2,
        le=2,
    )

    markets: int = parameter(1, "places that users live in, dealt by lot", ge=1, le=500)
    market_spread: float = parameter(
        0.0, "standard deviation of what single days add to everybody's in a market", ge=0, le=0.5
    )
    market_persistence: float = parameter(
        0.5, "autocorrelation of what successive days add in a market", ge=-0.99, le=0.99
    )
    market_trend: float = parameter(
        0.0,
        "standard deviation of what markets gain every thirty days, feature or not",
        unit="sessions per active day",
        ge=0,
        le=1,
    )

    exposure_first: float = parameter(
        0.304, "chance that a user's first session of a day is exposed", ge=0, le=1
    )
    exposure_later: float = parameter(
        0.7535, "chance that each further session of the day is exposed", ge=0, le=1
    )
    exposure_by_activity: float = parameter(
        0.05, "added to the chance of the first by one standard deviation of activity", ge=-1, le=1
    )

    @pydantic.model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        problems = []
        if self.users_at_start + self.burst > 1:
            problems.append("`users_at_start` and `burst` are more than all users")
        waves = self.waves
        if not waves or waves != sorted(set(waves)) or not 0 <= waves[0] <= waves[-1]:
            problems.append("`waves` needs one day or more, none before launch, in order")
        elif waves[-1] >= self.days_after:
            problems.append("`waves` has a day after the last day on record")
        for name in ("wave_shares", "effect_by_wave"):
            if getattr(self, name) and len(getattr(self, name)) != len(waves):
                problems.append(f"`{name}` needs one number for each of `waves`, or none")
        if self.wave_shares and (
            min(self.wave_shares) <= 0 or abs(sum(self.wave_shares) - 1) > 1e-9
        ):
            problems.append("`wave_shares` needs positive shares that sum to 1")
        if any(not -100 <= factor <= 100 for factor in self.effect_by_wave):
            problems.append("`effect_by_wave` has a factor outside -100 to 100")
        if self.access == "by market" and self.markets < 2:
            problems.append("`access` by market needs two `markets` or more")
        if problems:
            raise ValueError("; ".join(problems) + ". Give values that fit together")
        return self

    @property
    def days(self) -> int:
        """Days on record."""
        return self.days_before + self.days_after
