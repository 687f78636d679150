"""Maps and their likeness, against scikit-learn and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import spearmanr
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA

from knowntruth.methods.groups.maps import Likeness, alike, pca_map, tsne_map

from ..conftest import Array

IRIS, SPECIES = load_iris(return_X_y=True)


def test_the_plane_of_iris_is_that_of_scikit_learn_and_shows_the_published_share() -> None:
    """97.8 % of the spread."""
    found = pca_map(IRIS)
    model = PCA(2).fit(IRIS)
    expected = model.transform(IRIS)
    turned = expected * np.sign((expected * found.places).sum(axis=0))
    assert found.places == pytest.approx(turned)
    assert found.explained == pytest.approx(0.9777, abs=5e-5)
    assert found.explained == pytest.approx(model.explained_variance_ratio_.sum())
    weights = np.linalg.lstsq(IRIS - IRIS.mean(axis=0), found.places)[0].T
    assert all(row[np.abs(row).argmax()] > 0 for row in weights)


def test_a_plane_of_one_feature_is_a_line_and_one_of_none_a_point() -> None:
    line = pca_map([[1.0], [2.0], [4.0]])
    assert line.places[:, 1].tolist() == [0, 0, 0]
    assert line.explained == 1
    assert pca_map([[1.0, 1.0]] * 3).explained == 1


def test_a_map_by_neighbours_keeps_types_together_and_gives_the_same_bits() -> None:
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.normal(c, 1, (30, 5)) for c in (0, 20)])
    first, again = (tsne_map(x, seed=3, perplexity=10) for _ in range(2))
    assert first.places.tobytes() == again.places.tobytes()
    assert (first.kind, first.perplexity, first.n) == ("t-sne", 10, 60)
    near = np.argsort(cdist(first.places, first.places), axis=1)[:, 1:6]
    assert ((near < 30) == (np.arange(60) < 30)[:, None]).all()


def test_seeds_agree_on_neighbours_and_not_on_distances() -> None:
    """One cloud in ten dimensions: its maps by neighbours are different islands."""
    x = np.random.default_rng(2).normal(size=(90, 10))
    maps = [tsne_map(x, seed=seed, perplexity=15) for seed in (1, 2)]
    found = alike(*maps, neighbours=10)
    assert found.distances is not None
    assert found.kept is not None
    assert found.kept_by_chance == pytest.approx(10 / 89)
    assert found.distances < 0.6
    assert found.kept > 2 * found.kept_by_chance
    again = [tsne_map(x, seed=seed, perplexity=15, start="pca") for seed in (1, 2)]
    started = alike(*again, neighbours=10)
    assert started.distances is not None
    assert started.distances > found.distances


def test_likeness_is_that_of_all_pairs_and_neighbours() -> None:
    rng = np.random.default_rng(3)
    a = rng.normal(size=(40, 3))
    b = a[:, :2] + rng.normal(0, 0.3, (40, 2))
    found = alike(a, b, neighbours=6)
    there, here = cdist(a, a), cdist(b, b)
    upper = np.triu_indices(40, 1)
    assert found.distances == pytest.approx(spearmanr(there[upper], here[upper])[0])
    ranks = there.argsort(axis=1).argsort(axis=1)
    near_a, near_b = (np.argsort(one, axis=1)[:, 1:7] for one in (there, here))
    kept = [len(set(i) & set(j)) / 6 for i, j in zip(near_a.tolist(), near_b.tolist(), strict=True)]
    assert found.kept == pytest.approx(np.mean(kept))
    # Venna & Kaski's formula: what strangers near on the second map are too far on the first.
    strangers = sum(max(ranks[i, j] - 6, 0) for i in range(40) for j in near_b[i])
    assert found.trustworthiness == pytest.approx(
        1 - strangers * 2 / (40 * 6 * (2 * 40 - 3 * 6 - 1))
    )


def test_a_map_turned_or_stretched_is_the_same_map() -> None:
    places = np.random.default_rng(4).normal(size=(30, 2))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    found = alike(places, 5 * places @ turn + 3, neighbours=5)
    assert found.distances == pytest.approx(1)
    assert (found.kept, found.trustworthiness) == (1, 1)


def test_maps_of_a_sample_show_the_same_units_and_others_are_refused() -> None:
    x = np.random.default_rng(5).normal(size=(300, 4))
    plane, islands = pca_map(x, most=60), tsne_map(x, seed=1, perplexity=8, most=60)
    assert plane.rows.tolist() == islands.rows.tolist()
    assert plane.places.shape == islands.places.shape == (60, 2)
    assert plane.n == 300
    assert alike(plane, islands).n == alike(x[plane.rows], islands).n == 60
    assert plane.places == pytest.approx(pca_map(x).places[plane.rows])
    with pytest.raises(ValueError, match="different units"):
        alike(plane, pca_map(x, most=60, sample=1))
    with pytest.raises(ValueError, match="300 and 60"):
        alike(x, plane)


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (IRIS[:3], IRIS[:3], "there are only 3 units"),
        (np.ones((9, 2)), IRIS[:9], "all units are at one place"),
    ],
)
def test_maps_of_nobody_say_why_they_cannot_agree(first: Array, second: Array, reason: str) -> None:
    assert alike(first, second) == Likeness(n=len(first), reason=reason)


def test_perplexity_is_a_third_of_few_units() -> None:
    found = tsne_map(IRIS[::15], seed=1)
    assert found.perplexity == 3
    assert tsne_map([[1.0], [2.0], [3.0], [9.0]], seed=1, start="pca").places.shape == (4, 2)
    same: Any = tsne_map([[1.0, 2.0]] * 5, seed=1, start="pca")
    assert np.isfinite(same.places).all()
    with pytest.raises(ValueError, match="starts at random or along pca"):
        tsne_map(IRIS, seed=1, start="spectral")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="number of units"):
        tsne_map(IRIS[:3], seed=1)
