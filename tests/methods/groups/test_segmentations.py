"""What segments hold, predict and are good for, by hand and in worlds whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression
from sklearn.metrics import adjusted_rand_score, roc_auc_score
from sklearn.model_selection import KFold, cross_val_predict

from knowntruth.methods.groups.k_means import k_means, learner
from knowntruth.methods.groups.segment_prediction import by_numbers, by_segment
from knowntruth.methods.groups.segment_value import held, protected, told_by
from knowntruth.methods.groups.segmentations import Segmentation, agreements, compare

from ..conftest import Array

SIX = ["a", "a", "b", "b", "b", "c"]


def test_each_segment_holds_its_units_and_their_value() -> None:
    found = held(SIX, [1, 3, 10, 0, 2, 4], seed=1, level=0.95)
    assert list(found) == ["b", "a", "c"]
    assert [found[name].units for name in "abc"] == [2, 3, 1]
    assert found["b"].share_of_units == 0.5
    assert [found[name].value for name in "abc"] == [4, 12, 4]
    shares = [found[name].share_of_value for name in "abc"]
    assert [share.value for share in shares if share] == pytest.approx([0.2, 0.6, 0.2])


def test_intervals_of_a_share_of_value_cover_the_share_among_all() -> None:
    """250 samples of 200 units at level 0.8; three Monte Carlo errors are 7.6 points."""
    rng = np.random.default_rng(2)

    def draw(n: int) -> tuple[Array, Array]:
        group = rng.random(n) < 0.3
        return group, np.exp(rng.normal(0, 0.8, n)) * (1 + group)

    # The first group is worth twice as much a head.
    truth = 0.3 * 2 / (0.3 * 2 + 0.7)
    covered = []
    for seed in range(250):
        share = held(*draw(200), seed=seed, level=0.8, resamples=150)[True].share_of_value
        assert share is not None
        covered.append(share.covers(truth))
    assert abs(np.mean(covered) - 0.8) < 0.076


def test_where_there_is_no_value_nobody_holds_a_share_of_it() -> None:
    found = held([0, 1], [0, 0], seed=1, level=0.9)
    assert found[0].share_of_value is None
    assert protected([0, 1], [1, 2], [0, 0], size=0.5, seed=1, level=0.9).reason
    one = held([0] * 30 + [1], [0] * 30 + [5], seed=1, level=0.9)[1].share_of_value
    assert one is not None
    assert (one.low, one.value, one.high) == (1, 1, 1)


@pytest.mark.parametrize(
    ("size", "expected", "by_total"),
    [
        # In order b (mean 4), c (3), a (2): one of three of b holds a third of it.
        (1 / 6, 5 / 20, 9 / 20),
        (1 / 2, 15 / 20, 13 / 20),
        (5 / 6, (15 + 3 + 1) / 20, 15 / 20),
    ],
)
def test_segments_protect_what_is_in_those_with_the_most_value_before(
    size: float, expected: float, by_total: float
) -> None:
    before = [2.5, 1.5, 10, 0, 2, 3]
    after = [1, 1, 9, 5, 1, 3]
    found = protected(SIX, before, after, size=size, seed=1, level=0.9)
    assert found.order == ("b", "c", "a")
    assert found.share is not None
    assert found.by_total is not None
    assert found.gain is not None
    assert found.share.value == pytest.approx(expected)
    assert found.by_total.value == pytest.approx(by_total)
    assert found.gain.value == pytest.approx(expected - by_total)


def test_one_segment_protects_as_much_as_chance_and_units_of_their_own_as_totals() -> None:
    rng = np.random.default_rng(3)
    before, after = rng.gamma(0.5, 1, 300), rng.gamma(0.5, 1, 300)
    one = protected(np.zeros(300), before, after, size=0.3, seed=1, level=0.9).share
    assert one is not None
    assert (one.low, one.value, one.high) == pytest.approx((0.3, 0.3, 0.3))
    own = protected(np.arange(300), before, after, size=0.3, seed=1, level=0.9).gain
    assert own is not None
    assert (own.low, own.value, own.high) == pytest.approx((0, 0, 0), abs=1e-12)


def test_true_types_protect_more_than_a_noisy_total() -> None:
    """Value before is noise around what the type is worth; value after follows the type."""
    rng = np.random.default_rng(4)
    kind = rng.random(3_000) < 0.2
    before = np.exp(rng.normal(0, 1.5, 3_000) + kind)
    after = np.exp(rng.normal(0, 0.5, 3_000) + 2 * kind)
    gain = protected(kind, before, after, size=0.2, seed=1, level=0.95, resamples=100).gain
    assert gain is not None
    assert gain.direction == "higher"
    assert gain.unit == "points"


def test_a_total_tells_a_group_as_far_as_ranks_say() -> None:
    rng = np.random.default_rng(5)
    total = np.round(np.exp(rng.normal(1, 1, 200)))
    group = rng.random(200) < total / (total + 4)
    found = told_by(group, total, level=0.95)
    assert found.auc is not None
    assert found.overlap is not None
    assert found.auc.value == pytest.approx(roc_auc_score(group, total))
    size = int(group.sum())
    # Ties at the cut, over many orders drawn by chance.
    drawn = [group[np.lexsort((rng.random(200), -total))[:size]].sum() / size for _ in range(4_000)]
    error = np.std(drawn) / np.sqrt(4_000)
    assert found.overlap.value == pytest.approx(np.mean(drawn), abs=4 * error + 1e-9)
    assert found.by_chance == pytest.approx(group.mean())
    assert told_by([True, True], [1, 2], level=0.9).reason == "all units are in the group"
    assert told_by([False, False], [1, 2], level=0.9).reason == "no unit is in the group"


def test_predictions_by_numbers_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(size=(90, 2))
    y = 3 + x @ [1.0, -0.5] + rng.normal(size=90)
    found = by_numbers(x, y, seed=1, level=0.95, folds=30)
    folds = KFold(30, shuffle=True, random_state=0)
    predicted = cross_val_predict(LinearRegression(), x, y, cv=folds)
    mean = cross_val_predict(LinearRegression(), np.zeros((90, 1)), y, cv=folds)
    expected = 1 - np.square(y - predicted).sum() / np.square(y - mean).sum()
    assert found.r2 is not None
    # Other folds of three: their R² differ by little.
    assert found.r2.value == pytest.approx(expected, abs=0.01)


def known_share(n: int, seed: int, share: float = 0.5) -> tuple[Array, Array]:
    """Return segments and an outcome of whose variance they make a share."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 4, n)
    means = stats.zscore(np.array([0.0, 1.0, 2.0, 4.0]))
    return group, np.sqrt(share) * means[group] + np.sqrt(1 - share) * rng.normal(size=n)


