"""Lists for customers whose chances are known: which models find what can be found.

The shop is the published specification of 500 customers, 50 products in five categories and
30,000 purchases. Bounds are a prototype's results on other purchases (popularity 0.22, within
category 0.41, five factors 0.41, at random 0.16), give or take what seeds and constants of choice
move them by: standard deviations over seeds are 0.006 to 0.014.
"""

from __future__ import annotations

import numpy as np
import pytest

from knowntruth.methods.lists import count_factors, ease, item_neighbours, popularity
from knowntruth.methods.lists.interactions import (
    Interactions,
    interactions,
    only_new,
    repeated,
    split_at_random,
    split_by_time,
)
from knowntruth.methods.lists.list_quality import Quality, difference, judge
from knowntruth.methods.lists.top_lists import top
from knowntruth.story.estimates import Estimate
from knowntruth.worlds.retail.parameters import ORIGINAL, Parameters
from knowntruth.worlds.retail.world import World, simulate


def known(estimate: Estimate | None) -> Estimate:
    assert estimate is not None
    return estimate


@pytest.fixture(scope="module")
def shop() -> World:
    return simulate(Parameters(**{**ORIGINAL, "seed": 20}))  # type: ignore[arg-type]


def tables(shop: World, *, at_random: bool = False) -> tuple[Interactions, Interactions]:
    bought = shop.purchases()
    split = split_at_random(bought, seed=1) if at_random else split_by_time(bought)
    labels = list(shop.customers["customer"]), list(shop.products["product"])
    return interactions(split.before, *labels), interactions(split.after, *labels)


@pytest.fixture(scope="module")
def judged(shop: World) -> dict[str, Quality]:
    """Lists of five products that are new to the customer."""
    before, after = tables(shop)
    categories = shop.products.set_index("product")["category"]
    scores = {
        "random": np.random.default_rng(1).random(before.shape),
        "popularity": popularity.fit(before).scores(),
        "within": popularity.fit_within_category(before, categories=categories).scores(),
        "factors": count_factors.fit(before, rank=5).scores(),
        "ease": ease.fit(before).scores(),
        "neighbours": item_neighbours.fit(before).scores(),
        "oracle": shop.truth.probabilities(),
    }
    new = only_new(after, before)
    return {
        name: judge(
            top(of, 5, ~before.bought), new, before.popularity, level=0.95, seed=1, draws=300
        )
        for name, of in scores.items()
    }


@pytest.mark.parametrize(
    ("name", "ndcg", "recall"),
    [
        ("random", 0.156, 0.190),
        ("popularity", 0.221, 0.272),
        ("within", 0.413, 0.484),
        ("factors", 0.407, 0.471),
    ],
)
def test_lists_are_about_as_good_as_the_prototype_found(
    judged: dict[str, Quality], name: str, ndcg: float, recall: float
) -> None:
    assert known(judged[name].ndcg).value == pytest.approx(ndcg, abs=0.05)
    assert known(judged[name].recall).value == pytest.approx(recall, abs=0.07)


@pytest.mark.parametrize("name", ["within", "factors", "ease", "neighbours"])
def test_whoever_follows_the_customer_beats_popularity(
    judged: dict[str, Quality], name: str
) -> None:
    gap = known(difference(judged[name], judged["popularity"], level=0.95, seed=1, draws=300))
    assert gap.low > 0.05
    low = known(difference(judged["popularity"], judged["random"], level=0.95, seed=1, draws=300))
    assert low.direction == "higher"


def test_nobody_beats_the_oracle_and_categories_come_close(judged: dict[str, Quality]) -> None:
    for name in judged.keys() - {"oracle"}:
        gap = known(difference(judged["oracle"], judged[name], level=0.95, seed=1, draws=300))
        assert gap.high > 0
    near = known(difference(judged["oracle"], judged["within"], level=0.95, seed=1, draws=300))
    assert near.low < 0.05


def test_three_quarters_of_a_random_split_are_pairs_already_known(shop: World) -> None:
    """The prototype's density is 0.52 and 76% of its test purchases repeat."""
    before, after = tables(shop, at_random=True)
    found = known(repeated(before, after, level=0.95, seed=1, draws=100, of="purchases"))
    assert found.value == pytest.approx(0.764, abs=0.03)
    labels = list(shop.customers["customer"]), list(shop.products["product"])
    assert interactions(shop.purchases(), *labels).density == pytest.approx(0.524, abs=0.03)
