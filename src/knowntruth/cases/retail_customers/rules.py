"""Rules by which an offer could go to some customers, and what customers bring.

A *rule* is a score a customer, the highest first. What customers *bring* is margin where costs are
known, and revenue where they are not.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ...methods.groups import features, k_means
from ...methods.shops import customer_features, lifetime_value, order_histories
from ...methods.shops.purchases import margins

USED = ("total_spending", "shopping_days", "spend_per_item")


def margin_shares(purchases: pd.DataFrame) -> float | pd.Series:
    """Return the share of margin in each customer's revenue, as far as costs are known.

    1 for all where none are, so that revenue stands in for margin. Customers none of whose
    purchases has a known cost are left out.
    """
    margin = margins(purchases)
    known = np.isfinite(margin)
    if not known.any():
        return 1.0
    rows = pd.DataFrame(
        {"margin": margin[known], "amount": purchases["amount"].to_numpy(dtype=float)[known]}
    )
    sums = rows.groupby(purchases["customer"].to_numpy()[known]).sum()
    return sums["margin"] / sums["amount"]


def brought(purchases: pd.DataFrame, customers: pd.Index) -> pd.Series:
    """Return what each of some customers brought.

    Purchases whose cost is not known leave the same share of margin as all others do together.
    """
    margin, amount = margins(purchases), purchases["amount"].to_numpy(dtype=float)
    known = np.isfinite(margin)
    share = margin[known].sum() / amount[known].sum() if known.any() else 1.0
    kept = np.where(known, margin, share * amount)
    sums = pd.Series(kept).groupby(purchases["customer"].to_numpy()).sum()
    return sums.reindex(customers, fill_value=0.0).astype(float)


def rules(
    purchases: pd.DataFrame,
    *,
    end: pd.Timestamp,
    horizon: float,
    clusters: int,
    level: float,
    seed: int,
) -> Mapping[str, pd.Series]:
    """Return the score of each customer by each rule, from purchases before `end` alone.

    - `spending`: total spending;
    - `segment`: mean spending of the segment, made as in the published report; within one by lot;
    - `value`: what lifetime value expects over the horizon; missing where it has no model;
    - `lot`: by lot.

    Raises:
        DataError: without a purchase before the end.
    """
    known = purchases[purchases["date"] < end]
    past = order_histories.histories(known, end=end)
    table = customer_features.published(known).reindex(past.index)
    of = k_means.k_means(features.standardised(table[list(USED)]), clusters, seed=seed).labels
    spending = table["total_spending"]
    lots = pd.Series(np.random.default_rng(seed).random(len(past)), index=past.index)
    found = {
        "spending": spending,
        # The lot decides between customers of one segment and moves none past another's.
        "segment": spending.groupby(of).transform("mean").rank(method="dense") + 0.5 * lots,
    }
    value = lifetime_value.lifetime_value(
        past, horizon=horizon, margin=margin_shares(known), level=level
    )
    if not value.reason:
        found["value"] = value.customers["money"]
    return found | {"lot": lots}
