"""Difference-in-differences against published studies, other libraries and known truths."""

from __future__ import annotations

import math
from collections.abc import Callable

import causaldata
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from knowntruth.methods.panels.did import Effect, by_regression, two_way
from knowntruth.methods.panels.panel import Panel, balanced, read
from knowntruth.methods.panels.placebos import placebo
from knowntruth.methods.panels.two_by_two import four_means
from knowntruth.methods.panels.unit_changes import by_differences, changes
from knowntruth.methods.panels.uptake import taken_up
from knowntruth.story.estimates import Estimate

WAYS = [by_differences, by_regression, two_way]


def estimate(effect: Effect) -> Estimate:
    assert effect.reason == ""
    assert effect.estimate is not None
    return effect.estimate


def error(found: Estimate, degrees: float) -> float:
    return (found.high - found.low) / 2 / float(stats.t.isf((1 - found.level) / 2, degrees))


def organs() -> pd.DataFrame:
    data = causaldata.organ_donations.load_pandas().data
    return data.assign(group=(data["State"] == "California").astype(int))


def organ_panel(data: pd.DataFrame, weight: str | None = None) -> Panel:
    return read(
        data,
        unit="State",
        period="Quarter_Num",
        outcome="Rate",
        group="group",
        start=4,
        weight=weight,
    )


# Kessler & Roth 2014, as in Huntington-Klein, The Effect, chapter 18: -0.022, clustered 0.006.
# The digits are pyfixest 0.60.0's: feols("Rate ~ D | State + Quarter_Num", data, vcov=...) with
# {"CRV1": "State"} and "iid", and feols("Rate ~ group * after", data, vcov={"CRV1": "State"}).
ORGANS = -0.022458974358974357


def test_organ_donations_have_the_published_effect_and_error() -> None:
    found = estimate(two_way(organ_panel(organs()), level=0.95))
    assert round(found.value, 4) == -0.0225
    assert round(error(found, 26), 4) == 0.0061
    assert found.value == pytest.approx(ORGANS, rel=1e-12)
    assert error(found, 26) == pytest.approx(0.006131232005640856, rel=1e-9)
    assert found.p_value == pytest.approx(0.001118, abs=5e-7)


def test_organ_donations_by_classical_errors_and_by_regression_are_those_of_pyfixest() -> None:
    panel = organ_panel(organs())
    classical = estimate(two_way(panel, level=0.95, clustered=False))
    pooled = estimate(by_regression(panel, level=0.95))
    assert error(classical, 162 - 33) == pytest.approx(0.020496857991146776, rel=1e-9)
    assert pooled.value == pytest.approx(ORGANS, rel=1e-12)
    assert error(pooled, 26) == pytest.approx(0.0060727451488545294, rel=1e-9)


def test_a_weighted_panel_with_holes_has_the_effect_of_pyfixest() -> None:
    """The same formula with `weights="w"`; pyfixest iterates to about six digits here."""
    data = organs()
    data = data.drop(data.index[[3, 40, 77, 78, 100, 150]]).reset_index(drop=True)
    found = estimate(two_way(organ_panel(data.assign(w=1 + data.index % 4), "w"), level=0.95))
    assert found.value == pytest.approx(-0.020274491301538813, rel=1e-6)
    assert error(found, 26) == pytest.approx(0.005748441134413073, rel=1e-6)


def test_one_treated_unit_has_no_spread_to_tell_changes_from() -> None:
    found = by_differences(organ_panel(organs()), level=0.95)
    assert found.reason == "fewer than 2 treated units are seen both before and after"
    assert two_way(organ_panel(organs()), level=0.95).treated_clusters == 1


def test_the_castle_doctrine_has_the_published_effect_and_error() -> None:
    """Cheng & Hoekstra 2013: log homicides, weighted, region by year and controls: 0.082 (0.027).

    Digits from pyfixest 0.60.0: feols("l_homicide ~ post + <controls> | sid + year", data,
    weights="popwt", vcov={"CRV1": "sid"}).
    """
    data = causaldata.castle.load_pandas().data
    treated = data["year"].where(data["post"] == 1)
    data = data.assign(first=treated.groupby(data["sid"]).transform("min"))
    regions = [name for name in data if name.startswith("r20")]
    controls = [
        *("blackm_15_24", "whitem_15_24", "blackm_25_44", "whitem_25_44", "l_exp_subsidy"),
        *("l_exp_pubwelfare", "l_police", "unemployrt", "poverty", "l_income"),
        *("l_prisoner", "l_lagprisoner"),
    ]
    panel = read(
        data,
        unit="sid",
        period="year",
        outcome="l_homicide",
        first_treated="first",
        weight="popwt",
        covariates=[*regions, *controls],
    )
    result = two_way(panel, level=0.95)
    found = estimate(result)
    assert (round(found.value, 3), round(error(found, 49), 3)) == (0.082, 0.027)
    assert found.value == pytest.approx(0.0821081149209451, rel=1e-6)
    assert error(found, 49) == pytest.approx(0.026882826811964654, rel=1e-6)
    assert set(result.dropped) < set(regions)
    assert (result.units, result.treated, result.treated_clusters) == (50, 21, 21)


