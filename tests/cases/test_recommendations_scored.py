"""Many worlds of shops: held-back days are right about lists, errors and random splits are not."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from knowntruth.cases import many_worlds, recommendations
from knowntruth.cases.recommendations import scored
from knowntruth.cases.recommendations.opening import open_lists
from knowntruth.cases.recommendations.parameters import Parameters
from knowntruth.cases.recommendations.replicates import FITTED, Reference, Replicate
from knowntruth.cases.recommendations.scored import methods_of, replicate, score, scored_world
from knowntruth.cases.recommendations.trials import NEW, TASKS, trial
from knowntruth.methods.lists import count_factors, list_quality, popularity, svd_plus_plus
from knowntruth.methods.lists.interactions import split_by_time
from knowntruth.methods.lists.ratings import ratings

from .conftest import assert_right_on_average, by_key, held

# Quick ones.
FEW = {"customers": 40, "products": 15, "transactions": 800, "factors": [2], "epochs": [3]}
# Worlds in which customers clearly differ in what they like.
CLEAR = {"customers": 120, "products": 25, "transactions": 4_000, "evenness": 0.4}
WORLDS = 16
NAIVE = {"new_random", "again_random", "least_error", "known_random"}


def ask(p, count, *keys):
    """Return the answers of some methods to so many worlds of these parameters."""
    methods = [m for m in methods_of(Reference(p)) if m.key in keys]
    assert {m.key for m in methods} == set(keys)
    replicas = (Replicate(p.model_copy(update={"seed": seed})) for seed in range(count))
    tables = many_worlds.answers(methods, replicas).transpose(1, 0, 2)
    return {method.key: table for method, table in zip(methods, tables, strict=True)}


@pytest.fixture(scope="module")
def few():
    """Return what all methods answer to a few worlds of few customers."""
    return replicate(Reference(Parameters(**FEW)), replications=3, workers=1)


@pytest.fixture(scope="module")
def many():
    """Return what quick methods answer to worlds in which customers differ."""
    counting = [f"{task}_{model}" for task in TASKS for model in ("best", "category", "oracle")]
    others = ["new_gain_used", "again_random", "known_time", "known_random"]
    return ask(Parameters(**CLEAR), WORLDS, *counting, *others)


@pytest.fixture(scope="module")
def both():
    """Return a replicate of the parameters' own seed, the chapter's shop, and its trial."""
    p = Parameters(**CLEAR)
    case = open_lists(p)
    return Replicate(p), case, trial(case, split_by_time(case.purchases, p.held_back))


class TestReplicates:
    def test_a_replicate_depends_on_its_number_alone(self, few):
        # As another process has it, and as its second share of the work.
        work = pickle.loads(pickle.dumps(partial(scored._answers, Reference(Parameters(**FEW)))))
        alone = work(range(2, 3))
        for place, table in enumerate(few.values()):
            np.testing.assert_array_equal(table[2], alone[0, place])
        assert len(np.unique(few["new_best"][:, 3])) == 3

    def test_another_seed_gives_other_worlds(self, few):
        other = replicate(Reference(Parameters(**FEW, seed=1)), replications=1, workers=1)
        assert not np.isin(other["known_time"], few["known_time"]).any()

    def test_every_interval_holds_its_value(self, few):
        for key, table in few.items():
            value, low, high, _ = table[~np.isnan(table[:, 0])].T
            assert ((low <= value) & (value <= high)).all(), key

    def test_all_methods_are_scored_and_those_warned_of_are_naive(self):
        scores = by_key(recommendations.score(Parameters(**FEW), replications=2, workers=1))
        assert set(scores) == {m.key for m in methods_of(Reference(Parameters()))}
        assert {key for key, one in scores.items() if one.method.is_naive} == NAIVE
        assert scores["least_error"].truth < 0
        assert scores["least_error"].bias.value > 0

    def test_methods_without_an_answer_are_left_out(self):
        ran_away = Parameters(**FEW | {"rates": [1.0], "epochs": [20]})
        one = Replicate(ran_away)
        assert one._svd.reason
        assert np.isnan(one.precision("svd", NEW)).all()
        assert np.isnan([one.true_precision("svd", NEW), *one.gain("svd", NEW)]).all()
        scores = by_key(score(ran_away, replications=2, workers=1))
        assert {"new_svd", "again_svd", "new_gain_svd"}.isdisjoint(scores)
        assert "least_error" in scores

    def test_the_smallest_shop_with_the_largest_seed_is_no_error(self):
        least = {"customers": 20, "products": 5, "transactions": 100, "days": 7, "ahead": 1}
        p = Parameters(**least, seed=2**63 - 1, factors=[1], epochs=[1], held_back=0.75, shown=9)
        methods = methods_of(Reference(p))
        table = dict(zip((m.key for m in methods), many_worlds.answers(methods, [Replicate(p)])[0],
                         strict=True))  # fmt: skip
        assert np.isfinite(table["known_random"]).all()

    def test_large_worlds_are_scored_with_fewer_customers_who_buy_as_often(self):
        large = scored_world(Parameters(customers=20_000, transactions=2_000_000))
        assert (large.customers, large.transactions) == (300, 30_000)
        rare = scored_world(Parameters(customers=20_000, transactions=60_000))
        assert (rare.customers, rare.transactions) == (500, 1_500)
        eager = scored_world(Parameters(customers=30, transactions=2_000_000))
        assert (eager.customers, eager.transactions) == (20, 30_000)
        assert scored_world(Parameters()) == Parameters()
        assert scored.most_scored(Parameters(customers=20_000, transactions=2_000_000)) == 300


class TestOneReplicate:
    """The world of the parameters' own seed, read as the chapter reads it."""

    def test_held_back_days_say_what_they_say_in_the_chapter(self, both):
        one, case, main = both
        p = case.parameters
        before = case.purchases[case.purchases["date"] < main.split.at]
        rated = ratings(before, main.customers, main.products)
        models = {
            "best": popularity.fit(main.train),
            "factors": count_factors.fit(main.train, rank=p.rank),
            "svd": svd_plus_plus.fit(
                rated, factors=5, epochs=10, rate=0.005, regularisation=0.02, seed=p.seed
            ),
        }
        told = {"level": 0.95, "seed": p.seed, "draws": 200}
        for task in TASKS:
            quality = {
                key: main.judge(main.lists(model.scores(), task, p.shown), task, **told)
                for key, model in models.items()
            }
            for key, found in quality.items():
                e = found.precision
                assert one.precision(key, task) == pytest.approx((e.value, e.low, e.high))
            e = list_quality.difference(quality["svd"], quality["best"], "precision", **told)
            assert one.gain("svd", task) == pytest.approx((e.value, e.low, e.high))

    def test_what_is_true_of_lists_follows_from_the_chances_of_what_they_show(self, both):
        one, case, main = both
        window = case.known.window(main.split.at, main.end, main.split.before)
        chance, places = window.each(), case.products.index.get_indexer(main.products)
        lists = main.lists(popularity.fit(main.train).scores(), NEW, 5)
        new = np.zeros(chance.shape, dtype=bool)
        new[:, places] = ~main.train.bought
        anything = window.any_of(new)[main.known].sum()
        hits = sum(
            chance[who, places[shown]] for who in main.known for shown in lists[who] if shown >= 0
        )
        assert one.true_precision("best", NEW) == pytest.approx(hits / 5 / anything)

    def test_nobody_does_better_than_whoever_knows_all(self, both):
        one, _, _ = both
        for task in TASKS:
            most = one.true_precision("oracle", task)
            assert max(one.true_precision(model, task) for model in FITTED) < most

    def test_the_model_that_is_used_is_chosen_without_the_days_that_judge_it(self, both):
        one, case, _ = both
        blind = Replicate(case.parameters)
        cut = blind.main.split
        blind.main = replace(blind.main, split=replace(cut, after=cut.after.iloc[:0]))
        blind.main.later.counts.data[:] = 0
        blind.case.__dict__["purchases"] = None  # asking for the whole record would fail
        for task in TASKS:
            assert blind.used(task) == one.used(task)

    def test_the_least_error_is_the_least_of_all_ways_to_foretell(self, both):
        one, _, main = both
        assert one.least_error in {"SVD++", "product mean", "biases", "log of the price"}
        # What orders products by their mean shows everybody what is dearest.
        scores = one._foretold(one._before, "product mean")
        paid = main.split.before.assign(value=np.log1p(main.split.before["amount"]))
        means = paid.groupby("product")["value"].mean().reindex(main.products)
        bought = means.notna().to_numpy()
        np.testing.assert_allclose(scores[3][bought], means[bought])
        assert (scores == scores[0]).all()


