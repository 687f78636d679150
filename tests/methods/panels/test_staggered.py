"""Staggered treatment against a published example, another library and effects that grow."""

from __future__ import annotations

import math
from collections.abc import Callable

import causaldata
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from knowntruth.methods.panels.did import two_way
from knowntruth.methods.panels.honest import bounds
from knowntruth.methods.panels.panel import Panel, balanced, read
from knowntruth.methods.panels.staggered import Comparison, Staggered, staggered, two_way_weights
from knowntruth.methods.panels.unit_changes import by_differences
from knowntruth.story.estimates import Estimate

Array = NDArray[np.float64]


def numbers(found: Estimate | None, degrees: int = 49) -> tuple[float, float]:
    """Return value and error."""
    assert found is not None
    quantile = float(stats.t.isf((1 - found.level) / 2, degrees))
    return found.value, (found.high - found.value) / quantile


def castle() -> Panel:
    data = causaldata.castle.load_pandas().data
    treated = data["year"].where(data["post"] == 1)
    data = data.assign(first=treated.groupby(data["sid"]).transform("min"))
    return read(data, unit="sid", period="year", outcome="l_homicide", first_treated="first")


# diff-diff 3.13.0 on the same data (first 0 for states never treated): CallawaySantAnna(
# control_group=..., base_period="universal").fit(data, outcome="l_homicide", unit="sid",
# time="year", first_treat="first", aggregate="all"): effects and analytic errors. The column is
# stored in single precision, which they keep. Its errors are those of many units, without
# g / (g - 1).
CASTLE: dict[Comparison, dict[object, tuple[float, float]]] = {
    "never": {
        "overall": (0.01940280854752338, 0.03838864646582149),
        (2006, 2003): (0.11969230137765408, 0.03830251097679138),
        (2007, 2009): (0.02085365355014801, 0.056886229664087296),
        (2009, 2010): (0.03392314910888672, 0.04656404256820679),
        -9: (-0.18256099149584767, 0.1007398738431765),
        -2: (-0.09721536592890818, 0.03964313611820955),
        0: (0.014333753048309259, 0.06052240225779002),
        3: (0.0008975097111293233, 0.04929088134592279),
        2006: (0.25601620543748144, 0.03243129015304148),
        2008: (-0.022672513499855995, 0.1299555801169669),
        2009: (0.12796729058027267, 0.06938124613966445),
    },
    "not yet": {
        "overall": (0.017412046662758335, 0.039620467457795516),
        (2006, 2003): (0.10582602769136429, 0.03156943619251251),
        (2007, 2009): (0.0181473046541214, 0.05617159977555275),
        (2009, 2010): (0.03392314910888672, 0.04656404256820679),
        -9: (-0.17358393470446268, 0.10312555885880674),
        -2: (-0.10257610913720869, 0.0435350650760203),
        0: (0.010335572019574189, 0.06842478668011677),
        3: (-0.0007547331707818163, 0.04869155131721778),
        2006: (0.24504776913672688, 0.030833579126559978),
        2008: (-0.032343766341606774, 0.1295208563306697),
        2009: (0.1262567788362503, 0.06905444372633443),
    },
}


@pytest.mark.parametrize("comparison", ["never", "not yet"])
def test_the_castle_doctrine_has_the_effects_and_errors_of_diff_diff(
    comparison: Comparison,
) -> None:
    found = staggered(castle(), level=0.95, comparison=comparison)
    assert found.reason == ""
    assert (found.units, found.treated, found.clusters) == (50, 21, 50)
    have: dict[object, Estimate | None] = {
        "overall": found.overall,
        **found.cells,
        **found.by_time.effects,
        **found.by_group,
    }
    for key, (value, error) in CASTLE[comparison].items():
        expected = value, error * math.sqrt(50 / 49)
        assert numbers(have[key]) == pytest.approx(expected, abs=1e-7)


