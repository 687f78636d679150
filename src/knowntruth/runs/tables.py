"""Tables: what a page adds to the tables that a chapter made.

Verdicts take their colour, and a unit in a cell stands below its number, so that columns stay
narrow. Each cell of a *score card* also carries the name of its column: a phone shows every
row as a card of its own. All of it is the same on the book's pages and in reports.
"""

from __future__ import annotations

import itertools
import re

VERDICTS = {
    "right": "right", "holds": "right", "wrong": "wrong", "fails": "wrong",
    "undecided": "undecided",
}  # fmt: skip
GRADE = re.compile(rf">([✓✗–] ({'|'.join(VERDICTS)}))</td>")
UNIT = re.compile(r"(?<=\d) (percentage points?)</td>")
HEAD = re.compile(r"<th\b[^>]*>(.*?)</th>", re.DOTALL)
ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)
# Shown as blocks, a table is none to a screen reader unless it says so.
ROLES = {
    "table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row",
    "th": "columnheader", "td": "cell",
}  # fmt: skip
TAG = re.compile(rf"<({'|'.join(ROLES)})\b")


def dressed(table: str) -> str:
    """Return a table of this package as pages show it."""
    table = GRADE.sub(lambda m: f'><span class="kt-{VERDICTS[m[2]]}">{m[1]}</span></td>', table)
    table = UNIT.sub(r' <span class="kt-unit">\1</span></td>', table)
    return _as_cards(table) if "kt-score" in table.partition(">")[0] else table


def _as_cards(table: str) -> str:
    heads = itertools.cycle(HEAD.findall(table) or [""])

    def labelled(row: re.Match[str]) -> str:
        return re.sub(r"<td\b", lambda _: f'<td data-kt-head="{next(heads)}"', row[0])

    table = ROW.sub(labelled, table)
    return TAG.sub(lambda m: f'<{m[1]} role="{ROLES[m[1]]}"', table)
