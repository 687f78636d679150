"""Facts: what a sentence may use besides estimates: numbers without an interval, and reasons.

A *fact* is a parameter, a count, a threshold or a design figure. Its `forms` are all the
ways in which it can be written, so that every number in a sentence can be traced.
"""

from __future__ import annotations

from dataclasses import dataclass

from .numbers import Unit, decimals_for, p_value, plain, points

Payload = dict[str, object]


@dataclass(frozen=True)
class Fact:
    """A named number, in a unit, optionally with a fixed number of decimals."""

    name: str
    value: float
    unit: Unit = "number"
    decimals: int | None = None

    def __str__(self) -> str:
        """Return the number as prose shows it."""
        scaled = self.value if self.unit in {"count", "number"} else 100 * self.value
        if self.decimals is not None:
            text = plain(scaled, self.decimals)
        elif self.unit == "count":
            text = plain(scaled, 0)
        else:
            # A parameter is exact: 0.05 is 5%, not 5.00%.
            text = plain(scaled, decimals_for(scaled, significant=4))
            text = text.rstrip("0").rstrip(".") if "." in text else text
        if self.unit == "points":
            return points(text)
        return f"{text}%" if self.unit in {"relative", "share"} else text

    def __format__(self, spec: str) -> str:
        """Return the number as text; `size` leaves the sign out."""
        if spec == "":
            return str(self)
        if spec == "size":
            return str(self).removeprefix("\N{MINUS SIGN}")
        raise ValueError(f"a fact has no form {spec!r}; use 'size' or nothing")

    def payload(self) -> Payload:
        """Return the fact as data for the reader of a run."""
        return {
            "kind": "fact",
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "decimals": self.decimals,
            "forms": {"": str(self), "size": f"{self:size}"},
        }


@dataclass(frozen=True)
class Reason:
    """Why something cannot be worked out, as a method says it."""

    name: str
    text: str

    def __str__(self) -> str:
        """Return the reason."""
        return self.text

    def __format__(self, spec: str) -> str:
        """Return the reason; it has one form."""
        if spec:
            raise ValueError(f"a reason has no form {spec!r}")
        return self.text

    def payload(self) -> Payload:
        """Return the reason as data for the reader of a run."""
        return {"kind": "reason", "name": self.name, "forms": {"": self.text}}


@dataclass(frozen=True)
class PValue:
    """A p-value without an estimate of its own, such as that of a test over several groups."""

    name: str
    value: float

    def __str__(self) -> str:
        """Return the p-value with its sign of relation."""
        return p_value(self.value)

    def __format__(self, spec: str) -> str:
        """Return the p-value as text; it has one form."""
        if spec:
            raise ValueError(f"a p-value has no form {spec!r}")
        return str(self)

    def payload(self) -> Payload:
        """Return the p-value as data for the reader of a run."""
        return {
            "kind": "p-value",
            "name": self.name,
            "value": self.value,
            "forms": {"": str(self)},
        }
