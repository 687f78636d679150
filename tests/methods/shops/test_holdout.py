"""Expectations of CDNOW's customers against what they bought, and rows by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from knowntruth.methods.shops import bg_nbd
from knowntruth.methods.shops.holdout import MODEL, WAYS, Holdout, check
from knowntruth.methods.shops.order_histories import histories

from . import cdnow


@pytest.fixture(scope="module")
def found() -> Holdout:
    log = cdnow.purchases()
    return check(
        log, log, at="1997-10-01", end="1998-07-01", unit="W", level=0.95, seed=1, draws=400
    )


def test_what_came_is_counted_by_hand(found: Holdout) -> None:
    log = cdnow.purchases()
    later = log[log["date"] >= "1997-10-01"]
    by_customer = later.groupby("customer")
    counts = by_customer["date"].nunique().reindex(found.customers.index, fill_value=0)
    amounts = by_customer["amount"].sum().reindex(found.customers.index, fill_value=0)
    assert (found.customers["orders"] == counts).all()
    assert np.allclose(found.customers["amount"], amounts)
    assert found.actual_orders == 1882
    # All of the sample came before; nobody new is in it but those who had bought for nothing.
    assert found.new_customers == len(set(later["customer"]) - set(found.customers.index))


def test_each_way_expects_what_it_says(found: Holdout) -> None:
    log, customers = cdnow.purchases(), found.customers
    known = histories(log, end="1997-10-01", unit="W")
    expected = bg_nbd.fit(known).expected(known, 39)
    assert np.allclose(customers["orders: BG/NBD"], expected, rtol=1e-3, atol=1e-4)
    # The time before is as long as that after, 273 days, and reaches back to the first of January.
    before = log[(log["date"] >= "1997-01-01") & (log["date"] < "1997-10-01")]
    counts = before.groupby("customer")["date"].nunique().reindex(customers.index, fill_value=0)
    assert np.allclose(customers["orders: last period"], counts)
    assert np.allclose(customers["orders: mean"], counts.mean())
    rate = known["frequency"] / known["age"] * 39
    assert np.allclose(customers["orders: rate"], rate)
    mean = before.groupby("customer")["amount"].sum() / counts
    assert np.allclose(customers["amount: rate"], rate * mean.reindex(customers.index))


def test_a_record_shorter_than_the_time_ahead_is_scaled() -> None:
    log = cdnow.purchases()
    short = check(log, log, start="1997-03-01", at="1997-04-01", end="1997-06-02",
                  level=0.9, seed=1, draws=20)  # fmt: skip
    march = log[(log["date"] >= "1997-03-01") & (log["date"] < "1997-04-01")]
    days = march.drop_duplicates(["customer", "date"])
    assert short.customers["orders: last period"].sum() == pytest.approx(2 * len(days))


def test_errors_are_roots_of_mean_squares_with_paired_differences(found: Holdout) -> None:
    for kind, ways in {"orders": found.orders, "amount": found.amounts}.items():
        actual, n = found.customers[kind], len(found.customers)
        gaps = {way: found.customers[f"{kind}: {way}"] - actual for way in WAYS}
        for name, way in ways.items():
            gap = gaps[name]
            assert way.total == pytest.approx(found.customers[f"{kind}: {name}"].sum())
            assert way.bias.value == pytest.approx(gap.mean())
            width = way.bias.high - way.bias.low
            assert width == pytest.approx(2 * 1.96 * gap.std() / np.sqrt(n), rel=0.35)
            assert way.error.value == pytest.approx(np.sqrt(np.mean(gap**2)))
            if name == MODEL:
                assert way.more_error is None
            else:
                assert way.more_error is not None
                more = way.error.value - ways[MODEL].error.value
                assert way.more_error.value == pytest.approx(more)
            if name == "mean":
                assert way.ranks is None
            else:
                assert way.ranks is not None
                rho = stats.spearmanr(found.customers[f"{kind}: {name}"], actual).statistic
                assert way.ranks.value == pytest.approx(rho)


def test_on_cdnow_the_model_errs_less_than_each_naive_way(found: Holdout) -> None:
    """Fader, Hardie & Lee 2005, figure 3: it follows the actual orders by number before."""
    for way in WAYS[1:]:
        more = found.orders[way].more_error
        assert more is not None
        assert more.low > 0
    groups = found.groups
    assert groups["label"].tolist()[:4] == ["0", "1", "2", "3"]
    assert groups["customers"].sum() == len(found.customers)
    error = (groups["high"] - groups["low"]) / (2 * 1.96)
    assert ((groups[MODEL] - groups["actual"]).abs() / error).max() < 3.5
    assert ((groups["rate"] - groups["actual"]).abs() / error).min() > 3.5


def test_groups_have_the_means_of_their_customers(found: Holdout) -> None:
    for _, row in found.groups.iterrows():
        inside = found.customers[found.customers["frequency"].between(row["from"], row["to"])]
        assert row["customers"] == len(inside)
        assert row["actual"] == pytest.approx(inside["orders"].mean())
        assert row[MODEL] == pytest.approx(inside["orders: BG/NBD"].mean())
        assert row["low"] < row["actual"] < row["high"]
    assert len(found.groups) == 8


def test_where_nobody_came_back_there_is_nothing() -> None:
    log = cdnow.purchases().drop_duplicates("customer")
    none = check(log, log, at="1997-10-01", end="1998-07-01", level=0.95, seed=1, draws=20)
    assert none.reason == "nobody ordered again"
    assert (none.orders, none.amounts) == ({}, {})


def test_wrong_arguments_are_named() -> None:
    log = cdnow.purchases()
    with pytest.raises(ValueError, match="days after"):
        check(log, log, at="1997-10-01", end="1997-10-01", level=0.95, seed=1)
    with pytest.raises(ValueError, match="groups"):
        check(log, log, at="1997-10-01", end="1998-01-01", groups=1, level=0.95, seed=1)
