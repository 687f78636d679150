"""The published report that this chapter began as, beside a run: what it says of recommendations.

Its statements are those of its section on SVD++; it prints no number for any of them. Each is
asked of the purchases of a run, by rules that stand here: thresholds that the report leaves open
are chosen once, above, and said with the verdict.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ...methods.lists import interactions, list_quality, rating_errors, ratings, svd_plus_plus
from ...methods.lists.list_quality import Quality
from ...methods.lists.rating_errors import RatingErrors
from ...methods.lists.ratings import Ratings
from ...methods.lists.svd_plus_plus import SvdPlusPlus
from ...story.estimates import Estimate
from ...story.facts import Fact
from ...story.findings import Finding
from ...story.names import Name
from ..published_report import (
    FAILS,
    OPEN,
    Claim,
    Statement,
    settled,
    verdict_of,
)
from . import trials
from .lists import Lists
from .original_constants import specification
from .trials import NEW, Trial

__all__ = ["Found", "find", "specification", "statements"]

Array = NDArray[np.float64]

SPARSE = 0.05  # share of pairs up to which a table is sparse
MOSTLY = 0.5  # share from which on something is mostly so
SAME = 0.95  # mean rank correlation from which on two orders are one
NO_MODEL = "There is no such model in this run."
NO_LISTS = "Nobody bought anything later that could be on a list."

SPARSE_TABLE = Claim("sparse", "Customers and products meet sparsely", "Why SVD++")
FEEDBACK = Claim("feedback", "What customers pay says what they like", "Why SVD++")
OUTLIERS = Claim("outliers", "Logarithms tame outliers", "Data preparation")
ACCURATE = Claim("accurate", "Implicit signals make predictions more accurate", "Why SVD++")
HELD_OUT = Claim("held_out", "The held-out part tests what is new", "Model training")
UNSEEN = Claim("unseen", "Products not bought before are what to show", "Generating")
TAILORED = Claim("tailored", "Each customer gets a list of their own", "Generating")
INTEREST = Claim("interest", "A predicted rating is a customer's interest", "Generating")
LISTS = Claim("lists", "SVD++ makes better lists than simple rules", "Why SVD++")
EXPLAINED = Claim("explained", "Popularity explains what is shown", "Innovative aspects")
POPULAR = Claim("popular", "Popularity is of use to lists", "Innovative aspects")
SATISFIED = Claim("satisfied", "The lists raise satisfaction and growth", "Conclusion")


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What a run has worked out and statements rest on.

    Attributes:
        learnt, tested: ratings of both parts of a record that was cut at random.
        errors: RMSE on the second part, `SVD++` and the baselines, against `SVD++`.
        trial: of lists, cut by time.
        model: SVD++ made before that cut; None where nothing was bought.
        quality: of lists of new products, by `svd`, `best` (bestsellers) and `lot`.
    """

    learnt: Ratings
    tested: Ratings
    errors: RatingErrors
    trial: Trial
    model: SvdPlusPlus | None
    quality: dict[str, Quality]


def statements(case: Lists, found: Found | None = None) -> list[Statement]:
    """Return what the report says of recommendations, and what this run says of that.

    Without `found` it is worked out with the first settings of the grid.
    """
    found = find(case) if found is None else found
    if found.model is not None and found.model.reason:
        found = replace(found, model=None)
    return _Asked(case, found).every()


