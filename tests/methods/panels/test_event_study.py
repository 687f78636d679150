"""Event studies against other libraries, closed forms and groups that are made to drift apart."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from knowntruth.methods.panels.did import two_way
from knowntruth.methods.panels.event_study import (
    EventStudy,
    PreTest,
    detectable,
    detection,
    event_study,
)
from knowntruth.methods.panels.panel import Panel, balanced, read
from knowntruth.story.estimates import Estimate

Array = NDArray[np.float64]


def drifting(
    seed: int = 5,
    units: int = 40,
    periods: int = 8,
    start: int = 5,
    slope: float = 0.0,
    effect: float = 0.4,
) -> pd.DataFrame:
    """Return units whose rows go together; every other is treated and drifts by `slope`."""
    random = np.random.default_rng(seed)
    group = np.arange(units) % 2
    t = np.arange(periods)
    path = random.normal(size=(units, periods)).cumsum(axis=1) * 0.3
    gap = slope * t + effect * (t >= start)
    y = path + random.normal(size=(units, periods)) + group[:, None] * gap
    cells = pd.DataFrame(
        {"unit": np.repeat(np.arange(units), periods), "period": np.tile(t, units)}
    )
    return cells.assign(group=group[cells["unit"]], y=y.ravel())


def panel_of(data: pd.DataFrame, start: float = 5, **options: str) -> Panel:
    call: Callable[..., Panel] = read
    names = {"unit": "unit", "period": "period", "group": "group", "outcome": "y"}
    return call(data, start=start, **names, **options)


def quick(seed: int, *, units: int = 80, slope: float = 0.0) -> Panel:
    """Return the panel of `drifting`, without a table."""
    data = drifting(seed, units=units, slope=slope)
    first = np.where(np.arange(units) % 2 == 1, 5, 8)
    return balanced(data["y"].to_numpy().reshape(units, 8), first)


def error(found: Estimate, degrees: int) -> float:
    return (found.high - found.low) / 2 / float(stats.t.isf((1 - found.level) / 2, degrees))


# pyfixest 0.60.0, of drifting() with holes: time = period - 5 for the treated and -1 for others;
# feols("y ~ i(time, ref=-1) | unit + period", data, vcov={"CRV1": "unit"}), and its
# wald_test(R=np.eye(7)[:4], distribution="F").
PYFIXEST = {
    -5: (0.45640849159771063, 0.4681410535592074),
    -4: (-0.009201442580587625, 0.48203930625353336),
    -3: (0.01597518539350856, 0.5095935264212486),
    -2: (-0.5046720027935468, 0.4034189752291693),
    0: (-0.040822545355466706, 0.4818877333482231),
    1: (-0.3296498080834488, 0.5015378319488074),
    2: (0.8427929011060602, 0.6266475762472705),
}
PYFIXEST_F = 0.9787310819124421


def holed() -> pd.DataFrame:
    data = drifting()
    return data[np.random.default_rng(1).random(len(data)) < 0.85]


def test_effects_errors_and_the_pre_test_are_those_of_pyfixest() -> None:
    found = event_study(panel_of(holed()), level=0.95)
    assert found.reason == ""
    assert found.effects.keys() == PYFIXEST.keys()
    for time, (value, spread) in PYFIXEST.items():
        assert found.effects[time].value == pytest.approx(value, rel=1e-6)
        assert error(found.effects[time], 39) == pytest.approx(spread, rel=1e-6)
    assert found.pre_test is not None
    assert found.pre_test.statistic == pytest.approx(PYFIXEST_F, rel=1e-6)
    assert found.pre_test.degrees == (4, 39)
    assert found.pre_test.p_value == pytest.approx(stats.f.sf(PYFIXEST_F, 4, 39), rel=1e-6)


def test_on_a_balanced_panel_effects_are_differences_of_mean_gaps() -> None:
    data = drifting()
    means = data.groupby(["group", "period"])["y"].mean().unstack("group")
    gap = means[1] - means[0]
    found = event_study(panel_of(data), level=0.95)
    expected = [gap[time + 5] - gap[4] for time in found.times]
    assert found.values == pytest.approx(expected, abs=1e-12)
    assert found.after is not None
    assert found.after.value == pytest.approx(gap[5:].mean() - gap[4], abs=1e-12)


def test_the_spread_of_an_effect_is_welchs_but_for_the_correction() -> None:
    data = drifting().pivot_table(index=["group", "unit"], columns="period", values="y")
    change = data[7] - data[4]
    parts = [change[group].var(ddof=0) / 20 for group in (0, 1)]
    correction = 40 / 39 * 319 / (320 - 15)
    found = event_study(panel_of(drifting()), level=0.95)
    assert error(found.effects[2], 39) == pytest.approx(math.sqrt(sum(parts) * correction))


def test_a_matrix_makes_the_same_panel_as_a_table() -> None:
    table, matrix = panel_of(drifting(1, units=10)), quick(1, units=10)
    here, there = (event_study(panel, level=0.95) for panel in (table, matrix))
    assert here.values == pytest.approx(there.values, abs=1e-12)
    assert here.covariance == pytest.approx(there.covariance, abs=1e-12)


def test_two_periods_are_the_two_by_two() -> None:
    data = drifting()
    panel = panel_of(data[data["period"].isin([4, 5])])
    found = event_study(panel, level=0.95)
    alone = two_way(panel, level=0.95).estimate
    assert alone is not None
    assert found.after is not None
    assert (found.after.low, found.after.high) == pytest.approx((alone.low, alone.high))
    assert found.pre_test is None
    assert detection(found, 1.0) is None
    assert detectable(found) is None


def test_times_beyond_the_window_are_taken_together() -> None:
    data = drifting()
    found = event_study(panel_of(data), level=0.95, window=(-3, 1))
    assert found.times == (-3, -2, 0, 1)
    whole = event_study(panel_of(data), level=0.95)
    late = (whole.effects[1].value + whole.effects[2].value) / 2
    assert found.effects[1].value == pytest.approx(late, abs=1e-9)


def test_another_reference_moves_every_effect_alike_and_leaves_the_pre_test() -> None:
    panel = panel_of(drifting())
    last, first = (event_study(panel, level=0.95, reference=r) for r in (-1, -5))
    assert last.pre_test is not None
    assert first.pre_test is not None
    shift = last.effects[-5].value
    for time in (-3, 0, 2):
        moved = last.effects[time].value - shift
        assert first.effects[time].value == pytest.approx(moved, abs=1e-12)
    assert first.pre_test.statistic == pytest.approx(last.pre_test.statistic, rel=1e-9)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 500), shift=st.floats(-3, 3), sign=st.sampled_from([-1.0, 1.0]))
def test_constants_of_units_and_periods_change_nothing(
    seed: int, shift: float, sign: float
) -> None:
    data = drifting(seed, units=12)
    moved = data.assign(y=sign * data["y"] + shift * data["unit"] - shift * data["period"] ** 2)
    before, after = (event_study(panel_of(each), level=0.9) for each in (data, moved))
    assert after.values == pytest.approx(sign * before.values, abs=1e-8)
    assert after.covariance == pytest.approx(before.covariance, abs=1e-8)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.assign(group=0), "no unit is ever treated"),
        (lambda d: d.assign(group=1), "every unit is treated: nothing is left to compare with"),
        (lambda d: d[(d["group"] == 0) | (d["period"] != 4)], "no treated unit is seen at time -1"),
        (
            lambda d: d[(d["group"] == 1) | (d["period"] != 6)],
            "the effect at time 1 cannot be told from those of units and periods",
        ),
    ],
)
def test_what_cannot_be_told_is_said(
    change: Callable[[pd.DataFrame], pd.DataFrame], reason: str
) -> None:
    found = event_study(panel_of(change(drifting())), level=0.95)
    assert found.reason == reason
    assert found.effects == {}


def test_several_starts_are_refused() -> None:
    data = drifting().assign(first=lambda d: d["unit"].map({1: 2, 3: 4}))
    panel = read(data, unit="unit", period="period", outcome="y", first_treated="first")
    assert "starts in 2 periods" in event_study(panel, level=0.95).reason


def test_too_few_clusters_have_no_pre_test() -> None:
    found = event_study(panel_of(drifting(units=4)), level=0.95)
    assert found.reason == ""
    assert found.pre_test is None


def test_wrong_arguments_are_named() -> None:
    panel = panel_of(drifting())
    with pytest.raises(ValueError, match="does not hold the reference -1"):
        event_study(panel, level=0.95, window=(0, 2))
    with pytest.raises(ValueError, match="level lies between"):
        event_study(panel, level=1.0)
    with pytest.raises(ValueError, match="power lies between"):
        detectable(event_study(panel, level=0.95), power=0.04)


def study(covariance: Array, times: tuple[int, ...]) -> EventStudy:
    """Return a study of which nothing but the covariance matters."""
    one = Estimate(value=0.0, low=-1.0, high=1.0, level=0.95, n=9)
    return EventStudy(
        reference=-1,
        effects=dict.fromkeys(times, one),
        times=times,
        covariance=covariance,
        degrees=30,
        after=one,
        pre_test=PreTest(statistic=1.0, degrees=(1, 30), p_value=0.5),
    )


def test_power_against_a_drift_is_that_of_diff_diff() -> None:
    """diff-diff 3.13.0: PreTrendsPower(pretest_form="wald")._compute_power_wald(0.1, w, V)
    with w = [-3, -2, -1], and _compute_mdv_wald(w, V)."""
    covariance = np.zeros((4, 4))
    covariance[:3, :3] = [[0.05, 0.02, 0.02], [0.02, 0.04, 0.02], [0.02, 0.02, 0.03]]
    covariance[3, 3] = 0.1
    made = study(covariance, (-4, -3, -2, 0))
    found = detection(made, 0.1)
    assert found is not None
    assert found.power == pytest.approx(0.20376355758761033, abs=1e-9)
    assert detectable(made) == pytest.approx(0.22556291514184817, rel=1e-4)


def test_power_and_bias_are_those_of_draws_that_pass() -> None:
    random = np.random.default_rng(0)
    root = random.normal(size=(5, 5))
    covariance = 0.02 * (root @ root.T + 3 + np.eye(5))
    made = study(covariance, (-3, -2, 0, 1, 2))
    slope = 0.3
    found = detection(made, slope)
    assert found is not None
    drift = slope * np.array([-2.0, -1, 1, 2, 3])
    draws = random.multivariate_normal(drift, covariance, 200_000)
    before = draws[:, :2]
    wald = np.einsum("ij,jk,ik->i", before, np.linalg.inv(covariance[:2, :2]), before)
    refused = wald > stats.chi2.isf(0.05, 2)
    assert found.power == pytest.approx(refused.mean(), abs=4 * 0.5 / math.sqrt(200_000))
    passed = draws[~refused, 2:].mean(axis=1)
    spread = passed.std() / math.sqrt(len(passed))
    assert found.bias == pytest.approx(slope * 2)
    assert found.bias_if_passed == pytest.approx(passed.mean(), abs=4 * spread)
    assert abs(found.bias_if_passed - found.bias) > 0.02


def test_without_a_drift_the_test_refuses_as_often_as_its_level_says() -> None:
    made = event_study(panel_of(drifting()), level=0.95)
    found = detection(made, 0.0)
    assert found is not None
    assert found.power == pytest.approx(0.05, abs=1e-12)
    assert (found.bias, found.bias_if_passed) == (0, 0)
    slope = detectable(made, power=0.5)
    assert slope is not None
    for sign in (-1, 1):
        seen = detection(made, sign * slope)
        assert seen is not None
        assert seen.power == pytest.approx(0.5, abs=1e-9)


SEEDS = 200


def test_intervals_cover_and_the_pre_test_refuses_as_often_as_it_says() -> None:
    found = [event_study(quick(s), level=0.9) for s in range(SEEDS)]
    covered = np.array([[f.effects[t].covers(0.4 * (t >= 0)) for t in f.times] for f in found])
    by_seed = covered.mean(axis=1)
    assert abs(by_seed.mean() - 0.9) < 4 * by_seed.std(ddof=1) / math.sqrt(SEEDS)
    alarms = np.mean([f.pre_test is not None and f.pre_test.p_value < 0.1 for f in found])
    # Four times of 80 clusters: the covariance is estimated, and F knows most of it.
    assert abs(alarms - 0.1) < 4 * math.sqrt(0.09 / SEEDS)


def test_a_drift_is_seen_as_often_as_foretold() -> None:
    """Seen from one table, of whose covariance the forecast is made, hence the wide berth."""
    forecasts, seen = [], []
    for seed in range(SEEDS):
        found = event_study(quick(seed, slope=0.25), level=0.95)
        forecast = detection(found, 0.25)
        assert forecast is not None
        assert found.pre_test is not None
        forecasts.append(forecast.power)
        seen.append(found.pre_test.p_value < 0.05)
    assert 0.3 < np.mean(seen) < 0.9
    assert abs(np.mean(forecasts) - np.mean(seen)) < 4 * 0.5 / math.sqrt(SEEDS)
