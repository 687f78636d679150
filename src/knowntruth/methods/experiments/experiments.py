"""Experiments: what a treatment changed, compared with a control.

A *comparison* has the difference, the relative *lift*, and each arm's own level.
`welch` compares means, `cuped` compares means after taking out what a covariate from before
the experiment explains, `proportions` compares rates. `sample_ratio` asks whether the arms
have the sizes that were intended (SRM: sample-ratio mismatch).

The intervals of difference and lift and the p-value are made from one test: both intervals
leave out "no difference" exactly when p is below 1 - level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from ...errors import DataError, Problem
from ...story.estimates import Estimate
from ..checks import check_share
from ..intervals import share_of
from ..means import Level, compare_means, mean
from ..moments import Moments, Pair, Sample
from ..rates import (
    Interval,
    pooled_z_test,
    score_interval_of_difference,
    score_interval_of_ratio,
    tally,
    wilson,
)

# Below this share of a variance, what an adjustment leaves is rounding.
ROUNDING = 1e-13


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Treatment compared with control.

    Attributes:
        difference: treatment minus control; unit `number` for means, `points` for rates.
        lift: difference relative to control, unit `relative`; None where control is not
            clearly above zero, so that a relative change has no bounded interval.
        control, treatment: the level of each arm; unit `number` for means, `share` for rates.
    """

    difference: Estimate
    lift: Estimate | None
    control: Estimate
    treatment: Estimate


@dataclass(frozen=True, kw_only=True)
class AdjustedComparison(Comparison):
    """A comparison after adjustment for a covariate.

    Attributes:
        variance_left: squared standard error of the difference after adjustment, as a
            share of the one before.
        correlation: between metric and covariate, over both arms.
        slope: theta of Deng et al. 2013, in units of the metric a unit of the covariate.
    """

    variance_left: float
    correlation: float
    slope: float


@dataclass(frozen=True)
class SampleRatio:
    """Arm sizes against the intended split.

    Attributes:
        estimate: share of treatment, unit `share`; its null is the intended share.
        expected_control, expected_treatment: units that the intended split would give.
    """

    estimate: Estimate
    expected_control: float
    expected_treatment: float


def welch(control: Moments, treatment: Moments, column: str, *, level: float) -> Comparison:
    """Compare the means of `column` with Welch's t-test (Welch 1947).

    The lift's interval is Fieller's (1954), with the t quantile of the difference. It is
    bounded only when the control mean lies more than that many standard errors above zero;
    otherwise the lift is None. An arm with a single known value, or two arms within which
    no value differs, give no standard error: then the difference's interval is unbounded,
    nothing is tested, and there is no lift.

    Raises:
        DataError: an arm without a known value.
    """
    check_share("level", level)
    c, t = control.samples[column], treatment.samples[column]
    _check_known(column, control=c, treatment=t)
    difference, lift = compare_means(Level.of(c), Level.of(t), level=level, method="Welch's t-test")
    return Comparison(
        difference=difference,
        lift=lift,
        control=mean(Level.of(c), level=level),
        treatment=mean(Level.of(t), level=level),
    )


def cuped(
    control: Moments, treatment: Moments, column: str, covariate: str, *, level: float
) -> AdjustedComparison:
    """Compare the means of `column` after adjustment for `covariate`, with Welch's t-test.

    The covariate must be from before the experiment. Its slope is estimated over both arms
    together (Deng, Xu, Kohavi & Walker 2013, section 3.2), on the units where both are
    known. The arms' means are moved to the mean covariate of all units. The moments must
    hold the pair of `column` and `covariate`.

    Raises:
        DataError: an arm without a unit for which both are known.
    """
    check_share("level", level)
    c, t = control.pair(column, covariate), treatment.pair(column, covariate)
    _check_known(f"{column} with {covariate}", control=c.first, treatment=t.first)
    both = c + t
    varies = both.second.variance > 0
    slope = both.covariance / both.second.variance if varies else 0.0
    before, after = _levels(c, t, 0.0), _levels(c, t, slope)
    difference, lift = compare_means(*after, level=level, method="CUPED and Welch's t-test")
    scale = math.sqrt(both.first.variance * both.second.variance) if varies else 0.0
    return AdjustedComparison(
        difference=difference,
        lift=lift,
        control=mean(after[0], level=level),
        treatment=mean(after[1], level=level),
        variance_left=_error(after) / _error(before) if _error(before) > 0 else 1.0,
        correlation=both.covariance / scale if scale > 0 else 0.0,
        slope=slope,
    )


