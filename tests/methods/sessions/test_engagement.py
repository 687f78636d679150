"""Sessions per active user, against the original's lines, counting by hand and set arithmetic."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowntruth.errors import DataError
from knowntruth.methods.panels import panel
from knowntruth.methods.sessions.engagement import (
    Overlap,
    Subset,
    daily,
    daily_cells,
    overlap,
    two_by_two,
    user_periods,
)

START = pd.Timestamp("2025-03-03")
ANSWERS: list[tuple[Subset, int]] = [("exposed", 1), ("unexposed", 0)]


def events(seed: int = 1, *, rows: int = 3000, before: int = 12, after: int = 9) -> pd.DataFrame:
    """Return sessions of 60 users at any time of day; none is exposed before the start."""
    random = np.random.default_rng([23, seed])
    second = random.integers(-before * 86400, after * 86400, rows)
    exposed = (random.random(rows) < 0.6) & (second >= 0)
    return pd.DataFrame(
        {
            "user_id": random.integers(0, 60, rows),
            "event_time": START + pd.to_timedelta(second, unit="s"),
            "feature_exposed": exposed.astype(int),
        }
    )


def compute_esau(df: pd.DataFrame) -> float:
    """As the published notebook has it."""
    return float(daily_esau(df).mean())


def daily_esau(df: pd.DataFrame) -> pd.Series[float]:
    """As the published notebook has it, `date` being made on the way."""
    df = df.assign(date=df["event_time"].dt.date)
    daily_sessions = df.groupby("date").size()
    daily_active_users = df.groupby("date")["user_id"].nunique()
    return daily_sessions / daily_active_users


def days(data: pd.DataFrame, of: Subset = "all") -> pd.DataFrame:
    return daily(data, user="user_id", time="event_time", exposed="feature_exposed", of=of)


def shared(data: pd.DataFrame | duckdb.DuckDBPyRelation) -> Overlap:
    return overlap(data, user="user_id", time="event_time", exposed="feature_exposed", start=START)


def test_daily_ratios_are_those_of_the_original() -> None:
    data = events()
    found = days(data)
    expected = daily_esau(data)
    assert found["ratio"].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-15)
    assert list(found["day"].dt.date) == list(expected.index)
    assert found["day"].dtype.kind == "M"
    assert found[["sessions", "active_users"]].dtypes.astype(str).tolist() == ["int64", "int64"]


@pytest.mark.parametrize(("of", "flag"), ANSWERS)
def test_a_subsets_daily_ratios_are_those_of_the_original(of: Subset, flag: int) -> None:
    data = events()
    subset = data[data["feature_exposed"] == flag]
    found = days(data, of)
    assert found["ratio"].to_numpy() == pytest.approx(daily_esau(subset).to_numpy(), rel=1e-15)
    assert list(found["day"].dt.date) == list(daily_esau(subset).index)
    assert found.index.tolist() == list(range(len(found)))


def test_days_without_such_sessions_are_missing() -> None:
    assert len(days(events())) == 21
    assert (days(events(), "exposed")["day"] >= START).all()
    assert days(events().query("feature_exposed == 0"), "exposed").empty
    assert days(events().head(0)).empty


def test_a_user_with_both_kinds_of_session_is_active_in_both() -> None:
    data = pd.DataFrame(
        {
            "user_id": ["a", "a", "b"],
            "event_time": [START, START + pd.Timedelta("23:59:59.9"), START],
            "feature_exposed": [0, 1, 1],
        }
    )
    assert days(data)["active_users"].tolist() == [2]
    assert days(data, "exposed")["active_users"].tolist() == [2]
    assert days(data, "unexposed")["active_users"].tolist() == [1]


def test_the_two_by_two_is_that_of_the_original() -> None:
    data = events()
    table = two_by_two(
        data, user="user_id", time="event_time", exposed="feature_exposed", start=START
    )
    data["post"] = (data["event_time"] >= START).astype(int)
    data["date"] = data["event_time"].dt.date
    grouped = (
        data.groupby(["date", "feature_exposed", "post"])
        .agg(sessions=("user_id", "count"), active_users=("user_id", "nunique"))
        .reset_index()
    )
    grouped["esau"] = grouped["sessions"] / grouped["active_users"]
    for code, row in enumerate([table.unexposed, table.exposed]):
        for post, cell in enumerate([row.before, row.after]):
            expected = grouped.query(f"feature_exposed == {code} and post == {post}")["esau"]
            assert cell.days == len(expected)
            assert cell.ratio == pytest.approx(expected.mean(), rel=1e-14, nan_ok=True)


def test_nobody_is_exposed_before_the_start_so_there_is_no_difference_in_differences() -> None:
    table = two_by_two(
        events(), user="user_id", time="event_time", exposed="feature_exposed", start=START
    )
    assert (table.exposed.before.days, table.exposed.after.days) == (0, 9)
    assert math.isnan(table.exposed.before.ratio)
    assert math.isnan(table.exposed.change)
    assert math.isnan(table.difference_in_differences)


def test_a_full_two_by_two_has_a_difference_in_differences() -> None:
    data = events()
    data["feature_exposed"] = np.random.default_rng(3).integers(0, 2, len(data))
    table = two_by_two(
        data, user="user_id", time="event_time", exposed="feature_exposed", start=START
    )
    later = data["event_time"] >= START
    ratios = {
        (flag, after): compute_esau(data[(data["feature_exposed"] == flag) & (later == after)])
        for flag in (0, 1)
        for after in (False, True)
    }
    expected = (ratios[1, True] - ratios[1, False]) - (ratios[0, True] - ratios[0, False])
    assert table.difference_in_differences == pytest.approx(expected, rel=1e-12)


def test_not_exposed_over_all_days_mixes_the_days_of_two_periods() -> None:
    data = events()
    row = two_by_two(
        data, user="user_id", time="event_time", exposed="feature_exposed", start=START
    ).unexposed
    unexposed = data[data["feature_exposed"] == 0]
    assert row.mixed.ratio == pytest.approx(compute_esau(unexposed), rel=1e-14)
    assert row.mixed.days == 21
    assert row.weight_before == 12 / 21
    by_hand = row.weight_before * row.before.ratio + (1 - row.weight_before) * row.after.ratio
    assert by_hand == pytest.approx(compute_esau(unexposed), rel=1e-14)


def test_all_days_of_a_row_with_an_empty_cell_are_those_of_the_other() -> None:
    table = two_by_two(
        events(), user="user_id", time="event_time", exposed="feature_exposed", start=START
    )
    assert table.exposed.mixed == table.exposed.after
    assert table.exposed.weight_before == 0
    nothing = two_by_two(
        events().head(0), user="user_id", time="event_time", exposed="feature_exposed", start=START
    )
    assert nothing.exposed.mixed.days == 0
    assert math.isnan(nothing.exposed.mixed.ratio)
    assert math.isnan(nothing.exposed.weight_before)


def test_cells_hold_each_day_of_each_subset_and_its_period() -> None:
    data = events()
    found = daily_cells(
        data, user="user_id", time="event_time", exposed="feature_exposed", start="2025-03-03"
    )
    assert found.groupby(["exposed", "after"]).size().to_dict() == {
        (0, 0): 12,
        (0, 1): 9,
        (1, 1): 9,
    }
    assert found["sessions"].sum() == len(data)


def test_overlap_counts_what_sets_of_user_days_share() -> None:
    data = events()
    late = data[data["event_time"] >= START].assign(day=lambda d: d["event_time"].dt.date)
    with_, without = (
        set(zip(part["user_id"], part["day"], strict=True))
        for part in (late[late["feature_exposed"] == 1], late[late["feature_exposed"] == 0])
    )
    found = shared(data)
    assert (found.only_exposed, found.only_unexposed, found.both) == (
        len(with_ - without),
        len(without - with_),
        len(with_ & without),
    )
    assert found.user_days == len(with_ | without)
    assert found.exposed == pytest.approx((late["feature_exposed"] == 1).sum() / len(with_))
    assert found.unexposed == pytest.approx((late["feature_exposed"] == 0).sum() / len(without))
    assert found.union == pytest.approx(len(late) / len(with_ | without))
    assert found.counted_twice == len(with_ & without) / len(with_ | without)
    pairs = pd.Series(list(zip(late["user_id"], late["day"], strict=True)), index=late.index)
    twice = late[pairs.isin(with_ & without)]
    assert found.exposed_in_both == twice["feature_exposed"].sum()
    assert found.unexposed_in_both == len(twice) - twice["feature_exposed"].sum()


def test_subsets_that_share_user_days_both_lie_below_their_union() -> None:
    found = shared(events())
    assert max(found.exposed, found.unexposed) < found.union


def test_one_coin_a_session_explains_both_subsets_below_their_union() -> None:
    """Thinned Poisson counts: L sessions a user-day, exposed by a coin, with no effect at all.

    A ratio over days with at least one is lambda / (1 - exp(-lambda)). Published: 1.4166 and
    1.2842 below 1.7622, which the exposed and the unexposed intensities 0.742 and 0.523 imply.
    """
    random = np.random.default_rng(5)
    user_days = 400_000
    counts = random.poisson(0.742 + 0.523, user_days)
    data = pd.DataFrame({"user_id": np.repeat(np.arange(user_days), counts), "event_time": START})
    data["feature_exposed"] = (random.random(len(data)) < 0.742 / 1.265).astype(int)
    found = shared(data)
    for value, intensity in (
        (found.exposed, 0.742),
        (found.unexposed, 0.523),
        (found.union, 1.265),
    ):
        # The ratio's error is below one over the root of a hundred thousand user-days.
        assert value == pytest.approx(intensity / (1 - math.exp(-intensity)), abs=0.012)
    assert (found.exposed, found.unexposed) == pytest.approx((1.4166, 1.2842), abs=0.012)
    assert found.union == pytest.approx(1.7622, abs=0.012)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1)), min_size=1, max_size=30))
def test_the_union_lies_within_the_bounds_of_its_parts(rows: list[tuple[int, int]]) -> None:
    users, flags = zip(*rows, strict=True)
    found = shared(pd.DataFrame({"user_id": users, "event_time": START, "feature_exposed": flags}))
    low, high = found.bounds
    assert low <= found.union <= high
    if not found.both:
        assert found.union == low


def test_bounds_are_reached_by_subsets_that_share_nothing_or_all_they_can() -> None:
    apart = Overlap(
        only_exposed=4,
        only_unexposed=6,
        both=0,
        sessions_only_exposed=8,
        sessions_only_unexposed=9,
        exposed_in_both=0,
        unexposed_in_both=0,
    )
    assert apart.bounds == (1.7, 17 / 6)
    assert apart.union == 1.7
    within = Overlap(
        only_exposed=0,
        only_unexposed=2,
        both=4,
        sessions_only_exposed=0,
        sessions_only_unexposed=3,
        exposed_in_both=8,
        unexposed_in_both=6,
    )
    assert (within.exposed, within.unexposed, within.union) == (2.0, 1.5, 17 / 6)
    assert within.bounds == (1.7, 17 / 6)


def test_sessions_of_unknown_exposure_belong_to_all_and_to_no_subset() -> None:
    data = events().astype({"feature_exposed": float})
    data.loc[::7, "feature_exposed"] = np.nan
    assert days(data)["sessions"].sum() == len(data)
    known = len(data) - data["feature_exposed"].isna().sum()
    parts = days(data, "exposed")["sessions"].sum() + days(data, "unexposed")["sessions"].sum()
    assert parts == known
    whole = overlap(data, user="user_id", time="event_time", exposed="feature_exposed")
    assert whole.unknown == len(data) - known
    assert whole.union == pytest.approx(shared_known(data))


def shared_known(data: pd.DataFrame) -> float:
    known = data.dropna().assign(day=lambda d: d["event_time"].dt.date)
    return len(known) / len(known[["user_id", "day"]].drop_duplicates())


def test_without_a_session_ratios_are_nan() -> None:
    found = shared(events().head(0))
    assert found.user_days == 0
    numbers = [found.exposed, found.unexposed, found.union, found.counted_twice, *found.bounds]
    assert all(math.isnan(number) for number in numbers)


def test_rows_without_user_or_time_are_left_out() -> None:
    data = events().astype({"user_id": float})
    whole = days(data)
    more = pd.concat([data, data.head(50).assign(user_id=np.nan), data.head(50)])
    more.iloc[-50:, 1] = pd.NaT
    pd.testing.assert_frame_equal(days(more), whole)


def test_a_user_that_is_no_number_is_no_user() -> None:
    with duckdb.connect() as connection:
        rows = connection.sql(
            "SELECT unnest([1.5, 'nan'::DOUBLE, 2]) AS user_id, DATE '2025-03-03' AS event_time"
        )
        assert daily(rows, user="user_id", time="event_time")["active_users"].tolist() == [2]


def test_a_relation_over_a_file_gives_the_same(tmp_path: Path) -> None:
    data = events()
    data.to_parquet(tmp_path / "events.parquet")
    with duckdb.connect() as connection:
        rows = connection.read_parquet(str(tmp_path / "events.parquet"))
        found = daily(rows, user="user_id", time="event_time")
        assert shared(rows) == shared(data)
    pd.testing.assert_frame_equal(found, days(data))


def test_user_periods_are_those_of_a_loop_over_users() -> None:
    data = events(rows=800)
    rows = user_periods(
        data, user="user_id", time="event_time", start=START, days=7, exposed="feature_exposed"
    )
    found = rows.order("user, period").df()
    expected = []
    for who, theirs in data.groupby("user_id"):
        distance = (theirs["event_time"].dt.normalize() - START).dt.days
        for period in range(-2, 2):
            chosen = theirs[(distance >= 7 * period) & (distance < 7 * period + 7)]
            active = chosen["event_time"].dt.date.nunique()
            met = chosen[chosen["feature_exposed"] == 1]["event_time"].dt.date.nunique()
            if active:
                ratio = len(chosen) / active
                expected.append((who, period, len(chosen), active, ratio, met))
    assert list(found.itertuples(index=False, name=None)) == expected
    assert rows.columns == [
        "user",
        "period",
        "sessions",
        "active_days",
        "ratio",
        "exposed_days",
    ]


def test_user_periods_make_a_panel() -> None:
    data = events()
    rows = user_periods(data, user="user_id", time="event_time", start="2025-03-03", days=7)
    found = panel.read(
        rows.project('*, CASE WHEN "user" < 20 THEN 0 END AS first'),
        unit="user",
        period="period",
        outcome="ratio",
        weight="active_days",
        first_treated="first",
    )
    assert found.periods == (-2, -1, 0, 1)
    assert found.units == 60
    assert float(found.outcome @ found.weight) == pytest.approx(len(data))
    assert found.starts == (2,)


def test_a_column_called_user_is_the_column_and_not_the_database_user() -> None:
    data = events().rename(columns={"user_id": "user", "event_time": "time"})
    found = user_periods(data, user="user", time="time", start=START, days=7)
    assert sorted(set(found.df()["user"])) == sorted(set(data["user"]))
    assert len(daily(data, user="user", time="time")) == 21


def test_exposure_other_than_zero_and_one_is_refused() -> None:
    data = events()
    data.loc[5, "feature_exposed"] = 2
    with pytest.raises(DataError, match="neither 0 nor 1: 1"):
        days(data)
    with pytest.raises(DataError, match="feature_exposed"):
        overlap(data, user="user_id", time="event_time", exposed="feature_exposed")


def test_times_that_are_none_are_refused() -> None:
    with pytest.raises(DataError, match="VARCHAR"):
        days(events().astype({"event_time": str}))
    with pytest.raises(DataError, match="TIME ZONE"):
        days(events().assign(event_time=lambda d: d["event_time"].dt.tz_localize("UTC")))
    with pytest.raises(DataError, match="Did you mean user_id"):
        daily(events(), user="user_ids", time="event_time")
    with pytest.raises(DataError, match="not numbers"):
        days(events().assign(feature_exposed="yes"))


@pytest.mark.parametrize("start", ["2025-03-03 12:00", "2025-03-03T00:00+01:00", "NaT", "soon"])
def test_a_start_is_a_day(start: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        user_periods(events(), user="user_id", time="event_time", start=start, days=7)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="days is at least 1"):
        user_periods(events(), user="user_id", time="event_time", start=START, days=0)
    with pytest.raises(ValueError, match="need the column"):
        daily(events(), user="user_id", time="event_time", of="exposed")
    unknown: Any = "both"
    with pytest.raises(ValueError, match="not both"):
        daily(events(), user="user_id", time="event_time", of=unknown)
