"""Splits of an effect against least squares, and against worlds whose truth is known."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from knowntruth.errors import DataError
from knowntruth.methods.experiments.comparing import Arms
from knowntruth.methods.experiments.experiments import Comparison, proportions
from knowntruth.methods.experiments.links import linked, linked_within
from knowntruth.methods.experiments.mediation import (
    explained,
    explained_within,
    money_weighted,
    proxy,
    where_the_money_is,
)
from knowntruth.story import Estimate
from knowntruth.worlds.musicstream.parameters import Parameters
from knowntruth.worlds.musicstream.truth import arm_of
from knowntruth.worlds.musicstream.world import simulate

SONGS, PAID, ADDS = "songs_played", "converted", "playlist_adds"
LEVEL = 0.9
# Treatment moves listening only where nearly nobody pays.
WRONG_SEGMENT = {
    "segment_lift": {"US": 0.0, "UK": 0.0, "DE": 0.6, "IN": 0.6},
    "conversion_factor": {"US": 2.0, "UK": 1.0, "DE": 0.2, "IN": 0.2},
}


def parameters(users: int, **changes: object) -> Parameters:
    fixed = {"seed": 7, "users": users, "outliers": 0, "event_log": False, "treatment_share": 0.5}
    return Parameters.model_validate(fixed | changes)


@cache
def plain() -> pd.DataFrame:
    return simulate(parameters(20_000, lift=0.3)).users


def parts_of(p: Parameters) -> tuple[float, float]:
    """True expected and direct difference: what paying is without the latter, and the rest."""
    without = p.model_copy(update={"conversion_effect": 0.0})
    control, between, treatment = (
        arm_of(p, treated=False).conversion,
        arm_of(without, treated=True).conversion,
        arm_of(p, treated=True).conversion,
    )
    return between - control, treatment - between


def assert_covers(estimates: list[Estimate], truth: float) -> None:
    """Assert over worlds, within four standard errors, that intervals cover and values centre."""
    covered = np.mean([estimate.covers(truth) for estimate in estimates])
    values = np.array([estimate.value for estimate in estimates])
    worlds = len(estimates)
    assert covered == pytest.approx(LEVEL, abs=4 * math.sqrt(LEVEL * (1 - LEVEL) / worlds))
    assert values.mean() == pytest.approx(truth, abs=4 * values.std() / math.sqrt(worlds))


@pytest.mark.parametrize("effect", [0.0, -0.3])
def test_both_parts_are_unbiased_and_covered_with_and_without_a_direct_effect(
    effect: float,
) -> None:
    size, worlds = 1_000, 600
    p = parameters(size * worlds, lift=0.3, conversion_effect=effect)
    users = simulate(p).users
    users["cell"] = (users.user_id // size).astype(str) + users.arm.astype(str)
    moments = linked(users, PAID, SONGS, by="cell")
    splits = [
        explained(
            moments[f"{world}control"],
            moments[f"{world}treatment"],
            PAID,
            SONGS,
            kind="mean",  # the same numbers as for a proportion, whose score intervals take long
            level=LEVEL,
        )
        for world in range(worlds)
    ]
    expected, direct = parts_of(p)
    assert_covers([split.expected for split in splits], expected)
    assert_covers([split.direct for split in splits], direct)
    assert_covers([split.slope for split in splits], 1.08 * p.conversion_per_song)


def test_a_slope_pooled_over_arms_would_be_bent_by_the_direct_effect() -> None:
    p = parameters(400_000, lift=0.3, conversion_effect=-0.5)
    users = simulate(p).users
    arms = linked(users, PAID, SONGS)
    control, treatment = (arms[arm].pair(PAID, SONGS) for arm in ("control", "treatment"))
    products = control.products + treatment.products
    pooled = products / (control.second.squares + treatment.second.squares)
    change = treatment.second.mean - control.second.mean
    expected, _ = parts_of(p)
    found = explained(*arms.values(), PAID, SONGS, kind="proportion", level=0.999).expected
    assert found.covers(expected)
    assert not found.covers(pooled * change)


def test_the_parts_are_those_of_least_squares_with_whites_errors() -> None:
    """statsmodels 0.15.0, `OLS(...).fit(cov_type="HC0")`."""
    users = plain()
    arms = linked(users, PAID, SONGS)
    found = explained(*arms.values(), PAID, SONGS, kind="proportion", level=0.95)
    control = users[users.arm == "control"]
    fit = sm.OLS(control[PAID], sm.add_constant(control[SONGS])).fit(cov_type="HC0")
    error = (found.slope.high - found.slope.value) / 1.959964
    assert found.slope.value == pytest.approx(fit.params[SONGS], rel=1e-9)
    assert error == pytest.approx(fit.bse[SONGS], rel=1e-3)
    # Beyond least squares, the direct effect's error has that of treatment's mean songs.
    treated = (users.arm == "treatment").astype(float)
    above = users[SONGS] - users[SONGS][treated == 1].mean()
    design = pd.DataFrame({"one": 1.0, "direct": treated, "m": above, "both": above * treated})
    whole = sm.OLS(users[PAID], design).fit(cov_type="HC0")
    assert found.direct.value == pytest.approx(whole.params["direct"], rel=1e-9)
    slopes = np.array([fit.params[SONGS], fit.params[SONGS] + whole.params["both"]])
    moving = np.diff(slopes)[0] ** 2 * above[treated == 1].var() / treated.sum()
    error = (found.direct.high - found.direct.value) / 1.959964
    assert error**2 == pytest.approx(whole.bse["direct"] ** 2 + moving, rel=2e-3)


def test_the_parts_add_up_and_speak_the_outcomes_unit() -> None:
    arms = linked(plain(), PAID, SONGS)
    found = explained(*arms.values(), PAID, SONGS, kind="proportion", level=0.95)
    tallies = [arms[arm].samples[PAID].tally for arm in ("control", "treatment")]
    assert found.observed == proportions(*tallies, level=0.95)
    assert found.mediator.lift is not None
    assert found.mediator.lift.covers(0.3)
    total = found.expected.value + found.direct.value
    assert total == pytest.approx(found.observed.difference.value, rel=1e-12)
    assert found.expected.value == pytest.approx(
        found.slope.value * found.mediator.difference.value, rel=1e-12
    )
    for part in (found.slope, found.expected, found.direct):
        assert (part.unit, part.n) == ("points", len(plain()))
        assert part.p_value is not None
        assert (part.direction == "unclear") == (part.p_value > 0.05)
    mean = explained(*arms.values(), PAID, SONGS, kind="mean", level=0.95)
    assert (mean.direct.unit, mean.direct.value) == ("number", found.direct.value)


def test_units_of_which_either_is_unknown_enter_nowhere() -> None:
    users = plain().astype({SONGS: float})
    gone = np.arange(len(users)) % 3 == 0
    holes = users.assign(**{SONGS: users[SONGS].mask(gone)})
    found, expected = (linked(rows, PAID, SONGS) for rows in (holes, users[~gone]))
    for arm in ("control", "treatment"):
        assert found[arm].rows == expected[arm].rows
        assert found[arm].samples[PAID] == expected[arm].samples[PAID]


def test_where_nothing_is_left_to_explain_nothing_is_tested() -> None:
    users = plain().assign(fee=lambda rows: 0.7 * rows[SONGS])
    found = explained(*linked(users, "fee", SONGS).values(), "fee", SONGS, kind="mean", level=0.95)
    assert found.expected.value == pytest.approx(found.observed.difference.value)
    assert found.direct.value == pytest.approx(0, abs=1e-9)
    assert found.direct.p_value is None
    assert (found.direct.low, found.direct.high) == (-math.inf, math.inf)


def test_a_split_needs_units_and_a_mediator_that_varies() -> None:
    still = pd.DataFrame({"arm": ["control", "treatment"] * 3, "x": [2, 1] * 3, "y": 1})
    with pytest.raises(DataError, match="x does not vary in control"):
        explained(*linked(still, "y", "x").values(), "y", "x", kind="mean", level=0.95)
    lone = still.iloc[:3]
    with pytest.raises(DataError, match="treatment has fewer than two known units"):
        explained(*linked(lone, "y", "x").values(), "y", "x", kind="mean", level=0.95)


def test_a_common_cause_is_mistaken_for_a_direct_effect_unless_split_by_it() -> None:
    """Slope and change of listening both differ by country; there is no direct effect."""
    world = simulate(parameters(100_000, **WRONG_SEGMENT))
    arms = linked(world.users, PAID, SONGS)
    naive = explained(*arms.values(), PAID, SONGS, kind="proportion", level=0.95)
    within = explained_within(
        linked_within(world.users, PAID, SONGS, across="country"),
        PAID,
        SONGS,
        kind="proportion",
        level=0.95,
    )
    assert naive.direct.direction == "lower"
    assert within.direct.covers(0)
    assert within.expected.covers(world.truth.conversion_difference)
    assert within.observed.covers(world.truth.conversion_difference)
    assert within.left_out == {}
    assert within.direct.unit == "points"


def test_a_split_within_a_segment_of_one_value_is_the_plain_one() -> None:
    users = plain().assign(all="everybody")
    everybody = linked_within(users, PAID, SONGS, across="all")
    within = explained_within(everybody, PAID, SONGS, kind="proportion", level=0.95)
    alone = explained(*linked(users, PAID, SONGS).values(), PAID, SONGS, kind="mean", level=0.95)
    for one, other in ((within.expected, alone.expected), (within.direct, alone.direct)):
        assert (one.value, one.low) == pytest.approx((other.value, other.low), rel=1e-9)


def test_how_many_units_have_which_value_is_chance_as_well() -> None:
    """Differences of 0 and 10, known almost exactly: the average errs by sqrt(25 / n)."""
    rng, n = np.random.default_rng(2), 4_000
    rows = pd.DataFrame({"arm": ["control", "treatment"] * (n // 2), "m": rng.normal(0, 1, n)})
    rows["value"] = np.where(np.arange(n) < n / 2, "a", "b")
    rows["y"] = rng.normal(0, 0.01, n) + 10 * ((rows.arm == "treatment") & (rows.value == "b"))
    by_value = linked_within(rows, "y", "m", across="value")
    found = explained_within(by_value, "y", "m", kind="mean", level=0.95).direct
    assert (found.high - found.value) / 1.959964 == pytest.approx(5 / math.sqrt(n), rel=1e-2)


def worlds(p: Parameters, first: str, second: str, *, size: int) -> list[dict[str, Arms]]:
    """Cut a world into many of so many users each: linked moments by country and arm."""
    users = simulate(p).users
    number = (users.user_id // size).astype(str)
    both = linked_within(
        users.assign(cell=number + "/" + users.country.astype(str)), first, second, across="cell"
    )
    found: dict[str, dict[str, Arms]] = {}
    for cell, arms in both.items():
        of, _, country = cell.partition("/")
        found.setdefault(of, {})[country] = arms
    return list(found.values())


def test_intervals_within_segments_cover_the_truth_of_worlds() -> None:
    p = parameters(500_000, conversion_effect=-0.2, **WRONG_SEGMENT)
    found = [
        explained_within(by_country, PAID, SONGS, kind="proportion", level=LEVEL)
        for by_country in worlds(p, PAID, SONGS, size=1_000)
    ]
    expected, direct = parts_of(p)
    assert_covers([one.observed for one in found], expected + direct)
    assert_covers([one.expected for one in found], expected)
    assert_covers([one.direct for one in found], direct)


def true_lifts(p: Parameters) -> tuple[float, float]:
    """True lift in songs, and the same weighted by where control's payers are."""
    cells = [
        (share, arm_of(p, treated=False, within=one), arm_of(p, treated=True, within=one))
        for country, share in p.countries.items()
        for one in [{"country": country}]
    ]
    lifts = np.array([t.songs / c.songs - 1 for _, c, t in cells])
    songs, paid = (
        np.array([share * level for (share, _, _), level in zip(cells, levels, strict=True)])
        for levels in ([c.songs for _, c, _ in cells], [c.conversion for _, c, _ in cells])
    )
    return float(songs @ lifts / songs.sum()), float(paid @ lifts / paid.sum())


