"""What a team wants to know each morning, read off the page of the last of sixty runs."""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from benchmarks import page as benchmark
from pytest_monorepo.reports.page import causes, trend
from pytest_monorepo.reports.page.causes import Failed, normalised
from pytest_monorepo.reports.run_model import Detail, TestRun
from pytest_monorepo.results.history.record import Record
from pytest_monorepo.results.history.story import Story
from tests.affected.conftest import new_repository
from tests.run.space import Space
from tests.sampling import Part

from .mornings import IMPORTS, RUNS, history
from .test_browser import Visit, blank, browser, window

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["blank", "browser", "window"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("object at 0x7f3a", "object at 0x1b2c", True),
        ("took 1.25 s", "took 31 s", True),
        ("assert 2 == 3", "AssertionError: assert 2 == 300", True),
        ("AssertionError: no", "no", False),
        ("/tmp/pytest-of-a/pytest-1/t0/x.txt is gone", "/tmp/pytest-of-b/pytest-7/t1/x.txt is gone", True),
        ("id 5f3c1ab2-0000-4000-8000-123456789abc", "id aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", True),
        ("No module named 'a'", "No module named 'b'", False),
        ("KeyError: 'x'", "ValueError: 'x'", False),
    ],
)
def test_messages_of_one_cause(one: str, other: str, same: bool) -> None:
    assert (normalised(one) == normalised(other)) is same


def test_causes() -> None:
    """By message and the place that raised; of files that cannot be imported by message alone."""

    def failed(name: str, message: str, raised: str, file: str = "a/t.py") -> Failed:
        detail = Detail(message, "", (), f"{file}:3", raised)
        return Failed(TestRun("a", file, name, "failed" if name else "error", detail=detail), "a", 0)

    found = causes.causes(
        [
            failed("t[1]", "assert 1 == 5", "a/t.py:9"),
            failed("t[2]", "assert 2 == 5", "a/t.py:9"),
            failed("u", "assert 2 == 5", "a/t.py:12"),
            failed("", "no module", "b/t.py:1", "b/t.py"),
            failed("", "no module", "c/t.py:1", "c/t.py"),
            failed("v", "no module", "c/v.py:1", "c/v.py"),
        ]
    )
    assert sorted(len(cause.tests) for cause in found) == [1, 1, 2, 2]


def test_curves() -> None:
    runs = [Record(f"r{n}", n, n + 1.0, count=5, coverage=None if n == 3 else 90.0 + n) for n in range(6)]
    tests, _failures, time, coverage = trend.curves(Story(runs[-1], tuple(runs[:-1])))
    assert (tests.now, tests.range, len(tests.lines)) == ("5", "5", 1)
    assert (time.now, time.range) == ("6.0 s", "1.0 s to 6.0 s")
    assert (coverage.now, len(coverage.lines)) == ("95.0 %", 2)
    assert trend.curves(Story(runs[0])) == trend.curves(None) == ()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return history(tmp_path_factory.mktemp("morning") / "site")


@pytest.fixture
def morning(blank: Visit, site: Path) -> Visit:
    return blank.of(site)


def rows(page: Page, selector: str) -> list[str]:
    return [" ".join(text.split()) for text in page.locator(selector).all_inner_texts()]


