"""Boxes: the pieces of a page that say where a run came from.

Made from the provenance record of a run alone, and the same on the book's pages and in
reports: what was run, with which parameters, and the command that repeats it.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

CODE_SWITCH = (
    '<button type="button" class="kt-code-switch" data-kt-code-switch aria-pressed="false" hidden>'
    '<span class="kt-switch-mark" aria-hidden="true">&lt;/&gt;</span>'
    "<span data-kt-label>Show all code</span></button>"
)


def provenance(record: Mapping[str, Any], *, notebook: str = "", links: str = "") -> str:
    """Return the box that says what a page was made from.

    Args:
        record: the run's provenance.
        notebook: address of the executed notebook, where a reader can download it.
        links: further links as HTML, such as places where the chapter can be run.
    """
    rows = list(record["parameters"])
    changed = [row for row in rows if row["changed"]]
    facts = [f"<li>Seed <b>{_seed(rows)}</b></li>", f"<li>{_changes(changed)}</li>"]
    facts.append(f"<li>knowntruth <b>{html.escape(str(record['version']))}</b></li>")
    if "reading" in record:
        facts.append(f"<li>{_reading(record['reading'])}</li>")
    if notebook:
        facts.append(
            f'<li><a href="{html.escape(notebook)}" download>'
            "Download the executed notebook</a></li>"
        )
    return (
        '<aside class="kt-provenance" aria-label="Where this page came from">\n'
        f"<ul>{''.join(facts)}{links}</ul>\n"
        '<p class="kt-command"><span>Reproduce with</span> '
        f"<code>{html.escape(str(record['command']))}</code></p>\n"
        f"{_table(changed, 'Parameters that were changed') if changed else ''}"
        f"<details><summary>All {len(rows)} parameters of this run</summary>\n"
        f"{_table(rows, 'All parameters')}</details>\n</aside>\n"
    )


def _seed(rows: Sequence[Mapping[str, Any]]) -> str:
    return next((html.escape(str(r["value"])) for r in rows if r["name"] == "seed"), "none")


def _reading(time: Mapping[str, Any]) -> str:
    minutes, stops = int(time["minutes"]), list(map(int, time["stops"]))
    text = f"About <b>{minutes}</b> {'minute' if minutes == 1 else 'minutes'} to read"
    if not stops:
        return text
    places = " and ".join(map(str, stops))
    return f"{text}, {'a place' if len(stops) == 1 else 'places'} to stop after {places}"


def _changes(changed: Sequence[Mapping[str, Any]]) -> str:
    if not changed:
        return "Every parameter at its default"
    return f"<b>{len(changed)}</b> {'parameter' if len(changed) == 1 else 'parameters'} changed"


def _table(rows: Sequence[Mapping[str, Any]], caption: str) -> str:
    differ = any(row["changed"] for row in rows)
    heads = ["Value", *(["Default"] if differ else []), "Unit", "Range", "Meaning"]
    head = "".join(f'<th scope="col"{_right(name)}>{name}</th>' for name in ["Name", *heads])
    body = "".join(
        f"<tr{' class=kt-changed' if row['changed'] else ''}>"
        f'<th scope="row"><code>{html.escape(str(row["name"]))}</code></th>'
        + "".join(f"<td{_right(name)}>{_shown(row, name.casefold())}</td>" for name in heads)
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="kt-table kt-parameters" role="region" tabindex="0" aria-label="{caption}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _right(name: str) -> str:
    return ' class="num"' if name in {"Value", "Default"} else ""


def _shown(row: Mapping[str, Any], column: str) -> str:
    text = str(row[column])
    if column in {"value", "default"}:
        # A page goes to other people, whom the folders of this machine do not concern.
        if row["name"] == "data":
            return html.escape(PurePath(text.strip('"')).name)
        if text.startswith("{") and (pairs := json.loads(text)):
            return "<br>".join(html.escape(f"{key}: {_plain(pairs[key])}") for key in pairs)
    return html.escape(text)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