@pytest.mark.parametrize("changes", [WRONG_SEGMENT, WRONG_SEGMENT | {"segment_lift": {}}])
def test_the_lift_where_the_money_is_is_covered(changes: dict[str, object]) -> None:
    p = parameters(500_000, **changes)
    found = [
        money_weighted(by_country, SONGS, PAID, level=LEVEL)
        for by_country in worlds(p, SONGS, PAID, size=1_000)
    ]
    overall, weighted = true_lifts(p)
    assert_covers([one.overall for one in found], overall)
    assert_covers([one.weighted for one in found], weighted)
    assert_covers([one.difference for one in found], weighted - overall)
    assert (weighted == pytest.approx(overall)) == (not p.segment_lift)


def test_a_lift_in_the_wrong_segment_is_found_out() -> None:
    p = parameters(40_000, **WRONG_SEGMENT)
    users = simulate(p).users
    found = where_the_money_is(users, SONGS, PAID, "country", level=0.95)
    assert found.difference.direction == "lower"
    assert found.difference.unit == "points"
    assert found.difference.value == pytest.approx(found.weighted.value - found.overall.value)
    assert [one.value for one in found.segments] == ["DE", "IN", "UK", "US"]
    control = users[users.arm == "control"]
    for column, share in ((PAID, "outcomes"), (SONGS, "primary")):
        expected = control.groupby("country", observed=True)[column].sum() / control[column].sum()
        shares = {one.value: getattr(one, share) for one in found.segments}
        assert shares == pytest.approx(expected.to_dict())


