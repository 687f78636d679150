"""Many worlds of the user base: sound methods keep promises, naive ones fail as theory says."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from knowntruth.cases import edtech_simulation
from knowntruth.cases.edtech_simulation.parameters import Parameters
from knowntruth.cases.edtech_simulation.readings import readings
from knowntruth.cases.edtech_simulation.replicates import (
    CONVERTED,
    DAY_1,
    DAY_30,
    WITH_AND_WITHOUT,
    Pair,
    Reference,
    Replicate,
)
from knowntruth.cases.edtech_simulation.scored import methods_of, null_of, replicate, score
from knowntruth.cases.edtech_simulation.simulated import open_world
from knowntruth.cases.edtech_simulation.user_base import SMALL
from knowntruth.methods.users import marginal_effects as margins
from knowntruth.methods.users import rates_by_group, robust
from knowntruth.worlds.edtech.parameters import STAGES
from knowntruth.worlds.edtech.truth import truth_of
from knowntruth.worlds.edtech.users import draw

CHANCE = 1e-3  # a sound method may fail a test of this file so often
LEVEL = 0.95
ONBOARDED = (DAY_30, "onboarding", WITH_AND_WITHOUT)

# Few countries, of which one is poor; few rare ones; many who stay and pay.
SMALL_WORLD = {
    "users": 4_000,
    "countries": {"Rich": 3.0, "Middling": 2.0, "Poor": 2.0},
    "economies": {"Rich": 0.7, "Poor": 0.1},
    "rare_countries": ["Odd", "Even"],
    "rare_high_retention": [],
    "rare_low_retention": [],
    "rare_high_conversion": ["Odd"],
    "rare_low_conversion": [],
    "rare_high_activity": [],
    "rare_low_activity": [],
    "day_1_base": 1.0,
    "day_7_base": 1.0,
    "day_30_base": 1.0,
    "retention_by_income": {"lower": 0.6, "middle": 1.0, "higher": 1.3},
    "keen_retention": 2.0,
    "conversion_by_stage": {"never": 0.02, "day 1": 0.1, "day 7": 0.2, "day 30": 0.3},
}
NO_RARE = {
    "rare_countries": [], "rare_share": 0.0, "rare_high_conversion": [],
}  # fmt: skip


def small(**changes):
    return Parameters(**SMALL_WORLD | changes)


@cache
def reference_from(text):
    return Reference.of(Parameters.model_validate_json(text))


def reference(p):
    """Return what worlds of these parameters share, worked out once."""
    return reference_from(p.model_dump_json())


def by_key(scores):
    return {one.method.key: one for one in scores}


def worlds(p, count, *answers):
    """Return what each of `answers` says of so many worlds: values, lows and highs of each."""
    shared = reference(p)
    replicas = (Replicate(shared, seed) for seed in range(count))
    found = np.array([[answer(replica) for answer in answers] for replica in replicas])
    tables = found.transpose(1, 2, 0)
    return tables[0] if len(answers) == 1 else tables


def assert_right_on_average(values, truth):
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert abs(values.mean() - truth) < 4 * error


def assert_covers(lows, highs, truth, level=LEVEL):
    held = (lows <= truth) & (truth <= highs)
    assert stats.binomtest(int(held.sum()), len(held), level).pvalue > CHANCE


@pytest.fixture(scope="module")
def case():
    return open_world(Parameters())


@pytest.fixture(scope="module")
def one():
    p = Parameters()
    return Replicate(Reference.of(p), p.seed)


@pytest.fixture(scope="module")
def answers(one):
    return {method.key: method.answer(one) for method in methods_of(one.reference)}


@pytest.fixture(scope="module")
def default():
    return by_key(score(Parameters(), replications=12, workers=1))


class TestReplicates:
    def test_a_replicate_depends_on_its_number_alone(self):
        shared = Reference.of(small(users=1_500))
        alone = replicate(shared, replications=5, workers=1)
        divided = replicate(shared, replications=5, workers=2)
        fewer = replicate(shared, replications=3, workers=1)
        for key, table in alone.items():
            np.testing.assert_array_equal(table, divided[key])
            np.testing.assert_array_equal(table[:3], fewer[key])

    def test_another_seed_gives_other_worlds(self):
        first, second = (
            replicate(Reference.of(small(users=1_500, seed=seed)), replications=2, workers=1)
            for seed in (1, 2)
        )
        assert not np.isin(first["mean"], second["mean"]).any()

    def test_the_truth_is_the_same_in_all(self):
        # Days that bring more users are a matter of chance, and the youngest come early.
        p = small(back_to_school_drop=1.0, weekday_weights=[0.0, 9.0])
        shared = Reference.of(p)
        assert shared.truth == truth_of(Replicate(shared, 5).p)
        assert shared.truth.overall == pytest.approx(truth_of(p).overall, rel=1e-12)
        assert truth_of(p.model_copy(update={"seed": 5})) != shared.truth

    def test_every_interval_holds_its_value(self):
        for key, table in replicate(Reference.of(small()), replications=3, workers=1).items():
            value, low, high, _ = table.T
            assert ((low <= value) & (value <= high)).all(), key

    def test_the_cases_scores_hold_intervals_against_their_level(self):
        p = small(users=1_000, alpha=0.2)
        found = by_key(edtech_simulation.score(p, replications=2, workers=1))
        assert {"retained", "paying", "mean", "best_country"} <= set(found)
        for key, one in found.items():
            assert one.coverage.null == pytest.approx(0.8), key
            assert one.alarms.null == pytest.approx(0.2), key

    def test_a_rate_alarms_where_it_is_not_the_truth_and_a_difference_where_it_is_not_zero(self):
        shared = reference(small())
        nulls = {m.key: m.null(shared) for m in methods_of(shared)}
        assert {key for key, null in nulls.items() if null} == {
            "retained", "paying", "everybody_paying", "usual_paying",
            "mean", "median", "trimmed_mean", "huber",
        }  # fmt: skip
        assert nulls["paying"] == shared.truth.overall[CONVERTED]


class TestLeftOut:
    """What means nothing in a world is left out of its score card."""

    @pytest.mark.parametrize(
        ("changes", "missing"),
        [
            ({}, set()),
            ({"outliers": []}, {"everybody_paying", "usual_paying"}),
            (NO_RARE, {"everybody_paying", "usual_paying"}),
            ({"onboarding_assignment": "randomised"}, {"onboarding_lot"}),
            ({"keen_share": 0.0}, {"onboarding_told"}),
            (
                {"conversion_by_stage": dict.fromkeys(STAGES, 0.0), "rare_high_conversion": []},
                {"country_without_income", "country_with_income", "best_country"},
            ),
            (
                {"fewest_in_group": 1_000_000},
                {"country_without_income", "country_with_income", "best_country",
                 "instrument_crude", "instrument_adjusted"},
            ),
            (
                {"age_groups": {"Young": 1.0, "Old": 2.0}, "churn_by_pair": {},
                 "churn_by_age": {"Young": 0.5, "Old": 0.4}, "onboarding_by_age": {"Old": 2.0},
                 "instrument_by_age": {}, "retention_by_age": {"Old": 1.5}},
                set(),
            ),
            (
                {"instruments": {"Harp": 2.0, "Horn": 1.0}, "instrument_by_age": {},
                 "churn_by_instrument": {"Harp": 0.2, "Horn": 0.3}, "churn_by_pair": {}},
                set(),
            ),
        ],
        ids=["nothing", "no outliers", "no rare countries", "by lot", "nobody is keen",
             "nobody pays", "no large group", "two ages", "two instruments"],
    )  # fmt: skip
    def test_methods_without_meaning_are_left_out(self, changes, missing):
        everything = {method.key for method in methods_of(reference(small()))}
        assert len(everything) == 17
        found = by_key(score(small(**changes), replications=2, workers=1))
        assert set(found) == everything - missing

    @pytest.mark.parametrize("share", [1e-4, 0.5, 1 - 1e-4])
    def test_the_smallest_worlds_are_scored_too(self, share):
        p = Parameters(users=200, onboarding_assignment="randomised", onboarding_share=share)
        found = by_key(score(p, replications=2, workers=1))
        assert {"retained", "paying", "mean", "huber"} <= set(found)
        assert "country_with_income" not in found


class TestOneReplicate:
    """The world of the parameters' own seed, analysed again as the chapter does."""

    def test_users_are_the_worlds(self, one, case):
        table = case.tables["users"]
        for column in (DAY_1, DAY_30, CONVERTED):
            np.testing.assert_array_equal(one.users[column], table[column])
        for world, chapter in (("instrument", "factor_2"), ("country", "factor_3")):
            assert dict(one.users[world].value_counts()) == {
                name: group.users
                for name, group in rates_by_group.tallies(case.units, [], by=chapter).items()
            }
        assert case.factor("factor_3").levels[-1] == SMALL

    @pytest.mark.parametrize(("key", "column"), [("retained", "day_30"), ("paying", "converted")])
    def test_rates_are_the_chapters(self, answers, case, key, column):
        tally = rates_by_group.tallies(case.units, [column])["everybody"].tallies[column]
        low, high = proportion_confint(*tally, alpha=1 - LEVEL, method="wilson")
        assert answers[key] == pytest.approx((tally.rate, low, high), rel=1e-12)

    def test_the_onboarding_is_read_as_in_the_chapter(self, answers, case):
        twin = case.elsewhere(onboarding_assignment="randomised")
        found = {
            one.finding.name: one.finding.estimate
            for one in readings(case, twin, "day_30", level=LEVEL)
        }
        for key, name in {
            "onboarding_crude": "onboarding_chosen_crude",
            "onboarding_adjusted": "onboarding_chosen_adjusted",
            "onboarding_told": "onboarding_told_adjusted",
            "onboarding_lot": "onboarding_dealt_crude",
        }.items():
            expected = found[name].value, found[name].low, found[name].high
            assert answers[key] == pytest.approx(expected, rel=1e-9), key

    def test_an_instrument_is_read_as_in_the_chapter(self, answers, case):
        found = margins.marginal_effects(case.units, "day_1", case.causes, level=LEVEL)
        for key, finding in {
            "instrument_crude": case.crude(found, "factor_2", "Piano"),
            "instrument_adjusted": case.adjusted(found, "factor_2", "Piano"),
        }.items():
            e = finding.estimate
            assert answers[key] == pytest.approx((e.value, e.low, e.high), rel=1e-9), key
            truth = {m.key: m.truth for m in methods_of(reference(Parameters()))}[key]
            assert truth(reference(Parameters())) == pytest.approx(finding.truth, rel=1e-9)

    def test_a_country_is_read_as_in_the_chapter(self, answers, case, one):
        country = one.reference.countries
        with_income = margins.marginal_effects(
            case.units, "converted", case.causes, level=LEVEL, of=["factor_3"]
        )
        causes = [column for column in case.causes if column != "factor_4"]
        without = margins.marginal_effects(
            case.units, "converted", causes, level=LEVEL, of=["factor_3"]
        )
        assert with_income.references["factor_3"] == country.against
        for key, found in {
            "country_with_income": with_income, "country_without_income": without,
        }.items():  # fmt: skip
            e = found.effects["factor_3"][country.level]
            assert answers[key] == pytest.approx((e.value, e.low, e.high), rel=1e-9), key

    def test_lessons_are_those_of_the_chapter(self, answers, case):
        for kind, e in robust.location(case.units, "activity", level=LEVEL).items():
            expected = pytest.approx((e.value, e.low, e.high), rel=1e-12)
            assert answers[kind.replace(" ", "_")] == expected

    def test_the_best_paying_country_is_the_highest_of_the_chapters_usual_ones(
        self, answers, case, one
    ):
        found = rates_by_group.rates_by(case.units, "converted", "factor_3", level=LEVEL, fewest=1)
        usual = [group for group in found.groups if group.label in Parameters().countries]
        best = max(usual, key=lambda group: group.rate.value)
        e = best.difference
        assert answers["best_country"] == pytest.approx((e.value, e.low, e.high), rel=1e-9)
        assert one.true_best_against_others() == pytest.approx(
            case.known.rest("converted", "factor_3", best.label), rel=1e-9
        )

    def test_the_rate_among_usual_countries_is_that_of_plain_pandas(self, answers, case):
        table = case.tables["users"]
        paid = table[table.country.isin(list(Parameters().countries))][CONVERTED]
        low, high = proportion_confint(paid.sum(), len(paid), alpha=1 - LEVEL, method="wilson")
        assert answers["usual_paying"] == pytest.approx((paid.mean(), low, high), rel=1e-12)
        assert answers["everybody_paying"] == answers["paying"]

    def test_small_countries_stand_together_by_their_number_in_that_world(self):
        p = small(users=2_000, fewest_in_group=60)
        alone = small(users=2_000, fewest_in_group=2)
        counts = draw(Reference.of(p).p).users.country.value_counts()
        assert sorted(counts[counts < 60].index) == ["Even", "Odd"]
        for world, levels in ((p, {SMALL}), (alone, {"Even", "Odd"})):
            found = set(Replicate(Reference.of(world), world.seed).users.country)
            assert found == {"Rich", "Middling", "Poor"} | levels


