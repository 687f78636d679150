"""Charts over time: days, groups, effects and gaps stand where they belong, as do their words."""

from __future__ import annotations

import datetime
import html
import itertools
import json
import math
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowntruth.story import Estimate, Fact, Finding, Name, charts, figures
from knowntruth.story.charts import lines, moments
from knowntruth.story.figures import CONTROL, NAIVE, TREATMENT, TRUTH
from knowntruth.story.named_moments import name_of, named
from knowntruth.story.saying import check_traced, payloads_of

ODD = ["<script>alert(1)</script>", '$x$ & "y" {z} %{x}', "2024-08-01", "5", "a\nb", "x" * 60]
DAY = datetime.timedelta(days=1)
FIRST = datetime.date(2025, 2, 20)
LAUNCH = datetime.date(2025, 3, 3)
DAYS = [FIRST + at * DAY for at in range(20)]


def estimate(value, half=0.02, *, unit="number", null=None):
    return Estimate(
        value=value, low=value - half, high=value + half, level=0.95, n=100, unit=unit, null=null
    )


def effect(value, half=0.02, *, unit="number"):
    return estimate(value, half, unit=unit, null=0.0)


def path(label, role, values, *, first=-2):
    return charts.Path(label, [(first + at, v) for at, v in enumerate(values)], role)


def curve(label="stated drift"):
    noticed = [charts.Noticed(drift, 0.05 + 20 * drift) for drift in (0.0, 0.01, 0.03)]
    return charts.PreTestPower(noticed, charts.Noticed(0.02, 0.45), label)


def cells(label="exposed"):
    return charts.FourCells(
        ("not exposed", label),
        ("before", "after"),
        ((estimate(1.788), estimate(1.284)), (None, Fact("mean", 1.417))),
    )


DAILY = [
    charts.Daily(
        "all users",
        DAYS,
        [1.8 + at / 1000 for at in range(20)],
        stretches=[
            charts.Stretch("before", FIRST, LAUNCH - DAY, estimate(1.788)),
            charts.Stretch("after", LAUNCH, DAYS[-1], estimate(1.762)),
        ],
    ),
    charts.Daily("without it", DAYS[11:], [1.75] * 9, "truth"),
]
GROUPS = [
    path("could", "treatment", [estimate(v) for v in (1.5, 1.7, 1.9, 2.1)]),
    path("could not", "control", [estimate(v) for v in (1.1, 1.5, 1.2, 1.4)]),
]
EVENTS = charts.EventTimes(
    {-3: effect(0.0), -2: effect(0.05), 0: effect(0.03), 1: effect(0.01)}, -1, {0: 0.02, 1: 0.04}
)
BOUNDS = charts.Sensitivity(
    [charts.Bound(size, effect(-0.03, 0.01 + size / 50)) for size in (0.5, 0, 2, 1)], 1.0, -0.025
)
WEIGHTS = charts.Weights(
    [
        charts.Weight("early", 0, 0.5),
        charts.Weight("early", 1, -0.25),
        charts.Weight("late", 0, 0.75),
    ]
)
PLACEBOS = charts.Placebos(
    charts.Gap("California", [(-2, 0.01), (-1, -0.01), (0, -0.4), (1, -0.6)]),
    [
        charts.Gap("Ohio", [(-2, 0.02), (-1, 0.02), (0, 0.7), (1, 0.5)]),
        charts.Gap("Iowa", [(-2, 0.02), (-1, None), (0, 0.1), (1, math.nan)]),
    ],
    0,
)

# For each chart: its facts, the drawing, its words.
CHARTS = {
    "daily": (
        DAILY, lambda r: charts.daily(r, axis="sessions", launch=LAUNCH),
        lambda r: charts.daily_in_words(r, launch=LAUNCH),
    ),
    "groups": (
        GROUPS,
        lambda r: charts.groups(r, axis="sessions", start=0, counterfactual="as the controls"),
        lambda r: charts.groups_in_words(r, start=0, counterfactual="as the controls"),
    ),
    "event_times": (
        EVENTS, lambda r: charts.event_times(r, axis="effect"), charts.event_times_in_words,
    ),
    "bounds": (BOUNDS, lambda r: charts.bounds(r, axis="effect"), charts.bounds_in_words),
    "power": (curve(), charts.pre_test_power, charts.pre_test_power_in_words),
    "weights": (WEIGHTS, charts.weights, charts.weights_in_words),
    "placebos": (PLACEBOS, lambda r: charts.placebos(r, axis="gap"), charts.placebos_in_words),
    "cells": (cells(), lambda r: charts.four_cells(r, axis="x"), charts.four_cells_in_words),
}  # fmt: skip


