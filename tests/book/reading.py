"""Reading executed chapters: their tables, facts and findings, as tests ask for them."""

from __future__ import annotations

import html
import math
import re
from typing import Any

from knowntruth.story import Estimate

from .conftest import FIGURE

Payload = dict[str, Any]


def plain(text: str) -> str:
    """Return a text without its escapes."""
    return html.unescape(text)


def pages(run) -> dict[str, str]:
    """Return the tables of a run as HTML, by caption."""
    found = [o["data"]["text/html"] for o in run.outputs if "text/html" in o.get("data", {})]
    captions = [re.search(r"<caption>(.*?)</caption>", page) for page in found]
    return {caption.group(1): page for caption, page in zip(captions, found, strict=True)}


def rows(page: str) -> list[list[str]]:
    """Return the cells of a table, a list a row, without its head."""
    body = page.partition("<tbody>")[2]
    return [re.findall(r"<td.*?>(.*?)</td>", row) for row in body.split("</tr>")[:-1]]


def estimate_of(fact: Payload) -> Estimate:
    """Return the estimate that a finding was made from; an open end was written as None."""
    low, high = (
        end if end is not None else math.copysign(math.inf, sign)
        for end, sign in ((fact["low"], -1), (fact["high"], 1))
    )
    return Estimate(
        low=low, high=high,
        **{k: fact[k] for k in ("value", "level", "n", "unit", "p_value", "null", "method")},
    )  # fmt: skip


def finding(run, name: str) -> Payload | None:
    """Return the first finding of that name, or None."""
    return next((f for f in run.facts if f["kind"] == "finding" and f["name"] == name), None)


def findings(run, prefix: str) -> list[Payload]:
    """Return the findings whose name begins so, each once."""
    found = (f for f in run.facts if f["kind"] == "finding" and f["name"].startswith(prefix))
    return list({fact["name"]: fact for fact in found}.values())


def facts(run, name: str) -> list[float]:
    """Return the values of the plain facts of that name, each once."""
    found = (f for f in run.facts if f["kind"] == "fact" and f["name"] == name)
    return list(dict.fromkeys(fact["value"] for fact in found))


def as_read(fact: Payload) -> Payload:
    """Return a fact with its names as a title has them, without their escapes."""
    return fact | {"forms": {spec: plain(form) for spec, form in fact["forms"].items()}}


def everything(run) -> str:
    """Return all text of a run: typed prose, sentences, tables, titles and alternative texts."""
    typed = [c.source for c in run.notebook.cells if c.cell_type == "markdown"]
    tables = [o["data"]["text/html"] for o in run.outputs if "text/html" in o.get("data", {})]
    figures = [f"{figure['title']} {figure['alt']}" for figure in run.payloads(FIGURE)]
    return "\n".join([*typed, *run.sentences, *tables, *figures])


def cells(run, caption: str) -> list[list[str]]:
    """Return the table whose caption begins so as text, a list a row, its head first."""
    for output in run.outputs:
        page = output.get("data", {}).get("text/html", "")
        if f"<caption>{caption}" in page:
            lines = re.findall(r"<tr>(.*?)</tr>", page, re.S)
            found = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", line, re.S) for line in lines]
            return [[plain(re.sub(r"<[^>]+>", "", cell)) for cell in line] for line in found]
    raise AssertionError(f"no table {caption!r}")