def offers(seed: int = 7, units: int = 120, periods: int = 6, effect: float = 0.5) -> pd.DataFrame:
    """Half the units are offered something from period 3 on; the keener of them take it."""
    random = np.random.default_rng(seed)
    group = np.arange(units) % 2
    keen = random.normal(size=units)
    rows = []
    for u in range(units):
        for t in range(periods):
            d = float(t >= 3 and group[u] and keen[u] > -0.4)
            y = keen[u] + 0.1 * t + effect * d + random.normal()
            rows.append((u, t, int(group[u]), d, y))
    return pd.DataFrame(rows, columns=["unit", "period", "group", "taken", "y"])


def panel_of(data: pd.DataFrame, outcome: str = "y", **options: str) -> Panel:
    call: Callable[..., Panel] = read
    names = {"unit": "unit", "period": "period", "group": "group"}
    return call(data, outcome=outcome, start=3, **names, **options)


def test_four_ways_agree_on_a_balanced_panel() -> None:
    data = offers()
    panel = panel_of(data)
    cells = data.groupby([data["group"], data["period"] >= 3])["y"].mean()
    expected = (cells[1, True] - cells[1, False]) - (cells[0, True] - cells[0, False])
    assert four_means(panel).difference == pytest.approx(expected, abs=1e-12)
    for way in WAYS:
        assert estimate(way(panel, level=0.95)).value == pytest.approx(expected, abs=1e-12)
    # Between them the errors differ by their corrections for small samples alone.
    welch = estimate(by_differences(panel, level=0.95))
    n, g = 720, 120
    corrections = {by_regression: (n - 1) / (n - 4), two_way: (n - 1) / (n - 7)}
    for way, left in corrections.items():
        # Welch divides by 60 - 1 on each side, the sandwich multiplies by 120 / 119.
        factor = math.sqrt(left * g / (g - 1) * (59 / 60))
        wide = estimate(way(panel, level=0.95))
        degrees = _welch_degrees(panel)
        assert error(wide, 119) == pytest.approx(factor * error(welch, degrees), rel=1e-9)


def _welch_degrees(panel: Panel) -> float:
    change, _ = changes(panel)
    a, b = change[~panel.ever], change[panel.ever]
    return float(stats.ttest_ind(b, a, equal_var=False).df)


def test_differences_are_welchs_test_of_scipy() -> None:
    panel = panel_of(offers())
    change, _ = changes(panel)
    expected = stats.ttest_ind(change[panel.ever], change[~panel.ever], equal_var=False)
    found = estimate(by_differences(panel, level=0.9))
    interval = expected.confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-12)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-12)


def holed(seed: int = 3) -> pd.DataFrame:
    data = offers(seed, units=30)
    return data[np.random.default_rng(seed).random(len(data)) < 0.6]


def test_weights_by_precision_are_a_regression_with_an_effect_of_each_unit() -> None:
    """statsmodels, of a panel with holes: `y ~ C(unit) + after + after:group`, by unit."""
    data = holed().assign(after=lambda d: (d["period"] >= 3).astype(int))
    fit = smf.ols("y ~ C(unit) + after + after:group", data).fit()
    found = estimate(by_differences(panel_of(data), level=0.95, weighting="precision"))
    assert found.value == pytest.approx(fit.params["after:group"], rel=1e-9)
    plain = estimate(by_differences(panel_of(data), level=0.95))
    assert abs(plain.value - found.value) > 1e-3


