"""One of many shops: what the chapter's methods answer in it, and what is true there.

Worlds here differ by their seed alone. The *reference* is what they share. Methods are the
chapter's own, with fewer draws, starts and references: what varies from world to world is far
more than what these leave to chance. A *claim* is a value without any doubt: its interval has no
width. *Kinds* are customers who differ in truth; *segments* are what a method makes. What is said
of the days ahead is said of the *known*: customers with a purchase on record.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...methods.groups import cluster_number, clusters, features, k_means, structure
from ...methods.groups.cluster_number import Choice
from ...methods.groups.clusters import Labels
from ...methods.intervals import z_interval
from ...methods.shops import customer_features, key_figures, offers, order_histories, sales_by_group
from ...methods.shops.key_figures import KeyFigures
from ...methods.shops.lifetime_value import LifetimeValue, lifetime_value
from ...methods.shops.offers import Offer
from ...methods.shops.sales_by_group import Best
from ...story.estimates import Estimate
from ...worlds.retail.truth import Truth
from ...worlds.retail.world import simulate
from ..many_worlds import NOTHING, Answer
from ..retail import world_parameters
from . import rules
from .customers import KnownCustomers
from .parameters import Parameters

Array = NDArray[np.float64]
Features = Literal["published", "better", "habits"]
Figure = Literal["average_order_value", "revenue_per_unit", "margin_share"]
Rule = Literal["spending", "segment", "value"]
Scores = Mapping[str, pd.Series]  # of each customer, by rule

MOST_SEED = 2**31  # scikit-learn takes no larger one
# What a replicate spends; the chapter spends several times as much.
EFFORT: dict[str, Any] = {"starts": 2, "references": 4, "resamples": 3, "most": 300}
STARTS = 3
DRAWS = 200
FEWEST_ALIKE, FEWEST_TRIED = 3, 2  # customers of whom anything can be said
FEWEST_REFERENCES, MOST_REFERENCES = 19, 100


@dataclass(frozen=True)
class Reference:
    """What worlds that differ by their seed alone have in common.

    Attributes:
        p: their parameters.
        kinds: how many kinds of customers there may be; 1 where all do the same.
    """

    p: Parameters
    kinds: int

    @classmethod
    def of(cls, p: Parameters) -> Reference:
        """Return what worlds of these parameters share."""
        classes = (p.extra_units, p.power_shares), (p.frequency_factors, p.frequency_shares)
        # Classes that do the same are one, and a class of nobody is none.
        numbers = [
            len({what for what, share in zip(values, shares, strict=True) if share > 0})
            for values, shares in classes
        ]
        return cls(p=p, kinds=math.prod(numbers))


class Replicate:
    """One world, its record, and the answers of methods that get nothing else."""

    def __init__(self, p: Parameters) -> None:
        """Simulate the world of these parameters."""
        world = simulate(world_parameters(p))
        self.p = p
        self.truth: Truth = world.truth
        self.known = KnownCustomers(world)
        self.purchases = world.purchases()
        self.end = pd.Timestamp(p.first_day) + pd.Timedelta(days=p.days)
        self.level = 1 - p.alpha
        self.number = p.seed % MOST_SEED

    # What sells.

    def figure(self, name: Figure) -> Answer:
        """Return a key figure."""
        return _ends(getattr(self._figures, name))

    def row_value(self) -> Answer:
        """Return the mean amount of rows, as if each were an order for itself."""
        amount = self.purchases["amount"].to_numpy(dtype=float)
        return self._mean(amount)

    def top_category(self) -> Answer:
        """Return the share of revenue of the category that has the most on record."""
        row = self._categories.iloc[0]
        ends = (row["share_of_revenue_low"], row["share_of_revenue_high"])
        if not np.isfinite(ends).all():
            return NOTHING
        return (float(row["share_of_revenue"]), float(ends[0]), float(ends[1]))

    def true_top_category(self) -> float:
        """Return the share of revenue that was to be expected of that category."""
        return self.known.revenue_share(str(self._categories.index[0]))

    def dearest(self) -> Answer:
        """Return the place by margin of the product with the most revenue a unit."""
        return self._place(self._best("revenue_per_unit"))

    def best_earner(self, *, surely: bool = False) -> Answer:
        """Return the place by margin of the product with the most margin on record.

        `surely`: only where nearly all draws of customers put it first.
        """
        found = self._best("margin")
        return NOTHING if surely and not found.chance >= self.level else self._place(found)

    def _place(self, found: Best) -> Answer:
        return NOTHING if found.reason else _claim(self.known.rank(str(found.name), "margin"))

    def _best(self, measure: Literal["revenue_per_unit", "margin"]) -> Best:
        return sales_by_group.best(
            self.purchases, "product", measure=measure, seed=self.number, draws=DRAWS
        )

    @cached_property
    def _figures(self) -> KeyFigures:
        return key_figures.key_figures(
            self.purchases, level=self.level, seed=self.number, draws=DRAWS
        )

    @cached_property
    def _categories(self) -> pd.DataFrame:
        return sales_by_group.by(
            self.purchases, "category", level=self.level, seed=self.number, draws=DRAWS
        )

    # Kinds of customers.

    @property
    def kinds(self) -> float:
        """Number of kinds of customers."""
        return self.known.segments()

    def asserted(self) -> Answer:
        """Return the number of segments that is asserted."""
        return _claim(self.p.clusters)

    def chosen(self, rule: Literal["silhouette", "gap"]) -> Answer:
        """Return how many kinds a rule claims, from the features of the report."""
        return _claim(getattr(self._choice, f"by_{rule}"))

    def has_kinds(self, kind: Features) -> Answer:
        """Return whether there are kinds, 1 or 0; what finds none does not say there are none."""
        # With fewer references no p-value would be below what is asked.
        enough = math.ceil(1 / self.p.alpha)
        found = structure.structure(
            self._values(kind), seed=self.number, level=self.level, starts=1,
            references=min(max(enough, FEWEST_REFERENCES), MOST_REFERENCES),
        )  # fmt: skip
        if found.reason:
            return NOTHING
        return (1.0, 1.0, 1.0) if found.has_types else (0.0, 0.0, 1.0)

    def like_kinds(self, kind: Features) -> Answer:
        """Return how far as many segments as are asserted agree with the kinds."""
        every = list(self.known.kinds.values())
        if not every or len(self._features[kind]) < FEWEST_ALIKE:
            return NOTHING
        true = every[-1].reindex(self._features[kind].index).to_numpy()
        found = self._segments(self._features[kind])
        return _ends(clusters.agreement(found, true, level=self.level))

    @cached_property
    def _choice(self) -> Choice:
        values = self._values("published")
        most = min(self.p.most_clusters, max(len(values) // 4, 2))
        return cluster_number.choose(
            values, range(1, most + 1), seed=self.number, level=self.level, **EFFORT
        )

    def _segments(self, table: pd.DataFrame) -> Labels:
        return k_means.k_means(
            features.standardised(table), self.p.clusters, seed=self.number, starts=STARTS
        ).labels

    def _values(self, kind: Features) -> Array:
        return features.standardised(self._features[kind])

    @cached_property
    def _features(self) -> Mapping[Features, pd.DataFrame]:
        better = customer_features.better(self.purchases, end=self.end)
        return {
            "published": customer_features.published(self.purchases)[list(rules.USED)],
            "better": better,
            "habits": better.drop(columns="silence"),
        }

    # What comes.

    def ahead(self, what: Literal["orders", "money"]) -> Answer:
        """Return what the models expect of a known customer in the days ahead."""
        found = self._lifetime
        if found.reason:
            return NOTHING
        total = found.orders if what == "orders" else found.money
        value, low, high = _ends(total)
        n = len(found.customers)
        return value / n, low / n, high / n

    def as_last_time(self, what: Literal["orders", "money"]) -> Answer:
        """Return what a known customer brought in as many days before the end."""
        start = self.end - pd.Timedelta(days=min(self.p.ahead, self.p.days))
        recent = self.purchases[self.purchases["date"] >= start]
        times = self.p.ahead / (self.end - start).days
        return self._mean(times * _brought(recent, self._known)[what].to_numpy())

    def true_ahead(self, what: Literal["orders", "money"]) -> float:
        """Return what is to be expected of a known customer in the days ahead."""
        column = "later_orders" if what == "orders" else "later_amount"
        return self.known.later(column, self._known) / len(self._known)

    @cached_property
    def _lifetime(self) -> LifetimeValue:
        known = order_histories.histories(self.purchases, end=self.end)
        return lifetime_value(known, horizon=self.p.ahead, level=self.level)

    @property
    def _known(self) -> pd.Index:
        return self._lifetime.customers.index

    # Whom an offer reaches, and what they bring.

    def past_share(self) -> Answer:
        """Return the share of what was brought that those with the most revenue brought."""
        spending = self._at_end["spending"]
        if len(spending) < FEWEST_TRIED:
            return NOTHING
        money = rules.brought(self.purchases, spending.index)
        return _ends(self._offers({"spending": spending}, money)["spending"].in_view)

    def held_back(self, rule: Rule) -> Answer:
        """Return the share that those chosen by a rule before brought in the days held back."""
        return _ends(self._tried[rule].in_view) if rule in self._tried else NOTHING

    def more_held_back(self, rule: Rule) -> Answer:
        """Return by how much that is more than of those chosen by past revenue."""
        total = float(self._brought_back.sum())
        if rule not in self._tried or not total > 0:
            return NOTHING
        value, low, high = _ends(self._tried[rule].more)
        return value / total, low / total, high / total

    def true_in_view(self, rule: Rule) -> float:
        """Return the share of what is to come that is to be expected of those chosen."""
        if rule not in self._at_end:
            return math.nan
        scores = self._at_end[rule]
        expected = self.truth.customers.set_index("customer")["later_margin"]
        later = expected.reindex(scores.index).to_numpy(dtype=float)
        chosen = offers.highest(scores, self.p.cared_for)
        return float(later[chosen].sum() / later.sum()) if later.sum() > 0 else math.nan

    def true_more(self, rule: Rule) -> float:
        """Return by how much that is more than of those chosen by past revenue."""
        return self.true_in_view(rule) - self.true_in_view("spending")

    @cached_property
    def _tried(self) -> Mapping[str, Offer]:
        """What came of those chosen in the days held back; empty where too few bought before."""
        if len(self._brought_back) < FEWEST_TRIED:
            return {}
        return self._offers(self._at_split, self._brought_back)

    def _offers(self, scores: Scores, money: pd.Series[float]) -> Mapping[str, Offer]:
        # An offer that costs nothing and doubles what customers bring gains what they bring.
        return offers.offers(
            scores, money, share=self.p.cared_for, cost=0, raises=1, level=self.level,
            seed=self.number, draws=DRAWS,
        )  # fmt: skip

    @cached_property
    def _brought_back(self) -> pd.Series[float]:
        """What customers with a purchase before the split brought after it."""
        after = self.purchases[self.purchases["date"] >= self._split]
        before = self._at_split.get("spending")
        return rules.brought(after, pd.Index([]) if before is None else before.index)

    @cached_property
    def _at_split(self) -> Scores:
        if not (self.purchases["date"] < self._split).any():
            return {}
        return self._scores(self._split, (self.end - self._split).days)

    @cached_property
    def _at_end(self) -> Scores:
        return self._scores(self.end, self.p.ahead)

    def _scores(self, end: pd.Timestamp, horizon: int) -> Scores:
        return rules.rules(
            self.purchases, end=end, horizon=horizon, clusters=self.p.clusters,
            level=self.level, seed=self.number,
        )  # fmt: skip

    @property
    def _split(self) -> pd.Timestamp:
        back = max(round(self.p.held_back * self.p.days), 1)
        return self.end - pd.Timedelta(days=back)

    def _mean(self, values: Array) -> Answer:
        """Return a mean with its interval, as of so many units that were drawn alike."""
        n = len(values)
        error = float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else 0.0
        return _ends(z_interval(float(values.mean()), error, n, level=self.level, method="z"))


def _brought(purchases: pd.DataFrame, customers: pd.Index) -> pd.DataFrame:
    """Return orders and money of each of some customers."""
    by = purchases.assign(day=purchases["date"].dt.normalize()).groupby("customer")
    found = pd.DataFrame({"orders": by["day"].nunique(), "money": by["amount"].sum()})
    return found.reindex(customers, fill_value=0).astype(float)


def _claim(value: float | None) -> Answer:
    return NOTHING if value is None else (float(value),) * 3


def _ends(estimate: Estimate | None) -> Answer:
    return NOTHING if estimate is None else (estimate.value, estimate.low, estimate.high)
