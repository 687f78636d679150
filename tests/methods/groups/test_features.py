"""Features by period and what they repeat, by hand and against closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from knowntruth.errors import DataError
from knowntruth.methods.groups.features import by_period, logs, profile, side_by_side, standardised
from knowntruth.methods.groups.repetition import repetition

from ..conftest import Array

VOLUME = pd.DataFrame([[2.0, 0, 0, 1], [0, 0, 0, 0], [0, 3, 1, 0]], columns=list("abcd"))
VALUE = pd.DataFrame([[100.0, 0, 0, 50], [0, 0, 0, 0], [0, 30, 0, 0]], columns=list("abcd"))


def test_price_is_value_by_volume_and_a_stated_number_without_volume() -> None:
    found = by_period(VOLUME, VALUE)
    assert list(found) == ["volume", "value", "price"]
    assert found["price"].to_numpy().tolist() == [[50, 0, 0, 50], [0] * 4, [0, 10, 0, 0]]
    assert by_period(VOLUME, VALUE, price_of_none=-1)["price"].loc[0].tolist() == [50, -1, -1, 50]
    table = side_by_side(found)
    assert table.shape == (3, 12)
    assert list(table.columns[[0, 7, 8]]) == ["volume a", "value d", "price a"]
    assert table["price b"].tolist() == [0, 0, 10]


def test_a_profile_says_how_much_at_what_price_how_often_and_when() -> None:
    found = profile(VOLUME, VALUE)
    assert found.loc[1].isna().all()
    assert found.loc[0].to_dict() == pytest.approx(
        {
            "log_volume": np.log(4),
            "log_price": np.log(51),
            "active": 0.5,
            "quiet": 0,
            "late": 1 / 3,
        }
    )
    assert found.loc[2].to_dict() == pytest.approx(
        {
            "log_volume": np.log(5),
            "log_price": np.log(8.5),
            "active": 2 / 3,
            "quiet": 1,
            "late": 1 / 4,
        }
    )
    # Of five periods the third is early.
    assert profile([[0, 0, 1, 0, 3]], [[0, 0, 1, 0, 1]])["late"].tolist() == [0.75]


def test_tables_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="not of one shape"):
        by_period(VOLUME, VALUE.iloc[:2])
    with pytest.raises(DataError) as caught:
        profile(-VOLUME, VALUE)
    assert [problem.where for problem in caught.value.problems] == ["the table of volume"]
    with pytest.raises(ValueError, match="not below zero"):
        logs([[-0.5]])


def test_logs_keep_names_and_standardised_columns_are_those_of_scikit_learn() -> None:
    found = logs(VOLUME)
    assert list(found.columns) == list("abcd")
    assert found.loc[2, "b"] == pytest.approx(np.log(4))
    x = np.random.default_rng(1).gamma(1, 3, (50, 4))
    x[:, 2] = 0.1
    assert standardised(x) == pytest.approx(StandardScaler().fit_transform(x), abs=1e-12)


def alike(n: int, columns: int, correlation: float, seed: int = 1) -> Array:
    """Return columns of which each two have one correlation."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    own = rng.normal(size=(n, columns))
    return np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.8])
def test_the_effective_dimension_is_that_of_equal_correlations(correlation: float) -> None:
    """p² / (p + p (p - 1) r²) in the population; the mean of 20 tables within four errors."""
    found = []
    for seed in range(20):
        table = alike(100, 12, correlation, seed)
        one = repetition({"a": table}, seed=1, level=0.9, resamples=2).dimension
        assert one is not None
        found.append(one.value)
    expected = 144 / (12 + 132 * correlation**2)
    error = np.std(found) / np.sqrt(20)
    # A dimension above the number of columns is cut: a little below where none correlate.
    assert np.mean(found) == pytest.approx(expected, abs=4 * error + 0.2 * (correlation == 0))


def test_the_effective_dimension_counts_directions() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(500, 1))
    one = repetition({"a": np.hstack([x, 2 * x, -x])}, seed=1, level=0.9, resamples=5)
    assert one.dimension is not None
    assert one.first is not None
    assert one.dimension.value == pytest.approx(1)
    assert one.first.value == pytest.approx(1)
    assert one.shares == pytest.approx((1, 0, 0), abs=1e-9)
    two = repetition({"a": np.hstack([x, x, *[rng.normal(size=(500, 1))] * 2])}, seed=1, level=0.9)
    assert two.dimension is not None
    assert two.dimension.value == pytest.approx(2, abs=0.05)
    assert sum(two.shares) == pytest.approx(1)


def test_correlations_are_those_of_numpy() -> None:
    rng = np.random.default_rng(3)
    volume = rng.gamma(1, 2, (80, 5))
    value = volume * rng.gamma(2, 1, (80, 5))
    value[:, 3] = 7
    found = repetition({"volume": volume, "value": value}, seed=1, level=0.9, resamples=20)
    assert (found.columns, found.used) == (9, 80)
    same = [np.corrcoef(volume[:, t], value[:, t])[0, 1] for t in (0, 1, 2, 4)]
    assert found.together[("volume", "value")].value == pytest.approx(np.mean(same))
    within = np.corrcoef(np.delete(value, 3, axis=1).T)[np.triu_indices(4, 1)]
    assert found.from_period_to_period["value"].value == pytest.approx(within.mean())
    both = np.corrcoef(np.hstack([volume, np.delete(value, 3, axis=1)]).T)
    eigenvalues = np.linalg.eigvalsh(both)[::-1]
    assert found.shares == pytest.approx(eigenvalues / 9)
    assert found.first is not None
    assert found.first.value == pytest.approx(eigenvalues[0] / 9)


def test_the_interval_covers_the_mean_correlation() -> None:
    """0.3 in 100 worlds at level 0.8; three Monte Carlo errors are 12 points."""
    covered = []
    for seed in range(100):
        found = repetition({"a": alike(150, 4, 0.3, seed)}, seed=seed, level=0.8, resamples=60)
        covered.append(found.from_period_to_period["a"].covers(0.3))
    assert abs(np.mean(covered) - 0.8) < 0.12


def test_many_units_are_sampled_and_few_columns_say_why_there_is_nothing() -> None:
    table = alike(400, 3, 0.5)
    first, again = (
        repetition({"a": table}, seed=4, level=0.9, resamples=3, most=100) for _ in range(2)
    )
    assert first == again
    assert first.used == 100
    none = repetition({"a": np.ones((20, 3))}, seed=1, level=0.9)
    assert none.dimension is None
    assert none.reason == "0 columns vary over 20 units"
    with pytest.raises(ValueError, match="one shape"):
        repetition({"a": table, "b": table[:, :2]}, seed=1, level=0.9)
