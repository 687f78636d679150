"""Labels: what a run calls its columns, its groups and its units."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import ParameterError, Problem, nearest
from ..story.names import Name

BARE = frozenset({"true", "false", "yes", "no", "on", "off"})


def label_words(labels: Mapping[str, str], known: Mapping[str, str]) -> dict[str, Name]:
    """Return a name for each key of `known`, from the parameter `labels` where it has one.

    Raises:
        ParameterError: for a label of something that is not there.
    """
    problems = []
    for key in labels:
        if key not in known:
            guess = nearest(key, known)
            fix = f"Did you mean {guess}?" if guess else f"There are {', '.join(known)}"
            problems.append(Problem(f"labels.{key}", "names nothing in this run", fix))
    if problems:
        raise ParameterError("These labels cannot be used:", problems)
    return {key: Name(labels.get(key, word)) for key, word in known.items()}


def is_bare(label: str) -> bool:
    """Return whether a label says nothing without the name of its column."""
    return len(label) < 2 or label.casefold() in BARE or label.replace(".", "", 1).isdigit()


def in_full(label: str, column: str) -> str:
    """Return a label of a column, such as `premium = 1` where the label alone is bare."""
    # "More in 1 than in 0" says little: such labels bring their column along.
    return f"{column} = {label}" if is_bare(label) else label
