"""Checks of the chapter's exercises.

Each check works its own answer out from the run at hand, so it holds under any seed. It
accepts a right answer, and tells the typical wrong ones apart to say where they went astray.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...story.facts import Fact
from ...story.names import Name
from ...story.saying import say
from ..exercises import NotYetError, judge, judge_all, judge_reasons
from .customers import Customers

Array = NDArray[np.float64]

# What is a reason to believe in kinds, and what is none, with why.
REASONS = {
    "hollow": "A hollow between groups is what kinds would leave.",
    "again": "What is found again in another year was not made by this year's cut.",
}
NO_REASONS = {
    "k_means": "It does so with any table.",
    "silhouette": "Then one cloud without groups does as well.",
    "names": "A name says what a group is called, and not whether it is there.",
    "stable": "A cloud without groups can be cut in the same place every time.",
}


def check_order_value(answer: Callable[[pd.DataFrame], float], case: Customers) -> None:
    """Accept the revenue over the number of orders.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    rows = case.purchases[["customer", "date", "amount"]]
    revenue = float(rows["amount"].sum())
    day = rows["date"].dt.normalize()
    of_order = rows.groupby([rows["customer"], day])["amount"].sum()
    right = revenue / len(of_order)
    mistakes = {
        "That is what a row brings; an order may have several.": float(rows["amount"].mean()),
        "That is what a customer brings.": revenue / rows["customer"].nunique(),
        "That is what a day brings; two customers make two orders.": revenue / day.nunique(),
        "That takes each time of day for an order; drop the time first.": revenue
        / len(rows.groupby(["customer", "date"])),
        "That is a mean of means; a customer with many orders counts for more.": float(
            of_order.groupby(level=0).mean().mean()
        ),
    }
    judge(answer(rows.copy()), right, mistakes)
    found = Fact("order_value", right, decimals=2)
    say(f"Right: an order in this run brings {found}.", found)


def check_margin_share(answer: Callable[[pd.DataFrame], float], case: Customers) -> None:
    """Accept the margin over the revenue.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    rows = case.purchases[["amount", "quantity", "cost"]]
    cost = rows["cost"] * rows["quantity"]
    left, revenue = rows["amount"] - cost, float(rows["amount"].sum())
    right = float(left.sum()) / revenue
    mistakes = {
        "The cost is that of a unit; a purchase may have several.": float(
            (rows["amount"] - rows["cost"]).sum()
        )
        / revenue,
        "That is a mean of shares; a large purchase counts for more.": float(
            (left / rows["amount"]).mean()
        ),
        "That is margin over cost.": float(left.sum() / cost.sum()),
        "That is a sum; divide by the revenue.": float(left.sum()),
        "That is the share of the cost; ask for what is left.": 1 - right,
    }
    judge(answer(rows.copy()), right, mistakes)
    found = Fact("margin_share", right, "share", decimals=1)
    say(f"Right: of the revenue of this run, {found} is left.", found)


def check_most_profitable(answer: Callable[[pd.DataFrame], object], case: Customers) -> None:
    """Accept the product with the largest sum of margins.

    Raises:
        NotYetError: for any other product, with a hint where the mistake is a typical one.
    """
    rows = case.purchases[["product", "amount", "quantity", "cost"]]
    rows = rows.assign(margin=rows["amount"] - rows["cost"] * rows["quantity"])
    of = rows.groupby("product")[["amount", "quantity", "margin"]].sum()
    right = str(of["margin"].idxmax())
    mistakes = {
        "It has the most revenue; take the costs off.": of["amount"],
        "It has the highest revenue a unit, which is a price.": of["amount"] / of["quantity"],
        "It sells the most units.": of["quantity"],
        "It has the largest share of margin; ask for money.": of["margin"] / of["amount"],
        "It leaves the most on a unit; it may sell few of them.": of["margin"] / of["quantity"],
    }
    given = answer(rows.drop(columns="margin"))
    if str(given) != right:
        for hint, measure in mistakes.items():
            if str(given) == str(measure.idxmax()):
                raise NotYetError(f"Not yet. {hint}")
        raise NotYetError(f"Not yet: {given!r} is another one. Return the name of a product.")
    name = Name(str(case.products.loc[right, "name"]))
    say(f"Right: {name} leaves the most.", name)


def check_repeat_orders(answer: Callable[[pd.DataFrame], float], case: Customers) -> None:
    """Accept the mean number of orders after the first.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    rows = case.purchases[["customer", "date"]]
    orders = rows["date"].dt.normalize().groupby(rows["customer"]).nunique()
    repeats = orders - 1
    right = float(repeats.mean())
    mistakes = {
        "That counts the first order as well.": float(orders.mean()),
        "That counts purchases; several on one day are one order.": float(
            rows.groupby("customer").size().mean() - 1
        ),
        "That is a sum; divide by the customers.": float(repeats.sum()),
        "Customers with a single order count as well, with none.": float(
            repeats[repeats > 0].mean()
        ),
    }
    judge(answer(rows.copy()), right, mistakes)
    found = Fact("repeats", right, decimals=1)
    say(f"Right: a customer of this run has {found} repeat orders on average.", found)


def check_scaled_alike(answer: Callable[[Array], Sequence[float]], case: Customers) -> None:
    """Accept values with mean zero and standard deviation one.

    Raises:
        NotYetError: for any other numbers, with a hint where the mistake is a typical one.
    """
    x = np.asarray(case.rng("exercise scales").lognormal(3.0, 1.0, 41))
    centred = x - x.mean()
    right = centred / x.std()
    mistakes = {
        "The mean is not zero; take it off.": x / x.std(),
        "The standard deviation is not one; divide by it.": centred,
        "That divides by the variance; divide by its root.": centred / x.var(),
        "That is a scale from zero to one; ask for mean and standard deviation.": (x - x.min())
        / np.ptp(x),
        "That is the standard deviation of a sample; take that of the list itself.": centred
        / x.std(ddof=1),
    }
    judge_all(answer(x.copy()), right, mistakes)
    most = Fact("most", float(right.max()), decimals=1)
    say(f"Right: the largest number lies {most} standard deviations above the mean.", most)


def check_offer_gain(answer: Callable[[Array, float, float], float], case: Customers) -> None:
    """Accept what an offer adds less what it costs.

    Raises:
        NotYetError: for any other number, with a hint where the mistake is a typical one.
    """
    p = case.parameters
    rng = case.rng("exercise offer")
    right = 0.0
    for cost, raises in ((2.5, 0.08), (p.offer_cost, p.offer_gain)):
        money = np.asarray(rng.lognormal(4.0, 1.0, 23))
        total, n = float(money.sum()), len(money)
        right = raises * total - cost * n
        mistakes = {
            "The offer costs something for each customer.": raises * total - cost,
            "That is without the cost.": raises * total,
            "What they bring anyway is no gain of the offer.": (1 + raises) * total - cost * n,
            "That is the gain from one customer; ask for all.": right / n,
        }
        judge(answer(money.copy(), cost, raises), right, mistakes)
    found = Fact("gain", right, decimals=1)
    say(f"Right: at the cost and the effect of this run such an offer gains {found}.", found)


def check_speaks_for_kinds(answer: Collection[str], case: Customers) -> None:
    """Accept the observations that are a reason to believe in kinds.

    Raises:
        NotYetError: for anything else, with the reason about one that is missing or too many.
    """
    judge_reasons(answer, REASONS, NO_REASONS, missing="What would only kinds leave behind?")
    count = Fact("reasons", len(REASONS), "count")
    say(f"Right: these {count} would be reasons. The others one cloud gives as well.", count)
