"""Expected scores against the mean over drawn outcomes."""

from __future__ import annotations

import itertools
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from knowntruth.methods.predictions.ceilings import expected_scores

from ..conftest import Array, blurred, chances


@pytest.mark.parametrize("decimals", [2, 12])
@pytest.mark.parametrize("is_oracle", [False, True])
def test_expected_scores_are_the_mean_over_drawn_outcomes(decimals: int, is_oracle: bool) -> None:
    """Each draw scored from all pairs of units."""
    chance = chances(250, -2.0, 1.2, 9)
    p = np.clip(np.round(chance, decimals), 0.01, 0.99)
    f = p if is_oracle else np.clip(blurred(chance, 10, decimals), 0.01, 0.99)
    y = (np.random.default_rng(11).random((4_000, 250)) < p).astype(float)
    events = y.sum(axis=1)
    above, level = f[:, None] > f, f[:, None] == f
    pairs = ((y @ (above + level / 2)) * (1 - y)).sum(axis=1)
    precision = (y @ (above | level)) / (above | level).sum(axis=0)
    squares = ((y - f) ** 2).mean(axis=1)
    highest = np.argsort(-f - np.arange(250) * 1e-9)[:25]
    drawn_scores = {
        "base_rate": y.mean(axis=1),
        "auc": pairs / events / (250 - events),
        "average_precision": (y * precision).sum(axis=1) / events,
        "brier": squares,
        "brier_skill": 1 - squares / y.var(axis=1),
        "log_loss": -np.log(np.where(y == 1, f, 1 - f)).mean(axis=1),
        "capture": y[:, highest].sum(axis=1) / events,
    }
    expected = expected_scores(p, None if is_oracle else f)
    found = asdict(expected) | {"capture": expected.capture[0.1]}
    if decimals == 2:
        # One order of ties among many, which `flag` averages over.
        del drawn_scores["capture"]
    for name, values in drawn_scores.items():
        assert found[name] == pytest.approx(values.mean(), abs=4 * stats.sem(values)), name


def test_the_expected_auc_counts_each_pair_by_its_chance() -> None:
    p, f = np.array([0.1, 0.4, 0.4, 0.9, 0.6]), np.array([0.2, 0.3, 0.5, 0.5, 0.3])
    top = bottom = 0.0
    for i, j in itertools.permutations(range(5), 2):
        weight = p[i] * (1 - p[j])
        bottom += weight
        top += weight * (1.0 if f[i] > f[j] else 0.5 if f[i] == f[j] else 0)
    assert expected_scores(p, f).auc == pytest.approx(top / bottom)


@settings(max_examples=80, deadline=None)
@given(
    hnp.arrays(float, 40, elements=st.floats(0.001, 0.999)),
    hnp.arrays(float, 40, elements=st.floats(0.001, 0.999)),
)
def test_nobody_is_expected_to_beat_who_knows_the_chances(p: Array, other: Array) -> None:
    best, found = expected_scores(p), expected_scores(p, other)
    slack = 1e-9
    assert best.auc is not None
    assert found.auc is not None
    assert found.auc <= best.auc + slack
    assert found.brier is not None
    assert best.brier is not None
    assert found.brier >= best.brier - slack
    assert found.log_loss is not None
    assert best.log_loss is not None
    assert found.log_loss >= best.log_loss - slack


def test_chances_that_are_all_the_same_cannot_be_told_apart() -> None:
    found = expected_scores(np.full(1_000, 0.05), shares=[0.2])
    assert found.auc == pytest.approx(0.5)
    assert found.average_precision == pytest.approx(0.05, rel=0.01)
    assert found.brier == pytest.approx(0.05 * 0.95)
    # The rate that came fits itself better than the chance does, by one unit's variance.
    assert found.brier_skill == pytest.approx(-1 / 1_000, rel=0.05)
    assert found.capture == pytest.approx({0.2: 0.2})


def test_outcomes_that_are_certain_leave_nothing_to_expect() -> None:
    assert expected_scores([0.0, 1.0, 1.0]).reason
    assert expected_scores([0.5]).reason
    assert expected_scores([]).reason