def test_segments_predict_the_share_of_variance_that_lies_between_them() -> None:
    group, y = known_share(20_000, 7)
    found = by_segment(group, y, seed=1, level=0.95)
    assert found.r2 is not None
    assert found.rank is not None
    error = (found.r2.high - found.r2.low) / 3.92
    assert found.r2.value == pytest.approx(0.5, abs=4 * error)
    assert found.rank.value == pytest.approx(stats.spearmanr(group, y)[0], abs=0.005)
    words = np.array(["w", "x", "y", "z"])[group]
    assert by_segment(words, y, seed=1, level=0.95) == found


def test_intervals_of_prediction_cover() -> None:
    """At level 0.8, in 150 worlds; three Monte Carlo errors are ten points."""
    covered = []
    for seed in range(150):
        found = by_segment(*known_share(200, seed), seed=seed, level=0.8).r2
        assert found is not None
        covered.append(found.covers(0.5))
    assert abs(np.mean(covered) - 0.8) < 0.1


def test_segments_that_say_nothing_predict_nothing() -> None:
    rng = np.random.default_rng(8)
    y = rng.normal(size=400)
    drawn = by_segment(rng.integers(0, 5, 400), y, seed=1, level=0.95)
    assert drawn.r2 is not None
    assert drawn.rank is not None
    assert drawn.r2.direction == "unclear"
    assert drawn.rank.direction == "unclear"
    one = by_segment(np.zeros(400), y, seed=1, level=0.95)
    assert one.r2 is not None
    assert one.rank is not None
    assert one.r2.value == one.rank.value == 0
    alone = by_segment(np.arange(400), y, seed=1, level=0.95)
    assert alone.r2 is not None
    assert alone.r2.value == 0


