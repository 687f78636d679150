"""Checks of exercises: right answers pass, typical wrong ones get their hint, in any world."""

from __future__ import annotations

import functools
import math
from itertools import pairwise

import duckdb
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from sklearn.metrics import accuracy_score, average_precision_score, roc_auc_score

from knowntruth.cases import edtech_simulation
from knowntruth.cases.edtech_simulation import exercises
from knowntruth.cases.edtech_simulation.simulated import COLUMNS
from knowntruth.cases.exercises import NotYetError

from .exercising import refuses, solved, told, under_seeds

TWO_AGES = {
    "age_groups": {"young": 1.0, "old": 1.0},
    "retention_by_age": {},
    "instrument_by_age": {},
    "onboarding_by_age": {},
    "conversion_by_age": {},
    "churn_by_age": {"young": 0.4, "old": 0.3},
    "churn_by_pair": {},
}
# Worlds in which a check with a baked-in number or group would break, or divide by none.
WORLDS = {
    "smallest": {"users": 200},
    "all groups": {"users": 3000, "fewest_in_group": 20},
    "no outliers": {"users": 400, "outliers": []},
    "two ages": {"users": 300, "fewest_in_group": 20, **TWO_AGES},
    "days that contradict": {"users": 4000, "retention_nested": False},
    "nobody comes back": {"users": 250, "day_1_base": 1e-9, "day_1_floor": 0.0, "outliers": []},
    "by lot": {"users": 300, "onboarding_assignment": "randomised", "onboarding_share": 0.02},
}
SEEDS = range(5)


@pytest.fixture(scope="module")
def opened():
    """Return a function that opens a world once."""
    return functools.cache(lambda world: edtech_simulation.start(WORLDS[world] | {"seed": 41}))


@pytest.fixture(params=WORLDS)
def world(request, opened):
    return opened(request.param)


@pytest.fixture
def draws(opened):
    return under_seeds(opened("smallest"), SEEDS)


def gaps(users):
    first, last = (
        users[column].to_numpy().astype("datetime64[D]") for column in ("signed_up", "last_active")
    )
    return (last - first).astype(int).tolist()


def retained(users, day):
    return sum(gap >= day for gap in gaps(users)) / len(users)


def retained_by_query(users, day):
    return duckdb.sql(
        "SELECT avg((last_active::DATE >= signed_up::DATE + $day)::INT) FROM users",
        params={"day": day},
    ).fetchall()[0][0]


def among_those_back(users, day):
    back = users[users.last_active > users.signed_up]
    return retained(back, day) if len(back) else 0.0


class TestRetained:
    @pytest.mark.parametrize("answer", [retained, retained_by_query])
    def test_active_on_that_day_or_later_is_right(self, draws, answer):
        for case in draws:
            exercises.check_retained(answer, case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (lambda users, day: gaps(users).count(day) / len(users), "exactly that day"),
            (lambda users, day: retained(users, day + 1), "day itself counts"),
            (lambda users, day: retained(users, day - 1), "day zero"),
            (among_those_back, "never came back"),
            (lambda users, day: 100 * retained(users, day), "percent"),
            (lambda users, day: np.int64(round(retained(users, day) * len(users))), "share"),
            (lambda users, day: 1 - retained(users, day), "another one"),
            (lambda *_: None, "not a number"),
            (lambda *_: math.nan, "not a number"),
        ],
    )
    def test_other_shares_are_refused_with_a_hint(self, draws, answer, hint):
        refuses(exercises.check_retained, answer, draws, hint)

    def test_the_share_of_the_run_itself_is_said(self, world):
        share = 100 * retained(world.units.df(), 30)
        assert f"{share:.1f}%" in told(exercises.check_retained, retained, world)


DAYS = ("day_1", "day_7", "day_30")


def rises(days):
    return any(later > earlier for earlier, later in pairwise(days))


def broken(users):
    return sum(rises(days) for days in users[list(DAYS)].itertuples(index=False))


def broken_by_sorting(users):
    days = users[list(DAYS)].to_numpy()
    return (days != -np.sort(-days, axis=1)).any(axis=1).sum()


def broken_by_query(users):
    return duckdb.sql(
        "SELECT count(*) FROM users WHERE day_30 > day_7 OR day_30 > day_1 OR day_7 > day_1"
    ).fetchall()[0][0]


def pair(earlier, later):
    return lambda users: int((users[later] > users[earlier]).sum())


def pairs_added_up(users):
    return sum(pair(a, b)(users) for a, b in (DAYS[:2], DAYS[1:], DAYS[::2]))


