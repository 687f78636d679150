"""Executing: one chapter, from its MyST source to a finished notebook.

`run` checks the parameters, executes in a private kernel, normalises, and moves the
finished notebook into place; `run_many` does several at a time. Until the very end the
target is not touched: a failing cell, a time-out or an interrupt leaves the last good run
as it was, no half-written file, and no kernel.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from knowntruth import parameters
from knowntruth.errors import UserError

from . import failures, provenance, sources
from .normalise import normalise
from .read import KEY
from .reading import reading

if TYPE_CHECKING:
    from knowntruth.cases import Case

    from .kernels import Kernels

Progress = Callable[[str, int, int], None]
"""Called with the chapter's slug, the cells done, and the cells in all."""

TIMEOUT = 600
KERNEL_START = 120


@dataclass(frozen=True)
class Job:
    """One run to make: as the arguments of `run`."""

    case: Case
    target: Path
    values: Mapping[str, object] = field(default_factory=dict)
    source: Path | None = None


def run(
    case: Case,
    values: Mapping[str, object],
    target: Path,
    *,
    source: Path | None = None,
    timeout: float = TIMEOUT,
    progress: Progress | None = None,
    kernels: Kernels | None = None,
) -> Path:
    """Execute `case` with `values` and write the notebook to `target`.

    Args:
        case: the chapter.
        values: parameters that differ from their defaults.
        target: path of the executed notebook; its folder is made when the run succeeds.
        source: the chapter's MyST text where it is not the case's own, as in a copied book.
        timeout: seconds for the whole run.
        progress: called after each cell.
        kernels: the collection that the kernel joins, for callers that may have to stop it.

    Raises:
        ParameterError: before anything is executed.
        RunError: naming the chapter, the cell and the error.
        UserError: in the chapter's own words, where it refuses its input.
    """
    parameters.check(case.parameters, values)
    # The same values make the same bytes, in whatever order they were given.
    values = {name: values[name] for name in case.parameters.model_fields if name in values}
    own_data = bool(values.get("data"))
    book = sources.notebook(source or case.notebook, own_data=own_data)
    book = _execute(case, book, values, timeout, progress, kernels)
    failures.refuse_warnings(case, book)
    book = normalise(book)
    record = provenance.record(case, values) | {"reading": reading(book).record()}
    book.metadata[KEY] = record
    replace(target, nbformat.writes(book))
    return target


def run_many(
    jobs: Iterable[Job],
    *,
    workers: int = 2,
    timeout: float = TIMEOUT,
    progress: Progress | None = None,
) -> dict[Path, UserError | None]:
    """Execute several jobs, `workers` at a time; return the error, or None, of each target.

    One failing chapter does not stop the others. An interrupt stops all of them.
    """
    from .kernels import Kernels

    kernels = Kernels()

    def one(job: Job) -> UserError | None:
        try:
            run(
                job.case,
                job.values,
                job.target,
                source=job.source,
                timeout=timeout,
                progress=progress,
                kernels=kernels,
            )
        except UserError as error:
            return error
        return None

    waiting = {}
    with ThreadPoolExecutor(max_workers=workers) as pool:
        try:
            for job in jobs:
                waiting[job.target] = pool.submit(one, job)
            return {target: future.result() for target, future in waiting.items()}
        except BaseException:
            for future in waiting.values():
                future.cancel()
            kernels.stop()
            raise


def _execute(
    case: Case,
    book: nbformat.NotebookNode,
    values: Mapping[str, object],
    timeout: float,
    progress: Progress | None,
    kernels: Kernels | None,
) -> nbformat.NotebookNode:
    import papermill

    from .kernels import Kernels, event_loop

    kernels = kernels or Kernels()
    cells = len(book.cells) + bool(values)
    deadline = time.monotonic() + timeout

    def remaining(_cell: Any) -> int:
        return max(1, int(deadline - time.monotonic()))

    def cell_done(cell: Any, cell_index: int) -> None:
        if progress is not None:
            progress(case.slug, cell_index + 1, cells)

    with (
        event_loop(),
        tempfile.TemporaryDirectory(prefix="kt-", ignore_cleanup_errors=True) as folder,
    ):
        workspace = Path(folder)
        try:
            done: nbformat.NotebookNode = papermill.execute_notebook(
                book,
                None,
                parameters=dict(values),
                kernel_name=sources.KERNELSPEC["name"],
                progress_bar=False,
                start_timeout=KERNEL_START,
                timeout_func=remaining,
                shutdown_kernel="immediate",
                kernel_manager_class=kernels.manager_class(workspace),
                on_cell_complete=cell_done,
            )
            return done
        except Exception as error:
            raise failures.explain(case, error, timeout) from error
        finally:
            kernels.end(workspace)


def replace(target: Path, text: str) -> None:
    """Write a file whole or not at all, making its folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
