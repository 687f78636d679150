"""What an earlier program that kept to the report's specification printed, computed once more.

The report prints no number. That program made one data set by the specification, with choices of
its own for what is not published, and measured what the report's steps give on it. `figures`
takes the same measurements of a world that is the specification and nothing more; `retail.toml`
holds that program's numbers, and the bands of these over many worlds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.preprocessing import StandardScaler

from knowntruth.methods.lists import (
    count_factors,
    popularity,
    rating_errors,
    ratings,
    svd_plus_plus,
)
from knowntruth.methods.lists.interactions import (
    Interactions,
    interactions,
    only_new,
    split_at_random,
    split_by_time,
)
from knowntruth.methods.lists.list_metrics import accuracy
from knowntruth.methods.lists.top_lists import top
from knowntruth.worlds.retail.parameters import ORIGINAL, Parameters
from knowntruth.worlds.retail.world import World, simulate

Array = NDArray[np.float64]

SHARE, SHOWN, RANK = 0.2, 5, 5
SETTINGS = {"factors": 20, "epochs": 20}
MIDDLE = 0.99  # share of worlds that a band holds
# The chances of quantities are not published. With these mean extra units amounts vary as little
# between purchases of a product as in the earlier program's data.
FEWER: dict[str, Any] = {"extra_units": [0.25, 0.5, 0.8]}


def world_of(seed: int, **changes: Any) -> World:
    """Return a world that is the specification and nothing more, but for changes."""
    return simulate(Parameters.model_validate({**ORIGINAL, "seed": seed, **changes}))


def figures(world: World, *, svd: bool = True) -> dict[str, float]:
    """Return every figure of a world by its key in `retail.toml`; those of SVD++ if asked for."""
    bought = world.purchases()
    return {
        **customers(world, bought),
        **table(bought, seed=world.parameters.seed),
        **lists(world, bought, svd=svd),
    }


def amounts(world: World, *, svd: bool = True) -> dict[str, float]:
    """Return those figures of a world that hang on how amounts vary."""
    bought = world.purchases()
    return {
        **customers(world, bought),
        **table(bought, seed=world.parameters.seed),
        **lists(world, bought, svd=svd, ways=["random"]),
    }


def customers(world: World, bought: pd.DataFrame) -> dict[str, float]:
    """Return what is measured of sales and of segments, by pandas and scikit-learn alone."""
    by_customer = bought.groupby("customer")
    used = pd.DataFrame(
        {
            "spending": by_customer["amount"].sum(),
            "days": bought["date"].dt.normalize().groupby(bought["customer"]).nunique(),
        }
    )
    used["per_item"] = used["spending"] / by_customer["quantity"].sum()
    x = StandardScaler().fit_transform(used)
    rng = np.random.default_rng(world.parameters.seed)
    blob = rng.multivariate_normal(np.zeros(3), np.cov(x, rowvar=False), len(x))
    labels = {k: KMeans(k, n_init=10, random_state=0).fit(x).labels_ for k in (2, 3, 4, 5)}
    found = {f"silhouette.{k}": float(silhouette_score(x, of)) for k, of in labels.items()}
    of_blob = KMeans(4, n_init=10, random_state=0).fit(blob).labels_
    who = world.truth.customers.set_index("customer").loc[used.index]
    by_product = bought.groupby("product")
    per_unit = by_product["amount"].sum() / by_product["quantity"].sum()
    is_dear = bought["category"] == "Electronics"
    return found | {
        "silhouette.blob": float(silhouette_score(blob, of_blob)),
        "agreement.power": float(adjusted_rand_score(who["power"], labels[4])),
        "agreement.frequency": float(adjusted_rand_score(who["frequency"], labels[4])),
        "correlation.spending_per_item": float(used["spending"].corr(used["per_item"])),
        "days.mean": float(used["days"].mean()),
        "days.sd": float(used["days"].std()),
        "correlation.unit_price": float(per_unit.corr(by_product["price"].first())),
        "electronics.purchases": float(is_dear.mean()),
        "electronics.revenue": float(bought["amount"][is_dear].sum() / bought["amount"].sum()),
    }


def table(bought: pd.DataFrame, *, seed: int) -> dict[str, float]:
    """Return what is measured of the table of pairs and of a part drawn at random."""
    pairs = bought[["customer", "product"]].drop_duplicates()
    split = split_at_random(bought, SHARE, seed=seed)
    known = split.after[["customer", "product"]].merge(
        split.before[["customer", "product"]].drop_duplicates(), how="left", indicator=True
    )
    value = np.log1p(bought["amount"])
    means = value.groupby(bought["product"]).transform("mean")
    return {
        "pairs": float(len(pairs)),
        "density": len(pairs) / (bought["customer"].nunique() * bought["product"].nunique()),
        "repeats": 1 - len(pairs) / len(bought),
        "known": float((known["_merge"] == "both").mean()),
        "between_products": float(means.var() / value.var()),
        "rmse.sd": float(value.std()),
    }


def lists(
    world: World, bought: pd.DataFrame, *, svd: bool, ways: Sequence[str] = ("random", "time")
) -> dict[str, float]:
    """Return what is measured of ratings and of lists, split at random and by time."""
    seed = world.parameters.seed
    who, what = pd.Index(world.customers["customer"]), pd.Index(world.products["product"])
    found: dict[str, float] = {}
    for way in ways:
        split = (
            split_at_random(bought, SHARE, seed=seed)
            if way == "random"
            else split_by_time(bought, SHARE)
        )
        train, later = interactions(split.before, who, what), interactions(split.after, who, what)
        scores = scores_of(world, train)
        learnt = ratings.ratings(split.before, who, what)
        if way == "random":
            tested = ratings.ratings(split.after, who, what)
            found |= errors(learnt, tested, svd=svd)
        if svd:
            model = svd_plus_plus.fit(learnt, **SETTINGS, seed=seed)
            scores["svd"] = model.scores()
            if way == "random":
                foretold = model.predict(tested.customer, tested.product)
                found["rmse.svd"] = rmse(foretold, tested.value)
                price = np.log(world.products["price"].to_numpy())
                chance = world.truth.probabilities()
                found["follows.price"] = within(scores["svd"], np.tile(price, (len(who), 1)))
                found["follows.chance"] = within(scores["svd"], chance)
        for name, one in scores.items():
            found |= judged(one, train, later, f"{way}.{name}", is_timed=way == "time")
    return found


def scores_of(world: World, train: Interactions) -> dict[str, Array]:
    """Return the scores of all but SVD++."""
    price = world.products["price"].to_numpy(dtype=float)
    kinds = world.products.set_index("product")["category"]
    rng = np.random.default_rng(world.parameters.seed)
    return {
        "popularity": popularity.fit(train).scores(),
        "category": popularity.fit_within_category(train, categories=kinds).scores(),
        "factors": count_factors.fit(train, rank=RANK).scores(),
        "oracle": world.truth.probabilities(),
        "lot": rng.random(train.shape),
        "price": np.tile(price, (train.shape[0], 1)),
    }


def judged(
    scores: Array, train: Interactions, later: Interactions, name: str, *, is_timed: bool
) -> dict[str, float]:
    """Return NDCG and recall of lists of new products, and NDCG of lists of all."""

    def mean(allowed: NDArray[np.bool_], relevant: sparse.csr_array, metric: str) -> float:
        return float(np.nanmean(accuracy(top(scores, SHOWN, allowed), relevant)[metric]))

    new, fresh = ~train.bought, only_new(later, train)
    found = {f"ndcg.{name}": mean(new, fresh, "ndcg")}
    if is_timed:
        found[f"recall.{name}"] = mean(new, fresh, "recall")
        found[f"ndcg_all.{name}"] = mean(np.ones_like(new), later.counts, "ndcg")
    return found


def errors(learnt: ratings.Ratings, tested: ratings.Ratings, *, svd: bool) -> dict[str, float]:
    """Return the errors of baselines, and of Surprise's SVD if asked for."""
    base = rating_errors.baselines(learnt, tested)
    found = {
        "rmse.biases": rmse(base["biases"], tested.value),
        "rmse.product": rmse(base["product mean"], tested.value),
    }
    if svd:
        from surprise import SVD

        known = svd_plus_plus.trainset(learnt)
        model = SVD(random_state=0).fit(known)
        foretold = [
            model.predict(u, i).est for u, i in zip(tested.customer, tested.product, strict=True)
        ]
        found["rmse.plain_svd"] = rmse(np.array(foretold), tested.value)
    return found


def rmse(foretold: Array, value: Array) -> float:
    """Return the root of the mean squared error."""
    return float(np.sqrt(np.mean(np.square(foretold - value))))


def within(scores: Array, other: Array) -> float:
    """Return the mean over customers of the correlation of scores with something else."""
    return float(np.mean([np.corrcoef(*pair)[0, 1] for pair in zip(scores, other, strict=True)]))


def bands(worlds: pd.DataFrame) -> Mapping[str, list[float]]:
    """Return of each figure both ends of its band, mean and standard deviation."""
    tail = (1 - MIDDLE) / 2
    found: dict[str, list[float]] = {}
    for name, values in worlds.items():
        low, high = np.quantile(values.dropna(), [tail, 1 - tail])
        ends: list[Any] = [low, high, values.mean(), values.std()]
        found[str(name)] = [float(f"{end:.5g}") for end in ends]
    return found
