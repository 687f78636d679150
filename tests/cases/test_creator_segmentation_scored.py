"""Many worlds of creators: rules find types where there are none, and hollows do not."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from knowntruth.cases import creator_segmentation, many_worlds
from knowntruth.cases.creator_segmentation import final, scored, segmentations
from knowntruth.cases.creator_segmentation.parameters import Parameters
from knowntruth.cases.creator_segmentation.replicates import DRAWS, Reference, Replicate
from knowntruth.cases.creator_segmentation.scored import (
    COMING,
    methods_of,
    null_of,
    replicate,
    score,
    worlds_of,
)
from knowntruth.cases.creator_segmentation.simulated import open_world
from knowntruth.methods.groups.segment_value import protected
from knowntruth.methods.totals.concentration import concentration

from .conftest import LEVEL, by_key, held

RULES = ("silhouette", "gap", "stability", "bic", "icl")
LIKE = ("like_rfm", "like_published", "like_logs", "like_clouds", "like_dbscan")
VIEWS = ("view_rfm", "view_k_means")
SHARES = ("top", "gini", "past", "ahead")
ALL = {*RULES, *LIKE, *VIEWS, *SHARES, "structure", "called", "called_surely"}

# Quick ones, of whom few numbers of groups are tried.
FEW = {"creators": 30, "most_clusters": 3}
# Types far apart, of which little luck blurs the record.
CLEAR = {
    "distinctness": 6.0,
    "type_shares": [0.4, 0.3, 0.3],
    "volume": 20.0,
    "luck": 0.3,
    "price_luck": 0.3,
    "most_clusters": 5,
}


def ask(p, count, *keys):
    """Return the answers of some methods to so many worlds of these parameters."""
    methods = [m for m in methods_of(Reference.of(p)) if m.key in keys]
    assert {m.key for m in methods} == set(keys)
    replicas = (Replicate(p.model_copy(update={"seed": seed})) for seed in range(count))
    tables = many_worlds.answers(methods, replicas).transpose(1, 0, 2)
    return {method.key: table for method, table in zip(methods, tables, strict=True)}


@pytest.fixture(scope="module")
def few():
    """Return what all methods answer to a few worlds of few creators."""
    return replicate(Reference.of(Parameters(**FEW)), replications=4, workers=1)


@pytest.fixture(scope="module")
def default():
    """Return what methods without groups answer to worlds of the default."""
    return ask(Parameters(), 30, "top", "gini", "past", "ahead", "called", "called_surely")


@pytest.fixture(scope="module")
def clear():
    """Return what is found where three types lie far apart."""
    return ask(Parameters(**CLEAR), 3, *RULES, "structure", "like_logs", "like_clouds")


@pytest.fixture(scope="module")
def continuum():
    """Return what is found where there are no types."""
    p = null_of(Parameters(most_clusters=5))
    return ask(p, 3, *RULES, "structure")


@pytest.fixture(scope="module")
def both():
    """Return a replicate of the parameters' own seed, and the chapter's creators."""
    p = Parameters(most_clusters=4)
    return Replicate(p), open_world(p)


class TestReplicates:
    def test_a_replicate_depends_on_its_number_alone(self, few):
        reference = Reference.of(Parameters(**FEW))
        divided = replicate(reference, replications=4, workers=2)
        fewer = replicate(reference, replications=2, workers=1)
        for key, table in few.items():
            np.testing.assert_array_equal(table, divided[key])
            np.testing.assert_array_equal(table[:2], fewer[key])
        assert len(np.unique(few["top"][:, 0])) == 4

    def test_another_seed_gives_other_worlds(self, few):
        other = replicate(Reference.of(Parameters(**FEW, seed=1)), replications=1, workers=1)
        assert not np.isin(other["top"], few["top"]).any()

    def test_every_interval_holds_its_value(self, few):
        for key, table in few.items():
            value, low, high, _ = table[~np.isnan(table[:, 0])].T
            assert ((low <= value) & (value <= high)).all(), key

    def test_thirty_creators_get_all_that_they_are_enough_for(self):
        # Two creators are at the top and not sure to be there: of nobody one may be sure.
        scores = by_key(score(Parameters(**FEW), replications=2, workers=1))
        assert ALL - {"structure", "called", "called_surely"} <= set(scores)
        assert "structure" not in scores

    def test_intervals_are_held_against_their_level(self):
        p = Parameters(**FEW, alpha=0.2)
        for one in creator_segmentation.score(p, replications=2, workers=1):
            assert one.coverage.null == pytest.approx(0.8)
            assert one.alarms.null == pytest.approx(0.2)

    def test_a_seed_larger_than_scikit_learns_is_no_error(self):
        one = Replicate(Parameters(**FEW, seed=2**63 - 1))
        assert np.isfinite(one.like_types("k-means")).all()

    def test_the_null_is_one_continuum_and_else_the_same(self):
        p = Parameters(types=2, type_shares=[0.4, 0.6], creators=50)
        null = worlds_of(p)["no types"]
        assert null == creator_segmentation.null_of(p) == null_of(p)
        assert {n: v for n, v in null if v != getattr(p, n)} == {"types": 1, "type_shares": []}
        assert worlds_of(p)["this world"] is p
        assert Reference.of(null).types == open_world(null).truth.types == 1
        assert Reference.of(Parameters(distinctness=0)).types == 1
        assert Reference.of(p).types == open_world(p).truth.types == 2


class TestOneReplicate:
    """The world of the parameters' own seed, read as the chapter reads it."""

    def test_it_holds_the_chapters_record(self, both):
        one, case = both
        expected = segmentations.record_of(case)
        for name in ("transactions", "gmv"):
            found, wanted = getattr(one.record, name), getattr(expected, name)
            np.testing.assert_array_equal(found, wanted)
            assert list(found.index) == list(wanted.index)
        np.testing.assert_allclose(one.record.after, expected.after)
        assert one.record.months_after == expected.months_after

    def test_shares_are_the_chapters(self, both):
        one, case = both
        wanted = concentration(
            case.totals["gmv"], level=LEVEL, seed=one.number, shares=(0.2,), draws=DRAWS
        )
        for found, e in ((one.top(0.2), wanted.top[0.2].share), (one.gini(), wanted.gini)):
            assert found == pytest.approx((e.value, e.low, e.high))

    def test_truths_are_those_of_the_rules(self, both):
        one, case = both
        made = np.sort(case.truth.by_creator["gmv"].to_numpy())
        assert one.true_top(0.2) == pytest.approx(made[-46:].sum() / made.sum())
        apart = np.abs(made[:, None] - made).mean()
        assert one.true_gini() == pytest.approx(apart / 2 / made.mean())
        assert one.true_coming() == pytest.approx(final.expected_later_share(case, 0.1))

    def test_late_months_judge_those_who_were_there_before(self, both):
        one, case = both
        before, after = case.gmv.iloc[:, :-2].sum(axis=1), case.gmv.iloc[:, -2:].sum(axis=1)
        seen = before[before > 0]
        chosen, part = seen.nlargest(len(seen) // 10).index, len(seen) % 10 / 10
        following = seen.drop(chosen).idxmax()
        share = (after[chosen].sum() + part * after[following]) / after[seen.index].sum()
        assert one.held_back()[0] == pytest.approx(share)

    @pytest.mark.parametrize(
        ("grouping", "name"), [("RFM", "RFM"), ("k-means", "k-means"), ("DBSCAN", "DBSCAN")]
    )
    def test_groups_are_the_chapters(self, both, grouping, name):
        one, case = both
        p = case.parameters.model_copy(update={"eps": 0.4, "clusters": 3})
        chapters = segmentations.groupings(one.record, p, k=3, eps=0.4, mixture=one._clouds.by_icl)
        mine = Replicate(p)
        found, types = mine.like_types(grouping)[0], case.types.to_numpy()
        labels = [str(label) for label in chapters[name].labels]
        if grouping == "k-means":  # of fewer starts, so nearly the same
            assert found == pytest.approx(adjusted_rand_score(types, labels), abs=0.02)
        else:
            assert found == pytest.approx(adjusted_rand_score(types, labels))

    def test_what_is_in_view_is_the_chapters(self, both):
        one, case = both
        record = segmentations.record_of(case)
        labels = segmentations.rfm_labels(record, case.parameters).labels
        past = record.totals["gmv"]
        wanted = protected(
            labels, past, record.after, size=0.1, seed=one.number, level=LEVEL, resamples=DRAWS
        ).gain
        assert one.in_view("RFM") == pytest.approx((wanted.value, wanted.low, wanted.high))

    def test_who_is_called_is_so_by_what_was_to_be_expected(self, both):
        one, case = both
        expected = case.truth.by_creator.set_axis(case.totals.index)

        def top(table, column):
            return set(table.index[table[column] >= table[column].quantile(0.8)])

        called = top(case.totals, "transactions") - top(case.totals, "gmv")
        truly = top(expected, "transactions") - top(expected, "gmv")
        value, low, high = one.called()
        assert value == pytest.approx(len(called & truly) / len(called))
        assert low == 0 < value < high < 1

    def test_of_nobody_there_is_no_share(self):
        # Within one continuum of one price who sells most earns most.
        p = Parameters(**FEW, price_spread=0.0, price_luck=0.0, trials=0.0)
        assert np.isnan(Replicate(p).called()).all()
        assert np.isnan(Replicate(p).called(surely=True)).all()


class TestClearTypes:
    @pytest.mark.parametrize("rule", ["silhouette", "gap", "stability", "icl"])
    def test_rules_count_them(self, clear, rule):
        np.testing.assert_array_equal(clear[rule][:, :3], 3)

    def test_they_have_hollows_between_them(self, clear):
        np.testing.assert_array_equal(clear["structure"][:, :3], 1)

    @pytest.mark.parametrize("key", ["like_logs", "like_clouds"])
    def test_groups_are_the_types_but_for_a_few(self, clear, key):
        assert clear[key][:, 0].min() > 0.8


class TestContinuum:
    @pytest.mark.parametrize("rule", ["silhouette", "stability", "bic"])
    def test_some_rules_always_claim_types(self, continuum, rule):
        assert continuum[rule][:, 1].min() > 1

    @pytest.mark.parametrize("rule", ["gap", "icl"])
    def test_others_mostly_do_not(self, continuum, rule):
        assert np.median(continuum[rule][:, 0]) == 1

    def test_no_hollow_is_found_and_none_is_denied(self, continuum):
        np.testing.assert_array_equal(continuum["structure"][:, :3], [[0, 0, 1]] * 3)

    def test_there_are_no_types_to_agree_with(self):
        keys = {m.key for m in methods_of(Reference.of(null_of(Parameters())))}
        assert keys == ALL - set(LIKE)

    def test_the_score_card_says_that_some_always_alarm(self):
        p = null_of(Parameters(creators=60, most_clusters=3))
        scores = by_key(score(p, replications=2, workers=1))
        for rule in ("silhouette", "stability"):
            assert scores[rule].truth == scores[rule].null == 1
            assert scores[rule].alarms.value == 1
            assert scores[rule].bias.value > 0
        assert scores["structure"].alarms.value == 0


class TestDefault:
    def test_luck_makes_gmv_more_concentrated_than_it_was_to_be(self, default):
        for key in ("top", "gini"):
            value, _, _, truth = default[key].T
            assert (value - truth).mean() > 0.004
            assert (value > truth).mean() > 0.6

    def test_the_past_share_promises_too_much(self, default):
        value, low, _, truth = default["past"].T
        assert (value - truth).mean() > 0.06
        assert (low > truth).mean() > 0.4

    def test_months_held_back_promise_far_less_too_much(self, default):
        errors = {key: np.abs((default[key][:, 0] - default[key][:, 3]).mean())
                  for key in ("past", "ahead")}  # fmt: skip
        assert errors["ahead"] < errors["past"] / 2

    def test_of_those_called_too_few_are_so_and_of_the_sure_enough(self, default):
        for key, promise in (("called", False), ("called_surely", True)):
            table = default[key][~np.isnan(default[key][:, 0])]
            assert (held(table, LEVEL).mean() > 0.9) == promise
        assert np.nanmean(default["called"][:, 0]) < 0.75


class TestLeftOut:
    def test_without_months_to_come_nothing_is_said_of_them(self):
        scores = score(Parameters(**FEW, ahead=0), replications=2, workers=1)
        assert {*VIEWS, "past", "ahead"}.isdisjoint(by_key(scores))
        assert COMING not in {one.quantity for one in scores}


def test_scored_worlds_have_no_more_creators_than_can_be_drawn_many_times():
    assert scored.most_scored(Parameters(creators=20_000)) == scored.MOST_CREATORS
    assert scored.most_scored(Parameters(creators=30)) == 30
