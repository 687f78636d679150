"""Life tables and what is made of them, against lifelines, statsmodels and known hazards."""

from __future__ import annotations

import math
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.datasets import load_waltons
from lifelines.utils import median_survival_times
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from knowntruth.errors import DataError
from knowntruth.methods.users.life_tables import LifeTable, life_table
from knowntruth.methods.users.survival import (
    curve_of_independent_tenure,
    kaplan_meier,
    logrank,
    restricted_mean,
    restricted_mean_difference,
)


def life(durations: ArrayLike, events: ArrayLike) -> LifeTable:
    times, index = np.unique(np.array(durations, dtype=float), return_inverse=True)
    left = np.bincount(index, weights=events).astype(int)
    return LifeTable(times, left, np.bincount(index) - left)


@pytest.fixture(scope="module")
def waltons() -> dict[str, LifeTable]:
    return life_table(load_waltons(), duration="T", event="E", by="group")


def test_the_life_table_counts_leaving_and_censored_by_time(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "arm": ["b", "a", "a", "a", "a", None, "a"],
            "days": [0, 3, 3, 3, 7, 1, np.nan],
            "left": [1, 1, 0, 1, 0, 1, 1],
        }
    )
    path = tmp_path / "rows.parquet"
    rows.to_parquet(path)
    for table in (rows, duckdb.connect().read_parquet(str(path))):
        found = life_table(table, duration="days", event="left")
        assert list(found) == ["a", "b"]
        a = found["a"]
        assert (a.times.tolist(), a.events.tolist(), a.censored.tolist()) == (
            [3, 7],
            [2, 0],
            [1, 1],
        )
        assert (a.units, a.left, a.at_risk.tolist()) == (4, (2, 4), [4, 1])
        assert a.at_risk_at([0, 3, 3.5, 7, 8]).tolist() == [4, 4, 1, 1, 0]
        assert a.known_until == 7
        assert found["b"].known_until == math.inf


def test_true_and_false_are_events_and_missing_ones_are_left_out() -> None:
    rows = pd.DataFrame(
        {"arm": "a", "duration": [1, 2, 3], "event": pd.array([True, False, None], "boolean")}
    )
    found = life_table(rows)["a"]
    assert (found.left, found.times.tolist()) == ((1, 2), [1, 2])
    assert life_table(rows.assign(duration=np.nan)) == {}


@pytest.mark.parametrize(
    ("duration", "event", "text"),
    [
        (-1.0, 1, "negative or infinite"),
        (math.inf, 1, "negative or infinite"),
        (1.0, 2, "neither 0 nor 1"),
        (-1.0, 0.5, "neither 0 nor 1"),
    ],
)
def test_what_is_no_time_or_no_event_is_refused(duration: float, event: float, text: str) -> None:
    rows = pd.DataFrame({"arm": "a", "duration": [2.0, duration], "event": [1.0, event]})
    with pytest.raises(DataError, match=text):
        life_table(rows)


def test_a_missing_or_textual_column_is_named() -> None:
    rows = pd.DataFrame({"arm": ["a"], "duration": [1], "event": ["yes"]})
    with pytest.raises(DataError, match="VARCHAR, not numbers"):
        life_table(rows)
    with pytest.raises(DataError, match="Did you mean duration"):
        life_table(rows, duration="durations")


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_curve_is_that_of_lifelines_from_unit_rows(level: float) -> None:
    """lifelines 0.30.0, `KaplanMeierFitter` on a row a unit; its bands only between 0 and 1."""
    rows = load_waltons()
    for arm, found in life_table(rows, duration="T", event="E", by="group").items():
        units = rows[rows.group == arm]
        theirs = KaplanMeierFitter(alpha=1 - level).fit(units["T"], units.E)
        curve = kaplan_meier(found, level=level)
        assert curve.times == pytest.approx(theirs.timeline)
        assert curve.survival == pytest.approx(
            theirs.survival_function_.to_numpy()[:, 0], abs=1e-12
        )
        between = (curve.survival > 0) & (curve.survival < 1)
        bands = theirs.confidence_interval_.to_numpy()[between]
        assert curve.lower[between] == pytest.approx(bands[:, 0], abs=1e-12)
        assert curve.upper[between] == pytest.approx(bands[:, 1], abs=1e-12)
        assert curve.at_risk == pytest.approx(theirs.event_table.at_risk.to_numpy())


