"""Marginal effects against published tables, other libraries, closed forms and known truths."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict

import duckdb
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from knowntruth.errors import DataError
from knowntruth.methods import logistic
from knowntruth.methods.marginal_effects import MarginalEffects, crude, marginal_effects
from knowntruth.story.estimates import Estimate

Array = NDArray[np.float64]
Counts = Mapping[tuple[str, ...], tuple[int, int]]

Z = 1.959963984540054


def table(counts: Counts, names: str) -> pd.DataFrame:
    """Return a row for each of so many non-events and events of a combination of levels."""
    rows = [
        (*levels, y)
        for levels, (without, with_) in counts.items()
        for y, times in ((0.0, without), (1.0, with_))
        for _ in range(times)
    ]
    return pd.DataFrame(rows, columns=[*names.split(), "y"])


def effects(result: MarginalEffects) -> dict[tuple[str, str], Estimate]:
    assert result.reason == ""
    return {(f, level): e for f, found in result.effects.items() for level, e in found.items()}


def error(estimate: Estimate) -> float:
    return (estimate.high - estimate.low) / (2 * stats.norm.isf((1 - estimate.level) / 2))


# Dawson 1995, Journal of Statistics Education 3(3): the 2201 people on the Titanic, by class,
# sex and age; dead and survived. It is `Titanic` of R's package datasets.
DAWSON: Counts = {
    ("1st", "Male", "Child"): (0, 5),
    ("2nd", "Male", "Child"): (0, 11),
    ("3rd", "Male", "Child"): (35, 13),
    ("1st", "Female", "Child"): (0, 1),
    ("2nd", "Female", "Child"): (0, 13),
    ("3rd", "Female", "Child"): (17, 14),
    ("1st", "Male", "Adult"): (118, 57),
    ("2nd", "Male", "Adult"): (154, 14),
    ("3rd", "Male", "Adult"): (387, 75),
    ("Crew", "Male", "Adult"): (670, 192),
    ("1st", "Female", "Adult"): (4, 140),
    ("2nd", "Female", "Adult"): (13, 80),
    ("3rd", "Female", "Adult"): (89, 76),
    ("Crew", "Female", "Adult"): (3, 20),
}
FACTORS = ["Class", "Sex", "Age"]
TITANIC = table(DAWSON, "Class Sex Age")


def titanic(*, robust: bool = True, level: float = 0.95) -> MarginalEffects:
    """Males, adults and the first class are the references."""
    references = {"Class": "1st"}
    return marginal_effects(
        TITANIC, "y", FACTORS, level=level, references=references, robust=robust
    )


# The reference of R's broom.helpers prints, under tidy_avg_comparisons (by R's marginaleffects),
# of `glm(Survived ~ Class + Age + Sex, binomial)` on these data: estimate, standard error,
# statistic and p-value. It has "Male - Female", of the other sign.
PUBLISHED = {
    ("Age", "Child"): ("0.197", "0.0487", "4.05", 5.09e-5),
    ("Class", "2nd"): ("-0.195", "0.0365", "-5.34", 9.24e-8),
    ("Class", "3rd"): ("-0.307", "0.0307", "-9.99", 1.71e-23),
    ("Class", "Crew"): ("-0.168", "0.0323", "-5.19", 2.10e-7),
    ("Sex", "Female"): ("0.507", "0.0245", "20.7", 4.25e-95),
}


def test_effects_errors_and_p_values_are_the_published_ones() -> None:
    found = effects(titanic(robust=False))
    assert found.keys() == PUBLISHED.keys()
    for of, (*printed, p_value) in PUBLISHED.items():
        value, spread = found[of].value, error(found[of])
        assert [f"{number:.3g}" for number in (value, spread, value / spread)] == printed
        assert found[of].p_value == pytest.approx(p_value, rel=5e-3)


# Python's marginaleffects 0.6.0 (with statsmodels 0.15.0, polars 1.44.2) on TITANIC, levels in
# the order of `Enum(["1st", "2nd", "3rd", "Crew"])`, `Enum(["Male", "Female"])` and
# `Enum(["Adult", "Child"])`, for cov in ("nonrobust", "HC0"):
#     options = {"tol": 1e-14, "method": "newton", "cov_type": cov}
#     fit = fit_statsmodels("y ~ Class + Sex + Age", data, engine=Logit, kwargs_fit=options)
#     avg_comparisons(fit); avg_predictions(fit, variables="Class", by="Class")
# Its derivatives are numeric: the errors are exact to six digits.
COMPARISONS = {
    ("Age", "Child"): (0.19721500929101926, 0.04867905431828708, 0.05494660338311877),
    ("Class", "2nd"): (-0.19516506815054768, 0.03654067820508003, 0.031063532007905983),
    ("Class", "3rd"): (-0.3066201855544153, 0.030697844802776805, 0.028861648674934293),
    ("Class", "Crew"): (-0.16764657784592835, 0.032300294798122395, 0.030458395995052075),
    ("Sex", "Female"): (0.5073532836819634, 0.02452163760281924, 0.02365381294231718),
}
PREDICTIONS = {
    "1st": (0.5181374275756574, 0.027913690817848995, 0.025262277779717558),
    "2nd": (0.32297235942510966, 0.024270538565316406, 0.019584209541319068),
    "3rd": (0.21151724202124214, 0.013107513258807582, 0.01497717785731803),
    "Crew": (0.35049084972972905, 0.015030242652624346, 0.014943775789777632),
}


@pytest.mark.parametrize("robust", [False, True])
def test_effects_and_both_errors_are_those_of_marginaleffects(robust: bool) -> None:
    found = effects(titanic(robust=robust))
    assert found.keys() == COMPARISONS.keys()
    for of, (value, *errors) in COMPARISONS.items():
        assert found[of].value == pytest.approx(value, abs=1e-12)
        assert error(found[of]) == pytest.approx(errors[robust], rel=1e-6)


@pytest.mark.parametrize("robust", [False, True])
def test_standardised_rates_are_those_of_marginaleffects(robust: bool) -> None:
    """Their intervals are as wide on the log odds as the error there, by the delta method."""
    for level, rate in titanic(robust=robust).rates["Class"].items():
        value, *errors = PREDICTIONS[level]
        reach = Z * errors[robust] / (value * (1 - value))
        odds = math.log(value / (1 - value))
        ends = [1 / (1 + math.exp(-(odds + sign * reach))) for sign in (-1, 1)]
        assert rate.value == pytest.approx(value, abs=1e-12)
        assert (rate.low, rate.high) == pytest.approx(ends, rel=1e-6)
        assert (rate.unit, rate.null, rate.p_value) == ("share", None, None)


def dummies() -> pd.DataFrame:
    found = pd.get_dummies(TITANIC[FACTORS], dtype=float)
    found = found.drop(columns=["Class_1st", "Sex_Male", "Age_Adult"])
    return sm.add_constant(found)


@pytest.mark.parametrize(("robust", "cov"), [(False, "nonrobust"), (True, "HC0")])
def test_a_factor_of_two_levels_has_the_effect_of_statsmodels_on_single_rows(
    robust: bool, cov: str
) -> None:
    """statsmodels, `Logit(...).fit(cov_type=...).get_margeff(dummy=True)`."""
    fit = sm.Logit(TITANIC["y"], dummies()).fit(cov_type=cov, disp=0, tol=1e-12)
    margins = fit.get_margeff(dummy=True).summary_frame()
    found = effects(titanic(robust=robust))
    for of, row in ((("Sex", "Female"), "Sex_Female"), (("Age", "Child"), "Age_Child")):
        expected = margins.loc[row, ["dy/dx", "Std. Err."]].to_list()
        assert [found[of].value, error(found[of])] == pytest.approx(expected, rel=1e-6)
    # Why it is not used: it lets people be of two classes at once.
    assert abs(margins.loc["Class_3rd", "dy/dx"] - found["Class", "3rd"].value) > 0.02


@pytest.mark.parametrize(("robust", "cov"), [(False, "nonrobust"), (True, "HC0")])
def test_whether_a_factor_matters_is_the_wald_test_of_statsmodels(robust: bool, cov: str) -> None:
    fit = sm.Logit(TITANIC["y"], dummies()).fit(cov_type=cov, disp=0, tol=1e-12)
    joint = titanic(robust=robust).joint
    for name, columns in (("Class", [1, 2, 3]), ("Sex", [4]), ("Age", [5])):
        test = fit.wald_test(np.eye(6)[columns], scalar=True)
        assert joint[name].chi2 == pytest.approx(float(test.statistic), rel=1e-6)
        assert joint[name].p_value == pytest.approx(float(test.pvalue), rel=1e-5)
        assert joint[name].degrees == len(columns)


def test_a_saturated_model_averages_the_differences_of_rates_within_cells() -> None:
    """Odds of 1/9, 1/3, 2/9 and 2/3 multiply, so the fitted rates are the observed ones."""
    counts = {
        ("a", "c"): (90, 10),
        ("b", "c"): (150, 50),
        ("a", "d"): (90, 20),
        ("b", "d"): (300, 200),
    }
    found = effects(marginal_effects(table(counts, "F G"), "y", ["F", "G"], level=0.95))
    share_c = 300 / 910
    expected = share_c * (10 / 100 - 50 / 200) + (1 - share_c) * (20 / 110 - 200 / 500)
    assert found["F", "a"].value == pytest.approx(expected, abs=1e-12)


def test_a_factor_alone_has_the_difference_of_two_rates_with_walds_error() -> None:
    result = crude(TITANIC, "y", "Class", level=0.95, reference="3rd")
    found = result.effects["Class"]
    rates = {"1st": (203, 325), "2nd": (118, 285), "Crew": (212, 885)}
    assert list(found) == list(rates)
    for level, (events, n) in rates.items():
        p, q = events / n, 178 / 706
        spread = math.sqrt(p * (1 - p) / n + q * (1 - q) / 706)
        for estimate in (found[level], result.crude["Class"][level]):
            assert estimate.value == pytest.approx(p - q, abs=1e-9)
            assert error(estimate) == pytest.approx(spread, rel=1e-9)
            assert estimate.p_value == pytest.approx(
                2 * stats.norm.sf(abs(p - q) / spread), rel=1e-6
            )


def test_crude_effects_stand_beside_adjusted_ones_of_the_same_rows() -> None:
    result = titanic()
    assert result.crude["Sex"]["Female"].value == pytest.approx(344 / 470 - 367 / 1731, abs=1e-12)
    assert [*result.crude] == [*result.effects] == FACTORS


def test_factors_that_do_not_go_together_are_adjusted_to_what_they_were() -> None:
    """In a full factorial of equal counts the score equations say so, whatever the curve is."""
    rates = [[2, 9, 17], [30, 5, 50]]
    counts = {
        (str(i), str(j)): (100 - events, events)
        for i, row in enumerate(rates)
        for j, events in enumerate(row)
    }
    result = marginal_effects(table(counts, "F G"), "y", ["F", "G"], level=0.95)
    for of, estimate in effects(result).items():
        assert estimate.value == pytest.approx(result.crude[of[0]][of[1]].value, abs=1e-9)


def test_what_an_estimate_says_of_itself() -> None:
    result = titanic(level=0.9)
    narrow, wide = result.effects["Sex"]["Female"], titanic().effects["Sex"]["Female"]
    assert (narrow.unit, narrow.null, narrow.n, narrow.level) == ("points", 0.0, 2201, 0.9)
    ratio = (narrow.high - narrow.low) / (wide.high - wide.low)
    assert ratio == pytest.approx(1.6448536269514722 / Z, rel=1e-12)
    assert (result.n, result.events, result.outcome) == (2201, 711, "y")


# Laws.

small = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(1, 9), st.integers(1, 9)),
    min_size=4,
    max_size=9,
)


def crossed(cells: list[tuple[int, int, int, int]]) -> pd.DataFrame:
    counts: dict[tuple[str, ...], tuple[int, int]] = {}
    for f, g, without, with_ in cells:
        counts["pqr"[f], "xyz"[g]] = without, with_
    return table(counts, "F G")


@settings(max_examples=25, deadline=None)
@given(small)
def test_new_names_for_levels_change_nothing(cells: list[tuple[int, int, int, int]]) -> None:
    """As long as their order is kept, which breaks ties between references."""
    data = crossed(cells)
    names = {"p": "Élan", "q": "Ω'; --", "r": "音"}
    found = marginal_effects(data, "y", ["F", "G"], level=0.95, fewest_events=1)
    renamed = data.assign(F=data["F"].map(names))
    other = marginal_effects(renamed, "y", ["F", "G"], level=0.95, fewest_events=1)
    assert other.reason == found.reason
    for factor in found.effects:
        expected = {names.get(k, k): asdict(e) for k, e in found.effects[factor].items()}
        assert {k: asdict(e) for k, e in other.effects[factor].items()} == expected


@settings(max_examples=25, deadline=None)
@given(small)
def test_exchanging_level_and_reference_turns_the_sign(
    cells: list[tuple[int, int, int, int]],
) -> None:
    data = crossed(cells)
    levels = sorted(data["F"].unique())[:2]

    def against(reference: str) -> MarginalEffects:
        references = {"F": reference}
        return marginal_effects(
            data, "y", ["F", "G"], level=0.95, fewest_events=1, references=references
        )

    one, two = against(levels[0]), against(levels[-1])
    assert one.reason == two.reason
    if one.effects and len(levels) == 2:
        there, back = one.effects["F"][levels[1]], two.effects["F"][levels[0]]
        assert there.value == pytest.approx(-back.value, abs=1e-9)
        assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-7)
        assert one.joint["F"].chi2 == pytest.approx(two.joint["F"].chi2, rel=1e-6, abs=1e-9)


def test_the_same_rows_give_the_same_bits_in_any_order_and_with_any_threads() -> None:
    expected = titanic()
    shuffled = TITANIC.sample(frac=1, random_state=1)
    connection = duckdb.connect(config={"threads": 3})
    for rows in (shuffled, connection.from_df(shuffled)):
        assert marginal_effects(rows, "y", FACTORS, level=0.95, references={"Class": "1st"}) == (
            expected
        )


def test_of_limits_what_is_returned_and_not_what_is_adjusted_for() -> None:
    references = {"Class": "1st"}
    result = marginal_effects(TITANIC, "y", FACTORS, level=0.95, of=["Sex"], references=references)
    assert result.effects == {"Sex": titanic().effects["Sex"]}
    assert [*result.rates] == [*result.joint] == [*result.crude] == ["Sex"]
    assert [*result.references] == FACTORS


# What a factor may hold.


def test_the_reference_is_the_most_frequent_level() -> None:
    result = marginal_effects(TITANIC, "y", FACTORS, level=0.95)
    assert result.references == {"Class": "Crew", "Sex": "Male", "Age": "Adult"}
    assert list(result.effects["Class"]) == ["1st", "2nd", "3rd"]


@pytest.mark.parametrize("kind", ["float64", "int64", "bool", "Int8"])
def test_flags_are_levels_0_and_1_however_they_are_stored(kind: str) -> None:
    data = TITANIC.assign(Sex=(TITANIC["Sex"] == "Female").astype(kind))
    data["y"] = data["y"].astype(kind)
    found = effects(marginal_effects(data, "y", FACTORS, level=0.95, references={"Sex": "0"}))
    value, spread = COMPARISONS["Sex", "Female"][::2]
    assert found["Sex", "1"].value == pytest.approx(value, abs=1e-12)
    assert error(found["Sex", "1"]) == pytest.approx(spread, rel=1e-6)


def test_a_missing_label_is_a_level_and_a_missing_number_leaves_the_row_out() -> None:
    data = TITANIC.assign(Age=TITANIC["Age"].replace("Child", None), flag=1.0)
    data.loc[::3, "flag"] = 0.0
    data = pd.concat([data, TITANIC.head(40).assign(y=math.nan, flag=1.0)])
    data = pd.concat([data, TITANIC.head(40).assign(flag=math.nan)])
    result = marginal_effects(data, "y", ["Class", "Age", "flag"], level=0.95)
    assert result.n == 2201
    assert list(result.effects["Age"]) == ["(blank)"]
    assert list(result.rates["Age"]) == ["Adult", "(blank)"]
    assert list(result.effects["flag"]) == ["0"]


def test_a_factor_with_one_level_has_no_effect_and_changes_none() -> None:
    data = TITANIC.assign(Ship="Titanic")
    result = marginal_effects(
        data, "y", [*FACTORS, "Ship"], level=0.95, references={"Class": "1st"}
    )
    assert result.effects == {**titanic().effects, "Ship": {}}
    assert "Ship" not in result.joint
    assert result.rates["Ship"]["Titanic"].value == pytest.approx(711 / 2201, abs=1e-12)


# Levels with few events.


def test_levels_with_few_events_or_non_events_are_pooled() -> None:
    counts = {
        ("much",): (500, 100),
        ("some",): (200, 50),
        ("few",): (100, 4),
        ("full",): (3, 90),
        ("none",): (20, 0),
    }
    result = marginal_effects(table(counts, "F"), "y", ["F"], level=0.95)
    assert result.pooled == {"F": ("few", "full", "none")}
    assert list(result.effects["F"]) == ["some", "(other)"]
    assert result.effects["F"]["(other)"].value == pytest.approx(94 / 217 - 100 / 600, abs=1e-9)
    assert result.n == 1067


@pytest.mark.parametrize("turned", [False, True])
def test_a_level_that_is_short_even_when_pooled_takes_the_next_scarcest_along(
    turned: bool,
) -> None:
    counts = {("much",): (500, 100), ("some",): (200, 50), ("few",): (100, 2), ("none",): (9, 2)}
    data = table(counts, "F")
    if turned:
        data["y"] = 1 - data["y"]
    result = marginal_effects(data, "y", ["F"], level=0.95)
    assert result.pooled == {"F": ("few", "none", "some")}
    assert (result.n, result.events) == (963, 809 if turned else 154)
    assert result.references == {"F": "much"}
    sign = -1 if turned else 1
    gap = 54 / 363 - 100 / 600
    assert result.effects["F"]["(other)"].value == pytest.approx(sign * gap, abs=1e-9)


def test_no_row_is_left_out_for_want_of_events() -> None:
    """A crude difference over chosen rows would not be that of the table."""
    counts = {
        ("a", "x"): (50, 20),
        ("b", "x"): (50, 30),
        ("a", "z"): (50, 2),
        ("c", "z"): (50, 1),
        ("b", "y"): (50, 8),
    }
    result = marginal_effects(table(counts, "F G"), "y", ["F", "G"], level=0.95)
    assert (result.n, result.events) == (311, 61)
    assert result.pooled == {"F": ("a", "c"), "G": ("y", "z")}
    assert result.crude["G"]["(other)"].value == pytest.approx(11 / 161 - 50 / 150, abs=1e-9)


def test_a_factor_of_which_all_is_pooled_has_no_effects_and_stops_no_other() -> None:
    counts = {("a", "0"): (90, 40), ("b", "0"): (90, 20), ("b", "1"): (30, 2)}
    result = marginal_effects(
        table(counts, "F G"), "y", ["F", "G"], level=0.95, references={"G": "0"}
    )
    assert result.reason == ""
    assert result.pooled == {"G": ("0", "1")}
    assert result.effects["G"] == {}
    assert result.effects["F"]["a"].value == pytest.approx(40 / 130 - 22 / 142, abs=1e-9)


def test_the_pooled_level_is_the_reference_only_where_there_is_no_other() -> None:
    counts = {("b",): (90, 9), ("c",): (900, 4), ("d",): (900, 4)}
    assert marginal_effects(table(counts, "F"), "y", ["F"], level=0.95).references == {"F": "b"}
    result = marginal_effects(table({**counts, ("b",): (90, 4)}, "F"), "y", ["F"], level=0.95)
    assert (result.references, result.effects) == ({"F": "(other)"}, {"F": {}})


# Where there is no answer.


def test_too_few_events_are_the_reason() -> None:
    data = TITANIC.assign(none=0.0, all=1.0, unknown=math.nan)
    data.loc[:3, "none"] = 1.0
    for outcome, reason in (
        ("none", "fewer than 5 rows have none"),
        ("all", "fewer than 5 rows lack all"),
        ("unknown", "no row has unknown and all factors"),
    ):
        result = marginal_effects(data, outcome, FACTORS, level=0.95, references={"Sex": "Male"})
        assert result.reason == reason
        assert not any([result.effects, result.crude, result.rates, result.joint])
    assert marginal_effects(TITANIC.head(0), "y", FACTORS, level=0.95).n == 0


def test_factors_that_follow_from_each_other_are_named() -> None:
    region = TITANIC["Class"].map({"1st": "up", "2nd": "up", "3rd": "down", "Crew": "down"})
    data = TITANIC.assign(Deck=region, Gender=TITANIC["Sex"].str.upper())
    for factors, collinear in (
        ([*FACTORS, "Gender"], ("Sex", "Gender")),
        (["Deck", "Sex", "Class"], ("Deck", "Class")),
        ([*FACTORS, "Deck", "Gender"], ("Class", "Sex", "Deck", "Gender")),
    ):
        result = marginal_effects(data, "y", factors, level=0.95)
        assert result.collinear == collinear
        assert result.reason.startswith(", ".join(collinear[:-1]) + f" and {collinear[-1]} cannot")
        assert result.effects == {}
        assert list(result.crude) == factors


def three(last: tuple[int, int], first: tuple[int, int]) -> pd.DataFrame:
    counts = {("a", "c"): (9, 9), ("b", "d"): (9, 9), ("a", "d"): last, ("b", "c"): first}
    return table(counts, "F G")


def test_separation_is_found_though_every_level_has_events_and_non_events() -> None:
    """(b = 1, d = -1) is 0 in the mixed cells, and tells the others apart."""
    result = marginal_effects(three((9, 0), (0, 9)), "y", ["F", "G"], level=0.95)
    assert result.reason == (
        "some combination of F and G has only rows with y or only without (separation)"
    )
    assert (result.effects, result.joint) == ({}, {})
    assert result.crude["F"]["b"].value == pytest.approx(18 / 27 - 9 / 27, abs=1e-12)


@pytest.mark.parametrize(("last", "first"), [((0, 9), (0, 9)), ((9, 0), (1, 8)), ((9, 0), (9, 0))])
def test_cells_of_one_kind_alone_are_no_separation(
    last: tuple[int, int], first: tuple[int, int]
) -> None:
    """statsmodels' GLM on single rows finds the same, finite fit."""
    data = three(last, first)
    X = sm.add_constant(pd.get_dummies(data[["F", "G"]], dtype=float)[["F_b", "G_d"]])
    fit = sm.GLM(data["y"], X, family=sm.families.Binomial()).fit(tol=1e-12)
    treated, untreated = (fit.predict(X.assign(F_b=b)).mean() for b in (1.0, 0.0))
    found = effects(marginal_effects(data, "y", ["F", "G"], level=0.95))
    assert found["F", "b"].value == pytest.approx(treated - untreated, abs=1e-9)


