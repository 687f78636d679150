"""Many worlds of the experiment: sound methods keep promises, naive ones fail as published."""

from __future__ import annotations

import lifelines
import numpy as np
import pandas as pd
import pytest
from lifelines.utils import restricted_mean_survival_time
from scipy import stats
from statsmodels.stats.proportion import proportions_ztest

from knowntruth.cases.ab_test.many_worlds import null_of, replicate, score
from knowntruth.cases.ab_test.parameters import Parameters
from knowntruth.cases.ab_test.scored import HORIZON, METHODS, Replicate
from knowntruth.cases.ab_test.simulated import is_machine
from knowntruth.methods import moments
from knowntruth.methods.experiments import experiments
from knowntruth.worlds.musicstream import groups
from knowntruth.worlds.musicstream.truth import truth_of
from knowntruth.worlds.musicstream.world import users_of

EVEN = Parameters(users=10_000, treatment_share=0.5, event_log=False)
REPLICATIONS = 120
IN_DEFAULT = 60
CHANCE = 1e-3  # a sound method may fail a test of this file so often

UNBIASED = ["split", "flagged", "cuped", "paying", "heavy_before", "days"]
EVERYTHING_ON = {
    "lift": 0.2, "segment_lift": {"US": 0.5}, "conversion_effect": -0.2, "churn_if_treated": 0.1,
    "playlist_add_effect": 0.4, "share_effect": -0.3, "paywall_effect": 0.5, "lost_share": 0.2,
}  # fmt: skip


def by_key(scores):
    return {score.method.key: score for score in scores}


@pytest.fixture(scope="module")
def even():
    return by_key(score(EVEN, replications=REPLICATIONS, workers=1))


@pytest.fixture(scope="module")
def nothing():
    return by_key(score(null_of(EVEN), replications=REPLICATIONS, workers=1))


@pytest.fixture(scope="module")
def default():
    """Return values of every method in worlds of the original's size and split."""
    answers = replicate(Parameters(), replications=IN_DEFAULT, workers=1)
    return {key: table[:, 0] for key, table in answers.items()}


@pytest.fixture(scope="module")
def users():
    return users_of(EVEN)


@pytest.fixture(scope="module")
def answers(users):
    one = Replicate(EVEN, users)
    return {method.key: method.answer(one) for method in METHODS}


@pytest.fixture(scope="module")
def people(users):
    return users[~is_machine(users)].assign(arm=lambda x: x.arm.astype(str))


@pytest.fixture(scope="module")
def arms(people):
    columns = ["songs_played", "converted", "songs_before"]
    return moments.summarise(people, columns, pairs=[("songs_played", "songs_before")])


@pytest.fixture(scope="module")
def without_effects():
    return null_of(Parameters(users=3000, outliers=10, event_log=False, **EVERYTHING_ON))


def sides(users, column):
    return (users.loc[users.arm == arm, column] for arm in ("control", "treatment"))


def mean_and_error(values):
    return values.mean(), values.std(ddof=1) / np.sqrt(len(values))


class TestReplicates:
    def test_a_replicate_depends_on_its_number_alone(self):
        p = Parameters(users=1500, outliers=5, treatment_share=0.4)
        alone = replicate(p, replications=5, workers=1)
        shared = replicate(p, replications=5, workers=2)
        fewer = replicate(p, replications=3, workers=1)
        for key, table in alone.items():
            np.testing.assert_array_equal(table, shared[key])
            np.testing.assert_array_equal(table[:3], fewer[key])

    def test_another_seed_gives_other_worlds(self):
        p = Parameters(users=600, outliers=0, treatment_share=0.5)
        one, other = (
            replicate(p.model_copy(update={"seed": s}), replications=2, workers=1) for s in (1, 2)
        )
        assert not np.isin(one["flagged"], other["flagged"]).any()

    def test_every_interval_holds_its_value(self):
        for key, table in replicate(EVEN, replications=3, workers=1).items():
            value, low, high, _ = table.T
            assert ((low <= value) & (value <= high)).all(), key

    @pytest.mark.parametrize(
        ("world", "missing"),
        [
            ({"pre_period": False}, {"cuped", "heavy_before"}),
            ({"conversion_base": 0.0, "conversion_per_song": 0.0},
             {"paying", "best_segment", "heavy_now", "heavy_before"}),
            ({}, set()),
        ],
        ids=["no pre-period", "nobody pays", "everything is there"],
    )  # fmt: skip
    def test_a_method_without_answers_is_left_out(self, world, missing):
        p = Parameters(users=4000, outliers=0, treatment_share=0.5, **world)
        found = by_key(score(p, replications=2, workers=1))
        assert set(found) == {method.key for method in METHODS} - missing

    def test_what_has_no_truth_has_no_bias(self):
        p = Parameters(users=2000, outliers=0, churn_timing="independent")
        found = by_key(score(p, replications=3, workers=1))
        assert found["days"].bias is found["days"].coverage is None
        assert found["flagged"].bias is not None


