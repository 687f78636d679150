"""Collapsing: groups of units as the means of these."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from knowntruth.methods.panels import collapsing, did
from knowntruth.methods.panels.panel import read


def table(*, holes=False):
    rng = np.random.default_rng(5)
    rows = pd.DataFrame([(u, t) for u in range(40) for t in range(6)], columns=["unit", "period"])
    rows["market"] = rows["unit"] % 8
    rows["first"] = np.where(rows["market"] < 3, 4.0, np.nan)
    rows["y"] = rng.normal(size=len(rows)) + rows["unit"]
    rows["w"] = rng.integers(1, 9, len(rows)).astype(float)
    return rows.sample(frac=0.7, random_state=1) if holes else rows


def panel(rows):
    return read(
        rows, unit="unit", period="period", outcome="y", first_treated="first",
        weight="w", cluster="market",
    )  # fmt: skip


@pytest.mark.parametrize("holes", [False, True])
def test_a_group_has_the_weighted_mean_of_its_rows(holes):
    rows = table(holes=holes)
    made = collapsing.collapse(panel(rows), panel(rows).cluster)
    rows["wy"] = rows["w"] * rows["y"]
    sums = rows.groupby(["market", "period"])[["wy", "w"]].sum()
    assert np.allclose(made.outcome, sums["wy"] / sums["w"])
    assert np.allclose(made.weight, sums["w"])
    assert made.units == 8
    assert made.ever.sum() == 3


def test_the_weighted_regression_on_group_and_time_finds_the_same_effect():
    whole = panel(table())
    made = collapsing.collapse(whole, whole.cluster)
    by_rows, by_groups = (did.by_regression(one, level=0.95).estimate for one in (whole, made))
    assert by_groups.value == pytest.approx(by_rows.value, abs=1e-12)


def test_groups_of_mixed_treatment_cannot_be_collapsed():
    whole = panel(table())
    assert collapsing.collapse(whole, np.zeros(whole.units, dtype=np.int64)) is None


def test_treated_units_become_one_and_controls_stay():
    whole = panel(table())
    made = collapsing.treated_as_one(whole)
    assert made.units == 25 + 1
    assert made.ever.tolist() == [False] * 25 + [True]
    rows = table()
    treated = rows[rows["first"].notna()]
    means = [np.average(part["y"], weights=part["w"]) for _, part in treated.groupby("period")]
    assert np.allclose(made.wide()[-1], means)


def test_treated_units_of_different_starts_are_not_one():
    rows = table()
    rows.loc[rows["market"] == 0, "first"] = 3.0
    assert collapsing.treated_as_one(panel(rows)) is None
