"""Readings of a rollout: hurried comparisons, what a drift does, and true means of groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from knowntruth.cases import difference_in_differences
from knowntruth.cases.difference_in_differences import readings
from knowntruth.methods.panels import did, event_study, staggered
from knowntruth.methods.panels.panel import balanced, read

BEFORE, AFTER = 4, 3


def long(seed=0, units=60):
    """Return a panel with holes, weights and clusters, as a table."""
    rng = np.random.default_rng(seed)
    table = pd.MultiIndex.from_product(
        [range(units), range(-BEFORE, AFTER)], names=["unit", "period"]
    ).to_frame(index=False)
    table["group"] = (table["unit"] % 3 == 0).astype(int)
    table["y"] = rng.normal(5, 1, len(table)) + table["group"] + 0.2 * table["period"]
    table["w"] = rng.integers(1, 6, len(table)).astype(float)
    table["cluster"] = table["unit"] // 2
    return table[rng.random(len(table)) < 0.85].reset_index(drop=True)


def panel_of(table, **options):
    return read(
        table, unit="unit", period="period", outcome="y", group="group", start=0, weight="w",
        **options,
    )  # fmt: skip


def clustered(formula, rows):
    """Return coefficients and clustered errors by statsmodels."""
    return smf.wls(formula, rows, weights=rows["w"]).fit(
        cov_type="cluster", cov_kwds={"groups": rows["cluster"]}, use_t=True
    )


class TestHurried:
    @pytest.mark.parametrize(
        ("key", "formula", "rows"),
        [
            ("before", "y ~ group", "period < 0"),
            ("after", "y ~ group", "period >= 0"),
            ("change", "y ~ later", "group == 1"),
        ],
    )
    def test_each_is_a_regression_with_clustered_errors(self, key, formula, rows):
        table = long()
        found = readings.hurried(panel_of(table, cluster="cluster"), level=0.9)[key]
        kept = table.assign(later=(table["period"] >= 0).astype(int)).query(rows)
        fitted = clustered(formula, kept)
        low, high = fitted.conf_int(0.1).iloc[1]
        assert (found.value, found.low, found.high) == pytest.approx(
            (fitted.params.iloc[1], low, high)
        )

    def test_there_is_none_without_four_means(self):
        nobody = balanced(np.zeros((4, 3)), np.full(4, 3))
        assert readings.hurried(nobody, level=0.95) == {}


def test_means_by_period_are_weighted_and_have_clustered_errors():
    table = long()
    panel = panel_of(table, cluster="cluster")
    found = readings.means(panel, panel.ever, level=0.95)
    assert [when for when, _ in found] == list(range(-BEFORE, AFTER))
    for when, mean in found:
        rows = table[(table["group"] == 1) & (table["period"] == when)]
        low, high = clustered("y ~ 1", rows).conf_int().iloc[0]
        assert mean.value == pytest.approx(np.average(rows["y"], weights=rows["w"]))
        assert (mean.low, mean.high) == pytest.approx((low, high))
        assert mean.null is None


def test_periods_in_which_nobody_is_seen_have_no_mean():
    panel = panel_of(long().query("group == 0 or period != -2"))
    whens = [when for when, _ in readings.means(panel, panel.ever, level=0.95)]
    assert -2 not in whens
    assert len(whens) == BEFORE + AFTER - 1


class TestDrift:
    def test_of_one_a_period_adds_half_of_all_periods_to_a_balanced_panel(self):
        first = np.array([BEFORE, BEFORE, BEFORE + AFTER, BEFORE + AFTER])
        panel = balanced(np.random.default_rng(1).normal(size=(4, BEFORE + AFTER)), first)
        assert readings.moved_by_drift(panel) == pytest.approx((BEFORE + AFTER) / 2)

    def test_of_another_size_moves_the_effect_in_proportion(self):
        table = long()
        plain, drifted = (
            did.two_way(panel_of(table.assign(y=y)), level=0.95).estimate.value
            for y in (table["y"], table["y"] + 0.3 * table["period"] * table["group"])
        )
        moved = readings.moved_by_drift(panel_of(table))
        assert drifted - plain == pytest.approx(0.3 * moved)

    def test_is_not_found_where_nobody_is_treated(self):
        assert readings.moved_by_drift(balanced(np.zeros((4, 3)), np.full(4, 3))) is None


class TestTimes:
    def test_weights_are_shares_of_the_treated_groups_weight(self):
        table = long()
        rows = table.query("group == 1 and period >= 0")
        shares = rows.groupby("period")["w"].sum() / rows["w"].sum()
        assert readings.weight_of_times(panel_of(table)) == pytest.approx(shares.to_dict())

    def test_equal_weights_give_the_mean_of_the_event_study(self):
        study = event_study.event_study(panel_of(long()), level=0.95)
        alike = dict.fromkeys(range(AFTER), 1 / AFTER)
        found = readings.mean_after(study, alike, level=0.95)
        after = study.after
        assert (found.value, found.low, found.high) == pytest.approx(
            (after.value, after.low, after.high)
        )

    @pytest.mark.parametrize("of", [{}, {99: 1.0}])
    def test_there_is_no_mean_over_times_that_are_not_there(self, of):
        study = event_study.event_study(panel_of(long()), level=0.95)
        assert readings.mean_after(study, of, level=0.95) is None


class TestAsOne:
    def test_few_controls_stay_as_they_are(self):
        table = long(units=9)
        one = readings.as_one(panel_of(table), donors=3)
        assert one.labels == (*(str(u) for u in range(9) if u % 3), "treated")
        rows = table.query("group == 1")
        means = (rows["y"] * rows["w"]).groupby(rows["period"]).sum() / rows.groupby("period")[
            "w"
        ].sum()
        treated = one.outcome[one.unit == one.units - 1]
        assert treated == pytest.approx(means.to_numpy())

    def test_many_controls_are_dealt_into_groups_of_one_size(self):
        panel = panel_of(long())
        one = readings.as_one(panel, donors=5, most=10)
        assert (one.units, one.ever.sum()) == (6, 1)
        assert one.weight.sum() == pytest.approx(panel.weight.sum())

    def test_starts_that_differ_make_no_one(self):
        panel = balanced(np.zeros((3, 3)), np.array([1, 2, 3]))
        assert readings.as_one(panel, donors=3) is None


def test_each_unit_is_its_own_cluster():
    panel = panel_of(long(), cluster="cluster")
    assert panel.clusters < panel.units
    assert readings.by_each_unit(panel).clusters == panel.units


WAVES = {"users": 1500, "waves": [0, 14], "effect_later": 0.3, "effect_half_life": 5.0}


class TestTruth:
    def test_is_the_mean_over_cells_by_size_of_group(self):
        case = difference_in_differences.start(WAVES)
        found = staggered.staggered(case.panel, level=0.95)
        table = case.units.df().query("weight > 0").sort_values("period")
        first = table.groupby("unit").first()
        sizes = first.groupby("first_treated")["weight"].sum()
        expected = case.truth.expected.query("cohort > 0 and joined_before and since >= 0")
        expected = expected.assign(
            start=np.array([0, 0, 2])[expected["cohort"]],
            period=(expected["day"] - case.truth.launch) // 7,
        )
        expected = expected[expected["period"].isin(case.panel.periods)]
        sums = expected.groupby(["start", "period"])[
            ["sessions", "sessions_without", "active_users"]
        ].sum()
        effects = (sums["sessions"] - sums["sessions_without"]) / sums["active_users"]
        weights = effects.index.get_level_values("start").map(sizes)
        assert readings.true_mean(case, found) == pytest.approx(
            np.average(effects, weights=weights)
        )
        assert readings.true_of_group(case, found, 2) == pytest.approx(effects[2].mean())

    def test_of_an_effect_that_stays_is_that_effect(self):
        case = difference_in_differences.start(WAVES | {"effect_later": None, "take_up": 1.0})
        found = staggered.staggered(case.panel, level=0.95)
        assert readings.true_mean(case, found) == pytest.approx(0.03, abs=1e-4)

    def test_nobody_knows_that_of_somebody_elses_table(self, tmp_path):
        table = long().assign(first=lambda t: np.where(t["unit"] % 3, np.nan, t["unit"] % 2))
        path = tmp_path / "own.csv"
        table.to_csv(path, index=False)
        case = difference_in_differences.start(
            {"data": str(path), "columns": {"outcome": "y", "first_treated": "first"}}
        )
        found = staggered.staggered(case.panel, level=0.95)
        assert readings.true_mean(case, found) is None
        assert readings.true_of_group(case, found, 0) is None
