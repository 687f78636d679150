"""What a regression can tell, against the published table, linear algebra and a known truth."""

from __future__ import annotations

import math
import warnings

import duckdb
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from statsmodels.tools.sm_exceptions import SingularMatrixWarning

from knowntruth.errors import DataError
from knowntruth.methods.sessions.identification import (
    Identification,
    estimable,
    identify,
    identify_arrays,
    null_space,
)

Array = NDArray[np.float64]

COLUMNS = ["treated", "post", "treated:post"]

# The published means of daily ratios, and days: nobody is exposed before the launch.
BEFORE = (55, 1.7880730748520337)
UNEXPOSED = (36, 1.2842055220936364)
EXPOSED = (36, 1.4165956168637042)

# The published coefficients and t-values.
PUBLISHED = {
    "Intercept": (1.7881, 961.140),
    "treated": (0.0662, 40.711),
    "post": (-0.5039, -170.353),
    "treated:post": (0.0662, 40.711),
}


def published() -> pd.DataFrame:
    """Return 127 days with the published means, and the spread of the intercept's t.

    The intercept's standard error is sigma over the root of 55 days, which fixes sigma; the other
    three t-values are not used.
    """
    random = np.random.default_rng(41)
    cells = []
    for (days, mean), treated, post in ((BEFORE, 0, 0), (UNEXPOSED, 0, 1), (EXPOSED, 1, 1)):
        noise = random.normal(size=days)
        noise -= noise.mean()
        cells.append(pd.DataFrame({"treated": treated, "post": post, "mean": mean, "e": noise}))
    table = pd.concat(cells, ignore_index=True)
    sigma = BEFORE[1] / PUBLISHED["Intercept"][1] * math.sqrt(BEFORE[0])
    scale = sigma / math.sqrt(float((table["e"] ** 2).sum()) / (127 - 3))
    return table.assign(esau=table["mean"] + scale * table["e"])


def found(table: pd.DataFrame | duckdb.DuckDBPyRelation) -> Identification:
    return identify(table, columns=COLUMNS, outcome="esau", level=0.95)


def test_the_published_coefficients_and_t_come_from_a_design_that_misses_a_cell() -> None:
    result = found(published())
    for name, (value, t) in PUBLISHED.items():
        assert result[name].estimate.value == pytest.approx(value, abs=5e-5)
        # The first t is known to its third decimal, and all share its sigma.
        assert result[name].t == pytest.approx(t, rel=2e-4)
    assert (result.n, result.rank, result.columns, result.degrees) == (127, 3, 4, 124)
    sigma = result["Intercept"].error * math.sqrt(55)
    assert sigma == pytest.approx(0.013797, abs=1e-6)


def test_the_published_regression_splits_one_contrast_in_two_halves() -> None:
    result = found(published())
    treated, both = result["treated"], result["treated:post"]
    assert treated.estimate.value == pytest.approx(both.estimate.value, rel=1e-9)
    assert treated.estimate.value == pytest.approx((EXPOSED[1] - UNEXPOSED[1]) / 2, rel=1e-9)
    assert (treated.is_estimable, both.is_estimable) == (False, False)
    assert (result["Intercept"].is_estimable, result["post"].is_estimable) == (True, True)
    assert [one.words for one in result.confounded] == ["treated = treated:post"]
    assert result.confounded[0].weights == pytest.approx({"treated": 1, "treated:post": -1})
    assert not result.is_identified


def test_what_the_published_regression_can_tell_is_a_difference_of_two_means() -> None:
    result = found(published())
    whole = result.contrast({"treated": 1, "treated:post": 1}, level=0.95)
    assert whole.estimate is not None
    assert whole.estimate.value == pytest.approx(EXPOSED[1] - UNEXPOSED[1], rel=1e-9)
    assert whole.error == pytest.approx(2 * result["treated"].error, rel=1e-9)
    assert whole.t == pytest.approx(result["treated"].t, rel=1e-9)
    alone = result.contrast({"treated:post": 1}, level=0.95)
    assert alone.estimate is None
    assert alone.reason
    assert math.isnan(alone.t)


