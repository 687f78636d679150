"""Every page of the built book in real Chromium, over http and from the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowntruth.runs import report
from knowntruth.site import staging

ROOT = Path(__file__).parents[2]
PAGES = [*(f"{entry}.html" for entry in staging.entries(ROOT)), "search.html"]
CHAPTERS = [page for page in PAGES if page.startswith("notebooks/")]
WAYS = ["http", "folder"]
CODE_OPEN = "[...document.querySelectorAll('details.hide, details.kt-code')].map(d => d.open)"

# What the theme itself brings, by rule: axe is asked about everything else.
THEME = {
    # Its search page has a second field with the name of the one in its header.
    "duplicate-id-active": {"search.html"},
}


@pytest.fixture
def where(site: Path, address: str):
    """The address of a page, by one way or the other."""
    return lambda way, page: f"{address}/{page}" if way == "http" else f"{site.as_uri()}/{page}"


@pytest.fixture(scope="session")
def a_report(site: Path, tmp_path_factory) -> Path:
    """The report of the first chapter's run, alone in a folder."""
    executed = staging.executed(site.parent / "site", staging.chapters(ROOT)[0])
    return report.write(executed, tmp_path_factory.mktemp("report") / "report.html")


def violations(visited, axe: str, page: str) -> list[str]:
    visited.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    visited.page.evaluate(axe)
    found = visited.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{found['id']}: {node['target']} {node.get('failureSummary', '')}"
        for found in found["violations"]
        if found["impact"] in {"serious", "critical"} and page not in THEME.get(found["id"], ())
        for node in found["nodes"]
    ]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_stays_at_home_and_complains_of_nothing(visit, where, address, site, way, page):
    visited = visit(where(way, page))
    visited.read_through()
    home = f"{address}/" if way == "http" else f"{site.as_uri()}/"
    assert [url for url in visited.asked if not url.startswith((home, "data:", "blob:"))] == []
    assert visited.complaints == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_one_title(visit, where, page):
    assert visit(where("folder", page)).page.locator("h1").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing_serious_in_light_and_in_the_dark(visit, where, axe, page, scheme):
    visited = visit(where("http", page), scheme=scheme)
    visited.read_through()
    assert visited.page.evaluate("document.documentElement.dataset.theme") == scheme
    assert violations(visited, axe, page) == []


@pytest.mark.parametrize("page", PAGES)
def test_no_page_scrolls_sideways_on_a_phone(visit, where, page):
    visited = visit(where("http", page), width=375)
    visited.read_through()
    visited.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    assert visited.page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("page", CHAPTERS)
def test_every_figure_is_drawn_within_its_frame_and_has_words(visit, where, page, width):
    visited = visit(where("folder", page), width=width)
    visited.read_through()
    figures = visited.page.locator(".kt-figure:has(.kt-plot-data)")
    assert figures.count() >= 3
    assert figures.locator("svg.main-svg").count() >= figures.count()
    for box in figures.locator(".kt-plot svg.main-svg").all():
        assert box.bounding_box()["width"] <= width
    assert all(words.strip() for words in figures.locator(".kt-alt").all_text_contents())
    assert figures.locator("[role=img]").count() == 0


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("page", CHAPTERS)
def test_a_score_card_shows_every_verdict_without_scrolling(visit, where, page, width):
    cards = visit(where("folder", page), width=width).page.locator(".kt-score")
    assert cards.count() >= 1
    for card in cards.all():
        assert card.evaluate("box => box.scrollWidth <= box.clientWidth")
        assert card.locator(".kt-right, .kt-wrong, .kt-undecided").first.is_visible()


@pytest.mark.parametrize("page", CHAPTERS)
def test_the_drawing_library_is_loaded_only_when_a_figure_comes_near(visit, where, page):
    visited = visit(where("http", page))
    assert not any("plotly" in url for url in visited.asked)
    visited.read_through()
    assert sum("plotly.min.js" in url for url in visited.asked) == 1


