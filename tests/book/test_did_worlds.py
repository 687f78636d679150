"""The chapter on difference-in-differences in many worlds: it runs, and its sentences are true."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from knowntruth import cases
from knowntruth.methods.panels import event_study

from .conftest import SAID
from .every_world import EveryWorld, fixtures_of
from .reading import estimate_of, facts, findings, pages, plain, rows

SLUG = "difference_in_differences"
FAST = {"replications": 0, "bootstrap_draws": 99, "users": 1_500}
WORLDS = {
    "default": {"users": 6_000},
    "no effect": {"effect": 0.0},
    "negative effect": {"effect": -0.3},
    "no season and no burst": {"season": 0.0, "burst": 0.0},
    "broken pre-trend": {"trend_gap": 0.3},
    "staggered": {"waves": [0, 14], "effect": 0.2},
    "staggered and growing": {
        "waves": [0, 10, 20], "effect_later": 0.4, "access_share": 0.7, "effect_by_wave": [1, 2, 3],
    },
    "randomised": {"access": "randomised", "access_share": 0.5},
    "anticipation": {"anticipation": 0.2},
    "half take it up": {"take_up": 0.5, "effect": 0.3},
    "markets": {
        "markets": 8, "access": "by market", "access_share": 0.5, "market_spread": 0.05,
        "effect": 0.2,
    },
    "one market of many": {"markets": 10, "access": "by market", "access_share": 0.01},
    "half on the web": {"web_share": 0.5},
    "200 users": {"users": 200},
    "hardly anybody has access": {"access_share": 0.02},
    "nobody has access": {"access_share": 0.0, "users": 400},
    "everybody has access": {"access_share": 1.0, "users": 400},
    "two days before and after": {"days_before": 2, "days_after": 2},
    "a stated drift, and nine in ten": {"drift": 0.05, "alpha": 0.1, "wanted_power": 0.3},
    "other names": {
        "labels": {
            "units": "<b>people</b>", "outcome": "*taps* {3}", "treated": "[in](x)",
            "controls": "$out$", "treatment": "`it` & 5", "period": "w|k", "placebo_1": "25%",
        },
    },
}  # fmt: skip
STAGGERED = {"staggered", "staggered and growing"}
UNTOLD = {"nobody has access", "everybody has access"}
FEWER = {world: {"figures": 3, "graded": 1} for world in UNTOLD}


world, run, opened = fixtures_of(SLUG, {name: FAST | one for name, one in WORLDS.items()})


def alpha_of(world):
    return WORLDS[world].get("alpha", 0.05)


def said_of(run, finding):
    """Return the sentences that were made from a finding."""
    return [
        said["sentence"]
        for said in run.payloads(SAID)
        if any(fact["name"] == finding and fact["kind"] == "finding" for fact in said["facts"])
    ]


class TestEveryWorld(EveryWorld):
    sentences, figures, sections, graded, exercises = 25, 5, 18, 6, 6
    fewer = FEWER
    none = ("None of ", "None is ")


class TestAnswer:
    """The first and the last sentence of the analysis."""

    def test_it_has_a_direction_only_where_the_interval_has_one(self, run, world):
        first = run.sentences[0]
        if world in UNTOLD:
            assert "cannot be told in this run" in first
            return
        found = run.finding("effect")
        assert (" raises " in first) == (found["low"] > 0)
        assert (" lowers " in first) == (found["high"] < 0)
        assert ("cannot be told" in first) == (found["low"] <= 0 <= found["high"])

    def test_it_says_that_the_truth_is_held_only_where_it_is(self, run, world):
        if world in UNTOLD:
            return
        found = run.finding("effect")
        holds = found["low"] <= found["truth"] <= found["high"]
        assert ("the interval holds that" in run.sentences[0]) == holds
        assert ("leaves that out" in run.sentences[0]) == (not holds)
        assert ("In truth there is no effect" in run.sentences[0]) == (found["truth"] == 0)

    def test_the_estimate_is_that_of_a_regression_on_indicators(self, run, world, opened):
        if world in UNTOLD | STAGGERED:
            return
        table = opened.units.df().query("weight > 0")
        if "affected" in table:
            table = table.query("affected == 1")
        # Units are taken out by their means; periods stay as indicators.
        treated = (table["period"] >= table["first_treated"]).astype(float)
        periods = np.unique(table["period"])[1:]
        columns = [(table["period"] == when).astype(float) for when in periods]
        both = np.column_stack([treated, *columns, table["outcome"]])
        weight, unit = table["weight"].to_numpy(), table["unit"].astype("category").cat.codes
        sums = np.zeros((unit.max() + 1, both.shape[1]))
        np.add.at(sums, unit.to_numpy(), both * weight[:, None])
        means = sums / np.bincount(unit, weight)[:, None]
        within = (both - means[unit]) * np.sqrt(weight)[:, None]
        slopes = np.linalg.lstsq(within[:, :-1], within[:, -1], rcond=None)[0]
        assert run.finding("effect")["value"] == pytest.approx(slopes[0], abs=1e-8)

    def test_what_is_true_is_what_the_world_adds_to_their_days(self, run, world, opened):
        if world in UNTOLD | STAGGERED:
            return
        e = opened.truth.expected.query(
            "cohort > 0 and since >= 0 and joined_before and not on_web"
        )
        period = (e["day"] - opened.truth.launch) // opened.parameters.period_days
        e = e[period.isin(opened.panel.periods)]
        added = (e["sessions"] - e["sessions_without"]).sum() / e["active_users"].sum()
        assert run.finding("effect")["truth"] == pytest.approx(added, abs=1e-12)

    def test_it_stays_clear_only_where_it_is_clear(self, run, world):
        stays = [s for s in run.sentences if "stays clear as long" in s]
        if world in UNTOLD:
            assert stays == []
            return
        found = run.finding("effect")
        if found["low"] <= 0 <= found["high"]:
            assert stays == []

    def test_a_test_that_refused_is_part_of_the_answer(self, run, world):
        if world in UNTOLD:
            return
        tests = [f for f in run.facts if f["kind"] == "p-value" and f["name"] == "pre_test"]
        alone = any("only one" in sentence for sentence in run.sentences)
        refused = bool(tests) and tests[0]["value"] < alpha_of(world) and not alone
        answers = [s for s in said_of(run, "effect") if "But the groups had moved apart" in s]
        assert bool(answers) == refused


class TestGroups:
    def test_they_are_counted_from_the_table(self, run, opened):
        table = opened.units.df().query("weight > 0")
        if "affected" in table:
            table = table.query("affected == 1")
        treated = table.groupby("unit")["first_treated"].first().notna()
        (said,) = (s for s in run.sentences if f"{opened.treated:capital}: " in s)
        assert f": {treated.sum():,}; {opened.controls}: {(~treated).sum():,}." in said

    def test_one_treated_cluster_is_warned_of_before_anything_else(self, run, world):
        warned = [i for i, s in enumerate(run.sentences) if "only one market is treated" in s]
        assert bool(warned) == (world == "one market of many")
        assert not warned or warned[0] == 1

    def test_the_ways_are_told_where_there_is_one_start(self, run, world):
        caption = "One difference, worked out in several ways"
        shown = rows(pages(run).get(caption, ""))
        assert (len(shown) >= 4) == (world not in UNTOLD | STAGGERED)
        if world in STAGGERED:
            assert "treatment starts in" in run.text

    def test_the_means_by_hand_are_those_of_the_table(self, run, world, opened):
        if world in UNTOLD | STAGGERED or "affected" in opened.units.columns:
            return
        table = opened.units.df().query("weight > 0")
        table = table.assign(
            total=table["outcome"] * table["weight"],
            ever=table["first_treated"].notna(),
            later=table["period"] >= 0,
        )
        sums = table.groupby(["ever", "later"])[["total", "weight"]].sum()
        m = sums["total"] / sums["weight"]
        by_hand = m[True, True] - m[True, False] - m[False, True] + m[False, False]
        (fact,) = facts(run, "by_hand")
        assert fact == pytest.approx(by_hand)


class TestTrends:
    def test_what_the_test_says_follows_from_its_p_value(self, run, world):
        for name, start in (("pre_test", "The test "), ("drifting_pre_test", "There the test ")):
            tests = [f for f in run.facts if f["kind"] == "p-value" and f["name"] == name]
            told = [s for s in run.sentences if s.startswith((start + "finds", start + "does not"))]
            assert len(told) == bool(tests)
            if tests:
                refused = tests[0]["value"] < alpha_of(world)
                assert ("did not move alike" in told[0]) == refused
                assert ("That is no proof" in told[0]) == (not refused)

    def test_its_power_is_that_of_a_noncentral_chi_square(self, run, world, opened):
        powers = facts(run, "power_to_see")
        if not powers:
            assert "What the test can see cannot be had here" in run.text
            return
        (slope,) = facts(run, "slope")
        study = event_study.event_study(opened.panel, level=1 - alpha_of(world))
        before = np.array(study.times) < 0
        drift = slope * (np.array(study.times)[before] + 1)
        far = drift @ np.linalg.inv(study.covariance[np.ix_(before, before)]) @ drift
        limit = stats.chi2.isf(alpha_of(world), before.sum())
        assert powers[0] == pytest.approx(
            stats.ncx2.sf(limit, before.sum(), max(far, 1e-300)), 1e-6
        )

    def test_silence_is_worth_what_the_power_is(self, run, world):
        told = [s for s in run.sentences if s.startswith("The test would have noticed")]
        wanted = WORLDS[world].get("wanted_power", 0.8)
        for sentence in told:
            (power,) = facts(run, "power_to_see")
            assert ("means something" in sentence) == (power >= wanted)

    def test_the_true_drift_is_that_of_the_world(self, run, world):
        gap = WORLDS[world].get("trend_gap", 0.0)
        assert ("no drift was built in" in run.text) == (not gap and "antic" not in world)
        if gap:
            (drift,) = facts(run, "true_drift")
            assert drift == pytest.approx(gap * 7 / 30)

    def test_effects_before_the_start_are_counted(self, run, world, opened):
        tally = facts(run, "times_before")
        assert bool(tally) == (world not in UNTOLD)
        if tally and world not in STAGGERED:
            assert tally[0] == sum(period < -1 for period in opened.panel.periods)


class TestElsewhere:
    """Worlds that the chapter opens beside the run's own."""

    def test_verdicts_of_tables_follow_from_their_intervals(self, run):
        for prefix in ("error_", "third_"):
            for fact in findings(run, prefix):
                holds = estimate_of(fact).covers(fact["truth"])
                assert (fact["grade"] == "wrong") == (not holds)

    def test_who_holds_the_truth_is_who_does(self, run):
        for said in run.payloads(SAID):
            if "The truth is held by" not in said["sentence"]:
                continue
            held, out = plain(said["sentence"]).split(" left out by ")
            graded = [f for f in said["facts"] if f["kind"] == "finding"]
            right = sum(f["grade"] != "wrong" for f in graded)
            assert held.count("“") == right
            assert out.count("“") == len(graded) - right

    def test_three_differences_are_what_two_leave(self, run, world):
        three = {fact["name"]: fact["value"] for fact in findings(run, "third_")}
        if world not in UNTOLD and three:
            assert three["third_2"] == pytest.approx(three["third_0"] - three["third_1"])
        assert bool(three) == (world not in UNTOLD | {"one market of many"})

    def test_waves_are_weighed_where_there_are_some(self, run, world):
        weighed = facts(run, "negative_rows")
        told = "a negative weight;" in run.text
        assert told == any(weighed)
        if world in STAGGERED:
            assert "Treatment in waves" in pages(run)

    def test_bounds_hold_the_truth_from_the_size_that_is_told(self, run):
        sizes = facts(run, "holds_from")
        plain_ = findings(run, "drifting")
        if sizes and plain_:
            assert sizes[0] in cases.get(SLUG).parameters().violations


def test_a_regression_in_view_is_that_of_statsmodels(chapter):
    """Clustered by user and told by weights, in the world without an effect."""
    run = chapter(SLUG, FAST | WORLDS["no effect"])
    opened = cases.get(SLUG).open(FAST | WORLDS["no effect"])
    table = opened.units.df().query("weight > 0").reset_index(drop=True)
    table = table.assign(
        g=table["first_treated"].notna().astype(int), a=(table["period"] >= 0).astype(int)
    )
    fitted = smf.wls("outcome ~ g * a", table, weights=table["weight"]).fit(
        cov_type="cluster", cov_kwds={"groups": table["unit"]}, use_t=True
    )
    found = run.finding("way_0")
    assert found["value"] == pytest.approx(fitted.params["g:a"])
    low, high = fitted.conf_int().loc["g:a"]
    assert (found["low"], found["high"]) == pytest.approx((low, high))