def traces(figure, **wanted):
    return [t for t in figure.data if all(getattr(t, key, None) == v for key, v in wanted.items())]


def the(figure, **wanted):
    [found] = traces(figure, **wanted)
    return found


def points(trace):
    """The points of a line, without the holes between its pieces."""
    return [(x, y) for x, y in zip(trace.x, trace.y, strict=True) if x is not None]


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


def milliseconds(day):
    return pd.Timestamp(day).value / 1e6


@pytest.mark.parametrize("chart", CHARTS)
def test_every_number_in_the_words_traces_to_the_facts(chart):
    facts, _, words = CHARTS[chart]
    check_traced(words(facts), payloads_of([facts]))
    assert re.search(r"\d", words(facts))
    assert not re.search(r"\b(nan|None|inf)\b|  ", words(facts))


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_is_shown_as_any_figure_in_the_colours_of_the_page(chart, monkeypatch):
    facts, draw, words = CHARTS[chart]
    layout = json.loads(draw(facts).to_json())["layout"]
    assert not {"font", "paper_bgcolor", "plot_bgcolor"} & set(layout)
    shown = []
    monkeypatch.setattr(figures, "display", lambda data, raw: shown.append(data))
    figures.show(draw(facts), facts, name="x", title="A title", alt=words(facts))
    [data] = shown
    assert data[figures.FIGURE]["alt"] == html.unescape(words(facts))
    assert data[figures.PLOTLY]["data"]


@pytest.mark.parametrize("label", ODD)
def test_an_odd_name_is_shown_letter_by_letter_and_never_read_as_markup(label):
    stretch = charts.Stretch(label, FIRST, DAYS[3], estimate(1.7))
    facts = {
        "daily": [charts.Daily(label, DAYS, [1.7] * 20, stretches=[stretch])],
        "groups": [path(label, "treatment", [estimate(1.0)] * 3)],
        "power": curve(label),
        "weights": charts.Weights([charts.Weight(label, 0, 0.9), charts.Weight(label, 1, -0.1)]),
        "placebos": charts.Placebos(charts.Gap(label, [(0, 0.4)]), [], 0),
        "cells": cells(label),
    }  # fmt: skip
    for chart, fact in facts.items():
        _, draw, words = CHARTS[chart]
        for text in [*texts(draw(fact)), words(fact)]:
            ours = re.sub(r"</?(b|extra)>|<br>|<span style=\"[^\"]*\">|</span>", "", text)
            assert "<" not in ours
            assert "{x}" not in ours
        check_traced(words(fact), payloads_of([fact]))
        assert Name(label).text in html.unescape(words(fact))


@pytest.mark.parametrize(
    "draw",
    [
        lambda: charts.daily([], axis="x"),
        lambda: charts.daily([charts.Daily("a", [1, 2], [None, math.nan])], axis="x"),
        lambda: charts.daily_in_words([]),
        lambda: charts.groups([], axis="x"),
        lambda: charts.groups([charts.Path("a", [(1, None)], "control")], axis="x"),
        lambda: charts.EventTimes({}),
        lambda: charts.Sensitivity([]),
        lambda: charts.PreTestPower([]),
        lambda: charts.Weights([]),
        lambda: charts.Placebos(charts.Gap("a", [(1, None)]), [], 1),
        lambda: charts.FourCells(("a", "b"), ("c", "d"), ((None, None), (None, None))),
        lambda: moments.Moments([]),
    ],
)
def test_nothing_to_draw_is_refused(draw):
    with pytest.raises(ValueError, match="at least one"):
        draw()


# Moments


