"""Charts of shops: bubbles, shares, cards and lists stand where they belong, as do their words."""

from __future__ import annotations

import itertools
import json
import math
from datetime import date

import pytest

from knowntruth.story import Estimate, Fact, charts, figures
from knowntruth.story.charts import logs, placing
from knowntruth.story.saying import check_traced, payloads_of

ODD = ["<script>alert(1)</script>", '$x$ & "y" {z} %{x}', "2024-08-01", "x" * 60]


def estimate(value, half=0.05, unit="number"):
    return Estimate(
        value=value, low=value - half, high=value + half, level=0.95, n=50, unit=unit, null=None
    )


def number(value, decimals=None):
    return Fact("number", value, decimals=decimals)


def share_of(value):
    return Fact("share", value, "share")


def bubble(label, x, y, size, group="Books"):
    return charts.Bubble(label, number(x), number(y), number(size), group)


def bubbles(label="Audio", centres=()):
    rows = [bubble(label, 10, 100, 4), bubble("b", 20, 50, 16), bubble("c", 5, 20, 1, "Toys")]
    return charts.Bubbles(rows, ("units", "revenue", "revenue a unit"), "products", centres)


def shares(label="Books", n=3):
    names = [label, *"bcdefg"][:n]
    return [charts.Share(x, estimate(1 / n, 0.02, "share"), 0.3) for x in names]


def months(label="all", values=(3, 7, 5)):
    firsts = [date(2023, month, 1) for month in range(1, len(values) + 1)]
    return charts.Months(label, firsts, [number(value) for value in values])


def traits(label="orders"):
    return [
        charts.Trait(label, number(12), number(8), share_of(0.8), (0.5, 0.6, 0.9), number(10)),
        charts.Trait("units", number(3), number(4), share_of(0.25)),
    ]


def listings(label="EASE"):
    rows = []
    for task, size in (("buy again", 1.0), ("new only", 0.5)):
        for model, value, role in (
            ("knows", 0.9, "ceiling"), (label, 0.6, "model"), ("best seller", 0.5, "model"),
            ("at random", 0.1, "floor"),
        ):  # fmt: skip
            measures = {"NDCG": estimate(size * value), "coverage": estimate(value, unit="share")}
            rows.append(charts.Listing(model, task, measures, role))
    return rows


def judged(label="SVD++"):
    return [
        charts.Judged(label, estimate(0.2), estimate(0.5)),
        charts.Judged("mean", estimate(0.3), estimate(0.9)),
        charts.Judged("popularity", estimate(0.7), None),
    ]


def later(label="0"):
    return [
        charts.Later(label, number(900), estimate(0.2)),
        charts.Later("1 or more", number(50), estimate(1.5)),
    ]


def forecasts(label="BG/NBD"):
    return [
        charts.Forecast(label, [number(0.25), number(1.25)]),
        charts.Forecast("as before", [number(0), number(2)], "naive"),
    ]


def search(label="factors"):
    errors = {(20, 5): 0.9, (20, 9): 0.5, (50, 5): 0.7, (50, 9): 0.6}
    return charts.Search(
        [
            charts.Trial({label: number(a), "epochs": number(b)}, estimate(error, 0.01))
            for (a, b), error in errors.items()
        ],
        number(0.65),
        "biases only",
    )


def reasoned(label="Audio"):
    return [
        charts.Reasoned(label, number(1.5), [("Phones", number(1.25)), ("Books", number(-0.25))],
                        number(0.5)),
        charts.Reasoned("Toys", number(0.75), [("Phones", number(0.75))]),
    ]  # fmt: skip


def scored(label="SVD++", groups=("Books", "Toys", "Books")):
    return [
        charts.Scored(label, ["a", "b", "c"], [1, 10, 100], [0.1, 0.2, 0.3], number(0.99), groups)
    ]


