"""Decisions: launch, hold or extend the test, under stated values and costs.

The *gain* of launching is reach x value x effect - cost, where the effect is per user and
the belief about it normal (see `beliefs`); holding gains nothing.
*Expected loss* is what the wrong one of two choices costs on average, so the smaller of both
is the *value of perfect information*. The *value of sample information* is how much better
the choice between launch and hold becomes, on average, after more of the same test.

Closed forms for the normal: Raiffa & Schlaifer 1961, chapter 5. Value, reach and costs are
taken as certain.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from scipy.optimize import brentq
from scipy.stats import norm

from ...story.estimates import Estimate
from ..checks import check_at_least, check_between, check_share
from ..moments import Moments, Sample
from .beliefs import Belief, belief, standard_error
from .experiments import Comparison, welch

Choice = Literal["hold", "launch", "extend"]

WORTH = "worth"

# A break-even value is looked for up to this factor of the stated one.
FARTHEST = 1e3
STEPS_A_DECADE = 24


@dataclass(frozen=True, kw_only=True)
class Stakes:
    """What launching and testing bring and cost.

    Attributes:
        value: of one unit of the outcome, in money.
        reach: users to whom it would be launched.
        cost: of launching, in money.
        cost_per_user: of one further user in the test, in money.
        extension: further users in both arms, if the test is extended.
        treatment_share: their share of treatment.
    """

    value: float
    reach: float
    cost: float
    cost_per_user: float
    extension: int
    treatment_share: float

    def __post_init__(self) -> None:
        """Refuse what cannot be at stake."""
        check_between("the value", self.value, -math.inf, math.inf)
        for name in ("reach", "cost", "cost_per_user"):
            check_between(f"the {name}", check_at_least(name, getattr(self, name), 0), -1, math.inf)
        check_at_least("the size of the extension", self.extension, 0)
        check_share("treatment_share", self.treatment_share)


@dataclass(frozen=True)
class Stays:
    """The values of one stake between which the decision stays the same.

    Attributes:
        low, high: ends of the range; None where no value on that side changes it.
    """

    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Extension:
    """What more of the same test is worth.

    Attributes:
        n: further units, in both arms.
        sample_information: expected gain of choosing after it rather than now (EVSI).
        cost: of it.
        chance_to_change: probability that the choice between launch and hold is another then.
    """

    n: int
    sample_information: float
    cost: float
    chance_to_change: float

    @property
    def net(self) -> float:
        """Sample information less its cost."""
        return self.sample_information - self.cost

    @property
    def break_even_cost_per_user(self) -> float | None:
        """The most that a unit may cost; None without units."""
        return self.sample_information / self.n if self.n else None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Launch, hold or extend, and what speaks for each.

    Attributes:
        choice: what has the greatest expected value; in a tie hold before launch before
            extend.
        belief: about the effect, after prior and estimate.
        gain: expected net gain of launching, in units of value; its interval holds the gain
            with probability `level`, nothing is tested.
        chance_of_loss: probability that launching gains less than nothing.
        loss_if_launched: expected loss of launching, against knowing the effect.
        loss_if_held: expected loss of holding, the gain that is then missed.
        extension: what extending is worth.
        expected: expected value of each choice.
        effect, value, cost, cost_per_user: between which of its values the decision stays
            the same, all else equal; `effect` means the belief's mean.
    """

    choice: Choice
    belief: Belief
    gain: Estimate
    chance_of_loss: float
    loss_if_launched: float
    loss_if_held: float
    extension: Extension
    expected: Mapping[Choice, float]
    effect: Stays
    value: Stays
    cost: Stays
    cost_per_user: Stays

    @property
    def perfect_information(self) -> float:
        """Expected gain of choosing with the effect known rather than now (EVPI)."""
        return min(self.loss_if_launched, self.loss_if_held)