def test_sixty_runs_are_read_off_the_page(morning: Visit) -> None:
    page = morning.open("#/")
    assert page.locator("#news").inner_text().startswith("26 new, 1 failing for longer, 2 fixed, since")
    assert page.locator("#news").inner_text().endswith("; 27 broke within 24 hours")
    whole, new, shaky, still = rows(page, "#failures-title + ul > li")
    assert f"{IMPORTS} failures in 3 projects {IMPORTS} new owner: @acme/ml owner: @acme/all Module" in whole
    assert "libs/ml/tests/test_it.py::test_new" in new
    assert "new: it did not fail on" in new
    assert "(5959595)" in new
    assert "@acme/ml" in new
    assert "proven flaky" in shaky
    assert "proven flaky" not in new + still
    assert "test_still" in still
    assert "fails since" in still
    assert "(5050505), 11 runs" in still
    assert ["test_fixed" in row or "test_flaky" in row for row in rows(page, "#fixed > li")] == [True, True]
    proven = sorted(rows(page, "#proven > li"))
    assert ["test_flaky" in proven[0], "test_shaky" in proven[1]] == [True, True]
    assert all("5959595" in flaky and "5858585" in flaky for flaky in proven)
    (slower,) = rows(page, "#slower > li")
    assert "test_slower" in slower
    assert "4646464" in slower
    assert page.locator("#slower a, #proven a, #fixed a[href^='#/']").count() >= 5
    kept = rows(page, "#quarantine-title + ul > li")
    assert [row.split("::")[1].split(" ")[0] for row in kept] == [
        "test_quarantined",
        "test_still",
        "test_calm[1]",
    ]
    assert "failed its last 60 runs: broken, not flaky: mend it" in kept[0]
    assert "owner: @acme/night until 2025-06-27 see API-7" in kept[0]
    assert "over since 2025-06-17 see ML-2" in kept[1]
    assert "1 test passed" in kept[2]
    assert "passed its last 60 runs: remove the entry" in kept[2]
    assert rows(page, ".trend dt") == ["Tests", "Failures", "Time", "Coverage"]
    assert page.locator("#trend tbody tr").count() == 50
    links = [str(link.get_attribute("href")) for link in page.locator(".facts a").all()]
    assert links[-1] == f"https://example.org/acme/blob/{'60' * 20}/libs/ml/tests/test_it.py#L7"
    assert page.locator(f"a[href='https://ci.example.org/runs/{RUNS}']").count() >= 1


def test_a_rerun_command_is_copied_and_a_cause_unfolds(morning: Visit) -> None:
    page = morning.open("#/")
    page.get_by_role("button", name="Copy the rerun command of libs/ml/tests/test_it.py::test_new").click()
    page.wait_for_function("() => document.getElementById('announce').textContent.includes('::test_new')")
    assert "pytest --monorepo libs/ml/tests/test_it.py::test_new" in page.locator("#announce").inner_text()
    assert page.get_by_role("button", name="of 24 failures").is_visible()  # folded as it is
    page.locator(".cause > summary").click()
    whole = page.get_by_role("button", name="Copy the rerun command of 24 failures")
    assert str(whole.get_attribute("data-copy")).count(".py") == IMPORTS
    assert page.locator(".cause li:visible").count() == 20
    assert "And 4 more" in page.locator(".cause").inner_text()
    page.locator(".cause").get_by_role("link", name="in the list of tests").click()
    morning.ready("#/tests?outcome=failures")
    assert page.locator("#tests-table tbody tr").count() == IMPORTS + 3


def test_a_test_tells_its_last_outcomes(morning: Visit) -> None:
    page = morning.open("#/project/libs-ml")
    strips = [str(one.get_attribute("aria-label")) for one in page.locator("article .strip").all()]
    assert [strip.count("failed") for strip in strips if "error" not in strip] == [1, 11, 2]
    assert "Owner: @acme/ml" in page.locator("#view-project").inner_text()
    page = morning.open("#/project/libs-core")
    fixed = page.locator("tr", has_text="test_fixed").first.locator(".strip").get_attribute("aria-label")
    assert fixed is not None
    assert fixed.split(": ")[1].split(", ")[-2:] == ["failed", "passed"]