def test_a_start_stands_halfway_between_the_periods_that_it_parts():
    assert moments.Moments([-2, -1, 0, 1]).before(0) == -0.5
    assert moments.Moments([2004, 2006, 2008]).before(2008) == 2007
    dates = moments.Moments([LAUNCH - DAY, LAUNCH])
    assert dates.before(LAUNCH) == milliseconds("2025-03-02 12:00")
    assert moments.Moments(["2010Q4", "2011Q1", "2011Q2"]).before("2011Q2") == 1.5
    # Before the first moment as well as between two.
    assert moments.Moments([3, 4, 5]).before(3) == 2.5


def test_the_kinds_of_a_date_stand_in_one_place():
    days = moments.Moments([LAUNCH])
    kinds = [LAUNCH, pd.Timestamp(LAUNCH), datetime.datetime(2025, 3, 3)]
    assert {days.at(day) for day in kinds} == {milliseconds("2025-03-03")}


def test_moments_of_different_kinds_are_refused():
    with pytest.raises(ValueError, match="of one kind, not date and number"):
        moments.Moments([1, LAUNCH])


@pytest.mark.parametrize(
    ("moment", "words"),
    [(2004, "2004"), (-3, "−3"), (0.5, "0.5"), (LAUNCH, "3 March 2025"), ("Q1", "Q1")],
)
def test_a_moment_is_said_as_people_say_it(moment, words):
    assert str(moments.said(moment)) == words


def test_ticks_of_dates_name_a_year_once_and_days_as_they_are():
    axis = moments.Moments([datetime.date(2024, 12, 2) + 31 * at * DAY for at in range(3)]).axis("")
    assert axis["type"] == "date"
    assert list(axis["ticktext"]) == ["2 Dec<br>2024", "2 Jan<br>2025", "2 Feb"]
    years = moments.Moments([datetime.date(year, 1, 1) for year in (2004, 2005)]).axis("")
    assert list(years["ticktext"]) == ["2004", "2005"]
    months = moments.Moments([datetime.date(2025, month, 1) for month in (1, 2)]).axis("")
    assert list(months["ticktext"]) == ["Jan<br>2025", "Feb"]


def quarters(*months):
    """Return first days of quarters of 2011, named as a table may write them."""
    return [
        named(datetime.date(2011, month, 1), Name(f"Q{(month + 2) // 3} | 2011"))
        for month in months
    ]


def test_a_moment_with_a_name_is_written_by_it_and_stands_where_it_stood():
    first, second, fourth = quarters(1, 4, 10)
    assert str(moments.said(second)) == str(Name("Q2 | 2011"))
    found = moments.Moments([first, second, fourth])
    assert found.at(second) == milliseconds("2011-04-01")
    assert [found.runs([*map(found.at, quarters(1, 4))]), found.step] == [[[0, 1]], 90 * 864e5]
    axis = found.axis("quarter")
    assert [html.unescape(word) for word in axis["ticktext"]] == [
        "Q1 | 2011", "Q2 | 2011", "Q4 | 2011",
    ][:: 4 - len(axis["ticktext"])]  # fmt: skip


def test_numbered_moments_with_names_keep_them_however_many_there_are():
    found = moments.Moments([named(at, Name(f"w{at}")) for at in range(-30, 30)])
    axis = found.axis("week")
    assert axis["ticktext"][0] == "w-30"
    assert axis["tickvals"][0] == -30


@pytest.mark.parametrize("moment", [0.5, "Q1", datetime.datetime(2025, 3, 3, 12)])
def test_what_a_name_would_change_gets_none(moment):
    assert named(moment, Name("noon")) == moment
    assert name_of(named(moment, Name("noon"))) is None


@given(st.integers(2, 200), st.sampled_from(["number", "date", "text"]))
def test_ticks_have_room_on_a_phone_whatever_the_number_of_periods(n, kind):
    made = {"number": lambda at: 1900 + at, "date": lambda at: FIRST + at * DAY}
    found = moments.Moments([made.get(kind, lambda at: f"period {at:03}")(at) for at in range(n)])
    axis = found.axis("period")
    low, high = found.shown
    if "tickvals" not in axis:
        assert kind == "number"
        return
    assert 2 <= len(axis["tickvals"]) <= moments.FEW
    assert all(low < tick < high for tick in axis["tickvals"])
    rows = [word.split("<br>") for word in axis["ticktext"]]
    letters = sum(max(map(len, row)) + 1 for row in rows)
    assert len(rows) == 2 or letters <= moments.ROW


