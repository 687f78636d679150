"""Numbers read as people write them; names come out as the text they are."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from knowntruth.story import Fact, Name, listed
from knowntruth.story.names import LONGEST
from knowntruth.story.numbers import p_value, write


@pytest.mark.parametrize(
    ("value", "unit", "resolution", "text"),
    [
        (0.1326, "relative", 0.023, "13.3%"),
        (-0.0042, "relative", 0.02, "−0.4%"),
        (0.0062, "points", 0.01, "0.6 percentage points"),
        (0.01, "points", 0.3, "1 percentage point"),
        (-0.01, "points", 0.3, "−1 percentage point"),
        (0.0, "points", 0.3, "0 percentage points"),
        (0.11, "points", 0.3, "11 percentage points"),
        (0.01, "points", 0.01, "1.0 percentage points"),
        (1794.34, "number", 1300.0, "1,794"),
        (19.0496, "number", 0.14, "19.05"),
        (-0.0001, "relative", 0.02, "0.0%"),
        (31397.0, "count", None, "31,397"),
        (float("inf"), "relative", 0.1, "unbounded"),
    ],
)
def test_numbers_have_the_digits_that_their_interval_allows(value, unit, resolution, text):
    assert write(value, unit, resolution=resolution) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [(1e-9, "p < 0.001"), (0.0496, "p = 0.050"), (0.2136, "p = 0.21"), (0.013, "p = 0.013")],
)
def test_p_values_keep_three_decimals_where_it_matters(p, text):
    assert p_value(p) == text


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (Fact("alpha", 0.05, "share"), "5%"),
        (Fact("alpha", 0.001, "share"), "0.1%"),
        (Fact("d", 0.05), "0.05"),
        (Fact("n", 34885, "count"), "34,885"),
        (Fact("rate", 0.354, "share", decimals=1), "35.4%"),
        (Fact("gap", 0.01, "points"), "1 percentage point"),
        (Fact("gap", -0.03, "points"), "−3 percentage points"),
        (Fact("zero", 0.0, "share"), "0%"),
        (Fact("hundred", 100.0), "100"),
    ],
)
def test_facts_are_written_without_digits_they_do_not_have(fact, text):
    assert str(fact) == text


@given(st.text(min_size=1, max_size=LONGEST))
def test_any_name_survives_markdown_and_html_as_plain_text(text):
    name = Name(text)
    page = MarkdownIt("commonmark").renderInline(f"Mean {name} rose.")
    assert "<" not in page.replace("&lt;", "")
    assert html.unescape(page) == f"Mean {name.text} rose."


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "**bold**",
        "[a](http://b)",
        "$x$",
        "{cite}`x`",
        "a_b_c",
        "| a |",
    ],
)
def test_markup_in_a_name_is_escaped(text):
    assert not set(str(Name(text))) & set("<>*[]$`{}_|")


def test_a_long_name_is_cut_and_says_so():
    assert Name("x" * 200).text == "x" * (LONGEST - 1) + "…"


@pytest.mark.parametrize(
    ("words", "text"),
    [([], ""), (["age"], "age"), (["age", "skill"], "age or skill"), ("abc", "a, b or c")],
)
def test_words_are_listed_with_commas_and_one_conjunction(words, text):
    assert listed(words, last="or") == text
