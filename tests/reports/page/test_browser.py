"""The page in a real headless Chromium, opened from disk as a user opens it."""

from __future__ import annotations

import importlib.resources
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote, urlsplit

import pytest

from tests.patience import MINUTES

from .samples import HOSTILE_NAMES, SCRIPT, branched, coverage, covered, hostile, large, small

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

pytest.importorskip(
    "playwright.sync_api", reason="the page's browser tests need playwright: pip install playwright"
)

VIEWS = ("#/", "#/map", "#/coverage", "#/timeline", "#/project/services-api", "#/project/services-web")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    executable = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if executable is None:
        pytest.skip("no chromium found: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=executable,
            # the last two: nothing is drawn by a process of its own, which takes a tenth of all
            args=[
                *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
                *("--in-process-gpu", "--disable-software-rasterizer"),
            ],
            timeout=MINUTES * 1000,
        )
        yield started
        started.close()


@dataclass
class Visit:
    """A page of one site; everything it asked for and complained about is kept."""

    page: Page
    folder: Path = Path()
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(MINUTES * 1000)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self.refuse)

    def refuse(self, dialog: Dialog) -> None:
        self.complaints.append(dialog.message)
        dialog.dismiss()

    def of(self, folder: Path, width: int = 1440, height: int = 900) -> Visit:
        self.folder = folder
        self.page.set_viewport_size({"width": width, "height": height})
        return self

    def open(self, address: str) -> Page:
        self.page.goto(f"{(self.folder / 'index.html').as_uri()}{address}")
        self.page.evaluate("a => { location.hash = a }", address)
        self.ready(address)
        return self.page

    def ready(self, address: str) -> None:
        self.page.wait_for_function("a => document.body.dataset.ready === a", arg=address)

    def leave(self) -> None:
        """Nothing of it is left for the next one."""
        if self.page.url.startswith("file:"):
            self.page.evaluate("localStorage.clear()")
        self.page.goto("about:blank")
        self.page.emulate_media(color_scheme="null", reduced_motion="null")
        self.page.mouse.move(0, 0)

    def told(self) -> tuple[list[str], list[str]]:
        """What it complained about, and asked for outside of its site; both are forgotten."""
        outside = [url for url in self.requests if not url.startswith(self.folder.as_uri())]
        complaints = [*self.complaints]
        self.requests.clear()
        self.complaints.clear()
        return complaints, outside


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Visit]:
    """One for all tests: making it is two thirds of the time of most."""
    made = Visit(browser.new_page())
    yield made
    made.page.close()


@pytest.fixture
def blank(window: Visit) -> Iterator[Visit]:
    """The window as nobody has used it."""
    yield window
    window.leave()
    complaints, outside = window.told()
    assert complaints == []
    assert outside == [], "a request left the site"


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("sites")
    coverage_pages = root / "htmlcov"
    coverage_pages.mkdir()
    sample = small()
    assert sample.coverage is not None
    for file in sample.coverage.files:
        (coverage_pages / file.html).write_text(f"<title>{file.path}</title>")
    return {
        "small": sample.write(root / "small", coverage_pages),
        "hostile": hostile().write(root / "hostile"),
        "branched": branched(sample).write(root / "branched"),
        "bare": replace(sample, coverage=None, selection=None).write(root / "bare"),
    }


@pytest.fixture
def visit(blank: Visit, sites: dict[str, Path], request: pytest.FixtureRequest) -> Visit:
    return blank.of(sites[getattr(request, "param", "small")])


def names(page: Page, selector: str = "#projects tbody tr:visible th a") -> list[str]:
    return page.locator(selector).all_inner_texts()


@pytest.mark.sampled("visit")
@pytest.mark.parametrize("visit", ["small", "bare", "branched", "hostile"], indirect=True)
def test_every_view_opens_without_complaint(visit: Visit) -> None:
    for address in ("#/", "#/map", "#/coverage", "#/timeline"):
        page = visit.open(address)
        assert page.locator("main h1:visible").count() == 1


def test_every_link_leads_somewhere(visit: Visit) -> None:
    waiting, seen = ["#/"], set[str]()
    while waiting:
        address = waiting.pop()
        seen.add(address)
        page = visit.open(address)
        assert "no such page" not in page.locator("main h1:visible").inner_text(), address
        found: list[str] = page.evaluate(
            "[...document.querySelectorAll('a[href]')].map(link => link.getAttribute('href'))"
        )
        for link in set(found) - {"#main"}:
            if link.startswith("#/"):
                waiting += [link] if link not in seen and link not in waiting else []
            else:
                assert (visit.folder / unquote(urlsplit(link).path)).is_file(), link
    assert {"#/project/services-api/0", "#/coverage/libs-ml/io"} <= seen


