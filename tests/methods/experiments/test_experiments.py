"""Comparisons of two arms against scipy, statsmodels, tea-tasting, published experiments."""

from __future__ import annotations

import math
from pathlib import Path

import causaldata
import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from knowntruth.errors import DataError
from knowntruth.methods.experiments.experiments import (
    Comparison,
    cuped,
    proportions,
    rate,
    sample_ratio,
    welch,
)
from knowntruth.methods.moments import Moments, Pair, Sample, summarise
from knowntruth.story import Estimate


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n = 6_000
    before = rng.gamma(2, 10, n)
    treated = rng.random(n) < 0.2
    songs = (0.6 * before + 0.5 * rng.gamma(2, 10, n)) * np.where(treated, 1.1, 1)
    converted = (rng.random(n) < 0.08 + 0.001 * songs).astype(int)
    arm = np.where(treated, "treatment", "control")
    return pd.DataFrame({"arm": arm, "songs": songs, "before": before, "converted": converted})


@pytest.fixture(scope="module")
def moments(table: pd.DataFrame) -> dict[str, Moments]:
    return summarise(table, ["songs"], pairs=[("songs", "before")])


def arms(first: Sample, second: Sample) -> tuple[Moments, Moments]:
    return Moments(first.count, {"x": first}), Moments(second.count, {"x": second})


def ends(estimate: Estimate | None) -> tuple[float, float]:
    assert estimate is not None
    return estimate.low, estimate.high


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_welch_is_that_of_scipy(
    table: pd.DataFrame, moments: dict[str, Moments], level: float
) -> None:
    """scipy 1.17.1, `ttest_ind(equal_var=False)` and its `confidence_interval`."""
    found = welch(moments["control"], moments["treatment"], "songs", level=level).difference
    groups = table.groupby("arm").songs
    expected = stats.ttest_ind(
        groups.get_group("treatment"), groups.get_group("control"), equal_var=False
    )
    interval = expected.confidence_interval(level)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-10)
    assert ends(found) == pytest.approx((interval.low, interval.high), rel=1e-10)
    assert (found.n, found.unit, found.null) == (len(table), "number", 0)


def test_the_mean_of_an_arm_has_the_t_interval_of_scipy(
    table: pd.DataFrame, moments: dict[str, Moments]
) -> None:
    """scipy 1.17.1, `ttest_1samp(...).confidence_interval`."""
    found = welch(moments["control"], moments["treatment"], "songs", level=0.9)
    for arm, estimate in (("control", found.control), ("treatment", found.treatment)):
        values = table.songs[table.arm == arm]
        interval = stats.ttest_1samp(values, 0).confidence_interval(0.9)
        assert ends(estimate) == pytest.approx((interval.low, interval.high), rel=1e-12)
        assert (estimate.n, estimate.null, estimate.p_value) == (len(values), None, None)


def test_means_and_cuped_are_those_of_tea_tasting(
    table: pd.DataFrame, moments: dict[str, Moments]
) -> None:
    """tea-tasting, `Mean`; its relative interval is a delta-method one, ours Fieller's."""
    metrics = {"plain": tt.Mean("songs"), "adjusted": tt.Mean("songs", "before")}
    theirs = tt.Experiment(metrics, "arm").analyze(table, control="control")
    control, treatment = moments["control"], moments["treatment"]
    adjusted = cuped(control, treatment, "songs", "before", level=0.95)
    for name, found in (
        ("plain", welch(control, treatment, "songs", level=0.95)),
        ("adjusted", adjusted),
    ):
        expected = theirs[name]
        assert found.control.value == pytest.approx(expected.control, rel=1e-11)
        assert found.treatment.value == pytest.approx(expected.treatment, rel=1e-11)
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


