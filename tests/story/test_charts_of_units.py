"""Charts of units: curves, tails, parts and planes stand where they belong, as do their words."""

from __future__ import annotations

import json

import numpy as np
import pytest

from knowntruth.story import Estimate, Fact, charts, figures
from knowntruth.story.saying import check_traced, payloads_of

ODD = ["<script>alert(1)</script>", '$x$ & "y" {z} %{x}', "2024-08-01", "5", "x" * 60]


def estimate(value, half=0.05, unit="share"):
    return Estimate(
        value=value, low=value - half, high=value + half, level=0.95, n=50, unit=unit, null=None
    )


def share(value, name="share"):
    return Fact(name, value, "share")


def count(value):
    return Fact("count", value, "count")


def lorenz(label="value"):
    return charts.Lorenz(
        label, [0, 0.5, 1], [0, 0.1, 1], [0, 0.05, 1], [0, 0.2, 1], (share(0.1), estimate(0.7))
    )


def tail(label="value"):
    return charts.Tail(
        label, [0.0, 1, 2, 5, 100, 300], Fact("least", 5), count(3),
        {"power law": [(5, 0.5), (300, 0.1)], "lognormal": [(5, 0.5), (300, 0.05)]},
    )  # fmt: skip


def pieces(label="best"):
    return [
        charts.Part(label, {"heads": share(0.2), "value": share(0.9)}),
        charts.Part("others", {"heads": share(0.8), "value": share(0.1)}),
    ]


def planes(label="a map"):
    return [charts.Plane(label, [1.0, 2, 3], [3.0, 2, 1], [0, 1, 0], lines_x=[2.0])]


def groups(label="best"):
    return [charts.Group(label, count(2)), charts.Group("rest", count(1), is_rest=True)]


def measures(label="silhouette"):
    return [
        charts.Measure(label, [(2, 0.4, None, None), (3, 0.5, None, None)], count(3)),
        charts.Measure("gap", [(1, 0.4, 0.3, 0.5), (2, 0.6, 0.5, 0.7)], None),
    ]


def nearness():
    return charts.Nearness([0.1, 0.2, 0.9], Fact("eps", 0.25), share(2 / 3), count(5))


def spread(label="sales"):
    return charts.Spread(
        label, ["Jun 2019", "Jul 2019"], {"total": [100.0, 20_000.0], "median": [0.0, 1.0]},
        count(100), count(20_000),
    )  # fmt: skip


def drawn(label):
    """Return each chart with its words and facts, with one odd label in it."""
    return {
        "lorenz": (charts.lorenz([lorenz(label)], units="units"),
                   charts.lorenz_in_words([lorenz(label)]), [lorenz(label)]),
        "tail": (charts.tail(tail(label), units="units"), charts.tail_in_words(tail(label)),
                 tail(label)),
        "parts": (charts.parts(pieces(label)), charts.parts_in_words(pieces(label)),
                  pieces(label)),
        "points": (charts.points(planes(), groups(label)),
                   charts.points_in_words(planes(), groups(label)), groups(label)),
        "choosing": (charts.choosing(measures(label)), charts.choosing_in_words(measures(label)),
                     measures(label)),
        "nearness": (charts.nearness(nearness(), units="units"),
                     charts.nearness_in_words(nearness()), nearness()),
        "spreads": (charts.spreads([spread(label)]), charts.spreads_in_words([spread(label)]),
                    [spread(label)]),
    }  # fmt: skip


KINDS = list(drawn("plain"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_in_the_words_traces_to_the_facts(kind):
    _, words, facts = drawn("value")[kind]
    check_traced(words, payloads_of([facts]))
    assert len(words) > 40
    assert words.endswith(".")


@pytest.mark.parametrize("label", ODD)
@pytest.mark.parametrize("kind", KINDS)
def test_an_odd_name_is_never_read_as_markup(kind, label):
    figure, words, facts = drawn(label)[kind]
    assert "<script>" not in words
    check_traced(words, payloads_of([facts]))
    assert "<script>" not in json.dumps(figure.to_dict(), default=str)


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_is_shown_as_any_figure(kind, monkeypatch):
    shown = []
    monkeypatch.setattr(figures, "display", lambda data, raw: shown.append(data))
    figure, words, facts = drawn("value")[kind]
    figures.show(figure, facts, name=kind, title="A chart", alt=words)
    assert shown[0][figures.FIGURE]["alt"]


@pytest.mark.parametrize(
    ("draw", "nothing"),
    [
        (charts.parts, []), (charts.spreads, []), (charts.choosing, []),
        (lambda rows: charts.lorenz(rows, units="units"), []),
        (lambda rows: charts.points(rows, groups()), []),
        (lambda rows: charts.points(planes(), rows), []),
        (lambda row: charts.tail(row, units="units"),
         charts.Tail("x", [0.0, 0.0], Fact("least", 1), count(0), {})),
        (lambda row: charts.nearness(row, units="units"),
         charts.Nearness([], Fact("eps", 1), share(0), count(2))),
    ],
)  # fmt: skip
def test_nothing_to_draw_is_refused(draw, nothing):
    with pytest.raises(ValueError, match=r"at least|from one to|needs a plane"):
        draw(nothing)


def test_segments_of_other_totals_are_refused():
    with pytest.raises(ValueError, match="same totals"):
        charts.parts([*pieces(), charts.Part("odd", {"heads": share(0.1)})])


def test_the_top_is_marked_on_the_curve_where_its_share_begins():
    figure = charts.lorenz([lorenz()], units="units")
    [mark] = [trace for trace in figure.data if trace.mode == "markers"]
    assert list(mark.x) == pytest.approx([90])
    assert list(mark.y) == pytest.approx([30])


def test_a_tail_shows_the_share_of_all_units_with_so_much_or_more():
    dots = charts.tail(tail(), units="units").data[0]
    # Of six units one makes nothing: it is on no logarithmic axis, and counts all the same.
    assert list(dots.x) == [1, 2, 5, 100, 300]
    assert list(dots.y) == pytest.approx([500 / 6, 400 / 6, 300 / 6, 200 / 6, 100 / 6])
    assert len(set(dots.marker.color)) == 2


def test_bars_of_parts_are_as_long_as_their_shares():
    figure = charts.parts(pieces())
    assert [list(trace.x) for trace in figure.data] == [[20, 90], [80, 10]]


def test_points_of_a_group_are_those_with_its_number():
    figure = charts.points(planes(), groups())
    assert [list(trace.x) for trace in figure.data] == [[1, 3], [2]]
    assert figure.data[1].marker.symbol == "circle-open"


def test_of_many_points_some_are_drawn_and_small_groups_whole():
    n = 20_000
    many = charts.Plane("many", np.arange(n), np.arange(n), np.r_[np.zeros(n - 5), np.ones(5)])
    figure = charts.points([many], groups())
    assert len(figure.data[0].x) < 2_000
    assert len(figure.data[1].x) == 5


def test_the_choice_of_a_measure_is_in_a_ring_and_no_choice_is_not():
    figure = charts.choosing(measures())
    rings = [t for t in figure.data if t.marker.symbol == "circle-open"]
    assert [list(ring.x) for ring in rings] == [[3]]
    assert "gap: no choice" in charts.choosing_in_words(measures())


def test_a_panel_has_room_for_zero_and_for_a_large_total():
    figure = charts.spreads([spread()])
    total, median = figure.data
    assert median.y[0] == 0
    assert total.y[1] > total.y[0] > median.y[1] > 0
