"""Effects by segment and their interaction, against scipy, statsmodels and simulations."""

from __future__ import annotations

import math
import tracemalloc

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportions_ztest

from knowntruth.errors import DataError
from knowntruth.methods.experiments import families
from knowntruth.methods.experiments.comparing import Kind
from knowntruth.methods.experiments.experiments import proportions, welch
from knowntruth.methods.experiments.families import family_error
from knowntruth.methods.experiments.segments import Effects, adjusted, effects, interaction
from knowntruth.methods.moments import Sample, summarise

SEGMENT = 'country "of: use"'


def users(rng: np.random.Generator, n: int, *, lift: dict[str, float]) -> pd.DataFrame:
    treated = rng.random(n) < 0.3
    country = rng.choice(list(lift), n)
    factor = np.where(treated, 1 + pd.Series(country).map(lift).to_numpy(), 1)
    return pd.DataFrame(
        {
            "arm": np.where(treated, "treatment", "control"),
            SEGMENT: country,
            "songs": rng.gamma(2, 10, n) * factor,
            "converted": (rng.random(n) < 0.1 * factor).astype(int),
        }
    )


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return users(np.random.default_rng(6), 6_000, lift={"DE:b": 0.1, "UK": 0.3, "US": 0.1})


def test_each_value_is_compared_as_if_it_were_the_whole_table(table: pd.DataFrame) -> None:
    for metric, kind in (("songs", "mean"), ("converted", "proportion")):
        found = effects(table, metric, SEGMENT, kind=kind, level=0.9)
        assert list(found.by_value) == ["DE:b", "UK", "US"]
        assert not found.skipped
        for value, rows in table.groupby(SEGMENT):
            arms = summarise(rows, [metric])
            control, treatment = arms["control"], arms["treatment"]
            expected = (
                welch(control, treatment, metric, level=0.9)
                if kind == "mean"
                else proportions(*(a.samples[metric].tally for a in arms.values()), level=0.9)
            )
            ours = found.by_value[str(value)]
            assert ours.difference.value == pytest.approx(expected.difference.value, rel=1e-12)
            assert ours.difference.p_value == pytest.approx(expected.difference.p_value, rel=1e-9)
            assert found.p_values[str(value)] == ours.difference.p_value
            assert found.samples[str(value)][0].count == control.samples[metric].count


def test_blanks_are_a_value_and_other_arms_are_left_out() -> None:
    rows = pd.DataFrame(
        {
            "arm": ["control", "control", "treatment", "treatment", "third", None] * 3,
            "plan": [None, "b", None, "b", "c", "b"] * 3,
            "x": np.arange(18.0),
        }
    )
    found = effects(rows, "x", "plan", kind="mean", level=0.95)
    assert list(found.by_value) == ["(blank)", "b"]
    assert found.samples["b"][1].count == 3


def test_a_value_without_data_in_an_arm_is_skipped_with_the_reason() -> None:
    rows = pd.DataFrame(
        {
            "arm": ["control", "treatment", "control", "treatment", "treatment", "control"],
            "plan": ["a", "a", "b", "b", "c", "d"],
            "x": [1.0, 2.0, 3.0, np.nan, 4.0, np.nan],
        }
    )
    found = effects(rows, "x", "plan", kind="mean", level=0.95)
    assert list(found.by_value) == ["a"]
    assert found.p_values == {}  # one value an arm has no standard error
    assert found.skipped == {
        "b": "no x is known in treatment",
        "c": "no x is known in control",
        "d": "no x is known in control or in treatment",
    }
    with pytest.raises(DataError, match="Did you mean plan"):
        effects(rows, "x", "plans", kind="mean", level=0.95)