def test_separation_by_one_of_many_factors_names_the_others_not() -> None:
    data = three((9, 0), (0, 9))
    data = pd.concat([data.assign(H="x"), data.assign(H="y"), data.assign(H="y")])
    result = marginal_effects(data, "y", ["H", "F", "G"], level=0.95)
    assert result.reason.startswith("some combination of F and G has")


@pytest.mark.parametrize(
    "counts",
    [
        # From the common rate, undamped steps lead away from these.
        {("a",): (90, 9), ("b",): (1800, 8)},
        # The log odds lie 26 apart.
        {("a",): (300_000, 1), ("b",): (1, 300_000), ("c",): (5, 5)},
    ],
)
def test_rates_that_lie_far_apart_are_fitted(counts: Counts) -> None:
    cells = [(*levels, y, n) for levels, pair in counts.items() for y, n in enumerate(pair)]
    short = pd.DataFrame(cells, columns=["F", "y", "n"])
    data = short.loc[short.index.repeat(short["n"])]
    result = marginal_effects(data, "y", ["F"], level=0.95, fewest_events=1, references={"F": "a"})
    rates = [with_ / (without + with_) for without, with_ in counts.values()]
    assert result.effects["F"]["b"].value == pytest.approx(rates[1] - rates[0], abs=1e-9)


