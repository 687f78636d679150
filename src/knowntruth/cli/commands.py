"""Commands, and the status that each leaves.

Exit status: 0 when all went well, 2 when the input cannot be used (nothing was written),
1 when a chapter failed, 130 when the user interrupted. Results go to standard output;
progress and errors to standard error, without a traceback where the mistake is not ours.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Literal

import cyclopts
from cyclopts import Parameter

from ..errors import Problem, RunError, UserError
from . import asking, folders, printing

UNUSABLE, FAILED, INTERRUPTED = 2, 1, 130
RUNS = Path("runs")

Assignments = Annotated[
    list[str], Parameter(name=["-p", "--parameter"], negative="", show_default=False)
]
Repeated = Parameter(negative="", show_default=False)


def _version() -> str:
    try:
        return version("knowntruth")
    except PackageNotFoundError:
        from .. import __version__

        return __version__


app = cyclopts.App(
    name="knowntruth",
    help="Product-analytics case studies told in worlds whose truth is known.",
    version=_version,
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)


@app.command(name="list")
def list_() -> None:
    """List the cases."""
    from .. import cases

    printing.cases(cases.all_cases().values())


@app.command
def show(case: str, /) -> None:
    """Show a case: its question, its parameters, and what a table of your own must hold."""
    from .. import cases

    printing.case(cases.get(case))


@app.command
def run(
    case: str,
    /,
    *,
    parameters: Assignments | None = None,
    data: Path | None = None,
    map_: Annotated[list[str] | None, Repeated, Parameter(name="--map")] = None,
    label: Annotated[list[str] | None, Repeated] = None,
    output: Path | None = None,
) -> None:
    """Run a case with other parameters, or on your own table.

    Leaves an executed notebook and a report, one HTML file, in a folder of their own.

    Parameters
    ----------
    case
        Name of the case, as `knowntruth list` shows it.
    parameters
        A parameter, as in `-p users=600`; may be given again.
    data
        Your table: a CSV, Excel or Parquet file, or a folder of Parquet files.
    map_
        Your column for a contract name, as in `--map arm=version`; may be given again.
        The first `=` divides. Several columns stand between commas, as in
        `--map secondary=bought,returned`; a column whose own name has a comma is taken
        whole, and `--map` is then given once for each column.
    label
        Your words for a contract name, as in `--label primary="weekly earnings"`.
    output
        The folder to make; otherwise `runs/CASE`, or `runs/CASE-2` when that is there.
    """
    from .. import cases

    chosen = cases.get(case)
    values = asking.values(chosen, parameters or [], data, map_ or [], label or [])
    folders.refuse_occupied(output)
    from ..runs import execute, read, report

    with folders.new_folder(output, RUNS / chosen.slug) as folder:
        notebook = folder.path / f"{chosen.slug}.ipynb"
        with printing.progress() as progress:
            execute.run(chosen, values, notebook, progress=progress)
        report.write(notebook, folder.path / f"{chosen.slug}.html")
        findings = read.findings(notebook)
    printing.headlines(findings)
    printing.line(f"Report: {folder.path / f'{chosen.slug}.html'}")


@app.command
def simulate(
    case: str,
    /,
    *,
    output: Path,
    parameters: Assignments | None = None,
    format_: Annotated[Literal["csv", "parquet"], Parameter(name="--format")] = "csv",
) -> None:
    """Write the tables of a case's world, and its truth apart from them in a file of that name.

    As Parquet, worlds that can be larger than memory may be larger than their chapter allows.

    Parameters
    ----------
    case
        Name of the case, as `knowntruth list` shows it.
    output
        The folder to make.
    parameters
        A parameter, as in `-p users=600`; may be given again.
    format_
        Kind of file for the tables.
    """
    from .. import cases
    from ..parameters import check, parse

    chosen = cases.get(case)
    streamed = chosen.streamed if format_ == "parquet" else None
    model = streamed.parameters if streamed else chosen.parameters
    checked = check(model, parse(model, parameters or []))
    if getattr(checked, "data", ""):
        problem = Problem("data", "is a table already", "Leave it out to simulate one")
        raise UserError("This cannot be simulated:", [problem])
    folders.refuse_occupied(output)
    if streamed:
        with folders.new_folder(output, output) as folder, printing.progress() as progress:
            folder.path.rmdir()  # it is made whole or not at all, under this name
            streamed.write(checked, folder.path, partial(progress, chosen.world))
        printing.line(f"Tables and truth: {folder.path}")
        return
    tables, truth = chosen.simulator(checked)
    with folders.new_folder(output, output) as folder:
        for name, table in tables.items():
            if format_ == "csv":
                table.to_csv(folder.path / f"{name}.csv", index=False, lineterminator="\n")
            else:
                table.to_parquet(folder.path / f"{name}.parquet", index=False)
        text = json.dumps(truth, indent=2, ensure_ascii=False)
        (folder.path / "truth.json").write_text(text + "\n", encoding="utf-8")
    printing.line(f"Tables and truth: {folder.path}")


@app.command
def build() -> None:
    """Build the book of the checkout that you are in."""
    root = _checkout()
    from ..site.build import build as build_site

    with printing.progress() as progress:
        build_site(root, progress=progress)
    printing.line(f"Book: {root / '_build' / 'html' / 'index.html'}")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    sys.exit(status(arguments))


def status(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    try:
        app(arguments, exit_on_error=False, error_console=printing.errors())
    except cyclopts.CycloptsError:
        return UNUSABLE
    except RunError as failure:
        printing.error(failure)
        return FAILED
    except UserError as mistake:
        printing.error(mistake)
        return UNUSABLE
    except KeyboardInterrupt:
        printing.warning("Interrupted: nothing was left behind.")
        return INTERRUPTED
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else FAILED
    return 0


def _checkout() -> Path:
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "_toc.yml").is_file() and (folder / "notebooks").is_dir():
            return folder
    problem = Problem(
        str(here), "is not in a checkout of the book", "Go to the folder that holds _toc.yml"
    )
    raise UserError("There is no book to build:", [problem])
