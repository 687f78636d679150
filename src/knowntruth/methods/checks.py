"""Checks of the arguments that every method takes, and the errors that name them."""

from __future__ import annotations


def check_between(name: str, value: float, low: float, high: float) -> float:
    """Return `value` when it lies strictly between `low` and `high`.

    Raises:
        ValueError: naming the argument, otherwise.
    """
    if not low < value < high:
        raise ValueError(f"{name} lies between {low:g} and {high:g}, not at {value:g}")
    return value


def check_share(name: str, value: float) -> float:
    """Return `value` when it is a share that is neither nothing nor everything."""
    return check_between(name, value, 0, 1)


def check_at_least(name: str, value: float, least: float) -> float:
    """Return `value` when it is `least` or more.

    Raises:
        ValueError: naming the argument, otherwise.
    """
    if not value >= least:
        raise ValueError(f"{name} is at least {least:g}, not {value:g}")
    return value
