"""What is wrong with the table of the original music-platform notebook, found in its replay.

The numbers beside it are from runs of its code: averages over 400 of them, or one.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from knowntruth.cases.edtech_simulation import original, original_draws, original_flaws
from knowntruth.cases.edtech_simulation.original import FLAGS, Replay
from knowntruth.methods.users.audit import audit, weekdays
from knowntruth.methods.users.row_dependence import Scan, indicators, scan

CHECKED = tomllib.loads((Path(__file__).parent / "edtech.toml").read_text("utf-8"))
DERIVED, RUNS, FLAWS = CHECKED["derived"], CHECKED["runs"], CHECKED["flaws"]


@pytest.fixture(scope="module")
def replay() -> Replay:
    return original.replay(7)


def test_the_power_users_of_both_drafts_are_the_same_ones(replay: Replay) -> None:
    """Drawn from the same numbers: of 308 among 30,848 users, 3 would be the same by chance."""
    assert (replay.injected["first_power"] == replay.injected["power"]).all()


@pytest.fixture(scope="module")
def found(replay: Replay) -> Scan:
    return original_flaws.shared_numbers(replay)


def test_the_scan_finds_by_itself_which_columns_share_random_numbers(
    found: Scan, replay: Replay
) -> None:
    hits = {(hit.first, hit.second, hit.lag): hit for hit in found.hits}
    premium = hits["premium_conversion", "age_group = 55+", 18]
    mean, sd = RUNS["oldest_18_rows_after_premium"]
    assert 100 * premium.rate == pytest.approx(mean, abs=4 * sd)
    assert 100 * premium.base_rate == pytest.approx(RUNS["oldest"][0], abs=0.1)
    assert premium.correlation.value == pytest.approx(0.31, abs=0.04)
    assert premium.correlation.p_value is not None
    assert premium.correlation.p_value < 1e-100
    lags = {(first.split(" = ")[0], second.split(" = ")[0], lag) for first, second, lag in hits}
    n, shift = len(replay.printed), 13_594
    assert (FLAGS[0], "skill_level", shift) in lags
    assert ("instrument", FLAGS[0], n - shift) in lags
    assert {lag for *_, lag in lags} == {18, shift, n - shift}


def test_what_the_scan_finds_is_what_was_measured_with_the_end_joined_to_the_start(
    found: Scan, replay: Replay
) -> None:
    """Joined so, a correlation is diluted by the rows that only the other lag is about."""
    users, shift = replay.printed, 13_594
    n = len(users)
    for level, second, share in (
        ("advanced", users["skill_level"] == "Advanced", 1 - shift / n),
        ("voice", users["instrument"] == "Voice", shift / n),
        ("guitar", users["instrument"] == "Guitar", shift / n),
    ):
        joined = np.corrcoef(np.roll(users[FLAGS[0]], shift), second)[0, 1]
        assert joined == pytest.approx(FLAWS[level], abs=0.02)
        (hit,) = (
            hit
            for hit in found.hits
            if FLAGS[0] in {hit.first, hit.second}
            and level in f"{hit.first} {hit.second}".lower()
            and hit.lag in {shift, n - shift}
        )
        assert hit.correlation.value * share == pytest.approx(joined, abs=0.02)


def test_the_scan_finds_nothing_once_each_column_has_an_order_of_its_own(replay: Replay) -> None:
    rng = np.random.default_rng(0)
    columns = indicators(replay.printed.drop(columns=["user_id", "start_date", "country"]))
    shuffled = {name: rng.permutation(column) for name, column in columns.items()}
    assert scan(shuffled, level=0.95).found == 0


def test_no_row_was_broken_before_the_rare_countries_and_many_are_after(replay: Replay) -> None:
    before = audit(replay.printed, original_flaws.RULES)
    assert [rule.broken for rule in before] == [0] * len(before)
    after = original_flaws.broken_rows(replay)
    nested_7, without_7, without_1, *others = (rule.broken for rule in after)
    for rows, name in ((without_7, "without_day_7"), (without_1, "without_day_1")):
        mean, sd = RUNS[f"final_day_30_{name}"]
        assert rows == pytest.approx(mean, abs=4 * sd)
    assert nested_7 == sum(others) == 0
    assert after[1].examples[0] == "AUG00004", "the fourth of the printed rows is one of them"


def test_the_drop_of_a_tenth_left_hardly_anyone_under_18(replay: Replay) -> None:
    school = original_flaws.back_to_school(replay)
    assert school.users == DERIVED["age_counts"]["Under 18"]
    assert school.share_drawn == DERIVED["age_adjusted_p"][0]
    assert school.share_meant == 0.1016949152542373
    assert school.chi_square == pytest.approx(FLAWS["chi_square"], abs=0.005)
    assert school.p_value == pytest.approx(FLAWS["p_value"], abs=0.005)
    assert school.users_expected == pytest.approx(FLAWS["under_18_after_a_tenth"], abs=5)
    assert school.before.n + school.after.n == original_draws.USERS
    assert school.before.value < school.after.high, "no drop in late August either"


def test_twice_as_many_users_were_made_to_churn_as_the_comment_says(replay: Replay) -> None:
    spikes = original_flaws.churn_spikes(replay)
    assert spikes.picked == DERIVED["churn_spike_users"]
    assert spikes.share / spikes.share_said == pytest.approx(2, abs=0.01)


def test_countries_called_low_are_many_times_as_high_as_usual(replay: Replay) -> None:
    rare = original_flaws.low_countries(replay)
    low = {it.group: it.times for it in rare.anomalies if it.group.startswith("low")}
    assert low["low_retention"] == pytest.approx(11.7, rel=0.1)
    assert low["low_conversion"] == pytest.approx(23, rel=0.25)
    assert rare.of_users.value == pytest.approx(0.03, abs=1e-4)
    assert rare.premium_before.value < rare.premium_after.low


def test_weekdays_of_the_table_are_busier_than_weekends_as_its_ranges_are(replay: Replay) -> None:
    """Weights are uniform from 0.5 to 1.2 on weekdays and from 0.3 to 0.8 on weekends."""
    week = weekdays(replay.final, "start_date", level=0.95)
    assert [day.days for day in week.days] == [4, 4, 4, 5, 5, 5, 4]
    assert week.ratio is not None
    assert week.ratio.covers(0.85 / 0.55)
    assert week.ratio.direction == "higher"
    assert week.dispersion > 10, "its days were drawn one by one"