def test_the_interaction_is_cochrans_q_of_the_log_ratios(table: pd.DataFrame) -> None:
    """statsmodels 0.15, `combine_effects`; errors by the delta method, written out."""
    for metric, kind in (("songs", "mean"), ("converted", "proportion")):
        found = effects(table, metric, SEGMENT, kind=kind, level=0.9)
        groups = table.groupby([SEGMENT, "arm"])[metric].agg(["mean", "var", "count"]).unstack()
        log = np.log(groups["mean"]["treatment"] / groups["mean"]["control"])
        variance = (groups["var"] / groups["count"] / groups["mean"] ** 2).sum(axis=1)
        theirs = combine_effects(log.to_numpy(), variance.to_numpy(), alpha=0.1)
        ours = interaction(found, level=0.9)
        assert ours.pooled is not None
        assert ours.q == pytest.approx(theirs.q, rel=1e-9)
        assert ours.degrees == 2
        assert ours.p_value == pytest.approx(theirs.test_homogeneity().pvalue, rel=1e-9)
        assert math.log1p(ours.pooled.value) == pytest.approx(theirs.mean_effect_fe, rel=1e-9)
        low, high = theirs.conf_int(alpha=0.1)[0]
        assert np.log1p([ours.pooled.low, ours.pooled.high]) == pytest.approx([low, high])
        assert ours.pooled.n == len(table)
        assert (ours.reason, ours.left_out) == ("", {})
        for value, (ratio, error) in ours.log_ratios.items():
            assert ratio == pytest.approx(log[value])
            assert error**2 == pytest.approx(variance[value])


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (dict(n=29), "control has 29 units, fewer than 30 and treatment has 29 units, fewer"),
        (dict(n=40, spread=0), "control has units that are all alike"),
        (dict(n=40, middle=-9), "control has a level that is not clearly above zero"),
        (dict(n=40, middle=0.4), "a level that is not clearly above zero"),
    ],
)
def test_a_value_that_cannot_bear_a_ratio_is_left_out(rows: dict[str, float], reason: str) -> None:
    def arms(value: str, n: int = 400, middle: float = 10, spread: float = 1) -> pd.DataFrame:
        x = middle + spread * np.linspace(-2, 2, n)
        both = [pd.DataFrame({"arm": arm, "x": x}) for arm in ("control", "treatment")]
        return pd.concat(both).assign(plan=value)

    odd = arms("odd", **rows)
    two = pd.concat([arms("a"), arms("b"), odd])
    found = interaction(effects(two, "x", "plan", kind="mean", level=0.95), level=0.95)
    assert (found.degrees, list(found.log_ratios)) == (1, ["a", "b"])
    assert reason in found.left_out["odd"]
    for parts, text in (([arms("a"), odd], "only one value has"), ([odd], "no value has")):
        effect = effects(pd.concat(parts), "x", "plan", kind="mean", level=0.95)
        cannot = interaction(effect, level=0.95)
        assert (cannot.q, cannot.p_value, cannot.pooled, cannot.degrees) == (None, None, None, 0)
        assert cannot.reason.startswith(text)
        assert list(cannot.left_out) == ["odd"]


def drawn(rng: np.random.Generator, kind: Kind, levels: list[float]) -> list[list[Sample]]:
    """2,000 samples for each level, of 300 gamma values or 900 coins."""
    shape, found = (2_000, 300 if kind == "mean" else 900), []
    for level in levels:
        x = rng.gamma(2, level / 2, shape) if kind == "mean" else rng.random(shape) < level
        means, variances = x.mean(axis=1), x.var(axis=1, ddof=1)
        found.append([Sample(shape[1], *one) for one in zip(means, variances, strict=True)])
    return found


@pytest.mark.parametrize("kind", ["mean", "proportion"])
def test_a_common_lift_is_no_interaction(kind: Kind) -> None:
    """Three values with one lift of 40 %, at different levels: within 4 Monte Carlo errors."""
    base = [0.1, 0.15, 0.2]
    rng = np.random.default_rng(10)
    control, treatment = drawn(rng, kind, base), drawn(rng, kind, [1.4 * x for x in base])
    refused, covered = [], []
    for i in range(2_000):
        samples = {str(k): (control[k][i], treatment[k][i]) for k in range(3)}
        empty = Effects(
            metric="x", segment="s", kind=kind, by_value={}, samples=samples, skipped={}
        )
        found = interaction(empty, level=0.9)
        assert found.p_value is not None
        assert found.pooled is not None
        refused.append(found.p_value < 0.1)
        covered.append(found.pooled.covers(0.4))
    tolerance = 4 * math.sqrt(0.09 / 2_000)
    assert np.mean(refused) == pytest.approx(0.1, abs=tolerance)
    assert np.mean(covered) == pytest.approx(0.9, abs=tolerance)


