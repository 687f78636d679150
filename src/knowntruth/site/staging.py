"""Staging: the folder from which the site is built.

`_build/site/` receives the pages, the settings and the executed notebooks, and nothing
that is no longer part of the book. A file that has not changed is not written again.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

SETTINGS = ("_config.yml", "_toc.yml")
PAGES = "book"
NOTEBOOKS = "notebooks"


def entries(root: Path) -> list[str]:
    """Return every document that `_toc.yml` names, in its order."""
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, list):
            for item in node:
                walk(item)
        elif isinstance(node, dict):
            for key, value in node.items():
                if key in {"root", "file"}:
                    found.append(str(value))
                else:
                    walk(value)

    walk(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8")))
    return found


def chapters(root: Path) -> list[str]:
    """Return the slugs of the chapters that `_toc.yml` names."""
    inside = f"{NOTEBOOKS}/"
    return [entry.removeprefix(inside) for entry in entries(root) if entry.startswith(inside)]


def executed(stage: Path, slug: str) -> Path:
    """Return where the executed notebook of a chapter stands."""
    return stage / NOTEBOOKS / f"{slug}.ipynb"


def stage_pages(root: Path, stage: Path) -> None:
    """Bring pages and settings up to date, and remove what the book no longer has."""
    wanted = {stage / name: root / name for name in SETTINGS}
    for path in sorted((root / PAGES).rglob("*")):
        if path.is_file():
            wanted[stage / path.relative_to(root)] = path
    kept = {executed(stage, slug) for slug in chapters(root)}
    for path in sorted(stage.rglob("*")):
        if path.is_file() and path not in wanted and path not in kept:
            path.unlink()
    for target, source in wanted.items():
        content = source.read_bytes()
        if not target.exists() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def swap(built: Path, target: Path) -> None:
    """Put a finished folder in the place of the last one."""
    old = target.with_name(f"{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    built.rename(target)
    shutil.rmtree(old, ignore_errors=True)