# Names at the ends of lines


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6), st.floats(-9, -5), st.floats(5, 9))
def test_names_at_line_ends_stay_on_the_axis_in_order_and_apart(wanted, low, high):
    placed = lines.apart(wanted, within=(low, high))
    gap = lines.LETTER * (high - low)
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    assert all(placed[b] - placed[a] >= gap - 1e-9 for a, b in itertools.pairwise(order))
    assert low + gap / 2 - 1e-9 <= min(placed)
    assert max(placed) <= high - gap / 2 + 1e-9


def test_names_of_groups_of_one_height_do_not_lie_on_each_other():
    same = [path(name, "control", [estimate(1.0)] * 3) for name in "abc"]
    layout = charts.groups(same, axis="x").layout
    low, high = layout.yaxis.range
    places = sorted(layout.yaxis2.tickvals)
    # A figure of 400 has about 300 pixels for its axis.
    assert min(b - a for a, b in itertools.pairwise(places)) * 300 / (high - low) >= 15
    assert layout.yaxis.range == layout.yaxis2.range


# Days


def test_a_series_that_stands_alone_is_grey_before_the_launch_and_in_colour_from_it_on():
    figure = charts.daily(DAILY, axis="sessions", launch=LAUNCH)
    before, after = (t for t in figure.data if t.name == "all users")
    assert (before.line.color, after.line.color) == (CONTROL, TREATMENT)
    assert max(before.x) < milliseconds(LAUNCH) == min(after.x)
    assert len(before.x) + len(after.x) == 20
    truth = the(figure, name="without it")
    assert (truth.line.color, truth.line.dash) == (TRUTH, "dash")


def test_series_beside_each_other_have_a_colour_each():
    two = [charts.Daily("all", DAYS, [1.7] * 20), charts.Daily("not", DAYS, [1.2] * 20, "control")]
    figure = charts.daily(two, axis="x", launch=LAUNCH)
    assert len({the(figure, name=name).line.color for name in ("all", "not")} - {TREATMENT}) == 2


def test_the_line_at_the_launch_stands_between_two_days():
    [shape] = charts.daily(DAILY, axis="x", launch=LAUNCH).layout.shapes
    assert shape.x0 == milliseconds("2025-03-02 12:00")


def test_the_mean_of_a_stretch_is_a_segment_over_its_days_with_its_value():
    figure = charts.daily(DAILY, axis="x", launch=LAUNCH)
    segment = the(figure, name="before")
    assert list(segment.y) == [1.788, 1.788]
    half = DAY.total_seconds() * 500
    assert list(segment.x) == [milliseconds(FIRST) - half, milliseconds(LAUNCH) - half]
    labels = [note.text for note in figure.layout.annotations]
    assert labels[:2] == ["before 1.788", "after 1.762"]
    assert (the(figure, name="after").line.color, segment.line.color) == (TREATMENT, CONTROL)


def test_words_on_days_name_the_means_the_dashed_line_and_the_launch():
    assert charts.daily_in_words(DAILY, launch=LAUNCH) == (
        "Lines of daily values: all users, mean before 1.788 (1.768 to 1.808), "
        "after 1.762 (1.742 to 1.782); without it (dashed). A vertical line marks the launch."
    )
    assert "launch" not in charts.daily_in_words(DAILY)


def test_a_stretch_with_the_name_of_its_series_needs_no_second_one():
    stretch = charts.Stretch("exposed", DAYS[0], DAYS[-1], estimate(1.417))
    one = charts.Daily("exposed", DAYS, [1.4] * 20, "treatment", [stretch])
    assert [a.text for a in charts.daily([one], axis="x").layout.annotations] == ["1.417"]


@pytest.mark.parametrize("hole", [None, math.nan, "left out"])
def test_gaps_stay_gaps(hole):
    days, values = list(DAYS), [1.7] * 20
    if hole == "left out":
        del days[5:8], values[5:8]
    else:
        values[5:8] = [hole] * 3
    line = the(charts.daily([charts.Daily("a", days, values)], axis="x"), name="a")
    assert list(line.x).count(None) == 1
    assert list(line.x).index(None) == 5
    assert len(points(line)) == 17


