"""Subgroups against the original's figures, exact expectations, and simulated worlds."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from knowntruth.errors import DataError
from knowntruth.methods.experiments.experiments import Comparison, proportions, welch
from knowntruth.methods.experiments.outliers import apply
from knowntruth.methods.experiments.subgroups import effect_above, membership, top_share
from knowntruth.methods.moments import summarise
from knowntruth.story import Estimate
from knowntruth.worlds.musicstream.parameters import Parameters
from knowntruth.worlds.musicstream.world import simulate

HEAVY, TRIM = 27, 69  # the original's thresholds: its top quarter, and its 99th percentile


def lift(found: Comparison) -> Estimate:
    assert found.lift is not None
    return found.lift


@pytest.fixture(scope="module")
def original() -> pd.DataFrame:
    """The original's users after its trimming, drawn call by call in its order."""
    rng, n = np.random.RandomState(42), 40_000
    rng.normal(20, 5, size=2_000_000)  # its A/A tests
    treated = rng.choice([0, 1], size=n, p=[0.90, 0.10]) == 1
    country = rng.choice(["US", "UK", "DE", "IN"], n, p=[0.4, 0.2, 0.2, 0.2])
    rng.choice(2, n, p=[0.5, 0.5])  # devices
    rng.choice(4, n, p=[0.35, 0.35, 0.2, 0.1])  # age groups
    songs = np.zeros(n, dtype=int)
    songs[~treated] = rng.gamma(2, 10, size=(~treated).sum()).astype(int)
    songs[treated] = rng.gamma(2, 11.5, size=treated.sum()).astype(int)
    chance = (0.05 + songs * 0.002) * np.where(country == "US", 1.2, 1.0)
    paid = rng.binomial(1, chance.clip(max=1.0))
    rng.randint(1, 60, size=n)  # days
    rng.binomial(1, 0.30 - 0.20 * (paid == 1) - 0.05 * treated)  # leaving
    machines = rng.choice(np.arange(n), size=50, replace=False)
    songs[machines] = rng.randint(1000, 5000, size=50)
    arm = np.where(treated, "treatment", "control")
    users = pd.DataFrame({"arm": arm, "songs": songs, "paid": paid})
    return apply(users, "songs", "trim", quantile=0.99).table.df()


def test_the_originals_power_users_come_out(original: pd.DataFrame) -> None:
    """Printed: threshold 27, rates 13.73 % and 14.62 %, lift +6.49 %, p 0.3968."""
    threshold = top_share(original, "songs", 0.75)
    found = effect_above(original, "paid", "songs", threshold, kind="proportion", level=0.95)
    assert threshold == HEAVY
    assert f"{found.control.value:.2%} {found.treatment.value:.2%}" == "13.73% 14.62%"
    assert f"{lift(found).value:+.2%}" == "+6.49%"
    assert f"{found.difference.p_value:.4f}" == "0.3968"


def test_treatment_changed_who_is_one_of_them(original: pd.DataFrame) -> None:
    """Not printed: shares of the same rows of which the original prints the rates."""
    found = membership(original, "songs", HEAVY, level=0.95)
    assert f"{found.control.value:.1%} {found.treatment.value:.1%}" == "24.4% 31.2%"
    assert found.difference.direction == "higher"
    assert found.difference.p_value is not None
    assert found.difference.p_value < 1e-15
    rows = original.assign(heavy=original.songs >= HEAVY).groupby("arm").heavy
    tallies = (tuple(map(int, row)) for row in rows.agg(["sum", "count"]).to_numpy())
    assert found == proportions(*tallies, level=0.95)


@pytest.fixture(scope="module")
def twins() -> pd.DataFrame:
    """Users of the original's design, each with songs and chance to pay in both arms."""
    rng, n = np.random.default_rng(6), 1_500_000
    taste = rng.standard_gamma(2, n)
    users = pd.DataFrame({"treated": rng.random(n) < 0.5})
    for name, scale in (("calm", 10.0), ("moved", 11.5)):
        users[name] = np.floor(scale * taste)
        users[f"{name}_chance"] = 0.05 + 0.002 * users[name]
    users["arm"] = np.where(users.treated, "treatment", "control")
    users["songs"] = users.moved.where(users.treated, users.calm)
    users["chance"] = users.moved_chance.where(users.treated, users.calm_chance)
    return users


@pytest.mark.parametrize(
    ("trimmed", "truth", "found", "without_effect"),
    [(True, 0.0915, 0.0202, -0.0622), (False, 0.0927, 0.0348, -0.0506)],
)
def test_power_users_chosen_after_treatment_hide_the_effect_on_power_users(
    twins: pd.DataFrame, trimmed: bool, truth: float, found: float, without_effect: float
) -> None:
    """The expected numbers are exact sums over the gamma variables, see `expectations`.

    Chances to pay stand for payers, which leaves the expectation and takes away noise.
    """
    assert expectations(TRIM if trimmed else 10_000) == pytest.approx(
        (truth, found, without_effect), abs=5e-5
    )
    would_be = twins[twins.calm < TRIM] if trimmed else twins
    seen = twins[twins.songs < TRIM] if trimmed else twins

    def measured(users: pd.DataFrame, outcome: str, by_column: str) -> Estimate:
        return lift(effect_above(users, outcome, by_column, HEAVY, kind="mean", level=0.9999))

    assert measured(would_be, "chance", "calm").covers(truth)
    after = measured(seen, "chance", "songs")
    assert after.covers(found)
    assert not after.covers(truth)
    assert measured(seen, "calm_chance", "songs").covers(without_effect)
    assert after.high < truth - 0.05


