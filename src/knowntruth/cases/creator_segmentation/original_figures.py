"""Every figure of the notebook that this chapter began as, beside a replay of its steps.

`original.toml` has its texts, says how each can be had again, and holds the *bands*: where a
figure lies in worlds with the default parameters and other seeds. An *entry* there has one text,
or one for each of several *labels*: months, percentiles, segments, creators.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from .original import Replay
from .original_numbers import MISSING, numbers, texts

Numbers = Mapping[str, float]
How = Literal["exact", "identity", "band", "cannot"]
Origin = Literal["printed", "inferred"]

CLOSE = 1e-9  # that two ways to the same number may differ
UNROUNDED = 1e-6  # share by which its GMV lie off the prices that they are made of: 99.999998
NUMBER = re.compile(r"-?\d+(?:\.(?P<decimals>\d+))?(?:e(?P<exponent>[+-]\d+))?")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number or a text of the original, beside a replay.

    Attributes:
        id: a key for programs, that of its entry and its label.
        entry, label: both; `label` is empty where the entry has one figure.
        section: the step of the original.
        cell: the number beside its input; a dash where it is inferred.
        what: the entry, in words.
        unit: of what.
        printed: the original's text, or a number that its prints imply.
        replayed: the same from a replay, in the same format; empty where it has none.
        how: how it can be had again. `exact`: it follows from how the steps are made, for as
            many creators and months. `identity`: it follows from other figures, here and there.
            `band`: its workbook was never given, so only where it lies in worlds like this one
            is known. `cannot`: not at all.
        band: the middle 99 % of those worlds, as text; empty where nothing varies.
        agrees: whether the original's figure can be had again: its text is the same, or the
            identity holds in both, or its number lies in the band.
        is_inside: whether the replay's number lies in the band; true where there is none.
        off: by how many standard deviations of those worlds the original lies above their
            mean, of the logarithm where the entry says so. None where nothing varies.
        reason: why it is so; empty where there is no more to say.
        origin: `printed`, or `inferred` where the original's prints imply it.
    """

    id: str
    entry: str
    label: str
    section: str
    cell: str
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


@dataclass(frozen=True, kw_only=True)
class Band:
    """Where a figure lies in many worlds: its middle, and mean and standard deviation."""

    low: float
    high: float
    mean: float
    sd: float


@cache
def source() -> Mapping[str, Any]:
    """Return `original.toml`: its `figure` entries, `reading` of damaged lines, and `bands`."""
    return tomllib.loads(files(__package__).joinpath("original.toml").read_text("utf-8"))


@cache
def entries() -> Mapping[str, Mapping[str, Any]]:
    """Return every figure on its own, by its id, in the order of the file.

    Each has the keys of its entry, with `entry`, `label` and one text in `printed`.
    """
    return dict(_single())


@cache
def bands() -> Mapping[str, Band]:
    """Return the bands by id, of the figures that have one."""
    stored = source().get("bands", {})
    return {
        name: Band(low=low, high=high, mean=mean, sd=sd)
        for name, (low, high, mean, sd) in stored.items()
    }


def has_band(entry: Mapping[str, Any]) -> bool:
    """Return whether a figure varies from world to world, and is a number."""
    return entry["how"] in ("band", "identity") and not entry.get("row", False)


def printed() -> dict[str, float]:
    """Return what the original printed, or its prints imply, as numbers by id."""
    return {
        name: float(entry["printed"]) for name, entry in entries().items() if not entry.get("row")
    }


def compare(replayed: Replay) -> list[Figure]:
    """Return every figure of the original beside its replay, a step after the other.

    The bands are of worlds with the default parameters: `agrees` says whether those can give
    the original's numbers, `is_inside` whether this replay is of such a world.
    """
    here, there, rows = numbers(replayed), printed(), texts(replayed)
    return [
        _row(name, entry, rows) if entry.get("row") else _number(name, entry, here, there)
        for name, entry in entries().items()
    ]


def identities(of: Numbers) -> dict[str, float]:
    """Return the figures that follow from others, worked out from those."""
    both = of["both_top_20"]
    return {
        "only_one_top_9.transactions": of["transactions_top_9"] - of["both_top_9"],
        "only_one_top_9.gmv": of["transactions_top_9"] - of["both_top_9"],
        "either_top_20": of["top_20.transactions"] + of["top_20.gmv"] - both,
        "only_transactions_top_20": of["top_20.transactions"] - both,
        "main_creators": of["dbscan_size.1st"] / of["shape_final.rows"],
    }


