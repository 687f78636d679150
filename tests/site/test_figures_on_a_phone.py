"""Charts of several panels, on a phone above all: no key lies on anything, no word is cut."""

from __future__ import annotations

import nbformat
import numpy as np
import pytest

from knowntruth.runs import report
from knowntruth.story import Estimate, Fact, charts, figures

FIGURES = ["points", "pair", "spreads", "parts", "lists", "search", "errors"]
# Keys, and notes or panels, that share more than a hair's breadth.
TOUCHING = """
figure => {
  const boxes = (chosen) => [...figure.querySelectorAll(chosen)].map(one => [
    one.textContent, one.getBoundingClientRect()]);
  const keys = boxes('.infolayer > .legend, .infolayer > .legend2');
  return boxes('.annotation-text-g, .draglayer .nsewdrag').flatMap(([note, n]) => keys
    .filter(([, k]) => Math.min(n.right, k.right) - Math.max(n.left, k.left) > 1
      && Math.min(n.bottom, k.bottom) - Math.max(n.top, k.top) > 1)
    .map(([key]) => `${key} lies on ${note || 'a panel'}`));
}
"""
CUT = """
figure => {
  const frame = figure.querySelector('svg.main-svg').getBoundingClientRect();
  return [...figure.querySelectorAll('svg.main-svg text')].filter(one => {
    const box = one.getBoundingClientRect();
    return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1
      || box.top < frame.top - 1 || box.bottom > frame.bottom + 1);
  }).map(one => one.textContent);
}
"""
SLANTED = """
figure => [...figure.querySelectorAll('.xtick text')]
  .filter(one => /rotate\\((?!0[,)])/.test(one.getAttribute('transform') ?? ''))
  .map(one => one.textContent)
"""


def estimate(value, unit="number"):
    return Estimate(
        value=value, low=0.9 * value, high=1.1 * value, level=0.95, n=50, unit=unit, null=None
    )


def drawn() -> dict[str, tuple]:
    """Return figures of several panels, each with its words and what they come from."""
    rng = np.random.default_rng(1)
    names = "best", "promising", "few dear sales", "many cheap sales", "everybody else"
    groups = [charts.Group(name, Fact("size", 20, "count")) for name in names]
    planes = [
        charts.Plane(name, *rng.normal(size=(2, 100)), np.repeat(range(5), 20))
        for name in ("t-SNE, a seed", "t-SNE, another seed", "t-SNE, fewer neighbours", "PCA")
    ]
    months = [f"{name} 2019" for name in ("Jan", "Feb", "Mar", "Apr", "May", "Jun")] * 2
    curves = dict.fromkeys(("total", "standard deviation", "mean", "median"), range(1, 13))
    ends = Fact("first", 1, "count"), Fact("last", 12, "count")
    spreads = [charts.Spread(label, months, curves, *ends) for label in ("sales", "GMV")]
    parts = [charts.Part(name, {"heads": Fact("share", 0.2, "share")}) for name in names]
    models = ["bestsellers by category", "neighbours", "factors of counts", "the price alone"]
    lists = [
        charts.Listing(model, task, {"precision": estimate(0.15 * at, "share"),
                                     "NDCG": estimate(0.2 * at)})
        for at, model in enumerate(models, 1) for task in ("new products only", "any product")
    ]  # fmt: skip
    trials = charts.Search(
        [charts.Trial({"factors": Fact("a", a), "rate": Fact("b", b)}, estimate(0.45 + b))
         for a in (5, 20) for b in (0.005, 0.01)],
        Fact("error", 0.46), "biases alone",
    )  # fmt: skip
    judged = [
        charts.Judged(model, estimate(0.1 * at), estimate(0.5 * at) if at % 2 else None)
        for at, model in enumerate(models, 1)
    ]
    return {
        "points": (charts.points(planes, groups), charts.points_in_words(planes, groups), groups),
        "pair": (charts.points(planes[:2], groups), charts.points_in_words(planes[:2], groups),
                 groups),
        "spreads": (charts.spreads(spreads), charts.spreads_in_words(spreads), spreads),
        "parts": (charts.parts(parts), charts.parts_in_words(parts), parts),
        "lists": (charts.list_quality(lists), charts.list_quality_in_words(lists), lists),
        "search": (charts.grid_errors(trials), charts.grid_errors_in_words(trials), [trials]),
        "errors": (charts.errors_and_lists(judged), charts.errors_and_lists_in_words(judged),
                   judged),
    }  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The address of a report that holds nothing but these figures."""
    cells = []
    with pytest.MonkeyPatch.context() as patch:
        for name, (figure, words, facts) in drawn().items():
            shown = []
            patch.setattr(figures, "display", lambda data, raw, shown=shown: shown.append(data))
            figures.show(figure, *facts, name=name, title="A figure", alt=words)
            output = nbformat.v4.new_output("display_data", data=shown[0])
            cells.append(nbformat.v4.new_code_cell("show()", outputs=[output]))
    target = tmp_path_factory.mktemp("phone") / "report.html"
    target.write_text(report.page(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    return target.as_uri()


def test_a_key_on_a_phone_keeps_the_order_of_the_segments(visit, page):
    visited = visit(page, width=375)
    visited.read_through()
    figure = visited.page.query_selector_all(".kt-figure:has(.kt-plot-data)")[3]
    words = [one.text_content() for one in figure.query_selector_all(".legendtext")]
    assert words == ["best", "promising", "few dear sales", "many cheap sales", "everybody else"]


@pytest.mark.parametrize("width", [375, 1000])
def test_keys_lie_on_nothing_and_no_word_is_cut_or_slanted(visit, page, width):
    visited = visit(page, width=width)
    visited.read_through()
    found = visited.page.query_selector_all(".kt-figure:has(.kt-plot-data)")
    assert len(found) == len(FIGURES)
    for name, figure in zip(FIGURES, found, strict=True):
        assert {name: figure.evaluate(TOUCHING)} == {name: []}
        assert {name: figure.evaluate(CUT)} == {name: []}
        assert {name: figure.evaluate(SLANTED)} == {name: []}
