"""Ratios of means against tea-tasting, simulation, and ratios whose value is known."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt
from hypothesis import given, settings
from hypothesis import strategies as st

from knowntruth.errors import DataError
from knowntruth.methods.experiments.experiments import welch
from knowntruth.methods.experiments.ratios import ratio_of_means
from knowntruth.methods.moments import Moments, Pair, Sample, summarise
from knowntruth.story import Estimate
from knowntruth.worlds.musicstream.parameters import Parameters
from knowntruth.worlds.musicstream.world import simulate

OFFERS, SONGS = "paywall_views", "songs_played"


def world(seed: int, **changes: float) -> pd.DataFrame:
    fixed = {"seed": seed, "users": 6_000, "outliers": 0, "event_log": False}
    return simulate(Parameters.model_validate(fixed | changes)).users


def moments_of(table: pd.DataFrame) -> dict[str, Moments]:
    return summarise(table, [OFFERS, SONGS], pairs=[(OFFERS, SONGS)])


def ends(estimate: Estimate | None) -> tuple[float, float]:
    assert estimate is not None
    return estimate.low, estimate.high


@pytest.mark.parametrize("level", [0.8, 0.99])
def test_a_ratio_of_means_is_that_of_tea_tasting(level: float) -> None:
    """tea-tasting, `RatioOfMeans`; its relative interval is one of logarithms, ours Fieller's."""
    table = world(3, paywall_effect=0.1, treatment_share=0.3)
    metric = tt.RatioOfMeans(OFFERS, SONGS, confidence_level=level)
    table = table.astype({"arm": str})
    expected = tt.Experiment({"ratio": metric}, "arm").analyze(table, control="control")["ratio"]
    arms = moments_of(table)
    found = ratio_of_means(arms["control"], arms["treatment"], OFFERS, SONGS, level=level)
    assert found.control.value == pytest.approx(expected.control, rel=1e-12)
    assert found.treatment.value == pytest.approx(expected.treatment, rel=1e-12)
    assert found.difference.value == pytest.approx(expected.effect_size, rel=1e-9)
    assert found.difference.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert ends(found.difference) == pytest.approx(
        (expected.effect_size_ci_lower, expected.effect_size_ci_upper), rel=1e-9
    )
    assert found.lift is not None
    assert found.lift.value == pytest.approx(expected.rel_effect_size, rel=1e-9)
    assert ends(found.lift) == pytest.approx(
        (expected.rel_effect_size_ci_lower, expected.rel_effect_size_ci_upper), abs=2e-3
    )


def test_over_a_denominator_of_ones_the_ratio_is_the_mean() -> None:
    table = world(4).assign(one=1)
    arms = summarise(table, [OFFERS], pairs=[(OFFERS, "one")])
    ratio = ratio_of_means(arms["control"], arms["treatment"], OFFERS, "one", level=0.95)
    plain = welch(arms["control"], arms["treatment"], OFFERS, level=0.95)
    for one, other in ((ratio.difference, plain.difference), (ratio.lift, plain.lift)):
        assert ends(one) == pytest.approx(ends(other), rel=1e-10)


def test_a_ratio_that_never_varies_is_not_tested() -> None:
    table = world(5).assign(minutes=lambda rows: 3.7 * rows[SONGS])
    arms = summarise(table, [], pairs=[("minutes", SONGS)])
    found = ratio_of_means(arms["control"], arms["treatment"], "minutes", SONGS, level=0.95)
    assert found.control.value == pytest.approx(3.7)
    assert found.difference.value == pytest.approx(0, abs=1e-12)
    assert found.difference.p_value is None
    assert ends(found.difference) == (-math.inf, math.inf)
    assert found.lift is None


@pytest.mark.parametrize("effect", [0.0, -0.2])
def test_intervals_of_offers_per_song_cover_the_worlds_truth(effect: float) -> None:
    """Listening rises by 15 % in these worlds, offers per song change by `effect` alone."""
    rng = np.random.default_rng(7)
    worlds, level = 1_000, 0.9
    inside = {"difference": 0, "lift": 0, "offers": 0}
    for _ in range(worlds):
        arms = {}
        for arm, n, lift, change in (("control", 900, 1.0, 0.0), ("treatment", 300, 1.15, effect)):
            songs = np.floor(rng.gamma(2, 10 * lift, n))
            offers = rng.poisson(0.05 * (1 + change) * songs)
            arms[arm] = exact_moments(offers, songs)
        found = ratio_of_means(arms["control"], arms["treatment"], "offers", "songs", level=level)
        assert found.lift is not None
        inside["difference"] += found.difference.covers(0.05 * effect)
        inside["lift"] += found.lift.covers(effect)
        inside["offers"] += found.control.covers(0.05)
    tolerance = 4 * math.sqrt(level * (1 - level) / worlds)
    for covered in inside.values():
        assert covered / worlds == pytest.approx(level, abs=tolerance)


def exact_moments(offers: np.ndarray, songs: np.ndarray) -> Moments:
    first, second = (Sample(len(x), float(x.mean()), float(x.var(ddof=1))) for x in (offers, songs))
    pair = Pair(first, second, float(np.cov(offers, songs)[0, 1]))
    return Moments(len(songs), {}, {("offers", "songs"): pair})


@settings(deadline=None, max_examples=30)
@given(
    rows=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 30)), min_size=8, max_size=30),
    scale=st.integers(2, 50),
)
def test_counting_in_other_units_changes_nothing_but_the_unit(
    rows: list[tuple[int, int]], scale: int
) -> None:
    table = pd.DataFrame(rows, columns=["x", "y"]).assign(
        arm=["control", "treatment"] * (len(rows) // 2) + ["control"] * (len(rows) % 2)
    )
    table = table.assign(z=table.y * scale)
    arms = summarise(table, [], pairs=[("x", "y"), ("x", "z")])
    one, other = (
        ratio_of_means(arms["control"], arms["treatment"], "x", name, level=0.95) for name in "yz"
    )
    assert other.difference.value * scale == pytest.approx(one.difference.value, abs=1e-12)
    if one.difference.p_value is not None and one.difference.p_value < 1:
        assert other.difference.p_value == pytest.approx(one.difference.p_value, rel=1e-6)
    assert (one.lift is None) == (other.lift is None)


def test_a_ratio_needs_something_to_divide_by() -> None:
    table = pd.DataFrame(
        {"arm": ["control", "control", "treatment"], "x": [1, 2, 3], "y": [0, 0, np.nan]}
    )
    arms = summarise(table, [], pairs=[("x", "y")])
    with pytest.raises(DataError) as raised:
        ratio_of_means(arms["control"], arms["treatment"], "x", "y", level=0.95)
    assert [problem.what for problem in raised.value.problems] == [
        "its mean is not above zero in control",
        "no unit of treatment has both columns",
    ]