class TestOneReplicate:
    """One world, analysed again by the package's own functions and by other programs."""

    def test_welch_cuped_and_proportions_agree_with_the_package_on_tables(self, answers, arms):
        control, treatment = arms["control"], arms["treatment"]
        expected = {
            "flagged": experiments.welch(control, treatment, "songs_played", level=0.95).lift,
            "cuped": experiments.cuped(
                control, treatment, "songs_played", "songs_before", level=0.95
            ).lift,
            "paying": experiments.proportions(
                *(arm.samples["converted"].tally for arm in (control, treatment)), level=0.95
            ).lift,
        }
        for key, lift in expected.items():
            assert answers[key] == pytest.approx((lift.value, lift.low, lift.high), rel=1e-9), key

    def test_values_are_those_of_plain_pandas(self, answers, users, people):
        def lift(table, column):
            control, treatment = sides(table, column)
            return treatment.mean() / control.mean() - 1

        cut = users.songs_played.quantile(0.99)
        capped = users.assign(songs_played=users.songs_played.clip(upper=cut))
        heavy = people[people.songs_played >= people.songs_played.quantile(0.75)]
        before = people[people.songs_before >= people.songs_before.quantile(0.75)]
        expected = {
            "none": lift(users, "songs_played"),
            "trim": lift(users[users.songs_played < cut], "songs_played"),
            "winsorise": lift(capped, "songs_played"),
            "heavy_now": lift(heavy, "converted"),
            "heavy_before": lift(before, "converted"),
            "split": (users.arm == "treatment").mean(),
        }
        for key, value in expected.items():
            assert answers[key][0] == pytest.approx(value, rel=1e-9), key

    def test_the_best_segment_is_the_one_with_the_smallest_p_value(self, answers, people):
        found = []
        for column in ("device", "country", "age_group"):
            for _, rows in people.groupby(column, observed=True):
                control, treatment = sides(rows, "converted")
                counts = [treatment.sum(), control.sum()]
                _, p = proportions_ztest(counts, [len(treatment), len(control)])
                found.append((p, treatment.mean() / control.mean() - 1))
        assert len(found) == 10
        assert answers["best_segment"][0] == pytest.approx(min(found)[1], rel=1e-9)

    @pytest.mark.parametrize("world", [EVEN, null_of(EVEN)], ids=["lift", "nothing"])
    def test_daily_looks_stop_where_a_loop_over_days_stops(self, world):
        users = users_of(world)
        value, low, high = Replicate(world, users).daily_looks()
        users = users[~is_machine(users)]
        for day in sorted(users.joined.unique()):
            so_far = users[users.joined <= day]
            control, treatment = sides(so_far, "songs_played")
            if min(len(control), len(treatment)) < 50:
                continue
            expected = treatment.mean() - control.mean()
            error = np.sqrt(
                control.var(ddof=0) / len(control) + treatment.var(ddof=0) / len(treatment)
            )
            half = stats.norm.isf(0.025) * error
            if abs(expected) > half:
                break
        assert (value, low, high) == pytest.approx((expected, expected - half, expected + half))

    def test_days_are_the_difference_of_lifelines_restricted_means(self, answers, people):
        means = []
        for arm in ("control", "treatment"):
            rows = people[people.arm == arm]
            curve = lifelines.KaplanMeierFitter().fit(rows.days_observed, rows.churned)
            means.append(restricted_mean_survival_time(curve, t=HORIZON))
        assert answers["days"][0] == pytest.approx(means[1] - means[0], rel=1e-6)

    def test_a_test_that_never_stops_gives_the_last_days_difference(self, users):
        one = Replicate(EVEN, users)
        value, low, high = one.stopped(lambda n: np.full_like(n, 1e9))
        control, treatment = sides(users[~is_machine(users)], "songs_played")
        assert value == pytest.approx(treatment.mean() - control.mean())
        assert low < -1e6 < 1e6 < high