def find(case: Lists) -> Found:
    """Return what statements rest on, with the first settings of the grid."""
    p = case.parameters
    settings: dict[str, Any] = {
        "factors": p.factors[0],
        "epochs": p.epochs[0],
        "rate": p.rates[0],
        "regularisation": p.penalties[0],
        "seed": p.seed,
    }
    told: dict[str, Any] = {"level": 1 - p.alpha, "seed": p.seed, "draws": p.draws}
    paid = case.purchases[case.purchases["amount"] > 0]
    learnt, tested = ratings.train_and_test(paid, p.held_back, seed=p.seed)
    foretold = rating_errors.baselines(learnt, tested)
    slide = svd_plus_plus.fit(learnt, **settings)
    if not slide.reason:
        foretold = {"SVD++": slide.predict(tested.customer, tested.product)} | foretold
    main = trials.trial(case, interactions.split_by_time(case.purchases, p.held_back))
    before = ratings.ratings(paid[paid["date"] < main.split.at], main.customers, main.products)
    model = svd_plus_plus.fit(before, **settings) if len(before) else None
    rng = case.rng("lists by lot")
    scores = {
        "best": np.tile(main.train.popularity, (len(main.customers), 1)),
        "lot": rng.random(main.train.shape),
    }
    if model is not None and not model.reason:
        scores["svd"] = model.scores()
    return Found(
        learnt=learnt,
        tested=tested,
        errors=rating_errors.errors(foretold, tested, **told),
        trial=main,
        model=None if "svd" not in scores else model,
        quality={
            key: main.judge(main.lists(one, NEW, p.shown), NEW, **told)
            for key, one in scores.items()
        },
    )