def test_a_day_between_two_gaps_is_a_dot():
    one = charts.Daily("a", [*range(20), 30, *range(40, 60)], [1.0] * 41)
    line = the(charts.daily([one], axis="x"), name="a")
    shown = {x: s for x, s in zip(line.x, line.marker.size, strict=True) if x is not None}
    assert [x for x, size in shown.items() if size] == [30]


def test_pointing_at_a_day_tells_day_and_value():
    words = the(charts.daily(DAILY, axis="x", launch=LAUNCH), name="without it").hovertext
    assert words[0] == "without it, 3 March 2025<br>1.750"


def test_days_without_a_value_each_are_refused():
    with pytest.raises(ValueError, match="2 days have 1 values"):
        charts.Daily("a", [1, 2], [1.0])


# Groups


def test_the_counterfactual_takes_the_controls_change_from_the_level_before():
    # Before, the treated lie 0.4 and 0.2 above the controls, who go from 1.5 to 1.2 and 1.4.
    figure = charts.groups(GROUPS, axis="x", start=0, counterfactual="as the controls")
    line = the(figure, name="as the controls")
    assert points(line) == [
        (-1, pytest.approx(1.8)), (0, pytest.approx(1.5)), (1, pytest.approx(1.7)),
    ]  # fmt: skip
    assert line.line.dash == "dot"
    names = [
        re.sub("<[^>]*>", "", text).split(maxsplit=1)[1] for text in figure.layout.yaxis2.ticktext
    ]
    assert names == ["could", "could not", "as the controls"]


def test_without_controls_or_a_time_before_there_is_no_counterfactual():
    for paths, start in ((GROUPS[:1], 0), (GROUPS, -2), (GROUPS, 9)):
        figure = charts.groups(paths, axis="x", start=start, counterfactual="as the controls")
        assert not traces(figure, name="as the controls")
        words = charts.groups_in_words(paths, start=start, counterfactual="as the controls")
        assert "dotted" not in words


def test_bands_follow_the_intervals_and_can_be_left_out():
    figure = charts.groups(GROUPS, axis="x", start=0)
    band = traces(figure, fill="toself")[0]
    assert list(band.y[:4]) == pytest.approx([1.52, 1.72, 1.92, 2.12])
    assert list(band.y[4:]) == pytest.approx([2.08, 1.88, 1.68, 1.48])
    assert not traces(charts.groups(GROUPS, axis="x", bands=False), fill="toself")


def test_a_mean_that_stands_alone_has_a_band_and_a_dot():
    alone = [path("a", "control", [estimate(1.0), estimate(1.1), None, None, estimate(1.2)])]
    figure = charts.groups(alone, axis="x")
    _, band = traces(figure, fill="toself")
    assert (min(band.y), max(band.y)) == pytest.approx((1.18, 1.22))
    assert min(band.x) < 2 < max(band.x)


def test_words_on_groups_tell_the_way_of_each_and_that_a_truth_is_dashed():
    truth = path("without it", "truth", [Fact("mean", 1.5), Fact("mean", 1.6)])
    words = charts.groups_in_words([GROUPS[0], truth], start=0)
    assert words == (
        "Lines over the periods: could 1.500 (1.480 to 1.520) at first, "
        "1.700 (1.680 to 1.720) in the last period before the start, "
        "2.100 (2.080 to 2.120) at last; "
        "without it (dashed) 1.5 at first, 1.6 in the last period before the start, "
        "1.6 at last. A vertical line marks the start."
    )


def test_an_endless_interval_runs_to_the_edge_of_the_picture():
    endless = Estimate(value=1.2, low=-math.inf, high=math.inf, level=0.95, n=2, null=None)
    figure = charts.groups([path("a", "control", [estimate(1.0), endless])], axis="x")
    low, high = figure.layout.yaxis.range
    band = the(figure, fill="toself")
    assert (min(band.y), max(band.y)) == pytest.approx((low, high))
    assert high < 1.5


