"""Who bought what: counts by hand, cuts by time and at random, repeats in a closed form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from knowntruth.methods.lists.interactions import (
    Interactions,
    interactions,
    only_new,
    repeated,
    split_at_random,
    split_by_time,
    weighted,
)
from knowntruth.methods.resampled_ratios import ratios
from knowntruth.methods.resampling import Counts, resample
from knowntruth.story.estimates import Estimate


def bought(*rows: tuple[str, str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["customer", "product", "date"])
    return table.assign(date=pd.to_datetime(table["date"]))


FIVE = bought(
    ("Ada", "pen", "2024-01-01 09:00"),
    ("Bo", "ink", "2024-01-02 10:00"),
    ("Ada", "pen", "2024-01-03 11:00"),
    ("Ada", "ink", "2024-01-03 18:00"),
    ("Bo", "ink", "2024-01-04 08:00"),
)


def known(estimate: Estimate | None) -> Estimate:
    assert estimate is not None
    return estimate


def many(customers: int, products: int, purchases: int, seed: int = 1) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    minutes = np.sort(random.integers(525_600, size=purchases))
    return pd.DataFrame(
        {
            "customer": [f"C{c}" for c in random.integers(customers, size=purchases)],
            "product": [f"P{p}" for p in random.integers(products, size=purchases)],
            "date": pd.Timestamp("2024-01-01") + pd.to_timedelta(minutes, unit="min"),
        }
    )


def test_purchases_are_counted_by_customer_and_product() -> None:
    found = interactions(FIVE)
    assert (list(found.customers), list(found.products)) == (["Ada", "Bo"], ["ink", "pen"])
    assert found.counts.toarray().tolist() == [[1, 2], [2, 0]]
    assert (found.purchases, found.pairs, found.density) == (5, 3, 0.75)
    assert found.bought.tolist() == [[True, True], [True, False]]
    assert found.popularity.tolist() == [3, 2]
    assert found.purchases_of.tolist() == [3, 2]


def test_labels_that_are_given_keep_their_order_and_leave_out_others() -> None:
    found = interactions(FIVE, customers=["Cy", "Ada"], products=["pen", "cup"])
    assert found.counts.toarray().tolist() == [[0, 0], [2, 0]]
    assert found.left_out == 3
    with pytest.raises(ValueError, match="twice: pen"):
        interactions(FIVE, products=["pen", "pen"])


def test_counts_agree_with_a_cross_table() -> None:
    table = many(30, 12, 400)
    found = interactions(table)
    expected = pd.crosstab(table["customer"], table["product"])
    assert (found.counts.toarray() == expected.to_numpy()).all()


def test_an_empty_table_has_no_density() -> None:
    assert interactions(FIVE.iloc[:0]).density == 0


def test_a_purchase_weighs_by_its_logarithm_its_count_or_at_all() -> None:
    counts = interactions(FIVE).counts
    assert weighted(counts, "log").toarray()[0] == pytest.approx([np.log(2), np.log(3)])
    assert weighted(counts, "counts").toarray()[0].tolist() == [1, 2]
    assert weighted(counts, "bought").toarray()[0].tolist() == [1, 1]
    with pytest.raises(ValueError, match="weight"):
        weighted(counts, "money")  # type: ignore[arg-type]


def test_a_split_by_time_never_cuts_a_day() -> None:
    # Two fifths are the last two purchases; the day of the first of them goes with it.
    split = split_by_time(FIVE, 0.4)
    assert split.at == pd.Timestamp("2024-01-03")
    assert (len(split.before), len(split.after)) == (2, 3)
    assert split.before["date"].max() < split.at <= split.after["date"].min()
    assert len(split_by_time(FIVE, 0.2).after) == 1


def test_a_split_by_time_follows_the_date_that_is_given() -> None:
    split = split_by_time(FIVE, at=pd.Timestamp("2024-01-02"))
    assert (len(split.before), len(split.after)) == (1, 4)
    at_midnight = bought(("Ada", "pen", "2024-01-01 23:59"), ("Ada", "pen", "2024-01-02 00:00"))
    assert len(split_by_time(at_midnight, at=pd.Timestamp("2024-01-02")).after) == 1
    assert split_by_time(FIVE.iloc[:0]).at is None


def test_a_split_at_random_has_its_share_from_all_times_and_follows_the_seed() -> None:
    table = many(30, 12, 2_000)
    split = split_at_random(table, 0.2, seed=3)
    assert (len(split.before), len(split.after)) == (1_600, 400)
    assert sorted([*split.before.index, *split.after.index]) == list(table.index)
    assert split.after.index.equals(split_at_random(table, 0.2, seed=3).after.index)
    assert not split.after.index.equals(split_at_random(table, 0.2, seed=4).after.index)
    # A fifth of the first half of the year: hypergeometric, five standard deviations.
    spread = stats.hypergeom(2_000, 1_000, 400).std()
    assert (split.after.index < 1_000).sum() == pytest.approx(200, abs=5 * spread)


def tables(before: pd.DataFrame, after: pd.DataFrame) -> tuple[Interactions, Interactions]:
    both = pd.concat([before, after])
    labels = sorted(both["customer"].unique()), sorted(both["product"].unique())
    return interactions(before, *labels), interactions(after, *labels)


def test_a_random_split_knows_the_pair_as_often_as_a_closed_form_says() -> None:
    """A pair bought m times has a purchase after, and one before: 1 - (1 - share) ^ (m - 1)."""
    table = many(200, 20, 16_000)
    split = split_at_random(table, 0.2, seed=5)
    found = known(repeated(*tables(split.before, split.after), level=0.95, seed=1, of="purchases"))
    m = interactions(table).counts.data
    expected = (m * (1 - 0.2 ** (m - 1))).sum() / m.sum()
    assert found.value == pytest.approx(expected, abs=4 * (found.high - found.low) / 3.92)


def test_repeats_are_counted_by_pair_or_by_purchase() -> None:
    before = bought(("A", "x", "2024-01-01"), ("B", "x", "2024-01-01"))
    after = bought(
        *[("A", "x", "2024-02-01")] * 3, ("A", "y", "2024-02-01"), ("B", "y", "2024-02-01")
    )
    pair = tables(before, after)
    assert known(repeated(*pair, level=0.95, seed=1)).value == pytest.approx(1 / 3)
    by_purchase = known(repeated(*pair, level=0.95, seed=1, of="purchases"))
    assert by_purchase.value == pytest.approx(3 / 5)
    assert only_new(pair[1], pair[0]).toarray().tolist() == [[0, 1], [0, 1]]


def test_nothing_later_has_no_share_of_repeats() -> None:
    assert repeated(*tables(FIVE, FIVE.iloc[:0]), level=0.95, seed=1) is None
    with pytest.raises(ValueError, match="same customers"):
        repeated(interactions(FIVE), interactions(FIVE.iloc[:1]), level=0.95, seed=1)


def test_many_ratios_at_once_are_those_of_one_at_a_time() -> None:
    random = np.random.default_rng(2)
    above, below = random.gamma(1.0, size=(60, 2)), random.gamma(2.0, size=(60, 1))

    def one(times: Counts) -> np.ndarray:
        return (times @ above) / (times @ below)

    expected = resample(one, 60, level=0.9, draws=300, seed=4)
    found = ratios(above, below, level=0.9, draws=300, seed=4)
    assert found.draws == pytest.approx(expected.draws, rel=1e-12)
    assert found.low == pytest.approx(expected.low, rel=1e-9)
    assert found.high == pytest.approx(expected.high, rel=1e-9)


def test_a_mean_has_the_interval_of_the_central_limit() -> None:
    x = np.random.default_rng(6).normal(size=(500, 1))
    found = ratios(x, np.ones_like(x), level=0.95, draws=4_000, seed=1)
    error = x.std() / np.sqrt(len(x))
    near = 4 * 0.04 * error
    assert found.low[0] == pytest.approx(x.mean() - 1.96 * error, abs=near)
    assert found.high[0] == pytest.approx(x.mean() + 1.96 * error, abs=near)


@pytest.mark.parametrize(
    ("above", "below"),
    [
        (np.ones(3), np.ones((3, 1))),
        (np.ones((3, 1)), np.ones((2, 1))),
        ([[np.nan]] * 3, [[1]] * 3),
    ],
)
def test_ratios_refuse_what_is_no_table(above: object, below: object) -> None:
    with pytest.raises(ValueError, match="numerators"):
        ratios(above, below, level=0.95, draws=20, seed=1)  # type: ignore[arg-type]
