"""Markdown: the MyST of a chapter as HTML, without Sphinx.

It knows what chapters use: paragraphs, lists, tables, mathematics, admonitions, roles.
HTML inside Markdown is text, and links that lead out of the report's page are only words,
so that whatever stood in somebody's data cannot become markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

DIRECTIVE = re.compile(r"^\{([\w:-]+)\}\s*(.*)$")
OPTION = re.compile(r"^:([\w-]+):\s*(.*)$")
SHOWN_AND_MEANT = re.compile(r"^(.*?)\s*<([^<>]+)>$", re.DOTALL)
CITED = re.compile(r"^([a-z-]+?)(\d{4})[a-z]?$")
ADMONITIONS = {
    "admonition", "note", "tip", "hint", "important", "warning", "caution", "attention",
    "danger", "error", "seealso",
}  # fmt: skip


@dataclass(frozen=True)
class Block:
    """A piece of a page: its HTML, and, for a heading, its level and words."""

    html: str
    level: int = 0
    title: str = ""


def blocks(text: str) -> Iterator[Block]:
    """Yield the top-level pieces of a Markdown text; exercises are left out."""
    tokens = PARSER.parse(text)
    start = 0
    while start < len(tokens):
        end = _end(tokens, start)
        part = tokens[start:end]
        first = part[0]
        if first.type == "heading_open":
            yield Block(_render(part), int(first.tag[1]), _words(part[1]))
        elif not _is_exercise(first):
            yield Block(_render(part))
        start = end


def render(text: str) -> str:
    """Return a Markdown text as HTML."""
    return "".join(block.html for block in blocks(text))


def _end(tokens: list[Token], start: int) -> int:
    depth = 0
    for index in range(start, len(tokens)):
        depth += tokens[index].nesting
        if depth == 0:
            return index + 1
    return len(tokens)


def _render(tokens: list[Token]) -> str:
    return str(PARSER.renderer.render(tokens, PARSER.options, {}))


def _words(inline: Token) -> str:
    return "".join(
        _role_words(child) if child.type == "myst_role" else child.content
        for child in inline.children or []
    )


def _directive(token: Token) -> tuple[str, str, dict[str, str], str]:
    """Return the name, argument, options and body of a fence, with no name for plain code."""
    match = DIRECTIVE.match(token.info.strip())
    if token.type not in {"fence", "colon_fence"} or match is None:
        return "", "", {}, token.content
    lines, options = token.content.splitlines(), {}
    while lines and (option := OPTION.match(lines[0])):
        options[option[1]] = option[2]
        lines.pop(0)
    return match[1], match[2], options, "\n".join(lines)


def _is_exercise(token: Token) -> bool:
    _, _, options, _ = _directive(token)
    return "exercise" in options.get("class", "").split()


def _fence(self: RendererHTML, tokens: list[Token], index: int, *_: Any) -> str:
    name, argument, options, body = _directive(tokens[index])
    if name in ADMONITIONS:
        css = " ".join(["admonition", name, *options.get("class", "").split()])
        title = PARSER.renderInline(argument or name.capitalize())
        return (
            f'<div class="{html.escape(css)}"><p class="admonition-title">{title}</p>\n'
            f"{render(body)}</div>\n"
        )
    if name == "math":
        return f'<div class="math">\\[{html.escape(body)}\\]</div>\n'
    if name:
        # A directive of the book that means nothing in a single page.
        return ""
    return f'<pre tabindex="0"><code>{html.escape(body)}</code></pre>\n'


def _role(self: RendererHTML, tokens: list[Token], index: int, *_: Any) -> str:
    return html.escape(_role_words(tokens[index]))


def _role_words(token: Token) -> str:
    role, text = str(token.meta["name"]), token.content
    if role.startswith("cite"):
        return ", ".join(_cited(key.strip()) for key in text.split(","))
    match = SHOWN_AND_MEANT.match(text)
    return match[1] if match else text


def _cited(key: str) -> str:
    match = CITED.match(key)
    return f"{match[1].capitalize()} {match[2]}" if match else key


def _link_open(self: RendererHTML, tokens: list[Token], index: int, *_: Any) -> str:
    address = str(tokens[index].attrs.get("href", ""))
    if address.startswith(("#", "https://", "http://")):
        return f'<a href="{html.escape(address)}">'
    return "<span>"


def _link_close(self: RendererHTML, tokens: list[Token], index: int, *_: Any) -> str:
    for token in reversed(tokens[:index]):
        if token.type == "link_open":
            address = str(token.attrs.get("href", ""))
            return "</a>" if address.startswith(("#", "https://", "http://")) else "</span>"
    return ""


def _image(self: RendererHTML, tokens: list[Token], index: int, *_: Any) -> str:
    return html.escape(tokens[index].content)


def _math(content: str, options: dict[str, Any]) -> str:
    signs = ("\\[", "\\]") if options.get("display_mode") else ("\\(", "\\)")
    return signs[0] + html.escape(content) + signs[1]


def _table_open(self: RendererHTML, *_: Any) -> str:
    return '<div class="kt-table" role="region" tabindex="0" aria-label="Table"><table>\n'


def _table_close(self: RendererHTML, *_: Any) -> str:
    return "</table></div>\n"


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "typographer": True})
    parser.enable(["table", "smartquotes"])
    parser.use(dollarmath_plugin, double_inline=True, renderer=_math)
    parser.use(myst_role_plugin).use(colon_fence_plugin).use(deflist_plugin)
    parser.use(myst_block_plugin)
    rules = {
        "fence": _fence, "colon_fence": _fence, "myst_role": _role, "link_open": _link_open,
        "link_close": _link_close, "image": _image, "table_open": _table_open,
        "table_close": _table_close,
    }  # fmt: skip
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    for silent in ("myst_block_break", "myst_line_comment", "myst_target"):
        parser.add_render_rule(silent, lambda *_: "")
    return parser


PARSER = _parser()