def test_cuped_leaves_what_the_covariate_does_not_explain(
    table: pd.DataFrame, moments: dict[str, Moments]
) -> None:
    found = cuped(moments["control"], moments["treatment"], "songs", "before", level=0.95)
    correlation = np.corrcoef(table.songs, table.before)[0, 1]
    assert found.correlation == pytest.approx(correlation, rel=1e-12)
    assert found.slope == pytest.approx(np.polyfit(table.before, table.songs, 1)[0], rel=1e-10)
    # Each arm's own variance differs from the pooled one, so that this holds roughly.
    assert found.variance_left == pytest.approx(1 - correlation**2, abs=0.02)


def test_cuped_with_a_covariate_that_never_varies_changes_nothing(table: pd.DataFrame) -> None:
    flat = summarise(table.assign(before=3.0), ["songs"], pairs=[("songs", "before")])
    found = cuped(flat["control"], flat["treatment"], "songs", "before", level=0.95)
    plain = welch(flat["control"], flat["treatment"], "songs", level=0.95)
    assert (found.variance_left, found.correlation, found.slope) == (1.0, 0.0, 0.0)
    assert ends(found.difference) == pytest.approx(ends(plain.difference), rel=1e-12)
    assert ends(found.lift) == pytest.approx(ends(plain.lift), rel=1e-12)


def test_cuped_with_the_metric_itself_as_covariate_has_nothing_left_to_test(
    table: pd.DataFrame,
) -> None:
    same = summarise(table.assign(again=table.songs), ["songs"], pairs=[("songs", "again")])
    found = cuped(same["control"], same["treatment"], "songs", "again", level=0.95)
    assert found.variance_left == 0
    assert found.correlation == pytest.approx(1)
    assert ends(found.difference) == (-math.inf, math.inf)
    assert found.lift is None


def test_the_job_training_experiment_has_its_published_numbers() -> None:
    """NSW (Dehejia & Wahba): difference 1,794.34, Welch's standard error 671.00."""
    data = pd.read_stata(Path(causaldata.__file__).parent / "nsw_mixtape" / "nsw_mixtape.dta")
    found = summarise(data, ["re78"], by="treat")
    assert list(found) == ["0", "1"]
    difference = welch(found["0"], found["1"], "re78", level=0.95).difference
    assert round(difference.value, 2) == 1794.34
    control, treated = (found[arm].samples["re78"] for arm in found)
    parts = [arm.variance / arm.count for arm in (control, treated)]
    df = sum(parts) ** 2 / sum(
        part**2 / (arm.count - 1) for part, arm in zip(parts, (control, treated), strict=True)
    )
    half = (difference.high - difference.low) / 2
    assert round(half / stats.t.ppf(0.975, df), 2) == 671.00


@settings(deadline=None, max_examples=300)
@given(
    mean=st.floats(-5, 100),
    gap=st.floats(-50, 50),
    sds=st.tuples(st.floats(0.01, 50), st.floats(0.01, 50)),
    counts=st.tuples(st.integers(2, 10**8), st.integers(2, 10**8)),
    level=st.sampled_from([0.8, 0.95, 0.999]),
)
def test_intervals_leave_out_no_difference_exactly_when_the_t_test_refuses_it(
    mean: float,
    gap: float,
    sds: tuple[float, float],
    counts: tuple[int, int],
    level: float,
) -> None:
    control = Sample(counts[0], mean, sds[0] ** 2)
    treatment = Sample(counts[1], mean + gap, sds[1] ** 2)
    found = welch(*arms(control, treatment), "x", level=level)
    p = found.difference.p_value
    assert p is not None
    assume(abs(p - (1 - level)) > 1e-9)
    refused = p < 1 - level
    assert (found.difference.direction != "unclear") == refused
    if found.lift is not None:
        assert found.lift.direction == found.difference.direction
        assert found.lift.p_value == p
        assert found.lift.low <= found.lift.value <= found.lift.high


