"""Retention against pandas, lifelines, closed forms and simulated users."""

from __future__ import annotations

import gc
import math
from datetime import date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import datetimes_to_durations
from scipy import stats

from knowntruth.errors import DataError
from knowntruth.methods.users.retention import Cohort, cohorts, curve, daily, flags, nesting
from knowntruth.methods.users.survival import kaplan_meier

DATES = {"signed_up": "joined", "last_active": "seen"}
DAYS = {1: "day_1", 7: "day_7", 30: "day_30"}


def users(joined: list[str], seen: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame({"joined": pd.to_datetime(joined), "seen": pd.to_datetime(seen)})


def population(
    n: int, *, seed: int = 1, hazard: float = 0.05, until: str = "2024-09-30"
) -> pd.DataFrame:
    """Users of August, each active every day until a hazard takes them or observation ends."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {"joined": pd.Timestamp("2024-08-01") + pd.to_timedelta(rng.integers(0, 31, n), "D")}
    )
    stay = pd.to_timedelta(rng.geometric(hazard, n) - 1, "D")
    rows["seen"] = (rows.joined + stay).clip(upper=pd.Timestamp(until))
    rows["plan"] = rng.choice(["free", "paid", "trial"], n)
    return rows


def columns(table: duckdb.DuckDBPyRelation, names: list[str]) -> list[list[float | None]]:
    return [[row[0] for row in table.project(f'"{name}"').fetchall()] for name in names]


def test_a_user_is_retained_on_a_day_when_active_then_or_later() -> None:
    rows = users(
        ["2024-08-01", "2024-08-01", "2024-08-01", "2024-08-28", "2024-09-06", "2024-08-20"],
        ["2024-08-01", "2024-08-07", "2024-08-31", "2024-09-04", "2024-09-07", "2024-09-01"],
    )
    found = flags(rows, **DATES)
    assert found.columns == ["joined", "seen", "day_1", "day_7", "day_30"]
    assert [str(kind) for kind in found.types[2:]] == ["DOUBLE"] * 3
    assert columns(found, ["day_1", "day_7", "day_30"]) == [
        [0, 1, 1, 1, 1, 1],
        [0, 0, 1, 1, None, 1],
        [0, 0, 1, None, None, None],
    ]


def test_who_signed_up_too_late_is_judged_on_the_first_day_that_was_observed() -> None:
    rows = users(["2024-09-23", "2024-09-24"], ["2024-09-25", "2024-09-30"])
    end = date(2024, 9, 30)
    assert columns(flags(rows, **DATES, days=[7]), ["day_7"]) == [[0, None]]
    assert columns(flags(rows, **DATES, days=[6], observed_until=end), ["day_6"]) == [[0, 1]]
    for until in (date(2024, 10, 1), datetime(2024, 10, 1, 3), pd.Timestamp("2024-10-01")):
        assert columns(flags(rows, **DATES, days=[7], observed_until=until), ["day_7"]) == [[0, 0]]
    later = flags(rows, **DATES, days=[7], observed_until=date(2024, 10, 3), grace=3)
    assert columns(later, ["day_7"]) == [[0, None]]


def test_observation_lasts_until_the_latest_date_of_either_column() -> None:
    rows = users(["2024-08-01", "2024-08-20"], ["2024-08-03", None])
    assert columns(flags(rows, **DATES, days=[7, 20]), ["day_7", "day_20"]) == [
        [0, None],
        [None, None],
    ]


def test_a_missing_date_is_no_answer() -> None:
    rows = users(["2024-08-01", "2024-08-01"], ["2024-09-30", None])
    rows.loc[2] = [pd.NaT, pd.Timestamp("2024-08-05")]
    assert columns(flags(rows, **DATES, days=[1]), ["day_1"]) == [[1, None, None]]
    nobody = flags(rows.iloc[:0], **DATES)
    assert nobody.fetchall() == []
    unknown = rows.assign(joined=pd.NaT, seen=pd.NaT).astype("datetime64[us]")
    assert columns(flags(unknown, **DATES, days=[1]), ["day_1"]) == [[None] * 3]
    assert daily(unknown, **DATES) == {}


def test_days_may_be_dates_or_times_in_a_frame_or_a_file(tmp_path: Path) -> None:
    rows = population(40)
    expected = flags(rows, **DATES).project("day_1, day_7, day_30").fetchall()
    late = rows.assign(
        seen=rows.seen + pd.Timedelta(hours=23), joined=rows.joined + pd.Timedelta(hours=1)
    )
    plain = rows.assign(joined=rows.joined.dt.date, seen=rows.seen.dt.date)
    path = tmp_path / "users.parquet"
    rows.to_parquet(path)
    stored = duckdb.connect().read_parquet(str(path))
    seconds = rows.astype({"joined": "datetime64[s]", "seen": "datetime64[ns]"})
    for table in (late, plain, stored, seconds):
        found = flags(table, **DATES)
        gc.collect()
        assert found.project("day_1, day_7, day_30").fetchall() == expected
        assert cohorts(table, signed_up="joined", outcomes=[], level=0.9) == cohorts(
            rows, signed_up="joined", outcomes=[], level=0.9
        )


def test_impossible_dates_are_refused() -> None:
    rows = users(["2024-08-01", "2024-08-05"], ["2024-08-02", "2024-08-04"])
    with pytest.raises(DataError, match="column seen: it lies before joined; rows: 1"):
        flags(rows, **DATES)
    with pytest.raises(DataError, match="it lies before joined; rows: 1"):
        daily(rows, **DATES)
    good = rows.iloc[:1]
    with pytest.raises(DataError, match="latest date is 2024-08-02, after the end of observation"):
        flags(good, **DATES, observed_until=date(2024, 8, 1))
    with pytest.raises(DataError, match="column seen: it holds VARCHAR, not dates"):
        flags(good.assign(seen="2024-08-02"), **DATES)
    with pytest.raises(DataError, match="Did you mean joined"):
        flags(good, signed_up="joind", last_active="seen")
    with pytest.raises(DataError, match="Did you mean plan"):
        daily(good.assign(plan="a"), **DATES, by="plans")
    with pytest.raises(DataError, match="Did you mean joined"):
        cohorts(good, signed_up="joind", outcomes=[], level=0.95)
    with pytest.raises(DataError, match="column day_7: the table has it already"):
        flags(good.assign(Day_7=1.0), **DATES)
    with pytest.raises(DataError, match="it holds DOUBLE, not dates"):
        cohorts(good.assign(joined=1.0), signed_up="joined", outcomes=[], level=0.95)


def test_impossible_options_are_refused() -> None:
    rows = users(["2024-08-01"], ["2024-08-02"])
    for days in ([], [0], [7, 7], [1.5]):
        with pytest.raises(ValueError, match="distinct whole numbers from 1"):
            flags(rows, **DATES, days=days)
    for call in (flags, daily):
        with pytest.raises(ValueError, match="grace is at least 0"):
            call(rows, **DATES, grace=-1)
    with pytest.raises(ValueError, match="period is day, week or month"):
        # The type forbids it, so that only a caller without types gets here.
        cohorts(rows, signed_up="joined", outcomes=[], level=0.95, period="year")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="level lies between"):
        cohorts(rows, signed_up="joined", outcomes=[], level=1)
    with pytest.raises(ValueError, match="level lies between"):
        curve(rows, {}, level=0)


def test_the_curve_holds_the_rates_of_pandas_with_wilsons_intervals() -> None:
    """scipy 1.17.1, `binomtest(...).proportion_ci(method="wilson")`."""
    rows = flags(population(3_000), **DATES).df()
    rows.loc[::7, "plan"] = None
    found = curve(rows, {30: "day_30", 1: "day_1", 7: "day_7"}, by="plan", level=0.9)
    assert list(found) == ["(blank)", "free", "paid", "trial"]
    by_plan = rows.assign(plan=rows.plan.fillna("(blank)")).groupby("plan")
    for plan, part in by_plan:
        assert [day for day, _ in found[str(plan)]] == [1, 7, 30]
        for day, estimate in found[str(plan)]:
            known = part[f"day_{day}"].dropna()
            theirs = stats.binomtest(int(known.sum()), len(known)).proportion_ci(0.9, "wilson")
            ends = (theirs.low, known.mean(), theirs.high)
            assert (estimate.low, estimate.value, estimate.high) == pytest.approx(ends)
            assert (estimate.n, estimate.unit, estimate.null) == (len(known), "share", None)
    everybody = curve(rows, DAYS, level=0.9)
    assert list(everybody) == ["everybody"]
    assert everybody["everybody"][1][1].value == pytest.approx(rows.day_7.mean())


def test_a_day_for_which_nobody_is_judged_is_not_on_the_curve() -> None:
    rows = users(["2024-08-01", "2024-08-03"], ["2024-08-10", "2024-08-03"])
    found = flags(rows.assign(plan=["a", "b"]), **DATES)
    assert [day for day, _ in curve(found, DAYS, level=0.95)["everybody"]] == [1, 7]
    late = flags(rows.assign(plan=["a", "b"]), **DATES, days=(8,))
    assert {
        plan: len(points)
        for plan, points in curve(late, {8: "day_8"}, by="plan", level=0.95).items()
    } == {
        "a": 1,
        "b": 0,
    }


def test_the_share_retained_is_the_survival_curve_a_day_earlier_when_all_is_seen() -> None:
    """Without censoring the Kaplan-Meier curve is the share that lasts longer."""
    rows, end = population(2_000, until="2026-12-31"), date(2026, 12, 31)
    life = daily(rows, **DATES, observed_until=end)["everybody"]
    assert life.left == (2_000, 2_000)
    survival = kaplan_meier(life, level=0.95)
    points = curve(flags(rows, **DATES, observed_until=end), DAYS, level=0.95)["everybody"]
    for day, estimate in points:
        assert survival.at(day - 1).value == pytest.approx(estimate.value)


@pytest.mark.parametrize("grace", [0, 10, 30])
def test_the_daily_curve_is_that_of_lifelines(grace: int) -> None:
    """lifelines 0.30.0, `datetimes_to_durations` up to the cutoff, and `KaplanMeierFitter`."""
    rows, end = population(1_500), pd.Timestamp("2024-09-30")
    cutoff = end - pd.Timedelta(days=grace + 1)
    found = daily(rows, **DATES, by="plan", grace=grace)
    assert list(found) == ["free", "paid", "trial"]
    for plan, part in rows[rows.joined <= cutoff].groupby("plan"):
        durations, events = datetimes_to_durations(part.joined, part.seen, fill_date=cutoff)
        theirs = KaplanMeierFitter().fit(durations, events)
        ours = kaplan_meier(found[str(plan)], level=0.95)
        assert ours.life.units == len(part)
        assert ours.times == pytest.approx(theirs.timeline)
        expected = theirs.survival_function_.to_numpy()[:, 0]
        assert ours.survival == pytest.approx(expected, abs=1e-12)


def test_activity_within_the_grace_counts_as_still_there() -> None:
    rows = users(["2024-08-01"] * 4, ["2024-08-31", "2024-08-30", "2024-09-20", "2024-09-30"])
    life = daily(rows, **DATES, grace=30)["everybody"]
    assert (life.times.tolist(), life.events.tolist(), life.censored.tolist()) == ([29], [1], [3])


def test_sign_ups_after_the_cutoff_and_missing_dates_tell_nothing() -> None:
    rows = users(["2024-08-01", "2024-08-31", "2024-08-01"], ["2024-08-02", "2024-09-30", None])
    life = daily(rows, **DATES, grace=30)["everybody"]
    assert (life.units, life.left) == (1, (1, 1))
    assert daily(rows.assign(plan=None).astype({"plan": object}), **DATES, by="plan").keys() == {
        "(blank)"
    }


def test_the_daily_curve_finds_the_hazard_that_censoring_at_the_last_activity_underrates() -> None:
    """Users leave with a constant hazard, and most cutoffs have passed by day 30."""
    end, grace = pd.Timestamp("2024-09-30"), 20
    rows = population(40_000, hazard=0.02, until="2024-09-30")
    life = daily(rows, **DATES, grace=grace)["everybody"]
    truth = 0.98**31
    longest = (rows.joined < end - pd.Timedelta(days=grace + 30)).sum()
    error = math.sqrt(truth * (1 - truth) / longest)
    assert kaplan_meier(life, level=0.95).at(30).value == pytest.approx(truth, abs=4 * error)
    durations = (rows.seen - rows.joined).dt.days
    naive = KaplanMeierFitter().fit(durations, rows.seen < end - pd.Timedelta(days=grace))
    assert naive.predict(30) - truth > 8 * error


def test_who_can_only_just_be_judged_looks_less_loyal() -> None:
    """All are active on one day in ten, for ever: more days left, more chance to be seen."""
    rng, n, chance = np.random.default_rng(4), 30_000, 0.1
    rows = pd.DataFrame(
        {"joined": pd.Timestamp("2024-08-01") + pd.to_timedelta(rng.integers(0, 31, n), "D")}
    )
    end = pd.Timestamp("2024-09-30")
    back = pd.Series(pd.to_timedelta(rng.geometric(chance, n) - 1, "D"))
    rows["seen"] = (end - back).clip(lower=rows.joined)
    for grace in (0, 13):
        found = flags(rows, **DATES, days=[32], observed_until=end.date(), grace=grace).df()
        judged = found.dropna(subset="day_32")
        latest = judged[judged.joined == judged.joined.max()].day_32
        expected = 1 - 0.9 ** (grace + 1)
        error = math.sqrt(expected * (1 - expected) / len(latest))
        assert latest.mean() == pytest.approx(expected, abs=4 * error)


def test_cohorts_begin_on_mondays_as_weeks_of_pandas_do() -> None:
    rows = flags(population(2_000), **DATES, observed_until=date(2024, 9, 30)).df()
    found = cohorts(rows, signed_up="joined", outcomes=list(DAYS.values()), level=0.95)
    by_week = rows.groupby(rows.joined.dt.to_period("W-SUN").dt.start_time)
    assert [cohort.start for cohort in found] == [week.date() for week, _ in by_week]
    assert found[0].start == date(2024, 7, 29)
    for cohort, (_, part) in zip(found, by_week, strict=True):
        assert cohort.users == len(part)
        for name, estimate in cohort.rates.items():
            known = part[name].dropna()
            assert estimate is not None
            assert (estimate.value, estimate.n) == (pytest.approx(known.mean()), len(known))


@pytest.mark.parametrize(("period", "code"), [("day", "D"), ("month", "M")])
def test_cohorts_may_be_days_or_months(period: str, code: str) -> None:
    rows = population(200).assign(paid=1)
    found = cohorts(rows, signed_up="joined", outcomes=["paid"], level=0.95, period=period)  # type: ignore[arg-type]
    counts = rows.joined.dt.to_period(code).value_counts().sort_index()
    assert [cohort.start for cohort in found] == [day.start_time.date() for day in counts.index]
    assert [cohort.users for cohort in found] == counts.tolist()


def test_a_cohort_that_nobody_can_judge_yet_has_no_rate() -> None:
    rows = users(["2024-08-01", "2024-08-26"], ["2024-08-01", "2024-08-31"])
    rows.loc[2] = [pd.NaT, pd.NaT]
    found = cohorts(flags(rows, **DATES), signed_up="joined", outcomes=["day_7"], level=0.95)
    assert [cohort.start for cohort in found] == [date(2024, 7, 29), date(2024, 8, 26)]
    assert found[0].rates["day_7"] is not None
    assert found[1] == Cohort(date(2024, 8, 26), 1, {"day_7": None})


def test_nesting_counts_rows_with_a_later_flag_and_no_earlier_one() -> None:
    rows = pd.DataFrame(
        {
            "day_1": [1, 0, 0, 1, np.nan, 0],
            "day_7": [1, 1, 0, 0, 1, np.nan],
            "day_30": [1, 1, 1, 1, 0, 1],
        }
    )
    found = nesting(rows, list(rows.columns))
    assert [(one.earlier, one.later, one.users, one.broken) for one in found] == [
        ("day_1", "day_7", 4, 1),
        ("day_1", "day_30", 5, 3),
        ("day_7", "day_30", 5, 2),
    ]
    assert nesting(rows, ["day_1"]) == ()
    with pytest.raises(DataError, match="column day_7: a value is neither 0 nor 1"):
        nesting(rows * 2, ["day_7", "day_30"])


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**16), st.integers(0, 40), st.integers(0, 2**16))
def test_flags_nest_and_the_order_of_rows_changes_nothing(
    seed: int, grace: int, order: int
) -> None:
    rows = population(60, seed=seed)
    found, turned = (
        flags(table, **DATES, grace=grace)
        for table in (rows, rows.sample(frac=1, random_state=order))
    )
    assert not any(one.broken for one in nesting(found, list(DAYS.values())))
    assert curve(found, DAYS, by="plan", level=0.9) == curve(turned, DAYS, by="plan", level=0.9)
    by_week = {"signed_up": "joined", "outcomes": ["day_1", "day_30"], "level": 0.9}
    assert cohorts(found, **by_week) == cohorts(turned, **by_week)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**16), st.integers(0, 40))
def test_the_life_tables_of_groups_add_up_to_that_of_everybody(seed: int, grace: int) -> None:
    rows = population(50, seed=seed)
    everybody = daily(rows, **DATES, grace=grace)["everybody"]
    parts = daily(rows, **DATES, by="plan", grace=grace).values()
    events = sum(part.events_at(everybody.times) for part in parts)
    assert everybody.events.tolist() == list(events)
    assert everybody.units == sum(part.units for part in parts)


def test_intervals_of_retention_hold_the_truth_as_often_as_they_say() -> None:
    """Users stay beyond day k - 1 with chance (1 - hazard)**k; to within 4 Monte Carlo errors."""
    held: dict[int, list[bool]] = {day: [] for day in DAYS}
    for seed in range(150):
        found = flags(population(400, seed=seed), **DATES)
        for day, estimate in curve(found, DAYS, level=0.9)["everybody"]:
            held[day].append(estimate.covers(0.95**day))
    for hits in held.values():
        assert np.mean(hits) == pytest.approx(0.9, abs=4 * math.sqrt(0.09 / 150))
