"""Rules of the chapter on a shop's customers: who scores what, and who they are in truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from knowntruth import cases
from knowntruth.cases.retail_customers.rules import brought, margin_shares, rules
from knowntruth.worlds.retail.parameters import ORIGINAL

FEW = {"customers": 120, "products": 20, "transactions": 2_500, "replications": 0}
ASKED = {"horizon": 90, "clusters": 4, "level": 0.95, "seed": 7}


@pytest.fixture(scope="module")
def case():
    return cases.get("retail_customers").open(FEW)


def by_hand(case):
    """Return revenue and margin of each customer, and costs."""
    rows = case.purchases
    return rows.assign(margin=rows["amount"] - rows["cost"] * rows["quantity"])


def test_margin_shares_are_margin_over_revenue_of_each_customer(case):
    sums = by_hand(case).groupby("customer")[["margin", "amount"]].sum()
    found = margin_shares(case.purchases)
    assert np.allclose(found, (sums["margin"] / sums["amount"]).reindex(found.index))


def test_without_costs_revenue_stands_in_for_margin(case):
    rows = case.purchases.drop(columns="cost")
    assert margin_shares(rows) == 1.0
    sums = rows.groupby("customer")["amount"].sum()
    assert np.allclose(brought(rows, sums.index), sums)


def test_customers_of_whom_no_cost_is_known_have_no_share_of_margin(case):
    rows = case.purchases.copy()
    rows["cost"] = rows["cost"].where(rows["customer"] != rows["customer"].iloc[0])
    assert rows["customer"].iloc[0] not in margin_shares(rows).index


def test_purchases_without_known_cost_leave_as_much_as_all_others_together():
    rows = pd.DataFrame(
        {"customer": ["a", "b", "c"], "amount": [10.0, 30.0, 20.0], "cost": [4.0, 26.0, None]}
    )
    assert brought(rows, pd.Index(["a", "b", "c"])).tolist() == [6.0, 4.0, 20 * 10 / 40]


def test_customers_who_bought_nothing_brought_nothing(case):
    assert brought(case.purchases, pd.Index(["nobody"])).tolist() == [0.0]


def test_scores_know_nothing_of_what_comes_after(case):
    known = case.purchases[case.purchases["date"] < case.split]
    early = rules(known, end=case.split, **ASKED)
    again = rules(case.purchases, end=case.split, **ASKED)
    assert set(early) == {"spending", "segment", "value", "lot"}
    for name, score in early.items():
        pd.testing.assert_series_equal(score, again[name])


def test_the_score_by_spending_is_the_revenue_and_by_segment_its_mean(case):
    found = rules(case.purchases, end=case.end, **ASKED | {"clusters": 12})
    revenue = case.purchases.groupby("customer")["amount"].sum()
    assert np.allclose(found["spending"], revenue.reindex(found["spending"].index))
    segment = np.floor(found["segment"])
    assert segment.nunique() == 12
    means = found["spending"].groupby(segment).mean()
    assert means.is_monotonic_increasing


def test_expected_value_puts_those_first_of_whom_most_is_to_be_expected_in_truth(case):
    found = rules(case.purchases, end=case.end, **ASKED)
    truth = case.hidden["later_margin"].reindex(found["value"].index)
    rank = found["value"].corr(truth, method="spearman")
    assert rank > found["spending"].corr(truth, method="spearman") > 0


def test_kinds_are_classes_that_differ_in_what_they_do():
    opened = {
        name: cases.get("retail_customers").open(FEW | changes)
        for name, changes in {
            "all": {},
            "original": dict(ORIGINAL),
            "one": {"frequency_factors": [1.0] * 3, "extra_units": [0.7] * 3},
            "two of power": {"extra_units": [0.2, 0.7, 0.7], "frequency_factors": [2.0] * 3},
        }.items()
    }
    assert {name: one.true("segments") for name, one in opened.items()} == {
        "all": 9, "original": 3, "one": 1, "two of power": 2,
    }  # fmt: skip
    assert set(opened["original"].kinds) == {"spending power"}
    assert set(opened["all"].kinds) == {"spending power", "frequency", "both"}


def test_what_was_sold_lies_near_what_was_to_be_expected(case):
    totals = by_hand(case)
    # Sums of thousands of purchases lie near what was to be expected of these customers.
    assert totals["amount"].sum() == pytest.approx(case.true("total", "revenue"), rel=0.08)
    assert totals["margin"].sum() == pytest.approx(case.true("total", "margin"), rel=0.08)
    day = totals["date"].dt.normalize()
    orders = len(totals.groupby(["customer", day]))
    assert orders == pytest.approx(case.true("total", "orders"), rel=0.03)
    assert case.true("order_value") == pytest.approx(
        case.true("total", "revenue") / case.true("total", "orders")
    )
    assert sum(case.true("revenue_share", name) for name in case.truth.categories) == (
        pytest.approx(1.0)
    )


def test_the_place_of_a_product_is_counted_from_the_highest(case):
    expected = case.truth.expected.by_product.set_index("product")["margin"]
    order = expected.sort_values(ascending=False).index
    assert [case.true("rank", name, "margin") for name in order] == list(
        range(1, len(expected) + 1)
    )


def test_days_held_back_are_the_last_share_of_the_record(case):
    assert (case.end - case.split).days == round(0.25 * case.days)
    short = cases.get("retail_customers").open(FEW | {"days": 7, "held_back": 0.05})
    assert (short.end - short.split).days == 1