def is_ordered(text: str) -> bool:
    """Return whether names in their order have the numbers from 0 on, as in "Others 0, P 1"."""
    pairs = [pair.rpartition(" ") for pair in text.split(", ")]
    keys = [name if not NUMBER.fullmatch(name) else float(name) for name, _, _ in pairs]
    return keys == sorted(keys, key=lambda key: (isinstance(key, str), key)) and [
        number for _, _, number in pairs
    ] == [str(i) for i in range(len(pairs))]


def _single() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for entry in source()["figure"]:
        labelled = "of" in entry
        labels = entry["of"] if labelled else [""]
        shown = entry["printed"] if labelled else [entry["printed"]]
        for label, text in zip(labels, shown, strict=True):
            name = f"{entry['id']}.{label}" if labelled else entry["id"]
            yield name, {**entry, "entry": entry["id"], "label": label, "printed": text}


def _row(name: str, entry: Mapping[str, Any], rows: Mapping[str, str]) -> Figure:
    """Return a figure that is a text; a label's order is the only identity among those."""
    replayed = rows.get(name, "")
    if entry["how"] == "identity":
        agrees = is_ordered(entry["printed"]) and is_ordered(replayed)
    else:
        agrees = entry["how"] == "exact" and replayed == entry["printed"]
    return _figure(name, entry, replayed=replayed, agrees=agrees)


def _number(name: str, entry: Mapping[str, Any], here: Numbers, there: Numbers) -> Figure:
    how, band, found = entry["how"], bands().get(name), here.get(name, MISSING)
    replayed = "" if math.isnan(found) else _text(found, entry)
    # What is rounded may lie half a unit of its last digit from what was rounded.
    half = _half(entry)
    if how == "exact":
        agrees = replayed == entry["printed"]
    elif how == "identity":
        agrees = _holds(name, there) and _holds(name, here)
    else:
        agrees = how == "band" and band is not None and _lies(there[name], band, half)
    return _figure(
        name,
        entry,
        replayed=replayed,
        agrees=agrees,
        band="" if band is None else f"{_text(band.low, entry)} to {_text(band.high, entry)}",
        is_inside=band is None or _lies(found, band, CLOSE),
        off=None if band is None else _off(there[name], entry, band),
    )


def _figure(
    name: str,
    entry: Mapping[str, Any],
    *,
    replayed: str,
    agrees: bool,
    band: str = "",
    is_inside: bool = True,
    off: float | None = None,
) -> Figure:
    return Figure(
        id=name,
        entry=entry["entry"],
        label=entry["label"],
        section=entry["section"],
        cell=entry["cell"],
        what=entry["what"],
        unit=entry["unit"],
        printed=entry["printed"],
        replayed=replayed,
        how=entry["how"],
        band=band,
        agrees=agrees,
        is_inside=is_inside,
        off=off,
        reason=entry.get("reason", ""),
        origin=entry.get("origin", "printed"),
    )


def _holds(name: str, of: Numbers) -> bool:
    return abs(of[name] - identities(of)[name]) <= CLOSE


def _lies(number: float, band: Band, half: float) -> bool:
    return band.low - half <= number <= band.high + half


def _off(number: float, entry: Mapping[str, Any], band: Band) -> float | None:
    if band.sd == 0:
        return None
    return ((math.log10(number) if entry.get("logarithm") else number) - band.mean) / band.sd


def _half(entry: Mapping[str, Any]) -> float:
    """Return how far a number may lie off: by half a unit of its last digit, and as its GMV do."""
    match = NUMBER.fullmatch(entry["printed"])
    if match is None or entry.get("digits") == "all":
        return UNROUNDED * float(entry["printed"]) if entry["unit"] == "money" else CLOSE
    return 0.5 * 10.0 ** (int(match["exponent"] or 0) - len(match["decimals"] or ""))


def _text(number: float, entry: Mapping[str, Any]) -> str:
    """Return a number in the format of the original's print."""
    if entry.get("digits") == "all":
        return repr(float(number))
    match = NUMBER.fullmatch(entry["printed"])
    decimals = len(match["decimals"] or "") if match else 0
    return f"{number:.{decimals}{'e' if match and match['exponent'] else 'f'}}"
