"""Building the book: our flow against Jupyter Book's own forced execution.

Both build the same pages from the same sources with the same interpreter, from nothing:
the book with several copies of its chapter, so that there is work to share out. Theirs is
`jupyter-book build --all` with `execute_notebooks: force`. The copies leave out the score
card over many worlds, whose own processes fill every core in either flow.
Run with `python -m benchmarks build`.
"""

from __future__ import annotations

import dataclasses
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from knowntruth import cases
from knowntruth.site.build import JUPYTER_BOOK, build

ROOT = Path(__file__).parents[1]
CHAPTER = "ab_test"
COPIES = 4
REPLICATIONS = "replications = 500"


def main() -> None:
    """Time both and print the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder) / "ours", Path(folder) / "theirs"
        for root in (ours, theirs):
            make_book(root)
        force_execution(theirs)
        rows = [
            ("knowntruth build, from nothing", *cost(lambda: build(ours, find=case))),
            ("knowntruth build, nothing changed", *cost(lambda: build(ours, find=case))),
            ("jupyter-book build --all, forced", *cost(lambda: build_theirs(theirs))),
        ]
    print(f"{COPIES} chapters, each the work of {CHAPTER}")
    print(f"{'':<36}{'time':>10}{'processor':>12}")
    for name, took, worked in rows:
        print(f"{name:<36}{took:>8.2f} s{worked:>10.2f} s")
    print(f"\ntheirs / ours from nothing: {rows[2][1] / rows[0][1]:.1f} by the clock")


def make_book(root: Path) -> None:
    """Write a book whose chapters are copies of one."""
    shutil.copytree(ROOT / "book", root / "book")
    shutil.copy(ROOT / "_config.yml", root)
    (root / "notebooks").mkdir()
    source = (ROOT / "notebooks" / f"{CHAPTER}.md").read_text(encoding="utf-8")
    if REPLICATIONS not in source:
        raise RuntimeError(f"the chapter has no line {REPLICATIONS!r} to leave them out by")
    for slug in slugs():
        text = source.replace(REPLICATIONS, "replications = 0")
        (root / "notebooks" / f"{slug}.md").write_text(text, encoding="utf-8")
    pages = ["book/how-to-read", "book/glossary", "book/references"]
    chapters = [{"file": name} for name in [*(f"notebooks/{slug}" for slug in slugs()), *pages]]
    contents = {"format": "jb-book", "root": "book/index", "chapters": chapters}
    (root / "_toc.yml").write_text(yaml.safe_dump(contents), encoding="utf-8")


def slugs() -> list[str]:
    """Return the names of the copies, the chapter's own first."""
    return [CHAPTER, *(f"{CHAPTER}_{number}" for number in range(2, COPIES + 1))]


def case(slug: str) -> cases.Case:
    """Return the chapter's case under the name of a copy."""
    return dataclasses.replace(cases.get(CHAPTER), slug=slug)


def force_execution(root: Path) -> None:
    """Let Jupyter Book execute the chapters of a book, all of them, every time."""
    path = root / "_config.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["execute"] = {"execute_notebooks": "force", "timeout": 600}
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")


def build_theirs(root: Path) -> None:
    """Build a book as Jupyter Book does; its kernels are started by the name `python`."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", JUPYTER_BOOK, "build", str(root), "--all"],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    written = list((root / "_build" / "html" / "notebooks").glob("*.html"))
    if done.returncode or len(written) != COPIES:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    if (root / "_build" / "html" / "reports").exists():
        raise RuntimeError("a chapter failed in Jupyter Book's own execution")


def cost(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that work takes by the clock, and of all processors."""
    start, before = time.perf_counter(), processor()
    work()
    return time.perf_counter() - start, processor() - before


def processor() -> float:
    """Return the seconds that this process and its ended children have worked."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
