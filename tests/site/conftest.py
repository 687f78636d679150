"""The built book, a browser, and a book of one tiny chapter."""

from __future__ import annotations

import functools
import http.server
import importlib.resources
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from knowntruth.parameters import Parameters, parameter
from knowntruth.site.build import build

ROOT = Path(__file__).parents[2]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MISSING = (
    "The tests of the site need Chromium. On Debian and Ubuntu: apt-get install chromium. "
    "Elsewhere, put an executable named chromium on the path."
)


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built book: the checkout's own, brought up to date."""
    return build(ROOT).index.parent


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a worker."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.fail(MISSING, pytrace=False)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield started
        started.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker that pages are put before."""
    return (importlib.resources.files("axe_core_python") / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Address of a server that gives out the built book."""

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Silent, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@dataclass
class Visit:
    """A page in the browser, with what it asked for and what it complained of."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def read_through(self) -> None:
        """Go from figure to figure, as a reader does, see each one drawn, and end at the end."""
        for figure in self.page.query_selector_all(".kt-figure:has(.kt-plot-data)"):
            figure.evaluate("figure => figure.scrollIntoView()")
            drawn = "figure => figure.hasAttribute('data-kt-drawn')"
            self.page.wait_for_function(drawn, arg=figure)
        self.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens an address in a fresh profile."""
    contexts = []

    def open_(url: str, *, width: int = 1280, scheme: str = "light") -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        visited = Visit(context.new_page())
        visited.page.on("request", lambda request: visited.asked.append(request.url))
        visited.page.on("pageerror", lambda error: visited.complaints.append(str(error)))
        visited.page.on(
            "console",
            lambda line: visited.complaints.append(line.text) if line.type == "error" else None,
        )
        visited.page.goto(url, wait_until="load")
        return visited

    yield open_
    for context in contexts:
        context.close()


HEAD = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# {title}

```{{code-cell}} ipython3
:tags: [parameters]

users = 100
```

```{{code-cell}} ipython3
{code}
```
"""


class TinyParameters(Parameters):
    users: int = parameter(100, "users in the experiment", ge=50, le=2000, unit="users")


@dataclass(frozen=True)
class TinyCase:
    slug: str
    title: str = "A tiny chapter"
    question: str = "Does it build?"
    parameters: type[Parameters] = TinyParameters


@dataclass(frozen=True)
class TinyBook:
    """A book of tiny chapters in a folder of its own."""

    root: Path

    def write(self, slug: str, code: str = "print(users)", title: str = "A tiny chapter") -> Path:
        path = self.root / "notebooks" / f"{slug}.md"
        path.write_text(HEAD.format(title=title, code=code), encoding="utf-8")
        return path

    def build(self, **options: object):
        return build(self.root, find=TinyCase, **options)

    def contents(self, folder: str) -> dict[str, bytes]:
        base = self.root / "_build" / folder
        return {
            path.relative_to(base).as_posix(): path.read_bytes()
            for path in sorted(base.rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def tiny_book(tmp_path: Path) -> TinyBook:
    (tmp_path / "book").mkdir()
    (tmp_path / "notebooks").mkdir()
    shutil.copy(ROOT / "_config.yml", tmp_path)
    shutil.copytree(ROOT / "book" / "_static", tmp_path / "book" / "_static")
    (tmp_path / "book" / "index.md").write_text("# A tiny book\n\nWords.\n")
    (tmp_path / "book" / "references.bib").write_text("")
    (tmp_path / "requirements.lock").write_text("one==1\n")
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nchapters:\n"
        "  - file: notebooks/one\n  - file: notebooks/two\n"
    )
    book = TinyBook(tmp_path)
    book.write("one")
    book.write("two")
    return book
