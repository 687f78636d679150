"""Many worlds of any case: shared out by number, and scored against what is true in each."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy import stats

from knowntruth.cases.many_worlds import NOTHING, Method, answers, replicate, score, seeds

EFFECT = 2.0
REFERENCE = {"effect": EFFECT, "null": 0.0}


def interval(sample, *, off=0.0, level=0.95):
    """Return a z interval about a sample's mean, of units whose deviation is one."""
    value, half = sample.mean() + off, stats.norm.isf((1 - level) / 2) / np.sqrt(len(sample))
    return value, value - half, value + half


def method(key="mean", answer=interval, **given):
    """Return a method that aims at the effect of the reference."""
    plain = {"quantity": "mean", "unit": "number", "is_naive": False, "why": "It is one."}
    truth = given.pop("truth", lambda reference: reference["effect"])
    return Method(key=key, label=key, answer=answer, truth=truth, **plain | given)


def samples(n=200, *, effect=EFFECT):
    return np.random.default_rng(7).normal(effect, 1, (n, 25))


def scored(methods, worlds, *, reference=REFERENCE, level=0.95, **given):
    table = answers(methods, worlds)
    found = {one.key: table[:, i] for i, one in enumerate(methods)}
    return score(methods, found, reference, level=level, **given)


class TestSeeds:
    def test_no_two_replicates_share_one(self):
        drawn = [s for seed in (42, 43) for p in "ab" for s in seeds(seed, p, range(1000))]
        assert len(set(drawn)) == len(drawn)
        assert all(0 <= seed < 2**63 for seed in drawn)

    def test_a_replicate_has_its_own_whichever_others_are_asked_for(self):
        alone = [next(seeds(42, "worlds", range(k, k + 1))) for k in (9, 4)]
        assert alone == list(seeds(42, "worlds", range(9, 3, -5)))


class TestSharingOut:
    # Each replicate is its number, times a table of methods by value, low, high and truth.
    TABLE = np.arange(1.0, 9.0).reshape(2, 4)
    METHODS = (method("one"), method("two"))

    @pytest.mark.parametrize(("replications", "workers"), [(7, 1), (7, 2), (1, 3)])
    def test_answers_stand_at_their_number_whichever_process_found_them(
        self, replications, workers
    ):
        work = partial(np.einsum, "mc,n->nmc", self.TABLE)
        found = replicate(work, self.METHODS, replications=replications, workers=workers)
        numbers = np.arange(replications)
        assert list(found) == ["one", "two"]
        for key, row in zip(found, self.TABLE, strict=True):
            np.testing.assert_array_equal(found[key], np.outer(numbers, row))

    def test_each_method_answers_each_replicate(self):
        methods = [
            method("sum", lambda x: (x, x - 1, x + 1)),
            method("none", lambda _: NOTHING, truth_within=lambda x: 10.0 * x),
        ]
        found = answers(methods, [1, 2, 3])
        nan = np.nan
        np.testing.assert_array_equal(found[1], [[2, 1, 3, nan], [nan, nan, nan, 20]])
        assert found.shape == (3, 2, 4)
        assert answers(methods, []).shape == (0, 2, 4)