class TestNullWorld:
    def test_the_true_effect_on_everything_is_zero(self, without_effects):
        none = np.array([])
        truth = truth_of(without_effects, machines=none, lost=none)
        assert truth.control == truth.treatment
        assert truth.lift == truth.conversion_difference == truth.conversion_lift == 0
        assert truth.churn_difference == 0
        for by_value in (truth.lift_by_segment, truth.conversion_lift_by_segment):
            assert {lift for lifts in by_value.values() for lift in lifts.values()} == {0}
        assert truth.logged_share == pytest.approx(without_effects.treatment_share)
        assert not truth.split_is_broken
        assert (
            groups.heavy_before(without_effects, 27).lift
            == groups.would_be_heavy(without_effects, 27).lift
            == 0
        )

    def test_every_method_aims_at_its_null(self, nothing):
        for key, found in nothing.items():
            assert found.truth == pytest.approx(found.null, abs=1e-12), key

    def test_users_are_the_same_whichever_arm_they_come_into(self, without_effects):
        # The draws are the same, so whatever the treatment did would show as a difference.
        one, other = (
            users_of(without_effects.model_copy(update={"treatment_share": share}))
            for share in (0.1, 0.9)
        )
        pd.testing.assert_frame_equal(one.drop(columns="arm"), other.drop(columns="arm"))
        assert (one.arm != other.arm).mean() > 0.7

    def test_everything_else_stays_as_it_was(self, without_effects):
        given = Parameters(users=3000, outliers=10, event_log=False, **EVERYTHING_ON)
        changed = {
            name
            for name in Parameters.model_fields
            if getattr(given, name) != getattr(without_effects, name)
        }
        assert changed == set(EVERYTHING_ON)

    @pytest.mark.parametrize("key", [*UNBIASED, "winsorise"])
    def test_false_alarms_of_a_sound_method_are_as_rare_as_agreed(self, nothing, key):
        alarms = nothing[key].alarms
        level = EVEN.split_alpha if key == "split" else EVEN.alpha
        hits = round(alarms.value * alarms.n)
        assert stats.binomtest(hits, alarms.n, level).pvalue > CHANCE
        assert alarms.null == pytest.approx(level)

    def test_the_confidence_sequence_alarms_no_more_often_than_agreed(self, nothing):
        alarms = nothing["always"].alarms
        hits = round(alarms.value * alarms.n)
        assert stats.binomtest(hits, alarms.n, EVEN.alpha, alternative="greater").pvalue > CHANCE
        assert not nothing["always"].fails

    @pytest.mark.parametrize("key", ["daily", "best_segment"])
    def test_false_alarms_of_luck_that_is_sought_are_far_more(self, nothing, key):
        found = nothing[key]
        # Twenty looks alone make a quarter; ten segments, of which no two kinds overlap, a third.
        assert found.alarms.low > 2 * EVEN.alpha
        assert found.fails

    def test_no_sound_method_fails(self, nothing):
        assert not [key for key in UNBIASED if nothing[key].fails]


