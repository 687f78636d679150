"""The audit against pandas, and rows by weekday against scipy and statsmodels."""

from __future__ import annotations

import datetime as dt
import math

import duckdb
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from knowntruth.errors import DataError
from knowntruth.methods.users.audit import (
    Rule,
    audit,
    known,
    nested,
    not_before,
    unique,
    weekdays,
    within,
)

RULES = [
    nested("day_7", "day_1"),
    within("lessons", 0, 60),
    within("lessons", high=20),
    unique("user"),
    not_before("last seen", "signed_up"),
    known("lessons"),
    known("country"),
]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = 4_000
    start = pd.Timestamp("2024-08-01")
    table = pd.DataFrame(
        {
            "user": [f"u{i:04}" for i in rng.permutation(n)],
            "day_1": rng.integers(0, 2, n).astype(float),
            "day_7": rng.integers(0, 2, n).astype(float),
            "lessons": rng.normal(15, 25, n).round(1),
            "signed_up": start + pd.to_timedelta(rng.integers(0, 31 * 24, n), unit="h"),
            "last seen": start + pd.to_timedelta(rng.integers(0, 60 * 24, n), unit="h"),
            "country": rng.choice(["US", "DE", None], n),
        }
    )
    for name in ("day_1", "day_7", "lessons", "last seen"):
        table.loc[rng.random(n) < 0.05, name] = None
    table.loc[:4, "user"] = "u0000"
    return table


def test_every_rule_finds_what_pandas_does(table: pd.DataFrame) -> None:
    lessons, first = table.lessons, table.signed_up.dt.floor("D")
    broken = [
        (table.day_7 == 1) & (table.day_1 == 0),
        (lessons < 0) | (lessons > 60),
        lessons > 20,
        table.user.duplicated(keep=False),
        table["last seen"].dt.floor("D") < first,
        lessons.isna(),
        table.country.isna(),
    ]
    for source in (table, duckdb.from_df(table)):
        found = audit(source, RULES, key="user")
        assert [it.rule for it in found] == RULES
        for checked, rows in zip(found, broken, strict=True):
            assert checked.broken == rows.sum() > 0
            assert checked.holds is False
            assert checked.share == checked.broken / checked.judged
            smallest = sorted(table.user[rows])[:3]
            assert list(checked.examples) == list(dict.fromkeys(smallest))


def test_a_row_with_a_missing_value_is_judged_by_no_rule_but_known(table: pd.DataFrame) -> None:
    found = audit(table, RULES)
    lessons = table.lessons.notna().sum()
    assert [it.judged for it in found[1:]] == [
        *(lessons, lessons, len(table)),
        table["last seen"].notna().sum(),
        *(len(table), len(table)),
    ]
    # A day 7 that did not happen breaks nothing, whatever day 1 was.
    told = (table.day_7 == 0) | (table.day_1 == 1) | (table.day_7.notna() & table.day_1.notna())
    assert found[0].judged == told.sum()
    assert all(it.examples == () for it in found)


def test_nan_is_a_missing_value_and_not_the_largest() -> None:
    rows = duckdb.connect().sql(
        "SELECT unnest(['nan'::DOUBLE, 1, 99]) AS x, unnest(['nan', 'a', NULL]) AS label"
    )
    high, missing, unlabelled = audit(rows, [within("x", high=5), known("x"), known("label")])
    assert (high.broken, high.judged) == (1, 2)
    assert (missing.broken, missing.judged) == (1, 3)
    assert (unlabelled.broken, unlabelled.judged) == (1, 3)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=1, max_size=12))
def test_all_rows_that_share_a_value_are_duplicates(values: list[str | None]) -> None:
    table = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    (found,) = audit(table, [unique("x")], key="x")
    seen = table.x.dropna()
    twice = seen[seen.duplicated(keep=False)]
    assert found.broken == len(twice)
    assert found.judged == len(seen)
    assert set(found.examples) <= set(twice)
    assert bool(found.examples) == bool(len(twice))


def test_a_date_is_a_whole_day() -> None:
    at = pd.to_datetime(["2024-07-31T23", "2024-08-01T00", "2024-08-31T23", "2024-09-01T00"])
    table = pd.DataFrame({"at": at, "day": at.normalize()})
    august = dt.date(2024, 8, 1), dt.date(2024, 8, 31)
    noon = dt.datetime(2024, 8, 1, 12), dt.datetime(2024, 8, 31, 12)
    for column, ends, broken in (("at", august, 2), ("day", august, 2), ("at", noon, 4)):
        assert audit(table, [within(column, *ends)])[0].broken == broken
    same_day = table.assign(at=at + pd.Timedelta(minutes=30))
    assert audit(same_day, [not_before("day", "at")])[0].holds


