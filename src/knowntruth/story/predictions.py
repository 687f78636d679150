"""Wording of predictions: what they are worth, and how close they come to what can be had."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

from .estimates import Estimate
from .experiments import capital
from .facts import Fact, Reason
from .findings import Finding
from .names import Name, listed
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
HOW_TO_READ = (
    "The first column is the chance that a user who pays was given more than one who does not; "
    "a blind guess has one half. Average precision is what it is worth when few pay: the share of "
    "payers among those picked, averaged over how far down the list one goes; a blind guess has "
    "the base rate. The slope says whether the chances can be taken at their word: below one they "
    "lie too far apart, above one too close together."
)

BLIND = 0.5  # chance of a blind guess to rank right
# Of the way from a blind guess to the oracle, what counts as nearly all, and as most of it.
NEARLY, MOST = 0.9, 0.75
HARDLY = 0.02  # of a blind guess, above it: a way that is no longer one


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
    value = plain(scale * estimate.value, decimals)
    if math.isinf(estimate.low) and math.isinf(estimate.high):
        return f"{value} (no bounds)"
    low, high = (plain(scale * end, decimals) for end in (estimate.low, estimate.high))
    return f"{value} ({low} to {high})"


def impossible(outcome: Name, reason: Reason) -> str:
    """Say that nobody can be predicted, and why."""
    return f"{outcome:capital} cannot be predicted in this run: {reason}."


def better(gap: Finding) -> str:
    """Say whether the trees rank better than the regression."""
    evidence = f"difference {gap:signed}, {gap:level} interval {gap:interval}"
    if gap.direction == "higher":
        return f"The trees rank better than the regression ({evidence})."
    if gap.direction == "lower":
        return f"The trees rank worse than the regression ({evidence})."
    return f"Whether trees or regression rank better cannot be told from these data ({evidence})."


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
    """Say in a title how many of the likeliest by the trees have the outcome."""
    return (
        f"{precision.what:capital} among the {share} of {unit} that the trees find likeliest: "
        f"{precision:value}"
    )


def ceiling(order: Mapping[str, Fact], top: Mapping[str, Fact], base: float) -> str:
    """Say how close the predictors come to what nobody can exceed, luck aside.

    Args:
        order: by predictor, the chance to rank right that is to be expected.
        top: by predictor, the average precision that is to be expected.
        base: the average precision of a blind guess.
    """
    models = [name for name in order if name != "oracle"]
    ranks = listed([f"{PREDICTORS[name]} with {order[name]}" for name in models])
    precise = listed([f"{top[name]} for {PREDICTORS[name]}" for name in models])
    return (
        f"Luck aside, the oracle ranks right with a chance of {order['oracle']}, and nobody can "
        f"do better; {ranks}. "
        f"The average precision to expect is {top['oracle']} for the oracle, {precise}. "
        f"{_left(_learnt(order, BLIND), _learnt(top, base))}"
    )


def _learnt(expected: Mapping[str, Fact], blind: float) -> float | None:
    """Return how far the best model gets from a blind guess to the oracle; None for nowhere."""
    way = expected["oracle"].value - blind
    best = max(fact.value for name, fact in expected.items() if name != "oracle")
    return None if way < HARDLY * blind else (best - blind) / way


def _left(order: float | None, top: float | None) -> str:
    if order is None:
        return "In this world nobody can be told from anybody else, and a model can only seem to."
    least = order if top is None else min(order, top)
    if least >= NEARLY:
        return "What a model can learn here, the better of the two has all but learnt."
    if least >= MOST:
        return "Most of what can be known is learnt; the rest is hidden, or too rare to learn."
    if order >= NEARLY:
        return (
            "The order of all is nearly learnt; who belongs at its very top is not, because that "
            "is hidden, or too rare to learn."
        )
    return "Much of what could be known is not learnt: it is hidden, or too rare to learn."
