"""A/A tests against loops over scipy, and exact probabilities."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from knowntruth.methods.experiments import false_positives
from knowntruth.methods.experiments.false_positives import bare_t_test, gate, rate_of, relabelled

SONGS = np.floor(np.random.default_rng(1).gamma(2, 10, 501))


@pytest.mark.parametrize("chunk", [1, 500, 10**6])
def test_the_bare_test_is_the_loop_that_it_replaces(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """scipy 1.17.1, `ttest_ind`, one test after the other from the same stream."""
    monkeypatch.setattr(false_positives, "CHUNK", chunk)
    found = bare_t_test(30, 50, mean=20, sd=5, level=0.95, rng=np.random.RandomState(7))
    loop = np.random.RandomState(7)
    expected = [
        stats.ttest_ind(loop.normal(20, 5, 50), loop.normal(20, 5, 50)).pvalue for _ in range(30)
    ]
    assert found.p_values == pytest.approx(np.array(expected), rel=1e-10)
    assert found.rate.value == (np.array(expected) < 0.05).mean()


@pytest.mark.parametrize("rule", ["none", "trim", "winsorise"])
@pytest.mark.parametrize("offset", [0, 10**9])
def test_relabelling_runs_the_pipeline_that_it_says(rule: str, offset: int) -> None:
    """scipy 1.17.1, `ttest_ind(equal_var=False)` on the same draws, cleaned by pandas' rule."""
    values = SONGS + offset
    threshold = np.quantile(values, 0.9)
    cleaned = {
        "none": values,
        "trim": values[values < threshold],
        "winsorise": np.minimum(values, threshold),
    }[rule]
    found = relabelled(
        values,
        tests=20,
        treatment_share=0.3,
        level=0.9,
        rng=np.random.default_rng(3),
        rule=rule,
        quantile=0.9,
    )
    drawn = np.random.default_rng(3).random((20, len(cleaned)), dtype=np.float32) < 0.3
    expected = [
        stats.ttest_ind(cleaned[treated] - offset, cleaned[~treated] - offset, equal_var=False)
        for treated in drawn
    ]
    assert found.p_values == pytest.approx(np.array([e.pvalue for e in expected]), rel=1e-6)


def test_chunks_do_not_change_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"tests": 40, "treatment_share": 0.2, "level": 0.95}
    whole = relabelled(SONGS, **options, rng=np.random.default_rng(5)).p_values
    monkeypatch.setattr(false_positives, "CHUNK", 1_500)
    parts = relabelled(SONGS, **options, rng=np.random.default_rng(5)).p_values
    assert (whole == parts).all()


def test_memory_stays_bounded_however_many_tests() -> None:
    values = np.random.default_rng(2).gamma(2, 10, 40_000)
    tracemalloc.start()
    relabelled(values, tests=400, treatment_share=0.1, level=0.95, rng=np.random.default_rng(2))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * 2**20


def test_the_pipeline_on_alike_units_keeps_its_rate_of_false_positives() -> None:
    values = np.random.default_rng(4).gamma(2, 10, 3_000)
    found = relabelled(
        values, tests=4_000, treatment_share=0.3, level=0.9, rng=np.random.default_rng(4)
    )
    assert found.rate.value == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / 4_000))


def test_draws_without_a_test_find_nothing() -> None:
    rng = np.random.default_rng(0)
    options = {"tests": 200, "level": 0.95, "rng": rng}
    rare = relabelled(np.arange(6), treatment_share=0.05, **options)
    flat = relabelled(np.ones(50), treatment_share=0.5, **options)
    assert np.isfinite(rare.p_values).all()
    assert (rare.p_values == 1).any()
    assert (flat.p_values == 1).all()


@given(st.integers(1, 300), st.data(), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_rate_has_the_exact_interval_and_the_test_that_it_inverts(
    tests: int, data: st.DataObject, level: float
) -> None:
    """scipy 1.17.1, `binomtest`: Clopper-Pearson interval, one-sided p-values."""
    found = data.draw(st.integers(0, tests))
    p_values = np.where(np.arange(tests) < found, 0.0, 1.0)
    rate = rate_of(p_values, level=level)
    sides = [
        stats.binomtest(found, tests, 1 - level, alternative=side).pvalue
        for side in ("less", "greater")
    ]
    interval = stats.binomtest(found, tests).proportion_ci(level, method="exact")
    assert (rate.low, rate.high) == pytest.approx((interval.low, interval.high), rel=1e-12)
    assert rate.p_value == pytest.approx(min(1, 2 * min(sides)), rel=1e-12)
    assert (rate.value, rate.null, rate.n) == (found / tests, 1 - level, tests)
    assert rate.covers(1 - level) == (rate.p_value > 1 - level)


def test_the_gate_of_the_original_is_worth_what_was_computed() -> None:
    """4% to 6% on 1,000 tests: refuses a sound engine 12.7%, passes one at 7% 11.8%."""
    assert 1 - gate(1_000, low=0.04, high=0.06, rate=0.05) == pytest.approx(0.127, abs=5e-4)
    assert gate(1_000, low=0.04, high=0.06, rate=0.07) == pytest.approx(0.118, abs=5e-4)


def test_a_gate_holds_its_ends() -> None:
    assert gate(2, low=0.5, high=0.5, rate=0.3) == pytest.approx(2 * 0.3 * 0.7)
    assert gate(2, low=0, high=1, rate=0.3) == pytest.approx(1)
    assert gate(2, low=0.6, high=0.9, rate=0.3) == 0


def test_impossible_requests_are_refused() -> None:
    options = {"tests": 5, "treatment_share": 0.5, "level": 0.95, "rng": np.random.default_rng(0)}
    with pytest.raises(ValueError, match="'flagged' needs a column"):
        relabelled(SONGS, **options, rule="flagged")
    with pytest.raises(ValueError, match="units is at least 4"):
        relabelled(SONGS[:3], **options)
    with pytest.raises(ValueError, match="treatment_share"):
        relabelled(SONGS, **(options | {"treatment_share": 0}))
    with pytest.raises(ValueError, match="tests is at least 1"):
        relabelled(SONGS, **(options | {"tests": 0}))
    with pytest.raises(ValueError, match="rate lies between"):
        gate(10, low=0, high=1, rate=0)