def test_means_of_groups_are_weighed_by_their_size() -> None:
    panel = castle()
    found = staggered(panel, level=0.95)
    sizes = {panel.periods[start]: int((panel.first == start).sum()) for start in panel.starts}
    expected = sum(found.by_group[g].value * n for g, n in sizes.items()) / sum(sizes.values())
    assert numbers(found.across_groups)[0] == pytest.approx(expected, abs=1e-12)
    after = [found.by_time.effects[time].value for time in range(5)]
    assert numbers(found.by_time.after)[0] == pytest.approx(np.mean(after), abs=1e-12)


def test_the_published_example_enters_one_effect_with_a_negative_weight() -> None:
    """De Chaisemartin & D'Haultfoeuille 2020, section I: one group is treated in period 3, one
    in 2 and 3; their effects enter with 1/2, 1 and -1/2."""
    panel = balanced(np.zeros((2, 3)), np.array([2, 1]))
    found = two_way_weights(panel)
    assert found.cells == pytest.approx({(2, 2): 0.5, (1, 1): 1.0, (1, 2): -0.5})
    assert found.negative == pytest.approx(1 / 3)
    assert found.total_negative == pytest.approx(-0.5)


def growing(
    seed: int,
    *,
    units: int = 90,
    periods: int = 8,
    growth: float = 0.5,
    noise: float = 1.0,
    never: bool = True,
) -> tuple[Panel, Array]:
    """Return thirds that start in periods 2 and 5 and never (or in 7), and true effects."""
    random = np.random.default_rng([31, seed])
    starts = np.array([2, 5, periods if never else 7])
    first = starts[np.arange(units) % 3]
    time = np.arange(periods) - first[:, None]
    effect = np.where(time >= 0, growth * (time + 1), 0.0)
    level = random.normal(size=(units, 1)) + 0.2 * first[:, None]
    season = random.normal(size=periods)
    noisy = random.normal(size=(units, periods)).cumsum(axis=1) * noise * 0.5
    return balanced(level + season + effect + noisy, first), effect


@pytest.mark.parametrize("never", [True, False])
def test_two_way_fixed_effects_find_the_sum_of_weights_times_effects(never: bool) -> None:
    panel, effect = growing(0, noise=0.0, never=never)
    found = two_way(panel, level=0.95).estimate
    assert found is not None
    truth = {(g, t): effect[panel.first == g][0, t] for g in panel.starts for t in range(g, 8)}
    weights = two_way_weights(panel)
    assert sum(weights.cells.values()) == pytest.approx(1.0)
    assert found.value == pytest.approx(sum(weights.cells[k] * truth[k] for k in truth))
    assert weights.negative > 0
    # With a steadily growing effect they miss even its smallest mean.
    assert found.value < np.mean([truth[k] for k in truth]) - 0.2


@pytest.mark.parametrize("never", [True, False])
def test_without_noise_each_effect_is_found(never: bool) -> None:
    panel, effect = growing(0, noise=0.0, never=never)
    found = staggered(panel, level=0.95)
    for (group, period), estimate in found.cells.items():
        expected = effect[panel.first == group][0, period]
        assert estimate.value == pytest.approx(expected, abs=1e-9)
    assert ((5, 7) in found.cells) == never


def test_the_last_group_has_no_one_left_to_be_compared_with() -> None:
    panel, _ = growing(0, never=False)
    found = staggered(panel, level=0.95)
    assert found.skipped == {7: "no unit is left to compare it with"}
    assert set(found.by_group) == {2, 5}
    assert staggered(panel, level=0.95, comparison="never").reason == "no unit is never treated"