def test_an_address_of_nothing_says_so_and_leads_back(visit: Visit) -> None:
    for address in ("#/nonsense", "#/constructor", "#/coverage/gone", "#/project/services-api/99"):
        assert visit.open(address).locator("main h1:visible").inner_text() == "There is no such page"
    visit.page.get_by_role("link", name="Go to the overview").click()
    visit.ready("#/")


def test_a_project_that_is_not_there_says_so(browser: Browser, sites: dict[str, Path]) -> None:
    made = Visit(browser.new_page()).of(sites["small"])  # Chromium complains of the file that is not there
    assert "no such page" in made.open("#/project/gone").locator("main h1:visible").inner_text()
    made.page.close()


def test_the_table_sorts_by_each_column_both_ways(visit: Visit) -> None:
    page = visit.open("#/")
    head = page.locator("#projects thead th", has_text="Time")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert names(page)[0] == "ml"
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert names(page)[-1] == "ml"
    page.locator("#projects thead th", has_text="Project").get_by_role("button").click()
    assert names(page) == ["api", "core", "lint", "ml"]
    assert page.locator("#projects [aria-sort]").count() == 1


def test_the_table_filters_by_text_and_by_outcome(visit: Visit) -> None:
    page = visit.open("#/")
    search = page.get_by_role("searchbox", name="Filter the projects")
    search.fill("LIBS/")
    assert names(page) == ["core", "ml"]
    search.fill("nothing like it")
    assert page.locator(".none-found").is_visible()
    search.fill("")
    page.get_by_role("button", name="Failed", exact=True).click()
    page.get_by_role("group", name="Show").get_by_role("button", name="Failed").click()
    assert names(page) == ["api"]
    page.get_by_role("group", name="Show").get_by_role("button", name="Changed").click()
    assert names(page) == ["core"]


def test_the_map_leads_to_projects_zooms_colours_and_finds(visit: Visit) -> None:
    page = visit.open("#/map")
    picture = page.locator("#map")
    width = float(picture.get_attribute("width") or 0)
    page.get_by_role("button", name="Zoom in").click()
    assert float(picture.get_attribute("width") or 0) > width
    page.locator("#map-canvas").press("-")
    page.get_by_role("button", name="Fit").click()
    assert float(picture.get_attribute("width") or 0) == pytest.approx(width)
    page.get_by_role("button", name="Coverage", exact=True).click()
    assert page.locator("#map .share:visible").count() == 5
    page.get_by_role("searchbox", name="Find a project").fill("web")
    assert page.locator(".node.found").count() == 1
    page.locator(".node", has_text="ml").hover()
    assert page.locator(".node.traced").count() == 3
    page.locator(".node", has_text="ml").click()
    visit.ready("#/project/libs-ml")


SEEN_WHOLE = """() => {
    const box = document.getElementById('map-canvas').getBoundingClientRect();
    return [...document.querySelectorAll('#map .node')].every(node => {
        const at = node.getBoundingClientRect();
        const low = Math.min(box.bottom, innerHeight);
        return at.left >= box.left && at.right <= box.right && at.top >= box.top && at.bottom <= low;
    });
}"""
NAMES = """[...document.querySelectorAll('#map .node text:last-of-type')].map(
    text => text.getBoundingClientRect().height)"""


@pytest.mark.sampled("projects", first=False)
@pytest.mark.parametrize("projects", [5, 120, 300])
def test_the_map_fits_a_window(blank: Visit, tmp_path: Path, projects: int) -> None:
    """Width and height, at first and again by the button; no name is there that cannot be read."""
    visit = blank.of(large(projects, 1, 1).write(tmp_path))
    page = visit.open("#/map")
    assert page.locator("#map .node").count() == projects
    assert page.evaluate(SEEN_WHOLE)
    page.locator("#map-canvas").press("+")
    page.locator("#map-canvas").press("+")
    assert page.evaluate(SEEN_WHOLE) is False
    page.get_by_role("button", name="Fit").click()
    assert page.evaluate(SEEN_WHOLE)
    assert all(height == 0 or height > 7 for height in page.evaluate(NAMES))
    page.locator("#map .node").last.focus()
    path = page.locator("#map .node").last.get_attribute("data-path")
    assert page.locator("#map-label").text_content() == (path if projects == 300 else "")
    page.set_viewport_size({"width": 390, "height": 800})
    page.reload()
    visit.ready("#/map")
    assert max(page.evaluate(NAMES)) > 7, "on a phone it scrolls"
    page.get_by_role("button", name="Fit").click()
    page.locator("#map-canvas").scroll_into_view_if_needed()
    assert page.evaluate(SEEN_WHOLE)


