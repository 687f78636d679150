"""Failures: what stopped a chapter, in words for the person who can mend it.

Every way in which an execution ends early becomes one `RunError` that names the chapter,
the cell and the error; a refusal of the input keeps the words that the chapter found.
A warning counts as a failure: it would put a path of one machine on the page, and it says
that the chapter does something that its author did not mean.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from knowntruth import errors
from knowntruth.errors import Problem, RunError, UserError

if TYPE_CHECKING:
    import nbformat

    from knowntruth.cases import Case

LINES_SHOWN = 12
UNTOUCHED = "Nothing was written; the last good run is as it was"
USER_ERRORS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.UserError)
}


def explain(case: Case, error: Exception, timeout: float) -> UserError:
    """Return the error that says why `case` stopped."""
    if isinstance(error, PapermillExecutionError):
        return _failed_cell(case, error)
    if isinstance(error, CellTimeoutError):
        return RunError(
            f"The chapter {case.slug} did not finish.",
            [
                Problem(
                    case.slug,
                    f"ran longer than {timeout:g} seconds",
                    f"Give it more time, or less to do. {UNTOUCHED}",
                )
            ],
        )
    if isinstance(error, DeadKernelError):
        return RunError(
            f"The chapter {case.slug} did not finish.",
            [
                Problem(
                    case.slug,
                    "its Python process ended without a word",
                    f"Most often the memory was full: try fewer rows. {UNTOUCHED}",
                )
            ],
        )
    return RunError(
        f"The chapter {case.slug} did not run.",
        [Problem(case.slug, f"{type(error).__name__}: {error}", UNTOUCHED)],
    )


def refuse_warnings(case: Case, book: nbformat.NotebookNode) -> None:
    """Raise a `RunError` when a cell of an executed notebook wrote to its error stream."""
    problems = [
        Problem(f"{case.slug}, cell [{cell.execution_count}]", output.text.strip(), UNTOUCHED)
        for cell in book.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream" and output.name == "stderr"
    ]
    if problems:
        raise RunError(f"The chapter {case.slug} ran, but warned:", problems)


def _failed_cell(case: Case, error: PapermillExecutionError) -> UserError:
    if error.ename in USER_ERRORS:
        # The chapter refused its input; it has said so in words for people already.
        return UserError(str(error.evalue), [])
    lines = str(error.source).strip().splitlines()
    shown = "\n".join(lines[:LINES_SHOWN] + ["…"] * (len(lines) > LINES_SHOWN))
    return RunError(
        f"The chapter {case.slug} stopped at cell [{error.exec_count}]:\n\n"
        f"{textwrap.indent(shown, '    ')}\n",
        [
            Problem(
                f"{case.slug}, cell [{error.exec_count}]",
                f"{error.ename}: {error.evalue}",
                UNTOUCHED,
            )
        ],
    )