def test_a_fit_that_does_not_converge_is_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logistic, "MOST_STEPS", 2)
    result = titanic()
    assert result.reason == "the logistic regression did not converge"
    assert result.effects == {}
    assert result.crude.keys() == set(FACTORS)


def test_a_reference_that_was_pooled_is_the_reason() -> None:
    counts = {("b",): (90, 9), ("c",): (90, 4), ("d",): (90, 4)}
    data = table(counts, "F")
    result = marginal_effects(data, "y", ["F"], level=0.95, references={"F": "c"})
    assert result.reason == "c, the reference of F, has too few events or non-events"
    assert result.pooled == {"F": ("c", "d")}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"level": 1.0}, "level lies between 0 and 1"),
        ({"fewest_events": 0}, "fewest_events is at least 1"),
        ({"factors": []}, "factors are one column or more"),
        ({"factors": ["Sex", "Sex"]}, "each once"),
        ({"factors": ["Sex", "y"]}, "none of them the outcome"),
        ({"of": ["Sexe"]}, "of names Sexe"),
        ({"references": {"Sexe": "Male"}}, "references names Sexe"),
        ({"references": {"Sex": "M"}}, "Sex has no level M; it has Female, Male"),
    ],
)
def test_a_wrong_argument_is_named(change: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"factors": FACTORS, "level": 0.95, **change}
    call: Callable[..., MarginalEffects] = marginal_effects
    with pytest.raises(ValueError, match=message):
        call(TITANIC, "y", **arguments)


