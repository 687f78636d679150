"""Products: what they are, cost and how popular they are; any number of them.

Products go through the categories in turn, and through the subcategories of each, so that a larger
catalogue holds the smaller one and more of the same kinds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from .parameters import CATEGORIES
from .rules import NAMES, YEAR, Array, Rules

KINDS = len(NAMES)  # categories
EACH = len(CATEGORIES[NAMES[0]])  # subcategories of each
OLDEST = round(3 * YEAR)  # days before the record in which other products were launched


@dataclass(frozen=True)
class Catalogue:
    """All products.

    Attributes:
        category: code of the category of each, by the order of `parameters.CATEGORIES`.
        subcategory: code of its subcategory within it.
        price, cost: money a unit.
        popularity: weight in the choice among products of the category.
        launched: first day on which it is sold, below 0 before the record.
        traits: hidden traits that tastes differ about (products × traits).
        ranks: for each category its products, those launched first before the others.
    """

    category: Array
    subcategory: Array
    price: Array
    cost: Array
    popularity: Array
    launched: Array
    traits: Array
    ranks: tuple[Array, ...]

    def __len__(self) -> int:
        return len(self.price)

    def on_sale(self, category: int, day: Array | int) -> Array:
        """Return how many products of a category have been launched by each day."""
        launched = self.launched[self.ranks[category]]
        return np.asarray(np.searchsorted(launched, day, side="right"))


def catalogue_of(rules: Rules) -> Catalogue:
    """Return the products of the world."""
    p = rules.p
    count = p.products
    number = np.arange(count)
    category, subcategory = number % KINDS, number // KINDS % EACH

    def uniform(name: str) -> Array:
        return rules.generator(f"products/{name}").random(count)

    low, high, margin = (
        np.array([values[name] for name in NAMES])[category]
        for values in (p.price_low, p.price_high, p.margins)
    )
    price = np.round(low + (high - low) * uniform("price"), 2)
    normal = rules.generator("products/margin").standard_normal(count)
    share = expit(logit(margin) + p.margin_spread * normal)
    # The first product of each category is there from the start, so that none is ever empty.
    is_new = (uniform("launched") < p.launched) & (number >= KINDS)
    launched = np.where(
        is_new,
        np.floor(p.days * uniform("launched_at")),
        np.floor(-OLDEST * uniform("launched_before")),
    ).astype(np.int64)
    return Catalogue(
        category=category,
        subcategory=subcategory,
        price=price,
        cost=np.round(price * (1 - share), 2),
        popularity=p.popularity_low
        + (p.popularity_high - p.popularity_low) * uniform("popularity"),
        launched=launched,
        traits=rules.generator("products/traits").standard_normal((count, p.taste_factors)),
        ranks=tuple(
            np.array(sorted(np.flatnonzero(category == kind), key=lambda i: launched[i]))
            for kind in range(KINDS)
        ),
    )


def table_of(rules: Rules, catalogue: Catalogue) -> pd.DataFrame:
    """Return one row a product, as `world.World.products` says."""
    number = np.arange(len(catalogue))
    subcategories = np.array([CATEGORIES[name] for name in NAMES], dtype=object)
    subcategory = subcategories[catalogue.category, catalogue.subcategory]
    kinds = number // (KINDS * EACH) + 1
    return pd.DataFrame(
        {
            "product": product_names(len(catalogue)),
            "name": [f"{name} {kind}" for name, kind in zip(subcategory, kinds, strict=True)],
            "category": np.array(NAMES, dtype=object)[catalogue.category],
            "subcategory": subcategory,
            "price": catalogue.price,
            "cost": catalogue.cost,
            "launched": rules.dates(catalogue.launched),
        }
    )


def product_names(count: int) -> list[str]:
    """Return the identifiers of products."""
    return [f"P{number}" for number in range(1, count + 1)]
