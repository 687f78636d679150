"""Diagrams: every arrow goes where it should, and the page, the eye and the ear get the same."""

from __future__ import annotations

import functools
import itertools
import json
import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowntruth.runs import figures as pages
from knowntruth.runs import report
from knowntruth.site import checks
from knowntruth.story import Fact, Name, diagrams
from knowntruth.story.diagrams import Node, alt_of, drawing, show_diagram
from knowntruth.story.saying import UntracedNumberError

SVG = "{http://www.w3.org/2000/svg}"
PHONE = 360 - 2 * 18.4  # room for text on the narrowest phone, in pixels
SMALLEST = 11

# The world of the second chapter, as it stands on the page.
WORLD = [
    Node("age", "age", 0, 0),
    Node("keenness", "keenness", 1.35, 0, "hidden"),
    Node("skill", "skill", 2.5, 0),
    Node("country", "country", 3.4, 0),
    Node("instrument", "instrument", 0.5, 1.2),
    Node("onboarding", "onboarding", 1.95, 1.2, "treatment"),
    Node("income", "income", 3.25, 1.2),
    Node("retention", "retention", 1.8, 2.5, "outcome"),
    Node("lessons", "lessons", 2.6, 3.5),
    Node("conversion", "conversion", 1.85, 4.6, "outcome"),
    Node("churn", "churn", 1.45, 5.7, "outcome"),
]
EDGES = [
    ("age", "instrument"), ("country", "income"),
    ("age", "retention"), ("instrument", "retention"), ("income", "retention"),
    ("keenness", "retention"), ("onboarding", "retention"),
    ("keenness", "onboarding"), ("skill", "onboarding"),
    ("retention", "lessons"), ("skill", "lessons"),
    ("retention", "conversion"), ("lessons", "conversion"), ("age", "conversion"),
    ("instrument", "conversion"), ("income", "conversion"),
    ("age", "churn"), ("instrument", "churn"), ("income", "churn"), ("retention", "churn"),
]  # fmt: skip
HOSTILE = ["<script>alert(1)</script>", 'a "b" & c', "$x_1$ `code` <b>", "]]> --> <!--", "ünï 漢字"]


def svg(nodes, edges):
    return drawing(nodes, edges, name="world", title="A title", alt="Words.")


@functools.cache
def world():
    """The drawing of the world, made once."""
    return svg(WORLD, EDGES)


def boxes(picture, nodes):
    """The box of each node, as the SVG has it: left, top, right, bottom."""
    found = {}
    for node, rect in zip(nodes, ET.fromstring(picture).iter(f"{SVG}rect"), strict=False):
        x, y, w, h = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
        found[node.key] = (x, y, x + w, y + h)
    return found


def arrows(picture):
    """The points of every drawn curve, and the tip of its head, in the order of drawing."""
    paths = [path.get("d") for path in ET.fromstring(picture).iter(f"{SVG}path")]
    found = []
    for line, head in zip(paths[1::3], paths[2::3], strict=True):
        numbers = list(map(float, re.findall(r"-?[\d.]+", line)))
        a, b, c, d = zip(numbers[::2], numbers[1::2], strict=True)
        curve = [
            tuple(
                (1 - t) ** 3 * p + 3 * (1 - t) ** 2 * t * q + 3 * (1 - t) * t**2 * r + t**3 * s
                for p, q, r, s in zip(a, b, c, d, strict=True)
            )
            for t in (i / 100 for i in range(101))
        ]
        tip = tuple(map(float, re.findall(r"-?[\d.]+", head)[:2]))
        found.append((curve, tip))
    return found


def outside(point, box):
    """How far a point lies outside a box; negative inside it."""
    left, top, right, bottom = box
    return max(left - point[0], point[0] - right, top - point[1], point[1] - bottom)


def drawn_order(nodes, edges):
    role = {node.key: node.role for node in nodes}
    return sorted(edges, key=lambda edge: role[edge[0]] == "treatment")


def check_arrows(nodes, edges, picture):
    where = boxes(picture, nodes)
    for (out, into), (curve, tip) in zip(drawn_order(nodes, edges), arrows(picture), strict=True):
        assert abs(outside(curve[0], where[out])) < 3
        assert abs(outside(tip, where[into])) < 5
        assert math.dist(curve[-1], tip) < 8
        for key, box in where.items():
            if key not in {out, into}:
                assert min(outside(point, box) for point in curve) > 0, (out, into, key)


def test_every_arrow_leads_from_its_cause_to_its_effect_and_through_no_other_box():
    check_arrows(WORLD, EDGES, world())


