"""Honest bounds against another library, closed forms, and trends made to differ."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from knowntruth.methods.panels.event_study import EventStudy, PreTest, event_study
from knowntruth.methods.panels.honest import Bounds, Kind, bounds, breakdown
from knowntruth.methods.panels.panel import balanced
from knowntruth.story.estimates import Estimate

Array = NDArray[np.float64]

TIMES = (-4, -3, -2, 0, 1)
VALUES = np.array([0.02, -0.03, 0.01, 0.30, 0.36])
COVARIANCE = (
    np.array(
        [
            [0.050, 0.020, 0.020, 0.010, 0.008],
            [0.020, 0.040, 0.020, 0.012, 0.009],
            [0.020, 0.020, 0.030, 0.014, 0.011],
            [0.010, 0.012, 0.014, 0.045, 0.022],
            [0.008, 0.009, 0.011, 0.022, 0.060],
        ]
    )
    / 10
)
NORMAL = 10**9


def study(
    values: Array = VALUES,
    covariance: Array = COVARIANCE,
    times: tuple[int, ...] = TIMES,
    degrees: int = NORMAL,
) -> EventStudy:
    one = Estimate(value=0.0, low=-1.0, high=1.0, level=0.95, n=9)
    return EventStudy(
        reference=-1,
        effects={
            t: replace(one, value=float(v), low=-9, high=9)
            for t, v in zip(times, values, strict=True)
        },
        times=times,
        covariance=covariance,
        degrees=degrees,
        after=one,
        pre_test=PreTest(statistic=1.0, degrees=(1, 30), p_value=0.5),
    )


def ends(found: Bounds) -> tuple[float, float]:
    assert found.reason == ""
    assert found.estimate is not None
    return found.estimate.low, found.estimate.high


# diff-diff 3.13.0, honest_did._compute_optimal_flci(values[:3], values[3:], COVARIANCE, l, 3, 2,
# size, 0.05): its weights and lengths are held against R's HonestDiD there.
SMOOTH = {
    (0.5, 0.5): {
        0.0: (0.1865431595577433, 0.46685684044225667),
        0.01: (0.16703564230507553, 0.4824298079378265),
        0.05: (0.03705015030239167, 0.5942915381663089),
        0.2: (-0.2511793965596475, 0.9411793965596474),
    },
    (1, 0): {
        0.0: (0.15860650051422628, 0.4361934994857737),
        0.01: (0.14973305104428045, 0.4423810839783713),
        0.05: (0.08123597333140287, 0.4991914622128184),
        0.2: (-0.05693442242501995, 0.6769344224250196),
    },
    (0, 1): {
        0.0: (0.1761526111664544, 0.5358473888335455),
        0.01: (0.14828435757247746, 0.5584359900903951),
        0.05: (-0.031035242486352477, 0.718276662780789),
        0.2: (-0.46617914893779683, 1.2261791489377967),
    },
}


@pytest.mark.parametrize("of", SMOOTH)
def test_intervals_under_smooth_drifts_are_those_of_diff_diff(of: tuple[float, float]) -> None:
    weights = {time: weight for time, weight in enumerate(of) if weight}
    for size, expected in SMOOTH[of].items():
        found = ends(bounds(study(), "smooth", size, level=0.95, of=weights))
        assert found == pytest.approx(expected, abs=5e-6)
        # No longer than theirs but for the search.
        assert found[1] - found[0] <= (expected[1] - expected[0]) * (1 + 1e-8)


@pytest.mark.parametrize(
    ("of", "reach"), [({0: 0.5, 1: 0.5}, 1.5), ({0: 1.0}, 1.0), ({1: 1.0}, 2.0)]
)
def test_the_relative_identified_set_is_that_of_diff_diff(
    of: dict[int, float], reach: float
) -> None:
    """_solve_rm_bounds_union: 0.33 -+ 0.0375, 0.3 -+ 0.025 and 0.36 -+ 0.05 at half the largest
    step, which is 0.05, and twice as much at it."""
    value = sum(weight * VALUES[3 + time] for time, weight in of.items())
    for size in (0.0, 0.5, 1.0, 2.0):
        found = bounds(study(), "relative", size, level=0.95, of=of).identified
        off = 0.05 * size * reach
        assert found == pytest.approx((value - off, value + off), abs=1e-12)


def test_parallel_trends_give_the_plain_interval() -> None:
    found = bounds(study(degrees=20), "relative", 0.0, level=0.9)
    weights = np.array([0, 0, 0, 0.5, 0.5])
    reach = stats.t.isf(0.05, 20) * math.sqrt(weights @ COVARIANCE @ weights)
    assert ends(found) == pytest.approx((0.33 - reach, 0.33 + reach), rel=1e-12)


def test_a_straight_drift_is_taken_away_by_generalised_least_squares() -> None:
    """Of all weights without bias those with the least error are Gauss's and Markov's."""
    times = np.array(TIMES)
    design = np.column_stack([times + 1, times == 0, times == 1]).astype(float)
    inverse = np.linalg.inv(COVARIANCE)
    spread = np.linalg.inv(design.T @ inverse @ design)
    effects = spread @ design.T @ inverse @ VALUES
    weights = np.array([0, 0.5, 0.5])
    reach = stats.norm.isf(0.025) * math.sqrt(weights @ spread @ weights)
    value = weights @ effects
    found = bounds(study(), "smooth", 0.0, level=0.95)
    assert ends(found) == pytest.approx((value - reach, value + reach), rel=1e-6)
    assert found.identified is None  # three times before the start are on no straight line


def test_a_straight_drift_moves_nothing_under_smooth_bounds() -> None:
    drift = 0.7 * (np.array(TIMES) + 1)
    for size in (0.0, 0.1):
        here, there = (
            ends(bounds(study(values), "smooth", size, level=0.95))
            for values in (VALUES, VALUES + drift)
        )
        assert there == pytest.approx(here, abs=1e-9)


def test_the_smooth_identified_set_goes_straight_on_and_bends_by_the_bound() -> None:
    """The last slope before the start is -0.01; bends before it are 0.09 and -0.05."""
    found = bounds(study(), "smooth", 0.1, level=0.95, of={1: 1.0}).identified
    # At time 1: two steps on, and bends of 0.1 that last for two steps and for one.
    assert found == pytest.approx((0.36 + 0.02 - 0.3, 0.36 + 0.02 + 0.3), abs=1e-12)
    assert bounds(study(), "smooth", 0.08, level=0.95).identified is None


@pytest.mark.parametrize("kind", ["relative", "smooth"])
def test_the_breakdown_is_where_the_interval_meets_nothing(kind: Kind) -> None:
    found = breakdown(study(), kind, level=0.95)
    assert found is not None
    assert found > 0
    # It is found to a ten-thousandth of a step or an error.
    below, above = (ends(bounds(study(), kind, found + d, level=0.95)) for d in (-2e-4, 2e-4))
    assert below[0] > 0 >= above[0]
    weak = study(VALUES * [1, 1, 1, 0.01, 0.01])
    assert breakdown(weak, kind, level=0.95) == 0.0


def test_turning_the_effects_turns_the_intervals() -> None:
    kinds: tuple[Kind, ...] = ("relative", "smooth")
    for kind in kinds:
        low, high = ends(bounds(study(), kind, 0.05, level=0.9))
        turned = ends(bounds(study(-VALUES), kind, 0.05, level=0.9))
        assert turned == pytest.approx((-high, -low), abs=1e-9)


def worst(kind: Kind, size: float) -> Array:
    """Return differences of trends at the edge of the bound."""
    if kind == "relative":
        return np.array([0.05, 0.0, 0.08, size * 0.08, 2 * size * 0.08])
    # Bends of `size` at each time, upwards.
    return size * np.array([(t + 1) * (t + 2) / 2 for t in TIMES])


@pytest.mark.parametrize(("kind", "size"), [("relative", 1.0), ("smooth", 0.06)])
def test_intervals_cover_at_the_edge_of_the_bound_and_plain_ones_do_not(
    kind: Kind, size: float
) -> None:
    random = np.random.default_rng(4)
    seeds = 300
    edge = worst(kind, size)
    truth = np.array([0, 0, 0, 0.2, 0.2])
    draws = random.multivariate_normal(truth + edge, COVARIANCE, seeds)
    found = [bounds(study(draw), kind, size, level=0.9) for draw in draws]
    covered = np.mean([low <= 0.2 <= high for low, high in map(ends, found)])
    assert covered > 0.9 - 4 * math.sqrt(0.09 / seeds)
    plain = [bounds(study(draw), "relative", 0.0, level=0.9) for draw in draws]
    naive = np.mean([low <= 0.2 <= high for low, high in map(ends, plain)])
    assert naive < 0.7


def test_an_event_study_has_bounds() -> None:
    random = np.random.default_rng(8)
    first = np.where(np.arange(60) % 2, 5, 8)
    y = random.normal(size=(60, 8)) + (first[:, None] <= np.arange(8))
    found = event_study(balanced(y, first), level=0.95)
    assert found.after is not None
    plain = bounds(found, "relative", 0.0, level=0.95)
    assert ends(plain) == pytest.approx((found.after.low, found.after.high), rel=1e-9)
    wide = ends(bounds(found, "relative", 1.0, level=0.95))
    assert wide[0] < found.after.low
    assert wide[1] > found.after.high
    assert breakdown(found, "smooth", level=0.95) is not None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"reason": "no unit is ever treated"}, "no unit is ever treated"),
        ({"reference": -2}, "the reference is not the last period before the start"),
        ({"pre_test": None}, "no effect before the start tells how far trends may differ"),
        ({"after": None}, "no effect is known from the start on"),
        ({"times": (-5, -3, -2, 0, 1)}, "a period between the first and the last has no effect"),
    ],
)
def test_what_cannot_be_told_is_said(change: dict[str, object], reason: str) -> None:
    call: Callable[..., EventStudy] = replace
    found = call(study(), **change)
    assert bounds(found, "relative", 1.0, level=0.95).reason == reason
    assert breakdown(found, "smooth", level=0.95) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "rough"}, "relative or smooth, not rough"),
        ({"size": -1.0}, "size is at least 0"),
        ({"level": 0.0}, "level lies between"),
        ({"of": {-2: 1.0}}, "times from 0 to 1, not \\[-2\\]"),
        ({"of": {}}, "of weighs times"),
    ],
)
def test_a_wrong_argument_is_named(change: dict[str, object], message: str) -> None:
    call: Callable[..., Bounds] = bounds
    arguments: dict[str, object] = {"kind": "relative", "size": 1.0, "level": 0.95, **change}
    with pytest.raises(ValueError, match=message):
        call(study(), **arguments)
