"""Asking: what was typed on a command line becomes checked values, or every problem at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Problem, UserError

if TYPE_CHECKING:
    from ..cases import Case


def values(
    case: Case, assignments: list[str], data: Path | None, maps: list[str], labels: list[str]
) -> dict[str, object]:
    """Return the checked values of a run, its table opened once; all problems come at once."""
    from ..data import mapping, reading
    from ..parameters import parse

    problems: list[UserError] = []
    found: dict[str, object] = {}
    given: dict[str, object] = {}
    with _gathered(problems):
        found = parse(case.parameters, assignments)
    if data is None and found.get("data"):
        data = Path(str(found["data"]))
    elif data is not None and "data" in found:
        problems.append(_twice("data"))
    if data is not None:
        # The chapter is executed elsewhere: it needs the whole path.
        found["data"] = str(data.expanduser().absolute())
    headings: tuple[str, ...] = ()
    if data is not None:
        with _gathered(problems):
            hints = {*case.contract.names, *mapping.hints(maps)}
            headings = reading.headings(Path(str(found["data"])), hints)
    with _gathered(problems):
        given["columns"] = mapping.split_maps(maps, headings)
    with _gathered(problems):
        given["labels"] = _split_labels(labels)
    for name, value in given.items():
        if value and name in found:
            problems.append(_twice(name))
        elif value:
            found[name] = value
    with _gathered(problems):
        case.check(found)
    if problems:
        raise _together(problems)
    if data is not None:
        case.open(found)
    return found


def _twice(name: str) -> UserError:
    option = {"columns": "--map", "labels": "--label"}.get(name, f"--{name}")
    fix = f"Give it either with {option} or with -p"
    return UserError("These parameters cannot be used:", [Problem(name, "is given twice", fix)])


@contextlib.contextmanager
def _gathered(errors: list[UserError]) -> Iterator[None]:
    """Keep a user error for later, so that all come at once."""
    try:
        yield
    except UserError as error:
        errors.append(error)


def _together(errors: list[UserError]) -> UserError:
    if len(errors) == 1:
        return errors[0]
    return UserError("This run cannot start:", [p for error in errors for p in error.problems])


def _split_labels(texts: list[str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    problems = []
    for text in texts:
        name, equals, words = text.partition("=")
        if equals and name.strip() and words.strip():
            labels[name.strip()] = words.strip()
        else:
            fix = 'Write contract_name="your words", as in --label primary="weekly earnings"'
            problems.append(Problem(f"--label {text}", "does not say which words", fix))
    if problems:
        raise UserError("These labels cannot be used:", problems)
    return labels