@settings(deadline=None)
@given(
    mean=st.floats(1, 100),
    gap=st.floats(-20, 20),
    sds=st.tuples(st.floats(0.1, 50), st.floats(0.1, 50)),
    counts=st.tuples(st.integers(2, 5_000), st.integers(2, 5_000)),
    level=st.sampled_from([0.8, 0.95]),
)
def test_each_end_of_the_lift_is_refused_just_so(
    mean: float,
    gap: float,
    sds: tuple[float, float],
    counts: tuple[int, int],
    level: float,
) -> None:
    """Fieller's set: the lifts x at which treatment - (1 + x) control is just significant."""
    control = Sample(counts[0], mean, sds[0] ** 2)
    treatment = Sample(counts[1], mean + gap, sds[1] ** 2)
    found = welch(*arms(control, treatment), "x", level=level)
    errors = [sd**2 / n for sd, n in zip(sds, counts, strict=True)]
    df = sum(errors) ** 2 / sum(error**2 / (n - 1) for error, n in zip(errors, counts, strict=True))
    critical = stats.t.ppf((1 + level) / 2, df)
    assert (found.lift is not None) == (mean > critical * math.sqrt(errors[0]))
    if found.lift is not None:
        assume(found.lift.high < 1e6)
        for x in ends(found.lift):
            error = math.sqrt(errors[1] + (1 + x) ** 2 * errors[0])
            t = (mean + gap - (1 + x) * mean) / error
            assert abs(t) == pytest.approx(critical, rel=1e-5)


@settings(deadline=None, max_examples=12)
@given(scale=st.floats(1e-3, 1e3), move=st.floats(-5, 5), seed=st.integers(0, 99))
def test_welch_follows_exchanged_arms_and_other_units(scale: float, move: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"arm": rng.permutation(["a", "b"] * 15), "x": rng.gamma(3, 2, 30)})

    def compare(table: pd.DataFrame, first: str, second: str) -> Comparison:
        found = summarise(table, ["x"])
        return welch(found[first], found[second], "x", level=0.9)

    plain, turned = compare(table, "a", "b"), compare(table, "b", "a")
    assert ends(turned.difference) == pytest.approx(
        (-plain.difference.high, -plain.difference.low), rel=1e-12
    )
    assert turned.difference.p_value == plain.difference.p_value
    scaled = compare(table.assign(x=table.x * scale), "a", "b")
    assert ends(scaled.difference) == pytest.approx(
        (plain.difference.low * scale, plain.difference.high * scale), rel=1e-9
    )
    assert ends(scaled.lift) == pytest.approx(ends(plain.lift), rel=1e-9)
    moved = compare(table.assign(x=table.x + move), "a", "b")
    assert ends(moved.difference) == pytest.approx(ends(plain.difference), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("control", "treatment"),
    [
        (Sample(1, 5.0, math.nan), Sample(4_000, 6.0, 2.0)),
        (Sample(4_000, 5.0, 2.0), Sample(1, 6.0, math.nan)),
        (Sample(1, 5.0, math.nan), Sample(1, 5.0, math.nan)),
        (Sample(100, 5.0, 0.0), Sample(100, 6.0, 0.0)),
    ],
)
def test_without_a_standard_error_nothing_is_tested(control: Sample, treatment: Sample) -> None:
    found = welch(*arms(control, treatment), "x", level=0.95)
    assert found.difference.value == treatment.mean - control.mean
    assert ends(found.difference) == (-math.inf, math.inf)
    assert found.difference.p_value is None
    assert found.lift is None
    assert found.difference.direction == "unclear"


def test_an_arm_in_which_nothing_varies_can_be_compared_with_one_that_does() -> None:
    """scipy 1.17.1, `ttest_ind_from_stats(equal_var=False)`."""
    found = welch(*arms(Sample(50, 5.0, 0.0), Sample(60, 5.4, 1.44)), "x", level=0.95)
    expected = stats.ttest_ind_from_stats(5.4, 1.2, 60, 5.0, 0.0, 50, equal_var=False)
    assert found.difference.p_value == pytest.approx(expected.pvalue, rel=1e-12)
    assert ends(found.control) == (-math.inf, math.inf)


