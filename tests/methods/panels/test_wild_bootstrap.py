"""The wild cluster bootstrap against other libraries, itself by hand, and few clusters."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from knowntruth.methods.panels.did import two_way, two_way_fit
from knowntruth.methods.panels.panel import Panel, balanced
from knowntruth.methods.panels.regression import clustered
from knowntruth.methods.panels.wild_bootstrap import WildBootstrap, wild_bootstrap
from knowntruth.story.estimates import Estimate

Array = NDArray[np.float64]


def few(
    seed: int = 11,
    *,
    clusters: int = 9,
    units: int = 4,
    periods: int = 6,
    start: int = 3,
    effect: float = 0.5,
) -> Panel:
    """Return units in clusters that share shocks; every third cluster is treated."""
    random = np.random.default_rng(seed)
    n = clusters * units
    group = (np.arange(n) // units) % 3 == 0
    shock = random.normal(size=(clusters, periods)).cumsum(axis=1) * 0.3
    y = shock[np.arange(n) // units] + random.normal(size=(n, 1))
    y += 0.5 * random.normal(size=(n, periods))
    y += effect * group[:, None] * (np.arange(periods) >= start)
    found = balanced(y, np.where(group, start, periods))
    return clusters_of(found, np.arange(n) // units)


def clusters_of(panel: Panel, cluster: NDArray[np.intp], **changes: object) -> Panel:
    fields = {name: getattr(panel, name) for name in Panel.__dataclass_fields__}
    call: Callable[..., Panel] = Panel
    return call(**{**fields, "cluster": cluster, **changes})


def estimate(found: WildBootstrap) -> Estimate:
    assert found.reason == ""
    assert found.estimate is not None
    return found.estimate


def test_all_flips_of_nine_clusters_have_the_p_value_of_wildboottest() -> None:
    """wildboottest 0.3.2 on few(): formula "y ~ D + C(unit) + C(period)", B=99999, which takes
    all 512 flips: 0.109375 (Rademacher, null imposed)."""
    found = wild_bootstrap(few(), level=0.95, weights="rademacher")
    assert (found.draws, found.complete) == (512, True)
    assert estimate(found).p_value == 0.109375


def test_webb_weights_have_the_p_value_of_wildboottest() -> None:
    """The same with weights_type="webb": 0.112171 of 99999 draws."""
    found = wild_bootstrap(few(), level=0.95, draws=9999)
    assert (found.weights, found.draws, found.complete) == ("webb", 10_000, False)
    p_value = estimate(found).p_value
    assert p_value is not None
    assert abs(p_value - 0.112171) < 4 * math.sqrt(0.1 * 0.9 / 10_000 * 1.1)


def by_hand(panel: Panel, null: float) -> float:
    """Return the p-value of all flips, each by fitting a table anew."""
    treated = panel.after.astype(float)
    moved = clusters_of(panel, panel.cluster, outcome=panel.outcome - null * treated)
    residuals = two_way_fit(moved, np.empty((len(treated), 0)), []).residuals

    def t(outcome: Array) -> float:
        fit = two_way_fit(clusters_of(panel, panel.cluster, outcome=outcome), treated, ["d"])
        return float(abs(fit.coefficients[0]) / math.sqrt(fit.covariance[0, 0]))

    observed = t(moved.outcome)
    signs = product([-1.0, 1.0], repeat=panel.clusters)
    flipped = [t(np.array(s)[panel.cluster_of_rows] * residuals) for s in signs]
    return float(np.mean(np.array(flipped) >= observed * (1 - 1e-9)))


@pytest.mark.parametrize("null", [0.0, 0.4, 1.0])
def test_sums_by_cluster_and_period_do_what_fitting_again_does(null: float) -> None:
    """With weights, holes, a covariate and clusters of one to eight units."""
    random = np.random.default_rng(2)
    panel = few(3, clusters=7)
    panel = clusters_of(panel, np.repeat(np.arange(7), [1, 8, 2, 6, 1, 7, 3]))
    rows = random.random(len(panel.unit)) < 0.85
    changes = {
        "unit": panel.unit[rows],
        "period": panel.period[rows],
        "outcome": panel.outcome[rows],
        "weight": random.integers(1, 4, rows.sum()).astype(float),
        "covariates": random.normal(size=(rows.sum(), 1)),
        "names": ("x",),
    }
    holed = clusters_of(panel, panel.cluster, **changes)
    found = wild_bootstrap(holed, level=0.9, null=null, weights="rademacher")
    assert estimate(found).p_value == pytest.approx(by_hand(holed, null), abs=1e-12)


def test_the_interval_ends_where_the_p_value_does() -> None:
    panel = few(4, clusters=12)
    found = estimate(wild_bootstrap(panel, level=0.9, weights="rademacher", draws=499))
    for end, out in ((found.low, -1e-4), (found.high, 1e-4)):
        inside, outside = (
            estimate(wild_bootstrap(panel, level=0.9, null=x, weights="rademacher", draws=499))
            for x in (end, end + out)
        )
        assert inside.p_value is not None
        assert outside.p_value is not None
        assert inside.p_value >= 0.1 > outside.p_value
        assert inside.low == pytest.approx(found.low, abs=1e-6)


def test_five_clusters_have_too_few_flips_to_refuse_anything() -> None:
    found = wild_bootstrap(few(clusters=5, effect=50), level=0.95, weights="rademacher")
    assert found.draws == 32
    assert (estimate(found).low, estimate(found).high) == (-math.inf, math.inf)


def test_the_same_seed_gives_the_same_numbers_and_another_nearly_the_same() -> None:
    panel = few(5, clusters=15)
    first, again, other = (wild_bootstrap(panel, level=0.95, seed=s) for s in (1, 1, 2))
    assert first == again
    assert estimate(first).p_value == pytest.approx(estimate(other).p_value, abs=0.05)


def test_turning_the_outcome_turns_the_interval() -> None:
    panel = few(6, clusters=8)
    turned = clusters_of(panel, panel.cluster, outcome=3 - 2 * panel.outcome)
    here, there = (estimate(wild_bootstrap(p, level=0.9)) for p in (panel, turned))
    assert (there.low, there.high) == pytest.approx((-2 * here.high, -2 * here.low), abs=1e-6)
    assert there.p_value == here.p_value


def test_what_cannot_be_told_is_said() -> None:
    panel = few()
    never = clusters_of(panel, panel.cluster, first=np.full(panel.units, 6))
    assert wild_bootstrap(never, level=0.95).reason
    one = clusters_of(panel, np.zeros(panel.units, dtype=np.intp))
    assert wild_bootstrap(one, level=0.95).reason == "there is only one cluster"
    with pytest.raises(ValueError, match="draws is at least 99"):
        wild_bootstrap(panel, level=0.95, draws=10)
    call: Callable[..., WildBootstrap] = wild_bootstrap
    with pytest.raises(ValueError, match="rademacher or webb"):
        call(panel, level=0.95, weights="mammen")


SEEDS = 300


def test_with_nine_clusters_the_bootstrap_keeps_its_word_and_clustered_errors_do_not() -> None:
    panels = [few(seed, effect=0.0) for seed in range(SEEDS)]
    wild = [wild_bootstrap(panel, level=0.9, draws=399) for panel in panels]
    alarms = np.mean([not estimate(one).covers(0) for one in wild])
    plain = [two_way(panel, level=0.9).estimate for panel in panels]
    clustered_alarms = np.mean([one is not None and not one.covers(0) for one in plain])
    by_unit = [
        two_way(clusters_of(panel, np.arange(panel.units)), level=0.9).estimate for panel in panels
    ]
    unit_alarms = np.mean([one is not None and not one.covers(0) for one in by_unit])
    berth = 4 * math.sqrt(0.09 / SEEDS)
    assert abs(alarms - 0.1) < berth
    assert alarms < clustered_alarms < unit_alarms
    assert unit_alarms > 0.1 + berth


def test_sums_by_cluster_are_numpys() -> None:
    rows = np.arange(8.0).reshape(4, 2)
    assert clustered(rows, np.array([5, 1, 5, 1])).tolist() == [[8, 10], [4, 6]]