class TestReference:
    def test_the_conversion_of_usual_countries_is_that_of_a_world_without_rare_ones(self):
        for p in (Parameters(), small()):
            others = [kind for kind in p.outliers if kind != "rare_country"]
            without = truth_of(p.model_copy(update={"outliers": others}))
            expected = without.overall[CONVERTED]
            assert reference(p).usual_conversion() == pytest.approx(expected, rel=1e-9)

    def test_lessons_are_held_against_those_of_a_world_without_outliers(self):
        p = small()
        lessons = draw(p.model_copy(update={"users": 400_000, "outliers": []})).users
        error = lessons.lessons_completed.std() / np.sqrt(400_000)
        truths = {m.key: m.truth(reference(p)) for m in methods_of(reference(p)) if m.truth}
        counts = lessons.lessons_completed
        assert truths["mean"] == pytest.approx(counts.mean(), abs=4 * error)
        assert truths["median"] == counts.median()
        assert truths["trimmed_mean"] == pytest.approx(stats.trim_mean(counts, 0.1), abs=4 * error)
        # A robust location of a skewed column lies between its median and its mean.
        assert truths["median"] < truths["huber"] < truths["mean"]
        assert truth_of(p).overall["lessons_completed"] != pytest.approx(truths["mean"], abs=0.01)

    def test_the_instrument_is_the_one_that_goes_along_with_age(self):
        assert reference(Parameters()).instruments == Pair("Piano", "Guitar")
        for instrument in ("Bass", "Ukulele"):
            p = Parameters(instrument_by_age={"35-54": {instrument: 3.0}})
            assert reference(p).instruments == Pair(instrument, "Guitar")

    def test_the_country_is_the_one_whose_incomes_differ_most(self):
        assert reference(small()).countries == Pair("Poor", "Rich")
        richer = small(economies={"Rich": 0.5, "Middling": 0.5, "Poor": 0.9})
        assert reference(richer).countries == Pair("Poor", "Rich")
        middling = small(economies={"Rich": 0.5, "Middling": 0.9, "Poor": 0.5})
        assert reference(middling).countries == Pair("Middling", "Rich")

    def test_a_country_with_too_few_payers_is_not_held_against_another(self):
        few = {"countries": {"Rich": 10.0, "Middling": 5.0, "Poor": 0.5}}
        assert reference(small(**few)).countries == Pair("Middling", "Rich")
        assert reference(small(users=300)).countries is None

    def test_a_country_that_may_stand_with_others_is_not_held_against_another(self):
        assert reference(small(fewest_in_group=500)).countries == Pair("Poor", "Rich")
        # Eleven hundred users make it likely to stay above a thousand, not certain.
        assert reference(small(fewest_in_group=1_000)).countries is None

    def test_without_an_effect_nothing_but_the_onboarding_changes(self):
        p = small()
        changed = {n for n in type(p).model_fields if getattr(p, n) != getattr(null_of(p), n)}
        assert changed == {"onboarding_day_1", "onboarding_day_30"}
        for outcome, rates in truth_of(null_of(p)).standardised.items():
            assert rates["onboarding"]["1"] == pytest.approx(rates["onboarding"]["0"]), outcome