def proportions(
    control: tuple[int, int], treatment: tuple[int, int], *, level: float
) -> Comparison:
    """Compare two rates, given as (successes, trials).

    The p-value is the pooled z-test's; the intervals are inverted score tests (see
    `rates`), each arm's own is Wilson's. The lift is None when control has no success.

    Raises:
        ValueError: without trials, or with more successes than trials.
    """
    c, t = tally(control), tally(treatment)
    n = c.trials + t.trials
    p = pooled_z_test(c, t)
    ends = score_interval_of_difference(c, t, level=level)
    difference = Estimate(
        value=t.rate - c.rate,
        **_agreeing(ends, p < 1 - level),
        level=level,
        n=n,
        unit="points",
        p_value=p,
        method="score test",
    )
    lift = None
    if c.successes:
        low, high = score_interval_of_ratio(c, t, level=level)
        lift = Estimate(
            value=t.rate / c.rate - 1,
            **_agreeing((low - 1, high - 1), p < 1 - level),
            level=level,
            n=n,
            unit="relative",
            p_value=p,
            method="score test",
        )
    return Comparison(
        difference=difference,
        lift=lift,
        control=rate(c, level=level),
        treatment=rate(t, level=level),
    )


def rate(counts: tuple[int, int], *, level: float) -> Estimate:
    """Return the rate of (successes, trials) with Wilson's interval; unit `share`."""
    return share_of(*tally(counts), level=level)


def sample_ratio(
    control: int, treatment: int, *, treatment_share: float, level: float
) -> SampleRatio:
    """Test arm sizes against the intended share of treatment with the chi-square test.

    No continuity correction; the interval is Wilson's, which is the same test inverted.
    Count units as assigned: a filter before this check hides or makes mismatches.

    Raises:
        ValueError: no unit at all, or a share that is not between 0 and 1.
    """
    check_share("treatment_share", treatment_share)
    n = control + treatment
    low, high = wilson((treatment, n), level=level)
    expected = (n * (1 - treatment_share), n * treatment_share)
    p = float(stats.chisquare([control, treatment], expected).pvalue)
    estimate = Estimate(
        value=treatment / n,
        low=low,
        high=high,
        level=level,
        n=n,
        unit="share",
        p_value=p,
        null=treatment_share,
        method="chi-square test",
    )
    return SampleRatio(estimate, *expected)


def _levels(control: Pair, treatment: Pair, slope: float) -> tuple[Level, Level]:
    """Return each arm's metric less `slope` times its covariate, at the mean of all units."""
    both = control + treatment
    n = both.first.count
    # The mean covariate of all units is an estimate, and the same one for both arms.
    common = (
        slope**2
        * sum(pair.second.count * pair.second.variance for pair in (control, treatment))
        / n**2
    )

    def adjusted(pair: Pair) -> Level:
        metric, covariate = pair.first, pair.second
        variance = metric.variance + slope**2 * covariate.variance - 2 * slope * pair.covariance
        if variance < ROUNDING * metric.variance:
            variance = 0.0
        shared = slope * (pair.covariance - slope * covariate.variance) / n
        moved = metric.mean - slope * (covariate.mean - both.second.mean)
        sample = Sample(metric.count, moved, variance)
        return Level(sample, variance / metric.count + 2 * shared + common, shared)

    return adjusted(control), adjusted(treatment)


def _error(arms: tuple[Level, Level]) -> float:
    return sum(arm.sample.variance / arm.sample.count for arm in arms)


def _check_known(column: str, **arms: Sample) -> None:
    """Refuse an arm in which nothing is known."""
    problems = [
        Problem(f"column {column}", f"no value is known in {name}", "Check the arm's rows.")
        for name, sample in arms.items()
        if not sample.count
    ]
    if problems:
        raise DataError("An arm is empty", problems)


def _agreeing(ends: Interval, refuses: bool) -> dict[str, float]:
    """Return the ends, moved by a rounding error where they contradict the p-value on zero."""
    low, high = ends
    if refuses and low <= 0 <= high:
        low, high = (math.ulp(0), high) if high > -low else (low, -math.ulp(0))
    elif not refuses:
        low, high = min(low, 0.0), max(high, 0.0)
    return {"low": low, "high": high}
