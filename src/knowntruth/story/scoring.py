"""Wording of score cards: why methods are right or wrong, and how they behave in many worlds."""

from __future__ import annotations

from typing import Protocol

from .estimates import Estimate
from .numbers import Unit, decimals_for, plain

ASSUMES_SPLIT = "Each unit was assigned by lot, with the planned share."

WHY_RULE = {
    "none": "Machines, where there are any, dilute the lift and widen its interval.",
    "trim": "Drops units by what the treatment can move: bends the answer when it moves it.",
    "winsorise": "Caps a value that the treatment can move: bends the answer, but drops nobody.",
    "flagged": "Leaves out by behaviour that the treatment does not change: bends nothing.",
}
ASSUMES_RULE = {
    "none": "No unit is a machine, and none is so large that it decides the mean.",
    "trim": "The treatment does not move units across the cut. If it works, it does.",
    "winsorise": "Little of the effect lies above the cap.",
    "flagged": "The flag is made from behaviour that the treatment does not change.",
}
WHY_CUPED = "Takes out what was known before assignment, which the treatment cannot have changed."
ASSUMES_CUPED = "The covariate was measured before assignment."
WHY_TEST = "Compares the arms as assigned; one test, planned before the data."
ASSUMES_TEST = "Units do not influence one another, and the test was planned before the data."
WHY_NOTHING = "Reads a limit of the test as a property of the treatment."
ASSUMES_NOTHING = "A test that sees nothing could have seen everything. It could not."

SCORE = {
    "expected": (
        "Turns the change in use into payers by the link seen in control.",
        "What links use and paying in control links them in treatment too.",
    ),
    "direct": (
        "What remains after the expected part; unbent, and only as sharp as the test is large.",
        "Nothing unseen moves both use and paying.",
    ),
    "proxy": (
        "Holds only where the treatment moves the signal and the outcome by the same road.",
        "The treatment moves the outcome only as far as it moves the signal.",
    ),
    "days": (
        "Uses each unit for as long as it was watched.",
        "Who is watched for a shorter time leaves no sooner or later than others.",
    ),
    "heavy_now": (
        "Chosen after treatment; held against the true effect on those who would be heavy anyway.",
        "The treatment moves nobody into the group. If it works, it does.",
    ),
    "heavy_before": (
        "Chosen before treatment, so both arms hold the same kind of units.",
        "The grouping column was measured before assignment.",
    ),
    "offers": (
        "Compares a ratio of means, with the error of both its sides.",
        "Units do not influence one another.",
    ),
    "rate": (
        "Counts everybody once; nothing but chance is between it and the truth.",
        "Users do not influence one another.",
    ),
    "crude": (
        "Takes what goes along with the factor for the factor's own doing.",
        "Nothing else differs between the groups.",
    ),
    "adjusted": (
        "Holds equal what is in the table; is off by what is not, and by the curve's shape.",
        "Everything that moves both the factor and the outcome is in the table.",
    ),
    "mean": (
        "Takes every user at face value, the odd ones included.",
        "No user is so far out that it decides the mean.",
    ),
    "robust": (
        "Gives the outermost values less weight; many that are a little off still move it.",
        "Odd values are few, and lie far out.",
    ),
    "auc": (
        "Asked of users on whom nothing was fitted, so it keeps its word.",
        "Later users are like these.",
    ),
    "sequence": (
        "Holds on all days at once, and pays for that with width.",
        "Units that enter later are like those that entered before.",
    ),
}


MOST_DECIMALS = 3


class Scored(Protocol):
    """How a method behaved over many worlds, as a case returns it."""

    @property
    def label(self) -> str:
        """The method in words."""

    @property
    def quantity(self) -> str:
        """What it estimates."""

    @property
    def unit(self) -> Unit:
        """Unit of its values."""

    @property
    def why(self) -> str:
        """Why it behaves so."""

    @property
    def bias(self) -> Estimate | None:
        """Mean error, with its Monte Carlo interval."""

    @property
    def spread(self) -> tuple[float, float]:
        """Standard deviation of the values, with its Monte Carlo error."""

    @property
    def coverage(self) -> Estimate | None:
        """How often its interval holds the truth."""

    @property
    def alarms(self) -> Estimate:
        """How often it calls a difference."""

    @property
    def fails(self) -> bool:
        """Whether its value, its interval or its alarms are not what they should be."""


def behaviour_row(score: Scored) -> dict[str, object]:
    """Return one row of the score card over many worlds."""
    spread, error = score.spread
    # Differences of shares are told in points, everything else in its own unit.
    scale = 1 if score.unit in {"number", "count"} else 100
    return {
        "Method": score.label,
        "Quantity": score.quantity,
        "Bias": _with_error(score.bias, scale),
        "Spread": _plus_minus(spread, 1.96 * error, scale),
        "Coverage (%)": _with_error(score.coverage, 100),
        "Alarms (%)": _with_error(score.alarms, 100),
        "Verdict": "✗ fails" if score.fails else "✓ holds",
        "Why": score.why,
    }


def _with_error(estimate: Estimate | None, scale: float) -> str:
    if estimate is None:
        return "–"
    return _plus_minus(estimate.value, (estimate.high - estimate.low) / 2, scale)


def _plus_minus(value: float, half: float, scale: float) -> str:
    # An error that is nothing but rounding deserves no further digits.
    decimals = min(max(1, decimals_for(half, scale=scale, significant=1)), MOST_DECIMALS)
    return f"{plain(scale * value, decimals)} ± {plain(scale * half, decimals)}"