def test_the_map_marks_outcomes_changed_and_affected(visit: Visit) -> None:
    page = visit.open("#/map")
    labels = {str(node.get_attribute("aria-label")) for node in page.locator(".node").all()}
    assert "core, passed, changed, coverage 77 %" in labels
    assert "api, failed, affected, coverage 67 %" in labels
    assert "web, not run, coverage no data" in labels


def test_the_map_shows_the_way_between_two_projects(visit: Visit) -> None:
    page = visit.open("#/map")
    way = page.locator("#map-way")
    page.get_by_role("combobox", name="A path from this project").fill("libs/core")
    page.get_by_role("combobox", name="to this project", exact=True).fill("services/api")
    assert way.inner_text() == "libs/core → libs/ml → services/api"
    assert page.locator(".lines .traced").count() == 2
    page.get_by_role("combobox", name="to this project", exact=True).fill("tools/lint")
    assert way.inner_text() == "No change travels between them."
    page.get_by_role("combobox", name="to this project", exact=True).fill("nothing")
    assert way.inner_text() == "No such project."
    assert page.locator(".lines .traced").count() == 0


def test_the_treemap_zooms_from_workspace_to_file(visit: Visit) -> None:
    page = visit.open("#/coverage")
    assert page.locator("#treemap a").count() == 3
    page.get_by_role("link", name="ml, 92 % of 370 lines").click()
    visit.ready("#/coverage/libs-ml")
    page.locator("#treemap a[aria-label^='io']").click()
    visit.ready("#/coverage/libs-ml/io")
    areas = page.evaluate(
        "[...document.querySelectorAll('#treemap .cell')]"
        ".map(cell => cell.width.baseVal.value * cell.height.baseVal.value)"
    )
    assert areas[0] / areas[1] == pytest.approx(50 / 20, rel=0.1)
    page.locator("#treemap a[aria-label^='read.py']").click()
    page.wait_for_load_state()
    assert page.title() == "libs/ml/src/ml/io/read.py"


@pytest.mark.sampled("projects", "tiny")
@pytest.mark.parametrize(("projects", "tiny"), [(120, 7), (40, 0), (120, 0), (300, 0)])
def test_every_project_in_the_treemap_has_a_name_on_a_phone(
    blank: Visit, tmp_path: Path, projects: int, tiny: int
) -> None:
    """In its cell, and where that is too small below the picture."""
    sample = large(projects, 1, 2)
    assert sample.coverage is not None
    small = (covered(path, one=(n, 0)) for n, path in enumerate(sample.graph.projects[:tiny]))
    measured = coverage(*small, *sample.coverage.projects[tiny:])
    visit = blank.of(replace(sample, coverage=measured).write(tmp_path), width=390, height=800)
    page = visit.open("#/coverage")
    named = """[...document.querySelectorAll('#treemap .tile')].map(tile => {
        const text = tile.querySelector(':scope > svg > text:not(.inner-name)');
        const cell = tile.querySelector('.cell').getBoundingClientRect();
        const box = text && text.getBoundingClientRect();
        return box && box.left >= cell.left && box.right <= cell.right + 1 && box.bottom <= cell.bottom;
    })"""
    in_its_cell = page.evaluate(named)
    assert in_its_cell.count(True) == projects - tiny
    assert False not in in_its_cell
    names = page.locator("#treemap .tile > svg > text:not(.inner-name)").all_text_contents()
    assert len({name.split(" ")[0] for name in names}) == projects - tiny
    assert page.locator("#treemap-nameless a").count() == tiny
    for link in page.locator("#treemap-nameless summary").all():
        link.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_inside_of_a_narrow_cell_is_named_along_it(blank: Visit, tmp_path: Path) -> None:
    visit = blank.of(small().write(tmp_path), width=390, height=800)
    page = visit.open("#/coverage")
    inside = page.locator("#treemap .inner-name").all_text_contents()
    assert inside == ["fit.py", "io", "a.py", "b.py", "api", "mai…y"]


def test_the_treemaps_numbers_stand_in_a_table_too(visit: Visit) -> None:
    page = visit.open("#/coverage/libs-ml")
    rows = page.locator("#treemap-table tbody tr").all_inner_texts()
    assert [" ".join(row.split()) for row in rows] == ["io/ 70 30 57 %", "fit.py 300 0 100 %"]


