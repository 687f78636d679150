"""Gaussian mixtures against R's mclust, and worlds whose clouds are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_iris

from knowntruth.methods.groups.clusters import adjusted_rand
from knowntruth.methods.groups.mixtures import KINDS, mixtures

IRIS, SPECIES = load_iris(return_X_y=True)


def test_bic_of_iris_is_that_of_mclust() -> None:
    """R's mclust 6.1, model VVV: -829.98, -574.02 and -580.84, with the other sign."""
    found = mixtures(IRIS, (1, 2, 3), kinds=["full"], seed=1, floor=0)
    assert [one.bic for one in found.tried] == pytest.approx([829.98, 574.02, 580.84], abs=0.05)
    assert found.by_bic.k == 2
    assert adjusted_rand(found.tried[2].labels, SPECIES) == pytest.approx(0.9039, abs=5e-4)
    assert all(one.converged for one in found.tried)


def test_bic_of_one_cloud_is_that_of_its_closed_form() -> None:
    x = np.random.default_rng(2).normal(size=(50, 3)) * [1, 2, 3]
    found = {one.kind: one for one in mixtures(x, [1], seed=1, floor=0).tried}
    n, spreads = 50, x.std(axis=0)
    wide = float(np.sqrt(np.mean(spreads**2)))
    full = stats.multivariate_normal(x.mean(axis=0), np.cov(x.T, bias=True)).logpdf(x).sum()
    assert found["full"].bic == pytest.approx(9 * np.log(n) - 2 * full)
    diag = stats.norm(x.mean(axis=0), spreads).logpdf(x).sum()
    assert found["diag"].bic == pytest.approx(6 * np.log(n) - 2 * diag)
    round_ = stats.norm(x.mean(axis=0), wide).logpdf(x).sum()
    assert found["spherical"].bic == pytest.approx(4 * np.log(n) - 2 * round_)
    assert all(one.icl == one.bic for one in found.values())
    assert all(one.certainty == 1 for one in found.values())


def test_types_that_lie_apart_are_told_apart() -> None:
    rng = np.random.default_rng(3)
    truth = np.repeat([0, 1, 2], [80, 60, 40])
    x = rng.normal(size=(180, 2)) + np.array([[0, 0], [7, 0], [0, 7]])[truth]
    found = mixtures(x, range(1, 5), seed=1)
    for best in (found.by_bic, found.by_icl):
        assert best.k == 3
        assert best.sizes == (80, 60, 40)
        assert adjusted_rand(best.labels, truth) == 1
        assert best.certainty > 0.99


def test_one_skewed_cloud_takes_several_normal_ones_that_cannot_be_told_apart() -> None:
    x = np.exp(np.random.default_rng(4).normal(size=(400, 1)))
    found = mixtures(x, range(1, 5), kinds=["full"], seed=1)
    best = found.by_bic
    assert best.k > 1
    assert best.icl > best.bic
    assert best.certainty < 0.97
    assert mixtures(np.log(x), range(1, 5), kinds=["full"], seed=1).by_bic.k == 1


def test_icl_adds_twice_the_entropy_of_belonging() -> None:
    """Two clouds of known place: membership follows from both densities alone."""
    x = np.concatenate([stats.norm(c, 1).ppf((np.arange(400) + 0.5) / 400) for c in (0, 3)])
    found = mixtures(x[:, None], [2], kinds=["spherical"], seed=1, floor=0).tried[0]
    density = np.array([stats.norm(c, 1).pdf(x) for c in (0, 3)])
    share = density / density.sum(axis=0)
    entropy = -(share * np.log(share)).sum()
    assert found.icl - found.bic == pytest.approx(2 * entropy, rel=0.05)
    assert found.certainty == pytest.approx(share.max(axis=0).mean(), abs=0.005)


def test_clouds_do_not_shrink_onto_a_value_that_many_share() -> None:
    x = np.concatenate([np.zeros(60), np.random.default_rng(5).normal(3, 1, 90)])[:, None]
    free = mixtures(x, [2], kinds=["full"], seed=1, floor=0).by_bic.bic
    held = mixtures(x, [2], kinds=["full"], seed=1).by_bic.bic
    assert held - free > 500


def test_mixtures_with_more_parameters_than_units_are_left_out() -> None:
    x = np.random.default_rng(6).normal(size=(40, 7))
    found = mixtures(x, (1, 2), seed=1)
    # 35 and 71 numbers for tilted clouds, 14 and 29 for straight ones.
    assert found.left_out == (("full", 2),)
    assert {(one.kind, one.k) for one in found.tried} == {(kind, 1) for kind in KINDS} | {
        ("spherical", 2),
        ("diag", 2),
    }
    with pytest.raises(ValueError, match="too few"):
        mixtures(x[:5], [3], kinds=["full"], seed=1)


def test_a_sample_is_fitted_and_everybody_is_put_in_a_cloud() -> None:
    rng = np.random.default_rng(7)
    truth = rng.integers(0, 2, 900)
    x = rng.normal(size=(900, 2)) + 8 * truth[:, None]
    first, again = (mixtures(x, (1, 2), seed=1, most=200) for _ in range(2))
    assert first.by_bic.used == 200
    assert adjusted_rand(first.by_bic.labels, truth) == 1
    assert first.by_bic.bic == again.by_bic.bic


def test_what_is_no_mixture_is_refused() -> None:
    with pytest.raises(ValueError, match="no kind tied"):
        mixtures(IRIS, kinds=["tied"], seed=1)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="k is at least 1"):
        mixtures(IRIS, [0, 1], seed=1)
    with pytest.raises(ValueError, match="k is at least 1"):
        mixtures(IRIS, [], seed=1)
