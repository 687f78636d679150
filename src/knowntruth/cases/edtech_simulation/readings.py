"""Readings: one difference, worked out in several ways, and what each kind of outlier adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...methods.tables import Table
from ...methods.users import marginal_effects as margins
from ...methods.users import robust
from ...story.findings import Finding
from ...story.numbers import MINUS, plain
from .simulated import KnownUsers
from .user_base import ONBOARDING, UserBase

KEEN = "keen"
MIDDLES = {"mean": "Mean", "median": "Median", "huber": "Huber's location"}


@dataclass(frozen=True)
class Reading:
    """A way to read what the onboarding does, in words, with what it finds."""

    label: str
    finding: Finding
    is_naive: bool
    why: str
    assumes: str


def readings(case: UserBase, twin: UserBase, outcome: str, *, level: float) -> list[Reading]:
    """Return what the onboarding seems to do to an outcome, read in five ways.

    `twin` are the same users with the onboarding dealt out the other way. Readings that the
    table does not allow are left out.
    """
    by_lot = ONBOARDING in case.causes and case.onboarding_was == "randomised"
    chosen, dealt = (twin, case) if by_lot else (case, twin)
    found = {
        "chosen": _effect(chosen, outcome, chosen.causes, level=level),
        "dealt": _effect(dealt, outcome, dealt.causes, level=level),
        "told": _effect(chosen, outcome, [*chosen.causes, KEEN], level=level, told=True),
    }
    rows = [
        ("Chosen, as they come", "chosen", True, True, NAIVE),
        ("Chosen, all known equal", "chosen", False, True, KNOWN),
        ("Chosen, keenness told as well", "told", False, False, TOLD),
        ("Dealt by lot, as they come", "dealt", True, False, LOT),
        ("Dealt by lot, all known equal", "dealt", False, False, LOT_KNOWN),
    ]
    made = []
    for label, key, crude, is_naive, (why, assumes) in rows:
        effects = found[key].crude if crude else found[key].effects
        if "1" not in effects.get(ONBOARDING, {}):
            continue
        finding = case.finding(
            f"onboarding_{key}_{'crude' if crude else 'adjusted'}",
            case.outcomes[outcome],
            effects[ONBOARDING]["1"],
            case.true("effect", outcome, ONBOARDING, "1", "0"),
        )
        made.append(Reading(label, finding, is_naive, why, assumes))
    return made


NAIVE = (
    "Those who choose it may be others, keener or older, than those who do not.",
    "Who took the onboarding is like who did not.",
)
KNOWN = (
    "Takes out what the table tells, and leaves in what it does not, such as keenness.",
    "Everything that moves both choice and outcome is in the table.",
)
TOLD = (
    "Is told what no analyst knows, and so shows what was missing, if anything was.",
    "The hidden column is at hand.",
)
LOT = (
    "A lot looks at nobody, so both groups hold the same kinds of people.",
    "The onboarding was dealt out by lot.",
)
LOT_KNOWN = (
    "Needs no factor to be right; they only narrow the interval a little.",
    "The onboarding was dealt out by lot.",
)


def switched(
    case: UserBase, without: Mapping[str, UserBase], *, level: float
) -> list[dict[str, str]]:
    """Return what each kind of outlier adds: one row a kind, of differences with and without.

    The tables differ by that kind alone, so their difference has no error of its own.
    """
    here = _summary(case, level)
    rows = []
    for words, other in without.items():
        there = _summary(other, level)
        rows.append({"Kind": words} | {key: _signed(here[key] - there[key]) for key in here})
    return rows


def _summary(case: UserBase, level: float) -> dict[str, float]:
    """Return the numbers that outliers may move, in the units of the table's headings."""
    found: dict[str, float] = {}
    if case.activity:
        for name, estimate in robust.location(case.units, "activity", level=level).items():
            if name in MIDDLES:
                found[f"{MIDDLES[name]} of {case.activity.text}"] = estimate.value
    columns = list(case.outcomes)
    (means,) = case.units.aggregate(", ".join(f'avg("{c}")' for c in columns)).fetchall()
    for column, mean in zip(columns, means, strict=True):
        found[f"{case.outcomes[column].name.text} (points)"] = 100 * float(mean)
    return found


def _signed(change: float) -> str:
    decimals = 2
    if not round(change, decimals):
        return "0"
    return f"{MINUS if change < 0 else '+'}{plain(abs(change), decimals)}"


def _effect(
    case: UserBase, outcome: str, causes: list[str], *, level: float, told: bool = False
) -> margins.MarginalEffects:
    table: Table = case.units
    if told:
        assert isinstance(case.known, KnownUsers)
        table = case.units.df().assign(keen=case.known.hidden[KEEN].to_numpy())
    return margins.marginal_effects(
        table,
        outcome,
        causes,
        level=level,
        references=case.references,
        of=[ONBOARDING],
    )