def test_a_prediction_that_is_right_saves_all_and_no_outcome_gives_a_reason() -> None:
    y = np.repeat([1.0, 5.0], 40)
    found = by_segment(y, y, seed=1, level=0.95)
    assert found.r2 is not None
    assert found.rank is not None
    assert found.r2.value == found.rank.value == 1
    assert by_segment(y, np.ones(80), seed=1, level=0.95).reason == "all outcomes are the same"
    missing = np.where(np.arange(80) < 10, y, np.nan)
    assert by_segment(y, missing, seed=1, level=0.95).reason == ("10 units are too few for 5 folds")


@pytest.mark.parametrize(
    ("labels", "value", "message"),
    [
        ([1], [1, 2], "one label and one value"),
        ([1, 2], [1, -2], "not below zero"),
        ([1, 2], [1, np.nan], "finite"),
        ([1, None], [1, 2], "no label"),
    ],
)
def test_labels_and_values_that_are_none_are_refused(
    labels: Sequence[object], value: Sequence[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        held(labels, value, seed=1, level=0.9)  # type: ignore[arg-type]


def test_true_types_win_where_there_are_some() -> None:
    rng = np.random.default_rng(9)
    kind = rng.integers(0, 3, 240)
    x = rng.normal(size=(240, 3)) + 5 * np.eye(3)[kind]
    before = np.exp(kind + rng.normal(0, 1, 240))
    after = np.exp(kind + rng.normal(0, 1, 240))
    fit = k_means(x, 3, seed=1)
    ways = {
        "k-means": Segmentation(fit.labels, learner(x, 3, seed=1, starts=2)),
        "halves": Segmentation(np.where(before > np.median(before), "upper", "lower")),
        "drawn": Segmentation(rng.integers(0, 3, 240), lambda rows: rng.integers(0, 3, 240)),
    }
    found = compare(
        ways, before=before, after=after, truth=kind, size=1 / 3, seed=1, level=0.9, resamples=3
    )
    best, halves, drawn = (found[name] for name in ways)
    assert best.truth is not None
    assert drawn.truth is not None
    assert best.truth.value == pytest.approx(adjusted_rand_score(fit.labels, kind))
    assert best.truth.value > 0.95 > 0.1 > drawn.truth.value
    assert best.stability is not None
    assert drawn.stability is not None
    assert best.stability.agreement.value > 0.9 > 0.1 > drawn.stability.agreement.value
    assert halves.stability is None
    assert halves.sizes == {"upper": 120, "lower": 120}
    assert best.largest_share == max(fit.sizes) / 240
    assert best.prediction.r2 is not None
    assert halves.prediction.r2 is not None
    assert best.prediction.r2.value > halves.prediction.r2.value > 0
    expected = by_segment(fit.labels, np.log1p(after), seed=1, level=0.9)
    assert best.prediction == expected
    assert best.value == protected(fit.labels, before, after, size=1 / 3, seed=1, level=0.9)
    assert best.value.share is not None
    assert drawn.value.share is not None
    assert best.value.share.value > 0.5 > 0.45 > drawn.value.share.value
    table = agreements(ways)
    assert table.loc["k-means", "k-means"] == 1
    assert table.loc["halves", "k-means"] == pytest.approx(
        adjusted_rand_score(ways["halves"].labels, fit.labels)
    )


def test_an_outcome_of_its_own_is_predicted_where_one_is_given() -> None:
    ways = {"own": Segmentation([0, 1] * 20)}
    found = compare(
        ways,
        before=np.ones(40),
        after=np.ones(40),
        outcome=np.arange(40) % 2,
        size=0.5,
        seed=1,
        level=0.9,
    )["own"]
    assert found.prediction.r2 is not None
    assert found.prediction.r2.value == 1
    assert found.truth is None