@pytest.mark.parametrize(
    ("outcome", "factors", "message"),
    [
        ("y", ["Sexe"], "Did you mean Sex"),
        ("Sex", ["Age"], "not numbers"),
        ("two", ["Sex"], "neither 0 nor 1"),
    ],
)
def test_a_wrong_table_is_explained(outcome: str, factors: list[str], message: str) -> None:
    data = TITANIC.assign(two=TITANIC["y"] * 2)
    with pytest.raises(DataError, match=message):
        marginal_effects(data, outcome, factors, level=0.95)


# Known truths. Three factors that go along with each other; `tilt` is how much.

LOG_ODDS = (np.array([0, 0.6, -0.6, -0.8]), np.array([0, 0.4, -0.5]), np.array([0, 0.5]))
TIMES = (np.array([1, 1.6, 0.6, 0.5]), np.array([1, 1.4, 0.7]), np.array([1, 1.5]))
SHAPE = (4, 3, 2)
NAMES = ["A", "B", "C"]
ZERO = dict.fromkeys(NAMES, "0")


def additive(i: Array, *, base: float) -> Array:
    odds = sum(values[i[:, f]] for f, values in enumerate(LOG_ODDS))
    return np.asarray(1 / (1 + (1 - base) / base * np.exp(-odds)))


