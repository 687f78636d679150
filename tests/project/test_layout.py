"""Imports go one way, as CONTRIBUTING.md says under "Where code goes"."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from importlib.util import resolve_name
from pathlib import Path

import jupytext
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.md"))

# part of the package -> parts that it never imports
FORBIDDEN = {
    "errors": {"cases", "data", "methods", "parameters", "runs", "site", "story", "worlds", "cli"},
    "parameters": {"cases", "data", "methods", "runs", "site", "story", "worlds", "cli"},
    "worlds": {"cases", "methods", "runs", "site", "cli"},
    "data": {"cases", "methods", "worlds", "runs", "site", "cli"},
    "methods": {"cases", "worlds", "runs", "site", "cli"},
    "story": {"cases", "methods", "worlds", "runs", "site", "cli"},
    "cases": {"runs", "site", "cli"},
    "runs": {"site", "cli"},
    "site": {"cli"},
    "cli": set(),
    "__main__": set(),
}
OPEN_TO_NOTEBOOKS = {"cases", "methods", "story"}


def parts_imported(source: str, package: str = "") -> set[str]:
    """The parts of knowntruth that a source imports anywhere, in functions too.

    `package` is where the source stands, for its relative imports.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            origin = resolve_name(name, package) if node.level else name
            found += [f"{origin}.{alias.name}" for alias in node.names]
    dotted = [name.split(".") for name in found]
    return {words[1] for words in dotted if words[0] == "knowntruth" and len(words) > 1}


def code_of(chapter: Path) -> str:
    """The code cells of a chapter, joined."""
    cells = jupytext.read(chapter, fmt="md:myst").cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def modules() -> list[Path]:
    """Every module of the package, without its root, which is open to all."""
    return sorted(
        path for path in SOURCE.glob("knowntruth/**/*.py") if path.parent.name != "knowntruth"
        or path.name != "__init__.py"
    )  # fmt: skip


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_imports_only_what_lies_behind_it(path: Path) -> None:
    words = path.relative_to(SOURCE).with_suffix("").parts
    part = words[1]
    assert part in FORBIDDEN, f"{part} is new: say in this file what it may not import"
    imported = parts_imported(path.read_text("utf-8"), ".".join(words[:-1]))
    assert not imported & FORBIDDEN[part]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_chapter_imports_cases_methods_and_story_only(path: Path) -> None:
    assert parts_imported(code_of(path)) <= OPEN_TO_NOTEBOOKS


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("import knowntruth.worlds.edtech as w", {"worlds"}),
        ("from knowntruth import runs, story", {"runs", "story"}),
        ("from knowntruth.site.pages import check", {"site"}),
        ("from ..worlds import musicstream", {"worlds"}),
        ("from .. import cases", {"cases"}),
        ("from .moments import moments", {"methods"}),
        ("def f():\n    from knowntruth.cli import main", {"cli"}),
        ("import pandas\nfrom knowntruth import __version__", {"__version__"}),
    ],
)
def test_imports_are_seen_in_every_form(source: str, parts: set[str]) -> None:
    assert parts_imported(source, "knowntruth.methods") == parts


def test_every_chapter_is_a_pair() -> None:
    notebooks = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert notebooks == {path.stem for path in NOTEBOOKS}


def test_tests_have_no_package_files() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py")), "importlib mode needs none"


def distributions_imported(folder: Path) -> set[str]:
    """The distributions whose modules the sources of a folder import."""
    known = packages_distributions()
    names = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.add(node.module.split(".")[0])
    foreign = names - sys.stdlib_module_names - {"knowntruth"}
    return {canonicalize_name(known[name][0]) for name in foreign if name in known}


def test_what_the_package_imports_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    own, book = (
        {canonicalize_name(Requirement(text).name) for text in texts}
        for texts in (project["dependencies"], project["optional-dependencies"]["book"])
    )
    # These come with jupyter-book, which alone knows which versions of them go together.
    book |= {"docutils", "myst-nb", "sphinx"}
    package = SOURCE / "knowntruth"
    for folder in package.iterdir():
        if folder.is_dir():
            allowed = own | book if folder.name == "site" else own
            undeclared = distributions_imported(folder) - allowed
            assert not undeclared, f"{folder.name} imports {undeclared}"