def test_rules_speak_of_the_columns_that_they_read() -> None:
    assert nested("day_7", "day_1").meaning == "day_7 without day_1"
    assert nested("day_7", "day_1", meaning="back late").meaning == "back late"
    assert within("x", 0).meaning == "x below 0"
    assert within("x", 0, 9.5).meaning == "x below 0 or above 9.5"
    assert unique("x").meaning == "x that another row has too"
    assert not_before("b", "a").meaning == "b before a"
    assert known("x").meaning == "x missing"
    assert not_before("b", "a").columns == ("b", "a")


def test_a_rule_of_ones_own_is_any_predicate_even_over_odd_names() -> None:
    table = pd.DataFrame({'so"ngs': [1, 2, 3], "broken_0": [0, 0, 1], "key": ["x", "y", "z"]})
    own = Rule("odd", "more songs than two", '"so""ngs" > 2 AND broken_0 = 1', ('so"ngs',))
    found = audit(table, [own, known('so"ngs')], key="key")
    assert [it.broken for it in found] == [1, 0]
    assert found[0].examples == ("z",)


def test_an_empty_table_and_no_rule_break_nothing(table: pd.DataFrame) -> None:
    for it in audit(table.head(0), RULES, key="user"):
        assert (it.broken, it.judged, it.share, it.examples) == (0, 0, 0.0, ())
        assert it.holds
        assert it.reason
    assert audit(table, []) == ()
    assert all(it.reason == "" for it in audit(table, RULES))


def test_columns_that_cannot_be_audited_are_named(table: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="Did you mean day_7"):
        audit(table, [nested("day_8", "day_1")])
    with pytest.raises(DataError, match="column usr"):
        audit(table, RULES, key="usr")
    with pytest.raises(DataError, match="day_1 within country"):
        audit(table, [nested("day_1", "country")])
    with pytest.raises(DataError, match="not dates"):
        weekdays(table, "country", level=0.95)
    with pytest.raises(DataError, match="column when"):
        weekdays(table, "when", level=0.95)


def test_impossible_ranges_are_refused() -> None:
    with pytest.raises(ValueError, match="needs a bound"):
        within("x")
    with pytest.raises(ValueError, match="nothing lies from 5 to 4"):
        within("x", 5, 4)
    with pytest.raises(ValueError, match="level"):
        weekdays(pd.DataFrame({"day": [pd.Timestamp("2024-08-01")]}), "day", level=1)


def rows_of(counts: np.ndarray, first: str = "2024-08-01") -> pd.DataFrame:
    """A table with so many rows on each day from the first on."""
    days = pd.date_range(first, periods=len(counts))
    return pd.DataFrame({"day": np.repeat(days, counts)})


def drawn(rng: np.random.Generator, *, days: int, spread: float, ratio: float) -> np.ndarray:
    """Rows a day: gamma means with this coefficient of variation, higher on weekdays."""
    is_work = pd.date_range("2024-08-01", periods=days).day_of_week < 5
    means = 40 * np.where(is_work, ratio, 1.0)
    if spread:
        means *= rng.gamma(1 / spread**2, spread**2, days)
    return rng.poisson(means)


def test_every_day_alike_is_tested_with_days_as_exposure() -> None:
    """scipy 1.17.1, `chisquare`, with expected rows in proportion to days in the range."""
    counts = drawn(np.random.default_rng(1), days=31, spread=0.0, ratio=1.1)
    found = weekdays(rows_of(counts), "day", level=0.95)
    weekday = pd.date_range("2024-08-01", periods=31).day_of_week
    rows = [counts[weekday == day].sum() for day in range(7)]
    days = [(weekday == day).sum() for day in range(7)]
    assert [(day.rows, day.days) for day in found.days] == list(zip(rows, days, strict=True))
    assert [day.name for day in found.days][0::6] == ["Monday", "Sunday"]
    expected = counts.sum() * np.array(days) / 31
    test = stats.chisquare(rows, expected)
    assert [day.expected for day in found.days] == pytest.approx(list(expected))
    assert (found.chi_square, found.df) == (pytest.approx(test.statistic), 6)
    assert found.p_value == pytest.approx(test.pvalue, rel=1e-9)
    assert (found.first, found.last) == (dt.date(2024, 8, 1), dt.date(2024, 8, 31))


