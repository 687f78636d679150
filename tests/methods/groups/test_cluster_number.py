"""How many groups: silhouettes, gaps and stability against others' figures and known worlds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.metrics import adjusted_rand_score, silhouette_samples

from knowntruth.methods.groups.cluster_number import Choice, choose, silhouettes
from knowntruth.methods.groups.cluster_stability import stability
from knowntruth.methods.groups.clusters import one_thread
from knowntruth.methods.groups.gap import Gap, first_sufficient, gaps
from knowntruth.methods.groups.k_means import k_means, learner

from ..conftest import Array

IRIS, _ = load_iris(return_X_y=True)


def three_types(n: int = 60, seed: int = 1) -> Array:
    """Return n units of each of three types far apart, in four features."""
    rng = np.random.default_rng(seed)
    centres = np.array([[0, 0, 0, 0], [8, 0, 0, 4], [0, 8, 4, 0]])
    return np.concatenate([rng.normal(centre, 1, (n, 4)) for centre in centres])


@pytest.fixture(scope="module")
def iris() -> Choice:
    return choose(IRIS, range(1, 6), seed=1, level=0.9, references=10, resamples=4)


def test_silhouettes_of_iris_are_those_published(iris: Choice) -> None:
    """0.681, 0.553 and 0.498 for two, three and four groups."""
    found = [iris.option(k).silhouette for k in (2, 3, 4)]
    assert found == pytest.approx([0.681, 0.553, 0.498], abs=6e-4)
    assert iris.option(1).silhouette is None
    assert iris.by_silhouette == 2


def test_silhouettes_of_units_are_those_of_scikit_learn() -> None:
    labels = k_means(IRIS, 3, seed=1).labels
    assert silhouettes(IRIS, labels) == pytest.approx(silhouette_samples(IRIS, labels), abs=1e-6)


def test_inertia_falls_with_every_group_and_sizes_sum_to_all(iris: Choice) -> None:
    inertias = [option.inertia for option in iris.options]
    assert (np.diff(inertias) < 0).all()
    assert inertias[0] == pytest.approx(np.square(IRIS - IRIS.mean(axis=0)).sum())
    assert all(sum(option.sizes) == iris.n == iris.used == 150 for option in iris.options)


def test_gaps_are_those_of_the_definition() -> None:
    """Another way: pairwise distances, and references drawn and turned back one by one."""
    x = three_types(20)
    (found,) = gaps(x, [2], seed=3, references=40)

    def log_within(rows: Array, seed: int) -> float:
        labels = KMeans(2, n_init=5, random_state=seed).fit_predict(rows)
        total = 0.0
        for label in (0, 1):
            own = rows[labels == label]
            total += np.square(own[:, None] - own).sum() / (2 * len(own))
        return math.log(total)

    mean = x.mean(axis=0)
    turn = np.linalg.eigh(np.cov(x.T))[1]
    along = (x - mean) @ turn
    rng = np.random.default_rng(77)
    drawn = []
    with one_thread():
        for i in range(200):
            box = rng.uniform(along.min(axis=0), along.max(axis=0), x.shape)
            drawn.append(log_within(box @ turn.T + mean, i))
        own = log_within(x, 1)
    spread = np.std(drawn)
    assert found.log_inertia == pytest.approx(own)
    assert found.expected == pytest.approx(
        np.mean(drawn), abs=4 * spread * math.sqrt(1 / 40 + 1 / 200)
    )
    # A standard deviation from 40 draws has a relative error of about 1 in 9.
    assert found.error == pytest.approx(spread * math.sqrt(1 + 1 / 40), rel=0.4)
    assert found.gap == found.expected - found.log_inertia


def test_the_error_of_the_gap_counts_that_its_references_are_few() -> None:
    """One group of one column: squares around the mean, and two references by hand."""
    x = np.array([[0.0], [1.0], [5.0], [6.0]])
    rng = np.random.default_rng(4)
    low, high = x.min() - 3, x.max() - 3
    drawn = [math.log(4 * np.var(rng.uniform(low, high, (4, 1)))) for _ in range(2)]
    (found,) = gaps(x, [1], seed=4, references=2)
    assert found.log_inertia == pytest.approx(math.log(26))
    assert found.expected == pytest.approx(np.mean(drawn))
    assert found.error == pytest.approx(abs(drawn[0] - drawn[1]) / 2 * math.sqrt(1.5))


def test_the_rule_of_the_gap_is_that_of_its_paper() -> None:
    def curve(*steps: tuple[float, float]) -> list[Gap]:
        return [Gap(k, 0.0, gap, error) for k, (gap, error) in enumerate(steps, start=1)]

    assert first_sufficient(curve((0.1, 0.01), (0.3, 0.01), (0.9, 0.01), (0.85, 0.01))) == 3
    assert first_sufficient(curve((0.25, 0.25), (0.5, 0.25), (0.9, 0.01))) == 1
    assert first_sufficient(curve((0.295, 0.01), (0.3, 0.01), (0.9, 0.01))) == 1
    assert first_sufficient(curve((0.1, 0.01), (0.2, 0.01), (0.3, 0.01))) is None
    assert first_sufficient(curve((0.1, 0.01))) is None


def test_the_gap_finds_one_cloud_and_three_types_as_often_as_in_its_paper() -> None:
    """Simulations (a) and (b) of Tibshirani, Walther & Hastie, method b: 50 of 50 for one cloud
    of 200 uniform units in ten dimensions, 49 of 50 for 25, 25 and 50 around (0, 0), (0, 5) and
    (5, -3). Six of each here: one miss is within the error."""
    rng = np.random.default_rng(8)
    sizes, centres = (25, 25, 50), ((0, 0), (0, 5), (5, -3))
    clouds, types = [], []
    for seed in range(6):
        even = rng.uniform(size=(200, 10))
        clouds.append(first_sufficient(gaps(even, range(1, 4), seed=seed, references=10, starts=2)))
        parted = np.concatenate(
            [rng.normal(c, 1, (n, 2)) for n, c in zip(sizes, centres, strict=True)]
        )
        types.append(
            first_sufficient(gaps(parted, range(1, 6), seed=seed, references=10, starts=2))
        )
    assert clouds.count(1) >= 5
    assert types.count(3) >= 5


def test_three_clear_types_are_found_by_every_measure() -> None:
    found = choose(three_types(), range(1, 6), seed=2, level=0.9, references=8, resamples=5)
    assert (found.by_silhouette, found.by_gap, found.by_stability) == (3, 3, 3)
    three = found.option(3)
    assert three.sizes == (60, 60, 60)
    assert three.stability is not None
    assert three.stability.agreement.value == 1
    assert three.stability.kept == (1, 1, 1)


def test_one_giant_raises_the_silhouette_and_is_seen_in_the_sizes() -> None:
    rng = np.random.default_rng(2)
    x = np.vstack([rng.normal(size=(99, 3)), [[80.0, 80.0, 80.0]]])
    found = choose(x, range(1, 4), seed=2, level=0.9, references=4, resamples=2)
    two = found.option(2)
    assert found.by_silhouette == 2
    assert two.silhouette is not None
    assert two.silhouette > 0.9
    assert two.sizes == (99, 1)
    assert two.largest_share == 0.99


def test_stability_is_the_agreement_of_groups_from_two_samples() -> None:
    x = np.random.default_rng(6).normal(size=(60, 2))
    found = stability(learner(x, 3, seed=5, starts=2), 60, seed=9, level=0.8, resamples=6)
    rng, pairs = np.random.default_rng(9), []
    for _ in range(6):
        models = [
            KMeans(3, n_init=2, random_state=5).fit(x[rng.integers(0, 60, 60)]) for _ in range(2)
        ]
        pairs.append(adjusted_rand_score(models[0].predict(x), models[1].predict(x)))
    assert found.agreement.value == pytest.approx(np.mean(pairs))
    assert found.agreement.low == pytest.approx(np.quantile(pairs, 0.1))
    assert found.agreement.n == 6
    assert len(found.kept) == 3


def test_a_group_is_kept_as_far_as_a_sample_has_one_like_it() -> None:
    """Always the same ten units, but a sample's second group holds one of the first: 5 of 6 and
    4 of 5; noise is no group."""
    answers = iter([[0] * 6 + [1] * 4, *[[0] * 5 + [1] * 4 + [-1]] * 4])
    found = stability(lambda rows: np.array(next(answers)), 10, seed=1, level=0.9, resamples=2)
    assert found.kept == pytest.approx((5 / 6, 3 / 5))
    assert found.agreement.value == 1


def test_larger_tables_are_sampled_and_the_same_seed_gives_the_same_answer() -> None:
    x = three_types(100)
    first, again = (
        choose(x, (2, 3), seed=3, level=0.9, references=2, resamples=2, most=120) for _ in range(2)
    )
    assert first == again
    assert (first.n, first.used) == (300, 120)
    assert sum(first.option(3).sizes) == 120
    assert first.by_gap is None or first.by_gap == 3


def test_rows_that_do_not_differ_leave_fewer_numbers_to_try() -> None:
    few = choose([[0.0], [0.0], [1.0]], (1, 2, 3), seed=1, level=0.9, references=2, resamples=2)
    assert [option.k for option in few.options] == [1]
    assert few.reason == "only 2 rows differ"
    assert few.by_silhouette is few.by_stability is few.by_gap is None
    one = choose(IRIS, [1], seed=1, level=0.9, references=2)
    assert one.reason == "no k above 1 was asked for"
    with pytest.raises(ValueError, match="number of ks"):
        choose(IRIS, [], seed=1, level=0.9)
