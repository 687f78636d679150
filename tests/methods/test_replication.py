"""Replication: what is said of a method over many worlds is what other programs say of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from knowntruth.methods.replication import behaviour, rate

TRUTH = 0.15


def replicates(n=200, *, off=0.0, half=1.96, seed=1):
    """Return values about the truth with spread one, and intervals of the same half width."""
    values = TRUTH + off + np.random.default_rng(seed).normal(0, 1, n)
    return values, values - half, values + half


def behave(table, *, truth=TRUTH, level=0.95, unit="relative", null=0.0):
    return behaviour(*table, truth=truth, level=level, unit=unit, null=null)


def held(hits, n):
    """Return replicates whose interval holds the truth so many times out of `n`."""
    values = np.full(n, TRUTH) + np.linspace(-1e-3, 1e-3, n)
    lows = np.where(np.arange(n) < hits, TRUTH - 1, TRUTH + 1)
    return values, lows, lows + 2


class TestBias:
    @pytest.mark.parametrize("n", [2, 10, 500])
    def test_its_interval_is_that_of_a_t_test(self, n):
        table = replicates(n, off=0.3)
        found = behave(table).bias
        expected = stats.ttest_1samp(table[0] - TRUTH, 0).confidence_interval(0.95)
        assert found.value == pytest.approx(table[0].mean() - TRUTH)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high))

    def test_its_interval_holds_the_true_bias_as_often_as_it_says(self):
        runs = 600
        found = [behave(replicates(8, off=0.3, seed=seed)).bias for seed in range(runs)]
        hits = sum(bias.covers(0.3) for bias in found)
        assert stats.binomtest(hits, runs, 0.95).pvalue > 1e-3

    @given(st.floats(-100, 100))
    @settings(max_examples=30)
    def test_moving_values_intervals_truth_and_null_together_changes_nothing(self, by):
        table = replicates(60)
        one, other = behave(table), behave([x + by for x in table], truth=TRUTH + by, null=by)
        assert other.bias.value == pytest.approx(one.bias.value, abs=1e-9)
        assert other.spread == pytest.approx(one.spread, rel=1e-9)
        assert (other.coverage, other.alarms) == (one.coverage, one.alarms)

    @pytest.mark.parametrize(
        ("unit", "expected"),
        [("relative", "points"), ("share", "points"), ("points", "points"), ("number", "number")],
    )
    def test_a_difference_of_percentages_is_in_points(self, unit, expected):
        assert behave(replicates(), unit=unit).bias.unit == expected

    def test_without_a_truth_there_is_neither_bias_nor_coverage(self):
        found = behave(replicates(), truth=None)
        assert found.bias is found.coverage is None
        assert not found.is_biased
        assert not found.covers_too_little
        assert found.alarms == behave(replicates()).alarms


class TestRates:
    @given(st.integers(1, 3000), st.floats(0, 1))
    @settings(max_examples=60)
    def test_the_interval_is_clopper_and_pearsons(self, n, share):
        hits = round(share * n)
        found = rate(np.arange(n) < hits, null=0.05)
        expected = proportion_confint(hits, n, alpha=0.05, method="beta")
        assert found.value == hits / n
        assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)

    @pytest.mark.parametrize("hits", [0, 37, 50])
    def test_coverage_counts_the_intervals_that_hold_the_truth(self, hits):
        found = behave(held(hits, 50)).coverage
        expected = proportion_confint(hits, 50, alpha=0.05, method="beta")
        assert (found.value, found.null) == (hits / 50, 0.95)
        assert (found.low, found.high) == pytest.approx(expected)

    def test_an_end_at_the_truth_holds_it(self):
        found = behave(([0.0, 0.2], [TRUTH, 0.0], [0.5, TRUTH]))
        assert found.coverage.value == 1

    def test_an_alarm_leaves_the_null_out_and_an_end_at_it_does_not(self):
        lows, highs = [0.1, -3.0, 0.0, -1.0], [1.0, -2.0, 1.0, 0.0]
        found = behave(([0.5, -2.5, 0.5, -0.5], lows, highs), level=0.99).alarms
        assert found.value == 0.5
        assert found.null == pytest.approx(0.01)

    def test_an_alarm_of_a_share_is_about_the_planned_share(self):
        table = ([0.48, 0.5, 0.52], [0.47, 0.49, 0.51], [0.49, 0.51, 0.53])
        assert behave(table, unit="share", null=0.5).alarms.value == pytest.approx(2 / 3)

    def test_power_of_a_z_test_is_its_textbook_power(self):
        n, effect = 4000, 2.0
        values = effect + np.random.default_rng(5).normal(0, 1, n)
        z = stats.norm.isf(0.025)
        found = behave((values, values - z, values + z), truth=effect).alarms
        expected = stats.norm.sf(z - effect) + stats.norm.cdf(-z - effect)
        assert abs(found.value - expected) < 4 * np.sqrt(expected * (1 - expected) / n)


class TestSpread:
    def test_it_is_the_standard_deviation(self):
        values, *ends = replicates(40)
        assert behave((values, *ends)).spread == pytest.approx(np.std(values, ddof=1))

    @pytest.mark.parametrize(
        ("draw", "tolerance"),
        [
            (lambda rng, size: rng.normal(0, 2, size), 0.1),
            (lambda rng, size: rng.random(size), 0.1),
            # A heavy tail is rarely seen whole in one sample, so the error comes out small.
            (lambda rng, size: rng.exponential(3, size), 0.2),
        ],
        ids=["normal", "uniform", "exponential"],
    )
    def test_its_error_is_the_spread_of_spreads(self, draw, tolerance):
        runs, n = 1000, 400
        drawn = draw(np.random.default_rng(2), (runs, n))
        errors = [behave((x, x - 1, x + 1)).spread_error for x in drawn[:60]]
        assert np.mean(errors) == pytest.approx(drawn.std(axis=1, ddof=1).std(), rel=tolerance)

    def test_values_that_are_all_alike_have_none(self):
        found = behave(([0.2] * 5, [0.1] * 5, [0.3] * 5))
        assert (found.spread, found.spread_error) == (0, 0)
        assert not found.is_biased


class TestTruthOfEachReplicate:
    TRUTHS = np.random.default_rng(11).normal(0, 5, 200)

    def test_bias_and_its_interval_are_those_of_a_paired_t_test(self):
        values = self.TRUTHS + replicates(off=0.3)[0]
        found = behave((values, values - 2, values + 2), truth=self.TRUTHS).bias
        expected = stats.ttest_rel(values, self.TRUTHS).confidence_interval(0.95)
        assert found.value == pytest.approx(np.mean(values - self.TRUTHS))
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high))

    def test_each_interval_is_held_against_its_own(self):
        lows, highs = [0.0, 0.0, 5.0, -9.0], [1.0, 1.0, 6.0, -8.0]
        found = behave(([0.5, 0.5, 5.5, -8.5], lows, highs), truth=[1.0, 5.5, 0.5, -9.0])
        assert found.coverage.value == 0.5

    def test_alarms_are_about_the_null_all_the_same(self):
        values = self.TRUTHS + replicates()[0]
        table = (values, values - 2, values + 2)
        assert behave(table, truth=self.TRUTHS).alarms == behave(table, truth=None).alarms

    def test_the_spread_is_that_of_the_errors(self):
        values = self.TRUTHS + replicates()[0]
        found = behave((values, values - 2, values + 2), truth=self.TRUTHS)
        assert found.spread == pytest.approx(np.std(values - self.TRUTHS, ddof=1))
        alone = behave(replicates())
        assert found.spread_error == pytest.approx(alone.spread_error)

    @given(st.floats(-100, 100))
    @settings(max_examples=30)
    def test_one_that_is_the_same_in_all_is_one_truth(self, truth):
        table = [x + truth for x in replicates(60)]
        one, many = behave(table, truth=truth), behave(table, truth=np.full(60, truth))
        assert many.bias.value == pytest.approx(one.bias.value, abs=1e-9)
        assert many.spread == pytest.approx(one.spread, rel=1e-9)
        assert (many.coverage, many.alarms) == (one.coverage, one.alarms)

    def test_a_replicate_without_one_is_left_out(self):
        values, lows, highs = (x + self.TRUTHS for x in replicates())
        holed = self.TRUTHS.copy()
        holed[[0, 7]] = np.nan
        kept = ~np.isnan(holed)
        expected = behave((values[kept], lows[kept], highs[kept]), truth=self.TRUTHS[kept])
        assert behave((values, lows, highs), truth=holed) == expected
        assert expected.replications == 198

    def test_one_too_few_is_refused(self):
        with pytest.raises(ValueError, match="dimension"):
            behave(replicates(), truth=self.TRUTHS[1:])


class TestAnswers:
    @pytest.mark.parametrize("column", [0, 1, 2])
    def test_replicates_without_an_answer_are_left_out(self, column):
        whole = np.column_stack(replicates(30))
        holed = np.insert(whole, [0, 7, 30], whole[3], axis=0)
        holed[[0, 8, 32], column] = np.nan
        assert behave(holed.T) == behave(whole.T)
        assert behave(holed.T).replications == 30

    def test_an_end_without_bound_is_an_answer(self):
        found = behave(([0.1, 0.2], [-np.inf, 0.1], [0.3, np.inf]))
        assert found.replications == 2
        assert found.coverage.value == 1
        assert found.alarms.value == 0.5

    def test_fewer_than_two_answers_are_no_behaviour(self):
        with pytest.raises(ValueError, match="at least 2 answers, got 1"):
            behave(([0.1, np.nan], [0.0, 0.0], [0.2, 0.2]))

    def test_a_level_in_percent_is_refused(self):
        with pytest.raises(ValueError, match="level"):
            behave(replicates(), level=95)


class TestVerdicts:
    def test_a_clear_bias_of_a_third_of_the_spread_counts(self):
        assert behave(replicates(400, off=0.33)).is_biased
        assert behave(replicates(400, off=-0.33)).is_biased

    def test_a_clear_bias_that_is_small_beside_the_spread_does_not(self):
        found = behave(replicates(40_000, off=0.05))
        assert found.bias.direction == "higher"
        assert not found.is_biased

    def test_a_bias_that_chance_can_make_does_not(self):
        values = np.array([-1.0, 1.0, -1.0, 1.6]) + TRUTH
        found = behave((values, values - 2, values + 2))
        assert abs(found.bias.value) > found.spread / 10
        assert not found.is_biased

    @pytest.mark.parametrize(("hits", "verdict"), [(450, True), (475, False), (500, False)])
    def test_too_little_coverage_is_clearly_below_the_level(self, hits, verdict):
        assert behave(held(hits, 500)).covers_too_little is verdict

    def test_few_replicates_do_not_show_too_little_coverage(self):
        assert not behave(held(9, 10)).covers_too_little