class TestManyWorlds:
    @pytest.mark.parametrize("task", TASKS)
    @pytest.mark.parametrize("model", ["best", "category", "oracle"])
    def test_held_back_days_are_right_about_lists(self, many, model, task):
        table = many[f"{task}_{model}"].copy()
        table[:, :3] -= table[:, 3:]
        assert_right_on_average(table, 0.0)
        assert held(table, 0.0).mean() > 0.8

    @pytest.mark.parametrize("key", ["known_time", "new_gain_used"])
    def test_they_are_right_about_what_is_known_and_who_is_better(self, many, key):
        table = many[key].copy()
        table[:, :3] -= table[:, 3:]
        assert_right_on_average(table, 0.0)

    def test_a_random_split_says_that_more_is_known_than_can_be(self, many):
        value, low, _, truth = many["known_random"].T
        assert (value > truth).mean() > 0.9
        assert (low > truth).mean() > 0.5

    def test_a_random_split_is_wrong_about_lists(self, many):
        value, *_, truth = many["again_random"].T
        assert abs((value - truth).mean()) > 0.02

    def test_categories_make_better_lists_where_customers_differ_in_them(self, many):
        gain = many["new_gain_used"]
        assert gain[:, 3].mean() > 0.03
        assert (many["again_category"][:, 3] > many["again_best"][:, 3] + 0.1).all()


def test_the_least_error_does_not_make_the_best_lists():
    table = ask(Parameters(**CLEAR), 3, "least_error", "again_svd", "again_category")
    assert (table["least_error"][:, 3] < -0.03).all()
    assert not table["least_error"][:, :3].any()
    assert (table["again_svd"][:, 3] < table["again_category"][:, 3] - 0.1).all()
