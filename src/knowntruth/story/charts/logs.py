"""Logs: axes that go by factors, with round numbers that a phone has room for."""

from __future__ import annotations

import math
from collections.abc import Iterable

MOST = 7  # ticks on a phone
WIDE = 5  # ratio of the ends from which on there are round numbers between them
STEPS = (1, 2, 5)
ROOM = 1.5  # factor by which an axis may reach further than its values


def axis(values: Iterable[float]) -> dict[str, object]:
    """Return Plotly's settings for a logarithmic axis of these values; none but those above zero.

    Ticks stand at ones, twos and fives, or at powers of ten where those are too many. Between
    values of one size there are no such numbers, so Plotly chooses.
    """
    known = [value for value in values if value > 0]
    if not known or max(known) <= WIDE * min(known):
        return {"type": "log"}
    low, high = min(known), max(known)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in (STEPS, (1,)):
        ticks = [step * 10.0**power for power in powers for step in steps]
        # An axis reaches a little further than its values.
        near = [tick for tick in ticks if low / ROOM <= tick <= high * ROOM]
        if len(near) <= MOST:
            break
    return {"type": "log", "tickvals": near, "ticktext": [_written(tick) for tick in near]}


def _written(tick: float) -> str:
    """Return a round number in few letters: 2k for two thousand."""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if tick >= size:
            return f"{tick / size:.0f}{letter}"
    return f"{tick:.0f}" if tick >= 1 else f"{tick:.6f}".rstrip("0")
