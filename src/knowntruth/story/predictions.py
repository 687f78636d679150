"""Wording of predictions: what they are worth, and how close they come to what can be had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from .estimates import Estimate
from .experiments import capital
from .facts import Fact, Reason
from .findings import Finding
from .names import Name
from .numbers import decimals_for, plain

PREDICTORS = {
    "simple": "the logistic regression",
    "boosted": "the boosted trees",
    "oracle": "the oracle that knows the chances",
}

HOW_TO_READ = (
    "The first column is the chance that a user who pays was given more than one who does not; "
    "a blind guess has one half. Average precision is what it is worth when few pay: the share of "
    "payers among those picked, averaged over how far down the list one goes; a blind guess has "
    "the base rate. The slope says whether the chances can be taken at their word: below one they "
    "lie too far apart, above one too close together."
)


class Scored(Protocol):
    """What predictions are worth, as a method returns it."""

    @property
    def auc(self) -> Estimate | None:
        """Chance that an event was given more than another unit."""

    @property
    def average_precision(self) -> Estimate | None:
        """Share of events among those picked, averaged down the list."""

    @property
    def brier_skill(self) -> Estimate | None:
        """Share of the base rate's own squared error that is saved."""

    @property
    def calibration_slope(self) -> Estimate | None:
        """What to multiply the logits by."""


def row(predictor: str, found: Scored) -> dict[str, object]:
    """Return one row of the table of predictors."""
    return {
        "Predictor": PREDICTORS[predictor].removeprefix("the "),
        "Ranks right": _cell(found.auc),
        "Average precision (%)": _cell(found.average_precision, 100),
        "Brier skill (%)": _cell(found.brier_skill, 100),
        "Slope": _cell(found.calibration_slope),
    }


def _cell(estimate: Estimate | None, scale: float = 1) -> str:
    if estimate is None:
        return "–"
    decimals = max(1, decimals_for(estimate.resolution, scale=scale))
    value, low, high = (
        plain(scale * x, decimals) for x in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} ({low} to {high})"


def impossible(outcome: Name, reason: Reason) -> str:
    """Say that nobody can be predicted, and why."""
    return f"Who has {outcome} cannot be predicted in this run: {reason}."


def better(gap: Finding) -> str:
    """Say whether the trees rank better than the regression."""
    evidence = f"difference {gap:signed}, {gap:level} interval {gap:interval}"
    if gap.direction == "higher":
        return f"The trees rank better than the regression ({evidence})."
    if gap.direction == "lower":
        return f"The trees rank worse than the regression ({evidence})."
    return f"Trees and regression rank equally well, as far as these data can tell ({evidence})."


def reached(
    predictor: str, share: Fact, capture: Finding, precision: Finding, *, unit: Name
) -> str:
    """Say whom an offer would reach when the likeliest are picked."""
    return (
        f"{capital(PREDICTORS[predictor])}: the likeliest {share} of {unit} hold {capture:value} "
        f"of all who pay ({capture:interval}), and {precision:value} of those picked do "
        f"({precision:interval})."
    )


def picked(precision: Finding, share: Fact, *, unit: Name) -> str:
    """Say in a title how many of the likeliest have the outcome."""
    return f"Of the likeliest {share} of {unit}, {precision:value} have {precision.what}"


def ceiling(expected: Mapping[str, Fact]) -> str:
    """Say how close the predictors come to what nobody can exceed, luck aside."""
    top = expected["oracle"]
    parts = [f"{PREDICTORS[name]} {fact}" for name, fact in expected.items() if name != "oracle"]
    return (
        f"Luck aside, the chance to rank right is {top} for the oracle, and nobody can do better; "
        f"it is {' and '.join(parts)}. "
        f"{_left(expected, top)}"
    )


def _left(expected: Mapping[str, Fact], top: Fact) -> str:
    blind = 0.5
    best = max(fact.value for name, fact in expected.items() if name != "oracle")
    if top.value - blind < 0.01:
        return "In this world nobody can be told from anybody else, and a model can only seem to."
    nearly, most = 0.9, 0.75
    reached_share = (best - blind) / (top.value - blind)
    if reached_share >= nearly:
        return "What a model can learn here, the better of the two has all but learnt."
    if reached_share >= most:
        return "Most of what can be known is learnt; the rest is hidden, or too rare to learn."
    return "Much of what could be known is not learnt: it is hidden, or too rare to learn."
