"""Building: execute what changed, then write the pages, then put them in place.

doit remembers, by content, what each chapter and the site were made from: nothing changed
means that nothing executes. A chapter that fails leaves its last good run, and the last
good site, as they were.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit.dependency import Dependency, JsonDB, MD5Checker
from doit.task import Task
from doit.tools import config_changed

from knowntruth.errors import Problem, RunError

from . import checks, inputs, staging

try:
    import fcntl
except ModuleNotFoundError:  # Windows: two builds of one folder are not kept apart there
    fcntl = None  # type: ignore[assignment] # a module by its type; `None` says there is none

if TYPE_CHECKING:
    from knowntruth.cases import Case
    from knowntruth.runs.execute import Progress

SITE = "site"
EPOCH = "1577836800"  # 2020-01-01: pages carry no date of their own
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
JUPYTER_BOOK = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"


@dataclass(frozen=True)
class Built:
    """What a build did.

    Attributes:
        index: the page to open.
        executed: slugs of the chapters that were executed.
        pages_written: whether the pages were written anew.
    """

    index: Path
    executed: tuple[str, ...]
    pages_written: bool


def build(
    root: Path,
    *,
    progress: Progress | None = None,
    timeout: float = 600,
    workers: int = 2,
    find: Callable[[str], Case] | None = None,
) -> Built:
    """Build the book in `root` into `_build/html`.

    Args:
        root: folder with `_toc.yml`, `_config.yml`, `book/` and `notebooks/`.
        progress: called with a chapter's slug, the cells done, and the cells in all.
        timeout: seconds for one chapter.
        workers: chapters executed at the same time.
        find: gives the case of a slug; the package's own cases where it is left out.

    Raises:
        RunError: when a chapter or the pages fail; the last good site is then untouched.
    """
    root = root.resolve()
    folder = root / "_build"
    folder.mkdir(exist_ok=True)
    with _alone(folder):
        return _build(root, folder, progress, timeout, workers, find)


def _build(
    root: Path,
    folder: Path,
    progress: Progress | None,
    timeout: float,
    workers: int,
    find: Callable[[str], Case] | None,
) -> Built:
    stage, pages = folder / "site", folder / "html"
    memory = Dependency(JsonDB, str(folder / "made-from.json"), checker_cls=MD5Checker)
    try:
        staging.stage_pages(root, stage)
        wanted = staging.chapters(root)
        tasks = {slug: _chapter_task(root, stage, slug) for slug in wanted}
        stale = [slug for slug, task in tasks.items() if _is_stale(memory, task)]
        if stale:
            _execute(root, stage, stale, tasks, memory, progress, timeout, workers, find)
        site_task = _task(SITE, inputs.of_site(root, stage), pages / "index.html")
        if _is_stale(memory, site_task):
            begun = _moments(site_task)
            _write_pages(root, stage, pages)
            _remember(memory, site_task, begun)
            return Built(pages / "index.html", tuple(stale), pages_written=True)
        return Built(pages / "index.html", tuple(stale), pages_written=False)
    finally:
        memory.close()


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other build works in the same folder."""
    with (folder / "lock").open("w") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _task(name: str, depends_on: Iterable[Path], target: Path) -> Task:
    return Task(
        name,
        actions=None,
        file_dep=sorted(map(str, depends_on)),
        targets=[str(target)],
        uptodate=[config_changed("\n".join(inputs.environment()))],
    )


def _chapter_task(root: Path, stage: Path, slug: str) -> Task:
    source = inputs.chapter(root, slug)
    if not source.exists():
        problem = Problem(
            "_toc.yml", f"names notebooks/{slug}", f"Write {source.name} or remove it"
        )
        raise RunError("The book has a chapter without a source:", [problem])
    return _task(f"chapter:{slug}", inputs.of_chapter(root, slug), staging.executed(stage, slug))


def _is_stale(memory: Any, task: Task) -> bool:
    return bool(memory.get_status(task, {}).status != "up-to-date")


def _moments(task: Task) -> dict[str, int]:
    return {path: Path(path).stat().st_mtime_ns for path in task.file_dep if Path(path).exists()}


def _remember(memory: Any, task: Task, begun: dict[str, int]) -> None:
    # What was edited while the work ran may or may not have taken part: the work is done again.
    if _moments(task) == begun:
        task.save_extra_values()
        memory.save_success(task)


def _execute(
    root: Path,
    stage: Path,
    slugs: list[str],
    tasks: dict[str, Task],
    memory: Any,
    progress: Progress | None,
    timeout: float,
    workers: int,
    find: Callable[[str], Case] | None,
) -> None:
    from knowntruth.runs.execute import Job, run_many

    if find is None:
        from knowntruth import cases

        find = cases.get
    jobs = [
        Job(find(slug), staging.executed(stage, slug), source=inputs.chapter(root, slug))
        for slug in slugs
    ]
    begun = {slug: _moments(tasks[slug]) for slug in slugs}
    errors = run_many(jobs, workers=workers, timeout=timeout, progress=progress)
    for slug in slugs:
        if errors[staging.executed(stage, slug)] is None:
            _remember(memory, tasks[slug], begun[slug])
    failed = [error for error in errors.values() if error is not None]
    if failed:
        title = "\n".join(str(error) for error in failed)
        raise RunError(title, [])


def _write_pages(root: Path, stage: Path, pages: Path) -> None:
    work = pages.with_name("work")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    log = pages.with_name("sphinx.log")
    command = [
        sys.executable, "-c", JUPYTER_BOOK, "build", str(stage), "-W", "--keep-going",
        "--path-output", str(work),
    ]  # fmt: skip
    with log.open("w", encoding="utf-8") as out:
        done = subprocess.run(
            command, cwd=stage, env=environment(), stdout=out, stderr=subprocess.STDOUT, check=False
        )
    built = work / "_build" / "html"
    if done.returncode:
        raise RunError("The pages could not be written:", _complaints(log))
    for name in (".buildinfo", "reports"):
        path = built / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    problems = checks.check(built, staging.entries(root), root)
    if problems:
        raise RunError("The pages were written, but they are not right:", problems)
    staging.swap(built, pages)
    shutil.rmtree(work)


def environment() -> dict[str, str]:
    """Return the environment in which pages are written, the same wherever it is done."""
    package = str(inputs.PACKAGE.parent)
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
    return os.environ | {
        "PYTHONPATH": path,
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "SOURCE_DATE_EPOCH": EPOCH,
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
    }


def _complaints(log: Path) -> list[Problem]:
    lines = COLOUR.sub("", log.read_text(encoding="utf-8", errors="replace")).splitlines()
    told = [line for line in lines if "WARNING:" in line or "ERROR:" in line or "CRITICAL:" in line]
    fix = f"The whole story is in {log.parent.name}/{log.name}"
    return [Problem("page", line.strip(), fix) for line in told or lines[-20:]]