def test_the_medians_of_the_waltons_data(waltons: dict[str, LifeTable]) -> None:
    """Published with lifelines: 26 against 58; the intervals are lifelines 0.30.0's."""
    rows = load_waltons()
    for arm, expected in (("miR-137", 26), ("control", 58)):
        median = kaplan_meier(waltons[arm], level=0.95).median()
        assert median is not None
        assert median.value == expected
        theirs = KaplanMeierFitter().fit(*rows.loc[rows.group == arm, ["T", "E"]].to_numpy().T)
        ends = median_survival_times(theirs.confidence_interval_).to_numpy().ravel()
        assert [median.low, median.high] == ends.tolist()


def test_a_median_that_nobody_reached_is_none_and_its_end_may_be_open() -> None:
    assert kaplan_meier(life([1, 2, 3], [0, 1, 0]), level=0.95).median() is not None
    assert kaplan_meier(life([1, 2, 3], [1, 0, 0]), level=0.95).median() is None
    open_end = kaplan_meier(life([1, 2, 3], [1, 1, 0]), level=0.95).median()
    assert open_end is not None
    assert (open_end.value, open_end.high) == (2, math.inf)


def test_greenwoods_error_is_that_of_statsmodels() -> None:
    """statsmodels 0.15, `SurvfuncRight`, on durations with ties and censoring."""
    rng = np.random.default_rng(4)
    t, e = rng.integers(1, 9, 300), rng.integers(0, 2, 300)
    theirs = SurvfuncRight(t.astype(float), e)
    curve = kaplan_meier(life(t.tolist(), e.tolist()), level=0.9)
    s, se = theirs.surv_prob, theirs.surv_prob_se
    # The log-log band, written out.
    reach = stats.norm.ppf(0.95) * se / (s * np.abs(np.log(s)))
    at = np.searchsorted(curve.times, theirs.surv_times)
    assert curve.survival[at] == pytest.approx(s)
    assert curve.lower[at] == pytest.approx(s ** np.exp(reach))
    assert curve.upper[at] == pytest.approx(s ** np.exp(-reach))


def test_the_share_that_stays_can_be_asked_for_any_known_time() -> None:
    curve = kaplan_meier(life([0, 2, 5, 5], [1, 1, 0, 0]), level=0.95)
    assert [curve.at(time).value for time in (0, 1.9, 2, 4, 5)] == [0.75, 0.75, 0.5, 0.5, 0.5]
    assert curve.at(2).n == 4
    with pytest.raises(ValueError, match="longest observation ends at 5"):
        curve.at(5.1)
    with pytest.raises(ValueError, match="the time is at least 0"):
        curve.at(-1)
    assert kaplan_meier(life([1, 2], [1, 1]), level=0.95).at(100).value == 0


def test_bands_keep_a_width_where_nobody_or_everybody_left() -> None:
    """Clopper and Pearson's end: 30 that all stayed are compatible with a share of 88.4 %."""
    nobody = kaplan_meier(life([4] * 30, [0] * 30), level=0.95)
    expected = stats.binomtest(30, 30).proportion_ci(0.95, method="exact").low
    assert nobody.lower.tolist() == pytest.approx([expected, expected])
    assert nobody.upper.tolist() == [1, 1]
    everybody = kaplan_meier(life([1, 2, 2], [1, 1, 1]), level=0.95)
    assert (everybody.lower[-1], everybody.upper[-1]) == (0, everybody.upper[-2])
    one = kaplan_meier(life([0], [1]), level=0.95)
    assert (one.times.tolist(), one.lower.tolist(), one.upper.tolist()) == ([0], [0], [1])


def test_the_band_covers_a_known_curve_as_often_as_it_says() -> None:
    """Geometric leaving at 3 % a day, censored uniformly: 90 % within 4 Monte Carlo errors."""
    rng = np.random.default_rng(8)
    replications, truth = 2_000, 0.97**20
    covered = [kaplan_meier(drawn(rng, 150, 0.03), level=0.9).at(20) for _ in range(replications)]
    share = np.mean([one.covers(truth) for one in covered])
    assert share == pytest.approx(0.9, abs=4 * math.sqrt(0.09 / replications))


def drawn(rng: np.random.Generator, n: int, hazard: float) -> LifeTable:
    leaves, ends = rng.geometric(hazard, n), rng.integers(10, 60, n)
    return life(np.minimum(leaves, ends), leaves <= ends)