def all_or_nothing(users):
    days = users[list(DAYS)]
    return int((days.max(axis=1) > days.min(axis=1)).sum())


class TestBroken:
    @pytest.mark.parametrize("answer", [broken, broken_by_sorting, broken_by_query])
    def test_everybody_with_a_later_day_and_no_earlier_one_is_right(self, draws, answer):
        for case in draws:
            exercises.check_broken(answer, case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (pair("day_1", "day_7"), "Only the first and the second"),
            (pair("day_7", "day_30"), "Only the second and the third"),
            (pair("day_1", "day_30"), "Only the first and the third"),
            (lambda u: int(((u.day_30 == 1) & (u.day_1 + u.day_7 < 2)).sum()), "second .* alone"),
            (pairs_added_up, "count each user once"),
            (all_or_nothing, "left in between"),
            (lambda users: broken(users) / len(users), "another one"),
            (lambda users: users[users.day_30 > users.day_7], "not a number"),
        ],
    )
    def test_other_numbers_are_refused_with_a_hint(self, draws, answer, hint):
        refuses(exercises.check_broken, answer, draws, hint)

    def test_the_number_of_the_run_itself_is_said(self, world):
        own = broken(world.units.df())
        assert (own > 0) == (not world.parameters.retention_nested)
        assert f" {own} of them" in told(exercises.check_broken, broken, world)


def from_others(rates, sizes):
    found = []
    for i, rate in enumerate(rates):
        rest = [(r, n) for j, (r, n) in enumerate(zip(rates, sizes, strict=True)) if j != i]
        found.append(rate - sum(r * n for r, n in rest) / sum(n for _, n in rest))
    return found


def from_others_by_way_of_everybody(rates, sizes):
    share = np.array(sizes) / sum(sizes)
    return (np.array(rates) - np.average(rates, weights=sizes)) / (1 - share)


class TestFromOthers:
    @pytest.mark.parametrize("answer", [from_others, from_others_by_way_of_everybody])
    def test_all_others_together_are_right(self, draws, answer):
        for case in draws:
            exercises.check_from_others(answer, case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (lambda r, n: np.array(r) - np.average(r, weights=n), "holds the group itself"),
            (
                lambda r, n: [x - (sum(r) - x) / (len(r) - 1) for x in r],
                "Large groups count for more",
            ),
            (lambda r, n: [x - r[0] for x in r], "first group"),
            (lambda r, n: [x - dict(zip(n, r, strict=True))[max(n)] for x in r], "largest group"),
            (lambda r, n: [-x for x in from_others(r, n)], "turn it round"),
            (lambda r, n: from_others(r, n)[1:], "numbers are asked for"),
            (lambda r, n: [100 * x for x in from_others(r, n)], "others"),
            (lambda *_: None, "Not yet"),
        ],
    )
    def test_other_differences_are_refused_with_a_hint(self, draws, answer, hint):
        refuses(exercises.check_from_others, answer, draws, hint)


def standardised(table):
    found = 0.0
    for _, level in table.groupby("factor"):
        rate = [level.outcome[level.onboarding == flag].mean() for flag in (0, 1)]
        found += len(level) / len(table) * (rate[1] - rate[0])
    return found


def standardised_by_weights(table):
    """Weigh each user by one over the chance to be where they are (Hájek's estimator)."""
    chance = table.groupby("factor").onboarding.transform("mean")
    took = table.onboarding == 1
    weights = np.where(took, 1 / chance, 1 / (1 - chance))
    return np.average(table.outcome[took], weights=weights[took]) - np.average(
        table.outcome[~took], weights=weights[~took]
    )


def standardised_by_regression(table):
    model = smf.ols("outcome ~ C(factor) * onboarding", table).fit()
    without, took = (model.predict(table.assign(onboarding=flag)) for flag in (0, 1))
    return (took - without).mean()


def with_the_mix_of(flag):
    def answer(table):
        mix = table[table.onboarding == flag].factor.value_counts(normalize=True)
        rates = table.groupby(["factor", "onboarding"]).outcome.mean().unstack()
        return float(((rates[1] - rates[0]) * mix).sum())

    return answer


def mean_of_levels(table):
    rates = table.groupby(["factor", "onboarding"]).outcome.mean().unstack()
    return (rates[1] - rates[0]).mean()


def as_they_come(table):
    rates = table.groupby("onboarding").outcome.mean()
    return rates[1] - rates[0]


