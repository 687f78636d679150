"""What is asked of every report on somebody's own table, whichever chapter it was made from."""

from __future__ import annotations

import re

from knowntruth.runs import report
from knowntruth.story.saying import untraced

from .conftest import FIGURE, SAID
from .reading import as_read, cells, everything, plain


class EveryReport:
    """Checks of the reports of one chapter.

    A file gives the words of the chapter's world, which no report may use, and the reports:

        class TestEveryReport(EveryReport):
            simulated = re.compile(r"\\b(?:in truth|seed)\\b", re.I)

            @pytest.fixture(params=["shop", "clinic"])
            def run(self, request):
                return request.getfixturevalue(request.param)
    """

    simulated: re.Pattern[str]
    """Words of the simulated world."""
    but = ()
    """Phrases in which such a word is no claim."""
    unknown = "Nobody knows the truth"
    """How it is said that no truth is known."""

    def test_nothing_goes_wrong_and_nothing_is_written_to_the_error_stream(self, run):
        assert [o for o in run.outputs if o["output_type"] in {"error", "stream"}] == []

    def test_every_number_traces_to_a_fact(self, run):
        for said in run.payloads(SAID):
            assert untraced(said["sentence"], said["facts"]) == []
        for shown in run.payloads(FIGURE):
            facts = [as_read(fact) for fact in shown["facts"]]
            assert untraced(f"{shown['title']} {shown['alt']}", facts) == []

    def test_no_truth_is_claimed(self, run):
        assert all(fact.get("truth") is None for fact in run.facts)
        assert self.unknown in run.text

    def test_the_score_card_gives_what_each_method_assumes(self, run):
        head, *rows = cells(run, "Score card")
        assert head[-1] == "What it assumes"
        assert rows
        assert all(row[-1] for row in rows)

    def test_nothing_of_a_simulated_world_is_in_it(self, run):
        text = everything(run)
        for phrase in self.but:
            text = text.replace(phrase, "")
        assert self.simulated.findall(text) == []
        assert "Exercise" not in text

    def test_numbers_that_cannot_be_are_nowhere(self, run):
        assert re.findall(r"\bnan\b|\binf\b|unbounded|\d{12}", everything(run)) == []

    def test_the_page_is_written_and_its_contents_are_the_sections(self, run, tmp_path):
        page = report.write(run.path, tmp_path / "report.html").read_text("utf-8")
        typed = [cell.source for cell in run.notebook.cells if cell.cell_type == "markdown"]
        sections = re.findall(r"^## (.*)$", "\n".join(typed), flags=re.M)
        listed = re.findall(r'<li><a href="#[\w-]+">([^<]+)</a></li>', page)
        assert [plain(one) for one in listed] == sections
        assert "Exercise" not in page.split("<main", 1)[1].split("<script", 1)[0]
