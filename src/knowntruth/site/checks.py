"""Checks on built pages: what a reader would stumble over, found before a reader does.

Every entry has its page, no cell failed, no markup shows as text, every figure has words
beside it, and every link that stays in the book leads somewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from knowntruth.errors import Problem

RAW_MARKUP = re.compile(r"\{[a-z][a-z0-9:_-]*\}`|`[^`]+<[^>]+>`_|:::\{|```\{|\*\*\w[^*]{0,80}\*\*")
NOT_PROSE = {"script", "style", "code", "pre", "title", "textarea"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
OUTSIDE = {"http", "https", "mailto", "data", "javascript", "tel"}


@dataclass
class Page(HTMLParser):
    """What one page holds, as far as the checks ask."""

    path: Path
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    figures: int = 0
    code_cells: int = 0
    outputs: int = 0

    def __post_init__(self) -> None:
        """Read the page."""
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, str]] = []
        self._words = ""
        self._alt = False
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note ids, links, pictures and the beginning of figures and outputs."""
        has = {name: value or "" for name, value in attrs}
        classes = has.get("class", "").split()
        if "id" in has:
            self.ids.add(has["id"])
        self.links += [has[name] for name in ("href", "src") if has.get(name)]
        if tag == "img" and not has.get("alt", "").strip() and has.get("role") != "presentation":
            self.problems.append(f"the picture {has.get('src', '')[:60]} has no alternative text")
        if tag == "figure" and "kt-figure" in classes:
            self.figures += 1
            self._words, self._alt = "", "kt-picture" in classes
        if "kt-alt" in classes or tag == "desc":
            self._alt = True
        self.code_cells += "cell" in classes and tag == "div"
        self.outputs += "cell_output" in classes
        if {"traceback", "stderr"} & set(classes):
            self.problems.append("a cell's error or warning stands on the page")
        if tag not in VOID:
            self._open.append((tag, has.get("class", "")))

    def handle_endtag(self, tag: str) -> None:
        """Judge a figure at its end."""
        if tag == "figure" and any("kt-figure" in css for name, css in self._open if name == tag):
            if not self._alt:
                self.problems.append("a figure has no alternative text")
            elif not self._words.strip() and not any("kt-picture" in css for _, css in self._open):
                self.problems.append("the alternative text of a figure is empty")
        while self._open:
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        """Collect prose, and the words of figures."""
        if self._open and (self._open[-1][0] == "desc" or "kt-alt" in self._open[-1][1]):
            self._words += data
        if not any(name in NOT_PROSE for name, _ in self._open):
            self.prose.append(data)


def check(folder: Path, entries: Iterable[str], root: Path) -> list[Problem]:
    """Return everything that is wrong with the pages in `folder`.

    Args:
        folder: the built pages.
        entries: the documents that must have a page.
        root: the book's folder; chapters below its `notebooks` must show outputs.
    """
    folder = folder.resolve()
    pages = {path: Page(path) for path in sorted(folder.rglob("*.html"))}
    problems = []
    for entry in entries:
        page = pages.get(folder / f"{entry}.html")
        if page is None:
            problems.append(Problem("_toc.yml", f"names {entry}, which has no page", "Write it"))
        elif (root / "notebooks") in (root / entry).parents and not page.outputs:
            problems.append(Problem(entry, "shows no output of its code", "Execute the chapter"))
    for path, page in pages.items():
        where = path.relative_to(folder).as_posix()
        problems += [Problem(where, what, "Mend its source") for what in page.problems]
        problems += [
            Problem(where, f"shows markup as text: {text}", "Mend its source")
            for text in _raw_markup(page)
        ]
        problems += [
            Problem(where, f"links to {link}, which is not there", "Mend the link")
            for link in _broken(page, pages, folder)
        ]
    return problems


def _raw_markup(page: Page) -> list[str]:
    prose = " ".join(page.prose)
    return sorted({match[0] for match in RAW_MARKUP.finditer(prose)})


def _broken(page: Page, pages: dict[Path, Page], folder: Path) -> Iterator[str]:
    for link in dict.fromkeys(page.links):
        parts = urlsplit(link)
        if parts.scheme in OUTSIDE or parts.netloc or link == "#":
            continue
        target = page.path
        if parts.path:
            target = (page.path.parent / unquote(parts.path)).resolve()
        missing = not target.exists() or not target.is_relative_to(folder)
        if missing or (target in pages and unquote(parts.fragment) not in {"", *pages[target].ids}):
            yield link
