from __future__ import annotations

import re

import nbformat
import pytest

from knowntruth.runs import markdown, report

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'
RECORD = {
    "case": "tiny", "title": "Tiny", "question": "?", "version": "0.1.0", "command": "knowntruth",
    "parameters": [
        {"name": "word", "default": "a", "value": HOSTILE, "range": "text", "unit": "",
         "meaning": "a word", "changed": True},
    ],
}  # fmt: skip


def notebook(*cells):
    made = nbformat.v4.new_notebook(cells=list(cells))
    made.metadata["knowntruth"] = RECORD
    return made


def text(source, *tags):
    return nbformat.v4.new_markdown_cell(source, metadata={"tags": list(tags)})


def cell(source, *outputs, tags=()):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


def shown(**data):
    return nbformat.v4.new_output(
        "display_data", data={key.replace("__", "/"): value for key, value in data.items()}
    )


def body(page):
    """The page's own part: what stands between its head and its scripts."""
    return page[page.index("<main") : page.index("</main>")]


def test_what_a_run_put_out_is_text_and_never_markup():
    page = body(
        report.page(
            notebook(
                text(f"# Title\n\nTyped {HOSTILE}"),
                cell("1", shown(text__markdown=f"Said {HOSTILE}")),
                cell("2", shown(text__html=HOSTILE, text__plain=HOSTILE)),
                cell("3", nbformat.v4.new_output("stream", name="stdout", text=HOSTILE)),
                cell(f"word = {HOSTILE!r}"),
            )
        )
    )
    assert "<script>alert" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;alert") >= 5


def test_a_figure_cannot_end_the_script_that_holds_it():
    words = {"alt": f"A curve {HOSTILE}", "name": "curve", "facts": []}
    figure = {"data": [{"name": "</script><b>"}], "layout": {"title": {"text": HOSTILE}}}
    output = nbformat.v4.new_output(
        "display_data",
        data={
            "application/vnd.plotly.v1+json": figure,
            "application/vnd.knowntruth.figure+json": words,
        },
    )
    page = body(report.page(notebook(cell("f", output))))
    assert page.count("</script>") == 1
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_tables_of_this_package_are_taken_over_with_their_verdicts_marked():
    table = '<div class="kt-table"><table><tr><td>✓ right</td></tr></table></div>'
    page = body(report.page(notebook(cell("t", shown(text__html=table)))))
    assert '<td><span class="kt-right">✓ right</span></td>' in page


def test_a_unit_stands_apart_from_its_number_and_a_score_card_names_its_columns():
    table = (
        '<div class="kt-table kt-score"><table>'
        "<thead><tr><th>Says</th><th>Verdict</th></tr></thead>"
        '<tbody><tr><td class="num">0.58 to 0.87 percentage points</td><td>✗ fails</td></tr>'
        '<tr><td class="num">1 percentage point</td><td>✗ fails</td></tr>'
        '<tr><td class="num">5.0%</td><td>✓ holds</td></tr></tbody></table></div>'
    )
    page = body(report.page(notebook(cell("t", shown(text__html=table)))))
    assert '1 <span class="kt-unit">percentage point</span></td>' in page
    assert '0.58 to 0.87 <span class="kt-unit">percentage points</span></td>' in page
    assert '<td role="cell" data-kt-head="Verdict"><span class="kt-wrong">✗ fails</span>' in page
    assert page.count('data-kt-head="Says"') == page.count('data-kt-head="Verdict"') == 3
    assert page.count('role="row"') == 4


def test_a_report_names_neither_the_folder_of_a_table_nor_its_parameters_twice():
    made = notebook(text("# Title"), cell("secret = 1", tags=["injected-parameters"]))
    rows = [
        {"name": "data", "default": '""', "value": '"/home/somebody/own.csv"'},
        {"name": "columns", "default": "{}", "value": '{"arm": "version", "signals": ["a", "b"]}'},
    ]
    rest = {"range": "", "unit": "", "meaning": "", "changed": True}
    made.metadata["knowntruth"] = RECORD | {"parameters": [row | rest for row in rows]}
    page = body(report.page(made))
    assert "own.csv" in page
    assert "somebody" not in page
    assert "arm: version<br>signals: [&quot;a&quot;, &quot;b&quot;]" in page
    assert "secret" not in page