def test_one_start_and_two_periods_are_the_two_by_two() -> None:
    random = np.random.default_rng(3)
    panel = balanced(random.normal(size=(50, 2)), np.where(np.arange(50) < 20, 1, 2))
    found = staggered(panel, level=0.95)
    alone = by_differences(panel, level=0.95).estimate
    assert alone is not None
    assert numbers(found.overall)[0] == pytest.approx(alone.value, abs=1e-12)
    table = panel.wide()
    change = table[:, 1] - table[:, 0]
    variance = change[:20].var() / 20 + change[20:].var() / 30
    assert numbers(found.overall)[1] == pytest.approx(math.sqrt(variance * 50 / 49), rel=1e-9)


def test_of_few_clusters_one_start_has_the_clustered_errors_of_statsmodels() -> None:
    """Changes on group, by cluster: the same sandwich, times g / (g - 1), and t of g - 1."""
    random = np.random.default_rng(8)
    cluster = np.arange(60) % 9
    moved = random.normal(size=(9, 2))[cluster]
    table = moved + random.normal(size=(60, 2))
    group = np.arange(60) % 4 == 0
    panel = changed(balanced(table, np.where(group, 1, 2)), cluster=cluster)
    fit = sm.OLS(table[:, 1] - table[:, 0], sm.add_constant(group.astype(float))).fit(
        cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}
    )
    found = staggered(panel, level=0.95)
    reach = stats.t.isf(0.025, 8) * fit.bse[1] * math.sqrt(9 / 8)
    expected = fit.params[1] - reach, fit.params[1] + reach
    for one in (found.overall, found.by_time.effects[0], found.by_time.after, found.by_group[1]):
        assert one is not None
        assert (one.low, one.high) == pytest.approx(expected, rel=1e-9)
    assert found.by_time.covariance[0, 0] == pytest.approx(fit.bse[1] ** 2 * 9 / 8, rel=1e-9)
    assert found.by_time.degrees == 8


def test_units_treated_from_the_first_period_on_are_left_out() -> None:
    panel, _ = growing(1)
    alone = changed(panel, first=np.where(np.arange(90) < 6, 0, panel.first))
    found = staggered(alone, level=0.95)
    assert (found.left_out, found.units) == (6, 84)
    assert found.skipped == {0: "no period lies before it"}
    kept = panel.unit >= 6
    table = pd.DataFrame(
        {
            "unit": panel.unit[kept] + 100,
            "period": panel.period[kept],
            "y": panel.outcome[kept],
            "first": np.where(panel.first < 8, panel.first, np.nan)[panel.unit[kept]],
        }
    )
    without = read(table, unit="unit", period="period", outcome="y", first_treated="first")
    expected = staggered(without, level=0.95).overall
    assert numbers(found.overall, 83) == pytest.approx(numbers(expected, 83), rel=1e-9)


def changed(panel: Panel, **changes: object) -> Panel:
    fields = {name: getattr(panel, name) for name in Panel.__dataclass_fields__}
    call: Callable[..., Panel] = Panel
    return call(**{**fields, **changes})


def test_a_weight_counts_like_as_many_units() -> None:
    panel, _ = growing(2, units=30)
    times = np.arange(30) % 3 // 2 + 1
    weighed = changed(panel, weight=times[panel.unit].astype(float))
    rows = np.repeat(np.arange(30), times)
    repeated = balanced(panel.wide()[rows], panel.first[rows])
    here = staggered(weighed, level=0.95)
    there = staggered(changed(repeated, cluster=rows), level=0.95)
    for one, other in ((here.overall, there.overall), (here.by_group[5], there.by_group[5])):
        assert numbers(one, 29) == pytest.approx(numbers(other, 29), rel=1e-9)


def test_anticipation_moves_what_is_compared_with() -> None:
    panel, _ = growing(0, noise=0.0)
    early = panel.wide() + (np.arange(8) == panel.first[:, None] - 1)
    before = balanced(early, panel.first)
    found = staggered(before, level=0.95, anticipation=1)
    assert found.by_time.reference == -2
    assert found.by_time.effects[-1].value == pytest.approx(1.0)
    assert found.by_time.effects[0].value == pytest.approx(0.5)
    assert staggered(before, level=0.95).by_time.effects[0].value != pytest.approx(0.5, abs=0.1)


