"""Edtech: what is called true is what long simulations show, the world's own and one by hand."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from knowntruth.worlds.edtech.expectations import OUTCOMES, Expectations, clipped_normal
from knowntruth.worlds.edtech.parameters import INCOMES, STAGES, Parameters
from knowntruth.worlds.edtech.published import as_published
from knowntruth.worlds.edtech.rules import People, Rules, clipped_shift_mean
from knowntruth.worlds.edtech.truth import FACTORS, lesson_shares, truth_of
from knowntruth.worlds.edtech.users import day_weights
from knowntruth.worlds.edtech.world import simulate

USERS = 80_000  # of each world
# Thousands of shares are compared: each may lie 5.3 standard errors off.
UNLIKELY = 1e-7
LESSONS_ERRORS = 5.3
FEWEST = 50  # lessons of smaller groups are too skewed for a normal bound

AGES = ("Under 18", "18-34", "35-54", "55+")
INSTRUMENTS = ("Guitar", "Piano", "Ukulele", "Bass", "Voice")
EXTREME = {  # most chances reach 0 or 1
    "back_to_school_drop": 0.8,
    "day_1_base": 1.0, "day_7_base": 1.0, "day_30_base": 0.9, "scaling": 1.0,
    "keen_share": 0.5, "keen_retention": 8.0, "keen_conversion": 6.0,
    "onboarding_day_1": 3.0, "onboarding_day_30": 2.0, "day_1_floor": 0.15,
    "lessons_if_retained": 0.5,
    "lessons_sd": {"Beginner": 9.0, "Intermediate": 0.0, "Advanced": 5.0},
    "conversion_by_stage": {"never": 0.05, "day 1": 0.2, "day 7": 0.6, "day 30": 1.0},
    "conversion_per_lesson": 0.1,
    "churn_by_age": dict.fromkeys(AGES, 0.9), "churn_age_sd": 0.4, "churn_instrument_sd": 0.3,
    "churn_by_income": {"lower": 3.0, "middle": 1.5, "higher": 0.8}, "churn_if_retained": 2.0,
    "churn_spike_share": 0.3, "churn_spike_size": [0.1, 0.9],
    "retention_spike_share": 0.2, "retention_spike_size": [0.2, 1.2],
    "retention_drop_share": 0.2, "retention_drop_size": [0.1, 0.9],
    "always_retained_share": 0.1, "power_share": 0.1, "idle_share": 0.2,
    "instrument_extremes": dict.fromkeys(INSTRUMENTS, 0.2), "rare_share": 0.1,
}  # fmt: skip
WORLDS = {
    "default": Parameters(users=USERS),
    "randomised": Parameters(users=USERS, onboarding_assignment="randomised"),
    "as published": as_published(seed=2, users=USERS),
    "as coded": Parameters(
        users=USERS,
        back_to_school="as coded",
        conversion_follows="chances",
        rare_anomalies="as coded",
        rare_share=0.3,
    ),
    "extreme": Parameters(users=USERS, **EXTREME),
    "no outliers": Parameters(users=USERS, outliers=[]),
    "harmful, not nested": Parameters(
        users=USERS,
        onboarding_day_1=-0.4,
        onboarding_day_30=-0.3,
        retention_nested=False,
        rare_share=0.3,
    ),
}


@cache
def simulated(name):
    return simulate(WORLDS[name])


@cache
def truth(name):
    return truth_of(WORLDS[name])


# The world once more, written from the meanings of its parameters and from nothing else.


def people_by_hand(p, rng):
    """Return users as codes of levels, and the names of the levels."""
    n = p.users
    rare = p.rare_countries if "rare_country" in p.outliers else []
    levels = {
        "age_group": list(p.age_groups),
        "skill_level": list(p.skill_levels),
        "instrument": list(p.instruments),
        "country": [*p.countries, *rare],
        "income_band": list(INCOMES),
        "onboarding": ["0", "1"],
    }

    def choose(weights, rows):
        weights = np.array(weights, dtype=float)
        return rng.choice(len(weights), rows.sum(), p=weights / weights.sum())

    everybody = np.ones(n, dtype=bool)
    people = SimpleNamespace(levels=levels)
    late = rng.random(n) < day_weights(p)[15:].sum()
    people.age_group = np.zeros(n, dtype=int)
    for rows in (late, ~late):
        shares = np.array(list(p.age_groups.values())) / sum(p.age_groups.values())
        if p.back_to_school == "as coded":
            shares[0] -= p.back_to_school_drop
        elif rows is late:
            shares[0] *= 1 - p.back_to_school_drop
        people.age_group[rows] = choose(shares, rows)
    people.skill_level = choose(list(p.skill_levels.values()), everybody)
    people.instrument = np.zeros(n, dtype=int)
    for code, age in enumerate(p.age_groups):
        rows, factors = people.age_group == code, p.instrument_by_age.get(age, {})
        weights = [weight * factors.get(name, 1) for name, weight in p.instruments.items()]
        people.instrument[rows] = choose(weights, rows)
    people.country = choose(list(p.countries.values()), everybody)
    if rare:
        moved = rng.random(n) < p.rare_share
        people.country[moved] = len(p.countries) + rng.integers(len(rare), size=moved.sum())
    strength = np.array([p.economies.get(country, 0.5) for country in levels["country"]])
    people.income_band = rng.binomial(2, strength[people.country])
    people.keen = (rng.random(n) < p.keen_share).astype(int)
    if p.onboarding_assignment == "randomised":
        chance = p.onboarding_share
    else:
        by_age = [np.log(p.onboarding_by_age.get(age, 1)) for age in p.age_groups]
        by_keen = stats.logistic.ppf([p.onboarding_if_not, p.onboarding_if_keen])
        chance = stats.logistic.cdf(np.array(by_age)[people.age_group] + by_keen[people.keen])
    people.onboarding = (rng.random(n) < chance).astype(int)
    return people


def outcomes_by_hand(p, people, rng):
    """Return what users do."""
    n, kinds = p.users, set(p.outliers)
    names = people.levels

    def factor(prefix):
        product = np.ones(n)
        for what, column in (
            ("age", "age_group"),
            ("instrument", "instrument"),
            ("income", "income_band"),
            ("country", "country"),
        ):
            given = getattr(p, f"{prefix}_by_{what}")
            values = np.array([given.get(level, 1.0) for level in names[column]])
            product *= values[getattr(people, column)]
        return product

    def best(prefix):
        ends = (("age", AGES), ("instrument", INSTRUMENTS), ("income", INCOMES))
        ends = (*ends, ("country", p.countries))
        return np.prod(
            [max(getattr(p, f"{prefix}_by_{w}").get(x, 1.0) for x in xs) for w, xs in ends]
        )

    def rare(which):
        listed = getattr(p, which) if "rare_country" in kinds else []
        return np.isin(people.country, [names["country"].index(name) for name in listed])

    def some(kind, share):
        return (rng.random(n) < share) & (kind in kinds)

    def whole(ends):
        return rng.integers(ends[0], ends[1] + 1, n)

    # Days 1, 7 and 30.
    scale = 1 - p.keen_share + p.keen_share * p.keen_retention
    keen = np.where(people.keen == 1, p.keen_retention, 1) / scale
    taste = factor("retention") * keen / best("retention") / p.scaling
    first = np.minimum(p.day_1_base * taste * (1 + p.onboarding_day_1 * people.onboarding), 1)
    second = np.minimum(p.day_7_base * taste, 1)
    third = np.minimum(p.day_30_base * taste * (1 + p.onboarding_day_30 * people.onboarding), 1)
    lot = rng.random(n)
    up = (lot < p.retention_spike_share) & ("retention_spike" in kinds)
    down = (lot > 1 - p.retention_drop_share) & ("retention_drop" in kinds)
    first = first + up * rng.uniform(*p.retention_spike_size, n)
    first = first - down * rng.uniform(*p.retention_drop_size, n)
    first = np.minimum(np.maximum(first, p.day_1_floor), 1)
    day_1 = rng.random(n) < first
    day_7 = day_1 & (rng.random(n) < second)
    day_30 = day_7 & (rng.random(n) < third)
    always = some("always_retained", p.always_retained_share)
    day_1, day_7, day_30 = day_1 | always, day_7 | always, day_30 | always
    lasted = day_1.astype(int) + day_7 + day_30
    low, high = rare("rare_low_retention"), rare("rare_high_retention")
    thinned = rng.random(n) < p.rare_low_day_30
    if p.rare_anomalies == "as meant":
        thinned &= day_30
    day_30 = np.where(low, thinned, day_30)
    day_30 = np.where(high, rng.random(n) < p.rare_high_day_30, day_30)
    if p.retention_nested:
        day_1, day_7 = day_1 | day_30, day_7 | day_30
        lasted = day_1.astype(int) + day_7 + day_30

    # Lessons.
    mean = np.array([p.lessons_mean[skill] for skill in p.skill_levels])[people.skill_level]
    sd = np.array([p.lessons_sd[skill] for skill in p.skill_levels])[people.skill_level]
    mean = mean + mean * p.lessons_if_retained * lasted
    lessons = np.maximum(np.rint(rng.normal(mean, sd)), 0)
    lot = rng.random(n)
    power = (lot < p.power_share) & ("power" in kinds)
    idle = (lot > 1 - p.idle_share) & ("idle" in kinds)
    lessons = np.where(power, lessons + whole(p.power_lessons), lessons)
    lessons = np.where(idle, whole(p.idle_lessons), lessons)
    lessons = lessons + rare("rare_high_activity") * whole(p.rare_more_lessons)
    lessons = np.maximum(lessons - rare("rare_low_activity") * whole(p.rare_fewer_lessons), 0)
    share = np.array([p.instrument_extremes.get(name, 0) for name in p.instruments])
    extreme = some("instrument_extreme", share[people.instrument])
    change = np.where(rng.random(n) < 0.5, whole(p.extreme_high), -whole(p.extreme_low))
    lessons = np.maximum(lessons + extreme * change, 0)

    # Paying.
    if p.conversion_follows == "chances":
        pays = first * second * third * factor("conversion") / best("conversion")
    else:
        rates = np.array([p.conversion_by_stage[stage] for stage in STAGES])
        pays = rates[lasted] * factor("conversion")
        pays = pays * np.where(people.keen == 1, p.keen_conversion, 1)
        pays = pays * np.exp(p.conversion_per_lesson * (lessons - min(p.lessons_mean.values())))
    pays = np.minimum(pays, 1)
    reduced = p.rare_low_paying * (pays if p.rare_anomalies == "as meant" else 1)
    pays = np.where(rare("rare_low_conversion"), reduced, pays)
    pays = np.where(rare("rare_high_conversion"), p.rare_high_paying, pays)

    # Leaving.
    by_age = np.array([p.churn_by_age[age] for age in p.age_groups])[people.age_group]
    by_instrument = np.array([p.churn_by_instrument[i] for i in p.instruments])[people.instrument]
    pair = np.array(
        [[p.churn_by_pair.get(age, {}).get(i, 1) for i in p.instruments] for age in p.age_groups]
    )[people.age_group, people.instrument]
    by_income = np.array([p.churn_by_income.get(i, 1) for i in INCOMES])[people.income_band]
    by_country = np.array([p.churn_by_country.get(c, 1) for c in names["country"]])[people.country]
    leaves = np.clip(rng.normal(by_age, p.churn_age_sd), 0, 1)
    leaves = leaves * np.clip(rng.normal(by_instrument, p.churn_instrument_sd), 0, 1)
    leaves = leaves * pair * by_income * by_country * np.where(day_30, p.churn_if_retained, 1)
    spike = some("churn_spike", p.churn_spike_share)
    leaves = leaves + spike * rng.uniform(*p.churn_spike_size, n)

    return {
        "day_1_retention": day_1,
        "day_7_retention": day_7,
        "day_30_retention": day_30,
        "premium_conversion": rng.random(n) < pays,
        "churn": rng.random(n) < leaves,
        "lessons_completed": lessons,
    }


def by_hand(p, seed):
    people = people_by_hand(p, np.random.default_rng([seed, 0]))
    columns = {
        factor: pd.Categorical.from_codes(getattr(people, factor), levels)
        for factor, levels in people.levels.items()
    }
    outcomes = outcomes_by_hand(p, people, np.random.default_rng([seed, 1]))
    return pd.DataFrame(columns | outcomes)


def disagreements(users, truth):
    """Return which shares and means of a table the truth does not explain."""
    outcomes = users[list(OUTCOMES)].astype(float)
    groups = {factor: users[factor] for factor in FACTORS}
    groups["overall"] = pd.Series(0, index=users.index)
    found = []
    for factor, group in groups.items():
        grouped = outcomes.groupby(group, observed=True)
        sums = grouped.sum().rename(index=str)
        counts = grouped.size().rename(index=str)
        spread = grouped["lessons_completed"].std().rename(index=str)
        for outcome in OUTCOMES:
            if factor == "overall":
                expected = truth.overall[outcome]
            else:
                expected = pd.Series(truth.rates[outcome][factor])[counts.index]
            if outcome == "lessons_completed":
                error = spread / np.sqrt(counts)
                off = (sums[outcome] / counts - expected).abs() > LESSONS_ERRORS * error
                off &= counts >= FEWEST
            else:
                off = unlikely(sums[outcome], counts, expected)
            found += [(factor, outcome, level) for level in counts.index[off]]
        if factor != "overall":
            off = unlikely(counts, len(users), pd.Series(truth.shares[factor])[counts.index])
            found += [(factor, "share", level) for level in counts.index[off]]
    return found


def unlikely(hits, of, share):
    share = np.clip(share, 0, 1)
    return np.minimum(stats.binom.cdf(hits, of, share), stats.binom.sf(hits - 1, of, share)) < (
        UNLIKELY / 2
    )


class TestRates:
    @pytest.mark.parametrize("world", WORLDS)
    def test_rates_of_every_group_are_those_of_a_long_simulation(self, world):
        assert disagreements(simulated(world).users, truth(world)) == []

    @pytest.mark.parametrize("world", WORLDS)
    def test_rates_of_every_group_are_those_of_the_world_written_by_hand(self, world):
        assert disagreements(by_hand(WORLDS[world], seed=7), truth(world)) == []

    @pytest.mark.parametrize("world", ["default", "as published", "extreme"])
    def test_numbers_of_lessons_are_those_of_a_long_simulation(self, world):
        shares = lesson_shares(WORLDS[world])
        numbers = np.arange(len(shares))
        assert shares @ numbers == pytest.approx(truth(world).overall["lessons_completed"])
        expected = shares * USERS
        cells = np.minimum(numbers, np.flatnonzero(expected >= 20).max())  # one for the rest
        found = np.bincount(simulated(world).users["lessons_completed"], minlength=len(shares))
        found, expected = (np.bincount(cells, weights) for weights in (found, expected))
        assert stats.chisquare(found, expected).pvalue > 1e-4


# Interventions: everybody gets a level, and all else stays.
CHANGES = (
    ("age_group", "Under 18", "55+"),
    ("skill_level", "Beginner", "Advanced"),
    ("instrument", "Guitar", "Voice"),
    ("country", "United States", "Mexico"),
    ("country", "United States", "Monaco"),
    ("country", "United States", "Tuvalu"),
    ("income_band", "lower", "higher"),
    ("onboarding", "0", "1"),
)


@pytest.mark.parametrize("world", ["default", "as published", "extreme", "harmful, not nested"])
def test_a_marginal_effect_is_what_setting_the_level_by_hand_changes(world):
    p = WORLDS[world].model_copy(update={"users": 40_000})
    people = people_by_hand(p, np.random.default_rng(17))

    def outcomes_if(factor, level):
        code = people.levels[factor].index(level)
        changed = SimpleNamespace(**{**vars(people), factor: np.full(p.users, code)})
        # The same draws whatever the level: only what it changes differs.
        return outcomes_by_hand(p, changed, np.random.default_rng(18))

    found = []
    for factor, before, after in CHANGES:
        without, with_it = outcomes_if(factor, before), outcomes_if(factor, after)
        for outcome in OUTCOMES:
            change = with_it[outcome].astype(float) - without[outcome]
            effect = truth(world).effect(outcome, factor, after, before)
            # A few changed users more or less are no normal variable.
            allowed = 5 * change.std() / np.sqrt(p.users) + 8 / p.users
            if abs(change.mean() - effect) > allowed:
                found.append((factor, after, outcome, change.mean(), effect))
    assert found == []


COUNTRIES = list(Parameters().countries)
SKILLS = list(Parameters().skill_levels)
RICH = dict.fromkeys(COUNTRIES, 1.0)
NO_RARE = [kind for kind in Parameters().outliers if kind != "rare_country"]
ALONE = {  # age and country that act on no other factor
    "instrument_by_age": {},
    "onboarding_by_age": {},
    "back_to_school_drop": 0.0,
    "economies": dict.fromkeys(COUNTRIES, 0.4),
    "outliers": NO_RARE,
    "retention_by_country": {"United States": 1.5, "Mexico": 0.3},
    "churn_by_country": {"United States": 1.4, "Mexico": 0.6},
}


def forced(names, level):
    """Return weights that leave next to nobody at another level."""
    return {name: 1000.0 if name == level else 1e-9 for name in names}


@pytest.mark.parametrize(
    ("factor", "level", "base", "change"),
    [
        ("onboarding", "1", {}, {"onboarding_share": 1 - 1e-12}),
        ("onboarding", "0", {}, {"onboarding_share": 1e-12}),
        ("instrument", "Piano", {}, {"instruments": forced(INSTRUMENTS, "Piano")}),
        ("skill_level", "Advanced", {}, {"skill_levels": forced(SKILLS, "Advanced")}),
        ("age_group", "35-54", ALONE, {"age_groups": forced(AGES, "35-54")}),
        ("country", "Mexico", ALONE, {"countries": forced(COUNTRIES, "Mexico")}),
        ("income_band", "higher", {"outliers": NO_RARE}, {"economies": RICH}),
    ],
)  # fmt: skip
def test_a_standardised_rate_is_the_rate_of_a_world_in_which_all_have_the_level(
    factor, level, base, change
):
    if factor == "onboarding":
        change = {"onboarding_assignment": "randomised", **change}
    everybody = truth_of(Parameters(**{**base, **change})).overall
    standardised = truth_of(Parameters(**base)).standardised
    for outcome in OUTCOMES:
        assert standardised[outcome][factor][level] == pytest.approx(everybody[outcome], abs=1e-8)


class TestEffects:
    @staticmethod
    def of_onboarding(world, outcome):
        ends = (outcome, "onboarding", "1", "0")
        return truth(world).difference(*ends), truth(world).effect(*ends)

    def test_a_comparison_tells_the_effect_where_a_lot_decides(self):
        for outcome in OUTCOMES:
            difference, effect = self.of_onboarding("randomised", outcome)
            assert difference == pytest.approx(effect, abs=1e-12)

    def test_a_comparison_tells_more_than_the_effect_where_the_keen_choose(self):
        for outcome in OUTCOMES[:4]:
            difference, effect = self.of_onboarding("default", outcome)
            assert difference > 1.2 * effect > 0

    def test_choosing_or_drawing_lots_changes_no_effect(self):
        for outcome in OUTCOMES:
            _, chosen = self.of_onboarding("default", outcome)
            _, drawn = self.of_onboarding("randomised", outcome)
            assert chosen == pytest.approx(drawn, abs=1e-12)

    def test_skill_is_dealt_out_alone_so_its_comparisons_tell_effects(self):
        for world in WORLDS:
            for outcome in OUTCOMES:
                rates = truth(world).rates[outcome]["skill_level"]
                assert rates == pytest.approx(truth(world).standardised[outcome]["skill_level"])

    def test_onboarding_does_nothing_where_its_changes_are_zero(self):
        for outcome in OUTCOMES:
            assert self.of_onboarding("as published", outcome)[1] == 0


@pytest.fixture(scope="module", params=["default", "extreme", "as coded"])
def world(request):
    return simulated(request.param)


class TestEachUser:
    """What is expected of each user at sign-up, and the chances by which they were drawn."""

    def test_every_kind_of_outlier_does_what_is_expected_of_it(self, world):
        groups = world.hidden.assign(
            rare=world.users["country"].isin(world.parameters.rare_countries)
        )
        for kind in groups:
            rows = groups[kind].astype(bool)
            users, expected = world.users.loc[rows, list(OUTCOMES)], world.expected[rows]
            errors = np.sqrt((expected * (1 - expected)).clip(lower=0).sum())
            errors["lessons_completed"] = users["lessons_completed"].std() * np.sqrt(len(users))
            off = (users.sum() - expected.sum()).abs() / (errors + 1e-9)
            assert (off[list(OUTCOMES)] < 4.5).all(), (kind, off)

    @pytest.mark.parametrize("outcome", ["premium_conversion", "churn"])
    def test_users_pay_and_leave_by_their_chances(self, world, outcome):
        chance = world.chances[outcome]
        bins = pd.qcut(chance.rank(method="first"), 20)
        found = world.users[outcome].groupby(bins, observed=True).sum()
        expected = chance.groupby(bins, observed=True).sum()
        error = np.sqrt((chance * (1 - chance)).groupby(bins, observed=True).sum())
        assert (((found - expected).abs() - 3) / (error + 1e-9)).max() < 4

    def test_chances_are_chances(self, world):
        assert world.chances.notna().all(axis=None)
        assert world.chances.min().min() >= 0
        assert world.chances.max().max() <= 1


class TestIntegrals:
    @settings(max_examples=60, deadline=None)
    @given(mean=st.floats(0, 1), sd=st.just(0.0) | st.floats(1e-4, 0.5), power=st.integers(0, 3))
    def test_moments_of_a_clipped_normal_are_those_of_quadrature(self, mean, sd, power):
        values, weights = clipped_normal(np.array([mean]), sd)
        found = (weights * values**power).sum()
        if sd == 0:
            assert found == pytest.approx(mean**power)
            return
        inside, _ = integrate.quad(
            lambda x: x**power * stats.norm.pdf(x, mean, sd),
            max(0, mean - 9 * sd),
            min(1, mean + 9 * sd),
        )
        clipped = stats.norm.sf(1, mean, sd) + (power == 0) * stats.norm.cdf(0, mean, sd)
        assert found == pytest.approx(inside + clipped, abs=1e-8)

    @settings(max_examples=100, deadline=None)
    @given(
        value=st.floats(-1, 2),
        least=st.floats(-1, 1),
        width=st.just(0.0) | st.floats(1e-3, 2),
        low=st.floats(0, 1),
        room=st.floats(0, 1),
    )
    def test_the_mean_of_a_clipped_shift_is_that_of_quadrature(
        self, value, least, width, low, room
    ):
        high, most = low + room, least + width
        found = clipped_shift_mean(np.array([value]), [least, most], low, high)[0]
        if most == least:
            assert found == np.clip(value + least, low, high)
            return
        kinks = [x - value for x in (low, high) if least < x - value < most]
        area, _ = integrate.quad(
            lambda shift: np.clip(value + shift, low, high), least, most, points=kinks or None
        )
        assert found == pytest.approx(area / (most - least), abs=1e-9)

    @pytest.mark.parametrize(
        ("age", "instrument", "part", "pair"),
        [("18-34", "Guitar", 0.2, 0.7), ("Under 18", "Voice", 0.4, 1.3), ("55+", "Bass", 0.35, 1)],
    )
    def test_churn_is_right_to_four_digits_where_most_of_it_is_clipped(
        self, age, instrument, part, pair
    ):
        p = Parameters(**{**EXTREME, "churn_if_retained": 1.0})
        person = [np.array([0])] * 7
        person[0] = np.array([AGES.index(age)])
        person[2] = np.array([INSTRUMENTS.index(instrument)])
        kinds = {"churn_spike": p.churn_spike_share}
        found = Expectations(Rules(p)).of(People(*person, kinds=kinds))["churn"][0]
        # Cells of equal weight: 500 times 500 of the two normals, 20 of the jump.
        normal = stats.norm.ppf((np.arange(500) + 0.5) / 500)
        first = np.clip(0.9 + p.churn_age_sd * normal, 0, 1)
        second = np.clip(part + p.churn_instrument_sd * normal, 0, 1)
        chance = first[:, None] * second * pair * p.churn_by_income["lower"]
        jumps = 0.1 + 0.8 * (np.arange(20) + 0.5) / 20
        jumped = np.mean([np.minimum(chance + jump, 1).mean() for jump in jumps])
        assert found == pytest.approx(0.7 * np.minimum(chance, 1).mean() + 0.3 * jumped, abs=2e-4)
