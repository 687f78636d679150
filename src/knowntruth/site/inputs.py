"""Inputs: the files and facts that a chapter, or the site, depends on.

A chapter depends on its own text, on every module that it can reach by imports, on the
data inside the package, and on the lock; so an edit re-runs the chapters concerned and no
other. *Reach* is read from the sources alone: nothing is imported to find it.
"""

from __future__ import annotations

import re
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import knowntruth

PACKAGE = Path(knowntruth.__file__).resolve().parent
NAME = PACKAGE.name
FENCE = "```"
# Reading syntax trees instead would take a second for what this takes a blink.
IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(\S+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]+)|import[ \t]+([^\n#;]+))",
    re.MULTILINE,
)
COMMENT = re.compile(r"#[^\n]*")
# Parts of the package that no chapter's result depends on.
PAGES_ONLY = ("site", "runs/assets")


def of_chapter(root: Path, slug: str) -> set[Path]:
    """Return the files that the executed notebook of a chapter depends on."""
    source = chapter(root, slug)
    roots = {f"{NAME}.cases.{slug}", f"{NAME}.runs.execute", *imported(code(source), NAME)}
    return {source, *reach(roots), *package_data(), *lock(root)}


def of_site(root: Path, staged: Path) -> set[Path]:
    """Return the files that the built pages depend on, everything staged among them."""
    pages_only = (path for part in PAGES_ONLY for path in files(PACKAGE / part))
    ours = {*reach({f"{NAME}.site.extension", f"{NAME}.site.renderers"}), *pages_only}
    return {*files(staged), *ours, *lock(root)}


def chapter(root: Path, slug: str) -> Path:
    """Return the MyST source of a chapter."""
    return root / "notebooks" / f"{slug}.md"


def lock(root: Path) -> set[Path]:
    """Return the lock of the environment, where the book has one."""
    path = root / "requirements.lock"
    return {path} if path.exists() else set()


def environment() -> list[str]:
    """Return the interpreter and every installed distribution with its version."""
    folders = {sysconfig.get_paths()["purelib"], *site.getsitepackages()}
    installed = {
        path.name
        for folder in folders
        for path in Path(folder).glob("*.dist-info")
        if not path.name.startswith(f"{NAME}-")
    }
    return [sys.version, *sorted(installed)]


def package_data() -> set[Path]:
    """Return the files inside the package that are neither modules nor for pages alone."""
    apart = tuple(PACKAGE / part for part in PAGES_ONLY)
    return {
        path
        for path in files(PACKAGE)
        if path.suffix != ".py" and not any(path.is_relative_to(part) for part in apart)
    }


def files(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder, caches left out."""
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def reach(modules: Iterable[str]) -> set[Path]:
    """Return the files of these modules of the package and of all that they import from it."""
    waiting, seen, found = list(modules), set[str](), set[Path]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        # Importing a module runs the packages around it too.
        waiting += [name.rsplit(".", 1)[0]] if "." in name else []
        path = file_of(name)
        if path is not None and path not in found:
            found.add(path)
            around = name if path.name == "__init__.py" else name.rpartition(".")[0]
            waiting += imported_by(path, around)
    return found


def imported(source: str, package: str) -> list[str]:
    """Return the names of this package's modules that a source may import.

    `from a import b` may mean the module `a.b`: both are returned.
    """
    names = []
    for match in IMPORT.finditer(source):
        base, taken, plain = match.groups()
        if plain is not None:
            names += [part.split()[0] for part in plain.split(",") if part.strip()]
            continue
        if base.startswith("."):
            rest = base.lstrip(".")
            parts = package.split(".")
            above = ".".join(parts[: len(parts) - (len(base) - len(rest)) + 1])
            base = ".".join(filter(None, [above, rest]))
        words = COMMENT.sub("", taken).strip("() \n").split(",")
        names += [base, *(f"{base}.{word.split()[0]}" for word in words if word.strip())]
    return [name for name in names if name == NAME or name.startswith(f"{NAME}.")]


@cache
def imported_by(path: Path, package: str) -> tuple[str, ...]:
    """Return what a module of this package imports from it."""
    return tuple(imported(path.read_text(encoding="utf-8"), package))


def file_of(module: str) -> Path | None:
    """Return the file of a module of this package, None where there is no such module."""
    base = PACKAGE.joinpath(*module.split(".")[1:])
    for path in (base / "__init__.py", base.with_suffix(".py")):
        if path.is_file():
            return path
    return None


def code(source: Path) -> str:
    """Return the imports of a MyST notebook's code cells, one after another."""
    inside, lines = False, list[str]()
    for line in source.read_text(encoding="utf-8").splitlines():
        if line.startswith(FENCE):
            inside = line.startswith("```{code-cell}")
        elif inside and not line.startswith((":", "%", "!")):
            lines.append(line)
    return "\n".join(lines)
