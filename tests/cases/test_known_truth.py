"""Known truth: what a world says of itself is what long simulations of it show."""

from __future__ import annotations

from functools import lru_cache

import lifelines
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from knowntruth.cases.ab_test.parameters import Parameters
from knowntruth.cases.ab_test.simulated import Known, open_world
from knowntruth.worlds.musicstream.truth import truth_of
from knowntruth.worlds.musicstream.world import users_of

LONG = 400_000
SEGMENTS = ("country", "device", "age_group")

MORE_ON_IOS = {"segment_lift": {"iOS": 0.4, "Android": 0.05}}
WHERE_NOBODY_PAYS = {
    "segment_lift": {"US": 0.0, "UK": 0.0, "DE": 0.0, "IN": 0.5},
    "conversion_factor": {"US": 2.0, "UK": 1.0, "DE": 1.0, "IN": 0.1},
}
FREE_RIDE = {"conversion_effect": -0.15}


def world(**given):
    """Return the parameters of a world without machines, half of it treated."""
    plain = {"users": 2000, "treatment_share": 0.5, "outliers": 0, "event_log": False}
    return Parameters(**plain | given)


def known(p):
    none = np.array([])
    return Known(p, truth_of(p, machines=none, lost=none))


@lru_cache(maxsize=3)
def simulated(p_json):
    users = users_of(Parameters.model_validate_json(p_json))
    return users[users.arm == "control"], users[users.arm == "treatment"]


def long_run(**given):
    """Return control and treatment of a long simulation; one seed gives one set of draws."""
    return simulated(world(users=LONG, **given).model_dump_json())


def lift_and_error(control, treatment):
    """Return a ratio of means less one, with its error by the delta method."""
    lift = treatment.mean() / control.mean() - 1
    relative = [x.std() / x.mean() / np.sqrt(len(x)) for x in (control, treatment)]
    return lift, (1 + lift) * np.hypot(*relative)


class TestLiftIn:
    @pytest.mark.parametrize(
        ("segment", "value"),
        [("segment_1", "US"), ("segment_2", "iOS"), ("segment_2", "Android"), ("segment_3", "45+")],
    )
    @pytest.mark.parametrize(
        ("metric", "column"), [("primary", "songs_played"), ("secondary_1", "converted")]
    )
    def test_it_is_the_lift_that_a_long_simulation_shows(self, metric, column, segment, value):
        name = SEGMENTS[int(segment[-1]) - 1]
        arms = (x.loc[x[name] == value, column] for x in long_run(**MORE_ON_IOS))
        found, error = lift_and_error(*arms)
        assert known(world(**MORE_ON_IOS)).lift_in(metric, segment, value) == pytest.approx(
            found, abs=4 * error
        )

    def test_without_a_difference_all_segments_have_the_lift_of_all(self):
        one = known(world(lift=0.2))
        lifts = [one.lift_in("primary", "segment_2", value) for value in ("iOS", "Android")]
        assert lifts == pytest.approx([one.truth.lift] * 2)

    def test_where_nobody_pays_there_is_no_lift_in_paying(self):
        one = known(world(conversion_factor={"US": 0.0}))
        assert one.lift_in("secondary_1", "segment_1", "US") is None
        assert one.lift_in("secondary_1", "segment_1", "UK") > 0


class TestDaysGained:
    @pytest.mark.parametrize("until", [1, 20, 45])
    def test_it_is_the_difference_that_lifelines_measures(self, until):
        gone = {"churn_if_treated": -0.15, "churn_risk": 0.5}
        means, errors = [], []
        for rows in long_run(**gone):
            curve = lifelines.KaplanMeierFitter().fit(rows.days_observed, rows.churned)
            days = np.arange(until)
            survival = np.atleast_1d(curve.predict(days))
            mean = survival.sum()
            means.append(mean)
            variance = ((2 * days + 1) * survival).sum() - mean**2
            errors.append(np.sqrt(max(variance, 0) / len(rows)))
        expected = means[1] - means[0]
        # Follow-up cuts lives short, which at most doubles the error of the mean.
        assert known(world(**gone)).days_gained(until) == pytest.approx(
            expected, abs=8 * np.hypot(*errors) + 1e-12
        )

    def test_with_one_risk_it_is_the_sum_of_a_geometric_series(self):
        p = world(conversion_base=0.0, conversion_per_song=0.0, churn_risk=0.3,
                  churn_if_treated=-0.3)  # fmt: skip
        # Nobody leaves in treatment; in control at the hazard h that loses 30% of the watched.
        days = np.arange(1, 60)
        hazards = np.linspace(0.001, 0.1, 200_001)
        lost = np.array([1 - np.exp(-h * days).mean() for h in hazards[::1000]])
        hazard = np.interp(0.3, lost, hazards[::1000])
        stays = np.exp(-hazard)
        expected = 30 - (1 - stays**30) / (1 - stays)
        assert known(p).days_gained(30) == pytest.approx(expected, rel=1e-3)

    def test_where_treatment_keeps_nobody_longer_it_is_zero(self):
        p = world(churn_if_treated=0.0, churn_if_converted=0.0)
        assert known(p).days_gained(45) == pytest.approx(0, abs=1e-12)

    def test_where_times_mean_nothing_there_is_none(self):
        assert known(world(churn_timing="independent")).days_gained(30) is None