def drawn(label):
    """Return each chart with its words and facts, with one odd label in it."""
    bubble_chart, rows, total = bubbles(label), shares(label), months(label)
    parts, card, lists = [months("Books", (1, 2, 3))], traits(label), listings(label)
    models, came, predicted = judged(label), later(label), forecasts(label)
    trials, why, priced = search(label), reasoned(label), scored(label)
    who = charts.drawing.named(label)
    return {
        "bubbles": (charts.bubbles(bubble_chart), charts.bubbles_in_words(bubble_chart),
                    bubble_chart),
        "shares": (charts.shares(rows, axis="share"), charts.shares_in_words(rows), rows),
        "months": (charts.months(total, parts, axis="revenue"),
                   charts.months_in_words(total, parts), [total, *parts]),
        "card": (charts.card(card, customer=label, segment=label),
                 charts.card_in_words(card, customer=label, segment=label), [*card, [who]]),
        "list_quality": (charts.list_quality(lists), charts.list_quality_in_words(lists), lists),
        "errors_and_lists": (charts.errors_and_lists(models),
                             charts.errors_and_lists_in_words(models), models),
        "holdout": (charts.holdout(came, predicted), charts.holdout_in_words(came, predicted),
                    [*came, *predicted]),
        "grid_errors": (charts.grid_errors(trials), charts.grid_errors_in_words(trials), [trials]),
        "reasons": (charts.reasons(why), charts.reasons_in_words(why), why),
        "score_by_price": (charts.score_by_price(priced), charts.score_by_price_in_words(priced),
                           priced),
    }  # fmt: skip


@pytest.fixture(scope="module")
def plain():
    return drawn("value")