def test_the_project_page_shows_the_failure_with_its_colours(visit: Visit) -> None:
    page = visit.open("#/project/services-api")
    failure = page.locator("article.failure")
    assert failure.locator(".line-error").inner_text() == "E       assert 1 == 2"
    assert failure.locator(".bold.fore-1").inner_text() == "hot"
    assert failure.locator("pre span").nth(-1).evaluate("span => span.style.color") == "rgb(10, 200, 30)"
    assert "title" not in failure.locator("details pre").inner_text()
    assert "libs/core/a.py → core (source) → api (imports core)" in page.locator("main").inner_text()
    assert page.get_by_role("heading", name="Depends on").locator("..").locator("a").all_inner_texts() == [
        "core",
        "ml",
    ]


def test_a_missed_limit_says_so_on_the_projects_page(blank: Visit, tmp_path: Path) -> None:
    sample = small()
    assert sample.coverage is not None
    limited = tuple(replace(project, limit=80.0) for project in sample.coverage.projects)
    written = replace(sample, coverage=replace(sample.coverage, projects=limited)).write(tmp_path)
    visit = blank.of(written)
    assert "cover 66.67 %, less than its limit of 80 %" in visit.open("#/project/services-api").inner_text(
        "main"
    )
    assert "Its own limit is 80 %" in visit.open("#/project/libs-ml").inner_text("main")


def test_a_flaky_test_says_so(visit: Visit) -> None:
    page = visit.open("#/project/libs-ml")
    assert "flaky, 2 reruns" in page.locator("#view-project tr", has_text="test_flaky").first.inner_text()


def test_a_test_has_its_own_address(visit: Visit) -> None:
    page = visit.open("#/project/services-api/1")
    assert page.evaluate("document.activeElement.id") == "test-1"


def test_a_test_is_found_by_its_name(visit: Visit) -> None:
    page = visit.open("#/project/services-api")
    page.get_by_role("searchbox").fill("TOTAL")
    assert page.locator(".panel:has(#tests-of) tbody tr:visible").count() == 1
    page.get_by_role("searchbox").fill("")
    assert page.locator(".panel:has(#tests-of) tbody tr:visible").count() == 2


def test_the_timeline_shows_each_workers_spans_and_zooms(visit: Visit) -> None:
    page = visit.open("#/timeline")
    assert page.locator(".lane:not(.axis)").count() == 2
    assert page.locator(".span.critical").count() == 2
    before = page.locator("#timeline-stretch").bounding_box()
    page.locator("#view-timeline").get_by_role("button", name="Zoom in").click()
    after = page.locator("#timeline-stretch").bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > before["width"] * 1.3


def test_light_and_dark_follow_the_system_and_the_button(visit: Visit) -> None:
    page = visit.open("#/")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(ground)
    assert light != dark
    button = page.get_by_role("button", name="Change between light and dark")
    button.click()
    assert page.evaluate(ground) == light
    page.reload()
    assert page.evaluate(ground) == light, "the choice is kept"