def test_a_different_lift_is_an_interaction() -> None:
    rows = users(np.random.default_rng(1), 40_000, lift={"a": 0.0, "b": 0.0, "c": 0.3})
    found = interaction(effects(rows, "songs", SEGMENT, kind="mean", level=0.9), level=0.9)
    assert found.p_value is not None
    assert found.p_value < 1e-6


def test_adjusted_p_values_are_those_worked_out_by_hand() -> None:
    """Holm 1979: times 4, 3, 2, 1 from the smallest, never falling; BH: times 4 / rank."""
    found = adjusted({("a", 1): 0.01, ("a", 2): 0.04, ("b", 1): 0.03, ("b", 2): 0.5})
    assert [one.raw for one in found.values()] == [0.01, 0.04, 0.03, 0.5]
    assert [one.holm for one in found.values()] == pytest.approx([0.04, 0.09, 0.09, 0.5])
    assert [one.benjamini_hochberg for one in found.values()] == pytest.approx(
        [0.04, 0.16 / 3, 0.16 / 3, 0.5]
    )
    assert list(found) == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    assert adjusted({}) == {}


@settings(deadline=None, max_examples=15)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_p_values_are_those_of_statsmodels(p_values: list[float]) -> None:
    """statsmodels 0.15, `multipletests`; and none becomes smaller than it was."""
    found = adjusted(dict(enumerate(p_values))).values()
    for name, method in (("holm", "holm"), ("benjamini_hochberg", "fdr_bh")):
        ours = [getattr(one, name) for one in found]
        assert ours == pytest.approx(multipletests(p_values, method=method)[1].tolist())
    for one in found:
        assert one.raw <= one.benjamini_hochberg + 1e-15 <= one.holm + 2e-15 <= 1 + 3e-15


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_what_is_no_p_value_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        adjusted({"a": 0.5, "b": p})


METRICS: dict[str, Kind] = {"songs": "mean", "converted": "proportion"}


def units(n: int, offset: float = 0) -> pd.DataFrame:
    """Units no two of which are alike, in the order in which they are drawn."""
    rng = np.random.default_rng(9)
    rows = pd.DataFrame(
        {
            "device": rng.choice(["Android", "iOS"], n),
            "plan": rng.choice(["a", "b", None], n),
            "songs": rng.gamma(2, 10, n) + offset,
            "converted": rng.random(n) < 0.2,
        }
    ).sort_values(["device", "songs"], ignore_index=True)
    return rows.assign(plan=rows.plan.where(rows.plan.notna(), None))


@pytest.mark.parametrize("offset", [0, 10**8])
def test_drawing_arms_anew_makes_the_tests_that_it_says(offset: float) -> None:
    """scipy 1.17.1 `ttest_ind` and statsmodels 0.15 `proportions_ztest` on the same draws."""
    rows = units(90, offset).assign(plan="all")
    found = family_error(
        rows,
        METRICS,
        ["device", "plan"],
        tests=15,
        treatment_share=0.4,
        alpha=0.1,
        rng=np.random.default_rng(3),
    )
    assert found.family == tuple(
        (metric, segment, value)
        for metric in METRICS
        for segment, value in (("device", "Android"), ("device", "iOS"), ("plan", "all"))
    )
    drawn = np.random.default_rng(3).random((15, 90), dtype=np.float32) < 0.4
    expected = []
    for treated in drawn:
        for metric, segment, value in found.family:
            t, c = (rows[one & (rows[segment] == value)][metric] for one in (treated, ~treated))
            if metric == "songs":
                expected.append(stats.ttest_ind(t - offset, c - offset, equal_var=False).pvalue)
            else:
                expected.append(proportions_ztest([t.sum(), c.sum()], [len(t), len(c)])[1])
    assert found.p_values.ravel() == pytest.approx(np.array(expected), rel=1e-6)
    smallest = found.p_values.min(axis=1)
    assert found.raw.value == (smallest < 0.1).mean()
    assert found.holm.value == (6 * smallest < 0.1).mean()
    corrected = [
        min(a.benjamini_hochberg for a in adjusted(dict(enumerate(p))).values())
        for p in found.p_values
    ]
    assert found.benjamini_hochberg.value == (np.array(corrected) < 0.1).mean()