def test_coefficients_are_those_of_statsmodels_formula() -> None:
    table = published()
    with warnings.catch_warnings():
        # It warns from 0.15 on, and prints its table all the same.
        warnings.simplefilter("ignore", SingularMatrixWarning)
        fit = smf.ols("esau ~ treated + post + treated:post", data=table).fit()
    for name, one in ((each.name, each) for each in found(table).coefficients):
        assert one.estimate.value == pytest.approx(fit.params[name], rel=1e-9)
        assert one.t == pytest.approx(fit.tvalues[name], rel=1e-9)
        assert (one.estimate.low, one.estimate.high) == pytest.approx(
            tuple(fit.conf_int().loc[name])
        )
        assert one.estimate.p_value == pytest.approx(fit.pvalues[name], abs=1e-300)


def test_coefficients_are_the_shortest_of_those_that_fit_best() -> None:
    """numpy's lstsq returns the solution of least length."""
    table = published()
    X = np.column_stack(
        [np.ones(127), table["treated"], table["post"], table["treated"] * table["post"]]
    )
    shortest = np.linalg.lstsq(X, table["esau"].to_numpy(), rcond=None)[0]
    values = [one.estimate.value for one in found(table).coefficients]
    assert values == pytest.approx(list(shortest), rel=1e-9)


def test_a_full_two_by_two_answers_with_the_difference_in_differences() -> None:
    random = np.random.default_rng(43)
    table = pd.DataFrame({"treated": np.tile([0, 1], 40), "post": np.repeat([0, 1], 40)})
    table["esau"] = random.normal(size=80)
    result = found(table)
    means = table.groupby(["treated", "post"])["esau"].mean()
    expected = (means[1, 1] - means[1, 0]) - (means[0, 1] - means[0, 0])
    assert result.is_identified
    assert result.confounded == ()
    assert all(one.is_estimable for one in result.coefficients)
    assert result["treated:post"].estimate.value == pytest.approx(expected, rel=1e-9)
    alone = result.contrast({"treated:post": 1}, level=0.95)
    assert alone.estimate == result["treated:post"].estimate


@pytest.mark.parametrize(
    ("design", "words"),
    [
        ({"a": [1, 1, 0, 0], "b": [0, 0, 1, 1]}, ["Intercept = a + b"]),
        ({"a": [1, 2, 3, 5], "b": [3, 6, 9, 15]}, ["3 × a = b"]),
        ({"a": [0, 0, 0, 0], "b": [1, 2, 3, 5]}, ["a = 0"]),
        ({"a": [1, 2, 3, 5], "b": [-1, -2, -3, -5]}, ["a + b = 0"]),
        ({"a": [7, 7, 7, 7]}, ["7 × Intercept = a"]),
        (
            {"a": [1, 1, 0, 0], "b": [0, 0, 1, 1], "c": [1, 0, 1, 0], "d": [0, 1, 0, 1]},
            ["Intercept = a + b", "Intercept = c + d"],
        ),
        (
            {"age": [9, 7, 4, 2], "period": [9, 8, 7, 6], "cohort": [0, 1, 3, 4]},
            ["age + cohort = period"],
        ),
        ({"a": [1, 2, 3, 5]}, []),
    ],
)
def test_confounded_columns_are_told_in_words(
    design: dict[str, list[float]], words: list[str]
) -> None:
    table = pd.DataFrame(design).assign(y=[1.0, 3.0, 2.0, 5.0])
    result = identify(table, columns=list(design), outcome="y", level=0.95)
    assert [one.words for one in result.confounded] == words
    matrix = np.column_stack([np.ones(4), table[list(design)].to_numpy()])
    assert result.rank == np.linalg.matrix_rank(matrix)
    for one in result.confounded:
        total = sum(
            weight * (1.0 if name == "Intercept" else table[name])
            for name, weight in one.weights.items()
        )
        assert np.asarray(total) == pytest.approx(0, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 7).flatmap(
        lambda k: st.lists(
            st.lists(st.integers(-2, 2), min_size=k, max_size=k), min_size=1, max_size=8
        )
    ),
    st.integers(0, 2**32 - 1),
)
def test_a_contrast_is_estimable_if_a_row_of_it_would_not_raise_the_rank(
    rows: list[list[int]], seed: int
) -> None:
    X = np.array(rows, dtype=float)
    random = np.random.default_rng(seed)
    within = random.integers(-2, 3, len(X)) @ X
    anything = random.integers(-2, 3, X.shape[1]).astype(float)
    assert estimable(X, within)
    rank = np.linalg.matrix_rank(X)
    assert estimable(X, anything) == (np.linalg.matrix_rank(np.vstack([X, anything])) == rank)
    basis = null_space(X)
    assert len(basis) == X.shape[1] - rank
    assert np.abs(X @ basis.T).max(initial=0) < 1e-9


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=4, max_size=4))
def test_what_is_estimable_does_not_depend_on_units(powers: list[int]) -> None:
    """Columns in other units: the same columns are confounded, as thousands or as thousandths."""
    table = published()
    X = np.column_stack(
        [np.ones(127), table["treated"], table["post"], table["treated"] * table["post"]]
    )
    scale = 10.0 ** np.array(powers)
    assert len(null_space(X * scale)) == 1
    units = np.eye(4) * scale
    assert [estimable(X * scale, unit) for unit in units] == [True, False, True, False]


