"""Look: the style sheets, scripts and fonts that the book and every report share.

The book's pages link the files of `FOLDER`; a report of one file holds their text, with
the fonts inside.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path

FOLDER = Path(__file__).parent / "assets"
FONT = re.compile(r'url\("([^"]+\.woff2)"\)')

STYLES = ("fonts.css", "look.css")
SCRIPTS = ("code.js", "figures.js")
THEME_SCRIPT = "theme.js"


def text(name: str) -> str:
    """Return the text of one file of the look."""
    return (FOLDER / name).read_text(encoding="utf-8")


def styles(*more: str) -> str:
    """Return the shared style sheets, and others by name, with the fonts inside them."""
    joined = "\n".join(text(name) for name in (*STYLES, *more))
    return FONT.sub(_inlined, joined)


def plotly_script() -> Path:
    """Return the path of the drawing library, as its own package brings it."""
    import plotly

    return Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def _inlined(match: re.Match[str]) -> str:
    data = base64.b64encode((FOLDER / match[1]).read_bytes()).decode()
    return f'url("data:font/woff2;base64,{data}")'