def test_means_may_be_facts_and_shares_are_drawn_in_hundredths():
    one = path("a", "control", [Fact("mean", 0.25, "share"), Fact("mean", 0.3, "share"), None])
    figure = charts.groups([one], axis="donors", start=-1)
    assert points(the(figure, name="a")) == [(-2, 25), (-1, 30)]
    assert figure.layout.yaxis.title.text == "donors (%)"
    assert "25% at first, 30% at last." in charts.groups_in_words([one], start=-1)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(2, 200),
    st.sampled_from([1e-9, 1e-3, 1.0, 1e12]),
    st.lists(st.integers(0, 199), max_size=50),
)
def test_any_number_of_periods_size_of_units_and_missing_means_are_borne(n, size, missing):
    means = [None if at in missing else estimate(size * (1 + at / n), size) for at in range(n)]
    means[0] = estimate(size, size)
    paths = [path("x" * 60, "treatment", means), path("y" * 60, "control", means)]
    start = n // 2 - 2
    figure = charts.groups(paths, axis="x", start=start, counterfactual="as the controls")
    low, high = figure.layout.yaxis.range
    for trace in figure.data:
        assert all(low - 1e-9 <= y <= high + 1e-9 for y in trace.y or () if y is not None)
    check_traced(charts.groups_in_words(paths, start=start), payloads_of(paths))
    figure.to_json()


# Event times


def test_effects_before_the_start_are_grey_and_the_reference_is_hollow_at_zero():
    figure = charts.event_times(EVENTS, axis="effect")
    before, after = the(figure, name="before"), the(figure, name="after")
    assert (list(before.x), list(after.x)) == ([-3, -2], [0, 1])
    assert (before.marker.color, after.marker.color) == (CONTROL, TREATMENT)
    assert list(after.y) == [0.03, 0.01]
    assert list(after.error_y.array) == pytest.approx([0.02, 0.02])
    reference = the(figure, name="reference")
    assert (list(reference.x), list(reference.y)) == ([-1], [0])
    assert reference.marker.symbol == "circle-open"
    zero, start = figure.layout.shapes
    assert (zero.y0, zero.y1, start.x0) == (0, 0, -0.5)


def test_the_truth_is_a_dashed_step_a_time():
    truth = the(charts.event_times(EVENTS, axis="effect"), name="truth")
    assert (truth.line.color, truth.line.dash) == (TRUTH, "dash")
    assert points(truth) == [
        (-0.5, 0.02),
        (0, 0.02),
        (0.5, 0.02),
        (0.5, 0.04),
        (1, 0.04),
        (1.5, 0.04),
    ]
    assert not traces(charts.event_times(charts.EventTimes({0: effect(1)}), axis="x"), name="truth")


def test_the_truth_of_a_finding_is_known_as_well():
    found = Finding("x", Name("x"), effect(0.03), truth=0.05)
    figure = charts.event_times(charts.EventTimes({0: found}), axis="x")
    assert set(the(figure, name="truth").y) == {0.05}
    assert "truth 0.050" in charts.event_times_in_words(charts.EventTimes({0: found}))


def test_words_count_the_effects_that_are_clear_of_zero():
    words = charts.event_times_in_words(EVENTS)
    assert "Before the start: 0.000 (−0.020 to 0.020) at time −3; 0.050" in words
    assert "at time −2. Clear of zero: 1 of 2. From the start on:" in words
    assert "truth 0.040) at time 1. Clear of zero: 1 of 2." in words


def test_words_on_many_effects_tell_the_ends_and_the_unit_once():
    many = charts.EventTimes({time: effect(0.01, unit="points") for time in range(-30, 170)}, None)
    words = charts.event_times_in_words(many)
    assert words.count("percentage points") == 1
    assert len(words) < 500
    assert "at time −30 to 1.0 (−1.0 to 3.0) at time −1." in words
    assert "Clear of zero: 0 of 170." in words
    check_traced(words, payloads_of([many]))


def test_one_endless_effect_does_not_squeeze_the_others():
    endless = Estimate(value=0.0, low=-math.inf, high=900.0, level=0.95, n=2)
    figure = charts.event_times(charts.EventTimes({-2: effect(0.1), 0: endless}), axis="x")
    assert max(map(abs, figure.layout.yaxis.range)) < 10_000
    [arrow] = [t for t in figure.data if t.hoverinfo == "skip" and t.y[0] is not None]
    assert "triangle-down" in arrow.marker.symbol


