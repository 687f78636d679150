"""Reading: how long an executed chapter takes to read, and where one can stop.

Counted from the words of a run: typed prose, said sentences, tables at the pace of prose,
and a fixed time for each figure. Code is folded on the page and does not count.
A cell tagged `stop` marks a place at which a workshop can end.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import nbformat

STOP = "stop"
# Silent reading of English non-fiction runs at about 238 words a minute (Brysbaert 2019);
# prose with numbers in it is read more slowly.
WORDS_A_MINUTE = 200
SECONDS_A_FIGURE = 20
FIGURE = "application/vnd.knowntruth.figure+json"


@dataclass(frozen=True)
class Reading:
    """Minutes to the end, and to each place to stop, in order."""

    minutes: int
    stops: tuple[int, ...]

    def record(self) -> dict[str, object]:
        """Return the reading time as data for a notebook's metadata."""
        return {"minutes": self.minutes, "stops": list(self.stops)}


def reading(book: nbformat.NotebookNode) -> Reading:
    """Return the time that an executed notebook takes to read."""
    minutes, stops = 0.0, []
    for cell in book.cells:
        minutes += _minutes(cell)
        if STOP in cell.metadata.get("tags", []):
            stops.append(_whole(minutes))
    return Reading(_whole(minutes), tuple(stops))


def _minutes(cell: nbformat.NotebookNode) -> float:
    if cell.cell_type == "markdown":
        return _words(cell.source) / WORDS_A_MINUTE
    total = 0.0
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if FIGURE in data:
            total += SECONDS_A_FIGURE / 60
        else:
            text = data.get("text/markdown") or re.sub(r"<[^>]+>", " ", data.get("text/html", ""))
            total += _words(html.unescape(text)) / WORDS_A_MINUTE
    return total


def _words(text: str) -> int:
    return len(re.findall(r"\w[\w.,'’%-]*", text))


def _whole(minutes: float) -> int:
    return max(1, round(minutes))