def test_values_that_cannot_be_compared_are_left_out_and_named() -> None:
    few = pd.DataFrame(
        {
            "arm": ["control", "treatment", "control", "control", "treatment", "treatment"],
            "country": ["AT", "CH", "LI", "LI", "LI", "LI"],
            SONGS: [3, 4, 0, 0, 1, 2],
            PAID: 0,
        }
    )
    blank = plain().head(400)[["arm", SONGS, PAID]].assign(country=None)
    other = blank.head(2).assign(arm=["holdout", None])
    users = pd.concat([plain().astype({"arm": str, "country": str})[list(few)], few, blank, other])
    found = where_the_money_is(users, SONGS, PAID, "country", level=0.95)
    assert found.left_out == {
        "AT": "treatment has no unit",
        "CH": "control has no unit",
        "LI": "songs_played is not above zero in control",
    }
    assert [one.value for one in found.segments] == ["(blank)", "DE", "IN", "UK", "US"]
    assert found.overall.n == len(plain()) + 400
    by_country = linked_within(users, PAID, SONGS, across="country")
    within = explained_within(by_country, PAID, SONGS, kind="proportion", level=0.95)
    assert within.left_out["AT"] == "treatment has no unit"
    assert within.left_out["LI"] == "songs_played does not vary in control"
    lone = users[users.country != "LI"].head(3)
    by_country = linked_within(lone, PAID, SONGS, across="country")
    with pytest.raises(DataError, match=r"value \w+: .* Use a coarser segment"):
        explained_within(by_country, PAID, SONGS, kind="proportion", level=0.95)
    pair = few.assign(country="LI").iloc[:2]
    with pytest.raises(DataError, match="an arm has fewer than two known units"):
        where_the_money_is(pair, SONGS, PAID, "country", level=0.95)