def test_effects_before_the_start_alone_are_borne():
    before = charts.EventTimes({-3: effect(0.1), -2: effect(0.2)})
    assert "From the start" not in charts.event_times_in_words(before)
    assert charts.event_times(before, axis="x").layout.xaxis.range[1] > 0


# Bounds


def test_intervals_that_hold_zero_are_hollow_and_the_breakdown_is_marked():
    figure = charts.bounds(BOUNDS, axis="effect")
    clear, unclear = the(figure, name="clear"), the(figure, name="not clear")
    # Half widths are 0.01, 0.02, 0.03 and 0.05 around -0.03.
    assert (list(clear.x), list(unclear.x)) == ([0, 0.5], [1, 2])
    assert unclear.marker.symbol == "circle-open"
    zero, breakdown, truth = figure.layout.shapes
    assert (zero.y0, breakdown.x0, truth.y0) == (0, 1, -0.025)
    assert breakdown.line.color == NAIVE
    assert (truth.line.color, truth.line.dash) == (TRUTH, "dash")
    assert "clear up to 1.0" in [note.text for note in figure.layout.annotations]


@pytest.mark.parametrize("breakdown", [None, math.inf, 50.0])
def test_a_breakdown_that_lies_nowhere_on_the_axis_is_not_drawn(breakdown):
    figure = charts.bounds(charts.Sensitivity(BOUNDS.bounds, breakdown), axis="x")
    assert len(figure.layout.shapes) == 1
    words = charts.bounds_in_words(charts.Sensitivity(BOUNDS.bounds, breakdown))
    assert ("dotted" in words) == (breakdown == 50)


def test_an_endless_bound_ends_in_an_arrow_at_the_edge():
    endless = Estimate(value=0.1, low=-math.inf, high=math.inf, level=0.95, n=3)
    found = charts.Sensitivity([charts.Bound(0, effect(0.1)), charts.Bound(1, endless)])
    figure = charts.bounds(found, axis="x")
    [arrows] = traces(figure, hoverinfo="skip")
    assert list(arrows.y) == pytest.approx(list(figure.layout.yaxis.range))
    assert list(arrows.marker.symbol) == ["triangle-down", "triangle-up"]
    assert "no lower bound to no upper bound" in charts.bounds_in_words(found)
    check_traced(charts.bounds_in_words(found), payloads_of([found]))


def test_numbers_of_sizes_keep_off_each_other():
    sizes = [0, 0.01, 0.5, 0.51, 1]
    found = charts.Sensitivity([charts.Bound(size, effect(1.0)) for size in sizes])
    assert list(charts.bounds(found, axis="x").layout.xaxis.ticktext) == ["0", "0.5", "1"]


# Pre-tests


def test_the_stated_drift_stands_on_the_axis_with_its_chance():
    figure = charts.pre_test_power(curve())
    assert list(the(figure, name="power").y) == pytest.approx([5, 25, 65])
    dot = the(figure, name="stated")
    assert (dot.x[0], dot.y[0]) == (0.02, 45)
    [shape] = figure.layout.shapes
    assert shape.x0 == 0.02
    assert [note.text for note in figure.layout.annotations] == ["stated drift", "45%"]
    assert figure.layout.yaxis.range == (0, 104)
    assert "stated drift: 0.02, which it notices with a chance of 45%." in (
        charts.pre_test_power_in_words(curve())
    )


def test_a_curve_needs_no_stated_drift():
    alone = charts.PreTestPower(curve().curve)
    assert not charts.pre_test_power(alone).layout.shapes
    assert "dot" not in charts.pre_test_power_in_words(alone)


# Weights


def test_negative_weights_hang_in_the_colour_of_a_warning_and_are_hatched():
    figure = charts.weights(WEIGHTS, times="weeks since access")
    for_it, against = the(figure, name="counts for"), the(figure, name="counts against")
    assert (list(for_it.x), list(for_it.y)) == ([0, 0], [50, 75])
    assert (list(against.x), list(against.y)) == ([1], [-25])
    assert (for_it.marker.color, against.marker.color) == (TREATMENT, NAIVE)
    assert against.marker.pattern.shape == "/"
    assert figure.layout.barmode == "relative"
    assert figure.layout.showlegend
    assert "Negative are 1 of them, −25.0% together" in charts.weights_in_words(WEIGHTS)


