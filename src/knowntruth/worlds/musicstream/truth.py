"""Truth of `musicstream`: what the parameters imply, without a single random draw.

Expectations over listening are sums over the exact distribution of a gamma variable
rounded down, so a true lift is exact, not an average of a bigger simulation.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np
from scipy import optimize, stats

from .parameters import SEGMENTS, Parameters

END = np.datetime64("2025-03-01T00:00:00", "us")  # the test stops for everybody
FOLLOW_UP = 59  # longest time under observation, in days
TAIL = 1e-13  # share of listeners beyond the last count of a sum

Cell = dict[str, str]


@dataclass(frozen=True)
class Arm:
    """Expected values in one arm, machines left out: songs a user, shares that pay and leave."""

    songs: float
    conversion: float
    churn: float


@dataclass(frozen=True)
class Truth:
    """What only the simulator knows.

    Attributes:
        control, treatment: expected values of people in each arm.
        lift: relative difference in songs; `lift_by_segment[column][value]` for each segment.
        conversion_difference, conversion_lift: absolute and relative difference in paying.
        conversion_lift_by_segment: the latter for each segment.
        churn_difference: absolute difference in leaving while observed.
        machines: user ids of the machine accounts.
        lost: user ids of treated users that never reached the tables.
        split_is_broken: whether users are lost in one arm more than in the other.
        logged_share: expected share of treatment among logged users.
    """

    control: Arm
    treatment: Arm
    lift: float
    lift_by_segment: dict[str, dict[str, float]]
    conversion_difference: float
    conversion_lift: float | None
    conversion_lift_by_segment: dict[str, dict[str, float | None]]
    churn_difference: float
    machines: np.ndarray
    lost: np.ndarray
    split_is_broken: bool
    logged_share: float


def truth_of(p: Parameters, *, machines: np.ndarray, lost: np.ndarray) -> Truth:
    """Return the truth of these parameters, with who is a machine and who was lost."""
    control, treatment = arm_of(p, treated=False), arm_of(p, treated=True)
    lifts: dict[str, dict[str, float]] = {}
    conversions: dict[str, dict[str, float | None]] = {}
    for column, name in SEGMENTS.items():
        lifts[column], conversions[column] = {}, {}
        for value in getattr(p, name):
            within = {column: value}
            c = arm_of(p, treated=False, within=within)
            t = arm_of(p, treated=True, within=within)
            lifts[column][value] = t.songs / c.songs - 1
            conversions[column][value] = _ratio(t.conversion, c.conversion)
    kept = p.treatment_share * (1 - p.lost_share * p.devices[p.lost_device])
    return Truth(
        control=control,
        treatment=treatment,
        lift=treatment.songs / control.songs - 1,
        lift_by_segment=lifts,
        conversion_difference=treatment.conversion - control.conversion,
        conversion_lift=_ratio(treatment.conversion, control.conversion),
        conversion_lift_by_segment=conversions,
        churn_difference=treatment.churn - control.churn,
        machines=machines,
        lost=lost,
        split_is_broken=p.lost_share > 0,
        # Without losses the planned share itself, to the last bit.
        logged_share=kept / (kept + 1 - p.treatment_share) if p.lost_share else p.treatment_share,
    )


def arm_of(p: Parameters, *, treated: bool, within: Cell | None = None) -> Arm:
    """Return the expected values of one arm, over all users or `within` one segment."""
    songs = conversion = churn = total = 0.0
    for weight, cell in cells(p, within or {}):
        lift = lift_in(p, cell) if treated else 0.0
        factor = p.conversion_factor.get(cell["country"], 1.0)
        factor *= 1 + p.conversion_effect if treated else 1.0
        s, c = expectations(
            p.songs_shape,
            p.songs_scale * (1 + lift),
            p.conversion_base,
            p.conversion_per_song,
            factor,
        )
        left = c * risk(p, converted=True, treated=treated)
        left += (1 - c) * risk(p, converted=False, treated=treated)
        songs += weight * s
        conversion += weight * c
        churn += weight * left
        total += weight
    return Arm(songs / total, conversion / total, churn / total)


def cells(p: Parameters, within: Cell) -> Iterator[tuple[float, Cell]]:
    """Yield every combination of segments that agrees with `within`, and its share of users."""
    shares = [getattr(p, name).items() for name in SEGMENTS.values()]
    for combination in itertools.product(*shares):
        cell = dict(zip(SEGMENTS, (value for value, _ in combination), strict=True))
        if all(cell[column] == value for column, value in within.items()):
            yield float(np.prod([share for _, share in combination])), cell


def lift_in(p: Parameters, cell: Cell) -> float:
    """Return the relative change of the scale of listening in one cell."""
    segment = p.lift_segment
    return p.lift if segment is None else p.segment_lift.get(cell[segment], p.lift)


@lru_cache(maxsize=256)
def expectations(
    shape: float, scale: float, base: float, per_song: float, factor: float
) -> tuple[float, float]:
    """Return expected songs and chance to pay, for a gamma variable rounded down."""
    last = int(np.ceil(stats.gamma.isf(TAIL, shape, scale=scale)))
    counts = np.arange(last + 1)
    at_least = stats.gamma.sf(np.arange(last + 2), shape, scale=scale)
    chance = np.minimum(factor * (base + per_song * counts), 1.0)
    return float(at_least[1:].sum()), float(chance @ (at_least[:-1] - at_least[1:]))


def risk(p: Parameters, *, converted: bool, treated: bool) -> float:
    """Return the chance to leave before the end of observation."""
    change = p.churn_if_converted * converted + p.churn_if_treated * treated
    return float(np.clip(p.churn_risk + change, 0.0, 0.99))


@lru_cache(maxsize=64)
def hazard_for(share: float, follow_up: int = FOLLOW_UP) -> float:
    """Return the daily hazard at which `share` leave when follow-up is uniform on whole days."""
    if share == 0:
        return 0.0
    days = np.arange(1, follow_up + 1)

    def excess(hazard: float) -> float:
        return float(np.mean(-np.expm1(-hazard * days))) - share

    return float(optimize.brentq(excess, 1e-9, 100.0, xtol=1e-14))


def _ratio(new: float, old: float) -> float | None:
    return new / old - 1 if old > 0 else None


def as_data(truth: Truth) -> dict[str, object]:
    """Return the truth as plain values that JSON can hold."""
    data = asdict(truth)
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in data.items()}
