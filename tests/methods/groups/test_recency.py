"""Readings of recency on rows that can be counted by hand, and on worlds where one is right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from knowntruth.errors import DataError
from knowntruth.methods.groups.recency import Recency, compare_recencies, recency


def table(*rows: list[float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), index=[f"u{i}" for i in range(len(rows))])


def test_the_last_active_period_counts_as_one_as_a_published_notebook_has_it() -> None:
    """Its printed rows of sales from June to April, and the `Last Update` that it finds."""
    rows = table(
        [2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0],
        [0, 1, 1, 0, 0, 7, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 0, 0, 2, 0],
        [0, 0, 0, 1, 0, 0, 4, 1, 7, 16, 19],
    )
    assert recency(rows).tolist() == [2, 3, 2, 1]


def test_the_readings_of_five_rows_counted_by_hand() -> None:
    rows = table([1, 1, 1, 1], [1, 0, 0, 1], [5, 0, 0, 0], [0, 0, 0, 0], [1, 0, 3, 0])
    assert recency(rows, kind="last").tolist() == [1, 1, 4, 5, 2]
    # Gaps: three of one period, one of three, none, none, one of two: 8 periods in 5 gaps.
    usual = 8 / 5
    expected = [1 * 4 / (3 + usual), 1 * 2 / (3 + usual), 4 / usual, 5 / usual, 2 * 2 / (2 + usual)]
    assert recency(rows, kind="rhythm").tolist() == pytest.approx(expected)
    assert recency(rows, kind="age").tolist() == [2.5, 2.5, 4, 5, (4 + 3 * 2) / 4]
    # From the last period back the weights are 1, 1 / sqrt 2, 1 / 2 and 1 / sqrt 8.
    w = [8**-0.5, 0.5, 2**-0.5, 1]
    whole = sum(w) + 1
    active = [sum(w), w[0] + w[3], w[0], None, w[0] + w[2]]
    expected = [1 if one is None else 1 - (one + 0.5) / whole for one in active]
    assert recency(rows, kind="quiet").tolist() == pytest.approx(expected)


def test_periods_before_a_unit_was_seen_are_not_quiet() -> None:
    found = recency(table([0, 0, 0, 1, 1], [1, 1, 1, 1, 1], [1, 0, 0, 1, 1]), kind="quiet")
    # The second has been seen to be active longer; the third has paused.
    assert found["u1"] < found["u0"] < found["u2"]
    assert found["u0"] == pytest.approx(1 - (1 + 2**-0.5 + 0.5) / (2 + 2**-0.5))


def test_a_unit_active_every_period_is_due_now_and_overdue_after_a_gap() -> None:
    every = table(*[[1] * 10] * 3, [1] * 8 + [0, 0])
    assert recency(every, kind="rhythm").tolist() == pytest.approx([1, 1, 1, 3])


def test_without_any_gap_the_rhythm_is_the_periods_since() -> None:
    rows = table([0, 1, 0], [0, 0, 1])
    assert recency(rows, kind="rhythm").tolist() == [2, 1]


def test_ties_are_counted_as_pairs() -> None:
    rows = table([1, 1], [0, 1], [3, 1], [1, 0])
    found = compare_recencies(rows, level=0.95)["last"]
    assert (found.distinct, found.commonest) == (2, 0.75)
    # Three of the six pairs: those among the first three.
    assert found.tied == pytest.approx(0.5)


def world(seed: int, n: int = 600, periods: int = 12) -> pd.DataFrame:
    """Units with own rates; each leaves with chance 0.06 a period, at any rate."""
    random = np.random.default_rng(seed)
    rates = random.beta(0.8, 0.8, n)
    leaves = random.geometric(0.06, n)
    alive = np.arange(periods) < leaves[:, None]
    active = alive & (random.random((n, periods)) < rates[:, None])
    return pd.DataFrame(active * random.poisson(3, (n, periods)).clip(1), columns=range(periods))


@pytest.mark.parametrize("ahead", [1, 3])
def test_the_auc_is_the_share_of_pairs_in_order(ahead: int) -> None:
    """Mann & Whitney's count, by scipy, of the periods before what is hidden."""
    counts = world(1)
    before, after = counts.iloc[:, :-ahead], counts.iloc[:, -ahead:]
    seen = (before > 0).any(axis=1)
    silent = ~(after > 0).any(axis=1)[seen]
    for kind, found in compare_recencies(counts, level=0.95, ahead=ahead).items():
        values = recency(before[seen], kind=kind).round(9)
        u = stats.mannwhitneyu(values[silent], values[~silent]).statistic
        assert found.auc is not None
        assert found.auc.value == pytest.approx(u / silent.sum() / (~silent).sum(), rel=1e-9)
        assert (found.followed, found.silent) == (seen.sum(), silent.sum())


def test_where_rhythms_differ_the_rhythm_ties_fewer_units() -> None:
    found = compare_recencies(world(2), level=0.95)
    assert found["last"].tied is not None
    assert found["rhythm"].tied is not None
    assert found["rhythm"].tied < found["last"].tied / 3
    assert found["rhythm"].distinct > found["last"].distinct


def test_where_units_leave_and_rest_the_quiet_reading_says_best_who_falls_silent() -> None:
    """Of ten such worlds on average; of one the order can be another."""
    found = [compare_recencies(world(seed), level=0.95, ahead=2) for seed in range(10)]
    mean = {kind: np.mean([one[kind].auc.value for one in found]) for kind in found[0]}
    assert max(mean, key=mean.__getitem__) == "quiet"


def test_where_nobody_falls_silent_there_is_no_auc() -> None:
    found = compare_recencies(table([1, 1, 1], [0, 1, 2]), level=0.95)["last"]
    assert found.auc is None
    assert found.reason == "nobody or everybody fell silent"


def test_where_nobody_was_active_before_there_is_no_auc() -> None:
    found = compare_recencies(table([0, 0, 1], [0, 0, 2]), level=0.95)["rhythm"]
    assert (found.auc, found.followed) == (None, 0)


def test_wrong_arguments_are_named() -> None:
    rows = table([1, 1], [0, 1])
    unknown: Recency = "first"  # type: ignore[assignment]
    with pytest.raises(ValueError, match="not first"):
        recency(rows, kind=unknown)
    with pytest.raises(ValueError, match="ahead"):
        compare_recencies(rows, level=0.95, ahead=0)
    with pytest.raises(ValueError, match="before"):
        compare_recencies(rows, level=0.95, ahead=2)
    with pytest.raises(DataError, match="below zero"):
        recency(-rows)
