"""Charts: what is drawn is what was handed over, and its words trace to it."""

from __future__ import annotations

import html
import itertools
import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowntruth.story import Estimate, Fact, Finding, Name, charts, figures
from knowntruth.story.charts import drawing, lines, series
from knowntruth.story.figures import CONTROL, NAIVE, TREATMENT, TRUTH
from knowntruth.story.saying import check_traced, payloads_of

ODD = ["<script>alert(1)</script>", "<b>bold</b>", '$x$ & "y" {z} %{x}', "2024-08-01", "5", "a\nb"]


def share(value, half=0.01, *, n=1000):
    return Estimate(
        value=value, low=max(value - half, 0), high=value + half, level=0.95, n=n, unit="share",
        null=None,
    )  # fmt: skip


def points(value, half=0.01):
    return Estimate(
        value=value, low=value - half, high=value + half, level=0.95, n=1000, unit="points"
    )


def known(estimate, truth):
    return Finding("known", Name("something"), estimate, truth=truth)


LEVELS = [
    charts.Level("Guitar", share(0.04), truth=0.045),
    charts.Level("Piano", share(0.06), truth=0.05),
    charts.Level(Name("Ukulele"), known(share(0.02), 0.031)),
]
SERIES = [
    charts.Series(f"group {letter}", [(d, share(0.3 / d + at / 100)) for d in (1, 7, 30)])
    for at, letter in enumerate("ABCDEFG")
]
GRID = charts.Grid(
    ["1-7 August", "8-14 August"],
    ["day 1", "day 7", "day 30"],
    [[share(0.2), share(0.07), share(0.03)], [share(0.22), share(0.06), None]],
)
EFFECTS = [
    charts.Effect("Instrument", "Piano", points(0.02), points(0.01), truth=0.008),
    charts.Effect("Onboarding", "taken", points(0.05), known(points(0.02), 0.021)),
    charts.Effect("Instrument", "Voice", points(-0.02), None),
]
BINS = [charts.Bin(p, share(p * 0.9, p / 3), truth=p) for p in (0.002, 0.01, 0.05)]
CURVES = [
    charts.Curve("oracle", [0.05, 0.5, 1.0], [0.4, 0.2, 0.01], "truth"),
    charts.Curve("model", [0.1, 0.6, 1.0], [0.25, 0.1, 0.01], area=share(0.08)),
]
BASE = share(0.01, 0.002)

# For each chart: its rows, the drawing, its words.
CHARTS = {
    "rates": (LEVELS, lambda r: charts.rates(r, axis="rate"), charts.rates_in_words),
    "curves": (SERIES, lambda r: charts.curves(r, axis="rate"), charts.curves_in_words),
    "heat": ([GRID], lambda r: charts.heat(r[0], axis="rate"), lambda r: charts.heat_in_words(*r)),
    "effects": (EFFECTS, lambda r: charts.effects(r, axis="effect"), charts.effects_in_words),
    "calibration": (BINS, charts.calibration, charts.calibration_in_words),
    "precision": (CURVES, charts.precision_recall, charts.precision_recall_in_words),
}


def traces(figure, **wanted):
    return [t for t in figure.data if all(getattr(t, key, None) == v for key, v in wanted.items())]


def the(figure, **wanted):
    [found] = traces(figure, **wanted)
    return found