@pytest.mark.parametrize("mean", [0.0, -3.0, 0.05])
def test_there_is_no_lift_over_a_control_that_is_not_clearly_above_zero(mean: float) -> None:
    found = welch(*arms(Sample(100, mean, 1.0), Sample(100, 2.0, 1.0)), "x", level=0.95)
    assert found.lift is None
    assert found.difference.direction == "higher"


def test_an_arm_without_a_known_value_is_refused() -> None:
    nothing, something = Sample(0, math.nan, math.nan), Sample(9, 1.0, 1.0)
    with pytest.raises(DataError, match="no value is known in treatment"):
        welch(*arms(something, nothing), "x", level=0.95)
    empty, full = (Moments(9, {}, {("x", "y"): Pair(a, a, 0.5)}) for a in (nothing, something))
    with pytest.raises(DataError, match="x with y: no value is known in control"):
        cuped(empty, full, "x", "y", level=0.95)


def coverage(inside: np.ndarray, level: float) -> None:
    """Assert a share of simulations to within four standard errors of the level."""
    tolerance = 4 * math.sqrt(level * (1 - level) / len(inside))
    assert inside.mean() == pytest.approx(level, abs=tolerance)


@pytest.mark.parametrize(
    ("mean", "lift", "correlation"), [(4.0, 0.0, 0.8), (4.0, 0.15, 0.6), (0.5, 3.0, 0.9)]
)
def test_intervals_of_adjusted_means_cover_the_truth(
    mean: float, lift: float, correlation: float
) -> None:
    """The mean covariate that both arms are moved to is an estimate: a large lift shows it."""
    rng = np.random.default_rng(8)
    n, worlds = (300, 100), 2_000
    found = {"difference": [], "lift": [], "control": []}
    pairs = []
    for size, level in zip(n, (mean, mean * (1 + lift)), strict=True):
        before = rng.normal(0, 1, (worlds, size))
        metric = level + correlation * before
        metric += math.sqrt(1 - correlation**2) * rng.normal(0, 1, (worlds, size))
        pairs.append((metric, before))
    for world in range(worlds):
        control, treatment = (
            Moments(len(x[world]), {}, {("x", "y"): pair_of(x[world], y[world])}) for x, y in pairs
        )
        result = cuped(control, treatment, "x", "y", level=0.9)
        assert result.lift is not None
        found["difference"].append(result.difference.covers(mean * lift))
        found["lift"].append(result.lift.covers(lift))
        found["control"].append(result.control.covers(mean))
    for inside in found.values():
        coverage(np.array(inside), 0.9)


def pair_of(x: np.ndarray, y: np.ndarray) -> Pair:
    covariance = np.cov(x, y)
    samples = (Sample(len(v), float(v.mean()), float(v.var(ddof=1))) for v in (x, y))
    return Pair(*samples, float(covariance[0, 1]))


@pytest.mark.parametrize(("lift", "sd"), [(0.0, 1.0), (0.15, 14.0), (2.0, 8.0)])
def test_intervals_of_means_cover_the_truth(lift: float, sd: float) -> None:
    rng = np.random.default_rng(9)
    worlds, mean, sizes = 2_000, 20.0, (90, 30)
    means = mean, mean * (1 + lift)
    inside = {"difference": np.zeros(worlds, bool), "lift": np.zeros(worlds, bool)}
    values = [rng.normal(m, sd, (worlds, n)) for m, n in zip(means, sizes, strict=True)]
    for world in range(worlds):
        samples = (
            Sample(v.shape[1], float(v[world].mean()), float(v[world].var(ddof=1))) for v in values
        )
        found = welch(*arms(*samples), "x", level=0.9)
        assert found.lift is not None
        inside["difference"][world] = found.difference.covers(mean * lift)
        inside["lift"][world] = found.lift.covers(lift)
    for covered in inside.values():
        coverage(covered, 0.9)