def test_weights_without_a_negative_one_say_so_and_need_no_legend():
    found = charts.Weights([charts.Weight("a", 0, 1.0)])
    assert not charts.weights(found).layout.showlegend
    assert "None is negative." in charts.weights_in_words(found)


# Placebos


def test_donors_are_thin_and_grey_and_the_treated_unit_is_drawn_last():
    figure = charts.placebos(PLACEBOS, axis="gap", donors="other states")
    treated, ohio = the(figure, name="California"), the(figure, name="Ohio")
    assert (treated.line.color, ohio.line.color) == (TREATMENT, lines.FAINT)
    assert treated.line.width > ohio.line.width
    names = [t.name for t in figure.data if t.name]
    assert names[-1] == "California"
    assert points(the(figure, name="Iowa")) == [(-2, 0.02), (0, 0.1)]
    assert figure.layout.shapes[-1].x0 == -0.5


def test_words_on_placebos_count_the_donors_as_far_off():
    # Mean gaps from the start on: -0.5 for California, 0.6 for Ohio, 0.1 for Iowa.
    words = charts.placebos_in_words(PLACEBOS)
    assert "2 thin grey lines" in words
    assert "lies 0.010 off" in words
    assert "mean gap is −0.50; 1 of the others lie as far or farther." in words


def test_a_donor_that_nothing_fits_does_not_squeeze_the_others():
    far = charts.Gap("far", [(-2, 1e6), (0, -1e6)])
    usual = charts.placebos(PLACEBOS, axis="x").layout.yaxis.range
    with_far = charts.Placebos(PLACEBOS.treated, [*PLACEBOS.donors, far], 0)
    assert charts.placebos(with_far, axis="x").layout.yaxis.range == usual


def test_a_unit_without_donors_or_without_a_time_after_is_borne():
    alone = charts.Placebos(charts.Gap("a", [(-2, 0.1), (-1, 0.2)]), [charts.Gap("b", [])], 0)
    figure = charts.placebos(alone, axis="x")
    assert [t.name for t in figure.data if t.name] == ["a"]
    words = charts.placebos_in_words(alone)
    assert "mean gap" not in words
    check_traced(words, payloads_of([alone]))


# Four cells


def test_an_empty_cell_has_a_dashed_edge_and_says_that_it_is_empty():
    figure = charts.four_cells(cells(), axis="sessions")
    at = {((s.x0 + s.x1) / 2, (s.y0 + s.y1) / 2): s for s in figure.layout.shapes}
    dashed = [place for place, shape in at.items() if shape.line.dash == "dash"]
    assert dashed == [(0, 1)]
    notes = {(n.x, n.y): html.unescape(n.text) for n in figure.layout.annotations}
    assert notes[0, 1].replace("<br>", " ") == "empty: it cannot exist"
    assert "<b>1.788</b>" in notes[0, 0]
    assert "1.768 to 1.808" in notes[0, 0]
    assert "<b>1.417</b>" in notes[1, 1]
    assert list(figure.layout.yaxis.ticktext) == ["not exposed", "exposed"]
    # The first row stands on top.
    assert list(figure.layout.yaxis.range) == [1.5, -0.5]
    words = html.unescape(charts.four_cells_in_words(cells()))
    assert "exposed: before empty: it cannot exist, after 1.417." in words


def test_differences_of_shares_have_their_unit_said_once_and_none_in_a_cell():
    row = (effect(0.03, 0.01, unit="points"), Fact("x", -0.02, "points"))
    table = charts.FourCells(("a", "b"), ("c", "d"), (row, row))
    words = charts.four_cells_in_words(table)
    assert words.startswith("A table of two by two, in percentage points. a: c 3.0 (2.0 to 4.0), ")
    assert words.count("percentage") == 1
    figure = charts.four_cells(table, axis="change")
    assert not any("percentage" in note.text for note in figure.layout.annotations)
    assert figure.layout.xaxis.title.text == "change (percentage points)"


def test_a_table_of_another_size_is_refused():
    with pytest.raises(ValueError, match="two rows and two columns"):
        charts.FourCells(("a", "b"), ("c", "d"), ((estimate(1.0), None),))
