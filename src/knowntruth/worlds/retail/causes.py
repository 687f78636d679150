"""Causes in `retail`: what acts on what, for anybody who wants to draw it.

All is of one customer and one of their purchases. `power`, `frequency`, `preferences`, `taste`,
`there` (whether the customer is there on a day) and `popularity` are hidden; `season` is the time
of the year; `previous` is the category of the purchase before; `buys` is whether and how often
the customer buys on the day; `catalogue` is what has been launched by then. Only direct causes
are listed. Luck is none.
"""

from __future__ import annotations

from .parameters import CATEGORIES, Parameters

HIDDEN = frozenset({"power", "frequency", "preferences", "taste", "popularity", "there"})


def causes_of(p: Parameters) -> dict[str, tuple[str, ...]]:
    """Return each quantity, and those that act on it directly with these parameters."""
    comes = p.arriving > 0
    goes = p.leaving > 0
    powers = [units for units, share in zip(p.extra_units, p.power_shares, strict=True) if share]
    factors = [
        factor
        for factor, share in zip(p.frequency_factors, p.frequency_shares, strict=True)
        if share
    ]
    several = p.products > len(CATEGORIES)  # more than one in some category
    at_work: dict[str, dict[str, bool]] = {
        "power": {},
        "frequency": {},
        "preferences": {},
        "taste": {},
        "popularity": {},
        "signed_up": {},
        "day": {},
        "season": {"day": p.season > 0},
        "there": {"signed_up": comes or goes, "day": comes or goes},
        "catalogue": {"day": p.launched > 0 and several},
        "buys": {
            "frequency": len(set(factors)) > 1,
            "there": comes or goes,
            "season": p.season > 0,
        },
        "previous": {"preferences": p.follow > 0},
        "category": {"preferences": True, "previous": p.follow > 0},
        "product": {
            "category": True,
            "popularity": several and p.popularity_low < p.popularity_high,
            "taste": several and p.taste > 0,
            "catalogue": several and p.launched > 0,
        },
        "price": {
            "product": True,
            "category": len({(p.price_low[name], p.price_high[name]) for name in CATEGORIES}) > 1,
        },
        "cost": {"price": True, "category": len(set(p.margins.values())) > 1},
        "quantity": {"power": len(set(powers)) > 1},
        "amount": {"price": True, "quantity": True},
    }
    return {
        effect: tuple(cause for cause, works in causes.items() if works)
        for effect, causes in at_work.items()
    }