def test_exercises_and_solutions_stay_in_the_book():
    exercise = "```{admonition} Exercise: halve it\n:class: exercise\nHalve it.\n```"
    page = report.page(
        notebook(
            text("# Title\n\n## Results\n\nA result."),
            text(f"## Exercises\n\nTry these.\n\n{exercise}"),
            cell("### BEGIN SOLUTION\nhalf = 1\n### END SOLUTION", tags=["solution"]),
            cell("assert half", tags=["exercise-check"]),
            text(f"## Summary\n\n{exercise}\n\nThe end."),
        )
    )
    for absent in ("Exercise", "halve", "BEGIN SOLUTION", "assert half", "Try these"):
        assert absent not in body(page)
    for present in ("A result.", "The end."):
        assert present in body(page)


def test_a_heading_with_nothing_below_it_is_left_out():
    page = report.page(notebook(text("# Title\n\n## Empty\n\n### Also empty\n\n## Full\n\nWords.")))
    assert "mpty" not in body(page)
    assert "#empty" not in page
    assert '<a href="#full">Full</a>' in page


def test_two_headings_of_one_name_have_two_addresses():
    page = report.page(notebook(text("# T\n\n## Same\n\nOne.\n\n## Same\n\nTwo.")))
    assert re.findall(r'<h2 id="([^"]+)"', page) == ["same", "same-2"]


def test_a_report_asks_no_address_for_anything():
    page = report.page(notebook(text("# T\n\n$x^2$ and [a page](../book/glossary.md)")))
    start = page.index("<body>")
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page[:start] + body(page))
    assert "<link" in page
    assert "MathJax" in page


def test_a_report_without_figures_or_mathematics_carries_neither_library():
    page = report.page(notebook(text("# T\n\nWords.")))
    assert len(page) < 500_000


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{term}`p-value`", "p-value"),
        ("{term}`small p <p-value>`", "small p"),
        ("{cite:p}`welch1947`", "Welch 1947"),
        ("{doc}`the chapter </notebooks/ab_test>`", "the chapter"),
        ("[words](javascript:alert(1))", "[words](javascript:alert(1))"),
        ("[words](../book/index.md)", "<span>words</span>"),
        ("[site](https://example.org)", '<a href="https://example.org">site</a>'),
        ("![picture](x.png)", "picture"),
    ],
)
def test_roles_and_links_become_words(source, expected):
    assert markdown.render(source) == f"<p>{expected}</p>\n"


@pytest.mark.parametrize("fence", ["```", ":::"])
def test_admonitions_keep_their_title_class_and_contents(fence):
    page = markdown.render(f"{fence}{{admonition}} Mind *this*\n:class: tip\nA **word**.\n{fence}")
    assert '<div class="admonition admonition tip">' in page
    assert '<p class="admonition-title">Mind <em>this</em></p>' in page
    assert "<strong>word</strong>" in page


def test_directives_that_mean_nothing_in_one_page_leave_nothing():
    assert markdown.render("```{tableofcontents}\n```") == ""


def test_a_comment_and_a_target_of_the_book_leave_nothing():
    assert markdown.render("(target)=\n\n% a remark\n\nWords.") == "<p>Words.</p>\n"


def test_a_written_report_replaces_the_old_one_whole(tmp_path):
    source = tmp_path / "n.ipynb"
    nbformat.write(notebook(text("# T\n\nWords.")), source)
    target = report.write(source, tmp_path / "new" / "n.html")
    assert [path.name for path in target.parent.iterdir()] == ["n.html"]
    assert "<title>T</title>" in target.read_text(encoding="utf-8")
