"""Pages: the last touches on a built folder.

The drawing library goes beside the scripts that load it, the front door leads to the
book's first page, and no page waits for icons that a style sheet can draw.
"""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path

from knowntruth.runs import look

# Font Awesome: several megabytes for eight icons, and fonts that a page opened from a folder may
# not load. book.css draws the icons.
ICONS = re.compile(r"\s*<(?:link|script)\b[^>]*fontawesome[^>]*>(?:</script>)?")

# docutils puts entries of this role into a list, where a screen reader expects items.
BIBLIOGRAPHY_ROLE = ('role="doc-biblioentry"', 'role="listitem"')

DOOR = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta http-equiv="refresh" content="0; url={page}">
<link rel="canonical" href="{page}">
{tags}</head>
<body><p><a href="{page}">{title}</a></p></body>
</html>
"""
PREVIEW_TAG = re.compile(r'<meta (?:property="og:|name="(?:twitter:|description))[^>]*>\n?')


def finish(folder: Path, *, root: str, title: str) -> None:
    """Finish the pages in `folder`, whose first page is that of the document `root`."""
    static = folder / "_static"
    shutil.copyfile(look.plotly_script(), static / "plotly.min.js")
    for path in sorted(static.rglob("*")):
        if path.name.endswith("webpack-macros.html"):
            path.unlink()
    shutil.rmtree(static / "vendor" / "fontawesome", ignore_errors=True)
    for page in sorted(folder.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        better = ICONS.sub("", text).replace(*BIBLIOGRAPHY_ROLE)
        if better != text:
            page.write_text(better, encoding="utf-8", newline="\n")
    if root != "index":
        write_door(folder, root=root, title=title)


def write_door(folder: Path, *, root: str, title: str) -> None:
    """Write the `index.html` that leads to the first page, with that page's preview."""
    page = f"{root}.html"
    first = (folder / page).read_text(encoding="utf-8")
    tags = "".join(PREVIEW_TAG.findall(first)).replace("../_static/", "_static/")
    door = DOOR.format(title=html.escape(title), page=page, tags=tags)
    (folder / "index.html").write_text(door, encoding="utf-8", newline="\n")