def texts(figure):
    """Every text of a figure that Plotly reads as markup."""
    found = []

    def walk(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in {"text", "ticktext", "hovertext", "hovertemplate", "name"}:
                    found.extend(inner if isinstance(inner, list) else [inner])
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(json.loads(figure.to_json()))
    return [text for text in found if isinstance(text, str)]


@pytest.mark.parametrize("chart", CHARTS)
def test_every_number_in_the_words_traces_to_the_rows(chart):
    rows, _, words = CHARTS[chart]
    check_traced(words(rows), payloads_of(rows))
    assert re.search(r"\d", words(rows))


@pytest.mark.parametrize("chart", CHARTS)
def test_words_hold_no_number_that_is_none(chart):
    rows, _, words = CHARTS[chart]
    assert not re.search(r"\b(nan|None|inf)\b|  ", words(rows))


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_is_shown_as_any_figure(chart, monkeypatch):
    rows, draw, words = CHARTS[chart]
    shown = []
    monkeypatch.setattr(figures, "display", lambda data, raw: shown.append(data))
    figures.show(draw(rows), *rows, name="x", title="A title", alt=words(rows))
    [data] = shown
    assert data[figures.FIGURE]["alt"] == html.unescape(words(rows))
    assert data[figures.PLOTLY]["data"]


@pytest.mark.parametrize("chart", CHARTS)
def test_the_page_decides_the_colours_of_text_and_ground(chart):
    layout = json.loads(CHARTS[chart][1](CHARTS[chart][0]).to_json())["layout"]
    assert "font" not in layout
    assert "paper_bgcolor" not in layout
    assert "plot_bgcolor" not in layout


@pytest.mark.parametrize(
    "draw",
    [
        lambda: charts.rates([], axis="x"),
        lambda: charts.rates_in_words([]),
        lambda: charts.curves([], axis="x"),
        lambda: charts.curves([charts.Series("a", [])], axis="x"),
        lambda: charts.curves_in_words([]),
        lambda: charts.Grid(["a"], ["b"], [[None]]),
        lambda: charts.Grid([], [], []),
        lambda: charts.effects([], axis="x"),
        lambda: charts.effects([charts.Effect("a", "b")], axis="x"),
        lambda: charts.calibration([]),
        lambda: charts.precision_recall([]),
    ],
)
def test_nothing_to_draw_is_refused(draw):
    with pytest.raises(ValueError, match="at least one"):
        draw()


@pytest.mark.parametrize("label", ODD)
def test_an_odd_name_is_shown_letter_by_letter_and_never_read_as_markup(label):
    rows = {
        "rates": [charts.Level(label, share(0.1), truth=0.1)],
        "curves": [charts.Series(label, [(1, share(0.1))])],
        "heat": [charts.Grid([label], [label], [[share(0.1)]])],
        "effects": [charts.Effect(label, label, points(0.1), points(0.1), truth=0.1)],
        "precision": [charts.Curve(label, [0.5, 1], [0.2, 0.1])],
    }
    for chart, row in rows.items():
        figure, words = CHARTS[chart][1](row), CHARTS[chart][2](row)
        for text in [*texts(figure), words]:
            ours = re.sub(r"</?(b|extra)>|<br>|<span style=\"[^\"]*\">|</span>", "", text)
            assert "<" not in ours
            assert "{x}" not in ours
        check_traced(words, payloads_of(row))
        assert Name(label).text in html.unescape(words)


@pytest.mark.parametrize("label", ["a & b", Name("a & b"), str(Name("a & b"))])
def test_a_label_reads_the_same_escaped_or_not(label):
    assert charts.rates_in_words([charts.Level(label, share(0.1))]).count("a &#38; b at") == 1


# Rates


def test_rates_draw_each_estimate_interval_and_truth_at_the_height_of_its_label():
    figure = charts.rates(LEVELS, axis="retention", overall=share(0.05), overall_label="all users")
    dots, diamonds = the(figure, name="estimate"), the(figure, name="truth")
    label = dict(zip(figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext, strict=True))
    assert {label[y]: x for x, y in zip(dots.x, dots.y, strict=True)} == {
        "Guitar": 4, "Piano": 6, "Ukulele": 2,
    }  # fmt: skip
    assert {label[y]: x for x, y in zip(diamonds.x, diamonds.y, strict=True)} == {
        "Guitar": 4.5, "Piano": 5, "Ukulele": 3.1,
    }  # fmt: skip
    assert list(dots.error_x.array) == pytest.approx([1, 1, 1])
    assert diamonds.marker.symbol == "diamond-open"
    assert diamonds.marker.color == TRUTH
    assert figure.layout.xaxis.title.text == "retention (%)"
    assert figure.layout.shapes[0].x0 == 5
    assert figure.layout.annotations[0].text == "all users"


@pytest.mark.parametrize("ranked", [True, False])
def test_rates_stand_highest_first_or_as_given_in_picture_and_words(ranked):
    figure = charts.rates(LEVELS, axis="x", ranked=ranked)
    order = ["Piano", "Guitar", "Ukulele"] if ranked else ["Guitar", "Piano", "Ukulele"]
    ticks = dict(zip(figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext, strict=True))
    assert [ticks[height] for height in sorted(ticks, reverse=True)] == order
    assert re.findall(r"(\w+) at", charts.rates_in_words(LEVELS, ranked=ranked)) == order


def test_groups_of_one_name_or_named_like_numbers_keep_rows_of_their_own():
    rows = [charts.Level(name, share(0.1)) for name in ("5", "5", "2024-08-01")]
    figure = charts.rates(rows, axis="x")
    assert len(set(the(figure, name="estimate").y)) == 3
    assert list(figure.layout.yaxis.ticktext) == ["5", "5", "2024-08-01"]


def test_rates_have_a_legend_only_where_the_truth_is_drawn():
    unknown = [charts.Level("a", share(0.1))]
    assert not charts.rates(unknown, axis="x").layout.showlegend
    assert not traces(charts.rates(unknown, axis="x"), name="truth")
    assert charts.rates(LEVELS, axis="x").layout.showlegend


def test_one_wide_interval_does_not_squeeze_the_others_and_shows_that_it_goes_on():
    rows = [charts.Level(f"group {i}", share(0.04 + i / 1000)) for i in range(9)]
    rows.append(charts.Level("tiny", Estimate(
        value=0.05, low=0.001, high=0.7, level=0.95, n=3, unit="share", null=None,
    )))  # fmt: skip
    figure = charts.rates(rows, axis="x")
    _, high = figure.layout.xaxis.range
    assert high < 15
    [arrow] = traces(figure, hoverinfo="skip")
    dots = the(figure, name="estimate")
    at = dots.y[dots.x.index(5)]
    assert list(arrow.y) == [at]
    assert list(arrow.x) == [high]
    assert list(arrow.marker.symbol) == ["triangle-right"]
    ends = [x + e for x, e in zip(dots.x, dots.error_x.array, strict=True)]
    assert max(ends) == pytest.approx(high)
    assert "(0% to 70%)" in "".join(texts(figure))


@given(st.lists(st.floats(0.001, 0.999), min_size=1, max_size=20), st.floats(1e-4, 0.3))
def test_every_estimate_lies_within_the_window(values, half):
    figure = charts.rates([charts.Level("a", share(v, half)) for v in values], axis="x")
    low, high = figure.layout.xaxis.range
    dots = the(figure, name="estimate")
    assert all(low <= x <= high for x in dots.x)
    for x, up, down in zip(dots.x, dots.error_x.array, dots.error_x.arrayminus, strict=True):
        assert x + up <= high + 1e-9
        assert x - down >= low - 1e-9


def test_a_long_label_takes_two_lines_and_is_whole_where_a_reader_points_at_it():
    long = "Saint Vincent and the Grenadines, and whatever else"
    figure = charts.rates([charts.Level(long, share(0.1))], axis="x")
    [tick] = figure.layout.yaxis.ticktext
    assert tick.count("<br>") == 1
    assert tick.endswith("…")
    assert all(len(line) <= drawing.WRAP for line in tick.split("<br>"))
    assert the(figure, name="estimate").hovertext[0].startswith(long)


# Curves


def test_at_most_five_curves_have_colour_sign_and_name_and_all_others_are_grey():
    figure = charts.curves(SERIES, axis="share active", days="days since sign-up")
    coloured = [t for t in figure.data if t.name and t.line.color != series.FAINT]
    grey = traces(figure, mode="lines", line=coloured[0].line) or [
        t for t in figure.data if t.name and t.line.color == series.FAINT
    ]
    assert len(coloured) == 5
    assert len(grey) == 2
    assert len({t.line.color for t in coloured}) == 5
    assert len({t.line.dash for t in coloured}) == 5
    assert len({t.marker.symbol for t in coloured}) == 5
    names = [re.sub("<[^>]*>", "", text) for text in figure.layout.yaxis2.ticktext]
    assert [name.split()[-1] for name in names] == ["A", "B", "C", "D", "E", "others"]
    assert "grey" in charts.curves_in_words(SERIES)
    assert "group F" not in charts.curves_in_words(SERIES)


def test_chosen_curves_are_those_in_colour():
    figure = charts.curves(SERIES, axis="x", highlight=["group G", Name("group B")])
    assert {t.name for t in figure.data if t.fill is None and t.line.color != series.FAINT} >= {
        "group B", "group G",
    }  # fmt: skip
    words = charts.curves_in_words(SERIES, highlight=["group G", "group B"])
    assert re.findall(r"group (\w) from", words) == ["B", "G"]
    with pytest.raises(ValueError, match="at most 5"):
        charts.curves(SERIES, axis="x", highlight=[one.label for one in SERIES])


def test_a_band_runs_along_both_ends_of_the_intervals():
    one = charts.Series("a", [(1, share(0.3, 0.02)), (7, share(0.1, 0.01))])
    figure = charts.curves([one], axis="x")
    band = the(figure, fill="toself")
    assert list(zip(band.x, band.y, strict=True)) == [
        (1, pytest.approx(32)), (7, pytest.approx(11)), (7, pytest.approx(9)),
        (1, pytest.approx(28)),
    ]  # fmt: skip
    line = the(figure, name="a")
    assert list(zip(line.x, line.y, strict=True)) == [(1, 30), (7, 10)]


def test_both_axes_of_curves_have_one_scale():
    layout = charts.curves(SERIES, axis="x").layout
    assert layout.yaxis.range == layout.yaxis2.range


def test_a_curve_of_one_day_and_a_group_without_a_day_are_borne():
    rows = [charts.Series("a", [(7, share(0.1))]), charts.Series("b", [])]
    figure = charts.curves(rows, axis="x")
    low, high = figure.layout.xaxis.range
    assert low < 7 < high
    assert charts.curves_in_words(rows).count("on day 7") == 1
    assert [t.name for t in figure.data if t.name] == ["a"]


@given(st.lists(st.floats(0, 30), min_size=1, max_size=8))
def test_names_at_line_ends_keep_their_order_and_distance(wanted):
    placed = lines.apart(wanted, 2.0)
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    gaps = [placed[b] - placed[a] for a, b in itertools.pairwise(order)]
    assert all(gap >= 2.0 - 1e-9 for gap in gaps)
    assert min(placed) >= 1.0 - 1e-9


def test_no_two_names_of_curves_lie_on_each_other():
    same = [charts.Series(label, [(1, share(0.3)), (30, share(0.1))]) for label in "ABCDE"]
    layout = charts.curves(same, axis="x").layout
    places = sorted(layout.yaxis2.tickvals)
    pixels = 300 / layout.yaxis2.range[1]  # a figure of 400 has about 300 for its axis
    assert min(b - a for a, b in itertools.pairwise(places)) * pixels >= 15


def test_names_that_have_room_stay_at_their_lines():
    assert lines.apart([20.0, 5.0, 10.0], 2.0) == [20.0, 5.0, 10.0]
    assert lines.apart([10.0, 10.0], 2.0) == [9.0, 11.0]


# Heat maps


def test_a_heat_map_writes_each_number_in_its_cell_and_marks_what_is_missing():
    figure = charts.heat(GRID, axis="active", column_axis="day", row_axis="signed up")
    numbers = the(figure, mode="text")
    cells = {
        (x, y): text.split("<br>")[0]
        for x, y, text in zip(numbers.x, numbers.y, numbers.text, strict=True)
    }
    assert cells == {
        (0, 0): "20", (1, 0): "7", (2, 0): "3", (0, 1): "22", (1, 1): "6", (2, 1): "–",
    }  # fmt: skip
    assert numbers.hovertext[-1].endswith("nothing to estimate from")
    heat = the(figure, type="heatmap")
    assert heat.z[1][2] is None
    assert figure.layout.xaxis.title.text == "active by day (%)"
    assert list(figure.layout.yaxis.range) == [1.5, -0.5]


def test_cells_with_room_show_how_unsure_they_are():
    numbers = the(charts.heat(GRID, axis="x"), mode="text")
    assert "±1<" in numbers.text[0]
    wide = charts.Grid(["a"], [str(i) for i in range(8)], [[share(0.2)] * 8])
    assert "±" not in the(charts.heat(wide, axis="x"), mode="text").text[0]


def luminance(red, green, blue):
    def linear(c):
        return c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4

    channels = zip((0.2126, 0.7152, 0.0722), (red, green, blue), strict=True)
    return sum(weight * linear(c / 255) for weight, c in channels)


@pytest.mark.parametrize(
    ("ground", "ink"), [((254, 253, 251), (34, 38, 43)), ((20, 23, 27), (226, 228, 232))]
)
def test_the_words_of_the_page_can_be_read_on_every_cell(ground, ink):
    for _, colour in the(charts.heat(GRID, axis="x"), type="heatmap").colorscale:
        *hue, alpha = map(float, re.findall(r"[\d.]+", colour))
        cell = [alpha * c + (1 - alpha) * g for c, g in zip(hue, ground, strict=True)]
        light, dark = sorted((luminance(*cell), luminance(*ink)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_grid_that_is_not_rectangular_is_refused():
    with pytest.raises(ValueError, match="one value"):
        charts.Grid(["a", "b"], ["c"], [[share(0.1)]])
    with pytest.raises(ValueError, match="one value"):
        charts.Grid(["a"], ["c", "d"], [[share(0.1)]])


def test_the_words_on_a_grid_name_its_highest_and_lowest_cell():
    words = charts.heat_in_words(GRID)
    assert "highest holds 22% (8-14 August, day 1)" in words.replace(".0%", "%")
    assert "lowest 3% (1-7 August, day 30)" in words.replace(".0%", "%")


def test_equal_cells_have_equal_colours():
    grid = charts.Grid(["a"], ["b", "c"], [[share(0.1), share(0.1)]])
    heat = the(charts.heat(grid, axis="x"), type="heatmap")
    assert heat.zmin < heat.zmax


# Effects


def test_a_long_reference_is_written_in_full_below_its_factor():
    figure = charts.effects(
        EFFECTS, axis="difference", references={"Onboarding": Name("without the tour of <all>")}
    )
    ticks = [html.unescape(tick) for tick in figure.layout.yaxis.ticktext]
    assert "<b>Onboarding</b><br>against without the<br>tour of <all>" in ticks


def test_a_forest_breaks_long_labels_and_the_title_of_its_axis_for_a_phone():
    labels = ["day 30, without those set by hand", str(Name("<b>mean</b>"))]
    rows = [figures.Row(label, share(0.3)) for label in labels]
    figure = figures.forest(rows, axis="premium among those retained on a day")
    assert list(figure.layout.yaxis.ticktext) == [
        "day 30, without<br>those set by hand", "&#60;b&#62;mean&#60;/b&#62;",
    ]  # fmt: skip
    assert list(figure.layout.yaxis.tickvals) == [row.y[0] for row in figure.data[:2]] == labels
    assert figure.layout.xaxis.title.text == "premium among those retained on a<br>day (%)"


@pytest.mark.parametrize(("line", "side"), [(0.9, "right"), (0.4, "left")])
def test_the_name_of_a_line_stands_where_it_has_room(line, side):
    values = (0.3, 0.9)
    levels = [charts.Level(f"group {value}", share(value)) for value in values]
    rows = [figures.Row(f"group {value}", share(value)) for value in values]
    gaps = [charts.Effect("f", str(value), None, points(value - line)) for value in values]
    for figure in (
        charts.rates(levels, axis="paid", overall=share(line)),
        figures.forest(rows, axis="paid", reference=line),
        charts.effects(gaps, axis="difference"),
    ):
        assert [one.xanchor for one in figure.layout.annotations] == [side]


def test_effects_draw_a_cross_above_a_dot_at_the_height_of_their_level():
    figure = charts.effects(EFFECTS, axis="difference", references={"Instrument": "Guitar"})
    ticks = dict(zip(figure.layout.yaxis.ticktext, figure.layout.yaxis.tickvals, strict=True))
    assert list(ticks) == [
        "<b>Instrument</b><br>against Guitar", "Piano", "Voice", "<b>Onboarding</b>", "taken",
    ]  # fmt: skip
    assert list(ticks.values()) == sorted(ticks.values(), reverse=True)
    crosses, dots = the(figure, name="crude"), the(figure, name="adjusted")
    assert crosses.marker.symbol == "x-open"
    assert crosses.marker.color == NAIVE
    assert dots.marker.color == TREATMENT
    assert list(crosses.x) == [2, -2, 5]
    assert list(dots.x) == [1, 2]
    for at, level in ((0, "Piano"), (1, "taken")):
        assert abs(dots.y[at] - ticks[level]) < 0.5
        assert dots.y[at] < ticks[level] < crosses.y[2 * at]
    truth = the(figure, name="truth")
    assert list(zip(truth.x, truth.y, strict=True)) == [
        (0.8, ticks["Piano"]), (2.1, ticks["taken"]),
    ]  # fmt: skip
    assert figure.layout.shapes[0].x0 == 0
    assert figure.layout.xaxis.title.text == "difference (percentage points)"


def test_the_words_on_effects_say_the_unit_once():
    words = charts.effects_in_words(EFFECTS)
    assert words.count("percentage points") == 1
    assert "Piano crude 2.0 (1.0 to 3.0), adjusted 1.0 (0.0 to 2.0), truth 0.8;" in words


def test_an_endless_interval_of_an_effect_runs_to_the_edge_of_the_picture():
    endless = Estimate(value=0.02, low=-math.inf, high=0.03, level=0.95, n=9, unit="points")
    figure = charts.effects([charts.Effect("a", "b", adjusted=endless)], axis="x")
    dots = the(figure, name="adjusted")
    assert dots.x[0] - dots.error_x.arrayminus[0] == pytest.approx(figure.layout.xaxis.range[0])
    [arrow] = traces(figure, hoverinfo="skip")
    assert list(arrow.marker.symbol) == ["triangle-left"]


def test_all_else_of_a_long_axis_title_goes_below():
    title = drawing.titled("difference in the share of users active on day 30", "points")
    assert all(len(line) <= drawing.LONGEST_TITLE for line in title.split("<br>"))
    assert title.replace("<br>", " ").endswith("day 30 (percentage points)")


# Predictions


def test_calibration_has_one_scale_on_both_axes_and_a_diagonal_through_them():
    for bins in (BINS, [charts.Bin(p, share(p)) for p in (0.2, 0.4, 0.7)]):
        figure = charts.calibration(bins)
        assert figure.layout.xaxis.range == figure.layout.yaxis.range
        assert figure.layout.xaxis.type == figure.layout.yaxis.type
        diagonal = the(figure, mode="lines")
        assert list(diagonal.x) == list(diagonal.y)
        dots = the(figure, name="observed")
        assert list(dots.x) == pytest.approx([100 * one.predicted for one in bins])
        assert list(dots.y) == pytest.approx([100 * one.observed.value for one in bins])


def test_rare_outcomes_get_axes_by_powers_of_ten_unless_it_is_told_otherwise():
    assert charts.calibration(BINS).layout.xaxis.type == "log"
    assert charts.calibration(BINS, log=False).layout.xaxis.type is None
    even = [charts.Bin(p, share(p)) for p in (0.2, 0.4)]
    assert charts.calibration(even).layout.xaxis.type is None
    assert charts.calibration(even, log=True).layout.xaxis.type == "log"
    # A prediction of zero has no place on such an axis.
    assert charts.calibration([charts.Bin(0.0, share(0.1))], log=True).layout.xaxis.type is None


def test_a_bin_in_which_nothing_came_true_stands_at_the_edge_with_a_sign_of_its_own():
    bins = [charts.Bin(0.001, share(0.0, 0.004)), *BINS]
    figure = charts.calibration(bins)
    none = the(figure, name="none observed")
    assert none.marker.symbol == "triangle-down-open"
    assert math.log10(none.y[0]) == pytest.approx(figure.layout.yaxis.range[0])
    assert none.y[0] + none.error_y.array[0] == pytest.approx(0.4)
    assert 0.0 not in the(figure, name="observed").y
    low = figure.layout.yaxis.range[0]
    for t in (none, the(figure, name="observed")):
        for y, down in zip(t.y, t.error_y.arrayminus, strict=True):
            assert y - down >= 10**low - 1e-12


def test_every_tick_of_a_logarithmic_axis_lies_on_it():
    axis = charts.calibration(BINS).layout.xaxis
    low, high = (10**end for end in axis.range)
    assert all(low <= tick <= high for tick in axis.tickvals)
    assert [float(text.replace(",", "")) for text in axis.ticktext] == pytest.approx(
        list(axis.tickvals)
    )


def test_the_oracle_is_drawn_dashed_in_the_colour_of_the_truth():
    figure = charts.precision_recall(CURVES, base_rate=BASE)
    assert (the(figure, name="oracle").line.color, the(figure, name="oracle").line.dash) == (
        TRUTH, "dash",
    )  # fmt: skip
    assert list(the(figure, name="model").y) == [25, 10, 1]
    assert figure.layout.shapes[0].y0 == 1
    assert figure.layout.shapes[0].line.color == CONTROL
    assert figure.layout.showlegend


def test_kinds_of_curves_differ_in_more_than_colour():
    kinds = [charts.Curve(role, [0.5], [0.1], role) for role in ("sound", "further", "naive")]
    kinds += [charts.Curve(role, [0.5], [0.1], role) for role in ("control", "truth")]
    lines = [t.line.dash for t in charts.precision_recall(kinds).data]
    assert len(set(lines)) == 5


def test_a_curve_is_read_where_it_first_reaches_a_recall():
    words = charts.precision_recall_in_words(CURVES, base_rate=BASE)
    assert "oracle has a precision of 20.0% at a recall of 10% and 20.0% at a recall" in words
    assert "model has a precision of 25.0% at a recall of 10% and 10.0% at a recall" in words
    assert "picked at random, 1.00%" in words
    check_traced(words, payloads_of([*CURVES, BASE]))


def test_the_first_few_users_do_not_set_the_scale():
    curve = charts.Curve("a", [0.001, 0.1, 1.0], [1.0, 0.05, 0.01])
    assert charts.precision_recall([curve]).layout.yaxis.range[1] < 10


def test_an_overall_rate_may_be_a_fact():
    overall = Fact("overall", 0.05, "share")
    figure = charts.rates(LEVELS, axis="x", overall=overall)
    assert figure.layout.shapes[0].x0 == 5
    words = charts.rates_in_words(LEVELS, overall=overall)
    assert "all together, 5%." in words
    check_traced(words, payloads_of([*LEVELS, overall]))
