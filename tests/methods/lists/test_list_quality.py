"""List quality against scikit-learn's metrics and plain loops; intervals against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import sparse, stats
from sklearn.metrics import average_precision_score, ndcg_score

from knowntruth.methods.lists.list_metrics import accuracy, novelty
from knowntruth.methods.lists.list_quality import METRICS, Quality, difference, judge
from knowntruth.methods.lists.top_lists import top
from knowntruth.story.estimates import Estimate

K = 5


def known(estimate: Estimate | None) -> Estimate:
    assert estimate is not None
    return estimate


def quick(lists: object, later: object, popularity: object = None, **changes: int) -> Quality:
    bought = np.asarray(later, dtype=float)
    popular = np.ones(bought.shape[1]) if popularity is None else popularity
    how = {"level": 0.95, "seed": 1, "draws": 50} | changes
    return judge(np.asarray(lists), sparse.csr_array(bought), popular, **how)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def shop() -> tuple[np.ndarray, np.ndarray]:
    """Scores without ties, and what was bought; some customers bought nothing."""
    random = np.random.default_rng(1)
    scores = random.normal(size=(80, 12))
    later = random.poisson(random.choice([0, 0.1, 0.5, 2], size=(80, 1)), size=(80, 12))
    return scores, later


def test_ndcg_is_that_of_scikit_learn(shop: tuple[np.ndarray, np.ndarray]) -> None:
    scores, later = shop
    found = accuracy(top(scores, K), sparse.csr_array(later.astype(float)))["ndcg"]
    some = (later > 0).any(axis=1)
    assert np.isnan(found[~some]).all()
    assert (~some).sum() > 0
    for row in np.flatnonzero(some):
        theirs = ndcg_score([(later[row] > 0).astype(int)], [scores[row]], k=K)
        assert found[row] == pytest.approx(theirs, rel=1e-12)


def test_average_precision_of_whole_lists_is_that_of_scikit_learn(
    shop: tuple[np.ndarray, np.ndarray],
) -> None:
    scores, later = shop
    found = accuracy(top(scores, 12), sparse.csr_array(later.astype(float)))["average_precision"]
    for row in np.flatnonzero((later > 0).any(axis=1)):
        theirs = average_precision_score((later[row] > 0).astype(int), scores[row])
        assert found[row] == pytest.approx(theirs, rel=1e-12)


def test_all_metrics_are_those_of_plain_loops(shop: tuple[np.ndarray, np.ndarray]) -> None:
    scores, later = shop
    allowed = np.random.default_rng(2).random(scores.shape) < 0.5
    lists = top(scores, K, allowed)
    popularity = np.arange(12)
    judged = quick(lists, later, popularity)
    sums = dict.fromkeys(METRICS, 0.0)
    customers, seen = 0, set()
    for row, bought in zip(lists.tolist(), later > 0, strict=True):
        shown = [p for p in row if p != -1]
        seen |= set(shown)
        if shown:
            shares = [max(popularity[p], 1) / popularity.sum() for p in shown]
            sums["novelty"] += sum(-math.log2(share) for share in shares) / len(shown)
        if not bought.any():
            continue
        customers += 1
        best = min(K, bought.sum())
        hits = [bool(bought[p]) for p in shown]
        sums["precision"] += sum(hits) / K
        sums["recall"] += sum(hits) / bought.sum()
        dcg = sum(hit / math.log2(i + 2) for i, hit in enumerate(hits))
        sums["ndcg"] += dcg / sum(1 / math.log2(i + 2) for i in range(best))
        sums["average_precision"] += (
            sum(sum(hits[: i + 1]) / (i + 1) for i, hit in enumerate(hits) if hit) / best
        )
    for name in ("precision", "recall", "ndcg", "average_precision"):
        assert known(judged.metric(name)).value == pytest.approx(sums[name] / customers)
    assert judged.judged == customers
    assert known(judged.coverage).value == len(seen) / 12
    assert known(judged.novelty).value == pytest.approx(sums["novelty"] / judged.customers)


def test_a_list_of_all_that_is_bought_is_perfect_even_if_shorter_than_k() -> None:
    found = quick([[2, 0, 1], [1, 2, 0]], [[0, 0, 3], [1, 1, 1]])
    assert (known(found.ndcg).value, known(found.average_precision).value) == (1, 1)
    assert known(found.recall).value == 1
    assert known(found.precision).value == pytest.approx((1 / 3 + 1) / 2)


def test_novelty_counts_bits_and_a_product_without_purchases_as_bought_once() -> None:
    found = novelty(np.array([[0, 1], [2, -1], [-1, -1]]), np.array([4.0, 4.0, 0.0]))
    assert found[:2].tolist() == [1.0, 3.0]
    assert math.isnan(found[2])


def test_the_interval_of_a_mean_holds_it_as_often_as_it_says() -> None:
    """200 sets of 60 customers with known hit chances: binomial error of 0.95 is 0.0154."""
    random = np.random.default_rng(3)
    held = 0
    for _ in range(200):
        chance = random.beta(2, 4, size=60)
        # One product on each list; the first is bought with such a chance, the second else.
        first = random.random(60) < chance
        later = np.column_stack([first, ~first])
        found = quick(np.zeros((60, 1), dtype=int), later, draws=100)
        held += known(found.precision).covers(1 / 3)
    assert held / 200 == pytest.approx(0.94, abs=0.05)


def test_the_interval_of_coverage_holds_what_as_many_customers_are_shown_on_average() -> None:
    """60 lists of one of 40 products with unequal chances: 1 - (1 - p)^60, averaged."""
    random = np.random.default_rng(4)
    chance = random.dirichlet(np.full(40, 0.7))
    truth = (1 - (1 - chance) ** 60).mean()
    held, values = 0, []
    for _ in range(200):
        lists = random.choice(40, size=(60, 1), p=chance)
        found = known(quick(lists, np.ones((60, 40)), draws=20).coverage)
        held += found.covers(truth)
        values.append(found.value)
    assert np.mean(values) == pytest.approx(truth, abs=4 * float(np.std(values)) / math.sqrt(200))
    # The jackknife errs on the wide side.
    assert 0.9 <= held / 200 <= 1


def test_the_error_of_coverage_is_that_of_leaving_out_each_list() -> None:
    lists = np.random.default_rng(7).integers(30, size=(25, 2))
    found = known(quick(lists, np.ones((25, 30))).coverage)
    without = np.array([len(np.unique(np.delete(lists, i, axis=0))) / 30 for i in range(25)])
    error = math.sqrt(24 / 25 * ((without - without.mean()) ** 2).sum())
    assert found.high - found.value == pytest.approx(stats.norm.ppf(0.975) * error)


def test_one_list_for_all_has_coverage_and_novelty_without_error() -> None:
    found = quick(np.tile([0, 1], (30, 1)), np.ones((30, 8)), np.arange(8))
    coverage, new = known(found.coverage), known(found.novelty)
    assert (coverage.low, coverage.value, coverage.high) == (0.25, 0.25, 0.25)
    assert new.low == new.value == new.high


def test_a_paired_difference_is_the_difference_and_narrower_than_an_unpaired_one() -> None:
    random = np.random.default_rng(5)
    later = random.random((200, 10)) < random.random((200, 1))
    scores = random.normal(size=(200, 10)) + 2 * later
    better = quick(top(scores, 3), later, draws=300)
    worse = quick(top(scores + random.normal(size=scores.shape), 3), later, draws=300)
    for name in METRICS:
        gap = known(difference(better, worse, name, level=0.95, seed=1, draws=300))
        first, second = known(better.metric(name)), known(worse.metric(name))
        assert gap.value == pytest.approx(first.value - second.value)
        assert gap.null == 0
        assert gap.low <= gap.value <= gap.high
    ndcg = known(difference(better, worse, level=0.95, seed=1, draws=300))
    assert ndcg.direction == "higher"
    apart = math.hypot(known(better.ndcg).resolution, known(worse.ndcg).resolution)
    assert ndcg.resolution < apart


def test_lists_do_not_differ_from_themselves() -> None:
    found = quick([[0], [1], [1]], np.eye(3))
    for name in METRICS:
        gap = known(difference(found, found, name, level=0.95, seed=1))
        assert (gap.low, gap.value, gap.high) == (0, 0, 0)


def test_without_anything_relevant_only_coverage_and_novelty_are_known() -> None:
    found = quick([[0], [1]], np.zeros((2, 3)))
    assert found.ndcg is None
    assert found.precision is None
    assert "relevant" in found.reason
    assert known(found.coverage).value == pytest.approx(2 / 3)
    nothing = quick(np.full((2, 1), -1), np.ones((2, 3)))
    assert nothing.coverage is None
    assert nothing.novelty is None
    assert known(nothing.recall).value == 0


def test_same_seed_same_intervals() -> None:
    random = np.random.default_rng(6)
    lists, later = random.integers(6, size=(40, 1)), random.random((40, 6)) < 0.3
    assert quick(lists, later).ndcg == quick(lists, later).ndcg
    assert quick(lists, later).ndcg != quick(lists, later, seed=2).ndcg


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="a list for each customer"):
        quick([[0]], np.ones((2, 3)))
    with pytest.raises(ValueError, match="known products"):
        quick([[3], [0]], np.ones((2, 3)))
    found = quick([[0], [1]], np.ones((2, 3)))
    with pytest.raises(ValueError, match="ndcg"):
        difference(found, found, "money", level=0.95, seed=1)
    with pytest.raises(ValueError, match="same customers"):
        difference(found, quick([[0]] * 3, np.ones((3, 3))), level=0.95, seed=1)