def worth(
    control: Moments, treatment: Moments, values: Mapping[str, float], *, level: float
) -> Comparison:
    """Compare what a user is worth, each column counted at its value, by Welch's t-test.

    The columns of one user go together, which is why their estimates cannot simply be added:
    the moments must hold a pair for every two columns of `values`, and the same units must
    be known in all. In `decide`, its difference has the value 1.

    Raises:
        ValueError: no column, or columns known for different numbers of units.
        DataError: an arm without a known value.
    """
    c, t = (Moments(arm.rows, {WORTH: _worth(arm, values)}) for arm in (control, treatment))
    return welch(c, t, WORTH, level=level)


def net_gain(estimate: Estimate, *, value: float, reach: float, cost: float) -> Estimate:
    """Return what an effect on each of `reach` users brings, less the cost: in money.

    A linear image of the estimate, at its level. It has no p-value: the estimate's is of an
    effect of zero, and the gain is zero where the effect just pays the cost.

    Raises:
        ValueError: a reach below zero.
    """
    scale = check_at_least("the reach", reach, 0) * value
    low, high = sorted(
        scale * end - cost if scale else -cost for end in (estimate.low, estimate.high)
    )
    return Estimate(
        value=scale * estimate.value - cost,
        low=low,
        high=high,
        level=estimate.level,
        n=estimate.n,
        method=estimate.method,
    )


def decide(
    estimate: Estimate, stakes: Stakes, *, treatment_share: float, prior: Belief | None = None
) -> Decision:
    """Choose between launching, holding and extending the test.

    `estimate` is the difference per user that the test has found, `treatment_share` its share
    of treatment; units of the extension are taken to vary as those of the test do. The
    extension is over before anything is launched, and delays it at no cost but
    `cost_per_user`.

    Raises:
        ValueError: as `belief`; a share that is not between 0 and 1.
    """
    check_share("treatment_share", treatment_share)
    after = belief(estimate, prior=prior)
    spent = estimate.n * treatment_share * (1 - treatment_share)
    share = stakes.treatment_share
    further = stakes.extension * share * (1 - share)
    error = standard_error(estimate) * math.sqrt(spent / further) if further else math.inf
    preview = after.preview(error)
    gain = _gain(after, stakes)
    seen = _gain(preview, stakes)
    extension = Extension(
        n=stakes.extension,
        sample_information=seen.information,
        cost=stakes.cost_per_user * stakes.extension,
        chance_to_change=seen.chance_of_other_sign,
    )
    expected = _expected(seen, extension.cost)
    choice = _best(expected)
    reach = float(norm.isf((1 - estimate.level) / 2)) * gain.sd
    return Decision(
        choice=choice,
        belief=after,
        gain=Estimate(
            value=gain.mean,
            low=gain.mean - reach,
            high=gain.mean + reach,
            level=estimate.level,
            n=estimate.n,
            method="normal posterior",
        ),
        chance_of_loss=gain.chance_below_zero,
        loss_if_launched=gain.expected_below_zero,
        loss_if_held=gain.expected_above_zero,
        extension=extension,
        expected=expected,
        **_break_evens(choice, preview, stakes, extension),
    )


def _worth(arm: Moments, values: Mapping[str, float]) -> Sample:
    samples = [arm.samples[name] for name in values]
    if len({sample.count for sample in samples}) != 1:
        raise ValueError("what a user is worth takes columns that are known for the same units")
    variance = sum(
        value**2 * sample.variance for value, sample in zip(values.values(), samples, strict=True)
    )
    for (first, one), (second, other) in itertools.combinations(values.items(), 2):
        variance += 2 * one * other * arm.pair(first, second).covariance
    mean = sum(value * s.mean for value, s in zip(values.values(), samples, strict=True))
    return Sample(samples[0].count, mean, variance)


def _gain(effect: Belief, stakes: Stakes) -> Belief:
    return effect.scaled(stakes.reach * stakes.value, -stakes.cost)


def _expected(seen: Belief, test_cost: float) -> dict[Choice, float]:
    """Return the expected value of each choice, from what will be seen of the gain."""
    extended = max(seen.mean, 0.0) + seen.information - test_cost
    return {"hold": 0.0, "launch": seen.mean, "extend": extended}