def test_nearly_the_same_is_not_the_same() -> None:
    random = np.random.default_rng(47)
    a = random.normal(size=200)
    near = np.column_stack([np.ones(200), a, a + 1e-5 * random.normal(size=200)])
    result = identify_arrays(near, random.normal(size=200), ["Intercept", "a", "b"], level=0.95)
    assert result.is_identified
    assert result["a"].error > 1e3


def test_columns_of_any_kind_of_number_and_an_outcome_from_a_relation_are_read() -> None:
    table = published().astype({"treated": bool, "post": "int8"})
    with duckdb.connect() as connection:
        connection.register("days", table)
        result = found(connection.sql("SELECT * FROM days"))
    assert result["post"].t == pytest.approx(PUBLISHED["post"][1], rel=2e-4)


def test_rows_that_miss_a_number_are_left_out_and_counted() -> None:
    table = published()
    more = pd.concat(
        [table, table.head(5).assign(esau=np.nan), table.tail(3).assign(treated=np.nan)]
    )
    result = found(more)
    assert (result.n, result.left_out) == (127, 8)
    assert result["post"].estimate.value == pytest.approx(found(table)["post"].estimate.value)


def test_as_many_rows_as_columns_leave_no_error() -> None:
    table = pd.DataFrame({"x": [1.0, 2.0], "y": [3.0, 5.0]})
    result = identify(table, columns=["x"], outcome="y", level=0.95)
    assert result["x"].estimate.value == pytest.approx(2)
    assert math.isinf(result["x"].estimate.high)
    assert math.isnan(result["x"].t)
    assert result.degrees == 0


def test_without_an_intercept_there_is_none() -> None:
    table = pd.DataFrame({"a": [1, 1, 0, 0], "b": [0, 0, 1, 1], "y": [1.0, 3.0, 2.0, 6.0]})
    result = identify(table, columns=["a", "b"], outcome="y", level=0.95, intercept=False)
    assert [one.estimate.value for one in result.coefficients] == pytest.approx([2, 4])
    assert result.is_identified


def test_tables_that_cannot_be_fitted_are_refused() -> None:
    table = published()
    with pytest.raises(DataError, match="Did you mean post"):
        identify(table, columns=["treated", "pots"], outcome="esau", level=0.95)
    with pytest.raises(DataError, match="not numbers"):
        found(table.astype({"treated": str}))
    with pytest.raises(DataError, match="infinite"):
        found(table.assign(esau=math.inf))
    with pytest.raises(DataError, match="no row is complete"):
        found(table.head(0))


def test_wrong_arguments_are_refused() -> None:
    X, y = np.ones((3, 1)), np.arange(3.0)
    with pytest.raises(ValueError, match="level"):
        identify_arrays(X, y, ["a"], level=1.5)
    with pytest.raises(ValueError, match="a design of"):
        identify_arrays(X, y, ["a", "b"], level=0.95)
    with pytest.raises(ValueError, match="one name each"):
        identify_arrays(np.ones((3, 2)), y, ["a", "a"], level=0.95)
    with pytest.raises(ValueError, match="a contrast of"):
        estimable(X, [1.0, 0.0])
    with pytest.raises(ValueError, match="not c"):
        identify_arrays(X, y, ["a"], level=0.95).contrast({"c": 1}, level=0.95)