def multiplicative(i: Array, *, base: float) -> Array:
    return np.asarray(base * np.prod([t[i[:, f]] for f, t in enumerate(TIMES)], axis=0))


def shares(*, tilt: float) -> tuple[NDArray[np.int64], Array]:
    """Return the combinations of levels and the share of each."""
    i = np.indices(SHAPE).reshape(3, -1).T
    alone = [np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.5, 0.3, 0.2]), np.array([0.6, 0.4])]
    weight = np.prod([a[i[:, f]] for f, a in enumerate(alone)], axis=0)
    a, b, c = (2 * i[:, f] / (SHAPE[f] - 1) - 1 for f in range(3))
    weight *= np.exp(tilt * (a * b + b * c))
    return i, weight / weight.sum()


Rate = Callable[..., Array]
Truth = dict[tuple[str, str], float]


def truth(rate: Rate, i: NDArray[np.int64], weight: Array, base: float) -> Truth:
    """Return what every row would gain by a level instead of level 0, on average."""
    found = {}
    for f, name in enumerate(NAMES):
        for level in range(1, SHAPE[f]):
            there, here = i.copy(), i.copy()
            there[:, f], here[:, f] = level, 0
            gain = rate(there, base=base) - rate(here, base=base)
            found[name, str(level)] = float(weight @ gain)
    return found