def _best(expected: Mapping[Choice, float]) -> Choice:
    return max(expected, key=lambda choice: expected[choice])


def _break_evens(
    choice: Choice, preview: Belief, stakes: Stakes, extension: Extension
) -> dict[str, Stays]:
    """Return the range of each stake in which the choice stays the best."""
    low, high = _stays(choice, _gain(preview, stakes).sd, extension.cost)
    per_effect = stakes.reach * stakes.value
    effect = Stays(None, None)
    if per_effect:
        ends = [_finite((end + stakes.cost) / per_effect) for end in (low, high)]
        effect = Stays(*(ends if per_effect > 0 else ends[::-1]))
    free = per_effect * preview.mean
    costs = [_finite(free - end) for end in (high, low)]
    lowest = costs[0] if costs[0] is not None and costs[0] > 0 else None
    return {
        "effect": effect,
        "value": _stays_by_value(choice, preview, stakes, extension.cost),
        "cost": Stays(lowest, costs[1]),
        "cost_per_user": _stays_by_test_cost(choice, extension),
    }


def _stays(choice: Choice, sd: float, test_cost: float) -> tuple[float, float]:
    """Return the expected gains between which a choice is the best.

    More is learnt by a test the nearer the expected gain is to zero: it pays within a band
    about zero, below which holding is best and above which launching is.
    """

    def lacking(mean: float) -> float:
        return Belief(mean, sd).information - test_cost

    band = 0.0
    if lacking(0.0) > 0:
        # Beyond forty standard deviations nothing is learnt that a float can hold.
        farthest = 40 * sd
        band = float(brentq(lacking, 0, farthest)) if lacking(farthest) < 0 else math.inf
    if choice == "extend":
        return -band, band
    return (band, math.inf) if choice == "launch" else (-math.inf, -band)


def _stays_by_test_cost(choice: Choice, extension: Extension) -> Stays:
    most = extension.break_even_cost_per_user or None
    return Stays(None, most) if choice == "extend" else Stays(most, None)


def _stays_by_value(choice: Choice, preview: Belief, stakes: Stakes, test_cost: float) -> Stays:
    """Return the values nearest to the stated one at which another choice becomes the best.

    The value scales what is at stake and what can be learnt, so the search goes outwards in
    steps, by way of the value at which launching breaks even, and halves the step in which
    the choice changes. A test that costs nothing pays at any value.
    """
    if choice == "extend" and not test_cost:
        return Stays(None, None)

    def changes(factor: float) -> bool:
        gain = preview.scaled(stakes.reach * stakes.value * factor, -stakes.cost)
        return _best(_expected(gain, test_cost)) != choice

    per_value = stakes.reach * stakes.value * preview.mean
    kink = stakes.cost / per_value if per_value > 0 else 1.0
    decades = math.log10(FARTHEST)
    steps = [
        10 ** (step / STEPS_A_DECADE) for step in range(1, round(decades * STEPS_A_DECADE) + 1)
    ]
    found: list[float | None] = []
    for path in (sorted(1 / step for step in steps)[::-1], steps):
        outward = path[0] < 1
        points = sorted([*path, *([kink] if min(path) < kink < max(path) else [])], reverse=outward)
        found.append(_first_change(changes, points))
    low, high = (None if factor is None else stakes.value * factor for factor in found)
    return Stays(low, high) if stakes.value > 0 else Stays(high, low)


def _first_change(changes: Callable[[float], bool], points: Sequence[float]) -> float | None:
    """Return where `changes` turns true on the way from 1 along the points, or None."""
    inside = 1.0
    for point in points:
        if changes(point):
            outside = point
            while abs(outside - inside) > 1e-12 * abs(inside):
                middle = (inside + outside) / 2
                inside, outside = (inside, middle) if changes(middle) else (middle, outside)
            return inside
        inside = point
    return None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
