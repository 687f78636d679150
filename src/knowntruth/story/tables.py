"""Tables: rows that a page shows, every cell escaped, numbers to the right.

A cell is a number, a text, a `Name`, or anything with a format of its own; the caller writes
numbers in the digits they deserve. The score card is the one table that every chapter shares.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from IPython.display import display

from .findings import SIGNS, Finding
from .saying import SAID, payloads_of

Cell = object


@dataclass(frozen=True)
class ScoreRow:
    """One line of a score card.

    Attributes:
        method: what was done, in the field's words.
        finding: what it found; its truth decides the grade.
        why: one sentence on why it came out so, for a world whose truth is known.
        assumes: one sentence on what it takes for granted, for a table whose truth is not.
        is_naive: whether the method is one that the chapter warns of.
    """

    method: str
    finding: Finding
    why: str
    assumes: str
    is_naive: bool = False


def show_table(
    rows: Sequence[Mapping[str, Cell]],
    *,
    caption: str = "",
    text: Iterable[str] = (),
    css: str = "",
) -> None:
    """Show rows as a table; the columns named in `text` are aligned left, all others right.

    Raises:
        ValueError: for rows that do not have the same columns.
    """
    if not rows:
        raise ValueError("a table needs at least one row")
    columns = list(rows[0])
    if any(list(row) != columns for row in rows):
        raise ValueError("every row of a table has the same columns")
    left = set(text)
    page = _html(rows, columns, caption=caption, left=left, css=css)
    display({"text/html": page, "text/plain": _plain(rows, columns, caption)}, raw=True)


def score_card(rows: Sequence[ScoreRow], *, caption: str = "Score card") -> None:
    """Show what every method said, what was true, and whether it was right.

    Where no truth is known the columns on truth give way to what each method assumes.
    """
    known = [row for row in rows if row.finding.truth is not None]
    cells = [_score(row) for row in known] or [_assumed(row) for row in rows]
    text = {"Method", "Quantity", "Verdict", "Why", "What it assumes"}
    columns = list(cells[0])
    page = _html(cells, columns, caption=caption, left=text, css="kt-score")
    facts = payloads_of([row.finding for row in rows])
    said = {"sentence": "", "facts": facts}
    display(
        {"text/html": page, "text/plain": _plain(cells, columns, caption), SAID: said}, raw=True
    )


def _score(row: ScoreRow) -> dict[str, Cell]:
    grade = row.finding.grade
    assert grade is not None
    return {
        "Method": row.method,
        "Quantity": row.finding.what,
        "Says": f"{row.finding:value}",
        "Interval": f"{row.finding:interval}",
        "Truth": f"{row.finding:truth}",
        "Verdict": SIGNS[grade],
        "Why": row.why,
    }


def _assumed(row: ScoreRow) -> dict[str, Cell]:
    return {
        "Method": row.method,
        "Quantity": row.finding.what,
        "Says": f"{row.finding:value}",
        "Interval": f"{row.finding:interval}",
        "What it assumes": row.assumes,
    }


def _cell(value: Cell) -> str:
    """Return a cell as HTML; names stand escaped in texts, as they do in sentences."""
    return html.escape(html.unescape(str(value)))


def _html(
    rows: Sequence[Mapping[str, Cell]],
    columns: Sequence[str],
    *,
    caption: str,
    left: set[str],
    css: str,
) -> str:
    """Return the table as HTML that also reads well where no style sheet of ours is at hand."""

    def tag(name: str, column: str, content: str) -> str:
        where = "" if column in left else ' class="num" style="text-align: right"'
        if column in left:
            where = ' style="text-align: left"'
        scope = ' scope="col"' if name == "th" else ""
        return f"<{name}{scope}{where}>{content}</{name}>"

    head = "".join(tag("th", c, _cell(c)) for c in columns)
    body = "".join(
        "<tr>" + "".join(tag("td", c, _cell(row[c])) for c in columns) + "</tr>" for row in rows
    )
    title = f"<caption>{_cell(caption)}</caption>" if caption else ""
    label = _cell(caption or "Table")
    classes = " ".join(filter(None, ["kt-table", css]))
    # A box that scrolls must be reachable by keyboard and say what it is.
    return (
        f'<div class="{classes}" role="region" tabindex="0" aria-label="{label}">'
        f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _plain(rows: Sequence[Mapping[str, Cell]], columns: Sequence[str], caption: str) -> str:
    def text(value: Cell) -> str:
        return html.unescape(str(value))

    grid = [[text(c) for c in columns], *([text(row[c]) for c in columns] for row in rows)]
    widths = [max(len(line[i]) for line in grid) for i in range(len(columns))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in grid]
    return "\n".join(filter(None, [caption, *(line.rstrip() for line in lines)]))


def p_cell(p: float) -> str:
    """Return a p-value as a cell of a table."""
    smallest = 0.001
    return f"< {smallest}" if p < smallest else f"{p:.3f}"
