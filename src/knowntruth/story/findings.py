"""Findings: an estimate together with what it says, and whether it was right.

A finding *says* a direction. Where the truth is known it has a *grade*:
`wrong` when its interval leaves the truth out, `undecided` when it holds the truth but
cannot tell the direction of a true difference, `right` otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .estimates import FORMS as ESTIMATE_FORMS
from .estimates import Direction, Estimate, side
from .facts import Payload
from .names import Name

Grade = Literal["right", "wrong", "undecided"]

SIGNS: dict[Grade, str] = {"right": "✓ right", "wrong": "✗ wrong", "undecided": "– undecided"}


@dataclass(frozen=True)
class Finding:
    """What an estimate says about a named quantity.

    Attributes:
        name: a key for programs, such as `lift`.
        what: the quantity in the words of this run.
        estimate: the number with its interval.
        truth: the true value in the estimate's unit, or None where nobody knows it.
        names: every other name that the finding's sentences may use.
    """

    name: str
    what: Name
    estimate: Estimate
    truth: float | None = None
    names: tuple[Name, ...] = ()

    @property
    def direction(self) -> Direction:
        """The direction that the whole interval supports."""
        return self.estimate.direction

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out "no difference"."""
        return self.direction != "unclear"

    @property
    def grade(self) -> Grade | None:
        """Whether the finding was right; None where the truth is not known."""
        return None if self.truth is None else grade(self.estimate, self.truth)

    def __format__(self, spec: str) -> str:
        """Return a form of the estimate, or `truth`, `verdict`, `grade`."""
        if spec in ESTIMATE_FORMS:
            return format(self.estimate, spec)
        if spec == "truth":
            return "not known" if self.truth is None else self.estimate.write(self.truth)
        if spec == "verdict":
            return verdict(self)
        if spec == "grade":
            return SIGNS[self.grade] if self.grade else "not known"
        raise ValueError(f"a finding has no form {spec!r}")

    def payload(self) -> Payload:
        """Return the finding as data for the reader of a run."""
        forms = {spec: format(self, spec) for spec in (*ESTIMATE_FORMS, *FORMS)}
        return self.estimate.payload() | {
            "kind": "finding",
            "name": self.name,
            "what": self.what.text,
            "truth": self.truth,
            "grade": self.grade,
            "forms": forms,
        }


FORMS = ("truth", "verdict", "grade")


def grade(estimate: Estimate, truth: float) -> Grade:
    """Return whether an estimate was right about a known truth."""
    if not estimate.covers(truth):
        return "wrong"
    null = estimate.null
    if null is not None and estimate.direction == "unclear" and truth != null:
        return "undecided"
    return "right"


def verdict(finding: Finding) -> str:
    """Return what the finding allows one to say, as one or two sentences."""
    estimate = finding.estimate
    if estimate.null is None:
        return f"The {estimate:level} interval runs from {estimate:low} to {estimate:high}."
    if finding.is_clear:
        far, near = estimate.low, estimate.high
        if finding.direction == "lower":
            far, near = near, far
        return (
            f"The difference is clear: even the cautious end of the interval is "
            f"{side(estimate, far)}."
        )
    return (
        "No difference is established, and none is ruled out either: "
        f"anything {estimate:range} fits these data."
    )
