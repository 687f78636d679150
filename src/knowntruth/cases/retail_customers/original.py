"""The published report that this chapter began as, beside a run: what it says of customers.

Its statements are those of its sections on sales and on k-means; it prints no number for any of
them. Each is asked of the purchases of a run, by rules that stand here: thresholds that the report
leaves open are chosen once, above, and said with the verdict. `original_sales` has what it says of
sales, and `original_constants` its specification.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import stats

from ...methods import rank_correlation
from ...methods.groups import cluster_number, clusters, features, k_means, valleys
from ...methods.groups.clusters import Array
from ...methods.groups.k_means import KMeans
from ...methods.shops import customer_features, segment_names
from ...methods.shops.purchases import margins
from ...story.facts import Fact, PValue
from ..published_report import FAILS, HOLDS, OPEN, Claim, Statement, verdict_of
from .customers import Customers
from .original_constants import SEGMENTS, specification
from .original_sales import sales

__all__ = ["SEGMENTS", "specification", "statements"]

USED = ("total_spending", "shopping_days", "spend_per_item")
TRIED = range(2, 9)  # numbers of segments
MOST = 1_000  # customers that the silhouette looks at
ALIKE = 0.5  # correlation from which on two features say much the same
AGREES = 0.5  # adjusted Rand index from which on segments are the kinds
SIGNIFICANT = 1 / SEGMENTS  # share of customers: an even one of them

DESCRIBED = {
    "Value Seekers": "Value Seekers spend little and shop rarely",
    "Frequent Shoppers": "Frequent Shoppers shop often and spend a middling sum",
    "Occasional Buyers": "Occasional Buyers spend a middling sum and shop rarely",
    "High Spenders": "High Spenders spend much and shop often",
}
LARGE = Claim(
    "value_seekers", "Value Seekers are many and bring little revenue", "K-means: findings"
)
PROFIT = Claim("high_spenders", "High Spenders are the most profitable", "K-means: findings")
EQUAL = Claim("equal", "Once scaled, each feature contributes equally", "K-means: scaling")
DISTINCT = Claim("distinct", "K-means finds four distinct segments", "K-means: clustering")
FOUR = Claim("four", "Exploration leads to four segments", "K-means: clustering")
KINDS = Claim("kinds", "The segments are who customers are", "K-means: conclusion")
OFTEN = Claim("often", "Some customers shop more often than others", "K-means: segments")
TARGETS = Claim("targets", "Offers made for a segment raise what it brings", "K-means: conclusion")


def statements(case: Customers) -> list[Statement]:
    """Return what the report says of sales and of customers, and what this run says of that."""
    return [*sales(case), *_Asked(case).every()]


@dataclass(frozen=True)
class _Asked:
    """The report's segments of one run."""

    case: Customers

    def every(self) -> list[Statement]:
        return [
            self.often(),
            self.equal(),
            self.distinct(),
            self.four(),
            self.kinds(),
            *self.described(),
            self.large(),
            self.profit(),
            TARGETS.stands(OPEN, "No customer got an offer by lot, so no table can tell."),
        ]

    def often(self) -> Statement:
        days = self.table["shopping_days"].to_numpy(dtype=float)
        n = len(days)
        if n < 2:
            return OFTEN.stands(OPEN, "A single customer is neither often nor rarely there.")
        ratio = float(days.var(ddof=1) / days.mean())
        p = PValue("often_p", float(stats.chi2.sf((n - 1) * ratio, n - 1)))
        fact = Fact("often", ratio, decimals=2)
        because = (
            f"Shopping days vary {fact} times as much as they would by chance at most if all "
            f"shopped alike ({p})."
        )
        return OFTEN.stands(verdict_of(p.value < self.case.parameters.alpha), because, fact, p)

    def equal(self) -> Statement:
        names = [(a, b) for at, a in enumerate(USED) for b in USED[at + 1 :]]
        found = [
            rank_correlation.rank_correlation(
                self.table[a].to_numpy(dtype=float),
                self.table[b].to_numpy(dtype=float),
                level=self.level,
            )
            for a, b in names
        ]
        known = [one for one in found if one is not None]
        if not known:
            return EQUAL.stands(OPEN, "Too few customers differ in these features.")
        most = max(known, key=lambda one: abs(one.value))
        is_equal = None
        if most.low > ALIKE or most.high < -ALIKE:
            is_equal = False
        elif most.low > -ALIKE and most.high < ALIKE:
            is_equal = True
        because = f"Two of its three features have the rank correlation {most} ({most:interval})"
        because += ", so that one thing votes twice." if is_equal is False else "."
        return EQUAL.stands(verdict_of(is_equal), because, most)

    def distinct(self) -> Statement:
        looked = valleys.valleys(self.scaled, SEGMENTS, seed=self.seed)
        if not looked or self.segments.reason:
            return DISTINCT.stands(OPEN, "The segments are too small to look between them.")
        # Only segments that are next to each other have customers between them.
        alpha = self.case.parameters.alpha
        clear = sum(one.adjusted < alpha for one in looked)
        facts = (
            Fact("looked", float(len(looked)), "count"),
            Fact("clear", float(clear), "count"),
        )
        because = (
            f"Of {facts[0]} looks between two segments, {facts[1]} found a hollow beyond chance."
        )
        return DISTINCT.stands(verdict_of(clear == len(looked)), because, *facts)

    def four(self) -> Statement:
        x = self.scaled[clusters.sampled(len(self.scaled), MOST, self.seed)]
        found = {}
        for k in TRIED:
            labels = k_means.k_means(x, k, seed=self.seed, starts=3).labels
            if len(set(labels.tolist())) == k < len(x):
                found[k] = float(cluster_number.silhouettes(x, labels).mean())
        if SEGMENTS not in found:
            return FOUR.stands(OPEN, "Too few customers differ for as many segments.")
        best = max(found, key=found.__getitem__)
        facts = (
            Fact("best_k", float(best), "count"),
            Fact("best_silhouette", found[best], decimals=2),
            Fact("asserted_k", float(SEGMENTS), "count"),
            Fact("silhouette", found[SEGMENTS], decimals=2),
        )
        if best == SEGMENTS:
            because = f"With {facts[2]} segments the silhouette is highest, {facts[3]}."
        else:
            because = (
                f"The silhouette is highest with {facts[0]} segments, {facts[1]}; with {facts[2]} "
                f"it is {facts[3]}."
            )
        return FOUR.stands(verdict_of(best == SEGMENTS), because, *facts)

    def kinds(self) -> Statement:
        true = self.case.kinds
        if self.case.truth is None or len(self.table) < 3:
            return KINDS.stands(OPEN, "Nobody knows who these customers are.")
        if not true:
            return KINDS.stands(FAILS, "All customers are of one kind.")
        found = [
            clusters.agreement(
                self.segments.labels, one.reindex(self.table.index).to_numpy(), level=self.level
            )
            for one in true.values()
        ]
        most = max(found, key=lambda one: one.value)
        is_so = None if most.covers(AGREES) else most.low > AGREES
        because = (
            f"With the true kinds they agree by {most} ({most:interval}) at most, where one would "
            "be the same and zero is chance."
        )
        return KINDS.stands(verdict_of(is_so), because, most)

    def described(self) -> list[Statement]:
        found = []
        for name, says in DESCRIBED.items():
            claim = Claim(name.lower().replace(" ", "_") + "_fit", says, "K-means: segments")
            if self.segments.reason:
                found.append(claim.stands(OPEN, "There are not as many segments to look at."))
                continue
            fits = self.fits[name]
            fact = Fact("fitting", float(len(fits)), "count")
            because = "No segment has its centre there."
            if fits:
                because = f"{fact} segment has its centre there."
            if len(fits) > 1:
                because = f"{fact} segments have their centres there."
            found.append(claim.stands(HOLDS if fits else FAILS, because, fact))
        return found

    def large(self) -> Statement:
        fits = () if self.segments.reason else self.fits["Value Seekers"]
        if not fits:
            return LARGE.stands(OPEN, "No segment fits their description.")
        are = np.isin(self.segments.labels, np.array(fits))
        spending = self.table["total_spending"].to_numpy()
        facts = (
            Fact("seekers", float(are.mean()), "share", decimals=1),
            Fact("their_revenue", float(spending[are].sum() / spending.sum()), "share", decimals=1),
        )
        is_so = facts[0].value >= SIGNIFICANT and facts[1].value < facts[0].value
        because = f"They are {facts[0]} of customers with {facts[1]} of revenue."
        return LARGE.stands(verdict_of(is_so), because, *facts)

    def profit(self) -> Statement:
        fits = () if self.segments.reason else self.fits["High Spenders"]
        margin = margins(self.case.purchases)
        if not fits:
            return PROFIT.stands(OPEN, "No segment fits their description.")
        if not np.isfinite(margin).all():
            return PROFIT.stands(OPEN, "Without costs nobody knows what is profitable.")
        each = pd.Series(margin).groupby(self.case.purchases["customer"].to_numpy()).sum()
        each = each.reindex(self.table.index)
        of_segment = each.groupby(self.segments.labels).mean()
        own = of_segment[of_segment.index.isin(fits)]
        facts = (
            Fact("their_margin", float(own.max()), decimals=0),
            Fact("most_margin", float(of_segment.max()), decimals=0),
        )
        is_so = bool(own.max() == of_segment.max())
        because = f"A customer of theirs leaves a margin of {facts[0]} on average"
        because += ", the most." if is_so else f"; in another segment it is {facts[1]}."
        return PROFIT.stands(verdict_of(is_so), because, *facts)

    @property
    def level(self) -> float:
        return 1 - self.case.parameters.alpha

    @property
    def seed(self) -> int:
        return int(self.case.parameters.seed % 2**31)

    @cached_property
    def table(self) -> pd.DataFrame:
        return customer_features.published(self.case.purchases)

    @cached_property
    def scaled(self) -> Array:
        return features.standardised(self.table[list(USED)])

    @cached_property
    def segments(self) -> KMeans:
        return k_means.k_means(self.scaled, SEGMENTS, seed=self.seed)

    @cached_property
    def fits(self) -> Mapping[str, tuple[Hashable, ...]]:
        named = segment_names.name_segments(self.table[list(USED)], self.segments.labels)
        return segment_names.matches_published(named.levels)
