"""Decisions against published tables, Monte Carlo, and the laws of the value of information."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from knowntruth.methods.experiments.beliefs import Belief, belief, unit_normal_loss
from knowntruth.methods.experiments.decisions import Decision, Stakes, Stays, decide, worth
from knowntruth.methods.experiments.experiments import welch
from knowntruth.methods.moments import summarise
from knowntruth.story import Estimate

Z = 1.959963984540054

STAKES = Stakes(
    value=20.0,
    reach=1_000_000,
    cost=100_000,
    cost_per_user=0.1,
    extension=40_000,
    treatment_share=0.1,
)


def found(value: float = 0.006, error: float = 0.005, **changes: object) -> Estimate:
    fixed = Estimate(
        value=value,
        low=value - Z * error,
        high=value + Z * error,
        level=0.95,
        n=40_000,
        unit="points",
    )
    return replace(fixed, **changes)


def decided(
    estimate: Estimate | None = None, prior: Belief | None = None, **changes: float
) -> Decision:
    stakes = replace(STAKES, **changes)
    return decide(estimate or found(), stakes, treatment_share=0.1, prior=prior)


@pytest.mark.parametrize(
    ("z", "printed"),
    [(0.0, 0.3989), (0.5, 0.1978), (1.0, 0.08332), (1.5, 0.02931), (2.0, 0.008491)],
)
def test_the_unit_normal_loss_is_that_of_the_printed_tables(z: float, printed: float) -> None:
    """The table of the unit normal loss integral, four digits, as in every textbook."""
    assert float(f"{unit_normal_loss(z):.4g}") == printed
    assert unit_normal_loss(-z) == pytest.approx(unit_normal_loss(z) + z)


def test_a_textbook_choice_by_table() -> None:
    """Gain 10,000 with sd 20,000: D = 0.5, EVPI = 20,000 x .1978. A test that knows as much as
    is known: preposterior sd 14,142, D = .7071, between the printed .1429 at .70, .1405 at .71.
    """
    before = Belief(10_000, 20_000)
    assert before.information == pytest.approx(3_956, abs=1)
    after = before.preview(20_000)
    assert after.sd == pytest.approx(14_142, abs=1)
    assert 14_142 * 0.1405 < after.information < 14_142 * 0.1429


def test_gain_loss_and_information_are_those_of_draws() -> None:
    """Draw the effect, then what the extension would estimate, and choose by its posterior."""
    rng, draws = np.random.default_rng(3), 1_000_000
    estimate = found()
    result = decided(estimate, extension=20_000, treatment_share=0.5)
    effect = rng.normal(0.006, 0.005, draws)
    gain = 20.0 * 1_000_000 * effect - 100_000

    def near(value: np.ndarray) -> object:
        return pytest.approx(value.mean(), abs=4 * value.std() / math.sqrt(draws))

    assert result.gain.value == near(gain)
    assert result.chance_of_loss == near(gain < 0)
    assert result.loss_if_launched == near(np.maximum(-gain, 0))
    assert result.loss_if_held == near(np.maximum(gain, 0))
    # Per-unit variance from the test, whose split was 90/10; the extension is even.
    unit = 0.005**2 * 40_000 * 0.09
    error = math.sqrt(unit / (20_000 * 0.25))
    seen = rng.normal(effect, error)
    weight = 0.005**2 / (0.005**2 + error**2)
    later = weight * seen + (1 - weight) * 0.006
    launched = 20.0 * 1_000_000 * later - 100_000 > 0
    extended = np.where(launched, gain, 0) - gain
    assert result.extension.sample_information == near(extended)
    assert result.extension.chance_to_change == near(~launched)
    assert result.extension.cost == 2_000
    assert result.expected["extend"] == pytest.approx(
        result.gain.value + result.extension.sample_information - 2_000
    )


def test_the_interval_of_the_gain_holds_the_gain_with_its_level() -> None:
    gain = decided().gain
    assert (gain.value, gain.n, gain.p_value) == (pytest.approx(20_000), 40_000, None)
    assert (gain.low, gain.high) == pytest.approx(
        (20_000 - Z * 100_000, 20_000 + Z * 100_000), rel=1e-9
    )


def test_a_prior_and_an_estimate_meet_by_their_precision() -> None:
    """Conjugate normal: precisions add. Here 1 / .005 ** 2 against 1 / .01 ** 2: four to one."""
    after = belief(found(0.006, 0.005), prior=Belief(0.001, 0.01))
    assert after.mean == pytest.approx((4 * 0.006 + 0.001) / 5)
    assert after.sd == pytest.approx(0.01 / math.sqrt(5))
    assert belief(found(), prior=Belief(0.0, 1e6)).mean == pytest.approx(0.006)
    assert belief(found(), prior=Belief(0.002, 0.0)) == Belief(0.002, 0.0)


def test_an_estimate_without_bounds_leaves_the_prior() -> None:
    nothing = found(low=-math.inf, high=math.inf)
    prior = Belief(0.01, 0.001)
    result = decided(nothing, prior)
    assert result.belief == prior
    assert result.extension.sample_information == 0
    with pytest.raises(ValueError, match="state a prior"):
        decided(nothing)


def test_a_relative_effect_has_no_value() -> None:
    with pytest.raises(ValueError, match="not one that is relative"):
        decided(found(unit="relative"))


@pytest.mark.parametrize(
    ("changes", "choice"),
    [
        ({"cost_per_user": 10.0}, "launch"),
        ({"cost_per_user": 10.0, "cost": 130_000.0}, "hold"),
        ({}, "extend"),
        ({"cost": 1e6}, "hold"),
        ({"extension": 0}, "launch"),
        ({"reach": 0.0, "cost": 0.0}, "hold"),
    ],
)
def test_the_choice_is_what_is_expected_to_bring_most(
    changes: dict[str, float], choice: str
) -> None:
    result = decided(**changes)
    assert result.choice == choice
    assert result.expected[result.choice] == max(result.expected.values())


def test_what_is_known_for_sure_needs_no_test() -> None:
    result = decided(prior=Belief(0.002, 0.0))
    assert (result.choice, result.gain.value) == ("hold", pytest.approx(-60_000))
    assert (result.chance_of_loss, result.perfect_information) == (1, 0)
    assert (result.loss_if_launched, result.loss_if_held) == (pytest.approx(60_000), 0)
    assert result.extension.sample_information == result.extension.chance_to_change == 0
    assert result.effect == Stays(None, pytest.approx(0.005))


amounts = st.floats(0, 1e6)
effects = st.floats(-0.05, 0.05)
errors = st.floats(1e-4, 0.02)
stakes_of = st.fixed_dictionaries(
    {
        "value": st.one_of(st.floats(0.01, 100), st.floats(-100, -0.01)),
        "reach": st.floats(1, 1e6),
        "cost": amounts,
        "cost_per_user": st.one_of(st.just(0.0), st.floats(0.001, 1)),
        "extension": st.integers(0, 10**6),
        "treatment_share": st.floats(0.05, 0.95),
    }
)


@settings(deadline=None, max_examples=60)
@given(effects, errors, stakes_of, st.floats(1, 1e5))
def test_launching_at_a_higher_cost_is_never_better(
    value: float, error: float, stakes: dict[str, float], more: float
) -> None:
    cheap = decided(found(value, error), **stakes)
    dear = decided(found(value, error), **stakes | {"cost": stakes["cost"] + more})
    assert dear.gain.value <= cheap.gain.value
    assert dear.chance_of_loss >= cheap.chance_of_loss
    assert dear.loss_if_launched >= cheap.loss_if_launched - 1e-9 * abs(cheap.loss_if_launched)
    assert not (cheap.choice == "hold" and dear.choice == "launch")


@settings(deadline=None, max_examples=60)
@given(effects, errors, stakes_of, st.integers(1, 10**6))
def test_a_sample_is_worth_less_than_the_truth_and_more_than_a_smaller_one(
    value: float, error: float, stakes: dict[str, float], more: int
) -> None:
    result = decided(found(value, error), **stakes)
    larger = decided(found(value, error), **stakes | {"extension": stakes["extension"] + more})
    tiny = 1e-9 * abs(stakes["value"]) * stakes["reach"]
    assert 0 <= result.extension.sample_information <= result.perfect_information + tiny
    assert larger.extension.sample_information >= result.extension.sample_information - tiny
    assert result.loss_if_held - result.loss_if_launched == pytest.approx(
        result.gain.value, rel=1e-9, abs=tiny
    )


@settings(deadline=None, max_examples=30, phases=[Phase.explicit, Phase.generate])
@given(effects, errors, stakes_of)
def test_the_decision_stays_inside_its_range_and_changes_beyond(
    value: float, error: float, stakes: dict[str, float]
) -> None:
    estimate = found(value, error)
    result = decided(estimate, **stakes)
    ranked = sorted(result.expected.values())
    # Near a tie a float cannot say on which side of it a stake lies.
    assume(stakes["cost_per_user"] > 0)
    assume(ranked[-1] - ranked[-2] > 1e-6 * (1 + abs(stakes["value"]) * stakes["reach"]))

    def at(name: str, stake: float) -> str:
        if name == "effect":
            return decided(found(stake, error), **stakes).choice
        return decided(estimate, **stakes | {name: stake}).choice

    for name, now in {"effect": value, **stakes}.items():
        if name not in {"effect", "value", "cost", "cost_per_user"}:
            continue
        stays: Stays = getattr(result, name)
        for end in (stays.low, stays.high):
            if end is None or abs(end) < 1e-9:  # too near to zero to step to either side
                continue
            step = math.copysign(1e-3 * min(abs(end), abs(end - now)), end - now)
            assert at(name, end - step) == result.choice
            assert at(name, end + step) != result.choice


def test_break_evens_without_an_extension_are_those_of_the_expected_gain() -> None:
    result = decided(extension=0)
    assert result.choice == "launch"
    assert result.cost == Stays(None, pytest.approx(120_000))
    assert result.effect == Stays(pytest.approx(0.005), None)
    assert result.value == Stays(pytest.approx(100 / 6), None)
    assert result.cost_per_user == Stays(None, None)
    assert result.extension.break_even_cost_per_user is None
    against = decided(found(-0.006), extension=0, value=-20.0)
    assert against.effect == Stays(None, pytest.approx(-0.005))
    assert against.value == Stays(None, pytest.approx(-100 / 6))


def test_an_extension_pays_up_to_a_cost_a_user() -> None:
    result = decided()
    most = result.extension.break_even_cost_per_user
    assert most is not None
    assert result.cost_per_user == Stays(None, most)
    assert result.extension.net > 0
    assert decided(cost_per_user=most * 0.99).choice == "extend"
    assert decided(cost_per_user=most * 1.01).choice == "launch"
    assert decided(cost_per_user=most * 1.01).cost_per_user == Stays(most, None)


def test_a_free_test_is_always_worth_it_and_nothing_without_value_changes_that() -> None:
    free = decided(cost_per_user=0.0)
    assert free.choice == "extend"
    assert free.cost == free.effect == free.value == Stays(None, None)
    worthless = decided(value=0.0)
    assert (worthless.choice, worthless.value, worthless.effect) == (
        "hold",
        Stays(None, None),
        Stays(None, None),
    )


def test_at_a_higher_value_a_launch_is_worth_another_look() -> None:
    """The band about break-even in which a test pays grows with what is at stake."""
    result = decided(found(0.006, 0.004), cost=1_000.0, cost_per_user=0.5)
    assert result.choice == "launch"
    assert result.value.high is not None
    beyond = decided(
        found(0.006, 0.004), cost=1_000.0, cost_per_user=0.5, value=result.value.high * 1.01
    )
    assert beyond.choice == "extend"


def test_what_a_user_is_worth_is_the_mean_of_the_sum() -> None:
    rng, n = np.random.default_rng(8), 4_000
    songs = rng.gamma(2, 10, n)
    users = pd.DataFrame(
        {
            "arm": np.where(rng.random(n) < 0.3, "treatment", "control"),
            "songs": songs,
            "paid": (rng.random(n) < 0.05 + 0.002 * songs).astype(int),
            "left": (rng.random(n) < 0.2).astype(int),
        }
    )
    users["sum"] = 30 * users.paid + 0.02 * users.songs - 5 * users.left
    names = ["paid", "songs", "left"]
    pairs = [("paid", "songs"), ("left", "paid"), ("songs", "left")]
    arms = summarise(users, [*names, "sum"], pairs=pairs)
    values = {"paid": 30.0, "songs": 0.02, "left": -5.0}
    result = worth(arms["control"], arms["treatment"], values, level=0.95)
    expected = welch(arms["control"], arms["treatment"], "sum", level=0.95)
    for one, other in ((result.difference, expected.difference), (result.lift, expected.lift)):
        assert one is not None
        assert other is not None
        assert (one.low, one.high) == pytest.approx((other.low, other.high), rel=1e-9)
    holes = summarise(users.assign(paid=users.paid.where(users.index > 9)), names, pairs=pairs)
    for wrong, chosen in ((holes, values), (arms, {})):
        with pytest.raises(ValueError, match="known for the same units"):
            worth(wrong["control"], wrong["treatment"], chosen, level=0.95)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reach": -1.0}, "reach is at least 0"),
        ({"cost": math.inf}, "the cost lies between"),
        ({"cost_per_user": -0.1}, "cost_per_user is at least 0"),
        ({"extension": -1}, "size of the extension is at least 0"),
        ({"treatment_share": 1.0}, "treatment_share lies between 0 and 1"),
        ({"value": math.nan}, "the value lies between"),
    ],
)
def test_stakes_are_finite_and_no_cost_is_below_zero(
    changes: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        replace(STAKES, **changes)


@pytest.mark.parametrize(("mean", "sd"), [(math.nan, 1.0), (0.0, -1.0), (0.0, math.inf)])
def test_a_belief_is_a_proper_distribution(mean: float, sd: float) -> None:
    with pytest.raises(ValueError, match="of a belief"):
        Belief(mean, sd)
