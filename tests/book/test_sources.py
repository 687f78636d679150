"""Chapter sources: parameters equal their model, and typed prose states no result."""

from __future__ import annotations

import ast
import re

import jupytext
import pytest

from knowntruth import cases

CHAPTERS = sorted(cases.all_cases())

# What typed prose may hold although it has digits: code, links, and the year of a source.
HARMLESS = re.compile(r"`[^`]*`|\]\([^)]*\)|\((?:[^()]*\s)?(?:18|19|20)\d\d\)")
NUMBER_WORDS = re.compile(
    r"\b(?:per ?cent|percentage points|significant(?:ly)? (?:more|less|higher|lower))\b"
)


def typed_results(markdown: str) -> list[str]:
    """Return the literals in typed prose that a parameter could make false."""
    fenceless = re.sub(r"^```\{[^}]*\}|^:class:.*$", "", markdown, flags=re.M)
    plain = HARMLESS.sub(" ", fenceless)
    return re.findall(r"\S*\d\S*", plain) + NUMBER_WORDS.findall(plain)


def source(slug):
    return jupytext.read(cases.get(slug).notebook, fmt="md:myst")


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("The lift is 13.3%.", ["13.3%."]),
        ("It rose by ten per cent.", ["per cent"]),
        ("Use `n = 5` (Welch 1947), see [this](page2.md).", []),
        ("Treatment has significantly more songs.", ["significantly more"]),
        ("One user in ten should be there.", []),
    ],
)
def test_the_check_of_typed_prose_tells_results_from_reasoning(markdown, found):
    assert typed_results(markdown) == found


@pytest.mark.parametrize("slug", CHAPTERS)
def test_no_typed_prose_states_a_result(slug):
    for cell in source(slug).cells:
        if cell.cell_type == "markdown":
            assert typed_results(cell.source) == [], cell.source


@pytest.mark.parametrize("slug", CHAPTERS)
def test_the_parameters_cell_and_the_model_hold_the_same_names_and_defaults(slug):
    [cell] = [c for c in source(slug).cells if "parameters" in c.metadata.get("tags", [])]
    assigned = {}
    for statement in ast.parse(cell.source).body:
        assert isinstance(statement, ast.Assign), ast.unparse(statement)
        [name] = statement.targets
        assigned[name.id] = ast.literal_eval(statement.value)
    model = cases.get(slug).parameters
    assert assigned == {name: field.default for name, field in model.model_fields.items()}
    assert list(assigned) == list(model.model_fields)


@pytest.mark.parametrize("slug", CHAPTERS)
def test_parameters_are_checked_by_the_first_cell_that_runs_after_them(slug):
    code = [c for c in source(slug).cells if c.cell_type == "code"]
    assert "parameters" in code[0].metadata["tags"]
    assert f"{slug}.start(globals())" in code[1].source


@pytest.mark.parametrize("slug", CHAPTERS)
def test_one_sentence_a_line(slug):
    ends = re.compile(r"[a-z*_`)][.?!] +[A-Z]")
    for cell in source(slug).cells:
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                assert not ends.search(line), line


@pytest.mark.parametrize("slug", CHAPTERS)
def test_no_cell_has_an_output_or_fills_a_screen(slug):
    for cell in source(slug).cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code" and not {"parameters", "remove-input", "hide-input"} & {*tags}:
            assert cell.source.count("\n") < 30, cell.source


@pytest.mark.parametrize("slug", CHAPTERS)
def test_solutions_stand_between_their_marks(slug):
    for cell in source(slug).cells:
        is_solution = "solution" in cell.metadata.get("tags", [])
        assert cell.source.count("### BEGIN SOLUTION") == is_solution
        assert cell.source.count("### END SOLUTION") == is_solution