def test_the_keyboard_reaches_everything(visit: Visit) -> None:
    page = visit.open("#/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#/project/services-api/0"
    page.keyboard.press("Enter")
    visit.ready("#/project/services-api/0")
    assert page.evaluate("document.activeElement.id") == "test-0"
    page.locator(".top nav a", has_text="Map").focus()
    page.keyboard.press("Enter")
    visit.ready("#/map")
    assert page.evaluate("document.activeElement.id") == "map-title"
    page.locator(".node").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.startsWith('#/project/')")


def test_back_returns_to_where_one_was(visit: Visit) -> None:
    page = visit.open("#/")
    page.set_viewport_size({"width": 800, "height": 300})
    page.evaluate("window.scrollTo(0, 400)")
    # a click by the mouse would first scroll to the link
    page.locator("#projects a", has_text="lint").evaluate("link => link.click()")
    visit.ready("#/project/tools-lint")
    assert page.evaluate("scrollY") == 0
    page.go_back()
    visit.ready("#/")
    assert page.evaluate("scrollY") == pytest.approx(400)


@pytest.mark.sampled("address", "scheme", first=False, one_in=3)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", VIEWS)
def test_an_accessibility_check_finds_nothing_serious(
    visit: Visit, address: str, scheme: Literal["light", "dark"]
) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python", reason="needs axe-core: pip install axe-playwright-python"
    )
    visit.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page = visit.open(address)
    page.evaluate(importlib.resources.files(axe).joinpath("axe.min.js").read_text("utf-8"))
    report = page.evaluate("axe.run({ preload: false })")
    assert len(report["passes"]) > 15, "the check itself did not run"
    assert [
        (violation["id"], node["html"][:200], node["failureSummary"])
        for violation in report["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ] == []


@pytest.mark.sampled("visit")
@pytest.mark.parametrize("visit", ["hostile", "small", "bare", "branched"], indirect=True)
def test_nothing_is_wider_than_a_phone(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 800})
    projects = visit.open("#/").locator("#projects tbody a").all()
    own = {str(link.get_attribute("href")) for link in projects}
    for address in sorted({"#/", "#/tests", "#/map", "#/coverage", "#/timeline"} | own):
        page = visit.open(address)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address


@pytest.mark.parametrize("visit", ["branched"], indirect=True)
def test_lines_and_branches_are_both_named_where_a_share_is_of_both(visit: Visit) -> None:
    tile = visit.open("#/").locator(".tile", has_text="Coverage").inner_text()
    assert "of lines and branches, by all tests" in tile
    page = visit.open("#/coverage")
    assert "81 % of 600 lines and 140 branches" in page.locator("#treemap-crumbs").inner_text()
    assert page.get_by_role("link", name="ml, 88 % of 370 lines and 60 branches").count() == 1


@pytest.mark.parametrize("visit", ["branched"], indirect=True)
def test_the_timeline_stands_by_machine(visit: Visit) -> None:
    page = visit.open("#/timeline")
    assert page.locator(".machine strong").all_inner_texts() == [f"a-long-name-of-a-node-{n}" for n in (0, 1)]
    assert page.locator(".lane-name").all_inner_texts() == ["", "gw0", "gw0"]
    assert "Workers stood idle for" in page.locator("#idle").inner_text()


@pytest.mark.parametrize("visit", ["hostile"], indirect=True)
def test_names_from_strangers_show_as_text(visit: Visit) -> None:
    page = visit.open("#/")
    assert SCRIPT in page.locator("#view-overview h2 + ul.failures").first.inner_text()
    slug = page.locator("#projects tbody a").first.get_attribute("href")
    assert slug is not None
    visit.open(slug)
    shown = page.locator("main").inner_text()
    for name in (*HOSTILE_NAMES[:3], "__proto__", "constructor", "\\u202egnp.exe"):
        assert name in shown
    assert "\u202e" not in "".join(page.locator("h3, th").all_inner_texts())
    assert page.locator("main script, main img").count() == 0
    assert page.title().startswith(SCRIPT)


@pytest.mark.parametrize("visit", ["hostile"], indirect=True)
def test_long_output_is_folded_and_unfolds(visit: Visit) -> None:
    page = visit.open("#/")
    page.locator("#projects tbody a").first.click()
    section = page.locator("article.failure details").first
    section.locator("summary").click()
    block = section.locator("pre")
    assert block.inner_text().count("\n") < 100
    block.get_by_role("button", name="Show 9,940 more lines").click()
    assert block.evaluate("block => block.textContent.split('\\n').length") == 10_000
    assert block.locator("span.fore-1").count() == 1


@pytest.mark.parametrize("visit", ["bare"], indirect=True)
def test_without_coverage_there_is_no_data(visit: Visit) -> None:
    assert "Nothing was measured" in visit.open("#/coverage").locator("main").inner_text()
    assert "No data." in visit.open("#/project/libs-ml").locator("main").inner_text()


@pytest.mark.slow
def test_the_overview_of_300_projects_is_shown_whole(blank: Visit, tmp_path: Path) -> None:
    visit = blank.of(large().write(tmp_path))
    page = visit.open("#/")
    assert len(names(page, "#projects tbody tr")) == 300
    assert len(names(page)) == 50
    page.locator("#projects thead th", has_text="Project").get_by_role("button").click()
    assert names(page)[::49] == ["project-299", "project-250"], "sorted before it is cut"
    page.get_by_role("searchbox", name="Filter the projects").fill("project-00")
    assert len(names(page)) == 10, "all are searched"
    page.get_by_role("searchbox", name="Filter the projects").fill("")
    page.get_by_role("button", name="Show all 300 projects").click()
    assert len(names(page)) == 300
    page.get_by_role("searchbox", name="Filter the projects").fill("nothing like it")
    assert names(page) == []
    page = visit.open("#/coverage")
    shown = page.locator("#treemap .tile > svg > text:not(.inner-name)").all_text_contents()
    assert len({name.split(" ")[0] for name in shown}) == 300, "names that differ at their ends stay apart"