def expectations(cap: int) -> tuple[float, float, float]:
    """Exact lifts: of would-be power users, of those chosen after, and without an effect."""
    songs = np.arange(cap)
    above = songs >= HEAVY

    def shares(scale: float) -> np.ndarray:
        at_least = stats.gamma.sf(np.arange(cap + 1), 2, scale=scale)
        return (at_least[:-1] - at_least[1:])[above]

    chance = (0.05 + 0.002 * songs)[above]
    control, treatment = (np.average(chance, weights=shares(s)) for s in (10.0, 11.5))
    points = (np.arange(400_000) + 0.5) / 400_000
    taste = stats.gamma.ppf(points, 2)
    calm, moved = np.floor(10 * taste), np.floor(11.5 * taste)
    truth = (0.05 + 0.002 * moved[(calm >= HEAVY) & (calm < cap)]).mean() / control - 1
    chosen = (moved >= HEAVY) & (moved < cap)
    without = (0.05 + 0.002 * calm[chosen]).mean() / control - 1
    return truth, treatment / control - 1, without


def test_choosing_by_listening_before_the_test_is_unbiased() -> None:
    """Each user is simulated in both arms: the true effect is the mean of their difference."""
    n = 400_000
    fixed = {"seed": 4, "users": n, "outliers": 0, "event_log": False, "treatment_share": 0.5}
    users = simulate(Parameters.model_validate(fixed)).users
    untreated = simulate(Parameters.model_validate(fixed | {"lift": 0.0})).users
    threshold = top_share(users, "songs_before", 0.75)
    chosen = (users.songs_before >= threshold) & (users.arm == "treatment")
    before, after = (
        (0.05 + 0.002 * rows.songs_played[chosen]) * np.where(rows.country[chosen] == "US", 1.2, 1)
        for rows in (untreated, users)
    )
    truth = after.mean() / before.mean() - 1
    found = effect_above(
        users, "converted", "songs_before", threshold, kind="proportion", level=0.95
    )
    assert lift(found).covers(truth)
    assert lift(found).direction == "higher"
    chances = users.assign(chance=np.where(users.country == "US", 1.2, 1.0)).assign(
        chance=lambda rows: rows.chance * (0.05 + 0.002 * rows.songs_played)
    )
    sharp = effect_above(chances, "chance", "songs_before", threshold, kind="mean", level=0.95)
    assert lift(sharp).covers(truth)
    assert membership(users, "songs_before", threshold, level=0.99).difference.covers(0)
    assert membership(users, "songs_played", threshold, level=0.99).difference.direction == "higher"


def test_means_are_compared_by_welchs_test_among_the_chosen(original: pd.DataFrame) -> None:
    chosen = summarise(original[original.songs >= 40], ["paid"])
    expected = welch(chosen["control"], chosen["treatment"], "paid", level=0.9)
    relation = duckdb.connect().from_df(original)
    assert effect_above(relation, "paid", "songs", 40, kind="mean", level=0.9) == expected


def test_unknown_values_are_no_members_and_count_nowhere() -> None:
    rows = pd.DataFrame(
        {
            "arm": ["control"] * 4 + ["treatment"] * 3,
            "before": [1.5, 2.5, np.nan, 3.5, 2.5, np.nan, 0.5],
            "x": [1.0, 2.0, 50.0, 4.0, 3.0, 70.0, 1.0],
        }
    )
    assert top_share(rows, "before", 0.5) == rows.before.quantile(0.5) == 2.5
    shares = membership(rows, "before", 2.5, level=0.95)
    assert (shares.control.value, shares.control.n) == (2 / 3, 3)
    assert (shares.treatment.value, shares.treatment.n) == (1 / 2, 2)
    found = effect_above(rows, "x", "before", 2.5, kind="mean", level=0.95)
    assert (found.control.value, found.treatment.value, found.difference.n) == (3, 3, 3)


def test_a_subgroup_needs_units_in_both_arms_and_a_known_column() -> None:
    rows = pd.DataFrame(
        {"arm": ["control", "control", "treatment"], "x": [1, 9, 2], "hole": [1, 2, None]}
    ).astype({"hole": float})
    with pytest.raises(DataError, match="treatment arm: it has no unit at or above 5"):
        effect_above(rows, "x", "x", 5, kind="proportion", level=0.95)
    with pytest.raises(DataError, match="treatment arm: it has no unit known"):
        membership(rows, "hole", 1, level=0.95)
    with pytest.raises(DataError, match="no value is known"):
        top_share(rows.assign(hole=np.nan), "hole", 0.75)
    with pytest.raises(DataError, match="no such column"):
        membership(rows, "y", 1, level=0.95)
    with pytest.raises(ValueError, match="quantile lies between 0 and 1"):
        top_share(rows, "x", 75)