def test_regression_with_holes_is_the_clustered_one_of_statsmodels() -> None:
    data = holed().assign(after=lambda d: (d["period"] >= 3).astype(int))
    fit = smf.ols("y ~ group * after", data).fit(
        cov_type="cluster", cov_kwds={"groups": data["unit"]}, use_t=True
    )
    found = estimate(by_regression(panel_of(data), level=0.95))
    assert found.value == pytest.approx(fit.params["group:after"], rel=1e-9)
    assert (found.low, found.high) == pytest.approx(tuple(fit.conf_int().loc["group:after"]))
    plain = smf.ols("y ~ group * after", data).fit()
    classical = estimate(by_regression(panel_of(data), level=0.95, clustered=False))
    ends = plain.conf_int().loc["group:after"]
    assert (classical.low, classical.high) == pytest.approx(tuple(ends), rel=1e-9)


def test_units_seen_on_one_side_only_are_left_out_of_differences() -> None:
    data = offers()
    data = data[(data["unit"] >= 4) | (data["period"] < 3)]
    found = by_differences(panel_of(data), level=0.95)
    assert (found.units, found.treated, found.left_out) == (116, 58, 4)


# linearmodels 7.1: IV2SLS(change of y, constant, change of take-up, group).fit(
# cov_type="robust"), on the changes of offers().
IV = (0.554942991874349, 0.21958168907069725)


def test_the_effect_of_taking_up_is_two_stage_least_squares_of_changes() -> None:
    data = offers()
    found = taken_up(panel_of(data), panel_of(data, "taken"), level=0.95)
    assert found.taken is not None
    assert found.offered is not None
    assert found.first_stage is not None
    assert found.taken.value == pytest.approx(IV[0], rel=1e-9)
    # Fieller's interval and the delta method's are alike where the first stage is strong.
    assert error(found.taken, 118) == pytest.approx(IV[1], rel=0.05)
    share = data[(data["group"] == 1) & (data["period"] >= 3)]["taken"].mean()
    assert found.first_stage.value == pytest.approx(share, rel=1e-12)
    assert found.taken.value == pytest.approx(found.offered.value / share, rel=1e-12)
    assert found.taken.p_value == found.offered.p_value


def test_fiellers_ends_are_where_the_offer_explains_all_that_is_left() -> None:
    data = offers()
    found = taken_up(panel_of(data), panel_of(data, "taken"), level=0.95).taken
    assert found is not None
    y, d = (changes(panel_of(data, name))[0] for name in ("y", "taken"))
    group = panel_of(data).ever
    quantile = stats.t.isf(0.025, _welch_degrees(panel_of(data)))
    for end in (found.low, found.high):
        left = y - end * d
        gap = left[group].mean() - left[~group].mean()
        spread = math.sqrt(left[group].var(ddof=1) / 60 + left[~group].var(ddof=1) / 60)
        assert abs(gap / spread) == pytest.approx(quantile, rel=1e-9)


def test_a_first_stage_that_could_be_nothing_leaves_the_effect_unbounded() -> None:
    data = offers()
    random = np.random.default_rng(1)
    data["taken"] = (random.random(len(data)) < 0.5).astype(float)
    found = taken_up(panel_of(data), panel_of(data, "taken"), level=0.95)
    assert found.taken is not None
    assert (found.taken.low, found.taken.high) == (-math.inf, math.inf)
    nobody = taken_up(panel_of(data), panel_of(data.assign(zero=0.0), "zero"), level=0.95)
    assert nobody.taken is None
    assert nobody.reason == "the treated group takes it up no more than the controls"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.assign(group=0), "no unit is ever treated"),
        (lambda d: d.assign(group=1), "every unit is treated: nothing is left to compare with"),
        (
            lambda d: d[(d["group"] == 0) | (d["period"] >= 3)],
            "there is no row of the treated group before the start",
        ),
    ],
)
def test_what_cannot_be_told_is_said(
    change: Callable[[pd.DataFrame], pd.DataFrame], reason: str
) -> None:
    panel = panel_of(change(offers()))
    assert four_means(panel).reason == reason
    for way in WAYS:
        found = way(panel, level=0.95)
        assert found.estimate is None
        assert found.reason