def test_the_ratio_is_that_of_a_quasi_poisson_model() -> None:
    """statsmodels 0.15, `GLM` with the Poisson family."""
    counts = drawn(np.random.default_rng(2), days=60, spread=0.3, ratio=1.5)
    found = weekdays(rows_of(counts), "day", level=0.9)
    weekday = pd.date_range("2024-08-01", periods=60).day_of_week.to_numpy()
    poisson = sm.families.Poisson()
    by_weekday = sm.GLM(counts, np.eye(7)[weekday], family=poisson).fit(scale="X2")
    assert found.dispersion == pytest.approx(by_weekday.scale, rel=1e-9)
    model = sm.GLM(counts, sm.add_constant((weekday < 5).astype(float)), family=poisson).fit()
    error = model.bse[1] * math.sqrt(by_weekday.scale)
    half = stats.t.isf(0.05, 60 - 7) * error
    assert found.ratio is not None
    assert found.ratio.value == pytest.approx(math.exp(model.params[1]), rel=1e-9)
    assert found.ratio.low == pytest.approx(math.exp(model.params[1] - half), rel=1e-7)
    assert found.ratio.high == pytest.approx(math.exp(model.params[1] + half), rel=1e-7)
    p = 2 * stats.t.sf(model.params[1] / error, 60 - 7)
    assert found.ratio.p_value == pytest.approx(p, rel=1e-6)
    assert (found.ratio.null, found.ratio.n, found.ratio.level) == (1.0, counts.sum(), 0.9)


@pytest.mark.parametrize("spread", [0.0, 0.4])
def test_the_interval_covers_the_ratio_however_much_days_vary(spread: float) -> None:
    rng = np.random.default_rng(4)
    covered = naive = 0
    for _ in range(150):
        found = weekdays(
            rows_of(drawn(rng, days=42, spread=spread, ratio=1.3)), "day", level=0.95
        ).ratio
        assert found is not None
        covered += found.covers(1.3)
        width = 2 * stats.norm.isf(0.025) * math.sqrt(1 / 1_560 + 1 / 480)
        naive += abs(math.log(found.value / 1.3)) < width / 2
    # Monte Carlo error of a coverage of 95% over 150 tables: 1.8 points.
    assert covered / 150 == pytest.approx(0.95, abs=0.05)
    if spread:
        assert naive / 150 < 0.8, "what rows alone vary is not enough"


def test_days_that_are_more_alike_than_chance_narrow_no_interval() -> None:
    found = weekdays(rows_of(np.full(28, 10)), "day", level=0.95)
    assert found.dispersion == 1
    assert found.ratio is not None
    half = stats.t.isf(0.025, 21) * math.sqrt(1 / 200 + 1 / 80)
    assert found.ratio.high == pytest.approx(math.exp(half))


def test_a_day_without_a_row_is_a_day() -> None:
    counts = np.array([7, 0, 0, 0, 5, 0, 0, 0, 9])
    found = weekdays(rows_of(counts), "day", level=0.95)
    assert sum(day.days for day in found.days) == 9
    assert found.ratio is None
    assert found.reason == "no row falls on a weekend"


def test_times_count_for_their_day_and_missing_dates_for_none() -> None:
    late = pd.DataFrame({"at": pd.to_datetime(["2024-08-02 23:59", "2024-08-03 00:01", None])})
    found = weekdays(late, "at", level=0.95)
    assert {day.name: day.rows for day in found.days if day.rows} == {"Friday": 1, "Saturday": 1}
    assert found.ratio is not None
    assert (found.ratio.value, found.ratio.n, found.dispersion) == (1.0, 2, 1.0)


def test_what_a_range_cannot_tell_is_said() -> None:
    none = weekdays(pd.DataFrame({"day": pd.to_datetime([None, None])}), "day", level=0.95)
    assert (none.first, none.ratio, none.p_value) == (None, None, None)
    assert none.reason == "no row has a date"
    one = weekdays(rows_of(np.array([4])), "day", level=0.95)
    assert (one.df, one.p_value) == (0, None)
    assert one.reason == "no day of the range falls on a weekend"
    weekend = weekdays(rows_of(np.array([4, 5]), "2024-08-03"), "day", level=0.95)
    assert weekend.reason == "no day of the range falls from Monday to Friday"


def test_a_stray_date_far_away_stretches_the_range_and_no_more() -> None:
    days = pd.DataFrame({"day": [dt.date(1, 1, 1), dt.date(9999, 12, 31)]})
    found = weekdays(days, "day", level=0.95)
    assert sum(day.days for day in found.days) == dt.date.max.toordinal()
    assert {day.name for day in found.days if day.rows} == {"Monday", "Friday"}