def straight_line(table):
    return smf.ols("outcome ~ C(factor) + onboarding", table).fit().params["onboarding"]


class TestStandardised:
    @pytest.mark.parametrize(
        "answer", [standardised, standardised_by_weights, standardised_by_regression]
    )
    def test_everybodys_mix_on_both_sides_is_right(self, draws, answer):
        for case in draws:
            exercises.check_standardised(answer, case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (as_they_come, "as they come"),
            (with_the_mix_of(1), "mix of those who took it"),
            (with_the_mix_of(0), "mix of those who did not"),
            (mean_of_levels, "counts the same"),
            (straight_line, "straight line"),
            (lambda table: -standardised(table), "turn it round"),
            (lambda table: 100 * standardised(table), "another one"),
            (lambda _: None, "not a number"),
        ],
    )
    def test_other_differences_are_refused_with_a_hint(self, draws, answer, hint):
        refuses(exercises.check_standardised, answer, draws, hint)


AFTER = {"day_1", "day_7", "last_active", "activity", "converted", "churned"}


def from_the_drawing(case):
    """Return the columns that no way of arrows leads to from the onboarding."""
    _, edges = case.known.diagram()
    reached, left = set(), {"onboarding"}
    while left:
        reached |= left
        left = {after for before, after in edges if before in left} - reached
    box = COLUMNS | dict.fromkeys((*DAYS, "last_active"), "retention")
    return {c for c in case.units.columns if box[c] not in reached} - {"user"}


class TestAllowed:
    def test_what_was_known_at_sign_up_is_allowed_in_any_order(self, world):
        known = [c for c in world.units.columns if c.startswith("factor_") or c == "signed_up"]
        exercises.check_allowed(known, world)
        exercises.check_allowed(iter(known[::-1]), world)

    def test_it_is_what_no_arrow_of_the_drawing_leads_to_from_the_onboarding(self, world):
        exercises.check_allowed(from_the_drawing(world), world)

    def test_what_comes_after_is_named(self, world):
        known = {"signed_up", *(factor.column for factor in world.factors)}
        assert set(world.units.columns) - known == AFTER | {"user", "onboarding", "day_30"}
        for column in AFTER:
            with pytest.raises(NotYetError, match=f"{column} came after"):
                exercises.check_allowed({*known, column}, world)

    def test_a_missing_column_is_counted_and_not_told(self, world):
        known = sorted({"signed_up", *(factor.column for factor in world.factors)})
        with pytest.raises(NotYetError, match="1 more") as caught:
            exercises.check_allowed(known[1:], world)
        assert known[0] not in str(caught.value)

    @pytest.mark.parametrize(
        ("column", "hint"),
        [
            ("onboarding", "nothing is left to compare"),
            ("day_30", "day_30 is the outcome"),
            ("user", "one of a kind"),
            ("age_group", "age_group is no column"),
        ],
    )
    def test_what_cannot_be_held_equal_is_told(self, world, column, hint):
        known = {"signed_up", *(factor.column for factor in world.factors)}
        with pytest.raises(NotYetError, match=hint):
            exercises.check_allowed({*known, column}, world)


def trimmed(lessons, share):
    left = sorted(lessons)
    for _ in range(math.floor(share * len(lessons))):
        left = left[1:-1]
    return sum(left) / len(left)


def ends(lessons, share):
    return math.floor(share * len(lessons))


def within_quantiles(lessons, share, *, ties):
    low, high = np.quantile(lessons, [share, 1 - share])
    if ties:
        return lessons[(lessons >= low) & (lessons <= high)].mean()
    return lessons[(lessons > low) & (lessons < high)].mean()


def rounded_up(lessons, share):
    return stats.trim_mean(lessons, math.ceil(share * len(lessons)) / len(lessons) + 1e-9)


class TestTrimmedMean:
    @pytest.mark.parametrize("answer", [stats.trim_mean, trimmed])
    def test_as_many_at_both_ends_is_right(self, draws, answer):
        for case in draws:
            exercises.check_trimmed_mean(answer, case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (lambda x, _: x.mean(), "Nothing is dropped"),
            (lambda x, share: np.sort(x)[: -ends(x, share)].mean(), "top alone"),
            (lambda x, share: np.sort(x)[ends(x, share) :].mean(), "bottom alone"),
            (lambda x, share: x[ends(x, share) : -ends(x, share)].mean(), "sort them first"),
            (lambda x, share: stats.trim_mean(x, share / 2), "half the share"),
            (lambda x, share: stats.mstats.winsorize(x, (share, share)).mean(), "pulled in"),
            (lambda x, share: within_quantiles(x, share, ties=False), "at a cut are dropped"),
            (lambda x, share: within_quantiles(x, share, ties=True), "at a cut are kept"),
            (rounded_up, "round down"),
            (lambda x, _: float(np.median(x)), "another one"),
            (lambda *_: None, "not a number"),
        ],
    )
    def test_other_means_are_refused_with_a_hint(self, draws, answer, hint):
        refuses(exercises.check_trimmed_mean, answer, draws, hint)