@dataclass(frozen=True)
class _Asked:
    """The report's model of one run."""

    case: Lists
    found: Found

    def every(self) -> list[Statement]:
        return [
            self.sparse(),
            self.feedback(),
            self.outliers(),
            self.accurate(),
            self.held_out(),
            self.unseen(),
            self.tailored(),
            self.interest(),
            self.lists(),
            self.explained(),
            self.popular(),
            SATISFIED.stands(OPEN, "Nobody was shown a list by lot, so no table can tell."),
        ]

    def sparse(self) -> Statement:
        held = interactions.interactions(
            self.case.purchases, self.case.customers, self.case.products.index
        )
        facts = (
            Fact("density", held.density, "share", decimals=1),
            Fact("sparse_below", SPARSE, "share"),
        )
        because = f"Of all pairs {facts[0]} were bought; up to {facts[1]} is called sparse here."
        return SPARSE_TABLE.stands(verdict_of(held.density <= SPARSE), because, *facts)

    def feedback(self) -> Statement:
        value = pd.Series(self.found.learnt.value)
        if not len(value) or not value.var() > 0:
            return FEEDBACK.stands(OPEN, "All amounts are alike.")
        means = value.groupby(self.found.learnt.product).transform("mean")
        fact = Fact("between", float(means.var() / value.var()), "share", decimals=1)
        because = f"Which product it is, and so what it costs, explains {fact} of how ratings vary."
        return FEEDBACK.stands(verdict_of(fact.value < MOSTLY), because, fact)

    def outliers(self) -> Statement:
        amount = self.case.purchases["amount"].to_numpy(dtype=float)
        paid = amount[amount > 0]
        if len(paid) < 3 or not np.ptp(paid):
            return OUTLIERS.stands(OPEN, "All amounts are alike.")
        facts = (
            Fact("skewness", float(stats.skew(paid)), decimals=2),
            Fact("log_skewness", float(stats.skew(np.log1p(paid))), decimals=2),
        )
        is_so = abs(facts[1].value) < abs(facts[0].value)
        because = f"The skewness of amounts is {facts[0]}, that of their logarithms {facts[1]}."
        return OUTLIERS.stands(verdict_of(is_so), because, *facts)

    def accurate(self) -> Statement:
        errors = self.found.errors
        more = errors.differences.get("biases") if errors.against == "SVD++" else None
        own = errors.rmse.get("SVD++")
        if own is None or more is None:
            return ACCURATE.stands(OPEN, NO_MODEL)
        facts = (self._finding("own_rmse", own), self._finding("behind", more))
        because = (
            f"Its RMSE is {facts[0]:value}; that of biases alone, which know nothing of tastes, is "
            f"{facts[1]:change} ({facts[1]:interval})."
        )
        return ACCURATE.stands(verdict_of(settled(more)), because, *facts)

    def held_out(self) -> Statement:
        if not len(self.found.tested):
            return HELD_OUT.stands(OPEN, "Nothing was held out.")
        seen = self.found.tested.seen_in(self.found.learnt)
        fact = Fact("seen", float(seen.mean()), "share", decimals=1)
        because = f"Of what is held out, {fact} are pairs that the model has learnt from."
        return HELD_OUT.stands(verdict_of(fact.value < MOSTLY), because, fact)

    def unseen(self) -> Statement:
        trial = self.found.trial
        known = interactions.repeated(trial.train, trial.later, **self._told)
        if known is None:
            return UNSEEN.stands(OPEN, NO_LISTS)
        fact = self._finding("known_later", known)
        is_so = None if known.covers(MOSTLY) else known.value < MOSTLY
        because = (
            f"Of the pairs that are bought later, {fact:value} ({fact:interval}) had been bought "
            "before, and such lists leave them out."
        )
        return UNSEEN.stands(verdict_of(is_so), because, fact)

    def tailored(self) -> Statement:
        if self.found.model is None:
            return TAILORED.stands(OPEN, NO_MODEL)
        same = self._with(self.scores.mean(axis=0))
        if same is None:
            return TAILORED.stands(OPEN, "There are too few products to put in order.")
        because = (
            "A customer's order of products has the mean rank correlation "
            f"{same} with the order that is the same for all."
        )
        return TAILORED.stands(verdict_of(same.value < SAME), because, same)

    def interest(self) -> Statement:
        if self.found.model is None:
            return INTEREST.stands(OPEN, NO_MODEL)
        price = None
        if "price" in self.case.products:
            prices = self.case.products["price"].reindex(self.found.trial.products)
            price = self._with(prices.to_numpy(dtype=float))
        if price is None:
            return INTEREST.stands(OPEN, "Prices are not known of every product.")
        because = f"The mean rank correlation of ratings with prices is {price}."
        return INTEREST.stands(FAILS if price.value >= SAME else OPEN, because, price)

    def lists(self) -> Statement:
        return self._better(LISTS, "svd", "best", "those of SVD++ than in those of bestsellers")

    def explained(self) -> Statement:
        if self.found.model is None:
            return EXPLAINED.stands(OPEN, NO_MODEL)
        own = self._with(self.found.trial.train.popularity)
        if own is None:
            return EXPLAINED.stands(OPEN, "All products are bought alike.")
        because = (
            f"The model's order of products has the mean rank correlation {own} with their "
            "popularity."
        )
        return EXPLAINED.stands(verdict_of(own.value >= MOSTLY), because, own)

    def popular(self) -> Statement:
        return self._better(POPULAR, "best", "lot", "those of bestsellers than in lists by lot")

    def _better(self, claim: Claim, key: str, other: str, which: str) -> Statement:
        """Ask whether lists hold more of what is bought later than others do, by NDCG."""
        quality = self.found.quality
        if key not in quality or other not in quality:
            return claim.stands(OPEN, NO_MODEL)
        if quality[key].ndcg is None or quality[other].ndcg is None:
            return claim.stands(OPEN, NO_LISTS)
        more = list_quality.difference(quality[key], quality[other], "ndcg", **self._told)
        if more is None:
            return claim.stands(OPEN, NO_LISTS)
        fact = self._finding(f"{key}_over_{other}", more)
        because = f"NDCG is {fact:change} in {which} ({fact:interval})."
        return claim.stands(verdict_of(settled(more)), because, fact)

    @property
    def _told(self) -> dict[str, Any]:
        p = self.case.parameters
        return {"level": 1 - p.alpha, "seed": p.seed, "draws": p.draws}

    @cached_property
    def scores(self) -> Array:
        """Scores of known customers."""
        assert self.found.model is not None
        return self.found.model.scores()[self.found.trial.known]

    def _with(self, values: Array) -> Fact | None:
        """Return the mean rank correlation of customers' scores with values of products."""
        if (
            len(values) < 3
            or not np.isfinite(values).all()
            or not np.ptp(values)
            or not len(self.scores)
        ):
            return None
        ranks = stats.rankdata(self.scores, axis=1)
        own = stats.rankdata(values)
        ranks, own = ranks - ranks.mean(axis=1, keepdims=True), own - own.mean()
        spread = np.sqrt(np.square(ranks).sum(axis=1) * np.square(own).sum())
        found = (ranks @ own)[spread > 0] / spread[spread > 0]
        return Fact("rank_correlation", float(found.mean()), decimals=3) if len(found) else None

    def _finding(self, name: str, estimate: Estimate) -> Finding:
        return Finding(f"original_{name}", Name(name.replace("_", " ")), estimate)
