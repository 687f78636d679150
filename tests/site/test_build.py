from __future__ import annotations

import subprocess
import sys

import pytest

from knowntruth.errors import RunError
from knowntruth.site import inputs


def test_only_what_changed_is_executed_and_written(tiny_book):
    first = tiny_book.build()
    assert (first.executed, first.pages_written) == (("one", "two"), True)
    assert first.index.read_text(encoding="utf-8").count("book/index.html") >= 1

    again = tiny_book.build()
    assert (again.executed, again.pages_written) == ((), False)

    (tiny_book.root / "book" / "index.md").write_text("# A tiny book\n\nOther words.\n")
    prose = tiny_book.build()
    assert (prose.executed, prose.pages_written) == ((), True)

    tiny_book.write("two", "print(users + 1)")
    chapter = tiny_book.build()
    assert (chapter.executed, chapter.pages_written) == (("two",), True)

    source = tiny_book.root / "notebooks" / "one.md"
    source.write_text(source.read_text().replace("display_name: Python 3", "display_name: Py"))
    same = tiny_book.build()
    assert (same.executed, same.pages_written) == (("one",), False)

    (tiny_book.root / "requirements.lock").write_text("one==2\n")
    assert tiny_book.build().executed == ("one", "two")


def test_what_fails_leaves_the_last_good_site_and_the_last_good_runs(tiny_book):
    tiny_book.build()
    pages, runs = tiny_book.contents("html"), tiny_book.contents("site/notebooks")

    tiny_book.write("one", "raise ValueError('no such luck')")
    tiny_book.write("two", "print('new')")
    with pytest.raises(RunError, match="no such luck"):
        tiny_book.build()
    assert tiny_book.contents("html") == pages
    assert tiny_book.contents("site/notebooks")["one.ipynb"] == runs["one.ipynb"]
    assert tiny_book.contents("site/notebooks")["two.ipynb"] != runs["two.ipynb"]

    # The chapter that went well is not executed a second time.
    tiny_book.write("one", "print('mended')")
    assert tiny_book.build().executed == ("one",)

    pages = tiny_book.contents("html")
    (tiny_book.root / "book" / "index.md").write_text("# A book\n\n{doc}`nowhere`\n")
    with pytest.raises(RunError, match="nowhere"):
        tiny_book.build()
    assert tiny_book.contents("html") == pages


def test_pages_that_are_not_right_do_not_replace_those_that_were(tiny_book):
    tiny_book.build()
    pages = tiny_book.contents("html")
    page = tiny_book.root / "book" / "index.md"
    page.write_text('# A book\n\n```{raw} html\n<a href="gone.html">gone</a>\n```\n')
    with pytest.raises(RunError, match=r"links to gone\.html, which is not there"):
        tiny_book.build()
    assert tiny_book.contents("html") == pages


def test_a_chapter_that_leaves_the_book_leaves_the_stage(tiny_book):
    tiny_book.build()
    toc = tiny_book.root / "_toc.yml"
    toc.write_text(toc.read_text().replace("  - file: notebooks/two\n", ""))
    assert tiny_book.build().executed == ()
    assert list(tiny_book.contents("site/notebooks")) == ["one.ipynb"]
    assert "notebooks/two.html" not in tiny_book.contents("html")


def test_a_chapter_without_a_source_is_named(tiny_book):
    (tiny_book.root / "notebooks" / "two.md").unlink()
    with pytest.raises(RunError, match="notebooks/two"):
        tiny_book.build()


def test_a_figure_without_words_does_not_get_into_a_page(tiny_book):
    tiny_book.write(
        "one",
        "from IPython.display import display\n"
        'drawing = {"data": [], "layout": {}}\n'
        'display({"application/vnd.plotly.v1+json": drawing, "text/plain": "x"}, raw=True)',
    )
    with pytest.raises(RunError, match="no alternative text"):
        tiny_book.build()


def test_a_build_with_nothing_to_do_loads_nothing_slow():
    script = (
        "import sys, knowntruth.site.build\n"
        "slow = {'pandas', 'numpy', 'sphinx', 'papermill', 'nbformat', 'plotly', 'zmq'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_chapter_depends_on_the_modules_it_reaches_and_on_no_others(tiny_book):
    source = tiny_book.write("one", "from knowntruth.methods.experiments import power")
    found = inputs.of_chapter(tiny_book.root, "one")
    package = inputs.PACKAGE
    assert source in found
    assert tiny_book.root / "requirements.lock" in found
    assert {
        package / "methods" / "experiments" / "power.py",
        package / "runs" / "execute.py",
    } <= found
    assert not any(path.is_relative_to(package / "site") for path in found)
    assert package / "worlds" / "musicstream" / "__init__.py" not in found


def test_the_books_own_chapter_depends_on_its_case_its_world_and_its_methods():
    package = inputs.PACKAGE
    found = inputs.of_chapter(package.parents[1], "ab_test")
    names = {path.relative_to(package).parts[0] for path in found if path.is_relative_to(package)}
    assert {"cases", "worlds", "methods", "story", "data", "parameters.py"} <= names
    assert "cli.py" not in names


@pytest.mark.parametrize(
    ("source", "package", "expected"),
    [
        ("import knowntruth.story.names", "", ["knowntruth.story.names"]),
        ("from knowntruth import cases", "", ["knowntruth", "knowntruth.cases"]),
        ("from . import a", "knowntruth.b", ["knowntruth.b", "knowntruth.b.a"]),
        ("from ..a import c", "knowntruth.b", ["knowntruth.a", "knowntruth.a.c"]),
        ("def f():\n    from .a import c", "knowntruth.b", ["knowntruth.b.a", "knowntruth.b.a.c"]),
        ("import numpy", "", []),
    ],
)
def test_imports_are_read_without_importing(source, package, expected):
    assert inputs.imported(source, package) == expected
