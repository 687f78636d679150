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
from knowntruth.methods.users.marginal_effects import MarginalEffects, crude, marginal_effects
from knowntruth.story.estimates import Estimate

from ..conftest import FACTORS, TITANIC, Array, effects, error, table, titanic

Z = 1.959963984540054


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


def test_a_factor_with_one_level_has_no_effect_and_changes_none() -> None:
    data = TITANIC.assign(Ship="Titanic")
    result = marginal_effects(
        data, "y", [*FACTORS, "Ship"], level=0.95, references={"Class": "1st"}
    )
    assert result.effects == {**titanic().effects, "Ship": {}}
    assert "Ship" not in result.joint
    assert result.rates["Ship"]["Titanic"].value == pytest.approx(711 / 2201, abs=1e-12)


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
