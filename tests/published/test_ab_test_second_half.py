"""What the second half of the original A/B-test notebook rests on, and never computes.

It shows ten conversion tests by segment and two survival curves, and tests neither whether
the segments differ nor whether the curves do. The table is the original's, after trimming.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from knowntruth.cases.ab_test import original
from knowntruth.methods.experiments.experiments import proportions
from knowntruth.methods.experiments.families import family_error
from knowntruth.methods.experiments.segments import adjusted, effects, interaction
from knowntruth.methods.users.life_tables import LifeTable, life_table
from knowntruth.methods.users.survival import (
    curve_of_independent_tenure,
    kaplan_meier,
    logrank,
    restricted_mean_difference,
)

SEGMENTS = ("device", "country", "age_group")


@pytest.fixture(scope="module")
def clean(replayed: original.Replay) -> pd.DataFrame:
    assert len(replayed.clean) == 39_581
    return replayed.clean


@pytest.fixture(scope="module")
def arms(clean: pd.DataFrame) -> tuple[LifeTable, LifeTable]:
    found = life_table(clean, duration="days_active", event="churned")
    return found["control"], found["treatment"]


def test_each_segment_has_the_lift_and_p_value_that_are_printed(clean: pd.DataFrame) -> None:
    printed = {figure.id: figure.printed for figure in original.figures()}
    for segment in SEGMENTS:
        for value, one in effects(
            clean, "converted", segment, kind="proportion", level=0.95
        ).by_value.items():
            assert one.lift is not None
            found = f"{one.lift.value:+.2%} · {one.difference.p_value:.4f}"
            assert found == printed[f"conv_subgroup_{value}"]


@pytest.mark.parametrize(
    ("metric", "kind", "expected"),
    [("converted", "proportion", [0.63, 0.53, 0.86]), ("songs_played", "mean", [0.73, 0.44, 0.88])],
)
def test_the_segments_do_not_differ(
    clean: pd.DataFrame, metric: str, kind: str, expected: list[float]
) -> None:
    found = [
        interaction(effects(clean, metric, segment, kind=kind, level=0.95), level=0.95)
        for segment in SEGMENTS
    ]
    assert [one.degrees for one in found] == [1, 3, 3]
    assert [round(one.p_value or 0, 2) for one in found] == expected


def test_no_segment_is_left_after_correction(clean: pd.DataFrame) -> None:
    """By hand: the smallest of the ten printed p-values is 0.18, and 1.8 is no probability."""
    p_values = {
        (segment, value): p
        for segment in SEGMENTS
        for value, p in effects(
            clean, "converted", segment, kind="proportion", level=0.95
        ).p_values.items()
    }
    assert len(p_values) == 10
    found = adjusted(p_values)
    assert round(min(one.raw for one in found.values()), 2) == 0.18
    assert {one.holm for one in found.values()} == {1.0}
    assert min(one.benjamini_hochberg for one in found.values()) > 0.5


def test_ten_tests_find_something_in_a_third_of_experiments_without_an_effect(
    clean: pd.DataFrame,
) -> None:
    """Simulated with the original's own generator: 35.4 %, and 4.8 % with Bonferroni's."""
    tests = 4_000
    found = family_error(
        clean,
        {"converted": "proportion"},
        SEGMENTS,
        tests=tests,
        treatment_share=0.1,
        alpha=0.05,
        rng=np.random.default_rng(8),
    )
    assert len(found.family) == 10
    for ours, theirs in ((found.raw, 0.354), (found.holm, 0.048)):
        error = math.sqrt(theirs * (1 - theirs) * (1 / tests + 1 / 2_000))
        assert ours.value == pytest.approx(theirs, abs=4 * error)


def test_the_curves_are_those_drawn_and_a_test_tells_them_apart(
    derived: dict[str, Any], arms: tuple[LifeTable, LifeTable]
) -> None:
    for day, key in ((30, "km_S30"), (59, "km_S59")):
        shares = [round(kaplan_meier(arm, level=0.95).at(day).value, 4) for arm in arms]
        assert shares == derived[key]
    found = logrank(*arms, level=0.95)
    assert found.chi2 == pytest.approx(derived["logrank_chi2"], rel=1e-12)
    assert found.p_value == pytest.approx(derived["logrank_p"], rel=1e-9)
    assert found.hazard is not None
    assert found.hazard.direction == "lower"
    churn = proportions(*(arm.left for arm in arms), level=0.95)
    assert churn.difference.p_value == pytest.approx(derived["churn_diff_p"], rel=1e-9)
    assert restricted_mean_difference(*arms, until=59, level=0.95).direction == "higher"


def test_the_curve_is_made_by_the_design_of_tenure(arms: tuple[LifeTable, LifeTable]) -> None:
    """Predicted 0.823 at 30 days, fitted 0.823; half are gone by day 55 whatever anybody did."""
    control, _ = arms
    left, units = control.left
    predicted = curve_of_independent_tenure(left / units, 59)
    curve = kaplan_meier(control, level=0.95)
    assert round(float(predicted[30]), 3) == round(curve.at(30).value, 3) == 0.823
    assert np.abs(predicted - curve.survival).max() < 0.01
    median = curve.median()
    assert median is not None
    assert median.value == np.flatnonzero(predicted <= 0.5)[0] == 55