def test_the_log_rank_test_of_the_waltons_data(waltons: dict[str, LifeTable]) -> None:
    """Published: 122.249. The ratio is Cox's with Breslow's ties, by statsmodels 0.15."""
    found = logrank(waltons["control"], waltons["miR-137"], level=0.95)
    assert round(found.chi2, 3) == 122.249
    rows = load_waltons()
    chi2, p = survdiff(rows["T"], rows.E, rows.group)
    assert found.chi2 == pytest.approx(chi2, rel=1e-12)
    assert found.p_value == pytest.approx(p, rel=1e-9)
    treated = (rows.group == "miR-137").astype(float)
    cox = PHReg(rows["T"], treated, status=rows.E, ties="breslow").fit()
    assert found.hazard is not None
    assert found.hazard.value + 1 == pytest.approx(math.exp(cox.params[0]), rel=1e-6)
    turned = logrank(waltons["miR-137"], waltons["control"], level=0.95)
    assert turned.chi2 == pytest.approx(found.chi2, rel=1e-12)


@settings(deadline=None, max_examples=40)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 1), st.booleans()), min_size=4, max_size=40
    ).filter(lambda rows: {treated for _, _, treated in rows} == {True, False})
)
def test_the_ratios_not_refused_hold_no_difference_exactly_when_p_says_so(
    rows: list[tuple[int, int, bool]],
) -> None:
    c, t = (
        life(
            [d for d, _, arm in rows if arm is treated], [e for _, e, arm in rows if arm is treated]
        )
        for treated in (False, True)
    )
    found, turned = logrank(c, t, level=0.9), logrank(t, c, level=0.9)
    assert turned.chi2 == pytest.approx(found.chi2, abs=1e-9)
    if found.hazard is None:
        return
    assert found.p_value is not None
    assert (found.p_value < 0.1) == (found.hazard.direction != "unclear")
    assert found.hazard.low <= found.hazard.value <= found.hazard.high
    assert found.hazard.value >= -1
    if turned.hazard is not None:
        assert (1 + found.hazard.value) * (1 + turned.hazard.value) == pytest.approx(1)
        assert (1 + found.hazard.low) * (1 + turned.hazard.high) == pytest.approx(1)


def test_the_ratio_covers_a_known_one_and_the_test_keeps_its_level() -> None:
    """Constant hazards, ratio 0.7, and the same hazards twice: within 4 Monte Carlo errors."""
    rng = np.random.default_rng(2)
    replications, covered, refused = 600, 0, 0
    for _ in range(replications):
        control, other, treatment = (drawn(rng, 400, hazard) for hazard in (0.03, 0.03, 0.021))
        hazard = logrank(control, treatment, level=0.9).hazard
        assert hazard is not None
        # Breslow's ties give the ratio of odds of daily leaving, not quite that of hazards.
        covered += hazard.covers(0.7 - 1)
        p = logrank(control, other, level=0.9).p_value
        assert p is not None
        refused += p < 0.1
    tolerance = 4 * math.sqrt(0.09 / replications)
    assert covered / replications == pytest.approx(0.9, abs=tolerance)
    assert refused / replications == pytest.approx(0.1, abs=tolerance)


def test_nothing_is_tested_where_no_event_fell_when_both_were_at_risk() -> None:
    for control, treatment in (
        (life([1, 2], [0, 0]), life([3, 4], [0, 0])),
        (life([1, 2], [0, 0]), life([3, 4], [1, 1])),
        (life([2], [1]), life([2], [1])),
    ):
        found = logrank(control, treatment, level=0.95)
        assert (found.chi2, found.p_value, found.hazard) == (0, None, None)


def test_a_ratio_may_be_nothing_or_without_bound() -> None:
    stays, leaves = life([9] * 20, [0] * 20), life(list(range(1, 21)), [1] * 20)
    found = logrank(leaves, stays, level=0.95).hazard
    assert found is not None
    assert (found.value, found.low) == (-1, -1)
    assert -1 < found.high < 0
    unbounded = logrank(stays, leaves, level=0.95)
    assert unbounded.hazard is None
    assert unbounded.p_value is not None
    assert unbounded.p_value < 0.001


def test_large_counts_do_not_overflow() -> None:
    """The statistic grows with the number of units when everything else stays the same."""
    parts = [(np.array([1.0, 2, 3]), np.array([30, 20, 9]), np.array([0, 5, 99]))] * 2
    parts[1] = (parts[1][0], np.array([28, 22, 6]), parts[1][2])
    small, large = (
        logrank(*(LifeTable(t, k * e, k * c) for t, e, c in parts), level=0.95)
        for k in (10**4, 10**10)
    )
    assert large.chi2 / 10**6 == pytest.approx(small.chi2, rel=1e-4)


