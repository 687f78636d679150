"""DBSCAN, HDBSCAN and the distance curve, against their definitions and known worlds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist
from sklearn.cluster import HDBSCAN

from knowntruth.methods.groups.cluster_stability import stability
from knowntruth.methods.groups.clusters import adjusted_rand, one_thread
from knowntruth.methods.groups.density import (
    dbscan,
    dbscan_learner,
    distance_curve,
    hdbscan,
    hdbscan_learner,
)

from ..conftest import Array


def two_thick_places(n: int = 100, seed: int = 1) -> tuple[Array, Array]:
    """Return units in two thick places and spread thinly over all, and where each belongs."""
    rng = np.random.default_rng(seed)
    parts = [rng.normal(0, 0.3, (n, 2)), rng.normal(4, 0.3, (n // 2, 2))]
    thin = rng.uniform(-20, 24, (n // 5, 2))
    thin = thin[np.abs(thin - 2).max(axis=1) > 5]
    return np.concatenate([*parts, thin]), np.repeat([0, 1, -1], [n, n // 2, len(thin)])


def test_dbscan_joins_cores_within_reach_and_leaves_the_rest_as_noise() -> None:
    """By the definition, from all distances; of four neighbours the unit itself is one."""
    x = np.random.default_rng(3).normal(size=(120, 2))
    found = dbscan(x, eps=0.4, neighbours=4, seed=1)
    near = cdist(x, x) <= 0.4
    core = near.sum(axis=1) >= 4
    _, group = connected_components(near[np.ix_(core, core)])
    assert adjusted_rand(found.labels[core], group) == 1
    reached = near[:, core].any(axis=1)
    assert (found.labels[~reached] == -1).all()
    assert (found.labels[reached] >= 0).all()
    assert found.noise == (~reached).sum() > 0
    assert list(found.sizes) == sorted(found.sizes, reverse=True)


def test_thick_places_are_found_and_thin_ones_are_noise() -> None:
    x, truth = two_thick_places()
    for found in (
        dbscan(x, eps=0.5, neighbours=5, seed=1),
        hdbscan(x, smallest=15, allow_one=False, seed=1),
    ):
        assert len(found.sizes) == 2
        assert adjusted_rand(found.labels, truth) > 0.9
        assert (found.labels[truth == -1] == -1).mean() > 0.9


def test_hdbscan_is_that_of_scikit_learn() -> None:
    x, _ = two_thick_places(60)
    for allow_one in (True, False):
        found = hdbscan(x, smallest=8, neighbours=3, allow_one=allow_one, seed=1)
        with one_thread():
            model = HDBSCAN(
                min_cluster_size=8, min_samples=3, allow_single_cluster=allow_one, copy=True
            ).fit(x)
        assert adjusted_rand(found.labels, model.labels_) == 1
        assert found.noise == (model.labels_ == -1).sum()


def test_one_cloud_is_one_group_of_hdbscan_and_two_places_are_two() -> None:
    cloud = np.random.default_rng(2).normal(size=(300, 3))
    assert len(hdbscan(cloud, smallest=15, seed=1).sizes) == 1
    x, _ = two_thick_places()
    assert len(hdbscan(x[:150], smallest=15, seed=1).sizes) == 2


def test_the_distance_curve_is_that_of_all_distances() -> None:
    x = np.random.default_rng(4).normal(size=(80, 3))
    found = distance_curve(x, 5, seed=1)
    expected = np.sort(np.sort(cdist(x, x), axis=1)[:, 4])
    assert found.distances == pytest.approx(expected)
    assert found.cores(expected[20]) == pytest.approx(21 / 80)
    cores = (cdist(x, x) <= expected[40] + 1e-9).sum(axis=1) >= 5
    assert found.cores(expected[40] + 1e-9) == pytest.approx(cores.mean())


def test_the_elbow_parts_thick_from_thin() -> None:
    x, truth = two_thick_places()
    curve = distance_curve(x, 5, seed=1)
    found = dbscan(x, eps=curve.elbow, neighbours=5, seed=1)
    assert adjusted_rand(found.labels, truth) > 0.9
    # A curve that is flat and then a line of slope 9 turns at its ninth tenth.
    x = np.concatenate([np.arange(90) * 0.1, 100 + np.cumsum(np.arange(1, 11))])[:, None]
    assert distance_curve(x, 2, seed=1).elbow == pytest.approx(0.1)


def test_the_originals_noise_is_whoever_is_large() -> None:
    """Totals over three orders of magnitude: noise holds almost everything."""
    rng = np.random.default_rng(5)
    total = np.exp(rng.normal(2, 2, 234))
    x = (total / total.std())[:, None] * rng.dirichlet(np.ones(6) * 5, 234)
    found = dbscan(x, eps=0.05, neighbours=2, seed=1)
    noise = found.labels == -1
    assert noise.mean() < 0.4
    assert total[noise].sum() / total.sum() > 0.75


def test_of_many_units_a_sample_is_grouped_and_the_others_join_it() -> None:
    x, truth = two_thick_places(1_000)
    for found in (
        dbscan(x, eps=0.3, neighbours=20, seed=1, most=400),
        hdbscan(x, smallest=100, allow_one=False, seed=1, most=400),
    ):
        assert found.used == 400
        assert len(found.labels) == len(x)
        assert len(found.sizes) == 2
        assert adjusted_rand(found.labels, truth) > 0.85
    curve = distance_curve(x, 20, seed=1, most=400)
    assert (curve.neighbours, curve.n, len(curve.distances)) == (5, len(x), 400)


def test_density_groups_of_resampled_rows_count_each_row_once() -> None:
    """With two neighbours, a row drawn twice would be a core of its own."""
    x = np.arange(40.0)[:, None] * 10
    learn = dbscan_learner(x, eps=1, neighbours=2)
    assert (learn(np.repeat(np.arange(20), 2)) == -1).all()
    thick, truth = two_thick_places()
    for learn in (
        dbscan_learner(thick, eps=0.6, neighbours=5),
        hdbscan_learner(thick, smallest=15, allow_one=False),
    ):
        found = stability(learn, len(thick), seed=1, level=0.9, resamples=3)
        assert found.agreement.value > 0.85
        assert len(found.kept) == 2
    assert adjusted_rand(learn(np.arange(len(thick))), truth) > 0.9


def test_where_nobody_has_neighbours_all_are_noise_and_the_reason_says_so() -> None:
    x = np.arange(10.0)[:, None]
    for found in (dbscan(x, eps=0.5, neighbours=2, seed=1), hdbscan(x[:4], smallest=5, seed=1)):
        assert found.sizes == ()
        assert found.largest_share == 0
        assert "all are noise" in found.reason
    with pytest.raises(ValueError, match="eps lies between"):
        dbscan(x, eps=0, neighbours=2, seed=1)
    with pytest.raises(ValueError, match="number of units"):
        distance_curve(x, 10, seed=1)
    assert distance_curve([[1.0]] * 9, 3, seed=1).elbow == 0