class TestSelfSelected:
    """Users choose the onboarding: the keen do more often, and stay for longer."""

    def test_reading_who_chose_as_they_come_fails(self, default):
        for key in ("onboarding_crude", "onboarding_adjusted"):
            assert default[key].fails, key
            assert default[key].bias.low > 0
            assert default[key].method.is_naive

    def test_their_difference_is_that_of_two_expected_rates(self, default):
        found, truth = default["onboarding_crude"].behaviour, reference(Parameters()).truth
        bias = truth.difference(DAY_30, "onboarding", "1", "0") - truth.effect(
            DAY_30, "onboarding", "1", "0"
        )
        assert bias > 0.005
        error = found.spread / np.sqrt(found.replications)
        assert found.bias.value == pytest.approx(bias, abs=4 * error)

    def test_told_of_the_keen_the_regression_is_right_and_without_them_it_is_not(self):
        p, count = small(keen_share=0.4), 40
        truth = reference(p).truth.effect(DAY_30, "onboarding", "1", "0")
        told, known = worlds(
            p,
            count,
            lambda r: r.adjusted(*ONBOARDED, told=True),
            lambda r: r.adjusted(*ONBOARDED),
        )
        assert_right_on_average(told[0], truth)
        assert_covers(*told[1:], truth)
        values, lows, highs = known
        assert values.mean() - truth > 4 * values.std(ddof=1) / np.sqrt(count)
        assert np.mean((lows <= truth) & (truth <= highs)) < 0.7

    def test_a_lot_finds_the_effect(self):
        p = small()
        truth = reference(p).truth.effect(DAY_30, "onboarding", "1", "0")
        values, lows, highs = worlds(p, 60, lambda r: r.by_lot(DAY_30))
        assert_right_on_average(values, truth)
        assert_covers(lows, highs, truth)

    def test_without_an_effect_a_lot_alarms_as_rarely_as_agreed(self):
        p = null_of(small())
        _, lows, highs = worlds(p, 150, lambda r: r.by_lot(DAY_30))
        assert_covers(lows, highs, 0.0)

    def test_without_an_effect_those_who_chose_raise_an_alarm(self):
        p = null_of(small())
        _, lows, _ = worlds(p, 30, lambda r: r.crude(*ONBOARDED))
        assert np.mean(lows > 0) > 0.5