def test_all_tests_are_searched_and_the_address_keeps_what_was_asked(morning: Visit) -> None:
    page = morning.open("#/tests")
    found = "#tests-table tbody tr"
    assert page.locator("#tests-count").inner_text().startswith("67 tests, ")
    page.get_by_role("group", name="Outcome").get_by_role("button", name="Error").click()
    assert page.locator(found).count() == IMPORTS
    page.get_by_role("searchbox", name="Find tests").fill("LIBS/ML")
    page.wait_for_function(f"() => document.querySelectorAll('{found}').length === 8")
    page.get_by_role("button", name="Slowest").click()
    address = page.evaluate("location.hash")
    assert address == "#/tests?q=LIBS%2FML&outcome=error&sort=time"
    page.reload()
    morning.ready(address)
    assert page.locator(found).count() == 8
    (warning,) = rows(page, "#warnings tbody tr")
    assert warning == "DeprecationWarning: old() is old libs/core/core.py:3 libs/core 5"
    page = morning.open("#/tests?sort=time")
    assert "test_slower" in rows(page, found)[0]
    page = morning.open("#/tests?outcome=quarantined")
    assert ["test_quarantined" in row for row in rows(page, found)] == [True]
    page.locator(f"{found} a").click()
    page.wait_for_function("() => document.activeElement.id.startsWith('test-')")
    page = morning.open("#/tests?outcome=nonsense&q=nothing%20like%20it")
    assert page.locator("#tests-count").inner_text() == "No test matches."


def test_the_list_of_tests_says_since_when_and_whose(morning: Visit) -> None:
    page = morning.open("#/tests?outcome=failures")
    found = "#tests-table tbody tr"
    new, still = (
        [row for row in rows(page, found) if f"::{n}" in row or f"{n} " in row]
        for n in ("test_new", "test_still")
    )
    assert "new: it did not fail on" in new[0]
    assert "@acme/ml" in new[0]
    assert "(5050505), 11 runs" in still[0]
    assert page.locator(f"{found} .tag.is-new").count() == 26
    assert page.locator(f"{found} .facts").count() == IMPORTS + 3
    page = morning.open("#/tests?outcome=passed")
    assert page.locator(f"{found} .facts").count() == 0
    page = morning.open("#/tests?q=%40acme%2Fml")
    assert all("@acme/ml" in row for row in rows(page, found))
    assert page.locator(found).count() > 1


def test_the_table_of_projects_is_kept_in_the_address_too(morning: Visit) -> None:
    page = morning.open("#/")
    page.locator("#projects thead th", has_text="Time").get_by_role("button").click()
    page.get_by_role("searchbox", name="Filter the projects").fill("libs")
    address = page.evaluate("location.hash")
    assert address == "#/?q=libs&sort=-4"
    page.reload()
    morning.ready(address)
    assert rows(page, "#projects tbody tr:visible th a") == ["core", "ml"]
    assert page.locator("#projects thead [aria-sort]").inner_text().startswith("Time")
    page.get_by_role("searchbox", name="Filter the projects").fill("@acme/ml")
    page.wait_for_function("() => location.hash.includes('acme')")
    assert rows(page, "#projects tbody tr:visible th a") == ["ml"]


def test_long_lists_come_in_parts_and_texts_share_their_room(blank: Visit, tmp_path: Path) -> None:
    made = benchmark.sample(30, 900, 300)
    benchmark.written(made, tmp_path / "site", 2)
    assert benchmark.sizes(tmp_path / "site")["all"] < 10_000_000
    visit = blank.of(tmp_path / "site")
    page = visit.open("#/")
    assert page.locator("#failures-title + ul > li").count() <= causes.SHOWN
    page = visit.open("#/tests")
    assert page.locator("#tests-table tbody tr").count() == 200
    page.get_by_role("button", name="Show 200 more of 900").click()
    assert page.locator("#tests-table tbody tr").count() == 400