def test_without_an_outcome_there_is_nothing_to_weigh_by() -> None:
    with pytest.raises(DataError, match="control has none of it"):
        where_the_money_is(plain().assign(paid=0), SONGS, "paid", "country", level=0.95)


def effect(found: Comparison) -> float:
    assert found.lift is not None
    return found.lift.value


def test_a_proxy_that_counts_the_cause_with_noise_predicts_too_little() -> None:
    """Adds are binomial of songs, so their slope is that of songs, diluted, over the rate."""
    p = parameters(600_000, lift=0.3)
    users = simulate(p).users
    found = proxy(*linked(users, PAID, ADDS).values(), ADDS, PAID, kind="proportion", level=0.999)
    control = users[users.arm == "control"][SONGS]
    rate = p.playlist_add_rate
    signal = rate**2 * control.var()
    kept = signal / (signal + rate * (1 - rate) * control.mean())
    assert kept == pytest.approx(0.4, abs=0.02)
    expected, _ = parts_of(p)
    assert effect(found.proxy) == pytest.approx(0.3, abs=0.02)
    assert found.predicted.covers(kept * expected)
    assert found.gap.covers((1 - kept) * expected)
    assert found.misleads
    assert found.predicted.value + found.gap.value == pytest.approx(found.outcome.difference.value)


def test_a_proxy_that_is_the_cause_is_not_shown_to_mislead() -> None:
    found = proxy(
        *linked(plain(), PAID, SONGS).values(), SONGS, PAID, kind="proportion", level=0.95
    )
    assert not found.misleads
    assert found.slope.covers(0.00216)


def test_a_proxy_that_treatment_moves_by_itself_promises_what_does_not_come() -> None:
    p = parameters(200_000, lift=0.0, playlist_add_effect=0.5)
    arms = linked(simulate(p).users, PAID, ADDS)
    found = proxy(*arms.values(), ADDS, PAID, kind="proportion", level=0.95)
    assert found.predicted.direction == "higher"
    assert found.gap.direction == "lower"
    assert found.outcome.difference.covers(0)
