"""Edtech: impossible worlds are refused with what to do, and causes are those of the rules."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from knowntruth.errors import ParameterError
from knowntruth.parameters import check, describe, parse
from knowntruth.worlds.edtech.causes import HIDDEN, causes_of
from knowntruth.worlds.edtech.parameters import KINDS, Parameters
from knowntruth.worlds.edtech.published import as_published
from knowntruth.worlds.edtech.rules import Rules
from knowntruth.worlds.edtech.truth import truth_of
from knowntruth.worlds.edtech.world import simulate

FACTORS = ("age_group", "skill_level", "instrument", "country", "income_band")
AGES = ("Under 18", "18-34", "35-54", "55+")
INSTRUMENTS = ("Guitar", "Piano", "Ukulele", "Bass", "Voice")
COUNTRIES = tuple(Parameters().countries)


def problems_of(values):
    with pytest.raises(ParameterError) as raised:
        check(Parameters, values)
    return {problem.where: str(problem) for problem in raised.value.problems}


class TestRefused:
    @pytest.mark.parametrize(
        ("values", "words"),
        [
            (
                {"retention_by_age": {"55": 1.2}},
                "`retention_by_age` names '55', which is not there",
            ),
            ({"retention_by_instrument": {"Gitar": 1.0}}, "perhaps 'Guitar'"),
            ({"economies": {"Finnland": 0.4}}, "`economies` names 'Finnland'.*perhaps 'Finland'"),
            ({"churn_by_income": {"low": 1.0}}, "`churn_by_income` names 'low'.*perhaps 'lower'"),
            ({"instrument_by_age": {"18-35": {}}}, "'18-35'.*perhaps '18-34'"),
            ({"instrument_by_age": {"55+": {"Pianos": 2.0}}}, "'Pianos'.*perhaps 'Piano'"),
            ({"churn_by_pair": {"55+": {"Drums": 2.0}}}, "`churn_by_pair` names 'Drums'"),
            ({"instrument_extremes": {"Drums": 0.1}}, "`instrument_extremes` names 'Drums'"),
            ({"onboarding_by_age": {"55 +": 2.0}}, "perhaps '55\\+'"),
            ({"lessons_mean": {"Beginner": 5.0}}, "lacks 'Intermediate'.*lacks 'Advanced'"),
            ({"skill_levels": {"Novice": 1.0, "Advanced": 1.0}}, "`lessons_sd` lacks 'Novice'"),
            ({"instruments": {"Drums": 1.0, "Voice": 1.0}}, "`churn_by_instrument` lacks 'Drums'"),
            ({"age_groups": {"young": 1.0, "55+": 1.0}}, "`churn_by_age` lacks 'young'"),
            ({"conversion_by_stage": {"never": 0.1}}, "`conversion_by_stage` lacks 'day 30'"),
            ({"economies": {"Finland": 1.2}}, "`economies` has a value outside 0 to 1"),
            ({"churn_by_age": dict.fromkeys(AGES, 1.1)}, "`churn_by_age` has a value outside"),
            ({"retention_by_age": {"55+": -0.1}}, "`retention_by_age` .* outside 0 to 1000"),
            ({"instrument_by_age": {"55+": {"Bass": -1.0}}}, "`instrument_by_age` has a value"),
            ({"rare_low_retention": ["Tuvalo"]}, "'Tuvalo', which is no rare country"),
            ({"rare_high_retention": ["Tuvalu"]}, "in `rare_high_retention` and in `rare_low"),
            ({"rare_high_conversion": ["Tuvalu"]}, "in `rare_high_conversion` and in `rare_low"),
            ({"rare_high_activity": ["Tuvalu"]}, "in `rare_high_activity` and in `rare_low"),
            ({"countries": {"Monaco": 1.0, "Finland": 1.0}}, "both usual and rare"),
            ({"rare_countries": ["Oz", "Oz"]}, "`rare_countries` names a country twice"),
            ({"rare_countries": []}, "above zero without `rare_countries`"),
            ({"power_share": 0.6, "idle_share": 0.5}, "`power_share` and `idle_share` are more"),
            ({"retention_spike_share": 0.6, "retention_drop_share": 0.5}, "are more than all"),
            (
                {"weekday_weights": [0.0, 0.0], "weekend_weights": [0.0, 0.0]},
                "leave no day to sign up on",
            ),
            (
                {"instrument_by_age": {"55+": dict.fromkeys(INSTRUMENTS, 0.0)}},
                "leaves no instrument to '55\\+'",
            ),
        ],
    )
    def test_values_that_do_not_fit_together(self, values, words):
        with pytest.raises(ParameterError, match=words) as raised:
            check(Parameters, values)
        assert raised.value.problems[0].fix == "Give names and values that fit together"

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("age_groups", {"all": 1.0}, "two or more names, each with a positive weight"),
            ("countries", {"A": 1.0, "B": 0.0}, "positive weight"),
            ("churn_spike_size", [0.6, 0.4], "the lower first. Write [least, most]"),
            ("power_lessons", [10], "needs two ends"),
            ("weekend_weights", [-0.1, 0.5], "needs two ends"),
            ("extreme_low", [5, 1001], "needs two ends"),
            ("daily_weights", [1.0] * 30, "none or 31 weights"),
            ("daily_weights", [0.0] * 31, "one above"),
            ("daily_weights", [-1.0] + [1.0] * 30, "none below zero"),
            ("keen_share", 1.0, "Accepted is 0 ≤ x < 1; the default is 0.3"),
            ("onboarding_share", 0.0, "0 < x < 1"),
            ("rare_share", 0.6, "0 ≤ x ≤ 0.5"),
            ("users", 199, "200 ≤ x ≤ 2000000"),
            ("onboarding_assignment", "random", "self-selected, randomised"),
            ("back_to_school", "late", "late August, as coded"),
            ("churn_rate", 0.1, "is not a parameter"),
            ("retention_by_agegroup", {}, "Did you mean retention_by_age?"),
        ],
    )
    def test_a_value_that_is_impossible_by_itself(self, name, value, words):
        assert words in problems_of({name: value})[name]

    def test_an_unknown_kind_of_outlier(self):
        (problem,) = problems_of({"outliers": ["power", "wizard"]}).values()
        assert "wizard" in problem

    def test_all_problems_are_told_at_once(self):
        single = problems_of(
            {"users": 1, "keen_share": 2.0, "idle_lessons": [3, 0], "daily_weights": [1.0]}
        )
        assert set(single) == {"users", "keen_share", "idle_lessons", "daily_weights"}
        together = problems_of(
            {
                "retention_by_age": {"55": 1.0},
                "rare_low_activity": ["Atlantis"],
                "power_share": 0.9,
                "churn_by_instrument": {"Guitar": 2.0},
            }
        )["together"]
        for words in ("'55'", "'Atlantis'", "`power_share`", "lacks 'Bass'", "outside 0 to 1"):
            assert words in together


class TestAccepted:
    def test_new_names_need_only_what_has_no_default(self):
        p = check(
            Parameters,
            {
                "users": 500,
                "countries": {"Oz": 1, "Narnia": 3},
                "skill_levels": {"none": 2, "some": 1},
                "lessons_mean": {"none": 1, "some": 4},
                "lessons_sd": {"none": 1, "some": 0},
                "instruments": {"Drums": 1, "Guitar": 1},
                "churn_by_instrument": {"Drums": 0.5, "Guitar": 0.2},
            },
        )
        users = simulate(p).users
        assert set(users["instrument"]) == {"Drums", "Guitar"}
        assert users.notna().all(axis=None)
        assert truth_of(p).shares["skill_level"]["none"] == pytest.approx(2 / 3)

    @pytest.mark.parametrize(
        "values",
        [
            {"outliers": []},
            {"rare_share": 0.0},
            {"retention_by_income": {"lower": 0.0, "middle": 0.0, "higher": 0.0}},
            {
                "conversion_by_income": {"lower": 0.0, "middle": 0.0, "higher": 0.0},
                "conversion_follows": "chances",
            },
            {"back_to_school_drop": 1.0, "back_to_school": "as coded"},
            {"daily_weights": [0.0] * 30 + [1.0]},
            {"churn_age_sd": 0.0, "churn_instrument_sd": 0.0},
            {
                "lessons_mean": dict.fromkeys(("Beginner", "Intermediate", "Advanced"), 1000.0),
                "lessons_if_retained": 2.0,
                "conversion_per_lesson": 0.2,
                "conversion_by_stage": dict.fromkeys(("never", "day 1", "day 7", "day 30"), 0.0),
            },
            {"retention_spike_share": 1.0, "retention_drop_share": 0.0, "power_share": 0.85},
        ],
        ids=lambda values: next(iter(values)),
    )
    def test_the_ends_of_what_is_accepted_make_worlds_without_gaps(self, values):
        world = simulate(check(Parameters, {"users": 1000, **values}))
        assert world.users.notna().all(axis=None)
        assert world.expected.notna().all(axis=None)
        assert all(np.isfinite(value) for value in world.truth.overall.values())

    def test_command_lines_read_lists_and_names_with_values(self):
        values = parse(
            Parameters,
            [
                "users=1e3",
                "outliers=[]",
                'rare_low_activity=["Guyana"]',
                'economies={"Finland": 0.7}',
                'instrument_by_age={"55+": {"Piano": 3}}',
                "power_lessons=[5, 6]",
                "weekday_weights=[1, 2]",
                "retention_nested=FALSE",
                "onboarding_assignment=randomised",
                "back_to_school=as coded",
            ],
        )
        p = check(Parameters, values)
        assert p.users == 1000
        assert p.outliers == []
        assert p.rare_low_activity == ["Guyana"]
        assert p.economies == {"Finland": 0.7}
        assert p.instrument_by_age == {"55+": {"Piano": 3.0}}
        assert p.power_lessons == [5, 6]
        assert p.weekday_weights == [1.0, 2.0]
        assert p.retention_nested is False
        assert p.onboarding_assignment == "randomised"
        assert p.back_to_school == "as coded"

    def test_half_a_list_stays_text_and_is_refused_with_the_default(self):
        values = parse(Parameters, ["power_lessons=[5, 6"])
        assert "the default is [10, 49]" in problems_of(values)["power_lessons"]

    def test_every_parameter_is_described(self):
        table = describe(Parameters, {"users": 500}).set_index("name")
        assert set(table.index) == set(Parameters.model_fields)
        assert (table["meaning"].str.len() > 5).all()
        assert table.loc["users", "value"] == "500"
        assert table.loc["rare_share", "range"] == "0 ≤ x ≤ 0.5"

    def test_the_published_world_keeps_its_seed_and_users_free(self):
        p = as_published(seed=12, users=777)
        assert (p.seed, p.users) == (12, 777)
        assert check(Parameters, p.model_dump()) == p


# Worlds in which some causes are switched off, or on.
SWITCHED = {
    "default": Parameters(users=2000),
    "randomised": Parameters(users=2000, onboarding_assignment="randomised"),
    "as published": as_published(seed=3, users=2000),
    "chances": Parameters(users=2000, conversion_follows="chances"),
    "as coded": Parameters(users=2000, back_to_school="as coded"),
    "nobody stays away": Parameters(users=2000, back_to_school_drop=0.0),
    "nobody keen": Parameters(users=2000, keen_share=0.0),
    "keen like others": Parameters(
        users=2000, keen_retention=1.0, keen_conversion=1.0, onboarding_if_keen=0.35
    ),
    "ages alike": Parameters(
        users=2000,
        instrument_by_age={"55+": {"Piano": 1.0}},
        onboarding_by_age={},
        retention_by_age=dict.fromkeys(AGES, 1.3),
        conversion_by_age={},
        churn_by_age=dict.fromkeys(AGES, 0.4),
    ),
    "pairs alike": Parameters(
        users=2000,
        churn_by_pair={},
        churn_by_age=dict.fromkeys(AGES, 0.4),
        churn_by_instrument=dict.fromkeys(INSTRUMENTS, 0.3),
    ),
    "onboarding idle": Parameters(users=2000, onboarding_day_1=0.0, onboarding_day_30=0.0),
    "onboarding late": Parameters(users=2000, onboarding_day_1=0.0),
    "lessons alike": Parameters(
        users=2000,
        lessons_mean=dict.fromkeys(("Beginner", "Intermediate", "Advanced"), 6.0),
        lessons_sd=dict.fromkeys(("Beginner", "Intermediate", "Advanced"), 2.0),
        lessons_if_retained=0.0,
        conversion_per_lesson=0.0,
    ),
    "staying does nothing": Parameters(
        users=2000,
        churn_if_retained=1.0,
        conversion_by_stage=dict.fromkeys(("never", "day 1", "day 7", "day 30"), 0.01),
    ),
    "countries": Parameters(
        users=2000,
        retention_by_country={"Finland": 2.0},
        conversion_by_country={"Mexico": 0.5},
        churn_by_country={"Italy": 1.2},
        economies=dict.fromkeys(COUNTRIES, 0.5),
    ),
    "no country is rare": Parameters(
        users=2000, rare_share=0.0, retention_by_country=dict.fromkeys(COUNTRIES, 2.0)
    ),
    "incomes alike": Parameters(
        users=2000, retention_by_income={}, conversion_by_income={}, churn_by_income={}
    ),
}


def found_by_interventions(p):
    """Return (cause, effect) for whatever changes a chance when it alone is set by hand."""
    rules, people = Rules(p), simulate(p).drawn.people
    people = type(people)(*(getattr(people, f) for f in (*FACTORS, "keen", "onboarding")))
    stages = np.random.default_rng(1).integers(0, 4, len(people))
    lessons = np.random.default_rng(2).integers(0, 30, len(people))

    def retention(who):
        return np.column_stack([rules.day_1(who), rules.day_7(who), rules.day_30(who)])

    def paying(who, stage=stages, number=lessons):
        if p.conversion_follows == "behaviour":
            return rules.pays_by_behaviour(who, stage, number)
        return rules.pays_by_chances(who, rules.day_1(who))

    def churn(who, stage=stages):
        stayed = np.where(stage == 3, p.churn_if_retained, 1.0)
        return np.column_stack([*rules.churn_parts(who), stayed])

    def lessons_of(who, stage=stages):
        skill = who.skill_level
        return np.column_stack([rules.lessons_mean[skill, stage], rules.lessons_sd[skill]])

    chances = {
        "instrument": lambda who: rules.instrument_shares[who.age_group],
        "income_band": lambda who: rules.income_shares[who.country],
        "onboarding": rules.takes_onboarding,
        "retention": retention,
        "lessons_completed": lessons_of,
        "premium_conversion": paying,
        "churn": churn,
    }

    def change(outputs):
        return any(not np.allclose(a, b) for a, b in combinations(outputs, 2))

    found = set()
    for cause in (*FACTORS, "keen", "onboarding"):
        # Only what occurs: nobody can be set to what nobody is.
        codes = np.unique(getattr(people, cause))
        for effect, chance in chances.items():
            if change([chance(people.put(cause, code)) for code in codes]):
                found.add((cause, effect))
    for effect, chance in (
        ("lessons_completed", lessons_of),
        ("premium_conversion", paying),
        ("churn", churn),
    ):
        if change([chance(people, np.full_like(stages, stage)) for stage in range(4)]):
            found.add(("retention", effect))
    if change([paying(people, stages, np.full_like(lessons, number)) for number in (3, 4)]):
        found.add(("lessons_completed", "premium_conversion"))
    if change([rules.age_shares(late=late) for late in (False, True)]):
        found.add(("start_date", "age_group"))
    return found


class TestCauses:
    @pytest.mark.parametrize("world", SWITCHED)
    def test_causes_are_what_changes_a_chance_when_set_by_hand(self, world):
        p = SWITCHED[world]
        listed = {(cause, effect) for effect, causes in causes_of(p).items() for cause in causes}
        assert listed == found_by_interventions(p)

    def test_the_original_lets_country_and_not_behaviour_decide(self):
        causes = causes_of(as_published(seed=1))
        assert causes["premium_conversion"] == ("age_group", "instrument", "country")
        assert causes["churn"] == ("age_group", "instrument", "country")
        assert causes["onboarding"] == causes["age_group"] == ()

    def test_no_cause_stands_behind_its_effect(self):
        for p in SWITCHED.values():
            before = set()
            for effect, causes in causes_of(p).items():
                assert before.issuperset(causes)
                before.add(effect)
        assert before >= HIDDEN

    def test_kinds_of_outliers_are_no_causes(self):
        assert causes_of(Parameters(outliers=[])) == causes_of(Parameters())
        assert not set(KINDS) & set(causes_of(Parameters()))
