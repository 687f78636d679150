"""Synthetic control against another library, conditions of an optimum, and placebos."""

from __future__ import annotations

import math

import causaldata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from knowntruth.methods.panels.panel import Panel, balanced, read
from knowntruth.methods.panels.synthetic_control import mixture, synthetic_control

Array = NDArray[np.float64]


def outcomes(
    seed: int = 3, donors: int = 8, before: int = 12, after: int = 4, effect: float = 1.0
) -> Array:
    """Return units by periods; the first is like the mean of three others, and is treated."""
    random = np.random.default_rng(seed)
    factors = random.normal(size=(2, before + after)).cumsum(axis=1)
    loads = random.uniform(0, 1, size=(donors + 1, 2))
    loads[0] = loads[1:4].mean(axis=0)
    y = 10 + loads @ factors + 0.3 * random.normal(size=(donors + 1, before + after))
    y[0, before:] += effect
    return y


def panel_of(y: Array, start: int = 12) -> Panel:
    return balanced(y, np.where(np.arange(len(y)) == 0, start, y.shape[1]))


# Its optimiser stops at about three digits, and no closer than what is found here.
# pysyncon 1.7.0: Synth.w_optimize(V_mat=np.eye(12), X0=y[1:, :12].T, X1=y[0, :12]) of outcomes().
PYSYNCON = [
    *(8.82350267e-02, 4.26893837e-17, 5.13849600e-17, 0.0),
    *(3.93388197e-01, 1.23442797e-01, 2.54451632e-01, 1.40482347e-01),
]


def test_weights_are_those_of_pysyncon() -> None:
    y = outcomes()
    assert mixture(y[1:, :12], y[0, :12]) == pytest.approx(PYSYNCON, abs=1e-3)
    found = synthetic_control(panel_of(y), level=0.8)
    assert set(found.weights) == {"1", "5", "6", "7", "8"}
    assert sum(found.weights.values()) == pytest.approx(1.0)
    mine, theirs = (
        np.linalg.norm(y[0, :12] - np.array(w) @ y[1:, :12])
        for w in (mixture(y[1:, :12], y[0, :12]), PYSYNCON)
    )
    assert mine <= theirs * (1 + 1e-9)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    donors=st.integers(2, 12),
    periods=st.integers(1, 15),
    offset=st.sampled_from([0.0, 3.0, 1e4]),
)
def test_no_weight_can_be_moved_to_another_donor_with_gain(
    seed: int, donors: int, periods: int, offset: float
) -> None:
    """Karush, Kuhn and Tucker: the loss falls along no donor that is not in the mixture."""
    random = np.random.default_rng(seed)
    table = random.normal(size=(donors, periods)) + offset
    unit = random.normal(size=periods) + offset
    weights = mixture(table, unit)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1.0)
    slope = table @ (weights @ table - unit)
    best = slope[weights > 1e-9]
    tolerance = 1e-6 * (1 + abs(offset))
    assert best.max() - best.min() < tolerance
    assert slope.min() > best.min() - tolerance


def test_gaps_and_ratios_are_those_of_the_mixture_by_hand() -> None:
    y = outcomes()
    found = synthetic_control(panel_of(y), level=0.8)
    assert found.estimate is not None
    assert found.treated is not None
    gap = y[0] - np.array(PYSYNCON) @ y[1:]
    assert found.estimate.value == pytest.approx(gap[12:].mean(), abs=1e-3)
    ratio = math.sqrt((gap[12:] ** 2).mean() / (gap[:12] ** 2).mean())
    assert found.treated.ratio == pytest.approx(ratio, rel=1e-3)
    path = [found.actual[t] - found.synthetic[t] for t in range(16)]
    assert path == pytest.approx(list(gap), abs=1e-3)
    as_large = sum(other.ratio >= found.treated.ratio for other in found.placebos)
    assert found.ratio_p_value == (1 + as_large) / 9
    # The first placebo is the first donor, mixed from the seven others.
    own = y[1] - mixture(y[2:, :12], y[1, :12]) @ y[2:]
    assert found.placebos[0].gap == pytest.approx(own[12:].mean(), abs=1e-9)


def test_the_interval_holds_the_effects_that_placebos_do_not_refuse() -> None:
    y = outcomes(donors=19)
    found = synthetic_control(panel_of(y), level=0.8).estimate
    assert found is not None
    for end, out in ((found.low, -1e-6), (found.high, 1e-6)):
        p_values = []
        for effect in (end - out, end + out):
            moved = y.copy()
            moved[0, 12:] -= effect
            alone = synthetic_control(panel_of(moved), level=0.8).estimate
            assert alone is not None
            p_values.append(alone.p_value)
        assert p_values[0] is not None
        assert p_values[1] is not None
        assert p_values[0] > 0.2 >= p_values[1]


def test_few_donors_cannot_be_sure() -> None:
    found = synthetic_control(panel_of(outcomes(effect=99)), level=0.95).estimate
    assert found is not None
    assert (found.low, found.high) == (-math.inf, math.inf)
    assert found.p_value == pytest.approx(1 / 9)