def test_proportions_are_those_of_tea_tasting(table: pd.DataFrame) -> None:
    """tea-tasting, `Proportion(correction=False)`: rates and p-value; its intervals are others."""
    experiment = tt.Experiment({"converted": tt.Proportion("converted", correction=False)}, "arm")
    expected = experiment.analyze(table, control="control")["converted"]
    tally = table.groupby("arm").converted.agg(["sum", "count"])
    found = proportions(*((int(a), int(b)) for a, b in tally.to_numpy()), level=0.95)
    assert found.control.value == pytest.approx(expected.control, rel=1e-12)
    assert found.treatment.value == pytest.approx(expected.treatment, rel=1e-12)
    assert found.difference.value == pytest.approx(expected.effect_size, rel=1e-12)
    assert found.difference.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.lift is not None
    assert found.lift.value == pytest.approx(expected.rel_effect_size, rel=1e-12)
    units = [e.unit for e in (found.difference, found.lift, found.control, found.treatment)]
    assert units == ["points", "relative", "share", "share"]


counts = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None, max_examples=200)
@given(counts, counts, st.sampled_from([0.8, 0.95, 0.99]))
def test_difference_and_lift_of_rates_agree_with_their_p_value(
    control: tuple[int, int], treatment: tuple[int, int], level: float
) -> None:
    found = proportions(control, treatment, level=level)
    p = found.difference.p_value
    assert p is not None
    assert (found.difference.direction != "unclear") == (p < 1 - level)
    assert (found.lift is None) == (control[0] == 0)
    if found.lift is not None:
        assert found.lift.direction == found.difference.direction
        assert found.lift.low >= -1


@pytest.mark.parametrize(
    ("sizes", "share"), [((35_992, 4_008), 0.1), ((35_637, 3_944), 0.1), ((60, 20), 0.5)]
)
def test_the_sample_ratio_is_tested_with_the_chi_square_of_scipy(
    sizes: tuple[int, int], share: float
) -> None:
    """scipy 1.17.1, `chisquare`; tea-tasting, `SampleRatio(correction=False)`."""
    found = sample_ratio(*sizes, treatment_share=share, level=0.99)
    expected = (sum(sizes) * (1 - share), sum(sizes) * share)
    assert (found.expected_control, found.expected_treatment) == pytest.approx(expected)
    p = stats.chisquare(sizes, expected).pvalue
    assert found.estimate.p_value == pytest.approx(p, rel=1e-12)
    table = pd.DataFrame({"arm": np.repeat([0, 1], sizes)})
    metric = tt.SampleRatio((1 - share) / share, method="norm", correction=False)
    theirs = tt.Experiment({"split": metric}, "arm").analyze(table, control=1)["split"]
    assert found.estimate.p_value == pytest.approx(theirs.pvalue, rel=1e-9)


@settings(deadline=None)
@given(
    sizes=st.tuples(st.integers(0, 3_000), st.integers(0, 3_000)),
    share=st.floats(0.01, 0.99),
    level=st.sampled_from([0.8, 0.95, 0.999]),
)
def test_the_interval_of_the_split_agrees_with_its_test(
    sizes: tuple[int, int], share: float, level: float
) -> None:
    assume(sum(sizes) > 0)
    found = sample_ratio(*sizes, treatment_share=share, level=level).estimate
    assert found.p_value is not None
    assume(abs(found.p_value - (1 - level)) > 1e-9)
    assert found.covers(share) == (found.p_value > 1 - level)


def test_a_split_needs_units_and_an_intended_share() -> None:
    with pytest.raises(ValueError, match="trials is at least 1"):
        sample_ratio(0, 0, treatment_share=0.5, level=0.99)
    with pytest.raises(ValueError, match="treatment_share lies between 0 and 1"):
        sample_ratio(5, 5, treatment_share=1, level=0.99)


def test_a_rate_has_wilsons_interval() -> None:
    """scipy 1.17.1, `binomtest(...).proportion_ci(method="wilson")`."""
    found = rate((3, 40), level=0.9)
    interval = stats.binomtest(3, 40).proportion_ci(0.9, method="wilson")
    assert (found.value, found.n, found.null) == (0.075, 40, None)
    assert ends(found) == pytest.approx((interval.low, interval.high), rel=1e-12)