class TestMoney:
    """One seed gives two worlds the same draws: what differs is the effect alone."""

    @pytest.mark.parametrize("effect", [-0.3, -0.1, 0.2])
    def test_the_direct_effect_is_what_paying_changes_at_the_same_listening(self, effect):
        _, plain = long_run()
        _, treated = long_run(conversion_effect=effect)
        np.testing.assert_array_equal(plain.songs_played, treated.songs_played)
        change = treated.converted.to_numpy() - plain.converted.to_numpy()
        error = change.std() / np.sqrt(len(change))
        assert known(world(conversion_effect=effect)).direct_effect() == pytest.approx(
            change.mean(), abs=4 * error
        )

    @pytest.mark.parametrize("effect", [-0.3, 0.0])
    def test_the_expected_effect_is_what_listening_alone_brings(self, effect):
        _, treated = long_run()
        _, unmoved = long_run(lift=0.0)
        change = treated.converted.to_numpy() - unmoved.converted.to_numpy()
        error = change.std() / np.sqrt(len(change))
        one = known(world(conversion_effect=effect))
        assert one.expected_effect() == pytest.approx(change.mean(), abs=4 * error)

    @given(st.floats(-1, 3), st.floats(-0.9, 3), st.floats(0, 0.9), st.floats(0, 0.02))
    @settings(max_examples=20, deadline=None)
    def test_expected_and_direct_effect_make_up_the_whole(self, effect, lift, base, per_song):
        one = known(
            world(
                conversion_effect=effect,
                lift=lift,
                conversion_base=base,
                conversion_per_song=per_song,
            )
        )
        whole = one.truth.conversion_difference
        assert one.expected_effect() + one.direct_effect() == pytest.approx(whole, abs=1e-12)
        assert one.direct_effect() * np.sign(effect) >= -1e-12

    def test_without_an_effect_of_its_own_the_direct_effect_is_exactly_zero(self):
        assert known(world()).direct_effect() == 0
        assert known(world(**WHERE_NOBODY_PAYS)).direct_effect() == 0

    @pytest.mark.parametrize("segment", ["segment_1", "segment_2", "segment_3"])
    def test_the_money_gap_is_the_lift_at_the_payers_less_the_lift_of_all(self, segment):
        control, treatment = long_run(**WHERE_NOBODY_PAYS)
        name = SEGMENTS[int(segment[-1]) - 1]
        overall, own_error = lift_and_error(control.songs_played, treatment.songs_played)
        payers = control.loc[control.converted == 1, name].value_counts(normalize=True)
        at_payers, variance = 0.0, own_error**2
        for value, weight in payers.items():
            arms = (x.loc[x[name] == value, "songs_played"] for x in (control, treatment))
            lift, error = lift_and_error(*arms)
            at_payers += weight * lift
            variance += (weight * error) ** 2
        expected = at_payers - overall
        found = known(world(**WHERE_NOBODY_PAYS)).money_gap(segment)
        assert found == pytest.approx(expected, abs=4 * np.sqrt(variance))
        assert (found < -0.05) == (segment == "segment_1")

    def test_the_money_gap_of_two_groups_by_hand(self):
        # Nobody pays by listening: one group pays all, and its lift is zero.
        p = world(
            countries={"poor": 0.5, "rich": 0.5}, conversion_factor={"poor": 0.0, "rich": 1.0},
            conversion_per_song=0.0, segment_lift={"poor": 0.4, "rich": 0.0},
            songs_shape=20.0, songs_scale=50.0,
        )  # fmt: skip
        # A mean of a thousand songs: rounding down takes half a song off either side.
        assert known(p).money_gap("segment_1") == pytest.approx(-0.2, abs=3e-4)
        assert known(p).money_gap("segment_2") == pytest.approx(0, abs=1e-12)

    def test_where_nobody_pays_there_is_no_gap(self):
        p = world(conversion_base=0.0, conversion_per_song=0.0, **MORE_ON_IOS)
        assert [known(p).money_gap(f"segment_{i}") for i in (1, 2, 3)] == [0, 0, 0]


