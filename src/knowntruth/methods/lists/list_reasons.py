"""Reasons: why a product is shown, from the model that put it on the list.

A *reason* is a bought product that adds to the score; its *part* is what it adds. Parts are exact
for the models of `list_models` and `popularity`: those named and the rest make the score. Scores
by popularity also have *factors*: shares whose product is the score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from ..checks import check_at_least
from .list_models import HistoryModel
from .popularity import Popularity, PopularityWithinCategory
from .top_lists import NOTHING, top


@dataclass(frozen=True, kw_only=True)
class Bought:
    """A bought product that adds to a score: its name, how often it was bought, what it adds."""

    product: str
    times: int
    part: float


@dataclass(frozen=True, kw_only=True)
class Factor:
    """A share that a score is a product of: what it is a share of, of which label, its value."""

    of: str
    label: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Reasons:
    """Why a product has its score.

    Attributes:
        customer, product: whose score of what.
        score: the sum of the parts of `bought` and of `rest`.
        bought: the bought products that add most, the largest first; only those that add.
        rest: what all else adds or takes away.
        factors: the shares whose product is the score; empty for models that only add.
        reason: why nothing is named, or "".
    """

    customer: str
    product: str
    score: float
    bought: tuple[Bought, ...] = ()
    rest: float = 0.0
    factors: tuple[Factor, ...] = ()
    reason: str = ""


def reasons(model: HistoryModel, customer: str, product: str, *, most: int = 3) -> Reasons:
    """Return why a customer of the training data is shown a product.

    Raises:
        ValueError: a customer or product that the model does not know, or fewer than one reason.
    """
    check_at_least("the number of reasons", most, 1)
    train = model.train
    for name, known, kind in (
        (customer, train.customers, "customer"),
        (product, train.products, "product"),
    ):
        if name not in known:
            raise ValueError(f"the model knows no {kind} {name!r}")
    row = train.customers.get_indexer(pd.Index([customer]))
    column = int(train.products.get_indexer(pd.Index([product]))[0])
    history = train.counts[row]
    score = float(model.scores_from(history)[0, column])
    parts = model.parts(history, np.array([column]))
    named = [place for place in top(parts, most, parts > 0)[0] if place != NOTHING]
    times = history.toarray()[0]
    bought = tuple(
        Bought(
            product=str(train.products[place]),
            times=int(times[place]),
            part=float(parts[0, place]),
        )
        for place in named
    )
    return Reasons(
        customer=customer,
        product=product,
        score=score,
        bought=bought,
        rest=score - sum(one.part for one in bought),
        factors=_factors(model, history, column),
        reason="" if bought else _why_none(model, history),
    )


def _factors(model: HistoryModel, history: sparse.csr_array, column: int) -> tuple[Factor, ...]:
    label = str(model.train.products[column])
    if isinstance(model, Popularity):
        return (Factor(of="all purchases", label=label, value=float(model.share[column])),)
    if isinstance(model, PopularityWithinCategory):
        category = model.category[column]
        return (
            Factor(
                of="the customer's purchases",
                label=model.categories[category],
                value=float(model.category_shares(history)[0, category]),
            ),
            Factor(
                of="the category's purchases",
                label=label,
                value=float(model.share_within[column]),
            ),
        )
    return ()


def _why_none(model: HistoryModel, history: sparse.csr_array) -> str:
    if isinstance(model, Popularity):
        return "All customers are shown the same products: what is bought most."
    if history.nnz == 0:
        return f"The customer has bought nothing yet. {model.cold}"
    return "Nothing that the customer has bought adds to the score."
