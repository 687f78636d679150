"""A diagram on a page of the book: part of the page, in its colours, and readable on a phone."""

from __future__ import annotations

import pytest

from knowntruth.site import checks

CODE = """
from knowntruth.story.diagrams import Node, show_diagram

nodes = [
    Node("age", "age", 0, 0),
    Node("keenness", "keenness", 1, 0, "hidden"),
    Node("retention", "retention", 0.5, 1, "outcome"),
]
show_diagram(
    nodes, [("age", "retention"), ("keenness", "retention")], name="who", title="Who & whom"
)
"""
INK = "getComputedStyle(document.querySelector('.kt-diagram text')).fill"
SMALLEST = 11


@pytest.fixture
def page(tiny_book):
    """The address of a page with a diagram."""
    tiny_book.write("one", CODE)
    tiny_book.build()
    return tiny_book.root / "_build" / "html" / "notebooks" / "one.html"


def violations(visited, axe):
    visited.page.evaluate(axe)
    found = visited.page.evaluate("axe.run('.kt-figure', {resultTypes: ['violations']})")
    return [found["id"] for found in found["violations"]]


def test_a_diagram_stands_in_the_page_and_follows_it(page, visit, axe):
    text = page.read_text(encoding="utf-8")
    assert text.count('<svg class="kt-diagram"') == 1
    assert "Who &amp; whom</figcaption>" in text
    assert "data:image/svg+xml;base64" not in text
    folder = page.parents[1]
    assert checks.check(folder, ["notebooks/one"], folder.parents[1]) == []

    for scheme, is_light in (("light", False), ("dark", True)):
        visited = visit(page.as_uri(), width=360, scheme=scheme)
        picture = visited.page.get_by_role("img", name="Who & whom")
        picture.scroll_into_view_if_needed()
        assert picture.is_visible()
        red = int(visited.page.evaluate(INK)[4:-1].split(", ")[0])
        assert (red > 128) == is_light
        assert visited.page.evaluate("document.documentElement.scrollWidth") <= 360
        scale = picture.bounding_box()["width"] / 400
        size = "parseFloat(getComputedStyle(document.querySelector('.kt-diagram text')).fontSize)"
        assert scale * visited.page.evaluate(size) >= SMALLEST
        assert violations(visited, axe) == []
        assert visited.complaints == []
