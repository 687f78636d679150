"""Reports: an executed notebook as one HTML file that needs nothing else.

The file opens from a disk, an e-mail or a server, asks no address for anything, and looks
like the book. Exercises stay in the book. What a cell printed is text, never markup; HTML
is taken over only where this package made it.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from . import boxes, figures, look, markdown, read, tables
from .execute import replace
from .markdown import Block
from .read import KEY

LEFT_OUT = {"solution", "exercise", "exercise-check", "remove-cell"}
# The parameters of the run stand under its title already.
INPUT_LEFT_OUT = {"remove-input", "injected-parameters"}
OUR_HTML = re.compile(r'\s*<(?:div|figure|table) class="kt-')
MATH = re.compile(r'class="math')

PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="light" data-mode="auto">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<script>{theme}</script>
<style>
{styles}
</style>
</head>
<body>
<header class="kt-bar"><b>Known Truth</b>{code_switch}{theme_switch}</header>
<div class="kt-layout">
<nav class="kt-contents" aria-label="Contents"><details open><summary>Contents</summary>
<ol>{contents}</ol></details></nav>
<main class="kt-text">
{body}
</main>
</div>
<footer class="kt-foot">Made with knowntruth {version}. Every number on this page was computed in \
the run that made it.</footer>
{scripts}
</body>
</html>
"""
THEME_SWITCH = (
    '<button type="button" class="kt-code-switch" data-kt-theme-switch hidden>'
    "<span data-kt-label>Colours: auto</span></button>"
)
MATHJAX = """<script>window.MathJax = {tex: {inlineMath: [["\\\\(", "\\\\)"]]}, \
options: {enableMenu: false}};</script>
"""


def write(notebook: Path, target: Path) -> Path:
    """Write the report of an executed notebook to `target`, and return `target`."""
    replace(target, page(read.notebook(notebook)))
    return target


def page(book: Any) -> str:
    """Return the report of an executed notebook as HTML."""
    record = dict(book.metadata.get(KEY, {}))
    parts = list(_with_ids(_without_exercises(_all_blocks(book))))
    if record:
        at = next((i + 1 for i, part in enumerate(parts) if part.level == 1), 0)
        parts.insert(at, Block(boxes.provenance(record)))
    body = "".join(part.html for part in parts)
    title = next((part.title for part in parts if part.level == 1), record.get("title", "Report"))
    contents = "".join(
        f'<li><a href="#{_id(part)}">{html.escape(part.title)}</a></li>'
        for part in parts
        if part.level == 2
    )
    return PAGE.format(
        title=html.escape(title),
        theme=look.text(look.THEME_SCRIPT),
        styles=look.styles("report.css"),
        code_switch=boxes.CODE_SWITCH,
        theme_switch=THEME_SWITCH,
        contents=contents,
        body=body,
        version=html.escape(str(record.get("version", ""))),
        scripts=_scripts(body),
    )


def _all_blocks(book: Any) -> Iterator[Block]:
    for number, cell in enumerate(book.cells, start=1):
        tags = set(cell.metadata.get("tags", []))
        if tags & LEFT_OUT:
            continue
        if cell.cell_type == "markdown":
            yield from markdown.blocks(cell.source)
        elif cell.cell_type == "code":
            if not tags & INPUT_LEFT_OUT and cell.source.strip():
                yield Block(_code(cell.source, tags))
            for index, output in enumerate(cell.outputs):
                yield from _output(output, f"figure-{number}-{index}")


def _code(source: str, tags: set[str]) -> str:
    shown = highlight(source, PythonLexer(), HtmlFormatter())
    # A box that scrolls must be reachable by keyboard.
    shown = shown.replace("<pre>", '<pre tabindex="0">', 1)
    name = "Code of this figure" if "hide-input" in tags else "Code"
    return f'<details class="kt-code"><summary>{name}</summary>{shown}</details>\n'


def _output(output: Any, key: str) -> Iterator[Block]:
    if output.output_type == "stream":
        yield Block(_plain(output.text))
        return
    data = output.get("data", {})
    words = data.get(read.FIGURE, {})
    picture = next((mime for mime in figures.PICTURES if mime in data), None)
    if figures.PLOTLY in data:
        yield Block(figures.plotly(data[figures.PLOTLY], words.get("alt", ""), key=key))
    elif figures.is_diagram(data.get(figures.SVG, "")):
        yield Block(figures.diagram(data[figures.SVG], words.get("title", ""), key=key))
    elif picture:
        yield Block(figures.picture(picture, data[picture], words.get("alt", ""), key=key))
    elif "text/markdown" in data:
        said = list(markdown.blocks(data["text/markdown"]))
        if any(block.level for block in said):
            yield from said
        else:
            inner = "".join(block.html for block in said)
            yield Block(f'<div class="kt-said">{inner}</div>\n')
    elif OUR_HTML.match(data.get("text/html", "")):
        yield Block(tables.dressed(data["text/html"]))
    elif "text/plain" in data:
        yield Block(_plain(data["text/plain"]))


def _plain(text: str) -> str:
    return f'<pre class="kt-plain" tabindex="0">{html.escape(text)}</pre>\n'


def _without_exercises(blocks: Iterable[Block]) -> list[Block]:
    """Drop sections of exercises, and headings with nothing left below them."""
    kept: list[Block] = []
    inside = 0
    for block in blocks:
        if block.level and (not inside or block.level <= inside):
            inside = block.level if block.title.casefold().startswith("exercise") else 0
        if not inside:
            kept.append(block)
    full: list[Block] = []
    for block in reversed(kept):
        above = full[-1] if full else None
        empty = above is None or (above.level and above.level <= block.level)
        if not (block.level > 1 and empty):
            full.append(block)
    return full[::-1]


def _with_ids(blocks: Iterable[Block]) -> Iterator[Block]:
    seen: dict[str, itertools.count[int]] = {}
    for block in blocks:
        if not block.level:
            yield block
            continue
        slug = re.sub(r"[^\w]+", "-", block.title.casefold()).strip("-") or "section"
        number = next(seen.setdefault(slug, itertools.count(1)))
        name = slug if number == 1 else f"{slug}-{number}"
        tag = f"<h{block.level}"
        yield Block(block.html.replace(tag, f'{tag} id="{name}"', 1), block.level, block.title)


def _id(block: Block) -> str:
    match = re.search(r' id="([^"]+)"', block.html)
    return match[1] if match else ""


def _scripts(body: str) -> str:
    scripts = [f"<script>{look.text(name)}</script>" for name in (*look.SCRIPTS, "report.js")]
    if 'class="kt-plot-data"' in body:
        library = _safe(look.plotly_script().read_text(encoding="utf-8"))
        scripts.insert(0, f'<script type="text/plain" id="kt-plotly">{library}</script>')
    if MATH.search(body):
        scripts += [MATHJAX, f"<script>{_safe(look.text('mathjax/tex-svg.js'))}</script>"]
    return "\n".join(scripts)


def _safe(script: str) -> str:
    # Both end or upset a script element wherever they stand; inside strings the escape is silent.
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
