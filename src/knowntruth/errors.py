"""Errors that speak to the person who can mend them.

A *problem* says where something is wrong, what is wrong, and what to do.
A *user error* carries every problem found, so that nobody mends one to meet the next.
Notebooks and the command line show its text and no traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in words for the person who can mend it."""

    where: str
    what: str
    fix: str

    def __str__(self) -> str:
        """Return the problem as one line."""
        return f"{self.where}: {self.what}. {self.fix}"


class UserError(Exception):
    """Input that cannot be used; `problems` lists all that was found."""

    def __init__(self, title: str, problems: Iterable[Problem]) -> None:
        """Keep the title and the problems, in the order in which they were found."""
        self.title = title
        self.problems = tuple(problems)
        super().__init__(title, self.problems)

    def __str__(self) -> str:
        """Return the title and one line a problem."""
        return "\n".join([self.title, *(f"  - {problem}" for problem in self.problems)])

    def _render_traceback_(self) -> list[str]:
        """Let IPython show the message alone: the stack is ours, the mistake is not in it."""
        return str(self).splitlines()


class ParameterError(UserError):
    """Parameters that the case does not know or cannot take."""


class DataError(UserError):
    """A table that does not meet the data contract of its case."""


class RunError(UserError):
    """A chapter that could not be executed to its end."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word closest to `word`, or None when nothing is close."""
    options = list(known)
    folded = {option.casefold(): option for option in options}
    hits = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[hits[0]] if hits else None