class TestOffers:
    @pytest.mark.parametrize("effect", [-0.4, 0.0, 0.3])
    def test_it_is_the_change_of_offers_a_song_in_a_long_simulation(self, effect):
        rates, errors = [], []
        for rows in long_run(paywall_effect=effect):
            offers, songs = rows.paywall_views.sum(), rows.songs_played.sum()
            rates.append(offers / songs)
            errors.append(1 / np.sqrt(offers))  # given the songs, offers are Poisson
        found = rates[1] / rates[0] - 1
        error = (1 + found) * np.hypot(*errors)
        truth = known(world(paywall_effect=effect)).offers_per_song()
        assert truth == pytest.approx(found, abs=4 * error)

    def test_nobody_is_shown_fewer_by_default(self):
        assert known(Parameters()).offers_per_song() == 0


class TestHeavy:
    def test_heavy_before_is_the_lift_of_those_who_can_be_seen(self):
        control, treatment = (
            x.loc[x.songs_before >= 27, "converted"] for x in long_run(conversion_effect=0.3)
        )
        found, error = lift_and_error(control, treatment)
        truth = known(world(conversion_effect=0.3)).heavy_before(27)
        assert truth == pytest.approx(found, abs=4 * error)

    def test_would_be_heavy_is_the_lift_of_the_same_people_in_both_worlds(self):
        _, without = long_run(lift=0.0)
        _, treated = long_run()
        heavy = without.songs_played.to_numpy() >= 27
        pairs = [x.converted.to_numpy()[heavy] for x in (without, treated)]
        change = pairs[1] - pairs[0]
        error = change.std() / np.sqrt(heavy.sum()) / pairs[0].mean()
        truth = known(world()).would_be_heavy(27)
        assert truth == pytest.approx(change.mean() / pairs[0].mean(), abs=5 * error)


class TestWhyFlat:
    @pytest.mark.parametrize(
        ("given", "reason"),
        [
            ({}, "power"),
            ({"lift": 0.0}, "no gain"),
            ({"lift": -0.2}, "no gain"),
            ({"conversion_per_song": 0.0}, "no gain"),
            (FREE_RIDE, "free ride"),
            ({"lift": 0.0, **FREE_RIDE}, "free ride"),
            (WHERE_NOBODY_PAYS, "wrong segment"),
            (WHERE_NOBODY_PAYS | FREE_RIDE, "several"),
            ({"conversion_effect": 0.2}, "power"),
            (MORE_ON_IOS, "power"),
            ({"segment_lift": {"US": 0.4}}, "power"),
        ],
    )
    def test_each_world_has_the_reason_that_was_built_into_it(self, given, reason):
        assert known(world(**given)).why_flat() == reason

    @given(
        st.floats(-0.5, 0.5).filter(lambda x: x == 0 or abs(x) > 1e-6),
        st.floats(-0.5, 1).filter(lambda x: x == 0 or abs(x) > 1e-6),
    )
    @settings(max_examples=20, deadline=None)
    def test_a_common_lift_has_no_wrong_segment(self, effect, lift):
        expected = "free ride" if effect < 0 else "power" if lift > 0 else "no gain"
        assert known(world(conversion_effect=effect, lift=lift)).why_flat() == expected


class TestAsking:
    def test_a_chapter_asks_through_its_experiment(self):
        case = open_world(world(paywall_effect=-0.25))
        assert case.true("offers_per_song") == -0.25
        assert case.true("lift_in", "primary", "segment_2", "iOS") == pytest.approx(case.truth.lift)
        assert case.true("money_gap", "segment_3") == pytest.approx(0, abs=1e-12)
        assert case.known.why_flat() == "power"

    def test_true_lift_of_the_original_is_the_published_one(self):
        # Fifteen percent on the scale are 15.40% on songs rounded down.
        control, treatment = (
            stats.gamma.sf(np.arange(1, 500), 2, scale=s).sum() for s in (10, 11.5)
        )
        assert known(Parameters()).truth.lift == pytest.approx(treatment / control - 1, rel=1e-9)
        assert treatment / control - 1 == pytest.approx(0.1540, abs=0.0005)