class TestScores:
    def test_a_sound_method_holds_and_a_bent_one_fails(self):
        bent = method("bent", lambda x: interval(x, off=0.1))
        lax = method("lax", lambda x: interval(x, level=0.7))
        by_key = {s.method.key: s for s in scored([method(), bent, lax], samples())}
        assert not by_key["mean"].fails
        assert by_key["bent"].bias.covers(0.1)
        assert by_key["bent"].fails
        assert by_key["lax"].fails
        assert by_key["lax"].coverage.value == pytest.approx(0.7, abs=4 * np.sqrt(0.21 / 200))

    def test_what_promises_an_interval_alone_may_lean(self):
        # The interval is wider than a normal one, so that it holds the truth all the same.
        leaning = method("leaning", lambda x: interval(x, off=0.1, level=0.999))
        promised, not_promised = (
            scored([Method(**vars(leaning) | {"promises_value": promises})], samples())[0].fails
            for promises in (True, False)
        )
        assert (promised, not_promised) == (True, False)

    def test_alarms_are_false_only_where_there_is_nothing_to_find(self):
        eager = method("eager", lambda x: interval(x, level=0.5), truth=lambda _: None)
        [unknown] = scored([eager], samples(effect=0.0))
        assert unknown.truth is unknown.bias is unknown.coverage is None
        assert not unknown.fails
        [found] = scored([method()], samples())
        assert found.alarms.value == 1
        assert not found.fails

    def test_more_alarms_than_agreed_fail_where_nothing_is_to_be_found(self):
        # It alarms as often as agreed at a level of one half, which is too often at another.
        eager = method("eager", lambda x: interval(x, level=0.5))
        worlds, reference = samples(effect=0.0), {"effect": 0.0}
        [as_agreed] = scored([eager], worlds, reference=reference, level=0.5)
        [too_many] = scored([eager], worlds, reference=reference, level=0.95)
        assert not as_agreed.fails
        assert too_many.fails

    def test_a_null_of_its_own_is_what_an_alarm_leaves_out(self):
        of_its_own = method(null=lambda reference: reference["effect"])
        [found] = scored([of_its_own], samples())
        assert found.null == found.truth
        assert found.alarms.value == pytest.approx(1 - found.coverage.value)
        [other] = scored([method()], samples())
        assert (other.null, other.alarms.value) == (0.0, 1.0)

    def test_a_method_may_have_a_level_of_its_own(self):
        methods = [method(), method("wide", lambda x: interval(x, level=0.99))]
        usual, wide = scored(methods, samples(), levels={"wide": 0.99})
        assert (usual.coverage.null, wide.coverage.null) == (0.95, 0.99)
        assert wide.alarms.null == pytest.approx(0.01)

    @pytest.mark.parametrize(("answered", "kept"), [(0, []), (1, []), (2, ["rare"])])
    def test_a_method_that_fewer_than_two_replicates_answer_is_left_out(self, answered, kept):
        rare = method("rare", lambda x: (float(x), x - 1.0, x + 1.0) if x < answered else NOTHING)
        assert [s.method.key for s in scored([rare], range(5))] == kept


class TestTruthWithin:
    """A truth that differs from one world to the next, such as an effect in that very sample."""

    @staticmethod
    def worlds(n=300):
        rng = np.random.default_rng(3)
        truths = rng.normal(EFFECT, 5, n)
        return [(truth, truth + rng.normal(0, 1, 25)) for truth in truths]

    def test_each_answer_is_held_against_its_own(self):
        within = method(
            answer=lambda world: interval(world[1]),
            truth=lambda _: 1e6,
            truth_within=lambda world: world[0],
        )
        worlds = self.worlds()
        [found] = scored([within], worlds)
        assert not found.fails
        assert found.truth == pytest.approx(np.mean([truth for truth, _ in worlds]))
        # The spread is the mean's error, a fifth, not that of worlds that differ by five.
        spread, error = found.spread
        assert spread == pytest.approx(0.2, abs=4 * error)
        errors = [sample.mean() - truth for truth, sample in worlds]
        expected = stats.ttest_1samp(errors, 0).confidence_interval(0.95)
        assert (found.bias.low, found.bias.high) == pytest.approx(tuple(expected))

    def test_a_world_without_one_is_left_out(self):
        within = method(
            answer=lambda world: interval(world[1]),
            truth_within=lambda world: world[0] if world[0] > EFFECT else np.nan,
        )
        worlds = self.worlds()
        [found] = scored([within], worlds)
        known = [truth for truth, _ in worlds if truth > EFFECT]
        assert found.behaviour.replications == len(known)
        assert found.truth == pytest.approx(np.mean(known))
