"""What is asked of every chapter in every world: it runs, and what it says follows from its run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import pytest

from knowntruth import cases
from knowntruth.story import Fact, Finding, Name, PValue
from knowntruth.story.saying import untraced

from .conftest import FIGURE, SAID
from .reading import as_read, estimate_of, pages, rows

SIGNS = {"right": "✓ right", "wrong": "✗ wrong", "undecided": "– undecided"}
PLURALS = (
    "are|creators|customers|days|groups|intervals|months|products|rows|rules|seem|stand|types|"
    "users|weeks"
)
PRINTED = "What the original"
NO_MORE = MappingProxyType({})


def fixtures_of(slug: str, worlds: Mapping[str, Mapping[str, object]]):
    """Return three fixtures that a file takes by these names: `world`, `run` and `opened`.

    `world` goes through the names of the worlds, `run` is the chapter executed in that world, and
    `opened` is the case as the chapter opens it there, to be counted anew.
    """

    @pytest.fixture(params=worlds, scope="module")
    def world(request):
        return request.param

    @pytest.fixture(scope="module")
    def run(world, chapter):
        return chapter(slug, worlds[world])

    @pytest.fixture(scope="module")
    def opened(world):
        return cases.get(slug).open(worlds[world])

    return world, run, opened


class EveryWorld:
    """Checks of one chapter in all of its worlds.

    A file gives the worlds, by a name and the values that differ from the defaults, and inherits:

        WORLDS = {"default": {}, "no effect": {"effect": 0.0}, ...}
        world, run, opened = fixtures_of("my_chapter", WORLDS)

        class TestEveryWorld(EveryWorld):
            sentences, figures, sections, graded, exercises = 30, 8, 20, 5, 6

    Its other tests take the same fixtures.
    """

    sentences: int
    """A run says more than so many."""
    figures: int
    """A run draws at least so many."""
    sections: int
    """The chapter has more sections than so many."""
    graded: int
    """The score card grades at least so many findings."""
    exercises: int
    """The chapter has exactly so many."""

    fewer: Mapping[str, Mapping[str, int]] = NO_MORE
    """What a world has less of, as {"nobody pays": {"figures": 3}}."""
    none = ("None of ",)
    """How sentences of the chapter may begin with the word None."""
    before = "*“"
    """What may stand before the capital that a sentence begins with."""

    def least(self, what: str, world: str) -> int:
        """Return how much of something a run must have in that world."""
        return self.fewer.get(world, NO_MORE).get(what, getattr(self, what))

    def test_nothing_goes_wrong_and_nothing_is_written_to_the_error_stream(self, run):
        assert [o for o in run.outputs if o["output_type"] in {"error", "stream"}] == []

    def test_every_number_in_every_sentence_traces_to_a_fact(self, run, world):
        assert len(run.sentences) > self.least("sentences", world)
        for said in run.payloads(SAID):
            assert untraced(said["sentence"], said["facts"]) == []

    def test_every_number_in_titles_and_alternative_texts_traces_to_a_fact(self, run, world):
        shown = run.payloads(FIGURE)
        assert len(shown) >= self.least("figures", world)
        assert len({figure["name"] for figure in shown}) == len(shown)
        for figure in shown:
            assert len(figure["alt"]) > 40
            for text in (figure["title"], figure["alt"]):
                assert untraced(text, [as_read(fact) for fact in figure["facts"]]) == []

    def test_what_is_written_about_a_finding_follows_from_its_numbers(self, run):
        for fact in run.facts:
            if fact["kind"] == "finding":
                again = Finding(fact["name"], Name(fact["what"]), estimate_of(fact), fact["truth"])
                assert again.payload() == fact
            elif fact["kind"] == "estimate":
                assert estimate_of(fact).payload() == fact
            elif fact["kind"] == "p-value":
                assert PValue(fact["name"], fact["value"]).payload() == fact
            elif fact["kind"] == "fact":
                again = Fact(fact["name"], fact["value"], fact["unit"], fact["decimals"])
                assert again.payload() == fact
            else:
                assert fact["kind"] in {"name", "reason"}

    def test_numbers_that_cannot_be_are_nowhere(self, run):
        never = re.compile(r"\bnan\b|\binf\b|None|Name\(|\{[a-z_.:]+\}|unbounded")
        words = re.compile("|".join(map(re.escape, self.none)) or "(?!)")
        shown = run.payloads(FIGURE)
        texts = [text for figure in shown for text in (figure["title"], figure["alt"])]
        texts += run.sentences
        tables = pages(run)
        for text in [*texts, *tables.values()]:
            assert never.findall(words.sub("", text)) == []
        # The original's own digits stand as it printed them.
        ours = [page for caption, page in tables.items() if not caption.startswith(PRINTED)]
        for text in [*texts, *ours]:
            assert re.findall(r"\d{9,}", text) == []

    def test_nothing_that_is_said_is_ungrammatical_in_the_ways_that_numbers_make(self, run):
        never = re.compile(rf"  |\(\)| ,|\.\.|: [:.]|(?<![\d.,])1 (?:{PLURALS})\b")
        for sentence in run.sentences:
            assert never.findall(sentence) == [], sentence
            start = sentence.lstrip(self.before)
            assert start[:1].upper() == start[:1], sentence

    def test_no_section_that_computes_is_left_without_an_answer(self, run):
        open_, silent = [], []
        for cell in run.notebook.cells:
            if cell.cell_type == "code":
                for section in open_:
                    section["asks"] = True
                    section["answers"] |= bool(cell.outputs)
                continue
            for line in re.findall(r"^#+ .*$", cell.source, flags=re.M):
                depth = line.count("#")
                while open_ and open_[-1]["depth"] >= depth:
                    silent.append(open_.pop())
                open_.append({"heading": line, "depth": depth, "asks": False, "answers": False})
        sections = [*silent, *open_]
        assert len(sections) > self.sections
        assert [s["heading"] for s in sections if s["asks"] and not s["answers"]] == []

    def test_grades_of_the_score_card_follow_from_interval_and_truth(self, run, world):
        [card] = (said["facts"] for said in run.payloads(SAID) if not said["sentence"])
        graded = [f for f in card if f["kind"] == "finding" and f["truth"] is not None]
        wanted = []
        for fact in graded:
            found, truth = estimate_of(fact), fact["truth"]
            grade = "right"
            if not found.low <= truth <= found.high:
                grade = "wrong"
            elif found.null not in {None, truth} and found.low <= found.null <= found.high:
                grade = "undecided"
            assert fact["grade"] == grade
            wanted.append(SIGNS[grade])
        [page] = [page for caption, page in pages(run).items() if caption.startswith("Score card")]
        assert [row[-2] for row in rows(page)] == wanted
        assert len(wanted) >= self.least("graded", world)

    def test_every_exercise_accepts_its_solution(self, run):
        checks = [c for c in run.notebook.cells if "exercise-check" in c.metadata.get("tags", [])]
        assert len(checks) == self.exercises
        assert sum(s.startswith("Right: ") for s in run.sentences) == self.exercises
