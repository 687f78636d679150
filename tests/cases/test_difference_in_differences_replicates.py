"""A replicate of the rollout is the chapter's own world: the same panels, the same answers."""

from __future__ import annotations

import numpy as np
import pytest

from knowntruth.cases.difference_in_differences.parameters import Parameters
from knowntruth.cases.difference_in_differences.readings import by_each_unit, hurried
from knowntruth.cases.difference_in_differences.replicates import Reference, Replicate
from knowntruth.cases.difference_in_differences.scored_methods import methods_of
from knowntruth.cases.difference_in_differences.simulated import open_world, world_parameters
from knowntruth.methods.panels import (
    did,
    staggered,
    synthetic_control,
    triple_difference,
    unit_changes,
    uptake,
    wild_bootstrap,
)
from knowntruth.methods.panels import panel as panels
from knowntruth.methods.panels.event_study import event_study
from knowntruth.worlds.engagement.world import simulate

LEVEL = 0.95


def read(rows):
    """Read a panel as the chapter does, but for clusters."""
    return panels.read(
        rows,
        unit="unit",
        period="period",
        outcome="outcome",
        first_treated="first_treated",
        weight="weight",
    )


WORLDS = {
    "default": {},
    "two waves": {"waves": [3, 17], "access_share": 0.5, "days_before": 31, "days_after": 25},
    "the web": {"web_share": 0.3, "period_days": 10},
    "markets": {"markets": 6, "access": "by market", "access_share": 0.5, "web_share": 0.2},
    "one market": {"markets": 25, "access": "by market", "access_share": 0.04},
}


@pytest.fixture(scope="module", params=list(WORLDS.values()), ids=list(WORLDS))
def both(request):
    """Return a replicate of the parameters' own seed, and the chapter's rollout."""
    p = Parameters(users=900, bootstrap_draws=199, **request.param)
    return Replicate(p), open_world(p)


class TestOneReplicate:
    """The world of the parameters' own seed, analysed again as the chapter does."""

    @pytest.mark.parametrize("of", ["outcome", "placebo"])
    def test_panels_are_the_chapters(self, both, of):
        one, case = both
        if of == "outcome":
            panel, expected = one.panel, case.panel
        else:
            panel = one.cells.shares(one.cells.affected)
            expected = case.panel_of("placebo_1", weighted=False)
        # Labels are numbers to the one and text to the other, and so in another order.
        units = {label: i for i, label in enumerate(panel.labels)}
        place = np.array([units[label] for label in expected.labels])
        assert panel.units == expected.units
        assert panel.periods == expected.periods
        rows = np.lexsort((expected.period, place[expected.unit]))
        for name in ("period", "outcome", "weight"):
            np.testing.assert_allclose(getattr(panel, name), getattr(expected, name)[rows])
        np.testing.assert_array_equal(panel.unit, place[expected.unit][rows])
        np.testing.assert_array_equal(panel.first[place], expected.first)
        pairs = set(zip(panel.cluster[place], expected.cluster, strict=True))
        assert len(pairs) == panel.clusters == expected.clusters

    def test_answers_are_the_chapters(self, both):
        one, case = both
        panel, markets = case.panel, case.by_cluster
        expected = {
            "units": unit_changes.by_differences(panel, level=LEVEL).estimate,
            "precision": unit_changes.by_differences(
                panel, level=LEVEL, weighting="precision"
            ).estimate,
            "regression": did.by_regression(panel, level=LEVEL).estimate,
            "two_way": did.two_way(panel, level=LEVEL).estimate,
            "two_way_classical": did.two_way(panel, level=LEVEL, clustered=False).estimate,
            "mean_after": event_study(panel, level=LEVEL).after,
            "staggered_never": staggered.staggered(panel, level=LEVEL, comparison="never").overall,
            "staggered_not_yet": staggered.staggered(panel, level=LEVEL).overall,
            "taken_up": uptake.taken_up(
                by_each_unit(panel), case.panel_of("take_up"), level=LEVEL, weighting="precision"
            ).taken,
        }
        for key, name in {"after_only": "after", "change_only": "change"}.items():
            expected[key] = hurried(panel, level=LEVEL).get(name)
        if case.has("affected"):
            affected = np.array([case.affected[label] for label in case.whole_panel.labels])
            expected["triple"] = triple_difference.triple_difference(
                case.whole_panel, affected, level=LEVEL, weighting="precision"
            ).estimate
        if markets is not None:
            wild = wild_bootstrap.wild_bootstrap(markets, level=LEVEL, draws=199)
            # More than nine are in another order in the chapter, and so drawn otherwise.
            expected |= {"wild": wild.estimate} if markets.units < 10 else {}
            expected["synthetic"] = synthetic_control.synthetic_control(
                markets, level=LEVEL, demeaned=True
            ).estimate
        answers = {m.key: m.answer(one) for m in methods_of(Reference.of(one.p))}
        assert len(set(answers) & set(expected)) >= 4
        for key in set(answers) & set(expected):
            e = expected[key]
            assert answers[key] == pytest.approx((e.value, e.low, e.high), rel=1e-6), key

    def test_errors_by_user_are_those_without_clusters_of_markets(self, both):
        one, case = both
        if case.parameters.markets == 1:
            assert one.two_way_by_user() == one.two_way()
            return
        rows = case.units.project("* EXCLUDE (cluster)")
        panel = read(rows.filter("affected = 1") if case.has("affected") else rows)
        e = did.two_way(panel, level=LEVEL).estimate
        assert one.two_way_by_user() == pytest.approx((e.value, e.low, e.high), rel=1e-6)

    def test_who_ever_met_the_feature_is_held_against_all_others(self):
        p = Parameters(users=900)
        one, case = Replicate(p), open_world(p)
        events = simulate(world_parameters(p)).events
        met = set(events.loc[events["feature_exposed"] == 1, "user_id"])
        rows = case.tables["panel"].assign(
            first_treated=lambda t: np.where(t["unit"].isin(met), 0.0, np.nan)
        )
        e = unit_changes.by_differences(read(rows), level=LEVEL, weighting="precision").estimate
        assert one.exposed_or_not() == pytest.approx((e.value, e.low, e.high), rel=1e-9)

    def test_the_placebo_start_is_in_the_middle_of_the_weeks_before(self):
        p = Parameters(users=900)
        one, case = Replicate(p), open_world(p)
        rows = case.tables["panel"]
        rows = rows[rows["period"] < 0]
        rows = rows.assign(first_treated=rows["first_treated"].where(
            rows["first_treated"].isna(), -4.0
        ))  # fmt: skip
        e = did.two_way(read(rows), level=LEVEL).estimate
        assert one.placebo_start() == pytest.approx((e.value, e.low, e.high), rel=1e-9)
