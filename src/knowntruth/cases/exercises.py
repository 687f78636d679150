"""Judging answers to exercises: right, wrong in a typical way, or wrong.

A chapter's check works the right answer out from the run at hand, and the answers to which
typical mistakes lead, each under the *hint* that it earns.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import ArrayLike

CLOSE = 1e-9


class NotYetError(AssertionError):
    """An answer that is not right yet; the message says what to look at."""

    def _render_traceback_(self) -> list[str]:
        """Let IPython show the message alone."""
        return [str(self)]


def judge(
    given: object, right: float, mistakes: Mapping[str, float], *, tolerance: float = CLOSE
) -> None:
    """Accept the right number, to a relative tolerance.

    Raises:
        NotYetError: for any other number, with the hint of the mistake that leads to it.
    """
    given = given.item() if isinstance(given, np.generic) else given
    if not isinstance(given, int | float) or not np.isfinite(given):
        raise NotYetError(f"Not yet: the function returns {given!r}, not a number.")
    if math.isclose(given, right, rel_tol=tolerance, abs_tol=tolerance * 1e-3):
        return
    for hint, wrong in mistakes.items():
        if math.isclose(given, wrong, rel_tol=tolerance, abs_tol=tolerance * 1e-3):
            raise NotYetError(f"Not yet. {hint}")
    raise NotYetError("Not yet: the number is another one. Try it on a few rows by hand.")


def judge_all(given: object, right: ArrayLike, mistakes: Mapping[str, ArrayLike]) -> None:
    """Accept the right numbers, in their order.

    Raises:
        NotYetError: for any other numbers, with the hint of the mistake that leads to them.
    """
    try:
        values = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        raise NotYetError(f"Not yet: {given!r} are not numbers.") from None
    expected = np.asarray(right, dtype=float)
    if values.shape != expected.shape:
        raise NotYetError(f"Not yet: {expected.size} numbers are asked for, not {values.size}.")
    if np.allclose(values, expected, rtol=CLOSE, atol=CLOSE):
        return
    for hint, wrong in mistakes.items():
        if np.allclose(values, wrong, rtol=CLOSE, atol=CLOSE):
            raise NotYetError(f"Not yet. {hint}")
    raise NotYetError("Not yet: the numbers are others. Try a short list by hand.")


def judge_reasons(
    given: object, reasons: Collection[str], no_reasons: Mapping[str, str], *, missing: str
) -> None:
    """Accept a list of the names of all reasons and of nothing else.

    `no_reasons` says of each name that is none why it is none, `missing` what to ask when a
    reason is left out.

    Raises:
        NotYetError: for anything else, with the word about one that is too many or missing.
    """
    if isinstance(given, str) or not isinstance(given, Collection):
        raise NotYetError("Not yet: write a list of names.")
    unknown = sorted(set(map(str, given)) - set(reasons) - set(no_reasons))
    if unknown:
        raise NotYetError(f"Not yet: {unknown[0]!r} is none of the names.")
    for name, why in no_reasons.items():
        if name in given:
            raise NotYetError(f"Not yet: {name!r} is no reason. {why}")
    if set(reasons) - set(given):
        raise NotYetError(f"Not yet: a reason is missing. {missing}")