def drawn(rate: Rate, *, base: float, n: int, seeds: int) -> tuple[list[MarginalEffects], Truth]:
    """Return effects in tables that share their factors and differ in their chance."""
    random = np.random.default_rng(20240801)
    i, share = shares(tilt=0.8)
    cells = random.choice(len(i), n, p=share)
    chance = rate(i, base=base)[cells]
    columns = {name: i[cells, f] for f, name in enumerate(NAMES)}
    found = []
    for _ in range(seeds):
        data = pd.DataFrame({**columns, "y": (random.random(n) < chance).astype(float)})
        found.append(marginal_effects(data, "y", NAMES, level=0.9, references=ZERO))
    return found, truth(rate, i[cells], np.full(n, 1 / n), base)


SEEDS = 100
WORLDS: list[tuple[Rate, float]] = [(additive, 0.15), (multiplicative, 0.1)]


@pytest.mark.parametrize(("rate", "base"), WORLDS)
def test_intervals_cover_the_truth_as_often_as_they_say(rate: Rate, base: float) -> None:
    """With n this small the bias of the wrong curve is a fraction of the error."""
    found, known = drawn(rate, base=base, n=4_000, seeds=SEEDS)
    estimates = [effects(each) for each in found]
    covered = np.array([[e[of].covers(known[of]) for of in known] for e in estimates])
    by_seed = covered.mean(axis=1)
    assert abs(by_seed.mean() - 0.9) < 4 * by_seed.std(ddof=1) / math.sqrt(SEEDS)
    values = np.array([[e[of].value for of in known] for e in estimates])
    errors = np.array([[error(e[of]) for of in known] for e in estimates])
    spread = values.std(axis=0, ddof=1)
    # A standard deviation has a relative error of 1 / sqrt(2 * seeds).
    assert np.abs(errors.mean(axis=0) / spread - 1).max() < 4 / math.sqrt(2 * SEEDS)
    if rate is additive:
        off = (values.mean(axis=0) - list(known.values())) / (spread / math.sqrt(SEEDS))
        assert np.abs(off).max() < 4


