"""Arms: which of a column's labels is the control and which the treatment."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import Problem, nearest

# What people call the arm that nothing was done to.
CONTROLS = frozenset(
    {"0", "0.0", "false", "f", "no", "n", "off", "a", "c", "control", "controls", "ctrl", "ctl"}
    | {"baseline", "base", "placebo", "old", "original", "current", "existing", "default"}
    | {"untreated", "not treated", "holdout", "hold out", "standard", "status quo"}
)
_KIND = re.compile(r"(group|arm|variant|variation|version|bucket|test|cell) (?=.)")
_LEADING = re.compile(r"(control|ctrl|baseline|placebo|old|original)\b")
SHOWN = 8


def is_control(label: str) -> bool:
    """Return whether a label is a usual one for a control arm."""
    words = " ".join(re.sub(r"[^\w.]|_", " ", label).casefold().split())
    plain = _KIND.sub("", words, count=1)
    plain = re.sub(r" (group|arm|variant|variation|version|page|design)$", "", plain)
    return plain in CONTROLS or bool(_LEADING.match(plain))


def choose(
    heading: str, counts: Mapping[str, int], control: str = "", treatment: str = ""
) -> tuple[tuple[str, str] | None, list[Problem]]:
    """Return the labels of control and treatment, or None and what is wrong.

    `counts` are the rows of each label; `control` and `treatment` are what the user said.
    """
    where = f"column {heading!r}"
    problems: list[Problem] = []
    chosen = {}
    for role, given in (("control", control), ("treatment", treatment)):
        if not given:
            continue
        label = _find(given, counts)
        if label is None:
            guess = nearest(given, counts)
            fix = f"Did you mean {guess!r}?" if guess else f"It has {_labels(counts)}"
            problems.append(Problem(where, f"has no {role} {given!r}", fix))
        else:
            chosen[role] = label
    if problems:
        return None, problems
    if len(set(chosen.values())) < len(chosen):
        return None, [
            Problem(where, "control and treatment are the same label", f"It has {_labels(counts)}")
        ]
    if len(counts) == 1:
        return None, [
            Problem(where, f"has only one arm, {next(iter(counts))!r}", "Export both arms")
        ]
    if len(chosen) < 2 and len(counts) > 2:
        return None, [_too_many(where, counts, chosen)]
    rest = [label for label in counts if label not in chosen.values()]
    if "control" not in chosen and "treatment" not in chosen:
        usual = [label for label in rest if is_control(label)]
        if len(usual) != 1:
            return None, [
                Problem(
                    where,
                    f"does not say which arm is the control: {_labels(counts)}",
                    f"Write -p control={_quote(rest[0])} or -p control={_quote(rest[1])}",
                )
            ]
        chosen["control"] = usual[0]
        rest.remove(usual[0])
    if "control" not in chosen:
        chosen["control"] = rest[0]
    if "treatment" not in chosen:
        chosen["treatment"] = rest[0]
    return (chosen["control"], chosen["treatment"]), []


def _find(given: str, counts: Mapping[str, int]) -> str | None:
    """Return the label that is meant: the same text, or the only one but for its case."""
    folded = " ".join(given.split())
    if folded in counts:
        return folded
    hits = [label for label in counts if label.casefold() == folded.casefold()]
    return hits[0] if len(hits) == 1 else None


def _too_many(where: str, counts: Mapping[str, int], chosen: Mapping[str, str]) -> Problem:
    labels = list(counts)
    control = chosen.get("control") or next((x for x in labels if is_control(x)), labels[0])
    treatment = chosen.get("treatment") or next(x for x in labels if x != control)
    if treatment == control:
        control = next(x for x in labels if x != treatment)
    return Problem(
        where,
        f"has {len(counts):,} arms: {_labels(counts)}",
        f"Choose two, as in -p control={_quote(control)} -p treatment={_quote(treatment)}",
    )


def _labels(counts: Mapping[str, int]) -> str:
    shown = [
        f"{label!r} ({rows:,} {'row' if rows == 1 else 'rows'})"
        for label, rows in list(counts.items())[:SHOWN]
    ]
    return ", ".join(shown) + (", …" if len(counts) > SHOWN else "")


def _quote(label: str) -> str:
    return label if re.fullmatch(r"[\w.-]+", label) else "'" + label.replace("'", "'\\''") + "'"