def test_no_two_arrows_of_the_world_lie_on_each_other_and_few_cross():
    curves = [curve for curve, _ in arrows(world())]
    crossings = 0
    for one, other in itertools.combinations(curves, 2):
        close = sum(min(math.dist(p, q) for q in other) < 2 for p in one)
        assert close < 25
        middle = [(one[10:90:4], other[10:90:4])]
        crossings += any(crosses(*pair) for pair in middle)
    # Three causes that each act on three outcomes cannot be drawn without a crossing.
    assert 1 <= crossings <= 5


def crosses(one, other):
    def side(a, b, c):
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    return any(
        side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
        for a, b in itertools.pairwise(one)
        for c, d in itertools.pairwise(other)
    )


GRID = [(x, y) for y in range(3) for x in range(3)]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sampled_from(GRID), min_size=2, max_size=6, unique=True), st.data())
def test_arrows_between_boxes_on_a_grid_keep_clear_of_the_others(places, data):
    nodes = [Node(str(i), f"node {i}", x, y) for i, (x, y) in enumerate(sorted(places))]
    pairs = list(itertools.combinations([node.key for node in nodes], 2))
    edges = data.draw(st.lists(st.sampled_from(pairs), max_size=6, unique=True))
    check_arrows(nodes, edges, svg(nodes, edges))


def test_boxes_lie_within_the_picture_and_apart():
    picture = world()
    _, _, width, height = map(float, ET.fromstring(picture).get("viewBox").split())
    assert 380 <= width <= 420
    where = boxes(picture, WORLD)
    for left, top, right, bottom in where.values():
        assert left >= 0
        assert top >= 0
        assert right <= width
        assert bottom <= height
    for one, other in itertools.combinations(where.values(), 2):
        gaps = (
            other[0] - one[2], one[0] - other[2], other[1] - one[3], one[1] - other[3],
        )  # fmt: skip
        assert max(gaps) >= 4


def test_the_smallest_text_can_be_read_on_a_phone():
    root = ET.fromstring(world())
    scale = PHONE / float(root.get("viewBox").split()[2])
    sizes = re.findall(r"font-size: ([\d.]+)px", world())
    assert sizes
    assert min(map(float, sizes)) * scale >= SMALLEST