def expected(rate: Rate, *, base: float, tilt: float) -> tuple[MarginalEffects, Truth]:
    """Return effects where every rate is its expectation, but for the rounding of counts."""
    i, share = shares(tilt=tilt)
    trials = np.round(400_000 * share).astype(int)
    events = np.round(trials * rate(i, base=base)).astype(int)
    cells = np.repeat(i, trials, axis=0)
    happened = np.concatenate([np.arange(n) < k for n, k in zip(trials, events, strict=True)])
    data = pd.DataFrame(cells, columns=NAMES).assign(y=happened)
    result = marginal_effects(data, "y", NAMES, level=0.95, references=ZERO)
    return result, truth(rate, i, trials / trials.sum(), base)


def furthest(found: Mapping[str, Mapping[str, Estimate]], known: Truth) -> float:
    """Return the largest distance from the truth, as a share of the true effect."""
    return max(abs(found[f][level].value / value - 1) for (f, level), value in known.items())


def test_adjusting_takes_away_what_other_factors_add() -> None:
    result, known = expected(additive, base=0.15, tilt=0.8)
    assert furthest(result.effects, known) < 1e-3
    assert furthest(result.crude, known) > 0.2


@pytest.mark.parametrize(("base", "bias"), [(0.1, 0.04), (0.04, 0.02), (0.01, 0.01)])
def test_rates_that_multiply_are_missed_by_little_and_by_less_the_rarer_the_outcome(
    base: float, bias: float
) -> None:
    result, known = expected(multiplicative, base=base, tilt=0.8)
    assert furthest(result.effects, known) < bias
    assert furthest(result.crude, known) > 0.2


def test_rates_that_multiply_are_not_missed_at_all_where_factors_do_not_go_together() -> None:
    """The score equations set the mean prediction of each level to its rate."""
    result, known = expected(multiplicative, base=0.1, tilt=0.0)
    assert furthest(result.effects, known) < 1e-3
