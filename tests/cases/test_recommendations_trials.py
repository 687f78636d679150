"""Trials of lists: what may be shown, what counts, and what was to be expected of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from knowntruth import cases
from knowntruth.cases.recommendations import serving, trials, worth
from knowntruth.cases.recommendations.trials import AGAIN, NEW, TASKS
from knowntruth.errors import DataError
from knowntruth.methods.lists import interactions, model_files, popularity
from knowntruth.methods.lists.top_lists import NOTHING

SMALL = {"customers": 150, "products": 20, "transactions": 4_000, "replications": 0}
TOLD = {"level": 0.95, "seed": 1, "draws": 60}


def opened(**changes):
    return cases.get("recommendations").open(SMALL | changes)


@pytest.fixture(scope="module")
def case():
    return opened(launched=0.5)


@pytest.fixture(scope="module")
def trial(case):
    return trials.trial(case, interactions.split_by_time(case.purchases, 0.3))


def test_the_catalogue_has_what_was_launched_or_bought_before_the_cut_and_nothing_else(case, trial):
    before = case.purchases[case.purchases["date"] < trial.split.at]
    launched = case.products["launched"] < trial.split.at
    bought = case.products.index.isin(before["product"])
    assert list(trial.products) == list(case.products.index[launched | bought])
    assert len(trial.products) < len(case.products)
    after = case.purchases[case.purchases["date"] >= trial.split.at]
    assert trial.later.left_out == (~after["product"].isin(trial.products)).sum() > 0


def test_a_product_that_was_there_and_that_nobody_bought_is_in_the_catalogue():
    shop = opened(customers=20, products=80, transactions=100)
    trial = trials.trial(shop, interactions.split_by_time(shop.purchases, 0.3))
    assert (shop.products["launched"] < trial.split.at).sum() == len(trial.products)
    assert (trial.train.popularity == 0).any()


def test_known_customers_bought_before_and_newcomers_only_later(case, trial):
    before, after = (set(part["customer"]) for part in (trial.split.before, trial.split.after))
    assert set(trial.customers[trial.known]) == before
    bought = trial.split.after[trial.split.after["product"].isin(trial.products)]
    assert set(trial.customers[trial.newcomers]) == set(bought["customer"]) - before
    assert before | after == set(case.purchases["customer"])


def test_new_lists_hold_nothing_that_was_bought_before(trial):
    lists = trial.lists(popularity.fit(trial.train).scores(), NEW, 6)
    pairs = set(zip(trial.split.before["customer"], trial.split.before["product"], strict=True))
    for customer, row in zip(trial.customers, lists, strict=True):
        shown = [trial.products[place] for place in row if place != NOTHING]
        assert not pairs & {(customer, product) for product in shown}


def test_lists_are_judged_by_what_known_customers_bought_after_the_cut(trial):
    lists = trial.lists(popularity.fit(trial.train).scores(), AGAIN, 4)
    quality = trial.judge(lists, AGAIN, **TOLD)
    later = trial.split.after[trial.split.after["product"].isin(trial.products)]
    bought = later.groupby("customer")["product"].agg(set)
    shares = [
        np.mean([trial.products[place] in bought[customer] for place in lists[row]])
        for row, customer in enumerate(trial.customers)
        if customer in bought.index and row in trial.known
    ]
    assert quality.judged == len(shares)
    assert quality.precision.value == pytest.approx(np.mean(shares))


def test_what_is_expected_of_lists_is_what_comes_on_average():
    gaps, hits = [], []
    for seed in range(12):
        shop = opened(seed=seed)
        trial = trials.trial(shop, interactions.split_by_time(shop.purchases, 0.2))
        foreseen = trials.foreseen(shop, trial)
        row, found = [], []
        for task in TASKS:
            lists = trial.lists(popularity.fit(trial.train).scores(), task, 3)
            quality = trial.judge(lists, task, **TOLD | {"draws": 20})
            row.append(quality.precision.value - foreseen.precision(lists, task))
            hit = np.nansum(quality.by_customer["precision"]) * 3
            found.append(hit / foreseen.hits(lists, task) - 1)
        gaps.append(row)
        hits.append(found)
    for table in (np.array(gaps), np.array(hits)):
        error = table.std(axis=0, ddof=1) / np.sqrt(len(table))
        assert (abs(table.mean(axis=0)) < 3.5 * error).all()
        assert (error < 0.06).all()


def test_nobody_makes_better_lists_than_by_the_chances_themselves(case, trial):
    foreseen = trials.foreseen(case, trial)
    best = trial.lists(foreseen.chances, AGAIN, 5)
    others = trial.lists(popularity.fit(trial.train).scores(), AGAIN, 5)
    assert foreseen.hits(best, AGAIN) > foreseen.hits(others, AGAIN)


def test_the_model_with_the_highest_precision_is_best_and_the_first_of_none(trial):
    scores = popularity.fit(trial.train).scores()
    good = trial.judge(trial.lists(scores, AGAIN, 3), AGAIN, **TOLD)
    bad = trial.judge(trial.lists(-scores, AGAIN, 3), AGAIN, **TOLD)
    assert trials.best({"bad": bad, "good": good}) == "good"
    nobody = trial.judge(trial.lists(scores, AGAIN, 3), AGAIN, rows=trial.known[:1], **TOLD)
    assert trials.best({"first": nobody, "second": nobody}) == "first"


def test_prices_are_none_where_one_is_missing_or_nothing(case):
    assert trials.prices(case, case.products.index).equals(case.products["price"])
    assert trials.prices(case, pd.Index(["P1", "unknown"])) is None


def test_a_gain_is_hits_times_what_was_stated_less_the_cost():
    later = interactions.interactions(
        pd.DataFrame({"customer": list("aabbc"), "product": list("XYXZX")})
    )
    lists, others = np.array([[0, 1], [1, 2], [0, 2]]), np.array([[2, 1], [1, 0], [1, 0]])
    found = worth.gain(lists, others, later.counts, value=20.0, added=0.25, cost=3.0, **TOLD)
    # a: two hits against one; b: one against one; c: one against one.
    assert (found.hits, found.extra.value) == (4, pytest.approx(1))
    assert found.gain.value == pytest.approx(20 * 0.25 * 1 - 3)
    assert found.gain.low == pytest.approx(5 * found.extra.low - 3)
    same = worth.gain(lists, lists, later.counts, value=20.0, added=0.25, cost=3.0, **TOLD)
    assert (same.gain.low, same.gain.value, same.gain.high) == (-3, -3, -3)


def test_a_file_that_is_wrong_is_refused_and_the_right_one_stays(tmp_path, case, trial):
    model = popularity.fit(trial.train)
    mark = model_files.fingerprint(case.purchases)
    path = model_files.save(model, tmp_path / "lists.npz", fingerprint=mark)
    whole = path.read_bytes()
    said = serving.refusals(path, model, case.purchases)
    assert len(said) == 5
    assert all(text.startswith("The model ") for text in said.values())
    assert path.read_bytes() == whole
    assert np.array_equal(model_files.load(path, expect=mark).scores(), model.scores())


def test_a_table_with_more_products_than_lists_can_be_made_for_is_refused(tmp_path):
    rows = pd.DataFrame(
        {
            "customer": [f"c{n % 50}" for n in range(2_100)],
            "product": [f"p{n}" for n in range(2_100)],
            "date": pd.Timestamp("2024-03-01") + pd.to_timedelta(np.arange(2_100) % 90, unit="D"),
            "amount": 5.0,
        }
    )
    rows.to_csv(tmp_path / "many.csv", index=False)
    with pytest.raises(DataError, match=r"2,100 products; lists are made for 2,000 at most"):
        cases.get("recommendations").open({"data": str(tmp_path / "many.csv")})


@pytest.mark.parametrize("days", [1, 2])
def test_a_table_that_cannot_be_cut_twice_is_refused(tmp_path, days):
    rows = 200
    table = pd.DataFrame(
        {
            "customer": [f"c{n % 30}" for n in range(rows)],
            "product": [f"p{n % 7}" for n in range(rows)],
            "date": pd.Timestamp("2024-03-01") + pd.to_timedelta(np.arange(rows) % days, unit="D"),
            "amount": 5.0,
        }
    )
    table.to_csv(tmp_path / "short.csv", index=False)
    with pytest.raises(DataError, match="too short for lists"):
        cases.get("recommendations").open({"data": str(tmp_path / "short.csv")})
