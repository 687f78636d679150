"""Estimates: a number together with how far it can be trusted.

An *estimate* has a value, an interval at a level, a sample size and, where a test belongs
to it, a p-value. Interval and p-value of one estimate come from the same test, so that
"the interval leaves out no difference" and "p is below 1 - level" never disagree.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .facts import Payload
from .numbers import MINUS, Unit, p_value, write

Direction = Literal["higher", "lower", "unclear"]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A value with its interval.

    Attributes:
        value: the estimate, in its unit; finite.
        low, high: ends of the interval; infinite where the data set no bound.
        level: coverage that the interval is made for, such as 0.95.
        n: units that entered.
        unit: how the value is meant, see `numbers`.
        p_value: two-sided p-value against `null`, or None where nothing is tested.
        null: the value that means "no difference", or None for a level such as a mean.
        method: the field's name of the method.
    """

    value: float
    low: float
    high: float
    level: float
    n: int
    unit: Unit = "number"
    p_value: float | None = None
    null: float | None = 0.0
    method: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no estimate."""
        if not math.isfinite(self.value):
            raise ValueError(f"an estimate must be finite, not {self.value}")
        if math.isnan(self.low) or math.isnan(self.high) or self.low > self.high:
            raise ValueError(f"no interval from {self.low} to {self.high}")
        if not 0 < self.level < 1:
            raise ValueError(f"the level of an interval lies between 0 and 1, not {self.level}")

    @property
    def direction(self) -> Direction:
        """Which side of `null` the whole interval lies on; `unclear` when it holds `null`."""
        null = 0.0 if self.null is None else self.null
        if self.low > null:
            return "higher"
        return "lower" if self.high < null else "unclear"

    @property
    def resolution(self) -> float:
        """Half the width of the interval: what the digits can be trusted to."""
        ends = [end for end in (self.low, self.high) if math.isfinite(end)]
        return max((abs(end - self.value) for end in ends), default=abs(self.value))

    def covers(self, value: float) -> bool:
        """Whether the interval holds `value`."""
        return self.low <= value <= self.high

    def write(self, value: float) -> str:
        """Return another value in this estimate's unit and digits."""
        return write(value, self.unit, resolution=self.resolution or None)

    def __format__(self, spec: str) -> str:
        """Return one of the forms named in `FORMS`."""
        if spec not in FORMS:
            raise ValueError(f"an estimate has no form {spec!r}; it has {', '.join(FORMS)}")
        return FORMS[spec](self)

    def payload(self) -> Payload:
        """Return the estimate as data for the reader of a run."""
        numbers: Payload = {
            "value": self.value,
            # JSON has no infinity.
            "low": self.low if math.isfinite(self.low) else None,
            "high": self.high if math.isfinite(self.high) else None,
            "level": self.level,
            "n": self.n,
            "unit": self.unit,
            "p_value": self.p_value,
            "null": self.null,
            "method": self.method,
            "direction": self.direction,
        }
        return numbers | {"kind": "estimate", "forms": {s: format(self, s) for s in FORMS}}


def side(estimate: Estimate, value: float) -> str:
    """Return `value` as a change in words: `13% higher`, `0.4 percentage points lower`."""
    if math.isinf(value):
        return f"any amount {'higher' if value > 0 else 'lower'}"
    written = estimate.write(abs(value))
    if not any(digit in written for digit in "123456789"):
        return "the same"
    return f"{written} {'higher' if value > 0 else 'lower'}"


def _interval(estimate: Estimate) -> str:
    low, high = estimate.write(estimate.low), estimate.write(estimate.high)
    if math.isinf(estimate.low):
        low = "no lower bound"
    if math.isinf(estimate.high):
        high = "no upper bound"
    elif estimate.unit == "points":
        # A range is of several points, even one that ends at 1.
        low, high = (text.partition(" percentage point")[0] for text in (low, high))
        high = f"{high} percentage points"
    return f"{low} to {high}"


def _signed(estimate: Estimate) -> str:
    written = estimate.write(estimate.value)
    return written if written.startswith(MINUS) else f"+{written}"


FORMS: dict[str, Callable[[Estimate], str]] = {
    "": lambda e: e.write(e.value),
    "value": lambda e: e.write(e.value),
    "signed": _signed,
    "size": lambda e: e.write(abs(e.value)),
    "change": lambda e: side(e, e.value),
    "interval": _interval,
    "range": lambda e: f"from {side(e, e.low)} to {side(e, e.high)}",
    "low": lambda e: e.write(e.low),
    "high": lambda e: e.write(e.high),
    "level": lambda e: write(e.level, "share", resolution=e.level),
    "n": lambda e: write(e.n, "count"),
    "p": lambda e: "no test" if e.p_value is None else p_value(e.p_value),
    "direction": lambda e: {"unclear": "not clearly different"}.get(e.direction, e.direction),
}