def rank_right(paid, predicted):
    return stats.mannwhitneyu(predicted[paid == 1], predicted[paid == 0]).statistic / (
        (paid == 1).sum() * (paid == 0).sum()
    )


def pair_by_pair(paid, predicted, *, tie):
    people = list(zip(paid, predicted, strict=True))
    pairs = [(a, b) for p, a in people if p == 1 for q, b in people if q == 0]
    return sum(1.0 if a > b else tie if a == b else 0.0 for a, b in pairs) / len(pairs)


def without_ties(paid, predicted):
    low, high = (pair_by_pair(paid, predicted, tie=tie) for tie in (0.0, 1.0))
    return low / (1 - (high - low))


class TestRankRight:
    @pytest.mark.parametrize(
        "answer", [rank_right, roc_auc_score, lambda *p: pair_by_pair(*p, tie=0.5)]
    )
    def test_the_area_under_the_curve_by_any_route_is_right(self, draws, answer):
        for case in draws:
            exercises.check_rank_right(answer, case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (lambda *p: pair_by_pair(*p, tie=0.0), "counts as a miss"),
            (lambda *p: pair_by_pair(*p, tie=1.0), "counts as a hit"),
            (without_ties, "left out of all pairs"),
            (lambda *p: 1 - rank_right(*p), "other one was given more"),
            (lambda paid, p: accuracy_score(paid, p >= 0.5), "called rightly"),
            (average_precision_score, "another one"),
            (lambda *_: None, "not a number"),
        ],
    )
    def test_other_numbers_are_refused_with_a_hint(self, draws, answer, hint):
        refuses(exercises.check_rank_right, answer, draws, hint)


def advice(low, high, value, reach, cost):
    if low * value * reach > cost:
        return "do it"
    if high * value * reach < cost:
        return "leave it"
    return "cannot be told"


def advice_by_break_even(low, high, value, reach, cost):
    least = cost / reach / value
    return {(False, False): "leave it", (True, True): "do it"}.get(
        (low > least, high > least), "cannot be told"
    )


class TestAdvice:
    @pytest.mark.parametrize("answer", [advice, advice_by_break_even])
    def test_the_whole_interval_of_the_gain_decides(self, draws, answer):
        for case in draws:
            exercises.check_advice(answer, case)

    @pytest.mark.parametrize(
        ("answer", "hint"),
        [
            (lambda low, high, value, reach, _: advice(low, high, value, reach, 0), "from zero"),
            (lambda low, high, *at: advice((low + high) / 2, (low + high) / 2, *at), "middle"),
            (lambda low, high, *stakes: advice(low, low, *stakes), "leaving it may be wrong"),
            (lambda low, high, *stakes: advice(high, high, *stakes), "doing it may be wrong"),
            (lambda low, high, value, _, cost: advice(low, high, value, 1, cost), "One user's"),
            (lambda *_: "cannot be told", "both ends"),
            (lambda *all_of_it: advice(*all_of_it) == "do it", "not 'do it'"),
            (lambda *_: None, "returns None"),
        ],
    )
    def test_other_advice_is_refused_with_a_hint(self, draws, answer, hint):
        refuses(exercises.check_advice, answer, draws, hint)


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        (exercises.check_retained, retained),
        (exercises.check_broken, broken),
        (exercises.check_standardised, standardised),
        (exercises.check_trimmed_mean, trimmed),
        (exercises.check_rank_right, rank_right),
    ],
)
def test_an_answer_that_spoils_what_it_gets_is_judged_by_its_number(opened, check, answer):
    def spoils(given, *more):
        found = answer(given, *more)
        if isinstance(given, pd.DataFrame):
            given.iloc[:, -1] = given.iloc[0, -1]
        else:
            given[:] = 0
        return found

    check(spoils, opened("smallest"))


def test_the_solutions_in_the_chapter_pass_their_own_checks(world):
    checks = [name for name in dir(exercises) if name.startswith("check_")]
    solved("edtech_simulation", checks=len(checks), case=world, np=np, pd=pd)
