"""Exercises on customers: a right answer passes, and each typical mistake earns its own hint."""

from __future__ import annotations

import numpy as np
import pytest

from knowntruth import cases
from knowntruth.cases.exercises import NotYetError
from knowntruth.cases.retail_customers import exercises


@pytest.fixture(scope="module")
def case():
    # In this world another product is first by each of the measures that could be mixed up.
    few = {"customers": 120, "products": 20, "transactions": 2_500, "replications": 0, "seed": 5}
    return cases.get("retail_customers").open(few)


def orders(rows):
    return len({(c, d.date()) for c, d in zip(rows["customer"], rows["date"], strict=True)})


def by_order(rows):
    return rows.groupby([rows["customer"], rows["date"].dt.date])["amount"].sum()


def margin(rows):
    return rows["amount"] - rows["cost"] * rows["quantity"]


def repeats(rows):
    return rows["date"].dt.date.groupby(rows["customer"]).nunique() - 1


def first(measure):
    return lambda rows: measure(rows.assign(margin=margin(rows)).groupby("product")).idxmax()


def ratio(above, below):
    return first(lambda of: of[above].sum() / of[below].sum())


RIGHT = {
    "order_value": lambda rows: rows["amount"].sum() / orders(rows),
    "margin_share": lambda rows: margin(rows).sum() / rows["amount"].sum(),
    "most_profitable": first(lambda of: of["margin"].sum()),
    "repeat_orders": lambda rows: repeats(rows).mean(),
    "scaled_alike": lambda x: (x - np.mean(x)) / np.std(x),
    "offer_gain": lambda money, cost, raises: sum(raises * m - cost for m in money),
    "speaks_for_kinds": ["again", "hollow"],
}
WRONG = [
    ("order_value", "a row brings", lambda r: r["amount"].mean()),
    ("order_value", "a customer brings", lambda r: r.groupby("customer")["amount"].sum().mean()),
    ("order_value", "a day brings", lambda r: r.groupby(r["date"].dt.date)["amount"].sum().mean()),
    (
        "order_value",
        "drop the time",
        lambda r: r.groupby(["customer", "date"])["amount"].sum().mean(),
    ),
    ("order_value", "mean of means", lambda r: by_order(r).groupby(level=0).mean().mean()),
    ("order_value", "not a number", lambda _: "much"),
    ("margin_share", "that of a unit", lambda r: 1 - r["cost"].sum() / r["amount"].sum()),
    ("margin_share", "mean of shares", lambda r: (margin(r) / r["amount"]).mean()),
    ("margin_share", "over cost", lambda r: margin(r).sum() / (r["cost"] * r["quantity"]).sum()),
    ("margin_share", "divide by the revenue", lambda r: margin(r).sum()),
    ("margin_share", "share of the cost", lambda r: 1 - margin(r).sum() / r["amount"].sum()),
    ("most_profitable", "which is a price", ratio("amount", "quantity")),
    ("most_profitable", "most units", first(lambda of: of["quantity"].sum())),
    ("most_profitable", "ask for money", ratio("margin", "amount")),
    ("most_profitable", "take the costs off", first(lambda of: of["amount"].sum())),
    ("most_profitable", "leaves the most on a unit", ratio("margin", "quantity")),
    ("most_profitable", "is another one", lambda _: "P0"),
    ("repeat_orders", "the first order as well", lambda r: repeats(r).mean() + 1),
    ("repeat_orders", "several on one day", lambda r: len(r) / r["customer"].nunique() - 1),
    ("repeat_orders", "divide by the customers", lambda r: repeats(r).sum()),
    ("repeat_orders", "count as well, with none", lambda r: repeats(r)[repeats(r) > 0].mean()),
    ("scaled_alike", "mean is not zero", lambda x: x / np.std(x)),
    ("scaled_alike", "deviation is not one", lambda x: x - np.mean(x)),
    ("scaled_alike", "by the variance", lambda x: (x - np.mean(x)) / np.var(x)),
    ("scaled_alike", "zero to one", lambda x: (x - min(x)) / (max(x) - min(x))),
    ("scaled_alike", "of a sample", lambda x: (x - np.mean(x)) / np.std(x, ddof=1)),
    ("offer_gain", "for each customer", lambda m, cost, raises: raises * sum(m) - cost),
    ("offer_gain", "without the cost", lambda m, cost, raises: raises * sum(m)),
    ("offer_gain", "bring anyway", lambda m, cost, raises: (1 + raises) * sum(m) - cost * len(m)),
    ("offer_gain", "from one customer", lambda m, cost, raises: raises * np.mean(m) - cost),
    ("speaks_for_kinds", "cut in the same place", ["hollow", "again", "stable"]),
    ("speaks_for_kinds", "any table", ["k_means"]),
    ("speaks_for_kinds", "what a group is called", ["names"]),
    ("speaks_for_kinds", "one cloud", ["silhouette"]),
    ("speaks_for_kinds", "a reason is missing", ["hollow"]),
    ("speaks_for_kinds", "none of the names", ["hole"]),
    ("speaks_for_kinds", "a list of names", "hollow"),
]  # fmt: skip


def check(name, answer, case):
    getattr(exercises, f"check_{name}")(answer, case)


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_passes_and_is_told_so(name, case, capsys):
    check(name, RIGHT[name], case)
    assert capsys.readouterr().out


@pytest.mark.parametrize(("name", "hint", "answer"), WRONG)
def test_each_mistake_earns_its_own_hint(name, hint, answer, case):
    with pytest.raises(NotYetError, match="Not yet") as refused:
        check(name, answer, case)
    assert hint in str(refused.value)