class TestEvenSplit:
    @pytest.mark.parametrize("key", UNBIASED)
    def test_a_sound_method_is_right_on_average(self, even, key):
        behaviour = even[key].behaviour
        error = behaviour.spread / np.sqrt(behaviour.replications)
        assert abs(behaviour.bias.value) < 4 * error
        assert not even[key].fails

    @pytest.mark.parametrize("key", UNBIASED)
    def test_its_intervals_hold_the_truth_as_often_as_they_say(self, even, key):
        found = even[key].coverage
        level = 1 - (EVEN.split_alpha if key == "split" else EVEN.alpha)
        assert stats.binomtest(round(found.value * found.n), found.n, level).pvalue > CHANCE

    def test_the_confidence_sequence_holds_the_truth_at_least_so_often(self, even):
        found = even["always"].coverage
        hits = round(found.value * found.n)
        assert stats.binomtest(hits, found.n, 0.95, alternative="less").pvalue > CHANCE
        assert not even["always"].fails

    def test_cuped_spreads_as_little_as_its_correlation_says(self, even):
        narrower = even["cuped"].behaviour.spread / even["flagged"].behaviour.spread
        # Gamma parts shared at 0.6; rounding down takes next to nothing off it.
        expected = np.sqrt(1 - EVEN.pre_correlation**2)
        assert narrower == pytest.approx(expected, abs=4 * expected / np.sqrt(2 * REPLICATIONS))

    def test_machines_left_in_spread_the_estimate_far(self, even):
        assert even["none"].behaviour.spread > 2 * even["flagged"].behaviour.spread

    def test_a_split_that_loses_users_is_seen_and_its_bias_is_not(self):
        p = EVEN.model_copy(update={"lost_share": 0.3})
        found = by_key(score(p, replications=10, workers=1))["split"]
        # Half of the treated are on the device, three tenths of those are lost.
        assert found.truth == pytest.approx(0.5 * 0.85 / (0.5 * 0.85 + 0.5))
        assert found.alarms.value == 1
        assert not found.behaviour.is_biased


class TestPublished:
    """Faults of the original, at its size and split, by 600 simulations with its generator."""

    def test_trimming_takes_a_sixth_of_the_effect_away(self, default):
        # The same worlds with machines left out: what they share cancels.
        mean, error = mean_and_error(default["trim"] - default["flagged"])
        assert mean == pytest.approx(-0.0257, abs=4 * np.hypot(error, 0.0003))
        assert mean < -0.02

    def test_capping_takes_little_of_it_away(self, default):
        mean, error = mean_and_error(default["winsorise"] - default["flagged"])
        assert mean == pytest.approx(-0.007, abs=4 * np.hypot(error, 0.0005))
        assert mean < 0

    def test_the_truth_is_the_published_one(self, default):
        mean, error = mean_and_error(default["flagged"])
        assert mean == pytest.approx(0.1540, abs=4 * error)

    def test_power_users_lose_what_the_gamma_says_they_lose(self, default):
        # Songs are a gamma of shape 2 rounded down, 27 the cut of the pooled top quarter.
        songs, cut = np.arange(400), 27
        chance = sum(
            share * np.minimum(factor * (0.05 + 0.002 * songs), 1)
            for share, factor in ((0.4, 1.2), (0.6, 1.0))
        )

        def pays(scale):
            shares = -np.diff(stats.gamma.sf(np.append(songs, 400), 2, scale=scale))
            return (shares * chance)[cut:].sum() / shares[cut:].sum()

        taste = stats.gamma.isf(np.linspace(0, stats.gamma.sf(cut, 2, scale=10), 20_001)[1:], 2)
        would_be = [chance[np.floor(scale * taste).astype(int)].mean() for scale in (10, 11.5)]
        expected = pays(11.5) / pays(10) - 1
        bias = expected - (would_be[1] / would_be[0] - 1)
        assert bias == pytest.approx(-0.058, abs=0.0015)
        mean, error = mean_and_error(default["heavy_now"])
        assert mean == pytest.approx(expected, abs=4 * error)
        world = Parameters()
        truth = groups.would_be_heavy(world, cut).lift
        assert mean - truth == pytest.approx(-0.058, abs=4 * error)

    def test_scores_name_trimming_and_power_users_as_failing(self, even):
        assert even["trim"].fails
        assert even["trim"].bias.high < 0
        assert even["heavy_now"].bias.high < 0