@pytest.mark.parametrize(("level", "is_bounded"), [(0.7, True), (0.9, False)])
def test_beside_donors_that_are_fitted_exactly_no_gap_is_large(
    level: float, is_bounded: bool
) -> None:
    """Two of nineteen donors are mixtures of others but for rounding, until the start."""
    y = outcomes(donors=19)
    y[18, :12] = (y[2:5, :12] / 3).sum(axis=0)
    y[19, :12] = 0.1 * y[5, :12] + 0.2 * y[6, :12] + 0.7 * y[7, :12]
    found = synthetic_control(panel_of(y), level=level)
    exact = [other for other in found.placebos if other.is_exact]
    assert [other.unit for other in exact] == ["18", "19"]
    assert all(math.isinf(other.relative) and math.isinf(other.ratio) for other in exact)
    assert not found.fits_exactly
    assert found.estimate is not None
    # Of twenty units, 0.9 refuses an effect if no two donors have as large a gap: these two have.
    ends = found.estimate.low, found.estimate.high
    if is_bounded:
        assert ends[1] - ends[0] < 20
    else:
        assert ends == (-math.inf, math.inf)
    assert found.estimate.p_value is not None
    assert found.estimate.p_value >= 3 / 20


def test_about_their_means_units_need_not_be_on_one_level() -> None:
    y = outcomes()
    high = y.copy()
    high[0] += 50
    here = synthetic_control(panel_of(y), level=0.8, demeaned=True)
    there = synthetic_control(panel_of(high), level=0.8, demeaned=True)
    assert here.estimate is not None
    assert there.estimate is not None
    assert there.estimate.value == pytest.approx(here.estimate.value, abs=1e-9)
    assert there.synthetic[0] == pytest.approx(here.synthetic[0] + 50)
    out_of_reach = synthetic_control(panel_of(high), level=0.8).estimate
    assert out_of_reach is not None
    assert out_of_reach.value > 40


def test_a_common_season_changes_nothing() -> None:
    y = outcomes()
    season = np.random.default_rng(1).normal(size=16)
    here, there = (synthetic_control(panel_of(each), level=0.8) for each in (y, y + season))
    assert here.estimate is not None
    assert there.estimate is not None
    assert there.estimate.value == pytest.approx(here.estimate.value, abs=1e-9)
    assert there.weights == pytest.approx(here.weights)


def test_more_donors_than_periods_fit_exactly_and_say_nothing() -> None:
    """Organ donations: 26 states, three quarters."""
    data = causaldata.organ_donations.load_pandas().data
    data = data.assign(group=(data["State"] == "California").astype(int))
    panel = read(data, unit="State", period="Quarter_Num", outcome="Rate", group="group", start=4)
    found = synthetic_control(panel, level=0.9)
    assert found.estimate is not None
    assert found.fits_exactly
    assert found.ratio_p_value is None
    assert found.estimate.p_value is None
    assert math.isinf(found.estimate.high)
    # Donors of the same path fall as the published comparison of means does.
    assert -0.035 < found.estimate.value < -0.01


@pytest.mark.parametrize(
    ("first", "hole", "reason"),
    [
        ([16] * 9, None, "0 units are treated"),
        ([12, 12] + [16] * 7, None, "2 units are treated, not one"),
        ([0] + [16] * 8, None, "no period before the start"),
        ([12] + [16] * 8, 0, "not seen in every period"),
    ],
)
def test_what_cannot_be_told_is_said(first: list[int], hole: int | None, reason: str) -> None:
    panel = balanced(outcomes(), np.array(first))
    if hole is not None:
        panel.outcome[hole * 16 + 5] = np.nan
    assert reason in synthetic_control(panel, level=0.9).reason


def test_donors_with_holes_are_left_out() -> None:
    panel = panel_of(outcomes())
    panel.outcome[5 * 16] = np.nan
    found = synthetic_control(panel, level=0.8)
    assert found.left_out == 1
    assert len(found.placebos) == 7
    with pytest.raises(ValueError, match="level lies between"):
        synthetic_control(panel, level=1)
    panel.outcome[16::16] = np.nan
    assert synthetic_control(panel, level=0.8).reason == "there are fewer than two donors"


SEEDS = 250


def test_without_an_effect_placebos_refuse_as_often_as_they_say() -> None:
    """All units are alike here, so that any of them could have been the treated one."""
    p_values, ratios = [], []
    for seed in range(SEEDS):
        random = np.random.default_rng([5, seed])
        loads = random.uniform(size=(10, 2))
        y = loads @ random.normal(size=(2, 16)).cumsum(axis=1) + 0.3 * random.normal(size=(10, 16))
        found = synthetic_control(panel_of(y), level=0.8)
        assert found.estimate is not None
        p_values.append(found.estimate.p_value)
        ratios.append(found.ratio_p_value)
    for each in (p_values, ratios):
        alarms = np.mean(np.array(each, dtype=float) <= 0.2 + 1e-9)
        # The treated unit mixes from one donor more, and so fits a little better.
        assert abs(alarms - 0.2) < 4 * math.sqrt(0.16 / SEEDS)