def test_units_that_are_alike_are_drawn_together_by_the_same_law() -> None:
    """Ten groups of a proportion: 1 - 0.95**10 would be 40 %, and each test has its 5 %."""
    rng = np.random.default_rng(2)
    n, tests = 20_000, 4_000
    rows = pd.DataFrame({"group": rng.integers(0, 10, n), "x": rng.random(n) < 0.1})
    found = family_error(
        rows,
        {"x": "proportion"},
        ["group"],
        tests=tests,
        treatment_share=0.3,
        alpha=0.05,
        rng=np.random.default_rng(4),
    )
    each = (found.p_values < 0.05).mean(axis=0)
    # Rates of about 60 successes are discrete: 5 % is only nearly reached.
    assert each == pytest.approx(np.full(10, 0.05), abs=0.015)
    independent = 1 - np.prod(1 - each)
    error = math.sqrt(independent * (1 - independent) / tests)
    assert found.raw.value == pytest.approx(independent, abs=4 * error)
    assert found.holm.value == pytest.approx(0.05, abs=0.015)
    assert found.raw.covers(found.raw.value)
    assert (found.raw.n, found.raw.null) == (tests, pytest.approx(0.05))


def test_a_table_is_cut_into_blocks_without_changing_what_is_summed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(families, "CHUNK", 200)
    rows = units(300)
    found = family_error(
        rows,
        METRICS,
        ["device", "plan"],
        tests=400,
        treatment_share=0.5,
        alpha=0.05,
        rng=np.random.default_rng(1),
    )
    assert ("songs", "plan", "(blank)") in found.family
    assert found.p_values.shape == (400, 10)
    # Every p-value is near uniform: its mean is 1 / 2 within 4 standard errors and discreteness.
    assert found.p_values.mean(axis=0) == pytest.approx(np.full(10, 0.5), abs=0.1)


def test_a_million_units_do_not_need_a_matrix_of_them() -> None:
    rows = duckdb.connect().sql(
        "SELECT (i % 4)::VARCHAR AS plan, hash(i) % 10 = 0 AS x FROM range(1000000) t(i)"
    )
    tracemalloc.start()
    found = family_error(
        rows,
        {"x": "proportion"},
        ["plan"],
        tests=1_000,
        treatment_share=0.1,
        alpha=0.05,
        rng=np.random.default_rng(1),
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6
    assert found.raw.value < 0.3


def test_a_test_that_cannot_be_made_finds_nothing() -> None:
    rows = pd.DataFrame(
        {"plan": ["a", "b", "b"], "x": [1.0, np.nan, np.nan], "y": [1, 1, None]}, dtype=object
    ).astype({"x": float, "y": float})
    found = family_error(
        rows,
        {"x": "mean", "y": "proportion"},
        ["plan"],
        tests=20,
        treatment_share=0.5,
        alpha=0.05,
        rng=np.random.default_rng(1),
    )
    assert (found.p_values == 1).all()
    assert found.raw.value == found.holm.value == 0


def test_what_makes_no_family_is_refused() -> None:
    rows = pd.DataFrame({"plan": ["a"], "x": [3]})
    options = dict(tests=5, treatment_share=0.5, alpha=0.05, rng=np.random.default_rng(1))
    for metrics, segments, table, text in (
        ({}, ["plan"], rows, "number of metrics"),
        ({"x": "mean"}, [], rows, "number of segments"),
        ({"x": "mean"}, ["plan"], rows[:0], "number of rows"),
    ):
        with pytest.raises(ValueError, match=text):
            family_error(table, metrics, segments, **options)
    with pytest.raises(DataError, match="neither 0 nor 1"):
        family_error(rows, {"x": "proportion"}, ["plan"], **options)


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 2**32 - 1))
def test_the_same_stream_draws_the_same_arms_whatever_the_order_of_rows(seed: int) -> None:
    rows = units(40)
    found = [
        family_error(
            table,
            {"songs": "mean"},
            ["plan"],
            tests=3,
            treatment_share=0.5,
            alpha=0.05,
            rng=np.random.default_rng(seed),
        ).p_values
        for table in (rows, rows.sample(frac=1, random_state=1))
    ]
    assert (found[0] == found[1]).all()
