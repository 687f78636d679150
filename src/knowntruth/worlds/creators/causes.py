"""Causes in `creators`: what acts on what, for anybody who wants to draw it.

All is of one creator in one month. `type`, `size`, `price_level` and `growth` are hidden, and so
are the chances that follow from them; `begins` is the month of the first sales, `month` the month
at hand. `there` is whether the creator has begun and not left, `rests` whether they sell nothing
that month all the same. Only direct causes are listed. Luck is none.
"""

from __future__ import annotations

from .parameters import Parameters
from .rules import Rules

HIDDEN = frozenset({"type", "size", "price_level", "growth", "there", "rests"})


def causes_of(p: Parameters) -> dict[str, tuple[str, ...]]:
    """Return each quantity, and those that act on it directly with these parameters."""
    types = p.types > 1 and p.distinctness > 0
    grows = p.growth != 0 or p.growth_spread > 0
    leaves, rests = p.leaving > 0, p.rest > 0
    factors = set(Rules(p).factors[: p.months])
    at_work: dict[str, dict[str, bool]] = {
        "type": {},
        "begins": {},
        "month": {},
        "size": {"type": types},
        "price_level": {
            "type": types and p.price_spread > 0,
            "size": p.price_by_size != 0 and p.price_spread > 0,
        },
        "growth": {"type": types and p.growth_spread > 0},
        "there": {
            "begins": True,
            "month": True,
            "size": leaves and p.leaving_by_size != 0,
        },
        "rests": {
            "begins": rests,  # nobody rests in the month in which they begin
            "month": rests,
            "size": rests and p.rest_by_size != 0,
        },
        "transactions": {
            "there": True,
            "rests": rests,
            "size": p.volume_spread > 0,
            "growth": p.growth_spread > 0,
            "begins": grows,
            "month": grows or len(factors) > 1 or p.month_spread > 0,
        },
        "gmv": {"transactions": True, "price_level": p.price_spread > 0},
    }
    return {
        effect: tuple(cause for cause, works in causes.items() if works)
        for effect, causes in at_work.items()
    }
