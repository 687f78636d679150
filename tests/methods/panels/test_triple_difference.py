"""Triple differences against regressions of another library and against known truths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from knowntruth.errors import DataError
from knowntruth.methods.panels.panel import Panel, balanced, read
from knowntruth.methods.panels.triple_difference import flags, triple_difference
from knowntruth.methods.panels.unit_changes import by_differences, changes
from knowntruth.story.estimates import Estimate
from knowntruth.worlds.engagement.parameters import Parameters
from knowntruth.worlds.engagement.world import simulate

LEVEL = 0.95
PERIODS, START = 6, 3
EFFECT, GAP, REST = 0.5, 0.8, -0.3


def simulated(seed: int, sizes: tuple[int, ...] = (40, 25, 30, 20)) -> tuple[Panel, np.ndarray]:
    """Return a panel whose treated group has a trend of its own, and who is affected.

    Sizes are of controls and treated who are not affected, then of those who are.
    """
    rng = np.random.default_rng(seed)
    affected = np.repeat([False, False, True, True], sizes)
    treated = np.repeat([False, True, False, True], sizes)
    time = np.arange(PERIODS)
    # The unaffected also have a trend of their own, that both of their groups share.
    outcome = rng.normal(0, 1, (len(treated), 1)) + GAP * treated[:, None] * (time >= START)
    outcome = outcome + REST * ~affected[:, None] * (time >= START)
    outcome = outcome + EFFECT * (treated & affected)[:, None] * (time >= START)
    noise = rng.normal(0, 1, outcome.shape) * np.where(treated & affected, 2.0, 1.0)[:, None]
    panel = balanced(outcome + noise, np.where(treated, START, PERIODS))
    return panel, affected


def rows_of(panel: Panel, affected: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "unit": panel.unit, "y": panel.outcome, "w": panel.weight,
            "treated": panel.ever[panel.unit].astype(int),
            "after": (panel.period >= panel.starts[0]).astype(int),
            "affected": affected[panel.unit].astype(int),
            "cluster": panel.cluster_of_rows,
        }
    )  # fmt: skip


def error(found: Estimate, degrees: float) -> float:
    return (found.high - found.low) / 2 / float(stats.t.isf((1 - found.level) / 2, degrees))


def welch(values: list[np.ndarray]) -> tuple[float, float]:
    """Return the error and the degrees of freedom of a signed sum of independent means."""
    parts = np.array([x.var(ddof=1) / len(x) for x in values])
    sizes = np.array([len(x) for x in values])
    return float(np.sqrt(parts.sum())), float(parts.sum() ** 2 / (parts**2 / (sizes - 1)).sum())


def shuffled(panel: Panel, affected: np.ndarray) -> tuple[Panel, np.ndarray]:
    """Return the panel with units in another order."""
    order = np.random.default_rng(5).permutation(panel.units)
    return balanced(panel.wide()[order], panel.first[order]), affected[order]


def test_it_is_the_last_term_of_the_saturated_regression_with_errors_clustered_by_unit() -> None:
    panel, affected = shuffled(*simulated(1, (30, 30, 30, 30)))
    found = triple_difference(panel, affected, level=LEVEL).estimate
    assert found is not None
    data = rows_of(panel, affected)
    model = smf.ols("y ~ treated * after * affected", data)
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": data["unit"]}, use_t=True)
    term = "treated:after:affected"
    assert found.value == pytest.approx(fitted.params[term], rel=1e-9)
    # The library's correction is of all rows and units; here it is n / (n - 1) of each group.
    n, k, groups = len(data), 8, panel.units
    library = fitted.bse[term] / np.sqrt(groups / (groups - 1) * (n - 1) / (n - k))
    change, _ = changes(panel)
    cells = [change[(panel.ever == a) & (affected == b)] for a in (0, 1) for b in (0, 1)]
    expected, degrees = welch(cells)
    assert expected == pytest.approx(library * np.sqrt(30 / 29), rel=1e-9)
    assert error(found, degrees) == pytest.approx(expected, rel=1e-9)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(found.value) / expected, degrees))


def test_it_is_the_difference_of_both_differences_and_their_squared_errors_add_up() -> None:
    panel, affected = simulated(2)
    found = triple_difference(panel, affected, level=LEVEL)
    estimates = [found.affected.estimate, found.unaffected.estimate, found.estimate]
    change, _ = changes(panel)
    values, errors = [], []
    for side, estimate in zip((affected, ~affected), estimates, strict=False):
        assert estimate is not None
        groups = [change[side & (panel.ever == group)] for group in (True, False)]
        test = stats.ttest_ind(*groups, equal_var=False)
        assert estimate.value == pytest.approx(groups[0].mean() - groups[1].mean())
        assert estimate.p_value == pytest.approx(test.pvalue)
        values.append(estimate.value)
        errors.append(error(estimate, test.df))
    assert estimates[2] is not None
    assert estimates[2].value == pytest.approx(values[0] - values[1])
    _, degrees = welch(
        [change[(panel.ever == a) & (affected == b)] for a in (0, 1) for b in (0, 1)]
    )
    assert error(estimates[2], degrees) == pytest.approx(np.hypot(*errors))
    assert (found.units, found.clusters, found.left_out) == (115, 115, 0)
    assert (found.affected.units, found.affected.treated) == (50, 20)


def test_by_precision_it_is_the_regression_with_effects_of_units() -> None:
    """A hole weighs a unit down, as the regression on indicators of units does it."""
    panel, affected = simulated(3, (9, 8, 7, 6))
    kept = np.random.default_rng(7).random(len(panel.unit)) < 0.8
    kept |= (panel.period == 0) | (panel.period == PERIODS - 1)
    fields = ("unit", "period", "outcome", "weight", "covariates")
    panel = replace(panel, **{name: getattr(panel, name)[kept] for name in fields})
    found = triple_difference(panel, affected, level=LEVEL, weighting="precision").estimate
    assert found is not None
    data = rows_of(panel, affected)
    formula = "y ~ C(unit) + after + after:treated + after:affected + after:treated:affected"
    fitted = smf.ols(formula, data).fit()
    assert found.value == pytest.approx(fitted.params["after:treated:affected"], rel=1e-9)


def test_clusters_that_hold_several_groups_have_the_errors_of_a_regression_of_changes() -> None:
    panel, affected = simulated(4)
    rng = np.random.default_rng(8)
    cluster = rng.integers(0, 12, panel.units)
    panel = replace(panel, cluster=cluster, weight=rng.uniform(0.2, 3, len(panel.unit)))
    found = triple_difference(panel, affected, level=LEVEL, weighting="precision")
    change, weight = changes(panel, weighting="precision")
    data = pd.DataFrame(
        {"d": change, "w": weight, "t": panel.ever * 1, "a": affected * 1, "cluster": cluster}
    )

    def library(formula: str, rows: pd.DataFrame, term: str) -> tuple[float, float, float]:
        fitted = smf.wls(formula, rows, weights=rows["w"]).fit(
            cov_type="cluster", cov_kwds={"groups": rows["cluster"]}, use_t=True
        )
        return fitted.params[term], fitted.bse[term], fitted.pvalues[term]

    for part, formula, rows, term in (
        (found, "d ~ t * a", data, "t:a"),
        (found.affected, "d ~ t", data[data["a"] == 1], "t"),
        (found.unaffected, "d ~ t", data[data["a"] == 0], "t"),
    ):
        assert part.clusters == rows["cluster"].nunique()
        estimate = part.estimate
        assert estimate is not None
        shown = estimate.value, error(estimate, part.clusters - 1), estimate.p_value
        assert shown == pytest.approx(library(formula, rows, term))


@pytest.fixture(scope="module")
def replications() -> pd.DataFrame:
    rows = []
    for seed in range(400):
        panel, affected = simulated(1000 + seed)
        found = triple_difference(panel, affected, level=LEVEL).estimate
        plain = by_differences(panel, level=LEVEL).estimate
        assert found is not None
        assert plain is not None
        rows.append((found.value, error(found, 90), found.covers(EFFECT), plain.value))
    return pd.DataFrame(rows, columns=["value", "error", "covers", "plain"])


def test_over_many_panels_it_has_no_bias_where_two_differences_have(
    replications: pd.DataFrame,
) -> None:
    errors = replications.std(numeric_only=True) / np.sqrt(len(replications))
    assert abs(replications["value"].mean() - EFFECT) < 4 * errors["value"]
    assert replications["plain"].mean() - EFFECT > 0.2
    # Two differences of all units: both groups' trends and their share of the affected.
    bias = GAP + EFFECT * 20 / 45 + REST * (25 / 45 - 40 / 70)
    assert abs(replications["plain"].mean() - bias) < 4 * errors["plain"]


def test_over_many_panels_its_error_is_its_spread_and_its_interval_covers(
    replications: pd.DataFrame,
) -> None:
    ratio = replications["value"].std() / replications["error"].mean()
    assert abs(ratio - 1) < 4 / np.sqrt(2 * len(replications))
    covered = int(replications["covers"].sum())
    assert stats.binomtest(covered, len(replications), LEVEL).pvalue > 1e-3


def test_users_on_the_web_take_a_broken_trend_away() -> None:
    """The world `engagement`, whose users with access gain on the others, feature or not."""
    p = Parameters(
        users=12_000, web_share=0.4, trend_gap=0.05, access_share=0.5, users_at_start=0.8,
        burst=0.0,
    )  # fmt: skip
    world = simulate(p)
    days = world.user_days.assign(after=lambda d: d["day"] >= 55)
    table = days.groupby(["user_id", "after"]).agg(y=("sessions", "mean"), w=("day", "size"))
    table = table.reset_index().merge(world.access, on="user_id")
    table["after"] = table["after"].astype(int)
    table["has"] = (table["cohort"] > 0).astype(int)
    table["app"] = (table["platform"] == "app").astype(int)
    how = {"unit": "user_id", "period": "after", "group": "has", "start": 1, "weight": "w"}
    panel = read(table, outcome="y", **how)
    affected = flags(panel, read(table, outcome="app", **how))
    found = triple_difference(panel, affected, level=LEVEL, weighting="precision")
    truth = world.truth.effect_on_eligible
    assert found.estimate is not None
    assert found.affected.estimate is not None
    assert abs(found.estimate.value - truth) < 4 * error(found.estimate, 1e4)
    # Midpoints of both spans are 45.5 days apart.
    bias = 0.05 * 45.5 / 30
    plain = found.affected.estimate
    assert abs(plain.value - truth - bias) < 4 * error(plain, 1e4)
    assert plain.low > truth


def flagged(column: list[float], units: list[str]) -> Panel:
    table = pd.DataFrame({"u": units, "t": range(len(units)), "f": column, "g": 0, "y": 1.0})
    return read(table, unit="u", period="t", outcome="f", group="g", start=1)


def test_flags_are_read_by_unit_whatever_rows_lack_them() -> None:
    panel, affected = simulated(6, (3, 3, 3, 3))
    flag = replace(panel, outcome=affected[panel.unit].astype(float))
    assert (flags(panel, flag) == affected).all()
    units = flagged([1, 0, 0, 1], ["a", "b", "b", "c"])
    assert flags(units, units).tolist() == [True, False, True]
    more = flagged([1, 0, 1, 1], ["a", "b", "c", "0"])
    assert flags(units, more).tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("column", "units", "words"),
    [
        ([1, 0, 2], ["a", "b", "c"], "neither 0 nor 1"),
        ([1, 0, 0.5], ["a", "b", "c"], "neither 0 nor 1"),
        ([1, 0, 1, 0], ["a", "b", "c", "c"], "zeros and ones: 1"),
        ([1, 0], ["a", "b"], "without a value: 1"),
    ],
)
def test_flags_that_are_none_are_refused(column: list[float], units: list[str], words: str) -> None:
    panel = flagged([1, 0, 0], ["a", "b", "c"])
    with pytest.raises(DataError) as raised:
        flags(panel, flagged(column, units))
    assert words in str(raised.value.problems[0])


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ((5, 5, 5, 0), "among units that the treatment can act on, no unit is ever treated"),
        ((5, 1, 5, 5), "cannot act on, fewer than 2 treated units are seen both before and after"),
        ((5, 5, 0, 0), "among units that the treatment can act on, there is none"),
        ((0, 5, 5, 5), "cannot act on, every unit is treated"),
        ((0, 5, 0, 5), "every unit is treated: nothing is left to compare with"),
    ],
)
def test_where_a_group_is_missing_there_is_a_reason(sizes: tuple[int, ...], words: str) -> None:
    found = triple_difference(*simulated(9, sizes), level=LEVEL)
    assert found.estimate is None
    assert words in found.reason


def test_with_several_starts_there_is_a_reason() -> None:
    panel, affected = simulated(10)
    first = np.where(panel.ever & affected, START + 1, panel.first)
    found = triple_difference(replace(panel, first=first), affected, level=LEVEL)
    assert found.reason == "treatment starts in 2 periods, not in one"
    assert found.affected.reason == found.unaffected.reason == found.reason


def test_one_treated_cluster_tells_no_error() -> None:
    panel, affected = simulated(11)
    cluster = np.where(panel.ever, 0, 1 + np.arange(panel.units) % 9)
    found = triple_difference(replace(panel, cluster=cluster), affected, level=LEVEL)
    assert "fewer than 2 clusters have treated units" in found.reason
    assert found.affected.treated_clusters == 1


def test_units_seen_on_one_side_are_left_out() -> None:
    panel, affected = simulated(12)
    kept = ~((panel.unit < 3) & (panel.period >= START))
    fields = ("unit", "period", "outcome", "weight", "covariates")
    short = replace(panel, **{name: getattr(panel, name)[kept] for name in fields})
    found = triple_difference(short, affected, level=LEVEL)
    assert (found.units, found.left_out, found.unaffected.left_out) == (112, 3, 3)
    assert found.estimate is not None
    assert found.estimate.n == 112


def test_arguments_that_do_not_fit_are_refused() -> None:
    panel, affected = simulated(13)
    with pytest.raises(ValueError, match="as many flags"):
        triple_difference(panel, affected[1:], level=LEVEL)
    with pytest.raises(ValueError, match="level"):
        triple_difference(panel, affected, level=1.5)
    with pytest.raises(ValueError, match="weighting"):
        triple_difference(panel, affected, level=LEVEL, weighting="rows")  # type: ignore[arg-type]
