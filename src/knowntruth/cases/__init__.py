"""Cases: what joins a chapter to its tables, simulated or somebody's own.

A *case* is one chapter: its parameters, its data contract, its notebook. It *opens* with
parameter values and gives the chapter its tables, its names and, when simulated, its truth.
Every package in this folder that has a `CASE` is a case; nothing registers it. The modules
beside them hold what cases share.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ..data.contract import Contract
from ..errors import Problem, UserError, nearest
from ..parameters import Parameters, changed, parameter

# Names that IPython puts into every notebook.
NOTEBOOK_NAMES = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})


class OwnData(Parameters):
    """Parameters with which every case reads somebody's own table."""

    data: str = parameter("", "file or folder with your own table; empty simulates")
    columns: dict[str, str | list[str]] = parameter(
        {}, 'contract name → your column, as in {"arm": "version"}'
    )
    labels: dict[str, str] = parameter(
        {}, 'contract name → your words for it, as in {"primary": "earnings"}'
    )


class Blanks(Parameters):
    """How empty cells of somebody's own table are read."""

    blank_is_zero: list[str] = parameter([], "columns of numbers in which an empty cell means zero")


def refuse_mixture(given: OwnData, *, world: type[Parameters], own: type[OwnData]) -> None:
    """Refuse parameters of the world with own data, and those of own data without it.

    `world` and `own` are the models of which the case's model is made. A seed and labels mean
    something either way.

    Raises:
        ValueError: naming the parameters, for a validator of the case's model.
    """
    names = changed(given)
    if given.data:
        mixed = [name for name in world.model_fields if name in names and name != "seed"]
        what = "describe the simulated world and mean nothing with `data`"
        fix = "Leave them out, or leave `data` out"
    else:
        mixed = [name for name in own.model_fields if name in names and name != "labels"]
        what = "describe your own table and mean nothing without `data`"
        fix = "Give `data` as well"
    if mixed:
        raise ValueError(f"{', '.join(f'`{name}`' for name in mixed)} {what}. {fix}")


@dataclass(frozen=True)
class Streamed:
    """How a world that may be larger than memory is written to Parquet files.

    Attributes:
        parameters: the world's own model, which allows more than a chapter can look at.
        write: writes its tables and its truth from checked parameters to a folder that is not
            there yet; calls the function that it gets with steps done and steps in all.
    """

    parameters: type[Parameters]
    write: Callable[[Any, Path, Callable[[int, int], None]], None]


@dataclass(frozen=True)
class Case:
    """One chapter.

    Attributes:
        slug: name of the notebook and of the page.
        title: title of the chapter.
        question: what it asks, in one sentence.
        world: name of the world it simulates.
        parameters: the model of its parameters, world and analysis and own data in one.
        contract: what a table of one's own must hold.
        opener: makes the opened case from checked parameters.
        example: a command that runs it on somebody's own data.
        simulator: returns the world's tables and its truth from checked parameters.
        streamed: how the world is written when it may be larger than memory, where it can be.
    """

    slug: str
    title: str
    question: str
    world: str
    parameters: type[Parameters]
    contract: Contract
    opener: Callable[[Any], Any]
    example: str
    simulator: Callable[[Any], tuple[Mapping[str, Any], Mapping[str, Any]]]
    streamed: Streamed | None = None

    @property
    def notebook(self) -> Path:
        """Path of the chapter's MyST source."""
        return notebooks() / f"{self.slug}.md"

    def check(self, values: Mapping[str, object]) -> Parameters:
        """Return checked parameters; ParameterError lists all that is wrong."""
        from ..parameters import check  # a method of the same name

        return check(self.parameters, values)

    def open(self, values: Mapping[str, object]) -> Any:
        """Check `values`, then return the opened case: tables, names, truth.

        Raises:
            ParameterError: for parameters that are unknown or out of range.
            DataError: for a table of one's own that does not meet the contract.
        """
        return self.opener(self.check(values))

    def start(self, namespace: Mapping[str, object]) -> Any:
        """Return the opened case for the parameters that a notebook has assigned.

        Call it with `globals()` right behind the `parameters` cell: values are checked, and a
        misspelt name is found, however the notebook was started.

        Raises:
            ParameterError, DataError: as `open` does.
        """
        return self.open(notebook_values(namespace))


def notebook_values(namespace: Mapping[str, object]) -> dict[str, object]:
    """Return what a notebook has assigned so far: its parameters, and any misspelt one.

    The cell that calls this stands right behind the `parameters` cell, so every assigned
    name is meant as a parameter; modules and IPython's own names are not.
    """
    return {
        name: value
        for name, value in namespace.items()
        if not name.startswith("_")
        and name not in NOTEBOOK_NAMES
        and not isinstance(value, ModuleType | Case)
    }


def notebooks() -> Path:
    """Return the folder of the chapters' sources: beside `src`, or inside an installed wheel."""
    package = Path(__file__).resolve().parents[1]
    beside = package.parents[1] / "notebooks"
    return beside if beside.is_dir() else package / "notebooks"


@cache
def all_cases() -> dict[str, Case]:
    """Return every case by its slug, in the order of their names."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        if not module.ispkg:
            continue
        case = getattr(importlib.import_module(f"{__name__}.{module.name}"), "CASE", None)
        if isinstance(case, Case):
            found[case.slug] = case
    return found


def get(slug: str) -> Case:
    """Return a case by its slug.

    Raises:
        UserError: when there is none; suggests the nearest.
    """
    cases = all_cases()
    if slug in cases:
        return cases[slug]
    guess = nearest(slug, cases)
    fix = f"Did you mean {guess}?" if guess else f"There are {', '.join(cases)}"
    raise UserError("This case is not known:", [Problem(slug, "is not a case", fix)])
