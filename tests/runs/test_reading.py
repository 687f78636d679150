"""Reading time: counted from what a run says and shows, not from its code."""

from __future__ import annotations

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from knowntruth.runs.reading import FIGURE, SECONDS_A_FIGURE, WORDS_A_MINUTE, reading


def prose(words, **metadata):
    return new_markdown_cell("word " * words, metadata=metadata)


def shown(**data):
    return new_code_cell("x = 1\n" * 500, outputs=[new_output("display_data", data=data)])


def test_prose_takes_a_minute_for_its_words():
    book = new_notebook(cells=[prose(3 * WORDS_A_MINUTE)])
    assert reading(book).minutes == 3


def test_code_takes_no_time_and_its_outputs_do():
    sentence = {"text/markdown": "said " * 2 * WORDS_A_MINUTE}
    table = {"text/html": "<td>cell</td>" * WORDS_A_MINUTE}
    figure = {FIGURE: {}, "text/plain": "word " * 10_000}
    figures = 60 // SECONDS_A_FIGURE
    cells = [shown(**sentence), shown(**table), *(shown(**figure) for _ in range(figures))]
    assert reading(new_notebook(cells=cells)).minutes == 4


def test_stops_are_timed_from_the_beginning():
    first, last = (prose(WORDS_A_MINUTE, tags=["stop"]) for _ in range(2))
    book = new_notebook(cells=[prose(4 * WORDS_A_MINUTE), first, prose(2 * WORDS_A_MINUTE), last])
    assert reading(book).stops == (5, 8)
    assert reading(book).minutes == 8


def test_the_shortest_chapter_takes_a_minute():
    assert reading(new_notebook(cells=[prose(1)])).minutes == 1
