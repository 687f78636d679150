"""Groups, their agreement, and k-means, against scikit-learn and published figures of iris."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.metrics import adjusted_rand_score

from knowntruth.errors import DataError
from knowntruth.methods.groups.clusters import (
    Clusters,
    adjusted_rand,
    agreement,
    checked_labels,
    crossed_counts,
    matrix,
    numbered,
    one_thread,
    sampled,
)
from knowntruth.methods.groups.k_means import k_means, nearest

from ..conftest import Array

IRIS, SPECIES = load_iris(return_X_y=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 3)), min_size=2, max_size=40))
def test_agreement_of_two_groupings_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs).T
    expected = adjusted_rand_score(first, second)
    assert adjusted_rand(first, second) == pytest.approx(expected, abs=1e-12)
    assert adjusted_rand(second, first) == pytest.approx(expected, abs=1e-12)


def test_agreement_has_the_figure_of_hubert_and_arabie_for_labels_of_any_kind() -> None:
    """Six objects as {a, b, c}, {d, e, f} and as {a, b}, {c, d, e}, {f}; 0.2424 by hand: 2 pairs
    together in both, 6 and 4 in each, 15 in all, so (2 - 24/15) / (5 - 24/15)."""
    words = ["x", "x", "x", "y", "y", "y"]
    assert adjusted_rand(words, [0, 0, 1, 1, 1, 2]) == pytest.approx((2 - 1.6) / (5 - 1.6))


def test_agreement_has_the_error_of_leaving_out_each_unit_in_turn() -> None:
    rng = np.random.default_rng(1)
    first = rng.integers(0, 3, 80)
    second = np.where(rng.random(80) < 0.7, first, rng.integers(0, 3, 80))
    found = agreement(first, second, level=0.95)
    without = [
        adjusted_rand_score(np.delete(first, i), np.delete(second, i)) for i in range(len(first))
    ]
    error = np.sqrt(79 / 80 * np.sum((without - np.mean(without)) ** 2))
    assert found.value == pytest.approx(adjusted_rand_score(first, second))
    assert found.high - found.value == pytest.approx(1.959964 * error, rel=1e-5)


def test_agreement_covers_that_of_all_units() -> None:
    """Of 600 samples of 400 units, 95 % of intervals; 3 Monte Carlo errors are 2.7 points."""
    rng = np.random.default_rng(5)

    def draw(n: int) -> tuple[Array, Array]:
        first = rng.choice(4, n, p=[0.5, 0.3, 0.15, 0.05])
        return first, np.where(rng.random(n) < 0.6, first, rng.integers(0, 3, n))

    truth = adjusted_rand(*draw(400_000))
    covered = np.mean([agreement(*draw(400), level=0.95).covers(truth) for _ in range(600)])
    assert abs(covered - 0.95) < 0.027


def test_groupings_that_are_the_same_agree_without_error() -> None:
    found = agreement([0, 0, 1, 1, 2], [5, 5, 3, 3, 1], level=0.9)
    assert (found.value, found.low, found.high) == (1, 1, 1)


def test_groupings_of_other_units_or_without_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="one set of units"):
        adjusted_rand([0, 1], [0, 1, 2])
    with pytest.raises(ValueError, match="no label"):
        crossed_counts([0, 1], [None, 1])
    with pytest.raises(ValueError, match="number of units"):
        agreement([0, 1], [0, 1], level=0.95)


def test_labels_are_numbered_from_the_largest_group_down_and_noise_stays() -> None:
    found = numbered([7, -1, 3, 3, -1, -1, -1, 9, 9])
    assert found.tolist() == [2, -1, 0, 0, -1, -1, -1, 1, 1]
    groups = Clusters(labels=found, used=9)
    assert groups.sizes == (2, 2, 1)
    assert groups.noise == 4
    assert groups.largest_share == pytest.approx(2 / 9)


@pytest.mark.parametrize("labels", [[0.5, 1.0], [0, -2], [0], ["a", "b"]])
def test_labels_that_are_none_are_refused(labels: Any) -> None:
    with pytest.raises(ValueError, match="labels"):
        checked_labels(labels, 2)


def test_features_that_cannot_be_used_are_all_named() -> None:
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": ["x", "y"], "c": [1, 2], "d": [np.inf, 0.0]})
    with pytest.raises(DataError) as caught:
        matrix(frame)
    assert [problem.where for problem in caught.value.problems] == [
        "column a",
        "column b",
        "column d",
    ]
    with pytest.raises(ValueError, match="rows and columns"):
        matrix(np.empty((0, 3)))


def test_a_sample_is_all_units_or_as_many_as_asked_for_in_their_order() -> None:
    assert sampled(5, 5, 1).tolist() == [0, 1, 2, 3, 4]
    found = sampled(1_000, 50, 1)
    assert len(set(found.tolist())) == 50
    assert (np.diff(found) > 0).all()
    assert found.tolist() == sampled(1_000, 50, 1).tolist() != sampled(1_000, 50, 2).tolist()


def test_k_means_finds_the_published_groups_of_iris() -> None:
    """Sizes 50, 62 and 38, inertia 78.85 and agreement 0.730 with the species."""
    found = k_means(IRIS, 3, seed=4)
    assert found.sizes == (62, 50, 38)
    assert found.inertia == pytest.approx(78.85, abs=0.005)
    assert adjusted_rand(found.labels, SPECIES) == pytest.approx(0.730, abs=5e-4)
    assert found.reason == ""


def test_k_means_is_that_of_scikit_learn_with_the_seed_and_starts_given() -> None:
    found = k_means(pd.DataFrame(IRIS), 5, seed=42, starts=10)
    with one_thread():
        model = KMeans(5, n_init=10, random_state=42).fit(IRIS)
    assert adjusted_rand(found.labels, model.labels_) == 1
    assert found.inertia == model.inertia_
    means = [IRIS[found.labels == label].mean(axis=0) for label in range(5)]
    assert found.centres == pytest.approx(np.array(means))
    assert nearest(IRIS, found.centres).tolist() == found.labels.tolist()


def test_k_means_gives_the_same_bits_and_no_more_groups_than_rows_that_differ() -> None:
    first, again = (k_means(IRIS, 4, seed=3) for _ in range(2))
    assert first.centres.tobytes() == again.centres.tobytes()
    few = k_means([[1.0, 2.0]] * 6 + [[3.0, 4.0]] * 3, 5, seed=1)
    assert few.sizes == (6, 3)
    assert few.centres.tolist() == [[1, 2], [3, 4]]
    assert few.reason == "only 2 of 5 groups: fewer rows differ"
    with pytest.raises(ValueError, match="k is at least 1"):
        k_means(IRIS, 0, seed=1)