def test_several_starts_are_no_two_by_two() -> None:
    data = offers().assign(first=lambda d: d["unit"].map({1: 2, 3: 4}))
    panel = read(data, unit="unit", period="period", outcome="y", first_treated="first")
    assert four_means(panel).reason == "treatment starts in 2 periods, not in one"
    assert two_way(panel, level=0.95).estimate is not None


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 1000),
    shift=st.floats(-5, 5),
    scale=st.sampled_from([-2.0, -1.0, 0.5]),
    way=st.sampled_from(WAYS),
)
def test_constants_of_units_and_periods_change_nothing_and_scale_scales(
    seed: int, shift: float, scale: float, way: Callable[..., Effect]
) -> None:
    data = offers(seed, units=20)
    levels = np.random.default_rng(seed + 1).normal(size=20)
    moved = data.assign(
        y=scale * data["y"] + levels[data["unit"]] + shift * data["period"] ** 2,
        unit=[f"unit {99 - unit}" for unit in data["unit"]],
    )
    before, after = (estimate(way(panel_of(each), level=0.9)) for each in (data, moved))
    assert after.value == pytest.approx(scale * before.value, abs=1e-9)
    if way is not by_regression:  # between units it takes their levels for noise
        ends = sorted((scale * before.low, scale * before.high))
        assert [after.low, after.high] == pytest.approx(ends, abs=1e-8)


def test_a_placebo_is_the_effect_of_an_earlier_start_on_the_rows_before() -> None:
    data = offers()
    data = data[(data["unit"] != 5) | (data["period"] >= 3)]
    panel = panel_of(data)
    early = placebo(panel, 1)
    assert (early.units, early.periods) == (119, (0, 1, 2))
    call: Callable[..., Panel] = read
    names = {"unit": "unit", "period": "period", "group": "group", "outcome": "y"}
    alone = call(data[data["period"] < 3], start=1, **names)
    for way in WAYS:
        assert way(early, level=0.95) == way(alone, level=0.95)
    with pytest.raises(ValueError, match="3 is no period between"):
        placebo(panel, 3)
    with pytest.raises(ValueError, match="one start, not 0"):
        placebo(panel_of(data.assign(group=0)), 1)


def test_exchanging_the_groups_turns_the_sign() -> None:
    data = offers()
    for way in WAYS:
        here = estimate(way(panel_of(data), level=0.95))
        there = estimate(way(panel_of(data.assign(group=1 - data["group"])), level=0.95))
        assert (there.low, there.high) == pytest.approx((-here.high, -here.low), rel=1e-9)


def sticky(seed: int, units: int = 40, periods: int = 12, effect: float = 0.0) -> Panel:
    """Return a panel whose rows go together within a unit: an AR(1) of 0.8 about its level."""
    random = np.random.default_rng([99, seed])
    shocks = random.normal(size=(units, periods))
    noise = np.empty_like(shocks)
    noise[:, 0] = shocks[:, 0]
    for t in range(1, periods):
        noise[:, t] = 0.8 * noise[:, t - 1] + 0.6 * shocks[:, t]
    group = np.arange(units) % 2
    after = np.arange(periods) >= periods // 2
    y = noise + random.normal(size=(units, 1)) + effect * group[:, None] * after
    return balanced(y, np.where(group == 1, periods // 2, periods))


SEEDS = 250


@pytest.mark.parametrize("way", WAYS)
def test_clustered_intervals_cover_and_classical_ones_do_not(way: Callable[..., Effect]) -> None:
    panels = [sticky(seed, effect=0.3) for seed in range(SEEDS)]
    covered = [estimate(way(panel, level=0.9)).covers(0.3) for panel in panels]
    # The Monte Carlo error of a share of 0.9 in 250 seeds is 0.019.
    assert abs(np.mean(covered) - 0.9) < 4 * math.sqrt(0.09 / SEEDS)
    if way is two_way:
        naive = [estimate(way(p, level=0.9, clustered=False)).covers(0.3) for p in panels]
        assert np.mean(naive) < 0.75


def test_unclustered_errors_raise_false_alarms() -> None:
    """Bertrand, Duflo & Mullainathan 2004: with days that go together, far more than 5%."""
    panels = [sticky(seed) for seed in range(SEEDS)]
    alarms = {
        clustered: np.mean(
            [not estimate(two_way(p, level=0.95, clustered=clustered)).covers(0) for p in panels]
        )
        for clustered in (True, False)
    }
    assert abs(alarms[True] - 0.05) < 4 * math.sqrt(0.05 * 0.95 / SEEDS)
    assert alarms[False] > 0.2


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_wrong_argument_is_named(level: float) -> None:
    panel = panel_of(offers())
    for way in WAYS:
        with pytest.raises(ValueError, match="level lies between"):
            way(panel, level=level)
    call: Callable[..., Effect] = by_differences
    with pytest.raises(ValueError, match="units or precision"):
        call(panel, level=0.95, weighting="rows")
    with pytest.raises(ValueError, match="the same units and periods"):
        taken_up(panel, panel_of(holed()), level=0.95)
