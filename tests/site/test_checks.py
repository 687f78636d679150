from __future__ import annotations

import pytest

from knowntruth.site import checks, staging

GOOD = (
    '<html><body><h1 id="top">T</h1><p>Words with <code>{term}`code`</code>.</p>'
    '<figure class="kt-figure"><p class="kt-alt">A curve that rises.</p></figure>'
    '<img src="dot.png" alt="a dot"><a href="#top">up</a><a href="b.html#there">b</a>'
    '<a href="https://example.org/">out</a></body></html>'
)


def told(tmp_path, text, entries=("a",)):
    (tmp_path / "a.html").write_text(text, encoding="utf-8")
    (tmp_path / "b.html").write_text('<p id="there">b</p>', encoding="utf-8")
    (tmp_path / "dot.png").write_bytes(b"")
    return [problem.what for problem in checks.check(tmp_path, entries, tmp_path)]


def test_a_good_page_passes(tmp_path):
    assert told(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("#top", "#bottom"), "links to #bottom, which is not there"),
        (("b.html#there", "b.html#gone"), "links to b.html#gone, which is not there"),
        (("b.html#there", "c.html"), "links to c.html, which is not there"),
        (("dot.png", "../dot.png"), "links to ../dot.png, which is not there"),
        ((' alt="a dot"', ""), "has no alternative text"),
        ((' alt="a dot"', ' alt=" "'), "has no alternative text"),
        (("A curve that rises.", " "), "alternative text of a figure is empty"),
        (('<p class="kt-alt">A curve that rises.</p>', ""), "a figure has no alternative text"),
        (("Words", "{term}`Words`"), "shows markup as text: {term}`"),
        (("Words", "**Words**"), "shows markup as text: **Words**"),
        (("<p>W", '<div class="output traceback">W'), "a cell's error or warning"),
        (("<p>W", '<div class="output stderr">W'), "a cell's error or warning"),
    ],
)
def test_what_a_reader_would_stumble_over_is_found(tmp_path, change, complaint):
    problems = told(tmp_path, GOOD.replace(*change))
    assert len(problems) == 1
    assert complaint in problems[0]


def test_an_entry_without_a_page_is_found(tmp_path):
    assert told(tmp_path, GOOD, ("a", "missing")) == ["names missing, which has no page"]


def test_a_chapter_without_outputs_is_found(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "a.html").write_text("<h1>T</h1>", encoding="utf-8")
    problems = checks.check(tmp_path, ["notebooks/a"], tmp_path)
    assert [problem.what for problem in problems] == ["shows no output of its code"]


def test_the_built_book_passes(site):
    root = site.parents[1]
    assert checks.check(site, staging.entries(root), root) == []