class TestRandomised:
    """A lot deals the onboarding out: a plain difference is enough."""

    RANDOMISED = small(onboarding_assignment="randomised", onboarding_share=0.4)

    def test_users_as_they_come_differ_by_the_effect(self):
        truth = reference(self.RANDOMISED).truth.effect(DAY_30, "onboarding", "1", "0")
        values, lows, highs = worlds(self.RANDOMISED, 80, lambda r: r.crude(*ONBOARDED))
        assert_right_on_average(values, truth)
        assert_covers(lows, highs, truth)

    def test_the_plain_difference_is_no_warning_there(self):
        naive = {m.key for m in methods_of(reference(self.RANDOMISED)) if m.is_naive}
        assert not {key for key in naive if key.startswith("onboarding")}

    def test_a_lot_that_is_dealt_anyway_gives_the_same_users(self):
        replica = Replicate(reference(self.RANDOMISED), 3)
        assert replica.by_lot(DAY_30) == replica.crude(*ONBOARDED)

    def test_a_share_of_its_own_takes_it(self):
        share = Replicate(reference(small(onboarding_share=0.3)), 1).dealt.onboarding == "1"
        assert share.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / 4_000))


class TestGroups:
    def test_an_instrument_as_it_comes_brings_its_players_age_along(self):
        # The old stay for longer and play the horn, which keeps nobody.
        p = small(
            age_groups={"Young": 1.0, "Old": 1.0},
            churn_by_age={"Young": 0.5, "Old": 0.4},
            churn_by_pair={},
            onboarding_by_age={},
            retention_by_age={"Old": 2.0},
            instruments={"Harp": 2.0, "Horn": 1.0},
            churn_by_instrument={"Harp": 0.2, "Horn": 0.3},
            retention_by_instrument={},
            instrument_by_age={"Old": {"Horn": 3.0}},
        )
        shared, pair = reference(p), Pair("Horn", "Harp")
        assert shared.instruments == pair
        assert shared.effect(DAY_1, "instrument", pair) == pytest.approx(0, abs=1e-12)
        crude, adjusted = worlds(
            p,
            40,
            lambda r: r.crude(DAY_1, "instrument", pair),
            lambda r: r.adjusted(DAY_1, "instrument", pair),
        )
        assert_right_on_average(adjusted[0], 0.0)
        assert_covers(*adjusted[1:], 0.0)
        assert np.mean(crude[1] > 0) > 0.8

    def test_a_poor_country_pays_less_until_income_is_held_equal(self):
        pair = Pair("Poor", "Rich")
        incomes = {"lower": 0.2, "middle": 1.0, "higher": 2.0}
        # Where income changes nothing, as in a rare country, it is not held equal either.
        p = small(conversion_by_income=incomes, **NO_RARE)
        truth = reference(p).effect(CONVERTED, "country", pair)
        without, equal = worlds(
            p,
            40,
            lambda r: r.adjusted(CONVERTED, "country", pair, without="income_band"),
            lambda r: r.adjusted(CONVERTED, "country", pair),
        )
        assert truth == pytest.approx(0, abs=1e-12)
        assert np.mean(without[2] < truth) > 0.8
        assert_right_on_average(equal[0], truth)
        assert_covers(*equal[1:], truth)

    def test_the_best_paying_of_equal_countries_owes_its_lead_to_luck(self):
        names = [f"Country {number}" for number in range(10)]
        p = small(
            countries=dict.fromkeys(names, 1.0),
            economies={},
            outliers=[kind for kind in Parameters().outliers if kind != "rare_country"],
        )
        shared = reference(p)
        tables = np.array(
            [
                (*replica.best_against_others(), replica.true_best_against_others())
                for replica in (Replicate(shared, seed) for seed in range(80))
            ]
        )
        assert tables[:, 3] == pytest.approx(0, abs=1e-12)
        # Luck alone: the best of ten equal shares of as many users, against the rest.
        rng = np.random.default_rng(1)
        users = rng.multinomial(p.users, [0.1] * 10, size=20_000)
        paid = rng.binomial(users, shared.truth.overall[CONVERTED])
        at = np.arange(20_000), (paid / users).argmax(axis=1)
        others = (paid.sum(axis=1) - paid[at]) / (users.sum(axis=1) - users[at])
        expected = np.mean(paid[at] / users[at] - others)
        assert_right_on_average(tables[:, 0], expected)
        assert expected > 3 * tables[:, 0].std(ddof=1) / np.sqrt(80)
        assert np.mean(tables[:, 1] <= 0) < 0.8

    def test_a_country_alone_has_no_others_to_lead(self):
        p = small(countries={"Rich": 1_000.0, "Poor": 1e-6}, **NO_RARE)
        replica = Replicate(reference(p), 1)
        assert replica.best[0] == "Rich"
        assert np.isnan(replica.best_against_others()).all()

    def test_it_fails_in_the_default_world(self, default):
        assert default["best_country"].bias.low > 0
        assert default["best_country"].fails

    def test_rare_countries_carry_the_rate_of_all(self, default):
        naive, sound = default["everybody_paying"], default["usual_paying"]
        assert naive.fails
        assert naive.bias.low > 0.004
        assert abs(sound.bias.value) < 4 * sound.spread[0] / np.sqrt(12)


