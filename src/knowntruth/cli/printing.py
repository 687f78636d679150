"""Printing: tables, progress and errors on a terminal.

Whatever a table, a file or a user says is printed as text, never read as markup.
"""

from __future__ import annotations

import contextlib
import html
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    import pandas as pd

    from ..cases import Case
    from ..errors import UserError
    from ..story.estimates import Estimate

# Findings that fit on a screen beside the report's place.
HEADLINES = 8
DIFFERENT = ["what", "value", "low", "high", "unit"]


@contextlib.contextmanager
def progress() -> Iterator[Any]:
    """Yield a callback (slug, cells done, cells in all) that draws a bar on a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = errors()
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bars:
        tasks: dict[str, Any] = {}

        def advance(slug: str, done: int, total: int) -> None:
            if slug not in tasks:
                tasks[slug] = bars.add_task(slug, total=total)
            bars.update(tasks[slug], completed=done, total=total)

        yield advance


def cases(all_cases: Iterable[Case]) -> None:
    """Print one row a case."""
    table = _table("case", "title", "question")
    for one in all_cases:
        table.add_row(Text(one.slug), Text(one.title), Text(one.question))
    out().print(table)


def case(one: Case) -> None:
    """Print a case's question, parameters, contract, and commands that run it."""
    from .. import parameters

    console = out()
    console.print(Text(f"{one.title} ({one.slug})", style="bold"))
    console.print(Text(one.question))
    console.print(Text("\nParameters, as in -p name=value", style="bold"))
    table = _table("name", "default", "meaning")
    for row in parameters.describe(one.parameters).to_dict("records"):
        table.add_row(Text(row["name"]), Text(row["default"]), _meaning(row, row["range"]))
    console.print(table)
    start = f"\nYour own table: one row is {one.contract.row}"
    console.print(Text(f"{start}; --map name=your_column", style="bold"))
    table = _table("name", "required", "columns", "meaning")
    for row in one.contract.describe().to_dict("records"):
        several = "several" if row["several"] == "yes" else "one"
        kind = ", ".join(filter(None, (row["type"], row["range"])))
        table.add_row(Text(row["name"]), Text(row["required"]), Text(several), _meaning(row, kind))
    console.print(table)
    if one.contract.choice:
        console.print(Text(f"Needed: {one.contract.choice}"))
    console.print(Text("\nFor example", style="bold"))
    line(one.example)
    line(f"knowntruth run {one.slug} -p seed=7")


def headlines(findings: pd.DataFrame) -> None:
    """Print the sentence of a run's first finding, and its differences as a table."""
    from ..story.estimates import Estimate

    if findings.empty:
        return
    line(_plain(findings["sentence"].iloc[0]))
    differences = findings[(findings["null"] == 0) & findings["p_value"].notna()]
    table = _table("difference in", "estimate", "interval", "p-value", "method")
    for row in differences.drop_duplicates(DIFFERENT).head(HEADLINES).to_dict("records"):
        estimate = _estimate(Estimate, row)
        forms = (f"{estimate:signed}", f"{estimate:interval}", f"{estimate:p}")
        table.add_row(Text(str(row["what"])), *map(Text, forms), Text(str(row["method"])))
    if table.row_count:
        out().print(table)


def line(text: str) -> None:
    """Print a line that stays one line, so that it can be copied."""
    out().print(Text(text), soft_wrap=True)


def warning(text: str) -> None:
    """Print a line to standard error."""
    errors().print(Text(text), soft_wrap=True)


def error(mistake: UserError) -> None:
    """Print every problem to standard error: a table on a terminal, lines elsewhere."""
    console = errors()
    if not console.is_terminal:
        console.print(Text(str(mistake)), soft_wrap=True)
        return
    console.print(Text(mistake.title, style="bold red"))
    table = _table("where", "what is wrong", "what to do")
    for problem in mistake.problems:
        table.add_row(Text(problem.where), Text(problem.what), Text(problem.fix))
    console.print(table)


def out() -> Console:
    """Return the console of results."""
    return Console(highlight=False)


def errors() -> Console:
    """Return the console of progress and errors."""
    return Console(stderr=True, highlight=False)


def _estimate(kind: type[Estimate], row: Mapping[Any, Any]) -> Estimate:
    low, high = row["low"], row["high"]
    return kind(
        value=row["value"],
        # An interval without an end is read back without it.
        low=-math.inf if low is None or math.isnan(low) else low,
        high=math.inf if high is None or math.isnan(high) else high,
        level=row["level"],
        n=int(row["n"]),
        unit=row["unit"],
        p_value=row["p_value"],
        null=row["null"],
    )


def _plain(markdown: str) -> str:
    """Return one of our sentences without its marks; a user's own are entities until the end."""
    return html.unescape(markdown.replace("*", ""))


def _meaning(row: Mapping[Any, Any], accepted: str) -> Text:
    unit = f", {row['unit']}" if row["unit"] else ""
    return Text.assemble(row["meaning"], (f" ({accepted}{unit})", "dim"))


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        table.add_column(
            heading,
            no_wrap=heading in {"name", "case"},
            overflow="fold",
            max_width=24 if heading == "default" else None,
        )
    return table
