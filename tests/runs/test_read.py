from __future__ import annotations

import math

import nbformat
import pytest

from knowntruth.runs import read

FACT = {"kind": "fact", "name": "users", "value": 60, "forms": {"": "60"}}
LIFT = {
    "kind": "finding", "name": "lift", "what": "songs played", "value": 0.12, "low": 0.08,
    "high": 0.16, "level": 0.95, "n": 100, "unit": "relative", "p_value": 0.001, "null": 0.0,
    "method": "Welch", "direction": "higher", "truth": 0.1, "grade": "right", "forms": {},
}  # fmt: skip
ENDLESS = LIFT | {"name": "open", "high": None, "truth": None, "grade": None}


def said(sentence, *facts):
    data = {"text/markdown": sentence, read.SAID: {"sentence": sentence, "facts": list(facts)}}
    return nbformat.v4.new_output("display_data", data=data)


@pytest.fixture
def run(tmp_path):
    """An executed notebook in which a figure, two sentences and a table speak of two findings."""
    figure = nbformat.v4.new_output("display_data", data={read.FIGURE: {"facts": [LIFT]}})
    sentences = [said("There are 60 users.", FACT), said("They play 12% more.", LIFT)]
    book = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# Title"),
            nbformat.v4.new_code_cell("figure", outputs=[figure]),
            nbformat.v4.new_code_cell("say", outputs=sentences),
            nbformat.v4.new_code_cell("again", outputs=[said("12% more, as said.", LIFT)]),
            nbformat.v4.new_code_cell("table", outputs=[said("", LIFT, ENDLESS)]),
        ]
    )
    book.metadata["papermill"] = {"parameters": {"users": 60}}
    path = tmp_path / "run.ipynb"
    nbformat.write(book, path)
    return path


def test_findings_come_back_as_a_table_each_once_with_its_first_sentence(run):
    table = read.findings(run)
    assert list(table.columns) == list(read.COLUMNS)
    assert list(table["name"]) == ["lift", "open"]
    lift = table.iloc[0]
    assert (lift["value"], lift["truth"], lift["grade"]) == (0.12, 0.1, "right")
    assert lift["sentence"] == "They play 12% more."


def test_an_interval_without_an_end_stays_open(run):
    table = read.findings(run).set_index("name")
    assert math.isnan(table.loc["open", "high"])
    assert table.loc["open", "sentence"] == ""


def test_sentences_come_back_with_their_facts_and_their_cell(run):
    told = read.said(run)
    assert [item["sentence"] for item in told] == [
        "There are 60 users.", "They play 12% more.", "12% more, as said.",
    ]  # fmt: skip
    assert [item["cell"] for item in told] == [3, 3, 4]
    assert told[0]["facts"] == [FACT]


def test_parameters_are_those_that_the_run_was_given(run):
    assert read.parameters(run) == {"users": 60}


def test_a_run_without_findings_gives_an_empty_table_with_the_same_columns(tmp_path):
    path = tmp_path / "empty.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), path)
    table = read.findings(path)
    assert table.empty
    assert list(table.columns) == list(read.COLUMNS)