class TestLessons:
    def test_outliers_take_the_mean_from_what_is_usual(self, default):
        assert default["mean"].fails
        assert default["mean"].bias.high < 0

    def test_without_outliers_the_mean_is_right(self):
        p = small(outliers=[])
        truth = truth_of(p).overall["lessons_completed"]
        assert reference(p).middles["mean"] == pytest.approx(truth, abs=1e-4)
        values, lows, highs = worlds(p, 60, lambda r: r.centre("mean"))
        assert_right_on_average(values, truth)
        assert_covers(lows, highs, truth)

    @pytest.mark.parametrize("kind", ["trimmed mean", "huber"])
    def test_without_outliers_a_robust_location_finds_what_it_aims_at(self, kind):
        p = small(outliers=[])
        truth = reference(p).middles[kind]
        values, lows, highs = worlds(p, 60, lambda r: r.centre(kind))
        assert_right_on_average(values, truth)
        assert_covers(lows, highs, truth)

    def test_the_median_does_not_see_power_users_and_the_mean_does(self):
        p = small(outliers=["power"], power_share=0.05)
        without = small(outliers=[])
        moved = {
            kind: np.mean(
                worlds(p, 10, lambda r, kind=kind: r.centre(kind))[0]
                - worlds(without, 10, lambda r, kind=kind: r.centre(kind))[0]
            )
            for kind in ("mean", "median")
        }
        # Five hundredths of the users add thirty lessons on average, by half a lesson at most.
        assert moved["mean"] == pytest.approx(0.05 * 29.5, rel=0.2)
        assert abs(moved["median"]) <= 0.5