def test_the_same_diagram_gives_the_same_bytes_in_another_process():
    nodes = [("a", "one", 0, 0), ("b", "two", 1, 0.5), ("c", "three", 0.2, 2)]
    edges = [("a", "b"), ("a", "c"), ("b", "c")]
    code = (
        "from knowntruth.story.diagrams import *\n"
        f"nodes = [Node(*n) for n in {nodes}]\n"
        f"print(drawing(nodes, {edges}, name='n', title='t', alt='a'), end='')"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert other == drawing([Node(*n) for n in nodes], edges, name="n", title="t", alt="a")


def test_a_role_is_told_by_shape_and_line_as_well_as_by_colour():
    rects = {
        node.key: rect
        for node, rect in zip(WORLD, ET.fromstring(world()).iter(f"{SVG}rect"), strict=False)
    }
    dashed = {key for key, rect in rects.items() if "dasharray" in rect.get("style")}
    assert dashed == {"keenness"}
    pills = {k for k, r in rects.items() if 2 * float(r.get("rx")) == float(r.get("height"))}
    assert pills == {"retention", "conversion", "churn"}
    widths = {k: float(re.search(r"width: ([\d.]+)", r.get("style"))[1]) for k, r in rects.items()}
    assert max(widths, key=widths.get) == "onboarding"
    lines = [path.get("style") for path in ET.fromstring(world()).iter(f"{SVG}path")][1::3]
    assert sum("dasharray" in line for line in lines) == 2  # keenness acts on two
    for role in ("can be changed", "not in the data", "outcome"):
        assert f">{role}<" in world()


def test_a_key_explains_only_the_roles_that_occur():
    plain = svg([Node("a", "a", 0, 0), Node("b", "b", 0, 1)], [("a", "b")])
    assert not any(words in plain for words in diagrams.KEY.values())


@pytest.mark.parametrize("label", HOSTILE)
@pytest.mark.parametrize("made", [str, Name, lambda text: str(Name(text))])
def test_a_label_is_shown_letter_by_letter(label, made):
    picture = svg([Node("a", made(label), 0, 0)], [])
    shown = "".join(ET.fromstring(picture).find(f"{SVG}text").itertext())
    assert shown.replace(" ", "") == label.replace(" ", "")
    assert "<script" not in picture


def test_long_labels_are_wrapped_and_cut_rather_than_run_over():
    long = "a factor with a name that goes on and on for ever"
    nodes = [Node(str(i), long, i, 0) for i in range(4)]
    where = boxes(svg(nodes, []), nodes)
    assert all(right <= 400 for _, _, right, _ in where.values())
    assert "…" in svg(nodes, [])


@pytest.mark.parametrize(
    ("nodes", "edges", "complaint"),
    [
        ([], [], "at least one node"),
        ([Node("a", "a", 0, 0), Node("a", "b", 1, 0)], [], "same key"),
        ([Node("a", "a", 0, 0)], [("a", "b")], "no node 'b'"),
        ([Node("a", "a", 0, 0)], [("a", "a")], "act on itself"),
        ([Node("a", "a", 0, 0), Node("b", "b", 0, 0.1)], [], "lie on each other"),
    ],
)
def test_what_is_no_diagram_is_refused(nodes, edges, complaint):
    with pytest.raises(ValueError, match=complaint):
        svg(nodes, edges)


def test_the_words_name_every_arrow_once_and_what_is_hidden():
    said = alt_of(WORLD, EDGES)
    told = []
    for out, into in re.findall(r"leads? from (\w+)(?: \([^)]*\))? to ([^.]+)\.", said):
        told += [(out, word) for word in re.split(r", | and ", into)]
    assert sorted(told) == sorted(EDGES)
    assert "from keenness (not in the data) to" in said
    assert said.count("not in the data") == 1


def test_the_words_name_what_stands_alone_and_escape_labels():
    nodes = [Node("a", "a*b", 0, 0), Node("b", "<b>", 0, 1), Node("c", "c", 1, 1)]
    said = alt_of(nodes, [("a", "b")])
    assert "No arrow leads from or to c." in said
    assert "An arrow leads from a&#42;b to &#60;b&#62;." in said


@pytest.fixture
def shown(monkeypatch):
    """What `show_diagram` puts out."""
    outputs = []
    monkeypatch.setattr(diagrams, "display", lambda data, raw: outputs.append(data))
    return outputs


def test_a_diagram_is_shown_with_its_words_and_facts(shown):
    count = Fact("outcomes", 3, "count")
    show_diagram(WORLD, iter(EDGES), count, name="world", title=f"It has {count} outcomes")
    words = shown[0][diagrams.FIGURE]
    assert words["name"] == "world"
    assert words["title"] == "It has 3 outcomes"
    assert words["alt"] == alt_of(WORLD, EDGES)
    assert count.payload() in words["facts"]
    root = ET.fromstring(shown[0]["image/svg+xml"])
    assert root.get("role") == "img"
    named = {part.get("id"): part.text for part in root if part.tag != f"{SVG}path"}
    label, description = root.get("aria-labelledby").split()
    assert named[label] == words["title"]
    assert named[description] == words["alt"]
    json.dumps(shown)


def test_a_number_from_nowhere_is_refused_but_one_in_a_label_is_a_name(shown):
    nodes = [Node("a", "day 7", 0, 0), Node("b", "re78", 0, 1)]
    show_diagram(nodes, [("a", "b")], name="x", title="What day 7 acts on")
    with pytest.raises(UntracedNumberError):
        show_diagram(nodes, [("a", "b")], name="x", title="What 9 days act on")
    assert len(shown) == 1


def as_page(data):
    cell = nbformat.v4.new_code_cell(
        "show()", outputs=[nbformat.v4.new_output("display_data", data=data)]
    )
    return report.page(nbformat.v4.new_notebook(cells=[cell]))


def test_a_report_holds_the_diagram_itself_under_its_title(shown, tmp_path):
    show_diagram(WORLD, EDGES, name="world", title="Who acts on whom & why")
    page = as_page(shown[0])
    assert page.count('<svg class="kt-diagram"') == 1
    assert "<figcaption" in page
    assert ">Who acts on whom &amp; why</figcaption>" in page
    assert "<img" not in page
    (tmp_path / "report.html").write_text(page, encoding="utf-8")
    assert checks.check(tmp_path, ["report"], tmp_path) == []


def test_an_svg_of_somebody_else_stays_a_picture(shown):
    show_diagram(WORLD[:1], [], name="world", title="Who")
    other = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    page = as_page(shown[0] | {"image/svg+xml": other})
    assert "alert(1)" not in page
    assert '<img src="data:image/svg+xml;base64,' in page
    assert not pages.is_diagram(other)


def test_a_diagram_without_words_is_found_on_its_page(tmp_path):
    empty = drawing(WORLD[:1], [], name="x", title="T", alt=" ")
    for picture in (empty, re.sub("<desc.*</desc>", "", empty)):
        page = f"<html><body>{pages.diagram(picture, 'T', key='k')}</body></html>"
        (tmp_path / "a.html").write_text(page, encoding="utf-8")
        problems = [problem.what for problem in checks.check(tmp_path, ["a"], tmp_path)]
        assert len(problems) == 1
        assert "alternative text" in problems[0]
