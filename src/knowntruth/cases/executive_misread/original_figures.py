"""Every figure of the notebook that this chapter began as, beside a replay of its steps.

`original.toml` has its texts, says how each can be had again, and holds the *bands*: where a
figure lies in worlds with the default parameters and other seeds.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from .original import COLUMNS, Replay

Numbers = Mapping[str, float]
How = Literal["exact", "identity", "band"]
Origin = Literal["printed", "inferred"]

CLOSE = 1e-9  # that two ways to the same number may differ
TERMS = {
    "Intercept": "intercept",
    "treated": "treated",
    "post": "post",
    "treated:post": "treated_post",
}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number of the original, beside a replay.

    Attributes:
        id: a key for programs.
        section: the step of the original.
        what: the number, in words.
        unit: of what.
        printed: the original's text, or a number that its prints imply.
        replayed: the same from a replay, in the same format.
        how: how it can be had again. `exact`: it follows from how the steps are made, whatever
            the data say. `identity`: it follows from other figures, here and there. `band`: its
            data were never given, so only where it lies in worlds like this one is known.
        band: the middle 99 % of those worlds, as text; empty where nothing varies.
        agrees: whether the original's number can be had again: its text is the same, or the
            identity holds in both, or its number lies in the band.
        is_inside: whether the replay's number lies in the band; true where there is none.
        off: by how many standard deviations of those worlds the original lies above their
            mean, whatever the digits that it does not print are; p-values by their logarithm.
            None where nothing varies.
        reason: why it is so; empty where there is no more to say.
        origin: `printed`, or `inferred` where the original's prints imply it.
    """

    id: str
    section: str
    what: str
    unit: str
    printed: str
    replayed: str
    how: How
    band: str
    agrees: bool
    is_inside: bool
    off: float | None
    reason: str
    origin: Origin


@cache
def entries() -> tuple[Mapping[str, Any], ...]:
    """Return the entries of `original.toml`, in the order of its cells."""
    source = files(__package__).joinpath("original.toml").read_text("utf-8")
    return tuple(tomllib.loads(source)["figure"])


def printed() -> dict[str, float]:
    """Return what the original printed, or its prints imply, as numbers by id."""
    return {entry["id"]: float(entry["printed"]) for entry in entries()}


def compare(replayed: Replay) -> list[Figure]:
    """Return every figure of the original beside its replay, in the order of its cells.

    The bands are of worlds with the default parameters: `agrees` says whether those can give
    the original's numbers, `is_inside` whether this replay is of such a world.
    """
    here, there = numbers(replayed), printed()
    return [_figure(entry, here, there) for entry in entries()]


def numbers(found: Replay) -> dict[str, float]:
    """Return every figure of a replay as a number, by id; NaN where there is none."""
    cells, fit = found.cells, found.regression
    return {
        "before": _mean(found.before),
        "after": _mean(found.after),
        "exposed": _mean(found.exposed),
        "not_exposed": _mean(found.not_exposed),
        "drop_t": found.drop.t,
        "drop_p": found.drop.p,
        "exposure_t": found.exposure.t,
        "exposure_p": found.exposure.p,
        "before_treated": cells.before_treated,
        "after_treated": cells.after_treated,
        "before_control": cells.before_control,
        "after_control": cells.after_control,
        "difference_in_differences": cells.difference_in_differences,
        **{
            f"ols_{name}_{column}": getattr(fit.rows[term], column)
            for term, name in TERMS.items()
            for column in COLUMNS
        },
        "days_before": float(len(found.before)),
        "days_after": float(len(found.after)),
        "ols_points": float(fit.points),
        "ols_columns": float(fit.columns),
        "ols_rank": float(fit.rank),
        "spread_exposed": _spread(found.exposed),
        **{
            f"spread_{name}_{solution}": _spread(getattr(found, name))
            for solution in ("first", "second")
            for name in ("before", "after", "not_exposed_after")
        },
    }


def identities(of: Numbers) -> dict[str, float]:
    """Return the figures that follow from others, worked out from those.

    What is not exposed is a mixture of all sessions before launch and some of those after it.
    The regression has one contrast between groups and two names for it, and gives half to each.
    """
    n, m = of["days_before"], of["days_after"]
    half = (of["exposed"] - of["after_control"]) / 2
    return {
        "not_exposed": (n * of["before"] + m * of["after_control"]) / (n + m),
        "after_treated": of["exposed"],
        "before_control": of["before"],
        "ols_intercept_value": of["before"],
        "ols_treated_value": half,
        "ols_post_value": of["after_control"] - of["before"],
        "ols_treated_post_value": half,
        **{
            f"ols_treated_post_{column}": of[f"ols_treated_{column}"]
            for column in ("error", "t", "low", "high")
        },
    }


def _mean(series: Any) -> float:
    return float(series.mean()) if len(series) else float("nan")


def _spread(series: Any) -> float:
    return float(series.std()) if len(series) > 1 else float("nan")


def _figure(entry: Mapping[str, Any], here: Numbers, there: Numbers) -> Figure:
    name, how, band = entry["id"], entry["how"], entry.get("band", ())
    replayed = _text(here[name], entry)
    # What is rounded may lie half a unit of its last digit from what was rounded.
    half = 0.5 * 10 ** -entry["decimals"] if "decimals" in entry else 0.0
    if how == "exact":
        agrees = replayed == entry["printed"]
    elif how == "identity":
        agrees = _holds(name, there, half) and _holds(name, here, 0.0)
    else:
        agrees = _lies(there[name], band, half)
    return Figure(
        id=name,
        section=entry["section"],
        what=entry["what"],
        unit=entry["unit"],
        printed=entry["printed"],
        replayed=replayed,
        how=how,
        band=" to ".join(_text(end, entry, more=1) for end in band),
        agrees=agrees,
        is_inside=_lies(here[name], band, 0.0) if band else True,
        off=_off(there[name], entry, half) if band else None,
        reason=entry.get("reason", ""),
        origin=entry.get("origin", "printed"),
    )


def _holds(name: str, of: Numbers, half: float) -> bool:
    return abs(of[name] - identities(of)[name]) <= half + CLOSE


def _lies(number: float, band: Sequence[float], half: float) -> bool:
    low, high = band
    return low - half <= number <= high + half


def _off(number: float, entry: Mapping[str, Any], half: float) -> float:
    """Return how far a number lies from the worlds' mean; 0 where rounding can make it that."""
    scaled = math.log10(number) if entry.get("logarithm") else number
    away = scaled - entry["mean"]
    return math.copysign(max(abs(away) - half, 0.0), away) / float(entry["sd"])


def _text(number: float, entry: Mapping[str, Any], *, more: int = 0) -> str:
    """Return a number in the format of the original's print, or with `more` decimals."""
    if "decimals" not in entry:
        return repr(float(number))
    return f"{number:.{entry['decimals'] + more}f}"
