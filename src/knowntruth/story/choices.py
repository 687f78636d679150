"""Wording of decisions: what was stated about money, what follows, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping

from .facts import Fact
from .findings import Finding
from .names import Name

CHOICES = {"launch": "launch", "hold": "hold", "extend": "extend the test, then decide"}


def stakes(
    value: Fact, reach: Fact, cost: Fact, extension: Fact, extension_cost: Fact, *, unit: Name
) -> str:
    """Say what was stated about money."""
    return (
        f"Stated for this run: one more payer is worth {value}; a launch reaches {reach} {unit} "
        f"and costs {cost}; extending the test by {extension} {unit} costs {extension_cost}."
    )


def weighed(gain: Finding, facts: Mapping[str, Fact]) -> str:
    """Say what the launch is expected to bring, and what the wrong choice would cost."""
    way = "gain" if gain.estimate.value >= 0 else "loss"
    return (
        f"Launching has an expected net {way} of {gain:size} ({gain:level} interval "
        f"{gain:interval}), and a chance of {facts['losing']} to lose money. "
        f"Launching wrongly costs {facts['launch']} on average, holding wrongly {facts['hold']}. "
        f"Knowing what the extension would show is worth {facts['sample']}, before its cost."
    )


def would_change(choice: str, ends: Mapping[tuple[str, str], Fact]) -> str:
    """Say at which values of what was stated another choice would be better."""
    words = {"value": "a payer were worth", "cost": "a launch cost", "effect": "the effect were"}
    sides = {"low": "less than", "high": "more than"}
    parts = [f"{words[name]} {sides[side]} {fact}" for (name, side), fact in ends.items()]
    start = f"The choice with the greatest expected value is: **{CHOICES[choice]}**."
    if not parts:
        return f"{start} No single value would change it."
    return f"{start} It would be another one if {', or if '.join(parts)}."


def advice(choice: str, losing: Fact) -> str:
    """Return the advice of the decision, for an executive."""
    return {
        "launch": f"Under what was stated, launch; the chance to lose money by it is {losing}.",
        "hold": f"Under what was stated, hold; a launch loses money with a chance of {losing}.",
        "extend": (
            "Under what was stated, extend the test before deciding; "
            f"a launch now would lose money with a chance of {losing}."
        ),
    }[choice]
