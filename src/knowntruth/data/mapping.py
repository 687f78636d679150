"""Mapping: which of their columns is which of the contract's.

A mapping goes from contract names to headings, as `--map primary=revenue` says it. A field
that nobody mapped is found under its own name, if the table has that. Columns come out under
the contract's column names: `primary`, `secondary_1`, `secondary_2`, …
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence

from ..errors import DataError, Problem, nearest
from .contract import TYPES, Contract, Field

SHOWN = 12
# A column that says what a row is cannot be measured on it as well.
ALONE = frozenset({"arm", "identifier"})


def wanted(contract: Contract, columns: Mapping[str, str | list[str]]) -> set[str]:
    """Return every heading that the mapping or the contract could mean."""
    return {heading for value in columns.values() for heading in _listed(value)} | {
        name for field in contract.fields for name in (field.name, *field.columns())
    }


def find_columns(
    contract: Contract, columns: Mapping[str, str | list[str]], headings: Sequence[str]
) -> tuple[dict[str, str], list[Problem]]:
    """Return contract column → heading for all that is found, and what is wrong."""
    problems: list[Problem] = []
    found: dict[str, list[str]] = {}
    for name, value in columns.items():
        if name not in contract.names:
            problems.append(_unknown_name(contract, name))
            continue
        theirs = _listed(value)
        if len(theirs) > 1 and not contract[name].several:
            problems.append(
                Problem(f"--map {name}", f"takes one column, not {len(theirs)}", "Name one column")
            )
        elif not theirs:
            problems.append(Problem(f"--map {name}", "names no column", f"Write {_map(name)}"))
        missing = [heading for heading in theirs if heading not in headings]
        problems += [_missing(name, heading, headings) for heading in missing]
        problems += [
            Problem(
                f"column {heading!r}",
                "is there more than once",
                f"Rename one of them, or map {_twin(heading)!r} if that is the one",
            )
            for heading in theirs
            if heading in headings and _twin(heading) in headings
        ]
        found[name] = [heading for heading in theirs if heading in headings]
    _find_own_names(contract, found, set(columns), headings)
    problems += _uses(contract, found)
    for field in contract.fields:
        if field.required and field.name not in found and field.name not in columns:
            uses = [name for name, theirs in found.items() if field.name in theirs]
            problems.append(_unmapped(field, headings, uses))
    problems += _together(contract, found)
    problems += _one_of(contract, found, columns, headings)
    return {
        column: heading
        for field in contract.fields
        for column, heading in zip(
            field.columns(len(found.get(field.name, ()))), found.get(field.name, ()), strict=False
        )
    }, problems


def split_maps(texts: Iterable[str], headings: Iterable[str]) -> dict[str, str | list[str]]:
    """Read `contract=their_name[,their_name2]` texts, as typed on a command line.

    The first `=` divides. A comma divides names only where the whole is not itself a heading;
    a text given again for the same contract name adds to it, which names columns with commas.

    Raises:
        DataError: for a text without `=` or without a name on either side of it.
    """
    known = set(headings)
    problems: list[Problem] = []
    columns: dict[str, list[str]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        whole = [_folded(value)] if _folded(value) in known else _divided(value)
        if not (equals and name.strip() and all(whole)):
            example = "Write contract_name=their_column, as in --map arm=version"
            problems.append(Problem(f"--map {text}", "does not say which column", example))
            continue
        columns.setdefault(name.strip(), []).extend(whole)
    if problems:
        raise DataError("These columns cannot be mapped:", problems)
    return {name: value[0] if len(value) == 1 else value for name, value in columns.items()}


def hints(texts: Iterable[str]) -> set[str]:
    """Return every heading that `contract=their_name[,their_name2]` texts could name."""
    values = [text.partition("=")[2] for text in texts]
    return {_folded(value) for value in values} | {v for value in values for v in _divided(value)}


def _folded(text: str) -> str:
    return " ".join(text.split())


def _divided(value: str) -> list[str]:
    return [_folded(part) for part in value.split(",")]


def _listed(value: str | list[str]) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    return [_folded(text) for text in texts if text.strip()]


def _map(name: str, heading: str = "THEIR_COLUMN") -> str:
    return f"--map {shlex.quote(f'{name}={heading}')}"


def _twin(heading: str) -> str:
    return f"{heading} (2)"


def _names(headings: Sequence[str]) -> str:
    more = ", …" if len(headings) > SHOWN else ""
    return ", ".join(headings[:SHOWN]) + more


def _unknown_name(contract: Contract, name: str) -> Problem:
    stems = {f.stem: f.name for f in contract.fields if f.stem}
    guess = stems.get(name) or nearest(name, contract.names)
    fix = f"Did you mean {guess}?" if guess else f"It has {', '.join(contract.names)}"
    return Problem(f"--map {name}", "is not a name in the contract", fix)


def _missing(name: str, heading: str, headings: Sequence[str]) -> Problem:
    guess = nearest(heading, headings)
    fix = f"Did you mean {guess!r}? Write {_map(name, guess)}" if guess else _has(headings)
    return Problem(f"column {heading!r}", "is not in the table", fix)


def _unmapped(field: Field, headings: Sequence[str], uses: Sequence[str]) -> Problem:
    if uses:
        where, what = f"column {field.name!r}", f"is mapped to {uses[0]}, so {field.name} has none"
        return Problem(where, what, f"Leave that map out, or write {_map(field.name)}")
    guess = nearest(field.name, headings)
    hint = f"Is it {guess!r}? Write {_map(field.name, guess)}" if guess else ""
    return Problem(
        field.name,
        f"has no column: {field.meaning} ({TYPES[field.kind]})",
        hint or f"Write {_map(field.name)}. {_has(headings)}",
    )


def _has(headings: Sequence[str]) -> str:
    return f"The table has {_names(headings)}"


def _find_own_names(
    contract: Contract,
    found: dict[str, list[str]],
    mapped: set[str],
    headings: Sequence[str],
) -> None:
    """Add fields that the table has under their own names, unless mapped otherwise."""
    taken = {heading for theirs in found.values() for heading in theirs}
    for field in contract.fields:
        if field.name in mapped:
            continue
        own = [field.name, *(field.columns(len(headings)) if field.several else [])]
        here = [name for name in dict.fromkeys(own) if name in headings and name not in taken]
        if here:
            found[field.name] = here


def _uses(contract: Contract, found: Mapping[str, Sequence[str]]) -> list[Problem]:
    """Return the columns that stand for two things which cannot be one."""
    uses: dict[str, list[str]] = {}
    for name, theirs in found.items():
        for heading in theirs:
            uses.setdefault(heading, []).append(name)
    problems = []
    for heading, names in uses.items():
        kinds = [contract[name].kind for name in names]
        numbers = [kind for kind in kinds if kind in {"metric", "number"}]
        measured = "metric" in kinds and {"label", "arm"} & set(kinds)
        alone = len(names) > 1 and ALONE & set(kinds)
        same = any(kinds.count(kind) > 1 for kind in ("yes/no", "time", "period"))
        if len(set(names)) < len(names) or len(numbers) > 1 or measured or alone or same:
            problems.append(
                Problem(
                    f"column {heading!r}",
                    f"is mapped to {' and to '.join(names)}, which cannot be the same",
                    "Map it once",
                )
            )
    return problems


def _together(contract: Contract, found: Mapping[str, Sequence[str]]) -> list[Problem]:
    return [
        Problem(
            name,
            f"has no column, and {', '.join(n for n in group if found.get(n))} is of no use alone",
            f"Write {_map(name)}, or leave both out",
        )
        for group in contract.together
        for name in group
        if not found.get(name) and any(found.get(other) for other in group)
    ]


def _one_of(
    contract: Contract,
    found: Mapping[str, Sequence[str]],
    mapped: Collection[str],
    headings: Sequence[str],
) -> list[Problem]:
    groups = contract.one_of
    if not groups or any(all(found.get(name) for name in group) for group in groups):
        return []
    if any(name in mapped and not found.get(name) for group in groups for name in group):
        # The name of a column that is not there has been told already.
        return []
    names = list(dict.fromkeys(name for group in groups for name in group if not found.get(name)))
    guesses = {name: nearest(name, headings) for name in names}
    likely = [
        f"Is it {guess!r}? Write {_map(name, guess)}" for name, guess in guesses.items() if guess
    ]
    fix = likely[0] if likely else f"Write {_map(names[0])}, for one. {_has(headings)}"
    return [Problem(contract.name, f"need at least one of {contract.choice}, and have none", fix)]