def test_without_censoring_the_restricted_mean_is_a_mean() -> None:
    """The error is that of the mean of min(duration, until), with divisor n."""
    durations = np.random.default_rng(5).gamma(2, 10, 80)
    found = restricted_mean(life(durations.tolist(), [1] * 80), until=30, level=0.95)
    cut = np.minimum(durations, 30)
    assert found.value == pytest.approx(cut.mean())
    error = (found.high - found.value) / stats.norm.ppf(0.975)
    assert error == pytest.approx(cut.std() / math.sqrt(80))


def test_the_restricted_mean_is_the_area_under_the_curve_of_lifelines(
    waltons: dict[str, LifeTable],
) -> None:
    """lifelines 0.30.0; the times are whole, so that the area is a sum over them."""
    rows = load_waltons()
    for arm, found in waltons.items():
        fitted = KaplanMeierFitter().fit(*rows.loc[rows.group == arm, ["T", "E"]].to_numpy().T)
        area = fitted.survival_function_at_times(np.arange(60)).sum()
        ours = restricted_mean(found, until=60, level=0.95)
        assert ours.value == pytest.approx(area, rel=1e-12)


def test_restricted_means_and_their_difference_cover_the_truth() -> None:
    """Geometric leaving: the mean of min(T, 40) is (1 - q**40) / (1 - q), q staying a day."""
    rng = np.random.default_rng(3)
    replications, hazards = 1_500, (0.03, 0.02)
    truths = [(1 - (1 - h) ** 40) / h for h in hazards]
    hits, width = np.zeros(2), []
    for _ in range(replications):
        control, treatment = (drawn(rng, 250, hazard) for hazard in hazards)
        one = restricted_mean(control, until=40, level=0.9)
        both = restricted_mean_difference(control, treatment, until=40, level=0.9)
        hits += one.covers(truths[0]), both.covers(truths[1] - truths[0])
        assert both.p_value is not None
        assert (both.p_value < 0.1) == (both.direction != "unclear")
        width.append((both.value, both.high - both.value))
    assert hits / replications == pytest.approx(0.9, abs=4 * math.sqrt(0.09 / replications))
    values, reaches = np.array(width).T
    # Relative error of a standard deviation: 1 / sqrt(2 n).
    expected = reaches.mean() / stats.norm.ppf(0.95)
    assert values.std() == pytest.approx(expected, rel=4 / math.sqrt(2 * replications))


def test_without_events_or_with_one_unit_a_restricted_mean_has_no_error() -> None:
    nobody, several = life([5, 9], [0, 0]), life([1, 2, 9], [1, 1, 0])
    found = restricted_mean(nobody, until=8, level=0.95)
    assert (found.value, found.low, found.high) == (8, -math.inf, math.inf)
    assert restricted_mean(life([3], [1]), until=8, level=0.95).high == math.inf
    for arms in ((nobody, several), (several, nobody)):
        difference = restricted_mean_difference(*arms, until=8, level=0.95)
        assert (difference.p_value, difference.high) == (None, math.inf)


def test_the_interval_of_a_restricted_mean_stays_where_it_can_lie() -> None:
    low = restricted_mean(life([0, 0, 9], [1, 1, 0]), until=8, level=0.999)
    assert (low.low, low.high) == (0, 8)
    assert low.value == pytest.approx(8 / 3)


def test_a_limit_beyond_what_is_known_is_refused() -> None:
    short, gone = life([1, 4], [1, 0]), life([1, 2], [1, 1])
    with pytest.raises(ValueError, match="until is 5, but the longest observation ends at 4"):
        restricted_mean_difference(gone, short, until=5, level=0.95)
    with pytest.raises(ValueError, match="until lies between 0"):
        restricted_mean(short, until=0, level=0.95)
    # When the last unit has left, the curve is known to stay at 0.
    assert restricted_mean(gone, until=100, level=0.95).value == pytest.approx(1.5)


def test_tenure_that_has_nothing_to_do_with_leaving_draws_a_curve_of_its_own() -> None:
    """lifelines 0.30.0 on units with each duration once: the curve is exact."""
    share, days = 0.25, 59
    durations = np.repeat(np.arange(1, days + 1), 4)
    fitted = KaplanMeierFitter().fit(durations, np.tile([1, 0, 0, 0], days))
    curve = curve_of_independent_tenure(share, days)
    assert curve == pytest.approx(fitted.survival_function_.to_numpy()[:, 0])
    assert curve_of_independent_tenure(1, 3) == pytest.approx([1, 2 / 3, 1 / 3, 0])
    with pytest.raises(ValueError, match="share lies between"):
        curve_of_independent_tenure(1.1, 3)
