"""Comparing: each kind of metric gets its own test, and arms of any size an answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import proportions_ztest

from knowntruth.errors import DataError
from knowntruth.methods import moments
from knowntruth.methods.experiments import comparing


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    n = 5000
    return pd.DataFrame(
        {
            "arm": rng.choice(["control", "treatment"], n, p=[0.8, 0.2]),
            "songs": rng.gamma(2, 10, n),
            "paid": (rng.random(n) < 0.1).astype(int),
            "city": rng.choice(["Oslo", "Bergen", None], n),
        }
    )


@pytest.fixture(scope="module")
def arms(table):
    return moments.summarise(table, ["songs", "paid"])


def by_arm(table, column):
    return (table.loc[table.arm == arm, column] for arm in ("control", "treatment"))


def test_means_are_compared_by_welchs_test(table, arms):
    control, treatment = by_arm(table, "songs")
    found = comparing.compare(arms, "songs", kind="mean", level=0.95)
    expected = stats.ttest_ind(treatment, control, equal_var=False)
    assert found.difference.p_value == pytest.approx(expected.pvalue, rel=1e-9)


def test_proportions_are_compared_by_the_pooled_z_test(table, arms):
    control, treatment = by_arm(table, "paid")
    found = comparing.compare(arms, "paid", kind="proportion", level=0.95)
    _, p = proportions_ztest([treatment.sum(), control.sum()], [len(treatment), len(control)])
    assert found.difference.p_value == pytest.approx(p, rel=1e-9)


def test_a_mean_cannot_be_compared_as_a_proportion(arms):
    with pytest.raises((ValueError, DataError)):
        comparing.compare(arms, "songs", kind="proportion", level=0.95)


def test_the_smallest_lift_of_a_mean_is_its_smallest_effect_in_units_of_the_mean(table, arms):
    control, treatment = by_arm(table, "songs")
    found = comparing.smallest_lift(arms, "songs", kind="mean", alpha=0.05, power=0.8)
    d = TTestIndPower().solve_power(
        nobs1=len(control), ratio=len(treatment) / len(control), alpha=0.05, power=0.8
    )
    assert found == pytest.approx(d * control.std() / control.mean(), rel=1e-3)


@pytest.mark.parametrize(
    "values",
    [[0.0, 0.0, 0.0, 0.0], [-1.0, -2.0, 1.0, 2.0], [3.0, 3.0, 3.0, 3.0]],
    ids=["no level", "a level below zero", "no spread"],
)
def test_no_smallest_lift_is_given_where_there_is_none(values):
    frame = pd.DataFrame({"arm": ["control", "control", "treatment", "treatment"], "x": values})
    arms = moments.summarise(frame, ["x"])
    assert comparing.smallest_lift(arms, "x", kind="mean", alpha=0.05, power=0.8) is None


def test_one_unit_in_an_arm_gives_no_smallest_lift():
    frame = pd.DataFrame({"arm": ["control", "control", "treatment"], "x": [1.0, 2.0, 3.0]})
    arms = moments.summarise(frame, ["x"])
    assert comparing.smallest_lift(arms, "x", kind="mean", alpha=0.05, power=0.8) is None


def test_the_split_is_checked_within_each_value_blanks_included(table):
    found = comparing.split_within(table, "city", treatment_share=0.2, level=0.99)
    assert set(found) == {"Oslo", "Bergen", "(blank)"}
    oslo = table[table.city == "Oslo"]
    treated = (oslo.arm == "treatment").sum()
    expected = [0.8 * len(oslo), 0.2 * len(oslo)]
    p = stats.chisquare([len(oslo) - treated, treated], expected).pvalue
    assert found["Oslo"].estimate.p_value == pytest.approx(p)
    assert found["Oslo"].estimate.n == len(oslo)


def test_the_spread_is_pandas_quantiles(table):
    found = comparing.spread(table, "songs")
    control, _ = by_arm(table, "songs")
    assert found["control"]["q25"] == pytest.approx(control.quantile(0.25))
    assert found["control"]["q99"] == pytest.approx(control.quantile(0.99))
    assert found["control"]["max"] == control.max()
