"""Parameters of `musicstream`; the defaults are the original experiment's."""

from __future__ import annotations

from typing import Literal, Self

import pydantic

from ... import parameters
from ...parameters import parameter

SEGMENTS = {"country": "countries", "device": "devices", "age_group": "age_groups"}

Shares = dict[str, float]


class Parameters(parameters.Parameters):
    """Everything about the world that can be chosen; the defaults are the original's."""

    seed: int = parameter(42, "number from which all randomness follows", ge=0, le=2**63 - 1)
    users: int = parameter(40_000, "users assigned", unit="users", ge=20, le=2_000_000)
    treatment_share: float = parameter(0.10, "share assigned to treatment", gt=0, lt=1)
    countries: Shares = parameter(
        {"US": 0.4, "UK": 0.2, "DE": 0.2, "IN": 0.2}, "countries and their shares"
    )
    devices: Shares = parameter({"iOS": 0.5, "Android": 0.5}, "devices and their shares")
    age_groups: Shares = parameter(
        {"18-24": 0.35, "25-34": 0.35, "35-44": 0.2, "45+": 0.1}, "age groups and their shares"
    )
    songs_shape: float = parameter(2.0, "shape of the gamma that songs follow", gt=0, le=50)
    songs_scale: float = parameter(10.0, "its scale in control", unit="songs", gt=0, le=1000)
    lift: float = parameter(0.15, "relative change of that scale by treatment", ge=-0.95, le=10)
    segment_lift: Shares = parameter(
        {}, 'lift that replaces it in some segments of one kind, as in {"iOS": 0.3}'
    )
    pre_period: bool = parameter(True, "whether listening before the test is known")
    pre_correlation: float = parameter(
        0.6, "correlation of listening before and during the test", ge=0, le=1
    )
    conversion_base: float = parameter(0.05, "chance to pay without any song", ge=0, le=1)
    conversion_per_song: float = parameter(0.002, "added chance to pay a song", ge=0, le=1)
    conversion_factor: Shares = parameter({"US": 1.2}, "factor on that chance by country")
    conversion_effect: float = parameter(
        0.0, "relative change of that chance by treatment itself", ge=-1, le=10
    )
    churn_risk: float = parameter(0.30, "chance to leave while observed", ge=0, le=0.95)
    churn_if_converted: float = parameter(-0.20, "change of it for payers", ge=-0.95, le=0.95)
    churn_if_treated: float = parameter(-0.05, "change of it by treatment", ge=-0.95, le=0.95)
    churn_timing: Literal["hazard", "independent"] = parameter(
        "hazard", "leaving at a real hazard, or at a time drawn apart as in the original"
    )
    outliers: int = parameter(50, "machine accounts among the users", unit="users", ge=0)
    outlier_low: int = parameter(1000, "fewest songs of a machine", unit="songs", ge=1)
    outlier_high: int = parameter(5000, "most songs of a machine", unit="songs", ge=1, le=30_000)
    outliers_disguised: float = parameter(
        0.0, "share of machines that play songs to the end as people do", ge=0, le=1
    )
    lost_share: float = parameter(
        0.0, "share of treated users of one device lost before logging", ge=0, lt=1
    )
    lost_device: str = parameter("Android", "the device on which they are lost")
    event_log: bool = parameter(True, "whether the log of single events is made")
    short_play_rate: float = parameter(0.03, "share of plays cut short by people", ge=0, le=0.5)
    playlist_add_rate: float = parameter(0.06, "playlist adds a song", ge=0, le=1)
    playlist_add_effect: float = parameter(
        0.0, "relative change of that rate by treatment", ge=-1, le=10
    )
    share_rate: float = parameter(0.02, "shares a song", ge=0, le=1)
    share_effect: float = parameter(0.0, "relative change of that rate by treatment", ge=-1, le=10)
    paywall_rate: float = parameter(0.05, "upgrade offers shown a song", ge=0, le=5)
    paywall_effect: float = parameter(
        0.0, "relative change of that rate by treatment", ge=-1, le=10
    )

    @pydantic.field_validator("countries", "devices", "age_groups")
    @classmethod
    def _shares_make_a_whole(cls, shares: Shares) -> Shares:
        if not shares or min(shares.values()) <= 0 or abs(sum(shares.values()) - 1) > 1e-9:
            raise ValueError("has shares that do not make a whole. Give positive shares, sum 1")
        return shares

    @pydantic.field_validator("segment_lift")
    @classmethod
    def _lifts_are_possible(cls, lifts: Shares) -> Shares:
        if any(not -0.95 <= lift <= 10 for lift in lifts.values()):
            raise ValueError("has a lift out of range. Accepted is -0.95 ≤ x ≤ 10")
        return lifts

    @pydantic.field_validator("conversion_factor")
    @classmethod
    def _factors_are_possible(cls, factors: Shares) -> Shares:
        if any(not 0 <= factor <= 100 for factor in factors.values()):
            raise ValueError("has a factor out of range. Accepted is 0 ≤ x ≤ 100")
        return factors

    @pydantic.model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        if self.outliers > self.users // 2:
            raise ValueError(
                "`outliers` is more than half of `users`. Use fewer outliers or more users"
            )
        if self.outlier_low >= self.outlier_high:
            raise ValueError("`outlier_low` is not below `outlier_high`. Make it smaller")
        if self.lost_device not in self.devices:
            raise ValueError(
                "`lost_device` is not one of `devices`. Use one of " + ", ".join(self.devices)
            )
        unknown = set(self.conversion_factor) - set(self.countries)
        # The default factor names a country that other countries need not contain.
        if unknown and self.conversion_factor != {"US": 1.2}:
            raise ValueError(
                "`conversion_factor` names no country of this world: "
                f"{', '.join(sorted(unknown))}. Use one of {', '.join(self.countries)}"
            )
        if self.segment_lift and self.lift_segment is None:
            raise ValueError(
                "`segment_lift` must name values of one kind of segment. "
                "Use countries only, devices only, or age groups only"
            )
        return self

    @property
    def lift_segment(self) -> str | None:
        """The column whose values `segment_lift` names, or None."""
        for column, name in SEGMENTS.items():
            if self.segment_lift and set(self.segment_lift) <= set(getattr(self, name)):
                return column
        return None