def test_a_unit_must_be_seen_in_both_periods() -> None:
    panel, _ = growing(4)
    kept = ~((panel.unit == 0) & (panel.period == 4))
    rows = ("unit", "period", "outcome", "weight")
    fields = {name: getattr(panel, name)[kept] for name in rows}
    holed = changed(panel, covariates=panel.covariates[kept], **fields)
    whole, found = (staggered(each, level=0.95) for each in (panel, holed))
    assert found.cells[2, 3].value == whole.cells[2, 3].value
    table = panel.wide()
    change = table[:, 4] - table[:, 1]
    mine = np.flatnonzero(panel.first == 2)[1:]
    expected = change[mine].mean() - change[panel.first > 4].mean()
    assert found.cells[2, 4].value == pytest.approx(expected, abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 300), shift=st.floats(-4, 4), sign=st.sampled_from([-1.0, 1.0]))
def test_constants_of_units_and_periods_change_nothing(
    seed: int, shift: float, sign: float
) -> None:
    panel, _ = growing(seed, units=18)
    moved = sign * panel.outcome + shift * panel.unit - shift * panel.period**2
    here, there = (staggered(p, level=0.9) for p in (panel, changed(panel, outcome=moved)))
    value, error = numbers(here.overall)
    assert numbers(there.overall) == pytest.approx((sign * value, error), abs=1e-8)
    assert there.by_time.covariance == pytest.approx(here.by_time.covariance, abs=1e-8)


def test_its_event_study_has_bounds() -> None:
    panel, _ = growing(5, units=300)
    found = staggered(panel, level=0.95).by_time
    plain = bounds(found, "relative", 0.0, level=0.95).estimate
    assert plain is not None
    assert found.after is not None
    assert (plain.low, plain.high) == pytest.approx((found.after.low, found.after.high))


SEEDS = 250


def test_intervals_cover_where_those_of_two_way_fixed_effects_do_not() -> None:
    covered, naive = [], []
    for seed in range(SEEDS):
        panel, effect = growing(seed)
        truth = float(effect.sum() / (effect > 0).sum())
        found = staggered(panel, level=0.9)
        assert found.overall is not None
        by_time = found.by_time.effects
        held = [by_time[t].covers(0.5 * (t + 1) * (t >= 0)) for t in by_time]
        covered.append([found.overall.covers(truth), *held])
        plain = two_way(panel, level=0.9).estimate
        naive.append(plain is not None and plain.covers(truth))
    share = np.mean(covered, axis=0)
    # Groups of thirty have errors some two per cent too small.
    assert abs(share[0] - 0.89) < 4 * math.sqrt(0.09 / SEEDS)
    by_seed = np.mean(covered, axis=1)
    assert abs(by_seed.mean() - 0.89) < 4 * by_seed.std(ddof=1) / math.sqrt(SEEDS)
    assert np.mean(naive) < 0.1


def test_what_cannot_be_told_is_said() -> None:
    y = np.zeros((4, 3))
    assert staggered(balanced(y, np.full(4, 3)), level=0.95).reason == "no unit is ever treated"
    together = staggered(balanced(y, np.full(4, 1)), level=0.95)
    assert together.reason == "no group can be compared"
    assert two_way_weights(balanced(y, np.full(4, 1))).reason
    assert two_way_weights(balanced(y, np.full(4, 3))).reason
    call: Callable[..., Staggered] = staggered
    for change, message in (
        ({"comparison": "later"}, "never or not yet"),
        ({"anticipation": -1}, "anticipation is at least 0"),
        ({"level": 1}, "level lies between"),
    ):
        with pytest.raises(ValueError, match=message):
            call(balanced(y, np.full(4, 3)), **{"level": 0.95, **change})
