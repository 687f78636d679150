from __future__ import annotations

from types import SimpleNamespace

import pytest

from knowntruth.runs import boxes, figures
from knowntruth.site import extension


def app(**options):
    config = SimpleNamespace(
        html_theme_options=options, html_baseurl="", html_title="T", project="T"
    )
    return SimpleNamespace(config=config)


def test_there_is_no_link_to_run_a_chapter_elsewhere_without_a_repository():
    assert extension.launch_links(app(repository_url=""), "notebooks/ab_test") == ""


def test_a_configured_repository_gives_links_to_binder_and_colab():
    links = extension.launch_links(
        app(repository_url="https://github.com/some/book/", repository_branch="main"),
        "notebooks/ab_test",
    )
    assert "mybinder.org/v2/gh/some/book/main?labpath=notebooks/ab_test.ipynb" in links
    assert "github/some/book/blob/main/notebooks/ab_test.ipynb" in links


def test_jupyter_books_own_repository_is_not_taken_for_ours():
    config = SimpleNamespace(
        html_theme_options={"repository_url": "https://github.com/executablebooks/jupyter-book"},
        html_static_path=[],
        templates_path=[],
        html_context={},
    )
    silent = SimpleNamespace(add_css_file=lambda *_, **__: None, add_js_file=lambda *_, **__: None)
    extension.configure(silent, config)
    assert config.html_theme_options["repository_url"] == ""


def test_a_preview_holds_title_description_and_picture_and_escapes_them():
    tags = extension.preview_tags(app(), "book/index", 'A "title"', "Words " * 100)
    assert 'property="og:title" content="A &quot;title&quot;"' in tags
    assert 'property="og:image" content="../_static/social-preview.png"' in tags
    assert 'name="twitter:card" content="summary_large_image"' in tags
    assert "Words …" in tags


def test_provenance_shows_what_was_changed_and_folds_the_rest():
    rows = [
        {"name": "seed", "default": "42", "value": "7", "range": "0 ≤ x", "unit": "",
         "meaning": "seed", "changed": True},
        {"name": "word", "default": "a", "value": "<b>", "range": "text", "unit": "",
         "meaning": "a word", "changed": False},
    ]  # fmt: skip
    box = boxes.provenance({"parameters": rows, "version": "1", "command": "knowntruth run x"})
    view, _, folded = box.partition("<details>")
    assert "Seed <b>7</b>" in view
    assert "<code>seed</code>" in view
    assert "<code>word</code>" not in view
    assert "<code>word</code>" in folded
    assert "<b></td>" not in box
    assert "<code>knowntruth run x</code>" in view


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A <b>bold</b> title", "A <b>bold</b> title"),
        ("One<br>two", "One two"),
        ("&lt;script&gt;", "&lt;script&gt;"),
        ("<script>", "&lt;script&gt;"),
        ("a & b", "a &amp; b"),
    ],
)
def test_a_caption_keeps_plotlys_markup_and_escapes_all_else(text, expected):
    assert figures.caption(text) == expected