@pytest.mark.sampled("width", "scheme", first=False)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_it_is_accessible_and_fits_a_phone(
    morning: Visit, width: int, scheme: Literal["light", "dark"], part: Part
) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="needs axe-playwright-python")
    source = importlib.resources.files(axe).joinpath("axe.min.js").read_text("utf-8")
    morning.page.set_viewport_size({"width": width, "height": 800})
    morning.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for address in part(("#/", "#/project/libs-ml", "#/tests"), 3):
        page = morning.open(address)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        page.evaluate(source)
        report = page.evaluate("axe.run({ preload: false })")
        bad = [one for one in report["violations"] if one["impact"] in ("serious", "critical")]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in bad] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_runs_remember_each_other(tmp_path: Path) -> None:
    """From the command line: a run knows what the one before did, by the page's folder and by the store."""
    space = Space(tmp_path / "space")
    space.root.mkdir()
    cache = f'[tool.pytest-monorepo]\ncached-store = "{(tmp_path / "store").as_posix()}"\n'
    space.write({"pyproject.toml": cache, "CODEOWNERS": "/bad/ @acme/bad\n"})
    space.projects({"bad": "def test_a(): assert 0\ndef test_b(): pass", "good": "def test_fine(): pass"})
    for _ in range(2):
        assert space.run("--monorepo-html=site", "--cached").code == 1
        text = (space.root / "site/index.html").read_text("utf-8")
        assert "@acme/bad" in text
    assert "0 new</strong>, 1 failing for longer, 0 fixed" in text
    space.write({"bad/tests/test_main.py": "def test_a(): pass\ndef test_b(): assert 0"})
    assert space.run("--monorepo-html=other", "--cached").code == 1  # a new folder: the store remembers
    text = (space.root / "other/index.html").read_text("utf-8")
    assert "1 new</strong>, 0 failing for longer, 1 fixed" in text
    assert space.run("--monorepo-html=other", "--project=good").code == 0
    text = (space.root / "other/index.html").read_text("utf-8")
    assert "0 failing for longer, 0 fixed" in text
    assert "1 that failed before had no turn</strong>" in text
    assert "In 1 of them not every test had its turn" in text
    assert len(list((space.root / "site/history").iterdir())) == 2
    assert len(list((tmp_path / "store").rglob("*.jsonl.gz"))) == 3


@pytest.mark.slow
def test_a_failure_of_main_is_not_new_on_a_branch(tmp_path: Path) -> None:
    """The branch passed, main broke, the branch was rebased on it."""
    repository = new_repository(tmp_path / "space")
    space = Space(repository.path)
    space.write(
        {"pyproject.toml": "[tool.pytest-monorepo]\n", ".gitignore": "__pycache__/\n.pytest_cache/\n"}
    )
    space.projects({"bad": "def test_a(): pass", "good": "def test_fine(): pass"})
    page = f"--monorepo-html={tmp_path / 'site'}"
    repository.commit()
    repository.git("switch", "--quiet", "--create", "topic")
    space.write({"good/good.py": ""})
    repository.commit()
    assert space.run(page).code == 0
    repository.git("switch", "--quiet", "main")
    space.write({"bad/tests/test_main.py": "def test_a(): assert 0"})
    repository.commit()
    assert space.run(page).code == 1
    repository.git("switch", "--quiet", "topic")
    assert space.run(page).code == 0
    assert "1 fixed" not in (tmp_path / "site/index.html").read_text("utf-8"), "not rebased yet"
    repository.git("rebase", "--quiet", "main")
    assert space.run(page, "--affected=main").code == 0
    assert "1 that failed before had no turn</strong>" in (tmp_path / "site/index.html").read_text("utf-8")
    assert space.run(page).code == 1
    text = (tmp_path / "site/index.html").read_text("utf-8")
    assert "0 new</strong>, 1 failing for longer" in text


def test_a_replayed_run_says_so(tmp_path: Path) -> None:
    """What is old is told apart from what ran: the tests, what they measured, and the time."""
    space = Space(tmp_path / "space")
    space.root.mkdir()
    store = f'cached-store = "{(tmp_path / "store").as_posix()}"'
    space.write({"pyproject.toml": f"[tool.pytest-monorepo]\n{store}\n"})
    space.projects({"good": "def test_fine(): pass"})
    for _ in range(2):
        args = ("-p", "pytest_cov", "--cov", "--cached", "--monorepo-html=site")
        assert space.run(*args).code == 0
    text = (space.root / "site/index.html").read_text("utf-8")
    assert ">all replayed from earlier runs</strong>" in text
    assert "No worker ran a test: all replayed from earlier runs." in text
    assert "<strong>Measured in earlier runs:</strong> 1 project</div>" in text
    assert "Every test is replayed: " in (space.root / "site/data/project-good.js").read_text("utf-8")
    past = json.loads((space.root / "site/summary.json").read_text("utf-8"))
    assert [project["replayed"] for project in past["projects"]] == [1]