KINDS = [
    "bubbles", "shares", "months", "card", "list_quality", "errors_and_lists", "holdout",
    "grid_errors", "reasons", "score_by_price",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_in_the_words_traces_to_the_facts(plain, kind):
    _, words, facts = plain[kind]
    check_traced(words, payloads_of([facts]))
    assert len(words) > 40
    assert words.endswith(".")


@pytest.mark.parametrize("label", ODD)
def test_an_odd_name_is_never_read_as_markup(label):
    for figure, words, facts in drawn(label).values():
        assert "<script>" not in words
        check_traced(words, payloads_of([facts]))
        assert "<script>" not in json.dumps(figure.to_dict(), default=str)


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_is_shown_as_any_figure(plain, kind, monkeypatch):
    shown = []
    monkeypatch.setattr(figures, "display", lambda data, raw: shown.append(data))
    figure, words, facts = plain[kind]
    figures.show(figure, facts, name=kind, title="A chart", alt=words)
    assert shown[0][figures.FIGURE]["alt"]


@pytest.mark.parametrize(
    ("draw", "match"),
    [
        (lambda: charts.Bubbles([], ("x", "y", "z")), "at least one"),
        (lambda: charts.Bubbles([bubble("a", 1, 1, -1)], ("x", "y", "z")), "at least zero"),
        (lambda: charts.shares([], axis="share"), "at least one"),
        (lambda: charts.Months("x", [], []), "at least one"),
        (lambda: charts.Months("x", [date(2023, 1, 1)], []), "each with its value"),
        (lambda: charts.card([], customer="x"), "at least one"),
        (lambda: charts.list_quality([]), "at least one"),
        (lambda: charts.list_quality([charts.Listing("x", t, {"a": None}) for t in "abc"]),
         "at most 2 tasks"),
        (lambda: charts.errors_and_lists([judged()[-1]]), "at least one model"),
        (lambda: charts.holdout([], []), "at least one"),
        (lambda: charts.holdout(later(), [charts.Forecast("x", [])]), "one value for each"),
        (lambda: charts.Search([]), "at least one"),
        (lambda: charts.Search([*search().trials, *search("rate").trials]), "same parameters"),
        (lambda: charts.reasons([]), "at least one"),
        (lambda: charts.score_by_price([]), "at least one"),
        (lambda: charts.Scored("x", ["a"], [1, 2], [1]), "at least one"),
        (lambda: charts.Scored("x", ["a"], [0], [1]), "more than zero"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(draw, match):
    with pytest.raises(ValueError, match=match):
        draw()


def test_four_times_the_measure_is_four_times_the_area():
    books = charts.bubbles(bubbles()).data[0]
    first, second = books.marker.size
    assert second**2 / first**2 == pytest.approx(16 / 4)


def test_signs_of_one_measure_cover_one_area():
    rows = [bubble("a", 1, 1, 9), bubble("b", 2, 2, 9, "Toys"), bubble("c", 3, 3, 9, "Tools")]
    figure = charts.bubbles(charts.Bubbles(rows, ("x", "y", "z")))
    # A sign of size s: a circle has the radius s / 2, a square the side s, and a diamond
    # diagonals of 1.3 s (Plotly's drawing/symbol_defs.js).
    areas = {
        "circle": lambda s: math.pi * s**2 / 4,
        "square": lambda s: s**2,
        "diamond": lambda s: (1.3 * s) ** 2 / 2,
    }
    found = [areas[t.marker.symbol](t.marker.size[0]) for t in figure.data if t.mode == "markers"]
    assert found == pytest.approx([found[0]] * 3, rel=0.01)


def test_a_click_shows_one_group_alone_and_its_names_go_with_it():
    figure = charts.bubbles(bubbles())
    assert figure.layout.legend2.itemclick == "toggleothers"
    assert {trace.legend for trace in figure.data} == {"legend2"}
    [names] = [trace for trace in figure.data if trace.mode == "markers+text"]
    assert names.legendgroup == "Books"
    assert [name.replace("<b>", "").replace("</b>", "") for name in names.text] == ["Audio", "b"]


def test_the_unit_furthest_right_is_named_beside_the_highest_and_the_largest():
    rows = [bubble("high", 1, 9, 1), bubble("large", 2, 2, 9), bubble("right", 9, 1, 1)]
    chart = charts.Bubbles(rows, ("units", "revenue", "revenue a unit"))
    [names] = [trace for trace in charts.bubbles(chart).data if trace.mode == "markers+text"]
    assert list(names.text) == ["<b>high</b>", "<b>large</b>", "<b>right</b>"]
    assert "right with revenue 1, units 9" in charts.bubbles_in_words(chart)


def test_many_bubbles_are_drawn_smaller():
    few = [bubble("a", at + 1, at + 1, 4) for at in range(10)]
    sizes = [charts.bubbles(charts.Bubbles(few * n, ("x", "y", "z"))).data[0].marker.size[0]
             for n in (1, 6, 24)]  # fmt: skip
    assert sizes[0] == sizes[1] == pytest.approx(2 * sizes[2])


@pytest.mark.parametrize(
    "places",
    [
        [(0.5, 0.5)] * 4,
        [(0.9, 0.8), (0.85, 0.75), (0.7, 0.8), (0.6, 0.7)],
        [(0.02, 0.02), (0.98, 0.98)],
    ],
)
@pytest.mark.parametrize("first", ["top center", "middle left"])
def test_names_beside_points_stay_within_and_apart(places, first):
    names = [["much spent,", "often, dear"]] * len(places)
    sizes = [12] * len(places)
    found = placing.sides(places, names, sizes, first=first)
    boxes = [placing._box(*one) for one in zip(places, names, sizes, found, strict=True)]
    assert all(box.shared(placing.PLANE) == pytest.approx(box.size) for box in boxes)
    assert all(a.shared(b) == 0 for a, b in itertools.combinations(boxes, 2))


@pytest.mark.parametrize(("size", "side"), [(10, "middle left"), (60, "top center")])
def test_a_name_stands_where_it_was_asked_to_if_a_bubble_leaves_it_room(size, side):
    assert placing.sides([(0.22, 0.5)], [["name"]], [size], first="middle left") == [side]


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([8, 500], ["10", "20", "50", "100", "200", "500"]),
        ([1, 250], ["1", "10", "100"]),
        ([40, 3e5], ["100", "1k", "10k", "100k"]),
        ([0.02, 0.5], ["0.02", "0.05", "0.1", "0.2", "0.5"]),
        ([-5, 0, 2, 20], ["2", "5", "10", "20"]),
    ],
)
def test_a_logarithmic_axis_has_round_numbers_and_not_too_many(values, ticks):
    axis = logs.axis(values)
    assert axis["ticktext"] == ticks
    letters = {"k": "e3"}
    assert axis["tickvals"] == pytest.approx(
        [float(tick[:-1] + letters[tick[-1]] if tick[-1] in letters else tick) for tick in ticks]
    )


@pytest.mark.parametrize("values", [[], [0, -1], [10, 12]])
def test_values_of_one_size_leave_the_ticks_to_plotly(values):
    assert logs.axis(values) == {"type": "log"}


def test_centres_of_groups_are_named_instead_of_extremes():
    figure = charts.bubbles(bubbles(centres=[bubble("often", 7, 60, 3, "Toys")]))
    [names] = [trace for trace in figure.data if trace.text is not None]
    assert (names.x[0], names.y[0], names.text[0]) == (7, 60, "<b>often</b>")
    assert "Centres of the groups: often" in charts.bubbles_in_words(
        bubbles(centres=[bubble("often", 7, 60, 3, "Toys")])
    )


def test_ring_and_bars_show_the_same_shares_in_the_same_colours():
    ring, bars, *_ = charts.shares(shares(), axis="share of revenue").data
    assert list(ring["values"]) == pytest.approx([100 / 3] * 3)
    assert list(bars.x) == pytest.approx([100 / 3] * 3)
    assert list(bars.error_x.array) == pytest.approx([2] * 3)
    assert list(bars.error_x.arrayminus) == pytest.approx([2] * 3)
    assert ring.marker.colors == bars.marker.line.color


@pytest.mark.parametrize(("n", "kinds"), [(5, ["pie", "bar", "scatter"]), (6, ["bar", "scatter"])])
def test_a_ring_has_at_most_five_parts(n, kinds):
    figure = charts.shares(shares(n=n), axis="share")
    assert [trace.type for trace in figure.data] == kinds
    assert list(figure.data[-1].x) == [30] * n  # the truth


def test_the_highest_month_is_in_a_ring():
    figure = charts.months(months(), [months("Books", (9, 1, 1))], axis="revenue")
    [ring] = [trace for trace in figure.data if trace.mode == "markers"]
    assert ring.y == (7,)
    assert ring.x == (figure.data[0].x[1],)
    assert figure.data[0].y == (3, 7, 5)
    assert figure.layout.yaxis.range[0] == 0
    assert "all highest at 7 in February 2023, lowest at 3 in January 2023" in (
        charts.months_in_words(months())
    )


def test_months_below_zero_have_room_and_a_line_at_zero():
    figure = charts.months(months(values=(-4, 2, 0)), axis="margin")
    assert figure.layout.yaxis.range[0] < -4
    assert figure.layout.shapes[0].y0 == 0
    assert not charts.months(months(), axis="margin").layout.shapes


def test_a_customer_stands_where_so_many_have_less():
    segment, middle, dots = charts.card(traits(), customer="C17").data
    assert dots.x == (80, 25)
    assert segment.x == (50, 90, None)
    assert middle.x == (60,)
    assert middle.y == (dots.y[0],) == (segment.y[0],)


def test_lists_stand_in_their_panels_with_floor_and_ceiling_hollow():
    figure = charts.list_quality(listings())
    points = [trace for trace in figure.data if trace.x[0] is not None]
    panels = {axis: [t for t in points if (t.xaxis or "x") == axis] for axis in ("x", "x2")}
    # Rows from top to bottom, one task after the other.
    assert [t.x[0] for t in panels["x"]] == pytest.approx(
        [0.9, 0.6, 0.5, 0.1, 0.45, 0.3, 0.25, 0.05]
    )
    assert [t.x[0] for t in panels["x2"]] == pytest.approx([90, 60, 50, 10] * 2)
    assert [t.marker.symbol for t in panels["x"]] == [
        "circle-open", "circle", "circle", "circle-open",
        "square-open", "square", "square", "square-open",
    ]  # fmt: skip
    heights = [t.y[0] for t in panels["x"]]
    assert heights[:4] == sorted(heights[:4], reverse=True)
    assert all(first > second for first, second in zip(heights[:4], heights[4:], strict=True))
    assert panels["x"][1].error_x.array[0] == pytest.approx(0.05)
    assert panels["x2"][1].error_x.array[0] == pytest.approx(5)


def test_words_on_lists_tell_the_highest_model_beside_floor_and_ceiling():
    words = charts.list_quality_in_words(listings())
    assert "EASE 0.600" in words
    assert "best seller" not in words
    assert "knows 0.900" in words
    assert "at random 0.100" in words


def test_panels_of_lists_name_their_unit_once_and_cut_no_sign():
    layout = charts.list_quality(listings()).layout
    assert [note.text for note in layout.annotations] == ["NDCG", "coverage (%)"]
    assert not layout.xaxis2.ticksuffix
    low, high = layout.xaxis2.range
    assert low < 5
    assert high > 95 + 0.04 * (high - low)


def test_a_measure_that_nobody_has_leaves_an_empty_panel():
    rows = [charts.Listing("EASE", "new only", {"NDCG": estimate(0.5), "MAP": None})]
    figure = charts.list_quality(rows)
    assert [note.text for note in figure.layout.annotations] == ["NDCG", "MAP"]
    check_traced(charts.list_quality_in_words(rows), payloads_of(rows))


def test_rings_mark_the_least_error_and_the_best_lists():
    figure = charts.errors_and_lists(judged())
    rings = [t for t in figure.data if t.marker.symbol == "circle-open"]
    assert [ring.y[0] for ring in rings] == [0.2, 0.7]
    assert rings[0].x[0] == 0.5
    assert "SVD++ has the least error, popularity the best lists" in (
        charts.errors_and_lists_in_words(judged()).replace("&#43;", "+")
    )


def test_a_model_without_ratings_stands_right_of_all_errors():
    figure = charts.errors_and_lists(judged())
    [without] = [t for t in figure.data if t.name == "popularity"]
    assert without.x[0] > 0.95
    assert without.error_x.array is None


def test_every_model_has_a_look_of_its_own_and_its_whole_name_in_the_key():
    name = "best sellers by category"
    rows = [charts.Judged(f"{name} {at}", estimate(0.5), estimate(0.5)) for at in range(9)]
    named = [t for t in charts.errors_and_lists(rows).data if t.name]
    assert [t.name for t in named] == [f"{name} {at}" for at in range(9)]
    assert len({(t.marker.symbol, t.marker.color) for t in named}) == 9
    assert {t.legend for t in named} == {"legend2"}


def test_models_without_ratings_stand_beside_each_other():
    rows = [*judged(), charts.Judged("EASE", estimate(0.7), None)]
    figure = charts.errors_and_lists(rows)
    places = [t.x[0] for t in figure.data if t.name in {"popularity", "EASE"}]
    line = figure.layout.shapes[0].x0
    assert line < places[0] < places[1] < figure.layout.xaxis.range[1]


def test_one_model_may_have_both_the_least_error_and_the_best_lists():
    rows = judged()[:1]
    rings = [t for t in charts.errors_and_lists(rows).data if t.marker.symbol == "circle-open"]
    assert len(rings) == 1
    assert "both the least error and the best lists" in charts.errors_and_lists_in_words(rows)


def test_forecasts_and_what_came_stand_at_their_customers():
    model, naive, came = charts.holdout(later(), forecasts()).data
    assert (model.x, model.y) == ((0, 1), (0.25, 1.25))
    assert naive.y == (0, 2)
    assert naive.line.dash != model.line.dash
    assert (came.x, came.y) == ((0, 1), (0.2, 1.5))
    assert came.error_y.array == pytest.approx((0.05, 0.05))


def test_a_line_joins_the_least_error_at_each_value_of_a_parameter():
    figure = charts.grid_errors(search())
    lines = [t for t in figure.data if t.mode == "lines+markers"]
    assert [line.y for line in lines] == [(0.5, 0.6), (0.7, 0.5)]
    assert [axis.ticktext for axis in (figure.layout.xaxis, figure.layout.xaxis2)] == [
        ("20", "50"), ("5", "9"),
    ]  # fmt: skip
    rings = [t for t in figure.data if t.marker.symbol == "circle-open"]
    assert [(ring.x[0], ring.y[0]) for ring in rings] == [(0, 0.5), (1, 0.5)]
    clouds = [t for t in figure.data if t.mode == "markers" and t not in rings]
    assert all(sorted(cloud.y) == [0.5, 0.6, 0.7, 0.9] for cloud in clouds)
    assert all(round(x) in (0, 1) and abs(x - round(x)) < 0.25 for c in clouds for x in c.x)


def test_the_key_of_a_search_tells_each_sign_once():
    found = [t.name for t in charts.grid_errors(search()).data if t.showlegend]
    assert found == [
        "a combination", "least at a value", "least of all, with its interval", "biases only",
    ]  # fmt: skip


def test_words_on_a_search_tell_its_least_and_its_largest_error():
    words = charts.grid_errors_in_words(search())
    assert "least error is 0.500 (0.490 to 0.510) with factors 20, epochs 9" in words
    assert "largest 0.900 (0.890 to 0.910) with factors 20, epochs 5" in words
    assert "biases only, 0.65" in words


def test_bars_of_reasons_add_up_to_the_score():
    [bars] = charts.reasons(reasoned()).data
    assert sum(bars.x[:3]) == pytest.approx(1.5)
    assert bars.x[3:] == (0.75,)
    assert list(bars.y) == sorted(bars.y, reverse=True)
    up, down, rest, _ = bars.marker.color
    assert len({up, down, rest}) == 3
    headings = [note.text for note in charts.reasons(reasoned()).layout.annotations]
    assert headings == ["<b>Audio</b> 1.5", "<b>Toys</b> 0.75"]


def test_scores_stand_at_their_prices_in_the_signs_of_their_groups():
    books, toys = charts.score_by_price(scored()).data
    assert (books.x, books.y) == ((1, 100), (0.1, 0.3))
    assert (toys.x, toys.y) == ((10,), (0.2,))
    assert books.marker.symbol != toys.marker.symbol
    [alone] = charts.score_by_price(scored(groups=())).data
    assert alone.x == (1, 10, 100)
    assert charts.score_by_price(scored()).layout.xaxis.type == "log"