@pytest.mark.parametrize("page", CHAPTERS)
def test_figures_follow_the_switch_between_light_and_dark(visit, where, page):
    visited = visit(where("folder", page))
    visited.read_through()
    ink = "getComputedStyle(document.querySelector('.kt-plot .xtick text')).fill"
    light = visited.page.evaluate(ink)
    visited.page.locator(".theme-switch-button").first.click()
    if visited.page.evaluate("document.documentElement.dataset.theme") == "light":
        visited.page.locator(".theme-switch-button").first.click()
    assert visited.page.evaluate("document.documentElement.dataset.theme") == "dark"
    visited.page.wait_for_function(f"{ink} !== {light!r}")
    assert sum(map(int, visited.page.evaluate(ink)[4:-1].split(", "))) > 3 * 128


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("page", CHAPTERS)
def test_one_switch_shows_or_hides_all_code_and_remembers(visit, where, way, page):
    visited = visit(where(way, page))
    switch = visited.page.locator("[data-kt-code-switch]").first
    assert switch.inner_text().endswith("Show all code")
    folds = visited.page.evaluate(CODE_OPEN)
    assert folds
    assert not any(folds)
    switch.click()
    assert all(visited.page.evaluate(CODE_OPEN))
    visited.page.reload()
    assert all(visited.page.evaluate(CODE_OPEN))
    assert switch.get_attribute("aria-pressed") == "true"
    switch.click()
    assert not any(visited.page.evaluate(CODE_OPEN))


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_says_where_it_came_from_and_offers_its_notebook(visit, where, site, page):
    visited = visit(where("http", page))
    box = visited.page.locator(".kt-provenance")
    slug = page.removeprefix("notebooks/").removesuffix(".html")
    assert box.locator(".kt-command code").inner_text() == f"knowntruth run {slug}"
    assert "Seed" in box.inner_text()
    with visited.page.expect_download() as download:
        box.get_by_text("Download the executed notebook").click()
    executed = staging.executed(site.parent / "site", slug)
    assert Path(download.value.path()).read_bytes() == executed.read_bytes()


@pytest.mark.parametrize("page", CHAPTERS)
def test_exercises_are_in_view_and_their_solutions_folded_without_marks(visit, where, page):
    visited = visit(where("http", page))
    assert visited.page.locator(".admonition.exercise").count() >= 1
    solutions = visited.page.locator(".cell.tag_solution details")
    assert solutions.count() >= 1
    for solution in solutions.all():
        assert solution.get_attribute("open") is None
        assert "BEGIN SOLUTION" not in solution.text_content()


@pytest.mark.parametrize("page", CHAPTERS)
def test_print_shows_every_figure_on_white_without_switches(visit, where, page):
    visited = visit(where("folder", page), scheme="dark")
    visited.read_through()
    visited.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    visited.page.emulate_media(media="print", color_scheme="dark")
    figures = visited.page.locator(".kt-figure .kt-plot svg.main-svg").first
    assert figures.is_visible()
    ink = visited.page.evaluate(
        "getComputedStyle(document.querySelector('.kt-plot .xtick text')).fill"
    )
    assert sum(map(int, ink[4:-1].split(", "))) < 3 * 128
    assert not visited.page.locator("[data-kt-code-switch]").first.is_visible()
    assert not visited.page.locator(".bd-sidebar-primary").is_visible()


@pytest.mark.parametrize("way", WAYS)
def test_search_finds_a_word_of_the_glossary(visit, where, way):
    visited = visit(where(way, "search.html?q=winsorising"))
    results = visited.page.locator("ul.search li a")
    results.first.wait_for()
    assert any("glossary" in link.get_attribute("href") for link in results.all())
    assert visited.complaints == []


def test_the_front_door_leads_to_the_first_page(visit, where):
    visited = visit(where("folder", "index.html"))
    visited.page.wait_for_url("**/book/index.html*")
    assert visited.page.locator("h1").inner_text().startswith("Known Truth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_needs_nothing_but_itself(visit, a_report, axe, scheme):
    visited = visit(a_report.as_uri(), scheme=scheme)
    visited.read_through()
    asked = [url for url in visited.asked if not url.startswith(("data:", "blob:"))]
    assert asked == [a_report.as_uri()]
    assert visited.complaints == []
    assert visited.page.evaluate("document.documentElement.dataset.theme") == scheme
    assert violations(visited, axe, "report") == []


def test_a_report_fits_a_phone_and_folds_its_code(visit, a_report):
    visited = visit(a_report.as_uri(), width=375)
    visited.read_through()
    assert not any(visited.page.evaluate(CODE_OPEN))
    visited.page.locator("[data-kt-code-switch]").click()
    assert all(visited.page.evaluate(CODE_OPEN))
    assert visited.page.evaluate("document.documentElement.scrollWidth") <= 375
    assert visited.page.locator(".admonition.exercise").count() == 0


def test_the_switch_of_a_report_changes_its_colours(visit, a_report):
    visited = visit(a_report.as_uri(), scheme="light")
    page = visited.page
    switch = page.locator("[data-kt-theme-switch]")
    seen = []
    for _ in range(3):
        switch.click()
        seen.append((switch.inner_text(), page.evaluate("document.documentElement.dataset.theme")))
    assert seen == [
        ("Colours: light", "light"), ("Colours: dark", "dark"), ("Colours: auto", "light"),
    ]  # fmt: skip
