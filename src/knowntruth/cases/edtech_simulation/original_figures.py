"""Every figure of the notebook that this chapter began as, beside its replay.

`original.toml` has its texts, and says how each can be had again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from .original import FLAGS, Replay
from .original_draws import LATE_AUGUST_DECAY, SEED, TEXTS, USERS

HEAD_ROWS, DECAYED_DAYS, COUNTRY_SHARES = 5, 18, 14
BAND_DECIMALS = 4

Texts = dict[str, list[str]]
How = Literal["exact", "given", "band", "cannot"]
Origin = Literal["printed", "set", "unprinted"]


@dataclass(frozen=True)
class Figure:
    """A figure of the original, one number or a few that stand together.

    Attributes:
        id: a key for programs.
        section: the step of the original.
        what: its numbers, in words.
        printed: the original's text.
        replayed: the same from a replay; None where no computation can give it.
        how: how it can be had again. `exact`: from its code alone. `given`: from its code and
            what it printed before. `band`: it hangs on draws that it never seeded, so only
            the values that such draws lead to are known. `cannot`: not at all.
        band: those values, as text: the 1st and 99th percentile of 400 runs of its code, or
            all values that came up in them; empty where `how` is not `band`.
        agrees: whether the replay gives the original's text; for a band whether the
            original's number lies in it.
        reason: why it is not exact; empty where it is.
        origin: `printed`; `set` where the original's code sets it, so that the replay can only
            repeat it; `unprinted` where its code asks for it and never ran.
    """

    id: str
    section: str
    what: str
    printed: str
    replayed: str | None
    how: How
    band: str
    agrees: bool
    reason: str
    origin: Origin


def compare(found: Replay) -> list[Figure]:
    """Return every figure of the original beside its replay, in the order of its cells."""
    texts = _texts(found)
    return [_figure(entry, texts.get(entry["id"])) for entry in TEXTS["figure"]]


def _figure(entry: Mapping[str, Any], replayed: list[str] | None) -> Figure:
    printed, how = entry["printed"], entry["how"]
    band, agrees = "", how != "cannot" and replayed == printed
    if how == "band":
        band, agrees = _band(entry)
    return Figure(
        id=entry["id"],
        section=entry["section"],
        what=entry["what"],
        printed=" · ".join(printed),
        replayed=None if how == "cannot" or replayed is None else " · ".join(replayed),
        how=how,
        band=band,
        agrees=agrees,
        reason=entry.get("reason", ""),
        origin=entry.get("origin", "printed"),
    )


def _band(entry: Mapping[str, Any]) -> tuple[str, bool]:
    """Return a band as text, and whether what was printed lies in it."""
    (text,) = entry["printed"]
    unit = "%" if text.endswith("%") else ""
    number = text.removesuffix(unit)
    decimals = min(len(number.partition(".")[2]), BAND_DECIMALS)
    ends = entry.get("support", entry.get("band"))
    words = [f"{end:,.{decimals}f}{unit}" for end in sorted(ends)]
    if "support" in entry:
        return " or ".join(words), float(number) in ends
    low, high = ends
    return " to ".join(words), low <= float(number) <= high


def _texts(found: Replay) -> Texts:
    """Return every figure as text, in the format of the original's print."""
    return {
        **_weights(found),
        **_churn_and_retention(found.printed),
        **_probabilities(found.probabilities),
        **_premium(found.printed),
        **_lessons(found.printed),
        **_head(found.final),
    }


def _weights(found: Replay) -> Texts:
    age, skill, instrument, country = (
        found.weights[factor] for factor in ("age_group", "skill_level", "instrument", "country")
    )
    decayed = found.day_weights[:DECAYED_DAYS]
    return {
        "n_users": [str(USERS)],
        "seed": [str(SEED)],
        "age_distribution_no_scale": _digits(age.drawn.values()),
        "age_distribution": _digits(age.shares.values()),
        "skill_distribution_no_scale": _digits(skill.drawn.values()),
        "skill_distribution": _digits(skill.shares.values()),
        "instrument_distribution_no_scale": _digits(instrument.drawn.values()),
        "instrument_distribution": _digits(instrument.shares.values()),
        "country_weight_dict": _digits(TEXTS["weights"]["country"].values()),
        "country_weights_no_scale": _digits(country.drawn.values()),
        "country_weights_printed_14": _digits(country.shares.values())[:COUNTRY_SHARES],
        "late_august_decay": [f"{factor:g}" for factor in LATE_AUGUST_DECAY],
        "daily_weights_after_head": [f"{weight:.8f}" for weight in decayed],
    }


def _churn_and_retention(users: pd.DataFrame) -> Texts:
    churned, retained = users["churn"].sum(), users[list(FLAGS)].to_numpy()
    return {
        "churn_total": [str(churned)],
        "churn_rate": [f"{round(churned / len(users), 3) * 100}%"],
        "retention_total": [str(retained.sum())],
        "non_retention_total": [str(retained.size - retained.sum())],
        "retention_rate": [f"{round(retained.mean() * 100, 2)}%"],
    }


def _probabilities(probabilities: pd.DataFrame) -> Texts:
    texts = {}
    for column, key in (("day_1", "day1"), ("day_7", "day7"), ("day_30", "day30")):
        for what in ("mean", "min", "max"):
            texts[f"{key}_prob_{what}"] = _digits([getattr(probabilities[column], what)()])
    return texts


def _premium(users: pd.DataFrame) -> Texts:
    converted = users["premium_conversion"]
    texts = {"premium_rate_overall": [f"{converted.mean():.2%}"]}
    for flag, key in zip(FLAGS, ("day1", "day7", "day30"), strict=True):
        texts[f"premium_rate_given_{key}"] = [f"{converted[users[flag] == 1].mean():.2%}"]
    return texts


def _lessons(users: pd.DataFrame) -> Texts:
    lessons = users["lessons_completed"]
    return {"lessons17_sum": [str(lessons.sum())], "lessons17_std": _digits([lessons.std()])}


def _head(users: pd.DataFrame) -> Texts:
    head = users.head(HEAD_ROWS).astype({"start_date": str})
    return {
        f"head_row_{i}": [str(cell) for cell in row]
        for i, row in enumerate(head.itertuples(index=False))
    }


def _digits(numbers: Iterable[float]) -> list[str]:
    """Return numbers as Python prints them."""
    return [repr(number.item() if isinstance(number, np.generic) else number) for number in numbers]
