"""Numbers as people read them: one way to write a percentage, a count, a p-value.

A *unit* says how a value is meant:
`relative` (0.13 is 13% more), `share` (0.10 is 10%), `points` (a difference of two shares,
in percentage points), `count` (whole things) or `number` (anything else).
"""

from __future__ import annotations

import math
from typing import Literal

Unit = Literal["relative", "share", "points", "count", "number"]

MINUS = "\N{MINUS SIGN}"
MAX_DECIMALS = 6
COARSE = 0.2  # a percentage that can be off by more is written without decimals


def decimals_for(resolution: float, *, scale: float = 1.0, significant: int = 2) -> int:
    """Return the decimals that show `resolution * scale` with so many significant digits.

    `resolution` is what the number can be trusted to: half the width of its interval,
    or the number itself where there is none.
    """
    size = abs(resolution) * scale
    if not math.isfinite(size) or size == 0:
        return significant - 1
    return min(max(significant - 1 - math.floor(math.log10(size)), 0), MAX_DECIMALS)


def plain(value: float, decimals: int) -> str:
    """Return a number with thousands grouped and a real minus sign; never a negative zero."""
    if math.isinf(value):
        return "unbounded"
    text = f"{abs(value):,.{decimals}f}"
    return f"{MINUS}{text}" if value < 0 and text.strip("0.,") else text


def write(value: float, unit: Unit, *, resolution: float | None = None) -> str:
    """Return `value` in its unit, with the digits that `resolution` allows."""
    trusted = value if resolution is None else resolution
    if unit == "count":
        return plain(value, 0)
    if unit == "number":
        return plain(value, decimals_for(trusted, significant=2 if resolution else 3))
    decimals = decimals_for(trusted, scale=100, significant=2)
    # Next to 16.7%, a bare 6% would look like another kind of number.
    if 0 < abs(trusted) < COARSE:
        decimals = max(decimals, 1)
    text = plain(100 * value, decimals)
    if text == "unbounded":
        return text
    return points(text) if unit == "points" else f"{text}%"


def points(text: str) -> str:
    """Return a written number with percentage points as its unit: `1 percentage point`."""
    return f"{text} percentage point{'' if text.removeprefix(MINUS) == '1' else 's'}"


def p_value(p: float) -> str:
    """Return a p-value with its sign of relation: `p = 0.21`, `p < 0.001`."""
    smallest, coarse = 0.001, 0.1
    if p < smallest:
        return f"p < {smallest}"
    # Two digits would write 0.0496 as 0.05, on the wrong side of a usual threshold.
    return f"p = {p:.2f}" if p >= coarse else f"p = {p:.3f}"
