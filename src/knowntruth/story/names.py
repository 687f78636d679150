"""Somebody's words in our sentences: column names, labels, values.

A *name* may hold anything a spreadsheet can hold, HTML and Markdown included.
Written into a page, a figure or a table it comes out as the text it is.
"""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST = 60

# Characters that Markdown, MyST, HTML or Plotly give a meaning. Numeric entities are the one
# escape that all four read back as the plain character.
_MEANINGFUL = re.compile(r"[&<>\"'`*_\[\]{}$\\|~#^=!@:]")


def escape(text: str) -> str:
    """Return `text` so that Markdown, HTML and Plotly show it letter by letter."""
    return _MEANINGFUL.sub(lambda hit: f"&#{ord(hit.group())};", text)


def listed(words: Sequence[object], *, last: str = "and") -> str:
    """Return words as a list in a sentence: `a, b and c`."""
    texts = [str(word) for word in words]
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"


def lines_of(label: Name | str, longest: int, *, lines: int = 2) -> list[str]:
    """Return a label, escaped or not, as plain text in few lines, cut where it is too long."""
    text = Name(html.unescape(str(label))).text
    found = textwrap.wrap(text, longest, max_lines=lines, placeholder="…", break_on_hyphens=False)
    return found or [text[: longest - 1] + "…"]


@dataclass(frozen=True, order=True)
class Name:
    """A word or phrase of the user's, or a label given as a parameter."""

    text: str

    def __post_init__(self) -> None:
        """Fold white space, drop what cannot be printed, and cut what no sentence can carry."""
        folded = (
            "".join(c for c in " ".join(str(self.text).split()) if c.isprintable()) or "(blank)"
        )
        object.__setattr__(
            self, "text", folded if len(folded) <= LONGEST else folded[: LONGEST - 1] + "…"
        )

    def __str__(self) -> str:
        """Return the name escaped for prose, tables and figures."""
        return escape(self.text)

    def __format__(self, spec: str) -> str:
        """Return the name escaped; with `capital`, its first letter as a capital."""
        if spec not in {"", "capital"}:
            raise ValueError(f"a name has no form {spec!r}; use 'capital' or nothing")
        capital = self.text[:1].upper() + self.text[1:]
        return escape(capital if spec == "capital" else self.text)

    def payload(self) -> dict[str, object]:
        """Return the name as data for the reader of a run."""
        return {"kind": "name", "name": self.text, "forms": {s: format(self, s) for s in FORMS}}


FORMS = ("", "capital")
