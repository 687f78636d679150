"""The change of a pooled ratio and its parts, against statsmodels, resampling and known truth."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from knowntruth.methods.sessions.engagement_change import Change, change
from knowntruth.story.estimates import Estimate

START = pd.Timestamp("2025-03-03")
PARTS = ("stayed", "left", "came")

# Of each kind of user: its share, active days and sessions beyond the first of an active day, both
# before and after. The latter are Poisson.
KINDS = {
    "heavy": (0.3, (6, 4), (1.0, 0.8)),
    "light": (0.3, (2, 3), (0.2, 0.2)),
    "leaving": (0.2, (3, 0), (0.1, 0.0)),
    "coming": (0.2, (0, 2), (0.0, 0.6)),
}


def world(seed: int, users: int) -> pd.DataFrame:
    """Return the sessions of users who are drawn independently."""
    random = np.random.default_rng([29, seed])
    kinds = list(KINDS.values())
    kind = random.choice(len(kinds), size=users, p=[share for share, *_ in kinds])
    parts = []
    for side, sign in enumerate((-1, 1)):
        days = np.array([given[side] for _, given, _ in kinds])[kind]
        more = np.array([rates[side] for *_, rates in kinds])[kind]
        user = np.repeat(np.arange(users), days)
        day = np.concatenate([np.arange(n) for n in days])
        count = 1 + random.poisson(more[user])
        when = START + pd.to_timedelta(np.where(sign < 0, -1 - day, day), unit="D")
        sessions = pd.DataFrame({"user": user, "time": when})
        parts.append(sessions.loc[sessions.index.repeat(count)])
    return pd.concat(parts, ignore_index=True)


def truth() -> dict[str, float]:
    """Return the change and its parts in the world, worked out from `KINDS`."""

    def ratio(side: int, names: tuple[str, ...]) -> float:
        shares = {name: KINDS[name][0] * KINDS[name][1][side] for name in names}
        sessions = sum(days * (1 + KINDS[name][2][side]) for name, days in shares.items())
        return sessions / sum(shares.values())

    both = ("heavy", "light")
    before, after = ratio(0, (*both, "leaving")), ratio(1, (*both, "coming"))
    return {
        "total": after - before,
        "stayed": ratio(1, both) - ratio(0, both),
        "left": ratio(0, both) - before,
        "came": after - ratio(1, both),
    }


def found(data: pd.DataFrame, level: float = 0.95) -> Change:
    return change(data, user="user", time="time", start=START, level=level)


def estimates(result: Change) -> dict[str, Estimate]:
    named = {name: getattr(result, name) for name in ("total", *PARTS)}
    assert all(isinstance(estimate, Estimate) for estimate in named.values())
    assert result.reason == ""
    return named


def by_user(data: pd.DataFrame) -> pd.DataFrame:
    """Return sessions and active days of each user on each side, counted by pandas."""
    side = np.where(data["time"] >= START, "a", "b")
    groups = data.assign(day=data["time"].dt.date).groupby(["user", side])["day"]
    pairs = pd.DataFrame({"s": groups.size(), "d": groups.nunique()})
    counts = pd.concat([pairs[name].unstack(fill_value=0) for name in ("s", "d")], axis=1)
    return counts.set_axis(["sa", "sb", "da", "db"], axis=1)


def parts_of(weight: NDArray[np.float64], counts: pd.DataFrame) -> NDArray[np.float64]:
    """Return total, stayed, left and came when each user counts `weight` times."""
    sb, db, sa, da = (counts[name].to_numpy() for name in ("sb", "db", "sa", "da"))
    both = (db > 0) & (da > 0)
    before, after = weight @ sb / (weight @ db), weight @ sa / (weight @ da)
    stayed_before = weight @ (both * sb) / (weight @ (both * db))
    stayed_after = weight @ (both * sa) / (weight @ (both * da))
    return np.array(
        [
            after - before,
            stayed_after - stayed_before,
            stayed_before - before,
            after - stayed_after,
        ]
    )


def test_change_and_parts_are_those_counted_by_pandas() -> None:
    data = world(1, 300)
    result, counts = found(data), by_user(data)
    expected = parts_of(np.ones(len(counts)), counts)
    assert [e.value for e in estimates(result).values()] == pytest.approx(list(expected), rel=1e-12)
    stayed = counts[(counts["db"] > 0) & (counts["da"] > 0)]
    assert result.stayed_before.users == result.stayed_after.users == len(stayed)
    assert result.stayed_before.sessions == stayed["sb"].sum()
    assert result.left_before.users == (counts["da"] == 0).sum()
    assert result.came_after.active_days == counts.loc[counts["db"] == 0, "da"].sum()
    assert result.after.ratio == counts["sa"].sum() / counts["da"].sum()
    assert result.before.sessions + result.after.sessions == len(data)


@pytest.mark.parametrize("name", ["total", *PARTS])
def test_errors_are_those_of_a_weighted_regression_clustered_by_user(name: str) -> None:
    """statsmodels: WLS of users' ratios, weighted by active days, on which of two ratios it is.

    A ratio's rows are those of its users, and so may stand in both. Without its correction the
    sandwich is the sum of squared influences, ours times users / (users - 1).
    """
    data = world(2, 250)
    counts = by_user(data)
    both = (counts["db"] > 0) & (counts["da"] > 0)
    sides = {
        "before": counts[counts["db"] > 0][["sb", "db"]],
        "after": counts[counts["da"] > 0][["sa", "da"]],
        "stayed_before": counts[both][["sb", "db"]],
        "stayed_after": counts[both][["sa", "da"]],
    }
    pairs = {
        "total": ("before", "after"),
        "stayed": ("stayed_before", "stayed_after"),
        "left": ("before", "stayed_before"),
        "came": ("stayed_after", "after"),
    }
    rows = pd.concat(
        [
            part.set_axis(["s", "d"], axis=1).assign(x=float(x)).reset_index()
            for x, part in enumerate(sides[side] for side in pairs[name])
        ]
    )
    fit = sm.WLS(rows["s"] / rows["d"], sm.add_constant(rows["x"]), weights=rows["d"]).fit(
        cov_type="cluster", cov_kwds={"groups": rows["user"], "use_correction": False}
    )
    result = found(data, level=0.9)
    estimate, n = estimates(result)[name], len(counts)
    error = float(fit.bse["x"]) * math.sqrt(n / (n - 1))
    assert estimate.value == pytest.approx(fit.params["x"], rel=1e-9)
    assert result.errors[name] == pytest.approx(error, rel=1e-9)
    reach = stats.t.ppf(0.95, n - 1) * error
    assert (estimate.low, estimate.high) == pytest.approx(
        (estimate.value - reach, estimate.value + reach), rel=1e-9
    )
    assert estimate.p_value == pytest.approx(2 * stats.t.sf(abs(estimate.value) / error, n - 1))
    assert estimate.n == n


def test_errors_are_those_of_a_bootstrap_over_users() -> None:
    data = world(3, 500)
    counts = by_user(data)
    random, draws = np.random.default_rng(31), 4000
    chance = np.full(len(counts), 1 / len(counts))
    weights = random.multinomial(len(counts), chance, size=draws).astype(float)
    spread = np.std([parts_of(weight, counts) for weight in weights], axis=0, ddof=1)
    # The relative error of a standard deviation is one over the root of twice the draws; what is
    # not linear in a ratio adds about one over the number of users.
    tolerance = 4 / math.sqrt(2 * draws) + 2 / len(counts)
    assert list(found(data).errors.values()) == pytest.approx(list(spread), rel=tolerance)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    worlds, level, real = 120, 0.9, truth()
    held = dict.fromkeys(real, 0)
    for seed in range(worlds):
        for name, estimate in estimates(found(world(1000 + seed, 150), level)).items():
            held[name] += estimate.covers(real[name])
    berth = 4 * math.sqrt(level * (1 - level) / worlds)
    assert {name: count / worlds for name, count in held.items()} == pytest.approx(
        dict.fromkeys(real, level), abs=berth
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(-3, 2)),
        min_size=1,
        max_size=25,
    )
)
def test_the_parts_add_up_to_the_change(rows: list[tuple[int, int]]) -> None:
    users, days = zip(*rows, strict=True)
    result = found(
        pd.DataFrame({"user": users, "time": START + pd.to_timedelta(list(days), unit="D")})
    )
    if result.reason:
        assert result.stayed is None
        return
    named = estimates(result)
    assert sum(named[name].value for name in PARTS) == pytest.approx(
        named["total"].value, abs=1e-14
    )


def test_users_who_do_as_before_leave_all_change_to_who_left_and_came() -> None:
    """One user had 4 sessions a day and left, one with 1 stayed, one with 2 came."""
    days = [START - pd.Timedelta(days=1), START]
    data = pd.DataFrame(
        {
            "user": [*"aaaa", "b", "b", *"cc"],
            "time": [days[0]] * 4 + [days[0], days[1]] + [days[1]] * 2,
        }
    )
    named = {name: e.value for name, e in estimates(found(data)).items()}
    assert named == {"total": -1.0, "stayed": 0.0, "left": -1.5, "came": 0.5}


def test_a_part_that_nobody_can_have_made_is_zero_without_doubt() -> None:
    data = world(4, 80)
    late = data[data["time"] >= START]["user"].unique()
    result = found(data[data["user"].isin(late)])
    assert result.left_before.users == 0
    assert result.left is not None
    assert (result.left.value, result.left.low, result.left.high) == (0, 0, 0)
    assert result.left.p_value is None
    assert result.total is not None
    assert result.stayed is not None
    assert result.came is not None
    assert result.total.value == pytest.approx(result.stayed.value + result.came.value)


def test_without_sessions_on_one_side_there_is_no_change() -> None:
    data = world(5, 40)
    early = found(data[data["time"] < START])
    assert early.reason == "there is no session after the start"
    assert early.total is None
    assert early.before.users > 0
    assert math.isnan(early.after.ratio)
    late = found(data[data["time"] >= START])
    assert late.reason == "there is no session before the start"
    assert found(data.head(0)).reason == "there is no session before the start"


def test_without_users_on_both_sides_there_is_a_change_without_parts() -> None:
    data = world(6, 60)
    side = (data["time"] >= START).astype(int)
    result = found(data.assign(user=2 * data["user"] + side))
    assert result.reason == "nobody is seen both before and after the start"
    assert (result.stayed, result.left, result.came) == (None, None, None)
    assert result.total is not None
    assert result.total.value == pytest.approx(result.after.ratio - result.before.ratio)
    assert result.errors["total"] > 0


def test_users_who_are_all_alike_leave_no_error_and_no_bound() -> None:
    times = [START - pd.Timedelta(days=1)] * 3 + [START]
    data = pd.DataFrame({"user": np.repeat(np.arange(7), 4), "time": times * 7})
    result = found(data)
    assert result.errors["total"] == 0
    assert result.total is not None
    assert (result.total.value, result.total.low, result.total.high) == (-2, -math.inf, math.inf)
    alone = found(data[data["user"] == 0])
    assert alone.total is not None
    assert math.isinf(alone.total.high)
    assert alone.total.p_value is None


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        found(world(1, 5), level=1.0)
    with pytest.raises(ValueError, match="a start is a day"):
        change(world(1, 5), user="user", time="time", start="2025-03-03 10:00", level=0.95)
